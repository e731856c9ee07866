/*
 * logind - goes along with the sleep of the system: holds it up until every
 * device is suspended, for a few seconds at most, and wakes them afterwards.
 *
 * Through libsystemd's D-Bus, on descriptors of the loop.  Where there is no bus,
 * no logind, or no libsystemd, nothing happens; what was there and leaves is not
 * looked for again, but for a logind that restarts.
 *
 * Source: org.freedesktop.login1(5), Inhibit() and PrepareForSleep.
 */
#pragma once
#include "device/registry.h"

struct logind;

/* Both are borrowed.  NULL: nobody tells when the system sleeps. */
struct logind *logind_new(struct loop *l, struct registry *r);
void logind_free(struct logind *l);	/* safe on NULL */

/* A device changed: has the system nothing to wait for any more?  Safe on NULL. */
void logind_look(struct logind *l);
