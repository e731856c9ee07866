/*
 * mission - a device that runs: its environment, M0 to M3, and keeping it
 * awake.
 *
 * Source: mhi host pm.c, mhi_pm_m0_transition() and mhi_pm_m1_transition(),
 * mhi_pm_suspend(), mhi_pm_resume().
 */
#pragma once
#include "core/layout.h"

struct engine;

/* What runs in a state that was just entered; state.c calls them. */
void mission_arrive_m0(struct engine *e);
void mission_arrive_m2(struct engine *e);
void mission_arrive_m3_enter(struct engine *e);
void mission_arrive_m3(struct engine *e);
void mission_arrive_m3_exit(struct engine *e);

void mission_heard_state(struct engine *e, struct tre_copy event);
/* Only a hint: EXECENV is read again in the next turn, once for many. */
void mission_heard_ee(struct engine *e, struct tre_copy event);
void mission_look_at_ee(struct engine *e);
/* It has the whole time to get to mission mode once more. */
void mission_await_anew(struct engine *e);

/* The device asks to leave M3. */
void mission_want_wake(struct engine *e);

/* A wake reference: while one is held the device does not stay in M2. */
void mission_wake_get(struct engine *e);
void mission_wake_put(struct engine *e);
/* Leaves M2, so that doorbells are heard. */
void mission_wake_up(struct engine *e);
