#include "rpmsg/inside.h"
#include "rpmsg/ns.h"

static const struct ept_queue *uplink(const struct ept *e)
{
	return &e->queues[LINK_UL];
}

static bool has_news(const struct ept *e)
{
	return e->wants_create || e->wants_greet || e->wants_destroy ||
	       uplink(e)->n > uplink(e)->n_sent;
}

/* A carrier may end from inside its own send: then nothing went. */
static int send_message(struct rpmsg_bus *b, uint32_t src, uint32_t dst, const void *payload,
			uint32_t len)
{
	struct rpmsg_carrier *c = b->carrier;
	uint8_t header[RPMSG_HEADER_LEN];
	int r;

	rpmsg_put_header(header, src, dst, len);
	b->is_sending = true;
	r = c->ops->send(c, header, payload, len);
	b->is_sending = false;
	if (r || b->carrier != c)
		return RPMSG_FULL;
	b->n_sent++;
	b->counts.sent++;
	return RPMSG_OK;
}

static int announce(struct ept *e, enum rpmsg_ns_flag what)
{
	struct rpmsg_announcement a = { .addr = e->face.src, .what = what };
	uint8_t payload[RPMSG_NS_LEN];

	memcpy(a.name, e->face.name, sizeof(a.name));
	rpmsg_ns_format(&a, payload);
	return send_message(e->bus, e->face.src, RPMSG_ADDR_NS, payload, sizeof(payload));
}

static int send_slot(struct ept *e)
{
	struct rpmsg_bus *b = e->bus;
	struct ept_queue *q = &e->queues[LINK_UL];
	struct ept_item *item = &q->items[(q->begin + q->n_sent) % q->size];
	const uint8_t *bytes = link_slot(&b->link, ept_number(e), LINK_UL, item->slot);
	int r = send_message(b, e->face.src, e->face.dst, bytes, item->len);

	if (r)
		return r;
	item->number = b->n_sent;
	q->n_sent++;
	if (list_is_empty(&e->flying))
		list_append(&b->flying, &e->flying);
	return RPMSG_OK;
}

/* The name before the messages, and nothing after its end. */
static int send_next(struct ept *e)
{
	int r;

	if (e->wants_create) {
		r = announce(e, RPMSG_NS_CREATE);
		e->wants_create = r;
		e->is_known = !r;
	} else if (e->wants_greet) {
		r = send_message(e->bus, e->face.src, e->face.dst, NULL, 0);
		e->wants_greet = r;
	} else if (e->wants_destroy) {
		r = announce(e, RPMSG_NS_DESTROY);
		e->wants_destroy = r;
	} else {
		r = send_slot(e);
	}
	return r;
}

/* In turn, a message each, so that who has much to say stops nobody. */
void ept_send_all(struct rpmsg_bus *b)
{
	while (b->carrier && !b->is_full && !b->is_sending && !list_is_empty(&b->speaking)) {
		struct ept *e = list_first(&b->speaking, struct ept, speaking);

		/* It may have been closed, or cancelled, while it waited. */
		if (has_news(e) && send_next(e)) {
			b->is_full = true;
			return;
		}
		list_remove(&e->speaking);
		if (has_news(e))
			list_append(&b->speaking, &e->speaking);
		ept_rest(e);
	}
}

void ept_speak(struct ept *e)
{
	struct rpmsg_bus *b = e->bus;

	if (!has_news(e) || !b->carrier)
		return;
	if (list_is_empty(&e->speaking))
		list_append(&b->speaking, &e->speaking);
	ept_send_all(b);
}

static bool is_taken(const struct ept *e)
{
	const struct rpmsg_bus *b = e->bus;
	const struct ept_queue *q = uplink(e);

	return q->n_sent && b->carrier &&
	       q->items[q->begin].number <= b->carrier->ops->taken(b->carrier);
}

static void settle(struct ept *e)
{
	while (e->chan == EPT_OPEN && is_taken(e)) {
		struct ept_item item = ept_queue_pop(&e->queues[LINK_UL]);

		e->user_ops->done(e->user, LINK_UL, item.slot, 0, item.len);
	}
	if (!uplink(e)->n_sent)
		list_remove(&e->flying);
}

void ept_settle_all(struct rpmsg_bus *b)
{
	struct list walk;

	list_init(&walk);
	list_move_all(&walk, &b->flying);
	while (!list_is_empty(&walk)) {
		struct ept *e = list_first(&walk, struct ept, flying);

		list_remove(&e->flying);
		list_append(&b->flying, &e->flying);
		settle(e);
	}
}
