/*
 * sahara_dump - the memory of a device, a file a region, in a folder private to
 * root: N-RR-NAME of dump N, called .partial until it is whole.  The last two
 * dumps are kept.
 */
#pragma once
#include "service/sahara_protocol.h"

enum { SAHARA_DUMPS_KEPT = 2 };

struct sahara_dump {
	char *path;		/* of the folder; owned */
	unsigned int number;	/* of this dump; 0: none was begun */
	int dir, fd;		/* -1: closed */
	char name[64];		/* of the region's file */
};

/* The folder is made with the first dump.  0 or -ENOMEM; fini is due after both. */
int sahara_dump_init(struct sahara_dump *d, const char *path);
void sahara_dump_fini(struct sahara_dump *d);

/* The next region belongs to a new dump; old ones leave. */
int sahara_dump_begin(struct sahara_dump *d);
int sahara_dump_open(struct sahara_dump *d, const struct sahara_region *region);
int sahara_dump_write(struct sahara_dump *d, const void *data, size_t len);
/* Only a whole region loses the word partial. */
void sahara_dump_close(struct sahara_dump *d, bool is_whole);
