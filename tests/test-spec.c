#include "device/spec.h"
#include "suite.h"
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

static struct text why;
static struct spec spec;

static void setup(void)
{
	why = TEXT_INIT;
	spec = (struct spec){ 0 };
}

static void teardown(void)
{
	text_fini(&why);
	spec_fini(&spec);
}

static void refuses(const char *text, const char *reason)
{
	ck_assert_int_eq(spec_parse(text, &spec, &why), -EINVAL);
	ck_assert_msg(strstr(text_get(&why), reason), "%s: %s", text, text_get(&why));
	ck_assert_ptr_null(strchr(text_get(&why), '\n'));
	ck_assert_uint_eq(spec.n_options, 0);
}

START_TEST(test_loopback_needs_no_address)
{
	ck_assert_int_eq(spec_parse("loopback", &spec, &why), 0);
	ck_assert_int_eq(spec.transport, SPEC_LOOPBACK);
	ck_assert_str_eq(spec.address, "");
}
END_TEST

START_TEST(test_loopback_takes_a_profile_and_options)
{
	ck_assert_int_eq(spec_parse("loopback:sim,seed=7,life.DUN=echo,name=a", &spec, &why), 0);
	ck_assert_str_eq(spec.address, "sim");
	ck_assert_str_eq(spec_option(&spec, "seed"), "7");
	ck_assert_str_eq(spec_option(&spec, "life.DUN"), "echo");
	ck_assert_ptr_null(spec_option(&spec, "boot_us"));
}
END_TEST

START_TEST(test_options_may_follow_without_an_address)
{
	ck_assert_int_eq(spec_parse("loopback,seed=7", &spec, &why), 0);
	ck_assert_str_eq(spec.address, "");
	ck_assert_str_eq(spec_option(&spec, "seed"), "7");
}
END_TEST

/* The daemon leaves its folder, and may have to connect again. */
START_TEST(test_the_path_of_a_socket_begins_at_the_root)
{
	char folder[PATH_MAX], whole[PATH_MAX + 16];

	ck_assert_ptr_nonnull(getcwd(folder, sizeof(folder)));
	snprintf(whole, sizeof(whole), "%s/run/a.sock", folder);
	ck_assert_int_eq(spec_parse(_i ? "vhost-user:run/a.sock,type=gpio" :
					 "vfio-user:run/a.sock,profile=sim", &spec, &why), 0);
	ck_assert_str_eq(spec.address, whole);
	spec_fini(&spec);
	ck_assert_int_eq(spec_parse("vhost-user:/run/a.sock,type=gpio", &spec, &why), 0);
	ck_assert_str_eq(spec.address, "/run/a.sock");
	spec_fini(&spec);
	ck_assert_int_eq(spec_parse("usb:1-4", &spec, &why), 0);
	ck_assert_str_eq(spec.address, "1-4");
}
END_TEST

START_TEST(test_an_address_may_hold_colons)
{
	ck_assert_int_eq(spec_parse("vfio:0000:01:00.0,iommu=group", &spec, &why), 0);
	ck_assert_int_eq(spec.transport, SPEC_VFIO);
	ck_assert_str_eq(spec.address, "0000:01:00.0");
	ck_assert_str_eq(spec_transport_name(spec.transport), "vfio");
}
END_TEST

START_TEST(test_vhost_user_takes_a_path_and_what_the_socket_cannot_say)
{
	ck_assert_int_eq(spec_parse("vhost-user:/run/lines,type=gpio,lines=4,names_size=28,wait",
				    &spec, &why), 0);
	ck_assert_int_eq(spec.transport, SPEC_VHOST_USER);
	ck_assert_str_eq(spec.address, "/run/lines");
	ck_assert_str_eq(spec_transport_name(spec.transport), "vhost-user");
	ck_assert_str_eq(spec_option(&spec, "type"), "gpio");
	ck_assert_str_eq(spec_option(&spec, "lines"), "4");
	ck_assert_str_eq(spec_option(&spec, "names_size"), "28");
	ck_assert_ptr_nonnull(spec_option(&spec, "wait"));
	spec_fini(&spec);
	refuses("vhost-user", "no address");
	refuses("vhost-user:/run/lines,type", "write key=value");
	refuses("vhost-user:/run/lines,profile=sim", "no option 'profile'");
}
END_TEST

START_TEST(test_usb_takes_a_port_or_ids_and_a_bare_word)
{
	ck_assert_int_eq(spec_parse("usb:1-4.2,wait,claim=open", &spec, &why), 0);
	ck_assert_int_eq(spec.transport, SPEC_USB);
	ck_assert_str_eq(spec.address, "1-4.2");
	ck_assert_str_eq(spec_option(&spec, "wait"), "");
	ck_assert_str_eq(spec_option(&spec, "claim"), "open");
	spec_fini(&spec);
	ck_assert_int_eq(spec_parse("usb:2c7c:0125,serial=1234,wait", &spec, &why), 0);
	ck_assert_str_eq(spec.address, "2c7c:0125");
	ck_assert_str_eq(spec_option(&spec, "serial"), "1234");
	ck_assert_ptr_nonnull(spec_option(&spec, "wait"));
	spec_fini(&spec);
	ck_assert_int_eq(spec_parse("usb:1-4", &spec, &why), 0);
	ck_assert_ptr_null(spec_option(&spec, "wait"));
}
END_TEST

START_TEST(test_a_bare_word_has_no_value)
{
	refuses("usb:1-4,wait=yes", "no option 'wait'; it takes serial, claim, profile");
	ck_assert_ptr_nonnull(strstr(text_get(&why), "and the word wait"));
	text_clear(&why);
	refuses("usb:1-4,wait,wait", "given twice");
	text_clear(&why);
	refuses("usb:1-4,claim", "'claim' is no option");
	text_clear(&why);
	refuses("usb:1-4,waiting", "'waiting' is no option");
	text_clear(&why);
	refuses("loopback,wait", "'wait' is no option");
}
END_TEST

START_TEST(test_refuses_what_is_no_spec)
{
	refuses("", "TRANSPORT:ADDRESS");
	text_clear(&why);
	refuses("/run/mhi", "TRANSPORT:ADDRESS");
	text_clear(&why);
	refuses("pcie:0000:01:00.0", "no transport is called 'pcie'");
	text_clear(&why);
	refuses("loopbackx", "no transport is called 'loopbackx'");
}
END_TEST

START_TEST(test_refuses_a_missing_address)
{
	refuses("vfio", "vfio:0000:01:00.0");
	text_clear(&why);
	refuses("vfio:,profile=x", "has no address");
}
END_TEST

START_TEST(test_refuses_a_bad_option)
{
	refuses("loopback,", "write key=value");
	text_clear(&why);
	refuses("loopback,seed", "'seed' is no option");
	text_clear(&why);
	refuses("loopback,=3", "write key=value");
	text_clear(&why);
	refuses("loopback,sed=3", "no option 'sed'");
	text_clear(&why);
	refuses("loopback,life.=echo", "no option 'life.'");
	text_clear(&why);
	refuses("loopback,seed=1,seed=2", "given twice");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("spec");
	TCase *t = tcase_create("spec");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_loopback_needs_no_address);
	tcase_add_test(t, test_loopback_takes_a_profile_and_options);
	tcase_add_test(t, test_options_may_follow_without_an_address);
	tcase_add_loop_test(t, test_the_path_of_a_socket_begins_at_the_root, 0, 2);
	tcase_add_test(t, test_an_address_may_hold_colons);
	tcase_add_test(t, test_vhost_user_takes_a_path_and_what_the_socket_cannot_say);
	tcase_add_test(t, test_usb_takes_a_port_or_ids_and_a_bare_word);
	tcase_add_test(t, test_a_bare_word_has_no_value);
	tcase_add_test(t, test_refuses_what_is_no_spec);
	tcase_add_test(t, test_refuses_a_missing_address);
	tcase_add_test(t, test_refuses_a_bad_option);
	suite_add_tcase(s, t);
	return suite_run(s);
}
