#include "fs/calls.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/statvfs.h>

enum {
	MAX_WRITE = 256 * 1024,	/* twice the largest message: alignment eats a page */
	NAME_LEN = 64,		/* text_is_name() */
};

/* Directories never change their attributes; names and everything below a
 * device may change at any time, and nobody tells the kernel: its look-up
 * could wait in our queue for the very lock that telling needs. */
static const double dir_attr_timeout = 1.0;

int calls_init(struct calls *c, struct loop *l, struct registry *r, bool is_single)
{
	requests_init(&c->requests, l);
	handles_init(&c->handles);
	c->is_answering = false;
	return tree_init(&c->tree, r, is_single);
}

void calls_end(struct calls *c)
{
	requests_end(&c->requests, -ENODEV);
}

static void file_close(struct file *f)
{
	f->ops->close(f);
	file_free(f);
}

void calls_fini(struct calls *c)
{
	struct listing *l;
	struct file *f;

	while ((f = handle_any(&c->handles, HANDLE_FILE)))
		file_close(f);
	while ((l = handle_any(&c->handles, HANDLE_LISTING)))
		listing_free(l);
	handles_fini(&c->handles);
	requests_fini(&c->requests);
	tree_fini(&c->tree);
}

static struct calls *calls_of(fuse_req_t req)
{
	return fuse_req_userdata(req);
}

/* The open file of a handle, or NULL and @req is answered. */
static struct file *file_of(fuse_req_t req, const struct fuse_file_info *fi)
{
	struct file *f = handle_find(&calls_of(req)->handles, HANDLE_FILE, fi->fh);

	if (f && f->is_open)
		return f;
	fuse_reply_err(req, EBADF);
	return NULL;
}

static struct listing *listing_of(fuse_req_t req, const struct fuse_file_info *fi)
{
	struct listing *l = handle_find(&calls_of(req)->handles, HANDLE_LISTING, fi->fh);

	if (!l)
		fuse_reply_err(req, EBADF);
	return l;
}

static void on_init(void *user, struct fuse_conn_info *conn)
{
	struct calls *c = user;

	/* ATOMIC_O_TRUNC would make the kernel believe size 0, and then run
	 * writes one by one; ASYNC_DIO lets io_uring reads use up the
	 * background requests; splice never gains. */
	conn->want &= ~(unsigned int)(FUSE_CAP_ATOMIC_O_TRUNC | FUSE_CAP_ASYNC_DIO |
				      FUSE_CAP_SPLICE_READ | FUSE_CAP_SPLICE_WRITE |
				      FUSE_CAP_SPLICE_MOVE);
	conn->max_write = MAX_WRITE;
	c->is_answering = true;
}

/* The inode of a number, or NULL and @req is answered. */
static struct inode *inode_of(fuse_req_t req, fuse_ino_t ino)
{
	struct inode *inode = tree_inode(&calls_of(req)->tree, ino);

	if (!inode)
		fuse_reply_err(req, ENOENT);
	return inode;
}

/* The same for directories alone. */
static struct inode *dir_of(fuse_req_t req, fuse_ino_t ino)
{
	struct inode *inode = inode_of(req, ino);

	if (!inode || inode_is_dir(inode))
		return inode;
	fuse_reply_err(req, ENOTDIR);
	return NULL;
}

static double attr_timeout(const struct inode *inode)
{
	return inode_is_dir(inode) ? dir_attr_timeout : 0;
}

static void on_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct tree *t = &calls_of(req)->tree;
	struct inode *dir = inode_of(req, parent), *inode;
	struct fuse_entry_param e = { 0 };
	int r;

	if (!dir)
		return;
	r = tree_lookup(t, dir, name, &inode);
	if (r == 0)
		r = tree_stat(t, inode, &e.attr);
	if (r < 0) {
		fuse_reply_err(req, -r);
		return;
	}
	e.ino = inode->number;
	e.generation = inode->generation;
	e.attr_timeout = attr_timeout(inode);
	inode->lookups++;
	if (fuse_reply_entry(req, &e) < 0)
		tree_forget(t, inode, 1);
}

static void forget(struct tree *t, fuse_ino_t ino, uint64_t n)
{
	struct inode *inode = tree_inode(t, ino);

	if (inode)
		tree_forget(t, inode, n);
}

static void on_forget(fuse_req_t req, fuse_ino_t ino, uint64_t n)
{
	forget(&calls_of(req)->tree, ino, n);
	fuse_reply_none(req);
}

static void on_forget_multi(fuse_req_t req, size_t count, struct fuse_forget_data *forgets)
{
	for (size_t i = 0; i < count; i++)
		forget(&calls_of(req)->tree, forgets[i].ino, forgets[i].nlookup);
	fuse_reply_none(req);
}

static void reply_stat(fuse_req_t req, struct inode *inode)
{
	struct stat st;
	int r = tree_stat(&calls_of(req)->tree, inode, &st);

	if (r < 0)
		fuse_reply_err(req, -r);
	else
		fuse_reply_attr(req, &st, attr_timeout(inode));
}

static void on_getattr(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct inode *inode = inode_of(req, ino);

	(void)fi;
	if (inode)
		reply_stat(req, inode);
}

/* Size and times are taken and mean nothing: every `>` truncates, touch is
 * harmless. */
static void on_setattr(fuse_req_t req, fuse_ino_t ino, struct stat *st, int what,
		       struct fuse_file_info *fi)
{
	struct inode *inode = inode_of(req, ino);
	int r;

	(void)fi;
	if (!inode)
		return;
	r = tree_chown(&calls_of(req)->tree, inode, st, what);
	if (r < 0)
		fuse_reply_err(req, -r);
	else
		reply_stat(req, inode);
}

static void on_readlink(fuse_req_t req, fuse_ino_t ino)
{
	struct inode *inode = inode_of(req, ino);
	struct place p;
	char target[NAME_LEN + 4];
	int r;

	if (!inode)
		return;
	r = tree_find(&calls_of(req)->tree, inode, &p);
	if (r == 0 && p.kind != INODE_LINK)
		r = -EINVAL;
	if (r < 0) {
		fuse_reply_err(req, -r);
		return;
	}
	snprintf(target, sizeof(target), "../%s", device_name(p.dev));
	fuse_reply_readlink(req, target);
}

static void on_opendir(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct listing *l;

	if (!dir_of(req, ino))
		return;
	l = listing_new(&calls_of(req)->handles);
	if (!l) {
		fuse_reply_err(req, ENOMEM);
		return;
	}
	fi->fh = l->handle;
	if (fuse_reply_open(req, fi) < 0)
		listing_free(l);
}

static void on_readdir(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off,
		       struct fuse_file_info *fi)
{
	struct listing *l = listing_of(req, fi);
	struct inode *dir = l ? dir_of(req, ino) : NULL;

	if (dir)
		listing_read(l, req, &calls_of(req)->tree, dir, size, (size_t)off);
}

static void on_releasedir(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct listing *l = listing_of(req, fi);

	(void)ino;
	if (!l)
		return;
	listing_free(l);
	fuse_reply_err(req, 0);
}

static void on_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct calls *c = calls_of(req);
	struct inode *inode = inode_of(req, ino);
	struct opening o = {
		.tree = &c->tree,
		.inode = inode,
		.handles = &c->handles,
		.nonblock = fi->flags & O_NONBLOCK,
		.wants_write = (fi->flags & O_ACCMODE) != O_RDONLY,
	};
	struct place p;
	int r;

	if (!inode)
		return;
	r = tree_find(o.tree, inode, &p);
	if (r == 0 && inode_is_dir(inode))
		r = -EISDIR;
	if (r == 0 && p.kind == INODE_LINK)
		r = -ELOOP;
	if (r < 0) {
		fuse_reply_err(req, -r);
		return;
	}
	o.request = request_new(&c->requests, req, REQUEST_OPEN, NULL);
	if (!o.request)
		return;
	if (p.kind == INODE_CHANNEL)
		channel_file_open(&o, p.port);
	else if (p.kind == INODE_ATTR && p.attr->ops->open)
		stored_file_open(&o, p.attr);
	else if (p.kind == INODE_ATTR)
		attr_file_open(&o, p.attr);
	else
		event_file_open(&o, device_events(p.dev));
	request_settle(o.request);
}

static void on_release(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct file *f = file_of(req, fi);

	(void)ino;
	if (!f)
		return;
	/* The kernel waits for them; who else has the session may not. */
	requests_end_of(&calls_of(req)->requests, f, -ENODEV);
	file_close(f);
	fuse_reply_err(req, 0);
}

static void on_read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off,
		    struct fuse_file_info *fi)
{
	struct file *f = file_of(req, fi);
	struct request *r;

	(void)ino;
	if (!f)
		return;
	/* Only the page cache (splice, sendfile, mmap) reads without an owner.
	 * Parked there it would lock the page, and with it every open. */
	if (!fi->lock_owner) {
		fuse_reply_err(req, EINVAL);
		return;
	}
	r = request_new(&calls_of(req)->requests, req, REQUEST_READ, f);
	if (!r)
		return;
	f->ops->read(f, r, size, (uint64_t)off, fi->flags & O_NONBLOCK);
	request_settle(r);
}

static void on_write(fuse_req_t req, fuse_ino_t ino, const char *data, size_t size,
		     off_t off, struct fuse_file_info *fi)
{
	struct file *f = file_of(req, fi);
	struct request *r;

	(void)ino;
	if (!f)
		return;
	if (!f->ops->write) {
		fuse_reply_err(req, EACCES);
		return;
	}
	r = request_new(&calls_of(req)->requests, req, REQUEST_WRITE, f);
	if (!r)
		return;
	f->ops->write(f, r, data, size, (uint64_t)off, fi->flags & O_NONBLOCK);
	request_settle(r);
}

static void on_flush(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct file *f = file_of(req, fi);
	struct request *r;

	(void)ino;
	if (!f)
		return;
	if (!f->ops->flush) {	/* a kernel that does not know NOFLUSH */
		fuse_reply_err(req, 0);
		return;
	}
	r = request_new(&calls_of(req)->requests, req, REQUEST_FLUSH, f);
	if (!r)
		return;
	f->ops->flush(f, r);
	request_settle(r);
}

static void on_poll(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi,
		    struct fuse_pollhandle *ph)
{
	struct file *f = file_of(req, fi);

	(void)ino;
	if (!f) {
		if (ph)
			fuse_pollhandle_destroy(ph);
		return;
	}
	if (ph) {
		if (f->poll)
			fuse_pollhandle_destroy(f->poll);
		f->poll = ph;
	}
	fuse_reply_poll(req, (unsigned int)f->ops->poll(f));
}

static void on_ioctl(fuse_req_t req, fuse_ino_t ino, unsigned int cmd, void *arg,
		     struct fuse_file_info *fi, unsigned int flags, const void *in,
		     size_t in_len, size_t out_len)
{
	struct request *r;
	struct file *f;

	(void)ino;
	if (flags & FUSE_IOCTL_DIR) {	/* no file has this handle */
		fuse_reply_err(req, ENOTTY);
		return;
	}
	f = file_of(req, fi);
	if (!f)
		return;
	if (!f->ops->ioctl) {
		fuse_reply_err(req, ENOTTY);
		return;
	}
	r = request_new(&calls_of(req)->requests, req, REQUEST_IOCTL, f);
	if (!r)
		return;
	f->ops->ioctl(f, r, cmd, (uintptr_t)arg, in, in_len, out_len);
	request_settle(r);
}

static void on_statfs(fuse_req_t req, fuse_ino_t ino)
{
	const struct statvfs st = { .f_bsize = 4096, .f_frsize = 4096, .f_namemax = NAME_LEN };

	(void)ino;
	fuse_reply_statfs(req, &st);
}

static void on_getxattr(fuse_req_t req, fuse_ino_t ino, const char *name, size_t size)
{
	(void)ino, (void)name, (void)size;
	fuse_reply_err(req, ENODATA);
}

static void on_listxattr(fuse_req_t req, fuse_ino_t ino, size_t size)
{
	(void)ino;
	if (size)
		fuse_reply_buf(req, NULL, 0);
	else
		fuse_reply_xattr(req, 0);
}

static void on_setxattr(fuse_req_t req, fuse_ino_t ino, const char *name,
			const char *value, size_t size, int flags)
{
	(void)ino, (void)name, (void)value, (void)size, (void)flags;
	fuse_reply_err(req, ENOTSUP);
}

static void on_removexattr(fuse_req_t req, fuse_ino_t ino, const char *name)
{
	(void)ino, (void)name;
	fuse_reply_err(req, ENOTSUP);
}

/* Names are the device's: nobody makes, removes or renames one.  A missing
 * handler would be ENOSYS to the caller. */
static void on_mkdir(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode)
{
	(void)parent, (void)name, (void)mode;
	fuse_reply_err(req, EPERM);
}

static void on_mknod(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode,
		     dev_t dev)
{
	(void)parent, (void)name, (void)mode, (void)dev;
	fuse_reply_err(req, EPERM);
}

static void on_create(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode,
		      struct fuse_file_info *fi)
{
	(void)parent, (void)name, (void)mode, (void)fi;
	fuse_reply_err(req, EPERM);
}

static void on_unlink(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	(void)parent, (void)name;
	fuse_reply_err(req, EPERM);
}

static void on_symlink(fuse_req_t req, const char *target, fuse_ino_t parent, const char *name)
{
	(void)target, (void)parent, (void)name;
	fuse_reply_err(req, EPERM);
}

static void on_rename(fuse_req_t req, fuse_ino_t parent, const char *name,
		      fuse_ino_t new_parent, const char *new_name, unsigned int flags)
{
	(void)parent, (void)name, (void)new_parent, (void)new_name, (void)flags;
	fuse_reply_err(req, EPERM);
}

static void on_link(fuse_req_t req, fuse_ino_t ino, fuse_ino_t new_parent, const char *new_name)
{
	(void)ino, (void)new_parent, (void)new_name;
	fuse_reply_err(req, EPERM);
}

const struct fuse_lowlevel_ops calls_ops = {
	.init = on_init,
	.lookup = on_lookup,
	.forget = on_forget,
	.forget_multi = on_forget_multi,
	.getattr = on_getattr,
	.setattr = on_setattr,
	.readlink = on_readlink,
	.opendir = on_opendir,
	.readdir = on_readdir,
	.releasedir = on_releasedir,
	.open = on_open,
	.release = on_release,
	.read = on_read,
	.write = on_write,
	.flush = on_flush,
	.poll = on_poll,
	.ioctl = on_ioctl,
	.statfs = on_statfs,
	.getxattr = on_getxattr,
	.listxattr = on_listxattr,
	.setxattr = on_setxattr,
	.removexattr = on_removexattr,
	.mkdir = on_mkdir,
	.rmdir = on_unlink,
	.mknod = on_mknod,
	.create = on_create,
	.unlink = on_unlink,
	.symlink = on_symlink,
	.rename = on_rename,
	.link = on_link,
};
