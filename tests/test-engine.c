#include "tests/engine_rig.h"
#include "tests/suite.h"
#include <errno.h>

static struct rig r;

static void setup(void)
{
	rig_init(&r);
}

static void teardown(void)
{
	rig_fini(&r);
}

static void start(void)
{
	rig_start(&r);
	rig_power_on(&r);
}

static const struct engine_counts *counts(void)
{
	return engine_counts(r.engine);
}

/* --- the configuration --- */

START_TEST(test_check_accepts_the_rig)
{
	const char *why = NULL;

	ck_assert_int_eq(engine_check(&r.config, &why), 0);
	rig_start(&r);
}
END_TEST

static void spoil(int how)
{
	static struct chan_config none;

	switch (how) {
	case 0: r.config.n_erings = 0; break;
	case 1: r.config.n_erings = 33; break;
	case 2: r.erings[1].elements = 100; break;
	case 3: r.erings[1].elements = 4; break;
	case 4: r.chans[0].dir[LINK_UL].chid = 127; break;
	case 5: r.chans[0].dir[LINK_UL].chid = r.chans[1].dir[LINK_DL].chid; break;
	case 6: r.chans[0].dir[LINK_DL].ering = 4; break;
	case 7: r.chans[0].dir[LINK_DL].elements = 0; break;
	case 8: r.chans[0].dir[LINK_DL].elements = 24; break;
	case 9: r.chans[0].dir[LINK_DL].slot_len = 0; break;
	case 10: r.chans[0].dir[LINK_DL].slot_len = 65536; break;
	case 11: r.chans[0].dir[LINK_UL].rsc = true; break;
	case 12: r.chans[2] = none; break;
	case 13: r.config.timeout_ms = 0; break;
	case 14: r.config.ready_timeout_ms = 0; break;
	}
}

START_TEST(test_check_refuses_what_no_device_has)
{
	const char *why = NULL;

	spoil(_i);
	ck_assert_int_eq(engine_check(&r.config, &why), -EINVAL);
	ck_assert_ptr_nonnull(why);
}
END_TEST

START_TEST(test_memory_is_whole_pages_and_holds_every_slot)
{
	struct engine_memory need = engine_memory(&r.config);
	size_t slots[2] = { 0, 0 };

	for (unsigned int i = 0; i < RIG_CHANS; i++)
		for (int d = LINK_UL; d <= LINK_DL; d++)
			if (r.chans[i].dir[d].exists)
				slots[d] += (r.chans[i].dir[d].elements - 1u) * 4096u;
	ck_assert_uint_eq(need.reads % 4096, 0);
	ck_assert_uint_eq(need.writes % 4096, 0);
	ck_assert_uint_ge(need.reads, slots[LINK_UL]);
	ck_assert_uint_ge(need.writes, slots[LINK_DL]);
	r.erings[3].elements = 2048;
	ck_assert_uint_eq(engine_memory(&r.config).align, 2048 * 16);
}
END_TEST

/* --- probe and start --- */

START_TEST(test_probe_refuses_without_writing)
{
	static const struct { uint32_t offset, value; int expected; } strange[] = {
		{ MHIREGLEN, 0, -EPROTO }, { MHIVER, 0, -EPROTO }, { MHIVER, 0x02000000, -EPROTO },
		{ MHIREGLEN, MHI_ALL_ONES, -ENODEV }, { BHIOFF, MHI_ALL_ONES, -ENODEV },
		{ BHIOFF, 0x1000, -EPROTO }, { BHIOFF, 0xffc, -EPROTO },
		{ BHIOFF, 0xfffffff0, -EPROTO }, { BHIOFF, 0x102, -EPROTO }, { BHIOFF, 0, -EPROTO },
		{ CHDBOFF, 0x1000, -EPROTO }, { CHDBOFF, 0xffc, -EPROTO },
		{ CHDBOFF, 0xfffffffc, -EPROTO }, { CHDBOFF, 0x301, -EPROTO },
		{ CHDBOFF, 0x700, -EPROTO }, { CHDBOFF, 0, -EPROTO },
		{ ERDBOFF, 0x1000, -EPROTO }, { ERDBOFF, 0xffc, -EPROTO },
		{ ERDBOFF, 0xfffffff8, -EPROTO }, { ERDBOFF, 0x702, -EPROTO },
		{ ERDBOFF, 0x308, -EPROTO }, { ERDBOFF, 0x100, -EPROTO },
		{ 0x100 + BHI_EXECENV, 42, -EPROTO }, { 0x100 + BHI_EXECENV, MHI_ALL_ONES, -ENODEV },
	};
	const char *why = NULL;

	rig_start(&r);
	for (size_t i = 0; i < ARRAY_SIZE(strange); i++) {
		sim_force_register(r.sim, strange[i].offset, strange[i].value);
		ck_assert_msg(rig_probe(&r, &why) == strange[i].expected,
			      "0x%x in 0x%x: %s", strange[i].value, strange[i].offset, why);
		ck_assert_ptr_nonnull(why);
		sim_release_register(r.sim, strange[i].offset);
	}
	ck_assert_int_eq(rig_probe(&r, &why), 0);
	ck_assert_uint_eq(counts()->mmio_writes + counts()->doorbells, 0);
}
END_TEST

START_TEST(test_probe_refuses_a_short_bar)
{
	const char *why = NULL;

	r.hw.bar_len = 0x224;
	rig_start(&r);
	ck_assert_int_eq(rig_probe(&r, &why), -EPROTO);
	ck_assert_uint_eq(counts()->mmio_reads, 0);
}
END_TEST

START_TEST(test_starts_within_the_time_of_its_device)
{
	uint64_t began;

	r.sim_config.ready_us = 3000;
	r.sim_config.m0_us = 2000;
	rig_start(&r);
	began = r.timers.now_us;
	rig_power_on(&r);
	ck_assert_uint_le(r.timers.now_us - began, 30000);
	ck_assert_int_eq(engine_mhi_state(r.engine), MHI_STATE_M0);
	ck_assert_int_eq(engine_ee(r.engine), MHI_EE_AMSS);
	ck_assert_str_eq(engine_why(r.engine), "");
	for (unsigned int i = 0; i < RIG_CHANS; i++)
		ck_assert(r.is_offered[i] == (i != RIG_SBL));
	ck_assert_int_eq(rig_power(&r, POWER_ON), 0);
}
END_TEST

START_TEST(test_follows_a_device_through_its_boot_loaders)
{
	r.sim_config.first_ee = _i ? MHI_EE_PTHRU : MHI_EE_PBL;
	r.sim_config.boot_us = 300000;
	rig_start(&r);
	ck_assert_int_eq(engine_power(r.engine, POWER_ON), POWER_STARTED);
	rig_advance(&r, 250000);
	ck_assert_int_eq(engine_state(r.engine), ENGINE_STARTING);
	ck_assert_int_eq(engine_ee(r.engine), _i ? MHI_EE_PTHRU : MHI_EE_PBL);
	ck_assert_uint_eq(counts()->mmio_writes, 0);
	rig_advance(&r, 2000000);
	ck_assert_int_eq(engine_state(r.engine), ENGINE_READY);
	ck_assert_int_eq(r.power_status, 0);
	rig_open_ok(&r, RIG_ECHO);
}
END_TEST

/* Left by a host that is no more. */
START_TEST(test_resets_a_device_found_running_once)
{
	static const uint32_t found[] = { 0x201, 0x301, 0x401, 0x501, 0xff04 };

	rig_start(&r);
	sim_force_register(r.sim, MHISTATUS, found[_i]);
	ck_assert_int_eq(engine_power(r.engine, POWER_ON), POWER_STARTED);
	while (!r.n_ctrl_writes)
		rig_advance(&r, 1);
	sim_release_register(r.sim, MHISTATUS);
	rig_advance(&r, 1000000);
	ck_assert_int_eq(engine_state(r.engine), ENGINE_READY);
	ck_assert_uint_eq(r.n_ctrl_writes, 2);	/* RESET, M0 */
}
END_TEST

START_TEST(test_never_writes_to_a_device_that_is_not_in_mission_mode)
{
	static const uint32_t ees[] = { MHI_EE_PBL, MHI_EE_SBL, MHI_EE_RDDM, MHI_EE_EDL };

	rig_start(&r);
	sim_force_register(r.sim, 0x100 + BHI_EXECENV, ees[_i]);
	sim_force_register(r.sim, MHISTATUS, 0xff04);
	ck_assert_int_lt(rig_power(&r, POWER_ON), 0);
	ck_assert_int_eq(engine_state(r.engine), ENGINE_ERROR);
	ck_assert_uint_gt(strlen(engine_why(r.engine)), 0);
	ck_assert_int_lt(rig_power(&r, POWER_RESET), 0);
	ck_assert_int_eq(rig_power(&r, POWER_OFF), 0);
	ck_assert_int_eq(engine_state(r.engine), ENGINE_OFF);
	ck_assert_uint_eq(counts()->doorbells, 0);
	ck_assert_uint_eq(r.n_ctrl_writes, 0);
	/* SOC reset ends SBL and dump mode, when somebody asks for a reset. */
	ck_assert_uint_eq(counts()->mmio_writes,
			  ees[_i] == MHI_EE_SBL || ees[_i] == MHI_EE_RDDM);
}
END_TEST

START_TEST(test_strange_registers_end_in_error)
{
	static const struct { uint32_t offset, value; } strange[] = {
		{ 0x100 + BHI_EXECENV, 42 }, { MHISTATUS, 0x4201 }, { CHDBOFF, 0xffffff00 },
		{ ERDBOFF, 0xff8 }, { BHIOFF, 0 }, { MHISTATUS, MHI_ALL_ONES },
	};

	rig_start(&r);
	sim_force_register(r.sim, strange[_i].offset, strange[_i].value);
	ck_assert_int_eq(rig_power(&r, POWER_ON), -EIO);
	ck_assert_int_eq(engine_state(r.engine), ENGINE_ERROR);
	ck_assert_uint_gt(strlen(engine_why(r.engine)), 0);
	sim_release_register(r.sim, strange[_i].offset);
	ck_assert_int_eq(rig_power(&r, POWER_ON), 0);
	ck_assert_str_eq(engine_why(r.engine), "");
}
END_TEST

START_TEST(test_a_device_that_does_not_answer_ends_in_error)
{
	static const enum sim_mood moods[] = { SIM_NEVER_READY, SIM_IGNORES_M0 };

	rig_start(&r);
	sim_force_register(r.sim, MHISTATUS, 0);
	if (_i)
		sim_release_register(r.sim, MHISTATUS);
	sim_set_mood(r.sim, moods[_i]);
	ck_assert_int_eq(rig_power(&r, POWER_ON), -ETIMEDOUT);
	ck_assert_int_eq(engine_state(r.engine), ENGINE_ERROR);
	sim_release_register(r.sim, MHISTATUS);
	sim_set_mood(r.sim, SIM_HEALTHY);
	ck_assert_int_eq(rig_power(&r, POWER_RESET), 0);
}
END_TEST

/* --- power --- */

START_TEST(test_off_and_on_many_times)
{
	start();
	for (int i = 0; i < 20; i++) {
		rig_open_ok(&r, RIG_ECHO);
		rig_offer_all(&r, RIG_ECHO);
		rig_send(&r, RIG_ECHO, "x", 1);
		rig_settle(&r);
		ck_assert_int_eq(rig_power(&r, POWER_OFF), 0);
		ck_assert_int_eq(engine_state(r.engine), ENGINE_OFF);
		ck_assert_int_eq(rig_user(&r, RIG_ECHO)->closed_why, -ENODEV);
		ck_assert(!r.is_offered[RIG_ECHO]);
		ck_assert_int_eq(rig_power(&r, POWER_OFF), 0);
		ck_assert_int_eq(rig_power(&r, POWER_ON), 0);
	}
	ck_assert_uint_eq(rig_user(&r, RIG_ECHO)->arrived, 20);
}
END_TEST

START_TEST(test_reset_ends_channels_and_comes_back)
{
	start();
	rig_open_ok(&r, RIG_ECHO);
	rig_offer_all(&r, RIG_ECHO);
	ck_assert_int_eq(rig_power(&r, POWER_RESET), 0);
	ck_assert_int_eq(rig_user(&r, RIG_ECHO)->closed_why, -ECONNRESET);
	ck_assert_int_eq(engine_state(r.engine), ENGINE_READY);
	rig_open_ok(&r, RIG_ECHO);
}
END_TEST

START_TEST(test_suspends_and_resumes_with_channels_open)
{
	struct rig_user *u = rig_user(&r, RIG_ECHO);

	start();
	rig_open_ok(&r, RIG_ECHO);
	rig_offer_all(&r, RIG_ECHO);
	for (int i = 0; i < 10; i++) {
		ck_assert_int_eq(rig_power(&r, POWER_SUSPEND), 0);
		ck_assert_int_eq(engine_state(r.engine), ENGINE_SUSPENDED);
		ck_assert_int_eq(engine_mhi_state(r.engine), MHI_STATE_M3);
		ck_assert_int_eq(rig_power(&r, POWER_SUSPEND), 0);
		ck_assert_int_eq(rig_power(&r, POWER_RESUME), 0);
		ck_assert_int_eq(rig_power(&r, POWER_RESUME), 0);
		ck_assert_int_eq(engine_state(r.engine), ENGINE_READY);
		ck_assert_int_eq(rig_send(&r, RIG_ECHO, "hi", 2), LINK_OK);
		rig_settle(&r);
		ck_assert_uint_eq(u->arrived, (unsigned int)i + 1);
		rig_offer_all(&r, RIG_ECHO);
		rig_settle(&r);
	}
	ck_assert_uint_eq(u->closed, 0);
}
END_TEST

START_TEST(test_traffic_wakes_a_suspended_device)
{
	start();
	rig_open_ok(&r, RIG_ECHO);
	rig_offer_all(&r, RIG_ECHO);
	ck_assert_int_eq(rig_power(&r, POWER_SUSPEND), 0);
	if (_i == 0)
		ck_assert_int_eq(rig_send(&r, RIG_ECHO, "hi", 2), LINK_OK);
	else
		rig_open_ok(&r, RIG_CONTROL);
	rig_settle(&r);
	ck_assert_int_eq(engine_state(r.engine), ENGINE_READY);
	ck_assert_uint_eq(rig_user(&r, RIG_ECHO)->arrived, _i == 0);
}
END_TEST

START_TEST(test_traffic_while_falling_asleep_wakes_it_again)
{
	r.sim_config.m3_us = 1000;
	start();
	rig_open_ok(&r, RIG_ECHO);
	rig_offer_all(&r, RIG_ECHO);
	rig_settle(&r);
	ck_assert_int_eq(engine_power(r.engine, POWER_SUSPEND), POWER_STARTED);
	rig_send(&r, RIG_ECHO, "hi", 2);
	rig_advance(&r, 100000);
	ck_assert_int_eq(r.power_status, 0);
	ck_assert_int_eq(engine_state(r.engine), ENGINE_READY);
	ck_assert_uint_eq(rig_user(&r, RIG_ECHO)->arrived, 1);
}
END_TEST

START_TEST(test_a_busy_device_is_not_suspended)
{
	start();
	rig_open_ok(&r, RIG_ECHO);
	rig_send(&r, RIG_ECHO, "hi", 2);
	rig_settle(&r);
	ck_assert_int_eq(rig_power(&r, POWER_SUSPEND), -EBUSY);
	rig_offer(&r, RIG_ECHO);
	rig_settle(&r);
	ck_assert_int_eq(rig_power(&r, POWER_SUSPEND), 0);
}
END_TEST

START_TEST(test_suspend_that_is_not_answered_ends_in_error)
{
	start();
	rig_open_ok(&r, RIG_ECHO);
	sim_set_mood(r.sim, SIM_IGNORES_M3);
	ck_assert_int_eq(rig_power(&r, POWER_SUSPEND), -ETIMEDOUT);
	ck_assert_int_eq(engine_state(r.engine), ENGINE_ERROR);
	ck_assert_int_eq(rig_user(&r, RIG_ECHO)->closed_why, -ECONNRESET);
	ck_assert_int_eq(rig_power(&r, POWER_RESET), 0);
}
END_TEST

START_TEST(test_a_device_without_m3_is_not_suspended)
{
	r.config.no_m3 = true;
	start();
	ck_assert_int_eq(rig_power(&r, POWER_SUSPEND), -EINVAL);
}
END_TEST

START_TEST(test_a_suspended_device_can_be_switched_off)
{
	start();
	rig_open_ok(&r, RIG_ECHO);
	rig_offer_all(&r, RIG_ECHO);
	rig_settle(&r);
	ck_assert_int_eq(rig_power(&r, POWER_SUSPEND), 0);
	if (_i)
		sim_set_mood(r.sim, SIM_IGNORES_M0);
	ck_assert_int_eq(rig_power(&r, POWER_OFF), 0);
	ck_assert_int_eq(rig_user(&r, RIG_ECHO)->closed_why, -ENODEV);
}
END_TEST

START_TEST(test_off_interrupts_anything)
{
	r.sim_config.first_ee = MHI_EE_PBL;
	r.sim_config.boot_us = 1000000;
	rig_start(&r);
	ck_assert_int_eq(engine_power(r.engine, POWER_ON), POWER_STARTED);
	rig_advance(&r, 100000);
	ck_assert_int_eq(engine_power(r.engine, POWER_ON), -EBUSY);
	ck_assert_int_eq(engine_power(r.engine, POWER_RESET), -EBUSY);
	ck_assert_int_eq(engine_power(r.engine, POWER_OFF), POWER_STARTED);
	rig_advance(&r, 100000);
	ck_assert_uint_eq(r.n_power_done, 2);	/* -ECANCELED, then 0 */
	ck_assert_int_eq(r.power_status, 0);
	ck_assert_int_eq(engine_state(r.engine), ENGINE_OFF);
}
END_TEST

START_TEST(test_off_is_short_when_nothing_answers)
{
	uint64_t began;

	r.config.timeout_ms = 20000;
	start();
	rig_open_ok(&r, RIG_ECHO);
	rig_offer_all(&r, RIG_ECHO);
	rig_settle(&r);
	sim_set_mood(r.sim, SIM_DEAF_TO_COMMANDS);
	began = r.timers.now_us;
	ck_assert_int_eq(rig_power(&r, POWER_OFF), 0);
	ck_assert_uint_le(r.timers.now_us - began, 4500000);
	ck_assert_int_eq(rig_user(&r, RIG_ECHO)->closed_why, -ENODEV);
}
END_TEST

/* --- idling --- */

START_TEST(test_an_idle_device_may_sleep_lightly_and_wakes_for_traffic)
{
	struct rig_user *u = rig_user(&r, RIG_ECHO);

	r.sim_config.idle_us = 2000;
	r.config.sideband_wake = _i;
	start();
	rig_open_ok(&r, RIG_ECHO);
	rig_offer_all(&r, RIG_ECHO);
	for (unsigned int i = 1; i <= 20; i++) {
		rig_advance(&r, 1000000);
		ck_assert_int_eq(engine_mhi_state(r.engine), MHI_STATE_M2);
		ck_assert_int_eq(engine_state(r.engine), ENGINE_READY);
		ck_assert_int_eq(rig_send(&r, RIG_ECHO, "hi", 2), LINK_OK);
		rig_advance(&r, 1000);
		ck_assert_uint_eq(u->arrived, i);
		rig_offer_all(&r, RIG_ECHO);
	}
	ck_assert_uint_eq(counts()->wakes, 0);
	ck_assert_int_eq(rig_power(&r, POWER_SUSPEND), 0);
	ck_assert_int_eq(engine_state(r.engine), ENGINE_SUSPENDED);
	ck_assert_int_eq(rig_power(&r, POWER_ON), 0);
}
END_TEST

START_TEST(test_sleeping_lightly_it_can_still_be_suspended_and_switched_off)
{
	r.sim_config.idle_us = 2000;
	r.config.sideband_wake = _i;
	start();
	rig_open_ok(&r, RIG_ECHO);
	rig_advance(&r, 1000000);
	ck_assert_int_eq(engine_mhi_state(r.engine), MHI_STATE_M2);
	ck_assert_int_eq(rig_power(&r, POWER_SUSPEND), 0);
	ck_assert_int_eq(rig_power(&r, POWER_RESUME), 0);
	rig_advance(&r, 1000000);
	ck_assert_int_eq(engine_mhi_state(r.engine), MHI_STATE_M2);
	ck_assert_int_eq(rig_power(&r, POWER_OFF), 0);
	ck_assert_int_eq(rig_user(&r, RIG_ECHO)->closed_why, -ENODEV);
}
END_TEST

START_TEST(test_what_comes_while_it_leaves_m2_keeps_it_from_being_suspended)
{
	r.sim_config.idle_us = 2000;
	start();
	rig_open_ok(&r, RIG_ECHO);
	rig_advance(&r, 1000000);
	ck_assert_int_eq(engine_mhi_state(r.engine), MHI_STATE_M2);
	ck_assert_int_eq(engine_power(r.engine, POWER_SUSPEND), POWER_STARTED);
	/* The device has no place for the echo: the message stays with it. */
	ck_assert_int_eq(rig_send(&r, RIG_ECHO, "hi", 2), LINK_OK);
	rig_advance(&r, 100000);
	ck_assert_int_eq(r.power_status, -EBUSY);
	ck_assert_int_eq(engine_state(r.engine), ENGINE_READY);
}
END_TEST

START_TEST(test_an_idle_engine_wants_nothing)
{
	start();
	for (unsigned int i = 0; i < 5; i++)
		rig_open_ok(&r, i);
	rig_offer_all(&r, RIG_ECHO);
	rig_advance(&r, 2000000);
	ck_assert(timers_next(&r.timers) == TIME_NEVER);
	ck_assert(!r.engine_wants_turn);
}
END_TEST

/* --- traffic --- */

START_TEST(test_every_kind_of_channel_carries_data)
{
	start();
	for (unsigned int chan = RIG_ECHO; chan < RIG_SBL; chan++) {
		struct rig_user *u = rig_user(&r, chan);

		rig_open_ok(&r, chan);
		for (int i = 0; i < 100; i++) {
			if (r.chans[chan].dir[LINK_DL].exists)
				rig_offer_all(&r, chan);
			if (r.chans[chan].dir[LINK_UL].exists)
				ck_assert_int_eq(rig_send(&r, chan, "hello", 5), LINK_OK);
			rig_advance(&r, 1000);
		}
		if (r.chans[chan].dir[LINK_UL].exists)
			ck_assert_uint_eq(u->taken, 100);
		if (r.chans[chan].dir[LINK_DL].exists)
			ck_assert_uint_ge(u->arrived, 100);
	}
	ck_assert_msg(r.n_complaints == 0, "%s", r.complaint);
	ck_assert_uint_eq(counts()->bad_events, 0);
}
END_TEST

/* The device's own memory rules: what it was shown is what it may touch. */
START_TEST(test_what_is_echoed_is_what_was_sent)
{
	struct rig_user *u = rig_user(&r, RIG_ECHO);
	uint8_t data[4096];

	start();
	rig_open_ok(&r, RIG_ECHO);
	for (unsigned int i = 0; i < 300; i++) {
		uint32_t len = 1 + i * 37 % sizeof(data);

		for (uint32_t j = 0; j < len; j++)
			data[j] = (uint8_t)(i + j);
		rig_offer(&r, RIG_ECHO);
		rig_send(&r, RIG_ECHO, data, len);
		rig_settle(&r);
		ck_assert_uint_eq(u->arrived, i + 1);
		for (unsigned int n = u->n_last - 2; n < u->n_last; n++) {
			if (u->last[n].dir != LINK_DL)
				continue;
			ck_assert_uint_eq(u->last[n].len, len);
			ck_assert_mem_eq(link_slot(r.link, RIG_ECHO, LINK_DL, u->last[n].slot),
					 data, len);
		}
	}
}
END_TEST

START_TEST(test_steady_traffic_reads_no_register_and_rings_twice_a_batch)
{
	struct engine_counts before;

	start();
	rig_open_ok(&r, RIG_SINK);
	rig_settle(&r);
	before = *counts();
	for (int batch = 0; batch < 1000; batch++) {
		for (int i = 0; i < 8; i++)
			ck_assert_int_eq(rig_send(&r, RIG_SINK, "x", 1), LINK_OK);
		rig_settle(&r);
	}
	ck_assert_uint_eq(counts()->submitted - before.submitted, 8000);
	ck_assert_uint_eq(counts()->returned - before.returned, 8000);
	ck_assert_uint_eq(counts()->mmio_reads, before.mmio_reads);
	ck_assert_uint_eq(counts()->mmio_writes, before.mmio_writes);
	ck_assert_uint_le(counts()->doorbells - before.doorbells, 2000);
}
END_TEST

START_TEST(test_lost_interrupts_lose_nothing)
{
	start();
	rig_open_ok(&r, RIG_ECHO);
	rig_settle(&r);
	r.is_mute = true;
	for (int i = 0; i < 20; i++) {
		rig_offer(&r, RIG_ECHO);
		ck_assert_int_eq(rig_send(&r, RIG_ECHO, "x", 1), LINK_OK);
		rig_advance(&r, 1000000);
	}
	ck_assert_uint_eq(rig_user(&r, RIG_ECHO)->taken, 20);
	ck_assert_uint_eq(rig_user(&r, RIG_ECHO)->arrived, 20);
	r.is_mute = false;
}
END_TEST

/* --- trouble --- */

/* While nobody listens yet, too. */
START_TEST(test_a_crash_at_any_turn_of_a_start_is_seen_at_once)
{
	bool is_up;

	rig_start(&r);
	ck_assert_int_eq(engine_power(r.engine, POWER_ON), POWER_STARTED);
	for (int i = 0; i < _i && engine_state(r.engine) == ENGINE_STARTING; i++)
		timers_advance(&r.timers, timers_next(&r.timers));
	is_up = engine_state(r.engine) == ENGINE_READY;
	sim_set_state_sys_err(r.sim);
	rig_advance(&r, 100000);
	/* One found before the start began is reset. */
	if (is_up || engine_state(r.engine) != ENGINE_READY)
		ck_assert_int_eq(engine_state(r.engine), ENGINE_ERROR);
	ck_assert_uint_eq(r.n_power_done, 1);
}
END_TEST

START_TEST(test_sys_err_ends_all_and_power_brings_it_back)
{
	start();
	for (int i = 0; i < 5; i++) {
		rig_open_ok(&r, RIG_ECHO);
		rig_offer_all(&r, RIG_ECHO);
		rig_settle(&r);
		sim_set_state_sys_err(r.sim);
		rig_settle(&r);
		ck_assert_int_eq(engine_state(r.engine), ENGINE_ERROR);
		ck_assert_int_eq(rig_user(&r, RIG_ECHO)->closed_why, -ECONNRESET);
		ck_assert(!r.is_offered[RIG_ECHO]);
		ck_assert_int_eq(rig_power(&r, i % 2 ? POWER_ON : POWER_RESET), 0);
		ck_assert(r.is_offered[RIG_ECHO]);
	}
}
END_TEST

START_TEST(test_a_change_of_environment_reads_the_register_once_for_many)
{
	uint64_t before;

	start();
	rig_open_ok(&r, RIG_ECHO);
	before = counts()->mmio_reads;
	for (int i = 0; i < 10; i++) {
		sim_set_ee(r.sim, MHI_EE_SBL);
		sim_set_ee(r.sim, MHI_EE_AMSS);
	}
	rig_settle(&r);
	ck_assert_uint_le(counts()->mmio_reads - before, 4);
	ck_assert_int_eq(engine_ee(r.engine), MHI_EE_AMSS);
	ck_assert_int_eq(engine_state(r.engine), ENGINE_READY);
}
END_TEST

START_TEST(test_an_environment_that_makes_no_sense_is_read_twice)
{
	start();
	sim_force_register(r.sim, 0x100 + BHI_EXECENV, 42);
	sim_set_ee(r.sim, MHI_EE_AMSS);
	rig_settle(&r);
	ck_assert_int_eq(engine_state(r.engine), ENGINE_READY);
	if (_i)
		sim_release_register(r.sim, 0x100 + BHI_EXECENV);
	rig_advance(&r, 100000);
	ck_assert_int_eq(engine_state(r.engine), _i ? ENGINE_READY : ENGINE_ERROR);
}
END_TEST

START_TEST(test_a_crash_shows_where_it_led_to)
{
	start();
	sim_force_register(r.sim, 0x100 + BHI_EXECENV, MHI_EE_RDDM);
	sim_set_state_sys_err(r.sim);
	rig_settle(&r);
	ck_assert_int_eq(engine_state(r.engine), ENGINE_ERROR);
	ck_assert_int_eq(engine_ee(r.engine), MHI_EE_RDDM);
}
END_TEST

START_TEST(test_falling_back_to_a_boot_loader_is_an_error)
{
	static const uint32_t ees[] = { MHI_EE_PBL, MHI_EE_RDDM, MHI_EE_EDL, MHI_EE_PTHRU };

	start();
	rig_open_ok(&r, RIG_ECHO);
	sim_set_ee(r.sim, ees[_i]);
	rig_settle(&r);
	ck_assert_int_eq(engine_state(r.engine), ENGINE_ERROR);
	ck_assert_int_eq(engine_ee(r.engine), (enum mhi_ee)ees[_i]);
	ck_assert_int_eq(rig_user(&r, RIG_ECHO)->closed_why, -ECONNRESET);
}
END_TEST

static unsigned int accesses(void)
{
	return (unsigned int)(counts()->mmio_reads + counts()->mmio_writes + counts()->doorbells);
}

/* One session; the cable is pulled somewhere in it. */
static void live(unsigned int pull_at)
{
	bool gone = false;

	engine_power(r.engine, POWER_ON);
	for (int step = 0; step < 60; step++) {
		if (!gone && accesses() >= pull_at)
			r.is_unplugged = gone = true;
		if (engine_state(r.engine) == ENGINE_READY) {
			if (!rig_user(&r, RIG_ECHO)->opened)
				rig_open(&r, RIG_ECHO);
			rig_offer(&r, RIG_ECHO);
			rig_send(&r, RIG_ECHO, "x", 1);
			if (step == 40)
				engine_power(r.engine, POWER_SUSPEND);
			if (step == 50)
				engine_power(r.engine, POWER_RESET);
		}
		rig_advance(&r, 100000);
	}
	if (gone)
		engine_gone(r.engine);
	rig_settle(&r);
}

START_TEST(test_pulling_the_cable_at_any_access_ends_in_gone)
{
	rig_start(&r);
	live((unsigned int)_i);
	ck_assert_int_eq(engine_state(r.engine), ENGINE_GONE);
	ck_assert_int_eq(engine_power(r.engine, POWER_ON), -ENODEV);
	ck_assert_uint_eq(r.n_forbidden, 0);
	ck_assert_uint_eq(counts()->submitted, counts()->returned);
	if (rig_user(&r, RIG_ECHO)->opened)
		ck_assert_int_eq(rig_open(&r, RIG_ECHO), -ENODEV);
}
END_TEST

/* --- a long life --- */

START_TEST(test_an_hour_of_modem_life)
{
	uint64_t began;

	r.sim_config.idle_us = 20000;
	start();
	began = r.timers.now_us;
	for (int minute = 0; minute < 60; minute++) {
		rig_open_ok(&r, RIG_ECHO);
		rig_open_ok(&r, RIG_CONTROL);
		for (int i = 0; i < 20; i++) {
			rig_offer(&r, RIG_ECHO);
			rig_send(&r, RIG_ECHO, "data", 4);
			rig_offer(&r, RIG_CONTROL);
			rig_send(&r, RIG_CONTROL, "control", 7);
			rig_advance(&r, 1000000);
		}
		rig_close(&r, RIG_CONTROL);
		rig_close(&r, RIG_ECHO);
		ck_assert_int_eq(rig_power(&r, POWER_SUSPEND), 0);
		rig_advance(&r, 30000000);
		ck_assert_int_eq(rig_power(&r, POWER_RESUME), 0);
		if (minute % 20 == 19)
			ck_assert_int_eq(rig_power(&r, POWER_RESET), 0);
		rig_advance(&r, 10000000);
	}
	ck_assert_uint_ge(r.timers.now_us - began, 3600000000);
	ck_assert_uint_eq(rig_user(&r, RIG_ECHO)->arrived, 1200);
	ck_assert_uint_eq(rig_user(&r, RIG_CONTROL)->arrived, 1200);
	ck_assert_uint_eq(counts()->bad_events, 0);
	ck_assert_uint_eq(r.n_noted, 0);
	ck_assert_msg(r.n_complaints == 0, "%s", r.complaint);
}
END_TEST

static TCase *new_case(Suite *s, const char *name)
{
	TCase *c = tcase_create(name);

	tcase_add_checked_fixture(c, setup, teardown);
	suite_add_tcase(s, c);
	return c;
}

int main(void)
{
	Suite *s = suite_create("engine");
	TCase *c = tcase_create("shape");

	tcase_add_checked_fixture(c, setup, NULL);
	tcase_add_loop_test(c, test_check_refuses_what_no_device_has, 0, 15);
	tcase_add_test(c, test_memory_is_whole_pages_and_holds_every_slot);
	suite_add_tcase(s, c);

	c = new_case(s, "start");
	tcase_add_test(c, test_check_accepts_the_rig);
	tcase_add_test(c, test_probe_refuses_without_writing);
	tcase_add_test(c, test_probe_refuses_a_short_bar);
	tcase_add_test(c, test_starts_within_the_time_of_its_device);
	tcase_add_loop_test(c, test_follows_a_device_through_its_boot_loaders, 0, 2);
	tcase_add_loop_test(c, test_resets_a_device_found_running_once, 0, 5);
	tcase_add_loop_test(c, test_never_writes_to_a_device_that_is_not_in_mission_mode, 0, 4);
	tcase_add_loop_test(c, test_strange_registers_end_in_error, 0, 6);
	tcase_add_loop_test(c, test_a_device_that_does_not_answer_ends_in_error, 0, 2);

	c = new_case(s, "power");
	tcase_add_test(c, test_off_and_on_many_times);
	tcase_add_test(c, test_reset_ends_channels_and_comes_back);
	tcase_add_test(c, test_suspends_and_resumes_with_channels_open);
	tcase_add_loop_test(c, test_traffic_wakes_a_suspended_device, 0, 2);
	tcase_add_test(c, test_traffic_while_falling_asleep_wakes_it_again);
	tcase_add_test(c, test_a_busy_device_is_not_suspended);
	tcase_add_test(c, test_suspend_that_is_not_answered_ends_in_error);
	tcase_add_test(c, test_a_device_without_m3_is_not_suspended);
	tcase_add_loop_test(c, test_a_suspended_device_can_be_switched_off, 0, 2);
	tcase_add_test(c, test_off_interrupts_anything);
	tcase_add_test(c, test_off_is_short_when_nothing_answers);
	tcase_add_loop_test(c, test_an_idle_device_may_sleep_lightly_and_wakes_for_traffic, 0, 2);
	tcase_add_loop_test(c, test_sleeping_lightly_it_can_still_be_suspended_and_switched_off,
			    0, 2);
	tcase_add_test(c, test_what_comes_while_it_leaves_m2_keeps_it_from_being_suspended);
	tcase_add_test(c, test_an_idle_engine_wants_nothing);

	c = new_case(s, "traffic");
	tcase_add_test(c, test_every_kind_of_channel_carries_data);
	tcase_add_test(c, test_what_is_echoed_is_what_was_sent);
	tcase_add_test(c, test_steady_traffic_reads_no_register_and_rings_twice_a_batch);
	tcase_add_test(c, test_lost_interrupts_lose_nothing);

	c = new_case(s, "trouble");
	tcase_add_loop_test(c, test_a_crash_at_any_turn_of_a_start_is_seen_at_once, 0, 30);
	tcase_add_test(c, test_sys_err_ends_all_and_power_brings_it_back);
	tcase_add_test(c, test_a_change_of_environment_reads_the_register_once_for_many);
	tcase_add_loop_test(c, test_an_environment_that_makes_no_sense_is_read_twice, 0, 2);
	tcase_add_test(c, test_a_crash_shows_where_it_led_to);
	tcase_add_loop_test(c, test_falling_back_to_a_boot_loader_is_an_error, 0, 4);
	tcase_add_loop_test(c, test_pulling_the_cable_at_any_access_ends_in_gone, 0, 120);
	tcase_add_test(c, test_an_hour_of_modem_life);
	return suite_run(s);
}
