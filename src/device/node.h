/*
 * node - a file of a device that is not a channel: attributes by node_ops,
 * streams of lines (events) by their own cursor.  The filesystem shows what
 * the registry lists and knows no names of its own.
 */
#pragma once
#include "base/list.h"
#include "base/text.h"
#include "port/wait.h"
#include <sys/stat.h>

struct node;

struct node_ops {
	/* The whole text, one key=value or one word a line.  0 or -errno. */
	int (*show)(struct node *n, struct text *out);
	/* One write, one command; answers @w once, now or later.  @text is NUL
	 * terminated, without its last newline; borrowed for the call. */
	void (*store)(struct node *n, const char *text, bool nonblock, struct wait *w);
	/* @in_len bytes came, up to @out_len may go; answers @w once. */
	void (*ioctl)(struct node *n, unsigned int cmd, const void *in, size_t in_len,
		      size_t out_len, struct wait *w);
	/* POLLIN | POLLOUT always holds; add POLLPRI | POLLERR after a change. */
	int (*poll)(struct node *n);
};	/* a missing member is EACCES, ENOTTY or "always ready" */

struct node {
	struct list node;	/* in its device's list of nodes */
	const char *name;	/* borrowed: "state", "power", ... */
	mode_t mode;		/* permission bits */
	uid_t uid;
	gid_t gid;
	const struct node_ops *ops;
	void *user;		/* of ops; borrowed */
};
