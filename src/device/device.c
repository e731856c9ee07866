/*
 * Between engine, ports and loop: the engine's calls become events, channel
 * files that come and go, and answers to who wrote to power.
 */
#include "device/instance.h"
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

enum {
	FLUSH_MS = 5000,		/* longest close of a file */
	PARKED_MOST = 16 << 20,		/* bytes of parked writes */
	LOWEST_IOVA = 1 << 20,		/* a null address is never valid */
};

struct device *device_ref(struct device *d)
{
	d->refs++;
	return d;
}

static void device_free(struct device *d)
{
	device_close(d);
	events_unref(d->events);
	profile_free(d->profile);
	free(d->ports);
	free(d->port_configs);
	free(d->path_name);
	free(d->address);
	free(d);
}

void device_unref(struct device *d)
{
	if (d && !--d->refs)
		device_free(d);
}

const char *device_name(const struct device *d)
{
	return d->name;
}

const char *device_path_name(const struct device *d)
{
	return d->path_name;
}

enum engine_state device_state(const struct device *d)
{
	return d->engine ? engine_state(d->engine) : ENGINE_GONE;
}

bool device_is_gone(const struct device *d)
{
	return device_state(d) == ENGINE_GONE;
}

bool device_is_settled(const struct device *d)
{
	enum engine_state s = device_state(d);

	return s != ENGINE_STARTING && s != ENGINE_RECOVERING;
}

bool device_is_ready(const struct device *d)
{
	enum engine_state s = device_state(d);

	return s == ENGINE_READY || s == ENGINE_SUSPENDED;
}

bool device_is_stopped(const struct device *d)
{
	enum engine_state s = device_state(d);

	return d->is_stopping && !d->is_powering_off &&
	       (s == ENGINE_OFF || s == ENGINE_ERROR || s == ENGINE_GONE);
}

unsigned int device_n_ports(const struct device *d)
{
	return d->n_ports;
}

struct device_port *device_port(struct device *d, unsigned int i)
{
	return &d->ports[i];
}

const struct list *device_nodes(const struct device *d)
{
	return &d->nodes;
}

struct events *device_events(struct device *d)
{
	return d->events;
}

/* What the ports call. */

static void on_port_changed(void *user, struct port *p)
{
	device_tell_channel(user, p);
}

static const struct port_ops port_ops = { .changed = on_port_changed };

/* What the engine calls. */

static void on_wants_turn(void *user)
{
	struct device *d = user;

	loop_defer(d->loop, &d->turn);
}

static void run_turn(void *user)
{
	struct device *d = user;

	engine_turn(d->engine);
}

static void on_changed(void *user)
{
	struct device *d = user;

	/* Before engine_new() returned, or from within device_close(). */
	if (!d->engine)
		return;
	device_tell_changes(d);
	node_changed(&d->attrs[NODE_STATE]);
	node_changed(&d->attrs[NODE_POWER]);
	d->ops->changed(d->user, d);
}

static void on_offered(void *user, unsigned int chan, bool is_offered)
{
	struct device *d = user;

	if (chan >= d->n_ports || d->is_stopping)
		return;
	if (d->ports[chan].is_offered != is_offered)
		device_tell_offered(d, chan, is_offered);
	d->ports[chan].is_offered = is_offered;
	port_set_offered(d->ports[chan].port, is_offered);
}

/* As engine_power(). */
static int begin_power(struct device *d, enum engine_power what)
{
	int r = engine_power(d->engine, what);

	if (r == POWER_STARTED)
		d->n_power_begun++;
	return r;
}

/* Another transition may be under way: its end brings us here again. */
static void power_off_for_good(struct device *d)
{
	d->is_powering_off = begin_power(d, POWER_OFF) == POWER_STARTED;
}

static void on_power_done(void *user, int status)
{
	struct device *d = user;

	d->is_powering_off = false;
	d->n_power_ended++;
	device_tell_power(d, status);
	device_answer_power(d, status);
	if (d->is_stopping && !device_is_stopped(d))
		power_off_for_good(d);
	d->ops->changed(d->user, d);
}

static void on_noted(void *user, const char *sentence)
{
	struct device *d = user;
	unsigned int swallowed;

	if (!log_limit_pass(&d->noted, loop_timers(d->loop)->now_us, &swallowed))
		return;
	if (swallowed)
		log_warn(d->name, "%u messages were left out", swallowed);
	log_warn(d->name, "%s", sentence);
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
	struct device *d = user;

	engine_irq(d->engine, vector);
}

static void on_gone(void *user)
{
	struct device *d = user;

	/* What it has to tell comes with the next turn; then the device closes. */
	engine_gone(d->engine);
}

static const struct hw_events hw_events = { .irq = on_irq, .gone = on_gone };

static int find_user(const char *name, uid_t *ret_uid, struct text *ret_why)
{
	const struct passwd *pw = name ? getpwnam(name) : NULL;

	if (name && !pw) {
		text_printf(ret_why, "owner '%s' is no user of this system", name);
		return -EINVAL;
	}
	*ret_uid = pw ? pw->pw_uid : 0;
	return 0;
}

/* Files belong to dialout by default, and to root where there is none. */
static int find_group(const char *name, gid_t *ret_gid, struct text *ret_why)
{
	const struct group *gr = getgrnam(name ? name : "dialout");

	if (name && !gr) {
		text_printf(ret_why, "group '%s' is no group of this system", name);
		return -EINVAL;
	}
	*ret_gid = gr ? gr->gr_gid : 0;
	return 0;
}

static int make_port(struct device *d, unsigned int i, struct text *ret_why)
{
	const struct profile_chan *c = &d->profile->chans[i];
	struct device_port *dp = &d->ports[i];
	int r;

	d->port_configs[i] = (struct port_config){
		.name = c->name,
		.mtu = c->mtu,
		.boundary = c->boundary,
		.slow_reader = c->slow_reader,
		.linger_ms = c->linger_ms,
		.flush_ms = FLUSH_MS,
	};
	r = find_user(c->owner, &dp->uid, ret_why);
	/* All the same in most devices: look it up once. */
	if (!r && i && !c->group && !d->profile->chans[i - 1].group)
		dp->gid = d->ports[i - 1].gid;
	else if (!r)
		r = find_group(c->group, &dp->gid, ret_why);
	if (r)
		return r;
	dp->mode = profile_chan_mode(c);
	dp->port = port_new(engine_link(d->engine), i, &d->port_configs[i],
			    loop_timers(d->loop), &d->budget, &port_ops, d);
	if (!dp->port)
		return -ENOMEM;
	d->n_ports++;
	port_set_offered(dp->port, false);
	return 0;
}

static int make_ports(struct device *d, struct text *ret_why)
{
	unsigned int n = d->profile->n_chans;
	int r = 0;

	d->ports = calloc(n, sizeof(*d->ports));
	d->port_configs = calloc(n, sizeof(*d->port_configs));
	if (!d->ports || !d->port_configs)
		return -ENOMEM;
	for (unsigned int i = 0; i < n && !r; i++)
		r = make_port(d, i, ret_why);
	return r;
}

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

static int refuse_window(const struct device *d, struct text *ret_why)
{
	text_printf(ret_why, "profile '%s' needs %zu KiB of memory below 2^%u that the device "
		    "may reach; use fewer elements or a smaller mtu", d->profile->name,
		    (d->pool.reads.len + d->pool.writes.len) >> 10, d->profile->dma_bits);
	return -ENOMEM;
}

static int open_pool(struct device *d, iova_t max, struct text *ret_why)
{
	struct engine_memory need = engine_memory(&d->config);
	iova_t min = d->hw->iova_min;
	int r;

	if (d->hw->is_physical) {
		r = pool_open_physical(&d->pool, need.reads, need.writes, max);
		if (r)
			text_printf(ret_why, "no %zu KiB of huge pages in one piece (%s): reserve "
				    "them at boot with hugepages=N", (need.reads + need.writes) >> 10,
				    strerror(-r));
		return r;
	}
	r = pool_open(&d->pool, need.reads, need.writes,
		      min > LOWEST_IOVA ? min : LOWEST_IOVA, need.align);
	if (!r && d->pool.writes.iova + need.writes - 1 > max)
		r = refuse_window(d, ret_why);
	return r;
}

/* The kernel counts what a device can reach as locked memory. */
static int refuse_map(const struct device *d, int r, struct text *ret_why)
{
	struct rlimit limit = { 0 };

	getrlimit(RLIMIT_MEMLOCK, &limit);
	text_printf(ret_why, "%zu KiB of memory cannot be made visible to the device: %s",
		    (d->pool.reads.len + d->pool.writes.len) >> 10, strerror(-r));
	if (r == -ENOMEM)
		text_printf(ret_why, "; the limit on locked memory is %llu KiB, raise it with "
			    "ulimit -l or LimitMEMLOCK=", (unsigned long long)limit.rlim_cur >> 10);
	return r;
}

static int map_pool(struct device *d, struct text *ret_why)
{
	unsigned int bits = d->profile->dma_bits;
	iova_t max = bits < 64 ? (1ULL << bits) - 1 : UINT64_MAX;
	int r;

	r = open_pool(d, max < d->hw->iova_max ? max : d->hw->iova_max, ret_why);
	if (r)
		return r;
	d->dma[DEV_READS] = dma_of(&d->pool, &d->pool.reads);
	d->dma[DEV_WRITES] = dma_of(&d->pool, &d->pool.writes);
	while (d->n_mapped < ARRAY_SIZE(d->dma)) {
		r = d->hw->ops->map(d->hw, &d->dma[d->n_mapped], d->n_mapped);
		if (r)
			return refuse_map(d, r, ret_why);
		d->n_mapped++;
	}
	return 0;
}

/* A device that fails here is refused; one that fails to come up later stays,
 * in error. */
static int probe(struct device *d, struct text *ret_why)
{
	const char *why = NULL;
	int r;

	d->engine = engine_new(&d->config, d->hw, loop_timers(d->loop), &d->dma[DEV_READS],
			       &d->dma[DEV_WRITES], &engine_ops, d);
	if (!d->engine)
		return -ENOMEM;
	r = engine_probe(d->engine, &why);
	if (r)
		text_add(ret_why, why);
	return r;
}

int device_start(struct device *d, struct hw *hw, struct text *ret_why)
{
	int r;

	d->hw = hw;
	hw->events = &hw_events;
	hw->user = d;
	r = profile_engine_config(d->profile, &d->config);
	if (!r)
		r = map_pool(d, ret_why);
	if (!r)
		r = probe(d, ret_why);
	if (!r)
		r = make_ports(d, ret_why);
	if (!r)
		r = begin_power(d, POWER_ON);
	return r < 0 ? r : 0;
}

static void kill_ports(struct device *d, int why)
{
	for (unsigned int i = 0; i < d->n_ports; i++)
		port_kill(d->ports[i].port, why);
}

int device_power(struct device *d, enum engine_power what)
{
	int r;

	if (!d->engine || d->is_stopping)
		return -ENODEV;
	r = begin_power(d, what);
	if (r != POWER_STARTED)
		return r;
	if (what == POWER_RESET)
		device_tell_reset(d);
	if (what == POWER_RESET || what == POWER_OFF)
		kill_ports(d, what == POWER_RESET ? -ECONNRESET : -ENODEV);
	return r;
}

void device_stop(struct device *d)
{
	d->is_stopping = true;
	for (unsigned int i = 0; i < d->n_ports; i++) {
		d->ports[i].is_offered = false;
		port_set_offered(d->ports[i].port, false);
	}
	kill_ports(d, -ENODEV);
	if (d->engine)
		power_off_for_good(d);
}

static void unmap_pool(struct device *d)
{
	while (d->n_mapped) {
		d->n_mapped--;
		d->hw->ops->unmap(d->hw, &d->dma[d->n_mapped]);
	}
	pool_close(&d->pool);
}

/* Whatever is still open comes back before the ports let go. */
static void give_up(struct device *d, struct engine *engine)
{
	engine_gone(engine);
	do {
		defer_cancel(&d->turn);
		engine_turn(engine);
	} while (!list_is_empty(&d->turn.node));
}

void device_close(struct device *d)
{
	struct engine *engine = d->engine;

	d->is_stopping = true;
	d->engine = NULL;
	if (engine)
		give_up(d, engine);
	for (unsigned int i = 0; i < d->n_ports; i++)
		port_unref(d->ports[i].port);
	d->n_ports = 0;
	d->n_power_ended = d->n_power_begun;
	device_answer_power(d, -ENODEV);
	events_end(d->events);
	if (engine)
		engine_free(engine);
	unmap_pool(d);
	if (d->hw)
		d->hw->ops->close(d->hw);
	d->hw = NULL;
	free(d->sim_chans);
	d->sim_chans = NULL;
	profile_engine_config_fini(&d->config);
}

struct device *device_new(struct loop *l, unsigned int number, enum spec_transport transport,
			  const char *address, const char *path_name,
			  struct profile *profile, const struct device_ops *ops, void *user)
{
	struct device *d = calloc(1, sizeof(*d));

	if (!d) {
		profile_free(profile);
		return NULL;
	}
	d->refs = 1;
	d->number = number;
	d->transport = transport;
	d->profile = profile;
	d->loop = l;
	d->ops = ops;
	d->user = user;
	d->pool.fd = -1;
	d->budget.most = PARKED_MOST;
	list_init(&d->node);
	list_init(&d->nodes);
	list_init(&d->power_waits);
	defer_init(&d->turn, run_turn, d);
	device_init_nodes(d);
	snprintf(d->name, sizeof(d->name), "mhi%u", number);
	d->path_name = strdup(path_name);
	d->address = strdup(address);
	d->events = events_new();
	if (!d->path_name || !d->address || !d->events || device_register_events(d)) {
		device_unref(d);
		return NULL;
	}
	return d;
}
