#include "core/transfer.h"
#include "core/host.h"
#include <assert.h>

void transfer_welcome(struct transfer *t, bool has_slots)
{
	t->has_slots = has_slots;
	t->has_plain = has_slots && !t->is_rsc;
}

void transfer_become(struct transfer *t, enum transfer_state state)
{
	t->state = (uint8_t)state;
	t->is_heard = state == TRANSFER_UP || state == TRANSFER_STOPPING;
	t->plain_ering = t->is_heard && !t->is_rsc ? t->ering : NOWHERE;
	if (!t->is_heard && state != TRANSFER_STARTING)
		transfer_welcome(t, false);
}

static void ctx_set_config(struct transfer *t, enum chan_ctx_state state)
{
	uint32_t mode = t->is_burst ? BRSTMODE_ENABLED : BRSTMODE_DISABLED;

	le32_set(&t->ctx->chcfg, (uint32_t)state | mode << CHCFG_BRSTMODE_SHIFT);
}

void transfer_arm(struct transfer *t)
{
	struct ring *r = &t->ring;
	struct chan_ctx *ctx = t->ctx;

	ring_init(r, r->el, r->base, r->mask + 1);
	t->in_db_mode = true;
	le32_set(&ctx->chtype, t->dir == LINK_UL ? CHTYPE_UL :
			       t->is_rsc ? CHTYPE_DL_RSC : CHTYPE_DL);
	le32_set(&ctx->erindex, t->ering);
	le64_set(&ctx->rbase, r->base);
	le64_set(&ctx->rlen, r->len);
	le64_set(&ctx->rp, r->base);
	le64_set(&ctx->wp, r->base);
	ctx_set_config(t, CHSTATE_ENABLED);
}

static void reverse(uint16_t *a, uint32_t n)
{
	for (uint32_t i = 0; i < n / 2; i++) {
		uint16_t swap = a[i];

		a[i] = a[n - 1 - i];
		a[n - 1 - i] = swap;
	}
}

/* Slots go back one by one, and the user may fill the emptied ring from inside
 * that call.  So the record of what goes back moves to the end of slot_at:
 * new elements start at 0, and there are never more of them than slots that
 * went back already, so the two never meet. */
void transfer_disarm(struct transfer *t)
{
	struct ring *r = &t->ring;
	uint32_t n = r->mask + 1;

	assert(t->n_back == 0);
	t->n_back = (uint16_t)ring_used(r);
	reverse(t->slot_at, r->wp);
	reverse(t->slot_at + r->wp, n - r->wp);
	reverse(t->slot_at, n);
	r->rp = r->wp = 0;
	ctx_set_config(t, CHSTATE_DISABLED);
	le64_set(&t->ctx->rbase, 0);
	le64_set(&t->ctx->rlen, 0);
	le64_set(&t->ctx->rp, 0);
	le64_set(&t->ctx->wp, 0);
}

static void give_back_tail(struct engine *e, struct transfer *t, int status)
{
	while (t->n_back) {
		unsigned int slot = t->slot_at[t->ring.mask + 1 - t->n_back--];

		slot_return(e, t, slot, status, 0);
	}
}

void transfer_give_back(struct engine *e, struct transfer *t, int status)
{
	give_back_tail(e, t, status);
	if (t->state == TRANSFER_DOWN && !ring_is_empty(&t->ring)) {
		transfer_disarm(t);
		give_back_tail(e, t, status);
	}
}

__attribute__((noinline)) int transfer_mark(struct engine *e, struct transfer *t)
{
	if (t->is_marked)
		return LINK_OK;
	t->is_marked = true;
	t->next_marked = e->marked;
	e->marked = t;
	if (e->state != DEV_M0)
		e->has_chores = true;
	engine_want_turn(e);
	return LINK_OK;
}

/* Anything but a plain slot: LINK_FULL, -errno, or an element with a cookie. */
static __attribute__((noinline)) int submit_unusual(struct link *l, unsigned int chan,
						    enum link_dir dir, unsigned int slot,
						    uint32_t len)
{
	struct engine *e = container_of(l, struct engine, link);
	struct transfer *t = e->by_link[2 * chan + dir];
	struct ring *r = &t->ring;

	if (!t->has_slots)
		return t->is_cancelling ? LINK_FULL : -ENOTCONN;
	if (!t->is_rsc || slot >= t->n_slots || t->held[slot])
		return -EINVAL;
	len = t->slot_len;
	tre_store(&r->el[r->wp], tre_rsc_transfer(t->slots + (uint64_t)slot * len,
						  (uint16_t)len, slot));
	t->slot_at[r->wp] = (uint16_t)slot;
	t->held[slot] = (uint16_t)len;
	r->wp = ring_next(r, r->wp);
	e->counts.submitted++;
	return transfer_mark(e, t);
}

int transfer_submit(struct link *l, unsigned int chan, enum link_dir dir,
		    unsigned int slot, uint32_t len)
{
	struct engine *e = container_of(l, struct engine, link);
	struct transfer *const t = e->by_link[2 * chan + dir];
	struct ring *const r = &t->ring;
	const uint32_t at = r->wp;

	if (dir == LINK_DL)
		len = t->slot_len;
	if (!t->has_plain || slot >= t->n_slots || len - 1 >= t->slot_len || t->held[slot])
		return submit_unusual(l, chan, dir, slot, len);
	tre_store_words(&r->el[at], t->slots + (uint64_t)slot * t->slot_len, t->dwords | len);
	r->wp = ring_next(r, at);	/* never full: it has room for each slot */
	t->slot_at[at] = (uint16_t)slot;
	t->held[slot] = (uint16_t)len;
	e->counts.submitted++;
	return t->is_marked ? LINK_OK : transfer_mark(e, t);
}

/* An event for nobody: dropped.  One that another ring should have carried is
 * worse than one that came too late. */
static void transfer_stray(struct engine *e, unsigned int ering, struct tre_copy event)
{
	const struct transfer *t = e->by_chid[tre_chid(event)];

	if (!t->exists)
		event_strike(e, "completion for an unknown channel", event);
	else if (t->ering != ering && ++e->n_misrouted >= EVENT_MISROUTED)
		engine_break(e, "completions of channel %u come on event ring %u", t->chid, ering);
	else if (t->ering != ering)
		event_strike(e, "completion on a wrong event ring", event);
}

/* Codes that complete nothing. */
static void transfer_hint(struct engine *e, struct transfer *t, struct tre_copy event)
{
	switch (tre_code(event)) {
	case EV_CODE_OOB:
	case EV_CODE_DB_MODE:
		t->in_db_mode = true;
		if (!ring_is_empty(&t->ring))
			transfer_mark(e, t);
		break;
	case EV_CODE_BAD_TRE:
		event_strike(e, "the device calls an element bad", event);
		break;
	case EV_CODE_UNDEFINED_ERR:
		event_strike(e, "the device reports an undefined error", event);
		break;
	default:
		event_strike(e, "completion with an unknown code", event);
	}
}

static bool code_completes(unsigned int code)
{
	return code == EV_CODE_EOT || code == EV_CODE_EOB || code == EV_CODE_OVERFLOW;
}

/* What an element that completed says about its message. */
static int transfer_status(const struct transfer *t, unsigned int code)
{
	return t->dir == LINK_DL && code != EV_CODE_EOT ? LINK_MORE : 0;
}

/* Elements before the one that an event names completed without a word. */
static void transfer_skip(struct engine *e, struct transfer *t, uint32_t index)
{
	struct ring *r = &t->ring;

	while (t->is_heard && r->rp != index) {
		unsigned int slot = t->slot_at[r->rp];

		r->rp = ring_next(r, r->rp);
		slot_return(e, t, slot, t->dir == LINK_DL ? LINK_MORE : 0, t->held[slot]);
	}
}

void transfer_complete(struct engine *e, unsigned int ering, struct tre_copy event)
{
	struct transfer *t = e->by_chid[tre_chid(event)];
	unsigned int code = tre_code(event), slot;
	struct ring *r;
	uint32_t index;

	if (!t->exists || t->ering != ering) {
		transfer_stray(e, ering, event);
		return;
	}
	if (!t->is_heard)
		return;		/* too late */
	if (!code_completes(code) || t->is_rsc) {
		transfer_hint(e, t, event);
		return;
	}
	r = &t->ring;
	if (ring_find(r, event.ptr, &index) < 0 || !ring_holds(r, index)) {
		engine_break(e, "channel %u: completion of an element that is not in flight",
			     t->chid);
		return;
	}
	if (index != r->rp) {
		if (!t->is_tolerant) {
			engine_break(e, "channel %u: completion out of order", t->chid);
			return;
		}
		transfer_skip(e, t, index);
		if (!t->is_heard)
			return;
	}
	slot = t->slot_at[index];
	r->rp = ring_next(r, index);
	slot_return(e, t, slot, transfer_status(t, code), min_u32(tre_len(event), t->held[slot]));
}

/* Coalesced completions name a slot by its cookie, in any order, and retire
 * one element each: the record of the slot named changes places with the
 * oldest one. */
static int transfer_retire(struct transfer *t, unsigned int slot)
{
	struct ring *r = &t->ring;
	uint32_t i = r->rp;

	while (i != r->wp && t->slot_at[i] != slot)
		i = ring_next(r, i);
	if (i == r->wp)
		return -EPROTO;
	t->slot_at[i] = t->slot_at[r->rp];
	r->rp = ring_next(r, r->rp);
	return 0;
}

void transfer_complete_rsc(struct engine *e, unsigned int ering, struct tre_copy event)
{
	struct transfer *t = e->by_chid[tre_chid(event)];
	uint32_t cookie = (uint32_t)event.ptr;

	if (!t->exists || t->ering != ering) {
		transfer_stray(e, ering, event);
		return;
	}
	if (!t->is_heard)
		return;
	if (!t->is_rsc) {
		event_strike(e, "coalesced completion on a plain channel", event);
		return;
	}
	if (!code_completes(tre_code(event))) {
		transfer_hint(e, t, event);
		return;
	}
	if (cookie >= t->n_slots || transfer_retire(t, cookie) < 0) {
		event_strike(e, "coalesced completion of a slot that is not in flight", event);
		return;
	}
	slot_return(e, t, cookie, transfer_status(t, tre_code(event)),
		    min_u32(tre_len(event), t->held[cookie]));
}
