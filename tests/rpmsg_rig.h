/*
 * rpmsg_rig - a bus over a carrier whose other side is the test, and users of
 * its channels that remember what they were told.
 *
 * The carrier asserts what it may expect of a bus, the users what they may
 * expect of a link: who owns a slot, and that each comes back once.
 */
#pragma once
#include "rpmsg/bus.h"

enum {
	RIG_MTU = 512,
	RIG_ENDPOINTS = 8,
	RIG_UL = 4, RIG_DL = 4,
	RIG_SENT_MOST = 4096,
	RIG_HEARD_MOST = 64,
};

struct rig_message {
	uint32_t src, dst, len;
	uint8_t payload[RIG_MTU];
};

/* Who has a channel open. */
struct rig_user {
	struct rpmsg_rig *rig;
	unsigned int chan;
	bool is_open, is_closed;
	bool holds;		/* keeps the downlink slots it gets */
	int opened_status, why;
	uint32_t submitted[2];	/* slots with the link, a bit each */
	unsigned int n_taken, n_failed;	/* uplink */
	unsigned int n_heard;
	struct { uint32_t len; uint8_t bytes[RIG_MTU]; } heard[RIG_HEARD_MOST];
};

struct rpmsg_rig {
	struct rpmsg_bus *bus;
	struct link *link;
	struct rpmsg_carrier carrier;
	bool is_up, wants_turn;
	/* The other side. */
	unsigned int room;	/* messages it takes before RPMSG_FULL */
	uint64_t n_taken;
	unsigned int n_sent;
	struct rig_message sent[RIG_SENT_MOST];
	/* What it said and the bus did not take. */
	unsigned int n_kept, n_resumes;
	struct { uint32_t len; uint8_t bytes[RIG_MTU + 64]; } kept[256];
	/* What the bus told. */
	unsigned int n_came, n_left, n_notes;
	unsigned int last_came, last_left;
	struct rpmsg_endpoint last_left_face;
};

extern const struct rpmsg_bus_config rig_config;

void rig_init(struct rpmsg_rig *r);	/* up, and has room */
void rig_init_as(struct rpmsg_rig *r, const struct rpmsg_bus_config *c);	/* down */
void rig_fini(struct rpmsg_rig *r);
void rig_up(struct rpmsg_rig *r);
void rig_down(struct rpmsg_rig *r, int why);
void rig_turns(struct rpmsg_rig *r);	/* until none is wanted */

/* Bytes as they are; what the bus does not take is kept for resume. */
void rig_say_raw(struct rpmsg_rig *r, const void *message, size_t len);
void rig_say(struct rpmsg_rig *r, uint32_t src, uint32_t dst, const char *text);
void rig_announce(struct rpmsg_rig *r, const char *name, uint32_t addr, uint32_t flags);
/* The other side took so many of what was sent, and has room for as many. */
void rig_take(struct rpmsg_rig *r, unsigned int n);

/* The endpoint of this name and address of theirs, or NULL; and its channel. */
const struct rpmsg_endpoint *rig_find(struct rpmsg_rig *r, const char *name, uint32_t dst,
				      unsigned int *ret_chan);
unsigned int rig_count(struct rpmsg_rig *r);	/* endpoints */

/* Opens and, unless @holds, lends all downlink slots.  The first leaves the turn
 * to the caller. */
void rig_begin_open(struct rig_user *u, struct rpmsg_rig *r, unsigned int chan, bool holds);
void rig_open(struct rig_user *u, struct rpmsg_rig *r, unsigned int chan, bool holds);
void rig_lend(struct rig_user *u);	/* what it holds, and the rest */
int rig_send(struct rig_user *u, const char *text);
void rig_close(struct rig_user *u);
bool rig_heard(const struct rig_user *u, unsigned int at, const char *text);
