/* mountpoint - the directory a mount covers. */
#pragma once
#include <stdbool.h>

/* "/dev/fd/N": a session the parent mounted; its number, else -1. */
int mountpoint_fd(const char *path);

/* Takes away mounts at @path whose daemon died.  0 or -errno. */
int mountpoint_detach_dead(const char *path);
