#include "usb/request.h"
#include "usb/flow.h"
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

static void end(struct usb_request *q, int status)
{
	q->is_waiting = false;
	timer_stop(&q->timer);
	q->ended(q->user, q, status);
}

static void on_done(void *user, struct usb_transfer *t)
{
	struct usb_request *q = user;

	if (!q->is_waiting)
		q->home(q->user);
	else
		end(q, q->is_late && t->status == -ECANCELED ? -ETIMEDOUT : t->status);
}

static void on_timer(void *user)
{
	struct usb_request *q = user;

	if (q->is_late) {
		end(q, -ETIMEDOUT);
		return;
	}
	q->is_late = true;
	usb_cancel(q->io, &q->transfer);
	timer_start(q->timers, &q->timer, USB_CANCEL_US);
}

void usb_request_init(struct usb_request *q, struct timers *timers,
		      void (*ended)(void *user, struct usb_request *q, int status),
		      void (*home)(void *user), void *user)
{
	q->timers = timers;
	q->ended = ended;
	q->home = home;
	q->user = user;
	timer_init(&q->timer, on_timer, q);
}

void usb_request_fini(struct usb_request *q)
{
	timer_stop(&q->timer);
	free(q->buffer);
	q->buffer = NULL;
}

int usb_request_prepare(struct usb_request *q, struct usb_io *io, uint32_t size)
{
	if (!q->buffer)
		q->buffer = malloc(USB_SETUP_LEN + size);
	if (!q->buffer)
		return -ENOMEM;
	q->io = io;
	q->size = size;
	q->is_waiting = false;
	q->transfer = (struct usb_transfer){
		.type = USB_CONTROL, .data = q->buffer, .done = on_done, .user = q,
	};
	return io->ops->prepare(io, &q->transfer);
}

uint8_t *usb_request_bytes(struct usb_request *q)
{
	return q->buffer + USB_SETUP_LEN;
}

bool usb_request_is_free(const struct usb_request *q)
{
	return !q->is_waiting && !q->transfer.is_flying;
}

int usb_request_send(struct usb_request *q, enum usb_request_code code, uint16_t value,
		     uint8_t interface, uint16_t len, uint64_t limit_us)
{
	int r;

	assert(usb_request_is_free(q) && len <= q->size);
	q->buffer[0] = (uint8_t)(code >> 8);
	q->buffer[1] = (uint8_t)code;
	put_le16(q->buffer + 2, value);
	put_le16(q->buffer + 4, interface);
	put_le16(q->buffer + 6, len);
	q->transfer.len = len;
	r = usb_submit(q->io, &q->transfer);
	if (r < 0)
		return r;
	q->is_waiting = true;
	q->is_late = false;
	timer_start(q->timers, &q->timer, limit_us);
	return 0;
}

void usb_request_cancel(struct usb_request *q)
{
	if (!q->is_waiting || q->is_late)
		return;
	usb_cancel(q->io, &q->transfer);
	timer_start(q->timers, &q->timer, USB_CANCEL_US);
	q->is_late = true;
}

void usb_request_abandon(struct usb_request *q)
{
	q->is_waiting = false;
	timer_stop(&q->timer);
	usb_cancel(q->io, &q->transfer);
}
