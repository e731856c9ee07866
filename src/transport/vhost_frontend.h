/*
 * vhost_frontend - what the files of the vhost-user front-end share: the
 * connection, and the steps it goes through.
 */
#pragma once
#include "transport/sealed.h"
#include "transport/vhost_dialog.h"
#include "transport/vhost_user.h"

struct vhost_user;

/* Eventfds of a queue. */
enum { VHOST_ERR, VHOST_CALL, VHOST_KICK, VHOST_FDS };

struct vhost_queue {
	struct vhost_user *v;
	unsigned int n;		/* elements */
	struct vring_parts parts;	/* guest addresses */
	int fds[VHOST_FDS];	/* -1: none; ours, and the back-end has them too */
	struct loop_fd *call_watch, *err_watch;
};

enum vhost_life { VHOST_STARTING, VHOST_RUNNING, VHOST_STOPPING, VHOST_OVER };

struct vhost_user {
	struct virtio virtio;
	struct loop *loop;		/* borrowed, as the next three */
	const struct vhost_user_need *need;
	const struct virtio_driver_ops *driver;
	void *user;
	enum vhost_life life;
	struct vhost_dialog dialog;
	const struct vhost_step *step;	/* the next */
	union vhu_payload payload;	/* of the question being asked */
	struct timer whole;		/* start or stop take no longer */
	uint64_t offered;		/* virtio features */
	uint64_t protocol;		/* protocol features in use */
	struct virtio_choice choice;
	uint8_t config[VIRTIO_CONFIG_MOST];
	struct sealed memory;
	struct vhost_queue queues[VIRTIO_QUEUES];
	int status;			/* of ended() */
	struct text why;
	struct defer ended;
	unsigned int n_inside;		/* callbacks being run */
	bool is_closed;			/* freed when the last of them returns */
};

/* Where the back-end sees the memory.  Two numbers that are no pointers of ours,
 * and apart, so that nobody mixes them up for long. */
#define VHOST_GUEST_AT 0x40000000ULL
#define VHOST_USER_AT 0x600000000000ULL

/* Begins the steps of the start, or of the stop. */
void vhost_steps_start(struct vhost_user *v);
void vhost_steps_stop(struct vhost_user *v);
/* The reply came: on with the steps. */
void vhost_steps_reply(struct vhost_user *v, const void *payload, size_t len);

/* Over; ended() follows from the loop.  Keeps the first reason.  Returns @status. */
int vhost_user_fail(struct vhost_user *v, int status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void vhost_user_stopped(struct vhost_user *v);

/* Memory, eventfds in the loop, then the driver's prepare().  0 or -errno, failed. */
int vhost_user_prepare(struct vhost_user *v);
void vhost_user_run(struct vhost_user *v);	/* started: kick both, then running() */
