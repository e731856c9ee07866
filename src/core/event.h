/*
 * event - event rings: what the device says.
 *
 * An element is copied once, overwritten with an invalid type, then judged by
 * the copy, so a stale one is never believed twice.  At most EVENT_BUDGET
 * elements a turn; the doorbell is rung once for all of them.
 *
 * Source: mhi host main.c, mhi_process_data_event_ring().
 */
#pragma once
#include "core/ring.h"

struct engine;
struct ering_config;

enum {
	EVENT_BUDGET = 64,
	EVENT_STRIKES = 256,	/* unexpected events a second, then it is broken */
	EVENT_MISROUTED = 3,	/* events on a wrong ring, then it is broken */
	EVENT_PATIENCE_US = 1000,	/* rp moved, but no element yet */
};

struct ering {
	struct ring ring;	/* wp: the last element handed back, one before rp */
	struct event_ctx *ctx;
	const struct ering_config *config;
	uint32_t end;		/* where the present pass ends */
	uint32_t bell;		/* doorbell offset */
	uint8_t index;
	uint8_t vector;
	bool is_armed;		/* handed to the device */
	bool has_more;		/* budget used up */
	bool has_worked;	/* took something since its last interrupt */
	bool is_burst;
	bool in_db_mode;	/* burst: the next doorbell is wanted */
	uint64_t invalid_us;	/* an invalid element is waited for since; 0: none */
};

/* Fills the context; the device gets no element yet. */
void ering_init(struct engine *e, struct ering *r);
/* Hands all elements but one to the device; hardware rings wait for mission
 * mode. */
enum erings { ERINGS_SOFTWARE, ERINGS_HARDWARE };
void erings_arm(struct engine *e, enum erings which);
void ering_ring(struct engine *e, struct ering *r);

/* Its interrupt came. */
void ering_irq(struct engine *e, struct ering *r);
/* Takes at most @most events; how many it took. */
unsigned int ering_take(struct engine *e, struct ering *r, unsigned int most);
/* Ends the pass that is under way, if any. */
void ering_stop(struct ering *r);
/* Takes everything the device has published by now. */
void ering_drain(struct engine *e, struct ering *r);

/* The device said something that makes no sense, and may do so a few times. */
void event_strike(struct engine *e, const char *what, struct tre_copy event);
