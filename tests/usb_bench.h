/*
 * usb_bench - a USB modem over a fake device: DIAG, an AT port with a line, QMI,
 * and a channel of messages.
 */
#pragma once
#include "tests/fake_usb.h"
#include "tests/link_user.h"
#include "usb/device.h"

enum { BENCH_DIAG, BENCH_AT, BENCH_QMI, BENCH_DATA, N_BENCH };
enum {
	DIAG_IN = 0x81, DIAG_OUT = 0x01,
	AT_IN = 0x84, AT_OUT = 0x03, AT_NOTIFY = 0x85,
	QMI_NOTIFY = 0x89,
	DATA_IN = 0x86, DATA_OUT = 0x05,
	BENCH_PACKET = 64,	/* so that buffers are small */
};

struct usb_bench {
	struct fake_usb fake;
	struct usb_layout layout;
	struct usb_device *device;
	struct link_user users[N_BENCH];
	unsigned int n_changed, n_stopped, n_noted;
	char noted[160];	/* the last sentence */
	unsigned int n_lines, line_bits, line_chan;
};

/* The layout, to be changed before start. */
void usb_bench_init(struct usb_bench *b);
/* Makes the device and starts it; asserts that it does. */
void usb_bench_start(struct usb_bench *b, bool claims_at_open);
/* Opens a channel and asserts that it runs. */
struct link_user *usb_bench_open(struct usb_bench *b, unsigned int chan);
/* Frees, and asserts that nothing was lost on the way. */
void usb_bench_fini(struct usb_bench *b);
