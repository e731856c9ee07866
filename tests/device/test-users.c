/* Who has a channel open: one counter, one prepare, and nothing lost between. */
#include "client.h"
#include "shared.h"
#include "tests/suite.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

enum { N_PROCESSES = 64, N_ROUNDS = 40 };

START_TEST(test_f77_first_open_prepares_and_the_last_close_unprepares)
{
	uint64_t prepares = mount_stat(m, "LOOPBACK.prepares");
	int a, b, c;

	WAIT_FOR(mount_chan_is(m, "LOOPBACK", "closed"));
	a = mount_open(m, "LOOPBACK", O_RDWR);
	b = mount_open(m, "LOOPBACK", O_RDONLY);
	c = dup(a);
	ck_assert_uint_eq(mount_stat(m, "LOOPBACK.users"), 2);
	ck_assert_uint_eq(mount_stat(m, "LOOPBACK.prepares"), prepares + 1);
	close(a);
	close(b);
	WAIT_FOR(mount_stat(m, "LOOPBACK.users") == 1);
	ck_assert_int_eq(try_write(c, "x", 1), 1);
	close(c);
	WAIT_FOR(mount_stat(m, "LOOPBACK.users") == 0);
	WAIT_FOR(mount_chan_is(m, "LOOPBACK", "closed"));
	ck_assert_uint_eq(mount_stat(m, "LOOPBACK.prepares"), prepares + 1);
	ck_assert_uint_eq(mount_stat(m, "LOOPBACK.unprepares"), prepares + 1);
}
END_TEST

/* What `echo x > F; cat F` does.  False when this machine was so slow that the
 * channel was unprepared in between. */
static bool echo_then_cat(const char *word)
{
	uint64_t prepares;
	char buf[16];
	int fd = mount_open(m, "LOOPBACK", O_WRONLY | O_TRUNC);

	prepares = mount_stat(m, "LOOPBACK.prepares");
	write_all(fd, word, 1);
	ck_assert_int_eq(close(fd), 0);
	fd = mount_open(m, "LOOPBACK", O_RDONLY);
	if (mount_stat(m, "LOOPBACK.prepares") != prepares) {
		close(fd);
		return false;
	}
	ck_assert_int_eq(try_read(fd, buf, sizeof(buf)), 1);
	ck_assert_int_eq(buf[0], word[0]);
	close(fd);
	return true;
}

START_TEST(test_f77_next_open_finds_what_the_last_one_left)
{
	unsigned int n_good = 0;

	for (int i = 0; i < 20; i++)
		n_good += echo_then_cat("x");
	ck_assert_uint_gt(n_good, 0);
	WAIT_FOR(mount_chan_is(m, "LOOPBACK", "closed"));
}
END_TEST

START_TEST(test_close_waits_until_the_device_has_it)
{
	uint64_t before = mount_stat(m, "TEST_0.ul_bytes");

	for (unsigned int i = 1; i <= 200; i++) {
		int fd = open(mount_path(m, "TEST_0"), O_WRONLY | O_TRUNC | O_CREAT, 0666);

		ck_assert_int_ge(fd, 0);
		write_all(fd, "x\n", 2);
		ck_assert_int_eq(close(fd), 0);
		ck_assert_uint_eq(mount_stat(m, "TEST_0.ul_bytes"), before + 2 * i);
	}
}
END_TEST

START_TEST(test_close_gives_up_after_five_seconds)
{
	uint8_t *bytes = pattern_new(32768, 1);
	int fd = mount_open(m, "LOOPBACK", O_RDWR | O_NONBLOCK);
	uint64_t begin;

	/* An echo that nobody reads: the device takes no more. */
	write_until_full(fd, bytes, 32768);
	begin = now_ms();
	ck_assert_int_eq(close(fd), -1);
	ck_assert_int_eq(errno, ETIMEDOUT);
	ck_assert_uint_ge(now_ms() - begin, 4900);
	free(bytes);
}
END_TEST

START_TEST(test_echo_of_every_process_reaches_the_device)
{
	uint64_t before = mount_stat(m, "TEST_0.ul_bytes");
	char command[300];

	snprintf(command, sizeof(command), "for i in 1 2 3 4 5 6 7 8 9 10; do "
		 "(echo abc > %s) & done; wait", mount_path(m, "TEST_0"));
	ck_assert_int_eq(system(command), 0);
	ck_assert_uint_eq(mount_stat(m, "TEST_0.ul_bytes"), before + 40);
}
END_TEST

START_TEST(test_nonblocking_open_becomes_writable)
{
	int fd = mount_open(m, "TEST_0", O_WRONLY | O_NONBLOCK);
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	ck_assert_int_eq(poll(&p, 1, DEADLINE_MS), 1);
	ck_assert_int_eq(p.revents, POLLOUT);
	ck_assert_int_eq(try_write(fd, "x", 1), 1);
	ck_assert_int_eq(close(fd), 0);
}
END_TEST

static uint32_t next_random(uint32_t *x)
{
	*x = *x * 1664525u + 1013904223u;
	return *x >> 8;
}

static int come_and_go(void *user)
{
	static const char *const names[] = { "LOOPBACK", "TEST_0", "TEST_1", "LOOPBACK" };
	uint32_t x = *(uint32_t *)user;
	char buf[64] = { 0 };

	for (int i = 0; i < N_ROUNDS; i++) {
		const char *name = names[next_random(&x) % ARRAY_SIZE(names)];
		int fd = open(mount_path(m, name), O_RDWR | (next_random(&x) % 2 * O_NONBLOCK));

		if (fd < 0)
			return 1;
		fcntl(fd, F_SETFL, O_NONBLOCK);
		for (uint32_t n = next_random(&x) % 4; n; n--) {
			if (try_write(fd, buf, sizeof(buf)) == -ENODEV)
				return 2;
			if (try_read(fd, buf, sizeof(buf)) == -ENODEV)
				return 3;
		}
		if (next_random(&x) % 32 == 0)
			return 0;	/* the kernel closes it */
		close(fd);
	}
	return 0;
}

static int drain(void *user)
{
	char buf[64];

	while (try_read(*(int *)user, buf, sizeof(buf)) > 0)
		;
	return 0;
}

static void expect_balance(const char *chan)
{
	char key[64], other[64];

	snprintf(key, sizeof(key), "%s.users", chan);
	WAIT_FOR(mount_stat(m, key) == 0);
	WAIT_FOR(mount_chan_is(m, chan, "closed"));
	snprintf(key, sizeof(key), "%s.prepares", chan);
	snprintf(other, sizeof(other), "%s.unprepares", chan);
	ck_assert_uint_eq(mount_stat(m, key), mount_stat(m, other));
}

START_TEST(test_f77_crowd_comes_and_goes_and_leaves_nothing)
{
	unsigned int n_fds = mount_n_fds(m);
	uint32_t seeds[N_PROCESSES];
	pid_t pids[N_PROCESSES], reader;
	int fd = mount_open(m, "LOOPBACK", O_RDONLY);

	/* Somebody has to read the echo: closes wait for it. */
	reader = child_start(drain, &fd);
	for (uint32_t i = 0; i < N_PROCESSES; i++) {
		seeds[i] = i * 7919 + 1;
		pids[i] = child_start(come_and_go, &seeds[i]);
	}
	for (int i = 0; i < N_PROCESSES; i++)
		ck_assert_int_eq(child_join(pids[i]), 0);
	kill(reader, SIGKILL);
	ck_assert_int_eq(child_join(reader), -SIGKILL);
	close(fd);
	expect_balance("LOOPBACK");
	expect_balance("TEST_0");
	expect_balance("TEST_1");
	ck_assert_uint_eq(mount_n_fds(m), n_fds);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("users");
	TCase *tc = shared_case("users", NULL);

	mount_skip_unless_possible();
	tcase_set_timeout(tc, 90);
	tcase_add_test(tc, test_f77_first_open_prepares_and_the_last_close_unprepares);
	tcase_add_test(tc, test_f77_next_open_finds_what_the_last_one_left);
	tcase_add_test(tc, test_close_waits_until_the_device_has_it);
	tcase_add_test(tc, test_close_gives_up_after_five_seconds);
	tcase_add_test(tc, test_echo_of_every_process_reaches_the_device);
	tcase_add_test(tc, test_nonblocking_open_becomes_writable);
	tcase_add_test(tc, test_f77_crowd_comes_and_goes_and_leaves_nothing);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
