#include "fs/file.h"
#include <errno.h>
#include <stdlib.h>

void *file_new(const struct opening *o, const struct file_ops *ops, size_t size)
{
	struct file *f = calloc(1, size);

	if (f)
		f->handle = handle_new(o->handles, HANDLE_FILE, f);
	if (!f || !f->handle) {
		free(f);
		wait_answer(&o->request->wait, -ENOMEM, NULL, 0);
		return NULL;
	}
	f->ops = ops;
	f->tree = o->tree;
	f->inode = o->inode;
	f->inode->n_files++;
	f->handles = o->handles;
	o->request->file = f;
	return f;
}

void file_free(struct file *f)
{
	if (!f)
		return;
	handle_free(f->handles, f->handle);
	if (f->poll)
		fuse_pollhandle_destroy(f->poll);
	f->inode->n_files--;
	tree_forget(f->tree, f->inode, 0);
	free(f);
}

void file_changed(struct file *f)
{
	if (f->poll)
		fuse_lowlevel_notify_poll(f->poll);
}
