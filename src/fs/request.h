/*
 * request - a call of the kernel that may have to wait.
 *
 * Taken from a free list, handed to whoever can answer (a port, a node, the
 * events) as a struct wait, and answered exactly once.  Only the answer in
 * request.c calls fuse_reply_*() for these kinds, and it unlinks first.
 *
 * An interrupt is only noted in libfuse's callback, which runs with that
 * request's lock held; the answer comes from the loop, later in the same turn.
 */
#pragma once
#include "fs/kernel.h"
#include "io/loop.h"
#include "port/wait.h"

struct file;

enum request_kind {
	REQUEST_OPEN,	/* answered with the file */
	REQUEST_READ,
	REQUEST_WRITE,
	REQUEST_STORE,	/* a write that succeeds as a whole */
	REQUEST_FLUSH,
	REQUEST_IOCTL,
};

struct requests {
	struct loop *loop;	/* borrowed */
	struct list idle;	/* answered; for the next calls */
	struct list live;	/* handed away */
	struct list interrupted;	/* live, and to be ended in this turn */
	struct defer turn;
};

struct request {
	struct wait wait;	/* first of all: what others see */
	struct list node;	/* in one list of requests */
	struct requests *requests;
	fuse_req_t fuse;	/* libfuse's; gone with the answer */
	enum request_kind kind;
	struct file *file;	/* whose call; of REQUEST_OPEN: owned until answered */
	size_t len;		/* of REQUEST_STORE: bytes of the write */
};

void requests_init(struct requests *q, struct loop *l);
/* Nothing is live any more. */
void requests_fini(struct requests *q);

/* Ends every live request with @error, or with what had already gone. */
void requests_end(struct requests *q, int error);

/* The same for the calls on one open file. */
void requests_end_of(struct requests *q, const struct file *f, int error);

/* NULL: no memory, and @fuse was answered with that.  @f: NULL for an OPEN. */
struct request *request_new(struct requests *q, fuse_req_t fuse, enum request_kind kind,
			    struct file *f);

/* To be called once @r was handed away: it is answered, or parked and from
 * now on can be interrupted.  A call that was answered at once never pays for
 * the interrupt. */
void request_settle(struct request *r);
