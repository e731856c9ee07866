/*
 * test-rpmsg-property - thousands of random steps on a bus, compared with a plain
 * model of it after each: which endpoints there are, what each reader heard and
 * in which order, what the other side got, and that no slot and no message is
 * unaccounted for.
 *
 * The model learns what the other side said in the order in which the bus took
 * it: what the carrier had to keep has not happened yet.
 */
#include "tests/rpmsg_rig.h"
#include "tests/suite.h"
#include <errno.h>
#include <stdio.h>

/* Room for every pair, three local ones, and those on their way out. */
enum { NAMES = 4, ADDRS = 3, ENDPOINTS = 24 };
enum { LOG = 1 << 16, KEPT_MOST = 32, STEPS = 4000 };

enum kind { SAID_CREATE, SAID_DESTROY, SAID_DATA, SAID_GARBAGE };

struct said {
	enum kind kind;
	unsigned int name, addr;
	uint32_t to;
	uint64_t number;
};

/* An announced endpoint, as the model knows it. */
struct pair {
	bool is_there;
};

struct reader {
	struct rig_user user;
	bool is_used;
	uint64_t last_heard;	/* number in the message */
	unsigned int n_sent;
};

static struct rpmsg_rig rig;
static struct pair pairs[NAMES][ADDRS];
static struct said said[LOG];
static unsigned int n_said, n_applied;
static struct reader readers[ENDPOINTS];
static uint64_t number, n_data, n_heard, n_nobody;
static unsigned int n_local, local_chan[ENDPOINTS];
static uint64_t seed;

static uint32_t any(uint32_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 32) % below;
}

static void name_of(unsigned int n, char *ret_name)
{
	sprintf(ret_name, "name-%u", n);
}

static uint32_t addr_of(unsigned int a)
{
	return 5000 + a;
}

static unsigned int n_there(void)
{
	unsigned int n = n_local;

	for (unsigned int i = 0; i < NAMES * ADDRS; i++)
		n += pairs[i / ADDRS][i % ADDRS].is_there;
	return n;
}

/* What the bus took since the last look becomes true in the model. */
static void apply(const struct said *s)
{
	struct pair *p = &pairs[s->name][s->addr];

	switch (s->kind) {
	case SAID_CREATE:
		p->is_there = true;
		break;
	case SAID_DESTROY:
		p->is_there = false;
		break;
	case SAID_DATA:
		n_data++;
		break;
	case SAID_GARBAGE:
		break;
	}
}

static void apply_all(void)
{
	uint64_t n = rpmsg_bus_counts(rig.bus)->received;

	for (; n_applied < n; n_applied++)
		apply(&said[n_applied % LOG]);
}

static void note_said(struct said s)
{
	said[n_said++ % LOG] = s;
}

static void step_announce(void)
{
	struct said s = { any(3) ? SAID_CREATE : SAID_DESTROY, any(NAMES), any(ADDRS), 0, 0 };
	char name[RPMSG_NAME_LEN];

	name_of(s.name, name);
	note_said(s);
	rig_announce(&rig, name, addr_of(s.addr),
		     s.kind == SAID_CREATE ? RPMSG_NS_CREATE : RPMSG_NS_DESTROY);
}

static void step_data(void)
{
	struct said s = { SAID_DATA, 0, 0, RPMSG_ADDR_DYNAMIC + any(ENDPOINTS + 2), ++number };
	char text[32];

	sprintf(text, "%llu", (unsigned long long)number);
	note_said(s);
	rig_say(&rig, 5000 + any(3), s.to, text);
}

static void step_garbage(void)
{
	uint8_t bytes[RIG_MTU];
	uint32_t len = any(64);

	for (uint32_t i = 0; i < len; i++)
		bytes[i] = (uint8_t)any(256);
	/* Neither the name service nor an endpoint is at 0x7f......  */
	if (len >= RPMSG_HEADER_LEN)
		bytes[RPMSG_DST + 3] = 0x7f;
	note_said((struct said){ SAID_GARBAGE, 0, 0, 0, 0 });
	rig_say_raw(&rig, bytes, len);
}

static struct reader *any_reader(void)
{
	return &readers[any(ENDPOINTS)];
}

static void step_open(void)
{
	unsigned int chan = any(ENDPOINTS);
	struct reader *r = &readers[chan];

	if (!rig.is_up || !rpmsg_bus_endpoint(rig.bus, chan) || (r->is_used && !r->user.is_closed))
		return;
	r->is_used = true;
	r->last_heard = r->n_sent = 0;
	rig_begin_open(&r->user, &rig, chan, !any(3));
}

static void step_close(void)
{
	struct reader *r = any_reader();

	if (r->is_used && !r->user.is_closed)
		rig.link->ops->close(rig.link, r->user.chan);
}

static void step_lend(void)
{
	struct reader *r = any_reader();

	if (r->is_used && r->user.is_open)
		rig_lend(&r->user);
}

static void step_send(void)
{
	struct reader *r = any_reader();
	char text[32];

	if (!r->is_used || !r->user.is_open)
		return;
	sprintf(text, "%u", r->n_sent + 1);
	if (!rig_send(&r->user, text))
		r->n_sent++;
}

static void step_take(void)
{
	unsigned int flying = (unsigned int)(rig.n_sent - rig.n_taken);

	if (!rig.is_up)
		return;
	rig.n_taken += flying ? any(flying + 1) : 0;
	rig.room = any(6);
	rpmsg_bus_room(rig.bus);
}

static void step_local(void)
{
	unsigned int chan;
	char name[RPMSG_NAME_LEN];

	name_of(any(NAMES), name);
	if (n_local && any(2)) {
		unsigned int at = any(n_local);

		ck_assert_int_eq(rpmsg_bus_destroy(rig.bus, local_chan[at], -ECONNRESET), 0);
		local_chan[at] = local_chan[--n_local];
	} else if (n_local < 3 &&
		   !rpmsg_bus_create(rig.bus, name, RPMSG_ADDR_ANY, 5000, any(2), &chan)) {
		local_chan[n_local++] = chan;
	}
}

static void forget_announced(void)
{
	memset(pairs, 0, sizeof(pairs));
}

static void step_carrier(void)
{
	if (any(60))
		return;
	apply_all();
	if (rig.is_up) {
		n_said = n_applied;	/* what was kept is gone */
		rig_down(&rig, any(2) ? -ECONNRESET : -ENODEV);
		forget_announced();
	} else {
		rig_up(&rig);
	}
}

static void step(void)
{
	unsigned int what = any(16);

	if (what < 8 && (!rig.is_up || rig.n_kept >= KEPT_MOST))
		what = 8 + any(8);
	switch (what) {
	case 0: case 1:
		step_announce();
		break;
	case 2: case 3: case 4: case 5: case 6:
		step_data();
		break;
	case 7:
		step_garbage();
		break;
	case 8:
		step_open();
		break;
	case 9:
		step_close();
		break;
	case 10:
		step_lend();
		break;
	case 11: case 12:
		step_send();
		break;
	case 13:
		step_take();
		break;
	case 14:
		step_local();
		break;
	default:
		step_carrier();
	}
	if (any(3))
		rig_turns(&rig);
}

/* Numbers only grow, so nothing was heard twice or out of order. */
static void compare_reader(struct reader *r)
{
	struct rig_user *u = &r->user;

	for (unsigned int i = 0; i < u->n_heard; i++) {
		uint64_t n = strtoull((const char *)u->heard[i].bytes, NULL, 10);

		ck_assert_uint_gt(n, r->last_heard);
		r->last_heard = n;
		n_heard++;
		memset(u->heard[i].bytes, 0, u->heard[i].len);
	}
	u->n_heard = 0;
	ck_assert_uint_eq(u->n_taken + u->n_failed +
			  (unsigned int)__builtin_popcount(u->submitted[LINK_UL]), r->n_sent);
	if (u->is_closed)
		ck_assert(!u->submitted[LINK_UL] && !u->submitted[LINK_DL]);
}

static void compare(void)
{
	const struct rpmsg_bus_counts *c = rpmsg_bus_counts(rig.bus);
	char name[RPMSG_NAME_LEN];
	unsigned int chan;

	apply_all();
	ck_assert_uint_eq(rig_count(&rig), n_there());
	for (unsigned int i = 0; i < NAMES * ADDRS; i++) {
		name_of(i / ADDRS, name);
		if (pairs[i / ADDRS][i % ADDRS].is_there)
			ck_assert_ptr_nonnull(rig_find(&rig, name, addr_of(i % ADDRS), &chan));
	}
	for (unsigned int i = 0; i < ENDPOINTS; i++)
		compare_reader(&readers[i]);
	/* What is neither heard nor lost lies in an inbox. */
	ck_assert_uint_le(n_heard + c->lost, n_data + c->received);
	ck_assert_uint_eq(rig.n_kept, n_said - n_applied);
}

/* Everybody reads and leaves: now all must add up. */
static void end(void)
{
	const struct rpmsg_bus_counts *c = rpmsg_bus_counts(rig.bus);

	if (!rig.is_up)
		rig_up(&rig);
	for (unsigned int round = 0; round < 20; round++) {
		rig.room = 1000;
		rig.n_taken = rig.n_sent;
		rpmsg_bus_room(rig.bus);
		rig_turns(&rig);
		for (unsigned int i = 0; i < ENDPOINTS; i++) {
			struct reader *r = &readers[i];

			if (rpmsg_bus_endpoint(rig.bus, i) && (!r->is_used || r->user.is_closed)) {
				r->is_used = true;
				r->last_heard = r->n_sent = 0;
				rig_begin_open(&r->user, &rig, i, false);
			} else if (r->is_used && r->user.is_open) {
				rig_lend(&r->user);
			}
		}
		rig_turns(&rig);
		compare();
	}
	ck_assert_uint_eq(rig.n_kept, 0);
	rig_down(&rig, -ENODEV);
	forget_announced();
	compare();
	for (unsigned int i = 0; i < ENDPOINTS; i++)
		ck_assert(!readers[i].is_used || readers[i].user.is_closed);
	/* Garbage is bad or for nobody; what was data is heard or lost. */
	n_nobody = c->received - c->creates - c->destroys - c->refused - c->bad - c->empty;
	ck_assert_uint_eq(n_heard + c->lost, n_nobody);
	rig_fini(&rig);
}

/* As in a process of its own. */
static void forget_everything(void)
{
	memset(pairs, 0, sizeof(pairs));
	memset(readers, 0, sizeof(readers));
	n_said = n_applied = n_local = 0;
	number = n_data = n_heard = n_nobody = 0;
}

START_TEST(test_bus_does_what_the_model_says)
{
	struct rpmsg_bus_config c = rig_config;

	forget_everything();
	seed = ((uint64_t)_i + 1) * 0x9e3779b97f4a7c15;
	c.greets = _i & 1;
	c.n_endpoints = ENDPOINTS;
	rig_init_as(&rig, &c);
	rig_up(&rig);
	for (unsigned int i = 0; i < STEPS; i++) {
		step();
		compare();
	}
	end();
	ck_assert_uint_gt(n_heard, 20);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("rpmsg-property");
	TCase *c = tcase_create("random");

	tcase_set_timeout(c, 300);
	tcase_add_loop_test(c, test_bus_does_what_the_model_says, 0, 12);
	suite_add_tcase(s, c);
	return suite_run(s);
}
