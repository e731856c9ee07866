#include "rpmsg/ns.h"
#include "rpmsg/inside.h"
#include <errno.h>

int rpmsg_ns_parse(const uint8_t *payload, size_t len, struct rpmsg_announcement *ret_a)
{
	struct rpmsg_announcement a = { 0 };
	uint32_t flags;
	uint8_t copy[RPMSG_NS_LEN];

	if (len != RPMSG_NS_LEN)
		return -EINVAL;
	memcpy(copy, payload, sizeof(copy));
	memcpy(a.name, copy + RPMSG_NS_NAME,
	       strnlen((const char *)copy + RPMSG_NS_NAME, RPMSG_NAME_LEN - 1));
	a.addr = get_le32(copy + RPMSG_NS_ADDR);
	flags = get_le32(copy + RPMSG_NS_FLAGS);
	if (!ept_is_name(a.name) || a.addr == RPMSG_ADDR_ANY || a.addr == RPMSG_ADDR_NS ||
	    flags > RPMSG_NS_DESTROY)
		return -EINVAL;
	a.what = flags ? RPMSG_NS_DESTROY : RPMSG_NS_CREATE;
	*ret_a = a;
	return 0;
}

void rpmsg_ns_format(const struct rpmsg_announcement *a, uint8_t payload[RPMSG_NS_LEN])
{
	memcpy(payload + RPMSG_NS_NAME, a->name, RPMSG_NAME_LEN);
	put_le32(payload + RPMSG_NS_ADDR, a->addr);
	put_le32(payload + RPMSG_NS_FLAGS, a->what);
}

static void refuse(struct rpmsg_bus *b, const char *why)
{
	b->counts.refused++;
	rpmsg_bus_note(b, "an announcement %s", why);
}

static void create(struct rpmsg_bus *b, const struct rpmsg_announcement *a)
{
	struct rpmsg_endpoint face = { .dst = a->addr };
	struct ept *e;

	if (ept_find(b, a->name, RPMSG_ADDR_ANY, a->addr, false)) {
		refuse(b, "came twice");
		return;
	}
	e = ept_find_free(b);
	if (!e) {
		refuse(b, "finds no room");
		return;
	}
	b->counts.creates++;
	memcpy(face.name, a->name, sizeof(face.name));
	face.src = rpmsg_addresses_free(&b->addresses);
	ept_come(e, &face, false);
}

static void destroy(struct rpmsg_bus *b, const struct rpmsg_announcement *a)
{
	struct ept *e = ept_find(b, a->name, RPMSG_ADDR_ANY, a->addr, false);

	if (!e) {
		refuse(b, "ends what is not there");
		return;
	}
	b->counts.destroys++;
	ept_leave(e, -ECONNRESET);
}

int rpmsg_ns_hear(struct rpmsg_bus *b, const uint8_t *payload, size_t len)
{
	struct rpmsg_announcement a;

	if (b->n_announcements == RPMSG_NS_A_TURN) {
		b->is_holding = b->may_resume = true;
		rpmsg_bus_want_turn(b);
		return RPMSG_FULL;
	}
	b->n_announcements++;
	if (rpmsg_ns_parse(payload, len, &a) < 0)
		refuse(b, "makes no sense");
	else if (a.what == RPMSG_NS_CREATE)
		create(b, &a);
	else
		destroy(b, &a);
	return RPMSG_OK;
}
