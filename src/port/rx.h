/*
 * rx - the downlink half of a channel instance: slots that hold unread
 * messages, reads that wait for one, and what is left to read after death.
 *
 * All slots are with the device, or hold bytes nobody has read, or are idle
 * for a moment.  A read is answered straight from the slots; a slot goes back
 * to the device when all its bytes are consumed, and is cleared before.
 *
 * A message is the chain of pieces up to one that ends it.  No piece held is
 * ever empty, so "something is held" and "a read gets at least one byte" are
 * the same question.
 */
#pragma once
#include "core/link.h"
#include "port/wait.h"

struct instance;
struct port_file;

enum { RX_NO_SLOT = 0xffff };	/* also the most slots a direction may have */

struct rx_slot {
	uint32_t len;		/* bytes that arrived */
	uint16_t next;		/* in the list it is in */
	bool is_last;		/* ends its message */
};

struct rx {
	struct rx_slot *slots;	/* by slot number; NULL without downlink */
	uint16_t first, last;	/* pieces held, in order of arrival */
	uint16_t idle;		/* slots neither held nor with the device */
	bool is_begun;		/* the first message was read in part */
	bool is_serving;	/* the first message is being answered with */
	bool is_looping;	/* parked reads are being answered */
	bool is_discarding;	/* the rest of a dropped message still comes */
	bool has_failed;	/* a transfer failed and no read was told */
	uint32_t n_lent;	/* slots with the device */
	uint32_t n_messages;	/* complete messages held */
	uint32_t offset;	/* bytes of the first piece already read */
	struct port_file *begun_by;	/* who read that part; NULL: it closed */
	struct list readers;	/* parked reads, in order of arrival */
	struct list rest;	/* struct rx_rest: unread messages after death */
};

/* 0 or -ENOMEM. */
int rx_init(struct rx *rx, uint32_t n_slots);
void rx_fini(struct rx *rx);

/* Gives every idle slot to the device. */
void rx_refill(struct instance *i);
/* What the link reports (link.h). */
void rx_done(struct instance *i, unsigned int slot, int status, uint32_t len);
/* The same for a dead instance: what still arrives is nobody's. */
void rx_forget(struct instance *i, unsigned int slot, int status, uint32_t len);

/* Answers @w with the next bytes; only while rx_is_readable(). */
void rx_read(struct instance *i, struct port_file *f, struct wait *w, size_t len,
	     uint64_t offset);
void rx_park(struct instance *i, struct port_file *f, struct wait *w, size_t len);

/* The instance dies.  Unread messages move to the heap when there is a file
 * left to read them; the slots are not touched any more. */
void rx_bury(struct instance *i);

/* There are bytes for a read: a whole message, or pieces of one so long that
 * the device has no slot left to end it. */
static inline bool rx_has_bytes(const struct rx *rx)
{
	return rx->n_messages > 0 || (rx->n_lent == 0 && rx->first != RX_NO_SLOT);
}

/* Would a read on the living channel be answered at once? */
static inline bool rx_is_readable(const struct rx *rx)
{
	return rx_has_bytes(rx) || rx->has_failed;
}
