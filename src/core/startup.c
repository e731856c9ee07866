#include "core/startup.h"
#include "core/host.h"

void startup_poll_begin(struct engine *e)
{
	e->poll_us = STARTUP_POLL_FIRST_US;
	e->is_odd = false;
	startup_poll(e);
}

static void poll_again(struct engine *e)
{
	timer_start(e->timers, &e->poll, e->poll_us);
	e->poll_us = min_u32(2 * e->poll_us, STARTUP_POLL_MAX_US);
}

/* An offset that points nowhere is one way for a missing device to show. */
static void startup_refuse(struct engine *e, const char *why)
{
	if (e->hw->ops->is_present(e->hw))
		engine_fail(e, -EIO, "%s", why);
	else
		state_step(e, ON_GONE);
}

static void boot_find_bhi(struct engine *e)
{
	const char *why;

	if (regs_find_bhi(e, &why) < 0)
		startup_refuse(e, why);
	else
		startup_poll_begin(e);
}

void startup_arrive_boot(struct engine *e)
{
	e->why[0] = '\0';
	e->is_broken = false;
	e->mhi_state = MHI_STATE_RESET;
	timer_start(e->timers, &e->deadline, e->config->ready_timeout_ms * 1000ull);
	pace_go_on(e, boot_find_bhi);
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

static bool is_running(unsigned int state)
{
	return state == MHI_STATE_SYS_ERR ||
	       (state >= MHI_STATE_M0 && state <= MHI_STATE_M3_FAST);
}

static void boot_look_at_status(struct engine *e)
{
	uint32_t status;
	unsigned int state;

	if (regs_read(e, MHISTATUS, &status) < 0)
		return;
	state = (status & MHISTATUS_MHISTATE_MASK) >> MHISTATUS_MHISTATE_SHIFT;
	if (is_running(state)) {
		/* Its contexts belong to a process that is no more. */
		if (!e->may_reset || state_step(e, ON_FOUND_RUNNING))
			poll_again(e);
	} else if (state > MHI_STATE_BHI) {
		boot_is_odd(e, "MHISTATUS holds an unknown state");
	} else if (status & MHISTATUS_READY) {
		state_step(e, ON_READY);
	} else {
		poll_again(e);
	}
}

static void boot_look_at_ctrl(struct engine *e)
{
	uint32_t ctrl;

	if (regs_read(e, MHICTRL, &ctrl) < 0)
		return;
	if (ctrl & MHICTRL_RESET)
		poll_again(e);	/* somebody's reset is under way */
	else
		pace_go_on(e, boot_look_at_status);
}

/* The second loader has channels of its own (SAHARA). */
static bool has_channels_in(const struct engine *e, enum mhi_ee ee)
{
	for (unsigned int i = 0; i < e->config->n_chans; i++)
		if (e->config->chans[i].ee_mask & EE_BIT(ee))
			return true;
	return false;
}

/* It is never reset: whatever state somebody left it in, it has to get READY by
 * itself. */
static void boot_look_at_loader(struct engine *e)
{
	uint32_t status;

	if (regs_read(e, MHISTATUS, &status) < 0)
		return;
	if (status == (MHI_STATE_READY << MHISTATUS_MHISTATE_SHIFT | MHISTATUS_READY))
		state_step(e, ON_READY);
	else
		poll_again(e);
}

/* A loader that nobody serves passes by itself; it ignores or hates MHICTRL, so
 * nothing is written before there is somebody to talk to. */
static void boot_wait(struct engine *e, enum mhi_ee ee)
{
	if (boot_serves(e, ee) || e->state != DEV_BOOT)
		return;
	if (ee == MHI_EE_EDL && !(e->boot.served & EE_BIT(ee)))
		engine_fail(e, -EIO, "the device is in %s", mhi_ee_name(ee));
	else if (ee == MHI_EE_SBL && has_channels_in(e, ee))
		pace_go_on(e, boot_look_at_loader);
	else
		poll_again(e);
}

static void boot_poll(struct engine *e)
{
	enum mhi_ee ee, before = e->ee;

	if (regs_read_ee(e, &ee) < 0)
		return;
	if (ee != before)
		engine_change(e);
	e->ee = ee;
	if (ee == MHI_EE_NONE)
		boot_is_odd(e, "EXECENV holds an unknown environment");
	else if (ee == MHI_EE_RDDM)
		engine_fail(e, -EIO, "the device is in %s", mhi_ee_name(ee));
	else if (ee != before && e->boot.served & EE_BIT(ee))
		engine_fail(e, -EIO, "the device went back to %s after its image was loaded",
			    mhi_ee_name(ee));
	else if (mhi_ee_is_mission(ee))
		pace_go_on(e, boot_look_at_ctrl);
	else
		boot_wait(e, ee);
}

static void reset_ask(struct engine *e)
{
	if (regs_ask_reset(e) == 0)
		startup_poll_begin(e);
}

void startup_arrive_reset(struct engine *e)
{
	e->may_reset = false;
	timer_start(e->timers, &e->deadline, power_timeout_us(e));
	pace_go_on(e, reset_ask);
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

void startup_poll(struct engine *e)
{
	if (pace_is_waiting(e) || !(1u << e->state & (IN(BOOT) | IN(RESET) | IN(HALT))))
		return;
	if (!pace_may_read(e))
		timer_start(e->timers, &e->poll, PACE_NEXT_US);
	else if (e->state == DEV_BOOT)
		boot_poll(e);
	else
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

static void ready_ask_m0(struct engine *e)
{
	if (regs_ask_state(e, MHI_STATE_M0) == 0)
		power_watch(e);
}

/* What went wrong while nobody listened is not told again. */
static void ready_look(struct engine *e)
{
	engine_check_health(e);
	if (e->state == DEV_READY)
		pace_go_on(e, ready_ask_m0);
}

static void ready_prepare_dump(struct engine *e)
{
	dump_prepare(e);
	if (e->state == DEV_READY)
		pace_go_on(e, ready_look);
}

static void ready_set_up(struct engine *e)
{
	ready_make_contexts(e);
	if (ready_write_registers(e) < 0)
		return;
	e->n_misrouted = 0;
	e->is_odd = false;
	engine_listen(e);
	erings_arm(e, ERINGS_SOFTWARE);
	if (e->state == DEV_READY)
		pace_go_on(e, ready_prepare_dump);
}

static void ready_find_erdb(struct engine *e)
{
	const char *why;

	if (regs_find_erdb(e, &why) < 0) {
		startup_refuse(e, why);
		return;
	}
	e->wake_is_set = false;
	if (!e->config->skip_wake_db_at_init &&
	    regs_bell(e, e->regs.chdb + 8 * MHI_WAKE_DB, 0) < 0)
		return;
	pace_go_on(e, ready_set_up);
}

static void ready_find_chdb(struct engine *e)
{
	const char *why;

	if (regs_find_chdb(e, &why) < 0)
		startup_refuse(e, why);
	else
		pace_go_on(e, ready_find_erdb);
}

void startup_arrive_ready(struct engine *e)
{
	e->mhi_state = MHI_STATE_READY;
	timer_start(e->timers, &e->deadline, power_timeout_us(e));
	/* RESET cleared it. */
	if (regs_write(e, e->regs.bhi + BHI_INTVEC, 0) == 0)
		pace_go_on(e, ready_find_chdb);
}
