/*
 * notify - tells a service manager how we are (sd_notify(3)), without its
 * library: one datagram to the socket that NOTIFY_SOCKET names.
 */
#pragma once
#include "io/loop.h"

struct notify {
	int fd;			/* -1: nobody wants to know */
	struct loop *loop;	/* borrowed */
	struct timer watchdog;
	uint64_t interval_us;	/* half of what the watchdog grants; 0: none */
};

/* Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID, once.  The watchdog is
 * fed from the loop as long as that turns.  Never fails: a manager that cannot
 * be reached hears nothing. */
void notify_open(struct notify *n, struct loop *l);
void notify_close(struct notify *n);

/* "READY=1", "STATUS=...", "STOPPING=1"; several lines at once are fine. */
void notify_say(struct notify *n, const char *lines);
