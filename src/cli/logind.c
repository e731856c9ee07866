#include "cli/logind.h"
#include <config.h>

#ifdef HAVE_SYSTEMD
#include "cli/bus.h"
#include "io/log.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#define NAME "org.freedesktop.login1"
#define PATH "/org/freedesktop/login1"
#define MANAGER "org.freedesktop.login1.Manager"
#define WHO_IS_LOGIND "type='signal',sender='org.freedesktop.DBus'," \
	"interface='org.freedesktop.DBus',member='NameOwnerChanged',arg0='" NAME "'"

enum {
	MESSAGES_A_TURN = 16,
	PATIENCE_US = 4000000,	/* logind waits for 5 s, unless it is told otherwise */
};

struct logind {
	struct loop *loop;		/* borrowed */
	struct registry *registry;	/* borrowed */
	struct bus calls;
	sd_bus *bus;		/* owned; NULL: it has left */
	struct loop_fd *watch;	/* of its descriptor, for @watched */
	int watched;
	struct timer due;	/* what the bus wants done by itself */
	int lock;		/* holds the sleep up; -1: nothing does */
	bool is_asleep;
	struct timer patience;
};

static void release(struct logind *l)
{
	timer_stop(&l->patience);
	if (l->lock >= 0)
		close(l->lock);
	l->lock = -1;
}

static int on_lock(sd_bus_message *m, void *user, sd_bus_error *error)
{
	struct logind *l = user;
	int fd;

	(void)error;
	if (l->calls.message_is_method_error(m, NULL)) {
		log_debug(NULL, "the system does not wait for devices before it sleeps: %s",
			  l->calls.message_get_error(m)->message);
		return 0;
	}
	/* The message closes its own. */
	if (l->is_asleep || l->calls.message_read(m, "h", &fd) < 0)
		return 0;
	release(l);
	l->lock = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	return 0;
}

static int take_lock(struct logind *l)
{
	return l->calls.call_method_async(l->bus, NULL, NAME, PATH, MANAGER, "Inhibit", on_lock, l,
					  "ssss", "sleep", "mhifs", "Devices are suspended first",
					  "delay");
}

void logind_look(struct logind *l)
{
	if (!l || !l->is_asleep || l->lock < 0 || !registry_is_asleep(l->registry))
		return;
	log_debug(NULL, "every device is ready for the sleep of the system");
	release(l);
}

static void on_patience(void *user)
{
	struct logind *l = user;

	log_warn(NULL, "the system sleeps before every device is suspended");
	release(l);
}

static void fall_asleep(struct logind *l)
{
	if (l->is_asleep)
		return;
	log_info(NULL, "the system is about to sleep");
	l->is_asleep = true;
	if (l->lock >= 0)
		timer_start(loop_timers(l->loop), &l->patience, PATIENCE_US);
	registry_sleep(l->registry);
	logind_look(l);
}

static void wake_up(struct logind *l)
{
	if (!l->is_asleep)
		return;
	log_info(NULL, "the system is awake");
	l->is_asleep = false;
	release(l);
	registry_wake(l->registry);
}

static int on_prepare(sd_bus_message *m, void *user, sd_bus_error *error)
{
	struct logind *l = user;
	int is_going;

	(void)error;
	if (l->calls.message_read(m, "b", &is_going) < 0)
		return 0;
	if (is_going) {
		fall_asleep(l);
		return 0;
	}
	wake_up(l);
	return take_lock(l);
}

/* A new one knows neither our lock nor the sleep that the old one began. */
static int on_owner(sd_bus_message *m, void *user, sd_bus_error *error)
{
	struct logind *l = user;
	const char *name, *old, *new;

	(void)error;
	if (l->calls.message_read(m, "sss", &name, &old, &new) < 0 || !*new)
		return 0;
	wake_up(l);
	return take_lock(l);
}

/* --- the bus in the loop --- */

static void leave_bus(struct logind *l)
{
	loop_unwatch(l->watch);
	l->watch = NULL;
	timer_stop(&l->due);
	if (l->bus)
		l->bus = l->calls.close_unref(l->bus);
	release(l);
}

static void follow_bus(struct logind *l);

static void turn_bus(struct logind *l)
{
	int r = 1;

	for (int i = 0; i < MESSAGES_A_TURN && r > 0; i++)
		r = l->calls.process(l->bus, NULL);
	if (r >= 0) {
		follow_bus(l);
		return;
	}
	log_debug(NULL, "nobody tells any more when the system sleeps: %s", strerror(-r));
	leave_bus(l);
	wake_up(l);
}

static void on_bus(void *user, int what)
{
	(void)what;
	turn_bus(user);
}

static void on_due(void *user)
{
	turn_bus(user);
}

static void watch_bus(struct logind *l)
{
	int events = l->calls.get_events(l->bus);
	int what = (events & POLLIN ? LOOP_READ : 0) | (events & POLLOUT ? LOOP_WRITE : 0);

	if (l->watch && what == l->watched)
		return;
	loop_unwatch(l->watch);
	l->watched = what;
	l->watch = loop_watch(l->loop, l->calls.get_fd(l->bus), what, on_bus, l);
}

static void follow_bus(struct logind *l)
{
	uint64_t at_us, now_us = loop_timers(l->loop)->now_us;

	watch_bus(l);
	timer_stop(&l->due);
	if (l->calls.get_timeout(l->bus, &at_us) >= 0 && at_us != UINT64_MAX)
		timer_start(loop_timers(l->loop), &l->due, at_us > now_us ? at_us - now_us : 0);
}

static int join_bus(struct logind *l)
{
	int r = bus_load(&l->calls);

	if (r >= 0)
		r = l->calls.open_system(&l->bus);
	if (r >= 0)
		r = l->calls.match_signal_async(l->bus, NULL, NAME, PATH, MANAGER,
						"PrepareForSleep", on_prepare, NULL, l);
	if (r >= 0)
		r = l->calls.add_match_async(l->bus, NULL, WHO_IS_LOGIND, on_owner, NULL, l);
	return r >= 0 ? take_lock(l) : r;
}

struct logind *logind_new(struct loop *loop, struct registry *r)
{
	struct logind *l = calloc(1, sizeof(*l));
	int ret;

	if (!l)
		return NULL;
	*l = (struct logind){ .loop = loop, .registry = r, .lock = -1 };
	timer_init(&l->due, on_due, l);
	timer_init(&l->patience, on_patience, l);
	ret = join_bus(l);
	if (ret < 0) {
		log_debug(NULL, "nobody tells when the system sleeps: %s", strerror(-ret));
		logind_free(l);
		return NULL;
	}
	follow_bus(l);
	return l;
}

void logind_free(struct logind *l)
{
	if (!l)
		return;
	leave_bus(l);
	bus_unload(&l->calls);
	free(l);
}
#else
struct logind *logind_new(struct loop *l, struct registry *r)
{
	(void)l, (void)r;
	return NULL;
}

void logind_free(struct logind *l)
{
	(void)l;
}

void logind_look(struct logind *l)
{
	(void)l;
}
#endif
