/*
 * device - a USB modem as a link: its functions are the channels.
 *
 * Only functions that are on (is_default_on of the layout) become channels, in
 * the order of the layout.  Their interfaces are claimed at start, all or none;
 * nothing is read from the device before a channel is opened.  Beyond link.h:
 *
 * - Open submits the downlink slots itself, before the line is raised, so that
 *   what the device says at once is not lost.  A user hands over all of them
 *   in the order of their numbers when the channel runs.
 * - A downlink slot whose transfer failed and is repeated comes back later
 *   than those submitted after it; what the device sent stays in order.
 * - A transfer that does not answer a cancel for 5 s is left to its own: close
 *   ends without it, and the channel opens again when it has come home.
 *
 * Time is timers->now_us; usb_device_start() and _reset() block (claims, the
 * end of kernel drivers), the rest does not.
 */
#pragma once
#include "base/text.h"
#include "base/timers.h"
#include "core/link.h"
#include "usb/layout.h"

struct usb_io;
struct usb_device;

enum usb_state {
	USB_OFF,	/* not opened, or stopped */
	USB_READY,
	USB_STOPPING,
	USB_ERROR,	/* an interface was taken and does not come back */
	USB_GONE,	/* unplugged, or came back as another one: free it */
};

/* Bits of a SERIAL_STATE notification.  Source: CDC PSTN 1.2, table 31. */
enum {
	USB_LINE_DCD = 1 << 0,
	USB_LINE_DSR = 1 << 1,
	USB_LINE_BREAK = 1 << 2,
	USB_LINE_RI = 1 << 3,
};

struct usb_device_ops {
	/* State or reason is another now.  From the loop alone, as stopped: the
	 * device may be closed and freed inside. */
	void (*changed)(void *user);
	/* The stop that was asked for has ended; instead of changed. */
	void (*stopped)(void *user);
	/* Unexpected and survived: one sentence for the log. */
	void (*noted)(void *user, const char *sentence);
	/* The modem set its lines: USB_LINE_ bits. */
	void (*line_state)(void *user, unsigned int chan, unsigned int bits);
};

struct usb_device_config {
	const struct usb_layout *layout;	/* copied */
	bool claims_at_open;	/* claim=open: at the first open of a channel */
	/* Opens the device: usb_handle_open().  Its sentence when it fails. */
	int (*open)(void *opener, struct usb_io **ret_io, struct text *ret_why);
	void *opener;
};

/* @timers, @ops, @user and the opener are borrowed.  0, -ENOMEM, or -EPROTO and
 * one sentence when the layout is not one a device could have. */
int usb_device_new(const struct usb_device_config *c, struct timers *timers,
		   const struct usb_device_ops *ops, void *user,
		   struct usb_device **ret_device, struct text *ret_why);
/* At once and for good, in every state: slots come back and channels close
 * from inside with -ENODEV, kernel drivers get their interfaces back.  Not from
 * inside a callback of the link.  Safe twice, and on NULL. */
void usb_device_close(struct usb_device *d);
/* Closes as well; no user of the link is left. */
void usb_device_free(struct usb_device *d);

/* Opens and claims.  0, or -errno and one sentence, and nothing is kept: -EBUSY
 * names the interface and who has it; -ENODEV, -EACCES, -EPROTO. */
int usb_device_start(struct usb_device *d, struct text *ret_why);
/* Ends all channels (-ENODEV), lowers lines, releases, closes the node; stopped
 * follows, later, within 5 s or so.  No driver is attached; start works again. */
void usb_device_stop(struct usb_device *d);
/* All channels end with -ECONNRESET, then the port is reset.  0; -ENODEV: the
 * device came back as another one, and is gone; -EIO: it is in error. */
int usb_device_reset(struct usb_device *d);
/* Unplugged, as somebody else knows: udev. */
void usb_device_gone(struct usb_device *d);

struct link *usb_device_link(struct usb_device *d);
const struct usb_function *usb_device_function(const struct usb_device *d, unsigned int chan);
enum usb_state usb_device_state(const struct usb_device *d);
const char *usb_device_why(const struct usb_device *d);	/* "" when nothing is wrong */
