/*
 * instance - what a device consists of, for the files of this folder alone.
 *
 * Hardware comes with device_start() and leaves with device_close(); the
 * memory, and with it what open files of a device point at, stays until the
 * last reference.
 */
#pragma once
#include "device/device.h"
#include "device/spec.h"
#include "io/log.h"
#include "io/pool.h"
#include "transport/loopback.h"

struct device_ops {
	/* State or settledness changed; the device may be freed only from the
	 * loop, not from inside. */
	void (*changed)(void *user, struct device *d);
};

enum { NODE_INFO, NODE_STATE, NODE_STATS, NODE_POWER, N_NODES };

struct device {
	struct list node;	/* in registry->devices, by number */
	unsigned int refs;
	unsigned int number;
	char name[16];		/* "mhi0" */
	char *path_name;	/* "loopback-0"; owned */
	char *address;		/* what the bus calls it; owned */
	enum spec_transport transport;
	struct profile *profile;	/* owned */
	const struct device_ops *ops;	/* borrowed */
	void *user;			/* of ops; borrowed */

	struct loop *loop;	/* borrowed */
	struct hw *hw;		/* owned; NULL before start and after close */
	struct sim_chan *sim_chans;	/* of a simulated modem; owned */
	struct pool pool;
	struct dma dma[2];	/* the pool, by enum dma_rights */
	unsigned int n_mapped;	/* of dma */
	struct engine_config config;
	struct engine *engine;	/* owned; NULL as hw */
	struct defer turn;	/* engine_turn() */

	struct device_port *ports;	/* one a channel of the profile */
	struct port_config *port_configs;
	unsigned int n_ports;	/* 0 after close */
	struct port_budget budget;

	struct list nodes;	/* of struct node: attrs */
	struct node attrs[N_NODES];
	/* Transitions end in the order in which they began, each once. */
	size_t n_power_begun, n_power_ended;
	struct list power_waits;	/* of struct wait: writes to power; len is
					 * n_power_begun as of their own */
	bool is_stopping;	/* for good: powered off as soon as possible */
	bool is_powering_off;	/* because of that; power_done is to come */

	struct events *events;	/* reference */
	struct {	/* as the last event told it */
		enum engine_state state;
		enum mhi_state mhi;
		enum mhi_ee ee;
	} told;
	struct log_limit noted;
};

/* Takes @profile, whatever happens; copies the rest of what is handed in.
 * NULL without memory.  The caller holds the first reference. */
struct device *device_new(struct loop *l, unsigned int number, enum spec_transport transport,
			  const char *address, const char *path_name,
			  struct profile *profile, const struct device_ops *ops, void *user);

/* Takes @hw, maps memory, probes and powers on.  On failure -errno and one
 * sentence in @ret_why; the caller lets go of the device. */
int device_start(struct device *d, struct hw *hw, struct text *ret_why);

/* What a write to power does: 0 or POWER_DONE as engine_power(), or -errno. */
int device_power(struct device *d, enum engine_power what);

/* Ends all open files with ENODEV and powers off for good; ops->changed when
 * device_is_stopped() then holds. */
void device_stop(struct device *d);
bool device_is_stopped(const struct device *d);

/* The hardware leaves; safe twice. */
void device_close(struct device *d);

enum engine_state device_state(const struct device *d);

/* nodes.c: fills attrs and the list of nodes. */
void device_init_nodes(struct device *d);
/* Answers the writes that wait for a transition that ended. */
void device_answer_power(struct device *d, int status);

/* device_events.c: what is reported of a device. */
int device_register_events(struct device *d);
void device_tell_changes(struct device *d);
void device_tell_offered(struct device *d, unsigned int chan, bool is_offered);
void device_tell_channel(struct device *d, const struct port *p);
void device_tell_power(struct device *d, int status);
void device_tell_reset(struct device *d);
