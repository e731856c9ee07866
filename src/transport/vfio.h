/*
 * vfio - a PCI function through the kernel's VFIO (hw.h).
 *
 * Registers are reached through a mapping where the kernel allows one and by
 * read and write where it does not; either answers -ENODEV when the card was
 * pulled.  Opening, closing and resetting may block for as long as a function
 * reset takes.
 */
#pragma once
#include "base/text.h"
#include "core/hw.h"
#include "io/loop.h"
#include "transport/pci_id.h"
#include "transport/vfio_iommu.h"

/* Where the kernel has the function; the caller found out (sysfs). */
struct vfio_address {
	const char *bdf;	/* "0000:01:00.0" */
	const char *group;	/* "12", "noiommu-0"; NULL: by device node */
	const char *node;	/* "vfio0"; NULL: by group */
	bool no_iommu;
};

/* 0 or -errno with one sentence in @ret_why (caller's). */
int vfio_open(struct loop *l, const struct vfio_address *at, struct hw **ret_hw,
	      struct pci_id *ret_id, struct text *ret_why);

/* Arms up to @n_wanted vectors, at least one, and lets the function master the
 * bus.  Sets hw->n_vectors.  0 or -errno with one sentence. */
int vfio_arm(struct hw *hw, unsigned int n_wanted, struct text *ret_why);
