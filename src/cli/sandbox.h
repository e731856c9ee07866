/*
 * sandbox - what a daemon that serves can no longer do.
 *
 * Whoever takes over the process through a lying device or client finds it
 * without capabilities (but for those a device of the command line needs
 * later), with no way to gain any, unreadable to others, and behind a filter
 * that knows only the system calls of a daemon that serves: no program can be
 * started, nothing mounted, no network reached, no memory made executable.
 *
 * What is still possible is what later life needs: devices that come back,
 * firmware and dumps, sockets of peers that start again, terminals, the log.
 */
#pragma once
#include "cli/mhifs-options.h"

/* After the devices are open and the mount is made, before the device is first
 * listened to.  What the build or the kernel has not is said in the log, and
 * the rest of it holds. */
void sandbox_enter(const struct options *o);

/* The one right that is kept for the end: to take the mount away. */
void sandbox_before_unmount(void);
