/* The byte streams: DIAG, NMEA, AT and the dial-up port, DUN. */
#include "sim/gadget-inside.h"
#include <ctype.h>
#include <stdio.h>

enum {
	LINE_MAX_LEN = 64,
	ECHO_MAX = 4096,	/* unread, then nothing more is heard */
	DIAG_MAX = 16384,
	DCD = 1, DSR = 2,
	LEAVE_US = 50000,	/* answers are on their way */
	SECOND_US = 1000000,
};

/* To emergency download mode.  Source: fwupd, pull request 4227. */
static const uint8_t go_edl[] = { 0x4b, 0x65, 0x01, 0x00, 0x54, 0x0f, 0x7e };

struct serial {
	char line[LINE_MAX_LEN];	/* AT, in capitals */
	unsigned int len;
	unsigned int n_matched;		/* of go_edl */
	bool is_connected;		/* DUN: a call; what comes goes back */
};
_Static_assert(sizeof(struct serial) <= STATE_MAX, "fits its place");

void function_service_start(struct function *f)
{
	if (f->service->start)
		f->service->start(f->service_state, f->gadget->config.seed);
	f->is_tick_due = true;
}

static void serial_start(struct function *f)
{
	unsigned int habits = f->gadget->config.habits;

	function_service_start(f);
	f->in.sends_zlp = !(habits & (GADGET_SHORT_OF_ZLP | GADGET_NMEA_WHOLE));
}

static void tick_after(struct function *f, uint64_t us)
{
	timer_start(f->gadget->timers, &f->tick, us);
}

void function_service_speak(struct function *f)
{
	uint64_t now = f->gadget->timers->now_us, next;

	if (!f->is_tick_due || !f->service->tick)
		return;
	f->is_tick_due = false;
	next = f->service->tick(f->service_state, now, &f->in.mouth);
	if (next == TIME_NEVER)
		timer_stop(&f->tick);
	else
		tick_after(f, next > now ? next - now : 0);
}

void function_tell_line(struct function *f, uint16_t bits)
{
	uint8_t notice[10] = { 0xa1, 0x20, 0, 0, f->interface, 0, 2, 0 };

	put_le16(notice + 8, bits);
	pipe_say(&f->notify, notice, sizeof(notice));
}

static void serial_on_line(struct function *f, bool was_up)
{
	if (f->is_up == was_up)
		return;
	if (!f->is_up) {
		pipe_forget(&f->in);
		timer_stop(&f->tick);
	}
	f->is_tick_due = f->is_up;
	if (f->notify.address)
		function_tell_line(f, f->is_up ? DSR | DCD : 0);
}

static void diag_hear(struct function *f, const uint8_t *data, uint32_t len)
{
	struct serial *s = f->state;

	for (uint32_t i = 0; i < len; i++) {
		bool is_next = data[i] == go_edl[s->n_matched];

		s->n_matched = is_next ? s->n_matched + 1 : data[i] == go_edl[0];
		if (s->n_matched < sizeof(go_edl))
			continue;
		s->n_matched = 0;
		gadget_come_back_as(f->gadget, GADGET_EDL, LEAVE_US);
	}
	f->service->hear(f->service_state, data, len, &f->in.mouth);
}

static bool diag_listens(const struct function *f)
{
	return pipe_backlog(&f->in) < DIAG_MAX;
}

const struct trade trade_diag = {
	.start = serial_start,
	.listens = diag_listens,
	.hear = diag_hear,
	.ear = 1024,
};

/* One sentence of a length of our choice. */
static void say_line(struct function *f)
{
	bool is_whole = f->gadget->config.habits & GADGET_NMEA_WHOLE;
	int len = is_whole ? f->in.packet : 70;
	char line[1024 + 1];

	snprintf(line, sizeof(line), "$GPTXT,%0*u\r\n", len - 9, 0u);
	mouth_say(&f->in.mouth, line, (uint32_t)len);
}

static void nmea_speak(struct function *f)
{
	unsigned int habits = f->gadget->config.habits;

	if (!f->is_up)
		return;
	if (habits & GADGET_NMEA_FLOOD) {
		if (!list_is_empty(&f->in.urbs))
			say_line(f);
	} else if (!(habits & GADGET_NMEA_WHOLE)) {
		function_service_speak(f);
	} else if (f->is_tick_due) {
		f->is_tick_due = false;
		say_line(f);
		tick_after(f, SECOND_US);
	}
}

static void nmea_hear(struct function *f, const uint8_t *data, uint32_t len)
{
	(void)f, (void)data, (void)len;
}

const struct trade trade_nmea = {
	.start = serial_start,
	.hear = nmea_hear,
	.on_line = serial_on_line,
	.speak = nmea_speak,
	.ear = 4096,
};

static bool at_listens(const struct function *f)
{
	return pipe_backlog(&f->in) < ECHO_MAX;
}

static void at_say(struct function *f, const uint8_t *data, uint32_t len)
{
	f->service->hear(f->service_state, data, len, &f->in.mouth);
	f->is_tick_due = true;
}

/* The dialled number is echoed; what the service has to say to it is not. */
static void connect_call(struct function *f, const uint8_t *data, uint32_t len)
{
	static const char connected[] = "\r\r\nCONNECT\r\n";
	struct serial *s = f->state;

	if (len > 1)
		at_say(f, data, len - 1);
	f->service->hear(f->service_state, data + len - 1, 1, &f->answers);
	f->answers.begin = f->answers.end = 0;
	pipe_say(&f->in, connected, sizeof(connected) - 1);
	s->is_connected = true;
}

static void note_line(struct serial *s, const uint8_t *data, uint32_t len)
{
	for (uint32_t i = 0; i < len && s->len < LINE_MAX_LEN - 1; i++)
		if (data[i] > ' ')
			s->line[s->len++] = (char)toupper(data[i]);
	s->line[s->len] = '\0';
}

/* @data ends with the first CR, or has none. */
static void hear_piece(struct function *f, const uint8_t *data, uint32_t len)
{
	struct serial *s = f->state;

	note_line(s, data, len);
	if (data[len - 1] != '\r') {
		at_say(f, data, len);
		return;
	}
	s->len = 0;
	if (f->trade == &trade_dun && !strncmp(s->line, "ATD", 3)) {
		connect_call(f, data, len);
		return;
	}
	at_say(f, data, len);
	if (!strcmp(s->line, "AT+CFUN=1,1"))
		gadget_come_back_as(f->gadget, f->gadget->config.kind, LEAVE_US);
}

static void at_hear(struct function *f, const uint8_t *data, uint32_t len)
{
	const struct serial *s = f->state;

	while (len) {
		const uint8_t *cr = memchr(data, '\r', len);
		uint32_t n = cr && !s->is_connected ? (uint32_t)(cr - data) + 1 : len;

		if (s->is_connected)
			pipe_say(&f->in, data, n);
		else
			hear_piece(f, data, n);
		data += n;
		len -= n;
	}
}

static void dun_on_line(struct function *f, bool was_up)
{
	static const char hung_up[] = "\r\nNO CARRIER\r\n";
	struct serial *s = f->state;

	serial_on_line(f, was_up);
	if (f->is_up || !s->is_connected)
		return;
	s->is_connected = false;
	pipe_say(&f->in, hung_up, sizeof(hung_up) - 1);
}

const struct trade trade_at = {
	.start = serial_start,
	.listens = at_listens,
	.hear = at_hear,
	.on_line = serial_on_line,
	.speak = function_service_speak,
	.ear = 256,
};

const struct trade trade_dun = {
	.start = serial_start,
	.listens = at_listens,
	.hear = at_hear,
	.on_line = dun_on_line,
	.speak = function_service_speak,
	.ear = 2048,
};
