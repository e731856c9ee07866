#include "core/event.h"
#include "tests/fake_chan.h"
#include "tests/suite.h"
#include <errno.h>

static const uint32_t ring0_bell = FAKE_ERDB, ring1_bell = FAKE_ERDB + 8;

static struct tre_copy noise(void)
{
	return tre_event(TRE_EV_TSYNC, 0, 0, 0, 0);
}

static void assert_broken(void)
{
	ck_assert_int_eq(engine_state(f.engine), ENGINE_ERROR);
	ck_assert_uint_gt(strlen(engine_why(f.engine)), 0);
	ck_assert_uint_eq(f.users[0].n_closed, 1);
	ck_assert_int_eq(f.users[0].closed, -ECONNRESET);
	ck_assert_uint_eq(f.users[0].out, 0);
	ck_assert(!f.is_offered[0]);
}

/* Offsets from the base of ring 1 (16 elements); the last two are absolute. */
static const uint64_t bad_rps[] = {
	0x100, 0x110, 0x1000, 0x10000000, 1, 4, 8, 15, 0x11, 0xff, -16ull, -1ull,
};

START_TEST(test_refuses_a_read_pointer_that_is_no_element)
{
	ck_assert_int_eq(fake_submit(&f, 0, LINK_DL, 0, 0), LINK_OK);
	fake_settle(&f);
	fake_set_rp(&f, 1, fake_ering_base(&f, 1) + bad_rps[_i]);
	fake_irq(&f, 2);
	assert_broken();
	ck_assert_uint_eq(f.users[0].n_done, 1);
	ck_assert_int_eq(f.users[0].done[0].status, -ECONNRESET);
}
END_TEST

START_TEST(test_refuses_a_read_pointer_of_zeros_or_ones)
{
	fake_set_rp(&f, _i, 0);
	fake_irq(&f, (unsigned int)_i + 1);
	assert_broken();
}
END_TEST

START_TEST(test_completed_before_a_bad_pointer_is_still_delivered)
{
	fake_submit(&f, 0, LINK_DL, 0, 0);
	fake_submit(&f, 0, LINK_DL, 1, 0);
	fake_settle(&f);
	fake_complete(&f, FAKE_DL, 0, EV_CODE_EOT, 7);
	fake_set_rp(&f, 1, 3);
	fake_irq(&f, 2);
	assert_broken();
	ck_assert_uint_eq(f.users[0].n_done, 2);
	ck_assert_int_eq(f.users[0].done[0].status, 0);
	ck_assert_int_eq(f.users[0].done[1].status, -ECONNRESET);
}
END_TEST

START_TEST(test_a_read_pointer_that_goes_back_completes_nothing_twice)
{
	fake_submit(&f, 0, LINK_DL, 0, 0);
	fake_submit(&f, 0, LINK_DL, 1, 0);
	fake_settle(&f);
	fake_complete(&f, FAKE_DL, 0, EV_CODE_EOT, 7);
	fake_complete(&f, FAKE_DL, 1, EV_CODE_EOT, 7);
	fake_set_rp(&f, 1, fake_ering_base(&f, 1));
	fake_irq(&f, 2);
	fake_advance(&f, 2 * EVENT_PATIENCE_US);
	ck_assert_uint_eq(f.users[0].n_done, 2);
	assert_broken();
}
END_TEST

START_TEST(test_waits_a_moment_for_an_element_behind_its_pointer)
{
	struct tre *ring = fake_memory(&f, fake_ering_base(&f, 1));

	fake_submit(&f, 0, LINK_DL, 0, 0);
	fake_settle(&f);
	fake_set_rp(&f, 1, fake_ering_base(&f, 1) + 16);
	fake_irq(&f, 2);
	ck_assert_uint_eq(f.users[0].n_done, 0);
	ck_assert_int_eq(engine_state(f.engine), ENGINE_READY);
	tre_store(&ring[0], tre_event(TRE_EV_TRANSFER, FAKE_DL, EV_CODE_EOT,
				      le64_get(&fake_chan_ctx(&f, FAKE_DL)->rbase), 9));
	fake_advance(&f, EVENT_PATIENCE_US);
	ck_assert_uint_eq(f.users[0].n_done, 1);
	ck_assert_uint_eq(f.users[0].done[0].len, 9);
	fake_advance(&f, 10 * EVENT_PATIENCE_US);
	ck_assert_int_eq(engine_state(f.engine), ENGINE_READY);
}
END_TEST

START_TEST(test_overwrites_what_it_took)
{
	struct tre *ring = fake_memory(&f, fake_ering_base(&f, 1));

	fake_post(&f, 1, noise());
	ck_assert_int_ne(tre_type(tre_load(&ring[0])), TRE_INVALID);
	fake_irq(&f, 2);
	ck_assert_int_eq(tre_type(tre_load(&ring[0])), TRE_INVALID);
}
END_TEST

START_TEST(test_rings_once_for_many_events)
{
	for (int i = 0; i < 10; i++)
		fake_post(&f, 0, noise());
	fake_irq(&f, 1);
	ck_assert_uint_eq(fake_rung(&f, ring0_bell), 1);
	ck_assert_uint_eq(fake_rung(&f, ring1_bell), 0);
	ck_assert_uint_eq(engine_counts(f.engine)->bad_events, 0);
}
END_TEST

START_TEST(test_hands_back_each_element_and_wraps)
{
	for (int i = 0; i < 100; i++) {
		uint64_t base = fake_ering_base(&f, 1), wp;

		fake_event(&f, 1, noise());
		wp = f.writes[f.n_writes - 1].value;
		ck_assert_uint_eq(f.writes[f.n_writes - 1].offset, ring1_bell);
		ck_assert_uint_eq(wp, base + (uint64_t)i % 16 * 16);
	}
	ck_assert_uint_eq(engine_counts(f.engine)->bad_events, 0);
}
END_TEST

START_TEST(test_a_full_ring_is_taken_whole)
{
	uint64_t before = engine_counts(f.engine)->events;

	for (int i = 0; i < 15; i++)
		fake_post(&f, 1, noise());
	fake_irq(&f, 2);
	ck_assert_uint_eq(engine_counts(f.engine)->events, before + 15);
}
END_TEST

START_TEST(test_a_turn_ends_after_its_budget)
{
	uint64_t before;

	fake_fini(&f);
	fake_init(&f);
	f.erings[1].elements = 256;
	fake_start(&f);
	fake_boot(&f);
	before = engine_counts(f.engine)->events;
	for (int i = 0; i < 200; i++)
		fake_post(&f, 1, noise());
	engine_irq(f.engine, 2);
	ck_assert_uint_eq(engine_counts(f.engine)->events, before + EVENT_BUDGET);
	ck_assert(f.wants_turn);
	f.wants_turn = false;
	engine_turn(f.engine);
	ck_assert_uint_eq(engine_counts(f.engine)->events, before + 2 * EVENT_BUDGET);
	fake_settle(&f);
	ck_assert_uint_eq(engine_counts(f.engine)->events, before + 200);
}
END_TEST

/* Time decides there, not one turn after the other. */
START_TEST(test_no_turn_is_asked_for_while_an_element_is_waited_for)
{
	fake_fini(&f);
	fake_init(&f);
	f.erings[1].elements = 256;
	fake_start(&f);
	fake_boot(&f);
	fake_set_rp(&f, 1, fake_ering_base(&f, 1) + 2 * EVENT_BUDGET * sizeof(struct tre));
	engine_irq(f.engine, 2);
	for (int i = 0; i < 3 && f.wants_turn; i++) {
		f.wants_turn = false;
		engine_turn(f.engine);
	}
	ck_assert(!f.wants_turn);
	fake_advance(&f, 2 * EVENT_PATIENCE_US);
	ck_assert_int_eq(engine_state(f.engine), ENGINE_ERROR);
}
END_TEST

/* Every type with every code, one a while: known ones are handled, the others
 * skipped, and none ends the world or completes anything. */
START_TEST(test_survives_every_type)
{
	for (unsigned int ering = 0; ering < 2; ering++) {
		struct tre_copy event = { 0, { 0, (uint32_t)_i << 16 } };

		if (_i == TRE_INVALID)
			continue;
		fake_event(&f, ering, event);
		fake_advance(&f, 1100000);
	}
	if (_i != TRE_EV_CMD && _i != TRE_INVALID)
		ck_assert_msg(engine_state(f.engine) == ENGINE_READY, "%s", engine_why(f.engine));
	ck_assert_uint_eq(f.users[0].n_done, 0);
}
END_TEST

START_TEST(test_survives_every_completion_code)
{
	unsigned int code = (unsigned int)_i;

	fake_submit(&f, 0, LINK_DL, 0, 0);
	fake_settle(&f);
	fake_complete(&f, FAKE_DL, 0, (enum ev_code)code, 5);
	ck_assert_int_eq(engine_state(f.engine), ENGINE_READY);
	if (code == EV_CODE_EOT || code == EV_CODE_EOB || code == EV_CODE_OVERFLOW)
		ck_assert_uint_eq(f.users[0].n_done, 1);
	else
		ck_assert_uint_eq(f.users[0].n_done, 0);
	ck_assert_uint_eq(engine_counts(f.engine)->bad_events,
			  code < EV_CODE_EOT || code > EV_CODE_DB_MODE);
}
END_TEST

START_TEST(test_ignores_reserved_bits)
{
	struct tre_copy event = tre_event(TRE_EV_TRANSFER, FAKE_DL, EV_CODE_EOT,
					  le64_get(&fake_chan_ctx(&f, FAKE_DL)->rbase), 5);

	fake_submit(&f, 0, LINK_DL, 0, 0);
	fake_settle(&f);
	event.dword[0] |= 0x00ff0000;
	event.dword[1] |= 0x0000ffff;
	fake_event(&f, 1, event);
	ck_assert_uint_eq(f.users[0].n_done, 1);
	ck_assert_uint_eq(f.users[0].done[0].len, 5);
}
END_TEST

START_TEST(test_drops_completions_for_unknown_channels)
{
	unsigned int chid = (unsigned int)_i;

	if (chid == FAKE_UL || chid == FAKE_DL)
		return;
	fake_event(&f, 1, tre_event(TRE_EV_TRANSFER, chid, EV_CODE_EOT, 0, 1));
	ck_assert_int_eq(engine_state(f.engine), ENGINE_READY);
	ck_assert_uint_eq(f.users[0].n_done, 0);
}
END_TEST

START_TEST(test_a_flood_of_nonsense_ends_it)
{
	for (int i = 0; i < EVENT_STRIKES; i++)
		fake_event(&f, 0, tre_event(0x77, 0, 0, 0, 0));
	ck_assert_int_eq(engine_state(f.engine), ENGINE_READY);
	ck_assert_uint_lt(f.n_noted, 20);
	fake_event(&f, 0, tre_event(0x77, 0, 0, 0, 0));
	assert_broken();
}
END_TEST

START_TEST(test_a_trickle_of_nonsense_does_not_end_it)
{
	for (int i = 0; i < 4 * EVENT_STRIKES; i++) {
		fake_event(&f, 0, tre_event(0x77, 0, 0, 0, 0));
		fake_advance(&f, 10000);
	}
	ck_assert_int_eq(engine_state(f.engine), ENGINE_READY);
	ck_assert_uint_eq(engine_counts(f.engine)->bad_events, 4 * EVENT_STRIKES);
}
END_TEST

START_TEST(test_the_third_event_on_a_wrong_ring_ends_it)
{
	for (int i = 0; i < EVENT_MISROUTED; i++) {
		ck_assert_int_eq(engine_state(f.engine), ENGINE_READY);
		if (_i)
			fake_event(&f, 1, tre_event(TRE_EV_STATE, 0, MHI_STATE_M1, 0, 0));
		else
			fake_event(&f, 0, tre_event(TRE_EV_TRANSFER, FAKE_DL, EV_CODE_EOT, 0, 0));
	}
	assert_broken();
}
END_TEST

START_TEST(test_one_vector_serves_all_rings)
{
	fake_fini(&f);
	fake_init(&f);
	f.hw.n_vectors = 1;
	fake_start(&f);
	ck_assert_int_eq(engine_power(f.engine, POWER_ON), POWER_STARTED);
	fake_settle(&f);
	fake_irq(&f, 0);
	ck_assert_int_eq(engine_state(f.engine), ENGINE_READY);
	fake_open(&f, 0);
	fake_submit(&f, 0, LINK_UL, 0, 5);
	fake_settle(&f);
	fake_complete(&f, FAKE_UL, 0, EV_CODE_EOT, 5);
	ck_assert_uint_eq(f.users[0].n_done, 1);
}
END_TEST

START_TEST(test_an_empty_interrupt_looks_at_the_state_now_and_then)
{
	for (int i = 0; i < 1000; i++) {
		fake_irq(&f, 1);
		fake_advance(&f, 10);
	}
	ck_assert_uint_ge(f.n_reads, 1);
	ck_assert_uint_le(f.n_reads, 12);
	ck_assert_int_eq(engine_state(f.engine), ENGINE_READY);
}
END_TEST

START_TEST(test_an_empty_interrupt_of_a_data_ring_costs_nothing)
{
	for (int i = 0; i < 1000; i++)
		fake_irq(&f, 2);
	ck_assert_uint_eq(f.n_reads + f.n_writes, 0);
}
END_TEST

START_TEST(test_finds_what_a_lost_interrupt_announced)
{
	fake_submit(&f, 0, LINK_UL, 0, 5);
	fake_settle(&f);
	fake_post(&f, 1, tre_event(TRE_EV_TRANSFER, FAKE_UL, EV_CODE_EOT,
				   le64_get(&fake_chan_ctx(&f, FAKE_UL)->rbase), 5));
	ck_assert_uint_eq(f.users[0].n_done, 0);
	fake_advance(&f, 1000000);
	ck_assert_uint_eq(f.users[0].n_done, 1);
}
END_TEST

START_TEST(test_finds_out_that_nobody_takes_what_was_sent)
{
	fake_submit(&f, 0, LINK_UL, 0, 5);
	fake_settle(&f);
	f.is_gone = true;
	fake_advance(&f, 1000000);
	ck_assert_int_eq(engine_state(f.engine), ENGINE_GONE);
	ck_assert_uint_eq(f.users[0].n_done, 1);
	ck_assert_int_eq(f.users[0].done[0].status, -ENODEV);
	ck_assert_uint_eq(f.accesses_after, 0);
}
END_TEST

START_TEST(test_ignores_interrupts_before_and_after)
{
	fake_fini(&f);
	fake_init(&f);
	fake_start(&f);
	for (unsigned int v = 0; v < 64; v++)
		fake_irq(&f, v);
	ck_assert_uint_eq(f.n_reads + f.n_writes, 0);
	fake_boot(&f);
	ck_assert_int_eq(engine_power(f.engine, POWER_OFF), POWER_STARTED);
	fake_settle(&f);
	ck_assert_int_eq(engine_state(f.engine), ENGINE_OFF);
	fake_forget(&f);
	for (unsigned int v = 0; v < 64; v++)
		fake_irq(&f, v);
	ck_assert_uint_eq(f.n_reads + f.n_writes, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("event");
	TCase *c = tcase_create("event");

	tcase_add_checked_fixture(c, chan0_setup, chan0_teardown);
	tcase_add_loop_test(c, test_refuses_a_read_pointer_that_is_no_element, 0,
			    (int)ARRAY_SIZE(bad_rps));
	tcase_add_loop_test(c, test_refuses_a_read_pointer_of_zeros_or_ones, 0, 2);
	tcase_add_test(c, test_completed_before_a_bad_pointer_is_still_delivered);
	tcase_add_test(c, test_a_read_pointer_that_goes_back_completes_nothing_twice);
	tcase_add_test(c, test_waits_a_moment_for_an_element_behind_its_pointer);
	tcase_add_test(c, test_overwrites_what_it_took);
	tcase_add_test(c, test_rings_once_for_many_events);
	tcase_add_test(c, test_hands_back_each_element_and_wraps);
	tcase_add_test(c, test_a_full_ring_is_taken_whole);
	tcase_add_test(c, test_a_turn_ends_after_its_budget);
	tcase_add_test(c, test_no_turn_is_asked_for_while_an_element_is_waited_for);
	tcase_add_loop_test(c, test_survives_every_type, 0, 256);
	tcase_add_loop_test(c, test_survives_every_completion_code, 0, 256);
	tcase_add_test(c, test_ignores_reserved_bits);
	tcase_add_loop_test(c, test_drops_completions_for_unknown_channels, 0, 256);
	tcase_add_test(c, test_a_flood_of_nonsense_ends_it);
	tcase_add_test(c, test_a_trickle_of_nonsense_does_not_end_it);
	tcase_add_loop_test(c, test_the_third_event_on_a_wrong_ring_ends_it, 0, 2);
	tcase_add_test(c, test_one_vector_serves_all_rings);
	tcase_add_test(c, test_an_empty_interrupt_looks_at_the_state_now_and_then);
	tcase_add_test(c, test_an_empty_interrupt_of_a_data_ring_costs_nothing);
	tcase_add_test(c, test_finds_what_a_lost_interrupt_announced);
	tcase_add_test(c, test_finds_out_that_nobody_takes_what_was_sent);
	tcase_add_test(c, test_ignores_interrupts_before_and_after);
	suite_add_tcase(s, c);
	return suite_run(s);
}
