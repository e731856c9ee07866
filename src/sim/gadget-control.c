/* The control pipe: chapter 9 of USB, and the requests of CDC. */
#include "sim/gadget-inside.h"
#include <errno.h>

enum {
	REQUEST_IN = 0x80,
	GET_STATUS = 0, CLEAR_FEATURE = 1, SET_FEATURE = 3, GET_DESCRIPTOR = 6,
	GET_CONFIGURATION = 8, SET_CONFIGURATION, GET_INTERFACE, SET_INTERFACE,
	SEND_COMMAND = 0x00, GET_RESPONSE = 0x01, SET_CODING = 0x20, GET_CODING = 0x21,
	SET_LINE = 0x22,
	TO_INTERFACE = 0x21, FROM_INTERFACE = 0xa1, TO_ENDPOINT = 0x02,
};

struct request {
	uint8_t type, code;
	uint16_t value, index, length;
};

static int answer(struct gadget_urb *urb, const void *bytes, uint32_t len)
{
	urb->actual = min_u32(urb->len, len);
	memcpy(urb->data, bytes, urb->actual);
	return 0;
}

static int answer_string(struct gadget *g, struct gadget_urb *urb, unsigned int index)
{
	uint8_t d[2 + 2 * 64] = { 4, 3, 0x09, 0x04 };	/* US English */
	const char *string = gadget_string(g, index);
	uint32_t len = 4;

	if (index && !string)
		return -EPIPE;
	if (index)
		for (len = 2; *string && len < sizeof(d); string++, len += 2)
			put_le16(d + len, (uint8_t)*string);
	d[0] = (uint8_t)len;
	return answer(urb, d, len);
}

static int answer_descriptor(struct gadget *g, struct gadget_urb *urb, uint16_t value)
{
	switch (value >> 8) {
	case 1:
		return answer(urb, g->device, sizeof(g->device));
	case 2:
		return answer(urb, g->configuration, g->configuration_len);
	case 3:
		return answer_string(g, urb, value & 0xff);
	default:
		return -EPIPE;
	}
}

static void clear_halt(struct gadget *g, uint8_t address)
{
	for (unsigned int i = 0; i < g->n_functions; i++) {
		struct function *f = &g->functions[i];
		struct pipe *pipes[] = { &f->in, &f->out, &f->notify };

		for (unsigned int k = 0; k < ARRAY_SIZE(pipes); k++)
			if (pipes[k]->address == address)
				pipes[k]->is_halted = false;
	}
	g->counts.cleared++;
}

static int answer_standard(struct gadget *g, struct gadget_urb *urb, struct request q)
{
	static const uint8_t zeros[2];

	switch (q.code) {
	case GET_DESCRIPTOR:
		return answer_descriptor(g, urb, q.value);
	case GET_STATUS:
		return answer(urb, zeros, 2);
	case GET_CONFIGURATION:
		return answer(urb, g->configuration + 5, 1);
	case GET_INTERFACE:
		return answer(urb, zeros, 1);
	case CLEAR_FEATURE:
		if (q.type == TO_ENDPOINT)
			clear_halt(g, (uint8_t)q.index);
		return 0;
	case SET_CONFIGURATION:
		gadget_reset(g);
		return 0;
	case SET_FEATURE:
	case SET_INTERFACE:
		return 0;
	default:
		return -EPIPE;
	}
}

static void set_line(struct function *f, uint16_t value)
{
	struct gadget_counts *counts = &f->gadget->counts;
	bool was_up = f->is_up;

	f->is_up = value & 1;
	counts->line_ups += f->is_up && !was_up;
	counts->line_downs += was_up && !f->is_up;
	if (f->trade->on_line)
		f->trade->on_line(f, was_up);
}

static int answer_out(struct function *f, struct gadget_urb *urb, struct request q)
{
	urb->actual = urb->len;
	switch (q.code) {
	case SET_LINE:
		set_line(f, q.value);
		return 0;
	case SET_CODING:
		memcpy(f->coding, urb->data, min_u32(urb->len, sizeof(f->coding)));
		return 0;
	case SEND_COMMAND:
		if (!f->trade->command)
			return -EPIPE;
		f->gadget->counts.commands++;
		f->trade->command(f, urb->data, urb->len);
		return 0;
	default:
		urb->actual = 0;
		return -EPIPE;
	}
}

static int answer_in(struct function *f, struct gadget_urb *urb, struct request q)
{
	int n;

	if (q.code == GET_CODING)
		return answer(urb, f->coding, sizeof(f->coding));
	if (q.code != GET_RESPONSE || !f->trade->fetch)
		return -EPIPE;
	n = f->trade->fetch(f, urb->data, urb->len);
	f->gadget->counts.answers += n > 0;
	f->gadget->counts.empty_gets += n <= 0;
	if (n < 0)
		return n;
	urb->actual = (uint32_t)n;
	return 0;
}

static struct function *function_at(struct gadget *g, uint16_t interface)
{
	for (unsigned int i = 0; i < g->n_functions; i++)
		if (g->functions[i].interface == interface)
			return &g->functions[i];
	return NULL;
}

int control_answer(struct gadget *g, struct gadget_urb *urb)
{
	const uint8_t *s = urb->setup;
	struct request q = { s[0], s[1], get_le16(s + 2), get_le16(s + 4), get_le16(s + 6) };
	struct function *f;

	urb->len = min_u32(urb->len, q.length);
	if ((q.type & 0x60) == 0)
		return answer_standard(g, urb, q);
	f = function_at(g, q.index);
	if (!f || (q.type != TO_INTERFACE && q.type != FROM_INTERFACE))
		return -EPIPE;
	return q.type & REQUEST_IN ? answer_in(f, urb, q) : answer_out(f, urb, q);
}
