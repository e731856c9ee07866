/*
 * loopback - the simulated modem as hardware inside this process (hw.h).
 *
 * Interrupts and the modem's own work run as deferred calls of the loop, so
 * nothing calls back from inside a register access.  The modem sees only what
 * was mapped, in the direction it was mapped; what it tries beyond is refused
 * and logged.
 */
#pragma once
#include "core/hw.h"
#include "io/loop.h"
#include "sim/fault.h"

/* NULL without memory or when @c is refused; @who (copied) leads log lines. */
struct hw *loopback_open(struct loop *l, const struct sim_config *c, const char *who);

/* The modem behind it, for tests and fault injection. */
struct sim *loopback_sim(struct hw *hw);

/* Pulls the card: registers read all ones, gone is called from the loop. */
void loopback_unplug(struct hw *hw);
