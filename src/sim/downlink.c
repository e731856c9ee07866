#include "sim/modem.h"

static uint32_t element_len(const struct lane *dl, struct tre_copy tre)
{
	return dl->is_rsc ? (uint32_t)(tre.ptr >> 48) : tre_len(tre);
}

static iova_t element_at(const struct lane *dl, struct tre_copy tre)
{
	return dl->is_rsc ? tre.ptr & 0xffffffffffffull : tre.ptr;
}

static bool element_is_sane(const struct lane *dl, struct tre_copy tre)
{
	return tre_type(tre) == (dl->is_rsc ? TRE_RSC_TRANSFER : TRE_TRANSFER) &&
	       element_len(dl, tre);
}

/* Gives the element at rp back with dl->fill bytes in it. */
static void downlink_complete(struct sim *s, struct lane *dl, unsigned int code)
{
	iova_t at = dl->base + dl->rp * sizeof(struct tre);
	struct tre_copy tre = dl->current;
	struct tre_copy ev = dl->is_rsc ?
		tre_event(TRE_EV_RSC_TRANSFER, dl->chid, code, tre.dword[0], dl->fill) :
		tre_event(TRE_EV_TRANSFER, dl->chid, code, at, dl->fill);

	s->counts.dl_bytes += dl->fill;
	s->counts.dl_messages += code == EV_CODE_EOT;
	dl->rp = (dl->rp + 1) & dl->mask;
	dl->fill = 0;
	dl->budget--;
	ering_store(s, dl->er, ev, !dl->is_rsc && tre.dword[1] & TRE_BEI);
}

bool downlink_holds(struct sim *s, struct lane *dl, uint64_t len)
{
	uint64_t sum = 0;

	for (uint32_t i = dl->rp; dl->mask; i = (i + 1) & dl->mask) {
		struct tre_copy tre;

		if (i == dl->wp && !(dl->is_polling && lane_poll(s, dl)))
			break;
		if (!lane_load(s, dl, i, &tre))
			return false;
		if (element_is_sane(dl, tre))
			sum += element_len(dl, tre);
		if (sum >= len)
			return true;
	}
	return dl->mask && ((dl->wp - dl->rp) & dl->mask) == dl->mask;
}

/* Makes the element at rp the current one, with a place for at least one byte;
 * elements that are none go back on the way.  NULL when there is no more. */
static uint8_t *downlink_place(struct sim *s, struct lane *dl, uint32_t *ret_room)
{
	struct ering *er;

	while (dl->budget > 0 && lane_has(s, dl)) {
		uint8_t *place = NULL;
		bool is_sane;

		er = dl->er;
		if (!ering_room(er)) {
			s->blocked = er;
			break;
		}
		if (!dl->fill && !lane_load(s, dl, dl->rp, &dl->current))
			break;
		is_sane = element_is_sane(dl, dl->current);
		if (is_sane)
			place = memory_reach(s, element_at(dl, dl->current),
					     element_len(dl, dl->current), DATA_WRITES);
		if (place) {
			*ret_room = element_len(dl, dl->current) - dl->fill;
			return place + dl->fill;
		}
		dl->fill = 0;
		downlink_complete(s, dl, is_sane ? EV_CODE_UNDEFINED_ERR : EV_CODE_BAD_TRE);
	}
	return NULL;
}

uint32_t downlink_put(struct sim *s, struct lane *dl, const uint8_t *data,
		      uint32_t len, bool is_last)
{
	uint32_t done = 0, room;
	uint8_t *place;

	while (done < len && (place = downlink_place(s, dl, &room))) {
		uint32_t n = min_u32(len - done, room);

		if (!s->n_faults || fault_on_data(s))
			memcpy(place, data + done, n);
		done += n;
		dl->fill += n;
		if (done == len && is_last)
			downlink_complete(s, dl, EV_CODE_EOT);
		else if (n == room)
			downlink_complete(s, dl, EV_CODE_OVERFLOW);
	}
	return done;
}

bool downlink_fill(struct sim *s, struct lane *dl, uint64_t message)
{
	uint32_t room, n;
	uint8_t *place = downlink_place(s, dl, &room);

	if (!place)
		return false;
	for (uint32_t at = 0; at < room; at += n) {
		n = min_u32(room - at, PATTERN_LEN);
		memcpy(place + at, s->pattern + (message & 0xff), n);
	}
	dl->fill = room;
	downlink_complete(s, dl, EV_CODE_EOT);
	return true;
}
