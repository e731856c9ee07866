#include "core/engine.h"
#include "core/host.h"
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { NOTES_A_SECOND = 8 };

void engine_want_turn(struct engine *e)
{
	if (e->wants_turn)
		return;
	e->wants_turn = true;
	e->ops->wants_turn(e->user);
}

void engine_want_chores(struct engine *e)
{
	e->has_chores = true;
	engine_want_turn(e);
}

void engine_change(struct engine *e)
{
	e->has_changed = true;
	engine_want_chores(e);
}

void engine_listen(struct engine *e)
{
	e->is_listening = true;
	if (e->hw->n_vectors <= e->config->n_erings)
		return;		/* one vector serves all */
	for (unsigned int i = 0; i < e->config->n_erings; i++)
		e->by_vector[i + 1] = &e->erings[i];
}

void engine_deafen(struct engine *e)
{
	e->is_listening = false;
	memset(e->by_vector, 0, sizeof(e->by_vector));
	for (unsigned int i = 0; i < e->config->n_erings; i++)
		ering_stop(&e->erings[i]);
}

void engine_queue(struct engine *e, struct channel *c)
{
	if (list_is_empty(&c->work))
		list_append(&e->work, &c->work);
	engine_want_chores(e);
}

static void engine_vfail(struct engine *e, int status, const char *format, va_list args)
{
	enum dev_state to;

	if (state_next(e->state, ON_FAILURE, &to))
		return;
	vsnprintf(e->why, sizeof(e->why), format, args);
	e->failure = status;
	state_step(e, ON_FAILURE);
}

void engine_fail(struct engine *e, int status, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	engine_vfail(e, status, format, args);
	va_end(args);
}

void engine_break(struct engine *e, const char *format, ...)
{
	va_list args;

	e->counts.bad_events++;
	e->is_broken = true;
	engine_deafen(e);
	va_start(args, format);
	engine_vfail(e, -EIO, format, args);
	va_end(args);
}

void engine_note(struct engine *e, const char *format, ...)
{
	char sentence[160];
	va_list args;

	if (e->timers->now_us - e->notes_us >= 1000000) {
		e->notes_us = e->timers->now_us;
		e->n_notes = 0;
	}
	if (e->n_notes++ >= NOTES_A_SECOND)
		return;
	va_start(args, format);
	vsnprintf(sentence, sizeof(sentence), format, args);
	va_end(args);
	e->ops->noted(e->user, sentence);
}

/* --- link --- */

static struct engine *link_engine(struct link *l)
{
	return container_of(l, struct engine, link);
}

static int engine_open(struct link *l, unsigned int chan, const struct link_user_ops *ops,
		       void *user)
{
	struct engine *e = link_engine(l);

	assert(chan < l->n_chans);
	if (1u << e->state & (IN(OFF) | IN(GONE) | IN(SHUTDOWN) | IN(HALT)))
		return -ENODEV;
	if (e->state == DEV_ERROR)
		return -EIO;
	if (!engine_is_offered(e, chan))
		return -ENOTCONN;
	return channel_open(e, &e->chans[chan], ops, user);
}

static int engine_cancel(struct link *l, unsigned int chan, enum link_dir dir)
{
	struct engine *e = link_engine(l);

	assert(chan < l->n_chans);
	return channel_cancel(e, &e->chans[chan], dir);
}

static void engine_close(struct link *l, unsigned int chan)
{
	struct engine *e = link_engine(l);

	assert(chan < l->n_chans);
	channel_close(e, &e->chans[chan]);
}

static const struct link_ops engine_link_ops = {
	.open = engine_open,
	.submit = transfer_submit,
	.cancel = engine_cancel,
	.close = engine_close,
};

/* --- life --- */

struct engine *engine_new(const struct engine_config *c, struct hw *hw,
			  struct timers *timers, const struct dma *reads,
			  const struct dma *writes,
			  const struct engine_ops *ops, void *user)
{
	struct engine *e = calloc(1, sizeof(*e));

	if (!e)
		return NULL;
	*e = (struct engine){ .config = c, .ops = ops, .user = user, .hw = hw, .timers = timers };
	list_init(&e->work);
	e->link = (struct link){ .ops = &engine_link_ops };
	commands_init(e);
	power_init(e);
	boot_init(e);
	dump_init(e);
	pace_init(e);
	if (shape_build(e, reads, writes) < 0) {
		engine_free(e);
		return NULL;
	}
	return e;
}

void engine_free(struct engine *e)
{
	if (!e)
		return;
	power_fini(e);
	boot_fini(e);
	dump_fini(e);
	pace_fini(e);
	shape_destroy(e);
	free(e);
}

static int probe_bhi(struct engine *e, const char **ret_why)
{
	int r;

	*ret_why = "the BAR is shorter than the registers";
	if (e->hw->bar_len < MHI_REGS_LEN)
		return -EPROTO;
	r = regs_find_bhi(e, ret_why);
	return r < 0 ? r : PROBE_MORE;
}

/* Boot loaders show no more than this. */
static int probe_environment(struct engine *e, const char **ret_why)
{
	uint32_t ee;
	int r;

	*ret_why = "EXECENV cannot be read";
	r = regs_peek(e, e->regs.bhi + BHI_EXECENV, &ee);
	if (r < 0)
		return r;
	*ret_why = "EXECENV reads all ones";
	if (ee == MHI_ALL_ONES)
		return -ENODEV;
	*ret_why = "EXECENV holds an unknown environment";
	if (ee > MHI_EE_FP)
		return -EPROTO;
	return mhi_ee_is_mission((enum mhi_ee)ee) ? PROBE_MORE : PROBE_OK;
}

static int probe_constant(struct engine *e, uint32_t offset, uint32_t *ret_value,
			  const char **ret_why)
{
	int r;

	*ret_why = "MHIREGLEN or MHIVER cannot be read";
	r = regs_peek(e, offset, ret_value);
	if (r < 0 || *ret_value != MHI_ALL_ONES)
		return r;
	*ret_why = "registers read all ones";
	return -ENODEV;
}

static int probe_length(struct engine *e, const char **ret_why)
{
	uint32_t len;
	int r = probe_constant(e, MHIREGLEN, &len, ret_why);

	if (r < 0)
		return r;
	*ret_why = "MHIREGLEN is 0";
	return len ? PROBE_MORE : -EPROTO;
}

static int probe_version(struct engine *e, const char **ret_why)
{
	uint32_t version;
	int r = probe_constant(e, MHIVER, &version, ret_why);

	if (r < 0)
		return r;
	*ret_why = "MHIVER holds no version of this protocol";
	return version >> 24 == 1 ? PROBE_MORE : -EPROTO;
}

static int probe_channel_doorbells(struct engine *e, const char **ret_why)
{
	int r = regs_find_chdb(e, ret_why);

	return r < 0 ? r : PROBE_MORE;
}

int engine_probe(struct engine *e, const char **ret_why)
{
	static int (*const steps[])(struct engine *e, const char **ret_why) = {
		probe_bhi, probe_environment, probe_length, probe_version,
		probe_channel_doorbells, regs_find_erdb,
	};
	int r = steps[e->probe_step](e, ret_why);

	e->probe_step = r == PROBE_MORE ? e->probe_step + 1 : 0;
	return r;
}

/* --- interrupts and turns --- */

/* Takes what one ring has; was there nothing, and nothing since the last time
 * it was asked? */
static bool ering_is_quiet(struct engine *e, struct ering *r)
{
	bool is_quiet = !ering_take(e, r, EVENT_BUDGET) && !r->has_worked;

	r->has_worked = false;
	return is_quiet;
}

/* An interrupt that announced nothing may mean SYS_ERR; so may vector 0 when
 * the rings have vectors of their own. */
static __attribute__((noinline)) void irq_of_all(struct engine *e, unsigned int vector)
{
	bool is_quiet = true;

	boot_look(e);
	dump_look(e);
	if (!e->is_listening) {
		startup_poll(e);
		return;
	}
	if (vector != 0)
		return;
	for (unsigned int i = 0; !e->by_vector[1] && i < e->config->n_erings; i++)
		is_quiet &= ering_is_quiet(e, &e->erings[i]);
	if (is_quiet && 1u << e->state & (IN(M3_ENTER) | IN(M3)))
		mission_want_wake(e);
	if (is_quiet)
		power_suspect(e);
}

void engine_irq(struct engine *e, unsigned int vector)
{
	struct ering *r = vector < ARRAY_SIZE(e->by_vector) ? e->by_vector[vector] : NULL;

	if (r)
		ering_irq(e, r);
	else
		irq_of_all(e, vector);
}

void engine_gone(struct engine *e)
{
	state_step(e, ON_GONE);
}

static void turn_take_events(struct engine *e)
{
	e->has_more = false;
	for (unsigned int i = 0; e->is_listening && i < e->config->n_erings; i++) {
		struct ering *r = &e->erings[i];

		if (!r->has_more)
			continue;
		r->has_more = false;
		ering_take(e, r, EVENT_BUDGET);
	}
}

static void turn_channels(struct engine *e)
{
	struct list now;

	list_init(&now);
	list_move_all(&now, &e->work);
	while (!list_is_empty(&now)) {
		struct channel *c = list_first(&now, struct channel, work);

		list_remove(&c->work);
		channel_turn(e, c);
	}
	if (e->state == DEV_SHUTDOWN)
		power_pursue(e);
}

static void turn_tell(struct engine *e)
{
	if (e->has_changed) {
		e->has_changed = false;
		for (unsigned int i = 0; i < e->config->n_chans; i++) {
			bool is_offered = engine_is_offered(e, i);

			if (e->chans[i].was_offered == is_offered)
				continue;
			e->chans[i].was_offered = is_offered;
			e->ops->offered(e->user, i, is_offered);
		}
		e->ops->changed(e->user);
	}
	while (e->n_owed) {
		int status = e->owed[0];

		memmove(e->owed, e->owed + 1, --e->n_owed * sizeof(e->owed[0]));
		e->ops->power_done(e->user, status);
	}
}

bool engine_has_uplink(const struct engine *e)
{
	for (unsigned int i = 0; i < e->config->n_chans; i++)
		if (!ring_is_empty(&e->chans[i].dir[LINK_UL].ring))
			return true;
	return false;
}

/* Shows the device how far the ring is filled, and rings if it has to be told. */
static inline void ring_transfer(struct engine *e, struct transfer *t)
{
	iova_t wp = ring_at(&t->ring, t->ring.wp);

	/* The elements before the wp that shows them; pairs with the device's
	 * read of wp.  A ring never crosses 4 GiB: the high half stays. */
	__atomic_thread_fence(__ATOMIC_RELEASE);
	le32_set(&t->ctx->wp.lo, (uint32_t)wp);
	if (!e->is_watched)
		power_watch(e);
	if (t->is_burst && !t->in_db_mode)
		return;
	t->in_db_mode = false;
	engine_bell(e, t->bell, wp);
}

static inline void ring_marked(struct engine *e)
{
	struct transfer *t;

	while ((t = e->marked)) {
		e->marked = t->next_marked;
		t->is_marked = false;
		if (t->is_heard)
			ring_transfer(e, t);
	}
}

/* What is due waits for M0 otherwise. */
void engine_ring_due(struct engine *e)
{
	if (!e->marked && !e->commands.is_due && !e->wants_wake)
		return;
	if (e->state == DEV_M3 && !e->is_held)
		state_step(e, ON_RESUME);
	if (!engine_may_ring(e))
		return;
	mission_wake_up(e);
	if (e->commands.is_due)
		commands_ring(e);
	ring_marked(e);
}

static __attribute__((noinline)) void turn_chores(struct engine *e)
{
	e->has_chores = false;
	if (e->has_more)
		turn_take_events(e);
	if (e->has_new_ee && e->state != DEV_M3)
		mission_look_at_ee(e);
	turn_channels(e);
	turn_tell(e);
	engine_ring_due(e);
}

void engine_turn(struct engine *e)
{
	e->wants_turn = false;
	if (e->has_chores)
		turn_chores(e);
	else
		ring_marked(e);
}

void engine_ring_all(struct engine *e, enum ring_cause cause)
{
	for (unsigned int i = 0; i < e->config->n_erings; i++) {
		e->erings[i].in_db_mode = true;
		if (e->erings[i].is_armed)
			ering_ring(e, &e->erings[i]);
	}
	if (!ring_is_empty(&e->commands.ring))
		e->commands.is_due = true;
	for (unsigned int i = 0; i < e->config->n_chans; i++) {
		for (int d = LINK_UL; d <= LINK_DL; d++) {
			struct transfer *t = &e->chans[i].dir[d];

			if (!t->is_heard)
				continue;
			/* An empty ring as well: its next element needs it. */
			t->in_db_mode |= cause == RING_LOST || t->has_db_switch;
			if (!ring_is_empty(&t->ring))
				transfer_mark(e, t);
		}
	}
	engine_want_chores(e);
}

/* --- getters --- */

struct link *engine_link(struct engine *e)
{
	return &e->link;
}

bool engine_is_offered(const struct engine *e, unsigned int chan)
{
	unsigned int live = IN(M0) | IN(M2) | IN(M3_ENTER) | IN(M3) | IN(M3_EXIT);

	return 1u << e->state & live && e->config->chans[chan].ee_mask & EE_BIT(e->ee);
}

enum engine_state engine_state(const struct engine *e)
{
	bool restarts = e->has_goal && e->goal != POWER_OFF;

	switch (e->state) {
	case DEV_OFF:
		return ENGINE_OFF;
	case DEV_BOOT:
	case DEV_RESET:
	case DEV_READY:
		return ENGINE_STARTING;
	case DEV_M0:
	case DEV_M2:
		return e->in_mission ? ENGINE_READY : ENGINE_STARTING;
	case DEV_M3:
	case DEV_M3_EXIT:
		return ENGINE_SUSPENDED;
	case DEV_M3_ENTER:
		return ENGINE_READY;
	case DEV_SHUTDOWN:
	case DEV_HALT:
		if (!restarts && e->why[0])
			return ENGINE_ERROR;
		return restarts || !e->in_mission ? ENGINE_STARTING : ENGINE_READY;
	case DEV_GONE:
		return ENGINE_GONE;
	default:
		return ENGINE_ERROR;
	}
}

enum mhi_state engine_mhi_state(const struct engine *e)
{
	return e->mhi_state;
}

enum mhi_ee engine_ee(const struct engine *e)
{
	return e->ee;
}

const char *engine_why(const struct engine *e)
{
	return e->why;
}

const struct engine_counts *engine_counts(const struct engine *e)
{
	return &e->counts;
}

const char *engine_state_name(enum engine_state s)
{
	static const char *const names[] = {
		"off", "starting", "ready", "suspended", "recovering", "error", "gone",
	};

	return names[s];
}

const char *mhi_state_name(enum mhi_state s)
{
	static const char *const names[] = {
		"RESET", "READY", "M0", "M1", "M2", "M3", "M3_FAST", "BHI",
	};

	return s < ARRAY_SIZE(names) ? names[s] : "SYS_ERR";
}

const char *mhi_ee_name(enum mhi_ee ee)
{
	static const char *const names[] = {
		"PBL", "SBL", "AMSS", "RDDM", "WFW", "PTHRU", "EDL", "FP",
	};

	return ee < ARRAY_SIZE(names) ? names[ee] : "NONE";
}
