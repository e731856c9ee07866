/*
 * simulated - the simulated modem that a spec "loopback..." asks for.
 */
#pragma once
#include "device/profile.h"
#include "device/spec.h"
#include "transport/loopback.h"

/* The modem has the channels of @p; options of @s set its timing and moods.
 * @ret_chans (malloc'd) must outlive the hardware, as must @p.  0 or -errno
 * with one sentence. */
int simulated_open(struct loop *l, const struct spec *s, const struct profile *p,
		   const char *who, struct hw **ret_hw, struct sim_chan **ret_chans,
		   struct text *ret_why);
