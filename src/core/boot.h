/*
 * boot - what boot loaders ask the host for: PBL and EDL take an image in one
 * piece (BHI), SBL a vector of pieces (BHIe).
 *
 * The loader is asked about by the state it is in: one that wants an image gets
 * it once; asking again means that the image was no good.  Which loaders want one
 * is configuration, the image itself comes from above (engine_ops.wants_image).
 *
 * Source: Linux drivers/bus/mhi/host/boot.c.
 */
#pragma once
#include "base/timers.h"
#include "core/engine.h"

enum {
	BOOT_LOAD_US = 30000000,	/* most from doorbell to answer */
	BOOT_POLL_FIRST_US = 1000,
	BOOT_POLL_MAX_US = 25000,
};

enum boot_step {
	BOOT_IDLE,
	BOOT_ASKED,	/* wants_image() was called, engine_load() is to come */
	BOOT_GIVEN,	/* it came; is its loader still there? */
	BOOT_CLEARED,	/* yes: it is to be told */
	BOOT_SENT,	/* the doorbell was rung, the status is to come */
	BOOT_FAILED,	/* the error registers are to be read */
};

struct boot {
	enum boot_step step;
	enum mhi_ee ee;		/* of the loader that is being served */
	unsigned int served;	/* EE_BIT()s of those that got theirs */
	uint32_t session;	/* 30 bits, not 0 */
	struct engine_image image;
	int status;		/* of one that failed */
	const char *why;	/* static */
	unsigned int n_error;	/* error registers that were read */
	uint32_t error[4];	/* ERRCODE and ERRDBG1 to 3 */
	uint32_t poll_us;
	struct timer deadline, poll;
};

void boot_init(struct engine *e);
void boot_fini(struct engine *e);

/* Nobody was served yet, and nobody is being served: power-up, failure, end. */
void boot_forget(struct engine *e);

/* The device is in @ee.  True when the loader there is served: whoever waits
 * for the next environment waits for that first. */
bool boot_serves(struct engine *e, enum mhi_ee ee);
/* Its next step, or a status may have changed: vector 0. */
void boot_look(struct engine *e);
