/* attributes - the files that sysfs has of each USB device, below a root. */
#pragma once
#include "base/bytes.h"
#include <dirent.h>

/* @base 10 or 16: sysfs puts nothing before hexadecimal.  0; -EINVAL no such
 * number; -errno. */
int usb_attribute_number(const char *root, const char *device, const char *name,
			 unsigned int base, uint32_t most, uint32_t *ret_value);

/* Devices and interfaces, in the order of their numbers.  How many, or -errno;
 * the caller frees. */
int usb_devices_list(const char *root, struct dirent ***ret_entries);
void usb_devices_free(struct dirent **entries, int n);
