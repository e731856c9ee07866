/*
 * pace - register reads, one a turn.
 *
 * A read is the one thing here that takes as long as the device likes, perhaps
 * 50 ms, and nobody else is served meanwhile.  So a turn, that is all that happens
 * at one value of timers->now_us, reads one register; a sequence goes on in the
 * next turn.  A device that fails costs one more, its EXECENV.  Only reads
 * count: writes and doorbells are posted, and transfers do without reads.
 */
#pragma once
#include "base/timers.h"

struct engine;

enum { PACE_NEXT_US = 1 };	/* the next turn */

struct pace {
	uint64_t turn_us;	/* the turn that read last */
	void (*step)(struct engine *e);	/* comes next; NULL: no sequence is under way */
	struct timer timer;
};

void pace_init(struct engine *e);
void pace_fini(struct engine *e);

/* One register is read. */
void pace_count(struct engine *e);
/* May this turn read one yet? */
bool pace_may_read(const struct engine *e);
/* @step, which reads one register: now, or as soon as a turn may.  One sequence at
 * a time: it replaces what waits; state_step() forgets it. */
void pace_go_on(struct engine *e, void (*step)(struct engine *e));
void pace_forget(struct engine *e);
bool pace_is_waiting(const struct engine *e);
/* In the next turn there are chores. */
void pace_want_chores(struct engine *e);
