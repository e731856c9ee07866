/* Images: what is read from the firmware folder, and how loaders get them. */
#include "device/firmware.h"
#include "device/mhi.h"
#include "rig.h"
#include "tests/suite.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

enum { SBL = 100000, LEN = 2500000 };

static struct rig rig;
static struct device *d;
static struct call call;
static uint8_t image[LEN];

static const char *place(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", rig.folder, name);
	return path;
}

static void put(const char *name, const void *bytes, size_t len)
{
	int fd = open(place(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, bytes, len), (ssize_t)len);
	close(fd);
}

static void setup(void)
{
	rig_setup_with(&rig, "device \"loopback-plain\" { firmware = \"a.bin\" }\n"
			     "device \"loopback-chain\" { firmware = \"a.bin\" edl_firmware = \"e.bin\""
			     " sbl_size = 100000 seg_len = 65536 }\n"
			     "device \"loopback-lost\" { firmware = \"sub/none.bin\" }\n");
	for (size_t i = 0; i < LEN; i++)
		image[i] = (uint8_t)(i * 7 + i / 256);
	mkdir(place("sub"), 0700);
}

static void teardown(void)
{
	rig_teardown(&rig);
}

/* --- files --- */

static int try_open(const char *name)
{
	struct text why = TEXT_INIT;
	struct firmware f;
	int r = firmware_open(&f, rig.folder, name, &why);

	ck_assert_int_eq(r < 0, why.len > 0);
	if (!r)
		firmware_close(&f);
	text_fini(&why);
	return r;
}

START_TEST(test_f58_names_that_lead_out_are_refused)
{
	static const char *const names[] = {
		"/etc/passwd", "../a.bin", "sub/../../a.bin", "..", ".", "", "sub//a.bin", "sub/",
		"./a.bin", "a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q",
	};

	put("a.bin", image, 10);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		ck_assert_msg(try_open(names[i]) < 0, "%s", names[i]);
	put("sub/a.bin", image, 10);
	ck_assert_int_eq(try_open("sub/a.bin"), 0);
	ck_assert_int_eq(try_open("a.bin"), 0);
}
END_TEST

START_TEST(test_f58_what_is_no_file_is_refused_without_waiting)
{
	ck_assert_int_eq(try_open("none.bin"), -ENOENT);
	put("empty", "", 0);
	ck_assert_int_eq(try_open("empty"), -ENODATA);
	ck_assert_int_eq(try_open("sub"), -EISDIR);
	ck_assert_int_eq(mkfifo(place("pipe"), 0600), 0);
	ck_assert_int_eq(try_open("pipe"), -EINVAL);
	put("a.bin", image, 10);
	ck_assert_int_eq(symlink("a.bin", place("link")), 0);
	ck_assert_int_eq(try_open("link"), -ELOOP);
	ck_assert_int_eq(symlink("sub", place("linked")), 0);
	put("sub/a.bin", image, 10);
	ck_assert_int_lt(try_open("linked/a.bin"), 0);
	put("huge", "", 0);
	ck_assert_int_eq(truncate(place("huge"), (off_t)FIRMWARE_MOST + 1), 0);
	ck_assert_int_eq(try_open("huge"), -EFBIG);
}
END_TEST

static int read_all(struct firmware *f, uint8_t *to, void (*meanwhile)(void))
{
	struct text why = TEXT_INIT;
	int r;

	do {
		r = firmware_read(f, to, &why);
		if (meanwhile)
			meanwhile();
	} while (r == FIRMWARE_MORE);
	ck_assert_int_eq(r < 0, why.len > 0);
	text_fini(&why);
	firmware_close(f);
	return r;
}

static struct firmware opened(const char *name)
{
	struct text why = TEXT_INIT;
	struct firmware f;

	ck_assert_int_eq(firmware_open(&f, rig.folder, name, &why), 0);
	return f;
}

START_TEST(test_an_image_comes_in_pieces_and_in_parts)
{
	static uint8_t copy[LEN];
	struct firmware f;

	put("a.bin", image, LEN);
	f = opened("a.bin");
	ck_assert_int_eq(read_all(&f, copy, NULL), FIRMWARE_WHOLE);
	ck_assert_mem_eq(copy, image, LEN);
	f = opened("a.bin");
	firmware_cut(&f, SBL, SIZE_MAX);
	ck_assert_uint_eq(f.len, LEN - SBL);
	ck_assert_int_eq(read_all(&f, copy, NULL), FIRMWARE_WHOLE);
	ck_assert_mem_eq(copy, image + SBL, LEN - SBL);
}
END_TEST

static void shorten(void)
{
	ck_assert_int_eq(truncate(place("a.bin"), 1500000), 0);
}

static void overwrite(void)
{
	put("a.bin", image + 1, LEN - 1);
}

static void lengthen(void)
{
	ck_assert_int_eq(truncate(place("a.bin"), LEN + 1), 0);
}

START_TEST(test_f58_an_image_that_changes_meanwhile_is_none)
{
	static void (*const changes[])(void) = { shorten, overwrite, lengthen };
	static uint8_t copy[LEN];
	struct firmware f;

	put("a.bin", image, LEN);
	f = opened("a.bin");
	ck_assert_int_eq(read_all(&f, copy, changes[_i]), -ESTALE);
}
END_TEST

/* --- loaders --- */

static const struct sim_counts *counts(void)
{
	return sim_counts(loopback_sim(mhi_hw(d->bearer)));
}

static uint32_t sum_of(const uint8_t *bytes, size_t len)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < len; i++)
		sum += bytes[i];
	return sum;
}

static bool shows(const char *text)
{
	return strstr(rig_show(d, "state"), text);
}

static int power(const char *word)
{
	rig_store(d, "power", word, false, &call);
	RIG_UNTIL(&rig, call.answers);
	return (int)call.result;
}

START_TEST(test_edl_without_a_programmer_is_an_error)
{
	put("a.bin", image, LEN);
	d = rig_device(&rig, "loopback,name=plain,ee=edl,boot=images,recovery=off");
	ck_assert(shows("state=error\n"));
	ck_assert(shows("why=the device is in EDL\n"));
}
END_TEST

START_TEST(test_a_chain_of_loaders_gets_its_parts)
{
	put("a.bin", image, LEN);
	d = rig_device(&rig, "loopback,name=chain,ee=pbl,boot=images,image_us=1000");
	ck_assert_msg(shows("state=ready\n"), "%s", rig_show(d, "state"));
	ck_assert_uint_eq(counts()->images, 2);
	/* No program by itself: SBL gets all of it again. */
	ck_assert_uint_eq(counts()->image_sum, sum_of(image, LEN));
}
END_TEST

START_TEST(test_what_follows_the_first_part_may_be_a_program)
{
	memcpy(image + SBL, "\x7f" "ELF", 4);
	put("a.bin", image, LEN);
	d = rig_device(&rig, "loopback,name=chain,ee=pbl,boot=images");
	ck_assert(shows("state=ready\n"));
	ck_assert_uint_eq(counts()->image_sum, sum_of(image + SBL, LEN - SBL));
}
END_TEST

START_TEST(test_a_missing_image_ends_the_start_and_has_a_name)
{
	d = rig_device(&rig, "loopback,name=lost,ee=pbl,boot=images,recovery=off");
	ck_assert(shows("state=error\n"));
	ck_assert(shows("why=sub/none.bin for PBL: image sub/none.bin: No such file or directory"));
	/* Somebody puts it there. */
	put("sub/none.bin", image, 1000);
	ck_assert_int_eq(power("off"), 0);
}
END_TEST

START_TEST(test_a_loader_that_boots_by_itself_needs_none)
{
	d = rig_device(&rig, "loopback:qcom-sdx65m,ee=pbl,boot_us=1000");
	ck_assert_msg(shows("state=ready\n"), "%s", rig_show(d, "state"));
}
END_TEST

START_TEST(test_the_first_loader_may_be_the_only_one_that_wants_an_image)
{
	put("a.bin", image, LEN);
	d = rig_device(&rig, "loopback,name=plain,ee=pbl,boot=loader");
	ck_assert_msg(shows("state=ready\n"), "%s", rig_show(d, "state"));
	ck_assert_uint_eq(counts()->images, 1);
	ck_assert_uint_eq(counts()->image_sum, sum_of(image, LEN));
}
END_TEST

START_TEST(test_edl_takes_its_programmer)
{
	put("a.bin", image, LEN);
	put("e.bin", image, 5000);
	d = rig_device(&rig, "loopback,name=chain,ee=pbl,boot=images");
	ck_assert_int_eq(power("edl"), 0);
	ck_assert(shows("ee=FP\n"));
	ck_assert_uint_eq(counts()->image_sum, sum_of(image, 5000));
	ck_assert_int_eq(power("reset"), 0);
}
END_TEST

START_TEST(test_off_and_unplug_while_an_image_is_read)
{
	put("a.bin", image, LEN);
	d = device_ref(rig_device(&rig, "loopback,name=chain,ee=pbl,boot=images"));
	for (int turns = 0; turns < 12; turns++) {
		rig_store(d, "power", "reset", true, &call);
		for (int i = 0; i < turns; i++)
			rig_turn(&rig);
		ck_assert_int_eq(power("off"), 0);
		ck_assert_int_eq(power("on"), 0);
		ck_assert(shows("state=ready\n"));
	}
	ck_assert_int_eq(power("off"), 0);
	rig_store(d, "power", "on", true, &call);
	for (int i = 0; i < 4; i++)
		rig_turn(&rig);
	loopback_unplug(mhi_hw(d->bearer));
	RIG_UNTIL(&rig, shows("state=gone\n"));
	device_unref(d);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("firmware");
	TCase *f = tcase_create("files"), *l = tcase_create("loaders");

	tcase_add_checked_fixture(f, setup, teardown);
	tcase_add_test(f, test_f58_names_that_lead_out_are_refused);
	tcase_add_test(f, test_f58_what_is_no_file_is_refused_without_waiting);
	tcase_add_test(f, test_an_image_comes_in_pieces_and_in_parts);
	tcase_add_loop_test(f, test_f58_an_image_that_changes_meanwhile_is_none, 0, 3);
	suite_add_tcase(s, f);
	tcase_add_checked_fixture(l, setup, teardown);
	tcase_add_test(l, test_edl_without_a_programmer_is_an_error);
	tcase_add_test(l, test_a_chain_of_loaders_gets_its_parts);
	tcase_add_test(l, test_what_follows_the_first_part_may_be_a_program);
	tcase_add_test(l, test_a_missing_image_ends_the_start_and_has_a_name);
	tcase_add_test(l, test_a_loader_that_boots_by_itself_needs_none);
	tcase_add_test(l, test_the_first_loader_may_be_the_only_one_that_wants_an_image);
	tcase_add_test(l, test_edl_takes_its_programmer);
	tcase_add_test(l, test_off_and_unplug_while_an_image_is_read);
	suite_add_tcase(s, l);
	return suite_run(s);
}
