#include "sim/modem.h"

static void set_state(struct sim *s, enum mhi_state state)
{
	uint32_t status = (uint32_t)state << MHISTATUS_MHISTATE_SHIFT;

	if (state != MHI_STATE_RESET)
		status |= MHISTATUS_READY;
	if (state == MHI_STATE_SYS_ERR)
		status |= MHISTATUS_SYSERR;
	s->state = state;
	s->regs[MHISTATUS / 4] = status;
	if (s->n_faults)
		fault_on_state(s, state);
}

static void set_ee(struct sim *s, uint32_t ee)
{
	s->ee = ee;
	s->is_ee_told = false;
	s->regs[(BHI_AT + BHI_EXECENV) / 4] = ee;
	power_note_dump(s);
}

void power_note_dump(struct sim *s)
{
	if (s->ee != MHI_EE_RDDM)
		timer_stop(&s->dump_timer);
	else if (s->config.dump_us)
		timer_start(s->timers, &s->dump_timer, s->config.dump_us);
	else
		sim_note_due(s, DUE_DUMP);
}

void power_note_image(struct sim *s, unsigned int due)
{
	s->image_due = due;
	if (s->config.image_us)
		timer_start(s->timers, &s->image_timer, s->config.image_us);
	else
		sim_note_due(s, due);
}

void power_raise_intvec(struct sim *s)
{
	sim_raise(s, s->regs[(BHI_AT + BHI_INTVEC) / 4]);
}

static void step_after(struct sim *s, enum step step, uint32_t delay_us)
{
	s->step = step;
	s->due &= ~(unsigned int)DUE_STEP;
	timer_stop(&s->step_timer);
	if (delay_us)
		timer_start(s->timers, &s->step_timer, delay_us);
	else
		sim_note_due(s, DUE_STEP);
}

static void on_step(void *sim)
{
	sim_note_due(sim, DUE_STEP);
}

static void on_boot(void *sim)
{
	sim_note_due(sim, DUE_BOOT);
}

static void on_idle(void *sim)
{
	sim_note_due(sim, DUE_IDLE);
}

static void on_image(void *sim)
{
	sim_note_due(sim, ((struct sim *)sim)->image_due);
}

static void on_dump(void *sim)
{
	sim_note_due(sim, DUE_DUMP);
}

void power_init_timers(struct sim *s)
{
	timer_init(&s->step_timer, on_step, s);
	timer_init(&s->boot_timer, on_boot, s);
	timer_init(&s->idle_timer, on_idle, s);
	timer_init(&s->image_timer, on_image, s);
	timer_init(&s->dump_timer, on_dump, s);
	timer_init(&s->cring.delay, commands_on_delay, s);
}

/* Ends everything that touches host memory on the channels' behalf. */
static void forget_channels(struct sim *s)
{
	for (unsigned int i = 0; i < MHI_MAX_CHANNELS; i++)
		if (s->lanes[i].talk)
			lane_forget(s, &s->lanes[i]);
	for (unsigned int i = 0; i < s->config.n_chans; i++)
		list_remove(&s->talks[i].node);
	commands_forget(s);
	timer_stop(&s->idle_timer);
	s->due &= ~(unsigned int)(DUE_IDLE | DUE_WAKE);
}

static void forget_contexts(struct sim *s)
{
	static const uint32_t cleared[] = {
		CCABAP_LOWER, ECABAP_LOWER, CRCBAP_LOWER,
		MHICTRLBASE_LOWER, MHICTRLLIMIT_LOWER,
		MHIDATABASE_LOWER, MHIDATALIMIT_LOWER,
	};

	forget_channels(s);
	erings_forget(s);
	for (unsigned int i = 0; i < ARRAY_SIZE(cleared); i++)
		s->regs[cleared[i] / 4] = s->regs[cleared[i] / 4 + 1] = 0;
	s->regs[MHICFG / 4] &= 0xffff;
	s->regs[(BHI_AT + BHI_INTVEC) / 4] = 0;
	s->is_kept_awake = false;
	sim_forget_memory(s);
}

void power_off(struct sim *s)
{
	forget_contexts(s);
	timer_stop(&s->step_timer);
	timer_stop(&s->boot_timer);
	timer_stop(&s->image_timer);
	timer_stop(&s->dump_timer);
	s->step = STEP_NONE;
	s->due = 0;
	set_state(s, MHI_STATE_RESET);
}

static bool is_boot_loader(uint32_t ee)
{
	return ee == MHI_EE_PBL || ee == MHI_EE_SBL || ee == MHI_EE_EDL;
}

static void identify(struct sim *s)
{
	memset(s->regs, 0, sizeof(s->regs));
	s->regs[MHIREGLEN / 4] = SIM_BAR_LEN;
	s->regs[MHIVER / 4] = 0x01000000;
	s->regs[MHICFG / 4] = (s->config.n_hw_chans & 0xff) << MHICFG_NHWCH_SHIFT |
			      MHI_MAX_CHANNELS << MHICFG_NCH_SHIFT;
	s->regs[CHDBOFF / 4] = CHDB_AT;
	s->regs[ERDBOFF / 4] = ERDB_AT;
	s->regs[BHIOFF / 4] = BHI_AT;
	s->regs[BHIEOFF / 4] = BHIE_AT;
	s->regs[SOC_HW_VERSION / 4] = 0x600c0200;
	s->regs[(BHI_AT + BHI_VERSION_MINOR) / 4] = 1;
	s->regs[(BHI_AT + BHI_VERSION_MAJOR) / 4] = 1;
	s->regs[(BHI_AT + BHI_SERIALNU) / 4] = (uint32_t)(s->config.seed ^ 0x51a0c0de);
}

static bool boots_by_itself(const struct sim *s, uint32_t ee)
{
	return ee == MHI_EE_PTHRU ||
	       (ee == MHI_EE_PBL && !s->config.wants_images) ||
	       (ee == MHI_EE_SBL && (!s->config.wants_images || s->config.is_sbl_on_board));
}

void power_on(struct sim *s, uint32_t ee)
{
	power_off(s);
	identify(s);
	set_state(s, MHI_STATE_RESET);
	set_ee(s, ee);
	s->is_edl_wanted = false;
	if (ee == MHI_EE_SBL && s->mood != SIM_NEVER_READY)
		set_state(s, MHI_STATE_READY);
	if (boots_by_itself(s, ee))
		timer_start(s->timers, &s->boot_timer, s->config.boot_us);
	else if (is_boot_loader(ee) || s->mood == SIM_NEVER_READY)
		return;
	else if (s->config.ready_us)
		step_after(s, STEP_READY, s->config.ready_us);
	else
		set_state(s, MHI_STATE_READY);
}

void power_fall(struct sim *s)
{
	set_state(s, MHI_STATE_SYS_ERR);
	forget_channels(s);
	s->step = STEP_NONE;
	timer_stop(&s->step_timer);
}

void power_crash(struct sim *s)
{
	if (s->state == MHI_STATE_SYS_ERR)
		return;
	power_fall(s);
	control_event(s, TRE_EV_STATE, MHI_STATE_SYS_ERR, 0);
	power_raise_intvec(s);
}

void power_announce_ee(struct sim *s, uint32_t ee)
{
	set_ee(s, ee);
	if (!power_is_live(s))
		return;
	s->is_ee_told = true;
	control_event(s, TRE_EV_EE, ee, 0);
}

static void begin_reset(struct sim *s)
{
	/* Boot loaders do not look at RESET until they have crashed; firmware
	 * finds it set when it comes up. */
	if (is_boot_loader(s->ee) && s->state != MHI_STATE_SYS_ERR)
		return;
	forget_contexts(s);
	set_state(s, MHI_STATE_RESET);
	step_after(s, STEP_RESET_DONE, s->config.reset_us);
}

void power_write_ctrl(struct sim *s, uint32_t value)
{
	s->regs[MHICTRL / 4] = value & (MHICTRL_MHISTATE_MASK | MHICTRL_RESET);
	if (value & MHICTRL_RESET) {
		begin_reset(s);
		return;
	}
	switch (value >> MHICTRL_MHISTATE_SHIFT & 0xff) {
	case MHI_STATE_M0:
		if (s->state != MHI_STATE_RESET && s->state != MHI_STATE_M0 &&
		    s->state != MHI_STATE_SYS_ERR && s->mood != SIM_IGNORES_M0)
			step_after(s, STEP_M0, s->config.m0_us);
		break;
	case MHI_STATE_M2:
		if (s->state == MHI_STATE_M1)
			set_state(s, MHI_STATE_M2);
		break;
	case MHI_STATE_M3:
		if (power_is_live(s) && s->mood != SIM_IGNORES_M3)
			step_after(s, STEP_M3, s->config.m3_us);
		break;
	case MHI_STATE_SYS_ERR:
		set_ee(s, MHI_EE_RDDM);
		power_crash(s);
		erings_publish(s);
		break;
	}
}

static void become_ready(struct sim *s)
{
	set_state(s, MHI_STATE_READY);
	s->is_ee_told = false;
	power_raise_intvec(s);
}

static void end_reset(struct sim *s)
{
	if (s->ee == MHI_EE_RDDM) {
		power_on(s, s->config.first_ee);
		return;
	}
	s->regs[MHICTRL / 4] = 0;
	if (s->mood == SIM_NEVER_READY || mhi_ee_is_pbl(s->ee))
		return;
	step_after(s, STEP_READY, s->config.ready_us);
}

static void enter_m0(struct sim *s)
{
	if (s->state == MHI_STATE_READY && !(erings_load(s) && commands_load(s))) {
		power_crash(s);
		return;
	}
	set_state(s, MHI_STATE_M0);
	control_event(s, TRE_EV_STATE, MHI_STATE_M0, 0);
	if (!s->is_ee_told)
		power_announce_ee(s, s->ee);
	if (s->config.idle_us)
		timer_start(s->timers, &s->idle_timer, s->config.idle_us);
}

/* What was rung for before is done first. */
static void enter_m3(struct sim *s)
{
	if (!list_is_empty(&s->busy)) {
		step_after(s, STEP_M3, 0);
		return;
	}
	set_state(s, MHI_STATE_M3);
	s->has_asked_wake = false;
	timer_stop(&s->idle_timer);
	control_event(s, TRE_EV_STATE, MHI_STATE_M3, 0);
}

static void take_step(struct sim *s)
{
	enum step step = s->step;

	s->step = STEP_NONE;
	switch (step) {
	case STEP_NONE:
		break;
	case STEP_RESET_DONE:
		end_reset(s);
		break;
	case STEP_READY:
		become_ready(s);
		break;
	case STEP_M0:
		enter_m0(s);
		break;
	case STEP_M3:
		enter_m3(s);
		break;
	}
}

/* What was flashed runs; the host finds nothing of what it knew. */
static void reboot(struct sim *s)
{
	power_on(s, MHI_EE_PBL);
	power_raise_intvec(s);
}

void power_boot_on(struct sim *s)
{
	uint32_t next = s->ee == MHI_EE_EDL ? MHI_EE_FP :
			s->ee == MHI_EE_SBL ? MHI_EE_AMSS : MHI_EE_SBL;

	timer_stop(&s->boot_timer);
	if (s->ee == MHI_EE_FP) {
		reboot(s);
		return;
	}
	power_announce_ee(s, next);
	if (!is_boot_loader(next) && s->regs[MHICTRL / 4] & MHICTRL_RESET) {
		begin_reset(s);
		return;
	}
	if (next == MHI_EE_AMSS)
		return;
	if (boots_by_itself(s, next))
		timer_start(s->timers, &s->boot_timer, s->config.boot_us);
	if (s->state == MHI_STATE_RESET && s->mood != SIM_NEVER_READY)
		become_ready(s);
}

static void look_idle(struct sim *s)
{
	uint64_t idle = s->timers->now_us - s->active_us;

	if (s->state != MHI_STATE_M0 || s->is_kept_awake)
		return;
	if (idle < s->config.idle_us || !list_is_empty(&s->busy)) {
		timer_start(s->timers, &s->idle_timer, idle < s->config.idle_us ?
			    s->config.idle_us - idle : s->config.idle_us);
		return;
	}
	set_state(s, MHI_STATE_M1);
	control_event(s, TRE_EV_STATE, MHI_STATE_M1, 0);
}

void power_note_activity(struct sim *s)
{
	s->active_us = s->timers->now_us;
	if (s->state == MHI_STATE_M1 || s->state == MHI_STATE_M2) {
		sim_note_due(s, DUE_WAKE);
	}
}

/* Once is enough: the host has to ask for M0 before anything else. */
void power_ask_for_wake(struct sim *s)
{
	if (s->state != MHI_STATE_M3 || s->has_asked_wake)
		return;
	s->has_asked_wake = true;
	s->counts.wakes++;
	power_raise_intvec(s);
}

void power_keep_awake(struct sim *s, bool is_kept_awake)
{
	s->is_kept_awake = is_kept_awake;
	if (is_kept_awake)
		power_note_activity(s);
	else if (s->config.idle_us && s->state == MHI_STATE_M0)
		timer_start(s->timers, &s->idle_timer, s->config.idle_us);
}

void power_steps(struct sim *s, unsigned int due)
{
	if (due & DUE_STEP)
		take_step(s);
	if (due & DUE_IMAGE)
		boot_take_image(s);
	if (due & DUE_VECTOR)
		boot_take_vector(s);
	if (due & DUE_DUMP)
		boot_send_dump(s);
	if (due & DUE_BOOT)
		power_boot_on(s);
	if (due & DUE_IDLE)
		look_idle(s);
	if (due & DUE_WAKE && (s->state == MHI_STATE_M1 || s->state == MHI_STATE_M2))
		enter_m0(s);
}
