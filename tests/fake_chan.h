/*
 * fake_chan - channel 0 of a fake device, opened, for a whole test program.
 *
 * Nothing was submitted yet and no register write is recorded when a test
 * begins; teardown checks that every slot came back.
 */
#pragma once
#include "tests/fake_hw.h"

extern struct fake f;
extern struct fake_user *const u;	/* of channel 0 */

void chan0_setup_closed(void);	/* powered, nothing opened */
void chan0_setup(void);
void chan0_teardown(void);

void chan0_submit(enum link_dir dir, unsigned int slot);	/* 100 bytes */
/* Slots 0 to @n - 1, and their doorbell. */
void chan0_submit_n(enum link_dir dir, unsigned int n);
void chan0_close(void);
/* What the @i-th done() since the setup said. */
void chan0_expect_done(unsigned int i, enum link_dir dir, unsigned int slot, int status,
		       uint32_t len);
