/*
 * sweep - the run of a sweep: a clean run counts the points of a scene, then each
 * fails in a process of its own, and is judged.
 *
 *	[SWEEP_EVERY=n] PROGRAM [SCENE [POINT once|good ERRNO]]
 *
 * It takes the first point of each place in the code that no scene before it came
 * to, and each n-th; each 61st when nobody says; 1 takes all.
 */
#pragma once
#include "tests/fail_points.h"
#include "tests/session.h"

struct sweep_scene {
	const char *name;
	unsigned int kinds;	/* of enum fail_kind */
	const int *errors;	/* errnos to fail with; 0 ends them */
	bool for_good;		/* fail also from the point on */
	bool turns_errors;	/* a point fails with one of them, not with each */
	struct session_config session;
	/* What is done with a device that is ready. */
	void (*live)(struct session *s);
	/* The first refusal that anybody got: is it one that it may get? */
	bool (*may_say)(const char *step, int error, int cause);
	/* The run itself, when it is another than start, live and stop of a session. */
	void (*run)(const struct sweep_scene *scene, struct session *s);
	/* Before the first run, after the last; may be NULL. */
	void (*begin)(struct sweep_scene *scene);
	void (*end)(struct sweep_scene *scene);
};

/* main() of a sweep; prints a line a scene, one for each point that failed, and the
 * sum as a line of fault @id. */
int sweep_main(int argc, char **argv, unsigned int id, struct sweep_scene *scenes,
	       unsigned int n);
