/*
 * power - what belongs to each state of a device: which registers are written
 * on arrival, how long it may last, and which step comes next on the way to
 * what engine_power() asked for.
 *
 * Source: mhi.md sections of the kernel's order: host pm.c, init.c, boot.c.
 */
#pragma once
#include "core/engine.h"

enum {
	POWER_POLL_FIRST_US = 1000,	/* first look at a register, then doubling */
	POWER_POLL_MAX_US = 25000,
	POWER_SHUTDOWN_MS = 2000,	/* most for resetting channels, and for HALT */
	POWER_CHECK_US = 1000,		/* least time between looks at MHISTATUS */
	POWER_WATCH_US = 500000,	/* lost interrupts and doorbells are found in */
};

/* What runs in a state that was just entered; state.c calls them. */
void power_arrive_off(struct engine *e);
void power_arrive_boot(struct engine *e);
void power_arrive_reset(struct engine *e);
void power_arrive_ready(struct engine *e);
void power_arrive_m0(struct engine *e);
void power_arrive_m2(struct engine *e);
void power_arrive_m3_enter(struct engine *e);
void power_arrive_m3(struct engine *e);
void power_arrive_m3_exit(struct engine *e);
void power_arrive_shutdown(struct engine *e);
void power_arrive_halt(struct engine *e);
void power_arrive_error(struct engine *e);
void power_arrive_gone(struct engine *e);

void power_init(struct engine *e);
void power_fini(struct engine *e);

/* Takes the next step towards what was asked for, if there is one. */
void power_pursue(struct engine *e);
/* What was asked for ended. */
void power_finish(struct engine *e, int status);

/* A state event, an EE event; both are only hints to look again. */
void power_heard_state(struct engine *e, struct tre_copy event);
void power_heard_ee(struct engine *e, struct tre_copy event);
/* EXECENV again, after one or many EE events. */
void power_look_at_ee(struct engine *e);

/* The state interrupt, or an interrupt that announced nothing: look at
 * MHISTATUS, now or a little later. */
void power_suspect(struct engine *e);
/* The registers that are polled changed, perhaps. */
void power_poll(struct engine *e);

/* Something is outstanding: look after it should its interrupt get lost. */
void power_watch(struct engine *e);

/* A device wake reference: while one is held the device stays in M0. */
void power_wake_get(struct engine *e);
void power_wake_put(struct engine *e);
/* Leaves M2, so that doorbells are heard. */
void power_wake_up(struct engine *e);
