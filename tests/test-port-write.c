/* test-port-write - pieces, messages, room, and closes that wait for the device. */
#include "tests/port_client.h"
#include "tests/suite.h"
#include <errno.h>
#include <poll.h>

static struct port_bench b;
static struct client a, z;
static struct call w1, w2, w3, f1, f2;
static uint8_t heard[4096];
static size_t n_heard, n_messages;
static const uint8_t bytes[256] = "the quick brown fox jumps over the lazy dog and runs away, "
				  "as far as it can, through the woods and over the hills";

static void hear(void *ear, const uint8_t *data, uint32_t len)
{
	(void)ear;
	memcpy(heard + n_heard, data, len);
	n_heard += len;
	n_messages++;
}

static void begin(const struct port_config *c)
{
	port_bench_init_as(&b, c, 4, 4, 16);
	b.link.heard = hear;
	n_heard = n_messages = 0;
	call_init(&a.open, &b);
	call_init(&z.open, &b);
	call_init(&w1, &b);
	call_init(&w2, &b);
	call_init(&w3, &b);
	call_init(&f1, &b);
	call_init(&f2, &b);
	client_open(&a, &b);
	client_open(&z, &b);
	a.n_changed = z.n_changed = 0;
}

static void setup(void)
{
	begin(&port_bench_config);
}

static void setup_message(void)
{
	struct port_config c = port_bench_config;

	c.boundary = BOUNDARY_MESSAGE;
	begin(&c);
}

static void teardown(void)
{
	client_close(&a);
	client_close(&z);
	port_bench_fini(&b);
}

static void take_all(void)
{
	while (fake_link_take(&b.link, 0))
		;
}

static void fill(void)
{
	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(client_write(&a, "f", 1), 1);
}

START_TEST(test_f76_stream_is_cut_into_pieces_of_the_mtu_in_order)
{
	call_write(&w1, &a, bytes, 40, 0, false);
	ck_assert_int_eq(w1.result, 40);
	ck_assert_uint_eq(b.link.with_device[LINK_UL].n, 3);
	ck_assert_uint_eq(b.link.with_device[LINK_UL].lens[0], 16);
	ck_assert_uint_eq(b.link.with_device[LINK_UL].lens[2], 8);
	take_all();
	ck_assert_uint_eq(n_heard, 40);
	ck_assert(!memcmp(heard, bytes, 40));
	ck_assert_uint_eq(port_stats(b.port).ul_messages, 3);
	ck_assert_uint_eq(port_stats(b.port).ul_bytes, 40);
}
END_TEST

START_TEST(test_slot_is_cleared_behind_a_shorter_piece)
{
	/* fake_link asserts it at each submit */
	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(client_write(&a, bytes, 16), 16);
	take_all();
	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(client_write(&a, bytes, (size_t)i + 1), i + 1);
	take_all();
	client_close(&a);
	client_close(&z);
	port_bench_wait_ms(&b, 50);
	fake_link_closed(&b.link, 0);
	client_open(&a, &b);
	client_open(&z, &b);
	ck_assert_int_eq(client_write(&a, bytes, 1), 1);
}
END_TEST

START_TEST(test_f76_nonblocking_stream_write_sends_what_fits)
{
	ck_assert_int_eq(client_write(&a, bytes, 100), 64);
	ck_assert_int_eq(client_write(&a, bytes, 100), -EAGAIN);
	ck_assert_int_eq(port_poll(a.file), 0);
	fake_link_take(&b.link, 0);
	ck_assert_int_eq(port_poll(a.file), POLLOUT);
	ck_assert_int_eq(client_write(&a, bytes, 100), 16);
}
END_TEST

START_TEST(test_f76_blocking_stream_write_waits_for_the_rest)
{
	call_write(&w1, &a, bytes, 100, 0, false);
	ck_assert_uint_eq(w1.n_answers, 0);
	ck_assert_uint_eq(b.budget.used, 36);
	for (int i = 0; i < 3; i++) {
		ck_assert_uint_eq(w1.n_answers, 0);
		fake_link_take(&b.link, 0);
	}
	ck_assert_int_eq(w1.result, 100);
	ck_assert_uint_eq(b.budget.used, 0);
	take_all();
	ck_assert_uint_eq(n_heard, 100);
	ck_assert(!memcmp(heard, bytes, 100));
}
END_TEST

START_TEST(test_writers_are_served_in_order_of_arrival)
{
	fill();
	call_write(&w1, &a, "1", 1, 0, false);
	call_write(&w2, &z, "2", 1, 0, false);
	call_write(&w3, &a, "3", 1, 0, false);
	fake_link_take(&b.link, 0);
	ck_assert_int_eq(w1.result, 1);
	ck_assert_uint_eq(w2.n_answers, 0);
	ck_assert_int_eq(client_write(&z, "x", 1), -EAGAIN);
	ck_assert(!(port_poll(z.file) & POLLOUT));
	take_all();
	ck_assert(!memcmp(heard, "ffff123", 7));
}
END_TEST

START_TEST(test_f73_write_interrupted_before_progress_sent_nothing)
{
	fill();
	call_write(&w1, &a, "1", 1, 0, false);
	wait_interrupt(&w1.wait);
	ck_assert_int_eq(w1.result, -EINTR);
	ck_assert_uint_eq(b.budget.used, 0);
	take_all();
	ck_assert_uint_eq(n_messages, 4);
}
END_TEST

START_TEST(test_f73_write_interrupted_after_progress_tells_how_far_it_came)
{
	call_write(&w1, &a, bytes, 100, 0, false);
	fake_link_take(&b.link, 0);
	wait_interrupt(&w1.wait);
	ck_assert_int_eq(w1.result, 80);
	take_all();
	ck_assert_uint_eq(n_heard, 80);
}
END_TEST

START_TEST(test_blocked_write_does_not_block_a_read_nor_the_other_way)
{
	call_read(&w2, &a, 16, 0, false);
	call_write(&w1, &a, bytes, 100, 0, false);
	fake_link_say(&b.link, "x", 1, 0);
	ck_assert_int_eq(w2.result, 1);
	take_all();
	ck_assert_int_eq(w1.result, 100);
}
END_TEST

START_TEST(test_room_is_announced_once_it_is_there)
{
	fill();
	fake_link_take(&b.link, 0);
	ck_assert_uint_eq(a.n_changed, 1);
	ck_assert_uint_eq(z.n_changed, 1);
	fake_link_take(&b.link, 0);
	ck_assert_uint_eq(a.n_changed, 1);
}
END_TEST

START_TEST(test_f76_parked_payload_beyond_the_budget_is_enobufs)
{
	b.budget.most = 20;
	fill();
	call_write(&w1, &a, bytes, 16, 0, false);
	call_write(&w2, &z, bytes, 5, 0, false);
	ck_assert_int_eq(w2.result, -ENOBUFS);
	call_write(&w3, &z, bytes, 4, 0, false);
	ck_assert_uint_eq(w3.n_answers, 0);
	ck_assert_uint_eq(b.budget.used, 20);
	take_all();
	ck_assert_int_eq(w1.result, 16);
	ck_assert_int_eq(w3.result, 4);
}
END_TEST

START_TEST(test_f76_stream_write_beyond_the_budget_ends_short_after_progress)
{
	b.budget.most = 20;
	call_write(&w1, &a, bytes, 100, 0, false);
	ck_assert_int_eq(w1.result, 64);
}
END_TEST

START_TEST(test_f76_link_that_says_full_is_waited_for)
{
	ck_assert_int_eq(client_write(&a, "1", 1), 1);
	b.link.submit_result[LINK_UL] = LINK_FULL;
	ck_assert_int_eq(client_write(&a, "2", 1), -EAGAIN);
	ck_assert(!(port_poll(a.file) & POLLOUT));
	call_write(&w1, &a, "3", 1, 0, false);
	b.link.submit_result[LINK_UL] = LINK_OK;
	take_all();
	ck_assert_int_eq(w1.result, 1);
	ck_assert(!memcmp(heard, "13", 2));
}
END_TEST

START_TEST(test_link_that_refuses_fails_the_write)
{
	b.link.submit_result[LINK_UL] = -EIO;
	ck_assert_int_eq(client_write(&a, "1", 1), -EIO);
	b.link.submit_result[LINK_UL] = LINK_OK;
	ck_assert_int_eq(client_write(&a, "2", 1), 1);
}
END_TEST

START_TEST(test_f76_write_of_nothing_sends_nothing)
{
	ck_assert_int_eq(client_write(&a, "", 0), 0);
	ck_assert_uint_eq(b.link.with_device[LINK_UL].n, 0);
}
END_TEST

START_TEST(test_f76_message_longer_than_the_mtu_is_refused_whole)
{
	ck_assert_int_eq(client_write(&a, bytes, 17), -EMSGSIZE);
	ck_assert_uint_eq(b.link.with_device[LINK_UL].n, 0);
	ck_assert_int_eq(client_write(&a, bytes, 16), 16);
	take_all();
	fill();
	ck_assert_int_eq(client_write(&a, bytes, 17), -EMSGSIZE);
	take_all();
}
END_TEST

START_TEST(test_f76_message_waits_whole_or_is_eagain)
{
	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(client_write(&a, bytes, 10), 10);
	ck_assert_int_eq(client_write(&a, bytes, 10), -EAGAIN);
	call_write(&w1, &a, bytes, 12, 0, false);
	ck_assert_uint_eq(b.budget.used, 12);
	take_all();
	ck_assert_int_eq(w1.result, 12);
	ck_assert_uint_eq(n_messages, 5);
}
END_TEST

START_TEST(test_later_part_of_a_torn_message_is_not_sent_as_one)
{
	call_write(&w1, &a, bytes, 10, 0, false);
	call_write(&w2, &a, bytes + 10, 6, 10, false);
	ck_assert_int_eq(w2.result, 0);
	call_write(&w3, &a, bytes, 6, 0, false);
	ck_assert_int_eq(w3.result, 6);
	take_all();
	ck_assert_uint_eq(n_messages, 2);
}
END_TEST

START_TEST(test_message_of_an_append_write_begins_at_any_offset)
{
	call_write(&w1, &a, bytes, 10, 1 << 20, false);
	call_write(&w2, &a, bytes, 11, 1 << 20, false);
	ck_assert_int_eq(w1.result, 10);
	ck_assert_int_eq(w2.result, 11);
	take_all();
}
END_TEST

START_TEST(test_flush_waits_until_the_device_took_everything)
{
	call_write(&w1, &a, bytes, 40, 0, false);
	call_flush(&f1, &a);
	fake_link_take(&b.link, 0);
	fake_link_take(&b.link, 0);
	ck_assert_uint_eq(f1.n_answers, 0);
	fake_link_take(&b.link, 0);
	ck_assert_int_eq(f1.result, 0);
	ck_assert_uint_eq(f1.n_answers, 1);
	ck_assert_int_eq(client_flush(&a), 0);
}
END_TEST

START_TEST(test_flush_waits_for_its_own_file_only)
{
	ck_assert_int_eq(client_write(&z, "z", 1), 1);
	ck_assert_int_eq(client_write(&a, "a", 1), 1);
	ck_assert_int_eq(client_write(&z, "z", 1), 1);
	call_flush(&f2, &z);
	call_flush(&f1, &a);
	fake_link_take(&b.link, 0);
	fake_link_take(&b.link, 0);
	ck_assert_uint_eq(f1.n_answers, 1);
	ck_assert_uint_eq(f2.n_answers, 0);
	fake_link_take(&b.link, 0);
	ck_assert_uint_eq(f2.n_answers, 1);
}
END_TEST

START_TEST(test_f76_flush_of_a_file_that_wrote_nothing_is_answered_at_once)
{
	ck_assert_int_eq(client_write(&a, "a", 1), 1);
	ck_assert_int_eq(client_flush(&z), 0);
}
END_TEST

START_TEST(test_f76_flush_waits_no_longer_than_it_may)
{
	ck_assert_int_eq(client_write(&a, "a", 1), 1);
	call_flush(&f1, &a);
	port_bench_wait_ms(&b, 4999);
	ck_assert_uint_eq(f1.n_answers, 0);
	port_bench_wait_ms(&b, 1);
	ck_assert_int_eq(f1.result, -ETIMEDOUT);
	fake_link_take(&b.link, 0);
	ck_assert_uint_eq(f1.n_answers, 1);
}
END_TEST

START_TEST(test_f73_flush_can_be_interrupted)
{
	ck_assert_int_eq(client_write(&a, "a", 1), 1);
	call_flush(&f1, &a);
	wait_interrupt(&f1.wait);
	ck_assert_int_eq(f1.result, -EINTR);
	port_bench_wait_ms(&b, 10000);
	ck_assert_uint_eq(f1.n_answers, 1);
}
END_TEST

START_TEST(test_lost_piece_is_told_to_the_parked_write)
{
	fill();
	call_write(&w1, &a, "1", 1, 0, false);
	fake_link_take(&b.link, -EIO);
	ck_assert_int_eq(w1.result, -EIO);
	ck_assert_uint_eq(port_stats(b.port).errors, 1);
	ck_assert_int_eq(client_write(&a, "2", 1), 1);
	take_all();
	ck_assert_int_eq(client_flush(&a), 0);
	ck_assert(!memcmp(heard, "fff2", 4));
}
END_TEST

START_TEST(test_lost_piece_is_told_to_the_parked_flush)
{
	ck_assert_int_eq(client_write(&a, "1", 1), 1);
	call_flush(&f1, &a);
	fake_link_take(&b.link, -EIO);
	ck_assert_int_eq(f1.result, -EIO);
	ck_assert_int_eq(client_flush(&a), 0);
}
END_TEST

START_TEST(test_lost_piece_nobody_waited_for_is_told_by_the_close)
{
	ck_assert_int_eq(client_write(&a, "1", 1), 1);
	fake_link_take(&b.link, -EIO);
	ck_assert_int_eq(client_write(&a, "2", 1), 1);
	take_all();
	ck_assert_int_eq(client_flush(&z), 0);
	ck_assert_int_eq(client_flush(&a), -EIO);
	ck_assert_int_eq(client_flush(&a), 0);
}
END_TEST

START_TEST(test_lost_piece_of_one_file_does_not_hurt_the_other)
{
	fill();
	call_write(&w1, &z, "z", 1, 0, false);
	fake_link_take(&b.link, -EIO);
	ck_assert_int_eq(w1.result, 1);
	take_all();
	ck_assert_int_eq(client_flush(&z), 0);
	ck_assert_int_eq(client_flush(&a), -EIO);
}
END_TEST

START_TEST(test_link_that_takes_at_once_is_no_surprise)
{
	b.link.takes_at_once = true;
	call_write(&w1, &a, bytes, 200, 0, false);
	ck_assert_int_eq(w1.result, 200);
	ck_assert_int_eq(client_flush(&a), 0);
	ck_assert(!memcmp(heard, bytes, 200));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("port-write");
	TCase *c = tcase_create("stream");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, test_f76_stream_is_cut_into_pieces_of_the_mtu_in_order);
	tcase_add_test(c, test_slot_is_cleared_behind_a_shorter_piece);
	tcase_add_test(c, test_f76_nonblocking_stream_write_sends_what_fits);
	tcase_add_test(c, test_f76_blocking_stream_write_waits_for_the_rest);
	tcase_add_test(c, test_writers_are_served_in_order_of_arrival);
	tcase_add_test(c, test_f73_write_interrupted_before_progress_sent_nothing);
	tcase_add_test(c, test_f73_write_interrupted_after_progress_tells_how_far_it_came);
	tcase_add_test(c, test_blocked_write_does_not_block_a_read_nor_the_other_way);
	tcase_add_test(c, test_room_is_announced_once_it_is_there);
	tcase_add_test(c, test_f76_parked_payload_beyond_the_budget_is_enobufs);
	tcase_add_test(c, test_f76_stream_write_beyond_the_budget_ends_short_after_progress);
	tcase_add_test(c, test_f76_link_that_says_full_is_waited_for);
	tcase_add_test(c, test_link_that_refuses_fails_the_write);
	tcase_add_test(c, test_f76_write_of_nothing_sends_nothing);
	tcase_add_test(c, test_link_that_takes_at_once_is_no_surprise);
	suite_add_tcase(s, c);
	c = tcase_create("message");
	tcase_add_checked_fixture(c, setup_message, teardown);
	tcase_add_test(c, test_f76_message_longer_than_the_mtu_is_refused_whole);
	tcase_add_test(c, test_f76_message_waits_whole_or_is_eagain);
	tcase_add_test(c, test_later_part_of_a_torn_message_is_not_sent_as_one);
	tcase_add_test(c, test_message_of_an_append_write_begins_at_any_offset);
	suite_add_tcase(s, c);
	c = tcase_create("flush");
	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, test_flush_waits_until_the_device_took_everything);
	tcase_add_test(c, test_flush_waits_for_its_own_file_only);
	tcase_add_test(c, test_f76_flush_of_a_file_that_wrote_nothing_is_answered_at_once);
	tcase_add_test(c, test_f76_flush_waits_no_longer_than_it_may);
	tcase_add_test(c, test_f73_flush_can_be_interrupted);
	tcase_add_test(c, test_lost_piece_is_told_to_the_parked_write);
	tcase_add_test(c, test_lost_piece_is_told_to_the_parked_flush);
	tcase_add_test(c, test_lost_piece_nobody_waited_for_is_told_by_the_close);
	tcase_add_test(c, test_lost_piece_of_one_file_does_not_hurt_the_other);
	suite_add_tcase(s, c);
	return suite_run(s);
}
