/*
 * R1, the time, and R3, the instructions, of one transfer through the engine:
 * queue, let the model complete, reap; against the same with the least ring
 * that is safe.
 */
#include "bench/bench.h"
#include "bench/clock.h"
#include "bench/floors.h"
#include "bench/rig.h"
#include <errno.h>
#include <stdlib.h>

struct ring_pair {
	struct mini_ring mini;
	struct rig rig;
	const struct effort *effort;
	unsigned int batch;
};

static int take_mini(void *user, struct sample *ret_sample)
{
	struct ring_pair *p = user;
	unsigned int turns = p->effort->spins / p->batch;
	uint64_t start = now_ns();

	for (unsigned int i = 0; i < turns; i++) {
		mini_ring_queue(&p->mini, p->batch);
		mini_ring_device(&p->mini);
		mini_ring_reap(&p->mini);
	}
	*ret_sample = (struct sample){
		.value = (double)(now_ns() - start) / (turns * p->batch),
		.n = turns * p->batch,
	};
	return p->mini.n_bad ? -EPROTO : 0;
}

static int take_engine(void *user, struct sample *ret_sample)
{
	struct ring_pair *p = user;

	return rig_time(&p->rig, p->effort->spins / p->batch, p->batch, ret_sample);
}

static int ring_times(const struct bench *b)
{
	static const struct { unsigned int batch; double limit; } cases[] = {
		{ 1, 4 }, { 8, 0 }, { 32, 3.2 },
	};
	static struct ring_pair p;
	int r = mini_ring_init(&p.mini);

	p.effort = b->effort;
	if (!r)
		r = rig_init(&p.rig, 1, 1);
	for (size_t i = 0; !r && i < ARRAY_SIZE(cases); i++) {
		struct outcome o;
		char name[32];

		p.batch = cases[i].batch;
		snprintf(name, sizeof name, "R1 ring engine, batch %u", p.batch);
		r = measure_pairs(b->effort, &(struct subject){ take_mini, &p },
				  &(struct subject){ take_engine, &p }, &o);
		if (!r)
			report_row(&(struct row){
				.name = name, .unit = "ns", .floor_name = "minimal ring",
				.outcome = &o, .batch = p.batch, .limit = cases[i].limit,
				.goal = cases[i].limit > 0 ? GOAL_AT_MOST : GOAL_NONE,
			});
	}
	rig_fini(&p.rig);
	mini_ring_fini(&p.mini);
	return r;
}

/* The fixed workload: what is counted are the functions that hold the host's
 * share, see callgrind(). */
static int ring_no_time(const struct bench *b)
{
	static struct ring_pair p;
	unsigned int turns = b->count / b->batch;
	struct sample unused;
	int r = mini_ring_init(&p.mini);

	if (!r && !b->is_floor)
		r = rig_init(&p.rig, 1, 1);
	if (!r && !b->is_floor)
		r = rig_time(&p.rig, turns, b->batch, &unused);
	for (unsigned int i = 0; !r && b->is_floor && i < turns; i++) {
		mini_ring_queue(&p.mini, b->batch);
		mini_ring_device(&p.mini);
		mini_ring_reap(&p.mini);
	}
	rig_fini(&p.rig);
	mini_ring_fini(&p.mini);
	return r;
}

/* Instructions of one run of ourselves, counted inside the two functions of
 * the host; 0 when valgrind did not run. */
static uint64_t count_instructions(const struct bench *b, bool is_floor, unsigned int batch)
{
	const char *queue = is_floor ? "mini_ring_queue" : "rig_queue";
	const char *reap = is_floor ? "mini_ring_reap" : "rig_reap";
	char command[1024], line[256];
	unsigned long long total = 0;
	FILE *f;

	snprintf(command, sizeof command,
		 "valgrind --tool=callgrind --callgrind-out-file=/dev/null "
		 "--collect-atstart=no --toggle-collect=%s --toggle-collect=%s "
		 "'%s' --no-time %s --count %u --batch %u ring 2>&1",
		 queue, reap, b->self, is_floor ? "--floor" : "", b->count, batch);
	f = popen(command, "re");
	while (f && fgets(line, sizeof line, f)) {
		const char *at = strstr(line, "Collected :");

		if (at)
			total = strtoull(at + strlen("Collected :"), NULL, 10);
	}
	if (f)
		pclose(f);
	return total;
}

static int ring_instructions(const struct bench *b)
{
	static const struct { unsigned int batch; double limit; } cases[] = {
		{ 1, 200 }, { 32, 120 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		unsigned int n = b->count / cases[i].batch * cases[i].batch;
		uint64_t floor = count_instructions(b, true, cases[i].batch);
		uint64_t ours = count_instructions(b, false, cases[i].batch);
		struct outcome o = {
			.ours = { .value = (double)ours / n, .n = n },
			.noise = { .is_quiet = true },
		};
		char name[48];

		if (!floor || !ours)
			return -ENOENT;
		snprintf(name, sizeof name, "R3 host instructions, batch %u", cases[i].batch);
		report_row(&(struct row){
			.name = name, .unit = "count", .outcome = &o,
			.batch = cases[i].batch, .goal = GOAL_AT_MOST,
			.limit = cases[i].limit,
		});
		report_note("R3 batch %u: the minimal ring takes %.1f", cases[i].batch,
			    (double)floor / n);
	}
	return 0;
}

int bench_ring(const struct bench *b)
{
	int r;

	if (b->has_no_time)
		return ring_no_time(b);
	r = b->has_callgrind ? 0 : ring_times(b);
	if (!r && b->has_callgrind) {
		r = ring_instructions(b);
		if (r)
			report_note("valgrind did not run; on Debian: apt-get install valgrind");
	}
	return r;
}
