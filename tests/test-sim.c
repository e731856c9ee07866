/* What the simulated modem does when its registers are written. */
#include "sim-host.h"
#include "suite.h"

static struct host host;

static void setup(void)
{
	host_open(&host, &sim_config_default);
}

static void teardown(void)
{
	host_close(&host);
}

static void reopen(const struct sim_config *c)
{
	host_close(&host);
	host_open(&host, c);
}

static void expect_event(enum tre_type type, unsigned int code)
{
	struct tre_copy ev;

	ck_assert(host_event(&host, 0, &ev));
	ck_assert_uint_eq(tre_type(ev), type);
	ck_assert_uint_eq(tre_code(ev), code);
}

static void expect_silence(void)
{
	struct tre_copy ev;

	for (unsigned int i = 0; i < HOST_ERINGS; i++)
		ck_assert(!host_event(&host, i, &ev));
}

START_TEST(test_registers_identify_a_ready_modem)
{
	ck_assert_uint_eq(sim_read32(host.sim, MHIREGLEN), SIM_BAR_LEN);
	ck_assert_uint_eq(sim_read32(host.sim, MHIVER), 0x01000000);
	ck_assert_uint_eq(sim_read32(host.sim, MHICFG), 0x0280);
	ck_assert_uint_eq(sim_read32(host.sim, CHDBOFF), CHDB);
	ck_assert_uint_eq(sim_read32(host.sim, ERDBOFF), ERDB);
	ck_assert_uint_eq(sim_read32(host.sim, BHIOFF), BHI);
	ck_assert_uint_eq(sim_read32(host.sim, BHIEOFF), BHIE);
	ck_assert_uint_eq(sim_read32(host.sim, MISCOFF), 0);
	ck_assert_uint_eq(sim_read32(host.sim, BHI + BHI_EXECENV), MHI_EE_AMSS);
	ck_assert_uint_eq(sim_read32(host.sim, MHISTATUS), 0x101);
}
END_TEST

START_TEST(test_reads_beyond_the_bar_are_all_ones)
{
	ck_assert_uint_eq(sim_read32(host.sim, SIM_BAR_LEN), MHI_ALL_ONES);
	ck_assert_uint_eq(sim_read32(host.sim, 2), MHI_ALL_ONES);
	ck_assert_uint_eq(sim_read32(host.sim, MHI_ALL_ONES), MHI_ALL_ONES);
	sim_write32(host.sim, SIM_BAR_LEN, 1);
	sim_write32(host.sim, MHI_ALL_ONES, 1);
}
END_TEST

START_TEST(test_read_only_registers_stay)
{
	static const uint32_t offsets[] = { MHIREGLEN, MHIVER, CHDBOFF, ERDBOFF, BHIOFF,
					    MHISTATUS, BHI + BHI_EXECENV, SOC_HW_VERSION };

	for (unsigned int i = 0; i < ARRAY_SIZE(offsets); i++) {
		uint32_t before = sim_read32(host.sim, offsets[i]);

		sim_write32(host.sim, offsets[i], ~before);
		ck_assert_uint_eq(sim_read32(host.sim, offsets[i]), before);
	}
	sim_write32(host.sim, MHICFG, 0x03050000);
	ck_assert_uint_eq(sim_read32(host.sim, MHICFG), 0x03050280);
}
END_TEST

START_TEST(test_m0_is_announced_and_then_the_environment)
{
	host_boot(&host);
	ck_assert_uint_eq(sim_read32(host.sim, MHISTATUS), 0x201);
	ck_assert_uint_eq(host.irqs[1], 1);
	ck_assert_uint_eq(host.complaints, 0);
}
END_TEST

START_TEST(test_nothing_happens_before_the_turn)
{
	struct tre_copy ev;

	host_prepare(&host);
	sim_write32(host.sim, MHICTRL, MHI_STATE_M0 << MHICTRL_MHISTATE_SHIFT);
	ck_assert(host.is_turn_wanted);
	ck_assert_uint_eq(host_state(&host), MHI_STATE_READY);
	ck_assert(!host_event(&host, 0, &ev));
}
END_TEST

START_TEST(test_one_vector_serves_all_rings)
{
	sim_set_vectors(host.sim, 1);
	host_boot(&host);
	ck_assert_uint_eq(host.irqs[0], 1);
	ck_assert_uint_eq(host.irqs[1], 0);
}
END_TEST

START_TEST(test_reset_forgets_everything_and_gets_ready)
{
	host_boot(&host);
	host_start(&host, 0, CHTYPE_UL, 16);
	sim_write32(host.sim, BHI + BHI_INTVEC, 3);
	sim_write32(host.sim, MHICTRL, MHICTRL_RESET);
	ck_assert_uint_eq(sim_read32(host.sim, MHISTATUS), 0);
	ck_assert_uint_eq(sim_read32(host.sim, BHI + BHI_INTVEC), 0);
	ck_assert_uint_eq(sim_counts(host.sim)->running, 0);
	host_settle(&host);
	ck_assert_uint_eq(sim_read32(host.sim, MHICTRL), 0);
	ck_assert_uint_eq(sim_read32(host.sim, MHISTATUS), 0x101);
	ck_assert_uint_eq(sim_read32(host.sim, CCABAP_LOWER), 0);
	expect_silence();
	host_boot(&host);
	host_start(&host, 0, CHTYPE_UL, 32);
}
END_TEST

START_TEST(test_delays_are_kept)
{
	struct sim_config c = sim_config_default;

	c.reset_us = 1000;
	c.ready_us = 2000;
	c.m0_us = 500;
	c.m3_us = 600;
	c.command_us = 50;
	reopen(&c);
	ck_assert_uint_eq(sim_read32(host.sim, MHISTATUS), 0);
	host_at(&host, 1999);
	ck_assert_uint_eq(sim_read32(host.sim, MHISTATUS), 0);
	host_at(&host, 2000);
	ck_assert_uint_eq(sim_read32(host.sim, MHISTATUS), 0x101);
	sim_write32(host.sim, MHICTRL, MHICTRL_RESET);
	host_at(&host, 2999);
	ck_assert_uint_eq(sim_read32(host.sim, MHICTRL), MHICTRL_RESET);
	host_at(&host, 3000);
	ck_assert_uint_eq(sim_read32(host.sim, MHICTRL), 0);
	ck_assert_uint_eq(sim_read32(host.sim, MHISTATUS), 0);
	host_at(&host, 5000);
	host_prepare(&host);
	host_ask(&host, MHI_STATE_M0);
	host_at(&host, 5499);
	expect_silence();
	host_at(&host, 5500);
	expect_event(TRE_EV_STATE, MHI_STATE_M0);
	expect_event(TRE_EV_EE, MHI_EE_AMSS);
	ck_assert_uint_eq(host_command(&host, TRE_CMD_NOOP, 0), 0);
	host_at(&host, 5550);
	expect_event(TRE_EV_CMD, EV_CODE_SUCCESS);
	host_ask(&host, MHI_STATE_M3);
	expect_silence();
	host_at(&host, 6150);
	expect_event(TRE_EV_STATE, MHI_STATE_M3);
}
END_TEST

START_TEST(test_m3_and_back)
{
	host_boot(&host);
	host_ask(&host, MHI_STATE_M3);
	ck_assert_uint_eq(sim_read32(host.sim, MHISTATUS), 0x501);
	expect_event(TRE_EV_STATE, MHI_STATE_M3);
	host_ask(&host, MHI_STATE_M0);
	expect_event(TRE_EV_STATE, MHI_STATE_M0);
	expect_silence();
}
END_TEST

START_TEST(test_m3_holds_traffic_until_m0)
{
	struct tre_copy ev;

	host_boot(&host);
	host_start(&host, 0, CHTYPE_UL, 16);
	host_start(&host, 1, CHTYPE_DL, 16);
	host_offer(&host, 1, 64);
	host_ring(&host, 1);
	host_ask(&host, MHI_STATE_M3);
	expect_event(TRE_EV_STATE, MHI_STATE_M3);
	host_send(&host, 0, "x", 1);
	ck_assert(!host_event(&host, 1, &ev));
	host_ask(&host, MHI_STATE_M0);
	expect_event(TRE_EV_STATE, MHI_STATE_M0);
	ck_assert(host_event(&host, 1, &ev));
}
END_TEST

/* A modem that is idle for 10 ms announces M1. */
static void boot_idle(void)
{
	struct sim_config c = sim_config_default;

	c.idle_us = 10000;
	reopen(&c);
	host_boot(&host);
	host_at(&host, 9999);
	expect_silence();
	host_at(&host, 10000);
	expect_event(TRE_EV_STATE, MHI_STATE_M1);
}

START_TEST(test_an_idle_modem_announces_m1_and_is_granted_m2)
{
	boot_idle();
	host_ask(&host, MHI_STATE_M2);
	ck_assert_uint_eq(sim_read32(host.sim, MHISTATUS), 0x401);
	expect_silence();
	ck_assert_uint_eq(timers_next(&host.timers), TIME_NEVER);
}
END_TEST

START_TEST(test_a_doorbell_ends_m2)
{
	struct sim_config c = sim_config_default;
	struct tre_copy ev;

	c.idle_us = 10000;
	reopen(&c);
	host_boot(&host);
	host_start(&host, 60, CHTYPE_UL, 16);
	host_at(&host, 10000);
	expect_event(TRE_EV_STATE, MHI_STATE_M1);
	host_ask(&host, MHI_STATE_M2);
	host_send(&host, 60, "x", 1);
	expect_event(TRE_EV_STATE, MHI_STATE_M0);
	ck_assert(host_event(&host, 1, &ev));
	host_at(&host, 20000);
	expect_event(TRE_EV_STATE, MHI_STATE_M1);
}
END_TEST

START_TEST(test_the_wake_doorbell_ends_m2_and_keeps_awake)
{
	boot_idle();
	host_ask(&host, MHI_STATE_M2);
	host_write64(&host, CHDB + 8 * MHI_WAKE_DB, 1);
	host_settle(&host);
	expect_event(TRE_EV_STATE, MHI_STATE_M0);
	host_at(&host, 1000000);
	expect_silence();
	host_write64(&host, CHDB + 8 * MHI_WAKE_DB, 0);
	host_at(&host, 1010000);
	expect_event(TRE_EV_STATE, MHI_STATE_M1);
}
END_TEST

START_TEST(test_handing_back_event_slots_is_no_wake)
{
	boot_idle();
	host_ask(&host, MHI_STATE_M2);
	host_give_back(&host, 0);
	host_settle(&host);
	ck_assert_uint_eq(host_state(&host), MHI_STATE_M2);
}
END_TEST

START_TEST(test_the_host_can_force_a_crash)
{
	host_boot(&host);
	sim_write32(host.sim, BHI + BHI_INTVEC, 5);
	host_ask(&host, MHI_STATE_SYS_ERR);
	ck_assert_uint_eq(sim_read32(host.sim, MHISTATUS), 0xff05);
	ck_assert_uint_eq(sim_read32(host.sim, BHI + BHI_EXECENV), MHI_EE_RDDM);
	expect_event(TRE_EV_STATE, MHI_STATE_SYS_ERR);
	ck_assert_uint_eq(host.irqs[5], 1);
	sim_write32(host.sim, MHICTRL, MHICTRL_RESET);
	host_settle(&host);
	ck_assert_uint_eq(sim_read32(host.sim, BHI + BHI_EXECENV), MHI_EE_AMSS);
	host_boot(&host);
}
END_TEST

START_TEST(test_a_crash_shows_in_all_three_places)
{
	host_boot(&host);
	host_start(&host, 0, CHTYPE_UL, 16);
	sim_set_state_sys_err(host.sim);
	ck_assert_uint_eq(host_state(&host), MHI_STATE_SYS_ERR);
	expect_event(TRE_EV_STATE, MHI_STATE_SYS_ERR);
	ck_assert_uint_eq(host.irqs[0], 1);
	ck_assert_uint_eq(sim_counts(host.sim)->running, 0);
	host_ask(&host, MHI_STATE_M0);
	ck_assert_uint_eq(host_state(&host), MHI_STATE_SYS_ERR);
	sim_write32(host.sim, MHICTRL, MHICTRL_RESET);
	host_settle(&host);
	ck_assert_uint_eq(host_state(&host), MHI_STATE_READY);
}
END_TEST

START_TEST(test_soc_reset_is_a_power_cycle)
{
	host_boot(&host);
	sim_write32(host.sim, SOC_RESET_REQ, 1);
	host_settle(&host);
	ck_assert_uint_eq(sim_read32(host.sim, MHISTATUS), 0x101);
	ck_assert_uint_eq(sim_read32(host.sim, ECABAP_LOWER), 0);
	host_boot(&host);
	host_write64(&host, CHDB + 8 * MHI_EDL_DB, 0xedededed);
	sim_write32(host.sim, SOC_RESET_REQ, 1);
	ck_assert_uint_eq(sim_read32(host.sim, BHI + BHI_EXECENV), MHI_EE_EDL);
	ck_assert_uint_eq(sim_read32(host.sim, MHISTATUS), 0);
}
END_TEST

START_TEST(test_a_modem_boots_from_pbl_by_itself)
{
	struct sim_config c = sim_config_default;

	c.first_ee = MHI_EE_PBL;
	c.boot_us = 1000;
	reopen(&c);
	ck_assert_uint_eq(sim_read32(host.sim, BHI + BHI_EXECENV), MHI_EE_PBL);
	ck_assert_uint_eq(sim_read32(host.sim, MHISTATUS), 0);
	host_at(&host, 1000);
	ck_assert_uint_eq(sim_read32(host.sim, BHI + BHI_EXECENV), MHI_EE_SBL);
	ck_assert_uint_eq(host_state(&host), MHI_STATE_READY);
	host_prepare(&host);
	host_ask(&host, MHI_STATE_M0);
	expect_event(TRE_EV_STATE, MHI_STATE_M0);
	expect_event(TRE_EV_EE, MHI_EE_SBL);
	host_at(&host, 2000);
	expect_event(TRE_EV_EE, MHI_EE_AMSS);
	ck_assert_uint_eq(host_state(&host), MHI_STATE_M0);
}
END_TEST

START_TEST(test_boot_loaders_ignore_reset)
{
	struct sim_config c = sim_config_default;

	c.first_ee = MHI_EE_PBL;
	c.boot_us = 1000;
	reopen(&c);
	sim_write32(host.sim, MHICTRL, MHICTRL_RESET);
	host_at(&host, 1000);
	host_at(&host, 1999);
	ck_assert_uint_eq(sim_read32(host.sim, MHICTRL), MHICTRL_RESET);
	host_at(&host, 2000);	/* firmware finds it */
	ck_assert_uint_eq(sim_read32(host.sim, MHICTRL), 0);
	ck_assert_uint_eq(host_state(&host), MHI_STATE_READY);
}
END_TEST

static iova_t make_image(uint32_t len)
{
	return host_alloc(&host, SIM_READS, len, 16);
}

START_TEST(test_bhi_takes_an_image_and_goes_on)
{
	struct sim_config c = sim_config_default;

	c.first_ee = MHI_EE_EDL;
	reopen(&c);
	sim_write32(host.sim, BHI + BHI_IMGADDR_HIGH, 0);
	sim_write32(host.sim, BHI + BHI_IMGADDR_LOW, (uint32_t)make_image(5000));
	sim_write32(host.sim, BHI + BHI_IMGSIZE, 5000);
	sim_write32(host.sim, BHI + BHI_IMGTXDB, 1);
	host_settle(&host);
	ck_assert_uint_eq(sim_read32(host.sim, BHI + BHI_STATUS), 2u << 30);
	ck_assert_uint_eq(sim_read32(host.sim, BHI + BHI_EXECENV), MHI_EE_FP);
	ck_assert_uint_eq(host_state(&host), MHI_STATE_READY);
	ck_assert_uint_ge(host.irqs[0], 1);
}
END_TEST

/* As a host does that found the device in EDL and could not stop it. */
START_TEST(test_a_programmer_finds_the_reset_that_its_loader_ignored)
{
	struct sim_config c = sim_config_default;

	c.first_ee = MHI_EE_EDL;
	reopen(&c);
	sim_write32(host.sim, MHICTRL, MHICTRL_RESET);
	host_settle(&host);
	ck_assert_uint_eq(sim_read32(host.sim, MHICTRL), MHICTRL_RESET);
	sim_write32(host.sim, BHI + BHI_IMGADDR_LOW, (uint32_t)make_image(5000));
	sim_write32(host.sim, BHI + BHI_IMGSIZE, 5000);
	sim_write32(host.sim, BHI + BHI_IMGTXDB, 1);
	host_settle(&host);
	ck_assert_uint_eq(sim_read32(host.sim, BHI + BHI_EXECENV), MHI_EE_FP);
	ck_assert_uint_eq(sim_read32(host.sim, MHICTRL), 0);
	ck_assert_uint_eq(host_state(&host), MHI_STATE_READY);
}
END_TEST

START_TEST(test_bhi_refuses_an_image_it_cannot_read)
{
	struct sim_config c = sim_config_default;

	c.first_ee = MHI_EE_EDL;
	reopen(&c);
	sim_write32(host.sim, BHI + BHI_IMGADDR_LOW, 0x66600000);
	sim_write32(host.sim, BHI + BHI_IMGSIZE, 5000);
	sim_write32(host.sim, BHI + BHI_IMGTXDB, 1);
	host_settle(&host);
	ck_assert_uint_eq(sim_read32(host.sim, BHI + BHI_STATUS), 3u << 30);
	ck_assert_uint_eq(sim_read32(host.sim, BHI + BHI_EXECENV), MHI_EE_EDL);
	ck_assert_uint_eq(sim_counts(host.sim)->refused_dma, 1);
}
END_TEST

START_TEST(test_bhie_walks_the_vector)
{
	struct sim_config c = sim_config_default;
	iova_t table;

	c.first_ee = MHI_EE_SBL;
	c.boot_us = 1000000;
	reopen(&c);
	table = host_alloc(&host, SIM_READS, 32, 16);
	for (unsigned int i = 0; i < 2; i++) {
		put_le32((uint8_t *)host_cpu(&host, table) + 16 * i, (uint32_t)make_image(4096));
		put_le32((uint8_t *)host_cpu(&host, table) + 16 * i + 8, 4096);
	}
	sim_write32(host.sim, BHIE + BHIE_TXVECADDR_LOW, (uint32_t)table);
	sim_write32(host.sim, BHIE + BHIE_TXVECSIZE, 32);
	sim_write32(host.sim, BHIE + BHIE_TXVECDB, 77);
	host_settle(&host);
	ck_assert_uint_eq(sim_read32(host.sim, BHIE + BHIE_TXVECSTATUS), 2u << 30 | 77);
	ck_assert_uint_eq(sim_read32(host.sim, BHI + BHI_EXECENV), MHI_EE_AMSS);
}
END_TEST

START_TEST(test_moods_are_kept)
{
	host_boot(&host);
	sim_set_mood(host.sim, SIM_DEAF_TO_COMMANDS);
	ck_assert_uint_eq(host_command(&host, TRE_CMD_NOOP, 0), 0);
	sim_set_mood(host.sim, SIM_REFUSES_START);
	host_describe(&host, 0, CHTYPE_UL, 16, 1);
	ck_assert_uint_eq(host_command(&host, TRE_CMD_START_CHAN, 0), EV_CODE_UNDEFINED_ERR);
	sim_set_mood(host.sim, SIM_IGNORES_M3);
	host_ask(&host, MHI_STATE_M3);
	ck_assert_uint_eq(host_state(&host), MHI_STATE_M0);
	sim_set_mood(host.sim, SIM_IGNORES_M0);
	sim_write32(host.sim, MHICTRL, MHICTRL_RESET);
	host_settle(&host);
	host_prepare(&host);
	host_ask(&host, MHI_STATE_M0);
	ck_assert_uint_eq(host_state(&host), MHI_STATE_READY);
	sim_set_mood(host.sim, SIM_NEVER_READY);
	sim_write32(host.sim, MHICTRL, MHICTRL_RESET);
	host_settle(&host);
	ck_assert_uint_eq(sim_read32(host.sim, MHICTRL), 0);
	ck_assert_uint_eq(sim_read32(host.sim, MHISTATUS), 0);
}
END_TEST

START_TEST(test_forced_registers_lie_until_released)
{
	sim_force_register(host.sim, CHDBOFF, 0xfffffff0);
	sim_force_register(host.sim, CHDBOFF, 0x12345678);
	sim_force_register(host.sim, MHISTATUS, MHI_ALL_ONES);
	ck_assert_uint_eq(sim_read32(host.sim, CHDBOFF), 0x12345678);
	sim_release_register(host.sim, CHDBOFF);
	ck_assert_uint_eq(sim_read32(host.sim, CHDBOFF), CHDB);
	ck_assert_uint_eq(sim_read32(host.sim, MHISTATUS), MHI_ALL_ONES);
	sim_release_register(host.sim, MHISTATUS);
}
END_TEST

START_TEST(test_injected_events_arrive_as_they_are)
{
	struct tre_copy ev;

	host_boot(&host);
	sim_inject_event(host.sim, 2, 0x1122334455667788, 0xaabbccdd, 0x01020304);
	ck_assert(host_event(&host, 2, &ev));
	ck_assert_uint_eq(ev.ptr, 0x1122334455667788);
	ck_assert_uint_eq(ev.dword[0], 0xaabbccdd);
	ck_assert_uint_eq(ev.dword[1], 0x01020304);
	ck_assert_uint_eq(host.irqs[3], 1);
	sim_inject_event_rp(host.sim, 2, 7);
	ck_assert_uint_eq(le64_get(&host_event_ctx(&host, 2)->rp), 7);
	ck_assert_uint_eq(host.irqs[3], 2);
	sim_set_ee(host.sim, MHI_EE_RDDM);
	expect_event(TRE_EV_EE, MHI_EE_RDDM);
}
END_TEST

/* Whatever the contexts say, M0 ends in M0 or in SYS_ERR. */
static void break_context(unsigned int what)
{
	struct event_ctx *er = host_event_ctx(&host, 1);
	struct cmd_ctx *cmd = host_cpu(&host, host.cmd_ctx);

	switch (what) {
	case 0: le32_set(&er->ertype, 0); break;
	case 1: le64_set(&er->rbase, 0); break;
	case 2: le64_set(&er->rbase, host.events[1].base + 16); break;
	case 3: le64_set(&er->rlen, 48); break;
	case 4: le64_set(&er->rlen, 1ull << 40); break;
	case 5: le64_set(&er->rp, host.events[1].base + 8); break;
	case 6: le64_set(&er->wp, host.events[1].base - 16); break;
	case 7: le64_set(&cmd->rbase, 1); break;
	case 8: le64_set(&cmd->rlen, 0); break;
	case 9: le64_set(&cmd->rp, 0); break;
	case 10: host_write64(&host, ECABAP_LOWER, 0x70000000); break;
	case 11: host_write64(&host, CRCBAP_LOWER, HOST_READS); break;	/* not writable */
	case 12: sim_write32(host.sim, MHICFG, 0); break;
	case 13: sim_write32(host.sim, MHICFG, 33u << MHICFG_NER_SHIFT); break;
	case 14: host_write64(&host, MHICTRLLIMIT_LOWER, HOST_WRITES - 1); break;
	}
}

START_TEST(test_senseless_contexts_crash_the_modem)
{
	host_prepare(&host);
	break_context((unsigned int)_i);
	host_ask(&host, MHI_STATE_M0);
	ck_assert_uint_eq(host_state(&host), MHI_STATE_SYS_ERR);
	ck_assert_uint_ge(host.complaints, 1);
	ck_assert_uint_ge(host.irqs[0], 1);
}
END_TEST

START_TEST(test_a_ring_that_leaves_the_memory_crashes_the_modem)
{
	host_prepare(&host);
	le64_set(&host_event_ctx(&host, 0)->rbase, HOST_READS);
	le64_set(&host_event_ctx(&host, 0)->rp, HOST_READS);
	le64_set(&host_event_ctx(&host, 0)->wp, HOST_READS + 16 * 60);
	host_ask(&host, MHI_STATE_M0);
	ck_assert_uint_eq(host_state(&host), MHI_STATE_SYS_ERR);
	ck_assert_uint_ge(sim_counts(host.sim)->refused_dma, 1);
}
END_TEST

START_TEST(test_unknown_lives_and_doubled_channels_are_refused)
{
	static const struct sim_chan unknown[] = { { 0, 1, "dance" } };
	static const struct sim_chan doubled[] = { { 0, 1, "echo" }, { 2, 1, "echo" } };
	static const struct sim_chan too_high[] = { { 127, SIM_NO_CHANNEL, "echo" } };
	static const struct sim_chan *const bad[] = { unknown, doubled, too_high };
	static const unsigned int n[] = { 1, 2, 1 };
	struct sim_config c = sim_config_default;
	struct timers timers;

	timers_init(&timers);
	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
		c.chans = bad[i];
		c.n_chans = n[i];
		ck_assert_ptr_null(sim_new(&c, &timers, NULL, NULL));
	}
	ck_assert(!sim_life_is_known("dance"));
	ck_assert(sim_life_is_known("swallow"));
	ck_assert_str_eq(sim_life_for_name("DUN2"), "at");
	ck_assert_str_eq(sim_life_for_name("IPCR"), "echo");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("sim");
	TCase *t = tcase_create("registers");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_registers_identify_a_ready_modem);
	tcase_add_test(t, test_reads_beyond_the_bar_are_all_ones);
	tcase_add_test(t, test_read_only_registers_stay);
	tcase_add_test(t, test_m0_is_announced_and_then_the_environment);
	tcase_add_test(t, test_nothing_happens_before_the_turn);
	tcase_add_test(t, test_one_vector_serves_all_rings);
	tcase_add_test(t, test_reset_forgets_everything_and_gets_ready);
	tcase_add_test(t, test_delays_are_kept);
	tcase_add_test(t, test_m3_and_back);
	tcase_add_test(t, test_m3_holds_traffic_until_m0);
	tcase_add_test(t, test_an_idle_modem_announces_m1_and_is_granted_m2);
	tcase_add_test(t, test_a_doorbell_ends_m2);
	tcase_add_test(t, test_the_wake_doorbell_ends_m2_and_keeps_awake);
	tcase_add_test(t, test_handing_back_event_slots_is_no_wake);
	tcase_add_test(t, test_the_host_can_force_a_crash);
	tcase_add_test(t, test_a_crash_shows_in_all_three_places);
	tcase_add_test(t, test_soc_reset_is_a_power_cycle);
	tcase_add_test(t, test_a_modem_boots_from_pbl_by_itself);
	tcase_add_test(t, test_boot_loaders_ignore_reset);
	tcase_add_test(t, test_bhi_takes_an_image_and_goes_on);
	tcase_add_test(t, test_a_programmer_finds_the_reset_that_its_loader_ignored);
	tcase_add_test(t, test_bhi_refuses_an_image_it_cannot_read);
	tcase_add_test(t, test_bhie_walks_the_vector);
	tcase_add_test(t, test_moods_are_kept);
	tcase_add_test(t, test_forced_registers_lie_until_released);
	tcase_add_test(t, test_injected_events_arrive_as_they_are);
	tcase_add_loop_test(t, test_senseless_contexts_crash_the_modem, 0, 15);
	tcase_add_test(t, test_a_ring_that_leaves_the_memory_crashes_the_modem);
	tcase_add_test(t, test_unknown_lives_and_doubled_channels_are_refused);
	suite_add_tcase(s, t);
	return suite_run(s);
}
