/* A real port on the bus: the promises of a channel file, kept by endpoints. */
#include "tests/rpmsg_rig.h"
#include "tests/suite.h"
#include "port/port.h"
#include <errno.h>
#include <poll.h>

enum { CHAN = 0, THEIRS = 1030, OURS = RPMSG_ADDR_DYNAMIC };

struct call {
	struct wait wait;
	bool is_answered;
	ssize_t result;
	uint8_t bytes[RIG_MTU];
};

static struct rpmsg_rig rig;
static struct timers timers;
static struct port_budget budget;
static struct port *port;

static int on_answer(struct wait *w, ssize_t result, const struct iovec *iov, int n_iov)
{
	struct call *c = container_of(w, struct call, wait);
	size_t at = 0;

	ck_assert(!c->is_answered);
	c->is_answered = true;
	c->result = result;
	for (int i = 0; i < n_iov; i++) {
		memcpy(c->bytes + at, iov[i].iov_base, iov[i].iov_len);
		at += iov[i].iov_len;
	}
	return 0;
}

static const struct wait_ops wait_ops = { .answer = on_answer };

static struct wait *begin(struct call *c)
{
	*c = (struct call){ 0 };
	wait_init(&c->wait, &wait_ops);
	return &c->wait;
}

static void port_changed(void *user, struct port *p)
{
	(void)user;
	(void)p;
}

static void file_changed(void *user)
{
	(void)user;
}

static const struct port_ops port_ops = { port_changed };
static const struct port_file_ops file_ops = { file_changed };

static void make_port(enum slow_reader slow)
{
	static const struct port_config common = {
		.name = "echo", .mtu = RIG_MTU - RPMSG_HEADER_LEN, .boundary = BOUNDARY_MESSAGE,
		.linger_ms = 50, .flush_ms = 5000,
	};
	struct port_config c = common;

	c.slow_reader = slow;
	port = port_new(rig.link, CHAN, &c, &timers, &budget, &port_ops, NULL);
	ck_assert_ptr_nonnull(port);
}

static void setup(void)
{
	rig_init(&rig);
	timers_init(&timers);
	budget = (struct port_budget){ .most = 1 << 20 };
	rig_announce(&rig, "echo", THEIRS, RPMSG_NS_CREATE);
	make_port(SLOW_READER_HOLD);
}

static void teardown(void)
{
	port_unref(port);
	rig_turns(&rig);
	rig_fini(&rig);
	ck_assert_uint_eq(budget.used, 0);
}

static struct port_file *open_file(void)
{
	struct port_file *f;
	struct call c;

	port_open(port, false, &file_ops, NULL, begin(&c), &f);
	rig_turns(&rig);
	ck_assert(c.is_answered && c.result == 0);
	return f;
}

static void say(const char *text)
{
	rig_say(&rig, THEIRS, OURS, text);
}

static ssize_t read_now(struct port_file *f, struct call *c, size_t len)
{
	port_read(f, begin(c), len, 0, true);
	ck_assert(c->is_answered);
	rig_turns(&rig);
	return c->result;
}

static ssize_t write_now(struct port_file *f, const void *data, size_t len)
{
	struct call c;

	port_write(f, begin(&c), data, len, 0, true);
	ck_assert(c.is_answered);
	rig_turns(&rig);
	return c.result;
}

static void expect(struct port_file *f, const char *text)
{
	struct call c;

	ck_assert_int_eq(read_now(f, &c, sizeof(c.bytes)), (ssize_t)strlen(text));
	ck_assert_mem_eq(c.bytes, text, strlen(text));
}

START_TEST(test_close_waits_until_the_message_is_taken)
{
	struct port_file *f = open_file();
	struct call flush;

	ck_assert_int_eq(write_now(f, "hello", 5), 5);
	port_flush(f, begin(&flush));
	rig_turns(&rig);
	ck_assert(!flush.is_answered);
	rig_take(&rig, 1);
	ck_assert(flush.is_answered && flush.result == 0);
	ck_assert_uint_eq(port_stats(port).ul_messages, 1);
	port_flush(f, begin(&flush));
	ck_assert(flush.is_answered);
	ck_assert_int_eq(write_now(f, "never taken", 11), 11);
	port_flush(f, begin(&flush));
	timers_advance(&timers, 5000000);
	ck_assert(flush.is_answered && flush.result == -ETIMEDOUT);
	port_close(f);
}
END_TEST

START_TEST(test_write_waits_for_a_slot_and_is_never_cut)
{
	static const uint8_t big[RIG_MTU];
	struct port_file *f = open_file();
	struct call c;

	ck_assert_int_eq(write_now(f, big, RIG_MTU - RPMSG_HEADER_LEN + 1), -EMSGSIZE);
	ck_assert_int_eq(write_now(f, big, RIG_MTU - RPMSG_HEADER_LEN), RIG_MTU - RPMSG_HEADER_LEN);
	rig.room = 0;
	for (int i = 1; i < RIG_UL; i++)
		ck_assert_int_eq(write_now(f, "x", 1), 1);
	ck_assert_int_eq(write_now(f, "x", 1), -EAGAIN);
	ck_assert(!(port_poll(f) & POLLOUT));
	port_write(f, begin(&c), "waits", 5, 0, false);
	rig.room = 100;
	rig_take(&rig, 0);
	ck_assert(!c.is_answered);
	rig_take(&rig, 1);
	ck_assert(c.is_answered && c.result == 5);
	port_close(f);
}
END_TEST

START_TEST(test_what_came_before_the_open_is_read_after_it)
{
	struct port_file *f;

	say("one");
	say("two");
	f = open_file();
	expect(f, "one");
	expect(f, "two");
	say("three");
	expect(f, "three");
	port_close(f);
}
END_TEST

START_TEST(test_message_between_two_users_is_kept)
{
	struct port_file *f = open_file();

	port_close(f);
	say("while it lingers");
	timers_advance(&timers, 40000);
	f = open_file();
	expect(f, "while it lingers");
	port_close(f);
	timers_advance(&timers, 200000);
	rig_turns(&rig);
	ck_assert_int_eq(port_state(port), PORT_CLOSED);
	say("while it is closed");
	f = open_file();
	expect(f, "while it is closed");
	port_close(f);
	ck_assert_uint_eq(port_stats(port).prepares, 2);
}
END_TEST

START_TEST(test_slow_reader_holds_and_the_order_stays)
{
	struct port_file *f = open_file();
	char text[] = "0";

	for (int i = 0; i < RIG_DL + 3; i++, text[0]++)
		say(text);
	ck_assert_uint_eq(rig.n_kept, 3);
	text[0] = '0';
	for (int i = 0; i < RIG_DL + 3; i++, text[0]++)
		expect(f, text);
	ck_assert_uint_eq(rig.n_kept, 0);
	port_close(f);
}
END_TEST

START_TEST(test_slow_reader_that_drops_holds_nobody)
{
	struct port_file *f;

	port_unref(port);
	make_port(SLOW_READER_DROP);
	f = open_file();
	for (int i = 0; i < 100; i++)
		say("old");
	say("new");
	ck_assert_uint_eq(rig.n_kept, 0);
	while (port_stats(port).dl_messages < RIG_DL - 1)
		expect(f, port_stats(port).dl_messages < RIG_DL - 2 ? "old" : "new");
	port_close(f);
}
END_TEST

START_TEST(test_destroy_is_data_then_reset_then_gone)
{
	struct port_file *f = open_file();
	struct call c;

	say("last");
	rig_announce(&rig, "echo", THEIRS, RPMSG_NS_DESTROY);
	expect(f, "last");
	ck_assert_int_eq(read_now(f, &c, 10), -ECONNRESET);
	ck_assert_int_eq(read_now(f, &c, 10), -ENODEV);
	ck_assert(port_poll(f) & POLLHUP);
	port_close(f);
}
END_TEST

START_TEST(test_parked_calls_end_with_the_cause)
{
	static const int whys[] = { -ECONNRESET, -ENODEV };
	struct port_file *f = open_file();
	struct call reading, writing, flushing;

	port_read(f, begin(&reading), 10, 0, false);
	rig.room = 0;
	for (int i = 0; i < RIG_UL; i++)
		write_now(f, "x", 1);
	port_write(f, begin(&writing), "y", 1, 0, false);
	port_flush(f, begin(&flushing));
	rig_down(&rig, whys[_i]);
	ck_assert(reading.is_answered && reading.result == whys[_i]);
	ck_assert(writing.is_answered && writing.result == whys[_i]);
	ck_assert(flushing.is_answered && flushing.result == whys[_i]);
	port_close(f);
}
END_TEST

START_TEST(test_open_of_what_left_fails)
{
	struct port_file *f;
	struct call c;

	rig_announce(&rig, "echo", THEIRS, RPMSG_NS_DESTROY);
	port_open(port, false, &file_ops, NULL, begin(&c), &f);
	ck_assert(c.is_answered && c.result == -ENODEV);
}
END_TEST

START_TEST(test_open_that_is_overtaken_by_the_end)
{
	struct port_file *f;
	struct call c;

	port_open(port, false, &file_ops, NULL, begin(&c), &f);
	rig_announce(&rig, "echo", THEIRS, RPMSG_NS_DESTROY);
	rig_turns(&rig);
	ck_assert(c.is_answered && c.result < 0);
	ck_assert_uint_eq(port_stats(port).users, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("rpmsg-port");
	TCase *c = tcase_create("port");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, test_close_waits_until_the_message_is_taken);
	tcase_add_test(c, test_write_waits_for_a_slot_and_is_never_cut);
	tcase_add_test(c, test_what_came_before_the_open_is_read_after_it);
	tcase_add_test(c, test_message_between_two_users_is_kept);
	tcase_add_test(c, test_slow_reader_holds_and_the_order_stays);
	tcase_add_test(c, test_slow_reader_that_drops_holds_nobody);
	tcase_add_test(c, test_destroy_is_data_then_reset_then_gone);
	tcase_add_loop_test(c, test_parked_calls_end_with_the_cause, 0, 2);
	tcase_add_test(c, test_open_of_what_left_fails);
	tcase_add_test(c, test_open_that_is_overtaken_by_the_end);
	suite_add_tcase(s, c);
	return suite_run(s);
}
