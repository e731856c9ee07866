#include "gpio/controller.h"
#include "gpio/names.h"
#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* A line and its slot. */
struct slot {
	struct gpio_line line;
	struct list calls;	/* of struct gpio_call, oldest first */
	struct list hungry;	/* in controller->hungry: the wire was full */
	struct list unarmed;	/* in controller->unarmed: its buffer is to go out */
	struct gpio_ask asked;	/* while flying */
	struct gpio_call *asker;	/* of asked; NULL: does not wait any more */
	struct gpio_call own;	/* begin and release */
	bool is_flying;		/* the device has the request */
	bool is_armed;		/* the device has the event buffer */
};

struct gpio_controller {
	struct gpio_controller_config config;
	struct timers *timers;
	const struct gpio_controller_ops *ops;
	void *user;
	struct slot *slots;	/* n_lines */
	struct list hungry, unarmed;
	struct timer names_timer;
	struct names {
		char *block;	/* names_len bytes */
		const char **at;	/* n_lines, in block */
	} names, heard;		/* those that hold, and what an answer says */
	unsigned int n_own;	/* own calls, and the names: not yet over */
	int refusal;		/* what calls end with; 0 as long as they may be made */
	bool has_names;
	bool has_other_names;	/* than before */
	bool is_flying_names;
	bool is_waiting_names;
	bool has_irq;
	bool is_up;
	bool is_releasing;
};

static void note(struct gpio_controller *c, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void note(struct gpio_controller *c, const char *format, ...)
{
	char sentence[160];
	va_list args;

	va_start(args, format);
	vsnprintf(sentence, sizeof(sentence), format, args);
	va_end(args);
	c->ops->noted(c->user, sentence);
}

static unsigned int slot_line(const struct gpio_controller *c, const struct slot *s)
{
	return (unsigned int)(s - c->slots);
}

/* Calls. */

static void own_over(struct gpio_controller *c)
{
	assert(c->n_own);
	if (--c->n_own)
		return;
	if (!c->is_releasing) {
		c->ops->began(c->user, c->has_other_names ? -EPROTO : 0);
		return;
	}
	c->is_releasing = false;
	c->ops->released(c->user);
}

/* For one answer.  An orderly end has less of it. */
static uint64_t patience(const struct gpio_controller *c)
{
	return c->is_releasing ? GPIO_RELEASE_US : GPIO_PATIENCE_US;
}

static void own_done(struct gpio_call *call, int status, uint32_t value)
{
	struct gpio_controller *c = call->controller;

	(void)value;
	if (status < 0)
		note(c, "line %u (%s) could not be %s: %s", call->line,
		     gpio_controller_name(c, call->line),
		     c->is_releasing ? "released" : "set up",
		     status == -ETIMEDOUT ? "no answer" : "the device refuses");
	own_over(c);
}

static void call_end(struct gpio_call *call, int status, uint32_t value)
{
	gpio_call_withdraw(call);
	call->done(call, status, value);
}

static void on_timeout(void *user)
{
	call_end(user, -ETIMEDOUT, 0);
}

static int submit(struct gpio_controller *c, struct slot *s, struct gpio_call *call,
		  struct gpio_ask asked)
{
	uint8_t request[GPIO_REQ_LEN];
	int r;

	put_le16(request + GPIO_REQ_TYPE, (uint16_t)asked.type);
	put_le16(request + GPIO_REQ_LINE, (uint16_t)call->line);
	put_le32(request + GPIO_REQ_VALUE, asked.value);
	r = c->ops->submit(c->user, call->line, request, GPIO_ANSWER_LEN);
	if (r)
		return r;
	s->is_flying = true;
	s->asked = asked;
	s->asker = call;
	call->aim.n_asked++;
	timer_start(c->timers, &call->timer, patience(c));
	return 0;
}

/* The next request of this line, if there is one and it may go. */
static void slot_pump(struct gpio_controller *c, struct slot *s)
{
	struct gpio_call *call;
	struct gpio_ask asked;
	int r;

	while (c->is_up && !s->is_flying && !list_is_empty(&s->calls)) {
		call = list_first(&s->calls, struct gpio_call, node);
		r = gpio_line_next(&s->line, &call->aim, c->has_irq, &asked);
		if (r == GPIO_LINE_ASK) {
			r = submit(c, s, call, asked);
			if (r == GPIO_WIRE_OK)
				return;
		} else if (!r) {
			gpio_line_reached(&s->line, &call->aim);
		}
		if (r == GPIO_WIRE_FULL) {
			if (list_is_empty(&s->hungry))
				list_append(&c->hungry, &s->hungry);
			return;
		}
		if (r < 0)
			gpio_line_settle(&s->line);
		call_end(call, r, 0);
	}
}

static int submit_names(struct gpio_controller *c)
{
	uint8_t request[GPIO_REQ_LEN] = { 0 };
	int r;

	put_le16(request + GPIO_REQ_TYPE, GPIO_GET_NAMES);
	r = c->ops->submit(c->user, c->config.n_lines, request, 1 + c->config.names_len);
	c->is_flying_names = r == GPIO_WIRE_OK;
	return r;
}

static void names_over(struct gpio_controller *c)
{
	timer_stop(&c->names_timer);
	c->is_waiting_names = false;
	own_over(c);
}

static void on_names_timeout(void *user)
{
	struct gpio_controller *c = user;

	note(c, "the names of the lines could not be had: no answer");
	names_over(c);
}

/* Whoever found the wire full: there may be room now. */
static void feed_hungry(struct gpio_controller *c)
{
	struct list old;

	list_init(&old);
	list_move_all(&old, &c->hungry);
	while (!list_is_empty(&old)) {
		struct slot *s = list_first(&old, struct slot, hungry);

		list_remove(&s->hungry);
		slot_pump(c, s);
		if (!list_is_empty(&s->hungry))
			break;
	}
	/* The one that found it full again is the first of the next time. */
	list_move_all(&c->hungry, &old);
}

/* Events. */

static void arm_all(struct gpio_controller *c)
{
	while (!list_is_empty(&c->unarmed)) {
		struct slot *s = list_first(&c->unarmed, struct slot, unarmed);
		int r = GPIO_WIRE_OK;

		if (s->line.irq)
			r = c->ops->arm(c->user, slot_line(c, s));
		if (r == GPIO_WIRE_FULL)
			return;
		list_remove(&s->unarmed);
		s->is_armed = s->line.irq && !r;
		if (r < 0)
			note(c, "line %u tells no edges: its buffer could not be sent",
			     slot_line(c, s));
	}
}

static void slot_arm(struct gpio_controller *c, struct slot *s)
{
	if (!s->line.irq || s->is_armed || !list_is_empty(&s->unarmed))
		return;
	list_append(&c->unarmed, &s->unarmed);
	arm_all(c);
}

void gpio_controller_event(struct gpio_controller *c, unsigned int line,
			   const uint8_t *answer, size_t len)
{
	struct slot *s;
	uint8_t status;

	if (!c->is_up || line >= c->config.n_lines || !c->slots[line].is_armed) {
		note(c, "an event for line %u, which waits for none", line);
		return;
	}
	s = &c->slots[line];
	status = len == GPIO_EVENT_ANSWER_LEN ? *answer : UINT8_MAX;
	s->is_armed = false;
	if (status == GPIO_EVENT_VALID && s->line.irq)
		c->ops->edge(c->user, line);
	else if (status > GPIO_EVENT_VALID)
		note(c, "line %u: an event that is none", line);
	/* Given back without an event: another trigger came meanwhile. */
	slot_arm(c, s);
	arm_all(c);
}

/* Answers. */

/* Names hold for ever: files are called by them. */
static void take_names(struct gpio_controller *c)
{
	struct names heard = c->heard;

	if (c->has_names) {
		c->has_other_names = memcmp(c->names.block, heard.block, c->config.names_len) != 0;
		return;
	}
	c->heard = c->names;
	c->names = heard;
	c->has_names = true;
}

static void names_answered(struct gpio_controller *c, const uint8_t *answer, size_t len)
{
	size_t names_len = c->config.names_len;
	enum gpio_names what;

	c->is_flying_names = false;
	if (len != 1 + names_len || answer[GPIO_ANSWER_STATUS] != GPIO_STATUS_OK) {
		note(c, "the lines have no names: the device refuses, or answers %zu bytes", len);
	} else {
		memcpy(c->heard.block, answer + 1, names_len);
		what = gpio_names_find(c->heard.block, names_len, c->config.n_lines, c->heard.at);
		if (what)
			note(c, "the lines have no names: their block %s", gpio_names_fault(what));
		else
			take_names(c);
	}
	if (c->is_waiting_names)
		names_over(c);
}

static void line_answered(struct gpio_controller *c, struct slot *s, const uint8_t *answer,
			  size_t len)
{
	struct gpio_call *call = s->asker;
	uint32_t value = 0;
	int r;

	s->is_flying = false;
	s->asker = NULL;
	r = gpio_line_learn(&s->line, s->asked, answer, len, &value);
	if (r < 0 || !call)
		gpio_line_settle(&s->line);
	if (call && call->aim.kind == GPIO_AIM_READ && !r)
		call_end(call, 0, gpio_line_turned(&s->line, value));
	else if (call && r < 0)
		call_end(call, r, 0);
	slot_arm(c, s);
	slot_pump(c, s);
}

void gpio_controller_answer(struct gpio_controller *c, unsigned int slot,
			    const uint8_t *answer, size_t len)
{
	uint8_t copy[GPIO_ANSWER_LEN];

	if (c->is_up && slot < c->config.n_lines && c->slots[slot].is_flying) {
		memcpy(copy, answer, min_size(len, sizeof(copy)));
		line_answered(c, &c->slots[slot], copy, len);
	} else if (c->is_up && slot == c->config.n_lines && c->is_flying_names) {
		names_answered(c, answer, len);
	} else {
		note(c, "an answer in slot %u, where nothing was asked", slot);
	}
	feed_hungry(c);
}

/* Life. */

static void own_start(struct gpio_controller *c, unsigned int line, enum gpio_aim_kind kind)
{
	c->n_own++;
	gpio_call_start(&c->slots[line].own, c, line, kind, 0, own_done);
}

void gpio_controller_up(struct gpio_controller *c, bool has_irq)
{
	c->has_irq = has_irq;
	c->is_up = true;
	c->refusal = 0;
	c->n_own = 1;
	if (c->config.names_len) {
		c->n_own++;
		c->is_waiting_names = true;
		timer_start(c->timers, &c->names_timer, GPIO_PATIENCE_US);
		if (submit_names(c)) {
			note(c, "the names of the lines could not be asked for");
			names_over(c);
		}
	}
	for (unsigned int i = 0; i < c->config.n_lines; i++)
		own_start(c, i, GPIO_AIM_BEGIN);
	own_over(c);
}

/* The first of a line may be ours: its end is nobody's business. */
static void end_calls(struct gpio_controller *c, int status)
{
	c->refusal = status;
	timer_stop(&c->names_timer);
	c->is_waiting_names = false;
	for (unsigned int i = 0; i < c->config.n_lines; i++) {
		struct slot *s = &c->slots[i];

		gpio_call_withdraw(&s->own);
		while (!list_is_empty(&s->calls))
			call_end(list_first(&s->calls, struct gpio_call, node), status, 0);
	}
}

void gpio_controller_down(struct gpio_controller *c, int status)
{
	c->is_up = false;
	c->is_releasing = false;
	c->is_flying_names = false;
	c->has_other_names = false;
	for (unsigned int i = 0; i < c->config.n_lines; i++) {
		struct slot *s = &c->slots[i];

		list_remove(&s->hungry);
		list_remove(&s->unarmed);
		s->is_flying = false;
		s->is_armed = false;
		s->asker = NULL;
		gpio_line_lost(&s->line);
	}
	end_calls(c, status);
}

void gpio_controller_release(struct gpio_controller *c, int status)
{
	end_calls(c, status);
	c->refusal = 0;
	c->is_releasing = true;
	c->n_own = 1;
	for (unsigned int i = 0; i < c->config.n_lines; i++)
		if (c->slots[i].line.kept)
			own_start(c, i, GPIO_AIM_RELEASE);
	c->refusal = status;
	own_over(c);
}

void gpio_call_start(struct gpio_call *call, struct gpio_controller *c, unsigned int line,
		     enum gpio_aim_kind kind, uint32_t value,
		     void (*done)(struct gpio_call *call, int status, uint32_t value))
{
	*call = (struct gpio_call){
		.controller = c, .line = line, .done = done,
		.aim = { .kind = kind, .value = value },
	};
	list_init(&call->node);
	timer_init(&call->timer, on_timeout, call);
	if (c->refusal) {
		done(call, c->refusal, 0);
		return;
	}
	list_append(&c->slots[line].calls, &call->node);
	timer_start(c->timers, &call->timer, patience(c));
	slot_pump(c, &c->slots[line]);
}

void gpio_call_withdraw(struct gpio_call *call)
{
	struct slot *s = &call->controller->slots[call->line];

	if (s->asker == call)
		s->asker = NULL;
	timer_stop(&call->timer);
	list_remove(&call->node);
}

static bool allocate(struct gpio_controller *c)
{
	unsigned int n = c->config.n_lines;

	c->slots = calloc(n, sizeof(*c->slots));
	c->names = (struct names){ calloc(1, c->config.names_len + 1), calloc(n, sizeof(char *)) };
	c->heard = (struct names){ calloc(1, c->config.names_len + 1), calloc(n, sizeof(char *)) };
	return c->slots && c->names.block && c->names.at && c->heard.block && c->heard.at;
}

static void slot_init(struct gpio_controller *c, struct slot *s)
{
	list_init(&s->calls);
	list_init(&s->hungry);
	list_init(&s->unarmed);
	list_init(&s->own.node);
	timer_init(&s->own.timer, on_timeout, &s->own);
	s->own.controller = c;
	s->own.line = slot_line(c, s);
}

struct gpio_controller *gpio_controller_new(const struct gpio_controller_config *config,
					    struct timers *timers,
					    const struct gpio_controller_ops *ops, void *user)
{
	struct gpio_controller *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->config = *config;
	c->timers = timers;
	c->ops = ops;
	c->user = user;
	c->refusal = -ENODEV;
	list_init(&c->hungry);
	list_init(&c->unarmed);
	timer_init(&c->names_timer, on_names_timeout, c);
	if (!allocate(c)) {
		gpio_controller_free(c);
		return NULL;
	}
	for (unsigned int i = 0; i < config->n_lines; i++)
		slot_init(c, &c->slots[i]);
	return c;
}

void gpio_controller_free(struct gpio_controller *c)
{
	if (!c)
		return;
	free(c->names.block);
	free(c->names.at);
	free(c->heard.block);
	free(c->heard.at);
	free(c->slots);
	free(c);
}

unsigned int gpio_controller_n_lines(const struct gpio_controller *c)
{
	return c->config.n_lines;
}

const struct gpio_line *gpio_controller_line(const struct gpio_controller *c, unsigned int line)
{
	return &c->slots[line].line;
}

const char *gpio_controller_name(const struct gpio_controller *c, unsigned int line)
{
	return c->has_names ? c->names.at[line] : "";
}
