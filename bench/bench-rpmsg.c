/*
 * L1: a message through the rpmsg bus, there and back, against the two copies
 * that nobody is spared.  L2: an echo through an endpoint's file against one
 * through a channel's, on the same device, and through another process.
 */
#include "base/bytes.h"
#include "bench/bus-rig.h"
#include "bench/client.h"
#include "bench/clock.h"
#include "bench/daemon.h"
#include "bench/floors.h"
#include "bench/remote.h"
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum {
	FILE_LEN = 64,		/* bytes of an echo through a file */
	PATIENCE_MS = 5000,
};

struct bus_subject {
	struct bus_rig rig;
	const struct effort *effort;
};

static int take_bus(void *user, struct sample *ret_sample)
{
	struct bus_subject *s = user;

	return bus_rig_time(&s->rig, s->effort->spins / 4, ret_sample);
}

struct copies {
	uint8_t ours[RPMSG_BUFFER_LEN], wire[RPMSG_BUFFER_LEN];
	size_t len;	/* header included */
	const struct effort *effort;
};

/* Somebody looks at every copy, as far as the compiler knows. */
static void copy(uint8_t *to, const uint8_t *from, size_t len)
{
	memcpy(to, from, len);
	__asm__ volatile("" : : "r"(to) : "memory");
}

static int take_copies(void *user, struct sample *ret_sample)
{
	struct copies *c = user;
	unsigned int n = c->effort->spins;
	uint64_t start = now_ns();

	for (unsigned int i = 0; i < n; i++) {
		copy(c->wire, c->ours, c->len);
		copy(c->ours, c->wire, c->len);
	}
	*ret_sample = (struct sample){ .value = (double)(now_ns() - start) / n, .n = n };
	return 0;
}

static int bus_message(const struct bench *b, struct bus_subject *s, uint32_t len, double limit)
{
	struct copies copies = { .len = RPMSG_HEADER_LEN + len, .effort = b->effort };
	struct outcome o;
	char name[48];
	int r;

	s->rig.len = len;
	r = measure_pairs(b->effort, &(struct subject){ take_copies, &copies },
			  &(struct subject){ take_bus, s }, &o);
	if (r)
		return r;
	snprintf(name, sizeof name, "L1 rpmsg bus, there and back, %u", len);
	report_row(&(struct row){
		.name = name, .unit = "ns", .floor_name = "two copies", .outcome = &o,
		.size = len, .goal = GOAL_AT_MOST, .limit = limit,
	});
	return 0;
}

static int bus_many(const struct bench *b, struct bus_subject *one, struct bus_subject *many)
{
	struct outcome o;
	int r;

	one->rig.len = many->rig.len = FILE_LEN;
	r = measure_pairs(b->effort, &(struct subject){ take_bus, one },
			  &(struct subject){ take_bus, many }, &o);
	if (!r)
		report_row(&(struct row){
			.name = "L1 rpmsg bus, 256 endpoints in turn", .unit = "ns",
			.floor_name = "one endpoint", .outcome = &o, .size = FILE_LEN,
			.goal = GOAL_AT_MOST, .limit = 1.5,
		});
	return r;
}

static int rpmsg_bus_rows(const struct bench *b)
{
	static struct bus_subject one, many;
	int r = bus_rig_init(&one.rig, 1);

	one.effort = many.effort = b->effort;
	if (!r)
		r = bus_rig_init(&many.rig, BUS_ENDPOINTS_MOST);
	if (!r)
		r = bus_message(b, &one, FILE_LEN, 8);
	if (!r)
		r = bus_message(b, &one, BUS_PAYLOAD_MOST, 10);
	if (!r)
		r = bus_many(b, &one, &many);
	bus_rig_fini(&many.rig);
	bus_rig_fini(&one.rig);
	return r;
}

/* The devices of one run, and what stands for a process more to wake. */
struct file_run {
	const struct bench *bench;
	enum placement place;
	struct remote remote;
	struct daemon near, far;
	struct peer wake;
	int channel, near_fd, far_fd;
};

/* Announcements come when the device is ready already. */
static int open_endpoint(const struct daemon *d)
{
	int fd = -ENOENT;

	for (unsigned int ms = 0; fd == -ENOENT && ms < PATIENCE_MS; ms++) {
		fd = daemon_open(d, 0, "rpmsg/rpmsg-echo", O_RDWR);
		if (fd == -ENOENT)
			usleep(1000);
	}
	return fd;
}

static int run_open(struct file_run *run)
{
	run->channel = daemon_open(&run->near, 0, "LOOPBACK", O_RDWR);
	run->near_fd = open_endpoint(&run->near);
	run->far_fd = open_endpoint(&run->far);
	if (run->channel < 0)
		return run->channel;
	return run->near_fd < 0 ? run->near_fd : run->far_fd < 0 ? run->far_fd : 0;
}

static int run_start(struct file_run *run)
{
	char spec[96];
	int r = remote_start(&run->remote, run->bench, run->place);

	snprintf(spec, sizeof spec, "vhost-user:%s,type=rpmsg,greet=yes", run->remote.path);
	if (!r)
		r = daemon_start(&run->near, run->bench, DAEMON_DEFAULT, 1, run->place);
	if (!r)
		r = daemon_start(&run->far, run->bench, spec, 1, run->place);
	if (!r)
		r = peer_start(&run->wake, PEER_EPOLL, run->place);
	return r ? r : run_open(run);
}

static void run_stop(struct file_run *run)
{
	const int fds[] = { run->channel, run->near_fd, run->far_fd };

	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		if (fds[i] >= 0)
			close(fds[i]);
	peer_stop(&run->wake);
	daemon_stop(&run->far);
	daemon_stop(&run->near);
	remote_stop(&run->remote);
}

struct echo_floor {
	struct echo_client channel, wake;
	bool has_wake;
};

static int take_echo_floor(void *user, struct sample *ret_sample)
{
	struct echo_floor *f = user;
	struct sample channel, wake = { 0 };
	int r = client_echo_take(&f->channel, &channel);

	if (!r && f->has_wake)
		r = client_echo_take(&f->wake, &wake);
	if (r)
		return r;
	*ret_sample = (struct sample){
		.value = channel.value + wake.value, .p99 = channel.p99 + wake.p99,
		.least = channel.least + wake.least, .n = channel.n,
	};
	return 0;
}

static int file_echo(struct file_run *run, bool is_far)
{
	const struct effort *e = run->bench->effort;
	uint8_t buf[FILE_LEN] = { 1 };
	uint64_t one = 1;
	int fd = is_far ? run->far_fd : run->near_fd;
	struct echo_floor floor = {
		.channel = { run->channel, run->channel, buf, sizeof buf, e },
		.wake = { run->wake.in, run->wake.out, (uint8_t *)&one, sizeof one, e },
		.has_wake = is_far,
	};
	struct echo_client ours = { fd, fd, buf, sizeof buf, e };
	struct outcome o;
	int r = measure_pairs(e, &(struct subject){ take_echo_floor, &floor },
			      &(struct subject){ client_echo_take, &ours }, &o);

	if (!r)
		report_row(&(struct row){
			.name = is_far ? "L2 echo, endpoint of a process"
				       : "L2 echo through an endpoint's file",
			.floor_name = is_far ? "a channel's file, a wake-up and its answer"
					     : "a channel's file",
			.unit = "us", .outcome = &o, .size = sizeof buf,
			.placement = run->place, .limit = is_far ? 1.75 : 1.25,
			.goal = run->place == PLACE_SAME ? GOAL_AT_MOST : GOAL_NONE,
		});
	return r;
}

static int rpmsg_file_rows(const struct bench *b, enum placement place)
{
	struct file_run run = {
		.bench = b, .place = place, .channel = -1, .near_fd = -1, .far_fd = -1,
	};
	int r = run_start(&run);

	if (!r)
		r = file_echo(&run, false);
	if (!r)
		r = file_echo(&run, true);
	run_stop(&run);
	return r;
}

int bench_rpmsg(const struct bench *b)
{
	int r = rpmsg_bus_rows(b);

	if (!r)
		r = rpmsg_file_rows(b, PLACE_SAME);
	if (!r && pin_can_cross())
		r = rpmsg_file_rows(b, PLACE_CROSS);
	return r;
}
