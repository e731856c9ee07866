/*
 * vq - the device side of a split virtqueue.
 *
 * Only arithmetic on the driver's memory: no clock, no malloc.  The driver is
 * not trusted: a descriptor is copied once, checked, then used; which heads are
 * out lives here.  The first broken rule damages the queue: it says which,
 * gives out nothing more and touches nothing more until vq_init().
 *
 * Source: OASIS virtio specification 1.2, 2.7.
 */
#pragma once
#include "sim/virtio.h"

enum { VQ_OK, VQ_EMPTY };	/* outcomes; -EPROTO: damaged */

/* Some of the driver's memory.  An address, not a pointer: what reach() grants
 * may change while a chain is out. */
struct vq_piece {
	uint64_t addr;
	uint32_t len;	/* not 0 */
};

/* First what the device reads, then what it writes. */
struct vq_chain {
	uint16_t head;
	unsigned int n_out, n_in;	/* pieces */
	uint32_t out_len, in_len;	/* bytes in them */
	struct vq_piece pieces[SIM_QUEUE_MOST];
};

struct vq {
	struct sim_queue_setup at;
	const struct sim_virtio_bus_ops *bus_ops;	/* borrowed, for reach() */
	void *bus;
	uint16_t seen;		/* avail.idx as read and checked last */
	uint16_t next;		/* avail entry to take */
	uint16_t used;		/* used entry to fill; visible after vq_publish() */
	uint16_t told;		/* used.idx at the last decision to interrupt */
	unsigned int n_out;	/* chains taken and not given back */
	bool has_event_idx, has_indirect;
	const char *damage;	/* the broken rule, a sentence; NULL: none */
	bool is_out[SIM_QUEUE_MOST];	/* by head */
};

/* @features: what the driver accepted.  Entries of the used ring are counted
 * on from the index that lies there. */
void vq_init(struct vq *q, const struct sim_queue_setup *at, uint64_t features,
	     const struct sim_virtio_bus_ops *bus_ops, void *bus);

/* The next chain.  VQ_EMPTY leaves @ret_chain untouched. */
int vq_pop(struct vq *q, struct vq_chain *ret_chain);

/* Gives a chain back; @len bytes were written into it.  The driver sees it
 * after vq_publish(). */
void vq_push(struct vq *q, uint16_t head, uint32_t len);
void vq_publish(struct vq *q);

/* Does the driver want an interrupt for what was published since the last time
 * this was asked?  A full barrier lies before the answer. */
bool vq_wants_raise(struct vq *q);

/* No kicks wanted; a hint. */
void vq_mute(struct vq *q);
/* Kicks wanted, for more than was seen so far, also if that was not popped.
 * False: there is more now; the queue is still muted. */
bool vq_listen(struct vq *q);

/* Copies between @data and the @n pieces, in order, up to @len bytes.  Returns
 * how many: fewer when the pieces are shorter or out of reach. */
size_t vq_read(const struct vq *q, const struct vq_piece *pieces, unsigned int n,
	       void *data, size_t len);
size_t vq_write(const struct vq *q, const struct vq_piece *pieces, unsigned int n,
		const void *data, size_t len);
