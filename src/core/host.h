/*
 * host - the parts of an engine; for the files of this folder alone.
 */
#pragma once
#include "core/boot.h"
#include "core/channel.h"
#include "core/command.h"
#include "core/dump.h"
#include "core/engine.h"
#include "core/event.h"
#include "core/mission.h"
#include "core/pace.h"
#include "core/power.h"
#include "core/regs.h"
#include "core/startup.h"
#include "core/state.h"

struct engine {
	struct link link;
	const struct engine_config *config;
	const struct engine_ops *ops;
	void *user;
	struct hw *hw;
	struct timers *timers;
	struct engine_counts counts;

	/* What a turn has to do. */
	bool wants_turn;
	bool has_chores;		/* more than doorbells of transfers in M0 */
	bool has_changed;
	bool has_more;			/* an event ring used up its budget */
	bool has_new_ee;		/* EXECENV must be read again */
	unsigned int probe_step;
	struct transfer **by_link;	/* the two directions of each channel of link */
	struct transfer *marked;	/* doorbells due, linked by next_marked */
	struct list work;		/* channels with something to tell */
	int owed[4];			/* power_done()s */
	unsigned int n_owed;

	/* Life of the device. */
	enum dev_state state;		/* by state_step() alone */
	enum mhi_state mhi_state;	/* as last seen or heard */
	enum mhi_ee ee;
	enum engine_power goal;
	bool has_goal;
	bool is_listening;		/* events other than completions count */
	bool is_broken;			/* it broke the protocol: nothing counts */
	bool in_mission;
	uint64_t mission_due_us;	/* when it has to be there, while M0 or M2; 0: unknown */
	bool may_reset;			/* found at start: one reset is allowed */
	bool is_odd;			/* a register made no sense once */
	bool has_halted;		/* on the way to the present goal */
	bool is_resetting_soc;		/* in HALT: time is all there is to wait for */
	bool wake_is_set;		/* wake doorbell holds 1 */
	bool wants_wake;		/* the device asked to leave M3 */
	bool is_held;			/* in M3 it stays there */
	bool is_watched;		/* watch is armed */
	int failure;			/* -errno for who waits for power */
	char why[160];
	struct boot boot;
	struct dump dump;
	struct pace pace;
	struct timer deadline;		/* of the state */
	struct timer poll;
	struct timer watch;
	uint32_t poll_us;
	uint64_t checked_us;		/* MHISTATUS, last time */
	uint64_t watched_events;	/* counts.events, last time */
	uint64_t still_us;		/* since when nothing moved; 0: it does */

	/* Unexpected events and notes, each in the second that began at _us. */
	unsigned int n_strikes, n_notes, n_misrouted;
	uint64_t strikes_us, notes_us;

	/* Shared with the device. */
	struct regs regs;
	struct chan_ctx *chan_ctxs;
	struct event_ctx *event_ctxs;
	struct commands commands;
	struct ering *erings;
	struct channel *chans;
	struct link_chan *link_chans;
	uint16_t *records;		/* behind slot_at and held of all transfers */
	struct transfer nobody;		/* has the channel numbers that are not used */
	struct transfer *by_chid[256];	/* any byte an event can hold */
	/* Rings that have a vector of their own, while listening. */
	struct ering *by_vector[MHI_MAX_EVENT_RINGS + 1];
};

/* Asks for a turn, once. */
void engine_want_turn(struct engine *e);
void engine_want_chores(struct engine *e);
/* Interrupts count, or no longer. */
void engine_listen(struct engine *e);
void engine_deafen(struct engine *e);
/* The getters answer differently now. */
void engine_change(struct engine *e);
/* The channel has something to tell in the next turn. */
void engine_queue(struct engine *e, struct channel *c);

/* Doorbells are heard in this state. */
static inline bool engine_may_ring(const struct engine *e)
{
	return 1u << e->state & (IN(M0) | IN(M2) | IN(SHUTDOWN));
}

/* The device holds an uplink message. */
bool engine_has_uplink(const struct engine *e);
/* The doorbells due; in M3 they are a reason to resume. */
void engine_ring_due(struct engine *e);
/* Every doorbell again. */
enum ring_cause { RING_AT_M0, RING_LOST };
void engine_ring_all(struct engine *e, enum ring_cause cause);

/* The device cannot go on: says why, and goes to ERROR.  @status is what who
 * waits for power gets. */
void engine_fail(struct engine *e, int status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* It broke the protocol: nothing it said later counts. */
void engine_break(struct engine *e, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Unexpected and survived; at most a few a second reach the log. */
void engine_note(struct engine *e, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Allocates all parts and gives each its place in the two pieces of memory.
 * -ENOMEM; destroy is due after both. */
int shape_build(struct engine *e, const struct dma *reads, const struct dma *writes);
void shape_destroy(struct engine *e);

/* The doorbell of a ring, in a state in which doorbells are heard. */
static inline void engine_bell(struct engine *e, uint32_t offset, uint64_t value)
{
	int r;

	e->counts.doorbells++;
	r = e->hw->ops->ring_bell(e->hw, offset, value);
	if (r < 0)
		regs_failed(e, r, offset);
}

/* One slot has a new owner, exactly once: the last line of its story. */
static inline void slot_return(struct engine *e, struct transfer *t, unsigned int slot,
			       int status, uint32_t len)
{
	t->held[slot] = 0;
	e->counts.returned++;
	t->done(t->user, (enum link_dir)t->dir, slot, status, len);
}
