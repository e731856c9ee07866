/*
 * device - one running device: its link, its ports, its attribute files, its
 * events.  Drivers on one physical device share the instance; the registry
 * (registry.h) owns the table of them.
 */
#pragma once
#include "base/list.h"
#include "device/events.h"
#include "device/node.h"
#include "device/profile.h"
#include "io/loop.h"
#include "port/port.h"

struct device;
struct spec;

/* A channel file of a device. */
struct device_port {
	struct port *port;	/* owned by the device */
	mode_t mode;		/* permission bits */
	uid_t uid;
	gid_t gid;
	bool is_offered;	/* the file exists */
};

/* Refcounted; memory stays valid until the last user lets go.  When the last
 * reference of the registry goes the device is powered down. */
struct device *device_ref(struct device *d);
void device_unref(struct device *d);

const char *device_name(const struct device *d);	/* "mhi0" */
const char *device_path_name(const struct device *d);	/* "loopback-0", "pci-0000:01:00.0" */
bool device_is_gone(const struct device *d);
/* In mission mode or in an error state: nothing more to wait for at start. */
bool device_is_settled(const struct device *d);
bool device_is_ready(const struct device *d);	/* in mission mode, suspended or not */

unsigned int device_n_ports(const struct device *d);
struct device_port *device_port(struct device *d, unsigned int i);
const struct list *device_nodes(const struct device *d);	/* of struct node */
struct events *device_events(struct device *d);
