/*
 * start - makes and starts the device that a spec names, one way for each
 * transport.
 */
#pragma once
#include "device/instance.h"

/* Appends the name of the by-path link, as far as the address alone tells it:
 * "pci-0000:01:00.0", "vfio-user-NAME", and nothing for a loopback without a
 * name.  -EINVAL and one sentence when address or an option is malformed. */
int start_path(const struct spec *s, struct text *ret_path, struct text *ret_why);

/* 0 and a started device, or -errno with one sentence in @ret_why (caller's):
 * nothing is left behind.  -EINVAL: the spec says what cannot be. */
int start_device(const struct device_birth *b, struct device **ret_device,
		 struct text *ret_why);
