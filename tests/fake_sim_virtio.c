#include "tests/fake_sim_virtio.h"
#include <check.h>

struct fake_sim_virtio fake_sim_virtio;
static struct fake_sim_virtio *const f = &fake_sim_virtio;
static const uint8_t gpio_config[8] = { 4, 0, 0, 0, 28, 0, 0, 0 };

/* There is one; the type is in the address. */
struct sim_virtio {
	enum virtio_id id;
};
static struct sim_virtio rpmsg = { VIRTIO_ID_RPMSG }, gpio = { VIRTIO_ID_GPIO };

void fake_sim_virtio_init(void)
{
	*f = (struct fake_sim_virtio){ .features = VIRTIO_F_VERSION_1 | VIRTIO_F_EVENT_IDX | 1 };
}

struct sim_virtio *sim_virtio_new(const char *type, const char *mood, uint64_t seed,
				  struct timers *timers,
				  const struct sim_virtio_bus_ops *bus_ops, void *bus)
{
	(void)seed, (void)timers;
	if (strcmp(mood, "healthy"))
		return NULL;
	f->ops = bus_ops;
	f->bus = bus;
	return !strcmp(type, "rpmsg") ? &rpmsg : !strcmp(type, "gpio") ? &gpio : NULL;
}

void sim_virtio_free(struct sim_virtio *v)
{
	(void)v;
	ck_assert(!f->is_running[0] && !f->is_running[1]);
}

enum virtio_id sim_virtio_id(const struct sim_virtio *v)
{
	return v->id;
}

uint64_t sim_virtio_features(const struct sim_virtio *v)
{
	(void)v;
	return f->features;
}

const uint8_t *sim_virtio_config(const struct sim_virtio *v, size_t *ret_len)
{
	*ret_len = v == &gpio ? sizeof(gpio_config) : 0;
	return gpio_config;
}

void sim_virtio_accept(struct sim_virtio *v, uint64_t features)
{
	(void)v;
	ck_assert(!(features & ~f->features));
	ck_assert(!f->is_running[0] && !f->is_running[1]);
	f->accepted = features;
}

static void publish(unsigned int queue)
{
	vq_publish(&f->vqs[queue]);
	if (vq_wants_raise(&f->vqs[queue]))
		f->ops->raise(f->bus, queue);
}

bool fake_sim_virtio_say(const char *text)
{
	struct vq_chain chain;

	if (!f->is_running[0] || vq_pop(&f->vqs[0], &chain) != VQ_OK)
		return false;
	vq_push(&f->vqs[0], chain.head, (uint32_t)vq_write(&f->vqs[0], chain.pieces + chain.n_out,
							     chain.n_in, text, strlen(text)));
	publish(0);
	return true;
}

void sim_virtio_start_queue(struct sim_virtio *v, unsigned int queue,
			    const struct sim_queue_setup *setup)
{
	(void)v;
	ck_assert_uint_lt(queue, SIM_QUEUES);
	ck_assert(!f->is_running[queue] && f->accepted);
	f->is_running[queue] = true;
	f->n_starts++;
	vq_init(&f->vqs[queue], setup, f->accepted, f->ops, f->bus);
	if (!queue && f->announces)
		ck_assert(fake_sim_virtio_say("hello"));
	f->ops->wants_turn(f->bus);
}

uint16_t sim_virtio_stop_queue(struct sim_virtio *v, unsigned int queue)
{
	(void)v;
	ck_assert(f->is_running[queue]);
	f->is_running[queue] = false;
	f->n_stops++;
	return f->vqs[queue].next;
}

void sim_virtio_kick(struct sim_virtio *v, unsigned int queue)
{
	(void)v;
	ck_assert(f->is_running[queue]);
	f->n_kicks++;
	f->ops->wants_turn(f->bus);
}

/* One message a call; the driver sees it only when there was room for it. */
static bool echo(void)
{
	char text[256] = "";
	struct vq_chain chain;
	size_t len;

	if (vq_pop(&f->vqs[1], &chain) != VQ_OK)
		return false;
	len = vq_read(&f->vqs[1], chain.pieces, chain.n_out, text, sizeof(text) - 1);
	text[len] = '\0';
	vq_push(&f->vqs[1], chain.head, 0);
	publish(1);
	f->n_echoed += fake_sim_virtio_say(text);
	return true;
}

void sim_virtio_turn(struct sim_virtio *v)
{
	(void)v;
	if (!f->is_running[0] || !f->is_running[1])
		return;
	do {
		while (echo())
			;
	} while (!vq_listen(&f->vqs[1]) && !f->vqs[1].damage);
}

void sim_virtio_reset(struct sim_virtio *v)
{
	(void)v;
	ck_assert(!f->is_running[0] && !f->is_running[1]);
	f->accepted = 0;
	f->n_resets++;
}
