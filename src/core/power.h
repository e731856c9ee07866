/*
 * power - what engine_power() asks for, the steps on the way there, the ways
 * a device ends, and what happens when time passes and nothing comes.
 */
#pragma once
#include "core/engine.h"

enum {
	POWER_SHUTDOWN_MS = 2000,	/* most for resetting channels, and for HALT */
	POWER_CHECK_US = 1000,		/* least time between looks at MHISTATUS */
	POWER_WATCH_US = 250000,	/* half of what a lost interrupt or doorbell costs */
};

/* What runs in a state that was just entered; state.c calls them. */
void power_arrive_off(struct engine *e);
void power_arrive_shutdown(struct engine *e);
void power_arrive_halt(struct engine *e);
void power_arrive_error(struct engine *e);
void power_arrive_gone(struct engine *e);

void power_init(struct engine *e);
void power_fini(struct engine *e);

/* Takes the next step towards what was asked for, if there is one. */
void power_pursue(struct engine *e);

/* The state interrupt, or an interrupt that announced nothing: look at
 * MHISTATUS, now or a little later. */
void power_suspect(struct engine *e);
/* Something is outstanding: look after it should its interrupt get lost. */
void power_watch(struct engine *e);

/* How long the device may take to answer. */
uint64_t power_timeout_us(const struct engine *e);
