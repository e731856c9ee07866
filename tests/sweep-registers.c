/*
 * sweep-registers - each register read answers all ones, once, and from then on,
 * with a card that is still there and with one that is not; each access, doorbells
 * included, is refused by the transport: over a start, traffic, suspend, reset,
 * stop.  Nobody touches a card that is known to be gone, nothing
 * that was handed out is lost, and the device says where it ended.
 */
#include "tests/engine_rig.h"
#include "tests/suite.h"
#include <errno.h>
#include <stdio.h>

enum ones {
	NEVER,
	ONCE,		/* one read, of a card that is there */
	ONCE_AWAY,	/* the card does not answer at that moment */
	FROM_THEN_ON,	/* the card is away for good */
	STUCK,		/* for good, but the card still says who it is */
	/* Of all accesses, one; the transport answers -ENODEV or -EIO. */
	REFUSED_GONE,
	REFUSED_BROKEN,
};

/* Before the engine's hardware, which is the rig's. */
static struct {
	const struct hw_ops *rig;	/* what it stands before */
	enum ones ones;
	unsigned int at, n_reads, n_accesses;
	unsigned int n_late;		/* accesses of a card that is known to be gone */
	struct rig *r;
} bad;

static bool is_refusing(void)
{
	return bad.ones == REFUSED_GONE || bad.ones == REFUSED_BROKEN;
}

static bool is_bad_now(void)
{
	if (bad.ones == NEVER || is_refusing() || !bad.n_reads)
		return false;
	return bad.ones == FROM_THEN_ON || bad.ones == STUCK ? bad.n_reads > bad.at :
							     bad.n_reads == bad.at + 1;
}

/* 0, or what the transport refuses it with. */
static int look_at_access(void)
{
	bad.n_late += engine_state(bad.r->engine) == ENGINE_GONE;
	if (bad.n_accesses++ != bad.at || !is_refusing())
		return 0;
	return bad.ones == REFUSED_GONE ? -ENODEV : -EIO;
}

static int bad_read32(struct hw *hw, uint32_t offset, uint32_t *ret_value)
{
	int r = look_at_access();

	if (r < 0)
		return r;
	r = bad.rig->read32(hw, offset, ret_value);
	bad.n_reads++;
	if (is_bad_now())
		*ret_value = MHI_ALL_ONES;
	return r;
}

static int bad_write32(struct hw *hw, uint32_t offset, uint32_t value)
{
	int r = look_at_access();

	if (r < 0 || (bad.ones == FROM_THEN_ON && is_bad_now()))
		return r;
	return bad.rig->write32(hw, offset, value);
}

static int bad_ring_bell(struct hw *hw, uint32_t offset, uint64_t value)
{
	int r = look_at_access();

	if (r < 0 || (bad.ones == FROM_THEN_ON && is_bad_now()))
		return r;
	return bad.rig->ring_bell(hw, offset, value);
}

static bool bad_is_present(struct hw *hw)
{
	if ((bad.ones == ONCE_AWAY || bad.ones == FROM_THEN_ON) && is_bad_now())
		return false;
	return bad.rig->is_present(hw);
}

static const struct hw_ops bad_ops = {
	.name = "bad",
	.read32 = bad_read32,
	.write32 = bad_write32,
	.ring_bell = bad_ring_bell,
	.is_present = bad_is_present,
};

static void exchange(struct rig *r)
{
	if (rig_open(r, RIG_ECHO))
		return;
	rig_offer_all(r, RIG_ECHO);
	for (int i = 0; i < 4; i++)
		rig_send(r, RIG_ECHO, "hello", 5);
	rig_advance(r, 1000000);
}

static void close_echo(struct rig *r)
{
	r->link->ops->close(r->link, RIG_ECHO);
	rig_advance(r, 10000000);
}

/* All that may be done with a device; a refusal ends none of it. */
static void live(struct rig *r)
{
	const char *why = "";

	if (rig_probe(r, &why) || rig_power(r, POWER_ON))
		return;
	exchange(r);
	rig_power(r, POWER_SUSPEND);
	rig_power(r, POWER_RESUME);
	rig_send(r, RIG_ECHO, "hello", 5);
	rig_advance(r, 1000000);
	rig_power(r, POWER_RESET);
	exchange(r);
	engine_check_health(r->engine);
	rig_advance(r, 1000000);
	rig_power(r, POWER_OFF);
	rig_power(r, POWER_ON);
	exchange(r);
	close_echo(r);
	rig_power(r, POWER_OFF);
}

static void start(struct rig *r, enum ones ones, unsigned int at)
{
	rig_init(r);
	bad.rig = r->hw.ops;
	bad.r = r;
	bad.ones = ones;
	bad.at = at;
	bad.n_reads = bad.n_accesses = bad.n_late = 0;
	r->hw.ops = &bad_ops;
	rig_start(r);
	engine_set_dump(r->engine, RIG_DUMP,
			engine_lay_table(r->dump.cpu, RIG_DUMP + 4096, 4096, 4096));
}

static unsigned int count_points(struct rig *r, enum ones ones)
{
	start(r, NEVER, 0);
	live(r);
	ck_assert_int_eq(engine_state(r->engine), ENGINE_OFF);
	ck_assert_uint_eq(r->users[RIG_ECHO].arrived, 13);
	rig_fini(r);
	return ones < REFUSED_GONE ? bad.n_reads : bad.n_accesses;
}

/* The end of a run whose read number @at was bad. */
static void check_end(struct rig *r, unsigned int at)
{
	enum engine_state s = engine_state(r->engine);
	const char *why = engine_why(r->engine);

	ck_assert_msg(!bad.n_late && !r->n_forbidden, "read %u: a card that was gone was used", at);
	if (bad.ones == FROM_THEN_ON && bad.n_reads > at)
		ck_assert_msg(s == ENGINE_GONE || s == ENGINE_OFF, "read %u: %s: %s", at,
			      engine_state_name(s), why);
	ck_assert_msg(s == ENGINE_OFF || s == ENGINE_ERROR || s == ENGINE_GONE,
		      "read %u: %s", at, engine_state_name(s));
	if (s == ENGINE_ERROR || s == ENGINE_GONE)
		ck_assert_msg(*why, "read %u: no reason", at);
}

/* One that was not lost can be had again. */
static void check_return(struct rig *r, unsigned int at)
{
	if (bad.ones == FROM_THEN_ON || bad.ones == STUCK ||
	    engine_state(r->engine) == ENGINE_GONE)
		return;
	bad.ones = NEVER;
	ck_assert_msg(rig_power(r, POWER_RESET) == 0 || rig_power(r, POWER_ON) == 0,
		      "read %u: %s", at, engine_why(r->engine));
	exchange(r);
	close_echo(r);
}

static void sweep(enum ones ones)
{
	static struct rig r;
	unsigned int n = count_points(&r, ones), n_gone = 0;

	ck_assert_uint_ge(n, 40);
	for (unsigned int at = 0; at < n; at++) {
		start(&r, ones, at);
		live(&r);
		check_end(&r, at);
		n_gone += engine_state(r.engine) == ENGINE_GONE;
		check_return(&r, at);
		rig_fini(&r);
		ck_assert_msg(!r.n_forbidden && !bad.n_late, "read %u: used after its end", at);
	}
	printf("sweep-registers: %u points, all survived; the card was gone in %u\n", n, n_gone);
}

START_TEST(test_one_read_of_a_card_that_is_there)
{
	sweep(ONCE);
}
END_TEST

START_TEST(test_one_read_of_a_card_that_is_away_then)
{
	sweep(ONCE_AWAY);
}
END_TEST

START_TEST(test_all_reads_of_a_card_that_left)
{
	sweep(FROM_THEN_ON);
}
END_TEST

START_TEST(test_all_reads_of_a_card_that_is_stuck)
{
	sweep(STUCK);
}
END_TEST

START_TEST(test_one_access_that_shows_that_the_link_is_gone)
{
	sweep(REFUSED_GONE);
}
END_TEST

START_TEST(test_one_access_that_fails)
{
	sweep(REFUSED_BROKEN);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("sweep-registers");
	TCase *t = tcase_create("registers");

	tcase_set_timeout(t, 60);
	tcase_add_test(t, test_one_read_of_a_card_that_is_there);
	tcase_add_test(t, test_one_read_of_a_card_that_is_away_then);
	tcase_add_test(t, test_all_reads_of_a_card_that_left);
	tcase_add_test(t, test_all_reads_of_a_card_that_is_stuck);
	tcase_add_test(t, test_one_access_that_shows_that_the_link_is_gone);
	tcase_add_test(t, test_one_access_that_fails);
	suite_add_tcase(s, t);
	return suite_run(s);
}
