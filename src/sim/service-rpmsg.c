#include "sim/rpmsg-remote.h"
#include <stdio.h>
#include <stdlib.h>

enum { FLOOD_MOST = 1000000 };

void remote_say_as(struct mouth *m, uint32_t src, uint32_t dst, const void *payload, uint32_t len,
		   uint16_t says)
{
	uint8_t message[RPMSG_MTU_MOST];

	if (len > sizeof(message) - RPMSG_HEADER_LEN)
		return;
	rpmsg_put_header(message, src, dst, says);
	put_le32(message + RPMSG_RESERVED, 0x00010000 | (src & 0xff));
	if (len)
		memcpy(message + RPMSG_HEADER_LEN, payload, len);
	mouth_say(m, message, RPMSG_HEADER_LEN + len);
}

void remote_announce(struct mouth *m, const char *name, uint32_t addr, uint32_t flags)
{
	uint8_t payload[RPMSG_NS_LEN];

	memset(payload, 0x5a, sizeof(payload));
	memcpy(payload, name, strnlen(name, RPMSG_NAME_LEN));
	if (strlen(name) < RPMSG_NAME_LEN)
		payload[strlen(name)] = '\0';
	put_le32(payload + RPMSG_NS_ADDR, addr);
	put_le32(payload + RPMSG_NS_FLAGS, flags);
	remote_say(m, RPMSG_ADDR_NS, RPMSG_ADDR_NS, payload, sizeof(payload));
}

static void echo(struct remote *r, uint32_t me, uint32_t from, const uint8_t *text, uint32_t len,
		 struct mouth *m)
{
	(void)r;
	remote_say(m, me, from, text, len);
}

/* Linux's rpmsg_client_sample says "hello world!" and counts the answers. */
static void sample(struct remote *r, uint32_t me, uint32_t from, const uint8_t *text,
		   uint32_t len, struct mouth *m)
{
	static const char hello[] = "hello world!";
	bool is_hello = len == 5 && !memcmp(text, hello, 5);

	(void)r;
	remote_say(m, me, from, hello, is_hello ? 5 : sizeof(hello) - 1);
}

static void flood_say(const struct remote_flood *f, uint32_t i, struct mouth *m)
{
	char text[32];
	int len = snprintf(text, sizeof(text), "flood %u of %u\n", i + 1, f->n);

	remote_say(m, REMOTE_FLOOD, f->to, text, (uint32_t)len);
}

static void flood(struct remote *r, uint32_t me, uint32_t from, const uint8_t *text, uint32_t len,
		  struct mouth *m)
{
	char number[12] = { 0 };

	(void)me;
	(void)m;
	memcpy(number, text, min_u32(len, sizeof(number) - 1));
	r->flood = (struct remote_flood){
		.say = flood_say, .to = from,
		.n = min_u32((uint32_t)strtoul(number, NULL, 10), FLOOD_MOST),
	};
}

static void liar(struct remote *r, uint32_t me, uint32_t from, const uint8_t *text, uint32_t len,
		 struct mouth *m)
{
	(void)me;
	remote_lie(r, from, text, len, m);
}

/* In the order of enum remote_addr. */
static const struct {
	const char *name;
	void (*hear)(struct remote *r, uint32_t me, uint32_t from, const uint8_t *text,
		     uint32_t len, struct mouth *m);
} endpoints[] = {
	{ "rpmsg-echo", echo },
	{ "rpmsg-client-sample", sample },
	{ "rpmsg-tty", echo },
	{ "rpmsg-raw", echo },
	{ "rpmsg-flood", flood },
	{ "rpmsg-liar", liar },
};
_Static_assert(ARRAY_SIZE(endpoints) == REMOTE_PEERS - REMOTE_ECHO, "an address each");

static struct remote_peer *peer_find(struct remote *r, const char *name, uint32_t addr)
{
	for (unsigned int i = 0; i < REMOTE_PEERS_MOST; i++) {
		struct remote_peer *p = &r->peers[i];

		if (p->is_there && p->addr == addr && !strcmp(p->name, name))
			return p;
	}
	return NULL;
}

static void peer_come(struct remote *r, const char *name, uint32_t addr, struct mouth *m)
{
	char hello[RPMSG_NAME_LEN + 8];
	unsigned int i = 0;
	int len;

	while (i < REMOTE_PEERS_MOST && r->peers[i].is_there)
		i++;
	if (i == REMOTE_PEERS_MOST || peer_find(r, name, addr))
		return;
	r->peers[i] = (struct remote_peer){ .addr = addr, .is_there = true };
	memcpy(r->peers[i].name, name, RPMSG_NAME_LEN);
	len = snprintf(hello, sizeof(hello), "hello %s", name);
	remote_say(m, REMOTE_PEERS + i, addr, hello, (uint32_t)len);
}

static void hear_announcement(struct remote *r, const uint8_t *payload, uint32_t len,
			      struct mouth *m)
{
	char name[RPMSG_NAME_LEN] = { 0 };
	struct remote_peer *p;
	uint32_t addr;

	if (len != RPMSG_NS_LEN)
		return;
	memcpy(name, payload + RPMSG_NS_NAME, RPMSG_NAME_LEN - 1);
	addr = get_le32(payload + RPMSG_NS_ADDR);
	if (get_le32(payload + RPMSG_NS_FLAGS) == RPMSG_NS_CREATE) {
		peer_come(r, name, addr, m);
		return;
	}
	p = peer_find(r, name, addr);
	if (p)
		p->is_there = false;
}

static void rpmsg_hear(void *state, const uint8_t *data, uint32_t len, struct mouth *m)
{
	const uint8_t *payload = data + RPMSG_HEADER_LEN;
	struct remote *r = state;
	uint32_t src, dst, n;

	if (len < RPMSG_HEADER_LEN || get_le16(data + RPMSG_LEN) > len - RPMSG_HEADER_LEN)
		return;
	src = get_le32(data + RPMSG_SRC);
	dst = get_le32(data + RPMSG_DST);
	n = get_le16(data + RPMSG_LEN);
	r->last_from = src;
	if (dst == RPMSG_ADDR_NS)
		hear_announcement(r, payload, n, m);
	else if (!n)	/* a greeting: now we know the host's address */
		return;
	else if (dst >= REMOTE_ECHO && dst < REMOTE_PEERS)
		endpoints[dst - REMOTE_ECHO].hear(r, dst, src, payload, n, m);
	else if (dst >= REMOTE_PEERS && dst < REMOTE_PEERS + REMOTE_PEERS_MOST &&
		 r->peers[dst - REMOTE_PEERS].is_there)
		echo(r, dst, src, payload, n, m);
}

static uint64_t rpmsg_tick(void *state, uint64_t now_us, struct mouth *m)
{
	struct remote *r = state;
	struct remote_flood *f = &r->flood;

	for (unsigned int i = 0; !r->has_announced && i < ARRAY_SIZE(endpoints); i++)
		remote_announce(m, endpoints[i].name, REMOTE_ECHO + i, RPMSG_NS_CREATE);
	r->has_announced = true;
	if (r->lie_id)
		remote_lie_unasked(r, r->lie_id, r->lie_number + 1, m);
	r->lie_id = 0;
	for (unsigned int i = 0; i < REMOTE_A_TICK && f->n_said < f->n; i++)
		f->say(f, f->n_said++, m);
	return f->n_said < f->n ? now_us : TIME_NEVER;
}

static void rpmsg_lie(void *state, unsigned int id, unsigned int number)
{
	struct remote *r = state;

	r->lie_id = id;
	r->lie_number = number;
}

const struct sim_service sim_service_rpmsg = {
	.life = "rpmsg",
	.state_len = sizeof(struct remote),
	.hear = rpmsg_hear,
	.tick = rpmsg_tick,
	.lie = rpmsg_lie,
};
