#include "port/file.h"
#include <stdlib.h>

/* The rest of a write that found no room: the call, and a copy of its bytes. */
struct parked_write {
	struct wait *w;
	struct port_file *file;
	struct instance *instance;
	size_t went;	/* bytes of the call sent so far */
	bool is_later;	/* an earlier part of the same call went */
	size_t len, at;	/* of bytes; sent so far */
	uint8_t bytes[];
};

struct parked_flush {
	struct wait *w;
	struct port_file *file;
	uint64_t number;	/* waits until tx.n_taken reaches it */
	struct timer timer;
};

void tx_init(struct tx *tx, struct tx_slot *slots, uint32_t n_slots)
{
	list_init(&tx->writers);
	list_init(&tx->flushes);
	tx->slots = slots;
	tx->free = TX_NO_SLOT;
	for (uint32_t s = n_slots; s-- > 0;) {
		slots[s].next = tx->free;
		tx->free = (uint16_t)s;
	}
}

static void put_free(struct tx *tx, uint16_t slot)
{
	tx->slots[slot].next = tx->free;
	tx->free = slot;
}

static uint16_t take_free(struct tx *tx)
{
	uint16_t slot = tx->free;

	tx->free = tx->slots[slot].next;
	return slot;
}

static void fill_slot(struct instance *i, uint16_t slot, const uint8_t *data, uint32_t len)
{
	struct tx_slot *s = &i->tx.slots[slot];
	uint8_t *bytes = link_slot(i->port->link, i->port->chan, LINK_UL, slot);

	memcpy(bytes, data, len);
	if (s->filled > len)
		memset(bytes + len, 0, s->filled - len);
	s->filled = len;
}

/* LINK_FULL: nothing was sent, wait until something returns or the channel
 * ends. */
static int send_piece(struct instance *i, struct port_file *f, const uint8_t *data,
		      uint32_t len)
{
	struct port *p = i->port;
	struct tx *tx = &i->tx;
	uint64_t before = f->last_sent;
	uint16_t slot = take_free(tx);
	int r;

	fill_slot(i, slot, data, len);
	tx->slots[slot].owner = f->id;
	f->last_sent = ++tx->n_sent;
	r = p->link->ops->submit(p->link, p->chan, LINK_UL, slot, len);
	if (!r)
		return LINK_OK;
	/* The slots may be the next instance's already. */
	if (instance_is_dead(i))
		return LINK_FULL;
	f->last_sent = before;
	tx->n_sent--;
	put_free(tx, slot);
	i->is_leaving |= is_departure(r);
	tx->is_full = r == LINK_FULL || is_departure(r);
	return tx->is_full ? LINK_FULL : r;
}

size_t tx_send(struct instance *i, struct port_file *f, const uint8_t *data, size_t len,
	       int *ret_error)
{
	struct tx *tx = &i->tx;
	size_t went = 0;
	int r = 0;

	if (tx->is_sending)
		return 0;
	tx->is_sending = true;
	while (went < len && instance_has_room(i)) {
		uint32_t n = (uint32_t)min_size(len - went, port_mtu(i->port));

		r = send_piece(i, f, data + went, n);
		if (r)
			break;
		went += n;
	}
	tx->is_sending = false;
	if (r < 0)
		*ret_error = r;
	return went;
}

/* Lets go of the copy, then answers. */
static void finish_write(struct parked_write *pw, ssize_t result)
{
	struct wait *w = pw->w;

	pw->instance->port->budget->used -= pw->len;
	free(pw);
	wait_answer(w, result, NULL, 0);
}

static ssize_t withdraw_write(struct wait *w)
{
	struct parked_write *pw = w->owner;
	ssize_t result = pw->went ? (ssize_t)pw->went : -EINTR;

	list_remove(&w->node);
	pw->instance->port->budget->used -= pw->len;
	free(pw);
	return result;
}

int tx_park(struct instance *i, struct port_file *f, struct wait *w, const void *data,
	    size_t len, size_t went, bool is_later)
{
	struct port_budget *budget = i->port->budget;
	struct parked_write *pw;

	if (len > budget->most - budget->used)
		return -ENOBUFS;
	pw = malloc(sizeof(*pw) + len);
	if (!pw)
		return -ENOMEM;
	budget->used += len;
	*pw = (struct parked_write){
		.w = w, .file = f, .instance = i, .went = went, .is_later = is_later,
		.len = len,
	};
	memcpy(pw->bytes, data, len);
	wait_park(w, &i->tx.writers, withdraw_write, pw);
	return 0;
}

static struct parked_write *first_writer(struct tx *tx)
{
	return list_first(&tx->writers, struct wait, node)->owner;
}

void tx_pump(struct instance *i)
{
	struct tx *tx = &i->tx;

	while (!tx->is_sending && instance_has_room(i) && !list_is_empty(&tx->writers)) {
		struct parked_write *pw = first_writer(tx);
		int error = 0;
		size_t n = tx_send(i, pw->file, pw->bytes + pw->at, pw->len - pw->at, &error);

		pw->at += n;
		pw->went += n;
		if (pw->at == pw->len)
			finish_write(pw, (ssize_t)pw->went);
		else if (error)
			finish_write(pw, pw->went ? (ssize_t)pw->went : error);
	}
	if (instance_is_dead(i))
		tx_end(i);
}

static void finish_flush(struct parked_flush *pf, int result)
{
	struct wait *w = pf->w;

	timer_stop(&pf->timer);
	free(pf);
	wait_answer(w, result, NULL, 0);
}

static void flush_is_late(void *user)
{
	finish_flush(user, -ETIMEDOUT);
}

static ssize_t withdraw_flush(struct wait *w)
{
	struct parked_flush *pf = w->owner;

	list_remove(&w->node);
	timer_stop(&pf->timer);
	free(pf);
	return -EINTR;
}

static struct parked_flush *flush_of(const struct list *node)
{
	return list_entry(node, struct wait, node)->owner;
}

int tx_park_flush(struct instance *i, struct port_file *f, struct wait *w)
{
	struct list *at = &i->tx.flushes;
	struct parked_flush *pf = malloc(sizeof(*pf));

	if (!pf)
		return -ENOMEM;
	pf->w = w;
	pf->file = f;
	pf->number = f->last_sent;
	timer_init(&pf->timer, flush_is_late, pf);
	timer_start(i->port->timers, &pf->timer, (uint64_t)i->port->config.flush_ms * 1000);
	while (at->prev != &i->tx.flushes && flush_of(at->prev)->number > pf->number)
		at = at->prev;
	wait_park(w, at, withdraw_flush, pf);
	return 0;
}

static void finish_flushes(struct instance *i)
{
	struct tx *tx = &i->tx;

	while (!list_is_empty(&tx->flushes)) {
		struct parked_flush *pf = flush_of(tx->flushes.next);

		if (pf->number > tx->n_taken)
			return;
		finish_flush(pf, 0);
	}
}

static struct parked_flush *flush_by(struct tx *tx, const struct port_file *f)
{
	struct wait *w;

	list_for_each(w, &tx->flushes, node)
		if (((struct parked_flush *)w->owner)->file == f)
			return w->owner;
	return NULL;
}

static struct parked_write *write_by(struct tx *tx, const struct port_file *f)
{
	struct wait *w;

	list_for_each(w, &tx->writers, node)
		if (((struct parked_write *)w->owner)->file == f)
			return w->owner;
	return NULL;
}

static struct port_file *file_by_id(struct instance *i, uint16_t id)
{
	struct port_file *f;

	list_for_each(f, &i->files, node)
		if (f->id == id)
			return f;
	return NULL;
}

/* A piece was lost and the channel lives: whose it was is told once, by the
 * call that is parked, else by its next close. */
static void tell_loss(struct instance *i, uint16_t owner)
{
	struct tx *tx = &i->tx;
	struct port_file *f = file_by_id(i, owner);
	struct parked_flush *pf = f ? flush_by(tx, f) : NULL;
	struct parked_write *pw = f && !tx->is_sending ? write_by(tx, f) : NULL;

	i->port->stats.errors++;
	if (!f)
		return;
	/* The kernel does not pass on an error of a later part. */
	f->has_lost = !pf && (!pw || pw->is_later);
	if (pf)
		finish_flush(pf, -EIO);
	else if (pw)
		finish_write(pw, -EIO);
}

void tx_done(struct instance *i, unsigned int slot, int status)
{
	struct tx *tx = &i->tx;
	bool was_writable = instance_is_writable(i);

	put_free(tx, (uint16_t)slot);
	if (is_departure(status)) {
		i->is_leaving = true;
		return;
	}
	tx->is_full = false;
	tx->n_taken++;
	if (status < 0) {
		tell_loss(i, tx->slots[slot].owner);
	} else {
		i->port->stats.ul_messages++;
		i->port->stats.ul_bytes += tx->slots[slot].filled;
	}
	finish_flushes(i);
	if (!list_is_empty(&tx->writers))
		tx_pump(i);
	if (!was_writable && instance_is_writable(i))
		instance_notify(i);
}

void tx_end(struct instance *i)
{
	struct tx *tx = &i->tx;

	/* Who is sending has a parked write in his hands and comes back here. */
	while (!tx->is_sending && !list_is_empty(&tx->writers)) {
		struct parked_write *pw = first_writer(tx);

		if (pw->went || pw->is_later) {
			finish_write(pw, (ssize_t)pw->went);
		} else {
			struct port_file *f = pw->file;
			struct wait *w = pw->w;

			withdraw_write(w);
			port_file_answer_death(f, w, FILE_CALL_PARKED);
		}
	}
	while (!list_is_empty(&tx->flushes))
		finish_flush(flush_of(tx->flushes.next), i->why);
}
