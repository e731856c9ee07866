#include "device/config.h"
#include "suite.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[32];
static char path[64];
static struct text why;
static struct config *config;
static struct profile *profile;

static void setup(void)
{
	strcpy(dir, "/tmp/test-config-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/a.conf", dir);
	why = TEXT_INIT;
	config = NULL;
	profile = NULL;
}

static void teardown(void)
{
	char command[96];

	text_fini(&why);
	config_free(config);
	profile_free(profile);
	snprintf(command, sizeof(command), "rm -r %s", dir);
	ck_assert_int_eq(system(command), 0);
}

static void write_file(const char *name, const char *text)
{
	char full[128];
	FILE *f;

	snprintf(full, sizeof(full), "%s/%s", dir, name);
	f = fopen(full, "w");
	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
}

static void load(const char *text)
{
	write_file("a.conf", text);
	ck_assert_msg(!config_load(path, &config, &why), "%s", text_get(&why));
}

/* Refused, and the message says where (":LINE: ") and what. */
static void refuses(const char *text, int line, const char *reason)
{
	char where[80];

	write_file("a.conf", text);
	text_clear(&why);
	ck_assert_int_eq(config_load(path, &config, &why), -EINVAL);
	snprintf(where, sizeof(where), "%s:%d: ", path, line);
	ck_assert_msg(!strncmp(text_get(&why), where, strlen(where)), "%s", text_get(&why));
	ck_assert_msg(strstr(text_get(&why), reason), "%s", text_get(&why));
}

static struct config_address at(const char *name)
{
	return (struct config_address){ .path = name };
}

static struct profile_chan *chan(const char *name, const char *address)
{
	profile_free(profile);
	profile = NULL;
	ck_assert_msg(!config_profile(config, NULL, at(address), &profile, &why), "%s",
		      text_get(&why));
	return profile_chan_find(profile, name);
}

START_TEST(test_an_empty_file_changes_nothing)
{
	load("");
	ck_assert_uint_eq(config_ready_wait_ms(config), 30000);
	ck_assert_uint_eq(chan("LOOPBACK", "loopback-0")->mtu, 32768);
	ck_assert_str_eq(profile->name, "sim");
}
END_TEST

START_TEST(test_a_missing_file_is_refused)
{
	ck_assert_int_eq(config_load(path, &config, &why), -ENOENT);
	ck_assert_ptr_nonnull(strstr(text_get(&why), path));
}
END_TEST

START_TEST(test_a_folder_or_binary_is_refused)
{
	ck_assert_int_eq(config_load(dir, &config, &why), -EISDIR);
	text_clear(&why);
	ck_assert_int_eq(config_load("/proc/self/environ", &config, &why), -EINVAL);
	ck_assert_ptr_nonnull(strstr(text_get(&why), "zero byte"));
}
END_TEST

START_TEST(test_a_device_section_changes_what_it_names)
{
	struct profile_chan *c;

	load("ready_wait = 5\n"
	     "device \"loopback-*\" {\n"
	     "	timeout_ms = 1234\n"
	     "	channel \"DUN\" { mtu = 512 mode = 0640 linger_ms = 200 slow_reader = drop }\n"
	     "	channel \"QMI\" { remove = true }\n"
	     "	channel \"EXTRA\" { ul = 70 dl = 71 elements = 64 event_ring = 1 life = echo\n"
	     "		boundary = message mru = 8192 ee = {amss, wfw} }\n"
	     "}\n");
	ck_assert_uint_eq(config_ready_wait_ms(config), 5000);
	c = chan("DUN", "loopback-3");
	ck_assert_uint_eq(profile->timeout_ms, 1234);
	ck_assert_uint_eq(c->mtu, 512);
	ck_assert_uint_eq(c->mru, 512);
	ck_assert_uint_eq(c->mode, 0640);
	ck_assert_uint_eq(c->linger_ms, 200);
	ck_assert_int_eq(c->slow_reader, SLOW_READER_DROP);
	ck_assert_int_eq(c->ul, 32);
	ck_assert_ptr_null(profile_chan_find(profile, "QMI"));
	c = profile_chan_find(profile, "EXTRA");
	ck_assert_int_eq(c->dl, 71);
	ck_assert_uint_eq(c->mtu, 4096);
	ck_assert_uint_eq(c->mru, 8192);
	ck_assert_uint_eq(c->dl_elements, 64);
	ck_assert_int_eq(c->boundary, BOUNDARY_MESSAGE);
	ck_assert_uint_eq(c->ee_mask, EE_BIT(MHI_EE_AMSS) | EE_BIT(MHI_EE_WFW));
	/* Another device is not meant. */
	ck_assert_uint_eq(chan("DUN", "pci-0000:01:00.0")->mtu, 4096);
}
END_TEST

START_TEST(test_a_new_card_needs_three_lines)
{
	load("profile \"my-card\" {\n"
	     "	based_on = \"qcom-sdx65m\" pci = {\"17cb:0999\", \"1eac:1001:1eac:0001\"}\n"
	     "}\n"
	     "device \"pci-0000:02:00.0\" { profile = my-card }\n");
	ck_assert_str_eq(config_profile_for_pci(config, 0x17cb, 0x0999, 0, 0), "my-card");
	ck_assert_str_eq(config_profile_for_pci(config, 0x1eac, 0x1001, 0x1eac, 1), "my-card");
	ck_assert_str_eq(config_profile_for_pci(config, 0x1eac, 0x1001, 0, 0), "quectel-em1xx");
	ck_assert_ptr_nonnull(chan("FIREHOSE", "pci-0000:02:00.0"));
	ck_assert_str_eq(profile->name, "my-card");
	ck_assert(profile->edl_trigger);
}
END_TEST

START_TEST(test_a_device_section_may_name_an_identity)
{
	const struct config_address a = { "pci-0000:01:00.0", "pci-17cb:0308" };
	const struct config_address b = { "pci-0000:02:00.0", "pci-17cb:0306" };

	load("device \"pci-17cb:0308\" { profile = qcom-sdx65m channel \"QMI\" { mtu = 99 } }\n");
	ck_assert_str_eq(config_profile_name(config, a), "qcom-sdx65m");
	ck_assert_ptr_null(config_profile_name(config, b));
	ck_assert_int_eq(config_profile(config, NULL, a, &profile, &why), 0);
	ck_assert_uint_eq(profile_chan_find(profile, "QMI")->mtu, 99);
}
END_TEST

START_TEST(test_a_profile_can_start_from_nothing)
{
	load("profile \"bare\" {\n"
	     "	event_ring \"0\" { elements = 64 moderation_ms = 5 }\n"
	     "	channel \"A\" { dl = 9 elements = 8 event_ring = 0 }\n"
	     "}\n");
	ck_assert_int_eq(config_profile(config, "bare", at("x"), &profile, &why), 0);
	ck_assert_uint_eq(profile->n_chans, 1);
	ck_assert_uint_eq(profile->erings[0].moderation_ms, 5);
	ck_assert_uint_eq(profile_chan_mode(&profile->chans[0]), 0440);
}
END_TEST

START_TEST(test_a_builtin_can_be_changed_under_its_name)
{
	load("profile \"sim\" { based_on = sim channel \"DUN\" { mtu = 99 } }\n");
	ck_assert_uint_eq(chan("DUN", "loopback-0")->mtu, 99);
}
END_TEST

START_TEST(test_the_folder_is_read_in_order_of_names)
{
	char folder[80];

	snprintf(folder, sizeof(folder), "%s.d", path);
	ck_assert_int_eq(mkdir(folder, 0755), 0);
	write_file("a.conf.d/20.conf", "device \"*\" { channel \"DUN\" { mtu = 20 } }\n");
	write_file("a.conf.d/10.conf", "ready_wait = 1\n"
		   "device \"*\" { channel \"DUN\" { mtu = 10 } channel \"QMI\" { mtu = 10 } }\n");
	write_file("a.conf.d/30.off", "nonsense\n");
	load("ready_wait = 9\n");
	ck_assert_uint_eq(config_ready_wait_ms(config), 1000);
	ck_assert_uint_eq(chan("DUN", "x")->mtu, 20);
	ck_assert_uint_eq(chan("QMI", "x")->mtu, 10);
}
END_TEST

START_TEST(test_an_unknown_profile_lists_the_known_ones)
{
	load("profile \"mine\" { based_on = sim }\n");
	ck_assert_int_eq(config_profile(config, "nope", at("x"), &profile, &why), -ENOENT);
	ck_assert_ptr_nonnull(strstr(text_get(&why), "'nope'"));
	ck_assert_ptr_nonnull(strstr(text_get(&why), "sim, qcom-sdx75m"));
	ck_assert_ptr_nonnull(strstr(text_get(&why), "mine"));
}
END_TEST

START_TEST(test_unknown_keys_are_refused_with_their_line)
{
	refuses("\n\nreadywait = 3\n", 3, "readywait");
	refuses("device \"x\" {\n	color = red\n}\n", 2, "color");
	refuses("device \"x\" {\n	channel \"A\" {\n		mtuu = 1\n	}\n}\n", 3, "mtuu");
	refuses("channel \"A\" { }\n", 1, "channel");
}
END_TEST

START_TEST(test_bad_values_are_refused_with_their_line)
{
	refuses("ready_wait = soon\n", 1, "ready_wait");
	refuses("ready_wait = -1\n", 1, "0 to 3600");
	refuses("\ndevice \"x\" { channel \"A\" {\n mtu = 65536 } }\n", 3, "1 to 65535");
	refuses("device \"x\" { channel \"A\" { mode = 660 } }\n", 1, "octal");
	refuses("device \"x\" { channel \"A\" { mode = 01777 } }\n", 1, "octal");
	refuses("device \"x\" { channel \"A\" { boundary = line } }\n", 1, "stream or message");
	refuses("device \"x\" { channel \"A\" { slow_reader = kill } }\n", 1, "hold or drop");
	refuses("device \"x\" { channel \"A\" { ee = {amss, moon} } }\n", 1, "'moon'");
	refuses("device \"x\" { channel \"A\" { linger_ms = 201 } }\n", 1, "0 to 200");
	refuses("profile \"x\" { pci = {\"17cb\"} }\n", 1, "VENDOR:DEVICE");
	refuses("device \"x\" { channel \"A\" { burst = maybe } }\n", 1, "burst");
}
END_TEST

START_TEST(test_torn_files_are_refused)
{
	refuses("device \"x\" {", 2, "ends inside");
	refuses("device \"x\" { channel \"A\" {\n}", 3, "ends inside");
	refuses("device \"x", 3, "premature end");
	refuses("profile \"x\" { pci = {\"17cb:0308\",", 2, "");
	refuses("device { }", 1, "missing title");
	refuses("device \"x\" { } device \"x\" { }", 1, "duplicate title");
	refuses("}", 1, "");
	refuses("ready_wait", 2, "");
	/* Nobody knows where a comment should have ended. */
	write_file("a.conf", "ready_wait = 3 /* or");
	text_clear(&why);
	ck_assert_int_eq(config_load(path, &config, &why), -EINVAL);
	ck_assert_ptr_nonnull(strstr(text_get(&why), "ends inside"));
}
END_TEST

START_TEST(test_impossible_profiles_are_refused)
{
	refuses("profile \"x\" { based_on = nope }\n", 1, "'nope'");
	refuses("profile \"x\" { based_on = x }\n", 1, "'x'");
	refuses("profile \"x\" { based_on = y }\nprofile \"y\" { based_on = x }\n", 1,
		"based on itself");
	refuses("profile \"x\" { }\n", 1, "has no channel");
	refuses("profile \"x\" { based_on = sim channel \"NO\" { mtu = 3 } }\n", 1,
		"needs a channel number");
	refuses("profile \"x\" { based_on = sim channel \"NO\" { remove = true } }\n", 1,
		"there is none");
	refuses("profile \"x\" { based_on = sim event_ring \"9\" { elements = 8 } }\n", 1,
		"without gaps");
	refuses("device \"x\" { profile = sim channel \"DUN\" { elements = 33 } }\n", 1,
		"power of two");
	refuses("device \"x\" { profile = nope }\n", 1, "'nope'");
}
END_TEST

/* What a section without a profile says is judged when its device is known. */
static void refuses_device(const char *text, int line, const char *reason)
{
	char where[96];

	load(text);
	ck_assert_int_eq(config_profile(config, NULL, at("x"), &profile, &why), -EINVAL);
	snprintf(where, sizeof(where), "%s:%d: device 'x': ", path, line);
	ck_assert_msg(!strncmp(text_get(&why), where, strlen(where)), "%s", text_get(&why));
	ck_assert_msg(strstr(text_get(&why), reason), "%s", text_get(&why));
	text_clear(&why);
	config_free(config);
}

START_TEST(test_sections_that_do_not_fit_their_device_are_named)
{
	refuses_device("\ndevice \"x\" { channel \"NO\" { mtu = 3 } }\n", 2,
		       "needs a channel number");
	refuses_device("device \"x\" { channel \"NO\" { remove = true } }\n", 1, "there is none");
	refuses_device("device \"y\" { channel \"NO\" { mtu = 3 } }\n"
		       "device \"x\" { channel \"DUN\" { elements = 3 } }\n", 2, "power of two");
	config = NULL;
}
END_TEST

/* The profile of a USB modem at 1-4 with these ids. */
static int usb_profile(uint16_t vendor, uint16_t product)
{
	const struct config_address a = { .path = "usb-1-4", .identity = "usb-2c7c:0125" };

	profile_free(profile);
	profile = NULL;
	text_clear(&why);
	return config_usb_profile(config, NULL, a, vendor, product, &profile, &why);
}

START_TEST(test_a_usb_modem_needs_no_words)
{
	load("");
	ck_assert_int_eq(usb_profile(0x2c7c, 0x0125), 0);
	ck_assert_str_eq(profile->name, "usb");
	ck_assert(profile->is_usb);
	ck_assert_uint_eq(profile->n_chans, 0);
	ck_assert_ptr_null(profile->usb_model);
}
END_TEST

START_TEST(test_a_new_usb_modem_needs_one_line)
{
	load("profile \"mine\" { based_on = \"quectel-ec25\" usb = {\"1209:0001\", \"1209:2\"} }\n");
	ck_assert_int_eq(usb_profile(0x1209, 2), 0);
	ck_assert_str_eq(profile->name, "mine");
	ck_assert_str_eq(profile->usb_model, "quectel-ec25");
	ck_assert_int_eq(usb_profile(0x1209, 3), 0);
	ck_assert_str_eq(profile->name, "usb");
}
END_TEST

START_TEST(test_interfaces_become_channels)
{
	struct profile_chan *c;

	load("profile \"mine\" {\n"
	     "	usb = {\"1209:0001\"}\n"
	     "	channel \"SMS\" { interface = 5 alt = 1 function = at line = attach zlp = idle }\n"
	     "	channel \"DIAG\" { off = true }\n"
	     "}\n"
	     "device \"usb-1-*\" { channel \"SMS\" { zlp = write mru = 4096 mode = 0600 } }\n"
	     "device \"usb-2c7c:0125\" { channel \"NMEA\" { remove = true } }\n");
	ck_assert_msg(!usb_profile(0x1209, 1), "%s", text_get(&why));
	c = profile_chan_find(profile, "SMS");
	ck_assert_int_eq(c->usb.interface, 5);
	ck_assert_int_eq(c->usb.alt, 1);
	ck_assert_int_eq(c->usb.role, USB_AT);
	ck_assert_int_eq(c->usb.line, USB_LINE_ATTACH);
	ck_assert_int_eq(c->usb.zlp, USB_ZLP_WRITE);
	ck_assert_int_eq(c->usb.is_on, -1);
	ck_assert_uint_eq(c->mru, 4096);
	ck_assert_uint_eq(c->mtu, 0);
	ck_assert_uint_eq(c->mode, 0600);
	ck_assert_int_eq(profile_chan_find(profile, "DIAG")->usb.is_on, 0);
	ck_assert_int_eq(profile_chan_find(profile, "NMEA")->usb.is_on, 0);
}
END_TEST

START_TEST(test_refuses_usb_words_that_cannot_be)
{
	refuses("profile \"a\" { usb = {\"2c7c\"} }\n", 1, "usb cannot be '2c7c'");
	refuses("profile \"a\" { usb = {\"2c7c:+125\"} }\n", 1, "VENDOR:PRODUCT");
	refuses("profile \"a\" {\nusb = {\"1:1\"}\nchannel \"X\" { interface = 32 } }\n", 3,
		"interface cannot be 32; it must be 0 to 31");
	refuses("profile \"a\" {\nusb = {\"1:1\"}\nchannel \"X\" { alt = 256 } }\n", 3,
		"alt cannot be 256");
	refuses("profile \"a\" {\nusb = {\"1:1\"}\nchannel \"X\" { function = fax } }\n", 3,
		"function cannot be 'fax'");
	refuses("profile \"a\" {\nusb = {\"1:1\"}\nchannel \"X\" { zlp = always } }\n", 3,
		"zlp cannot be 'always'; it must be never, write or idle");
	refuses("profile \"a\" {\nusb = {\"1:1\"}\nchannel \"X\" { line = up } }\n", 3,
		"line cannot be 'up'; it must be none, open or attach");
	refuses("profile \"a\" {\nusb = {\"1:1\"}\nchannel \"X\" { function = at } }\n", 3,
		"alt and function need an interface");
	refuses("profile \"a\" {\nusb = {\"1:1\"}\nchannel \"X\" { ul = 4 } }\n", 3,
		"ul and dl are words for devices on PCI");
	refuses("profile \"a\" {\nusb = {\"1:1\"}\nchannel \"X\" { interface = 1 }\n"
		"channel \"Y\" { interface = 1 } }\n", 4, "its number belongs to another channel");
	refuses("profile \"a\" {\nusb = {\"1:1\"}\n"
		"channel \"a-name-of-thirty-two-characters-\" { interface = 1 } }\n", 3,
		"ends at 31 characters");
	refuses("profile \"a\" { based_on = sim usb = {\"1:1\"} }\n", 1, "no event rings");
	refuses("profile \"a\" { based_on = usb\nevent_ring \"0\" { elements = 8 } }\n", 2,
		"no event rings");
	refuses("profile \"a\" { based_on = sim\nchannel \"DUN\" { zlp = idle } }\n", 2,
		"words for USB modems");
}
END_TEST

START_TEST(test_a_profile_is_for_its_bus)
{
	load("device \"usb-1-4\" { profile = sim }\n"
	     "device \"pci-*\" { profile = quectel-ec25 }\n");
	ck_assert_int_eq(usb_profile(0x2c7c, 0x0125), -EINVAL);
	ck_assert_ptr_nonnull(strstr(text_get(&why), "profile 'sim' is for devices that are no USB"));
	text_clear(&why);
	ck_assert_int_eq(config_profile(config, NULL, at("pci-0000:01:00.0"), &profile, &why),
			 -EINVAL);
	ck_assert_ptr_nonnull(strstr(text_get(&why), "'quectel-ec25' is for USB modems alone"));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("config");
	TCase *t = tcase_create("config");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_an_empty_file_changes_nothing);
	tcase_add_test(t, test_a_missing_file_is_refused);
	tcase_add_test(t, test_a_folder_or_binary_is_refused);
	tcase_add_test(t, test_a_device_section_changes_what_it_names);
	tcase_add_test(t, test_a_new_card_needs_three_lines);
	tcase_add_test(t, test_a_device_section_may_name_an_identity);
	tcase_add_test(t, test_a_profile_can_start_from_nothing);
	tcase_add_test(t, test_a_builtin_can_be_changed_under_its_name);
	tcase_add_test(t, test_the_folder_is_read_in_order_of_names);
	tcase_add_test(t, test_an_unknown_profile_lists_the_known_ones);
	tcase_add_test(t, test_unknown_keys_are_refused_with_their_line);
	tcase_add_test(t, test_bad_values_are_refused_with_their_line);
	tcase_add_test(t, test_torn_files_are_refused);
	tcase_add_test(t, test_impossible_profiles_are_refused);
	tcase_add_test(t, test_sections_that_do_not_fit_their_device_are_named);
	tcase_add_test(t, test_a_usb_modem_needs_no_words);
	tcase_add_test(t, test_a_new_usb_modem_needs_one_line);
	tcase_add_test(t, test_interfaces_become_channels);
	tcase_add_test(t, test_refuses_usb_words_that_cannot_be);
	tcase_add_test(t, test_a_profile_is_for_its_bus);
	suite_add_tcase(s, t);
	return suite_run(s);
}
