/* test-usb-descriptors - what devices say of themselves, honest and not (F72). */
#include "usb/descriptors.h"
#include "tests/suite.h"
#include "tests/usb_bytes.h"
#include <errno.h>

static struct usb_descriptors d;
static struct text why;

static void setup(void)
{
	why = TEXT_INIT;
}

static void teardown(void)
{
	text_fini(&why);
}

static int parse(const struct usb_bytes *u)
{
	/* Of exactly their size, so that a sanitizer sees each overrun. */
	uint8_t *exact = malloc(u->len ? u->len : 1);
	int r;

	ck_assert_ptr_nonnull(exact);
	memcpy(exact, u->b, u->len);
	text_clear(&why);
	r = usb_descriptors_parse(exact, u->len, 1, &d, &why);
	free(exact);
	return r;
}

static void takes(const struct usb_bytes *u)
{
	ck_assert_msg(!parse(u), "%s", text_get(&why));
	ck_assert_uint_eq(why.len, 0);
}

static void refuses(const struct usb_bytes *u, const char *reason)
{
	ck_assert_int_eq(parse(u), -EPROTO);
	ck_assert_msg(strstr(text_get(&why), reason), "%s", text_get(&why));
	ck_assert_ptr_null(strchr(text_get(&why), '\n'));
}

/* One interface of two end points, and what a test adds. */
static struct usb_bytes plain(void)
{
	struct usb_bytes u = usb_bytes_begin(0x1209, 1);

	usb_bytes_interface(&u, "ff/ff/ff", "io");
	return u;
}

enum { DEVICE_LEN = 18, CONFIGURATION_AT = 18, INTERFACE_AT = 27, IN_AT = 36, OUT_AT = 43 };

START_TEST(test_an_ec25_is_taken_apart)
{
	struct usb_bytes u = usb_bytes_ec25();
	const struct usb_alt *a;

	ck_assert_uint_eq(u.len, 18 + 209);
	takes(&u);
	ck_assert_uint_eq(d.vendor, 0x2c7c);
	ck_assert_uint_eq(d.product, 0x0125);
	ck_assert_uint_eq(d.version, 0x0200);
	ck_assert_uint_eq(d.configuration, 1);
	ck_assert_uint_eq(usb_n_interfaces(&d), 5);
	a = usb_alt_find(&d, 4, 0);
	ck_assert_ptr_nonnull(a);
	ck_assert_uint_eq(a->protocol, 0xff);
	ck_assert_uint_eq(usb_n_endpoints(&d, a, USB_BULK_EP), 2);
	ck_assert_uint_eq(usb_endpoint_find(&d, a, USB_INTERRUPT_EP, true)->packet, 8);
	ck_assert_uint_eq(usb_endpoint_find(&d, a, USB_BULK_EP, true)->address, 0x88);
	ck_assert_uint_eq(usb_endpoint_find(&d, a, USB_BULK_EP, false)->address, 0x05);
	ck_assert_ptr_null(usb_endpoint_find(&d, a, USB_INTERRUPT_EP, false));
	ck_assert_ptr_null(usb_alt_find(&d, 4, 1));
	ck_assert_ptr_null(usb_alt_find(&d, 5, 0));
	/* Its unions mean nothing. */
	ck_assert(!usb_alt_find(&d, 1, 0)->has_union);
}
END_TEST

START_TEST(test_mbim_tells_its_data_and_longest_message)
{
	struct usb_bytes u = usb_bytes_begin(0x1209, 1);
	const struct usb_alt *a;

	usb_bytes_mbim(&u, 12, 1024);
	takes(&u);
	a = usb_alt_find(&d, 12, 0);
	ck_assert_uint_eq(a->max_control, 1024);
	ck_assert_uint_eq(usb_data_interface(&d, a), 13);
	ck_assert_uint_eq(usb_alt_find(&d, 13, 0)->n_endpoints, 0);
	ck_assert_uint_eq(usb_alt_find(&d, 13, 1)->n_endpoints, 2);
}
END_TEST

START_TEST(test_data_follow_without_a_union)
{
	struct usb_bytes u = usb_bytes_begin(0x1209, 1);

	usb_bytes_interface(&u, "02/02/01", "n");
	usb_bytes_interface(&u, "0a/00/00", "io");
	takes(&u);
	ck_assert_uint_eq(usb_data_interface(&d, usb_alt_find(&d, 0, 0)), 1);
	ck_assert_uint_eq(usb_data_interface(&d, usb_alt_find(&d, 1, 0)), 1);
	usb_bytes_add(&u, "080b 00 01 02 02 01 00");	/* an association of one */
	usb_bytes_end(&u);
	takes(&u);
	ck_assert_uint_eq(usb_data_interface(&d, usb_alt_find(&d, 0, 0)), 0);
}
END_TEST

START_TEST(test_companions_and_strangers_are_walked_over)
{
	struct usb_bytes u = plain();

	usb_bytes_add(&u, "06300f000000 0941ffffffffffffff 02ee");
	usb_bytes_end(&u);
	takes(&u);
	ck_assert_uint_eq(d.n_endpoints, 2);
}
END_TEST

START_TEST(test_the_active_configuration_is_read)
{
	struct usb_bytes u = plain(), other = plain();

	other.b[CONFIGURATION_AT + 5] = 2;
	other.b[INTERFACE_AT + 2] = 7;
	memcpy(u.b + u.len, other.b + CONFIGURATION_AT, other.len - CONFIGURATION_AT);
	u.len += other.len - CONFIGURATION_AT;
	takes(&u);
	ck_assert_ptr_nonnull(usb_alt_find(&d, 0, 0));
	ck_assert_int_eq(usb_descriptors_parse(u.b, u.len, 2, &d, &why), 0);
	ck_assert_ptr_nonnull(usb_alt_find(&d, 7, 0));
	ck_assert_ptr_null(usb_alt_find(&d, 0, 0));
	ck_assert_int_eq(usb_descriptors_parse(u.b, u.len, 3, &d, &why), -EPROTO);
	ck_assert_int_eq(usb_descriptors_parse(u.b, u.len, 0, &d, &why), -EPROTO);
}
END_TEST

START_TEST(test_another_setting_may_use_an_end_point_again)
{
	struct usb_bytes u = plain();

	usb_bytes_add(&u, "0904000102ffffff00 07058102000200 07050202000200");
	usb_bytes_end(&u);
	takes(&u);
	ck_assert_uint_eq(usb_alt_find(&d, 0, 1)->n_endpoints, 2);
}
END_TEST

START_TEST(test_f72_a_cut_is_refused_wherever_it_is)
{
	struct usb_bytes u = usb_bytes_ec25();

	while (u.len--)
		refuses(&u, "do not add up");
}
END_TEST

/* Any byte may be any value: refused with a reason, or taken and sound. */
START_TEST(test_f72_no_byte_does_harm)
{
	struct usb_bytes u = usb_bytes_ec25();

	for (size_t i = 0; i < u.len; i++) {
		uint8_t was = u.b[i];

		for (unsigned int value = 0; value < 256; value++) {
			u.b[i] = (uint8_t)value;
			if (parse(&u))
				ck_assert_uint_gt(why.len, 0);
			else
				ck_assert_uint_le(d.n_endpoints, 14);
		}
		u.b[i] = was;
	}
}
END_TEST

START_TEST(test_f72_a_length_of_0_or_1_is_refused)
{
	struct usb_bytes u = plain();
	static const size_t places[] = { 0, CONFIGURATION_AT, INTERFACE_AT, IN_AT, OUT_AT };

	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		for (uint8_t len = 0; len < 2; len++) {
			uint8_t was = u.b[places[i]];

			u.b[places[i]] = len;
			refuses(&u, len ? "one has 1 bytes" : "one has 0 bytes");
			u.b[places[i]] = was;
		}
}
END_TEST

START_TEST(test_f72_a_length_over_the_end_is_refused)
{
	struct usb_bytes u = plain();

	u.b[OUT_AT] = 8;
	refuses(&u, "one has 8 bytes where 7 are left");
}
END_TEST

START_TEST(test_f72_a_short_descriptor_is_refused)
{
	struct usb_bytes u = plain();

	usb_bytes_add(&u, "05040100 00 040b0001 0205");
	u.n_interfaces = 1;
	usb_bytes_end(&u);
	refuses(&u, "type 04 has 5 bytes");
}
END_TEST

START_TEST(test_f72_a_total_that_lies_is_refused)
{
	static const uint16_t totals[] = { 0, 8, 31, 33, 65535 };

	for (size_t i = 0; i < ARRAY_SIZE(totals); i++) {
		struct usb_bytes u = plain();

		put_le16(u.b + CONFIGURATION_AT + 2, totals[i]);
		ck_assert_int_eq(parse(&u), -EPROTO);
	}
}
END_TEST

START_TEST(test_f72_255_end_points_are_refused)
{
	struct usb_bytes u = plain();

	u.b[INTERFACE_AT + 4] = 255;
	refuses(&u, "interface 0 promises 255 end points");
	u.b[INTERFACE_AT + 4] = 3;
	refuses(&u, "interface 0 promises 3 end points and has 2");
	u.b[INTERFACE_AT + 4] = 0;
	refuses(&u, "interface 0 promises 0 end points and has 2");
}
END_TEST

START_TEST(test_f72_a_packet_of_no_bytes_is_refused)
{
	struct usb_bytes u = plain();

	put_le16(u.b + IN_AT + 4, 0);
	refuses(&u, "end point 81 has packets of 0 bytes");
	put_le16(u.b + IN_AT + 4, 0xf800);
	refuses(&u, "end point 81 has packets of 0 bytes");
}
END_TEST

START_TEST(test_f72_an_odd_packet_is_refused)
{
	struct usb_bytes u = plain();

	put_le16(u.b + OUT_AT + 4, 513);
	refuses(&u, "end point 01 cannot have packets of 513 bytes");
}
END_TEST

START_TEST(test_f72_the_same_end_point_twice_is_refused)
{
	struct usb_bytes u = plain();

	u.b[OUT_AT + 2] = 0x81;
	refuses(&u, "end point 81 is there twice");
	u = plain();
	usb_bytes_add(&u, "0904010001ffffff00 07058102000200");
	usb_bytes_end(&u);
	refuses(&u, "end point 81 is there twice");
}
END_TEST

START_TEST(test_f72_an_address_that_cannot_be_is_refused)
{
	struct usb_bytes u = plain();

	u.b[IN_AT + 2] = 0x80;
	refuses(&u, "no end point can have the address 80");
	u.b[IN_AT + 2] = 0x91;
	refuses(&u, "no end point can have the address 91");
}
END_TEST

START_TEST(test_f72_an_end_point_of_nobody_is_refused)
{
	struct usb_bytes u = usb_bytes_begin(0x1209, 1);

	usb_bytes_add(&u, "07058102000200");
	usb_bytes_end(&u);
	refuses(&u, "end point 81 belongs to no interface");
}
END_TEST

START_TEST(test_f72_interfaces_end_at_31)
{
	struct usb_bytes u = plain();

	u.b[INTERFACE_AT + 2] = 31;
	takes(&u);
	u.b[INTERFACE_AT + 2] = 32;
	refuses(&u, "there is an interface 32");
	u.b[INTERFACE_AT + 2] = 255;
	refuses(&u, "there is an interface 255");
}
END_TEST

/* A count that is wrong is common; one that no device can have is not. */
START_TEST(test_f72_255_interfaces_are_refused)
{
	struct usb_bytes u = plain();

	u.b[CONFIGURATION_AT + 4] = 32;
	takes(&u);
	u.b[CONFIGURATION_AT + 4] = 33;
	refuses(&u, "33 interfaces");
	u.b[CONFIGURATION_AT + 4] = 255;
	refuses(&u, "255 interfaces");
}
END_TEST

START_TEST(test_f72_the_same_setting_twice_is_refused)
{
	struct usb_bytes u = plain();

	usb_bytes_add(&u, "0904000000ffffff00");
	usb_bytes_end(&u);
	refuses(&u, "interface 0 has alternate setting 0 twice");
}
END_TEST

START_TEST(test_f72_too_many_settings_are_refused)
{
	struct usb_bytes u = usb_bytes_begin(0x1209, 1);

	for (unsigned int i = 0; i < 255; i++) {
		usb_bytes_add(&u, "0904000000ffffff00");
		u.b[u.len - 6] = (uint8_t)i;
	}
	usb_bytes_end(&u);
	refuses(&u, "more than 64 alternate settings");
}
END_TEST

START_TEST(test_f72_a_union_with_itself_is_refused)
{
	struct usb_bytes u = usb_bytes_begin(0x1209, 1);

	usb_bytes_interface(&u, "02/02/01", "n");
	usb_bytes_add(&u, "0524060000");
	usb_bytes_end(&u);
	refuses(&u, "interface 0 is in a union of 0 with itself");
}
END_TEST

START_TEST(test_f72_a_union_with_nobody_is_refused)
{
	struct usb_bytes u = usb_bytes_begin(0x1209, 1);

	usb_bytes_interface(&u, "02/02/01", "n");
	usb_bytes_add(&u, "0524060009");
	usb_bytes_end(&u);
	refuses(&u, "interface 0 is in a union with 9, which is not there");
}
END_TEST

START_TEST(test_f72_a_control_message_has_64_to_65534_bytes)
{
	static const struct {
		uint16_t bytes;
		bool is_right;
	} cases[] = {
		{ 0, false }, { 1, false }, { 63, false }, { 64, true }, { 4096, true },
		{ 65534, true }, { 65535, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct usb_bytes u = usb_bytes_begin(0x1209, 1);

		usb_bytes_mbim(&u, 0, cases[i].bytes);
		if (cases[i].is_right)
			takes(&u);
		else
			refuses(&u, "interface 0 takes control messages of");
	}
}
END_TEST

START_TEST(test_f72_a_short_functional_descriptor_is_refused)
{
	struct usb_bytes u = usb_bytes_begin(0x1209, 1);

	usb_bytes_interface(&u, "02/0e/00", "n");
	usb_bytes_add(&u, "06241b000110");
	usb_bytes_end(&u);
	refuses(&u, "functional descriptor 1b of interface 0 has 6 bytes");
}
END_TEST

START_TEST(test_f72_what_is_no_device_is_refused)
{
	struct usb_bytes u = plain();

	u.b[1] = 2;
	refuses(&u, "where the device begins");
	u = plain();
	u.b[CONFIGURATION_AT + 1] = 4;
	refuses(&u, "where a configuration begins");
	u.len = DEVICE_LEN;
	refuses(&u, "configuration 1 is active, and there is none");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("usb-descriptors");
	TCase *t = tcase_create("usb-descriptors");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_an_ec25_is_taken_apart);
	tcase_add_test(t, test_mbim_tells_its_data_and_longest_message);
	tcase_add_test(t, test_data_follow_without_a_union);
	tcase_add_test(t, test_companions_and_strangers_are_walked_over);
	tcase_add_test(t, test_the_active_configuration_is_read);
	tcase_add_test(t, test_another_setting_may_use_an_end_point_again);
	tcase_add_test(t, test_f72_a_cut_is_refused_wherever_it_is);
	tcase_add_test(t, test_f72_no_byte_does_harm);
	tcase_add_test(t, test_f72_a_length_of_0_or_1_is_refused);
	tcase_add_test(t, test_f72_a_length_over_the_end_is_refused);
	tcase_add_test(t, test_f72_a_short_descriptor_is_refused);
	tcase_add_test(t, test_f72_a_total_that_lies_is_refused);
	tcase_add_test(t, test_f72_255_end_points_are_refused);
	tcase_add_test(t, test_f72_a_packet_of_no_bytes_is_refused);
	tcase_add_test(t, test_f72_an_odd_packet_is_refused);
	tcase_add_test(t, test_f72_the_same_end_point_twice_is_refused);
	tcase_add_test(t, test_f72_an_address_that_cannot_be_is_refused);
	tcase_add_test(t, test_f72_an_end_point_of_nobody_is_refused);
	tcase_add_test(t, test_f72_interfaces_end_at_31);
	tcase_add_test(t, test_f72_255_interfaces_are_refused);
	tcase_add_test(t, test_f72_the_same_setting_twice_is_refused);
	tcase_add_test(t, test_f72_too_many_settings_are_refused);
	tcase_add_test(t, test_f72_a_union_with_itself_is_refused);
	tcase_add_test(t, test_f72_a_union_with_nobody_is_refused);
	tcase_add_test(t, test_f72_a_control_message_has_64_to_65534_bytes);
	tcase_add_test(t, test_f72_a_short_functional_descriptor_is_refused);
	tcase_add_test(t, test_f72_what_is_no_device_is_refused);
	suite_add_tcase(s, t);
	return suite_run(s);
}
