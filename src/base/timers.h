/*
 * timers - what has to happen when, for code that owns no clock.
 *
 * Time enters here and nowhere else: the event loop calls timers_advance()
 * with the monotonic time once a turn, a test calls it with any time it likes.
 * Everything in between reads timers->now_us.
 */
#pragma once
#include "base/list.h"

#define TIME_NEVER UINT64_MAX

struct timer {
	struct list node;	/* in timers->due while armed */
	uint64_t at_us;
	void (*fn)(void *user);
	void *user;		/* borrowed; outlives the armed timer */
};

struct timers {
	uint64_t now_us;	/* monotonic, never goes back */
	struct list due;	/* armed timers, earliest first */
};

void timers_init(struct timers *t);

/* Sets the time, then calls what is due, in order.  A callback may arm and
 * stop any timer, its own included. */
void timers_advance(struct timers *t, uint64_t now_us);

/* Time passed in which nobody could do anything: all that is armed is due @us later. */
void timers_postpone(struct timers *t, uint64_t us);

/* When the earliest armed timer is due, or TIME_NEVER. */
uint64_t timers_next(const struct timers *t);

void timer_init(struct timer *timer, void (*fn)(void *user), void *user);
bool timer_is_armed(const struct timer *timer);

/* Arms or re-arms @timer; it fires once. */
void timer_start(struct timers *t, struct timer *timer, uint64_t after_us);
void timer_stop(struct timer *timer);
