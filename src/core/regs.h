/*
 * regs - registers of the device, read once and checked.
 *
 * When an access shows that the link is gone the engine is told before the
 * call returns; the caller just leaves.  Nothing is touched after that.
 */
#pragma once
#include "core/hw.h"
#include "core/layout.h"

struct engine;

struct regs {
	/* Checked offsets of the blocks in the BAR; 0: not known yet. */
	uint32_t bhi, bhie, chdb, erdb;
	/* Where the device finds the contexts. */
	iova_t chan_ctxs, event_ctxs, cmd_ctx;
};

/* 0; -ENODEV gone, -EIO: the engine has failed already. */
int regs_read(struct engine *e, uint32_t offset, uint32_t *ret_value);
int regs_write(struct engine *e, uint32_t offset, uint32_t value);
int regs_write64(struct engine *e, uint32_t low_offset, uint64_t value);
int regs_bell(struct engine *e, uint32_t offset, uint64_t value);
/* An access ended with @error: tells the engine.  -ENODEV or -EIO. */
int regs_failed(struct engine *e, int error, uint32_t offset);

/* The same without telling anybody: for a look at a strange device. */
int regs_peek(struct engine *e, uint32_t offset, uint32_t *ret_value);

/* Finds a block.  0, or -EPROTO and a sentence (static) when it does not lie
 * inside the BAR or over another block; BHIOFF of all ones is -ENODEV.  BHI
 * comes first, and the doorbells of channels before those of event rings. */
int regs_find_bhi(struct engine *e, const char **ret_why);
int regs_find_bhie(struct engine *e, const char **ret_why);
int regs_find_chdb(struct engine *e, const char **ret_why);
int regs_find_erdb(struct engine *e, const char **ret_why);

/* Execution environment by its register; MHI_EE_NONE for an unknown number. */
int regs_read_ee(struct engine *e, enum mhi_ee *ret_ee);
/* MHICTRL, one field of it. */
int regs_ask_state(struct engine *e, enum mhi_state state);
int regs_ask_reset(struct engine *e);
