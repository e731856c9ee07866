#include "sim-host.h"
#include <check.h>
#include <stdlib.h>
#include <stdio.h>

static bool on_reach(void *bus, iova_t iova, enum sim_access access,
		     struct sim_window *ret_window)
{
	struct host *h = bus;

	if (iova - HOST_WRITES < HOST_MEMORY)
		*ret_window = (struct sim_window){ HOST_WRITES, HOST_MEMORY, h->writes };
	else if (iova - HOST_READS < HOST_MEMORY && access == SIM_READS)
		*ret_window = (struct sim_window){ HOST_READS, HOST_MEMORY, h->reads };
	else
		return false;
	return true;
}

static void on_raise(void *bus, unsigned int vector)
{
	struct host *h = bus;

	ck_assert_uint_lt(vector, ARRAY_SIZE(h->irqs));
	h->irqs[vector]++;
	h->last_irq = vector;
}

static void on_wants_turn(void *bus)
{
	struct host *h = bus;

	h->is_turn_wanted = true;
}

static void on_complain(void *bus, const char *sentence)
{
	struct host *h = bus;

	h->complaints++;
	snprintf(h->complaint, sizeof(h->complaint), "%s", sentence);
}

static const struct sim_bus_ops bus_ops = {
	.reach = on_reach,
	.raise = on_raise,
	.wants_turn = on_wants_turn,
	.complain = on_complain,
};

void host_open(struct host *h, const struct sim_config *c)
{
	memset(h, 0, sizeof(*h));
	timers_init(&h->timers);
	h->reads = calloc(1, HOST_MEMORY);
	h->writes = calloc(1, HOST_MEMORY);
	h->ering_elements = 64;
	h->sim = sim_new(c, &h->timers, &bus_ops, h);
	ck_assert_ptr_nonnull(h->sim);
}

void host_close(struct host *h)
{
	sim_free(h->sim);
	ck_assert_uint_eq(timers_next(&h->timers), TIME_NEVER);
	free(h->reads);
	free(h->writes);
}

iova_t host_alloc(struct host *h, enum sim_access access, size_t len, size_t align)
{
	size_t *used = access == SIM_WRITES ? &h->n_writes : &h->n_reads;
	iova_t base = access == SIM_WRITES ? HOST_WRITES : HOST_READS;
	size_t at = round_up(*used, align);

	*used = at + len;
	ck_assert_uint_le(*used, HOST_MEMORY);
	return base + at;
}

void *host_cpu(struct host *h, iova_t at)
{
	return at >= HOST_WRITES ? h->writes + (at - HOST_WRITES) : h->reads + (at - HOST_READS);
}

struct chan_ctx *host_chan_ctx(struct host *h, unsigned int chid)
{
	return (struct chan_ctx *)host_cpu(h, h->chan_ctxs) + chid;
}

struct event_ctx *host_event_ctx(struct host *h, unsigned int ering)
{
	return (struct event_ctx *)host_cpu(h, h->event_ctxs) + ering;
}

void host_write64(struct host *h, uint32_t offset, uint64_t value)
{
	sim_write32(h->sim, offset + 4, (uint32_t)(value >> 32));
	sim_write32(h->sim, offset, (uint32_t)value);
}

uint32_t host_state(struct host *h)
{
	return sim_read32(h->sim, MHISTATUS) >> MHISTATUS_MHISTATE_SHIFT & 0xff;
}

void host_settle(struct host *h)
{
	for (unsigned int i = 0; h->is_turn_wanted; i++) {
		ck_assert_uint_lt(i, 10000);
		h->is_turn_wanted = false;
		h->turns++;
		sim_turn(h->sim);
	}
}

void host_at(struct host *h, uint64_t now_us)
{
	timers_advance(&h->timers, now_us);
	host_settle(h);
}

static struct host_ring make_ring(struct host *h, enum sim_access access, uint32_t n)
{
	size_t len = n * sizeof(struct tre);

	return (struct host_ring){ .base = host_alloc(h, access, len, len), .n = n };
}

static void make_event_ring(struct host *h, unsigned int i)
{
	struct event_ctx *ctx = host_event_ctx(h, i);
	struct host_ring *r = &h->events[i];

	*r = make_ring(h, SIM_WRITES, h->ering_elements);
	r->wp = r->n - 1;
	le32_set(&ctx->intmod, i == 1 ? h->moderation_ms << 16 : 0);
	le32_set(&ctx->ertype, ERTYPE_VALID);
	le32_set(&ctx->msivec, i + 1);
	le64_set(&ctx->rbase, r->base);
	le64_set(&ctx->rlen, r->n * sizeof(struct tre));
	le64_set(&ctx->rp, r->base);
	le64_set(&ctx->wp, r->base + r->wp * sizeof(struct tre));
}

void host_prepare(struct host *h)
{
	struct cmd_ctx *cmd;

	h->chan_ctxs = host_alloc(h, SIM_WRITES, MHI_MAX_CHANNELS * sizeof(struct chan_ctx), 64);
	h->event_ctxs = host_alloc(h, SIM_WRITES, HOST_ERINGS * sizeof(struct event_ctx), 64);
	h->cmd_ctx = host_alloc(h, SIM_WRITES, sizeof(struct cmd_ctx), 64);
	for (unsigned int i = 0; i < HOST_ERINGS; i++)
		make_event_ring(h, i);
	h->commands = make_ring(h, SIM_READS, MHI_CMD_ELEMENTS);
	cmd = host_cpu(h, h->cmd_ctx);
	le64_set(&cmd->rbase, h->commands.base);
	le64_set(&cmd->rlen, MHI_CMD_ELEMENTS * sizeof(struct tre));
	le64_set(&cmd->rp, h->commands.base);
	le64_set(&cmd->wp, h->commands.base);
	host_write64(h, CCABAP_LOWER, h->chan_ctxs);
	host_write64(h, ECABAP_LOWER, h->event_ctxs);
	host_write64(h, CRCBAP_LOWER, h->cmd_ctx);
	host_write64(h, MHICTRLLIMIT_LOWER, UINT32_MAX);
	host_write64(h, MHIDATALIMIT_LOWER, UINT32_MAX);
	sim_write32(h->sim, MHICFG, HOST_ERINGS << MHICFG_NER_SHIFT);
}

void host_ask(struct host *h, enum mhi_state state)
{
	sim_write32(h->sim, MHICTRL, (uint32_t)state << MHICTRL_MHISTATE_SHIFT);
	host_settle(h);
}

void host_boot(struct host *h)
{
	struct tre_copy ev;

	ck_assert_uint_eq(host_state(h), MHI_STATE_READY);
	host_prepare(h);
	host_ask(h, MHI_STATE_M0);
	ck_assert(host_event(h, 0, &ev));
	ck_assert_uint_eq(tre_type(ev), TRE_EV_STATE);
	ck_assert_uint_eq(tre_code(ev), MHI_STATE_M0);
	ck_assert(host_event(h, 0, &ev));
	ck_assert_uint_eq(tre_type(ev), TRE_EV_EE);
	ck_assert(!host_event(h, 0, &ev));
}

bool host_event_held(struct host *h, unsigned int ering, struct tre_copy *ret_ev)
{
	struct host_ring *r = &h->events[ering];
	iova_t rp = le64_get(&host_event_ctx(h, ering)->rp);

	ck_assert_uint_lt((rp - r->base) / sizeof(struct tre), r->n);
	if (rp == r->base + r->rp * sizeof(struct tre))
		return false;
	*ret_ev = tre_load((struct tre *)host_cpu(h, r->base) + r->rp);
	r->rp = (r->rp + 1) % r->n;
	return true;
}

struct tre_copy host_expect(struct host *h, unsigned int chid, unsigned int code, uint32_t len)
{
	struct tre_copy ev;

	ck_assert(host_event(h, 1, &ev));
	ck_assert_uint_eq(tre_type(ev), TRE_EV_TRANSFER);
	ck_assert_uint_eq(tre_chid(ev), chid);
	ck_assert_uint_eq(tre_code(ev), code);
	ck_assert_uint_eq(tre_len(ev), len);
	return ev;
}

void host_expect_silence(struct host *h)
{
	struct tre_copy ev;

	ck_assert(!host_event(h, 1, &ev));
}

void host_give_back(struct host *h, unsigned int ering)
{
	struct host_ring *r = &h->events[ering];

	r->wp = (r->rp + r->n - 1) % r->n;
	le64_set(&host_event_ctx(h, ering)->wp, r->base + r->wp * sizeof(struct tre));
	host_write64(h, ERDB + 8 * ering, r->base + r->wp * sizeof(struct tre));
}

bool host_event(struct host *h, unsigned int ering, struct tre_copy *ret_ev)
{
	if (!host_event_held(h, ering, ret_ev))
		return false;
	host_give_back(h, ering);
	return true;
}

static iova_t push(struct host *h, struct host_ring *r, struct tre_copy tre)
{
	iova_t at = r->base + r->wp * sizeof(struct tre);

	tre_store(host_cpu(h, at), tre);
	r->wp = (r->wp + 1) % r->n;
	return at;
}

unsigned int host_command(struct host *h, enum tre_type type, unsigned int chid)
{
	iova_t at = push(h, &h->commands, tre_command(type, chid));
	struct tre_copy ev;

	host_write64(h, CRDB_LOWER, h->commands.base + h->commands.wp * sizeof(struct tre));
	host_settle(h);
	if (!host_event(h, 0, &ev))
		return 0;
	ck_assert_uint_eq(tre_type(ev), TRE_EV_CMD);
	ck_assert_uint_eq(ev.ptr, at);
	return tre_code(ev);
}

void host_describe(struct host *h, unsigned int chid, unsigned int type,
		   uint32_t elements, unsigned int ering)
{
	struct chan_ctx *ctx = host_chan_ctx(h, chid);
	struct host_ring *r = &h->chans[chid];

	*r = make_ring(h, SIM_READS, elements);
	le32_set(&ctx->chcfg, CHSTATE_ENABLED | BRSTMODE_DISABLED << 8);
	le32_set(&ctx->chtype, type);
	le32_set(&ctx->erindex, ering);
	le64_set(&ctx->rbase, r->base);
	le64_set(&ctx->rlen, elements * sizeof(struct tre));
	le64_set(&ctx->rp, r->base);
	le64_set(&ctx->wp, r->base);
}

void host_start(struct host *h, unsigned int chid, unsigned int type, uint32_t elements)
{
	host_describe(h, chid, type, elements, 1);
	ck_assert_uint_eq(host_command(h, TRE_CMD_START_CHAN, chid), EV_CODE_SUCCESS);
}

void host_start_pair(struct host *h, unsigned int ul, uint32_t elements)
{
	host_start(h, ul, CHTYPE_UL, elements);
	host_start(h, ul + 1, CHTYPE_DL, elements);
}

iova_t host_queue(struct host *h, unsigned int chid, struct tre_copy tre)
{
	struct host_ring *r = &h->chans[chid];
	iova_t at = push(h, r, tre);

	le64_set(&host_chan_ctx(h, chid)->wp, r->base + r->wp * sizeof(struct tre));
	return at;
}

void host_ring_only(struct host *h, unsigned int chid)
{
	struct host_ring *r = &h->chans[chid];

	host_write64(h, CHDB + 8 * chid, r->base + r->wp * sizeof(struct tre));
}

void host_ring(struct host *h, unsigned int chid)
{
	host_ring_only(h, chid);
	host_settle(h);
}

void host_send(struct host *h, unsigned int chid, const void *data, uint32_t len)
{
	iova_t at = host_alloc(h, SIM_READS, len, 1);

	memcpy(host_cpu(h, at), data, len);
	host_queue(h, chid, tre_transfer(at, (uint16_t)len, TRE_IEOT));
	host_ring(h, chid);
}

iova_t host_offer(struct host *h, unsigned int chid, uint32_t len)
{
	iova_t at = host_alloc(h, SIM_WRITES, len, 1);

	host_queue(h, chid, tre_transfer(at, (uint16_t)len, TRE_IEOT));
	return at;
}
