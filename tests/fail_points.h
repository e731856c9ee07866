/*
 * fail_points - calls into libc that fail when a sweep wants it so: a clean run
 * counts the points, then each of them fails in a run of its own.
 *
 * Link with $(fail_wraps) of tests/torture.mk.  Only what our own code calls is
 * a point, not what a library calls inside; but everything that the wrapped
 * allocators gave out is remembered, so what was not given back shows.
 *
 * The clock is wrapped as well: it goes on by itself, and may be put forward.
 */
#pragma once
#include "base/bytes.h"

enum fail_kind {
	FAIL_HEAP = 1 << 0,	/* malloc and its kin */
	FAIL_MEMORY = 1 << 1,	/* mmap, memfd_create, ftruncate */
	FAIL_CALLS = 1 << 2,	/* system calls on files, sockets, eventfds */
};

struct fail_plan {
	unsigned int kinds;	/* of enum fail_kind */
	unsigned int at;	/* point, from 0; FAIL_NEVER: only count */
	bool for_good;		/* and all that follow */
	int error;		/* errno */
};
#define FAIL_NEVER (~0u)

enum { FAIL_SITES = 256 };

struct fail_result {
	unsigned int n_points;	/* passed */
	unsigned int n_failed;
	/* Of a run that only counted: places in the code, and the first point of
	 * each, in order. */
	struct fail_site {
		const void *place;
		unsigned int point;
	} sites[FAIL_SITES];
	unsigned int n_sites;
	const char *call;	/* the first that failed; NULL */
};

void fail_begin(const struct fail_plan *p);
struct fail_result fail_end(void);
void fail_pause(bool is_paused);	/* the harness's own calls are no points */

/* What was allocated since the first fail_begin() and is not freed. */
unsigned int fail_n_held(void);

/* Everything this process has that a leak would show in. */
struct fail_holdings {
	unsigned int n_heap, n_fds, n_maps;	/* maps: of DMA memory */
};
struct fail_holdings fail_holdings(void);

void fail_skip_us(uint64_t us);		/* puts the clock forward */
uint64_t fail_skipped_us(void);		/* by so much in all */
void fail_unskip(void);			/* the real time again */
