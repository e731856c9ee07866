/*
 * test-kill - the daemon dies by SIGKILL at every step of a run, over loopback and
 * over a modem in another process that keeps its state.  The next daemon takes the
 * stale mount away, resets the device as it was left, and serves within
 * T_RESTART_MS; clients of the dead one get an error; the modem's process keeps
 * no memory and no descriptor of it.
 *
 * At the same steps SIGTERM ends it within T_TERM_MS, and nothing is left at all.
 *
 *	[KILLS=n] [SEED=n] test-kill
 */
#include "client.h"
#include "tests/suite.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

enum { T_RESTART_MS = 10000, T_TERM_MS = 5000, KILLS = 50, TERMS = 44, TIMEOUT_S = 600 };

/* A run, step by step; the daemon dies after one of them. */
enum step {
	STEP_STARTED,		/* somewhere in its start, after some time */
	STEP_READY,
	STEP_OPEN,
	STEP_WRITTEN,		/* the echo may be on its way */
	STEP_ECHOED,
	STEP_PARKED,		/* a read waits */
	STEP_TRAFFIC,		/* somewhere in the middle of it */
	STEP_SUSPENDED,
	STEP_RESET,		/* asked for, and on its way */
	STEP_OFF,
	STEP_CLOSED,		/* the channel lingers */
	STEP_ENDING,		/* SIGTERM was sent */
	N_STEPS,
};

static const char *const names[N_STEPS] = {
	"start", "ready", "open", "write", "echo", "parked read", "traffic", "suspend",
	"reset", "off", "close", "end",
};

static struct mount mounts;
static uint64_t chance;		/* of xorshift */
static uint64_t longest_ms;

static unsigned int draw(unsigned int n)
{
	chance ^= chance << 13;
	chance ^= chance >> 7;
	chance ^= chance << 17;
	return (unsigned int)(chance >> 32) % n;
}

static unsigned int number_of(const char *name, unsigned int fallback)
{
	const char *value = getenv(name);

	return value && *value ? (unsigned int)strtoul(value, NULL, 0) : fallback;
}

/* --- the modem of another process --- */

static struct {
	pid_t pid;
	char path[96];
	unsigned int n_fds, n_maps;	/* before anybody was attached */
} modem;

static unsigned int count_fds(pid_t pid)
{
	struct mount of = { .pid = pid };

	return mount_n_fds(&of);
}

static unsigned int count_maps(pid_t pid)
{
	char path[64], line[512];
	unsigned int n = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		n += strstr(line, "memfd:") != NULL;
	if (f)
		fclose(f);
	return n;
}

/* It has all it will ever have. */
static bool waits_for_clients(void)
{
	char path[64];
	long call = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/syscall", (int)modem.pid);
	f = fopen(path, "re");
	if (f && fscanf(f, "%ld", &call) != 1)
		call = -1;
	if (f)
		fclose(f);
#ifdef SYS_epoll_wait
	if (call == SYS_epoll_wait)
		return true;
#endif
	return call == SYS_epoll_pwait;
}

static void modem_start(void)
{
	const char *top = getenv("top_builddir");
	char program[200];

	snprintf(program, sizeof(program), "%s/mhi-sim", top ? top : ".");
	snprintf(modem.path, sizeof(modem.path), "%s/socket", mounts.base);
	modem.pid = fork();
	if (!modem.pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		execl(program, program, "--socket", modem.path, NULL);
		_exit(127);
	}
	WAIT_FOR(waits_for_clients());
	snprintf(mounts.device, sizeof(mounts.device), "vfio-user:%s,profile=sim", modem.path);
	modem.n_fds = count_fds(modem.pid);
	modem.n_maps = count_maps(modem.pid);
}

static void modem_stop(void)
{
	kill(modem.pid, SIGTERM);
	ck_assert_int_eq(child_join(modem.pid), 0);
	modem.pid = 0;
}

/* What it had from the dead daemon has gone. */
static void modem_check(void)
{
	if (!modem.pid)
		return;
	ck_assert_int_eq(waitpid(modem.pid, NULL, WNOHANG), 0);
	WAIT_FOR(count_fds(modem.pid) == modem.n_fds && count_maps(modem.pid) == modem.n_maps);
}

/* --- a run --- */

static struct {
	int fd;
	struct client reader;
	bool is_reading;
	char got[8];
} run;

static void launch(void)
{
	const char *top = getenv("top_builddir");
	char program[200];
	sigset_t term;

	snprintf(program, sizeof(program), "%s/mhifs", top ? top : ".");
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	sigprocmask(SIG_BLOCK, &term, NULL);
	mounts.pid = fork();
	if (mounts.pid) {
		sigprocmask(SIG_UNBLOCK, &term, NULL);
		return;
	}
	/* Check's handler would end the whole test. */
	signal(SIGTERM, SIG_DFL);
	sigprocmask(SIG_UNBLOCK, &term, NULL);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	execl(program, program, "-f", mounts.device, mounts.root, NULL);
	_exit(127);
}

static void traffic(void)
{
	unsigned int n = draw(200);
	char buf[64];

	for (unsigned int i = 0; i < n; i++) {
		write_all(run.fd, "0123456789", 10);
		if (draw(2))
			try_read(run.fd, buf, sizeof(buf));
	}
}

static void store_later(const char *attr, const char *word)
{
	int fd = mount_open(&mounts, attr, O_WRONLY | O_NONBLOCK);

	write_all(fd, word, strlen(word));
	close(fd);
}

static void do_step(enum step at)
{
	switch (at) {
	case STEP_STARTED:
		launch();
		break;
	case STEP_READY:
		WAIT_FOR(mount_state_is(&mounts, "ready"));
		break;
	case STEP_OPEN:
		run.fd = mount_open(&mounts, "LOOPBACK", O_RDWR);
		break;
	case STEP_WRITTEN:
		write_all(run.fd, "hello", 5);
		break;
	case STEP_ECHOED:
		read_all(run.fd, run.got, 5);
		ck_assert_mem_eq(run.got, "hello", 5);
		break;
	case STEP_PARKED:
		client_read(&run.reader, run.fd, run.got, sizeof(run.got));
		client_wait_parked(&run.reader, &mounts);
		run.is_reading = true;
		break;
	case STEP_TRAFFIC:
		write_all(run.fd, "x", 1);
		client_join(&run.reader);
		run.is_reading = false;
		traffic();
		break;
	case STEP_SUSPENDED:
		mount_store(&mounts, "power", "suspend");
		break;
	case STEP_RESET:
		store_later("power", "reset");
		break;
	case STEP_OFF:
		WAIT_FOR(mount_state_is(&mounts, "ready"));
		ck_assert_int_eq(mount_store(&mounts, "power", "off"), 0);
		break;
	case STEP_CLOSED:
		close(run.fd);
		run.fd = -1;
		break;
	default:
		kill(mounts.pid, SIGTERM);
	}
}

/* Not always at once: the step may be half done then. */
static void hesitate(enum step last)
{
	if (last == STEP_STARTED)
		usleep(draw(60000));
	else if (draw(2))
		usleep(draw(2000));
}

static void kill_daemon(enum step last)
{
	int status;

	hesitate(last);
	kill(mounts.pid, SIGKILL);
	ck_assert_int_eq(waitpid(mounts.pid, &status, 0), mounts.pid);
	if (WIFEXITED(status))
		ck_assert_msg(last == STEP_ENDING && !WEXITSTATUS(status), "after %s it ended by "
			      "itself: %d", names[last], WEXITSTATUS(status));
}

static void expect_clients_end(enum step last, int error)
{
	char byte;

	if (run.is_reading) {
		ck_assert_int_eq(client_join(&run.reader), error);
		run.is_reading = false;
	}
	if (run.fd < 0)
		return;
	if (last != STEP_ENDING)
		ck_assert_int_eq(try_read(run.fd, &byte, 1), -ENOTCONN);
	close(run.fd);
	run.fd = -1;
}

static void expect_no_mount(void)
{
	struct stat root, base;

	ck_assert_int_eq(lstat(mounts.root, &root), 0);
	ck_assert_int_eq(lstat(mounts.base, &base), 0);
	ck_assert_msg(root.st_dev == base.st_dev, "a mount stayed");
}

/* With no help, on the stale mount and the device as they were left. */
static void expect_restart(void)
{
	uint64_t begin = now_ms(), took;
	int fd;

	launch();
	WAIT_FOR(waitpid(mounts.pid, NULL, WNOHANG) != 0 || mount_state_is(&mounts, "ready"));
	ck_assert_msg(kill(mounts.pid, 0) == 0, "it did not start again");
	took = now_ms() - begin;
	ck_assert_msg(took < T_RESTART_MS, "took %u ms", (unsigned int)took);
	if (took > longest_ms)
		longest_ms = took;
	fd = mount_open(&mounts, "LOOPBACK", O_RDWR);
	write_all(fd, "again", 5);
	read_all(fd, run.got, 5);
	ck_assert_mem_eq(run.got, "again", 5);
	close(fd);
	ck_assert_int_eq(mount_end(&mounts, SIGTERM), 0);
	expect_no_mount();
	modem_check();
}

static void killed(enum step last)
{
	kill_daemon(last);
	expect_clients_end(last, -ECONNABORTED);
	modem_check();
	expect_restart();
}

/* Before it has taken hold of the signal it dies of it, and has nothing yet; before
 * it is ready it has failed to start. */
static void terminated(enum step last)
{
	uint64_t begin;
	int status;

	hesitate(last);
	begin = now_ms();
	kill(mounts.pid, SIGTERM);
	WAIT_FOR(waitpid(mounts.pid, &status, WNOHANG) == mounts.pid);
	mounts.pid = 0;
	ck_assert_uint_lt(now_ms() - begin, T_TERM_MS);
	ck_assert_msg(status == 0 || (last == STEP_STARTED &&
				      (status == SIGTERM || WEXITSTATUS(status) == 7)),
		      "after %s: status %#x", names[last], (unsigned int)status);
	if (now_ms() - begin > longest_ms)
		longest_ms = now_ms() - begin;
	expect_clients_end(last, -ENODEV);
	expect_no_mount();
	modem_check();
}

/* Each of the first @n_steps in turn, then again, and then @ends. */
static void cycles(unsigned int n, unsigned int n_steps, void (*ends)(enum step last))
{
	chance = 0x9e3779b97f4a7c15ull * (number_of("SEED", 1) + 1);
	longest_ms = 0;
	for (unsigned int i = 0; i < n; i++) {
		run.fd = -1;
		for (unsigned int at = 0; at <= i % n_steps; at++)
			do_step((enum step)at);
		ends((enum step)(i % n_steps));
	}
}

static void kills(const char *what)
{
	unsigned int n = number_of("KILLS", KILLS) / 2;

	cycles(n, N_STEPS, killed);
	printf("test-kill: %s: SEED=%u, %u kills, %u or more at each step, longest "
	       "restart %u ms\nf85: %u cases, %u survived\n", what, number_of("SEED", 1), n,
	       n / N_STEPS, (unsigned int)longest_ms, n, n);
}

static void terms(const char *what)
{
	unsigned int n = TERMS / 2;

	cycles(n, STEP_ENDING, terminated);
	printf("test-kill: %s: %u times SIGTERM, %u at each step, longest end %u ms\n"
	       "f84: %u cases, %u survived\n", what, n, n / STEP_ENDING,
	       (unsigned int)longest_ms, n, n);
}

static void teardown(void)
{
	if (mounts.pid)
		kill(mounts.pid, SIGKILL);
	umount2(mounts.root, MNT_DETACH);
	mount_fini(&mounts);
}

START_TEST(test_killed_at_each_step_over_loopback)
{
	mount_init(&mounts);
	kills("loopback");
}
END_TEST

START_TEST(test_terminated_at_each_step_over_loopback)
{
	mount_init(&mounts);
	terms("loopback");
}
END_TEST

START_TEST(test_terminated_at_each_step_over_a_modem_that_stays)
{
	mount_init(&mounts);
	modem_start();
	terms("vfio-user");
	modem_stop();
}
END_TEST

START_TEST(test_killed_at_each_step_over_a_modem_that_stays)
{
	mount_init(&mounts);
	modem_start();
	kills("vfio-user");
	modem_stop();
}
END_TEST

int main(void)
{
	Suite *s = suite_create("kill");
	TCase *t = tcase_create("kill");

	mount_skip_unless_possible();
	tcase_set_timeout(t, TIMEOUT_S + number_of("KILLS", KILLS) * 4);
	tcase_add_checked_fixture(t, NULL, teardown);
	tcase_add_test(t, test_killed_at_each_step_over_loopback);
	tcase_add_test(t, test_killed_at_each_step_over_a_modem_that_stays);
	tcase_add_test(t, test_terminated_at_each_step_over_loopback);
	tcase_add_test(t, test_terminated_at_each_step_over_a_modem_that_stays);
	suite_add_tcase(s, t);
	return suite_run(s);
}
