/*
 * rpmsg_vrings - a carrier over the two queues of a virtio device of id 7:
 * buffers of 512 bytes, at most 256 of a direction, as Linux has them.
 *
 * The bus is up, and every receive buffer posted, before the device may look.  A
 * message is copied out of its buffer once and the buffer goes back at once, but
 * for one that the bus is too full to take: it waits here, and what comes
 * behind it in the ring.  Transmit buffers tell by interrupt that they came back
 * only while one is out.
 *
 * Source: Linux drivers/rpmsg/virtio_rpmsg_bus.c; both queues are kicked at the
 * start, since rpmsg-lite waits for that.
 */
#pragma once
#include "rpmsg/bus.h"
#include "virtio/ops.h"

struct rpmsg_vrings;

struct rpmsg_vrings_ops {
	void (*kick)(void *user, unsigned int queue);
	/* Call rpmsg_vrings_work() before you next sleep. */
	void (*wants_work)(void *user);
	/* The device broke a rule (a sentence): nothing works before the next
	 * prepare.  Still to come is rpmsg_vrings_end(). */
	void (*failed)(void *user, const char *why);
};

/* All borrowed.  The mtu of @bus is RPMSG_BUFFER_LEN.  NULL without memory. */
struct rpmsg_vrings *rpmsg_vrings_new(struct rpmsg_bus *bus, const struct rpmsg_vrings_ops *ops,
				      void *user);
void rpmsg_vrings_free(struct rpmsg_vrings *v);	/* after end; safe on NULL */

/* As virtio_driver_ops. */
int rpmsg_vrings_plan(struct rpmsg_vrings *v, const struct virtio_offer *o,
		      struct virtio_choice *ret_choice, const char **ret_why);
void rpmsg_vrings_prepare(struct rpmsg_vrings *v, const struct virtio_memory *m,
			  struct vring_parts ret_parts[VIRTIO_QUEUES]);
void rpmsg_vrings_run(struct rpmsg_vrings *v);
/* Looks at both queues, as after an interrupt: at most 64 messages. */
void rpmsg_vrings_work(struct rpmsg_vrings *v);
/* The memory leaves; the bus goes down with @why.  Safe twice. */
void rpmsg_vrings_end(struct rpmsg_vrings *v, int why);
