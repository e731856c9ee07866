/* test-usb-profile - a profile laid over what a modem says of itself. */
#include "device/usb_profile.h"
#include "device/config.h"
#include "tests/suite.h"
#include "tests/usb_bytes.h"
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

static struct text why;
static struct config *config;
static struct profile *profile;
static struct usb_layout l;

static void setup(void)
{
	why = TEXT_INIT;
	config = NULL;
	profile = NULL;
}

static void teardown(void)
{
	text_fini(&why);
	profile_free(profile);
	config_free(config);
}

static void load(const char *words)
{
	static const struct config_address a = { "usb-1-4", "usb-2c7c:0125" };
	char path[] = "/tmp/test-usb-profile-XXXXXX";
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, words, strlen(words)), (ssize_t)strlen(words));
	close(fd);
	ck_assert_msg(!config_load(path, &config, &why), "%s", text_get(&why));
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_msg(!config_usb_profile(config, NULL, a, 0x2c7c, 0x0125, &profile, &why), "%s",
		      text_get(&why));
}

static int lay_out(void)
{
	struct usb_bytes u = usb_bytes_ec25();
	struct usb_descriptors d;

	ck_assert_int_eq(usb_descriptors_parse(u.b, u.len, 1, &d, &why), 0);
	return usb_profile_layout(profile, &d, &l, &why);
}

static void adopt(void)
{
	ck_assert_msg(!lay_out(), "%s", text_get(&why));
	ck_assert_int_eq(usb_profile_adopt(profile, &l), 0);
	ck_assert_uint_eq(profile->n_chans, l.n_functions);
	for (unsigned int i = 0; i < l.n_functions; i++)
		ck_assert_str_eq(profile->chans[i].name, l.functions[i].name);
}

START_TEST(test_channels_come_from_the_device)
{
	struct profile_chan *c;

	load("");
	adopt();
	ck_assert_str_eq(profile->name, "quectel-ec25");
	ck_assert_uint_eq(profile->n_chans, 5);
	c = profile_chan_find(profile, "QMI");
	ck_assert_int_eq(c->boundary, BOUNDARY_MESSAGE);
	ck_assert_uint_eq(c->mtu, 4096);
	ck_assert_uint_eq(profile_chan_mode(c), 0660);
	c = profile_chan_find(profile, "DIAG");
	ck_assert_int_eq(c->boundary, BOUNDARY_STREAM);
	ck_assert_uint_eq(c->mru, 16384);
	ck_assert_uint_eq(profile_chan_mode(c), 0600);
	ck_assert_int_eq(c->ul, 0);
}
END_TEST

START_TEST(test_words_are_laid_over_it)
{
	struct profile_chan *c;

	load("profile \"mine\" {\n"
	     "	usb = {\"2c7c:0125\"}\n"
	     "	channel \"GPS\" { interface = 1 function = nmea mode = 0444 group = gps }\n"
	     "	channel \"DIAG\" { off = true }\n"
	     "	channel \"AT\" { mru = 5000 linger_ms = 0 slow_reader = drop }\n"
	     "	channel \"NOBODY\" { mode = 0600 }\n"
	     "}\n");
	adopt();
	ck_assert_str_eq(profile->name, "mine");
	ck_assert_uint_eq(profile->n_chans, 4);
	ck_assert_ptr_null(profile_chan_find(profile, "DIAG"));
	ck_assert_ptr_null(profile_chan_find(profile, "NOBODY"));
	c = profile_chan_find(profile, "GPS");
	ck_assert_uint_eq(c->mode, 0444);
	ck_assert_str_eq(c->group, "gps");
	c = profile_chan_find(profile, "AT");
	ck_assert_uint_eq(c->mru, 5120);
	ck_assert_uint_eq(c->linger_ms, 0);
	ck_assert_int_eq(c->slow_reader, SLOW_READER_DROP);
}
END_TEST

START_TEST(test_all_may_be_off)
{
	load("device \"usb-*\" {\n"
	     "	channel \"DIAG\" { off = true } channel \"NMEA\" { off = true }\n"
	     "	channel \"AT\" { off = true } channel \"DUN\" { off = true }\n"
	     "	channel \"QMI\" { off = true }\n"
	     "}\n");
	adopt();
	ck_assert_uint_eq(profile->n_chans, 0);
}
END_TEST

START_TEST(test_what_the_device_has_not_is_refused)
{
	load("device \"usb-*\" { channel \"X\" { interface = 17 } }\n");
	ck_assert_int_eq(lay_out(), -EPROTO);
	ck_assert_ptr_nonnull(strstr(text_get(&why), "channel 'X': interface 17"));
}
END_TEST

/* One name is one profile. */
START_TEST(test_models_and_profiles_share_no_name)
{
	struct text names = TEXT_INIT;
	char *name, *rest;

	profile_list_builtin(&names);
	for (name = strtok_r(names.bytes, ", ", &rest); name; name = strtok_r(NULL, ", ", &rest)) {
		profile_free(profile);
		profile = profile_new_builtin(name);
		ck_assert_ptr_nonnull(profile);
		ck_assert_msg(!profile->is_usb, "%s", name);
	}
	text_clear(&names);
	profile_list_usb(&names);
	for (name = strtok_r(names.bytes, ", ", &rest); name; name = strtok_r(NULL, ", ", &rest)) {
		profile_free(profile);
		profile = profile_new_builtin(name);
		ck_assert_ptr_nonnull(profile);
		ck_assert_str_eq(profile->name, name);
		ck_assert_msg(profile->is_usb, "%s", name);
	}
	text_fini(&names);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("usb-profile");
	TCase *t = tcase_create("usb-profile");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_channels_come_from_the_device);
	tcase_add_test(t, test_words_are_laid_over_it);
	tcase_add_test(t, test_all_may_be_off);
	tcase_add_test(t, test_what_the_device_has_not_is_refused);
	tcase_add_test(t, test_models_and_profiles_share_no_name);
	suite_add_tcase(s, t);
	return suite_run(s);
}
