#include "core/power.h"
#include "core/host.h"
#include <stdio.h>

uint64_t power_timeout_us(const struct engine *e)
{
	return e->config->timeout_ms * 1000ull;
}

static uint64_t shutdown_us(const struct engine *e)
{
	return min_u32(e->config->timeout_ms, POWER_SHUTDOWN_MS) * 1000ull;
}

static void power_finish(struct engine *e, int status)
{
	if (!e->has_goal)
		return;
	e->has_goal = false;
	e->owed[e->n_owed++] = status;
	engine_want_chores(e);
}

/* MHISTATUS when something is wrong or may be. */
static void look_at_status(struct engine *e)
{
	uint32_t status;
	unsigned int state;

	if (!pace_may_read(e)) {
		timer_start(e->timers, &e->poll, PACE_NEXT_US);
		return;
	}
	e->checked_us = e->timers->now_us;
	if (regs_read(e, MHISTATUS, &status) < 0)
		return;
	state = (status & MHISTATUS_MHISTATE_MASK) >> MHISTATUS_MHISTATE_SHIFT;
	if (state == MHI_STATE_SYS_ERR || status & MHISTATUS_SYSERR)
		engine_fail(e, -EIO, "the device is in SYS_ERR (%s)", mhi_ee_name(e->ee));
	else if (engine_may_ring(e) && state < MHI_STATE_M0)
		engine_fail(e, -EIO, "the device reset itself");
}

void power_suspect(struct engine *e)
{
	uint64_t next = e->checked_us + POWER_CHECK_US;

	if (e->state == DEV_M3)
		return;		/* its registers sleep as well */
	if (e->timers->now_us >= next || !e->checked_us)
		look_at_status(e);
	else if (!timer_is_armed(&e->poll))
		timer_start(e->timers, &e->poll, next - e->timers->now_us);
}

void engine_check_health(struct engine *e)
{
	if (e->is_listening && e->state != DEV_M3)
		look_at_status(e);
}

void power_watch(struct engine *e)
{
	if (e->is_watched)
		return;
	e->is_watched = true;
	e->watched_events = e->counts.events;
	timer_start(e->timers, &e->watch, POWER_WATCH_US);
}

/* --- ending --- */

static bool channels_are_closed(const struct engine *e)
{
	for (unsigned int i = 0; i < e->config->n_chans; i++)
		if (e->chans[i].state != CHANNEL_CLOSED)
			return false;
	return true;
}

static bool is_going_down(const struct engine *e)
{
	return e->has_goal && (e->goal == POWER_OFF || e->goal == POWER_RESET ||
			       e->goal == POWER_EDL);
}

static int why_down(const struct engine *e)
{
	return e->has_goal && e->goal != POWER_OFF ? -ECONNRESET : -ENODEV;
}

void power_arrive_shutdown(struct engine *e)
{
	timer_start(e->timers, &e->deadline, shutdown_us(e));
	for (unsigned int i = 0; i < e->config->n_chans; i++)
		channel_shut(e, &e->chans[i], why_down(e));
	power_pursue(e);
}

static void forget_device(struct engine *e, int why)
{
	engine_deafen(e);
	e->in_mission = false;
	e->mission_due_us = 0;
	e->has_new_ee = false;
	timer_stop(&e->watch);
	e->is_watched = false;
	timer_stop(&e->commands.timer);
	boot_forget(e);
	for (unsigned int i = 0; i < e->config->n_chans; i++)
		channel_die(e, &e->chans[i], why);
}

/* What the device completed before it failed is delivered before the error. */
static void take_the_rest(struct engine *e)
{
	engine_deafen(e);
	for (unsigned int i = 0; i < e->config->n_erings; i++)
		ering_drain(e, &e->erings[i]);
}

/* Dump mode and a loader that hangs end in no other way; EDL is entered in no
 * other. */
static bool wants_soc_reset(const struct engine *e)
{
	return e->has_goal && (e->goal == POWER_EDL ||
			       (e->goal == POWER_RESET &&
				(e->ee == MHI_EE_RDDM || e->ee == MHI_EE_SBL)));
}

/* Everything is lost then; only time tells when the device answers again. */
static void reset_soc(struct engine *e)
{
	uint64_t us = e->config->soc_reset_ms * 1000ull;

	if (e->goal == POWER_EDL && mhi_ee_is_mission(e->ee) &&
	    regs_bell(e, e->regs.chdb + 8 * MHI_EDL_DB, MHI_EDL_COOKIE) < 0)
		return;
	if (regs_write(e, SOC_RESET_REQ, 1) < 0)
		return;
	e->is_resetting_soc = true;
	timer_start(e->timers, &e->deadline, us);
}

static void halt_ask_reset(struct engine *e)
{
	if (regs_ask_reset(e) == 0)
		startup_poll_begin(e);
}

static void halt_look_at_ee(struct engine *e)
{
	/* Boot loaders and dump mode are never reset this way. */
	if (e->regs.bhi && regs_read_ee(e, &e->ee) < 0)
		return;
	if (wants_soc_reset(e))
		reset_soc(e);
	else if (!mhi_ee_is_mission(e->ee))
		state_step(e, ON_RESET_CLEAR);
	else
		pace_go_on(e, halt_ask_reset);
}

void power_arrive_halt(struct engine *e)
{
	e->has_halted = true;
	e->is_resetting_soc = false;
	timer_start(e->timers, &e->deadline, shutdown_us(e));
	engine_deafen(e);
	dump_cancel(e, -ECANCELED);
	pace_go_on(e, halt_look_at_ee);
}

void power_arrive_off(struct engine *e)
{
	forget_device(e, why_down(e));
	e->mhi_state = MHI_STATE_RESET;
	e->ee = MHI_EE_NONE;
	e->why[0] = '\0';
	power_pursue(e);
}

void power_arrive_error(struct engine *e)
{
	if (e->is_listening && !e->is_broken)
		take_the_rest(e);
	forget_device(e, -ECONNRESET);
	e->mhi_state = MHI_STATE_SYS_ERR;
	/* People want to know where a crash led to. */
	if (e->ee != MHI_EE_RDDM && e->regs.bhi && regs_read_ee(e, &e->ee) == -ENODEV)
		return;
	if (e->ee == MHI_EE_RDDM)
		dump_begin(e);
	/* Going down does not need a device that works; once is enough. */
	if (is_going_down(e) && !e->has_halted)
		power_pursue(e);
	else
		power_finish(e, e->failure);
}

void power_arrive_gone(struct engine *e)
{
	if (e->is_listening && !e->is_broken)
		take_the_rest(e);
	forget_device(e, -ENODEV);
	dump_cancel(e, -ENODEV);
	e->mhi_state = MHI_STATE_RESET;
	e->ee = MHI_EE_NONE;
	snprintf(e->why, sizeof(e->why), "the device is gone");
	power_finish(e, -ENODEV);
}

/* --- the way to what was asked for --- */

static void pursue_down(struct engine *e)
{
	switch (e->state) {
	case DEV_M0:
	case DEV_M2:
		state_step(e, ON_POWER_OFF);
		break;
	case DEV_M3:
		state_step(e, ON_RESUME);
		break;
	case DEV_BOOT:
	case DEV_RESET:
	case DEV_READY:
	case DEV_ERROR:
		state_step(e, ON_QUIET);
		break;
	case DEV_SHUTDOWN:
		if (channels_are_closed(e))
			state_step(e, ON_QUIET);
		break;
	case DEV_OFF:
		if (e->goal == POWER_OFF) {
			power_finish(e, 0);
		} else {
			e->goal = POWER_ON;
			power_pursue(e);
		}
		break;
	default:
		break;		/* what comes next comes by itself */
	}
}

static void pursue_up(struct engine *e)
{
	switch (e->state) {
	case DEV_OFF:
	case DEV_ERROR:
		e->may_reset = true;
		state_step(e, ON_POWER_ON);
		break;
	case DEV_M3:
		state_step(e, ON_RESUME);
		break;
	case DEV_M0:
	case DEV_M2:
		if (e->in_mission)
			power_finish(e, 0);
		break;
	default:
		break;
	}
}

static bool is_busy(const struct engine *e)
{
	return engine_has_uplink(e) || e->commands.n_waiting || e->commands.is_due;
}

static void pursue_sleep(struct engine *e)
{
	if (e->state == DEV_M2) {
		timer_start(e->timers, &e->deadline, power_timeout_us(e));
		/* Without a doorbell for waking, any other does it. */
		if (e->config->sideband_wake)
			regs_bell(e, CRDB_LOWER, ring_at(&e->commands.ring, e->commands.ring.wp));
		else
			mission_wake_up(e);
	} else if (e->state == DEV_M0 && is_busy(e)) {
		/* Came while the device left M2; nothing would wake it for that. */
		power_finish(e, -EBUSY);
	} else if (e->state == DEV_M0) {
		engine_ring_due(e);
		state_step(e, ON_SUSPEND);
	} else if (e->state == DEV_M3) {
		power_finish(e, 0);
	}
}

void power_pursue(struct engine *e)
{
	if (!e->has_goal)
		return;
	switch (e->goal) {
	case POWER_OFF:
	case POWER_RESET:
	case POWER_EDL:
		pursue_down(e);
		break;
	case POWER_ON:
	case POWER_RESUME:
		pursue_up(e);
		break;
	case POWER_SUSPEND:
		pursue_sleep(e);
		break;
	}
}

/* May @what begin here?  POWER_STARTED, POWER_DONE or -errno. */
static int power_judge(const struct engine *e, enum engine_power what)
{
	unsigned int in = 1u << e->state;
	bool runs = in & (IN(M0) | IN(M2)) && e->in_mission;

	switch (what) {
	case POWER_OFF:
		return (in & IN(OFF)) ? POWER_DONE : POWER_STARTED;
	case POWER_ON:
		return runs ? POWER_DONE : POWER_STARTED;
	case POWER_RESET:
		return (in & IN(OFF)) ? -EINVAL : POWER_STARTED;
	case POWER_EDL:
		return runs ? POWER_STARTED : -EINVAL;
	case POWER_SUSPEND:
		if (in & IN(M3))
			return POWER_DONE;
		if (in & (IN(M3_ENTER) | IN(M3_EXIT)) || (runs && is_busy(e)))
			return -EBUSY;
		return runs && !e->config->no_m3 ? POWER_STARTED : -EINVAL;
	case POWER_RESUME:
		if (runs)
			return POWER_DONE;
		return (in & (IN(M3) | IN(M3_EXIT))) ? POWER_STARTED : -EINVAL;
	}
	return -EINVAL;
}

int engine_power(struct engine *e, enum engine_power what)
{
	int r;

	if (e->state == DEV_GONE)
		return -ENODEV;
	/* Only the end may interrupt, and only once. */
	if ((e->has_goal || e->n_owed) && (what != POWER_OFF || e->n_owed > 1 ||
					   (e->has_goal && e->goal == POWER_OFF)))
		return -EBUSY;
	r = power_judge(e, what);
	if (r)
		return r;
	power_finish(e, -ECANCELED);
	e->goal = what;
	e->has_goal = true;
	e->has_halted = false;
	power_pursue(e);
	return POWER_STARTED;
}

/* --- time --- */

static void deadline_boot(struct engine *e)
{
	if (mhi_ee_is_mission(e->ee))
		engine_fail(e, -ETIMEDOUT, "the device did not become READY");
	else
		engine_fail(e, -ETIMEDOUT, "the device stayed in %s", mhi_ee_name(e->ee));
}

/* Whoever uses a loader's channel knows how long that takes: images are large. */
static bool is_being_served(const struct engine *e)
{
	for (unsigned int i = 0; i < e->config->n_chans; i++)
		if (e->config->chans[i].ee_mask & EE_BIT(e->ee) &&
		    e->chans[i].state == CHANNEL_OPEN)
			return !mhi_ee_is_mission(e->ee);
	return false;
}

static void deadline_mission(struct engine *e)
{
	if (is_being_served(e))
		mission_await_anew(e);
	else
		engine_fail(e, -ETIMEDOUT, "the device stayed in %s", mhi_ee_name(e->ee));
}

static void deadline_passed(void *user)
{
	struct engine *e = user;

	switch (e->state) {
	case DEV_BOOT:
		deadline_boot(e);
		break;
	case DEV_M3_ENTER:
	case DEV_M3_EXIT:
	case DEV_SHUTDOWN:
		if (is_going_down(e)) {
			state_step(e, ON_QUIET);
			break;
		}
		engine_fail(e, -ETIMEDOUT, "the device did not answer a request for %s",
			    e->state == DEV_M3_ENTER ? "M3" : "M0");
		break;
	case DEV_RESET:
	case DEV_HALT:
		if (e->is_resetting_soc) {
			e->is_resetting_soc = false;
			state_step(e, ON_RESET_CLEAR);
			break;
		}
		engine_fail(e, -ETIMEDOUT, "the device did not finish RESET");
		break;
	case DEV_M0:
	case DEV_M2:
		if (!e->in_mission) {
			deadline_mission(e);
			break;
		}
		/* fall through */
	default:
		engine_fail(e, -ETIMEDOUT, "the device did not answer a request for M0");
	}
}

static void poll_due(void *user)
{
	struct engine *e = user;

	if (!e->is_listening)
		startup_poll(e);
	else if (e->is_odd)
		mission_look_at_ee(e);
	else
		look_at_status(e);
}

static bool is_waiting(const struct engine *e)
{
	bool waits = engine_has_uplink(e) || e->commands.n_waiting ||
		     1u << e->state & (IN(READY) | IN(M3_ENTER) | IN(M3_EXIT));

	for (unsigned int i = 0; !waits && i < e->config->n_erings; i++)
		waits = e->erings[i].invalid_us != 0;
	return waits;
}

/* Nothing moves: is the device still there, and did it miss a doorbell? */
static void ring_again(struct engine *e)
{
	look_at_status(e);
	if (engine_may_ring(e))
		engine_ring_all(e, RING_LOST);
}

/* One whose reader does not read may wait for it: that is no stall. */
static bool is_stalled_on(const struct channel *c)
{
	return !ring_is_empty(&c->dir[LINK_UL].ring) &&
	       (!c->config->dir[LINK_DL].exists || !ring_is_empty(&c->dir[LINK_DL].ring));
}

static bool is_stalled(struct engine *e)
{
	uint64_t now_us = e->timers->now_us, limit_us = e->config->stall_ms * 1000ull;
	bool is_still = false;

	if (e->counts.events == e->watched_events && engine_may_ring(e))
		for (unsigned int i = 0; !is_still && i < e->config->n_chans; i++)
			is_still = is_stalled_on(&e->chans[i]);
	if (!is_still)
		e->still_us = 0;
	else if (!e->still_us)
		e->still_us = now_us;
	return limit_us && is_still && now_us - e->still_us >= limit_us;
}

/* An interrupt or a doorbell got lost, perhaps: look for events, and when
 * nothing moved since the last time ring every doorbell again. */
static void watch_due(void *user)
{
	struct engine *e = user;

	e->is_watched = false;
	if (!e->is_listening)
		return;
	for (unsigned int i = 0; i < e->config->n_erings; i++)
		ering_take(e, &e->erings[i], EVENT_BUDGET);
	if (!e->is_listening || !is_waiting(e))
		return;
	if (is_stalled(e))
		engine_fail(e, -ETIMEDOUT, "the device did nothing for %u ms with messages to take",
			    e->config->stall_ms);
	else if (e->counts.events == e->watched_events && engine_may_ring(e))
		ring_again(e);
	if (e->is_listening)
		power_watch(e);
}

void power_init(struct engine *e)
{
	timer_init(&e->deadline, deadline_passed, e);
	timer_init(&e->poll, poll_due, e);
	timer_init(&e->watch, watch_due, e);
	e->ee = MHI_EE_NONE;
}

void power_fini(struct engine *e)
{
	timer_stop(&e->deadline);
	timer_stop(&e->poll);
	timer_stop(&e->watch);
	timer_stop(&e->commands.timer);
}
