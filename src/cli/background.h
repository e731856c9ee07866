/*
 * background - the process that the caller sees waits until the daemon is
 * ready, and ends with its result.
 */
#pragma once

struct background {
	int report;	/* pipe to the waiting parent; -1: nobody waits */
};

/* Closes what the caller left open beyond stderr, except @keep (-1: nothing): a
 * daemon that holds a pipe of its caller keeps somebody waiting for ever. */
void background_close_inherited(int keep);

/* Forks.  Returns 0 in the child, or -errno when there is none; the parent
 * does not return but ends with the code that the child reports, or with
 * @lost_code when the child died without. */
int background_start(struct background *b, int lost_code);

/* The daemon is ready: ends the parent with 0 and lets go of the terminal. */
void background_ready(struct background *b);
/* It will not be: ends the parent with @code.  Nothing after background_ready(). */
void background_fail(struct background *b, int code);
