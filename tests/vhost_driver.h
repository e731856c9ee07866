/*
 * vhost_driver - a driver of two queues for tests of a virtio transport: queue 0
 * receives, queue 1 sends.  It counts what it is told, and aborts the test
 * when that comes in the wrong order.
 */
#pragma once
#include "virtio/ops.h"

enum { VHOST_DRIVER_N = 8, VHOST_DRIVER_BUFFER = 64 };

struct vhost_driver {
	struct virtio_driver_ops ops;
	struct virtio *virtio;		/* set by who opens it */
	/* What to do when asked. */
	uint64_t wanted;		/* features, as far as offered; VERSION_1 always */
	int refuses;			/* of offered() */
	/* Closes from inside of this many calls from now; 0: never. */
	unsigned int close_after, stop_after;
	/* What it was told. */
	uint64_t offered;
	uint8_t config[VIRTIO_CONFIG_MOST];
	size_t config_len;
	unsigned int n_offered, n_prepared, n_running, n_interrupts, n_ended;
	int status;
	char why[256];
	/* Its rings. */
	struct virtio_memory memory;
	struct vring rings[VIRTIO_QUEUES];
	struct vring_chain chains[VIRTIO_QUEUES][VHOST_DRIVER_N];
	unsigned int n_received, n_sent;
	uint32_t last_len;
	uint8_t last[VHOST_DRIVER_BUFFER];
};

/* @config_len: 0: none wanted. */
void vhost_driver_init(struct vhost_driver *d, size_t config_len);
/* False: no buffer is free. */
bool vhost_driver_send(struct vhost_driver *d, const char *text);
/* Takes what came back, posts receive buffers again. */
void vhost_driver_look(struct vhost_driver *d);
