#include "cli/mhifs-daemon.h"
#include "base/cleanup.h"
#include "cli/logind.h"
#include "cli/notify.h"
#include "cli/sandbox.h"
#include "device/registry.h"
#include "device/rundir.h"
#include "fs/fs.h"
#include "io/log.h"
#include "service/sahara.h"
#include "service/tty.h"
#include "usb/watch.h"
#include <errno.h>
#include <libgen.h>
#include <signal.h>
#include <stdio.h>

struct daemon {
	const struct options *options;	/* borrowed */
	const struct config *config;	/* borrowed */
	struct background *background;	/* borrowed */
	struct loop *loop;
	struct registry *registry;
	struct fs *fs;
	struct notify notify;
	struct logind *logind;	/* owned; NULL: nobody tells of the system's sleep */
	struct timer ready_wait;	/* armed until ready */
	struct usb_watch *usb;		/* owned; NULL: there are no USB devices */
	struct defer look;		/* for what is waited for */
	bool answers;		/* the mount does */
	bool is_ready;
	bool is_ending;
	enum exit_code code;	/* when the loop ends */
};

static enum log_level log_level_of(const struct daemon *d)
{
	return d->options->debug ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO;
}

static void become_ready(struct daemon *d)
{
	if (d->is_ready || d->is_ending)
		return;
	d->is_ready = true;
	timer_stop(&d->ready_wait);
	notify_say(&d->notify, "READY=1");
	if (!d->options->foreground)
		log_open("mhifs", LOG_TO_SYSLOG, log_level_of(d));
	background_ready(d->background);
}

static void tell_status(struct daemon *d)
{
	unsigned int n = 0, n_ready = 0;
	struct device *dev;
	char line[64];

	while ((dev = registry_device(d->registry, n))) {
		n++;
		n_ready += device_is_ready(dev);
	}
	snprintf(line, sizeof(line), "STATUS=%u of %u devices ready", n_ready, n);
	notify_say(&d->notify, line);
}

/* The mount answers and every device is up, or known not to be. */
static void look_if_ready(struct daemon *d)
{
	if (d->answers && registry_is_settled(d->registry))
		become_ready(d);
}

static void on_devices_changed(void *user)
{
	struct daemon *d = user;

	tell_status(d);
	look_if_ready(d);
	logind_look(d->logind);
}

/* A spec's option "tty.CHANNEL=PATH". */
static bool is_tty(const struct spec *s, unsigned int option)
{
	return !strncmp(s->options[option].key, "tty.", 4);
}

static int on_born(void *user, struct device *dev, const struct spec *s, struct text *ret_why)
{
	struct daemon *d = user;
	int r = 0;

	for (unsigned int i = 0; i < s->n_options && !r; i++)
		if (is_tty(s, i))
			r = tty_start(dev, d->loop, s->options[i].key + 4, s->options[i].value,
				      ret_why);
	return r ? r : sahara_start(dev, d->loop, config_firmware_dir(d->config),
				    config_dump_dir(d->config), ret_why);
}

static const struct registry_ops registry_ops = {
	.changed = on_devices_changed,
	.born = on_born,
};

static void on_answers(void *user)
{
	struct daemon *d = user;

	d->answers = true;
	look_if_ready(d);
}

static void on_ready_wait(void *user)
{
	struct daemon *d = user;

	log_warn(NULL, "some devices are still starting; not waiting for them any longer");
	become_ready(d);
}

static void on_shut_down(void *user)
{
	struct daemon *d = user;

	loop_stop(d->loop);
}

static void end(struct daemon *d)
{
	if (d->is_ending)
		return;
	d->is_ending = true;
	/* Somebody still waits for a mount that will not be. */
	if (!d->is_ready)
		d->code = EXIT_RUN;
	timer_stop(&d->ready_wait);
	notify_say(&d->notify, "STOPPING=1");
	registry_shutdown(d->registry, on_shut_down, d);
}

static void on_fs_ended(void *user)
{
	struct daemon *d = user;

	log_info(NULL, "unmounted");
	end(d);
}

static const struct fs_ops fs_ops = { .ended = on_fs_ended, .answers = on_answers };

/* The first one ends in order, the second one at once. */
static void on_end_signal(void *user, int signo)
{
	struct daemon *d = user;

	log_info(NULL, "%s", strsignal(signo));
	if (d->is_ending)
		loop_stop(d->loop);
	else
		end(d);
}

enum exit_code complain(enum exit_code code, struct text *why, int r)
{
	fprintf(stderr, "mhifs: %s\n", why->len ? text_get(why) : strerror(-r));
	text_fini(why);
	return code;
}

static int take_signals(struct daemon *d)
{
	int r = loop_on_signal(d->loop, SIGTERM, on_end_signal, d);

	if (!r)
		r = loop_on_signal(d->loop, SIGINT, on_end_signal, d);
	if (!r && d->options->foreground)
		r = loop_on_signal(d->loop, SIGHUP, on_end_signal, d);
	else if (!r && signal(SIGHUP, SIG_IGN) == SIG_ERR)
		r = -errno;
	if (!r && signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		r = -errno;
	return r;
}

static void on_look(void *user)
{
	struct daemon *d = user;

	registry_look(d->registry);
}

/* Later in this turn: one that left its port for another has to leave first. */
static void on_usb_news(void *user, enum usb_news news, const char *port)
{
	struct daemon *d = user;

	(void)port;
	if (news != USB_LEFT && !d->is_ending)
		loop_defer(d->loop, &d->look);
}

static bool uses_usb(const struct options *o)
{
	for (unsigned int i = 0; i < o->n_specs; i++)
		if (o->specs[i].transport == SPEC_USB)
			return true;
	return false;
}

/* Others leave it to the kernel. */
static bool can_be_suspended(const struct options *o)
{
	for (unsigned int i = 0; i < o->n_specs; i++)
		if (o->specs[i].transport != SPEC_USB && o->specs[i].transport != SPEC_VHOST_USER)
			return true;
	return false;
}

/* Before anybody looks, so that nothing arrives unseen in between. */
static void watch_usb(struct daemon *d)
{
	int r = uses_usb(d->options) ? usb_watch_new(d->loop, on_usb_news, d, &d->usb) : 0;

	if (r)
		log_warn(NULL, "udev cannot be heard, so no modem is noticed that comes later: %s",
			 strerror(-r));
}

/* Whoever makes a link below our mount waits for us: we must not.  What there is
 * before we mount decides. */
static int check_terminal(const struct spec_option *o, const char *mountpoint, struct text *ret_why)
{
	char *copy CLEANUP_FREE = strdup(o->value);
	char *folder CLEANUP_FREE = copy ? realpath(dirname(copy), NULL) : NULL;
	char *top CLEANUP_FREE = realpath(mountpoint, NULL);
	size_t len = top ? strlen(top) : 0;

	if (!folder)
		text_printf(ret_why, "%s=%s: its folder cannot be used: %s", o->key, o->value,
			    strerror(errno));
	else if (len && !strncmp(folder, top, len) && (!folder[len] || folder[len] == '/'))
		text_printf(ret_why, "%s=%s: a terminal cannot be below the mount point %s",
			    o->key, o->value, mountpoint);
	return ret_why->len ? -EINVAL : 0;
}

static int check_terminals(const struct options *o, struct text *ret_why)
{
	int r = 0;

	for (unsigned int n = 0; n < o->n_specs; n++)
		for (unsigned int i = 0; i < o->specs[n].n_options && !r; i++)
			if (is_tty(&o->specs[n], i))
				r = check_terminal(&o->specs[n].options[i], o->mountpoint, ret_why);
	return r;
}

/* By the mount point, which no other daemon has.  A descriptor says nothing. */
static int remember_starts(struct daemon *d)
{
	char *top CLEANUP_FREE = realpath(d->options->mountpoint, NULL);
	struct text path = TEXT_INIT;
	int r = 0;

	if (top && strncmp(top, "/dev/", 5)) {
		rundir_path("starting", top, &path);
		r = text_failed(&path) ? -ENOMEM : registry_remember(d->registry, text_get(&path));
	}
	text_fini(&path);
	return r;
}

/* One that is left out does not keep the others from being served. */
static int add_device(struct daemon *d, const struct spec *s, unsigned int *n_left_out,
		      struct text *ret_why)
{
	int r = registry_add(d->registry, s, ret_why);

	if (r != REGISTRY_LEFT_OUT)
		return r;
	if (++*n_left_out == d->options->n_specs)
		return -EIO;
	log_error(NULL, "%s", text_get(ret_why));
	text_clear(ret_why);
	return 0;
}

static enum exit_code open_devices(struct daemon *d)
{
	const struct options *o = d->options;
	struct text why = TEXT_INIT;
	unsigned int n_left_out = 0;
	int r = check_terminals(o, &why);

	if (r)
		return complain(EXIT_OPTIONS, &why, r);
	d->registry = registry_new(d->loop, d->config, &registry_ops, d);
	if (!d->registry)
		return complain(EXIT_SETUP, &why, -ENOMEM);
	r = remember_starts(d);
	if (r)
		return complain(EXIT_SETUP, &why, r);
	watch_usb(d);
	for (unsigned int i = 0; i < o->n_specs; i++) {
		r = add_device(d, &o->specs[i], &n_left_out, &why);
		if (r)
			return complain(r == -EINVAL ? EXIT_OPTIONS : EXIT_SETUP, &why, r);
	}
	text_fini(&why);
	return EXIT_DONE;
}

static enum exit_code mount_tree(struct daemon *d)
{
	struct fs_options fo = {
		.mountpoint = d->options->mountpoint,
		.fuse_options = d->options->fuse.len ? text_get(&d->options->fuse) : NULL,
		.single = d->options->single,
		.debug = d->options->debug,
	};
	struct text why = TEXT_INIT;
	int r;

	r = fs_mount(d->loop, d->registry, &fo, &fs_ops, d, &d->fs, &why);
	if (!r) {
		text_fini(&why);
		return EXIT_DONE;
	}
	return complain(r == -EINVAL && fo.fuse_options ? EXIT_OPTIONS : EXIT_MOUNT,
			&why, r);
}

static enum exit_code serve(struct daemon *d)
{
	enum exit_code code;
	int r = take_signals(d);

	if (r) {
		fprintf(stderr, "mhifs: cannot handle signals: %s\n", strerror(-r));
		return EXIT_SIGNALS;
	}
	code = open_devices(d);
	if (!code)
		code = mount_tree(d);
	if (code)
		return code;
	timer_start(loop_timers(d->loop), &d->ready_wait,
		    (uint64_t)config_ready_wait_ms(d->config) * 1000);
	if (can_be_suspended(d->options))
		d->logind = logind_new(d->loop, d->registry);
	sandbox_enter(d->options);
	loop_run(d->loop);
	return d->code;
}

enum exit_code daemon_run(const struct options *o, const struct config *c,
			  struct background *b)
{
	struct daemon d = { .options = o, .config = c, .background = b };
	enum exit_code code;

	log_open("mhifs", LOG_TO_STDERR, log_level_of(&d));
	d.loop = loop_new();
	if (!d.loop) {
		fprintf(stderr, "mhifs: cannot make an event loop: %s\n", strerror(errno));
		return EXIT_SETUP;
	}
	timer_init(&d.ready_wait, on_ready_wait, &d);
	defer_init(&d.look, on_look, &d);
	notify_open(&d.notify, d.loop);
	code = serve(&d);
	sandbox_before_unmount();
	logind_free(d.logind);
	d.logind = NULL;
	fs_unmount(d.fs);
	usb_watch_free(d.usb);
	defer_cancel(&d.look);
	registry_free(d.registry);
	timer_stop(&d.ready_wait);
	notify_close(&d.notify);
	loop_free(d.loop);
	return code;
}
