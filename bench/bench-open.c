/*
 * R8: open() of a channel until it runs, both directions started, against
 * open and close of the null file.
 */
#include "bench/bench.h"
#include "bench/daemon.h"
#include "bench/floors.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

struct open_client {
	int dir;	/* of the file */
	const char *name;
	int fd;
	const struct effort *effort;
};

static int open_file(void *user)
{
	struct open_client *c = user;

	c->fd = openat(c->dir, c->name, O_RDWR | O_CLOEXEC);
	return c->fd < 0 ? -errno : 0;
}

static int close_file(void *user)
{
	struct open_client *c = user;

	return close(c->fd) < 0 ? -errno : 0;
}

static int open_and_close(void *user)
{
	int r = open_file(user);

	return r ? r : close_file(user);
}

/* close() returns before the daemon has seen it.  Asking for something else
 * lets it catch up, so that the next open does not pay for the last close. */
static int close_and_settle(void *user)
{
	struct open_client *c = user;
	struct stat st;
	int r = close_file(c);

	for (int i = 0; !r && i < 3; i++)
		if (fstatat(c->dir, "state", &st, 0) < 0)
			r = -errno;
	return r;
}

static int take_null(void *user, struct sample *ret_sample)
{
	struct open_client *c = user;

	return sample_ops(open_and_close, NULL, c, c->effort, ret_sample);
}

static int take_ours(void *user, struct sample *ret_sample)
{
	struct open_client *c = user;

	return sample_ops(open_file, close_and_settle, c, c->effort, ret_sample);
}

static int open_row(const struct bench *b, const struct null_fuse *null,
		    const struct daemon *daemon, enum placement place)
{
	struct open_client floor = { .name = "null", .effort = b->effort };
	struct open_client ours = { .name = "FLEETING", .effort = b->effort };
	struct outcome o;
	int r = 0;

	floor.dir = open(null->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ours.dir = daemon_open_dir(daemon, 0);
	if (floor.dir < 0 || ours.dir < 0)
		r = -ENOENT;
	if (!r)
		r = measure_pairs(b->effort, &(struct subject){ take_null, &floor },
				  &(struct subject){ take_ours, &ours }, &o);
	if (!r)
		report_row(&(struct row){
			.name = "R8 open until running", .unit = "us", .outcome = &o,
			.floor_name = "null FUSE open and close", .placement = place,
			.goal = place == PLACE_SAME ? GOAL_AT_MOST : GOAL_NONE, .limit = 5,
		});
	if (floor.dir >= 0)
		close(floor.dir);
	if (ours.dir >= 0)
		close(ours.dir);
	return r;
}

int bench_open(const struct bench *b)
{
	int r = 0;

	for (enum placement p = PLACE_SAME; !r && p <= PLACE_CROSS; p++) {
		struct null_fuse null = { 0 };
		struct daemon daemon = { 0 };

		if (p == PLACE_CROSS && !pin_can_cross())
			break;
		r = null_fuse_start(&null, p);
		if (!r)
			r = daemon_start(&daemon, b, DAEMON_BENCH, 1, p);
		if (!r)
			r = open_row(b, &null, &daemon, p);
		daemon_stop(&daemon);
		null_fuse_stop(&null);
	}
	return r;
}
