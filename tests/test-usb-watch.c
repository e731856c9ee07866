/* test-usb-watch - devices that come, change and leave, told by a mocked udev.
 * It runs itself again below umockdev-wrapper. */
#include "usb/watch.h"
#include "tests/suite.h"
#include <stdio.h>
#include <stdlib.h>
#include <umockdev.h>
#include <unistd.h>

static UMockdevTestbed *bed;
static struct loop *loop;
static struct usb_watch *watch;
static char heard[256];

static void note(void *user, enum usb_news news, const char *port)
{
	static const char *const words[] = { "came", "changed", "left", "missed" };
	size_t len = strlen(heard);

	(void)user;
	snprintf(heard + len, sizeof(heard) - len, "%s %s;", words[news], port);
}

static void setup(void)
{
	heard[0] = 0;
	watch = NULL;
	bed = umockdev_testbed_new();
	loop = loop_new();
	ck_assert_ptr_nonnull(loop);
}

static void teardown(void)
{
	usb_watch_free(watch);
	loop_free(loop);
	g_object_unref(bed);
}

static gchar *plug(const char *name, const char *devtype)
{
	return umockdev_testbed_add_device(bed, "usb", name, NULL, "idVendor", "2c7c", NULL,
					   "DEVTYPE", devtype, NULL);
}

/* Until something is heard; each turn waits for the next event. */
static void listen(size_t bytes)
{
	for (unsigned int i = 0; i < 50 && strlen(heard) < bytes; i++)
		loop_turn(loop, true);
}

START_TEST(test_f90_devices_come_change_and_leave)
{
	static const char all[] = "came 1-4;changed 1-4;left 1-4;";
	gchar *device;

	ck_assert_int_eq(usb_watch_new(loop, note, NULL, &watch), 0);
	device = plug("1-4", "usb_device");
	umockdev_testbed_uevent(bed, device, "change");
	umockdev_testbed_uevent(bed, device, "remove");
	listen(strlen(all));
	ck_assert_str_eq(heard, all);
	g_free(device);
}
END_TEST

START_TEST(test_f90_interfaces_and_hubs_of_the_host_are_no_news)
{
	gchar *root, *interface, *device;

	ck_assert_int_eq(usb_watch_new(loop, note, NULL, &watch), 0);
	root = plug("usb1", "usb_device");
	interface = plug("1-4:1.0", "usb_interface");
	device = plug("1-5.1", "usb_device");
	listen(strlen("came 1-5.1;"));
	ck_assert_str_eq(heard, "came 1-5.1;");
	g_free(root);
	g_free(interface);
	g_free(device);
}
END_TEST

static void free_inside(void *user, enum usb_news news, const char *port)
{
	note(user, news, port);
	usb_watch_free(watch);
	watch = NULL;
}

START_TEST(test_f90_a_watch_may_be_freed_from_inside)
{
	gchar *device;

	ck_assert_int_eq(usb_watch_new(loop, free_inside, NULL, &watch), 0);
	device = plug("1-4", "usb_device");
	umockdev_testbed_uevent(bed, device, "change");
	listen(strlen("came 1-4;"));
	ck_assert_str_eq(heard, "came 1-4;");
	g_free(device);
}
END_TEST

static bool is_preloaded(void)
{
	const char *libraries = getenv("LD_PRELOAD");

	return libraries && strstr(libraries, "umockdev");
}

/* AddressSanitizer wants to be the first library otherwise. */
static void set_sanitizer(void)
{
	const char *options = getenv("ASAN_OPTIONS");
	char all[512];

	snprintf(all, sizeof(all), "%s:verify_asan_link_order=0", options ? options : "");
	setenv("ASAN_OPTIONS", all, 1);
}

int main(int argc, char **argv)
{
	Suite *s = suite_create("usb-watch");
	TCase *t = tcase_create("usb-watch");

	(void)argc;
	if (!is_preloaded()) {
		set_sanitizer();
		execlp("umockdev-wrapper", "umockdev-wrapper", argv[0], NULL);
		fprintf(stderr, "SKIP: umockdev-wrapper is missing\n");
		return 77;
	}
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 10);
	tcase_add_test(t, test_f90_devices_come_change_and_leave);
	tcase_add_test(t, test_f90_interfaces_and_hubs_of_the_host_are_no_news);
	tcase_add_test(t, test_f90_a_watch_may_be_freed_from_inside);
	suite_add_tcase(s, t);
	return suite_run(s);
}
