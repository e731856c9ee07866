/* NMEA sentences, and the mouth that all services speak with. */
#include "base/timers.h"
#include "speaker.h"
#include "suite.h"
#include <stdio.h>

static struct speaker nmea;

static void setup(void)
{
	speaker_open(&nmea, "nmea", 1);
}

static void teardown(void)
{
	speaker_close(&nmea);
}

/* Each line: $body*checksum CR LF.  Counts those that start with @type. */
static unsigned int count(const char *type)
{
	char *line = (char *)nmea.heard;
	unsigned int n = 0;

	while (*line) {
		char *end = strstr(line, "\r\n"), *star = strchr(line, '*');
		unsigned int sum = 0, told;

		ck_assert_ptr_nonnull(end);
		ck_assert(line[0] == '$' && star && star == end - 3);
		ck_assert_int_le(end + 2 - line, 82);
		for (char *c = line + 1; c < star; c++)
			sum ^= (unsigned char)*c;
		ck_assert_int_eq(sscanf(star, "*%2X", &told), 1);
		ck_assert_uint_eq(told, sum);
		n += !strncmp(line + 1, type, strlen(type));
		line = end + 2;
	}
	return n;
}

START_TEST(test_sentences_are_valid)
{
	ck_assert_uint_eq(speaker_tick(&nmea, 0), 1000000);
	ck_assert_uint_eq(count("GPGGA"), 1);
	ck_assert_uint_eq(count("GPRMC"), 1);
	ck_assert_uint_eq(count("GPGSA"), 1);
	ck_assert_uint_eq(count("GPGSV"), 2);
	ck_assert_uint_eq(nmea.messages, 5);
}
END_TEST

START_TEST(test_the_position_moves_once_a_second)
{
	char first[200], second[200];
	uint64_t next = speaker_tick(&nmea, 3723000000);

	ck_assert_uint_eq(next, 3724000000);
	memcpy(first, nmea.heard, sizeof(first));
	ck_assert_ptr_nonnull(strstr(first, "$GPGGA,010203.00,48"));
	ck_assert_ptr_nonnull(strstr(first, ",011126,,,A"));
	speaker_tick(&nmea, next);
	memcpy(second, nmea.heard, sizeof(second));
	ck_assert_ptr_nonnull(strstr(second, "$GPGGA,010204.00,48"));
	ck_assert_mem_ne(first + 17, second + 17, 30);
}
END_TEST

START_TEST(test_a_day_of_driving_stays_valid)
{
	uint64_t now = 0;

	for (unsigned int i = 0; i < 86500; i++) {
		now = speaker_tick(&nmea, now);
		if (i % 100 == 0)
			ck_assert_uint_eq(count("GP"), 5);
	}
	ck_assert_ptr_nonnull(strstr((char *)nmea.heard, ",021126,,,A"));
}
END_TEST

START_TEST(test_the_seed_decides_the_place)
{
	struct speaker other;

	speaker_open(&other, "nmea", 2);
	speaker_tick(&nmea, 0);
	speaker_tick(&other, 0);
	ck_assert_str_ne((char *)nmea.heard, (char *)other.heard);
	speaker_close(&other);
	speaker_open(&other, "nmea", 1);
	speaker_tick(&other, 0);
	ck_assert_str_eq((char *)nmea.heard, (char *)other.heard);
	speaker_close(&other);
}
END_TEST

START_TEST(test_a_mouth_keeps_messages_apart_and_drops_what_does_not_fit)
{
	uint8_t bytes[16];
	struct mouth m = { .bytes = bytes, .size = sizeof(bytes) };
	const uint8_t *message;
	uint32_t len;

	ck_assert(mouth_is_empty(&m));
	ck_assert_ptr_null(mouth_peek(&m, &len));
	mouth_swallow(&m);
	mouth_say(&m, "", 0);
	ck_assert(mouth_is_empty(&m));
	mouth_say(&m, "abc", 3);
	mouth_printf(&m, "%d", 12345);
	ck_assert_uint_eq(m.dropped, 0);
	mouth_say(&m, "x", 1);
	ck_assert_uint_eq(m.dropped, 1);
	message = mouth_peek(&m, &len);
	ck_assert_uint_eq(len, 3);
	ck_assert_mem_eq(message, "abc", 3);
	mouth_swallow(&m);
	message = mouth_peek(&m, &len);
	ck_assert_uint_eq(len, 5);
	ck_assert_mem_eq(message, "12345", 5);
	mouth_swallow(&m);
	ck_assert(mouth_is_empty(&m));
	mouth_say(&m, "0123456789ab", 12);
	ck_assert_uint_eq(m.dropped, 1);
	mouth_swallow(&m);
	mouth_say(&m, "0123456789abc", 13);
	ck_assert_uint_eq(m.dropped, 2);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("service-nmea");
	TCase *t = tcase_create("nmea");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_sentences_are_valid);
	tcase_add_test(t, test_the_position_moves_once_a_second);
	tcase_add_test(t, test_a_day_of_driving_stays_valid);
	tcase_add_test(t, test_the_seed_decides_the_place);
	tcase_add_test(t, test_a_mouth_keeps_messages_apart_and_drops_what_does_not_fit);
	suite_add_tcase(s, t);
	return suite_run(s);
}
