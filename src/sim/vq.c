#include "sim/vq.h"
#include <assert.h>
#include <errno.h>

void vq_init(struct vq *q, const struct sim_queue_setup *at, uint64_t features,
	     const struct sim_virtio_bus_ops *bus_ops, void *bus)
{
	assert(is_power_of_two(at->n) && at->n <= SIM_QUEUE_MOST);
	*q = (struct vq){
		.at = *at,
		.bus_ops = bus_ops,
		.bus = bus,
		.seen = at->next,
		.next = at->next,
		.used = le16_get(&at->used->idx),
		.has_event_idx = features & VIRTIO_F_EVENT_IDX,
		.has_indirect = features & VIRTIO_F_INDIRECT_DESC,
	};
	q->told = q->used;
	vq_mute(q);
}

static int damage(struct vq *q, const char *sentence)
{
	q->damage = sentence;
	return -EPROTO;
}

/* Reads avail.idx. */
static int look(struct vq *q)
{
	uint16_t idx = le16_get(&q->at.avail->idx);

	if ((uint16_t)(idx - q->next) > q->at.n)
		return damage(q, "more chains are available than the queue has elements");
	if ((uint16_t)(idx - q->next) < (uint16_t)(q->seen - q->next))
		return damage(q, "fewer chains are available than before");
	/* The index before the entries and descriptors; pairs with the driver's
	 * release before it stored avail.idx. */
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	q->seen = idx;
	return 0;
}

/* A descriptor, copied. */
struct desc {
	uint64_t addr;
	uint32_t len;
	uint16_t flags, next;
};

/* Where a walk along a chain is: in the queue's table or an indirect one. */
struct walk {
	const struct vring_desc *table;
	uint32_t n;		/* elements of the table */
	uint32_t at;
	bool is_indirect;
};

static struct desc desc_load(const struct vring_desc *d)
{
	return (struct desc){
		.addr = le64_get(&d->addr),
		.len = le32_get(&d->len),
		.flags = le16_get(&d->flags),
		.next = le16_get(&d->next),
	};
}

static void *reach(const struct vq *q, uint64_t addr, uint32_t len)
{
	if (addr + len < addr)
		return NULL;
	return q->bus_ops->reach(q->bus, addr, len);
}

static int enter_table(struct vq *q, struct walk *w, struct desc d)
{
	const void *table;

	if (!q->has_indirect)
		return damage(q, "an indirect table, which was not negotiated");
	if (w->is_indirect)
		return damage(q, "an indirect table inside an indirect table");
	if (d.flags & VRING_DESC_NEXT)
		return damage(q, "an indirect table with a next element");
	if (!d.len || d.len % sizeof(struct vring_desc) || d.len / sizeof(struct vring_desc) > 65536)
		return damage(q, "an indirect table of no whole number of elements");
	table = reach(q, d.addr, d.len);
	if (!table)
		return damage(q, "an indirect table out of reach");
	if ((uintptr_t)table % _Alignof(struct vring_desc))
		return damage(q, "an indirect table that is not aligned");
	*w = (struct walk){ table, d.len / (uint32_t)sizeof(struct vring_desc), 0, true };
	return 0;
}

static int add_piece(struct vq *q, struct vq_chain *chain, struct desc d)
{
	uint32_t *total = d.flags & VRING_DESC_WRITE ? &chain->in_len : &chain->out_len;

	if (chain->n_out + chain->n_in == q->at.n)
		return damage(q, "a chain longer than the queue");
	if (!(d.flags & VRING_DESC_WRITE) && chain->n_in)
		return damage(q, "an element to read behind one to write");
	if (!d.len)
		return damage(q, "an element without bytes");
	if ((uint64_t)chain->in_len + chain->out_len + d.len > UINT32_MAX)
		return damage(q, "a chain of more than 4 GiB");
	if (!reach(q, d.addr, d.len))
		return damage(q, "an element out of reach");
	chain->pieces[chain->n_out + chain->n_in] = (struct vq_piece){ d.addr, d.len };
	*total += d.len;
	if (d.flags & VRING_DESC_WRITE)
		chain->n_in++;
	else
		chain->n_out++;
	return 0;
}

/* A chain that loops ends as one that is longer than the queue. */
static int follow(struct vq *q, struct vq_chain *chain)
{
	struct walk w = { q->at.desc, q->at.n, chain->head, false };
	struct desc d;
	int r;

	for (;;) {
		d = desc_load(&w.table[w.at]);
		if (d.flags & VRING_DESC_INDIRECT) {
			r = enter_table(q, &w, d);
			if (r < 0)
				return r;
			continue;
		}
		r = add_piece(q, chain, d);
		if (r < 0)
			return r;
		if (!(d.flags & VRING_DESC_NEXT))
			return 0;
		if (d.next >= w.n)
			return damage(q, "a next element outside the table");
		w.at = d.next;
	}
}

int vq_pop(struct vq *q, struct vq_chain *ret_chain)
{
	int r = 0;

	if (q->damage)
		return -EPROTO;
	if (q->next == q->seen)
		r = look(q);
	if (r < 0)
		return r;
	if (q->next == q->seen)
		return VQ_EMPTY;
	ret_chain->head = le16_get(&q->at.avail->ring[q->next & (q->at.n - 1)]);
	ret_chain->n_out = ret_chain->n_in = 0;
	ret_chain->out_len = ret_chain->in_len = 0;
	if (ret_chain->head >= q->at.n)
		return damage(q, "a head outside the table");
	if (q->is_out[ret_chain->head])
		return damage(q, "a chain that is out already");
	r = follow(q, ret_chain);
	if (r < 0)
		return r;
	q->is_out[ret_chain->head] = true;
	q->n_out++;
	q->next++;
	return VQ_OK;
}

void vq_push(struct vq *q, uint16_t head, uint32_t len)
{
	struct vring_used_elem *elem = &q->at.used->ring[q->used & (q->at.n - 1)];

	assert(head < q->at.n && q->is_out[head]);
	q->is_out[head] = false;
	q->n_out--;
	if (q->damage)
		return;
	le32_set(&elem->id, head);
	le32_set(&elem->len, len);
	q->used++;
	/* Between told and used lie 65535 entries, or more. */
	if (q->used == q->told)
		q->told++;
}

void vq_publish(struct vq *q)
{
	if (q->damage)
		return;
	/* Entries and what was written before the index; pairs with the driver's
	 * acquire after it read used.idx. */
	__atomic_thread_fence(__ATOMIC_RELEASE);
	le16_set(&q->at.used->idx, q->used);
}

bool vq_wants_raise(struct vq *q)
{
	uint16_t added = (uint16_t)(q->used - q->told);
	uint16_t old = q->told;

	if (!added || q->damage)
		return false;
	q->told = q->used;
	/* used.idx is stored before the driver's wish is read; pairs with the
	 * driver's full barrier between its wish and its last look. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (added == UINT16_MAX)
		return true;
	if (q->has_event_idx)
		return vring_crosses(le16_get(vring_used_event(q->at.avail, q->at.n)),
				     q->used, old);
	return !(le16_get(&q->at.avail->flags) & VRING_NO_INTERRUPT);
}

void vq_mute(struct vq *q)
{
	if (q->damage)
		return;
	/* An index that lies behind, and is not reached again soon. */
	if (q->has_event_idx)
		le16_set(vring_avail_event(q->at.used, q->at.n),
			 (uint16_t)(q->seen - q->at.n - 1));
	else
		le16_set(&q->at.used->flags, VRING_NO_NOTIFY);
}

bool vq_listen(struct vq *q)
{
	uint16_t seen = q->seen;

	if (q->damage)
		return true;
	if (q->has_event_idx)
		le16_set(vring_avail_event(q->at.used, q->at.n), seen);
	else
		le16_set(&q->at.used->flags, 0);
	/* The wish before the last look; pairs with the driver's full barrier
	 * between its store of avail.idx and its look at the wish. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (look(q) < 0 || q->seen == seen)
		return true;
	vq_mute(q);
	return false;
}

size_t vq_read(const struct vq *q, const struct vq_piece *pieces, unsigned int n,
	       void *data, size_t len)
{
	size_t done = 0;

	for (unsigned int i = 0; i < n && done < len; i++) {
		size_t step = min_size(pieces[i].len, len - done);
		const void *from = reach(q, pieces[i].addr, pieces[i].len);

		if (!from)
			break;
		memcpy((uint8_t *)data + done, from, step);
		done += step;
	}
	return done;
}

size_t vq_write(const struct vq *q, const struct vq_piece *pieces, unsigned int n,
		const void *data, size_t len)
{
	size_t done = 0;

	for (unsigned int i = 0; i < n && done < len; i++) {
		size_t step = min_size(pieces[i].len, len - done);
		void *to = reach(q, pieces[i].addr, pieces[i].len);

		if (!to)
			break;
		memcpy(to, (const uint8_t *)data + done, step);
		done += step;
	}
	return done;
}
