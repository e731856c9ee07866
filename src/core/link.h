/*
 * link - the seam above the engine: named channels that carry messages.
 * The MHI engine, a USB modem and the rpmsg bus implement it; a port or a
 * service inside the process uses it.
 *
 * Memory belongs to the link: each direction of a channel has n slots of size
 * bytes, and a slot is known by its number.  A slot has one owner.  submit
 * gives it to the device, exactly one done gives it back, whatever happens:
 * completion, cancel, close, reset, unplug.  Before opened and after closed
 * the user owns none.
 */
#pragma once
#include "base/bytes.h"

enum link_dir { LINK_UL, LINK_DL };	/* host to device, device to host */

/* Status of done besides 0 and -errno. */
enum { LINK_MORE = 1 };	/* downlink: the message goes on in the next slot */

/* Outcome of submit. */
enum { LINK_OK, LINK_FULL };

struct link_slots {
	uint8_t *base;		/* slot i is at base + i * size; borrowed */
	uint32_t size;		/* bytes; UL: largest piece, DL: largest receive */
	uint32_t n;		/* 0: the channel has no such direction */
};

/* One channel, fixed for the life of the link.  Indexes are stable. */
struct link_chan {
	const char *name;	/* borrowed from the link */
	struct link_slots slots[2];	/* by enum link_dir */
};

/* Called from the loop or from inside submit, cancel and close; any callback
 * may call any link operation, close included. */
struct link_user_ops {
	/* The channel runs (0), or the open failed (-errno) and the channel is
	 * closed again without a further call. */
	void (*opened)(void *user, int status);
	/* The slot is the user's again.  UL: taken by the device (0), or not
	 * (-errno).  DL: @len bytes arrived, 0 ends the message, LINK_MORE does
	 * not; or nothing arrived (-errno).  In the order of submission. */
	void (*done)(void *user, enum link_dir dir, unsigned int slot,
		     int status, uint32_t len);
	/* The channel is closed and every slot is back.  @why: 0 after close,
	 * -ECONNRESET when channel or device were reset under it, -ENODEV when
	 * the device was powered off or is gone.  No call follows. */
	void (*closed)(void *user, int why);
};

struct link;

struct link_ops {
	/* Prepares both directions; opened follows, later.  -ENODEV off or
	 * gone, -ENOTCONN not offered by the execution environment, -EBUSY open
	 * already or not closed yet, -EIO the device is in error. */
	int (*open)(struct link *l, unsigned int chan,
		    const struct link_user_ops *ops, void *user);
	/* Gives a slot to the device.  UL: its first @len bytes are sent as one
	 * message, 1 <= len <= size.  DL: @len is ignored.  LINK_FULL leaves the
	 * slot with the caller. */
	int (*submit)(struct link *l, unsigned int chan, enum link_dir dir,
		      unsigned int slot, uint32_t len);
	/* Takes back every submitted slot of one direction, each with
	 * -ECANCELED, later; the channel stays open. */
	int (*cancel)(struct link *l, unsigned int chan, enum link_dir dir);
	/* Unprepares; the rest comes back, then closed(0) follows, later.  Also
	 * ends an open that is under way: closed instead of opened. */
	void (*close)(struct link *l, unsigned int chan);
};

struct link {
	const struct link_ops *ops;
	const struct link_chan *chans;	/* borrowed: n_chans */
	unsigned int n_chans;
};

static inline uint8_t *link_slot(const struct link *l, unsigned int chan,
				 enum link_dir dir, unsigned int slot)
{
	const struct link_slots *s = &l->chans[chan].slots[dir];

	return s->base + (size_t)slot * s->size;
}
