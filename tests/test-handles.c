/* test-handles - numbers that stand for one object, once. */
#include "fs/handles.h"
#include "tests/suite.h"

enum { MANY = 1000 };

static struct handles h;
static int objects[MANY];

static void setup(void)
{
	handles_init(&h);
}

static void teardown(void)
{
	handles_fini(&h);
}

START_TEST(test_each_object_is_found_by_its_own_handle)
{
	uint64_t handles[MANY];

	for (int i = 0; i < MANY; i++)
		handles[i] = handle_new(&h, HANDLE_FILE, &objects[i]);
	for (int i = 0; i < MANY; i++)
		ck_assert_ptr_eq(handle_find(&h, HANDLE_FILE, handles[i]), &objects[i]);
}
END_TEST

START_TEST(test_handle_has_a_kind)
{
	uint64_t file = handle_new(&h, HANDLE_FILE, &objects[0]);

	ck_assert_ptr_null(handle_find(&h, HANDLE_LISTING, file));
	ck_assert_ptr_null(handle_any(&h, HANDLE_LISTING));
	ck_assert_ptr_eq(handle_any(&h, HANDLE_FILE), &objects[0]);
}
END_TEST

START_TEST(test_number_that_was_never_given_out_stands_for_nothing)
{
	static const uint64_t wrong[] = { 0, 1, 2, 17, UINT32_MAX, 1ull << 32, UINT64_MAX };

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		ck_assert_ptr_null(handle_find(&h, HANDLE_FILE, wrong[i]));
	handle_new(&h, HANDLE_FILE, &objects[0]);
	for (size_t i = 2; i < ARRAY_SIZE(wrong); i++)
		ck_assert_ptr_null(handle_find(&h, HANDLE_FILE, wrong[i]));
	ck_assert_ptr_null(handle_find(&h, HANDLE_FREE, 2));
}
END_TEST

START_TEST(test_number_is_not_used_again_but_its_place_is)
{
	uint64_t old = handle_new(&h, HANDLE_FILE, &objects[0]), next;
	uint32_t n = h.n;

	for (int i = 0; i < MANY; i++) {
		handle_free(&h, old);
		handle_free(&h, old);
		next = handle_new(&h, HANDLE_FILE, &objects[i]);
		ck_assert_uint_ne(next, old);
		ck_assert_ptr_null(handle_find(&h, HANDLE_FILE, old));
		old = next;
	}
	ck_assert_uint_eq(h.n, n);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("handles");
	TCase *t = tcase_create("handles");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_each_object_is_found_by_its_own_handle);
	tcase_add_test(t, test_handle_has_a_kind);
	tcase_add_test(t, test_number_that_was_never_given_out_stands_for_nothing);
	tcase_add_test(t, test_number_is_not_used_again_but_its_place_is);
	suite_add_tcase(s, t);
	return suite_run(s);
}
