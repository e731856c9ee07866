/*
 * gpio_vrings - the wire of a gpio controller: two virtqueues, and in the memory
 * they share a place for each line's request, answer and event.
 *
 * A line has one of each, so where an answer lies follows from its token, and
 * nothing in that memory is read but what the device has just given back.
 */
#pragma once
#include "gpio/controller.h"
#include "virtio/ops.h"

enum { GPIO_QUEUE_REQUESTS, GPIO_QUEUE_EVENTS, GPIO_QUEUE_MOST = 256 };

enum { GPIO_VRINGS_DONE, GPIO_VRINGS_MORE };	/* outcomes; < 0 is -errno */

struct gpio_vrings {
	struct gpio_controller *controller;	/* borrowed */
	unsigned int n_lines;
	size_t names_len;
	unsigned int n;		/* elements of each queue */
	bool has_event_idx;
	bool is_running;
	struct virtio_memory memory;
	struct vring rings[VIRTIO_QUEUES];
	struct vring_chain chains[VIRTIO_QUEUES][GPIO_QUEUE_MOST];
};

/* What is asked of a device with such an offer. */
void gpio_vrings_plan(struct gpio_vrings *v, unsigned int n_lines, size_t names_len,
		      const struct virtio_offer *o, struct virtio_choice *ret_choice);
/* As virtio_driver_ops.prepare.  From now on gpio_vrings_take() may be called. */
void gpio_vrings_prepare(struct gpio_vrings *v, struct gpio_controller *controller,
			 const struct virtio_memory *m,
			 struct vring_parts ret_parts[VIRTIO_QUEUES]);
void gpio_vrings_end(struct gpio_vrings *v);	/* the memory leaves */

/* As gpio_controller_ops says. */
int gpio_vrings_submit(struct gpio_vrings *v, unsigned int slot,
		       const uint8_t request[GPIO_REQ_LEN], size_t answer_len);
int gpio_vrings_arm(struct gpio_vrings *v, unsigned int line);

/* Hands over what came back, as much as a queue holds: GPIO_VRINGS_MORE when there
 * may be more.  -EPROTO: the device broke the ring. */
int gpio_vrings_take(struct gpio_vrings *v);
/* Is the device to be kicked?  Ask once a turn. */
bool gpio_vrings_wants_kick(struct gpio_vrings *v, unsigned int queue);
