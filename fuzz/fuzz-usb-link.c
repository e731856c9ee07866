/*
 * A USB modem that does what the input says, in any order: ends transfers with
 * any status and any bytes, loses claims, never answers; users of the link open,
 * close, read and write meanwhile.  The fake asserts what we owe the device, the
 * users that every slot comes back once.
 */
#include "tests/usb_bench.h"
#include <errno.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { STEPS_MAX = 400 };

struct input {
	const uint8_t *at, *end;
};

static uint8_t take(struct input *in)
{
	return in->at < in->end ? *in->at++ : 0;
}

/* The next @len bytes of the input, as far as they go. */
static const uint8_t *take_bytes(struct input *in, uint32_t len, uint32_t *ret_len)
{
	const uint8_t *bytes = in->at;

	*ret_len = min_u32(len, (uint32_t)(in->end - in->at));
	in->at += *ret_len;
	return bytes;
}

static int status_of(uint8_t byte)
{
	static const int statuses[] = { 0, 0, -EIO, -EPIPE, -EOVERFLOW, -ENODEV, -ECANCELED, 0 };

	return statuses[byte % ARRAY_SIZE(statuses)];
}

static void say(struct usb_bench *b, struct input *in)
{
	static const uint8_t ins[] = { DIAG_IN, AT_IN, DATA_IN, AT_NOTIFY, QMI_NOTIFY };
	static const uint32_t most[] = { 256, 256, 256, 10, 8 };
	unsigned int i = take(in) % ARRAY_SIZE(ins);
	uint32_t len;
	const uint8_t *bytes = take_bytes(in, min_u32(take(in), most[i]), &len);

	fake_usb_say(&b->fake, ins[i], bytes, len);
}

static void end(struct usb_bench *b, struct input *in)
{
	static const uint8_t all[] = { DIAG_IN, AT_IN, DATA_IN, AT_NOTIFY, QMI_NOTIFY,
				       DIAG_OUT, AT_OUT, DATA_OUT };
	uint8_t endpoint = all[take(in) % ARRAY_SIZE(all)];
	int status = status_of(take(in));

	fake_usb_end(&b->fake, endpoint, status, take(in));
}

static void answer(struct usb_bench *b, struct input *in)
{
	int status = status_of(take(in));
	uint32_t len;
	const uint8_t *bytes = take_bytes(in, take(in), &len);

	if (!fake_usb_answer(&b->fake, 0xa1, 1, status, bytes, len))
		fake_usb_answer(&b->fake, 0x21, 0, status, NULL, 0);
}

static void mood(struct fake_usb *f, uint8_t byte)
{
	f->ignores_cancel = byte & 1;
	f->ignores_lines = byte & 2;
	f->holder = byte & 4 ? byte >> 6 : USB_HOLDER_US;
	if (f->holder > USB_HOLDER_OTHER)
		f->holder = -ENODEV;
	f->clear_halt_error = byte & 8 ? -EIO : 0;
	f->submit_error = byte & 16 ? -ENOMEM : -EIO;
	f->n_submit_errors = byte & 32 ? 3 : 0;
	f->line_status = byte & 64 ? -EPIPE : 0;
}

static void use(struct usb_bench *b, uint8_t byte)
{
	static const uint8_t words[256] = "<?xml";
	struct link_user *u = &b->users[byte % N_BENCH];

	u->keeps = byte & 4;
	switch (byte >> 4) {
	case 0: case 1:
		link_user_open(u);
		break;
	case 2:
		link_user_close(u);
		break;
	case 3:
		if (usb_device_state(b->device) == USB_READY)
			link_user_lend(u);
		break;
	default:
		link_user_send(u, words, byte);
		break;
	}
}

static void power(struct usb_bench *b, uint8_t byte)
{
	struct text why = TEXT_INIT;

	switch (byte % 4) {
	case 0:
		usb_device_stop(b->device);
		break;
	case 1:
		usb_device_start(b->device, &why);
		break;
	case 2:
		usb_device_reset(b->device);
		break;
	case 3:
		usb_device_gone(b->device);
		break;
	}
	text_fini(&why);
}

static void step(struct usb_bench *b, struct input *in)
{
	uint8_t what = take(in);

	switch (what & 7) {
	case 0: case 1:
		use(b, take(in));
		break;
	case 2:
		say(b, in);
		break;
	case 3:
		end(b, in);
		break;
	case 4:
		answer(b, in);
		break;
	case 5:
		mood(&b->fake, take(in));
		break;
	case 6:
		fake_usb_wait_ms(&b->fake, take(in) * (what & 8 ? 100 : 1));
		break;
	case 7:
		if (what & 8)
			power(b, what >> 4);
		fake_usb_run(&b->fake);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct usb_bench b;
	struct input in = { data, data + size };

	usb_bench_init(&b);
	b.layout.is_edl = take(&in) & 1;
	usb_bench_start(&b, take(&in) & 1);
	for (int i = 0; i < STEPS_MAX && in.at < in.end; i++) {
		step(&b, &in);
		b.fake.n_setups = b.fake.n_heard = 0;
		for (unsigned int c = 0; c < N_BENCH; c++)
			b.users[c].n_events = b.users[c].n_bytes = 0;
	}
	mood(&b.fake, 0);
	fake_usb_wait_ms(&b.fake, 20000);
	usb_bench_fini(&b);
	return 0;
}
