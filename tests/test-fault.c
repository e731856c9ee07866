/* Faults of the simulated modem: how they are written, and when they come. */
#include "sim/fault.h"
#include "tests/sim-host.h"
#include "tests/suite.h"
#include <errno.h>

static struct host h;
static struct sim_fault f;

static void setup(void)
{
	host_open(&h, &sim_config_default);
}

static void teardown(void)
{
	host_close(&h);
}

static void arm(const char *text)
{
	const char *why = "";

	ck_assert_msg(sim_fault_parse(text, &f, &why) == 0, "%s: %s", text, why);
	ck_assert(sim_fault_arm(h.sim, &f));
}

/* --- the text --- */

START_TEST(test_a_fault_is_a_number_and_its_first_case)
{
	arm("F17");
	ck_assert_uint_eq(f.id, 17);
	ck_assert_uint_eq(f.number, 0);
	arm("F02");
	ck_assert_int_eq(f.deed, DEED_LOSE);
}
END_TEST

START_TEST(test_each_moment_has_its_word)
{
	static const struct { const char *text; enum sim_fault_when when; uint64_t k; } words[] = {
		{ "F17@250us", SIM_WHEN_TIME, 250 }, { "F17@100ms", SIM_WHEN_TIME, 100000 },
		{ "F17@2s", SIM_WHEN_TIME, 2000000 }, { "F17@read#9", SIM_WHEN_READ, 9 },
		{ "F17@write#1", SIM_WHEN_WRITE, 1 }, { "F17@event#5", SIM_WHEN_EVENT, 5 },
		{ "F17@M3", SIM_WHEN_STATE, MHI_STATE_M3 },
		{ "F17@SYS_ERR", SIM_WHEN_STATE, MHI_STATE_SYS_ERR },
	};
	const char *why;

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		ck_assert_int_eq(sim_fault_parse(words[i].text, &f, &why), 0);
		ck_assert_int_eq(f.when, words[i].when);
		ck_assert_uint_eq(f.k, words[i].k);
	}
}
END_TEST

START_TEST(test_keys_change_a_case_wherever_it_is_named)
{
	arm("F11@M0:ring=2:value=0x10,case=3:times=7,every=9:delay=8:channel=4");
	ck_assert_uint_eq(f.number, 2);
	ck_assert_uint_eq(f.ring, 2);
	ck_assert_uint_eq(f.value, 0x10);
	ck_assert_uint_eq(f.times, 7);
	ck_assert_uint_eq(f.every_us, 9);
	ck_assert_uint_eq(f.delay_us, 8);
	ck_assert_uint_eq(f.chan, 4);
}
END_TEST

START_TEST(test_what_is_no_fault_is_refused_with_a_reason)
{
#define TEN "value=1,value=1,value=1,value=1,value=1,value=1,value=1,value=1,value=1,value=1,"
	static const char too_long[] = "F17," TEN TEN;
	const char *const wrong[] = {
		"", "F", "17", "F0", "F58", "F91", "F999999999999", "f17", "F17@", "F17@soon",
		"F17@read#", "F17@read#0", "F17@9", "F17@9h", "F17@M9", "F17@99999999999999s",
		"F17,case=0", "F17,case=513", "F17,case=x", "F17,case=1,case=2", "F17,ring=32", "F17,channel=128",
		"F17,times", "F17,=3", "F17,times=-1", "F17,times=4294967296", "F17,colour=3",
		"F17@1ms,value=99999999999999999999999999",
		too_long,
	};
	const struct sim_fault before = f;

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		const char *why = NULL;

		ck_assert_msg(sim_fault_parse(wrong[i], &f, &why) == -EINVAL, "%s", wrong[i]);
		ck_assert_ptr_nonnull(why);
	}
	ck_assert_mem_eq(&before, &f, sizeof(f));
}
END_TEST

START_TEST(test_every_row_describes_all_its_cases)
{
	const struct sim_fault_kind *kind;
	unsigned int last = 0;

	for (unsigned int i = 0; (kind = sim_fault_kind(i)); i++) {
		ck_assert_uint_gt(kind->id, last);
		last = kind->id;
		for (unsigned int c = 0; c < kind->n_cases; c++) {
			ck_assert(sim_fault_find(kind->id, c, &f));
			ck_assert_uint_eq(f.number, c);
		}
		ck_assert(!sim_fault_find(kind->id, kind->n_cases, &f));
	}
}
END_TEST

/* --- the deeds --- */

START_TEST(test_a_fault_waits_for_its_read_and_lasts_its_times)
{
	arm("F06@read#3,case=6,times=2");
	ck_assert_uint_eq(sim_read32(h.sim, MHIVER), 0x01000000);
	ck_assert_uint_eq(sim_read32(h.sim, MHIVER), 0x01000000);
	arm("F07@read#1,case=2,times=2");
	ck_assert_uint_eq(sim_read32(h.sim, BHI + BHI_EXECENV), 42);
	ck_assert_uint_eq(sim_read32(h.sim, BHI + BHI_EXECENV), 42);
	ck_assert_uint_eq(sim_read32(h.sim, BHI + BHI_EXECENV), MHI_EE_AMSS);
	ck_assert_uint_eq(sim_faults_done(h.sim), 2);
}
END_TEST

START_TEST(test_what_comes_by_itself_waits_for_its_time)
{
	host_boot(&h);
	arm("F45@5ms,case=3");
	host_at(&h, h.timers.now_us + 4999);
	ck_assert_uint_eq(host_state(&h), MHI_STATE_M0);
	host_at(&h, h.timers.now_us + 1);
	ck_assert_uint_eq(host_state(&h), MHI_STATE_SYS_ERR);
}
END_TEST

START_TEST(test_a_state_begins_a_fault)
{
	arm("F45@M0,case=3");
	host_prepare(&h);
	host_ask(&h, MHI_STATE_M0);
	host_at(&h, h.timers.now_us + 1);
	ck_assert_uint_eq(host_state(&h), MHI_STATE_SYS_ERR);
}
END_TEST

START_TEST(test_a_held_event_comes_later)
{
	struct tre_copy ev;

	host_boot(&h);
	host_start_pair(&h, 60, 16);
	arm("F27,channel=60,delay=1000,times=1");
	host_send(&h, 60, "lost", 4);
	ck_assert(!host_event(&h, 1, &ev));
	host_at(&h, h.timers.now_us + 1000);
	ck_assert(host_event(&h, 1, &ev));
	ck_assert_uint_eq(tre_chid(ev), 60);
}
END_TEST

START_TEST(test_only_so_many_are_armed_and_healing_ends_them)
{
	for (int i = 0; i < SIM_MAX_FAULTS; i++)
		arm("F52@read#1");
	ck_assert(!sim_fault_arm(h.sim, &f));
	ck_assert_uint_eq(sim_read32(h.sim, MHIVER), MHI_ALL_ONES);
	ck_assert_int_eq(sim_presence(h.sim), SIM_PULLED);
	sim_heal(h.sim);
	ck_assert_int_eq(sim_presence(h.sim), SIM_PRESENT);
	ck_assert_uint_eq(sim_read32(h.sim, MHIVER), 0x01000000);
	ck_assert_uint_eq(host_state(&h), MHI_STATE_READY);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("fault");
	TCase *c = tcase_create("text"), *d = tcase_create("deeds");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, test_a_fault_is_a_number_and_its_first_case);
	tcase_add_test(c, test_each_moment_has_its_word);
	tcase_add_test(c, test_keys_change_a_case_wherever_it_is_named);
	tcase_add_test(c, test_what_is_no_fault_is_refused_with_a_reason);
	tcase_add_test(c, test_every_row_describes_all_its_cases);
	suite_add_tcase(s, c);
	tcase_add_checked_fixture(d, setup, teardown);
	tcase_add_test(d, test_a_fault_waits_for_its_read_and_lasts_its_times);
	tcase_add_test(d, test_what_comes_by_itself_waits_for_its_time);
	tcase_add_test(d, test_a_state_begins_a_fault);
	tcase_add_test(d, test_a_held_event_comes_later);
	tcase_add_test(d, test_only_so_many_are_armed_and_healing_ends_them);
	suite_add_tcase(s, d);
	return suite_run(s);
}
