/* A modem that boots by Sahara: images from a folder, over real rings. */
#include "device/mhi.h"
#include "rig.h"
#include "service/sahara.h"
#include "tests/suite.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HEADER = 16, SIZE = 4000000, REGION_0 = 4096, REGION_1 = 100000, REGION_2 = 1500 };

static struct rig rig;
static uint8_t image[SIZE];

static const char *place(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", rig.folder, name);
	return path;
}

static void put(const char *name, size_t len)
{
	int fd = open(place(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, image, len), (ssize_t)len);
	close(fd);
}

static int on_born(struct rig *r, struct device *d, struct text *ret_why)
{
	return sahara_start(d, r->loop, config_firmware_dir(r->config),
			    config_dump_dir(r->config), ret_why);
}

static void make_image(void)
{
	uint32_t sum = 0;

	for (uint32_t i = HEADER; i < SIZE; i++) {
		image[i] = (uint8_t)(i * 7 + i / 1000);
		sum += image[i];
	}
	memcpy(image, "MHISIM01", 8);
	put_le32(image + 8, SIZE);
	put_le32(image + 12, sum);
}

#define DEVICE(name, words)                                                    \
	"device \"loopback-" name "\" { recovery = false ready_timeout_ms = 2000 " words "}\n"

static void setup(void)
{
	rig_setup_with(&rig, DEVICE("one", "sahara_images = { \"0:fw.bin\" }")
			     DEVICE("asked", "sahara_images = { \"0:fw.bin\" }"
				    " sahara_identify = true")
			     DEVICE("many", "sahara_images = { \"1:fw.bin\", \"2:fw.bin\","
				    "\"3:fw.bin\", \"4:fw.bin\", \"6:fw.bin\", \"0x7:fw.bin\","
				    "\"8:fw.bin\" }")
			     DEVICE("out", "sahara_images = { \"0:../fw.bin\" }")
			     DEVICE("link", "sahara_images = { \"0:link\" }")
			     DEVICE("pipe", "sahara_images = { \"0:pipe\" }")
			     DEVICE("dir", "sahara_images = { \"0:dir\" }")
			     DEVICE("none", "sahara_images = { \"0:none\" }")
			     DEVICE("other", "sahara_images = { \"13:fw.bin\" }")
			     DEVICE("edl", "edl_firmware = \"prog.bin\"")
			     DEVICE("plain", ""));
	rig.born = on_born;
	make_image();
	put("fw.bin", SIZE);
}

static void teardown(void)
{
	rig_shutdown(&rig);
	RIG_UNTIL(&rig, rig.is_down);
	rig_teardown(&rig);
}

static struct device *add(const char *name, const char *life)
{
	char spec[128];

	snprintf(spec, sizeof(spec), "loopback:quectel-em1xx,name=%s,ee=sbl,boot=images,"
		 "life.SAHARA=%s", name, life);
	ck_assert_msg(!rig_add(&rig, spec), "%s", text_get(&rig.why));
	return registry_device(rig.registry, 0);
}

static bool is_ready(struct device *d)
{
	return device_is_ready(d) && !strcmp(device_ee(d), "AMSS");
}

/* What was told since. */
struct story {
	struct events_reader *reader;
	struct call call;
	char text[65536];
};

static struct story story;

static void ignore(void *user)
{
	(void)user;
}

static const struct events_reader_ops reader_ops = { .changed = ignore };

static void story_begin(struct device *d)
{
	memset(&story, 0, sizeof(story));
	story.reader = events_open(device_events(d), &reader_ops, NULL);
	ck_assert_ptr_nonnull(story.reader);
}

static const char *story_end(void)
{
	size_t len = 0;

	for (;;) {
		call_init(&story.call);
		events_read(story.reader, &story.call.wait, 4000, 0, true);
		if (story.call.result <= 0)
			break;
		ck_assert_uint_lt(len + (size_t)story.call.result, sizeof(story.text));
		memcpy(story.text + len, story.call.bytes, (size_t)story.call.result);
		len += (size_t)story.call.result;
	}
	events_close(story.reader);
	return story.text;
}

static const struct port_file_ops file_ops = { .changed = ignore };

START_TEST(test_a_modem_boots_with_an_image_from_the_folder)
{
	struct device *d = add("one", "sahara");
	const char *told;

	story_begin(d);
	ck_assert_ptr_null(rig_find_file(d, "SAHARA"));
	RIG_UNTIL(&rig, is_ready(d));
	ck_assert(rig_file(d, "DIAG")->is_offered);
	told = story_end();
	ck_assert_ptr_nonnull(strstr(told, "\"state\":\"loading\""));
	ck_assert_ptr_nonnull(strstr(told, "\"state\":\"loaded\""));
	ck_assert_ptr_nonnull(strstr(told, "fw.bin"));
	ck_assert_ptr_null(strstr(told, "failed"));
}
END_TEST

START_TEST(test_a_modem_is_asked_who_it_is)
{
	struct device *d = add("asked", "sahara");
	const char *told;

	story_begin(d);
	RIG_UNTIL(&rig, is_ready(d));
	told = story_end();
	ck_assert_ptr_nonnull(strstr(told, "\"what\":\"serial\",\"value\":\"dec0a051\""));
	ck_assert_ptr_nonnull(strstr(told, "key_hash"));
}
END_TEST

START_TEST(test_a_flashless_modem_boots_with_all_but_one)
{
	struct device *d = add("many", "sahara-flashless");
	const char *told;

	story_begin(d);
	RIG_UNTIL(&rig, is_ready(d));
	told = story_end();
	ck_assert_ptr_nonnull(strstr(told, "image 5 (-): none is configured"));
}
END_TEST

START_TEST(test_f59_a_liar_boots_in_the_end)
{
	struct device *d = add("one", "sahara-liar");
	unsigned int n = 0;
	const char *at;

	story_begin(d);
	RIG_UNTIL(&rig, is_ready(d));
	for (at = story_end(); (at = strstr(at, "\"failed\"")); at++)
		n++;
	ck_assert_uint_eq(n, 16);
}
END_TEST

static void check_region(struct device *d, const char *name, size_t len)
{
	char path[192], shown[64];
	struct node *n;
	struct stat st;
	uint8_t bytes[251];
	int fd;

	snprintf(path, sizeof(path), "%s/dump/loopback-one/%s", rig.folder, name);
	fd = open(path, O_RDONLY);
	ck_assert_msg(fd >= 0, "%s", path);
	ck_assert_int_eq(fstat(fd, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0600);
	ck_assert_int_eq(st.st_size, (off_t)len);
	ck_assert_int_eq(pread(fd, bytes, sizeof(bytes), 251), sizeof(bytes));
	for (unsigned int i = 0; i < sizeof(bytes); i++)
		ck_assert_uint_eq(bytes[i], i);
	close(fd);
	snprintf(shown, sizeof(shown), "dump/%s", name);
	n = rig_find_node(d, shown);
	ck_assert_ptr_nonnull(n);
	ck_assert_uint_eq(n->mode, 0600);
	ck_assert_uint_eq(n->size, len);
}

START_TEST(test_memory_of_a_crashed_modem_is_saved_before_it_boots)
{
	struct device *d = add("one", "sahara-crashed");
	char path[192];
	struct stat st;

	RIG_UNTIL(&rig, is_ready(d));
	check_region(d, "crash-1-00-OCIMEM.BIN", REGION_0);
	check_region(d, "crash-1-01-DDRCS0.BIN", REGION_1);
	check_region(d, "crash-1-02-_._load.cmm", REGION_2);
	snprintf(path, sizeof(path), "%s/dump/loopback-one", rig.folder);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0700);
}
END_TEST

static const struct {
	const char *name, *why;
} bad[] = {
	{ "out", "Invalid argument" }, { "link", "Too many levels" }, { "pipe", "Invalid argument" },
	{ "dir", "Is a directory" }, { "none", "No such file" }, { "other", "none is configured" },
};

START_TEST(test_f58_an_image_that_cannot_be_had_ends_in_error)
{
	struct device *d;

	ck_assert_int_eq(symlink("fw.bin", place("link")), 0);
	ck_assert_int_eq(mkfifo(place("pipe"), 0600), 0);
	ck_assert_int_eq(mkdir(place("dir"), 0700), 0);
	d = add(bad[_i].name, "sahara");
	story_begin(d);
	RIG_UNTIL(&rig, device_state(d) == ENGINE_ERROR);
	ck_assert_msg(strstr(story_end(), bad[_i].why), "%s", story.text);
	ck_assert_msg(strstr(device_why(d), bad[_i].why), "%s", device_why(d));
}
END_TEST

START_TEST(test_f58_an_image_that_changes_is_none)
{
	struct device *d = add("one", "sahara");

	story_begin(d);
	for (unsigned int i = 0; i < 6; i++)
		rig_turn(&rig);
	put("fw.bin", _i ? 1000 : SIZE - 1);
	RIG_UNTIL(&rig, device_state(d) == ENGINE_ERROR || is_ready(d));
	ck_assert(!is_ready(d));
	ck_assert_ptr_nonnull(strstr(story_end(), "failed"));
}
END_TEST

START_TEST(test_an_image_put_right_boots_after_a_reset)
{
	struct device *d;
	struct call call;

	put("fw.bin", 5);
	d = add("one", "sahara");
	RIG_UNTIL(&rig, device_state(d) == ENGINE_ERROR);
	put("fw.bin", SIZE);
	rig_store(d, "power", "reset", false, &call);
	RIG_UNTIL(&rig, call.answers);
	ck_assert_int_eq(call.result, 0);
	ck_assert(is_ready(d));
	ck_assert_str_eq(device_why(d), "");
}
END_TEST

static struct port_file *open_file(struct device *d, const char *name)
{
	struct port_file *file = NULL;
	struct call call;

	RIG_UNTIL(&rig, rig_file(d, name)->is_offered);
	call_init(&call);
	port_open(rig_port(d, name), false, &file_ops, NULL, &call.wait, &file);
	RIG_UNTIL(&rig, call.answers);
	ck_assert_int_eq(call.result, 0);
	return file;
}

static struct call *read_file(struct port_file *file)
{
	static struct call call;

	call_init(&call);
	port_read(file, &call.wait, sizeof(call.bytes), 0, false);
	RIG_UNTIL(&rig, call.answers);
	return &call;
}

static void write_file(struct port_file *file, const void *bytes, size_t len)
{
	struct call call;

	call_init(&call);
	port_write(file, &call.wait, bytes, len, 0, false);
	RIG_UNTIL(&rig, call.answers);
	ck_assert_int_eq(call.result, (ssize_t)len);
}

/* Longer than the modem may take to become ready. */
START_TEST(test_a_loader_that_is_served_is_waited_for)
{
	struct device *d = add("plain", "sahara");
	struct port_file *file = open_file(d, "SAHARA");
	uint64_t end;

	for (end = rig_now(&rig) + 1200000; rig_now(&rig) < end;)
		rig_turn(&rig);
	ck_assert_int_eq(device_state(d), ENGINE_STARTING);
	port_close(file);
	RIG_UNTIL(&rig, device_state(d) == ENGINE_ERROR);
	ck_assert_str_eq(device_why(d), "the device stayed in SBL");
}
END_TEST

START_TEST(test_without_images_the_channel_is_a_file)
{
	static const uint8_t hello_resp[48] = { 2, 0, 0, 0, 48, 0, 0, 0, 2, 0, 0, 0, 1 };
	struct device *d = add("plain", "sahara");
	struct port_file *file = open_file(d, "SAHARA");
	struct call *call = read_file(file);

	ck_assert_str_eq(device_ee(d), "SBL");
	ck_assert_int_eq(call->result, 48);
	ck_assert_uint_eq(get_le32(call->bytes), 1);
	write_file(file, hello_resp, sizeof(hello_resp));
	call = read_file(file);
	ck_assert(call->result == 20 || call->result == 32);
	port_close(file);
}
END_TEST

static void ask(struct port_file *file, const char *command, const char *right)
{
	struct call *call;

	write_file(file, command, strlen(command));
	do {
		call = read_file(file);
		ck_assert_int_gt(call->result, 0);
	} while (!strstr(call->bytes, "<response"));
	ck_assert_msg(strstr(call->bytes, right), "%s", call->bytes);
}

/* A modem in emergency download mode: the programmer, then files. */
START_TEST(test_a_modem_is_flashed_through_its_file)
{
	struct port_file *file;
	struct device *d;

	put("prog.bin", 100000);
	ck_assert_msg(!rig_add(&rig, "loopback:quectel-em1xx,name=edl,ee=edl,boot=flash"), "%s",
		      text_get(&rig.why));
	d = registry_device(rig.registry, 0);
	file = open_file(d, "FIREHOSE");
	ck_assert_str_eq(device_ee(d), "FP");
	ask(file, "<data><configure MaxPayloadSizeToTargetInBytes=\"16384\"/></data>", "ACK");
	ask(file, "<data><program SECTOR_SIZE_IN_BYTES=\"4096\" num_partition_sectors=\"25\"/>"
	    "</data>", "rawmode=\"true\"");
	write_file(file, image, 102400);
	ck_assert_ptr_nonnull(strstr(read_file(file)->bytes, "rawmode=\"false\""));
	ask(file, "<data><power value=\"reset\"/></data>", "ACK");
	RIG_UNTIL(&rig, device_state(d) == ENGINE_ERROR || is_ready(d));
	port_close(file);
}
END_TEST

/* At every turn of a load once. */
START_TEST(test_power_off_at_any_moment)
{
	struct device *d = add("one", "sahara");
	struct call call;

	for (int i = 0; i < _i; i++)
		rig_turn(&rig);
	rig_store(d, "power", "off", false, &call);
	RIG_UNTIL(&rig, call.answers);
	ck_assert_int_eq(device_state(d), ENGINE_OFF);
}
END_TEST

START_TEST(test_a_crash_at_any_moment)
{
	struct device *d = add("one", "sahara");

	for (int i = 0; i < _i; i++)
		rig_turn(&rig);
	sim_set_state_sys_err(loopback_sim(mhi_hw(d->bearer)));
	RIG_UNTIL(&rig, device_state(d) == ENGINE_ERROR || is_ready(d));
}
END_TEST

START_TEST(test_unplugged_at_any_moment)
{
	struct device *d = device_ref(add("one", _i & 1 ? "sahara" : "sahara-crashed"));

	for (int i = 0; i < _i; i++)
		rig_turn(&rig);
	loopback_unplug(mhi_hw(d->bearer));
	RIG_UNTIL(&rig, device_is_gone(d));
	device_unref(d);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("sahara");
	TCase *t = tcase_create("sahara");

	tcase_set_timeout(t, 30);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_a_modem_boots_with_an_image_from_the_folder);
	tcase_add_test(t, test_a_modem_is_asked_who_it_is);
	tcase_add_test(t, test_a_flashless_modem_boots_with_all_but_one);
	tcase_add_test(t, test_f59_a_liar_boots_in_the_end);
	tcase_add_test(t, test_memory_of_a_crashed_modem_is_saved_before_it_boots);
	tcase_add_loop_test(t, test_f58_an_image_that_cannot_be_had_ends_in_error, 0, ARRAY_SIZE(bad));
	tcase_add_loop_test(t, test_f58_an_image_that_changes_is_none, 0, 2);
	tcase_add_test(t, test_an_image_put_right_boots_after_a_reset);
	tcase_add_test(t, test_a_loader_that_is_served_is_waited_for);
	tcase_add_test(t, test_without_images_the_channel_is_a_file);
	tcase_add_test(t, test_a_modem_is_flashed_through_its_file);
	tcase_add_loop_test(t, test_power_off_at_any_moment, 0, 20);
	tcase_add_loop_test(t, test_a_crash_at_any_moment, 0, 20);
	tcase_add_loop_test(t, test_unplugged_at_any_moment, 0, 20);
	suite_add_tcase(s, t);
	return suite_run(s);
}
