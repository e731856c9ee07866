#include "rpmsg/inside.h"
#include "rpmsg/ns.h"
#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* Where everything lies in the one piece of memory.  Slots come last: they are
 * many, and who is never spoken to never touches them. */
struct plan {
	size_t epts, chans, entries, buckets, items, lens, slots;
	size_t len;
};

static size_t reserve(struct plan *p, size_t n, size_t each)
{
	size_t at = p->len;

	p->len = (size_t)round_up(at + n * each, 64);
	return at;
}

static uint32_t n_buckets(const struct rpmsg_bus_config *c)
{
	uint32_t n = 16;

	while (n < c->n_endpoints)
		n *= 2;
	return n;
}

/* One owner more than endpoints: the name service. */
static struct plan make_plan(const struct rpmsg_bus_config *c)
{
	size_t n = c->n_endpoints, slots = c->n_ul + 2 * (size_t)c->n_dl;
	struct plan p = { 0 };

	reserve(&p, 1, sizeof(struct rpmsg_bus));
	p.epts = reserve(&p, n, sizeof(struct ept));
	p.chans = reserve(&p, n, sizeof(struct link_chan));
	p.entries = reserve(&p, n + 1, sizeof(struct rpmsg_address));
	p.buckets = reserve(&p, n_buckets(c), sizeof(uint16_t));
	p.items = reserve(&p, n * (c->n_ul + c->n_dl), sizeof(struct ept_item));
	p.lens = reserve(&p, n * c->n_dl, sizeof(uint32_t));
	p.slots = reserve(&p, n * slots, c->mtu - RPMSG_HEADER_LEN);
	return p;
}

static void init_ept(struct rpmsg_bus *b, const struct plan *p, unsigned int i)
{
	const struct rpmsg_bus_config *c = &b->config;
	size_t size = ept_payload_most(b), n_slots = c->n_ul + 2 * (size_t)c->n_dl;
	uint8_t *base = (uint8_t *)b, *slots = base + p->slots + i * n_slots * size;
	struct ept_item *items = (struct ept_item *)(base + p->items) + i * (c->n_ul + c->n_dl);
	struct ept *e = &b->epts[i];

	e->bus = b;
	list_init(&e->due);
	list_init(&e->speaking);
	list_init(&e->flying);
	e->queues[LINK_UL] = (struct ept_queue){ .items = items, .size = (uint16_t)c->n_ul };
	e->queues[LINK_DL] = (struct ept_queue){ .items = items + c->n_ul,
						 .size = (uint16_t)c->n_dl };
	e->inbox.lens = (uint32_t *)(base + p->lens) + (size_t)i * c->n_dl;
	e->inbox.bytes = slots + (c->n_ul + c->n_dl) * size;
	b->chans[i] = (struct link_chan){
		.name = e->face.name,
		.slots = {
			[LINK_UL] = { slots, (uint32_t)size, c->n_ul },
			[LINK_DL] = { slots + c->n_ul * size, (uint32_t)size, c->n_dl },
		},
	};
}

struct rpmsg_bus *rpmsg_bus_new(const struct rpmsg_bus_config *c,
				const struct rpmsg_bus_ops *ops, void *user)
{
	struct plan p = make_plan(c);
	struct rpmsg_bus *b;
	uint8_t *base;

	assert(c->mtu >= RPMSG_MTU_LEAST && c->mtu <= RPMSG_MTU_MOST);
	assert(c->n_endpoints < UINT16_MAX && c->n_ul && c->n_ul < UINT16_MAX && c->n_dl &&
	       c->n_dl < UINT16_MAX);
	base = calloc(1, p.len);
	if (!base)
		return NULL;
	b = (struct rpmsg_bus *)base;
	b->config = *c;
	b->ops = ops;
	b->user = user;
	b->epts = (struct ept *)(base + p.epts);
	b->chans = (struct link_chan *)(base + p.chans);
	b->link = (struct link){ &ept_link_ops, b->chans, c->n_endpoints };
	rpmsg_addresses_init(&b->addresses, (uint16_t *)(base + p.buckets), n_buckets(c),
			     (struct rpmsg_address *)(base + p.entries));
	list_init(&b->due);
	list_init(&b->speaking);
	list_init(&b->flying);
	for (unsigned int i = 0; i < c->n_endpoints; i++)
		init_ept(b, &p, i);
	return b;
}

struct link *rpmsg_bus_link(struct rpmsg_bus *b)
{
	return &b->link;
}

const struct rpmsg_bus_counts *rpmsg_bus_counts(const struct rpmsg_bus *b)
{
	return &b->counts;
}

void rpmsg_bus_want_turn(struct rpmsg_bus *b)
{
	if (b->is_turn_due)
		return;
	b->is_turn_due = true;
	b->ops->wants_turn(b->user);
}

void rpmsg_bus_release(struct rpmsg_bus *b)
{
	if (!b->is_holding)
		return;
	b->may_resume = true;
	rpmsg_bus_want_turn(b);
}

void rpmsg_bus_note(struct rpmsg_bus *b, const char *format, ...)
{
	char sentence[128];
	va_list args;

	va_start(args, format);
	vsnprintf(sentence, sizeof(sentence), format, args);
	va_end(args);
	b->ops->noted(b->user, sentence);
}

static void tell_carried(struct rpmsg_bus *b, bool is_carried)
{
	if (b->ops->carried)
		b->ops->carried(b->user, is_carried);
}

static void finish_down(struct rpmsg_bus *b)
{
	int why = b->down_why;

	if (!why)
		return;
	b->down_why = 0;
	rpmsg_addresses_unbind(&b->addresses, b->config.n_endpoints);
	for (unsigned int i = 0; i < b->config.n_endpoints; i++)
		ept_carrier_down(&b->epts[i], why);
	tell_carried(b, false);
}

void rpmsg_bus_up(struct rpmsg_bus *b, struct rpmsg_carrier *c)
{
	assert(!b->carrier && c->mtu == b->config.mtu);
	finish_down(b);
	b->carrier = c;
	b->n_sent = 0;
	b->is_full = true;
	b->has_room = b->is_holding = b->may_resume = false;
	if (c->has_ns)
		rpmsg_addresses_bind(&b->addresses, b->config.n_endpoints, RPMSG_ADDR_NS);
	for (unsigned int i = 0; i < b->config.n_endpoints; i++)
		ept_carrier_up(&b->epts[i]);
	tell_carried(b, true);
}

void rpmsg_bus_down(struct rpmsg_bus *b, int why)
{
	if (!b->carrier)
		return;
	b->carrier = NULL;
	b->is_holding = b->may_resume = false;
	b->down_why = why;
	if (b->is_sending)
		rpmsg_bus_want_turn(b);
	else
		finish_down(b);
}

void rpmsg_bus_free(struct rpmsg_bus *b)
{
	if (!b)
		return;
	rpmsg_bus_down(b, -ENODEV);
	finish_down(b);
	free(b);
}

void rpmsg_bus_room(struct rpmsg_bus *b)
{
	b->has_room = true;
	rpmsg_bus_want_turn(b);
}

void rpmsg_bus_spoilt(struct rpmsg_bus *b, const char *sentence)
{
	b->counts.bad++;
	b->ops->noted(b->user, sentence);
}

/* The inbox of an endpoint before what the carrier kept, so that messages stay
 * in order. */
void rpmsg_bus_turn(struct rpmsg_bus *b)
{
	struct list walk;

	b->is_turn_due = false;
	b->n_announcements = 0;
	finish_down(b);
	b->is_full = b->is_full && !b->has_room;
	b->has_room = false;
	ept_settle_all(b);
	list_init(&walk);
	list_move_all(&walk, &b->due);
	while (!list_is_empty(&walk))
		ept_turn(list_first(&walk, struct ept, due));
	ept_send_all(b);
	if (!b->carrier || !b->is_holding || !b->may_resume)
		return;
	b->is_holding = b->may_resume = false;
	b->carrier->ops->resume(b->carrier);
}

static int refuse(struct rpmsg_bus *b, uint64_t *count, const char *what, uint32_t addr)
{
	++*count;
	rpmsg_bus_note(b, "a message %s (address %u)", what, addr);
	return RPMSG_OK;
}

/* They may speak first to an endpoint of ours: from then on it has a peer. */
static int hear(struct ept *e, uint32_t src, const uint8_t *payload, uint32_t len)
{
	struct rpmsg_bus *b = e->bus;

	if (src == RPMSG_ADDR_ANY || src == RPMSG_ADDR_NS)
		return refuse(b, &b->counts.bad, "comes from nowhere", src);
	if (e->face.dst == RPMSG_ADDR_ANY)
		e->face.dst = src;
	if (b->config.is_strict && e->face.dst != src)
		return refuse(b, &b->counts.bad, "comes from a stranger", src);
	if (!len) {
		b->counts.empty++;
		return RPMSG_OK;
	}
	return ept_deliver(e, payload, len);
}

static int dispatch(struct rpmsg_bus *b, const uint8_t *message, size_t len)
{
	uint8_t header[RPMSG_HEADER_LEN];
	uint32_t dst, payload_len;
	unsigned int owner;

	if (len < RPMSG_HEADER_LEN || len > b->config.mtu)
		return refuse(b, &b->counts.bad, "is no message", 0);
	memcpy(header, message, sizeof(header));
	dst = get_le32(header + RPMSG_DST);
	payload_len = get_le16(header + RPMSG_LEN);
	if (payload_len > len - RPMSG_HEADER_LEN)
		return refuse(b, &b->counts.bad, "is shorter than it says", dst);
	if (!rpmsg_addresses_find(&b->addresses, dst, &owner))
		return refuse(b, &b->counts.lost, "is for nobody", dst);
	if (owner == b->config.n_endpoints)
		return rpmsg_ns_hear(b, message + RPMSG_HEADER_LEN, payload_len);
	return hear(&b->epts[owner], get_le32(header + RPMSG_SRC), message + RPMSG_HEADER_LEN,
		    payload_len);
}

int rpmsg_bus_receive(struct rpmsg_bus *b, const void *message, size_t len)
{
	int r = dispatch(b, message, len);

	b->counts.received += r == RPMSG_OK;
	return r;
}
