/*
 * bind - hands a function to vfio-pci, and back to the driver the kernel would
 * choose.  Only ever on request.
 *
 * Either may wait for as long as the present driver takes to let go.
 *
 * Source: Linux Documentation/ABI/testing/sysfs-bus-pci.
 */
#pragma once
#include "base/text.h"

/* Overrides, unbinds the present driver, probes.  0 also when vfio-pci has it
 * already.  Below zero comes with one sentence in @ret_why (caller's), and the
 * override and the driver are as before where the kernel lets them:
 *	-EINVAL		@bdf is no address
 *	-ENODEV		no such function
 *	-EOPNOTSUPP	vfio-pci could not take it, so nothing was touched
 *	-EIO		vfio-pci did not take it
 * and what the kernel says of a write, -EACCES first of all. */
int pci_bind(const char *root, const char *bdf, struct text *ret_why);

/* Takes the function from vfio-pci, forgets the override, lets the kernel
 * choose again, which may leave it without a driver.  -EBUSY: another driver
 * has it; the others as above. */
int pci_unbind(const char *root, const char *bdf, struct text *ret_why);
