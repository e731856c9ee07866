#include "transport/loopback.h"
#include "io/log.h"
#include <errno.h>
#include <stdlib.h>

enum { MAX_VECTORS = 64 };	/* bits of pending */

struct mapping {
	iova_t iova;
	size_t len;
	uint8_t *cpu;		/* borrowed */
	enum dma_rights rights;
};

struct loopback {
	struct hw hw;
	struct loop *loop;
	struct sim *sim;
	char *who;
	struct log_limit limit;

	struct mapping *maps;	/* by iova; none overlap */
	unsigned int n_maps;

	uint64_t pending;	/* bit i: vector i fired */
	struct defer turn, irqs, reset, gone;
	hw_done_fn reset_done;
	void *reset_user;
	bool is_unplugged;
	bool is_calling;	/* inside a callback, which may close us */
	bool is_closed;
};

static struct loopback *to_loopback(struct hw *hw)
{
	return container_of(hw, struct loopback, hw);
}

/* Index of the first mapping that ends behind @iova. */
static unsigned int find_map(const struct loopback *l, iova_t iova)
{
	unsigned int low = 0, high = l->n_maps;

	while (low < high) {
		unsigned int mid = low + (high - low) / 2;

		if (l->maps[mid].iova + (l->maps[mid].len - 1) < iova)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* The modem's side. */

/* What a device may write it may read as well: contexts have fields of both
 * kinds. */
static bool bus_reach(void *bus, iova_t iova, enum sim_access access,
		      struct sim_window *ret_window)
{
	const struct loopback *l = bus;
	unsigned int i = find_map(l, iova);

	if (i == l->n_maps || l->maps[i].iova > iova ||
	    (access == SIM_WRITES && l->maps[i].rights != DEV_WRITES))
		return false;
	*ret_window = (struct sim_window){ l->maps[i].iova, l->maps[i].len, l->maps[i].cpu };
	return true;
}

static void bus_raise(void *bus, unsigned int vector)
{
	struct loopback *l = bus;

	if (l->is_unplugged)
		return;
	l->pending |= 1ull << vector;
	loop_defer(l->loop, &l->irqs);
}

static void bus_wants_turn(void *bus)
{
	struct loopback *l = bus;

	if (!l->is_unplugged)
		loop_defer(l->loop, &l->turn);
}

static void bus_complain(void *bus, const char *sentence)
{
	struct loopback *l = bus;
	unsigned int swallowed;

	if (!log_limit_pass(&l->limit, loop_timers(l->loop)->now_us, &swallowed))
		return;
	if (swallowed)
		log_warn(l->who, "%u more complaints of the modem", swallowed);
	log_warn(l->who, "%s", sentence);
}

static const struct sim_bus_ops bus_ops = {
	.reach = bus_reach,
	.raise = bus_raise,
	.wants_turn = bus_wants_turn,
	.complain = bus_complain,
};

/* Deferred calls. */

static void destroy(struct loopback *l)
{
	sim_free(l->sim);
	free(l->maps);
	free(l->who);
	free(l);
}

static void run_turn(void *user)
{
	struct loopback *l = user;

	sim_turn(l->sim);
	if (sim_presence(l->sim) == SIM_PULLED)
		loopback_unplug(&l->hw);
}

static void deliver_irqs(void *user)
{
	struct loopback *l = user;
	uint64_t pending = l->pending;

	l->pending = 0;
	l->is_calling = true;
	for (; pending && !l->is_closed && !l->is_unplugged; pending &= pending - 1)
		if (l->hw.events)
			l->hw.events->irq(l->hw.user, (unsigned int)__builtin_ctzll(pending));
	l->is_calling = false;
	if (l->is_closed)
		destroy(l);
}

static void finish_reset(void *user)
{
	struct loopback *l = user;
	hw_done_fn done = l->reset_done;

	l->reset_done = NULL;
	l->is_calling = true;
	done(l->reset_user, l->is_unplugged ? -ENODEV : 0);
	l->is_calling = false;
	if (l->is_closed)
		destroy(l);
}

static void tell_gone(void *user)
{
	struct loopback *l = user;

	l->is_calling = true;
	if (l->hw.events)
		l->hw.events->gone(l->hw.user);
	l->is_calling = false;
	if (l->is_closed)
		destroy(l);
}

/* The host's side. */

static int loopback_read32(struct hw *hw, uint32_t offset, uint32_t *ret_value)
{
	struct loopback *l = to_loopback(hw);

	*ret_value = l->is_unplugged ? UINT32_MAX : sim_read32(l->sim, offset);
	return 0;
}

static int loopback_write32(struct hw *hw, uint32_t offset, uint32_t value)
{
	struct loopback *l = to_loopback(hw);

	if (!l->is_unplugged)
		sim_write32(l->sim, offset, value);
	return 0;
}

static int loopback_ring_bell(struct hw *hw, uint32_t offset, uint64_t value)
{
	struct loopback *l = to_loopback(hw);

	if (l->is_unplugged)
		return 0;
	/* The modem runs in this thread, so program order is enough. */
	sim_write32(l->sim, offset + 4, (uint32_t)(value >> 32));
	sim_write32(l->sim, offset, (uint32_t)value);
	return 0;
}

static int loopback_map(struct hw *hw, const struct dma *dma, enum dma_rights rights)
{
	struct loopback *l = to_loopback(hw);
	iova_t last = dma->iova + dma->len - 1;
	struct mapping *maps;
	unsigned int at;

	if (!dma->len || last < dma->iova || dma->iova < hw->iova_min || last > hw->iova_max)
		return -EINVAL;
	at = find_map(l, dma->iova);
	if (at < l->n_maps && l->maps[at].iova <= last)
		return -EEXIST;
	maps = realloc(l->maps, (l->n_maps + 1) * sizeof(*maps));
	if (!maps)
		return -ENOMEM;
	l->maps = maps;
	memmove(maps + at + 1, maps + at, (l->n_maps - at) * sizeof(*maps));
	maps[at] = (struct mapping){ dma->iova, dma->len, dma->cpu, rights };
	l->n_maps++;
	sim_forget_memory(l->sim);
	return 0;
}

static int loopback_unmap(struct hw *hw, const struct dma *dma, enum dma_rights rights)
{
	struct loopback *l = to_loopback(hw);
	unsigned int at = find_map(l, dma->iova);

	(void)rights;
	if (at == l->n_maps || l->maps[at].iova != dma->iova || l->maps[at].len != dma->len)
		return -ENOENT;
	l->n_maps--;
	memmove(l->maps + at, l->maps + at + 1, (l->n_maps - at) * sizeof(*l->maps));
	sim_forget_memory(l->sim);
	return 0;
}

static bool loopback_is_present(struct hw *hw)
{
	const struct loopback *l = to_loopback(hw);

	return !l->is_unplugged && sim_presence(l->sim) == SIM_PRESENT;
}

static int loopback_reset(struct hw *hw, hw_done_fn done, void *user)
{
	struct loopback *l = to_loopback(hw);

	if (l->is_unplugged)
		return -ENODEV;
	if (l->reset_done)
		return -EBUSY;
	l->reset_done = done;
	l->reset_user = user;
	sim_power_cycle(l->sim);
	loop_defer(l->loop, &l->reset);
	return 0;
}

static void loopback_close(struct hw *hw)
{
	struct loopback *l = to_loopback(hw);

	defer_cancel(&l->turn);
	defer_cancel(&l->irqs);
	defer_cancel(&l->reset);
	defer_cancel(&l->gone);
	l->is_closed = true;
	if (!l->is_calling)
		destroy(l);
}

static const struct hw_ops loopback_ops = {
	.name = "loopback",
	.read32 = loopback_read32,
	.write32 = loopback_write32,
	.ring_bell = loopback_ring_bell,
	.map = loopback_map,
	.unmap = loopback_unmap,
	.is_present = loopback_is_present,
	.reset = loopback_reset,
	.close = loopback_close,
};

struct hw *loopback_open(struct loop *loop, const struct sim_config *c, const char *who)
{
	struct loopback *l = calloc(1, sizeof(*l));
	struct sim_config config = *c;

	if (!l)
		return NULL;
	if (config.n_vectors > MAX_VECTORS)
		config.n_vectors = MAX_VECTORS;
	l->hw.ops = &loopback_ops;
	l->hw.bar_len = SIM_BAR_LEN;
	l->hw.n_vectors = config.n_vectors ? config.n_vectors : 1;
	l->hw.iova_min = 0x1000;
	l->hw.iova_max = UINT32_MAX;
	l->loop = loop;
	defer_init(&l->turn, run_turn, l);
	defer_init(&l->irqs, deliver_irqs, l);
	defer_init(&l->reset, finish_reset, l);
	defer_init(&l->gone, tell_gone, l);
	l->who = strdup(who);
	l->sim = sim_new(&config, loop_timers(loop), &bus_ops, l);
	if (!l->who || !l->sim) {
		destroy(l);
		return NULL;
	}
	return &l->hw;
}

struct sim *loopback_sim(struct hw *hw)
{
	return to_loopback(hw)->sim;
}

void loopback_unplug(struct hw *hw)
{
	struct loopback *l = to_loopback(hw);

	if (l->is_unplugged)
		return;
	l->is_unplugged = true;
	defer_cancel(&l->turn);
	defer_cancel(&l->irqs);
	sim_power_cycle(l->sim);
	loop_defer(l->loop, &l->gone);
}
