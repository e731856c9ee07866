/*
 * command - the command ring: START, STOP and RESET of channels, several in
 * flight, answered in order, each with its own deadline.
 *
 * A command that ran out of time keeps its element: its answer may still
 * come and is dropped, or the device skips it and answers a later one.
 * Source: mhi host main.c, mhi_send_cmd(); the endpoint stack never answers
 * STOP and RESET of a channel that was not started.
 */
#pragma once
#include "base/timers.h"
#include "core/ring.h"

struct engine;
struct transfer;

struct command {
	struct transfer *owner;	/* who waits; NULL: nobody any more */
	uint8_t type;		/* enum tre_type */
	bool is_rung;		/* the deadline counts from the doorbell */
	uint64_t deadline_us;
};

struct commands {
	struct ring ring;
	struct cmd_ctx *ctx;
	struct command sent[MHI_CMD_ELEMENTS];	/* by element */
	unsigned int n_waiting;	/* commands with an owner */
	bool is_due;		/* doorbell wanted */
	struct timer timer;	/* deadline of the oldest with an owner */
};

void commands_init(struct engine *e);
/* Empties the ring for a device that was reset; nobody waits any more. */
void commands_rearm(struct engine *e);

/* Sends @type for @t; channel_answer() follows, once.  RING_FULL. */
int command_send(struct engine *e, struct transfer *t, enum tre_type type);
/* The answer of @t's command, if any, interests nobody. */
void command_forget(struct engine *e, struct transfer *t);
void commands_ring(struct engine *e);

/* A completion from the device: a private copy. */
void command_complete(struct engine *e, struct tre_copy event);
