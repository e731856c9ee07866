#include "bench/measure.h"
#include "base/bytes.h"
#include "base/cleanup.h"
#include "bench/clock.h"
#include "bench/floors.h"
#include <errno.h>

enum { MAX_PAIRS = 99, RESAMPLES = 2000 };

const struct effort effort_full = {
	.pairs = 15, .warm = 1000, .ops = 20000, .spins = 2000000,
	.bulk_bytes = 200u << 20, .bulk_ms = 1000,
};

const struct effort effort_quick = {
	.pairs = 3, .warm = 20, .ops = 200, .spins = 20000,
	.bulk_bytes = 1u << 20, .bulk_ms = 5,
};

static int compare_u32(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static int compare_double(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

double median(double *v, unsigned int n)
{
	qsort(v, n, sizeof *v, compare_double);
	return n % 2 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

static double micro(const uint32_t *ns, unsigned int i)
{
	return ns[i] / 1e3;
}

int sample_ops(int (*op)(void *user), int (*after)(void *user), void *user,
	       const struct effort *e, struct sample *ret_sample)
{
	unsigned int n = e->ops;
	CLEANUP_FREE uint32_t *ns = calloc(n, sizeof *ns);

	if (!ns)
		return -ENOMEM;
	for (unsigned int i = 0; i < e->warm + n; i++) {
		uint64_t start = now_ns();
		int r = op(user);
		uint64_t took = now_ns() - start;

		if (!r && after)
			r = after(user);
		if (r < 0)
			return r;
		if (i >= e->warm)
			ns[i - e->warm] = (uint32_t)(took > UINT32_MAX ? UINT32_MAX : took);
	}
	qsort(ns, n, sizeof *ns, compare_u32);
	*ret_sample = (struct sample){
		.value = micro(ns, n / 2),
		.p99 = micro(ns, n - 1 - n / 100),
		.least = micro(ns, 0),
		.n = n,
	};
	return 0;
}

int sample_bulk(ssize_t (*op)(void *user), void *user, const struct effort *e,
		struct sample *ret_sample)
{
	uint64_t start = now_ns(), took = 0, bytes = 0, n = 0;

	while (bytes < e->bulk_bytes || took < e->bulk_ms * 1000000ull) {
		ssize_t r = op(user);

		if (r < 0)
			return (int)r;
		bytes += (uint64_t)r;
		/* The clock costs little, but not nothing beside 4 KiB. */
		if (++n % 16 == 0)
			took = now_ns() - start;
	}
	took = now_ns() - start;
	*ret_sample = (struct sample){ .value = (double)bytes * 1e3 / (double)took, .n = n };
	return 0;
}

/* Any fixed sequence does, and the same one each time repeats a result. */
static uint32_t next_random(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

static void resample(const struct sample *a, const struct sample *b,
		     unsigned int n, struct outcome *out)
{
	static double ratios[RESAMPLES];
	double va[MAX_PAIRS] = { 0 }, vb[MAX_PAIRS] = { 0 };
	uint32_t random = 0x6d686966;

	for (unsigned int i = 0; i < RESAMPLES; i++) {
		for (unsigned int j = 0; j < n; j++) {
			unsigned int pick = next_random(&random) % n;

			va[j] = a[pick].value;
			vb[j] = b[pick].value;
		}
		ratios[i] = median(vb, n) / median(va, n);
	}
	qsort(ratios, RESAMPLES, sizeof *ratios, compare_double);
	out->low = ratios[RESAMPLES / 40];
	out->high = ratios[RESAMPLES - 1 - RESAMPLES / 40];
}

static struct sample summarise(const struct sample *s, unsigned int n)
{
	double value[MAX_PAIRS] = { 0 }, p99[MAX_PAIRS] = { 0 };
	struct sample sum = { .least = s[0].least };

	for (unsigned int i = 0; i < n; i++) {
		value[i] = s[i].value;
		p99[i] = s[i].p99;
		sum.n += s[i].n;
		if (s[i].least < sum.least)
			sum.least = s[i].least;
	}
	sum.value = median(value, n);
	sum.p99 = median(p99, n);
	return sum;
}

static struct noise judge_noise(const struct sample at[3])
{
	struct noise noise = { .is_quiet = true };
	double medians[3], lowest, highest;

	for (int i = 0; i < 3; i++) {
		medians[i] = at[i].value;
		if (at[i].p99 > noise.p99_us)
			noise.p99_us = at[i].p99;
		if (at[i].p99 > 2 * at[i].value)
			noise.is_quiet = false;
	}
	noise.median_us = median(medians, 3);
	lowest = medians[0];
	highest = medians[2];
	if (highest > lowest * 1.05)
		noise.is_quiet = false;
	return noise;
}

int measure_pairs(const struct effort *e, const struct subject *floor,
		  const struct subject *ours, struct outcome *ret_outcome)
{
	struct sample a[MAX_PAIRS], b[MAX_PAIRS], noise[3];
	unsigned int n = min_u32(e->pairs, MAX_PAIRS);
	int r = wake_noise(e, &noise[0]);

	for (unsigned int i = 0; !r && i < n; i++) {
		r = floor->take(floor->user, &a[i]);
		if (!r)
			r = ours->take(ours->user, &b[i]);
		if (!r && i == n / 2)
			r = wake_noise(e, &noise[1]);
	}
	if (!r)
		r = wake_noise(e, &noise[2]);
	if (r)
		return r;
	ret_outcome->floor = summarise(a, n);
	ret_outcome->ours = summarise(b, n);
	ret_outcome->ratio = ret_outcome->ours.value / ret_outcome->floor.value;
	resample(a, b, n, ret_outcome);
	ret_outcome->noise = judge_noise(noise);
	return 0;
}

static int take_one(void *user, struct sample *ret_sample)
{
	(void)user;
	*ret_sample = (struct sample){ .value = 1 };
	return 0;
}

int measure_alone(const struct effort *e, const struct subject *it,
		  struct outcome *ret_outcome)
{
	static const struct subject one = { take_one, NULL };
	int r = measure_pairs(e, &one, it, ret_outcome);

	if (r)
		return r;
	/* Against the constant the "ratio" is the figure: scale it to 1. */
	ret_outcome->low /= ret_outcome->ratio;
	ret_outcome->high /= ret_outcome->ratio;
	ret_outcome->floor = ret_outcome->ours;
	ret_outcome->ratio = 1;
	return 0;
}
