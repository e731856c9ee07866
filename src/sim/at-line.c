#include "sim/at.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

void at_defaults(struct at *a)
{
	a->has_echo = true;
	a->is_verbose = true;
	a->is_quiet = false;
	a->cmee = 0;
	a->cops_format = 0;
	memset(a->reg_news, 0, sizeof(a->reg_news));
}

/* A result code, in words or as a number. */
static void result(struct at *a, const char *word, const char *number)
{
	if (a->is_verbose) {
		at_info(a, "%s", word);
	} else {
		at_put(a, number, (uint32_t)strlen(number));
		at_put(a, "\r", 1);
	}
}

static const char *cme_text(enum at_result error)
{
	switch (error) {
	case AT_NOT_ALLOWED:
		return "operation not allowed";
	case AT_INVALID_INDEX:
		return "invalid index";
	case AT_INCORRECT:
		return "incorrect parameters";
	default:
		return "unknown";
	}
}

static void say_result(struct at *a, enum at_result r)
{
	if (a->is_quiet)
		return;
	if (r == AT_DONE)
		result(a, "OK", "0");
	else if (r == AT_NO_CARRIER)
		result(a, "NO CARRIER", "3");
	else if (r == AT_ERROR || !a->cmee)
		result(a, "ERROR", "4");
	else if (a->cmee == 1)
		at_info(a, "+CME ERROR: %d", (int)r);
	else
		at_info(a, "+CME ERROR: %s", cme_text(r));
}

/* The end of an extended command: a semicolon outside quotes, or the end. */
static const char *extended_end(const char *c)
{
	bool is_quoted = false;

	for (; *c && (is_quoted || *c != ';'); c++)
		is_quoted ^= *c == '"';
	return c;
}

/* Spaces mean nothing, but in quotes. */
static void copy_args(char *to, const char *from, const char *end)
{
	bool is_quoted = false;

	for (; from < end; from++) {
		is_quoted ^= *from == '"';
		if (is_quoted || *from != ' ')
			*to++ = *from;
	}
	*to = '\0';
}

static enum at_result run_extended(struct at *a, const char **line)
{
	const char *end = extended_end(*line), *c = *line;
	char name[24], args[AT_LINE_MAX];
	enum at_form form = AT_RUN;
	size_t n = 0;

	for (; c < end && *c != '=' && *c != '?'; c++)
		if (*c != ' ' && n < sizeof(name) - 1)
			name[n++] = (char)toupper((unsigned char)*c);
	name[n] = '\0';
	args[0] = '\0';
	if (c < end && *c == '?') {
		form = AT_READ;
	} else if (c < end) {
		c++;
		form = c < end && *c == '?' ? AT_TEST : AT_SET;
		copy_args(args, c, end);
	}
	*line = end;
	return at_extended(a, name, form, args);
}

/* Zero or one into a setting. */
static enum at_result set_bit(bool *setting, unsigned long value)
{
	if (value > 1)
		return AT_ERROR;
	*setting = value;
	return AT_DONE;
}

static enum at_result run_basic(struct at *a, char letter, unsigned long value)
{
	switch (letter) {
	case 'E':
		return set_bit(&a->has_echo, value);
	case 'V':
		return set_bit(&a->is_verbose, value);
	case 'Q':
		return set_bit(&a->is_quiet, value);
	case 'Z':
		at_defaults(a);
		return AT_DONE;
	case 'I':
		at_identify(a);
		return AT_DONE;
	case 'H': case 'L': case 'M': case 'X':
		return AT_DONE;
	case 'A': case 'O':
		return AT_NO_CARRIER;
	default:
		return AT_ERROR;
	}
}

static enum at_result run_ampersand(struct at *a, char letter)
{
	if (letter == 'F')
		at_defaults(a);
	return letter && strchr("FCDKSW", letter) ? AT_DONE : AT_ERROR;
}

/* S registers: what V.250 fixes is told, anything may be written. */
static enum at_result run_register(struct at *a, const char **line)
{
	static const uint8_t values[] = { 0, 0, 43, 13, 10, 8, 2, 50, 2, 6, 14 };
	char *end;
	unsigned long index = strtoul(*line, &end, 10);

	if (end == *line || index >= ARRAY_SIZE(values))
		return AT_ERROR;
	*line = end;
	if (**line == '?') {
		(*line)++;
		at_info(a, "%03d", values[index]);
	} else if (**line == '=') {
		strtoul(*line + 1, &end, 10);
		*line = end;
	} else {
		return AT_ERROR;
	}
	return AT_DONE;
}

/* One command of a line; @line ends behind it. */
static enum at_result run_one(struct at *a, const char **line)
{
	char letter = (char)toupper((unsigned char)**line);
	bool is_ampersand = letter == '&';
	unsigned long value;
	char *end;

	if (letter == '+' || letter == '$' || letter == '^' || letter == '*')
		return run_extended(a, line);
	(*line)++;
	if (letter == 'S')
		return run_register(a, line);
	if (letter == 'D') {
		*line += strlen(*line);
		return AT_NO_CARRIER;
	}
	if (is_ampersand && **line)
		letter = (char)toupper((unsigned char)*(*line)++);
	value = isdigit((unsigned char)**line) ? strtoul(*line, &end, 10) : 0;
	while (isdigit((unsigned char)**line))
		(*line)++;
	return is_ampersand ? run_ampersand(a, letter) : run_basic(a, letter, value);
}

void at_run(struct at *a, const char *line)
{
	enum at_result r = AT_DONE;

	while (r == AT_DONE && *line) {
		if (*line == ' ' || *line == ';')
			line++;
		else
			r = run_one(a, &line);
	}
	say_result(a, r);
}
