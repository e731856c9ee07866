/*
 * instance - one life of a channel: from the first open to the unprepare, or
 * to its death under the files.
 *
 * A port has at most one instance that opens join (current), and at most one
 * that the link has not given back yet (closing).  A new instance waits for the
 * closing one, then begins.
 *
 * References: one while it is current, one while the link may call it, one for
 * each file, one around each call from outside; so a callback may end it at
 * any point, and everybody looks at instance_is_dead() after calling out.
 */
#pragma once
#include "port/port.h"
#include "port/rx.h"
#include "port/tx.h"
#include <errno.h>

struct port {
	unsigned int refs;	/* the owner's, one for each instance */
	struct link *link;	/* borrowed, as what follows */
	unsigned int chan;
	struct port_config config;
	struct timers *timers;
	struct port_budget *budget;
	const struct port_ops *ops;	/* NULL once the owner let go */
	void *user;
	bool has[2];		/* by enum link_dir */
	bool is_offered;
	bool has_failed;	/* the last start did */
	enum port_state told;	/* the state ops->changed was called for */
	struct port_stats stats;	/* users apart */
	struct tx_slot *tx_slots;	/* NULL until the first instance */
	struct instance *current, *closing;	/* NULL: none */
	char name[];
};

enum instance_state {
	INSTANCE_WAITING,	/* for the link to give the former one back */
	INSTANCE_STARTING,
	INSTANCE_RUNNING,
	INSTANCE_DEAD,		/* no file finds it, the link may still own it */
};

struct instance {
	unsigned int refs;
	struct port *port;	/* owned reference */
	enum instance_state state;
	bool is_leaving;	/* the link returns slots because it ends */
	bool has_link;		/* the link may call */
	int why;		/* of a dead one: -errno */
	unsigned int users;	/* files whose open was answered with 0 */
	uint16_t last_id;	/* of a file */
	struct list files;	/* struct port_file: the users */
	struct list *walk;	/* where instance_notify() goes on */
	struct list opens;	/* parked; wait.owner is the struct port_file */
	struct timer linger;
	struct rx rx;
	struct tx tx;
};

/* A new current instance of @p, begun unless it has to wait.  0 or -errno. */
int instance_new(struct port *p, struct instance **ret_instance);
static inline struct instance *instance_ref(struct instance *i)
{
	i->refs++;
	return i;
}
void instance_free(struct instance *i);	/* by the last reference */
static inline void instance_unref(struct instance *i)
{
	if (--i->refs == 0)
		instance_free(i);
}

/* Ends it for its files as port_kill() says, and asks the link for the rest. */
void instance_end(struct instance *i, int why);
/* A user or a parked open left: when it was the last, unprepares, now or after
 * the linger. */
void instance_rest(struct instance *i);
/* Tells every file that poll may answer differently. */
void instance_notify(struct instance *i);

void port_tell(struct port *p);		/* ops->changed if the state did */
void port_put(struct port *p);		/* drops one reference */

static inline bool instance_is_dead(const struct instance *i)
{
	return i->state == INSTANCE_DEAD;
}

/* A piece can be sent now. */
static inline bool instance_has_room(const struct instance *i)
{
	return i->state == INSTANCE_RUNNING && !i->is_leaving && !i->tx.is_full &&
	       i->tx.free != TX_NO_SLOT;
}

/* Would a write on the living channel be answered at once?  Those who wait go
 * first. */
static inline bool instance_is_writable(const struct instance *i)
{
	return instance_has_room(i) && list_is_empty(&i->tx.writers);
}

/* Is what a link returns the end of the channel rather than of one transfer? */
static inline bool is_departure(int status)
{
	return status == -ECANCELED || status == -ECONNRESET || status == -ENODEV ||
	       status == -ENOTCONN;
}
