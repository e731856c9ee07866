/*
 * fake_hw - a device made by hand: a file of registers that records every
 * write, and a few lines that answer like a modem unless a test forbids it.
 *
 * Nothing happens behind the test's back: commands are answered when
 * fake_answer() says so, completions come from fake_event(), interrupts from
 * fake_irq().
 */
#pragma once
#include "core/engine.h"

enum {
	FAKE_BAR_LEN = 0x1000,
	FAKE_BHI = 0x100, FAKE_CHDB = 0x300, FAKE_ERDB = 0x700,
	FAKE_WRITES = 4096,		/* recorded, the last ones */
	FAKE_MOST_SLOTS = 64,
	FAKE_IOVA_READS = 0x10000000, FAKE_IOVA_WRITES = 0x40000000,
	FAKE_CHANS = 3, FAKE_ERINGS = 2,
	FAKE_UL = 12, FAKE_DL = 13,	/* channel numbers of channel 0 */
};

struct fake_write {
	uint32_t offset;
	uint64_t value;
	bool is_bell;
};

/* A done() call. */
struct fake_done {
	enum link_dir dir;
	unsigned int slot;
	int status;
	uint32_t len;
};

struct fake_user {
	unsigned int n_opened, n_closed, n_done;
	int opened, closed;
	struct fake_done done[256];	/* the last n_done */
	bool is_with_device[2][FAKE_MOST_SLOTS];
	unsigned int out;
};

struct fake {
	struct hw hw;
	uint32_t regs[FAKE_BAR_LEN / 4];
	struct fake_write writes[FAKE_WRITES];
	unsigned int n_writes;
	unsigned int n_reads, n_ctrl;	/* ctrl: writes to MHICTRL */
	bool is_gone, is_unreachable;	/* reads all ones; answers -EIO */
	bool ignores_reset, ignores_m0, ignores_m3;
	int accesses_left;		/* then it is gone; -1: never */
	unsigned int accesses_after;

	struct timers timers;
	struct dma memory[2];		/* by enum dma_rights */
	struct engine_config config;
	struct chan_config chans[FAKE_CHANS];
	struct ering_config erings[FAKE_ERINGS];
	struct engine *engine;
	struct link *link;
	bool wants_turn;

	/* Read from the contexts once, when M0 is asked for. */
	uint64_t event_base[FAKE_ERINGS], command_base;
	uint32_t event_at[FAKE_ERINGS];	/* next element of each event ring */
	uint32_t command_at;		/* next command to take */

	unsigned int n_changed, n_noted, n_power_done;
	int power_status;
	bool is_offered[FAKE_CHANS];
	struct fake_user users[FAKE_CHANS];
	void (*on_done)(struct fake *f, unsigned int chan, struct fake_done done);
};

void fake_init(struct fake *f);		/* a device in AMSS, in state READY */
void fake_start(struct fake *f);	/* makes the engine */
void fake_fini(struct fake *f);		/* checks that every slot came back */
/* Powers on and reaches M0 in AMSS. */
void fake_boot(struct fake *f);

void fake_settle(struct fake *f);	/* turns, until none is wanted, the next
				 * one included */
void fake_advance(struct fake *f, uint64_t us);	/* time, timer by timer */
void fake_irq(struct fake *f, unsigned int vector);	/* and settles */

/* Stores an element as the next of an event ring and moves rp over it. */
void fake_post(struct fake *f, unsigned int ering, struct tre_copy event);
/* The same, its interrupt, and all that follows. */
void fake_event(struct fake *f, unsigned int ering, struct tre_copy event);
void fake_state(struct fake *f, enum mhi_state state);	/* state event */
void fake_set_rp(struct fake *f, unsigned int ering, uint64_t rp);
uint64_t fake_ering_base(struct fake *f, unsigned int ering);

/* Takes the next command; false when none waits.  @ret_at: where it lies. */
bool fake_command(struct fake *f, struct tre_copy *ret_command, iova_t *ret_at);
/* Answers all commands that wait with @code; how many there were. */
unsigned int fake_answer(struct fake *f, enum ev_code code);

struct chan_ctx *fake_chan_ctx(struct fake *f, unsigned int chid);
void *fake_memory(struct fake *f, iova_t at);
/* Completes element @index of the ring of @chid. */
void fake_complete(struct fake *f, unsigned int chid, unsigned int index, enum ev_code code,
		   uint32_t len);

void fake_open(struct fake *f, unsigned int chan);	/* and answers its commands */
int fake_try_open(struct fake *f, unsigned int chan);	/* answers nothing */
int fake_submit(struct fake *f, unsigned int chan, enum link_dir dir, unsigned int slot,
		uint32_t len);
/* How often a doorbell was rung since the last fake_forget(). */
unsigned int fake_rung(const struct fake *f, uint32_t offset);
void fake_forget(struct fake *f);
