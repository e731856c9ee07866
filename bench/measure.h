/*
 * measure - how figures are taken so that a noisy machine cannot fake them.
 *
 * Floor and project are sampled in turns (A B A B ...), so a disturbance hits
 * both alike; what counts is the ratio of medians, with the 95 % interval that
 * resampling the pairs gives.  Before, in the middle and after, the noise
 * index is taken; a run in which it moved is reported as dropped.
 */
#pragma once
#include "bench/pin.h"
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* How much of everything; effort_full obeys the rules, effort_quick only
 * shows that it runs. */
struct effort {
	unsigned int pairs;
	unsigned int warm;		/* operations before each sample */
	unsigned int ops;		/* timed one by one per sample */
	unsigned int spins;		/* of a loop too short to time one by one */
	uint64_t bulk_bytes;		/* moved per sample, at least */
	unsigned int bulk_ms;		/* and for this long, at least */
};
extern const struct effort effort_full, effort_quick;

/* One sample: the figure itself, and for single operations their spread. */
struct sample {
	double value;
	double p99, least;	/* of single operations; 0 when not timed */
	uint64_t n;		/* operations in it */
};

/* A way to take a sample; 0 or -errno. */
struct subject {
	int (*take)(void *user, struct sample *ret_sample);
	void *user;
};

/* The pinned eventfd round trip, microseconds. */
struct noise {
	double median_us, p99_us;
	bool is_quiet;	/* median within 5 %, p99 at most twice the median */
};

struct outcome {
	struct sample floor, ours;	/* medians over the samples; n is the sum */
	double ratio, low, high;	/* ours over floor; low..high is 95 % */
	struct noise noise;
};

/* Times @op as often as the effort says; value, p99 and least are
 * microseconds.  @after follows each, untimed; it may be NULL.  Both return 0
 * or -errno, which ends the sample. */
int sample_ops(int (*op)(void *user), int (*after)(void *user), void *user,
	       const struct effort *e, struct sample *ret_sample);
/* Calls @op, which returns bytes moved or -errno, until the effort's bulk is
 * done; value is MB/s. */
int sample_bulk(ssize_t (*op)(void *user), void *user, const struct effort *e,
		struct sample *ret_sample);

/* Samples both in turns. */
int measure_pairs(const struct effort *e, const struct subject *floor,
		  const struct subject *ours, struct outcome *ret_outcome);
/* The same for a figure that stands alone: ratio 1. */
int measure_alone(const struct effort *e, const struct subject *it,
		  struct outcome *ret_outcome);

/* Sorts @v. */
double median(double *v, unsigned int n);
