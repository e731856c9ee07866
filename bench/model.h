/*
 * model - a device that only completes: the fastest peer an engine can have.
 *
 * The simulated modem brings it up, answers registers, states and commands.
 * Then model_take_over() gives one channel direction and its event ring to a
 * completer of a dozen lines, so that a measured cycle is the host's work and
 * as little else as the floor's.
 */
#pragma once
#include "core/engine.h"
#include "sim/sim.h"

/* The two pieces of memory, in plain heap pages. */
enum { MODEL_READS_IOVA = 0x10000000, MODEL_WRITES_IOVA = 0x40000000 };

struct model {
	struct hw hw;
	struct sim *sim;
	struct timers *timers;	/* borrowed */
	struct dma reads, writes;
	uint64_t vectors;	/* raised, not delivered yet */
	bool wants_turn;
	/* What was taken over. */
	uint32_t bell;		/* doorbell offset */
	uint64_t bell_value;
	struct tre *queue, *events;
	iova_t queue_at, events_at;
	uint32_t queue_mask, events_mask;
	uint32_t next, next_event;
	uint32_t chid;
	le64 *event_rp;
};

/* @size is what engine_memory() says.  0 or -ENOMEM; fini is due after both. */
int model_init(struct model *m, const struct sim_config *c, struct timers *timers,
	       struct engine_memory size);
void model_fini(struct model *m);

/* Lets modem and engine talk until neither has anything to say. */
void model_settle(struct model *m, struct engine *e);

/* From now on the elements of @chid are completed by model_complete() alone.
 * The channel runs and is empty; its event ring serves nothing else. */
int model_take_over(struct model *m, unsigned int chid);
/* Completes everything up to the last doorbell; the interrupt is the caller's. */
void model_complete(struct model *m);
