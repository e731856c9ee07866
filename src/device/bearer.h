/*
 * bearer - what bears a device: the MHI engine on a PCI function, a modem on
 * USB, a virtio device of another process.  It owns the hardware and its power;
 * a device has exactly one.
 *
 * It tells the device by the device_bearer_*() calls below, from the loop or
 * from inside its own operations.
 */
#pragma once
#include "base/text.h"
#include "core/engine.h"	/* the words: enum engine_state, enum engine_power */

struct device;
struct bearer;
struct profile;

struct bearer_ops {
	enum engine_state (*state)(const struct bearer *b);
	/* Recovering, but not before some time has passed: nobody should wait for
	 * it.  May be missing. */
	bool (*is_resting)(const struct bearer *b);
	/* What is wrong, or who suspended the device; "" when nothing is. */
	const char *(*why)(const struct bearer *b);
	/* Words of the file state, static: MHI state and execution environment.
	 * Missing: "" and "-". */
	const char *(*mhi)(const struct bearer *b);
	const char *(*ee)(const struct bearer *b);
	/* The profile it was made by, as far as it is known; may be missing. */
	const struct profile *(*profile)(const struct bearer *b);
	/* Further lines of info; may be missing. */
	void (*show_info)(const struct bearer *b, struct text *out);
	/* As engine_power(): POWER_STARTED, POWER_DONE, -errno. */
	int (*power)(struct bearer *b, enum engine_power what);
	/* The system is about to sleep: what can be suspended is, at once or soon;
	 * is_asleep() when there is nothing more to wait for, which changed() may
	 * announce.  wake() undoes it.  Missing: the bearer has nothing to do. */
	void (*sleep)(struct bearer *b);
	bool (*is_asleep)(const struct bearer *b);
	void (*wake)(struct bearer *b);
	/* A driver has done with its channel, and closed it: it is to be a file.
	 * Missing: channels stay with their drivers. */
	void (*yielded)(struct bearer *b, const char *channel);
	/* The hardware leaves, in whatever state: what links it offers give every
	 * slot back and close from inside.  Safe twice. */
	void (*close)(struct bearer *b);
	/* After close, with the last reference to the device. */
	void (*free)(struct bearer *b);
};

struct bearer {
	const struct bearer_ops *ops;
	const char *transport;	/* of info: "vfio", "usb", ...; static */
	struct device *device;	/* set by device_new(); borrowed */
};

/* State, reason or what show_state says is another now. */
void device_bearer_changed(struct device *d);
/* The transition that power() started ended. */
void device_bearer_power_done(struct device *d, int status);
/* Unexpected and survived: one sentence for the log; limited. */
void device_bearer_noted(struct device *d, const char *sentence);
