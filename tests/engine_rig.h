/*
 * engine_rig - an engine over a simulated modem, in simulated time, with a
 * user of its channels who counts everything.
 *
 * Interrupts and turns are delivered as a loop would: never from inside a
 * register access, until nothing is left to do in this turn or the next, which
 * begins a microsecond later.
 */
#pragma once
#include "core/engine.h"
#include "sim/sim.h"

enum {
	RIG_CHANS = 6,
	RIG_SLOTS = 64,			/* more than any channel has */
	RIG_READS = 0x10000000,		/* IOVAs */
	RIG_WRITES = 0x40000000,
	RIG_IMAGE = 0x70000000,		/* device reads */
	RIG_DUMP = 0x78000000,		/* device writes */
	RIG_EXTRA_LEN = 1 << 20,	/* of both, unless asked otherwise */
};

/* Channels of the default rig. */
enum { RIG_ECHO, RIG_CONTROL, RIG_SINK, RIG_SOURCE, RIG_HW, RIG_SBL };

/* The user of one channel: where each slot is, and what was called. */
struct rig_user {
	struct rig *rig;
	unsigned int chan;
	unsigned int opened, closed;	/* calls */
	int opened_status, closed_why;
	bool is_with_device[2][RIG_SLOTS];
	unsigned int out[2];		/* slots with the device */
	uint64_t submitted[2], returned[2];
	uint64_t taken, arrived, bytes;	/* UL with 0; DL with 0 or LINK_MORE */
	unsigned int n_last;		/* the last done calls, oldest first */
	struct { enum link_dir dir; unsigned int slot; int status; uint32_t len; } last[256];
	/* Something to do from inside done; may be NULL. */
	void (*on_done)(struct rig_user *u, enum link_dir dir, unsigned int slot, int status);
};

struct rig {
	struct timers timers;
	struct hw hw;
	struct sim *sim;
	struct dma reads, writes;
	struct dma image, dump;		/* zeroed; mapped from the start */
	size_t extra_len;		/* of both */
	struct engine *engine;
	struct link *link;
	struct engine_config config;
	struct chan_config chans[RIG_CHANS];
	struct ering_config erings[4];
	struct sim_config sim_config;
	struct sim_chan sim_chans[RIG_CHANS];
	uint64_t vectors;		/* raised and not delivered */
	bool sim_wants_turn, engine_wants_turn;
	bool is_unplugged, is_mute;	/* mute: interrupts get lost */
	unsigned int n_complaints;
	char complaint[160];
	struct rig_user users[RIG_CHANS];
	/* What the engine said. */
	unsigned int n_changed, n_power_done, n_noted;
	int power_status;
	char noted[160];
	unsigned int n_wants, n_loaded, n_dumped;
	enum mhi_ee wants_ee;
	int loaded_status, dumped_status;
	/* Answers from inside wants_image(); NULL: nobody does. */
	void (*on_wants_image)(struct rig *r, enum mhi_ee ee);
	bool is_offered[RIG_CHANS];
	/* Accesses after the link was gone, or beyond the BAR. */
	unsigned int n_forbidden;
	/* What a register read takes, what reads took since time went on, and the
	 * most that one call of the engine took. */
	uint32_t read_us;
	uint64_t lag_us, longest_us;
	unsigned int n_ctrl_writes;	/* to MHICTRL */
};

/* Sets the defaults; a test changes them before rig_start(). */
void rig_init(struct rig *r);
void rig_start(struct rig *r);		/* modem and engine exist, nothing powered */
void rig_fini(struct rig *r);		/* checks that every slot came back */

/* engine_probe() in as many turns as it wants. */
int rig_probe(struct rig *r, const char **ret_why);
void rig_settle(struct rig *r);
void rig_advance(struct rig *r, uint64_t us);	/* step by step through all timers */
/* engine_power() and all that follows, at most a simulated minute; what
 * power_done said, or the immediate refusal. */
int rig_power(struct rig *r, enum engine_power what);
void rig_power_on(struct rig *r);	/* aborts the test when it fails */

int rig_open_later(struct rig *r, unsigned int chan);	/* only asks */
int rig_open(struct rig *r, unsigned int chan);	/* what opened() said */
void rig_open_ok(struct rig *r, unsigned int chan);
void rig_close(struct rig *r, unsigned int chan);	/* until closed() */
/* A slot the device does not hold, submitted.  The outcome of submit. */
int rig_send(struct rig *r, unsigned int chan, const void *data, uint32_t len);
int rig_offer(struct rig *r, unsigned int chan);	/* one downlink slot */
void rig_offer_all(struct rig *r, unsigned int chan);

#define rig_user(r, chan) (&(r)->users[chan])
