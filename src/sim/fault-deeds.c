/* Deeds that need no occasion. */
#include "sim/modem.h"

enum { SCRIBBLE = 0xa5, OUTSIDE = 0x66 };

uint32_t fault_dice(struct sim *s)
{
	s->dice = s->dice * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(s->dice >> 33);
}

static void say(struct sim *s, const struct sim_fault *f)
{
	struct tre_copy ev = tre_event(f->type, f->chan, f->code, f->value, 0);
	struct ering *er = &s->erings[f->ring % MHI_MAX_EVENT_RINGS];

	if (!er->mask)
		return;
	do {
		if (!ering_room(er))
			break;
		ering_put(s, er, ev, false);
	} while (f->deed == DEED_EVENTS);
	erings_publish(s);
}

static void flip(struct sim *s)
{
	struct ering *er = &s->erings[s->n_erings ? fault_dice(s) % s->n_erings : 0];
	uint64_t bit = 1ull << fault_dice(s) % 64;
	uint32_t which = fault_dice(s);

	if (!er->mask || (!er->slots && !ering_map(s, er)))
		return;
	if (which % 8 == 0)
		le64_set(&er->ctx->rp, le64_get(&er->ctx->rp) ^ bit);
	else if (which % 2)
		er->slots[which / 8 & er->mask].ptr ^= bit;
	else
		er->slots[which / 8 & er->mask].dwords ^= bit;
	sim_raise(s, er->vector);
}

/* A device that lies does not ask its own rules, only the mapping. */
static void scribble_at(struct sim *s, iova_t at, size_t len)
{
	struct sim_window w;

	if (!s->bus_ops->reach(s->bus, at, SIM_WRITES, &w) || at - w.iova > w.len ||
	    len > w.len - (at - w.iova)) {
		s->counts.refused_dma++;
		return;
	}
	memset(w.cpu + (at - w.iova), SCRIBBLE, len);
}

static void scribble_lane(struct sim *s, struct lane *l, enum sim_target target)
{
	struct tre_copy tre;

	if (l->state != CHSTATE_RUNNING)
		return;
	if (target == SIM_TRANSFER_RING)
		scribble_at(s, l->base, (l->mask + 1) * sizeof(struct tre));
	else if (lane_load(s, l, (l->rp - 1) & l->mask, &tre) && tre_type(tre) == TRE_TRANSFER)
		scribble_at(s, tre.ptr, tre_len(tre));
}

static iova_t reg_pair(const struct sim *s, uint32_t low)
{
	return s->regs[low / 4] | (iova_t)s->regs[low / 4 + 1] << 32;
}

static void scribble(struct sim *s, const struct sim_fault *f)
{
	struct ering *er = &s->erings[f->ring % MHI_MAX_EVENT_RINGS];
	enum sim_target target = (enum sim_target)f->value;

	switch (target) {
	case SIM_DL_BUFFER:
	case SIM_UL_BUFFER:
	case SIM_TRANSFER_RING:
		for (unsigned int i = 0; i < MHI_MAX_CHANNELS; i++)
			if (s->lanes[i].talk && s->lanes[i].is_dl == (target == SIM_DL_BUFFER))
				scribble_lane(s, &s->lanes[i], target);
		break;
	case SIM_COMMAND_RING:
		if (s->cring.mask)
			scribble_at(s, s->cring.base, (s->cring.mask + 1) * sizeof(struct tre));
		break;
	case SIM_CHANNEL_CONTEXT:
		scribble_at(s, reg_pair(s, CCABAP_LOWER), 2 * sizeof(struct chan_ctx));
		break;
	case SIM_EVENT_CONTEXT:
		scribble_at(s, reg_pair(s, ECABAP_LOWER), sizeof(struct event_ctx));
		break;
	case SIM_EVENT_RING:
		if (er->mask)
			scribble_at(s, er->base, (er->mask + 1) * sizeof(struct tre));
		break;
	case SIM_OUTSIDE:
		scribble_at(s, (iova_t)OUTSIDE << 40, 64);
		break;
	}
}

static void vanish(struct sim *s, enum sim_presence presence)
{
	s->presence = presence;
	sim_wants_turn(s);	/* so that the transport looks */
}

void fault_act(struct sim *s, struct fault_run *r)
{
	const struct sim_fault *f = &r->fault;

	switch (f->deed) {
	case DEED_IRQ:
		sim_raise(s, (uint32_t)f->value);
		break;
	case DEED_EVENT:
	case DEED_EVENTS:
		say(s, f);
		break;
	case DEED_CRASH_SILENT:
		power_fall(s);
		break;
	case DEED_CRASH_EVENT:
		control_event(s, TRE_EV_STATE, MHI_STATE_SYS_ERR, 0);
		erings_publish(s);
		break;
	case DEED_CRASH:
		sim_set_state_sys_err(s);
		break;
	case DEED_EE:
		sim_set_ee(s, (uint32_t)f->value);
		power_raise_intvec(s);
		break;
	case DEED_EE_ANY:
		sim_set_ee(s, fault_dice(s) % (MHI_EE_FP + 1));
		power_raise_intvec(s);
		break;
	case DEED_RESTART:
		sim_power_cycle(s);
		power_raise_intvec(s);
		break;
	case DEED_RESTART_SILENT:
		sim_power_cycle(s);
		break;
	case DEED_LOSE:
		vanish(s, SIM_LOST);
		break;
	case DEED_PULL:
		vanish(s, SIM_PULLED);
		break;
	case DEED_MOOD:
		sim_set_mood(s, (enum sim_mood)f->value);
		break;
	case DEED_FLIP:
		flip(s);
		break;
	case DEED_SCRIBBLE:
		scribble(s, f);
		break;
	default:
		break;
	}
}
