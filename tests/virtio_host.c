#include "tests/virtio_host.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

static void *reach(void *bus, uint64_t addr, uint32_t len)
{
	struct virtio_host *h = bus;
	uint64_t at = addr - HOST_IOVA;

	return at < h->len && len <= h->len - at ? h->mem + at : NULL;
}

static void raise_interrupt(void *bus, unsigned int queue)
{
	((struct virtio_host *)bus)->n_raised[queue]++;
}

static void wants_turn(void *bus)
{
	((struct virtio_host *)bus)->wants_turn = true;
}

static void complain(void *bus, const char *sentence)
{
	struct virtio_host *h = bus;

	h->n_complaints++;
	snprintf(h->complaint, sizeof(h->complaint), "%s", sentence);
}

static const struct sim_virtio_bus_ops bus_ops = { reach, raise_interrupt, wants_turn, complain };

static size_t buffers_at(const struct virtio_host *h, unsigned int queue)
{
	return SIM_QUEUES * vring_len(h->n) + (size_t)queue * h->n * h->buffer_len;
}

bool host_init(struct virtio_host *h, const char *type, const char *mood, uint64_t features,
	       unsigned int n, uint32_t buffer_len)
{
	*h = (struct virtio_host){ .n = n, .buffer_len = buffer_len };
	timers_init(&h->timers);
	h->sim = sim_virtio_new(type, mood, 1, &h->timers, &bus_ops, h);
	if (!h->sim)
		return false;
	sim_virtio_accept(h->sim, VIRTIO_F_VERSION_1 | features);
	h->len = round_up(buffers_at(h, SIM_QUEUES), 16);
	h->mem = aligned_alloc(16, h->len);
	assert(h->mem);
	for (unsigned int i = 0; i < SIM_QUEUES; i++)
		vring_init(&h->v[i], h->mem + i * vring_len(n), HOST_IOVA + i * vring_len(n), n,
			   h->chains[i], features & VIRTIO_F_EVENT_IDX);
	return true;
}

void host_fini(struct virtio_host *h)
{
	sim_virtio_free(h->sim);
	free(h->mem);
	h->sim = NULL;
	h->mem = NULL;
}

void host_start(struct virtio_host *h, unsigned int queue)
{
	const struct vring *v = &h->v[queue];

	sim_virtio_start_queue(h->sim, queue, &(struct sim_queue_setup){
		.n = h->n, .desc = v->desc, .avail = v->avail, .used = v->used,
	});
}

void host_run(struct virtio_host *h, unsigned int most)
{
	while (h->wants_turn && most--) {
		h->wants_turn = false;
		sim_virtio_turn(h->sim);
	}
}

void host_advance(struct virtio_host *h, uint64_t us)
{
	timers_advance(&h->timers, h->timers.now_us + us);
}

uint8_t *host_buffer(const struct virtio_host *h, unsigned int queue, unsigned int buffer)
{
	return h->mem + buffers_at(h, queue) + (size_t)buffer * h->buffer_len;
}

static struct vring_piece piece(const struct virtio_host *h, unsigned int queue,
				unsigned int buffer, uint32_t len)
{
	return (struct vring_piece){
		HOST_IOVA + (uint64_t)(host_buffer(h, queue, buffer) - h->mem), len,
	};
}

int host_post(struct virtio_host *h, unsigned int buffer)
{
	struct vring_piece p = piece(h, 0, buffer, h->buffer_len);

	return vring_add(&h->v[0], &p, 0, 1, buffer);
}

int host_send(struct virtio_host *h, unsigned int buffer, const void *data, uint32_t len)
{
	struct vring_piece p = piece(h, 1, buffer, len);

	memcpy(host_buffer(h, 1, buffer), data, len);
	return vring_add(&h->v[1], &p, 1, 0, buffer);
}

int host_take(struct virtio_host *h, unsigned int queue, unsigned int *ret_buffer,
	      uint32_t *ret_len)
{
	return vring_take(&h->v[queue], ret_buffer, ret_len);
}

void host_kick(struct virtio_host *h, unsigned int queue)
{
	if (vring_wants_kick(&h->v[queue]))
		sim_virtio_kick(h->sim, queue);
}
