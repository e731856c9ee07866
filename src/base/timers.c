#include "base/timers.h"

void timers_init(struct timers *t)
{
	t->now_us = 0;
	list_init(&t->due);
}

void timers_advance(struct timers *t, uint64_t now_us)
{
	if (now_us > t->now_us)
		t->now_us = now_us;
	while (timers_next(t) <= t->now_us) {
		struct timer *timer = list_first(&t->due, struct timer, node);

		timer_stop(timer);
		timer->fn(timer->user);
	}
}

void timers_postpone(struct timers *t, uint64_t us)
{
	struct timer *timer;

	list_for_each(timer, &t->due, node)
		timer->at_us += us;
}

uint64_t timers_next(const struct timers *t)
{
	if (list_is_empty(&t->due))
		return TIME_NEVER;
	return list_first(&t->due, struct timer, node)->at_us;
}

void timer_init(struct timer *timer, void (*fn)(void *user), void *user)
{
	list_init(&timer->node);
	timer->fn = fn;
	timer->user = user;
}

bool timer_is_armed(const struct timer *timer)
{
	return !list_is_empty(&timer->node);
}

void timer_start(struct timers *t, struct timer *timer, uint64_t after_us)
{
	struct timer *other;
	struct list *at;

	list_remove(&timer->node);
	timer->at_us = t->now_us + after_us;
	/* From the end: most timers are as long as the last one armed. */
	for (at = &t->due; at->prev != &t->due; at = at->prev) {
		other = list_entry(at->prev, struct timer, node);
		if (other->at_us <= timer->at_us)
			break;
	}
	list_insert_before(at, &timer->node);
}

void timer_stop(struct timer *timer)
{
	list_remove(&timer->node);
}
