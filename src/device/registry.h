/*
 * registry - the devices of this process by bus address.
 *
 * A device gets the lowest free number; an address that comes back gets its
 * number back.
 */
#pragma once
#include "device/device.h"
#include "device/config.h"
#include "device/spec.h"

struct registry;

struct registry_ops {
	/* A device came or went, or became settled; paths may have changed. */
	void (*changed)(void *user);
	/* A device of this spec was made, not started: drivers may be added.  0 or
	 * -errno with one sentence in @ret_why; may be missing. */
	int (*born)(void *user, struct device *d, const struct spec *s, struct text *ret_why);
};

/* All arguments are borrowed.  NULL without memory. */
struct registry *registry_new(struct loop *l, const struct config *c,
			      const struct registry_ops *ops, void *user);
/* Drops the registry's references; devices must have been shut down. */
void registry_free(struct registry *r);

/* Devices that end the process while they start are noted in the file @path: after
 * a new start they are tried last, each when all others are settled, and left
 * out when that ended in death STARTS_MOST times in a row.  Before the first
 * registry_add(); 0 or -ENOMEM. */
int registry_remember(struct registry *r, const char *path);

/* Opens, probes and starts a device.  On failure nothing is left behind and
 * @ret_why (caller's, empty) holds one sentence: what, which value, what would
 * be right.  -EBUSY when the address is taken.  REGISTRY_LEFT_OUT: processes died
 * over it, so it is not touched; with a sentence as well. */
enum { REGISTRY_LEFT_OUT = 1 };
int registry_add(struct registry *r, const struct spec *s, struct text *ret_why);
/* Whoever watches a bus calls it: devices whose spec has the option wait, and
 * that are absent or have left, are tried again.  With it -ENODEV is no failure
 * of registry_add().  A USB modem that has left is always waited for: it comes
 * back by itself, on the same port, perhaps with other ids. */
void registry_look(struct registry *r);

/* By number (0..n-1, gaps skipped), NULL at the end. */
struct device *registry_device(struct registry *r, unsigned int i);
struct device *registry_find(struct registry *r, const char *name);

/* Are all devices settled? */
bool registry_is_settled(struct registry *r);

/* Around a sleep of the system, for each device; see device.h. */
void registry_sleep(struct registry *r);
bool registry_is_asleep(struct registry *r);
void registry_wake(struct registry *r);

/* Orderly end of everything: parked calls get their error, channels and
 * devices are reset; done is called from the loop, within 5 s. */
void registry_shutdown(struct registry *r, void (*done)(void *user), void *user);
