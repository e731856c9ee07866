#include "device/rpmsg.h"
#include "device/rpmsg_ctrl.h"
#include "device/rpmsg_name.h"
#include "device/rpmsg_virtio.h"
#include "mhifs/mhifs.h"
#include "rpmsg/carrier_link.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	SLOTS = 16,		/* of an endpoint, each way */
	RETRY_US = 100000,	/* a channel that closed by itself is opened again */
};

struct rpmsg_driver {
	struct driver driver;
	struct driver_ops ops;	/* with the channel */
	struct profile_chan like;	/* of every file; strings borrowed, or own_like's */
	struct profile_chan own_like;
	size_t mtu;		/* of messages, header included */
	struct rpmsg_bus *bus;	/* owned */
	struct defer turn;
	struct node_dir dir;	/* "rpmsg" */
	struct rpmsg_ctrl ctrl;
	struct rpmsg_virtio *virtio;	/* owned; NULL: over a channel */
	struct carrier_link *carrier;	/* owned; NULL before the channel was offered */
	struct timer retry;
	bool is_offered;	/* the channel */
	bool is_running;	/* the carrier was started and has not stopped */
	bool is_ending;
	bool is_carried;	/* the bus is: its files can be opened */
	struct device_port *files[RPMSG_ENDPOINTS];	/* by channel of the bus; NULL: none */
};

static const struct rpmsg_bus_config bus_config = {
	.n_endpoints = RPMSG_ENDPOINTS, .n_ul = SLOTS, .n_dl = SLOTS,
};

static struct rpmsg_driver *rpmsg(struct driver *dr)
{
	return container_of(dr, struct rpmsg_driver, driver);
}

/* Files. */

static bool is_taken(const struct rpmsg_driver *r, const char *name)
{
	const struct device_port *p;

	list_for_each(p, &r->dir.ports, node)
		if (!strcmp(p->name, name))
			return true;
	return !strcmp(r->ctrl.node.name, name);
}

static void find_name(const struct rpmsg_driver *r, const struct rpmsg_endpoint *e,
		      char ret_name[RPMSG_FILE_LEN])
{
	unsigned int round = 0;

	do
		rpmsg_file_name(e, round++, ret_name);
	while (is_taken(r, ret_name));
}

static void tell(struct rpmsg_driver *r, const char *action, const struct rpmsg_endpoint *e,
		 const char *file)
{
	struct text name = TEXT_INIT;

	text_add_escaped(&name, e->name, strlen(e->name));
	driver_tell(&r->driver, MHIFS_EVENT_NS,
		    json_pack("{s:s, s:s, s:i, s:i, s:s}", "action", action,
			      "name", text_get(&name), "src", (int)e->src, "dst", (int)e->dst,
			      "file", file));
	text_fini(&name);
}

/* DESTROY_EPT: an endpoint that was announced is not ours to end. */
static int file_ioctl(struct device_port *p, void *user, unsigned int cmd)
{
	struct rpmsg_driver *r = user;
	unsigned int chan = 0;

	if (cmd != MHIFS_RPMSG_DESTROY_EPT)
		return -EINVAL;
	while (r->files[chan] != p)
		chan++;
	return rpmsg_bus_destroy(r->bus, chan, -ECONNRESET) ? -EINVAL : 0;
}

static int add_file(struct rpmsg_driver *r, unsigned int chan, char *name)
{
	struct profile_chan c = r->like;
	struct text why = TEXT_INIT;
	int result;

	c.name = name;
	c.ul = c.dl = 0;	/* both directions are there */
	c.mtu = c.mru = (uint32_t)(r->mtu - RPMSG_HEADER_LEN);
	c.boundary = BOUNDARY_MESSAGE;
	result = device_add_port(r->driver.device, &r->dir, &c, rpmsg_bus_link(r->bus), chan,
				 &r->files[chan], &why);
	text_fini(&why);
	if (result)
		return result;
	r->files[chan]->ioctl = file_ioctl;
	r->files[chan]->user = r;
	return 0;
}

static void on_came(void *user, unsigned int chan)
{
	struct rpmsg_driver *r = user;
	const struct rpmsg_endpoint *e = rpmsg_bus_endpoint(r->bus, chan);
	char name[RPMSG_FILE_LEN];

	find_name(r, e, name);
	if (add_file(r, chan, name) < 0) {
		device_bearer_noted(r->driver.device, "no memory for the file of an endpoint");
		return;
	}
	device_offer_port(r->driver.device, r->files[chan], r->is_carried);
	tell(r, "create", e, port_name(r->files[chan]->port));
}

static void on_left(void *user, unsigned int chan)
{
	struct rpmsg_driver *r = user;
	struct device_port *p = r->files[chan];

	if (!p)
		return;
	r->files[chan] = NULL;
	device_offer_port(r->driver.device, p, false);
	tell(r, "destroy", rpmsg_bus_endpoint(r->bus, chan), port_name(p->port));
	device_remove_port(p, -ECONNRESET);
}

static void on_noted(void *user, const char *sentence)
{
	struct rpmsg_driver *r = user;
	char line[160];

	snprintf(line, sizeof(line), "rpmsg: %s", sentence);
	device_bearer_noted(r->driver.device, line);
}

static void on_wants_turn(void *user)
{
	struct rpmsg_driver *r = user;

	loop_defer(r->driver.device->loop, &r->turn);
}

/* Those of local endpoints wait for the next carrier without a file. */
static void on_carried(void *user, bool is_carried)
{
	struct rpmsg_driver *r = user;

	r->is_carried = is_carried;
	for (unsigned int i = 0; i < RPMSG_ENDPOINTS; i++)
		if (r->files[i])
			device_offer_port(r->driver.device, r->files[i], is_carried);
}

static const struct rpmsg_bus_ops bus_ops = {
	.came = on_came,
	.left = on_left,
	.noted = on_noted,
	.wants_turn = on_wants_turn,
	.carried = on_carried,
};

static void run_turn(void *user)
{
	struct rpmsg_driver *r = user;

	rpmsg_bus_turn(r->bus);
}

/* The channel that carries the bus. */

static void start_carrier(struct rpmsg_driver *r)
{
	timer_stop(&r->retry);
	if (!r->is_offered || r->is_running || r->is_ending)
		return;
	r->is_running = !carrier_link_start(r->carrier);
	if (!r->is_running)
		timer_start(loop_timers(r->driver.device->loop), &r->retry, RETRY_US);
}

static void on_retry(void *user)
{
	start_carrier(user);
}

static void on_stopped(void *user, int why)
{
	struct rpmsg_driver *r = user;

	(void)why;
	r->is_running = false;
	if (r->is_ending)
		driver_put(&r->driver);
	else
		timer_start(loop_timers(r->driver.device->loop), &r->retry, RETRY_US);
}

static const struct carrier_link_ops carrier_ops = { .stopped = on_stopped };

static void rpmsg_offered(struct driver *dr, struct link *l, unsigned int chan, bool is_offered)
{
	struct rpmsg_driver *r = rpmsg(dr);

	r->is_offered = is_offered;
	if (!r->carrier && carrier_link_mtu(l, chan) == r->mtu)
		r->carrier = carrier_link_new(l, chan, r->bus, &carrier_ops, r);
	if (r->carrier)
		start_carrier(r);
	else
		device_bearer_noted(dr->device, "the channel RPMSG cannot carry messages");
}

/* What the device calls. */

/* Nothing comes any more, and nobody makes anything. */
static void begin_end(struct rpmsg_driver *r)
{
	r->is_ending = true;
	timer_stop(&r->retry);
	rpmsg_ctrl_end(&r->ctrl);
	for (unsigned int i = 0; i < RPMSG_ENDPOINTS; i++)
		rpmsg_bus_destroy(r->bus, i, -ENODEV);
}

static void rpmsg_stop(struct driver *dr)
{
	struct rpmsg_driver *r = rpmsg(dr);

	begin_end(r);
	if (r->is_running)
		carrier_link_stop(r->carrier, -ENODEV);
	else
		driver_put(dr);
}

static void rpmsg_close(struct driver *dr)
{
	struct rpmsg_driver *r = rpmsg(dr);

	begin_end(r);
	driver_put(dr);
}

static void rpmsg_free(struct driver *dr)
{
	struct rpmsg_driver *r = rpmsg(dr);

	defer_cancel(&r->turn);
	carrier_link_free(r->carrier);
	rpmsg_virtio_free(r->virtio);
	rpmsg_bus_free(r->bus);
	profile_chan_fini(&r->own_like);
	free(r);
}

static const char *const types[] = { MHIFS_EVENT_NS, NULL };

static const struct driver_ops driver_ops = {
	.events = { .name = "rpmsg", .types = types },
	.offered = rpmsg_offered,
	.stop = rpmsg_stop,
	.close = rpmsg_close,
	.free = rpmsg_free,
};

/* An option that says yes or no, when it is given. */
static int read_truth(const struct spec *s, const char *key, bool *ret_value,
		      struct text *ret_why)
{
	const char *word = spec_option(s, key);

	if (!word)
		return 0;
	if (strcmp(word, "yes") && strcmp(word, "no")) {
		text_printf(ret_why, "option %s cannot be '%s'; it is yes or no", key, word);
		return -EINVAL;
	}
	*ret_value = !strcmp(word, "yes");
	return 0;
}

static int read_options(const struct spec *s, struct rpmsg_bus_config *c, struct text *ret_why)
{
	int r = read_truth(s, "greet", &c->greets, ret_why);

	return r ? r : read_truth(s, "strict", &c->is_strict, ret_why);
}

static struct rpmsg_driver *driver_new(const struct rpmsg_bus_config *c)
{
	struct rpmsg_driver *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->ops = driver_ops;
	r->mtu = c->mtu;
	r->bus = rpmsg_bus_new(c, &bus_ops, r);
	defer_init(&r->turn, run_turn, r);
	timer_init(&r->retry, on_retry, r);
	node_dir_init(&r->dir, "rpmsg");
	if (r->bus)
		return r;
	free(r);
	return NULL;
}

/* A virtio device has no section of the configuration that could say it. */
static int read_slow_reader(const struct spec *s, enum slow_reader *ret_what,
			    struct text *ret_why)
{
	const char *word = spec_option(s, "slow_reader");

	if (word && strcmp(word, "hold") && strcmp(word, "drop")) {
		text_printf(ret_why, "option slow_reader cannot be '%s'; it is hold or drop", word);
		return -EINVAL;
	}
	*ret_what = word && !strcmp(word, "drop") ? SLOW_READER_DROP : SLOW_READER_HOLD;
	return 0;
}

/* On failure it is gone. */
static int driver_add(struct rpmsg_driver *r, struct device *d)
{
	int result = device_add_driver(d, &r->driver, &r->ops);

	if (result) {
		rpmsg_free(&r->driver);
		return result;
	}
	rpmsg_ctrl_init(&r->ctrl, r->bus);
	list_append(&r->dir.nodes, &r->ctrl.node.node);
	list_append(&device_root(d)->dirs, &r->dir.node);
	return 0;
}

int rpmsg_add_over_channel(struct device *d, const struct profile_chan *c, const struct spec *s,
			   struct text *ret_why)
{
	struct rpmsg_bus_config config = bus_config;
	struct rpmsg_driver *driver;
	int r;

	config.mtu = min_u32(c->mtu, RPMSG_MTU_MOST);
	config.greets = c->greet;
	r = read_options(s, &config, ret_why);
	if (r || c->ul < 0 || c->dl < 0 || c->mtu < RPMSG_MTU_LEAST)
		return r;
	driver = driver_new(&config);
	if (!driver)
		return -ENOMEM;
	driver->like = *c;
	driver->ops.channel = c->name;
	return driver_add(driver, d);
}

int rpmsg_start_over_virtio(struct device *d, const struct spec *s, struct text *ret_why)
{
	struct rpmsg_bus_config config = bus_config;
	enum slow_reader slow_reader;
	struct rpmsg_driver *driver;
	int r = read_options(s, &config, ret_why);

	if (!r)
		r = read_slow_reader(s, &slow_reader, ret_why);
	if (r)
		return r;
	config.mtu = RPMSG_BUFFER_LEN;
	driver = driver_new(&config);
	if (!driver)
		return -ENOMEM;
	driver->virtio = rpmsg_virtio_new(d->loop, d->bearer, driver->bus);
	r = profile_chan_init(&driver->own_like, "RPMSG");
	driver->own_like.slow_reader = slow_reader;
	driver->like = driver->own_like;
	if (r || !driver->virtio) {
		rpmsg_free(&driver->driver);
		return -ENOMEM;
	}
	r = driver_add(driver, d);
	return r ? r : rpmsg_virtio_start(driver->virtio, ret_why);
}
