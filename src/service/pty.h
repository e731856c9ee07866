/*
 * pty - a pseudo-terminal under a lasting name: raw, and told when somebody
 * opens it.
 *
 * We hold the other end open ourselves, so that a terminal nobody uses is quiet
 * instead of hung up; who comes and goes is counted by the kernel's news of the
 * node.
 */
#pragma once
#include "base/bytes.h"
#include <sys/types.h>

struct pty {
	int master;	/* ours to read and write, non-blocking; -1: none */
	int slave;	/* held open */
	int news;	/* readable: somebody opened or closed it */
	unsigned int n_users;
	bool was_opened;	/* since somebody cleared it; he may have left */
	const char *path;	/* of the link that leads to it; borrowed */
};

/* @path: absolute; a link there is replaced, anything else is -EEXIST.  0 or
 * -errno: nothing is left behind. */
int pty_open(struct pty *p, const char *path, mode_t mode, uid_t uid, gid_t gid);
/* Hangs up on everybody and removes the link; safe twice. */
void pty_close(struct pty *p);

/* Takes the news: n_users is as of now. */
void pty_count_users(struct pty *p);
