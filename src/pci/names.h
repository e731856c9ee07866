/* names - what people call a PCI function, from the lists libpci knows. */
#pragma once
#include "base/text.h"
#include "pci/function.h"

struct pci_names;

/* @path: a list in the format of pci.ids; NULL: those of the system.  Lists
 * are read at the first question, and a missing one means numbers for names.
 * NULL without memory. */
struct pci_names *pci_names_open(const char *path);
void pci_names_close(struct pci_names *n);	/* NULL is fine */

/* Appends "Qualcomm Technologies, Inc SDX55 [Snapdragon X55 5G]". */
void pci_names_add(struct pci_names *n, const struct pci_function *f, struct text *ret_name);
