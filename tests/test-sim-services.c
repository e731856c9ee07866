/* Services on the channels of the simulated modem. */
#include "sim-host.h"
#include "suite.h"

static struct host host;

static void setup(void)
{
	host_open(&host, &sim_config_default);
	host_boot(&host);
}

static void teardown(void)
{
	host_close(&host);
}

START_TEST(test_a_service_hears_only_when_it_can_answer)
{
	iova_t to;

	host_start_pair(&host, 32, 16);
	host_send(&host, 32, "AT\r", 3);
	host_expect_silence(&host);
	to = host_offer(&host, 33, 64);
	host_ring(&host, 33);
	host_expect(&host, 32, EV_CODE_EOT, 3);
	host_expect(&host, 33, EV_CODE_EOT, 9);
	ck_assert_mem_eq(host_cpu(&host, to), "AT\r\r\nOK\r\n", 9);
}
END_TEST

START_TEST(test_an_answer_nobody_takes_stops_the_hearing)
{
	host_start_pair(&host, 32, 16);
	host_offer(&host, 33, 4);
	host_ring(&host, 33);
	host_send(&host, 32, "AT\r", 3);
	host_send(&host, 32, "AT\r", 3);
	host_expect(&host, 32, EV_CODE_EOT, 3);
	host_expect(&host, 33, EV_CODE_OVERFLOW, 4);
	host_expect_silence(&host);
	host_offer(&host, 33, 64);
	host_ring(&host, 33);
	host_expect(&host, 33, EV_CODE_EOT, 5);
	host_expect_silence(&host);	/* the second waits for a buffer */
	host_offer(&host, 33, 64);
	host_ring(&host, 33);
	host_expect(&host, 32, EV_CODE_EOT, 3);
	host_expect(&host, 33, EV_CODE_EOT, 9);
}
END_TEST

START_TEST(test_an_answer_goes_on_after_an_uplink_reset)
{
	iova_t to;

	host_start_pair(&host, 32, 16);
	host_offer(&host, 33, 4);
	host_ring(&host, 33);
	host_send(&host, 32, "AT\r", 3);
	host_expect(&host, 32, EV_CODE_EOT, 3);
	host_expect(&host, 33, EV_CODE_OVERFLOW, 4);
	ck_assert_uint_eq(host_command(&host, TRE_CMD_RESET_CHAN, 32), EV_CODE_SUCCESS);
	to = host_offer(&host, 33, 64);
	host_ring(&host, 33);
	host_expect(&host, 33, EV_CODE_EOT, 5);
	ck_assert_mem_eq(host_cpu(&host, to), "\nOK\r\n", 5);
}
END_TEST

START_TEST(test_a_new_session_starts_afresh)
{
	host_start_pair(&host, 32, 16);
	for (unsigned int i = 0; i < 4; i++)
		host_offer(&host, 33, 64);
	host_ring(&host, 33);
	host_send(&host, 32, "ATE0\r", 5);
	host_expect(&host, 32, EV_CODE_EOT, 5);
	host_expect(&host, 33, EV_CODE_EOT, 11);
	host_send(&host, 32, "half a li", 9);
	host_expect(&host, 32, EV_CODE_EOT, 9);
	host_command(&host, TRE_CMD_RESET_CHAN, 33);
	host_command(&host, TRE_CMD_RESET_CHAN, 32);
	host_start_pair(&host, 32, 16);
	host_offer(&host, 33, 64);
	host_ring(&host, 33);
	host_send(&host, 32, "AT\r", 3);
	host_expect(&host, 32, EV_CODE_EOT, 3);
	host_expect(&host, 33, EV_CODE_EOT, 9);	/* with echo */
}
END_TEST

START_TEST(test_a_chain_is_heard_as_one)
{
	iova_t first = host_alloc(&host, SIM_READS, 2, 1);
	iova_t second = host_alloc(&host, SIM_READS, 2, 1);

	memcpy(host_cpu(&host, first), "\x00\x78", 2);
	memcpy(host_cpu(&host, second), "\xf0\x7e", 2);
	host_start_pair(&host, 4, 16);
	host_offer(&host, 5, 256);
	host_ring(&host, 5);
	host_queue(&host, 4, tre_transfer(first, 2, TRE_CHAIN));
	host_queue(&host, 4, tre_transfer(second, 2, TRE_IEOT));
	host_ring(&host, 4);
	host_expect(&host, 4, EV_CODE_EOT, 2);
	host_expect(&host, 5, EV_CODE_EOT, 58);
}
END_TEST

/* Events on channel 95, whatever they carry. */
static unsigned int count_sentences(void)
{
	struct tre_copy ev;
	unsigned int n = 0;

	while (host_event(&host, 1, &ev)) {
		ck_assert_uint_eq(tre_chid(ev), 95);
		n++;
	}
	return n;
}

static void offer_nmea(unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		host_offer(&host, 95, 100);
	host_ring(&host, 95);
}

START_TEST(test_nmea_speaks_once_a_second)
{
	host_start(&host, 95, CHTYPE_DL, 64);
	offer_nmea(40);
	ck_assert_uint_eq(count_sentences(), 5);
	host_at(&host, 999999);
	ck_assert_uint_eq(count_sentences(), 0);
	for (uint64_t second = 1; second < 6; second++) {
		host_at(&host, second * 1000000);
		ck_assert_uint_eq(count_sentences(), 5);
	}
	host_command(&host, TRE_CMD_RESET_CHAN, 95);
	ck_assert_uint_eq(timers_next(&host.timers), TIME_NEVER);
}
END_TEST

START_TEST(test_an_unread_service_wakes_nobody)
{
	host_start(&host, 95, CHTYPE_DL, 64);
	offer_nmea(3);
	ck_assert_uint_eq(count_sentences(), 3);
	host_at(&host, 1000000);	/* due, but the first second is not read yet */
	ck_assert_uint_eq(timers_next(&host.timers), TIME_NEVER);
	host_at(&host, 60000000);
	offer_nmea(20);
	ck_assert_uint_eq(count_sentences(), 2 + 5);	/* the rest, then now */
}
END_TEST

START_TEST(test_services_pause_in_m3)
{
	struct tre_copy ev;

	host_start(&host, 95, CHTYPE_DL, 64);
	offer_nmea(40);
	count_sentences();
	host_ask(&host, MHI_STATE_M3);
	host_at(&host, 5000000);
	ck_assert_uint_eq(count_sentences(), 0);
	host_ask(&host, MHI_STATE_M0);
	ck_assert_uint_eq(count_sentences(), 5);
	while (host_event(&host, 0, &ev))
		;
}
END_TEST

START_TEST(test_news_come_over_the_channel)
{
	host_start_pair(&host, 32, 16);
	for (unsigned int i = 0; i < 4; i++)
		host_offer(&host, 33, 64);
	host_ring(&host, 33);
	host_send(&host, 32, "AT+CREG=1\r", 10);
	host_expect(&host, 32, EV_CODE_EOT, 10);
	host_expect(&host, 33, EV_CODE_EOT, 16);
	host_at(&host, 1000000);
	host_expect(&host, 33, EV_CODE_EOT, 12);
	host_send(&host, 32, "AT+CREG=0\r", 10);
	host_expect(&host, 32, EV_CODE_EOT, 10);
	host_expect(&host, 33, EV_CODE_EOT, 16);
	ck_assert_uint_eq(timers_next(&host.timers), TIME_NEVER);
}
END_TEST

/* Hears the downlink of a pair until the modem is silent, a few buffers at a
 * time; bytes. */
static uint64_t drain(unsigned int dl)
{
	uint64_t before;

	do {
		struct tre_copy ev;

		before = sim_counts(host.sim)->dl_bytes + sim_counts(host.sim)->ul_messages;
		for (unsigned int i = 0; i < 4; i++)
			host_queue(&host, dl, tre_transfer(HOST_WRITES + HOST_MEMORY - 4096, 4096,
							   TRE_IEOT));
		host_ring(&host, dl);
		while (host_event(&host, 1, &ev))
			;
		host_settle(&host);
		while (host_event(&host, 1, &ev))
			;
	} while (sim_counts(host.sim)->dl_bytes + sim_counts(host.sim)->ul_messages > before);
	return before - sim_counts(host.sim)->ul_messages;
}

START_TEST(test_a_flood_of_commands_loses_no_answer)
{
	enum { LEN = 4096 };
	iova_t at = host_alloc(&host, SIM_READS, LEN, 1);
	char *text = host_cpu(&host, at);
	uint64_t before, one;

	host_start_pair(&host, 32, 16);
	host_send(&host, 32, "ATE0\r", 5);
	before = drain(33);
	host_send(&host, 32, "ATI\r", 4);
	one = drain(33) - before;
	for (unsigned int i = 0; i < LEN; i += 2)
		memcpy(text + i, "A/", 2);
	for (unsigned int i = 0; i < 3; i++)
		host_queue(&host, 32, tre_transfer(at, LEN, i < 2 ? TRE_CHAIN : TRE_IEOT));
	host_ring(&host, 32);
	ck_assert_uint_eq(drain(33), before + (1 + 3 * LEN / 2) * one);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("sim-services");
	TCase *t = tcase_create("services");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_a_service_hears_only_when_it_can_answer);
	tcase_add_test(t, test_an_answer_nobody_takes_stops_the_hearing);
	tcase_add_test(t, test_an_answer_goes_on_after_an_uplink_reset);
	tcase_add_test(t, test_a_new_session_starts_afresh);
	tcase_add_test(t, test_a_chain_is_heard_as_one);
	tcase_add_test(t, test_nmea_speaks_once_a_second);
	tcase_add_test(t, test_an_unread_service_wakes_nobody);
	tcase_add_test(t, test_services_pause_in_m3);
	tcase_add_test(t, test_news_come_over_the_channel);
	tcase_add_test(t, test_a_flood_of_commands_loses_no_answer);
	suite_add_tcase(s, t);
	return suite_run(s);
}
