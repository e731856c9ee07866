/*
 * firmware - an image in the firmware folder, read in pieces that never block
 * for long.
 *
 * A name stays below the folder: no absolute path, no "..", no symbolic link.
 * What is opened is a plain file of a sane size, and an image that changes
 * while it is read is none.
 */
#pragma once
#include "base/text.h"
#include <sys/stat.h>

enum {
	FIRMWARE_MOST = 512 << 20,	/* bytes of an image */
	FIRMWARE_PIECE = 1 << 20,	/* bytes of one firmware_read() */
};

struct firmware {
	int fd;		/* -1: closed */
	size_t from, len;	/* the bytes that are wanted: all, until firmware_cut() */
	size_t at;		/* of them, read so far */
	struct stat as_opened;
};

/* 0, or -errno and one sentence in @ret_why: -EINVAL for a name that may lead
 * out of @dir, -ELOOP for a link, -EISDIR, -ENODATA empty, -EFBIG. */
int firmware_open(struct firmware *f, const char *dir, const char *name, struct text *ret_why);
/* Is there a file of this name?  What is wrong with it shows when it is opened. */
bool firmware_is_there(const char *dir, const char *name);

/* Wants only @len bytes from @from on, as far as there are any; before the first
 * read. */
void firmware_cut(struct firmware *f, size_t from, size_t len);
bool firmware_is_elf_at(const struct firmware *f, size_t at);

/* The next piece to its place in @image of f->len bytes.  FIRMWARE_MORE,
 * FIRMWARE_WHOLE, or -errno with a sentence: -ESTALE when it changed. */
enum { FIRMWARE_WHOLE, FIRMWARE_MORE };
int firmware_read(struct firmware *f, void *image, struct text *ret_why);
void firmware_close(struct firmware *f);	/* safe twice */
