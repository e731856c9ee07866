#include "device/history.h"
#include <stdarg.h>
#include <stdio.h>

void history_add(struct history *h, uint64_t now_us, const char *format, ...)
{
	unsigned int i = h->n++ % HISTORY_LINES;
	va_list args;

	h->lines[i].at_us = now_us;
	va_start(args, format);
	vsnprintf(h->lines[i].text, sizeof(h->lines[i].text), format, args);
	va_end(args);
}

void history_show(const struct history *h, uint64_t now_us, struct text *out)
{
	unsigned int i = h->n > HISTORY_LINES ? h->n - HISTORY_LINES : 0;

	for (; i < h->n; i++) {
		uint64_t ago = now_us - h->lines[i % HISTORY_LINES].at_us;
		const char *line = h->lines[i % HISTORY_LINES].text;

		text_printf(out, "-%llu.%06llu ", (unsigned long long)(ago / 1000000),
			    (unsigned long long)(ago % 1000000));
		text_add_escaped(out, line, strlen(line));
		text_add(out, "\n");
	}
}
