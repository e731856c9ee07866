/*
 * tx - the uplink half of a channel instance: free slots, writes that wait
 * for one, closes that wait until the device took everything.
 *
 * A write copies into a slot, at most one MTU in each, and clears what a
 * former, longer piece left behind it.  Slots are numbered in the order they
 * were sent, and the link returns them in that order: a close waits for a
 * number.
 */
#pragma once
#include "core/link.h"
#include "port/wait.h"

struct instance;
struct port_file;

enum { TX_NO_SLOT = 0xffff };	/* also the most slots a direction may have */

/* Lives as long as the port: @filled has to be known to the next instance. */
struct tx_slot {
	uint32_t filled;	/* length of its last content; zero beyond */
	uint16_t owner;		/* port_file.id that sent it */
	uint16_t next;		/* free slot after this one */
};

struct tx {
	struct tx_slot *slots;	/* of the port, by slot number */
	uint16_t free;		/* the slot used next; the last one returned */
	bool is_full;		/* the link said so; until something returns */
	bool is_sending;	/* somebody is filling slots: others queue */
	uint64_t n_sent, n_taken;	/* slots since the instance began */
	struct list writers;	/* parked writes, in order of arrival */
	struct list flushes;	/* parked flushes, earliest number first */
};

void tx_init(struct tx *tx, struct tx_slot *slots, uint32_t n_slots);

/* What the link reports (link.h). */
void tx_done(struct instance *i, unsigned int slot, int status);

/* Sends pieces of at most one MTU while there is room; returns how many bytes
 * went, and in @ret_error what ended it: 0 or -errno. */
size_t tx_send(struct instance *i, struct port_file *f, const uint8_t *data, size_t len,
	       int *ret_error);
/* Keeps a copy of @data, charged to the port's budget, and parks @w; @went
 * bytes of the call went before.  @is_later: so did a part of the call.
 * -ENOMEM, -ENOBUFS. */
int tx_park(struct instance *i, struct port_file *f, struct wait *w, const void *data,
	    size_t len, size_t went, bool is_later);
/* Goes on with parked writes. */
void tx_pump(struct instance *i);

/* Parks @w until all that @f sent was taken, or too late; -ENOMEM. */
int tx_park_flush(struct instance *i, struct port_file *f, struct wait *w);

/* The instance died: ends what is parked.  Inside tx_send() its caller does
 * it, or this would pull a parked write from under him. */
void tx_end(struct instance *i);
