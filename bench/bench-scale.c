/*
 * R9: a transfer through the engine, and a 64 byte echo through a file, with
 * more and more channels open.  R10: the echo with more and more devices.  The
 * floor is the same with one of them.
 *
 * A device has channel numbers for 63 files, so the many channels are spread
 * over devices; the floor's daemon has as many devices, and one file open.
 */
#include "base/bytes.h"
#include "bench/client.h"
#include "bench/daemon.h"
#include "bench/rig.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

enum { MOST_FILES = 256, ECHO_LEN = 64 };

/* Echoes through its files in turn: through the first, or through all. */
struct crowd {
	struct daemon daemon;
	int fds[MOST_FILES];
	unsigned int n, n_busy, at;
	uint8_t buf[ECHO_LEN];
	const struct effort *effort;
};

static int crowd_echo(void *user)
{
	struct crowd *c = user;
	int fd = c->fds[c->at];
	struct echo_client client = { .in = fd, .out = fd, .buf = c->buf, .len = ECHO_LEN };

	c->at = c->at + 1 == c->n_busy ? 0 : c->at + 1;
	return client_echo(&client);
}

static int crowd_take(void *user, struct sample *ret_sample)
{
	struct crowd *c = user;

	return sample_ops(crowd_echo, NULL, c, c->effort, ret_sample);
}

/* File number i is on device i / per_device. */
static int crowd_start(struct crowd *c, const struct bench *b, unsigned int n_devices,
		       unsigned int n_files, unsigned int per_device)
{
	int r;

	*c = (struct crowd){ .effort = b->effort, .n_busy = 1 };
	r = daemon_start(&c->daemon, b, DAEMON_BENCH, n_devices, PLACE_SAME);
	while (!r && c->n < n_files) {
		char name[16];
		int fd;

		snprintf(name, sizeof name, "C%u", c->n % per_device);
		fd = daemon_open(&c->daemon, c->n / per_device, name, O_RDWR);
		if (fd < 0)
			r = fd;
		else
			c->fds[c->n++] = fd;
	}
	return r;
}

static void crowd_stop(struct crowd *c)
{
	while (c->n)
		close(c->fds[--c->n]);
	daemon_stop(&c->daemon);
}

static int scale_row(const struct bench *b, struct crowd *one, struct crowd *many,
		     const char *name, double limit)
{
	struct outcome o;
	int r = measure_pairs(b->effort, &(struct subject){ crowd_take, one },
			      &(struct subject){ crowd_take, many }, &o);

	if (!r)
		report_row(&(struct row){
			.name = name, .unit = "us", .outcome = &o, .floor_name = "with one",
			.size = ECHO_LEN, .placement = PLACE_SAME,
			.goal = GOAL_AT_MOST, .limit = limit,
		});
	return r;
}

/* One busy, then all busy. */
static int scale_rows(const struct bench *b, struct crowd *one, struct crowd *many,
		      const char *what, unsigned int n, double busy_limit)
{
	char name[48];
	int r;

	snprintf(name, sizeof name, "%s %u, one busy", what, n);
	many->n_busy = 1;
	many->at = 0;
	r = scale_row(b, one, many, name, 1.10);
	snprintf(name, sizeof name, "%s %u, all busy", what, n);
	many->n_busy = many->n;
	return r ? r : scale_row(b, one, many, name, busy_limit);
}

static int scale_channels(const struct bench *b)
{
	static const unsigned int counts[] = { 1, 4, 16, 64, 256 };
	static struct crowd one, many;
	int r = 0;

	for (size_t i = 0; !r && i < ARRAY_SIZE(counts); i++) {
		unsigned int n = counts[i];
		unsigned int n_devices = (n + DAEMON_CROWD - 1) / DAEMON_CROWD;

		r = crowd_start(&one, b, n_devices, 1, DAEMON_CROWD);
		if (!r)
			r = crowd_start(&many, b, n_devices, n, DAEMON_CROWD);
		if (!r)
			r = scale_rows(b, &one, &many, "R9 channels", n, n == 256 ? 1.5 : 1.10);
		crowd_stop(&many);
		crowd_stop(&one);
	}
	return r;
}

static int scale_devices(const struct bench *b)
{
	static const unsigned int counts[] = { 1, 2, 8, 32 };
	static struct crowd one, many;
	int r = 0;

	for (size_t i = 0; !r && i < ARRAY_SIZE(counts); i++) {
		unsigned int n = counts[i];

		r = crowd_start(&one, b, 1, 1, 1);
		if (!r)
			r = crowd_start(&many, b, n, n, 1);
		if (!r)
			r = scale_rows(b, &one, &many, "R10 devices", n, n == 32 ? 1.5 : 1.10);
		crowd_stop(&many);
		crowd_stop(&one);
	}
	return r;
}

struct engine_crowd {
	struct rig rig;
	const struct effort *effort;
};

enum { BATCH = 32 };

static int engine_take(void *user, struct sample *ret_sample)
{
	struct engine_crowd *c = user;

	return rig_time(&c->rig, c->effort->spins / BATCH, BATCH, ret_sample);
}

/* Both engines have all channels; the floor's has one open. */
static int scale_engine(const struct bench *b)
{
	static const unsigned int counts[] = { 4, 16, RIG_MAX_CHANS };
	static struct engine_crowd one, many;
	int r = 0;

	one.effort = many.effort = b->effort;
	for (size_t i = 0; !r && i < ARRAY_SIZE(counts); i++) {
		struct outcome o;
		char name[48];

		snprintf(name, sizeof name, "R9 engine, %u channels open", counts[i]);
		r = rig_init(&one.rig, RIG_MAX_CHANS, 1);
		if (!r)
			r = rig_init(&many.rig, RIG_MAX_CHANS, counts[i]);
		if (!r)
			r = measure_pairs(b->effort, &(struct subject){ engine_take, &one },
					  &(struct subject){ engine_take, &many }, &o);
		if (!r)
			report_row(&(struct row){
				.name = name, .unit = "ns", .outcome = &o,
				.floor_name = "with one", .batch = BATCH,
				.goal = GOAL_AT_MOST, .limit = 1.10,
			});
		rig_fini(&many.rig);
		rig_fini(&one.rig);
	}
	return r;
}

int bench_scale(const struct bench *b)
{
	int r = scale_engine(b);

	if (!r)
		r = scale_channels(b);
	return r ? r : scale_devices(b);
}
