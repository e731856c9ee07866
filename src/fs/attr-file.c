/*
 * An open attribute, as in sysfs: a read at offset 0 makes the text, which
 * then stays for this open file, perhaps after something has been fetched for
 * it; one write is one command; poll tells with POLLPRI that it changed since it
 * was read.
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
	bool is_fetching;
	struct wait fetch;	/* of the node, for all the readers */
	struct list readers;	/* of struct wait: reads from the beginning */
};

static struct attr_file *attr(struct file *f)
{
	return container_of(f, struct attr_file, file);
}

static int show(struct attr_file *a)
{
	int r;

	text_clear(&a->text);
	r = a->node->ops->show(a->node, &a->text);
	if (r < 0)
		text_clear(&a->text);
	return text_failed(&a->text) ? -ENOMEM : r;
}

static void answer_read(struct attr_file *a, struct wait *w, size_t len, uint64_t offset)
{
	struct iovec iov = { 0 };

	if (offset < a->text.len) {
		iov.iov_base = a->text.bytes + offset;
		iov.iov_len = min_size(len, a->text.len - offset);
	}
	wait_answer(w, (ssize_t)iov.iov_len, &iov, 1);
}

static int on_fetched(struct wait *fetch, ssize_t result, const struct iovec *iov, int n_iov)
{
	struct attr_file *a = container_of(fetch, struct attr_file, fetch);
	int error = result < 0 ? (int)result : show(a);

	(void)iov;
	(void)n_iov;
	a->is_fetching = false;
	while (!list_is_empty(&a->readers)) {
		struct wait *w = list_first(&a->readers, struct wait, node);

		if (error < 0)
			wait_answer(w, error, NULL, 0);
		else
			answer_read(a, w, w->len, 0);
	}
	return 0;
}

static const struct wait_ops fetch_ops = { on_fetched };

/* The fetch goes on: others may wait for it as well. */
static ssize_t withdraw_read(struct wait *w)
{
	list_remove(&w->node);
	return -EINTR;
}

static void fetch(struct attr_file *a, struct wait *w)
{
	wait_park(w, &a->readers, withdraw_read, a);
	if (a->is_fetching)
		return;	/* a change since it began is news for the next read */
	a->has_changed = false;
	a->is_fetching = true;
	wait_init(&a->fetch, &fetch_ops);
	a->node->ops->fetch(a->node, &a->fetch);
}

static void attr_read(struct file *f, struct request *r, size_t len, uint64_t offset,
		      bool nonblock)
{
	struct attr_file *a = attr(f);
	int error;

	(void)nonblock;
	if (offset) {
		answer_read(a, &r->wait, len, offset);
		return;
	}
	r->wait.len = len;
	if (a->node->ops->fetch) {
		fetch(a, &r->wait);
		return;
	}
	a->has_changed = false;
	error = a->node->ops->show ? show(a) : -EACCES;
	if (error < 0)
		wait_answer(&r->wait, error, NULL, 0);
	else
		answer_read(a, &r->wait, len, 0);
}

static void attr_write(struct file *f, struct request *r, const void *data, size_t len,
		       uint64_t offset, bool nonblock)
{
	struct attr_file *a = attr(f);
	char command[ATTR_SIZE];

	(void)offset;
	if (!a->node->ops->store) {	/* the kernel would not ask */
		wait_answer(&r->wait, -EACCES, NULL, 0);
		return;
	}
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

	if (wait_is_parked(&a->fetch)) {
		a->fetch.withdraw(&a->fetch);
		list_remove(&a->fetch.node);
	}
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
	list_init(&a->readers);
	wait_init(&a->fetch, &fetch_ops);
	/* After the answer, when nothing has to be undone any more. */
	if (wait_answer(&o->request->wait, 0, NULL, 0) == 0)
		node_watch(n, &a->watch, on_changed, a);
}
