/*
 * rpmsg - the driver that makes files of the endpoints of an rpmsg bus: each is
 * rpmsg/NAME while it is there, and rpmsg/ctrl makes more of them.
 *
 * The bus runs over a channel of the bearer, or over the queues of a virtio
 * device.  A name belongs to the other side: what cannot be in a file name is
 * written %XX, and a second one of the same name is NAME.SRC.DST.
 *
 * Events: "ns", with action ("create", "destroy"), name, src, dst, file.
 */
#pragma once
#include "device/instance.h"

enum { RPMSG_ENDPOINTS = 128 };

/* Adds it to a device that is not started yet, over the channel @c of its bearer,
 * which has the rights, linger and slow_reader of its endpoints as well; nothing
 * happens when @c cannot carry a bus.  @s may have the options greet and
 * strict.  0 or -errno, perhaps with one sentence in @ret_why (caller's). */
int rpmsg_add_over_channel(struct device *d, const struct profile_chan *c, const struct spec *s,
			   struct text *ret_why);

/* The same over a virtio device, which is opened. */
int rpmsg_start_over_virtio(struct device *d, const struct spec *s, struct text *ret_why);
