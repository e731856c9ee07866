/*
 * tree - the names below the mount and the inodes the kernel remembers.
 *
 * Nothing is cached: what a directory holds is asked of the registry at each
 * look-up and each listing, by the same walk, so both always agree.  An inode
 * is only a number for (directory, name, device).  It keeps its number as long
 * as its device is there or the kernel knows it; when the device has left, the
 * number stands for nothing (-ENOENT) until the kernel forgets it.
 */
#pragma once
#include "device/registry.h"
#include <sys/stat.h>

enum inode_kind {
	INODE_NONE,
	INODE_ROOT,
	INODE_BY_PATH,		/* the directory of links */
	INODE_LINK,		/* by-path/NAME -> ../mhiN */
	INODE_DEVICE,		/* mhiN/ */
	INODE_DIR,		/* a struct node_dir below it */
	INODE_CHANNEL,
	INODE_ATTR,		/* a struct node */
	INODE_EVENTS,
};

enum {
	CHANNEL_SIZE = 1 << 20,	/* see place_stat() */
	ATTR_SIZE = 4096,
};

struct inode {
	struct list node;	/* in parent->children */
	struct list children;
	struct inode *parent;	/* NULL: the root */
	uint64_t number;	/* what the kernel calls it */
	uint64_t generation;	/* tells apart inodes that had one number */
	uint64_t lookups;	/* references of the kernel */
	unsigned int n_files;	/* open files */
	enum inode_kind kind;
	char *name;
	struct device *dev;	/* reference; NULL: root and by-path */
	struct stat last;	/* attributes when it was last there */
};

/* What a name stands for at this moment.  All borrowed. */
struct place {
	enum inode_kind kind;
	const char *name;
	struct device *dev;
	struct device_port *port;	/* of INODE_CHANNEL */
	struct node *attr;		/* of INODE_ATTR */
	const struct node_dir *dir;	/* of INODE_DIR */
};

struct tree {
	struct registry *registry;	/* borrowed */
	bool is_single;		/* the root is the directory of the only device */
	time_t born;		/* every file's times */
	struct inode **inodes;	/* by number - 1; NULL: free */
	size_t n_inodes;
	uint64_t generation;
	struct inode *root;
};

/* 0 or -ENOMEM. */
int tree_init(struct tree *t, struct registry *r, bool is_single);
void tree_fini(struct tree *t);

/* NULL for a number the kernel should not know. */
struct inode *tree_inode(struct tree *t, uint64_t number);

/* 0; -ENOENT, -ENOTDIR or -ENOMEM.  The caller counts the kernel's reference. */
int tree_lookup(struct tree *t, struct inode *dir, const char *name, struct inode **ret_inode);

/* The kernel, or an open file (n_files), let go of @inode. */
void tree_forget(struct tree *t, struct inode *inode, uint64_t n_lookups);

/* 0, or -ENOENT when nothing of that name is there now. */
int tree_find(struct tree *t, struct inode *inode, struct place *ret_place);

/* The @i-th entry of @dir; false at the end.  Kind INODE_NONE: skip it. */
bool tree_entry(struct tree *t, struct inode *dir, unsigned int i, struct place *ret_place);

/* The inode of an entry of @dir, new if need be.  NULL without memory. */
struct inode *tree_child(struct tree *t, struct inode *dir, const struct place *p);

/* 0 or -ENOENT.  An open file of something that left keeps its last
 * attributes, with no links. */
int tree_stat(struct tree *t, struct inode *inode, struct stat *ret_stat);

/* Takes mode, owner and group, as @what (FUSE_SET_ATTR_*) says.  0, -ENOENT
 * or -EPERM: directories, links and events keep theirs. */
int tree_chown(struct tree *t, struct inode *inode, const struct stat *st, int what);

static inline bool inode_is_dir(const struct inode *inode)
{
	return inode->kind == INODE_ROOT || inode->kind == INODE_BY_PATH ||
	       inode->kind == INODE_DEVICE || inode->kind == INODE_DIR;
}
