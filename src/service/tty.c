/*
 * Answers only note what happened; pump() does all that can be done now, and
 * asks to be woken for the rest.
 */
#include "service/tty.h"
#include "device/driver.h"
#include "io/log.h"
#include "mhifs/mhifs.h"
#include "service/pty.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { MOST = 4096 };	/* bytes of one move, either way */

struct tty {
	struct driver driver;
	struct driver_ops ops;	/* named after the channel */
	struct loop *loop;	/* borrowed */
	char *name, *channel, *path;	/* owned */
	struct pty pty;		/* master -1: none */
	struct loop_fd *news_watch, *master_watch;
	int watched;		/* of the master, LOOP_READ | LOOP_WRITE */
	struct defer pump;
	struct port_file *file;	/* valid while is_open */
	struct wait opening, reading, writing, flushing;
	bool is_open;		/* the channel is, for us */
	bool is_drained;	/* nothing is left to read of the terminal */
	bool is_flushed;	/* the device took what the last user wrote */
	bool has_died;		/* the channel did: hang up */
	uint8_t pending[MOST];	/* for the terminal, which did not take it yet */
	size_t pending_at, pending_len;
};

static const char *const types[] = { MHIFS_EVENT_TTY, NULL };

static void tell(struct tty *t, const char *state)
{
	driver_tell(&t->driver, MHIFS_EVENT_TTY,
		    json_pack("{s:s, s:s, s:s}", "channel", t->channel, "path", t->path,
			      "state", state));
}

static struct device_port *find_port(const struct tty *t)
{
	struct device_port *p;

	list_for_each(p, &device_dir(t->driver.device)->ports, node)
		if (!strcmp(p->name, t->channel))
			return p;
	return NULL;
}

static void want_pump(struct tty *t)
{
	loop_defer(t->loop, &t->pump);
}

/* What the port answers. */

static int on_opened(struct wait *w, ssize_t result, const struct iovec *iov, int n_iov)
{
	struct tty *t = container_of(w, struct tty, opening);

	(void)iov, (void)n_iov;
	if (result == -EINTR)
		return 0;
	t->is_open = result == 0;
	t->has_died = result < 0;
	if (t->is_open)
		tell(t, MHIFS_CHANNEL_RUNNING);
	want_pump(t);
	return 0;
}

/* One failed transfer is no end of the channel. */
static int on_read(struct wait *w, ssize_t result, const struct iovec *iov, int n_iov)
{
	struct tty *t = container_of(w, struct tty, reading);

	t->has_died |= result < 0 && result != -EIO && result != -EINTR;
	for (int i = 0; result > 0 && i < n_iov; i++) {
		memcpy(t->pending + t->pending_len, iov[i].iov_base, iov[i].iov_len);
		t->pending_len += iov[i].iov_len;
	}
	want_pump(t);
	return 0;
}

static int on_written(struct wait *w, ssize_t result, const struct iovec *iov, int n_iov)
{
	(void)result, (void)iov, (void)n_iov;	/* a read tells of death */
	want_pump(container_of(w, struct tty, writing));
	return 0;
}

static int on_flushed(struct wait *w, ssize_t result, const struct iovec *iov, int n_iov)
{
	struct tty *t = container_of(w, struct tty, flushing);

	(void)result, (void)iov, (void)n_iov;
	t->is_flushed = true;
	want_pump(t);
	return 0;
}

static const struct wait_ops opening_ops = { .answer = on_opened };
static const struct wait_ops reading_ops = { .answer = on_read };
static const struct wait_ops writing_ops = { .answer = on_written };
static const struct wait_ops flushing_ops = { .answer = on_flushed };

/* Calls begin only when the one before was answered. */
static struct wait *begin(struct wait *w, const struct wait_ops *ops)
{
	wait_init(w, ops);
	return w;
}

static void ignore_port(void *user)
{
	(void)user;	/* a parked read tells of everything */
}

static const struct port_file_ops port_file_ops = { .changed = ignore_port };

static void open_channel(struct tty *t)
{
	struct device_port *p = find_port(t);

	if (wait_is_parked(&t->opening))
		return;
	t->is_drained = t->is_flushed = t->pty.was_opened = false;
	t->has_died = !p || !p->is_offered;
	if (t->has_died)
		want_pump(t);
	else
		port_open(p->port, false, &port_file_ops, t, begin(&t->opening, &opening_ops),
			  &t->file);
}

static void close_channel(struct tty *t)
{
	wait_interrupt(&t->opening);
	wait_interrupt(&t->reading);
	wait_interrupt(&t->writing);
	wait_interrupt(&t->flushing);
	t->pending_at = t->pending_len = 0;
	if (!t->is_open)
		return;
	t->is_open = t->pty.was_opened = false;
	port_close(t->file);
	tell(t, MHIFS_CHANNEL_CLOSED);
}

/* The terminal. */

static void on_news(void *user, int what)
{
	struct tty *t = user;

	(void)what;
	pty_count_users(&t->pty);
	want_pump(t);
}

static void on_master(void *user, int what)
{
	(void)what;
	want_pump(user);
}

static void watch(struct tty *t)
{
	int what = 0;

	if (t->is_open && !t->is_drained && !wait_is_parked(&t->writing))
		what |= LOOP_READ;
	if (t->pending_len)
		what |= LOOP_WRITE;
	if (what == t->watched)
		return;
	loop_unwatch(t->master_watch);
	t->master_watch = what ? loop_watch(t->loop, t->pty.master, what, on_master, t) : NULL;
	t->watched = what;
	if (what && !t->master_watch) {
		t->has_died = true;
		want_pump(t);
	}
}

static void drop_pty(struct tty *t)
{
	loop_unwatch(t->master_watch);
	loop_unwatch(t->news_watch);
	t->master_watch = t->news_watch = NULL;
	t->watched = 0;
	pty_close(&t->pty);
}

/* As the file of the channel: same owner, same rights. */
static void make_pty(struct tty *t)
{
	const struct device_port *p = find_port(t);
	int r = p ? pty_open(&t->pty, t->path, p->mode, p->uid, p->gid) : -ENOENT;

	if (!r) {
		t->news_watch = loop_watch(t->loop, t->pty.news, LOOP_READ, on_news, t);
		if (t->news_watch)
			return;
		/* Nobody would notice who opens it. */
		drop_pty(t);
		r = -ENOMEM;
	}
	t->pty.master = -1;
	if (p)
		log_error(t->name, "no terminal at %s: %s", t->path, strerror(-r));
	else
		log_error(t->name, "there is no such channel to be a terminal");
}

static void give_terminal(struct tty *t)
{
	ssize_t n = write(t->pty.master, t->pending + t->pending_at,
			  t->pending_len - t->pending_at);

	if (n > 0)
		t->pending_at += (size_t)n;
	if (t->pending_at == t->pending_len)
		t->pending_at = t->pending_len = 0;
}

static void take_terminal(struct tty *t)
{
	uint8_t bytes[MOST];
	ssize_t n = read(t->pty.master, bytes, sizeof(bytes));

	t->is_drained = n <= 0 && !t->pty.n_users;
	t->is_flushed &= t->is_drained;
	if (n <= 0)
		return;
	want_pump(t);
	port_write(t->file, begin(&t->writing, &writing_ops), bytes, (size_t)n, 0, false);
}

/* The channel is open: moves bytes, and leaves once the last user's are with the
 * device. */
static void move(struct tty *t)
{
	if (t->pending_len)
		give_terminal(t);
	if (!t->pending_len && !wait_is_parked(&t->reading))
		port_read(t->file, begin(&t->reading, &reading_ops), MOST, 0, false);
	if (!wait_is_parked(&t->writing))
		take_terminal(t);
	if (!t->is_drained || wait_is_parked(&t->writing) || wait_is_parked(&t->flushing))
		return;
	if (t->is_flushed)
		close_channel(t);
	else
		port_flush(t->file, begin(&t->flushing, &flushing_ops));
}

static void pump(void *user)
{
	struct tty *t = user;

	if (t->has_died) {
		close_channel(t);
		drop_pty(t);
		t->has_died = false;
		tell(t, "hangup");
	}
	if (t->pty.master < 0)
		make_pty(t);
	if (t->pty.master < 0)
		return;
	if (t->is_open)
		move(t);
	else if (t->pty.was_opened)
		open_channel(t);
	watch(t);
}

/* What the device calls. */

static struct tty *to_tty(struct driver *dr)
{
	return container_of(dr, struct tty, driver);
}

static void tty_stop(struct driver *dr)
{
	struct tty *t = to_tty(dr);

	close_channel(t);
	drop_pty(t);
	defer_cancel(&t->pump);
	driver_put(dr);
}

static void tty_free(struct driver *dr)
{
	struct tty *t = to_tty(dr);

	free(t->name);
	free(t->channel);
	free(t->path);
	free(t);
}

static int refuse(const char *channel, const char *path, struct text *ret_why)
{
	text_printf(ret_why, "tty.%s=%s: the terminal needs an absolute path", channel, path);
	return -EINVAL;
}

int tty_start(struct device *d, struct loop *l, const char *channel, const char *path,
	      struct text *ret_why)
{
	struct tty *t;
	int r;

	if (*path != '/')
		return refuse(channel, path, ret_why);
	t = calloc(1, sizeof(*t));
	if (!t)
		return -ENOMEM;
	t->loop = l;
	t->pty.master = t->pty.slave = t->pty.news = -1;
	t->channel = strdup(channel);
	t->path = strdup(path);
	defer_init(&t->pump, pump, t);
	wait_init(&t->opening, &opening_ops);
	wait_init(&t->reading, &reading_ops);
	wait_init(&t->writing, &writing_ops);
	wait_init(&t->flushing, &flushing_ops);
	r = asprintf(&t->name, "tty_%s", channel) < 0 || !t->channel || !t->path ? -ENOMEM : 0;
	for (char *c = t->name; !r && *c; c++)
		*c = (char)(*c >= 'A' && *c <= 'Z' ? *c + 'a' - 'A' : *c);
	t->ops = (struct driver_ops){
		.events = { .name = t->name, .types = types },
		.stop = tty_stop,
		.close = tty_stop,
		.free = tty_free,
	};
	if (!r)
		r = device_add_driver(d, &t->driver, &t->ops);
	if (r)
		tty_free(&t->driver);
	else
		want_pump(t);
	return r;
}
