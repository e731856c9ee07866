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
#include <time.h>

struct node;

struct node_ops {
	/* The whole text, one key=value or one word a line.  0 or -errno. */
	int (*show)(struct node *n, struct text *out);
	/* Gets what show() needs and somebody else has: answers @w once, 0 or -errno,
	 * now or later; after a 0 show() is called at once. */
	void (*fetch)(struct node *n, struct wait *w);
	/* One write, one command; answers @w once, now or later.  @text is NUL
	 * terminated, without its last newline; borrowed for the call. */
	void (*store)(struct node *n, const char *text, bool nonblock, struct wait *w);
	/* @arg: the third argument as a number; a pointer when @in_len bytes came
	 * from where it points, or up to @out_len may go there.  Answers @w once. */
	void (*ioctl)(struct node *n, unsigned int cmd, uint64_t arg, const void *in,
		      size_t in_len, size_t out_len, struct wait *w);
	/* Bits besides POLLIN | POLLOUT, and POLLPRI | POLLERR when the text
	 * changed (node_changed) since this open file read it. */
	int (*poll)(struct node *n);
	/* A stored file: a descriptor to read it from, the caller's, or -errno.  No
	 * other member counts then. */
	int (*open)(struct node *n);
};	/* a missing member is EACCES, ENOTTY, "always there" or "always ready" */

/* Somebody who wants to know of changes: an open file. */
struct node_watch {
	struct node_watch *next;
	void (*changed)(void *user);
	void *user;
};

struct node {
	struct list node;	/* in its device's list of nodes */
	const char *name;	/* borrowed: "state", "power", ... */
	mode_t mode;		/* permission bits */
	uid_t uid;
	gid_t gid;
	const struct node_ops *ops;
	void *user;		/* of ops; borrowed */
	uint64_t size;		/* of a stored file, bytes */
	time_t time;		/* of a stored file: when it was written */
	struct node_watch *watches;	/* NULL: nobody */
};

/* A directory of a device: its own, "rpmsg", "gpio", "gpio/LINE".  What it
 * holds may change at any time; the memory stays as long as the device. */
struct node_dir {
	struct list node;	/* in parent->dirs */
	const char *name;	/* borrowed; text_is_name() */
	mode_t mode;		/* permission bits */
	struct list dirs;	/* of struct node_dir */
	struct list nodes;	/* of struct node */
	struct list ports;	/* of struct device_port: the channel files */
};

static inline void node_dir_init(struct node_dir *d, const char *name)
{
	d->name = name;
	d->mode = 0755;
	list_init(&d->node);
	list_init(&d->dirs);
	list_init(&d->nodes);
	list_init(&d->ports);
}

/* For the owner of the node: its text is another now. */
static inline void node_changed(struct node *n)
{
	for (struct node_watch *w = n->watches; w; w = w->next)
		w->changed(w->user);
}

static inline void node_watch(struct node *n, struct node_watch *w,
			      void (*changed)(void *user), void *user)
{
	*w = (struct node_watch){ n->watches, changed, user };
	n->watches = w;
}

static inline void node_unwatch(struct node *n, struct node_watch *w)
{
	struct node_watch **at = &n->watches;

	while (*at && *at != w)
		at = &(*at)->next;
	if (*at)
		*at = w->next;
}
