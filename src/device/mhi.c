/*
 * Between engine, hardware and device: the memory that both reach, the engine's
 * calls that become states, and channels that become files or go to a driver.
 */
#include "device/mhi.h"
#include "io/pool.h"
#include "mhifs/mhifs.h"
#include <errno.h>
#include <stdlib.h>
#include <sys/resource.h>

enum { LOWEST_IOVA = 1 << 20 };	/* a null address is never valid */

/* Who has a channel: a file, or a driver on the device. */
struct mhi_chan {
	struct device_port *port;	/* NULL: it has no file */
	struct driver *driver;		/* NULL: nobody took it */
};

struct mhi {
	struct bearer bearer;
	struct loop *loop;	/* borrowed */
	struct profile *profile;	/* owned */
	struct hw *hw;		/* owned; NULL before start and after close */
	struct sim_chan *sim_chans;	/* of a simulated modem; owned */
	struct pool pool;
	struct dma dma[2];	/* the pool, by enum dma_rights */
	unsigned int n_mapped;	/* of dma */
	struct engine_config config;
	struct engine *engine;	/* owned; NULL before start */
	struct defer turn;	/* engine_turn() */
	struct mhi_chan *chans;	/* one a channel of the profile, as far as made */
	unsigned int n_chans;
};

static struct mhi *to_mhi(const struct bearer *b)
{
	return container_of(b, struct mhi, bearer);
}

const struct profile *mhi_profile(const struct bearer *b)
{
	return to_mhi(b)->profile;
}

struct hw *mhi_hw(struct bearer *b)
{
	return to_mhi(b)->hw;
}

struct engine *mhi_engine(struct bearer *b)
{
	return to_mhi(b)->hw ? to_mhi(b)->engine : NULL;
}

/* What the engine calls. */

static void on_wants_turn(void *user)
{
	struct mhi *m = user;

	loop_defer(m->loop, &m->turn);
}

static void run_turn(void *user)
{
	struct mhi *m = user;

	engine_turn(m->engine);
}

static void on_changed(void *user)
{
	struct mhi *m = user;

	if (m->engine)	/* not before engine_new() returned */
		device_bearer_changed(m->bearer.device);
}

static void on_offered(void *user, unsigned int chan, bool is_offered)
{
	struct mhi *m = user;
	struct mhi_chan *c;

	if (chan >= m->n_chans)
		return;
	c = &m->chans[chan];
	if (c->driver)
		c->driver->ops->offered(c->driver, engine_link(m->engine), chan, is_offered);
	else
		device_offer_port(m->bearer.device, c->port, is_offered);
}

static void on_power_done(void *user, int status)
{
	struct mhi *m = user;

	device_bearer_power_done(m->bearer.device, status);
}

static void on_noted(void *user, const char *sentence)
{
	struct mhi *m = user;

	device_bearer_noted(m->bearer.device, sentence);
}

static const struct engine_ops engine_ops = {
	.wants_turn = on_wants_turn,
	.changed = on_changed,
	.offered = on_offered,
	.power_done = on_power_done,
	.noted = on_noted,
};

/* What the hardware calls. */

static void on_irq(void *user, unsigned int vector)
{
	struct mhi *m = user;

	engine_irq(m->engine, vector);
}

static void on_gone(void *user)
{
	struct mhi *m = user;

	/* What it has to tell comes with the next turn; then the device closes. */
	engine_gone(m->engine);
}

static const struct hw_events hw_events = { .irq = on_irq, .gone = on_gone };

/* Memory. */

static struct dma dma_of(const struct pool *p, const struct pool_part *part)
{
	return (struct dma){
		.cpu = part->cpu,
		.iova = part->iova,
		.len = part->len,
		.fd = p->fd,
		.offset = part->offset,
	};
}

static int refuse_window(const struct mhi *m, struct text *ret_why)
{
	text_printf(ret_why, "profile '%s' needs %zu KiB of memory below 2^%u that the device "
		    "may reach; use fewer elements or a smaller mtu", m->profile->name,
		    (m->pool.reads.len + m->pool.writes.len) >> 10, m->profile->dma_bits);
	return -ENOMEM;
}

static int open_pool(struct mhi *m, iova_t max, struct text *ret_why)
{
	struct engine_memory need = engine_memory(&m->config);
	iova_t min = m->hw->iova_min;
	int r;

	if (m->hw->is_physical) {
		r = pool_open_physical(&m->pool, need.reads, need.writes, max);
		if (r)
			text_printf(ret_why, "no %zu KiB of huge pages in one piece (%s): reserve "
				    "them at boot with hugepages=N", (need.reads + need.writes) >> 10,
				    strerror(-r));
		return r;
	}
	r = pool_open(&m->pool, need.reads, need.writes,
		      min > LOWEST_IOVA ? min : LOWEST_IOVA, need.align);
	if (!r && m->pool.writes.iova + need.writes - 1 > max)
		r = refuse_window(m, ret_why);
	return r;
}

/* The kernel counts what a device can reach as locked memory. */
static int refuse_map(const struct mhi *m, int r, struct text *ret_why)
{
	struct rlimit limit = { 0 };

	getrlimit(RLIMIT_MEMLOCK, &limit);
	text_printf(ret_why, "%zu KiB of memory cannot be made visible to the device: %s",
		    (m->pool.reads.len + m->pool.writes.len) >> 10, strerror(-r));
	if (r == -ENOMEM)
		text_printf(ret_why, "; the limit on locked memory is %llu KiB, raise it with "
			    "ulimit -l or LimitMEMLOCK=", (unsigned long long)limit.rlim_cur >> 10);
	return r;
}

static int map_pool(struct mhi *m, struct text *ret_why)
{
	unsigned int bits = m->profile->dma_bits;
	iova_t max = bits < 64 ? (1ULL << bits) - 1 : UINT64_MAX;
	int r;

	r = open_pool(m, max < m->hw->iova_max ? max : m->hw->iova_max, ret_why);
	if (r)
		return r;
	m->dma[DEV_READS] = dma_of(&m->pool, &m->pool.reads);
	m->dma[DEV_WRITES] = dma_of(&m->pool, &m->pool.writes);
	while (m->n_mapped < ARRAY_SIZE(m->dma)) {
		r = m->hw->ops->map(m->hw, &m->dma[m->n_mapped], m->n_mapped);
		if (r)
			return refuse_map(m, r, ret_why);
		m->n_mapped++;
	}
	return 0;
}

static void unmap_pool(struct mhi *m)
{
	while (m->n_mapped) {
		m->n_mapped--;
		m->hw->ops->unmap(m->hw, &m->dma[m->n_mapped]);
	}
	pool_close(&m->pool);
}

/* Start. */

/* A device that fails here is refused; one that fails to come up later stays,
 * in error. */
static int probe(struct mhi *m, struct text *ret_why)
{
	const char *why = NULL;
	int r;

	m->engine = engine_new(&m->config, m->hw, loop_timers(m->loop), &m->dma[DEV_READS],
			       &m->dma[DEV_WRITES], &engine_ops, m);
	if (!m->engine)
		return -ENOMEM;
	r = engine_probe(m->engine, &why);
	if (r)
		text_add(ret_why, why);
	return r;
}

/* Its files; channels that a driver took have none. */
static int make_ports(struct mhi *m, struct text *ret_why)
{
	struct device *d = m->bearer.device;
	int r = 0;

	m->chans = calloc(m->profile->n_chans, sizeof(*m->chans));
	if (!m->chans)
		return -ENOMEM;
	while (m->n_chans < m->profile->n_chans && !r) {
		const struct profile_chan *c = &m->profile->chans[m->n_chans];
		struct mhi_chan *chan = &m->chans[m->n_chans];

		chan->driver = device_driver_of(d, c->name);
		if (!chan->driver)
			r = device_add_port(d, device_root(d), c, engine_link(m->engine),
					    m->n_chans, &chan->port, ret_why);
		m->n_chans += !r;
	}
	return r;
}

int mhi_start(struct bearer *b, struct hw *hw, struct sim_chan *sim_chans,
	      struct text *ret_why)
{
	struct mhi *m = to_mhi(b);
	int r;

	m->hw = hw;
	m->sim_chans = sim_chans;
	hw->events = &hw_events;
	hw->user = m;
	r = profile_engine_config(m->profile, &m->config);
	if (!r)
		r = map_pool(m, ret_why);
	if (!r)
		r = probe(m, ret_why);
	if (!r)
		r = make_ports(m, ret_why);
	if (!r)
		r = device_power(b->device, POWER_ON);
	return r < 0 ? r : 0;
}

/* What the device calls. */

static enum engine_state mhi_state(const struct bearer *b)
{
	const struct mhi *m = to_mhi(b);

	return m->engine ? engine_state(m->engine) : ENGINE_OFF;
}

static const char *mhi_why(const struct bearer *b)
{
	const struct mhi *m = to_mhi(b);

	return m->engine ? engine_why(m->engine) : "";
}

static const char *mhi_word(const struct bearer *b)
{
	const struct mhi *m = to_mhi(b);

	return m->hw && m->engine ? mhi_state_name(engine_mhi_state(m->engine)) : "";
}

static const char *mhi_ee(const struct bearer *b)
{
	const struct mhi *m = to_mhi(b);

	return mhi_ee_name(m->hw && m->engine ? engine_ee(m->engine) : MHI_EE_NONE);
}

static void mhi_show_info(const struct bearer *b, struct text *out)
{
	profile_show(to_mhi(b)->profile, out);
}

static int mhi_power(struct bearer *b, enum engine_power what)
{
	struct mhi *m = to_mhi(b);

	return m->engine ? engine_power(m->engine, what) : -ENODEV;
}

/* Whatever is still open comes back. */
static void give_up(struct mhi *m)
{
	engine_gone(m->engine);
	do {
		defer_cancel(&m->turn);
		engine_turn(m->engine);
	} while (!list_is_empty(&m->turn.node));
}

static void mhi_close(struct bearer *b)
{
	struct mhi *m = to_mhi(b);

	if (!m->hw)
		return;
	if (m->engine)
		give_up(m);
	unmap_pool(m);
	m->hw->ops->close(m->hw);
	m->hw = NULL;
}

static void mhi_free(struct bearer *b)
{
	struct mhi *m = to_mhi(b);

	if (m->engine)
		engine_free(m->engine);
	profile_engine_config_fini(&m->config);
	free(m->sim_chans);
	free(m->chans);
	profile_free(m->profile);
	free(m);
}

static const struct bearer_ops mhi_ops = {
	.state = mhi_state,
	.why = mhi_why,
	.mhi = mhi_word,
	.ee = mhi_ee,
	.show_info = mhi_show_info,
	.power = mhi_power,
	.close = mhi_close,
	.free = mhi_free,
};

struct bearer *mhi_new(struct loop *l, const char *transport, struct profile *profile)
{
	struct mhi *m = calloc(1, sizeof(*m));

	if (!m) {
		profile_free(profile);
		return NULL;
	}
	m->bearer.ops = &mhi_ops;
	m->bearer.transport = transport;
	m->loop = l;
	m->profile = profile;
	m->pool.fd = -1;
	defer_init(&m->turn, run_turn, m);
	return &m->bearer;
}
