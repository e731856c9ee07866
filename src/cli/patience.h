/*
 * patience - runs what may hang, and lets go of it.
 *
 * A call into a mount whose daemon is stopped ends with nothing but the death
 * of the process: not by a signal that has a handler, not by an alarm.  So the
 * work is done in a child, and the parent keeps the time and the signals.
 */
#pragma once

enum { PATIENCE_OVER = -1, PATIENCE_INTERRUPTED = -2, PATIENCE_FAILED = -3 };

/* What @fn returned (0..255), PATIENCE_OVER after @limit_s seconds (0: never),
 * PATIENCE_INTERRUPTED on SIGINT or SIGTERM, PATIENCE_FAILED when @fn crashed or
 * could not be started.  Buffered output is flushed before and after @fn. */
int patience_run(int (*fn)(void *user), void *user, unsigned int limit_s);
