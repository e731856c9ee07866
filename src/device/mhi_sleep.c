#include "device/mhi_sleep.h"
#include "device/instance.h"
#include <errno.h>

enum {
	RETRY_US = 20000,	/* a device with messages to take is asked again */
	LINK_US = 50000,	/* so is a link that is not back yet */
	LINK_MOST_US = 2000000,
};

static uint64_t now_us(const struct mhi_sleep *s)
{
	return loop_timers(s->loop)->now_us;
}

static void again_in(struct mhi_sleep *s, uint64_t us)
{
	timer_start(loop_timers(s->loop), &s->next, us);
}

static uint64_t idle_us(const struct mhi_sleep *s)
{
	return s->profile->autosuspend_ms * 1000ull;
}

static int begin_ours(struct mhi_sleep *s, enum engine_power what, enum mhi_sleep_cause cause)
{
	int r = engine_power(s->engine, what);

	if (r == POWER_STARTED) {
		s->ours = OURS_BEGUN;
		s->cause = cause;
	}
	return r;
}

/* --- idle --- */

static void look_if_idle(struct mhi_sleep *s)
{
	uint64_t idle = now_us(s) - s->moved_us;

	if (idle < idle_us(s))
		again_in(s, idle_us(s) - idle);
	else if (begin_ours(s, POWER_SUSPEND, SLEEP_IDLE) != POWER_STARTED)
		again_in(s, idle_us(s));
}

static void get_tired(struct mhi_sleep *s)
{
	s->cause = SLEEP_ASKED;
	s->is_tired = true;
	log_warn(device_name(s->device), "was suspended when idle and failed; "
		 "autosuspend_ms does not count until something is written to power");
}

void mhi_sleep_changed(struct mhi_sleep *s)
{
	enum engine_state state = engine_state(s->engine);

	if (s->ours || s->system == SYSTEM_WAKING)
		return;
	if (s->system == SYSTEM_ASLEEP) {
		if (state == ENGINE_READY && !timer_is_armed(&s->next))
			again_in(s, RETRY_US);
		return;
	}
	if (state == ENGINE_ERROR && s->cause == SLEEP_IDLE)
		get_tired(s);
	if (state != ENGINE_READY) {
		timer_stop(&s->next);
		return;
	}
	s->cause = SLEEP_ASKED;
	if (!idle_us(s) || s->is_tired || timer_is_armed(&s->next))
		return;
	s->moved_us = now_us(s);
	again_in(s, idle_us(s));
}

/* --- transitions of ours and of users --- */

static void start_queued(struct mhi_sleep *s, int status)
{
	int r = status;

	if (status != -ECANCELED)
		r = engine_power(s->engine, s->queued);
	if (r != POWER_STARTED || status == -ECANCELED)
		device_bearer_power_done(s->device, r < 0 ? r : 0);
}

/* The sleep of the system was called off meanwhile. */
static void follow_system(struct mhi_sleep *s)
{
	if (s->system == SYSTEM_AWAKE && s->cause == SLEEP_SYSTEM &&
	    engine_state(s->engine) == ENGINE_SUSPENDED)
		begin_ours(s, POWER_RESUME, SLEEP_SYSTEM);
}

bool mhi_sleep_power_done(struct mhi_sleep *s, int status)
{
	bool is_awaited = s->ours == OURS_AWAITED;

	if (!s->ours)
		return false;
	s->ours = OURS_NONE;
	if (is_awaited)
		start_queued(s, status);
	follow_system(s);
	mhi_sleep_changed(s);
	device_bearer_changed(s->device);
	return true;
}

int mhi_sleep_power(struct mhi_sleep *s, enum engine_power what)
{
	int r = engine_power(s->engine, what);

	if (s->ours == OURS_BEGUN && r == -EBUSY) {
		s->ours = OURS_AWAITED;
		s->queued = what;
		r = POWER_STARTED;
	} else if (s->ours == OURS_BEGUN && r == POWER_STARTED) {
		s->ours = OURS_CUT_SHORT;
	}
	if (r >= 0)
		s->is_tired = false;
	if (r == POWER_DONE)
		mhi_sleep_changed(s);	/* idle counts from now */
	return r;
}

const char *mhi_sleep_why(const struct mhi_sleep *s)
{
	return s->cause == SLEEP_IDLE ? text_get(&s->why) :
	       s->cause == SLEEP_SYSTEM ? "the system sleeps" : "";
}

/* --- the system --- */

/* One that holds a message takes it first; one that is on its way somewhere gets
 * there. */
static void fall_asleep(struct mhi_sleep *s)
{
	int r = begin_ours(s, POWER_SUSPEND, SLEEP_SYSTEM);

	if (r == -EBUSY)
		again_in(s, RETRY_US);
	else if (r != POWER_STARTED)
		device_bearer_changed(s->device);	/* that was waited for */
}

void mhi_sleep_begin(struct mhi_sleep *s)
{
	if (s->system == SYSTEM_ASLEEP)
		return;
	s->system = SYSTEM_ASLEEP;
	timer_stop(&s->next);
	engine_hold(s->engine, true);
	if (!s->ours)
		fall_asleep(s);
}

bool mhi_sleep_is_over(const struct mhi_sleep *s)
{
	return !s->ours && !timer_is_armed(&s->next);
}

/* The link comes back some hundred milliseconds after the system. */
static void look_for_link(struct mhi_sleep *s)
{
	engine_hold(s->engine, false);
	if (engine_recheck(s->engine) == ENGINE_ABSENT && now_us(s) - s->woken_us < LINK_MOST_US) {
		engine_hold(s->engine, true);
		again_in(s, LINK_US);
		return;
	}
	s->system = SYSTEM_AWAKE;
	/* One that is not back by now shows that as soon as it is needed. */
	engine_check_health(s->engine);
	if (engine_state(s->engine) == ENGINE_ERROR)
		s->cause = SLEEP_ASKED;
	else if (s->cause == SLEEP_SYSTEM && !s->ours)
		begin_ours(s, POWER_RESUME, SLEEP_SYSTEM);
	mhi_sleep_changed(s);
}

void mhi_sleep_end(struct mhi_sleep *s)
{
	if (s->system != SYSTEM_ASLEEP)
		return;
	s->system = SYSTEM_WAKING;
	s->woken_us = now_us(s);
	timer_stop(&s->next);
	look_for_link(s);
}

static void on_next(void *user)
{
	struct mhi_sleep *s = user;

	switch (s->system) {
	case SYSTEM_AWAKE:
		look_if_idle(s);
		break;
	case SYSTEM_ASLEEP:
		fall_asleep(s);
		break;
	case SYSTEM_WAKING:
		look_for_link(s);
		break;
	}
}

void mhi_sleep_init(struct mhi_sleep *s)
{
	timer_init(&s->next, on_next, s);
	text_printf(&s->why, "idle for %u ms", s->profile->autosuspend_ms);
}

void mhi_sleep_stop(struct mhi_sleep *s)
{
	timer_stop(&s->next);
	s->system = SYSTEM_AWAKE;
}

void mhi_sleep_fini(struct mhi_sleep *s)
{
	text_fini(&s->why);
}
