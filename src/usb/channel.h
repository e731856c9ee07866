/*
 * channel - one function of a modem as a channel of the link: open, close,
 * line state and notifications.  How its bytes move is bulk.c's or wdm.c's
 * affair: the mover.
 *
 *	open:	interface claimed, receive transfers queued, line raised;
 *		then it runs.
 *	close:	good-bye, line lowered, everything cancelled and awaited, 5 s at
 *		most; then it is closed.
 *
 * Lines are only asked for: a modem that refuses or does not answer within a
 * second is as good as one that obeys.
 */
#pragma once
#include "base/timers.h"
#include "core/link.h"
#include "usb/flow.h"
#include "usb/layout.h"
#include "usb/notify.h"
#include "usb/request.h"

struct usb_channel;

struct usb_mover_ops {
	/* 0 or -ENOMEM: transfers for an opened device. */
	int (*prepare)(struct usb_channel *c, struct usb_io *io);
	/* Opening: receives. */
	void (*begin)(struct usb_channel *c);
	/* Opened: sends. */
	void (*run)(struct usb_channel *c);
	int (*submit)(struct usb_channel *c, enum link_dir dir, unsigned int slot, uint32_t len);
	int (*cancel)(struct usb_channel *c, enum link_dir dir);
	/* Closing: the last words, usb_channel_said_bye() when they went.  False:
	 * there are none. */
	bool (*say_bye)(struct usb_channel *c);
	/* Cancels everything; usb_channel_part_stopped() for each of n_parts. */
	void (*stop)(struct usb_channel *c);
	/* Every slot comes back with @why from inside. */
	void (*abandon)(struct usb_channel *c, int why);
	/* Something abandoned still flies. */
	bool (*is_airborne)(const struct usb_channel *c);
	void (*go_on)(struct usb_channel *c);
	/* A response waits, or may: notifications were lost. */
	void (*response)(struct usb_channel *c, bool is_certain);
	void (*free)(struct usb_channel *c);
	unsigned int n_parts;
};

/* What a channel wants of its device, never from inside a call of it. */
struct usb_channel_host {
	int (*claim)(void *user, struct usb_channel *c);	/* 0 or -errno */
	void (*disturbed)(void *user);
	/* Closed, or something came home: nothing of it may fly any more. */
	void (*calmed)(void *user);
	void (*line_state)(void *user, struct usb_channel *c, unsigned int bits);
	void (*noted)(void *user, struct usb_channel *c, const char *sentence);
};

enum usb_channel_state {
	CHANNEL_CLOSED,
	CHANNEL_OPENING,
	CHANNEL_RUNNING,
	CHANNEL_CLOSING,
};

enum usb_channel_step { STEP_BEGIN, STEP_LINE, STEP_BYE, STEP_STOP };

struct usb_channel {
	const struct usb_function *function;	/* borrowed, as what follows */
	const struct usb_mover_ops *mover;
	const struct usb_channel_host *host;
	void *host_user;
	struct timers *timers;
	struct usb_io *io;	/* of the device while it is open */
	struct link_slots slots[2];	/* base is owned */
	bool is_edl;		/* of the layout */

	enum usb_channel_state state;
	enum usb_channel_step step;
	const struct link_user_ops *user_ops;
	void *user;
	int why;		/* of closed */
	unsigned int n_parts;	/* still to stop */
	struct timer timer;	/* of the step */
	struct timer limit;	/* of closing, or of coming home */

	struct usb_request line;
	bool is_line_up;	/* it was asked for */
	bool has_told_line;	/* that it was refused */
	struct usb_flow notify;
	struct usb_transfer notify_transfer;
	uint8_t notify_packet[USB_NOTIFY_MAX];
	struct usb_notify notices;
};

/* For movers: common part of a channel whose slots have these sizes; 0 or
 * -ENOMEM.  fini is due after both. */
int usb_channel_init(struct usb_channel *c, const struct usb_function *f,
		     const struct usb_mover_ops *mover, uint32_t dl_size, uint32_t ul_size);
void usb_channel_fini(struct usb_channel *c);

/* NULL without memory. */
struct usb_channel *usb_channel_new(const struct usb_function *f, bool is_edl,
				    struct timers *timers, const struct usb_channel_host *host,
				    void *host_user);
void usb_channel_free(struct usb_channel *c);	/* closed; safe on NULL */

/* The device was opened: its transfers.  0 or -ENOMEM. */
int usb_channel_attach(struct usb_channel *c, struct usb_io *io);
/* It was closed, and nothing flies any more. */
void usb_channel_detach(struct usb_channel *c);
/* Claimed, or reset: the line of USB_LINE_ATTACH goes up. */
void usb_channel_greet(struct usb_channel *c);

/* As link_ops; the device has checked that it is there. */
int usb_channel_open(struct usb_channel *c, const struct link_user_ops *ops, void *user);
int usb_channel_submit(struct usb_channel *c, enum link_dir dir, unsigned int slot, uint32_t len);
int usb_channel_cancel(struct usb_channel *c, enum link_dir dir);
void usb_channel_close(struct usb_channel *c);

/* Closes it in order under its user; closed(@why) follows, later. */
void usb_channel_end(struct usb_channel *c, int why);
/* At once, from inside.  Transfers may fly on. */
void usb_channel_kill(struct usb_channel *c, int why);
bool usb_channel_is_closed(const struct usb_channel *c);
/* The device looked: the interface is ours still. */
void usb_channel_go_on(struct usb_channel *c);

/* Movers call these. */
void usb_channel_part_stopped(struct usb_channel *c);
void usb_channel_said_bye(struct usb_channel *c);
void usb_channel_home(struct usb_channel *c);
void usb_channel_disturbed(struct usb_channel *c);
/* Transfers do not come back: ends with -ECONNRESET. */
void usb_channel_broken(struct usb_channel *c);
void usb_channel_note(struct usb_channel *c, const char *sentence);

static inline uint8_t *usb_channel_slot(const struct usb_channel *c, enum link_dir dir,
					unsigned int slot)
{
	return c->slots[dir].base + (size_t)slot * c->slots[dir].size;
}

static inline void usb_channel_done(struct usb_channel *c, enum link_dir dir, unsigned int slot,
				    int status, uint32_t len)
{
	c->user_ops->done(c->user, dir, slot, status, len);
}
