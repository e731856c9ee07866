/* test-port-poll - poll says what read and write would do; one-way channels;
 * when files hear of a change. */
#include "tests/port_client.h"
#include "tests/suite.h"
#include <errno.h>
#include <poll.h>

static struct port_bench b;
static struct client a;
static struct call c1, c2;
static uint8_t data[CALL_MAX];

static void begin(unsigned int n_ul, unsigned int n_dl)
{
	port_bench_init_as(&b, &port_bench_config, n_ul, n_dl, 16);
	call_init(&a.open, &b);
	call_init(&c1, &b);
	call_init(&c2, &b);
	client_open(&a, &b);
	a.n_changed = 0;
}

static void teardown(void)
{
	client_close(&a);
	port_bench_fini(&b);
}

START_TEST(test_poll_follows_what_read_and_write_would_do)
{
	begin(2, 2);
	ck_assert_int_eq(port_poll(a.file), POLLOUT);
	fake_link_say(&b.link, "x", 1, 0);
	ck_assert_int_eq(port_poll(a.file), POLLIN | POLLOUT);
	ck_assert_int_eq(client_write(&a, data, 32), 32);
	ck_assert_int_eq(port_poll(a.file), POLLIN);
	ck_assert(client_reads(&a, "x"));
	ck_assert_int_eq(port_poll(a.file), 0);
}
END_TEST

START_TEST(test_file_hears_of_each_message_nobody_waited_for)
{
	begin(2, 4);
	fake_link_say(&b.link, "1", 1, 0);
	fake_link_say(&b.link, "2", 1, 0);
	ck_assert_uint_eq(a.n_changed, 2);
	client_read(&a, data, 8);
	client_read(&a, data, 8);
	ck_assert_uint_eq(a.n_changed, 2);
	call_read(&c1, &a, 8, 0, false);
	fake_link_say(&b.link, "3", 1, 0);
	ck_assert_int_eq(c1.result, 1);
	ck_assert_uint_eq(a.n_changed, 2);
}
END_TEST

START_TEST(test_predicate_has_changed_before_the_file_hears_of_it)
{
	begin(2, 4);
	port_kill(b.port, -ENODEV);
	ck_assert_uint_eq(a.n_changed, 1);
	ck_assert(port_poll(a.file) & POLLHUP);
}
END_TEST

START_TEST(test_room_taken_by_a_parked_write_is_not_announced)
{
	begin(2, 4);
	ck_assert_int_eq(client_write(&a, data, 32), 32);
	call_write(&c1, &a, data, 8, 0, false);
	fake_link_take(&b.link, 0);
	ck_assert_int_eq(c1.result, 8);
	ck_assert_uint_eq(a.n_changed, 0);
	fake_link_take(&b.link, 0);
	ck_assert_uint_eq(a.n_changed, 1);
}
END_TEST

START_TEST(test_channel_without_downlink_is_never_readable)
{
	begin(2, 0);
	ck_assert(!port_has(b.port, LINK_DL) && port_has(b.port, LINK_UL));
	ck_assert_int_eq(port_poll(a.file), POLLOUT);
	ck_assert_int_eq(client_read(&a, data, 8), -EOPNOTSUPP);
	call_read(&c1, &a, 8, 0, false);
	ck_assert_int_eq(c1.result, -EOPNOTSUPP);
	ck_assert_int_eq(client_write(&a, data, 8), 8);
	ck_assert_int_eq(port_poll(a.file), POLLOUT);
}
END_TEST

START_TEST(test_channel_without_uplink_is_never_writable)
{
	begin(0, 2);
	ck_assert(port_has(b.port, LINK_DL) && !port_has(b.port, LINK_UL));
	ck_assert_uint_eq(port_mtu(b.port), 16);
	ck_assert_int_eq(port_poll(a.file), 0);
	ck_assert_int_eq(client_write(&a, data, 8), -EOPNOTSUPP);
	call_write(&c1, &a, data, 8, 0, false);
	ck_assert_int_eq(c1.result, -EOPNOTSUPP);
	ck_assert_int_eq(client_flush(&a), 0);
	fake_link_say(&b.link, "x", 1, 0);
	ck_assert_int_eq(port_poll(a.file), POLLIN);
}
END_TEST

START_TEST(test_missing_direction_does_not_eat_the_error_of_a_death)
{
	begin(0, 2);
	fake_link_closed(&b.link, -ECONNRESET);
	ck_assert_int_eq(port_poll(a.file), POLLIN | POLLOUT | POLLHUP | POLLERR);
	ck_assert_int_eq(client_write(&a, data, 8), -EOPNOTSUPP);
	ck_assert_int_eq(client_read(&a, data, 8), -ECONNRESET);
}
END_TEST

START_TEST(test_mtu_is_never_longer_than_a_slot)
{
	struct port_config c = port_bench_config;

	c.mtu = 4096;
	port_bench_init_as(&b, &c, 2, 2, 16);
	call_init(&a.open, &b);
	client_open(&a, &b);
	ck_assert_uint_eq(port_mtu(b.port), 16);
	ck_assert_int_eq(client_write(&a, data, 20), 20);
	ck_assert_uint_eq(b.link.with_device[LINK_UL].lens[0], 16);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("port-poll");
	TCase *c = tcase_create("poll");

	tcase_add_checked_fixture(c, NULL, teardown);
	tcase_add_test(c, test_poll_follows_what_read_and_write_would_do);
	tcase_add_test(c, test_file_hears_of_each_message_nobody_waited_for);
	tcase_add_test(c, test_predicate_has_changed_before_the_file_hears_of_it);
	tcase_add_test(c, test_room_taken_by_a_parked_write_is_not_announced);
	tcase_add_test(c, test_channel_without_downlink_is_never_readable);
	tcase_add_test(c, test_channel_without_uplink_is_never_writable);
	tcase_add_test(c, test_missing_direction_does_not_eat_the_error_of_a_death);
	tcase_add_test(c, test_mtu_is_never_longer_than_a_slot);
	suite_add_tcase(s, c);
	return suite_run(s);
}
