/*
 * fuzz-gpio - a gpio controller that answers anything: any bytes of any length
 * in any slot, events for any line, names of any kind, at any time or never.
 *
 * The first bytes are the configuration and the names block.  Then each byte
 * is a step; some take more bytes.
 */
#include "gpio/controller.h"
#include "gpio/names.h"
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

enum { LINES_MOST = 8, CALLS = 16 };

struct input {
	const uint8_t *at;
	size_t len;
};

struct wish {
	struct gpio_call call;
	bool is_out;
};

static struct gpio_controller *controller;
static struct timers timers;
static struct wish wishes[CALLS];
static unsigned int n_lines, n_room;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t next(struct input *in)
{
	if (!in->len)
		return 0;
	in->len--;
	return *in->at++;
}

/* The wire takes as much as it likes. */
static int room(void)
{
	if (n_room == 255)
		return -EIO;
	if (!n_room)
		return GPIO_WIRE_FULL;
	n_room--;
	return GPIO_WIRE_OK;
}

static int submit(void *user, unsigned int slot, const uint8_t request[GPIO_REQ_LEN],
		  size_t answer_len)
{
	(void)user;
	(void)answer_len;
	assert(slot <= n_lines);
	assert(get_le16(request + GPIO_REQ_LINE) < n_lines);
	return room();
}

static int arm(void *user, unsigned int line)
{
	(void)user;
	assert(line < n_lines);
	return room();
}

static void began(void *user, int status)
{
	(void)user;
	(void)status;
}

static void released(void *user)
{
	(void)user;
}

static void edge(void *user, unsigned int line)
{
	(void)user;
	assert(gpio_controller_line(controller, line)->irq);
}

static void noted(void *user, const char *sentence)
{
	(void)user;
	assert(*sentence);
}

static const struct gpio_controller_ops ops = {
	.submit = submit, .arm = arm, .began = began, .released = released, .edge = edge,
	.noted = noted,
};

static void on_done(struct gpio_call *call, int status, uint32_t value)
{
	struct wish *wish = container_of(call, struct wish, call);

	assert(wish->is_out);
	assert(status <= 0 && value <= 1);
	wish->is_out = false;
}

static void begin(struct input *in)
{
	struct wish *wish = &wishes[next(in) % CALLS];
	unsigned int line = next(in) % n_lines;
	uint8_t what = next(in);
	enum gpio_aim_kind kind = GPIO_AIM_READ + what % GPIO_AIM_RELEASE;

	if (wish->is_out)
		gpio_call_withdraw(&wish->call);
	wish->is_out = true;
	gpio_call_start(&wish->call, controller, line, kind,
			kind == GPIO_AIM_EDGE ? what >> 6 : what >> 7, on_done);
}

/* Bytes in memory of their own, so that a sanitizer sees who reads on. */
static void answer(struct input *in)
{
	unsigned int slot = next(in);
	size_t len = next(in), i;
	uint8_t *bytes = malloc(len ? len : 1);

	if (!bytes)
		abort();
	for (i = 0; i < len; i++)
		bytes[i] = next(in);
	if (slot & 0x80)
		gpio_controller_event(controller, slot & 0x7f, bytes, len);
	else
		gpio_controller_answer(controller, slot, bytes, len);
	free(bytes);
}

static void down(int status)
{
	gpio_controller_down(controller, status);
	for (unsigned int i = 0; i < CALLS; i++)
		assert(!wishes[i].is_out);
}

static void live(struct input *in, bool *is_up)
{
	uint8_t what = next(in);

	if (!*is_up)
		gpio_controller_up(controller, what & 1);
	else if (what & 1)
		gpio_controller_release(controller, -ENODEV);
	else
		down(-ECONNRESET);
	*is_up = !*is_up || what & 1;
}

static void step(struct input *in, bool *is_up)
{
	switch (next(in) % 8) {
	case 0:
	case 1:
	case 2:
		answer(in);
		break;
	case 3:
	case 4:
		begin(in);
		break;
	case 5:
		timers_advance(&timers, timers.now_us + next(in) * 100000ull);
		break;
	case 6:
		n_room = next(in);
		break;
	default:
		live(in, is_up);
	}
}

static void check_names(const uint8_t *data, size_t size)
{
	const char *names[LINES_MOST];
	char *block = malloc(size ? size : 1);

	if (!block)
		abort();
	if (size)
		memcpy(block, data, size);
	if (gpio_names_find(block, size, n_lines, names) == GPIO_NAMES_OK)
		for (unsigned int i = 0; i < n_lines; i++)
			assert(names[i] + strlen(names[i]) < block + size);
	free(block);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	struct gpio_controller_config c;
	bool is_up = true;

	n_lines = 1 + next(&in) % LINES_MOST;
	c = (struct gpio_controller_config){ .n_lines = n_lines, .names_len = next(&in) };
	n_room = 254;
	check_names(in.at, in.len);
	timers_init(&timers);
	memset(wishes, 0, sizeof(wishes));
	controller = gpio_controller_new(&c, &timers, &ops, NULL);
	if (!controller)
		return 0;
	gpio_controller_up(controller, true);
	while (in.len)
		step(&in, &is_up);
	down(-ENODEV);
	assert(timers_next(&timers) == TIME_NEVER);
	gpio_controller_free(controller);
	return 0;
}
