/*
 * notify - notifications of a CDC function, put together from the packets of
 * an interrupt end point.
 *
 * Source: CDC 1.2, 6.3.  Packets of 8 bytes cut the notification of 10.
 */
#pragma once
#include "base/bytes.h"

enum usb_notice {
	USB_NOTICE_NONE,	/* more is to come, or it means nothing to us */
	USB_NOTICE_RESPONSE,	/* RESPONSE_AVAILABLE */
	USB_NOTICE_LINE_STATE,	/* SERIAL_STATE */
};

enum { USB_NOTIFY_MAX = 64 };

struct usb_notify {
	uint8_t interface;	/* of which we hear */
	uint8_t bytes[USB_NOTIFY_MAX];
	uint32_t len;
	uint64_t n_ignored;
};

/* Forgets a half of one. */
void usb_notify_reset(struct usb_notify *n, uint8_t interface);

/* One completed transfer; USB_LINE_ bits in @ret_bits for a line state. */
enum usb_notice usb_notify_take(struct usb_notify *n, const uint8_t *packet, uint32_t len,
				unsigned int *ret_bits);
