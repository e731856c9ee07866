#include "sim/modem.h"

enum look { LOOK_NONE, LOOK_WHOLE, LOOK_THROWN_BACK };

static bool wants_event(struct tre_copy tre)
{
	uint32_t flags = tre.dword[1];

	return flags & TRE_IEOB || (flags & TRE_IEOT && !(flags & TRE_CHAIN));
}

bool uplink_has_room(struct sim *s, struct lane *ul, struct tre_copy tre)
{
	struct ering *er = lane_ering(s, ul);

	if (!wants_event(tre) || ering_room(er))
		return true;
	s->blocked = er;
	return false;
}

void uplink_complete(struct sim *s, struct lane *ul, struct tre_copy tre)
{
	iova_t at = ul->base + ul->rp * sizeof(struct tre);
	bool is_last = !(tre.dword[1] & TRE_CHAIN);
	unsigned int code = is_last && tre.dword[1] & TRE_IEOT ? EV_CODE_EOT : EV_CODE_EOB;

	ul->rp = (ul->rp + 1) & ul->mask;
	ul->budget--;
	s->counts.ul_bytes += tre_len(tre);
	s->counts.ul_messages += is_last;
	if (wants_event(tre))
		ering_store(s, lane_ering(s, ul),
			    tre_event(TRE_EV_TRANSFER, ul->chid, code, at, tre_len(tre)),
			    tre.dword[1] & TRE_BEI);
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

bool uplink_throw_back(struct sim *s, struct lane *ul, uint32_t n, unsigned int code)
{
	struct ering *er = lane_ering(s, ul);
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

bool uplink_next(struct sim *s, struct lane *ul, struct uplink_message *ret_message)
{
	enum look found;

	do
		found = look(s, ul, ret_message);
	while (found == LOOK_THROWN_BACK && ul->budget > 0);
	return found == LOOK_WHOLE;
}
