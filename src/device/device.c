/*
 * Between bearer, drivers, ports and loop: who holds the device up, what
 * becomes of its files when it goes down, answers to who wrote to power.
 */
#include "device/instance.h"
#include "base/cleanup.h"
#include "device/crashes.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { PARKED_MOST = 16 << 20 };	/* bytes of parked writes */

struct device *device_ref(struct device *d)
{
	d->refs++;
	return d;
}

static void free_drivers(struct device *d)
{
	struct driver *dr, *tmp;

	list_for_each_safe(dr, tmp, &d->drivers, node) {
		list_remove(&dr->node);
		dr->ops->free(dr);
	}
}

static void device_free(struct device *d)
{
	device_close(d);
	free_drivers(d);
	d->bearer->ops->free(d->bearer);
	crashes_free(d->crashes);
	events_unref(d->events);
	text_fini(&d->blame);
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
	return d->is_closed ? ENGINE_GONE : d->bearer->ops->state(d->bearer);
}

const char *device_why(const struct device *d)
{
	if (d->is_closed)
		return "the device is gone";
	if (d->blame.len && device_state(d) == ENGINE_ERROR)
		return text_get(&d->blame);
	return d->bearer->ops->why(d->bearer);
}

const char *device_mhi(const struct device *d)
{
	const struct bearer_ops *ops = d->bearer->ops;

	return !d->is_closed && ops->mhi ? ops->mhi(d->bearer) : "";
}

const char *device_ee(const struct device *d)
{
	const struct bearer_ops *ops = d->bearer->ops;

	return !d->is_closed && ops->ee ? ops->ee(d->bearer) : "-";
}

bool device_is_gone(const struct device *d)
{
	return device_state(d) == ENGINE_GONE;
}

bool device_is_settled(const struct device *d)
{
	const struct bearer_ops *ops = d->bearer->ops;

	switch (device_state(d)) {
	case ENGINE_STARTING:
		return false;
	case ENGINE_RECOVERING:
		return ops->is_resting && ops->is_resting(d->bearer);
	default:
		return true;
	}
}

bool device_is_ready(const struct device *d)
{
	enum engine_state s = device_state(d);

	return s == ENGINE_READY || s == ENGINE_SUSPENDED;
}

bool device_is_stopped(const struct device *d)
{
	enum engine_state s = device_state(d);

	return s == ENGINE_GONE || (!d->n_users && !d->is_powering_off &&
				    (s == ENGINE_OFF || s == ENGINE_ERROR));
}

const struct profile *device_profile(const struct device *d)
{
	return d->bearer->ops->profile ? d->bearer->ops->profile(d->bearer) : NULL;
}

const struct node_dir *device_dir(const struct device *d)
{
	return &d->root;
}

struct node_dir *device_root(struct device *d)
{
	return &d->root;
}

struct events *device_events(struct device *d)
{
	return d->events;
}

/* What the bearer calls. */

void device_bearer_changed(struct device *d)
{
	/* Before device_new() returned, or from within device_close(). */
	if (d->is_closed)
		return;
	device_tell_changes(d);
	node_changed(&d->attrs[NODE_STATE]);
	node_changed(&d->attrs[NODE_POWER]);
	d->ops->changed(d->user, d);
}

static int begin_power(struct device *d, enum engine_power what)
{
	int r = d->bearer->ops->power(d->bearer, what);

	if (r == POWER_STARTED)
		d->n_power_begun++;
	return r;
}

/* Another transition may be under way: its end brings us here again. */
static void power_off_for_good(struct device *d)
{
	d->is_powering_off = begin_power(d, POWER_OFF) == POWER_STARTED;
}

void device_bearer_power_done(struct device *d, int status)
{
	d->is_powering_off = false;
	d->n_power_ended++;
	device_tell_power(d, status);
	device_answer_power(d, status);
	if (!d->n_users && !device_is_stopped(d))
		power_off_for_good(d);
	d->ops->changed(d->user, d);
}

void device_bearer_noted(struct device *d, const char *sentence)
{
	unsigned int swallowed;

	history_add(&d->history, loop_timers(d->loop)->now_us, "%s", sentence);
	if (!log_limit_pass(&d->noted, loop_timers(d->loop)->now_us, &swallowed))
		return;
	if (swallowed)
		log_warn(d->name, "%u messages were left out", swallowed);
	log_warn(d->name, "%s", sentence);
}

/* Users of the hardware. */

void device_get(struct device *d)
{
	d->n_users++;
}

void device_put(struct device *d)
{
	if (--d->n_users || d->is_closed)
		return;
	power_off_for_good(d);
	d->ops->changed(d->user, d);
}

int device_add_driver(struct device *d, struct driver *dr, const struct driver_ops *ops)
{
	int r = events_register(d->events, &ops->events);

	if (r)
		return r;
	dr->ops = ops;
	dr->device = d;
	dr->has_device = true;
	device_get(d);
	list_append(&d->drivers, &dr->node);
	return 0;
}

void driver_put(struct driver *dr)
{
	if (!dr->has_device)
		return;
	dr->has_device = false;
	device_put(dr->device);
}

bool driver_may_yield(const struct driver *dr)
{
	return dr->device->bearer->ops->yielded && !dr->has_yielded;
}

void driver_yield(struct driver *dr)
{
	struct bearer *b = dr->device->bearer;

	dr->has_yielded = true;
	b->ops->yielded(b, dr->ops->channel);
}

void driver_blame(struct driver *dr, const char *why)
{
	text_clear(&dr->device->blame);
	text_add(&dr->device->blame, why);
}

void driver_tell(struct driver *dr, const char *type, json_t *fields)
{
	events_add(dr->device->events, &dr->ops->events, type, fields);
}

struct driver *device_driver_of(const struct device *d, const char *channel)
{
	struct driver *dr;

	list_for_each(dr, &d->drivers, node)
		if (dr->ops->channel && !dr->has_yielded && !strcmp(dr->ops->channel, channel))
			return dr;
	return NULL;
}

static void kill_port(void *why, struct device_port *p)
{
	port_kill(p->port, *(int *)why);
}

static void kill_ports(struct device *d, int why)
{
	device_each_port(&d->root, kill_port, &why);
}

int device_power(struct device *d, enum engine_power what)
{
	int r;

	if (d->is_closed || d->is_stopping)
		return -ENODEV;
	r = begin_power(d, what);
	if (r != POWER_STARTED)
		return r;
	if (what == POWER_RESET || what == POWER_EDL) {
		device_tell_reset(d, what == POWER_RESET ? "power" : "edl");
		kill_ports(d, -ECONNRESET);
	} else if (what == POWER_OFF) {
		kill_ports(d, -ENODEV);
	}
	return r;
}

void device_sleep(struct device *d)
{
	if (!d->is_stopping && d->bearer->ops->sleep)
		d->bearer->ops->sleep(d->bearer);
}

bool device_is_asleep(const struct device *d)
{
	const struct bearer_ops *ops = d->bearer->ops;

	return d->is_closed || !ops->is_asleep || ops->is_asleep(d->bearer);
}

void device_wake(struct device *d)
{
	if (!d->is_closed && d->bearer->ops->wake)
		d->bearer->ops->wake(d->bearer);
}

static void withhold_port(void *user, struct device_port *p)
{
	(void)user;
	p->is_offered = false;
	port_set_offered(p->port, false);
}

void device_stop(struct device *d)
{
	struct driver *dr, *tmp;

	if (d->is_stopping)
		return;
	d->is_stopping = true;
	/* Drivers may have channels to close. */
	device_wake(d);
	device_each_port(&d->root, withhold_port, NULL);
	kill_ports(d, -ENODEV);
	list_for_each_safe(dr, tmp, &d->drivers, node)
		dr->ops->stop(dr);
	device_put(d);
}

static void remove_ports(struct node_dir *dir)
{
	struct device_port *p, *tmp;
	struct node_dir *sub;

	list_for_each_safe(p, tmp, &dir->ports, node)
		device_remove_port(p, -ENODEV);
	list_for_each(sub, &dir->dirs, node)
		remove_ports(sub);
}

void device_close(struct device *d)
{
	struct driver *dr, *tmp;

	if (d->is_closed)
		return;
	d->is_closed = true;
	d->is_stopping = true;
	d->bearer->ops->close(d->bearer);
	cleanup_close(&d->claim);
	d->claim = -1;
	list_for_each_safe(dr, tmp, &d->drivers, node)
		dr->ops->close(dr);
	remove_ports(&d->root);
	d->n_power_ended = d->n_power_begun;
	device_answer_power(d, -ENODEV);
	if (d->events)
		events_end(d->events);
}

static int name_device(struct device *d, const struct device_birth *b, const char *address)
{
	snprintf(d->name, sizeof(d->name), "mhi%u", b->number);
	d->path_name = strdup(b->path_name);
	d->address = strdup(address);
	d->events = events_new();
	if (!d->path_name || !d->address || !d->events)
		return -ENOMEM;
	return device_register_events(d);
}

int device_new(const struct device_birth *b, const char *address, struct bearer *bearer,
	       struct device **ret_device, struct text *ret_why)
{
	struct device *d = calloc(1, sizeof(*d));
	int r;

	if (!d) {
		bearer->ops->free(bearer);
		return -ENOMEM;
	}
	d->refs = 1;
	d->n_users = 1;
	d->claim = -1;
	d->number = b->number;
	d->loop = b->loop;
	d->ops = b->ops;
	d->user = b->user;
	d->bearer = bearer;
	d->budget.most = PARKED_MOST;
	bearer->device = d;
	list_init(&d->node);
	list_init(&d->drivers);
	list_init(&d->power_waits);
	node_dir_init(&d->root, "");
	device_init_nodes(d);
	r = name_device(d, b, address);
	if (!r && d->ops->born)
		r = d->ops->born(d->user, d, b->spec, ret_why);
	if (r)
		device_unref(d);
	else
		*ret_device = d;
	return r;
}
