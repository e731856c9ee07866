/* test-port-death - what a channel that dies leaves to its files: one line of
 * the table of causes after the other. */
#include "tests/port_client.h"
#include "tests/suite.h"
#include <errno.h>
#include <poll.h>

static struct port_bench b;
static struct client a, z;
static struct call c1, c2, c3;
static uint8_t data[CALL_MAX];

static void setup(void)
{
	port_bench_init(&b);
	call_init(&a.open, &b);
	call_init(&z.open, &b);
	call_init(&c1, &b);
	call_init(&c2, &b);
	call_init(&c3, &b);
	client_open(&a, &b);
	client_open(&z, &b);
	a.n_changed = z.n_changed = 0;
}

static void teardown(void)
{
	if (a.file)
		client_close(&a);
	if (z.file)
		client_close(&z);
	port_bench_fini(&b);
}

static void say(const char *text)
{
	ck_assert(fake_link_say(&b.link, text, (uint32_t)strlen(text), 0));
}

START_TEST(test_reset_ends_parked_calls_with_econnreset)
{
	struct call w;

	call_init(&w, &b);
	call_read(&c1, &a, 16, 0, false);
	ck_assert_int_eq(client_write(&z, data, 64), 64);
	call_write(&w, &a, data, 16, 0, false);
	call_flush(&c2, &z);
	fake_link_closed(&b.link, -ECONNRESET);
	ck_assert_int_eq(c1.result, -ECONNRESET);
	ck_assert_int_eq(c2.result, -ECONNRESET);
	ck_assert_int_eq(w.result, -ECONNRESET);
	ck_assert_int_eq(client_read(&a, data, 8), -ENODEV);
	ck_assert_int_eq(client_write(&a, data, 8), -ENODEV);
}
END_TEST

START_TEST(test_reset_is_told_once_per_file_by_read_or_write)
{
	fake_link_closed(&b.link, -ECONNRESET);
	ck_assert_int_eq(client_read(&a, data, 8), -ECONNRESET);
	ck_assert_int_eq(client_read(&a, data, 8), -ENODEV);
	ck_assert_int_eq(client_write(&a, data, 8), -ENODEV);
	ck_assert_int_eq(client_write(&z, data, 8), -ECONNRESET);
	ck_assert_int_eq(client_read(&z, data, 8), -ENODEV);
	ck_assert_int_eq(client_write(&z, data, 8), -ENODEV);
}
END_TEST

START_TEST(test_power_off_is_enodev_from_the_first_call_on)
{
	call_read(&c1, &a, 16, 0, false);
	fake_link_closed(&b.link, -ENODEV);
	ck_assert_int_eq(c1.result, -ENODEV);
	ck_assert_int_eq(client_read(&a, data, 8), -ENODEV);
	ck_assert_int_eq(client_write(&z, data, 8), -ENODEV);
}
END_TEST

START_TEST(test_data_comes_before_the_error_and_is_shared_in_order)
{
	say("one");
	say("two");
	say("three");
	fake_link_closed(&b.link, -ECONNRESET);
	ck_assert(client_reads(&a, "one"));
	ck_assert_int_eq(client_read(&z, data, 1), 1);
	ck_assert(client_reads(&a, "wo"));
	ck_assert_int_eq(client_write(&z, data, 8), -ECONNRESET);
	ck_assert(client_reads(&z, "three"));
	ck_assert_int_eq(client_read(&z, data, 8), -ENODEV);
	ck_assert_int_eq(client_read(&a, data, 8), -ECONNRESET);
	ck_assert_int_eq(client_read(&a, data, 8), -ENODEV);
}
END_TEST

START_TEST(test_rest_of_a_message_outlives_the_channel)
{
	say("0123456789");
	call_read(&c1, &a, 4, 0, false);
	fake_link_closed(&b.link, -ECONNRESET);
	call_read(&c2, &a, 4, 4, false);
	ck_assert_int_eq(c2.result, 4);
	ck_assert(!memcmp(c2.data, "4567", 4));
	ck_assert(client_reads(&z, "89"));
	call_read(&c3, &a, 4, 8, false);
	ck_assert_int_eq(c3.result, 0);
	ck_assert_int_eq(client_read(&a, data, 8), -ECONNRESET);
	ck_assert_uint_eq(port_stats(b.port).dl_messages, 1);
	ck_assert_uint_eq(port_stats(b.port).dl_bytes, 10);
}
END_TEST

START_TEST(test_unfinished_message_is_lost_with_the_channel)
{
	say("whole");
	fake_link_say(&b.link, "half", 4, LINK_MORE);
	fake_link_closed(&b.link, -ECONNRESET);
	ck_assert(client_reads(&a, "whole"));
	ck_assert_int_eq(client_read(&a, data, 8), -ECONNRESET);
}
END_TEST

START_TEST(test_message_of_several_pieces_survives_as_one)
{
	fake_link_say(&b.link, "0123456789abcdef", 16, LINK_MORE);
	say("end");
	fake_link_closed(&b.link, -ENODEV);
	ck_assert(client_reads(&a, "0123456789abcdefend"));
}
END_TEST

START_TEST(test_poll_of_a_dead_file_says_everything)
{
	port_kill(b.port, -ECONNRESET);
	ck_assert_uint_eq(a.n_changed, 1);
	ck_assert_uint_eq(z.n_changed, 1);
	ck_assert_int_eq(port_poll(a.file), POLLIN | POLLOUT | POLLHUP | POLLERR);
}
END_TEST

START_TEST(test_dead_instance_leaves_with_its_users)
{
	port_kill(b.port, -ECONNRESET);
	ck_assert_uint_eq(port_stats(b.port).users, 0);
	ck_assert_uint_eq(port_stats(b.port).unprepares, 1);
	ck_assert_int_eq(port_state(b.port), PORT_STOPPING);
	fake_link_closed(&b.link, 0);
	ck_assert_int_eq(port_state(b.port), PORT_CLOSED);
	ck_assert_uint_eq(port_stats(b.port).unprepares, 1);
}
END_TEST

START_TEST(test_next_open_finds_a_new_channel_and_the_old_file_stays_dead)
{
	struct client n;

	say("old");
	fake_link_closed(&b.link, -ECONNRESET);
	call_init(&n.open, &b);
	ck_assert_int_eq(client_open(&n, &b), 0);
	ck_assert_uint_eq(port_stats(b.port).users, 1);
	ck_assert_uint_eq(port_stats(b.port).prepares, 2);
	say("new");
	ck_assert(client_reads(&n, "new"));
	ck_assert(client_reads(&a, "old"));
	ck_assert_int_eq(client_write(&a, "x", 1), -ECONNRESET);
	ck_assert_int_eq(client_read(&a, data, 8), -ENODEV);
	client_close(&a);
	client_close(&z);
	ck_assert_uint_eq(port_stats(b.port).users, 1);
	client_close(&n);
}
END_TEST

START_TEST(test_open_after_a_kill_waits_for_the_slots)
{
	struct client n;

	port_kill(b.port, -ECONNRESET);
	call_init(&n.open, &b);
	client_begin_open(&n, &b, false);
	ck_assert_uint_eq(b.link.n_opens, 1);
	ck_assert_uint_eq(port_stats(b.port).users, 0);
	fake_link_say(&b.link, "late", 4, 0);
	fake_link_closed(&b.link, 0);
	ck_assert_uint_eq(b.link.n_opens, 2);
	fake_link_opened(&b.link, 0);
	ck_assert_int_eq(n.open.result, 0);
	ck_assert_int_eq(client_read(&n, data, 8), -EAGAIN);
	ck_assert_int_eq(client_read(&a, data, 8), -ECONNRESET);
	client_close(&n);
}
END_TEST

START_TEST(test_kill_while_starting_ends_the_opens)
{
	struct client n;

	client_close(&a);
	client_close(&z);
	port_bench_wait_ms(&b, 50);
	fake_link_closed(&b.link, 0);
	call_init(&n.open, &b);
	client_begin_open(&n, &b, false);
	port_kill(b.port, -ENODEV);
	ck_assert_int_eq(n.open.result, -ENODEV);
	ck_assert_uint_eq(port_stats(b.port).prepares, port_stats(b.port).unprepares);
	fake_link_closed(&b.link, 0);
	call_init(&n.open, &b);
	client_begin_open(&n, &b, false);
	fake_link_closed(&b.link, -ECONNRESET);
	ck_assert_int_eq(n.open.result, -ECONNRESET);
	ck_assert_uint_eq(port_stats(b.port).prepares, port_stats(b.port).unprepares);
}
END_TEST

START_TEST(test_kill_while_lingering_counts_one_unprepare)
{
	client_close(&a);
	client_close(&z);
	port_kill(b.port, -ECONNRESET);
	port_bench_wait_ms(&b, 100);
	ck_assert_uint_eq(b.link.n_closes, 1);
	ck_assert_uint_eq(port_stats(b.port).unprepares, 1);
}
END_TEST

START_TEST(test_write_ends_short_by_death_after_progress)
{
	call_write(&c1, &a, data, 100, 0, false);
	fake_link_take(&b.link, 0);
	fake_link_closed(&b.link, -ECONNRESET);
	ck_assert_int_eq(c1.result, 80);
	ck_assert_int_eq(client_write(&a, data, 1), -ECONNRESET);
	ck_assert_int_eq(client_write(&a, data, 1), -ENODEV);
	ck_assert_uint_eq(b.budget.used, 0);
}
END_TEST

START_TEST(test_later_part_of_a_write_does_not_eat_the_error)
{
	call_write(&c1, &a, data, 16, 0, false);
	fake_link_closed(&b.link, -ECONNRESET);
	call_write(&c2, &a, data, 16, 16, false);
	ck_assert_int_eq(c2.result, 0);
	ck_assert_int_eq(client_write(&a, data, 1), -ECONNRESET);
}
END_TEST

START_TEST(test_close_tells_what_was_lost_and_does_not_eat_the_error)
{
	ck_assert_int_eq(client_write(&a, "x", 1), 1);
	ck_assert_int_eq(client_write(&z, "y", 1), 1);
	fake_link_take(&b.link, 0);
	fake_link_closed(&b.link, -ECONNRESET);
	ck_assert_int_eq(client_flush(&a), 0);
	ck_assert_int_eq(client_flush(&z), -ECONNRESET);
	ck_assert_int_eq(client_flush(&z), -ECONNRESET);
	ck_assert_int_eq(client_read(&z, data, 8), -ECONNRESET);
	ck_assert_int_eq(client_flush(&z), -ENODEV);
	ck_assert_int_eq(client_read(&a, data, 8), -ECONNRESET);
}
END_TEST

START_TEST(test_slots_that_return_before_the_end_fail_no_call_of_their_own)
{
	call_read(&c1, &a, 16, 0, false);
	ck_assert_int_eq(client_write(&a, data, 64), 64);
	call_write(&c2, &a, data, 16, 0, false);
	fake_link_say(&b.link, NULL, 0, -ECONNRESET);
	fake_link_take(&b.link, -ECONNRESET);
	ck_assert_uint_eq(c1.n_answers + c2.n_answers, 0);
	ck_assert_int_eq(client_write(&z, data, 1), -EAGAIN);
	fake_link_closed(&b.link, -ECONNRESET);
	ck_assert_int_eq(c1.result, -ECONNRESET);
	ck_assert_int_eq(c2.result, -ECONNRESET);
	ck_assert_uint_eq(port_stats(b.port).errors, 0);
}
END_TEST

static void close_both(struct call *c)
{
	(void)c;
	client_close(&a);
	client_close(&z);
}

START_TEST(test_files_may_close_inside_the_answer_of_their_death)
{
	c1.then = close_both;
	call_read(&c1, &a, 16, 0, false);
	port_kill(b.port, -ECONNRESET);
	ck_assert_int_eq(c1.result, -ECONNRESET);
}
END_TEST

static void kill_port(struct call *c)
{
	(void)c;
	port_kill(b.port, -ECONNRESET);
}

START_TEST(test_channel_may_die_inside_the_answer_of_a_read)
{
	say("first");
	say("second");
	b.link.closes_at_once = true;
	c1.then = kill_port;
	call_read(&c1, &a, 3, 0, false);
	ck_assert_int_eq(c1.result, 3);
	ck_assert(client_reads(&a, "st"));
	ck_assert(client_reads(&z, "second"));
	ck_assert_int_eq(client_read(&z, data, 8), -ECONNRESET);
}
END_TEST

START_TEST(test_message_of_a_dead_channel_stays_when_its_reader_is_gone)
{
	say("first");
	port_kill(b.port, -ECONNRESET);
	c1.is_gone = c2.is_gone = true;
	call_read(&c1, &a, 5, 0, false);
	ck_assert(client_reads(&z, "first"));
	call_read(&c2, &a, 5, 0, false);
	ck_assert_int_eq(c2.result, -ECONNRESET);
	ck_assert_int_eq(client_read(&a, data, 8), -ECONNRESET);
}
END_TEST

static void kill_and_close(struct call *c)
{
	(void)c;
	b.link.closes_at_once = true;
	port_kill(b.port, -ECONNRESET);
	close_both(c);
}

START_TEST(test_everything_may_end_inside_the_answer_of_a_read)
{
	c1.then = kill_and_close;
	call_read(&c1, &a, 16, 0, false);
	say("first");
	ck_assert_int_eq(c1.result, 5);
	ck_assert_int_eq(port_state(b.port), PORT_CLOSED);
}
END_TEST

START_TEST(test_files_may_close_when_they_hear_of_the_death)
{
	a.then = client_close;
	z.then = client_close;
	port_kill(b.port, -ECONNRESET);
	ck_assert_ptr_null(a.file);
	ck_assert_ptr_null(z.file);
}
END_TEST

START_TEST(test_channel_may_die_inside_the_submit_of_a_write)
{
	b.link.dies_in_submit = -ECONNRESET;
	call_write(&c1, &a, data, 100, 0, false);
	ck_assert_int_eq(c1.result, 16);
	ck_assert_int_eq(client_write(&a, data, 1), -ECONNRESET);
	ck_assert_int_eq(client_flush(&a), -ENODEV);
}
END_TEST

START_TEST(test_channel_may_die_inside_the_submit_of_a_parked_write)
{
	call_write(&c1, &a, data, 100, 0, false);
	call_write(&c2, &z, data, 8, 0, false);
	b.link.dies_in_submit = -ECONNRESET;
	fake_link_take(&b.link, 0);
	ck_assert_int_eq(c1.result, 80);
	ck_assert_int_eq(c2.result, -ECONNRESET);
	ck_assert_uint_eq(b.budget.used, 0);
}
END_TEST

START_TEST(test_channel_may_die_while_its_slots_are_given_back)
{
	say("one");
	say("two");
	b.link.dies_in_submit = -ECONNRESET;
	ck_assert(client_reads(&a, "one"));
	ck_assert_int_eq(port_state(b.port), PORT_CLOSED);
	ck_assert(client_reads(&a, "two"));
	ck_assert_int_eq(client_read(&a, data, 8), -ECONNRESET);
}
END_TEST

START_TEST(test_channel_may_die_inside_its_start)
{
	struct client n;

	port_kill(b.port, -ENODEV);
	fake_link_closed(&b.link, 0);
	call_init(&n.open, &b);
	client_begin_open(&n, &b, false);
	b.link.dies_in_submit = -ECONNRESET;
	fake_link_opened(&b.link, 0);
	ck_assert_int_eq(n.open.result, -ECONNRESET);
	ck_assert_uint_eq(port_stats(b.port).prepares, 2);
	ck_assert_uint_eq(port_stats(b.port).unprepares, 2);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("port-death");
	TCase *c = tcase_create("death");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, test_reset_ends_parked_calls_with_econnreset);
	tcase_add_test(c, test_reset_is_told_once_per_file_by_read_or_write);
	tcase_add_test(c, test_power_off_is_enodev_from_the_first_call_on);
	tcase_add_test(c, test_data_comes_before_the_error_and_is_shared_in_order);
	tcase_add_test(c, test_rest_of_a_message_outlives_the_channel);
	tcase_add_test(c, test_unfinished_message_is_lost_with_the_channel);
	tcase_add_test(c, test_message_of_several_pieces_survives_as_one);
	tcase_add_test(c, test_poll_of_a_dead_file_says_everything);
	tcase_add_test(c, test_dead_instance_leaves_with_its_users);
	tcase_add_test(c, test_next_open_finds_a_new_channel_and_the_old_file_stays_dead);
	tcase_add_test(c, test_open_after_a_kill_waits_for_the_slots);
	tcase_add_test(c, test_kill_while_starting_ends_the_opens);
	tcase_add_test(c, test_kill_while_lingering_counts_one_unprepare);
	tcase_add_test(c, test_write_ends_short_by_death_after_progress);
	tcase_add_test(c, test_later_part_of_a_write_does_not_eat_the_error);
	tcase_add_test(c, test_close_tells_what_was_lost_and_does_not_eat_the_error);
	tcase_add_test(c, test_slots_that_return_before_the_end_fail_no_call_of_their_own);
	tcase_add_test(c, test_files_may_close_inside_the_answer_of_their_death);
	tcase_add_test(c, test_channel_may_die_inside_the_answer_of_a_read);
	tcase_add_test(c, test_message_of_a_dead_channel_stays_when_its_reader_is_gone);
	tcase_add_test(c, test_everything_may_end_inside_the_answer_of_a_read);
	tcase_add_test(c, test_files_may_close_when_they_hear_of_the_death);
	tcase_add_test(c, test_channel_may_die_inside_the_submit_of_a_write);
	tcase_add_test(c, test_channel_may_die_inside_the_submit_of_a_parked_write);
	tcase_add_test(c, test_channel_may_die_while_its_slots_are_given_back);
	tcase_add_test(c, test_channel_may_die_inside_its_start);
	suite_add_tcase(s, c);
	return suite_run(s);
}
