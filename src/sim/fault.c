#include "sim/modem.h"

enum hook { HOOK_READ, HOOK_WRITE, HOOK_EVENT, HOOK_PUBLISH, HOOK_RAISE, HOOK_DATA, HOOK_TICK,
	    HOOK_NONE };

static enum hook hook_of(enum sim_deed deed)
{
	if (deed <= DEED_READ_VARIES)
		return HOOK_READ;
	if (deed == DEED_WRITE_LOST)
		return HOOK_WRITE;
	if (deed <= DEED_OVERRUN)
		return HOOK_EVENT;
	if (deed <= DEED_RP_TURN)
		return HOOK_PUBLISH;
	if (deed == DEED_IRQ_LOST)
		return HOOK_RAISE;
	if (deed == DEED_DATA_LOST)
		return HOOK_DATA;
	return deed == DEED_LIE ? HOOK_TICK : HOOK_NONE;
}

/* --- its moment --- */

static void was_done(struct fault_run *r)
{
	r->sim->faults_done++;
	r->done++;
	if (r->fault.times && r->done >= r->fault.times) {
		r->is_active = false;
		r->is_over = true;
	}
}

static bool can_lie(const struct talk *t)
{
	return t->service && t->service->lie;
}

static void wake_liars(struct sim *s)
{
	for (unsigned int i = 0; i < s->config.n_chans; i++) {
		if (!can_lie(&s->talks[i]))
			continue;
		s->talks[i].is_tick_due = true;
		talk_wake(s, &s->talks[i]);
	}
}

static void begin(struct fault_run *r)
{
	if (r->is_over || r->is_active)
		return;
	r->is_active = true;
	if (r->fault.deed == DEED_LIE)
		wake_liars(r->sim);
	if (hook_of(r->fault.deed) != HOOK_NONE)
		return;
	/* Losing the card is as sudden as can be; the rest may not happen inside
	 * an access of the host. */
	if (r->fault.deed == DEED_LOSE || r->fault.deed == DEED_PULL) {
		fault_act(r->sim, r);
		was_done(r);
	} else {
		timer_start(r->sim->timers, &r->timer, 0);
	}
}

static void on_time(void *run)
{
	struct fault_run *r = run;

	if (!r->is_active) {
		begin(r);
		return;
	}
	fault_act(r->sim, r);
	was_done(r);
	if (r->is_active && r->fault.every_us)
		timer_start(r->sim->timers, &r->timer, r->fault.every_us);
}

static void count(struct sim *s, enum sim_fault_when what)
{
	for (unsigned int i = 0; i < s->n_faults; i++) {
		struct fault_run *r = &s->faults[i];

		if (r->fault.when == what && ++r->seen == r->fault.k)
			begin(r);
	}
}

void fault_on_state(struct sim *s, unsigned int state)
{
	for (unsigned int i = 0; i < s->n_faults; i++)
		if (s->faults[i].fault.when == SIM_WHEN_STATE && s->faults[i].fault.k == state)
			begin(&s->faults[i]);
}

/* The next active fault of this place, from @i on. */
static struct fault_run *next(struct sim *s, enum hook hook, unsigned int *i)
{
	while (*i < s->n_faults) {
		struct fault_run *r = &s->faults[(*i)++];

		if (r->is_active && hook_of(r->fault.deed) == hook)
			return r;
	}
	return NULL;
}

/* --- registers --- */

static uint32_t misread(struct sim *s, const struct sim_fault *f, uint32_t value)
{
	switch (f->deed) {
	case DEED_READ_IS:
		return (uint32_t)f->value;
	case DEED_READ_OR:
		return value | (uint32_t)f->value;
	case DEED_READ_AND:
		return value & (uint32_t)f->value;
	case DEED_READ_XOR:
		return value ^ (uint32_t)f->value;
	default:
		return fault_dice(s);
	}
}

uint32_t fault_on_read(struct sim *s, uint32_t offset, uint32_t value)
{
	struct fault_run *r;
	unsigned int i = 0;

	count(s, SIM_WHEN_READ);
	while ((r = next(s, HOOK_READ, &i))) {
		if (r->fault.at != offset && r->fault.at != SIM_ANY_REGISTER)
			continue;
		value = misread(s, &r->fault, value);
		was_done(r);
	}
	return s->presence == SIM_PRESENT ? value : MHI_ALL_ONES;
}

/* One doorbell is one write of its low word. */
static bool is_bell(uint32_t offset)
{
	return offset == CRDB_LOWER ||
	       (offset >= CHDB_AT && offset < BHIE_AT && !(offset & 4) &&
		offset != CHDB_AT + 8 * MHI_WAKE_DB);
}

static bool is_meant(const struct sim_fault *f, uint32_t offset, uint32_t value)
{
	if (f->at == SIM_ANY_BELL ? !is_bell(offset) :
				    f->at != offset && f->at != SIM_ANY_REGISTER)
		return false;
	return !f->value || value & f->value;
}

bool fault_on_write(struct sim *s, uint32_t offset, uint32_t value)
{
	struct fault_run *r;
	unsigned int i = 0;
	bool is_lost = false;

	count(s, SIM_WHEN_WRITE);
	while ((r = next(s, HOOK_WRITE, &i))) {
		if (!is_meant(&r->fault, offset, value))
			continue;
		/* @code of them pass before one is lost. */
		if (r->passed++ < r->fault.code)
			continue;
		is_lost = true;
		was_done(r);
	}
	return !is_lost && s->presence == SIM_PRESENT;
}

/* --- events --- */

static bool event_is_meant(const struct sim_fault *f, const struct ering *er,
			   struct tre_copy ev)
{
	return (!f->type || f->type == (uint8_t)tre_type(ev)) &&
	       (f->chan == SIM_ANY || f->chan == tre_chid(ev)) &&
	       (f->ring == SIM_ANY || er->bit == 1u << f->ring);
}

static void on_held(void *held)
{
	struct held_event *h = held;
	struct sim *s = h->run->sim;
	struct ering *er = &s->erings[h->ring];
	struct tre_copy ev = { h->ptr, { h->dword[0], h->dword[1] } };

	h->is_used = false;
	if (!er->mask || (!er->slots && !ering_map(s, er)))
		return;
	if (h->has_slot)
		tre_store(er->slots + (h->slot & er->mask), ev);
	else if (ering_room(er))
		ering_put(s, er, ev, false);
	erings_publish(s);
}

/* Keeps an event for later; NULL: there is no place for it. */
static struct held_event *hold(struct fault_run *r, const struct ering *er, struct tre_copy ev)
{
	for (unsigned int i = 0; i < MAX_HELD; i++) {
		struct held_event *h = &r->held[i];

		if (h->is_used)
			continue;
		h->is_used = true;
		h->has_slot = r->fault.deed == DEED_EVENT_UNWRITTEN;
		h->ring = (uint8_t)__builtin_ctz(er->bit);
		h->slot = er->rp;
		h->ptr = ev.ptr;
		h->dword[0] = ev.dword[0];
		h->dword[1] = ev.dword[1];
		if (r->fault.deed != DEED_EVENT_SWAPPED)
			timer_start(r->sim->timers, &h->timer, r->fault.delay_us);
		return h;
	}
	return NULL;
}

/* The first waits for the second. */
static bool swap(struct fault_run *r, struct ering *er, struct tre_copy ev)
{
	if (!r->held[0].is_used)
		return !hold(r, er, ev);
	if (ering_room(er))
		ering_put(r->sim, er, ev, false);
	timer_start(r->sim->timers, &r->held[0].timer, 0);
	was_done(r);
	return false;
}

static void set_field(uint32_t *word, unsigned int shift, uint32_t mask, uint64_t value)
{
	*word = (*word & ~(mask << shift)) | ((uint32_t)value & mask) << shift;
}

/* The event as it should not be. */
static void misname(const struct sim_fault *f, struct tre_copy *ev)
{
	switch (f->deed) {
	case DEED_EVENT_TYPE:
		set_field(&ev->dword[1], 16, 0xff, f->value);
		break;
	case DEED_EVENT_CODE:
		set_field(&ev->dword[0], 24, 0xff, f->value);
		break;
	case DEED_EVENT_CHAN:
		set_field(&ev->dword[1], 24, 0xff, f->value);
		break;
	case DEED_EVENT_PTR:
		ev->ptr = f->value;
		break;
	case DEED_EVENT_PTR_ADD:
		ev->ptr += f->value;
		break;
	case DEED_EVENT_LEN:
		set_field(&ev->dword[0], 0, 0xffff, f->value);
		break;
	case DEED_EVENT_LEN_ADD:
		set_field(&ev->dword[0], 0, 0xffff, ev->dword[0] + f->value);
		break;
	case DEED_EVENT_RESERVED:
		ev->dword[0] |= 0x00ff0000;
		ev->dword[1] |= 0x0000ffff;
		break;
	default:
		break;
	}
}

/* False: not to be stored, or not now. */
static bool divert(struct sim *s, struct fault_run *r, struct ering **er, struct tre_copy ev)
{
	switch (r->fault.deed) {
	case DEED_EVENT_LOST:
		return false;
	case DEED_EVENT_TWICE:
		if (ering_room(*er) > 1)
			ering_put(s, *er, ev, false);
		return true;
	case DEED_EVENT_AGAIN:
		hold(r, *er, ev);
		return true;
	case DEED_EVENT_LATE:
		return !hold(r, *er, ev);
	case DEED_EVENT_UNWRITTEN:
		if (!hold(r, *er, ev))
			return true;
		(*er)->rp = ((*er)->rp + 1) & (*er)->mask;
		(*er)->is_urgent = true;
		s->touched |= (*er)->bit;
		return false;
	case DEED_EVENT_RING:
		*er = &s->erings[r->fault.value % s->n_erings];
		return ering_room(*er);
	case DEED_OVERRUN:
		(*er)->wp = ((*er)->rp - 1) & (*er)->mask;
		return true;
	default:
		return true;
	}
}

bool fault_on_event(struct sim *s, struct ering **er, struct tre_copy *event)
{
	struct fault_run *r;
	unsigned int i = 0;
	bool is_stored = true;

	count(s, SIM_WHEN_EVENT);
	while (is_stored && (r = next(s, HOOK_EVENT, &i))) {
		if (!event_is_meant(&r->fault, *er, *event) ||
		    r->passed++ < r->fault.code)
			continue;
		if (r->fault.deed == DEED_EVENT_SWAPPED) {
			is_stored = swap(r, *er, *event);
			continue;
		}
		misname(&r->fault, event);
		is_stored = divert(s, r, er, *event);
		was_done(r);
	}
	return is_stored;
}

/* --- pointers, interrupts, payload --- */

static uint64_t mislead(const struct sim_fault *f, const struct ering *er, uint64_t rp)
{
	uint64_t len = (er->mask + 1) * sizeof(struct tre);

	switch (f->deed) {
	case DEED_RP_IS:
		return f->value;
	case DEED_RP_FROM_BASE:
		return er->base + f->value;
	case DEED_RP_FROM_END:
		return er->base + len + f->value;
	case DEED_RP_ADD:
		return rp + f->value;
	default:		/* elements on or back, round the ring */
		return er->base + ((rp - er->base + f->value * sizeof(struct tre)) & (len - 1));
	}
}

uint64_t fault_on_publish(struct sim *s, struct ering *er, uint64_t rp)
{
	struct fault_run *r;
	unsigned int i = 0;

	while ((r = next(s, HOOK_PUBLISH, &i))) {
		if (r->fault.ring != SIM_ANY && er->bit != 1u << r->fault.ring)
			continue;
		rp = mislead(&r->fault, er, rp);
		was_done(r);
	}
	return rp;
}

bool fault_on_raise(struct sim *s)
{
	struct fault_run *r;
	unsigned int i = 0;
	bool is_raised = s->presence == SIM_PRESENT;

	while ((r = next(s, HOOK_RAISE, &i))) {
		if (r->fault.value && ++r->passed % r->fault.value)
			continue;
		is_raised = false;
		was_done(r);
	}
	return is_raised;
}

bool fault_on_data(struct sim *s)
{
	unsigned int i = 0;
	struct fault_run *r = next(s, HOOK_DATA, &i);

	if (r)
		was_done(r);
	return !r;
}

void fault_on_tick(struct sim *s, struct talk *t)
{
	struct fault_run *r;
	unsigned int i = 0;

	while (can_lie(t) && (r = next(s, HOOK_TICK, &i))) {
		t->service->lie(t->service_state, r->fault.id, (unsigned int)r->fault.value);
		was_done(r);
	}
}

/* --- arming --- */

bool sim_fault_arm(struct sim *s, const struct sim_fault *f)
{
	struct fault_run *r = &s->faults[s->n_faults];

	if (s->n_faults == SIM_MAX_FAULTS)
		return false;
	*r = (struct fault_run){ .fault = *f, .sim = s };
	timer_init(&r->timer, on_time, r);
	for (unsigned int i = 0; i < MAX_HELD; i++) {
		r->held[i].run = r;
		timer_init(&r->held[i].timer, on_held, &r->held[i]);
	}
	s->n_faults++;
	if (f->when == SIM_WHEN_TIME && f->k)
		timer_start(s->timers, &r->timer, f->k);
	else if (f->when == SIM_WHEN_TIME || (f->when == SIM_WHEN_STATE && f->k == s->state))
		begin(r);
	return true;
}

void fault_disarm_all(struct sim *s)
{
	for (unsigned int i = 0; i < s->n_faults; i++) {
		timer_stop(&s->faults[i].timer);
		for (unsigned int n = 0; n < MAX_HELD; n++)
			timer_stop(&s->faults[i].held[n].timer);
	}
	s->n_faults = 0;
}

void sim_heal(struct sim *s)
{
	bool is_lost = s->presence != SIM_PRESENT || s->ee != MHI_EE_AMSS;

	fault_disarm_all(s);
	s->presence = SIM_PRESENT;
	sim_set_mood(s, SIM_HEALTHY);
	if (is_lost)
		sim_power_cycle(s);
}

uint64_t sim_faults_done(const struct sim *s)
{
	return s->faults_done;
}

enum sim_presence sim_presence(const struct sim *s)
{
	return s->presence;
}
