/* test-windows - the memory a vfio-user client shares. */
#include "serve/windows.h"
#include "tests/suite.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PAGE = 4096 };

static struct windows *windows;
static int file;

static void setup(void)
{
	windows = windows_new();
	file = memfd_create("windows", MFD_CLOEXEC);
	ck_assert_int_eq(ftruncate(file, 16 * PAGE), 0);
}

static void teardown(void)
{
	windows_free(windows);
	close(file);
}

static int map(uint64_t page, iova_t iova, uint64_t pages)
{
	return windows_map(windows, dup(file), page * PAGE, iova, pages * PAGE, true, true);
}

START_TEST(test_a_window_shows_the_bytes_of_its_file)
{
	struct sim_window w;

	ck_assert_int_eq(map(3, 0x10000, 2), 0);
	ck_assert_int_eq(pwrite(file, "mhi", 3, 3 * PAGE + 5), 3);
	ck_assert(windows_reach(windows, 0x10005, SIM_READS, &w));
	ck_assert_uint_eq(w.iova, 0x10000);
	ck_assert_uint_eq(w.len, 2 * PAGE);
	ck_assert_mem_eq(w.cpu + 5, "mhi", 3);
}
END_TEST

START_TEST(test_scattered_windows_side_by_side_are_one_piece)
{
	struct sim_window w;

	ck_assert_int_eq(map(9, 0x21000, 1), 0);
	ck_assert_int_eq(map(1, 0x20000, 1), 0);
	ck_assert_int_eq(map(4, 0x22000, 1), 0);
	ck_assert_int_eq(map(5, 0x24000, 1), 0);
	ck_assert(windows_reach(windows, 0x20000, SIM_WRITES, &w));
	ck_assert_uint_eq(w.len, 3 * PAGE);
	w.cpu[PAGE - 1] = 'a';
	w.cpu[PAGE] = 'b';
	ck_assert_mem_eq(w.cpu + PAGE - 1, "ab", 2);
}
END_TEST

START_TEST(test_windows_above_four_gigabytes_work_each_for_itself)
{
	struct sim_window w;

	ck_assert_int_eq(map(2, 0x7fff00000000, 2), 0);
	ck_assert_int_eq(pwrite(file, "x", 1, 3 * PAGE), 1);
	ck_assert(windows_reach(windows, 0x7fff00001000, SIM_READS, &w));
	ck_assert_uint_eq(w.len, 2 * PAGE);
	ck_assert_int_eq(w.cpu[PAGE], 'x');
	ck_assert_int_eq(windows_unmap(windows, 0x7fff00000000, 2 * PAGE), 0);
	ck_assert(!windows_reach(windows, 0x7fff00001000, SIM_READS, &w));
}
END_TEST

START_TEST(test_nothing_is_reached_outside_or_against_the_rights)
{
	struct sim_window w;

	ck_assert_int_eq(windows_map(windows, dup(file), 0, 0x5000, PAGE, true, false), 0);
	ck_assert(windows_reach(windows, 0x5fff, SIM_READS, &w));
	ck_assert(!windows_reach(windows, 0x5000, SIM_WRITES, &w));
	ck_assert(!windows_reach(windows, 0x4fff, SIM_READS, &w));
	ck_assert(!windows_reach(windows, 0x6000, SIM_READS, &w));
}
END_TEST

START_TEST(test_overlap_is_refused_and_the_same_window_again_is_not)
{
	ck_assert_int_eq(map(0, 0x10000, 4), 0);
	ck_assert_int_eq(map(0, 0x10000, 4), 0);
	ck_assert_int_eq(map(1, 0x11000, 1), -EEXIST);
	ck_assert_int_eq(map(0, 0xf000, 2), -EEXIST);
	ck_assert_int_eq(map(0, 0x13000, 2), -EEXIST);
	ck_assert_uint_eq(windows_count(windows), 1);
}
END_TEST

START_TEST(test_a_window_beyond_the_file_or_around_the_end_is_refused)
{
	ck_assert_int_eq(map(15, 0x10000, 2), -EINVAL);
	ck_assert_int_eq(map(0, 0x10000, 0), -EINVAL);
	ck_assert_int_eq(map(0, UINT64_MAX - PAGE, 2), -EINVAL);
	ck_assert_int_eq(windows_map(windows, dup(file), UINT64_MAX, 0, PAGE, true, true),
			 -EINVAL);
	ck_assert_int_eq(windows_map(windows, -1, 0, 0x1000, PAGE, true, true), -EINVAL);
	ck_assert_uint_eq(windows_count(windows), 0);
}
END_TEST

START_TEST(test_nothing_mapped_is_nothing_to_reach_or_to_unmap)
{
	struct sim_window w;

	ck_assert(!windows_reach(windows, 0x1000, SIM_READS, &w));
	ck_assert_int_eq(windows_unmap(windows, 0x1000, PAGE), 0);
	windows_clear(windows);
}
END_TEST

START_TEST(test_unmap_takes_whole_windows_and_none_is_fine)
{
	struct sim_window w;

	for (unsigned int i = 0; i < 8; i++)
		ck_assert_int_eq(map(i, 0x10000 + 2 * i * PAGE, 1), 0);
	ck_assert_int_eq(windows_unmap(windows, 0x90000, 0x10000), 0);
	ck_assert_int_eq(windows_unmap(windows, 0x10800, PAGE), -EINVAL);
	ck_assert_int_eq(windows_unmap(windows, 0x12000, 3 * 2 * PAGE), 0);
	ck_assert_uint_eq(windows_count(windows), 5);
	ck_assert(!windows_reach(windows, 0x12000, SIM_READS, &w));
	ck_assert(windows_reach(windows, 0x10000, SIM_READS, &w));
}
END_TEST

static unsigned int count_fds(void)
{
	unsigned int n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

START_TEST(test_thousands_of_pages_come_and_go_without_a_trace)
{
	unsigned int before = count_fds();

	for (int round = 0; round < 3; round++) {
		for (unsigned int i = 0; i < 5000; i++)
			ck_assert_int_eq(map(i % 16, (iova_t)(i * 7919 % 5000) << 12, 1), 0);
		ck_assert_uint_eq(windows_count(windows), 5000);
		windows_clear(windows);
	}
	ck_assert_uint_eq(count_fds(), before);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("windows");
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_a_window_shows_the_bytes_of_its_file);
	tcase_add_test(t, test_scattered_windows_side_by_side_are_one_piece);
	tcase_add_test(t, test_windows_above_four_gigabytes_work_each_for_itself);
	tcase_add_test(t, test_nothing_is_reached_outside_or_against_the_rights);
	tcase_add_test(t, test_overlap_is_refused_and_the_same_window_again_is_not);
	tcase_add_test(t, test_a_window_beyond_the_file_or_around_the_end_is_refused);
	tcase_add_test(t, test_nothing_mapped_is_nothing_to_reach_or_to_unmap);
	tcase_add_test(t, test_unmap_takes_whole_windows_and_none_is_fine);
	tcase_add_test(t, test_thousands_of_pages_come_and_go_without_a_trace);
	suite_add_tcase(s, t);
	return suite_run(s);
}
