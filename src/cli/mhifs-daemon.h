/*
 * mhifs-daemon - the life of the daemon: devices open, tree mounted, ready,
 * serving, orderly end.
 */
#pragma once
#include "cli/background.h"
#include "cli/mhifs-options.h"
#include "device/config.h"

/* Prints what is wrong on standard error: @why, or where it is empty the name
 * of @r, which is -errno.  Frees the text; returns @code. */
enum exit_code complain(enum exit_code code, struct text *why, int r);

/* Runs until a signal, or until the tree is unmounted.  Both are borrowed.
 * Returns an exit code; a reason was printed or logged. */
enum exit_code daemon_run(const struct options *o, const struct config *c,
			  struct background *b);
