/*
 * request - one control transfer at a time, with its buffer and a limit of
 * time.
 */
#pragma once
#include "base/timers.h"
#include "usb/io.h"

/* bmRequestType and bRequest.  Source: CDC 1.2, PSTN 1.2 and WMC 1.1. */
enum usb_request_code {
	USB_SEND_COMMAND = 0x2100,		/* SEND_ENCAPSULATED_COMMAND */
	USB_GET_RESPONSE = 0xa101,		/* GET_ENCAPSULATED_RESPONSE */
	USB_SET_LINE_STATE = 0x2122,		/* SET_CONTROL_LINE_STATE */
};

struct usb_request {
	struct usb_io *io;		/* borrowed, as timers and user */
	struct timers *timers;
	/* It ended: 0 with transfer.actual bytes, -ETIMEDOUT, or the status of
	 * the transfer.  It is free again, or flies on (-ETIMEDOUT). */
	void (*ended)(void *user, struct usb_request *q, int status);
	/* One that flew on has come home. */
	void (*home)(void *user);
	void *user;

	struct usb_transfer transfer;
	struct timer timer;
	uint8_t *buffer;	/* owned: set-up packet, then @size bytes */
	uint32_t size;
	bool is_waiting;	/* for the answer */
	bool is_late;
};

void usb_request_init(struct usb_request *q, struct timers *timers,
		      void (*ended)(void *user, struct usb_request *q, int status),
		      void (*home)(void *user), void *user);
void usb_request_fini(struct usb_request *q);
/* Room for @size bytes; 0 or -ENOMEM. */
int usb_request_prepare(struct usb_request *q, struct usb_io *io, uint32_t size);

uint8_t *usb_request_bytes(struct usb_request *q);	/* behind the set-up packet */
bool usb_request_is_free(const struct usb_request *q);

/* Sends it; @len bytes go or are asked for.  0: ended follows, later.  -errno
 * as submit. */
int usb_request_send(struct usb_request *q, enum usb_request_code code, uint16_t value,
		     uint8_t interface, uint16_t len, uint64_t limit_us);
/* Ended follows, later; nothing when it is not waited for. */
void usb_request_cancel(struct usb_request *q);
/* Ended does not follow.  It may fly on. */
void usb_request_abandon(struct usb_request *q);
