/*
 * Encapsulated commands: QMI and MBIM control.  An answer waits until it is
 * fetched; a notification on the interrupt pipe says that one does.
 */
#include "sim/gadget-inside.h"
#include <errno.h>

static void notify(struct function *f)
{
	const uint8_t notice[8] = { 0xa1, 0x01, 0, 0, f->interface, 0, 0, 0 };

	pipe_say(&f->notify, notice, sizeof(notice));
}

/* Each answer is told, unless it is the habit to tell once, or never. */
static void tell_answers(struct function *f, uint32_t from)
{
	unsigned int habits = f->gadget->config.habits;
	uint32_t at = from;

	while (at < f->answers.end && !(habits & GADGET_NO_NOTICE)) {
		notify(f);
		if (habits & GADGET_NOTICE_FOR_ALL)
			return;
		at += 4 + get_le32(f->answers.bytes + at);
	}
}

/* A modem that nobody listens to (DTR down) says nothing. */
static void qmi_command(struct function *f, const uint8_t *data, uint32_t len)
{
	uint32_t from = f->answers.end;

	if (!f->is_up || !len)
		return;
	f->service->hear(f->service_state, data, len, &f->answers);
	tell_answers(f, from);
}

static int fetch(struct function *f, uint8_t *data, uint32_t len)
{
	const uint8_t *message;
	uint32_t n;

	message = mouth_peek(&f->answers, &n);
	if (!message)
		return f->gadget->config.habits & GADGET_STALLS_EMPTY_GET ? -EPIPE : 0;
	n = min_u32(n, len);
	memcpy(data, message, n);
	mouth_swallow(&f->answers);
	return (int)n;
}

/* Client ids, and what was said to them, do not outlive the line. */
static void qmi_on_line(struct function *f, bool was_up)
{
	if (f->is_up || !was_up)
		return;
	f->answers.begin = f->answers.end = 0;
	memset(f->service_state, 0, f->service->state_len);
	function_service_start(f);
}

struct packet {
	uint8_t bytes[BULK_OUT_MAX];
	uint32_t len;
};
_Static_assert(sizeof(struct packet) <= STATE_MAX, "fits its place");

/* The data path of QMI: IP packets, one a transfer, answered like a network. */
static void data_hear(struct function *f, const uint8_t *data, uint32_t len)
{
	struct packet *p = f->state;
	uint32_t n = min_u32(len, sizeof(p->bytes) - p->len);

	memcpy(p->bytes + p->len, data, n);
	p->len += n;
}

static void data_hear_end(struct function *f, bool is_zlp)
{
	struct packet *p = f->state;

	(void)is_zlp;
	if (p->len)
		sim_service_icmp.hear(NULL, p->bytes, p->len, &f->in.mouth);
	p->len = 0;
}

static bool data_listens(const struct function *f)
{
	return mouth_is_empty(&f->in.mouth);
}

const struct trade trade_qmi = {
	.start = function_service_start,
	.listens = data_listens,
	.hear = data_hear,
	.hear_end = data_hear_end,
	.on_line = qmi_on_line,
	.command = qmi_command,
	.fetch = fetch,
	.ear = BULK_OUT_MAX,
};

/* MBIM: each command comes back, with the mark of a done one in its type. */
static void mbim_command(struct function *f, const uint8_t *data, uint32_t len)
{
	uint32_t from = f->answers.end;

	mouth_say(&f->answers, data, len);
	if (len >= 4 && f->answers.end > from)
		f->answers.bytes[from + 4 + 3] |= 0x80;
	tell_answers(f, from);
}

const struct trade trade_mbim = {
	.listens = data_listens,
	.hear = data_hear,
	.hear_end = data_hear_end,
	.command = mbim_command,
	.fetch = fetch,
	.ear = BULK_OUT_MAX,
};
