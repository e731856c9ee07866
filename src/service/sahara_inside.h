/*
 * sahara_inside - the inside of the protocol, for sahara_protocol.c and
 * sahara_memory.c alone.
 */
#pragma once
#include "service/sahara_protocol.h"

/* Where a packet has its first byte behind the header. */
enum { SAHARA_BODY = 8 };

void sahara_say(struct sahara *s, enum sahara_command command, uint32_t len,
		const uint32_t *words, enum sahara_step next);
/* RESET, or the end of our patience. */
void sahara_refuse(struct sahara *s, int status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* A table was announced: its place and length. */
void sahara_memory_announced(struct sahara *s, bool is_wide, uint64_t at, uint64_t len);
/* Raw bytes of the table or of a region. */
void sahara_memory_hear(struct sahara *s, const uint8_t *data, uint32_t len);
/* A region that was begun ends with @status; safe when there is none. */
void sahara_memory_end(struct sahara *s, int status);
