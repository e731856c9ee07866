/*
 * rpmsg - the driver that makes files of the endpoints of an rpmsg bus: each is
 * rpmsg/NAME while it is there, and rpmsg/ctrl makes more of them.
 *
 * The bus runs over a channel of the bearer, or over what rpmsg_driver_bus() is
 * given to by a virtio device.  A name belongs to the other side: what cannot be
 * in a file name is written %XX, and a second one of the same name is
 * NAME.SRC.DST.
 *
 * Events: "ns", with action ("create", "destroy"), name, src, dst, file.
 */
#pragma once
#include "device/instance.h"
#include "rpmsg/bus.h"

struct rpmsg_driver;

enum { RPMSG_ENDPOINTS = 128 };

struct rpmsg_setup {
	const char *channel;	/* of the bearer, that carries the bus; NULL: none */
	/* Rights, linger and slow_reader of the files; borrowed, outlives the
	 * device. */
	const struct profile_chan *like;
	size_t mtu;		/* of messages, header included */
	bool greets;		/* as struct rpmsg_bus_config */
};

/* The option greet of a device, when it is given.  0, or -EINVAL with one sentence
 * in @ret_why (caller's). */
int rpmsg_greets(const struct spec *s, bool *ret_greets, struct text *ret_why);

/* Adds it to a device that is not started yet.  0 or -errno. */
int rpmsg_driver_add(struct device *d, const struct rpmsg_setup *s,
		     struct rpmsg_driver **ret_driver);

/* For a carrier that is not the driver's own. */
struct rpmsg_bus *rpmsg_driver_bus(struct rpmsg_driver *r);
