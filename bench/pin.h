/*
 * pin - who runs on which CPU.
 *
 * Left to the scheduler the same round trip takes 8 or 43 microseconds from
 * one second to the next, because waking another virtual CPU is dear.  The
 * client always stays on the first CPU; the other side is placed by choice.
 */
#pragma once
#include <stdbool.h>

enum placement {
	PLACE_ALONE,	/* one thread, no other side */
	PLACE_SAME,	/* both sides on one CPU: the figures that count */
	PLACE_CROSS,	/* one CPU each: told beside them, never a gate */
};

const char *placement_name(enum placement p);
bool pin_can_cross(void);	/* is there a second CPU? */
/* 0 or -errno.  Children inherit it. */
int pin_client(void);
int pin_other(enum placement p);
