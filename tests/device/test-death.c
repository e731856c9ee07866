/* What ends a channel, a device or the daemon, and what each call then says. */
#include "client.h"
#include "shared.h"
#include "tests/suite.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>

enum { N_READERS = 100 };

static int poll_now(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN | POLLOUT };

	ck_assert_int_eq(poll(&p, 1, DEADLINE_MS), 1);
	return p.revents;
}

START_TEST(test_reset_is_told_once_to_each_file)
{
	int a = mount_open(m, "LOOPBACK", O_RDWR), b = mount_open(m, "LOOPBACK", O_RDWR);
	struct client reader;
	char buf[8];

	client_read(&reader, a, buf, sizeof(buf));
	client_wait_parked(&reader, m);
	ck_assert_int_eq(mount_store(m, "power", "reset"), 0);
	ck_assert_int_eq(client_join(&reader), -ECONNRESET);
	ck_assert_int_eq(poll_now(b), POLLIN | POLLOUT | POLLHUP | POLLERR);
	ck_assert_int_eq(try_read(b, buf, sizeof(buf)), -ECONNRESET);
	ck_assert_int_eq(try_read(b, buf, sizeof(buf)), -ENODEV);
	ck_assert_int_eq(try_write(b, buf, 1), -ENODEV);
	ck_assert_uint_eq(mount_stat(m, "LOOPBACK.users"), 0);
	close(b);
	/* A new open finds the new channel; the old file stays dead. */
	WAIT_FOR(mount_state_is(m, "ready"));
	b = mount_open(m, "LOOPBACK", O_RDWR);
	write_all(b, "x", 1);
	ck_assert_int_eq(try_read(b, buf, sizeof(buf)), 1);
	ck_assert_int_lt(try_read(a, buf, sizeof(buf)), 0);
	close(a);
	close(b);
}
END_TEST

START_TEST(test_message_that_came_before_a_reset_is_still_read)
{
	int fd = mount_open(m, "LOOPBACK", O_RDWR);
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char buf[8];

	write_all(fd, "abc", 3);
	write_all(fd, "de", 2);
	ck_assert_int_eq(poll(&p, 1, DEADLINE_MS), 1);
	ck_assert_int_eq(try_read(fd, buf, 1), 1);
	WAIT_FOR(mount_stat(m, "LOOPBACK.ul_messages") >= 2);
	ck_assert_int_eq(mount_store(m, "power", "reset"), 0);
	ck_assert_int_eq(try_read(fd, buf, sizeof(buf)), 2);
	ck_assert_mem_eq(buf, "bc", 2);
	ck_assert_int_eq(try_read(fd, buf, sizeof(buf)), 2);
	ck_assert_mem_eq(buf, "de", 2);
	ck_assert_int_eq(try_write(fd, buf, 1), -ECONNRESET);
	ck_assert_int_eq(try_read(fd, buf, sizeof(buf)), -ENODEV);
	close(fd);
	WAIT_FOR(mount_state_is(m, "ready"));
}
END_TEST

START_TEST(test_power_off_takes_the_channels_away)
{
	int a = mount_open(m, "LOOPBACK", O_RDWR), b = mount_open(m, "DIAG", O_RDWR);
	struct client reader;
	struct stat st;
	char buf[8];

	client_read(&reader, a, buf, sizeof(buf));
	client_wait_parked(&reader, m);
	ck_assert_int_eq(mount_store(m, "power", "off"), 0);
	ck_assert(mount_state_is(m, "off"));
	ck_assert_int_eq(client_join(&reader), -ENODEV);
	ck_assert_int_eq(try_write(b, "x", 1), -ENODEV);
	ck_assert_int_eq(poll_now(b), POLLIN | POLLOUT | POLLHUP | POLLERR);
	ck_assert_int_eq(lstat(mount_path(m, "LOOPBACK"), &st), -1);
	ck_assert_int_eq(errno, ENOENT);
	ck_assert_int_eq(fstat(a, &st), 0);
	ck_assert_str_eq(mount_show(m, "power"), "off\n");
	ck_assert_int_eq(mount_store(m, "power", "on"), 0);
	WAIT_FOR(mount_state_is(m, "ready"));
	ck_assert_int_eq(try_read(a, buf, sizeof(buf)), -ENODEV);
	close(a);
	close(b);
	a = mount_open(m, "LOOPBACK", O_RDWR);
	write_all(a, "x", 1);
	ck_assert_int_eq(try_read(a, buf, sizeof(buf)), 1);
	close(a);
}
END_TEST

START_TEST(test_traffic_wakes_a_suspended_device)
{
	int fd = mount_open(m, "LOOPBACK", O_RDWR);
	char buf[8];

	ck_assert_int_eq(mount_store(m, "power", "suspend"), 0);
	ck_assert(mount_state_is(m, "suspended"));
	ck_assert_str_eq(mount_show(m, "power"), "suspended\n");
	write_all(fd, "up", 2);
	ck_assert_int_eq(try_read(fd, buf, sizeof(buf)), 2);
	ck_assert(mount_state_is(m, "ready"));
	close(fd);
}
END_TEST

START_TEST(test_inode_of_a_channel_that_left_is_no_crash)
{
	int dir = open(m->dev, O_PATH | O_DIRECTORY), path;
	struct stat st, again;

	path = open(mount_path(m, "DUN"), O_PATH);
	ck_assert_int_ge(path, 0);
	ck_assert_int_eq(fstat(path, &st), 0);
	ck_assert_int_eq(mount_store(m, "power", "off"), 0);
	ck_assert_int_eq(fstat(path, &again), -1);
	ck_assert_int_eq(errno, ENOENT);
	ck_assert_int_eq(openat(dir, "DUN", O_RDWR), -1);
	ck_assert_int_eq(errno, ENOENT);
	ck_assert_int_eq(mount_store(m, "power", "on"), 0);
	WAIT_FOR(mount_state_is(m, "ready"));
	ck_assert_int_eq(lstat(mount_path(m, "DUN"), &again), 0);
	ck_assert_uint_eq(st.st_ino, again.st_ino);
	close(path);
	close(dir);
}
END_TEST

/* Waits in a read; the exit code is its errno. */
static int read_until_the_end(void *user)
{
	int fd = open(mount_path(m, "LOOPBACK"), O_RDWR);
	char c;

	(void)user;
	return fd < 0 ? 1 : (int)-try_read(fd, &c, 1);
}

static void start_readers(pid_t pids[N_READERS])
{
	for (int i = 0; i < N_READERS; i++)
		pids[i] = child_start(read_until_the_end, NULL);
	for (int i = 0; i < N_READERS; i++)
		child_wait_parked(pids[i], SYS_read, m);
}

START_TEST(test_f77_daemon_ends_in_order_under_a_hundred_readers)
{
	pid_t pids[N_READERS];
	uint64_t begin;
	struct stat root, base;

	mount_init(m);
	mount_start(m, "");
	start_readers(pids);
	begin = now_ms();
	ck_assert_int_eq(mount_end(m, SIGTERM), 0);
	ck_assert_uint_lt(now_ms() - begin, 5000);
	for (int i = 0; i < N_READERS; i++)
		ck_assert_int_eq(child_join(pids[i]), ENODEV);
	ck_assert_int_eq(lstat(m->root, &root), 0);
	ck_assert_int_eq(lstat(m->base, &base), 0);
	ck_assert_uint_eq(root.st_dev, base.st_dev);
	mount_fini(m);
}
END_TEST

START_TEST(test_f84_sigint_ends_it_too)
{
	mount_init(m);
	mount_start(m, "");
	ck_assert_int_eq(mount_end(m, SIGINT), 0);
	mount_fini(m);
}
END_TEST

START_TEST(test_f79_unmount_from_outside_ends_the_daemon)
{
	char command[200];

	mount_init(m);
	mount_start(m, "");
	snprintf(command, sizeof(command), "umount %s", m->root);
	ck_assert_int_eq(system(command), 0);
	ck_assert_int_eq(mount_end(m, 0), 0);
	mount_fini(m);
}
END_TEST

START_TEST(test_f79_abort_from_outside_leaves_no_mount)
{
	struct client reader;
	struct statvfs st;
	char command[200], buf[8];
	int fd;

	mount_init(m);
	mount_start(m, "");
	fd = mount_open(m, "LOOPBACK", O_RDWR);
	client_read(&reader, fd, buf, sizeof(buf));
	client_wait_parked(&reader, m);
	/* Busy, so the connection ends and the mount would stay. */
	snprintf(command, sizeof(command), "umount -f %s 2>/dev/null", m->root);
	ck_assert_int_ne(system(command), 0);
	ck_assert_int_eq(client_join(&reader), -ECONNABORTED);
	ck_assert_int_eq(mount_end(m, 0), 0);
	ck_assert_int_eq(statvfs(m->root, &st), 0);
	close(fd);
	mount_fini(m);
}
END_TEST

/* Opens, talks and closes until the mount is gone. */
static int talk_until_the_end(void *user)
{
	char buf[64] = "";
	int fd;

	(void)user;
	while ((fd = open(mount_path(m, "LOOPBACK"), O_RDWR)) >= 0) {
		if (try_write(fd, buf, sizeof(buf)) > 0)
			try_read(fd, buf, sizeof(buf));
		close(fd);
	}
	return 0;
}

START_TEST(test_f84_daemon_ends_in_order_under_traffic)
{
	pid_t pids[16];

	mount_init(m);
	mount_start(m, "");
	for (size_t i = 0; i < ARRAY_SIZE(pids); i++)
		pids[i] = child_start(talk_until_the_end, NULL);
	WAIT_FOR(mount_stat(m, "LOOPBACK.ul_messages") > 500);
	ck_assert_int_eq(mount_end(m, SIGTERM), 0);
	for (size_t i = 0; i < ARRAY_SIZE(pids); i++)
		ck_assert_int_eq(child_join(pids[i]), 0);
	mount_fini(m);
}
END_TEST

/* A parent that mounts keeps the mount over the life of its daemon. */
START_TEST(test_f79_session_may_be_handed_in)
{
	char options[160], place[32];
	int fd = open("/dev/fuse", O_RDWR);

	mount_init(m);
	ck_assert_int_ge(fd, 0);
	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0,"
		 "allow_other,default_permissions", fd);
	ck_assert_int_eq(mount("mhifs", m->root, "fuse.mhifs", MS_NOSUID | MS_NODEV,
			       options), 0);
	snprintf(place, sizeof(place), "/dev/fd/%d", fd);
	mount_start_on(m, "", place);
	close(fd);
	fd = mount_open(m, "LOOPBACK", O_RDWR);
	write_all(fd, "x", 1);
	close(fd);
	ck_assert_int_eq(mount_end(m, SIGTERM), 0);
	ck_assert_int_eq(umount2(m->root, MNT_DETACH), 0);
	mount_fini(m);
}
END_TEST

START_TEST(test_f85_mount_of_a_killed_daemon_is_replaced)
{
	struct client reader;
	struct statvfs st;
	char buf[8];
	int fd;

	mount_init(m);
	mount_start(m, "");
	fd = mount_open(m, "LOOPBACK", O_RDWR);
	client_read(&reader, fd, buf, sizeof(buf));
	client_wait_parked(&reader, m);
	ck_assert_int_eq(mount_end(m, SIGKILL), -SIGKILL);
	ck_assert_int_eq(client_join(&reader), -ECONNABORTED);
	ck_assert_int_eq(statvfs(m->root, &st), -1);
	ck_assert_int_eq(errno, ENOTCONN);
	mount_start(m, "");
	ck_assert_int_eq(try_read(fd, buf, sizeof(buf)), -ENOTCONN);
	close(fd);
	fd = mount_open(m, "LOOPBACK", O_RDWR);
	write_all(fd, "x", 1);
	close(fd);
	mount_stop(m);
}
END_TEST

static unsigned int n_lines(const char *text)
{
	unsigned int n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

/* Refused with one line that names the place, and the right exit code. */
static void expect_refusal(const char *place, int code, const char *word)
{
	char args[300], message[2000];

	snprintf(args, sizeof(args), "-f loopback %s", place);
	ck_assert_int_eq(mount_run(args, message, sizeof(message)), code);
	ck_assert_msg(strstr(message, place) != NULL, "%s", message);
	ck_assert_msg(strstr(message, word) != NULL, "%s", message);
	ck_assert_msg(n_lines(message) == 1, "%s", message);
}

START_TEST(test_unfit_mount_point_is_refused)
{
	char path[160], target[170];

	mount_init(m);
	snprintf(path, sizeof(path), "%s/none", m->base);
	expect_refusal(path, 2, "No such file");
	ck_assert_int_eq(close(open(path, O_CREAT | O_WRONLY, 0600)), 0);
	expect_refusal(path, 2, "not a directory");
	expect_refusal(m->base, 2, "not empty");
	unlink(path);
	ck_assert_int_eq(symlink(m->root, path), 0);
	expect_refusal(path, 2, "symbolic link");
	snprintf(target, sizeof(target), "%s/", path);
	expect_refusal(path, 2, "symbolic link");
	unlink(path);
	expect_refusal("/dev/fd/99", 2, "descriptor");
	mount_fini(m);
}
END_TEST

START_TEST(test_f87_second_daemon_leaves_the_first_alone)
{
	mount_init(m);
	mount_start(m, "");
	expect_refusal(m->root, 2, "running");
	ck_assert(mount_state_is(m, "ready"));
	mount_stop(m);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("death");
	TCase *tc = shared_case("device", NULL), *daemon = tcase_create("daemon");

	mount_skip_unless_possible();
	tcase_add_test(tc, test_reset_is_told_once_to_each_file);
	tcase_add_test(tc, test_message_that_came_before_a_reset_is_still_read);
	tcase_add_test(tc, test_power_off_takes_the_channels_away);
	tcase_add_test(tc, test_traffic_wakes_a_suspended_device);
	tcase_add_test(tc, test_inode_of_a_channel_that_left_is_no_crash);
	suite_add_tcase(s, tc);
	tcase_set_timeout(daemon, 60);
	tcase_add_test(daemon, test_f77_daemon_ends_in_order_under_a_hundred_readers);
	tcase_add_test(daemon, test_f84_sigint_ends_it_too);
	tcase_add_test(daemon, test_f79_unmount_from_outside_ends_the_daemon);
	tcase_add_test(daemon, test_f79_abort_from_outside_leaves_no_mount);
	tcase_add_test(daemon, test_f84_daemon_ends_in_order_under_traffic);
	tcase_add_test(daemon, test_f79_session_may_be_handed_in);
	tcase_add_test(daemon, test_f85_mount_of_a_killed_daemon_is_replaced);
	tcase_add_test(daemon, test_unfit_mount_point_is_refused);
	tcase_add_test(daemon, test_f87_second_daemon_leaves_the_first_alone);
	suite_add_tcase(s, daemon);
	return suite_run(s);
}
