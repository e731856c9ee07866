#include "usb/device.h"
#include "usb/channel.h"
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define STOP_US 6000000ull	/* channels take 5 s at most */
enum { WHY_SIZE = 128, INTERFACES_MAX = 32 };

struct usb_device {
	struct link link;
	struct link_chan chans[USB_FUNCTIONS_MAX];
	struct usb_channel *channels[USB_FUNCTIONS_MAX];	/* owned */
	struct usb_layout layout;
	bool claims_at_open;
	int (*open)(void *opener, struct usb_io **ret_io, struct text *ret_why);
	void *opener;		/* borrowed, as what follows */
	struct timers *timers;
	const struct usb_device_ops *ops;
	void *user;

	struct usb_io *io;	/* owned; NULL: the node is not open */
	enum usb_state state;
	char why[WHY_SIZE];
	uint32_t claimed;	/* bit i: interface i */
	uint32_t owed;		/* so; to be given back to the kernel */
	struct timer turn;	/* what may not happen inside a callback */
	struct timer limit;	/* of what flies at the end */
	bool is_disturbed;	/* somebody has to look */
	bool is_gone_told;	/* the node or udev said so */
	bool has_news;		/* ops->changed is due */
	bool is_stop_asked;	/* ops->stopped is due */
};

static void on_turn(void *user);

static struct usb_device *to_device(struct link *l)
{
	return container_of(l, struct usb_device, link);
}

static void want_turn(struct usb_device *d)
{
	timer_start(d->timers, &d->turn, 0);
}

static void set_state(struct usb_device *d, enum usb_state state, const char *why)
{
	if (d->state == state && !strcmp(d->why, why))
		return;
	d->state = state;
	snprintf(d->why, sizeof(d->why), "%s", why);
	d->has_news = true;
	want_turn(d);
}

static const struct usb_function *function_of(const struct usb_device *d, unsigned int chan)
{
	return d->channels[chan]->function;
}

/* Claims. */

static void explain_claim(struct usb_device *d, const struct usb_function *f, uint8_t interface,
			  int r, struct text *ret_why)
{
	char driver[USB_DRIVER_SIZE] = "another program";

	if (r == -EBUSY && d->io->ops->holder(d->io, interface, driver) != USB_HOLDER_OTHER)
		snprintf(driver, sizeof(driver), "another program");
	if (r == -EBUSY)
		text_printf(ret_why, "interface %u (%s) is held by %s", interface, f->name, driver);
	else
		text_printf(ret_why, "cannot claim interface %u (%s): %s", interface, f->name,
			    strerror(-r));
}

static int claim_interface(struct usb_device *d, const struct usb_function *f, uint8_t interface,
			   struct text *ret_why)
{
	int r;

	if (d->claimed & 1u << interface)
		return 0;
	r = d->io->ops->claim(d->io, interface);
	if (r < 0) {
		explain_claim(d, f, interface, r, ret_why);
		return r;
	}
	d->claimed |= 1u << interface;
	d->owed |= 1u << interface;
	return 0;
}

/* Control first: its driver lets go of the data interface as well. */
static int claim_function(struct usb_device *d, const struct usb_function *f,
			  struct text *ret_why)
{
	int r = claim_interface(d, f, f->interface, ret_why);

	if (!r && f->data_interface != f->interface)
		r = claim_interface(d, f, f->data_interface, ret_why);
	if (r < 0 || !f->alt)
		return r;
	r = d->io->ops->set_alt(d->io, f->interface, f->alt);
	if (r < 0)
		text_printf(ret_why, "interface %u (%s) refuses setting %u: %s", f->interface,
			    f->name, f->alt, strerror(-r));
	return r;
}

static void release(struct usb_device *d, uint32_t interfaces)
{
	for (unsigned int i = 0; i < INTERFACES_MAX; i++)
		if (d->claimed & interfaces & 1u << i)
			d->io->ops->release(d->io, (uint8_t)i);
	d->claimed &= ~interfaces;
}

static void release_all(struct usb_device *d)
{
	release(d, ~0u);
}

/* After all are released: a driver may want two at once. */
static void give_back_all(struct usb_device *d)
{
	for (unsigned int i = 0; i < INTERFACES_MAX; i++)
		if (d->owed & 1u << i)
			d->io->ops->give_back(d->io, (uint8_t)i);
	d->owed = 0;
}

static int claim_all(struct usb_device *d, uint32_t wanted, struct text *ret_why)
{
	int r = 0;

	for (unsigned int c = 0; c < d->link.n_chans && !r; c++)
		if (wanted & 1u << function_of(d, c)->interface)
			r = claim_function(d, function_of(d, c), ret_why);
	if (r < 0)
		return r;
	for (unsigned int c = 0; c < d->link.n_chans; c++)
		if (d->claimed & 1u << function_of(d, c)->interface)
			usb_channel_greet(d->channels[c]);
	return 0;
}

static void kill_all(struct usb_device *d, int why)
{
	for (unsigned int c = 0; c < d->link.n_chans; c++)
		usb_channel_kill(d->channels[c], why);
}

static void close_io(struct usb_device *d)
{
	timer_stop(&d->limit);
	d->io->ops->close(d->io);
	d->io = NULL;
	d->claimed = 0;
	for (unsigned int c = 0; c < d->link.n_chans; c++)
		usb_channel_detach(d->channels[c]);
}

/* Looking after a disturbance. */

/* All is as before: perhaps the machine slept. */
static void go_on(struct usb_device *d)
{
	for (unsigned int c = 0; c < d->link.n_chans; c++)
		usb_channel_go_on(d->channels[c]);
}

static void leave(struct usb_device *d, const char *why)
{
	kill_all(d, -ENODEV);
	d->owed = 0;
	if (d->io)
		timer_start(d->timers, &d->limit, USB_CANCEL_US);
	set_state(d, USB_GONE, why);
}

static void note(struct usb_device *d, const char *sentence)
{
	d->ops->noted(d->user, sentence);
}

/* Whoever took the interfaces has reset the modem as well: all begins anew. */
static void claim_again(struct usb_device *d)
{
	struct text why = TEXT_INIT;
	uint32_t wanted = d->claimed;
	int r;

	kill_all(d, -ECONNRESET);
	release_all(d);
	r = claim_all(d, wanted, &why);
	if (r == -ENODEV) {
		leave(d, "unplugged");
	} else if (r < 0) {
		set_state(d, USB_ERROR, text_get(&why));
	} else {
		note(d, "the interfaces were taken away, and are claimed again");
	}
	text_fini(&why);
}

static void look(struct usb_device *d)
{
	char driver[USB_DRIVER_SIZE];
	int worst = USB_HOLDER_US;

	d->is_disturbed = false;
	if (d->state != USB_READY)
		return;
	for (unsigned int i = 0; i < INTERFACES_MAX; i++) {
		int r = d->claimed & 1u << i ? d->io->ops->holder(d->io, (uint8_t)i, driver) : 0;

		if (r == -ENODEV) {
			leave(d, "unplugged");
			return;
		}
		if (r > worst)
			worst = r;
	}
	if (worst == USB_HOLDER_US)
		go_on(d);
	else
		claim_again(d);
}

/* The end of a stop, or of a device that left. */

static bool is_calm(const struct usb_device *d)
{
	for (unsigned int c = 0; c < d->link.n_chans; c++)
		if (!usb_channel_is_closed(d->channels[c]))
			return false;
	return !d->io || !d->io->n_flying || !timer_is_armed(&d->limit);
}

static void finish_stop(struct usb_device *d)
{
	if (d->io) {
		release_all(d);
		close_io(d);
	}
	set_state(d, USB_OFF, "");
}

static void tell(struct usb_device *d)
{
	bool is_stopped = d->is_stop_asked && d->state != USB_STOPPING;
	bool has_news = d->has_news;

	if (is_stopped)
		d->is_stop_asked = false;
	d->has_news = false;
	if (is_stopped)
		d->ops->stopped(d->user);
	else if (has_news)
		d->ops->changed(d->user);
}

static void on_turn(void *user)
{
	struct usb_device *d = user;

	if (d->is_gone_told && d->state != USB_GONE)
		leave(d, "unplugged");
	if (d->is_disturbed)
		look(d);
	if (d->state == USB_STOPPING && is_calm(d))
		finish_stop(d);
	if (d->state == USB_GONE && d->io && is_calm(d))
		close_io(d);
	tell(d);
}

/* Transfers that do not come home are left behind with the node. */
static void on_limit(void *user)
{
	struct usb_device *d = user;

	kill_all(d, -ENODEV);
	want_turn(d);
}

/* What channels want. */

static int host_claim(void *user, struct usb_channel *c)
{
	struct usb_device *d = user;
	struct text why = TEXT_INIT;
	uint32_t had = d->claimed;
	int r;

	if (d->state != USB_READY)
		return -ENODEV;
	if (had & 1u << c->function->interface)
		return 0;
	r = claim_function(d, c->function, &why);
	if (!r) {
		usb_channel_greet(c);
	} else {
		release(d, ~had);	/* not the half of a function */
		note(d, text_get(&why));
	}
	text_fini(&why);
	return r;
}

static void host_disturbed(void *user)
{
	struct usb_device *d = user;

	d->is_disturbed = true;
	want_turn(d);
}

static void host_calmed(void *user)
{
	struct usb_device *d = user;

	if (d->state == USB_STOPPING || d->state == USB_GONE)
		want_turn(d);
}

static unsigned int index_of(const struct usb_device *d, const struct usb_channel *channel)
{
	unsigned int c = 0;

	while (d->channels[c] != channel)
		c++;
	return c;
}

static void host_line_state(void *user, struct usb_channel *c, unsigned int bits)
{
	struct usb_device *d = user;

	d->ops->line_state(d->user, index_of(d, c), bits);
}

static void host_noted(void *user, struct usb_channel *c, const char *sentence)
{
	char whole[WHY_SIZE + USB_NAME_SIZE];

	snprintf(whole, sizeof(whole), "%s: %s", c->function->name, sentence);
	note(user, whole);
}

static const struct usb_channel_host channel_host = {
	.claim = host_claim,
	.disturbed = host_disturbed,
	.calmed = host_calmed,
	.line_state = host_line_state,
	.noted = host_noted,
};

static void on_io_gone(void *user)
{
	usb_device_gone(user);
}

/* The link. */

static int link_open(struct link *l, unsigned int chan, const struct link_user_ops *ops,
		     void *user)
{
	struct usb_device *d = to_device(l);

	assert(chan < l->n_chans);
	if (d->state == USB_ERROR)
		return -EIO;
	if (d->state != USB_READY)
		return -ENODEV;
	return usb_channel_open(d->channels[chan], ops, user);
}

static int link_submit(struct link *l, unsigned int chan, enum link_dir dir, unsigned int slot,
		       uint32_t len)
{
	assert(chan < l->n_chans && slot < l->chans[chan].slots[dir].n);
	return usb_channel_submit(to_device(l)->channels[chan], dir, slot, len);
}

static int link_cancel(struct link *l, unsigned int chan, enum link_dir dir)
{
	assert(chan < l->n_chans);
	return usb_channel_cancel(to_device(l)->channels[chan], dir);
}

static void link_close(struct link *l, unsigned int chan)
{
	assert(chan < l->n_chans);
	usb_channel_close(to_device(l)->channels[chan]);
}

static const struct link_ops link_ops = {
	.open = link_open,
	.submit = link_submit,
	.cancel = link_cancel,
	.close = link_close,
};

/* Making and freeing. */

static bool is_pipe_sound(const struct usb_pipe *p, bool is_in)
{
	return !p->address || (p->packet && (p->address & 0x80) / 0x80 == is_in);
}

static bool is_sound(const struct usb_function *f)
{
	if (f->interface >= INTERFACES_MAX || f->data_interface >= INTERFACES_MAX)
		return false;
	if (!is_pipe_sound(&f->in, true) || !is_pipe_sound(&f->out, false) ||
	    !is_pipe_sound(&f->notify, true))
		return false;
	if (f->kind == USB_WDM)
		return f->notify.address && f->in_size && f->out_size && f->n_in && f->n_out;
	return (f->in.address || f->out.address) &&
	       (!f->in.address || (f->n_in && f->in_size && f->in_size % f->in.packet == 0)) &&
	       (!f->out.address || (f->n_out && f->out_size));
}

static int add_channel(struct usb_device *d, const struct usb_function *f)
{
	unsigned int n = d->link.n_chans;
	struct usb_channel *c = usb_channel_new(f, d->layout.is_edl, d->timers, &channel_host, d);

	if (!c)
		return -ENOMEM;
	d->channels[n] = c;
	d->chans[n].name = f->name;
	d->chans[n].slots[LINK_UL] = c->slots[LINK_UL];
	d->chans[n].slots[LINK_DL] = c->slots[LINK_DL];
	d->link.n_chans++;
	return 0;
}

static int add_channels(struct usb_device *d, struct text *ret_why)
{
	int r = 0;

	for (unsigned int i = 0; i < d->layout.n_functions && !r; i++) {
		const struct usb_function *f = &d->layout.functions[i];

		if (!f->is_default_on)
			continue;
		if (!is_sound(f)) {
			text_printf(ret_why, "interface %u (%s) has no end points for it",
				    f->interface, f->name);
			return -EPROTO;
		}
		r = add_channel(d, f);
	}
	return r;
}

int usb_device_new(const struct usb_device_config *c, struct timers *timers,
		   const struct usb_device_ops *ops, void *user,
		   struct usb_device **ret_device, struct text *ret_why)
{
	struct usb_device *d = calloc(1, sizeof(*d));
	int r;

	if (!d)
		return -ENOMEM;
	d->link = (struct link){ &link_ops, d->chans, 0 };
	d->layout = *c->layout;
	d->claims_at_open = c->claims_at_open;
	d->open = c->open;
	d->opener = c->opener;
	d->timers = timers;
	d->ops = ops;
	d->user = user;
	timer_init(&d->turn, on_turn, d);
	timer_init(&d->limit, on_limit, d);
	r = add_channels(d, ret_why);
	if (r < 0)
		usb_device_free(d);
	else
		*ret_device = d;
	return r;
}

/* The node was closed by a stop, and the drivers are still without. */
static void open_to_give_back(struct usb_device *d)
{
	struct text why = TEXT_INIT;

	if (d->owed && !d->io && d->open(d->opener, &d->io, &why) < 0)
		d->io = NULL;
	text_fini(&why);
}

void usb_device_close(struct usb_device *d)
{
	if (!d)
		return;
	d->state = USB_GONE;
	kill_all(d, -ENODEV);
	open_to_give_back(d);
	if (d->io) {
		release_all(d);
		give_back_all(d);
		close_io(d);
	}
	timer_stop(&d->turn);
	timer_stop(&d->limit);
}

void usb_device_free(struct usb_device *d)
{
	usb_device_close(d);
	for (unsigned int c = 0; d && c < d->link.n_chans; c++)
		usb_channel_free(d->channels[c]);
	free(d);
}

/* Starting, stopping, reset. */

static int attach_all(struct usb_device *d)
{
	int r = 0;

	for (unsigned int c = 0; c < d->link.n_chans && !r; c++)
		r = usb_channel_attach(d->channels[c], d->io);
	return r;
}

static void undo_start(struct usb_device *d)
{
	release_all(d);
	give_back_all(d);
	close_io(d);
}

int usb_device_start(struct usb_device *d, struct text *ret_why)
{
	int r;

	if (d->state != USB_OFF)
		return -EBUSY;
	r = d->open(d->opener, &d->io, ret_why);
	if (r < 0) {
		d->io = NULL;
		return r;
	}
	d->io->gone = on_io_gone;
	d->io->user = d;
	d->is_gone_told = d->is_disturbed = false;
	r = attach_all(d);
	if (!r && !d->claims_at_open)
		r = claim_all(d, ~0u, ret_why);
	if (r < 0) {
		kill_all(d, r);
		undo_start(d);
		return r;
	}
	set_state(d, USB_READY, "");
	return 0;
}

void usb_device_stop(struct usb_device *d)
{
	d->is_stop_asked = true;
	want_turn(d);
	if (d->state != USB_READY && d->state != USB_ERROR)
		return;
	set_state(d, USB_STOPPING, "");
	timer_start(d->timers, &d->limit, STOP_US);
	for (unsigned int c = 0; c < d->link.n_chans; c++)
		usb_channel_end(d->channels[c], -ENODEV);
}

int usb_device_reset(struct usb_device *d)
{
	struct text why = TEXT_INIT;
	int r;

	if (d->state != USB_READY && d->state != USB_ERROR)
		return -ENODEV;
	kill_all(d, -ECONNRESET);
	r = d->io->ops->reset(d->io);
	if (!r)
		r = claim_all(d, d->claims_at_open ? d->claimed : ~0u, &why);
	if (r == -ENODEV)
		leave(d, "came back as another device");
	else if (r < 0)
		set_state(d, USB_ERROR, text_get(&why)[0] ? text_get(&why) : "the reset failed");
	else
		set_state(d, USB_READY, "");
	text_fini(&why);
	return r < 0 && r != -ENODEV ? -EIO : r;
}

void usb_device_gone(struct usb_device *d)
{
	d->is_gone_told = true;
	want_turn(d);
}

struct link *usb_device_link(struct usb_device *d)
{
	return &d->link;
}

const struct usb_function *usb_device_function(const struct usb_device *d, unsigned int chan)
{
	return function_of(d, chan);
}

enum usb_state usb_device_state(const struct usb_device *d)
{
	return d->state;
}

const char *usb_device_why(const struct usb_device *d)
{
	return d->why;
}
