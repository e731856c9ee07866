#include "core/host.h"
#include "tests/fake_hw.h"
#include "tests/suite.h"
#include <errno.h>
#include <stdio.h>

static struct fake f;

static void setup(void)
{
	fake_init(&f);
	fake_start(&f);
}

static void teardown(void)
{
	fake_fini(&f);
}

/* --- the table against the same knowledge written the other way round --- */

#define NEVER N_DEV_STATES

/* By event, then by state: where it leads. */
static const unsigned char expected[N_DEV_EVENTS][N_DEV_STATES] = {
#define ROW(off, boot, reset, ready, m0, m2, m3_enter, m3, m3_exit, shutdown, halt, error, gone) \
	{ off, boot, reset, ready, m0, m2, m3_enter, m3, m3_exit, shutdown, halt, error, gone }
#define _ NEVER
	[ON_POWER_ON] = ROW(DEV_BOOT, _, _, _, _, _, _, _, _, _, _, DEV_BOOT, _),
	[ON_FOUND_RUNNING] = ROW(_, DEV_RESET, _, _, _, _, _, _, _, _, _, _, _),
	[ON_RESET_CLEAR] = ROW(_, _, DEV_BOOT, _, _, _, _, _, _, _, DEV_OFF, _, _),
	[ON_READY] = ROW(_, DEV_READY, _, _, _, _, _, _, _, _, _, _, _),
	[ON_M0] = ROW(_, _, _, DEV_M0, _, DEV_M0, _, _, DEV_M0, _, _, _, _),
	[ON_M1] = ROW(_, _, _, _, DEV_M2, _, _, _, _, _, _, _, _),
	[ON_M3] = ROW(_, _, _, _, _, _, DEV_M3, _, _, _, _, _, _),
	[ON_SUSPEND] = ROW(_, _, _, _, DEV_M3_ENTER, _, _, _, _, _, _, _, _),
	[ON_RESUME] = ROW(_, _, _, _, _, _, _, DEV_M3_EXIT, _, _, _, _, _),
	[ON_POWER_OFF] = ROW(_, _, _, _, DEV_SHUTDOWN, DEV_SHUTDOWN, _, _, _, _, _, _, _),
	[ON_QUIET] = ROW(_, DEV_HALT, DEV_HALT, DEV_HALT, _, _, DEV_HALT, _, DEV_HALT,
			 DEV_HALT, _, DEV_HALT, _),
	[ON_FAILURE] = ROW(_, DEV_ERROR, DEV_ERROR, DEV_ERROR, DEV_ERROR, DEV_ERROR, DEV_ERROR,
			   DEV_ERROR, DEV_ERROR, DEV_ERROR, DEV_ERROR, _, _),
	[ON_GONE] = ROW(DEV_GONE, DEV_GONE, DEV_GONE, DEV_GONE, DEV_GONE, DEV_GONE, DEV_GONE,
			DEV_GONE, DEV_GONE, DEV_GONE, DEV_GONE, DEV_GONE, _),
#undef _
};

START_TEST(test_every_state_with_every_event_is_as_expected)
{
	for (unsigned int when = 0; when < N_DEV_EVENTS; when++) {
		for (unsigned int from = 0; from < N_DEV_STATES; from++) {
			enum dev_state to = NEVER;
			int r = state_next((enum dev_state)from, (enum dev_event)when, &to);

			ck_assert_msg(to == expected[when][from], "%s in %s leads to %s",
				      dev_event_name((enum dev_event)when),
				      dev_state_name((enum dev_state)from),
				      to == NEVER ? "nothing" : dev_state_name(to));
			ck_assert_int_eq(r, to == NEVER ? STATE_REFUSED : STATE_OK);
		}
	}
}
END_TEST

/* --- the engine in each state --- */

static void boot(void)
{
	fake_boot(&f);
}

static void suspend(void)
{
	boot();
	engine_power(f.engine, POWER_SUSPEND);
	fake_settle(&f);
}

/* Brings the engine into a state the way life does. */
static void reach(enum dev_state state)
{
	switch (state) {
	case DEV_OFF:
	case N_DEV_STATES:
		break;
	case DEV_BOOT:
		f.regs[(FAKE_BHI + BHI_EXECENV) / 4] = MHI_EE_PTHRU;
		engine_power(f.engine, POWER_ON);
		break;
	case DEV_RESET:
		f.ignores_reset = true;
		f.regs[MHISTATUS / 4] = MHI_STATE_M0 << MHISTATUS_MHISTATE_SHIFT | 1;
		engine_power(f.engine, POWER_ON);
		break;
	case DEV_READY:
		f.ignores_m0 = true;
		engine_power(f.engine, POWER_ON);
		break;
	case DEV_M0:
		boot();
		break;
	case DEV_M2:
		boot();
		fake_state(&f, MHI_STATE_M1);
		break;
	case DEV_M3_ENTER:
		f.ignores_m3 = true;
		suspend();
		break;
	case DEV_M3:
		suspend();
		fake_irq(&f, 1);
		break;
	case DEV_M3_EXIT:
		suspend();
		fake_irq(&f, 1);
		f.ignores_m0 = true;
		engine_power(f.engine, POWER_RESUME);
		break;
	case DEV_SHUTDOWN:
		boot();
		fake_open(&f, 0);
		engine_power(f.engine, POWER_OFF);
		break;
	case DEV_HALT:
		boot();
		f.ignores_reset = true;
		engine_power(f.engine, POWER_OFF);
		break;
	case DEV_ERROR:
		boot();
		fake_state(&f, MHI_STATE_SYS_ERR);
		break;
	case DEV_GONE:
		engine_gone(f.engine);
		break;
	}
	fake_settle(&f);
	ck_assert_msg(f.engine->state == state, "%s instead of %s",
		      dev_state_name(f.engine->state), dev_state_name(state));
}

START_TEST(test_a_refused_event_changes_nothing)
{
	enum dev_state from = (enum dev_state)(_i / N_DEV_EVENTS), to;
	enum dev_event when = (enum dev_event)(_i % N_DEV_EVENTS);
	unsigned int n_changed;

	reach(from);
	if (!state_next(from, when, &to))
		return;
	fake_forget(&f);
	n_changed = f.n_changed;
	ck_assert_int_eq(state_step(f.engine, when), STATE_REFUSED);
	fake_settle(&f);
	ck_assert_int_eq(f.engine->state, from);
	ck_assert_uint_eq(f.n_changed, n_changed);
	ck_assert_uint_eq(f.n_reads + f.n_writes, 0);
}
END_TEST

/* Whatever the step leads on to: it ends somewhere, every call gets its
 * answer, and power brings the device back, unless it is gone. */
START_TEST(test_an_accepted_event_ends_well)
{
	enum dev_state from = (enum dev_state)(_i / N_DEV_EVENTS), to;
	enum dev_event when = (enum dev_event)(_i % N_DEV_EVENTS);
	int r;

	reach(from);
	if (state_next(from, when, &to))
		return;
	/* As it would be when the event really came. */
	if (when == ON_M0)
		f.regs[MHISTATUS / 4] = MHI_STATE_M0 << MHISTATUS_MHISTATE_SHIFT | 1;
	if (when == ON_QUIET) {
		f.engine->goal = POWER_OFF;
		f.engine->has_goal = true;
	}
	ck_assert_int_eq(state_step(f.engine, when), STATE_OK);
	fake_advance(&f, 60000000);
	ck_assert(!f.engine->has_goal);
	f.ignores_reset = f.ignores_m0 = f.ignores_m3 = false;
	f.regs[MHICTRL / 4] = 0;
	f.regs[(FAKE_BHI + BHI_EXECENV) / 4] = MHI_EE_AMSS;
	r = engine_power(f.engine, POWER_ON);
	if (when == ON_GONE) {
		ck_assert_int_eq(r, -ENODEV);
		return;
	}
	ck_assert_int_ge(r, 0);
	for (int i = 0; i < 3; i++) {
		fake_advance(&f, 100000);
		fake_irq(&f, 1);
	}
	ck_assert_msg(engine_state(f.engine) == ENGINE_READY, "%s: %s",
		      dev_state_name(f.engine->state), engine_why(f.engine));
}
END_TEST

/* A word of power in each state: it is refused at once, or answered once. */
START_TEST(test_every_word_of_power_in_every_state_is_answered)
{
	enum dev_state from = (enum dev_state)(_i / 5);
	enum engine_power what = (enum engine_power)(_i % 5);
	unsigned int owed;
	int r;

	reach(from);
	owed = f.engine->has_goal;
	f.n_power_done = 0;
	r = engine_power(f.engine, what);
	if (from == DEV_GONE)
		ck_assert_int_eq(r, -ENODEV);
	if (from == DEV_OFF && what != POWER_ON && what != POWER_OFF)
		ck_assert_int_eq(r, -EINVAL);
	if (owed && what != POWER_OFF)
		ck_assert_int_eq(r, -EBUSY);
	fake_advance(&f, 60000000);
	fake_irq(&f, 1);
	fake_advance(&f, 60000000);
	ck_assert_uint_eq(f.n_power_done, owed + (r == POWER_STARTED));
	ck_assert(!f.engine->has_goal);
}
END_TEST

/* Any state event in any state: never a crash, never a wrong way. */
START_TEST(test_every_state_event_in_every_state_is_survived)
{
	static const uint8_t codes[] = { 0, 1, 2, 3, 4, 5, 6, 7, 42, 0xff };
	enum dev_state from = (enum dev_state)(_i / (int)ARRAY_SIZE(codes));
	uint8_t code = codes[_i % (int)ARRAY_SIZE(codes)];

	reach(from);
	if (!f.engine->is_listening)
		return;
	fake_state(&f, code);
	if (code == 0xff)
		ck_assert_uint_ne(1u << f.engine->state & (IN(ERROR) | IN(OFF)), 0);
	fake_advance(&f, 60000000);
	ck_assert_int_ne(f.engine->state, DEV_GONE);
}
END_TEST

START_TEST(test_sys_err_by_register_in_every_state_is_seen)
{
	enum dev_state from = (enum dev_state)_i;

	reach(from);
	f.regs[MHISTATUS / 4] = 0xff04;
	fake_advance(&f, 10000);
	fake_irq(&f, 0);
	if (!f.engine->is_listening || from == DEV_M3)
		return;
	ck_abort_msg("not seen in %s", dev_state_name(from));
}
END_TEST

START_TEST(test_a_missing_device_in_every_state_is_gone)
{
	reach((enum dev_state)_i);
	f.is_gone = true;
	f.regs[MHISTATUS / 4] = 0xff04;
	engine_gone(f.engine);
	fake_settle(&f);
	ck_assert_int_eq(engine_state(f.engine), ENGINE_GONE);
	fake_forget(&f);
	fake_advance(&f, 60000000);
	for (unsigned int v = 0; v < 4; v++)
		fake_irq(&f, v);
	engine_power(f.engine, POWER_ON);
	fake_settle(&f);
	ck_assert_uint_eq(f.n_reads + f.n_writes, 0);
	ck_assert(timers_next(&f.timers) == TIME_NEVER);
}
END_TEST

/* --- the picture --- */

static void draw(char *out, size_t size)
{
	size_t n = 0;

	n += (size_t)snprintf(out + n, size - n,
		"# The life of a device\n\n"
		"Drawn from the table in `src/core/state.c` by `tests/test-state`, which compares\n"
		"this page with it.  GONE can follow every state but itself, and ERROR every\n"
		"state but OFF, ERROR and GONE; those arrows are left out.\n\n"
		"```mermaid\nstateDiagram-v2\n    [*] --> OFF\n");
	for (unsigned int from = 0; from < N_DEV_STATES; from++) {
		for (unsigned int when = 0; when < N_DEV_EVENTS; when++) {
			enum dev_state to;

			if (when == ON_FAILURE || when == ON_GONE ||
			    state_next((enum dev_state)from, (enum dev_event)when, &to))
				continue;
			n += (size_t)snprintf(out + n, size - n, "    %s --> %s: %s\n",
				dev_state_name((enum dev_state)from), dev_state_name(to),
				dev_event_name((enum dev_event)when));
		}
	}
	n += (size_t)snprintf(out + n, size - n, "    GONE --> [*]\n```\n");
	ck_assert_uint_lt(n, size);
}

/* With DRAW set the picture is written instead of compared. */
START_TEST(test_the_picture_in_doc_shows_this_table)
{
	const char *top = getenv("top_srcdir");
	char path[512], now[8192], kept[8192] = "";
	bool writes = getenv("DRAW");
	FILE *file;

	draw(now, sizeof(now));
	snprintf(path, sizeof(path), "%s/doc/device-states.md", top ? top : ".");
	file = fopen(path, writes ? "w" : "r");
	ck_assert_msg(file, "%s cannot be opened", path);
	if (writes)
		ck_assert_uint_eq(fwrite(now, 1, strlen(now), file), strlen(now));
	else
		kept[fread(kept, 1, sizeof(kept) - 1, file)] = '\0';
	fclose(file);
	if (!writes)
		ck_assert_str_eq(kept, now);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("state");
	TCase *c = tcase_create("table");

	tcase_add_test(c, test_every_state_with_every_event_is_as_expected);
	tcase_add_test(c, test_the_picture_in_doc_shows_this_table);
	suite_add_tcase(s, c);
	c = tcase_create("engine");
	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_loop_test(c, test_a_refused_event_changes_nothing, 0,
			    N_DEV_STATES * N_DEV_EVENTS);
	tcase_add_loop_test(c, test_an_accepted_event_ends_well, 0, N_DEV_STATES * N_DEV_EVENTS);
	tcase_add_loop_test(c, test_every_word_of_power_in_every_state_is_answered, 0,
			    N_DEV_STATES * 5);
	tcase_add_loop_test(c, test_every_state_event_in_every_state_is_survived, 0,
			    N_DEV_STATES * 10);
	tcase_add_loop_test(c, test_sys_err_by_register_in_every_state_is_seen, 0, N_DEV_STATES);
	tcase_add_loop_test(c, test_a_missing_device_in_every_state_is_gone, 0, N_DEV_STATES);
	suite_add_tcase(s, c);
	return suite_run(s);
}
