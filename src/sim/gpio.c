#include "sim/gpio.h"

static const char *const names[SIM_GPIO_LINES] = {
	[SIM_GPIO_OUT0] = "out0",
	[SIM_GPIO_OUT1] = "out1",
	[SIM_GPIO_LOOP_OUT] = "loop-out",
	[SIM_GPIO_LOOP_IN] = "loop-in",
	[SIM_GPIO_TOGGLE] = "toggle",
	[SIM_GPIO_REFUSE] = "refuse",
	[SIM_GPIO_LIAR] = "liar",
	[SIM_GPIO_NAMELESS] = "",
	[SIM_GPIO_SLOW] = "slow",
};

const char *sim_gpio_name(unsigned int line)
{
	return names[line];
}

void sim_gpio_init(struct sim_gpio *g, bool has_irq,
		   void (*give_back)(void *user, unsigned int line, enum gpio_event_status status),
		   void *user)
{
	*g = (struct sim_gpio){
		.has_irq = has_irq, .toggle_at = TIME_NEVER, .give_back = give_back, .user = user,
	};
}

static void give_back(struct sim_gpio *g, unsigned int line, enum gpio_event_status status)
{
	struct sim_gpio_line *l = &g->lines[line];

	l->is_armed = false;
	if (status == GPIO_EVENT_VALID)
		l->is_latched = false;
	g->give_back(g->user, line, status);
}

static bool is_active(const struct sim_gpio_line *l)
{
	return (l->irq == GPIO_IRQ_HIGH && l->level) || (l->irq == GPIO_IRQ_LOW && !l->level);
}

/* A level is looked at again when a buffer comes; only an edge is kept. */
static void interrupt_if_due(struct sim_gpio *g, unsigned int line)
{
	struct sim_gpio_line *l = &g->lines[line];

	if (l->is_armed && (l->is_latched || is_active(l)))
		give_back(g, line, GPIO_EVENT_VALID);
}

static void set_level(struct sim_gpio *g, unsigned int line, uint8_t level)
{
	struct sim_gpio_line *l = &g->lines[line];

	if (l->level == level)
		return;
	l->level = level;
	if (l->irq <= GPIO_IRQ_BOTH && l->irq & (level ? GPIO_IRQ_RISING : GPIO_IRQ_FALLING))
		l->is_latched = true;
	interrupt_if_due(g, line);
}

/* What is on the line when nobody outside moves it. */
static void show_driven(struct sim_gpio *g, unsigned int line)
{
	struct sim_gpio_line *l = &g->lines[line];
	uint8_t level = l->direction == GPIO_DIR_OUT ? l->driven : 0;

	if (line == SIM_GPIO_LOOP_IN || line == SIM_GPIO_TOGGLE)
		return;
	set_level(g, line, level);
	if (line == SIM_GPIO_LOOP_OUT)
		set_level(g, SIM_GPIO_LOOP_IN, level);
}

static enum gpio_status disable(struct sim_gpio *g, unsigned int line)
{
	struct sim_gpio_line *l = &g->lines[line];

	l->irq = GPIO_IRQ_NONE;
	l->is_latched = false;
	if (l->is_armed)
		give_back(g, line, GPIO_EVENT_INVALID);
	return GPIO_STATUS_OK;
}

static enum gpio_status set_direction(struct sim_gpio *g, unsigned int line, uint32_t direction,
				      uint64_t now_us)
{
	struct sim_gpio_line *l = &g->lines[line];

	if (direction > GPIO_DIR_IN)
		return GPIO_STATUS_ERR;
	/* An output without a level would twitch. */
	if (direction == GPIO_DIR_OUT && (l->irq || !l->is_driven))
		return GPIO_STATUS_ERR;
	if (direction == GPIO_DIR_NONE) {
		disable(g, line);
		l->is_driven = false;
		l->driven = 0;
	}
	l->direction = direction;
	if (line == SIM_GPIO_TOGGLE && direction != GPIO_DIR_IN)
		g->toggle_at = TIME_NEVER;
	else if (line == SIM_GPIO_TOGGLE && g->toggle_at == TIME_NEVER)
		g->toggle_at = now_us + SIM_GPIO_TOGGLE_US;
	show_driven(g, line);
	return GPIO_STATUS_OK;
}

static enum gpio_status set_value(struct sim_gpio *g, unsigned int line, uint32_t value)
{
	struct sim_gpio_line *l = &g->lines[line];

	if (value > 1)
		return GPIO_STATUS_ERR;
	l->driven = (uint8_t)value;
	l->is_driven = true;
	show_driven(g, line);
	return GPIO_STATUS_OK;
}

static bool is_irq_type(uint32_t type)
{
	return type <= GPIO_IRQ_BOTH || type == GPIO_IRQ_HIGH || type == GPIO_IRQ_LOW;
}

/* One trigger becomes another by way of none alone. */
static enum gpio_status set_irq(struct sim_gpio *g, unsigned int line, uint32_t type)
{
	struct sim_gpio_line *l = &g->lines[line];

	if (!g->has_irq || !is_irq_type(type))
		return GPIO_STATUS_ERR;
	if (!type)
		return disable(g, line);
	if (l->irq || l->direction == GPIO_DIR_OUT)
		return GPIO_STATUS_ERR;
	l->irq = type;
	interrupt_if_due(g, line);
	return GPIO_STATUS_OK;
}

enum gpio_status sim_gpio_request(struct sim_gpio *g, const uint8_t request[GPIO_REQ_LEN],
				  uint64_t now_us, uint8_t *ret_value)
{
	unsigned int line = get_le16(request + GPIO_REQ_LINE);
	uint32_t value = get_le32(request + GPIO_REQ_VALUE);

	*ret_value = 0;
	if (line >= SIM_GPIO_LINES || line == SIM_GPIO_REFUSE)
		return GPIO_STATUS_ERR;
	switch (get_le16(request + GPIO_REQ_TYPE)) {
	case GPIO_GET_DIRECTION:
		*ret_value = (uint8_t)g->lines[line].direction;
		return GPIO_STATUS_OK;
	case GPIO_SET_DIRECTION:
		return set_direction(g, line, value, now_us);
	case GPIO_GET_VALUE:
		*ret_value = g->lines[line].level;
		return GPIO_STATUS_OK;
	case GPIO_SET_VALUE:
		return set_value(g, line, value);
	case GPIO_SET_IRQ_TYPE:
		return set_irq(g, line, value);
	default:
		return GPIO_STATUS_ERR;
	}
}

void sim_gpio_arm(struct sim_gpio *g, unsigned int line)
{
	struct sim_gpio_line *l = &g->lines[line];

	l->is_armed = true;
	if (!l->irq)
		give_back(g, line, GPIO_EVENT_INVALID);
	else
		interrupt_if_due(g, line);
}

uint64_t sim_gpio_advance(struct sim_gpio *g, uint64_t now_us)
{
	while (g->toggle_at <= now_us) {
		g->toggle_at += SIM_GPIO_TOGGLE_US;
		set_level(g, SIM_GPIO_TOGGLE, !g->lines[SIM_GPIO_TOGGLE].level);
	}
	return g->toggle_at;
}
