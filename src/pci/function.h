/*
 * function - what sysfs says of a PCI function.
 *
 * Every path lies below a root that the caller names ("/sys"), so that a tree
 * of plain files serves as well.
 */
#pragma once
#include "base/bytes.h"

enum { PCI_BDF_SIZE = 16, PCI_WORD_SIZE = 32 };

struct pci_function {
	char bdf[PCI_BDF_SIZE];		/* "0000:01:00.0" */
	uint16_t vendor, device, sub_vendor, sub_device;
	uint32_t class_code;		/* 24 bits */
	/* "" where sysfs has none: */
	char driver[PCI_WORD_SIZE];
	char group[PCI_WORD_SIZE];	/* IOMMU group: "12" */
	char node[PCI_WORD_SIZE];	/* VFIO device node: "vfio0" */
	char override[PCI_WORD_SIZE];	/* driver_override */
	char speed[PCI_WORD_SIZE], max_speed[PCI_WORD_SIZE];	/* "8.0 GT/s PCIe" */
	char width[PCI_WORD_SIZE], max_width[PCI_WORD_SIZE];	/* lanes */
	char power[PCI_WORD_SIZE];	/* "D0", "D3hot", "unknown" */
};

/* Four hexadecimal digits, colon, two, colon, two, dot, one. */
bool pci_is_bdf(const char *s);

/* -EINVAL: no address; -ENODEV: no such function. */
int pci_function_read(const char *root, const char *bdf, struct pci_function *ret_function);

/* Calls @fn for each function, by address, until it returns non-zero; returns
 * that, or 0, or -errno. */
int pci_scan(const char *root, int (*fn)(void *user, const struct pci_function *f), void *user);

/* The same for the members of an IOMMU group. */
int pci_group_scan(const char *root, const char *group,
		   int (*fn)(void *user, const struct pci_function *f), void *user);
