/*
 * startup - from a device in some state to one that was asked for M0.
 *
 * Boot loaders are passed through by the device itself: EXECENV is polled and
 * nothing is written.  In mission mode a device that somebody left running is
 * reset first, since it still owns the contexts of a process that is no more.
 * Registers that nobody announces are polled, soon at first, then every 25 ms.
 *
 * Source: mhi host pm.c, mhi_async_power_up() and mhi_ready_state_transition().
 */
#pragma once

struct engine;

enum { STARTUP_POLL_FIRST_US = 1000, STARTUP_POLL_MAX_US = 25000 };

/* What runs in a state that was just entered; state.c calls them. */
void startup_arrive_boot(struct engine *e);
void startup_arrive_reset(struct engine *e);
void startup_arrive_ready(struct engine *e);

/* Looks at the registers that the state waits for, now and again. */
void startup_poll_begin(struct engine *e);
/* They may have changed.  Nothing when the state waits for none. */
void startup_poll(struct engine *e);
