/*
 * An open channel: the port does the work and keeps the promises; here they
 * only meet the kernel.
 */
#include "fs/file.h"
#include <errno.h>

struct channel_file {
	struct file file;
	struct port_file *port;	/* valid once the open was answered with 0 */
};

static struct channel_file *channel(struct file *f)
{
	return container_of(f, struct channel_file, file);
}

static void channel_read(struct file *f, struct request *r, size_t len, uint64_t offset,
			 bool nonblock)
{
	port_read(channel(f)->port, &r->wait, len, offset, nonblock);
}

static void channel_write(struct file *f, struct request *r, const void *data, size_t len,
			  uint64_t offset, bool nonblock)
{
	port_write(channel(f)->port, &r->wait, data, len, offset, nonblock);
}

static void channel_flush(struct file *f, struct request *r)
{
	port_flush(channel(f)->port, &r->wait);
}

/* The name may stand for another channel by now. */
static void channel_ioctl(struct file *f, struct request *r, unsigned int cmd, uint64_t arg,
			  const void *in, size_t in_len, size_t out_len)
{
	struct device_port *p;
	struct place place;
	int result = -ENODEV;

	(void)arg, (void)in, (void)in_len, (void)out_len;
	if (!tree_find(f->tree, f->inode, &place)) {
		p = place.port;
		if (p->port == port_of_file(channel(f)->port))
			result = p->ioctl ? p->ioctl(p, p->user, cmd) : -ENOTTY;
	}
	wait_answer(&r->wait, result, NULL, 0);
}

static int channel_poll(struct file *f)
{
	return port_poll(channel(f)->port);
}

static void channel_close(struct file *f)
{
	port_close(channel(f)->port);
}

static const struct file_ops channel_file_ops = {
	.open_flags = FOPEN_DIRECT_IO | FOPEN_STREAM | FOPEN_NONSEEKABLE |
		      FOPEN_PARALLEL_DIRECT_WRITES,
	.read = channel_read,
	.write = channel_write,
	.flush = channel_flush,
	.ioctl = channel_ioctl,
	.poll = channel_poll,
	.close = channel_close,
};

static void on_changed(void *user)
{
	file_changed(user);
}

static const struct port_file_ops port_file_ops = { .changed = on_changed };

void channel_file_open(const struct opening *o, struct device_port *p)
{
	struct channel_file *c = file_new(o, &channel_file_ops, sizeof(*c));

	if (c)
		port_open(p->port, o->nonblock, &port_file_ops, &c->file,
			  &o->request->wait, &c->port);
}
