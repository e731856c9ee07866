/* Lines of a controller in another process, as files on a real mount. */
#include "client.h"
#include "mount.h"
#include "tests/suite.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static struct mount mount_here, *const m = &mount_here;
static char folder[32], path[64];
static pid_t sim;

static void sim_start(void)
{
	sim = fork();
	ck_assert_int_ge(sim, 0);
	if (!sim) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		execl("./mhi-sim", "mhi-sim", "--vhost-user", path, "--type", "gpio", NULL);
		_exit(127);
	}
}

static void sim_end(void)
{
	kill(sim, SIGKILL);
	waitpid(sim, NULL, 0);
}

static void setup(void)
{
	strcpy(folder, "/tmp/mhifs-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/lines", folder);
	sim_start();
	mount_init(m);
	WAIT_FOR(socket_is_served(path));
	snprintf(m->device, sizeof(m->device), "vhost-user:%s,type=gpio", path);
	mount_start(m, "");
}

static void teardown(void)
{
	mount_stop(m);
	sim_end();
	unlink(path);
	rmdir(folder);
}

/* The first byte of the value, or -errno. */
static int value(int fd)
{
	char text[8];
	ssize_t n = pread(fd, text, sizeof(text), 0);

	if (n < 0)
		return -errno;
	ck_assert_int_eq((int)n, 2);
	ck_assert_int_eq(text[1], '\n');
	return text[0] - '0';
}

static int revents(int fd, int wait_ms)
{
	struct pollfd p = { .fd = fd, .events = POLLPRI | POLLERR };

	return poll(&p, 1, wait_ms) == 1 ? p.revents : 0;
}

/* A command of the shell, in gpio/. */
static int shell(const char *command)
{
	char line[512];
	int status;

	snprintf(line, sizeof(line), "cd %s/gpio && %s", m->dev, command);
	status = system(line);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

START_TEST(test_the_shell_drives_lines)
{
	ck_assert_int_eq(shell("test -e out0 -a -e 7 -a ! -e 0"), 0);
	ck_assert_int_eq(shell("echo high >loop-out/direction && echo in >loop-in/direction && "
			       "test $(cat loop-in/value) = 1"), 0);
	ck_assert_int_eq(shell("echo 0 >loop-out/value && test $(cat loop-in/value) = 0"), 0);
	ck_assert_int_eq(shell("echo 1 >loop-in/active_low && test $(cat loop-in/value) = 1"), 0);
	ck_assert_int_eq(shell("test $(cat loop-out/direction) = out && "
			       "test $(cat loop-out/label) = loop-out"), 0);
	ck_assert_int_eq(shell("test \"$(dd if=out0/value bs=1 2>/dev/null)\" = 0"), 0);
	ck_assert_int_eq(shell("test $(grep -c . */value 2>/dev/null | grep -c :1) -ge 7"), 0);
}
END_TEST

START_TEST(test_bad_writes_have_their_errno)
{
	ck_assert_int_eq(mount_store(m, "gpio/out0/direction", "sideways"), -EINVAL);
	ck_assert_int_eq(mount_store(m, "gpio/out0/edge", "up"), -EINVAL);
	ck_assert_int_eq(mount_store(m, "gpio/out0/value", "1"), -EPERM);
	ck_assert_int_eq(mount_store(m, "gpio/out0/direction", "out"), 0);
	ck_assert_int_eq(mount_store(m, "gpio/out0/value", "yes"), -EINVAL);
	ck_assert_int_eq(mount_store(m, "gpio/out0/edge", "both"), -EIO);
	ck_assert_int_eq(mount_store(m, "gpio/refuse/direction", "in"), -EIO);
	ck_assert_int_eq(mount_store(m, "gpio/liar/direction", "in"), -EPROTO);
	ck_assert_str_eq(mount_show(m, "gpio/out0/direction"), "out\n");
}
END_TEST

START_TEST(test_poll_tells_of_an_edge_until_the_value_is_read)
{
	int fd = mount_open(m, "gpio/loop-in/value", O_RDONLY);

	ck_assert_int_eq(mount_store(m, "gpio/loop-out/direction", "low"), 0);
	ck_assert_int_eq(mount_store(m, "gpio/loop-in/edge", "rising"), 0);
	ck_assert_int_eq(value(fd), 0);
	ck_assert_int_eq(revents(fd, 0), 0);
	ck_assert_int_eq(mount_store(m, "gpio/loop-out/value", "1"), 0);
	ck_assert_int_eq(revents(fd, DEADLINE_MS), POLLPRI | POLLERR);
	ck_assert_int_eq(revents(fd, 0), POLLPRI | POLLERR);
	ck_assert_int_eq(value(fd), 1);
	ck_assert_int_eq(revents(fd, 0), 0);
	/* The other edge is not asked for. */
	ck_assert_int_eq(mount_store(m, "gpio/loop-out/value", "0"), 0);
	mount_barrier(m);
	ck_assert_int_eq(revents(fd, 50), 0);
	close(fd);
}
END_TEST

START_TEST(test_a_line_that_toggles_wakes_again_and_again)
{
	int fd = mount_open(m, "gpio/toggle/value", O_RDONLY), before;

	ck_assert_int_eq(mount_store(m, "gpio/toggle/edge", "both"), 0);
	before = value(fd);
	for (int i = 0; i < 5; i++) {
		ck_assert_int_eq(revents(fd, DEADLINE_MS), POLLPRI | POLLERR);
		ck_assert_int_eq(value(fd), !before);
		before = !before;
	}
	close(fd);
}
END_TEST

START_TEST(test_edges_are_events)
{
	char line[512];
	int fd = mount_open(m, "events", O_RDONLY);
	ssize_t n;

	ck_assert_int_eq(mount_store(m, "gpio/toggle/edge", "falling"), 0);
	n = read(fd, line, sizeof(line) - 1);
	ck_assert_int_gt((int)n, 0);
	line[n] = 0;
	ck_assert_ptr_nonnull(strstr(line, "\"type\":\"gpio\",\"line\":\"toggle\",\"number\":4,"
				     "\"edge\":\"falling\""));
	close(fd);
}
END_TEST

START_TEST(test_lines_outlive_the_back_end)
{
	int toggle = mount_open(m, "gpio/toggle/value", O_RDONLY);
	int in = mount_open(m, "gpio/loop-in/value", O_RDONLY);

	ck_assert_int_eq(mount_store(m, "gpio/loop-out/direction", "high"), 0);
	ck_assert_int_eq(mount_store(m, "gpio/loop-in/direction", "in"), 0);
	ck_assert_int_eq(mount_store(m, "gpio/toggle/edge", "both"), 0);
	ck_assert_int_eq(value(in), 1);
	sim_end();
	WAIT_FOR(mount_state_is(m, "recovering"));
	ck_assert_int_eq(value(in), -ENODEV);
	ck_assert_int_eq(mount_store(m, "gpio/out0/direction", "in"), -ENODEV);
	sim_start();
	WAIT_FOR(mount_state_is(m, "ready"));
	ck_assert_int_eq(value(in), 1);
	ck_assert_str_eq(mount_show(m, "gpio/toggle/edge"), "both\n");
	value(toggle);
	ck_assert_int_eq(revents(toggle, DEADLINE_MS), POLLPRI | POLLERR);
	/* The same when it gives up its queues and lives on. */
	kill(sim, SIGUSR1);
	WAIT_FOR(mount_state_is(m, "recovering"));
	WAIT_FOR(mount_state_is(m, "ready"));
	ck_assert_int_eq(value(in), 1);
	close(toggle);
	close(in);
}
END_TEST

static int pread_value(void *user)
{
	return value(*(int *)user);
}

static int read_value(void *user)
{
	char c;

	return read(*(int *)user, &c, 1) < 0 ? errno : 0;
}

/* One open file, one question to the device, and everybody has the answer. */
START_TEST(test_many_read_one_file_at_once)
{
	int fd = mount_open(m, "gpio/slow/value", O_RDONLY);
	pid_t readers[4];

	for (size_t i = 0; i < ARRAY_SIZE(readers); i++)
		readers[i] = child_start(pread_value, &fd);
	for (size_t i = 0; i < ARRAY_SIZE(readers); i++)
		ck_assert_int_eq(child_join(readers[i]), 0);
	close(fd);
}
END_TEST

static void on_signal(int signo)
{
	(void)signo;
}

static int read_interrupted(void *user)
{
	struct sigaction action = { .sa_handler = on_signal };

	sigaction(SIGUSR1, &action, NULL);
	return read_value(user);
}

START_TEST(test_a_waiting_read_ends_by_a_signal_and_by_the_end)
{
	int fd = mount_open(m, "gpio/out0/value", O_RDONLY);
	int other = mount_open(m, "gpio/out1/value", O_RDONLY);
	pid_t client, parked;

	kill(sim, SIGSTOP);
	client = child_start(read_interrupted, &fd);
	child_wait_parked(client, SYS_read, m);
	kill(client, SIGUSR1);
	ck_assert_int_eq(child_join(client), EINTR);
	client = child_start(read_value, &fd);
	child_wait_parked(client, SYS_read, m);
	kill(client, SIGKILL);
	ck_assert_int_eq(child_join(client), -SIGKILL);
	parked = child_start(read_value, &other);
	child_wait_parked(parked, SYS_read, m);
	kill(sim, SIGKILL);
	ck_assert_int_eq(child_join(parked), ENODEV);
	close(fd);
	close(other);
}
END_TEST

START_TEST(test_the_daemon_ends_under_waiting_reads)
{
	int fd = mount_open(m, "gpio/out0/value", O_RDONLY);
	pid_t parked;

	kill(sim, SIGSTOP);
	parked = child_start(read_value, &fd);
	child_wait_parked(parked, SYS_read, m);
	close(fd);
	ck_assert_int_eq(mount_end(m, SIGTERM), 0);
	ck_assert_int_ne(child_join(parked), 0);
	mount_fini(m);
	sim_end();
	setup();
}
END_TEST

START_TEST(test_start_says_what_is_wrong)
{
	char message[512], args[256], place[64];

	snprintf(place, sizeof(place), "%s/here", folder);
	ck_assert_int_eq(mkdir(place, 0700), 0);
	snprintf(args, sizeof(args), "-f vhost-user:%s-not,type=gpio %s", path, place);
	ck_assert_int_eq(mount_run(args, message, sizeof(message)), 3);
	ck_assert_msg(strstr(message, "-not"), "%s", message);
	snprintf(args, sizeof(args), "-f vhost-user:%s %s", path, place);
	ck_assert_int_ne(mount_run(args, message, sizeof(message)), 0);
	ck_assert_msg(strstr(message, "type=rpmsg or type=gpio"), "%s", message);
	rmdir(place);
}
END_TEST

enum { NOBODY = 65534 };

static int try_open(const char *name, int flags)
{
	int fd = open(mount_path(m, name), flags | O_CLOEXEC), r = fd < 0 ? errno : 0;

	if (fd >= 0)
		close(fd);
	return r;
}

static int open_as(gid_t gid, int errno_of_write)
{
	static const char *const names[] = { "value", "direction", "edge", "active_low" };
	char name[64];

	if (become(NOBODY, gid))
		return 200;
	for (int i = 0; i < (int)ARRAY_SIZE(names); i++) {
		snprintf(name, sizeof(name), "gpio/out0/%s", names[i]);
		if (try_open(name, O_RDONLY) || try_open(name, O_RDWR) != errno_of_write)
			return i + 1;
	}
	return 0;
}

static int open_as_member(void *user)
{
	const struct stat *st = user;

	return open_as(st->st_gid, 0);
}

static int open_as_nobody(void *user)
{
	(void)user;
	return open_as(NOBODY, EACCES);
}

START_TEST(test_all_see_a_line_and_the_group_sets_it)
{
	struct stat st;

	ck_assert_int_eq(stat(mount_path(m, "gpio/out0/value"), &st), 0);
	ck_assert_uint_eq(st.st_mode, S_IFREG | 0664);
	ck_assert_int_eq(child_join(child_start(open_as_member, &st)), 0);
	ck_assert_int_eq(child_join(child_start(open_as_nobody, NULL)), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("gpio");
	TCase *t = tcase_create("mount");

	mount_skip_unless_possible();
	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_the_shell_drives_lines);
	tcase_add_test(t, test_bad_writes_have_their_errno);
	tcase_add_test(t, test_poll_tells_of_an_edge_until_the_value_is_read);
	tcase_add_test(t, test_a_line_that_toggles_wakes_again_and_again);
	tcase_add_test(t, test_edges_are_events);
	tcase_add_test(t, test_lines_outlive_the_back_end);
	tcase_add_test(t, test_many_read_one_file_at_once);
	tcase_add_test(t, test_a_waiting_read_ends_by_a_signal_and_by_the_end);
	tcase_add_test(t, test_the_daemon_ends_under_waiting_reads);
	tcase_add_test(t, test_start_says_what_is_wrong);
	tcase_add_test(t, test_all_see_a_line_and_the_group_sets_it);
	suite_add_tcase(s, t);
	return suite_run(s);
}
