/*
 * R4: a command and its answer.  R5: bulk in one direction.  R6: what bulk
 * costs the daemon.  Each against the null FUSE file.
 */
#include "base/bytes.h"
#include "base/cleanup.h"
#include "bench/client.h"
#include "bench/daemon.h"
#include "bench/floors.h"
#include <errno.h>
#include <fcntl.h>

enum { ECHO_LEN = 64, LARGEST = 64 << 10 };

/* The pieces of one run: a null file, a daemon, a peer to be woken by. */
struct file_run {
	const struct bench *bench;
	enum placement place;
	struct null_fuse null;
	struct daemon daemon;
	struct peer wake;
	int null_fd;
	uint8_t *buf;	/* LARGEST */
};

static void run_stop(struct file_run *run)
{
	if (run->null_fd >= 0)
		close(run->null_fd);
	daemon_stop(&run->daemon);
	null_fuse_stop(&run->null);
	peer_stop(&run->wake);
	free(run->buf);
}

static int run_start(struct file_run *run)
{
	int r = null_fuse_start(&run->null, run->place);

	if (!r)
		r = daemon_start(&run->daemon, run->bench, DAEMON_BENCH, 1, run->place);
	if (!r)
		r = peer_start(&run->wake, PEER_EPOLL, run->place);
	if (r)
		return r;
	run->null_fd = open(run->null.path, O_RDWR | O_CLOEXEC);
	run->buf = aligned_alloc(4096, LARGEST);
	if (run->null_fd < 0 || !run->buf)
		return -ENOMEM;
	memset(run->buf, 1, LARGEST);
	return 0;
}

struct echo_floor {
	struct echo_client null, wake;
};

/* Null echo and one wake-up, which is half a round trip: the device has to be
 * waited for, and nobody does that for nothing. */
static int take_echo_floor(void *user, struct sample *ret_sample)
{
	struct echo_floor *f = user;
	struct sample null, wake;
	int r = client_echo_take(&f->null, &null);

	if (!r)
		r = client_echo_take(&f->wake, &wake);
	if (r)
		return r;
	*ret_sample = (struct sample){
		.value = null.value + wake.value / 2,
		.p99 = null.p99 + wake.p99 / 2,
		.least = null.least + wake.least / 2,
		.n = null.n,
	};
	return 0;
}

static int file_echo(struct file_run *run)
{
	const struct effort *e = run->bench->effort;
	uint64_t one = 1;
	int fd = daemon_open(&run->daemon, 0, "ECHO", O_RDWR), r;
	struct echo_floor floor = {
		.null = { run->null_fd, run->null_fd, run->buf, ECHO_LEN, e },
		.wake = { run->wake.in, run->wake.out, (uint8_t *)&one, sizeof one, e },
	};
	struct echo_client ours = { fd, fd, run->buf, ECHO_LEN, e };
	struct outcome o;

	if (fd < 0)
		return fd;
	r = measure_pairs(e, &(struct subject){ take_echo_floor, &floor },
			  &(struct subject){ client_echo_take, &ours }, &o);
	if (!r)
		report_row(&(struct row){
			.name = "R4 echo through a file", .unit = "us", .outcome = &o,
			.floor_name = "null FUSE echo and a wake-up", .size = ECHO_LEN,
			.placement = run->place, .limit = 1.5,
			.goal = run->place == PLACE_SAME ? GOAL_AT_MOST : GOAL_NONE,
		});
	close(fd);
	return r;
}

struct bulk_case {
	const char *channel;
	size_t len;
	double limit;		/* of the throughput's ratio */
	bool is_write;
	double cpu_limit;	/* of the CPU's ratio, 0: not asked */
};

static int file_bulk_row(struct file_run *run, const struct bulk_case *c, int fd, bool is_cpu)
{
	int (*take)(void *user, struct sample *ret_sample) =
		is_cpu ? (c->is_write ? client_write_cpu_take : client_read_cpu_take)
		       : (c->is_write ? client_write_take : client_read_take);
	const struct effort *e = run->bench->effort;
	struct bulk_client floor = { run->null_fd, run->buf, c->len, e, run->null.pid, 0 };
	struct bulk_client ours = { fd, run->buf, c->len, e, run->daemon.pid, 0 };
	struct outcome o;
	char name[48];
	int r = measure_pairs(e, &(struct subject){ take, &floor },
			      &(struct subject){ take, &ours }, &o);

	if (r)
		return r;
	snprintf(name, sizeof name, "%s %s %zu KiB", is_cpu ? "R6 daemon CPU," : "R5",
		 c->is_write ? "write" : "read", c->len >> 10);
	report_row(&(struct row){
		.name = name, .unit = is_cpu ? "ms/MiB" : "MB/s", .outcome = &o,
		.floor_name = "null FUSE", .size = c->len, .placement = run->place,
		.goal = run->place != PLACE_SAME ? GOAL_NONE :
			is_cpu ? GOAL_AT_MOST : GOAL_AT_LEAST,
		.limit = is_cpu ? c->cpu_limit : c->limit,
	});
	return 0;
}

static int file_bulk(struct file_run *run)
{
	/* A read gives one message, and one element carries less than 64 KiB:
	 * the largest whole pages are 60 KiB, for the floor as well. */
	static const struct bulk_case cases[] = {
		{ "SINK_4", 4 << 10, 0.85, true, 0 },
		{ "SOURCE_4", 4 << 10, 0.85, false, 0 },
		{ "SINK_16", 16 << 10, 0.80, true, 0 },
		{ "SOURCE_16", 16 << 10, 0.80, false, 0 },
		{ "SINK_64", 64 << 10, 0.75, true, 1.6 },
		{ "SOURCE_64", 60 << 10, 0.75, false, 1.6 },
	};
	int r = 0;

	for (size_t i = 0; !r && i < ARRAY_SIZE(cases); i++) {
		int fd = daemon_open(&run->daemon, 0, cases[i].channel, O_RDWR);

		if (fd < 0)
			return fd;
		r = file_bulk_row(run, &cases[i], fd, false);
		if (!r && cases[i].cpu_limit > 0 && run->place == PLACE_SAME)
			r = file_bulk_row(run, &cases[i], fd, true);
		close(fd);
	}
	return r;
}

static int file_placed(const struct bench *b, enum placement place)
{
	struct file_run run = { .bench = b, .place = place, .null_fd = -1 };
	int r = run_start(&run);

	if (!r)
		r = file_echo(&run);
	if (!r)
		r = file_bulk(&run);
	run_stop(&run);
	return r;
}

int bench_file(const struct bench *b)
{
	int r = file_placed(b, PLACE_SAME);

	if (!r && pin_can_cross())
		r = file_placed(b, PLACE_CROSS);
	if (!r)
		report_note("host share: no link, no interrupt, no IOMMU; "
			    "the simulated modem runs on the daemon's time");
	return r;
}
