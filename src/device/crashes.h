/*
 * crashes - the directory dump/ of a device: what was saved of its crashes since
 * this machine started, newest last.
 *
 * Each crash has a number: crash-N.txt tells what was known, crash-N.bin is the
 * memory that the device sent, crash-N.bin.partial as much of it as there is.
 * They lie in a directory of their own on disk, private to root, and are shown
 * read-only.  The oldest leave when there are too many, or too much.
 */
#pragma once
#include "device/device.h"

enum {
	CRASHES_KEPT = 8,
	CRASHES_MOST = 1 << 30,		/* bytes of all files */
	CRASHES_PIECE = 1 << 20,	/* bytes of one crash_write_more() */
};

struct crash_file {
	struct node node;
	char name[40];
	unsigned int number;		/* of the crash */
	struct crashes *dir;
};

struct crashes {
	struct node_dir shown;
	char *path;		/* on disk; owned */
	unsigned int last;	/* number of the last crash */
};

/* @path is where the files lie, or will: it is made with the first crash.  What
 * is there already is shown.  0 or -ENOMEM; fini is due after both. */
int crashes_init(struct crashes *d, const char *path);
void crashes_fini(struct crashes *d);

/* A new crash: crash-N.txt with this text.  0 and its number, or -errno; with
 * -ENOSPC it may be there in part. */
int crashes_save(struct crashes *d, const struct text *t, unsigned int *ret_number);

/* crash-N.bin, a piece at a time. */
struct crash_writer {
	struct crashes *dir;
	struct crash_file *file;	/* NULL: nothing is written */
	const uint8_t *bytes;	/* borrowed */
	size_t len, at;
	int fd;
};
/* It is called partial until crash_write_end().  0 or -errno. */
int crash_write_begin(struct crash_writer *w, struct crashes *d, unsigned int number,
		     const void *bytes, size_t len);
enum { CRASH_WHOLE, CRASH_MORE };	/* or -errno, as -ENOSPC */
int crash_write_more(struct crash_writer *w);
/* Only a whole one loses the word partial.  Safe twice. */
void crash_write_end(struct crash_writer *w, bool is_whole);
