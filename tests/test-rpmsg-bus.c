/* The bus by hand: who hears what, in which order, and what becomes of slots. */
#include "tests/rpmsg_rig.h"
#include "tests/suite.h"
#include <errno.h>

static struct rpmsg_rig rig;

static void setup(void)
{
	rig_init(&rig);
}

static void teardown(void)
{
	rig_fini(&rig);
}

/* An endpoint the other side announced. */
static unsigned int announced(const char *name, uint32_t addr)
{
	unsigned int chan;

	rig_announce(&rig, name, addr, RPMSG_NS_CREATE);
	ck_assert_ptr_nonnull(rig_find(&rig, name, addr, &chan));
	return chan;
}

static uint32_t address_of(unsigned int chan)
{
	return rpmsg_bus_endpoint(rig.bus, chan)->src;
}

static const struct rpmsg_bus_counts *counts(void)
{
	return rpmsg_bus_counts(rig.bus);
}

START_TEST(test_message_goes_out_with_both_addresses)
{
	unsigned int chan = announced("echo", 1030);
	struct rig_user u;

	rig_open(&u, &rig, chan, false);
	ck_assert_int_eq(rig_send(&u, "hello"), LINK_OK);
	ck_assert_uint_eq(rig.n_sent, 1);
	ck_assert_uint_eq(rig.sent[0].src, RPMSG_ADDR_DYNAMIC);
	ck_assert_uint_eq(rig.sent[0].dst, 1030);
	ck_assert_uint_eq(rig.sent[0].len, 5);
	ck_assert_mem_eq(rig.sent[0].payload, "hello", 5);
	rig_close(&u);
}
END_TEST

START_TEST(test_slot_is_done_when_the_other_side_took_the_message)
{
	struct rig_user a, b;

	rig_open(&a, &rig, announced("a", 1), false);
	rig_open(&b, &rig, announced("b", 2), false);
	rig_send(&a, "1");
	rig_send(&b, "2");
	rig_send(&a, "3");
	rig_turns(&rig);
	ck_assert_uint_eq(a.n_taken + b.n_taken, 0);
	rig_take(&rig, 1);
	ck_assert_uint_eq(a.n_taken, 1);
	ck_assert_uint_eq(b.n_taken, 0);
	rig_take(&rig, 2);
	ck_assert_uint_eq(a.n_taken, 2);
	ck_assert_uint_eq(b.n_taken, 1);
	rig_close(&a);
	rig_close(&b);
}
END_TEST

START_TEST(test_full_carrier_takes_a_message_each_in_turn)
{
	struct rig_user a, b;

	rig_open(&a, &rig, announced("a", 1), false);
	rig_open(&b, &rig, announced("b", 2), false);
	rig.room = 0;
	for (int i = 0; i < RIG_UL; i++)
		ck_assert_int_eq(rig_send(&a, "a"), LINK_OK);
	ck_assert_int_eq(rig_send(&a, "a"), LINK_FULL);
	ck_assert_int_eq(rig_send(&b, "b"), LINK_OK);
	ck_assert_uint_eq(rig.n_sent, 0);
	rig.room = 2;
	rig_take(&rig, 0);
	ck_assert_uint_eq(rig.n_sent, 2);
	ck_assert_uint_eq(rig.sent[0].dst, 1);
	ck_assert_uint_eq(rig.sent[1].dst, 2);
	rig.room = 100;
	rig_take(&rig, 2);
	ck_assert_uint_eq(rig.n_sent, 5);
	ck_assert_uint_eq(a.n_taken + b.n_taken, 2);
	rig_close(&a);
	ck_assert_uint_eq(a.n_taken + a.n_failed, RIG_UL);
	rig_close(&b);
}
END_TEST

START_TEST(test_message_reaches_the_reader)
{
	unsigned int chan = announced("echo", 1030);
	struct rig_user u;

	rig_open(&u, &rig, chan, false);
	rig_say(&rig, 1030, address_of(chan), "one");
	rig_say(&rig, 1030, address_of(chan), "two");
	ck_assert(rig_heard(&u, 0, "one"));
	ck_assert(rig_heard(&u, 1, "two"));
	ck_assert_uint_eq(u.n_heard, 2);
	rig_close(&u);
	ck_assert_uint_eq(counts()->received, 3);
	ck_assert_uint_eq(counts()->bad + counts()->lost + counts()->refused, 0);
}
END_TEST

START_TEST(test_what_came_before_the_open_is_delivered_after_it)
{
	unsigned int chan = announced("echo", 1030);
	char text[] = "0";
	struct rig_user u;

	for (int i = 0; i < RIG_DL + 3; i++, text[0]++)
		rig_say(&rig, 1030, address_of(chan), text);
	ck_assert_uint_eq(counts()->lost, 3);
	rig_open(&u, &rig, chan, false);
	rig_say(&rig, 1030, address_of(chan), "new");
	ck_assert_uint_eq(u.n_heard, RIG_DL + 1);
	ck_assert(rig_heard(&u, 0, "0"));
	ck_assert(rig_heard(&u, RIG_DL - 1, "3"));
	ck_assert(rig_heard(&u, RIG_DL, "new"));
	rig_close(&u);
	rig_say(&rig, 1030, address_of(chan), "later");
	rig_open(&u, &rig, chan, false);
	ck_assert(rig_heard(&u, 0, "later"));
	rig_close(&u);
}
END_TEST

START_TEST(test_slow_reader_keeps_the_carrier_waiting_and_the_order)
{
	unsigned int slow = announced("slow", 1), fast = announced("fast", 2);
	struct rig_user a, b;

	rig_open(&a, &rig, slow, true);
	rig_open(&b, &rig, fast, false);
	rig_lend(&a);
	for (int i = 0; i < RIG_DL; i++)
		rig_say(&rig, 1, address_of(slow), "fits");
	ck_assert_uint_eq(rig.n_kept, 0);
	rig_say(&rig, 1, address_of(slow), "waits");
	rig_say(&rig, 2, address_of(fast), "behind it");
	rig_announce(&rig, "slow", 1, RPMSG_NS_DESTROY);
	ck_assert_uint_eq(rig.n_kept, 3);
	rig_turns(&rig);
	ck_assert_uint_eq(rig.n_resumes, 0);
	ck_assert_uint_eq(b.n_heard, 0);
	rig_lend(&a);
	rig_turns(&rig);
	ck_assert_uint_eq(rig.n_kept, 0);
	ck_assert(rig_heard(&a, RIG_DL, "waits"));
	ck_assert(rig_heard(&b, 0, "behind it"));
	ck_assert(a.is_closed && a.why == -ECONNRESET);
	rig_close(&b);
	ck_assert_uint_eq(counts()->lost, 0);
}
END_TEST

START_TEST(test_slow_reader_who_leaves_lets_the_others_go_on)
{
	unsigned int slow = announced("slow", 1), fast = announced("fast", 2);
	struct rig_user a, b;

	rig_open(&a, &rig, slow, true);
	rig_open(&b, &rig, fast, false);
	rig_say(&rig, 1, address_of(slow), "waits");
	rig_say(&rig, 2, address_of(fast), "behind it");
	ck_assert_uint_eq(rig.n_kept, 2);
	rig_close(&a);
	ck_assert_uint_eq(rig.n_kept, 0);
	ck_assert(rig_heard(&b, 0, "behind it"));
	rig_close(&b);
}
END_TEST

START_TEST(test_open_under_way_holds_what_does_not_fit)
{
	unsigned int chan = announced("echo", 1);
	struct rig_user u = { .rig = &rig, .chan = chan };

	for (int i = 0; i < RIG_DL; i++)
		rig_say(&rig, 1, address_of(chan), "kept");
	rig_open(&u, &rig, chan, true);
	rig_say(&rig, 1, address_of(chan), "held");
	ck_assert_uint_eq(rig.n_kept, 1);
	rig_lend(&u);
	rig_turns(&rig);
	ck_assert_uint_eq(u.n_heard, RIG_DL);
	ck_assert_uint_eq(rig.n_kept, 1);
	rig_lend(&u);
	rig_turns(&rig);
	ck_assert(rig_heard(&u, RIG_DL, "held"));
	rig_close(&u);
	ck_assert_uint_eq(counts()->lost, 0);
}
END_TEST

/* The carrier asks again by itself, between the slot and the turn. */
START_TEST(test_message_refused_twice_is_asked_for_once_more)
{
	unsigned int chan = announced("echo", 1);
	uint8_t message[RPMSG_HEADER_LEN + 1] = { 0 };
	struct rig_user u;

	rig_say(&rig, 1, address_of(chan), "kept");
	rig_open(&u, &rig, chan, true);
	rig_say(&rig, 1, address_of(chan), "held");
	rig_lend(&u);
	rpmsg_put_header(message, 1, address_of(chan), 1);
	ck_assert_int_eq(rpmsg_bus_receive(rig.bus, message, sizeof(message)), RPMSG_FULL);
	rig_turns(&rig);
	ck_assert_uint_eq(rig.n_kept, 0);
	ck_assert(rig_heard(&u, 0, "kept"));
	ck_assert(rig_heard(&u, 1, "held"));
	rig_close(&u);
}
END_TEST

START_TEST(test_empty_message_is_counted_and_not_heard)
{
	unsigned int chan = announced("echo", 1030);
	struct rig_user u;

	rig_open(&u, &rig, chan, false);
	rig_say(&rig, 1030, address_of(chan), "");
	ck_assert_uint_eq(u.n_heard, 0);
	ck_assert_uint_eq(counts()->empty, 1);
	ck_assert_uint_eq(counts()->bad, 0);
	rig_close(&u);
}
END_TEST

/* used.len and header len of the reference's checklist; a message of @len bytes
 * whose header says @says. */
START_TEST(test_lengths_are_checked_before_anything_is_used)
{
	static const struct { uint32_t len; uint16_t says; bool is_good; } cases[] = {
		{ 0, 0, false }, { 8, 0, false }, { 15, 0, false }, { 16, 0, true },
		{ 16, 1, false }, { 17, 1, true }, { 512, 0, true }, { 512, 496, true },
		{ 512, 497, false }, { 512, 65535, false }, { 513, 1, false }, { 513, 497, false },
	};
	unsigned int chan = announced("echo", 1030);
	struct rig_user u;

	rig_open(&u, &rig, chan, false);
	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		uint8_t message[RIG_MTU + 64] = { 0 };
		uint64_t bad = counts()->bad;

		rpmsg_put_header(message, 1030, address_of(chan), 0);
		put_le16(message + RPMSG_LEN, cases[i].says);
		u.n_heard = 0;
		rig_say_raw(&rig, message, cases[i].len);
		ck_assert_uint_eq(counts()->bad - bad, !cases[i].is_good);
		ck_assert_uint_eq(u.n_heard, cases[i].is_good && cases[i].says);
		if (u.n_heard)
			ck_assert_uint_eq(u.heard[0].len, cases[i].says);
	}
	rig_close(&u);
}
END_TEST

START_TEST(test_message_for_nobody_or_from_nowhere_is_counted)
{
	unsigned int chan = announced("echo", 1030);

	rig_say(&rig, 1030, 4000, "x");
	rig_say(&rig, 1030, RPMSG_ADDR_ANY, "x");
	ck_assert_uint_eq(counts()->lost, 2);
	rig_say(&rig, RPMSG_ADDR_ANY, address_of(chan), "x");
	rig_say(&rig, RPMSG_ADDR_NS, address_of(chan), "x");
	ck_assert_uint_eq(counts()->bad, 2);
	ck_assert_uint_eq(rig.n_notes, 4);
}
END_TEST

START_TEST(test_strangers_are_heard_unless_the_bus_is_strict)
{
	struct rpmsg_bus_config c = rig_config;
	unsigned int chan = announced("echo", 1030);
	struct rig_user u;

	rig_open(&u, &rig, chan, false);
	rig_say(&rig, 7, address_of(chan), "psst");
	ck_assert(rig_heard(&u, 0, "psst"));
	ck_assert_uint_eq(rpmsg_bus_endpoint(rig.bus, chan)->dst, 1030);
	rig_close(&u);
	rig_fini(&rig);
	c.is_strict = true;
	rig_init_as(&rig, &c);
	rig_up(&rig);
	chan = announced("echo", 1030);
	rig_open(&u, &rig, chan, false);
	rig_say(&rig, 7, address_of(chan), "psst");
	rig_say(&rig, 1030, address_of(chan), "me");
	ck_assert(rig_heard(&u, 0, "me"));
	ck_assert_uint_eq(counts()->bad, 1);
	rig_close(&u);
}
END_TEST

START_TEST(test_greeting_tells_our_address)
{
	struct rpmsg_bus_config c = rig_config;

	rig_fini(&rig);
	c.greets = true;
	rig_init_as(&rig, &c);
	rig_up(&rig);
	rig.room = 0;
	announced("a", 1030);
	announced("b", 1031);
	ck_assert_uint_eq(rig.n_sent, 0);
	rig.room = 10;
	rig_take(&rig, 0);
	ck_assert_uint_eq(rig.n_sent, 2);
	ck_assert_uint_eq(rig.sent[0].len, 0);
	ck_assert_uint_eq(rig.sent[0].src, 1024);
	ck_assert_uint_eq(rig.sent[0].dst, 1030);
	ck_assert_uint_eq(rig.sent[1].src, 1025);
}
END_TEST

START_TEST(test_local_endpoint_announces_itself_on_every_carrier)
{
	unsigned int chan;

	rig_fini(&rig);
	rig_init_as(&rig, &rig_config);
	ck_assert_int_eq(rpmsg_bus_create(rig.bus, "ours", 2000, RPMSG_ADDR_ANY, true, &chan), 0);
	for (int i = 0; i < 2; i++) {
		rig_up(&rig);
		ck_assert_uint_eq(rig.n_sent, 1);
		ck_assert_uint_eq(rig.sent[0].src, 2000);
		ck_assert_uint_eq(rig.sent[0].dst, RPMSG_ADDR_NS);
		ck_assert_uint_eq(rig.sent[0].len, RPMSG_NS_LEN);
		ck_assert_str_eq((const char *)rig.sent[0].payload, "ours");
		ck_assert_uint_eq(get_le32(rig.sent[0].payload + RPMSG_NS_ADDR), 2000);
		ck_assert_uint_eq(get_le32(rig.sent[0].payload + RPMSG_NS_FLAGS), RPMSG_NS_CREATE);
		rig_down(&rig, -ECONNRESET);
		ck_assert_uint_eq(rig_count(&rig), 1);
	}
	rig.carrier.has_ns = false;
	rig_up(&rig);
	ck_assert_uint_eq(rig.n_sent, 0);
	rig_announce(&rig, "nobody", 5, RPMSG_NS_CREATE);
	ck_assert_uint_eq(rig_count(&rig), 1);
	ck_assert_uint_eq(counts()->lost, 1);
}
END_TEST

START_TEST(test_local_endpoint_says_that_it_goes)
{
	unsigned int chan, again;

	rpmsg_bus_create(rig.bus, "ours", 2000, RPMSG_ADDR_ANY, true, &chan);
	rig.room = 0;
	ck_assert_int_eq(rpmsg_bus_destroy(rig.bus, chan, -ENODEV), 0);
	ck_assert_uint_eq(rig.n_left, 1);
	ck_assert_ptr_null(rpmsg_bus_endpoint(rig.bus, chan));
	ck_assert_int_eq(rpmsg_bus_destroy(rig.bus, chan, -ENODEV), -ENOENT);
	/* Its number is not free before DESTROY is out, its address is. */
	ck_assert_int_eq(rpmsg_bus_create(rig.bus, "next", 2000, 9, true, &again), 0);
	ck_assert_uint_ne(chan, again);
	rig.room = 9;
	rig_take(&rig, 0);
	ck_assert_uint_eq(rig.n_sent, 3);
	ck_assert_uint_eq(get_le32(rig.sent[1].payload + RPMSG_NS_FLAGS), RPMSG_NS_DESTROY);
	ck_assert_str_eq((const char *)rig.sent[2].payload, "next");
	ck_assert_int_eq(rpmsg_bus_create(rig.bus, "third", 2001, 9, false, &again), 0);
	ck_assert_uint_eq(chan, again);
	ck_assert_uint_eq(rig.n_sent, 3);
}
END_TEST

START_TEST(test_local_endpoint_learns_its_peer_from_the_first_message)
{
	unsigned int chan;
	struct rig_user u;

	rpmsg_bus_create(rig.bus, "ours", RPMSG_ADDR_ANY, RPMSG_ADDR_ANY, true, &chan);
	ck_assert_uint_eq(address_of(chan), RPMSG_ADDR_DYNAMIC);
	rig_open(&u, &rig, chan, false);
	ck_assert_int_eq(rig_send(&u, "x"), -EDESTADDRREQ);
	rig_say(&rig, 77, RPMSG_ADDR_DYNAMIC, "hello");
	rig_say(&rig, 78, RPMSG_ADDR_DYNAMIC, "me too");
	ck_assert_uint_eq(u.n_heard, 2);
	ck_assert_int_eq(rig_send(&u, "x"), LINK_OK);
	ck_assert_uint_eq(rig.sent[rig.n_sent - 1].dst, 77);
	rig_down(&rig, -ECONNRESET);
	ck_assert(u.is_closed && u.why == -ECONNRESET);
	ck_assert_uint_eq(rpmsg_bus_endpoint(rig.bus, chan)->dst, RPMSG_ADDR_ANY);
}
END_TEST

START_TEST(test_endpoint_that_cannot_be_is_refused)
{
	static const char long_name[] = "12345678901234567890123456789012";
	unsigned int chan = 99, first;

	ck_assert_int_eq(rpmsg_bus_create(rig.bus, "", 1, 2, true, &chan), -EINVAL);
	ck_assert_int_eq(rpmsg_bus_create(rig.bus, "..", 1, 2, true, &chan), -EINVAL);
	ck_assert_int_eq(rpmsg_bus_create(rig.bus, long_name, 1, 2, true, &chan), -EINVAL);
	ck_assert_int_eq(rpmsg_bus_create(rig.bus, "a", RPMSG_ADDR_NS, 2, true, &chan), -EINVAL);
	ck_assert_int_eq(rpmsg_bus_create(rig.bus, "a", 1, RPMSG_ADDR_NS, true, &chan), -EINVAL);
	ck_assert_uint_eq(chan, 99);
	ck_assert_int_eq(rpmsg_bus_create(rig.bus, "a", 1, 2, true, &first), 0);
	ck_assert_int_eq(rpmsg_bus_create(rig.bus, "a", 1, 2, true, &chan), -EEXIST);
	ck_assert_int_eq(rpmsg_bus_create(rig.bus, "b", 1, 2, true, &chan), -EADDRINUSE);
	for (int i = 1; i < RIG_ENDPOINTS; i++)
		ck_assert_int_eq(rpmsg_bus_create(rig.bus, "a", RPMSG_ADDR_ANY, 2, true, &chan), 0);
	ck_assert_int_eq(rpmsg_bus_create(rig.bus, "a", 9, 2, true, &chan), -ENOSPC);
	ck_assert_int_eq(rpmsg_bus_find(rig.bus, "a", RPMSG_ADDR_ANY, RPMSG_ADDR_ANY, &chan), 0);
	ck_assert_uint_eq(chan, first);
	ck_assert_int_eq(rpmsg_bus_find(rig.bus, "a", RPMSG_ADDR_ANY, 3, &chan), -ENOENT);
}
END_TEST

START_TEST(test_announced_endpoint_cannot_be_destroyed_here)
{
	unsigned int chan = announced("echo", 1030), found;

	ck_assert_int_eq(rpmsg_bus_destroy(rig.bus, chan, -ENODEV), -EPERM);
	ck_assert_int_eq(rpmsg_bus_find(rig.bus, "echo", RPMSG_ADDR_ANY, 1030, &found), -ENOENT);
	ck_assert_uint_eq(rig_count(&rig), 1);
}
END_TEST

START_TEST(test_end_of_the_carrier_ends_everything_with_the_reason)
{
	static const int whys[] = { -ECONNRESET, -ENODEV };
	unsigned int chan = announced("echo", 1030), other = announced("other", 1031);
	struct rig_user u, v;

	rig_open(&u, &rig, chan, false);
	rig_open(&v, &rig, other, false);
	rig_send(&u, "never taken");
	rig.link->ops->close(rig.link, other);
	rpmsg_bus_down(rig.bus, whys[_i]);
	ck_assert(u.is_closed && u.why == whys[_i] && u.n_failed == 1);
	ck_assert(v.is_closed && v.why == whys[_i]);
	ck_assert_uint_eq(rig_count(&rig), 0);
	ck_assert_uint_eq(rig.n_left, 2);
	ck_assert_int_eq(rig.link->ops->open(rig.link, chan, NULL, NULL), -ENODEV);
	rpmsg_bus_down(rig.bus, -ENODEV);
	rig_turns(&rig);
	rig_up(&rig);
	ck_assert_uint_eq(announced("again", 1030), chan);
}
END_TEST

START_TEST(test_cancel_gives_back_what_was_lent_before_it)
{
	unsigned int chan = announced("echo", 1030);
	struct rig_user u;

	rig_open(&u, &rig, chan, true);
	rig_lend(&u);
	rig.room = 1;
	rig_send(&u, "sent");
	rig_send(&u, "waits");
	ck_assert_int_eq(rig.link->ops->cancel(rig.link, chan, LINK_UL), 0);
	ck_assert_int_eq(rig.link->ops->cancel(rig.link, chan, LINK_DL), 0);
	ck_assert_int_eq(rig_send(&u, "later"), LINK_OK);
	ck_assert_uint_eq(u.n_failed, 0);
	rig_turns(&rig);
	ck_assert_uint_eq(u.n_failed, 2);
	ck_assert_uint_eq(u.submitted[LINK_DL], 0);
	rig.room = 1;
	rig_take(&rig, 1);
	ck_assert_uint_eq(rig.n_sent, 2);
	ck_assert_mem_eq(rig.sent[1].payload, "later", 5);
	rig_take(&rig, 1);
	ck_assert_uint_eq(u.n_taken, 1);
	rig_lend(&u);
	rig_say(&rig, 1030, address_of(chan), "still open");
	ck_assert(rig_heard(&u, 0, "still open"));
	rig_close(&u);
}
END_TEST

START_TEST(test_channel_closed_while_it_waits_sends_nothing)
{
	struct rig_user u;

	rig_open(&u, &rig, announced("echo", 1030), false);
	rig.room = 0;
	rig_send(&u, "never");
	rig_close(&u);
	ck_assert_uint_eq(u.n_failed, 1);
	rig.room = 9;
	rig_take(&rig, 0);
	ck_assert_uint_eq(rig.n_sent, 0);
}
END_TEST

START_TEST(test_second_user_is_refused)
{
	unsigned int chan = announced("echo", 1030);
	struct rig_user u;

	rig_open(&u, &rig, chan, false);
	ck_assert_int_eq(rig.link->ops->open(rig.link, chan, NULL, NULL), -EBUSY);
	rig_close(&u);
	ck_assert_int_eq(rig.link->ops->open(rig.link, chan + 1, NULL, NULL), -ENODEV);
}
END_TEST

/* Both sides send until the other is full, and only then read. */
START_TEST(test_two_full_sides_do_not_lock_each_other)
{
	unsigned int chan = announced("echo", 1030);
	struct rig_user u;

	rig_open(&u, &rig, chan, true);
	rig.room = 0;
	for (int i = 0; i < RIG_UL; i++)
		rig_send(&u, "ours");
	for (int i = 0; i < RIG_DL + 5; i++)
		rig_say(&rig, 1030, address_of(chan), "theirs");
	ck_assert_uint_gt(rig.n_kept, 0);
	rig.room = 100;
	rig_take(&rig, 0);
	ck_assert_uint_eq(rig.n_sent, RIG_UL);
	rig_take(&rig, RIG_UL);
	for (int i = 0; i < 3; i++) {
		rig_lend(&u);
		rig_turns(&rig);
	}
	ck_assert_uint_eq(rig.n_kept, 0);
	ck_assert_uint_eq(u.n_heard, RIG_DL + 5);
	rig_close(&u);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("rpmsg-bus");
	TCase *c = tcase_create("bus");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, test_message_goes_out_with_both_addresses);
	tcase_add_test(c, test_slot_is_done_when_the_other_side_took_the_message);
	tcase_add_test(c, test_full_carrier_takes_a_message_each_in_turn);
	tcase_add_test(c, test_message_reaches_the_reader);
	tcase_add_test(c, test_what_came_before_the_open_is_delivered_after_it);
	tcase_add_test(c, test_slow_reader_keeps_the_carrier_waiting_and_the_order);
	tcase_add_test(c, test_slow_reader_who_leaves_lets_the_others_go_on);
	tcase_add_test(c, test_open_under_way_holds_what_does_not_fit);
	tcase_add_test(c, test_message_refused_twice_is_asked_for_once_more);
	tcase_add_test(c, test_empty_message_is_counted_and_not_heard);
	tcase_add_test(c, test_lengths_are_checked_before_anything_is_used);
	tcase_add_test(c, test_message_for_nobody_or_from_nowhere_is_counted);
	tcase_add_test(c, test_strangers_are_heard_unless_the_bus_is_strict);
	tcase_add_test(c, test_greeting_tells_our_address);
	tcase_add_test(c, test_local_endpoint_announces_itself_on_every_carrier);
	tcase_add_test(c, test_local_endpoint_says_that_it_goes);
	tcase_add_test(c, test_local_endpoint_learns_its_peer_from_the_first_message);
	tcase_add_test(c, test_endpoint_that_cannot_be_is_refused);
	tcase_add_test(c, test_announced_endpoint_cannot_be_destroyed_here);
	tcase_add_loop_test(c, test_end_of_the_carrier_ends_everything_with_the_reason, 0, 2);
	tcase_add_test(c, test_cancel_gives_back_what_was_lent_before_it);
	tcase_add_test(c, test_channel_closed_while_it_waits_sends_nothing);
	tcase_add_test(c, test_second_user_is_refused);
	tcase_add_test(c, test_two_full_sides_do_not_lock_each_other);
	suite_add_tcase(s, c);
	return suite_run(s);
}
