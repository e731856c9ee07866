/*
 * raw - a mhifs whose session is a socket: the test says what the kernel would,
 * and also what it never would.
 *
 * Requests of the protocol are messages, as on /dev/fuse, so nothing is mounted
 * and the order of everything is the test's.
 */
#pragma once
#include "mount.h"
#include <linux/fuse.h>

enum { RAW_MAX = 300 * 1024, RAW_KEPT = 256 };

/* An answer that nobody has asked for yet. */
struct raw_reply {
	uint64_t unique;
	int error;
	size_t len;
	uint8_t *bytes;		/* heap */
};

struct raw {
	struct mount m;		/* its daemon; nothing is mounted */
	int fd;
	uint64_t unique;	/* of the last request; even, as the kernel's */
	unsigned int n_notes;	/* notifications that came */
	struct raw_reply kept[RAW_KEPT];
	unsigned int n_kept;
	uint8_t *bytes;		/* of the last raw_wait(); RAW_MAX */
	size_t len;
};

/* Starts "mhifs OPTIONS DEVICE" and waits until mhi0 is ready. */
void raw_start(struct raw *r, const char *options, const char *device);
/* By SIGTERM; expects the exit code 0. */
void raw_stop(struct raw *r);

/* Sends a request and returns its unique. */
uint64_t raw_send(struct raw *r, uint32_t opcode, uint64_t node, const void *body, size_t len);
/* Its answer: 0 with r->bytes and r->len, or -errno. */
int raw_wait(struct raw *r, uint64_t unique);
/* Has it been answered?  Asks the daemon something else first, so that it had its
 * turn. */
bool raw_is_answered(struct raw *r, uint64_t unique);
int raw_ask(struct raw *r, uint32_t opcode, uint64_t node, const void *body, size_t len);

uint64_t raw_interrupt(struct raw *r, uint64_t unique);	/* its own unique */

/* The node of "mhi0/NAME"; asserts. */
uint64_t raw_node(struct raw *r, const char *path);
/* Looks up one name: 0 with the node, or -errno. */
int raw_lookup(struct raw *r, uint64_t dir, const char *name, uint64_t *ret_node);
uint64_t raw_send_open(struct raw *r, uint64_t node, uint32_t flags);
/* The handle in an answer to an OPEN. */
uint64_t raw_handle(const struct raw *r);
uint64_t raw_open(struct raw *r, const char *path, uint32_t flags);	/* asserts */
int raw_release(struct raw *r, uint64_t node, uint64_t handle);

uint64_t raw_send_read(struct raw *r, uint64_t node, uint64_t handle, uint32_t len);
uint64_t raw_send_write(struct raw *r, uint64_t node, uint64_t handle, const void *bytes,
			uint32_t len, uint32_t flags);
uint64_t raw_send_flush(struct raw *r, uint64_t node, uint64_t handle);
uint64_t raw_send_poll(struct raw *r, uint64_t node, uint64_t handle);

/* The text of an attribute; good until the next call. */
const char *raw_show(struct raw *r, const char *path);
/* Is there this line in it? */
bool raw_has(struct raw *r, const char *path, const char *line);
