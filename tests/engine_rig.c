#include "tests/engine_rig.h"
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static const struct sim_chan sim_chans[RIG_CHANS] = {
	[RIG_ECHO] = { 0, 1, "echo" },
	[RIG_CONTROL] = { 14, 15, "echo" },
	[RIG_SINK] = { 60, SIM_NO_CHANNEL, "swallow" },
	[RIG_SOURCE] = { SIM_NO_CHANNEL, 63, "produce" },
	[RIG_HW] = { 100, 101, "echo" },
	[RIG_SBL] = { 2, 3, "echo" },
};

static const struct {
	const char *name;
	int ul, dl;
	uint8_t ering;
	uint16_t elements;
} shapes[RIG_CHANS] = {
	[RIG_ECHO] = { "LOOPBACK", 0, 1, 1, 32 },
	[RIG_CONTROL] = { "QMI", 14, 15, 0, 4 },
	[RIG_SINK] = { "TEST_0", 60, -1, 1, 16 },
	[RIG_SOURCE] = { "TEST_1", -1, 63, 2, 16 },
	[RIG_HW] = { "IP_HW0", 100, 101, 3, 32 },
	[RIG_SBL] = { "SAHARA", 2, 3, 0, 8 },
};

static struct rig *to_rig(struct hw *hw)
{
	return container_of(hw, struct rig, hw);
}

/* Nothing beyond the BAR, nothing once it is known that nobody is there. */
static void check_access(struct rig *r, uint32_t offset)
{
	r->n_forbidden += engine_state(r->engine) == ENGINE_GONE || offset % 4 ||
			  offset >= r->hw.bar_len;
}

static int rig_read32(struct hw *hw, uint32_t offset, uint32_t *ret_value)
{
	struct rig *r = to_rig(hw);

	check_access(r, offset);
	r->lag_us += r->read_us;
	*ret_value = r->is_unplugged ? MHI_ALL_ONES : sim_read32(r->sim, offset);
	return 0;
}

static int rig_write32(struct hw *hw, uint32_t offset, uint32_t value)
{
	struct rig *r = to_rig(hw);

	r->n_ctrl_writes += offset == MHICTRL;
	check_access(r, offset);
	if (!r->is_unplugged)
		sim_write32(r->sim, offset, value);
	return 0;
}

static int rig_ring_bell(struct hw *hw, uint32_t offset, uint64_t value)
{
	rig_write32(hw, offset + 4, (uint32_t)(value >> 32));
	return rig_write32(hw, offset, (uint32_t)value);
}

static bool rig_is_present(struct hw *hw)
{
	struct rig *r = to_rig(hw);

	return !r->is_unplugged && sim_presence(r->sim) == SIM_PRESENT;
}

static const struct hw_ops rig_hw_ops = {
	.name = "rig",
	.read32 = rig_read32,
	.write32 = rig_write32,
	.ring_bell = rig_ring_bell,
	.is_present = rig_is_present,
};

static bool bus_reach(void *bus, iova_t iova, enum sim_access access,
		      struct sim_window *ret_window)
{
	struct rig *r = bus;
	const struct dma *part = iova >= RIG_DUMP ? &r->dump : iova >= RIG_IMAGE ? &r->image :
				 iova >= RIG_WRITES ? &r->writes : &r->reads;

	if (iova < part->iova || iova - part->iova >= part->len ||
	    (access == SIM_WRITES && (part == &r->reads || part == &r->image)))
		return false;
	*ret_window = (struct sim_window){ part->iova, part->len, part->cpu };
	return true;
}

static void bus_raise(void *bus, unsigned int vector)
{
	struct rig *r = bus;

	if (!r->is_mute)
		r->vectors |= 1ull << vector;
}

static void bus_wants_turn(void *bus)
{
	((struct rig *)bus)->sim_wants_turn = true;
}

static void bus_complain(void *bus, const char *sentence)
{
	struct rig *r = bus;

	r->n_complaints++;
	snprintf(r->complaint, sizeof(r->complaint), "%s", sentence);
}

static const struct sim_bus_ops rig_bus_ops = {
	.reach = bus_reach,
	.raise = bus_raise,
	.wants_turn = bus_wants_turn,
	.complain = bus_complain,
};

static void on_wants_turn(void *user)
{
	((struct rig *)user)->engine_wants_turn = true;
}

static void on_changed(void *user)
{
	((struct rig *)user)->n_changed++;
}

static void on_offered(void *user, unsigned int chan, bool is_offered)
{
	((struct rig *)user)->is_offered[chan] = is_offered;
}

static void on_power_done(void *user, int status)
{
	struct rig *r = user;

	r->n_power_done++;
	r->power_status = status;
}

static void on_noted(void *user, const char *sentence)
{
	struct rig *r = user;

	r->n_noted++;
	snprintf(r->noted, sizeof(r->noted), "%s", sentence);
}

static void on_wants_image(void *user, enum mhi_ee ee)
{
	struct rig *r = user;

	r->n_wants++;
	r->wants_ee = ee;
	if (r->on_wants_image)
		r->on_wants_image(r, ee);
}

static void on_loaded(void *user, int status)
{
	struct rig *r = user;

	r->n_loaded++;
	r->loaded_status = status;
}

static void on_dumped(void *user, int status)
{
	struct rig *r = user;

	r->n_dumped++;
	r->dumped_status = status;
}

static const struct engine_ops rig_engine_ops = {
	.wants_image = on_wants_image,
	.loaded = on_loaded,
	.dumped = on_dumped,
	.wants_turn = on_wants_turn,
	.changed = on_changed,
	.offered = on_offered,
	.power_done = on_power_done,
	.noted = on_noted,
};

static void on_opened(void *user, int status)
{
	struct rig_user *u = user;

	u->opened++;
	u->opened_status = status;
	ck_assert_uint_eq(u->out[LINK_UL] + u->out[LINK_DL], 0);
}

static void on_closed(void *user, int why)
{
	struct rig_user *u = user;

	u->closed++;
	u->closed_why = why;
	ck_assert_uint_eq(u->out[LINK_UL] + u->out[LINK_DL], 0);
}

static void remember(struct rig_user *u, enum link_dir dir, unsigned int slot, int status,
		     uint32_t len)
{
	if (u->n_last == ARRAY_SIZE(u->last)) {
		memmove(u->last, u->last + 1, sizeof(u->last) - sizeof(u->last[0]));
		u->n_last--;
	}
	u->last[u->n_last].dir = dir;
	u->last[u->n_last].slot = slot;
	u->last[u->n_last].status = status;
	u->last[u->n_last++].len = len;
}

static void on_done(void *user, enum link_dir dir, unsigned int slot, int status, uint32_t len)
{
	struct rig_user *u = user;

	ck_assert_msg(u->is_with_device[dir][slot], "slot %u of %s came back twice", slot,
		      dir == LINK_UL ? "UL" : "DL");
	u->is_with_device[dir][slot] = false;
	u->out[dir]--;
	u->returned[dir]++;
	if (status >= 0 && dir == LINK_UL)
		u->taken++;
	if (status >= 0 && dir == LINK_DL) {
		u->arrived += status == 0;
		u->bytes += len;
	}
	remember(u, dir, slot, status, len);
	if (u->on_done)
		u->on_done(u, dir, slot, status);
}

static const struct link_user_ops rig_user_ops = {
	.opened = on_opened,
	.done = on_done,
	.closed = on_closed,
};

static void init_chan(struct chan_config *c, unsigned int i)
{
	const int chids[2] = { shapes[i].ul, shapes[i].dl };

	*c = (struct chan_config){
		.name = shapes[i].name,
		.ee_mask = i == RIG_SBL ? EE_BIT(MHI_EE_SBL) : EE_BIT(MHI_EE_AMSS),
	};
	for (int d = LINK_UL; d <= LINK_DL; d++) {
		if (chids[d] < 0)
			continue;
		c->dir[d] = (struct chan_dir_config){
			.exists = true,
			.chid = (uint8_t)chids[d],
			.ering = shapes[i].ering,
			.elements = shapes[i].elements,
			.slot_len = 4096,
			.burst = i == RIG_HW,
			.db_mode_switch = i == RIG_HW,
		};
	}
}

void rig_init(struct rig *r)
{
	*r = (struct rig){
		.erings = { { 64, 0, false, false }, { 128, 0, false, false },
			    { 64, 5, false, false }, { 128, 1, true, false } },
		.extra_len = RIG_EXTRA_LEN,
		.sim_config = sim_config_default,
	};
	timers_init(&r->timers);
	for (unsigned int i = 0; i < RIG_CHANS; i++) {
		init_chan(&r->chans[i], i);
		r->users[i].rig = r;
		r->users[i].chan = i;
	}
	r->config = (struct engine_config){
		.chans = r->chans, .n_chans = RIG_CHANS,
		.erings = r->erings, .n_erings = ARRAY_SIZE(r->erings),
		.timeout_ms = 1000, .ready_timeout_ms = 5000,
	};
	r->hw = (struct hw){
		.ops = &rig_hw_ops, .bar_len = SIM_BAR_LEN, .n_vectors = 5,
		.iova_max = 0xffffffff,
	};
	memcpy(r->sim_chans, sim_chans, sizeof(sim_chans));
	r->sim_config.chans = r->sim_chans;
	r->sim_config.n_chans = RIG_CHANS;
	r->sim_config.n_vectors = 5;
}

static void get_piece(struct dma *dma, size_t len, size_t align, iova_t iova)
{
	*dma = (struct dma){ .cpu = aligned_alloc(align, round_up(len, align)),
			     .iova = iova, .len = len };
	ck_assert_ptr_nonnull(dma->cpu);
	memset(dma->cpu, 0, len);
}

void rig_start(struct rig *r)
{
	const char *why = "";
	struct engine_memory need;

	ck_assert_msg(engine_check(&r->config, &why) == 0, "%s", why);
	need = engine_memory(&r->config);
	get_piece(&r->reads, need.reads, need.align, RIG_READS);
	get_piece(&r->writes, need.writes, need.align, RIG_WRITES);
	get_piece(&r->image, r->extra_len, 4096, RIG_IMAGE);
	get_piece(&r->dump, r->extra_len, 4096, RIG_DUMP);
	timers_advance(&r->timers, 1000000);
	r->sim_config.n_vectors = r->hw.n_vectors;
	r->sim = sim_new(&r->sim_config, &r->timers, &rig_bus_ops, r);
	ck_assert_ptr_nonnull(r->sim);
	r->engine = engine_new(&r->config, &r->hw, &r->timers, &r->reads, &r->writes,
			       &rig_engine_ops, r);
	ck_assert_ptr_nonnull(r->engine);
	r->link = engine_link(r->engine);
}

void rig_fini(struct rig *r)
{
	const struct engine_counts *counts = engine_counts(r->engine);

	for (unsigned int i = 0; i < RIG_CHANS; i++) {
		r->link->ops->close(r->link, i);
		rig_settle(r);
	}
	rig_advance(r, 20000000);
	ck_assert_uint_eq(counts->submitted, counts->returned);
	for (unsigned int i = 0; i < RIG_CHANS; i++)
		ck_assert_uint_eq(r->users[i].out[0] + r->users[i].out[1], 0);
	engine_free(r->engine);
	sim_free(r->sim);
	ck_assert(list_is_empty(&r->timers.due));
	free(r->reads.cpu);
	free(r->writes.cpu);
	free(r->image.cpu);
	free(r->dump.cpu);
}

static void deliver(struct rig *r)
{
	uint64_t vectors = r->vectors;

	r->vectors = 0;
	for (unsigned int v = 0; v < 64 && vectors; v++)
		if (vectors >> v & 1)
			engine_irq(r->engine, v);
}

/* The transport notices that the card was pulled. */
static bool tell_gone(struct rig *r)
{
	if (r->is_unplugged || sim_presence(r->sim) != SIM_PULLED)
		return false;
	r->is_unplugged = true;
	engine_gone(r->engine);
	return true;
}

/* The time that slow reads took. */
static void catch_up(struct rig *r)
{
	uint64_t lag_us = r->lag_us;

	if (lag_us > r->longest_us)
		r->longest_us = lag_us;
	r->lag_us = 0;
	if (lag_us)
		timers_advance(&r->timers, r->timers.now_us + lag_us);
}

void rig_settle(struct rig *r)
{
	for (unsigned int i = 0; i < 10000; i++) {
		catch_up(r);
		if (tell_gone(r))
			continue;
		if (r->engine_wants_turn) {
			r->engine_wants_turn = false;
			engine_turn(r->engine);
		} else if (r->sim_wants_turn) {
			r->sim_wants_turn = false;
			sim_turn(r->sim);
		} else if (r->vectors) {
			deliver(r);
		} else if (r->lag_us) {
			continue;
		} else if (timers_next(&r->timers) <= r->timers.now_us + 1) {
			timers_advance(&r->timers, r->timers.now_us + 1);
		} else {
			return;
		}
	}
	ck_abort_msg("the engine and the modem never come to rest");
}

int rig_probe(struct rig *r, const char **ret_why)
{
	int status;

	while ((status = engine_probe(r->engine, ret_why)) == PROBE_MORE)
		rig_advance(r, 1);
	return status;
}

void rig_advance(struct rig *r, uint64_t us)
{
	uint64_t end = r->timers.now_us + us;

	rig_settle(r);
	while (timers_next(&r->timers) <= end) {
		timers_advance(&r->timers, timers_next(&r->timers));
		rig_settle(r);
	}
	timers_advance(&r->timers, end);
}

int rig_power(struct rig *r, enum engine_power what)
{
	unsigned int before = r->n_power_done;
	uint64_t end = r->timers.now_us + 60000000;
	int status = engine_power(r->engine, what);

	if (status < 0)
		return status;
	if (status == POWER_DONE) {
		rig_settle(r);
		ck_assert_uint_eq(r->n_power_done, before);
		return 0;
	}
	rig_settle(r);
	while (r->n_power_done == before && timers_next(&r->timers) <= end) {
		timers_advance(&r->timers, timers_next(&r->timers));
		rig_settle(r);
	}
	ck_assert_uint_eq(r->n_power_done, before + 1);
	return r->power_status;
}

void rig_power_on(struct rig *r)
{
	const char *why = "";

	ck_assert_msg(rig_probe(r, &why) == 0, "%s", why);
	ck_assert_msg(rig_power(r, POWER_ON) == 0, "%s", engine_why(r->engine));
	ck_assert_int_eq(engine_state(r->engine), ENGINE_READY);
	ck_assert_msg(!r->n_complaints, "%s", r->complaint);
}

int rig_open_later(struct rig *r, unsigned int chan)
{
	return r->link->ops->open(r->link, chan, &rig_user_ops, &r->users[chan]);
}

int rig_open(struct rig *r, unsigned int chan)
{
	struct rig_user *u = &r->users[chan];
	unsigned int before = u->opened + u->closed;
	int status = rig_open_later(r, chan);

	if (status < 0)
		return status;
	for (int i = 0; i < 100 && u->opened + u->closed == before; i++)
		rig_advance(r, i ? 100000 : 0);
	ck_assert_uint_eq(u->opened + u->closed, before + 1);
	return u->opened_status;
}

void rig_open_ok(struct rig *r, unsigned int chan)
{
	ck_assert_int_eq(rig_open(r, chan), 0);
}

void rig_close(struct rig *r, unsigned int chan)
{
	unsigned int before = r->users[chan].closed;

	r->link->ops->close(r->link, chan);
	for (int i = 0; i < 100 && r->users[chan].closed == before; i++)
		rig_advance(r, i ? 100000 : 0);
	ck_assert_uint_eq(r->users[chan].closed, before + 1);
}

static int submit_any(struct rig *r, unsigned int chan, enum link_dir dir, const void *data,
		      uint32_t len)
{
	struct rig_user *u = &r->users[chan];
	const struct link_slots *slots = &r->link->chans[chan].slots[dir];
	unsigned int slot = 0;
	int status;

	while (slot < slots->n && u->is_with_device[dir][slot])
		slot++;
	if (slot == slots->n)
		return LINK_FULL;
	if (data)
		memcpy(link_slot(r->link, chan, dir, slot), data, len);
	u->is_with_device[dir][slot] = true;
	u->out[dir]++;
	status = r->link->ops->submit(r->link, chan, dir, slot, len);
	if (status == LINK_OK) {
		u->submitted[dir]++;
		return LINK_OK;
	}
	u->is_with_device[dir][slot] = false;
	u->out[dir]--;
	return status;
}

int rig_send(struct rig *r, unsigned int chan, const void *data, uint32_t len)
{
	return submit_any(r, chan, LINK_UL, data, len);
}

int rig_offer(struct rig *r, unsigned int chan)
{
	return submit_any(r, chan, LINK_DL, NULL, 0);
}

void rig_offer_all(struct rig *r, unsigned int chan)
{
	while (rig_offer(r, chan) == LINK_OK)
		;
}
