#include "bench/model.h"
#include <errno.h>
#include <stdlib.h>

static struct model *model_of(struct hw *hw)
{
	return container_of(hw, struct model, hw);
}

static int hw_read32(struct hw *hw, uint32_t offset, uint32_t *ret_value)
{
	*ret_value = sim_read32(model_of(hw)->sim, offset);
	return 0;
}

static int hw_write32(struct hw *hw, uint32_t offset, uint32_t value)
{
	sim_write32(model_of(hw)->sim, offset, value);
	return 0;
}

static int hw_ring_bell(struct hw *hw, uint32_t offset, uint64_t value)
{
	struct model *m = model_of(hw);

	sim_write32(m->sim, offset + 4, (uint32_t)(value >> 32));
	sim_write32(m->sim, offset, (uint32_t)value);
	return 0;
}

/* Once a channel is taken over no doorbell reaches the modem any more: a
 * register write costs no more than a store. */
static int hw_store_bell(struct hw *hw, uint32_t offset, uint64_t value)
{
	struct model *m = model_of(hw);

	if (offset == m->bell)
		m->bell_value = value;
	return 0;
}

static int hw_map(struct hw *hw, const struct dma *dma, enum dma_rights rights)
{
	(void)hw;
	(void)dma;
	(void)rights;
	return 0;
}

static int hw_unmap(struct hw *hw, const struct dma *dma, enum dma_rights rights)
{
	(void)hw;
	(void)dma;
	(void)rights;
	return 0;
}

static bool hw_is_present(struct hw *hw)
{
	(void)hw;
	return true;
}

static int hw_reset(struct hw *hw, hw_done_fn done, void *user)
{
	(void)hw;
	(void)done;
	(void)user;
	return -EOPNOTSUPP;
}

static void hw_close(struct hw *hw)
{
	(void)hw;
}

static const struct hw_ops model_hw_ops = {
	.name = "model",
	.read32 = hw_read32,
	.write32 = hw_write32,
	.ring_bell = hw_ring_bell,
	.map = hw_map,
	.unmap = hw_unmap,
	.is_present = hw_is_present,
	.reset = hw_reset,
	.close = hw_close,
};

static const struct hw_ops model_taken_ops = {
	.name = "model",
	.read32 = hw_read32,
	.write32 = hw_write32,
	.ring_bell = hw_store_bell,
	.map = hw_map,
	.unmap = hw_unmap,
	.is_present = hw_is_present,
	.reset = hw_reset,
	.close = hw_close,
};

static bool bus_reach(void *bus, iova_t iova, enum sim_access access,
		      struct sim_window *ret_window)
{
	struct model *m = bus;
	const struct dma *d = iova >= m->writes.iova ? &m->writes : &m->reads;

	if (iova - d->iova >= d->len || (access == SIM_WRITES && d == &m->reads))
		return false;
	*ret_window = (struct sim_window){ d->iova, d->len, d->cpu };
	return true;
}

static void bus_raise(void *bus, unsigned int vector)
{
	struct model *m = bus;

	m->vectors |= 1ull << vector;
}

static void bus_wants_turn(void *bus)
{
	struct model *m = bus;

	m->wants_turn = true;
}

static void bus_complain(void *bus, const char *sentence)
{
	(void)bus;
	(void)sentence;
}

static const struct sim_bus_ops model_bus_ops = {
	.reach = bus_reach,
	.raise = bus_raise,
	.wants_turn = bus_wants_turn,
	.complain = bus_complain,
};

static int dma_init(struct dma *d, iova_t iova, size_t len)
{
	*d = (struct dma){ .iova = iova, .len = len, .fd = -1 };
	/* Rings are aligned to their own length, in both address spaces. */
	d->cpu = aligned_alloc(1 << 16, round_up(len, 1 << 16));
	if (!d->cpu)
		return -ENOMEM;
	memset(d->cpu, 0, len);
	return 0;
}

int model_init(struct model *m, const struct sim_config *c, struct timers *timers,
	       struct engine_memory size)
{
	*m = (struct model){
		.hw = {
			.ops = &model_hw_ops,
			.bar_len = SIM_BAR_LEN,
			.n_vectors = c->n_vectors,
			.iova_max = UINT64_MAX >> 8,
		},
		.timers = timers,
	};
	if (dma_init(&m->reads, MODEL_READS_IOVA, size.reads) < 0 ||
	    dma_init(&m->writes, MODEL_WRITES_IOVA, size.writes) < 0)
		return -ENOMEM;
	m->sim = sim_new(c, timers, &model_bus_ops, m);
	return m->sim ? 0 : -ENOMEM;
}

void model_fini(struct model *m)
{
	if (m->sim)
		sim_free(m->sim);
	m->sim = NULL;
	free(m->reads.cpu);
	free(m->writes.cpu);
	m->reads.cpu = m->writes.cpu = NULL;
}

static void deliver(struct model *m, struct engine *e)
{
	uint64_t vectors = m->vectors;

	m->vectors = 0;
	for (unsigned int i = 0; vectors; i++, vectors >>= 1)
		if (vectors & 1)
			engine_irq(e, i);
}

void model_settle(struct model *m, struct engine *e)
{
	enum { LONG_ENOUGH_US = 10000000, STEP_US = 1000 };

	for (uint64_t t = 0; t < LONG_ENOUGH_US; t += STEP_US) {
		timers_advance(m->timers, m->timers->now_us + STEP_US);
		while (m->wants_turn || m->vectors) {
			m->wants_turn = false;
			sim_turn(m->sim);
			deliver(m, e);
			engine_turn(e);
		}
		engine_turn(e);
	}
}

static uint64_t address_at(struct model *m, uint32_t low)
{
	return sim_read32(m->sim, low) | (uint64_t)sim_read32(m->sim, low + 4) << 32;
}

static void *at(struct model *m, iova_t iova)
{
	const struct dma *d = iova >= m->writes.iova ? &m->writes : &m->reads;

	return d->cpu + (iova - d->iova);
}

int model_take_over(struct model *m, unsigned int chid)
{
	struct chan_ctx *chan = at(m, address_at(m, CCABAP_LOWER));
	struct event_ctx *event = at(m, address_at(m, ECABAP_LOWER));

	chan += chid;
	if (!le64_get(&chan->rbase))
		return -ENOTCONN;
	event += le32_get(&chan->erindex);
	m->chid = chid;
	m->queue_at = le64_get(&chan->rbase);
	m->queue = at(m, m->queue_at);
	m->queue_mask = (uint32_t)(le64_get(&chan->rlen) / sizeof(struct tre)) - 1;
	m->next = (uint32_t)(le64_get(&chan->wp) - m->queue_at) / sizeof(struct tre);
	m->events_at = le64_get(&event->rbase);
	m->events = at(m, m->events_at);
	m->events_mask = (uint32_t)(le64_get(&event->rlen) / sizeof(struct tre)) - 1;
	m->event_rp = &event->rp;
	m->next_event = (uint32_t)(le64_get(&event->rp) - m->events_at) / sizeof(struct tre);
	m->bell_value = le64_get(&chan->wp);
	m->bell = sim_read32(m->sim, CHDBOFF) + 8 * chid;
	m->hw.ops = &model_taken_ops;
	return 0;
}

__attribute__((noinline)) void model_complete(struct model *m)
{
	uint64_t bell = __atomic_load_n(&m->bell_value, __ATOMIC_ACQUIRE);
	uint32_t end = (uint32_t)(bell - m->queue_at) / sizeof(struct tre);

	while (m->next != end) {
		struct tre_copy t = tre_load(&m->queue[m->next]);

		tre_store(&m->events[m->next_event],
			  tre_event(TRE_EV_TRANSFER, m->chid, EV_CODE_EOT,
				    m->queue_at + m->next * sizeof(struct tre), tre_len(t)));
		m->next = (m->next + 1) & m->queue_mask;
		m->next_event = (m->next_event + 1) & m->events_mask;
	}
	__atomic_thread_fence(__ATOMIC_RELEASE);
	le64_set(m->event_rp, m->events_at + m->next_event * sizeof(struct tre));
}
