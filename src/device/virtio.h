/*
 * virtio - the bearer of a virtio device that another process emulates.
 *
 * What the device does is its taker's (gpio, rpmsg), which is a driver on the
 * same device; the bearer opens it, keeps its state, and opens it again, a little
 * later each time, after the process died.  Every opening is a fresh start with
 * fresh memory: what was remembered of the device's doings is to be done again.
 */
#pragma once
#include "device/bearer.h"
#include "io/loop.h"
#include "transport/vhost_user.h"

struct virtio_taker_ops {
	/* As virtio/ops.h says, but: ended() comes after every opening, however
	 * far it came, from the loop or from inside a write to power; @status is
	 * what files end with: -ENODEV, or -ECONNRESET. */
	struct virtio_driver_ops queues;
	/* The orderly end is coming: virtio_bearer_parted() answers, now or within
	 * four seconds.  NULL: nothing to do. */
	void (*part)(void *user);
	void (*show_info)(void *user, struct text *out);	/* may be NULL */
};

/* @path: of the socket, copied.  @waits: a device that never was ready is
 * waited for as well.  NULL without memory. */
struct bearer *virtio_bearer_new(struct loop *l, const char *path, bool waits);

/* Opens it for the first time.  @need, @ops and @user are borrowed as long as the
 * device has memory.  0, or -errno and one sentence in @ret_why. */
int virtio_bearer_start(struct bearer *b, const struct vhost_user_need *need,
			const struct virtio_taker_ops *ops, void *user, struct text *ret_why);

/* From running() on, the taker has set up all it must: the device is ready. */
void virtio_bearer_ready(struct bearer *b);
/* The device broke a rule (a sentence): ended() follows from the loop, and the
 * device is in error until somebody resets it.  Twice is as good as once. */
void virtio_bearer_fail(struct bearer *b, const char *why);
void virtio_bearer_parted(struct bearer *b);
void virtio_bearer_kick(struct bearer *b, unsigned int queue);	/* nothing unless open */
