/*
 * state - the life of a device: which event is legal in which state, and the
 * one door through which the state changes.
 *
 * Source: Linux drivers/bus/mhi/host/pm.c, dev_state_transitions.
 */
#pragma once

struct engine;

enum dev_state {
	DEV_OFF,
	DEV_BOOT,	/* waits for mission mode and READY */
	DEV_RESET,	/* waits for the RESET bit to clear, then boots */
	DEV_READY,	/* contexts programmed, M0 asked for */
	DEV_M0,
	DEV_M2,
	DEV_M3_ENTER,	/* M3 asked for */
	DEV_M3,
	DEV_M3_EXIT,	/* M0 asked for */
	DEV_SHUTDOWN,	/* channels are being reset */
	DEV_HALT,	/* RESET written, waits for it to clear */
	DEV_ERROR,
	DEV_GONE,
	N_DEV_STATES
};

enum dev_event {
	ON_POWER_ON,
	ON_FOUND_RUNNING,	/* somebody left it in M0..M3 or SYS_ERR */
	ON_RESET_CLEAR,
	ON_READY,
	ON_M0,
	ON_M1,
	ON_M3,
	ON_SUSPEND,
	ON_RESUME,
	ON_POWER_OFF,	/* channels may still run */
	ON_QUIET,	/* no channel runs any more */
	ON_FAILURE,
	ON_GONE,
	N_DEV_EVENTS
};

enum { STATE_OK, STATE_REFUSED };

/* Sets of states. */
#define IN(state) (1u << DEV_##state)

/* The row of the table: the state that follows, or STATE_REFUSED. */
int state_next(enum dev_state from, enum dev_event when, enum dev_state *ret_to);

/* The only place that assigns e->state; then runs what belongs to the new
 * state.  STATE_REFUSED changes nothing. */
int state_step(struct engine *e, enum dev_event when);

const char *dev_state_name(enum dev_state s);
const char *dev_event_name(enum dev_event when);
