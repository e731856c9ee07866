/*
 * flow - one bulk or interrupt end point, and the transfers that go through it
 * in order; what a stall, a babble, an error on the wire or a lost claim
 * demands is done here.
 *
 * - A stall: what flies is cancelled and awaited, the halt is cleared, and
 *   what did not go is submitted again.  A second stall with no success in
 *   between fails one transfer with -EIO.  A halt is never cleared while
 *   something flies, nor "to be sure".
 * - An error on the wire: in, repeated; out, that transfer fails with -EIO,
 *   since nobody knows what went.  Next try after 50 ms, then twice as long,
 *   at most 1 s.  After five in a row the device is asked to look.
 * - A babble: -EOVERFLOW once until the next success, repeated after a pause.
 * - Signs of a lost claim: nothing is submitted until the device has looked.
 * - No memory in usbfs: half as many at once.
 *
 * Source: libusb 1.0.26 and Linux 6.1 drivers/usb/core/devio.c for what a
 * status means; Guess: the numbers of tries and the pauses.
 */
#pragma once
#include "base/timers.h"
#include "usb/io.h"

#define USB_CANCEL_US (5 * 1000000ull)	/* to wait for what was cancelled */

struct usb_flow;

/* Any of these may put, cancel or stop. */
struct usb_flow_ops {
	/* @t is its owner's again.  0: @t->actual bytes arrived, perhaps none,
	 * or all of it went.  -ECANCELED, -EIO, -EOVERFLOW, or the reason of
	 * usb_flow_abandon(). */
	void (*ended)(void *user, struct usb_transfer *t, int status);
	/* Look who has the interface; usb_flow_go_on() or _abandon() follows. */
	void (*disturbed)(void *user);
	/* What was cancelled does not come back: only _abandon() helps. */
	void (*broken)(void *user);
	/* A stall was cleared. */
	void (*recovered)(void *user);
	/* usb_flow_stop() ended: no transfer is left. */
	void (*stopped)(void *user);
	/* An abandoned transfer does not fly any more. */
	void (*home)(void *user);
	void (*noted)(void *user, const char *sentence);
};

enum usb_flow_state {
	FLOW_STOPPED,
	FLOW_RUNNING,
	FLOW_PAUSED,	/* until the timer */
	FLOW_HALTED,	/* stalled: waits for what flies, then clears the halt */
	FLOW_HELD,	/* until the device has looked */
	FLOW_CANCELLING,	/* waits for what flies */
};

struct usb_flow {
	struct usb_io *io;		/* borrowed, as what follows */
	struct timers *timers;
	const struct usb_flow_ops *ops;
	void *user;
	uint8_t endpoint;
	bool is_stream;		/* the bytes of a failed transfer are data */

	enum usb_flow_state state;
	struct list queue;	/* of struct usb_transfer: ours, in order */
	unsigned int n_flying;	/* of the queue */
	unsigned int limit;	/* at once */
	unsigned int n_errors, n_stalls, n_zeros;	/* since the last success */
	bool has_babbled;	/* so is this */
	bool is_halted;
	bool is_stopping;	/* CANCELLING ends in STOPPED */
	bool has_told_memory;
	uint64_t zero_at_us;
	struct timer timer;
};

void usb_flow_init(struct usb_flow *f, struct timers *timers, const struct usb_flow_ops *ops,
		   void *user);
/* One transfer of it, or of nobody yet; 0 or -ENOMEM as usb_io_ops.prepare. */
int usb_flow_prepare(struct usb_flow *f, struct usb_transfer *t);

/* From STOPPED; at most @limit fly at once. */
void usb_flow_start(struct usb_flow *f, unsigned int limit);
/* Takes @t, with data and len set; not from STOPPED. */
void usb_flow_put(struct usb_flow *f, struct usb_transfer *t);
/* All that is owned ends with -ECANCELED, or with what it brought; later. */
void usb_flow_cancel(struct usb_flow *f);
/* The same, then stopped follows. */
void usb_flow_stop(struct usb_flow *f);
/* At once STOPPED: all that is owned ends with @why from inside.  What flies is
 * cancelled, and its memory in use until it is home. */
void usb_flow_abandon(struct usb_flow *f, int why);
/* The device looked: the interface is ours. */
void usb_flow_go_on(struct usb_flow *f);
