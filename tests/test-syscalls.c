/* What the filter lets pass, refuses, and ends the process for. */
#include "base/bytes.h"
#include "cli/syscalls.h"
#include "tests/suite.h"
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* 0, or the errno of a call that failed. */
typedef int call_fn(void);

static int result(long r)
{
	return r < 0 ? errno : 0;
}

static int memory_executable(void)
{
	return result(mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS,
			   -1, 0) == MAP_FAILED ? -1 : 0);
}

static int memory_plain(void)
{
	return result(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			   -1, 0) == MAP_FAILED ? -1 : 0);
}

static int memory_made_executable(void)
{
	static char page[8192] __attribute__((aligned(4096)));

	return result(mprotect(page, 4096, PROT_READ | PROT_EXEC));
}

static int socket_unix(void)
{
	return result(socket(AF_UNIX, SOCK_STREAM, 0));
}

static int socket_netlink(void)
{
	return result(socket(AF_NETLINK, SOCK_RAW, 15));
}

static int socket_inet(void)
{
	return result(socket(AF_INET, SOCK_STREAM, 0));
}

static int socket_packet(void)
{
	return result(socket(AF_PACKET, SOCK_RAW, 0));
}

static int program(void)
{
	char name[] = "/bin/true", *words[] = { name, NULL };

	return result(execve(name, words, NULL));
}

static int program_by_descriptor(void)
{
	return result(syscall(SYS_execveat, -1, "", NULL, NULL, 0));
}

static int trace(void)
{
	return result(syscall(SYS_ptrace, 0, 0, NULL, NULL));
}

static int mount_something(void)
{
	return result(mount("none", "/nowhere", "tmpfs", 0, NULL));
}

static int namespace(void)
{
	return result(unshare(CLONE_NEWNS));
}

static int unmount_lazily(void)
{
	return umount2("/nowhere", MNT_DETACH) < 0 && errno == ENOENT ? 0 : errno;
}

static int unmount_by_force(void)
{
	return umount2("/nowhere", MNT_FORCE) < 0 && errno == ENOENT ? 0 : errno;
}

static int child(void)
{
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	return result(waitpid(pid, NULL, 0));
}

static int child_in_a_namespace(void)
{
	return result(syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, NULL, NULL, NULL, 0));
}

static int terminal(void)
{
	struct winsize size;

	return ioctl(STDIN_FILENO, TIOCGWINSZ, &size) < 0 && errno != ENOTTY ? errno : 0;
}

static int device_of_another_kind(void)
{
	return ioctl(STDIN_FILENO, 0x8912, NULL) < 0 ? errno : 0;	/* SIOCGIFCONF */
}

static int limit_raised(void)
{
	struct rlimit r = { 0 };

	return result(prlimit(0, RLIMIT_NOFILE, &r, NULL));
}

static int limit_asked(void)
{
	struct rlimit r;

	return result(getrlimit(RLIMIT_NOFILE, &r));
}

static int dumpable_again(void)
{
	return result(prctl(PR_SET_DUMPABLE, 1));
}

static int somebody_killed(void)
{
	return result(kill(getppid(), 0));
}

static int unknown(void)
{
	return result(syscall(1000));
}

static int filter_from(enum syscalls_mode mode)
{
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? -errno : syscalls_filter(mode);
}

enum { NOT_FILTERED = 200 };

/* What the call gives under the filter: its errno, or -signal. */
static int try(enum syscalls_mode mode, call_fn *call)
{
	int status = 0;
	pid_t pid = fork();

	if (!pid)
		_exit(filter_from(mode) ? NOT_FILTERED : call());
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return NOT_FILTERED;
	return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

#define NAMED(call) { #call, call }
static const struct {
	const char *name;
	call_fn *call;
} passes[] = {
	NAMED(memory_plain), NAMED(socket_unix), NAMED(socket_netlink), NAMED(unmount_lazily),
	NAMED(child), NAMED(terminal), NAMED(limit_asked),
}, refused[] = {
	NAMED(memory_made_executable), NAMED(socket_inet), NAMED(socket_packet),
	NAMED(unmount_by_force), NAMED(child_in_a_namespace), NAMED(device_of_another_kind),
	NAMED(limit_raised), NAMED(dumpable_again), NAMED(somebody_killed), NAMED(unknown),
}, deadly[] = {
	NAMED(program), NAMED(program_by_descriptor), NAMED(trace), NAMED(mount_something),
	NAMED(namespace),
};

START_TEST(test_what_later_life_needs_passes)
{
	for (size_t i = 0; i < ARRAY_SIZE(passes); i++) {
		ck_assert_msg(try(SYSCALLS_KILL, passes[i].call) == 0, "%s", passes[i].name);
		ck_assert_msg(try(SYSCALLS_REFUSE, passes[i].call) == 0, "%s", passes[i].name);
	}
}
END_TEST

START_TEST(test_everything_else_fails)
{
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++)
		ck_assert_msg(try(SYSCALLS_REFUSE, refused[i].call) == ENOSYS,
			      "%s", refused[i].name);
}
END_TEST

START_TEST(test_everything_else_kills_when_told_so)
{
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++)
		ck_assert_msg(try(SYSCALLS_KILL, refused[i].call) == -SIGSYS,
			      "%s", refused[i].name);
}
END_TEST

START_TEST(test_what_only_an_intruder_does_kills)
{
	for (size_t i = 0; i < ARRAY_SIZE(deadly); i++) {
		ck_assert_msg(try(SYSCALLS_KILL, deadly[i].call) == -SIGSYS,
			      "%s", deadly[i].name);
		ck_assert_msg(try(SYSCALLS_REFUSE, deadly[i].call) == -SIGSYS,
			      "%s", deadly[i].name);
	}
}
END_TEST

/* The C library loads modules for names of users: that fails, nobody dies. */
START_TEST(test_executable_memory_is_refused_in_both_modes)
{
	ck_assert_int_eq(try(SYSCALLS_REFUSE, memory_executable), EPERM);
	ck_assert_int_eq(try(SYSCALLS_KILL, memory_executable), EPERM);
}
END_TEST

static int nothing(void)
{
	return 0;
}

int main(void)
{
	Suite *s;
	TCase *t;

	if (try(SYSCALLS_REFUSE, nothing) == NOT_FILTERED) {
		fprintf(stderr, "SKIP: no filter in this build or kernel\n");
		return 77;
	}
	s = suite_create("syscalls");
	t = tcase_create("filter");
	tcase_add_test(t, test_what_later_life_needs_passes);
	tcase_add_test(t, test_everything_else_fails);
	tcase_add_test(t, test_everything_else_kills_when_told_so);
	tcase_add_test(t, test_what_only_an_intruder_does_kills);
	tcase_add_test(t, test_executable_memory_is_refused_in_both_modes);
	suite_add_tcase(s, t);
	return suite_run(s);
}
