#include "sim/modem.h"

static struct chan_ctx *lane_ctx(struct sim *s, struct lane *l)
{
	iova_t base = s->regs[CCABAP_LOWER / 4] | (iova_t)s->regs[CCABAP_HIGHER / 4] << 32;

	l->ctx = memory_reach(s, base + l->chid * sizeof(struct chan_ctx),
			      sizeof(struct chan_ctx), CTRL_WRITES);
	return l->ctx;
}

bool lane_map(struct sim *s, struct lane *l)
{
	if (!l->mask)
		return false;
	l->elements = memory_reach(s, l->base, (l->mask + 1) * sizeof(*l->elements), CTRL_READS);
	return l->elements;
}

static void lane_set_state(struct sim *s, struct lane *l, struct chan_ctx *ctx,
			   enum chan_ctx_state state)
{
	s->counts.running -= l->state == CHSTATE_RUNNING;
	s->counts.running += state == CHSTATE_RUNNING;
	l->state = state;
	if (ctx)
		le32_set(&ctx->chcfg, (le32_get(&ctx->chcfg) & ~0xffu) | state);
}

/* Takes the context's ring over; every value is the host's and may be wrong. */
static bool lane_take_context(struct sim *s, struct lane *l, const struct chan_ctx *ctx)
{
	uint32_t chcfg = le32_get(&ctx->chcfg), type = le32_get(&ctx->chtype);
	uint32_t ering = le32_get(&ctx->erindex), burst = chcfg >> 8 & 3;
	iova_t base = le64_get(&ctx->rbase);
	uint64_t len = le64_get(&ctx->rlen);
	uint32_t mask = (uint32_t)(len / sizeof(struct tre)) - 1, rp;

	if (((chcfg & 0xff) != CHSTATE_ENABLED && (chcfg & 0xff) != CHSTATE_STOP) ||
	    (burst != BRSTMODE_DISABLED && burst != BRSTMODE_ENABLED) ||
	    (l->is_dl ? type != CHTYPE_DL && type != CHTYPE_DL_RSC : type != CHTYPE_UL) ||
	    ering >= s->n_erings || !memory_ring_is_sane(base, len) ||
	    !memory_ring_find(base, mask, le64_get(&ctx->rp), &rp))
		return false;
	l->er = &s->erings[ering];
	l->is_rsc = type == CHTYPE_DL_RSC;
	l->is_burst = burst == BRSTMODE_ENABLED;
	if (l->state == CHSTATE_STOP && l->base == base && l->mask == mask) {
		l->wp = l->parked_wp;	/* goes on where it stopped */
		return true;
	}
	l->base = base;
	l->mask = mask;
	l->rp = l->wp = rp;	/* elements are seen at the first doorbell */
	l->owed = l->fill = 0;
	return lane_map(s, l);
}

unsigned int lane_start(struct sim *s, struct lane *l)
{
	struct talk *t = l->talk;
	struct chan_ctx *ctx = lane_ctx(s, l);
	bool is_first = (!t->ul || t->ul->state == CHSTATE_DISABLED) &&
			(!t->dl || t->dl->state == CHSTATE_DISABLED);

	if (!ctx || s->mood == SIM_REFUSES_START)
		return EV_CODE_UNDEFINED_ERR;
	if (l->state == CHSTATE_RUNNING || !lane_take_context(s, l, ctx)) {
		sim_complain(s, "channel %u cannot start: the host's context makes no sense",
			     l->chid);
		return EV_CODE_UNDEFINED_ERR;
	}
	lane_set_state(s, l, ctx, CHSTATE_RUNNING);
	s->counts.starts++;
	talk_lane_started(s, t, l->is_dl, is_first);
	return EV_CODE_SUCCESS;
}

unsigned int lane_stop(struct sim *s, struct lane *l)
{
	if (l->state != CHSTATE_RUNNING)
		return EV_CODE_UNDEFINED_ERR;
	l->parked_wp = l->wp;
	l->wp = (l->rp + l->owed) & l->mask;
	l->is_polling = false;
	lane_set_state(s, l, lane_ctx(s, l), CHSTATE_STOP);
	return EV_CODE_SUCCESS;
}

void lane_forget(struct sim *s, struct lane *l)
{
	lane_set_state(s, l, NULL, CHSTATE_DISABLED);
	l->mask = l->rp = l->wp = l->owed = l->fill = 0;
	l->elements = NULL;
	l->ctx = NULL;
	l->is_polling = false;
	talk_lane_ended(l->talk, l->is_dl);
}

unsigned int lane_reset(struct sim *s, struct lane *l)
{
	lane_forget(s, l);
	lane_set_state(s, l, lane_ctx(s, l), CHSTATE_DISABLED);
	s->counts.resets++;
	return EV_CODE_SUCCESS;
}

/* In burst mode polling may have gone beyond a doorbell that was on its way. */
static iova_t lane_wp(struct sim *s, struct lane *l, iova_t bell)
{
	uint32_t wp;

	if (l->is_burst && (l->ctx || lane_ctx(s, l)) &&
	    memory_ring_find(l->base, l->mask, le64_get(&l->ctx->wp), &wp))
		return l->base + wp * sizeof(struct tre);
	return bell;
}

void lane_doorbell(struct sim *s, struct lane *l, iova_t wp)
{
	if (l->state != CHSTATE_RUNNING)
		return;
	if (!memory_ring_find(l->base, l->mask, lane_wp(s, l, wp), &l->wp)) {
		sim_complain(s, "doorbell 0x%llx is outside the ring of channel %u",
			     (unsigned long long)wp, l->chid);
		return;
	}
	l->is_polling = l->is_burst;
	talk_wake(s, l->talk);
}

void lane_publish(struct sim *s, struct lane *l)
{
	if (l->mask && (l->ctx || lane_ctx(s, l)))
		le64_set(&l->ctx->rp, l->base + l->rp * sizeof(struct tre));
}

bool lane_poll(struct sim *s, struct lane *l)
{
	struct ering *er = l->er;
	uint32_t wp;

	if (!l->ctx && !lane_ctx(s, l))
		return false;
	if (memory_ring_find(l->base, l->mask, le64_get(&l->ctx->wp), &wp) && wp != l->wp) {
		l->wp = wp;
		return true;
	}
	if (!ering_room(er)) {
		s->blocked = er;
		return false;
	}
	l->is_polling = false;
	ering_store(s, er, tre_event(TRE_EV_TRANSFER, l->chid,
				     l->is_dl ? EV_CODE_OOB : EV_CODE_DB_MODE,
				     l->base + l->rp * sizeof(struct tre), 0), false);
	return false;
}
