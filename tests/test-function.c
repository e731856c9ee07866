/* test-function - the simulated modem as a PCI function, pulled and put back. */
#include "core/layout.h"
#include "serve/function.h"
#include "tests/suite.h"
#include <sys/eventfd.h>

static const struct sim_chan chans[] = { { 0, 1, "echo" } };
static struct loop *loop;
static struct function f;

static void setup(void)
{
	struct function_config c = { .id = { 0x17cb, 0x0306, 0, 0 }, .sim = sim_config_default,
				     .n_msi = 32, .keeps_state = true };

	c.sim.chans = chans;
	c.sim.n_chans = ARRAY_SIZE(chans);
	loop = loop_new();
	ck_assert_int_eq(function_init(&f, loop, &c), 0);
}

static void teardown(void)
{
	function_fini(&f);
	loop_free(loop);
}

static uint32_t rd(enum function_region region, uint32_t offset)
{
	uint8_t bytes[4];

	ck_assert_int_eq(function_read(&f, region, offset, bytes, sizeof(bytes)), 0);
	return get_le32(bytes);
}

static void wr(enum function_region region, uint32_t offset, uint32_t value)
{
	uint8_t bytes[4];

	put_le32(bytes, value);
	ck_assert_int_eq(function_write(&f, region, offset, bytes, sizeof(bytes)), 0);
}

START_TEST(test_a_pulled_card_reads_ones_and_takes_nothing)
{
	eventfd_t count;
	int fd = eventfd(0, EFD_NONBLOCK);

	function_arm(&f, 0, fd);
	function_pull(&f);
	for (uint32_t at = 0; at < 0x100; at += 4) {
		ck_assert_uint_eq(rd(FUNCTION_BAR0, at), UINT32_MAX);
		ck_assert_uint_eq(rd(FUNCTION_CONFIG, at), UINT32_MAX);
		wr(FUNCTION_BAR0, at, at);
	}
	function_raise(&f, 0);
	ck_assert_int_lt(eventfd_read(fd, &count), 0);
}
END_TEST

START_TEST(test_a_card_put_back_is_as_after_power_on)
{
	uint32_t status = rd(FUNCTION_BAR0, MHISTATUS);

	wr(FUNCTION_CONFIG, 4, 6);
	wr(FUNCTION_BAR0, CCABAP_LOWER, 0x1000);
	function_pull(&f);
	function_put_back(&f);
	ck_assert_uint_eq(rd(FUNCTION_CONFIG, 0), 0x030617cb);
	ck_assert_uint_eq(rd(FUNCTION_CONFIG, 4) & 0xffff, 0);
	ck_assert_uint_eq(rd(FUNCTION_BAR0, CCABAP_LOWER), 0);
	ck_assert_uint_eq(rd(FUNCTION_BAR0, MHISTATUS), status);
}
END_TEST

START_TEST(test_what_lies_outside_is_refused)
{
	static const uint64_t bad[] = { SIM_BAR_LEN - 3, SIM_BAR_LEN, UINT64_MAX };
	uint8_t bytes[4] = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		ck_assert_int_lt(function_read(&f, FUNCTION_BAR0, bad[i], bytes, 4), 0);
		ck_assert_int_lt(function_write(&f, FUNCTION_BAR0, bad[i], bytes, 4), 0);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("function");
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_a_pulled_card_reads_ones_and_takes_nothing);
	tcase_add_test(t, test_a_card_put_back_is_as_after_power_on);
	tcase_add_test(t, test_what_lies_outside_is_refused);
	suite_add_tcase(s, t);
	return suite_run(s);
}
