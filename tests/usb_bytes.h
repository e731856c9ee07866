/* usb_bytes - descriptors of USB devices, put together from hexadecimal. */
#pragma once
#include "base/bytes.h"

struct usb_bytes {
	uint8_t b[8192];
	size_t len;
	unsigned int n_interfaces, n_in, n_out;	/* so far */
};

/* Device and configuration 1, high speed; bcdUSB is 0x0200. */
struct usb_bytes usb_bytes_begin(uint16_t vendor, uint16_t product);
/* Blanks between the digits are for who reads. */
void usb_bytes_add(struct usb_bytes *u, const char *hex);
/* The next interface, or @number: its triple, as "ff/ff/30", and end points: 'n'
 * notifications, 'i' bulk in, 'o' bulk out.  Numbers of end points are handed
 * out in order, 15 for each direction. */
void usb_bytes_interface(struct usb_bytes *u, const char *triple, const char *endpoints);
void usb_bytes_interface_at(struct usb_bytes *u, uint8_t number, const char *triple,
			    const char *endpoints);
/* MBIM control and data, with this wMaxControlMessage. */
void usb_bytes_mbim(struct usb_bytes *u, uint8_t number, uint16_t max_control);
/* Fills in what could not be known at the begin; again after each addition. */
void usb_bytes_end(struct usb_bytes *u);

/* The whole of an EC25: DIAG, NMEA, AT, DUN, QMI. */
struct usb_bytes usb_bytes_ec25(void);
/* In emergency download mode. */
struct usb_bytes usb_bytes_edl(void);
