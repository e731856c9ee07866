#include "device/gpio_vrings.h"
#include <errno.h>

/* The place of a line. */
enum {
	AT_REQUEST = 0,
	AT_ANSWER = AT_REQUEST + GPIO_REQ_LEN,
	AT_EVENT_REQUEST = AT_ANSWER + GPIO_ANSWER_LEN,
	AT_EVENT = AT_EVENT_REQUEST + GPIO_EVENT_REQ_LEN,
	PLACE_LEN = 16,
};
_Static_assert(AT_EVENT + GPIO_EVENT_ANSWER_LEN <= PLACE_LEN, "place of a line");

/* Both rings, the lines, the place of the names. */
static size_t lines_at(const struct gpio_vrings *v)
{
	return VIRTIO_QUEUES * vring_len(v->n);
}

static size_t place_at(const struct gpio_vrings *v, unsigned int slot)
{
	return lines_at(v) + (size_t)slot * PLACE_LEN;
}

/* A request and an answer take two descriptors, and so does an event. */
static unsigned int elements(unsigned int n_lines, unsigned int most)
{
	unsigned int n = 2;

	while (n < 2 * (n_lines + 1) && n < most && n < GPIO_QUEUE_MOST)
		n *= 2;
	return n;
}

void gpio_vrings_plan(struct gpio_vrings *v, unsigned int n_lines, size_t names_len,
		      const struct virtio_offer *o, struct virtio_choice *ret_choice)
{
	v->n_lines = n_lines;
	v->names_len = names_len;
	v->n = elements(n_lines, o->most);
	ret_choice->features = o->features & (VIRTIO_F_VERSION_1 | VIRTIO_F_EVENT_IDX |
					      VIRTIO_GPIO_F_IRQ);
	v->has_event_idx = ret_choice->features & VIRTIO_F_EVENT_IDX;
	for (unsigned int i = 0; i < VIRTIO_QUEUES; i++)
		ret_choice->n[i] = v->n;
	ret_choice->len = place_at(v, n_lines + 1) + 1 + names_len;
}

void gpio_vrings_prepare(struct gpio_vrings *v, struct gpio_controller *controller,
			 const struct virtio_memory *m,
			 struct vring_parts ret_parts[VIRTIO_QUEUES])
{
	v->controller = controller;
	v->memory = *m;
	for (unsigned int i = 0; i < VIRTIO_QUEUES; i++) {
		size_t at = i * vring_len(v->n);

		vring_init(&v->rings[i], m->cpu + at, m->iova + at, v->n, v->chains[i],
			   v->has_event_idx);
		vring_listen(&v->rings[i]);
		ret_parts[i] = v->rings[i].parts;
	}
	v->is_running = true;
}

void gpio_vrings_end(struct gpio_vrings *v)
{
	v->is_running = false;
	v->memory = (struct virtio_memory){ 0 };
}

/* @out_len bytes at @at for the device to read, then @in_len at @in_at to write. */
static int add(struct gpio_vrings *v, unsigned int queue, size_t at, size_t out_len,
	       size_t in_at, size_t in_len, unsigned int token)
{
	const struct vring_piece pieces[] = {
		{ v->memory.iova + at, (uint32_t)out_len },
		{ v->memory.iova + in_at, (uint32_t)in_len },
	};
	int r = vring_add(&v->rings[queue], pieces, 1, 1, token);

	return r == VRING_FULL ? GPIO_WIRE_FULL : r;
}

/* Where the answer in @slot lies; of the names it is longer, and the last. */
static size_t answer_at(const struct gpio_vrings *v, unsigned int slot)
{
	return slot < v->n_lines ? place_at(v, slot) + AT_ANSWER : place_at(v, slot + 1);
}

int gpio_vrings_submit(struct gpio_vrings *v, unsigned int slot,
		       const uint8_t request[GPIO_REQ_LEN], size_t answer_len)
{
	size_t at = place_at(v, slot) + AT_REQUEST;

	if (!v->is_running)
		return -ENODEV;
	memcpy(v->memory.cpu + at, request, GPIO_REQ_LEN);
	return add(v, GPIO_QUEUE_REQUESTS, at, GPIO_REQ_LEN, answer_at(v, slot), answer_len, slot);
}

int gpio_vrings_arm(struct gpio_vrings *v, unsigned int line)
{
	size_t at = place_at(v, line);

	if (!v->is_running)
		return -ENODEV;
	put_le16(v->memory.cpu + at + AT_EVENT_REQUEST, (uint16_t)line);
	return add(v, GPIO_QUEUE_EVENTS, at + AT_EVENT_REQUEST, GPIO_EVENT_REQ_LEN,
		   at + AT_EVENT, GPIO_EVENT_ANSWER_LEN, line);
}

static void hand_over(struct gpio_vrings *v, unsigned int queue, unsigned int token, size_t len)
{
	if (queue == GPIO_QUEUE_REQUESTS)
		gpio_controller_answer(v->controller, token,
				       v->memory.cpu + answer_at(v, token), len);
	else
		gpio_controller_event(v->controller, token,
				      v->memory.cpu + place_at(v, token) + AT_EVENT, len);
}

/* A device that answers as fast as it is asked may not keep us here. */
static int take_queue(struct gpio_vrings *v, unsigned int queue)
{
	struct vring *ring = &v->rings[queue];
	uint32_t token, len;
	int r;

	for (unsigned int i = 0; v->is_running && i < v->n; i++) {
		r = vring_take(ring, &token, &len);
		if (r == VRING_EMPTY && !vring_listen(ring))
			continue;
		if (r == VRING_EMPTY)
			return GPIO_VRINGS_DONE;
		if (r < 0)
			return r;
		hand_over(v, queue, token, len);
	}
	return v->is_running ? GPIO_VRINGS_MORE : GPIO_VRINGS_DONE;
}

int gpio_vrings_take(struct gpio_vrings *v)
{
	int ret = GPIO_VRINGS_DONE;

	for (unsigned int i = 0; i < VIRTIO_QUEUES; i++) {
		int r = take_queue(v, i);

		if (r < 0)
			return r;
		if (r == GPIO_VRINGS_MORE)
			ret = r;
	}
	return ret;
}

bool gpio_vrings_wants_kick(struct gpio_vrings *v, unsigned int queue)
{
	return v->is_running && vring_wants_kick(&v->rings[queue]);
}
