/*
 * crash_regs - the registers of a device that failed, as lines of a report:
 * those of MHI, BHI and BHIe.  One a call, as each may take its time, and as far
 * as the link is there.  What the device says is not judged.
 */
#pragma once
#include "base/text.h"
#include "core/hw.h"

struct crash_regs {
	struct hw *hw;		/* borrowed */
	unsigned int block;	/* that is being read */
	bool is_found;		/* it begins at @from, else that is to be read */
	uint32_t from, at;	/* the next register is at from + at */
};

void crash_regs_init(struct crash_regs *r, struct hw *hw);
/* At most one register, and a line of @out. */
enum { CRASH_REGS_MORE, CRASH_REGS_DONE };
int crash_regs_next(struct crash_regs *r, struct text *out);
