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

START_TEST(test_registers_identify_a_ready_modem)
{
	ck_assert_uint_eq(sim_read32(host.sim, MHIREGLEN), SIM_BAR_LEN);
	ck_assert_uint_eq(sim_read32(host.sim, MHIVER), 0x01000000);
	ck_assert_uint_eq(sim_read32(host.sim, MHICFG), 0x0280);
	ck_assert_uint_eq(sim_read32(host.sim, CHDBOFF), CHDB);
	ck_assert_uint_eq(sim_read32(host.sim, ERDBOFF), ERDB);
	ck_assert_uint_eq(sim_read32(host.sim, BHIOFF), BHI);
	ck_assert_uint_eq(sim_read32(host.sim, BHI + BHI_EXECENV), MHI_EE_AMSS);
	ck_assert_uint_eq(sim_read32(host.sim, MHISTATUS), 0x101);
}
END_TEST

START_TEST(test_reads_beyond_the_bar_are_all_ones)
{
	ck_assert_uint_eq(sim_read32(host.sim, SIM_BAR_LEN), MHI_ALL_ONES);
	ck_assert_uint_eq(sim_read32(host.sim, 2), MHI_ALL_ONES);
	ck_assert_uint_eq(sim_read32(host.sim, MHI_ALL_ONES), MHI_ALL_ONES);
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

START_TEST(test_an_echo_comes_back)
{
	struct tre_copy ev;
	iova_t to;

	host_boot(&host);
	host_start(&host, 0, CHTYPE_UL, 16);
	host_start(&host, 1, CHTYPE_DL, 16);
	to = host_offer(&host, 1, 64);
	host_ring(&host, 1);
	host_send(&host, 0, "hello", 5);
	ck_assert(host_event(&host, 1, &ev));
	ck_assert_uint_eq(ev.dword[0], 0x02000005);
	ck_assert_uint_eq(ev.dword[1], 0x01220000);
	ck_assert(host_event(&host, 1, &ev));
	ck_assert_uint_eq(ev.dword[1], 0x00220000);
	ck_assert(!host_event(&host, 1, &ev));
	ck_assert_mem_eq(host_cpu(&host, to), "hello", 5);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("sim");
	TCase *t = tcase_create("registers");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_registers_identify_a_ready_modem);
	tcase_add_test(t, test_reads_beyond_the_bar_are_all_ones);
	tcase_add_test(t, test_m0_is_announced_and_then_the_environment);
	tcase_add_test(t, test_an_echo_comes_back);
	suite_add_tcase(s, t);
	return suite_run(s);
}
