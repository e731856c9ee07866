/*
 * AT: a command line over a stream of bytes.
 *
 * Lines may come in any pieces.  CR ends one; so does a LF that follows no CR,
 * because people type echo AT > DUN.  What a message brings, echo and answers,
 * leaves as one message per command line.
 */
#include "sim/at.h"
#include <stdarg.h>
#include <stdio.h>

static void flush(struct at *a)
{
	mouth_say(a->mouth, a->answer, a->answer_len);
	a->answer_len = 0;
}

void at_put(struct at *a, const char *bytes, uint32_t len)
{
	uint32_t n;

	for (; len; bytes += n, len -= n) {
		if (a->answer_len == sizeof(a->answer))
			flush(a);
		n = min_u32(len, sizeof(a->answer) - a->answer_len);
		memcpy(a->answer + a->answer_len, bytes, n);
		a->answer_len += n;
	}
}

void at_info(struct at *a, const char *format, ...)
{
	char line[256];
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	if (a->is_verbose)
		at_put(a, "\r\n", 2);
	at_put(a, line, min_u32((uint32_t)len, sizeof(line) - 1));
	at_put(a, "\r\n", 2);
}

/* "AT" may follow spaces; what does not start so is nobody's command. */
static const char *command_of(const char *line)
{
	while (*line == ' ')
		line++;
	if ((line[0] | 0x20) == 'a' && (line[1] | 0x20) == 't')
		return line + 2;
	return NULL;
}

static void end_line(struct at *a)
{
	const char *command;

	a->line[a->len] = '\0';
	command = a->is_too_long ? NULL : command_of(a->line);
	if (command) {
		memcpy(a->last, command, strlen(command) + 1);
		at_run(a, a->last);
	} else if (a->is_too_long) {
		at_info(a, "ERROR");
	}
	a->len = 0;
	a->is_too_long = false;
	flush(a);
}

static void erase(struct at *a)
{
	if (!a->len)
		return;
	a->len--;
	if (a->has_echo)
		at_put(a, "\b \b", 3);
}

static void take(struct at *a, char c)
{
	if (a->has_echo)
		at_put(a, &c, 1);
	if ((unsigned char)c < ' ')
		return;
	if (a->len < sizeof(a->line) - 1)
		a->line[a->len++] = c;
	else
		a->is_too_long = true;
	/* A/ repeats at once, without CR. */
	if (a->len == 2 && (a->line[0] | 0x20) == 'a' && c == '/') {
		at_run(a, a->last);
		a->len = 0;
		flush(a);
	}
}

static void hear_byte(struct at *a, char c)
{
	bool follows_cr = a->was_cr;

	a->was_cr = c == '\r';
	if (c == '\b' || c == 0x7f) {
		erase(a);
	} else if (c == '\r' || (c == '\n' && a->len)) {
		if (a->has_echo)
			at_put(a, &c, 1);
		end_line(a);
	} else if (c != '\n' || !follows_cr) {
		take(a, c);
	}
}

static void at_start(void *state, uint64_t seed)
{
	struct at *a = state;

	identity_make(&a->id, seed);
	a->chance = seed;
	a->cell = 0x01a2d001;
	a->cfun = 1;
	at_defaults(a);
	a->contexts[0] = (struct at_context){ "IPV4V6", "internet" };
}

static void at_hear(void *state, const uint8_t *data, uint32_t len, struct mouth *m)
{
	struct at *a = state;

	a->mouth = m;
	for (uint32_t i = 0; i < len; i++)
		hear_byte(a, (char)data[i]);
	flush(a);
}

/* Registration is news to those who asked; the modem wanders from cell to
 * cell.  Nobody asked: no tick at all. */
static uint64_t at_tick(void *state, uint64_t now_us, struct mouth *m)
{
	struct at *a = state;
	bool is_wanted = false;

	for (unsigned int i = 0; i < AT_N_REGS; i++)
		is_wanted |= a->reg_news[i] != 0;
	if (!is_wanted) {
		a->news_us = 0;
		return TIME_NEVER;
	}
	if (!a->news_us)
		a->news_us = now_us + AT_FIRST_NEWS_US;
	if (now_us < a->news_us)
		return a->news_us;
	a->mouth = m;
	a->cell = 0x01a2d000 | (chance_next(&a->chance) & 0xff);
	for (unsigned int i = 0; i < AT_N_REGS; i++)
		if (a->reg_news[i])
			at_say_registration(a, i, true);
	flush(a);
	a->news_us = now_us + AT_NEWS_US;
	return a->news_us;
}

const struct sim_service sim_service_at = {
	.life = "at",
	.state_len = sizeof(struct at),
	.ear = 256,
	.start = at_start,
	.hear = at_hear,
	.tick = at_tick,
};
