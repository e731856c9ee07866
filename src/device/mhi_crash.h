/*
 * mhi_crash - what becomes of a device that failed: what was known of it is
 * saved, its dump is waited for and saved, then it is reset, and again later
 * when that did not help.  recovery.h decides when, this does it.
 */
#pragma once
#include "device/device.h"
#include "device/crash_regs.h"
#include "device/crashes.h"
#include "device/memory.h"
#include "device/profile.h"
#include "device/recovery.h"

enum crash_step {
	CRASH_NONE,		/* it runs, or is left alone */
	CRASH_REPORTING,	/* its registers are read */
	CRASH_DUMPING,		/* the device sends its dump */
	CRASH_SAVING,		/* the dump goes to disk */
	CRASH_WAITING,		/* the next reset is due later */
	CRASH_RESETTING,
};

struct mhi_crash {
	struct device *device;	/* borrowed, as all of these */
	struct loop *loop;
	struct hw *hw;
	struct engine *engine;
	const struct profile *profile;
	const struct text *image_why;	/* of an image that failed; "": none did */

	enum crash_step step;
	/* A failure is answered by resets: it starts for the first time, or was in
	 * mission mode since somebody last asked for it. */
	bool is_kept_up;
	bool is_handled;	/* the present failure */
	bool has_dump;		/* of this crash; there is no second one */
	bool is_forced;		/* it was told to go where it sends one */
	bool has_reset;		/* a reset of ours has to end yet */
	unsigned int number;	/* of the crash in dumps; 0: it has none, */
	int report_status;	/* and this is why */
	struct crashes *dumps;	/* borrowed */
	struct crash_writer writer;
	int dump_status;	/* of the dump that is being saved */
	struct memory memory;	/* for a dump */
	struct recovery policy;
	struct text report;	/* being written */
	struct crash_regs regs;
	struct timer next;	/* the next register, piece to disk, or reset */
	struct text why;	/* the failure, and what is done about it */
};

/* Shows dump/ in the device's directory.  0 or -ENOMEM; fini is due after both. */
int mhi_crash_init(struct mhi_crash *c, const char *dump_dir);
void mhi_crash_fini(struct mhi_crash *c);
/* Maps memory for a dump behind @min, if the profile says so.  0, or -errno and
 * a sentence. */
int mhi_crash_start(struct mhi_crash *c, iova_t min, struct text *ret_why);
/* Before engine and hardware leave; safe twice. */
void mhi_crash_stop(struct mhi_crash *c);
/* It is to come up without being asked: a start that fails is tried again. */
void mhi_crash_keep_up(struct mhi_crash *c);

/* As engine_ops has them. */
void mhi_crash_changed(struct mhi_crash *c);
void mhi_crash_dumped(struct mhi_crash *c, int status);
/* True when it was a transition of ours. */
bool mhi_crash_power_done(struct mhi_crash *c, int status);
/* A transition that somebody asked for began. */
void mhi_crash_taken_over(struct mhi_crash *c, enum engine_power what);

/* Will it be reset?  Then its state is "recovering". */
bool mhi_crash_is_recovering(const struct mhi_crash *c);
/* It will, but later: at once did not help. */
bool mhi_crash_is_resting(const struct mhi_crash *c);
