/* Reading and writing a channel file: one message, one direction, no mixing. */
#include "client.h"
#include "shared.h"
#include "tests/suite.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

enum { MTU = 32768, MEBIBYTE = 1 << 20 };

START_TEST(test_what_was_written_comes_back)
{
	char buf[64];
	int fd = mount_open(m, "LOOPBACK", O_RDWR);

	ck_assert_int_eq(try_write(fd, "hello", 5), 5);
	ck_assert_int_eq(try_read(fd, buf, sizeof(buf)), 5);
	ck_assert_mem_eq(buf, "hello", 5);
	close(fd);
}
END_TEST

START_TEST(test_blocked_read_lets_a_write_pass_on_the_same_file)
{
	int fd = mount_open(m, "LOOPBACK", O_RDWR);
	struct client reader;
	char buf[64];

	client_read(&reader, fd, buf, sizeof(buf));
	client_wait_parked(&reader, m);
	ck_assert_int_eq(try_write(fd, "through", 7), 7);
	ck_assert_int_eq(client_join(&reader), 7);
	ck_assert_mem_eq(buf, "through", 7);
	close(fd);
}
END_TEST

START_TEST(test_waiting_reads_are_served_in_their_order)
{
	int a = mount_open(m, "LOOPBACK", O_RDWR), b = mount_open(m, "LOOPBACK", O_RDWR);
	struct client first, second, third;
	char buf[3][16];

	client_read(&first, a, buf[0], sizeof(buf[0]));
	client_wait_parked(&first, m);
	client_read(&second, b, buf[1], sizeof(buf[1]));
	client_wait_parked(&second, m);
	client_read(&third, a, buf[2], sizeof(buf[2]));
	client_wait_parked(&third, m);
	write_all(b, "1", 1);
	write_all(a, "22", 2);
	write_all(b, "333", 3);
	ck_assert_int_eq(client_join(&first), 1);
	ck_assert_int_eq(client_join(&second), 2);
	ck_assert_int_eq(client_join(&third), 3);
	close(a);
	close(b);
}
END_TEST

START_TEST(test_read_gives_one_message_and_keeps_the_rest)
{
	int fd = mount_open(m, "LOOPBACK", O_RDWR);
	char buf[64];

	write_all(fd, "abcde", 5);
	write_all(fd, "fg", 2);
	ck_assert_int_eq(try_read(fd, buf, 2), 2);
	ck_assert_int_eq(try_read(fd, buf + 2, 60), 3);
	ck_assert_mem_eq(buf, "abcde", 5);
	ck_assert_int_eq(try_read(fd, buf, sizeof(buf)), 2);
	ck_assert_mem_eq(buf, "fg", 2);
	close(fd);
}
END_TEST

START_TEST(test_f76_long_message_is_refused_whole)
{
	static const char *const names[] = { "QMI", "MBIM", "IPCR" };
	uint8_t *bytes = pattern_new(8192, 1);
	uint64_t before;
	char key[32];
	int fd;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		fd = mount_open(m, names[i], O_RDWR);
		snprintf(key, sizeof(key), "%s.ul_messages", names[i]);
		before = mount_stat(m, key);
		ck_assert_int_eq(try_write(fd, bytes, 4097), -EMSGSIZE);
		ck_assert_int_eq(try_write(fd, bytes + 1, 8000), -EMSGSIZE);
		ck_assert_int_eq(close(fd), 0);
		ck_assert_uint_eq(mount_stat(m, key), before);
	}
	free(bytes);
}
END_TEST

START_TEST(test_message_stays_whole_from_any_address)
{
	static const size_t shifts[] = { 0, 1, 100, 2048, 4095 };
	uint8_t *bytes = pattern_new(16384, 2);
	uint64_t before = mount_stat(m, "IPCR.ul_messages");
	int fd;

	memset(bytes, 0, 16384);	/* nothing that the other side answers */
	fd = mount_open(m, "IPCR", O_WRONLY);
	for (size_t i = 0; i < ARRAY_SIZE(shifts); i++)
		ck_assert_int_eq(try_write(fd, bytes + shifts[i], 4096), 4096);
	ck_assert_int_eq(close(fd), 0);
	ck_assert_uint_eq(mount_stat(m, "IPCR.ul_messages"), before + ARRAY_SIZE(shifts));
	free(bytes);
}
END_TEST

START_TEST(test_f76_stream_is_cut_at_the_mtu)
{
	enum { LEN = 3 * MTU + 1696 };
	static const ssize_t pieces[] = { MTU, MTU, MTU, 1696 };
	uint8_t *bytes = pattern_new(LEN + 100, 3), *back = pattern_new(MEBIBYTE, 0);
	int fd = mount_open(m, "LOOPBACK", O_RDWR);
	size_t at = 0;

	write_all(fd, bytes + 100, LEN);
	for (size_t i = 0; i < ARRAY_SIZE(pieces); i++) {
		ssize_t n = try_read(fd, back + at, MEBIBYTE - at);

		ck_assert_int_eq(n, pieces[i]);
		at += (size_t)n;
	}
	ck_assert_mem_eq(back, bytes + 100, LEN);
	close(fd);
	free(bytes);
	free(back);
}
END_TEST

START_TEST(test_f76_mebibyte_goes_in_one_call)
{
	static const size_t shifts[] = { 0, 100 };
	uint8_t *bytes = pattern_new(MEBIBYTE + 4096, 4), *back = pattern_new(MEBIBYTE, 0);
	int fd = mount_open(m, "LOOPBACK", O_RDWR);

	for (size_t i = 0; i < ARRAY_SIZE(shifts); i++) {
		memset(back, 0, MEBIBYTE);
		ck_assert_int_eq(try_write(fd, bytes + shifts[i], MEBIBYTE), MEBIBYTE);
		read_all(fd, back, MEBIBYTE);
		ck_assert_mem_eq(back, bytes + shifts[i], MEBIBYTE);
	}
	close(fd);
	free(bytes);
	free(back);
}
END_TEST

START_TEST(test_f76_nonblock_may_be_given_at_open)
{
	int fd = mount_open(m, "LOOPBACK", O_RDWR | O_NONBLOCK);
	char c;

	WAIT_FOR(mount_chan_is(m, "LOOPBACK", "running"));
	ck_assert_int_eq(try_read(fd, &c, 1), -EAGAIN);
	close(fd);
}
END_TEST

START_TEST(test_f76_nonblock_is_what_fcntl_says_now)
{
	int fd = mount_open(m, "LOOPBACK", O_RDWR);
	struct client reader;
	char c = 0;

	ck_assert_int_eq(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	ck_assert_int_eq(try_read(fd, &c, 1), -EAGAIN);
	ck_assert_int_eq(fcntl(fd, F_SETFL, 0), 0);
	client_read(&reader, fd, &c, 1);
	client_wait_parked(&reader, m);
	write_all(fd, "x", 1);
	ck_assert_int_eq(client_join(&reader), 1);
	ck_assert_int_eq(c, 'x');
	close(fd);
}
END_TEST

/* Writes until the channel is full; returns how much went. */
static size_t fill(int fd, const uint8_t *bytes, size_t len)
{
	uint64_t end = now_ms() + DEADLINE_MS;
	size_t at = 0;
	ssize_t n;

	/* Full is when a pause does not help: the device takes a while. */
	for (int full = 0; full < 20; full++) {
		while ((n = try_write(fd, bytes + at, min_size(MTU, len - at))) > 0) {
			at += (size_t)n;
			full = 0;
			ck_assert_uint_lt(at, len);
		}
		ck_assert_int_eq(n, -EAGAIN);
		ck_assert_uint_lt(now_ms(), end);
		usleep(2000);
	}
	return at;
}

START_TEST(test_f76_full_channel_gives_back_every_byte)
{
	enum { LEN = 24 * MEBIBYTE };
	uint8_t *bytes = pattern_new(LEN, 5), *back = pattern_new(LEN, 0);
	int fd = mount_open(m, "LOOPBACK", O_RDWR);
	size_t len, at = 0;
	char c;

	ck_assert_int_eq(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	len = fill(fd, bytes, LEN);
	ck_assert_uint_gt(len, MEBIBYTE);
	ck_assert_int_eq(fcntl(fd, F_SETFL, 0), 0);
	while (at < len) {
		ssize_t n = try_read(fd, back + at, len - at);

		ck_assert_int_gt(n, 0);
		at += (size_t)n;
	}
	ck_assert_mem_eq(back, bytes, len);
	ck_assert_int_eq(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	ck_assert_int_eq(try_read(fd, &c, 1), -EAGAIN);
	close(fd);
	free(bytes);
	free(back);
}
END_TEST

START_TEST(test_f76_parked_write_goes_on_when_there_is_room)
{
	enum { LEN = 24 * MEBIBYTE, LAST = 5 * MTU };
	uint8_t *bytes = pattern_new(LEN, 6), *back = pattern_new(LEN, 0);
	int fd = mount_open(m, "LOOPBACK", O_RDWR), other;
	struct client writer;
	size_t len;

	ck_assert_int_eq(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	len = fill(fd, bytes, LEN - LAST);
	ck_assert_int_eq(fcntl(fd, F_SETFL, 0), 0);
	client_write(&writer, fd, bytes + len, LAST);
	client_wait_parked(&writer, m);
	/* It stops nobody else. */
	other = mount_open(m, "LOOPBACK", O_RDWR | O_NONBLOCK);
	ck_assert_int_eq(try_write(other, "x", 1), -EAGAIN);
	close(other);
	read_all(fd, back, len + LAST);
	ck_assert_int_eq(client_join(&writer), LAST);
	ck_assert_mem_eq(back, bytes, len + LAST);
	close(fd);
	free(bytes);
	free(back);
}
END_TEST

START_TEST(test_sink_and_source_move_in_bulk)
{
	uint8_t *bytes = pattern_new(MEBIBYTE, 7);
	int sink = mount_open(m, "TEST_0", O_WRONLY), source = mount_open(m, "TEST_1", O_RDONLY);
	uint64_t before = mount_stat(m, "TEST_0.ul_bytes");

	for (int i = 0; i < 16; i++)
		write_all(sink, bytes, MEBIBYTE);
	ck_assert_int_eq(close(sink), 0);
	ck_assert_uint_eq(mount_stat(m, "TEST_0.ul_bytes"), before + 16 * MEBIBYTE);
	for (int i = 0; i < 16; i++)
		read_all(source, bytes, MEBIBYTE);
	close(source);
	free(bytes);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("io");
	TCase *tc = shared_case("io", NULL);

	mount_skip_unless_possible();
	tcase_add_test(tc, test_what_was_written_comes_back);
	tcase_add_test(tc, test_blocked_read_lets_a_write_pass_on_the_same_file);
	tcase_add_test(tc, test_waiting_reads_are_served_in_their_order);
	tcase_add_test(tc, test_read_gives_one_message_and_keeps_the_rest);
	tcase_add_test(tc, test_f76_long_message_is_refused_whole);
	tcase_add_test(tc, test_message_stays_whole_from_any_address);
	tcase_add_test(tc, test_f76_stream_is_cut_at_the_mtu);
	tcase_add_test(tc, test_f76_mebibyte_goes_in_one_call);
	tcase_add_test(tc, test_f76_nonblock_may_be_given_at_open);
	tcase_add_test(tc, test_f76_nonblock_is_what_fcntl_says_now);
	tcase_add_test(tc, test_f76_full_channel_gives_back_every_byte);
	tcase_add_test(tc, test_f76_parked_write_goes_on_when_there_is_room);
	tcase_add_test(tc, test_sink_and_source_move_in_bulk);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
