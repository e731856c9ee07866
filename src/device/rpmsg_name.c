#include "device/rpmsg_name.h"
#include <stdio.h>

/* ".SRC.DST.ROUND" at its longest, with the sign of ANY. */
enum { TAIL_LEN = 1 + 11 + 1 + 11 + 1 + 5 };

static bool is_plain(char c)
{
	return c > 0x20 && c < 0x7f && c != '/' && c != '%';
}

/* As much of the name as fits; true when all did. */
static bool encode(const char *name, char *to, size_t size)
{
	size_t at = 0;

	for (; *name; name++) {
		size_t n = is_plain(*name) ? 1 : 3;

		if (at + n >= size)
			break;
		if (n == 1)
			to[at] = *name;
		else
			snprintf(to + at, 4, "%%%02X", (unsigned char)*name);
		at += n;
	}
	to[at] = '\0';
	return !*name;
}

/* The kernel writes addresses as signed numbers: ANY is -1. */
void rpmsg_file_name(const struct rpmsg_endpoint *e, unsigned int round,
		     char ret_name[RPMSG_FILE_LEN])
{
	char tail[TAIL_LEN + 1];
	size_t len;

	if (!round && encode(e->name, ret_name, RPMSG_FILE_LEN))
		return;
	if (round < 2)
		snprintf(tail, sizeof(tail), ".%d.%d", (int)e->src, (int)e->dst);
	else
		snprintf(tail, sizeof(tail), ".%d.%d.%u", (int)e->src, (int)e->dst,
			 round % 100000);
	encode(e->name, ret_name, RPMSG_FILE_LEN - strlen(tail));
	len = strlen(ret_name);
	memcpy(ret_name + len, tail, strlen(tail) + 1);
}
