/* Clients that are killed in the middle of a call, and files that change hands. */
#include "client.h"
#include "shared.h"
#include "tests/suite.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>

enum { MTU = 32768, T_INT_MS = 3000, N_STORM = 4, STORM_OPENS = 2500, N_WRITERS = 64 };

/* So slow that a call can be met in the middle of it. */
static void start_slow(void)
{
	mount_init(m);
	snprintf(m->device, sizeof(m->device), "loopback,command_us=150000,m3_us=400000");
	mount_start(m, "");
}

/* --- killed --- */

static int fd;
static uint8_t bytes[MTU];

static void drain(void)
{
	ck_assert_int_eq(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	for (int empty = 0; empty < 20; empty++, usleep(2000))
		while (try_read(fd, bytes, MTU) > 0)
			empty = 0;
	ck_assert_int_eq(fcntl(fd, F_SETFL, 0), 0);
}

static int do_open(void *user)
{
	(void)user;
	return open(mount_path(m, "DIAG"), O_RDWR);
}

static int do_read(void *user)
{
	(void)user;
	return (int)read(fd, bytes, sizeof(bytes));
}

static int do_write(void *user)
{
	(void)user;
	return (int)write(fd, bytes, MTU);
}

static int do_close(void *user)
{
	(void)user;
	return close(fd);
}

static int do_poll(void *user)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	(void)user;
	return poll(&p, 1, -1);
}

static int do_suspend(void *user)
{
	(void)user;
	return mount_store(m, "power", "suspend");
}

static int do_read_events(void *user)
{
	int events = open(mount_path(m, "events"), O_RDONLY);

	(void)user;
	return (int)read(events, bytes, sizeof(bytes));
}

static const struct victim {
	int (*fn)(void *user);
	long call;	/* it waits in */
	bool is_full;	/* the channel, before */
} victims[] = {
	{ do_open, SYS_openat, false }, { do_read, SYS_read, false },
	{ do_write, SYS_write, true }, { do_close, SYS_close, true },
	{ do_poll, SYS_poll, false }, { do_suspend, SYS_write, false },
	{ do_read_events, SYS_read, false },
};

START_TEST(test_f74_client_killed_in_a_call)
{
	const struct victim *v = &victims[_i];
	uint64_t begin;
	pid_t pid;

	fd = mount_open(m, "LOOPBACK", O_RDWR);
	if (v->is_full)
		write_until_full(fd, bytes, MTU);
	pid = child_start(v->fn, NULL);
	child_wait_parked(pid, v->call, m);
	begin = now_ms();
	kill(pid, SIGKILL);
	ck_assert_int_eq(child_join(pid), -SIGKILL);
	ck_assert_uint_lt(now_ms() - begin, T_INT_MS);
	/* Nobody else is there any more, and nothing was taken. */
	WAIT_FOR(mount_stat(m, "LOOPBACK.users") == 1);
	if (v->is_full)
		drain();
	WAIT_FOR(mount_stat(m, "DIAG.users") == 0);
	write_all(fd, "whole", 5);
	ck_assert_int_eq(try_read(fd, bytes, sizeof(bytes)), 5);
	ck_assert_mem_eq(bytes, "whole", 5);
	close(fd);
}
END_TEST

static int take_one_byte(void *user)
{
	char byte;

	if (read(fd, &byte, 1) != 1)
		return 1;
	ck_assert_int_eq(write(*(int *)user, "x", 1), 1);
	return do_read(NULL);
}

START_TEST(test_f74_rest_of_a_message_outlives_its_killed_reader)
{
	int told[2];
	char byte;
	pid_t pid;

	ck_assert_int_eq(pipe(told), 0);
	fd = mount_open(m, "LOOPBACK", O_RDWR);
	write_all(fd, "whole", 5);
	pid = child_start(take_one_byte, &told[1]);
	ck_assert_int_eq(read(told[0], &byte, 1), 1);
	kill(pid, SIGKILL);
	WAIT_FOR(waitpid(pid, NULL, WNOHANG) == pid);
	/* It may have had time for the rest, and took it with it. */
	write_all(fd, "next", 4);
	ck_assert_int_gt(try_read(fd, bytes, 4), 0);
	if (!memcmp(bytes, "hole", 4))
		read_all(fd, bytes, 4);
	ck_assert_mem_eq(bytes, "next", 4);
	close(fd);
}
END_TEST

static int open_and_wait(void *user)
{
	int own = open(mount_path(m, "LOOPBACK"), O_RDWR);

	(void)user;
	return own < 0 ? 1 : pause();
}

START_TEST(test_f74_killed_owner_is_no_user_any_more)
{
	pid_t pid = child_start(open_and_wait, NULL);

	WAIT_FOR(mount_stat(m, "LOOPBACK.users") == 1);
	kill(pid, SIGKILL);
	ck_assert_int_eq(child_join(pid), -SIGKILL);
	WAIT_FOR(mount_chan_is(m, "LOOPBACK", "closed"));
	ck_assert_uint_eq(mount_stat(m, "LOOPBACK.users"), 0);
}
END_TEST

/* --- files change hands --- */

static int wait_for_the_end(void *user)
{
	char byte;

	return read(*(int *)user, &byte, 1) == 0 ? 0 : 1;
}

START_TEST(test_f77_inherited_file_stays_open_with_its_last_heir)
{
	int until[2];
	pid_t heir;

	ck_assert_int_eq(pipe2(until, O_CLOEXEC), 0);
	fd = mount_open(m, "LOOPBACK", O_RDWR);
	heir = fork();
	if (!heir) {
		close(until[1]);
		_exit(wait_for_the_end(&until[0]));
	}
	close(fd);
	ck_assert_uint_eq(mount_stat(m, "LOOPBACK.users"), 1);
	close(until[1]);
	ck_assert_int_eq(child_join(heir), 0);
	WAIT_FOR(mount_stat(m, "LOOPBACK.users") == 0);
	close(until[0]);
}
END_TEST

static void pass(int socket, int passed)
{
	union { struct cmsghdr head; char room[CMSG_SPACE(sizeof(int))]; } control = { 0 };
	struct iovec iov = { (void *)(uintptr_t)"x", 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.room,
			      .msg_controllen = sizeof(control.room) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &passed, sizeof(int));
	ck_assert_int_eq(sendmsg(socket, &msg, 0), 1);
}

static int take(int socket)
{
	union { struct cmsghdr head; char room[CMSG_SPACE(sizeof(int))]; } control = { 0 };
	char byte;
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.room,
			      .msg_controllen = sizeof(control.room) };
	int taken;

	if (recvmsg(socket, &msg, MSG_CMSG_CLOEXEC) != 1)
		return -1;
	memcpy(&taken, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(int));
	return taken;
}

static int write_to_what_comes(void *user)
{
	int taken = take(*(int *)user);

	return taken >= 0 && write(taken, "passed", 6) == 6 ? 0 : 1;
}

START_TEST(test_f77_passed_file_is_the_same_file)
{
	int pair[2];
	pid_t pid;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	pid = child_start(write_to_what_comes, &pair[1]);
	fd = mount_open(m, "LOOPBACK", O_RDWR);
	pass(pair[0], fd);
	ck_assert_int_eq(child_join(pid), 0);
	ck_assert_uint_eq(mount_stat(m, "LOOPBACK.users"), 1);
	ck_assert_int_eq(try_read(fd, bytes, sizeof(bytes)), 6);
	close(fd);
	WAIT_FOR(mount_stat(m, "LOOPBACK.users") == 0);
	close(pair[0]);
	close(pair[1]);
}
END_TEST

START_TEST(test_f77_file_in_a_socket_is_open_until_the_socket_is_not)
{
	int pair[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	fd = mount_open(m, "LOOPBACK", O_RDWR);
	pass(pair[0], fd);
	close(fd);
	ck_assert_uint_eq(mount_stat(m, "LOOPBACK.users"), 1);
	close(pair[0]);
	close(pair[1]);
	WAIT_FOR(mount_stat(m, "LOOPBACK.users") == 0);
}
END_TEST

START_TEST(test_f77_stopped_owner_holds_up_nobody)
{
	pid_t pid = child_start(open_and_wait, NULL);
	int status;

	WAIT_FOR(mount_stat(m, "LOOPBACK.users") == 1);
	kill(pid, SIGSTOP);
	ck_assert_int_eq(waitpid(pid, &status, WUNTRACED), pid);
	fd = mount_open(m, "LOOPBACK", O_RDWR);
	write_all(fd, "mine", 4);
	ck_assert_int_eq(try_read(fd, bytes, sizeof(bytes)), 4);
	close(fd);
	WAIT_FOR(mount_stat(m, "LOOPBACK.users") == 1);
	kill(pid, SIGKILL);
	ck_assert_int_eq(child_join(pid), -SIGKILL);
	WAIT_FOR(mount_stat(m, "LOOPBACK.users") == 0);
}
END_TEST

static int open_and_close(void *user)
{
	(void)user;
	for (int i = 0; i < STORM_OPENS; i++) {
		int own = open(mount_path(m, "LOOPBACK"), O_RDWR);

		if (own < 0)
			return errno;
		close(own);
	}
	return 0;
}

START_TEST(test_f77_storm_of_opens_leaves_nothing)
{
	unsigned int n_fds = mount_n_fds(m);
	uint64_t prepares = mount_stat(m, "LOOPBACK.prepares");
	pid_t pids[N_STORM];

	fd = mount_open(m, "LOOPBACK", O_RDWR);
	for (int i = 0; i < N_STORM; i++)
		pids[i] = child_start(open_and_close, NULL);
	for (int i = 0; i < N_STORM; i++)
		ck_assert_int_eq(child_join(pids[i]), 0);
	WAIT_FOR(mount_stat(m, "LOOPBACK.users") == 1);
	ck_assert_uint_eq(mount_stat(m, "LOOPBACK.prepares"), prepares + 1);
	ck_assert_uint_eq(mount_n_fds(m), n_fds);
	close(fd);
}
END_TEST

/* --- writers --- */

static int write_own_number(void *user)
{
	uint32_t number = *(uint32_t *)user;
	int own = open(mount_path(m, "LOOPBACK"), O_WRONLY);

	for (int i = 0; i < 20; i++)
		if (write(own, &number, sizeof(number)) != sizeof(number))
			return 1;
	return close(own) ? 2 : 0;
}

START_TEST(test_f76_every_message_of_64_writers_comes_once)
{
	static uint32_t numbers[N_WRITERS];
	unsigned int counts[N_WRITERS] = { 0 };
	pid_t pids[N_WRITERS];
	uint32_t got;

	fd = mount_open(m, "LOOPBACK", O_RDONLY);
	for (uint32_t i = 0; i < N_WRITERS; i++) {
		numbers[i] = i;
		pids[i] = child_start(write_own_number, &numbers[i]);
	}
	for (int i = 0; i < 20 * N_WRITERS; i++) {
		ck_assert_int_eq(try_read(fd, &got, sizeof(got)), sizeof(got));
		ck_assert_uint_lt(got, N_WRITERS);
		counts[got]++;
	}
	for (int i = 0; i < N_WRITERS; i++) {
		ck_assert_int_eq(child_join(pids[i]), 0);
		ck_assert_uint_eq(counts[i], 20);
	}
	close(fd);
}
END_TEST

/* The kernel makes several requests of so many pages. */
START_TEST(test_f76_1024_pieces_of_memory_arrive_whole)
{
	uint8_t back[3 * 1024];
	uint8_t *there = pattern_new(sizeof(back), 7);
	struct iovec iov[1024];

	for (size_t i = 0; i < ARRAY_SIZE(iov); i++)
		iov[i] = (struct iovec){ there + 3 * i, 3 };
	fd = mount_open(m, "LOOPBACK", O_RDWR);
	ck_assert_int_eq(writev(fd, iov, ARRAY_SIZE(iov)), 3 * 1024);
	read_all(fd, back, sizeof(back));
	ck_assert_mem_eq(back, there, sizeof(back));
	free(there);
	close(fd);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("clients");
	TCase *slow = shared_case("slow", start_slow), *tc = shared_case("clients", NULL);

	mount_skip_unless_possible();
	tcase_add_loop_test(slow, test_f74_client_killed_in_a_call, 0, ARRAY_SIZE(victims));
	suite_add_tcase(s, slow);
	tcase_add_test(tc, test_f74_rest_of_a_message_outlives_its_killed_reader);
	tcase_add_test(tc, test_f74_killed_owner_is_no_user_any_more);
	tcase_add_test(tc, test_f77_inherited_file_stays_open_with_its_last_heir);
	tcase_add_test(tc, test_f77_passed_file_is_the_same_file);
	tcase_add_test(tc, test_f77_file_in_a_socket_is_open_until_the_socket_is_not);
	tcase_add_test(tc, test_f77_stopped_owner_holds_up_nobody);
	tcase_add_test(tc, test_f77_storm_of_opens_leaves_nothing);
	tcase_add_test(tc, test_f76_every_message_of_64_writers_comes_once);
	tcase_add_test(tc, test_f76_1024_pieces_of_memory_arrive_whole);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
