#include "tests/vring_plain.h"

bool plain_is_among(uint16_t event, uint64_t from, uint64_t to)
{
	for (uint64_t i = from; i < to; i++)
		if ((uint16_t)i == event)
			return true;
	return false;
}

/* --- driver --- */

static struct vring_desc *table_of(struct plain_driver *p, size_t table_at)
{
	return table_at ? (struct vring_desc *)rig_buffer(p->rig, table_at) : p->rig->q.at.desc;
}

static void write_desc(struct vring_desc *d, uint64_t addr, uint32_t len, unsigned int flags,
		       uint16_t next)
{
	le64_set(&d->addr, addr);
	le32_set(&d->len, len);
	le16_set(&d->flags, (uint16_t)flags);
	le16_set(&d->next, next);
}

/* @n free descriptors of the table, anywhere. */
static bool find_room(struct plain_driver *p, unsigned int n, uint16_t *at)
{
	unsigned int all = p->rig->q.at.n, from = p->dice(all), found = 0;

	for (unsigned int i = 0; i < all && found < n; i++)
		if (!p->is_taken[(from + i) % all])
			at[found++] = (uint16_t)((from + i) % all);
	return found == n;
}

bool plain_add(struct plain_driver *p, const struct vring_piece *pieces, unsigned int n_out,
	       unsigned int n_in, uint32_t name, size_t table_at)
{
	unsigned int n = n_out + n_in, n_direct = table_at ? 1 : n;
	struct vring_desc *table = table_of(p, table_at);
	struct vring_avail *avail = p->rig->q.at.avail;
	uint16_t at[8], in_table[8] = { 0, 1, 2, 3, 4, 5, 6, 7 };
	const uint16_t *where = table_at ? in_table : at;

	if (!find_room(p, n_direct, at))
		return false;
	for (unsigned int i = 0; i < n; i++)
		write_desc(&table[where[i]], pieces[i].iova, pieces[i].len,
			   (i < n_out ? 0 : VRING_DESC_WRITE) |
			   (i + 1 < n ? VRING_DESC_NEXT : 0),
			   i + 1 < n ? where[i + 1] : 0xffff);
	if (table_at)
		write_desc(&p->rig->q.at.desc[at[0]], rig_iova(p->rig, table_at), n * 16,
			   VRING_DESC_INDIRECT, 0xffff);
	p->chains[at[0]].name = name;
	p->chains[at[0]].n = n_direct;
	for (unsigned int i = 0; i < n_direct; i++) {
		p->chains[at[0]].at[i] = at[i];
		p->is_taken[at[i]] = true;
	}
	le16_set(&avail->ring[p->added % p->rig->q.at.n], at[0]);
	p->added++;
	le16_set(&avail->idx, (uint16_t)p->added);
	return true;
}

bool plain_take(struct plain_driver *p, uint32_t *ret_name, uint32_t *ret_len)
{
	const struct vring_used_elem *e = &p->rig->q.at.used->ring[p->taken % p->rig->q.at.n];
	uint32_t head = le32_get(&e->id);

	if (le16_get(&p->rig->q.at.used->idx) == (uint16_t)p->taken)
		return false;
	*ret_name = p->chains[head].name;
	*ret_len = le32_get(&e->len);
	for (unsigned int i = 0; i < p->chains[head].n; i++)
		p->is_taken[p->chains[head].at[i]] = false;
	p->taken++;
	return true;
}

bool plain_wants_kick(struct plain_driver *p)
{
	struct vring_used *used = p->rig->q.at.used;
	uint64_t from = p->told;

	p->told = p->added;
	if (!p->has_event_idx)
		return from < p->added && !(le16_get(&used->flags) & 1);
	return plain_is_among(le16_get(vring_avail_event(used, p->rig->q.at.n)), from, p->added);
}

void plain_driver_mute(struct plain_driver *p)
{
	struct vring_avail *avail = p->rig->q.at.avail;

	if (p->has_event_idx)
		le16_set(vring_used_event(avail, p->rig->q.at.n), (uint16_t)(p->taken - 1));
	else
		le16_set(&avail->flags, 1);
}

bool plain_driver_listen(struct plain_driver *p)
{
	struct vring_avail *avail = p->rig->q.at.avail;

	if (p->has_event_idx)
		le16_set(vring_used_event(avail, p->rig->q.at.n), (uint16_t)p->taken);
	else
		le16_set(&avail->flags, 0);
	return le16_get(&p->rig->q.at.used->idx) == (uint16_t)p->taken;
}

/* --- device --- */

bool plain_pop(struct plain_device *p, struct vq_chain *ret_chain)
{
	const struct sim_queue_setup *at = &p->rig->q.at;
	uint16_t i = le16_get(&at->avail->ring[p->popped % at->n]);

	if (le16_get(&at->avail->idx) == (uint16_t)p->popped)
		return false;
	*ret_chain = (struct vq_chain){ .head = i };
	for (;;) {
		const struct vring_desc *d = &at->desc[i];
		bool is_in = le16_get(&d->flags) & VRING_DESC_WRITE;

		ret_chain->pieces[ret_chain->n_out + ret_chain->n_in] =
			(struct vq_piece){ le64_get(&d->addr), le32_get(&d->len) };
		*(is_in ? &ret_chain->n_in : &ret_chain->n_out) += 1;
		*(is_in ? &ret_chain->in_len : &ret_chain->out_len) += le32_get(&d->len);
		if (!(le16_get(&d->flags) & VRING_DESC_NEXT))
			break;
		i = le16_get(&d->next);
	}
	p->popped++;
	return true;
}

void plain_push(struct plain_device *p, uint16_t head, uint32_t len)
{
	struct vring_used_elem *e = &p->rig->q.at.used->ring[p->used % p->rig->q.at.n];

	le32_set(&e->id, head);
	le32_set(&e->len, len);
	p->used++;
}

void plain_publish(struct plain_device *p)
{
	le16_set(&p->rig->q.at.used->idx, (uint16_t)p->used);
}

bool plain_wants_raise(struct plain_device *p)
{
	struct vring_avail *avail = p->rig->q.at.avail;
	uint64_t from = p->told;

	p->told = p->used;
	if (!p->has_event_idx)
		return from < p->used && !(le16_get(&avail->flags) & 1);
	return plain_is_among(le16_get(vring_used_event(avail, p->rig->q.at.n)), from, p->used);
}

void plain_device_mute(struct plain_device *p)
{
	struct vring_used *used = p->rig->q.at.used;

	if (p->has_event_idx)
		le16_set(vring_avail_event(used, p->rig->q.at.n), (uint16_t)(p->popped - 1));
	else
		le16_set(&used->flags, 1);
}

bool plain_device_listen(struct plain_device *p)
{
	struct vring_used *used = p->rig->q.at.used;

	if (p->has_event_idx)
		le16_set(vring_avail_event(used, p->rig->q.at.n), (uint16_t)p->popped);
	else
		le16_set(&used->flags, 0);
	return le16_get(&p->rig->q.at.avail->idx) == (uint16_t)p->popped;
}
