/*
 * carrier_link - a carrier over one channel of a link: each message of the
 * channel is one of the bus, header included.
 *
 * A message that came is copied out by the bus while its slot is ours; when the
 * bus is full the slots stay here, in order, and so slow down the device.
 */
#pragma once
#include "core/link.h"
#include "rpmsg/bus.h"

struct carrier_link;

/* What a message of this channel may have, for the configuration of the bus.  0:
 * it has not both directions, or is too short for announcements. */
size_t carrier_link_mtu(const struct link *l, unsigned int chan);

struct carrier_link_ops {
	/* The channel closed, or did not open: 0 after stop, else -errno.  The bus
	 * is down; start may be called again. */
	void (*stopped)(void *user, int why);
};

/* @l, @b, @ops, @user are borrowed.  NULL without memory. */
struct carrier_link *carrier_link_new(struct link *l, unsigned int chan, struct rpmsg_bus *b,
				      const struct carrier_link_ops *ops, void *user);
/* Not while it is started, nor inside stopped. */
void carrier_link_free(struct carrier_link *c);	/* safe on NULL */

/* Brings the bus up, then opens the channel; as open of the link.  -EBUSY:
 * stopped was not called yet. */
int carrier_link_start(struct carrier_link *c);
/* The bus goes down with @why, the channel closes; stopped follows.  Safe when it
 * is not started. */
void carrier_link_stop(struct carrier_link *c, int why);
