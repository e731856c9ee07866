/* test-mhictl - tables, lines of events, and what is made of device files. */
#include "base/bytes.h"
#include "cli/device-json.h"
#include "cli/event-line.h"
#include "cli/table.h"
#include "tests/suite.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static struct text out;
static char dir[] = "/tmp/test-mhictl-XXXXXX";

static void setup(void)
{
	setenv("TZ", "UTC", 1);
	strcpy(strrchr(dir, '-') + 1, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(chdir(dir), 0);
}

static void teardown(void)
{
	char command[64];

	text_fini(&out);
	ck_assert_int_eq(chdir("/"), 0);
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	ck_assert_int_eq(system(command), 0);
}

static void put(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
}

static void make_device(const char *name)
{
	struct text path = TEXT_INIT;

	ck_assert_int_eq(mkdir(name, 0755), 0);
	text_printf(&path, "%s/state", name);
	put(text_get(&path), "state=ready\nmhi=M0\nee=AMSS\nwhy=\n");
	text_clear(&path);
	text_printf(&path, "%s/info", name);
	put(text_get(&path), "profile=sim\nchannel.DIAG=4 5 16384 stream\n"
	    "channel.TEST_1=- 63 32768 stream\n");
	text_clear(&path);
	text_printf(&path, "%s/stats", name);
	put(text_get(&path), "DIAG.users=2\nDIAG.state=running\nrpmsg/a.b.users=1\n");
	text_clear(&path);
	text_printf(&path, "%s/DIAG", name);
	put(text_get(&path), "");
	text_fini(&path);
}

static char *printed(struct table *t, unsigned int indent, bool has_colour)
{
	static char bytes[1024];
	FILE *f = fmemopen(bytes, sizeof(bytes), "w");

	ck_assert_int_eq(table_print(t, f, indent, has_colour), 0);
	fclose(f);
	table_free(t);
	return bytes;
}

START_TEST(test_table_aligns_and_ends_lines_without_blanks)
{
	static const struct table_column columns[] = {
		{ .title = "NAME" }, { .title = "N", .is_right = true }, { .title = "LAST" },
	};
	struct table *t = table_new(columns, ARRAY_SIZE(columns));

	table_add(t, "a");
	table_add(t, "1");
	table_add(t, "x");
	table_add(t, "longer");
	table_add(t, "1000");
	table_add(t, NULL);
	ck_assert_str_eq(printed(t, 1, false),
			 " NAME       N  LAST\n"
			 " a          1  x\n"
			 " longer  1000  -\n");
}
END_TEST

START_TEST(test_table_leaves_out_an_optional_column_that_is_empty)
{
	static const struct table_column columns[] = {
		{ .title = "A" }, { .title = "WHY", .is_optional = true },
	};
	struct table *t = table_new(columns, ARRAY_SIZE(columns));

	table_add(t, "x");
	table_add(t, "");
	ck_assert_str_eq(printed(t, 0, false), "A\nx\n");
}
END_TEST

START_TEST(test_table_escapes_cells_and_colours_only_when_told)
{
	static const struct table_column columns[] = { { .title = NULL } };
	struct table *t = table_new(columns, ARRAY_SIZE(columns));

	table_add_coloured(t, TABLE_RED, "\x1b[2J\n\xff");
	ck_assert_str_eq(printed(t, 0, false), "\\x1b[2J\\x0a\\xff\n");
	t = table_new(columns, ARRAY_SIZE(columns));
	table_add_coloured(t, TABLE_RED, "error");
	ck_assert_str_eq(printed(t, 0, true), "\033[31merror\033[0m\n");
}
END_TEST

START_TEST(test_sizes_have_three_digits_and_a_unit)
{
	static const struct table_column columns[] = { { .title = NULL } };
	static const uint64_t sizes[] = {
		0, 1023, 1024, 1536, 10240, 1023487, 1023488, UINT64_MAX,
	};
	struct table *t = table_new(columns, ARRAY_SIZE(columns));

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
		table_add_size(t, sizes[i]);
	ck_assert_str_eq(printed(t, 0, false),
			 "0\n1023\n1.0K\n1.5K\n10K\n999K\n1.0M\n16E\n");
}
END_TEST

static int human(const char *line)
{
	text_clear(&out);
	return event_line_human(line, strlen(line), "mhi0", &out);
}

static int json(const char *line)
{
	text_clear(&out);
	return event_line_json(line, strlen(line), "mhi0", &out);
}

START_TEST(test_event_is_a_line_with_time_and_members)
{
	ck_assert_int_eq(human("{\"seq\":1,\"time\":1700000000.125,\"type\":\"channel\","
			       "\"channel\":\"DIAG\",\"offered\":true,\"n\":3}"), 0);
	ck_assert_str_eq(text_get(&out),
			 "22:13:20.125 mhi0 channel DIAG offered=true n=3\n");
}
END_TEST

START_TEST(test_event_strings_that_are_not_one_word_are_quoted)
{
	ck_assert_int_eq(human("{\"time\":0,\"type\":\"state\",\"why\":\"a b\",\"x\":\"\","
			       "\"y\":\"\\u001b[2J\\u007f\xc2\x9b\"}"), 0);
	ck_assert_str_eq(text_get(&out), "00:00:00.000 mhi0 state why=\"a b\" y=\\x1b[2J\\x7f\\xc2\\x9b\n");
}
END_TEST

START_TEST(test_event_with_wild_members_is_still_a_line)
{
	ck_assert_int_eq(human("{\"time\":1e300,\"type\":7,\"a b\":{\"c\":[1]}}"), 0);
	ck_assert_str_eq(text_get(&out), "00:00:00.000 mhi0 ? a b={\"c\":[1]}\n");
	ck_assert_int_eq(human("{}"), 0);
	ck_assert_str_eq(text_get(&out), "00:00:00.000 mhi0 ?\n");
}
END_TEST

START_TEST(test_event_for_programs_keeps_its_digits)
{
	ck_assert_int_eq(json(" {\"time\":1700000000.10,\"type\":\"ee\"}"), 0);
	ck_assert_str_eq(text_get(&out),
			 "{\"device\":\"mhi0\",\"time\":1700000000.10,\"type\":\"ee\"}\n");
	ck_assert_int_eq(json("{}"), 0);
	ck_assert_str_eq(text_get(&out), "{\"device\":\"mhi0\"}\n");
}
END_TEST

START_TEST(test_event_for_programs_is_ascii)
{
	ck_assert_int_eq(json("{\"a\":\"\x7f\xc2\x9b\"}"), 0);
	ck_assert_str_eq(text_get(&out), "{\"device\":\"mhi0\",\"a\":\"\\u007f\\u009B\"}\n");
}
END_TEST

START_TEST(test_what_is_no_object_is_no_event)
{
	static const char *const bad[] = { "", "x", "[1]", "{", "{\"a\":\"\xff\"}", "1" };

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		ck_assert_int_eq(human(bad[i]), -EINVAL);
		ck_assert_int_eq(json(bad[i]), -EINVAL);
	}
}
END_TEST

START_TEST(test_scan_finds_devices_in_the_order_of_numbers)
{
	struct device_dirs l = { 0 };

	make_device("mhi10");
	make_device("mhi2");
	ck_assert_int_eq(mkdir("by-path", 0755), 0);
	ck_assert_int_eq(symlink("../mhi2", "by-path/loopback-0"), 0);
	ck_assert_int_eq(symlink("mhi2", "alias"), 0);
	put("state", "");
	ck_assert_int_eq(device_dirs_scan(".", &l), 0);
	ck_assert_uint_eq(l.n, 2);
	ck_assert_str_eq(l.at[0].name, "mhi2");
	ck_assert_str_eq(l.at[1].name, "mhi10");
	device_dirs_fini(&l);
	ck_assert_int_eq(device_dirs_scan("mhi2", &l), 0);
	ck_assert_uint_eq(l.n, 1);
	ck_assert_str_eq(l.at[0].path, "mhi2");
	device_dirs_fini(&l);
	ck_assert_int_eq(device_dirs_scan("none", &l), -ENOENT);
}
END_TEST

START_TEST(test_device_is_found_by_name_link_and_path)
{
	static const char *const names[] = {
		"mhi0", "loopback-0", "by-path/loopback-0", "./mhi0/", "mhi0/.",
	};
	struct device_dir d;

	make_device("mhi0");
	ck_assert_int_eq(mkdir("by-path", 0755), 0);
	ck_assert_int_eq(symlink("../mhi0", "by-path/loopback-0"), 0);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		ck_assert_int_eq(device_dir_find(".", names[i], &d), DEVICE_DIR_OK);
		ck_assert_str_eq(d.name, "mhi0");
		device_dir_fini(&d);
	}
	ck_assert_int_eq(device_dir_find("mhi0", "mhi0", &d), DEVICE_DIR_OK);
	device_dir_fini(&d);
	ck_assert_int_eq(device_dir_find(".", "by-path", &d), DEVICE_DIR_OTHER);
	ck_assert_int_eq(device_dir_find(".", "mhi1", &d), -ENOENT);
}
END_TEST

static json_t *device_as_json(enum device_detail detail)
{
	struct device_dir d;
	const char *file;
	json_t *j;

	ck_assert_int_eq(device_dir_open("mhi0", &d), DEVICE_DIR_OK);
	ck_assert_int_eq(device_json(&d, detail, &j, &file), 0);
	device_dir_fini(&d);
	return j;
}

START_TEST(test_channels_come_from_info_and_stats)
{
	json_t *j, *expected;

	make_device("mhi0");
	put("mhi0/power", "on\n");
	j = device_as_json(DEVICE_WHOLE);
	expected = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:{s:s}, s:["
		"{s:s, s:i, s:i, s:i, s:s, s:i, s:s, s:b},"
		"{s:s, s:n, s:i, s:i, s:s, s:b},"
		"{s:s, s:i, s:b}]}",
		"name", "mhi0", "directory", "mhi0", "state", "ready", "mhi", "M0",
		"ee", "AMSS", "why", "", "power", "on", "info", "profile", "sim", "channels",
		"name", "DIAG", "ul", 4, "dl", 5, "mtu", 16384, "boundary", "stream",
		"users", 2, "state", "running", "offered", 1,
		"name", "TEST_1", "ul", "dl", 63, "mtu", 32768, "boundary", "stream",
		"offered", 0,
		"name", "rpmsg/a.b", "users", 1, "offered", 0);
	ck_assert_ptr_nonnull(expected);
	ck_assert(json_equal(j, expected));
	json_decref(j);
	json_decref(expected);
}
END_TEST

START_TEST(test_files_of_a_device_cannot_rename_it)
{
	json_t *j;

	make_device("mhi0");
	put("mhi0/state", "name=evil\ndirectory=/\nstate=\xff" "ready\n=\nno equal sign\nwhy=a=b");
	j = device_as_json(DEVICE_BRIEF);
	ck_assert_str_eq(device_json_text(j, "name"), "mhi0");
	ck_assert_str_eq(device_json_text(j, "directory"), "mhi0");
	ck_assert_str_eq(device_json_text(j, "state"), "?ready");
	ck_assert_str_eq(device_json_text(j, "why"), "a=b");
	json_decref(j);
}
END_TEST

START_TEST(test_malformed_counters_do_no_harm)
{
	json_t *j;

	make_device("mhi0");
	put("mhi0/stats", ".users=1\n.=\nA.=1\nA.users=99999999999999999999\nB.users=-1\nusers=1\n");
	put("mhi0/info", "channel.=\nchannel.C=1\nchannel.D=1 2 3\nchannel.E=x y z w v\n");
	j = device_as_json(DEVICE_WHOLE);
	ck_assert(json_is_array(json_object_get(j, "channels")));
	json_decref(j);
}
END_TEST

START_TEST(test_attribute_that_is_a_fifo_or_endless_does_not_hold)
{
	struct device_dir d;
	struct text t = TEXT_INIT;

	make_device("mhi0");
	ck_assert_int_eq(device_dir_open("mhi0", &d), DEVICE_DIR_OK);
	ck_assert_int_eq(mkfifo("mhi0/fifo", 0600), 0);
	ck_assert_int_eq(symlink("/dev/zero", "mhi0/zero"), 0);
	ck_assert_int_eq(device_dir_read(&d, "fifo", &t), 0);
	ck_assert_uint_eq(t.len, 0);
	ck_assert_int_eq(device_dir_read(&d, "zero", &t), -EFBIG);
	ck_assert_int_eq(device_dir_read(&d, "none", &t), -ENOENT);
	text_fini(&t);
	device_dir_fini(&d);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("mhictl");
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_table_aligns_and_ends_lines_without_blanks);
	tcase_add_test(t, test_table_leaves_out_an_optional_column_that_is_empty);
	tcase_add_test(t, test_table_escapes_cells_and_colours_only_when_told);
	tcase_add_test(t, test_sizes_have_three_digits_and_a_unit);
	tcase_add_test(t, test_event_is_a_line_with_time_and_members);
	tcase_add_test(t, test_event_strings_that_are_not_one_word_are_quoted);
	tcase_add_test(t, test_event_with_wild_members_is_still_a_line);
	tcase_add_test(t, test_event_for_programs_keeps_its_digits);
	tcase_add_test(t, test_event_for_programs_is_ascii);
	tcase_add_test(t, test_what_is_no_object_is_no_event);
	tcase_add_test(t, test_scan_finds_devices_in_the_order_of_numbers);
	tcase_add_test(t, test_device_is_found_by_name_link_and_path);
	tcase_add_test(t, test_channels_come_from_info_and_stats);
	tcase_add_test(t, test_files_of_a_device_cannot_rename_it);
	tcase_add_test(t, test_malformed_counters_do_no_harm);
	tcase_add_test(t, test_attribute_that_is_a_fifo_or_endless_does_not_hold);
	suite_add_tcase(s, t);
	return suite_run(s);
}
