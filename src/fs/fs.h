/*
 * fs - the FUSE front: shows the registry's devices as a tree of files.
 *
 * One thread, session descriptor in the loop.  A call that cannot be answered
 * at once is a parked struct request (request.h), answered exactly once.
 */
#pragma once
#include "base/text.h"
#include "device/registry.h"
#include "io/loop.h"

struct fs;

struct fs_options {
	const char *mountpoint;	/* a directory, or /dev/fd/N */
	const char *fuse_options;	/* the -o words for libfuse; may be NULL */
	bool single;		/* the root is the directory of the only device */
	bool debug;		/* libfuse's own trace on stderr */
};

struct fs_ops {
	void (*ended)(void *user);	/* unmounted or aborted from outside; once */
	void (*answers)(void *user);	/* the kernel's INIT was answered; once */
};

/* Is this a place to mount on?  Detaches the mount of a dead predecessor,
 * and makes a missing directory below /run.  0 or -errno with one sentence in
 * @ret_why (caller's). */
int fs_prepare_mountpoint(const char *mountpoint, struct text *ret_why);

/* Mounts.  All arguments are borrowed.  0 or -errno with one sentence. */
int fs_mount(struct loop *l, struct registry *r, const struct fs_options *o,
	     const struct fs_ops *ops, void *user, struct fs **ret_fs, struct text *ret_why);

/* Answers what is still parked with ENODEV, then unmounts; safe on NULL. */
void fs_unmount(struct fs *fs);
