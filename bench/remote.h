/*
 * remote - mhi-sim as an rpmsg remote in a process of its own, behind a socket
 * of vhost-user.
 */
#pragma once
#include "bench/bench.h"

struct remote {
	char dir[40], path[48];	/* ours, and the socket in it */
	pid_t pid;
};

/* The mhi-sim beside mhifs; returns when it listens.  0 or -errno. */
int remote_start(struct remote *r, const struct bench *b, enum placement place);
void remote_stop(struct remote *r);	/* safe twice, and on { 0 } */
