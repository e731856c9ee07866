/*
 * A seat is a number with the address that has it, or had it: it stays when
 * its device leaves, so that the device finds it again.
 */
#include "device/registry.h"
#include "base/cleanup.h"
#include "device/instance.h"
#include "device/start.h"
#include "device/starts.h"
#include "device/usb.h"
#include <errno.h>
#include <stdlib.h>

enum { SHUTDOWN_US = 5000000, LOOK_US = 1000000 };

/* Besides what registry_add() returns: not before all others are settled. */
enum { ADD_LATER = REGISTRY_LEFT_OUT + 1 };

struct seat {
	struct list node;
	unsigned int number;
	bool was_used;		/* a device started there, once */
	const char *address;	/* of its spec; behind path_name */
	char path_name[];
};

/* A spec whose device may come and go, or that is tried when the others are done. */
struct waiter {
	struct list node;
	struct spec spec;
	struct device *device;	/* reference; NULL: absent */
	char *path_name;	/* of the last one; NULL: there was none */
	bool is_late;		/* processes died over it: it is the last to be tried */
	char *told;		/* why it could not be had, as it was logged; owned */
};

struct registry {
	struct loop *loop;		/* borrowed */
	const struct config *config;	/* borrowed */
	const struct registry_ops *ops;	/* borrowed */
	void *user;			/* of ops; borrowed */
	struct list devices;	/* of struct device: references, by number */
	struct list seats;	/* of struct seat */
	struct list waiters;	/* of struct waiter */
	struct starts starts;
	struct timer look;	/* for devices whose arrival nobody tells */
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

static struct seat *take_seat(struct registry *r, const char *path_name, const char *address)
{
	struct seat *s = find_seat(r, path_name);
	size_t size = strlen(path_name) + 1, address_size = strlen(address) + 1;

	if (s)
		return s;
	s = calloc(1, sizeof(*s) + size + address_size);
	if (!s)
		return NULL;
	memcpy(s->path_name, path_name, size);
	s->address = memcpy(s->path_name + size, address, address_size);
	while (is_taken(r, s->number))
		s->number++;
	list_append(&r->seats, &s->node);
	return s;
}

/* A device that was refused leaves no trace. */
static void leave_seat(struct seat *s)
{
	if (s->was_used)
		return;
	list_remove(&s->node);
	free(s);
}

static void insert_device(struct registry *r, struct device *d)
{
	struct device *other;

	list_for_each(other, &r->devices, node)
		if (other->number > d->number)
			break;
	list_insert_before(&other->node, &d->node);
}

static void remove_device(struct registry *r, struct device *d)
{
	struct waiter *w;

	list_for_each(w, &r->waiters, node)
		if (w->device == d) {
			w->device = NULL;
			device_unref(d);
			/* The next one may have come to its place already. */
			timer_start(loop_timers(r->loop), &r->look, 0);
		}
	list_remove(&d->node);
	device_close(d);
	device_unref(d);
}

static bool devices_are_settled(const struct registry *r)
{
	const struct device *d;

	list_for_each(d, &r->devices, node)
		if (!device_is_settled(d))
			return false;
	return true;
}

static bool has_late(const struct registry *r)
{
	const struct waiter *w;

	list_for_each(w, &r->waiters, node)
		if (w->is_late)
			return true;
	return false;
}

static void sweep(void *user)
{
	struct registry *r = user;
	struct device *d, *tmp;

	list_for_each_safe(d, tmp, &r->devices, node) {
		if (device_is_settled(d))
			starts_end(&r->starts, d->path_name);
		if (device_is_gone(d))
			remove_device(r, d);
	}
	if (has_late(r) && devices_are_settled(r) && !r->done)
		timer_start(loop_timers(r->loop), &r->look, 0);
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

static int on_born(void *user, struct device *d, const struct spec *s, struct text *ret_why)
{
	struct registry *r = user;

	return r->ops->born ? r->ops->born(r->user, d, s, ret_why) : 0;
}

static const struct device_ops device_ops = { .changed = on_changed, .born = on_born };

static void on_deadline(void *user)
{
	struct registry *r = user;
	struct device *d;

	list_for_each(d, &r->devices, node)
		if (!device_is_stopped(d))
			log_warn(d->name, "did not power off within 5 s; left as it is");
	finish_shutdown(r);
}

static void on_look(void *user)
{
	registry_look(user);
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
	list_init(&r->waiters);
	starts_init(&r->starts);
	defer_init(&r->sweep, after_change, r);
	timer_init(&r->deadline, on_deadline, r);
	timer_init(&r->look, on_look, r);
	return r;
}

static void free_waiter(struct waiter *w)
{
	spec_fini(&w->spec);
	free(w->path_name);
	free(w->told);
	free(w);
}

int registry_remember(struct registry *r, const char *path)
{
	return starts_load(&r->starts, path);
}

void registry_free(struct registry *r)
{
	struct seat *s, *tmp;
	struct waiter *w, *next;

	if (!r)
		return;
	while (!list_is_empty(&r->devices))
		remove_device(r, list_first(&r->devices, struct device, node));
	list_for_each_safe(s, tmp, &r->seats, node)
		free(s);
	list_for_each_safe(w, next, &r->waiters, node)
		free_waiter(w);
	starts_fini(&r->starts);
	defer_cancel(&r->sweep);
	timer_stop(&r->deadline);
	timer_stop(&r->look);
	free(r);
}

/* "loopback-0": the lowest that is free. */
static void number_path(const struct registry *r, const struct spec *s, struct text *path)
{
	unsigned int i = 0;

	do {
		text_clear(path);
		text_printf(path, "%s-%u", spec_transport_name(s->transport), i++);
	} while (!text_failed(path) && find_path(r, text_get(path)));
}

static bool is_socket(const struct spec *s)
{
	return s->transport == SPEC_VFIO_USER || s->transport == SPEC_VHOST_USER;
}

/* Sockets in different folders may have the same name: "vfio-user-NAME-2". */
static int tell_apart(const struct registry *r, const struct spec *s, struct text *path)
{
	char *name CLEANUP_FREE = strdup(text_get(path));
	const struct seat *seat;
	unsigned int i = 1;

	if (!name)
		return -ENOMEM;
	while ((seat = find_seat(r, text_get(path))) && strcmp(seat->address, s->address)) {
		text_clear(path);
		text_printf(path, "%s-%u", name, ++i);
	}
	return 0;
}

static int make_path(const struct registry *r, const struct spec *s,
		     struct text *ret_path, struct text *ret_why)
{
	int ret = start_path(s, ret_path, ret_why);

	if (!ret && !ret_path->len)
		number_path(r, s, ret_path);
	if (!ret && is_socket(s))
		ret = tell_apart(r, s, ret_path);
	return ret;
}

static int refuse_path(const char *path, const struct device *holder, struct text *ret_why)
{
	text_printf(ret_why, "address %s is taken by %s", path, holder->name);
	return -EBUSY;
}

/* 0, ADD_LATER, or REGISTRY_LEFT_OUT with a sentence. */
static int judge_past(const struct registry *r, const char *path, struct text *ret_why)
{
	unsigned int n = starts_deaths(&r->starts, path);

	if (n < STARTS_MOST)
		return n && !devices_are_settled(r) ? ADD_LATER : 0;
	text_printf(ret_why, "%s is left out: mhifs died %u times in a row while it started; "
		    "remove %s to have it tried again", path, n, r->starts.path);
	return REGISTRY_LEFT_OUT;
}

static int add_at(struct registry *r, const struct spec *s, const char *path,
		  struct device **ret_device, struct text *ret_why)
{
	struct device_birth birth = {
		.loop = r->loop,
		.config = r->config,
		.spec = s,
		.path_name = path,
		.ops = &device_ops,
		.user = r,
	};
	struct device *d;
	struct seat *seat;
	int ret;

	d = find_path(r, path);
	if (d)
		return refuse_path(path, d, ret_why);
	seat = take_seat(r, path, s->address);
	if (!seat)
		return -ENOMEM;
	/* Whoever comes later, or never, keeps the place. */
	ret = judge_past(r, path, ret_why);
	if (ret)
		return ret;
	birth.number = seat->number;
	starts_begin(&r->starts, path);
	ret = start_device(&birth, &d, ret_why);
	if (ret) {
		starts_end(&r->starts, path);
		leave_seat(seat);
		return ret;
	}
	seat->was_used = true;
	insert_device(r, d);
	*ret_device = d;
	r->ops->changed(r->user);
	return 0;
}

static int add(struct registry *r, const struct spec *s, struct device **ret_device,
	       struct text *ret_why)
{
	struct text path = TEXT_INIT;
	int ret;

	ret = make_path(r, s, &path, ret_why);
	if (!ret && text_failed(&path))
		ret = -ENOMEM;
	if (!ret)
		ret = add_at(r, s, text_get(&path), ret_device, ret_why);
	if (ret < 0 && !ret_why->len)
		text_printf(ret_why, "%s: %s", text_get(&path), strerror(-ret));
	text_fini(&path);
	return ret;
}

static bool is_usb(const struct waiter *w)
{
	return w->spec.transport == SPEC_USB;
}

/* Of USB devices udev tells. */
static void look_later(struct registry *r)
{
	struct waiter *w;

	list_for_each(w, &r->waiters, node)
		if (!w->device && !is_usb(w) && !r->done)
			timer_start(loop_timers(r->loop), &r->look, LOOK_US);
}

static int arrive(struct waiter *w, struct device *d)
{
	char *path_name = strdup(d->path_name);

	w->device = device_ref(d);
	if (!path_name)
		return -ENOMEM;
	free(w->path_name);
	w->path_name = path_name;
	return 0;
}

static int await(struct registry *r, const struct spec *s, struct text *ret_why)
{
	struct waiter *w = calloc(1, sizeof(*w));
	struct device *d;
	int ret;

	if (!w || spec_copy(s, &w->spec)) {
		free(w);
		return -ENOMEM;
	}
	ret = add(r, s, &d, ret_why);
	w->is_late = ret == ADD_LATER;
	if (ret && !w->is_late && (ret != -ENODEV || !spec_option(s, "wait"))) {
		free_waiter(w);
		return ret;
	}
	if (ret < 0)
		log_info(NULL, "waiting: %s", text_get(ret_why));
	else if (!ret)
		ret = arrive(w, d);
	text_clear(ret_why);
	list_append(&r->waiters, &w->node);
	look_later(r);
	return ret == -ENOMEM ? ret : 0;
}

/* One that may not come and go is forgotten after its turn. */
static bool may_come_and_go(const struct spec *s)
{
	return s->transport == SPEC_USB || spec_option(s, "wait");
}

static int add_once(struct registry *r, const struct spec *s, struct text *ret_why)
{
	struct device *d;
	struct waiter *w;
	int ret = add(r, s, &d, ret_why);

	if (ret != ADD_LATER)
		return ret;
	w = calloc(1, sizeof(*w));
	if (!w || spec_copy(s, &w->spec)) {
		free(w);
		return -ENOMEM;
	}
	w->is_late = true;
	list_append(&r->waiters, &w->node);
	look_later(r);
	return 0;
}

/* A USB modem changes its identity and comes back: it is the one that is meant
 * wherever its kind may appear. */
int registry_add(struct registry *r, const struct spec *s, struct text *ret_why)
{
	return may_come_and_go(s) ? await(r, s, ret_why) : add_once(r, s, ret_why);
}

/* With other ids, and no serial number perhaps, but on the port where the last
 * one was. */
static int add_on_port(struct registry *r, const struct waiter *w, struct device **ret_device,
		       struct text *ret_why)
{
	const struct spec *s = &w->spec;
	struct spec on_port = { .transport = SPEC_USB, .address = w->path_name + strlen("usb-") };
	int ret = -ENODEV;

	if (!usb_is_modem(on_port.address))
		return ret;
	on_port.options = calloc(s->n_options + 1, sizeof(*on_port.options));
	if (!on_port.options)
		return -ENOMEM;
	for (unsigned int i = 0; i < s->n_options; i++)
		if (strcmp(s->options[i].key, "serial"))
			on_port.options[on_port.n_options++] = s->options[i];
	ret = add(r, &on_port, ret_device, ret_why);
	free(on_port.options);
	return ret;
}

static void forget_failure(struct waiter *w)
{
	free(w->told);
	w->told = NULL;
}

/* Once, then when the reason is another one. */
static void tell_failure(struct waiter *w, const char *why)
{
	if (w->told && !strcmp(w->told, why))
		return;
	forget_failure(w);
	w->told = strdup(why);
	log_warn(NULL, "%s", why);
}

static void look_for(struct registry *r, struct waiter *w)
{
	struct text why = TEXT_INIT;
	struct device *d;
	int ret = add(r, &w->spec, &d, &why);

	if (ret == -ENODEV && is_usb(w) && w->path_name) {
		text_clear(&why);
		ret = add_on_port(r, w, &d, &why);
	}
	w->is_late = ret == ADD_LATER;
	if (!ret && arrive(w, d))
		log_warn(NULL, "%s: no memory to wait for it once more", w->spec.address);
	if (!ret || (ret == -ENODEV && may_come_and_go(&w->spec)))
		forget_failure(w);
	else if (!w->is_late)
		tell_failure(w, text_get(&why));
	text_fini(&why);
}

static void forget_waiter(struct waiter *w)
{
	device_unref(w->device);
	list_remove(&w->node);
	free_waiter(w);
}

void registry_look(struct registry *r)
{
	struct waiter *w, *tmp;

	list_for_each_safe(w, tmp, &r->waiters, node) {
		if (!w->device && !r->done)
			look_for(r, w);
		if (!w->is_late && !may_come_and_go(&w->spec))
			forget_waiter(w);
	}
	look_later(r);
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
	return devices_are_settled(r) && !has_late(r);
}

void registry_sleep(struct registry *r)
{
	struct device *d;

	list_for_each(d, &r->devices, node)
		device_sleep(d);
}

bool registry_is_asleep(struct registry *r)
{
	struct device *d;

	list_for_each(d, &r->devices, node)
		if (!device_is_asleep(d))
			return false;
	return true;
}

void registry_wake(struct registry *r)
{
	struct device *d;

	list_for_each(d, &r->devices, node)
		device_wake(d);
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
