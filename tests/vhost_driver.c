#include "tests/vhost_driver.h"
#include <check.h>
#include <stdio.h>

enum { N = VHOST_DRIVER_N, BUFFER = VHOST_DRIVER_BUFFER, BUFFERS_LEN = N * BUFFER };

/* True: closed, nothing may be touched. */
static bool intervene(struct vhost_driver *d)
{
	if (d->close_after && !--d->close_after) {
		d->virtio->ops->close(d->virtio);
		d->virtio = NULL;
		return true;
	}
	if (d->stop_after && !--d->stop_after)
		d->virtio->ops->stop(d->virtio);
	return false;
}

static int on_offered(void *user, const struct virtio_offer *o, struct virtio_choice *ret_choice,
		      const char **ret_why)
{
	struct vhost_driver *d = user;

	ck_assert_uint_eq(d->n_offered++, 0);
	d->offered = o->features;
	d->config_len = o->config_len;
	if (o->config)
		memcpy(d->config, o->config, o->config_len);
	ret_choice->features = o->features & (d->wanted | VIRTIO_F_VERSION_1);
	ret_choice->n[0] = ret_choice->n[1] = N;
	ret_choice->len = 2 * (vring_len(N) + BUFFERS_LEN);
	if (d->refuses)
		*ret_why = "the test refuses";
	intervene(d);
	return d->refuses;
}

/* Offset of a buffer in the memory: behind both rings. */
static size_t buffer_at(unsigned int queue, unsigned int i)
{
	return 2 * vring_len(N) + queue * BUFFERS_LEN + i * BUFFER;
}

static void post(struct vhost_driver *d, unsigned int i)
{
	struct vring_piece piece = { d->memory.iova + buffer_at(0, i), BUFFER };

	ck_assert_int_eq(vring_add(&d->rings[0], &piece, 0, 1, i), VRING_OK);
}

static void on_prepare(void *user, const struct virtio_memory *m,
		       struct vring_parts ret_parts[VIRTIO_QUEUES])
{
	struct vhost_driver *d = user;

	ck_assert_uint_eq(d->n_offered, 1);
	ck_assert_uint_eq(d->n_prepared++, 0);
	ck_assert_uint_ge(m->len, 2 * (vring_len(N) + BUFFERS_LEN));
	ck_assert(!m->cpu[0] && !memcmp(m->cpu, m->cpu + 1, m->len - 1));
	d->memory = *m;
	for (unsigned int q = 0; q < VIRTIO_QUEUES; q++) {
		vring_init(&d->rings[q], m->cpu + q * vring_len(N), m->iova + q * vring_len(N), N,
			   d->chains[q], d->wanted & d->offered & VIRTIO_F_EVENT_IDX);
		ret_parts[q] = d->rings[q].parts;
	}
	for (unsigned int i = 0; i < N; i++)
		post(d, i);
	vring_listen(&d->rings[0]);
	intervene(d);
}

static void receive(struct vhost_driver *d, uint32_t token, uint32_t len)
{
	d->n_received++;
	d->last_len = len;
	memcpy(d->last, d->memory.cpu + buffer_at(0, token), len);
	post(d, token);
}

static void look(struct vhost_driver *d)
{
	uint32_t token, len;

	while (vring_take(&d->rings[1], &token, &len) == VRING_OK)
		;
	do {
		while (vring_take(&d->rings[0], &token, &len) == VRING_OK)
			receive(d, token, len);
	} while (!vring_listen(&d->rings[0]));
}

void vhost_driver_look(struct vhost_driver *d)
{
	look(d);
	if (vring_wants_kick(&d->rings[0]))
		d->virtio->ops->kick(d->virtio, 0);
}

bool vhost_driver_send(struct vhost_driver *d, const char *text)
{
	unsigned int i = d->n_sent % N;
	struct vring_piece piece = { d->memory.iova + buffer_at(1, i), (uint32_t)strlen(text) };

	memcpy(d->memory.cpu + buffer_at(1, i), text, strlen(text));
	if (vring_add(&d->rings[1], &piece, 1, 0, i) != VRING_OK)
		return false;
	d->n_sent++;
	if (vring_wants_kick(&d->rings[1]))
		d->virtio->ops->kick(d->virtio, 1);
	return true;
}

static void on_running(void *user)
{
	struct vhost_driver *d = user;

	ck_assert_uint_eq(d->n_prepared, 1);
	ck_assert_uint_eq(d->n_running++, 0);
	if (!intervene(d))
		vhost_driver_look(d);
}

static void on_interrupt(void *user, unsigned int queue)
{
	struct vhost_driver *d = user;

	ck_assert_uint_lt(queue, VIRTIO_QUEUES);
	ck_assert_uint_eq(d->n_prepared, 1);
	ck_assert_uint_eq(d->n_ended, 0);
	d->n_interrupts++;
	if (!intervene(d))
		vhost_driver_look(d);
}

static void on_ended(void *user, int status, const char *why)
{
	struct vhost_driver *d = user;

	ck_assert_uint_eq(d->n_ended++, 0);
	d->status = status;
	snprintf(d->why, sizeof(d->why), "%s", why);
	ck_assert(!status == !*why);
	/* The memory is still there. */
	if (d->n_prepared)
		look(d);
	intervene(d);
}

void vhost_driver_init(struct vhost_driver *d, size_t config_len)
{
	*d = (struct vhost_driver){
		.ops = { config_len, on_offered, on_prepare, on_running, on_interrupt, on_ended },
		.wanted = UINT64_MAX,
	};
}
