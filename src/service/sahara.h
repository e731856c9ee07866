/*
 * sahara - serves a boot loader that asks for its images by Sahara, on a channel
 * that it takes for itself: files of the firmware folder by image number, as the
 * profile says.  What a crashed device offers of its memory is saved.
 *
 * Where the loaded program speaks on the same channel (USB), the channel becomes a
 * file then, for whoever flashes the device.
 *
 * Progress is told as events of type "firmware", one more for what failed, with
 * the device's own words.  A device that asks for what is not there is refused
 * and may go on; one that goes on for ever is left to itself.
 */
#pragma once
#include "base/text.h"
#include "device/device.h"
#include "io/loop.h"

/* @dir: the firmware folder; memory goes to dump/, and lies in @dumps.  Both are
 * copied; the device owns what is made.  0, also when its profile names no images;
 * or -errno with one sentence in @ret_why (caller's). */
int sahara_start(struct device *d, struct loop *l, const char *dir, const char *dumps,
		 struct text *ret_why);
