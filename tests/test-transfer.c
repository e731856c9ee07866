#include "core/event.h"
#include "tests/fake_chan.h"
#include "tests/suite.h"
#include <errno.h>

static const uint32_t ul_bell = FAKE_CHDB + 8 * FAKE_UL, dl_bell = FAKE_CHDB + 8 * FAKE_DL;

/* Another kind of channel 0, opened. */
static void setup_again(void (*change)(void))
{
	fake_fini(&f);
	fake_init(&f);
	change();
	fake_start(&f);
	fake_boot(&f);
	fake_open(&f, 0);
	fake_forget(&f);
}

START_TEST(test_submit_writes_an_element_and_the_turn_rings_once)
{
	struct tre *ring = fake_memory(&f, le64_get(&fake_chan_ctx(&f, FAKE_UL)->rbase));
	struct tre_copy el;

	chan0_submit(LINK_UL, 2);
	chan0_submit(LINK_UL, 0);
	ck_assert_uint_eq(f.n_writes, 0);
	fake_settle(&f);
	ck_assert_uint_eq(f.n_writes, 1);
	ck_assert_uint_eq(f.writes[0].offset, ul_bell);
	ck_assert_uint_eq(f.writes[0].value, le64_get(&fake_chan_ctx(&f, FAKE_UL)->rbase) + 32);
	ck_assert_uint_eq(le64_get(&fake_chan_ctx(&f, FAKE_UL)->wp), f.writes[0].value);
	el = tre_load(&ring[0]);
	ck_assert_ptr_eq(fake_memory(&f, el.ptr), link_slot(f.link, 0, LINK_UL, 2));
	ck_assert_uint_eq(el.dword[0], 100);
	ck_assert_uint_eq(el.dword[1], 0x00020200);
	ck_assert_uint_lt(el.ptr, FAKE_IOVA_WRITES);
	ck_assert_uint_eq(f.n_reads, 0);
}
END_TEST

START_TEST(test_a_downlink_slot_is_offered_whole_and_writable)
{
	struct tre *ring = fake_memory(&f, le64_get(&fake_chan_ctx(&f, FAKE_DL)->rbase));

	chan0_submit(LINK_DL, 1);
	ck_assert_uint_eq(tre_load(&ring[0]).dword[0], 4096);
	ck_assert_uint_ge(tre_load(&ring[0]).ptr, FAKE_IOVA_WRITES);
}
END_TEST

START_TEST(test_submit_refuses_nonsense)
{
	ck_assert_int_eq(fake_submit(&f, 0, LINK_UL, 0, 0), -EINVAL);
	ck_assert_int_eq(fake_submit(&f, 0, LINK_UL, 0, 4097), -EINVAL);
	ck_assert_int_eq(fake_submit(&f, 0, LINK_UL, 7, 1), -EINVAL);
	ck_assert_int_eq(fake_submit(&f, 0, LINK_UL, UINT32_MAX, 1), -EINVAL);
	chan0_submit(LINK_UL, 0);
	ck_assert_int_eq(fake_submit(&f, 0, LINK_UL, 0, 1), -EINVAL);
	ck_assert_uint_eq(f.link->chans[0].slots[LINK_UL].n, 7);
	ck_assert_uint_eq(f.link->chans[1].slots[LINK_DL].n, 0);
}
END_TEST

START_TEST(test_every_slot_fits_the_ring)
{
	chan0_submit_n(LINK_UL, 7);
	chan0_submit_n(LINK_DL, 7);
	ck_assert_uint_eq(u->out, 14);
}
END_TEST

static void use_moderation(void)
{
	f.erings[1].moderation_ms = 5;
}

START_TEST(test_moderation_sets_bei)
{
	struct tre *ring;

	setup_again(use_moderation);
	ring = fake_memory(&f, le64_get(&fake_chan_ctx(&f, FAKE_UL)->rbase));
	chan0_submit(LINK_UL, 0);
	ck_assert_uint_eq(tre_load(&ring[0]).dword[1], 0x00020600);
}
END_TEST

/* --- completions --- */

START_TEST(test_wraps_around_many_times)
{
	for (unsigned int i = 0; i < 200; i++) {
		chan0_submit(LINK_UL, i % 7);
		fake_settle(&f);
		u->n_done = 0;
		fake_complete(&f, FAKE_UL, i % 8, EV_CODE_EOT, 100);
		chan0_expect_done(0, LINK_UL, i % 7, 0, 100);
	}
	ck_assert_uint_eq(engine_counts(f.engine)->submitted, 200);
	ck_assert_uint_eq(engine_counts(f.engine)->returned, 200);
	ck_assert_uint_eq(f.n_reads, 0);
}
END_TEST

START_TEST(test_overflow_and_eob_say_more)
{
	chan0_submit_n(LINK_DL, 4);
	fake_complete(&f, FAKE_DL, 0, EV_CODE_OVERFLOW, 4096);
	fake_complete(&f, FAKE_DL, 1, EV_CODE_EOB, 10);
	fake_complete(&f, FAKE_DL, 2, EV_CODE_EOT, 1);
	fake_complete(&f, FAKE_DL, 3, EV_CODE_EOT, 0);
	chan0_expect_done(0, LINK_DL, 0, LINK_MORE, 4096);
	chan0_expect_done(1, LINK_DL, 1, LINK_MORE, 10);
	chan0_expect_done(2, LINK_DL, 2, 0, 1);
	chan0_expect_done(3, LINK_DL, 3, 0, 0);
}
END_TEST

START_TEST(test_a_length_never_exceeds_the_slot)
{
	chan0_submit_n(LINK_DL, 1);
	chan0_submit_n(LINK_UL, 1);
	fake_complete(&f, FAKE_DL, 0, EV_CODE_EOT, 0xffff);
	fake_complete(&f, FAKE_UL, 0, EV_CODE_EOT, 0xffff);
	chan0_expect_done(0, LINK_DL, 0, 0, 4096);
	chan0_expect_done(1, LINK_UL, 0, 0, 100);
}
END_TEST

static void assert_protocol_error(unsigned int n_done)
{
	ck_assert_int_eq(engine_state(f.engine), ENGINE_ERROR);
	ck_assert_uint_gt(strlen(engine_why(f.engine)), 0);
	ck_assert_uint_eq(u->n_closed, 1);
	ck_assert_int_eq(u->closed, -ECONNRESET);
	ck_assert_uint_eq(u->n_done, n_done);
	for (unsigned int i = 0; i < n_done; i++)
		ck_assert_int_eq(u->done[i].status, -ECONNRESET);
	ck_assert_uint_ge(engine_counts(f.engine)->bad_events, 1);
}

/* From the base of an 8-element ring with elements 0 and 1 in flight: behind
 * them, the other channel's ring, outside, nowhere, between two. */
static const uint64_t refused[] = {
	2 * 16, 7 * 16, 8 * 16, 16 * 16, 0x1000, -16ull, 1, 4, 8, 15, 17, 1ull << 32, 1ull << 63,
};

START_TEST(test_refuses_a_pointer_to_nothing_in_flight)
{
	uint64_t base = le64_get(&fake_chan_ctx(&f, FAKE_DL)->rbase);

	chan0_submit_n(LINK_DL, 2);
	fake_event(&f, 1, tre_event(TRE_EV_TRANSFER, FAKE_DL, EV_CODE_EOT, base + refused[_i], 1));
	assert_protocol_error(2);
}
END_TEST

START_TEST(test_refuses_zeros_and_ones)
{
	chan0_submit_n(LINK_DL, 1);
	fake_event(&f, 1, tre_event(TRE_EV_TRANSFER, FAKE_DL, EV_CODE_EOT, _i ? UINT64_MAX : 0, 1));
	assert_protocol_error(1);
}
END_TEST

START_TEST(test_refuses_the_ring_of_the_other_direction)
{
	chan0_submit_n(LINK_DL, 1);
	chan0_submit_n(LINK_UL, 1);
	fake_event(&f, 1, tre_event(TRE_EV_TRANSFER, FAKE_DL, EV_CODE_EOT,
				    le64_get(&fake_chan_ctx(&f, FAKE_UL)->rbase), 1));
	assert_protocol_error(2);
}
END_TEST

START_TEST(test_refuses_a_completion_told_twice)
{
	chan0_submit_n(LINK_DL, 2);
	fake_complete(&f, FAKE_DL, 0, EV_CODE_EOT, 1);
	u->n_done = 0;
	fake_complete(&f, FAKE_DL, 0, EV_CODE_EOT, 1);
	assert_protocol_error(1);
}
END_TEST

START_TEST(test_refuses_a_completion_told_twice_after_its_element_was_used_again)
{
	for (unsigned int i = 0; i < 8; i++) {
		chan0_submit(LINK_DL, 0);
		fake_settle(&f);
		fake_complete(&f, FAKE_DL, i % 8, EV_CODE_EOT, 1);
	}
	chan0_submit(LINK_DL, 0);
	fake_settle(&f);
	u->n_done = 0;
	fake_complete(&f, FAKE_DL, 7, EV_CODE_EOT, 1);
	assert_protocol_error(1);
}
END_TEST

START_TEST(test_strict_refuses_to_skip_an_element)
{
	chan0_submit_n(LINK_DL, 3);
	fake_complete(&f, FAKE_DL, 1, EV_CODE_EOT, 1);
	assert_protocol_error(3);
}
END_TEST

static void use_tolerant(void)
{
	f.chans[0].tolerant = true;
}

START_TEST(test_tolerant_completes_what_was_skipped)
{
	setup_again(use_tolerant);
	chan0_submit_n(LINK_DL, 5);
	chan0_submit_n(LINK_UL, 3);
	fake_complete(&f, FAKE_DL, 2, EV_CODE_EOT, 7);
	fake_complete(&f, FAKE_UL, 1, EV_CODE_EOT, 100);
	ck_assert_uint_eq(u->n_done, 5);
	chan0_expect_done(0, LINK_DL, 0, LINK_MORE, 4096);
	chan0_expect_done(1, LINK_DL, 1, LINK_MORE, 4096);
	chan0_expect_done(2, LINK_DL, 2, 0, 7);
	chan0_expect_done(3, LINK_UL, 0, 0, 100);
	chan0_expect_done(4, LINK_UL, 1, 0, 100);
}
END_TEST

static void close_at_first(struct fake *fake, unsigned int chan, struct fake_done done)
{
	(void)done;
	fake->link->ops->close(fake->link, chan);
}

START_TEST(test_closing_from_inside_a_skip_ends_it)
{
	setup_again(use_tolerant);
	chan0_submit_n(LINK_DL, 5);
	f.on_done = close_at_first;
	fake_complete(&f, FAKE_DL, 3, EV_CODE_EOT, 7);
	ck_assert_uint_eq(u->n_done, 1);
	ck_assert_uint_eq(fake_answer(&f, EV_CODE_SUCCESS), 2);
	ck_assert_uint_eq(u->n_closed, 1);
	ck_assert_uint_eq(u->n_done, 5);
}
END_TEST

static void submit_again(struct fake *fake, unsigned int chan, struct fake_done done)
{
	if (done.status >= 0)
		ck_assert_int_eq(fake_submit(fake, chan, done.dir, done.slot, 9), LINK_OK);
}

START_TEST(test_a_slot_can_be_submitted_from_its_done)
{
	f.on_done = submit_again;
	chan0_submit_n(LINK_DL, 7);
	for (unsigned int i = 0; i < 100; i++)
		fake_complete(&f, FAKE_DL, i % 8, EV_CODE_EOT, 9);
	ck_assert_uint_eq(u->n_done, 100);
	ck_assert_uint_eq(u->out, 7);
}
END_TEST

/* --- burst mode --- */

static void use_burst(void)
{
	f.chans[0].dir[LINK_UL].burst = true;
	f.chans[0].dir[LINK_UL].db_mode_switch = true;
}

START_TEST(test_burst_rings_only_in_doorbell_mode)
{
	struct chan_ctx *ctx;

	setup_again(use_burst);
	ctx = fake_chan_ctx(&f, FAKE_UL);
	ck_assert_uint_eq(le32_get(&ctx->chcfg), 0x301);
	chan0_submit_n(LINK_UL, 1);
	ck_assert_uint_eq(fake_rung(&f, ul_bell), 1);
	chan0_submit(LINK_UL, 1);
	fake_settle(&f);
	ck_assert_uint_eq(fake_rung(&f, ul_bell), 1);
	/* The device polls wp meanwhile. */
	ck_assert_uint_eq(le64_get(&ctx->wp), le64_get(&ctx->rbase) + 32);
	fake_event(&f, 1, tre_event(TRE_EV_TRANSFER, FAKE_UL,
				    _i ? EV_CODE_OOB : EV_CODE_DB_MODE, 0, 0));
	ck_assert_uint_eq(fake_rung(&f, ul_bell), 2);
	chan0_submit(LINK_UL, 2);
	fake_settle(&f);
	ck_assert_uint_eq(fake_rung(&f, ul_bell), 2);
	ck_assert_uint_eq(u->n_done, 0);
}
END_TEST

START_TEST(test_a_storm_of_hints_rings_once_a_turn)
{
	setup_again(use_burst);
	chan0_submit_n(LINK_UL, 1);
	fake_forget(&f);
	for (int i = 0; i < 10; i++)
		fake_post(&f, 1, tre_event(TRE_EV_TRANSFER, FAKE_UL, EV_CODE_OOB, 0, 0));
	fake_irq(&f, 2);
	ck_assert_uint_eq(fake_rung(&f, ul_bell), 1);
}
END_TEST

START_TEST(test_m0_rings_what_waits)
{
	setup_again(use_burst);
	chan0_submit_n(LINK_UL, 1);
	chan0_submit_n(LINK_DL, 1);
	fake_state(&f, MHI_STATE_M1);
	fake_forget(&f);
	fake_state(&f, MHI_STATE_M0);
	ck_assert_uint_eq(fake_rung(&f, ul_bell), 1);
	ck_assert_uint_eq(fake_rung(&f, dl_bell), 1);
	ck_assert_uint_eq(fake_rung(&f, FAKE_ERDB), 2);	/* for M0, and for its event */
}
END_TEST

/* The device forgot its mode, also for a ring that was empty then. */
START_TEST(test_m0_brings_doorbell_mode_to_an_empty_ring)
{
	setup_again(use_burst);
	chan0_submit_n(LINK_UL, 1);
	fake_complete(&f, FAKE_UL, 0, EV_CODE_EOT, 9);
	fake_state(&f, MHI_STATE_M1);
	fake_state(&f, MHI_STATE_M0);
	fake_forget(&f);
	chan0_submit_n(LINK_UL, 1);
	ck_assert_uint_eq(fake_rung(&f, ul_bell), 1);
}
END_TEST

/* --- coalesced completions --- */

static void use_rsc(void)
{
	f.chans[0].dir[LINK_DL].rsc = true;
}

static void complete_rsc(uint64_t cookie, uint32_t len)
{
	fake_event(&f, 1, tre_event(TRE_EV_RSC_TRANSFER, FAKE_DL, EV_CODE_EOT, cookie, len));
}

START_TEST(test_rsc_completes_by_cookie_in_any_order)
{
	struct tre *ring;

	setup_again(use_rsc);
	ck_assert_uint_eq(le32_get(&fake_chan_ctx(&f, FAKE_DL)->chtype), CHTYPE_DL_RSC);
	ring = fake_memory(&f, le64_get(&fake_chan_ctx(&f, FAKE_DL)->rbase));
	chan0_submit_n(LINK_DL, 5);
	ck_assert_uint_eq(tre_load(&ring[3]).ptr >> 48, 4096);
	ck_assert_uint_eq(tre_load(&ring[3]).dword[1], 0x00080000);
	complete_rsc(tre_load(&ring[3]).dword[0], 30);
	complete_rsc(tre_load(&ring[0]).dword[0], 31);
	complete_rsc(tre_load(&ring[4]).dword[0], 32);
	chan0_expect_done(0, LINK_DL, 3, 0, 30);
	chan0_expect_done(1, LINK_DL, 0, 0, 31);
	chan0_expect_done(2, LINK_DL, 4, 0, 32);
	/* Three elements are free again. */
	chan0_submit(LINK_DL, 0);
	chan0_submit(LINK_DL, 3);
	chan0_submit(LINK_DL, 4);
	chan0_close();
	fake_answer(&f, EV_CODE_SUCCESS);
	ck_assert_uint_eq(u->n_done, 8);
}
END_TEST

static const uint64_t bad_cookies[] = { 5, 7, 8, 0xffff, 0xffffffff };

START_TEST(test_rsc_refuses_a_cookie_of_nothing)
{
	setup_again(use_rsc);
	chan0_submit_n(LINK_DL, 3);
	complete_rsc(1, 1);
	complete_rsc(1, 1);
	complete_rsc(bad_cookies[_i], 1);
	ck_assert_uint_eq(u->n_done, 1);
	ck_assert_uint_eq(engine_counts(f.engine)->bad_events, 2);
	ck_assert_int_eq(engine_state(f.engine), ENGINE_READY);
}
END_TEST

START_TEST(test_rsc_and_plain_completions_do_not_mix)
{
	chan0_submit_n(LINK_DL, 1);
	complete_rsc(0, 1);
	ck_assert_uint_eq(u->n_done, 0);
	ck_assert_uint_eq(engine_counts(f.engine)->bad_events, 1);
	f.on_done = NULL;
	setup_again(use_rsc);
	chan0_submit_n(LINK_DL, 1);
	fake_complete(&f, FAKE_DL, 0, EV_CODE_EOT, 1);
	ck_assert_uint_eq(u->n_done, 0);
	ck_assert_uint_eq(engine_counts(f.engine)->bad_events, 1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("transfer");
	TCase *c = tcase_create("transfer");

	tcase_add_checked_fixture(c, chan0_setup, chan0_teardown);
	tcase_add_test(c, test_submit_writes_an_element_and_the_turn_rings_once);
	tcase_add_test(c, test_a_downlink_slot_is_offered_whole_and_writable);
	tcase_add_test(c, test_submit_refuses_nonsense);
	tcase_add_test(c, test_every_slot_fits_the_ring);
	tcase_add_test(c, test_moderation_sets_bei);
	tcase_add_test(c, test_wraps_around_many_times);
	tcase_add_test(c, test_overflow_and_eob_say_more);
	tcase_add_test(c, test_a_length_never_exceeds_the_slot);
	tcase_add_loop_test(c, test_refuses_a_pointer_to_nothing_in_flight, 0,
			    (int)ARRAY_SIZE(refused));
	tcase_add_loop_test(c, test_refuses_zeros_and_ones, 0, 2);
	tcase_add_test(c, test_refuses_the_ring_of_the_other_direction);
	tcase_add_test(c, test_refuses_a_completion_told_twice);
	tcase_add_test(c, test_refuses_a_completion_told_twice_after_its_element_was_used_again);
	tcase_add_test(c, test_strict_refuses_to_skip_an_element);
	tcase_add_test(c, test_tolerant_completes_what_was_skipped);
	tcase_add_test(c, test_closing_from_inside_a_skip_ends_it);
	tcase_add_test(c, test_a_slot_can_be_submitted_from_its_done);
	tcase_add_loop_test(c, test_burst_rings_only_in_doorbell_mode, 0, 2);
	tcase_add_test(c, test_a_storm_of_hints_rings_once_a_turn);
	tcase_add_test(c, test_m0_rings_what_waits);
	tcase_add_test(c, test_m0_brings_doorbell_mode_to_an_empty_ring);
	tcase_add_test(c, test_rsc_completes_by_cookie_in_any_order);
	tcase_add_loop_test(c, test_rsc_refuses_a_cookie_of_nothing, 0,
			    (int)ARRAY_SIZE(bad_cookies));
	tcase_add_test(c, test_rsc_and_plain_completions_do_not_mix);
	suite_add_tcase(s, c);
	return suite_run(s);
}
