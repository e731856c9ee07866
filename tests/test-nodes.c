#include "device/mhi.h"
#include "rig.h"
#include "device/mhi.h"
#include "suite.h"
#include "transport/loopback.h"
#include <errno.h>

static struct rig rig;
static struct device *d;
static struct call call;

static void setup(void)
{
	rig_setup(&rig);
}

static void teardown(void)
{
	rig_teardown(&rig);
}

static bool shows(const char *node, const char *line)
{
	return strstr(rig_show(d, node), line);
}

/* A write to power that waits for its end. */
static ssize_t power(const char *word)
{
	rig_store(d, "power", word, false, &call);
	RIG_UNTIL(&rig, call.answers);
	ck_assert_uint_eq(call.answers, 1);
	return call.result;
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

START_TEST(test_info_tells_what_the_device_is)
{
	d = rig_device(&rig, "loopback");
	ck_assert(shows("info", "name=mhi0\ntransport=loopback\naddress=loopback-0\n"
			"path=loopback-0\nprofile=sim\n"));
	ck_assert(shows("info", "\nchannel.LOOPBACK=0 1 32768 stream\n"));
	ck_assert(shows("info", "\nchannel.QMI=14 15 4096 message\n"));
}
END_TEST

START_TEST(test_info_shows_a_missing_direction)
{
	d = rig_device(&rig, "loopback:qcom-qdu100");
	ck_assert(shows("info", "\nchannel.QDSS=- 9 4096 stream\n"));
}
END_TEST

START_TEST(test_state_of_a_healthy_device)
{
	d = rig_device(&rig, "loopback");
	ck_assert_str_eq(rig_show(d, "state"), "state=ready\nmhi=M0\nee=AMSS\nwhy=\n");
	ck_assert_str_eq(rig_show(d, "power"), "on\n");
}
END_TEST

START_TEST(test_stats_have_every_key_of_every_channel)
{
	static const char *const keys[] = {
		"users=0", "state=closed", "mtu=4096", "ul_messages=0", "ul_bytes=0",
		"dl_messages=0", "dl_bytes=0", "prepares=0", "unprepares=0", "errors=0",
	};
	char line[64];

	d = rig_device(&rig, "loopback");
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		snprintf(line, sizeof(line), "DUN.%s\n", keys[i]);
		ck_assert_msg(shows("stats", line), "%s", line);
	}
	ck_assert(shows("stats", "IP_HW0.state=closed\n"));
}
END_TEST

START_TEST(test_power_off_and_on)
{
	d = rig_device(&rig, "loopback");
	ck_assert_int_eq(power("off"), 0);
	ck_assert(shows("state", "state=off\n"));
	ck_assert_str_eq(rig_show(d, "power"), "off\n");
	ck_assert(!rig_file(d, "DUN")->is_offered);
	ck_assert_int_eq(power("off"), 0);
	ck_assert_int_eq(power("on"), 0);
	ck_assert(shows("state", "state=ready\n"));
	ck_assert(rig_file(d, "DUN")->is_offered);
	ck_assert_int_eq(power("on"), 0);
}
END_TEST

START_TEST(test_suspend_and_resume)
{
	d = rig_device(&rig, "loopback");
	ck_assert_int_eq(power("suspend"), 0);
	ck_assert(shows("state", "state=suspended\nmhi=M3\n"));
	ck_assert_str_eq(rig_show(d, "power"), "suspended\n");
	ck_assert(rig_file(d, "DUN")->is_offered);
	ck_assert_int_eq(power("resume"), 0);
	ck_assert(shows("state", "state=ready\nmhi=M0\n"));
}
END_TEST

START_TEST(test_f80_power_refuses_what_it_does_not_know)
{
	static const char *const words[] = { "", "On", "offf", "on\n", "1" };

	d = rig_device(&rig, "loopback");
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		ck_assert_int_eq(power(words[i]), -EINVAL);
	ck_assert(shows("state", "state=ready\n"));
	ck_assert_int_eq(power("off"), 0);
	ck_assert_int_eq(power("suspend"), -EINVAL);
	ck_assert_int_eq(power("resume"), -EINVAL);
}
END_TEST

START_TEST(test_f80_a_second_transition_is_busy)
{
	struct call first;

	d = rig_device(&rig, "loopback,m3_us=20000");
	rig_store(d, "power", "suspend", false, &first);
	ck_assert_uint_eq(first.answers, 0);
	ck_assert_int_eq(power("suspend"), -EBUSY);
	RIG_UNTIL(&rig, first.answers);
	ck_assert_int_eq(first.result, 0);
}
END_TEST

START_TEST(test_off_is_done_although_it_replaces_another_transition)
{
	struct call first;

	d = rig_device(&rig, "loopback,m3_us=20000");
	rig_store(d, "power", "suspend", false, &first);
	ck_assert_int_eq(power("off"), 0);
	ck_assert_int_eq(first.result, -EIO);
	ck_assert(shows("state", "state=off\n"));
}
END_TEST

/* Nobody waits for the transition that ends first. */
START_TEST(test_off_waits_for_its_own_transition)
{
	d = rig_device(&rig, "loopback,m3_us=20000");
	rig_store(d, "power", "suspend", true, &call);
	ck_assert_int_eq(power("off"), 0);
	ck_assert(shows("state", "state=off\n"));
}
END_TEST

START_TEST(test_f80_nonblocking_power_returns_at_once)
{
	d = rig_device(&rig, "loopback,m3_us=2000");
	rig_store(d, "power", "suspend", true, &call);
	ck_assert_uint_eq(call.answers, 1);
	ck_assert_int_eq(call.result, 0);
	RIG_UNTIL(&rig, shows("state", "state=suspended\n"));
}
END_TEST

START_TEST(test_a_start_that_ends_never_shows_ready)
{
	ck_assert_int_eq(rig_add(&rig, "loopback,mood=ignores-m0,reset_us=2000"), 0);
	d = registry_device(rig.registry, 0);
	RIG_UNTIL(&rig, shows("state", "mhi=READY\n"));
	rig_store(d, "power", "off", false, &call);
	while (!call.answers) {
		ck_assert(!shows("state", "state=ready\n"));
		rig_turn(&rig);
	}
	ck_assert(shows("state", "state=off\n"));
}
END_TEST

START_TEST(test_f80_an_interrupted_wait_leaves_the_transition)
{
	d = rig_device(&rig, "loopback,m3_us=2000");
	rig_store(d, "power", "suspend", false, &call);
	wait_interrupt(&call.wait);
	ck_assert_int_eq(call.result, -EINTR);
	RIG_UNTIL(&rig, shows("state", "state=suspended\n"));
	ck_assert_uint_eq(call.answers, 1);
}
END_TEST

START_TEST(test_a_device_that_does_not_suspend_times_out)
{
	d = rig_device(&rig, "loopback,mood=ignores-m3");
	ck_assert_int_eq(power("suspend"), -ETIMEDOUT);
}
END_TEST

START_TEST(test_a_device_in_error_says_why)
{
	d = rig_device(&rig, "loopback,recovery=off");
	sim_set_state_sys_err(loopback_sim(mhi_hw(d->bearer)));
	RIG_UNTIL(&rig, shows("state", "state=error\n"));
	ck_assert(!shows("state", "why=\n"));
	ck_assert_str_eq(rig_show(d, "power"), "on\n");
	ck_assert(!rig_file(d, "DUN")->is_offered);
}
END_TEST

START_TEST(test_reset_ends_files_with_econnreset)
{
	struct port_file *f;

	d = rig_device(&rig, "loopback");
	f = open_file("LOOPBACK");
	ck_assert(shows("stats", "LOOPBACK.users=1\n"));
	ck_assert_int_eq(power("reset"), 0);
	ck_assert(shows("state", "state=ready\n"));
	call_init(&call);
	port_read(f, &call.wait, 100, 0, false);
	ck_assert_int_eq(call.result, -ECONNRESET);
	call_init(&call);
	port_read(f, &call.wait, 100, 0, false);
	ck_assert_int_eq(call.result, -ENODEV);
	ck_assert(shows("stats", "LOOPBACK.users=0\n"));
	ck_assert(shows("stats", "LOOPBACK.unprepares=1\n"));
	port_close(f);
	/* The new instance is another one. */
	f = open_file("LOOPBACK");
	ck_assert(shows("stats", "LOOPBACK.prepares=2\n"));
	port_close(f);
}
END_TEST

/* What a parked read is answered with when @word is done to the device. */
static ssize_t parked_read_sees(const char *word)
{
	struct port_file *f = open_file("LOOPBACK");
	struct call parked;

	call_init(&parked);
	port_read(f, &parked.wait, 100, 0, false);
	ck_assert_uint_eq(parked.answers, 0);
	if (!strcmp(word, "crash"))
		sim_set_state_sys_err(loopback_sim(mhi_hw(d->bearer)));
	else if (!strcmp(word, "unplug"))
		loopback_unplug(mhi_hw(d->bearer));
	else if (!strcmp(word, "shutdown"))
		rig_shutdown(&rig);
	else
		ck_assert_int_eq(power(word), 0);
	RIG_UNTIL(&rig, parked.answers);
	ck_assert_uint_eq(parked.answers, 1);
	port_close(f);
	return parked.result;
}

START_TEST(test_each_cause_has_its_errno)
{
	static const struct {
		const char *cause;
		int error;
	} rows[] = {
		{ "reset", -ECONNRESET }, { "crash", -ECONNRESET }, { "off", -ENODEV },
		{ "unplug", -ENODEV }, { "shutdown", -ENODEV },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		d = device_ref(rig_device(&rig, "loopback"));
		ck_assert_msg(parked_read_sees(rows[i].cause) == rows[i].error, "%s",
			      rows[i].cause);
		device_unref(d);
	}
}
END_TEST

/* Whatever a device writes over its event ring: it is in error, and says why. */
START_TEST(test_a_device_that_breaks_the_protocol_is_in_error)
{
	static const uint64_t wild[] = { 0, 1, 0xdeadbeef, UINT64_MAX };
	struct port_file *f;
	struct call parked;

	for (size_t i = 0; i < ARRAY_SIZE(wild); i++) {
		d = rig_device(&rig, "loopback,recovery=off");
		f = open_file("LOOPBACK");
		call_init(&parked);
		port_read(f, &parked.wait, 100, 0, false);
		sim_inject_event_rp(loopback_sim(mhi_hw(d->bearer)), 1, wild[i]);
		RIG_UNTIL(&rig, shows("state", "state=error\n"));
		ck_assert(!shows("state", "why=\n"));
		RIG_UNTIL(&rig, parked.answers);
		ck_assert_int_eq(parked.result, -ECONNRESET);
		port_close(f);
		/* The operator can have it back. */
		ck_assert_int_eq(power("reset"), 0);
		ck_assert(shows("state", "state=ready\n"));
	}
}
END_TEST

START_TEST(test_traffic_wakes_a_suspended_device)
{
	struct port_file *f;

	d = rig_device(&rig, "loopback");
	f = open_file("LOOPBACK");
	ck_assert_int_eq(power("suspend"), 0);
	call_init(&call);
	port_write(f, &call.wait, "wake", 4, 0, false);
	RIG_UNTIL(&rig, call.answers);
	ck_assert_int_eq(call.result, 4);
	call_init(&call);
	port_read(f, &call.wait, 100, 0, false);
	RIG_UNTIL(&rig, call.answers);
	ck_assert_str_eq(call.bytes, "wake");
	ck_assert(shows("state", "state=ready\n"));
	port_close(f);
}
END_TEST

START_TEST(test_an_open_wakes_a_suspended_device)
{
	d = rig_device(&rig, "loopback");
	ck_assert_int_eq(power("suspend"), 0);
	port_close(open_file("DUN"));
	ck_assert(shows("state", "state=ready\n"));
}
END_TEST

START_TEST(test_open_of_an_off_device_is_refused)
{
	struct port_file *f;

	d = rig_device(&rig, "loopback");
	ck_assert_int_eq(power("off"), 0);
	call_init(&call);
	port_open(rig_port(d, "DUN"), false, &file_ops, NULL, &call.wait, &f);
	ck_assert_int_eq(call.result, -ENODEV);
	ck_assert(shows("stats", "DUN.prepares=0\n"));
}
END_TEST

static const struct events_reader_ops reader_ops = { .changed = on_file_changed };

START_TEST(test_events_tell_the_story)
{
	struct events_reader *r;
	char *off, *last;

	d = rig_device(&rig, "loopback");
	r = events_open(device_events(d), &reader_ops, NULL);
	ck_assert_int_eq(power("off"), 0);
	call_init(&call);
	events_read(r, &call.wait, sizeof(call.bytes) - 1, 0, true);
	ck_assert_int_gt(call.result, 0);
	ck_assert_ptr_nonnull(strstr(call.bytes, "\"type\":\"channel\",\"channel\":\"DUN\","
				     "\"offered\":false"));
	off = strstr(call.bytes, "\"type\":\"state\",\"state\":\"off\"");
	last = strstr(call.bytes, "\"type\":\"power\",\"state\":\"off\",\"result\":\"done\"");
	ck_assert_ptr_nonnull(off);
	ck_assert_ptr_nonnull(last);
	events_close(r);
}
END_TEST

START_TEST(test_the_last_events_tell_that_the_device_is_gone)
{
	struct events_reader *r;

	d = device_ref(rig_device(&rig, "loopback"));
	r = events_open(device_events(d), &reader_ops, NULL);
	loopback_unplug(mhi_hw(d->bearer));
	RIG_UNTIL(&rig, !registry_device(rig.registry, 0));
	call_init(&call);
	events_read(r, &call.wait, sizeof(call.bytes) - 1, 0, true);
	ck_assert_int_gt(call.result, 0);
	ck_assert_ptr_nonnull(strstr(call.bytes, "\"type\":\"state\",\"state\":\"gone\""));
	call_init(&call);
	events_read(r, &call.wait, sizeof(call.bytes) - 1, 0, true);
	ck_assert_int_eq(call.result, 0);
	events_close(r);
	device_unref(d);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("nodes");
	TCase *t = tcase_create("nodes");

	tcase_set_timeout(t, 30);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_info_tells_what_the_device_is);
	tcase_add_test(t, test_info_shows_a_missing_direction);
	tcase_add_test(t, test_state_of_a_healthy_device);
	tcase_add_test(t, test_stats_have_every_key_of_every_channel);
	tcase_add_test(t, test_power_off_and_on);
	tcase_add_test(t, test_suspend_and_resume);
	tcase_add_test(t, test_f80_power_refuses_what_it_does_not_know);
	tcase_add_test(t, test_f80_a_second_transition_is_busy);
	tcase_add_test(t, test_off_is_done_although_it_replaces_another_transition);
	tcase_add_test(t, test_off_waits_for_its_own_transition);
	tcase_add_test(t, test_a_start_that_ends_never_shows_ready);
	tcase_add_test(t, test_f80_nonblocking_power_returns_at_once);
	tcase_add_test(t, test_f80_an_interrupted_wait_leaves_the_transition);
	tcase_add_test(t, test_a_device_that_does_not_suspend_times_out);
	tcase_add_test(t, test_a_device_in_error_says_why);
	tcase_add_test(t, test_reset_ends_files_with_econnreset);
	tcase_add_test(t, test_each_cause_has_its_errno);
	tcase_add_test(t, test_a_device_that_breaks_the_protocol_is_in_error);
	tcase_add_test(t, test_traffic_wakes_a_suspended_device);
	tcase_add_test(t, test_an_open_wakes_a_suspended_device);
	tcase_add_test(t, test_open_of_an_off_device_is_refused);
	tcase_add_test(t, test_events_tell_the_story);
	tcase_add_test(t, test_the_last_events_tell_that_the_device_is_gone);
	suite_add_tcase(s, t);
	return suite_run(s);
}
