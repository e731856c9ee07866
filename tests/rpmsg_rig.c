#include "tests/rpmsg_rig.h"
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

const struct rpmsg_bus_config rig_config = {
	.mtu = RIG_MTU, .n_endpoints = RIG_ENDPOINTS, .n_ul = RIG_UL, .n_dl = RIG_DL,
};

static struct rpmsg_rig *rig_of(const struct rpmsg_carrier *c)
{
	return container_of(c, struct rpmsg_rig, carrier);
}

static int carrier_send(struct rpmsg_carrier *c, const uint8_t *header, const void *payload,
			size_t len)
{
	struct rpmsg_rig *r = rig_of(c);
	struct rig_message *m = &r->sent[r->n_sent % RIG_SENT_MOST];

	assert(r->is_up && RPMSG_HEADER_LEN + len <= RIG_MTU);
	if (!r->room)
		return RPMSG_FULL;
	r->room--;
	r->n_sent++;
	assert(get_le32(header + RPMSG_RESERVED) == 0 && get_le16(header + RPMSG_FLAGS) == 0);
	assert(get_le16(header + RPMSG_LEN) == len);
	m->src = get_le32(header + RPMSG_SRC);
	m->dst = get_le32(header + RPMSG_DST);
	m->len = (uint32_t)len;
	assert(m->src != RPMSG_ADDR_ANY && m->dst != RPMSG_ADDR_ANY);
	if (len)
		memcpy(m->payload, payload, len);
	return RPMSG_OK;
}

static uint64_t carrier_taken(const struct rpmsg_carrier *c)
{
	return rig_of(c)->n_taken;
}

static void carrier_resume(struct rpmsg_carrier *c)
{
	struct rpmsg_rig *r = rig_of(c);
	unsigned int n = 0;

	assert(r->is_up);
	r->n_resumes++;
	while (n < r->n_kept &&
	       rpmsg_bus_receive(r->bus, r->kept[n].bytes, r->kept[n].len) == RPMSG_OK)
		n++;
	r->n_kept -= n;
	memmove(r->kept, r->kept + n, r->n_kept * sizeof(r->kept[0]));
}

static const struct rpmsg_carrier_ops carrier_ops = {
	.send = carrier_send,
	.taken = carrier_taken,
	.resume = carrier_resume,
};

static void on_came(void *user, unsigned int chan)
{
	struct rpmsg_rig *r = user;

	assert(rpmsg_bus_endpoint(r->bus, chan));
	r->n_came++;
	r->last_came = chan;
}

static void on_left(void *user, unsigned int chan)
{
	struct rpmsg_rig *r = user;

	r->n_left++;
	r->last_left = chan;
	r->last_left_face = *rpmsg_bus_endpoint(r->bus, chan);
}

static void on_noted(void *user, const char *sentence)
{
	struct rpmsg_rig *r = user;

	assert(*sentence);
	r->n_notes++;
}

static void on_wants_turn(void *user)
{
	struct rpmsg_rig *r = user;

	assert(!r->wants_turn);
	r->wants_turn = true;
}

static const struct rpmsg_bus_ops bus_ops = {
	.came = on_came,
	.left = on_left,
	.noted = on_noted,
	.wants_turn = on_wants_turn,
};

void rig_init_as(struct rpmsg_rig *r, const struct rpmsg_bus_config *c)
{
	memset(r, 0, sizeof(*r));
	r->carrier = (struct rpmsg_carrier){ &carrier_ops, RIG_MTU, true };
	r->room = RIG_SENT_MOST;
	r->bus = rpmsg_bus_new(c, &bus_ops, r);
	assert(r->bus);
	r->link = rpmsg_bus_link(r->bus);
}

void rig_init(struct rpmsg_rig *r)
{
	rig_init_as(r, &rig_config);
	rig_up(r);
}

void rig_fini(struct rpmsg_rig *r)
{
	rpmsg_bus_free(r->bus);
}

void rig_up(struct rpmsg_rig *r)
{
	r->n_taken = r->n_sent = r->n_kept = 0;
	r->is_up = true;
	rpmsg_bus_up(r->bus, &r->carrier);
	assert(!r->n_sent);
	rpmsg_bus_room(r->bus);
	rig_turns(r);
}

void rig_down(struct rpmsg_rig *r, int why)
{
	rpmsg_bus_down(r->bus, why);
	r->is_up = false;
	r->n_kept = 0;
	rig_turns(r);
}

void rig_turns(struct rpmsg_rig *r)
{
	for (unsigned int i = 0; r->wants_turn; i++) {
		assert(i < 10000);
		r->wants_turn = false;
		rpmsg_bus_turn(r->bus);
	}
}

void rig_say_raw(struct rpmsg_rig *r, const void *message, size_t len)
{
	/* Its own piece of memory, so that a byte too far is noticed. */
	uint8_t *copy = malloc(len ? len : 1);

	memcpy(copy, message, len);
	if (r->n_kept || rpmsg_bus_receive(r->bus, copy, len) == RPMSG_FULL) {
		assert(r->n_kept < ARRAY_SIZE(r->kept) && len <= sizeof(r->kept[0].bytes));
		memcpy(r->kept[r->n_kept].bytes, message, len);
		r->kept[r->n_kept++].len = (uint32_t)len;
	}
	free(copy);
}

static void say(struct rpmsg_rig *r, uint32_t src, uint32_t dst, const void *payload,
		uint32_t len)
{
	uint8_t message[RIG_MTU];

	rpmsg_put_header(message, src, dst, len);
	put_le32(message + RPMSG_RESERVED, 0xa5a50001);
	memcpy(message + RPMSG_HEADER_LEN, payload, len);
	rig_say_raw(r, message, RPMSG_HEADER_LEN + len);
}

void rig_say(struct rpmsg_rig *r, uint32_t src, uint32_t dst, const char *text)
{
	say(r, src, dst, text, (uint32_t)strlen(text));
}

void rig_announce(struct rpmsg_rig *r, const char *name, uint32_t addr, uint32_t flags)
{
	uint8_t payload[RPMSG_NS_LEN];

	memset(payload, 0xee, sizeof(payload));
	memcpy(payload, name, strnlen(name, RPMSG_NAME_LEN));
	if (strlen(name) < RPMSG_NAME_LEN)
		payload[strlen(name)] = 0;
	put_le32(payload + RPMSG_NS_ADDR, addr);
	put_le32(payload + RPMSG_NS_FLAGS, flags);
	say(r, RPMSG_ADDR_NS, RPMSG_ADDR_NS, payload, sizeof(payload));
}

void rig_take(struct rpmsg_rig *r, unsigned int n)
{
	r->n_taken += n;
	r->room += n;
	assert(r->n_taken <= r->n_sent);
	rpmsg_bus_room(r->bus);
	rig_turns(r);
}

const struct rpmsg_endpoint *rig_find(struct rpmsg_rig *r, const char *name, uint32_t dst,
				      unsigned int *ret_chan)
{
	for (unsigned int i = 0; i < r->link->n_chans; i++) {
		const struct rpmsg_endpoint *e = rpmsg_bus_endpoint(r->bus, i);

		if (!e || strcmp(e->name, name) || e->dst != dst)
			continue;
		*ret_chan = i;
		return e;
	}
	return NULL;
}

unsigned int rig_count(struct rpmsg_rig *r)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < r->link->n_chans; i++)
		n += rpmsg_bus_endpoint(r->bus, i) != NULL;
	return n;
}

static void lend(struct rig_user *u, unsigned int slot)
{
	struct link *l = u->rig->link;

	assert(!(u->submitted[LINK_DL] & 1u << slot));
	u->submitted[LINK_DL] |= 1u << slot;
	if (l->ops->submit(l, u->chan, LINK_DL, slot, 0))
		u->submitted[LINK_DL] &= ~(1u << slot);
}

void rig_lend(struct rig_user *u)
{
	for (unsigned int s = 0; s < u->rig->link->chans[u->chan].slots[LINK_DL].n; s++)
		if (u->is_open && !(u->submitted[LINK_DL] & 1u << s))
			lend(u, s);
}

static void on_opened(void *user, int status)
{
	struct rig_user *u = user;

	assert(!u->is_open);
	u->is_open = status == 0;
	u->opened_status = status;
	if (!u->holds)
		rig_lend(u);
}

static void on_heard(struct rig_user *u, unsigned int slot, uint32_t len)
{
	struct link *l = u->rig->link;

	assert(len && len <= l->chans[u->chan].slots[LINK_DL].size && u->n_heard < RIG_HEARD_MOST);
	u->heard[u->n_heard].len = len;
	memcpy(u->heard[u->n_heard++].bytes, link_slot(l, u->chan, LINK_DL, slot), len);
	memset(link_slot(l, u->chan, LINK_DL, slot), 0, len);
	if (!u->holds)
		lend(u, slot);
}

static void on_done(void *user, enum link_dir dir, unsigned int slot, int status, uint32_t len)
{
	struct rig_user *u = user;

	assert(!u->is_closed && u->submitted[dir] & 1u << slot);
	u->submitted[dir] &= ~(1u << slot);
	if (dir == LINK_UL)
		*(status ? &u->n_failed : &u->n_taken) += 1;
	else if (!status)
		on_heard(u, slot, len);
}

static void on_closed(void *user, int why)
{
	struct rig_user *u = user;

	assert(!u->is_closed && !u->submitted[LINK_UL] && !u->submitted[LINK_DL]);
	u->is_open = false;
	u->is_closed = true;
	u->why = why;
}

static const struct link_user_ops user_ops = {
	.opened = on_opened,
	.done = on_done,
	.closed = on_closed,
};

void rig_begin_open(struct rig_user *u, struct rpmsg_rig *r, unsigned int chan, bool holds)
{
	int result;

	memset(u, 0, sizeof(*u));
	u->rig = r;
	u->chan = chan;
	u->holds = holds;
	result = r->link->ops->open(r->link, chan, &user_ops, u);
	assert(!result && !u->is_open);
}

void rig_open(struct rig_user *u, struct rpmsg_rig *r, unsigned int chan, bool holds)
{
	rig_begin_open(u, r, chan, holds);
	rig_turns(r);
	assert(u->is_open);
}

int rig_send(struct rig_user *u, const char *text)
{
	struct link *l = u->rig->link;
	unsigned int slot = 0;
	int r;

	while (slot < RIG_UL && u->submitted[LINK_UL] & 1u << slot)
		slot++;
	if (slot == RIG_UL)
		return LINK_FULL;
	memcpy(link_slot(l, u->chan, LINK_UL, slot), text, strlen(text));
	u->submitted[LINK_UL] |= 1u << slot;
	r = l->ops->submit(l, u->chan, LINK_UL, slot, (uint32_t)strlen(text));
	if (r)
		u->submitted[LINK_UL] &= ~(1u << slot);
	return r;
}

void rig_close(struct rig_user *u)
{
	struct link *l = u->rig->link;

	l->ops->close(l, u->chan);
	assert(!u->is_closed);
	rig_turns(u->rig);
	assert(u->is_closed && u->why == 0);
}

bool rig_heard(const struct rig_user *u, unsigned int at, const char *text)
{
	return at < u->n_heard && u->heard[at].len == strlen(text) &&
	       !memcmp(u->heard[at].bytes, text, strlen(text));
}
