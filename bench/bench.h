/* bench - what the sub-commands of mhi-bench share. */
#pragma once
#include "bench/measure.h"
#include "bench/report.h"
#include <stdio.h>

struct bench {
	const struct effort *effort;
	const char *mhifs;	/* the daemon's path */
	bool is_quick;
	unsigned int seconds;	/* of idle */
	/* A fixed workload without a clock: ring --no-time. */
	bool has_no_time, has_callgrind, is_floor;
	unsigned int count, batch;
	/* race: the kernel driver's port, our file, and the command between. */
	const char *rival, *file, *between;
	const char *self;	/* argv[0] */
};

/* Each prints its rows; 0, or -errno when something could not be measured. */
int bench_floor(const struct bench *b);
int bench_ring(const struct bench *b);
int bench_file(const struct bench *b);
int bench_open(const struct bench *b);
int bench_scale(const struct bench *b);
int bench_idle(const struct bench *b);
int bench_mem(const struct bench *b);
int bench_race(const struct bench *b);
int bench_rpmsg(const struct bench *b);
int bench_usb(const struct bench *b);
