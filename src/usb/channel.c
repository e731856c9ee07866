#include "usb/channel.h"
#include "usb/bulk.h"
#include "usb/wdm.h"
#include <errno.h>
#include <stdlib.h>

#define LINE_US 1000000ull
#define BYE_US 200000ull
enum { LINE_DTR = 1 << 0, LINE_RTS = 1 << 1 };

static void on_step(void *user);
static void on_limit(void *user);
static void line_ended(void *user, struct usb_request *q, int status);
static void came_home(void *user);
static void stop(struct usb_channel *c);

/* Notifications. */

static void put_notify(struct usb_channel *c)
{
	struct usb_transfer *t = &c->notify_transfer;

	t->data = c->notify_packet;
	t->len = min_u32(c->function->notify.packet, USB_NOTIFY_MAX);
	usb_flow_put(&c->notify, t);
}

static void take_notice(struct usb_channel *c, const struct usb_transfer *t)
{
	unsigned int bits;

	switch (usb_notify_take(&c->notices, t->data, t->actual, &bits)) {
	case USB_NOTICE_RESPONSE:
		c->mover->response(c, true);
		break;
	case USB_NOTICE_LINE_STATE:
		c->host->line_state(c->host_user, c, bits);
		break;
	case USB_NOTICE_NONE:
		break;
	}
}

static void notify_ended(void *user, struct usb_transfer *t, int status)
{
	struct usb_channel *c = user;

	if (!status)
		take_notice(c, t);
	if (c->state == CHANNEL_OPENING || c->state == CHANNEL_RUNNING)
		put_notify(c);
}

static void notify_recovered(void *user)
{
	struct usb_channel *c = user;

	c->notices.len = 0;
	c->mover->response(c, false);
}

static void flow_disturbed(void *user)
{
	usb_channel_disturbed(user);
}

static void flow_broken(void *user)
{
	usb_channel_broken(user);
}

static void notify_stopped(void *user)
{
	usb_channel_part_stopped(user);
}

static void flow_noted(void *user, const char *sentence)
{
	usb_channel_note(user, sentence);
}

static const struct usb_flow_ops notify_ops = {
	.ended = notify_ended,
	.disturbed = flow_disturbed,
	.broken = flow_broken,
	.recovered = notify_recovered,
	.stopped = notify_stopped,
	.home = came_home,
	.noted = flow_noted,
};

/* Making and freeing. */

static int slots_init(struct link_slots *s, uint32_t size, unsigned int n)
{
	s->size = size;
	s->n = n;
	s->base = calloc(n ? n : 1, size ? size : 1);
	return s->base ? 0 : -ENOMEM;
}

int usb_channel_init(struct usb_channel *c, const struct usb_function *f,
		     const struct usb_mover_ops *mover, uint32_t dl_size, uint32_t ul_size)
{
	int r;

	c->function = f;
	c->mover = mover;
	timer_init(&c->timer, on_step, c);
	timer_init(&c->limit, on_limit, c);
	usb_request_init(&c->line, c->timers, line_ended, came_home, c);
	usb_flow_init(&c->notify, c->timers, &notify_ops, c);
	c->notify.endpoint = f->notify.address;
	r = slots_init(&c->slots[LINK_DL], dl_size, dl_size ? f->n_in : 0);
	if (!r)
		r = slots_init(&c->slots[LINK_UL], ul_size, ul_size ? f->n_out : 0);
	return r;
}

void usb_channel_fini(struct usb_channel *c)
{
	timer_stop(&c->timer);
	timer_stop(&c->limit);
	usb_request_fini(&c->line);
	free(c->slots[LINK_DL].base);
	free(c->slots[LINK_UL].base);
}

struct usb_channel *usb_channel_new(const struct usb_function *f, bool is_edl,
				    struct timers *timers, const struct usb_channel_host *host,
				    void *host_user)
{
	struct usb_channel *c = f->kind == USB_WDM ? usb_wdm_new(f, timers) : usb_bulk_new(f, timers);

	if (!c)
		return NULL;
	c->is_edl = is_edl;
	c->host = host;
	c->host_user = host_user;
	return c;
}

void usb_channel_free(struct usb_channel *c)
{
	if (c)
		c->mover->free(c);
}

static int prepare_notify(struct usb_channel *c)
{
	c->notify.io = c->io;
	if (!c->function->notify.address)
		return 0;
	c->notify_transfer.type = USB_PIPE_INTERRUPT;
	return usb_flow_prepare(&c->notify, &c->notify_transfer);
}

int usb_channel_attach(struct usb_channel *c, struct usb_io *io)
{
	int r;

	c->io = io;
	c->is_line_up = false;
	r = usb_request_prepare(&c->line, io, 0);
	if (!r)
		r = prepare_notify(c);
	if (!r)
		r = c->mover->prepare(c, io);
	return r;
}

void usb_channel_detach(struct usb_channel *c)
{
	c->io = NULL;
	c->line.transfer.is_flying = false;
}

/* Lines. */

/* True: line_ended() follows. */
static bool set_line(struct usb_channel *c, uint16_t bits)
{
	if (!usb_request_is_free(&c->line) ||
	    usb_request_send(&c->line, USB_SET_LINE_STATE, bits, c->function->interface, 0,
			     LINE_US) < 0)
		return false;
	c->is_line_up = bits;
	return true;
}

static bool raise_line(struct usb_channel *c)
{
	switch (c->function->line) {
	case USB_LINE_OPEN:
		return set_line(c, LINE_DTR | LINE_RTS);
	case USB_LINE_ATTACH:
		return set_line(c, LINE_DTR);
	case USB_LINE_NONE:
		break;
	}
	return false;
}

void usb_channel_greet(struct usb_channel *c)
{
	c->is_line_up = false;
	if (c->function->line == USB_LINE_ATTACH)
		raise_line(c);
}

/* Opening. */

static void forget_user(struct usb_channel *c)
{
	timer_stop(&c->timer);
	timer_stop(&c->limit);
	c->state = CHANNEL_CLOSED;
	c->host->calmed(c->host_user);
}

static void abandon(struct usb_channel *c, int why)
{
	usb_request_abandon(&c->line);
	usb_flow_abandon(&c->notify, why);
	c->mover->abandon(c, why);
}

static void fail(struct usb_channel *c, int status)
{
	c->state = CHANNEL_CLOSING;
	abandon(c, status);
	forget_user(c);
	c->user_ops->opened(c->user, status);
}

static void run(struct usb_channel *c)
{
	timer_stop(&c->timer);
	c->state = CHANNEL_RUNNING;
	c->mover->run(c);
	c->user_ops->opened(c->user, 0);
}

static bool is_airborne(const struct usb_channel *c)
{
	return c->notify_transfer.is_flying || c->mover->is_airborne(c);
}

static void begin(struct usb_channel *c)
{
	int r = c->host->claim(c->host_user, c);

	if (r < 0) {
		fail(c, r);
		return;
	}
	usb_notify_reset(&c->notices, c->function->interface);
	if (c->function->notify.address) {
		usb_flow_start(&c->notify, 1);
		put_notify(c);
	}
	c->mover->begin(c);
	c->step = STEP_LINE;
	if ((c->function->line == USB_LINE_ATTACH && c->is_line_up) || !raise_line(c))
		run(c);
}

/* What an earlier life left in the air has to come home first. */
static void try_begin(struct usb_channel *c)
{
	if (is_airborne(c)) {
		if (!timer_is_armed(&c->limit))
			timer_start(c->timers, &c->limit, USB_CANCEL_US);
		return;
	}
	timer_stop(&c->limit);
	begin(c);
}

int usb_channel_open(struct usb_channel *c, const struct link_user_ops *ops, void *user)
{
	if (c->state != CHANNEL_CLOSED)
		return -EBUSY;
	c->state = CHANNEL_OPENING;
	c->step = STEP_BEGIN;
	c->user_ops = ops;
	c->user = user;
	c->why = 0;
	timer_start(c->timers, &c->timer, 0);
	return 0;
}

int usb_channel_submit(struct usb_channel *c, enum link_dir dir, unsigned int slot, uint32_t len)
{
	if (c->state != CHANNEL_RUNNING)
		return c->why ? c->why : -ECANCELED;
	return c->mover->submit(c, dir, slot, len);
}

int usb_channel_cancel(struct usb_channel *c, enum link_dir dir)
{
	return c->state == CHANNEL_RUNNING ? c->mover->cancel(c, dir) : 0;
}

/* Closing. */

static void finish_close(struct usb_channel *c)
{
	forget_user(c);
	c->user_ops->closed(c->user, c->why);
}

void usb_channel_part_stopped(struct usb_channel *c)
{
	if (c->state == CHANNEL_CLOSING && --c->n_parts == 0)
		finish_close(c);
}

static void stop(struct usb_channel *c)
{
	timer_stop(&c->timer);
	c->step = STEP_STOP;
	c->n_parts = c->mover->n_parts + 1;
	usb_request_abandon(&c->line);
	usb_flow_stop(&c->notify);
	c->mover->stop(c);
}

/* Nobody knows whether a raising that is under way has arrived: its end brings
 * us here again. */
static void lower_line(struct usb_channel *c)
{
	if (c->line.is_waiting) {
		usb_request_cancel(&c->line);
		return;
	}
	c->step = STEP_LINE;
	if (c->function->line != USB_LINE_OPEN || !set_line(c, 0))
		stop(c);
}

void usb_channel_said_bye(struct usb_channel *c)
{
	if (c->state == CHANNEL_CLOSING && c->step == STEP_BYE)
		timer_start(c->timers, &c->timer, 0);
}

void usb_channel_end(struct usb_channel *c, int why)
{
	enum usb_channel_state was = c->state;
	bool has_begun = was == CHANNEL_RUNNING || c->step != STEP_BEGIN;

	if (was == CHANNEL_CLOSED || was == CHANNEL_CLOSING)
		return;
	c->state = CHANNEL_CLOSING;
	c->why = why;
	timer_start(c->timers, &c->limit, USB_CANCEL_US);
	timer_start(c->timers, &c->timer, 0);
	c->step = has_begun ? STEP_BYE : STEP_STOP;
	if (was == CHANNEL_RUNNING && c->mover->say_bye(c))
		timer_start(c->timers, &c->timer, BYE_US);
}

void usb_channel_close(struct usb_channel *c)
{
	usb_channel_end(c, 0);
}

static void on_step(void *user)
{
	struct usb_channel *c = user;

	if (c->state == CHANNEL_OPENING)
		try_begin(c);
	else if (c->state != CHANNEL_CLOSING)
		return;
	else if (c->step == STEP_STOP)
		finish_close(c);	/* before it had begun */
	else
		lower_line(c);
}

static void on_limit(void *user)
{
	struct usb_channel *c = user;

	if (c->state == CHANNEL_OPENING)
		fail(c, -EIO);
	else
		usb_channel_kill(c, c->why);
}

void usb_channel_kill(struct usb_channel *c, int why)
{
	switch (c->state) {
	case CHANNEL_CLOSED:
		usb_request_abandon(&c->line);
		break;
	case CHANNEL_OPENING:
		fail(c, why);
		break;
	case CHANNEL_RUNNING:
		c->why = why;
		/* fall through */
	case CHANNEL_CLOSING:
		/* Who was closing hears what he asked for. */
		c->state = CHANNEL_CLOSING;
		abandon(c, c->why ? c->why : -ECANCELED);
		finish_close(c);
		break;
	}
}

bool usb_channel_is_closed(const struct usb_channel *c)
{
	return c->state == CHANNEL_CLOSED;
}

/* What goes wrong. */

static void note_line(struct usb_channel *c, int status)
{
	/* Closing has cancelled it, perhaps. */
	if (!status || c->has_told_line || c->state == CHANNEL_CLOSING)
		return;
	c->has_told_line = true;
	usb_channel_note(c, status == -EPIPE ? "refuses a line state, as many do" :
					       "did not take its line state");
}

static void line_ended(void *user, struct usb_request *q, int status)
{
	struct usb_channel *c = user;

	(void)q;
	if (status < 0 && status != -EPIPE)
		c->is_line_up = false;
	note_line(c, status);
	/* One sent at attach may end while an open has not begun yet. */
	if (c->state == CHANNEL_OPENING && c->step == STEP_LINE)
		run(c);
	else if (c->state == CHANNEL_CLOSING && c->step == STEP_LINE)
		stop(c);
	else if (c->state == CHANNEL_CLOSING && c->step == STEP_BYE && !timer_is_armed(&c->timer))
		lower_line(c);
}

static void came_home(void *user)
{
	usb_channel_home(user);
}

void usb_channel_home(struct usb_channel *c)
{
	if (c->state == CHANNEL_OPENING && c->step == STEP_BEGIN)
		timer_start(c->timers, &c->timer, 0);
	c->host->calmed(c->host_user);
}

void usb_channel_disturbed(struct usb_channel *c)
{
	c->host->disturbed(c->host_user);
}

void usb_channel_broken(struct usb_channel *c)
{
	usb_channel_note(c, "cancelled transfers do not come back");
	usb_channel_kill(c, -ECONNRESET);
}

void usb_channel_go_on(struct usb_channel *c)
{
	if (c->state != CHANNEL_RUNNING &&
	    (c->state != CHANNEL_OPENING || c->step == STEP_BEGIN))
		return;
	if (c->state == CHANNEL_RUNNING && usb_request_is_free(&c->line))
		raise_line(c);
	usb_flow_go_on(&c->notify);
	c->mover->go_on(c);
}

void usb_channel_note(struct usb_channel *c, const char *sentence)
{
	c->host->noted(c->host_user, c, sentence);
}
