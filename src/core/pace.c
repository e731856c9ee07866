#include "core/pace.h"
#include "core/host.h"

void pace_count(struct engine *e)
{
	e->pace.turn_us = e->timers->now_us;
}

bool pace_may_read(const struct engine *e)
{
	return e->pace.turn_us != e->timers->now_us;
}

static void await_next(struct engine *e)
{
	if (!timer_is_armed(&e->pace.timer))
		timer_start(e->timers, &e->pace.timer, PACE_NEXT_US);
}

void pace_go_on(struct engine *e, void (*step)(struct engine *e))
{
	if (pace_may_read(e)) {
		e->pace.step = NULL;
		step(e);
	} else {
		e->pace.step = step;
		await_next(e);
	}
}

void pace_forget(struct engine *e)
{
	e->pace.step = NULL;
}

bool pace_is_waiting(const struct engine *e)
{
	return e->pace.step != NULL;
}

void pace_want_chores(struct engine *e)
{
	e->has_chores = true;
	await_next(e);
}

static void on_next(void *user)
{
	struct engine *e = user;

	if (e->has_chores)
		engine_want_turn(e);
	if (e->pace.step)
		pace_go_on(e, e->pace.step);
}

void pace_init(struct engine *e)
{
	timer_init(&e->pace.timer, on_next, e);
}

void pace_fini(struct engine *e)
{
	timer_stop(&e->pace.timer);
}
