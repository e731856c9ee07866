#include "sim/modem.h"

enum look { LOOK_NONE, LOOK_WHOLE, LOOK_THROWN_BACK };

/* Into each caller: this is most of what a turn does. */
static inline __attribute__((always_inline))
void complete(struct sim *s, struct lane *ul, struct tre_copy tre)
{
	iova_t at = ul->base + ul->rp * sizeof(struct tre);
	bool is_last = !(tre.dword[1] & TRE_CHAIN);
	unsigned int code = is_last && tre.dword[1] & TRE_IEOT ? EV_CODE_EOT : EV_CODE_EOB;

	ul->rp = (ul->rp + 1) & ul->mask;
	ul->budget--;
	s->counts.ul_bytes += tre_len(tre);
	s->counts.ul_messages += is_last;
	if (uplink_wants_event(tre))
		ering_store(s, ul->er,
			    tre_event(TRE_EV_TRANSFER, ul->chid, code, at, tre_len(tre)),
			    tre.dword[1] & TRE_BEI);
}

void uplink_complete(struct sim *s, struct lane *ul, struct tre_copy tre)
{
	complete(s, ul, tre);
}

bool uplink_settle(struct sim *s, struct lane *ul)
{
	struct tre_copy tre;

	if (ul->state != CHSTATE_RUNNING)
		return false;
	while (ul->owed) {
		if (!lane_load(s, ul, ul->rp, &tre) || !uplink_has_room(s, ul, tre))
			return false;
		ul->owed--;
		uplink_complete(s, ul, tre);
	}
	return true;
}

/* What is wrong with an element, or 0. */
static unsigned int uplink_fault(struct sim *s, struct tre_copy tre)
{
	if (tre_type(tre) != TRE_TRANSFER || !tre_len(tre))
		return EV_CODE_BAD_TRE;
	if (!memory_reach(s, tre.ptr, tre_len(tre), DATA_READS))
		return EV_CODE_UNDEFINED_ERR;
	return 0;
}

/* Nearly every message is one sound element in the window of the last.  What is
 * not takes the long way, which complains where it has to. */
static inline bool is_plain(const struct sim *s, struct tre_copy tre)
{
	return !(tre.dword[1] & TRE_CHAIN) && tre_type(tre) == TRE_TRANSFER && tre_len(tre) &&
	       memory_is_in_window(s, tre.ptr, tre_len(tre), DATA_READS);
}

bool uplink_throw_back(struct sim *s, struct lane *ul, uint32_t n, unsigned int code)
{
	struct ering *er = ul->er;
	uint32_t last = (ul->rp + n - 1) & ul->mask;

	if (!ering_room(er)) {
		s->blocked = er;
		return false;
	}
	ul->rp = (last + 1) & ul->mask;
	ul->budget--;
	ering_store(s, er, tre_event(TRE_EV_TRANSFER, ul->chid, code,
				     ul->base + last * sizeof(struct tre), 0), false);
	return true;
}

static enum look look(struct sim *s, struct lane *ul, struct uplink_message *ret_message)
{
	struct uplink_message m = { 0 };
	unsigned int fault = 0;

	if (!lane_has(s, ul))
		return LOOK_NONE;
	for (;;) {
		uint32_t index = (ul->rp + m.n) & ul->mask;

		if (m.n && index == ul->wp && !(ul->is_polling && lane_poll(s, ul))) {
			/* A chain that fills the ring never ends. */
			if (m.n < ul->mask)
				return LOOK_NONE;
			fault = EV_CODE_BAD_TRE;
			m.n--;
			break;
		}
		if (!lane_load(s, ul, index, &m.tre))
			return LOOK_NONE;
		fault = uplink_fault(s, m.tre);
		if (fault)
			break;
		m.n++;
		m.len += tre_len(m.tre);
		if (!(m.tre.dword[1] & TRE_CHAIN)) {
			*ret_message = m;
			return LOOK_WHOLE;
		}
	}
	return uplink_throw_back(s, ul, m.n + 1, fault) ? LOOK_THROWN_BACK : LOOK_NONE;
}

void uplink_take_singles(struct sim *s, struct lane *ul)
{
	uint32_t room = ering_room(ul->er);
	struct tre_copy tre;

	while (room && ul->budget > 0 && ul->rp != ul->wp &&
	       lane_load(s, ul, ul->rp, &tre) && is_plain(s, tre)) {
		complete(s, ul, tre);
		room--;
	}
}

bool uplink_next(struct sim *s, struct lane *ul, struct uplink_message *ret_message)
{
	enum look found;
	struct tre_copy tre;

	if (!lane_has(s, ul))
		return false;
	if (lane_load(s, ul, ul->rp, &tre) && is_plain(s, tre)) {
		*ret_message = (struct uplink_message){ 1, tre_len(tre), tre };
		return true;
	}
	do
		found = look(s, ul, ret_message);
	while (found == LOOK_THROWN_BACK && ul->budget > 0);
	return found == LOOK_WHOLE;
}
