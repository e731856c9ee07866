#include "bench/floors.h"
#include <errno.h>
#include <fuse_lowlevel.h>
#include <linux/fuse.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef FOPEN_PARALLEL_DIRECT_WRITES
#define FOPEN_PARALLEL_DIRECT_WRITES (1 << 6)
#endif

/* As a channel file: see fs.h. */
enum { NULL_INODE = 2, NULL_SIZE = 1 << 20, NULL_MAX_WRITE = 256 << 10 };

static uint8_t *source;

static void null_stat(fuse_ino_t ino, struct stat *st)
{
	*st = (struct stat){ .st_ino = ino, .st_nlink = 1, .st_mode = S_IFDIR | 0755 };
	if (ino != FUSE_ROOT_ID) {
		st->st_mode = S_IFREG | 0666;
		st->st_size = NULL_SIZE;
	}
}

static void null_init(void *user, struct fuse_conn_info *conn)
{
	(void)user;
	conn->want &= ~(unsigned int)(FUSE_CAP_SPLICE_READ | FUSE_CAP_ATOMIC_O_TRUNC |
				      FUSE_CAP_ASYNC_DIO);
	conn->max_write = NULL_MAX_WRITE;
}

static void null_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct fuse_entry_param e = {
		.ino = NULL_INODE, .attr_timeout = 60, .entry_timeout = 60,
	};

	if (parent != FUSE_ROOT_ID || strcmp(name, "null") != 0) {
		fuse_reply_err(req, ENOENT);
		return;
	}
	null_stat(NULL_INODE, &e.attr);
	fuse_reply_entry(req, &e);
}

static void null_getattr(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct stat st;

	(void)fi;
	null_stat(ino, &st);
	fuse_reply_attr(req, &st, 60);
}

static void null_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	/* libfuse has no word for STREAM: the bare answer of the kernel's. */
	struct fuse_open_out out = {
		.fh = 1,
		.open_flags = FOPEN_DIRECT_IO | FOPEN_STREAM | FOPEN_NONSEEKABLE |
			      FOPEN_PARALLEL_DIRECT_WRITES,
	};

	(void)ino;
	(void)fi;
	fuse_reply_buf(req, (const char *)&out, sizeof out);
}

static void null_read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off,
		      struct fuse_file_info *fi)
{
	(void)ino;
	(void)off;
	(void)fi;
	fuse_reply_buf(req, (const char *)source, size < NULL_SIZE ? size : NULL_SIZE);
}

static void null_write(fuse_req_t req, fuse_ino_t ino, const char *buf, size_t size,
		       off_t off, struct fuse_file_info *fi)
{
	(void)ino;
	(void)buf;
	(void)off;
	(void)fi;
	fuse_reply_write(req, size);
}

static const struct fuse_lowlevel_ops null_ops = {
	.init = null_init,
	.lookup = null_lookup,
	.getattr = null_getattr,
	.open = null_open,
	.read = null_read,
	.write = null_write,
};

static int serve(const char *dir, int ready)
{
	char *argv[] = { (char *)"null", NULL };
	struct fuse_args args = FUSE_ARGS_INIT(1, argv);
	struct fuse_session *se = fuse_session_new(&args, &null_ops, sizeof null_ops, NULL);

	source = calloc(1, NULL_SIZE);
	if (!se || !source || fuse_set_signal_handlers(se) != 0 ||
	    fuse_session_mount(se, dir) != 0)
		return 1;
	memset(source, 1, NULL_SIZE);
	if (write(ready, "r", 1) != 1)
		return 1;
	fuse_session_loop(se);
	fuse_session_unmount(se);
	rmdir(dir);
	return 0;
}

int null_fuse_start(struct null_fuse *f, enum placement place)
{
	int ready[2];
	char byte;

	snprintf(f->dir, sizeof f->dir, "/tmp/null-fuse-XXXXXX");
	if (!mkdtemp(f->dir) || pipe(ready) < 0)
		return -errno;
	snprintf(f->path, sizeof f->path, "%s/null", f->dir);
	f->pid = fork();
	if (f->pid < 0)
		return -errno;
	if (f->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		close(ready[0]);
		_exit(pin_other(place) < 0 || serve(f->dir, ready[1]));
	}
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1) {
		close(ready[0]);
		null_fuse_stop(f);
		return -ENODEV;
	}
	close(ready[0]);
	return 0;
}

void null_fuse_stop(struct null_fuse *f)
{
	if (f->pid <= 0)
		return;
	kill(f->pid, SIGTERM);
	waitpid(f->pid, NULL, 0);
	rmdir(f->dir);
	f->pid = 0;
}
