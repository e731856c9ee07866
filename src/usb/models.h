/*
 * models - the modems whose interfaces we know by number.
 *
 * Source: Linux drivers/usb/serial/{option,qcserial}.c and
 * drivers/net/usb/qmi_wwan.c; the port types of ModemManager.
 */
#pragma once
#include "usb/roles.h"

enum usb_row_traits {
	USB_NO_LINE = 1,	/* a request for the line state confuses it */
	USB_RESERVED = 2,	/* no serial port, whatever it looks like */
};

struct usb_row {
	uint8_t interface;
	enum usb_role role;	/* USB_UNSAID: as its class says */
	unsigned int traits;	/* of enum usb_row_traits */
};

enum usb_model_traits {
	USB_NEEDS_DTR = 1,	/* QMI is silent until DTR is up */
	USB_SENDS_ZLP = 2,	/* serial ports want zero-length packets */
	USB_GPS_START = 4,	/* NMEA is silent until it is told to start */
	USB_IS_EDL = 8,
	USB_IS_CDROM = 16,	/* it waits to be switched to another mode */
	USB_IS_FOREIGN = 32,	/* of another chip: no channel of ours */
	USB_SERIAL_IS_AT = 64,	/* ff/00/00 is an AT port */
	USB_SERIAL_IS_NMEA = 128,
};

struct usb_model {
	const char *name;	/* "quectel-ec25" */
	/* An interface may be there twice: the first row whose role fits what
	 * the device says counts, since the layout can be another one in each
	 * configuration. */
	const struct usb_row *rows;
	unsigned int n_rows;
	unsigned int traits;	/* of enum usb_model_traits */
};

/* NULL: not known. */
const struct usb_model *usb_model_find(const char *name);
const struct usb_model *usb_model_for(uint16_t vendor, uint16_t product,
				      unsigned int n_interfaces);
/* The names, for a message. */
void usb_models_list(struct text *out);
