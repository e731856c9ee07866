#include "device/rpmsg_vrings.h"
#include "gpio/layout.h"
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
	struct loop *loop;
	struct bearer *bearer;
	struct rpmsg_bus *bus;
	struct direction dirs[2];
	uint64_t features;	/* accepted */
	uint16_t free[RPMSG_BUFFERS_MOST];	/* transmit buffers */
	unsigned int n_free;
	uint64_t n_taken;
	uint32_t held, held_len;	/* receive buffer that the bus did not take */
	bool is_holding;
	bool is_running;
	struct defer work;
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
	virtio_bearer_fail(v->bearer, why);
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
	loop_defer(v->loop, &v->work);
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
		loop_defer(v->loop, &v->work);
}

static void vrings_resume(struct rpmsg_carrier *c)
{
	struct rpmsg_vrings *v = vrings(c);

	if (!v->is_holding || !v->is_running)
		return;
	v->is_holding = false;
	if (hand_over(v, v->held, v->held_len))
		loop_defer(v->loop, &v->work);
}

static const struct rpmsg_carrier_ops carrier_ops = {
	.send = vrings_send,
	.taken = vrings_taken,
	.resume = vrings_resume,
};

static void kick(struct rpmsg_vrings *v, unsigned int queue)
{
	if (v->is_running && vring_wants_kick(&v->dirs[queue].ring))
		virtio_bearer_kick(v->bearer, queue);
}

static void do_work(void *user)
{
	struct rpmsg_vrings *v = user;

	if (!v->is_running)
		return;
	work_off_sent(v);
	if (v->is_running)
		work_off_received(v);
	kick(v, RX);
	kick(v, TX);
}

/* What the device calls. */

/* vhost-user tells no device id, and queues of the wrong type can do harm.  A
 * gpio controller has a configuration, and of the features of a device at most the
 * first; an rpmsg device that has one also has others. */
static bool looks_like_gpio(const struct virtio_offer *o)
{
	const uint64_t others = 0xfffffe;
	uint32_t names_size;
	uint16_t n_lines;

	if (!o->config || o->features & others)
		return false;
	n_lines = get_le16(o->config + GPIO_CONFIG_NGPIO);
	names_size = get_le32(o->config + GPIO_CONFIG_NAMES_SIZE);
	return n_lines && !get_le16(o->config + 2) && (!names_size || names_size >= n_lines);
}

static int on_offered(void *user, const struct virtio_offer *o, struct virtio_choice *ret_choice,
		      const char **ret_why)
{
	const uint64_t wanted = VIRTIO_F_VERSION_1 | VIRTIO_F_EVENT_IDX | VIRTIO_RPMSG_F_NS;
	struct rpmsg_vrings *v = user;
	unsigned int n = o->most < RPMSG_BUFFERS_MOST ? o->most : RPMSG_BUFFERS_MOST;

	if (!(o->features & VIRTIO_F_VERSION_1)) {
		*ret_why = "the device speaks legacy virtio only";
		return -EOPNOTSUPP;
	}
	if (looks_like_gpio(o)) {
		*ret_why = "the device is a gpio controller by its configuration, not rpmsg";
		return -EPROTOTYPE;
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

static void on_prepare(void *user, const struct virtio_memory *m,
		       struct vring_parts ret_parts[VIRTIO_QUEUES])
{
	struct rpmsg_vrings *v = user;

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

static void on_running(void *user)
{
	struct rpmsg_vrings *v = user;

	v->is_running = true;
	for (unsigned int q = RX; q <= TX; q++) {
		vring_wants_kick(&v->dirs[q].ring);
		virtio_bearer_kick(v->bearer, q);
	}
	rpmsg_bus_room(v->bus);
	loop_defer(v->loop, &v->work);
	virtio_bearer_ready(v->bearer);
}

static void on_interrupt(void *user, unsigned int queue)
{
	struct rpmsg_vrings *v = user;

	(void)queue;
	loop_defer(v->loop, &v->work);
}

static void on_ended(void *user, int status, const char *why)
{
	struct rpmsg_vrings *v = user;

	(void)why;
	v->is_running = false;
	defer_cancel(&v->work);
	rpmsg_bus_down(v->bus, status);
}

static const struct vhost_user_need need = { .type = "rpmsg" };

static const struct virtio_taker_ops taker_ops = {
	.queues = {
		.config_len = GPIO_CONFIG_LEN,
		.offered = on_offered,
		.prepare = on_prepare,
		.running = on_running,
		.interrupt = on_interrupt,
		.ended = on_ended,
	},
};

struct rpmsg_vrings *rpmsg_vrings_new(struct loop *l, struct bearer *b, struct rpmsg_bus *bus)
{
	struct rpmsg_vrings *v = calloc(1, sizeof(*v));

	if (!v)
		return NULL;
	v->carrier = (struct rpmsg_carrier){ .ops = &carrier_ops, .mtu = RPMSG_BUFFER_LEN };
	v->loop = l;
	v->bearer = b;
	v->bus = bus;
	defer_init(&v->work, do_work, v);
	return v;
}

void rpmsg_vrings_free(struct rpmsg_vrings *v)
{
	if (!v)
		return;
	defer_cancel(&v->work);
	free(v);
}

int rpmsg_vrings_start(struct rpmsg_vrings *v, struct text *ret_why)
{
	return virtio_bearer_start(v->bearer, &need, &taker_ops, v, ret_why);
}
