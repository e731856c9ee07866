#include "fuzz/fs_world.h"
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

enum { SLOTS = 4, SLOT_LEN = 64 };

/* --- what the filesystem asks for; the registry's own is not linked --- */

struct device *device_ref(struct device *d)
{
	d->refs++;
	return d;
}

void device_unref(struct device *d)
{
	assert(d->refs > 0);
	d->refs--;
}

const char *device_name(const struct device *d)
{
	(void)d;
	return "mhi0";
}

const char *device_path_name(const struct device *d)
{
	(void)d;
	return "loopback-0";
}

const struct node_dir *device_dir(const struct device *d)
{
	return &d->root;
}

struct events *device_events(struct device *d)
{
	return d->events;
}

struct device *registry_device(struct registry *w, unsigned int i)
{
	return w->is_listed && i == 0 ? &w->device : NULL;
}

struct device *registry_find(struct registry *w, const char *name)
{
	return w->is_listed && !strcmp(name, "mhi0") ? &w->device : NULL;
}

/* --- attributes --- */

static int show(struct node *n, struct text *out)
{
	text_printf(out, "%s=1\n", n->name);
	return 0;
}

static ssize_t withdraw(struct wait *w)
{
	list_remove(&w->node);
	return -EINTR;
}

static void park(struct node *n, struct wait *w)
{
	struct device *d = n->user;

	wait_park(w, &d->waits, withdraw, d);
}

static void store(struct node *n, const char *text, bool nonblock, struct wait *w)
{
	if (*text == 'x')
		wait_answer(w, -EINVAL, NULL, 0);
	else if (nonblock)
		wait_answer(w, 0, NULL, 0);
	else
		park(n, w);
}

static void handle_ioctl(struct node *n, unsigned int cmd, uint64_t arg, const void *in,
			 size_t in_len, size_t out_len, struct wait *w)
{
	uint8_t copy[256];
	struct iovec iov = { copy, min_size(out_len, sizeof(copy)) };

	(void)arg;
	memset(copy, 0, sizeof(copy));
	if (in_len)
		memcpy(copy, in, min_size(in_len, sizeof(copy)));
	if (cmd & 1)
		park(n, w);
	else
		wait_answer(w, 0, &iov, 1);
}

static int poll_never(struct node *n)
{
	(void)n;
	return 0;
}

static int open_stored(struct node *n)
{
	(void)n;
	return open("/dev/zero", O_RDONLY | O_CLOEXEC);
}

static const struct node_ops state_ops = { .show = show };
static const struct node_ops power_ops = { .show = show, .store = store };
static const struct node_ops slow_ops = { .show = show, .fetch = park, .store = store };
static const struct node_ops odd_ops = { .ioctl = handle_ioctl, .poll = poll_never };
static const struct node_ops stored_ops = { .open = open_stored };

static void add_nodes(struct device *d)
{
	static const char *const names[WORLD_NODES] = { "state", "power", "slow", "odd" };
	static const struct node_ops *const ops[WORLD_NODES] = {
		&state_ops, &power_ops, &slow_ops, &odd_ops,
	};

	for (unsigned int i = 0; i < WORLD_NODES; i++) {
		d->nodes[i] = (struct node){ .name = names[i], .mode = 0600, .ops = ops[i],
					     .user = d };
		list_append(&d->root.nodes, &d->nodes[i].node);
	}
	d->stored = (struct node){ .name = "stored", .mode = 0600, .ops = &stored_ops,
				   .size = 4096 };
	list_append(&d->dump.nodes, &d->stored.node);
	list_append(&d->root.dirs, &d->dump.node);
}

/* --- channels --- */

static void on_changed(void *user, struct port *p)
{
	(void)user;
	(void)p;
}

static const struct port_ops port_ops = { .changed = on_changed };

static int port_ioctl(struct device_port *p, void *user, unsigned int cmd)
{
	(void)user;
	p->is_offered = cmd & 1;
	return 0;
}

static void add_ports(struct registry *w)
{
	static const char *const names[WORLD_PORTS] = { "DUN", "QMI" };
	struct device *d = &w->device;

	for (unsigned int i = 0; i < WORLD_PORTS; i++) {
		const struct port_config c = {
			.name = names[i], .mtu = SLOT_LEN, .linger_ms = 50, .flush_ms = 5000,
			.boundary = i ? BOUNDARY_MESSAGE : BOUNDARY_STREAM,
		};

		fake_link_init(&d->links[i], SLOTS, SLOT_LEN, SLOTS, SLOT_LEN);
		d->links[i].closes_at_once = true;
		d->ports[i] = (struct device_port){
			.name = names[i], .mode = 0660, .is_offered = true, .ioctl = port_ioctl,
			.port = port_new(&d->links[i].link, 0, &c, &w->timers, &w->budget,
					 &port_ops, w),
		};
		assert(d->ports[i].port);
		list_append(&d->root.ports, &d->ports[i].node);
	}
}

/* --- all of it --- */

static const char *const event_types[] = { "state", NULL };
static const struct events_source_ops source = { .name = "fuzz", .types = event_types };

void world_init(struct registry *w)
{
	struct device *d = &w->device;

	*w = (struct registry){ .is_listed = true, .budget = { .most = 4096 } };
	timers_init(&w->timers);
	list_init(&d->waits);
	node_dir_init(&d->root, "");
	node_dir_init(&d->dump, "dump");
	d->events = events_new();
	assert(d->events && !events_register(d->events, &source));
	add_nodes(d);
	add_ports(w);
}

void world_fini(struct registry *w)
{
	struct device *d = &w->device;

	timers_advance(&w->timers, w->timers.now_us + 10000000);
	assert(d->refs == 0 && list_is_empty(&d->waits));
	for (unsigned int i = 0; i < WORLD_PORTS; i++) {
		struct port_stats stats = port_stats(d->ports[i].port);

		assert(stats.users == 0 && stats.prepares == stats.unprepares);
		port_unref(d->ports[i].port);
		if (d->links[i].state == FAKE_CLOSING)
			fake_link_closed(&d->links[i], 0);
		fake_link_fini(&d->links[i]);
	}
	for (unsigned int i = 0; i < WORLD_NODES; i++)
		assert(!d->nodes[i].watches);
	assert(w->budget.used == 0 && list_is_empty(&w->timers.due));
	events_unregister(d->events, &source);
	events_unref(d->events);
}

bool world_answer(struct registry *w, int result)
{
	struct list *waits = &w->device.waits;

	if (list_is_empty(waits))
		return false;
	wait_answer(list_first(waits, struct wait, node), result, NULL, 0);
	return true;
}

void world_add_event(struct registry *w)
{
	events_add(w->device.events, &source, "state", NULL);
}
