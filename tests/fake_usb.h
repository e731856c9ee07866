/*
 * fake_usb - an open USB device whose modem is the test.
 *
 * Transfers wait until the test ends them; what was cancelled, and line states,
 * are answered by fake_usb_run() unless told otherwise.  On the way it asserts
 * what everybody who moves data owes: a transfer is submitted once at a time, a
 * halt is cleared and a setting is chosen with nothing in flight, nothing
 * blocks inside done.
 */
#pragma once
#include "base/timers.h"
#include "usb/io.h"

struct text;

enum { FAKE_USB_FLYING_MAX = 128, FAKE_USB_HEARD_MAX = 65536, FAKE_USB_SETUPS_MAX = 64 };

struct fake_usb {
	struct usb_io io;
	struct timers timers;
	struct usb_transfer *flying[FAKE_USB_FLYING_MAX];	/* oldest first */
	bool is_cancelled[FAKE_USB_FLYING_MAX];
	unsigned int n_flying;
	bool is_open, is_inside;

	/* What the test may ask for. */
	int open_error, prepare_error;
	unsigned int prepares_before_error;
	int submit_error;		/* of the next n_submit_errors */
	unsigned int n_submit_errors;
	uint8_t submit_error_endpoint;	/* 0: any */
	bool ignores_cancel;
	bool ignores_lines;		/* line states get no answer */
	int line_status;		/* or this one */
	int claim_error;		/* of claim_error_interface */
	uint8_t claim_error_interface;
	int holder;			/* enum usb_holder or -errno */
	int clear_halt_error, reset_error;

	/* What happened. */
	uint8_t setups[FAKE_USB_SETUPS_MAX][USB_SETUP_LEN];	/* control requests */
	unsigned int n_setups;
	uint8_t heard[FAKE_USB_HEARD_MAX];	/* bytes taken by fake_usb_take() */
	uint32_t n_heard;
	unsigned int n_zlps;	/* empty packets, of either kind */
	uint32_t claimed, given_back;	/* interfaces, as bits */
	unsigned int n_opens, n_closes, n_halts_cleared, n_resets, n_claims;
	unsigned int n_submits, n_ends;
	uint8_t last_alt;
};

void fake_usb_init(struct fake_usb *f);
/* As usb_device_config.open; @fake: struct fake_usb. */
int fake_usb_open(void *fake, struct usb_io **ret_io, struct text *ret_why);

/* Everything that happens by itself, and timers that are due. */
void fake_usb_run(struct fake_usb *f);
void fake_usb_wait_ms(struct fake_usb *f, unsigned int ms);

unsigned int fake_usb_count(const struct fake_usb *f, uint8_t endpoint);	/* flying */
/* These end the oldest of an end point; false: none flies. */
bool fake_usb_end(struct fake_usb *f, uint8_t endpoint, int status, uint32_t actual);
bool fake_usb_say(struct fake_usb *f, uint8_t endpoint, const void *data, uint32_t len);
bool fake_usb_take(struct fake_usb *f, uint8_t endpoint);	/* with all its bytes */
/* The same for the control request with these first two bytes; @data may be
 * NULL. */
bool fake_usb_answer(struct fake_usb *f, uint8_t type, uint8_t request, int status,
		     const void *data, uint32_t len);
/* How many such requests were sent so far. */
unsigned int fake_usb_asked(const struct fake_usb *f, uint8_t type, uint8_t request);
/* All that flies ends so. */
void fake_usb_end_all(struct fake_usb *f, int status);
