/* DIAG in HDLC frames. */
#include "speaker.h"
#include "suite.h"

static struct speaker diag;

static void setup(void)
{
	speaker_open(&diag, "diag", 1);
}

static void teardown(void)
{
	speaker_close(&diag);
}

#define BYTES(...) (const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ })

/* CRC-16/X-25, bit by bit: another way than the service's own. */
static uint16_t crc_of(const uint8_t *data, uint32_t len)
{
	uint16_t crc = 0xffff;

	for (uint32_t i = 0; i < len; i++) {
		crc ^= data[i];
		for (unsigned int k = 0; k < 8; k++)
			crc = (uint16_t)(crc & 1 ? crc >> 1 ^ 0x8408 : crc >> 1);
	}
	return (uint16_t)~crc;
}

/* Unframes what was heard in place; bytes of payload. */
static uint32_t unframe(uint8_t *payload)
{
	uint32_t n = 0;

	ck_assert_uint_eq(diag.messages, 1);
	ck_assert_uint_eq(diag.heard[diag.heard_len - 1], 0x7e);
	for (uint32_t i = 0; i < diag.heard_len - 1; i++) {
		ck_assert_uint_ne(diag.heard[i], 0x7e);
		payload[n++] = diag.heard[i] == 0x7d ? diag.heard[++i] ^ 0x20 : diag.heard[i];
	}
	ck_assert_uint_eq(get_le16(payload + n - 2), crc_of(payload, n - 2));
	return n - 2;
}

START_TEST(test_check_values)
{
	ck_assert_uint_eq(crc_of((const uint8_t *)"123456789", 9), 0x906e);
	ck_assert_uint_eq(crc_of(BYTES(0)), 0xf078);
	ck_assert_uint_eq(crc_of(BYTES(0x7c)), 0x4993);
}
END_TEST

START_TEST(test_version_request)
{
	uint8_t payload[256];

	speaker_say(&diag, BYTES(0x00, 0x78, 0xf0, 0x7e));
	ck_assert_uint_eq(unframe(payload), 55);
	ck_assert_uint_eq(payload[0], 0);
	ck_assert_mem_eq(payload + 1, "Nov 01 2026", 11);
}
END_TEST

START_TEST(test_extended_build_id)
{
	uint8_t payload[256];
	uint32_t n;

	speaker_say(&diag, BYTES(0x7c, 0x93, 0x49, 0x7e));
	n = unframe(payload);
	ck_assert_uint_eq(payload[0], 0x7c);
	ck_assert_str_eq((char *)payload + 12, "MHISIM.1.0-00001");
	ck_assert_str_eq((char *)payload + 12 + 17, "Simulated Modem");
	ck_assert_uint_eq(n, 12 + 17 + 16);
}
END_TEST

START_TEST(test_status_tells_the_esn)
{
	uint8_t payload[256], said[4] = { 0x0c };

	put_le16(said + 1, crc_of(said, 1));
	said[3] = 0x7e;
	speaker_say(&diag, said, 4);
	unframe(payload);
	ck_assert_uint_eq(payload[0], 0x0c);
	ck_assert_uint_ge(get_le32(payload + 4), 0x80000000);
}
END_TEST

START_TEST(test_unknown_commands_come_back)
{
	uint8_t payload[256];

	/* 4B 65 01 00 with the checksum its users know. */
	speaker_say(&diag, BYTES(0x4b, 0x65, 0x01, 0x00, 0x54, 0x0f, 0x7e));
	ck_assert_uint_eq(unframe(payload), 5);
	ck_assert_mem_eq(payload, "\x13\x4b\x65\x01\x00", 5);
}
END_TEST

START_TEST(test_escapes_both_ways)
{
	uint8_t payload[256], said[16], body[3] = { 0x99, 0x7d, 0x7e };
	uint16_t crc = crc_of(body, 3);

	ck_assert((crc & 0xff) != 0x7e && (crc & 0xff) != 0x7d && crc >> 8 != 0x7e);
	memcpy(said, "\x99\x7d\x5d\x7d\x5e", 5);
	put_le16(said + 5, crc);
	said[7] = 0x7e;
	speaker_say(&diag, said, 8);
	ck_assert_uint_eq(unframe(payload), 4);
	ck_assert_mem_eq(payload, "\x13\x99\x7d\x7e", 4);
}
END_TEST

START_TEST(test_bad_checksums_are_dropped)
{
	speaker_say(&diag, BYTES(0x00, 0x78, 0xf1, 0x7e));
	ck_assert_uint_eq(diag.messages, 0);
	speaker_say(&diag, BYTES(0x7e, 0x7e, 0x7d, 0x7e, 0x01, 0x7e));
	ck_assert_uint_eq(diag.messages, 0);
	speaker_say(&diag, BYTES(0x00, 0x78, 0xf0, 0x7e));
	ck_assert_uint_eq(diag.messages, 1);
}
END_TEST

START_TEST(test_frames_come_in_any_pieces)
{
	speaker_say(&diag, BYTES(0x00, 0x78));
	ck_assert_uint_eq(diag.messages, 0);
	speaker_say(&diag, BYTES(0xf0));
	speaker_say(&diag, BYTES(0x7e, 0x7c, 0x93, 0x49, 0x7e, 0x00));
	ck_assert_uint_eq(diag.messages, 2);
	speaker_say(&diag, BYTES(0x78, 0xf0, 0x7e));
	ck_assert_uint_eq(diag.messages, 1);
}
END_TEST

START_TEST(test_a_frame_too_long_is_dropped)
{
	static uint8_t noise[20000];

	memset(noise, 0x55, sizeof(noise));
	speaker_say(&diag, noise, sizeof(noise));
	speaker_say(&diag, BYTES(0x7e));
	ck_assert_uint_eq(diag.messages, 0);
	speaker_say(&diag, BYTES(0x00, 0x78, 0xf0, 0x7e));
	ck_assert_uint_eq(diag.messages, 1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("service-diag");
	TCase *t = tcase_create("diag");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_check_values);
	tcase_add_test(t, test_version_request);
	tcase_add_test(t, test_extended_build_id);
	tcase_add_test(t, test_status_tells_the_esn);
	tcase_add_test(t, test_unknown_commands_come_back);
	tcase_add_test(t, test_escapes_both_ways);
	tcase_add_test(t, test_bad_checksums_are_dropped);
	tcase_add_test(t, test_frames_come_in_any_pieces);
	tcase_add_test(t, test_a_frame_too_long_is_dropped);
	suite_add_tcase(s, t);
	return suite_run(s);
}
