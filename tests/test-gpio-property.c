/*
 * Random wishes for many lines, answered by a strict device in any order, now
 * and then not at all, over a wire that is full at times; a plain model tells
 * what each line must be.
 */
#include "gpio_wire.h"
#include "suite.h"
#include <errno.h>

enum { LINES = 16, WISHES = 4, STEPS = 4000, SEEDS = 30 };

struct wish {
	struct gpio_call call;
	bool is_out;		/* in flight */
	int expected;
	uint32_t expected_value;
};

/* What a line must be, counting wishes in the order in which they were made. */
struct model {
	enum gpio_direction direction;
	enum gpio_edge edge;
	uint32_t value;		/* active or not */
	bool is_active_low;
};

/* What the device made of the requests it has answered. */
struct plain {
	enum gpio_direction direction;
	enum gpio_irq_type irq;
	uint8_t level;
	bool is_driven;
};

static struct gpio_wire w;
static struct wish wishes[LINES][WISHES];
static struct model models[LINES];
static struct plain device[LINES];
static uint32_t state;
static unsigned int n_told, n_ended;

static uint32_t any(uint32_t below)
{
	state = state * 1664525 + 1013904223;
	return (state >> 8) % below;
}

static void on_done(struct gpio_call *call, int status, uint32_t value)
{
	struct wish *wish = container_of(call, struct wish, call);

	ck_assert(wish->is_out);
	wish->is_out = false;
	ck_assert_int_eq(status, wish->expected);
	if (!status && call->aim.kind == GPIO_AIM_READ)
		ck_assert_uint_eq(value, wish->expected_value);
	n_ended++;
}

/* How a wish must end, and what the line is then. */
static int model_run(struct model *m, enum gpio_aim_kind kind, uint32_t value)
{
	switch (kind) {
	case GPIO_AIM_WRITE:
		if (m->direction != GPIO_DIR_OUT)
			return -EPERM;
		m->value = value;
		return 0;
	case GPIO_AIM_INPUT:
		m->direction = GPIO_DIR_IN;
		return 0;
	case GPIO_AIM_OUTPUT:
		if (m->edge)
			return -EIO;
		m->direction = GPIO_DIR_OUT;
		m->value = value ^ m->is_active_low;
		return 0;
	case GPIO_AIM_EDGE:
		if (value && m->direction == GPIO_DIR_OUT)
			return -EIO;
		if (value)
			m->direction = GPIO_DIR_IN;
		m->edge = value;
		return 0;
	case GPIO_AIM_ACTIVE_LOW:
		m->value ^= value ^ m->is_active_low;
		m->is_active_low = value;
		return 0;
	case GPIO_AIM_RELEASE:
		*m = (struct model){ .is_active_low = m->is_active_low, .value = m->is_active_low };
		return 0;
	default:
		return 0;
	}
}

static void wish_something(void)
{
	static const enum gpio_aim_kind kinds[] = {
		GPIO_AIM_READ, GPIO_AIM_WRITE, GPIO_AIM_INPUT, GPIO_AIM_OUTPUT, GPIO_AIM_EDGE,
		GPIO_AIM_ACTIVE_LOW, GPIO_AIM_RELEASE, GPIO_AIM_READ, GPIO_AIM_WRITE,
	};
	enum gpio_aim_kind kind = kinds[any(ARRAY_SIZE(kinds))];
	unsigned int i = any(LINES);
	uint32_t value = any(kind == GPIO_AIM_EDGE ? 4 : 2);

	for (unsigned int n = 0; n < WISHES; n++) {
		struct wish *wish = &wishes[i][n];

		if (wish->is_out)
			continue;
		wish->is_out = true;
		wish->expected = model_run(&models[i], kind, value);
		wish->expected_value = models[i].value;
		n_told++;
		gpio_call_start(&wish->call, w.controller, i, kind, value, on_done);
		return;
	}
}

/* The device grants all that is not against the rules, which nothing may be. */
static uint8_t device_run(struct plain *p, const struct wire_request *r)
{
	switch (r->type) {
	case GPIO_GET_DIRECTION:
		return (uint8_t)p->direction;
	case GPIO_SET_DIRECTION:
		ck_assert_uint_le(r->value, GPIO_DIR_IN);
		ck_assert(r->value != GPIO_DIR_OUT || (p->is_driven && !p->irq));
		p->direction = r->value;
		if (!p->direction)
			*p = (struct plain){ 0 };
		return 0;
	case GPIO_SET_VALUE:
		ck_assert_uint_le(r->value, 1);
		p->level = (uint8_t)r->value;
		p->is_driven = true;
		return 0;
	case GPIO_SET_IRQ_TYPE:
		ck_assert_uint_le(r->value, GPIO_IRQ_BOTH);
		ck_assert(!r->value != !p->irq);
		ck_assert(p->direction == GPIO_DIR_IN);
		p->irq = r->value;
		return 0;
	default:
		ck_assert_int_eq(r->type, GPIO_GET_VALUE);
		return p->level;
	}
}

static void answer_something(void)
{
	unsigned int first = any(LINES);

	for (unsigned int n = 0; n < LINES; n++) {
		unsigned int i = (first + n) % LINES;

		if (!w.slots[i].is_flying)
			continue;
		wire_answer(&w, i, GPIO_STATUS_OK, device_run(&device[i], &w.slots[i]));
		return;
	}
}

/* An armed line tells edges; one whose trigger is gone gives its buffer back. */
static void tell_something(void)
{
	unsigned int i = any(LINES), before = w.n_edges[i];
	bool is_told = device[i].irq;

	if (!w.is_armed[i])
		return;
	wire_event(&w, i, is_told ? GPIO_EVENT_VALID : GPIO_EVENT_INVALID);
	ck_assert_uint_eq(w.n_edges[i], before + is_told);
}

static void settle_and_compare(void)
{
	while (w.n_flying)
		answer_something();
	ck_assert_uint_eq(n_told, n_ended);
	ck_assert_uint_eq(w.n_noted, 0);
	for (unsigned int i = 0; i < LINES; i++) {
		const struct gpio_line *l = gpio_controller_line(w.controller, i);

		ck_assert_int_eq(l->direction, models[i].direction);
		ck_assert_int_eq(device[i].direction, models[i].direction);
		ck_assert_int_eq(l->edge, models[i].edge);
		ck_assert_int_eq(device[i].irq, l->irq);
		ck_assert(!l->irq == !l->edge);
		ck_assert_int_eq(l->is_active_low, models[i].is_active_low);
	}
}

/* A device that has forgotten everything is made what it was. */
static void reconnect(void)
{
	settle_and_compare();
	gpio_controller_down(w.controller, -ENODEV);
	memset(device, 0, sizeof(device));
	memset(w.is_armed, 0, sizeof(w.is_armed));
	w.n_armed = 0;
	gpio_controller_up(w.controller, true);
	/* A level written to what is an input now has been forgotten. */
	for (unsigned int i = 0; i < LINES; i++)
		if (models[i].direction != GPIO_DIR_OUT)
			models[i].value = models[i].is_active_low;
	while (w.n_flying)
		answer_something();
}

START_TEST(test_each_line_is_what_its_wishes_say)
{
	static const unsigned int wires[] = { 1, 2, 5, LINES };

	state = (uint32_t)_i;
	memset(models, 0, sizeof(models));
	memset(device, 0, sizeof(device));
	memset(wishes, 0, sizeof(wishes));
	n_told = n_ended = 0;
	wire_setup(&w, LINES, 0);
	wire_begin(&w, true);
	w.n_most = wires[_i % 4];
	w.n_armed_most = wires[_i / 4 % 4];
	for (unsigned int n = 0; n < STEPS; n++) {
		uint32_t what = any(100);

		if (what < 45)
			wish_something();
		else if (what < 90)
			answer_something();
		else if (what < 99)
			tell_something();
		else if (!any(20))
			reconnect();
	}
	settle_and_compare();
	wire_teardown(&w);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("gpio-property");
	TCase *t = tcase_create("wishes");

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, test_each_line_is_what_its_wishes_say, 0, SEEDS);
	suite_add_tcase(s, t);
	return suite_run(s);
}
