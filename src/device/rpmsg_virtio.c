#include "device/rpmsg_virtio.h"
#include "device/rpmsg_vrings.h"
#include "gpio/layout.h"
#include <errno.h>
#include <stdlib.h>

struct rpmsg_virtio {
	struct loop *loop;
	struct bearer *bearer;
	struct rpmsg_vrings *vrings;	/* owned */
	struct defer work;
};

/* What the queues call. */

static void on_kick(void *user, unsigned int queue)
{
	struct rpmsg_virtio *r = user;

	virtio_bearer_kick(r->bearer, queue);
}

static void on_wants_work(void *user)
{
	struct rpmsg_virtio *r = user;

	loop_defer(r->loop, &r->work);
}

static void on_failed(void *user, const char *why)
{
	struct rpmsg_virtio *r = user;

	virtio_bearer_fail(r->bearer, why);
}

static const struct rpmsg_vrings_ops vrings_ops = {
	.kick = on_kick,
	.wants_work = on_wants_work,
	.failed = on_failed,
};

static void do_work(void *user)
{
	struct rpmsg_virtio *r = user;

	rpmsg_vrings_work(r->vrings);
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
	struct rpmsg_virtio *r = user;

	if (looks_like_gpio(o)) {
		*ret_why = "the device is a gpio controller by its configuration, not rpmsg";
		return -EPROTOTYPE;
	}
	return rpmsg_vrings_plan(r->vrings, o, ret_choice, ret_why);
}

static void on_prepare(void *user, const struct virtio_memory *m,
		       struct vring_parts ret_parts[VIRTIO_QUEUES])
{
	struct rpmsg_virtio *r = user;

	rpmsg_vrings_prepare(r->vrings, m, ret_parts);
}

static void on_running(void *user)
{
	struct rpmsg_virtio *r = user;

	rpmsg_vrings_run(r->vrings);
	virtio_bearer_ready(r->bearer);
}

static void on_interrupt(void *user, unsigned int queue)
{
	(void)queue;
	on_wants_work(user);
}

static void on_ended(void *user, int status, const char *why)
{
	struct rpmsg_virtio *r = user;

	(void)why;
	defer_cancel(&r->work);
	rpmsg_vrings_end(r->vrings, status);
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

struct rpmsg_virtio *rpmsg_virtio_new(struct loop *l, struct bearer *b, struct rpmsg_bus *bus)
{
	struct rpmsg_virtio *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->loop = l;
	r->bearer = b;
	defer_init(&r->work, do_work, r);
	r->vrings = rpmsg_vrings_new(bus, &vrings_ops, r);
	if (r->vrings)
		return r;
	free(r);
	return NULL;
}

void rpmsg_virtio_free(struct rpmsg_virtio *r)
{
	if (!r)
		return;
	defer_cancel(&r->work);
	rpmsg_vrings_free(r->vrings);
	free(r);
}

int rpmsg_virtio_start(struct rpmsg_virtio *r, struct text *ret_why)
{
	return virtio_bearer_start(r->bearer, &need, &taker_ops, r, ret_why);
}
