#include "tests/fake_usb.h"
#include <assert.h>
#include <errno.h>
#include <stdio.h>

static struct fake_usb *to_fake(struct usb_io *io)
{
	return container_of(io, struct fake_usb, io);
}

static int fake_prepare(struct usb_io *io, struct usb_transfer *t)
{
	struct fake_usb *f = to_fake(io);

	assert(!t->is_flying);
	if (f->prepare_error && !f->prepares_before_error--)
		return f->prepare_error;
	return 0;
}

static bool refuses(struct fake_usb *f, const struct usb_transfer *t)
{
	if (!f->n_submit_errors ||
	    (f->submit_error_endpoint && f->submit_error_endpoint != t->endpoint))
		return false;
	f->n_submit_errors--;
	return true;
}

static int fake_submit(struct usb_io *io, struct usb_transfer *t)
{
	struct fake_usb *f = to_fake(io);

	assert(f->is_open && !t->is_flying && f->n_flying < FAKE_USB_FLYING_MAX);
	for (unsigned int i = 0; i < f->n_flying; i++)
		assert(f->flying[i] != t && f->flying[i]->data != t->data);
	if (refuses(f, t))
		return f->submit_error;
	if (t->type == USB_CONTROL && f->n_setups < FAKE_USB_SETUPS_MAX)
		memcpy(f->setups[f->n_setups++], t->data, USB_SETUP_LEN);
	f->is_cancelled[f->n_flying] = false;
	f->flying[f->n_flying++] = t;
	f->n_submits++;
	return 0;
}

static void fake_cancel(struct usb_io *io, struct usb_transfer *t)
{
	struct fake_usb *f = to_fake(io);

	assert(f->is_open);
	for (unsigned int i = 0; i < f->n_flying; i++)
		if (f->flying[i] == t)
			f->is_cancelled[i] = true;
}

static struct fake_usb *blocking(struct usb_io *io)
{
	struct fake_usb *f = to_fake(io);

	assert(f->is_open && !f->is_inside);
	return f;
}

static int fake_claim(struct usb_io *io, uint8_t interface)
{
	struct fake_usb *f = blocking(io);

	f->n_claims++;
	if (f->claim_error && f->claim_error_interface == interface)
		return f->claim_error;
	f->claimed |= 1u << interface;
	return 0;
}

static int fake_release(struct usb_io *io, uint8_t interface)
{
	struct fake_usb *f = blocking(io);

	assert(f->claimed & 1u << interface);
	f->claimed &= ~(1u << interface);
	return 0;
}

static int fake_give_back(struct usb_io *io, uint8_t interface)
{
	struct fake_usb *f = blocking(io);

	assert(!f->claimed);	/* a driver may want two at once */
	f->given_back |= 1u << interface;
	return 0;
}

static int fake_set_alt(struct usb_io *io, uint8_t interface, uint8_t alt)
{
	struct fake_usb *f = blocking(io);

	assert(f->claimed & 1u << interface);
	f->last_alt = alt;
	return 0;
}

static int fake_clear_halt(struct usb_io *io, uint8_t endpoint)
{
	struct fake_usb *f = blocking(io);

	assert(!fake_usb_count(f, endpoint));
	f->n_halts_cleared++;
	return f->clear_halt_error;
}

static int fake_holder(struct usb_io *io, uint8_t interface, char ret_driver[USB_DRIVER_SIZE])
{
	(void)interface;
	snprintf(ret_driver, USB_DRIVER_SIZE, "option");
	return blocking(io)->holder;
}

static int fake_reset(struct usb_io *io)
{
	struct fake_usb *f = blocking(io);

	f->n_resets++;
	return f->reset_error;
}

static void fake_close(struct usb_io *io)
{
	struct fake_usb *f = blocking(io);

	f->is_open = false;
	f->claimed = 0;
	f->n_closes++;
	f->n_flying = 0;
}

static const struct usb_io_ops fake_ops = {
	.prepare = fake_prepare,
	.submit = fake_submit,
	.cancel = fake_cancel,
	.claim = fake_claim,
	.release = fake_release,
	.give_back = fake_give_back,
	.set_alt = fake_set_alt,
	.clear_halt = fake_clear_halt,
	.holder = fake_holder,
	.reset = fake_reset,
	.close = fake_close,
};

void fake_usb_init(struct fake_usb *f)
{
	memset(f, 0, sizeof(*f));
	f->io.ops = &fake_ops;
	timers_init(&f->timers);
	timers_advance(&f->timers, 1000000);
}

int fake_usb_open(void *fake, struct usb_io **ret_io, struct text *ret_why)
{
	struct fake_usb *f = fake;

	(void)ret_why;
	assert(!f->is_open);
	if (f->open_error)
		return f->open_error;
	f->is_open = true;
	f->n_opens++;
	f->n_flying = 0;
	f->io = (struct usb_io){ .ops = &fake_ops };
	*ret_io = &f->io;
	return 0;
}

static void end_at(struct fake_usb *f, unsigned int i, int status, uint32_t actual)
{
	struct usb_transfer *t = f->flying[i];

	f->n_flying--;
	memmove(f->flying + i, f->flying + i + 1, (f->n_flying - i) * sizeof(f->flying[0]));
	memmove(f->is_cancelled + i, f->is_cancelled + i + 1, f->n_flying - i);
	f->n_ends++;
	f->is_inside = true;
	usb_end_transfer(&f->io, t, status, actual);
	f->is_inside = false;
}

static bool is_line_state(const struct usb_transfer *t)
{
	return t->type == USB_CONTROL && t->data[0] == 0x21 && t->data[1] == 0x22;
}

/* True: something happened, and the list is another one. */
static bool run_once(struct fake_usb *f)
{
	for (unsigned int i = 0; i < f->n_flying; i++) {
		if (f->is_cancelled[i] && !f->ignores_cancel) {
			end_at(f, i, -ECANCELED, 0);
			return true;
		}
		if (is_line_state(f->flying[i]) && !f->ignores_lines) {
			end_at(f, i, f->line_status, 0);
			return true;
		}
	}
	return false;
}

void fake_usb_run(struct fake_usb *f)
{
	for (int rounds = 0; rounds < 1000; rounds++) {
		bool is_due = timers_next(&f->timers) <= f->timers.now_us;

		timers_advance(&f->timers, f->timers.now_us);
		if (!run_once(f) && !is_due)
			return;
	}
	assert(!"it comes to rest");
}

void fake_usb_wait_ms(struct fake_usb *f, unsigned int ms)
{
	uint64_t end_us = f->timers.now_us + ms * 1000ull;

	fake_usb_run(f);
	while (timers_next(&f->timers) <= end_us) {
		timers_advance(&f->timers, timers_next(&f->timers));
		fake_usb_run(f);
	}
	timers_advance(&f->timers, end_us);
	fake_usb_run(f);
}

static bool is_of(const struct usb_transfer *t, uint8_t endpoint)
{
	return t->type != USB_CONTROL && t->endpoint == endpoint;
}

unsigned int fake_usb_count(const struct fake_usb *f, uint8_t endpoint)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < f->n_flying; i++)
		n += is_of(f->flying[i], endpoint);
	return n;
}

static bool find(const struct fake_usb *f, uint8_t endpoint, unsigned int *ret_i)
{
	for (unsigned int i = 0; i < f->n_flying; i++)
		if (is_of(f->flying[i], endpoint)) {
			*ret_i = i;
			return true;
		}
	return false;
}

bool fake_usb_end(struct fake_usb *f, uint8_t endpoint, int status, uint32_t actual)
{
	unsigned int i;

	if (!find(f, endpoint, &i))
		return false;
	end_at(f, i, status, actual);
	return true;
}

bool fake_usb_say(struct fake_usb *f, uint8_t endpoint, const void *data, uint32_t len)
{
	unsigned int i;

	if (!find(f, endpoint, &i))
		return false;
	assert(len <= f->flying[i]->len);
	if (len)
		memcpy(f->flying[i]->data, data, len);
	end_at(f, i, 0, len);
	return true;
}

bool fake_usb_take(struct fake_usb *f, uint8_t endpoint)
{
	struct usb_transfer *t;
	unsigned int i;

	if (!find(f, endpoint, &i))
		return false;
	t = f->flying[i];
	assert(t->len <= FAKE_USB_HEARD_MAX - f->n_heard);
	memcpy(f->heard + f->n_heard, t->data, t->len);
	f->n_heard += t->len;
	f->n_zlps += !t->len || t->ends_packets;
	end_at(f, i, 0, t->len);
	return true;
}

bool fake_usb_answer(struct fake_usb *f, uint8_t type, uint8_t request, int status,
		     const void *data, uint32_t len)
{
	for (unsigned int i = 0; i < f->n_flying; i++) {
		struct usb_transfer *t = f->flying[i];

		if (t->type != USB_CONTROL || t->data[0] != type || t->data[1] != request)
			continue;
		assert(len <= t->len);
		if (data)
			memcpy(t->data + USB_SETUP_LEN, data, len);
		end_at(f, i, status, len);
		return true;
	}
	return false;
}

unsigned int fake_usb_asked(const struct fake_usb *f, uint8_t type, uint8_t request)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < f->n_setups; i++)
		n += f->setups[i][0] == type && f->setups[i][1] == request;
	return n;
}

void fake_usb_end_all(struct fake_usb *f, int status)
{
	unsigned int n = f->n_flying;

	while (n-- && f->n_flying)
		end_at(f, 0, status, 0);
}
