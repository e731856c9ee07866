/*
 * rig - an engine, a model device and open channels, ready to be measured.
 */
#pragma once
#include "bench/measure.h"
#include "bench/model.h"

enum {
	RIG_ELEMENTS = 128,
	RIG_SLOTS = RIG_ELEMENTS - 1,
	RIG_SLOT_LEN = 2048,
	RIG_MAX_CHANS = 63,
};

struct rig {
	struct timers timers;
	struct engine_config config;
	struct chan_config chans[RIG_MAX_CHANS];
	struct sim_chan sim_chans[RIG_MAX_CHANS];
	char names[RIG_MAX_CHANS][16];
	struct model model;
	struct engine *engine;
	struct link *link;
	unsigned int n_opened;
	uint64_t n_done, n_failed;	/* uplink slots of channel 0 that came back */
};

/* Brings up @n_chans pairs and opens the first @n_open; the uplink of channel
 * 0 is the model's.  0 or -errno; fini is due after both. */
int rig_init(struct rig *r, unsigned int n_chans, unsigned int n_open);
void rig_fini(struct rig *r);

/* One cycle is queue, complete, reap: host, device, host; @batch slots at
 * most RIG_SLOTS. */
void rig_queue(struct rig *r, unsigned int batch);
void rig_complete(struct rig *r);
void rig_reap(struct rig *r);

/* Nanoseconds of one transfer, in so many batches.  -EPROTO when one was lost. */
int rig_time(struct rig *r, unsigned int turns, unsigned int batch, struct sample *ret_sample);
