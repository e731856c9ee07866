/*
 * test-syscalls - what the daemon asks of the kernel beyond one read and one
 * reply for each request: at most 2 in 32 when many requests wait.
 *
 * Counted with ptrace while clients keep the queue full.
 */
#include "mount.h"
#include "tests/suite.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>

enum { CLIENTS = 64, WARM = 640, REQUESTS = 3200 };

static struct mount mount;
static bool is_over;

static void *write_on(void *user)
{
	uint8_t bytes[64] = { 1 };
	int fd = *(int *)user;

	while (!__atomic_load_n(&is_over, __ATOMIC_RELAXED))
		if (write(fd, bytes, sizeof(bytes)) < 0)
			break;
	return NULL;
}

struct tally {
	unsigned int requests;	/* reads that brought one */
	unsigned int replies, others;
};

/* A system call of the daemon has returned. */
static void count(struct tally *t, uint64_t number, int64_t result)
{
	switch (number) {
	case SYS_read:
		t->requests += result > 0;
		t->others += result <= 0;
		break;
	case SYS_writev:
	case SYS_write:
		t->replies++;
		break;
	case SYS_mmap:
	case SYS_munmap:
	case SYS_madvise:
		break;	/* a sanitizer's: the heap is test-counts' business */
	default:
		t->others++;
	}
}

/* Lets the daemon go on to its next stop; false when it ended. */
static bool next_stop(pid_t pid)
{
	int status, signo = 0;

	for (;;) {
		if (ptrace(PTRACE_SYSCALL, pid, 0, signo) < 0 || waitpid(pid, &status, 0) != pid ||
		    !WIFSTOPPED(status))
			return false;
		if (WSTOPSIG(status) == (SIGTRAP | 0x80))
			return true;
		signo = WSTOPSIG(status) == SIGTRAP ? 0 : WSTOPSIG(status);
	}
}

static bool trace(pid_t pid, unsigned int requests, struct tally *t)
{
	uint64_t number = 0;

	while (t->requests < requests) {
		struct __ptrace_syscall_info info;

		if (!next_stop(pid) ||
		    ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info) < 0)
			return false;
		if (info.op == PTRACE_SYSCALL_INFO_ENTRY)
			number = info.entry.nr;
		else if (info.op == PTRACE_SYSCALL_INFO_EXIT)
			count(t, number, info.exit.rval);
	}
	return true;
}

static bool attach(pid_t pid)
{
	int status;

	return ptrace(PTRACE_SEIZE, pid, 0, PTRACE_O_TRACESYSGOOD) == 0 &&
	       ptrace(PTRACE_INTERRUPT, pid, 0, 0) == 0 && waitpid(pid, &status, 0) == pid;
}

START_TEST(test_busy_daemon_makes_two_further_calls_in_32)
{
	struct tally warm = { 0 }, t = { 0 };
	pthread_t threads[CLIENTS];
	int fd = mount_open(&mount, "TEST_0", O_WRONLY);
	bool is_traced;

	is_over = false;
	for (int i = 0; i < CLIENTS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, write_on, &fd), 0);
	is_traced = attach(mount.pid) && trace(mount.pid, WARM, &warm) &&
		    trace(mount.pid, REQUESTS, &t);
	__atomic_store_n(&is_over, true, __ATOMIC_RELAXED);
	ptrace(PTRACE_DETACH, mount.pid, 0, 0);
	for (int i = 0; i < CLIENTS; i++)
		pthread_join(threads[i], NULL);
	close(fd);
	ck_assert(is_traced);
	ck_assert_uint_le(t.replies, t.requests);
	/* Rounded: now and then the clients are late, and a turn is short. */
	ck_assert_msg(t.others * 32 / t.requests <= 2, "%u further calls for %u requests",
		      t.others, t.requests);
}
END_TEST

/* Some containers do not let a parent trace its child. */
static void skip_unless_traceable(void)
{
	pid_t pid = fork();
	bool can;

	if (pid == 0) {
		pause();
		_exit(0);
	}
	can = ptrace(PTRACE_SEIZE, pid, 0, 0) == 0;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	if (can)
		return;
	fprintf(stderr, "SKIP: ptrace is not allowed: system calls were not counted\n");
	exit(77);
}

static void setup(void)
{
	mount_init(&mount);
	mount_start(&mount, "");
}

static void teardown(void)
{
	mount_stop(&mount);
}

int main(void)
{
	Suite *s = suite_create("syscalls");
	TCase *t = tcase_create("busy");

	mount_skip_unless_possible();
	skip_unless_traceable();
	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_busy_daemon_makes_two_further_calls_in_32);
	suite_add_tcase(s, t);
	return suite_run(s);
}
