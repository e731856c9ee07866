/*
 * sahara - serves a boot loader that asks for its images by Sahara, on a channel
 * that it takes for itself: files of the firmware folder by image number.  What
 * a crashed device offers of its memory is saved.
 *
 * Progress is told as events of type "firmware", one more for what failed, with
 * the device's own words.  A device that asks for what is not there is refused
 * and may go on; one that goes on for ever is left to itself.
 */
#pragma once
#include "base/text.h"
#include "device/device.h"
#include "io/loop.h"

enum { SAHARA_IMAGES = 64 };

struct sahara_image {
	uint64_t id;
	const char *file;	/* below the folder */
};

/* All of it is copied. */
struct sahara_setup {
	const char *channel;	/* "SAHARA" */
	const char *dir;	/* the firmware folder */
	const char *dumps;	/* where memory goes: DUMPS/PATH_NAME.memory/ */
	const struct sahara_image *images;
	unsigned int n_images;	/* at most SAHARA_IMAGES */
};

/* The device owns it.  0 or -errno with one sentence in @ret_why (caller's). */
int sahara_start(struct device *d, struct loop *l, const struct sahara_setup *setup,
		 struct text *ret_why);
