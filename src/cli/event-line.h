/*
 * event-line - one line of an `events` file, for people or for programs.
 */
#pragma once
#include "base/text.h"

/* Adds a finished line with its newline to @out, or returns -EINVAL when the
 * @len bytes are not one JSON object.  Pure ASCII without control bytes comes
 * out, whatever went in. */

/* "12:30:01.250 mhi0 state ready mhi=M0", in local time. */
int event_line_human(const char *line, size_t len, const char *device, struct text *out);
/* The same object with "device" in front. */
int event_line_json(const char *line, size_t len, const char *device, struct text *out);
