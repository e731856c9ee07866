/*
 * driver - a driver on a device besides its bearer: rpmsg over a channel, the
 * gpio lines of a virtio device, a service.  Several share one device; each
 * holds it up (device_get) until it let go, and adds its own events.
 */
#pragma once
#include "base/list.h"
#include "device/events.h"

struct device;
struct driver;

struct driver_ops {
	struct events_source_ops events;	/* its name, its types of events */
	/* A channel of the bearer that the driver took (device_take_chan) is
	 * offered now, or is not any more; may be missing. */
	void (*offered)(struct driver *dr, bool is_offered);
	/* Orderly end for good: lets go of what it has, then device_put(), now or
	 * later; in any case before close. */
	void (*stop)(struct driver *dr);
	/* The bearer has closed; nothing may be called below any more. */
	void (*close)(struct driver *dr);
	void (*free)(struct driver *dr);	/* with the last reference to the device */
};

struct driver {
	struct list node;	/* in the device's list */
	const struct driver_ops *ops;
	struct device *device;	/* borrowed */
	bool has_device;	/* its device_put() is due */
};

/* Registers its events, checked once, and gets the device for it.  0, -EINVAL or
 * -EEXIST as events_register(); then @dr stays the caller's. */
int device_add_driver(struct device *d, struct driver *dr, const struct driver_ops *ops);
/* The driver let go: device_put() once. */
void driver_put(struct driver *dr);
/* One line of the device's events. */
void driver_tell(struct driver *dr, const char *type, json_t *fields);
