#include "tests/fake_hw.h"
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

static struct fake *to_fake(struct hw *hw)
{
	return container_of(hw, struct fake, hw);
}

/* One access less until the cable is pulled. */
static void count_access(struct fake *f)
{
	if (f->accesses_left > 0)
		f->accesses_left--;
	else if (f->accesses_left == 0)
		f->is_gone = true;
	f->accesses_after += engine_state(f->engine) == ENGINE_GONE;
}

static int fake_read32(struct hw *hw, uint32_t offset, uint32_t *ret_value)
{
	struct fake *f = to_fake(hw);

	assert(offset < FAKE_BAR_LEN);
	count_access(f);
	f->n_reads++;
	if (f->is_unreachable)
		return -EIO;
	*ret_value = f->is_gone ? MHI_ALL_ONES : f->regs[offset / 4];
	return 0;
}

static void set_status(struct fake *f, enum mhi_state state)
{
	f->regs[MHISTATUS / 4] = (uint32_t)state << MHISTATUS_MHISTATE_SHIFT |
				 (state != MHI_STATE_RESET);
}

static void do_reset(struct fake *f)
{
	f->regs[MHICTRL / 4] = 0;
	memset(f->event_at, 0, sizeof(f->event_at));
	f->command_at = 0;
	f->regs[(FAKE_BHI + BHI_INTVEC) / 4] = 0;
	f->command_base = 0;
	set_status(f, MHI_STATE_READY);
}

static uint64_t base_at(const struct fake *f, uint32_t low)
{
	return (uint64_t)f->regs[low / 4 + 1] << 32 | f->regs[low / 4];
}

static struct event_ctx *event_ctx(struct fake *f, unsigned int ering)
{
	return (struct event_ctx *)fake_memory(f, base_at(f, ECABAP_LOWER)) + ering;
}

static struct cmd_ctx *cmd_ctx(struct fake *f)
{
	return fake_memory(f, base_at(f, CRCBAP_LOWER));
}

static void read_contexts(struct fake *f)
{
	for (unsigned int i = 0; i < FAKE_ERINGS; i++)
		f->event_base[i] = le64_get(&event_ctx(f, i)->rbase);
	f->command_base = le64_get(&cmd_ctx(f)->rbase);
}

static void do_state(struct fake *f, unsigned int state)
{
	if (state == MHI_STATE_M0 && !f->command_base)
		read_contexts(f);
	if ((state == MHI_STATE_M0 && f->ignores_m0) || (state == MHI_STATE_M3 && f->ignores_m3))
		return;
	set_status(f, (enum mhi_state)state);
	if (state == MHI_STATE_M0 || state == MHI_STATE_M3)
		fake_post(f, 0, tre_event(TRE_EV_STATE, 0, state, 0, 0));
}

static void record(struct fake *f, uint32_t offset, uint64_t value, bool is_bell)
{
	assert(offset < FAKE_BAR_LEN);
	count_access(f);
	if (f->n_writes == FAKE_WRITES)
		f->n_writes = 0;
	f->writes[f->n_writes++] = (struct fake_write){ offset, value, is_bell };
}

static int fake_write32(struct hw *hw, uint32_t offset, uint32_t value)
{
	struct fake *f = to_fake(hw);

	record(f, offset, value, false);
	if (f->is_unreachable)
		return -EIO;
	if (f->is_gone)
		return 0;
	f->regs[offset / 4] = value;
	if (offset != MHICTRL)
		return 0;
	f->n_ctrl++;
	if (!(value & MHICTRL_RESET))
		do_state(f, (value & MHICTRL_MHISTATE_MASK) >> MHICTRL_MHISTATE_SHIFT);
	else if (!f->ignores_reset)
		do_reset(f);
	return 0;
}

static int fake_ring_bell(struct hw *hw, uint32_t offset, uint64_t value)
{
	struct fake *f = to_fake(hw);

	record(f, offset, value, true);
	return f->is_unreachable ? -EIO : 0;
}

static bool fake_is_present(struct hw *hw)
{
	return !to_fake(hw)->is_gone;
}

static const struct hw_ops fake_ops = {
	.name = "fake",
	.read32 = fake_read32,
	.write32 = fake_write32,
	.ring_bell = fake_ring_bell,
	.is_present = fake_is_present,
};

static void on_wants_turn(void *user)
{
	((struct fake *)user)->wants_turn = true;
}

static void on_changed(void *user)
{
	((struct fake *)user)->n_changed++;
}

static void on_offered(void *user, unsigned int chan, bool is_offered)
{
	((struct fake *)user)->is_offered[chan] = is_offered;
}

static void on_power_done(void *user, int status)
{
	struct fake *f = user;

	f->n_power_done++;
	f->power_status = status;
}

static void on_noted(void *user, const char *sentence)
{
	assert(strlen(sentence) > 0);
	((struct fake *)user)->n_noted++;
}

static const struct engine_ops engine_ops = {
	.wants_turn = on_wants_turn,
	.changed = on_changed,
	.offered = on_offered,
	.power_done = on_power_done,
	.noted = on_noted,
};

/* Channel 0 has both directions on ring 1, 1 is an uplink on the control
 * ring, 2 exists in SBL. */
void fake_init(struct fake *f)
{
	*f = (struct fake){
		.hw = { .ops = &fake_ops, .bar_len = FAKE_BAR_LEN, .n_vectors = 3,
			.iova_max = 0xffffffff },
		.erings = { { .elements = 32 }, { .elements = 16 } },
		.chans = {
			{ .name = "A", .ee_mask = EE_BIT(MHI_EE_AMSS), .dir = {
				{ true, FAKE_UL, 1, 8, 4096, false, false, false },
				{ true, FAKE_DL, 1, 8, 4096, false, false, false } } },
			{ .name = "B", .ee_mask = EE_BIT(MHI_EE_AMSS), .dir = {
				{ true, 20, 0, 8, 4096, false, false, false } } },
			{ .name = "C", .ee_mask = EE_BIT(MHI_EE_SBL), .dir = {
				{ true, 2, 0, 8, 4096, false, false, false },
				{ true, 3, 0, 8, 4096, false, false, false } } },
		},
		.accesses_left = -1,
	};
	f->config = (struct engine_config){
		.chans = f->chans, .n_chans = FAKE_CHANS,
		.erings = f->erings, .n_erings = FAKE_ERINGS,
		.timeout_ms = 1000, .ready_timeout_ms = 4000,
	};
	timers_init(&f->timers);
	f->regs[MHIREGLEN / 4] = FAKE_BAR_LEN;
	f->regs[MHIVER / 4] = 0x01000000;
	f->regs[MHICFG / 4] = 0x80;
	f->regs[BHIOFF / 4] = FAKE_BHI;
	f->regs[CHDBOFF / 4] = FAKE_CHDB;
	f->regs[ERDBOFF / 4] = FAKE_ERDB;
	f->regs[(FAKE_BHI + BHI_EXECENV) / 4] = MHI_EE_AMSS;
	set_status(f, MHI_STATE_READY);
}

void fake_start(struct fake *f)
{
	struct engine_memory need = engine_memory(&f->config);
	const size_t lens[2] = { need.reads, need.writes };

	for (int i = 0; i < 2; i++) {
		f->memory[i] = (struct dma){
			.cpu = aligned_alloc(4096, lens[i]),
			.iova = i == DEV_READS ? FAKE_IOVA_READS : FAKE_IOVA_WRITES,
			.len = lens[i],
		};
		memset(f->memory[i].cpu, 0, lens[i]);
	}
	timers_advance(&f->timers, 5000000);
	f->engine = engine_new(&f->config, &f->hw, &f->timers, &f->memory[DEV_READS],
			       &f->memory[DEV_WRITES], &engine_ops, f);
	assert(f->engine);
	f->link = engine_link(f->engine);
}

void fake_fini(struct fake *f)
{
	const struct engine_counts *counts = engine_counts(f->engine);

	engine_gone(f->engine);
	fake_settle(f);
	assert(counts->submitted == counts->returned);
	assert(counts->wakes == 0);
	for (unsigned int i = 0; i < FAKE_CHANS; i++)
		assert(f->users[i].out == 0);
	engine_free(f->engine);
	assert(list_is_empty(&f->timers.due));
	free(f->memory[0].cpu);
	free(f->memory[1].cpu);
}

void fake_settle(struct fake *f)
{
	for (int i = 0; f->wants_turn || timers_next(&f->timers) <= f->timers.now_us + 1; i++) {
		assert(i < 1000);
		if (f->wants_turn) {
			f->wants_turn = false;
			engine_turn(f->engine);
		} else {
			timers_advance(&f->timers, f->timers.now_us + 1);
		}
	}
}

void fake_advance(struct fake *f, uint64_t us)
{
	uint64_t end = f->timers.now_us + us;

	fake_settle(f);
	while (timers_next(&f->timers) <= end) {
		timers_advance(&f->timers, timers_next(&f->timers));
		fake_settle(f);
	}
	timers_advance(&f->timers, end);
}

void fake_irq(struct fake *f, unsigned int vector)
{
	engine_irq(f->engine, vector);
	fake_settle(f);
}

void fake_boot(struct fake *f)
{
	assert(engine_power(f->engine, POWER_ON) == POWER_STARTED);
	fake_settle(f);
	fake_irq(f, 1);
	assert(engine_state(f->engine) == ENGINE_READY);
	assert(f->power_status == 0);
}

void *fake_memory(struct fake *f, iova_t at)
{
	for (int i = 0; i < 2; i++)
		if (at >= f->memory[i].iova && at - f->memory[i].iova < f->memory[i].len)
			return f->memory[i].cpu + (at - f->memory[i].iova);
	abort();	/* outside both pieces */
}

struct chan_ctx *fake_chan_ctx(struct fake *f, unsigned int chid)
{
	return (struct chan_ctx *)fake_memory(f, base_at(f, CCABAP_LOWER)) + chid;
}

uint64_t fake_ering_base(struct fake *f, unsigned int ering)
{
	return f->event_base[ering];
}

void fake_set_rp(struct fake *f, unsigned int ering, uint64_t rp)
{
	le64_set(&event_ctx(f, ering)->rp, rp);
}

void fake_post(struct fake *f, unsigned int ering, struct tre_copy event)
{
	uint64_t base = fake_ering_base(f, ering);
	struct tre *ring = fake_memory(f, base);

	tre_store(&ring[f->event_at[ering]], event);
	f->event_at[ering] = (f->event_at[ering] + 1) % f->erings[ering].elements;
	fake_set_rp(f, ering, base + f->event_at[ering] * sizeof(struct tre));
}

void fake_event(struct fake *f, unsigned int ering, struct tre_copy event)
{
	fake_post(f, ering, event);
	fake_irq(f, f->hw.n_vectors > FAKE_ERINGS ? ering + 1 : 0);
}

void fake_state(struct fake *f, enum mhi_state state)
{
	fake_event(f, 0, tre_event(TRE_EV_STATE, 0, state, 0, 0));
}

bool fake_command(struct fake *f, struct tre_copy *ret_command, iova_t *ret_at)
{
	uint64_t wp;

	if (!f->command_base)
		return false;	/* was reset */
	wp = (le64_get(&cmd_ctx(f)->wp) - f->command_base) / sizeof(struct tre);
	if (f->command_at == wp % MHI_CMD_ELEMENTS)
		return false;
	*ret_at = f->command_base + f->command_at * sizeof(struct tre);
	*ret_command = tre_load(fake_memory(f, *ret_at));
	f->command_at = (f->command_at + 1) % MHI_CMD_ELEMENTS;
	return true;
}

unsigned int fake_answer(struct fake *f, enum ev_code code)
{
	struct tre_copy command;
	unsigned int n = 0;
	iova_t at;

	fake_settle(f);
	while (fake_command(f, &command, &at)) {
		fake_event(f, 0, tre_event(TRE_EV_CMD, 0, code, at, 0));
		n++;
	}
	return n;
}

void fake_complete(struct fake *f, unsigned int chid, unsigned int index, enum ev_code code,
		   uint32_t len)
{
	struct chan_ctx *ctx = fake_chan_ctx(f, chid);

	fake_event(f, le32_get(&ctx->erindex),
		   tre_event(TRE_EV_TRANSFER, chid, code,
			     le64_get(&ctx->rbase) + index * sizeof(struct tre), len));
}

/* The user of a channel. */

struct fake_self {
	struct fake *f;
	unsigned int chan;
};

static struct fake_self selves[FAKE_CHANS];

static void on_opened(void *user, int status)
{
	struct fake_self *self = user;
	struct fake_user *u = &self->f->users[self->chan];

	u->n_opened++;
	u->opened = status;
	assert(u->out == 0);
}

static void on_closed(void *user, int why)
{
	struct fake_self *self = user;
	struct fake_user *u = &self->f->users[self->chan];

	u->n_closed++;
	u->closed = why;
	assert(u->out == 0);
}

static void on_done(void *user, enum link_dir dir, unsigned int slot, int status, uint32_t len)
{
	struct fake_self *self = user;
	struct fake_user *u = &self->f->users[self->chan];
	struct fake_done done = { dir, slot, status, len };

	assert(u->is_with_device[dir][slot]);	/* back once, not twice */
	u->is_with_device[dir][slot] = false;
	u->out--;
	assert(u->n_done < ARRAY_SIZE(u->done));
	u->done[u->n_done++] = done;
	if (self->f->on_done)
		self->f->on_done(self->f, self->chan, done);
}

static const struct link_user_ops user_ops = {
	.opened = on_opened,
	.done = on_done,
	.closed = on_closed,
};

int fake_try_open(struct fake *f, unsigned int chan)
{
	int r;

	selves[chan] = (struct fake_self){ f, chan };
	r = f->link->ops->open(f->link, chan, &user_ops, &selves[chan]);
	fake_settle(f);
	return r;
}

void fake_open(struct fake *f, unsigned int chan)
{
	unsigned int before = f->users[chan].n_opened;

	assert(fake_try_open(f, chan) == 0);
	fake_answer(f, EV_CODE_SUCCESS);
	assert(f->users[chan].n_opened == before + 1);
	assert(f->users[chan].opened == 0);
}

int fake_submit(struct fake *f, unsigned int chan, enum link_dir dir, unsigned int slot,
		uint32_t len)
{
	struct fake_user *u = &f->users[chan];
	int r = f->link->ops->submit(f->link, chan, dir, slot, len);

	if (r != LINK_OK)
		return r;
	assert(!u->is_with_device[dir][slot]);
	u->is_with_device[dir][slot] = true;
	u->out++;
	return r;
}

unsigned int fake_rung(const struct fake *f, uint32_t offset)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < f->n_writes; i++)
		n += f->writes[i].offset == offset && f->writes[i].is_bell;
	return n;
}

void fake_forget(struct fake *f)
{
	f->n_writes = 0;
	f->n_reads = 0;
}
