#include "gpio_wire.h"
#include <check.h>
#include <errno.h>
#include <stdio.h>

static int submit(void *user, unsigned int slot, const uint8_t request[GPIO_REQ_LEN],
		  size_t answer_len)
{
	struct gpio_wire *w = user;

	ck_assert_uint_le(slot, w->n_lines);
	ck_assert(!w->slots[slot].is_flying);
	if (w->error)
		return w->error;
	if (w->n_flying == w->n_most)
		return GPIO_WIRE_FULL;
	w->n_flying++;
	w->slots[slot] = (struct wire_request){
		.is_flying = true, .type = get_le16(request + GPIO_REQ_TYPE),
		.line = get_le16(request + GPIO_REQ_LINE),
		.value = get_le32(request + GPIO_REQ_VALUE), .answer_len = answer_len,
	};
	return GPIO_WIRE_OK;
}

static int arm(void *user, unsigned int line)
{
	struct gpio_wire *w = user;

	ck_assert(!w->is_armed[line]);
	if (w->error)
		return w->error;
	if (w->n_armed == w->n_armed_most)
		return GPIO_WIRE_FULL;
	w->n_armed++;
	w->is_armed[line] = true;
	return GPIO_WIRE_OK;
}

static void began(void *user, int status)
{
	struct gpio_wire *w = user;

	w->n_began++;
	w->began_status = status;
}

static void released(void *user)
{
	struct gpio_wire *w = user;

	w->n_released++;
}

static void edge(void *user, unsigned int line)
{
	struct gpio_wire *w = user;

	w->n_edges[line]++;
}

static void noted(void *user, const char *sentence)
{
	struct gpio_wire *w = user;

	w->n_noted++;
	snprintf(w->noted, sizeof(w->noted), "%s", sentence);
}

static const struct gpio_controller_ops ops = {
	.submit = submit, .arm = arm, .began = began, .released = released, .edge = edge,
	.noted = noted,
};

void wire_setup(struct gpio_wire *w, unsigned int n_lines, size_t names_len)
{
	const struct gpio_controller_config c = { .n_lines = n_lines, .names_len = names_len };

	memset(w, 0, sizeof(*w));
	timers_init(&w->timers);
	w->n_lines = n_lines;
	w->n_most = w->n_armed_most = WIRE_SLOTS;
	w->controller = gpio_controller_new(&c, &w->timers, &ops, w);
	ck_assert_ptr_nonnull(w->controller);
}

void wire_teardown(struct gpio_wire *w)
{
	gpio_controller_down(w->controller, -ENODEV);
	ck_assert_uint_eq(timers_next(&w->timers), TIME_NEVER);
	gpio_controller_free(w->controller);
}

void wire_begin(struct gpio_wire *w, bool has_irq)
{
	gpio_controller_up(w->controller, has_irq);
	for (unsigned int i = 0; i < w->n_lines; i++)
		wire_answer(w, i, GPIO_STATUS_OK, GPIO_DIR_NONE);
	ck_assert_uint_eq(w->n_began, 1);
}

const struct wire_request *wire_sees(struct gpio_wire *w, unsigned int line,
				     enum gpio_request_type type, uint32_t value)
{
	const struct wire_request *r = &w->slots[line];

	ck_assert(r->is_flying);
	ck_assert_int_eq(r->type, type);
	ck_assert_uint_eq(r->value, value);
	ck_assert_uint_eq(r->line, line);
	ck_assert_uint_eq(r->answer_len, GPIO_ANSWER_LEN);
	return r;
}

void wire_answer_bytes(struct gpio_wire *w, unsigned int slot, const void *bytes, size_t len)
{
	if (w->slots[slot].is_flying)
		w->n_flying--;
	w->slots[slot].is_flying = false;
	gpio_controller_answer(w->controller, slot, bytes, len);
}

void wire_answer(struct gpio_wire *w, unsigned int line, uint8_t status, uint8_t value)
{
	const uint8_t answer[GPIO_ANSWER_LEN] = { status, value };

	ck_assert(w->slots[line].is_flying);
	wire_answer_bytes(w, line, answer, sizeof(answer));
}

void wire_event(struct gpio_wire *w, unsigned int line, uint8_t status)
{
	ck_assert(w->is_armed[line]);
	w->is_armed[line] = false;
	w->n_armed--;
	gpio_controller_event(w->controller, line, &status, 1);
}

void wire_wait(struct gpio_wire *w, uint64_t us)
{
	timers_advance(&w->timers, w->timers.now_us + us);
}
