/*
 * The life of the daemon as its caller sees it: exit codes and messages,
 * background, readiness, signals, and that nothing is left behind.
 */
#include "base/cleanup.h"
#include "mount.h"
#include "../suite.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

static struct mount m;
static char message[4096];

/* A daemon in the background becomes a child of ours. */
static void setup(void)
{
	mount_init(&m);
	ck_assert_int_eq(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
}

static bool is_mounted(void)
{
	struct stat root, base;

	return stat(m.root, &root) < 0 || stat(m.base, &base) < 0 || root.st_dev != base.st_dev;
}

static void teardown(void)
{
	char path[128];

	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
	ck_assert_int_eq(errno, ECHILD);
	ck_assert(!is_mounted());
	snprintf(path, sizeof(path), "%s/conf", m.base);
	unlink(path);
	mount_fini(&m);
}

/* Runs "mhifs ARGS", "ROOT" standing for the mount point. */
static int run(const char *args)
{
	char words[1024] = "";
	const char *root;

	while ((root = strstr(args, "ROOT"))) {
		strncat(words, args, (size_t)(root - args));
		strcat(words, m.root);
		args = root + strlen("ROOT");
	}
	strcat(words, args);
	return mount_run(words, message, sizeof(message));
}

static const char *write_config(const char *text)
{
	static char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/conf", m.base);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
	return path;
}

/* The daemon in the background; there is only one child. */
static pid_t background_pid(void)
{
	char path[64];
	pid_t pid = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	f = fopen(path, "r");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(fscanf(f, "%d", &pid), 1);
	fclose(f);
	return pid;
}

static int exit_of(pid_t pid)
{
	int status;

	WAIT_FOR(waitpid(pid, &status, WNOHANG) == pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static int end_background(int signo)
{
	pid_t pid = background_pid();

	ck_assert_int_eq(kill(pid, signo), 0);
	return exit_of(pid);
}

static const struct {
	const char *args;
	int code;
	const char *says;
} refusals[] = {
	{ "", 1, "a DEVICE and a MOUNTPOINT are needed" },
	{ "loopback", 1, "'loopback' alone is not enough" },
	{ "ROOT", 1, "alone is not enough" },
	{ "-x loopback ROOT", 1, "-- 'x'" },
	{ "--nope loopback ROOT", 1, "--nope" },
	{ "loopback ROOT -c", 1, "-- 'c'" },
	{ "-f -o nonsense loopback ROOT", 1, "nonsense" },
	{ "-o single loopback loopback ROOT", 1, "there is one DEVICE, not 2" },
	{ "lopback ROOT", 1, "no transport is called 'lopback'" },
	{ "loopback,speed=1 ROOT", 1, "no option 'speed'" },
	{ "loopback /nonexistent/mhi", 2, "/nonexistent/mhi" },
	{ "loopback /dev/null", 2, "is not a directory" },
	{ "loopback /etc", 2, "is not empty" },
	{ "loopback:nope ROOT", 1, "no profile is called 'nope'; there are sim, " },
	{ "loopback,seed=x ROOT", 1, "seed cannot be 'x'; it must be a number" },
	{ "loopback,recovery=perhaps ROOT", 1, "recovery cannot be 'perhaps'" },
	{ "loopback,tty.NOPE=/tmp/x ROOT", 1, "tty.NOPE: the device has no channel" },
	{ "loopback,tty.DUN=/nonexistent/x ROOT", 1, "its folder cannot be used" },
	{ "usb:nowhere ROOT", 1, "nowhere" },
	{ "usb:1-1,claim=never ROOT", 1, "claim cannot be 'never'" },
	{ "vfio:1-4 ROOT", 1, "'1-4' is no PCI address" },
	{ "vfio:0000:ff:1f.7,iommu=maybe ROOT", 1, "iommu cannot be 'maybe'" },
	{ "serial:1-4 ROOT", 1, "no transport is called 'serial'" },
	{ "usb:9-9 ROOT", 3, "nothing is plugged in at USB port 9-9" },
	{ "vfio:0000:ff:1f.7 ROOT", 3, "there is no PCI function 0000:ff:1f.7" },
	{ "loopback loopback,name=two,fault=F01 ROOT", 3, "loopback-two: registers read all ones" },
	{ "vfio-user:/nonexistent/sock ROOT", 3, "a vfio-user server must listen there" },
	{ "vhost-user:/nonexistent/sock,type=gpio,slow_reader=drop ROOT", 1,
	  "slow_reader is not for type=gpio" },
	{ "vhost-user:/nonexistent/sock ROOT", 1, "add type=rpmsg or type=gpio" },
	{ "vhost-user:/nonexistent/sock,type=gpio ROOT", 3, "a vhost-user back-end must listen there" },
	{ "loopback loopback,name=a loopback,name=a ROOT", 3, "is taken by mhi1" },
	{ "-c /nonexistent.conf loopback ROOT", 1, "/nonexistent.conf" },
};

static void refuses(int i, const char *options)
{
	char args[512], *end;

	snprintf(args, sizeof(args), "%s%s", options, refusals[i].args);
	ck_assert_msg(run(args) == refusals[i].code, "%s: %s", args, message);
	ck_assert_msg(strstr(message, refusals[i].says), "%s: %s", args, message);
	ck_assert(!is_mounted());
	/* Led by the program, in one line; getopt's own has a second one. */
	end = strchr(message, '\n');
	ck_assert_ptr_nonnull(end);
	ck_assert(!end[1] || strstr(end, "--help"));
}

START_TEST(test_bad_input_has_one_message_and_its_exit_code)
{
	refuses(_i, "");
}
END_TEST

START_TEST(test_bad_input_is_the_same_in_the_foreground)
{
	refuses(_i, "-f ");
}
END_TEST

START_TEST(test_help_and_version_need_nothing)
{
	ck_assert_int_eq(run("-h"), 0);
	ck_assert_int_eq(run("--help loopback"), 0);
	ck_assert_int_eq(run("-V"), 0);
}
END_TEST

START_TEST(test_help_names_every_transport)
{
	static const char *const transports[] = {
		"\n  loopback", "\n  vfio:", "\n  vfio-user:", "\n  usb:", "\n  vhost-user:",
	};
	const char *top = getenv("top_builddir");
	char command[256], help[4096];
	FILE *f;

	snprintf(command, sizeof(command), "%s/mhifs --help", top ? top : ".");
	f = popen(command, "r");
	help[fread(help, 1, sizeof(help) - 1, f)] = 0;
	ck_assert_int_eq(pclose(f), 0);
	for (unsigned int i = 0; i < ARRAY_SIZE(transports); i++)
		ck_assert_msg(strstr(help, transports[i]), "not told: %s", transports[i]);
}
END_TEST

START_TEST(test_check_config_judges_the_file)
{
	char args[256];

	snprintf(args, sizeof(args), "--check-config -c %s", write_config("ready_wait = 3\n"));
	ck_assert_int_eq(run(args), 0);
	ck_assert_str_eq(message, "");
	write_config("\nready_wait = x\n");
	ck_assert_int_eq(run(args), 1);
	ck_assert_ptr_nonnull(strstr(message, "/conf:2: "));
	write_config("colour = red\n");
	ck_assert_int_eq(run(args), 1);
	ck_assert_ptr_nonnull(strstr(message, "/conf:1: no such option 'colour'"));
}
END_TEST

START_TEST(test_a_bad_configuration_stops_the_start)
{
	char args[256];

	snprintf(args, sizeof(args), "-c %s loopback ROOT", write_config("device \"x\" {\n"));
	ck_assert_int_eq(run(args), 1);
	ck_assert_ptr_nonnull(strstr(message, "ends inside a section"));
	ck_assert(!is_mounted());
}
END_TEST

START_TEST(test_the_background_is_ready_when_the_caller_is_back)
{
	ck_assert_int_eq(run("loopback ROOT"), 0);
	ck_assert(is_mounted());
	ck_assert(mount_state_is(&m, "ready"));
	ck_assert_int_eq(access(mount_path(&m, "LOOPBACK"), F_OK), 0);
	ck_assert_int_eq(end_background(SIGTERM), 0);
}
END_TEST

START_TEST(test_several_devices_share_a_mount)
{
	char link[8];

	ck_assert_int_eq(run("loopback loopback:quectel-em1xx,name=em loopback ROOT"), 0);
	ck_assert_int_eq(access(mount_path(&m, "../mhi1/DUN"), F_OK), 0);
	ck_assert_int_eq(access(mount_path(&m, "../mhi2/LOOPBACK"), F_OK), 0);
	ck_assert_int_lt(access(mount_path(&m, "../mhi3"), F_OK), 0);
	ck_assert_int_eq(readlink(mount_path(&m, "../by-path/loopback-em"), link, 8), 7);
	ck_assert_int_eq(memcmp(link, "../mhi1", 7), 0);
	ck_assert_int_eq(readlink(mount_path(&m, "../by-path/loopback-1"), link, 8), 7);
	ck_assert_int_eq(memcmp(link, "../mhi2", 7), 0);
	ck_assert_int_eq(end_background(SIGINT), 0);
}
END_TEST

START_TEST(test_single_makes_the_device_the_root)
{
	mount_start(&m, "-o single");
	ck_assert_str_eq(m.dev, m.root);
	ck_assert_int_eq(access(mount_path(&m, "LOOPBACK"), F_OK), 0);
	ck_assert_int_lt(access(mount_path(&m, "mhi0"), F_OK), 0);
	ck_assert_int_eq(mount_end(&m, SIGTERM), 0);
}
END_TEST

START_TEST(test_the_configuration_changes_channels)
{
	struct stat st;
	char args[256];

	snprintf(args, sizeof(args), "-c %s", write_config(
		 "device \"loopback-*\" { channel \"DUN\" { mtu = 100 mode = 0640 group = root }\n"
		 "	channel \"QMI\" { remove = true } }\n"));
	mount_start(&m, args);
	ck_assert_uint_eq(mount_stat(&m, "DUN.mtu"), 100);
	ck_assert_int_eq(stat(mount_path(&m, "DUN"), &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0640);
	ck_assert_uint_eq(st.st_gid, 0);
	ck_assert_int_lt(access(mount_path(&m, "QMI"), F_OK), 0);
	ck_assert_int_eq(mount_end(&m, SIGTERM), 0);
}
END_TEST

START_TEST(test_one_bad_device_leaves_the_others_served)
{
	ck_assert_int_eq(run("loopback,mood=never-ready loopback ROOT"), 0);
	ck_assert(mount_state_is(&m, "recovering"));
	ck_assert_ptr_nonnull(strstr(message, "mhi0: recovering: the device did not become READY"));
	ck_assert_int_lt(access(mount_path(&m, "LOOPBACK"), F_OK), 0);
	ck_assert_int_eq(access(mount_path(&m, "../mhi1/LOOPBACK"), F_OK), 0);
	ck_assert_int_eq(end_background(SIGTERM), 0);
}
END_TEST

START_TEST(test_ready_wait_limits_the_wait)
{
	uint64_t begin = now_ms();
	char args[256];

	snprintf(args, sizeof(args), "-c %s loopback,ee=pbl,boot_us=600000000 ROOT",
		 write_config("ready_wait = 1\ndevice \"*\" { ready_timeout_ms = 600000 }\n"));
	ck_assert_int_eq(run(args), 0);
	ck_assert_uint_ge(now_ms() - begin, 1000);
	ck_assert(mount_state_is(&m, "starting"));
	ck_assert_int_eq(end_background(SIGTERM), 0);
}
END_TEST

/* --- a device that ends the daemon each time --- */

static const char *starts_path(void)
{
	static char path[160];
	size_t len = (size_t)snprintf(path, sizeof(path), "/run/mhifs/starting/");

	snprintf(path + len, sizeof(path) - len, "%s", m.root);
	for (char *at = path + len; *at; at++)
		if (*at == '/')
			*at = '%';
	return path;
}

static bool is_noted(const char *words)
{
	char noted[128] = "";
	FILE *f = fopen(starts_path(), "r");

	if (f) {
		noted[fread(noted, 1, sizeof(noted) - 1, f)] = 0;
		fclose(f);
	}
	return !strcmp(noted, words);
}

/* As if it were some time ago. */
static void age_starts(void)
{
	struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_sec = 1000000 } };

	ck_assert_int_eq(utimensat(AT_FDCWD, starts_path(), times, 0), 0);
}

static bool is_ready(const char *device)
{
	char path[128], words[64] = "";
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s/state", m.root, device);
	f = fopen(path, "r");
	if (f) {
		words[fread(words, 1, sizeof(words) - 1, f)] = 0;
		fclose(f);
	}
	return strstr(words, "state=ready\n");
}

START_TEST(test_f89_a_device_that_ends_the_daemon_is_left_out_at_last)
{
	char args[256], words[64];

	snprintf(args, sizeof(args), "-c %s loopback,name=bad,ready_us=600000000 "
		 "loopback,name=good ROOT",
		 write_config("ready_wait = 1\ndevice \"*bad\" { ready_timeout_ms = 600000 }\n"));
	for (unsigned int i = 1; i <= 5; i++) {
		ck_assert_int_eq(run(args), 0);
		ck_assert(is_ready("mhi1"));
		ck_assert(!is_ready("mhi0"));
		snprintf(words, sizeof(words), "starting %u loopback-bad\n", i);
		ck_assert(is_noted(words));
		ck_assert_int_eq(end_background(SIGABRT), -SIGABRT);
		age_starts();
	}
	ck_assert_int_eq(run(args), 0);
	ck_assert_msg(strstr(message, "loopback-bad is left out: mhifs died 5 times in a row"),
		      "%s", message);
	ck_assert(is_ready("mhi1"));
	ck_assert_int_lt(access(mount_path(&m, "state"), F_OK), 0);
	ck_assert_int_eq(end_background(SIGTERM), 0);
	/* Alone it is a failure. */
	ck_assert_int_eq(run("loopback,name=bad ROOT"), 3);
	ck_assert_ptr_nonnull(strstr(message, "is left out"));
	ck_assert_int_eq(unlink(starts_path()), 0);
	ck_assert_int_eq(run("loopback,name=bad ROOT"), 0);
	ck_assert(is_ready("mhi0"));
	ck_assert_int_lt(access(starts_path(), F_OK), 0);
	ck_assert_int_eq(end_background(SIGTERM), 0);
}
END_TEST

START_TEST(test_a_second_daemon_is_refused)
{
	mount_start(&m, "");
	ck_assert_int_eq(run("loopback ROOT"), 2);
	ck_assert_ptr_nonnull(strstr(message, "is in use by a running mhifs"));
	ck_assert(mount_state_is(&m, "ready"));
	ck_assert_int_eq(mount_end(&m, SIGTERM), 0);
}
END_TEST

START_TEST(test_the_mount_of_a_dead_daemon_is_replaced)
{
	mount_start(&m, "");
	ck_assert_int_eq(mount_end(&m, SIGKILL), -SIGKILL);
	mount_start(&m, "");
	ck_assert(mount_state_is(&m, "ready"));
	ck_assert_int_eq(mount_end(&m, SIGTERM), 0);
}
END_TEST

START_TEST(test_unmounting_ends_the_daemon)
{
	mount_start(&m, "");
	ck_assert_int_eq(umount(m.root), 0);
	ck_assert_int_eq(exit_of(m.pid), 0);
}
END_TEST

START_TEST(test_a_signal_while_starting_ends_the_caller_too)
{
	char args[256];
	int status;
	pid_t pid;

	snprintf(args, sizeof(args), "-c %s loopback,ee=pbl,boot_us=600000000 ROOT",
		 write_config("device \"*\" { ready_timeout_ms = 600000 }\n"));
	pid = fork();
	if (pid == 0)
		_exit(run(args));
	WAIT_FOR(is_mounted());
	/* mhifs that waits is the only child of ours; it tells its own. */
	kill(pid, 0);
	{
		char path[64];
		pid_t waiting = 0;
		FILE *f;

		snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)pid, (int)pid);
		f = fopen(path, "r");
		ck_assert_ptr_nonnull(f);
		ck_assert_int_eq(fscanf(f, "%d", &waiting), 1);
		fclose(f);
		kill(waiting, SIGINT);
	}
	WAIT_FOR(waitpid(pid, &status, WNOHANG) == pid);
	ck_assert_int_eq(WEXITSTATUS(status), 7);
	WAIT_FOR(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD);
}
END_TEST

/* RESET never ends: the first signal waits for it, the second does not. */
START_TEST(test_the_second_signal_ends_at_once)
{
	uint64_t begin;
	pid_t pid;

	ck_assert_int_eq(run("loopback,reset_us=600000000 ROOT"), 0);
	pid = background_pid();
	begin = now_ms();
	kill(pid, SIGTERM);
	usleep(100000);
	kill(pid, SIGTERM);
	exit_of(pid);
	ck_assert_uint_lt(now_ms() - begin, 10000);
}
END_TEST

START_TEST(test_parked_readers_are_told_that_the_daemon_ends)
{
	pid_t reader;

	mount_start(&m, "");
	reader = fork();
	if (reader == 0) {
		int fd = open(mount_path(&m, "LOOPBACK"), O_RDWR);
		char byte;

		_exit(read(fd, &byte, 1) < 0 && errno == ENODEV ? 0 : 1);
	}
	WAIT_FOR(mount_stat(&m, "LOOPBACK.users") == 1);
	ck_assert_int_eq(mount_end(&m, SIGTERM), 0);
	ck_assert_int_eq(exit_of(reader), 0);
}
END_TEST

/* Who waits for the end of a pipe must not wait for the daemon. */
START_TEST(test_the_background_holds_nothing_of_its_caller)
{
	int p[2];
	char byte;

	ck_assert_int_eq(pipe(p), 0);
	ck_assert_int_eq(run("loopback ROOT"), 0);
	close(p[1]);
	ck_assert_int_eq(read(p[0], &byte, 1), 0);
	close(p[0]);
	ck_assert_int_eq(end_background(SIGTERM), 0);
}
END_TEST

/* Reads datagrams until one is @line. */
static void hear(int fd, const char *line)
{
	char heard[256];
	ssize_t n;

	do {
		n = recv(fd, heard, sizeof(heard) - 1, 0);
		ck_assert_msg(n > 0, "never heard %s", line);
		heard[n] = 0;
	} while (strcmp(heard, line));
}

START_TEST(test_the_service_manager_is_told)
{
	struct timeval limit = { .tv_sec = 10 };
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	CLEANUP_CLOSE int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/notify", m.base);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setenv("NOTIFY_SOCKET", addr.sun_path, 1);
	setenv("WATCHDOG_USEC", "100000", 1);
	mount_start(&m, "");
	hear(fd, "READY=1");
	hear(fd, "WATCHDOG=1");
	hear(fd, "WATCHDOG=1");
	kill(m.pid, SIGTERM);
	hear(fd, "STOPPING=1");
	ck_assert_int_eq(exit_of(m.pid), 0);
	unlink(addr.sun_path);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("daemon");
	TCase *t = tcase_create("daemon");
	int n = ARRAY_SIZE(refusals);

	mount_skip_unless_possible();
	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, test_bad_input_has_one_message_and_its_exit_code, 0, n);
	tcase_add_loop_test(t, test_bad_input_is_the_same_in_the_foreground, 0, n);
	tcase_add_test(t, test_help_and_version_need_nothing);
	tcase_add_test(t, test_help_names_every_transport);
	tcase_add_test(t, test_check_config_judges_the_file);
	tcase_add_test(t, test_a_bad_configuration_stops_the_start);
	tcase_add_test(t, test_the_background_is_ready_when_the_caller_is_back);
	tcase_add_test(t, test_several_devices_share_a_mount);
	tcase_add_test(t, test_single_makes_the_device_the_root);
	tcase_add_test(t, test_the_configuration_changes_channels);
	tcase_add_test(t, test_one_bad_device_leaves_the_others_served);
	tcase_add_test(t, test_ready_wait_limits_the_wait);
	tcase_add_test(t, test_f89_a_device_that_ends_the_daemon_is_left_out_at_last);
	tcase_add_test(t, test_a_second_daemon_is_refused);
	tcase_add_test(t, test_the_mount_of_a_dead_daemon_is_replaced);
	tcase_add_test(t, test_unmounting_ends_the_daemon);
	tcase_add_test(t, test_a_signal_while_starting_ends_the_caller_too);
	tcase_add_test(t, test_the_second_signal_ends_at_once);
	tcase_add_test(t, test_parked_readers_are_told_that_the_daemon_ends);
	tcase_add_test(t, test_the_background_holds_nothing_of_its_caller);
	tcase_add_test(t, test_the_service_manager_is_told);
	suite_add_tcase(s, t);
	return suite_run(s);
}
