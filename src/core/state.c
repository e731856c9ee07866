#include "core/state.h"
#include "core/host.h"

#define ANY ((1u << N_DEV_STATES) - 1)
#define POWERED (ANY & ~(IN(OFF) | IN(ERROR) | IN(GONE)))

/* The life of a device.  A pair that is not listed is refused. */
static const struct step {
	unsigned int from;		/* set of IN() */
	enum dev_event when;
	enum dev_state to;
} steps[] = {
	{ IN(OFF) | IN(ERROR),	ON_POWER_ON,	DEV_BOOT },
	{ IN(BOOT),		ON_FOUND_RUNNING, DEV_RESET },
	{ IN(RESET),		ON_RESET_CLEAR,	DEV_BOOT },
	{ IN(BOOT),		ON_READY,	DEV_READY },
	{ IN(READY) | IN(M2) | IN(M3_EXIT), ON_M0, DEV_M0 },
	{ IN(M0),		ON_M1,		DEV_M2 },
	{ IN(M0),		ON_SUSPEND,	DEV_M3_ENTER },
	{ IN(M3_ENTER),		ON_M3,		DEV_M3 },
	{ IN(M3),		ON_RESUME,	DEV_M3_EXIT },
	{ IN(M0) | IN(M2),	ON_POWER_OFF,	DEV_SHUTDOWN },
	{ IN(BOOT) | IN(RESET) | IN(READY) | IN(M3_ENTER) | IN(M3_EXIT) |
	  IN(SHUTDOWN) | IN(ERROR), ON_QUIET,	DEV_HALT },
	{ IN(HALT),		ON_RESET_CLEAR,	DEV_OFF },
	{ POWERED,		ON_FAILURE,	DEV_ERROR },
	{ ANY & ~IN(GONE),	ON_GONE,	DEV_GONE },
};

static void (*const arrive[N_DEV_STATES])(struct engine *e) = {
	[DEV_OFF] = power_arrive_off,
	[DEV_BOOT] = startup_arrive_boot,
	[DEV_RESET] = startup_arrive_reset,
	[DEV_READY] = startup_arrive_ready,
	[DEV_M0] = mission_arrive_m0,
	[DEV_M2] = mission_arrive_m2,
	[DEV_M3_ENTER] = mission_arrive_m3_enter,
	[DEV_M3] = mission_arrive_m3,
	[DEV_M3_EXIT] = mission_arrive_m3_exit,
	[DEV_SHUTDOWN] = power_arrive_shutdown,
	[DEV_HALT] = power_arrive_halt,
	[DEV_ERROR] = power_arrive_error,
	[DEV_GONE] = power_arrive_gone,
};

int state_next(enum dev_state from, enum dev_event when, enum dev_state *ret_to)
{
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		if (steps[i].when == when && steps[i].from & 1u << from) {
			*ret_to = steps[i].to;
			return STATE_OK;
		}
	}
	return STATE_REFUSED;
}

int state_step(struct engine *e, enum dev_event when)
{
	enum dev_state to;

	if (state_next(e->state, when, &to))
		return STATE_REFUSED;
	timer_stop(&e->deadline);
	timer_stop(&e->poll);
	pace_forget(e);
	e->state = to;
	engine_change(e);
	arrive[to](e);
	return STATE_OK;
}

const char *dev_state_name(enum dev_state s)
{
	static const char *const names[N_DEV_STATES] = {
		"OFF", "BOOT", "RESET", "READY", "M0", "M2", "M3_ENTER", "M3",
		"M3_EXIT", "SHUTDOWN", "HALT", "ERROR", "GONE",
	};

	return names[s];
}

const char *dev_event_name(enum dev_event when)
{
	static const char *const names[N_DEV_EVENTS] = {
		"POWER_ON", "FOUND_RUNNING", "RESET_CLEAR", "READY", "M0", "M1",
		"M3", "SUSPEND", "RESUME", "POWER_OFF", "QUIET", "FAILURE", "GONE",
	};

	return names[when];
}
