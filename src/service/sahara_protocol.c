/*
 * A packet is looked up in one table: how long it is, and in which steps it may
 * come.  Everything else is refused.
 */
#include "service/sahara_inside.h"
#include "base/timers.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

enum { VERSION = 2, OLDEST_VERSION = 1 };

#define IN(step) (1u << (step))
#define ANY (~IN(SAHARA_OVER))

const struct sahara_limits sahara_limits_default = {
	.silence_us = 30000000,
	.reset_us = 3000000,
	.session_us = 1800000000,
	.image_bytes = 8ull << 30,
	.dump_bytes = 512 << 20,
	.requests = 1 << 20,
	.refusals = 16,
	.piece = 0xfff0,	/* as Linux asks */
};

bool sahara_is_over(const struct sahara *s)
{
	return s->step == SAHARA_OVER;
}

void sahara_say(struct sahara *s, enum sahara_command command, uint32_t len,
		const uint32_t *words, enum sahara_step next)
{
	uint8_t packet[SAHARA_PACKET_MAX] = { 0 };

	put_le32(packet, command);
	put_le32(packet + 4, len);
	for (uint32_t i = 0; words && i < (len - SAHARA_BODY) / 4; i++)
		put_le32(packet + SAHARA_BODY + 4 * i, words[i]);
	s->step = next;
	s->ops->send(s->user, packet, len);
}

static void drop_session(struct sahara *s, int status)
{
	sahara_memory_end(s, status);
	s->image.is_open = false;
	s->image.left = 0;
	s->packet_len = s->held_len = 0;
}

static void give_up(struct sahara *s, int status, const char *why)
{
	drop_session(s, status);
	s->step = SAHARA_OVER;
	s->ops->failed(s->user, status, why);
}

void sahara_refuse(struct sahara *s, int status, const char *format, ...)
{
	char why[SAHARA_WHY_LEN];
	va_list args;

	va_start(args, format);
	vsnprintf(why, sizeof(why), format, args);
	va_end(args);
	if (++s->n_refusals > s->limits->refusals) {
		give_up(s, status, why);
		return;
	}
	drop_session(s, status);
	sahara_say(s, SAHARA_RESET, SAHARA_BODY, NULL, SAHARA_RESETTING);
	s->ops->failed(s->user, status, why);
}

/* Images. */

static bool find_image(struct sahara *s, uint64_t id)
{
	uint64_t size = 0;
	int r;

	if (s->image.is_open && s->image.id == id)
		return true;
	s->image.is_open = false;
	s->image.name = NULL;
	r = s->ops->image_find(s->user, id, &size, &s->image.name);
	if (r) {
		sahara_refuse(s, r, "image %llu (%s): %s", (unsigned long long)id,
			      s->image.name ? s->image.name : "-",
			      s->image.name ? strerror(-r) : "none is configured");
		return false;
	}
	s->image.is_open = true;
	s->image.id = id;
	s->image.size = size;
	s->image.offset = 0;
	return true;
}

static void on_read(struct sahara *s, uint64_t id, uint64_t offset, uint64_t len)
{
	if (!find_image(s, id))
		return;
	if (!len || offset > s->image.size || len > s->image.size - offset) {
		sahara_refuse(s, -EPROTO, "image %llu (%s, %llu bytes): the device asks for %llu "
			      "bytes at offset %llu", (unsigned long long)id, s->image.name,
			      (unsigned long long)s->image.size, (unsigned long long)len,
			      (unsigned long long)offset);
		return;
	}
	if (len > s->limits->image_bytes - s->n_served) {
		give_up(s, -EPROTO, "the device asks for images without end");
		return;
	}
	s->n_served += len;
	s->image.offset = offset;
	s->image.left = len;
	s->step = SAHARA_SENDING;
	s->ops->image_send(s->user, id, offset, len);
}

static void on_read_data(struct sahara *s, const uint8_t *body)
{
	on_read(s, get_le32(body), get_le32(body + 4), get_le32(body + 8));
}

static void on_read_data64(struct sahara *s, const uint8_t *body)
{
	on_read(s, get_le64(body), get_le64(body + 8), get_le64(body + 16));
}

static void on_end_of_image(struct sahara *s, const uint8_t *body)
{
	uint32_t id = get_le32(body), status = get_le32(body + 4);

	if (status) {
		sahara_refuse(s, -EIO, "image %u (%s): the device reports status 0x%x at offset "
			      "%llu", id, s->image.is_open ? s->image.name : "-", status,
			      s->image.is_open ? (unsigned long long)s->image.offset : 0);
	} else if (s->step != SAHARA_SERVING || !s->image.is_open || s->image.id != id) {
		sahara_refuse(s, -EPROTO, "image %u ends that the device did not read", id);
	} else {
		s->image.is_open = false;
		sahara_say(s, SAHARA_DONE, SAHARA_BODY, NULL, SAHARA_ENDING);
		s->ops->image_done(s->user, id);
	}
}

/* Status 0: more images, each with a HELLO of its own. */
static void on_done_resp(struct sahara *s, const uint8_t *body)
{
	uint32_t status = get_le32(body);

	if (status > SAHARA_MODE_COMPLETE) {
		sahara_refuse(s, -EPROTO, "the device answers DONE by status 0x%x", status);
		return;
	}
	s->step = SAHARA_IDLE;
	if (status != SAHARA_MODE_COMPLETE)
		return;
	s->has_begun = false;
	s->ops->finished(s->user, SAHARA_MODE_COMPLETE);
}

/* Client commands. */

static void next_command(struct sahara *s)
{
	static const uint32_t images = SAHARA_MODE_PENDING;

	if (s->commands.next < s->commands.n)
		sahara_say(s, SAHARA_EXECUTE, 0x0c, &s->commands.list[s->commands.next],
			   SAHARA_EXECUTING);
	else
		sahara_say(s, SAHARA_SWITCH_MODE, 0x0c, &images, SAHARA_IDLE);
}

static void on_cmd_ready(struct sahara *s, const uint8_t *body)
{
	(void)body;
	next_command(s);
}

static void end_command(struct sahara *s)
{
	uint32_t command = s->commands.list[s->commands.next++];

	next_command(s);
	s->ops->executed(s->user, command, s->commands.answer, s->commands.got);
}

static void on_execute_resp(struct sahara *s, const uint8_t *body)
{
	uint32_t command = get_le32(body), len = get_le32(body + 4);

	s->commands.want = len;
	s->commands.got = 0;
	if (command != s->commands.list[s->commands.next] || len > SAHARA_ANSWER_MAX)
		sahara_refuse(s, -EPROTO, "client command 0x%x answers %u bytes", command, len);
	else if (len)
		sahara_say(s, SAHARA_EXECUTE_DATA, 0x0c, &command, SAHARA_ANSWERING);
	else
		end_command(s);
}

static void hear_answer(struct sahara *s, const uint8_t *data, uint32_t len)
{
	if (len > s->commands.want - s->commands.got) {
		sahara_refuse(s, -EPROTO, "client command 0x%x answers more than its %u bytes",
			      s->commands.list[s->commands.next], s->commands.want);
		return;
	}
	memcpy(s->commands.answer + s->commands.got, data, len);
	s->commands.got += len;
	if (s->commands.got == s->commands.want)
		end_command(s);
}

/* Sessions. */

static bool asks_first(struct sahara *s, uint32_t mode)
{
	return mode == SAHARA_MODE_PENDING && s->commands.n && !s->commands.is_asked;
}

static void on_hello(struct sahara *s, const uint8_t *body)
{
	static const enum sahara_step steps[] = {
		[SAHARA_MODE_PENDING] = SAHARA_SERVING,
		[SAHARA_MODE_COMPLETE] = SAHARA_SERVING,
		[SAHARA_MODE_MEMORY] = SAHARA_REMEMBERING,
		[SAHARA_MODE_COMMAND] = SAHARA_COMMANDING,
	};
	uint32_t version = get_le32(body), oldest = get_le32(body + 4);
	uint32_t words[10] = { VERSION, OLDEST_VERSION, 0, get_le32(body + 12) };

	drop_session(s, -ECONNRESET);
	if (!s->has_begun)
		s->begun_us = s->heard_us;
	s->has_begun = true;
	if (!version || oldest > VERSION || words[3] >= ARRAY_SIZE(steps)) {
		sahara_refuse(s, -EPROTO, "HELLO of version %u (at least %u) in mode %u", version,
			      oldest, words[3]);
		return;
	}
	if (asks_first(s, words[3])) {
		words[3] = SAHARA_MODE_COMMAND;
		s->commands.is_asked = true;
		s->commands.next = 0;
	} else if (words[3] == SAHARA_MODE_COMMAND) {
		s->commands.next = s->commands.n;
	}
	sahara_say(s, SAHARA_HELLO_RESP, 0x30, words, steps[words[3]]);
}

static void on_reset_resp(struct sahara *s, const uint8_t *body)
{
	(void)body;
	s->step = SAHARA_IDLE;
}

static void on_mem_debug(struct sahara *s, const uint8_t *body)
{
	sahara_memory_announced(s, false, get_le32(body), get_le32(body + 4));
}

static void on_mem_debug64(struct sahara *s, const uint8_t *body)
{
	sahara_memory_announced(s, true, get_le64(body), get_le64(body + 8));
}

static const struct order {
	uint32_t command, len;
	unsigned int steps;	/* set of IN() */
	void (*obey)(struct sahara *s, const uint8_t *body);
} orders[] = {
	{ SAHARA_HELLO, 0x30, ANY, on_hello },
	{ SAHARA_READ_DATA, 0x14, IN(SAHARA_SERVING), on_read_data },
	{ SAHARA_READ_DATA64, 0x20, IN(SAHARA_SERVING), on_read_data64 },
	{ SAHARA_END_OF_IMAGE, 0x10, IN(SAHARA_SERVING) | IN(SAHARA_EXECUTING) |
	  IN(SAHARA_TABLE) | IN(SAHARA_MEMORY), on_end_of_image },
	{ SAHARA_DONE_RESP, 0x0c, IN(SAHARA_ENDING), on_done_resp },
	{ SAHARA_RESET_RESP, 0x08, IN(SAHARA_RESETTING), on_reset_resp },
	{ SAHARA_MEM_DEBUG, 0x10, IN(SAHARA_REMEMBERING), on_mem_debug },
	{ SAHARA_MEM_DEBUG64, 0x18, IN(SAHARA_REMEMBERING), on_mem_debug64 },
	{ SAHARA_CMD_READY, 0x08, IN(SAHARA_COMMANDING), on_cmd_ready },
	{ SAHARA_EXECUTE_RESP, 0x10, IN(SAHARA_EXECUTING), on_execute_resp },
};

static const struct order *order_find(uint32_t command)
{
	for (size_t i = 0; i < ARRAY_SIZE(orders); i++)
		if (orders[i].command == command)
			return &orders[i];
	return NULL;
}

/* What the device said before it heard RESET is no answer to it. */
static void obey(struct sahara *s, const uint8_t *packet, uint32_t len)
{
	uint32_t command = len >= SAHARA_BODY ? get_le32(packet) : 0;
	const struct order *o = order_find(command);
	bool is_whole = o && len == o->len && get_le32(packet + 4) == len;

	if (++s->n_requests > s->limits->requests)
		give_up(s, -EPROTO, "the device asks without end");
	else if (is_whole && o->steps & IN(s->step))
		o->obey(s, packet + SAHARA_BODY);
	else if (s->step == SAHARA_RESETTING)
		return;
	else if (o && !is_whole)
		sahara_refuse(s, -EPROTO, "packet 0x%x has %u bytes, not %u", command, len,
			      o->len);
	else
		sahara_refuse(s, -EPROTO, "packet 0x%x of %u bytes is out of place", command, len);
}

/* Bytes for the device and its next words may cross; one packet waits. */
static void hold(struct sahara *s)
{
	if (s->held_len) {
		sahara_refuse(s, -EPROTO, "the device speaks while it has to listen");
		return;
	}
	memcpy(s->held, s->packet, s->packet_len);
	s->held_len = s->packet_len;
	s->packet_len = 0;
}

static void hear_packet(struct sahara *s, const uint8_t *data, uint32_t len, bool is_end)
{
	uint8_t packet[SAHARA_PACKET_MAX];

	if (len > sizeof(s->packet) - s->packet_len) {
		s->packet_len = 0;
		if (s->step != SAHARA_RESETTING)
			sahara_refuse(s, -EPROTO, "a packet of more than %u bytes",
				      SAHARA_PACKET_MAX);
		return;
	}
	memcpy(s->packet + s->packet_len, data, len);
	s->packet_len += len;
	if (!is_end || !s->packet_len)
		return;
	if (s->step == SAHARA_SENDING) {
		hold(s);
		return;
	}
	len = s->packet_len;
	memcpy(packet, s->packet, len);
	s->packet_len = 0;
	obey(s, packet, len);
}

/* A device that cannot read its own memory says so instead.  Guess: by the same
 * packet as for an image. */
static bool is_failure(const struct sahara *s, const uint8_t *data, uint32_t len, bool is_end)
{
	return is_end && !s->memory.got && s->memory.asked != 0x10 && len == 0x10 &&
	       get_le32(data) == SAHARA_END_OF_IMAGE && get_le32(data + 4) == len &&
	       get_le32(data + 12);
}

void sahara_hear(struct sahara *s, uint64_t now_us, const uint8_t *data, uint32_t len,
		 bool is_end)
{
	s->heard_us = now_us;
	if (s->step == SAHARA_OVER)
		return;
	if (s->step == SAHARA_ANSWERING)
		hear_answer(s, data, len);
	else if ((s->step == SAHARA_TABLE || s->step == SAHARA_MEMORY) &&
		 !is_failure(s, data, len, is_end))
		sahara_memory_hear(s, data, len);
	else
		hear_packet(s, data, len, is_end);
}

void sahara_sent(struct sahara *s, uint64_t now_us, uint64_t len)
{
	uint8_t packet[SAHARA_PACKET_MAX];
	uint32_t held = s->held_len;

	if (s->step != SAHARA_SENDING)
		return;
	s->heard_us = now_us;
	len = len < s->image.left ? len : s->image.left;
	s->image.left -= len;
	s->image.offset += len;
	if (s->image.left)
		return;
	s->step = SAHARA_SERVING;
	s->held_len = 0;
	memcpy(packet, s->held, held);
	if (held)
		obey(s, packet, held);
}

void sahara_cannot_send(struct sahara *s, uint64_t now_us, int status)
{
	s->heard_us = now_us;
	if (s->step == SAHARA_SENDING)
		sahara_refuse(s, status, "image %llu (%s): %s at offset %llu",
			      (unsigned long long)s->image.id, s->image.name,
			      strerror(-status), (unsigned long long)s->image.offset);
}

uint64_t sahara_tick(struct sahara *s, uint64_t now_us)
{
	bool is_told = s->step == SAHARA_RESETTING;
	uint64_t silence = s->heard_us + (is_told ? s->limits->reset_us : s->limits->silence_us);
	uint64_t session = s->begun_us + s->limits->session_us;

	if (sahara_is_over(s))
		return TIME_NEVER;
	if (s->has_begun && now_us >= session)
		give_up(s, -ETIMEDOUT, "the device does not come to an end");
	else if (now_us >= silence && s->step == SAHARA_SENDING)
		give_up(s, -ETIMEDOUT, "the device does not take what it asked for");
	else if (now_us >= silence)
		give_up(s, -ETIMEDOUT, is_told ? "the device does not start over" :
						 "the device fell silent");
	else
		return s->has_begun && session < silence ? session : silence;
	return TIME_NEVER;
}

void sahara_init(struct sahara *s, const struct sahara_limits *limits,
		 const struct sahara_ops *ops, void *user)
{
	memset(s, 0, sizeof(*s));
	s->limits = limits;
	s->ops = ops;
	s->user = user;
}

void sahara_ask(struct sahara *s, const uint32_t *commands, unsigned int n)
{
	s->commands.list = commands;
	s->commands.n = n;
}

void sahara_begin(struct sahara *s, uint64_t now_us)
{
	drop_session(s, -ECONNRESET);
	s->step = SAHARA_IDLE;
	s->heard_us = now_us;
	s->has_begun = s->commands.is_asked = false;
	s->n_requests = s->n_refusals = 0;
	s->n_served = 0;
}

void sahara_end(struct sahara *s, int why)
{
	drop_session(s, why);
	s->step = SAHARA_IDLE;
}
