/*
 * instance - what a device consists of, for the files of this folder alone.
 *
 * Hardware comes with its bearer and leaves with device_close(); the memory,
 * and with it what open files of a device point at, stays until the last
 * reference.
 */
#pragma once
#include "device/bearer.h"
#include "device/config.h"
#include "device/device.h"
#include "device/driver.h"
#include "device/history.h"
#include "device/profile.h"
#include "device/spec.h"
#include "io/log.h"

struct device_ops {
	/* State or settledness changed; the device may be freed only from the
	 * loop, not from inside. */
	void (*changed)(void *user, struct device *d);
	/* From device_new(): drivers may be added.  0 or -errno with one sentence
	 * in @ret_why; may be missing. */
	int (*born)(void *user, struct device *d, const struct spec *s, struct text *ret_why);
};

/* What a device is made of; all borrowed for the call, but loop, ops and user. */
struct device_birth {
	struct loop *loop;
	const struct config *config;
	const struct spec *spec;
	const char *path_name;	/* "loopback-0" */
	unsigned int number;
	const struct device_ops *ops;
	void *user;		/* of ops */
};

enum { NODE_INFO, NODE_STATE, NODE_STATS, NODE_POWER, N_NODES };

struct device {
	struct list node;	/* in registry->devices, by number */
	unsigned int refs;
	unsigned int n_users;	/* of the hardware */
	unsigned int number;
	char name[16];		/* "mhi0" */
	char *path_name;	/* "loopback-0"; owned */
	char *address;		/* what the bus calls it; owned */
	const struct device_ops *ops;	/* borrowed */
	void *user;			/* of ops; borrowed */
	struct loop *loop;	/* borrowed */
	struct bearer *bearer;	/* owned */
	struct list drivers;	/* of struct driver: owned */

	struct node_dir root;
	struct node attrs[N_NODES];
	struct port_budget budget;	/* of all ports */

	/* Transitions end in the order in which they began, each once. */
	size_t n_power_begun, n_power_ended;
	struct list power_waits;	/* of struct wait: writes to power; len is
					 * n_power_begun as of their own */
	bool is_stopping;	/* no open succeeds any more */
	bool is_powering_off;	/* for good; power_done is to come */
	bool is_closed;		/* the hardware has left */
	int claim;		/* see claim.h; -1: none */

	struct events *events;	/* reference */
	struct text blame;	/* of a driver; "": nothing */
	struct history history;
	struct crashes *crashes;	/* owned; NULL: nothing is saved of it */
	struct {	/* as the last event told it */
		enum engine_state state;
		const char *mhi, *ee;
	} told;
	struct log_limit noted;
};

/* Takes @bearer, whatever happens.  0 or -errno, perhaps with one sentence in
 * @ret_why.  The caller holds the first reference, and is the first user. */
int device_new(const struct device_birth *b, const char *address, struct bearer *bearer,
	       struct device **ret_device, struct text *ret_why);

/* What a write to power does: 0 or POWER_DONE as engine_power(), or -errno. */
int device_power(struct device *d, enum engine_power what);

/* The registry's use ends: open files get ENODEV, drivers let go, the last put
 * powers off; ops->changed when device_is_stopped() then holds. */
void device_stop(struct device *d);
bool device_is_stopped(const struct device *d);

/* The hardware leaves; safe twice. */
void device_close(struct device *d);

enum engine_state device_state(const struct device *d);
const char *device_why(const struct device *d);
const char *device_mhi(const struct device *d);

/* The driver that takes this channel of the bearer for itself, or NULL. */
struct driver *device_driver_of(const struct device *d, const char *channel);

/* Where directories are added: "rpmsg", "gpio".  Their memory is the caller's,
 * and stays until the device is freed. */
struct node_dir *device_root(struct device *d);

/* ports.c */

/* A channel file in @dir, not offered yet.  @c tells its name (copied), sizes
 * and permissions; @l has to live as port.h says.  0 or -errno with one
 * sentence in @ret_why (caller's). */
int device_add_port(struct device *d, struct node_dir *dir, const struct profile_chan *c,
		    struct link *l, unsigned int chan, struct device_port **ret_port,
		    struct text *ret_why);
void device_offer_port(struct device *d, struct device_port *p, bool is_offered);
/* Ends its files with @why and forgets it. */
void device_remove_port(struct device_port *p, int why);
/* Whose the files are that everybody with a modem may use: dialout, or root. */
gid_t device_default_gid(void);
/* For each port, those of subdirectories included. */
void device_each_port(const struct node_dir *dir, void (*fn)(void *user, struct device_port *p),
		      void *user);

/* nodes.c: fills attrs and the list of nodes. */
void device_init_nodes(struct device *d);
/* Answers the writes that wait for a transition that ended. */
void device_answer_power(struct device *d, int status);

/* device_events.c: what is reported of a device. */
int device_register_events(struct device *d);
void device_tell_changes(struct device *d);
void device_tell_offered(struct device *d, const char *channel, bool is_offered);
void device_tell_channel(struct device *d, const struct port *p);
void device_tell_power(struct device *d, int status);
void device_tell_reset(struct device *d, const char *cause);
/* Anything else of @type; takes @fields. */
void device_tell(struct device *d, const char *type, json_t *fields);
