/* A bus over one channel of a link: whole messages, held slots, ends. */
#include "tests/fake_link.h"
#include "tests/suite.h"
#include "rpmsg/carrier_link.h"
#include <errno.h>

enum { SLOTS = 4, MTU = 128, DL_SIZE = 160 };

static struct fake_link l;
static struct rpmsg_bus *bus;
static struct carrier_link *carrier;
static bool wants_turn;
static unsigned int n_came, n_left, n_stopped;
static int stopped_why;

static void on_came(void *user, unsigned int chan)
{
	(void)user;
	(void)chan;
	n_came++;
}

static void on_left(void *user, unsigned int chan)
{
	(void)user;
	(void)chan;
	n_left++;
}

static void on_noted(void *user, const char *sentence)
{
	(void)user;
	(void)sentence;
}

static void on_wants_turn(void *user)
{
	(void)user;
	wants_turn = true;
}

static const struct rpmsg_bus_ops bus_ops = { on_came, on_left, on_noted, on_wants_turn };

static void on_stopped(void *user, int why)
{
	(void)user;
	n_stopped++;
	stopped_why = why;
}

static const struct carrier_link_ops carrier_ops = { on_stopped };

static void turns(void)
{
	while (wants_turn) {
		wants_turn = false;
		rpmsg_bus_turn(bus);
	}
}

static void setup(void)
{
	struct rpmsg_bus_config c = { .n_endpoints = 4, .n_ul = 4, .n_dl = 2 };

	wants_turn = false;
	n_came = n_left = n_stopped = 0;
	fake_link_init(&l, SLOTS, MTU, SLOTS, DL_SIZE);
	c.mtu = carrier_link_mtu(&l.link, 0);
	bus = rpmsg_bus_new(&c, &bus_ops, NULL);
	carrier = carrier_link_new(&l.link, 0, bus, &carrier_ops, NULL);
}

static void teardown(void)
{
	if (l.state != FAKE_CLOSED)
		fake_link_closed(&l, -ENODEV);
	turns();
	ck_assert_uint_eq(l.n_submitted, l.n_returned);
	carrier_link_free(carrier);
	rpmsg_bus_free(bus);
	fake_link_fini(&l);
}

static void run(void)
{
	ck_assert_int_eq(carrier_link_start(carrier), 0);
	fake_link_opened(&l, 0);
	turns();
	ck_assert_uint_eq(l.with_device[LINK_DL].n, SLOTS);
}

/* What the device says: a message of the bus. */
static void say(uint32_t src, uint32_t dst, const void *payload, uint32_t len)
{
	uint8_t message[DL_SIZE];

	rpmsg_put_header(message, src, dst, len);
	memcpy(message + RPMSG_HEADER_LEN, payload, len);
	ck_assert(fake_link_say(&l, message, RPMSG_HEADER_LEN + len, 0));
}

static void announce(const char *name, uint32_t addr, uint32_t flags)
{
	uint8_t payload[RPMSG_NS_LEN] = { 0 };

	strcpy((char *)payload, name);
	put_le32(payload + RPMSG_NS_ADDR, addr);
	put_le32(payload + RPMSG_NS_FLAGS, flags);
	say(RPMSG_ADDR_NS, RPMSG_ADDR_NS, payload, sizeof(payload));
}

/* Somebody on channel 0 of the bus. */
static struct { bool is_open, is_closed; unsigned int n_taken, n_failed, n_heard; int why; } u;

static void user_opened(void *user, int status)
{
	(void)user;
	u.is_open = !status;
}

static void user_done(void *user, enum link_dir dir, unsigned int slot, int status, uint32_t len)
{
	(void)user;
	(void)len;
	if (dir == LINK_UL)
		*(status ? &u.n_failed : &u.n_taken) += 1;
	else if (!status)
		memset(link_slot(rpmsg_bus_link(bus), 0, dir, slot), 0, len), u.n_heard++;
}

static void user_closed(void *user, int why)
{
	(void)user;
	u.is_closed = true;
	u.why = why;
}

static const struct link_user_ops user_ops = { user_opened, user_done, user_closed };

static struct link *open_user(void)
{
	struct link *b = rpmsg_bus_link(bus);

	memset(&u, 0, sizeof(u));
	ck_assert_int_eq(b->ops->open(b, 0, &user_ops, NULL), 0);
	turns();
	ck_assert(u.is_open);
	return b;
}

static void send(struct link *b, unsigned int slot, uint32_t len)
{
	memset(link_slot(b, 0, LINK_UL, slot), 'u', len);
	ck_assert_int_eq(b->ops->submit(b, 0, LINK_UL, slot, len), 0);
}

START_TEST(test_bus_is_up_before_the_channel_opens)
{
	unsigned int chan;

	ck_assert_int_eq(rpmsg_bus_create(bus, "ours", 2000, RPMSG_ADDR_ANY, true, &chan), 0);
	ck_assert_int_eq(carrier_link_start(carrier), 0);
	ck_assert_int_eq(carrier_link_start(carrier), -EBUSY);
	ck_assert_uint_eq(l.n_opens, 1);
	/* The device speaks while opened is still being told. */
	fake_link_opened(&l, 0);
	announce("theirs", 1030, RPMSG_NS_CREATE);
	ck_assert_uint_eq(n_came, 2);
	ck_assert_uint_eq(l.with_device[LINK_UL].n, 0);
	turns();
	ck_assert_uint_eq(l.with_device[LINK_UL].n, 1);
	ck_assert_uint_eq(l.with_device[LINK_UL].lens[0], RPMSG_HEADER_LEN + RPMSG_NS_LEN);
}
END_TEST

START_TEST(test_one_message_of_the_channel_is_one_of_the_bus)
{
	const uint8_t *bytes;
	struct link *b;

	run();
	announce("theirs", 1030, RPMSG_NS_CREATE);
	b = open_user();
	send(b, 0, 100);
	bytes = link_slot(&l.link, 0, LINK_UL, l.with_device[LINK_UL].slots[0]);
	ck_assert_uint_eq(l.with_device[LINK_UL].lens[0], 116);
	ck_assert_uint_eq(get_le32(bytes + RPMSG_DST), 1030);
	ck_assert_uint_eq(get_le16(bytes + RPMSG_LEN), 100);
	ck_assert_int_eq(bytes[115], 'u');
	turns();
	ck_assert_uint_eq(u.n_taken, 0);
	fake_link_take(&l, 0);
	turns();
	ck_assert_uint_eq(u.n_taken, 1);
	/* A shorter one after it: nothing of the longer is left (fake_link). */
	for (unsigned int s = 0; s < 4; s++)
		send(b, s, 1 + s);
	ck_assert_uint_eq(l.with_device[LINK_UL].n, SLOTS);
}
END_TEST

START_TEST(test_message_waits_for_a_slot)
{
	struct link *b;

	run();
	announce("theirs", 1030, RPMSG_NS_CREATE);
	b = open_user();
	for (unsigned int s = 0; s < 3; s++)
		send(b, s, 1);
	l.submit_result[LINK_UL] = LINK_FULL;
	send(b, 3, 1);
	ck_assert_uint_eq(l.with_device[LINK_UL].n, 3);
	l.submit_result[LINK_UL] = 0;
	fake_link_take(&l, 0);
	turns();
	ck_assert_uint_eq(l.with_device[LINK_UL].n, 3);
	while (fake_link_take(&l, 0))
		;
	turns();
	ck_assert_uint_eq(u.n_taken, 4);
}
END_TEST

START_TEST(test_link_that_takes_at_once_is_no_trouble)
{
	struct link *b;

	run();
	announce("theirs", 1030, RPMSG_NS_CREATE);
	b = open_user();
	l.takes_at_once = true;
	for (unsigned int s = 0; s < 4; s++)
		send(b, s, 1);
	ck_assert_uint_eq(u.n_taken, 0);
	turns();
	ck_assert_uint_eq(u.n_taken, 4);
}
END_TEST

START_TEST(test_lost_message_is_not_waited_for)
{
	struct link *b;

	run();
	announce("theirs", 1030, RPMSG_NS_CREATE);
	b = open_user();
	send(b, 0, 1);
	fake_link_take(&l, -EIO);
	turns();
	ck_assert_uint_eq(u.n_taken, 1);
	ck_assert_uint_eq(rpmsg_bus_counts(bus)->bad, 1);
}
END_TEST

START_TEST(test_slots_are_held_while_the_bus_is_full)
{
	struct link *b;

	run();
	announce("theirs", 1030, RPMSG_NS_CREATE);
	b = open_user();
	b->ops->submit(b, 0, LINK_DL, 0, 0);
	for (int i = 0; i < 3; i++)
		say(1030, 1024, "x", 1);
	ck_assert_uint_eq(u.n_heard, 1);
	ck_assert_uint_eq(l.with_device[LINK_DL].n, SLOTS - 2);
	turns();
	ck_assert_uint_eq(l.with_device[LINK_DL].n, SLOTS - 2);
	b->ops->submit(b, 0, LINK_DL, 0, 0);
	b->ops->submit(b, 0, LINK_DL, 1, 0);
	turns();
	ck_assert_uint_eq(u.n_heard, 3);
	ck_assert_uint_eq(l.with_device[LINK_DL].n, SLOTS);
	say(1030, 1024, "x", 1);
	carrier_link_stop(carrier, -ENODEV);
	ck_assert(u.is_closed && u.why == -ENODEV);
	fake_link_closed(&l, 0);
	ck_assert_int_eq(stopped_why, 0);
	ck_assert_uint_eq(n_stopped, 1);
	/* And nothing of the held message is left for the next. */
	run();
}
END_TEST

START_TEST(test_message_longer_than_a_slot_is_dropped_whole)
{
	uint8_t part[DL_SIZE] = { 0 };

	run();
	announce("theirs", 1030, RPMSG_NS_CREATE);
	rpmsg_put_header(part, 1030, 1024, 65535);
	fake_link_say(&l, part, sizeof(part), LINK_MORE);
	fake_link_say(&l, part, sizeof(part), LINK_MORE);
	fake_link_say(&l, part, 5, 0);
	ck_assert_uint_eq(rpmsg_bus_counts(bus)->bad, 1);
	ck_assert_uint_eq(rpmsg_bus_counts(bus)->received, 1);
	fake_link_say(&l, part, DL_SIZE, 0);	/* longer than the bus takes */
	ck_assert_uint_eq(rpmsg_bus_counts(bus)->bad, 2);
	fake_link_say(&l, NULL, 0, -EIO);
	ck_assert_uint_eq(rpmsg_bus_counts(bus)->bad, 3);
	ck_assert_uint_eq(l.with_device[LINK_DL].n, SLOTS);
	announce("again", 1031, RPMSG_NS_CREATE);
	ck_assert_uint_eq(n_came, 2);
}
END_TEST

START_TEST(test_death_of_the_channel_is_death_of_the_bus)
{
	static const int whys[] = { -ECONNRESET, -ENODEV };
	struct link *b;

	run();
	announce("theirs", 1030, RPMSG_NS_CREATE);
	b = open_user();
	send(b, 0, 1);
	fake_link_closed(&l, whys[_i]);
	ck_assert(u.is_closed && u.why == whys[_i] && u.n_failed == 1);
	ck_assert_uint_eq(n_left, 1);
	ck_assert_int_eq(stopped_why, whys[_i]);
	turns();
	run();
	announce("theirs", 1030, RPMSG_NS_CREATE);
	ck_assert_uint_eq(n_came, 2);
}
END_TEST

START_TEST(test_death_inside_of_a_send)
{
	struct link *b;

	run();
	announce("theirs", 1030, RPMSG_NS_CREATE);
	b = open_user();
	l.dies_in_submit = -ECONNRESET;
	send(b, 0, 1);
	ck_assert(!u.is_closed);
	turns();
	ck_assert(u.is_closed && u.why == -ECONNRESET && u.n_failed == 1);
	ck_assert_uint_eq(rpmsg_bus_counts(bus)->sent, 0);
}
END_TEST

START_TEST(test_channel_that_does_not_open)
{
	unsigned int chan;

	rpmsg_bus_create(bus, "ours", 2000, 9, true, &chan);
	l.open_error = -ENOTCONN;
	ck_assert_int_eq(carrier_link_start(carrier), -ENOTCONN);
	l.open_error = 0;
	ck_assert_int_eq(carrier_link_start(carrier), 0);
	fake_link_opened(&l, -ETIMEDOUT);
	ck_assert_uint_eq(n_stopped, 1);
	ck_assert_int_eq(stopped_why, -ETIMEDOUT);
	ck_assert_int_eq(carrier_link_start(carrier), 0);
	carrier_link_stop(carrier, -ECONNRESET);
	carrier_link_stop(carrier, -ECONNRESET);
	fake_link_closed(&l, 0);
	ck_assert_uint_eq(n_stopped, 2);
	run();
	ck_assert_uint_eq(l.with_device[LINK_UL].n, 1);
}
END_TEST

START_TEST(test_channel_that_cannot_carry_a_bus)
{
	struct fake_link other;

	fake_link_init(&other, 1, 55, 1, 55);
	ck_assert_uint_eq(carrier_link_mtu(&other.link, 0), 0);
	fake_link_fini(&other);
	fake_link_init(&other, 0, 0, 1, 512);
	ck_assert_uint_eq(carrier_link_mtu(&other.link, 0), 0);
	fake_link_fini(&other);
	fake_link_init(&other, 1, 1 << 20, 1, 512);
	ck_assert_uint_eq(carrier_link_mtu(&other.link, 0), RPMSG_MTU_MOST);
	fake_link_fini(&other);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("rpmsg-carrier");
	TCase *c = tcase_create("carrier");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, test_bus_is_up_before_the_channel_opens);
	tcase_add_test(c, test_one_message_of_the_channel_is_one_of_the_bus);
	tcase_add_test(c, test_message_waits_for_a_slot);
	tcase_add_test(c, test_link_that_takes_at_once_is_no_trouble);
	tcase_add_test(c, test_lost_message_is_not_waited_for);
	tcase_add_test(c, test_slots_are_held_while_the_bus_is_full);
	tcase_add_test(c, test_message_longer_than_a_slot_is_dropped_whole);
	tcase_add_loop_test(c, test_death_of_the_channel_is_death_of_the_bus, 0, 2);
	tcase_add_test(c, test_death_inside_of_a_send);
	tcase_add_test(c, test_channel_that_does_not_open);
	tcase_add_test(c, test_channel_that_cannot_carry_a_bus);
	suite_add_tcase(s, c);
	return suite_run(s);
}
