/* A boot loader of the simulated modem, and the host's side of the protocol: both
 * talk to each other without any channel between them. */
#include "service/sahara_protocol.h"
#include "speaker.h"
#include "suite.h"
#include <errno.h>

enum { HEADER = 16, SIZE = 300000, UL_PIECE = 16384, MISSING = 5, REGIONS = 3 };

struct talk {
	struct speaker device;
	struct sahara host;
	struct sahara_limits limits;
	uint8_t image[SIZE];
	uint32_t missing;	/* the image that is not there */
	uint32_t sent_len;	/* of raw bytes to be reported */
	unsigned int n_images, n_failed, n_finished, n_regions, n_executed;
	uint64_t loaded, dumped;
	uint8_t next_byte;	/* expected of a region */
	char names[REGIONS][SAHARA_NAME_LEN + 1];
	char why[SAHARA_WHY_LEN];
	uint8_t to_device[64][SAHARA_PACKET_MAX];
	uint32_t to_device_len[64];
	unsigned int n_to_device;
};

static struct talk t;

static void on_send(void *user, const void *packet, uint32_t len)
{
	(void)user;
	ck_assert_uint_lt(t.n_to_device, 64);
	memcpy(t.to_device[t.n_to_device], packet, len);
	t.to_device_len[t.n_to_device++] = len;
}

static int on_image_find(void *user, uint64_t id, uint64_t *ret_size, const char **ret_name)
{
	(void)user;
	if (id > 8 || id == t.missing)
		return -ENOENT;
	*ret_size = SIZE;
	*ret_name = "image";
	return 0;
}

static void on_image_send(void *user, uint64_t id, uint64_t offset, uint64_t len)
{
	(void)user, (void)id;
	for (uint64_t at = 0, n; at < len; at += n) {
		n = len - at < UL_PIECE ? len - at : UL_PIECE;
		t.device.service->hear(t.device.state, t.image + offset + at, (uint32_t)n,
				       &t.device.mouth);
	}
	t.loaded += len;
	t.sent_len = (uint32_t)len;
}

static void on_image_done(void *user, uint64_t id)
{
	(void)user, (void)id;
	t.n_images++;
}

static int on_dump_begin(void *user, const struct sahara_region *r)
{
	(void)user;
	ck_assert_uint_lt(t.n_regions, REGIONS);
	strcpy(t.names[t.n_regions++], r->name);
	t.next_byte = 0;
	return 0;
}

static int on_dump_data(void *user, const uint8_t *data, uint32_t len)
{
	(void)user;
	for (uint32_t i = 0; i < len; i++) {
		ck_assert_uint_eq(data[i], t.next_byte);
		t.next_byte = (uint8_t)((t.next_byte + 1) % 251);
	}
	t.dumped += len;
	return 0;
}

static void on_dump_end(void *user, int status)
{
	(void)user;
	ck_assert_int_eq(status, 0);
}

static void on_executed(void *user, uint32_t command, const uint8_t *data, uint32_t len)
{
	(void)user;
	ck_assert_uint_eq(command, 1);
	ck_assert_uint_eq(len, 4);
	ck_assert_uint_eq(get_le32(data), 0x51a0c0de);
	t.n_executed++;
}

static void on_finished(void *user, enum sahara_mode mode)
{
	(void)user, (void)mode;
	t.n_finished++;
}

static void on_failed(void *user, int status, const char *why)
{
	(void)user;
	ck_assert_int_lt(status, 0);
	strcpy(t.why, why);
	t.n_failed++;
}

static const struct sahara_ops ops = {
	.send = on_send,
	.image_find = on_image_find,
	.image_send = on_image_send,
	.image_done = on_image_done,
	.dump_begin = on_dump_begin,
	.dump_data = on_dump_data,
	.dump_end = on_dump_end,
	.executed = on_executed,
	.finished = on_finished,
	.failed = on_failed,
};

static void make_image(uint32_t sum_is_wrong)
{
	uint32_t sum = sum_is_wrong;

	for (uint32_t i = HEADER; i < SIZE; i++) {
		t.image[i] = (uint8_t)(i * 7 + i / 1000);
		sum += t.image[i];
	}
	memcpy(t.image, "MHISIM01", 8);
	put_le32(t.image + 8, SIZE);
	put_le32(t.image + 12, sum);
}

static void begin(const char *life, uint64_t seed)
{
	speaker_open(&t.device, life, seed);
	t.limits = sahara_limits_default;
	t.limits.piece = UL_PIECE;
	sahara_init(&t.host, &t.limits, &ops, NULL);
	sahara_begin(&t.host, 0);
}

/* One thing each; false when both have nothing to say. */
static bool step(void)
{
	static uint8_t message[65536];
	const uint8_t *said;
	uint32_t len;

	if (t.sent_len) {
		len = t.sent_len;
		t.sent_len = 0;
		sahara_sent(&t.host, 0, len);
		return true;
	}
	said = mouth_peek(&t.device.mouth, &len);
	if (said) {
		memcpy(message, said, len);
		mouth_swallow(&t.device.mouth);
		sahara_hear(&t.host, 0, message, len, true);
		return true;
	}
	if (t.n_to_device) {
		len = t.to_device_len[0];
		memcpy(message, t.to_device[0], len);
		t.n_to_device--;
		memmove(t.to_device, t.to_device[1], t.n_to_device * sizeof(t.to_device[0]));
		memmove(t.to_device_len, t.to_device_len + 1,
			t.n_to_device * sizeof(t.to_device_len[0]));
		t.device.service->hear(t.device.state, message, len, &t.device.mouth);
		return true;
	}
	t.device.service->tick(t.device.state, 0, &t.device.mouth);
	return !mouth_is_empty(&t.device.mouth);
}

static bool has_loaded(void)
{
	return t.device.service->has_loaded(t.device.state);
}

static void run(void)
{
	for (unsigned int i = 0; i < 100000 && step(); i++)
		;
}

static void setup(void)
{
	memset(&t, 0, sizeof(t));
	t.missing = 99;
	make_image(0);
}

static void teardown(void)
{
	sahara_end(&t.host, -ENODEV);
	speaker_close(&t.device);
}

START_TEST(test_an_image_is_loaded_and_the_modem_goes_on)
{
	begin("sahara", (uint64_t)_i);
	run();
	ck_assert_msg(has_loaded(), "%s", t.why);
	ck_assert_uint_eq(t.n_images, 1);
	ck_assert_uint_eq(t.loaded, SIZE);
	ck_assert_uint_eq(t.n_finished, 1);
	ck_assert_uint_eq(t.n_failed, 0);
}
END_TEST

START_TEST(test_an_image_with_a_wrong_sum_is_refused_by_the_modem)
{
	make_image(1);
	begin("sahara", 1);
	run();
	ck_assert(!has_loaded());
	ck_assert(sahara_is_over(&t.host));
	ck_assert_msg(strstr(t.why, "status 0xf at offset 300000"), "%s", t.why);
}
END_TEST

START_TEST(test_what_is_no_image_is_refused_by_the_modem)
{
	t.image[3] = 'X';
	begin("sahara", 1);
	run();
	ck_assert(!has_loaded());
	ck_assert_ptr_nonnull(strstr(t.why, "at offset 16"));
}
END_TEST

START_TEST(test_a_flashless_modem_asks_for_all_its_images)
{
	begin("sahara-flashless", 3);
	run();
	ck_assert(has_loaded());
	ck_assert_uint_eq(t.n_images, 8);
	ck_assert_uint_eq(t.n_failed, 0);
}
END_TEST

START_TEST(test_a_flashless_modem_does_without_one)
{
	t.missing = MISSING;
	begin("sahara-flashless", 3);
	run();
	ck_assert(has_loaded());
	ck_assert_uint_eq(t.n_images, 7);
	ck_assert_uint_eq(t.n_failed, 1);
	ck_assert_str_eq(t.why, "image 5 (-): none is configured");
}
END_TEST

START_TEST(test_an_image_it_needs_is_asked_for_until_it_is_refused_for_good)
{
	t.missing = MISSING - 1;
	begin("sahara-flashless", 3);
	run();
	ck_assert(!has_loaded());
	ck_assert(sahara_is_over(&t.host));
	ck_assert_uint_eq(t.n_failed, t.limits.refusals + 1);
}
END_TEST

START_TEST(test_a_crashed_modem_gives_its_memory_and_boots)
{
	begin("sahara-crashed", 4);
	run();
	ck_assert(has_loaded());
	ck_assert_uint_eq(t.n_regions, REGIONS);
	ck_assert_uint_eq(t.dumped, 4096 + 100000 + 1500);
	ck_assert_str_eq(t.names[1], "DDRCS0.BIN");
	ck_assert_str_eq(t.names[2], "_._load.cmm");
	ck_assert_uint_eq(t.n_finished, 2);
	ck_assert_uint_eq(t.n_failed, 0);
}
END_TEST

START_TEST(test_f59_a_liar_is_refused_each_time_and_loads_in_the_end)
{
	begin("sahara-liar", (uint64_t)_i);
	run();
	ck_assert_msg(has_loaded(), "%s", t.why);
	ck_assert_uint_eq(t.n_failed, 16);
	ck_assert_uint_eq(t.n_images, 1);
	ck_assert_uint_eq(t.loaded, SIZE);
	ck_assert_uint_eq(t.n_regions, 0);
}
END_TEST

START_TEST(test_a_serial_number_is_told_before_images_are_loaded)
{
	static const uint32_t serial[] = { 1 };

	begin("sahara", 6);
	sahara_ask(&t.host, serial, ARRAY_SIZE(serial));
	run();
	ck_assert(has_loaded());
	ck_assert_uint_eq(t.n_executed, 1);
}
END_TEST

START_TEST(test_a_command_it_does_not_know_is_no_obstacle)
{
	static const uint32_t unknown[] = { 9 };

	begin("sahara", 6);
	sahara_ask(&t.host, unknown, ARRAY_SIZE(unknown));
	run();
	ck_assert_msg(has_loaded(), "%s", t.why);
	ck_assert_uint_eq(t.n_executed, 0);
	ck_assert_uint_eq(t.n_failed, 1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("service-sahara");
	TCase *tc = tcase_create("service-sahara");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_an_image_is_loaded_and_the_modem_goes_on, 0, 8);
	tcase_add_test(tc, test_an_image_with_a_wrong_sum_is_refused_by_the_modem);
	tcase_add_test(tc, test_what_is_no_image_is_refused_by_the_modem);
	tcase_add_test(tc, test_a_flashless_modem_asks_for_all_its_images);
	tcase_add_test(tc, test_a_flashless_modem_does_without_one);
	tcase_add_test(tc, test_an_image_it_needs_is_asked_for_until_it_is_refused_for_good);
	tcase_add_test(tc, test_a_crashed_modem_gives_its_memory_and_boots);
	tcase_add_loop_test(tc, test_f59_a_liar_is_refused_each_time_and_loads_in_the_end, 0, 8);
	tcase_add_test(tc, test_a_serial_number_is_told_before_images_are_loaded);
	tcase_add_test(tc, test_a_command_it_does_not_know_is_no_obstacle);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
