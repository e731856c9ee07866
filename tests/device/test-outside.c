/* What others do to a mount and to its daemon: unmounting, aborting, hanging up,
 * starting a second one, writing nonsense into its control files. */
#include "client.h"
#include "raw.h"
#include "tests/suite.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>

enum { N_RIVALS = 6, N_RESETS = 8, REFUSAL_MS = 3000 };

static struct mount mounts, *const m = &mounts;
static struct raw raw;

static void start(const char *device)
{
	mount_init(m);
	snprintf(m->device, sizeof(m->device), "%s", device);
	mount_start(m, "");
}

static void expect_no_mount(void)
{
	struct stat root, base;

	ck_assert_int_eq(lstat(m->root, &root), 0);
	ck_assert_int_eq(lstat(m->base, &base), 0);
	ck_assert_uint_eq(root.st_dev, base.st_dev);
}

/* By itself, with nothing left. */
static void expect_end(void)
{
	ck_assert_int_eq(mount_end(m, 0), 0);
	expect_no_mount();
	mount_fini(m);
}

static void echo(int fd)
{
	char byte = 0;

	write_all(fd, "x", 1);
	ck_assert_int_eq(try_read(fd, &byte, 1), 1);
	ck_assert_int_eq(byte, 'x');
}

START_TEST(test_f79_lazy_unmount_ends_it_with_the_last_file)
{
	int fd;

	start("loopback");
	fd = mount_open(m, "LOOPBACK", O_RDWR);
	ck_assert_int_eq(umount2(m->root, MNT_DETACH), 0);
	echo(fd);
	ck_assert_int_eq(kill(m->pid, 0), 0);
	close(fd);
	expect_end();
}
END_TEST

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

START_TEST(test_f79_forced_unmount_under_traffic)
{
	pid_t pids[8];

	start("loopback");
	for (size_t i = 0; i < ARRAY_SIZE(pids); i++)
		pids[i] = child_start(talk_until_the_end, NULL);
	WAIT_FOR(mount_stat(m, "LOOPBACK.ul_messages") > 100);
	umount2(m->root, MNT_FORCE);
	for (size_t i = 0; i < ARRAY_SIZE(pids); i++)
		ck_assert_int_eq(child_join(pids[i]), 0);
	ck_assert_int_eq(mount_end(m, 0), 0);
	umount2(m->root, MNT_DETACH);
	mount_fini(m);
}
END_TEST

/* Writes into the connection's file "abort". */
static void abort_connection(void)
{
	char folder[112], path[160];
	struct stat st;
	int fd;

	ck_assert_int_eq(stat(m->root, &st), 0);
	snprintf(folder, sizeof(folder), "%s/control", m->base);
	ck_assert_int_eq(mkdir(folder, 0700), 0);
	ck_assert_int_eq(mount("fusectl", folder, "fusectl", 0, NULL), 0);
	snprintf(path, sizeof(path), "%s/%u/abort", folder, minor(st.st_dev));
	fd = open(path, O_WRONLY);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(try_write(fd, "1", 1), 1);
	close(fd);
	ck_assert_int_eq(umount2(folder, 0), 0);
	rmdir(folder);
}

START_TEST(test_f79_abort_through_the_control_file_system)
{
	struct client reader;
	char byte;
	int fd;

	start("loopback");
	fd = mount_open(m, "LOOPBACK", O_RDWR);
	if (_i) {
		client_read(&reader, fd, &byte, 1);
		client_wait_parked(&reader, m);
	}
	abort_connection();
	if (_i)
		ck_assert_int_eq(client_join(&reader), -ECONNABORTED);
	ck_assert_int_eq(mount_end(m, 0), 0);
	close(fd);
	umount2(m->root, MNT_DETACH);
	expect_no_mount();
	mount_fini(m);
}
END_TEST

START_TEST(test_f79_unmounted_while_the_device_is_anywhere)
{
	static const char *const states[] = { "suspended", "off" };

	start("loopback");
	ck_assert_int_eq(mount_store(m, "power", _i ? "off" : "suspend"), 0);
	ck_assert(mount_state_is(m, states[_i]));
	ck_assert_int_eq(umount2(m->root, 0), 0);
	expect_end();
}
END_TEST

static void raw_end(void)
{
	ck_assert_int_eq(mount_end(&raw.m, 0), 0);
	mount_fini(&raw.m);
}

START_TEST(test_f79_other_end_of_the_session_hangs_up)
{
	uint64_t file, node;

	raw_start(&raw, "", "loopback");
	node = raw_node(&raw, "LOOPBACK");
	file = raw_open(&raw, "LOOPBACK", O_RDWR);
	for (int i = 0; i < 3 * _i; i++)
		raw_send_read(&raw, node, file, 100);
	close(raw.fd);
	raw_end();
}
END_TEST

static unsigned long used_ms(pid_t pid)
{
	unsigned long user = 0, system = 0;
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	f = fopen(path, "re");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(fscanf(f, "%*d %*s %*c %*d %*d %*d %*d %*d %*d %*d %*d %*d %*d %lu %lu",
				&user, &system), 2);
	fclose(f);
	return (user + system) * 1000 / (unsigned long)sysconf(_SC_CLK_TCK);
}

/* Answers are refused: no signal ends it, it does not try for ever. */
START_TEST(test_f79_other_end_takes_no_answers)
{
	unsigned long before;

	raw_start(&raw, "", "loopback");
	ck_assert_int_eq(shutdown(raw.fd, SHUT_RD), 0);
	for (int i = 0; i < 10; i++)
		raw_send(&raw, FUSE_STATFS, FUSE_ROOT_ID, NULL, 0);
	usleep(100000);
	before = used_ms(raw.m.pid);
	usleep(500000);
	ck_assert_uint_lt(used_ms(raw.m.pid) - before, 250);
	close(raw.fd);
	raw_end();
}
END_TEST

/* --- control files --- */

START_TEST(test_f80_nonsense_for_power)
{
	static const char *const words[] = { "", "\n", "ON", "on off", "resetreset", "\xff\xfe",
					     "on\non", " on", "0", "%n%s" };

	start("loopback");
	ck_assert_int_eq(mount_store(m, "power", words[_i]), *words[_i] ? -EINVAL : 0);
	ck_assert(mount_state_is(m, "ready"));
	mount_stop(m);
}
END_TEST

START_TEST(test_f80_word_with_a_nul_or_without_end)
{
	char *huge = malloc(1 << 20);
	int fd;

	ck_assert_ptr_nonnull(huge);
	memset(huge, 'o', 1 << 20);
	start("loopback");
	fd = mount_open(m, "power", O_WRONLY);
	ck_assert_int_eq(try_write(fd, "off\0on", 6), -EINVAL);
	ck_assert_int_eq(try_write(fd, huge, 4096), -EINVAL);
	ck_assert_int_eq(try_write(fd, huge, 1 << 20), -EINVAL);
	close(fd);
	ck_assert(mount_state_is(m, "ready"));
	mount_stop(m);
	free(huge);
}
END_TEST

/* 0, EBUSY, or what else a reset said. */
static int reset_often(void *user)
{
	(void)user;
	for (int i = 0; i < N_RESETS; i++) {
		int r = mount_store(m, "power", "reset");

		if (r && r != -EBUSY)
			return -r;
	}
	return 0;
}

START_TEST(test_f80_one_reset_at_a_time)
{
	pid_t pids[N_RIVALS];
	int fd;

	start("loopback");
	for (int i = 0; i < N_RIVALS; i++)
		pids[i] = child_start(reset_often, NULL);
	for (int i = 0; i < N_RIVALS; i++)
		ck_assert_int_eq(child_join(pids[i]), 0);
	WAIT_FOR(mount_state_is(m, "ready"));
	fd = mount_open(m, "LOOPBACK", O_RDWR);
	echo(fd);
	close(fd);
	mount_stop(m);
}
END_TEST

/* --- two daemons --- */

static void expect_refused(const char *args, int code)
{
	char message[2000];
	uint64_t begin = now_ms();

	ck_assert_int_eq(mount_run(args, message, sizeof(message)), code);
	ck_assert_uint_lt(now_ms() - begin, REFUSAL_MS);
}

START_TEST(test_f87_same_place_by_another_name)
{
	char args[300];
	int fd;

	start("loopback");
	fd = mount_open(m, "LOOPBACK", O_RDWR);
	snprintf(args, sizeof(args), "-f loopback %s/../mnt", m->root);
	expect_refused(args, 2);
	snprintf(args, sizeof(args), "-f loopback %s/./", m->root);
	expect_refused(args, 2);
	echo(fd);
	close(fd);
	mount_stop(m);
}
END_TEST

/* The background one answers for its child. */
START_TEST(test_f87_second_in_the_background)
{
	char args[300];

	start("loopback");
	snprintf(args, sizeof(args), "loopback %s", m->root);
	expect_refused(args, 2);
	ck_assert(mount_state_is(m, "ready"));
	mount_stop(m);
}
END_TEST

START_TEST(test_f87_of_many_that_start_together_one_serves)
{
	struct mount all[N_RIVALS];
	int status;

	mount_init(m);
	for (int i = 0; i < N_RIVALS; i++) {
		all[i] = *m;
		mount_launch(&all[i], "", m->root);
	}
	for (int i = 1; i < N_RIVALS; i++) {
		WAIT_FOR(waitpid(-1, &status, WNOHANG) > 0);
		/* Before it mounts, or when it wants to. */
		ck_assert(WEXITSTATUS(status) == 2 || WEXITSTATUS(status) == 4);
	}
	for (int i = 0; i < N_RIVALS; i++)
		if (kill(all[i].pid, 0) == 0)
			m->pid = all[i].pid;
	WAIT_FOR(mount_state_is(m, "ready"));
	mount_stop(m);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("outside");
	TCase *t = tcase_create("outside");

	mount_skip_unless_possible();
	tcase_set_timeout(t, 60);
	tcase_add_test(t, test_f79_lazy_unmount_ends_it_with_the_last_file);
	tcase_add_test(t, test_f79_forced_unmount_under_traffic);
	tcase_add_loop_test(t, test_f79_abort_through_the_control_file_system, 0, 2);
	tcase_add_loop_test(t, test_f79_unmounted_while_the_device_is_anywhere, 0, 2);
	tcase_add_loop_test(t, test_f79_other_end_of_the_session_hangs_up, 0, 2);
	tcase_add_test(t, test_f79_other_end_takes_no_answers);
	tcase_add_loop_test(t, test_f80_nonsense_for_power, 0, 10);
	tcase_add_test(t, test_f80_word_with_a_nul_or_without_end);
	tcase_add_test(t, test_f80_one_reset_at_a_time);
	tcase_add_test(t, test_f87_same_place_by_another_name);
	tcase_add_test(t, test_f87_second_in_the_background);
	tcase_add_test(t, test_f87_of_many_that_start_together_one_serves);
	suite_add_tcase(s, t);
	return suite_run(s);
}
