/* QMI and MBIM control: whole messages by control requests and notifications. */
#include "tests/suite.h"
#include "tests/usb_bench.h"
#include <errno.h>

static struct usb_bench b;
static struct fake_usb *const fake = &b.fake;
static struct link_user *u;
static const char message[] = "a message of QMI";

static void setup(void)
{
	usb_bench_init(&b);
}

static void teardown(void)
{
	usb_bench_fini(&b);
}

static void notify(void)
{
	ck_assert(fake_usb_say(fake, QMI_NOTIFY, "\xa1\x01\0\0\x04\0\0\0", 8));
}

static unsigned int n_gets(void)
{
	return fake_usb_asked(fake, 0xa1, 1);
}

static bool answer(const void *data, uint32_t len)
{
	return fake_usb_answer(fake, 0xa1, 1, 0, data, len);
}

static bool refuse(int status)
{
	return fake_usb_answer(fake, 0xa1, 1, status, NULL, 0);
}

static bool take_send(int status, uint32_t len)
{
	return fake_usb_answer(fake, 0x21, 0, status, NULL, len);
}

/* Opened, and the first look answered: nothing was left over. */
static void open_quiet(void)
{
	usb_bench_start(&b, false);
	u = usb_bench_open(&b, BENCH_QMI);
	ck_assert(refuse(-EPIPE));
	fake->n_setups = 0;
}

START_TEST(test_dtr_is_raised_once_per_attach)
{
	usb_bench_start(&b, false);
	ck_assert_uint_eq(fake_usb_asked(fake, 0x21, 0x22), 1);
	ck_assert_mem_eq(fake->setups[0], "\x21\x22\x01\0\x04\0\0\0", 8);
	for (int i = 0; i < 3; i++) {
		u = usb_bench_open(&b, BENCH_QMI);
		link_user_close(u);
		fake_usb_run(fake);
		ck_assert_uint_eq(u->n_closed, 1);
	}
	ck_assert_uint_eq(fake_usb_asked(fake, 0x21, 0x22), 1);
}
END_TEST

START_TEST(test_a_dtr_that_did_not_arrive_is_raised_by_open)
{
	fake->line_status = -EIO;
	usb_bench_start(&b, false);
	fake->line_status = 0;
	usb_bench_open(&b, BENCH_QMI);
	ck_assert_uint_eq(fake_usb_asked(fake, 0x21, 0x22), 2);
}
END_TEST

START_TEST(test_open_looks_once_for_what_was_left_over)
{
	usb_bench_start(&b, false);
	u = usb_bench_open(&b, BENCH_QMI);
	ck_assert_uint_eq(n_gets(), 1);
	ck_assert_mem_eq(fake->setups[fake->n_setups - 1], "\xa1\x01\0\0\x04\0\0\x10", 8);
	ck_assert(answer("old", 3));
	ck_assert_uint_eq(u->n_bytes, 3);
	ck_assert_uint_eq(n_gets(), 1);
}
END_TEST

START_TEST(test_nothing_left_over_is_no_message)
{
	usb_bench_start(&b, false);
	u = usb_bench_open(&b, BENCH_QMI);
	ck_assert(_i ? refuse(-EPIPE) : answer("", 0));
	ck_assert_uint_eq(u->n_events, 0);
	ck_assert_uint_eq(n_gets(), 1);
}
END_TEST

START_TEST(test_a_notification_fetches_one_response)
{
	open_quiet();
	notify();
	ck_assert_uint_eq(n_gets(), 1);
	ck_assert(answer(message, sizeof(message)));
	ck_assert_uint_eq(link_user_count(u, LINK_DL, 0), 1);
	ck_assert_mem_eq(u->bytes, message, sizeof(message));
	ck_assert_uint_eq(n_gets(), 1);
	ck_assert_uint_eq(fake_usb_count(fake, QMI_NOTIFY), 1);
}
END_TEST

START_TEST(test_each_notification_is_served)
{
	open_quiet();
	for (int i = 0; i < 3; i++)
		notify();
	ck_assert_uint_eq(n_gets(), 1);
	for (int i = 0; i < 3; i++)
		ck_assert(answer(message, 4));
	ck_assert(!answer("", 0));
	ck_assert_uint_eq(u->n_bytes, 12);
}
END_TEST

START_TEST(test_a_notification_without_response_is_no_error)
{
	open_quiet();
	notify();
	ck_assert(_i ? refuse(-EPIPE) : answer("", 0));
	ck_assert_uint_eq(u->n_events, 0);
	ck_assert_uint_eq(n_gets(), 1);
	notify();
	ck_assert(answer("x", 1));
	ck_assert_uint_eq(u->n_bytes, 1);
}
END_TEST

START_TEST(test_a_thousand_notifications_are_counted_to_a_limit)
{
	open_quiet();
	u->keeps = true;
	for (int i = 0; i < 1000; i++)
		notify();
	while (refuse(-EPIPE))
		;
	ck_assert_uint_le(n_gets(), 65);
	ck_assert_uint_ge(n_gets(), 60);
	ck_assert_uint_eq(b.n_noted, 0);
}
END_TEST

START_TEST(test_a_slow_reader_leaves_responses_in_the_modem)
{
	open_quiet();
	u->keeps = true;
	notify();
	notify();
	ck_assert(answer("one", 3));
	fake_usb_wait_ms(fake, 60000);
	ck_assert_uint_eq(n_gets(), 1);
	ck_assert_uint_eq(fake_usb_count(fake, QMI_NOTIFY), 1);
	link_user_lend(u);
	ck_assert_uint_eq(n_gets(), 2);
	ck_assert(answer("two", 3));
	ck_assert_mem_eq(u->bytes, "onetwo", 6);
}
END_TEST

START_TEST(test_writes_go_one_at_a_time_in_order)
{
	open_quiet();
	ck_assert_int_eq(link_user_send(u, message, sizeof(message)), LINK_OK);
	ck_assert_int_eq(link_user_send(u, message, 4), LINK_FULL);
	ck_assert_mem_eq(fake->setups[0], "\x21\0\0\0\x04\0\x11\0", 8);
	ck_assert(take_send(0, sizeof(message)));
	ck_assert_uint_eq(link_user_count(u, LINK_UL, 0), 1);
	ck_assert_int_eq(link_user_send(u, message, 4), LINK_OK);
	ck_assert(take_send(0, 4));
	ck_assert_uint_eq(link_user_count(u, LINK_UL, 0), 2);
}
END_TEST

START_TEST(test_a_refused_write_is_told_and_the_next_one_goes)
{
	static const int statuses[] = { -EPIPE, -EIO, -EOVERFLOW };

	open_quiet();
	link_user_send(u, message, 8);
	ck_assert(take_send(statuses[_i], 0));
	ck_assert_uint_eq(link_user_count(u, LINK_UL, -EIO), 1);
	link_user_send(u, message, 8);
	ck_assert(take_send(0, 8));
	ck_assert_uint_eq(link_user_count(u, LINK_UL, 0), 1);
	ck_assert_uint_eq(u->n_closed, 0);
}
END_TEST

START_TEST(test_f71_a_write_without_answer_fails_after_a_while)
{
	open_quiet();
	link_user_send(u, message, 8);
	fake_usb_wait_ms(fake, 5100);
	ck_assert_uint_eq(link_user_count(u, LINK_UL, -EIO), 1);
	ck_assert_uint_eq(u->n_closed, 0);
}
END_TEST

START_TEST(test_three_failed_gets_are_an_error)
{
	open_quiet();
	for (int i = 0; i < 3; i++) {
		ck_assert_uint_eq(u->n_events, 0);
		notify();
		ck_assert(refuse(-EIO));
	}
	ck_assert_uint_eq(link_user_count(u, LINK_DL, -EIO), 1);
	notify();
	ck_assert(answer("x", 1));
	ck_assert_uint_eq(u->n_bytes, 1);
}
END_TEST

START_TEST(test_a_cut_message_is_dropped_and_told_once)
{
	static uint8_t whole[4096];

	b.layout.functions[BENCH_QMI].in_size = 8192;
	open_quiet();
	for (int i = 0; i < 3; i++) {
		notify();
		ck_assert(answer(whole, sizeof(whole)));
	}
	ck_assert_uint_eq(link_user_count(u, LINK_DL, -EOVERFLOW), 1);
	ck_assert_uint_eq(u->n_bytes, 0);
	notify();
	ck_assert(answer(whole, 4095));
	ck_assert_uint_eq(u->n_bytes, 4095);
}
END_TEST

START_TEST(test_a_message_of_the_largest_size_is_whole)
{
	static uint8_t whole[4096];

	open_quiet();
	notify();
	ck_assert(answer(whole, sizeof(whole)));
	ck_assert_uint_eq(u->n_bytes, sizeof(whole));
}
END_TEST

START_TEST(test_f67_a_stalled_notification_pipe_is_cleared_and_looked_behind)
{
	open_quiet();
	fake_usb_end(fake, QMI_NOTIFY, -EPIPE, 0);
	fake_usb_run(fake);
	ck_assert_uint_eq(fake->n_halts_cleared, 1);
	ck_assert_uint_eq(fake_usb_count(fake, QMI_NOTIFY), 1);
	ck_assert_uint_eq(n_gets(), 1);
	ck_assert(answer("lost", 4));
	ck_assert_uint_eq(u->n_bytes, 4);
}
END_TEST

START_TEST(test_odd_notifications_are_ignored)
{
	static const struct { const char *bytes; uint32_t len; } odd[] = {
		{ "\xa1\x01\0", 3 }, { "\xa1\x01\0\0\x05\0\0\0", 8 },
		{ "\xa1\x2a\0\0\x04\0\xff\xff", 8 }, { "\x21\x01\0\0\x04\0\0\0", 8 },
		{ "\xa1\0\x01\0\x04\0\0\0", 8 }, { "", 0 },
	};

	open_quiet();
	ck_assert(fake_usb_say(fake, QMI_NOTIFY, odd[_i].bytes, odd[_i].len));
	fake_usb_wait_ms(fake, 10);
	ck_assert_uint_eq(n_gets(), 0);
	notify();
	ck_assert_uint_eq(n_gets(), 1);
}
END_TEST

START_TEST(test_close_awaits_what_is_under_way)
{
	open_quiet();
	notify();
	link_user_send(u, message, 8);
	link_user_close(u);
	fake_usb_run(fake);
	ck_assert_uint_eq(u->n_closed, 1);
	ck_assert_uint_eq(fake->n_flying, 0);
	ck_assert_uint_eq(link_user_count(u, LINK_UL, -ECANCELED), 1);
	ck_assert_uint_eq(link_user_count(u, LINK_DL, -ECANCELED), 1);
}
END_TEST

START_TEST(test_cancel_gives_the_slots_back)
{
	open_quiet();
	u->keeps = true;
	link_user_send(u, message, 8);
	u->link->ops->cancel(u->link, BENCH_QMI, LINK_UL);
	u->link->ops->cancel(u->link, BENCH_QMI, LINK_DL);
	fake_usb_run(fake);
	ck_assert_uint_eq(link_user_lent(u), 0);
	ck_assert_uint_eq(u->n_closed, 0);
	ck_assert_int_eq(link_user_send(u, message, 8), LINK_OK);
	ck_assert(take_send(0, 8));
}
END_TEST

START_TEST(test_a_write_that_was_faster_than_its_cancel_stops_nothing)
{
	open_quiet();
	link_user_send(u, message, 8);
	u->link->ops->cancel(u->link, BENCH_QMI, LINK_UL);
	timers_advance(&fake->timers, fake->timers.now_us);
	ck_assert(take_send(0, 8));
	fake_usb_run(fake);
	ck_assert_uint_eq(link_user_count(u, LINK_UL, 0), 1);
	ck_assert_int_eq(link_user_send(u, message, 8), LINK_OK);
	ck_assert(take_send(0, 8));
}
END_TEST

START_TEST(test_a_write_lost_in_a_suspend_is_an_error)
{
	open_quiet();
	link_user_send(u, message, 8);
	notify();
	fake_usb_end_all(fake, -ENODEV);
	fake_usb_wait_ms(fake, 100);
	ck_assert_uint_eq(link_user_count(u, LINK_UL, -EIO), 1);
	ck_assert_uint_eq(u->n_closed, 0);
	ck_assert_uint_eq(fake_usb_count(fake, QMI_NOTIFY), 1);
	/* The response may still be there. */
	ck_assert(answer("x", 1));
	ck_assert_uint_eq(u->n_bytes, 1);
	ck_assert_uint_eq(fake_usb_asked(fake, 0x21, 0x22), 1);	/* DTR again */
}
END_TEST

START_TEST(test_submits_that_fail_for_ever_are_an_error)
{
	open_quiet();
	fake->submit_error = -EIO;
	fake->n_submit_errors = 1000;
	link_user_send(u, message, 8);
	fake_usb_wait_ms(fake, 10000);
	ck_assert_uint_ge(link_user_count(u, LINK_UL, -EIO), 1);
	ck_assert_uint_gt(fake->n_submit_errors, 500);
	fake->n_submit_errors = 0;
	fake_usb_wait_ms(fake, 2000);
	ck_assert_int_eq(link_user_send(u, message, 8), LINK_OK);
	ck_assert(take_send(0, 8));
}
END_TEST

START_TEST(test_f71_a_get_that_never_comes_back_resets_the_channel)
{
	open_quiet();
	notify();
	fake->ignores_cancel = true;
	fake_usb_wait_ms(fake, 9900);
	ck_assert_uint_eq(u->n_closed, 0);
	fake_usb_wait_ms(fake, 200);
	ck_assert_uint_eq(u->n_closed, 1);
	ck_assert_int_eq(u->closed, -ECONNRESET);
	fake->ignores_cancel = false;
	usb_bench_open(&b, BENCH_QMI);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("usb-wdm");
	TCase *t = tcase_create("wdm");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_dtr_is_raised_once_per_attach);
	tcase_add_test(t, test_a_dtr_that_did_not_arrive_is_raised_by_open);
	tcase_add_test(t, test_open_looks_once_for_what_was_left_over);
	tcase_add_loop_test(t, test_nothing_left_over_is_no_message, 0, 2);
	tcase_add_test(t, test_a_notification_fetches_one_response);
	tcase_add_test(t, test_each_notification_is_served);
	tcase_add_loop_test(t, test_a_notification_without_response_is_no_error, 0, 2);
	tcase_add_test(t, test_a_thousand_notifications_are_counted_to_a_limit);
	tcase_add_test(t, test_a_slow_reader_leaves_responses_in_the_modem);
	tcase_add_test(t, test_writes_go_one_at_a_time_in_order);
	tcase_add_loop_test(t, test_a_refused_write_is_told_and_the_next_one_goes, 0, 3);
	tcase_add_test(t, test_f71_a_write_without_answer_fails_after_a_while);
	tcase_add_test(t, test_three_failed_gets_are_an_error);
	tcase_add_test(t, test_a_cut_message_is_dropped_and_told_once);
	tcase_add_test(t, test_a_message_of_the_largest_size_is_whole);
	tcase_add_test(t, test_f67_a_stalled_notification_pipe_is_cleared_and_looked_behind);
	tcase_add_loop_test(t, test_odd_notifications_are_ignored, 0, 6);
	tcase_add_test(t, test_close_awaits_what_is_under_way);
	tcase_add_test(t, test_cancel_gives_the_slots_back);
	tcase_add_test(t, test_a_write_that_was_faster_than_its_cancel_stops_nothing);
	tcase_add_test(t, test_a_write_lost_in_a_suspend_is_an_error);
	tcase_add_test(t, test_submits_that_fail_for_ever_are_an_error);
	tcase_add_test(t, test_f71_a_get_that_never_comes_back_resets_the_channel);
	suite_add_tcase(s, t);
	return suite_run(s);
}
