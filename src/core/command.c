#include "core/command.h"
#include "core/host.h"

static void commands_late(void *user);

void commands_init(struct engine *e)
{
	timer_init(&e->commands.timer, commands_late, e);
}

void commands_rearm(struct engine *e)
{
	struct commands *c = &e->commands;

	timer_stop(&c->timer);
	ring_init(&c->ring, c->ring.el, c->ring.base, MHI_CMD_ELEMENTS);
	c->is_due = false;
	le64_set(&c->ctx->rbase, c->ring.base);
	le64_set(&c->ctx->rlen, c->ring.len);
	le64_set(&c->ctx->rp, c->ring.base);
	le64_set(&c->ctx->wp, c->ring.base);
}

int command_send(struct engine *e, struct transfer *t, enum tre_type type)
{
	struct commands *c = &e->commands;
	uint32_t at = c->ring.wp;

	if (ring_push(&c->ring, tre_command(type, t->chid)))
		return RING_FULL;
	c->sent[at] = (struct command){ .owner = t, .type = (uint8_t)type };
	t->command = (int16_t)at;
	if (c->n_waiting++ == 0)
		mission_wake_get(e);
	e->counts.commands++;
	c->is_due = true;
	engine_want_chores(e);
	return RING_OK;
}

/* From here on the answer interests nobody. */
static void command_disown(struct engine *e, struct command *command)
{
	if (!command->owner)
		return;
	command->owner->command = -1;
	command->owner = NULL;
	if (--e->commands.n_waiting == 0)
		mission_wake_put(e);
}

void command_forget(struct engine *e, struct transfer *t)
{
	if (t->command >= 0)
		command_disown(e, &e->commands.sent[t->command]);
}

/* The oldest command somebody waits for, or NULL. */
static struct command *command_oldest(struct commands *c)
{
	for (uint32_t i = c->ring.rp; i != c->ring.wp; i = ring_next(&c->ring, i))
		if (c->sent[i].owner)
			return &c->sent[i];
	return NULL;
}

static void commands_set_timer(struct engine *e)
{
	struct command *oldest = command_oldest(&e->commands);
	uint64_t now = e->timers->now_us;

	if (!oldest || !oldest->is_rung)
		timer_stop(&e->commands.timer);
	else
		timer_start(e->timers, &e->commands.timer,
			    oldest->deadline_us > now ? oldest->deadline_us - now : 0);
}

void commands_ring(struct engine *e)
{
	struct commands *c = &e->commands;
	iova_t wp = ring_at(&c->ring, c->ring.wp);

	c->is_due = false;
	if (ring_is_empty(&c->ring))
		return;
	for (uint32_t i = c->ring.rp; i != c->ring.wp; i = ring_next(&c->ring, i)) {
		if (c->sent[i].is_rung)
			continue;
		c->sent[i].is_rung = true;
		c->sent[i].deadline_us = e->timers->now_us + e->config->timeout_ms * 1000ull;
	}
	/* The elements before the wp that shows them; pairs with the device's
	 * read of wp. */
	__atomic_thread_fence(__ATOMIC_RELEASE);
	le32_set(&c->ctx->wp.lo, (uint32_t)wp);
	if (regs_bell(e, CRDB_LOWER, wp) < 0)
		return;
	commands_set_timer(e);
	power_watch(e);
}

static void commands_late(void *user)
{
	struct engine *e = user;
	struct command *command;

	while ((command = command_oldest(&e->commands)) && command->is_rung &&
	       command->deadline_us <= e->timers->now_us) {
		struct transfer *t = command->owner;

		engine_note(e, "channel %u: command 0x%02x was not answered", t->chid,
			    command->type);
		command_disown(e, command);
		channel_answer(e, t, (enum tre_type)command->type, -ETIMEDOUT);
	}
	commands_set_timer(e);
}

/* Is @index the next command to be answered?  Those before it may only be ones
 * that nobody waits for any more: the device skipped them. */
static bool command_is_next(const struct commands *c, uint32_t index)
{
	if (!ring_holds(&c->ring, index))
		return false;
	for (uint32_t i = c->ring.rp; i != index; i = ring_next(&c->ring, i))
		if (c->sent[i].owner)
			return false;
	return true;
}

void command_complete(struct engine *e, struct tre_copy event)
{
	struct commands *c = &e->commands;
	struct command *command;
	struct transfer *t;
	uint32_t index;

	if (ring_find(&c->ring, event.ptr, &index) < 0) {
		engine_break(e, "completion of a command outside the command ring");
		return;
	}
	if (!command_is_next(c, index)) {
		event_strike(e, "completion of a command that is not the next", event);
		return;
	}
	command = &c->sent[index];
	c->ring.rp = ring_next(&c->ring, index);
	t = command->owner;
	command_disown(e, command);
	if (t)
		channel_answer(e, t, (enum tre_type)command->type,
			       tre_code(event) == EV_CODE_SUCCESS ? 0 : -EIO);
	commands_set_timer(e);
}
