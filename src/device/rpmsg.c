#include "device/rpmsg.h"
#include "device/rpmsg_ctrl.h"
#include "device/rpmsg_name.h"
#include "mhifs/mhifs.h"
#include "rpmsg/carrier_link.h"
#include <errno.h>
#include <stdlib.h>

enum {
	SLOTS = 16,		/* of an endpoint, each way */
	RETRY_US = 100000,	/* a channel that closed by itself is opened again */
};

struct rpmsg_driver {
	struct driver driver;
	struct driver_ops ops;	/* with the channel */
	struct rpmsg_setup setup;
	struct rpmsg_bus *bus;	/* owned */
	struct defer turn;
	struct node_dir dir;	/* "rpmsg" */
	struct rpmsg_ctrl ctrl;
	struct carrier_link *carrier;	/* owned; NULL before the channel was offered */
	struct timer retry;
	bool is_offered;	/* the channel */
	bool is_running;	/* the carrier was started and has not stopped */
	bool is_ending;
	struct device_port *files[RPMSG_ENDPOINTS];	/* by channel of the bus; NULL: none */
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

static int add_file(struct rpmsg_driver *r, unsigned int chan, char *name)
{
	struct profile_chan c = *r->setup.like;
	struct text why = TEXT_INIT;
	int result;

	c.name = name;
	c.ul = c.dl = 0;	/* both directions are there */
	c.mtu = c.mru = (uint32_t)(r->setup.mtu - RPMSG_HEADER_LEN);
	c.boundary = BOUNDARY_MESSAGE;
	result = device_add_port(r->driver.device, &r->dir, &c, rpmsg_bus_link(r->bus), chan,
				 &r->files[chan], &why);
	text_fini(&why);
	return result;
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
	device_offer_port(r->driver.device, r->files[chan], true);
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

	device_bearer_noted(r->driver.device, sentence);
}

static void on_wants_turn(void *user)
{
	struct rpmsg_driver *r = user;

	loop_defer(r->driver.device->loop, &r->turn);
}

static const struct rpmsg_bus_ops bus_ops = {
	.came = on_came,
	.left = on_left,
	.noted = on_noted,
	.wants_turn = on_wants_turn,
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
	if (!r->carrier && carrier_link_mtu(l, chan) == r->setup.mtu)
		r->carrier = carrier_link_new(l, chan, r->bus, &carrier_ops, r);
	if (r->carrier)
		start_carrier(r);
	else
		device_bearer_noted(dr->device, "the channel RPMSG cannot carry messages");
}

/* What the device calls. */

static void destroy_local(struct rpmsg_driver *r, int why)
{
	for (unsigned int i = 0; i < RPMSG_ENDPOINTS; i++)
		rpmsg_bus_destroy(r->bus, i, why);
}

static void rpmsg_stop(struct driver *dr)
{
	struct rpmsg_driver *r = rpmsg(dr);

	r->is_ending = true;
	timer_stop(&r->retry);
	destroy_local(r, -ENODEV);
	if (r->is_running)
		carrier_link_stop(r->carrier, -ENODEV);
	else
		driver_put(dr);
}

static void rpmsg_close(struct driver *dr)
{
	struct rpmsg_driver *r = rpmsg(dr);

	r->is_ending = true;
	timer_stop(&r->retry);
	destroy_local(r, -ENODEV);
	driver_put(dr);
}

static void rpmsg_free(struct driver *dr)
{
	struct rpmsg_driver *r = rpmsg(dr);

	defer_cancel(&r->turn);
	carrier_link_free(r->carrier);
	rpmsg_bus_free(r->bus);
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

static struct rpmsg_driver *driver_new(const struct rpmsg_setup *s)
{
	const struct rpmsg_bus_config config = {
		.mtu = s->mtu, .n_endpoints = RPMSG_ENDPOINTS, .n_ul = SLOTS, .n_dl = SLOTS,
		.greets = s->greets,
	};
	struct rpmsg_driver *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->setup = *s;
	r->ops = driver_ops;
	r->ops.channel = s->channel;
	r->bus = rpmsg_bus_new(&config, &bus_ops, r);
	defer_init(&r->turn, run_turn, r);
	timer_init(&r->retry, on_retry, r);
	node_dir_init(&r->dir, "rpmsg");
	if (r->bus)
		return r;
	free(r);
	return NULL;
}

int rpmsg_driver_add(struct device *d, const struct rpmsg_setup *s,
		     struct rpmsg_driver **ret_driver)
{
	struct rpmsg_driver *r = driver_new(s);
	int result;

	if (!r)
		return -ENOMEM;
	result = device_add_driver(d, &r->driver, &r->ops);
	if (result) {
		rpmsg_bus_free(r->bus);
		free(r);
		return result;
	}
	rpmsg_ctrl_init(&r->ctrl, r->bus);
	list_append(&r->dir.nodes, &r->ctrl.node.node);
	list_append(&device_root(d)->dirs, &r->dir.node);
	*ret_driver = r;
	return 0;
}

int rpmsg_greets(const struct spec *s, bool *ret_greets, struct text *ret_why)
{
	const char *word = spec_option(s, "greet");

	if (!word)
		return 0;
	if (strcmp(word, "yes") && strcmp(word, "no")) {
		text_printf(ret_why, "option greet cannot be '%s'; it is yes or no", word);
		return -EINVAL;
	}
	*ret_greets = !strcmp(word, "yes");
	return 0;
}

struct rpmsg_bus *rpmsg_driver_bus(struct rpmsg_driver *r)
{
	return r->bus;
}
