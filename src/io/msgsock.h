/*
 * msgsock - whole messages, with descriptors, over a socket that never blocks.
 *
 * Bytes and descriptors come in any pieces; a message is handed on when it is
 * complete, with the descriptors that came with it.  What a message looks like
 * (vfio-user, vhost-user) is said by a msgsock_format.
 */
#pragma once
#include "base/text.h"
#include <sys/uio.h>

enum { MSGSOCK_MAX_FDS = 16 };

struct msgsock_format {
	size_t header_len;
	size_t max_len;		/* of a whole message */
	/* Length of the whole message, from its header. */
	size_t (*total_len)(const void *header);
};

struct msgsock {
	const struct msgsock_format *format;	/* borrowed */
	int fd;			/* owned */
	uint8_t *in;		/* the message under construction */
	size_t in_len, in_size;
	int fds[MSGSOCK_MAX_FDS];	/* came with it; owned until taken */
	unsigned int n_fds;
	struct text out;	/* bytes the socket did not take yet */
};

void msgsock_init(struct msgsock *s, const struct msgsock_format *f, int fd);
void msgsock_fini(struct msgsock *s);	/* closes everything; safe twice */

/* Outcome of msgsock_receive(): a message lies in @in; not yet; the peer ended.
 * -EPROTO: a size or a descriptor count that no message has; -errno. */
enum { MSGSOCK_MESSAGE, MSGSOCK_AGAIN, MSGSOCK_END };
int msgsock_receive(struct msgsock *s);
const void *msgsock_header(const struct msgsock *s);
const void *msgsock_payload(const struct msgsock *s, size_t *ret_len);
/* The i-th descriptor, the caller's now; -1 when there is none. */
int msgsock_take_fd(struct msgsock *s, unsigned int i);
/* Forgets the message and closes the descriptors nobody took. */
void msgsock_next(struct msgsock *s);

/* Queues and sends what the socket takes.  0 or -errno. */
int msgsock_send(struct msgsock *s, const struct iovec *iov, int n_iov);
int msgsock_flush(struct msgsock *s);
/* Sends one message with descriptors (borrowed), waiting at most @timeout_ms;
 * nothing may be queued.  0, -ETIMEDOUT or -errno. */
int msgsock_send_now(struct msgsock *s, const struct iovec *iov, int n_iov,
		     const int *fds, unsigned int n_fds, int timeout_ms);
/* Waits at most @timeout_ms for a message: as msgsock_receive(), and
 * -ETIMEDOUT instead of MSGSOCK_AGAIN. */
int msgsock_receive_now(struct msgsock *s, int timeout_ms);
bool msgsock_wants_write(const struct msgsock *s);
