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
#include "device/virtio.h"
#include "rpmsg/bus.h"

struct rpmsg_vrings;

/* All borrowed.  The mtu of @bus is RPMSG_BUFFER_LEN.  NULL without memory. */
struct rpmsg_vrings *rpmsg_vrings_new(struct loop *l, struct bearer *b, struct rpmsg_bus *bus);
void rpmsg_vrings_free(struct rpmsg_vrings *v);	/* after ended(); safe on NULL */

/* Opens the device, with @v as its taker. */
int rpmsg_vrings_start(struct rpmsg_vrings *v, struct text *ret_why);
