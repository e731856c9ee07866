/*
 * log - messages for the operator.
 *
 * error: this device cannot go on; warn: unexpected, survived; info: state
 * changes only; debug: freely.  Text a device wrote is passed through
 * text_escape() first.  What a device or client can trigger goes through a
 * log_limit.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

enum log_target {
	LOG_TO_STDERR,	/* with <level> prefixes when the journal reads it */
	LOG_TO_SYSLOG,
};

/* @program is borrowed for good. */
void log_open(const char *program, enum log_target target, enum log_level most);
enum log_level log_level(void);

/* @who leads the line: "mhi0", "mhi0 DIAG", or NULL. */
void log_error(const char *who, const char *format, ...) __attribute__((format(printf, 2, 3)));
void log_warn(const char *who, const char *format, ...) __attribute__((format(printf, 2, 3)));
void log_info(const char *who, const char *format, ...) __attribute__((format(printf, 2, 3)));
void log_debug(const char *who, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* At most ten lines a second for one source; what was swallowed is counted
 * and said with the next line that passes. */
struct log_limit {
	uint64_t window_us;	/* start of the current second */
	unsigned int passed;
	unsigned int swallowed;
};
/* May a line pass now?  @ret_swallowed: how many were not said before it. */
bool log_limit_pass(struct log_limit *l, uint64_t now_us, unsigned int *ret_swallowed);
