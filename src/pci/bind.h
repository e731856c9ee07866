/*
 * bind - hands a function to vfio-pci, and back to the driver the kernel would
 * choose.  Only ever on request.
 *
 * Source: Linux Documentation/ABI/testing/sysfs-bus-pci.
 */
#pragma once
#include "base/text.h"

/* Unbinds the present driver, overrides, probes.  0 also when vfio-pci has it
 * already.  On failure -errno, one sentence in @ret_why (caller's), and the
 * binding is as before where the kernel lets it. */
int pci_bind(const char *root, const char *bdf, struct text *ret_why);

/* Takes the function from vfio-pci, forgets the override, lets the kernel
 * choose again. */
int pci_unbind(const char *root, const char *bdf, struct text *ret_why);
