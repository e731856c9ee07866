#include "virtio/vring.h"
#include <assert.h>
#include <errno.h>

static size_t avail_at(unsigned int n)
{
	return vring_desc_len(n);
}

/* 16 where 4 would do: the layout of remoteproc with alignment 16. */
static size_t used_at(unsigned int n)
{
	return round_up(avail_at(n) + vring_avail_len(n), 16);
}

size_t vring_len(unsigned int n)
{
	return round_up(used_at(n) + vring_used_len(n), 16);
}

void vring_init(struct vring *v, void *mem, iova_t iova, unsigned int n,
		struct vring_chain *chains, bool has_event_idx)
{
	uint8_t *bytes = mem;

	assert(is_power_of_two(n) && n <= VRING_MOST && (uintptr_t)mem % 16 == 0);
	memset(mem, 0, vring_len(n));
	*v = (struct vring){
		.desc = mem,
		.avail = (struct vring_avail *)(bytes + avail_at(n)),
		.used = (struct vring_used *)(bytes + used_at(n)),
		.parts = { iova, iova + avail_at(n), iova + used_at(n) },
		.chains = chains,
		.n = n,
		.n_free = n,
		.has_event_idx = has_event_idx,
	};
	for (unsigned int i = 0; i < n; i++)
		chains[i] = (struct vring_chain){ .next = (uint16_t)(i + 1) };
	vring_mute(v);
}

static int give_up(struct vring *v)
{
	v->is_broken = true;
	return -EPROTO;
}

/* Fills descriptors from the free list; the last one's private next is the new
 * free list. */
static void fill(struct vring *v, const struct vring_piece *pieces, unsigned int n_out,
		 unsigned int n)
{
	uint16_t at = v->free;

	for (unsigned int i = 0; i < n; i++) {
		struct vring_desc *desc = &v->desc[at];
		unsigned int flags = i < n_out ? 0 : VRING_DESC_WRITE;

		if (i + 1 < n)
			flags |= VRING_DESC_NEXT;
		le64_set(&desc->addr, pieces[i].iova);
		le32_set(&desc->len, pieces[i].len);
		le16_set(&desc->flags, (uint16_t)flags);
		at = v->chains[at].next;
		le16_set(&desc->next, flags & VRING_DESC_NEXT ? at : 0);
	}
	v->free = at;
	v->n_free -= n;
}

static void publish(struct vring *v, uint16_t head)
{
	le16_set(&v->avail->ring[v->avail_idx & (v->n - 1)], head);
	v->avail_idx++;
	/* Descriptors and entry before the index; pairs with the device's
	 * acquire after it read avail.idx. */
	__atomic_thread_fence(__ATOMIC_RELEASE);
	le16_set(&v->avail->idx, v->avail_idx);
	/* Between told_idx and avail_idx lie 65535 additions, or more. */
	if (v->avail_idx == v->told_idx)
		v->told_idx++;
}

/* Bytes of @n pieces; a chain describes at most 2^32 - 1 here. */
static uint32_t sum(const struct vring_piece *pieces, unsigned int n)
{
	uint64_t bytes = 0;

	for (unsigned int i = 0; i < n; i++) {
		assert(pieces[i].len);
		bytes += pieces[i].len;
	}
	assert(bytes <= UINT32_MAX);
	return (uint32_t)bytes;
}

int vring_add(struct vring *v, const struct vring_piece *pieces, unsigned int n_out,
	      unsigned int n_in, uint32_t token)
{
	unsigned int n = n_out + n_in;
	uint16_t head = v->free;
	struct vring_chain *chain;

	assert(n && n <= v->n);
	if (v->is_broken)
		return -EPROTO;
	if (n > v->n_free)
		return VRING_FULL;
	chain = &v->chains[head];
	chain->token = token;
	chain->writable = sum(pieces + n_out, n_in);
	chain->most = n_in ? chain->writable : sum(pieces, n_out);
	chain->n = (uint16_t)n;
	fill(v, pieces, n_out, n);
	v->n_flying++;
	publish(v, head);
	return VRING_OK;
}

/* Puts the descriptors of a chain in front of the free list. */
static void recycle(struct vring *v, uint16_t head)
{
	struct vring_chain *last = &v->chains[head];

	for (unsigned int i = v->chains[head].n; i > 1; i--)
		last = &v->chains[last->next];
	last->next = v->free;
	v->free = head;
	v->n_free += v->chains[head].n;
	v->n_flying--;
	v->chains[head].n = 0;
}

/* Reads used.idx. */
static int look(struct vring *v)
{
	uint16_t ahead = (uint16_t)(le16_get(&v->used->idx) - v->used_idx);

	if (ahead > v->n_flying || ahead < v->n_seen)
		return give_up(v);
	v->n_seen = ahead;
	return 0;
}

int vring_take(struct vring *v, uint32_t *ret_token, uint32_t *ret_len)
{
	const struct vring_used_elem *elem;
	struct vring_chain *chain;
	uint32_t id, len;

	if (v->is_broken || look(v) < 0)
		return -EPROTO;
	if (!v->n_seen)
		return VRING_EMPTY;
	/* The index before the entry and what the device wrote; pairs with its
	 * release before it stored used.idx. */
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	elem = &v->used->ring[v->used_idx & (v->n - 1)];
	id = le32_get(&elem->id);
	len = le32_get(&elem->len);
	if (id >= v->n || !v->chains[id].n)
		return give_up(v);
	chain = &v->chains[id];
	if (len > chain->most)
		return give_up(v);
	*ret_token = chain->token;
	*ret_len = min_u32(len, chain->writable);
	recycle(v, (uint16_t)id);
	v->used_idx++;
	v->n_seen--;
	return VRING_OK;
}

bool vring_wants_kick(struct vring *v)
{
	uint16_t added = (uint16_t)(v->avail_idx - v->told_idx);
	uint16_t old = v->told_idx;

	if (!added || v->is_broken)
		return false;
	v->told_idx = v->avail_idx;
	/* avail.idx is stored before the device's wish is read; pairs with the
	 * device's full barrier between its wish and its last look at
	 * avail.idx.  One of the two sees the other's store. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	/* After a whole round the event index means nothing any more. */
	if (added == UINT16_MAX)
		return true;
	if (v->has_event_idx)
		return vring_crosses(le16_get(vring_avail_event(v->used, v->n)),
				     v->avail_idx, old);
	return !(le16_get(&v->used->flags) & VRING_NO_NOTIFY);
}

void vring_mute(struct vring *v)
{
	/* An index that lies behind, and is not reached again soon. */
	if (v->has_event_idx)
		le16_set(vring_used_event(v->avail, v->n), (uint16_t)(v->used_idx - v->n - 1));
	else
		le16_set(&v->avail->flags, VRING_NO_INTERRUPT);
}

bool vring_listen(struct vring *v)
{
	if (v->has_event_idx)
		le16_set(vring_used_event(v->avail, v->n), v->used_idx);
	else
		le16_set(&v->avail->flags, 0);
	/* The wish before the last look; pairs with the device's full barrier
	 * between its store of used.idx and its look at the wish. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (v->is_broken)
		return true;
	if (!look(v) && !v->n_seen)
		return true;
	vring_mute(v);
	return false;
}

bool vring_has_used(const struct vring *v)
{
	return !v->is_broken && le16_get(&v->used->idx) != v->used_idx;
}
