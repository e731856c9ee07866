#include "tests/sweep.h"
#include "io/log.h"
#include <errno.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATIENCE_S = 60, SAMPLE = 61 };	/* for one process; of points */

/* What a process tells of its run. */
struct report {
	struct fail_result result;
	struct fail_holdings before, after;
	int error, later;	/* first refusal; of the run without failures behind it */
	char call[16], step[24], later_step[24], hung[24];
};

struct totals {
	unsigned int n_points, n_survived, n_refused, n_unnoticed;
};

static void copy(char *to, size_t size, const char *from)
{
	snprintf(to, size, "%s", from ? from : "");
}

static void run_once(const struct sweep_scene *scene, struct session *s)
{
	if (scene->run) {
		scene->run(scene, s);
		return;
	}
	if (!session_start(s, &scene->session))
		scene->live(s);
	session_stop(s);
}

/* Libraries keep what they got first. */
static void warm_up(const struct sweep_scene *scene)
{
	static const struct fail_plan none = { .at = FAIL_NEVER };
	struct session s;

	fail_begin(&none);
	run_once(scene, &s);
	fail_end();
}

/* With the failure, then without. */
static void run(const struct sweep_scene *scene, const struct fail_plan *plan, struct report *r)
{
	struct session s;

	r->before = fail_holdings();
	fail_begin(plan);
	run_once(scene, &s);
	r->result = fail_end();
	r->after = fail_holdings();
	r->error = s.error;
	copy(r->call, sizeof(r->call), r->result.call);
	copy(r->step, sizeof(r->step), s.step);
	copy(r->hung, sizeof(r->hung), s.hung);
	run_once(scene, &s);
	r->later = s.error;
	copy(r->later_step, sizeof(r->later_step), s.step);
	if (s.hung && !*r->hung)
		copy(r->hung, sizeof(r->hung), s.hung);
}

/* 0, or the status of a process that did not end well. */
static int run_apart(const struct sweep_scene *scene, const struct fail_plan *plan,
		     struct report *r)
{
	int p[2], status = -1;
	pid_t pid;

	*r = (struct report){ 0 };
	if (pipe(p))
		return -1;
	fflush(stdout);
	pid = fork();
	if (!pid) {
		alarm(PATIENCE_S);
		run(scene, plan, r);
		exit(write(p[1], r, sizeof(*r)) == sizeof(*r) ? 0 : 1);
	}
	close(p[1]);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (!status && read(p[0], r, sizeof(*r)) != sizeof(*r))
		status = -1;
	close(p[0]);
	return status;
}

static bool is_balanced(const struct report *r)
{
	return r->before.n_heap == r->after.n_heap && r->before.n_fds == r->after.n_fds &&
	       r->before.n_maps == r->after.n_maps;
}

/* NULL when the point was survived. */
static const char *judge(const struct sweep_scene *scene, const struct fail_plan *plan,
			 const struct report *r, int status)
{
	static char why[160];

	if (status)
		snprintf(why, sizeof(why), "the process died: %s",
			 WIFSIGNALED(status) ? strsignal(WTERMSIG(status)) : "exit status");
	else if (*r->hung)
		snprintf(why, sizeof(why), "never: %s", r->hung);
	else if (!is_balanced(r))
		snprintf(why, sizeof(why), "kept %+d of the heap, %+d descriptors, %+d mappings",
			 (int)(r->after.n_heap - r->before.n_heap),
			 (int)(r->after.n_fds - r->before.n_fds),
			 (int)(r->after.n_maps - r->before.n_maps));
	else if (r->later)
		snprintf(why, sizeof(why), "later, %s: %s", r->later_step, strerror(-r->later));
	else if (r->error && !scene->may_say(r->step, r->error, plan->error))
		snprintf(why, sizeof(why), "%s: %s", r->step, strerror(-r->error));
	else
		return NULL;
	return why;
}

static void try_point(const struct sweep_scene *scene, const struct fail_plan *plan,
		      struct totals *t)
{
	struct report r;
	int status = run_apart(scene, plan, &r);
	const char *why = judge(scene, plan, &r, status);

	t->n_points++;
	t->n_survived += !why;
	t->n_refused += !why && r.error;
	t->n_unnoticed += !why && !r.error;
	if (why)
		printf("%s: point %u %s, %s fails with %s: %s\n", scene->name, plan->at,
		       plan->for_good ? "for good" : "once", r.call, strerror(plan->error), why);
	else if (getenv("SWEEP_TELLS"))
		printf("%s: point %u %s, %s: %s %s\n", scene->name, plan->at,
		       plan->for_good ? "for good" : "once", r.call, r.step,
		       r.error ? strerror(-r.error) : "unnoticed");
}

static void try_errors(const struct sweep_scene *scene, unsigned int at, bool for_good,
		       struct totals *t)
{
	unsigned int n = 0;

	while (scene->errors[n])
		n++;
	for (unsigned int i = 0; i < n; i++) {
		struct fail_plan plan = { scene->kinds, at, for_good, scene->errors[i] };

		if (!scene->turns_errors || at % n == i)
			try_point(scene, &plan, t);
	}
}

static bool is_new(const void *place)
{
	static const void *seen[FAIL_SITES];
	static unsigned int n_seen;

	for (unsigned int i = 0; i < n_seen; i++)
		if (seen[i] == place)
			return false;
	if (n_seen < FAIL_SITES)
		seen[n_seen++] = place;
	return true;
}

static bool is_at_new_site(const struct fail_result *r, unsigned int point)
{
	for (unsigned int i = 0; i < r->n_sites; i++)
		if (r->sites[i].point == point)
			return is_new(r->sites[i].place);
	return false;
}

/* A point in so many; "make torture" takes each. */
static unsigned int sweep_every(void)
{
	const char *every = getenv("SWEEP_EVERY");

	return every && atoi(every) > 0 ? (unsigned int)atoi(every) : SAMPLE;
}

/* True when all points were survived; they are added to @sum. */
static bool sweep(const struct sweep_scene *scene, struct totals *sum)
{
	struct fail_plan plan = { .kinds = scene->kinds, .at = FAIL_NEVER };
	struct totals t = { 0 };
	struct report r;
	unsigned int every = sweep_every();
	const char *why;
	int status;

	warm_up(scene);
	status = run_apart(scene, &plan, &r);
	why = judge(scene, &plan, &r, status);
	if (why || r.error) {
		printf("%s: without a failure: %s %s\n", scene->name, why ? why : r.step,
		       strerror(-r.error));
		return false;
	}
	for (unsigned int at = 0; at < r.result.n_points; at++) {
		if (!is_at_new_site(&r.result, at) && at % every)
			continue;
		try_errors(scene, at, false, &t);
		if (scene->for_good)
			try_errors(scene, at, true, &t);
	}
	printf("%s: %u points, %u places, %u failures, %u survived: %u refused, %u unnoticed\n",
	       scene->name, r.result.n_points, r.result.n_sites, t.n_points, t.n_survived,
	       t.n_refused, t.n_unnoticed);
	sum->n_points += t.n_points;
	sum->n_survived += t.n_survived;
	return t.n_points && t.n_survived == t.n_points;
}

/* One point, in this process, for a debugger. */
static int run_here(const struct sweep_scene *scene, char **argv)
{
	struct fail_plan plan = {
		.kinds = scene->kinds, .at = (unsigned int)atoi(argv[2]),
		.for_good = !strcmp(argv[3], "good"), .error = atoi(argv[4]),
	};
	struct report r = { 0 };
	const char *why;

	warm_up(scene);
	run(scene, &plan, &r);
	why = judge(scene, &plan, &r, 0);
	printf("%s %s %s %s\n", r.call, r.step, strerror(-r.error), why ? why : "survived");
	return why ? EXIT_FAILURE : EXIT_SUCCESS;
}

int sweep_main(int argc, char **argv, unsigned int id, struct sweep_scene *scenes,
	       unsigned int n)
{
	struct totals sum = { 0 };
	int status = EXIT_SUCCESS;

	signal(SIGPIPE, SIG_IGN);
	log_open("sweep", LOG_TO_STDERR, LOG_LEVEL_ERROR);
	json_set_alloc_funcs(malloc, free);
	for (unsigned int i = 0; i < n; i++) {
		if (argc > 1 && strcmp(argv[1], scenes[i].name))
			continue;
		if (scenes[i].begin)
			scenes[i].begin(&scenes[i]);
		if (argc == 5 ? run_here(&scenes[i], argv) : !sweep(&scenes[i], &sum))
			status = EXIT_FAILURE;
		if (scenes[i].end)
			scenes[i].end(&scenes[i]);
	}
	printf("f%02u: %u cases, %u survived\n", id, sum.n_points, sum.n_survived);
	return status;
}
