/* test-usb-rules - which channels devices get: known models, class rules, and
 * what the configuration says. */
#include "usb/models.h"
#include "usb/rules.h"
#include "tests/suite.h"
#include "tests/usb_bytes.h"
#include <errno.h>
#include <stdio.h>

static struct usb_layout l;
static struct text why;

static void setup(void)
{
	why = TEXT_INIT;
}

static void teardown(void)
{
	text_fini(&why);
}

static int lay_out(const struct usb_bytes *u, const struct usb_rules *rules)
{
	static const struct usb_rules none;
	struct usb_descriptors d;

	text_clear(&why);
	ck_assert_msg(!usb_descriptors_parse(u->b, u->len, 1, &d, &why), "%s", text_get(&why));
	return usb_rules_layout(&d, rules ? rules : &none, &l, &why);
}

static const struct usb_function *function(const char *name)
{
	for (unsigned int i = 0; i < l.n_functions; i++)
		if (!strcmp(l.functions[i].name, name))
			return &l.functions[i];
	ck_abort_msg("no %s", name);
}

/* The layout in a line: "0 DIAG, 1 NMEA, 5 (IF5)". */
static void gives(const struct usb_bytes *u, const struct usb_rules *rules, const char *expected)
{
	struct text line = TEXT_INIT;

	ck_assert_msg(!lay_out(u, rules), "%s", text_get(&why));
	for (unsigned int i = 0; i < l.n_functions; i++)
		text_printf(&line, l.functions[i].is_default_on ? "%s%u %s" : "%s%u (%s)",
			    i ? ", " : "", l.functions[i].interface, l.functions[i].name);
	ck_assert_str_eq(text_get(&line), expected);
	text_fini(&line);
}

static void refuses(const struct usb_bytes *u, const struct usb_rules *rules, int error,
		    const char *reason)
{
	ck_assert_int_eq(lay_out(u, rules), error);
	ck_assert_msg(strstr(text_get(&why), reason), "%s", text_get(&why));
}

/* @shape: end points of interfaces from 0, as usb_bytes_interface() takes them;
 * all are ff/00/00, those of two end points ff/ff/ff. */
static struct usb_bytes serial_device(uint16_t vendor, uint16_t product, unsigned int n,
				      const char *const *shape)
{
	struct usb_bytes u = usb_bytes_begin(vendor, product);

	for (unsigned int i = 0; i < n; i++)
		usb_bytes_interface(&u, strlen(shape[i]) == 2 ? "ff/ff/ff" : "ff/00/00",
				    shape[i]);
	return u;
}

START_TEST(test_an_ec25_has_five_channels)
{
	struct usb_bytes u = usb_bytes_ec25();
	const struct usb_function *f;

	gives(&u, NULL, "0 DIAG, 1 NMEA, 2 AT, 3 DUN, 4 QMI");
	ck_assert_str_eq(l.model, "quectel-ec25");
	ck_assert_uint_eq(l.vendor, 0x2c7c);
	ck_assert_uint_eq(l.configuration, 1);
	ck_assert_uint_eq(l.n_interfaces, 5);
	ck_assert(!l.is_edl);
	f = function("DIAG");
	ck_assert_int_eq(f->kind, USB_BULK);
	ck_assert_int_eq(f->line, USB_LINE_NONE);
	ck_assert_int_eq(f->zlp, USB_ZLP_NEVER);
	ck_assert_uint_eq(f->in.address, 0x81);
	ck_assert_uint_eq(f->out.address, 0x01);
	ck_assert_uint_eq(f->in_size, 16384);
	ck_assert_uint_eq(f->n_in, 4);
	ck_assert(!f->is_message);
	f = function("DUN");
	ck_assert_uint_eq(f->in.address, 0x86);
	ck_assert_uint_eq(f->notify.address, 0x87);
	ck_assert_uint_eq(f->notify.packet, 10);
	ck_assert_int_eq(f->line, USB_LINE_OPEN);
	ck_assert_uint_eq(f->in_size, 512);
	ck_assert_uint_eq(f->out_size, 4096);
	ck_assert_uint_eq(f->data_interface, f->interface);
	f = function("QMI");
	ck_assert_int_eq(f->kind, USB_WDM);
	ck_assert_int_eq(f->line, USB_LINE_ATTACH);
	ck_assert(f->is_message);
	ck_assert_uint_eq(f->notify.address, 0x89);
	ck_assert_uint_eq(f->in.address, 0);
	ck_assert_uint_eq(f->in_size, 4096);
	ck_assert_uint_eq(f->n_in, 1);
}
END_TEST

START_TEST(test_edl_is_sahara_alone)
{
	struct usb_bytes u = usb_bytes_edl();

	gives(&u, NULL, "0 SAHARA");
	ck_assert(l.is_edl);
	ck_assert_int_eq(function("SAHARA")->zlp, USB_ZLP_NEVER);
	ck_assert_int_eq(function("SAHARA")->line, USB_LINE_NONE);
	/* By its shape, whoever made it; and no more when it has company. */
	u = usb_bytes_begin(0x1209, 1);
	usb_bytes_interface(&u, "ff/ff/11", "io");
	gives(&u, NULL, "0 SAHARA");
	ck_assert(l.is_edl);
	usb_bytes_interface(&u, "ff/ff/30", "io");
	gives(&u, NULL, "0 SAHARA, 1 DIAG");
	ck_assert(!l.is_edl);
}
END_TEST

START_TEST(test_classes_speak_for_unknown_devices)
{
	struct usb_bytes u = usb_bytes_begin(0x1209, 1);

	usb_bytes_interface(&u, "ff/ff/30", "io");
	usb_bytes_interface(&u, "ff/ff/60", "io");
	usb_bytes_interface(&u, "ff/ff/40", "io");
	usb_bytes_interface(&u, "ff/ff/40", "io");
	usb_bytes_interface(&u, "ff/ff/40", "io");
	usb_bytes_interface(&u, "ff/ff/ff", "nio");
	usb_bytes_interface(&u, "ff/42/01", "io");
	usb_bytes_interface(&u, "ff/00/00", "nio");
	usb_bytes_interface(&u, "ff/12/34", "io");
	usb_bytes_interface(&u, "ff/ff/ff", "n");
	usb_bytes_interface(&u, "08/06/50", "io");
	gives(&u, NULL, "0 DIAG, 1 NMEA, 2 DUN, 3 AT, 4 AT2, 5 QMI, 6 ADB, 7 (IF7), 8 (IF8)");
	ck_assert_ptr_null(l.model);
	ck_assert_int_eq(function("QMI")->line, USB_LINE_ATTACH);
	ck_assert_int_eq(function("ADB")->zlp, USB_ZLP_WRITE);
	ck_assert_int_eq(function("IF7")->line, USB_LINE_OPEN);
	ck_assert_int_eq(function("IF8")->line, USB_LINE_NONE);
}
END_TEST

START_TEST(test_one_at_port_is_dun)
{
	struct usb_bytes u = usb_bytes_begin(0x1209, 1);

	usb_bytes_interface(&u, "ff/ff/40", "nio");
	usb_bytes_interface(&u, "ff/ff/30", "io");
	gives(&u, NULL, "0 DUN, 1 DIAG");
}
END_TEST

START_TEST(test_a_second_of_a_kind_is_numbered)
{
	struct usb_bytes u = usb_bytes_begin(0x1199, 0x9071);

	usb_bytes_interface_at(&u, 0, "ff/ff/ff", "io");
	usb_bytes_interface_at(&u, 2, "ff/00/00", "nio");
	usb_bytes_interface_at(&u, 3, "ff/00/00", "nio");
	usb_bytes_interface_at(&u, 8, "ff/ff/ff", "nio");
	usb_bytes_interface_at(&u, 10, "ff/ff/ff", "nio");
	gives(&u, NULL, "0 DIAG, 2 NMEA, 3 DUN, 8 QMI, 10 QMI2");
	ck_assert_str_eq(function("NMEA")->hello, "$GPS_START\r\n");
	ck_assert_str_eq(function("NMEA")->goodbye, "$GPS_STOP\r\n");
	ck_assert_ptr_null(function("DUN")->hello);
}
END_TEST

START_TEST(test_mbim_claims_its_data)
{
	struct usb_bytes u = usb_bytes_begin(0x1199, 0x9091);

	usb_bytes_interface_at(&u, 0, "ff/ff/ff", "io");
	usb_bytes_interface_at(&u, 3, "ff/00/00", "nio");
	usb_bytes_mbim(&u, 12, 512);
	gives(&u, NULL, "0 DIAG, 3 DUN, 12 MBIM");
	ck_assert_uint_eq(function("MBIM")->data_interface, 13);
	ck_assert_uint_eq(function("MBIM")->alt, 0);
	ck_assert_uint_eq(function("MBIM")->out_size, 512);
	ck_assert_int_eq(function("MBIM")->line, USB_LINE_NONE);
	ck_assert(!function("MBIM")->may_cut);
	ck_assert_ptr_eq(usb_function_of(&l, 13), function("MBIM"));
	ck_assert_ptr_null(usb_function_of(&l, 1));
}
END_TEST

START_TEST(test_a_long_mbim_message_may_be_cut)
{
	struct usb_bytes u = usb_bytes_begin(0x1209, 1);

	usb_bytes_mbim(&u, 0, 8192);
	gives(&u, NULL, "0 MBIM");
	ck_assert_uint_eq(function("MBIM")->in_size, 4096);
	ck_assert(function("MBIM")->may_cut);
}
END_TEST

START_TEST(test_a_layout_may_depend_on_the_configuration)
{
	static const char *const shape[] = { "nio", "io", "nio", "nio", "nio", "io", "io" };
	struct usb_bytes u = usb_bytes_begin(0x413c, 0x81d7);

	usb_bytes_interface(&u, "ff/ff/ff", "nio");
	for (unsigned int i = 1; i < 7; i++)
		usb_bytes_interface(&u, "ff/ff/ff", shape[i]);
	gives(&u, NULL, "0 QMI, 2 DUN, 3 AT, 4 NMEA, 5 DIAG");
	u = usb_bytes_begin(0x413c, 0x81d7);
	usb_bytes_mbim(&u, 0, 4096);
	for (unsigned int i = 2; i < 6; i++)
		usb_bytes_interface(&u, "ff/ff/ff", shape[i]);
	gives(&u, NULL, "0 MBIM, 2 DUN, 3 AT, 4 NMEA, 5 DIAG");
}
END_TEST

START_TEST(test_a_number_with_another_function_is_not_believed)
{
	struct usb_bytes u = usb_bytes_begin(0x2c7c, 0x0125);

	usb_bytes_interface(&u, "ff/ff/ff", "io");
	usb_bytes_interface(&u, "08/06/50", "io");	/* no NMEA */
	usb_bytes_interface(&u, "ff/ff/ff", "nio");
	usb_bytes_interface(&u, "ff/00/00", "nio");
	usb_bytes_interface(&u, "ff/ff/ff", "io");	/* no QMI: no notifications */
	gives(&u, NULL, "0 DIAG, 2 AT, 3 DUN, 4 DIAG2");
}
END_TEST

START_TEST(test_telit_line_state_is_left_alone_on_diag)
{
	static const char *const shape[] = { "nio", "io", "nio", "nio", "nio", "nio", "nio" };
	struct usb_bytes u = serial_device(0x1bc7, 0x1201, 7, shape);

	gives(&u, NULL, "0 DIAG, 2 QMI, 3 NMEA, 4 DUN, 5 AT, 6 (IF6)");
	ck_assert_int_eq(function("DIAG")->line, USB_LINE_NONE);
	ck_assert_int_eq(function("AT")->line, USB_LINE_OPEN);
	ck_assert_int_eq(function("QMI")->line, USB_LINE_ATTACH);
}
END_TEST

START_TEST(test_a_reserved_interface_may_be_adb)
{
	struct usb_bytes u = usb_bytes_begin(0x1bc7, 0x1050);

	usb_bytes_interface(&u, "ff/ff/30", "io");
	usb_bytes_interface(&u, "ff/42/01", "io");
	gives(&u, NULL, "0 DIAG, 1 ADB");
}
END_TEST

START_TEST(test_the_number_of_interfaces_tells_an_ec20_from_a_gobi)
{
	static const char *const ec20[] = { "io", "nio", "nio", "nio", "nio" };
	static const char *const gobi[] = { "nio", "io", "nio", "nio" };
	struct usb_bytes u = serial_device(0x05c6, 0x9215, 5, ec20);

	gives(&u, NULL, "0 DIAG, 1 NMEA, 2 AT, 3 DUN, 4 QMI");
	u = serial_device(0x05c6, 0x9215, 4, gobi);
	gives(&u, NULL, "0 QMI, 1 DIAG, 2 DUN, 3 NMEA");
	ck_assert_ptr_nonnull(function("NMEA")->hello);
	ck_assert_int_eq(function("QMI")->line, USB_LINE_NONE);
}
END_TEST

START_TEST(test_bg96_qmi_wants_no_dtr)
{
	static const char *const shape[] = { "io", "nio", "nio", "nio", "nio" };
	struct usb_bytes u = serial_device(0x2c7c, 0x0296, 5, shape);

	gives(&u, NULL, "0 DIAG, 1 NMEA, 2 AT, 3 DUN, 4 QMI");
	ck_assert_int_eq(function("QMI")->line, USB_LINE_NONE);
	put_le16(u.b + 2, 0x0201);	/* unless it speaks a later USB */
	ck_assert_int_eq(lay_out(&u, NULL), 0);
	ck_assert_int_eq(function("QMI")->line, USB_LINE_ATTACH);
}
END_TEST

START_TEST(test_em05_sends_zero_length_packets)
{
	struct usb_bytes u = usb_bytes_begin(0x2c7c, 0x030a);

	usb_bytes_interface(&u, "ff/ff/30", "io");
	usb_bytes_interface(&u, "ff/ff/40", "nio");
	gives(&u, NULL, "0 DIAG, 1 DUN");
	ck_assert_int_eq(function("DUN")->zlp, USB_ZLP_WRITE);
}
END_TEST

START_TEST(test_acm_has_its_data_elsewhere)
{
	struct usb_bytes u = usb_bytes_begin(0x1209, 1);

	usb_bytes_interface(&u, "02/02/01", "n");
	usb_bytes_add(&u, "0524001001 04240202 0524060001");
	usb_bytes_interface(&u, "0a/00/00", "io");
	gives(&u, NULL, "0 DUN");
	ck_assert_uint_eq(function("DUN")->data_interface, 1);
	ck_assert_uint_eq(function("DUN")->in.address, 0x82);
	ck_assert_uint_eq(function("DUN")->notify.address, 0x81);
	ck_assert_int_eq(function("DUN")->line, USB_LINE_OPEN);
}
END_TEST

START_TEST(test_two_functions_never_share_an_interface)
{
	struct usb_bytes u = usb_bytes_begin(0x1209, 1);

	usb_bytes_interface(&u, "02/02/01", "n");
	usb_bytes_add(&u, "0524060002");
	usb_bytes_interface(&u, "02/02/01", "n");
	usb_bytes_add(&u, "0524060102");
	usb_bytes_interface(&u, "0a/00/00", "io");
	gives(&u, NULL, "0 DUN");
}
END_TEST

START_TEST(test_what_is_no_modem_is_refused_with_a_hint)
{
	struct usb_bytes u = usb_bytes_begin(0x05c6, 0x1000);

	usb_bytes_interface(&u, "08/06/50", "io");
	refuses(&u, NULL, -EOPNOTSUPP, "usb_modeswitch");
	u = usb_bytes_begin(0x2c7c, 0x6005);
	usb_bytes_interface(&u, "ff/00/00", "nio");
	refuses(&u, NULL, -EOPNOTSUPP, "is no Qualcomm modem");
	u = usb_bytes_begin(0x046d, 0xc31c);
	usb_bytes_interface(&u, "03/01/01", "n");
	refuses(&u, NULL, -EOPNOTSUPP, "has no interface that carries a channel");
}
END_TEST

#define RULE(name_) .name = (name_), .interface = -1, .alt = -1, .zlp = -1, .line = -1, .is_on = -1

START_TEST(test_the_configuration_comes_first)
{
	struct usb_bytes u = usb_bytes_ec25();
	struct usb_rule rules[] = {
		{ RULE("SMS") }, { RULE("AT") }, { RULE("DIAG") }, { RULE("NOBODY") },
	};
	const struct usb_rules all = { .rules = rules, .n_rules = ARRAY_SIZE(rules) };

	rules[0].interface = 1;
	rules[0].role = USB_AT;
	rules[1].in_size = 700;
	rules[1].out_size = 100;
	rules[1].zlp = USB_ZLP_IDLE;
	rules[1].line = USB_LINE_NONE;
	rules[2].is_on = 0;
	gives(&u, &all, "1 SMS, 0 (DIAG), 2 AT, 3 DUN, 4 QMI");
	ck_assert_int_eq(function("SMS")->line, USB_LINE_OPEN);
	ck_assert_uint_eq(function("AT")->in_size, 1024);
	ck_assert_uint_eq(function("AT")->out_size, 512);
	ck_assert_int_eq(function("AT")->zlp, USB_ZLP_IDLE);
	ck_assert_int_eq(function("AT")->line, USB_LINE_NONE);
}
END_TEST

START_TEST(test_a_name_that_is_taken_goes_to_who_was_configured)
{
	struct usb_bytes u = usb_bytes_ec25();
	struct usb_rule rule = { RULE("DUN") };
	const struct usb_rules all = { .rules = &rule, .n_rules = 1 };

	rule.interface = 2;
	gives(&u, &all, "2 DUN, 0 DIAG, 1 NMEA, 3 DUN2, 4 QMI");
}
END_TEST

START_TEST(test_an_unknown_interface_is_turned_on_by_its_number)
{
	struct usb_bytes u = usb_bytes_begin(0x1209, 1);
	struct usb_rule rules[] = { { RULE("RAW") }, { RULE("IF1") } };
	const struct usb_rules all = { .rules = rules, .n_rules = ARRAY_SIZE(rules) };

	usb_bytes_interface(&u, "ff/00/00", "nio");
	usb_bytes_interface(&u, "ff/12/34", "io");
	gives(&u, NULL, "0 (IF0), 1 (IF1)");
	rules[0].interface = 0;
	rules[0].is_message = true;
	rules[1].is_on = 1;
	gives(&u, &all, "0 RAW, 1 IF1");
	ck_assert(function("RAW")->is_message);
	ck_assert(!function("IF1")->is_message);
}
END_TEST

START_TEST(test_a_rule_for_what_is_not_there_is_refused)
{
	struct usb_bytes u = usb_bytes_ec25();
	struct usb_rule rule = { RULE("X") };
	const struct usb_rules all = { .rules = &rule, .n_rules = 1 };

	rule.interface = 9;
	refuses(&u, &all, -EPROTO, "channel 'X': interface 9 of 2c7c:0125 does not exist");
	rule.interface = 0;
	rule.alt = 1;
	refuses(&u, &all, -EPROTO, "alternate setting");
	rule.alt = -1;
	rule.role = USB_QMI;
	refuses(&u, &all, -EPROTO, "has not the end points");
}
END_TEST

START_TEST(test_an_alternate_setting_may_be_configured)
{
	struct usb_bytes u = usb_bytes_begin(0x1209, 1);
	struct usb_rule rule = { RULE("X") };
	const struct usb_rules all = { .rules = &rule, .n_rules = 1 };

	usb_bytes_interface(&u, "ff/12/34", "");
	usb_bytes_add(&u, "0904000102ff123400 07058102000200 07050102000200");
	usb_bytes_end(&u);
	refuses(&u, NULL, -EOPNOTSUPP, "no interface");
	rule.interface = 0;
	rule.alt = 1;
	gives(&u, &all, "0 X");
	ck_assert_uint_eq(function("X")->alt, 1);
}
END_TEST

START_TEST(test_a_model_may_be_named)
{
	static const char *const shape[] = { "io", "nio", "nio", "nio", "nio" };
	struct usb_bytes u = serial_device(0x1209, 1, 5, shape);
	const struct usb_rules rules = { .model = "quectel-ec25" };

	gives(&u, NULL, "0 DIAG, 1 (IF1), 2 (IF2), 3 (IF3), 4 (IF4)");
	gives(&u, &rules, "0 DIAG, 1 NMEA, 2 AT, 3 DUN, 4 QMI");
	ck_assert_str_eq(l.model, "quectel-ec25");
}
END_TEST

/* Whatever the table says, names are not twice and rows lead to a model. */
START_TEST(test_the_table_is_sound)
{
	unsigned int n_known = 0;

	for (unsigned int vendor = 0; vendor < 65536; vendor++)
		if (vendor == 0x2c7c || vendor == 0x1199 || vendor == 0x1bc7 || vendor == 0x1e0e ||
		    vendor == 0x2cb7 || vendor == 0x0489 || vendor == 0x413c || vendor == 0x1e2d ||
		    vendor == 0x05c6)
			for (unsigned int product = 0; product < 65536; product++)
				n_known += usb_model_for((uint16_t)vendor, (uint16_t)product, 5) != NULL;
	ck_assert_uint_gt(n_known, 4096 + 100);
	ck_assert_ptr_null(usb_model_for(0x1209, 1, 5));
	ck_assert_ptr_null(usb_model_find("nonsense"));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("usb-rules");
	TCase *t = tcase_create("usb-rules");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_an_ec25_has_five_channels);
	tcase_add_test(t, test_edl_is_sahara_alone);
	tcase_add_test(t, test_classes_speak_for_unknown_devices);
	tcase_add_test(t, test_one_at_port_is_dun);
	tcase_add_test(t, test_a_second_of_a_kind_is_numbered);
	tcase_add_test(t, test_mbim_claims_its_data);
	tcase_add_test(t, test_a_long_mbim_message_may_be_cut);
	tcase_add_test(t, test_a_layout_may_depend_on_the_configuration);
	tcase_add_test(t, test_a_number_with_another_function_is_not_believed);
	tcase_add_test(t, test_telit_line_state_is_left_alone_on_diag);
	tcase_add_test(t, test_a_reserved_interface_may_be_adb);
	tcase_add_test(t, test_the_number_of_interfaces_tells_an_ec20_from_a_gobi);
	tcase_add_test(t, test_bg96_qmi_wants_no_dtr);
	tcase_add_test(t, test_em05_sends_zero_length_packets);
	tcase_add_test(t, test_acm_has_its_data_elsewhere);
	tcase_add_test(t, test_two_functions_never_share_an_interface);
	tcase_add_test(t, test_what_is_no_modem_is_refused_with_a_hint);
	tcase_add_test(t, test_the_configuration_comes_first);
	tcase_add_test(t, test_a_name_that_is_taken_goes_to_who_was_configured);
	tcase_add_test(t, test_an_unknown_interface_is_turned_on_by_its_number);
	tcase_add_test(t, test_a_rule_for_what_is_not_there_is_refused);
	tcase_add_test(t, test_an_alternate_setting_may_be_configured);
	tcase_add_test(t, test_a_model_may_be_named);
	tcase_add_test(t, test_the_table_is_sound);
	suite_add_tcase(s, t);
	return suite_run(s);
}
