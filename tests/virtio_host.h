/*
 * virtio_host - a driver of a simulated virtio device, in one memory with it:
 * both queues, whose buffers are of one length, and what the device asked for.
 *
 * Queue 0 is the host's to receive with, queue 1 to send with.
 */
#pragma once
#include "sim/virtio.h"
#include "virtio/vring.h"

enum { HOST_N_MOST = 256, HOST_BUFFER_MOST = 512 };
#define HOST_IOVA 0x100000000ull

struct virtio_host {
	struct timers timers;
	struct sim_virtio *sim;
	uint8_t *mem;		/* ends where it ends */
	size_t len;
	unsigned int n;		/* elements of a queue, and buffers of a direction */
	uint32_t buffer_len;
	struct vring v[SIM_QUEUES];
	struct vring_chain chains[SIM_QUEUES][HOST_N_MOST];
	bool wants_turn;
	unsigned int n_raised[SIM_QUEUES];
	unsigned int n_complaints;
	char complaint[160];	/* the last */
};

/* False: there is no such device. */
bool host_init(struct virtio_host *h, const char *type, const char *mood, uint64_t features,
	       unsigned int n, uint32_t buffer_len);
void host_fini(struct virtio_host *h);

void host_start(struct virtio_host *h, unsigned int queue);
/* Gives the device what it takes up to @most turns. */
void host_run(struct virtio_host *h, unsigned int most);
void host_advance(struct virtio_host *h, uint64_t us);

/* Buffers of the host's: one to receive into, one to send @len bytes in. */
int host_post(struct virtio_host *h, unsigned int buffer);
int host_send(struct virtio_host *h, unsigned int buffer, const void *data, uint32_t len);
/* What came back: a buffer, and the bytes in it. */
int host_take(struct virtio_host *h, unsigned int queue, unsigned int *ret_buffer,
	      uint32_t *ret_len);
uint8_t *host_buffer(const struct virtio_host *h, unsigned int queue, unsigned int buffer);
/* Kicks if that is wanted. */
void host_kick(struct virtio_host *h, unsigned int queue);
