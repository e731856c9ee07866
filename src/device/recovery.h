/*
 * recovery - what to do about a device that failed: how long to wait before it
 * is reset, and when to leave it alone.
 *
 * A decision only: no clock, no device.  The first reset comes at once; each
 * further one within the window later, and after the last one the device stays
 * in error until somebody writes to power.
 */
#pragma once
#include "base/bytes.h"

enum {
	RECOVERY_MOST = 5,			/* resets within the window */
	RECOVERY_WINDOW_US = 600 * 1000000,	/* 10 minutes */
};

struct recovery {
	uint64_t at_us[RECOVERY_MOST];	/* of the last resets, oldest first */
	unsigned int n;
};

enum { RECOVERY_RESET, RECOVERY_GIVE_UP };

/* The device failed now.  RECOVERY_RESET: reset it after @ret_delay_us, which
 * counts as done; RECOVERY_GIVE_UP: not again. */
int recovery_next(struct recovery *r, uint64_t now_us, uint64_t *ret_delay_us);
/* Somebody took it into their own hands: everything counts anew. */
void recovery_forget(struct recovery *r);
