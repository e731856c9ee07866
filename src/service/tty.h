/*
 * tty - a channel as a terminal, for programs that insist on one: a raw
 * pseudo-terminal, named by a link, that opens the channel while somebody has it
 * open.
 *
 * It is one more user of the channel, beside those of its file, and keeps the
 * promises of a terminal: when the channel dies its users are hung up, and the
 * link leads to a new one.
 */
#pragma once
#include "base/text.h"
#include "device/device.h"
#include "io/loop.h"

/* @channel, @path: copied.  The device owns it.  0 or -errno with one sentence in
 * @ret_why (caller's). */
int tty_start(struct device *d, struct loop *l, const char *channel, const char *path,
	      struct text *ret_why);
