/*
 * test-port-memory - what a port takes from the heap: nothing for a message,
 * little for a channel, all of it given back; and what happens without.
 *
 * malloc, calloc and free are wrapped at link time; libcheck's own calls may be
 * among them, so nothing is asserted while memory is counted or short.
 */
#include "tests/port_client.h"
#include "tests/suite.h"
#include <errno.h>

void *__real_malloc(size_t len);
void *__real_calloc(size_t n, size_t len);
void __real_free(void *p);
void *__wrap_malloc(size_t len);
void *__wrap_calloc(size_t n, size_t len);
void __wrap_free(void *p);

static unsigned int n_allocations;
static int n_held;
static size_t n_bytes;
static int fails_after = -1;	/* allocations that succeed; -1: all */

static bool may_allocate(size_t len)
{
	if (fails_after == 0)
		return false;
	if (fails_after > 0)
		fails_after--;
	n_allocations++;
	n_held++;
	n_bytes += len;
	return true;
}

void *__wrap_malloc(size_t len)
{
	return may_allocate(len) ? __real_malloc(len) : NULL;
}

void *__wrap_calloc(size_t n, size_t len)
{
	return may_allocate(n * len) ? __real_calloc(n, len) : NULL;
}

void __wrap_free(void *p)
{
	n_held -= p != NULL;
	__real_free(p);
}

static struct port_bench b;
static struct client a, z;
static struct call c1, c2, c3;
static uint8_t data[CALL_MAX];

static void setup(void)
{
	fails_after = -1;
	port_bench_init(&b);
	call_init(&a.open, &b);
	call_init(&z.open, &b);
	call_init(&c1, &b);
	call_init(&c2, &b);
	call_init(&c3, &b);
}

static void teardown(void)
{
	port_bench_fini(&b);
}

START_TEST(test_f82_messages_take_nothing_from_the_heap)
{
	unsigned int before, n_right = 0;

	client_open(&a, &b);
	before = n_allocations;
	for (int i = 0; i < 1000; i++) {
		call_init(&c1, &b);
		call_read(&c1, &a, 64, 0, false);
		n_right += client_write(&a, data, 40) == 40;
		while (fake_link_take(&b.link, 0))
			;
		fake_link_say(&b.link, "first", 5, LINK_MORE);
		fake_link_say(&b.link, "second", 6, 0);
		n_right += c1.result == 11;
		fake_link_say(&b.link, "third", 5, 0);
		n_right += client_reads(&a, "third");
		n_right += client_flush(&a) == 0;
	}
	before = n_allocations - before;
	ck_assert_uint_eq(before, 0);
	ck_assert_uint_eq(n_right, 4000);
	client_close(&a);
}
END_TEST

START_TEST(test_f82_channel_of_128_elements_is_compact)
{
	size_t before;

	port_bench_fini(&b);
	port_bench_init_as(&b, &port_bench_config, 127, 127, 16);
	before = n_bytes;
	client_open(&a, &b);
	/* 8 KiB a channel, of which its two rings take a half. */
	before = n_bytes - before;
	ck_assert_uint_le(before, 4096);
	client_close(&a);
}
END_TEST

START_TEST(test_f82_heap_is_flat_over_many_lives)
{
	int before = 0;

	b.link.closes_at_once = true;
	for (int i = 0; i < 1000; i++) {
		client_open(&a, &b);
		call_init(&c1, &b);
		call_init(&c2, &b);
		call_init(&c3, &b);
		fake_link_say(&b.link, "unread", 6, 0);
		call_write(&c1, &a, data, 200, 0, false);
		call_flush(&c2, &a);
		if (i % 2)
			port_kill(b.port, -ECONNRESET);
		wait_interrupt(&c1.wait);
		wait_interrupt(&c2.wait);
		client_close(&a);
		port_bench_wait_ms(&b, 50);
		if (i == 0)
			before = n_held;
	}
	before -= n_held;
	ck_assert_int_eq(before, 0);
	ck_assert_uint_eq(port_stats(b.port).prepares, 1000);
	ck_assert_uint_eq(port_stats(b.port).unprepares, 1000);
}
END_TEST

START_TEST(test_f82_open_without_memory_is_enomem_and_no_user)
{
	int n = 0;

	for (;; n++) {
		call_init(&a.open, &b);
		fails_after = n;
		client_begin_open(&a, &b, false);
		fails_after = -1;
		if (!a.open.n_answers)
			break;
		ck_assert_int_eq(a.open.result, -ENOMEM);
		ck_assert_uint_eq(port_stats(b.port).users, 0);
		if (b.link.state == FAKE_CLOSING)
			fake_link_closed(&b.link, 0);
		ck_assert_int_eq(port_state(b.port), PORT_CLOSED);
	}
	ck_assert_int_ge(n, 3);
	fake_link_opened(&b.link, 0);
	client_close(&a);
}
END_TEST

START_TEST(test_f82_open_without_memory_spares_those_who_are_there)
{
	client_open(&a, &b);
	fails_after = 0;
	client_open(&z, &b);
	fails_after = -1;
	ck_assert_int_eq(z.open.result, -ENOMEM);
	ck_assert_uint_eq(port_stats(b.port).users, 1);
	ck_assert_int_eq(client_write(&a, data, 1), 1);
	client_close(&a);
}
END_TEST

START_TEST(test_f82_calls_that_cannot_be_parked_are_enomem)
{
	client_open(&a, &b);
	client_write(&a, data, 64);
	fails_after = 0;
	call_write(&c1, &a, data, 8, 0, false);
	call_flush(&c2, &a);
	fake_link_take(&b.link, 0);
	call_write(&c3, &a, data, 100, 0, false);
	fails_after = -1;
	ck_assert_int_eq(c1.result, -ENOMEM);
	ck_assert_int_eq(c2.result, -ENOMEM);
	ck_assert_int_eq(c3.result, 16);
	ck_assert_uint_eq(b.budget.used, 0);
	client_close(&a);
}
END_TEST

START_TEST(test_f82_death_without_memory_loses_messages_but_no_error)
{
	client_open(&a, &b);
	client_open(&z, &b);
	fake_link_say(&b.link, "one", 3, 0);
	fake_link_say(&b.link, "two", 3, 0);
	ck_assert_int_eq(client_read(&a, data, 1), 1);
	fails_after = 0;
	fake_link_closed(&b.link, -ECONNRESET);
	fails_after = -1;
	ck_assert_int_eq(client_read(&a, data, 8), -ECONNRESET);
	ck_assert_int_eq(client_read(&z, data, 8), -ECONNRESET);
	ck_assert_int_eq(client_read(&z, data, 8), -ENODEV);
	client_close(&a);
	client_close(&z);
}
END_TEST

START_TEST(test_f82_port_without_memory_is_null)
{
	struct port *p;

	fails_after = 0;
	p = port_new(&b.link.link, 0, &b.config, &b.timers, &b.budget, NULL, NULL);
	fails_after = -1;
	ck_assert_ptr_null(p);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("port-memory");
	TCase *c = tcase_create("memory");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, test_f82_messages_take_nothing_from_the_heap);
	tcase_add_test(c, test_f82_channel_of_128_elements_is_compact);
	tcase_add_test(c, test_f82_heap_is_flat_over_many_lives);
	tcase_add_test(c, test_f82_open_without_memory_is_enomem_and_no_user);
	tcase_add_test(c, test_f82_open_without_memory_spares_those_who_are_there);
	tcase_add_test(c, test_f82_calls_that_cannot_be_parked_are_enomem);
	tcase_add_test(c, test_f82_death_without_memory_loses_messages_but_no_error);
	tcase_add_test(c, test_f82_port_without_memory_is_null);
	suite_add_tcase(s, c);
	return suite_run(s);
}
