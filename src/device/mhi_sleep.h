/*
 * mhi_sleep - suspends that nobody asked the device for: by itself when it was
 * idle for autosuspend_ms, and with the system.
 *
 * Idle is a device that moves no message and runs no command; a reader who waits
 * does not keep it awake, a message that it holds does.  Traffic of the host and
 * the device's own wish wake it, as after any suspend.  A device that does not
 * answer one of these transitions is left awake from then on, until somebody
 * writes to power.
 *
 * Source: Linux drivers/bus/mhi/host/pci_generic.c, mhi_pci_runtime_suspend(),
 * mhi_pci_resume().
 */
#pragma once
#include "base/text.h"
#include "core/engine.h"
#include "io/loop.h"

struct device;
struct profile;

enum mhi_sleep_cause { SLEEP_ASKED, SLEEP_IDLE, SLEEP_SYSTEM };

/* The transition under way, whose end is not for users. */
enum mhi_sleep_ours {
	OURS_NONE,
	OURS_BEGUN,
	OURS_AWAITED,	/* a user's is queued until it ends */
	OURS_CUT_SHORT,	/* by a user's that switches the device off */
};

enum mhi_sleep_system {
	SYSTEM_AWAKE,
	SYSTEM_ASLEEP,	/* or about to be */
	SYSTEM_WAKING,	/* it is awake again: is the link back? */
};

struct mhi_sleep {
	struct device *device;	/* borrowed, as all of these */
	struct loop *loop;
	struct engine *engine;
	const struct profile *profile;

	struct timer next;	/* idle long enough, or the next try */
	uint64_t moved_us;	/* when the last message moved */
	uint64_t n_moved;	/* messages and commands by then */
	enum mhi_sleep_cause cause;	/* of the suspend under way, or in force */
	bool is_tired;		/* it failed at being suspended when idle */
	enum mhi_sleep_ours ours;
	enum engine_power queued;	/* in OURS_AWAITED */
	enum mhi_sleep_system system;
	uint64_t woken_us;	/* in SYSTEM_WAKING */
	struct text why;
};

void mhi_sleep_init(struct mhi_sleep *s);
void mhi_sleep_stop(struct mhi_sleep *s);	/* before the engine leaves; safe twice */
void mhi_sleep_fini(struct mhi_sleep *s);

/* After each interrupt and turn: did anything move? */
static inline void mhi_sleep_look(struct mhi_sleep *s)
{
	const struct engine_counts *c = engine_counts(s->engine);
	uint64_t n = c->submitted + c->returned + c->commands;

	if (n == s->n_moved)
		return;
	s->n_moved = n;
	s->moved_us = loop_timers(s->loop)->now_us;
}

/* As engine_ops has them.  True: the transition was ours. */
void mhi_sleep_changed(struct mhi_sleep *s);
bool mhi_sleep_power_done(struct mhi_sleep *s, int status);

/* engine_power() for users: one that comes in the middle of ours waits for it,
 * the end does not. */
int mhi_sleep_power(struct mhi_sleep *s, enum engine_power what);

/* Who suspended it: "" when somebody asked for it. */
const char *mhi_sleep_why(const struct mhi_sleep *s);

/* The system is about to sleep; is there nothing more to wait for? */
void mhi_sleep_begin(struct mhi_sleep *s);
bool mhi_sleep_is_over(const struct mhi_sleep *s);
/* It is awake again: what we suspended resumes, once the link is back. */
void mhi_sleep_end(struct mhi_sleep *s);
