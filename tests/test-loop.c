/* test-loop - turns, descriptors, timers and deferred work in one order. */
#include "io/loop.h"
#include "tests/suite.h"
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

static struct loop *loop;
static int calls;

static void setup(void)
{
	loop = loop_new();
	ck_assert_ptr_nonnull(loop);
	calls = 0;
}

static void teardown(void)
{
	loop_free(loop);
}

static void count(void *user)
{
	(void)user;
	calls++;
}

static void on_readable(void *user, int what)
{
	eventfd_t value;
	int *fd = user;

	ck_assert_int_eq(what, LOOP_READ);
	eventfd_read(*fd, &value);
	calls++;
}

START_TEST(test_turn_calls_a_ready_descriptor)
{
	int fd = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
	struct loop_fd *f = loop_watch(loop, fd, LOOP_READ, on_readable, &fd);

	loop_turn(loop, true);
	ck_assert_int_eq(calls, 1);
	loop_turn(loop, false);
	ck_assert_int_eq(calls, 1);
	loop_unwatch(f);
	close(fd);
}
END_TEST

START_TEST(test_deferred_work_runs_once_however_often_it_is_asked_for)
{
	struct defer d;

	defer_init(&d, count, NULL);
	loop_defer(loop, &d);
	loop_defer(loop, &d);
	loop_turn(loop, true);
	ck_assert_int_eq(calls, 1);
	loop_defer(loop, &d);
	defer_cancel(&d);
	loop_turn(loop, false);
	ck_assert_int_eq(calls, 1);
}
END_TEST

static struct defer again;

static void defer_again(void *user)
{
	calls++;
	loop_defer(user, &again);
}

START_TEST(test_work_that_defers_itself_does_not_starve_descriptors)
{
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	struct loop_fd *f = loop_watch(loop, fd, LOOP_READ, on_readable, &fd);
	int before;

	defer_init(&again, defer_again, loop);
	loop_defer(loop, &again);
	loop_turn(loop, true);
	before = calls;
	ck_assert_int_gt(before, 1);
	eventfd_write(fd, 1);
	loop_turn(loop, true);
	ck_assert_int_gt(calls, before);
	defer_cancel(&again);
	loop_unwatch(f);
	close(fd);
}
END_TEST

START_TEST(test_timer_ends_a_wait_and_sets_the_time_first)
{
	struct timers *timers = loop_timers(loop);
	uint64_t begin = timers->now_us;
	struct timer timer;

	timer_init(&timer, count, NULL);
	timer_start(timers, &timer, 2000);
	while (!calls)
		loop_turn(loop, true);
	ck_assert_uint_ge(timers->now_us, begin + 2000);
}
END_TEST

static uint64_t seen_us;

static void note_time(void *user, int what)
{
	eventfd_t value;

	(void)what;
	eventfd_read(*(int *)user, &value);
	seen_us = loop_timers(loop)->now_us;
}

START_TEST(test_callback_after_a_wait_sees_the_time_of_its_turn)
{
	int fd = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
	struct loop_fd *f = loop_watch(loop, fd, LOOP_READ, note_time, &fd);
	uint64_t before = loop_timers(loop)->now_us;

	usleep(3000);
	loop_turn(loop, true);
	ck_assert_uint_ge(seen_us, before + 3000);
	loop_unwatch(f);
	close(fd);
}
END_TEST

static void on_usr1(void *user, int signo)
{
	ck_assert_int_eq(signo, SIGUSR1);
	loop_stop(user);
}

START_TEST(test_signal_is_a_call_from_the_loop)
{
	ck_assert_int_eq(loop_on_signal(loop, SIGUSR1, on_usr1, loop), 0);
	raise(SIGUSR1);
	loop_run(loop);
}
END_TEST

static long context_switches(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_nvcsw;
}

static void stop(void *user)
{
	loop_stop(user);
}

START_TEST(test_idle_loop_sleeps_until_its_timer)
{
	struct timer timer;
	long before;

	timer_init(&timer, stop, loop);
	timer_start(loop_timers(loop), &timer, 50000);
	before = context_switches();
	loop_run(loop);
	ck_assert_int_le(context_switches() - before, 3);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("loop");
	TCase *t = tcase_create("turns");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_turn_calls_a_ready_descriptor);
	tcase_add_test(t, test_deferred_work_runs_once_however_often_it_is_asked_for);
	tcase_add_test(t, test_work_that_defers_itself_does_not_starve_descriptors);
	tcase_add_test(t, test_timer_ends_a_wait_and_sets_the_time_first);
	tcase_add_test(t, test_callback_after_a_wait_sees_the_time_of_its_turn);
	tcase_add_test(t, test_signal_is_a_call_from_the_loop);
	tcase_add_test(t, test_idle_loop_sleeps_until_its_timer);
	suite_add_tcase(s, t);
	return suite_run(s);
}
