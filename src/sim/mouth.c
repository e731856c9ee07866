#include "sim/service.h"
#include <stdarg.h>
#include <stdio.h>

void mouth_say(struct mouth *m, const void *data, uint32_t len)
{
	if (!len)
		return;
	if (m->size - m->end < 4 || len > m->size - m->end - 4) {
		m->dropped++;
		return;
	}
	put_le32(m->bytes + m->end, len);
	memcpy(m->bytes + m->end + 4, data, len);
	m->end += 4 + len;
}

void mouth_printf(struct mouth *m, const char *format, ...)
{
	char line[512];
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	if (len > 0)
		mouth_say(m, line, min_u32((uint32_t)len, sizeof(line) - 1));
}

bool mouth_is_empty(const struct mouth *m)
{
	return m->begin == m->end;
}

const uint8_t *mouth_peek(const struct mouth *m, uint32_t *ret_len)
{
	if (mouth_is_empty(m))
		return NULL;
	*ret_len = get_le32(m->bytes + m->begin);
	return m->bytes + m->begin + 4;
}

void mouth_swallow(struct mouth *m)
{
	if (mouth_is_empty(m))
		return;
	m->begin += 4 + get_le32(m->bytes + m->begin);
	if (mouth_is_empty(m))
		m->begin = m->end = 0;
}
