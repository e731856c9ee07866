#include "usb/flow.h"
#include <assert.h>
#include <errno.h>
#include <stdio.h>

#define PAUSE_US 50000ull
#define PAUSE_MAX_US 1000000ull
#define ZERO_US 100000ull	/* those further apart are no burst */
enum { ERRORS_MAX = 5, ZEROS_MAX = 4, STALLS_MAX = 2 };

static void on_timer(void *user);
static void on_done(void *user, struct usb_transfer *t);

void usb_flow_init(struct usb_flow *f, struct timers *timers, const struct usb_flow_ops *ops,
		   void *user)
{
	f->timers = timers;
	f->ops = ops;
	f->user = user;
	f->state = FLOW_STOPPED;
	list_init(&f->queue);
	timer_init(&f->timer, on_timer, f);
}

int usb_flow_prepare(struct usb_flow *f, struct usb_transfer *t)
{
	t->endpoint = f->endpoint;
	t->done = on_done;
	t->user = f;
	t->is_flying = false;
	list_init(&t->node);
	return f->io->ops->prepare(f->io, t);
}

static bool is_in(const struct usb_flow *f)
{
	return f->endpoint & 0x80;
}

static void note(struct usb_flow *f, const char *what)
{
	char sentence[128];

	snprintf(sentence, sizeof(sentence), "end point 0x%02x: %s", f->endpoint, what);
	f->ops->noted(f->user, sentence);
}

static void pause_for(struct usb_flow *f, uint64_t us)
{
	f->state = FLOW_PAUSED;
	timer_start(f->timers, &f->timer, us);
}

static uint64_t pause_after(unsigned int n_failures)
{
	uint64_t us = PAUSE_US;

	while (n_failures-- > 1 && us < PAUSE_MAX_US)
		us *= 2;
	return us < PAUSE_MAX_US ? us : PAUSE_MAX_US;
}

static void end(struct usb_transfer *t, int status)
{
	t->is_over = true;
	t->status = status;
}

/* Nothing more until the device has looked who has the interface. */
static void hold(struct usb_flow *f)
{
	if (f->state == FLOW_HELD || f->state == FLOW_CANCELLING)
		return;
	f->state = FLOW_HELD;
	timer_stop(&f->timer);
	f->ops->disturbed(f->user);
}

static void spare_memory(struct usb_flow *f)
{
	f->limit = f->limit > 1 ? f->limit / 2 : 1;
	if (!f->has_told_memory)
		note(f, "usbfs has no memory left, fewer transfers at once; see "
			"usbfs_memory_mb of usbcore");
	f->has_told_memory = true;
	if (!f->n_flying)
		pause_for(f, PAUSE_US);
}

/* A submit failed: nothing of it went. */
static void refused(struct usb_flow *f, struct usb_transfer *t)
{
	if (++f->n_errors > ERRORS_MAX && !is_in(f))
		end(t, -EIO);
	hold(f);
}

static void pump(struct usb_flow *f)
{
	struct usb_transfer *t;
	int r;

	list_for_each(t, &f->queue, node) {
		if (f->state != FLOW_RUNNING || f->n_flying >= f->limit)
			return;
		if (t->is_flying || t->is_over)
			continue;
		r = usb_submit(f->io, t);
		if (!r) {
			f->n_flying++;
		} else if (r == -ENOMEM) {
			spare_memory(f);
			return;
		} else {
			refused(f, t);
		}
	}
}

static void cancel_flying(struct usb_flow *f)
{
	struct usb_transfer *t;

	list_for_each(t, &f->queue, node)
		usb_cancel(f->io, t);
}

static void halt(struct usb_flow *f)
{
	f->state = FLOW_HALTED;
	cancel_flying(f);
	timer_start(f->timers, &f->timer, f->n_flying ? USB_CANCEL_US : 0);
}

static void run(struct usb_flow *f)
{
	f->state = FLOW_RUNNING;
	if (f->is_halted)
		halt(f);
	else
		pump(f);
}

/* Verdicts on a transfer that came back. */

/* The wire does not say what would have been in it. */
static void repeat_in(struct usb_flow *f, struct usb_transfer *t)
{
	list_remove(&t->node);
	list_append(&f->queue, &t->node);
}

/* What did not go is still to go. */
static void keep_rest(struct usb_transfer *t)
{
	uint32_t went = t->actual < t->len ? t->actual : t->len;

	t->data += went;
	t->len -= went;
	if (!t->len && went)
		end(t, 0);
}

static void succeed(struct usb_flow *f)
{
	f->n_errors = f->n_stalls = f->n_zeros = 0;
	f->has_babbled = false;
}

static void fail(struct usb_flow *f, const char *what)
{
	if (f->state != FLOW_RUNNING)
		return;
	if (f->n_errors++ == 0)
		note(f, what);
	if (f->n_errors >= ERRORS_MAX)
		hold(f);
	else
		pause_for(f, pause_after(f->n_errors));
}

/* Bytes that arrived before it failed, where they are worth something. */
static bool has_bytes(const struct usb_flow *f, const struct usb_transfer *t)
{
	return is_in(f) && f->is_stream && t->actual;
}

/* One now and then is a zero-length packet.  Several at once are what the
 * kernel makes of transfers it killed. */
static void judge_zero(struct usb_flow *f)
{
	uint64_t now_us = f->timers->now_us;

	if (now_us - f->zero_at_us > ZERO_US)
		f->n_zeros = 0;
	f->zero_at_us = now_us;
	if (++f->n_zeros >= ZEROS_MAX)
		hold(f);
}

static void judge_completed(struct usb_flow *f, struct usb_transfer *t)
{
	if (is_in(f)) {
		end(t, 0);
		if (t->actual)
			succeed(f);
		else
			judge_zero(f);
	} else if (t->actual < t->len) {
		keep_rest(t);
		f->n_errors++;
		hold(f);
	} else {
		end(t, 0);
		succeed(f);
	}
}

static void judge_cancelled(struct usb_flow *f, struct usb_transfer *t)
{
	if (has_bytes(f, t))
		end(t, 0);
	else if (!is_in(f))
		keep_rest(t);
}

static void judge_stall(struct usb_flow *f, struct usb_transfer *t)
{
	judge_cancelled(f, t);
	if (f->is_halted)	/* it stood behind the one that was told */
		return;
	f->is_halted = true;
	if (++f->n_stalls == 1)
		note(f, "stalled");
	else if (!t->is_over)
		end(t, -EIO);
	if (f->state != FLOW_HELD)
		halt(f);
}

static void judge_babble(struct usb_flow *f, struct usb_transfer *t)
{
	if (f->has_babbled)
		repeat_in(f, t);
	else
		end(t, -EOVERFLOW);
	f->has_babbled = true;
	fail(f, "the device sent more than it may");
}

static void judge_error(struct usb_flow *f, struct usb_transfer *t)
{
	if (has_bytes(f, t))
		end(t, 0);
	else if (is_in(f))
		repeat_in(f, t);
	else
		end(t, -EIO);
}

static void judge(struct usb_flow *f, struct usb_transfer *t)
{
	switch (t->status) {
	case 0:
		judge_completed(f, t);
		break;
	case -ECANCELED:
		judge_cancelled(f, t);
		break;
	case -EPIPE:
		judge_stall(f, t);
		break;
	case -EOVERFLOW:
		judge_babble(f, t);
		break;
	case -ENODEV:
		judge_error(f, t);
		if (f->state != FLOW_HELD)
			f->n_errors++;
		hold(f);
		break;
	default:
		judge_error(f, t);
		fail(f, "transfers fail");
		break;
	}
}

static void judge_stopping(struct usb_flow *f, struct usb_transfer *t)
{
	bool is_done = is_in(f) ? t->actual && (f->is_stream || !t->status) : !t->status;

	end(t, is_done ? 0 : -ECANCELED);
}

/* In order; what is held may yet get another reason. */
static void deliver(struct usb_flow *f)
{
	while (f->state != FLOW_HELD && !list_is_empty(&f->queue)) {
		struct usb_transfer *t = list_first(&f->queue, struct usb_transfer, node);

		if (!t->is_over)
			return;
		list_remove(&t->node);
		f->ops->ended(f->user, t, t->status);
	}
}

static void finish_cancel(struct usb_flow *f)
{
	timer_stop(&f->timer);
	f->state = f->is_stopping ? FLOW_STOPPED : FLOW_RUNNING;
	if (f->is_stopping)
		f->ops->stopped(f->user);
	else
		run(f);
}

static void settle(struct usb_flow *f)
{
	deliver(f);
	if (f->state == FLOW_RUNNING)
		pump(f);
	else if (f->state == FLOW_CANCELLING && !f->n_flying)
		finish_cancel(f);
	else if (f->state == FLOW_HALTED && !f->n_flying)
		timer_start(f->timers, &f->timer, 0);
}

static void on_done(void *user, struct usb_transfer *t)
{
	struct usb_flow *f = user;

	if (list_is_empty(&t->node)) {
		f->ops->home(f->user);
		return;
	}
	f->n_flying--;
	if (f->state == FLOW_CANCELLING)
		judge_stopping(f, t);
	else
		judge(f, t);
	settle(f);
}

/* The first that waits is told; those behind it get their turn. */
static void fail_first(struct usb_flow *f)
{
	struct usb_transfer *t;

	list_for_each(t, &f->queue, node) {
		if (t->is_flying || t->is_over)
			continue;
		list_remove(&t->node);
		f->ops->ended(f->user, t, -EIO);
		return;
	}
}

static void clear_halt(struct usb_flow *f)
{
	int r = f->io->ops->clear_halt(f->io, f->endpoint);

	if (r == -ENODEV) {
		hold(f);
	} else if (r < 0) {
		pause_for(f, PAUSE_MAX_US);
		fail_first(f);
	} else {
		f->is_halted = false;
		if (f->n_stalls >= STALLS_MAX)
			pause_for(f, PAUSE_MAX_US);
		else
			f->state = FLOW_RUNNING;
		f->ops->recovered(f->user);
		settle(f);
	}
}

static void on_timer(void *user)
{
	struct usb_flow *f = user;

	if (f->state == FLOW_PAUSED)
		run(f);
	else if (f->n_flying)
		f->ops->broken(f->user);
	else if (f->state == FLOW_CANCELLING)
		settle(f);
	else if (f->state == FLOW_HALTED)
		clear_halt(f);
}

void usb_flow_start(struct usb_flow *f, unsigned int limit)
{
	assert(f->state == FLOW_STOPPED && list_is_empty(&f->queue));
	f->n_flying = 0;
	f->limit = limit;
	succeed(f);
	run(f);
}

void usb_flow_put(struct usb_flow *f, struct usb_transfer *t)
{
	assert(f->state != FLOW_STOPPED && !t->is_flying);
	t->is_over = false;
	if (f->state == FLOW_CANCELLING && f->is_stopping)
		end(t, -ECANCELED);
	list_append(&f->queue, &t->node);
	if (f->state == FLOW_RUNNING)
		pump(f);
}

static void begin_cancel(struct usb_flow *f)
{
	struct usb_transfer *t;

	f->state = FLOW_CANCELLING;
	list_for_each(t, &f->queue, node) {
		if (t->is_flying)
			usb_cancel(f->io, t);
		else if (!t->is_over)
			end(t, -ECANCELED);
	}
	timer_start(f->timers, &f->timer, f->n_flying ? USB_CANCEL_US : 0);
}

void usb_flow_cancel(struct usb_flow *f)
{
	if (f->state == FLOW_STOPPED || f->state == FLOW_CANCELLING)
		return;
	f->is_stopping = false;
	begin_cancel(f);
}

void usb_flow_stop(struct usb_flow *f)
{
	f->is_stopping = true;
	begin_cancel(f);
}

void usb_flow_abandon(struct usb_flow *f, int why)
{
	f->state = FLOW_STOPPED;
	timer_stop(&f->timer);
	f->n_flying = 0;
	while (!list_is_empty(&f->queue)) {
		struct usb_transfer *t = list_first(&f->queue, struct usb_transfer, node);
		bool is_done = t->is_over && !t->status && (!is_in(f) || t->actual);

		list_remove(&t->node);
		usb_cancel(f->io, t);
		f->ops->ended(f->user, t, is_done ? 0 : why);
	}
}

void usb_flow_go_on(struct usb_flow *f)
{
	unsigned int n = f->n_errors > f->n_zeros ? f->n_errors : f->n_zeros;

	if (f->state != FLOW_HELD)
		return;
	pause_for(f, pause_after(n));
	deliver(f);
	if (is_in(f) && f->state == FLOW_PAUSED && f->n_errors >= ERRORS_MAX)
		fail_first(f);
}
