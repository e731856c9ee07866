/*
 * L3: a transfer through the link to a USB modem, each way, against the same
 * transfer submitted and ended by hand.  The device ends each one when told, so
 * what is left is our share: no kernel, no controller, no cable.
 */
#include "base/bytes.h"
#include "bench/bench.h"
#include "bench/clock.h"
#include "usb/device.h"
#include "usb/io.h"
#include <errno.h>

enum {
	END_IN = 0x81, END_OUT = 0x01,
	PACKET = 512, N_SLOTS = 4,
	LEN = 64,	/* bytes of a transfer that is timed */
};

/* What flies in one direction, oldest first. */
struct wire {
	struct usb_transfer *flying[2 * N_SLOTS];
	unsigned int begin, n;
};

struct usb_rig {
	struct usb_io io;
	struct wire wires[2];	/* by enum link_dir */
	struct timers timers;
	struct usb_layout layout;
	struct usb_device *device;
	struct link *link;
	const struct effort *effort;
	enum link_dir dir;
	uint64_t n_done, n_failed;
	bool is_open;
};

static int io_prepare(struct usb_io *io, struct usb_transfer *t)
{
	(void)io;
	(void)t;
	return 0;
}

static int io_submit(struct usb_io *io, struct usb_transfer *t)
{
	struct usb_rig *r = container_of(io, struct usb_rig, io);
	struct wire *w = &r->wires[t->endpoint & 0x80 ? LINK_DL : LINK_UL];

	if (w->n == ARRAY_SIZE(w->flying))
		return -ENOMEM;
	w->flying[(w->begin + w->n++) % ARRAY_SIZE(w->flying)] = t;
	return 0;
}

static bool end_one(struct usb_rig *r, enum link_dir dir, int status, uint32_t len)
{
	struct wire *w = &r->wires[dir];
	struct usb_transfer *t = w->flying[w->begin];

	if (!w->n)
		return false;
	w->begin = (w->begin + 1) % ARRAY_SIZE(w->flying);
	w->n--;
	usb_end_transfer(&r->io, t, status, len);
	return true;
}

/* Only at the end, when all that flies is cancelled: no order to keep. */
static void io_cancel(struct usb_io *io, struct usb_transfer *t)
{
	(void)io;
	(void)t;
}

static int io_claim(struct usb_io *io, uint8_t interface)
{
	(void)io;
	(void)interface;
	return 0;
}

static void io_close(struct usb_io *io)
{
	(void)io;
}

static const struct usb_io_ops rig_io_ops = {
	.prepare = io_prepare, .submit = io_submit, .cancel = io_cancel, .claim = io_claim,
	.release = io_claim, .give_back = io_claim, .close = io_close,
};

static int rig_open_io(void *opener, struct usb_io **ret_io, struct text *ret_why)
{
	struct usb_rig *r = opener;

	(void)ret_why;
	*ret_io = &r->io;
	return 0;
}

static void on_event(void *user)
{
	(void)user;
}

static void on_noted(void *user, const char *sentence)
{
	(void)user;
	fprintf(stderr, "mhi-bench: %s\n", sentence);
}

static void on_line_state(void *user, unsigned int chan, unsigned int bits)
{
	(void)user;
	(void)chan;
	(void)bits;
}

static const struct usb_device_ops rig_device_ops = {
	.changed = on_event, .stopped = on_event, .noted = on_noted,
	.line_state = on_line_state,
};

static void on_opened(void *user, int status)
{
	struct usb_rig *r = user;

	r->is_open = status == 0;
	for (unsigned int slot = 0; r->is_open && slot < N_SLOTS; slot++)
		r->link->ops->submit(r->link, 0, LINK_DL, slot, 0);
}

static void on_done(void *user, enum link_dir dir, unsigned int slot, int status, uint32_t len)
{
	struct usb_rig *r = user;

	if (status)
		return;
	r->n_done += len == LEN;
	if (dir == LINK_DL)
		r->link->ops->submit(r->link, 0, LINK_DL, slot, 0);
}

static void on_closed(void *user, int why)
{
	struct usb_rig *r = user;

	(void)why;
	r->is_open = false;
}

static const struct link_user_ops rig_user_ops = {
	.opened = on_opened, .done = on_done, .closed = on_closed,
};

static void describe(struct usb_layout *l)
{
	l->n_functions = 1;
	l->functions[0] = (struct usb_function){
		.name = "DIAG", .kind = USB_BULK, .in = { END_IN, PACKET },
		.out = { END_OUT, PACKET }, .is_default_on = true,
		.in_size = 4096, .out_size = 4096, .n_in = N_SLOTS, .n_out = N_SLOTS,
	};
}

static int usb_rig_init(struct usb_rig *r, const struct effort *e)
{
	struct usb_device_config config = {
		.layout = &r->layout, .open = rig_open_io, .opener = r,
	};
	struct text why = TEXT_INIT;
	int ret;

	*r = (struct usb_rig){ .io = { .ops = &rig_io_ops }, .effort = e };
	timers_init(&r->timers);
	describe(&r->layout);
	ret = usb_device_new(&config, &r->timers, &rig_device_ops, r, &r->device, &why);
	if (!ret)
		ret = usb_device_start(r->device, &why);
	text_fini(&why);
	if (ret)
		return ret;
	r->link = usb_device_link(r->device);
	ret = r->link->ops->open(r->link, 0, &rig_user_ops, r);
	timers_advance(&r->timers, 1);
	return ret ? ret : r->is_open ? 0 : -EIO;
}

static void usb_rig_fini(struct usb_rig *r)
{
	usb_device_free(r->device);
	r->device = NULL;
}

static int take_link(void *user, struct sample *ret_sample)
{
	struct usb_rig *r = user;
	unsigned int n = r->effort->spins / 2, slot = 0;
	uint64_t done = r->n_done, start = now_ns();

	for (unsigned int i = 0; i < n; i++) {
		if (r->dir == LINK_UL && r->link->ops->submit(r->link, 0, LINK_UL, slot, LEN))
			return -EIO;
		end_one(r, r->dir, 0, LEN);
		slot = (slot + 1) % N_SLOTS;
	}
	*ret_sample = (struct sample){ .value = (double)(now_ns() - start) / n, .n = n };
	return r->n_done - done == n ? 0 : -EPROTO;
}

/* The same transfer with nobody between the device and its user. */
static void bare_done(void *user, struct usb_transfer *t)
{
	uint64_t *n_done = user;

	*n_done += t->actual == LEN;
}

static int take_bare(void *user, struct sample *ret_sample)
{
	static struct usb_rig rig;
	static uint8_t data[PACKET];
	const struct effort *e = user;
	uint64_t n_done = 0, start;
	struct usb_transfer t = {
		.type = USB_PIPE_BULK, .endpoint = END_OUT, .data = data, .len = LEN,
		.done = bare_done, .user = &n_done,
	};

	rig = (struct usb_rig){ .io = { .ops = &rig_io_ops } };
	start = now_ns();
	for (unsigned int i = 0; i < e->spins; i++) {
		usb_submit(&rig.io, &t);
		end_one(&rig, LINK_UL, 0, LEN);
	}
	*ret_sample = (struct sample){
		.value = (double)(now_ns() - start) / e->spins, .n = e->spins,
	};
	return n_done == e->spins ? 0 : -EPROTO;
}

int bench_usb(const struct bench *b)
{
	static struct usb_rig rig;
	struct outcome o;
	int r = usb_rig_init(&rig, b->effort);

	for (int dir = LINK_UL; !r && dir <= LINK_DL; dir++) {
		rig.dir = (enum link_dir)dir;
		r = measure_pairs(b->effort, &(struct subject){ take_bare, (void *)b->effort },
				  &(struct subject){ take_link, &rig }, &o);
		if (!r)
			report_row(&(struct row){
				.name = dir == LINK_UL ? "L3 USB link, a transfer out"
						       : "L3 USB link, a transfer in",
				.unit = "ns", .floor_name = "bare transfer", .outcome = &o,
				.size = LEN, .goal = GOAL_AT_MOST, .limit = 10,
			});
	}
	usb_rig_fini(&rig);
	return r;
}
