/*
 * A gpio controller between two queues: requests come on one, a buffer for the
 * next event of each line on the other.
 *
 * An answer is written when its request is read; only giving it back may be
 * put off, by a line that is slow or a mood that likes disorder.
 */
#include "sim/gpio.h"
#include "sim/virtio_kind.h"

enum { REQUESTS, EVENTS };	/* queues */
enum { LATE_US = 100000, NAMES_LEN = 64 };

enum mood {
	HEALTHY,
	NAMES_OPEN,	/* the last name has no end */
	NAMES_FEW,	/* one string less than there are lines */
	NAMES_TWICE,	/* two lines share a name */
	NAMES_ALIEN,	/* a byte that is no text */
	NAMES_REFUSED,
	DISORDER,	/* answers in the opposite order */
	SILENT_LINE,	/* out1 never answers */
	BAD_STATUS,	/* neither OK nor ERR */
	BAD_LENGTH,	/* one byte less than the answer has */
	BAD_VALUE,	/* neither low nor high, neither in nor out */
	EVENT_FLOOD,	/* each buffer comes back at once */
	EVENT_STATUS,	/* neither an event nor none */
	EVENT_LENGTH,	/* 0 bytes */
};

static const char *const moods[] = {
	[HEALTHY] = "healthy",
	[NAMES_OPEN] = "names-open",
	[NAMES_FEW] = "names-few",
	[NAMES_TWICE] = "names-twice",
	[NAMES_ALIEN] = "names-alien",
	[NAMES_REFUSED] = "names-refused",
	[DISORDER] = "disorder",
	[SILENT_LINE] = "silent-line",
	[BAD_STATUS] = "bad-status",
	[BAD_LENGTH] = "bad-length",
	[BAD_VALUE] = "bad-value",
	[EVENT_FLOOD] = "event-flood",
	[EVENT_STATUS] = "event-status",
	[EVENT_LENGTH] = "event-length",
	NULL,
};

/* An answer that waits to be given back. */
struct held {
	uint16_t head;
	uint32_t len;
	uint64_t at_us;
};

struct board {
	struct sim_virtio *v;
	struct sim_gpio gpio;
	uint8_t names[NAMES_LEN];
	size_t names_len;
	struct held held[SIM_QUEUE_MOST];
	unsigned int n_held;
	unsigned int n_lies;
	struct buffer {		/* of an event, while armed */
		uint16_t head;
		struct vq_piece piece;
	} buffers[SIM_GPIO_LINES];
};

static bool has_mood(const struct board *b, enum mood mood)
{
	return sim_virtio_mood(b->v) == mood;
}

/* --- events --- */

static void push_event(struct board *b, uint16_t head, const struct vq_piece *piece,
		       uint8_t status)
{
	if (has_mood(b, EVENT_STATUS))
		status = 9;
	sim_virtio_write(b->v, piece, 1, &status, 1);
	sim_virtio_push(b->v, EVENTS, head, has_mood(b, EVENT_LENGTH) ? 0 : 1);
}

static void give_back(void *user, unsigned int line, enum gpio_event_status status)
{
	struct board *b = user;

	push_event(b, b->buffers[line].head, &b->buffers[line].piece, (uint8_t)status);
}

static void take_event_buffer(struct board *b, const struct vq_chain *chain)
{
	uint8_t request[GPIO_EVENT_REQ_LEN] = { 0 };
	unsigned int line;

	if (chain->out_len != sizeof(request) || chain->in_len != GPIO_EVENT_ANSWER_LEN) {
		sim_virtio_complain(b->v, "an event buffer of %u and %u bytes", chain->out_len,
				    chain->in_len);
		sim_virtio_push(b->v, EVENTS, chain->head, 0);
		return;
	}
	sim_virtio_read(b->v, chain->pieces, chain->n_out, request, sizeof(request));
	line = get_le16(request);
	if (line >= SIM_GPIO_LINES || b->gpio.lines[line].is_armed) {
		sim_virtio_complain(b->v, "an event buffer for line %u, which %s", line,
				    line < SIM_GPIO_LINES ? "has one" : "is none");
		push_event(b, chain->head, &chain->pieces[chain->n_out], GPIO_EVENT_INVALID);
		return;
	}
	b->buffers[line] = (struct buffer){ chain->head, chain->pieces[chain->n_out] };
	if (has_mood(b, EVENT_FLOOD))
		b->gpio.lines[line].is_latched = true;
	sim_gpio_arm(&b->gpio, line);
}

/* --- requests --- */

static void give_held(struct board *b)
{
	uint64_t now = sim_virtio_now_us(b->v);
	unsigned int n_left = 0;

	for (unsigned int i = 0; i < b->n_held; i++) {
		unsigned int at = has_mood(b, DISORDER) ? b->n_held - 1 - i : i;
		struct held h = b->held[at];

		if (h.at_us <= now) {
			sim_virtio_push(b->v, REQUESTS, h.head, h.len);
			b->held[at].at_us = 0;
		}
	}
	for (unsigned int i = 0; i < b->n_held; i++)
		if (b->held[i].at_us)
			b->held[n_left++] = b->held[i];
	b->n_held = n_left;
}

static uint64_t next_held(const struct board *b)
{
	uint64_t at = TIME_NEVER;

	for (unsigned int i = 0; i < b->n_held; i++)
		if (b->held[i].at_us < at)
			at = b->held[i].at_us;
	return at;
}

/* @at_us: not 0; TIME_NEVER: for ever. */
static void hold(struct board *b, uint16_t head, uint32_t len, uint64_t at_us)
{
	b->held[b->n_held++] = (struct held){ head, len, at_us };
}

/* One lie after the other: too short, nothing at all, no status, no value. */
static uint32_t lie(struct board *b, uint8_t answer[GPIO_ANSWER_LEN])
{
	static const uint8_t status[] = { 0, 0, 7, 0 }, len[] = { 1, 0, 2, 2 };
	unsigned int which = b->n_lies++ % ARRAY_SIZE(len);

	answer[GPIO_ANSWER_STATUS] = status[which];
	answer[GPIO_ANSWER_VALUE] = UINT8_MAX;
	return len[which];
}

static uint32_t spoil(struct board *b, unsigned int line, uint8_t answer[GPIO_ANSWER_LEN])
{
	if (line == SIM_GPIO_LIAR)
		return lie(b, answer);
	if (has_mood(b, BAD_STATUS))
		answer[GPIO_ANSWER_STATUS] = UINT8_MAX;
	if (has_mood(b, BAD_VALUE))
		answer[GPIO_ANSWER_VALUE] = 3;
	return has_mood(b, BAD_LENGTH) ? GPIO_ANSWER_LEN - 1 : GPIO_ANSWER_LEN;
}

static uint64_t due(const struct board *b, unsigned int line)
{
	if (line == SIM_GPIO_SLOW)
		return sim_virtio_now_us(b->v) + LATE_US;
	if (has_mood(b, SILENT_LINE) && line == SIM_GPIO_OUT1)
		return TIME_NEVER;
	return 1;
}

static void answer_line(struct board *b, const struct vq_chain *chain,
			const uint8_t request[GPIO_REQ_LEN])
{
	unsigned int line = get_le16(request + GPIO_REQ_LINE);
	uint8_t answer[GPIO_ANSWER_LEN];
	uint32_t len;

	answer[GPIO_ANSWER_STATUS] = sim_gpio_request(&b->gpio, request, sim_virtio_now_us(b->v),
						      &answer[GPIO_ANSWER_VALUE]);
	len = spoil(b, line, answer);
	sim_virtio_write(b->v, chain->pieces + chain->n_out, chain->n_in, answer, sizeof(answer));
	hold(b, chain->head, len, due(b, line));
}

static void answer_names(struct board *b, const struct vq_chain *chain)
{
	uint8_t answer[1 + NAMES_LEN] = { GPIO_STATUS_OK };
	size_t len = 1 + b->names_len;

	memcpy(answer + 1, b->names, b->names_len);
	if (has_mood(b, NAMES_REFUSED)) {
		memset(answer, 0, sizeof(answer));
		answer[GPIO_ANSWER_STATUS] = GPIO_STATUS_ERR;
	}
	sim_virtio_write(b->v, chain->pieces + chain->n_out, chain->n_in, answer, len);
	hold(b, chain->head, (uint32_t)len, 1);
}

/* One bad request stops nobody else's. */
static void refuse(struct board *b, const struct vq_chain *chain)
{
	static const uint8_t answer[GPIO_ANSWER_LEN] = { GPIO_STATUS_ERR, 0 };
	size_t len;

	sim_virtio_complain(b->v, "a request of %u bytes with room for %u", chain->out_len,
			    chain->in_len);
	len = sim_virtio_write(b->v, chain->pieces + chain->n_out, chain->n_in, answer,
			       sizeof(answer));
	hold(b, chain->head, (uint32_t)len, 1);
}

static void take_request(struct board *b, const struct vq_chain *chain)
{
	uint8_t request[GPIO_REQ_LEN] = { 0 };
	bool is_names;

	sim_virtio_read(b->v, chain->pieces, chain->n_out, request, sizeof(request));
	is_names = get_le16(request + GPIO_REQ_TYPE) == GPIO_GET_NAMES;
	if (chain->out_len != sizeof(request) ||
	    chain->in_len != (is_names ? 1 + b->names_len : GPIO_ANSWER_LEN))
		refuse(b, chain);
	else if (is_names)
		answer_names(b, chain);
	else
		answer_line(b, chain, request);
}

/* --- the kind --- */

static void build_names(struct board *b)
{
	for (unsigned int i = 0; i < SIM_GPIO_LINES; i++) {
		const char *name = sim_gpio_name(i);

		if (has_mood(b, NAMES_TWICE) && i == SIM_GPIO_OUT1)
			name = sim_gpio_name(SIM_GPIO_OUT0);
		if (has_mood(b, NAMES_FEW) && i == SIM_GPIO_LINES - 1)
			continue;
		memcpy(b->names + b->names_len, name, strlen(name) + 1);
		b->names_len += strlen(name) + 1;
	}
	if (has_mood(b, NAMES_OPEN))
		b->names[b->names_len - 1] = '!';
	if (has_mood(b, NAMES_ALIEN))
		b->names[0] = 0x80;
}

static bool board_init(struct sim_virtio *v, void *state, uint8_t *config)
{
	struct board *b = state;

	b->v = v;
	build_names(b);
	put_le16(config + GPIO_CONFIG_NGPIO, SIM_GPIO_LINES);
	put_le32(config + GPIO_CONFIG_NAMES_SIZE, (uint32_t)b->names_len);
	return true;
}

static void board_start(struct sim_virtio *v, void *state)
{
	struct board *b = state;

	b->n_lies = 0;
	sim_gpio_init(&b->gpio, sim_virtio_accepted(v) & VIRTIO_GPIO_F_IRQ, give_back, b);
}

static void board_stop(struct sim_virtio *v, void *state)
{
	struct board *b = state;

	(void)v;
	b->n_held = 0;
}

static void board_turn(struct sim_virtio *v, void *state)
{
	struct board *b = state;
	struct vq_chain chain;
	uint64_t at = sim_gpio_advance(&b->gpio, sim_virtio_now_us(v));
	uint64_t held_at;

	while (sim_virtio_pop(v, REQUESTS, &chain))
		take_request(b, &chain);
	give_held(b);
	while (sim_virtio_pop(v, EVENTS, &chain))
		take_event_buffer(b, &chain);
	held_at = next_held(b);
	sim_virtio_wake_at(v, held_at < at ? held_at : at);
}

static const struct sim_peer_kind faults[] = {
	{ 61, 5, "answers and events of a wrong length, status or value" },
	{ 62, 2, "events and interrupts without end" },
	{ 63, 2, "names that another line has, answers in the opposite order" },
	{ 64, 4, "a line, or every request, that never gets its answer; one at a time" },
	{ 65, 5, "used entries that cannot be" },
	{ 66, 4, "names without end, too few, no text, or refused" },
};

static const char *board_fault_mood(unsigned int id, unsigned int number)
{
	static const char *const words[][5] = {
		{ "bad-status", "bad-length", "bad-value", "event-status", "event-length" },
		{ "event-flood", "storm" },
		{ "names-twice", "disorder" },
		{ "silent-line", "never-returns", "deaf", "slow" },
		{ "used-jump", "used-id", "used-twice", "used-len", "used-zero" },
		{ "names-open", "names-few", "names-alien", "names-refused" },
	};

	return words[id - faults[0].id][number];
}

const struct sim_virtio_kind sim_virtio_gpio = {
	.type = "gpio",
	.id = VIRTIO_ID_GPIO,
	.features = VIRTIO_GPIO_F_IRQ,
	.requests = REQUESTS,
	.other_needs = VIRTIO_GPIO_F_IRQ,
	.config_len = GPIO_CONFIG_LEN,
	.state_len = sizeof(struct board),
	.moods = moods,
	.peer = { "a fault and a case that gpio has: F61 to F66", faults, ARRAY_SIZE(faults) },
	.fault_mood = board_fault_mood,
	.init = board_init,
	.start = board_start,
	.turn = board_turn,
	.stop = board_stop,
};
