/*
 * wait - a call of a client that may have to wait: parked somewhere, then
 * answered exactly once, by data, interrupt, time, reset or unplug.
 *
 * The filesystem embeds it in its request and implements the answer; whoever
 * cannot answer at once parks it.
 */
#pragma once
#include "base/list.h"
#include <sys/types.h>
#include <sys/uio.h>

struct wait;

struct wait_ops {
	/* Ends the call; @w may not be touched afterwards.  @result: -errno, or
	 * the count of bytes.  @iov holds the bytes of a read, borrowed for the
	 * call.  Returns 0, or -errno when the caller is gone: undo what it was
	 * given. */
	int (*answer)(struct wait *w, ssize_t result, const struct iovec *iov, int n_iov);
};

struct wait {
	struct list node;	/* in the queue it is parked in */
	const struct wait_ops *ops;
	/* Set while parked, NULL otherwise.  Takes @w out of its queue without
	 * an answer and undoes its claim; returns what to answer when the call
	 * was interrupted: -EINTR, or the count of bytes that already went. */
	ssize_t (*withdraw)(struct wait *w);
	void *owner;		/* of withdraw; borrowed */
	size_t len;		/* of whoever parked it; a read: the most it takes */
};

static inline void wait_init(struct wait *w, const struct wait_ops *ops)
{
	list_init(&w->node);
	w->ops = ops;
	w->withdraw = NULL;
	w->owner = NULL;
	w->len = 0;
}

static inline void wait_park(struct wait *w, struct list *queue,
			     ssize_t (*withdraw)(struct wait *w), void *owner)
{
	list_append(queue, &w->node);
	w->withdraw = withdraw;
	w->owner = owner;
}

static inline bool wait_is_parked(const struct wait *w)
{
	return w->withdraw != NULL;
}

/* The one way out: unlinks first, then answers. */
static inline int wait_answer(struct wait *w, ssize_t result,
			      const struct iovec *iov, int n_iov)
{
	list_remove(&w->node);
	w->withdraw = NULL;
	return w->ops->answer(w, result, iov, n_iov);
}

/* The caller was interrupted: ends the call, at once. */
static inline void wait_interrupt(struct wait *w)
{
	if (wait_is_parked(w))
		wait_answer(w, w->withdraw(w), NULL, 0);
}
