/* poll, select, epoll and io_uring: ready exactly when a call would not wait. */
#include "config.h"
#include "client.h"
#include "shared.h"
#include "tests/suite.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/syscall.h>
#ifdef HAVE_URING
#include <liburing.h>
#endif

enum { MTU = 32768 };

static int poll_now(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN | POLLOUT | POLLPRI };

	ck_assert_int_ge(poll(&p, 1, 0), 0);
	return p.revents;
}

static bool waits_for(int fd, short events, int ms)
{
	struct pollfd p = { .fd = fd, .events = events };

	return poll(&p, 1, ms) == 1;
}

START_TEST(test_poll_says_what_read_would_do)
{
	int fd = mount_open(m, "LOOPBACK", O_RDWR);
	char buf[8];

	ck_assert_int_eq(poll_now(fd), POLLOUT);
	write_all(fd, "abc", 3);
	ck_assert(waits_for(fd, POLLIN, DEADLINE_MS));
	ck_assert_int_eq(poll_now(fd), POLLIN | POLLOUT);
	ck_assert_int_eq(try_read(fd, buf, 1), 1);
	ck_assert_int_eq(poll_now(fd), POLLIN | POLLOUT);
	ck_assert_int_eq(try_read(fd, buf, 8), 2);
	ck_assert_int_eq(poll_now(fd), POLLOUT);
	close(fd);
}
END_TEST

/* Sleeps in poll until input; the exit code is revents. */
static int poll_once(void *user)
{
	struct pollfd p = { .fd = *(int *)user, .events = POLLIN };

	return poll(&p, 1, DEADLINE_MS) == 1 ? p.revents : 99;
}

static int select_once(void *user)
{
	struct timeval limit = { .tv_sec = DEADLINE_MS / 1000 };
	int fd = *(int *)user;
	fd_set in;

	FD_ZERO(&in);
	FD_SET(fd, &in);
	return select(fd + 1, &in, NULL, NULL, &limit) == 1 && FD_ISSET(fd, &in);
}

START_TEST(test_message_wakes_everybody_who_polls)
{
	int a = mount_open(m, "LOOPBACK", O_RDWR), b = mount_open(m, "LOOPBACK", O_RDWR);
	pid_t on_a = child_start(poll_once, &a), again = child_start(poll_once, &a);
	pid_t on_b = child_start(poll_once, &b), by_select = child_start(select_once, &b);
	char c;

	child_wait_parked(on_a, SYS_poll, m);
	child_wait_parked(again, SYS_poll, m);
	child_wait_parked(on_b, SYS_poll, m);
	child_wait_parked(by_select, SYS_pselect6, m);
	write_all(a, "x", 1);
	ck_assert_int_eq(child_join(on_a), POLLIN);
	ck_assert_int_eq(child_join(again), POLLIN);
	ck_assert_int_eq(child_join(on_b), POLLIN);
	ck_assert_int_eq(child_join(by_select), 1);
	ck_assert_int_eq(try_read(b, &c, 1), 1);
	close(a);
	close(b);
}
END_TEST

START_TEST(test_room_is_told_too)
{
	uint8_t *bytes = pattern_new(MTU, 1);
	int fd = mount_open(m, "LOOPBACK", O_RDWR | O_NONBLOCK);
	size_t len = 0, n_turns = 0;

	/* Written as fast as poll lets us, then read the same way. */
	while (waits_for(fd, POLLOUT, 200))
		len += (size_t)try_write(fd, bytes, MTU);
	ck_assert_int_eq(poll_now(fd), POLLIN);
	ck_assert_int_eq(try_write(fd, bytes, 1), -EAGAIN);
	while (len) {
		ck_assert(waits_for(fd, POLLIN, DEADLINE_MS));
		len -= (size_t)try_read(fd, bytes, MTU);
		n_turns++;
	}
	ck_assert_uint_gt(n_turns, 100);
	ck_assert(waits_for(fd, POLLOUT, DEADLINE_MS));
	ck_assert_int_eq(poll_now(fd), POLLOUT);
	close(fd);
	free(bytes);
}
END_TEST

static int epoll_on(int fd, uint32_t events)
{
	struct epoll_event e = { .events = events };
	int ep = epoll_create1(EPOLL_CLOEXEC);

	ck_assert_int_ge(ep, 0);
	ck_assert_int_eq(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e), 0);
	return ep;
}

static uint32_t epoll_next(int ep, int ms)
{
	struct epoll_event e = { 0 };

	return epoll_wait(ep, &e, 1, ms) == 1 ? e.events : 0;
}

START_TEST(test_level_triggered_epoll_stays_until_read)
{
	int fd = mount_open(m, "LOOPBACK", O_RDWR), ep = epoll_on(fd, EPOLLIN);
	char c;

	ck_assert_uint_eq(epoll_next(ep, 0), 0);
	write_all(fd, "x", 1);
	ck_assert_uint_eq(epoll_next(ep, DEADLINE_MS), EPOLLIN);
	ck_assert_uint_eq(epoll_next(ep, DEADLINE_MS), EPOLLIN);
	ck_assert_int_eq(try_read(fd, &c, 1), 1);
	ck_assert_uint_eq(epoll_next(ep, 0), 0);
	close(ep);
	close(fd);
}
END_TEST

START_TEST(test_edge_triggered_epoll_tells_each_message)
{
	int fd = mount_open(m, "LOOPBACK", O_RDWR | O_NONBLOCK);
	int ep = epoll_on(fd, EPOLLIN | EPOLLET);
	char c;

	for (int i = 0; i < 200; i++) {
		while (try_write(fd, "x", 1) == -EAGAIN)
			ck_assert(waits_for(fd, POLLOUT, DEADLINE_MS));
		/* An edge may come early: then there is nothing to read yet. */
		do
			ck_assert_uint_eq(epoll_next(ep, DEADLINE_MS), EPOLLIN);
		while (try_read(fd, &c, 1) == -EAGAIN);
		ck_assert_int_eq(try_read(fd, &c, 1), -EAGAIN);
	}
	close(ep);
	close(fd);
}
END_TEST

START_TEST(test_edge_without_reading_comes_with_the_next_message)
{
	int fd = mount_open(m, "LOOPBACK", O_RDWR);
	int ep = epoll_on(fd, EPOLLIN | EPOLLET);

	for (int i = 0; i < 5; i++) {
		write_all(fd, "x", 1);
		ck_assert_uint_eq(epoll_next(ep, DEADLINE_MS), EPOLLIN);
		WAIT_FOR(epoll_next(ep, 0) == 0);
	}
	close(ep);
	close(fd);
}
END_TEST

START_TEST(test_signal_ends_a_poll)
{
	int fd = mount_open(m, "LOOPBACK", O_RDWR);
	pid_t pid = child_start(poll_once, &fd);

	child_wait_parked(pid, SYS_poll, m);
	kill(pid, SIGINT);
	ck_assert_int_eq(child_join(pid), -SIGINT);
	close(fd);
}
END_TEST

START_TEST(test_attribute_tells_a_change_with_pollpri)
{
	int fd = mount_open(m, "state", O_RDONLY);
	char text[4096];
	ssize_t n;

	ck_assert_int_gt(try_read(fd, text, sizeof(text)), 0);
	ck_assert_int_eq(poll_now(fd), POLLIN | POLLOUT);
	ck_assert_int_eq(mount_store(m, "power", "suspend"), 0);
	ck_assert(waits_for(fd, POLLPRI, DEADLINE_MS));
	ck_assert_int_eq(poll_now(fd), POLLIN | POLLOUT | POLLPRI | POLLERR);
	ck_assert_int_eq(lseek(fd, 0, SEEK_SET), 0);
	n = try_read(fd, text, sizeof(text) - 1);
	ck_assert_int_gt(n, 0);
	text[n] = 0;
	ck_assert_ptr_nonnull(strstr(text, "state=suspended"));
	ck_assert_int_eq(poll_now(fd), POLLIN | POLLOUT);
	ck_assert_int_eq(mount_store(m, "power", "resume"), 0);
	ck_assert(waits_for(fd, POLLPRI, DEADLINE_MS));
	close(fd);
}
END_TEST

#ifdef HAVE_URING
static int uring_result(struct io_uring *ring)
{
	struct __kernel_timespec limit = { .tv_sec = DEADLINE_MS / 1000 };
	struct io_uring_cqe *cqe;
	int r = io_uring_wait_cqe_timeout(ring, &cqe, &limit);

	ck_assert_int_eq(r, 0);
	r = cqe->res;
	io_uring_cqe_seen(ring, cqe);
	return r;
}

static void uring_read(struct io_uring *ring, int fd, void *bytes, unsigned int len)
{
	io_uring_prep_read(io_uring_get_sqe(ring), fd, bytes, len, 0);
	ck_assert_int_eq(io_uring_submit(ring), 1);
}

/* The ring takes this for a disk file and fills a buffer before it is done, so
 * its reads ask for what is there; the rest of the world uses its poll. */
START_TEST(test_uring_polls_and_reads)
{
	int fd = mount_open(m, "LOOPBACK", O_RDWR);
	struct io_uring_cqe *cqe;
	struct io_uring ring;
	char buf[8];

	ck_assert_int_eq(io_uring_queue_init(4, &ring, 0), 0);
	io_uring_prep_poll_add(io_uring_get_sqe(&ring), fd, POLLIN);
	ck_assert_int_eq(io_uring_submit(&ring), 1);
	mount_barrier(m);
	ck_assert_int_eq(io_uring_peek_cqe(&ring, &cqe), -EAGAIN);
	write_all(fd, "abc", 3);
	ck_assert_int_eq(uring_result(&ring), POLLIN);
	uring_read(&ring, fd, buf, 3);
	ck_assert_int_eq(uring_result(&ring), 3);
	uring_read(&ring, fd, buf, 2);
	mount_barrier(m);
	ck_assert_int_eq(io_uring_peek_cqe(&ring, &cqe), -EAGAIN);
	write_all(fd, "de", 2);
	ck_assert_int_eq(uring_result(&ring), 2);
	ck_assert_mem_eq(buf, "de", 2);
	io_uring_queue_exit(&ring);
	close(fd);
}
END_TEST

static void add_uring(TCase *tc)
{
	struct io_uring ring;

	if (io_uring_queue_init(4, &ring, 0) < 0) {
		fprintf(stderr, "SKIP: no io_uring in this kernel: not tested\n");
		return;
	}
	io_uring_queue_exit(&ring);
	tcase_add_test(tc, test_uring_polls_and_reads);
}
#else
static void add_uring(TCase *tc)
{
	(void)tc;
	fprintf(stderr, "SKIP: built without liburing: io_uring is not tested\n");
}
#endif

int main(void)
{
	Suite *s = suite_create("poll");
	TCase *tc = shared_case("poll", NULL);

	mount_skip_unless_possible();
	tcase_add_test(tc, test_poll_says_what_read_would_do);
	tcase_add_test(tc, test_message_wakes_everybody_who_polls);
	tcase_add_test(tc, test_room_is_told_too);
	tcase_add_test(tc, test_level_triggered_epoll_stays_until_read);
	tcase_add_test(tc, test_edge_triggered_epoll_tells_each_message);
	tcase_add_test(tc, test_edge_without_reading_comes_with_the_next_message);
	tcase_add_test(tc, test_signal_ends_a_poll);
	tcase_add_test(tc, test_attribute_tells_a_change_with_pollpri);
	add_uring(tc);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
