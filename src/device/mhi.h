/*
 * mhi - the bearer of a PCI function, real or simulated: hardware, the memory it
 * reaches, and the MHI engine that drives both.
 */
#pragma once
#include "device/instance.h"
#include "device/config.h"
#include "transport/loopback.h"

/* Takes @profile, whatever happens; @config is borrowed.  NULL without memory. */
struct bearer *mhi_new(struct loop *l, const struct config *config, const char *transport,
		       struct profile *profile);
const struct profile *mhi_profile(const struct bearer *b);

/* Takes @hw, and @sim_chans (malloc'd, may be NULL) that it needs until it is
 * closed; maps memory, probes, makes the files and powers on.  On failure -errno
 * and one sentence in @ret_why; the caller lets go of the device. */
int mhi_start(struct bearer *b, struct hw *hw, struct sim_chan *sim_chans,
	      struct text *ret_why);

/* For tests: NULL before start and after close. */
struct hw *mhi_hw(struct bearer *b);
struct engine *mhi_engine(struct bearer *b);
