#include "device/crash_regs.h"
#include "core/layout.h"
#include "tests/suite.h"
#include <errno.h>

enum { BAR_LEN = 0x1000, BHI_AT = 0x100, BHIE_AT = 0x800, MOST_CALLS = 1000 };

static struct {
	struct hw hw;
	uint32_t bhi_at;
	unsigned int n_reads;
	unsigned int left;	/* reads until the card is pulled */
} card;
static struct text report;

static int card_read(struct hw *hw, uint32_t offset, uint32_t *ret_value)
{
	ck_assert_uint_le(offset, hw->bar_len - 4);
	ck_assert_uint_eq(offset % 4, 0);
	card.n_reads++;
	if (!card.left)
		return -ENODEV;
	card.left--;
	*ret_value = offset == BHIOFF ? card.bhi_at : offset == BHIEOFF ? BHIE_AT : offset;
	return 0;
}

static bool card_is_present(struct hw *hw)
{
	(void)hw;
	return card.left;
}

static const struct hw_ops ops = { .read32 = card_read, .is_present = card_is_present };

static void setup(void)
{
	card.hw = (struct hw){ .ops = &ops, .bar_len = BAR_LEN };
	card.bhi_at = BHI_AT;
	card.n_reads = 0;
	card.left = MOST_CALLS;
}

static void teardown(void)
{
	text_fini(&report);
}

static void read_all(void)
{
	struct crash_regs regs;
	unsigned int n = 0;

	crash_regs_init(&regs, &card.hw);
	while (crash_regs_next(&regs, &report) == CRASH_REGS_MORE)
		ck_assert_uint_lt(n++, MOST_CALLS);
}

static bool says(const char *words)
{
	return strstr(text_get(&report), words);
}

START_TEST(test_three_blocks_are_told_with_their_registers)
{
	read_all();
	ck_assert(says("registers at 0x0:\n  0x00: 0x00000000\n  0x04: 0x00000004\n"));
	ck_assert(says("  0xac: 0x000000ac\n\nBHI at 0x100:\n  0x00: 0x00000100\n"));
	ck_assert(says("  0xc4: 0x000001c4\n\nBHIe at 0x800:\n"));
	ck_assert(says("  0x78: 0x00000878\n"));
	ck_assert(!says("0x0000087c"));
}
END_TEST

START_TEST(test_f10_each_call_reads_one_register)
{
	struct crash_regs regs;
	int r = CRASH_REGS_MORE;

	crash_regs_init(&regs, &card.hw);
	while (r == CRASH_REGS_MORE) {
		unsigned int before = card.n_reads;

		r = crash_regs_next(&regs, &report);
		ck_assert_uint_le(card.n_reads - before, 1);
	}
}
END_TEST

START_TEST(test_a_block_that_cannot_be_is_left_out)
{
	static const uint32_t nowhere[] = { 0x101, BAR_LEN - BHI_LEN + 4, BAR_LEN, 0xffffffff };

	card.bhi_at = nowhere[_i];
	read_all();
	ck_assert(!says("BHI at"));
	ck_assert(says("BHIe at"));
}
END_TEST

START_TEST(test_a_block_may_end_with_the_bar)
{
	card.bhi_at = BAR_LEN - BHI_LEN;
	read_all();
	ck_assert(says("  0xc4: 0x00000ffc\n"));
}
END_TEST

START_TEST(test_a_card_that_is_pulled_ends_it)
{
	card.left = (unsigned int)_i;
	read_all();
	ck_assert_uint_eq(card.n_reads, (unsigned int)_i);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("crash_regs");
	TCase *tc = tcase_create("crash_regs");

	suite_add_tcase(suite, tc);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_three_blocks_are_told_with_their_registers);
	tcase_add_test(tc, test_f10_each_call_reads_one_register);
	tcase_add_loop_test(tc, test_a_block_that_cannot_be_is_left_out, 0, 4);
	tcase_add_test(tc, test_a_block_may_end_with_the_bar);
	tcase_add_loop_test(tc, test_a_card_that_is_pulled_ends_it, 0, 100);
	return suite_run(suite);
}
