/*
 * liar - an engine over a simulated modem (tests/engine_rig.h) that does not tell
 * the truth.
 *
 * The input is used from both ends: what the host does from its beginning, what
 * the device says from its end, until they meet; from then on the device is
 * honest.  Each register read, each register write and each look at shared
 * memory is a chance to lie.  A byte of 128 + n lets n chances pass, another
 * one is the lie.
 *
 * What holds, whatever it says: no access beyond the BAR or to a card that is
 * gone, each slot back once, each request for power answered once, an error
 * with a reason.  And at the end, the device honest again: it comes to rest, it
 * can be switched off, and from a cold start it works.
 */
#pragma once
#include "tests/engine_rig.h"

enum { LIAR_READ, LIAR_WRITE, LIAR_LOOK, LIAR_CHANCES };

struct liar {
	struct rig rig;
	const uint8_t *data;	/* input that is left */
	size_t len;
	unsigned int calm[LIAR_CHANCES];	/* so many chances pass */
	unsigned int chances;	/* bits: of which there are lies */
	bool only_bhi;		/* of registers, only those of BHI and BHIe */
	bool is_away;		/* the card does not answer for itself */
	bool is_slow;		/* images are given later, by liar_give_image() */
	uint32_t last;		/* value of the last register read */
	unsigned int n_started;	/* requests for power that are answered later */
	unsigned int n_opens[RIG_CHANS];	/* accepted */
};

/* Whose hardware answers; its rig may be changed before liar_start(). */
void liar_init(struct liar *l, const uint8_t *data, size_t len);
void liar_start(struct liar *l);
void liar_end(struct liar *l);	/* the last checks */

/* Bytes from the beginning of the input; 0 when there are none. */
uint64_t liar_take(struct liar *l, unsigned int n_bytes);

void liar_power(struct liar *l, enum engine_power what);
void liar_open(struct liar *l, unsigned int chan);
void liar_give_image(struct liar *l);
void liar_take_dumps(struct liar *l, bool wants_them);
/* All that follows from an action, and what holds after each. */
void liar_settle(struct liar *l);
