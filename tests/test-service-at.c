/* Dialogues with the AT service. */
#include "base/timers.h"
#include "speaker.h"
#include "suite.h"
#include <stdio.h>

static struct speaker at;

static void setup(void)
{
	speaker_open(&at, "at", 1);
}

static void teardown(void)
{
	speaker_close(&at);
}

static void expect(const char *said, const char *answer)
{
	ck_assert_str_eq(speaker_ask(&at, said), answer);
}

START_TEST(test_at_is_echoed_and_answered)
{
	expect("AT\r", "AT\r\r\nOK\r\n");
	ck_assert_uint_eq(at.messages, 1);
	expect("at\r\n", "at\r\r\nOK\r\n");
}
END_TEST

START_TEST(test_echo_can_be_switched_off)
{
	expect("ATE0\r", "ATE0\r\r\nOK\r\n");
	expect("AT\r", "\r\nOK\r\n");
	expect("ATE1\r", "\r\nOK\r\n");
	expect("AT\r", "AT\r\r\nOK\r\n");
	expect("ATE2\r", "ATE2\r\r\nERROR\r\n");
}
END_TEST

START_TEST(test_a_line_is_assembled_from_any_pieces)
{
	expect("A", "A");
	expect("T+CG", "T+CG");
	expect("MM\rAT", "MM\r\r\nSimulated Modem\r\n\r\nOK\r\nAT");
	ck_assert_uint_eq(at.messages, 2);
	expect("\r", "\r\r\nOK\r\n");
}
END_TEST

START_TEST(test_a_shell_may_end_a_line_with_lf)
{
	expect("AT\n", "AT\n\r\nOK\r\n");
	expect("\n", "\n");
}
END_TEST

START_TEST(test_backspace_erases)
{
	expect("ATX\b\r", "ATX\b \b\r\r\nOK\r\n");
	expect("ATQQ\x7f\x7f\r", "ATQQ\b \b\b \b\r\r\nOK\r\n");
	expect("\b\b", "");
}
END_TEST

START_TEST(test_what_does_not_start_with_at_is_ignored)
{
	expect("ATE0\r", "ATE0\r\r\nOK\r\n");
	expect("hello\r", "");
	expect("  AT\r", "\r\nOK\r\n");
	expect("\r\r\r", "");
	expect("\x01\x02\xff\r", "");
}
END_TEST

START_TEST(test_unknown_commands_are_errors)
{
	expect("ATE0\r", "ATE0\r\r\nOK\r\n");
	expect("AT+NOSUCH\r", "\r\nERROR\r\n");
	expect("AT+NOSUCH=1,2\r", "\r\nERROR\r\n");
	expect("ATY\r", "\r\nERROR\r\n");
	expect("AT&\r", "\r\nERROR\r\n");
	expect("AT+CGMI=1\r", "\r\nERROR\r\n");
	expect("AT+\r", "\r\nERROR\r\n");
}
END_TEST

START_TEST(test_identity)
{
	const char *all;

	expect("ATE0\r", "ATE0\r\r\nOK\r\n");
	expect("AT+CGMI\r", "\r\nmhifs\r\n\r\nOK\r\n");
	expect("AT+CGMM\r", "\r\nSimulated Modem\r\n\r\nOK\r\n");
	expect("AT+CGMR\r", "\r\nMHISIM.1.0-00001\r\n\r\nOK\r\n");
	all = speaker_ask(&at, "ATI\r");
	ck_assert_ptr_nonnull(strstr(all, "Manufacturer: mhifs\r\n"));
	ck_assert_ptr_nonnull(strstr(all, "IMEI: 35916209"));
	ck_assert_ptr_nonnull(strstr(all, "\r\nOK\r\n"));
	ck_assert_ptr_nonnull(strstr(speaker_ask(&at, "AT+CIMI\r"), "\r\n00101"));
}
END_TEST

START_TEST(test_the_imei_has_its_check_digit)
{
	const char *imei;
	unsigned int sum = 0;

	speaker_ask(&at, "ATE0\r");
	imei = speaker_ask(&at, "AT+CGSN\r") + 2;
	for (unsigned int i = 0; i < 15; i++) {
		unsigned int d = (unsigned int)(imei[i] - '0') << (i & 1);

		ck_assert_uint_lt((unsigned int)(imei[i] - '0'), 10);
		sum += d > 9 ? d - 9 : d;
	}
	ck_assert_uint_eq(sum % 10, 0);
	ck_assert_int_eq(imei[15], '\r');
}
END_TEST

START_TEST(test_network_questions)
{
	unsigned int rssi;

	speaker_ask(&at, "ATE0\r");
	ck_assert_int_eq(sscanf(speaker_ask(&at, "AT+CSQ\r"), "\r\n+CSQ: %u,99\r\n", &rssi), 1);
	ck_assert_uint_le(rssi, 31);
	expect("AT+CREG?\r", "\r\n+CREG: 0,1\r\n\r\nOK\r\n");
	expect("AT+CGREG?\r", "\r\n+CGREG: 0,1\r\n\r\nOK\r\n");
	expect("AT+CEREG?\r", "\r\n+CEREG: 0,1\r\n\r\nOK\r\n");
	expect("AT+CREG=?\r", "\r\n+CREG: (0-2)\r\n\r\nOK\r\n");
	expect("AT+COPS?\r", "\r\n+COPS: 0,0,\"mhifs\",7\r\n\r\nOK\r\n");
	expect("AT+COPS=3,2\r", "\r\nOK\r\n");
	expect("AT+COPS?\r", "\r\n+COPS: 0,2,\"00101\",7\r\n\r\nOK\r\n");
	expect("AT+COPS=?\r",
	       "\r\n+COPS: (2,\"mhifs\",\"mhifs\",\"00101\",7),,(0-4),(0-2)\r\n\r\nOK\r\n");
	expect("AT+CPIN?\r", "\r\n+CPIN: READY\r\n\r\nOK\r\n");
}
END_TEST

START_TEST(test_the_radio_can_be_switched_off)
{
	speaker_ask(&at, "ATE0\r");
	expect("AT+CFUN?\r", "\r\n+CFUN: 1\r\n\r\nOK\r\n");
	expect("AT+CFUN=4\r", "\r\nOK\r\n");
	expect("AT+CREG?\r", "\r\n+CREG: 0,0\r\n\r\nOK\r\n");
	expect("AT+CSQ\r", "\r\n+CSQ: 99,99\r\n\r\nOK\r\n");
	expect("AT+COPS?\r", "\r\n+COPS: 0\r\n\r\nOK\r\n");
	expect("AT+CFUN=1,0\r", "\r\nOK\r\n");
	expect("AT+CREG?\r", "\r\n+CREG: 0,1\r\n\r\nOK\r\n");
}
END_TEST

START_TEST(test_cmee_chooses_the_words_of_errors)
{
	speaker_ask(&at, "ATE0\r");
	expect("AT+CFUN=9\r", "\r\nERROR\r\n");
	expect("AT+CMEE=1\r", "\r\nOK\r\n");
	expect("AT+CFUN=9\r", "\r\n+CME ERROR: 50\r\n");
	expect("AT+CPIN=\"1234\"\r", "\r\n+CME ERROR: 3\r\n");
	expect("AT+CMEE=2\r", "\r\nOK\r\n");
	expect("AT+CFUN=9\r", "\r\n+CME ERROR: incorrect parameters\r\n");
	expect("AT+CMEE?\r", "\r\n+CMEE: 2\r\n\r\nOK\r\n");
	expect("AT+CMEE=3\r", "\r\n+CME ERROR: incorrect parameters\r\n");
}
END_TEST

START_TEST(test_contexts_are_kept)
{
	speaker_ask(&at, "ATE0\r");
	expect("AT+CGDCONT?\r",
	       "\r\n+CGDCONT: 1,\"IPV4V6\",\"internet\",\"\",0,0\r\n\r\nOK\r\n");
	expect("AT+CGDCONT=2, \"IP\", \"my;apn\"\r", "\r\nOK\r\n");
	expect("AT+CGDCONT=1\r", "\r\nOK\r\n");
	expect("AT+CGDCONT?\r", "\r\n+CGDCONT: 2,\"IP\",\"my;apn\",\"\",0,0\r\n\r\nOK\r\n");
	expect("AT+CGDCONT=9,\"IP\"\r", "\r\nERROR\r\n");
	expect("AT+CGDCONT=1,\"X25\"\r", "\r\nERROR\r\n");
}
END_TEST

START_TEST(test_commands_can_be_chained)
{
	speaker_ask(&at, "ATE0\r");
	expect("AT+CREG?;+CGREG?\r", "\r\n+CREG: 0,1\r\n\r\n+CGREG: 0,1\r\n\r\nOK\r\n");
	expect("ATE0V1X4&C1+CFUN?\r", "\r\n+CFUN: 1\r\n\r\nOK\r\n");
	expect("AT+CFUN?;+NOSUCH;+CFUN?\r", "\r\n+CFUN: 1\r\n\r\nERROR\r\n");
	expect("ATS3?\r", "\r\n013\r\n\r\nOK\r\n");
	expect("ATS0=0S7=60\r", "\r\nOK\r\n");
}
END_TEST

START_TEST(test_a_slash_repeats)
{
	speaker_ask(&at, "ATE0\r");
	expect("AT+CFUN?\r", "\r\n+CFUN: 1\r\n\r\nOK\r\n");
	expect("A/", "\r\n+CFUN: 1\r\n\r\nOK\r\n");
	expect("a/", "\r\n+CFUN: 1\r\n\r\nOK\r\n");
}
END_TEST

START_TEST(test_results_can_be_numbers_or_nothing)
{
	speaker_ask(&at, "ATE0\r");
	expect("ATV0\r", "0\r");
	expect("AT+CFUN?\r", "+CFUN: 1\r\n0\r");
	expect("ATY\r", "4\r");
	expect("ATV1Q1\r", "");
	expect("AT\r", "");
	expect("ATZ\r", "\r\nOK\r\n");
	expect("AT&F\r", "AT&F\r\r\nOK\r\n");
}
END_TEST

START_TEST(test_nobody_answers_a_call)
{
	speaker_ask(&at, "ATE0\r");
	expect("ATD*99#\r", "\r\nNO CARRIER\r\n");
	expect("ATA\r", "\r\nNO CARRIER\r\n");
	expect("ATH\r", "\r\nOK\r\n");
}
END_TEST

START_TEST(test_a_line_too_long_is_an_error_and_over)
{
	char line[2000];

	memset(line, 'x', sizeof(line));
	memcpy(line, "AT", 2);
	line[sizeof(line) - 2] = '\r';
	line[sizeof(line) - 1] = '\0';
	speaker_ask(&at, "ATE0\r");
	expect(line, "\r\nERROR\r\n");
	expect("AT\r", "\r\nOK\r\n");
}
END_TEST

START_TEST(test_an_idle_modem_has_no_news)
{
	ck_assert_uint_eq(speaker_tick(&at, 0), TIME_NEVER);
	speaker_ask(&at, "AT\r");
	ck_assert_uint_eq(speaker_tick(&at, 5), TIME_NEVER);
	ck_assert_uint_eq(at.messages, 0);
}
END_TEST

START_TEST(test_registration_news_come_when_asked_for)
{
	uint64_t next;

	speaker_ask(&at, "AT+CREG=1\r");
	next = speaker_tick(&at, 100);
	ck_assert_uint_eq(at.messages, 0);
	ck_assert_uint_eq(next, 1000100);
	ck_assert_uint_eq(speaker_tick(&at, 5000), next);	/* after some other command */
	next = speaker_tick(&at, next);
	ck_assert_str_eq((char *)at.heard, "\r\n+CREG: 1\r\n");
	ck_assert_uint_gt(next, 1000100);
	speaker_ask(&at, "AT+CREG=2\r");
	speaker_tick(&at, next);
	ck_assert_ptr_nonnull(strstr((char *)at.heard, "\r\n+CREG: 1,\"00A1\",\""));
	speaker_ask(&at, "AT+CREG=0\r");
	ck_assert_uint_eq(speaker_tick(&at, next + 1), TIME_NEVER);
}
END_TEST

START_TEST(test_any_bytes_are_survived)
{
	uint64_t state = 99;
	uint8_t noise[64];

	for (unsigned int i = 0; i < 5000; i++) {
		static const char likely[] = "AT+CGDCONT=1,\"?;\r\b/&SED0123456789 ";

		for (unsigned int k = 0; k < sizeof(noise); k++) {
			state = state * 6364136223846793005ull + 1;
			noise[k] = state >> 60 ? (uint8_t)likely[(state >> 33) % (sizeof(likely) - 1)] :
						 (uint8_t)(state >> 40);
		}
		speaker_say(&at, noise, sizeof(noise));
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("service-at");
	TCase *t = tcase_create("at");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_at_is_echoed_and_answered);
	tcase_add_test(t, test_echo_can_be_switched_off);
	tcase_add_test(t, test_a_line_is_assembled_from_any_pieces);
	tcase_add_test(t, test_a_shell_may_end_a_line_with_lf);
	tcase_add_test(t, test_backspace_erases);
	tcase_add_test(t, test_what_does_not_start_with_at_is_ignored);
	tcase_add_test(t, test_unknown_commands_are_errors);
	tcase_add_test(t, test_identity);
	tcase_add_test(t, test_the_imei_has_its_check_digit);
	tcase_add_test(t, test_network_questions);
	tcase_add_test(t, test_the_radio_can_be_switched_off);
	tcase_add_test(t, test_cmee_chooses_the_words_of_errors);
	tcase_add_test(t, test_contexts_are_kept);
	tcase_add_test(t, test_commands_can_be_chained);
	tcase_add_test(t, test_a_slash_repeats);
	tcase_add_test(t, test_results_can_be_numbers_or_nothing);
	tcase_add_test(t, test_nobody_answers_a_call);
	tcase_add_test(t, test_a_line_too_long_is_an_error_and_over);
	tcase_add_test(t, test_an_idle_modem_has_no_news);
	tcase_add_test(t, test_registration_news_come_when_asked_for);
	tcase_add_test(t, test_any_bytes_are_survived);
	suite_add_tcase(s, t);
	return suite_run(s);
}
