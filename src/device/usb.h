/*
 * usb - the bearer of a USB modem: the link over libusb, a file for each of its
 * channels, and what udev says of its port.
 *
 * A modem that comes back on its port, as itself or as another one (emergency
 * download, another mode), is a new device to us: the registry gives it the
 * number of the old one.
 */
#pragma once
#include "device/instance.h"

/* Chooses by the spec, makes the device and starts it.  0, or -errno and one
 * sentence in @ret_why (caller's); the caller lets go of what was made. */
int usb_start(const struct device_birth *b, struct device **ret_device, struct text *ret_why);

/* Is a modem of a known maker plugged in there ("1-4")? */
bool usb_is_modem(const char *port);
