/*
 * sealed - memory that is given to another process, which can write all of it but
 * cannot take it away: the file keeps its size.
 */
#pragma once
#include "base/bytes.h"

struct sealed {
	int fd;			/* to be sent; -1: none */
	uint8_t *cpu;
	size_t len;		/* whole pages, zeros at first */
};

/* 0 or -errno.  @len is rounded up. */
int sealed_open(struct sealed *s, size_t len);
void sealed_close(struct sealed *s);	/* safe twice */
