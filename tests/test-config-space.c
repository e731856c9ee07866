/* test-config-space - the PCI identity the simulated modem shows. */
#include "serve/config_space.h"
#include "tests/suite.h"

static struct config_space space;

static void setup(void)
{
	static const struct config_id id = { 0x17cb, 0x0306, 0x17cb, 0x010c };

	config_init(&space, &id, 0x1000, 32, 0, false);
}

static uint32_t read32(uint32_t at)
{
	uint8_t bytes[4];

	config_read(&space, at, bytes, sizeof(bytes));
	return get_le32(bytes);
}

static enum config_effect write32(uint32_t at, uint32_t value)
{
	uint8_t bytes[4];

	put_le32(bytes, value);
	return config_write(&space, at, bytes, sizeof(bytes));
}

/* Where capability @id lies, or 0. */
static uint32_t capability(uint8_t id)
{
	uint32_t at = read32(0x34) & 0xff;

	for (int i = 0; at && i < 16; i++, at = read32(at) >> 8 & 0xff)
		if ((read32(at) & 0xff) == id)
			return at;
	return 0;
}

START_TEST(test_identity_and_capabilities_are_found)
{
	ck_assert_uint_eq(read32(0x00), 0x030617cb);
	ck_assert_uint_eq(read32(0x2c), 0x010c17cb);
	ck_assert_uint_ne(capability(0x01), 0);
	ck_assert_uint_ne(capability(0x05), 0);
	ck_assert_uint_ne(capability(0x10), 0);
	ck_assert_uint_eq(capability(0x11), 0);
	ck_assert_uint_eq(read32(capability(0x05)) >> 17 & 7, 5);
}
END_TEST

START_TEST(test_bar_tells_its_size_the_usual_way)
{
	write32(0x10, 0xffffffff);
	ck_assert_uint_eq(read32(0x10) & ~0xfu, 0xfffff000);
	write32(0x10, 0xfebf0004);
	ck_assert_uint_eq(read32(0x10), 0xfebf0004);
}
END_TEST

START_TEST(test_identity_cannot_be_written)
{
	write32(0x00, 0);
	write32(0x08, 0);
	ck_assert_uint_eq(read32(0x00), 0x030617cb);
	ck_assert_uint_eq(read32(0x08), 0xff000000);
}
END_TEST

START_TEST(test_dma_needs_bus_mastering_and_full_power)
{
	uint32_t csr = capability(0x01) + 4;

	ck_assert(!config_may_dma(&space));
	write32(0x04, 0x6);
	ck_assert(config_may_dma(&space));
	write32(csr, 3);
	ck_assert(!config_may_dma(&space));
}
END_TEST

START_TEST(test_leaving_d3hot_resets_unless_state_is_kept)
{
	static const struct config_id id = { 0x17cb, 0x0306, 0, 0 };
	uint32_t csr = capability(0x01) + 4;

	ck_assert_int_eq(write32(csr, 3), CONFIG_NO_EFFECT);
	ck_assert_int_eq(write32(csr, 0), CONFIG_RESETS);
	ck_assert_int_eq(write32(csr, 0), CONFIG_NO_EFFECT);
	config_init(&space, &id, 0x1000, 32, 0, true);
	write32(csr, 3);
	ck_assert_int_eq(write32(csr, 0), CONFIG_NO_EFFECT);
}
END_TEST

START_TEST(test_function_level_reset_is_offered_and_heard)
{
	uint32_t pcie = capability(0x10);
	uint8_t flr[2] = { 0x10, 0x80 };

	ck_assert_uint_ne(read32(pcie + 4) & 1u << 28, 0);
	ck_assert_int_eq(config_write(&space, pcie + 8, flr, 2), CONFIG_RESETS);
	ck_assert_uint_eq(read32(pcie + 8) & 0x8000, 0);
}
END_TEST

START_TEST(test_reads_and_writes_beyond_the_end_do_nothing)
{
	uint8_t bytes[8];

	memset(bytes, 0xff, sizeof(bytes));
	config_write(&space, CONFIG_LEN - 2, bytes, sizeof(bytes));
	config_read(&space, CONFIG_LEN + 100, bytes, sizeof(bytes));
	for (size_t i = 0; i < sizeof(bytes); i++)
		ck_assert_uint_eq(bytes[i], 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("config-space");
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, test_identity_and_capabilities_are_found);
	tcase_add_test(t, test_bar_tells_its_size_the_usual_way);
	tcase_add_test(t, test_identity_cannot_be_written);
	tcase_add_test(t, test_dma_needs_bus_mastering_and_full_power);
	tcase_add_test(t, test_leaving_d3hot_resets_unless_state_is_kept);
	tcase_add_test(t, test_function_level_reset_is_offered_and_heard);
	tcase_add_test(t, test_reads_and_writes_beyond_the_end_do_nothing);
	suite_add_tcase(s, t);
	return suite_run(s);
}
