/*
 * simulated - the simulated modem that a spec "loopback..." asks for.
 */
#pragma once
#include "device/profile.h"
#include "device/spec.h"
#include "transport/loopback.h"

/* What a modem does wrong, beyond its configuration. */
struct misdeeds {
	enum sim_mood mood;
	struct sim_fault faults[SIM_MAX_FAULTS];
	unsigned int n_faults;
};

/* To a modem that was just powered on. */
void misdeeds_begin(const struct misdeeds *m, struct sim *s);

/* How the modem of @p behaves when options of @s set its timing, lives,
 * mood and faults.  @ret_chans (malloc'd) belongs to @ret_config and must outlive the
 * modem, as must @p.  0 or -errno with one sentence. */
int simulated_config(const struct spec *s, const struct profile *p,
		     struct sim_config *ret_config, struct sim_chan **ret_chans,
		     struct misdeeds *ret_misdeeds, struct text *ret_why);

/* That modem, as hardware inside this process. */
int simulated_open(struct loop *l, const struct spec *s, const struct profile *p,
		   const char *who, struct hw **ret_hw, struct sim_chan **ret_chans,
		   struct text *ret_why);
