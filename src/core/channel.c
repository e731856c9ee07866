#include "core/channel.h"
#include "core/host.h"

bool channel_is_lost(const struct channel *c)
{
	return c->dir[LINK_UL].state == TRANSFER_LOST || c->dir[LINK_DL].state == TRANSFER_LOST;
}

static bool is_down(const struct transfer *t)
{
	return t->state == TRANSFER_DOWN || t->state == TRANSFER_LOST;
}

static bool channel_is_down(const struct channel *c)
{
	return is_down(&c->dir[LINK_UL]) && is_down(&c->dir[LINK_DL]);
}

static bool channel_is_up(const struct channel *c)
{
	for (int d = 0; d < 2; d++)
		if (c->dir[d].exists && c->dir[d].state != TRANSFER_UP)
			return false;
	return true;
}

static bool is_failing(const struct channel *c)
{
	return c->state == CHANNEL_CLOSING || (c->state == CHANNEL_OPENING && c->why);
}

/* Sends one command; @state says that it is on its way. */
static void transfer_command(struct engine *e, struct transfer *t, enum tre_type command,
			     enum transfer_state state)
{
	transfer_become(t, state);
	if (command_send(e, t, command) == RING_FULL)
		channel_answer(e, t, command, -EAGAIN);
}

static void transfer_start(struct engine *e, struct transfer *t)
{
	transfer_arm(t);
	transfer_command(e, t, TRE_CMD_START_CHAN, TRANSFER_STARTING);
}

/* What runs must end: RESET downlink, then uplink.  What is on its way to
 * start or stop is waited for. */
static void channel_wind_down(struct engine *e, struct channel *c)
{
	for (int d = LINK_DL; d >= LINK_UL; d--) {
		struct transfer *t = &c->dir[d];

		if (t->state == TRANSFER_STARTING || t->state == TRANSFER_STOPPING)
			return;
		if (t->state == TRANSFER_UP || t->state == TRANSFER_STOPPED)
			transfer_command(e, t, TRE_CMD_RESET_CHAN, TRANSFER_RESETTING);
	}
	if (channel_is_down(c))
		engine_queue(e, c);
}

/* The middle and the end of a cancel: what stopped is reset, what was reset
 * starts again. */
static void transfer_cancel_step(struct engine *e, struct transfer *t)
{
	if (t->state == TRANSFER_UP && t->wants_cancel) {
		t->wants_cancel = false;
		t->is_cancelling = true;
		transfer_command(e, t, TRE_CMD_STOP_CHAN, TRANSFER_STOPPING);
	} else if (t->state == TRANSFER_STOPPED) {
		transfer_command(e, t, TRE_CMD_RESET_CHAN, TRANSFER_RESETTING);
	} else if (t->state == TRANSFER_DOWN && t->is_cancelling) {
		transfer_start(e, t);
		transfer_welcome(t, t->state == TRANSFER_STARTING);
	}
}

/* The next commands towards what the channel's state asks for. */
static void channel_pursue(struct engine *e, struct channel *c)
{
	if (is_failing(c)) {
		channel_wind_down(e, c);
		return;
	}
	if (c->state == CHANNEL_OPENING && channel_is_up(c))
		engine_queue(e, c);
	if (c->state != CHANNEL_OPEN)
		return;
	for (int d = LINK_UL; d <= LINK_DL; d++)
		transfer_cancel_step(e, &c->dir[d]);
}

int channel_open(struct engine *e, struct channel *c,
		 const struct link_user_ops *ops, void *user)
{
	if (c->state != CHANNEL_CLOSED)
		return -EBUSY;
	if (channel_is_lost(c))
		return -EIO;
	c->ops = ops;
	c->user = user;
	c->why = 0;
	c->state = CHANNEL_OPENING;
	for (int d = LINK_UL; d <= LINK_DL; d++) {
		c->dir[d].done = ops->done;
		c->dir[d].user = user;
		c->dir[d].is_cancelling = c->dir[d].wants_cancel = false;
		if (c->dir[d].exists && !is_failing(c))
			transfer_start(e, &c->dir[d]);
	}
	return 0;
}

int channel_cancel(struct engine *e, struct channel *c, enum link_dir dir)
{
	struct transfer *t = &c->dir[dir];

	if (c->state != CHANNEL_OPEN || !t->exists)
		return -ENOTCONN;
	if (ring_is_empty(&t->ring))
		return 0;
	/* A second cancel, while the first is still starting again. */
	t->wants_cancel = !t->is_cancelling || t->has_slots;
	transfer_welcome(t, false);
	t->is_cancelling = true;
	channel_pursue(e, c);
	return 0;
}

static void channel_begin_close(struct channel *c, int why)
{
	c->state = CHANNEL_CLOSING;
	c->why = why;
	for (int d = LINK_UL; d <= LINK_DL; d++) {
		transfer_welcome(&c->dir[d], false);
		c->dir[d].is_cancelling = false;
	}
}

void channel_close(struct engine *e, struct channel *c)
{
	c->tells_opened = false;
	if (c->state != CHANNEL_OPENING && c->state != CHANNEL_OPEN)
		return;
	channel_begin_close(c, 0);
	channel_pursue(e, c);
}

/* The channel cannot go on: what runs of it is wound down, then its user hears
 * @open_why from closed(), or @opening_why from opened(). */
static void channel_fail(struct channel *c, int opening_why, int open_why)
{
	if (c->state == CHANNEL_OPEN)
		channel_begin_close(c, open_why);
	else if (c->state == CHANNEL_OPENING && !c->why)
		c->why = opening_why;
}

void channel_shut(struct engine *e, struct channel *c, int why)
{
	channel_fail(c, why, why);
	channel_pursue(e, c);
}

void channel_die(struct engine *e, struct channel *c, int why)
{
	if (c->state == CHANNEL_CLOSED || c->state == CHANNEL_DEAD)
		return;
	/* A user who asked for the end hears of that, not of the accident. */
	if (c->state != CHANNEL_CLOSING)
		c->why = why;
	c->tells_opened = c->state == CHANNEL_OPENING;
	c->state = CHANNEL_DEAD;
	for (int d = LINK_UL; d <= LINK_DL; d++) {
		command_forget(e, &c->dir[d]);
		if (c->dir[d].state != TRANSFER_LOST)
			transfer_become(&c->dir[d], TRANSFER_DOWN);
	}
	engine_queue(e, c);
}

static void was_started(struct engine *e, struct transfer *t, int status)
{
	if (status == 0) {
		transfer_become(t, TRANSFER_UP);
		t->is_cancelling = t->wants_cancel;
		if (!ring_is_empty(&t->ring))
			transfer_mark(e, t);
		return;
	}
	/* Refused: the device has nothing.  No answer: it may have. */
	transfer_become(t, status == -ETIMEDOUT ? TRANSFER_STOPPED : TRANSFER_DOWN);
	channel_fail(t->channel, status, -ECONNRESET);
}

/* Completions on their way in the event ring were published before the answer
 * that is being handled: they still count after STOP, and must be out of the
 * ring before a START can follow a RESET.  Ring 0 carries the answer itself. */
static void take_published(struct engine *e, const struct transfer *t)
{
	if (t->ering != 0)
		ering_drain(e, &e->erings[t->ering]);
}

static void was_stopped(struct engine *e, struct transfer *t, int status)
{
	if (status == 0)
		take_published(e, t);
	if (t->state == TRANSFER_STOPPING)
		transfer_become(t, TRANSFER_STOPPED);
}

static void was_reset(struct engine *e, struct transfer *t, int status)
{
	if (status == 0)
		take_published(e, t);
	if (t->state != TRANSFER_RESETTING)
		return;		/* the device broke the protocol meanwhile */
	transfer_become(t, status == 0 ? TRANSFER_DOWN : TRANSFER_LOST);
	transfer_disarm(t);
	engine_queue(e, t->channel);
	if (status) {
		engine_note(e, "channel %u: not reset, refused until the device is", t->chid);
		channel_fail(t->channel, status, -ECONNRESET);
	}
}

void channel_answer(struct engine *e, struct transfer *t, enum tre_type command, int status)
{
	if (command == TRE_CMD_START_CHAN)
		was_started(e, t, status);
	else if (command == TRE_CMD_STOP_CHAN)
		was_stopped(e, t, status);
	else
		was_reset(e, t, status);
	channel_pursue(e, t->channel);
}

/* Why slots come back now. */
static int back_status(const struct channel *c)
{
	return c->why ? c->why : -ECANCELED;
}

void channel_turn(struct engine *e, struct channel *c)
{
	for (int d = LINK_UL; d <= LINK_DL; d++)
		transfer_give_back(e, &c->dir[d], back_status(c));
	if (c->state == CHANNEL_OPENING && !c->why && channel_is_up(c)) {
		c->state = CHANNEL_OPEN;
		for (int d = LINK_UL; d <= LINK_DL; d++)
			transfer_welcome(&c->dir[d], c->dir[d].exists);
		c->ops->opened(c->user, 0);
	} else if (c->state == CHANNEL_DEAD) {
		c->state = CHANNEL_CLOSED;
		(c->tells_opened ? c->ops->opened : c->ops->closed)(c->user, c->why);
	} else if (c->state == CHANNEL_OPENING && c->why && channel_is_down(c)) {
		c->state = CHANNEL_CLOSED;
		c->ops->opened(c->user, c->why);
	} else if (c->state == CHANNEL_CLOSING && channel_is_down(c)) {
		c->state = CHANNEL_CLOSED;
		c->ops->closed(c->user, c->why);
	}
}
