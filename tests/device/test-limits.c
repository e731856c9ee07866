/* No descriptor left, or no process: who asks for a new one is refused, what is
 * open goes on, nobody spins. */
#include "client.h"
#include "tests/suite.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST_FDS = 40 };

static struct mount mounts, *const m = &mounts;
static char folder[32], conf[64], words[80], path[64];
static pid_t modem;

static void setup(void)
{
	FILE *f;

	strcpy(folder, "/tmp/mhifs-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/sock", folder);
	snprintf(conf, sizeof(conf), "%s/conf", folder);
	snprintf(words, sizeof(words), "-c %s", conf);
	f = fopen(conf, "w");
	ck_assert_ptr_nonnull(f);
	fprintf(f, "dump_dir = \"%s/dump\"\ndevice \"*\" { rddm_size = 3000000 }\n", folder);
	ck_assert_int_eq(fclose(f), 0);
	mount_init(m);
	modem = 0;
}

static void teardown(void)
{
	char command[64];

	umount2(m->root, MNT_DETACH);	/* of a test that failed */
	if (modem) {
		kill(modem, SIGKILL);
		waitpid(modem, NULL, 0);
	}
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	ck_assert_int_eq(system(command), 0);
}

static void modem_start(void)
{
	const char *top = getenv("top_builddir");
	char program[PATH_MAX];

	snprintf(program, sizeof(program), "%s/mhi-sim", top ? top : ".");
	modem = fork();
	if (!modem) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		execl(program, program, "-s", path, "--option", "crash=rddm", NULL);
		_exit(127);
	}
	WAIT_FOR(socket_is_served(path));
	snprintf(m->device, sizeof(m->device), "vfio-user:%s,profile=sim", path);
}

static unsigned int count_fds(pid_t pid)
{
	struct mount of = { .pid = pid };

	return mount_n_fds(&of) - 2;	/* "." and ".." */
}

static void limit_fds(pid_t pid, rlim_t n)
{
	struct rlimit was, now;

	ck_assert_int_eq(prlimit(pid, RLIMIT_NOFILE, NULL, &was), 0);
	now = (struct rlimit){ n, was.rlim_max };
	ck_assert_int_eq(prlimit(pid, RLIMIT_NOFILE, &now, NULL), 0);
}

static void echo(void)
{
	int fd = mount_open(m, "LOOPBACK", O_RDWR);
	char byte = 0;

	write_all(fd, "x", 1);
	ck_assert_int_eq(try_read(fd, &byte, 1), 1);
	ck_assert_int_eq(byte, 'x');
	close(fd);
}

START_TEST(test_f81_channels_need_no_descriptor)
{
	mount_start(m, words);
	limit_fds(m->pid, 3);
	for (int i = 0; i < 100; i++)
		echo();
	ck_assert_int_eq(mount_store(m, "power", "suspend"), 0);
	echo();
	limit_fds(m->pid, 1024);	/* a sanitizer needs some at the end */
	mount_stop(m);
}
END_TEST

START_TEST(test_f81_reset_without_a_descriptor_ends_somewhere)
{
	mount_start(m, words);
	limit_fds(m->pid, 3);
	mount_store(m, "power", "reset");
	WAIT_FOR(mount_state_is(m, "ready") || mount_state_is(m, "error"));
	limit_fds(m->pid, 1024);
	ck_assert_int_eq(mount_store(m, "power", "reset"), 0);
	echo();
	mount_stop(m);
}
END_TEST

static void crash_once(void)
{
	kill(modem, SIGUSR1);
	WAIT_FOR(!mount_state_is(m, "ready"));
	WAIT_FOR(mount_state_is(m, "ready"));
}

START_TEST(test_f81_open_that_needs_a_descriptor_says_so)
{
	int fd;

	modem_start();
	mount_start(m, words);
	crash_once();
	WAIT_FOR(access(mount_path(m, "dump/crash-1.bin"), F_OK) == 0);
	limit_fds(m->pid, 3);
	ck_assert_int_eq(open(mount_path(m, "dump/crash-1.bin"), O_RDONLY), -1);
	ck_assert_int_eq(errno, EMFILE);
	echo();
	limit_fds(m->pid, 1024);
	fd = mount_open(m, "dump/crash-1.bin", O_RDONLY);
	close(fd);
	mount_stop(m);
}
END_TEST

START_TEST(test_f81_crash_without_a_descriptor_is_recovered)
{
	modem_start();
	mount_start(m, words);
	limit_fds(m->pid, 3);
	crash_once();
	echo();
	limit_fds(m->pid, 1024);
	mount_stop(m);
}
END_TEST

static unsigned long used_ms(pid_t pid)
{
	unsigned long user = 0, system = 0;
	char at[64];
	FILE *f;

	snprintf(at, sizeof(at), "/proc/%d/stat", (int)pid);
	f = fopen(at, "re");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(fscanf(f, "%*d %*s %*c %*d %*d %*d %*d %*d %*d %*d %*d %*d %*d %lu %lu",
				&user, &system), 2);
	fclose(f);
	return (user + system) * 1000 / (unsigned long)sysconf(_SC_CLK_TCK);
}

/* A connection waits in the socket, and cannot be taken. */
START_TEST(test_f81_server_that_cannot_accept_does_not_spin)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	unsigned long before;
	int fd;

	modem_start();
	limit_fds(modem, count_fds(modem));
	snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	usleep(100000);
	before = used_ms(modem);
	usleep(500000);
	ck_assert_uint_lt(used_ms(modem) - before, 250);
	close(fd);
	limit_fds(modem, 1024);
	mount_start(m, words);
	echo();
	mount_stop(m);
}
END_TEST

/* With this many descriptors in all: the exit code, 0 when it serves. */
static int start_limited(rlim_t n)
{
	const struct rlimit limit = { n, n };
	const char *top = getenv("top_builddir");
	char program[PATH_MAX];
	pid_t pid;

	snprintf(program, sizeof(program), "%s/mhifs", top ? top : ".");
	pid = fork();
	if (!pid) {
		setrlimit(RLIMIT_NOFILE, &limit);
		execl(program, program, "-c", conf, "loopback", m->root, NULL);
		_exit(127);
	}
	return child_join(pid);
}

/* The background one: what starts also serves, what does not says why and leaves
 * nothing. */
START_TEST(test_f81_start_with_so_many_descriptors)
{
	struct stat root, base;
	unsigned int n_failed = 0, n_served = 0;

	for (rlim_t n = 4; n < MOST_FDS && !n_served; n++) {
		int code = start_limited(n);

		/* 127: too few for the loader of programs. */
		ck_assert_msg((code >= 0 && code <= 7) || code == 127, "%u descriptors: %d",
			      (unsigned int)n, code);
		n_failed += code != 0;
		n_served += code == 0;
	}
	ck_assert_uint_gt(n_failed, 0);
	ck_assert_uint_eq(n_served, 1);
	echo();
	ck_assert_int_eq(umount2(m->root, 0), 0);
	ck_assert_int_eq(lstat(m->root, &root), 0);
	ck_assert_int_eq(lstat(m->base, &base), 0);
	ck_assert_uint_eq(root.st_dev, base.st_dev);
	mount_fini(m);
}
END_TEST

/* Root is bound by no limit of processes; somebody else cannot mount, but does not
 * come as far. */
START_TEST(test_f81_start_without_a_process)
{
	const struct rlimit none = { 0, 0 };
	const char *top = getenv("top_builddir");
	char *const args[] = { "mhifs", "loopback", m->root, NULL };
	char program[PATH_MAX], message[1024] = "";
	int told[2], fd;
	pid_t pid;

	snprintf(program, sizeof(program), "%s/mhifs", top ? top : ".");
	fd = open(program, O_RDONLY | O_CLOEXEC);	/* its folder may be for root alone */
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(pipe(told), 0);
	pid = fork();
	if (!pid) {
		dup2(told[1], STDERR_FILENO);
		setenv("ASAN_OPTIONS", "detect_leaks=0", 1);	/* a process of its own */
		if (setrlimit(RLIMIT_NPROC, &none) || become(65534, 65534))
			_exit(1);
		fexecve(fd, args, environ);
		_exit(127);
	}
	close(fd);
	close(told[1]);
	ck_assert_int_eq(child_join(pid), 5);
	ck_assert_int_gt(read(told[0], message, sizeof(message) - 1), 0);
	ck_assert_msg(strstr(message, "background"), "%s", message);
	close(told[0]);
	mount_fini(m);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("limits");
	TCase *t = tcase_create("limits");

	mount_skip_unless_possible();
	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_f81_channels_need_no_descriptor);
	tcase_add_test(t, test_f81_reset_without_a_descriptor_ends_somewhere);
	tcase_add_test(t, test_f81_open_that_needs_a_descriptor_says_so);
	tcase_add_test(t, test_f81_crash_without_a_descriptor_is_recovered);
	tcase_add_test(t, test_f81_server_that_cannot_accept_does_not_spin);
	tcase_add_test(t, test_f81_start_with_so_many_descriptors);
	tcase_add_test(t, test_f81_start_without_a_process);
	suite_add_tcase(s, t);
	return suite_run(s);
}
