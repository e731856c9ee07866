/*
 * test-usb-faults - the faults F67 to F72 by their ids, with libusb and usbfs in
 * between.  Each comes at rest and at work; meanwhile another channel of the
 * modem talks, and the fixture wants all transfers and files back.
 */
#include "tests/usb_link.h"
#include <errno.h>
#include <stdio.h>

/* Of a loop test for each case. */
enum { ROUNDS = 2 };

static struct link_user *at, *dun, *qmi;

static void start(void)
{
	usb_link_start("1-1");
	at = user_running("AT");
	qmi = user_running("QMI");
	expect_at(at);
}

/* Now, or when the host speaks next. */
static int inject(unsigned int id, int round)
{
	int number = round / 2 + 1;

	tell("fault F%u%s,case=%d", id, round % 2 ? "@write#1" : "", number);
	return number;
}

/* The neighbour that nothing is wrong with. */
static void expect_neighbour(void)
{
	if (!dun)
		dun = user_running("DUN");
	expect_at(dun);
}

/* What a fault ate is not said again by anyone but the client. */
static void expect_qmi(void)
{
	for (unsigned int tries = 0; tries < 4 && qmi->n_bytes < QMI_ANSWER_LEN; tries++) {
		uint64_t end = now_ms() + 500;

		send_bytes(qmi, qmi_sync, sizeof(qmi_sync));
		while (now_ms() < end && qmi->n_bytes < QMI_ANSWER_LEN)
			loop_turn(usb_link.loop, false);
	}
	ck_assert_uint_ge(qmi->n_bytes, QMI_ANSWER_LEN);
	ck_assert_uint_eq(qmi->n_closed, 0);
}

static void setup(void)
{
	at = dun = qmi = NULL;
	usb_link_setup();
}

static void expect_eio(void)
{
	say_words(at, "AT\r");
	WAIT_FOR(at->n_closed || link_user_count(at, LINK_UL, -EIO) ||
		 link_user_count(at, LINK_DL, -EIO));
}

START_TEST(test_f67_is_cleared_and_tried_once_else_eio)
{
	int number;

	start();
	if (_i / 2 == 1)
		dun = user_running("DUN");
	number = inject(67, _i);
	switch (number) {
	case 5:
	case 6:
	case 7:
		expect_eio();
		break;
	default:
		expect_at(at);
		expect_at(at);
		ck_assert_uint_eq(at->n_closed, 0);
	}
	expect_qmi();
	expect_neighbour();
}
END_TEST

START_TEST(test_f68_is_told_and_received_again)
{
	int number;

	start();
	number = inject(68, _i);
	if (_i % 2)
		say_words(at, "AT\r");
	if (number <= 2)
		WAIT_FOR(link_user_count(at, LINK_DL, -EOVERFLOW) >= 1);
	expect_neighbour();
	if (number == 2)
		tell("heal");
	expect_at(at);
	expect_qmi();
	if (number == 1)
		ck_assert_uint_eq(link_user_count(at, LINK_DL, -EOVERFLOW), 1);
}
END_TEST

START_TEST(test_f69_every_byte_comes_and_no_empty_message)
{
	static const uint32_t bytes[] = { 0, 511, 512, 512, 4096, 4096, 16384, 1 };
	uint32_t len = bytes[_i / 2] + (_i % 2 ? 9 : 0);	/* "AT\r", "\r\nOK\r\n" */

	start();
	at->n_bytes = 0;
	inject(69, _i);
	if (_i % 2)
		say_words(at, "AT\r");
	WAIT_FOR(at->n_bytes >= len);
	for (unsigned int i = 0; i < at->n_events; i++)
		ck_assert(at->events[i].dir == LINK_UL || at->events[i].status ||
			  at->events[i].len);
	expect_at(at);
	expect_qmi();
	expect_neighbour();
}
END_TEST

/* Something for each place where it can leave. */
static void provoke(void)
{
	dun = use("DUN");
	if (link_user_send(at, "AT\r", 3) == LINK_OK && !qmi->n_closed)
		link_user_send(qmi, qmi_sync, sizeof(qmi_sync));
	for (unsigned int i = 0; i < 20; i++)
		loop_turn(usb_link.loop, false);
	if (!at->n_closed)
		link_user_close(at);
}

START_TEST(test_f70_ends_everybody_once)
{
	struct link_user *users[3];

	start();
	inject(70, _i);
	provoke();
	users[0] = at;
	users[1] = qmi;
	users[2] = dun;
	WAIT_FOR(usb_device_state(usb_link.device) == USB_GONE);
	for (unsigned int i = 0; i < ARRAY_SIZE(users); i++) {
		const struct link_user *u = users[i];

		WAIT_FOR(u->n_closed || (u->n_opened && u->opened));
		ck_assert_uint_eq(u->n_closed + (u->n_opened && u->opened), 1);
		ck_assert_uint_eq(link_user_lent(u), 0);
	}
	ck_assert_int_eq(qmi->closed, -ENODEV);
}
END_TEST

START_TEST(test_f71_close_does_not_wait_for_ever)
{
	uint64_t begin;

	start();
	expect_neighbour();
	inject(71, 2 * _i);
	send_bytes(qmi, qmi_sync, sizeof(qmi_sync));
	begin = now_ms();
	link_user_close(at);
	link_user_close(qmi);
	WAIT_FOR(at->n_closed && qmi->n_closed);
	ck_assert_uint_le(now_ms() - begin, 7000);
	expect_neighbour();
	tell("unplug");
	WAIT_FOR(dun->n_closed);
}
END_TEST

START_TEST(test_f72_is_refused_and_not_bound)
{
	tell("fault F72,case=%d", _i + 1);
	tell("plug modem");
	ck_assert_msg(usb_link_find("1-1") == -EPROTO, "%s", text_get(&usb_link.why));
	ck_assert_uint_gt(usb_link.why.len, 0);
	ck_assert_str_eq(tell("driver 2"), "option");
}
END_TEST

START_TEST(test_f72_another_layout_is_another_device)
{
	start();
	tell("fault F72,case=14");
	WAIT_FOR(at->n_closed && qmi->n_closed);
	ck_assert_int_eq(at->closed, -ENODEV);
	ck_assert_int_eq(usb_device_state(usb_link.device), USB_GONE);
	usb_device_free(usb_link.device);
	usb_link.device = NULL;
	WAIT_FOR(!strcmp(tell("kind"), "1209:0002"));
	usb_link_start("1-1");
	user_running("MBIM");
}
END_TEST

START_TEST(test_f72_an_interface_in_use_is_busy)
{
	tell("fault F72,case=15");
	ck_assert_int_eq(usb_link_find("1-1"), 0);
	ck_assert_int_eq(usb_device_start(usb_link.device, &usb_link.why), -EBUSY);
	ck_assert_ptr_nonnull(strstr(text_get(&usb_link.why), "2"));
	ck_assert_str_eq(tell("driver 0"), "option");
	tell("leave 2");
}
END_TEST

START_TEST(test_a_fault_it_has_not_is_refused_in_a_sentence)
{
	static const char *const bad[] = { "F61", "F67,case=12", "F67@M0", "F67,times=2", "F" };
	char answer[200];

	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
		char *words[] = { "fault", (char *)bad[i], NULL };

		ck_assert_int_eq(usb_tell(words, answer, sizeof(answer)), 1);
		ck_assert_ptr_nonnull(strstr(answer, "a fault ") ? answer : strstr(answer, "F"));
		if (i < 2)
			ck_assert_ptr_nonnull(strstr(answer, "F67 to F72"));
	}
}
END_TEST

int main(int argc, char **argv)
{
	Suite *s = suite_create("usb-faults");
	TCase *c = tcase_create("by id");

	(void)argc;
	usb_mock_enter(argv);
	tcase_add_checked_fixture(c, setup, usb_link_teardown);
	tcase_set_timeout(c, 60);
	tcase_add_loop_test(c, test_f67_is_cleared_and_tried_once_else_eio, 0, ROUNDS * 11);
	tcase_add_loop_test(c, test_f68_is_told_and_received_again, 0, ROUNDS * 5);
	tcase_add_loop_test(c, test_f69_every_byte_comes_and_no_empty_message, 0, ROUNDS * 8);
	tcase_add_loop_test(c, test_f70_ends_everybody_once, 0, ROUNDS * 13);
	tcase_add_loop_test(c, test_f71_close_does_not_wait_for_ever, 0, 4);
	tcase_add_loop_test(c, test_f72_is_refused_and_not_bound, 0, 13);
	tcase_add_test(c, test_f72_another_layout_is_another_device);
	tcase_add_test(c, test_f72_an_interface_in_use_is_busy);
	tcase_add_test(c, test_a_fault_it_has_not_is_refused_in_a_sentence);
	suite_add_tcase(s, c);
	return suite_run(s);
}
