/*
 * inside - the bus as its own files see it.
 *
 * bus.c receives and keeps the order of a turn, ept.c lets endpoints live and
 * die, ept_link.c is their face as channels, ept_send.c sends for all of them,
 * ns.c is the name service.
 *
 * Callbacks may call anything, so nobody holds on to a list or a state across
 * one: an endpoint's memory stays, what it says is looked at again.
 */
#pragma once
#include "base/list.h"
#include "rpmsg/address.h"
#include "rpmsg/bus.h"

/* A submitted slot. */
struct ept_item {
	uint64_t number;	/* uplink, sent: which message it was */
	uint32_t len;
	uint16_t slot;
};

/* Submitted slots of one direction, oldest first. */
struct ept_queue {
	struct ept_item *items;	/* a circle of size */
	uint16_t size, begin, n;
	uint16_t n_cancelled;	/* the oldest so many are to go back */
	uint16_t n_sent;	/* uplink: the oldest so many are with the carrier */
};

/* Messages that came while nobody had the channel open; a circle of n_dl. */
struct ept_inbox {
	uint8_t *bytes;		/* n_dl times a downlink slot */
	uint32_t *lens;
	uint16_t begin, n;
};

enum ept_life {
	EPT_FREE,
	EPT_BOUND,	/* has its address */
	EPT_LEAVING,	/* its last callbacks run */
	EPT_LEFT,	/* its channel or its DESTROY is not done yet */
};

enum ept_chan {
	EPT_CLOSED,
	EPT_OPENING,	/* opened is due */
	EPT_OPEN,
	EPT_CLOSING,	/* slots and closed are due */
	EPT_ENDING,	/* they are being told */
};

struct ept {
	struct rpmsg_bus *bus;
	struct list due;	/* in bus.due: the turn has something to do */
	struct list speaking;	/* in bus.speaking: something is to be sent */
	struct list flying;	/* in bus.flying: something was sent and not taken */
	struct rpmsg_endpoint face;
	uint32_t dst_given;	/* local: at creation */
	enum ept_life life;
	enum ept_chan chan;
	/* What is to be sent besides its messages, in this order. */
	bool wants_create, wants_greet, wants_destroy;
	bool is_announced;	/* local: CREATE is said on each carrier */
	bool is_known;		/* it was said on this one */
	struct ept_queue queues[2];	/* by enum link_dir */
	struct ept_inbox inbox;
	const struct link_user_ops *user_ops;
	void *user;
};

struct rpmsg_bus {
	struct link link;
	struct rpmsg_bus_config config;
	const struct rpmsg_bus_ops *ops;
	void *user;
	struct rpmsg_carrier *carrier;	/* NULL: none runs */
	uint64_t n_sent;	/* on this carrier */
	struct rpmsg_addresses addresses;	/* owners: the endpoints, then the name service */
	struct ept *epts;	/* config.n_endpoints, as link.chans */
	struct link_chan *chans;
	struct list due, speaking, flying;
	struct rpmsg_bus_counts counts;
	int down_why;		/* the end of a carrier is due, not 0: why */
	unsigned int n_announcements;	/* since the last turn */
	bool is_sending;
	bool is_full;		/* send said so */
	bool has_room;		/* since then; the turn looks */
	bool is_holding;	/* the carrier keeps a message for us */
	bool may_resume;	/* what it waits for may have happened */
	bool is_turn_due;
};

/* bus.c */
void rpmsg_bus_want_turn(struct rpmsg_bus *b);
void rpmsg_bus_release(struct rpmsg_bus *b);	/* a held message may find room now */
void rpmsg_bus_note(struct rpmsg_bus *b, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static inline unsigned int ept_number(const struct ept *e)
{
	return (unsigned int)(e - e->bus->epts);
}

static inline uint32_t ept_payload_most(const struct rpmsg_bus *b)
{
	return (uint32_t)(b->config.mtu - RPMSG_HEADER_LEN);
}

/* ept.c */
bool ept_is_name(const char *name);
/* A free one, or NULL. */
struct ept *ept_find_free(struct rpmsg_bus *b);
/* Is there one of this name, with these addresses (RPMSG_ADDR_ANY: any)? */
struct ept *ept_find(const struct rpmsg_bus *b, const char *name, uint32_t src, uint32_t dst,
		     bool is_local);
void ept_come(struct ept *e, const struct rpmsg_endpoint *face, bool is_announced);
void ept_leave(struct ept *e, int why);
/* The carrier is another one, or none. */
void ept_carrier_up(struct ept *e);
void ept_carrier_down(struct ept *e, int why);
/* Frees one that left, once nothing of it is left. */
void ept_rest(struct ept *e);

/* ept_link.c */
extern const struct link_ops ept_link_ops;
/* As rpmsg_bus_receive(). */
int ept_deliver(struct ept *e, const uint8_t *payload, uint32_t len);
void ept_turn(struct ept *e);
/* All slots go back, then closed(@why). */
void ept_end_channel(struct ept *e, int why);
struct ept_item ept_queue_pop(struct ept_queue *q);

/* ept_send.c */
void ept_speak(struct ept *e);	/* it has something to send */
void ept_send_all(struct rpmsg_bus *b);	/* as far as the carrier takes it */
void ept_settle_all(struct rpmsg_bus *b);	/* slots of what was taken go back */
