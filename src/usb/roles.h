/*
 * roles - what an interface can be for, and what each role needs: end points,
 * line state, sizes and numbers of transfers.
 *
 * Source: Linux drivers/usb/serial/option.c, drivers/net/usb/qmi_wwan.c,
 * drivers/usb/class/cdc-wdm.c; qdl, src/usb.c.
 */
#pragma once
#include "usb/descriptors.h"
#include "usb/layout.h"

enum usb_role {
	USB_UNSAID,
	USB_DIAG,
	USB_AT,		/* commands alone */
	USB_AT2,	/* another such */
	USB_MODEM,	/* commands, and calls (PPP) */
	USB_NMEA,
	USB_QMI,
	USB_MBIM,
	USB_ADB,
	USB_SAHARA,
	USB_SERIAL,	/* a serial port, nobody knows of whom */
	USB_RAW,	/* a pair of bulk end points, nothing more is known */
	USB_WDM_PLAIN,	/* encapsulated commands of another protocol */
	USB_N_ROLES
};

enum {
	USB_CLASS_COMMUNICATIONS = 0x02,
	USB_CLASS_STORAGE = 0x08,
	USB_CLASS_DATA = 0x0a,
	USB_CLASS_VENDOR = 0xff,
};

/* "diag", "at", "dun", "nmea", "qmi", "mbim", "adb", "sahara", "serial", "bulk",
 * "wdm"; USB_UNSAID for another word. */
enum usb_role usb_role_of(const char *word);

/* Of its channel: "DIAG"; NULL where a number has to do. */
const char *usb_role_name(enum usb_role role);

/* What class, subclass, protocol and end points say; USB_UNSAID: nothing, or
 * something that is no channel. */
enum usb_role usb_role_by_class(const struct usb_descriptors *d, const struct usb_alt *a);

/* The setting in this role, with everything but its name and driver; false
 * when it has not what the role needs. */
bool usb_role_fill(enum usb_role role, const struct usb_descriptors *d, const struct usb_alt *a,
		   struct usb_function *ret_function);
