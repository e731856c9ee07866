/*
 * vhost_user - a virtio device that another process emulates, over a UNIX
 * socket: the front-end (virtio/ops.h).
 *
 * Nothing waits: connected, it goes through the start of the protocol in the loop,
 * with five seconds for each reply and thirty for all.  ended() tells: 0 after stop();
 * -ENODEV when the back-end left, fell silent or wants a reset, which may be
 * better after another open; -EPROTO when it broke a rule; the driver's own
 * status when offered() refused; -EOPNOTSUPP and -errno when it cannot be.
 *
 * The peer is not trusted.  All it is given is one sealed piece of memory,
 * made for this connection and never used again.
 */
#pragma once
#include "base/text.h"
#include "io/loop.h"
#include "virtio/ops.h"

/* What vhost-user cannot say, for it has no device id. */
struct vhost_user_need {
	const char *type;	/* "rpmsg", "gpio": for sentences */
	/* Why a back-end that tells no configuration is refused: a clause to end a
	 * sentence.  NULL: it may be without. */
	const char *no_config;
};

/* Connects.  @need, @ops and @user are borrowed until ended() or close().  0 or
 * -errno with one sentence in @ret_why (caller's). */
int vhost_user_open(struct loop *l, const char *path, const struct vhost_user_need *need,
		    const struct virtio_driver_ops *ops, void *user,
		    struct virtio **ret_virtio, struct text *ret_why);
