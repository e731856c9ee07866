#include "core/event.h"
#include "core/host.h"

void ering_init(struct engine *e, struct ering *r)
{
	struct event_ctx *ctx = r->ctx;
	uint32_t n = r->config->elements;

	memset(r->ring.el, 0, n * sizeof(struct tre));
	ring_init(&r->ring, r->ring.el, r->ring.base, n);
	r->ring.wp = r->ring.mask;
	r->end = 0;
	r->vector = e->hw->n_vectors > e->config->n_erings ? (uint8_t)(r->index + 1) : 0;
	r->is_armed = r->has_more = r->has_worked = false;
	r->in_db_mode = true;
	r->invalid_us = 0;
	le32_set(&ctx->intmod, (uint32_t)r->config->moderation_ms << INTMOD_TIME_SHIFT);
	le32_set(&ctx->ertype, ERTYPE_VALID);
	le32_set(&ctx->msivec, r->vector);
	le64_set(&ctx->rbase, r->ring.base);
	le64_set(&ctx->rlen, r->ring.len);
	le64_set(&ctx->rp, r->ring.base);
	le64_set(&ctx->wp, r->ring.base);
}

static void ering_arm(struct engine *e, struct ering *r)
{
	r->is_armed = true;
	ering_ring(e, r);
}

void erings_arm(struct engine *e, enum erings which)
{
	for (unsigned int i = 0; i < e->config->n_erings; i++) {
		struct ering *r = &e->erings[i];

		if (!r->is_armed && r->config->hw == (which == ERINGS_HARDWARE))
			ering_arm(e, r);
	}
}

static inline __attribute__((always_inline)) void ring_now(struct engine *e, struct ering *r)
{
	iova_t wp = ring_at(&r->ring, r->ring.wp);

	/* Our reads of the elements before the wp that gives them back; pairs
	 * with the device's read of wp. */
	__atomic_thread_fence(__ATOMIC_RELEASE);
	le32_set(&r->ctx->wp.lo, (uint32_t)wp);
	if (!(1u << e->state & (IN(READY) | IN(M0) | IN(M2) | IN(SHUTDOWN))))
		return;
	if (r->is_burst && !r->in_db_mode)
		return;
	r->in_db_mode = false;
	engine_bell(e, r->bell, wp);
}

void ering_ring(struct engine *e, struct ering *r)
{
	ring_now(e, r);
}

void event_strike(struct engine *e, const char *what, struct tre_copy event)
{
	e->counts.bad_events++;
	if (e->timers->now_us - e->strikes_us >= 1000000) {
		e->strikes_us = e->timers->now_us;
		e->n_strikes = 0;
	}
	if (++e->n_strikes > EVENT_STRIKES) {
		engine_break(e, "a flood of unexpected events, the last one: %s", what);
		return;
	}
	engine_note(e, "event ignored: %s (type 0x%02x code 0x%02x channel %u)", what,
		    tre_type(event), tre_code(event), tre_chid(event));
}

/* What only ring 0 may carry. */
static void event_take_control(struct engine *e, const struct ering *r, struct tre_copy event)
{
	if (r->index != 0 && ++e->n_misrouted >= EVENT_MISROUTED)
		engine_break(e, "control events come on event ring %u", r->index);
	else if (r->index != 0)
		event_strike(e, "control event on a data ring", event);
	else if (tre_type(event) == TRE_EV_STATE)
		mission_heard_state(e, event);
	else if (tre_type(event) == TRE_EV_CMD)
		command_complete(e, event);
	else
		mission_heard_ee(e, event);
}

static void event_take(struct engine *e, const struct ering *r, struct tre_copy event)
{
	switch (tre_type(event)) {
	case TRE_EV_TRANSFER:
		transfer_complete(e, r->index, event);
		break;
	case TRE_EV_RSC_TRANSFER:
		transfer_complete_rsc(e, r->index, event);
		break;
	case TRE_EV_STATE:
	case TRE_EV_CMD:
	case TRE_EV_EE:
		if (e->is_listening)
			event_take_control(e, r, event);
		break;
	case TRE_EV_TSYNC:
	case TRE_EV_BW_REQ:
		break;		/* nothing was promised in return */
	default:
		event_strike(e, "unknown type", event);
	}
}

/* rp was moved over an element that is not there: either the store is late,
 * or rp points at what was taken before. */
static void event_is_invalid(struct engine *e, struct ering *r)
{
	uint64_t now = e->timers->now_us;

	if (!r->invalid_us)
		r->invalid_us = now ? now : 1;
	if (now - r->invalid_us < EVENT_PATIENCE_US) {
		e->is_watched = true;
		timer_start(e->timers, &e->watch, EVENT_PATIENCE_US);
		r->has_more = false;	/* the next turn comes too early */
		return;
	}
	ring_damage(&r->ring);
	engine_break(e, "event ring %u: read pointer over elements that were not written",
		     r->index);
}

/* The common case in the fewest steps: the oldest element of a transfer ring
 * ended, as told on the event ring it belongs to.  False: anything else, and
 * nothing happened. */
static inline bool take_plain(struct engine *e, uint8_t ering, struct tre *el,
			      struct tre_copy event)
{
	const uint64_t mask = 0x00ff0000ff000000, is_end = (uint64_t)TRE_EV_TRANSFER << 48 |
							   (uint64_t)EV_CODE_EOT << 24;
	const uint64_t dwords = (uint64_t)event.dword[1] << 32 | event.dword[0];
	struct transfer *t = e->by_chid[dwords >> 56];
	const uint32_t at = t->ring.rp;
	size_t slot;
	uint32_t len;

	if (t->plain_ering != ering || (dwords & mask) != is_end ||
	    event.ptr != ring_at(&t->ring, at) || at == t->ring.wp)
		return false;
	slot = t->slot_at[at];
	len = min_u32((uint16_t)dwords, t->held[slot]);
	t->ring.rp = ring_next(&t->ring, at);
	tre_clear(el);
	slot_return(e, t, (unsigned int)slot, 0, len);
	return true;
}

static __attribute__((noinline)) void ering_is_bad(struct engine *e, struct ering *r, uint64_t rp)
{
	ring_damage(&r->ring);
	engine_break(e, "event ring %u: read pointer 0x%llx is not an element of it",
		     r->index, (unsigned long long)rp);
}

static __attribute__((noinline)) void ering_defer(struct engine *e, struct ering *r)
{
	r->has_more = e->has_more = true;
	engine_want_chores(e);
}

/* False: nothing is there yet. */
static __attribute__((noinline)) bool take_any(struct engine *e, struct ering *r, struct tre *el,
					       struct tre_copy event)
{
	if (tre_type(event) == TRE_INVALID) {
		r->ring.rp = (r->ring.rp - 1) & r->ring.mask;
		event_is_invalid(e, r);
		return false;
	}
	tre_clear(el);
	event_take(e, r, event);
	return true;
}

/* What was taken goes back to the device, with one doorbell; how much it was. */
static inline unsigned int hand_back(struct engine *e, struct ering *r)
{
	struct ring *ring = &r->ring;
	const uint32_t wp = (ring->rp - 1) & ring->mask;
	const uint32_t n = (wp - ring->wp) & ring->mask;

	if (!n)
		return 0;
	r->invalid_us = 0;
	e->counts.events += n;
	ring->wp = wp;
	ring_now(e, r);
	return n;
}

static inline __attribute__((always_inline)) unsigned int
take(struct engine *e, struct ering *r, unsigned int most)
{
	struct ring *ring = &r->ring;
	const uint64_t rp = le64_get(&r->ctx->rp);	/* the one read a pass */
	uint32_t end;

	if (ring_find(ring, rp, &end) < 0) {
		ering_is_bad(e, r, rp);
		return 0;
	}
	/* Pairs with the device's store of the element before rp. */
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	if (((end - ring->rp) & ring->mask) > most) {
		end = (ring->rp + most) & ring->mask;
		ering_defer(e, r);
	}
	/* Both ends stay in memory: from inside, the device may fail, and what
	 * it published before is taken, or the ring begins again. */
	r->end = end;
	while (ring->rp != r->end) {
		struct tre *el = &ring->el[ring->rp];
		struct tre_copy event = tre_load(el);

		ring->rp = ring_next(ring, ring->rp);
		if (!take_plain(e, r->index, el, event) && !take_any(e, r, el, event))
			break;
	}
	return hand_back(e, r);
}

unsigned int ering_take(struct engine *e, struct ering *r, unsigned int most)
{
	unsigned int n = take(e, r, most);

	r->has_worked |= n != 0;
	return n;
}

/* Nothing now and nothing since the last time may mean SYS_ERR. */
void ering_irq(struct engine *e, struct ering *r)
{
	bool is_quiet = !take(e, r, EVENT_BUDGET) && !r->has_worked;

	r->has_worked = false;
	if (is_quiet && r->index == 0)
		power_suspect(e);
}

void ering_stop(struct ering *r)
{
	r->end = r->ring.rp;
}

void ering_drain(struct engine *e, struct ering *r)
{
	/* What comes meanwhile can be no more than the ring holds. */
	ering_take(e, r, r->ring.mask);
}
