/*
 * link_user - a user of one channel of a link, which keeps what it is told and
 * asserts that every slot comes back exactly once.
 */
#pragma once
#include "core/link.h"

enum { LINK_USER_SLOTS = 32, LINK_USER_EVENTS = 4096, LINK_USER_BYTES = 262144 };

struct link_event {
	enum link_dir dir;
	unsigned int slot;
	int status;
	uint32_t len;
};

struct link_user {
	struct link *link;
	unsigned int chan;
	bool is_lent[2][LINK_USER_SLOTS];	/* with the link */
	bool keeps;		/* a received slot is not submitted again */
	bool closes_in_done, closes_when_opened;

	unsigned int n_opened, n_closed;
	int opened, closed;	/* the last status, reason */
	struct link_event events[LINK_USER_EVENTS];	/* of done */
	unsigned int n_events;
	uint8_t bytes[LINK_USER_BYTES];	/* all that was received */
	uint32_t n_bytes;
};

void link_user_init(struct link_user *u, struct link *l, unsigned int chan);
int link_user_open(struct link_user *u);
/* Gives every downlink slot it has, in order. */
void link_user_lend(struct link_user *u);
/* One uplink message in the first free slot; LINK_FULL when all are out. */
int link_user_send(struct link_user *u, const void *data, uint32_t len);
void link_user_close(struct link_user *u);

unsigned int link_user_lent(const struct link_user *u);	/* both directions */
/* How many times a direction came back with this status. */
unsigned int link_user_count(const struct link_user *u, enum link_dir dir, int status);
