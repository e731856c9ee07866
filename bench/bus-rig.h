/*
 * bus-rig - an rpmsg bus whose other side sends each message back, and as many
 * open endpoints as wanted.
 */
#pragma once
#include "bench/measure.h"
#include "rpmsg/bus.h"

enum {
	BUS_ENDPOINTS_MOST = 256,
	BUS_PAYLOAD_MOST = RPMSG_BUFFER_LEN - RPMSG_HEADER_LEN,
};

struct bus_rig {
	struct rpmsg_carrier carrier;
	struct rpmsg_bus *bus;
	struct link *link;
	uint8_t wire[RPMSG_BUFFER_LEN];	/* what the other side has */
	size_t wire_len;	/* 0: nothing */
	uint64_t n_sent, n_back, n_failed;
	uint32_t len;		/* payload bytes of a message */
	unsigned int n, at;	/* endpoints; the one that speaks next */
	unsigned int slot;
	bool is_turn_due;
	struct bus_endpoint {
		struct bus_rig *rig;
		unsigned int chan;
	} endpoints[BUS_ENDPOINTS_MOST];
};

/* 0 or -errno; fini is due after both. */
int bus_rig_init(struct bus_rig *r, unsigned int n);
void bus_rig_fini(struct bus_rig *r);	/* safe on { 0 } */

/* Nanoseconds of a message of @r->len bytes there and back, each from the next
 * endpoint.  -EPROTO when one was lost. */
int bus_rig_time(struct bus_rig *r, unsigned int n, struct sample *ret_sample);
