/*
 * transfer - one direction of a channel: its transfer ring, its slots, and the
 * private record of what the device holds.
 *
 * Each slot is one element.  Messages never need a chain: an uplink message
 * fits its slot, and a downlink one that does not is continued by the device
 * in the next slot (OVERFLOW).  So the element that an event names is the
 * oldest one in flight; a later one is believed only on a tolerant channel.
 *
 * The record costs four bytes an element: which slot lies in which element,
 * and how long it is.  The ring itself is never read back.
 *
 * Source: mhi host main.c, parse_xfer_event() and gen_tre().
 */
#pragma once
#include "core/link.h"
#include "core/ring.h"

struct channel;
struct engine;

enum { NOWHERE = 0xff };	/* no event ring */

enum transfer_state {
	TRANSFER_DOWN,		/* the device has no ring of ours */
	TRANSFER_STARTING,	/* START is on its way */
	TRANSFER_UP,
	TRANSFER_STOPPING,	/* STOP is on its way; completions still count */
	TRANSFER_STOPPED,	/* the device may hold the ring; only RESET helps */
	TRANSFER_RESETTING,	/* RESET is on its way; completions are too late */
	TRANSFER_LOST,		/* no answer to RESET: unusable until device reset */
};

struct transfer {
	/* What each transfer touches. */
	struct ring ring;
	uint16_t *slot_at;	/* by element: the slot in it */
	uint16_t *held;		/* by slot: bytes the device holds, 0: not its */
	iova_t slots;		/* where the device sees slot 0 */
	uint64_t dwords;	/* of each element, without its length */
	uint32_t slot_len;
	uint16_t n_slots;	/* one less than elements: the ring holds them all */
	uint8_t dir;		/* enum link_dir */
	uint8_t plain_ering;	/* ering while plain completions count, else NOWHERE */
	bool has_plain;		/* has_slots, and elements are plain */
	bool has_slots;		/* submit is welcome; by transfer_welcome() */
	bool is_marked;		/* in engine.marked: new elements, no doorbell yet */
	bool is_heard;		/* events count */
	bool is_rsc;
	bool is_burst;
	bool in_db_mode;	/* burst: the next doorbell is wanted */
	uint32_t bell;		/* doorbell offset */
	struct chan_ctx *ctx;
	struct transfer *next_marked;
	void (*done)(void *user, enum link_dir dir, unsigned int slot, int status,
		     uint32_t len);	/* of the channel's user */
	void *user;
	/* The rest. */
	uint8_t state;		/* enum transfer_state; by transfer_become() */
	uint8_t ering;
	uint8_t chid;
	bool exists;
	bool is_tolerant;
	bool has_db_switch;	/* doorbell mode again at each M0 */
	bool is_cancelling;	/* STOP, RESET, START is under way */
	bool wants_cancel;	/* once it is up */
	int16_t command;	/* its entry on the command ring, -1: none */
	uint16_t n_back;	/* last entries of slot_at: slots on their way back */
	struct channel *channel;
};

/* The only place that assigns t->state. */
void transfer_become(struct transfer *t, enum transfer_state state);

/* Submit is welcome, or not. */
void transfer_welcome(struct transfer *t, bool has_slots);

/* Empties the ring and tells the device where it lies, for START. */
void transfer_arm(struct transfer *t);
/* The device forgot the ring: what it held is on its way back. */
void transfer_disarm(struct transfer *t);
/* Gives everything that is on its way back to the user with @status, in the
 * order of submission.  The user may submit again from inside. */
void transfer_give_back(struct engine *e, struct transfer *t, int status);

/* As link_ops.submit. */
int transfer_submit(struct link *l, unsigned int chan, enum link_dir dir,
		    unsigned int slot, uint32_t len);
/* Its doorbell must be rung in the next turn.  LINK_OK. */
int transfer_mark(struct engine *e, struct transfer *t);

/* A completion from the device: a private copy of a transfer event that came
 * on @ering. */
void transfer_complete(struct engine *e, unsigned int ering, struct tre_copy event);
void transfer_complete_rsc(struct engine *e, unsigned int ering, struct tre_copy event);
