#include "core/power.h"
#include "core/host.h"
#include <stdio.h>

static uint64_t timeout_us(const struct engine *e)
{
	return e->config->timeout_ms * 1000ull;
}

static uint64_t shutdown_us(const struct engine *e)
{
	return min_u32(e->config->timeout_ms, POWER_SHUTDOWN_MS) * 1000ull;
}

static void poll_begin(struct engine *e)
{
	e->poll_us = POWER_POLL_FIRST_US;
	e->is_odd = false;
	power_poll(e);
}

static void poll_again(struct engine *e)
{
	timer_start(e->timers, &e->poll, e->poll_us);
	e->poll_us = min_u32(2 * e->poll_us, POWER_POLL_MAX_US);
}

void power_finish(struct engine *e, int status)
{
	if (!e->has_goal)
		return;
	e->has_goal = false;
	e->owed[e->n_owed++] = status;
	engine_want_turn(e);
}

/* --- starting --- */

void power_arrive_boot(struct engine *e)
{
	const char *why;

	e->why[0] = '\0';
	e->is_broken = false;
	e->mhi_state = MHI_STATE_RESET;
	timer_start(e->timers, &e->deadline, e->config->ready_timeout_ms * 1000ull);
	if (!e->regs.bhi && regs_find_bhi(e, &why) < 0) {
		engine_fail(e, -EIO, "%s", why);
		return;
	}
	poll_begin(e);
}

/* A value that makes no sense may be one of a moment: look once more. */
static void boot_is_odd(struct engine *e, const char *what)
{
	if (e->is_odd) {
		engine_fail(e, -EIO, "%s", what);
		return;
	}
	e->is_odd = true;
	poll_again(e);
}

static void boot_look_at_status(struct engine *e)
{
	uint32_t ctrl, status;
	unsigned int state;

	if (regs_read(e, MHICTRL, &ctrl) < 0 || regs_read(e, MHISTATUS, &status) < 0)
		return;
	state = (status & MHISTATUS_MHISTATE_MASK) >> MHISTATUS_MHISTATE_SHIFT;
	if (ctrl & MHICTRL_RESET) {
		poll_again(e);	/* somebody's reset is under way */
	} else if (state == MHI_STATE_SYS_ERR || (state >= MHI_STATE_M0 && state <= MHI_STATE_M3_FAST)) {
		/* Its contexts belong to a process that is no more. */
		if (e->may_reset)
			state_step(e, ON_FOUND_RUNNING);
		else
			boot_is_odd(e, "the device does not leave its old state at RESET");
	} else if (state > MHI_STATE_BHI) {
		boot_is_odd(e, "MHISTATUS holds an unknown state");
	} else if (status & MHISTATUS_READY) {
		state_step(e, ON_READY);
	} else {
		poll_again(e);
	}
}

/* Boot loaders are passed through by the device itself; they ignore or hate
 * MHICTRL, so nothing is written before mission mode. */
static void boot_poll(struct engine *e)
{
	enum mhi_ee ee;

	if (regs_read_ee(e, &ee) < 0)
		return;
	if (ee != e->ee)
		engine_change(e);
	e->ee = ee;
	if (ee == MHI_EE_NONE)
		boot_is_odd(e, "EXECENV holds an unknown environment");
	else if (ee == MHI_EE_RDDM || ee == MHI_EE_EDL)
		engine_fail(e, -EIO, "the device is in %s", mhi_ee_name(ee));
	else if (mhi_ee_is_mission(ee))
		boot_look_at_status(e);
	else
		poll_again(e);
}

void power_arrive_reset(struct engine *e)
{
	e->may_reset = false;
	timer_start(e->timers, &e->deadline, timeout_us(e));
	if (regs_ask_reset(e) == 0)
		poll_begin(e);
}

static void reset_poll(struct engine *e)
{
	uint32_t ctrl;

	if (regs_read(e, MHICTRL, &ctrl) < 0)
		return;
	if (ctrl & MHICTRL_RESET)
		poll_again(e);
	else
		state_step(e, ON_RESET_CLEAR);
}

void power_poll(struct engine *e)
{
	if (e->state == DEV_BOOT)
		boot_poll(e);
	else if (e->state == DEV_RESET || e->state == DEV_HALT)
		reset_poll(e);
}

static void ready_make_contexts(struct engine *e)
{
	memset(e->chan_ctxs, 0, MHI_MAX_CHANNELS * sizeof(struct chan_ctx));
	for (unsigned int i = 0; i < e->config->n_erings; i++) {
		e->erings[i].bell = e->regs.erdb + 8 * i;
		ering_init(e, &e->erings[i]);
	}
	commands_rearm(e);
	for (unsigned int i = 0; i < e->config->n_chans; i++) {
		for (int d = LINK_UL; d <= LINK_DL; d++) {
			struct transfer *t = &e->chans[i].dir[d];

			t->bell = e->regs.chdb + 8u * t->chid;
			/* The reset brought back what was lost. */
			transfer_become(t, TRANSFER_DOWN);
		}
	}
}

static int ready_write_registers(struct engine *e)
{
	const struct { uint32_t offset; uint64_t value; } words[] = {
		{ CCABAP_LOWER, e->regs.chan_ctxs },
		{ ECABAP_LOWER, e->regs.event_ctxs },
		{ CRCBAP_LOWER, e->regs.cmd_ctx },
		{ MHICTRLBASE_LOWER, e->hw->iova_min },
		{ MHIDATABASE_LOWER, e->hw->iova_min },
		{ MHICTRLLIMIT_LOWER, e->hw->iova_max },
		{ MHIDATALIMIT_LOWER, e->hw->iova_max },
	};
	uint32_t cfg, n_hw = 0;
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		r = regs_write64(e, words[i].offset, words[i].value);
		if (r < 0)
			return r;
	}
	r = regs_read(e, MHICFG, &cfg);
	if (r < 0)
		return r;
	for (unsigned int i = 0; i < e->config->n_erings; i++)
		n_hw += e->config->erings[i].hw;
	cfg &= (1u << MHICFG_NER_SHIFT) - 1;
	cfg |= n_hw << MHICFG_NHWER_SHIFT | e->config->n_erings << MHICFG_NER_SHIFT;
	return regs_write(e, MHICFG, cfg);
}

static void arm_erings(struct engine *e, bool hw)
{
	for (unsigned int i = 0; i < e->config->n_erings; i++)
		if (e->erings[i].config->hw == hw)
			ering_arm(e, &e->erings[i]);
}

void power_arrive_ready(struct engine *e)
{
	const char *why;

	e->mhi_state = MHI_STATE_READY;
	timer_start(e->timers, &e->deadline, timeout_us(e));
	/* RESET cleared it. */
	if (regs_write(e, e->regs.bhi + BHI_INTVEC, 0) < 0)
		return;
	if (regs_find_doorbells(e, &why) < 0) {
		engine_fail(e, -EIO, "%s", why);
		return;
	}
	e->wake_is_set = false;
	if (!e->config->skip_wake_db_at_init &&
	    regs_bell(e, e->regs.chdb + 8 * MHI_WAKE_DB, 0) < 0)
		return;
	ready_make_contexts(e);
	if (ready_write_registers(e) < 0)
		return;
	e->n_misrouted = 0;
	e->is_listening = true;
	arm_erings(e, false);
	if (e->state == DEV_READY && regs_ask_state(e, MHI_STATE_M0) == 0)
		power_watch(e);
}

/* --- running --- */

static void enter_mission(struct engine *e)
{
	if (e->in_mission || !mhi_ee_is_mission(e->ee) || !engine_may_ring(e))
		return;
	e->in_mission = true;
	arm_erings(e, true);
	engine_change(e);
}

void power_arrive_m0(struct engine *e)
{
	e->mhi_state = MHI_STATE_M0;
	if (!e->in_mission) {
		timer_start(e->timers, &e->deadline, e->config->ready_timeout_ms * 1000ull);
		power_look_at_ee(e);
	}
	if (e->state != DEV_M0)
		return;
	if (e->wake_is_set && !e->counts.wakes) {
		e->wake_is_set = false;
		regs_bell(e, e->regs.chdb + 8 * MHI_WAKE_DB, 0);
	}
	engine_ring_all(e, RING_AT_M0);
	power_pursue(e);
}

void power_look_at_ee(struct engine *e)
{
	enum mhi_ee ee;

	e->has_new_ee = false;
	if (!e->is_listening || regs_read_ee(e, &ee) < 0)
		return;
	if (ee != e->ee)
		engine_change(e);
	e->ee = ee;
	if (ee == MHI_EE_NONE || ee == MHI_EE_RDDM || mhi_ee_is_pbl(ee)) {
		engine_fail(e, -EIO, "the device left mission mode for %s", mhi_ee_name(ee));
		return;
	}
	if (!mhi_ee_is_mission(ee))
		e->in_mission = false;
	for (unsigned int i = 0; i < e->config->n_chans; i++)
		if (!(e->config->chans[i].ee_mask & EE_BIT(ee)))
			channel_die(e, &e->chans[i], -ECONNRESET);
	enter_mission(e);
	power_pursue(e);
}

/* The device is idle and may sleep lightly, but not on top of our work: then
 * it is woken at once, as it must be granted M2 before it can leave it. */
void power_arrive_m2(struct engine *e)
{
	e->mhi_state = MHI_STATE_M2;
	if (regs_ask_state(e, MHI_STATE_M2) < 0)
		return;
	if (e->counts.wakes || e->ul_pending)
		power_wake_up(e);
}

void power_wake_up(struct engine *e)
{
	if (e->mhi_state != MHI_STATE_M2 || e->wake_is_set || e->config->sideband_wake)
		return;
	e->wake_is_set = true;
	regs_bell(e, e->regs.chdb + 8 * MHI_WAKE_DB, 1);
}

void power_wake_get(struct engine *e)
{
	if (e->counts.wakes++ == 0 && engine_may_ring(e))
		power_wake_up(e);
}

void power_wake_put(struct engine *e)
{
	if (--e->counts.wakes || !e->wake_is_set || e->mhi_state != MHI_STATE_M0 ||
	    !engine_may_ring(e))
		return;
	e->wake_is_set = false;
	regs_bell(e, e->regs.chdb + 8 * MHI_WAKE_DB, 0);
}

void power_arrive_m3_enter(struct engine *e)
{
	timer_start(e->timers, &e->deadline, timeout_us(e));
	if (regs_ask_state(e, MHI_STATE_M3) == 0)
		power_watch(e);
}

void power_arrive_m3(struct engine *e)
{
	e->mhi_state = MHI_STATE_M3;
	power_pursue(e);
	/* Traffic that came while the device fell asleep. */
	if (e->n_marked || e->commands.is_due)
		engine_want_turn(e);
}

void power_arrive_m3_exit(struct engine *e)
{
	timer_start(e->timers, &e->deadline, timeout_us(e));
	if (regs_ask_state(e, MHI_STATE_M0) == 0)
		power_watch(e);
}

void power_heard_state(struct engine *e, struct tre_copy event)
{
	int r = STATE_REFUSED;

	switch (tre_code(event)) {
	case MHI_STATE_M0:
		r = state_step(e, ON_M0);
		if (r && e->state == DEV_SHUTDOWN) {
			e->mhi_state = MHI_STATE_M0;
			r = STATE_OK;
		}
		break;
	case MHI_STATE_M1:
		r = state_step(e, ON_M1);
		/* We are about to ask for another state anyway. */
		if (e->state == DEV_M3_ENTER || e->state == DEV_SHUTDOWN)
			r = STATE_OK;
		break;
	case MHI_STATE_M3:
		r = state_step(e, ON_M3);
		break;
	case MHI_STATE_SYS_ERR:
		engine_fail(e, -EIO, "the device reported SYS_ERR in %s", mhi_ee_name(e->ee));
		r = STATE_OK;
		break;
	}
	if (r)
		event_strike(e, "state change out of place", event);
}

void power_heard_ee(struct engine *e, struct tre_copy event)
{
	if (tre_code(event) > MHI_EE_FP) {
		event_strike(e, "change to an unknown environment", event);
		return;
	}
	e->has_new_ee = true;
	engine_want_turn(e);
}

/* MHISTATUS when something is wrong or may be. */
static void look_at_status(struct engine *e)
{
	uint32_t status;
	unsigned int state;

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

	power_poll(e);
	if (!e->is_listening || e->state == DEV_M3)
		return;
	if (e->timers->now_us >= next || !e->checked_us)
		look_at_status(e);
	else if (!timer_is_armed(&e->poll))
		timer_start(e->timers, &e->poll, next - e->timers->now_us);
}

void power_watch(struct engine *e)
{
	if (!timer_is_armed(&e->watch))
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
	return e->has_goal && (e->goal == POWER_OFF || e->goal == POWER_RESET);
}

static int why_down(const struct engine *e)
{
	return e->has_goal && e->goal == POWER_RESET ? -ECONNRESET : -ENODEV;
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
	e->is_listening = false;
	e->in_mission = false;
	e->has_new_ee = false;
	timer_stop(&e->watch);
	timer_stop(&e->commands.timer);
	for (unsigned int i = 0; i < e->config->n_chans; i++)
		channel_die(e, &e->chans[i], why);
}

/* What the device completed before it failed is delivered before the error. */
static void take_the_rest(struct engine *e)
{
	e->is_listening = false;
	for (unsigned int i = 0; i < e->config->n_erings; i++)
		ering_drain(e, &e->erings[i]);
}

void power_arrive_halt(struct engine *e)
{
	e->has_halted = true;
	timer_start(e->timers, &e->deadline, shutdown_us(e));
	e->is_listening = false;
	/* Boot loaders and dump mode are never reset this way. */
	if (e->regs.bhi && regs_read_ee(e, &e->ee) < 0)
		return;
	if (!mhi_ee_is_mission(e->ee))
		state_step(e, ON_RESET_CLEAR);
	else if (regs_ask_reset(e) == 0)
		poll_begin(e);
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
		if (!e->in_mission)
			break;
		timer_stop(&e->deadline);
		power_finish(e, 0);
		break;
	default:
		break;
	}
}

static void pursue_sleep(struct engine *e)
{
	if (e->state == DEV_M2) {
		timer_start(e->timers, &e->deadline, timeout_us(e));
		/* With a wire for waking, any doorbell does it. */
		if (e->config->sideband_wake)
			ering_ring(e, &e->erings[0]);
		else
			power_wake_up(e);
	} else if (e->state == DEV_M0) {
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

static bool is_busy(const struct engine *e)
{
	return e->ul_pending || e->commands.n_waiting || e->commands.is_due;
}

/* May @what begin here?  POWER_STARTED, POWER_DONE or -errno. */
static int power_judge(const struct engine *e, enum engine_power what)
{
	unsigned int in = 1u << e->state;
	bool runs = in & (IN(M0) | IN(M2)) && e->in_mission;

	switch (what) {
	case POWER_OFF:
		return in & IN(OFF) ? POWER_DONE : POWER_STARTED;
	case POWER_ON:
		return runs ? POWER_DONE : POWER_STARTED;
	case POWER_RESET:
		return in & IN(OFF) ? -EINVAL : POWER_STARTED;
	case POWER_SUSPEND:
		if (in & IN(M3))
			return POWER_DONE;
		if (in & (IN(M3_ENTER) | IN(M3_EXIT)) || (runs && is_busy(e)))
			return -EBUSY;
		return runs && !e->config->no_m3 ? POWER_STARTED : -EINVAL;
	case POWER_RESUME:
		if (runs)
			return POWER_DONE;
		return in & (IN(M3) | IN(M3_EXIT)) ? POWER_STARTED : -EINVAL;
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
		engine_fail(e, -ETIMEDOUT, "the device did not finish RESET");
		break;
	case DEV_M0:
		engine_fail(e, -ETIMEDOUT, "the device did not reach mission mode");
		break;
	default:
		engine_fail(e, -ETIMEDOUT, "the device did not answer a request for M0");
	}
}

static void poll_due(void *user)
{
	struct engine *e = user;

	if (e->is_listening)
		look_at_status(e);
	else
		power_poll(e);
}

static bool is_waiting(const struct engine *e)
{
	bool waits = e->ul_pending || e->commands.n_waiting ||
		     1u << e->state & (IN(READY) | IN(M3_ENTER) | IN(M3_EXIT));

	for (unsigned int i = 0; !waits && i < e->config->n_erings; i++)
		waits = e->erings[i].invalid_us != 0;
	return waits;
}

/* An interrupt or a doorbell got lost, perhaps: look for events, and when
 * nothing moved since the last time ring every doorbell again. */
static void watch_due(void *user)
{
	struct engine *e = user;
	uint64_t events = e->counts.events;

	if (!e->is_listening)
		return;
	for (unsigned int i = 0; i < e->config->n_erings; i++)
		ering_take(e, &e->erings[i], EVENT_BUDGET);
	if (!e->is_listening || !is_waiting(e))
		return;
	if (e->counts.events == e->watched_events && engine_may_ring(e))
		engine_ring_all(e, RING_LOST);
	e->watched_events = events;
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
