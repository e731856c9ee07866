/*
 * io - an open USB device, for those who move data: transfers that end later,
 * and the few requests that block.
 *
 * handle.c implements it with libusb; a test, with the device being the test.
 *
 * A transfer has one owner.  A submit that succeeds gives it away, done gives
 * it back, exactly once, whatever happens - unless the device never answers a
 * cancel: then it flies until close, and so long its memory must stay.
 */
#pragma once
#include "base/list.h"

enum usb_transfer_type { USB_CONTROL, USB_PIPE_BULK, USB_PIPE_INTERRUPT };

enum { USB_SETUP_LEN = 8, USB_CONTROL_MAX = 4096 };

struct usb_transfer {
	enum usb_transfer_type type;
	uint8_t endpoint;	/* address; bit 7: device to host */
	bool ends_packets;	/* out: a zero-length packet follows whole packets */
	uint8_t *data;		/* borrowed until done; control: set-up packet first */
	uint32_t len;		/* of data, without the set-up packet */
	void (*done)(void *user, struct usb_transfer *t);
	void *user;

	/* Valid in done.  0, -ECANCELED, -EPIPE stall, -EOVERFLOW babble, -EIO
	 * the wire, -ENODEV gone or only disturbed.  0 with no bytes may also
	 * mean that the kernel killed it.  Bytes may have gone in any case. */
	int status;
	uint32_t actual;	/* bytes that went, without the set-up packet */

	struct list node;	/* its user's, as is_over */
	bool is_over;
	bool is_flying;
	void *handle;		/* the implementation's */
};

struct usb_io;

/* Who has an interface. */
enum usb_holder { USB_HOLDER_US, USB_HOLDER_NOBODY, USB_HOLDER_OTHER };

enum { USB_DRIVER_SIZE = 32 };

struct usb_io_ops {
	/* What it takes to submit @t, until close: 0 or -ENOMEM. */
	int (*prepare)(struct usb_io *io, struct usb_transfer *t);
	/* -ENODEV: proof that it is gone.  -ENOMEM: the limit of usbfs.  -EIO:
	 * the interface may be somebody else's now.  Neither calls done. */
	int (*submit)(struct usb_io *io, struct usb_transfer *t);
	void (*cancel)(struct usb_io *io, struct usb_transfer *t);

	/* These block, for seconds at worst, and are never called from inside
	 * done.  0 or -errno; -ENODEV: gone. */

	/* Detaches a kernel driver.  -EBUSY: another program has it. */
	int (*claim)(struct usb_io *io, uint8_t interface);
	/* Detaches no driver and attaches none.  Kills what flies. */
	int (*release)(struct usb_io *io, uint8_t interface);
	/* Asks the kernel to find a driver for an interface released before. */
	int (*give_back)(struct usb_io *io, uint8_t interface);
	/* Nothing flies on its end points. */
	int (*set_alt)(struct usb_io *io, uint8_t interface, uint8_t alt);
	/* Nothing flies on that end point. */
	int (*clear_halt)(struct usb_io *io, uint8_t endpoint);
	/* enum usb_holder; the driver's name for USB_HOLDER_OTHER. */
	int (*holder)(struct usb_io *io, uint8_t interface,
		      char ret_driver[USB_DRIVER_SIZE]);
	/* The whole device; keeps the claims.  -ENODEV also when it comes back
	 * as another one. */
	int (*reset)(struct usb_io *io);
	/* Frees @io.  What still flies is not done any more. */
	void (*close)(struct usb_io *io);
};

struct usb_io {
	const struct usb_io_ops *ops;
	unsigned int n_flying;
	/* The node reports the end of the device; may be called from inside
	 * done, or not at all.  NULL: nobody listens. */
	void (*gone)(void *user);
	void *user;
};

static inline int usb_submit(struct usb_io *io, struct usb_transfer *t)
{
	int r = io->ops->submit(io, t);

	if (!r) {
		t->is_flying = true;
		io->n_flying++;
	}
	return r;
}

/* Nothing when it does not fly. */
static inline void usb_cancel(struct usb_io *io, struct usb_transfer *t)
{
	if (t->is_flying)
		io->ops->cancel(io, t);
}

/* The implementation calls it. */
static inline void usb_end_transfer(struct usb_io *io, struct usb_transfer *t, int status,
				    uint32_t actual)
{
	t->is_flying = false;
	io->n_flying--;
	t->status = status;
	t->actual = min_u32(actual, t->len);
	t->done(t->user, t);
}
