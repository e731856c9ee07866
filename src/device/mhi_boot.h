/*
 * mhi_boot - gives boot loaders the images they ask for: finds the file, maps
 * memory for it, reads it a piece a turn, and takes the memory away when the
 * loader has read it.
 *
 * What happens is told by events of type "firmware".
 */
#pragma once
#include "device/device.h"
#include "device/firmware.h"
#include "device/memory.h"
#include "device/profile.h"

struct mhi_boot {
	struct device *device;	/* borrowed, as all of these */
	struct loop *loop;
	struct hw *hw;
	struct engine *engine;
	const struct profile *profile;
	const char *dir;	/* the firmware folder */
	iova_t min;		/* below it is the memory of others */

	enum mhi_ee ee;		/* of the loader that is served */
	const char *name;	/* of its image */
	struct firmware file;
	struct memory memory;
	struct engine_image image;
	size_t told;		/* bytes, by the last event */
	struct timer next;	/* the next piece */
	struct text why;	/* the last one that failed, with its name */
};

void mhi_boot_init(struct mhi_boot *b);
/* Which loaders will be served?  EE_BIT()s; profile and dir are known. */
unsigned int mhi_boot_loaders(const struct mhi_boot *b);
/* As engine_ops has them. */
void mhi_boot_wanted(struct mhi_boot *b, enum mhi_ee ee);
void mhi_boot_loaded(struct mhi_boot *b, int status);
/* Before engine and hardware leave; safe twice. */
void mhi_boot_stop(struct mhi_boot *b);
