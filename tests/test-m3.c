/* M3: who falls asleep when, who wakes whom, and what is never lost by it. */
#include "tests/engine_rig.h"
#include "tests/suite.h"
#include <errno.h>

enum { SECOND_US = 1000000, M3_US = 1000, NMEA = RIG_CONTROL };

static struct rig r;

static void setup(void)
{
	rig_init(&r);
	r.sim_config.m3_us = M3_US;
}

static void teardown(void)
{
	rig_fini(&r);
}

/* NMEA speaks by itself once a second. */
static void start(void)
{
	r.sim_chans[NMEA].life = "nmea";
	rig_start(&r);
	rig_power_on(&r);
}

static void start_listening(void)
{
	start();
	rig_open_ok(&r, NMEA);
	rig_offer_all(&r, NMEA);
	rig_settle(&r);
}

static bool is_asleep(void)
{
	return engine_state(r.engine) == ENGINE_SUSPENDED &&
	       engine_mhi_state(r.engine) == MHI_STATE_M3;
}

static uint64_t heard(void)
{
	return rig_user(&r, NMEA)->bytes;
}

START_TEST(test_a_device_with_something_to_say_wakes_the_host)
{
	uint64_t before;

	r.hw.n_vectors = _i ? 5 : 1;
	start_listening();
	for (int i = 0; i < 20; i++) {
		ck_assert_int_eq(rig_power(&r, POWER_SUSPEND), 0);
		ck_assert(is_asleep());
		before = heard();
		rig_offer_all(&r, NMEA);
		rig_advance(&r, 2 * SECOND_US);
		ck_assert_int_eq(engine_state(r.engine), ENGINE_READY);
		ck_assert_uint_gt(heard(), before);
		rig_offer_all(&r, NMEA);
		rig_settle(&r);
	}
	ck_assert_uint_eq(r.n_noted, 0);
}
END_TEST

START_TEST(test_a_quiet_device_is_not_touched_in_m3)
{
	const struct engine_counts *c;
	uint64_t reads, writes;

	start();
	rig_open_ok(&r, RIG_ECHO);
	rig_offer_all(&r, RIG_ECHO);
	rig_settle(&r);
	ck_assert_int_eq(rig_power(&r, POWER_SUSPEND), 0);
	c = engine_counts(r.engine);
	reads = c->mmio_reads;
	writes = c->mmio_writes + c->doorbells;
	for (int i = 0; i < 60; i++) {
		engine_check_health(r.engine);
		rig_advance(&r, SECOND_US);
	}
	ck_assert(is_asleep());
	ck_assert_uint_eq(c->mmio_reads, reads);
	ck_assert_uint_eq(c->mmio_writes + c->doorbells, writes);
	ck_assert_uint_eq(timers_next(&r.timers), TIME_NEVER);
}
END_TEST

/* At every instant of the way there, in steps shorter than what it takes. */
START_TEST(test_data_of_the_device_at_any_instant_is_heard)
{
	uint64_t before;

	start_listening();
	do {
		rig_offer_all(&r, NMEA);
		before = heard();
		rig_advance(&r, 10);
	} while (heard() == before);
	/* The next sentence comes at some point around the suspend. */
	rig_offer_all(&r, NMEA);
	rig_advance(&r, SECOND_US - 2 * M3_US + 50 * (uint64_t)_i);
	rig_offer_all(&r, NMEA);
	rig_settle(&r);
	before = heard();
	ck_assert_int_eq(engine_power(r.engine, POWER_SUSPEND), POWER_STARTED);
	rig_advance(&r, 3 * SECOND_US / 2);
	ck_assert_uint_gt(heard(), before);
	ck_assert_uint_eq(r.n_noted, 0);
}
END_TEST

START_TEST(test_traffic_of_the_host_at_any_instant_goes_through)
{
	start();
	rig_open_ok(&r, RIG_ECHO);
	rig_offer_all(&r, RIG_ECHO);
	rig_settle(&r);
	ck_assert_int_eq(engine_power(r.engine, POWER_SUSPEND), POWER_STARTED);
	rig_advance(&r, 50 * (uint64_t)_i);
	ck_assert_int_eq(rig_send(&r, RIG_ECHO, "hi", 2), LINK_OK);
	rig_advance(&r, SECOND_US);
	ck_assert_uint_eq(rig_user(&r, RIG_ECHO)->arrived, 1);
	ck_assert_int_eq(engine_state(r.engine), ENGINE_READY);
}
END_TEST

/* Vectors of their own come in any order. */
START_TEST(test_a_wish_to_wake_that_overtakes_m3_counts)
{
	r.hw.n_vectors = 5;
	start();
	ck_assert_int_eq(engine_power(r.engine, POWER_SUSPEND), POWER_STARTED);
	engine_irq(r.engine, 0);
	rig_advance(&r, SECOND_US);
	ck_assert_int_eq(r.power_status, 0);
	ck_assert_int_eq(engine_state(r.engine), ENGINE_READY);
}
END_TEST

START_TEST(test_a_device_may_say_m0_or_m1_in_m3)
{
	static const enum mhi_state states[] = { MHI_STATE_M0, MHI_STATE_M1 };

	start();
	rig_open_ok(&r, RIG_ECHO);
	ck_assert_int_eq(rig_power(&r, POWER_SUSPEND), 0);
	sim_inject_event(r.sim, 0, 0, (uint32_t)states[_i] << 24, TRE_EV_STATE << 16);
	rig_advance(&r, SECOND_US);
	ck_assert_int_eq(engine_state(r.engine), ENGINE_READY);
	ck_assert_uint_eq(r.n_noted, 0);
}
END_TEST

START_TEST(test_a_change_of_environment_in_m3_is_read_when_awake)
{
	uint64_t reads;

	start();
	ck_assert_int_eq(rig_power(&r, POWER_SUSPEND), 0);
	reads = engine_counts(r.engine)->mmio_reads;
	engine_hold(r.engine, true);
	sim_set_ee(r.sim, MHI_EE_SBL);
	sim_inject_event(r.sim, 0, 0, MHI_EE_SBL << 24, TRE_EV_EE << 16);
	rig_settle(&r);
	ck_assert_uint_eq(engine_counts(r.engine)->mmio_reads, reads);
	engine_hold(r.engine, false);
	rig_settle(&r);
	rig_advance(&r, SECOND_US / 100);
	ck_assert_int_eq(engine_ee(r.engine), MHI_EE_SBL);
}
END_TEST

/* --- M1 and M2 --- */

START_TEST(test_out_of_m2_both_sides_speak_and_it_goes_back)
{
	uint64_t before;

	r.sim_config.idle_us = 5000;
	r.config.sideband_wake = _i;
	start_listening();
	rig_open_ok(&r, RIG_ECHO);
	for (unsigned int i = 1; i <= 20; i++) {
		before = heard();
		rig_offer_all(&r, NMEA);
		rig_offer_all(&r, RIG_ECHO);
		rig_advance(&r, 11 * SECOND_US / 10);
		ck_assert_uint_gt(heard(), before);
		ck_assert_int_eq(engine_mhi_state(r.engine), MHI_STATE_M2);
		ck_assert_int_eq(rig_send(&r, RIG_ECHO, "hi", 2), LINK_OK);
		rig_settle(&r);
		ck_assert_uint_eq(rig_user(&r, RIG_ECHO)->arrived, i);
	}
	ck_assert_uint_eq(r.n_noted, 0);
}
END_TEST

START_TEST(test_suspend_out_of_m1_at_any_instant)
{
	r.sim_config.idle_us = 1000;
	r.sim_config.m0_us = 200;
	start();
	rig_open_ok(&r, RIG_ECHO);
	rig_offer_all(&r, RIG_ECHO);
	rig_settle(&r);
	rig_advance(&r, 50 * (uint64_t)_i);
	ck_assert_int_eq(engine_power(r.engine, POWER_SUSPEND), POWER_STARTED);
	rig_advance(&r, SECOND_US);
	ck_assert_int_eq(r.power_status, 0);
	ck_assert(is_asleep());
	ck_assert_int_eq(rig_power(&r, POWER_RESUME), 0);
	ck_assert_uint_eq(r.n_noted, 0);
}
END_TEST

/* --- ends --- */

START_TEST(test_close_in_m3_wakes_and_ends_in_order)
{
	start();
	rig_open_ok(&r, RIG_ECHO);
	rig_offer_all(&r, RIG_ECHO);
	ck_assert_int_eq(rig_power(&r, POWER_SUSPEND), 0);
	rig_close(&r, RIG_ECHO);
	ck_assert_int_eq(rig_user(&r, RIG_ECHO)->closed_why, 0);
	ck_assert_int_eq(engine_state(r.engine), ENGINE_READY);
}
END_TEST

START_TEST(test_reset_or_off_at_any_instant_of_a_suspend)
{
	start();
	rig_open_ok(&r, RIG_ECHO);
	rig_offer_all(&r, RIG_ECHO);
	rig_settle(&r);
	ck_assert_int_eq(engine_power(r.engine, POWER_SUSPEND), POWER_STARTED);
	rig_advance(&r, 100 * (uint64_t)_i);
	ck_assert_int_eq(engine_power(r.engine, POWER_OFF), POWER_STARTED);
	rig_advance(&r, SECOND_US);
	ck_assert_int_eq(engine_state(r.engine), ENGINE_OFF);
	ck_assert_int_eq(rig_power(&r, POWER_ON), 0);
	ck_assert_int_eq(rig_power(&r, POWER_SUSPEND), 0);
	ck_assert_int_eq(rig_power(&r, POWER_RESET), 0);
	ck_assert_int_eq(engine_state(r.engine), ENGINE_READY);
}
END_TEST

START_TEST(test_unplug_in_m3)
{
	start();
	rig_open_ok(&r, RIG_ECHO);
	rig_offer_all(&r, RIG_ECHO);
	ck_assert_int_eq(rig_power(&r, POWER_SUSPEND), 0);
	r.is_unplugged = true;
	engine_gone(r.engine);
	rig_settle(&r);
	ck_assert_int_eq(rig_user(&r, RIG_ECHO)->closed_why, -ENODEV);
	ck_assert_uint_eq(r.n_forbidden, 0);
}
END_TEST

START_TEST(test_f51_a_device_that_does_not_leave_m3_fails_in_time)
{
	start();
	rig_open_ok(&r, RIG_ECHO);
	ck_assert_int_eq(rig_power(&r, POWER_SUSPEND), 0);
	sim_set_mood(r.sim, SIM_IGNORES_M0);
	ck_assert_int_eq(rig_send(&r, RIG_ECHO, "hi", 2), LINK_OK);
	rig_advance(&r, r.config.timeout_ms * 1000 + 1000);
	ck_assert_int_eq(engine_state(r.engine), ENGINE_ERROR);
	sim_set_mood(r.sim, SIM_HEALTHY);
	ck_assert_int_eq(rig_power(&r, POWER_RESET), 0);
}
END_TEST

/* --- the system sleeps --- */

START_TEST(test_a_held_device_stays_in_m3_and_goes_on_later)
{
	start_listening();
	rig_open_ok(&r, RIG_ECHO);
	rig_offer_all(&r, RIG_ECHO);
	rig_settle(&r);
	engine_hold(r.engine, true);
	ck_assert_int_eq(rig_power(&r, POWER_SUSPEND), 0);
	rig_send(&r, RIG_ECHO, "hi", 2);
	rig_advance(&r, 10 * SECOND_US);
	ck_assert(is_asleep());
	engine_hold(r.engine, false);
	ck_assert_int_eq(engine_recheck(r.engine), ENGINE_CHECKED);
	rig_advance(&r, SECOND_US);
	ck_assert_int_eq(engine_state(r.engine), ENGINE_READY);
	ck_assert_uint_eq(rig_user(&r, RIG_ECHO)->arrived, 1);
	ck_assert_uint_gt(heard(), 0);
}
END_TEST

START_TEST(test_off_and_reset_let_a_held_device_go)
{
	start();
	engine_hold(r.engine, true);
	ck_assert_int_eq(rig_power(&r, POWER_SUSPEND), 0);
	ck_assert_int_eq(rig_power(&r, _i ? POWER_OFF : POWER_RESET), 0);
	ck_assert_int_eq(engine_state(r.engine), _i ? ENGINE_OFF : ENGINE_READY);
}
END_TEST

START_TEST(test_a_device_that_lost_its_state_fails_at_the_check)
{
	start();
	rig_open_ok(&r, RIG_ECHO);
	if (_i)
		ck_assert_int_eq(rig_power(&r, POWER_SUSPEND), 0);
	sim_power_cycle(r.sim);
	ck_assert_int_eq(engine_recheck(r.engine), ENGINE_CHECKED);
	rig_settle(&r);
	ck_assert_int_eq(engine_state(r.engine), ENGINE_ERROR);
	ck_assert_int_eq(rig_user(&r, RIG_ECHO)->closed_why, -ECONNRESET);
	ck_assert_int_eq(rig_power(&r, POWER_RESET), 0);
}
END_TEST

START_TEST(test_a_link_that_is_not_back_yet_is_no_failure)
{
	start();
	ck_assert_int_eq(rig_power(&r, POWER_SUSPEND), 0);
	sim_force_register(r.sim, MHISTATUS, MHI_ALL_ONES);
	ck_assert_int_eq(engine_recheck(r.engine), ENGINE_ABSENT);
	ck_assert(is_asleep());
	sim_release_register(r.sim, MHISTATUS);
	ck_assert_int_eq(engine_recheck(r.engine), ENGINE_CHECKED);
	ck_assert(is_asleep());
	ck_assert_int_eq(rig_power(&r, POWER_RESUME), 0);
}
END_TEST

START_TEST(test_a_device_that_left_m3_meanwhile_is_believed)
{
	start();
	rig_open_ok(&r, RIG_ECHO);
	rig_offer_all(&r, RIG_ECHO);
	ck_assert_int_eq(rig_power(&r, POWER_SUSPEND), 0);
	engine_hold(r.engine, true);
	sim_write32(r.sim, MHICTRL, MHI_STATE_M0 << 8);
	rig_settle(&r);
	ck_assert(is_asleep());
	engine_hold(r.engine, false);
	ck_assert_int_eq(engine_recheck(r.engine), ENGINE_CHECKED);
	rig_send(&r, RIG_ECHO, "hi", 2);
	rig_settle(&r);
	ck_assert_uint_eq(rig_user(&r, RIG_ECHO)->arrived, 1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("m3");
	TCase *w = tcase_create("wake"), *e = tcase_create("ends"), *h = tcase_create("hold");

	tcase_add_checked_fixture(w, setup, teardown);
	tcase_add_loop_test(w, test_a_device_with_something_to_say_wakes_the_host, 0, 2);
	tcase_add_test(w, test_a_quiet_device_is_not_touched_in_m3);
	tcase_add_loop_test(w, test_data_of_the_device_at_any_instant_is_heard, 0, 80);
	tcase_add_loop_test(w, test_traffic_of_the_host_at_any_instant_goes_through, 0, 40);
	tcase_add_test(w, test_a_wish_to_wake_that_overtakes_m3_counts);
	tcase_add_loop_test(w, test_a_device_may_say_m0_or_m1_in_m3, 0, 2);
	tcase_add_test(w, test_a_change_of_environment_in_m3_is_read_when_awake);
	tcase_add_loop_test(w, test_out_of_m2_both_sides_speak_and_it_goes_back, 0, 2);
	tcase_add_loop_test(w, test_suspend_out_of_m1_at_any_instant, 0, 60);
	suite_add_tcase(s, w);
	tcase_add_checked_fixture(e, setup, teardown);
	tcase_add_test(e, test_close_in_m3_wakes_and_ends_in_order);
	tcase_add_loop_test(e, test_reset_or_off_at_any_instant_of_a_suspend, 0, 20);
	tcase_add_test(e, test_unplug_in_m3);
	tcase_add_test(e, test_f51_a_device_that_does_not_leave_m3_fails_in_time);
	suite_add_tcase(s, e);
	tcase_add_checked_fixture(h, setup, teardown);
	tcase_add_test(h, test_a_held_device_stays_in_m3_and_goes_on_later);
	tcase_add_loop_test(h, test_off_and_reset_let_a_held_device_go, 0, 2);
	tcase_add_loop_test(h, test_a_device_that_lost_its_state_fails_at_the_check, 0, 2);
	tcase_add_test(h, test_a_link_that_is_not_back_yet_is_no_failure);
	tcase_add_test(h, test_a_device_that_left_m3_meanwhile_is_believed);
	suite_add_tcase(s, h);
	return suite_run(s);
}
