/*
 * sim - a simulated MHI modem: the device end of the protocol, without I/O.
 *
 * Deterministic: no thread, no clock but timers->now_us, no chance but its
 * seed.  Registers come in as calls, host memory is reached through sim_bus,
 * interrupts go out as calls.  Loopback runs it inside the daemon, a server
 * shows it to another process, a test drives it by hand.
 *
 * It behaves as a modem has to: it never takes an uplink message it cannot
 * answer, never stores an event where the host still reads, and touches host
 * memory only as far and in the direction it was mapped.
 *
 * Source: the register reactions are those of Linux drivers/bus/mhi/ep.
 */
#pragma once
#include "base/bytes.h"
#include "base/iova.h"
#include "base/timers.h"

enum sim_access { SIM_READS, SIM_WRITES };

/* A stretch of host memory as the device and as we see it. */
struct sim_window {
	iova_t iova;
	size_t len;
	uint8_t *cpu;
};

/* What the device needs from the world; called from register writes, turns,
 * timers and injected faults. */
struct sim_bus_ops {
	/* The piece of host memory that holds @iova and is mapped for this
	 * access, as far as it goes; false when there is none.  What may be
	 * written may be read as well.  Good until sim_forget_memory(). */
	bool (*reach)(void *bus, iova_t iova, enum sim_access access,
		      struct sim_window *ret_window);
	void (*raise)(void *bus, unsigned int vector);
	/* Call sim_turn() soon. */
	void (*wants_turn)(void *bus);
	/* The host asked for something it may not have: one sentence. */
	void (*complain)(void *bus, const char *sentence);
};

/* What a channel does with its traffic: a service of service.h by name, or
 * one of "echo", "swallow" (takes everything), "produce" (fills each downlink
 * buffer: byte i of its message k is (k + i) mod 256, k counts from 0), "mute"
 * (takes nothing, says nothing). */
struct sim_chan {
	uint8_t ul, dl;		/* channel numbers; SIM_NO_CHANNEL: none */
	const char *life;	/* borrowed */
};
#define SIM_NO_CHANNEL 0xff

struct sim_config {
	const struct sim_chan *chans;	/* borrowed */
	unsigned int n_chans;
	unsigned int n_hw_chans;
	uint64_t seed;
	unsigned int n_vectors;		/* MSI vectors granted, at least 1 */
	uint32_t first_ee;	/* enum mhi_ee found at power-on: AMSS, or PBL, PTHRU */
	/* Delays, microseconds; 0 answers in the next turn. */
	uint32_t reset_us;	/* RESET set to RESET clear */
	uint32_t ready_us;	/* RESET clear to READY */
	uint32_t boot_us;	/* each step PBL, SBL, AMSS when first_ee is not AMSS */
	uint32_t m0_us, m3_us;	/* request to state event */
	uint32_t command_us;	/* command to its completion */
	uint32_t idle_us;	/* idle in M0 until M1 is announced; 0: never */
	uint32_t image_us;	/* doorbell of an image to its status */
	uint32_t dump_us;	/* RDDM to the end of the dump */
	/* PBL, EDL and SBL go on only with an image from the host. */
	bool wants_images;
	bool is_sbl_on_board;	/* ... but SBL, which finds the rest on board */
	bool crashes_to_rddm;	/* a crash leads there: it has a dump to send */
};

struct sim;

/* Sensible for a healthy modem that answers at once: profile "sim". */
extern const struct sim_config sim_config_default;

/* @c is copied, what it points to is borrowed; NULL without memory or when a
 * life is unknown. */
struct sim *sim_new(const struct sim_config *c, struct timers *timers,
		    const struct sim_bus_ops *bus_ops, void *bus);
void sim_free(struct sim *s);
bool sim_life_is_known(const char *life);
/* The life that belongs to a channel name: "DUN" is "at"; "echo" when the name
 * says nothing. */
const char *sim_life_for_name(const char *name);

enum { SIM_BAR_LEN = 0x1000 };
uint32_t sim_read32(struct sim *s, uint32_t offset);	/* all ones beyond the BAR */
void sim_write32(struct sim *s, uint32_t offset, uint32_t value);

/* Work due now: doorbells rung since the last turn, replies waiting for a
 * buffer.  Does at most 64 elements per channel. */
void sim_turn(struct sim *s);
void sim_set_vectors(struct sim *s, unsigned int n_vectors);
/* The bus unmapped or remapped something: ask again before the next access. */
void sim_forget_memory(struct sim *s);

/* Power cut and power on again: all state lost, EE first_ee. */
void sim_power_cycle(struct sim *s);

/* Faults a test can ask for. */
void sim_set_state_sys_err(struct sim *s);	/* crash: SYS_ERR by register, event and interrupt */
void sim_set_ee(struct sim *s, uint32_t ee);	/* EXECENV and an EE event */
/* Stores any element as the next event of a ring, as it stands. */
void sim_inject_event(struct sim *s, unsigned int ering, uint64_t ptr,
		      uint32_t dword0, uint32_t dword1);
/* Puts any value into an event ring context's rp and raises its vector. */
void sim_inject_event_rp(struct sim *s, unsigned int ering, uint64_t rp);
/* From now on a register reads as @value; sim_release_register() ends it. */
void sim_force_register(struct sim *s, uint32_t offset, uint32_t value);
void sim_release_register(struct sim *s, uint32_t offset);
enum sim_mood {
	SIM_HEALTHY,
	SIM_DEAF_TO_COMMANDS,	/* no command completes */
	SIM_REFUSES_START,	/* START_CHAN ends in UNDEFINED_ERR */
	SIM_HOLDS_UPLINK,	/* takes no uplink element */
	SIM_IGNORES_M0,
	SIM_IGNORES_M3,
	SIM_NEVER_READY,
};
void sim_set_mood(struct sim *s, enum sim_mood mood);

/* Is the card still in its slot?  A lost one shows by registers that read all
 * ones; the transport has to notice one that was pulled.  Faults of fault.h. */
enum sim_presence { SIM_PRESENT, SIM_LOST, SIM_PULLED };
enum sim_presence sim_presence(const struct sim *s);

struct sim_counts {
	uint64_t ul_messages, ul_bytes, dl_messages, dl_bytes;
	uint64_t commands, starts, resets;	/* channel commands that succeeded */
	uint64_t doorbells, interrupts;
	uint64_t refused_dma;	/* accesses the mapping did not allow */
	uint64_t held_events;	/* events that waited for room in their ring */
	uint64_t wakes;		/* requests to leave M3 */
	unsigned int images, dumps;	/* taken whole, sent whole */
	uint32_t image_sum;	/* of all bytes of the last image */
	unsigned int running;	/* channel directions in RUNNING now */
};
const struct sim_counts *sim_counts(const struct sim *s);
