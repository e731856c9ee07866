/*
 * log - messages for the operator.
 *
 * error: this device cannot go on; warn: unexpected, survived; info: state
 * changes only; debug: freely.
 *
 * Nothing that a device, a peer or a client sends can harm a log: control and
 * non-ASCII bytes of a line come out as \xNN, one who says ten lines a second
 * at most (but for debug), and a line nobody takes is left out, so that the
 * daemon never waits for its reader.  What was left out is counted and said
 * with the next line that passes.
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

/* At most ten lines a second for one source.  Each who has one already; this
 * is for what else should not come faster. */
struct log_limit {
	uint64_t window_us;	/* start of the current second */
	unsigned int passed;
	unsigned int swallowed;
};
/* May a line pass now?  @ret_swallowed: how many were not said before it. */
bool log_limit_pass(struct log_limit *l, uint64_t now_us, unsigned int *ret_swallowed);
