/*
 * ns - the name service: announcements to address 53, and ours to theirs.
 *
 * It may change nothing but what announcements made.  A CREATE that is there
 * already, a DESTROY of what is not, an address or a name that cannot be: each
 * is counted and changes nothing.  There are never more endpoints than the bus
 * has channels, and of a flood so many are taken a turn; the rest waits with
 * the carrier, so that nothing is dropped for want of time.
 *
 * Source: Linux drivers/rpmsg/rpmsg_ns.c.  Unlike there, a DESTROY with
 * RPMSG_ADDR_ANY is not taken for a wildcard.
 */
#pragma once
#include "rpmsg/bus.h"

enum { RPMSG_NS_A_TURN = 64 };

struct rpmsg_announcement {
	char name[RPMSG_NAME_LEN];	/* terminated, zero behind its end */
	uint32_t addr;
	enum rpmsg_ns_flag what;
};

/* -EINVAL: no announcement, or one of nothing that can be. */
int rpmsg_ns_parse(const uint8_t *payload, size_t len, struct rpmsg_announcement *ret_a);
void rpmsg_ns_format(const struct rpmsg_announcement *a, uint8_t payload[RPMSG_NS_LEN]);

/* As rpmsg_bus_receive(), with what follows the header. */
int rpmsg_ns_hear(struct rpmsg_bus *b, const uint8_t *payload, size_t len);
