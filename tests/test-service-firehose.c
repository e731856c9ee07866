/* A programmer on a channel: documents, and raw sectors between them. */
#include "speaker.h"
#include "suite.h"

static struct speaker fh;

static void setup(void)
{
	speaker_open(&fh, "firehose", 1);
	speaker_tick(&fh, 0);
}

static void teardown(void)
{
	speaker_close(&fh);
}

#define COMMAND(text) "<?xml version=\"1.0\" ?><data><" text " /></data>"

START_TEST(test_it_tells_that_it_runs)
{
	ck_assert_uint_eq(fh.messages, 2);
	ck_assert_ptr_nonnull(strstr((char *)fh.heard, "the programmer runs"));
	ck_assert_uint_eq(speaker_tick(&fh, 0), TIME_NEVER);
	ck_assert_uint_eq(fh.messages, 0);
}
END_TEST

START_TEST(test_configure_takes_a_payload_it_can_hold)
{
	ck_assert_ptr_nonnull(strstr(speaker_ask(&fh, COMMAND("configure "
			"MaxPayloadSizeToTargetInBytes=\"1048576\"")), "ACK"));
	ck_assert_ptr_nonnull(strstr(speaker_ask(&fh, COMMAND("configure "
			"MaxPayloadSizeToTargetInBytes=\"1048577\"")), "NAK"));
}
END_TEST

START_TEST(test_a_program_command_takes_its_sectors)
{
	static uint8_t sectors[8192];

	ck_assert_ptr_nonnull(strstr(speaker_ask(&fh, COMMAND("program "
			"SECTOR_SIZE_IN_BYTES=\"4096\" num_partition_sectors=\"4\"")),
			"rawmode=\"true\""));
	speaker_say(&fh, sectors, sizeof(sectors));
	ck_assert_uint_eq(fh.messages, 0);
	speaker_say(&fh, sectors, sizeof(sectors));
	ck_assert_uint_eq(fh.messages, 1);
	ck_assert_ptr_nonnull(strstr((char *)fh.heard, "rawmode=\"false\""));
	ck_assert_ptr_nonnull(strstr((char *)fh.heard, "ACK"));
}
END_TEST

START_TEST(test_a_read_command_gives_its_sectors)
{
	uint32_t len = 0;

	ck_assert_ptr_nonnull(strstr(speaker_ask(&fh, COMMAND("read "
			"SECTOR_SIZE_IN_BYTES=\"512\" num_partition_sectors=\"100\"")),
			"rawmode=\"true\""));
	while (speaker_tick(&fh, 0) != TIME_NEVER) {
		for (uint32_t i = 0; i < fh.heard_len; i++)
			ck_assert_uint_eq(fh.heard[i], (len + i) % 251);
		len += fh.heard_len;
	}
	ck_assert_uint_eq(len, 51200);
	ck_assert_ptr_nonnull(strstr((char *)fh.heard, "rawmode=\"false\""));
}
END_TEST

static const char *const senseless[] = {
	COMMAND("program SECTOR_SIZE_IN_BYTES=\"0\" num_partition_sectors=\"4\""),
	COMMAND("program SECTOR_SIZE_IN_BYTES=\"4096\""),
	COMMAND("read SECTOR_SIZE_IN_BYTES=\"4097\" num_partition_sectors=\"1\""),
	COMMAND("read SECTOR_SIZE_IN_BYTES=\"1\" num_partition_sectors=\"18446744073709551615\""),
	COMMAND("format"),
};

START_TEST(test_what_makes_no_sense_is_refused)
{
	ck_assert_ptr_nonnull(strstr(speaker_ask(&fh, senseless[_i]), "NAK"));
	ck_assert_ptr_nonnull(strstr(speaker_ask(&fh, COMMAND("nop")), "ACK"));
}
END_TEST

START_TEST(test_a_document_may_come_in_parts_and_without_end)
{
	static char flood[4096];

	speaker_say(&fh, "<data><n", 8);
	ck_assert_uint_eq(fh.messages, 0);
	ck_assert_ptr_nonnull(strstr(speaker_ask(&fh, "op /></data>"), "ACK"));
	memset(flood, '<', sizeof(flood));
	speaker_say(&fh, flood, sizeof(flood));
	ck_assert_ptr_nonnull(strstr((char *)fh.heard, "NAK"));
}
END_TEST

START_TEST(test_power_reset_reboots)
{
	ck_assert(!fh.service->has_loaded(fh.state));
	ck_assert_ptr_nonnull(strstr(speaker_ask(&fh, COMMAND("power value=\"reset\"")), "ACK"));
	ck_assert(fh.service->has_loaded(fh.state));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("service-firehose");
	TCase *t = tcase_create("service-firehose");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_it_tells_that_it_runs);
	tcase_add_test(t, test_configure_takes_a_payload_it_can_hold);
	tcase_add_test(t, test_a_program_command_takes_its_sectors);
	tcase_add_test(t, test_a_read_command_gives_its_sectors);
	tcase_add_loop_test(t, test_what_makes_no_sense_is_refused, 0, ARRAY_SIZE(senseless));
	tcase_add_test(t, test_a_document_may_come_in_parts_and_without_end);
	tcase_add_test(t, test_power_reset_reboots);
	suite_add_tcase(s, t);
	return suite_run(s);
}
