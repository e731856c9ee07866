/* QMI frames, byte by byte as qmicli sends them. */
#include "speaker.h"
#include "suite.h"

static struct speaker qmi;

static void setup(void)
{
	speaker_open(&qmi, "qmi", 1);
}

static void teardown(void)
{
	speaker_close(&qmi);
}

static void expect(const uint8_t *said, uint32_t said_len, const uint8_t *answer, uint32_t len)
{
	speaker_say(&qmi, said, said_len);
	ck_assert_uint_eq(qmi.heard_len, len);
	if (len)
		ck_assert_mem_eq(qmi.heard, answer, len);
}

#define BYTES(...) (const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ })

/* One service request; the answer's error code, its header checked. */
static unsigned int ask(uint8_t service, uint8_t client, uint16_t message,
			const uint8_t *tlvs, uint32_t tlvs_len)
{
	uint8_t frame[256] = { 1, 0, 0, 0, service, client, 0, 0x34, 0x12 };

	put_le16(frame + 1, (uint16_t)(12 + tlvs_len));
	put_le16(frame + 9, message);
	put_le16(frame + 11, (uint16_t)tlvs_len);
	if (tlvs_len)
		memcpy(frame + 13, tlvs, tlvs_len);
	speaker_say(&qmi, frame, 13 + tlvs_len);
	ck_assert_uint_eq(qmi.messages, 1);
	ck_assert_uint_ge(qmi.heard_len, 20);
	ck_assert_uint_eq(qmi.heard[0], 1);
	ck_assert_uint_eq(get_le16(qmi.heard + 1), qmi.heard_len - 1);
	ck_assert_uint_eq(qmi.heard[3], 0x80);
	ck_assert_uint_eq(qmi.heard[4], service);
	ck_assert_uint_eq(qmi.heard[5], client);
	ck_assert_uint_eq(qmi.heard[6], 2);
	ck_assert_uint_eq(get_le16(qmi.heard + 7), 0x1234);
	ck_assert_uint_eq(get_le16(qmi.heard + 9), message);
	ck_assert_uint_eq(get_le16(qmi.heard + 11), qmi.heard_len - 13);
	ck_assert_uint_eq(qmi.heard[13], 2);
	ck_assert_uint_eq(get_le16(qmi.heard + 14), 4);
	ck_assert_uint_eq(get_le16(qmi.heard + 16), get_le16(qmi.heard + 18) != 0);
	return get_le16(qmi.heard + 18);
}

/* The value of a TLV in the last service answer. */
static const uint8_t *tlv(uint8_t type, uint32_t *ret_len)
{
	for (uint32_t at = 13; at + 3 <= qmi.heard_len; at += 3 + *ret_len) {
		*ret_len = get_le16(qmi.heard + at + 1);
		ck_assert_uint_le(at + 3 + *ret_len, qmi.heard_len);
		if (qmi.heard[at] == type)
			return qmi.heard + at + 3;
	}
	return NULL;
}

static void allocate(uint8_t service, uint8_t client)
{
	const uint8_t said[] = { 1, 15, 0, 0, 0, 0, 0, 7, 0x22, 0, 4, 0, 1, 1, 0, service };
	const uint8_t answer[] = { 1, 23, 0, 0x80, 0, 0, 1, 7, 0x22, 0, 12, 0,
				   2, 4, 0, 0, 0, 0, 0, 1, 2, 0, service, client };

	expect(said, sizeof(said), answer, sizeof(answer));
}

START_TEST(test_version_info_lists_the_services)
{
	speaker_say(&qmi, BYTES(1, 11, 0, 0, 0, 0, 0, 1, 0x21, 0, 0, 0));
	ck_assert_uint_eq(qmi.heard_len, 12 + 7 + 3 + 1 + 5 * 4);
	ck_assert_mem_eq(qmi.heard, "\1\x2a\0\x80\0\0\1\1\x21\0\x1f\0\2\4\0\0\0\0\0\1\x15\0\4\0\1\0\5\0", 28);
}
END_TEST

START_TEST(test_sync_is_answered)
{
	expect(BYTES(1, 11, 0, 0, 0, 0, 0, 9, 0x27, 0, 0, 0),
	       BYTES(1, 18, 0, 0x80, 0, 0, 1, 9, 0x27, 0, 7, 0, 2, 4, 0, 0, 0, 0, 0));
}
END_TEST

START_TEST(test_clients_are_allocated_and_released)
{
	allocate(2, 1);
	allocate(2, 2);
	allocate(1, 1);
	ck_assert_uint_eq(ask(2, 2, 0x0020, NULL, 0), 0);
	expect(BYTES(1, 16, 0, 0, 0, 0, 0, 8, 0x23, 0, 5, 0, 1, 2, 0, 2, 1),
	       BYTES(1, 23, 0, 0x80, 0, 0, 1, 8, 0x23, 0, 12, 0,
		     2, 4, 0, 0, 0, 0, 0, 1, 2, 0, 2, 1));
	ck_assert_uint_eq(ask(2, 1, 0x0020, NULL, 0), 7);
	expect(BYTES(1, 16, 0, 0, 0, 0, 0, 8, 0x23, 0, 5, 0, 1, 2, 0, 2, 1),
	       BYTES(1, 18, 0, 0x80, 0, 0, 1, 8, 0x23, 0, 7, 0, 2, 4, 0, 1, 0, 7, 0));
	allocate(2, 1);
}
END_TEST

START_TEST(test_client_ids_run_out)
{
	const uint8_t said[] = { 1, 15, 0, 0, 0, 0, 0, 7, 0x22, 0, 4, 0, 1, 1, 0, 2 };

	for (uint8_t i = 1; i <= 32; i++)
		allocate(2, i);
	expect(said, sizeof(said),
	       BYTES(1, 18, 0, 0x80, 0, 0, 1, 7, 0x22, 0, 7, 0, 2, 4, 0, 1, 0, 5, 0));
}
END_TEST

START_TEST(test_unknown_services_and_messages_are_refused)
{
	const uint8_t said[] = { 1, 15, 0, 0, 0, 0, 0, 7, 0x22, 0, 4, 0, 1, 1, 0, 0x77 };

	expect(said, sizeof(said),
	       BYTES(1, 18, 0, 0x80, 0, 0, 1, 7, 0x22, 0, 7, 0, 2, 4, 0, 1, 0, 31, 0));
	expect(BYTES(1, 11, 0, 0, 0, 0, 0, 3, 0x99, 0, 0, 0),
	       BYTES(1, 18, 0, 0x80, 0, 0, 1, 3, 0x99, 0, 7, 0, 2, 4, 0, 1, 0, 71, 0));
	ck_assert_uint_eq(ask(0x77, 1, 0x0020, NULL, 0), 31);
	allocate(2, 1);
	ck_assert_uint_eq(ask(2, 1, 0x7777, NULL, 0), 71);
}
END_TEST

START_TEST(test_a_missing_argument_is_told)
{
	expect(BYTES(1, 11, 0, 0, 0, 0, 0, 3, 0x22, 0, 0, 0),
	       BYTES(1, 18, 0, 0x80, 0, 0, 1, 3, 0x22, 0, 7, 0, 2, 4, 0, 1, 0, 17, 0));
}
END_TEST

START_TEST(test_data_format_is_taken)
{
	expect(BYTES(1, 20, 0, 0, 0, 0, 0, 4, 0x26, 0, 9, 0, 1, 1, 0, 0, 0x10, 2, 0, 2, 0),
	       BYTES(1, 23, 0, 0x80, 0, 0, 1, 4, 0x26, 0, 12, 0,
		     2, 4, 0, 0, 0, 0, 0, 0x10, 2, 0, 2, 0));
}
END_TEST

START_TEST(test_dms_tells_who_it_is)
{
	static const struct { uint16_t message; const char *text; } texts[] = {
		{ 0x21, "mhifs" }, { 0x22, "Simulated Modem" }, { 0x23, "MHISIM.1.0-00001" },
		{ 0x2c, "10000" }, { 0x51, "MHISIM.1.0-00001" },
	};
	const uint8_t *value;
	uint32_t len;

	allocate(2, 1);
	for (unsigned int i = 0; i < ARRAY_SIZE(texts); i++) {
		ck_assert_uint_eq(ask(2, 1, texts[i].message, NULL, 0), 0);
		value = tlv(1, &len);
		ck_assert_uint_eq(len, strlen(texts[i].text));
		ck_assert_mem_eq(value, texts[i].text, len);
	}
	ck_assert_uint_eq(ask(2, 1, 0x25, NULL, 0), 0);
	value = tlv(0x11, &len);
	ck_assert_uint_eq(len, 15);
	ck_assert_mem_eq(value, "35916209", 8);
	ck_assert_uint_eq(ask(2, 1, 0x43, NULL, 0), 0);
	value = tlv(1, &len);
	ck_assert_mem_eq(value, "00101", 5);
	ck_assert_uint_eq(ask(2, 1, 0x20, NULL, 0), 0);
	value = tlv(1, &len);
	ck_assert_uint_eq(len, 15);
	ck_assert_uint_eq(value[10], 4);	/* as many radio interfaces follow */
}
END_TEST

START_TEST(test_the_operating_mode_is_kept)
{
	const uint8_t *value;
	uint32_t len;

	allocate(2, 1);
	ck_assert_uint_eq(ask(2, 1, 0x2e, BYTES(1, 1, 0, 1)), 0);
	ck_assert_uint_eq(ask(2, 1, 0x2d, NULL, 0), 0);
	value = tlv(1, &len);
	ck_assert_uint_eq(value[0], 1);
	ck_assert_uint_eq(ask(2, 1, 0x2e, BYTES(1, 1, 0, 99)), 48);
	ck_assert_uint_eq(ask(2, 1, 0x2e, NULL, 0), 17);
}
END_TEST

START_TEST(test_broken_frames)
{
	/* No marker, too short, a length beyond the message, an answer. */
	expect(BYTES(2, 11, 0, 0, 0, 0, 0, 9, 0x27, 0, 0, 0), NULL, 0);
	expect(BYTES(1, 5, 0, 0, 0), NULL, 0);
	expect(BYTES(1, 200, 0, 0, 0, 0, 0, 9, 0x27, 0, 0, 0), NULL, 0);
	expect(BYTES(1, 0, 0, 0, 0, 0, 0, 0), NULL, 0);
	expect(BYTES(1, 11, 0, 0x80, 0, 0, 1, 9, 0x27, 0, 0, 0), NULL, 0);
	/* TLVs that claim more than there is. */
	expect(BYTES(1, 11, 0, 0, 0, 0, 0, 9, 0x27, 0, 4, 0),
	       BYTES(1, 18, 0, 0x80, 0, 0, 1, 9, 0x27, 0, 7, 0, 2, 4, 0, 1, 0, 1, 0));
	expect(BYTES(1, 14, 0, 0, 0, 0, 0, 9, 0x22, 0, 3, 0, 1, 9, 0),
	       BYTES(1, 18, 0, 0x80, 0, 0, 1, 9, 0x22, 0, 7, 0, 2, 4, 0, 1, 0, 17, 0));
}
END_TEST

START_TEST(test_two_frames_in_one_message)
{
	speaker_say(&qmi, BYTES(1, 11, 0, 0, 0, 0, 0, 1, 0x27, 0, 0, 0,
				1, 11, 0, 0, 0, 0, 0, 2, 0x27, 0, 0, 0));
	ck_assert_uint_eq(qmi.messages, 2);
	ck_assert_uint_eq(qmi.heard_len, 38);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("service-qmi");
	TCase *t = tcase_create("qmi");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_version_info_lists_the_services);
	tcase_add_test(t, test_sync_is_answered);
	tcase_add_test(t, test_clients_are_allocated_and_released);
	tcase_add_test(t, test_client_ids_run_out);
	tcase_add_test(t, test_unknown_services_and_messages_are_refused);
	tcase_add_test(t, test_a_missing_argument_is_told);
	tcase_add_test(t, test_data_format_is_taken);
	tcase_add_test(t, test_dms_tells_who_it_is);
	tcase_add_test(t, test_the_operating_mode_is_kept);
	tcase_add_test(t, test_broken_frames);
	tcase_add_test(t, test_two_frames_in_one_message);
	suite_add_tcase(s, t);
	return suite_run(s);
}
