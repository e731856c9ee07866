/* test-usb-modem - USB modems in a made-up sysfs. */
#include "usb/modem.h"
#include "tests/suite.h"
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[] = "/tmp/test-usb-XXXXXX";

static void setup(void)
{
	strcpy(strrchr(dir, '-') + 1, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(chdir(dir), 0);
	ck_assert_int_eq(mkdir("bus", 0755), 0);
	ck_assert_int_eq(mkdir("bus/usb", 0755), 0);
	ck_assert_int_eq(mkdir("bus/usb/devices", 0755), 0);
}

static void teardown(void)
{
	char command[64];

	ck_assert_int_eq(chdir("/"), 0);
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	ck_assert_int_eq(system(command), 0);
}

static void put(const char *device, const char *name, const char *words)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "bus/usb/devices/%s", device);
	ck_assert(!mkdir(path, 0755) || errno == EEXIST);
	snprintf(path, sizeof(path), "bus/usb/devices/%s/%s", device, name);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	fprintf(f, "%s\n", words);
	fclose(f);
}

static void plug(const char *port, const char *vendor, const char *product)
{
	put(port, "idVendor", vendor);
	put(port, "idProduct", product);
}

/* @driver: NULL for none. */
static void add_interface(const char *name, const char *number, const char *class,
			  const char *driver)
{
	char path[256], target[64];

	put(name, "bInterfaceNumber", number);
	put(name, "bInterfaceClass", class);
	put(name, "bInterfaceSubClass", "ff");
	put(name, "bInterfaceProtocol", "30");
	if (!driver)
		return;
	snprintf(path, sizeof(path), "bus/usb/devices/%s/driver", name);
	snprintf(target, sizeof(target), "../../drivers/%s", driver);
	ck_assert_int_eq(symlink(target, path), 0);
}

static int note_port(void *user, const struct usb_modem *m)
{
	if (m->is_modem) {
		strcat(user, m->port);
		strcat(user, " ");
	}
	return 0;
}

static int stop_at_once(void *user, const struct usb_modem *m)
{
	note_port(user, m);
	return 7;
}

START_TEST(test_a_port_is_bus_dash_ports)
{
	ck_assert(usb_is_port("1-4"));
	ck_assert(usb_is_port("12-1.4.13"));
	ck_assert(!usb_is_port("usb1"));
	ck_assert(!usb_is_port("1-4:1.0"));
	ck_assert(!usb_is_port("1-0:1.0"));
	ck_assert(!usb_is_port(""));
	ck_assert(!usb_is_port("1"));
	ck_assert(!usb_is_port("1-"));
	ck_assert(!usb_is_port("-4"));
	ck_assert(!usb_is_port("1-4."));
	ck_assert(!usb_is_port("1-.4"));
	ck_assert(!usb_is_port("../1-4"));
	ck_assert(!usb_is_port("1-1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1"));
}
END_TEST

START_TEST(test_read_tells_who_holds_which_interface)
{
	struct usb_modem m;

	plug("1-4", "2c7c", "0801");
	put("1-4", "manufacturer", "Quectel");
	put("1-4", "product", "RM520N-GL");
	add_interface("1-4:1.0", "00", "ff", "option");
	add_interface("1-4:1.4", "04", "ff", "qmi_wwan");
	add_interface("1-4:1.10", "0a", "0a", NULL);
	add_interface("1-40:1.0", "00", "ff", "stranger");
	ck_assert_int_eq(usb_modem_read(".", "1-4", &m), 0);
	ck_assert_str_eq(m.port, "1-4");
	ck_assert_uint_eq(m.vendor, 0x2c7c);
	ck_assert_uint_eq(m.product, 0x0801);
	ck_assert_str_eq(m.maker, "Quectel");
	ck_assert_str_eq(m.manufacturer, "Quectel");
	ck_assert_str_eq(m.title, "RM520N-GL");
	ck_assert(m.is_modem);
	ck_assert(!m.is_edl);
	ck_assert_uint_eq(m.n_interfaces, 3);
	ck_assert_str_eq(m.interfaces[0].driver, "option");
	ck_assert_uint_eq(m.interfaces[0].class, 0xff);
	ck_assert_uint_eq(m.interfaces[0].subclass, 0xff);
	ck_assert_uint_eq(m.interfaces[0].protocol, 0x30);
	ck_assert_uint_eq(m.interfaces[1].number, 4);
	ck_assert_str_eq(m.interfaces[1].driver, "qmi_wwan");
	ck_assert_uint_eq(m.interfaces[2].number, 10);
	ck_assert_str_eq(m.interfaces[2].driver, "");
}
END_TEST

START_TEST(test_read_tells_what_is_no_modem)
{
	struct usb_modem m;

	plug("1-1", "046d", "c31c");		/* a maker of none */
	add_interface("1-1:1.0", "00", "ff", NULL);
	plug("1-2", "1199", "0fff");		/* a modem that is a CD */
	add_interface("1-2:1.0", "00", "08", "usb-storage");
	plug("1-3", "413c", "2113");		/* a keyboard */
	add_interface("1-3:1.0", "00", "ff", NULL);
	plug("1-5", "2c7c", "words");
	ck_assert_int_eq(usb_modem_read(".", "1-1", &m), 0);
	ck_assert(!m.is_modem);
	ck_assert_int_eq(usb_modem_read(".", "1-2", &m), 0);
	ck_assert(!m.is_modem);
	ck_assert_int_eq(usb_modem_read(".", "1-3", &m), 0);
	ck_assert(!m.is_modem);
	ck_assert_int_eq(usb_modem_read(".", "1-5", &m), -ENODEV);
	ck_assert_int_eq(usb_modem_read(".", "1-9", &m), -ENODEV);
	ck_assert_int_eq(usb_modem_read(".", "../1-1", &m), -EINVAL);
}
END_TEST

START_TEST(test_edl_needs_no_interface)
{
	struct usb_modem m;

	plug("2-1.3", "05c6", "9008");
	ck_assert_int_eq(usb_modem_read(".", "2-1.3", &m), 0);
	ck_assert(m.is_edl);
	ck_assert_uint_eq(m.n_interfaces, 0);
	ck_assert_str_eq(m.manufacturer, "");
	ck_assert_str_eq(m.maker, "Qualcomm");
}
END_TEST

START_TEST(test_interfaces_beyond_the_limit_are_left_out)
{
	char name[16], number[16];
	struct usb_modem m;

	plug("1-4", "1bc7", "1040");
	for (unsigned int i = 0; i < USB_INTERFACES_MAX + 4; i++) {
		snprintf(name, sizeof(name), "1-4:1.%u", i);
		snprintf(number, sizeof(number), "%02x", i);
		add_interface(name, number, "ff", NULL);
	}
	ck_assert_int_eq(usb_modem_read(".", "1-4", &m), 0);
	ck_assert_uint_eq(m.n_interfaces, USB_INTERFACES_MAX);
	ck_assert_uint_eq(m.interfaces[USB_INTERFACES_MAX - 1].number, USB_INTERFACES_MAX - 1);
}
END_TEST

START_TEST(test_scan_goes_by_port_and_skips_the_rest)
{
	char ports[64] = "";

	plug("usb1", "1d6b", "0002");
	plug("1-10", "05c6", "9008");
	plug("1-4", "05c6", "9008");
	plug("1-5", "046d", "c31c");
	ck_assert_int_eq(usb_modem_scan(".", note_port, ports), 0);
	ck_assert_str_eq(ports, "1-4 1-10 ");
	ports[0] = '\0';
	ck_assert_int_eq(usb_modem_scan(".", stop_at_once, ports), 7);
	ck_assert_str_eq(ports, "1-4 ");
}
END_TEST

START_TEST(test_scan_says_when_there_is_no_usb)
{
	char ports[64] = "";

	ck_assert_int_eq(usb_modem_scan("nothing", note_port, ports), -ENOENT);
}
END_TEST

static Suite *usb_modem_suite(void)
{
	Suite *s = suite_create("usb-modem");
	TCase *c = tcase_create("sysfs");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, test_a_port_is_bus_dash_ports);
	tcase_add_test(c, test_read_tells_who_holds_which_interface);
	tcase_add_test(c, test_read_tells_what_is_no_modem);
	tcase_add_test(c, test_edl_needs_no_interface);
	tcase_add_test(c, test_interfaces_beyond_the_limit_are_left_out);
	tcase_add_test(c, test_scan_goes_by_port_and_skips_the_rest);
	tcase_add_test(c, test_scan_says_when_there_is_no_usb);
	suite_add_tcase(s, c);
	return s;
}

int main(void)
{
	return suite_run(usb_modem_suite());
}
