#include "serve/peer.h"
#include "io/log.h"
#include "io/unixsock.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MESSAGES_A_TURN = 16, LISTEN_AGAIN_US = 1000000 };

static void on_connect(void *user, int what);

/* Without descriptors or memory the socket would stay readable and the loop
 * would spin: it rests for a while. */
static void rest(struct peer *p, int error)
{
	log_warn("sim", "no %s can attach now: %s", p->ops->noun, strerror(error));
	loop_unwatch(p->listen_watch);
	p->listen_watch = NULL;
	timer_start(loop_timers(p->loop), &p->again, LISTEN_AGAIN_US);
}

static void listen_again(void *user)
{
	struct peer *p = user;

	p->listen_watch = loop_watch(p->loop, p->listen_fd, LOOP_READ, on_connect, p);
	if (!p->listen_watch)
		rest(p, ENOMEM);
}

static void leave(struct peer *p)
{
	loop_unwatch(p->watch);
	p->watch = NULL;
	msgsock_fini(&p->sock);
	p->ops->left(p->user);
}

void peer_hang_up(struct peer *p)
{
	if (p->sock.fd < 0)
		return;
	leave(p);
	listen_again(p);
}

static int serve(struct peer *p)
{
	int r = 0;

	for (int i = 0; !r && i < MESSAGES_A_TURN && !msgsock_wants_write(&p->sock); i++) {
		r = msgsock_receive(&p->sock);
		if (r == MSGSOCK_AGAIN)
			return 0;
		if (r == MSGSOCK_END)
			return -ENOTCONN;
		if (!r)
			r = p->ops->message(p->user);
		msgsock_next(&p->sock);
	}
	return r;
}

static void watch(struct peer *p);

static void on_peer(void *user, int what)
{
	struct peer *p = user;
	bool was_waiting = msgsock_wants_write(&p->sock);
	int r = what & LOOP_WRITE ? msgsock_flush(&p->sock) : 0;

	if (!r)
		r = serve(p);
	if (r < 0) {
		log_info("sim", "%s left%s%s", p->ops->noun, r == -ENOTCONN ? "" : ": ",
			 r == -ENOTCONN ? "" : strerror(-r));
		peer_hang_up(p);
	} else if (was_waiting != msgsock_wants_write(&p->sock)) {
		watch(p);
	}
}

static void watch(struct peer *p)
{
	loop_unwatch(p->watch);
	p->watch = loop_watch(p->loop, p->sock.fd,
			      msgsock_wants_write(&p->sock) ? LOOP_WRITE : LOOP_READ, on_peer, p);
	if (!p->watch)
		peer_hang_up(p);
}

static void on_connect(void *user, int what)
{
	struct peer *p = user;
	int fd;

	(void)what;
	fd = accept4(p->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0) {
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
			rest(p, errno);
		return;
	}
	loop_unwatch(p->listen_watch);
	p->listen_watch = NULL;
	msgsock_init(&p->sock, p->ops->format, fd);
	p->n_attached++;
	log_info("sim", "%s %u attached", p->ops->noun, p->n_attached);
	watch(p);
}

void peer_init(struct peer *p, struct loop *l, const struct peer_ops *ops, void *user)
{
	*p = (struct peer){ .ops = ops, .user = user, .loop = l, .listen_fd = -1 };
	p->sock.fd = -1;
	timer_init(&p->again, listen_again, p);
}

int peer_listen(struct peer *p, const char *path, struct text *ret_why)
{
	int r;

	p->path = strdup(path);
	if (!p->path)
		return -ENOMEM;
	r = p->listen_fd = unixsock_listen(path, ret_why);
	if (r < 0)
		return r;
	p->listen_watch = loop_watch(p->loop, p->listen_fd, LOOP_READ, on_connect, p);
	return p->listen_watch ? 0 : -ENOMEM;
}

void peer_close(struct peer *p)
{
	if (p->sock.fd >= 0)
		leave(p);
	timer_stop(&p->again);
	loop_unwatch(p->listen_watch);
	p->listen_watch = NULL;
	if (p->listen_fd >= 0) {
		close(p->listen_fd);
		unlink(p->path);
	}
	p->listen_fd = -1;
	free(p->path);
	p->path = NULL;
}
