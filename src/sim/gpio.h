/*
 * gpio - the lines of a simulated gpio controller, and the rules by which a
 * device keeps them: direction, levels, triggers, one latched edge.
 *
 * How requests travel is not its business.
 *
 * Source: OASIS virtio specification 1.2, 5.18.6.
 */
#pragma once
#include "base/timers.h"
#include "gpio/layout.h"

/* What lives on each line. */
enum sim_gpio_line_name {
	SIM_GPIO_OUT0, SIM_GPIO_OUT1,	/* nothing */
	SIM_GPIO_LOOP_OUT, SIM_GPIO_LOOP_IN,	/* a wire from one to the other */
	SIM_GPIO_TOGGLE,	/* as an input: another level each SIM_GPIO_TOGGLE_US */
	SIM_GPIO_REFUSE,	/* every request fails */
	SIM_GPIO_LIAR,		/* the answers are wrong: whoever answers sees to it */
	SIM_GPIO_NAMELESS,	/* nothing */
	SIM_GPIO_SLOW,		/* nothing; its answers are late: see above */
	SIM_GPIO_LINES,
};

enum { SIM_GPIO_TOGGLE_US = 100000 };

struct sim_gpio_line {
	enum gpio_direction direction;
	enum gpio_irq_type irq;
	uint8_t driven;		/* level written, shown as an output */
	uint8_t level;		/* what is on the line */
	bool is_driven;		/* since the direction was none */
	bool is_armed;		/* the driver's buffer waits for an event */
	bool is_latched;	/* an edge came while it did not */
};

struct sim_gpio {
	struct sim_gpio_line lines[SIM_GPIO_LINES];
	bool has_irq;		/* accepted by the driver */
	uint64_t toggle_at;	/* TIME_NEVER: stands still */
	/* The buffer of @line goes back with @status. */
	void (*give_back)(void *user, unsigned int line, enum gpio_event_status status);
	void *user;
};

void sim_gpio_init(struct sim_gpio *g, bool has_irq,
		   void (*give_back)(void *user, unsigned int line, enum gpio_event_status status),
		   void *user);

/* A request for one line; the names are elsewhere.  GPIO_STATUS_ERR changes
 * nothing.  Whatever is asked of whatever line. */
enum gpio_status sim_gpio_request(struct sim_gpio *g, const uint8_t request[GPIO_REQ_LEN],
				  uint64_t now_us, uint8_t *ret_value);

/* The driver queued the buffer of @line, below SIM_GPIO_LINES and without one. */
void sim_gpio_arm(struct sim_gpio *g, unsigned int line);

/* What time does.  Returns when to call again. */
uint64_t sim_gpio_advance(struct sim_gpio *g, uint64_t now_us);

const char *sim_gpio_name(unsigned int line);
