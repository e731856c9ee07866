/*
 * calls - what the kernel asks, one function for each operation.
 *
 * None waits: what cannot be answered at once is a struct request.
 */
#pragma once
#include "fs/file.h"
#include "fs/listing.h"

struct calls {
	struct tree tree;
	struct requests requests;
	struct handles handles;	/* all open files and directories */
	bool is_answering;	/* the kernel's INIT came */
};

/* User data of the session: a struct calls. */
extern const struct fuse_lowlevel_ops calls_ops;

/* 0 or -ENOMEM. */
int calls_init(struct calls *c, struct loop *l, struct registry *r, bool is_single);
/* Parked calls end with -ENODEV; while the session can still answer. */
void calls_end(struct calls *c);
/* Closes what is still open.  Still with the session: a channel that closes is
 * an event, and that wakes who polls for events. */
void calls_fini(struct calls *c);
