#include "fs/listing.h"
#include <errno.h>
#include <stdlib.h>

enum { MOST_ENTRY = 512 };	/* a name of 255 bytes has room */

struct listing *listing_new(struct handles *h)
{
	struct listing *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	l->handles = h;
	l->handle = handle_new(h, HANDLE_LISTING, l);
	if (l->handle)
		return l;
	free(l);
	return NULL;
}

void listing_free(struct listing *l)
{
	handle_free(l->handles, l->handle);
	text_fini(&l->entries);
	free(l);
}

static void add(struct listing *l, fuse_req_t req, const char *name, mode_t type,
		const struct inode *inode)
{
	const struct stat st = { .st_ino = inode->number, .st_mode = type };
	size_t len = fuse_add_direntry(req, NULL, 0, name, NULL, 0);
	char entry[MOST_ENTRY];

	if (len > sizeof(entry))
		return;
	fuse_add_direntry(req, entry, sizeof(entry), name, &st,
			  (off_t)(l->entries.len + len));
	text_add_len(&l->entries, entry, len);
}

static mode_t type_of(const struct inode *inode)
{
	if (inode_is_dir(inode))
		return S_IFDIR;
	return inode->kind == INODE_LINK ? S_IFLNK : S_IFREG;
}

static void fill(struct listing *l, fuse_req_t req, struct tree *t, struct inode *dir)
{
	struct inode *inode;
	struct place p;

	text_clear(&l->entries);
	add(l, req, ".", S_IFDIR, dir);
	add(l, req, "..", S_IFDIR, dir->parent ? dir->parent : dir);
	for (unsigned int i = 0; tree_entry(t, dir, i, &p); i++) {
		inode = p.kind == INODE_NONE ? NULL : tree_child(t, dir, &p);
		if (inode)
			add(l, req, p.name, type_of(inode), inode);
	}
}

void listing_read(struct listing *l, fuse_req_t req, struct tree *t, struct inode *dir,
		  size_t size, size_t from)
{
	if (from == 0)
		fill(l, req, t, dir);
	if (text_failed(&l->entries))
		fuse_reply_err(req, ENOMEM);
	else if (from >= l->entries.len)
		fuse_reply_buf(req, NULL, 0);
	else	/* the kernel drops an entry that was cut and asks for it again */
		fuse_reply_buf(req, l->entries.bytes + from,
			       min_size(size, l->entries.len - from));
}
