/*
 * test-usb-memory - what a USB modem takes from the heap: all of it before it is
 * started, nothing for a transfer, everything given back; and what happens
 * without.
 *
 * malloc, calloc and free are wrapped at link time; libcheck's own calls may be
 * among them, so nothing is asserted while memory is counted or short.
 */
#include "tests/suite.h"
#include "tests/usb_bench.h"
#include <errno.h>

void *__real_malloc(size_t len);
void *__real_calloc(size_t n, size_t len);
void __real_free(void *p);
void *__wrap_malloc(size_t len);
void *__wrap_calloc(size_t n, size_t len);
void __wrap_free(void *p);

static unsigned int n_allocations;
static int n_held;
static int fails_after = -1;	/* allocations that succeed; -1: all */
static struct usb_bench b;

static bool may_allocate(void)
{
	if (fails_after == 0)
		return false;
	if (fails_after > 0)
		fails_after--;
	n_allocations++;
	n_held++;
	return true;
}

void *__wrap_malloc(size_t len)
{
	return may_allocate() ? __real_malloc(len) : NULL;
}

void *__wrap_calloc(size_t n, size_t len)
{
	return may_allocate() ? __real_calloc(n, len) : NULL;
}

void __wrap_free(void *p)
{
	n_held -= p != NULL;
	__real_free(p);
}

static int try_start(struct text *why)
{
	static const struct usb_device_ops none;
	struct usb_device_config c = {
		.layout = &b.layout, .open = fake_usb_open, .opener = &b.fake,
	};
	int r = usb_device_new(&c, &b.fake.timers, &none, NULL, &b.device, why);

	return r ? r : usb_device_start(b.device, why);
}

START_TEST(test_f82_a_start_without_memory_leaves_nothing_behind)
{
	struct text why = TEXT_INIT;
	int r = -ENOMEM, held = 0, n;

	for (n = 0; n < 200 && r == -ENOMEM && !held; n++) {
		usb_bench_init(&b);
		b.device = NULL;
		n_held = 0;
		fails_after = n;
		r = try_start(&why);
		fails_after = -1;
		usb_device_free(b.device);
		held = n_held;
	}
	ck_assert_int_eq(r, 0);
	ck_assert_int_eq(held, 0);
	ck_assert_int_gt(n, 10);
	text_fini(&why);
}
END_TEST

static void talk(void)
{
	fake_usb_say(&b.fake, DIAG_IN, "hello", 5);
	link_user_send(&b.users[BENCH_DIAG], "hello", 5);
	fake_usb_take(&b.fake, DIAG_OUT);
	fake_usb_say(&b.fake, QMI_NOTIFY, "\xa1\x01\0\0\x04\0\0\0", 8);
	fake_usb_answer(&b.fake, 0xa1, 1, 0, "hello", 5);
	link_user_send(&b.users[BENCH_QMI], "hello", 5);
	fake_usb_answer(&b.fake, 0x21, 0, 0, NULL, 5);
	fake_usb_run(&b.fake);
}

START_TEST(test_f82_traffic_takes_no_memory)
{
	unsigned int before, after;

	usb_bench_init(&b);
	usb_bench_start(&b, false);
	before = n_allocations;
	for (int i = 0; i < 3; i++) {
		usb_bench_open(&b, BENCH_DIAG);
		usb_bench_open(&b, BENCH_QMI);
		for (int k = 0; k < 100; k++)
			talk();
		fake_usb_end(&b.fake, DIAG_IN, -EPIPE, 0);
		fake_usb_end_all(&b.fake, -ENODEV);
		fake_usb_wait_ms(&b.fake, 1000);
		link_user_close(&b.users[BENCH_DIAG]);
		link_user_close(&b.users[BENCH_QMI]);
		fake_usb_run(&b.fake);
		b.users[BENCH_DIAG].n_events = b.users[BENCH_QMI].n_events = 0;
	}
	after = n_allocations;
	ck_assert_uint_eq(after, before);
	usb_bench_fini(&b);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("usb-memory");
	TCase *t = tcase_create("memory");

	tcase_add_test(t, test_f82_a_start_without_memory_leaves_nothing_behind);
	tcase_add_test(t, test_f82_traffic_takes_no_memory);
	suite_add_tcase(s, t);
	return suite_run(s);
}
