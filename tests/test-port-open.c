/* test-port-open - who is a user, when the channel is prepared and unprepared. */
#include "tests/port_client.h"
#include "tests/suite.h"
#include <errno.h>
#include <poll.h>

static struct port_bench b;
static struct client a, z;

static void setup(void)
{
	port_bench_init(&b);
	call_init(&a.open, &b);
	call_init(&z.open, &b);
}

static void teardown(void)
{
	port_bench_fini(&b);
}

static unsigned int users(void)
{
	return port_stats(b.port).users;
}

START_TEST(test_first_open_prepares_and_is_answered_when_the_channel_runs)
{
	client_begin_open(&a, &b, false);
	ck_assert_uint_eq(a.open.n_answers, 0);
	ck_assert_int_eq(port_state(b.port), PORT_STARTING);
	ck_assert_uint_eq(users(), 0);
	fake_link_opened(&b.link, 0);
	ck_assert_uint_eq(a.open.n_answers, 1);
	ck_assert_int_eq(a.open.result, 0);
	ck_assert_int_eq(port_state(b.port), PORT_RUNNING);
	ck_assert_uint_eq(users(), 1);
	ck_assert_uint_eq(port_stats(b.port).prepares, 1);
	ck_assert_uint_eq(b.link.with_device[LINK_DL].n, 4);
	client_close(&a);
}
END_TEST

START_TEST(test_further_opens_only_count)
{
	client_open(&a, &b);
	client_open(&z, &b);
	ck_assert_uint_eq(users(), 2);
	ck_assert_uint_eq(b.link.n_opens, 1);
	ck_assert_uint_eq(port_stats(b.port).prepares, 1);
	client_close(&a);
	port_bench_wait_ms(&b, 1000);
	ck_assert_int_eq(port_state(b.port), PORT_RUNNING);
	client_close(&z);
}
END_TEST

START_TEST(test_opens_while_starting_are_answered_together)
{
	client_begin_open(&a, &b, false);
	client_begin_open(&z, &b, false);
	ck_assert_uint_eq(b.link.n_opens, 1);
	fake_link_opened(&b.link, 0);
	ck_assert_int_eq(a.open.result + z.open.result, 0);
	ck_assert_uint_eq(users(), 2);
	client_close(&a);
	client_close(&z);
}
END_TEST

START_TEST(test_last_close_unprepares_after_the_linger)
{
	client_open(&a, &b);
	client_close(&a);
	ck_assert_uint_eq(users(), 0);
	port_bench_wait_ms(&b, 49);
	ck_assert_int_eq(port_state(b.port), PORT_RUNNING);
	ck_assert_uint_eq(b.link.n_closes, 0);
	port_bench_wait_ms(&b, 1);
	ck_assert_uint_eq(b.link.n_closes, 1);
	ck_assert_int_eq(port_state(b.port), PORT_STOPPING);
	fake_link_closed(&b.link, 0);
	ck_assert_int_eq(port_state(b.port), PORT_CLOSED);
	ck_assert_uint_eq(port_stats(b.port).prepares, 1);
	ck_assert_uint_eq(port_stats(b.port).unprepares, 1);
}
END_TEST

START_TEST(test_open_within_the_linger_prepares_nothing_and_finds_what_came)
{
	client_open(&a, &b);
	client_close(&a);
	port_bench_wait_ms(&b, 40);
	fake_link_say(&b.link, "late", 4, 0);
	client_open(&z, &b);
	port_bench_wait_ms(&b, 1000);
	ck_assert_int_eq(port_state(b.port), PORT_RUNNING);
	ck_assert_uint_eq(port_stats(b.port).prepares, 1);
	ck_assert(client_reads(&z, "late"));
	client_close(&z);
}
END_TEST

START_TEST(test_each_close_has_a_whole_linger)
{
	client_open(&a, &b);
	for (int i = 0; i < 3; i++) {
		client_close(&a);
		port_bench_wait_ms(&b, 49);
		client_open(&a, &b);
	}
	client_close(&a);
	port_bench_wait_ms(&b, 49);
	ck_assert_uint_eq(b.link.n_closes, 0);
	port_bench_wait_ms(&b, 1);
	ck_assert_uint_eq(b.link.n_closes, 1);
}
END_TEST

START_TEST(test_linger_of_zero_unprepares_at_once)
{
	port_bench_fini(&b);
	struct port_config c = port_bench_config;

	c.linger_ms = 0;
	port_bench_init_as(&b, &c, 4, 4, 16);
	b.link.closes_at_once = true;
	client_open(&a, &b);
	client_close(&a);
	ck_assert_int_eq(port_state(b.port), PORT_CLOSED);
	ck_assert_uint_eq(port_stats(b.port).unprepares, 1);
}
END_TEST

START_TEST(test_failed_open_is_no_user)
{
	client_begin_open(&a, &b, false);
	fake_link_opened(&b.link, -ETIMEDOUT);
	ck_assert_int_eq(a.open.result, -ETIMEDOUT);
	ck_assert_uint_eq(users(), 0);
	ck_assert_int_eq(port_state(b.port), PORT_FAILED);
	ck_assert_uint_eq(port_stats(b.port).prepares, port_stats(b.port).unprepares);
	ck_assert_uint_eq(port_stats(b.port).errors, 1);
	ck_assert_int_eq(client_open(&z, &b), 0);
	ck_assert_int_eq(port_state(b.port), PORT_RUNNING);
	client_close(&z);
}
END_TEST

START_TEST(test_refused_open_is_answered_at_once)
{
	b.link.open_error = -ENOTCONN;
	ck_assert_int_eq(client_open(&a, &b), -ENOTCONN);
	ck_assert_int_eq(port_state(b.port), PORT_FAILED);
	ck_assert_uint_eq(port_stats(b.port).prepares, port_stats(b.port).unprepares);
}
END_TEST

START_TEST(test_f73_interrupted_open_is_no_user_and_the_last_one_ends_the_start)
{
	client_begin_open(&a, &b, false);
	client_begin_open(&z, &b, false);
	wait_interrupt(&a.open.wait);
	ck_assert_int_eq(a.open.result, -EINTR);
	ck_assert_uint_eq(b.link.n_closes, 0);
	wait_interrupt(&z.open.wait);
	ck_assert_int_eq(z.open.result, -EINTR);
	ck_assert_uint_eq(b.link.n_closes, 1);
	ck_assert_int_eq(port_state(b.port), PORT_STOPPING);
	fake_link_closed(&b.link, 0);
	ck_assert_int_eq(port_state(b.port), PORT_CLOSED);
	ck_assert_uint_eq(port_stats(b.port).prepares, 0);
	ck_assert_uint_eq(port_stats(b.port).unprepares, 0);
}
END_TEST

START_TEST(test_start_goes_on_for_a_user_who_does_not_wait)
{
	client_begin_open(&a, &b, true);
	client_begin_open(&z, &b, false);
	wait_interrupt(&z.open.wait);
	ck_assert_uint_eq(b.link.n_closes, 0);
	fake_link_opened(&b.link, 0);
	ck_assert_uint_eq(users(), 1);
	client_close(&a);
}
END_TEST

START_TEST(test_f74_open_whose_caller_is_gone_is_undone)
{
	a.open.is_gone = true;
	client_begin_open(&a, &b, false);
	fake_link_opened(&b.link, 0);
	ck_assert_uint_eq(a.open.n_answers, 1);
	ck_assert_uint_eq(users(), 0);
	port_bench_wait_ms(&b, 50);
	ck_assert_uint_eq(b.link.n_closes, 1);
}
END_TEST

START_TEST(test_nonblocking_open_does_not_wait_and_poll_tells)
{
	client_begin_open(&a, &b, true);
	ck_assert_uint_eq(a.open.n_answers, 1);
	ck_assert_int_eq(a.open.result, 0);
	ck_assert_uint_eq(users(), 1);
	ck_assert_int_eq(port_poll(a.file), 0);
	ck_assert_int_eq(client_read(&a, NULL, 8), -EAGAIN);
	ck_assert_int_eq(client_write(&a, "x", 1), -EAGAIN);
	fake_link_opened(&b.link, 0);
	ck_assert_uint_ge(a.n_changed, 1);
	ck_assert_int_eq(port_poll(a.file), POLLOUT);
	client_close(&a);
}
END_TEST

START_TEST(test_nonblocking_open_whose_start_fails_leaves_a_dead_file)
{
	client_begin_open(&a, &b, true);
	fake_link_opened(&b.link, -EIO);
	ck_assert_uint_eq(a.n_changed, 1);
	ck_assert_int_eq(port_poll(a.file), POLLIN | POLLOUT | POLLHUP | POLLERR);
	ck_assert_int_eq(client_read(&a, NULL, 8), -EIO);
	ck_assert_int_eq(client_read(&a, NULL, 8), -ENODEV);
	ck_assert_uint_eq(users(), 0);
	client_close(&a);
}
END_TEST

START_TEST(test_calls_while_starting_wait_and_then_go_on)
{
	struct call read, write;

	call_init(&read, &b);
	call_init(&write, &b);
	client_begin_open(&a, &b, true);
	call_read(&read, &a, 8, 0, false);
	call_write(&write, &a, "up", 2, 0, false);
	ck_assert_uint_eq(read.n_answers + write.n_answers, 0);
	fake_link_opened(&b.link, 0);
	ck_assert_int_eq(write.result, 2);
	fake_link_say(&b.link, "down", 4, 0);
	ck_assert_int_eq(read.result, 4);
	client_close(&a);
}
END_TEST

START_TEST(test_open_while_stopping_waits_and_prepares_anew)
{
	client_open(&a, &b);
	client_close(&a);
	port_bench_wait_ms(&b, 50);
	client_begin_open(&z, &b, false);
	ck_assert_int_eq(port_state(b.port), PORT_STOPPING);
	ck_assert_uint_eq(b.link.n_opens, 1);
	fake_link_closed(&b.link, 0);
	ck_assert_uint_eq(b.link.n_opens, 2);
	ck_assert_int_eq(port_state(b.port), PORT_STARTING);
	fake_link_opened(&b.link, 0);
	ck_assert_int_eq(z.open.result, 0);
	ck_assert_uint_eq(port_stats(b.port).prepares, 2);
	client_close(&z);
}
END_TEST

START_TEST(test_f73_open_interrupted_while_stopping_prepares_nothing)
{
	client_open(&a, &b);
	client_close(&a);
	port_bench_wait_ms(&b, 50);
	client_begin_open(&z, &b, false);
	wait_interrupt(&z.open.wait);
	ck_assert_int_eq(z.open.result, -EINTR);
	fake_link_closed(&b.link, 0);
	ck_assert_uint_eq(b.link.n_opens, 1);
	ck_assert_int_eq(port_state(b.port), PORT_CLOSED);
}
END_TEST

START_TEST(test_open_that_waited_gets_the_error_of_its_own_start)
{
	client_open(&a, &b);
	client_close(&a);
	port_bench_wait_ms(&b, 50);
	client_begin_open(&z, &b, false);
	b.link.open_error = -EIO;
	fake_link_closed(&b.link, 0);
	ck_assert_int_eq(z.open.result, -EIO);
	ck_assert_int_eq(port_state(b.port), PORT_FAILED);
}
END_TEST

START_TEST(test_port_that_is_not_offered_refuses_opens)
{
	port_set_offered(b.port, false);
	ck_assert_int_eq(client_open(&a, &b), -ENODEV);
	ck_assert_uint_eq(b.link.n_opens, 0);
	port_set_offered(b.port, true);
	ck_assert_int_eq(client_open(&a, &b), 0);
	client_close(&a);
}
END_TEST

START_TEST(test_open_that_waited_while_the_channel_left_gets_enodev)
{
	client_open(&a, &b);
	client_close(&a);
	port_bench_wait_ms(&b, 50);
	client_begin_open(&z, &b, false);
	port_set_offered(b.port, false);
	fake_link_closed(&b.link, 0);
	ck_assert_int_eq(z.open.result, -ENODEV);
	ck_assert_uint_eq(b.link.n_opens, 1);
}
END_TEST

START_TEST(test_owner_hears_each_state_once)
{
	client_open(&a, &b);
	ck_assert_uint_eq(b.n_changed, 2);
	client_close(&a);
	port_bench_wait_ms(&b, 50);
	fake_link_closed(&b.link, 0);
	ck_assert_uint_eq(b.n_changed, 4);
	ck_assert_str_eq(port_state_name(port_state(b.port)), "closed");
}
END_TEST

START_TEST(test_port_with_open_files_outlives_its_owner)
{
	client_open(&a, &b);
	client_open(&z, &b);
	fake_link_say(&b.link, "kept", 4, 0);
	b.link.closes_at_once = true;
	port_unref(b.port);
	ck_assert(client_reads(&a, "kept"));
	ck_assert_int_eq(client_read(&z, NULL, 8), -ENODEV);
	ck_assert_int_eq(client_write(&a, "x", 1), -ENODEV);
	client_close(&a);
	client_close(&z);
	b.link.closes_at_once = false;
	b.port = port_new(&b.link.link, 0, &b.config, &b.timers, &b.budget, NULL, NULL);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("port-open");
	TCase *c = tcase_create("open");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, test_first_open_prepares_and_is_answered_when_the_channel_runs);
	tcase_add_test(c, test_further_opens_only_count);
	tcase_add_test(c, test_opens_while_starting_are_answered_together);
	tcase_add_test(c, test_last_close_unprepares_after_the_linger);
	tcase_add_test(c, test_open_within_the_linger_prepares_nothing_and_finds_what_came);
	tcase_add_test(c, test_each_close_has_a_whole_linger);
	tcase_add_test(c, test_linger_of_zero_unprepares_at_once);
	tcase_add_test(c, test_failed_open_is_no_user);
	tcase_add_test(c, test_refused_open_is_answered_at_once);
	tcase_add_test(c, test_f73_interrupted_open_is_no_user_and_the_last_one_ends_the_start);
	tcase_add_test(c, test_start_goes_on_for_a_user_who_does_not_wait);
	tcase_add_test(c, test_f74_open_whose_caller_is_gone_is_undone);
	tcase_add_test(c, test_nonblocking_open_does_not_wait_and_poll_tells);
	tcase_add_test(c, test_nonblocking_open_whose_start_fails_leaves_a_dead_file);
	tcase_add_test(c, test_calls_while_starting_wait_and_then_go_on);
	tcase_add_test(c, test_open_while_stopping_waits_and_prepares_anew);
	tcase_add_test(c, test_f73_open_interrupted_while_stopping_prepares_nothing);
	tcase_add_test(c, test_open_that_waited_gets_the_error_of_its_own_start);
	tcase_add_test(c, test_port_that_is_not_offered_refuses_opens);
	tcase_add_test(c, test_open_that_waited_while_the_channel_left_gets_enodev);
	tcase_add_test(c, test_owner_hears_each_state_once);
	tcase_add_test(c, test_port_with_open_files_outlives_its_owner);
	suite_add_tcase(s, c);
	return suite_run(s);
}
