#include "usb/wdm.h"
#include "usb/channel.h"
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#define ANSWER_US 5000000ull
#define PAUSE_US 50000ull
enum { PARTS = 2, PENDING_MAX = 64, ERRORS_MAX = 3, HELD_MAX = 5 };

/* Slots in the order in which the user gave them. */
struct lent {
	unsigned int n;
	uint8_t slots[UINT8_MAX];
	uint32_t lens[UINT8_MAX];
};

struct usb_wdm {
	struct usb_channel channel;
	struct lent lent[2];		/* by enum link_dir */
	struct usb_request get, put;
	struct timer turn;
	unsigned int n_pending;		/* notifications not served */
	bool looks;			/* one GET without notification */
	bool is_held;			/* the device looks who has the interface, */
	unsigned int n_held;		/* and did so often since the last success */
	bool is_put_lost;		/* what was under way when it was */
	bool is_cancelled[2];		/* all of a direction, in the next turn */
	unsigned int n_errors;		/* of GETs, in a row */
	bool has_told_cut;
};

static void pump(struct usb_wdm *w);

static struct usb_wdm *to_wdm(struct usb_channel *c)
{
	return container_of(c, struct usb_wdm, channel);
}

static void hold(struct usb_wdm *w)
{
	w->is_held = true;
	w->n_held++;
	usb_channel_disturbed(&w->channel);
}

/* The oldest slot goes back to its user. */
static void give_back(struct usb_wdm *w, enum link_dir dir, int status, uint32_t len)
{
	struct lent *q = &w->lent[dir];
	unsigned int slot = q->slots[0];

	q->n--;
	memmove(q->slots, q->slots + 1, q->n * sizeof(q->slots[0]));
	memmove(q->lens, q->lens + 1, q->n * sizeof(q->lens[0]));
	usb_channel_done(&w->channel, dir, slot, status, len);
}

static void give_back_all(struct usb_wdm *w, enum link_dir dir, int status)
{
	/* As many as there are now: a user may submit again from inside. */
	for (unsigned int n = w->lent[dir].n; n && w->lent[dir].n; n--)
		give_back(w, dir, status, 0);
}

/* Device to host. */

static uint32_t message_max(const struct usb_wdm *w)
{
	return w->channel.slots[LINK_DL].size;
}

static void send_get(struct usb_wdm *w)
{
	int r = usb_request_send(&w->get, USB_GET_RESPONSE, 0, w->channel.function->interface,
				 (uint16_t)message_max(w), ANSWER_US);

	if (r == -ENOMEM)
		timer_start(w->channel.timers, &w->turn, PAUSE_US);
	else if (r < 0)
		hold(w);
	else
		w->looks = false;
}

static void deliver(struct usb_wdm *w)
{
	uint32_t len = w->get.transfer.actual;
	bool is_cut = len == message_max(w) && w->channel.function->in_size > len;

	w->n_errors = 0;
	if (is_cut && w->has_told_cut)
		return;
	w->has_told_cut = is_cut;
	if (is_cut) {
		give_back(w, LINK_DL, -EOVERFLOW, 0);
		return;
	}
	memcpy(usb_channel_slot(&w->channel, LINK_DL, w->lent[LINK_DL].slots[0]),
	       usb_request_bytes(&w->get), len);
	give_back(w, LINK_DL, 0, len);
}

static void get_failed(struct usb_wdm *w)
{
	if (++w->n_errors < ERRORS_MAX)
		return;
	w->n_errors = 0;
	usb_channel_note(&w->channel, "responses cannot be fetched");
	give_back(w, LINK_DL, -EIO, 0);
}

static void judge_get(struct usb_wdm *w, int status)
{
	if (status == -ENODEV || status == -ECANCELED) {
		w->looks = true;
		hold(w);
		return;
	}
	w->n_held = 0;
	if (w->n_pending)
		w->n_pending--;
	if (!status && w->get.transfer.actual)
		deliver(w);
	else if (status && status != -EPIPE)
		get_failed(w);
}

static void get_ended(void *user, struct usb_request *q, int status)
{
	struct usb_wdm *w = user;
	struct usb_channel *c = &w->channel;

	if (c->state == CHANNEL_CLOSING) {
		if (!status && q->transfer.actual)
			deliver(w);
		if (c->step == STEP_STOP) {
			give_back_all(w, LINK_DL, -ECANCELED);
			usb_channel_part_stopped(c);
		}
		return;
	}
	if (status == -ETIMEDOUT && !usb_request_is_free(q)) {
		usb_channel_broken(c);
		return;
	}
	judge_get(w, status);
	if (w->is_cancelled[LINK_DL])
		timer_start(c->timers, &w->turn, 0);
	pump(w);
}

/* Host to device. */

static void send_put(struct usb_wdm *w)
{
	const struct lent *q = &w->lent[LINK_UL];
	uint32_t len = q->lens[0];
	int r;

	memcpy(usb_request_bytes(&w->put),
	       usb_channel_slot(&w->channel, LINK_UL, q->slots[0]), len);
	r = usb_request_send(&w->put, USB_SEND_COMMAND, 0, w->channel.function->interface,
			     (uint16_t)len, ANSWER_US);
	if (r == -ENOMEM)
		give_back(w, LINK_UL, -EIO, 0);
	else if (r < 0)
		hold(w);
}

static void put_ended(void *user, struct usb_request *q, int status)
{
	struct usb_wdm *w = user;
	struct usb_channel *c = &w->channel;
	bool is_taken = !status && q->transfer.actual == q->transfer.len;

	if (c->state == CHANNEL_CLOSING && c->step == STEP_STOP) {
		give_back(w, LINK_UL, is_taken ? 0 : -ECANCELED, w->lent[LINK_UL].lens[0]);
		give_back_all(w, LINK_UL, -ECANCELED);
		usb_channel_part_stopped(c);
		return;
	}
	if (status == -ETIMEDOUT && !usb_request_is_free(q)) {
		usb_channel_broken(c);
		return;
	}
	if (w->is_cancelled[LINK_UL])
		timer_start(c->timers, &w->turn, 0);
	if (w->is_cancelled[LINK_UL] && !is_taken)
		return;
	if (status == -ENODEV || status == -ECANCELED) {
		/* Nobody knows whether it went. */
		w->is_put_lost = true;
		hold(w);
		return;
	}
	w->n_held = 0;
	give_back(w, LINK_UL, is_taken ? 0 : -EIO, w->lent[LINK_UL].lens[0]);
	pump(w);
}

/* Both. */

static void pump(struct usb_wdm *w)
{
	if (w->channel.state != CHANNEL_RUNNING || w->is_held || timer_is_armed(&w->turn))
		return;
	if (w->lent[LINK_UL].n && !w->is_cancelled[LINK_UL] && usb_request_is_free(&w->put))
		send_put(w);
	if (w->lent[LINK_DL].n && !w->is_cancelled[LINK_DL] && (w->n_pending || w->looks) &&
	    usb_request_is_free(&w->get) && !w->is_held)
		send_get(w);
}

static void finish_cancel(struct usb_wdm *w, enum link_dir dir, const struct usb_request *q)
{
	if (!w->is_cancelled[dir] || !usb_request_is_free(q))
		return;
	w->is_cancelled[dir] = false;
	give_back_all(w, dir, -ECANCELED);
}

static void on_turn(void *user)
{
	struct usb_wdm *w = user;

	finish_cancel(w, LINK_UL, &w->put);
	finish_cancel(w, LINK_DL, &w->get);
	pump(w);
}

static void came_home(void *user)
{
	struct usb_wdm *w = user;

	usb_channel_home(&w->channel);
}

/* The mover. */

static int wdm_prepare(struct usb_channel *c, struct usb_io *io)
{
	struct usb_wdm *w = to_wdm(c);
	int r = usb_request_prepare(&w->get, io, USB_CONTROL_MAX);

	if (!r)
		r = usb_request_prepare(&w->put, io, USB_CONTROL_MAX);
	return r;
}

static void wdm_begin(struct usb_channel *c)
{
	struct usb_wdm *w = to_wdm(c);

	w->n_pending = w->n_errors = w->n_held = 0;
	w->is_held = w->is_put_lost = w->has_told_cut = false;
	w->is_cancelled[LINK_UL] = w->is_cancelled[LINK_DL] = false;
	w->looks = true;
}

static void wdm_run(struct usb_channel *c)
{
	(void)c;	/* the first slot of the user makes it look */
}

static int wdm_submit(struct usb_channel *c, enum link_dir dir, unsigned int slot, uint32_t len)
{
	struct usb_wdm *w = to_wdm(c);
	struct lent *q = &w->lent[dir];

	assert(q->n < c->slots[dir].n && (dir == LINK_DL || (len && len <= c->slots[dir].size)));
	q->slots[q->n] = (uint8_t)slot;
	q->lens[q->n++] = len;
	pump(w);
	return LINK_OK;
}

static int wdm_cancel(struct usb_channel *c, enum link_dir dir)
{
	struct usb_wdm *w = to_wdm(c);

	w->is_cancelled[dir] = true;
	if (dir == LINK_UL)
		usb_request_cancel(&w->put);
	timer_start(c->timers, &w->turn, 0);
	return 0;
}

static bool wdm_say_bye(struct usb_channel *c)
{
	(void)c;
	return false;
}

static void stop_put(struct usb_wdm *w)
{
	if (w->put.is_waiting) {
		usb_request_cancel(&w->put);
		return;
	}
	give_back_all(w, LINK_UL, -ECANCELED);
	usb_channel_part_stopped(&w->channel);
}

static void stop_get(struct usb_wdm *w)
{
	if (w->get.is_waiting) {
		usb_request_cancel(&w->get);
		return;
	}
	give_back_all(w, LINK_DL, -ECANCELED);
	usb_channel_part_stopped(&w->channel);
}

static void wdm_stop(struct usb_channel *c)
{
	struct usb_wdm *w = to_wdm(c);

	timer_stop(&w->turn);
	stop_put(w);
	stop_get(w);
}

static void wdm_abandon(struct usb_channel *c, int why)
{
	struct usb_wdm *w = to_wdm(c);

	timer_stop(&w->turn);
	usb_request_abandon(&w->get);
	usb_request_abandon(&w->put);
	give_back_all(w, LINK_DL, why);
	give_back_all(w, LINK_UL, why);
}

static bool wdm_is_airborne(const struct usb_channel *c)
{
	const struct usb_wdm *w = container_of(c, struct usb_wdm, channel);

	return w->get.transfer.is_flying || w->put.transfer.is_flying;
}

/* Its requests were refused too often; whoever waits is told. */
static bool is_hopeless(const struct usb_wdm *w, enum link_dir dir, const struct usb_request *q)
{
	return w->n_held > HELD_MAX && w->lent[dir].n && usb_request_is_free(q);
}

static void wdm_go_on(struct usb_channel *c)
{
	struct usb_wdm *w = to_wdm(c);

	if (!w->is_held)
		return;
	w->is_held = false;
	timer_start(c->timers, &w->turn, PAUSE_US);
	if (w->is_put_lost || is_hopeless(w, LINK_UL, &w->put))
		give_back(w, LINK_UL, -EIO, 0);
	w->is_put_lost = false;
	if (is_hopeless(w, LINK_DL, &w->get))
		give_back(w, LINK_DL, -EIO, 0);
}

static void wdm_response(struct usb_channel *c, bool is_certain)
{
	struct usb_wdm *w = to_wdm(c);

	if (!is_certain)
		w->looks = true;
	else if (w->n_pending < PENDING_MAX)
		w->n_pending++;
	pump(w);
}

static void wdm_free(struct usb_channel *c)
{
	struct usb_wdm *w = to_wdm(c);

	timer_stop(&w->turn);
	usb_request_fini(&w->get);
	usb_request_fini(&w->put);
	usb_channel_fini(c);
	free(w);
}

static const struct usb_mover_ops wdm_ops = {
	.prepare = wdm_prepare,
	.begin = wdm_begin,
	.run = wdm_run,
	.submit = wdm_submit,
	.cancel = wdm_cancel,
	.say_bye = wdm_say_bye,
	.stop = wdm_stop,
	.abandon = wdm_abandon,
	.is_airborne = wdm_is_airborne,
	.go_on = wdm_go_on,
	.response = wdm_response,
	.free = wdm_free,
	.n_parts = PARTS,
};

struct usb_channel *usb_wdm_new(const struct usb_function *f, struct timers *timers)
{
	struct usb_wdm *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->channel.timers = timers;
	usb_request_init(&w->get, timers, get_ended, came_home, w);
	usb_request_init(&w->put, timers, put_ended, came_home, w);
	timer_init(&w->turn, on_turn, w);
	if (usb_channel_init(&w->channel, f, &wdm_ops, min_u32(f->in_size, USB_CONTROL_MAX),
			     min_u32(f->out_size, USB_CONTROL_MAX)) < 0) {
		wdm_free(&w->channel);
		return NULL;
	}
	return &w->channel;
}
