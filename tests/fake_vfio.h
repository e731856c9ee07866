/*
 * fake_vfio - the kernel's VFIO and iommufd as far as one PCI function needs
 * them, behind open, ioctl, mmap, pread, pwrite and close.
 *
 * Link with the --wrap options of tests/pci.mk.  Every descriptor is a real
 * one, so leaks show; the device's regions lie in a memfd.  It refuses what
 * the kernel refuses: sizes too small, calls in the wrong order, DMA twice.
 */
#pragma once
#include "base/bytes.h"
#include "base/iova.h"
#include <sys/types.h>

enum {
	FAKE_BAR_LEN = 0x4000,
	FAKE_CONFIG_AT = 7 << 24,	/* of configuration space in the device */
	FAKE_MOST_IRQS = 40,
	FAKE_MOST_MAPS = 8,
	FAKE_MOST_AREAS = 8,
};

struct fake_range {
	uint64_t first, last;
};

struct fake_vfio {
	/* What there is; set before the device is opened. */
	uint32_t bar_len;		/* 0: no BAR 0 */
	bool is_mappable;
	struct { uint64_t offset, len; } areas[FAKE_MOST_AREAS];	/* may be mapped */
	unsigned int n_areas;		/* 0: all of it */
	unsigned int n_msi, n_msix;	/* offered */
	unsigned int granted;		/* more are refused, with this number */
	struct fake_range ranges[4];	/* usable IOVAs */
	unsigned int n_ranges;
	bool is_viable, has_type1, remaps_interrupts;
	const char *missing;		/* this path does not open: */
	int missing_errno;

	/* The call of this number (from 0) fails so; -1: none does. */
	int fail_at, fail_errno;
	int n_calls;

	/* What was done to it. */
	int device;			/* descriptor, -1 */
	int irqs[FAKE_MOST_IRQS];	/* eventfds of the armed kind; borrowed */
	unsigned int n_irqs, irq_index;
	int unplug, error;		/* eventfds, -1 */
	struct { iova_t iova; uint64_t len; bool is_writable; } maps[FAKE_MOST_MAPS];
	unsigned int n_maps;
	unsigned int n_resets, n_mmaps;
	bool is_attached;		/* behind an IOMMU of some kind */
};

extern struct fake_vfio fake_vfio;

void fake_vfio_init(void);		/* sensible: 17cb:0306, 32 MSI-X, two ranges */
void fake_vfio_vanish(void);		/* configuration space and BAR read all ones */
uint16_t fake_vfio_command(void);	/* the command register */
