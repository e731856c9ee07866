#include "base/text.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* Makes room for @more bytes and the NUL behind them. */
static bool text_reserve(struct text *t, size_t more)
{
	size_t size = t->size ? t->size : 64;
	char *bytes;

	if (t->failed)
		return false;
	if (t->bytes && more < t->size - t->len)
		return true;
	while (size <= t->len + more)
		size *= 2;
	bytes = realloc(t->bytes, size);
	if (!bytes) {
		t->failed = true;
		return false;
	}
	t->bytes = bytes;
	t->size = size;
	return true;
}

void text_fini(struct text *t)
{
	free(t->bytes);
	*t = TEXT_INIT;
}

void text_clear(struct text *t)
{
	t->len = 0;
	t->failed = false;
	if (t->bytes)
		t->bytes[0] = '\0';
}

void text_add_len(struct text *t, const char *s, size_t len)
{
	if (!len || !text_reserve(t, len))
		return;
	memcpy(t->bytes + t->len, s, len);
	t->len += len;
	t->bytes[t->len] = '\0';
}

void text_add(struct text *t, const char *s)
{
	text_add_len(t, s, strlen(s));
}

void text_printf(struct text *t, const char *format, ...)
{
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (len < 0 || !text_reserve(t, (size_t)len))
		return;
	va_start(args, format);
	vsnprintf(t->bytes + t->len, (size_t)len + 1, format, args);
	va_end(args);
	t->len += (size_t)len;
}

void text_add_escaped(struct text *t, const void *bytes, size_t len)
{
	const uint8_t *b = bytes;

	for (size_t i = 0; i < len; i++) {
		if (b[i] == '\\')
			text_add(t, "\\\\");
		else if (b[i] < 0x20 || b[i] > 0x7e)
			text_printf(t, "\\x%02x", b[i]);
		else
			text_add_len(t, (const char *)&b[i], 1);
	}
}

bool text_failed(const struct text *t)
{
	return t->failed;
}

const char *text_get(const struct text *t)
{
	return t->bytes ? t->bytes : "";
}

char *text_take(struct text *t)
{
	char *bytes = NULL;

	if (text_reserve(t, 0)) {
		bytes = t->bytes;
		bytes[t->len] = '\0';
		t->bytes = NULL;
	}
	text_fini(t);
	return bytes;
}

bool text_is_name(const char *s)
{
	size_t len = strlen(s);

	if (!len || len > 64 || !strcmp(s, ".") || !strcmp(s, ".."))
		return false;
	for (; *s; s++)
		if (*s == '/' || (unsigned char)*s <= 0x20 || (unsigned char)*s >= 0x7f)
			return false;
	return true;
}

int text_to_u64(const char *s, uint64_t min, uint64_t max, uint64_t *ret_value)
{
	bool is_hex = s[0] == '0' && (s[1] == 'x' || s[1] == 'X');
	unsigned long long value;
	char *end;

	/* strtoull takes blanks and signs; a number here is digits only. */
	if (is_hex ? !s[2] || !strchr("0123456789abcdefABCDEF", s[2]) :
		     *s < '0' || *s > '9')
		return -EINVAL;
	errno = 0;
	value = strtoull(s, &end, is_hex ? 16 : 10);
	if (errno || *end || value < min || value > max)
		return -EINVAL;
	*ret_value = value;
	return 0;
}
