/* kernel - libfuse's low level, and the bare protocol where it lacks a word. */
#pragma once
#define FUSE_USE_VERSION 35
#include <fuse_lowlevel.h>
#include <linux/fuse.h>

/* Linux 6.2; older headers lack it, older kernels ignore it. */
#ifndef FOPEN_PARALLEL_DIRECT_WRITES
#define FOPEN_PARALLEL_DIRECT_WRITES (1 << 6)
#endif
