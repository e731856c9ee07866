/*
 * libev waits; what happens when is decided here.  A wait ends with the
 * callbacks of ready descriptors, then comes one round of timers and deferred
 * work.  libev's own timer is armed only while some timer of ours is, so an
 * idle process never wakes.
 */
#include "io/loop.h"
#include <errno.h>
#include <ev.h>
#include <stdlib.h>
#include <time.h>

enum {
	MAX_SIGNALS = 8,
	DEFER_ROUNDS = 32,	/* of deferred work between two waits */
	STOPPED_US = 1000000,	/* no process that could run wakes as late as this */
};

struct loop_signal {
	struct ev_signal ev;
	void (*fn)(void *user, int signo);
	void *user;
};

struct loop {
	struct ev_loop *ev;
	struct ev_timer timer;		/* the earliest of timers */
	struct ev_periodic anchor;	/* see loop_new() */
	struct timers timers;
	struct list deferred;
	struct loop_signal signals[MAX_SIGNALS];
	unsigned int n_signals;
	bool is_stopped;
};

struct loop_fd {
	struct ev_io ev;
	struct ev_loop *loop;
	void (*fn)(void *user, int what);
	void *user;
};

static uint64_t monotonic_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static void on_timer(struct ev_loop *ev, struct ev_timer *w, int revents)
{
	(void)ev, (void)w, (void)revents;	/* it has ended the wait */
}

static void on_anchor(struct ev_loop *ev, struct ev_periodic *w, int revents)
{
	(void)ev, (void)w, (void)revents;
}

/* Between the wait and the callbacks: they need the time of this turn, not the one
 * from before a sleep of hours.  When it ended much later than it had to, we were
 * stopped (SIGSTOP, a debugger, a frozen group), and no limit ran meanwhile: else all
 * of them would be over at once, before anybody could keep to one. */
static void invoke_pending(struct ev_loop *ev)
{
	struct loop *l = ev_userdata(ev);
	uint64_t now = monotonic_us(), next = timers_next(&l->timers);

	l->timers.now_us = now;
	if (next < now && now - next > STOPPED_US)
		timers_postpone(&l->timers, now - next);
	ev_invoke_pending(ev);
}

struct loop *loop_new(void)
{
	struct loop *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	l->ev = ev_loop_new(EVFLAG_NOENV | EVBACKEND_EPOLL);
	if (!l->ev) {
		free(l);
		return NULL;
	}
	timers_init(&l->timers);
	timers_advance(&l->timers, monotonic_us());
	list_init(&l->deferred);
	ev_set_userdata(l->ev, l);
	ev_set_invoke_pending_cb(l->ev, invoke_pending);
	ev_timer_init(&l->timer, on_timer, 0, 0);
	/* Without any periodic watcher libev wakes once a minute to look for
	 * clock jumps; one in the far future keeps it asleep. */
	ev_periodic_init(&l->anchor, on_anchor, 1e12, 0, NULL);
	ev_periodic_start(l->ev, &l->anchor);
	return l;
}

void loop_free(struct loop *l)
{
	if (!l)
		return;
	for (unsigned int i = 0; i < l->n_signals; i++)
		ev_signal_stop(l->ev, &l->signals[i].ev);
	ev_timer_stop(l->ev, &l->timer);
	ev_periodic_stop(l->ev, &l->anchor);
	ev_loop_destroy(l->ev);
	free(l);
}

struct timers *loop_timers(struct loop *l)
{
	return &l->timers;
}

static void run_deferred(struct loop *l)
{
	struct list now;

	for (int round = 0; round < DEFER_ROUNDS && !list_is_empty(&l->deferred); round++) {
		list_init(&now);
		list_move_all(&now, &l->deferred);
		while (!list_is_empty(&now)) {
			struct defer *d = list_first(&now, struct defer, node);

			list_remove(&d->node);
			d->fn(d->user);
		}
	}
}

static void arm_timer(struct loop *l, bool may_wait)
{
	uint64_t next = timers_next(&l->timers);
	double after = 0;

	ev_timer_stop(l->ev, &l->timer);
	if (!may_wait || next == TIME_NEVER)
		return;
	/* libev would sleep a millisecond at least for the one that means "the next turn". */
	if (next > l->timers.now_us + 1)
		after = (double)(next - l->timers.now_us) / 1e6;
	ev_now_update(l->ev);
	ev_timer_set(&l->timer, after, 0);
	ev_timer_start(l->ev, &l->timer);
}

void loop_turn(struct loop *l, bool may_wait)
{
	may_wait = may_wait && list_is_empty(&l->deferred);
	arm_timer(l, may_wait);
	ev_run(l->ev, may_wait ? EVRUN_ONCE : EVRUN_NOWAIT);
	timers_advance(&l->timers, l->timers.now_us);
	run_deferred(l);
}

void loop_run(struct loop *l)
{
	l->is_stopped = false;
	while (!l->is_stopped)
		loop_turn(l, true);
}

void loop_stop(struct loop *l)
{
	l->is_stopped = true;
}

static void on_fd(struct ev_loop *ev, struct ev_io *w, int revents)
{
	struct loop_fd *f = container_of(w, struct loop_fd, ev);

	(void)ev;
	f->fn(f->user, (revents & EV_READ ? LOOP_READ : 0) |
		       (revents & EV_WRITE ? LOOP_WRITE : 0));
}

struct loop_fd *loop_watch(struct loop *l, int fd, int what,
			   void (*fn)(void *user, int what), void *user)
{
	struct loop_fd *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->loop = l->ev;
	f->fn = fn;
	f->user = user;
	ev_io_init(&f->ev, on_fd, fd, (what & LOOP_READ ? EV_READ : 0) |
				      (what & LOOP_WRITE ? EV_WRITE : 0));
	ev_io_start(l->ev, &f->ev);
	return f;
}

void loop_unwatch(struct loop_fd *f)
{
	if (!f)
		return;
	ev_io_stop(f->loop, &f->ev);
	free(f);
}

void defer_init(struct defer *d, void (*fn)(void *user), void *user)
{
	list_init(&d->node);
	d->fn = fn;
	d->user = user;
}

void loop_defer(struct loop *l, struct defer *d)
{
	if (list_is_empty(&d->node))
		list_append(&l->deferred, &d->node);
}

void defer_cancel(struct defer *d)
{
	list_remove(&d->node);
}

static void on_signal(struct ev_loop *ev, struct ev_signal *w, int revents)
{
	struct loop_signal *s = container_of(w, struct loop_signal, ev);

	(void)ev, (void)revents;
	s->fn(s->user, w->signum);
}

int loop_on_signal(struct loop *l, int signo, void (*fn)(void *user, int signo),
		   void *user)
{
	struct loop_signal *s;

	if (l->n_signals == MAX_SIGNALS)
		return -ENOSPC;
	s = &l->signals[l->n_signals++];
	s->fn = fn;
	s->user = user;
	ev_signal_init(&s->ev, on_signal, signo);
	ev_signal_start(l->ev, &s->ev);
	return 0;
}
