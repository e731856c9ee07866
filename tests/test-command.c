#include "core/command.h"
#include "tests/fake_chan.h"
#include "tests/suite.h"
#include <errno.h>

static void answer(iova_t at, enum ev_code code)
{
	fake_event(&f, 0, tre_event(TRE_EV_CMD, 0, code, at, 0));
}

static void assert_command(enum tre_type type, unsigned int chid, iova_t *ret_at)
{
	struct tre_copy command;

	ck_assert(fake_command(&f, &command, ret_at));
	ck_assert_int_eq(tre_type(command), type);
	ck_assert_uint_eq(tre_chid(command), chid);
	ck_assert_uint_eq(command.ptr, 0);
	ck_assert_uint_eq(command.dword[0], 0);
}

static void assert_no_command(void)
{
	struct tre_copy command;
	iova_t at;

	ck_assert(!fake_command(&f, &command, &at));
}

START_TEST(test_open_starts_uplink_then_downlink_with_one_doorbell)
{
	iova_t ul, dl;

	fake_forget(&f);
	ck_assert_int_eq(fake_try_open(&f, 0), 0);
	ck_assert_uint_eq(fake_rung(&f, CRDB_LOWER), 1);
	assert_command(TRE_CMD_START_CHAN, FAKE_UL, &ul);
	assert_command(TRE_CMD_START_CHAN, FAKE_DL, &dl);
	assert_no_command();
	ck_assert_uint_eq(engine_counts(f.engine)->wakes, 1);
	answer(ul, EV_CODE_SUCCESS);
	ck_assert_uint_eq(f.users[0].n_opened, 0);
	answer(dl, EV_CODE_SUCCESS);
	ck_assert_uint_eq(f.users[0].n_opened, 1);
	ck_assert_uint_eq(engine_counts(f.engine)->wakes, 0);
}
END_TEST

START_TEST(test_answers_never_reach_another_channel)
{
	iova_t a_ul, a_dl, b;

	fake_try_open(&f, 0);
	fake_try_open(&f, 1);
	assert_command(TRE_CMD_START_CHAN, FAKE_UL, &a_ul);
	assert_command(TRE_CMD_START_CHAN, FAKE_DL, &a_dl);
	assert_command(TRE_CMD_START_CHAN, 20, &b);
	answer(a_ul, EV_CODE_SUCCESS);
	answer(a_dl, EV_CODE_UNDEFINED_ERR);
	answer(b, EV_CODE_SUCCESS);
	ck_assert_uint_eq(f.users[1].n_opened, 1);
	ck_assert_int_eq(f.users[1].opened, 0);
	ck_assert_uint_eq(f.users[0].n_opened, 0);
	/* The uplink that runs is reset before the open fails. */
	assert_command(TRE_CMD_RESET_CHAN, FAKE_UL, &a_ul);
	answer(a_ul, EV_CODE_SUCCESS);
	ck_assert_uint_eq(f.users[0].n_opened, 1);
	ck_assert_int_eq(f.users[0].opened, -EIO);
	ck_assert_int_eq(engine_state(f.engine), ENGINE_READY);
}
END_TEST

START_TEST(test_an_answer_out_of_order_is_refused_and_times_out)
{
	iova_t ul, dl;

	fake_try_open(&f, 0);
	assert_command(TRE_CMD_START_CHAN, FAKE_UL, &ul);
	assert_command(TRE_CMD_START_CHAN, FAKE_DL, &dl);
	answer(dl, EV_CODE_SUCCESS);
	ck_assert_uint_eq(engine_counts(f.engine)->bad_events, 1);
	ck_assert_uint_eq(f.users[0].n_opened, 0);
	fake_advance(&f, 1000000);
	assert_command(TRE_CMD_RESET_CHAN, FAKE_DL, &dl);
	assert_command(TRE_CMD_RESET_CHAN, FAKE_UL, &ul);
	answer(dl, EV_CODE_SUCCESS);
	answer(ul, EV_CODE_SUCCESS);
	ck_assert_uint_eq(f.users[0].n_opened, 1);
	ck_assert_int_eq(f.users[0].opened, -ETIMEDOUT);
	fake_open(&f, 0);
}
END_TEST

START_TEST(test_a_second_answer_is_ignored)
{
	iova_t at;

	fake_try_open(&f, 1);
	assert_command(TRE_CMD_START_CHAN, 20, &at);
	answer(at, EV_CODE_SUCCESS);
	answer(at, EV_CODE_SUCCESS);
	answer(at, EV_CODE_UNDEFINED_ERR);
	ck_assert_uint_eq(f.users[1].n_opened, 1);
	ck_assert_uint_eq(engine_counts(f.engine)->bad_events, 2);
	ck_assert_int_eq(engine_state(f.engine), ENGINE_READY);
}
END_TEST

/* From the base of the command ring. */
static const uint64_t strange[] = { 0x800, 0x1000, 1, 8, 15, -16ull };

START_TEST(test_an_answer_outside_the_ring_ends_it)
{
	iova_t at;

	fake_try_open(&f, 1);
	assert_command(TRE_CMD_START_CHAN, 20, &at);
	answer(at + strange[_i], EV_CODE_SUCCESS);
	ck_assert_int_eq(engine_state(f.engine), ENGINE_ERROR);
	ck_assert_uint_eq(f.users[1].n_opened, 1);
	ck_assert_int_eq(f.users[1].opened, -ECONNRESET);
}
END_TEST

START_TEST(test_a_late_start_only_leads_to_a_reset)
{
	iova_t start, reset;

	fake_try_open(&f, 1);
	assert_command(TRE_CMD_START_CHAN, 20, &start);
	fake_advance(&f, 1000000);
	assert_command(TRE_CMD_RESET_CHAN, 20, &reset);
	answer(start, EV_CODE_SUCCESS);
	ck_assert_uint_eq(f.users[1].n_opened, 0);
	answer(reset, EV_CODE_SUCCESS);
	ck_assert_uint_eq(f.users[1].n_opened, 1);
	ck_assert_int_eq(f.users[1].opened, -ETIMEDOUT);
	ck_assert_uint_eq(engine_counts(f.engine)->bad_events, 0);
	fake_open(&f, 1);
}
END_TEST

/* The endpoint stack of Linux never answers some commands. */
START_TEST(test_a_device_may_skip_what_nobody_waits_for)
{
	iova_t start, reset;

	fake_try_open(&f, 1);
	assert_command(TRE_CMD_START_CHAN, 20, &start);
	fake_advance(&f, 1000000);
	assert_command(TRE_CMD_RESET_CHAN, 20, &reset);
	answer(reset, EV_CODE_SUCCESS);
	ck_assert_uint_eq(f.users[1].n_opened, 1);
	ck_assert_uint_eq(engine_counts(f.engine)->bad_events, 0);
	fake_open(&f, 1);
}
END_TEST

START_TEST(test_each_command_has_its_own_deadline)
{
	fake_try_open(&f, 0);
	fake_advance(&f, 600000);
	fake_try_open(&f, 1);
	fake_advance(&f, 400000);
	ck_assert_uint_eq(engine_counts(f.engine)->commands, 5);	/* 0 is being reset */
	fake_advance(&f, 600000);
	ck_assert_uint_eq(engine_counts(f.engine)->commands, 6);
}
END_TEST

START_TEST(test_a_reset_without_answer_quarantines_the_channel)
{
	fake_open(&f, 0);
	ck_assert_int_eq(fake_submit(&f, 0, LINK_DL, 3, 0), LINK_OK);
	f.link->ops->close(f.link, 0);
	fake_advance(&f, 1000000);
	ck_assert_uint_eq(f.users[0].n_closed, 1);
	ck_assert_int_eq(f.users[0].closed, 0);
	ck_assert_uint_eq(f.users[0].n_done, 1);
	ck_assert_int_eq(fake_try_open(&f, 0), -EIO);
	ck_assert_uint_ge(f.n_noted, 1);
	/* A reset of the device heals it. */
	ck_assert_int_eq(engine_power(f.engine, POWER_RESET), POWER_STARTED);
	fake_advance(&f, 100000);
	fake_irq(&f, 1);
	ck_assert_int_eq(engine_state(f.engine), ENGINE_READY);
	fake_open(&f, 0);
}
END_TEST

START_TEST(test_a_lost_doorbell_is_rung_again)
{
	fake_try_open(&f, 1);
	fake_forget(&f);
	fake_advance(&f, 900000);
	ck_assert_uint_ge(fake_rung(&f, CRDB_LOWER), 1);
	ck_assert_uint_eq(fake_answer(&f, EV_CODE_SUCCESS), 1);
	ck_assert_int_eq(f.users[1].opened, 0);
}
END_TEST

START_TEST(test_the_ring_wraps_around)
{
	for (int i = 0; i < 300; i++) {
		f.users[1].n_opened = 0;
		fake_open(&f, 1);
		f.link->ops->close(f.link, 1);
		ck_assert_uint_eq(fake_answer(&f, EV_CODE_SUCCESS), 1);
		ck_assert_uint_eq(f.users[1].n_closed, (unsigned int)i + 1);
	}
	ck_assert_uint_eq(engine_counts(f.engine)->bad_events, 0);
}
END_TEST

START_TEST(test_close_while_opening_waits_for_the_start)
{
	iova_t at;

	fake_try_open(&f, 1);
	assert_command(TRE_CMD_START_CHAN, 20, &at);
	f.link->ops->close(f.link, 1);
	fake_settle(&f);
	assert_no_command();
	answer(at, EV_CODE_SUCCESS);
	assert_command(TRE_CMD_RESET_CHAN, 20, &at);
	ck_assert_int_eq(fake_try_open(&f, 1), -EBUSY);
	answer(at, EV_CODE_SUCCESS);
	ck_assert_uint_eq(f.users[1].n_opened, 0);
	ck_assert_uint_eq(f.users[1].n_closed, 1);
	ck_assert_int_eq(f.users[1].closed, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("command");
	TCase *c = tcase_create("command");

	tcase_add_checked_fixture(c, chan0_setup_closed, chan0_teardown);
	tcase_add_test(c, test_open_starts_uplink_then_downlink_with_one_doorbell);
	tcase_add_test(c, test_answers_never_reach_another_channel);
	tcase_add_test(c, test_an_answer_out_of_order_is_refused_and_times_out);
	tcase_add_test(c, test_a_second_answer_is_ignored);
	tcase_add_loop_test(c, test_an_answer_outside_the_ring_ends_it, 0,
			    (int)ARRAY_SIZE(strange));
	tcase_add_test(c, test_a_late_start_only_leads_to_a_reset);
	tcase_add_test(c, test_a_device_may_skip_what_nobody_waits_for);
	tcase_add_test(c, test_each_command_has_its_own_deadline);
	tcase_add_test(c, test_a_reset_without_answer_quarantines_the_channel);
	tcase_add_test(c, test_a_lost_doorbell_is_rung_again);
	tcase_add_test(c, test_the_ring_wraps_around);
	tcase_add_test(c, test_close_while_opening_waits_for_the_start);
	suite_add_tcase(s, c);
	return suite_run(s);
}
