/*
 * vhost_device - the simulated virtio device as a vhost-user front-end drives
 * it: its memory, its two queues, its status.  Knows nothing of sockets.
 *
 * The front-end may say anything at any time, twice, or never.  A queue runs while all is
 * there that it needs; nothing else is touched.
 */
#pragma once
#include "io/log.h"
#include "io/loop.h"
#include "serve/vhost_memory.h"
#include "sim/virtio.h"

/* Eventfds of a queue. */
enum vhost_notifier { VHOST_KICK, VHOST_CALL, VHOST_ERR, VHOST_NOTIFIERS };

struct vhost_vring {
	struct vhost_device *device;
	unsigned int n;			/* elements; 0: not told */
	struct vhu_addr at;		/* of the ring; desc 0: not told */
	uint16_t base;			/* avail index to begin at */
	int fds[VHOST_NOTIFIERS];	/* -1: none; owned */
	struct loop_fd *kick_watch;
	bool is_started;		/* KICK was given, and no stop since */
	bool is_enabled;
	bool is_running;		/* the device has it */
};

struct vhost_counts {
	uint64_t kicks, calls, complaints;
};

struct vhost_device {
	struct loop *loop;		/* borrowed */
	struct sim_virtio *sim;
	struct vhost_memory memory;
	struct vhost_vring vrings[SIM_QUEUES];
	uint64_t features;		/* accepted; 0: none yet */
	uint8_t status;
	bool saw_driver;		/* the front-end keeps a whole status */
	struct defer turn;
	struct log_limit complaints;
	struct vhost_counts counts;
};

/* @type, @mood: as sim_virtio_new(); borrowed.  0, or -EINVAL: no such word. */
int vhost_device_init(struct vhost_device *d, struct loop *l, const char *type,
		      const char *mood, uint64_t seed);
void vhost_device_fini(struct vhost_device *d);	/* safe twice, and when zeroed */

/* The front-end left: nothing of it stays. */
void vhost_device_detach(struct vhost_device *d);
/* As after power-on; memory and call eventfds stay. */
void vhost_device_reset(struct vhost_device *d);
/* It gives up its queues, as the status and the error eventfds tell.  False: nobody
 * was there to be told. */
bool vhost_device_give_up(struct vhost_device *d);

/* The rest returns 0, or -errno and changes nothing. */

/* @are_enabled: the queues need no ENABLE.  -EINVAL: not offered, no VERSION_1;
 * -EBUSY: others while a queue runs. */
int vhost_device_accept(struct vhost_device *d, uint64_t features, bool are_enabled);
void vhost_device_set_status(struct vhost_device *d, uint8_t status);

/* @fds are borrowed.  The queues run on where they still fit. */
int vhost_device_set_memory(struct vhost_device *d, const struct vhu_region *regions,
			    const int *fds, unsigned int n);
int vhost_device_add_memory(struct vhost_device *d, const struct vhu_region *r, int fd);
int vhost_device_remove_memory(struct vhost_device *d, const struct vhu_region *r);

/* -EINVAL: no such queue, or what cannot be; -EBUSY: not while it runs. */
int vhost_device_set_num(struct vhost_device *d, uint32_t queue, uint32_t n);
int vhost_device_set_base(struct vhost_device *d, uint32_t queue, uint32_t base);
int vhost_device_set_addr(struct vhost_device *d, const struct vhu_addr *at);
int vhost_device_enable(struct vhost_device *d, uint32_t queue, uint32_t is);
/* Takes @fd, always; -1: none, which is no way to kick. */
int vhost_device_set_fd(struct vhost_device *d, uint32_t queue, enum vhost_notifier which,
			int fd);
int vhost_device_stop(struct vhost_device *d, uint32_t queue, uint32_t *ret_base);
