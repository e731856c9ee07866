/* Images for boot loaders, and the dump of a device that crashed. */
#include "engine_rig.h"
#include "core/layout.h"
#include "sim/fault.h"
#include "tests/suite.h"
#include <errno.h>

enum { BHI_AT = 0x100, BHIE_AT = 0x800, LEN = 300000, PIECE = 65536 };

static struct rig r;

static void setup(void)
{
	rig_init(&r);
	r.sim_config.first_ee = MHI_EE_PBL;
	r.sim_config.wants_images = true;
	r.config.image_ees = EE_BIT(MHI_EE_PBL) | EE_BIT(MHI_EE_SBL) | EE_BIT(MHI_EE_EDL);
	r.config.soc_reset_ms = 2000;
}

static void teardown(void)
{
	rig_fini(&r);
}

static struct engine_image image(struct rig *rig, enum mhi_ee ee)
{
	struct engine_image i = { .iova = RIG_IMAGE, .len = LEN };

	for (size_t at = 0; at < LEN; at++)
		rig->image.cpu[at] = (uint8_t)(at + ee);
	i.table = RIG_IMAGE + LEN + 0x1000 - LEN % 0x1000;
	i.table_len = engine_lay_table(rig->image.cpu + (i.table - RIG_IMAGE), i.iova, LEN,
				       PIECE);
	return i;
}

static void give_image(struct rig *rig, enum mhi_ee ee)
{
	struct engine_image i = image(rig, ee);

	ck_assert_int_eq(engine_load(rig->engine, &i), 0);
}

static uint32_t sum_of(enum mhi_ee ee)
{
	uint32_t sum = 0;

	for (size_t at = 0; at < LEN; at++)
		sum += (uint8_t)(at + ee);
	return sum;
}

START_TEST(test_both_loaders_get_their_image_and_the_mission_begins)
{
	rig_start(&r);
	r.on_wants_image = give_image;
	rig_power_on(&r);
	ck_assert_uint_eq(r.n_wants, 2);
	ck_assert_uint_eq(r.n_loaded, 2);
	ck_assert_int_eq(r.loaded_status, 0);
	ck_assert_uint_eq(sim_counts(r.sim)->images, 2);
	ck_assert_uint_eq(sim_counts(r.sim)->image_sum, sum_of(MHI_EE_SBL));
	ck_assert_int_eq(engine_ee(r.engine), MHI_EE_AMSS);
	rig_open_ok(&r, RIG_ECHO);
}
END_TEST

START_TEST(test_an_image_may_come_late)
{
	struct engine_image i;

	rig_start(&r);
	ck_assert_int_eq(engine_power(r.engine, POWER_ON), POWER_STARTED);
	rig_advance(&r, 20000000);	/* longer than READY may take */
	ck_assert_uint_eq(r.n_wants, 1);
	ck_assert_int_eq(engine_state(r.engine), ENGINE_STARTING);
	r.on_wants_image = give_image;
	i = image(&r, MHI_EE_PBL);
	ck_assert_int_eq(engine_load(r.engine, &i), 0);
	ck_assert_int_eq(engine_load(r.engine, &i), -EINVAL);
	rig_advance(&r, 5000000);
	ck_assert_int_eq(engine_state(r.engine), ENGINE_READY);
}
END_TEST

START_TEST(test_a_slow_loader_is_waited_for)
{
	r.sim_config.image_us = 20000000;
	rig_start(&r);
	r.on_wants_image = give_image;
	rig_power_on(&r);
	ck_assert_uint_eq(r.n_loaded, 2);
}
END_TEST

START_TEST(test_a_loader_that_does_not_answer_times_out)
{
	r.sim_config.image_us = 40000000;
	rig_start(&r);
	r.on_wants_image = give_image;
	ck_assert_int_eq(rig_power(&r, POWER_ON), -ETIMEDOUT);
	ck_assert_int_eq(r.loaded_status, -ETIMEDOUT);
	ck_assert_ptr_nonnull(strstr(engine_why(r.engine), "PBL"));
	ck_assert_int_eq(engine_state(r.engine), ENGINE_ERROR);
}
END_TEST

static void give_elsewhere(struct rig *rig, enum mhi_ee ee)
{
	struct engine_image i = image(rig, ee);

	i.iova = 0x1000;
	memset(rig->image.cpu + (i.table - RIG_IMAGE), 0, i.table_len);
	ck_assert_int_eq(engine_load(rig->engine, &i), 0);
}

START_TEST(test_a_refused_image_tells_the_error_registers)
{
	rig_start(&r);
	r.on_wants_image = give_elsewhere;
	ck_assert_int_eq(rig_power(&r, POWER_ON), -EIO);
	ck_assert_ptr_nonnull(strstr(engine_why(r.engine), "ERRCODE 0x1"));
	ck_assert_int_eq(r.loaded_status, -EIO);
	/* What was wrong is put right, and a reset does it. */
	r.on_wants_image = give_image;
	ck_assert_int_eq(rig_power(&r, POWER_RESET), 0);
}
END_TEST

static void refuse(struct rig *rig, enum mhi_ee ee)
{
	(void)ee;
	engine_refuse_image(rig->engine, -ENOENT, "there is no such file");
}

START_TEST(test_a_loader_that_falls_asleep_is_not_waited_for_for_ever)
{
	r.sim_config.first_ee = MHI_EE_AMSS;
	r.sim_config.wants_images = false;
	r.sim_config.idle_us = 5000;	/* M2 before the mission */
	r.config.image_ees = 0;
	rig_start(&r);
	sim_set_ee(r.sim, MHI_EE_SBL);
	ck_assert_int_eq(rig_power(&r, POWER_ON), -ETIMEDOUT);
	ck_assert_int_eq(engine_state(r.engine), ENGINE_ERROR);
	ck_assert_str_eq(engine_why(r.engine), "the device stayed in SBL");
}
END_TEST

/* It says @state each second from @begin_us on. */
static void says_state(uint8_t state, uint64_t begin_us)
{
	struct sim_fault f = { .id = 25, .k = begin_us, .deed = DEED_EVENT, .type = TRE_EV_STATE,
			       .code = state, .every_us = 1000000, .chan = SIM_ANY };

	ck_assert(sim_fault_arm(r.sim, &f));
}

START_TEST(test_a_loader_that_dozes_and_wakes_gains_no_time)
{
	r.sim_config.first_ee = MHI_EE_AMSS;
	r.sim_config.wants_images = false;
	r.config.image_ees = 0;
	rig_start(&r);
	sim_set_ee(r.sim, MHI_EE_SBL);
	says_state(MHI_STATE_M1, 200000);
	says_state(MHI_STATE_M0, 700000);
	ck_assert_int_eq(rig_power(&r, POWER_ON), -ETIMEDOUT);
	ck_assert_str_eq(engine_why(r.engine), "the device stayed in SBL");
}
END_TEST

START_TEST(test_no_image_is_an_error_that_says_so)
{
	rig_start(&r);
	r.on_wants_image = refuse;
	ck_assert_int_eq(rig_power(&r, POWER_ON), -ENOENT);
	ck_assert_ptr_nonnull(strstr(engine_why(r.engine), "there is no such file"));
	ck_assert_uint_eq(r.n_loaded, 0);
}
END_TEST

START_TEST(test_f56_an_answer_before_the_question_is_none)
{
	rig_start(&r);
	r.on_wants_image = give_image;
	sim_force_register(r.sim, BHI_AT + BHI_STATUS, 2u << 30);
	ck_assert_int_eq(rig_power(&r, POWER_ON), -EIO);
	ck_assert_ptr_nonnull(strstr(engine_why(r.engine), "before the question"));
}
END_TEST

START_TEST(test_f57_an_answer_about_another_vector_is_none)
{
	r.sim_config.first_ee = MHI_EE_SBL;
	rig_start(&r);
	r.on_wants_image = give_image;
	sim_force_register(r.sim, BHI_AT + BHI_EXECENV, MHI_EE_SBL);
	sim_force_register(r.sim, BHIE_AT + BHIE_TXVECSTATUS, 2u << 30 | 0x2a);
	ck_assert_int_eq(rig_power(&r, POWER_ON), -ETIMEDOUT);
}
END_TEST

START_TEST(test_f57_a_loader_that_stays_ends_the_start)
{
	rig_start(&r);
	r.on_wants_image = give_image;
	sim_force_register(r.sim, BHI_AT + BHI_EXECENV, MHI_EE_PBL);
	ck_assert_int_eq(rig_power(&r, POWER_ON), -ETIMEDOUT);
	ck_assert_uint_eq(r.n_wants, 1);
}
END_TEST

START_TEST(test_f57_a_loader_that_comes_back_ends_the_start)
{
	r.config.image_ees = EE_BIT(MHI_EE_PBL);
	r.chans[RIG_SBL].ee_mask = EE_BIT(MHI_EE_AMSS);
	rig_start(&r);
	r.on_wants_image = give_image;
	ck_assert_int_eq(engine_power(r.engine, POWER_ON), POWER_STARTED);
	rig_advance(&r, 1000000);
	ck_assert_int_eq(engine_ee(r.engine), MHI_EE_SBL);
	sim_force_register(r.sim, BHI_AT + BHI_EXECENV, MHI_EE_PBL);
	rig_advance(&r, 1000000);
	ck_assert_int_eq(engine_state(r.engine), ENGINE_ERROR);
	ck_assert_ptr_nonnull(strstr(engine_why(r.engine), "went back"));
	ck_assert_uint_eq(r.n_wants, 1);
}
END_TEST

START_TEST(test_an_image_for_a_loader_that_went_on_is_not_sent)
{
	struct engine_image i;

	rig_start(&r);
	ck_assert_int_eq(engine_power(r.engine, POWER_ON), POWER_STARTED);
	rig_settle(&r);
	i = image(&r, MHI_EE_PBL);
	sim_power_cycle(r.sim);
	sim_set_ee(r.sim, MHI_EE_SBL);
	ck_assert_int_eq(engine_load(r.engine, &i), 0);
	rig_advance(&r, 100);
	ck_assert_int_eq(r.loaded_status, -ECANCELED);
	ck_assert_uint_eq(sim_counts(r.sim)->images, 0);
	ck_assert_int_eq(r.wants_ee, MHI_EE_SBL);
	give_image(&r, MHI_EE_SBL);
	rig_settle(&r);
	ck_assert_uint_eq(sim_counts(r.sim)->images, 1);
}
END_TEST

START_TEST(test_off_while_an_image_is_on_its_way)
{
	r.sim_config.image_us = 10000000;
	rig_start(&r);
	r.on_wants_image = give_image;
	ck_assert_int_eq(engine_power(r.engine, POWER_ON), POWER_STARTED);
	rig_advance(&r, 1000000);
	ck_assert_int_eq(engine_power(r.engine, POWER_OFF), POWER_STARTED);
	rig_advance(&r, 30000000);
	ck_assert_int_eq(engine_state(r.engine), ENGINE_OFF);
	ck_assert_uint_eq(r.n_loaded, 1);
	ck_assert_int_eq(r.loaded_status, -ECANCELED);
}
END_TEST

START_TEST(test_gone_while_an_image_is_on_its_way)
{
	r.sim_config.image_us = 10000000;
	rig_start(&r);
	r.on_wants_image = give_image;
	ck_assert_int_eq(engine_power(r.engine, POWER_ON), POWER_STARTED);
	rig_advance(&r, 1000000);
	r.is_unplugged = true;
	engine_gone(r.engine);
	rig_settle(&r);
	ck_assert_uint_eq(r.n_loaded, 1);
	ck_assert_uint_eq(r.n_forbidden, 0);
}
END_TEST

START_TEST(test_edl_is_entered_and_takes_a_programmer)
{
	rig_start(&r);
	r.on_wants_image = give_image;
	rig_power_on(&r);
	ck_assert_int_eq(rig_power(&r, POWER_EDL), 0);
	ck_assert_int_eq(r.wants_ee, MHI_EE_EDL);
	ck_assert_int_eq(engine_ee(r.engine), MHI_EE_FP);
	ck_assert_int_eq(engine_state(r.engine), ENGINE_READY);
}
END_TEST

static void with_dump(void)
{
	iova_t table = RIG_IMAGE + RIG_EXTRA_LEN - 0x1000;
	size_t len;

	r.sim_config.first_ee = MHI_EE_AMSS;
	rig_start(&r);
	len = engine_lay_table(r.image.cpu + (table - RIG_IMAGE), RIG_DUMP, LEN, PIECE);
	engine_set_dump(r.engine, table, len);
	r.on_wants_image = give_image;
	rig_power_on(&r);
}

static void assert_dump(void)
{
	for (size_t at = 0; at < LEN; at++)
		ck_assert_uint_eq(r.dump.cpu[at], (at % PIECE) % 251);
}

START_TEST(test_a_crash_into_rddm_brings_a_dump)
{
	r.sim_config.dump_us = 5000000;
	with_dump();
	sim_set_state_sys_err(r.sim);
	sim_set_ee(r.sim, MHI_EE_RDDM);
	rig_settle(&r);
	ck_assert_int_eq(engine_state(r.engine), ENGINE_ERROR);
	ck_assert(engine_is_dumping(r.engine));
	rig_advance(&r, 6000000);
	ck_assert_uint_eq(r.n_dumped, 1);
	ck_assert_int_eq(r.dumped_status, 0);
	assert_dump();
	/* And a reset brings the device back. */
	ck_assert_int_eq(rig_power(&r, POWER_RESET), 0);
	ck_assert_int_eq(engine_state(r.engine), ENGINE_READY);
}
END_TEST

START_TEST(test_f60_a_device_found_in_rddm_is_asked_for_its_dump)
{
	with_dump();
	ck_assert_int_eq(rig_power(&r, POWER_OFF), 0);
	sim_set_ee(r.sim, MHI_EE_RDDM);
	ck_assert_int_lt(rig_power(&r, POWER_ON), 0);
	rig_advance(&r, 1000000);
	ck_assert_uint_eq(r.n_dumped, 1);
	ck_assert_int_eq(r.dumped_status, 0);
	assert_dump();
}
END_TEST

START_TEST(test_f60_a_dump_that_fails_or_stalls_ends)
{
	static const struct { uint32_t status; int expected; } cases[] = {
		{ 0, -ETIMEDOUT }, { 2u << 30 | 0x2a, -ETIMEDOUT }, { MHI_ALL_ONES, -ENODEV },
	};

	with_dump();
	sim_force_register(r.sim, BHIE_AT + BHIE_RXVECSTATUS, cases[_i].status);
	sim_set_state_sys_err(r.sim);
	sim_set_ee(r.sim, MHI_EE_RDDM);
	rig_advance(&r, 61000000);
	ck_assert_uint_eq(r.n_dumped, 1);
	ck_assert_int_eq(r.dumped_status, cases[_i].expected);
	ck_assert(!engine_is_dumping(r.engine));
}
END_TEST

START_TEST(test_a_device_that_leaves_during_its_dump_ends_it)
{
	r.sim_config.dump_us = 5000000;
	with_dump();
	sim_set_state_sys_err(r.sim);
	sim_set_ee(r.sim, MHI_EE_RDDM);
	rig_settle(&r);
	r.is_unplugged = true;
	engine_gone(r.engine);
	rig_settle(&r);
	ck_assert_uint_eq(r.n_dumped, 1);
	ck_assert_int_eq(r.dumped_status, -ENODEV);
	ck_assert_uint_eq(r.n_forbidden, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("boot");
	TCase *t = tcase_create("images"), *d = tcase_create("dump");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_both_loaders_get_their_image_and_the_mission_begins);
	tcase_add_test(t, test_an_image_may_come_late);
	tcase_add_test(t, test_a_slow_loader_is_waited_for);
	tcase_add_test(t, test_a_loader_that_does_not_answer_times_out);
	tcase_add_test(t, test_a_refused_image_tells_the_error_registers);
	tcase_add_test(t, test_a_loader_that_falls_asleep_is_not_waited_for_for_ever);
	tcase_add_test(t, test_a_loader_that_dozes_and_wakes_gains_no_time);
	tcase_add_test(t, test_no_image_is_an_error_that_says_so);
	tcase_add_test(t, test_f56_an_answer_before_the_question_is_none);
	tcase_add_test(t, test_f57_an_answer_about_another_vector_is_none);
	tcase_add_test(t, test_f57_a_loader_that_stays_ends_the_start);
	tcase_add_test(t, test_f57_a_loader_that_comes_back_ends_the_start);
	tcase_add_test(t, test_an_image_for_a_loader_that_went_on_is_not_sent);
	tcase_add_test(t, test_off_while_an_image_is_on_its_way);
	tcase_add_test(t, test_gone_while_an_image_is_on_its_way);
	tcase_add_test(t, test_edl_is_entered_and_takes_a_programmer);
	suite_add_tcase(s, t);
	tcase_add_checked_fixture(d, setup, teardown);
	tcase_add_test(d, test_a_crash_into_rddm_brings_a_dump);
	tcase_add_test(d, test_f60_a_device_found_in_rddm_is_asked_for_its_dump);
	tcase_add_loop_test(d, test_f60_a_dump_that_fails_or_stalls_ends, 0, 3);
	tcase_add_test(d, test_a_device_that_leaves_during_its_dump_ends_it);
	suite_add_tcase(s, d);
	return suite_run(s);
}
