/*
 * device - one running device: what bears it, the drivers on it, its files and
 * its events.  All of them share the instance; the registry (registry.h) owns
 * the table of them.
 */
#pragma once
#include "base/list.h"
#include "device/events.h"
#include "device/node.h"
#include "io/loop.h"
#include "port/port.h"

struct device;
struct profile;

/* A channel file. */
struct device_port {
	struct list node;	/* in the list of its directory */
	const char *name;	/* of the file; port_name() leads to it: "rpmsg/NAME" */
	struct port *port;	/* owned */
	mode_t mode;		/* permission bits */
	uid_t uid;
	gid_t gid;
	bool is_offered;	/* the file exists */
	/* An ioctl on it: 0 or -errno.  NULL: ENOTTY. */
	int (*ioctl)(struct device_port *p, void *user, unsigned int cmd);
	void *user;		/* of ioctl; borrowed */
};

/* Memory: valid until the last reference. */
struct device *device_ref(struct device *d);
void device_unref(struct device *d);

/* Hardware: up until the last user puts it down; then it is powered off for
 * good.  The registry is a user, and each driver. */
void device_get(struct device *d);
void device_put(struct device *d);

const char *device_name(const struct device *d);	/* "mhi0" */
const char *device_path_name(const struct device *d);	/* "loopback-0", "pci-0000:01:00.0" */
const char *device_ee(const struct device *d);	/* "AMSS"; static */
bool device_is_gone(const struct device *d);
/* In mission mode or in an error state, one it will be tried to leave later among
 * them: nothing more to wait for at start. */
bool device_is_settled(const struct device *d);
bool device_is_ready(const struct device *d);	/* in mission mode, suspended or not */

/* The system is about to sleep, and was asleep.  Until a device is, at most its
 * time-outs pass. */
void device_sleep(struct device *d);
bool device_is_asleep(const struct device *d);	/* or need not be */
void device_wake(struct device *d);

/* What kind of device it is; NULL: nothing is said of it. */
const struct profile *device_profile(const struct device *d);

/* The root of its files; events is not among them. */
const struct node_dir *device_dir(const struct device *d);
struct events *device_events(struct device *d);
