/* What single rows of the fault table need. */
#include "tests/faults.h"
#include <errno.h>

static void wants_images(struct rig *r, unsigned int number)
{
	(void)number;
	r->sim_config.first_ee = MHI_EE_PBL;
	r->sim_config.wants_images = true;
	r->config.image_ees = EE_BIT(MHI_EE_PBL) | EE_BIT(MHI_EE_SBL) | EE_BIT(MHI_EE_EDL);
}

static void dozes(struct rig *r, unsigned int number)
{
	(void)number;
	r->sim_config.idle_us = 3000;
}

/* A modem that dozes hears every doorbell again when it wakes; one that does not
 * leaves that to the host. */
static void dozes_or_not(struct rig *r, unsigned int number)
{
	if (number % 2)
		dozes(r, number);
}

/* Until the modem answers again time passes, and much can happen in it. */
static void is_slow(struct rig *r, unsigned int number)
{
	dozes(r, number);
	r->sim_config.reset_us = 2000;
	r->sim_config.ready_us = 3000;
	r->sim_config.m0_us = r->sim_config.m3_us = 1000;
	r->sim_config.command_us = 200;
}

static void has_small_rings(struct rig *r, unsigned int number)
{
	(void)number;
	for (size_t i = 0; i < ARRAY_SIZE(r->erings); i++)
		r->erings[i].elements = 8;
}

static void has_few_vectors(struct rig *r, unsigned int number)
{
	r->hw.n_vectors = number + 1;
}

static void coalesces(struct rig *r, unsigned int number)
{
	r->chans[RIG_ECHO].dir[LINK_DL].rsc = number >= 3;
}

static void has_odd_bar(struct rig *r, unsigned int number)
{
	static const uint32_t lens[] = { 0, 4, MHI_REGS_LEN - 4, MHI_REGS_LEN, 0x71c };

	r->hw.bar_len = lens[number];
}

static void has_whole_bar(struct rig *r)
{
	r->hw.bar_len = SIM_BAR_LEN;
}

static void takes_dumps(struct rig *r, unsigned int number)
{
	(void)number;
	engine_set_dump(r->engine, RIG_DUMP, engine_lay_table(r->dump.cpu, RIG_DUMP + 0x1000,
							       0x40000, 0x10000));
}

/* A crash into RDDM while the host works. */
static void crashes(struct rig *r, unsigned int number)
{
	struct sim_fault f;

	takes_dumps(r, number);
	sim_fault_find(49, 6, &f);
	f.k = 1015000;
	sim_fault_arm(r->sim, &f);
}

/* Alone, with a boot loader, and with a crash. */
static void reads_slowly(struct rig *r, unsigned int number)
{
	static const uint32_t us[] = { 1000, 10000, 50000 };

	r->read_us = us[number % 3];
	if (number / 3 == 1)
		wants_images(r, number);
}

static void crashes_slowly(struct rig *r, unsigned int number)
{
	if (number / 3 == 2)
		crashes(r, number);
}

static const char *expect_untouched(struct rig *r, const struct verdict *v, unsigned int number)
{
	(void)v;
	(void)number;
	if (engine_state(r->engine) != ENGINE_OFF || engine_counts(r->engine)->mmio_writes)
		return "a device that is refused was written to";
	return NULL;
}

static const char *expect_gone(struct rig *r, const struct verdict *v, unsigned int number)
{
	(void)v;
	(void)number;
	return engine_state(r->engine) == ENGINE_GONE ? NULL : "it is not gone";
}

static const char *expect_ready(struct rig *r, const struct verdict *v, unsigned int number)
{
	(void)number;
	if (v->n_stuck)
		return "messages are stuck";
	return engine_state(r->engine) == ENGINE_READY ? NULL : "it does not go on";
}

/* Junk without end is not listened to for ever. */
static const char *expect_quarantine(struct rig *r, const struct verdict *v, unsigned int number)
{
	(void)v;
	return number != 2 || engine_state(r->engine) == ENGINE_ERROR ? NULL :
	       "a flood of junk is endured";
}

static const char *expect_dumped(struct rig *r, const struct verdict *v, unsigned int number)
{
	(void)v;
	/* Before the dump: one crash without it, one card that left. */
	if (number == 6 || number == 9)
		return NULL;
	return r->n_dumped ? NULL : "nobody heard how the dump ended";
}

static const char *expect_prompt(struct rig *r, const struct verdict *v, unsigned int number)
{
	(void)v;
	(void)number;
	return r->longest_us <= 100000 ? NULL : "other devices wait for more than 100 ms";
}

static const struct fault_row rows[] = {
	{ .id = 1, .moments = AT_START, .expect = expect_untouched },
	{ .id = 2, .moments = AT_START | AT_WORK },
	{ .id = 3, .moments = AT_START, .expect = expect_untouched },
	{ .id = 4, .moments = AT_START | AT_RESTART, .started = takes_dumps },
	{ .id = 5, .moments = AT_START, .prepare = has_odd_bar, .expect = expect_untouched,
	  .heal = has_whole_bar,
	  .n_cases = 5, .title = "a BAR too short for its registers" },
	{ .id = 6, .moments = AT_START | AT_RESTART | AT_WORK },
	{ .id = 7, .moments = AT_START | AT_RESTART | AT_WORK },
	{ .id = 8, .moments = AT_START | AT_RESTART },
	{ .id = 9, .moments = AT_START | AT_RESTART },
	{ .id = 10, .moments = AT_START | AT_RESTART | AT_WORK | AT_CLOSE,
	  .prepare = reads_slowly, .started = crashes_slowly,
	  .expect = expect_prompt, .n_cases = 9, .title = "every read takes 1, 10 or 50 ms" },
	{ .id = 14, .moments = AT_REST | AT_WORK, .expect = expect_ready },
	{ .id = 18, .moments = AT_REST | AT_WORK, .prepare = has_small_rings },
	{ .id = 19, .moments = AT_REST | AT_WORK, .expect = expect_quarantine },
	{ .id = 21, .moments = AT_REST | AT_WORK | AT_RESTART, .expect = expect_ready },
	{ .id = 22, .moments = AT_REST | AT_WORK, .expect = expect_ready },
	{ .id = 23, .moments = AT_START | AT_RESTART | AT_CLOSE, .expect = expect_ready },
	{ .id = 24, .moments = AT_START | AT_WORK, .prepare = has_few_vectors,
	  .expect = expect_ready },
	{ .id = 27, .moments = AT_WORK | AT_CLOSE },
	{ .id = 36, .moments = AT_REST | AT_WORK, .prepare = coalesces },
	{ .id = 37, .moments = AT_START | AT_CLOSE },
	{ .id = 38, .moments = AT_START | AT_CLOSE },
	{ .id = 39, .moments = AT_START | AT_CLOSE },
	{ .id = 40, .moments = AT_REST | AT_CLOSE },
	{ .id = 43, .moments = AT_REST | AT_WORK | AT_RESTART, .prepare = dozes_or_not,
	  .expect = expect_ready },
	{ .id = 45, .moments = AT_START | AT_RESTART | AT_WORK, .prepare = is_slow },
	{ .id = 46, .moments = AT_RESTART | AT_WORK, .prepare = is_slow },
	{ .id = 47, .moments = AT_START | AT_RESTART, .prepare = is_slow },
	{ .id = 50, .moments = AT_WORK | AT_CLOSE },
	{ .id = 51, .moments = AT_REST | AT_WORK, .prepare = is_slow },
	{ .id = 52, .moments = AT_START | AT_RESTART | AT_WORK | AT_CLOSE, .prepare = is_slow,
	  .expect = expect_gone },
	{ .id = 53, .moments = AT_REST | AT_WORK, .prepare = is_slow },
	{ .id = 56, .moments = AT_START, .prepare = wants_images },
	{ .id = 57, .moments = AT_START, .prepare = wants_images },
	{ .id = 60, .moments = AT_REST | AT_WORK, .started = crashes,
	  .expect = expect_dumped },
};

const struct fault_row *fault_row_find(unsigned int id)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].id == id)
			return &rows[i];
	return NULL;
}
