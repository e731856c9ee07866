/*
 * carrier - what moves the whole messages of an rpmsg bus: a pair of vrings, or
 * one MHI channel.  It knows nothing of endpoints.
 */
#pragma once
#include "base/bytes.h"

enum { RPMSG_OK, RPMSG_FULL };	/* outcomes of send; < 0 is -errno */

struct rpmsg_carrier;

struct rpmsg_carrier_ops {
	/* Takes one whole message, header included, at most mtu bytes; copied
	 * before it returns.  RPMSG_FULL: not now, rpmsg_bus_room() follows. */
	int (*send)(struct rpmsg_carrier *c, const void *message, size_t len);
	/* How many messages sent so far the other side has taken; counts
	 * messages from 1 up, never back. */
	uint64_t (*taken)(const struct rpmsg_carrier *c);
	/* The bus can take messages again: hand over what waits. */
	void (*resume)(struct rpmsg_carrier *c);
};

struct rpmsg_carrier {
	const struct rpmsg_carrier_ops *ops;
	size_t mtu;	/* bytes of a message, header included */
};
