/*
 * driver - a driver on a device besides its bearer: rpmsg over a channel, the
 * gpio lines of a virtio device, a service.  Several share one device; each
 * holds it up (device_get) until it let go, and adds its own events.
 */
#pragma once
#include "base/list.h"
#include "core/link.h"
#include "device/events.h"

struct device;
struct driver;

struct driver_ops {
	struct events_source_ops events;	/* its name, its types of events */
	/* The channel of the bearer it took for itself: it has no file then.  NULL:
	 * none, and offered is not called. */
	const char *channel;
	/* That channel, unless it was yielded, is offered now, or is not any more. */
	void (*offered)(struct driver *dr, struct link *l, unsigned int chan, bool is_offered);
	/* Orderly end for good: lets go of what it has, then driver_put(), now or
	 * later. */
	void (*stop)(struct driver *dr);
	/* The bearer has closed, its links are gone; driver_put() if it is due. */
	void (*close)(struct driver *dr);
	void (*free)(struct driver *dr);	/* with the last reference to the device */
};

struct driver {
	struct list node;	/* in the device's list */
	const struct driver_ops *ops;
	struct device *device;	/* borrowed */
	bool has_device;	/* its driver_put() is due */
	bool has_yielded;	/* it has no channel any more */
};

/* Registers its events, checked once, and gets the device for it; the device
 * owns it from now on.  0, or -EINVAL and -EEXIST as events_register(): then @dr
 * stays the caller's. */
int device_add_driver(struct device *d, struct driver *dr, const struct driver_ops *ops);
/* Should the device end in error, this is why, and not what the bearer says; ""
 * takes it back.  @why is copied. */
void driver_blame(struct driver *dr, const char *why);
/* The driver let go of the device; safe twice. */
void driver_put(struct driver *dr);
/* Can its channel become a file, while the driver stays?  Then it does, once the
 * driver has closed it. */
bool driver_may_yield(const struct driver *dr);
void driver_yield(struct driver *dr);
/* One line of the device's events; takes @fields. */
void driver_tell(struct driver *dr, const char *type, json_t *fields);
