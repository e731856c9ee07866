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

enum pci_verdict pci_verdict_worse(enum pci_verdict a, enum pci_verdict b);

/* Appends sentences to @ret_findings, one a line, the most important first;
 * none when all is well.  @root is that of sysfs, @dev that of /dev.  This one
 * is all that an open depends on: the function and the limits of host.h. */
enum pci_verdict pci_examine(const char *root, const char *dev, const struct pci_function *f,
			     struct text *ret_findings);

/* The same for the function alone. */
enum pci_verdict pci_examine_function(const char *root, const char *dev,
				      const struct pci_function *f, struct text *ret_findings);
