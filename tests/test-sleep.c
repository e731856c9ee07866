/*
 * Suspends that nobody asked for: of a device that is idle, and with the system.
 * The clock is put forward to the next timer instead of waiting for it.
 */
#include "device/mhi.h"
#include "rig.h"
#include "tests/clock.h"
#include "tests/suite.h"
#include <errno.h>
#include <stdio.h>

enum { SECOND_US = 1000000, MS_US = 1000, TURNS = 24 };

static struct rig rig;
static struct device *d;
static struct call call, parked;
static struct port_file *file;

static void settle(void)
{
	for (int i = 0; i < TURNS; i++)
		loop_turn(rig.loop, false);
}

static void pass(uint64_t us)
{
	uint64_t end = rig_now(&rig) + us, next;

	settle();
	while (rig_now(&rig) < end) {
		next = timers_next(loop_timers(rig.loop));
		next = next < end ? next : end;
		if (next > rig_now(&rig))
			clock_skip_us(next - rig_now(&rig));
		settle();
	}
}

static bool shows(const char *text)
{
	return strstr(rig_show(d, "state"), text);
}

static bool is_up(void)
{
	return shows("state=ready\n");
}

static struct sim *sim(void)
{
	return loopback_sim(mhi_hw(d->bearer));
}

static uint64_t n_reads(void)
{
	return engine_counts(mhi_engine(d->bearer))->mmio_reads;
}

static void begin_power(const char *word)
{
	rig_store(d, "power", word, false, &call);
}

static void power(const char *word)
{
	begin_power(word);
	pass(SECOND_US);
	ck_assert_uint_eq(call.answers, 1);
	ck_assert_msg(call.result == 0, "%s: %zd", word, call.result);
}

static void on_file_changed(void *user)
{
	(void)user;
}

static const struct port_file_ops file_ops = { .changed = on_file_changed };

static struct port_file *open_file(const char *name)
{
	struct port_file *f;

	call_init(&call);
	port_open(rig_port(d, name), false, &file_ops, NULL, &call.wait, &f);
	settle();
	ck_assert_uint_eq(call.answers, 1);
	ck_assert_int_eq(call.result, 0);
	return f;
}

static void park_read(void)
{
	call_init(&parked);
	port_read(file, &parked.wait, sizeof(parked.bytes) - 1, 0, false);
}

static void write_file(const char *text)
{
	call_init(&call);
	port_write(file, &call.wait, text, strlen(text), 0, false);
	settle();
	ck_assert_uint_eq(call.answers, 1);
	ck_assert_int_eq(call.result, (ssize_t)strlen(text));
}

static void setup(void)
{
	rig_setup_with(&rig, "device \"loopback-watch\" { health_check_ms = 500 }\n"
			     "device \"loopback-no\" { no_m3 = true }\n"
			     "device \"loopback-dump\" { rddm_size = 100000 }\n"
			     "device \"loopback-both\" { no_m3 = true autosuspend_ms = 1000 }");
}

static void teardown(void)
{
	rig_teardown(&rig);
}

static void start(const char *spec)
{
	d = rig_device(&rig, spec);
	settle();
}

static void start_idle(const char *more)
{
	char spec[96];

	snprintf(spec, sizeof(spec), "loopback,autosuspend_ms=2000%s", more);
	start(spec);
}

/* --- idle --- */

START_TEST(test_an_idle_device_is_suspended_and_says_by_whom)
{
	start_idle("");
	pass(1900 * MS_US);
	ck_assert(is_up());
	pass(200 * MS_US);
	ck_assert(shows("state=suspended\n") && shows("mhi=M3\n"));
	ck_assert(shows("why=idle for 2000 ms\n"));
	ck_assert_str_eq(rig_show(d, "power"), "suspended\n");
	/* Now nothing has to happen any more. */
	pass(SECOND_US);
	ck_assert_uint_eq(timers_next(loop_timers(rig.loop)), TIME_NEVER);
}
END_TEST

START_TEST(test_without_the_word_it_stays_awake)
{
	start("loopback");
	pass(1000ull * SECOND_US);
	ck_assert(is_up());
	ck_assert_uint_eq(timers_next(loop_timers(rig.loop)), TIME_NEVER);
	power("suspend");
	ck_assert(shows("state=suspended\n") && shows("why=\n"));
}
END_TEST

START_TEST(test_traffic_counts_from_its_end)
{
	start_idle("");
	file = open_file("LOOPBACK");
	for (int i = 0; i < 10; i++) {
		pass(1500 * MS_US);
		ck_assert(is_up());
		write_file("x");
	}
	pass(1900 * MS_US);
	ck_assert(is_up());
	pass(200 * MS_US);
	ck_assert(!is_up());
	port_close(file);
}
END_TEST

START_TEST(test_a_reader_who_waits_neither_keeps_it_awake_nor_wakes_it)
{
	start_idle("");
	file = open_file("LOOPBACK");
	park_read();
	pass(3 * SECOND_US);
	ck_assert(!is_up());
	pass(60 * SECOND_US);
	ck_assert(!is_up());
	ck_assert_uint_eq(parked.answers, 0);
	write_file("hello");
	ck_assert_uint_eq(parked.answers, 1);
	ck_assert_str_eq(parked.bytes, "hello");
	ck_assert(is_up());
	pass(3 * SECOND_US);
	ck_assert(!is_up());
	port_close(file);
}
END_TEST

START_TEST(test_a_message_the_device_has_not_taken_keeps_it_awake)
{
	start_idle("");
	file = open_file("LOOPBACK");
	sim_set_mood(sim(), SIM_HOLDS_UPLINK);
	write_file("x");
	pass(60 * SECOND_US);
	ck_assert(is_up());
	sim_set_mood(sim(), SIM_HEALTHY);
	pass(5 * SECOND_US);
	ck_assert(!is_up());
	port_close(file);
}
END_TEST

START_TEST(test_open_and_close_wake_it)
{
	start_idle("");
	pass(3 * SECOND_US);
	ck_assert(!is_up());
	file = open_file("DUN");
	ck_assert(is_up());
	pass(3 * SECOND_US);
	ck_assert(!is_up());
	port_close(file);
	pass(SECOND_US);	/* the linger */
	ck_assert(is_up());
	pass(3 * SECOND_US);
	ck_assert(!is_up());
}
END_TEST

/* One position a second; in between it is idle. */
START_TEST(test_what_the_device_has_to_say_is_heard)
{
	unsigned int n = 0;

	start("loopback,autosuspend_ms=200,m3_us=1000,m0_us=1000");
	file = open_file("NMEA");
	while (n < 20) {
		park_read();
		for (int i = 0; i < 20 && !parked.answers; i++)
			pass(100 * MS_US);
		ck_assert_uint_eq(parked.answers, 1);
		ck_assert_int_gt(parked.result, 0);
		ck_assert_int_eq(parked.bytes[0], '$');
		n++;
	}
	ck_assert_uint_gt(sim_counts(sim())->wakes, 0);
	port_close(file);
}
END_TEST

START_TEST(test_in_m3_no_register_is_read)
{
	uint64_t before;

	start_idle(",name=watch");
	pass(3 * SECOND_US);
	ck_assert(!is_up());
	before = n_reads();
	pass(60 * SECOND_US);
	ck_assert_uint_eq(n_reads(), before);
	power("resume");
	before = n_reads();
	pass(1100 * MS_US);
	ck_assert_uint_gt(n_reads(), before);
}
END_TEST

START_TEST(test_m1_and_m2_are_no_traffic)
{
	start_idle(",idle_us=5000");
	pass(3 * SECOND_US);
	ck_assert(shows("state=suspended\n") && shows("mhi=M3\n"));
	file = open_file("LOOPBACK");
	park_read();
	pass(100 * MS_US);
	ck_assert(is_up() && shows("mhi=M2\n"));
	write_file("hello");
	ck_assert_str_eq(parked.bytes, "hello");
	pass(3 * SECOND_US);
	ck_assert(shows("mhi=M3\n"));
	port_close(file);
}
END_TEST

/* Nobody else can know of a suspend that is under way. */
START_TEST(test_words_in_power_do_not_meet_a_suspend_under_way)
{
	static const struct { const char *word, *state; } words[] = {
		{ "suspend", "state=suspended\n" }, { "resume", "state=ready\n" },
		{ "on", "state=ready\n" }, { "reset", "state=ready\n" }, { "off", "state=off\n" },
	};

	start_idle(",m3_us=100000");
	pass(2050 * MS_US);
	ck_assert(is_up());
	power(words[_i].word);
	ck_assert_msg(shows(words[_i].state), "%s: %s", words[_i].word, rig_show(d, "state"));
}
END_TEST

START_TEST(test_the_second_word_is_refused_and_off_is_not)
{
	struct call first;

	start_idle(",m3_us=100000");
	pass(2050 * MS_US);
	rig_store(d, "power", "suspend", false, &first);
	begin_power("reset");
	ck_assert_int_eq(call.result, -EBUSY);
	power("off");
	ck_assert_uint_eq(first.answers, 1);
	ck_assert_int_eq(first.result, -EIO);
	power("on");
	pass(3 * SECOND_US);
	ck_assert(shows("state=suspended\n"));
}
END_TEST

/* Before the loop turns, so that nothing has ended yet. */
START_TEST(test_nothing_is_begun_behind_off)
{
	struct call off;

	start_idle(",m3_us=100000");
	pass(2050 * MS_US);
	rig_store(d, "power", "off", false, &off);
	begin_power("reset");
	ck_assert_uint_eq(call.answers, 1);
	ck_assert_int_eq(call.result, -EBUSY);
	pass(SECOND_US);
	ck_assert_uint_eq(off.answers, 1);
	ck_assert_int_eq(off.result, 0);
	ck_assert(shows("state=off\n"));
}
END_TEST

START_TEST(test_f51_one_that_does_not_go_to_m3_is_reset_and_left_awake)
{
	start_idle("");
	sim_set_mood(sim(), SIM_IGNORES_M3);
	pass(60 * SECOND_US);
	ck_assert(is_up());
	pass(600 * SECOND_US);
	ck_assert(is_up());
	sim_set_mood(sim(), SIM_HEALTHY);
	pass(60 * SECOND_US);
	ck_assert(is_up());
	power(_i ? "reset" : "on");
	pass(3 * SECOND_US);
	ck_assert(!is_up());
}
END_TEST

START_TEST(test_f51_one_that_does_not_leave_m3_is_reset_and_left_awake)
{
	start_idle("");
	file = open_file("LOOPBACK");
	park_read();
	pass(3 * SECOND_US);
	ck_assert(!is_up());
	sim_set_mood(sim(), SIM_IGNORES_M0);
	write_file("x");
	pass(10 * SECOND_US);
	ck_assert_uint_eq(parked.answers, 1);
	ck_assert_int_eq(parked.result, -ECONNRESET);
	sim_set_mood(sim(), SIM_HEALTHY);
	pass(120 * SECOND_US);
	ck_assert(is_up());
	port_close(file);
}
END_TEST

START_TEST(test_one_may_leave_at_any_instant)
{
	device_ref(d = rig_device(&rig, "loopback,autosuspend_ms=2000,m3_us=1000"));
	file = open_file("LOOPBACK");
	park_read();
	pass(1990 * MS_US + 500 * (uint64_t)_i);
	loopback_unplug(mhi_hw(d->bearer));
	pass(SECOND_US);
	ck_assert_uint_eq(parked.answers, 1);
	ck_assert_int_eq(parked.result, -ENODEV);
	port_close(file);
	ck_assert(shows("state=gone\n"));
	device_unref(d);
}
END_TEST

START_TEST(test_one_that_cannot_be_suspended_refuses_the_word)
{
	static const char *const specs[] = {
		"loopback,name=no,autosuspend_ms=2000", "loopback,name=both",
	};

	ck_assert_int_eq(rig_add(&rig, specs[_i]), -EINVAL);
	ck_assert_ptr_nonnull(strstr(text_get(&rig.why), "autosuspend_ms is for devices that "
						       "can be suspended"));
}
END_TEST

START_TEST(test_a_number_that_is_none_is_refused)
{
	ck_assert_int_eq(rig_add(&rig, "loopback,autosuspend_ms=soon"), -EINVAL);
	ck_assert_str_eq(text_get(&rig.why), "option autosuspend_ms cannot be 'soon'; it must "
					     "be a number from 0 to 86400000");
}
END_TEST

/* --- the system --- */

static void sleep_now(void)
{
	registry_sleep(rig.registry);
	pass(100 * MS_US);
	ck_assert(registry_is_asleep(rig.registry));
}

START_TEST(test_the_system_takes_the_device_along)
{
	start("loopback,m3_us=1000,m0_us=1000");
	file = open_file("LOOPBACK");
	park_read();
	settle();
	registry_sleep(rig.registry);
	ck_assert(!registry_is_asleep(rig.registry));
	pass(100 * MS_US);
	ck_assert(registry_is_asleep(rig.registry));
	ck_assert(shows("state=suspended\n") && shows("why=the system sleeps\n"));
	pass(1000ull * SECOND_US);
	registry_wake(rig.registry);
	pass(100 * MS_US);
	ck_assert(is_up());
	write_file("hello");
	pass(100 * MS_US);
	ck_assert_str_eq(parked.bytes, "hello");
	port_close(file);
}
END_TEST

START_TEST(test_traffic_waits_for_the_system)
{
	start("loopback");
	file = open_file("LOOPBACK");
	park_read();
	settle();
	sleep_now();
	write_file("hello");
	pass(SECOND_US);
	ck_assert_uint_eq(parked.answers, 0);
	ck_assert(shows("mhi=M3\n"));
	registry_wake(rig.registry);
	settle();
	ck_assert_str_eq(parked.bytes, "hello");
	port_close(file);
}
END_TEST

START_TEST(test_a_message_is_taken_before_the_system_sleeps)
{
	start("loopback");
	file = open_file("LOOPBACK");
	sim_set_mood(sim(), SIM_HOLDS_UPLINK);
	write_file("x");
	registry_sleep(rig.registry);
	pass(SECOND_US);
	ck_assert(!registry_is_asleep(rig.registry));
	sim_set_mood(sim(), SIM_HEALTHY);
	pass(100 * MS_US);
	ck_assert(registry_is_asleep(rig.registry));
	ck_assert(shows("state=suspended\n"));
	registry_wake(rig.registry);
	settle();
	ck_assert(is_up());
	port_close(file);
}
END_TEST

/* On its way up, and nobody but the device can make it faster. */
START_TEST(test_one_that_is_waking_or_starting_is_suspended_then)
{
	static const char *const words[] = { "resume", "reset", "on" };

	start("loopback,m0_us=100000,ready_us=300000");
	power(_i == 2 ? "off" : "suspend");
	begin_power(words[_i]);
	pass(50 * MS_US);
	registry_sleep(rig.registry);
	ck_assert(!registry_is_asleep(rig.registry));
	pass(SECOND_US);
	ck_assert_uint_eq(call.answers, 1);
	ck_assert_int_eq(call.result, 0);
	ck_assert(registry_is_asleep(rig.registry));
	ck_assert(shows("state=suspended\n") && shows("why=the system sleeps\n"));
	registry_wake(rig.registry);
	pass(SECOND_US);
	ck_assert(is_up());
}
END_TEST

START_TEST(test_one_that_traffic_wakes_is_suspended_again)
{
	start("loopback,m0_us=100000,m3_us=1000");
	file = open_file("LOOPBACK");
	park_read();
	pass(200 * MS_US);
	power("suspend");
	write_file("x");
	pass(50 * MS_US);
	registry_sleep(rig.registry);
	ck_assert(!registry_is_asleep(rig.registry));
	pass(SECOND_US);
	ck_assert(registry_is_asleep(rig.registry));
	ck_assert(shows("state=suspended\n"));
	ck_assert_uint_eq(parked.answers, 1);
	registry_wake(rig.registry);
	pass(SECOND_US);
	ck_assert(is_up());
	port_close(file);
}
END_TEST

/* Whoever waits for it looks after each change. */
START_TEST(test_that_a_suspend_of_others_ended_is_told)
{
	unsigned int changes;

	start("loopback,m3_us=10000");
	begin_power("suspend");
	pass(5 * MS_US);
	registry_sleep(rig.registry);
	do {
		changes = rig.changes;
		ck_assert(!registry_is_asleep(rig.registry));
		pass(MS_US);
	} while (!registry_is_asleep(rig.registry));
	ck_assert_uint_gt(rig.changes, changes);
	registry_wake(rig.registry);
	pass(SECOND_US);
	ck_assert(shows("state=suspended\n") && shows("why=\n"));
}
END_TEST

START_TEST(test_who_slept_before_sleeps_on)
{
	start_idle("");
	if (_i)
		power("suspend");
	else
		pass(3 * SECOND_US);
	sleep_now();
	registry_wake(rig.registry);
	pass(SECOND_US);
	ck_assert(shows("state=suspended\n"));
	file = open_file("DUN");
	ck_assert(is_up());
	port_close(file);
}
END_TEST

START_TEST(test_a_device_that_lost_its_state_recovers)
{
	start("loopback");
	file = open_file("LOOPBACK");
	park_read();
	settle();
	sleep_now();
	sim_power_cycle(sim());
	registry_wake(rig.registry);
	pass(SECOND_US);
	ck_assert_int_eq(parked.result, -ECONNRESET);
	port_close(file);
	pass(10 * SECOND_US);
	ck_assert(is_up());
	file = open_file("LOOPBACK");
	write_file("again");
	port_close(file);
}
END_TEST

START_TEST(test_a_link_that_comes_back_late_is_waited_for)
{
	start(_i ? "loopback,name=no" : "loopback");
	file = open_file("LOOPBACK");
	park_read();
	settle();
	sleep_now();
	sim_force_register(sim(), MHISTATUS, MHI_ALL_ONES);
	registry_wake(rig.registry);
	pass(700 * MS_US);
	ck_assert(_i || shows("state=suspended\n"));
	sim_release_register(sim(), MHISTATUS);
	pass(100 * MS_US);
	ck_assert(is_up());
	write_file("hello");
	ck_assert_str_eq(parked.bytes, "hello");
	port_close(file);
}
END_TEST

START_TEST(test_a_link_that_stays_away_is_an_error)
{
	start("loopback,name=no,recovery=off");
	sleep_now();
	ck_assert(is_up());
	sim_force_register(sim(), MHISTATUS, MHI_ALL_ONES);
	registry_wake(rig.registry);
	pass(5 * SECOND_US);
	ck_assert(shows("state=error\n"));
}
END_TEST

START_TEST(test_a_device_that_does_not_answer_is_not_waited_for_for_ever)
{
	start("loopback,recovery=off");
	sim_set_mood(sim(), SIM_IGNORES_M3);
	registry_sleep(rig.registry);
	pass(SECOND_US);
	ck_assert(!registry_is_asleep(rig.registry));
	pass(60 * SECOND_US);
	ck_assert(registry_is_asleep(rig.registry));
	registry_wake(rig.registry);
	pass(SECOND_US);
	ck_assert(shows("state=error\n"));
}
END_TEST

START_TEST(test_the_device_wakes_as_soon_as_the_system_does)
{
	start("loopback");
	file = open_file("NMEA");
	do {
		park_read();
		settle();
	} while (parked.answers);
	sleep_now();
	pass(10 * SECOND_US);
	ck_assert_uint_eq(parked.answers, 0);
	ck_assert(shows("mhi=M3\n"));
	registry_wake(rig.registry);
	settle();
	ck_assert_uint_eq(parked.answers, 1);
	ck_assert_int_gt(parked.result, 0);
	port_close(file);
}
END_TEST

START_TEST(test_the_end_of_all_is_not_held)
{
	start("loopback");
	sleep_now();
	if (_i) {
		power("off");
		ck_assert(shows("state=off\n"));
	}
	rig_shutdown(&rig);
	pass(SECOND_US);
	ck_assert(rig.is_down);
}
END_TEST

START_TEST(test_a_sleep_that_is_called_off_at_any_instant)
{
	start("loopback,m3_us=1000,m0_us=1000");
	file = open_file("LOOPBACK");
	park_read();
	settle();
	registry_sleep(rig.registry);
	pass(50 * (uint64_t)_i);
	registry_wake(rig.registry);
	pass(100 * MS_US);
	ck_assert_msg(is_up(), "%s", rig_show(d, "state"));
	write_file("hello");
	pass(100 * MS_US);
	ck_assert_str_eq(parked.bytes, "hello");
	port_close(file);
}
END_TEST

/* --- all of it, in any order --- */

enum { STEPS = 60, WORDS = 4 };

static struct {
	unsigned int seed;
	struct call words[WORDS];	/* writes to power; answered, or waiting */
	struct call io;
	struct port_file *file;
} any;

static unsigned int below(unsigned int n)
{
	any.seed = any.seed * 1103515245 + 12345;
	return (any.seed >> 16) % n;
}

static void write_a_word(const char *word)
{
	for (int i = 0; i < WORDS; i++)
		if (any.words[i].answers) {
			rig_store(d, "power", word, false, &any.words[i]);
			return;
		}
}

static void use_a_file(void)
{
	call_init(&any.io);
	if (!any.file) {
		port_open(rig_port(d, "LOOPBACK"), true, &file_ops, NULL, &any.io.wait, &any.file);
		if (any.io.result < 0)
			any.file = NULL;
	} else if (below(4)) {
		port_write(any.file, &any.io.wait, "x", 1, 0, true);
	} else {
		port_close(any.file);
		any.file = NULL;
	}
}

static void step(void)
{
	static const char *const words[] = { "on", "off", "reset", "suspend", "resume" };
	static const enum sim_mood moods[] = { SIM_HEALTHY, SIM_IGNORES_M3, SIM_IGNORES_M0 };

	switch (below(9)) {
	case 0:
		registry_sleep(rig.registry);
		break;
	case 1:
		registry_wake(rig.registry);
		break;
	case 2:
	case 3:
		write_a_word(words[below(ARRAY_SIZE(words))]);
		break;
	case 4:
		sim_set_state_sys_err(sim());
		break;
	case 5:
		sim_set_mood(sim(), moods[below(ARRAY_SIZE(moods))]);
		break;
	default:
		use_a_file();
	}
	if (below(3))
		pass(below(3) ? below(5 * MS_US) : below(SECOND_US));
}

START_TEST(test_in_any_order_it_comes_up_again)
{
	any.seed = (unsigned int)_i;
	any.file = NULL;
	for (int i = 0; i < WORDS; i++)
		any.words[i].answers = 1;
	start(_i % 2 ? "loopback,name=dump,crash=rddm,dump_us=20000,autosuspend_ms=30,m3_us=1000"
		     : "loopback,autosuspend_ms=3,m3_us=1000,m0_us=2000,ready_us=5000");
	for (int i = 0; i < STEPS; i++)
		step();
	sim_set_mood(sim(), SIM_HEALTHY);
	registry_sleep(rig.registry);
	pass(120ull * SECOND_US);
	ck_assert_msg(registry_is_asleep(rig.registry), "%s", rig_show(d, "state"));
	registry_wake(rig.registry);
	for (int i = 0; i < WORDS; i++)
		ck_assert_uint_eq(any.words[i].answers, 1);
	if (any.file)
		port_close(any.file);
	pass(SECOND_US);
	/* One that crashed while it was off is in RDDM now, and says so. */
	begin_power("on");
	pass(SECOND_US);
	power("reset");
	call_init(&call);
	port_open(rig_port(d, "LOOPBACK"), false, &file_ops, NULL, &call.wait, &file);
	pass(SECOND_US);
	ck_assert_int_eq(call.result, 0);
	park_read();
	port_write(file, &any.io.wait, "hello", 5, 0, true);
	pass(SECOND_US);
	ck_assert_str_eq(parked.bytes, "hello");
	port_close(file);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("sleep");
	TCase *i = tcase_create("idle"), *y = tcase_create("system");

	tcase_add_checked_fixture(i, setup, teardown);
	tcase_add_test(i, test_an_idle_device_is_suspended_and_says_by_whom);
	tcase_add_test(i, test_without_the_word_it_stays_awake);
	tcase_add_test(i, test_traffic_counts_from_its_end);
	tcase_add_test(i, test_a_reader_who_waits_neither_keeps_it_awake_nor_wakes_it);
	tcase_add_test(i, test_a_message_the_device_has_not_taken_keeps_it_awake);
	tcase_add_test(i, test_open_and_close_wake_it);
	tcase_add_test(i, test_what_the_device_has_to_say_is_heard);
	tcase_add_test(i, test_in_m3_no_register_is_read);
	tcase_add_test(i, test_m1_and_m2_are_no_traffic);
	tcase_add_loop_test(i, test_words_in_power_do_not_meet_a_suspend_under_way, 0, 5);
	tcase_add_test(i, test_the_second_word_is_refused_and_off_is_not);
	tcase_add_test(i, test_nothing_is_begun_behind_off);
	tcase_add_loop_test(i, test_f51_one_that_does_not_go_to_m3_is_reset_and_left_awake, 0, 2);
	tcase_add_test(i, test_f51_one_that_does_not_leave_m3_is_reset_and_left_awake);
	tcase_add_loop_test(i, test_one_may_leave_at_any_instant, 0, 30);
	tcase_add_loop_test(i, test_one_that_cannot_be_suspended_refuses_the_word, 0, 2);
	tcase_add_test(i, test_a_number_that_is_none_is_refused);
	suite_add_tcase(s, i);
	tcase_add_checked_fixture(y, setup, teardown);
	tcase_add_test(y, test_the_system_takes_the_device_along);
	tcase_add_test(y, test_traffic_waits_for_the_system);
	tcase_add_test(y, test_a_message_is_taken_before_the_system_sleeps);
	tcase_add_loop_test(y, test_one_that_is_waking_or_starting_is_suspended_then, 0, 3);
	tcase_add_test(y, test_one_that_traffic_wakes_is_suspended_again);
	tcase_add_test(y, test_that_a_suspend_of_others_ended_is_told);
	tcase_add_loop_test(y, test_who_slept_before_sleeps_on, 0, 2);
	tcase_add_test(y, test_a_device_that_lost_its_state_recovers);
	tcase_add_loop_test(y, test_a_link_that_comes_back_late_is_waited_for, 0, 2);
	tcase_add_test(y, test_a_link_that_stays_away_is_an_error);
	tcase_add_test(y, test_a_device_that_does_not_answer_is_not_waited_for_for_ever);
	tcase_add_test(y, test_the_device_wakes_as_soon_as_the_system_does);
	tcase_add_loop_test(y, test_the_end_of_all_is_not_held, 0, 2);
	tcase_add_loop_test(y, test_a_sleep_that_is_called_off_at_any_instant, 0, 50);
	tcase_add_loop_test(y, test_in_any_order_it_comes_up_again, 0, 60);
	suite_add_tcase(s, y);
	return suite_run(s);
}
