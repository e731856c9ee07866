/*
 * dump - the crash dump that a device in RDDM sends through BHIe.
 *
 * Where it goes is told the device at each power-up, as long as it still
 * answers; what it sent is complete when it says so.  A device that is found in
 * RDDM is told then, and is not reset before.
 *
 * Source: Linux drivers/bus/mhi/host/boot.c, mhi_rddm_prepare().
 */
#pragma once
#include "base/timers.h"
#include "core/engine.h"

enum { DUMP_US = 60000000 };	/* most from RDDM to the whole dump */

struct dump {
	iova_t table;
	size_t table_len;	/* 0: there is no memory for one */
	uint32_t sequence;	/* 30 bits, not 0; 0: the device was not told */
	uint32_t poll_us;
	bool is_coming;
	struct timer deadline, poll;
};

void dump_init(struct engine *e);
void dump_fini(struct engine *e);

/* Tells the device where a dump would go; nothing without memory.  Reads one
 * register, and so does dump_begin(). */
void dump_prepare(struct engine *e);
/* The device is in RDDM: waits for its dump.  False: there is none to wait for. */
bool dump_begin(struct engine *e);
/* The status may have changed: vector 0. */
void dump_look(struct engine *e);
/* It will not come any more. */
void dump_cancel(struct engine *e, int status);
