/*
 * floors - what the machine charges before the project does anything.
 *
 * Each floor is the least program that moves the same bytes the same way.
 * They are measured in the run of the figure they stand beside, never taken
 * from another day.
 */
#pragma once
#include "bench/measure.h"
#include "core/layout.h"

/* A second process on the other side of two descriptors. */
struct peer {
	pid_t pid;
	int in, out;	/* ours: read from, write to; may be the same */
};

enum peer_kind {
	PEER_EVENTFD,	/* answers each wake-up with one, from read() */
	PEER_EPOLL,	/* the same, from epoll_wait() */
	PEER_PIPE,	/* echoes bytes */
	PEER_SEQPACKET,
	PEER_PTY,
};

int peer_start(struct peer *p, enum peer_kind kind, enum placement place);
void peer_stop(struct peer *p);	/* safe twice, and on { 0 } */

/* The noise index: a pinned eventfd round trip.  Its peer starts with the
 * first call and ends with the process. */
int wake_noise(const struct effort *e, struct sample *ret_sample);

/* A FUSE file that answers at once and keeps nothing: one thread, libfuse's
 * own loop, the open flags of a channel file. */
struct null_fuse {
	pid_t pid;
	char dir[32];
	char path[64];
};

int null_fuse_start(struct null_fuse *f, enum placement place);
void null_fuse_stop(struct null_fuse *f);	/* safe twice, and on { 0 } */

/* The least ring that is still safe: elements and events in "shared" memory,
 * each event copied once and checked against what was queued. */
enum { MINI_ELEMENTS = 128 };
struct mini_el {
	uint64_t ptr;
	uint32_t len, flags;
};
struct mini_ring {
	struct mini_el *queue, *events;	/* as if shared; owned */
	uint64_t event_rp;		/* as if shared: the device writes */
	uint32_t wp, rp;		/* of queue */
	uint32_t event_at;		/* next event to look at */
	uint32_t device_at, device_event_at;
	uint64_t bell, event_bell;
	uint16_t lent[MINI_ELEMENTS];	/* which buffer lies in an element */
	uint64_t n_done, n_bad;
};

int mini_ring_init(struct mini_ring *m);
void mini_ring_fini(struct mini_ring *m);
/* Host work, then device work, then host work, for @batch transfers. */
void mini_ring_queue(struct mini_ring *m, unsigned int batch);
void mini_ring_device(struct mini_ring *m);
void mini_ring_reap(struct mini_ring *m);

/* memcpy of @size bytes, microseconds each. */
struct copy_floor {
	uint8_t *from, *to;
	size_t size, span;	/* span: bytes walked through; size: stays in cache */
	unsigned int spins;
};
int copy_take(void *user, struct sample *ret_sample);
