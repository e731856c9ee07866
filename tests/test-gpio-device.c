/*
 * A gpio device from end to end without a filesystem: the files' operations,
 * the driver, the queues, the socket, the simulated controller; all in one
 * loop.
 */
#include "rig.h"
#include "serve/vhost_server.h"
#include "suite.h"
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static struct rig rig;
static struct vhost_server *server;
static struct device *d;
static char folder[32], path[64], spec[128];

static void serve(const char *type, const char *mood)
{
	struct vhost_server_config c = { .path = path, .type = type, .mood = mood };
	struct text why = TEXT_INIT;

	ck_assert_msg(!vhost_server_open(rig.loop, &c, &server, &why), "%s", text_get(&why));
	text_fini(&why);
}

static void stop_serving(void)
{
	vhost_server_close(server);
	server = NULL;
}

static void setup(void)
{
	rig_setup(&rig);
	strcpy(folder, "/tmp/gpio-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/lines", folder);
	snprintf(spec, sizeof(spec), "vhost-user:%s,type=gpio", path);
}

static void teardown(void)
{
	stop_serving();
	rig_teardown(&rig);
	unlink(path);
	rmdir(folder);
}

static void start(const char *mood)
{
	serve("gpio", mood);
	d = rig_device(&rig, spec);
	ck_assert_str_eq(rig_show(d, "state"), "state=ready\nmhi=\nee=-\nwhy=\n");
}

static ssize_t store(const char *node, const char *text)
{
	struct call c;

	rig_store(d, node, text, false, &c);
	RIG_UNTIL(&rig, c.answers);
	ck_assert_uint_eq(c.answers, 1);
	return c.result;
}

/* The text of a value, or its errno as "-5". */
static const char *value(const char *line)
{
	static char shown[16];
	char node[64];
	int r;

	snprintf(node, sizeof(node), "gpio/%s/value", line);
	r = rig_fetch(&rig, d, node);
	if (r < 0)
		snprintf(shown, sizeof(shown), "%d", r);
	else
		snprintf(shown, sizeof(shown), "%s", rig_show(d, node));
	return shown;
}

static bool state_is(const char *state)
{
	char line[32];

	snprintf(line, sizeof(line), "state=%s\n", state);
	return strstr(rig_show(d, "state"), line);
}

static unsigned int n_changes;

static void on_changed(void *user)
{
	(void)user;
	n_changes++;
}

static const struct events_reader_ops reader_ops = { .changed = on_changed };

START_TEST(test_lines_have_files_by_name_or_number)
{
	start("healthy");
	ck_assert_str_eq(rig_show(d, "gpio/out0/label"), "out0\n");
	ck_assert_str_eq(rig_show(d, "gpio/7/label"), "\n");
	ck_assert_str_eq(rig_show(d, "gpio/out0/direction"), "none\n");
	ck_assert_str_eq(rig_show(d, "gpio/out0/edge"), "none\n");
	ck_assert_str_eq(rig_show(d, "gpio/out0/active_low"), "0\n");
	ck_assert_ptr_null(rig_find_node(d, "gpio/0/label"));
	ck_assert_ptr_nonnull(strstr(rig_show(d, "info"), "transport=vhost-user\n"));
	ck_assert_ptr_nonnull(strstr(rig_show(d, "info"), "path=vhost-user-lines\n"));
	ck_assert_ptr_nonnull(strstr(rig_show(d, "info"), "type=gpio\nlines=9\n"));
}
END_TEST

START_TEST(test_names_that_are_wrong_become_numbers)
{
	static const char *const moods[] = {
		"names-open", "names-few", "names-twice", "names-alien", "names-refused",
	};

	for (size_t i = 0; i < ARRAY_SIZE(moods); i++) {
		start(moods[i]);
		ck_assert_str_eq(rig_show(d, "gpio/0/label"), "\n");
		ck_assert_ptr_null(rig_find_node(d, "gpio/out0/label"));
		ck_assert_int_eq(store("gpio/0/direction", "high"), 0);
		ck_assert_str_eq(value("0"), "1\n");
		teardown();
		setup();
	}
}
END_TEST

START_TEST(test_values_travel_along_the_wire)
{
	start("healthy");
	ck_assert_int_eq(store("gpio/loop-out/direction", "high"), 0);
	ck_assert_str_eq(rig_show(d, "gpio/loop-out/direction"), "out\n");
	ck_assert_int_eq(store("gpio/loop-in/direction", "in"), 0);
	ck_assert_str_eq(value("loop-in"), "1\n");
	ck_assert_int_eq(store("gpio/loop-out/value", "0"), 0);
	ck_assert_str_eq(value("loop-in"), "0\n");
	ck_assert_int_eq(store("gpio/loop-out/value", "17"), 0);
	ck_assert_str_eq(value("loop-in"), "1\n");
	ck_assert_int_eq(store("gpio/loop-in/active_low", "1"), 0);
	ck_assert_str_eq(value("loop-in"), "0\n");
	ck_assert_int_eq(store("gpio/loop-out/direction", "low"), 0);
	ck_assert_str_eq(value("loop-in"), "1\n");
	ck_assert_int_eq(store("gpio/loop-out/direction", "none"), 0);
	ck_assert_str_eq(rig_show(d, "gpio/loop-out/direction"), "none\n");
}
END_TEST

START_TEST(test_bad_writes_change_nothing)
{
	static const struct {
		const char *node, *text;
		int error;
	} rows[] = {
		{ "gpio/out0/direction", "", -EINVAL }, { "gpio/out0/direction", "IN", -EINVAL },
		{ "gpio/out0/direction", "in ", -EINVAL }, { "gpio/out0/direction", "1", -EINVAL },
		{ "gpio/out0/value", "", -EINVAL }, { "gpio/out0/value", "on", -EINVAL },
		{ "gpio/out0/value", "-1", -EINVAL }, { "gpio/out0/value", "1", -EPERM },
		{ "gpio/out0/edge", "", -EINVAL }, { "gpio/out0/edge", "high", -EINVAL },
		{ "gpio/out0/active_low", "x", -EINVAL }, { "gpio/out0/active_low", "", -EINVAL },
		{ "gpio/out1/edge", "both", -EIO },
	};

	start("healthy");
	ck_assert_int_eq(store("gpio/out0/direction", "in"), 0);
	ck_assert_int_eq(store("gpio/out1/direction", "out"), 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		ck_assert_msg(store(rows[i].node, rows[i].text) == rows[i].error, "%s '%s'",
			      rows[i].node, rows[i].text);
	ck_assert_str_eq(rig_show(d, "gpio/out0/direction"), "in\n");
	ck_assert_str_eq(rig_show(d, "gpio/out0/edge"), "none\n");
	ck_assert_str_eq(rig_show(d, "gpio/out0/active_low"), "0\n");
	ck_assert_str_eq(rig_show(d, "gpio/out1/edge"), "none\n");
}
END_TEST

START_TEST(test_lines_that_refuse_and_lie_have_their_errno)
{
	start("healthy");
	ck_assert_str_eq(value("refuse"), "-5");
	ck_assert_int_eq(store("gpio/refuse/direction", "in"), -EIO);
	for (int i = 0; i < 8; i++)
		ck_assert_str_eq(value("liar"), "-71");
	ck_assert_str_eq(value("out0"), "0\n");
}
END_TEST

START_TEST(test_a_slow_line_holds_up_no_other)
{
	struct call slow;
	struct node *n;

	start("healthy");
	n = rig_find_node(d, "gpio/slow/value");
	call_init(&slow);
	n->ops->fetch(n, &slow.wait);
	ck_assert_str_eq(value("out0"), "0\n");
	ck_assert_uint_eq(slow.answers, 0);
	RIG_UNTIL(&rig, slow.answers);
	ck_assert_int_eq(slow.result, 0);
	/* An interrupt ends the wait; the late answer is nobody's. */
	call_init(&slow);
	n->ops->fetch(n, &slow.wait);
	wait_interrupt(&slow.wait);
	ck_assert_int_eq(slow.result, -EINTR);
	ck_assert_str_eq(value("slow"), "0\n");
	ck_assert_uint_eq(slow.answers, 1);
}
END_TEST

START_TEST(test_answers_may_come_in_any_order)
{
	static const char *const lines[] = { "out0", "out1", "loop-out", "loop-in", "7" };
	struct call calls[ARRAY_SIZE(lines)];
	char node[64];

	start("disorder");
	ck_assert_int_eq(store("gpio/out1/direction", "high"), 0);
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		struct node *n;

		snprintf(node, sizeof(node), "gpio/%s/value", lines[i]);
		n = rig_find_node(d, node);
		call_init(&calls[i]);
		n->ops->fetch(n, &calls[i].wait);
	}
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		RIG_UNTIL(&rig, calls[i].answers);
	ck_assert_str_eq(rig_show(d, "gpio/out1/value"), "1\n");
	ck_assert_str_eq(rig_show(d, "gpio/out0/value"), "0\n");
}
END_TEST

START_TEST(test_edges_wake_and_are_told)
{
	struct events_reader *r;
	struct node_watch watch;
	struct call c;

	start("healthy");
	r = events_open(device_events(d), &reader_ops, NULL);
	ck_assert_int_eq(store("gpio/toggle/edge", "rising"), 0);
	ck_assert_str_eq(rig_show(d, "gpio/toggle/direction"), "in\n");
	n_changes = 0;
	node_watch(rig_find_node(d, "gpio/toggle/value"), &watch, on_changed, NULL);
	RIG_UNTIL(&rig, n_changes);
	/* It is high for 100 ms, which a slow machine may miss. */
	RIG_UNTIL(&rig, !strcmp(value("toggle"), "1\n"));
	call_init(&c);
	events_read(r, &c.wait, sizeof(c.bytes) - 1, 0, true);
	ck_assert_ptr_nonnull(strstr(c.bytes, "\"type\":\"gpio\",\"line\":\"toggle\",\"number\":4,"
				     "\"edge\":\"rising\",\"monotonic_us\":"));
	ck_assert_ptr_nonnull(strstr(c.bytes, "\"line_seq\":1}\n"));
	events_close(r);
	node_unwatch(rig_find_node(d, "gpio/toggle/value"), &watch);
	ck_assert_int_eq(store("gpio/toggle/edge", "none"), 0);
}
END_TEST

START_TEST(test_a_device_that_came_back_has_its_lines)
{
	struct node *out;

	start("healthy");
	ck_assert_int_eq(store("gpio/loop-out/direction", "high"), 0);
	ck_assert_int_eq(store("gpio/toggle/active_low", "1"), 0);
	ck_assert_int_eq(store("gpio/toggle/edge", "both"), 0);
	out = rig_find_node(d, "gpio/loop-out/value");
	stop_serving();
	RIG_UNTIL(&rig, state_is("recovering"));
	ck_assert_str_eq(value("loop-out"), "-19");
	ck_assert_int_eq(store("gpio/out0/direction", "in"), -ENODEV);
	serve("gpio", "healthy");
	RIG_UNTIL(&rig, state_is("ready"));
	ck_assert_ptr_eq(out, rig_find_node(d, "gpio/loop-out/value"));
	ck_assert_str_eq(value("loop-in"), "1\n");
	ck_assert_str_eq(rig_show(d, "gpio/toggle/edge"), "both\n");
	n_changes = 0;
	{
		struct node_watch watch;
		struct node *n = rig_find_node(d, "gpio/toggle/value");

		node_watch(n, &watch, on_changed, NULL);
		RIG_UNTIL(&rig, n_changes);
		node_unwatch(n, &watch);
	}
}
END_TEST

START_TEST(test_another_device_in_its_place_is_refused)
{
	start("healthy");
	stop_serving();
	serve("gpio", "names-few");
	RIG_UNTIL(&rig, state_is("error"));
	ck_assert_ptr_nonnull(strstr(rig_show(d, "state"), "other names"));
	stop_serving();
	serve("gpio", "healthy");
	ck_assert_int_eq(store("power", "reset"), 0);
	ck_assert(state_is("ready"));
}
END_TEST

START_TEST(test_a_parked_call_ends_with_the_device)
{
	struct call c;
	struct node *n;

	start("healthy");
	n = rig_find_node(d, "gpio/slow/value");
	call_init(&c);
	n->ops->fetch(n, &c.wait);
	stop_serving();
	RIG_UNTIL(&rig, c.answers);
	ck_assert_int_eq(c.result, -ENODEV);
	/* A reset says so. */
	serve("gpio", "healthy");
	RIG_UNTIL(&rig, state_is("ready"));
	call_init(&c);
	n->ops->fetch(n, &c.wait);
	ck_assert_int_eq(store("power", "reset"), 0);
	ck_assert_int_eq(c.result, -ECONNRESET);
	ck_assert_uint_eq(c.answers, 1);
	ck_assert(state_is("ready"));
}
END_TEST

START_TEST(test_power_off_gives_the_lines_back)
{
	start("healthy");
	ck_assert_int_eq(store("gpio/loop-out/direction", "high"), 0);
	ck_assert_int_eq(store("power", "off"), 0);
	ck_assert(state_is("off"));
	ck_assert_str_eq(rig_show(d, "power"), "off\n");
	ck_assert_str_eq(value("loop-out"), "-19");
	ck_assert_int_eq(store("power", "suspend"), -EINVAL);
	ck_assert_int_eq(store("power", "reset"), -EINVAL);
	ck_assert_int_eq(store("power", "off"), 0);
	ck_assert_int_eq(store("power", "on"), 0);
	ck_assert(state_is("ready"));
	ck_assert_str_eq(rig_show(d, "gpio/loop-out/direction"), "none\n");
	ck_assert_int_eq(store("power", "on"), 0);
}
END_TEST

START_TEST(test_power_on_waits_for_who_is_not_there)
{
	struct call c;

	start("healthy");
	ck_assert_int_eq(store("power", "off"), 0);
	stop_serving();
	rig_store(d, "power", "on", false, &c);
	ck_assert(state_is("recovering"));
	ck_assert_int_eq(store("power", "reset"), -EBUSY);
	serve("gpio", "healthy");
	RIG_UNTIL(&rig, c.answers);
	ck_assert_int_eq(c.result, 0);
	/* The end may interrupt. */
	stop_serving();
	RIG_UNTIL(&rig, state_is("recovering"));
	rig_store(d, "power", "on", false, &c);
	ck_assert_uint_eq(c.answers, 0);
	ck_assert_int_eq(store("power", "off"), 0);
	ck_assert_int_eq(c.result, -EIO);
	ck_assert(state_is("off"));
}
END_TEST

START_TEST(test_a_shutdown_is_orderly_in_every_state)
{
	static const char *const words[] = { "ready", "recovering", "off" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		start("healthy");
		ck_assert_int_eq(store("gpio/toggle/edge", "both"), 0);
		if (i == 1)
			stop_serving();
		if (i == 2)
			ck_assert_int_eq(store("power", "off"), 0);
		RIG_UNTIL(&rig, state_is(words[i]));
		rig_shutdown(&rig);
		RIG_UNTIL(&rig, rig.is_down);
		ck_assert(state_is("off"));
		teardown();
		setup();
	}
}
END_TEST

START_TEST(test_a_broken_ring_is_an_error_that_reset_heals)
{
	static const char *const moods[] = { "used-id", "used-jump", "used-twice", "used-len" };

	for (size_t i = 0; i < ARRAY_SIZE(moods); i++) {
		serve("gpio", moods[i]);
		d = rig_device(&rig, spec);
		while (state_is("ready"))
			value("out0");
		ck_assert(state_is("error"));
		ck_assert_ptr_null(strstr(rig_show(d, "state"), "why=\n"));
		stop_serving();
		serve("gpio", "healthy");
		ck_assert_int_eq(store("power", "reset"), 0);
		ck_assert(state_is("ready"));
		teardown();
		setup();
	}
}
END_TEST

/* Wrong answers, storms, events that are none: the device is served as far as
 * it can be, and the loop goes on. */
START_TEST(test_moods_are_survived)
{
	static const char *const moods[] = {
		"disorder", "bad-status", "bad-length", "bad-value", "event-flood",
		"event-status", "event-length", "used-zero", "full-len", "storm", "eager",
	};

	for (size_t i = 0; i < ARRAY_SIZE(moods); i++) {
		serve("gpio", moods[i]);
		d = rig_device(&rig, spec);
		for (int n = 0; n < 4; n++) {
			store("gpio/toggle/edge", n & 1 ? "none" : "both");
			value("toggle");
			store("gpio/out0/direction", "high");
		}
		ck_assert_msg(state_is("ready") || state_is("error"), "%s", moods[i]);
		rig_shutdown(&rig);
		RIG_UNTIL(&rig, rig.is_down);
		teardown();
		setup();
	}
}
END_TEST

START_TEST(test_a_silent_line_times_out)
{
	start("silent-line");
	ck_assert_str_eq(value("out1"), "-110");
	ck_assert_str_eq(value("out0"), "0\n");
}
END_TEST

static void refuses(const char *text, const char *reason)
{
	ck_assert_int_lt(rig_add(&rig, text), 0);
	ck_assert_msg(strstr(text_get(&rig.why), reason), "%s", text_get(&rig.why));
	ck_assert_ptr_null(registry_device(rig.registry, 0));
}

START_TEST(test_what_cannot_be_is_refused_with_a_sentence)
{
	char text[160];

	snprintf(text, sizeof(text), "vhost-user:%s", path);
	refuses(text, "type=rpmsg or type=gpio");
	snprintf(text, sizeof(text), "vhost-user:%s,type=net", path);
	refuses(text, "cannot be 'net'");
	snprintf(text, sizeof(text), "%s,lines=many", spec);
	refuses(text, "cannot be 'many'");
	snprintf(text, sizeof(text), "%s,greet=all", spec);
	refuses(text, "greet is not for type=gpio");
	snprintf(text, sizeof(text), "vhost-user:%s,type=rpmsg,lines=4", path);
	refuses(text, "lines is not for type=rpmsg");
	refuses(spec, path);
}
END_TEST

START_TEST(test_a_device_that_is_waited_for_comes)
{
	char text[160];

	snprintf(text, sizeof(text), "%s,wait", spec);
	ck_assert_int_eq(rig_add(&rig, text), 0);
	ck_assert_ptr_null(registry_device(rig.registry, 0));
	ck_assert(registry_is_settled(rig.registry));
	serve("gpio", "healthy");
	RIG_UNTIL(&rig, registry_device(rig.registry, 0));
	d = registry_device(rig.registry, 0);
	RIG_UNTIL(&rig, state_is("ready"));
}
END_TEST

/* Somebody listens, and hangs up. */
START_TEST(test_a_socket_that_is_no_back_end_is_an_error)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0), peer;

	snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	ck_assert_int_eq(listen(fd, 1), 0);
	ck_assert_int_eq(rig_add(&rig, spec), 0);
	d = registry_device(rig.registry, 0);
	peer = accept(fd, NULL, NULL);
	ck_assert_int_eq((int)write(peer, "HTTP/1.1 400 Bad Request\r\n\r\n", 28), 28);
	close(peer);
	RIG_UNTIL(&rig, registry_is_settled(rig.registry));
	ck_assert(state_is("error"));
	ck_assert_ptr_null(strstr(rig_show(d, "state"), "why=\n"));
	close(fd);
}
END_TEST

START_TEST(test_a_device_of_another_type_is_an_error)
{
	serve("rpmsg", "healthy");
	d = rig_device(&rig, spec);
	ck_assert(state_is("error"));
}
END_TEST

static void add_ends(TCase *t)
{
	tcase_add_test(t, test_a_device_that_came_back_has_its_lines);
	tcase_add_test(t, test_another_device_in_its_place_is_refused);
	tcase_add_test(t, test_a_parked_call_ends_with_the_device);
	tcase_add_test(t, test_power_off_gives_the_lines_back);
	tcase_add_test(t, test_power_on_waits_for_who_is_not_there);
	tcase_add_test(t, test_a_shutdown_is_orderly_in_every_state);
	tcase_add_test(t, test_a_broken_ring_is_an_error_that_reset_heals);
	tcase_add_test(t, test_moods_are_survived);
	tcase_add_test(t, test_a_silent_line_times_out);
	tcase_add_test(t, test_what_cannot_be_is_refused_with_a_sentence);
	tcase_add_test(t, test_a_device_that_is_waited_for_comes);
	tcase_add_test(t, test_a_socket_that_is_no_back_end_is_an_error);
	tcase_add_test(t, test_a_device_of_another_type_is_an_error);
}

int main(void)
{
	Suite *s = suite_create("gpio-device");
	TCase *t = tcase_create("device");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_lines_have_files_by_name_or_number);
	tcase_add_test(t, test_names_that_are_wrong_become_numbers);
	tcase_add_test(t, test_values_travel_along_the_wire);
	tcase_add_test(t, test_bad_writes_change_nothing);
	tcase_add_test(t, test_lines_that_refuse_and_lie_have_their_errno);
	tcase_add_test(t, test_a_slow_line_holds_up_no_other);
	tcase_add_test(t, test_answers_may_come_in_any_order);
	tcase_add_test(t, test_edges_wake_and_are_told);
	add_ends(t);
	suite_add_tcase(s, t);
	return suite_run(s);
}
