/*
 * listing - an open directory: its entries in the kernel's words.
 *
 * Made when it is read from the start and unchanged until then, so an entry's
 * place is simply where the next one begins.
 */
#pragma once
#include "fs/handles.h"
#include "fs/kernel.h"
#include "fs/tree.h"

struct listing {
	struct handles *handles;	/* borrowed */
	uint64_t handle;	/* the kernel's name for it */
	struct text entries;
};

struct listing *listing_new(struct handles *h);	/* NULL without memory */
void listing_free(struct listing *l);

/* Answers READDIR. */
void listing_read(struct listing *l, fuse_req_t req, struct tree *t, struct inode *dir,
		  size_t size, size_t from);
