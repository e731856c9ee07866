/*
 * vring_plain - either role of a virtqueue, written as plainly as possible and
 * without a line of the code under test: counters of 64 bits, and descriptors
 * wherever there is room.  It trusts the other side.
 */
#pragma once
#include "tests/vring_rig.h"

/* Is one of the entries numbered from @from up to before @to called @event? */
bool plain_is_among(uint16_t event, uint64_t from, uint64_t to);

struct plain_driver {
	struct vring_rig *rig;
	bool has_event_idx;
	uint64_t added, taken, told;
	bool is_taken[RIG_N_MOST];	/* by descriptor */
	struct { uint32_t name; unsigned int n; uint16_t at[8]; } chains[RIG_N_MOST];	/* by head */
	uint32_t (*dice)(uint32_t n);
};

/* @table_at: where in the buffers an indirect table may lie; 0: not wanted. */
bool plain_add(struct plain_driver *p, const struct vring_piece *pieces, unsigned int n_out,
	       unsigned int n_in, uint32_t name, size_t table_at);
bool plain_take(struct plain_driver *p, uint32_t *ret_name, uint32_t *ret_len);
bool plain_wants_kick(struct plain_driver *p);
void plain_driver_mute(struct plain_driver *p);
bool plain_driver_listen(struct plain_driver *p);

struct plain_device {
	struct vring_rig *rig;
	bool has_event_idx;
	uint64_t popped, used, told;
};

bool plain_pop(struct plain_device *p, struct vq_chain *ret_chain);
void plain_push(struct plain_device *p, uint16_t head, uint32_t len);
void plain_publish(struct plain_device *p);
bool plain_wants_raise(struct plain_device *p);
void plain_device_mute(struct plain_device *p);
bool plain_device_listen(struct plain_device *p);
