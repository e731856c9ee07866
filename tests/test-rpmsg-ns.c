/*
 * The name service against a side that lies: each case of the fault catalogue,
 * F61 to F66, has its number.  After every one the endpoints that were there
 * are there, work, and nothing else changed but the counts.
 */
#include "tests/rpmsg_rig.h"
#include "tests/suite.h"
#include "rpmsg/ns.h"
#include <errno.h>
#include <stdio.h>

enum { GOOD = 1030, OURS = 2000 };

static struct rpmsg_rig rig;
static struct rig_user good;	/* of the endpoint "good" */
static unsigned int good_chan, our_chan;

static void setup(void)
{
	rig_init(&rig);
	rig_announce(&rig, "good", GOOD, RPMSG_NS_CREATE);
	ck_assert_ptr_nonnull(rig_find(&rig, "good", GOOD, &good_chan));
	ck_assert_int_eq(rpmsg_bus_create(rig.bus, "ours", OURS, 77, true, &our_chan), 0);
	rig_open(&good, &rig, good_chan, false);
}

static const struct rpmsg_bus_counts *counts(void)
{
	return rpmsg_bus_counts(rig.bus);
}

static void teardown(void)
{
	rig.room = RIG_SENT_MOST;
	rig_take(&rig, 0);
	rig_take(&rig, rig.n_sent - (unsigned int)rig.n_taken);
	ck_assert_uint_eq(rig.n_kept, 0);
	good.n_heard = 0;
	rig_say(&rig, GOOD, rpmsg_bus_endpoint(rig.bus, good_chan)->src, "still there");
	ck_assert(rig_heard(&good, 0, "still there"));
	ck_assert_int_eq(rig_send(&good, "still there"), LINK_OK);
	ck_assert_str_eq(rpmsg_bus_endpoint(rig.bus, our_chan)->name, "ours");
	rig_take(&rig, rig.n_sent - (unsigned int)rig.n_taken);
	ck_assert_uint_ge(good.n_taken, 1);
	rig_close(&good);
	rig_fini(&rig);
}

/* A message to the name service: @len bytes, of which the header says @says. */
static void announce_raw(const uint8_t *payload, uint32_t len, uint16_t says)
{
	uint8_t message[RIG_MTU + 64] = { 0 };

	rpmsg_put_header(message, RPMSG_ADDR_NS, RPMSG_ADDR_NS, 0);
	put_le16(message + RPMSG_LEN, says);
	memcpy(message + RPMSG_HEADER_LEN, payload, len);
	rig_say_raw(&rig, message, RPMSG_HEADER_LEN + len);
}

static void expect_nothing_new(void)
{
	ck_assert_uint_eq(rig_count(&rig), 2);
	ck_assert_uint_eq(rig.n_came, 2);
	ck_assert_uint_eq(rig.n_left, 0);
}

START_TEST(test_f61_packet_that_is_no_announcement)
{
	static const struct { uint32_t len, addr, flags; uint16_t says; } cases[] = {
		{ 0, 0, 0, 0 },			/* short */
		{ 1, 0, 0, 1 },
		{ 39, 0, 0, 39 },
		{ 41, 0, 0, 41 },		/* long, odd */
		{ 80, 0, 0, 80 },
		{ 20, 0, 0, 40 },		/* size past the end */
		{ 40, 0, 0, 41 },
		{ 40, 0, 0, 65535 },		/* wrapping */
		{ 40, 0, 0, 0 },		/* size too small */
		{ 40, 1, 2, 40 },		/* unknown versions: flags */
		{ 40, 1, 0x80000000, 40 },
		{ 40, 1, 0xffffffff, 40 },
		{ 40, RPMSG_ADDR_ANY, 0, 40 },	/* addresses that cannot be */
		{ 40, RPMSG_ADDR_NS, 0, 40 },
	};
	uint8_t payload[80] = "bad";
	uint64_t dropped = counts()->bad + counts()->refused;

	ck_assert_uint_eq(ARRAY_SIZE(cases), 14);
	put_le32(payload + RPMSG_NS_ADDR, cases[_i].addr);
	put_le32(payload + RPMSG_NS_FLAGS, cases[_i].flags);
	announce_raw(payload, cases[_i].len, cases[_i].says);
	ck_assert_uint_eq(counts()->bad + counts()->refused, dropped + 1);
	expect_nothing_new();
}
END_TEST

enum { FLOOD = 20000, FLOOD_OF_NAMES = 100000 };

static void flood_step(int kind, uint32_t i)
{
	char name[RPMSG_NAME_LEN];

	snprintf(name, sizeof(name), "flood-%u", i);
	switch (kind) {
	case 0:
		rig_announce(&rig, name, 5000 + i, RPMSG_NS_CREATE);
		break;
	case 1:
		rig_announce(&rig, "flood", 5000 + i, RPMSG_NS_CREATE);
		break;
	case 2:
		rig_announce(&rig, "good", GOOD, RPMSG_NS_CREATE);
		break;
	case 3:
		rig_announce(&rig, name, 5000 + i, RPMSG_NS_DESTROY);
		break;
	case 4:
		rig_announce(&rig, "flood", 5000, i & 1 ? RPMSG_NS_DESTROY : RPMSG_NS_CREATE);
		break;
	default:
		rig_say(&rig, 5000, 0x10000000 + i, "who?");
	}
}

START_TEST(test_f62_flood)
{
	const uint32_t n = _i ? FLOOD : FLOOD_OF_NAMES;

	for (uint32_t i = 0; i < n; i++) {
		flood_step(_i, i);
		ck_assert_uint_le(rig_count(&rig), RIG_ENDPOINTS);
		/* Of a flood of announcements the rest of a turn waits. */
		ck_assert_uint_eq(rig.n_kept > 0, _i < 5 && rig.wants_turn);
		rig_turns(&rig);
		ck_assert_uint_eq(rig.n_kept, 0);
	}
	ck_assert_uint_eq(rig_count(&rig), _i < 2 ? RIG_ENDPOINTS : 2);
	ck_assert_uint_eq(counts()->received, n + 1);
	if (_i == 5)
		ck_assert_uint_eq(counts()->lost, n);
	else if (_i == 4)
		ck_assert_uint_eq(counts()->destroys, n / 2);
	else
		ck_assert_uint_eq(counts()->refused, n - (_i < 2 ? RIG_ENDPOINTS - 2 : 0));
}
END_TEST

/* Of one turn no more than RPMSG_NS_A_TURN announcements are taken; none is
 * dropped. */
START_TEST(test_f62_a_burst_waits_with_the_carrier)
{
	rig_turns(&rig);
	for (uint32_t i = 0; i < 2 * RPMSG_NS_A_TURN + 10; i++)
		rig_announce(&rig, "burst", 5000, i & 1 ? RPMSG_NS_DESTROY : RPMSG_NS_CREATE);
	ck_assert_uint_gt(rig.n_kept, 0);
	rig_turns(&rig);
	ck_assert_uint_eq(rig.n_kept, 0);
	ck_assert_uint_eq(counts()->destroys, RPMSG_NS_A_TURN + 5);
	ck_assert_uint_eq(counts()->refused, 0);
}
END_TEST

START_TEST(test_f63_claims)
{
	static const struct { const char *name; uint32_t addr, flags; bool is_taken; } cases[] = {
		{ "nobody", GOOD, RPMSG_NS_DESTROY, false },
		{ "good", 5000, RPMSG_NS_DESTROY, false },
		{ "good", RPMSG_ADDR_ANY, RPMSG_NS_DESTROY, false },
		{ "good", GOOD, RPMSG_NS_CREATE, false },	/* twice */
		{ "ours", OURS, RPMSG_NS_DESTROY, false },	/* the host's */
		{ "ours", 77, RPMSG_NS_DESTROY, false },
		{ "good", 5000, RPMSG_NS_CREATE, true },	/* a second one */
		{ "other", GOOD, RPMSG_NS_CREATE, true },	/* the address is theirs */
		{ "ours", OURS, RPMSG_NS_CREATE, true },	/* so is the name */
	};

	rig_announce(&rig, cases[_i].name, cases[_i].addr, cases[_i].flags);
	if (!cases[_i].is_taken) {
		expect_nothing_new();
		ck_assert_uint_eq(counts()->refused, 1);
		return;
	}
	ck_assert_uint_eq(rig_count(&rig), 3);
	ck_assert_uint_eq(counts()->refused, 0);
	rig_announce(&rig, cases[_i].name, cases[_i].addr, RPMSG_NS_DESTROY);
	ck_assert_uint_eq(rig_count(&rig), 2);
	ck_assert_uint_eq(rig.last_left_face.dst, cases[_i].addr);
}
END_TEST

START_TEST(test_f63_goodbye_twice)
{
	struct rig_user u;

	rig_announce(&rig, "bye", 5000, RPMSG_NS_CREATE);
	rig_open(&u, &rig, rig.last_came, false);
	rig_say(&rig, 5000, rpmsg_bus_endpoint(rig.bus, u.chan)->src, "last words");
	rig_announce(&rig, "bye", 5000, RPMSG_NS_DESTROY);
	rig_announce(&rig, "bye", 5000, RPMSG_NS_DESTROY);
	ck_assert(rig_heard(&u, 0, "last words"));
	ck_assert(u.is_closed && u.why == -ECONNRESET);
	ck_assert_uint_eq(counts()->refused, 1);
	ck_assert_uint_eq(rig_count(&rig), 2);
	ck_assert_int_eq(rig.link->ops->open(rig.link, u.chan, NULL, NULL), -ENODEV);
}
END_TEST

/* F64: this bus has no flow control but room in the carrier. */
START_TEST(test_f64_room_never_comes)
{
	rig.room = 0;
	for (int i = 0; i < RIG_UL; i++)
		ck_assert_int_eq(rig_send(&good, "waits"), LINK_OK);
	for (int i = 0; i < 1000; i++)
		ck_assert_int_eq(rig_send(&good, "waits"), LINK_FULL);
	rig_turns(&rig);
	rig_announce(&rig, "new", 5000, RPMSG_NS_CREATE);
	ck_assert_uint_eq(rig_count(&rig), 3);
}
END_TEST

START_TEST(test_f64_room_without_end)
{
	for (int i = 0; i < 1000; i++) {
		rpmsg_bus_room(rig.bus);
		rpmsg_bus_room(rig.bus);
		rig_turns(&rig);
	}
	expect_nothing_new();
}
END_TEST

START_TEST(test_f64_taken_never_moves)
{
	rig_send(&good, "sent");
	for (int i = 0; i < 100; i++)
		rig_take(&rig, 0);
	ck_assert_uint_eq(good.n_taken, 0);
}
END_TEST

START_TEST(test_f64_taken_runs_ahead_and_back)
{
	uint64_t taken = rig.n_taken;

	rig_send(&good, "sent");
	rig.n_taken = UINT64_MAX;
	rpmsg_bus_room(rig.bus);
	rig_turns(&rig);
	ck_assert_uint_eq(good.n_taken, 1);
	rig.n_taken = taken;
	rig_send(&good, "sent");
	rpmsg_bus_room(rig.bus);
	rig_turns(&rig);
	ck_assert_uint_eq(good.n_taken, 1);
}
END_TEST

/* F65: the only count and offset of rpmsg is the length in its header. */
START_TEST(test_f65_message_that_is_not_as_long_as_it_says)
{
	static const struct { uint32_t len; uint16_t says; bool is_good; } cases[] = {
		{ 16, 1, false }, { 16, 65535, false }, { 17, 2, false }, { 17, 65535, false },
		{ 24, 9, false }, { 116, 496, false }, { 512, 497, false }, { 24, 0, true },
		{ 24, 7, true }, { 8, 0, false },
	};
	uint32_t to = rpmsg_bus_endpoint(rig.bus, good_chan)->src;
	uint8_t message[RIG_MTU] = { 0 };

	ck_assert_uint_eq(ARRAY_SIZE(cases), 10);
	rpmsg_put_header(message, GOOD, to, 0);
	put_le16(message + RPMSG_LEN, cases[_i].says);
	rig_say_raw(&rig, message, cases[_i].len);
	ck_assert_uint_eq(counts()->bad, !cases[_i].is_good);
	ck_assert_uint_eq(good.n_heard, cases[_i].is_good && cases[_i].says);
	expect_nothing_new();
}
END_TEST

START_TEST(test_f66_names)
{
	static const struct { const char *name, *kept; } cases[] = {
		{ "", NULL },
		{ "..", NULL },
		{ "12345678901234567890123456789012", "1234567890123456789012345678901" },
		{ "../a/b", "../a/b" },
		{ "two\nlines\x1b[2J", "two\nlines\x1b[2J" },
		{ "\x80\xff\xc0", "\x80\xff\xc0" },
	};
	const struct rpmsg_endpoint *e;
	unsigned int chan;

	ck_assert_uint_eq(ARRAY_SIZE(cases), 6);
	rig_announce(&rig, cases[_i].name, 5000, RPMSG_NS_CREATE);
	if (!cases[_i].kept) {
		ck_assert_uint_eq(counts()->refused, 1);
		expect_nothing_new();
		return;
	}
	e = rig_find(&rig, cases[_i].kept, 5000, &chan);
	ck_assert_ptr_nonnull(e);
	for (size_t i = strlen(e->name); i < RPMSG_NAME_LEN; i++)
		ck_assert_int_eq(e->name[i], 0);
	rig_announce(&rig, cases[_i].name, 5000, RPMSG_NS_DESTROY);
	ck_assert_uint_eq(rig_count(&rig), 2);
}
END_TEST

START_TEST(test_garbage_behind_the_name_makes_no_difference)
{
	uint8_t payload[RPMSG_NS_LEN] = "twin\0garbage";

	put_le32(payload + RPMSG_NS_ADDR, 5000);
	rig_announce(&rig, "twin", 5000, RPMSG_NS_CREATE);
	announce_raw(payload, sizeof(payload), sizeof(payload));
	ck_assert_uint_eq(counts()->refused, 1);
	ck_assert_uint_eq(rig_count(&rig), 3);
}
END_TEST

START_TEST(test_what_is_formatted_is_parsed)
{
	struct rpmsg_announcement a = { "name", 1234, RPMSG_NS_DESTROY }, b;
	uint8_t payload[RPMSG_NS_LEN];

	rpmsg_ns_format(&a, payload);
	ck_assert_int_eq(rpmsg_ns_parse(payload, sizeof(payload), &b), 0);
	ck_assert_mem_eq(a.name, b.name, sizeof(a.name));
	ck_assert_uint_eq(a.addr, b.addr);
	ck_assert_int_eq(a.what, b.what);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("rpmsg-ns");
	TCase *c = tcase_create("ns");

	tcase_set_timeout(c, 60);
	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_loop_test(c, test_f61_packet_that_is_no_announcement, 0, 14);
	tcase_add_loop_test(c, test_f62_flood, 0, 6);
	tcase_add_test(c, test_f62_a_burst_waits_with_the_carrier);
	tcase_add_loop_test(c, test_f63_claims, 0, 9);
	tcase_add_test(c, test_f63_goodbye_twice);
	tcase_add_test(c, test_f64_room_never_comes);
	tcase_add_test(c, test_f64_room_without_end);
	tcase_add_test(c, test_f64_taken_never_moves);
	tcase_add_test(c, test_f64_taken_runs_ahead_and_back);
	tcase_add_loop_test(c, test_f65_message_that_is_not_as_long_as_it_says, 0, 10);
	tcase_add_loop_test(c, test_f66_names, 0, 6);
	tcase_add_test(c, test_garbage_behind_the_name_makes_no_difference);
	tcase_add_test(c, test_what_is_formatted_is_parsed);
	suite_add_tcase(s, c);
	return suite_run(s);
}
