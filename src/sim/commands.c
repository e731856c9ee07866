#include "sim/modem.h"

static struct cmd_ctx *commands_ctx(struct sim *s)
{
	iova_t at = s->regs[CRCBAP_LOWER / 4] | (iova_t)s->regs[CRCBAP_HIGHER / 4] << 32;

	return memory_reach(s, at, sizeof(struct cmd_ctx), CTRL_WRITES);
}

bool commands_load(struct sim *s)
{
	const struct cmd_ctx *ctx = commands_ctx(s);
	struct cring *c = &s->cring;
	uint64_t len;
	uint32_t mask;

	if (!ctx)
		return false;
	c->base = le64_get(&ctx->rbase);
	len = le64_get(&ctx->rlen);
	mask = (uint32_t)(len / sizeof(struct tre)) - 1;
	if (!memory_ring_is_sane(c->base, len) ||
	    !memory_ring_find(c->base, mask, le64_get(&ctx->rp), &c->rp)) {
		sim_complain(s, "the context of the command ring makes no sense");
		return false;
	}
	c->mask = mask;
	c->wp = c->rp;
	return true;
}

void commands_forget(struct sim *s)
{
	timer_stop(&s->cring.delay);
	s->cring.mask = s->cring.rp = s->cring.wp = 0;
	s->due &= ~(unsigned int)DUE_COMMANDS;
}

void commands_on_delay(void *sim)
{
	sim_note_due(sim, DUE_COMMANDS);
}

void commands_doorbell(struct sim *s, iova_t wp)
{
	struct cring *c = &s->cring;

	if (!c->mask)
		return;
	if (!memory_ring_find(c->base, c->mask, wp, &c->wp)) {
		sim_complain(s, "doorbell 0x%llx is outside the command ring",
			     (unsigned long long)wp);
		return;
	}
	power_note_activity(s);
	if (!s->config.command_us)
		commands_on_delay(s);
	else if (!timer_is_armed(&c->delay))
		timer_start(s->timers, &c->delay, s->config.command_us);
}

static unsigned int command_execute(struct sim *s, struct tre_copy command)
{
	struct lane *l = &s->lanes[tre_chid(command) % MHI_MAX_CHANNELS];

	if (tre_type(command) == TRE_CMD_NOOP)
		return EV_CODE_SUCCESS;
	if (tre_chid(command) >= MHI_MAX_CHANNELS || !l->talk)
		return EV_CODE_UNDEFINED_ERR;
	switch (tre_type(command)) {
	case TRE_CMD_START_CHAN:
		return lane_start(s, l);
	case TRE_CMD_STOP_CHAN:
		return lane_stop(s, l);
	case TRE_CMD_RESET_CHAN:
		return lane_reset(s, l);
	default:
		return EV_CODE_UNDEFINED_ERR;
	}
}

static bool command_take(struct sim *s)
{
	struct cring *c = &s->cring;
	iova_t at = c->base + c->rp * sizeof(struct tre);
	const struct tre *el = memory_reach(s, at, sizeof(*el), CTRL_READS);
	unsigned int code;

	if (!el)
		return false;
	c->rp = (c->rp + 1) & c->mask;
	if (s->mood == SIM_DEAF_TO_COMMANDS)
		return true;
	code = command_execute(s, tre_load(el));
	if (s->state == MHI_STATE_SYS_ERR)
		return false;
	s->counts.commands += code == EV_CODE_SUCCESS;
	control_event(s, TRE_EV_CMD, code, at);
	return true;
}

void commands_run(struct sim *s)
{
	struct cring *c = &s->cring;
	struct cmd_ctx *ctx;
	bool is_held = false;

	if (!power_is_live(s))
		return;
	s->due &= ~(unsigned int)DUE_COMMANDS;
	while (c->rp != c->wp) {
		is_held = s->n_late || !ering_room(&s->erings[0]);
		if (is_held || !command_take(s))
			break;
	}
	if (!power_is_live(s))
		return;
	ctx = commands_ctx(s);
	if (ctx)
		le64_set(&ctx->rp, c->base + c->rp * sizeof(struct tre));
	if (is_held) {
		s->due |= DUE_COMMANDS;	/* until the doorbell of ring 0 */
		s->counts.held_events++;
	}
}
