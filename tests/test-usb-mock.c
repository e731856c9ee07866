/*
 * test-usb-mock - the mock USB bus keeps the promises of usbfs that the tests
 * of the USB link rest on, as an unmodified libusb sees it.
 */
#include "base/bytes.h"
#include "tests/suite.h"
#include "tests/usb_tell.h"
#include <errno.h>
#include <fcntl.h>
#include <libusb.h>
#include <poll.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <linux/usbdevice_fs.h>
#include <unistd.h>

enum { DEADLINE_MS = 5000 };

static libusb_context *context;
static libusb_device_handle *handle;
static int node;
static char answer[TOLD_MAX];

static const char *tell(char *a, char *b, char *c)
{
	char *words[] = { a, b, c, NULL };

	ck_assert_msg(usb_tell(words, answer, sizeof(answer)) == 0, "%s: %s", a, answer);
	return answer;
}

static void open_node(void)
{
	node = open(tell("node", NULL, NULL), O_RDWR | O_CLOEXEC);
	ck_assert_int_ge(node, 0);
	libusb_set_option(NULL, LIBUSB_OPTION_NO_DEVICE_DISCOVERY);
	ck_assert_int_eq(libusb_init(&context), 0);
	ck_assert_int_eq(libusb_wrap_sys_device(context, node, &handle), 0);
	libusb_set_auto_detach_kernel_driver(handle, 1);
}

static void setup(void)
{
	tell("plug", "modem", NULL);
	open_node();
}

static void teardown(void)
{
	libusb_close(handle);
	close(node);
	libusb_exit(context);
}

/* Waits as long as usbfs has nothing to reap. */
static void handle_events(void)
{
	const struct libusb_pollfd **list = libusb_get_pollfds(context);
	struct pollfd fds[8];
	struct timeval none = { 0 };
	nfds_t n = 0;

	for (; list && list[n] && n < ARRAY_SIZE(fds); n++)
		fds[n] = (struct pollfd){ list[n]->fd, list[n]->events, 0 };
	libusb_free_pollfds(list);
	ck_assert_int_gt(poll(fds, n, DEADLINE_MS), 0);
	ck_assert_int_eq(libusb_handle_events_timeout_completed(context, &none, NULL), 0);
}

static void on_done(struct libusb_transfer *t)
{
	*(bool *)t->user_data = true;
}

static struct libusb_transfer *listen(uint8_t address, uint8_t *data, int len, bool *is_done)
{
	struct libusb_transfer *t = libusb_alloc_transfer(0);

	*is_done = false;
	libusb_fill_bulk_transfer(t, handle, address, data, len, on_done, is_done, 0);
	ck_assert_int_eq(libusb_submit_transfer(t), 0);
	return t;
}

static void wait_for(const bool *is_done)
{
	while (!*is_done)
		handle_events();
}

static void say(uint8_t address, const char *words)
{
	int n = 0;

	ck_assert_int_eq(libusb_bulk_transfer(handle, address, (uint8_t *)(uintptr_t)words,
					      (int)strlen(words), &n, DEADLINE_MS), 0);
	ck_assert_int_eq(n, (int)strlen(words));
}

START_TEST(test_descriptors_are_those_of_the_modem)
{
	struct libusb_config_descriptor *c;
	struct libusb_device_descriptor d;

	ck_assert_int_eq(libusb_get_device_descriptor(libusb_get_device(handle), &d), 0);
	ck_assert_uint_eq(d.idVendor, 0x2c7c);
	ck_assert_int_eq(libusb_get_active_config_descriptor(libusb_get_device(handle), &c), 0);
	ck_assert_uint_eq(c->wTotalLength, 209);
	ck_assert_uint_eq(c->bNumInterfaces, 5);
	libusb_free_config_descriptor(c);
}
END_TEST

START_TEST(test_an_at_command_is_answered)
{
	uint8_t data[512];
	bool is_done;
	struct libusb_transfer *t;

	ck_assert_int_eq(libusb_claim_interface(handle, 2), 0);
	ck_assert_int_eq(libusb_control_transfer(handle, 0x21, 0x22, 3, 2, NULL, 0, 1000), 0);
	t = listen(0x84, data, sizeof(data), &is_done);
	say(0x03, "AT\r");
	wait_for(&is_done);
	ck_assert_int_eq(t->status, LIBUSB_TRANSFER_COMPLETED);
	ck_assert_int_eq(t->actual_length, 9);
	ck_assert_mem_eq(data, "AT\r\r\nOK\r\n", 9);
	libusb_free_transfer(t);
}
END_TEST

static bool is_readable(void)
{
	struct pollfd fd = { .fd = node, .events = POLLOUT };

	return poll(&fd, 1, 50) == 1;
}

START_TEST(test_poll_waits_until_something_is_to_be_reaped)
{
	uint8_t data[512];
	bool is_done;
	struct libusb_transfer *t;

	ck_assert_int_eq(libusb_claim_interface(handle, 2), 0);
	t = listen(0x84, data, sizeof(data), &is_done);
	for (int i = 0; i < 3 && is_readable(); i++)
		handle_events();
	ck_assert(!is_readable());
	tell("say", "0x84", "RING");
	ck_assert(is_readable());
	wait_for(&is_done);
	ck_assert_mem_eq(data, "RING", 4);
	ck_assert(!is_readable());
	libusb_free_transfer(t);
}
END_TEST

START_TEST(test_a_claim_takes_the_driver_and_a_release_gives_it_back)
{
	ck_assert_str_eq(tell("driver", "4", NULL), "qmi_wwan");
	ck_assert_int_eq(libusb_kernel_driver_active(handle, 4), 1);
	ck_assert_int_eq(libusb_claim_interface(handle, 4), 0);
	ck_assert_str_eq(tell("driver", "4", NULL), "usbfs");
	ck_assert_int_eq(libusb_kernel_driver_active(handle, 4), 0);
	ck_assert_int_eq(libusb_release_interface(handle, 4), 0);
	ck_assert_str_eq(tell("driver", "4", NULL), "qmi_wwan");
}
END_TEST

START_TEST(test_what_another_program_has_is_busy)
{
	tell("hold", "1", NULL);
	ck_assert_int_eq(libusb_claim_interface(handle, 1), LIBUSB_ERROR_BUSY);
	tell("leave", "1", NULL);
	ck_assert_int_eq(libusb_claim_interface(handle, 1), 0);
}
END_TEST

START_TEST(test_an_end_point_needs_its_interface)
{
	struct libusb_transfer *t = libusb_alloc_transfer(0);
	uint8_t data[512];

	libusb_fill_bulk_transfer(t, handle, 0x84, data, sizeof(data), NULL, NULL, 0);
	ck_assert_int_eq(libusb_submit_transfer(t), LIBUSB_ERROR_IO);
	libusb_free_transfer(t);
}
END_TEST

START_TEST(test_a_closed_file_gives_nothing_back)
{
	ck_assert_int_eq(libusb_claim_interface(handle, 0), 0);
	teardown();
	while (strcmp(tell("clients", NULL, NULL), "0") != 0)
		usleep(1000);
	ck_assert_str_eq(tell("driver", "0", NULL), "none");
	open_node();
}
END_TEST

START_TEST(test_a_stall_lasts_until_the_halt_is_cleared)
{
	uint8_t data[512];
	bool is_done;
	struct libusb_transfer *t;

	ck_assert_int_eq(libusb_claim_interface(handle, 2), 0);
	tell("fault", "stall@0x84", NULL);
	t = listen(0x84, data, sizeof(data), &is_done);
	wait_for(&is_done);
	ck_assert_int_eq(t->status, LIBUSB_TRANSFER_STALL);
	ck_assert_int_eq(libusb_clear_halt(handle, 0x84), 0);
	is_done = false;
	ck_assert_int_eq(libusb_submit_transfer(t), 0);
	tell("say", "0x84", "x");
	wait_for(&is_done);
	ck_assert_int_eq(t->status, LIBUSB_TRANSFER_COMPLETED);
	libusb_free_transfer(t);
}
END_TEST

START_TEST(test_a_lost_claim_ends_transfers_as_if_they_were_done)
{
	uint8_t data[512];
	bool is_done;
	struct libusb_transfer *t;

	ck_assert_int_eq(libusb_claim_interface(handle, 2), 0);
	t = listen(0x84, data, sizeof(data), &is_done);
	tell("steal", "2", "option");
	wait_for(&is_done);
	ck_assert_int_eq(t->status, LIBUSB_TRANSFER_COMPLETED);
	ck_assert_int_eq(t->actual_length, 0);
	ck_assert_int_eq(libusb_kernel_driver_active(handle, 2), 1);
	libusb_free_transfer(t);
}
END_TEST

START_TEST(test_unplugging_ends_transfers_and_the_node)
{
	uint8_t data[512];
	bool is_done;
	char path[64];
	struct libusb_transfer *t;

	snprintf(path, sizeof(path), "%s", tell("node", NULL, NULL));
	ck_assert_int_eq(libusb_claim_interface(handle, 2), 0);
	t = listen(0x84, data, sizeof(data), &is_done);
	tell("unplug", NULL, NULL);
	wait_for(&is_done);
	ck_assert_int_eq(t->status, LIBUSB_TRANSFER_NO_DEVICE);
	ck_assert_int_eq(access("/sys/bus/usb/devices/1-1", F_OK), -1);
	ck_assert_int_eq(access(path, F_OK), -1);
	ck_assert_int_eq(libusb_submit_transfer(t), LIBUSB_ERROR_NO_DEVICE);
	libusb_free_transfer(t);
}
END_TEST

int main(int argc, char **argv)
{
	Suite *s = suite_create("usb-mock");
	TCase *c = tcase_create("usbfs");

	(void)argc;
	usb_mock_enter(argv);
	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, test_descriptors_are_those_of_the_modem);
	tcase_add_test(c, test_an_at_command_is_answered);
	tcase_add_test(c, test_poll_waits_until_something_is_to_be_reaped);
	tcase_add_test(c, test_a_claim_takes_the_driver_and_a_release_gives_it_back);
	tcase_add_test(c, test_what_another_program_has_is_busy);
	tcase_add_test(c, test_an_end_point_needs_its_interface);
	tcase_add_test(c, test_a_closed_file_gives_nothing_back);
	tcase_add_test(c, test_a_stall_lasts_until_the_halt_is_cleared);
	tcase_add_test(c, test_a_lost_claim_ends_transfers_as_if_they_were_done);
	tcase_add_test(c, test_unplugging_ends_transfers_and_the_node);
	suite_add_tcase(s, c);
	return suite_run(s);
}
