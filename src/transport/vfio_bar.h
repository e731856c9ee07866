/*
 * vfio_bar - BAR 0 of a VFIO device: mapped where the kernel allows it, read
 * and written through the descriptor elsewhere.
 */
#pragma once
#include "base/bytes.h"

enum { VFIO_BAR_AREAS = 4 };

struct vfio_bar {
	int device;		/* borrowed */
	uint64_t at;		/* of the BAR, in device */
	uint32_t len;
	struct vfio_bar_area {
		uint32_t offset, len;	/* in the BAR */
		uint8_t *cpu;
	} areas[VFIO_BAR_AREAS];
	unsigned int n_areas;
};

/* -ENOENT: the device has no memory BAR 0; -errno. */
int vfio_bar_open(struct vfio_bar *b, int device);
void vfio_bar_close(struct vfio_bar *b);	/* safe twice */

/* @offset is a multiple of 4 inside the BAR.  -ENODEV: it is gone. */
int vfio_bar_read32(const struct vfio_bar *b, uint32_t offset, uint32_t *ret_value);
int vfio_bar_write32(const struct vfio_bar *b, uint32_t offset, uint32_t value);

/* Configuration space, and any other region: its place in @device. */
int vfio_region_find(int device, uint32_t index, uint64_t *ret_at, uint64_t *ret_len);
