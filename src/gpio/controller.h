/*
 * controller - the driver side of virtio-gpio: what users want of the lines
 * becomes requests, one in flight per line and many lines at once.
 *
 * Requests travel in slots: slot i is line i, one more is for the names.  An
 * answer is matched by its slot, never by its order.  A slot whose answer is late
 * stays taken until it comes; whoever waits for that line times out.
 *
 * No I/O, no clock, no log; all memory comes from gpio_controller_new().  The
 * controller may not be freed from inside a callback.
 *
 * Source: OASIS virtio specification 1.2, 5.18.
 */
#pragma once
#include "base/timers.h"
#include "gpio/line.h"

enum {
	GPIO_LINES_MOST = 1024,
	GPIO_NAMES_MOST = 65536,	/* bytes of the names block */
	GPIO_PATIENCE_US = 5000000,	/* for one answer */
	GPIO_RELEASE_US = 1000000,	/* the same at the end */
};

enum { GPIO_WIRE_OK, GPIO_WIRE_FULL };	/* outcomes; < 0 is -errno */

struct gpio_controller;

struct gpio_controller_config {
	unsigned int n_lines;	/* 1 to GPIO_LINES_MOST */
	size_t names_len;	/* 0: no names; else n_lines to GPIO_NAMES_MOST */
};

struct gpio_controller_ops {
	/* Sends @request; the answer, at most @answer_len bytes, goes to
	 * gpio_controller_answer().  GPIO_WIRE_FULL: not now; tried again after
	 * each answer. */
	int (*submit)(void *user, unsigned int slot, const uint8_t request[GPIO_REQ_LEN],
		      size_t answer_len);
	/* Gives the device the line's buffer for one event.  GPIO_WIRE_FULL: tried
	 * again after each event. */
	int (*arm)(void *user, unsigned int line);
	/* Every line has its state, or will not have it.  @status: 0, or -EPROTO:
	 * the lines bear other names than before, so are not the same. */
	void (*began)(void *user, int status);
	void (*released)(void *user);	/* what gpio_controller_release() began ended */
	/* The edge that was asked for, or several of them. */
	void (*edge)(void *user, unsigned int line);
	/* Unexpected and survived: one sentence, not limited. */
	void (*noted)(void *user, const char *sentence);
};

/* Somebody's wish for a line. */
struct gpio_call {
	struct list node;	/* in the line's queue */
	struct timer timer;
	struct gpio_controller *controller;
	unsigned int line;
	struct gpio_aim aim;
	/* Once; @call is the caller's again.  @value: of GPIO_AIM_READ.  -ETIMEDOUT,
	 * -EIO the device refused, -EPROTO it spoke nonsense, or as gpio_line_next()
	 * and gpio_controller_down() say. */
	void (*done)(struct gpio_call *call, int status, uint32_t value);
};

/* @c: copied; the others borrowed.  NULL without memory. */
struct gpio_controller *gpio_controller_new(const struct gpio_controller_config *c,
					    struct timers *timers,
					    const struct gpio_controller_ops *ops, void *user);
void gpio_controller_free(struct gpio_controller *c);	/* calls are over: down() first */

/* The device runs, and knows nothing: asks for the names, makes every line
 * what it was; ops->began follows.  Calls wait until then. */
void gpio_controller_up(struct gpio_controller *c, bool has_irq);
/* It does not run any more, all slots are free: calls end with @status, also
 * later ones.  Neither began nor released follows. */
void gpio_controller_down(struct gpio_controller *c, int status);
/* The orderly end before down(): calls end with @status, every line that was used
 * is let go and forgotten; ops->released follows, now or within three times
 * GPIO_RELEASE_US. */
void gpio_controller_release(struct gpio_controller *c, int status);

/* What the device did.  @answer: @len bytes, shared with the device perhaps:
 * copied once.  A slot or line that it does not have is noted. */
void gpio_controller_answer(struct gpio_controller *c, unsigned int slot,
			    const uint8_t *answer, size_t len);
void gpio_controller_event(struct gpio_controller *c, unsigned int line,
			   const uint8_t *answer, size_t len);

/* Ends with @done, now or later. */
void gpio_call_start(struct gpio_call *call, struct gpio_controller *c, unsigned int line,
		     enum gpio_aim_kind kind, uint32_t value,
		     void (*done)(struct gpio_call *call, int status, uint32_t value));
/* Without done().  What the device has been asked already still happens. */
void gpio_call_withdraw(struct gpio_call *call);

unsigned int gpio_controller_n_lines(const struct gpio_controller *c);
const struct gpio_line *gpio_controller_line(const struct gpio_controller *c, unsigned int line);
const char *gpio_controller_name(const struct gpio_controller *c, unsigned int line); /* or "" */
