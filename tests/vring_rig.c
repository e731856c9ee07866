#include "tests/vring_rig.h"
#include <assert.h>
#include <stdlib.h>

static void *reach(void *bus, uint64_t addr, uint32_t len)
{
	struct vring_rig *r = bus;
	uint64_t at = addr - RIG_IOVA;

	if (at < r->len && len <= r->len - at)
		return r->mem + at;
	r->n_out_of_reach++;
	return NULL;
}

const struct sim_virtio_bus_ops rig_bus_ops = { .reach = reach };

/* Moves the zero of every index. */
static void begin_at(struct vring_rig *r, uint16_t begin)
{
	r->v.avail_idx = r->v.used_idx = r->v.told_idx = begin;
	le16_set(&r->v.avail->idx, begin);
	le16_set(&r->v.used->idx, begin);
	vring_mute(&r->v);
}

void rig_init(struct vring_rig *r, unsigned int n, uint64_t features, uint16_t begin)
{
	struct sim_queue_setup at = { .n = n, .next = begin };

	*r = (struct vring_rig){ .buffers_at = vring_len(n) };
	r->len = r->buffers_at + RIG_BUFFERS_LEN;
	r->mem = aligned_alloc(16, r->len);
	assert(r->mem);
	vring_init(&r->v, r->mem, RIG_IOVA, n, r->chains, features & VIRTIO_F_EVENT_IDX);
	begin_at(r, begin);
	at.desc = r->v.desc;
	at.avail = r->v.avail;
	at.used = r->v.used;
	vq_init(&r->q, &at, features, &rig_bus_ops, r);
}

void rig_fini(struct vring_rig *r)
{
	free(r->mem);
	r->mem = NULL;
}

uint8_t *rig_buffer(const struct vring_rig *r, size_t at)
{
	return r->mem + r->buffers_at + at;
}

uint64_t rig_iova(const struct vring_rig *r, size_t at)
{
	return RIG_IOVA + r->buffers_at + at;
}
