/*
 * An open file of dump/: bytes that lie on disk already.
 */
#include "base/cleanup.h"
#include "fs/file.h"
#include <errno.h>
#include <poll.h>

enum { MOST_READ = 1 << 20 };

struct stored_file {
	struct file file;
	int fd;
};

static struct stored_file *stored(struct file *f)
{
	return container_of(f, struct stored_file, file);
}

static void stored_read(struct file *f, struct request *r, size_t len, uint64_t offset,
			bool nonblock)
{
	char *bytes CLEANUP_FREE = malloc(min_size(len, MOST_READ) + 1);
	struct iovec iov = { .iov_base = bytes };
	ssize_t n = -ENOMEM;

	(void)nonblock;
	if (bytes) {
		n = pread(stored(f)->fd, bytes, min_size(len, MOST_READ), (off_t)offset);
		n = n < 0 ? -errno : n;
	}
	iov.iov_len = n > 0 ? (size_t)n : 0;
	wait_answer(&r->wait, n, &iov, 1);
}

static int stored_poll(struct file *f)
{
	(void)f;
	return POLLIN | POLLOUT;
}

static void stored_close(struct file *f)
{
	close(stored(f)->fd);
}

static const struct file_ops stored_file_ops = {
	.open_flags = FOPEN_DIRECT_IO | FOPEN_NOFLUSH,
	.read = stored_read,
	.poll = stored_poll,
	.close = stored_close,
};

void stored_file_open(const struct opening *o, struct node *n)
{
	struct wait *w = &o->request->wait;
	struct stored_file *s;
	int fd;

	fd = o->wants_write ? -EACCES : n->ops->open(n);
	if (fd < 0) {
		wait_answer(w, fd, NULL, 0);
		return;
	}
	s = file_new(o, &stored_file_ops, sizeof(*s));
	if (!s) {
		close(fd);
		return;
	}
	s->fd = fd;
	if (wait_answer(w, 0, NULL, 0) < 0)
		close(fd);
}
