/*
 * test-peer-faults - the faults F61 to F66 by their ids, from end to end without
 * a filesystem: of a modem with an rpmsg channel, of an rpmsg remote and of a
 * gpio controller over vhost-user; in each case at rest and at work, while
 * another device goes on.
 */
#include "rig.h"
#include "device/rpmsg.h"
#include "serve/vhost_server.h"
#include "tests/suite.h"
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

enum { HONEST = 6 };	/* endpoints */

static struct rig rig;
static struct vhost_server *server;
static struct device *d, *other;
static char folder[32], path[64];

static void ignore(void *user)
{
	(void)user;
}

static const struct port_file_ops file_ops = { .changed = ignore };

static void setup(void)
{
	rig_setup(&rig);
	strcpy(folder, "/tmp/peer-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/socket", folder);
	other = rig_device(&rig, "loopback");
	RIG_UNTIL(&rig, rig_find_file(other, "rpmsg/rpmsg-echo"));
}

static void serve(const char *type, const char *mood)
{
	struct vhost_server_config c = { .path = path, .type = type, .mood = mood };
	struct text why = TEXT_INIT;

	ck_assert_msg(!vhost_server_open(rig.loop, &c, &server, &why), "%s", text_get(&why));
	text_fini(&why);
}

static bool state_is(struct device *dev, const char *state)
{
	char line[32];

	snprintf(line, sizeof(line), "state=%s\n", state);
	return strstr(rig_show(dev, "state"), line);
}

/* Whether @answer comes to @text on a channel: the bytes it comes with, or -errno. */
static ssize_t ask(struct device *dev, const char *name, const char *text, const char *answer)
{
	struct call opening, writing, reading;
	struct port_file *f;

	call_init(&opening);
	port_open(rig_port(dev, name), false, &file_ops, NULL, &opening.wait, &f);
	RIG_UNTIL(&rig, opening.answers);
	if (opening.result)
		return opening.result;
	call_init(&writing);
	port_write(f, &writing.wait, text, strlen(text), 0, false);
	RIG_UNTIL(&rig, writing.answers);
	ck_assert_uint_eq(writing.answers, 1);
	call_init(&reading);
	/* A lie may have come to the same endpoint before. */
	while (writing.result > 0 && reading.result >= 0 && !strstr(reading.bytes, answer)) {
		call_init(&reading);
		port_read(f, &reading.wait, 100, 0, false);
		RIG_UNTIL(&rig, reading.answers);
		ck_assert_uint_eq(reading.answers, 1);
	}
	port_close(f);
	return writing.result > 0 ? reading.result : writing.result;
}

static void expect_echo(struct device *dev)
{
	ck_assert_int_eq(ask(dev, "rpmsg/rpmsg-echo", "still there", "still there"), 11);
}

static uint64_t count(const char *key)
{
	char line[32];
	const char *at;

	snprintf(line, sizeof(line), "%s=", key);
	at = strstr(rig_show(d, "rpmsg/ctrl"), line);
	ck_assert_ptr_nonnull(at);
	return strtoull(at + strlen(line), NULL, 10);
}

static unsigned int n_endpoints(void)
{
	const char *at = rig_show(d, "rpmsg/ctrl");
	unsigned int n = 0;

	for (; (at = strstr(at, "endpoint.")); at++)
		n++;
	return n;
}

/* After each fault: the others lost nothing, and all of it can be taken away. */
static void teardown(void)
{
	expect_echo(other);
	rig_shutdown(&rig);
	RIG_UNTIL(&rig, rig.is_down);
	vhost_server_close(server);
	server = NULL;
	rig_teardown(&rig);
	unlink(path);
	rmdir(folder);
}

/* --- rpmsg, over either carrier --- */

enum carrier { MODEM, VIRTIO };

/* The faulty one; at rest the fault comes with the start, else with traffic. */
static void start(enum carrier carrier, unsigned int id, int number, bool is_at_work)
{
	char spec[160];

	if (carrier == MODEM) {
		snprintf(spec, sizeof(spec), "loopback,greet=yes,fault=F%u%s:case=%d", id,
			 is_at_work ? "@50ms" : "", number);
	} else {
		snprintf(spec, sizeof(spec), "F%u%s,case=%d", id, is_at_work ? "@write#2" : "",
			 number);
		serve("rpmsg", spec);
		snprintf(spec, sizeof(spec), "vhost-user:%s,type=rpmsg,greet=yes", path);
	}
	d = rig_device(&rig, spec);
}

/* All that a lie of this fault says has come. */
static bool is_told(unsigned int id)
{
	const unsigned int least = id == 62 ? 1000 : 1;

	return count("received") + count("bad") >= HONEST + least;
}

/* A lie that is out: whoever was there is there and talks. */
static void start_lied(enum carrier carrier, unsigned int id, int number, bool is_at_work)
{
	start(carrier, id, number, is_at_work);
	RIG_UNTIL(&rig, rig_find_file(d, "rpmsg/rpmsg-liar"));
	if (is_at_work)
		for (unsigned int i = 0; i < 4; i++)
			expect_echo(d);
	RIG_UNTIL(&rig, is_told(id));
	ck_assert(state_is(d, "ready"));
	expect_echo(d);
	ck_assert_uint_le(n_endpoints(), RPMSG_ENDPOINTS);
}

static const struct { enum carrier carrier; bool is_at_work; } ways[] = {
	{ MODEM, false }, { MODEM, true }, { VIRTIO, false }, { VIRTIO, true },
};

#define FOR_EACH_WAY(w)                                                            \
	for (unsigned int w = 0; w < ARRAY_SIZE(ways); w == ARRAY_SIZE(ways) - 1 ? \
	     (void)0 : (teardown(), setup()), w++)

START_TEST(test_f61_is_dropped_and_counted)
{
	FOR_EACH_WAY(w) {
		start_lied(ways[w].carrier, 61, _i + 1, ways[w].is_at_work);
		RIG_UNTIL(&rig, count("bad") + count("refused") == 1);
		ck_assert_uint_eq(n_endpoints(), HONEST);
	}
}
END_TEST

START_TEST(test_f62_leaves_those_who_were_there)
{
	FOR_EACH_WAY(w) {
		start_lied(ways[w].carrier, 62, _i + 1, ways[w].is_at_work);
		for (const char *const *name = (const char *const[]){ "echo", "raw", "tty",
				"flood", "liar", "client-sample", NULL }; *name; name++) {
			char file[64];

			snprintf(file, sizeof(file), "rpmsg/rpmsg-%s", *name);
			ck_assert_msg(rig_find_file(d, file), "%s", file);
		}
		ck_assert_int_eq(ask(d, "rpmsg/rpmsg-tty", "x", "x"), 1);
	}
}
END_TEST

START_TEST(test_f63_changes_what_is_its_own)
{
	/* Those that name somebody new add that, the flood its one. */
	static const unsigned int n_new[] = { 0, 0, 0, 0, 1, 1, 0, 0, 0, 1 };

	FOR_EACH_WAY(w) {
		start_lied(ways[w].carrier, 63, _i + 1, ways[w].is_at_work);
		if (_i != 9)
			RIG_UNTIL(&rig, count("refused") + n_new[_i] >= 1);
		RIG_UNTIL(&rig, n_endpoints() == HONEST + n_new[_i]);
		ck_assert_ptr_nonnull(rig_find_file(d, "rpmsg/rpmsg-echo"));
	}
}
END_TEST

/* Only who sends waits, and no longer than for a close: the same modem's other
 * channels go on. */
START_TEST(test_f64_holds_up_who_sends)
{
	struct call opening, writing;
	struct port_file *f;

	start(_i < 4 ? MODEM : VIRTIO, 64, _i % 4 + 1, false);
	RIG_UNTIL(&rig, rig_find_file(d, "rpmsg/rpmsg-echo") || state_is(d, "error"));
	call_init(&opening);
	port_open(rig_port(d, "rpmsg/rpmsg-echo"), false, &file_ops, NULL, &opening.wait, &f);
	RIG_UNTIL(&rig, opening.answers);
	ck_assert_int_eq(opening.result, 0);
	call_init(&writing);
	port_write(f, &writing.wait, "hello", 5, 0, true);
	RIG_UNTIL(&rig, writing.answers);
	expect_echo(other);
	if (_i < 4 && state_is(d, "ready"))
		ck_assert_int_gt(ask(d, "DUN", "AT\r", "OK"), 0);
	port_close(f);
	ck_assert(state_is(d, "ready") || state_is(d, "recovering"));
}
END_TEST

START_TEST(test_f65_is_dropped)
{
	FOR_EACH_WAY(w) {
		start_lied(ways[w].carrier, 65, _i + 1, ways[w].is_at_work);
		ck_assert_uint_eq(n_endpoints(), HONEST);
	}
}
END_TEST

/* Several at once, so that an entry is not by chance the right one. */
static void send_four(void)
{
	struct call opening, writing[4];
	struct port_file *f;

	call_init(&opening);
	port_open(rig_port(d, "rpmsg/rpmsg-echo"), false, &file_ops, NULL, &opening.wait, &f);
	RIG_UNTIL(&rig, opening.answers);
	if (opening.result)
		return;
	for (unsigned int i = 0; i < ARRAY_SIZE(writing); i++) {
		call_init(&writing[i]);
		port_write(f, &writing[i].wait, "x", 1, 0, true);
	}
	RIG_UNTIL(&rig, writing[0].answers && writing[3].answers);
	for (unsigned int i = 0; i < 100; i++)
		loop_turn(rig.loop, false);
	port_close(f);
}

/* Used entries that cannot be end the device; a healthy one comes back. */
START_TEST(test_f65_a_broken_ring_is_an_error_that_reset_heals)
{
	struct call c;

	start(VIRTIO, 65, _i + 1, false);
	for (unsigned int i = 0; i < 20 && !state_is(d, "error"); i++)
		if (rig_find_file(d, "rpmsg/rpmsg-echo"))
			send_four();
	RIG_UNTIL(&rig, state_is(d, "error"));
	expect_echo(other);
	vhost_server_close(server);
	serve("rpmsg", "healthy");
	rig_store(d, "power", "reset", false, &c);
	RIG_UNTIL(&rig, c.answers);
	ck_assert_int_eq(c.result, 0);
	RIG_UNTIL(&rig, rig_find_file(d, "rpmsg/rpmsg-echo"));
	expect_echo(d);
}
END_TEST

static void look_at_name(void *user, struct device_port *p)
{
	const char *name = port_name(p->port);

	(void)user;
	if (strncmp(name, "rpmsg/", 6))
		return;
	ck_assert(name[6] && strlen(name + 6) < 128 && !strchr(name + 6, '/'));
	ck_assert_str_ne(name + 6, "..");
	for (const char *at = name; *at; at++)
		ck_assert_msg(isprint((unsigned char)*at), "byte 0x%02x", (uint8_t)*at);
}

START_TEST(test_f66_is_escaped_or_refused)
{
	FOR_EACH_WAY(w) {
		start_lied(ways[w].carrier, 66, _i + 1, ways[w].is_at_work);
		device_each_port(device_dir(d), look_at_name, NULL);
		for (const char *at = rig_show(d, "rpmsg/ctrl"); *at; at++)
			ck_assert_msg(isprint((unsigned char)*at) || *at == '\n', "byte 0x%02x",
				      (uint8_t)*at);
	}
}
END_TEST

/* --- gpio --- */

static void store(const char *node, const char *text)
{
	struct call c;

	rig_store(d, node, text, false, &c);
	RIG_UNTIL(&rig, c.answers);
	ck_assert_uint_eq(c.answers, 1);
}

/* Something of each kind; lines without a good name have their numbers. */
static void use_lines(bool only_once)
{
	const char *out = rig_find_node(d, "gpio/out0/value") ? "out0" : "0";
	char direction[32];

	snprintf(direction, sizeof(direction), "gpio/%s/direction", out);
	for (unsigned int n = 0; n < 4 && rig_find_node(d, direction); n++) {
		store(direction, n & 1 ? "low" : "high");
		if (only_once)
			return;
		if (rig_find_node(d, "gpio/toggle/edge"))
			store("gpio/toggle/edge", n & 1 ? "none" : "both");
	}
}

/* Served as far as it can be: each call is answered, and it ends ready or in an
 * error that says why. */
static void gpio(unsigned int id, int number)
{
	char words[160];

	for (unsigned int is_at_work = 0; is_at_work < 2; is_at_work++) {
		snprintf(words, sizeof(words), "F%u%s,case=%d", id, is_at_work ? "@write#4" : "",
			 number);
		serve("gpio", words);
		snprintf(words, sizeof(words), "vhost-user:%s,type=gpio", path);
		d = rig_device(&rig, words);
		/* Five seconds for each call without an answer. */
		use_lines(id == 64);
		ck_assert(state_is(d, "ready") || state_is(d, "error"));
		if (state_is(d, "error"))
			ck_assert_ptr_null(strstr(rig_show(d, "state"), "why=\n"));
		if (!is_at_work) {
			teardown();
			setup();
		}
	}
}

#define GPIO_TEST(id)                                       \
	START_TEST(test_f##id##_of_gpio_is_survived)        \
	{                                                   \
		gpio(id, _i + 1);                           \
	}                                                   \
	END_TEST

GPIO_TEST(61)
GPIO_TEST(62)
GPIO_TEST(63)
GPIO_TEST(64)
GPIO_TEST(65)
GPIO_TEST(66)

int main(void)
{
	Suite *s = suite_create("peer-faults");
	TCase *c = tcase_create("rpmsg"), *g = tcase_create("gpio");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_set_timeout(c, 60);
	tcase_add_loop_test(c, test_f61_is_dropped_and_counted, 0, 14);
	tcase_add_loop_test(c, test_f62_leaves_those_who_were_there, 0, 6);
	tcase_add_loop_test(c, test_f63_changes_what_is_its_own, 0, 10);
	tcase_add_loop_test(c, test_f64_holds_up_who_sends, 0, 8);
	tcase_add_loop_test(c, test_f65_is_dropped, 0, 10);
	tcase_add_loop_test(c, test_f65_a_broken_ring_is_an_error_that_reset_heals, 10, 14);
	tcase_add_loop_test(c, test_f66_is_escaped_or_refused, 0, 6);
	suite_add_tcase(s, c);
	tcase_add_checked_fixture(g, setup, teardown);
	tcase_set_timeout(g, 60);
	tcase_add_loop_test(g, test_f61_of_gpio_is_survived, 0, 5);
	tcase_add_loop_test(g, test_f62_of_gpio_is_survived, 0, 2);
	tcase_add_loop_test(g, test_f63_of_gpio_is_survived, 0, 2);
	tcase_add_loop_test(g, test_f64_of_gpio_is_survived, 0, 4);
	tcase_add_loop_test(g, test_f65_of_gpio_is_survived, 0, 5);
	tcase_add_loop_test(g, test_f66_of_gpio_is_survived, 0, 4);
	suite_add_tcase(s, g);
	return suite_run(s);
}
