/* The whole modem: claims, unplugging, interfaces that are taken away, power,
 * transfers that never come home.  F70 to F72 of the fault catalogue. */
#include "tests/suite.h"
#include "tests/usb_bench.h"
#include <errno.h>
#include <stdlib.h>

static struct usb_bench b;
static struct fake_usb *const fake = &b.fake;

enum { CLAIMED = 1 << 0 | 1 << 2 | 1 << 4 | 1 << 5 };

static void setup(void)
{
	usb_bench_init(&b);
}

static void teardown(void)
{
	usb_bench_fini(&b);
}

static void open_all(void)
{
	usb_bench_start(&b, false);
	for (unsigned int c = 0; c < N_BENCH; c++)
		usb_bench_open(&b, c);
}

static void assert_all_closed(int why)
{
	for (unsigned int c = 0; c < N_BENCH; c++) {
		ck_assert_uint_eq(b.users[c].n_closed, 1);
		ck_assert_int_eq(b.users[c].closed, why);
		ck_assert_uint_eq(link_user_lent(&b.users[c]), 0);
	}
}

/* A device that is made and started, but perhaps not. */
static int try_start(struct text *why)
{
	struct usb_device_config c = { .layout = &b.layout, .open = fake_usb_open, .opener = fake };
	static const struct usb_device_ops none;
	int r = usb_device_new(&c, &fake->timers, &none, NULL, &b.device, why);

	return r ? r : usb_device_start(b.device, why);
}

/* Claims. */

START_TEST(test_start_claims_all_and_the_end_gives_all_back)
{
	usb_bench_start(&b, false);
	ck_assert_uint_eq(fake->claimed, CLAIMED);
	ck_assert_int_eq(usb_device_state(b.device), USB_READY);
	usb_device_free(b.device);
	b.device = NULL;
	ck_assert_uint_eq(fake->claimed, 0);
	ck_assert_uint_eq(fake->given_back, CLAIMED);
}
END_TEST

START_TEST(test_f72_a_held_interface_refuses_the_whole_device)
{
	struct text why = TEXT_INIT;

	fake->claim_error = -EBUSY;
	fake->claim_error_interface = 4;
	fake->holder = _i ? USB_HOLDER_US : USB_HOLDER_OTHER;
	ck_assert_int_eq(try_start(&why), -EBUSY);
	ck_assert_str_eq(text_get(&why), _i ? "interface 4 (QMI) is held by another program" :
					      "interface 4 (QMI) is held by option");
	ck_assert(!fake->is_open);
	ck_assert_uint_eq(fake->given_back, 1 << 0 | 1 << 2);
	text_fini(&why);
}
END_TEST

START_TEST(test_functions_that_are_off_are_left_alone)
{
	b.layout.functions[BENCH_AT].is_default_on = false;
	usb_bench_start(&b, false);
	ck_assert_uint_eq(fake->claimed, CLAIMED & ~(1 << 2));
	ck_assert_uint_eq(usb_device_link(b.device)->n_chans, 3);
	ck_assert_str_eq(usb_device_function(b.device, 1)->name, "QMI");
}
END_TEST

START_TEST(test_claims_may_wait_for_the_first_open)
{
	usb_bench_start(&b, true);
	ck_assert_uint_eq(fake->claimed, 0);
	usb_bench_open(&b, BENCH_QMI);
	ck_assert_uint_eq(fake->claimed, 1 << 4);
	ck_assert_uint_eq(fake_usb_asked(fake, 0x21, 0x22), 1);
	link_user_close(&b.users[BENCH_QMI]);
	fake_usb_run(fake);
	ck_assert_uint_eq(fake->claimed, 1 << 4);	/* kept */
}
END_TEST

START_TEST(test_f72_a_late_claim_that_fails_fails_the_open)
{
	usb_bench_start(&b, true);
	fake->claim_error = -EBUSY;
	fake->claim_error_interface = 2;
	ck_assert_int_eq(link_user_open(&b.users[BENCH_AT]), 0);
	fake_usb_run(fake);
	ck_assert_int_eq(b.users[BENCH_AT].opened, -EBUSY);
	ck_assert_ptr_nonnull(strstr(b.noted, "interface 2"));
	fake->claim_error = 0;
	usb_bench_open(&b, BENCH_AT);
}
END_TEST

START_TEST(test_f72_a_late_claim_that_fails_half_way_keeps_nothing)
{
	struct link_user *u = &b.users[BENCH_AT];

	b.layout.functions[BENCH_AT].data_interface = 7;
	usb_bench_start(&b, true);
	fake->claim_error = -EBUSY;
	fake->claim_error_interface = 7;
	for (unsigned int i = 0; i < 2; i++) {
		u->n_opened = 0;
		ck_assert_int_eq(link_user_open(u), 0);
		fake_usb_run(fake);
		ck_assert_uint_eq(u->n_opened, 1);
		ck_assert_int_eq(u->opened, -EBUSY);
		ck_assert_uint_eq(fake->claimed, 0);
	}
}
END_TEST

START_TEST(test_control_is_claimed_before_data_and_the_setting_chosen)
{
	b.layout.functions[BENCH_QMI].data_interface = 7;
	b.layout.functions[BENCH_QMI].alt = 1;
	usb_bench_start(&b, false);
	ck_assert_uint_eq(fake->claimed, CLAIMED | 1 << 7);
	ck_assert_uint_eq(fake->last_alt, 1);
}
END_TEST

START_TEST(test_f72_a_layout_no_device_could_have_is_refused)
{
	struct usb_function *f = &b.layout.functions[BENCH_DIAG];
	struct text why = TEXT_INIT;

	switch (_i) {
	case 0: f->in.packet = 0; break;
	case 1: f->in.address = 0x01; break;
	case 2: f->out.address = 0x81; break;
	case 3: f->in_size = 100; break;	/* no whole packets */
	case 4: f->in_size = 0; break;
	case 5: f->n_in = 0; break;
	case 6: f->n_out = 0; break;
	case 7: f->out_size = 0; break;
	case 8: f->interface = 32; break;
	case 9: f->data_interface = 255; break;
	case 10: f->in.address = f->out.address = 0; break;
	case 11: b.layout.functions[BENCH_QMI].notify.address = 0; break;
	case 12: b.layout.functions[BENCH_QMI].in_size = 0; break;
	case 13: f->out.packet = 0; break;
	}
	ck_assert_int_eq(try_start(&why), -EPROTO);
	ck_assert_str_ne(text_get(&why), "");
	ck_assert_uint_eq(fake->n_opens, 0);
	text_fini(&why);
}
END_TEST

START_TEST(test_a_device_that_does_not_open_is_no_device)
{
	struct text why = TEXT_INIT;

	fake->open_error = -EACCES;
	ck_assert_int_eq(try_start(&why), -EACCES);
	ck_assert_int_eq(usb_device_state(b.device), USB_OFF);
	fake->open_error = 0;
	ck_assert_int_eq(usb_device_start(b.device, &why), 0);
	text_fini(&why);
}
END_TEST

START_TEST(test_f82_start_survives_the_lack_of_memory_at_any_point)
{
	struct text why = TEXT_INIT;
	int r;

	fake->prepare_error = -ENOMEM;
	for (unsigned int n = 0;; n++) {
		fake->prepares_before_error = n;
		usb_device_free(b.device);
		b.device = NULL;
		r = try_start(&why);
		if (!r)
			break;
		ck_assert_int_eq(r, -ENOMEM);
		ck_assert(!fake->is_open);
		ck_assert_uint_lt(n, 100);
	}
	text_fini(&why);
}
END_TEST

/* Unplugging: F70. */

static void unplug_then(int status)
{
	fake->holder = -ENODEV;
	fake_usb_end_all(fake, status);
	fake_usb_run(fake);
}

START_TEST(test_f70_unplug_ends_every_channel_with_enodev)
{
	open_all();
	link_user_send(&b.users[BENCH_DIAG], "x", 1);
	link_user_send(&b.users[BENCH_QMI], "x", 1);
	unplug_then(-ENODEV);
	assert_all_closed(-ENODEV);
	ck_assert_int_eq(usb_device_state(b.device), USB_GONE);
	ck_assert_uint_eq(b.n_changed, 2);	/* ready, gone */
	ck_assert(!fake->is_open);
	ck_assert_int_eq(link_user_open(&b.users[BENCH_DIAG]), -ENODEV);
}
END_TEST

START_TEST(test_f70_unplug_as_udev_or_the_node_tells_it)
{
	open_all();
	if (_i)
		usb_device_gone(b.device);
	else
		fake->io.gone(fake->io.user);
	fake_usb_run(fake);
	assert_all_closed(-ENODEV);
	ck_assert_int_eq(usb_device_state(b.device), USB_GONE);
	ck_assert_uint_eq(fake->given_back, 0);
}
END_TEST

START_TEST(test_f70_unplug_in_submit)
{
	open_all();
	fake->holder = -ENODEV;
	fake->submit_error = -ENODEV;
	fake->n_submit_errors = 100;
	link_user_send(&b.users[_i ? BENCH_QMI : BENCH_DIAG], "x", 1);
	ck_assert_uint_eq(b.users[BENCH_DIAG].n_closed, 0);	/* not from inside */
	fake_usb_run(fake);
	assert_all_closed(-ENODEV);
}
END_TEST

START_TEST(test_f70_unplug_while_an_open_is_under_way)
{
	struct link_user *u = &b.users[BENCH_AT];

	fake->ignores_lines = true;
	usb_bench_start(&b, false);
	link_user_open(u);
	if (_i)
		fake_usb_run(fake);
	usb_device_gone(b.device);
	fake_usb_run(fake);
	ck_assert_uint_eq(u->n_opened, 1);
	ck_assert_int_eq(u->opened, -ENODEV);
	ck_assert_uint_eq(u->n_closed, 0);
}
END_TEST

START_TEST(test_f70_unplug_while_a_close_is_under_way)
{
	open_all();
	for (unsigned int c = 0; c < N_BENCH; c++)
		link_user_close(&b.users[c]);
	if (_i)
		timers_advance(&fake->timers, fake->timers.now_us);
	unplug_then(-ENODEV);
	assert_all_closed(0);
	ck_assert_int_eq(usb_device_state(b.device),
			 _i ? usb_device_state(b.device) : USB_GONE);
}
END_TEST

START_TEST(test_f70_unplug_during_stall_recovery)
{
	open_all();
	fake_usb_end(fake, DIAG_IN, -EPIPE, 0);
	unplug_then(-ENODEV);
	assert_all_closed(-ENODEV);
}
END_TEST

START_TEST(test_f70_errors_that_end_in_an_unplug)
{
	open_all();
	for (int i = 0; i < 5; i++) {
		fake_usb_end_all(fake, -EIO);
		fake_usb_wait_ms(fake, 900);
	}
	ck_assert_int_eq(usb_device_state(b.device), USB_READY);
	unplug_then(-EIO);
	fake_usb_wait_ms(fake, 5000);
	unplug_then(-EIO);
	unplug_then(-ENODEV);
	fake_usb_wait_ms(fake, 5000);
	assert_all_closed(-ENODEV);
}
END_TEST

START_TEST(test_f70_data_that_came_is_delivered_before_the_end)
{
	open_all();
	fake_usb_say(fake, DIAG_IN, "last words", 10);
	fake_usb_end(fake, DIAG_IN, -ENODEV, 4);
	unplug_then(-ENODEV);
	ck_assert_uint_eq(b.users[BENCH_DIAG].n_bytes, 14);
	assert_all_closed(-ENODEV);
}
END_TEST

START_TEST(test_f70_a_device_is_freed_in_any_state)
{
	open_all();
	link_user_send(&b.users[BENCH_DIAG], "x", 1);
	if (_i == 1)
		usb_device_stop(b.device);
	else if (_i == 2)
		usb_device_gone(b.device);
	else if (_i == 3)
		link_user_close(&b.users[BENCH_AT]);
	else if (_i == 4)
		fake_usb_end(fake, DIAG_IN, -EPIPE, 0);
	usb_device_free(b.device);
	b.device = NULL;
	ck_assert_uint_eq(fake->given_back, CLAIMED);
}
END_TEST

/* Disturbed, but there. */

START_TEST(test_a_suspend_is_invisible_but_for_what_was_on_its_way)
{
	open_all();
	link_user_send(&b.users[BENCH_DIAG], "lost", 4);
	fake->n_setups = 0;
	fake_usb_end_all(fake, -ENODEV);
	fake_usb_wait_ms(fake, 100);
	for (unsigned int c = 0; c < N_BENCH; c++)
		ck_assert_uint_eq(b.users[c].n_closed, 0);
	ck_assert_uint_eq(link_user_count(&b.users[BENCH_DIAG], LINK_UL, -EIO), 1);
	ck_assert_uint_eq(fake_usb_count(fake, DIAG_IN), 4);
	ck_assert_uint_eq(fake_usb_count(fake, AT_NOTIFY), 1);
	ck_assert_uint_eq(fake_usb_asked(fake, 0x21, 0x22), 2);	/* lines again */
	ck_assert_int_eq(usb_device_state(b.device), USB_READY);
}
END_TEST

START_TEST(test_a_lost_claim_resets_the_channels_and_is_claimed_again)
{
	open_all();
	fake->holder = _i ? USB_HOLDER_OTHER : USB_HOLDER_NOBODY;
	for (int i = 0; i < 4; i++)	/* killed by the kernel */
		fake_usb_end(fake, DIAG_IN, 0, 0);
	fake->n_claims = 0;
	fake_usb_run(fake);
	assert_all_closed(-ECONNRESET);
	ck_assert_uint_eq(fake->n_claims, 4);
	ck_assert_uint_eq(fake->claimed, CLAIMED);
	fake->holder = USB_HOLDER_US;
	fake->n_setups = 0;
	for (unsigned int c = 0; c < N_BENCH; c++)
		usb_bench_open(&b, c);
	ck_assert(fake_usb_say(fake, DIAG_IN, "x", 1));
}
END_TEST

START_TEST(test_a_claim_that_stays_lost_is_an_error_of_the_device)
{
	open_all();
	fake->holder = USB_HOLDER_OTHER;
	fake->claim_error = -EBUSY;
	fake->claim_error_interface = 2;
	for (int i = 0; i < 4; i++)
		fake_usb_end(fake, DIAG_IN, 0, 0);
	fake_usb_run(fake);
	assert_all_closed(-ECONNRESET);
	ck_assert_int_eq(usb_device_state(b.device), USB_ERROR);
	ck_assert_str_eq(usb_device_why(b.device), "interface 2 (AT) is held by option");
	ck_assert_int_eq(link_user_open(&b.users[BENCH_DIAG]), -EIO);
	fake->claim_error = 0;
	fake->holder = USB_HOLDER_US;
	ck_assert_int_eq(usb_device_reset(b.device), 0);
	ck_assert_int_eq(usb_device_state(b.device), USB_READY);
	usb_bench_open(&b, BENCH_DIAG);
}
END_TEST

START_TEST(test_a_submit_that_is_refused_makes_us_look)
{
	open_all();
	fake->submit_error = -EIO;
	fake->n_submit_errors = 1;
	link_user_send(&b.users[BENCH_DIAG], "x", 1);
	fake_usb_wait_ms(fake, 100);
	ck_assert(fake_usb_take(fake, DIAG_OUT));	/* it was ours all along */
	ck_assert_uint_eq(link_user_count(&b.users[BENCH_DIAG], LINK_UL, 0), 1);
}
END_TEST

START_TEST(test_a_pipe_that_never_takes_a_submit_fails_writes_slowly)
{
	struct link_user *u = &b.users[BENCH_DIAG];

	open_all();
	fake->submit_error = -EIO;
	fake->submit_error_endpoint = DIAG_OUT;
	fake->n_submit_errors = 100000;
	link_user_send(u, "x", 1);
	fake_usb_wait_ms(fake, 20000);
	ck_assert_uint_eq(link_user_count(u, LINK_UL, -EIO), 1);
	ck_assert_uint_gt(fake->n_submit_errors, 99900);
}
END_TEST

/* Power. */

START_TEST(test_stop_ends_the_channels_in_order)
{
	open_all();
	link_user_send(&b.users[BENCH_DIAG], "x", 1);
	fake->n_setups = 0;
	usb_device_stop(b.device);
	ck_assert_uint_eq(b.n_stopped, 0);
	fake_usb_run(fake);
	ck_assert_uint_eq(b.n_stopped, 1);
	assert_all_closed(-ENODEV);
	ck_assert_uint_eq(fake_usb_asked(fake, 0x21, 0x22), 1);	/* AT; QMI keeps DTR */
	ck_assert_int_eq(usb_device_state(b.device), USB_OFF);
	ck_assert(!fake->is_open);
	ck_assert_uint_eq(fake->given_back, 0);	/* not while we may want it again */
}
END_TEST

START_TEST(test_a_stopped_device_starts_again)
{
	struct text why = TEXT_INIT;

	for (int i = 0; i < 3; i++) {
		if (i)
			ck_assert_int_eq(usb_device_start(b.device, &why), 0);
		else
			usb_bench_start(&b, false);
		usb_bench_open(&b, BENCH_DIAG);
		usb_device_stop(b.device);
		fake_usb_run(fake);
		ck_assert_uint_eq(b.n_stopped, (unsigned int)i + 1);
	}
	usb_device_free(b.device);
	b.device = NULL;
	ck_assert_uint_eq(fake->given_back, CLAIMED);
	text_fini(&why);
}
END_TEST

START_TEST(test_stop_of_a_stopped_device_is_told_as_well)
{
	usb_bench_start(&b, false);
	usb_device_stop(b.device);
	usb_device_stop(b.device);
	fake_usb_run(fake);
	ck_assert_uint_eq(b.n_stopped, 1);
	usb_device_stop(b.device);
	fake_usb_run(fake);
	ck_assert_uint_eq(b.n_stopped, 2);
}
END_TEST

START_TEST(test_reset_resets_every_channel)
{
	open_all();
	ck_assert_int_eq(usb_device_reset(b.device), 0);
	assert_all_closed(-ECONNRESET);
	ck_assert_uint_eq(fake->n_resets, 1);
	fake_usb_run(fake);
	for (unsigned int c = 0; c < N_BENCH; c++)
		usb_bench_open(&b, c);
}
END_TEST

START_TEST(test_a_reset_that_fails)
{
	open_all();
	fake->reset_error = _i ? -EIO : -ENODEV;
	ck_assert_int_eq(usb_device_reset(b.device), fake->reset_error);
	fake_usb_run(fake);
	assert_all_closed(-ECONNRESET);
	ck_assert_int_eq(usb_device_state(b.device), _i ? USB_ERROR : USB_GONE);
}
END_TEST

/* Transfers that never come home: F71. */

START_TEST(test_f71_close_does_not_wait_longer_than_five_seconds)
{
	struct link_user *u = &b.users[BENCH_DIAG];

	open_all();
	link_user_send(u, "x", 1);
	fake->ignores_cancel = true;
	link_user_close(u);
	fake_usb_wait_ms(fake, 4900);
	ck_assert_uint_eq(u->n_closed, 0);
	fake_usb_wait_ms(fake, 200);
	ck_assert_uint_eq(u->n_closed, 1);
	ck_assert_int_eq(u->closed, 0);
	/* Their memory is not used again before they are home. */
	ck_assert_int_eq(link_user_open(u), 0);
	fake_usb_wait_ms(fake, 100);
	ck_assert_uint_eq(u->n_opened, 0);
	if (_i) {
		fake->ignores_cancel = false;
		fake_usb_run(fake);
		ck_assert_int_eq(u->opened, 0);
		ck_assert(fake_usb_say(fake, DIAG_IN, "x", 1));
	} else {
		fake_usb_wait_ms(fake, 5000);
		ck_assert_int_eq(u->opened, -EIO);
	}
	ck_assert_uint_eq(u->n_opened, 1);
}
END_TEST

START_TEST(test_f71_those_that_come_home_late_with_data_harm_nobody)
{
	struct link_user *u = &b.users[BENCH_DIAG];

	open_all();
	fake->ignores_cancel = true;
	link_user_close(u);
	fake_usb_wait_ms(fake, 6000);
	ck_assert_uint_eq(u->n_closed, 1);
	while (fake_usb_say(fake, DIAG_IN, "late", 4))
		;
	ck_assert_uint_eq(u->n_bytes, 0);
	usb_bench_open(&b, BENCH_DIAG);
	fake_usb_say(fake, DIAG_IN, "new", 3);
	ck_assert_mem_eq(u->bytes, "new", 3);
}
END_TEST

START_TEST(test_f71_stop_leaves_behind_what_does_not_come_home)
{
	open_all();
	fake->ignores_cancel = true;
	usb_device_stop(b.device);
	fake_usb_wait_ms(fake, 7000);
	ck_assert_uint_eq(b.n_stopped, 1);
	assert_all_closed(-ENODEV);
	ck_assert(!fake->is_open);
}
END_TEST

START_TEST(test_f71_a_stall_whose_neighbours_never_come_home)
{
	struct link_user *u = &b.users[BENCH_DIAG];

	open_all();
	fake->ignores_cancel = true;
	fake_usb_end(fake, DIAG_IN, -EPIPE, 0);
	fake_usb_wait_ms(fake, 5100);
	ck_assert_uint_eq(u->n_closed, 1);
	ck_assert_int_eq(u->closed, -ECONNRESET);
	ck_assert_uint_eq(fake->n_halts_cleared, 0);
	ck_assert_uint_eq(b.users[BENCH_AT].n_closed, 0);
}
END_TEST

/* All at once. */

static unsigned int pick(unsigned int n)
{
	return (unsigned int)rand() % n;
}

static void act(void)
{
	static const uint8_t ins[] = { DIAG_IN, AT_IN, DATA_IN, AT_NOTIFY, QMI_NOTIFY };
	static const uint8_t outs[] = { DIAG_OUT, AT_OUT, DATA_OUT };
	static const int statuses[] = { 0, -EIO, -EPIPE, -EOVERFLOW, -ENODEV, -ECANCELED };
	static const uint8_t words[256];
	struct link_user *u = &b.users[pick(N_BENCH)];

	switch (pick(14)) {
	case 0: link_user_open(u); break;
	case 1: if (!pick(4)) link_user_close(u); break;
	case 2: case 3: link_user_send(u, words, pick(256) + 1); break;
	case 4: case 5: fake_usb_say(fake, ins[pick(3)], words, pick(257)); break;
	case 6: case 7: fake_usb_take(fake, outs[pick(3)]); break;
	case 8: fake_usb_end(fake, ins[pick(5)], statuses[pick(6)], pick(8)); break;
	case 9: fake_usb_end(fake, outs[pick(3)], statuses[pick(6)], pick(8)); break;
	case 10: fake_usb_answer(fake, 0xa1, 1, statuses[pick(6)], words, pick(200)); break;
	case 11: fake_usb_answer(fake, 0x21, 0, statuses[pick(6)], NULL, pick(2)); break;
	case 12: fake_usb_say(fake, QMI_NOTIFY, "\xa1\x01\0\0\x04\0\0\0", 8); break;
	case 13: fake->ignores_cancel = !pick(20); break;
	}
	if (!pick(3))
		fake_usb_wait_ms(fake, pick(100));
	fake->holder = pick(30) ? USB_HOLDER_US : USB_HOLDER_OTHER;
	fake->n_setups = 0;
	fake->n_heard = 0;
}

START_TEST(test_any_order_of_events_keeps_the_balance)
{
	srand((unsigned int)_i + 1);
	usb_bench_start(&b, pick(2));
	for (int i = 0; i < 3000; i++) {
		struct link_user *u = &b.users[pick(N_BENCH)];

		act();
		u->n_events = 0;
		u->n_bytes = 0;
	}
	fake->ignores_cancel = false;
	fake->holder = USB_HOLDER_US;
	fake_usb_wait_ms(fake, 20000);
	usb_device_stop(b.device);
	fake_usb_wait_ms(fake, 10000);
	ck_assert_uint_eq(b.n_stopped, 1);
	ck_assert_int_eq(usb_device_state(b.device), USB_OFF);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("usb-device");
	TCase *t = tcase_create("claims");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_start_claims_all_and_the_end_gives_all_back);
	tcase_add_loop_test(t, test_f72_a_held_interface_refuses_the_whole_device, 0, 2);
	tcase_add_test(t, test_functions_that_are_off_are_left_alone);
	tcase_add_test(t, test_claims_may_wait_for_the_first_open);
	tcase_add_test(t, test_f72_a_late_claim_that_fails_fails_the_open);
	tcase_add_test(t, test_f72_a_late_claim_that_fails_half_way_keeps_nothing);
	tcase_add_test(t, test_control_is_claimed_before_data_and_the_setting_chosen);
	tcase_add_loop_test(t, test_f72_a_layout_no_device_could_have_is_refused, 0, 14);
	tcase_add_test(t, test_a_device_that_does_not_open_is_no_device);
	tcase_add_test(t, test_f82_start_survives_the_lack_of_memory_at_any_point);
	suite_add_tcase(s, t);

	t = tcase_create("gone");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_f70_unplug_ends_every_channel_with_enodev);
	tcase_add_loop_test(t, test_f70_unplug_as_udev_or_the_node_tells_it, 0, 2);
	tcase_add_loop_test(t, test_f70_unplug_in_submit, 0, 2);
	tcase_add_loop_test(t, test_f70_unplug_while_an_open_is_under_way, 0, 2);
	tcase_add_loop_test(t, test_f70_unplug_while_a_close_is_under_way, 0, 2);
	tcase_add_test(t, test_f70_unplug_during_stall_recovery);
	tcase_add_test(t, test_f70_errors_that_end_in_an_unplug);
	tcase_add_test(t, test_f70_data_that_came_is_delivered_before_the_end);
	tcase_add_loop_test(t, test_f70_a_device_is_freed_in_any_state, 0, 5);
	suite_add_tcase(s, t);

	t = tcase_create("disturbed");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_a_suspend_is_invisible_but_for_what_was_on_its_way);
	tcase_add_loop_test(t, test_a_lost_claim_resets_the_channels_and_is_claimed_again, 0, 2);
	tcase_add_test(t, test_a_claim_that_stays_lost_is_an_error_of_the_device);
	tcase_add_test(t, test_a_submit_that_is_refused_makes_us_look);
	tcase_add_test(t, test_a_pipe_that_never_takes_a_submit_fails_writes_slowly);
	suite_add_tcase(s, t);

	t = tcase_create("power");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_stop_ends_the_channels_in_order);
	tcase_add_test(t, test_a_stopped_device_starts_again);
	tcase_add_test(t, test_stop_of_a_stopped_device_is_told_as_well);
	tcase_add_test(t, test_reset_resets_every_channel);
	tcase_add_loop_test(t, test_a_reset_that_fails, 0, 2);
	tcase_add_loop_test(t, test_f71_close_does_not_wait_longer_than_five_seconds, 0, 2);
	tcase_add_test(t, test_f71_those_that_come_home_late_with_data_harm_nobody);
	tcase_add_test(t, test_f71_stop_leaves_behind_what_does_not_come_home);
	tcase_add_test(t, test_f71_a_stall_whose_neighbours_never_come_home);
	tcase_add_loop_test(t, test_any_order_of_events_keeps_the_balance, 0, 30);
	suite_add_tcase(s, t);
	return suite_run(s);
}
