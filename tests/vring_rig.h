/*
 * vring_rig - a queue of both roles in one memory, which the device sees at
 * another address than this process.
 *
 * The rings are followed by room for buffers; the memory ends where it ends,
 * so that a sanitizer sees each overrun.
 */
#pragma once
#include "sim/vq.h"
#include "virtio/vring.h"

enum { RIG_BUFFERS_LEN = 1 << 16, RIG_N_MOST = SIM_QUEUE_MOST };
#define RIG_IOVA 0x40000000ull

struct vring_rig {
	uint8_t *mem;
	size_t len;
	size_t buffers_at;
	struct vring v;		/* the driver */
	struct vring_chain chains[RIG_N_MOST];
	struct vq q;		/* the device */
	unsigned int n_out_of_reach;
};

/* @features: EVENT_IDX and INDIRECT_DESC.  Both sides count from @begin. */
void rig_init(struct vring_rig *r, unsigned int n, uint64_t features, uint16_t begin);
void rig_fini(struct vring_rig *r);

/* Buffer memory: as this process and as the device sees it. */
uint8_t *rig_buffer(const struct vring_rig *r, size_t at);
uint64_t rig_iova(const struct vring_rig *r, size_t at);

extern const struct sim_virtio_bus_ops rig_bus_ops;	/* the bus is the rig */
