/*
 * How many requests of the kernel a message costs: the same on every machine,
 * counted in the daemon's own trace.
 */
#include "client.h"
#include "tests/suite.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>

enum { N = 50 };

static struct mount mount_;
static struct mount *const m = &mount_;
static char trace[96];

/* The trace goes to a file instead of our standard error. */
static void setup(void)
{
	int err = dup(STDERR_FILENO), fd;

	mount_init(m);
	snprintf(trace, sizeof(trace), "%s/trace", m->base);
	fd = open(trace, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	ck_assert_int_ge(fd, 0);
	dup2(fd, STDERR_FILENO);
	mount_start(m, "-d");
	dup2(err, STDERR_FILENO);
	close(err);
	close(fd);
}

static void teardown(void)
{
	unlink(trace);
	mount_stop(m);
}

struct count {
	unsigned int all, read, write, poll;
};

static struct count count_now(void)
{
	struct count c = { 0 };
	char line[512];
	FILE *f;

	f = fopen(trace, "re");
	ck_assert_ptr_nonnull(f);
	while (fgets(line, sizeof(line), f)) {
		c.all += strstr(line, "opcode: ") != NULL;
		c.read += strstr(line, "opcode: READ (") != NULL;
		c.write += strstr(line, "opcode: WRITE ") != NULL;
		c.poll += strstr(line, "opcode: POLL ") != NULL;
	}
	fclose(f);
	return c;
}

/* @each: what one of N messages may have cost since @before. */
static void expect_cost(struct count before, struct count each)
{
	struct count now = count_now();

	ck_assert_uint_eq(now.write - before.write, each.write * N);
	ck_assert_uint_eq(now.read - before.read, each.read * N);
	/* A message that is there before the wait saves one. */
	ck_assert_uint_le(now.poll - before.poll, each.poll * N);
	ck_assert_uint_le(now.all - before.all, each.all * N);
}

static int open_warm(void)
{
	int fd = mount_open(m, "LOOPBACK", O_RDWR);
	char c;

	write_all(fd, "x", 1);
	read_all(fd, &c, 1);
	return fd;
}

START_TEST(test_blocking_read_is_one_request)
{
	int fd = open_warm();
	struct count before = count_now();
	char c;

	for (int i = 0; i < N; i++) {
		write_all(fd, "x", 1);
		read_all(fd, &c, 1);
	}
	expect_cost(before, (struct count){ .all = 2, .write = 1, .read = 1 });
	close(fd);
}
END_TEST

static uint32_t wait_in(int ep)
{
	struct epoll_event e;

	ck_assert_int_eq(epoll_wait(ep, &e, 1, DEADLINE_MS), 1);
	return e.events;
}

/* N messages through epoll with @events; the first is not counted. */
static void through_epoll(uint32_t events, struct count each)
{
	struct epoll_event e = { .events = events };
	int fd = open_warm(), ep = epoll_create1(EPOLL_CLOEXEC);
	struct count before = { 0 };
	char c;

	ck_assert_int_eq(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e), 0);
	for (int i = 0; i <= N; i++) {
		write_all(fd, "x", 1);
		ck_assert_uint_eq(wait_in(ep), EPOLLIN);
		read_all(fd, &c, 1);
		if (i == 0)
			before = count_now();
	}
	expect_cost(before, each);
	close(ep);
	close(fd);
}

START_TEST(test_edge_triggered_epoll_is_two_at_most)
{
	through_epoll(EPOLLIN | EPOLLET,
		      (struct count){ .all = 3, .write = 1, .read = 1, .poll = 1 });
}
END_TEST

START_TEST(test_level_triggered_epoll_is_three_at_most)
{
	through_epoll(EPOLLIN,
		      (struct count){ .all = 4, .write = 1, .read = 1, .poll = 2 });
}
END_TEST

START_TEST(test_open_and_close_are_six_requests)
{
	int fd = open_warm();
	struct count before = count_now();

	/* Two names, the rights of the file, OPEN, FLUSH, RELEASE. */
	for (int i = 0; i < N; i++)
		close(mount_open(m, "LOOPBACK", O_RDWR));
	WAIT_FOR(count_now().all - before.all >= 6 * N);
	ck_assert_uint_le(count_now().all - before.all, 6 * N + N / 10);
	close(fd);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("requests");
	TCase *tc = tcase_create("requests");

	mount_skip_unless_possible();
	tcase_add_unchecked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, test_blocking_read_is_one_request);
	tcase_add_test(tc, test_edge_triggered_epoll_is_two_at_most);
	tcase_add_test(tc, test_level_triggered_epoll_is_three_at_most);
	tcase_add_test(tc, test_open_and_close_are_six_requests);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
