#include "usb/handle.h"
#include "base/cleanup.h"
#include "usb/context.h"
#include "usb/io.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/usbdevice_fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>

enum { REAPS_MAX = 32 };

/* What we keep of a prepared transfer. */
struct slip {
	struct list node;	/* in handle->slips */
	struct usb_handle *handle;
	struct usb_transfer *transfer;	/* borrowed */
	struct libusb_transfer *libusb;	/* owned */
};

struct usb_handle {
	struct usb_io io;
	struct usb_context *context;
	libusb_device_handle *device;
	int fd;
	bool is_closing;
	struct list slips;
};

static struct usb_handle *to_handle(struct usb_io *io)
{
	return container_of(io, struct usb_handle, io);
}

/* Transfers. */

static int status_of(enum libusb_transfer_status status)
{
	switch (status) {
	case LIBUSB_TRANSFER_COMPLETED:
		return 0;
	case LIBUSB_TRANSFER_CANCELLED:
		return -ECANCELED;
	case LIBUSB_TRANSFER_STALL:
		return -EPIPE;
	case LIBUSB_TRANSFER_NO_DEVICE:
		return -ENODEV;
	case LIBUSB_TRANSFER_OVERFLOW:
		return -EOVERFLOW;
	default:
		return -EIO;
	}
}

static void LIBUSB_CALL on_transfer(struct libusb_transfer *libusb)
{
	struct slip *s = libusb->user_data;

	if (s->handle->is_closing)
		s->handle->io.n_flying--;
	else
		usb_end_transfer(&s->handle->io, s->transfer, status_of(libusb->status),
				 (uint32_t)libusb->actual_length);
}

static int handle_prepare(struct usb_io *io, struct usb_transfer *t)
{
	struct usb_handle *h = to_handle(io);
	struct slip *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->libusb = libusb_alloc_transfer(0);
	if (!s->libusb) {
		free(s);
		return -ENOMEM;
	}
	s->handle = h;
	s->transfer = t;
	t->handle = s;
	list_append(&h->slips, &s->node);
	return 0;
}

/* Time limits are ours: libusb's timers cannot be driven by a test. */
static void fill(struct usb_handle *h, const struct usb_transfer *t, struct slip *s)
{
	switch (t->type) {
	case USB_CONTROL:
		libusb_fill_control_transfer(s->libusb, h->device, t->data, on_transfer, s, 0);
		break;
	case USB_PIPE_BULK:
		libusb_fill_bulk_transfer(s->libusb, h->device, t->endpoint, t->data,
					  (int)t->len, on_transfer, s, 0);
		break;
	case USB_PIPE_INTERRUPT:
		libusb_fill_interrupt_transfer(s->libusb, h->device, t->endpoint, t->data,
					       (int)t->len, on_transfer, s, 0);
		break;
	}
	s->libusb->flags = t->ends_packets ? LIBUSB_TRANSFER_ADD_ZERO_PACKET : 0;
}

static int handle_submit(struct usb_io *io, struct usb_transfer *t)
{
	struct slip *s = t->handle;
	int r;

	fill(to_handle(io), t, s);
	r = usb_errno(libusb_submit_transfer(s->libusb));
	return !r || r == -ENODEV || r == -ENOMEM ? r : -EIO;
}

static void handle_cancel(struct usb_io *io, struct usb_transfer *t)
{
	struct slip *s = t->handle;

	(void)io;
	libusb_cancel_transfer(s->libusb);	/* the callback comes in any case */
}

/* Requests that block. */

static int handle_release(struct usb_io *io, uint8_t interface)
{
	return usb_errno(libusb_release_interface(to_handle(io)->device, interface));
}

static int handle_give_back(struct usb_io *io, uint8_t interface)
{
	struct usbdevfs_ioctl connect = { .ifno = interface, .ioctl_code = USBDEVFS_CONNECT };

	return ioctl(to_handle(io)->fd, USBDEVFS_IOCTL, &connect) < 0 ? -errno : 0;
}

static int handle_set_alt(struct usb_io *io, uint8_t interface, uint8_t alt)
{
	return usb_errno(libusb_set_interface_alt_setting(to_handle(io)->device, interface, alt));
}

static int handle_clear_halt(struct usb_io *io, uint8_t endpoint)
{
	return usb_errno(libusb_clear_halt(to_handle(io)->device, endpoint));
}

/* libusb's own question hides who "not active" is: us, or nobody. */
static int handle_holder(struct usb_io *io, uint8_t interface, char ret_driver[USB_DRIVER_SIZE])
{
	struct usbdevfs_getdriver get = { .interface = interface };

	if (ioctl(to_handle(io)->fd, USBDEVFS_GETDRIVER, &get) < 0)
		return errno == ENODATA ? USB_HOLDER_NOBODY : -errno;
	get.driver[sizeof(get.driver) - 1] = '\0';
	if (!strcmp(get.driver, "usbfs"))
		return USB_HOLDER_US;
	snprintf(ret_driver, USB_DRIVER_SIZE, "%.*s", USB_DRIVER_SIZE - 1, get.driver);
	return USB_HOLDER_OTHER;
}

/* libusb keeps a claim that was taken away in its books: its release fails, and
 * another claim does nothing. */
static int claim_behind_libusb(struct usb_handle *h, uint8_t interface)
{
	struct usbdevfs_disconnect_claim claim = {
		.interface = interface, .flags = USBDEVFS_DISCONNECT_CLAIM_EXCEPT_DRIVER,
		.driver = "usbfs",
	};
	char driver[USB_DRIVER_SIZE];
	int r = handle_holder(&h->io, interface, driver);

	if (r == USB_HOLDER_US || r < 0)
		return r < 0 ? r : 0;
	return ioctl(h->fd, USBDEVFS_DISCONNECT_CLAIM, &claim) < 0 ? -errno : 0;
}

static int handle_claim(struct usb_io *io, uint8_t interface)
{
	struct usb_handle *h = to_handle(io);
	int r;

	libusb_set_auto_detach_kernel_driver(h->device, 1);
	r = libusb_claim_interface(h->device, interface);
	/* Release would attach a driver, to one interface of two perhaps. */
	libusb_set_auto_detach_kernel_driver(h->device, 0);
	return r ? usb_errno(r) : claim_behind_libusb(h, interface);
}

static int handle_reset(struct usb_io *io)
{
	int r = usb_errno(libusb_reset_device(to_handle(io)->device));

	return r == -ENOENT ? -ENODEV : r;	/* it came back as another one */
}

/* libusb forgets what it keeps of a transfer that flies when its device is
 * closed.  usbfs cancels at once, so all but those that never come home are
 * there to be reaped. */
static void reap(struct usb_handle *h)
{
	struct timeval none = { 0 };
	struct slip *s;

	list_for_each(s, &h->slips, node)
		libusb_cancel_transfer(s->libusb);
	for (int i = 0; i < REAPS_MAX && h->io.n_flying; i++)
		libusb_handle_events_timeout_completed(usb_context_get(h->context), &none, NULL);
}

/* The kernel writes into no buffer afterwards: usbfs copies while reaping. */
static void handle_close(struct usb_io *io)
{
	struct usb_handle *h = to_handle(io);
	struct slip *s, *tmp;

	h->is_closing = true;
	if (h->io.n_flying)
		reap(h);
	if (h->device)
		libusb_close(h->device);
	list_for_each_safe(s, tmp, &h->slips, node) {
		libusb_free_transfer(s->libusb);
		free(s);
	}
	usb_context_free(h->context);
	if (h->fd >= 0)
		close(h->fd);
	free(h);
}

static const struct usb_io_ops handle_ops = {
	.prepare = handle_prepare,
	.submit = handle_submit,
	.cancel = handle_cancel,
	.claim = handle_claim,
	.release = handle_release,
	.give_back = handle_give_back,
	.set_alt = handle_set_alt,
	.clear_halt = handle_clear_halt,
	.holder = handle_holder,
	.reset = handle_reset,
	.close = handle_close,
};

static void on_fd_left(void *user, int fd)
{
	struct usb_handle *h = user;

	if (fd == h->fd && !h->is_closing && h->io.gone)
		h->io.gone(h->io.user);
}

/* Opening. */

static int explain_open(const struct usb_node *n, int r, struct text *ret_why)
{
	if (r == -EACCES || r == -EPERM)
		text_printf(ret_why, "no right to %s: install udev/70-mhifs-usb.rules, or give "
			    "the user of mhifs the node by a rule with MODE and GROUP", n->path);
	else
		text_printf(ret_why, "cannot open %s: %s", n->path, strerror(-r));
	return r;
}

/* Is it still the device that was chosen?  The node has the same bytes as
 * sysfs. */
static int compare(const struct usb_node *n, int fd, struct text *ret_why)
{
	CLEANUP_FREE uint8_t *bytes = NULL;
	ssize_t got;

	if (!n->descriptors_len)
		return 0;
	bytes = malloc(n->descriptors_len);
	if (!bytes)
		return -ENOMEM;
	got = pread(fd, bytes, n->descriptors_len, 0);
	if (got == (ssize_t)n->descriptors_len && !memcmp(bytes, n->descriptors, (size_t)got))
		return 0;
	if (got <= 0) {
		text_printf(ret_why, "%s: nothing is plugged in any more", n->path);
		return -ENODEV;
	}
	text_printf(ret_why, "%s is another device by now", n->path);
	return -EPROTO;
}

static int wrap(struct usb_handle *h, const struct usb_node *n, struct text *ret_why)
{
	int r;

	h->fd = open(n->path, O_RDWR | O_CLOEXEC);
	if (h->fd < 0)
		return explain_open(n, -errno, ret_why);
	r = compare(n, h->fd, ret_why);
	if (!r)
		r = usb_context_new(n->loop, on_fd_left, h, &h->context);
	if (r < 0)
		return r;
	r = usb_errno(libusb_wrap_sys_device(usb_context_get(h->context), h->fd, &h->device));
	if (r < 0) {
		h->device = NULL;
		return explain_open(n, r, ret_why);
	}
	return usb_context_is_watching(h->context) ? 0 : -ENOMEM;
}

int usb_handle_open(void *node, struct usb_io **ret_io, struct text *ret_why)
{
	struct usb_handle *h = calloc(1, sizeof(*h));
	int r;

	if (!h)
		return -ENOMEM;
	h->io.ops = &handle_ops;
	h->fd = -1;
	list_init(&h->slips);
	r = wrap(h, node, ret_why);
	if (r < 0)
		handle_close(&h->io);
	else
		*ret_io = &h->io;
	return r;
}
