/*
 * Each life is a function that does all it can now.  It returns when the
 * host has to move first: new elements, room in an event ring (sim.blocked),
 * or the next turn once the budget of a lane is used up.
 */
#include "sim/modem.h"

void talk_wake(struct sim *s, struct talk *t)
{
	list_remove(&t->node);
	list_append(&s->busy, &t->node);
	power_note_activity(s);
	power_ask_for_wake(s);
	sim_wants_turn(s);
}

static void swallow(struct sim *s, struct lane *ul)
{
	struct uplink_message m;

	while (ul->budget > 0 && uplink_settle(s, ul)) {
		uplink_take_singles(s, ul);
		if (ul->budget <= 0 || !lane_has(s, ul) || !uplink_next(s, ul, &m) ||
		    !uplink_has_room(s, ul, m.tre))
			return;
		if (m.n == 1)
			uplink_complete(s, ul, m.tre);
		else
			ul->owed = m.n;
	}
}

static void produce(struct sim *s, struct talk *t)
{
	while (t->dl->budget > 0 && downlink_fill(s, t->dl, t->produced))
		t->produced++;
}

/* Is there room for what a piece of an echo stores at least: the downlink's
 * event, and its own? */
static bool echo_has_room(struct sim *s, struct talk *t)
{
	struct ering *er = t->ul->er;

	if (!uplink_has_room(s, t->ul, t->piece))
		return false;
	if (er != t->dl->er || ering_room(er) >= 2)
		return true;
	s->blocked = er;
	return false;
}

static bool echo_begin(struct sim *s, struct talk *t)
{
	struct uplink_message m;

	if (!uplink_next(s, t->ul, &m) || !downlink_holds(s, t->dl, m.len))
		return false;
	t->is_midway = true;
	t->offset = 0;
	t->piece = m.tre;
	return m.n == 1 || lane_load(s, t->ul, t->ul->rp, &t->piece);
}

/* One element of an echo: from its buffer straight into downlink buffers. */
static bool echo_piece(struct sim *s, struct talk *t)
{
	bool is_last = !(t->piece.dword[1] & TRE_CHAIN);
	uint32_t len = tre_len(t->piece);
	const uint8_t *data = memory_reach(s, t->piece.ptr, len, DATA_READS);

	if (!data) {
		t->is_midway = false;
		return uplink_throw_back(s, t->ul, 1, EV_CODE_UNDEFINED_ERR);
	}
	if (!echo_has_room(s, t))
		return false;
	t->offset += downlink_put(s, t->dl, data + t->offset, len - t->offset, is_last);
	if (t->offset < len)
		return false;
	t->offset = 0;
	t->is_midway = !is_last;
	if (uplink_has_room(s, t->ul, t->piece))
		uplink_complete(s, t->ul, t->piece);
	else
		t->ul->owed = 1;
	return true;
}

static void echo(struct sim *s, struct talk *t)
{
	while (t->ul->budget > 0 && t->dl->budget > 0 && uplink_settle(s, t->ul)) {
		if (t->is_midway) {
			if (!t->offset && !lane_load(s, t->ul, t->ul->rp, &t->piece))
				return;
		} else if (!echo_begin(s, t)) {
			return;
		}
		if (!echo_piece(s, t))
			return;
	}
}

/* True when all that was said is delivered. */
static bool speak(struct sim *s, struct talk *t)
{
	const uint8_t *message;
	uint32_t len;

	while ((message = mouth_peek(&t->mouth, &len))) {
		if (t->dl)
			t->offset += downlink_put(s, t->dl, message + t->offset,
						  len - t->offset, true);
		else
			t->offset = len;
		if (t->offset < len)
			return false;
		mouth_swallow(&t->mouth);
		t->offset = 0;
	}
	return true;
}

/* Copies what the service hears next to sim.hear: a message, or what fits an
 * ear; the host can still write to its own buffers.  Elements all heard are
 * owed then. */
static uint32_t catch_words(struct sim *s, struct talk *t)
{
	uint32_t most = t->service->ear ? t->service->ear : HEAR_MAX;
	struct lane *ul = t->ul;
	struct tre_copy tre;
	uint32_t len = 0;

	while (len < most && lane_has(s, ul)) {
		const uint8_t *data;
		uint32_t n;

		if (!lane_load(s, ul, (ul->rp + ul->owed) & ul->mask, &tre))
			break;
		data = memory_reach(s, tre.ptr, tre_len(tre), DATA_READS);
		if (data && tre_len(tre) > t->heard) {
			n = min_u32(tre_len(tre) - t->heard, most - len);
			memcpy(s->hear + len, data + t->heard, n);
			len += n;
			t->heard += n;
			if (t->heard < tre_len(tre))
				break;
		}
		t->heard = 0;
		ul->owed++;
		if (!(tre.dword[1] & TRE_CHAIN))
			break;
	}
	return len;
}

static void hear(struct sim *s, struct talk *t)
{
	uint32_t len = catch_words(s, t);

	if (len && t->service->hear)
		t->service->hear(t->service_state, s->hear, len, &t->mouth);
	uplink_settle(s, t->ul);
	t->is_tick_due = true;
}

static void tick(struct sim *s, struct talk *t)
{
	uint64_t now = s->timers->now_us, next;

	t->is_tick_due = false;
	if (s->n_faults)
		fault_on_tick(s, t);
	next = t->service->tick(t->service_state, now, &t->mouth);
	if (next == TIME_NEVER)
		timer_stop(&t->tick);
	else
		timer_start(s->timers, &t->tick, next > now ? next - now : 0);
}

void talk_on_tick(void *talk)
{
	struct talk *t = talk;

	t->is_tick_due = true;
	talk_wake(t->sim, t);
}

/* May the service hear now?  Not before there is a buffer for an answer. */
static bool serve_listens(struct sim *s, struct talk *t)
{
	struct uplink_message m;

	if (!t->ul || s->mood == SIM_HOLDS_UPLINK || t->ul->budget <= 0)
		return false;
	if (!uplink_settle(s, t->ul) || !uplink_next(s, t->ul, &m))
		return false;
	if (t->dl && !lane_has(s, t->dl))
		return false;
	return uplink_has_room(s, t->ul, m.tre);
}

/* Only a loader or a programmer goes on. */
static bool serve_has_loaded(const struct sim *s, const struct talk *t)
{
	return t->service->has_loaded && (s->ee == MHI_EE_SBL || s->ee == MHI_EE_FP) &&
	       t->service->has_loaded(t->service_state);
}

static void serve(struct sim *s, struct talk *t)
{
	bool has_tick = t->service->tick && t->dl && t->dl->state == CHSTATE_RUNNING;

	if (t->ul)
		uplink_settle(s, t->ul);
	while (speak(s, t)) {
		if (serve_has_loaded(s, t)) {
			sim_note_due(s, DUE_BOOT);
			return;
		}
		if (has_tick && t->is_tick_due) {
			tick(s, t);
		} else if (serve_listens(s, t)) {
			hear(s, t);
		} else {
			return;
		}
	}
}

static void live(struct sim *s, struct talk *t)
{
	bool can_hear = t->ul && s->mood != SIM_HOLDS_UPLINK;

	switch (t->life) {
	case LIFE_MUTE:
		break;
	case LIFE_ECHO:
		if (can_hear && t->dl)
			echo(s, t);
		else if (can_hear)
			swallow(s, t->ul);
		break;
	case LIFE_PRODUCE:
		if (t->dl)
			produce(s, t);
		/* fall through */
	case LIFE_SWALLOW:
		if (can_hear)
			swallow(s, t->ul);
		break;
	case LIFE_SERVICE:
		serve(s, t);
		break;
	}
}

void talk_work(struct sim *s, struct talk *t)
{
	bool is_spent = false;

	s->blocked = NULL;
	if (t->ul)
		t->ul->budget = LANE_BUDGET;
	if (t->dl)
		t->dl->budget = LANE_BUDGET;
	live(s, t);
	if (t->ul) {
		lane_publish(s, t->ul);
		is_spent = t->ul->budget <= 0;
	}
	if (t->dl) {
		lane_publish(s, t->dl);
		is_spent |= t->dl->budget <= 0;
	}
	if (!power_is_live(s))
		return;
	if (is_spent) {
		list_append(&s->busy, &t->node);
	} else if (s->blocked) {
		s->counts.held_events++;
		list_append(&s->blocked->waiters, &t->node);
	}
}

void talk_lane_started(struct sim *s, struct talk *t, bool is_dl, bool is_first)
{
	if (is_first && t->service) {
		memset(t->service_state, 0, t->service->state_len);
		if (t->service->start)
			t->service->start(t->service_state, s->config.seed);
	}
	if (is_dl)
		t->is_tick_due = true;
	talk_wake(s, t);
}

void talk_lane_ended(struct talk *t, bool is_dl)
{
	t->is_midway = false;
	if (is_dl || !t->service)
		t->offset = 0;
	if (is_dl) {
		timer_stop(&t->tick);
		t->mouth.begin = t->mouth.end = 0;
	} else {
		t->heard = 0;
	}
}
