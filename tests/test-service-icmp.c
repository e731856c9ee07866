/* Echo requests over IP, raw and in QMAP frames. */
#include "speaker.h"
#include "suite.h"

static struct speaker ip;

static void setup(void)
{
	speaker_open(&ip, "icmp", 1);
}

static void teardown(void)
{
	speaker_close(&ip);
}

/* A real one: 10.0.0.2 asks 10.0.0.1, id 0x1234, sequence 1, payload "abcd". */
static const uint8_t ping4[] = {
	0x45, 0x00, 0x00, 0x20, 0x00, 0x01, 0x40, 0x00, 0x40, 0x01, 0x26, 0xda,
	10, 0, 0, 2, 10, 0, 0, 1,
	0x08, 0x00, 0x21, 0x04, 0x12, 0x34, 0x00, 0x01, 'a', 'b', 'c', 'd',
};

/* Ones' complement sum over all 16-bit words; 0xffff when a checksum is in it
 * and right. */
static uint16_t sum_of(const uint8_t *data, uint32_t len, uint32_t sum)
{
	for (uint32_t i = 0; i < len; i++)
		sum += i & 1 ? data[i] : (uint32_t)data[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

static void make_ping6(uint8_t *p, uint32_t payload)
{
	uint32_t len = 8 + payload;

	memset(p, 0, 40 + len);
	p[0] = 0x60;
	put_be16(p + 4, (uint16_t)len);
	p[6] = 58;
	p[7] = 64;
	for (unsigned int i = 0; i < 16; i++) {
		p[8 + i] = (uint8_t)i;
		p[24 + i] = (uint8_t)(0x80 + i);
	}
	p[40] = 128;
	put_be16(p + 44, 0x4321);
	for (uint32_t i = 0; i < payload; i++)
		p[48 + i] = (uint8_t)(i * 7);
	put_be16(p + 42, (uint16_t)~sum_of(p + 40, len, sum_of(p + 8, 32, len + 58)));
}

START_TEST(test_the_request_is_a_good_one)
{
	ck_assert_uint_eq(sum_of(ping4, 20, 0), 0xffff);
	ck_assert_uint_eq(sum_of(ping4 + 20, 12, 0), 0xffff);
}
END_TEST

START_TEST(test_icmp_echo)
{
	speaker_say(&ip, ping4, sizeof(ping4));
	ck_assert_uint_eq(ip.messages, 1);
	ck_assert_uint_eq(ip.heard_len, sizeof(ping4));
	ck_assert_uint_eq(sum_of(ip.heard, 20, 0), 0xffff);
	ck_assert_uint_eq(sum_of(ip.heard + 20, 12, 0), 0xffff);
	ck_assert_mem_eq(ip.heard + 12, ping4 + 16, 4);
	ck_assert_mem_eq(ip.heard + 16, ping4 + 12, 4);
	ck_assert_uint_eq(ip.heard[20], 0);
	ck_assert_mem_eq(ip.heard + 24, ping4 + 24, 8);
}
END_TEST

START_TEST(test_icmpv6_echo)
{
	uint8_t ping[40 + 8 + 33];

	make_ping6(ping, 33);
	speaker_say(&ip, ping, sizeof(ping));
	ck_assert_uint_eq(ip.heard_len, sizeof(ping));
	ck_assert_uint_eq(ip.heard[40], 129);
	ck_assert_mem_eq(ip.heard + 8, ping + 24, 16);
	ck_assert_uint_eq(sum_of(ip.heard + 40, 41, sum_of(ip.heard + 8, 32, 41 + 58)), 0xffff);
}
END_TEST

START_TEST(test_trailing_bytes_are_no_part_of_the_packet)
{
	uint8_t padded[sizeof(ping4) + 14] = { 0 };

	memcpy(padded, ping4, sizeof(ping4));
	speaker_say(&ip, padded, sizeof(padded));
	ck_assert_uint_eq(ip.heard_len, sizeof(ping4));
}
END_TEST

START_TEST(test_what_is_no_sound_request_disappears)
{
	static const struct { unsigned int at; uint8_t value; } changes[] = {
		{ 0, 0x44 }, { 0, 0x4f }, { 2, 0xff }, { 3, 0x10 }, { 6, 0x20 }, { 7, 1 },
		{ 9, 17 }, { 10, 0 }, { 20, 0 }, { 21, 1 }, { 31, 'x' },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(changes); i++) {
		uint8_t bad[sizeof(ping4)];

		memcpy(bad, ping4, sizeof(bad));
		bad[changes[i].at] = changes[i].value;
		speaker_say(&ip, bad, sizeof(bad));
		ck_assert_uint_eq(ip.messages, 0);
	}
	for (uint32_t len = 1; len < sizeof(ping4); len++) {
		speaker_say(&ip, ping4, len);
		ck_assert_uint_eq(ip.messages, 0);
	}
}
END_TEST

START_TEST(test_qmap_frames_are_answered_in_frames)
{
	uint8_t said[200], ping6[49];
	uint32_t n = 0;

	make_ping6(ping6, 1);
	memcpy(said, (uint8_t[]){ 0, 0x81, 0, sizeof(ping4) }, 4);
	memcpy(said + 4, ping4, sizeof(ping4));
	n = 4 + sizeof(ping4);
	memcpy(said + n, (uint8_t[]){ 0x80, 0x81, 0, 4, 1, 0, 0, 0 }, 8);	/* a command */
	n += 8;
	memcpy(said + n, (uint8_t[]){ 3, 0x82, 0, 52 }, 4);
	memcpy(said + n + 4, ping6, 49);
	memset(said + n + 53, 0, 3);
	n += 56;
	speaker_say(&ip, said, n);
	ck_assert_uint_eq(ip.messages, 2);
	ck_assert_uint_eq(ip.heard_len, 4 + sizeof(ping4) + 56);
	ck_assert_mem_eq(ip.heard, said, 4);
	ck_assert_uint_eq(ip.heard[4 + 20], 0);
	ck_assert_mem_eq(ip.heard + 4 + sizeof(ping4), said + n - 56, 4);
	ck_assert_uint_eq(ip.heard[4 + sizeof(ping4) + 4 + 40], 129);
}
END_TEST

START_TEST(test_broken_frames_end_the_message)
{
	speaker_say(&ip, (uint8_t[]){ 0, 0x81, 0, 200, 0x45 }, 5);
	ck_assert_uint_eq(ip.messages, 0);
	speaker_say(&ip, (uint8_t[]){ 0x3f, 0x81, 0, 4, 1, 2, 3, 4 }, 8);
	ck_assert_uint_eq(ip.messages, 0);
	speaker_say(&ip, (uint8_t[]){ 0, 0x81, 0, 0 }, 4);
	ck_assert_uint_eq(ip.messages, 0);
}
END_TEST

START_TEST(test_the_largest_packet)
{
	static uint8_t ping[65535];

	make_ping6(ping, 65535 - 48);
	speaker_say(&ip, ping, sizeof(ping));
	ck_assert_uint_eq(ip.heard_len, sizeof(ping));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("service-icmp");
	TCase *t = tcase_create("icmp");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_the_request_is_a_good_one);
	tcase_add_test(t, test_icmp_echo);
	tcase_add_test(t, test_icmpv6_echo);
	tcase_add_test(t, test_trailing_bytes_are_no_part_of_the_packet);
	tcase_add_test(t, test_what_is_no_sound_request_disappears);
	tcase_add_test(t, test_qmap_frames_are_answered_in_frames);
	tcase_add_test(t, test_broken_frames_end_the_message);
	tcase_add_test(t, test_the_largest_packet);
	suite_add_tcase(s, t);
	return suite_run(s);
}
