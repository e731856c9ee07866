#include "core/mission.h"
#include "core/host.h"

static void await_mission(struct engine *e)
{
	uint64_t now = e->timers->now_us;

	e->in_mission = false;
	/* One that asked for its image waits for us. */
	if (!(1u << e->state & (IN(M0) | IN(M2))) || e->boot.step != BOOT_IDLE)
		return;
	/* A device that goes to and fro between states gains no time by it. */
	if (!e->mission_due_us)
		e->mission_due_us = now + e->config->ready_timeout_ms * 1000ull;
	timer_start(e->timers, &e->deadline,
		    e->mission_due_us > now ? e->mission_due_us - now : 0);
}

void mission_await_anew(struct engine *e)
{
	e->mission_due_us = 0;
	await_mission(e);
}

static void enter_mission(struct engine *e)
{
	if (e->in_mission || !mhi_ee_is_mission(e->ee) || !engine_may_ring(e))
		return;
	e->in_mission = true;
	e->mission_due_us = 0;
	if (1u << e->state & (IN(M0) | IN(M2)))
		timer_stop(&e->deadline);
	erings_arm(e, ERINGS_HARDWARE);
	engine_change(e);
}

void mission_arrive_m0(struct engine *e)
{
	e->mhi_state = MHI_STATE_M0;
	e->wants_wake = false;
	if (!e->in_mission) {
		await_mission(e);
		mission_look_at_ee(e);
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

void mission_look_at_ee(struct engine *e)
{
	enum mhi_ee ee;

	e->has_new_ee = !pace_may_read(e);
	if (e->has_new_ee) {
		pace_want_chores(e);
		return;
	}
	if (!e->is_listening || regs_read_ee(e, &ee) < 0)
		return;
	/* A value that makes no sense may be one of a moment: look once more. */
	if (ee == MHI_EE_NONE && !e->is_odd) {
		e->is_odd = true;
		timer_start(e->timers, &e->poll, STARTUP_POLL_FIRST_US);
		return;
	}
	e->is_odd = false;
	if (ee != e->ee)
		engine_change(e);
	e->ee = ee;
	if (ee == MHI_EE_NONE || ee == MHI_EE_RDDM || mhi_ee_is_pbl(ee)) {
		engine_fail(e, -EIO, "the device left mission mode for %s", mhi_ee_name(ee));
		return;
	}
	if (!mhi_ee_is_mission(ee)) {
		await_mission(e);
		boot_serves(e, ee);
		if (!engine_may_ring(e))
			return;
	}
	for (unsigned int i = 0; i < e->config->n_chans; i++)
		if (!(e->config->chans[i].ee_mask & EE_BIT(ee)))
			channel_die(e, &e->chans[i], -ECONNRESET);
	enter_mission(e);
	power_pursue(e);
}

/* The device is idle and may sleep lightly, but not on top of our work: then
 * it is woken at once, as it must be granted M2 before it can leave it. */
static void m2_ask(struct engine *e)
{
	e->mhi_state = MHI_STATE_M2;
	if (!e->in_mission)
		await_mission(e);
	if (regs_ask_state(e, MHI_STATE_M2) < 0)
		return;
	if (e->counts.wakes || engine_has_uplink(e))
		mission_wake_up(e);
	power_pursue(e);
}

void mission_arrive_m2(struct engine *e)
{
	pace_go_on(e, m2_ask);
}

void mission_wake_up(struct engine *e)
{
	if (e->mhi_state != MHI_STATE_M2 || e->wake_is_set || e->config->sideband_wake)
		return;
	e->wake_is_set = true;
	regs_bell(e, e->regs.chdb + 8 * MHI_WAKE_DB, 1);
}

void mission_wake_get(struct engine *e)
{
	if (e->counts.wakes++ == 0 && engine_may_ring(e))
		mission_wake_up(e);
}

void mission_wake_put(struct engine *e)
{
	if (--e->counts.wakes || !e->wake_is_set || e->mhi_state != MHI_STATE_M0 ||
	    !engine_may_ring(e))
		return;
	e->wake_is_set = false;
	regs_bell(e, e->regs.chdb + 8 * MHI_WAKE_DB, 0);
}

static void m3_ask(struct engine *e)
{
	if (regs_ask_state(e, MHI_STATE_M3) == 0)
		power_watch(e);
}

void mission_arrive_m3_enter(struct engine *e)
{
	e->wants_wake = false;
	timer_start(e->timers, &e->deadline, power_timeout_us(e));
	pace_go_on(e, m3_ask);
}

/* Interrupts of different vectors come in any order: this may be heard before
 * the device's word that it got to M3. */
void mission_want_wake(struct engine *e)
{
	e->wants_wake = true;
	engine_want_chores(e);
}

void mission_arrive_m3(struct engine *e)
{
	e->mhi_state = MHI_STATE_M3;
	power_pursue(e);
	/* Traffic that came while the device fell asleep. */
	if (e->marked || e->commands.is_due || e->wants_wake)
		engine_want_turn(e);
}

static void m3_ask_back(struct engine *e)
{
	if (regs_ask_state(e, MHI_STATE_M0) == 0)
		power_watch(e);
}

void mission_arrive_m3_exit(struct engine *e)
{
	timer_start(e->timers, &e->deadline, power_timeout_us(e));
	pace_go_on(e, m3_ask_back);
}

/* It did not wait until it was asked. */
static void leave_m3(struct engine *e)
{
	mission_want_wake(e);
	if (!e->is_held)
		state_step(e, ON_RESUME);
}

void mission_heard_state(struct engine *e, struct tre_copy event)
{
	int r = STATE_REFUSED;

	switch (tre_code(event)) {
	case MHI_STATE_M0:
		if (e->state == DEV_M3)
			leave_m3(e);
		r = state_step(e, ON_M0);
		/* It woke before it was granted M2, or on the way down. */
		if (e->state == DEV_M0 || e->state == DEV_SHUTDOWN) {
			e->mhi_state = MHI_STATE_M0;
			r = STATE_OK;
		}
		break;
	case MHI_STATE_M1:
		r = state_step(e, ON_M1);
		if (e->state == DEV_M3)
			mission_want_wake(e);
		/* We are about to ask for another state anyway. */
		if (e->state == DEV_M3 || e->state == DEV_M3_ENTER || e->state == DEV_SHUTDOWN)
			r = STATE_OK;
		break;
	case MHI_STATE_M3:
		r = state_step(e, ON_M3);
		break;
	case MHI_STATE_SYS_ERR:
		engine_fail(e, -EIO, "the device is in SYS_ERR (%s)", mhi_ee_name(e->ee));
		r = STATE_OK;
		break;
	}
	if (r)
		event_strike(e, "state change out of place", event);
}

void mission_heard_ee(struct engine *e, struct tre_copy event)
{
	if (tre_code(event) > MHI_EE_FP) {
		event_strike(e, "change to an unknown environment", event);
		return;
	}
	e->has_new_ee = true;
	if (e->state == DEV_M3)
		mission_want_wake(e);	/* EXECENV cannot be read before */
	engine_want_chores(e);
}

/* --- sleep of the system --- */

void engine_hold(struct engine *e, bool is_held)
{
	e->is_held = is_held;
	engine_want_chores(e);
}

int engine_recheck(struct engine *e)
{
	unsigned int state;
	uint32_t status;
	int r;

	if (!(1u << e->state & (IN(M0) | IN(M2) | IN(M3))))
		return ENGINE_CHECKED;
	r = regs_peek(e, MHISTATUS, &status);
	if (r < 0)
		return r;
	if (status == MHI_ALL_ONES)
		return ENGINE_ABSENT;
	state = (status & MHISTATUS_MHISTATE_MASK) >> MHISTATUS_MHISTATE_SHIFT;
	if (state < MHI_STATE_M0 || state > (e->state == DEV_M3 ? MHI_STATE_M3 : MHI_STATE_M2))
		engine_fail(e, -EIO, "the device lost its state while the system slept");
	else if (e->state == DEV_M3 && state != MHI_STATE_M3 && !e->is_held &&
		 state_step(e, ON_RESUME) == STATE_OK)
		state_step(e, ON_M0);
	return ENGINE_CHECKED;
}
