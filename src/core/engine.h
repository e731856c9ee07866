/*
 * engine - an MHI host without any I/O: power, rings, events, commands and
 * channels of one device.
 *
 * Registers and DMA are handed in (hw.h), time is timers->now_us, interrupts
 * are a call, channels are offered upwards as a link (link.h).  No clock, no
 * log, no malloc after engine_new().
 *
 * The device is input, not a partner: what it writes is copied once, checked,
 * and compared with a private record.  Once it has broken the protocol the
 * engine stops listening, gives every slot back and says why.
 */
#pragma once
#include "base/timers.h"
#include "core/hw.h"
#include "core/layout.h"
#include "core/link.h"

/* Where an execution environment is one bit of a mask: EE_BIT(MHI_EE_AMSS). */
#define EE_BIT(ee) (1u << (ee))

struct ering_config {
	uint16_t elements;	/* power of two, >= 8 */
	uint16_t moderation_ms;	/* 0: each event interrupts */
	bool hw;		/* hardware ring: handed out at mission mode */
	bool burst;
};

/* One direction of a channel. */
struct chan_dir_config {
	bool exists;
	uint8_t chid;		/* < MHI_MAX_CHANNELS - 1 */
	uint8_t ering;		/* index into engine_config.erings */
	uint16_t elements;	/* of the ring, power of two */
	uint32_t slot_len;	/* bytes, 1..65535: UL MTU, DL MRU */
	bool burst;		/* doorbell only in doorbell mode */
	bool db_mode_switch;	/* doorbell mode again at each M0 */
	bool rsc;		/* DL only: coalesced completions by cookie */
};

struct chan_config {
	const char *name;	/* borrowed, outlives the engine */
	struct chan_dir_config dir[2];	/* by enum link_dir */
	uint32_t ee_mask;	/* EE_BIT()s that offer it */
	bool tolerant;		/* one event may complete several unchained TREs */
};

struct engine_config {
	const struct chan_config *chans;	/* borrowed, outlive the engine */
	unsigned int n_chans;
	const struct ering_config *erings;	/* borrowed, outlive the engine */
	unsigned int n_erings;			/* at least 1 */
	uint32_t timeout_ms;		/* a command, M0, M3, RESET */
	uint32_t ready_timeout_ms;	/* READY and mission mode */
	/* EE_BIT()s of boot loaders that ask the host for an image: PBL, EDL and
	 * SBL; the others boot by themselves. */
	unsigned int image_ees;
	uint32_t soc_reset_ms;		/* from SOC reset to a device that answers */
	/* Longest a device may do nothing at all while it holds an uplink message
	 * and has room for what it wants to say; 0: for ever. */
	uint32_t stall_ms;
	bool no_m3;
	bool sideband_wake;		/* no wake doorbell */
	bool skip_wake_db_at_init;
};

enum engine_power {
	POWER_OFF,
	POWER_ON,
	POWER_RESET,
	POWER_SUSPEND,
	POWER_RESUME,
	POWER_EDL,	/* as reset, into emergency download */
};

/* The life of a device as people see it; words by engine_state_name(). */
enum engine_state {
	ENGINE_OFF,
	ENGINE_STARTING,
	ENGINE_READY,
	ENGINE_SUSPENDED,
	ENGINE_RECOVERING,
	ENGINE_ERROR,
	ENGINE_GONE,
};

/* What the engine calls; the device instance implements it.  Called from
 * engine_irq(), engine_turn(), engine_power(), timers, and link operations. */
struct engine_ops {
	/* Call engine_turn() before you next sleep. */
	void (*wants_turn)(void *user);
	/* State, MHI state, EE or the reason changed; read them with the
	 * getters. */
	void (*changed)(void *user);
	/* The channel appeared in or left the execution environment. */
	void (*offered)(void *user, unsigned int chan, bool is_offered);
	/* The transition asked for by engine_power() ended: 0, -ETIMEDOUT, -EIO,
	 * -ENODEV, -EBUSY when traffic came first, -ECANCELED when a later one
	 * replaced it. */
	void (*power_done)(void *user, int status);
	/* Unexpected and survived: one sentence for the log. */
	void (*noted)(void *user, const char *sentence);
	/* A loader of image_ees waits for its image: engine_load() or
	 * engine_refuse_image(), from inside or later. */
	void (*wants_image)(void *user, enum mhi_ee ee);
	/* The device does not read the image of engine_load() any more: 0, or
	 * -errno, and engine_why() tells its error registers.  -ECANCELED: it went
	 * on by itself, or is no longer asked to. */
	void (*loaded)(void *user, int status);
	/* The dump of a device in RDDM ended: 0, or -errno and it may be there in
	 * part.  It was announced by changed() in that environment. */
	void (*dumped)(void *user, int status);
};

/* An image as the device will read it, mapped DEV_READS until loaded(). */
struct engine_image {
	iova_t iova;	/* PBL, EDL: all of it in one piece */
	size_t len;	/* bytes, not 0 */
	iova_t table;	/* SBL: where engine_lay_table() put the vector */
	size_t table_len;
};

/* Bytes of DMA memory an engine of this shape needs, whole pages. */
struct engine_memory {
	size_t reads;	/* mapped DEV_READS: transfer and command rings, UL slots */
	size_t writes;	/* mapped DEV_WRITES: contexts, event rings, DL slots */
	size_t align;	/* of both pieces: a ring lies at a multiple of its length */
};

struct engine;

/* 0, or -EINVAL and a sentence in @ret_why (static) when the configuration is
 * not one a device could have. */
int engine_check(const struct engine_config *c, const char **ret_why);
struct engine_memory engine_memory(const struct engine_config *c);

/* @hw, @timers, @ops, @user and what @c points to are borrowed.  The two
 * pieces of DMA memory are zeroed and have the sizes of engine_memory(); the
 * caller maps them before power-on and unmaps them after engine_free().
 * Returns NULL only without memory. */
struct engine *engine_new(const struct engine_config *c, struct hw *hw,
			  struct timers *timers, const struct dma *reads,
			  const struct dma *writes,
			  const struct engine_ops *ops, void *user);
/* Does not touch the device and calls nobody; close all channels first. */
void engine_free(struct engine *e);

/* Reads, never writes: is this a device we can drive?  0, -ENODEV (all ones),
 * -EPROTO, with a sentence in @ret_why (valid as long as @e).  PROBE_MORE: so far;
 * one register was read, call again in the next turn. */
enum { PROBE_OK, PROBE_MORE };
int engine_probe(struct engine *e, const char **ret_why);

/* Starts a transition.  0: power_done follows, later.  1 (POWER_DONE): nothing
 * to do, the device is there already.  -EBUSY: another one is under way.
 * -EINVAL: not possible from here (suspend of an off device).  -ENODEV. */
enum { POWER_STARTED, POWER_DONE };
int engine_power(struct engine *e, enum engine_power what);

/* Gives the waiting loader its image.  -EINVAL: none waits any more. */
int engine_load(struct engine *e, const struct engine_image *i);
/* There is none: the device goes to ERROR with this reason. */
void engine_refuse_image(struct engine *e, int status, const char *why);

/* Memory for a crash dump: the vector's place, as engine_lay_table() made it, of
 * memory mapped DEV_WRITES as long as the engine lives.  From the next power-up
 * on. */
void engine_set_dump(struct engine *e, iova_t table, size_t table_len);
bool engine_is_dumping(const struct engine *e);
/* In ERROR: has the device got to RDDM by now?  Then its dump is waited for. */
bool engine_look_for_dump(struct engine *e);
/* In ERROR and in mission mode still: tells the device to go to RDDM.  False: it
 * cannot be told, or there is no memory for a dump.
 * Source: Linux drivers/bus/mhi/host/boot.c, __mhi_download_rddm_in_panic(). */
bool engine_force_dump(struct engine *e);

/* The vector over [iova, iova + len) in pieces: bytes of the table, one entry of
 * ENGINE_TABLE_ENTRY bytes a piece. */
enum { ENGINE_TABLE_ENTRY = 16 };
size_t engine_lay_table(void *table, iova_t iova, size_t len, uint32_t piece);

/* Asks a device that seems well whether it is: one that crashed in silence
 * fails now.  Nothing in a state in which registers may not be read. */
void engine_check_health(struct engine *e);

/* The system is about to sleep, or is awake again: a held device stays in M3
 * whatever traffic comes, and goes on with that when it is let go. */
void engine_hold(struct engine *e, bool is_held);
/* The system has slept: a device that lost its state goes to ERROR.
 * ENGINE_ABSENT, and nothing changed: registers read all ones, as the link is
 * not back yet; ask again, or give up with engine_gone().  -errno of the
 * register. */
enum { ENGINE_CHECKED, ENGINE_ABSENT };
int engine_recheck(struct engine *e);

/* An interrupt vector fired.  On vector 0 that is also how a device in M3 asks
 * to be woken, and how a transport passes that on. */
void engine_irq(struct engine *e, unsigned int vector);
/* Surprise removal: no register access any more, everything comes back. */
void engine_gone(struct engine *e);
/* Rings the doorbells due, once each, and goes on with event rings that used
 * up their budget. */
void engine_turn(struct engine *e);

struct link *engine_link(struct engine *e);
bool engine_is_offered(const struct engine *e, unsigned int chan);

enum engine_state engine_state(const struct engine *e);
enum mhi_state engine_mhi_state(const struct engine *e);
enum mhi_ee engine_ee(const struct engine *e);
const char *engine_why(const struct engine *e);	/* "" when nothing is wrong */
const char *engine_state_name(enum engine_state s);
const char *mhi_state_name(enum mhi_state s);	/* "M0", "SYS_ERR", ... */
const char *mhi_ee_name(enum mhi_ee ee);	/* "AMSS", "PBL", ... */

/* The end of every ring in use, one line a call; good until the next power-up. */
void engine_show_rings(const struct engine *e, void (*line)(void *user, const char *line),
		       void *user);

/* Exact counts, for tests and benchmarks. */
struct engine_counts {
	uint64_t mmio_reads, mmio_writes, doorbells;
	uint64_t events, bad_events, commands;
	uint64_t submitted, returned;	/* slots; equal when all are closed */
	uint64_t wakes;			/* device wake references held now */
};
const struct engine_counts *engine_counts(const struct engine *e);
