/*
 * The system sleeps: what mhifs does about it, on a bus and with a logind of the
 * test.
 */
#include "client.h"
#include "fake_logind.h"
#include "tests/suite.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

static struct mount at, *const m = &at;

static void start(const char *device)
{
	snprintf(m->device, sizeof(m->device), "%s", device);
	mount_start(m, "-d");
}

static void setup(void)
{
	fake_bus_start();
	fake_logind_start();
	mount_init(m);
}

static void teardown(void)
{
	if (m->pid)
		mount_end(m, SIGTERM);
	mount_fini(m);
	fake_logind_stop();
	fake_bus_stop();
}

static bool shows(const char *line)
{
	return strstr(mount_show(m, "state"), line);
}

static void fall_asleep(void)
{
	WAIT_FOR(fake_logind_locks() == 1);
	fake_logind_prepare(true);
	WAIT_FOR(fake_logind_locks() == 0);
}

static void wake_up(void)
{
	fake_logind_prepare(false);
	WAIT_FOR(fake_logind_locks() == 1);
}

static void assert_echo(void)
{
	int fd = mount_open(m, "LOOPBACK", O_RDWR);
	char bytes[8];

	write_all(fd, "again", 5);
	read_all(fd, bytes, 5);
	ck_assert_mem_eq(bytes, "again", 5);
	close(fd);
}

START_TEST(test_it_holds_the_sleep_up_for_as_long_as_it_serves)
{
	start("loopback");
	WAIT_FOR(fake_logind_locks() == 1);
	ck_assert_str_eq(fake_logind_last(), "sleep mhifs delay");
	ck_assert_int_eq(mount_end(m, SIGTERM), 0);
	ck_assert_uint_eq(fake_logind_locks(), 0);
}
END_TEST

START_TEST(test_devices_are_suspended_first_and_go_on_afterwards)
{
	struct client reader;
	char bytes[8];
	int fd;

	start("loopback,m3_us=100000,m0_us=100000");
	fd = mount_open(m, "LOOPBACK", O_RDWR);
	client_read(&reader, fd, bytes, sizeof(bytes));
	client_wait_parked(&reader, m);
	for (int i = 0; i < 3; i++) {
		fall_asleep();
		ck_assert(shows("state=suspended\n") && shows("mhi=M3\n"));
		ck_assert(shows("why=the system sleeps\n"));
		wake_up();
		WAIT_FOR(mount_state_is(m, "ready"));
	}
	write_all(fd, "hello", 5);
	ck_assert_int_eq(client_join(&reader), 5);
	ck_assert_mem_eq(bytes, "hello", 5);
	close(fd);
}
END_TEST

START_TEST(test_what_is_written_meanwhile_goes_out_afterwards)
{
	char bytes[8];
	int fd;

	start("loopback");
	fd = mount_open(m, "LOOPBACK", O_RDWR | O_NONBLOCK);
	fall_asleep();
	write_all(fd, "hello", 5);
	mount_barrier(m);
	ck_assert_int_eq(try_read(fd, bytes, sizeof(bytes)), -EAGAIN);
	ck_assert(shows("mhi=M3\n"));
	wake_up();
	WAIT_FOR(try_read(fd, bytes, sizeof(bytes)) == 5);
	ck_assert_mem_eq(bytes, "hello", 5);
	close(fd);
}
END_TEST

START_TEST(test_a_device_that_does_not_answer_is_not_waited_for_long)
{
	char conf[96];
	uint64_t begin;
	FILE *f;

	snprintf(conf, sizeof(conf), "%s/conf", m->base);
	f = fopen(conf, "w");
	ck_assert_ptr_nonnull(f);
	fputs("device \"*\" { timeout_ms = 60000 }\n", f);
	fclose(f);
	snprintf(m->device, sizeof(m->device), "-c %s loopback,mood=ignores-m3", conf);
	mount_start(m, "-d");
	begin = now_ms();
	fall_asleep();
	ck_assert_uint_ge(now_ms() - begin, 3900);
	ck_assert_uint_lt(now_ms() - begin, 20000);
	unlink(conf);
}
END_TEST

START_TEST(test_a_device_that_fails_is_not_waited_for_at_all)
{
	start("loopback,mood=ignores-m3,recovery=off");
	fall_asleep();
	ck_assert(shows("state=error\n"));
	wake_up();
	ck_assert_int_eq(mount_store(m, "power", "reset"), 0);
	assert_echo();
}
END_TEST

/* It forgets everything three seconds after it was switched on. */
START_TEST(test_a_device_that_lost_its_state_recovers)
{
	struct client reader;
	uint64_t begin = now_ms();
	char bytes[8];
	int fd;

	start("loopback,fault=F50@3s");
	fd = mount_open(m, "LOOPBACK", O_RDWR);
	client_read(&reader, fd, bytes, sizeof(bytes));
	client_wait_parked(&reader, m);
	fall_asleep();
	WAIT_FOR(now_ms() > begin + 5000);
	wake_up();
	ck_assert_int_eq(client_join(&reader), -ECONNRESET);
	close(fd);
	WAIT_FOR(mount_state_is(m, "ready"));
	assert_echo();
}
END_TEST

START_TEST(test_who_slept_before_is_left_alone)
{
	start("loopback");
	ck_assert_int_eq(mount_store(m, "power", "suspend"), 0);
	fall_asleep();
	wake_up();
	ck_assert(shows("state=suspended\n") && shows("why=\n"));
	assert_echo();
}
END_TEST

START_TEST(test_it_can_be_ended_while_the_system_sleeps)
{
	start("loopback");
	fall_asleep();
	ck_assert_int_eq(mount_end(m, SIGTERM), 0);
}
END_TEST

START_TEST(test_a_logind_that_restarts_is_found)
{
	start("loopback");
	WAIT_FOR(fake_logind_locks() == 1);
	fake_logind_stop();
	fake_logind_start();
	fall_asleep();
	ck_assert(shows("state=suspended\n"));
	/* The new one does not know of the sleep. */
	fake_logind_stop();
	fake_logind_start();
	WAIT_FOR(fake_logind_locks() == 1);
	WAIT_FOR(mount_state_is(m, "ready"));
}
END_TEST

START_TEST(test_without_a_lock_devices_are_suspended_all_the_same)
{
	fake_logind_refuse(true);
	start("loopback");
	WAIT_FOR(fake_logind_locks() == 0 && mount_state_is(m, "ready"));
	WAIT_FOR((fake_logind_prepare(true), mount_state_is(m, "suspended")));
	fake_logind_prepare(false);
	WAIT_FOR(mount_state_is(m, "ready"));
}
END_TEST

START_TEST(test_a_bus_that_dies_or_is_not_there_does_no_harm)
{
	if (_i)
		fake_bus_stop();
	start("loopback");
	if (!_i) {
		fall_asleep();
		fake_bus_stop();
		WAIT_FOR(mount_state_is(m, "ready"));
	}
	assert_echo();
}
END_TEST

int main(void)
{
	Suite *s = suite_create("sleep");
	TCase *c = tcase_create("logind");

	mount_skip_unless_possible();
	if (!fake_logind_is_possible()) {
		fprintf(stderr, "SKIP: there is no dbus-daemon\n");
		return 77;
	}
	tcase_set_timeout(c, 60);
	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, test_it_holds_the_sleep_up_for_as_long_as_it_serves);
	tcase_add_test(c, test_devices_are_suspended_first_and_go_on_afterwards);
	tcase_add_test(c, test_what_is_written_meanwhile_goes_out_afterwards);
	tcase_add_test(c, test_a_device_that_does_not_answer_is_not_waited_for_long);
	tcase_add_test(c, test_a_device_that_fails_is_not_waited_for_at_all);
	tcase_add_test(c, test_a_device_that_lost_its_state_recovers);
	tcase_add_test(c, test_who_slept_before_is_left_alone);
	tcase_add_test(c, test_it_can_be_ended_while_the_system_sleeps);
	tcase_add_test(c, test_a_logind_that_restarts_is_found);
	tcase_add_test(c, test_without_a_lock_devices_are_suspended_all_the_same);
	tcase_add_loop_test(c, test_a_bus_that_dies_or_is_not_there_does_no_harm, 0, 2);
	suite_add_tcase(s, c);
	return suite_run(s);
}
