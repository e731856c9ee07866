#include "rpmsg/inside.h"
#include <errno.h>

bool ept_is_name(const char *name)
{
	return strcmp(name, "") && strcmp(name, ".") && strcmp(name, "..");
}

struct ept *ept_find_free(struct rpmsg_bus *b)
{
	for (unsigned int i = 0; i < b->config.n_endpoints; i++)
		if (b->epts[i].life == EPT_FREE)
			return &b->epts[i];
	return NULL;
}

static bool matches(uint32_t wanted, uint32_t addr)
{
	return wanted == RPMSG_ADDR_ANY || wanted == addr;
}

struct ept *ept_find(const struct rpmsg_bus *b, const char *name, uint32_t src, uint32_t dst,
		     bool is_local)
{
	for (unsigned int i = 0; i < b->config.n_endpoints; i++) {
		struct ept *e = &b->epts[i];

		if (e->life == EPT_BOUND && e->face.is_local == is_local &&
		    matches(src, e->face.src) && matches(dst, e->dst_given) &&
		    !strcmp(e->face.name, name))
			return e;
	}
	return NULL;
}

void ept_come(struct ept *e, const struct rpmsg_endpoint *face, bool is_announced)
{
	struct rpmsg_bus *b = e->bus;

	e->face = *face;
	e->dst_given = face->dst;
	e->is_announced = is_announced;
	e->life = EPT_BOUND;
	rpmsg_addresses_bind(&b->addresses, ept_number(e), face->src);
	if (b->carrier)
		ept_carrier_up(e);
	b->ops->came(b->user, ept_number(e));
}

void ept_carrier_up(struct ept *e)
{
	if (e->life != EPT_BOUND)
		return;
	e->wants_create = e->is_announced && e->bus->carrier->has_ns;
	e->wants_greet = !e->face.is_local && e->bus->config.greets;
	ept_speak(e);
}

void ept_carrier_down(struct ept *e, int why)
{
	e->wants_create = e->wants_greet = e->wants_destroy = e->is_known = false;
	list_remove(&e->speaking);
	if (e->life == EPT_BOUND && !e->face.is_local) {
		ept_leave(e, why);
		return;
	}
	e->face.dst = e->dst_given;
	ept_end_channel(e, why);
	ept_rest(e);
}

void ept_leave(struct ept *e, int why)
{
	struct rpmsg_bus *b = e->bus;

	e->life = EPT_LEAVING;
	rpmsg_addresses_unbind(&b->addresses, ept_number(e));
	b->counts.lost += e->inbox.n;
	e->inbox.begin = e->inbox.n = 0;
	ept_end_channel(e, why);
	b->ops->left(b->user, ept_number(e));
	e->life = EPT_LEFT;
	e->wants_create = e->wants_greet = false;
	e->wants_destroy = e->is_known;
	ept_speak(e);
	ept_rest(e);
}

void ept_rest(struct ept *e)
{
	if (e->life != EPT_LEFT || e->chan != EPT_CLOSED || e->wants_destroy)
		return;
	list_remove(&e->speaking);
	e->is_known = false;
	e->life = EPT_FREE;
}

static int check_new(const struct rpmsg_bus *b, const char *name, uint32_t src, uint32_t dst)
{
	unsigned int owner;

	if (strlen(name) >= RPMSG_NAME_LEN || !ept_is_name(name) || src == RPMSG_ADDR_NS ||
	    dst == RPMSG_ADDR_NS)
		return -EINVAL;
	if (src == RPMSG_ADDR_ANY || !rpmsg_addresses_find(&b->addresses, src, &owner))
		return 0;
	return ept_find(b, name, src, dst, true) ? -EEXIST : -EADDRINUSE;
}

int rpmsg_bus_create(struct rpmsg_bus *b, const char *name, uint32_t src, uint32_t dst,
		     bool is_announced, unsigned int *ret_chan)
{
	struct rpmsg_endpoint face = { .src = src, .dst = dst, .is_local = true };
	int r = check_new(b, name, src, dst);
	struct ept *e;

	if (r < 0)
		return r;
	e = ept_find_free(b);
	if (!e)
		return -ENOSPC;
	memcpy(face.name, name, strlen(name));
	if (src == RPMSG_ADDR_ANY)
		face.src = rpmsg_addresses_free(&b->addresses);
	*ret_chan = ept_number(e);
	ept_come(e, &face, is_announced);
	return 0;
}

int rpmsg_bus_destroy(struct rpmsg_bus *b, unsigned int chan, int why)
{
	if (!rpmsg_bus_endpoint(b, chan))
		return -ENOENT;
	if (!b->epts[chan].face.is_local)
		return -EPERM;
	ept_leave(&b->epts[chan], why);
	return 0;
}

int rpmsg_bus_find(const struct rpmsg_bus *b, const char *name, uint32_t src, uint32_t dst,
		   unsigned int *ret_chan)
{
	const struct ept *e = ept_find(b, name, src, dst, true);

	if (!e)
		return -ENOENT;
	*ret_chan = ept_number(e);
	return 0;
}

const struct rpmsg_endpoint *rpmsg_bus_endpoint(const struct rpmsg_bus *b, unsigned int chan)
{
	enum ept_life life = chan < b->config.n_endpoints ? b->epts[chan].life : EPT_FREE;

	return life == EPT_BOUND || life == EPT_LEAVING ? &b->epts[chan].face : NULL;
}
