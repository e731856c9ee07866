/*
 * gpio_wire - a wire below a gpio controller that keeps what was sent until the
 * test answers it, and remembers what the controller told.
 */
#pragma once
#include "gpio/controller.h"

enum { WIRE_LINES_MOST = 64, WIRE_SLOTS = WIRE_LINES_MOST + 1 };

struct wire_request {
	bool is_flying;
	enum gpio_request_type type;
	unsigned int line;
	uint32_t value;
	size_t answer_len;
};

struct gpio_wire {
	struct timers timers;
	struct gpio_controller *controller;
	unsigned int n_lines;
	struct wire_request slots[WIRE_SLOTS];
	bool is_armed[WIRE_LINES_MOST];
	unsigned int n_edges[WIRE_LINES_MOST];
	unsigned int n_flying, n_most;	/* n_most: what the wire holds */
	unsigned int n_armed, n_armed_most;
	int error;		/* what submit and arm fail with */
	unsigned int n_began, n_released, n_noted;
	int began_status;
	char noted[160];	/* the last sentence */
};

void wire_setup(struct gpio_wire *w, unsigned int n_lines, size_t names_len);
void wire_teardown(struct gpio_wire *w);

/* The controller runs: everything it asks at first is answered: no names, every
 * direction none. */
void wire_begin(struct gpio_wire *w, bool has_irq);
/* What is in flight for @line, which must be @type. */
const struct wire_request *wire_sees(struct gpio_wire *w, unsigned int line,
				     enum gpio_request_type type, uint32_t value);
void wire_answer(struct gpio_wire *w, unsigned int line, uint8_t status, uint8_t value);
/* With an answer of any bytes. */
void wire_answer_bytes(struct gpio_wire *w, unsigned int slot, const void *bytes, size_t len);
void wire_event(struct gpio_wire *w, unsigned int line, uint8_t status);
void wire_wait(struct gpio_wire *w, uint64_t us);
