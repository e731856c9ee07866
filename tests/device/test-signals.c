/* Signals: a waiting call ends at once, nobody stays stuck, no byte is lost. */
#include "client.h"
#include "shared.h"
#include "tests/suite.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>

enum { MTU = 32768, N_MESSAGES = 12000 };

static void expect_read_ends(int signo, int flags)
{
	int fd = mount_open(m, "LOOPBACK", O_RDWR);
	struct client reader;
	char buf[8];

	catch_signal(signo, flags);
	client_read(&reader, fd, buf, sizeof(buf));
	client_wait_parked(&reader, m);
	pthread_kill(reader.thread, signo);
	ck_assert_int_eq(client_join(&reader), -EINTR);
	write_all(fd, "y", 1);
	ck_assert_int_eq(try_read(fd, buf, sizeof(buf)), 1);
	close(fd);
}

START_TEST(test_f73_signal_ends_a_read)
{
	expect_read_ends(SIGINT, 0);
}
END_TEST

START_TEST(test_f73_restarting_handler_ends_it_too)
{
	expect_read_ends(SIGUSR1, SA_RESTART);
}
END_TEST

START_TEST(test_f73_ignored_signal_ends_nothing)
{
	int fd = mount_open(m, "LOOPBACK", O_RDWR);
	struct client reader;
	char buf[8];

	client_read(&reader, fd, buf, sizeof(buf));
	client_wait_parked(&reader, m);
	pthread_kill(reader.thread, SIGWINCH);
	mount_barrier(m);
	write_all(fd, "x", 1);
	ck_assert_int_eq(client_join(&reader), 1);
	close(fd);
}
END_TEST

static int close_it(void *user)
{
	catch_signal(SIGUSR1, 0);
	return close(*(int *)user) < 0 ? errno : 0;
}

START_TEST(test_f73_waiting_write_or_close_ends_with_eintr)
{
	uint8_t *bytes = pattern_new(MTU, 1);
	int fd = mount_open(m, "LOOPBACK", O_RDWR);
	struct client writer;
	size_t len;
	pid_t pid;

	catch_signal(SIGINT, 0);
	len = write_until_full(fd, bytes, MTU);
	client_write(&writer, fd, bytes, 1000);
	client_wait_parked(&writer, m);
	pthread_kill(writer.thread, SIGINT);
	ck_assert_int_eq(client_join(&writer), -EINTR);
	/* A close waits too, for what nobody takes. */
	pid = child_start(close_it, &fd);
	child_wait_parked(pid, SYS_close, m);
	kill(pid, SIGUSR1);
	ck_assert_int_eq(child_join(pid), EINTR);
	for (; len; len -= MTU)
		read_all(fd, bytes, MTU);
	close(fd);
	free(bytes);
}
END_TEST

START_TEST(test_f73_write_after_progress_ends_short)
{
	uint8_t *bytes = pattern_new(4 * MTU, 2), *back = pattern_new(MTU, 0);
	int fd = mount_open(m, "LOOPBACK", O_RDWR);
	struct client writer;
	size_t len;

	catch_signal(SIGINT, 0);
	len = write_until_full(fd, bytes, MTU);
	client_write(&writer, fd, bytes, 4 * MTU);
	client_wait_parked(&writer, m);
	/* Room for a piece or two, then the signal. */
	read_all(fd, back, MTU);
	WAIT_FOR(mount_stat(m, "LOOPBACK.ul_bytes") >= len + MTU);
	pthread_kill(writer.thread, SIGINT);
	ck_assert_int_gt(client_join(&writer), 0);
	ck_assert_int_eq(writer.result % MTU, 0);
	ck_assert_int_lt(writer.result, 4 * MTU);
	for (len += (size_t)writer.result - MTU; len; len -= MTU)
		read_all(fd, back, MTU);
	ck_assert_int_eq(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	ck_assert_int_eq(try_read(fd, back, MTU), -EAGAIN);
	close(fd);
	free(bytes);
	free(back);
}
END_TEST

/* Reads once; the exit code is the count, or 100 + errno. */
static int read_once(void *user)
{
	char buf[64];
	ssize_t n = try_read(*(int *)user, buf, sizeof(buf));

	return (int)(n < 0 ? 100 - n : n);
}

START_TEST(test_f74_killed_reader_dies_and_takes_nothing)
{
	int fd = mount_open(m, "LOOPBACK", O_RDWR);
	pid_t pid = child_start(read_once, &fd);
	char buf[8];

	child_wait_parked(pid, SYS_read, m);
	kill(pid, SIGKILL);
	ck_assert_int_eq(child_join(pid), -SIGKILL);
	write_all(fd, "mine", 4);
	ck_assert_int_eq(try_read(fd, buf, sizeof(buf)), 4);
	close(fd);
}
END_TEST

START_TEST(test_f74_stopped_reader_gets_eintr_when_it_goes_on)
{
	int fd = mount_open(m, "LOOPBACK", O_RDWR), status;
	pid_t pid = child_start(read_once, &fd);

	child_wait_parked(pid, SYS_read, m);
	kill(pid, SIGSTOP);
	ck_assert_int_eq(waitpid(pid, &status, WUNTRACED), pid);
	ck_assert(WIFSTOPPED(status));
	kill(pid, SIGCONT);
	ck_assert_int_eq(child_join(pid), 100 + EINTR);
	close(fd);
}
END_TEST

START_TEST(test_f74_stopped_reader_takes_no_message)
{
	int fd = mount_open(m, "LOOPBACK", O_RDWR), status;
	pid_t pid = child_start(read_once, &fd);
	char buf[8];

	child_wait_parked(pid, SYS_read, m);
	kill(pid, SIGSTOP);
	ck_assert_int_eq(waitpid(pid, &status, WUNTRACED), pid);
	write_all(fd, "mine", 4);
	ck_assert_int_eq(try_read(fd, buf, sizeof(buf)), 4);
	kill(pid, SIGKILL);
	ck_assert_int_eq(child_join(pid), -SIGKILL);
	close(fd);
}
END_TEST

/* In bursts, so that the reader is met both while it waits and while it takes
 * one message after the other. */
static int write_numbers(void *user)
{
	int fd = *(int *)user;

	for (uint32_t i = 0; i < N_MESSAGES; i++) {
		if (write(fd, &i, sizeof(i)) != sizeof(i))
			return 1;
		if (i % 4 == 0)
			usleep(400);
	}
	return 0;
}

START_TEST(test_f73_no_byte_is_lost_under_a_rain_of_signals)
{
	struct itimerval often = { { 0, 200 }, { 0, 200 } }, never = { 0 };
	int fd = mount_open(m, "LOOPBACK", O_RDWR);
	unsigned int n_interrupts = 0;
	uint32_t expected = 0, got;
	pid_t pid = child_start(write_numbers, &fd);

	catch_signal(SIGALRM, 0);
	setitimer(ITIMER_REAL, &often, NULL);
	while (expected < N_MESSAGES) {
		ssize_t n = try_read(fd, &got, sizeof(got));

		if (n == -EINTR) {
			n_interrupts++;
			continue;
		}
		if (n != sizeof(got) || got != expected)
			break;
		expected++;
	}
	setitimer(ITIMER_REAL, &never, NULL);
	ck_assert_uint_eq(expected, N_MESSAGES);
	ck_assert_uint_gt(n_interrupts, 100);
	ck_assert_int_eq(child_join(pid), 0);
	close(fd);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("signals");
	TCase *tc = shared_case("signals", NULL);

	mount_skip_unless_possible();
	tcase_add_test(tc, test_f73_signal_ends_a_read);
	tcase_add_test(tc, test_f73_restarting_handler_ends_it_too);
	tcase_add_test(tc, test_f73_ignored_signal_ends_nothing);
	tcase_add_test(tc, test_f73_waiting_write_or_close_ends_with_eintr);
	tcase_add_test(tc, test_f73_write_after_progress_ends_short);
	tcase_add_test(tc, test_f74_killed_reader_dies_and_takes_nothing);
	tcase_add_test(tc, test_f74_stopped_reader_gets_eintr_when_it_goes_on);
	tcase_add_test(tc, test_f74_stopped_reader_takes_no_message);
	tcase_add_test(tc, test_f73_no_byte_is_lost_under_a_rain_of_signals);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
