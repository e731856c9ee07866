/*
 * layout - the functions of a USB modem: which interface carries which channel,
 * through which end points, and how it wants to be talked to.
 *
 * descriptors.c and rules.c make it of what a device says and what we know of
 * its kind; whoever moves data takes it as given.
 */
#pragma once
#include "base/bytes.h"

enum { USB_NAME_SIZE = 32, USB_FUNCTIONS_MAX = 32 };

enum usb_kind {
	USB_BULK,	/* a pair of bulk end points, perhaps with notifications */
	USB_WDM,	/* QMI, MBIM control: encapsulated commands, notifications */
};

enum usb_zlp {
	USB_ZLP_NEVER,
	USB_ZLP_WRITE,	/* after each write that ends on a packet boundary */
	USB_ZLP_IDLE,	/* when such a write was the last for 2 ms */
};

/* What happens to the line state (DTR, RTS). */
enum usb_line {
	USB_LINE_NONE,		/* the function does not want to hear of it */
	USB_LINE_OPEN,		/* both up from first open to last close */
	USB_LINE_ATTACH,	/* DTR up as long as we have the device (QMI) */
};

struct usb_pipe {
	uint8_t address;	/* bEndpointAddress; 0: none */
	uint16_t packet;	/* wMaxPacketSize */
};

struct usb_function {
	char name[USB_NAME_SIZE];	/* of the channel: "DIAG", "QMI", "IF5" */
	enum usb_kind kind;
	uint8_t interface, alt;		/* claimed; alternate setting to choose */
	uint8_t data_interface;		/* claimed as well; same as interface: none */
	struct usb_pipe in, out, notify;
	enum usb_line line;
	enum usb_zlp zlp;
	bool is_message;	/* boundary=message */
	bool is_default_on;	/* off: known by number only; listed, not claimed */
	uint32_t in_size, out_size;	/* bytes of a transfer; in: whole packets */
	uint8_t n_in, n_out;	/* transfers in flight */
	bool may_cut;		/* USB_WDM: its messages may be longer than in_size */
	const char *hello, *goodbye;	/* written at first open, last close; may be NULL */
	char driver[32];	/* the kernel's, "" when unknown */
};

struct usb_layout {
	uint16_t vendor, product, version;	/* bcdDevice is not kept; version: bcdUSB */
	uint8_t configuration;	/* bConfigurationValue */
	uint8_t n_interfaces;
	bool is_edl;		/* emergency download: Sahara, no AT, no QMI */
	const char *model;	/* of the table; NULL: by class rules alone */
	struct usb_function functions[USB_FUNCTIONS_MAX];
	unsigned int n_functions;
};
