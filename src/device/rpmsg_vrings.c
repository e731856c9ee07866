#include "device/rpmsg_vrings.h"
#include <errno.h>
#include <stdlib.h>

enum { RX, TX };		/* queues, as the device numbers them */
enum { TURN_BUDGET = 64 };	/* received messages in one turn */

/* What one direction has of the shared memory: a ring, and a buffer for each
 * element of it. */
struct direction {
	struct vring ring;
	struct vring_chain chains[RPMSG_BUFFERS_MOST];
	unsigned int n;
	uint8_t *buffers;
	iova_t iova;		/* of buffers */
};

struct rpmsg_vrings {
	struct rpmsg_carrier carrier;
	struct rpmsg_bus *bus;
	const struct rpmsg_vrings_ops *ops;
	void *user;
	struct direction dirs[2];
	uint64_t features;	/* accepted */
	uint16_t free[RPMSG_BUFFERS_MOST];	/* transmit buffers */
	unsigned int n_free;
	uint64_t n_taken;
	uint32_t held, held_len;	/* receive buffer that the bus did not take */
	bool is_holding;
	bool is_running;
};

static struct rpmsg_vrings *vrings(struct rpmsg_carrier *c)
{
	return container_of(c, struct rpmsg_vrings, carrier);
}

static struct vring_piece piece_of(const struct direction *d, uint32_t buffer, uint32_t len)
{
	return (struct vring_piece){ d->iova + (iova_t)buffer * RPMSG_BUFFER_LEN, len };
}

static uint8_t *bytes_of(const struct direction *d, uint32_t buffer)
{
	return d->buffers + (size_t)buffer * RPMSG_BUFFER_LEN;
}

static void fail(struct rpmsg_vrings *v, const char *why)
{
	v->is_running = false;
	v->ops->failed(v->user, why);
}

/* Sending. */

static bool reclaim(struct rpmsg_vrings *v)
{
	uint32_t buffer, len;
	uint64_t before = v->n_taken;
	int r;

	while (!(r = vring_take(&v->dirs[TX].ring, &buffer, &len))) {
		v->free[v->n_free++] = (uint16_t)buffer;
		v->n_taken++;
	}
	if (r < 0)
		fail(v, "the device broke its transmit ring");
	return v->n_taken != before;
}

static int vrings_send(struct rpmsg_carrier *c, const uint8_t *header, const void *payload,
		       size_t len)
{
	struct rpmsg_vrings *v = vrings(c);
	struct direction *d = &v->dirs[TX];
	struct vring_piece piece;
	uint16_t buffer;

	if (!v->is_running)
		return RPMSG_FULL;
	/* Who gets a slot back is told by the work to come. */
	v->ops->wants_work(v->user);
	if (!v->n_free)
		return RPMSG_FULL;
	buffer = v->free[v->n_free - 1];
	memcpy(bytes_of(d, buffer), header, RPMSG_HEADER_LEN);
	if (len)
		memcpy(bytes_of(d, buffer) + RPMSG_HEADER_LEN, payload, len);
	piece = piece_of(d, buffer, (uint32_t)(RPMSG_HEADER_LEN + len));
	if (vring_add(&d->ring, &piece, 1, 0, buffer))
		return RPMSG_FULL;
	v->n_free--;
	return RPMSG_OK;
}

static uint64_t vrings_taken(const struct rpmsg_carrier *c)
{
	return container_of(c, const struct rpmsg_vrings, carrier)->n_taken;
}

/* Then listens while anything is out, and only then. */
static void work_off_sent(struct rpmsg_vrings *v)
{
	bool has_moved = false;

	do {
		has_moved |= reclaim(v);
		if (!v->is_running || !v->dirs[TX].ring.n_flying) {
			vring_mute(&v->dirs[TX].ring);
			break;
		}
	} while (!vring_listen(&v->dirs[TX].ring));
	if (has_moved && v->is_running)
		rpmsg_bus_room(v->bus);
}

/* Receiving. */

static void post(struct rpmsg_vrings *v, uint32_t buffer)
{
	struct direction *d = &v->dirs[RX];
	struct vring_piece piece = piece_of(d, buffer, RPMSG_BUFFER_LEN);

	vring_add(&d->ring, &piece, 0, 1, buffer);
}

/* One message to the bus.  False: it is full, or has ended meanwhile. */
static bool hand_over(struct rpmsg_vrings *v, uint32_t buffer, uint32_t len)
{
	int r = rpmsg_bus_receive(v->bus, bytes_of(&v->dirs[RX], buffer), len);

	if (!v->is_running)
		return false;
	if (r == RPMSG_FULL) {
		v->held = buffer;
		v->held_len = len;
		v->is_holding = true;
		return false;
	}
	post(v, buffer);
	return true;
}

static void work_off_received(struct rpmsg_vrings *v)
{
	struct vring *ring = &v->dirs[RX].ring;
	uint32_t buffer, len;
	unsigned int n = 0;
	int r = VRING_OK;

	while (!v->is_holding && n++ < TURN_BUDGET) {
		r = vring_take(ring, &buffer, &len);
		if (r == VRING_EMPTY && vring_listen(ring))
			return;
		if (r == VRING_EMPTY)
			continue;
		if (r < 0) {
			fail(v, "the device broke its receive ring");
			return;
		}
		if (!hand_over(v, buffer, len))
			return;
	}
	vring_mute(ring);
	if (!v->is_holding)
		v->ops->wants_work(v->user);
}

static void vrings_resume(struct rpmsg_carrier *c)
{
	struct rpmsg_vrings *v = vrings(c);

	if (!v->is_holding || !v->is_running)
		return;
	v->is_holding = false;
	if (hand_over(v, v->held, v->held_len))
		v->ops->wants_work(v->user);
}

static const struct rpmsg_carrier_ops carrier_ops = {
	.send = vrings_send,
	.taken = vrings_taken,
	.resume = vrings_resume,
};

static void kick(struct rpmsg_vrings *v, unsigned int queue)
{
	if (v->is_running && vring_wants_kick(&v->dirs[queue].ring))
		v->ops->kick(v->user, queue);
}

void rpmsg_vrings_work(struct rpmsg_vrings *v)
{
	if (!v->is_running)
		return;
	work_off_sent(v);
	if (v->is_running)
		work_off_received(v);
	kick(v, RX);
	kick(v, TX);
}

int rpmsg_vrings_plan(struct rpmsg_vrings *v, const struct virtio_offer *o,
		      struct virtio_choice *ret_choice, const char **ret_why)
{
	const uint64_t wanted = VIRTIO_F_VERSION_1 | VIRTIO_F_EVENT_IDX | VIRTIO_RPMSG_F_NS;
	unsigned int n = o->most < RPMSG_BUFFERS_MOST ? o->most : RPMSG_BUFFERS_MOST;

	if (!(o->features & VIRTIO_F_VERSION_1)) {
		*ret_why = "the device speaks legacy virtio only";
		return -EOPNOTSUPP;
	}
	v->features = o->features & wanted;
	v->dirs[RX].n = v->dirs[TX].n = n;
	*ret_choice = (struct virtio_choice){
		.features = v->features,
		.n = { n, n },
		.len = 2 * (vring_len(n) + (size_t)n * RPMSG_BUFFER_LEN),
	};
	return 0;
}

static void lay_out(struct rpmsg_vrings *v, const struct virtio_memory *m)
{
	size_t at = 0;

	for (unsigned int q = RX; q <= TX; q++) {
		struct direction *d = &v->dirs[q];

		vring_init(&d->ring, m->cpu + at, m->iova + at, d->n, d->chains,
			   v->features & VIRTIO_F_EVENT_IDX);
		at += vring_len(d->n);
		d->buffers = m->cpu + at;
		d->iova = m->iova + at;
		at += (size_t)d->n * RPMSG_BUFFER_LEN;
	}
}

void rpmsg_vrings_prepare(struct rpmsg_vrings *v, const struct virtio_memory *m,
			  struct vring_parts ret_parts[VIRTIO_QUEUES])
{
	lay_out(v, m);
	v->n_taken = 0;
	v->n_free = 0;
	v->is_holding = false;
	for (unsigned int i = v->dirs[TX].n; i-- > 0;)
		v->free[v->n_free++] = (uint16_t)i;
	v->carrier.has_ns = v->features & VIRTIO_RPMSG_F_NS;
	rpmsg_bus_up(v->bus, &v->carrier);
	for (unsigned int i = 0; i < v->dirs[RX].n; i++)
		post(v, i);
	ret_parts[RX] = v->dirs[RX].ring.parts;
	ret_parts[TX] = v->dirs[TX].ring.parts;
}

void rpmsg_vrings_run(struct rpmsg_vrings *v)
{
	v->is_running = true;
	for (unsigned int q = RX; q <= TX; q++) {
		vring_wants_kick(&v->dirs[q].ring);
		v->ops->kick(v->user, q);
	}
	rpmsg_bus_room(v->bus);
	v->ops->wants_work(v->user);
}

void rpmsg_vrings_end(struct rpmsg_vrings *v, int why)
{
	v->is_running = false;
	rpmsg_bus_down(v->bus, why);
}

struct rpmsg_vrings *rpmsg_vrings_new(struct rpmsg_bus *bus, const struct rpmsg_vrings_ops *ops,
				      void *user)
{
	struct rpmsg_vrings *v = calloc(1, sizeof(*v));

	if (!v)
		return NULL;
	v->carrier = (struct rpmsg_carrier){ .ops = &carrier_ops, .mtu = RPMSG_BUFFER_LEN };
	v->bus = bus;
	v->ops = ops;
	v->user = user;
	return v;
}

void rpmsg_vrings_free(struct rpmsg_vrings *v)
{
	free(v);
}
