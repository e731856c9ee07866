/*
 * loop - the one event loop.  libev is seen by loop.c alone.
 *
 * A turn: wait for descriptors (or the earliest timer), set the time, call
 * what is due, then run the deferred work until none is left or the budget of
 * a turn is used up; what remains makes the next wait end at once.
 */
#pragma once
#include "base/timers.h"

struct loop;
struct loop_fd;

enum { LOOP_READ = 1, LOOP_WRITE = 2 };

/* NULL without memory or kernel objects. */
struct loop *loop_new(void);
void loop_free(struct loop *l);

/* Runs until loop_stop(). */
void loop_run(struct loop *l);
void loop_stop(struct loop *l);
/* One turn; waits only when @may_wait.  For tests and benchmarks. */
void loop_turn(struct loop *l, bool may_wait);

/* Every timer of the process; now_us is the monotonic time of this turn. */
struct timers *loop_timers(struct loop *l);

/* Watches a borrowed descriptor, level-triggered, one call per turn.  NULL
 * without memory.  loop_unwatch() is safe inside the callback, and on NULL. */
struct loop_fd *loop_watch(struct loop *l, int fd, int what,
			   void (*fn)(void *user, int what), void *user);
void loop_unwatch(struct loop_fd *f);

/* Work for later in this turn: embedded in the object that wants it.  Calling
 * loop_defer() again before it ran changes nothing. */
struct defer {
	struct list node;
	void (*fn)(void *user);
	void *user;
};
void defer_init(struct defer *d, void (*fn)(void *user), void *user);
void loop_defer(struct loop *l, struct defer *d);
void defer_cancel(struct defer *d);

/* Calls @fn from the loop when @signo arrives; at most 8 signals. */
int loop_on_signal(struct loop *l, int signo, void (*fn)(void *user, int signo),
		   void *user);
