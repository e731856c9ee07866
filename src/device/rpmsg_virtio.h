/*
 * rpmsg_virtio - the rpmsg bus as the taker of a virtio device: between
 * rpmsg_vrings, the bearer and the loop.
 */
#pragma once
#include "device/virtio.h"
#include "rpmsg/bus.h"

struct rpmsg_virtio;

/* All borrowed.  NULL without memory. */
struct rpmsg_virtio *rpmsg_virtio_new(struct loop *l, struct bearer *b, struct rpmsg_bus *bus);
void rpmsg_virtio_free(struct rpmsg_virtio *r);	/* after ended(); safe on NULL */

/* Opens the device. */
int rpmsg_virtio_start(struct rpmsg_virtio *r, struct text *ret_why);
