/* test-pool - DMA memory and log limits. */
#include "io/log.h"
#include "io/pool.h"
#include "tests/suite.h"
#include <unistd.h>

enum { PAGE = 4096, ALIGN = 65536 };

START_TEST(test_parts_are_zero_aligned_and_apart)
{
	struct pool p;

	ck_assert_int_eq(pool_open(&p, 3 * PAGE, 2 * PAGE, PAGE, ALIGN), 0);
	ck_assert_uint_eq(p.reads.iova % ALIGN, 0);
	ck_assert_uint_eq(p.writes.iova % ALIGN, 0);
	ck_assert_uint_gt(p.writes.iova, p.reads.iova + p.reads.len);
	for (size_t i = 0; i < p.reads.len; i++)
		ck_assert_uint_eq(p.reads.cpu[i], 0);
	pool_close(&p);
	pool_close(&p);
}
END_TEST

START_TEST(test_offset_in_the_memfd_shows_the_same_bytes)
{
	struct pool p;
	char byte = 0;

	ck_assert_int_eq(pool_open(&p, PAGE, PAGE, 0, PAGE), 0);
	p.writes.cpu[5] = 'x';
	ck_assert_int_eq(pread(p.fd, &byte, 1, (off_t)p.writes.offset + 5), 1);
	ck_assert_int_eq(byte, 'x');
	pool_close(&p);
}
END_TEST

START_TEST(test_log_limit_passes_ten_a_second_and_counts_the_rest)
{
	struct log_limit limit = { 0 };
	unsigned int swallowed = 0, passed = 0;

	for (int i = 0; i < 100; i++)
		passed += log_limit_pass(&limit, 5000000 + (uint64_t)i, &swallowed);
	ck_assert_uint_eq(passed, 10);
	ck_assert(log_limit_pass(&limit, 6000000, &swallowed));
	ck_assert_uint_eq(swallowed, 90);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("pool");
	TCase *t = tcase_create("all");

	tcase_add_test(t, test_parts_are_zero_aligned_and_apart);
	tcase_add_test(t, test_offset_in_the_memfd_shows_the_same_bytes);
	tcase_add_test(t, test_log_limit_passes_ten_a_second_and_counts_the_rest);
	suite_add_tcase(s, t);
	return suite_run(s);
}
