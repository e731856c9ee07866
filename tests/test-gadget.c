/* test-gadget - the simulated USB modem, driven like a host controller does. */
#include "sim/gadget.h"
#include "tests/suite.h"
#include <errno.h>
#include <limits.h>

enum { N_URBS = 8, URB_SIZE = 65536 };

static struct timers timers;
static struct gadget *gadget;
static struct gadget_urb urbs[N_URBS];
static uint8_t data[N_URBS][URB_SIZE];
static bool is_done[N_URBS];
static unsigned int n_left, n_arrived;
static struct gadget_config config;

static void on_done(void *user, struct gadget_urb *urb)
{
	(void)user;
	ck_assert(!is_done[urb - urbs]);
	is_done[urb - urbs] = true;
}

static void on_left(void *user)
{
	(void)user;
	n_left++;
}

static void on_arrived(void *user)
{
	(void)user;
	n_arrived++;
}

static const struct gadget_host_ops ops = {
	.done = on_done, .left = on_left, .arrived = on_arrived,
};

static void setup(void)
{
	timers_init(&timers);
	memset(is_done, 0, sizeof(is_done));
	n_left = n_arrived = 0;
	config = (struct gadget_config){ .kind = GADGET_MODEM, .seed = 1, .away_us = 200000 };
	gadget = gadget_new(&config, &timers, &ops, NULL);
	ck_assert_ptr_nonnull(gadget);
	gadget_plug(gadget, config.kind);
}

static void teardown(void)
{
	gadget_unplug(gadget);
	ck_assert_uint_eq(gadget_counts(gadget)->submitted, gadget_counts(gadget)->ended);
	gadget_free(gadget);
}

static int submit(unsigned int i, uint8_t address, const void *bytes, uint32_t len)
{
	ck_assert_uint_le(len, URB_SIZE);
	urbs[i] = (struct gadget_urb){ .address = address, .data = data[i], .len = len };
	is_done[i] = false;
	if (bytes)
		memcpy(data[i], bytes, len);
	return gadget_submit(gadget, &urbs[i]);
}

static void say(unsigned int i, uint8_t address, const void *bytes, uint32_t len)
{
	ck_assert_int_eq(submit(i, address, bytes, len), 0);
	ck_assert(is_done[i]);
	ck_assert_int_eq(urbs[i].status, 0);
}

static void listen(unsigned int i, uint8_t address, uint32_t len)
{
	ck_assert_int_eq(submit(i, address, NULL, len), 0);
}

static int control(uint8_t type, uint8_t request, uint16_t value, uint16_t index,
		   const void *bytes, uint16_t len)
{
	struct gadget_urb *u = &urbs[0];

	*u = (struct gadget_urb){ .data = data[0], .len = len, .setup = { type, request } };
	put_le16(u->setup + 2, value);
	put_le16(u->setup + 4, index);
	put_le16(u->setup + 6, len);
	if (bytes)
		memcpy(data[0], bytes, len);
	is_done[0] = false;
	ck_assert_int_eq(gadget_submit(gadget, u), 0);
	ck_assert(is_done[0]);
	return u->status ? u->status : (int)u->actual;
}

static void raise_line(uint16_t interface)
{
	ck_assert_int_eq(control(0x21, 0x22, 3, interface, NULL, 0), 0);
}

static bool says(unsigned int i, const char *words)
{
	return is_done[i] && !urbs[i].status && urbs[i].actual == strlen(words) &&
	       !memcmp(data[i], words, urbs[i].actual);
}

static void inject(const char *words)
{
	struct gadget_fault f;

	ck_assert_int_eq(gadget_fault_parse(words, &f), 0);
	gadget_inject(gadget, f);
}

static void replug(enum gadget_kind kind, unsigned int habits)
{
	gadget_set_habits(gadget, habits);
	gadget_plug(gadget, kind);
}

START_TEST(test_the_modem_says_what_an_ec25_says)
{
	static const uint8_t device[] = { 0x12, 1, 0, 2, 0, 0, 0, 0x40, 0x7c, 0x2c, 0x25, 1,
					  0x18, 3, 1, 2, 0, 1 };
	static const uint8_t diag[] = { 9, 2, 0xd1, 0, 5, 1, 0, 0xa0, 0xfa,
					9, 4, 0, 0, 2, 0xff, 0xff, 0xff, 0,
					7, 5, 0x81, 2, 0, 2, 0, 7, 5, 1, 2, 0, 2, 0 };
	uint32_t len;
	const uint8_t *configuration = gadget_configuration(gadget, &len);

	ck_assert_mem_eq(gadget_device(gadget), device, sizeof(device));
	ck_assert_uint_eq(len, 209);
	ck_assert_mem_eq(configuration, diag, sizeof(diag));
	ck_assert_int_eq(control(0x80, 6, 0x200, 0, NULL, 300), 209);
	ck_assert_mem_eq(data[0], configuration, len);
	ck_assert_int_eq(control(0x80, 6, 0x302, 0, NULL, 255), 2 + 2 * 15);
	ck_assert_int_eq(control(0x80, 6, 0x303, 0, NULL, 255), -EPIPE);
}
END_TEST

START_TEST(test_an_urb_waits_until_there_is_something_to_say)
{
	static const uint8_t version[] = { 0x00, 0x78, 0xf0, 0x7e };

	listen(1, 0x81, 4096);
	ck_assert(!is_done[1]);
	say(2, 0x01, version, sizeof(version));
	ck_assert(is_done[1]);
	ck_assert_int_eq(urbs[1].status, 0);
	ck_assert_uint_gt(urbs[1].actual, 50);
	ck_assert_uint_eq(data[1][urbs[1].actual - 1], 0x7e);
}
END_TEST

START_TEST(test_at_answers_and_tells_the_line)
{
	listen(1, 0x84, 512);
	listen(2, 0x85, 10);
	raise_line(2);
	ck_assert_int_eq(urbs[2].status, 0);
	ck_assert_uint_eq(urbs[2].actual, 10);
	ck_assert_mem_eq(data[2], "\xa1\x20\0\0\2\0\2\0\3\0", 10);
	say(3, 0x03, "AT\r", 3);
	ck_assert(says(1, "AT\r\r\nOK\r\n"));
}
END_TEST

START_TEST(test_a_notification_may_take_two_packets)
{
	listen(1, 0x89, 8);
	ck_assert(gadget_say(gadget, 0x89, "\xa1\x20\0\0\4\0\2\0\3\0", 10));
	ck_assert(is_done[1]);
	ck_assert_uint_eq(urbs[1].actual, 8);
	listen(2, 0x89, 8);
	ck_assert(is_done[2]);
	ck_assert_uint_eq(urbs[2].actual, 2);
}
END_TEST

START_TEST(test_an_at_port_that_nobody_reads_takes_no_more)
{
	static char line[4096];

	memset(line, 'x', sizeof(line));
	raise_line(2);
	say(1, 0x03, line, sizeof(line));
	ck_assert_int_eq(submit(2, 0x03, line, sizeof(line)), 0);
	ck_assert(!is_done[2]);
	for (unsigned int i = 0; !is_done[2]; i++) {
		ck_assert_uint_lt(i, 100);
		listen(3, 0x84, 512);
	}
}
END_TEST

START_TEST(test_a_call_connects_and_hangs_up)
{
	raise_line(3);
	listen(1, 0x86, 512);
	listen(2, 0x86, 512);
	listen(3, 0x86, 512);
	say(4, 0x04, "ATD*99#\r", 8);
	ck_assert(says(1, "ATD*99#"));
	ck_assert(says(2, "\r\r\nCONNECT\r\n"));
	say(4, 0x04, "AT\r", 3);
	ck_assert(says(3, "AT\r"));
	listen(1, 0x86, 512);
	ck_assert_int_eq(control(0x21, 0x22, 0, 3, NULL, 0), 0);
	ck_assert(says(1, "\r\nNO CARRIER\r\n"));
}
END_TEST

START_TEST(test_nmea_is_silent_until_the_line_is_up)
{
	listen(1, 0x82, 512);
	timers_advance(&timers, 5000000);
	ck_assert(!is_done[1]);
	raise_line(1);
	ck_assert(is_done[1]);
	ck_assert_mem_eq(data[1], "$GPGGA,", 7);
}
END_TEST

START_TEST(test_whole_packets_end_with_an_empty_one)
{
	static uint8_t message[1024];

	listen(1, 0x84, 4096);
	ck_assert(gadget_say(gadget, 0x84, message, 1024));
	ck_assert(is_done[1]);
	ck_assert_uint_eq(urbs[1].actual, 1024);
	listen(1, 0x84, 1024);
	ck_assert(gadget_say(gadget, 0x84, message, 1024));
	ck_assert(is_done[1]);
	listen(2, 0x84, 1024);
	ck_assert(is_done[2]);
	ck_assert_uint_eq(urbs[2].actual, 0);
}
END_TEST

START_TEST(test_without_an_empty_packet_the_urb_goes_on)
{
	static uint8_t message[512];

	replug(GADGET_MODEM, GADGET_SHORT_OF_ZLP);
	listen(1, 0x84, 4096);
	ck_assert(gadget_say(gadget, 0x84, message, 512));
	ck_assert(!is_done[1]);
	ck_assert(gadget_say(gadget, 0x84, message, 100));
	ck_assert(is_done[1]);
	ck_assert_uint_eq(urbs[1].actual, 612);
}
END_TEST

START_TEST(test_a_buffer_shorter_than_a_packet_overflows)
{
	static uint8_t message[512];

	listen(1, 0x84, 100);
	ck_assert(gadget_say(gadget, 0x84, message, 512));
	ck_assert_int_eq(urbs[1].status, -EOVERFLOW);
}
END_TEST

START_TEST(test_qmi_tells_its_answers_while_the_line_is_up)
{
	static const uint8_t sync[] = { 1, 11, 0, 0, 0, 0, 0, 1, 0x27, 0, 0, 0 };

	listen(1, 0x89, 8);
	ck_assert_int_eq(control(0x21, 0x00, 0, 4, sync, sizeof(sync)), sizeof(sync));
	ck_assert(!is_done[1]);
	ck_assert_int_eq(control(0xa1, 0x01, 0, 4, NULL, 4096), 0);
	ck_assert_int_eq(control(0x21, 0x22, 1, 4, NULL, 0), 0);
	ck_assert_int_eq(control(0x21, 0x00, 0, 4, sync, sizeof(sync)), sizeof(sync));
	ck_assert(is_done[1]);
	ck_assert_mem_eq(data[1], "\xa1\x01\0\0\4\0\0\0", 8);
	ck_assert_int_eq(control(0xa1, 0x01, 0, 4, NULL, 4096), 19);
	ck_assert_uint_eq(data[0][0], 1);
	ck_assert_int_eq(control(0xa1, 0x01, 0, 4, NULL, 4096), 0);
}
END_TEST

START_TEST(test_unknown_requests_stall)
{
	ck_assert_int_eq(control(0x21, 0x77, 0, 2, NULL, 0), -EPIPE);
	ck_assert_int_eq(control(0x21, 0x00, 0, 2, "x", 1), -EPIPE);
	ck_assert_int_eq(control(0x21, 0x22, 1, 9, NULL, 0), -EPIPE);
	ck_assert_int_eq(control(0xc0, 1, 1, 0, NULL, 8), -EPIPE);
}
END_TEST

START_TEST(test_line_coding_comes_back)
{
	ck_assert_int_eq(control(0x21, 0x20, 0, 2, "\x80\x25\0\0\0\0\x08", 7), 7);
	ck_assert_int_eq(control(0xa1, 0x21, 0, 2, NULL, 7), 7);
	ck_assert_mem_eq(data[0], "\x80\x25\0\0\0\0\x08", 7);
}
END_TEST

START_TEST(test_the_edl_command_brings_another_device)
{
	listen(1, 0x81, 512);
	say(2, 0x01, "\x4b\x65\x01\x00\x54\x0f\x7e", 7);
	listen(3, 0x82, 512);
	timers_advance(&timers, 100000);
	ck_assert_uint_eq(n_left, 1);
	ck_assert_int_eq(urbs[3].status, -ESHUTDOWN);
	ck_assert_int_eq(submit(1, 0x81, NULL, 512), -ENODEV);
	timers_advance(&timers, 400000);
	ck_assert_uint_eq(n_arrived, 2);
	ck_assert_int_eq(gadget_kind(gadget), GADGET_EDL);
	ck_assert_uint_eq(get_le16(gadget_device(gadget) + 10), 0x9008);
}
END_TEST

START_TEST(test_cfun_brings_the_same_device)
{
	raise_line(2);
	say(1, 0x03, "at+cfun=1,1\r", 12);
	timers_advance(&timers, 100000);
	timers_advance(&timers, 400000);
	ck_assert_uint_eq(n_arrived, 2);
	ck_assert_int_eq(gadget_kind(gadget), GADGET_MODEM);
}
END_TEST

/* Until Sahara has its image; the number of pieces asked for. */
static unsigned int load(bool with_zlp)
{
	static const uint8_t hello_resp[48] = { 2, 0, 0, 0, 48, 0, 0, 0, 2, 0, 0, 0, 1 };
	static uint8_t image[65536];
	unsigned int n = 0;

	listen(1, 0x81, 16384);
	ck_assert(is_done[1]);
	ck_assert_uint_eq(urbs[1].actual, 48);
	ck_assert_uint_eq(get_le32(data[1]), 1);
	say(2, 0x01, hello_resp, sizeof(hello_resp));
	for (;; n++) {
		listen(1, 0x81, 16384);
		if (!is_done[1] || get_le32(data[1]) != 3)
			return n;
		ck_assert_uint_eq(urbs[1].actual, 20);
		say(2, 0x01, image, get_le32(data[1] + 16));
		if (with_zlp)
			say(2, 0x01, NULL, 0);
	}
}

START_TEST(test_sahara_loads_a_programmer_that_speaks_firehose)
{
	static const char configure[] = "<?xml version=\"1.0\" ?><data><configure "
		"MaxPayloadSizeToTargetInBytes=\"1048576\"/></data>";

	replug(GADGET_EDL, 0);
	ck_assert_uint_eq(load(false), 10);
	ck_assert_uint_eq(get_le32(data[1]), 4);
	say(2, 0x01, "\5\0\0\0\x08\0\0\0", 8);
	ck_assert_int_eq(submit(2, 0x01, configure, sizeof(configure) - 1), 0);
	ck_assert(!is_done[2]);
	listen(1, 0x81, 4096);
	ck_assert_uint_eq(get_le32(data[1]), 6);
	listen(1, 0x81, 4096);
	listen(1, 0x81, 4096);
	ck_assert(is_done[1]);
	ck_assert(is_done[2]);
	listen(1, 0x81, 4096);
	data[1][urbs[1].actual] = '\0';
	ck_assert_ptr_nonnull(strstr((char *)data[1], "value=\"ACK\""));
}
END_TEST

START_TEST(test_an_empty_packet_behind_sahara_data_may_silence_it)
{
	replug(GADGET_EDL, GADGET_ZLP_SILENCES);
	ck_assert_uint_eq(load(true), 1);
	ck_assert(!is_done[1]);
}
END_TEST

START_TEST(test_a_stall_halts_the_end_point_until_it_is_cleared)
{
	listen(1, 0x84, 512);
	listen(2, 0x84, 512);
	inject("stall@0x84");
	ck_assert(is_done[1]);
	ck_assert_int_eq(urbs[1].status, -EPIPE);
	ck_assert(gadget_say(gadget, 0x84, "x", 1));
	ck_assert(!is_done[2]);
	ck_assert_int_eq(control(0x02, 1, 0, 0x84, NULL, 0), 0);
	ck_assert(says(2, "x"));
}
END_TEST

START_TEST(test_faults_hit_where_and_as_often_as_they_should)
{
	inject("eproto@0x84+1*2");
	for (unsigned int i = 1; i < 6; i++)
		listen(i, 0x84, 512);
	ck_assert(gadget_say(gadget, 0x84, "x", 1));
	ck_assert(is_done[2]);
	ck_assert(is_done[3]);
	ck_assert(!is_done[4]);
	gadget_give_back(gadget, -ESHUTDOWN);
	inject("refuse-enomem@0x81+1*always");
	ck_assert_int_eq(submit(1, 0x81, NULL, 512), 0);
	ck_assert_int_eq(submit(2, 0x81, NULL, 512), -ENOMEM);
	ck_assert_int_eq(submit(2, 0x81, NULL, 512), -ENOMEM);
	inject("stall@line");
	ck_assert_int_eq(control(0x21, 0x22, 3, 2, NULL, 0), -EPIPE);
	raise_line(2);
}
END_TEST

START_TEST(test_a_cancel_ends_an_urb_or_is_lost)
{
	listen(1, 0x84, 512);
	ck_assert_int_eq(gadget_cancel(gadget, &urbs[1]), 0);
	ck_assert_int_eq(urbs[1].status, -ENOENT);
	ck_assert_int_eq(gadget_cancel(gadget, &urbs[1]), -EINVAL);
	listen(1, 0x84, 512);
	inject("last-words@0x84");
	ck_assert_int_eq(gadget_cancel(gadget, &urbs[1]), 0);
	ck_assert_uint_eq(urbs[1].actual, 10);
	listen(1, 0x84, 512);
	inject("keep@0x84");
	ck_assert_int_eq(gadget_cancel(gadget, &urbs[1]), 0);
	ck_assert(!is_done[1]);
	gadget_give_back(gadget, -ENOENT);
	ck_assert(is_done[1]);
}
END_TEST

START_TEST(test_words_that_name_no_fault_are_refused)
{
	static const char *const bad[] = { "", "stall", "@0x82", "stall@", "stall@0x182",
					   "stall@0x82*", "stall@0x82*0", "fall@0x82",
					   "stall@0x82+", "stall@get?", "stall@0x82*2x" };
	struct gadget_fault f;

	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++)
		ck_assert_msg(gadget_fault_parse(bad[i], &f) == -EINVAL, "%s", bad[i]);
	ck_assert_int_eq(gadget_fault_parse("keep@get+2*always", &f), 0);
	ck_assert_uint_eq(f.at, GADGET_AT_REQUEST | 1);
	ck_assert_uint_eq(f.after, 2);
	ck_assert_uint_eq(f.times, UINT_MAX);
}
END_TEST

START_TEST(test_an_unplugged_modem_gives_every_urb_back)
{
	listen(1, 0x81, 512);
	listen(2, 0x84, 512);
	listen(3, 0x89, 8);
	gadget_unplug(gadget);
	for (unsigned int i = 1; i < 4; i++)
		ck_assert_int_eq(urbs[i].status, -ESHUTDOWN);
	ck_assert_int_eq(submit(1, 0x81, NULL, 512), -ENODEV);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("gadget");
	TCase *c = tcase_create("modem");
	TCase *f = tcase_create("faults");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, test_the_modem_says_what_an_ec25_says);
	tcase_add_test(c, test_an_urb_waits_until_there_is_something_to_say);
	tcase_add_test(c, test_at_answers_and_tells_the_line);
	tcase_add_test(c, test_a_notification_may_take_two_packets);
	tcase_add_test(c, test_an_at_port_that_nobody_reads_takes_no_more);
	tcase_add_test(c, test_a_call_connects_and_hangs_up);
	tcase_add_test(c, test_nmea_is_silent_until_the_line_is_up);
	tcase_add_test(c, test_whole_packets_end_with_an_empty_one);
	tcase_add_test(c, test_without_an_empty_packet_the_urb_goes_on);
	tcase_add_test(c, test_a_buffer_shorter_than_a_packet_overflows);
	tcase_add_test(c, test_qmi_tells_its_answers_while_the_line_is_up);
	tcase_add_test(c, test_unknown_requests_stall);
	tcase_add_test(c, test_line_coding_comes_back);
	tcase_add_test(c, test_the_edl_command_brings_another_device);
	tcase_add_test(c, test_cfun_brings_the_same_device);
	tcase_add_test(c, test_sahara_loads_a_programmer_that_speaks_firehose);
	tcase_add_test(c, test_an_empty_packet_behind_sahara_data_may_silence_it);
	suite_add_tcase(s, c);
	tcase_add_checked_fixture(f, setup, teardown);
	tcase_add_test(f, test_a_stall_halts_the_end_point_until_it_is_cleared);
	tcase_add_test(f, test_faults_hit_where_and_as_often_as_they_should);
	tcase_add_test(f, test_a_cancel_ends_an_urb_or_is_lost);
	tcase_add_test(f, test_words_that_name_no_fault_are_refused);
	tcase_add_test(f, test_an_unplugged_modem_gives_every_urb_back);
	suite_add_tcase(s, f);
	return suite_run(s);
}
