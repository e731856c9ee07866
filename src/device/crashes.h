/*
 * crashes - the directory dump/ of a device: what was saved of its crashes since
 * this machine started, newest last.
 *
 * Each crash has a number: crash-N.txt tells what was known, crash-N.bin is the
 * memory that the device sent, or crash-N-RR-NAME each of its parts, and with
 * .partial as much of it as there is.
 * They lie in a directory of their own on disk, private to root, and are shown
 * read-only.  The oldest leave when there are too many, or too much.
 */
#pragma once
#include "device/device.h"

enum {
	CRASHES_KEPT = 8,
	CRASHES_MOST = 1 << 30,		/* bytes of all files */
	CRASHES_PIECE = 1 << 20,	/* bytes of one crash_write_more() */
	CRASH_NAME = 64,
};

struct crash_file {
	struct node node;
	char name[CRASH_NAME];
	unsigned int number;		/* of the crash */
	struct crashes *dir;
};

struct crashes {
	struct node_dir shown;
	char *path;		/* on disk; owned */
	unsigned int last;	/* number of the last crash */
};

/* The one of this device, made by the first call and freed with the device.  Its
 * files lie in @dir, in a folder of the device's path name that is made with the
 * first crash; what is there already is shown.  NULL without memory. */
struct crashes *crashes_of(struct device *d, const char *dir);
void crashes_free(struct crashes *d);

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

/* A part of the memory that comes in pieces, of about @len bytes in all; @name as
 * a file name of letters, digits, dots and dashes.  @number 0: the first part of a
 * new crash, which gets its number.  0 or -errno. */
int crash_part_begin(struct crash_writer *w, struct crashes *d, unsigned int *number,
		     const char *name, uint64_t len);
int crash_part_add(struct crash_writer *w, const void *bytes, size_t len);

/* Only a whole one loses the word partial.  Safe twice. */
void crash_write_end(struct crash_writer *w, bool is_whole);
