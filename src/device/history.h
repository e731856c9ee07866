/*
 * history - the last things that happened to a device, for the report of a
 * crash.  A ring of short lines in the device itself: nothing is allocated.
 */
#pragma once
#include "base/text.h"

enum { HISTORY_LINES = 128, HISTORY_LINE = 112 };

struct history {
	struct {
		uint64_t at_us;
		char text[HISTORY_LINE];
	} lines[HISTORY_LINES];
	unsigned int n;		/* ever */
};

/* A line longer than the room for it is cut. */
void history_add(struct history *h, uint64_t now_us, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Oldest first, each with the seconds before @now_us. */
void history_show(const struct history *h, uint64_t now_us, struct text *out);
