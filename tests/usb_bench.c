#include "tests/usb_bench.h"
#include <assert.h>
#include <stdio.h>

static void on_changed(void *user)
{
	((struct usb_bench *)user)->n_changed++;
}

static void on_stopped(void *user)
{
	((struct usb_bench *)user)->n_stopped++;
}

static void on_noted(void *user, const char *sentence)
{
	struct usb_bench *b = user;

	b->n_noted++;
	snprintf(b->noted, sizeof(b->noted), "%s", sentence);
}

static void on_line_state(void *user, unsigned int chan, unsigned int bits)
{
	struct usb_bench *b = user;

	b->n_lines++;
	b->line_chan = chan;
	b->line_bits = bits;
}

static const struct usb_device_ops bench_ops = {
	.changed = on_changed,
	.stopped = on_stopped,
	.noted = on_noted,
	.line_state = on_line_state,
};

static struct usb_function bulk(const char *name, uint8_t interface, uint8_t in, uint8_t out)
{
	struct usb_function f = {
		.kind = USB_BULK, .interface = interface, .data_interface = interface,
		.in = { in, BENCH_PACKET }, .out = { out, BENCH_PACKET },
		.is_default_on = true,
		.in_size = 4 * BENCH_PACKET, .out_size = 4 * BENCH_PACKET,
		.n_in = 4, .n_out = 4,
	};

	snprintf(f.name, sizeof(f.name), "%s", name);
	return f;
}

void usb_bench_init(struct usb_bench *b)
{
	struct usb_function *f;

	memset(b, 0, sizeof(*b));
	fake_usb_init(&b->fake);
	f = b->layout.functions;
	f[BENCH_DIAG] = bulk("DIAG", 0, DIAG_IN, DIAG_OUT);
	f[BENCH_AT] = bulk("AT", 2, AT_IN, AT_OUT);
	f[BENCH_AT].notify = (struct usb_pipe){ AT_NOTIFY, 10 };
	f[BENCH_AT].line = USB_LINE_OPEN;
	f[BENCH_QMI] = bulk("QMI", 4, 0, 0);
	f[BENCH_QMI].kind = USB_WDM;
	f[BENCH_QMI].notify = (struct usb_pipe){ QMI_NOTIFY, 8 };
	f[BENCH_QMI].line = USB_LINE_ATTACH;
	f[BENCH_QMI].is_message = true;
	f[BENCH_QMI].in_size = f[BENCH_QMI].out_size = 4096;
	f[BENCH_QMI].n_in = f[BENCH_QMI].n_out = 1;
	f[BENCH_DATA] = bulk("DATA", 5, DATA_IN, DATA_OUT);
	f[BENCH_DATA].is_message = true;
	f[BENCH_DATA].zlp = USB_ZLP_WRITE;
	b->layout.n_functions = N_BENCH;
}

void usb_bench_start(struct usb_bench *b, bool claims_at_open)
{
	struct usb_device_config c = {
		.layout = &b->layout, .claims_at_open = claims_at_open,
		.open = fake_usb_open, .opener = &b->fake,
	};
	struct text why = TEXT_INIT;
	int r = usb_device_new(&c, &b->fake.timers, &bench_ops, b, &b->device, &why);

	if (!r)
		r = usb_device_start(b->device, &why);
	assert(!r && !text_get(&why)[0]);
	for (unsigned int chan = 0; chan < usb_device_link(b->device)->n_chans; chan++)
		link_user_init(&b->users[chan], usb_device_link(b->device), chan);
	fake_usb_run(&b->fake);
}

struct link_user *usb_bench_open(struct usb_bench *b, unsigned int chan)
{
	struct link_user *u = &b->users[chan];
	int r = link_user_open(u);

	assert(!r);
	fake_usb_run(&b->fake);
	assert(u->n_opened == 1 && !u->opened);
	return u;
}

void usb_bench_fini(struct usb_bench *b)
{
	usb_device_free(b->device);
	for (unsigned int chan = 0; chan < N_BENCH; chan++)
		assert(!link_user_lent(&b->users[chan]));
	assert(!b->fake.is_open && b->fake.n_opens == b->fake.n_closes);
	assert(list_is_empty(&b->fake.timers.due));
}
