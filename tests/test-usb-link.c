/*
 * test-usb-link - the link to a USB modem, with libusb and usbfs in between:
 * what it says to the simulated modem, and what it makes of its faults.
 */
#include "tests/usb_link.h"
#include "usb/find.h"
#include <errno.h>
#include <stdio.h>

static const uint8_t diag_version[] = { 0x00, 0x78, 0xf0, 0x7e };

START_TEST(test_every_channel_talks)
{
	struct link_user *dun, *at, *diag, *qmi, *nmea;

	usb_link_start("1-1");
	dun = user_running("DUN");
	at = user_running("AT");
	diag = user_running("DIAG");
	qmi = user_running("QMI");
	nmea = user_running("NMEA");
	expect_at(dun);
	expect_at(at);
	send_bytes(diag, diag_version, sizeof(diag_version));
	send_bytes(qmi, qmi_sync, sizeof(qmi_sync));
	WAIT_FOR(has_heard(diag, "MHISIM"));
	WAIT_FOR(qmi->n_bytes == 19);
	WAIT_FOR(has_heard(nmea, "$GPRMC"));
}
END_TEST

START_TEST(test_kernel_drivers_leave_and_come_back)
{
	ck_assert_str_eq(tell("driver 2"), "option");
	usb_link_start("1-1");
	for (unsigned int i = 0; i < 5; i++)
		ck_assert_str_eq(tell("driver %u", i), "usbfs");
	expect_at(user_running("DUN"));
	usb_device_free(usb_link.device);
	usb_link.device = NULL;
	ck_assert_str_eq(tell("driver 2"), "option");
	ck_assert_str_eq(tell("driver 4"), "qmi_wwan");
}
END_TEST

START_TEST(test_f72_an_interface_of_another_program_is_named)
{
	ck_assert_int_eq(usb_link_find("1-1"), 0);
	tell("hold 2");
	ck_assert_int_eq(usb_device_start(usb_link.device, &usb_link.why), -EBUSY);
	ck_assert_ptr_nonnull(strstr(text_get(&usb_link.why), "2"));
	ck_assert_str_eq(tell("driver 0"), "option");
	ck_assert_str_eq(tell("driver 4"), "qmi_wwan");
	tell("leave 2");
}
END_TEST

START_TEST(test_f70_it_may_leave_before_it_is_claimed)
{
	ck_assert_int_eq(usb_link_find("1-1"), 0);
	tell("leave-at claim");
	ck_assert_int_eq(usb_device_start(usb_link.device, &usb_link.why), -ENODEV);
}
END_TEST

START_TEST(test_f70_it_may_leave_while_it_is_opened)
{
	ck_assert_int_eq(usb_link_find("1-1"), 0);
	tell("leave-at open");
	ck_assert_int_lt(usb_device_start(usb_link.device, &usb_link.why), 0);
}
END_TEST

/* How each channel ends when the modem leaves at @moment. */
static void leave_at(const char *moment)
{
	struct link_user *dun, *qmi;

	usb_link_start("1-1");
	dun = user_running("DUN");
	qmi = user_running("QMI");
	tell("leave-at %s", moment);
	if (!strcmp(moment, "cancel"))
		link_user_close(dun);
	else if (!strcmp(moment, "clear-halt"))
		tell("fault stall@0x86");
	else
		say_words(dun, "AT\r");
	WAIT_FOR(dun->n_closed && qmi->n_closed);
	ck_assert_int_eq(qmi->closed, -ENODEV);
	WAIT_FOR(usb_device_state(usb_link.device) == USB_GONE);
}

START_TEST(test_f70_unplugged_in_a_submit)
{
	leave_at("submit");
}
END_TEST

START_TEST(test_f70_unplugged_in_a_cancel)
{
	leave_at("cancel");
}
END_TEST

START_TEST(test_f70_unplugged_in_the_clearing_of_a_halt)
{
	leave_at("clear-halt");
}
END_TEST

START_TEST(test_f70_unplugged_in_the_release)
{
	usb_link_start("1-1");
	user_running("DUN");
	tell("leave-at release");
	usb_device_free(usb_link.device);
	usb_link.device = NULL;
}
END_TEST

START_TEST(test_f70_unplugged_while_a_channel_opens)
{
	struct link_user *u;

	usb_link_start("1-1");
	WAIT_FOR(!strcmp(tell("counts line-ups"), "1"));
	tell("fault keep@line*always");
	u = use("AT");
	WAIT_FOR(!strcmp(tell("flying"), "6"));
	tell("unplug");
	/* A line state without an answer is no obstacle; the end of it all is. */
	WAIT_FOR(u->opened == -ENODEV || u->closed == -ENODEV);
}
END_TEST

START_TEST(test_f70_unplugged_while_a_channel_closes)
{
	struct link_user *u;

	usb_link_start("1-1");
	u = user_running("AT");
	tell("fault keep@line*always");
	link_user_close(u);
	WAIT_FOR(!strcmp(tell("flying"), "6"));
	tell("unplug");
	WAIT_FOR(u->n_closed);
	ck_assert_int_eq(usb_device_state(usb_link.device), USB_GONE);
}
END_TEST

START_TEST(test_f70_unplugged_after_cancels_were_refused)
{
	struct link_user *u;

	usb_link_start("1-1");
	u = user_running("AT");
	tell("fault cancel-enodev@0x84*always");
	link_user_close(u);
	for (unsigned int i = 0; i < 100; i++)
		loop_turn(usb_link.loop, false);
	tell("unplug");
	WAIT_FOR(u->n_closed);
}
END_TEST

START_TEST(test_f70_unplugged_while_a_response_is_fetched)
{
	struct link_user *u;

	usb_link_start("1-1");
	u = user_running("QMI");
	tell("fault keep@get*always");
	send_bytes(u, qmi_sync, sizeof(qmi_sync));
	loop_turn(usb_link.loop, false);
	tell("unplug");
	WAIT_FOR(u->n_closed);
	ck_assert_int_eq(u->closed, -ENODEV);
	ck_assert_uint_eq(u->n_bytes, 0);
}
END_TEST

START_TEST(test_f70_unplugged_unheard_by_udev)
{
	struct link_user *dun;

	usb_link_start("1-1");
	dun = user_running("DUN");
	tell("vanish");
	WAIT_FOR(dun->n_closed);
	ck_assert_int_eq(dun->closed, -ENODEV);
	ck_assert_int_eq(usb_device_state(usb_link.device), USB_GONE);
	tell("uevent remove");
}
END_TEST

START_TEST(test_f70_errors_and_then_the_end)
{
	struct link_user *dun;

	usb_link_start("1-1");
	dun = user_running("DUN");
	tell("fault eproto@0x86*3");
	expect_at(dun);
	tell("fault eproto@0x86*2");
	tell("unplug");
	WAIT_FOR(dun->n_closed);
	ck_assert_int_eq(dun->closed, -ENODEV);
}
END_TEST

static void survives(const char *fault, const char *channel)
{
	struct link_user *u;

	usb_link_start("1-1");
	u = user_running(channel);
	tell("fault %s", fault);
	expect_at(u);
	expect_at(u);
	ck_assert_uint_eq(u->n_closed, 0);
}

START_TEST(test_f67_a_stalled_in_pipe_talks_on)
{
	survives("stall@0x84", "AT");
	ck_assert_str_ne(tell("counts cleared"), "0");
}
END_TEST

START_TEST(test_f67_in_pipes_that_stall_all_at_once_talk_on)
{
	survives("stall-all@0x86", "DUN");
}
END_TEST

START_TEST(test_f67_a_stalled_out_pipe_talks_on)
{
	survives("stall@0x03", "AT");
}
END_TEST

START_TEST(test_f67_a_stalled_notification_pipe_talks_on)
{
	survives("stall@0x85", "AT");
}
END_TEST

START_TEST(test_f68_one_babble_is_told_and_survived)
{
	struct link_user *u;

	usb_link_start("1-1");
	u = user_running("AT");
	tell("fault eoverflow@0x84");
	WAIT_FOR(link_user_count(u, LINK_DL, -EOVERFLOW) == 1);
	expect_at(u);
}
END_TEST

START_TEST(test_errors_of_the_wire_are_survived)
{
	survives("eilseq@0x84*2", "AT");
}
END_TEST

START_TEST(test_f67_a_stalled_line_state_is_no_obstacle)
{
	tell("fault stall@line*always");
	usb_link_start("1-1");
	expect_at(user_running("AT"));
}
END_TEST

START_TEST(test_f67_an_out_pipe_that_always_stalls_ends_in_eio)
{
	struct link_user *u;

	usb_link_start("1-1");
	u = user_running("AT");
	tell("fault stall@0x03*always");
	say_words(u, "AT\r");
	WAIT_FOR(u->n_closed || link_user_count(u, LINK_UL, -EIO));
}
END_TEST

START_TEST(test_f67_a_halt_that_is_not_cleared_ends_in_eio)
{
	struct link_user *u;

	usb_link_start("1-1");
	u = user_running("AT");
	tell("fault stall@clear-halt*always");
	tell("fault stall@0x03");
	say_words(u, "AT\r");
	WAIT_FOR(u->n_closed || link_user_count(u, LINK_UL, -EIO));
}
END_TEST

START_TEST(test_shutdowns_of_a_modem_that_stays_are_survived)
{
	struct link_user *u;

	usb_link_start("1-1");
	u = user_running("AT");
	tell("fault eshutdown@0x84*4");
	expect_at(u);
	tell("fault refuse-eshutdown@0x84");
	expect_at(u);
	expect_at(u);
	ck_assert_uint_eq(u->n_closed, 0);
}
END_TEST

START_TEST(test_last_words_of_what_is_cancelled_are_delivered)
{
	struct link_user *u;

	usb_link_start("1-1");
	u = user_running("AT");
	tell("fault last-words@0x84");
	link_user_close(u);
	WAIT_FOR(u->n_closed);
	ck_assert(has_heard(u, "last words"));
}
END_TEST

START_TEST(test_little_memory_in_usbfs_is_enough)
{
	tell("fault refuse-enomem@0x84+1*always");
	usb_link_start("1-1");
	expect_at(user_running("AT"));
}
END_TEST

START_TEST(test_qmi_faults_are_survived)
{
	static const char *const faults[] = { "stall@get", "stall@0x89", "eproto@get*2",
					      "stall@send", "eproto@0x89", "eoverflow@get",
					      "eshutdown@0x89", "eshutdown@get" };
	struct link_user *u;

	usb_link_start("1-1");
	u = user_running("QMI");
	for (unsigned int i = 0; i < ARRAY_SIZE(faults); i++) {
		tell("fault %s", faults[i]);
		/* What a fault ate is not said again by anyone but the client. */
		for (unsigned int tries = 0; tries < 3; tries++) {
			uint64_t end = now_ms() + 300;

			send_bytes(u, qmi_sync, sizeof(qmi_sync));
			while (now_ms() < end && u->n_bytes < 19)
				loop_turn(usb_link.loop, false);
		}
		ck_assert_msg(u->n_bytes >= 19, "%s", faults[i]);
		ck_assert_uint_eq(u->n_closed, 0);
		u->n_bytes = 0;
		tell("heal");
	}
}
END_TEST

START_TEST(test_notifications_that_lie_bring_nothing)
{
	struct link_user *u;

	usb_link_start("1-1");
	u = user_running("QMI");
	/* Without a response, of another interface, longer than it says. */
	for (unsigned int i = 0; i < 20; i++)
		tell("say 0x89 \\241\\001\\0\\0\\004\\0\\0\\0");
	tell("zeros 0x89 8");
	tell("zeros 0x89 64");
	send_bytes(u, qmi_sync, sizeof(qmi_sync));
	WAIT_FOR(u->n_bytes == 19);
}
END_TEST

START_TEST(test_an_empty_get_may_stall)
{
	struct link_user *u;

	tell("habits stalls-empty-get");
	tell("plug modem");
	usb_link_start("1-1");
	u = user_running("QMI");
	send_bytes(u, qmi_sync, sizeof(qmi_sync));
	WAIT_FOR(u->n_bytes == 19);
	ck_assert_uint_eq(link_user_count(u, LINK_UL, -EIO), 0);
}
END_TEST

START_TEST(test_dtr_of_qmi_stays_between_opens)
{
	struct link_user *u;
	char ups[32];

	usb_link_start("1-1");
	u = user_running("QMI");
	snprintf(ups, sizeof(ups), "%s", tell("counts line-ups"));
	link_user_close(u);
	WAIT_FOR(u->n_closed);
	user_running("QMI");
	ck_assert_str_eq(tell("counts line-ups"), ups);
}
END_TEST

START_TEST(test_f69_whole_packets_arrive_with_and_without_an_empty_one)
{
	static const unsigned int sizes[] = { 512, 1024, 4096, 16384 };
	struct link_user *u;

	tell("habits short-of-zlp");
	tell("plug modem");
	usb_link_start("1-1");
	u = user_running("AT");
	for (unsigned int zlp = 0; zlp < 2; zlp++)
		for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
			u->n_bytes = 0;
			tell("zeros 0x84 %u", sizes[i]);
			if (zlp)
				tell("say 0x84");
			WAIT_FOR(u->n_bytes == sizes[i]);
		}
	tell("say 0x84");
	expect_at(u);
}
END_TEST

START_TEST(test_f69_whole_packets_sent_end_with_an_empty_one_on_demand)
{
	static const struct usb_rule rule = { .name = "DIAG", .interface = -1, .alt = -1,
					      .zlp = USB_ZLP_WRITE, .line = -1, .is_on = -1 };
	static const uint8_t zeros[1024];
	struct link_user *u;

	usb_link.rules = (struct usb_rules){ .rules = &rule, .n_rules = 1 };
	usb_link_start("1-1");
	u = user_running("DIAG");
	send_bytes(u, zeros, 511);
	send_bytes(u, zeros, 512);
	send_bytes(u, zeros, 513);
	send_bytes(u, zeros, 1024);
	WAIT_FOR(link_user_count(u, LINK_UL, 0) == 4);
	ck_assert_str_eq(tell("counts zlps"), "2");
}
END_TEST

START_TEST(test_a_flood_of_lines_can_be_left)
{
	struct link_user *u;

	tell("habits nmea-flood");
	tell("plug modem");
	usb_link_start("1-1");
	u = user_running("NMEA");
	WAIT_FOR(u->n_bytes > 50000);
	link_user_close(u);
	WAIT_FOR(u->n_closed);
	ck_assert_int_eq(u->closed, 0);
}
END_TEST

START_TEST(test_f69_lines_of_whole_packets_are_not_held_back)
{
	struct link_user *u;

	tell("habits nmea-whole");
	tell("plug modem");
	usb_link_start("1-1");
	u = user_running("NMEA");
	WAIT_FOR(u->n_bytes == 512);
}
END_TEST

/* The second answer waits for the next notification: nobody asks without. */
START_TEST(test_two_answers_behind_one_notification)
{
	uint8_t twice[2 * sizeof(qmi_sync)];
	struct link_user *u;

	memcpy(twice, qmi_sync, sizeof(qmi_sync));
	memcpy(twice + sizeof(qmi_sync), qmi_sync, sizeof(qmi_sync));
	tell("habits notice-for-all");
	tell("plug modem");
	usb_link_start("1-1");
	u = user_running("QMI");
	send_bytes(u, twice, sizeof(twice));
	WAIT_FOR(u->n_bytes == 19);
	send_bytes(u, twice, sizeof(twice));
	WAIT_FOR(u->n_bytes == 2 * 19);
	ck_assert_uint_eq(link_user_count(u, LINK_DL, 0), 2);
}
END_TEST

START_TEST(test_a_lost_claim_is_a_reset)
{
	struct link_user *u;

	usb_link_start("1-1");
	u = user_running("AT");
	tell("steal 2 option");
	say_words(u, "AT\r");
	WAIT_FOR(u->n_closed);
	ck_assert_int_eq(u->closed, -ECONNRESET);
	WAIT_FOR(usb_device_state(usb_link.device) == USB_READY);
	expect_at(user_running("AT"));
}
END_TEST

START_TEST(test_a_suspend_is_not_seen)
{
	struct link_user *u;

	usb_link_start("1-1");
	u = user_running("AT");
	expect_at(u);
	tell("suspend");
	expect_at(u);
	ck_assert_uint_eq(u->n_closed, 0);
}
END_TEST

START_TEST(test_a_loaded_call_loses_no_byte)
{
	static uint8_t sent[3000];
	struct link_user *u;

	usb_link_start("1-1");
	u = user_running("DUN");
	say_words(u, "ATD*99#\r");
	WAIT_FOR(has_heard(u, "CONNECT\r\n"));
	for (unsigned int i = 0; i < sizeof(sent); i++)
		sent[i] = (uint8_t)(i * 7);
	for (unsigned int i = 0; i < 40; i++) {
		u->n_bytes = 0;
		send_bytes(u, sent, sizeof(sent));
		WAIT_FOR(u->n_bytes == sizeof(sent));
		ck_assert_mem_eq(u->bytes, sent, sizeof(sent));
	}
}
END_TEST

/* Loads the programmer; Sahara never sees an empty packet. */
static struct link_user *load(void)
{
	static const uint8_t hello[48] = { 2, 0, 0, 0, 48, 0, 0, 0, 2, 0, 0, 0, 1 };
	static const uint8_t done[8] = { 5, 0, 0, 0, 8 };
	static const uint8_t image[4096];
	struct link_user *u = user_running("SAHARA");

	WAIT_FOR(u->n_bytes == 48);
	u->n_bytes = 0;
	send_bytes(u, hello, sizeof(hello));
	for (unsigned int i = 0; i < 10; i++) {
		WAIT_FOR(u->n_bytes == 20);
		ck_assert_uint_eq(get_le32(u->bytes), 3);
		u->n_bytes = 0;
		send_bytes(u, image, sizeof(image));
	}
	WAIT_FOR(u->n_bytes == 16);
	u->n_bytes = 0;
	send_bytes(u, done, sizeof(done));
	WAIT_FOR(u->n_bytes >= 12);
	ck_assert_uint_eq(get_le32(u->bytes), 6);
	ck_assert_str_eq(tell("counts zlps"), "0");
	return u;
}

START_TEST(test_firehose_programs_and_the_modem_comes_back)
{
	static const char program[] = "<?xml version=\"1.0\" ?><data><program "
		"SECTOR_SIZE_IN_BYTES=\"512\" num_partition_sectors=\"16\"/></data>";
	static const char power[] = "<?xml version=\"1.0\" ?><data><power value=\"reset\"/></data>";
	static const uint8_t sectors[8192];
	struct link_user *u;

	tell("habits zlp-silences");
	tell("plug edl");
	usb_link_start("1-1");
	u = load();
	say_words(u, program);
	WAIT_FOR(has_heard(u, "rawmode=\"true\""));
	send_bytes(u, sectors, 4096);
	send_bytes(u, sectors, 4096);
	WAIT_FOR(has_heard(u, "rawmode=\"false\""));
	ck_assert_str_eq(tell("counts flashed"), "8192");
	say_words(u, power);
	WAIT_FOR(u->n_closed);
	ck_assert_int_eq(u->closed, -ENODEV);
	ck_assert_int_eq(usb_device_state(usb_link.device), USB_GONE);
	usb_device_free(usb_link.device);
	usb_link.device = NULL;
	WAIT_FOR(!strcmp(tell("kind"), "2c7c:0125"));
	usb_link_start("1-1");
	expect_at(user_running("DUN"));
}
END_TEST

START_TEST(test_an_old_controller_takes_large_transfers_in_parts)
{
	static const char program[] = "<?xml version=\"1.0\" ?><data><program "
		"SECTOR_SIZE_IN_BYTES=\"4096\" num_partition_sectors=\"40\"/></data>";
	static uint8_t sectors[40 * 4096];
	struct link_user *u;
	uint32_t size;

	tell("controller old");
	tell("plug edl");
	usb_link_start("1-1");
	u = load();
	size = u->link->chans[u->chan].slots[LINK_UL].size;
	say_words(u, program);
	WAIT_FOR(has_heard(u, "rawmode=\"true\""));
	for (uint32_t at = 0; at < sizeof(sectors); at += size)
		send_bytes(u, sectors + at, min_size(size, sizeof(sectors) - at));
	WAIT_FOR(has_heard(u, "rawmode=\"false\""));
	ck_assert_str_eq(tell("counts flashed"), "163840");
	tell("controller new");
}
END_TEST

START_TEST(test_f69_firehose_reads_sectors_between_empty_packets)
{
	static const char read[] = "<?xml version=\"1.0\" ?><data><read "
		"SECTOR_SIZE_IN_BYTES=\"4096\" num_partition_sectors=\"10\"/></data>";
	const uint8_t *raw;
	struct link_user *u;

	tell("plug edl");
	usb_link_start("1-1");
	u = load();
	u->n_bytes = 0;
	say_words(u, read);
	WAIT_FOR(has_heard(u, "rawmode=\"false\""));
	raw = memmem(u->bytes, u->n_bytes, "</data>\n", 8);
	ck_assert_ptr_nonnull(raw);
	/* Log lines may stand before the answer. */
	while (memcmp(raw + 8, "<?xml", 5) == 0)
		raw = memmem(raw + 8, 1024, "</data>\n", 8);
	for (unsigned int i = 0; i < 40960; i++)
		ck_assert_uint_eq(raw[8 + i], i % 251);
	ck_assert_mem_eq(raw + 8 + 40960, "<?xml", 5);
}
END_TEST

START_TEST(test_a_greeting_that_is_lost_can_be_answered)
{
	static const uint8_t hello[48] = { 2, 0, 0, 0, 48, 0, 0, 0, 2, 0, 0, 0, 1 };
	struct link_user *u;

	tell("habits no-hello");
	tell("plug edl");
	usb_link_start("1-1");
	u = user_running("SAHARA");
	send_bytes(u, hello, sizeof(hello));
	WAIT_FOR(u->n_bytes == 20);
}
END_TEST

START_TEST(test_a_crashed_modem_is_read)
{
	static const uint8_t hello[48] = { 2, 0, 0, 0, 48, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0,
					   0, 0, 0, 0, 2 };
	uint8_t read[24] = { 0x11, 0, 0, 0, 24 };
	struct link_user *u;

	tell("plug crashed");
	usb_link_start("1-1");
	u = user_running("SAHARA");
	WAIT_FOR(u->n_bytes == 48);
	ck_assert_uint_eq(get_le32(u->bytes + 20), 2);
	u->n_bytes = 0;
	send_bytes(u, hello, sizeof(hello));
	WAIT_FOR(u->n_bytes == 24);
	memcpy(read + 8, u->bytes + 8, 16);
	u->n_bytes = 0;
	send_bytes(u, read, sizeof(read));
	WAIT_FOR(u->n_bytes == 192);
	memcpy(read + 8, u->bytes + 64 + 8, 16);
	u->n_bytes = 0;
	send_bytes(u, read, sizeof(read));
	WAIT_FOR(u->n_bytes == 65536);
	ck_assert_uint_eq(u->bytes[65535], 65535 % 251);
}
END_TEST

START_TEST(test_the_edl_command_makes_another_device)
{
	struct link_user *u;

	usb_link_start("1-1");
	u = user_running("DIAG");
	send_bytes(u, "\x4b\x65\x01\x00\x54\x0f\x7e", 7);
	WAIT_FOR(u->n_closed);
	ck_assert_int_eq(u->closed, -ENODEV);
	usb_device_free(usb_link.device);
	usb_link.device = NULL;
	WAIT_FOR(!strcmp(tell("kind"), "05c6:9008"));
	usb_link_start("1-1");
	ck_assert(usb_link.layout.is_edl);
}
END_TEST

START_TEST(test_superspeed_packets_are_known)
{
	tell("speed super");
	tell("plug modem");
	usb_link_start("1-1");
	expect_at(user_running("AT"));
	tell("speed high");
}
END_TEST

START_TEST(test_mbim_commands_come_back_done)
{
	static const uint8_t open[16] = { 1, 0, 0, 0, 16, 0, 0, 0, 1, 0, 0, 0, 0, 16 };
	struct link_user *u;

	tell("plug mbim");
	usb_link_start("1-1");
	u = user_running("MBIM");
	send_bytes(u, open, sizeof(open));
	WAIT_FOR(u->n_bytes == 16);
	ck_assert_uint_eq(get_le32(u->bytes), 0x80000001);
}
END_TEST

START_TEST(test_f72_hostile_descriptors_are_refused)
{
	static const struct { unsigned int at, value; } lies[] = {
		{ 18, 0 }, { 18, 1 },		/* bLength of the configuration */
		{ 20, 8 }, { 21, 255 },		/* wTotalLength */
		{ 31, 255 },			/* bNumEndpoints */
		{ 40, 0xff }, { 41, 0 },	/* an end point's packet size */
		{ 45, 0x81 },			/* the same end point twice */
		{ 29, 32 }, { 29, 255 },	/* bInterfaceNumber */
	};
	char hex[2 * 227 + 1];
	uint8_t bytes[227];
	FILE *f;

	for (unsigned int i = 0; i < ARRAY_SIZE(lies); i++) {
		tell("truth");
		tell("plug modem");
		f = fopen("/sys/bus/usb/devices/1-1/descriptors", "r");
		ck_assert_ptr_nonnull(f);
		ck_assert_uint_eq(fread(bytes, 1, sizeof(bytes), f), sizeof(bytes));
		fclose(f);
		bytes[lies[i].at] = (uint8_t)lies[i].value;
		if (lies[i].at == 41)
			bytes[40] = 0;
		for (unsigned int k = 0; k < sizeof(bytes); k++)
			snprintf(hex + 2 * k, 3, "%02x", bytes[k]);
		tell("lie %s", hex);
		tell("plug modem");
		ck_assert_msg(usb_link_find("1-1") == -EPROTO, "byte %u is %u: %s", lies[i].at,
			      lies[i].value, text_get(&usb_link.why));
		ck_assert_str_eq(tell("driver 2"), "option");
	}
}
END_TEST

START_TEST(test_two_of_a_kind_are_refused)
{
	tell("1-2 plug modem");
	ck_assert_int_eq(usb_link_find("2c7c:0125"), -ENOTUNIQ);
	ck_assert_ptr_nonnull(strstr(text_get(&usb_link.why), "1-2"));
	tell("1-2 unplug");
	usb_link_start("2c7c:0125");
}
END_TEST

static void add_faults(TCase *c)
{
	tcase_add_test(c, test_f67_a_stalled_in_pipe_talks_on);
	tcase_add_test(c, test_f67_in_pipes_that_stall_all_at_once_talk_on);
	tcase_add_test(c, test_f67_a_stalled_out_pipe_talks_on);
	tcase_add_test(c, test_f67_a_stalled_notification_pipe_talks_on);
	tcase_add_test(c, test_f68_one_babble_is_told_and_survived);
	tcase_add_test(c, test_errors_of_the_wire_are_survived);
	tcase_add_test(c, test_f67_a_stalled_line_state_is_no_obstacle);
	tcase_add_test(c, test_f67_an_out_pipe_that_always_stalls_ends_in_eio);
	tcase_add_test(c, test_f67_a_halt_that_is_not_cleared_ends_in_eio);
	tcase_add_test(c, test_shutdowns_of_a_modem_that_stays_are_survived);
	tcase_add_test(c, test_last_words_of_what_is_cancelled_are_delivered);
	tcase_add_test(c, test_little_memory_in_usbfs_is_enough);
	tcase_add_test(c, test_qmi_faults_are_survived);
	tcase_add_test(c, test_notifications_that_lie_bring_nothing);
	tcase_add_test(c, test_an_empty_get_may_stall);
	tcase_add_test(c, test_f69_whole_packets_arrive_with_and_without_an_empty_one);
	tcase_add_test(c, test_f69_whole_packets_sent_end_with_an_empty_one_on_demand);
	tcase_add_test(c, test_a_flood_of_lines_can_be_left);
	tcase_add_test(c, test_f69_lines_of_whole_packets_are_not_held_back);
	tcase_add_test(c, test_two_answers_behind_one_notification);
	tcase_add_test(c, test_a_lost_claim_is_a_reset);
	tcase_add_test(c, test_a_suspend_is_not_seen);
	tcase_add_test(c, test_f72_hostile_descriptors_are_refused);
}

static void add_ends(TCase *c)
{
	tcase_add_test(c, test_f70_it_may_leave_before_it_is_claimed);
	tcase_add_test(c, test_f70_it_may_leave_while_it_is_opened);
	tcase_add_test(c, test_f70_unplugged_in_a_submit);
	tcase_add_test(c, test_f70_unplugged_in_a_cancel);
	tcase_add_test(c, test_f70_unplugged_in_the_clearing_of_a_halt);
	tcase_add_test(c, test_f70_unplugged_in_the_release);
	tcase_add_test(c, test_f70_unplugged_while_a_channel_opens);
	tcase_add_test(c, test_f70_unplugged_while_a_channel_closes);
	tcase_add_test(c, test_f70_unplugged_after_cancels_were_refused);
	tcase_add_test(c, test_f70_unplugged_while_a_response_is_fetched);
	tcase_add_test(c, test_f70_unplugged_unheard_by_udev);
	tcase_add_test(c, test_f70_errors_and_then_the_end);
	tcase_add_test(c, test_the_edl_command_makes_another_device);
	tcase_add_test(c, test_firehose_programs_and_the_modem_comes_back);
	tcase_add_test(c, test_an_old_controller_takes_large_transfers_in_parts);
	tcase_add_test(c, test_f69_firehose_reads_sectors_between_empty_packets);
	tcase_add_test(c, test_a_greeting_that_is_lost_can_be_answered);
	tcase_add_test(c, test_a_crashed_modem_is_read);
}

static TCase *add_case(Suite *s, const char *name)
{
	TCase *c = tcase_create(name);

	tcase_add_checked_fixture(c, usb_link_setup, usb_link_teardown);
	tcase_set_timeout(c, 30);
	suite_add_tcase(s, c);
	return c;
}

int main(int argc, char **argv)
{
	Suite *s = suite_create("usb-link");
	TCase *c = add_case(s, "talk");

	(void)argc;
	usb_mock_enter(argv);
	tcase_add_test(c, test_every_channel_talks);
	tcase_add_test(c, test_kernel_drivers_leave_and_come_back);
	tcase_add_test(c, test_f72_an_interface_of_another_program_is_named);
	tcase_add_test(c, test_dtr_of_qmi_stays_between_opens);
	tcase_add_test(c, test_a_loaded_call_loses_no_byte);
	tcase_add_test(c, test_superspeed_packets_are_known);
	tcase_add_test(c, test_mbim_commands_come_back_done);
	tcase_add_test(c, test_two_of_a_kind_are_refused);
	add_ends(add_case(s, "ends"));
	add_faults(add_case(s, "faults"));
	return suite_run(s);
}
