/* test-base - timers, text and lists. */
#include "base/text.h"
#include "base/timers.h"
#include "tests/suite.h"
#include <errno.h>

static struct timers timers;
static char order[16];

static void note(void *user)
{
	strncat(order, user, sizeof(order) - strlen(order) - 1);
}

static void setup(void)
{
	timers_init(&timers);
	order[0] = '\0';
}

START_TEST(test_timers_fire_in_order_of_time_then_of_arming)
{
	struct timer a, b, c;

	timer_init(&a, note, "a");
	timer_init(&b, note, "b");
	timer_init(&c, note, "c");
	timer_start(&timers, &a, 20);
	timer_start(&timers, &b, 10);
	timer_start(&timers, &c, 20);
	ck_assert_uint_eq(timers_next(&timers), 10);
	timers_advance(&timers, 10);
	ck_assert_str_eq(order, "b");
	timers_advance(&timers, 3600000000);
	ck_assert_str_eq(order, "bac");
	ck_assert_uint_eq(timers_next(&timers), TIME_NEVER);
}
END_TEST

START_TEST(test_f86_postponed_timers_keep_their_distance)
{
	struct timer a, b;

	timer_init(&a, note, "a");
	timer_init(&b, note, "b");
	timer_start(&timers, &a, 10);
	timer_start(&timers, &b, 30);
	timers_postpone(&timers, 1000);
	ck_assert_uint_eq(timers_next(&timers), 1010);
	timers_advance(&timers, 1029);
	ck_assert_uint_eq(timers_next(&timers), 1030);
	timer_stop(&b);
}
END_TEST

START_TEST(test_stopped_and_rearmed_timers_fire_as_last_told)
{
	struct timer a, b;

	timer_init(&a, note, "a");
	timer_init(&b, note, "b");
	timer_start(&timers, &a, 10);
	timer_start(&timers, &b, 10);
	timer_stop(&a);
	timer_stop(&a);
	timer_start(&timers, &b, 30);
	timers_advance(&timers, 29);
	ck_assert_str_eq(order, "");
	timers_advance(&timers, 30);
	ck_assert_str_eq(order, "b");
	ck_assert(!timer_is_armed(&b));
}
END_TEST

START_TEST(test_time_never_goes_back)
{
	timers_advance(&timers, 100);
	timers_advance(&timers, 50);
	ck_assert_uint_eq(timers.now_us, 100);
}
END_TEST

static struct timer other;

static void stop_other(void *user)
{
	note(user);
	timer_stop(&other);
}

START_TEST(test_callback_may_stop_a_timer_due_in_the_same_step)
{
	struct timer a;

	timer_init(&a, stop_other, "a");
	timer_init(&other, note, "x");
	timer_start(&timers, &a, 10);
	timer_start(&timers, &other, 10);
	timers_advance(&timers, 10);
	ck_assert_str_eq(order, "a");
}
END_TEST

START_TEST(test_text_grows_and_keeps_its_nul)
{
	struct text t = TEXT_INIT;

	for (int i = 0; i < 1000; i++)
		text_printf(&t, "%d,", i % 10);
	ck_assert_uint_eq(t.len, 2000);
	ck_assert_uint_eq(strlen(text_get(&t)), 2000);
	text_clear(&t);
	ck_assert_str_eq(text_get(&t), "");
	text_fini(&t);
	text_fini(&t);
	ck_assert_str_eq(text_get(&t), "");
}
END_TEST

START_TEST(test_text_escapes_what_a_terminal_would_obey)
{
	struct text t = TEXT_INIT;
	char *taken;

	text_add_escaped(&t, "a\n\x1b[2J\\\xff\0z", 10);
	taken = text_take(&t);
	ck_assert_str_eq(taken, "a\\x0a\\x1b[2J\\\\\\xff\\x00z");
	free(taken);
}
END_TEST

START_TEST(test_names_that_would_leave_their_folder_are_refused)
{
	static const char *const bad[] = { "", ".", "..", "a/b", "a b", "a\n", "\x7f" };

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		ck_assert(!text_is_name(bad[i]));
	ck_assert(text_is_name("IP_HW0"));
	ck_assert(text_is_name("..."));
}
END_TEST

START_TEST(test_numbers_are_digits_only)
{
	static const char *const bad[] = { "",	  " 1",	 "+1", "-1",  "1k",
					   "0x",  "0xg", "ff", "101", "0x-1",
					   "18446744073709551616" };
	uint64_t value = 7;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		ck_assert_int_eq(text_to_u64(bad[i], 0, 100, &value), -EINVAL);
	ck_assert_uint_eq(value, 7);
	ck_assert_int_eq(text_to_u64("0x40", 0, 100, &value), 0);
	ck_assert_uint_eq(value, 64);
	ck_assert_int_eq(text_to_u64("18446744073709551615", 0, UINT64_MAX, &value), 0);
	ck_assert_uint_eq(value, UINT64_MAX);
}
END_TEST

START_TEST(test_list_moves_all_in_order)
{
	struct item {
		struct list node;
		int value;
	} items[4], *it, *next;
	struct list from, to;
	int expected = 0;

	list_init(&from);
	list_init(&to);
	for (int i = 0; i < 4; i++) {
		items[i].value = i;
		list_append(i < 2 ? &to : &from, &items[i].node);
	}
	list_move_all(&to, &from);
	list_move_all(&to, &from);
	ck_assert(list_is_empty(&from));
	list_for_each(it, &to, node)
		ck_assert_int_eq(it->value, expected++);
	ck_assert_int_eq(expected, 4);
	list_for_each_safe(it, next, &to, node)
		list_remove(&it->node);
	ck_assert(list_is_empty(&to));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("base");
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, test_timers_fire_in_order_of_time_then_of_arming);
	tcase_add_test(t, test_f86_postponed_timers_keep_their_distance);
	tcase_add_test(t, test_stopped_and_rearmed_timers_fire_as_last_told);
	tcase_add_test(t, test_time_never_goes_back);
	tcase_add_test(t, test_callback_may_stop_a_timer_due_in_the_same_step);
	tcase_add_test(t, test_text_grows_and_keeps_its_nul);
	tcase_add_test(t, test_text_escapes_what_a_terminal_would_obey);
	tcase_add_test(t, test_names_that_would_leave_their_folder_are_refused);
	tcase_add_test(t, test_numbers_are_digits_only);
	tcase_add_test(t, test_list_moves_all_in_order);
	suite_add_tcase(s, t);
	return suite_run(s);
}
