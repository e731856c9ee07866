/*
 * carrier - what moves the whole messages of an rpmsg bus: a pair of vrings, or
 * one MHI channel.  It knows nothing of endpoints.
 */
#pragma once
#include "base/bytes.h"

enum { RPMSG_OK, RPMSG_FULL };	/* outcomes of send and receive */

struct rpmsg_carrier;

struct rpmsg_carrier_ops {
	/* Takes one whole message: RPMSG_HEADER_LEN bytes, then @len more, within
	 * mtu; copied before it returns.  RPMSG_FULL: not now, or not any more;
	 * rpmsg_bus_room() or rpmsg_bus_down() follows. */
	int (*send)(struct rpmsg_carrier *c, const uint8_t *header, const void *payload,
		    size_t len);
	/* How many of the messages sent since rpmsg_bus_up() the other side has
	 * taken, or never will; in the order they were sent. */
	uint64_t (*taken)(const struct rpmsg_carrier *c);
	/* The bus can take messages again: hand over what waits. */
	void (*resume)(struct rpmsg_carrier *c);
};

struct rpmsg_carrier {
	const struct rpmsg_carrier_ops *ops;
	size_t mtu;	/* bytes of a message, header included */
	bool has_ns;	/* the other side speaks the name service */
};
