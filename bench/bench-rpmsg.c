/*
 * R12: a message through the rpmsg bus, there and back, against the two copies
 * that nobody is spared.  R13: an echo through an endpoint's file against one
 * through a channel's, on the same device.
 */
#include "base/bytes.h"
#include "bench/bench.h"
#include "bench/client.h"
#include "bench/clock.h"
#include "bench/daemon.h"
#include "rpmsg/bus.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum {
	MANY = 256,		/* endpoints that have it open */
	N_SLOTS = 4,		/* of an endpoint, each direction */
	FAR = 4096,		/* addresses of the other side from here on */
	PAYLOAD_MOST = RPMSG_BUFFER_LEN - RPMSG_HEADER_LEN,
	FILE_LEN = 64,		/* bytes of an echo through a file */
};

/* A bus whose other side sends each message back. */
struct bus_rig {
	struct rpmsg_carrier carrier;
	struct rpmsg_bus *bus;
	struct link *link;
	const struct effort *effort;
	uint8_t wire[RPMSG_BUFFER_LEN];	/* what the other side has */
	size_t wire_len;	/* 0: nothing */
	uint64_t n_sent, n_back, n_failed;
	uint32_t len;		/* payload bytes of a message */
	unsigned int n, at;	/* endpoints; the one that speaks next */
	bool is_turn_due;
	struct endpoint {
		struct bus_rig *rig;
		unsigned int chan;
	} endpoints[MANY];
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
	struct endpoint *e = user;

	e->rig->n_failed += status != 0;
	for (unsigned int slot = 0; !status && slot < N_SLOTS; slot++)
		e->rig->link->ops->submit(e->rig->link, e->chan, LINK_DL, slot, 0);
}

static void on_done(void *user, enum link_dir dir, unsigned int slot, int status, uint32_t len)
{
	struct endpoint *e = user;
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
	struct endpoint *e = &r->endpoints[r->n++];

	*e = (struct endpoint){ r, chan };
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

static int bus_rig_init(struct bus_rig *r, const struct effort *e, unsigned int n)
{
	const struct rpmsg_bus_config config = {
		.mtu = RPMSG_BUFFER_LEN, .n_endpoints = n, .n_ul = N_SLOTS, .n_dl = N_SLOTS,
	};

	*r = (struct bus_rig){
		.carrier = { &carrier_ops, RPMSG_BUFFER_LEN, true }, .effort = e,
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

static void bus_rig_fini(struct bus_rig *r)
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

static int take_bus(void *user, struct sample *ret_sample)
{
	struct bus_rig *r = user;
	unsigned int n = r->effort->spins / 4, slot = 0;
	uint64_t back = r->n_back, start = now_ns();

	for (unsigned int i = 0; i < n; i++) {
		if (r->link->ops->submit(r->link, r->endpoints[r->at].chan, LINK_UL, slot,
					 r->len))
			return -EIO;
		reflect(r);
		slot = (slot + 1) % N_SLOTS;
		r->at = (r->at + 1) % r->n;
	}
	*ret_sample = (struct sample){ .value = (double)(now_ns() - start) / n, .n = n };
	return r->n_failed || r->n_back - back != n ? -EPROTO : 0;
}

struct copies {
	uint8_t ours[RPMSG_BUFFER_LEN], wire[RPMSG_BUFFER_LEN];
	size_t len;	/* header included */
	const struct effort *effort;
};

/* Somebody looks at every copy, as far as the compiler knows. */
static void copy(uint8_t *to, const uint8_t *from, size_t len)
{
	memcpy(to, from, len);
	__asm__ volatile("" : : "r"(to) : "memory");
}

static int take_copies(void *user, struct sample *ret_sample)
{
	struct copies *c = user;
	unsigned int n = c->effort->spins;
	uint64_t start = now_ns();

	for (unsigned int i = 0; i < n; i++) {
		copy(c->wire, c->ours, c->len);
		copy(c->ours, c->wire, c->len);
	}
	*ret_sample = (struct sample){ .value = (double)(now_ns() - start) / n, .n = n };
	return 0;
}

static int bus_message(const struct bench *b, struct bus_rig *r, uint32_t len, double limit)
{
	struct copies copies = { .len = RPMSG_HEADER_LEN + len, .effort = b->effort };
	struct outcome o;
	char name[48];
	int ret;

	r->len = len;
	ret = measure_pairs(b->effort, &(struct subject){ take_copies, &copies },
			    &(struct subject){ take_bus, r }, &o);
	if (ret)
		return ret;
	snprintf(name, sizeof name, "R12 rpmsg bus, there and back, %u", len);
	report_row(&(struct row){
		.name = name, .unit = "ns", .floor_name = "two copies", .outcome = &o,
		.size = len, .goal = GOAL_AT_MOST, .limit = limit,
	});
	return 0;
}

static int bus_many(const struct bench *b, struct bus_rig *one, struct bus_rig *many)
{
	struct outcome o;
	int r;

	one->len = many->len = FILE_LEN;
	r = measure_pairs(b->effort, &(struct subject){ take_bus, one },
			  &(struct subject){ take_bus, many }, &o);
	if (!r)
		report_row(&(struct row){
			.name = "R12 rpmsg bus, 256 endpoints in turn", .unit = "ns",
			.floor_name = "one endpoint", .outcome = &o, .size = FILE_LEN,
			.goal = GOAL_AT_MOST, .limit = 1.5,
		});
	return r;
}

static int rpmsg_bus_rows(const struct bench *b)
{
	static struct bus_rig one, many;
	int r = bus_rig_init(&one, b->effort, 1);

	if (!r)
		r = bus_rig_init(&many, b->effort, MANY);
	if (!r)
		r = bus_message(b, &one, FILE_LEN, 8);
	if (!r)
		r = bus_message(b, &one, PAYLOAD_MOST, 10);
	if (!r)
		r = bus_many(b, &one, &many);
	bus_rig_fini(&many);
	bus_rig_fini(&one);
	return r;
}

int bench_rpmsg(const struct bench *b)
{
	return rpmsg_bus_rows(b);
}
