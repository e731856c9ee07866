/*
 * Several drivers on one device: who holds it up, whose events they are, and
 * what becomes of them when the hardware leaves.
 */
#include "rig.h"
#include "device/mhi.h"
#include "tests/suite.h"
#include <errno.h>
#include <stdio.h>

struct fake_driver {
	struct driver driver;
	struct link *link;	/* while its channel is offered */
	unsigned int chan;
	unsigned int n_offered, n_withdrawn, n_stops, n_closes, n_frees;
	bool keeps;		/* does not let go by itself */
};

static struct fake_driver *fake(struct driver *dr)
{
	return container_of(dr, struct fake_driver, driver);
}

static void fake_offered(struct driver *dr, struct link *l, unsigned int chan, bool is_offered)
{
	struct fake_driver *f = fake(dr);

	f->link = is_offered ? l : NULL;
	f->chan = chan;
	f->n_offered += is_offered;
	f->n_withdrawn += !is_offered;
}

static void fake_stop(struct driver *dr)
{
	fake(dr)->n_stops++;
	if (!fake(dr)->keeps)
		driver_put(dr);
}

static void fake_close(struct driver *dr)
{
	fake(dr)->n_closes++;
	driver_put(dr);
}

static void fake_free(struct driver *dr)
{
	fake(dr)->n_frees++;
}

static const char *const first_types[] = { "first", NULL };
static const char *const second_types[] = { "second", NULL };
static const struct driver_ops first_ops = {
	.events = { .name = "one", .types = first_types },
	.channel = "DUN",
	.offered = fake_offered, .stop = fake_stop, .close = fake_close, .free = fake_free,
};
static const struct driver_ops second_ops = {
	.events = { .name = "two", .types = second_types },
	.offered = fake_offered, .stop = fake_stop, .close = fake_close, .free = fake_free,
};

static struct rig rig;
static struct fake_driver one, two;

static void setup(void)
{
	rig_setup(&rig);
	one = two = (struct fake_driver){ 0 };
}

static void teardown(void)
{
	rig_teardown(&rig);
}

static struct device *shared_device(void)
{
	struct device *d = rig_device(&rig, "loopback");

	ck_assert_int_eq(device_add_driver(d, &one.driver, &first_ops), 0);
	ck_assert_int_eq(device_add_driver(d, &two.driver, &second_ops), 0);
	return d;
}

START_TEST(test_a_second_driver_of_the_same_name_is_refused)
{
	struct device *d = shared_device();
	struct fake_driver again = { 0 };
	unsigned int n_users = d->n_users;

	ck_assert_int_eq(device_add_driver(d, &again.driver, &second_ops), -EEXIST);
	ck_assert_uint_eq(d->n_users, n_users);
}
END_TEST

static void on_news(void *user)
{
	(void)user;
}

static const struct events_reader_ops reader_ops = { .changed = on_news };

START_TEST(test_events_of_all_drivers_come_in_one_stream_in_order)
{
	struct device *d = shared_device();
	struct events_reader *r = events_open(d->events, &reader_ops, NULL);
	const char *at;
	struct call c;

	driver_tell(&one.driver, "first", json_pack("{s:i}", "n", 1));
	driver_tell(&two.driver, "second", json_pack("{s:i}", "n", 2));
	driver_tell(&one.driver, "first", json_pack("{s:i}", "n", 3));
	call_init(&c);
	events_read(r, &c.wait, sizeof(c.bytes) - 1, 0, true);
	ck_assert_int_gt(c.result, 0);
	at = c.bytes;
	for (int n = 1; n <= 3; n++) {
		char part[16];

		snprintf(part, sizeof(part), "\"n\":%d", n);
		at = strstr(at, part);
		ck_assert_msg(at, "no %s in order in %s", part, c.bytes);
	}
	events_close(r);
}
END_TEST

START_TEST(test_the_last_put_powers_the_device_off)
{
	struct device *d = shared_device();

	one.keeps = two.keeps = true;
	rig_shutdown(&rig);
	for (int i = 0; i < 20; i++)
		loop_turn(rig.loop, false);
	ck_assert(device_is_ready(d));
	ck_assert_uint_eq(one.n_stops, 1);
	driver_put(&one.driver);
	driver_put(&one.driver);
	for (int i = 0; i < 20; i++)
		loop_turn(rig.loop, false);
	ck_assert(device_is_ready(d));
	driver_put(&two.driver);
	RIG_UNTIL(&rig, rig.is_down);
	ck_assert(device_is_stopped(d));
}
END_TEST

START_TEST(test_hardware_that_leaves_closes_each_driver_once)
{
	struct device *d = device_ref(shared_device());

	one.keeps = true;
	loopback_unplug(mhi_hw(d->bearer));
	RIG_UNTIL(&rig, !registry_device(rig.registry, 0));
	ck_assert_uint_eq(one.n_closes + two.n_closes, 2);
	ck_assert_uint_eq(one.n_frees + two.n_frees, 0);
	device_unref(d);
	ck_assert_uint_eq(one.n_frees, 1);
	ck_assert_uint_eq(two.n_frees, 1);
}
END_TEST

START_TEST(test_a_name_that_comes_back_is_another_device)
{
	struct device *d = device_ref(shared_device()), *again;

	loopback_unplug(mhi_hw(d->bearer));
	RIG_UNTIL(&rig, !registry_device(rig.registry, 0));
	again = rig_device(&rig, "loopback");
	ck_assert_ptr_ne(again, d);
	ck_assert_str_eq(device_name(again), device_name(d));
	ck_assert(device_is_ready(again));
	ck_assert(device_is_gone(d));
	ck_assert_uint_eq(one.n_frees, 0);
	device_unref(d);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("driver");
	TCase *t = tcase_create("shared device");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_a_second_driver_of_the_same_name_is_refused);
	tcase_add_test(t, test_events_of_all_drivers_come_in_one_stream_in_order);
	tcase_add_test(t, test_the_last_put_powers_the_device_off);
	tcase_add_test(t, test_hardware_that_leaves_closes_each_driver_once);
	tcase_add_test(t, test_a_name_that_comes_back_is_another_device);
	suite_add_tcase(s, t);
	return suite_run(s);
}
