#include "gpio/line.h"
#include <errno.h>

_Static_assert((int)GPIO_EDGE_RISING == GPIO_IRQ_RISING &&
	       (int)GPIO_EDGE_FALLING == GPIO_IRQ_FALLING &&
	       (int)GPIO_EDGE_BOTH == GPIO_IRQ_BOTH, "edges are numbered as triggers");

uint32_t gpio_line_turned(const struct gpio_line *l, uint32_t value)
{
	return value ^ (l->is_active_low ? 1 : 0);
}

/* Trigger from edge and back. */
static unsigned int edge_turned(unsigned int edge, bool is_active_low)
{
	if (!is_active_low)
		return edge;
	return (edge & GPIO_IRQ_RISING ? GPIO_IRQ_FALLING : 0) |
	       (edge & GPIO_IRQ_FALLING ? GPIO_IRQ_RISING : 0);
}

static int ask(struct gpio_ask *ret_ask, enum gpio_request_type type, uint32_t value)
{
	*ret_ask = (struct gpio_ask){ type, value };
	return GPIO_LINE_ASK;
}

static int next_output(const struct gpio_line *l, const struct gpio_aim *aim, uint32_t level,
		       struct gpio_ask *ret_ask)
{
	if (l->irq)
		return -EIO;
	/* The level first: a line that becomes an output must not twitch. */
	if (!aim->n_asked)
		return ask(ret_ask, GPIO_SET_VALUE, level);
	if (l->direction != GPIO_DIR_OUT)
		return ask(ret_ask, GPIO_SET_DIRECTION, GPIO_DIR_OUT);
	return GPIO_LINE_REACHED;
}

/* A trigger changes by way of none alone. */
static int next_trigger(const struct gpio_line *l, unsigned int want, bool has_irq,
			struct gpio_ask *ret_ask)
{
	if (want && !has_irq)
		return -EOPNOTSUPP;
	if (want && l->direction == GPIO_DIR_OUT)
		return -EIO;
	if (l->irq == want)
		return GPIO_LINE_REACHED;
	if (l->irq)
		return ask(ret_ask, GPIO_SET_IRQ_TYPE, GPIO_IRQ_NONE);
	if (l->direction != GPIO_DIR_IN)
		return ask(ret_ask, GPIO_SET_DIRECTION, GPIO_DIR_IN);
	return ask(ret_ask, GPIO_SET_IRQ_TYPE, want);
}

static int next_begin(const struct gpio_line *l, const struct gpio_aim *aim, bool has_irq,
		      struct gpio_ask *ret_ask)
{
	switch (l->kept) {
	case GPIO_DIR_OUT:
		return next_output(l, aim, l->level, ret_ask);
	case GPIO_DIR_IN:
		if (l->direction != GPIO_DIR_IN)
			return ask(ret_ask, GPIO_SET_DIRECTION, GPIO_DIR_IN);
		return next_trigger(l, edge_turned(l->edge, l->is_active_low), has_irq, ret_ask);
	default:
		return aim->n_asked ? GPIO_LINE_REACHED : ask(ret_ask, GPIO_GET_DIRECTION, 0);
	}
}

static int next_release(const struct gpio_line *l, struct gpio_ask *ret_ask)
{
	if (l->irq)
		return ask(ret_ask, GPIO_SET_IRQ_TYPE, GPIO_IRQ_NONE);
	if (l->direction)
		return ask(ret_ask, GPIO_SET_DIRECTION, GPIO_DIR_NONE);
	return GPIO_LINE_REACHED;
}

/* For an aim of one request. */
static int once(const struct gpio_aim *aim, enum gpio_request_type type, uint32_t value,
		struct gpio_ask *ret_ask)
{
	return aim->n_asked ? GPIO_LINE_REACHED : ask(ret_ask, type, value);
}

int gpio_line_next(const struct gpio_line *l, const struct gpio_aim *aim, bool has_irq,
		   struct gpio_ask *ret_ask)
{
	switch (aim->kind) {
	case GPIO_AIM_BEGIN:
		return next_begin(l, aim, has_irq, ret_ask);
	case GPIO_AIM_READ:
		return once(aim, GPIO_GET_VALUE, 0, ret_ask);
	case GPIO_AIM_WRITE:
		if (l->direction != GPIO_DIR_OUT)
			return -EPERM;
		return once(aim, GPIO_SET_VALUE, gpio_line_turned(l, aim->value), ret_ask);
	case GPIO_AIM_INPUT:
		return once(aim, GPIO_SET_DIRECTION, GPIO_DIR_IN, ret_ask);
	case GPIO_AIM_OUTPUT:
		return next_output(l, aim, aim->value, ret_ask);
	case GPIO_AIM_EDGE:
		return next_trigger(l, edge_turned(aim->value, l->is_active_low), has_irq, ret_ask);
	case GPIO_AIM_ACTIVE_LOW:
		return next_trigger(l, edge_turned(l->edge, aim->value), has_irq, ret_ask);
	case GPIO_AIM_RELEASE:
		return next_release(l, ret_ask);
	}
	return -EINVAL;
}

static int check(enum gpio_request_type type, const uint8_t *answer, size_t len)
{
	uint8_t value;

	if (len != GPIO_ANSWER_LEN)
		return -EPROTO;
	if (answer[GPIO_ANSWER_STATUS] == GPIO_STATUS_ERR)
		return -EIO;
	if (answer[GPIO_ANSWER_STATUS] != GPIO_STATUS_OK)
		return -EPROTO;
	value = answer[GPIO_ANSWER_VALUE];
	if ((type == GPIO_GET_VALUE && value > 1) ||
	    (type == GPIO_GET_DIRECTION && value > GPIO_DIR_IN))
		return -EPROTO;
	return 0;
}

int gpio_line_learn(struct gpio_line *l, struct gpio_ask asked, const uint8_t *answer,
		    size_t len, uint32_t *ret_value)
{
	int r = check(asked.type, answer, len);

	if (r)
		return r;
	switch (asked.type) {
	case GPIO_GET_DIRECTION:
		l->direction = answer[GPIO_ANSWER_VALUE];
		break;
	case GPIO_SET_DIRECTION:
		l->direction = l->kept = asked.value;
		/* It takes the trigger along. */
		if (!l->direction)
			l->irq = GPIO_IRQ_NONE;
		break;
	case GPIO_SET_VALUE:
		l->level = (uint8_t)asked.value;
		break;
	case GPIO_SET_IRQ_TYPE:
		l->irq = asked.value;
		break;
	default:
		break;
	}
	*ret_value = answer[GPIO_ANSWER_VALUE];
	return 0;
}

void gpio_line_reached(struct gpio_line *l, const struct gpio_aim *aim)
{
	switch (aim->kind) {
	case GPIO_AIM_WRITE:
	case GPIO_AIM_OUTPUT:
		l->kept = GPIO_DIR_OUT;
		break;
	case GPIO_AIM_EDGE:
		l->edge = aim->value;
		if (l->edge)
			l->kept = GPIO_DIR_IN;
		break;
	case GPIO_AIM_ACTIVE_LOW:
		l->is_active_low = aim->value;
		break;
	case GPIO_AIM_RELEASE:
		l->edge = GPIO_EDGE_NONE;
		break;
	default:
		break;
	}
}

void gpio_line_settle(struct gpio_line *l)
{
	l->edge = edge_turned(l->irq, l->is_active_low);
}

void gpio_line_lost(struct gpio_line *l)
{
	l->direction = GPIO_DIR_NONE;
	l->irq = GPIO_IRQ_NONE;
}
