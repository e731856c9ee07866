/*
 * An open attribute, as in sysfs: a read at offset 0 makes the text, which
 * then stays for this open file; one write is one command; poll tells with
 * POLLPRI that it changed since it was read.
 */
#include "fs/file.h"
#include <errno.h>
#include <poll.h>

struct attr_file {
	struct file file;
	struct node *node;
	struct node_watch watch;
	struct text text;
	bool has_changed;
};

static struct attr_file *attr(struct file *f)
{
	return container_of(f, struct attr_file, file);
}

static int show(struct attr_file *a)
{
	int r;

	if (!a->node->ops->show)
		return -EACCES;
	a->has_changed = false;
	text_clear(&a->text);
	r = a->node->ops->show(a->node, &a->text);
	if (r < 0)
		text_clear(&a->text);
	return text_failed(&a->text) ? -ENOMEM : r;
}

static void attr_read(struct file *f, struct request *r, size_t len, uint64_t offset,
		      bool nonblock)
{
	struct attr_file *a = attr(f);
	struct iovec iov = { 0 };
	int error = offset ? 0 : show(a);

	(void)nonblock;
	if (error < 0) {
		wait_answer(&r->wait, error, NULL, 0);
		return;
	}
	if (offset < a->text.len) {
		iov.iov_base = a->text.bytes + offset;
		iov.iov_len = min_size(len, a->text.len - offset);
	}
	wait_answer(&r->wait, (ssize_t)iov.iov_len, &iov, 1);
}

static void attr_write(struct file *f, struct request *r, const void *data, size_t len,
		       uint64_t offset, bool nonblock)
{
	struct attr_file *a = attr(f);
	char command[ATTR_SIZE];

	(void)offset;
	if (len >= sizeof(command) || memchr(data, 0, len)) {
		wait_answer(&r->wait, -EINVAL, NULL, 0);
		return;
	}
	r->kind = REQUEST_STORE;
	r->len = len;
	memcpy(command, data, len);
	if (len && command[len - 1] == '\n')
		len--;
	command[len] = 0;
	a->node->ops->store(a->node, command, nonblock, &r->wait);
}

static void attr_ioctl(struct file *f, struct request *r, unsigned int cmd, uint64_t arg,
		       const void *in, size_t in_len, size_t out_len)
{
	struct attr_file *a = attr(f);

	if (a->node->ops->ioctl)
		a->node->ops->ioctl(a->node, cmd, arg, in, in_len, out_len, &r->wait);
	else
		wait_answer(&r->wait, -ENOTTY, NULL, 0);
}

static int attr_poll(struct file *f)
{
	struct attr_file *a = attr(f);
	int events = POLLIN | POLLOUT;

	if (a->node->ops->poll)
		events |= a->node->ops->poll(a->node);
	return events | (a->has_changed ? POLLPRI | POLLERR : 0);
}

static void attr_close(struct file *f)
{
	struct attr_file *a = attr(f);

	node_unwatch(a->node, &a->watch);
	text_fini(&a->text);
}

static const struct file_ops attr_file_ops = {
	.open_flags = FOPEN_DIRECT_IO | FOPEN_NOFLUSH,
	.read = attr_read,
	.write = attr_write,
	.ioctl = attr_ioctl,
	.poll = attr_poll,
	.close = attr_close,
};

static void on_changed(void *user)
{
	struct attr_file *a = user;

	a->has_changed = true;
	file_changed(&a->file);
}

void attr_file_open(const struct opening *o, struct node *n)
{
	struct attr_file *a;

	if (o->wants_write && !n->ops->store) {
		wait_answer(&o->request->wait, -EACCES, NULL, 0);
		return;
	}
	a = file_new(o, &attr_file_ops, sizeof(*a));
	if (!a)
		return;
	a->node = n;
	/* After the answer, when nothing has to be undone any more. */
	if (wait_answer(&o->request->wait, 0, NULL, 0) == 0)
		node_watch(n, &a->watch, on_changed, a);
}
