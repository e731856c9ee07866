/*
 * vring - the driver side of a split virtqueue.
 *
 * Only arithmetic on shared memory: no clock, no log, no malloc.  What was
 * queued, where and how long, lives in private memory (vring_chain); nothing
 * the device could write is read back as truth.  Once the device has broken a
 * rule the ring refuses everything until vring_init().
 *
 * Source: OASIS virtio specification 1.2, 2.7.
 */
#pragma once
#include "base/iova.h"
#include "virtio/layout.h"

enum { VRING_OK, VRING_FULL, VRING_EMPTY };	/* outcomes; < 0 is -errno */

/* One element of a chain. */
struct vring_piece {
	iova_t iova;
	uint32_t len;	/* bytes, not 0 */
};

/* Private record of a descriptor. */
struct vring_chain {
	uint32_t token;		/* of a head: the caller's */
	uint32_t writable;	/* of a head: bytes the device may write */
	uint32_t most;		/* of a head: bytes it may say it wrote */
	uint16_t next;		/* in the chain, or in the free list */
	uint16_t n;		/* of a head in flight: descriptors; else 0 */
};

/* Where the device finds the parts. */
struct vring_parts {
	iova_t desc, avail, used;
};

struct vring {
	struct vring_desc *desc;	/* shared, as avail and used */
	struct vring_avail *avail;
	struct vring_used *used;
	struct vring_parts parts;
	struct vring_chain *chains;	/* borrowed: n, private */
	unsigned int n;		/* elements, power of two */
	unsigned int n_free;	/* descriptors */
	unsigned int n_flying;	/* chains with the device */
	uint16_t free;		/* first of the free list */
	uint16_t avail_idx;	/* published */
	uint16_t used_idx;	/* taken */
	uint16_t n_seen;	/* came back, but not taken; used.idx never goes back */
	uint16_t told_idx;	/* avail_idx at the last decision to kick */
	bool has_event_idx;
	bool is_broken;
};

/* Bytes of shared memory for a queue of @n; a multiple of 16. */
size_t vring_len(unsigned int n);

/* @mem: vring_len() bytes, 16-byte aligned, seen by the device at @iova; made
 * zero.  @chains: n of them, private.  The ring begins empty and muted. */
void vring_init(struct vring *v, void *mem, iova_t iova, unsigned int n,
		struct vring_chain *chains, bool has_event_idx);

/* Publishes one chain: first @n_out pieces that the device reads, then @n_in
 * that it writes.  @token comes back with it.  VRING_FULL leaves the ring
 * untouched; -EPROTO when it is broken. */
int vring_add(struct vring *v, const struct vring_piece *pieces, unsigned int n_out,
	      unsigned int n_in, uint32_t token);

/* The next chain that came back.  @ret_len: bytes the device says it wrote, never
 * more than it might.  VRING_EMPTY; -EPROTO: an id that is not in flight,
 * an index that ran ahead or went back, a length beyond the chain.  (Of a chain
 * that it only reads a device may report what it read: OpenAMP does.) */
int vring_take(struct vring *v, uint32_t *ret_token, uint32_t *ret_len);

/* Does the device want to be told of what was added since the last time this
 * was asked?  Ask once a batch; a full barrier lies before the answer. */
bool vring_wants_kick(struct vring *v);

/* No interrupts wanted; a hint. */
void vring_mute(struct vring *v);
/* Interrupts wanted.  False: something came back meanwhile, look first; the
 * ring is still muted. */
bool vring_listen(struct vring *v);
/* Is there something to take? */
bool vring_has_used(const struct vring *v);
