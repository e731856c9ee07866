/*
 * fault - what a simulated modem does wrong, by the number it has in the
 * catalogue of faults: F01 to F66, as far as they are the device's.
 *
 * A fault waits for its moment, then does its deed so many times: by itself,
 * on a timer, or where the modem passes anyway (a register access, an event, an
 * interrupt, a payload).  Several may be armed at once.  A healthy modem pays one
 * branch at each of these places.
 *
 * Text form: F17[@WHEN][,KEY=VALUE]... ; ':' may stand for ',' behind WHEN.
 * WHEN is a time (250us, 100ms, 2s), the k-th of something from now on (read#9,
 * write#3, event#5), or a state of the modem that begins (M0, M3, READY, ...).
 * KEYs: case (from 1), times (0: for ever), every (microseconds), delay (the
 * same), ring, channel, value.
 */
#pragma once
#include "sim/sim.h"

enum sim_fault_when {
	SIM_WHEN_TIME,		/* @k microseconds from now */
	SIM_WHEN_READ,		/* the k-th register read, from 1 */
	SIM_WHEN_WRITE,		/* register write, doorbells included */
	SIM_WHEN_EVENT,
	SIM_WHEN_STATE,		/* k: enum mhi_state */
};

enum sim_deed {
	/* Registers: @at, or SIM_ANY_REGISTER. */
	DEED_READ_IS, DEED_READ_OR, DEED_READ_AND, DEED_READ_XOR,
	DEED_READ_VARIES,	/* another value each time */
	/* @at may also be SIM_ANY_BELL; only values with a bit of @value. */
	DEED_WRITE_LOST,
	/* Events of @type (0: any), @chan and @ring (SIM_ANY). */
	DEED_EVENT_LOST, DEED_EVENT_TWICE, DEED_EVENT_AGAIN,	/* again: @delay_us later */
	DEED_EVENT_LATE, DEED_EVENT_SWAPPED, DEED_EVENT_UNWRITTEN,
	DEED_EVENT_TYPE, DEED_EVENT_CODE, DEED_EVENT_CHAN, DEED_EVENT_RING,
	DEED_EVENT_PTR, DEED_EVENT_PTR_ADD, DEED_EVENT_LEN, DEED_EVENT_LEN_ADD,
	DEED_EVENT_RESERVED,	/* bits that are to be 0 */
	DEED_OVERRUN,		/* the host's write pointer is not looked at */
	/* The read pointer of @ring, as it is published. */
	DEED_RP_IS, DEED_RP_FROM_BASE, DEED_RP_FROM_END, DEED_RP_ADD, DEED_RP_TURN,
	/* Interrupts: each @value-th. */
	DEED_IRQ_LOST,
	/* Payload of a downlink: announced, but not written. */
	DEED_DATA_LOST,
	/* What a service says that can lie: rpmsg.  Case @value of the fault. */
	DEED_LIE,
	/* The rest happens by itself, every @every_us. */
	DEED_IRQ,		/* vector @value */
	DEED_EVENT,		/* @type, @code, @chan, @value on @ring */
	DEED_EVENTS,		/* the same, as many as there is room for */
	DEED_CRASH_SILENT, DEED_CRASH_EVENT, DEED_CRASH,
	DEED_EE,		/* @value */
	DEED_EE_ANY,		/* another each time */
	DEED_RESTART, DEED_RESTART_SILENT,
	DEED_LOSE,		/* registers read all ones, and that is all */
	DEED_PULL,		/* the same, and the transport says so */
	DEED_MOOD,		/* enum sim_mood @value */
	DEED_FLIP,		/* a bit of an event ring or its context */
	DEED_SCRIBBLE,		/* over the memory of enum sim_target @value */
};
#define SIM_ANY_REGISTER 0xffffffffu
#define SIM_ANY_BELL 0xfffffffeu
#define SIM_ANY 0xff

enum sim_target {
	SIM_DL_BUFFER,		/* the one completed last */
	SIM_UL_BUFFER, SIM_TRANSFER_RING, SIM_COMMAND_RING,
	SIM_CHANNEL_CONTEXT, SIM_EVENT_CONTEXT, SIM_EVENT_RING,
	SIM_OUTSIDE,		/* nothing is mapped there */
};

enum { SIM_MAX_FAULTS = 4 };	/* armed at once */

struct sim_fault {
	unsigned int id;	/* of the catalogue; 0: none */
	unsigned int number;	/* of its case, from 0 */
	enum sim_fault_when when;
	uint64_t k;
	uint32_t times;		/* 0: for ever */
	enum sim_deed deed;
	uint32_t at;
	uint64_t value;
	uint32_t every_us, delay_us;
	uint8_t ring, type, chan;
	uint8_t code;		/* of DEED_EVENT; else so many chances pass unused */
};

/* One row of the catalogue. */
struct sim_fault_kind {
	unsigned int id;
	unsigned int n_cases;	/* as the catalogue has it */
	const char *title;
	void (*describe)(unsigned int number, struct sim_fault *f);
};

/* The i-th row, or NULL behind the last. */
const struct sim_fault_kind *sim_fault_kind(unsigned int i);
/* False: the catalogue has no such case for the modem. */
bool sim_fault_find(unsigned int id, unsigned int number, struct sim_fault *ret_fault);
/* 0, or -EINVAL and half a sentence (static): "it must be ...". */
int sim_fault_parse(const char *text, struct sim_fault *ret_fault, const char **ret_why);

/* Arms it; false when too many are armed. */
bool sim_fault_arm(struct sim *s, const struct sim_fault *f);
/* Disarms all; a card that was lost or pulled, or is not in AMSS, is
 * powered on afresh. */
void sim_heal(struct sim *s);
/* How often deeds were done since the modem exists. */
uint64_t sim_faults_done(const struct sim *s);
