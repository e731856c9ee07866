/*
 * listing - an open directory: its entries in the kernel's words.
 *
 * Made when it is read from the start and unchanged until then, so an entry's
 * place is simply where the next one begins.
 */
#pragma once
#include "fs/kernel.h"
#include "fs/tree.h"

struct listing {
	struct list node;	/* in the list of all open directories */
	struct text entries;
};

struct listing *listing_new(struct list *open);	/* NULL without memory */
void listing_free(struct listing *l);

/* Answers READDIR. */
void listing_read(struct listing *l, fuse_req_t req, struct tree *t, struct inode *dir,
		  size_t size, size_t from);
