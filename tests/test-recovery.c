/* What becomes of a device that failed: the report, the dump, the resets. */
#include "core/layout.h"
#include "device/mhi.h"
#include "device/recovery.h"
#include "rig.h"
#include "tests/clock.h"
#include "tests/suite.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <stdio.h>
#include <unistd.h>

enum { SECOND_US = 1000000, BHIE_AT = 0x800 };

static struct rig rig;
static struct device *d;
static struct call call;

/* --- the policy --- */

START_TEST(test_the_first_reset_comes_at_once_the_others_later)
{
	static const uint64_t expected[] = { 0, 1, 5, 25, 60 };
	struct recovery r = { 0 };
	uint64_t delay = 1;

	for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
		ck_assert_int_eq(recovery_next(&r, 1000 + i, &delay), RECOVERY_RESET);
		ck_assert_uint_eq(delay, expected[i] * SECOND_US);
	}
	ck_assert_int_eq(recovery_next(&r, 2000, &delay), RECOVERY_GIVE_UP);
}
END_TEST

START_TEST(test_what_happened_long_ago_does_not_count)
{
	struct recovery r = { 0 };
	uint64_t delay, now = 5;

	for (int i = 0; i < 100; i++) {
		ck_assert_int_eq(recovery_next(&r, now, &delay), RECOVERY_RESET);
		now += RECOVERY_WINDOW_US / 4;
	}
	ck_assert_uint_eq(delay, 25 * SECOND_US);
	ck_assert_int_eq(recovery_next(&r, now + RECOVERY_WINDOW_US, &delay), RECOVERY_RESET);
	ck_assert_uint_eq(delay, 0);
}
END_TEST

START_TEST(test_somebody_who_takes_over_starts_anew)
{
	struct recovery r = { 0 };
	uint64_t delay;

	while (recovery_next(&r, 7, &delay) == RECOVERY_RESET)
		;
	recovery_forget(&r);
	ck_assert_int_eq(recovery_next(&r, 7, &delay), RECOVERY_RESET);
	ck_assert_uint_eq(delay, 0);
}
END_TEST

/* --- a device --- */

static bool shows(const char *node, const char *text)
{
	return strstr(rig_show(d, node), text);
}

static struct sim *sim(void)
{
	return loopback_sim(mhi_hw(d->bearer));
}

static int power(const char *word)
{
	rig_store(d, "power", word, false, &call);
	RIG_UNTIL(&rig, call.answers);
	return (int)call.result;
}

/* What a file of dump/ holds; NULL: there is none.  Until the next call. */
static const char *dumped(const char *name, size_t *ret_len)
{
	static char bytes[4 << 20];
	char path[64];
	struct node *n;
	int fd;

	snprintf(path, sizeof(path), "dump/%s", name);
	n = rig_find_node(d, path);
	if (!n)
		return NULL;
	ck_assert_uint_eq(n->mode, 0600);
	fd = n->ops->open(n);
	ck_assert_int_ge(fd, 0);
	*ret_len = (size_t)read(fd, bytes, sizeof(bytes) - 1);
	ck_assert_uint_eq(*ret_len, n->size);
	bytes[*ret_len] = '\0';
	close(fd);
	return bytes;
}

static void turn_a_while(void)
{
	for (unsigned int i = 0; i < 16; i++)
		loop_turn(rig.loop, false);
}

/* When nothing happens for a while, to the next timer, but not beyond @end_us. */
static void hurry(uint64_t end_us)
{
	uint64_t next;

	turn_a_while();
	next = timers_next(loop_timers(rig.loop));
	next = next < end_us ? next : end_us;
	if (next > rig_now(&rig))
		clock_skip_us(next - rig_now(&rig));
	turn_a_while();
}

/* Until @state is shown; when that was, on the rig's clock. */
static uint64_t hurry_until(const char *state, uint64_t patience_us)
{
	uint64_t end_us = rig_now(&rig) + patience_us;

	while (!shows("state", state)) {
		ck_assert_msg(rig_now(&rig) < end_us, "never %s: %s", state, rig_show(d, "state"));
		hurry(end_us);
	}
	return rig_now(&rig);
}

static void hurry_for(uint64_t us)
{
	uint64_t end_us = rig_now(&rig) + us;

	while (rig_now(&rig) < end_us)
		hurry(end_us);
}

static void setup(void)
{
	rig_setup_with(&rig, "device \"loopback-dump*\" { rddm_size = 3000001 seg_len = 65536 }\n"
			     "device \"loopback-watch*\" { health_check_ms = 2000 }\n"
			     "device \"loopback-stall*\" { stall_ms = 600 }\n"
			     "device \"loopback-slow*\" { ready_timeout_ms = 200 }\n"
			     "device \"loopback-bare*\" { firmware = \"none\" }");
}

static void teardown(void)
{
	rig_teardown(&rig);
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
	RIG_UNTIL(&rig, call.answers);
	ck_assert_int_eq(call.result, 0);
	return f;
}

START_TEST(test_a_crash_ends_files_and_they_come_back)
{
	struct port_file *f;
	struct call parked;

	d = rig_device(&rig, "loopback");
	f = open_file("LOOPBACK");
	call_init(&parked);
	port_read(f, &parked.wait, 100, 0, false);
	sim_set_state_sys_err(sim());
	RIG_UNTIL(&rig, parked.answers);
	ck_assert_int_eq(parked.result, -ECONNRESET);
	port_close(f);
	RIG_UNTIL(&rig, shows("state", "state=ready\n"));
	ck_assert(shows("state", "why=\n"));
	ck_assert(rig_file(d, "LOOPBACK")->is_offered);
	port_close(open_file("LOOPBACK"));
}
END_TEST

START_TEST(test_a_device_that_breaks_the_protocol_is_reset)
{
	d = rig_device(&rig, "loopback");
	sim_inject_event_rp(sim(), 1, 0xdeadbeef);
	RIG_UNTIL(&rig, !shows("state", "state=ready\n"));
	RIG_UNTIL(&rig, shows("state", "state=ready\n"));
}
END_TEST

START_TEST(test_while_it_recovers_it_says_so_and_why)
{
	d = rig_device(&rig, "loopback,ready_us=20000");
	sim_set_state_sys_err(sim());
	RIG_UNTIL(&rig, shows("state", "state=recovering\n"));
	RIG_UNTIL(&rig, shows("state", "why=the device is in SYS_ERR (AMSS); reset 1 of 5\n"));
	ck_assert(!device_is_settled(d));
	ck_assert(!rig_file(d, "DUN")->is_offered);
	RIG_UNTIL(&rig, shows("state", "state=ready\n"));
}
END_TEST

START_TEST(test_without_recovery_it_stays_in_error_and_takes_a_reset)
{
	d = rig_device(&rig, "loopback,recovery=off");
	sim_set_state_sys_err(sim());
	RIG_UNTIL(&rig, shows("state", "state=error\n"));
	for (int i = 0; i < 100; i++)
		loop_turn(rig.loop, false);
	ck_assert(shows("state", "state=error\n"));
	ck_assert_int_eq(power("reset"), 0);
	ck_assert(shows("state", "state=ready\n"));
}
END_TEST

START_TEST(test_a_reset_that_fails_is_tried_again_later)
{
	d = rig_device(&rig, "loopback,reset_us=1000");
	sim_set_state_sys_err(sim());
	RIG_UNTIL(&rig, shows("state", "state=recovering\n"));
	/* It crashes again in the middle. */
	sim_set_ee(sim(), MHI_EE_RDDM);
	RIG_UNTIL(&rig, shows("state", "reset 2 of 5\n") || shows("state", "state=ready\n"));
	RIG_UNTIL(&rig, shows("state", "state=ready\n"));
}
END_TEST

START_TEST(test_off_ends_a_recovery)
{
	d = rig_device(&rig, "loopback,ready_us=1000000");
	sim_set_state_sys_err(sim());
	RIG_UNTIL(&rig, shows("state", "state=recovering\n"));
	ck_assert_int_eq(power("off"), 0);
	ck_assert(shows("state", "state=off\n"));
	ck_assert_int_eq(power("on"), 0);
	ck_assert(shows("state", "state=ready\n"));
}
END_TEST

START_TEST(test_a_device_may_leave_while_it_recovers)
{
	d = device_ref(rig_device(&rig, "loopback,ready_us=1000000"));
	sim_set_state_sys_err(sim());
	RIG_UNTIL(&rig, shows("state", "state=recovering\n"));
	loopback_unplug(mhi_hw(d->bearer));
	RIG_UNTIL(&rig, shows("state", "state=gone\n"));
	device_unref(d);
}
END_TEST

START_TEST(test_a_crash_in_silence_is_found_by_the_health_check)
{
	d = rig_device(&rig, "loopback,name=watch");
	sim_force_register(sim(), MHISTATUS, MHI_STATE_SYS_ERR << MHISTATUS_MHISTATE_SHIFT |
			   MHISTATUS_SYSERR);
	RIG_UNTIL(&rig, shows("state", "state=recovering\n"));
	sim_release_register(sim(), MHISTATUS);
	RIG_UNTIL(&rig, shows("state", "state=ready\n"));
}
END_TEST

START_TEST(test_f31_a_device_that_takes_nothing_is_reset_when_told_so)
{
	struct port_file *f;

	d = rig_device(&rig, "loopback,name=stall,mood=holds-uplink");
	f = open_file("LOOPBACK");
	call_init(&call);
	port_write(f, &call.wait, "x", 1, 0, false);
	RIG_UNTIL(&rig, shows("state", "state=recovering\n") || shows("state", "reset 1 of 5"));
	RIG_UNTIL(&rig, shows("state", "state=ready\n"));
	port_close(f);
}
END_TEST

START_TEST(test_a_slow_reader_is_no_stall)
{
	char bytes[4096] = "x";
	struct port_file *f;
	uint64_t begin;

	d = rig_device(&rig, "loopback,name=stall");
	f = open_file("LOOPBACK");
	/* Until the echo has no room any more. */
	do {
		call_init(&call);
		port_write(f, &call.wait, bytes, sizeof(bytes), 0, true);
		rig_turn(&rig);
	} while (call.result > 0);
	begin = rig_now(&rig);
	RIG_UNTIL(&rig, rig_now(&rig) > begin + 2 * SECOND_US);
	ck_assert(shows("state", "state=ready\n"));
	port_close(f);
}
END_TEST

/* --- one that does not come up --- */

enum { MINUTE_US = 60 * SECOND_US };

static void add_slow(void)
{
	ck_assert_int_eq(rig_add(&rig, "loopback,name=slow,mood=never-ready"), 0);
	d = registry_device(rig.registry, 0);
}

START_TEST(test_f89_one_that_does_not_start_is_tried_again)
{
	add_slow();
	hurry_until("; reset 1 of 5", MINUTE_US);
	ck_assert(shows("state", "state=recovering\nmhi=RESET") || shows("state", "SYS_ERR"));
	ck_assert(!device_is_settled(d));
	hurry_until("; reset 2 of 5", MINUTE_US);
	/* That takes its time: nobody has to wait for it. */
	ck_assert(device_is_settled(d));
	sim_set_mood(sim(), SIM_HEALTHY);
	hurry_until("state=ready\n", MINUTE_US);
	ck_assert(shows("state", "why=\n"));
	port_close(open_file("LOOPBACK"));
}
END_TEST

static void expect_later_and_later(const char *cause)
{
	static const uint64_t least_s[] = { 0, 1, 5, 25, 60 };
	uint64_t at = rig_now(&rig), then;
	char why[160];

	for (unsigned int i = 0; i < 5; i++) {
		snprintf(why, sizeof(why), "why=%s; reset %u of 5\n", cause, i + 1);
		then = hurry_until(why, 2 * MINUTE_US);
		if (i)
			ck_assert_uint_ge(then - at, least_s[i - 1] * SECOND_US);
		at = then;
	}
	snprintf(why, sizeof(why), "why=%s; 5 resets within 10 minutes did not help\n", cause);
	then = hurry_until(why, 2 * MINUTE_US);
	ck_assert_uint_ge(then - at, least_s[4] * SECOND_US);
	ck_assert(shows("state", "state=error\n"));
}

START_TEST(test_f89_after_five_resets_it_stays_in_error_and_takes_power)
{
	static const char *const ways[][2] = { { "reset", NULL }, { "off", "on" } };

	add_slow();
	expect_later_and_later("the device did not become READY");
	hurry_for(11 * MINUTE_US);
	ck_assert(shows("state", "state=error\n"));
	ck_assert_int_lt(power("reset"), 0);	/* it does not work, and is not hidden */
	hurry_for(11 * MINUTE_US);
	ck_assert(shows("state", "why=the device did not become READY\n"));
	sim_set_mood(sim(), SIM_HEALTHY);
	for (unsigned int i = 0; i < 2 && ways[_i][i]; i++)
		ck_assert_int_eq(power(ways[_i][i]), 0);
	ck_assert(shows("state", "state=ready\n"));
	port_close(open_file("LOOPBACK"));
}
END_TEST

START_TEST(test_one_that_crashes_ever_again_is_left_alone)
{
	char line[32];

	d = rig_device(&rig, "loopback,reset_us=20000");
	for (unsigned int i = 0; i < 5; i++) {
		sim_set_state_sys_err(sim());
		snprintf(line, sizeof(line), "; reset %u of 5\n", i + 1);
		hurry_until(line, SECOND_US);
		hurry_until("state=ready\n", 2 * MINUTE_US);
	}
	sim_set_state_sys_err(sim());
	hurry_until("5 resets within 10 minutes did not help\n", SECOND_US);
	hurry_for(11 * MINUTE_US);
	ck_assert(shows("state", "state=error\n"));
	ck_assert(!rig_file(d, "LOOPBACK")->is_offered);
	ck_assert_int_eq(power("reset"), 0);
	port_close(open_file("LOOPBACK"));
	sim_set_state_sys_err(sim());
	hurry_until("; reset 1 of 5\n", SECOND_US);
	hurry_until("state=ready\n", SECOND_US);
}
END_TEST

START_TEST(test_one_that_crashes_now_and_then_is_always_reset)
{
	d = rig_device(&rig, "loopback,reset_us=20000");
	for (unsigned int i = 0; i < 11; i++) {
		sim_set_state_sys_err(sim());
		hurry_until("state=recovering\n", SECOND_US);
		hurry_until("state=ready\n", MINUTE_US);
		hurry_for(151 * SECOND_US);
	}
}
END_TEST

START_TEST(test_an_image_that_is_missing_is_named_while_it_recovers)
{
	ck_assert_int_eq(rig_add(&rig, "loopback,name=bare,ee=pbl,boot=images"), 0);
	d = registry_device(rig.registry, 0);
	hurry_until(" of 5\n", MINUTE_US);
	ck_assert(shows("state", "why=none for PBL: image none: No such file"));
	hurry_until("did not help\n", 5 * MINUTE_US);
	ck_assert(shows("state", "why=none for PBL: image none: No such file"));
}
END_TEST

START_TEST(test_off_ends_the_wait_for_the_next_try)
{
	add_slow();
	hurry_until("; reset 4 of 5", 5 * MINUTE_US);
	sim_set_mood(sim(), SIM_HEALTHY);
	ck_assert_int_eq(power("off"), 0);
	hurry_for(11 * MINUTE_US);
	ck_assert(shows("state", "state=off\n"));
}
END_TEST

/* --- what is saved --- */

START_TEST(test_a_report_tells_what_was_known)
{
	const char *report;
	size_t len;

	d = rig_device(&rig, "loopback");
	sim_set_state_sys_err(sim());
	RIG_UNTIL(&rig, dumped("crash-1.txt", &len));
	report = dumped("crash-1.txt", &len);
	ck_assert_ptr_nonnull(strstr(report, "\ndevice=mhi0\n"));
	ck_assert_ptr_nonnull(strstr(report, "\nwhy=the device is in SYS_ERR (AMSS)\n"));
	ck_assert_ptr_nonnull(strstr(report, " state ready, M0, AMSS"));
	ck_assert_ptr_nonnull(strstr(report, "\nLOOPBACK.prepares=0\n"));
	ck_assert_ptr_nonnull(strstr(report, "\nevent ring 0: rp "));
	ck_assert_ptr_nonnull(strstr(report, "\n  0: 0x"));
	ck_assert_ptr_nonnull(strstr(report, "\nregisters at 0x0:\n"));
	ck_assert_ptr_nonnull(strstr(report, "\nBHI at 0x100:\n"));
	RIG_UNTIL(&rig, shows("state", "state=ready\n"));
}
END_TEST

static void assert_dump(const char *name)
{
	size_t len = 0;
	const char *bytes = dumped(name, &len);

	ck_assert_uint_eq(len, 3000001);
	for (size_t i = 0; i < len; i++)
		if ((uint8_t)bytes[i] != i % 65536 % 251)
			ck_abort_msg("byte %zu is 0x%02x", i, (uint8_t)bytes[i]);
}

START_TEST(test_a_dump_is_taken_before_the_reset)
{
	size_t len;

	d = rig_device(&rig, "loopback,name=dump,crash=rddm,dump_us=20000");
	sim_set_state_sys_err(sim());
	RIG_UNTIL(&rig, shows("state", "ee=RDDM\n"));
	ck_assert(shows("state", "state=recovering\n"));
	RIG_UNTIL(&rig, shows("state", "state=ready\n"));
	assert_dump("crash-1.bin");
	ck_assert_ptr_null(dumped("crash-1.bin.partial", &len));
	ck_assert_ptr_nonnull(dumped("crash-1.txt", &len));
}
END_TEST

START_TEST(test_a_device_found_in_rddm_is_saved_and_reset)
{
	size_t len;

	d = rig_device(&rig, "loopback,name=dump,ee=rddm");
	RIG_UNTIL(&rig, dumped("crash-1.bin", &len));
	assert_dump("crash-1.bin");
}
END_TEST

START_TEST(test_rddm_that_comes_after_sys_err_is_seen)
{
	d = rig_device(&rig, "loopback,name=dump");
	sim_set_state_sys_err(sim());
	RIG_UNTIL(&rig, shows("state", "state=recovering\n"));
	sim_set_ee(sim(), MHI_EE_RDDM);
	RIG_UNTIL(&rig, shows("state", "state=ready\n"));
	assert_dump("crash-1.bin");
}
END_TEST

START_TEST(test_one_that_does_not_go_to_rddm_is_told_to)
{
	d = rig_device(&rig, "loopback,name=dump,dump_us=20000");
	sim_set_state_sys_err(sim());
	RIG_UNTIL(&rig, shows("state", "ee=RDDM\n"));
	RIG_UNTIL(&rig, shows("state", "state=ready\n"));
	assert_dump("crash-1.bin");
}
END_TEST

START_TEST(test_one_that_will_not_go_to_rddm_is_reset)
{
	size_t len;

	d = rig_device(&rig, "loopback,name=dump");
	sim_force_register(sim(), 0x100 + BHI_EXECENV, MHI_EE_AMSS);
	sim_set_state_sys_err(sim());
	RIG_UNTIL(&rig, shows("state", "state=recovering\n"));
	RIG_UNTIL(&rig, shows("state", "state=ready\n"));
	ck_assert_ptr_nonnull(dumped("crash-1.txt", &len));
	ck_assert_ptr_null(dumped("crash-1.bin", &len));
}
END_TEST

START_TEST(test_a_dump_that_fails_is_partial_and_the_reset_comes)
{
	size_t len;

	d = rig_device(&rig, "loopback,name=dump,crash=rddm,dump_us=20000");
	sim_force_register(sim(), BHIE_AT + BHIE_RXVECSTATUS, MHI_ALL_ONES);
	sim_set_state_sys_err(sim());
	RIG_UNTIL(&rig, shows("state", "state=recovering\n"));
	RIG_UNTIL(&rig, shows("state", "state=ready\n"));
	ck_assert_ptr_nonnull(dumped("crash-1.bin.partial", &len));
	ck_assert_ptr_null(dumped("crash-1.bin", &len));
}
END_TEST

START_TEST(test_a_reset_during_a_dump_ends_it)
{
	d = rig_device(&rig, "loopback,name=dump,crash=rddm,dump_us=10000000");
	sim_set_state_sys_err(sim());
	RIG_UNTIL(&rig, shows("state", "state=recovering\n"));
	ck_assert_int_eq(power("reset"), 0);
	ck_assert(shows("state", "state=ready\n"));
}
END_TEST

START_TEST(test_old_crashes_leave_and_a_new_start_finds_the_rest)
{
	char path[64];
	size_t len;

	d = rig_device(&rig, "loopback,name=x,recovery=off");
	for (int i = 0; i < 10; i++) {
		sim_set_state_sys_err(sim());
		RIG_UNTIL(&rig, shows("state", "state=error\n"));
		ck_assert_int_eq(power("reset"), 0);
	}
	ck_assert_ptr_null(dumped("crash-2.txt", &len));
	ck_assert_ptr_nonnull(dumped("crash-3.txt", &len));
	snprintf(path, sizeof(path), "%s/dump/loopback-x/crash-2.txt", rig.folder);
	ck_assert_int_eq(access(path, F_OK), -1);
	loopback_unplug(mhi_hw(d->bearer));
	RIG_UNTIL(&rig, !registry_device(rig.registry, 0));
	d = rig_device(&rig, "loopback,name=x");
	ck_assert_ptr_nonnull(dumped("crash-10.txt", &len));
	sim_set_state_sys_err(sim());
	RIG_UNTIL(&rig, dumped("crash-11.txt", &len));
	RIG_UNTIL(&rig, shows("state", "state=ready\n"));
}
END_TEST

static void put_sparse(const char *name, off_t len)
{
	char path[96];
	int fd;

	snprintf(path, sizeof(path), "%s/dump/loopback-0/%s", rig.folder, name);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	ck_assert_int_eq(ftruncate(fd, len), 0);
	close(fd);
}

START_TEST(test_f60_what_is_kept_has_a_limit)
{
	char path[64];
	size_t len;

	snprintf(path, sizeof(path), "%s/dump", rig.folder);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	strcat(path, "/loopback-0");
	ck_assert_int_eq(mkdir(path, 0700), 0);
	put_sparse("crash-4.bin", 600 << 20);
	put_sparse("crash-4-00-DDR.BIN", 1);
	put_sparse("crash-7-01-_._x", 500 << 20);
	put_sparse("crash-8.exe", 1 << 20);	/* none of ours */
	put_sparse("crash-9-a b", 1);
	d = rig_device(&rig, "loopback");
	ck_assert_ptr_nonnull(rig_find_node(d, "dump/crash-4.bin"));
	ck_assert_ptr_null(rig_find_node(d, "dump/crash-8.exe"));
	ck_assert_ptr_null(rig_find_node(d, "dump/crash-9-a b"));
	sim_set_state_sys_err(sim());
	RIG_UNTIL(&rig, dumped("crash-8.txt", &len));
	ck_assert_ptr_null(rig_find_node(d, "dump/crash-4.bin"));
	ck_assert_ptr_null(rig_find_node(d, "dump/crash-4-00-DDR.BIN"));
	ck_assert_ptr_nonnull(rig_find_node(d, "dump/crash-7-01-_._x"));
	strcat(path, "/crash-4.bin");
	ck_assert_int_eq(access(path, F_OK), -1);
	RIG_UNTIL(&rig, shows("state", "state=ready\n"));
}
END_TEST

START_TEST(test_a_folder_that_others_may_read_is_not_used)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/dump", rig.folder);
	ck_assert_int_eq(mkdir(path, 0755), 0);
	snprintf(path, sizeof(path), "%s/dump/loopback-0", rig.folder);
	ck_assert_int_eq(mkdir(path, 0755), 0);
	d = rig_device(&rig, "loopback");
	sim_set_state_sys_err(sim());
	RIG_UNTIL(&rig, !shows("state", "state=ready\n"));
	RIG_UNTIL(&rig, shows("state", "state=ready\n"));
	strcat(path, "/crash-1.txt");
	ck_assert_int_eq(access(path, F_OK), -1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("recovery");
	TCase *p = tcase_create("policy"), *t = tcase_create("device"), *c = tcase_create("dump");
	TCase *n = tcase_create("never");

	tcase_add_test(p, test_the_first_reset_comes_at_once_the_others_later);
	tcase_add_test(p, test_what_happened_long_ago_does_not_count);
	tcase_add_test(p, test_somebody_who_takes_over_starts_anew);
	suite_add_tcase(s, p);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_a_crash_ends_files_and_they_come_back);
	tcase_add_test(t, test_a_device_that_breaks_the_protocol_is_reset);
	tcase_add_test(t, test_while_it_recovers_it_says_so_and_why);
	tcase_add_test(t, test_without_recovery_it_stays_in_error_and_takes_a_reset);
	tcase_add_test(t, test_a_reset_that_fails_is_tried_again_later);
	tcase_add_test(t, test_off_ends_a_recovery);
	tcase_add_test(t, test_a_device_may_leave_while_it_recovers);
	tcase_add_test(t, test_a_crash_in_silence_is_found_by_the_health_check);
	tcase_add_test(t, test_f31_a_device_that_takes_nothing_is_reset_when_told_so);
	tcase_add_test(t, test_a_slow_reader_is_no_stall);
	suite_add_tcase(s, t);
	tcase_add_checked_fixture(n, setup, teardown);
	tcase_add_test(n, test_f89_one_that_does_not_start_is_tried_again);
	tcase_add_loop_test(n, test_f89_after_five_resets_it_stays_in_error_and_takes_power, 0, 2);
	tcase_add_test(n, test_one_that_crashes_ever_again_is_left_alone);
	tcase_add_test(n, test_one_that_crashes_now_and_then_is_always_reset);
	tcase_add_test(n, test_an_image_that_is_missing_is_named_while_it_recovers);
	tcase_add_test(n, test_off_ends_the_wait_for_the_next_try);
	suite_add_tcase(s, n);
	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, test_a_report_tells_what_was_known);
	tcase_add_test(c, test_a_dump_is_taken_before_the_reset);
	tcase_add_test(c, test_a_device_found_in_rddm_is_saved_and_reset);
	tcase_add_test(c, test_rddm_that_comes_after_sys_err_is_seen);
	tcase_add_test(c, test_one_that_does_not_go_to_rddm_is_told_to);
	tcase_add_test(c, test_one_that_will_not_go_to_rddm_is_reset);
	tcase_add_test(c, test_a_dump_that_fails_is_partial_and_the_reset_comes);
	tcase_add_test(c, test_a_reset_during_a_dump_ends_it);
	tcase_add_test(c, test_old_crashes_leave_and_a_new_start_finds_the_rest);
	tcase_add_test(c, test_f60_what_is_kept_has_a_limit);
	tcase_add_test(c, test_a_folder_that_others_may_read_is_not_used);
	suite_add_tcase(s, c);
	return suite_run(s);
}
