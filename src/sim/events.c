#include "sim/modem.h"

static bool ering_map_ctx(struct sim *s, struct ering *er)
{
	iova_t base = s->regs[ECABAP_LOWER / 4] | (iova_t)s->regs[ECABAP_HIGHER / 4] << 32;

	er->ctx = memory_reach(s, base + (uint64_t)(er - s->erings) * sizeof(*er->ctx),
			       sizeof(*er->ctx), CTRL_WRITES);
	return er->ctx;
}

bool ering_map(struct sim *s, struct ering *er)
{
	if (!er->mask)
		return false;
	er->slots = memory_reach(s, er->base, (er->mask + 1) * sizeof(*er->slots), CTRL_WRITES);
	return er->slots && ering_map_ctx(s, er);
}

static void ering_on_moderation(void *ering)
{
	struct ering *er = ering;

	sim_raise(er->sim, er->vector);
}

void erings_init(struct sim *s)
{
	for (unsigned int i = 0; i < MHI_MAX_EVENT_RINGS; i++) {
		s->erings[i].sim = s;
		s->erings[i].bit = 1u << i;
		list_init(&s->erings[i].waiters);
		timer_init(&s->erings[i].moderation, ering_on_moderation, &s->erings[i]);
	}
}

static bool ering_load(struct sim *s, unsigned int index)
{
	struct ering *er = &s->erings[index];
	const struct event_ctx *ctx;
	uint64_t len;
	uint32_t mask;

	if (!ering_map_ctx(s, er))
		return false;
	ctx = er->ctx;
	er->base = le64_get(&ctx->rbase);
	len = le64_get(&ctx->rlen);
	mask = (uint32_t)(len / sizeof(struct tre)) - 1;
	if (le32_get(&ctx->ertype) != ERTYPE_VALID || !memory_ring_is_sane(er->base, len) ||
	    !memory_ring_find(er->base, mask, le64_get(&ctx->rp), &er->rp) ||
	    !memory_ring_find(er->base, mask, le64_get(&ctx->wp), &er->wp)) {
		sim_complain(s, "the context of event ring %u makes no sense", index);
		return false;
	}
	er->mask = mask;
	if (!ering_map(s, er))
		return false;
	er->vector = le32_get(&ctx->msivec);
	er->moderation_us = (le32_get(&ctx->intmod) >> 16) * 1000;
	return true;
}

bool erings_load(struct sim *s)
{
	unsigned int n = s->regs[MHICFG / 4] >> MHICFG_NER_SHIFT & 0xff;

	if (!n || n > MHI_MAX_EVENT_RINGS) {
		sim_complain(s, "the host wants %u event rings", n);
		return false;
	}
	for (unsigned int i = 0; i < n; i++) {
		if (!ering_load(s, i))
			return false;
		s->n_erings = i + 1;
	}
	return true;
}

void erings_forget(struct sim *s)
{
	for (unsigned int i = 0; i < s->n_erings; i++) {
		timer_stop(&s->erings[i].moderation);
		while (!list_is_empty(&s->erings[i].waiters))
			list_remove(s->erings[i].waiters.next);
		s->erings[i].mask = s->erings[i].rp = s->erings[i].wp = 0;
		s->erings[i].slots = NULL;
		s->erings[i].is_urgent = false;
	}
	s->n_erings = 0;
	s->touched = 0;
	s->n_late = 0;
}

void ering_doorbell(struct sim *s, unsigned int index, iova_t wp)
{
	struct ering *er = &s->erings[index];

	if (index >= s->n_erings)
		return;		/* before M0: the context holds the same value */
	if (!memory_ring_find(er->base, er->mask, wp, &er->wp)) {
		sim_complain(s, "doorbell 0x%llx is outside event ring %u",
			     (unsigned long long)wp, index);
		return;
	}
	while (!list_is_empty(&er->waiters))
		talk_wake(s, list_first(&er->waiters, struct talk, node));
	if (index == 0 && s->n_late)
		sim_note_due(s, DUE_LATE);
	if (index == 0 && s->due & DUE_COMMANDS)
		sim_wants_turn(s);
}

static void ering_publish(struct sim *s, unsigned int index)
{
	struct ering *er = &s->erings[index];
	iova_t rp = er->base + er->rp * sizeof(struct tre);

	if (!er->slots && !ering_map(s, er))
		return;
	if (s->n_faults)
		rp = fault_on_publish(s, er, rp);
	/* Pairs with the host's read of rp: what it names must be there. */
	__atomic_thread_fence(__ATOMIC_RELEASE);
	le64_set(&er->ctx->rp, rp);
	if (er->is_urgent || !er->moderation_us) {
		if (er->moderation_us)
			timer_stop(&er->moderation);
		sim_raise(s, er->vector);
	} else if (!timer_is_armed(&er->moderation)) {
		timer_start(s->timers, &er->moderation, er->moderation_us);
	}
	er->is_urgent = false;
}

/* Ring 0 last: a host that hears of an answer or of another state finds there what
 * completed before. */
void erings_publish(struct sim *s)
{
	while (s->touched) {
		unsigned int index = 31 - (unsigned int)__builtin_clz(s->touched);

		s->touched &= ~(1u << index);
		ering_publish(s, index);
	}
}

/* State, EE and command completions go to ring 0, in order, and may not be
 * lost for want of room. */
void control_event(struct sim *s, enum tre_type type, unsigned int code, iova_t ptr)
{
	struct tre_copy ev = tre_event(type, 0, code, ptr, 0);

	if (!s->n_erings)
		return;
	if (!s->n_late && ering_room(&s->erings[0])) {
		ering_store(s, &s->erings[0], ev, false);
		return;
	}
	s->counts.held_events++;
	if (s->n_late < MAX_LATE)
		s->late[s->n_late++] = ev;
	else
		sim_complain(s, "event ring 0 stays full: an event is lost");
}

void control_flush(struct sim *s)
{
	unsigned int n = 0;

	while (n < s->n_late && ering_room(&s->erings[0]))
		ering_store(s, &s->erings[0], s->late[n++], false);
	s->n_late -= n;
	memmove(s->late, s->late + n, s->n_late * sizeof(s->late[0]));
}

void sim_inject_event(struct sim *s, unsigned int ering, uint64_t ptr,
		      uint32_t dword0, uint32_t dword1)
{
	if (ering >= s->n_erings)
		return;
	ering_store(s, &s->erings[ering], (struct tre_copy){ ptr, { dword0, dword1 } }, false);
	erings_publish(s);
}

void sim_inject_event_rp(struct sim *s, unsigned int ering, uint64_t rp)
{
	struct ering *er = &s->erings[ering];

	if (ering >= s->n_erings || (!er->slots && !ering_map(s, er)))
		return;
	le64_set(&er->ctx->rp, rp);
	sim_raise(s, er->vector);
}
