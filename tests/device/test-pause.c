/*
 * The daemon is stopped for longer than any of its limits, and goes on: what the
 * device did meanwhile counts before any time that is out.  The same for a modem
 * inside the process, which was stopped as well.
 */
#include "client.h"
#include "tests/suite.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>

/* The limits are those of the configuration; a step of the modem takes STEP_US. */
enum { LIMIT_MS = 500, PAUSE_MS = 1300, STEP_US = 150000 };

static struct mount mounts, *const m = &mounts;
static pid_t modem;
static char folder[32], conf[64], words[80], path[64];
static int fd;

static void write_conf(void)
{
	FILE *f = fopen(conf, "w");

	ck_assert_ptr_nonnull(f);
	fprintf(f, "dump_dir = \"%s/dump\"\ndevice \"*\" { timeout_ms = %d "
		"ready_timeout_ms = %d health_check_ms = 100 stall_ms = %d }\n", folder,
		LIMIT_MS, LIMIT_MS, LIMIT_MS);
	ck_assert_int_eq(fclose(f), 0);
}

static void modem_start(void)
{
	const char *top = getenv("top_builddir");
	char program[PATH_MAX], option[128];

	snprintf(program, sizeof(program), "%s/mhi-sim", top ? top : ".");
	snprintf(option, sizeof(option), "command_us=%d,m3_us=%d,ready_us=%d", STEP_US, STEP_US,
		 STEP_US);
	modem = fork();
	if (!modem) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		execl(program, program, "-s", path, "--option", option, NULL);
		_exit(127);
	}
	WAIT_FOR(socket_is_served(path));
	snprintf(m->device, sizeof(m->device), "vfio-user:%s,profile=sim", path);
}

/* In another process, or inside ours. */
static void setup_with(bool is_apart)
{
	strcpy(folder, "/tmp/mhifs-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/sock", folder);
	snprintf(conf, sizeof(conf), "%s/conf", folder);
	snprintf(words, sizeof(words), "-c %s", conf);
	write_conf();
	mount_init(m);
	modem = 0;
	if (is_apart)
		modem_start();
	else
		snprintf(m->device, sizeof(m->device), "loopback,command_us=%d,m3_us=%d,"
			 "ready_us=%d", STEP_US, STEP_US, STEP_US);
	mount_start(m, words);
}

static void teardown(void)
{
	char command[64];

	mount_stop(m);
	if (modem) {
		kill(modem, SIGKILL);
		waitpid(modem, NULL, 0);
	}
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	ck_assert_int_eq(system(command), 0);
}

static void pause_daemon(void)
{
	int status;

	kill(m->pid, SIGSTOP);
	ck_assert_int_eq(waitpid(m->pid, &status, WUNTRACED), m->pid);
	usleep(PAUSE_MS * 1000);
	kill(m->pid, SIGCONT);
}

static void expect_echo(void)
{
	char byte = 0;

	write_all(fd, "x", 1);
	ck_assert_int_eq(try_read(fd, &byte, 1), 1);
	ck_assert_int_eq(byte, 'x');
}

START_TEST(test_f86_stopped_while_a_read_waits)
{
	struct client reader;
	char byte;

	setup_with(_i);
	fd = mount_open(m, "LOOPBACK", O_RDWR);
	client_read(&reader, fd, &byte, 1);
	client_wait_parked(&reader, m);
	pause_daemon();
	write_all(fd, "x", 1);
	ck_assert_int_eq(client_join(&reader), 1);
	expect_echo();
	close(fd);
	ck_assert(mount_state_is(m, "ready"));
	teardown();
}
END_TEST

static int open_it(void *user)
{
	(void)user;
	return open(mount_path(m, "LOOPBACK"), O_RDWR) < 0 ? errno : 0;
}

START_TEST(test_f86_stopped_in_an_open)
{
	pid_t pid;

	setup_with(_i);
	pid = child_start(open_it, NULL);
	WAIT_FOR(mount_chan_is(m, "LOOPBACK", "starting"));
	pause_daemon();
	ck_assert_int_eq(child_join(pid), 0);
	teardown();
}
END_TEST

static int store_word(void *user)
{
	return -mount_store(m, "power", user);
}

static void stop_in(const char *word, const char *end)
{
	pid_t pid = child_start(store_word, (void *)(uintptr_t)word);

	WAIT_FOR(!mount_state_is(m, "ready"));
	pause_daemon();
	ck_assert_int_eq(child_join(pid), 0);
	ck_assert(mount_state_is(m, end));
	fd = mount_open(m, "LOOPBACK", O_RDWR);
	expect_echo();
	close(fd);
}

START_TEST(test_f86_stopped_in_a_reset)
{
	setup_with(_i);
	stop_in("reset", "ready");
	teardown();
}
END_TEST

START_TEST(test_f86_stopped_while_the_modem_crashes)
{
	setup_with(true);
	fd = mount_open(m, "LOOPBACK", O_RDWR);
	kill(m->pid, SIGSTOP);
	kill(modem, SIGUSR1);
	usleep(PAUSE_MS * 1000);
	kill(m->pid, SIGCONT);
	WAIT_FOR(!mount_state_is(m, "ready"));
	WAIT_FOR(mount_state_is(m, "ready"));
	close(fd);
	fd = mount_open(m, "LOOPBACK", O_RDWR);
	expect_echo();
	close(fd);
	teardown();
}
END_TEST

START_TEST(test_f86_modem_that_was_stopped_as_well)
{
	setup_with(true);
	fd = mount_open(m, "LOOPBACK", O_RDWR);
	kill(modem, SIGSTOP);
	pause_daemon();
	kill(modem, SIGCONT);
	WAIT_FOR(mount_state_is(m, "ready"));
	close(fd);
	fd = mount_open(m, "LOOPBACK", O_RDWR);
	expect_echo();
	close(fd);
	teardown();
}
END_TEST

int main(void)
{
	Suite *s = suite_create("pause");
	TCase *t = tcase_create("pause");

	mount_skip_unless_possible();
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, test_f86_stopped_while_a_read_waits, 0, 2);
	tcase_add_loop_test(t, test_f86_stopped_in_an_open, 0, 2);
	tcase_add_loop_test(t, test_f86_stopped_in_a_reset, 0, 2);
	tcase_add_test(t, test_f86_stopped_while_the_modem_crashes);
	tcase_add_test(t, test_f86_modem_that_was_stopped_as_well);
	suite_add_tcase(s, t);
	return suite_run(s);
}
