/* test-port-read - messages, their boundaries, who gets them, and their slots. */
#include "tests/port_client.h"
#include "tests/suite.h"
#include <errno.h>
#include <poll.h>

static struct port_bench b;
static struct client a, z;
static struct call r1, r2, r3;
static uint8_t data[CALL_MAX];

static void begin(const struct port_config *c, unsigned int n_dl)
{
	port_bench_init_as(&b, c, 4, n_dl, 16);
	call_init(&a.open, &b);
	call_init(&z.open, &b);
	call_init(&r1, &b);
	call_init(&r2, &b);
	call_init(&r3, &b);
	client_open(&a, &b);
	client_open(&z, &b);
	a.n_changed = z.n_changed = 0;
}

static void setup(void)
{
	begin(&port_bench_config, 4);
}

static void teardown(void)
{
	client_close(&a);
	client_close(&z);
	port_bench_fini(&b);
}

static void setup_drop(void)
{
	struct port_config c = port_bench_config;

	c.slow_reader = SLOW_READER_DROP;
	begin(&c, 4);
}

static void say(const char *text)
{
	ck_assert(fake_link_say(&b.link, text, (uint32_t)strlen(text), 0));
}

static void say_more(const char *text)
{
	ck_assert(fake_link_say(&b.link, text, (uint32_t)strlen(text), LINK_MORE));
}

static bool got(const struct call *c, const char *text)
{
	return c->n_answers == 1 && c->result == (ssize_t)strlen(text) &&
	       !memcmp(c->data, text, strlen(text));
}

START_TEST(test_read_gets_at_most_one_message)
{
	say("one");
	say("two");
	ck_assert(client_reads(&a, "one"));
	ck_assert(client_reads(&a, "two"));
	ck_assert_int_eq(client_read(&a, data, 8), -EAGAIN);
}
END_TEST

START_TEST(test_what_did_not_fit_stays_for_the_next_read)
{
	say("longer");
	say("next");
	ck_assert_int_eq(client_read(&a, data, 4), 4);
	ck_assert(!memcmp(data, "long", 4));
	ck_assert(client_reads(&z, "er"));
	ck_assert(client_reads(&a, "next"));
}
END_TEST

START_TEST(test_message_is_all_pieces_up_to_its_end)
{
	say_more("first ");
	ck_assert_int_eq(client_read(&a, data, 8), -EAGAIN);
	say_more("second ");
	ck_assert(!(port_poll(a.file) & POLLIN));
	ck_assert_uint_eq(a.n_changed, 0);
	say("third");
	ck_assert_uint_eq(a.n_changed, 1);
	ck_assert(client_reads(&a, "first second third"));
	ck_assert_uint_eq(port_stats(b.port).dl_messages, 1);
	ck_assert_uint_eq(port_stats(b.port).dl_bytes, 18);
}
END_TEST

START_TEST(test_f75_message_is_readable_early_when_it_holds_every_slot)
{
	call_read(&r1, &a, 16, 0, false);
	say_more("0123456789");
	say_more("abcdefghij");
	say_more("ABCDEFGHIJ");
	ck_assert_uint_eq(r1.n_answers, 0);
	say_more("!");
	ck_assert(got(&r1, "0123456789abcdef"));
	ck_assert_uint_eq(b.link.with_device[LINK_DL].n, 1);
	ck_assert_int_eq(client_read(&a, data, 8), -EAGAIN);
	say("end");
	ck_assert(client_reads(&a, "ghijABCDEFGHIJ!end"));
	ck_assert_uint_eq(port_stats(b.port).dl_messages, 1);
}
END_TEST

START_TEST(test_empty_message_is_never_seen)
{
	call_read(&r1, &a, 16, 0, false);
	say("");
	say("");
	ck_assert_uint_eq(r1.n_answers, 0);
	ck_assert_int_eq(port_poll(a.file), POLLOUT);
	ck_assert_uint_eq(b.link.with_device[LINK_DL].n, 4);
	say("x");
	ck_assert(got(&r1, "x"));
}
END_TEST

START_TEST(test_empty_pieces_of_a_message_do_not_count)
{
	say_more("");
	say_more("a");
	say_more("");
	say_more("b");
	say("");
	say_more("");
	say("");
	ck_assert(client_reads(&a, "ab"));
	ck_assert_int_eq(client_read(&a, data, 8), -EAGAIN);
	ck_assert_uint_eq(b.link.with_device[LINK_DL].n, 4);
}
END_TEST

START_TEST(test_empty_end_of_a_message_read_early_is_no_message)
{
	for (int i = 0; i < 4; i++)
		say_more("0123456789abcdef");
	ck_assert_int_eq(client_read(&a, data, 128), 64);
	say("");
	ck_assert_int_eq(client_read(&a, data, 8), -EAGAIN);
	say("new");
	call_read(&r1, &a, 8, 64, false);
	ck_assert_int_eq(r1.result, 0);
	ck_assert(client_reads(&a, "new"));
}
END_TEST

START_TEST(test_later_part_of_a_read_continues_the_same_message)
{
	say("0123456789");
	say("other");
	call_read(&r1, &a, 4, 0, false);
	call_read(&r2, &a, 4, 4, false);
	call_read(&r3, &a, 4, 8, false);
	ck_assert(got(&r1, "0123"));
	ck_assert(got(&r2, "4567"));
	ck_assert(got(&r3, "89"));
	call_init(&r1, &b);
	call_read(&r1, &a, 4, 10, false);
	ck_assert_int_eq(r1.result, 0);
	ck_assert(client_reads(&a, "other"));
}
END_TEST

START_TEST(test_later_part_gets_nothing_when_the_message_is_used_up)
{
	call_read(&r1, &a, 4, 4, false);
	ck_assert_int_eq(r1.n_answers, 1);
	ck_assert_int_eq(r1.result, 0);
	say("0123");
	say("4567");
	call_read(&r2, &a, 4, 0, false);
	call_read(&r3, &a, 4, 4, true);
	ck_assert(got(&r2, "0123"));
	ck_assert_int_eq(r3.result, 0);
	ck_assert(client_reads(&a, "4567"));
}
END_TEST

START_TEST(test_later_part_gets_nothing_of_what_another_file_began)
{
	say("0123456789");
	call_read(&r1, &a, 4, 0, false);
	call_read(&r2, &z, 4, 4, false);
	ck_assert_int_eq(r2.result, 0);
	ck_assert_int_eq(client_read(&z, data, 2), 2);
	call_read(&r3, &a, 4, 4, false);
	ck_assert_int_eq(r3.result, 0);
	ck_assert(client_reads(&a, "6789"));
}
END_TEST

START_TEST(test_parked_reads_are_served_in_order_of_arrival)
{
	call_read(&r1, &a, 16, 0, false);
	call_read(&r2, &z, 16, 0, false);
	call_read(&r3, &a, 16, 0, false);
	say("one");
	ck_assert(got(&r1, "one"));
	ck_assert_uint_eq(r2.n_answers, 0);
	say("two");
	say("three");
	ck_assert(got(&r2, "two"));
	ck_assert(got(&r3, "three"));
}
END_TEST

START_TEST(test_rest_of_a_message_goes_to_the_next_parked_read)
{
	call_read(&r1, &a, 2, 0, false);
	call_read(&r2, &z, 16, 0, false);
	say("abcd");
	ck_assert(got(&r1, "ab"));
	ck_assert(got(&r2, "cd"));
	ck_assert_uint_eq(a.n_changed + z.n_changed, 0);
}
END_TEST

START_TEST(test_nonblocking_read_does_not_pass_parked_ones)
{
	call_read(&r1, &a, 16, 0, false);
	ck_assert_int_eq(client_read(&z, data, 8), -EAGAIN);
	say("x");
	ck_assert(got(&r1, "x"));
}
END_TEST

START_TEST(test_f73_interrupted_read_takes_nothing)
{
	call_read(&r1, &a, 16, 0, false);
	call_read(&r2, &z, 16, 0, false);
	wait_interrupt(&r1.wait);
	ck_assert_int_eq(r1.result, -EINTR);
	wait_interrupt(&r1.wait);
	say("x");
	ck_assert(got(&r2, "x"));
}
END_TEST

START_TEST(test_f74_message_whose_reader_is_gone_goes_to_the_next)
{
	r1.is_gone = true;
	call_read(&r1, &a, 3, 0, false);
	call_read(&r2, &z, 16, 0, false);
	say("whole");
	ck_assert_uint_eq(r1.n_answers, 1);
	ck_assert(got(&r2, "whole"));
	ck_assert_uint_eq(port_stats(b.port).dl_messages, 1);
	ck_assert_uint_eq(port_stats(b.port).dl_bytes, 5);
}
END_TEST

START_TEST(test_f74_message_whose_only_reader_is_gone_stays)
{
	r1.is_gone = true;
	call_read(&r1, &a, 16, 0, false);
	say("kept");
	ck_assert_uint_eq(z.n_changed, 1);
	ck_assert(client_reads(&z, "kept"));
}
END_TEST

START_TEST(test_f75_slot_returns_to_the_device_only_when_consumed)
{
	say("0123");
	say_more("4567");
	say("89");
	ck_assert_uint_eq(b.link.with_device[LINK_DL].n, 1);
	ck_assert_int_eq(client_read(&a, data, 3), 3);
	ck_assert_uint_eq(b.link.with_device[LINK_DL].n, 1);
	ck_assert_int_eq(client_read(&a, data, 1), 1);
	ck_assert_uint_eq(b.link.with_device[LINK_DL].n, 2);
	ck_assert_int_eq(client_read(&a, data, 5), 5);
	ck_assert_uint_eq(b.link.with_device[LINK_DL].n, 3);
	ck_assert_int_eq(client_read(&a, data, 5), 1);
	ck_assert_uint_eq(b.link.with_device[LINK_DL].n, 4);
}
END_TEST

START_TEST(test_f75_slow_reader_holds_the_device)
{
	for (int i = 0; i < 4; i++)
		say("m");
	ck_assert(!fake_link_say(&b.link, "m", 1, 0));
	ck_assert_uint_eq(port_stats(b.port).errors, 0);
	ck_assert(client_reads(&a, "m"));
	say("n");
}
END_TEST

START_TEST(test_bytes_are_read_straight_from_the_slots_in_one_answer)
{
	say_more("a");
	say_more("bc");
	say("d");
	call_read(&r1, &a, 3, 0, false);
	ck_assert(got(&r1, "abc"));
	ck_assert(client_reads(&a, "d"));
}
END_TEST

START_TEST(test_slot_the_link_refuses_is_offered_again)
{
	say("one");
	say("two");
	b.link.submit_result[LINK_DL] = LINK_FULL;
	ck_assert(client_reads(&a, "one"));
	ck_assert_uint_eq(b.link.with_device[LINK_DL].n, 2);
	b.link.submit_result[LINK_DL] = LINK_OK;
	ck_assert(client_reads(&a, "two"));
	ck_assert_uint_eq(b.link.with_device[LINK_DL].n, 4);
}
END_TEST

START_TEST(test_failed_transfer_is_told_to_one_read)
{
	call_read(&r1, &a, 16, 0, false);
	call_read(&r2, &z, 16, 0, false);
	ck_assert(fake_link_say(&b.link, NULL, 0, -EOVERFLOW));
	ck_assert_int_eq(r1.result, -EIO);
	ck_assert_uint_eq(r2.n_answers, 0);
	ck_assert_uint_eq(port_stats(b.port).errors, 1);
	say("fine");
	ck_assert(got(&r2, "fine"));
	ck_assert_uint_eq(b.link.with_device[LINK_DL].n, 4);
}
END_TEST

START_TEST(test_failed_transfer_without_reader_waits_for_one)
{
	say("before");
	ck_assert(fake_link_say(&b.link, NULL, 0, -EIO));
	ck_assert(client_reads(&a, "before"));
	ck_assert(port_poll(a.file) & POLLIN);
	ck_assert_int_eq(client_read(&z, data, 8), -EIO);
	ck_assert_int_eq(client_read(&a, data, 8), -EAGAIN);
	ck_assert(!(port_poll(a.file) & POLLIN));
}
END_TEST

START_TEST(test_message_cut_by_a_failed_transfer_is_not_passed_off_as_whole)
{
	say("whole");
	say_more("half ");
	ck_assert(fake_link_say(&b.link, NULL, 0, -EIO));
	ck_assert(client_reads(&a, "whole"));
	ck_assert_int_eq(client_read(&a, data, 8), -EIO);
	ck_assert_int_eq(client_read(&a, data, 8), -EAGAIN);
	say("next");
	ck_assert(client_reads(&a, "next"));
	ck_assert_uint_eq(port_stats(b.port).errors, 1);
}
END_TEST

START_TEST(test_f75_drop_keeps_the_newest_messages)
{
	say("1");
	say("2");
	say("3");
	ck_assert_uint_eq(port_stats(b.port).errors, 0);
	say("4");
	ck_assert_uint_eq(port_stats(b.port).errors, 1);
	say("5");
	ck_assert_uint_eq(port_stats(b.port).errors, 2);
	ck_assert(client_reads(&a, "3"));
	ck_assert(client_reads(&a, "4"));
	ck_assert(client_reads(&a, "5"));
	ck_assert_int_eq(client_read(&a, data, 8), -EAGAIN);
}
END_TEST

START_TEST(test_f75_drop_spares_the_message_that_is_being_read)
{
	say("begun");
	ck_assert_int_eq(client_read(&a, data, 2), 2);
	say("2");
	say("3");
	say("4");
	ck_assert_uint_eq(port_stats(b.port).errors, 1);
	ck_assert(client_reads(&a, "gun"));
	ck_assert(client_reads(&a, "3"));
	ck_assert(client_reads(&a, "4"));
}
END_TEST

START_TEST(test_f75_drop_takes_the_whole_of_a_message_longer_than_all_slots)
{
	for (int i = 0; i < 7; i++)
		say_more("0123456789abcdef");
	say("end");
	say("new");
	ck_assert_uint_eq(port_stats(b.port).errors, 1);
	ck_assert(client_reads(&a, "new"));
	ck_assert_int_eq(client_read(&a, data, 8), -EAGAIN);
}
END_TEST

START_TEST(test_f75_drop_serves_a_waiting_read_first)
{
	say("1");
	say("2");
	say("3");
	ck_assert(client_reads(&a, "1"));
	say("4");
	ck_assert_uint_eq(port_stats(b.port).errors, 0);
	ck_assert(client_reads(&a, "2"));
}
END_TEST

START_TEST(test_read_of_nothing_gets_nothing)
{
	call_read(&r1, &a, 0, 0, false);
	ck_assert_uint_eq(r1.n_answers, 1);
	ck_assert_int_eq(r1.result, 0);
}
END_TEST

static void read_again(struct call *c)
{
	call_read(c->user, &z, 16, 0, false);
}

START_TEST(test_read_from_inside_an_answer_gets_the_next_message)
{
	r1.then = read_again;
	r1.user = &r2;
	call_read(&r1, &a, 16, 0, false);
	say("one");
	ck_assert(got(&r1, "one"));
	ck_assert_uint_eq(r2.n_answers, 0);
	say("two");
	ck_assert(got(&r2, "two"));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("port-read");
	TCase *c = tcase_create("hold");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, test_read_gets_at_most_one_message);
	tcase_add_test(c, test_what_did_not_fit_stays_for_the_next_read);
	tcase_add_test(c, test_message_is_all_pieces_up_to_its_end);
	tcase_add_test(c, test_f75_message_is_readable_early_when_it_holds_every_slot);
	tcase_add_test(c, test_empty_message_is_never_seen);
	tcase_add_test(c, test_empty_pieces_of_a_message_do_not_count);
	tcase_add_test(c, test_empty_end_of_a_message_read_early_is_no_message);
	tcase_add_test(c, test_later_part_of_a_read_continues_the_same_message);
	tcase_add_test(c, test_later_part_gets_nothing_when_the_message_is_used_up);
	tcase_add_test(c, test_later_part_gets_nothing_of_what_another_file_began);
	tcase_add_test(c, test_parked_reads_are_served_in_order_of_arrival);
	tcase_add_test(c, test_rest_of_a_message_goes_to_the_next_parked_read);
	tcase_add_test(c, test_nonblocking_read_does_not_pass_parked_ones);
	tcase_add_test(c, test_f73_interrupted_read_takes_nothing);
	tcase_add_test(c, test_f74_message_whose_reader_is_gone_goes_to_the_next);
	tcase_add_test(c, test_f74_message_whose_only_reader_is_gone_stays);
	tcase_add_test(c, test_f75_slot_returns_to_the_device_only_when_consumed);
	tcase_add_test(c, test_f75_slow_reader_holds_the_device);
	tcase_add_test(c, test_bytes_are_read_straight_from_the_slots_in_one_answer);
	tcase_add_test(c, test_slot_the_link_refuses_is_offered_again);
	tcase_add_test(c, test_failed_transfer_is_told_to_one_read);
	tcase_add_test(c, test_failed_transfer_without_reader_waits_for_one);
	tcase_add_test(c, test_message_cut_by_a_failed_transfer_is_not_passed_off_as_whole);
	tcase_add_test(c, test_read_of_nothing_gets_nothing);
	tcase_add_test(c, test_read_from_inside_an_answer_gets_the_next_message);
	suite_add_tcase(s, c);
	c = tcase_create("drop");
	tcase_add_checked_fixture(c, setup_drop, teardown);
	tcase_add_test(c, test_f75_drop_keeps_the_newest_messages);
	tcase_add_test(c, test_f75_drop_spares_the_message_that_is_being_read);
	tcase_add_test(c, test_f75_drop_takes_the_whole_of_a_message_longer_than_all_slots);
	tcase_add_test(c, test_f75_drop_serves_a_waiting_read_first);
	suite_add_tcase(s, c);
	return suite_run(s);
}
