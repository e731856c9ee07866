/*
 * text - strings that grow, are escaped, and are read as numbers.
 */
#pragma once
#include "base/bytes.h"

/* Text under construction.  A failed allocation sticks: later calls do
 * nothing and text_failed() says so, so callers check once, at the end. */
struct text {
	char *bytes;	/* NUL terminated when not NULL; owned */
	size_t len;
	size_t size;
	bool failed;
};

#define TEXT_INIT ((struct text){ 0 })
void text_fini(struct text *t);		/* safe twice */
void text_clear(struct text *t);	/* keeps the memory */
void text_add(struct text *t, const char *s);
void text_add_len(struct text *t, const char *s, size_t len);
void text_printf(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Adds bytes from somewhere untrusted: control and non-ASCII bytes as \xNN. */
void text_add_escaped(struct text *t, const void *bytes, size_t len);
bool text_failed(const struct text *t);
const char *text_get(const struct text *t);	/* "" when empty; good until the next change */
char *text_take(struct text *t);	/* malloc'd, the caller's now; NULL when failed */

/* May this be the name of a file?  Not empty, at most 64 bytes, no '/', no
 * control or space byte, neither "." nor "..". */
bool text_is_name(const char *s);

/* Whole string as a number in [min, max]; base 10, or 16 after "0x".
 * -EINVAL leaves @ret_value alone. */
int text_to_u64(const char *s, uint64_t min, uint64_t max, uint64_t *ret_value);
