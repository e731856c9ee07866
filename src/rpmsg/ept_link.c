#include "rpmsg/inside.h"
#include <assert.h>
#include <errno.h>

static struct ept *ept_of(struct link *l, unsigned int chan)
{
	struct rpmsg_bus *b = container_of(l, struct rpmsg_bus, link);

	assert(chan < b->config.n_endpoints);
	return &b->epts[chan];
}

struct ept_item ept_queue_pop(struct ept_queue *q)
{
	struct ept_item item = q->items[q->begin];

	q->begin = (uint16_t)((q->begin + 1u) % q->size);
	q->n--;
	if (q->n_cancelled)
		q->n_cancelled--;
	if (q->n_sent)
		q->n_sent--;
	return item;
}

static void want_turn(struct ept *e)
{
	list_remove(&e->due);
	list_append(&e->bus->due, &e->due);
	rpmsg_bus_want_turn(e->bus);
}

static int ept_open(struct link *l, unsigned int chan, const struct link_user_ops *ops,
		    void *user)
{
	struct ept *e = ept_of(l, chan);

	if (e->life != EPT_BOUND || !e->bus->carrier)
		return -ENODEV;
	if (e->chan != EPT_CLOSED)
		return -EBUSY;
	e->user_ops = ops;
	e->user = user;
	e->chan = EPT_OPENING;
	want_turn(e);
	return 0;
}

/* What came while nobody had it open comes before what comes now. */
static void wake(struct ept *e)
{
	if (e->inbox.n)
		want_turn(e);
	rpmsg_bus_release(e->bus);
}

static int ept_submit(struct link *l, unsigned int chan, enum link_dir dir, unsigned int slot,
		      uint32_t len)
{
	struct ept *e = ept_of(l, chan);
	struct ept_queue *q = &e->queues[dir];

	if (e->chan != EPT_OPEN)
		return -ENODEV;
	if (dir == LINK_UL && e->face.dst == RPMSG_ADDR_ANY)
		return -EDESTADDRREQ;
	assert(slot < q->size && (dir == LINK_DL || len <= ept_payload_most(e->bus)));
	if (q->n == q->size)
		return LINK_FULL;
	q->items[(q->begin + q->n) % q->size] = (struct ept_item){ 0, len, (uint16_t)slot };
	q->n++;
	if (dir == LINK_UL)
		ept_speak(e);
	else
		wake(e);
	return LINK_OK;
}

static int ept_cancel(struct link *l, unsigned int chan, enum link_dir dir)
{
	struct ept *e = ept_of(l, chan);

	if (e->chan != EPT_OPEN)
		return -ENODEV;
	e->queues[dir].n_cancelled = e->queues[dir].n;
	want_turn(e);
	return 0;
}

static void ept_close(struct link *l, unsigned int chan)
{
	struct ept *e = ept_of(l, chan);

	if (e->chan != EPT_OPENING && e->chan != EPT_OPEN)
		return;
	e->chan = EPT_CLOSING;
	want_turn(e);
}

const struct link_ops ept_link_ops = {
	.open = ept_open,
	.submit = ept_submit,
	.cancel = ept_cancel,
	.close = ept_close,
};

static uint8_t *inbox_bytes(struct ept *e, unsigned int at)
{
	return e->inbox.bytes + (size_t)at * ept_payload_most(e->bus);
}

static int keep(struct ept *e, const uint8_t *payload, uint32_t len)
{
	struct ept_inbox *in = &e->inbox;
	unsigned int size = e->bus->config.n_dl, at = (in->begin + in->n) % size;

	if (in->n == size)
		return RPMSG_FULL;
	memcpy(inbox_bytes(e, at), payload, len);
	in->lens[at] = len;
	in->n++;
	return RPMSG_OK;
}

static void fill_slot(struct ept *e, const uint8_t *payload, uint32_t len)
{
	unsigned int slot = ept_queue_pop(&e->queues[LINK_DL]).slot;

	memcpy(link_slot(&e->bus->link, ept_number(e), LINK_DL, slot), payload, len);
	e->user_ops->done(e->user, LINK_DL, slot, 0, len);
}

int ept_deliver(struct ept *e, const uint8_t *payload, uint32_t len)
{
	struct rpmsg_bus *b = e->bus;

	if (e->chan == EPT_OPEN && !e->inbox.n && e->queues[LINK_DL].n) {
		fill_slot(e, payload, len);
		return RPMSG_OK;
	}
	if (e->chan != EPT_OPEN && keep(e, payload, len) == RPMSG_OK)
		return RPMSG_OK;
	if (e->chan == EPT_OPEN || e->chan == EPT_OPENING) {
		b->is_holding = true;
		return RPMSG_FULL;
	}
	b->counts.lost++;
	return RPMSG_OK;
}

static void empty_inbox(struct ept *e)
{
	struct ept_inbox *in = &e->inbox;

	while (e->chan == EPT_OPEN && in->n && e->queues[LINK_DL].n) {
		unsigned int at = in->begin;

		in->begin = (uint16_t)((at + 1u) % e->bus->config.n_dl);
		in->n--;
		fill_slot(e, inbox_bytes(e, at), in->lens[at]);
	}
}

static void give_back(struct ept *e, enum link_dir dir, int status)
{
	struct ept_item item = ept_queue_pop(&e->queues[dir]);

	e->user_ops->done(e->user, dir, item.slot, status, 0);
}

static void give_cancelled(struct ept *e)
{
	for (int dir = LINK_UL; dir <= LINK_DL; dir++)
		while (e->chan == EPT_OPEN && e->queues[dir].n_cancelled)
			give_back(e, (enum link_dir)dir, -ECANCELED);
}

void ept_turn(struct ept *e)
{
	list_remove(&e->due);
	if (e->chan == EPT_OPENING) {
		e->chan = EPT_OPEN;
		e->user_ops->opened(e->user, 0);
	}
	if (e->chan == EPT_CLOSING)
		ept_end_channel(e, 0);
	give_cancelled(e);
	empty_inbox(e);
}

void ept_end_channel(struct ept *e, int why)
{
	if (e->chan == EPT_CLOSED || e->chan == EPT_ENDING)
		return;
	e->chan = EPT_ENDING;
	list_remove(&e->due);
	list_remove(&e->flying);
	for (int dir = LINK_UL; dir <= LINK_DL; dir++)
		while (e->queues[dir].n)
			give_back(e, (enum link_dir)dir, why ? why : -ECANCELED);
	e->chan = EPT_CLOSED;
	rpmsg_bus_release(e->bus);
	e->user_ops->closed(e->user, why);
	ept_rest(e);
}
