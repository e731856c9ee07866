/*
 * notifier - an eventfd that another process holds as well.
 *
 * The other process is not trusted: it can drain it, fill it, and make it
 * blocking, for all of that belongs to the open file that both share.
 */
#pragma once

/* A new one, or -errno. */
int notifier_open(void);

/* Makes one of a descriptor that came from another process: 0, or -errno and it
 * stays as it is.  -EINVAL: a file, a pipe or a device, which may be readable without end. */
int notifier_adopt(int fd);

/* 0: it was signalled; -EAGAIN: not; other -errno: it cannot be read at all. */
int notifier_take(int fd);

/* A full counter is as good as a signal; fine on -1. */
void notifier_signal(int fd);
