/*
 * ops - a virtio device as its driver sees it: two queues in memory that both
 * share, kicks and interrupts.  A transport (vhost_user) implements
 * virtio_ops and calls virtio_driver_ops; everything from the loop.
 *
 * The order is fixed: offered, prepare, then running; from prepare on the
 * device may already use what was published.
 */
#pragma once
#include "base/iova.h"
#include "virtio/vring.h"

enum { VIRTIO_QUEUES = 2, VIRTIO_CONFIG_MOST = 256 };

/* What the device says of itself. */
struct virtio_offer {
	uint64_t features;
	const uint8_t *config;	/* borrowed for the call; NULL: not told */
	size_t config_len;
	unsigned int most;	/* elements a queue may have, power of two */
};

/* What the driver makes of it. */
struct virtio_choice {
	uint64_t features;	/* VERSION_1 among them */
	unsigned int n[VIRTIO_QUEUES];	/* elements, power of two */
	size_t len;		/* bytes of shared memory */
};

/* That memory: zeroed, page aligned, mapped by the device as well, which may
 * write to all of it. */
struct virtio_memory {
	uint8_t *cpu;
	iova_t iova;
	size_t len;
};

struct virtio_driver_ops {
	/* How much of the configuration is to be read before offered(). */
	size_t config_len;
	/* 0, or -errno with a sentence in @ret_why (static or the driver's). */
	int (*offered)(void *user, const struct virtio_offer *o, struct virtio_choice *ret_choice,
		       const char **ret_why);
	/* Lay out the rings, post every receive buffer, bind every handler: the
	 * device may begin before this returns to the loop.  @ret_parts: by
	 * queue. */
	void (*prepare)(void *user, const struct virtio_memory *m,
			struct vring_parts ret_parts[VIRTIO_QUEUES]);
	void (*running)(void *user);	/* both queues, DRIVER_OK; look at them once */
	void (*interrupt)(void *user, unsigned int queue);	/* also without need */
	/* The device will not touch the memory again, or is lost and may: 0 after
	 * stop(), else -errno and why (a sentence).  No call follows; the memory
	 * is unmapped when this returns. */
	void (*ended)(void *user, int status, const char *why);
};

struct virtio;

struct virtio_ops {
	void (*kick)(struct virtio *v, unsigned int queue);
	void (*stop)(struct virtio *v);		/* orderly; ended follows, within 5 s */
	void (*close)(struct virtio *v);	/* frees; no call follows */
};

struct virtio {
	const struct virtio_ops *ops;
};
