#include "device/rpmsg_ctrl.h"
#include "device/rpmsg_name.h"
#include "mhifs/mhifs.h"
#include <errno.h>

/* What the three take: a name, and two addresses. */
static void read_record(const void *in, struct rpmsg_endpoint *ret_e)
{
	struct mhifs_rpmsg_endpoint record;

	memcpy(&record, in, sizeof(record));
	*ret_e = (struct rpmsg_endpoint){ .src = record.src, .dst = record.dst };
	memcpy(ret_e->name, record.name, strnlen(record.name, sizeof(record.name) - 1));
}

static int create_endpoint(struct rpmsg_bus *b, const struct rpmsg_endpoint *e)
{
	unsigned int chan;

	return rpmsg_bus_create(b, e->name, e->src, e->dst, false, &chan);
}

/* The kernel has one error for all of them. */
static int create_device(struct rpmsg_bus *b, const struct rpmsg_endpoint *e)
{
	unsigned int chan;

	if (!rpmsg_bus_find(b, e->name, e->src, e->dst, &chan) ||
	    rpmsg_bus_create(b, e->name, e->src, e->dst, true, &chan) < 0)
		return -ENXIO;
	return 0;
}

static int release_device(struct rpmsg_bus *b, const struct rpmsg_endpoint *e)
{
	unsigned int chan;

	if (rpmsg_bus_find(b, e->name, e->src, e->dst, &chan))
		return -EINVAL;
	return rpmsg_bus_destroy(b, chan, -ECONNRESET);
}

static int ctrl_obey(struct rpmsg_bus *b, unsigned int cmd, const void *in, size_t in_len)
{
	struct rpmsg_endpoint e;

	if (cmd != MHIFS_RPMSG_CREATE_EPT && cmd != MHIFS_RPMSG_CREATE_DEV &&
	    cmd != MHIFS_RPMSG_RELEASE_DEV)
		return -EINVAL;
	if (in_len < sizeof(struct mhifs_rpmsg_endpoint))
		return -EFAULT;
	read_record(in, &e);
	switch (cmd) {
	case MHIFS_RPMSG_CREATE_EPT:
		return create_endpoint(b, &e);
	case MHIFS_RPMSG_CREATE_DEV:
		return create_device(b, &e);
	default:
		return release_device(b, &e);
	}
}

static void ctrl_ioctl(struct node *n, unsigned int cmd, uint64_t arg, const void *in,
		       size_t in_len, size_t out_len, struct wait *w)
{
	const struct rpmsg_ctrl *c = n->user;
	int r = c->has_ended ? -ENODEV : ctrl_obey(c->bus, cmd, in, in_len);

	(void)arg;
	(void)out_len;
	wait_answer(w, r, NULL, 0);
}

static void show_counts(const struct rpmsg_bus_counts *c, struct text *out)
{
	const struct { const char *key; uint64_t value; } counts[] = {
		{ "received", c->received }, { "sent", c->sent }, { "bad", c->bad },
		{ "empty", c->empty }, { "lost", c->lost }, { "creates", c->creates },
		{ "destroys", c->destroys }, { "refused", c->refused },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(counts); i++)
		text_printf(out, "%s=%llu\n", counts[i].key, (unsigned long long)counts[i].value);
}

static int ctrl_show(struct node *n, struct text *out)
{
	const struct rpmsg_ctrl *c = n->user;
	unsigned int n_chans = rpmsg_bus_link(c->bus)->n_chans;
	char name[RPMSG_FILE_LEN];

	show_counts(rpmsg_bus_counts(c->bus), out);
	for (unsigned int i = 0; i < n_chans; i++) {
		const struct rpmsg_endpoint *e = rpmsg_bus_endpoint(c->bus, i);

		if (!e)
			continue;
		rpmsg_file_name(e, 0, name);
		text_printf(out, "endpoint.%s=%d %d %s\n", name, (int)e->src, (int)e->dst,
			    e->is_local ? "local" : "announced");
	}
	return text_failed(out) ? -ENOMEM : 0;
}

/* So that it opens for writing, as its users do. */
static void ctrl_store(struct node *n, const char *text, bool nonblock, struct wait *w)
{
	(void)n;
	(void)text;
	(void)nonblock;
	wait_answer(w, -EINVAL, NULL, 0);
}

static const struct node_ops ctrl_ops = {
	.show = ctrl_show,
	.store = ctrl_store,
	.ioctl = ctrl_ioctl,
};

void rpmsg_ctrl_init(struct rpmsg_ctrl *c, struct rpmsg_bus *b)
{
	c->bus = b;
	c->node = (struct node){ .name = "ctrl", .mode = 0600, .ops = &ctrl_ops, .user = c };
	list_init(&c->node.node);
}

void rpmsg_ctrl_end(struct rpmsg_ctrl *c)
{
	c->has_ended = true;
}
