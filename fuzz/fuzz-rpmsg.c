/*
 * fuzz-rpmsg - bytes of the other side of an rpmsg bus: messages, announcements,
 * in between what users of its channels do.
 *
 * Each byte is one step: its low four bits say what, its high four bits to whom;
 * steps that carry bytes take a length and that many.  What the rig asserts (who
 * owns a slot, each back once, no message longer than it may be) is joined by:
 * there are never more endpoints than channels, no name is one that cannot be,
 * every address of ours is one endpoint's, and at the end nothing is held.
 */
#include "tests/rpmsg_rig.h"
#include <assert.h>
#include <errno.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum step {
	STEP_RAW,		/* a message as it is */
	STEP_TO_NS,		/* with a header in front: an announcement, perhaps */
	STEP_TO_ENDPOINT,	/* data */
	STEP_CREATE, STEP_DESTROY,	/* well-formed, the name is what follows */
	STEP_OPEN, STEP_OPEN_SLOW, STEP_CLOSE, STEP_CANCEL, STEP_LEND, STEP_SEND,
	STEP_TAKE, STEP_FULL, STEP_LOCAL, STEP_DOWN, STEP_TURNS,
};

static struct rpmsg_rig rig;
static struct rig_user users[RIG_ENDPOINTS];
static bool is_used[RIG_ENDPOINTS];

struct input {
	const uint8_t *data;
	size_t len;
};

static uint8_t next_byte(struct input *in)
{
	if (!in->len)
		return 0;
	in->len--;
	return *in->data++;
}

static size_t next_bytes(struct input *in, uint8_t *to, size_t most)
{
	size_t n = min_size(min_size(next_byte(in), most), in->len);

	memcpy(to, in->data, n);
	in->data += n;
	in->len -= n;
	return n;
}

static bool has_open(unsigned int n)
{
	return is_used[n] && !users[n].is_closed;
}

static void hear_raw(struct input *in, uint32_t dst, bool has_header)
{
	uint8_t message[RIG_MTU + 64];
	size_t at = has_header ? RPMSG_HEADER_LEN : 0;
	size_t len = next_bytes(in, message + at, 255);

	/* The rig keeps what is not taken; a flood is no news here. */
	if (!rig.is_up || rig.n_kept > 16)
		return;
	if (has_header)
		rpmsg_put_header(message, 77, dst, (uint32_t)len);
	rig_say_raw(&rig, message, at + len);
}

static void announce(struct input *in, unsigned int n, uint32_t flags)
{
	char name[RPMSG_NAME_LEN + 1] = { 0 };

	next_bytes(in, (uint8_t *)name, RPMSG_NAME_LEN);
	if (rig.is_up && rig.n_kept <= 16)
		rig_announce(&rig, name, 5000 + n, flags);
}

static void do_open(unsigned int n, bool is_slow)
{
	if (!rig.is_up || has_open(n) || !rpmsg_bus_endpoint(rig.bus, n))
		return;
	is_used[n] = true;
	rig_begin_open(&users[n], &rig, n, is_slow);
}

static void do_user(enum step what, unsigned int n)
{
	struct link *l = rig.link;

	if (!has_open(n))
		return;
	users[n].n_heard = 0;
	if (what == STEP_CLOSE)
		l->ops->close(l, n);
	else if (what == STEP_CANCEL)
		l->ops->cancel(l, n, rig.n_sent & 1 ? LINK_UL : LINK_DL);
	else if (what == STEP_LEND && users[n].is_open)
		rig_lend(&users[n]);
	else if (what == STEP_SEND && users[n].is_open)
		rig_send(&users[n], "sent");
}

static void do_local(struct input *in, unsigned int n)
{
	char name[RPMSG_NAME_LEN + 1] = { 0 };
	unsigned int chan;

	if (n & 1) {
		rpmsg_bus_destroy(rig.bus, n >> 1, -ECONNRESET);
		return;
	}
	next_bytes(in, (uint8_t *)name, RPMSG_NAME_LEN);
	rpmsg_bus_create(rig.bus, name, n & 2 ? RPMSG_ADDR_ANY : n, n & 4 ? 77 : RPMSG_ADDR_ANY,
			 n & 8, &chan);
}

static void do_carrier(unsigned int n)
{
	if (rig.is_up)
		rig_down(&rig, n & 1 ? -ECONNRESET : -ENODEV);
	else
		rig_up(&rig);
}

static void do_take(unsigned int n)
{
	if (!rig.is_up)
		return;
	rig.room = 4;
	rig.n_taken += min_size(n, (size_t)(rig.n_sent - rig.n_taken));
	rpmsg_bus_room(rig.bus);
}

static void do_step(struct input *in, enum step what, unsigned int n)
{
	switch (what) {
	case STEP_RAW:
		hear_raw(in, 0, false);
		break;
	case STEP_TO_NS:
		hear_raw(in, RPMSG_ADDR_NS, true);
		break;
	case STEP_TO_ENDPOINT:
		hear_raw(in, RPMSG_ADDR_DYNAMIC + n, true);
		break;
	case STEP_CREATE: case STEP_DESTROY:
		announce(in, n, what == STEP_CREATE ? RPMSG_NS_CREATE : RPMSG_NS_DESTROY);
		break;
	case STEP_OPEN: case STEP_OPEN_SLOW:
		do_open(n % RIG_ENDPOINTS, what == STEP_OPEN_SLOW);
		break;
	case STEP_TAKE:
		do_take(n);
		break;
	case STEP_FULL:
		rig.room = 0;
		break;
	case STEP_LOCAL:
		do_local(in, n);
		break;
	case STEP_DOWN:
		do_carrier(n);
		break;
	case STEP_TURNS:
		rig_turns(&rig);
		break;
	default:
		do_user(what, n % RIG_ENDPOINTS);
	}
	for (unsigned int u = 0; u < RIG_ENDPOINTS; u++)
		users[u].n_heard = 0;
}

static void check(void)
{
	for (unsigned int i = 0; i < RIG_ENDPOINTS; i++) {
		const struct rpmsg_endpoint *e = rpmsg_bus_endpoint(rig.bus, i), *other;

		if (!e)
			continue;
		assert(*e->name && strcmp(e->name, ".") && strcmp(e->name, ".."));
		assert(strlen(e->name) < RPMSG_NAME_LEN && e->src != RPMSG_ADDR_NS);
		assert(e->is_local || e->dst != RPMSG_ADDR_ANY);
		for (unsigned int j = 0; j < i; j++) {
			other = rpmsg_bus_endpoint(rig.bus, j);
			assert(!other || other->src != e->src);
		}
	}
}

/* The first byte is the bus. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct rpmsg_bus_config c = rig_config;
	struct input in = { data, len };
	uint8_t shape = next_byte(&in);

	c.greets = shape & 1;
	c.is_strict = shape & 2;
	rig_init_as(&rig, &c);
	rig.carrier.has_ns = !(shape & 4);
	memset(users, 0, sizeof(users));
	memset(is_used, 0, sizeof(is_used));
	rig_up(&rig);
	while (in.len) {
		uint8_t step = next_byte(&in);

		do_step(&in, (enum step)(step & 15), step >> 4);
		check();
	}
	rig_turns(&rig);
	if (rig.is_up)
		rig_down(&rig, -ENODEV);
	for (unsigned int n = 0; n < RIG_ENDPOINTS; n++)
		assert(!has_open(n) && !users[n].submitted[LINK_UL] &&
		       !users[n].submitted[LINK_DL]);
	rig_fini(&rig);
	return 0;
}
