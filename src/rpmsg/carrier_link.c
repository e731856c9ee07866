#include "rpmsg/carrier_link.h"
#include <errno.h>
#include <stdlib.h>

enum { NO_SLOT = UINT16_MAX };

enum carrier_state { STOPPED, OPENING, RUNNING, STOPPING };

/* A slot in a list: a free uplink one, or a downlink one with a message. */
struct carrier_slot {
	uint32_t len;	/* uplink: what is not zero in it; downlink: of the message */
	uint16_t next;
};

struct carrier_link {
	struct rpmsg_carrier carrier;
	struct link *link;
	unsigned int chan;
	struct rpmsg_bus *bus;
	const struct carrier_link_ops *ops;
	void *user;
	enum carrier_state state;
	uint64_t n_taken;
	struct carrier_slot *slots[2];	/* by enum link_dir; owned */
	uint16_t free;		/* first free uplink slot */
	uint16_t first, last;	/* messages the bus has not taken yet */
	bool is_midway;		/* a message too long for its slot goes on */
	bool is_handing;	/* messages to the bus */
};

static struct carrier_link *carrier_link(struct rpmsg_carrier *c)
{
	return container_of(c, struct carrier_link, carrier);
}

static const struct link_slots *slots_of(const struct carrier_link *c, enum link_dir dir)
{
	return &c->link->chans[c->chan].slots[dir];
}

static uint8_t *bytes_of(const struct carrier_link *c, enum link_dir dir, unsigned int slot)
{
	return link_slot(c->link, c->chan, dir, slot);
}

size_t carrier_link_mtu(const struct link *l, unsigned int chan)
{
	const struct link_slots *s = l->chans[chan].slots;
	size_t mtu = min_u32(s[LINK_UL].size, RPMSG_MTU_MOST);

	if (!s[LINK_UL].n || !s[LINK_DL].n || mtu < RPMSG_MTU_LEAST)
		return 0;
	return mtu;
}

/* Clears what an earlier, longer message left behind the new one. */
static void fill(struct carrier_link *c, unsigned int slot, const uint8_t *header,
		 const void *payload, size_t len)
{
	uint8_t *bytes = bytes_of(c, LINK_UL, slot);
	struct carrier_slot *s = &c->slots[LINK_UL][slot];
	uint32_t total = (uint32_t)(RPMSG_HEADER_LEN + len);

	memcpy(bytes, header, RPMSG_HEADER_LEN);
	if (len)
		memcpy(bytes + RPMSG_HEADER_LEN, payload, len);
	if (s->len > total)
		memset(bytes + total, 0, s->len - total);
	s->len = total;
}

static void put_free(struct carrier_link *c, uint16_t slot)
{
	c->slots[LINK_UL][slot].next = c->free;
	c->free = slot;
}

static int carrier_send(struct rpmsg_carrier *carrier, const uint8_t *header,
			const void *payload, size_t len)
{
	struct carrier_link *c = carrier_link(carrier);
	uint16_t slot = c->free;

	if (c->state != RUNNING || slot == NO_SLOT)
		return RPMSG_FULL;
	c->free = c->slots[LINK_UL][slot].next;
	fill(c, slot, header, payload, len);
	if (!c->link->ops->submit(c->link, c->chan, LINK_UL, slot,
				  (uint32_t)(RPMSG_HEADER_LEN + len)))
		return RPMSG_OK;
	if (c->state == RUNNING)
		put_free(c, slot);
	return RPMSG_FULL;
}

static uint64_t carrier_taken(const struct rpmsg_carrier *carrier)
{
	return container_of(carrier, const struct carrier_link, carrier)->n_taken;
}

static void lend(struct carrier_link *c, unsigned int slot)
{
	if (c->state == RUNNING)
		c->link->ops->submit(c->link, c->chan, LINK_DL, slot, 0);
}

/* A slot goes back cleared: nobody sees what an earlier message left in it. */
static void consume(struct carrier_link *c, uint16_t slot)
{
	memset(bytes_of(c, LINK_DL, slot), 0, c->slots[LINK_DL][slot].len);
	lend(c, slot);
}

/* What completes inside submit joins the end of the list. */
static void hand_over(struct carrier_link *c)
{
	if (c->is_handing)
		return;
	c->is_handing = true;
	while (c->state == RUNNING && c->first != NO_SLOT) {
		uint16_t slot = c->first;

		if (rpmsg_bus_receive(c->bus, bytes_of(c, LINK_DL, slot),
				      c->slots[LINK_DL][slot].len) == RPMSG_FULL)
			break;
		if (c->state != RUNNING)
			break;
		c->first = c->slots[LINK_DL][slot].next;
		if (c->first == NO_SLOT)
			c->last = NO_SLOT;
		consume(c, slot);
	}
	c->is_handing = false;
}

static void carrier_resume(struct rpmsg_carrier *carrier)
{
	hand_over(carrier_link(carrier));
}

static const struct rpmsg_carrier_ops carrier_ops = {
	.send = carrier_send,
	.taken = carrier_taken,
	.resume = carrier_resume,
};

static void keep(struct carrier_link *c, uint16_t slot)
{
	c->slots[LINK_DL][slot].next = NO_SLOT;
	if (c->first == NO_SLOT)
		c->first = slot;
	else
		c->slots[LINK_DL][c->last].next = slot;
	c->last = slot;
}

static bool is_departure(int status)
{
	return status == -ECANCELED || status == -ECONNRESET || status == -ENODEV ||
	       status == -ENOTCONN;
}

static void downlink_done(struct carrier_link *c, uint16_t slot, int status, uint32_t len)
{
	bool is_piece = c->is_midway || status == LINK_MORE;

	if (is_departure(status))
		return;
	c->slots[LINK_DL][slot].len = status < 0 ? 0 : len;
	c->is_midway = status == LINK_MORE;
	if (c->state == RUNNING && status == 0 && !is_piece) {
		keep(c, slot);
		hand_over(c);
		return;
	}
	if (c->state == RUNNING && status != LINK_MORE)
		rpmsg_bus_spoilt(c->bus, status ? "a message did not come through" :
						  "a message is longer than a slot");
	consume(c, slot);
}

/* What failed alone is lost, and will not be waited for. */
static void uplink_done(struct carrier_link *c, uint16_t slot, int status)
{
	put_free(c, slot);
	if (c->state != RUNNING || is_departure(status))
		return;
	c->n_taken++;
	if (status < 0)
		rpmsg_bus_spoilt(c->bus, "a message did not get through");
	rpmsg_bus_room(c->bus);
}

static void on_done(void *user, enum link_dir dir, unsigned int slot, int status, uint32_t len)
{
	struct carrier_link *c = user;

	if (dir == LINK_UL)
		uplink_done(c, (uint16_t)slot, status);
	else
		downlink_done(c, (uint16_t)slot, status, len);
}

/* Messages the bus never took go with the channel. */
static void end(struct carrier_link *c, int why)
{
	for (uint16_t s = c->first; s != NO_SLOT; s = c->slots[LINK_DL][s].next)
		memset(bytes_of(c, LINK_DL, s), 0, c->slots[LINK_DL][s].len);
	c->first = c->last = NO_SLOT;
	c->state = STOPPED;
	if (why)
		rpmsg_bus_down(c->bus, why == -ENODEV ? -ENODEV : -ECONNRESET);
	c->ops->stopped(c->user, why);
}

static void on_opened(void *user, int status)
{
	struct carrier_link *c = user;

	if (status < 0) {
		end(c, status);
		return;
	}
	if (c->state != OPENING)
		return;
	c->state = RUNNING;
	for (unsigned int s = 0; s < slots_of(c, LINK_DL)->n; s++)
		lend(c, s);
	if (c->state == RUNNING)
		rpmsg_bus_room(c->bus);
}

static void on_closed(void *user, int why)
{
	end(user, why);
}

static const struct link_user_ops user_ops = {
	.opened = on_opened,
	.done = on_done,
	.closed = on_closed,
};

struct carrier_link *carrier_link_new(struct link *l, unsigned int chan, struct rpmsg_bus *b,
				      const struct carrier_link_ops *ops, void *user)
{
	struct carrier_link *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	*c = (struct carrier_link){
		.carrier = { &carrier_ops, carrier_link_mtu(l, chan), true },
		.link = l, .chan = chan, .bus = b, .ops = ops, .user = user,
		.free = NO_SLOT, .first = NO_SLOT, .last = NO_SLOT,
	};
	for (int dir = LINK_UL; dir <= LINK_DL; dir++) {
		c->slots[dir] = calloc(slots_of(c, (enum link_dir)dir)->n, sizeof(**c->slots));
		if (!c->slots[dir]) {
			carrier_link_free(c);
			return NULL;
		}
	}
	return c;
}

void carrier_link_free(struct carrier_link *c)
{
	if (!c)
		return;
	free(c->slots[LINK_UL]);
	free(c->slots[LINK_DL]);
	free(c);
}

int carrier_link_start(struct carrier_link *c)
{
	int r;

	if (c->state != STOPPED)
		return -EBUSY;
	c->free = NO_SLOT;
	for (unsigned int s = slots_of(c, LINK_UL)->n; s-- > 0;)
		put_free(c, (uint16_t)s);
	c->n_taken = 0;
	c->is_midway = false;
	c->state = OPENING;
	rpmsg_bus_up(c->bus, &c->carrier);
	r = c->link->ops->open(c->link, c->chan, &user_ops, c);
	if (r < 0) {
		c->state = STOPPED;
		rpmsg_bus_down(c->bus, -ENODEV);
	}
	return r;
}

void carrier_link_stop(struct carrier_link *c, int why)
{
	if (c->state != OPENING && c->state != RUNNING)
		return;
	c->state = STOPPING;
	rpmsg_bus_down(c->bus, why);
	c->link->ops->close(c->link, c->chan);
}
