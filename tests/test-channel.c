#include "core/event.h"
#include "tests/fake_chan.h"
#include "tests/suite.h"
#include <errno.h>

static const uint32_t ul_bell = FAKE_CHDB + 8 * FAKE_UL;

static int cancel(enum link_dir dir)
{
	int r = f.link->ops->cancel(f.link, 0, dir);

	fake_settle(&f);
	return r;
}

/* --- open --- */

START_TEST(test_open_writes_the_context)
{
	struct chan_ctx *ul = fake_chan_ctx(&f, FAKE_UL), *dl = fake_chan_ctx(&f, FAKE_DL);

	ck_assert_uint_eq(le32_get(&ul->chcfg), 0x201);
	ck_assert_uint_eq(le32_get(&ul->chtype), CHTYPE_UL);
	ck_assert_uint_eq(le32_get(&dl->chtype), CHTYPE_DL);
	ck_assert_uint_eq(le32_get(&dl->erindex), 1);
	ck_assert_uint_eq(le64_get(&ul->rlen), 8 * 16);
	ck_assert_uint_eq(le64_get(&ul->rbase) % (8 * 16), 0);
	ck_assert_uint_eq(le64_get(&ul->rp), le64_get(&ul->rbase));
	ck_assert_uint_eq(le64_get(&ul->wp), le64_get(&ul->rbase));
	/* Rings where the device only reads, contexts where it writes. */
	ck_assert_uint_lt(le64_get(&ul->rbase), FAKE_IOVA_WRITES);
	ck_assert_uint_lt(le64_get(&dl->rbase), FAKE_IOVA_WRITES);
}
END_TEST

START_TEST(test_open_refuses)
{
	ck_assert_int_eq(fake_try_open(&f, 0), -EBUSY);
	ck_assert_int_eq(fake_try_open(&f, 2), -ENOTCONN);
	ck_assert_int_eq(engine_power(f.engine, POWER_OFF), POWER_STARTED);
	fake_answer(&f, EV_CODE_SUCCESS);
	ck_assert_int_eq(fake_try_open(&f, 0), -ENODEV);
	engine_gone(f.engine);
	ck_assert_int_eq(fake_try_open(&f, 0), -ENODEV);
}
END_TEST

START_TEST(test_open_refuses_in_error)
{
	fake_state(&f, MHI_STATE_SYS_ERR);
	ck_assert_int_eq(fake_try_open(&f, 0), -EIO);
}
END_TEST

START_TEST(test_one_direction_alone_can_be_opened)
{
	struct tre_copy command;
	iova_t at;

	ck_assert_int_eq(fake_try_open(&f, 1), 0);
	ck_assert(fake_command(&f, &command, &at));
	ck_assert(!fake_command(&f, &command, &at));
	ck_assert_int_eq(fake_submit(&f, 1, LINK_DL, 0, 0), -ENOTCONN);
	ck_assert_int_eq(f.link->ops->cancel(f.link, 1, LINK_DL), -ENOTCONN);
}
END_TEST

START_TEST(test_nothing_is_taken_before_opened)
{
	ck_assert_int_eq(fake_submit(&f, 0, LINK_UL, 0, 1), -ENOTCONN);
	fake_try_open(&f, 0);
	ck_assert_int_eq(fake_submit(&f, 0, LINK_UL, 0, 1), -ENOTCONN);
	fake_answer(&f, EV_CODE_SUCCESS);
	ck_assert_int_eq(fake_submit(&f, 0, LINK_UL, 0, 1), LINK_OK);
}
END_TEST

/* --- cancel --- */

static void assert_command(enum tre_type type, unsigned int chid, enum ev_code code)
{
	struct tre_copy command;
	iova_t at;

	ck_assert(fake_command(&f, &command, &at));
	ck_assert_int_eq(tre_type(command), type);
	ck_assert_uint_eq(tre_chid(command), chid);
	if (code != EV_CODE_INVALID)
		fake_event(&f, 0, tre_event(TRE_EV_CMD, 0, code, at, 0));
}

START_TEST(test_cancel_is_stop_reset_start)
{
	chan0_submit_n(LINK_UL, 3);
	chan0_submit_n(LINK_DL, 2);
	ck_assert_int_eq(cancel(LINK_UL), 0);
	ck_assert_int_eq(fake_submit(&f, 0, LINK_UL, 5, 1), LINK_FULL);
	assert_command(TRE_CMD_STOP_CHAN, FAKE_UL, EV_CODE_SUCCESS);
	ck_assert_uint_eq(u->n_done, 0);
	assert_command(TRE_CMD_RESET_CHAN, FAKE_UL, EV_CODE_SUCCESS);
	ck_assert_uint_eq(u->n_done, 3);
	for (unsigned int i = 0; i < 3; i++)
		chan0_expect_done(i, LINK_UL, i, -ECANCELED, 0);
	/* Taken already, shown when it runs. */
	chan0_submit(LINK_UL, 5);
	fake_settle(&f);
	fake_forget(&f);
	assert_command(TRE_CMD_START_CHAN, FAKE_UL, EV_CODE_SUCCESS);
	ck_assert_uint_eq(fake_rung(&f, ul_bell), 1);
	fake_complete(&f, FAKE_UL, 0, EV_CODE_EOT, 100);
	chan0_expect_done(3, LINK_UL, 5, 0, 100);
	/* The other direction never noticed. */
	fake_complete(&f, FAKE_DL, 0, EV_CODE_EOT, 4);
	chan0_expect_done(4, LINK_DL, 0, 0, 4);
	ck_assert_uint_eq(u->n_closed, 0);
}
END_TEST

START_TEST(test_cancel_of_nothing_does_nothing)
{
	uint64_t before = engine_counts(f.engine)->commands;

	ck_assert_int_eq(cancel(LINK_UL), 0);
	ck_assert_uint_eq(engine_counts(f.engine)->commands, before);
	chan0_submit(LINK_UL, 0);
}
END_TEST

START_TEST(test_what_completes_before_the_stop_still_counts)
{
	struct tre_copy command;
	iova_t at;

	chan0_submit_n(LINK_UL, 3);
	cancel(LINK_UL);
	/* The completion lies unseen in its ring when STOP is answered. */
	fake_post(&f, 1, tre_event(TRE_EV_TRANSFER, FAKE_UL, EV_CODE_EOT,
				   le64_get(&fake_chan_ctx(&f, FAKE_UL)->rbase), 100));
	ck_assert(fake_command(&f, &command, &at));
	fake_event(&f, 0, tre_event(TRE_EV_CMD, 0, EV_CODE_SUCCESS, at, 0));
	chan0_expect_done(0, LINK_UL, 0, 0, 100);
	fake_answer(&f, EV_CODE_SUCCESS);
	chan0_expect_done(1, LINK_UL, 1, -ECANCELED, 0);
	chan0_expect_done(2, LINK_UL, 2, -ECANCELED, 0);
}
END_TEST

START_TEST(test_what_completes_after_the_reset_was_sent_is_late)
{
	struct tre_copy command;
	uint64_t base;
	iova_t at;

	chan0_submit_n(LINK_UL, 2);
	base = le64_get(&fake_chan_ctx(&f, FAKE_UL)->rbase);
	cancel(LINK_UL);
	assert_command(TRE_CMD_STOP_CHAN, FAKE_UL, EV_CODE_SUCCESS);
	fake_post(&f, 1, tre_event(TRE_EV_TRANSFER, FAKE_UL, EV_CODE_EOT, base, 100));
	ck_assert(fake_command(&f, &command, &at));
	fake_event(&f, 0, tre_event(TRE_EV_CMD, 0, EV_CODE_SUCCESS, at, 0));
	ck_assert_uint_eq(u->n_done, 2);
	chan0_expect_done(0, LINK_UL, 0, -ECANCELED, 0);
	fake_answer(&f, EV_CODE_SUCCESS);
	fake_irq(&f, 2);
	ck_assert_uint_eq(engine_counts(f.engine)->bad_events, 0);
	ck_assert_int_eq(engine_state(f.engine), ENGINE_READY);
}
END_TEST

static void submit_canceled(struct fake *fake, unsigned int chan, struct fake_done done)
{
	if (done.status == -ECANCELED)
		ck_assert_int_eq(fake_submit(fake, chan, done.dir, done.slot, 9), LINK_OK);
}

START_TEST(test_a_canceled_slot_can_be_submitted_from_its_done)
{
	for (unsigned int start = 0; start < 8; start++) {
		u->n_done = 0;
		f.on_done = submit_canceled;
		chan0_submit_n(LINK_UL, 7);
		cancel(LINK_UL);
		fake_answer(&f, EV_CODE_SUCCESS);
		ck_assert_uint_eq(u->n_done, 7);
		for (unsigned int i = 0; i < 7; i++)
			chan0_expect_done(i, LINK_UL, i, -ECANCELED, 0);
		f.on_done = NULL;
		for (unsigned int i = 0; i < 7; i++) {
			fake_complete(&f, FAKE_UL, i, EV_CODE_EOT, 9);
			chan0_expect_done(7 + i, LINK_UL, i, 0, 9);
		}
		/* The next cancel begins at another place of the ring. */
		for (unsigned int i = 0; i < start; i++) {
			chan0_submit(LINK_UL, i);
			fake_settle(&f);
			fake_complete(&f, FAKE_UL, (7 + i) % 8, EV_CODE_EOT, 9);
		}
	}
}
END_TEST

static void cancel_again(struct fake *fake, unsigned int chan, struct fake_done done)
{
	if (done.status == -ECANCELED && done.slot == 0)
		fake->link->ops->cancel(fake->link, chan, done.dir);
	else if (done.status == -ECANCELED)
		fake_submit(fake, chan, done.dir, done.slot, 9);
}

START_TEST(test_cancel_can_be_asked_for_again_and_from_inside)
{
	f.on_done = cancel_again;
	chan0_submit_n(LINK_UL, 3);
	cancel(LINK_UL);
	ck_assert_int_eq(cancel(LINK_UL), 0);
	fake_answer(&f, EV_CODE_SUCCESS);
	ck_assert_uint_eq(u->n_done, 3);
	ck_assert_uint_eq(u->out, 2);
	cancel(LINK_UL);
	f.on_done = NULL;
	fake_answer(&f, EV_CODE_SUCCESS);
	ck_assert_uint_eq(u->out, 0);
}
END_TEST

START_TEST(test_a_cancel_while_starting_again_is_done_afterwards)
{
	chan0_submit_n(LINK_UL, 2);
	cancel(LINK_UL);
	assert_command(TRE_CMD_STOP_CHAN, FAKE_UL, EV_CODE_SUCCESS);
	assert_command(TRE_CMD_RESET_CHAN, FAKE_UL, EV_CODE_SUCCESS);
	chan0_submit(LINK_UL, 4);
	ck_assert_int_eq(cancel(LINK_UL), 0);
	ck_assert_int_eq(fake_submit(&f, 0, LINK_UL, 5, 1), LINK_FULL);
	ck_assert_uint_eq(fake_answer(&f, EV_CODE_SUCCESS), 4);
	chan0_expect_done(2, LINK_UL, 4, -ECANCELED, 0);
	chan0_submit(LINK_UL, 4);
}
END_TEST

START_TEST(test_close_during_a_cancel)
{
	chan0_submit_n(LINK_UL, 2);
	chan0_submit_n(LINK_DL, 1);
	cancel(LINK_UL);
	for (int i = 0; i < _i; i++)
		assert_command(i == 0 ? TRE_CMD_STOP_CHAN : TRE_CMD_RESET_CHAN, FAKE_UL,
			       EV_CODE_SUCCESS);
	chan0_close();
	ck_assert_int_eq(fake_submit(&f, 0, LINK_UL, 5, 1), -ENOTCONN);
	fake_answer(&f, EV_CODE_SUCCESS);
	ck_assert_uint_eq(u->n_closed, 1);
	ck_assert_int_eq(u->closed, 0);
	ck_assert_uint_eq(u->n_done, 3);
	fake_open(&f, 0);
}
END_TEST

START_TEST(test_a_cancel_that_is_not_answered_ends_the_channel)
{
	chan0_submit_n(LINK_UL, 2);
	cancel(LINK_UL);
	/* STOP, RESET of the uplink, then RESET of the downlink. */
	fake_advance(&f, 3000000);
	ck_assert_uint_eq(u->n_closed, 1);
	ck_assert_int_eq(u->closed, -ECONNRESET);
	ck_assert_uint_eq(u->n_done, 2);
	ck_assert_int_eq(fake_try_open(&f, 0), -EIO);
}
END_TEST

START_TEST(test_a_restart_that_is_refused_ends_the_channel)
{
	chan0_submit_n(LINK_UL, 2);
	cancel(LINK_UL);
	assert_command(TRE_CMD_STOP_CHAN, FAKE_UL, EV_CODE_SUCCESS);
	assert_command(TRE_CMD_RESET_CHAN, FAKE_UL, EV_CODE_SUCCESS);
	chan0_submit(LINK_UL, 0);
	assert_command(TRE_CMD_START_CHAN, FAKE_UL, EV_CODE_UNDEFINED_ERR);
	assert_command(TRE_CMD_RESET_CHAN, FAKE_DL, EV_CODE_SUCCESS);
	ck_assert_uint_eq(u->n_closed, 1);
	ck_assert_int_eq(u->closed, -ECONNRESET);
	ck_assert_uint_eq(u->out, 0);
	fake_open(&f, 0);
}
END_TEST

/* --- close --- */

START_TEST(test_close_resets_downlink_then_uplink_and_returns_in_order)
{
	chan0_submit_n(LINK_UL, 2);
	chan0_submit_n(LINK_DL, 3);
	chan0_close();
	ck_assert_uint_eq(u->n_done, 0);
	ck_assert_int_eq(fake_submit(&f, 0, LINK_UL, 5, 1), -ENOTCONN);
	assert_command(TRE_CMD_RESET_CHAN, FAKE_DL, EV_CODE_SUCCESS);
	ck_assert_uint_eq(u->n_done, 3);
	ck_assert_uint_eq(u->n_closed, 0);
	assert_command(TRE_CMD_RESET_CHAN, FAKE_UL, EV_CODE_SUCCESS);
	ck_assert_uint_eq(u->n_done, 5);
	for (unsigned int i = 0; i < 3; i++)
		chan0_expect_done(i, LINK_DL, i, -ECANCELED, 0);
	chan0_expect_done(3, LINK_UL, 0, -ECANCELED, 0);
	ck_assert_uint_eq(u->n_closed, 1);
	ck_assert_int_eq(u->closed, 0);
	ck_assert_uint_eq(le64_get(&fake_chan_ctx(&f, FAKE_DL)->rbase), 0);
	ck_assert_uint_eq(le32_get(&fake_chan_ctx(&f, FAKE_DL)->chcfg) & 0xff, CHSTATE_DISABLED);
}
END_TEST

START_TEST(test_late_events_of_a_closed_channel_are_ignored)
{
	uint64_t base = le64_get(&fake_chan_ctx(&f, FAKE_DL)->rbase);

	chan0_submit_n(LINK_DL, 2);
	chan0_close();
	fake_event(&f, 1, tre_event(TRE_EV_TRANSFER, FAKE_DL, EV_CODE_EOT, base, 1));
	fake_answer(&f, EV_CODE_SUCCESS);
	fake_event(&f, 1, tre_event(TRE_EV_TRANSFER, FAKE_DL, EV_CODE_EOT, base + 16, 1));
	ck_assert_uint_eq(u->n_done, 2);
	ck_assert_int_eq(u->done[0].status, -ECANCELED);
	ck_assert_uint_eq(engine_counts(f.engine)->bad_events, 0);
	ck_assert_int_eq(engine_state(f.engine), ENGINE_READY);
}
END_TEST

START_TEST(test_stale_events_do_not_reach_the_next_instance)
{
	uint64_t base = le64_get(&fake_chan_ctx(&f, FAKE_DL)->rbase);
	struct tre_copy command;
	iova_t at;

	chan0_submit_n(LINK_DL, 2);
	chan0_close();
	/* Published before the answers to RESET, and not taken yet. */
	fake_post(&f, 1, tre_event(TRE_EV_TRANSFER, FAKE_DL, EV_CODE_EOT, base, 1));
	while (fake_command(&f, &command, &at))
		fake_event(&f, 0, tre_event(TRE_EV_CMD, 0, EV_CODE_SUCCESS, at, 0));
	u->n_done = u->n_opened = 0;
	fake_open(&f, 0);
	chan0_submit_n(LINK_DL, 2);
	fake_irq(&f, 2);
	ck_assert_uint_eq(u->n_done, 0);
	ck_assert_int_eq(engine_state(f.engine), ENGINE_READY);
}
END_TEST

START_TEST(test_close_twice_closes_once)
{
	chan0_close();
	chan0_close();
	fake_answer(&f, EV_CODE_SUCCESS);
	chan0_close();
	ck_assert_uint_eq(u->n_closed, 1);
}
END_TEST

/* --- the device goes away under it --- */

START_TEST(test_leaving_the_environment_ends_the_channel)
{
	uint64_t before;

	chan0_submit_n(LINK_DL, 2);
	ck_assert(f.is_offered[0] && !f.is_offered[2]);
	before = engine_counts(f.engine)->commands;
	f.regs[(FAKE_BHI + BHI_EXECENV) / 4] = MHI_EE_SBL;
	fake_event(&f, 0, tre_event(TRE_EV_EE, 0, MHI_EE_SBL, 0, 0));
	ck_assert_uint_eq(u->n_closed, 1);
	ck_assert_int_eq(u->closed, -ECONNRESET);
	ck_assert_uint_eq(u->n_done, 2);
	ck_assert_uint_eq(engine_counts(f.engine)->commands, before);
	ck_assert(!f.is_offered[0] && f.is_offered[2]);
	ck_assert_int_eq(fake_try_open(&f, 0), -ENOTCONN);
	f.regs[(FAKE_BHI + BHI_EXECENV) / 4] = MHI_EE_AMSS;
	fake_event(&f, 0, tre_event(TRE_EV_EE, 0, MHI_EE_AMSS, 0, 0));
	ck_assert(f.is_offered[0] && !f.is_offered[2]);
	fake_open(&f, 0);
}
END_TEST

START_TEST(test_the_end_comes_once_in_every_state)
{
	struct tre_copy command;
	iova_t at;
	int why = _i % 2 ? -ENODEV : -ECONNRESET;

	if (_i / 2 == 0)	/* opening */
		ck_assert_int_eq(fake_try_open(&f, 1), 0);
	if (_i / 2 == 1) {	/* open, full */
		chan0_submit_n(LINK_UL, 7);
		chan0_submit_n(LINK_DL, 7);
	}
	if (_i / 2 >= 2) {	/* in the middle of a cancel */
		chan0_submit_n(LINK_UL, 3);
		cancel(LINK_UL);
		for (int i = 2; i < _i / 2; i++) {
			ck_assert(fake_command(&f, &command, &at));
			fake_event(&f, 0, tre_event(TRE_EV_CMD, 0, EV_CODE_SUCCESS, at, 0));
		}
	}
	if (_i % 2)
		engine_gone(f.engine);
	else
		fake_post(&f, 0, tre_event(TRE_EV_STATE, 0, MHI_STATE_SYS_ERR, 0, 0));
	fake_irq(&f, 1);
	fake_settle(&f);
	ck_assert_uint_eq(u->n_closed, 1);
	ck_assert_int_eq(u->closed, why);
	ck_assert_uint_eq(u->out, 0);
	if (_i / 2 == 0) {
		ck_assert_uint_eq(f.users[1].n_opened, 1);
		ck_assert_int_eq(f.users[1].opened, why);
		ck_assert_uint_eq(f.users[1].n_closed, 0);
	}
	ck_assert_uint_eq(engine_counts(f.engine)->wakes, 0);
}
END_TEST

START_TEST(test_death_while_closing_is_still_a_close)
{
	chan0_submit_n(LINK_DL, 2);
	chan0_close();
	fake_state(&f, MHI_STATE_SYS_ERR);
	ck_assert_uint_eq(u->n_closed, 1);
	ck_assert_int_eq(u->closed, 0);
	ck_assert_uint_eq(u->n_done, 2);
}
END_TEST

START_TEST(test_power_off_resets_channels_before_the_device)
{
	chan0_submit_n(LINK_UL, 2);
	f.n_ctrl = 0;
	ck_assert_int_eq(engine_power(f.engine, POWER_OFF), POWER_STARTED);
	fake_settle(&f);
	ck_assert_uint_eq(f.n_ctrl, 0);
	ck_assert_uint_eq(fake_answer(&f, EV_CODE_SUCCESS), 2);
	ck_assert_uint_eq(f.n_ctrl, 1);
	ck_assert_uint_eq(u->n_closed, 1);
	ck_assert_int_eq(u->closed, -ENODEV);
	ck_assert_int_eq(u->done[0].status, -ENODEV);
	ck_assert_int_eq(engine_state(f.engine), ENGINE_OFF);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("channel");
	TCase *c = tcase_create("closed");

	tcase_add_checked_fixture(c, chan0_setup_closed, chan0_teardown);
	tcase_add_test(c, test_one_direction_alone_can_be_opened);
	tcase_add_test(c, test_nothing_is_taken_before_opened);
	suite_add_tcase(s, c);

	c = tcase_create("open");
	tcase_add_checked_fixture(c, chan0_setup, chan0_teardown);
	tcase_add_test(c, test_open_writes_the_context);
	tcase_add_test(c, test_open_refuses_in_error);
	tcase_add_test(c, test_open_refuses);
	suite_add_tcase(s, c);

	c = tcase_create("cancel");
	tcase_add_checked_fixture(c, chan0_setup, chan0_teardown);
	tcase_add_test(c, test_cancel_is_stop_reset_start);
	tcase_add_test(c, test_cancel_of_nothing_does_nothing);
	tcase_add_test(c, test_what_completes_before_the_stop_still_counts);
	tcase_add_test(c, test_what_completes_after_the_reset_was_sent_is_late);
	tcase_add_test(c, test_a_canceled_slot_can_be_submitted_from_its_done);
	tcase_add_test(c, test_cancel_can_be_asked_for_again_and_from_inside);
	tcase_add_test(c, test_a_cancel_while_starting_again_is_done_afterwards);
	tcase_add_loop_test(c, test_close_during_a_cancel, 0, 3);
	tcase_add_test(c, test_a_cancel_that_is_not_answered_ends_the_channel);
	tcase_add_test(c, test_a_restart_that_is_refused_ends_the_channel);
	suite_add_tcase(s, c);

	c = tcase_create("end");
	tcase_add_checked_fixture(c, chan0_setup, chan0_teardown);
	tcase_add_test(c, test_close_resets_downlink_then_uplink_and_returns_in_order);
	tcase_add_test(c, test_late_events_of_a_closed_channel_are_ignored);
	tcase_add_test(c, test_stale_events_do_not_reach_the_next_instance);
	tcase_add_test(c, test_close_twice_closes_once);
	tcase_add_test(c, test_leaving_the_environment_ends_the_channel);
	tcase_add_loop_test(c, test_the_end_comes_once_in_every_state, 0, 10);
	tcase_add_test(c, test_death_while_closing_is_still_a_close);
	tcase_add_test(c, test_power_off_resets_channels_before_the_device);
	suite_add_tcase(s, c);
	return suite_run(s);
}
