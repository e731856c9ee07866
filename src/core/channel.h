/*
 * channel - the life of a channel: open, cancel, close, and every way to die.
 *
 * A channel is up to two transfers.  What is under way is a command on the
 * command ring; what is wanted is the channel's state; channel_pursue()
 * compares the two and sends the next command.  But for completions, the user
 * is called from channel_turn() alone: no link operation calls back from inside.
 *
 * Order: START uplink, then downlink; RESET downlink, then uplink.
 * Source: mhi host main.c, mhi_prepare_for_transfer() and the reverse.
 */
#pragma once
#include "base/list.h"
#include "core/transfer.h"

struct engine_config;
struct chan_config;

enum channel_state {
	CHANNEL_CLOSED,
	CHANNEL_OPENING,	/* why: 0, or the reason it will fail with */
	CHANNEL_OPEN,
	CHANNEL_CLOSING,	/* why: what closed() will say */
	CHANNEL_DEAD,		/* the device forgot it; the user was not told yet */
};

struct channel {
	struct transfer dir[2];		/* by enum link_dir */
	const struct chan_config *config;
	const struct link_user_ops *ops;	/* of the user; borrowed */
	void *user;
	enum channel_state state;
	bool tells_opened;	/* dead: opened() is owed, not closed() */
	bool was_offered;	/* what the engine's user was told last */
	int why;
	struct list work;	/* in engine.work while a turn is wanted */
};

int channel_open(struct engine *e, struct channel *c,
		 const struct link_user_ops *ops, void *user);
int channel_cancel(struct engine *e, struct channel *c, enum link_dir dir);
void channel_close(struct engine *e, struct channel *c);
/* The device is about to be reset: as close, but the user hears @why. */
void channel_shut(struct engine *e, struct channel *c, int why);
/* The device forgot the channel: no command, everything back with @why. */
void channel_die(struct engine *e, struct channel *c, int why);

/* A command of @t ended: 0, -EIO refused, -ETIMEDOUT, -EAGAIN never sent. */
void channel_answer(struct engine *e, struct transfer *t, enum tre_type command, int status);

/* Calls the user about everything that happened since the last turn. */
void channel_turn(struct engine *e, struct channel *c);

/* RESET got no answer: open is refused until the device was reset. */
bool channel_is_lost(const struct channel *c);
