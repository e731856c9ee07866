/*
 * race - the kernel's own driver and mhifs, one after the other, on the same
 * device and the same echoing channel: round trips one at a time, and with
 * eight messages under way.
 *
 * Both are files of which a write is one message and a read returns one.  A
 * command between the two legs hands the device from one driver to the other.
 */
#include "bench/bench.h"
#include "bench/clock.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	RACE_WINDOW_MOST = 8,
	RACE_LEN_MOST = 3500,
	RACE_PATIENCE_MS = 10000,
	RACE_FULL = 2000, RACE_QUICK = 50,	/* messages a leg */
};

static const size_t lens[] = { 64, 512, 2048, RACE_LEN_MOST };
static const unsigned int windows[] = { 1, RACE_WINDOW_MOST };
enum { N_LENS = sizeof lens / sizeof *lens, N_WINDOWS = sizeof windows / sizeof *windows };

/* One size and one window: the round trip, and what passes a second. */
struct leg {
	struct sample rt;	/* microseconds */
	struct sample rate;	/* messages a second */
};

struct lane {
	int fd;
	size_t len;
	uint8_t out[RACE_LEN_MOST], in[RACE_LEN_MOST + 1];
	uint64_t sent_ns[RACE_WINDOW_MOST];
	unsigned int n_sent, n_back;
};

static int await(int fd, short events)
{
	struct pollfd p = { .fd = fd, .events = events };
	int n = poll(&p, 1, RACE_PATIENCE_MS);

	return n < 0 ? -errno : n ? 0 : -ETIMEDOUT;
}

static int lane_send(struct lane *l, unsigned int window)
{
	ssize_t n;

	memset(l->out, 'A' + (int)(l->n_sent % 26), l->len);
	l->sent_ns[l->n_sent % window] = now_ns();
	n = write(l->fd, l->out, l->len);
	if (n < 0)
		return -errno;
	l->n_sent++;
	return n == (ssize_t)l->len ? 0 : -EMSGSIZE;
}

/* The next echo, whole and in order. */
static int lane_receive(struct lane *l)
{
	size_t got = 0;

	while (got < l->len) {
		ssize_t n = read(l->fd, l->in + got, sizeof l->in - got);

		if (n < 0)
			return -errno;
		if (n == 0)
			return -EPIPE;
		got += (size_t)n;
	}
	if (got > l->len || l->in[0] != 'A' + l->n_back % 26 || l->in[got - 1] != l->in[0])
		return -EBADMSG;
	l->n_back++;
	return 0;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void summarise(double *us, unsigned int n, uint64_t total_ns, struct leg *ret_leg)
{
	qsort(us, n, sizeof *us, compare);
	ret_leg->rt = (struct sample){ .value = us[n / 2], .p99 = us[n * 99 / 100],
				       .least = us[0], .n = n };
	ret_leg->rate = (struct sample){ .value = n * 1e9 / (double)total_ns, .n = n };
}

static int run_leg(int fd, size_t len, unsigned int window, unsigned int n, struct leg *ret_leg)
{
	struct lane l = { .fd = fd, .len = len };
	double *us = calloc(n, sizeof *us);
	uint64_t begin = now_ns();
	int r = us ? 0 : -ENOMEM;

	while (!r && l.n_back < n) {
		if (l.n_sent < n && l.n_sent - l.n_back < window) {
			r = lane_send(&l, window);
			continue;
		}
		r = lane_receive(&l);
		if (!r)
			us[l.n_back - 1] = (double)(now_ns() - l.sent_ns[(l.n_back - 1) % window]) / 1e3;
	}
	if (!r)
		summarise(us, n, now_ns() - begin, ret_leg);
	free(us);
	return r;
}

/* A port may appear a moment after its driver took the device. */
static int open_port(const char *path)
{
	uint64_t deadline = now_ns() + RACE_PATIENCE_MS * 1000000ull;
	int fd;

	while ((fd = open(path, O_RDWR | O_CLOEXEC)) < 0 && now_ns() < deadline)
		usleep(20000);
	return fd < 0 ? -errno : fd;
}

static int run_rival(const char *path, unsigned int n, struct leg legs[N_LENS][N_WINDOWS])
{
	int fd = open_port(path), r = fd < 0 ? fd : 0;
	struct leg warm;

	if (!r)
		r = await(fd, POLLOUT);
	if (!r)
		r = run_leg(fd, lens[0], 1, n / 10 + 1, &warm);
	for (int i = 0; i < N_LENS && !r; i++)
		for (int w = 0; w < N_WINDOWS && !r; w++)
			r = run_leg(fd, lens[i], windows[w], n, &legs[i][w]);
	if (r)
		report_note("race: %s: %s", path, strerror(-r));
	if (fd >= 0)
		close(fd);
	return r;
}

static void race_row(const char *what, const char *unit, unsigned int window, size_t len,
		     const struct sample *floor, const struct sample *ours)
{
	struct outcome o = { .floor = *floor, .ours = *ours,
			     .ratio = ours->value / floor->value,
			     .noise = { .is_quiet = true } };
	char name[64];

	o.low = o.high = o.ratio;
	snprintf(name, sizeof name, "race %s %zu B x%u", what, len, window);
	report_row(&(struct row){ .name = name, .unit = unit, .floor_name = "kernel driver",
				  .outcome = &o, .batch = window, .size = len,
				  .placement = PLACE_SAME });
}

int bench_race(const struct bench *b)
{
	static struct leg theirs[N_LENS][N_WINDOWS], ours[N_LENS][N_WINDOWS];
	unsigned int n = b->is_quick ? RACE_QUICK : RACE_FULL;
	int r;

	if (!b->rival || !b->file || !b->between) {
		report_note("race needs --rival PATH, --file PATH and --between COMMAND");
		return -EINVAL;
	}
	r = run_rival(b->rival, n, theirs);
	if (!r && system(b->between)) {
		report_note("race: '%s' failed", b->between);
		r = -ECHILD;
	}
	if (!r)
		r = run_rival(b->file, n, ours);
	for (int i = 0; i < N_LENS && !r; i++)
		for (int w = 0; w < N_WINDOWS; w++) {
			race_row("rt", "us", windows[w], lens[i], &theirs[i][w].rt, &ours[i][w].rt);
			race_row("rate", "/s", windows[w], lens[i], &theirs[i][w].rate,
				 &ours[i][w].rate);
		}
	return r;
}
