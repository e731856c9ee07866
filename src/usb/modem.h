/*
 * modem - what sysfs says of the USB devices that are modems.
 *
 * Only files are read: nothing is opened on the bus, and no device wakes up.
 * Every path lies below a root that the caller names ("/sys"), so that a tree
 * of plain files serves as well.
 *
 * A device is a modem when its vendor makes some and it has an interface of a
 * vendor-specific class: DIAG, AT, NMEA and QMI are that.  One in emergency
 * download mode (EDL) counts whatever its interfaces are.
 */
#pragma once
#include "base/bytes.h"

enum {
	USB_PORT_SIZE = 32,
	USB_WORD_SIZE = 32,
	USB_STRING_SIZE = 384,		/* 126 UTF-16 units as UTF-8 fit */
	USB_INTERFACES_MAX = 32,	/* those above are not looked at */
};

struct usb_interface {
	uint8_t number, class, subclass, protocol;
	char driver[USB_WORD_SIZE];	/* the kernel's; "": none has it */
};

struct usb_modem {
	char port[USB_PORT_SIZE];	/* bus and ports: "1-4", "2-1.3" */
	uint16_t vendor, product;
	const char *maker;		/* ours for the vendor: "Quectel"; "" */
	bool is_modem, is_edl;
	/* What the device says, not trusted; "" where it says nothing: */
	char manufacturer[USB_STRING_SIZE], title[USB_STRING_SIZE];
	struct usb_interface interfaces[USB_INTERFACES_MAX];	/* by number */
	unsigned int n_interfaces;
};

/* Digits, dash, digits, and any number of dot, digits. */
bool usb_is_port(const char *s);

/* Whatever is plugged in there.  0; -EINVAL: no port; -ENODEV: nothing is. */
int usb_modem_read(const char *root, const char *port, struct usb_modem *ret_modem);

/* Calls @fn for each device, modem or not, by port, until it returns non-zero;
 * returns that, or 0, or -errno: -ENOENT where there is no USB. */
int usb_modem_scan(const char *root, int (*fn)(void *user, const struct usb_modem *m),
		   void *user);
