/*
 * rpmsg-remote - the other side of an rpmsg bus: what it has, and how it talks.
 *
 * service-rpmsg.c has the honest endpoints, rpmsg-liar.c the one that sends what
 * it was told to.  It has the habits of OpenAMP: addresses from 1024 up, notes of
 * its own in the reserved word of a header, garbage behind the NUL of a name.
 *
 * Source: OpenAMP lib/rpmsg/rpmsg_virtio.c.
 */
#pragma once
#include "rpmsg/layout.h"
#include "sim/service.h"

enum remote_addr {
	REMOTE_ECHO = 1024,	/* "rpmsg-echo": says what it hears */
	REMOTE_SAMPLE,		/* "rpmsg-client-sample": "hello" to hello, else "hello world!" */
	REMOTE_TTY,		/* "rpmsg-tty": as echo */
	REMOTE_RAW,		/* "rpmsg-raw": as echo */
	REMOTE_FLOOD,		/* "rpmsg-flood": told a number, it says so many */
	REMOTE_LIAR,		/* "rpmsg-liar": told "F61 3", sends that */
	REMOTE_PEERS,		/* and up: what answers the host's own endpoints */
};
enum { REMOTE_PEERS_MOST = 16, REMOTE_A_TICK = 16 };

/* An endpoint of the host, as it announced it.  It gets "hello NAME" from the
 * address that answers it, and whatever it sends there. */
struct remote_peer {
	char name[RPMSG_NAME_LEN];
	uint32_t addr;
	bool is_there;
};

/* Many messages, some each tick. */
struct remote_flood {
	void (*say)(const struct remote_flood *f, uint32_t i, struct mouth *m);
	uint32_t to;		/* who asked */
	uint32_t n, n_said;
};

struct remote {
	bool has_announced;
	struct remote_peer peers[REMOTE_PEERS_MOST];
	struct remote_flood flood;
	uint32_t last_from;	/* who spoke last; 0: nobody yet */
	unsigned int lie_id, lie_number;	/* to be told unasked; 0: none */
};

/* One message; @says: its length as the header has it. */
void remote_say_as(struct mouth *m, uint32_t src, uint32_t dst, const void *payload, uint32_t len,
		   uint16_t says);
static inline void remote_say(struct mouth *m, uint32_t src, uint32_t dst, const void *payload,
			      uint32_t len)
{
	remote_say_as(m, src, dst, payload, len, (uint16_t)len);
}

/* @name: as many of its bytes as fit, and a NUL if that fits, too. */
void remote_announce(struct mouth *m, const char *name, uint32_t addr, uint32_t flags);

/* rpmsg-liar.c */
void remote_lie(struct remote *r, uint32_t from, const uint8_t *text, uint32_t len,
		struct mouth *m);
/* Unasked; to who spoke last. */
void remote_lie_unasked(struct remote *r, unsigned int group, unsigned int n, struct mouth *m);
/* Cases of F61 and so on; 0: there is no such group.  For tests. */
unsigned int remote_lies(unsigned int group);
