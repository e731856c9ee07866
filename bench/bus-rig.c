#include "bench/bus-rig.h"
#include "bench/clock.h"
#include <errno.h>
#include <stdio.h>

enum {
	N_SLOTS = 4,		/* of an endpoint, each direction */
	FAR = 4096,		/* addresses of the other side from here on */
};

static int carrier_send(struct rpmsg_carrier *c, const uint8_t *header, const void *payload,
			size_t len)
{
	struct bus_rig *r = container_of(c, struct bus_rig, carrier);

	if (r->wire_len)
		return RPMSG_FULL;
	memcpy(r->wire, header, RPMSG_HEADER_LEN);
	memcpy(r->wire + RPMSG_HEADER_LEN, payload, len);
	r->wire_len = RPMSG_HEADER_LEN + len;
	r->n_sent++;
	return RPMSG_OK;
}

static uint64_t carrier_taken(const struct rpmsg_carrier *c)
{
	return container_of(c, struct bus_rig, carrier)->n_sent;
}

/* The bus is never full: one message is under way. */
static void carrier_resume(struct rpmsg_carrier *c)
{
	container_of(c, struct bus_rig, carrier)->n_failed++;
}

static const struct rpmsg_carrier_ops carrier_ops = {
	.send = carrier_send, .taken = carrier_taken, .resume = carrier_resume,
};

static void on_opened(void *user, int status)
{
	struct bus_endpoint *e = user;

	e->rig->n_failed += status != 0;
	for (unsigned int slot = 0; !status && slot < N_SLOTS; slot++)
		e->rig->link->ops->submit(e->rig->link, e->chan, LINK_DL, slot, 0);
}

static void on_done(void *user, enum link_dir dir, unsigned int slot, int status, uint32_t len)
{
	struct bus_endpoint *e = user;
	struct bus_rig *r = e->rig;

	if (status || dir == LINK_UL)
		return;
	r->n_back += len == r->len;
	r->link->ops->submit(r->link, e->chan, LINK_DL, slot, 0);
}

static void on_closed(void *user, int why)
{
	(void)user;
	(void)why;
}

static const struct link_user_ops endpoint_ops = {
	.opened = on_opened, .done = on_done, .closed = on_closed,
};

static void on_came(void *user, unsigned int chan)
{
	struct bus_rig *r = user;
	struct bus_endpoint *e = &r->endpoints[r->n++];

	*e = (struct bus_endpoint){ r, chan };
	if (r->link->ops->open(r->link, chan, &endpoint_ops, e))
		r->n_failed++;
}

static void on_left(void *user, unsigned int chan)
{
	(void)user;
	(void)chan;
}

static void on_noted(void *user, const char *sentence)
{
	(void)user;
	fprintf(stderr, "mhi-bench: %s\n", sentence);
}

static void on_wants_turn(void *user)
{
	struct bus_rig *r = user;

	r->is_turn_due = true;
}

static const struct rpmsg_bus_ops bus_ops = {
	.came = on_came, .left = on_left, .noted = on_noted, .wants_turn = on_wants_turn,
};

static void settle(struct bus_rig *r)
{
	while (r->is_turn_due) {
		r->is_turn_due = false;
		rpmsg_bus_turn(r->bus);
	}
}

static void announce(struct bus_rig *r, unsigned int i)
{
	uint8_t message[RPMSG_HEADER_LEN + RPMSG_NS_LEN] = { 0 };
	uint8_t *payload = message + RPMSG_HEADER_LEN;

	rpmsg_put_header(message, FAR + i, RPMSG_ADDR_NS, RPMSG_NS_LEN);
	snprintf((char *)payload + RPMSG_NS_NAME, RPMSG_NAME_LEN, "echo%u", i);
	put_le32(payload + RPMSG_NS_ADDR, FAR + i);
	put_le32(payload + RPMSG_NS_FLAGS, RPMSG_NS_CREATE);
	rpmsg_bus_receive(r->bus, message, sizeof message);
	settle(r);
}

int bus_rig_init(struct bus_rig *r, unsigned int n)
{
	const struct rpmsg_bus_config config = {
		.mtu = RPMSG_BUFFER_LEN, .n_endpoints = n, .n_ul = N_SLOTS, .n_dl = N_SLOTS,
	};

	*r = (struct bus_rig){
		.carrier = { &carrier_ops, RPMSG_BUFFER_LEN, true },
		.bus = rpmsg_bus_new(&config, &bus_ops, r),
	};
	if (!r->bus)
		return -ENOMEM;
	r->link = rpmsg_bus_link(r->bus);
	rpmsg_bus_up(r->bus, &r->carrier);
	rpmsg_bus_room(r->bus);
	settle(r);
	for (unsigned int i = 0; i < n; i++)
		announce(r, i);
	return r->n == n && !r->n_failed ? 0 : -EPROTO;
}

void bus_rig_fini(struct bus_rig *r)
{
	rpmsg_bus_free(r->bus);
	r->bus = NULL;
}

/* The other side's part: the message goes back where it came from. */
static void reflect(struct bus_rig *r)
{
	uint32_t src = get_le32(r->wire + RPMSG_SRC), dst = get_le32(r->wire + RPMSG_DST);
	size_t len = r->wire_len;

	put_le32(r->wire + RPMSG_SRC, dst);
	put_le32(r->wire + RPMSG_DST, src);
	r->wire_len = 0;
	rpmsg_bus_room(r->bus);
	rpmsg_bus_receive(r->bus, r->wire, len);
	settle(r);
}

int bus_rig_time(struct bus_rig *r, unsigned int n, struct sample *ret_sample)
{
	uint64_t back = r->n_back, start = now_ns();

	for (unsigned int i = 0; i < n; i++) {
		if (r->link->ops->submit(r->link, r->endpoints[r->at].chan, LINK_UL, r->slot,
					 r->len))
			return -EIO;
		reflect(r);
		r->slot = (r->slot + 1) % N_SLOTS;
		r->at = (r->at + 1) % r->n;
	}
	*ret_sample = (struct sample){ .value = (double)(now_ns() - start) / n, .n = n };
	return r->n_failed || r->n_back - back != n ? -EPROTO : 0;
}
