/*
 * find - which USB device is meant, and what sysfs says of it.
 *
 * Only files are read: nothing is opened on the bus, and no device wakes up.
 * @sysfs and @dev are roots ("/sys", "/dev") that a test may replace.
 */
#pragma once
#include "usb/descriptors.h"
#include "usb/layout.h"
#include "usb/modem.h"

struct usb_found {
	char port[USB_PORT_SIZE];	/* "1-4" */
	uint16_t vendor, product;
	uint16_t bus;			/* its node is bus/usb/BUS/ADDRESS */
	uint8_t address;
	uint8_t configuration;		/* the active one */
	uint16_t speed;			/* Mbit/s; 0: not said */
	char serial[USB_STRING_SIZE];	/* not trusted; "" when it has none */
};

/* BUS-PORT or VID:PID? */
bool usb_address_is_valid(const char *address);

/* The device at @address; @serial NULL: whichever.  0; -EINVAL no address,
 * -ENODEV none is plugged in, -ENOTUNIQ several are, -EAGAIN it is not configured
 * (yet); one sentence in @ret_why (caller's). */
int usb_find(const char *sysfs, const char *address, const char *serial,
	     struct usb_found *ret_found, struct text *ret_why);

/* 0, -EPROTO, or -errno when it left. */
int usb_read_descriptors(const char *sysfs, const struct usb_found *f,
			 struct usb_descriptors *ret_descriptors, struct text *ret_why);

/* The same as they lie there, malloc'd. */
int usb_read_descriptor_bytes(const char *sysfs, const struct usb_found *f,
			      uint8_t **ret_bytes, size_t *ret_len, struct text *ret_why);

/* Fills in driver[] of each function. */
void usb_read_drivers(const char *sysfs, const struct usb_found *f, struct usb_layout *l);

/* "/dev/bus/usb/001/002" */
void usb_node_path(const char *dev, const struct usb_found *f, char *path, size_t size);

/* May we open its node?  0; -ENOENT, or -EACCES and in @ret_why (caller's) the
 * udev rule that would let us. */
int usb_check_node(const char *dev, const struct usb_found *f, struct text *ret_why);
