#include "io/msgsock.h"
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

void msgsock_init(struct msgsock *s, const struct msgsock_format *f, int fd)
{
	*s = (struct msgsock){ .format = f, .fd = fd };
}

void msgsock_fini(struct msgsock *s)
{
	msgsock_next(s);
	text_fini(&s->out);
	free(s->in);
	if (s->fd >= 0)
		close(s->fd);
	*s = (struct msgsock){ .format = s->format, .fd = -1 };
}

const void *msgsock_header(const struct msgsock *s)
{
	return s->in;
}

const void *msgsock_payload(const struct msgsock *s, size_t *ret_len)
{
	*ret_len = s->in_len - s->format->header_len;
	return s->in + s->format->header_len;
}

int msgsock_take_fd(struct msgsock *s, unsigned int i)
{
	int fd;

	if (i >= s->n_fds)
		return -1;
	fd = s->fds[i];
	s->fds[i] = -1;
	return fd;
}

void msgsock_next(struct msgsock *s)
{
	for (unsigned int i = 0; i < s->n_fds; i++)
		if (s->fds[i] >= 0)
			close(s->fds[i]);
	s->n_fds = 0;
	s->in_len = 0;
}

/* -EPROTO when there are more than a message may carry: all are closed. */
static int msgsock_keep_fds(struct msgsock *s, struct msghdr *msg)
{
	int fd, r = msg->msg_flags & MSG_CTRUNC ? -EPROTO : 0;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		size_t n;

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < n; i++) {
			memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(fd));
			if (s->n_fds < MSGSOCK_MAX_FDS) {
				s->fds[s->n_fds++] = fd;
			} else {
				close(fd);
				r = -EPROTO;
			}
		}
	}
	return r;
}

/* Reads up to @until bytes of the message.  MSGSOCK_MESSAGE: they are there. */
static int msgsock_fill(struct msgsock *s, size_t until)
{
	union {
		char bytes[CMSG_SPACE(MSGSOCK_MAX_FDS * sizeof(int))];
		struct cmsghdr align;
	} control;

	while (s->in_len < until) {
		struct iovec iov = { s->in + s->in_len, until - s->in_len };
		struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1,
				      .msg_control = control.bytes,
				      .msg_controllen = sizeof(control) };
		ssize_t n = recvmsg(s->fd, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
		int r;

		if (n < 0)
			return errno == EAGAIN || errno == EINTR ? MSGSOCK_AGAIN : -errno;
		if (!n)
			return MSGSOCK_END;
		s->in_len += (size_t)n;
		r = msgsock_keep_fds(s, &msg);
		if (r < 0)
			return r;
	}
	return MSGSOCK_MESSAGE;
}

static int msgsock_reserve(struct msgsock *s, size_t size)
{
	uint8_t *in;

	if (size <= s->in_size)
		return 0;
	in = realloc(s->in, size);
	if (!in)
		return -ENOMEM;
	s->in = in;
	s->in_size = size;
	return 0;
}

int msgsock_receive(struct msgsock *s)
{
	size_t size;
	int r;

	r = msgsock_reserve(s, 4096);
	if (!r)
		r = msgsock_fill(s, s->format->header_len);
	if (r)
		return r;
	size = s->format->total_len(s->in);
	if (size < s->format->header_len || size > s->format->max_len)
		return -EPROTO;
	r = msgsock_reserve(s, size);
	return r ? r : msgsock_fill(s, size);
}

int msgsock_send(struct msgsock *s, const struct iovec *iov, int n_iov)
{
	for (int i = 0; i < n_iov; i++)
		text_add_len(&s->out, iov[i].iov_base, iov[i].iov_len);
	return text_failed(&s->out) ? -ENOMEM : msgsock_flush(s);
}

int msgsock_flush(struct msgsock *s)
{
	size_t sent = 0;

	while (sent < s->out.len) {
		ssize_t n = send(s->fd, s->out.bytes + sent, s->out.len - sent,
				 MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return -errno;
		if (n < 0)
			break;
		sent += (size_t)n;
	}
	memmove(s->out.bytes, s->out.bytes + sent, s->out.len - sent);
	s->out.len -= sent;
	return 0;
}

bool msgsock_wants_write(const struct msgsock *s)
{
	return s->out.len;
}

static int64_t monotonic_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* 0 when the socket is ready before @deadline_ms. */
static int wait_until(int fd, short events, int64_t deadline_ms)
{
	struct pollfd p = { .fd = fd, .events = events };
	int64_t left = deadline_ms - monotonic_ms();
	int n = poll(&p, 1, left > 0 ? (int)left : 0);

	if (n < 0 && errno != EINTR)
		return -errno;
	if (!n)
		return -ETIMEDOUT;
	return 0;
}

static void put_fds(struct msghdr *msg, const int *fds, unsigned int n_fds)
{
	struct cmsghdr *c;

	msg->msg_controllen = CMSG_SPACE(n_fds * sizeof(int));
	memset(msg->msg_control, 0, msg->msg_controllen);
	c = CMSG_FIRSTHDR(msg);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(n_fds * sizeof(int));
	memcpy(CMSG_DATA(c), fds, n_fds * sizeof(int));
}

/* The first bytes of the message, and the descriptors with them. */
static ssize_t send_first(struct msgsock *s, const struct iovec *iov, int n_iov,
			  const int *fds, unsigned int n_fds)
{
	union {
		char bytes[CMSG_SPACE(MSGSOCK_MAX_FDS * sizeof(int))];
		struct cmsghdr align;
	} control;
	struct msghdr msg = { .msg_iov = (struct iovec *)iov, .msg_iovlen = (size_t)n_iov };
	ssize_t n;

	if (n_fds) {
		msg.msg_control = control.bytes;
		put_fds(&msg, fds, n_fds);
	}
	n = sendmsg(s->fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
	return n < 0 ? -errno : n;
}

/* Queues what of @iov lies behind the first @sent bytes. */
static void queue_rest(struct msgsock *s, const struct iovec *iov, int n_iov, size_t sent)
{
	for (int i = 0; i < n_iov; i++) {
		size_t skip = min_size(sent, iov[i].iov_len);

		if (skip < iov[i].iov_len)
			text_add_len(&s->out, (const char *)iov[i].iov_base + skip,
				     iov[i].iov_len - skip);
		sent -= skip;
	}
}

int msgsock_send_now(struct msgsock *s, const struct iovec *iov, int n_iov,
		     const int *fds, unsigned int n_fds, int timeout_ms)
{
	int64_t deadline_ms = monotonic_ms() + timeout_ms;
	ssize_t sent;
	int r = 0;

	while ((sent = send_first(s, iov, n_iov, fds, n_fds)) < 0) {
		if (sent != -EAGAIN && sent != -EINTR)
			return (int)sent;
		r = wait_until(s->fd, POLLOUT, deadline_ms);
		if (r < 0)
			return r;
	}
	queue_rest(s, iov, n_iov, (size_t)sent);
	if (text_failed(&s->out))
		return -ENOMEM;
	while (!r && s->out.len) {
		r = wait_until(s->fd, POLLOUT, deadline_ms);
		if (!r)
			r = msgsock_flush(s);
	}
	return r;
}

int msgsock_receive_now(struct msgsock *s, int timeout_ms)
{
	int64_t deadline_ms = monotonic_ms() + timeout_ms;
	int r;

	while ((r = msgsock_receive(s)) == MSGSOCK_AGAIN) {
		r = wait_until(s->fd, POLLIN, deadline_ms);
		if (r < 0)
			return r;
	}
	return r;
}
