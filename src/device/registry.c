/*
 * A seat is a number with the address that has it, or had it: it stays when
 * its device leaves, so that the device finds it again.
 */
#include "device/attached.h"
#include "device/instance.h"
#include "device/registry.h"
#include "device/simulated.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { SHUTDOWN_US = 5000000 };

struct seat {
	struct list node;
	unsigned int number;
	char path_name[];
};

struct registry {
	struct loop *loop;		/* borrowed */
	const struct config *config;	/* borrowed */
	const struct registry_ops *ops;	/* borrowed */
	void *user;			/* of ops; borrowed */
	struct list devices;	/* of struct device: references, by number */
	struct list seats;	/* of struct seat */
	struct defer sweep;	/* lets go of devices that are gone */
	/* A shutdown under way: */
	void (*done)(void *user);
	void *done_user;
	struct timer deadline;
};

static struct device *find_path(const struct registry *r, const char *path_name)
{
	struct device *d;

	list_for_each(d, &r->devices, node)
		if (!strcmp(d->path_name, path_name))
			return d;
	return NULL;
}

static struct seat *find_seat(const struct registry *r, const char *path_name)
{
	struct seat *s;

	list_for_each(s, &r->seats, node)
		if (!strcmp(s->path_name, path_name))
			return s;
	return NULL;
}

static bool is_taken(const struct registry *r, unsigned int number)
{
	struct seat *s;

	list_for_each(s, &r->seats, node)
		if (s->number == number)
			return true;
	return false;
}

static struct seat *take_seat(struct registry *r, const char *path_name)
{
	struct seat *s = find_seat(r, path_name);
	size_t size = strlen(path_name) + 1;

	if (s)
		return s;
	s = calloc(1, sizeof(*s) + size);
	if (!s)
		return NULL;
	memcpy(s->path_name, path_name, size);
	while (is_taken(r, s->number))
		s->number++;
	list_append(&r->seats, &s->node);
	return s;
}

static void insert_device(struct registry *r, struct device *d)
{
	struct device *other;

	list_for_each(other, &r->devices, node)
		if (other->number > d->number)
			break;
	list_insert_before(&other->node, &d->node);
}

static void remove_device(struct device *d)
{
	list_remove(&d->node);
	device_close(d);
	device_unref(d);
}

static void sweep(void *user)
{
	struct registry *r = user;
	struct device *d, *tmp;

	list_for_each_safe(d, tmp, &r->devices, node)
		if (device_is_gone(d))
			remove_device(d);
	r->ops->changed(r->user);
}

static void finish_shutdown(struct registry *r)
{
	void (*done)(void *user) = r->done;

	r->done = NULL;
	timer_stop(&r->deadline);
	done(r->done_user);
}

static bool is_stopped(const struct registry *r)
{
	struct device *d;

	list_for_each(d, &r->devices, node)
		if (!device_is_stopped(d))
			return false;
	return true;
}

static void after_change(void *user)
{
	struct registry *r = user;

	sweep(r);
	if (r->done && is_stopped(r))
		finish_shutdown(r);
}

static void on_changed(void *user, struct device *d)
{
	struct registry *r = user;

	(void)d;
	loop_defer(r->loop, &r->sweep);
}

static const struct device_ops device_ops = { .changed = on_changed };

static void on_deadline(void *user)
{
	struct registry *r = user;
	struct device *d;

	list_for_each(d, &r->devices, node)
		if (!device_is_stopped(d))
			log_warn(d->name, "did not power off within 5 s; left as it is");
	finish_shutdown(r);
}

struct registry *registry_new(struct loop *l, const struct config *c,
			      const struct registry_ops *ops, void *user)
{
	struct registry *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->loop = l;
	r->config = c;
	r->ops = ops;
	r->user = user;
	list_init(&r->devices);
	list_init(&r->seats);
	defer_init(&r->sweep, after_change, r);
	timer_init(&r->deadline, on_deadline, r);
	return r;
}

void registry_free(struct registry *r)
{
	struct seat *s, *tmp;

	if (!r)
		return;
	while (!list_is_empty(&r->devices))
		remove_device(list_first(&r->devices, struct device, node));
	list_for_each_safe(s, tmp, &r->seats, node)
		free(s);
	defer_cancel(&r->sweep);
	timer_stop(&r->deadline);
	free(r);
}

/* "loopback-0": the lowest that is free, or as option name says. */
static int loopback_path(const struct registry *r, const struct spec *s,
			 struct text *ret_path, struct text *ret_why)
{
	const char *name = spec_option(s, "name");
	unsigned int i = 0;

	if (name && !text_is_name(name)) {
		text_printf(ret_why, "option name cannot be '%s'; it must be a file name "
			    "without blanks", name);
		return -EINVAL;
	}
	if (name) {
		text_printf(ret_path, "loopback-%s", name);
		return 0;
	}
	do {
		text_clear(ret_path);
		text_printf(ret_path, "loopback-%u", i++);
	} while (!text_failed(ret_path) && find_path(r, text_get(ret_path)));
	return 0;
}

static bool is_attached(const struct spec *s)
{
	return s->transport != SPEC_LOOPBACK;
}

/* A device with its number, not yet in the table. */
static int make_device(struct registry *r, const struct spec *s, const char *profile_name,
		       struct config_address a, struct device **ret_device,
		       struct text *ret_why)
{
	struct profile *profile = NULL;
	struct seat *seat;
	int ret;

	ret = config_profile(r->config, profile_name, a, &profile, ret_why);
	if (ret)
		return ret;
	seat = take_seat(r, a.path);
	if (!seat) {
		profile_free(profile);
		return -ENOMEM;
	}
	*ret_device = device_new(r->loop, seat->number, s->transport,
				 is_attached(s) ? s->address : a.path, a.path,
				 profile, &device_ops, r);
	return *ret_device ? 0 : -ENOMEM;
}

static int start_loopback(struct registry *r, const struct spec *s, const char *path,
			  struct device **ret_device, struct text *ret_why)
{
	struct config_address a = { .path = path };
	struct device *d;
	struct hw *hw;
	int ret;

	ret = make_device(r, s, *s->address ? s->address : NULL, a, ret_device, ret_why);
	if (ret)
		return ret;
	d = *ret_device;
	ret = simulated_open(r->loop, s, d->profile, d->name, &hw, &d->sim_chans, ret_why);
	return ret ? ret : device_start(d, hw, ret_why);
}

/* What the operator says counts, then what the identity says. */
static const char *attached_profile(const struct registry *r, const struct spec *s,
				    const struct pci_id *id, struct config_address a)
{
	const char *name = spec_option(s, "profile");

	if (!name)
		name = config_profile_name(r->config, a);
	if (!name)
		name = config_profile_for_pci(r->config, id->vendor, id->device,
					      id->sub_vendor, id->sub_device);
	return name;
}

static int start_attached(struct registry *r, const struct spec *s, const char *path,
			  struct device **ret_device, struct text *ret_why)
{
	struct config_address a = { .path = path };
	char identity[sizeof("pci-1234:5678")];
	const char *profile;
	struct pci_id id;
	struct hw *hw;
	int ret;

	ret = attached_open(r->loop, s, &hw, &id, ret_why);
	if (ret)
		return ret;
	snprintf(identity, sizeof(identity), "pci-%04x:%04x", id.vendor, id.device);
	a.identity = identity;
	profile = attached_profile(r, s, &id, a);
	if (!profile) {
		text_printf(ret_why, "%s:%s: no profile fits %04x:%04x (subsystem %04x:%04x); "
			    "name one with profile=", spec_transport_name(s->transport),
			    s->address, id.vendor, id.device, id.sub_vendor, id.sub_device);
		ret = -ENOENT;
	}
	if (!ret)
		ret = make_device(r, s, profile, a, ret_device, ret_why);
	if (!ret)
		ret = attached_arm(s, hw, (*ret_device)->profile->n_erings + 1, ret_why);
	if (ret) {
		hw->ops->close(hw);
		return ret;
	}
	return device_start(*ret_device, hw, ret_why);
}

static int add_at(struct registry *r, const struct spec *s, const char *path,
		  struct text *ret_why)
{
	struct device *d = NULL;
	int ret;

	if (find_path(r, path)) {
		text_printf(ret_why, "address %s is taken by %s", path,
			    find_path(r, path)->name);
		return -EBUSY;
	}
	ret = is_attached(s) ? start_attached(r, s, path, &d, ret_why) :
			       start_loopback(r, s, path, &d, ret_why);
	if (ret) {
		device_unref(d);
		return ret;
	}
	insert_device(r, d);
	r->ops->changed(r->user);
	return 0;
}

static int make_path(const struct registry *r, const struct spec *s,
		     struct text *ret_path, struct text *ret_why)
{
	return is_attached(s) ? attached_path(s, ret_path, ret_why) :
				loopback_path(r, s, ret_path, ret_why);
}

int registry_add(struct registry *r, const struct spec *s, struct text *ret_why)
{
	struct text path = TEXT_INIT;
	int ret;

	ret = make_path(r, s, &path, ret_why);
	if (!ret && text_failed(&path))
		ret = -ENOMEM;
	if (!ret)
		ret = add_at(r, s, text_get(&path), ret_why);
	if (ret && !ret_why->len)
		text_printf(ret_why, "%s: %s", text_get(&path), strerror(-ret));
	text_fini(&path);
	return ret;
}

struct device *registry_device(struct registry *r, unsigned int i)
{
	struct device *d;

	list_for_each(d, &r->devices, node)
		if (!i--)
			return d;
	return NULL;
}

struct device *registry_find(struct registry *r, const char *name)
{
	struct device *d;

	list_for_each(d, &r->devices, node)
		if (!strcmp(d->name, name))
			return d;
	return NULL;
}

bool registry_is_settled(struct registry *r)
{
	struct device *d;

	list_for_each(d, &r->devices, node)
		if (!device_is_settled(d))
			return false;
	return true;
}

void registry_shutdown(struct registry *r, void (*done)(void *user), void *user)
{
	struct device *d;

	r->done = done;
	r->done_user = user;
	timer_start(loop_timers(r->loop), &r->deadline, SHUTDOWN_US);
	list_for_each(d, &r->devices, node)
		device_stop(d);
	loop_defer(r->loop, &r->sweep);
}
