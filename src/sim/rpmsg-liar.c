/*
 * The liar sends what no honest side would: "F61 3" is the third case of F61 of
 * the fault catalogue.  F64 is missing: rpmsg has no flow control but the rings,
 * and those lie by the mood of the device.
 *
 * It answers "lied F61 3" once the lie is out, and "what?" to anything else.  A
 * modem or device that has such a fault tells the lie unasked.
 */
#include "sim/rpmsg-remote.h"
#include <stdio.h>

enum { FLOOD_N = 1000, VICTIM = 5000, FIRST_OF_A_HOST = 1024 };

struct lie {
	uint32_t to;		/* who asked */
	struct mouth *m;
	struct remote *r;
};

static void ns(const struct lie *l, const char *name, uint32_t addr, uint32_t flags)
{
	remote_announce(l->m, name, addr, flags);
}

/* An announcement of @len bytes whose header says @says. */
static void ns_as(const struct lie *l, uint32_t len, uint16_t says)
{
	static const uint8_t payload[65000] = "bad-announcement";

	remote_say_as(l->m, RPMSG_ADDR_NS, RPMSG_ADDR_NS, payload, len, says);
}

static void bytes(const struct lie *l, uint32_t len)
{
	static const uint8_t zeros[RPMSG_HEADER_LEN];

	mouth_say(l->m, zeros, len);
}

/* F61: announcements that are none. */
static void bad_announcement(const struct lie *l, unsigned int n)
{
	static const struct { uint16_t len, says; } lengths[] = {
		{ 0, 0 }, { 1, 1 }, { 39, 39 }, { 41, 41 }, { 80, 80 }, { 20, 40 },
		{ 40, 65535 }, { 40, 0 },
	};

	if (n <= ARRAY_SIZE(lengths)) {
		ns_as(l, lengths[n - 1].len, lengths[n - 1].says);
		return;
	}
	switch (n) {
	case 9:
		bytes(l, RPMSG_HEADER_LEN - 1);
		break;
	case 10:
		bytes(l, 1);
		break;
	case 11:
		ns(l, "flags", VICTIM, 2);
		break;
	case 12:
		ns(l, "flags", VICTIM, 0xffffffff);
		break;
	case 13:
		ns(l, "any", RPMSG_ADDR_ANY, RPMSG_NS_CREATE);
		break;
	default:
		ns(l, "ns", RPMSG_ADDR_NS, RPMSG_NS_CREATE);
	}
}

static void flood_names(const struct remote_flood *f, uint32_t i, struct mouth *m)
{
	char name[RPMSG_NAME_LEN];

	(void)f;
	snprintf(name, sizeof(name), "flood-%u", i);
	remote_announce(m, name, VICTIM + i, RPMSG_NS_CREATE);
}

static void flood_addresses(const struct remote_flood *f, uint32_t i, struct mouth *m)
{
	(void)f;
	remote_announce(m, "flood", VICTIM + i, RPMSG_NS_CREATE);
}

static void flood_again(const struct remote_flood *f, uint32_t i, struct mouth *m)
{
	(void)f;
	(void)i;
	remote_announce(m, "flood", VICTIM, RPMSG_NS_CREATE);
}

static void flood_unknown(const struct remote_flood *f, uint32_t i, struct mouth *m)
{
	(void)f;
	remote_announce(m, "flood", VICTIM + i, RPMSG_NS_DESTROY);
}

static void flood_turns(const struct remote_flood *f, uint32_t i, struct mouth *m)
{
	(void)f;
	remote_announce(m, "flood", VICTIM, i & 1 ? RPMSG_NS_DESTROY : RPMSG_NS_CREATE);
}

static void flood_nobody(const struct remote_flood *f, uint32_t i, struct mouth *m)
{
	(void)f;
	remote_say(m, REMOTE_LIAR, 0x80000000 + i, "who?", 4);
}

/* F62: floods. */
static void flood(const struct lie *l, unsigned int n)
{
	static void (*const says[])(const struct remote_flood *f, uint32_t i, struct mouth *m) = {
		flood_names, flood_addresses, flood_again, flood_unknown, flood_turns, flood_nobody,
	};

	l->r->flood = (struct remote_flood){ .say = says[n - 1], .to = l->to, .n = FLOOD_N };
}

/* F63: what belongs to others, or is there already, or not any more. */
static void claim(const struct lie *l, unsigned int n)
{
	static const struct { const char *name; uint32_t addr, flags; } claims[] = {
		{ "nobody", REMOTE_ECHO, RPMSG_NS_DESTROY },
		{ "rpmsg-echo", VICTIM, RPMSG_NS_DESTROY },
		{ "rpmsg-echo", RPMSG_ADDR_ANY, RPMSG_NS_DESTROY },
		{ "rpmsg-echo", REMOTE_ECHO, RPMSG_NS_CREATE },
		{ "rpmsg-echo", VICTIM, RPMSG_NS_CREATE },
		{ "second", REMOTE_ECHO, RPMSG_NS_CREATE },
	};
	const struct remote_peer *host = &l->r->peers[0];

	switch (n) {
	case 7:
		ns(l, host->name, host->addr, RPMSG_NS_DESTROY);
		break;
	case 8:
		ns(l, host->name, REMOTE_PEERS, RPMSG_NS_DESTROY);
		break;
	case 9:
		ns(l, "victim", VICTIM, RPMSG_NS_CREATE);
		ns(l, "victim", VICTIM, RPMSG_NS_DESTROY);
		ns(l, "victim", VICTIM, RPMSG_NS_DESTROY);
		break;
	case 10:
		flood(l, 3);
		break;
	default:
		ns(l, claims[n - 1].name, claims[n - 1].addr, claims[n - 1].flags);
	}
}

/* F65: messages that are longer or shorter than they say. */
static void bad_length(const struct lie *l, unsigned int n)
{
	static const struct { uint16_t len, says; } lengths[] = {
		{ 0, 1 }, { 0, 65535 }, { 1, 2 }, { 1, 65535 }, { 8, 0 }, { 8, 7 }, { 8, 9 },
		{ 100, 496 }, { 100, 65535 },
	};

	static const uint8_t payload[100] = "liar";

	if (n > ARRAY_SIZE(lengths))
		bytes(l, 8);
	else
		remote_say_as(l->m, REMOTE_LIAR, l->to, payload, lengths[n - 1].len,
			      lengths[n - 1].says);
}

/* F66: names. */
static void bad_name(const struct lie *l, unsigned int n)
{
	static const char *const names[] = {
		"", "12345678901234567890123456789012", "../a/b", "two\nlines\x1b[2J",
		"\x80\xff\xc0",
	};

	if (n > ARRAY_SIZE(names))
		ns_as(l, 65000, 65000);
	else
		ns(l, names[n - 1], VICTIM, RPMSG_NS_CREATE);
}

static const struct {
	unsigned int group, n;
	void (*tell)(const struct lie *l, unsigned int n);
} groups[] = {
	{ 61, 14, bad_announcement },
	{ 62, 6, flood },
	{ 63, 10, claim },
	{ 65, 10, bad_length },
	{ 66, 6, bad_name },
};

unsigned int remote_lies(unsigned int group)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(groups); i++)
		if (groups[i].group == group)
			return groups[i].n;
	return 0;
}

static bool tell(const struct lie *l, unsigned int group, unsigned int n)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(groups); i++) {
		if (groups[i].group != group || !n || n > groups[i].n)
			continue;
		groups[i].tell(l, n);
		return true;
	}
	return false;
}

void remote_lie_unasked(struct remote *r, unsigned int group, unsigned int n, struct mouth *m)
{
	struct lie l = { r->last_from ? r->last_from : FIRST_OF_A_HOST, m, r };

	tell(&l, group, n);
}

void remote_lie(struct remote *r, uint32_t from, const uint8_t *text, uint32_t len,
		struct mouth *m)
{
	struct lie l = { from, m, r };
	char command[16] = { 0 }, answer[32];
	unsigned int group, n;
	int answer_len;

	memcpy(command, text, min_u32(len, sizeof(command) - 1));
	if (sscanf(command, "F%2u %2u", &group, &n) == 2 && tell(&l, group, n))
		answer_len = snprintf(answer, sizeof(answer), "lied F%u %u\n", group, n);
	else
		answer_len = snprintf(answer, sizeof(answer), "what?\n");
	remote_say(m, REMOTE_LIAR, from, answer, (uint32_t)answer_len);
}
