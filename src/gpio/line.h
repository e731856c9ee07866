/*
 * line - one line of a controller: what the device has been told of it, and
 * what to ask of the device next to make it what somebody wants.
 *
 * An aim is not a list of steps.  Before each request the line compares what is
 * with what is wanted and tells what is still missing; so the same rules serve
 * a write to a file and the repair after the device came back.
 *
 * Two ways to count: a level (0 low, 1 high) is the wire's, a value (0 inactive,
 * 1 active) the user's.  They differ on a line that is active low, and so do
 * the edges that rise and fall.
 */
#pragma once
#include "gpio/layout.h"

/* As the user sees values. */
enum gpio_edge { GPIO_EDGE_NONE, GPIO_EDGE_RISING, GPIO_EDGE_FALLING, GPIO_EDGE_BOTH };

enum gpio_aim_kind {
	GPIO_AIM_BEGIN,		/* the line as it was before the device came back;
				 * one that nobody used: learn its direction */
	GPIO_AIM_READ,		/* the value; the result */
	GPIO_AIM_WRITE,		/* the value of an output, else -EPERM */
	GPIO_AIM_INPUT,
	GPIO_AIM_OUTPUT,	/* @value: the level to begin with */
	GPIO_AIM_EDGE,		/* @value: enum gpio_edge; makes a line without
				 * direction an input */
	GPIO_AIM_ACTIVE_LOW,	/* @value: 0 or 1; the edge stays the user's */
	GPIO_AIM_RELEASE,	/* as if nobody had ever used it */
};

struct gpio_aim {
	enum gpio_aim_kind kind;
	uint32_t value;
	unsigned int n_asked;	/* requests so far */
};

/* One request; of one line. */
struct gpio_ask {
	enum gpio_request_type type;
	uint32_t value;
};

/* Zero: nothing known. */
struct gpio_line {
	enum gpio_direction direction;	/* the device's, as far as it told */
	enum gpio_irq_type irq;		/* the device's */
	enum gpio_edge edge;		/* wanted */
	enum gpio_direction kept;	/* what we made of it; NONE: not ours */
	uint8_t level;			/* last written */
	bool is_active_low;
};

enum { GPIO_LINE_REACHED, GPIO_LINE_ASK };	/* outcomes; < 0 is -errno */

/* What is missing?  GPIO_LINE_ASK fills @ret_ask.  -EPERM: a write to what is no
 * output; -EIO: an edge of an output, or an output of a line with an edge;
 * -EOPNOTSUPP: an edge where @has_irq is false. */
int gpio_line_next(const struct gpio_line *l, const struct gpio_aim *aim, bool has_irq,
		   struct gpio_ask *ret_ask);

/* The device answered with @len bytes at @answer.  Takes over what it did, and
 * what it told into @ret_value: a direction or a level.  -EIO: it refused;
 * -EPROTO: that is no answer. */
int gpio_line_learn(struct gpio_line *l, struct gpio_ask ask, const uint8_t *answer,
		    size_t len, uint32_t *ret_value);

/* Nothing is missing any more. */
void gpio_line_reached(struct gpio_line *l, const struct gpio_aim *aim);
/* Some aim ended half way: what there is is what we want. */
void gpio_line_settle(struct gpio_line *l);
/* The device forgot everything. */
void gpio_line_lost(struct gpio_line *l);

/* Level from value and back. */
uint32_t gpio_line_turned(const struct gpio_line *l, uint32_t value);
