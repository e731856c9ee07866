/*
 * bus - rpmsg: endpoints by address on one carrier, and a link (link.h) whose
 * channels are the endpoints that have a name.
 *
 * Endpoints come by announcement of the other side, or are made here.  Each is
 * one channel of the link as long as it lives; its number is used again later,
 * once the link gave all its slots back.  A message is copied out of the
 * carrier at once, so its buffer goes back whatever a reader does.
 *
 * No I/O, no clock, no log; all memory comes from rpmsg_bus_new().
 */
#pragma once
#include "core/link.h"
#include "rpmsg/carrier.h"
#include "rpmsg/layout.h"

struct rpmsg_bus;

struct rpmsg_bus_config {
	size_t mtu;		/* bytes of a message, header included */
	unsigned int n_endpoints;	/* channels of the link; the cap on announcements */
	unsigned int n_ul, n_dl;	/* slots of an endpoint */
	bool has_ns;		/* the other side speaks the name service */
};

struct rpmsg_endpoint {
	char name[RPMSG_NAME_LEN];	/* terminated; bytes of the peer: not a file name yet */
	uint32_t src;		/* ours */
	uint32_t dst;		/* theirs; RPMSG_ADDR_ANY: not known yet */
	bool is_local;		/* made here, not by an announcement */
};

struct rpmsg_bus_ops {
	/* An endpoint is there, or leaves: its channel is closed by the bus with
	 * -ECONNRESET.  @chan: of the link. */
	void (*came)(void *user, unsigned int chan);
	void (*left)(void *user, unsigned int chan);
	/* Unexpected and survived: one sentence for the log; not limited. */
	void (*noted)(void *user, const char *sentence);
	/* Call rpmsg_bus_turn() before you next sleep. */
	void (*wants_turn)(void *user);
};

struct rpmsg_bus_counts {
	uint64_t received, sent;
	uint64_t bad;		/* shorter than they say, no header, from nowhere */
	uint64_t lost;		/* to no endpoint, or to one that nobody reads */
	uint64_t creates, destroys;	/* taken announcements */
	uint64_t refused;	/* announcements: malformed, twice, unknown, too many */
};

/* NULL without memory. */
struct rpmsg_bus *rpmsg_bus_new(const struct rpmsg_bus_config *c,
				const struct rpmsg_bus_ops *ops, void *user);
void rpmsg_bus_free(struct rpmsg_bus *b);
struct link *rpmsg_bus_link(struct rpmsg_bus *b);

/* A carrier is about to run: address 53 and all local endpoints are bound. */
void rpmsg_bus_up(struct rpmsg_bus *b, struct rpmsg_carrier *c);
/* It runs no more: announced endpoints leave, local ones end their files with
 * @why (-ECONNRESET, -ENODEV) and wait for the next carrier. */
void rpmsg_bus_down(struct rpmsg_bus *b, int why);

/* What the carrier calls.  RPMSG_FULL: keep it, resume() will be called. */
int rpmsg_bus_receive(struct rpmsg_bus *b, const void *message, size_t len);
void rpmsg_bus_room(struct rpmsg_bus *b);	/* send may work again, or taken() moved */
void rpmsg_bus_turn(struct rpmsg_bus *b);

/* A local endpoint.  @src: RPMSG_ADDR_ANY: the lowest free from 1024 on.  With
 * @is_announced the other side is told, now or when a carrier runs.  -EEXIST the
 * same name and addresses, -EADDRINUSE, -EINVAL a name or address that cannot
 * be, -ENOSPC. */
int rpmsg_bus_create(struct rpmsg_bus *b, const char *name, uint32_t src, uint32_t dst,
		     bool is_announced, unsigned int *ret_chan);
/* -ENOENT no such endpoint; -EPERM it came by an announcement. */
int rpmsg_bus_destroy(struct rpmsg_bus *b, const char *name, uint32_t src, uint32_t dst);

/* NULL: there is none on this channel now. */
const struct rpmsg_endpoint *rpmsg_bus_endpoint(const struct rpmsg_bus *b, unsigned int chan);
const struct rpmsg_bus_counts *rpmsg_bus_counts(const struct rpmsg_bus *b);
/* Sends an empty message from an endpoint, so that the other side learns its
 * address; as send of the carrier. */
int rpmsg_bus_greet(struct rpmsg_bus *b, unsigned int chan);
