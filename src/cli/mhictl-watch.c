/* mhictl watch - follows the `events` files of devices until all have ended. */
#include "base/cleanup.h"
#include "cli/event-line.h"
#include "cli/mhictl.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

enum { LINE_MOST = 1 << 20 };

struct stream {
	struct text line;	/* read, without its end yet */
	const struct device_dir *dir;
};

struct watch {
	const struct ctl *ctl;
	struct stream *streams;	/* owned */
	struct pollfd *fds;	/* of streams[i]; fd -1: ended; owned */
	unsigned int n;
	unsigned int n_live;
	int code;
};

static int stream_fail(const struct stream *s, int r)
{
	char *path CLEANUP_FREE = device_dir_file(s->dir, "events");

	return ctl_fail_errno(r, path ? path : s->dir->path);
}

static void print_line(struct watch *w, const struct stream *s, const char *line, size_t len)
{
	struct text out = TEXT_INIT;
	int r;

	if (w->ctl->is_json)
		r = event_line_json(line, len, s->dir->name, &out);
	else
		r = event_line_human(line, len, s->dir->name, &out);
	if (r < 0)
		w->code = ctl_worse(w->code, ctl_fail(CTL_FAILED, "%s: not an event: %.*s",
						      s->dir->name, (int)(len > 200 ? 200 : len),
						      line));
	else
		fputs(text_get(&out), stdout);
	text_fini(&out);
}

/* Prints the whole lines in @s->line and keeps the rest. */
static void print_lines(struct watch *w, struct stream *s)
{
	const char *at = text_get(&s->line), *end = at + s->line.len, *newline;
	struct text rest = TEXT_INIT;

	while ((newline = memchr(at, '\n', (size_t)(end - at)))) {
		if (newline > at)
			print_line(w, s, at, (size_t)(newline - at));
		at = newline + 1;
	}
	text_add_len(&rest, at, (size_t)(end - at));
	text_fini(&s->line);
	s->line = rest;
}

static void stream_end(struct watch *w, unsigned int i)
{
	struct stream *s = &w->streams[i];

	if (s->line.len)
		print_line(w, s, text_get(&s->line), s->line.len);
	text_fini(&s->line);
	close(w->fds[i].fd);
	w->fds[i].fd = -1;
	w->n_live--;
}

/* A daemon that ends closes its session first and unmounts next, so for a moment
 * it looks like one that died. */
static bool is_unmounted(const struct stream *s)
{
	const struct timespec pause = { .tv_nsec = 50000000 };
	char *path CLEANUP_FREE = device_dir_file(s->dir, "events");
	struct stat st;

	for (int tries = 0; path && tries < 20; tries++) {
		if (stat(path, &st) < 0 && (errno == ENOENT || errno == ENOTDIR))
			return true;
		nanosleep(&pause, NULL);
	}
	return false;
}

static bool is_orderly_end(const struct stream *s, int r)
{
	return r == -ENODEV || ((r == -ENOTCONN || r == -ECONNABORTED) && is_unmounted(s));
}

/* One read: the others get their turn. */
static void stream_read(struct watch *w, unsigned int i)
{
	struct stream *s = &w->streams[i];
	char bytes[16384];
	ssize_t n = read(w->fds[i].fd, bytes, sizeof(bytes));
	int r;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	r = n < 0 ? -errno : 0;
	if (r && !is_orderly_end(s, r))
		w->code = ctl_worse(w->code, stream_fail(s, r));
	if (n > 0)
		text_add_len(&s->line, bytes, (size_t)n);
	print_lines(w, s);
	if (n > 0 && s->line.len > LINE_MOST) {
		w->code = ctl_worse(w->code, stream_fail(s, -EFBIG));
		text_clear(&s->line);
		n = 0;
	}
	if (n <= 0)
		stream_end(w, i);
}

static int watch_run(struct watch *w)
{
	while (w->n_live) {
		if (poll(w->fds, w->n, -1) < 0 && errno != EINTR)
			return ctl_fail_errno(-errno, "poll");
		for (unsigned int i = 0; i < w->n; i++)
			if (w->fds[i].fd >= 0 && w->fds[i].revents)
				stream_read(w, i);
		if (fflush(stdout))
			return CTL_FAILED;	/* main() says why */
	}
	return w->code;
}

static void watch_open(struct watch *w, const struct device_dir *d)
{
	char *path CLEANUP_FREE = device_dir_file(d, "events");
	int fd = -1, r = d->error ? d->error : -ENOMEM;

	if (!d->error && path) {
		fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
		r = -errno;
	}
	if (fd < 0) {
		w->code = ctl_worse(w->code, ctl_fail_errno(r, path ? path : d->path));
		return;
	}
	w->streams[w->n].dir = d;
	w->fds[w->n] = (struct pollfd){ .fd = fd, .events = POLLIN };
	w->n_live = ++w->n;
}

static void watch_fini(struct watch *w)
{
	for (unsigned int i = 0; i < w->n; i++) {
		text_fini(&w->streams[i].line);
		if (w->fds[i].fd >= 0)
			close(w->fds[i].fd);
	}
	free(w->streams);
	free(w->fds);
}

static int watch_all(const struct ctl *c, const struct device_dirs *dirs)
{
	struct watch w = { .ctl = c };
	int code;

	w.streams = calloc(dirs->n, sizeof(*w.streams));
	w.fds = calloc(dirs->n, sizeof(*w.fds));
	if (w.streams && w.fds) {
		for (unsigned int i = 0; i < dirs->n; i++)
			watch_open(&w, &dirs->at[i]);
		code = watch_run(&w);
	} else {
		code = ctl_fail_errno(-ENOMEM, "watch");
	}
	watch_fini(&w);
	return code;
}

int ctl_watch(const struct ctl *c, char **args)
{
	struct device_dirs dirs = { 0 };
	int code = ctl_devices(c, args, &dirs);

	if (!code && !dirs.n)
		code = ctl_fail(CTL_NO_DEVICE, "no devices in %s", c->root);
	if (!code)
		code = watch_all(c, &dirs);
	device_dirs_fini(&dirs);
	return code;
}
