#include "gpio/names.h"
#include "suite.h"
#include <stdio.h>
#include <string.h>

static const char *names[4];

START_TEST(test_each_line_has_its_name)
{
	static const char block[] = "a\0\0led";

	ck_assert_int_eq(gpio_names_find(block, sizeof(block), 3, names), GPIO_NAMES_OK);
	ck_assert_str_eq(names[0], "a");
	ck_assert_str_eq(names[1], "");
	ck_assert_str_eq(names[2], "led");
}
END_TEST

START_TEST(test_lines_may_all_be_nameless)
{
	static const char block[3];

	ck_assert_int_eq(gpio_names_find(block, 3, 3, names), GPIO_NAMES_OK);
	ck_assert_str_eq(names[2], "");
}
END_TEST

/* Whatever is wrong, and however little: no line has a name. */
START_TEST(test_a_wrong_block_names_nobody)
{
	static const struct {
		const char *block;
		size_t len;
		enum gpio_names what;
	} rows[] = {
		{ "", 0, GPIO_NAMES_FEW },
		{ "a\0b\0c", 5, GPIO_NAMES_FEW },	/* no end */
		{ "a\0b\0", 4, GPIO_NAMES_FEW },
		{ "aaaa", 4, GPIO_NAMES_FEW },
		{ "a\0b\0c\0d\0", 8, GPIO_NAMES_MANY },
		{ "a\0b\0c\0\0", 7, GPIO_NAMES_MANY },
		{ "a\0b\0a\0", 6, GPIO_NAMES_TWICE },
		{ "a\0\x80\0c\0", 6, GPIO_NAMES_ALIEN },
		{ "a\0\n\0c\0", 6, GPIO_NAMES_ALIEN },
		{ "a\0\x7f\0c\0", 6, GPIO_NAMES_ALIEN },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		names[0] = NULL;
		ck_assert_int_eq(gpio_names_find(rows[i].block, rows[i].len, 3, names),
				 rows[i].what);
		ck_assert_ptr_null(names[0]);
		ck_assert_ptr_nonnull(gpio_names_fault(rows[i].what));
	}
}
END_TEST

/* The block is as long as it says, and not a byte longer. */
START_TEST(test_nothing_behind_the_block_is_read)
{
	char *block = malloc(3);

	memcpy(block, "abc", 3);
	ck_assert_int_eq(gpio_names_find(block, 3, 1, names), GPIO_NAMES_FEW);
	memcpy(block, "ab", 3);
	ck_assert_int_eq(gpio_names_find(block, 3, 1, names), GPIO_NAMES_OK);
	free(block);
}
END_TEST

START_TEST(test_a_thousand_names)
{
	static const char *many[1024];
	static char block[16384];
	size_t len = 0;

	for (int i = 0; i < 1024; i++)
		len += (size_t)sprintf(block + len, "line%d", i) + 1;
	ck_assert_int_eq(gpio_names_find(block, len, 1024, many), GPIO_NAMES_OK);
	ck_assert_str_eq(many[1023], "line1023");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("gpio-names");
	TCase *t = tcase_create("names");

	tcase_add_test(t, test_each_line_has_its_name);
	tcase_add_test(t, test_lines_may_all_be_nameless);
	tcase_add_test(t, test_a_wrong_block_names_nobody);
	tcase_add_test(t, test_nothing_behind_the_block_is_read);
	tcase_add_test(t, test_a_thousand_names);
	suite_add_tcase(s, t);
	return suite_run(s);
}
