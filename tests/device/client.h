/*
 * client - threads and processes that wait inside a call on the mount.
 */
#pragma once
#include "mount.h"
#include <pthread.h>

/* A thread in one read or write. */
struct client {
	pthread_t thread;
	pid_t tid;		/* set by the thread */
	int fd;
	long call;		/* SYS_read or SYS_write */
	uint8_t *bytes;
	size_t len;
	ssize_t result;		/* count, or -errno; after client_join() */
};

/* @bytes is borrowed until the join. */
void client_read(struct client *c, int fd, void *bytes, size_t len);
void client_write(struct client *c, int fd, void *bytes, size_t len);
/* Returns once the call waits in the daemon. */
void client_wait_parked(struct client *c, const struct mount *m);
ssize_t client_join(struct client *c);

/* Starts @fn in a child; what it returns is the exit code. */
pid_t child_start(int (*fn)(void *user), void *user);
void child_wait_parked(pid_t pid, long call, const struct mount *m);
/* Exit code, or -signal. */
int child_join(pid_t pid);

/* Makes a child another user, whose only group is @gid; 0 or -1. */
int become(uid_t uid, gid_t gid);

/* All of it, or the test fails. */
void write_all(int fd, const void *bytes, size_t len);
void read_all(int fd, void *bytes, size_t len);
/* What one call returned: count or -errno. */
ssize_t try_read(int fd, void *bytes, size_t len);
ssize_t try_write(int fd, const void *bytes, size_t len);
/* Writes @len bytes again and again, until no pause makes room; how many went. */
size_t write_until_full(int fd, const void *bytes, size_t len);

/* Does somebody listen at this socket?  Its name exists a moment before. */
bool socket_is_served(const char *path);

/* Makes @signo interrupt calls; @flags as in sigaction(). */
void catch_signal(int signo, int flags);
