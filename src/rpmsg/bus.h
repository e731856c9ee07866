/*
 * bus - rpmsg: endpoints by address on one carrier, and a link (link.h) whose
 * channels are the endpoints that have a name.
 *
 * Endpoints come by announcement of the other side, or are made here.  Each is
 * one channel of the link as long as it lives; its number is used again later,
 * once the link gave all its slots back.
 *
 * A message is copied out of the carrier at once, so its buffer goes back
 * whatever a reader does.  Who receives, and what becomes of it:
 *
 * - Nobody has the channel open: the first n_dl messages are kept for who opens
 *   it, later ones are lost, and counted.
 * - Somebody has it open and all downlink slots are full: the carrier keeps it,
 *   and everything behind it, until a slot is free.  One slow reader stops the
 *   link for all; a port that must not has slow_reader=drop.  It keeps the order:
 *   a DESTROY is never seen before the data that came first.
 * - An empty message is no message for a reader, who would take it for the end
 *   of file.  It is counted, and its sender's address is learned.
 *
 * An uplink slot is done when the other side took the message, so a close of a
 * file waits for that.  Callbacks to users of the link come from receive, turn,
 * down and destroy, never from inside a call on the link.
 *
 * No I/O, no clock, no log; all memory comes from rpmsg_bus_new(), and what no
 * endpoint ever used is never touched.
 */
#pragma once
#include "core/link.h"
#include "rpmsg/carrier.h"
#include "rpmsg/layout.h"

struct rpmsg_bus;

struct rpmsg_bus_config {
	size_t mtu;		/* of its carriers; RPMSG_MTU_LEAST to RPMSG_MTU_MOST */
	unsigned int n_endpoints;	/* channels of the link; the cap on announcements */
	unsigned int n_ul, n_dl;	/* slots of an endpoint */
	bool greets;		/* an announcement is answered with an empty message, so
				 * that the other side may speak first */
	bool is_strict;		/* an endpoint hears nobody but its dst */
};

struct rpmsg_endpoint {
	char name[RPMSG_NAME_LEN];	/* terminated, not "", "." or ".."; bytes of the
					 * peer: not a file name yet */
	uint32_t src;		/* ours */
	uint32_t dst;		/* theirs; RPMSG_ADDR_ANY: until they speak */
	bool is_local;		/* made here, not by an announcement */
};

struct rpmsg_bus_ops {
	/* An endpoint is there. */
	void (*came)(void *user, unsigned int chan);
	/* It left: its channel was closed with the reason, and it is described
	 * for the last time. */
	void (*left)(void *user, unsigned int chan);
	/* Unexpected and survived: one sentence for the log; not limited. */
	void (*noted)(void *user, const char *sentence);
	/* Call rpmsg_bus_turn() before you next sleep. */
	void (*wants_turn)(void *user);
	/* A carrier is there now, or none any more: what stayed can be opened, or
	 * cannot.  May be missing. */
	void (*carried)(void *user, bool is_carried);
};

struct rpmsg_bus_counts {
	uint64_t received, sent;	/* all, the name service included */
	uint64_t bad;		/* shorter than they say, no header, from nowhere, spoilt
				 * on the way */
	uint64_t empty;		/* to an endpoint */
	uint64_t lost;		/* to no endpoint, or to one that nobody reads */
	uint64_t creates, destroys;	/* announcements taken */
	uint64_t refused;	/* announcements: malformed, twice, unknown, too many */
};

/* NULL without memory.  @ops and @user are borrowed. */
struct rpmsg_bus *rpmsg_bus_new(const struct rpmsg_bus_config *c,
				const struct rpmsg_bus_ops *ops, void *user);
/* After rpmsg_bus_down(); ends what endpoints there are without a word. */
void rpmsg_bus_free(struct rpmsg_bus *b);
struct link *rpmsg_bus_link(struct rpmsg_bus *b);

/* A carrier is about to run: address 53 and all local endpoints are bound when
 * this returns.  Nothing is sent before rpmsg_bus_room().  Not from inside a
 * callback. */
void rpmsg_bus_up(struct rpmsg_bus *b, struct rpmsg_carrier *c);
/* It runs no more, and is not called again: announced endpoints leave, local
 * ones close their channels with @why (-ECONNRESET, -ENODEV) and wait for the
 * next carrier.  From inside send the rest waits for the turn. */
void rpmsg_bus_down(struct rpmsg_bus *b, int why);

/* What the carrier calls.  @message may lie in memory the other side still
 * writes to: each byte is read once.  RPMSG_FULL: keep it, resume() will be
 * called. */
int rpmsg_bus_receive(struct rpmsg_bus *b, const void *message, size_t len);
void rpmsg_bus_room(struct rpmsg_bus *b);	/* send may work again, or taken() moved */
void rpmsg_bus_spoilt(struct rpmsg_bus *b, const char *sentence);	/* a message it lost */
void rpmsg_bus_turn(struct rpmsg_bus *b);

/* A local endpoint.  @src: RPMSG_ADDR_ANY: the lowest free from 1024 on.  With
 * @is_announced the other side is told, now or when a carrier runs.  -EEXIST the
 * same name and addresses, -EADDRINUSE, -EINVAL a name or address that cannot
 * be, -ENOSPC. */
int rpmsg_bus_create(struct rpmsg_bus *b, const char *name, uint32_t src, uint32_t dst,
		     bool is_announced, unsigned int *ret_chan);
/* Files that have it open get @why.  -ENOENT there is none, -EPERM it came by an
 * announcement. */
int rpmsg_bus_destroy(struct rpmsg_bus *b, unsigned int chan, int why);

/* The first local endpoint of that name; RPMSG_ADDR_ANY matches every address.
 * -ENOENT. */
int rpmsg_bus_find(const struct rpmsg_bus *b, const char *name, uint32_t src, uint32_t dst,
		   unsigned int *ret_chan);
/* NULL: there is none on this channel now. */
const struct rpmsg_endpoint *rpmsg_bus_endpoint(const struct rpmsg_bus *b, unsigned int chan);
const struct rpmsg_bus_counts *rpmsg_bus_counts(const struct rpmsg_bus *b);
