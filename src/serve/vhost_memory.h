/*
 * vhost_memory - the memory that a vhost-user front-end has shared: regions,
 * each with two addresses.  What lies in a descriptor is a guest address, what
 * names a ring is a user address.
 *
 * The front-end could take away pages of a file that is not sealed against
 * shrinking, and an access would kill us: such a file is refused.
 */
#pragma once
#include "transport/vhost_user_wire.h"

enum { VHOST_MEMORY_MOST = 32 };	/* regions */

struct vhost_region {
	struct vhu_region at;
	uint8_t *cpu;		/* of its first byte */
};

struct vhost_memory {
	struct vhost_region regions[VHOST_MEMORY_MOST];
	unsigned int n;
	bool takes_unsealed;	/* trusts the front-end to keep its files as they are */
};

/* @fd is borrowed.  -EINVAL: size 0, a sum that wraps, beyond the end of the
 * file, no file; -EEXIST: overlaps another in either space; -EPERM: not sealed;
 * -ENOSPC; -errno of mmap. */
int vhost_memory_add(struct vhost_memory *m, const struct vhu_region *r, int fd);
/* By both addresses and the size.  -ENOENT. */
int vhost_memory_remove(struct vhost_memory *m, const struct vhu_region *r);
void vhost_memory_clear(struct vhost_memory *m);

/* @len bytes within one region, or NULL. */
void *vhost_memory_guest(const struct vhost_memory *m, uint64_t addr, uint64_t len);
void *vhost_memory_user(const struct vhost_memory *m, uint64_t addr, uint64_t len);
