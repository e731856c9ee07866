/*
 * peer - who is attached to a socket that has a path: one at a time, the next
 * waits in the backlog.  Messages come one by one; who does not read its
 * answers is not asked for more questions.
 */
#pragma once
#include "io/loop.h"
#include "io/msgsock.h"

struct peer_ops {
	const char *noun;	/* for the log: "client" */
	const struct msgsock_format *format;
	/* One message of peer.sock.  0, or -errno: the connection cannot go on. */
	int (*message)(void *user);
	/* It left, at whatever byte: what it shared is to go. */
	void (*left)(void *user);
};

struct peer {
	struct msgsock sock;	/* fd -1: nobody is attached */
	/* Private. */
	const struct peer_ops *ops;
	void *user;
	struct loop *loop;
	char *path;
	int listen_fd;
	struct loop_fd *listen_watch, *watch;
	struct timer again;	/* listens again: there were no descriptors, or no memory */
	unsigned int n_attached;
};

/* Before anything that may fail; then peer_close() is safe. */
void peer_init(struct peer *p, struct loop *l, const struct peer_ops *ops, void *user);
/* 0 or -errno with one sentence in @ret_why (caller's), as unixsock_listen(). */
int peer_listen(struct peer *p, const char *path, struct text *ret_why);
/* Ends the connection, if there is one; the next may come. */
void peer_hang_up(struct peer *p);
void peer_close(struct peer *p);	/* hangs up and removes the socket; safe twice */
