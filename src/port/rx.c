#include "port/file.h"
#include <assert.h>
#include <stdlib.h>

/* libfuse puts one in front, and writev() takes 1024. */
enum { RX_IOV_MAX = 1023 };

/* A message, or the rest of one, that outlived its channel. */
struct rx_rest {
	struct list node;
	size_t len;
	size_t offset;	/* bytes already read */
	uint8_t bytes[];
};

int rx_init(struct rx *rx, uint32_t n_slots)
{
	assert(n_slots <= RX_NO_SLOT);
	list_init(&rx->readers);
	list_init(&rx->rest);
	rx->first = rx->last = rx->idle = RX_NO_SLOT;
	if (!n_slots)
		return 0;
	rx->slots = calloc(n_slots, sizeof(*rx->slots));
	if (!rx->slots)
		return -ENOMEM;
	for (uint32_t s = n_slots; s-- > 0;) {
		rx->slots[s].next = rx->idle;
		rx->idle = (uint16_t)s;
	}
	return 0;
}

void rx_fini(struct rx *rx)
{
	struct rx_rest *rest, *tmp;

	list_for_each_safe(rest, tmp, &rx->rest, node)
		free(rest);
	list_init(&rx->rest);
	free(rx->slots);
	rx->slots = NULL;
}

static uint8_t *slot_bytes(const struct instance *i, uint16_t slot)
{
	return link_slot(i->port->link, i->port->chan, LINK_DL, slot);
}

/* Nobody ever sees what an earlier message left in a slot. */
static void clear_slot(struct instance *i, uint16_t slot, uint32_t len)
{
	assert(len <= i->port->link->chans[i->port->chan].slots[LINK_DL].size);
	memset(slot_bytes(i, slot), 0, len);
}

static void put_idle(struct instance *i, uint16_t slot)
{
	i->rx.slots[slot].next = i->rx.idle;
	i->rx.idle = slot;
}

/* A slot goes to the device, or is idle until the next occasion. */
static void lend_slot(struct instance *i, uint16_t slot)
{
	const struct port *p = i->port;

	i->rx.n_lent++;
	if (i->is_leaving || p->link->ops->submit(p->link, p->chan, LINK_DL, slot, 0)) {
		if (instance_is_dead(i))
			return;
		i->rx.n_lent--;
		put_idle(i, slot);
	}
}

/* What comes back from inside a submit waits for the next call, so that a
 * device that fails every slot at once does not keep us here. */
void rx_refill(struct instance *i)
{
	struct rx *rx = &i->rx;
	uint16_t slot = rx->idle, next;

	if (i->state != INSTANCE_RUNNING || i->is_leaving)
		return;
	rx->idle = RX_NO_SLOT;
	for (; slot != RX_NO_SLOT && !instance_is_dead(i); slot = next) {
		next = rx->slots[slot].next;
		lend_slot(i, slot);
	}
}

/* The last piece of the message that begins with @slot. */
static uint16_t message_end(const struct rx *rx, uint16_t slot)
{
	while (!rx->slots[slot].is_last && rx->slots[slot].next != RX_NO_SLOT)
		slot = rx->slots[slot].next;
	return slot;
}

/* Where the queue begins again after @slot; RX_NO_SLOT means before all. */
static uint16_t piece_after(const struct rx *rx, uint16_t slot)
{
	return slot == RX_NO_SLOT ? rx->first : rx->slots[slot].next;
}

/* Drops the message that follows the piece @before. */
static void drop_message(struct instance *i, uint16_t before)
{
	struct rx *rx = &i->rx;
	uint16_t slot = piece_after(rx, before);
	uint16_t end = message_end(rx, slot);
	uint16_t after = rx->slots[end].next;

	if (rx->slots[end].is_last)
		rx->n_messages--;
	else
		rx->is_discarding = true;
	if (before == RX_NO_SLOT) {
		rx->first = after;
		rx->offset = 0;
		rx->is_begun = rx->is_serving = false;
	} else {
		rx->slots[before].next = after;
	}
	if (after == RX_NO_SLOT)
		rx->last = before;
	for (;;) {
		uint16_t next = rx->slots[slot].next;

		clear_slot(i, slot, rx->slots[slot].len);
		put_idle(i, slot);
		if (slot == end)
			break;
		slot = next;
	}
}

/* slow_reader=drop: the oldest message nobody has begun to read makes room,
 * or the begun one when there is no other. */
static void drop_oldest(struct instance *i)
{
	struct rx *rx = &i->rx;
	uint16_t before = RX_NO_SLOT;

	if (rx->is_begun || rx->is_serving) {
		before = message_end(rx, rx->first);
		if (rx->slots[before].next == RX_NO_SLOT) {
			if (rx->is_serving)
				return;
			before = RX_NO_SLOT;
		}
	}
	drop_message(i, before);
	i->port->stats.errors++;
}

/* The message under way will never end: its pieces are no message. */
static void drop_unfinished(struct instance *i)
{
	struct rx *rx = &i->rx;
	uint16_t before = RX_NO_SLOT;

	for (uint16_t s = rx->first; s != RX_NO_SLOT; s = rx->slots[s].next)
		if (rx->slots[s].is_last)
			before = s;
	if (before != rx->last)
		drop_message(i, before);
	else if (rx->first == RX_NO_SLOT)
		rx->is_begun = false;
	rx->is_discarding = false;
}

static void append_piece(struct rx *rx, uint16_t slot, uint32_t len)
{
	rx->slots[slot].len = len;
	rx->slots[slot].is_last = false;
	rx->slots[slot].next = RX_NO_SLOT;
	if (rx->first == RX_NO_SLOT)
		rx->first = slot;
	else
		rx->slots[rx->last].next = slot;
	rx->last = slot;
}

/* The message ends with what arrived.  When nothing of it is held it was empty,
 * or has been read to its end: either way there is no message for a reader. */
static void end_message(struct rx *rx)
{
	if (rx->last == RX_NO_SLOT)
		rx->is_begun = false;
	if (rx->last == RX_NO_SLOT || rx->slots[rx->last].is_last)
		return;
	rx->slots[rx->last].is_last = true;
	rx->n_messages++;
}

static void take_piece(struct instance *i, uint16_t slot, bool is_last, uint32_t len)
{
	struct rx *rx = &i->rx;

	if (rx->is_discarding || !len) {
		clear_slot(i, slot, len);
		put_idle(i, slot);
	} else {
		append_piece(rx, slot, len);
	}
	if (!is_last)
		return;
	if (!rx->is_discarding)
		end_message(rx);
	rx->is_discarding = false;
}

/* Bytes of the first message as far as @len goes. */
static int peek_slots(const struct instance *i, size_t len, struct iovec *iov, size_t *ret_n)
{
	const struct rx *rx = &i->rx;
	uint32_t offset = rx->offset;
	size_t n = 0;
	int n_iov = 0;

	for (uint16_t s = rx->first; s != RX_NO_SLOT && n < len && n_iov < RX_IOV_MAX;
	     s = rx->slots[s].next) {
		iov[n_iov].iov_base = slot_bytes(i, s) + offset;
		iov[n_iov].iov_len = min_size(rx->slots[s].len - offset, len - n);
		n += iov[n_iov++].iov_len;
		offset = 0;
		if (rx->slots[s].is_last)
			break;
	}
	*ret_n = n;
	return n_iov;
}

static int peek_rest(const struct rx *rx, size_t len, struct iovec *iov, size_t *ret_n)
{
	const struct rx_rest *rest = list_first(&rx->rest, struct rx_rest, node);

	iov->iov_base = (uint8_t *)rest->bytes + rest->offset;
	iov->iov_len = min_size(rest->len - rest->offset, len);
	*ret_n = iov->iov_len;
	return 1;
}

static uint16_t pop_piece(struct instance *i)
{
	struct rx *rx = &i->rx;
	uint16_t slot = rx->first;

	rx->first = rx->slots[slot].next;
	if (rx->first == RX_NO_SLOT)
		rx->last = RX_NO_SLOT;
	rx->offset = 0;
	rx->is_begun = !rx->slots[slot].is_last;
	if (!rx->is_begun) {
		rx->n_messages--;
		i->port->stats.dl_messages++;
	}
	clear_slot(i, slot, rx->slots[slot].len);
	return slot;
}

/* All is taken off before the first slot is lent: the link may call back. */
static void consume_slots(struct instance *i, size_t n)
{
	struct rx *rx = &i->rx;
	uint16_t slot = RX_NO_SLOT;

	while (n) {
		uint32_t held = rx->slots[rx->first].len - rx->offset;

		if (n < held) {
			rx->offset += (uint32_t)n;
			rx->is_begun = true;
			break;
		}
		n -= held;
		if (slot != RX_NO_SLOT)
			put_idle(i, slot);
		slot = pop_piece(i);
	}
	if (slot != RX_NO_SLOT)
		lend_slot(i, slot);
	if (rx->idle != RX_NO_SLOT)
		rx_refill(i);
}

static void consume_rest(struct instance *i, size_t n)
{
	struct rx *rx = &i->rx;
	struct rx_rest *rest = list_first(&rx->rest, struct rx_rest, node);

	rest->offset += n;
	rx->is_begun = rest->offset < rest->len;
	if (rx->is_begun)
		return;
	list_remove(&rest->node);
	free(rest);
	i->port->stats.dl_messages++;
}

/* The message leaves the queue when the answer is out, not before: a caller
 * that is gone took nothing.  Until then is_serving keeps others off. */
static void read_bytes(struct instance *i, struct port_file *f, struct wait *w, size_t len,
		       uint64_t offset)
{
	struct rx *rx = &i->rx;
	struct iovec iov[RX_IOV_MAX];
	size_t n;
	int n_iov = instance_is_dead(i) ? peek_rest(rx, len, iov, &n)
					: peek_slots(i, len, iov, &n);
	int r;

	f->read_end = offset + n;
	rx->begun_by = f;
	rx->is_serving = true;
	r = wait_answer(w, (ssize_t)n, iov, n_iov);
	if (!rx->is_serving)
		return;
	rx->is_serving = false;
	if (r < 0)
		return;
	i->port->stats.dl_bytes += n;
	if (instance_is_dead(i))
		consume_rest(i, n);
	else
		consume_slots(i, n);
}

static void read_one(struct instance *i, struct port_file *f, struct wait *w, size_t len,
		     uint64_t offset)
{
	struct rx *rx = &i->rx;

	if (instance_is_dead(i) || rx_has_bytes(rx)) {
		read_bytes(i, f, w, len, offset);
		return;
	}
	rx->has_failed = false;
	if (wait_answer(w, -EIO, NULL, 0) < 0)
		rx->has_failed = true;
}

static void serve_readers(struct instance *i)
{
	struct rx *rx = &i->rx;

	if (list_is_empty(&rx->readers))
		return;
	/* A link that completes inside submit must not nest us without end. */
	if (rx->is_looping)
		return;
	rx->is_looping = true;
	while (!instance_is_dead(i) && !rx->is_serving && rx_is_readable(rx) &&
	       !list_is_empty(&rx->readers)) {
		struct wait *w = list_first(&rx->readers, struct wait, node);

		read_one(i, w->owner, w, w->len, 0);
	}
	rx->is_looping = false;
}

void rx_read(struct instance *i, struct port_file *f, struct wait *w, size_t len,
	     uint64_t offset)
{
	read_one(i, f, w, len, offset);
	serve_readers(i);
}

static ssize_t withdraw_read(struct wait *w)
{
	list_remove(&w->node);
	return -EINTR;
}

void rx_park(struct instance *i, struct port_file *f, struct wait *w, size_t len)
{
	w->len = len;
	wait_park(w, &i->rx.readers, withdraw_read, f);
}

static void store(struct instance *i, uint16_t slot, int status, uint32_t len)
{
	struct rx *rx = &i->rx;

	if (status >= 0) {
		take_piece(i, slot, status != LINK_MORE, len);
		return;
	}
	put_idle(i, slot);
	drop_unfinished(i);
	rx->has_failed = true;
	i->port->stats.errors++;
}

void rx_done(struct instance *i, unsigned int slot, int status, uint32_t len)
{
	struct rx *rx = &i->rx;

	rx->n_lent--;
	if (is_departure(status)) {
		put_idle(i, (uint16_t)slot);
		i->is_leaving = true;
		return;
	}
	store(i, (uint16_t)slot, status, len);
	if (rx->idle != RX_NO_SLOT)
		rx_refill(i);
	serve_readers(i);
	if (!instance_is_dead(i) && !rx->n_lent && rx->first != RX_NO_SLOT &&
	    i->port->config.slow_reader == SLOW_READER_DROP) {
		drop_oldest(i);
		rx_refill(i);
	}
	if (!instance_is_dead(i) && rx_is_readable(rx))
		instance_notify(i);
}

void rx_forget(struct instance *i, unsigned int slot, int status, uint32_t len)
{
	if (status >= 0)
		clear_slot(i, (uint16_t)slot, len);
}

static size_t message_len(const struct rx *rx, uint16_t slot, uint16_t end)
{
	size_t len = rx->slots[slot].len;

	for (; slot != end; slot = rx->slots[slot].next)
		len += rx->slots[rx->slots[slot].next].len;
	return len;
}

/* Moves the first message, which is complete, to the heap. */
static int bury_message(struct instance *i)
{
	struct rx *rx = &i->rx;
	uint16_t end = message_end(rx, rx->first);
	size_t len = message_len(rx, rx->first, end), at = 0;
	struct rx_rest *rest = malloc(sizeof(*rest) + len);
	bool is_last;

	if (!rest)
		return -ENOMEM;
	rest->len = len;
	rest->offset = rx->offset;
	do {
		uint16_t slot = rx->first;

		memcpy(rest->bytes + at, slot_bytes(i, slot), rx->slots[slot].len);
		at += rx->slots[slot].len;
		is_last = rx->slots[slot].is_last;
		rx->first = rx->slots[slot].next;
		clear_slot(i, slot, rx->slots[slot].len);
	} while (!is_last);
	rx->offset = 0;
	rx->n_messages--;
	list_append(&rx->rest, &rest->node);
	return 0;
}

static void clear_held(struct instance *i)
{
	struct rx *rx = &i->rx;

	while (rx->first != RX_NO_SLOT) {
		uint16_t slot = rx->first;

		rx->first = rx->slots[slot].next;
		clear_slot(i, slot, rx->slots[slot].len);
	}
}

void rx_bury(struct instance *i)
{
	struct rx *rx = &i->rx;

	while (rx->n_messages && !list_is_empty(&i->files))
		if (bury_message(i) < 0)
			break;
	if (list_is_empty(&rx->rest))
		rx->is_begun = rx->is_serving = false;
	clear_held(i);
	free(rx->slots);
	rx->slots = NULL;
}
