/*
 * daemon - mhifs with simulated modems, started for a measurement.
 *
 * One profile, "bench", holds what the sub-commands need: a sink and a source
 * for each message size, an echo whose last close stops it at once, and enough
 * quiet channels to open by the dozen.
 */
#pragma once
#include "bench/bench.h"

enum {
	DAEMON_CROWD = 50,	/* channels C0.. of a device: echoes */
	DAEMON_MOST_DEVICES = 32,
};

struct daemon {
	pid_t pid;
	char dir[40];		/* of ours; the mount point is "mnt" below it */
};

/* What a device is: the profile above, or what a user gets. */
#define DAEMON_BENCH "loopback:bench"
#define DAEMON_DEFAULT "loopback"

/* Returns when all devices are ready.  0 or -errno; stop is due after 0. */
int daemon_start(struct daemon *d, const struct bench *b, const char *spec,
		 unsigned int n_devices, enum placement place);
void daemon_stop(struct daemon *d);	/* safe twice, and on { 0 } */

/* Opens a channel file of device @device: a descriptor or -errno. */
int daemon_open(const struct daemon *d, unsigned int device, const char *channel, int flags);
/* The directory of a device, for openat(). */
int daemon_open_dir(const struct daemon *d, unsigned int device);
