/*
 * examine - could this function be driven, and if not, what is missing?
 *
 * The checks an open through VFIO would run into, made before anything is
 * touched, each with what to do about it.
 */
#pragma once
#include "base/text.h"
#include "pci/function.h"

enum pci_verdict {
	PCI_USABLE,		/* mhifs could open it now */
	PCI_NEEDS_BIND,		/* mhictl bind, then it could */
	PCI_BLOCKED,		/* something else has to change first */
};

const char *pci_verdict_name(enum pci_verdict v);

/* Appends sentences to @ret_findings, one a line, the most important first;
 * none when all is well.  @root is that of sysfs, @dev that of /dev. */
enum pci_verdict pci_examine(const char *root, const char *dev, const struct pci_function *f,
			     struct text *ret_findings);

/* Who else is in the IOMMU group: "0000:01:00.1 (snd_hda_intel)", separated by
 * commas; empty when alone. */
void pci_list_peers(const char *root, const struct pci_function *f, struct text *ret_peers);
