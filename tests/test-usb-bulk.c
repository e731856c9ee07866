/* Byte streams and messages over bulk end points: boundaries, back-pressure,
 * stalls, babble, errors.  F67 to F69 of the fault catalogue. */
#include "tests/suite.h"
#include "tests/usb_bench.h"
#include <errno.h>

static struct usb_bench b;
static struct fake_usb *const fake = &b.fake;
static const uint8_t bytes[1024] = "0123456789";

static void setup(void)
{
	usb_bench_init(&b);
}

static void teardown(void)
{
	usb_bench_fini(&b);
}

static struct link_user *open_chan(unsigned int chan)
{
	usb_bench_start(&b, false);
	return usb_bench_open(&b, chan);
}

static const struct link_event *last_event(const struct link_user *u)
{
	ck_assert_uint_gt(u->n_events, 0);
	return &u->events[u->n_events - 1];
}

/* Open and close. */

START_TEST(test_nothing_is_read_before_the_first_open)
{
	usb_bench_start(&b, false);
	ck_assert_uint_eq(fake_usb_count(fake, DIAG_IN), 0);
	usb_bench_open(&b, BENCH_DIAG);
	ck_assert_uint_eq(fake_usb_count(fake, DIAG_IN), 4);
	ck_assert_uint_eq(fake_usb_count(fake, AT_IN), 0);
}
END_TEST

START_TEST(test_open_receives_before_it_raises_the_line)
{
	fake->ignores_lines = true;
	usb_bench_start(&b, false);
	ck_assert_int_eq(link_user_open(&b.users[BENCH_AT]), 0);
	fake_usb_run(fake);
	ck_assert_uint_eq(fake_usb_count(fake, AT_IN), 4);
	ck_assert_uint_eq(fake_usb_count(fake, AT_NOTIFY), 1);
	ck_assert_uint_eq(b.users[BENCH_AT].n_opened, 0);
	ck_assert_mem_eq(fake->setups[fake->n_setups - 1], "\x21\x22\x03\0\x02\0\0\0", 8);
	fake_usb_answer(fake, 0x21, 0x22, 0, NULL, 0);	/* the one of QMI */
	ck_assert(fake_usb_answer(fake, 0x21, 0x22, 0, NULL, 0));
	ck_assert_uint_eq(b.users[BENCH_AT].n_opened, 1);
	ck_assert_int_eq(b.users[BENCH_AT].opened, 0);
}
END_TEST

START_TEST(test_a_refused_line_is_as_good_as_a_raised_one)
{
	fake->line_status = -EPIPE;
	open_chan(BENCH_AT);
	ck_assert_ptr_nonnull(strstr(b.noted, "AT: refuses"));
}
END_TEST

START_TEST(test_a_line_without_answer_costs_a_second)
{
	fake->ignores_lines = true;
	usb_bench_start(&b, false);
	link_user_open(&b.users[BENCH_AT]);
	fake_usb_wait_ms(fake, 990);
	ck_assert_uint_eq(b.users[BENCH_AT].n_opened, 0);
	fake_usb_wait_ms(fake, 20);
	ck_assert_uint_eq(b.users[BENCH_AT].n_opened, 1);
	ck_assert_int_eq(b.users[BENCH_AT].opened, 0);
}
END_TEST

START_TEST(test_what_comes_before_the_slots_is_kept_in_order)
{
	struct link_user *u = &b.users[BENCH_AT];

	fake->ignores_lines = true;
	usb_bench_start(&b, false);
	link_user_open(u);
	fake_usb_run(fake);
	fake_usb_say(fake, AT_IN, "RDY ", 4);
	fake_usb_say(fake, AT_IN, "", 0);
	fake_usb_say(fake, AT_IN, "two ", 4);
	ck_assert_uint_eq(u->n_events, 0);
	fake->ignores_lines = false;
	fake_usb_run(fake);
	fake_usb_say(fake, AT_IN, "three", 5);
	ck_assert_uint_eq(u->n_bytes, 13);
	ck_assert_mem_eq(u->bytes, "RDY two three", 13);
	ck_assert_uint_eq(fake_usb_count(fake, AT_IN), 4);
}
END_TEST

START_TEST(test_close_lowers_the_line_and_then_cancels)
{
	struct link_user *u = open_chan(BENCH_AT);

	fake->ignores_lines = true;
	link_user_close(u);
	timers_advance(&fake->timers, fake->timers.now_us);
	ck_assert_mem_eq(fake->setups[fake->n_setups - 1], "\x21\x22\0\0\x02\0\0\0", 8);
	ck_assert_uint_eq(fake_usb_count(fake, AT_IN), 4);
	ck_assert(fake_usb_answer(fake, 0x21, 0x22, 0, NULL, 0));
	ck_assert_uint_eq(u->n_closed, 0);
	fake_usb_run(fake);
	ck_assert_uint_eq(u->n_closed, 1);
	ck_assert_int_eq(u->closed, 0);
	ck_assert_uint_eq(fake->n_flying, 0);
	ck_assert_uint_eq(link_user_count(u, LINK_DL, -ECANCELED), 4);
}
END_TEST

START_TEST(test_a_channel_opens_again_after_its_close)
{
	struct link_user *u = open_chan(BENCH_AT);

	for (int i = 0; i < 5; i++) {
		link_user_close(u);
		ck_assert_int_eq(link_user_open(u), -EBUSY);
		fake_usb_run(fake);
		ck_assert_uint_eq(u->n_closed, 1);
		usb_bench_open(&b, BENCH_AT);
		fake_usb_say(fake, AT_IN, "x", 1);
		ck_assert_uint_eq(u->n_bytes, (unsigned int)i + 1);
	}
}
END_TEST

START_TEST(test_close_ends_an_open_that_is_under_way)
{
	struct link_user *u = &b.users[BENCH_AT];

	fake->ignores_lines = _i == 2;
	usb_bench_start(&b, false);
	link_user_open(u);
	if (_i > 0)
		timers_advance(&fake->timers, fake->timers.now_us);
	link_user_close(u);
	fake->ignores_lines = false;
	fake_usb_wait_ms(fake, 10);
	ck_assert_uint_eq(u->n_closed, 1);
	ck_assert_uint_eq(u->n_opened, 0);
	ck_assert_uint_eq(fake->n_flying, 0);
}
END_TEST

/* 0: the answer to the raising comes right after close.  1: it never comes. */
START_TEST(test_a_line_that_is_still_being_raised_is_lowered)
{
	struct link_user *u = &b.users[BENCH_AT];

	fake->ignores_lines = true;
	usb_bench_start(&b, false);
	link_user_open(u);
	timers_advance(&fake->timers, fake->timers.now_us);
	ck_assert_mem_eq(fake->setups[fake->n_setups - 1], "\x21\x22\x03\0\x02\0\0\0", 8);
	link_user_close(u);
	while (!_i && fake_usb_answer(fake, 0x21, 0x22, 0, NULL, 0))
		;
	fake_usb_run(fake);
	fake->ignores_lines = false;
	fake_usb_run(fake);
	ck_assert_mem_eq(fake->setups[fake->n_setups - 1], "\x21\x22\0\0\x02\0\0\0", 8);
	ck_assert_uint_eq(u->n_closed, 1);
	ck_assert_uint_eq(fake->n_flying, 0);
}
END_TEST

START_TEST(test_close_from_inside_callbacks)
{
	struct link_user *u = &b.users[BENCH_AT];

	usb_bench_start(&b, false);
	u->closes_when_opened = true;
	link_user_open(u);
	fake_usb_run(fake);
	ck_assert_uint_eq(u->n_closed, 1);
	u->closes_when_opened = false;
	usb_bench_open(&b, BENCH_AT);
	u->closes_in_done = true;
	fake_usb_say(fake, AT_IN, "x", 1);
	fake_usb_run(fake);
	ck_assert_uint_eq(u->n_closed, 1);
}
END_TEST

START_TEST(test_hello_and_goodbye_are_written)
{
	struct link_user *u;

	b.layout.functions[BENCH_AT].hello = "$GPS_START";
	b.layout.functions[BENCH_AT].goodbye = "$GPS_STOP";
	u = open_chan(BENCH_AT);
	fake_usb_take(fake, AT_OUT);
	ck_assert_mem_eq(fake->heard, "$GPS_START", 10);
	fake->n_heard = 0;
	link_user_close(u);
	fake_usb_take(fake, AT_OUT);
	ck_assert_mem_eq(fake->heard, "$GPS_STOP", 9);
	ck_assert_uint_eq(u->n_events, 0);
	fake_usb_run(fake);
	ck_assert_uint_eq(u->n_closed, 1);
}
END_TEST

START_TEST(test_a_goodbye_nobody_takes_costs_a_moment)
{
	struct link_user *u;

	b.layout.functions[BENCH_AT].goodbye = "$GPS_STOP";
	u = open_chan(BENCH_AT);
	link_user_close(u);
	fake_usb_wait_ms(fake, 199);
	ck_assert_uint_eq(u->n_closed, 0);
	fake_usb_wait_ms(fake, 2);
	ck_assert_uint_eq(u->n_closed, 1);
}
END_TEST

START_TEST(test_bytes_of_a_cancelled_transfer_belong_to_the_stream)
{
	struct link_user *u = open_chan(BENCH_DIAG);

	link_user_close(u);
	timers_advance(&fake->timers, fake->timers.now_us);
	fake_usb_end(fake, DIAG_IN, -ECANCELED, 3);
	fake_usb_run(fake);
	ck_assert_uint_eq(u->n_bytes, 3);
	ck_assert_uint_eq(u->n_closed, 1);
}
END_TEST

START_TEST(test_cancel_of_a_direction_leaves_the_channel_open)
{
	struct link_user *u = open_chan(BENCH_DIAG);

	u->keeps = true;
	u->link->ops->cancel(u->link, BENCH_DIAG, LINK_DL);
	fake_usb_run(fake);
	ck_assert_uint_eq(link_user_count(u, LINK_DL, -ECANCELED), 4);
	link_user_lend(u);
	ck_assert_uint_eq(fake_usb_count(fake, DIAG_IN), 4);
	ck_assert_int_eq(link_user_send(u, "x", 1), LINK_OK);
	u->link->ops->cancel(u->link, BENCH_DIAG, LINK_UL);
	fake_usb_run(fake);
	ck_assert_uint_eq(link_user_count(u, LINK_UL, -ECANCELED), 1);
	ck_assert_uint_eq(u->n_closed, 0);
}
END_TEST

/* Boundaries: F69. */

START_TEST(test_a_stream_has_one_message_for_each_transfer)
{
	struct link_user *u = open_chan(BENCH_DIAG);

	fake_usb_say(fake, DIAG_IN, bytes, 1);
	fake_usb_say(fake, DIAG_IN, bytes, 64);
	fake_usb_say(fake, DIAG_IN, bytes, 256);
	ck_assert_uint_eq(link_user_count(u, LINK_DL, 0), 3);
	ck_assert_uint_eq(link_user_count(u, LINK_DL, LINK_MORE), 0);
	ck_assert_uint_eq(u->n_bytes, 321);
}
END_TEST

START_TEST(test_f69_an_empty_packet_never_ends_a_read_of_a_stream)
{
	struct link_user *u = open_chan(BENCH_DIAG);

	for (int i = 0; i < 20; i++) {
		ck_assert(fake_usb_say(fake, DIAG_IN, "", 0));
		fake_usb_wait_ms(fake, 200);
	}
	ck_assert_uint_eq(u->n_events, 0);
	ck_assert_uint_eq(fake_usb_count(fake, DIAG_IN), 4);
	ck_assert_uint_eq(b.n_noted, 0);
}
END_TEST

START_TEST(test_f69_a_short_packet_ends_a_message)
{
	struct link_user *u = open_chan(BENCH_DATA);

	fake_usb_say(fake, DATA_IN, bytes, 100);
	ck_assert_int_eq(last_event(u)->status, 0);
	fake_usb_say(fake, DATA_IN, bytes, 256);
	ck_assert_int_eq(last_event(u)->status, LINK_MORE);
	fake_usb_say(fake, DATA_IN, bytes, 128);	/* an empty packet ended it */
	ck_assert_int_eq(last_event(u)->status, 0);
}
END_TEST

START_TEST(test_f69_an_empty_packet_ends_a_message_of_full_buffers)
{
	struct link_user *u = open_chan(BENCH_DATA);

	fake_usb_say(fake, DATA_IN, bytes, 256);
	fake_usb_say(fake, DATA_IN, bytes, 256);
	ck_assert_uint_eq(link_user_count(u, LINK_DL, LINK_MORE), 2);
	fake_usb_say(fake, DATA_IN, "", 0);
	ck_assert_int_eq(last_event(u)->status, 0);
	ck_assert_uint_eq(last_event(u)->len, 0);
}
END_TEST

START_TEST(test_f69_an_empty_message_is_dropped)
{
	struct link_user *u = open_chan(BENCH_DATA);

	fake_usb_say(fake, DATA_IN, "", 0);
	ck_assert_uint_eq(u->n_events, 0);
	ck_assert_uint_eq(fake_usb_count(fake, DATA_IN), 4);
}
END_TEST

START_TEST(test_f69_empty_packets_without_end_do_not_keep_us_busy)
{
	struct link_user *u = open_chan(BENCH_DIAG);
	unsigned int n;

	for (n = 0; n < 1000 && fake_usb_say(fake, DIAG_IN, "", 0); n++)
		;
	ck_assert_uint_lt(n, 10);
	for (n = 0; fake->timers.now_us < 20000000; n++) {
		while (fake_usb_say(fake, DIAG_IN, "", 0))
			;
		fake_usb_wait_ms(fake, 10);
	}
	ck_assert_uint_eq(u->n_events, 0);
	ck_assert_uint_lt(fake->n_ends, 1000);
	fake_usb_wait_ms(fake, 2000);
	ck_assert(fake_usb_say(fake, DIAG_IN, "x", 1));
	ck_assert_uint_eq(u->n_bytes, 1);
}
END_TEST

START_TEST(test_f69_an_empty_packet_follows_whole_packets_where_it_should)
{
	static const struct {
		enum usb_zlp zlp;
		uint32_t len;
		unsigned int n_zlps;
	} cases[] = {
		{ USB_ZLP_NEVER, 64, 0 }, { USB_ZLP_NEVER, 256, 0 },
		{ USB_ZLP_WRITE, 63, 0 }, { USB_ZLP_WRITE, 65, 0 },
		{ USB_ZLP_WRITE, 64, 1 }, { USB_ZLP_WRITE, 256, 1 },
		{ USB_ZLP_IDLE, 100, 0 }, { USB_ZLP_IDLE, 128, 1 },
	};
	struct link_user *u;

	b.layout.functions[BENCH_DIAG].zlp = cases[_i].zlp;
	u = open_chan(BENCH_DIAG);
	link_user_send(u, bytes, cases[_i].len);
	ck_assert(fake_usb_take(fake, DIAG_OUT));
	ck_assert_uint_eq(link_user_count(u, LINK_UL, 0), 1);
	fake_usb_wait_ms(fake, 5);
	while (fake_usb_take(fake, DIAG_OUT))
		;
	ck_assert_uint_eq(fake->n_zlps, cases[_i].n_zlps);
	ck_assert_uint_eq(fake->n_heard, cases[_i].len);
}
END_TEST

START_TEST(test_f69_a_run_that_goes_on_has_no_empty_packet_inside)
{
	struct link_user *u;

	b.layout.functions[BENCH_DIAG].zlp = USB_ZLP_IDLE;
	u = open_chan(BENCH_DIAG);
	for (int i = 0; i < 10; i++) {
		link_user_send(u, bytes, 256);
		ck_assert(fake_usb_take(fake, DIAG_OUT));
		fake_usb_wait_ms(fake, 1);
	}
	ck_assert_uint_eq(fake->n_zlps, 0);
	fake_usb_wait_ms(fake, 2);
	ck_assert(fake_usb_take(fake, DIAG_OUT));
	ck_assert_uint_eq(fake->n_zlps, 1);
}
END_TEST

START_TEST(test_f69_firehose_wants_the_empty_packet_that_breaks_sahara)
{
	struct link_user *u;

	b.layout.is_edl = true;
	u = open_chan(BENCH_DIAG);
	link_user_send(u, bytes, 256);
	fake_usb_take(fake, DIAG_OUT);
	fake_usb_wait_ms(fake, 10);
	ck_assert_uint_eq(fake_usb_count(fake, DIAG_OUT), 0);
	link_user_send(u, "<?xml version=\"1.0\" ?>", 22);
	fake_usb_take(fake, DIAG_OUT);
	link_user_send(u, bytes, 256);
	fake_usb_take(fake, DIAG_OUT);
	fake_usb_wait_ms(fake, 10);
	ck_assert(fake_usb_take(fake, DIAG_OUT));
	ck_assert_uint_eq(fake->n_zlps, 1);
}
END_TEST

/* Back-pressure. */

START_TEST(test_slots_nobody_gave_back_are_not_submitted)
{
	struct link_user *u = open_chan(BENCH_DIAG);

	u->keeps = true;
	for (int i = 0; i < 4; i++)
		ck_assert(fake_usb_say(fake, DIAG_IN, bytes, 256));
	fake_usb_wait_ms(fake, 10000);
	ck_assert_uint_eq(fake_usb_count(fake, DIAG_IN), 0);
	link_user_lend(u);
	ck_assert_uint_eq(fake_usb_count(fake, DIAG_IN), 4);
}
END_TEST

START_TEST(test_a_device_that_takes_nothing_keeps_all_slots)
{
	struct link_user *u = open_chan(BENCH_DIAG);

	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(link_user_send(u, bytes, 256), LINK_OK);
	ck_assert_int_eq(link_user_send(u, bytes, 256), LINK_FULL);
	fake_usb_wait_ms(fake, 60000);
	ck_assert_uint_eq(u->n_events, 0);
	for (int i = 0; i < 4; i++)
		fake_usb_take(fake, DIAG_OUT);
	ck_assert_uint_eq(link_user_count(u, LINK_UL, 0), 4);
	ck_assert_uint_eq(fake->n_heard, 1024);
}
END_TEST

/* Stalls: F67. */

START_TEST(test_f67_a_stall_in_is_cleared_once_and_nothing_is_lost)
{
	struct link_user *u = open_chan(BENCH_DIAG);

	fake_usb_end(fake, DIAG_IN, -EPIPE, 0);
	ck_assert_uint_eq(fake->n_halts_cleared, 0);	/* three still fly */
	fake_usb_run(fake);
	ck_assert_uint_eq(fake->n_halts_cleared, 1);
	ck_assert_uint_eq(fake_usb_count(fake, DIAG_IN), 4);
	fake_usb_say(fake, DIAG_IN, "x", 1);
	ck_assert_uint_eq(u->n_events, 1);
	ck_assert_uint_eq(u->n_bytes, 1);
}
END_TEST

START_TEST(test_f67_stalls_behind_a_stall_count_as_one)
{
	struct link_user *u = open_chan(BENCH_DIAG);

	for (int i = 0; i < 4; i++)
		fake_usb_end(fake, DIAG_IN, -EPIPE, 0);
	fake_usb_run(fake);
	ck_assert_uint_eq(fake->n_halts_cleared, 1);
	ck_assert_uint_eq(u->n_events, 0);
	ck_assert_uint_eq(fake_usb_count(fake, DIAG_IN), 4);
}
END_TEST

START_TEST(test_f67_a_stall_out_sends_the_rest_in_order)
{
	struct link_user *u = open_chan(BENCH_DIAG);

	link_user_send(u, "first", 5);
	link_user_send(u, "second", 6);
	memcpy(fake->heard, "fi", 2);
	fake->n_heard = 2;
	fake_usb_end(fake, DIAG_OUT, -EPIPE, 2);
	fake_usb_run(fake);
	ck_assert_uint_eq(fake->n_halts_cleared, 1);
	ck_assert(fake_usb_take(fake, DIAG_OUT));
	ck_assert(fake_usb_take(fake, DIAG_OUT));
	ck_assert_mem_eq(fake->heard, "firstsecond", 11);
	ck_assert_uint_eq(link_user_count(u, LINK_UL, 0), 2);
	ck_assert_uint_eq(last_event(u)->len, 6);
}
END_TEST

START_TEST(test_f67_a_second_stall_is_an_error_of_one_transfer)
{
	uint8_t endpoint = _i ? DIAG_OUT : DIAG_IN;
	enum link_dir dir = _i ? LINK_UL : LINK_DL;
	struct link_user *u = open_chan(BENCH_DIAG);

	link_user_send(u, "first", 5);
	link_user_send(u, "second", 6);
	fake_usb_end(fake, endpoint, -EPIPE, 0);
	fake_usb_run(fake);
	fake_usb_end(fake, endpoint, -EPIPE, 0);
	fake_usb_run(fake);
	ck_assert_uint_eq(link_user_count(u, dir, -EIO), 1);
	fake_usb_wait_ms(fake, 1100);
	ck_assert_uint_gt(fake_usb_count(fake, endpoint), 0);
	fake_usb_take(fake, DIAG_OUT);
	fake_usb_say(fake, DIAG_IN, "x", 1);
	ck_assert_uint_ge(link_user_count(u, dir, 0), 1);
	ck_assert_uint_eq(link_user_count(u, dir, -EIO), 1);
}
END_TEST

START_TEST(test_f67_an_endpoint_that_always_stalls_is_quiet)
{
	struct link_user *u = open_chan(BENCH_DIAG);

	while (fake->timers.now_us < 31000000) {
		fake_usb_end(fake, DIAG_IN, -EPIPE, 0);
		fake_usb_wait_ms(fake, 10);
	}
	ck_assert_uint_le(link_user_count(u, LINK_DL, -EIO), 31);
	ck_assert_uint_ge(link_user_count(u, LINK_DL, -EIO), 20);
	ck_assert_uint_le(b.n_noted, 2);
}
END_TEST

START_TEST(test_f67_a_halt_that_cannot_be_cleared)
{
	struct link_user *u = open_chan(BENCH_DIAG);

	fake->clear_halt_error = _i ? -ENODEV : -EIO;
	fake->holder = _i ? -ENODEV : USB_HOLDER_US;
	fake_usb_end(fake, DIAG_IN, -EPIPE, 0);
	fake_usb_run(fake);
	if (_i) {
		ck_assert_int_eq(usb_device_state(b.device), USB_GONE);
		ck_assert_int_eq(u->closed, -ENODEV);
		return;
	}
	ck_assert_uint_eq(link_user_count(u, LINK_DL, -EIO), 1);
	fake->clear_halt_error = 0;
	fake_usb_wait_ms(fake, 1100);
	ck_assert(fake_usb_say(fake, DIAG_IN, "x", 1));
	ck_assert_uint_eq(u->n_bytes, 1);
}
END_TEST

START_TEST(test_f67_a_stall_while_it_closes)
{
	struct link_user *u = open_chan(BENCH_DIAG);

	fake_usb_end(fake, DIAG_IN, -EPIPE, 0);
	link_user_close(u);
	fake_usb_run(fake);
	ck_assert_uint_eq(u->n_closed, 1);
	/* The halt is not forgotten. */
	usb_bench_open(&b, BENCH_DIAG);
	ck_assert_uint_eq(fake->n_halts_cleared, 1);
	ck_assert(fake_usb_say(fake, DIAG_IN, "x", 1));
}
END_TEST

/* Babble: F68. */

START_TEST(test_f68_babble_is_told_once_and_received_again)
{
	struct link_user *u = open_chan(_i ? BENCH_DATA : BENCH_DIAG);
	uint8_t in = _i ? DATA_IN : DIAG_IN;

	for (int i = 0; i < 3; i++) {
		fake_usb_end(fake, in, -EOVERFLOW, 256);
		fake_usb_wait_ms(fake, 300);
	}
	ck_assert_uint_eq(link_user_count(u, LINK_DL, -EOVERFLOW), 1);
	ck_assert_uint_eq(u->n_events, 1);
	ck_assert_uint_eq(fake_usb_count(fake, in), 4);
	fake_usb_say(fake, in, "x", 1);
	fake_usb_end(fake, in, -EOVERFLOW, 0);
	ck_assert_uint_eq(link_user_count(u, LINK_DL, -EOVERFLOW), 2);
}
END_TEST

START_TEST(test_f68_endless_babble_is_paced)
{
	struct link_user *u = open_chan(BENCH_DIAG);

	while (fake->timers.now_us < 31000000) {
		while (fake_usb_end(fake, DIAG_IN, -EOVERFLOW, 0))
			;
		fake_usb_wait_ms(fake, 10);
	}
	ck_assert_uint_lt(fake->n_ends, 400);
	ck_assert_uint_lt(b.n_noted, 3);
	ck_assert_uint_eq(link_user_count(u, LINK_DL, -EOVERFLOW), 1);
}
END_TEST

/* The wire. */

START_TEST(test_an_error_on_the_wire_is_tried_again_after_a_pause)
{
	struct link_user *u = open_chan(BENCH_DIAG);

	fake_usb_end(fake, DIAG_IN, -EIO, 0);
	ck_assert_uint_eq(fake_usb_count(fake, DIAG_IN), 3);
	fake_usb_wait_ms(fake, 49);
	ck_assert_uint_eq(fake_usb_count(fake, DIAG_IN), 3);
	fake_usb_wait_ms(fake, 2);
	ck_assert_uint_eq(fake_usb_count(fake, DIAG_IN), 4);
	ck_assert_uint_eq(u->n_events, 0);
	ck_assert_uint_eq(b.n_noted, 1);
}
END_TEST

START_TEST(test_bytes_before_an_error_belong_to_a_stream_but_to_no_message)
{
	struct link_user *u = open_chan(_i ? BENCH_DATA : BENCH_DIAG);

	fake_usb_end(fake, _i ? DATA_IN : DIAG_IN, -EIO, 5);
	ck_assert_uint_eq(u->n_bytes, _i ? 0 : 5);
}
END_TEST

START_TEST(test_five_errors_in_a_row_are_an_error)
{
	struct link_user *u = open_chan(BENCH_DIAG);

	for (int i = 0; i < 5; i++) {
		ck_assert_uint_eq(u->n_events, 0);
		while (fake_usb_end(fake, DIAG_IN, -EIO, 0))
			;
		fake_usb_wait_ms(fake, 900);
	}
	ck_assert_uint_eq(link_user_count(u, LINK_DL, -EIO), 1);
	fake_usb_wait_ms(fake, 1100);
	fake_usb_say(fake, DIAG_IN, "x", 1);
	ck_assert_uint_eq(u->n_bytes, 1);
}
END_TEST

START_TEST(test_an_error_out_is_told_to_that_write_alone)
{
	struct link_user *u = open_chan(BENCH_DIAG);

	link_user_send(u, "first", 5);
	link_user_send(u, "second", 6);
	fake_usb_end(fake, DIAG_OUT, -EIO, 2);
	ck_assert_int_eq(last_event(u)->status, -EIO);
	fake_usb_take(fake, DIAG_OUT);
	ck_assert_int_eq(last_event(u)->status, 0);
	ck_assert_uint_eq(u->n_events, 2);
}
END_TEST

START_TEST(test_less_memory_in_usbfs_means_fewer_at_once)
{
	struct link_user *u;

	fake->submit_error = -ENOMEM;
	fake->submit_error_endpoint = DIAG_IN;
	usb_bench_start(&b, false);
	fake->n_submit_errors = 1;
	u = usb_bench_open(&b, BENCH_DIAG);
	fake_usb_wait_ms(fake, 60);
	ck_assert_uint_eq(fake_usb_count(fake, DIAG_IN), 2);
	ck_assert_ptr_nonnull(strstr(b.noted, "usbfs_memory_mb"));
	for (int i = 0; i < 100; i++)
		ck_assert(fake_usb_say(fake, DIAG_IN, "x", 1));
	ck_assert_uint_eq(u->n_bytes, 100);
	ck_assert_uint_eq(b.n_noted, 1);
	ck_assert_uint_eq(fake_usb_count(fake, DIAG_IN), 2);
}
END_TEST

START_TEST(test_line_states_come_up)
{
	open_chan(BENCH_AT);
	fake_usb_say(fake, AT_NOTIFY, "\xa1\x20\0\0\x02\0\x02\0\x03\0", 10);
	ck_assert_uint_eq(b.n_lines, 1);
	ck_assert_uint_eq(b.line_chan, BENCH_AT);
	ck_assert_uint_eq(b.line_bits, USB_LINE_DCD | USB_LINE_DSR);
	/* In two packets, and of another interface. */
	fake_usb_say(fake, AT_NOTIFY, "\xa1\x20\0\0\x02\0\x02\0", 8);
	fake_usb_say(fake, AT_NOTIFY, "\x02\0", 2);
	ck_assert_uint_eq(b.n_lines, 2);
	ck_assert_uint_eq(b.line_bits, USB_LINE_DSR);
	fake_usb_say(fake, AT_NOTIFY, "\xa1\x20\0\0\x03\0\x02\0\x03\0", 10);
	fake_usb_say(fake, AT_NOTIFY, "\xa1\x20\0", 3);
	ck_assert_uint_eq(b.n_lines, 2);
	ck_assert_uint_eq(fake_usb_count(fake, AT_NOTIFY), 1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("usb-bulk");
	TCase *t = tcase_create("open");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_nothing_is_read_before_the_first_open);
	tcase_add_test(t, test_open_receives_before_it_raises_the_line);
	tcase_add_test(t, test_a_refused_line_is_as_good_as_a_raised_one);
	tcase_add_test(t, test_a_line_without_answer_costs_a_second);
	tcase_add_test(t, test_what_comes_before_the_slots_is_kept_in_order);
	tcase_add_test(t, test_close_lowers_the_line_and_then_cancels);
	tcase_add_test(t, test_a_channel_opens_again_after_its_close);
	tcase_add_loop_test(t, test_close_ends_an_open_that_is_under_way, 0, 3);
	tcase_add_loop_test(t, test_a_line_that_is_still_being_raised_is_lowered, 0, 2);
	tcase_add_test(t, test_close_from_inside_callbacks);
	tcase_add_test(t, test_hello_and_goodbye_are_written);
	tcase_add_test(t, test_a_goodbye_nobody_takes_costs_a_moment);
	tcase_add_test(t, test_bytes_of_a_cancelled_transfer_belong_to_the_stream);
	tcase_add_test(t, test_cancel_of_a_direction_leaves_the_channel_open);
	tcase_add_test(t, test_line_states_come_up);
	suite_add_tcase(s, t);

	t = tcase_create("boundaries");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_a_stream_has_one_message_for_each_transfer);
	tcase_add_test(t, test_f69_an_empty_packet_never_ends_a_read_of_a_stream);
	tcase_add_test(t, test_f69_a_short_packet_ends_a_message);
	tcase_add_test(t, test_f69_an_empty_packet_ends_a_message_of_full_buffers);
	tcase_add_test(t, test_f69_an_empty_message_is_dropped);
	tcase_add_test(t, test_f69_empty_packets_without_end_do_not_keep_us_busy);
	tcase_add_loop_test(t, test_f69_an_empty_packet_follows_whole_packets_where_it_should, 0, 8);
	tcase_add_test(t, test_f69_a_run_that_goes_on_has_no_empty_packet_inside);
	tcase_add_test(t, test_f69_firehose_wants_the_empty_packet_that_breaks_sahara);
	tcase_add_test(t, test_slots_nobody_gave_back_are_not_submitted);
	tcase_add_test(t, test_a_device_that_takes_nothing_keeps_all_slots);
	suite_add_tcase(s, t);

	t = tcase_create("faults");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_f67_a_stall_in_is_cleared_once_and_nothing_is_lost);
	tcase_add_test(t, test_f67_stalls_behind_a_stall_count_as_one);
	tcase_add_test(t, test_f67_a_stall_out_sends_the_rest_in_order);
	tcase_add_loop_test(t, test_f67_a_second_stall_is_an_error_of_one_transfer, 0, 2);
	tcase_add_test(t, test_f67_an_endpoint_that_always_stalls_is_quiet);
	tcase_add_loop_test(t, test_f67_a_halt_that_cannot_be_cleared, 0, 2);
	tcase_add_test(t, test_f67_a_stall_while_it_closes);
	tcase_add_loop_test(t, test_f68_babble_is_told_once_and_received_again, 0, 2);
	tcase_add_test(t, test_f68_endless_babble_is_paced);
	tcase_add_test(t, test_an_error_on_the_wire_is_tried_again_after_a_pause);
	tcase_add_loop_test(t, test_bytes_before_an_error_belong_to_a_stream_but_to_no_message, 0, 2);
	tcase_add_test(t, test_five_errors_in_a_row_are_an_error);
	tcase_add_test(t, test_an_error_out_is_told_to_that_write_alone);
	tcase_add_test(t, test_less_memory_in_usbfs_means_fewer_at_once);
	suite_add_tcase(s, t);
	return suite_run(s);
}
