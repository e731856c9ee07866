/* mountpoint - the directory a mount covers. */
#pragma once
#include "base/text.h"

/* "/dev/fd/N": a session the parent mounted; its number, else -1. */
int mountpoint_fd(const char *path);

/* Nobody else of us mounts here as long as @ret_fd is open (-1: no right to read it,
 * so nothing was locked).  Looks once more whether it is a place to mount on: of
 * several that start together only one finds it free.  0, or -errno and a sentence. */
int mountpoint_hold(const char *path, int *ret_fd, struct text *ret_why);

/* Takes away mounts at @path whose daemon died.  0 or -errno. */
int mountpoint_detach_dead(const char *path);
