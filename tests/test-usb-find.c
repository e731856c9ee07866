/* test-usb-find - which device is meant, in a made-up sysfs. */
#include "usb/find.h"
#include "usb/rules.h"
#include "tests/suite.h"
#include "tests/usb_bytes.h"
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[] = "/tmp/test-usb-find-XXXXXX";
static struct usb_found found;
static struct text why;

static void make(const char *path)
{
	ck_assert(!mkdir(path, 0755) || errno == EEXIST);
}

static void setup(void)
{
	strcpy(strrchr(dir, '-') + 1, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(chdir(dir), 0);
	make("bus");
	make("bus/usb");
	make("bus/usb/devices");
	make("bus/usb/001");
	why = TEXT_INIT;
}

static void teardown(void)
{
	char command[64];

	text_fini(&why);
	ck_assert_int_eq(chdir("/"), 0);
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	ck_assert_int_eq(system(command), 0);
}

static void put_bytes(const char *device, const char *name, const void *bytes, size_t len)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "bus/usb/devices/%s", device);
	make(path);
	snprintf(path, sizeof(path), "bus/usb/devices/%s/%s", device, name);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(bytes, 1, len, f), len);
	fclose(f);
}

static void put(const char *device, const char *name, const char *word)
{
	char line[128];

	put_bytes(device, name, line, (size_t)snprintf(line, sizeof(line), "%s\n", word));
}

static void plug(const char *port, const char *vendor, const char *product, const char *devnum)
{
	put(port, "idVendor", vendor);
	put(port, "idProduct", product);
	put(port, "busnum", "1");
	put(port, "devnum", devnum);
	put(port, "bConfigurationValue", "1");
	put(port, "speed", "480");
}

static int find(const char *address, const char *serial)
{
	text_clear(&why);
	return usb_find(".", address, serial, &found, &why);
}

static void says(const char *words)
{
	ck_assert_msg(strstr(text_get(&why), words), "%s", text_get(&why));
}

START_TEST(test_an_address_is_a_port_or_ids)
{
	static const char *const wrong[] = {
		"", "1", "usb1", "1-4:1.0", "2c7c", "2c7c:", ":0125", "2c7c:0125:", "2c7c:01250",
		"2c7c:xyzw", "0x2c7c:0x125", "+2c7:0125", "2c7c: 125", "../1-4",
	};

	ck_assert(usb_address_is_valid("1-4.2"));
	ck_assert(usb_address_is_valid("2c7c:0125"));
	ck_assert(usb_address_is_valid("2C7C:125"));
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		ck_assert_msg(!usb_address_is_valid(wrong[i]), "%s", wrong[i]);
		ck_assert_int_eq(find(wrong[i], NULL), -EINVAL);
		says("write BUS-PORT as in 1-4");
	}
}
END_TEST

START_TEST(test_a_device_is_found_by_port_and_by_ids)
{
	plug("1-4", "2c7c", "0125", "7");
	plug("1-5", "2c7c", "0800", "8");
	put("1-4", "serial", "abc");
	ck_assert_int_eq(find("1-4", NULL), 0);
	ck_assert_str_eq(found.port, "1-4");
	ck_assert_uint_eq(found.vendor, 0x2c7c);
	ck_assert_uint_eq(found.product, 0x0125);
	ck_assert_uint_eq(found.bus, 1);
	ck_assert_uint_eq(found.address, 7);
	ck_assert_uint_eq(found.configuration, 1);
	ck_assert_uint_eq(found.speed, 480);
	ck_assert_str_eq(found.serial, "abc");
	ck_assert_int_eq(find("2c7c:0800", NULL), 0);
	ck_assert_str_eq(found.port, "1-5");
	ck_assert_str_eq(found.serial, "");
}
END_TEST

START_TEST(test_two_of_a_kind_are_told_apart)
{
	plug("1-4", "2c7c", "0125", "7");
	plug("2-1.3", "2c7c", "0125", "8");
	put("1-4", "serial", "first");
	put("2-1.3", "serial", "second");
	ck_assert_int_eq(find("2c7c:0125", NULL), -ENOTUNIQ);
	says("2c7c:0125 could be any of usb:1-4, usb:2-1.3");
	ck_assert_int_eq(find("2c7c:0125", "second"), 0);
	ck_assert_str_eq(found.port, "2-1.3");
	ck_assert_int_eq(find("1-4", "second"), -ENODEV);
	says("nothing is plugged in at USB port 1-4 with serial number second");
}
END_TEST

START_TEST(test_an_edl_device_has_its_serial_number_in_its_name)
{
	plug("1-4", "05c6", "9008", "7");
	put("1-4", "product", "QUSB_BULK_CID:0000_SN:00000001");
	ck_assert_int_eq(find("05c6:9008", "00000001"), 0);
	ck_assert_str_eq(found.serial, "00000001");
}
END_TEST

START_TEST(test_an_absent_device_is_missed)
{
	ck_assert_int_eq(find("1-4", NULL), -ENODEV);
	says("nothing is plugged in at USB port 1-4");
	ck_assert_int_eq(find("2c7c:0125", NULL), -ENODEV);
	says("there is no USB device 2c7c:0125");
	ck_assert_int_eq(rmdir("bus/usb/devices"), 0);	/* no USB at all */
	ck_assert_int_eq(find("2c7c:0125", NULL), -ENODEV);
}
END_TEST

START_TEST(test_half_a_device_is_none)
{
	plug("1-4", "2c7c", "0125", "7");
	put("1-4", "devnum", "many");
	ck_assert_int_eq(find("1-4", NULL), -ENODEV);
	plug("1-4", "2c7c", "0125", "7");
	put("1-4", "bConfigurationValue", "");
	ck_assert_int_eq(find("1-4", NULL), -EAGAIN);
	says("has not configured usb:1-4");
}
END_TEST

START_TEST(test_descriptors_are_read_and_drivers_told)
{
	static const struct usb_rules none;
	struct usb_bytes u = usb_bytes_ec25();
	struct usb_descriptors d;
	struct usb_layout l;

	plug("1-4", "2c7c", "0125", "7");
	put_bytes("1-4", "descriptors", u.b, u.len);
	make("bus/usb/devices/1-4:1.4");
	ck_assert_int_eq(symlink("../../drivers/qmi_wwan", "bus/usb/devices/1-4:1.4/driver"), 0);
	ck_assert_int_eq(find("1-4", NULL), 0);
	ck_assert_int_eq(usb_read_descriptors(".", &found, &d, &why), 0);
	ck_assert_int_eq(usb_rules_layout(&d, &none, &l, &why), 0);
	usb_read_drivers(".", &found, &l);
	ck_assert_str_eq(l.functions[4].name, "QMI");
	ck_assert_str_eq(l.functions[4].driver, "qmi_wwan");
	ck_assert_str_eq(l.functions[0].driver, "");
}
END_TEST

START_TEST(test_descriptors_that_are_bad_or_gone_are_refused)
{
	struct usb_bytes u = usb_bytes_ec25();
	struct usb_descriptors d;

	plug("1-4", "2c7c", "0125", "7");
	put_bytes("1-4", "descriptors", u.b, u.len - 1);
	ck_assert_int_eq(find("1-4", NULL), 0);
	ck_assert_int_eq(usb_read_descriptors(".", &found, &d, &why), -EPROTO);
	says("do not add up");
	ck_assert_int_eq(unlink("bus/usb/devices/1-4/descriptors"), 0);
	ck_assert_int_eq(usb_read_descriptors(".", &found, &d, &why), -ENOENT);
}
END_TEST

START_TEST(test_a_node_without_rights_names_the_rule)
{
	char path[64];

	plug("1-4", "2c7c", "0125", "7");
	ck_assert_int_eq(find("1-4", NULL), 0);
	usb_node_path(".", &found, path, sizeof(path));
	ck_assert_str_eq(path, "./bus/usb/001/007");
	ck_assert_int_eq(usb_check_node(".", &found, &why), -ENOENT);
	ck_assert_int_eq(fclose(fopen(path, "w")), 0);
	ck_assert_int_eq(usb_check_node(".", &found, &why), 0);
	ck_assert_int_eq(chmod(dir, 0755), 0);
	ck_assert_int_eq(chmod(path, 0444), 0);
	if (!geteuid())
		ck_assert_int_eq(setreuid(65534, 0), 0);	/* root may anything */
	text_clear(&why);
	ck_assert_int_eq(usb_check_node(".", &found, &why), -EACCES);
	if (!geteuid())
		ck_assert_int_eq(setreuid(0, 0), 0);
	says("./bus/usb/001/007 may not be opened");
	says("SUBSYSTEM==\"usb\", ATTR{idVendor}==\"2c7c\", ATTR{idProduct}==\"0125\", \\\n");
	says("GROUP=\"dialout\", MODE=\"0660\"");
	says("ENV{ID_MM_DEVICE_IGNORE}=\"1\"");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("usb-find");
	TCase *t = tcase_create("usb-find");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_an_address_is_a_port_or_ids);
	tcase_add_test(t, test_a_device_is_found_by_port_and_by_ids);
	tcase_add_test(t, test_two_of_a_kind_are_told_apart);
	tcase_add_test(t, test_an_edl_device_has_its_serial_number_in_its_name);
	tcase_add_test(t, test_an_absent_device_is_missed);
	tcase_add_test(t, test_half_a_device_is_none);
	tcase_add_test(t, test_descriptors_are_read_and_drivers_told);
	tcase_add_test(t, test_descriptors_that_are_bad_or_gone_are_refused);
	tcase_add_test(t, test_a_node_without_rights_names_the_rule);
	suite_add_tcase(s, t);
	return suite_run(s);
}
