#include "usb/bulk.h"
#include "usb/channel.h"
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#define ZLP_IDLE_US 2000ull
enum { PARTS = 2, EXTRA_SIZE = 64 };

/* A slot and its transfer. */
struct piece {
	struct usb_transfer transfer;
	bool is_lent;		/* the user gave it */
	uint32_t len;		/* up: of the message */
};

struct usb_bulk {
	struct usb_channel channel;
	struct usb_flow in, out;
	struct piece *pieces[2];	/* by enum link_dir, then slot; owned */
	struct list early;	/* received before the slot was given, in order */
	struct timer serve;	/* early */
	bool is_inside;		/* a message is under way */

	struct usb_transfer extra;	/* words of our own, or no byte at all */
	uint8_t extra_bytes[EXTRA_SIZE];
	enum usb_zlp zlp;
	bool owes_zlp;
	struct timer idle;
};

static struct usb_bulk *to_bulk(struct usb_channel *c)
{
	return container_of(c, struct usb_bulk, channel);
}

static struct piece *to_piece(struct usb_transfer *t)
{
	return container_of(t, struct piece, transfer);
}

static unsigned int slot_of(const struct usb_bulk *b, enum link_dir dir, const struct piece *p)
{
	return (unsigned int)(p - b->pieces[dir]);
}

static bool is_alive(const struct usb_bulk *b)
{
	return b->channel.state == CHANNEL_OPENING || b->channel.state == CHANNEL_RUNNING;
}

/* Device to host. */

static void receive(struct usb_bulk *b, struct piece *p)
{
	p->transfer.data = usb_channel_slot(&b->channel, LINK_DL, slot_of(b, LINK_DL, p));
	p->transfer.len = b->channel.slots[LINK_DL].size;
	usb_flow_put(&b->in, &p->transfer);
}

/* Neither data nor end: an empty packet between messages. */
static bool is_nothing(const struct usb_bulk *b, const struct usb_transfer *t, int status)
{
	return !status && !t->actual && !(b->channel.function->is_message && b->is_inside);
}

static void give(struct usb_bulk *b, struct piece *p, int status)
{
	uint32_t len = p->transfer.actual;
	bool goes_on = b->channel.function->is_message && len == b->channel.slots[LINK_DL].size;

	if (is_nothing(b, &p->transfer, status) && is_alive(b)) {
		receive(b, p);
		return;
	}
	p->is_lent = false;
	b->is_inside = !status && goes_on;
	if (status < 0)
		len = 0;
	else if (goes_on)
		status = LINK_MORE;
	usb_channel_done(&b->channel, LINK_DL, slot_of(b, LINK_DL, p), status, len);
}

/* Nobody ever sees what was meant for another. */
static void forget(struct usb_bulk *b, struct piece *p)
{
	memset(usb_channel_slot(&b->channel, LINK_DL, slot_of(b, LINK_DL, p)), 0,
	       p->transfer.actual);
}

static void in_ended(void *user, struct usb_transfer *t, int status)
{
	struct usb_bulk *b = user;
	struct piece *p = to_piece(t);

	if (status < 0)
		forget(b, p);
	if (p->is_lent && list_is_empty(&b->early)) {
		give(b, p, status);
	} else if (!p->is_lent && (!is_alive(b) || status == -ECANCELED)) {
		forget(b, p);
	} else if (is_nothing(b, t, status) && is_alive(b)) {
		receive(b, p);
	} else {
		t->status = status;
		list_append(&b->early, &t->node);
	}
}

static void serve_early(void *user)
{
	struct usb_bulk *b = user;

	while (!list_is_empty(&b->early)) {
		struct piece *p = to_piece(list_first(&b->early, struct usb_transfer, node));

		if (!p->is_lent)
			return;
		list_remove(&p->transfer.node);
		give(b, p, p->transfer.status);
	}
}

/* Closing: those that were given go back, with what they have. */
static void clear_early(struct usb_bulk *b, int why)
{
	timer_stop(&b->serve);
	while (!list_is_empty(&b->early)) {
		struct piece *p = to_piece(list_first(&b->early, struct usb_transfer, node));

		list_remove(&p->transfer.node);
		if (p->is_lent)
			give(b, p, p->transfer.actual ? p->transfer.status : why);
		else
			forget(b, p);
	}
}

static int submit_in(struct usb_bulk *b, unsigned int slot)
{
	struct piece *p = &b->pieces[LINK_DL][slot];
	bool is_queued = !list_is_empty(&p->transfer.node);

	assert(!p->is_lent);
	p->is_lent = true;
	if (!list_is_empty(&b->early))
		timer_start(b->channel.timers, &b->serve, 0);
	if (!is_queued)
		receive(b, p);
	return LINK_OK;
}

/* Host to device. */

static void put_extra(struct usb_bulk *b, const char *words)
{
	if (b->extra.is_flying || !list_is_empty(&b->extra.node))
		return;
	b->extra.data = b->extra_bytes;
	b->extra.len = (uint32_t)min_size(strlen(words), EXTRA_SIZE);
	memcpy(b->extra_bytes, words, b->extra.len);
	usb_flow_put(&b->out, &b->extra);
}

static void end_run(void *user)
{
	struct usb_bulk *b = user;

	b->owes_zlp = false;
	if (b->channel.state == CHANNEL_RUNNING)
		put_extra(b, "");
}

static void notice_firehose(struct usb_bulk *b, const struct piece *p)
{
	static const char xml[] = "<?xml";

	if (b->channel.is_edl && b->zlp == USB_ZLP_NEVER && p->len >= strlen(xml) &&
	    !memcmp(p->transfer.data, xml, strlen(xml)))
		b->zlp = USB_ZLP_IDLE;
}

static int submit_out(struct usb_bulk *b, unsigned int slot, uint32_t len)
{
	struct piece *p = &b->pieces[LINK_UL][slot];
	bool is_whole = len % b->channel.function->out.packet == 0;

	assert(!p->is_lent && len && len <= b->channel.slots[LINK_UL].size);
	p->is_lent = true;
	p->len = len;
	p->transfer.data = usb_channel_slot(&b->channel, LINK_UL, slot);
	p->transfer.len = len;
	notice_firehose(b, p);
	p->transfer.ends_packets = is_whole && b->zlp == USB_ZLP_WRITE;
	b->owes_zlp = is_whole && b->zlp == USB_ZLP_IDLE;
	timer_stop(&b->idle);
	usb_flow_put(&b->out, &p->transfer);
	return LINK_OK;
}

static void out_ended(void *user, struct usb_transfer *t, int status)
{
	struct usb_bulk *b = user;
	struct piece *p;

	if (t == &b->extra) {
		usb_channel_said_bye(&b->channel);
		return;
	}
	p = to_piece(t);
	if (b->owes_zlp && list_is_empty(&b->out.queue))
		timer_start(b->channel.timers, &b->idle, ZLP_IDLE_US);
	p->is_lent = false;
	usb_channel_done(&b->channel, LINK_UL, slot_of(b, LINK_UL, p), status, p->len);
}

/* Of both flows. */

static void on_disturbed(void *user)
{
	struct usb_bulk *b = user;

	usb_channel_disturbed(&b->channel);
}

static void on_broken(void *user)
{
	struct usb_bulk *b = user;

	usb_channel_broken(&b->channel);
}

static void on_recovered(void *user)
{
	(void)user;
}

static void on_stopped(void *user)
{
	struct usb_bulk *b = user;

	usb_channel_part_stopped(&b->channel);
}

static void on_home(void *user)
{
	struct usb_bulk *b = user;

	usb_channel_home(&b->channel);
}

static void on_noted(void *user, const char *sentence)
{
	struct usb_bulk *b = user;

	usb_channel_note(&b->channel, sentence);
}

static const struct usb_flow_ops in_ops = {
	.ended = in_ended,
	.disturbed = on_disturbed,
	.broken = on_broken,
	.recovered = on_recovered,
	.stopped = on_stopped,
	.home = on_home,
	.noted = on_noted,
};

static const struct usb_flow_ops out_ops = {
	.ended = out_ended,
	.disturbed = on_disturbed,
	.broken = on_broken,
	.recovered = on_recovered,
	.stopped = on_stopped,
	.home = on_home,
	.noted = on_noted,
};

/* The mover. */

static int prepare_pieces(struct usb_bulk *b, enum link_dir dir, struct usb_flow *f)
{
	int r;

	for (unsigned int i = 0; i < b->channel.slots[dir].n; i++) {
		struct piece *p = &b->pieces[dir][i];

		*p = (struct piece){ .transfer.type = USB_PIPE_BULK };
		r = usb_flow_prepare(f, &p->transfer);
		if (r < 0)
			return r;
	}
	return 0;
}

static int bulk_prepare(struct usb_channel *c, struct usb_io *io)
{
	struct usb_bulk *b = to_bulk(c);
	int r;

	b->in.io = b->out.io = io;
	b->zlp = c->function->zlp;
	b->extra = (struct usb_transfer){ .type = USB_PIPE_BULK };
	r = prepare_pieces(b, LINK_DL, &b->in);
	if (!r)
		r = prepare_pieces(b, LINK_UL, &b->out);
	if (!r)
		r = usb_flow_prepare(&b->out, &b->extra);
	return r;
}

static void bulk_begin(struct usb_channel *c)
{
	struct usb_bulk *b = to_bulk(c);

	b->is_inside = b->owes_zlp = false;
	usb_flow_start(&b->out, c->slots[LINK_UL].n + 1);
	usb_flow_start(&b->in, c->slots[LINK_DL].n);
	for (unsigned int i = 0; i < c->slots[LINK_DL].n; i++)
		receive(b, &b->pieces[LINK_DL][i]);
}

static void bulk_run(struct usb_channel *c)
{
	if (c->function->hello)
		put_extra(to_bulk(c), c->function->hello);
}

static bool bulk_say_bye(struct usb_channel *c)
{
	if (c->function->goodbye)
		put_extra(to_bulk(c), c->function->goodbye);
	return c->function->goodbye;
}

static int bulk_submit(struct usb_channel *c, enum link_dir dir, unsigned int slot, uint32_t len)
{
	struct usb_bulk *b = to_bulk(c);

	return dir == LINK_DL ? submit_in(b, slot) : submit_out(b, slot, len);
}

static int bulk_cancel(struct usb_channel *c, enum link_dir dir)
{
	struct usb_bulk *b = to_bulk(c);

	usb_flow_cancel(dir == LINK_DL ? &b->in : &b->out);
	return 0;
}

static void bulk_stop(struct usb_channel *c)
{
	struct usb_bulk *b = to_bulk(c);

	timer_stop(&b->idle);
	clear_early(b, -ECANCELED);
	usb_flow_stop(&b->out);
	usb_flow_stop(&b->in);
}

static void bulk_abandon(struct usb_channel *c, int why)
{
	struct usb_bulk *b = to_bulk(c);

	timer_stop(&b->idle);
	clear_early(b, why);
	usb_flow_abandon(&b->in, why);
	usb_flow_abandon(&b->out, why);
}

static bool bulk_is_airborne(const struct usb_channel *c)
{
	const struct usb_bulk *b = container_of(c, struct usb_bulk, channel);

	for (int dir = 0; dir < 2; dir++)
		for (unsigned int i = 0; i < c->slots[dir].n; i++)
			if (b->pieces[dir][i].transfer.is_flying)
				return true;
	return b->extra.is_flying;
}

static void bulk_go_on(struct usb_channel *c)
{
	struct usb_bulk *b = to_bulk(c);

	usb_flow_go_on(&b->out);
	usb_flow_go_on(&b->in);
}

static void bulk_response(struct usb_channel *c, bool is_certain)
{
	(void)c, (void)is_certain;	/* it has none */
}

static void bulk_free(struct usb_channel *c)
{
	struct usb_bulk *b = to_bulk(c);

	timer_stop(&b->idle);
	timer_stop(&b->serve);
	usb_channel_fini(c);
	free(b->pieces[LINK_DL]);
	free(b->pieces[LINK_UL]);
	free(b);
}

static const struct usb_mover_ops bulk_ops = {
	.prepare = bulk_prepare,
	.begin = bulk_begin,
	.run = bulk_run,
	.submit = bulk_submit,
	.cancel = bulk_cancel,
	.say_bye = bulk_say_bye,
	.stop = bulk_stop,
	.abandon = bulk_abandon,
	.is_airborne = bulk_is_airborne,
	.go_on = bulk_go_on,
	.response = bulk_response,
	.free = bulk_free,
	.n_parts = PARTS,
};

static void init_flows(struct usb_bulk *b, const struct usb_function *f, struct timers *timers)
{
	usb_flow_init(&b->in, timers, &in_ops, b);
	usb_flow_init(&b->out, timers, &out_ops, b);
	b->in.endpoint = f->in.address;
	b->out.endpoint = f->out.address;
	b->in.is_stream = b->out.is_stream = !f->is_message;
	list_init(&b->early);
	timer_init(&b->serve, serve_early, b);
	timer_init(&b->idle, end_run, b);
}

struct usb_channel *usb_bulk_new(const struct usb_function *f, struct timers *timers)
{
	struct usb_bulk *b = calloc(1, sizeof(*b));
	struct usb_channel *c;

	if (!b)
		return NULL;
	c = &b->channel;
	c->timers = timers;
	init_flows(b, f, timers);
	b->pieces[LINK_DL] = calloc(f->n_in + 1u, sizeof(struct piece));
	b->pieces[LINK_UL] = calloc(f->n_out + 1u, sizeof(struct piece));
	if (usb_channel_init(c, f, &bulk_ops, f->in.address ? f->in_size : 0,
			     f->out.address ? f->out_size : 0) < 0 ||
	    !b->pieces[LINK_DL] || !b->pieces[LINK_UL]) {
		bulk_free(c);
		return NULL;
	}
	return c;
}
