/*
 * context - libusb inside our loop: its descriptors are watched here, its
 * events are handled here, and it starts no thread.
 *
 * One context for each open device, so that nothing is shared.  libusb holds a
 * lock while it calls a transfer's callback: opening, closing and freeing
 * belong into another call of the loop.
 */
#pragma once
#include "io/loop.h"
#include <libusb.h>

struct usb_context;

/* @fd_left: libusb stopped watching @fd, because its device has gone or is
 * closed; it may only take a note.  0 or -errno. */
int usb_context_new(struct loop *l, void (*fd_left)(void *user, int fd), void *user,
		    struct usb_context **ret_context);
/* No device is open in it.  Safe on NULL. */
void usb_context_free(struct usb_context *c);
libusb_context *usb_context_get(struct usb_context *c);
/* Is every descriptor of libusb watched?  Not when memory ran out. */
bool usb_context_is_watching(const struct usb_context *c);

/* What libusb returns, as -errno. */
int usb_errno(int libusb_error);
