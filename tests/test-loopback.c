/* The simulated modem as hardware inside the process. */
#include "core/layout.h"
#include "sim/fault.h"
#include "suite.h"
#include "transport/loopback.h"
#include <errno.h>

enum { IOVA_READS = 0x100000, IOVA_WRITES = 0x200000, PAGE = 4096 };

static struct loop *loop;
static struct hw *hw;
static unsigned int irqs, last_vector, gones, resets;
static bool is_inside;		/* a call of ours into hw is under way */
static _Alignas(PAGE) uint8_t memory[16 * PAGE];
static struct dma reads, writes;

static void on_irq(void *user, unsigned int vector)
{
	(void)user;
	ck_assert(!is_inside);
	irqs++;
	last_vector = vector;
}

static void on_gone(void *user)
{
	(void)user;
	ck_assert(!is_inside);
	gones++;
}

static const struct hw_events events = { .irq = on_irq, .gone = on_gone };

static void setup(void)
{
	irqs = gones = resets = 0;
	memset(memory, 0, sizeof(memory));
	reads = (struct dma){ memory, IOVA_READS, 8 * PAGE, -1, 0 };
	writes = (struct dma){ memory + 8 * PAGE, IOVA_WRITES, 8 * PAGE, -1, 8 * PAGE };
	loop = loop_new();
	hw = loopback_open(loop, &sim_config_default, "test");
	ck_assert_ptr_nonnull(hw);
	hw->events = &events;
	ck_assert_int_eq(hw->ops->map(hw, &reads, DEV_READS), 0);
	ck_assert_int_eq(hw->ops->map(hw, &writes, DEV_WRITES), 0);
}

static void teardown(void)
{
	if (hw)
		hw->ops->close(hw);
	loop_free(loop);
}

static uint32_t read32(uint32_t offset)
{
	uint32_t value;

	is_inside = true;
	ck_assert_int_eq(hw->ops->read32(hw, offset, &value), 0);
	is_inside = false;
	return value;
}

static void write32(uint32_t offset, uint32_t value)
{
	is_inside = true;
	ck_assert_int_eq(hw->ops->write32(hw, offset, value), 0);
	is_inside = false;
}

static void bell(uint32_t offset, uint64_t value)
{
	is_inside = true;
	ck_assert_int_eq(hw->ops->ring_bell(hw, offset, value), 0);
	is_inside = false;
}

/* One event ring of 32 and a command ring, up to M0. */
static void boot(void)
{
	struct event_ctx *er = (struct event_ctx *)(writes.cpu + PAGE);
	struct cmd_ctx *cmd = (struct cmd_ctx *)(writes.cpu + 2 * PAGE);

	le32_set(&er->ertype, ERTYPE_VALID);
	le32_set(&er->msivec, 1);
	le64_set(&er->rbase, IOVA_WRITES + 3 * PAGE);
	le64_set(&er->rlen, 32 * sizeof(struct tre));
	le64_set(&er->rp, IOVA_WRITES + 3 * PAGE);
	le64_set(&er->wp, IOVA_WRITES + 3 * PAGE + 31 * sizeof(struct tre));
	le64_set(&cmd->rbase, IOVA_READS);
	le64_set(&cmd->rlen, MHI_CMD_ELEMENTS * sizeof(struct tre));
	le64_set(&cmd->rp, IOVA_READS);
	bell(CCABAP_LOWER, IOVA_WRITES);
	bell(ECABAP_LOWER, IOVA_WRITES + PAGE);
	bell(CRCBAP_LOWER, IOVA_WRITES + 2 * PAGE);
	write32(MHICFG, 1u << MHICFG_NER_SHIFT);
	write32(MHICTRL, MHI_STATE_M0 << MHICTRL_MHISTATE_SHIFT);
}

START_TEST(test_it_looks_like_a_function)
{
	ck_assert_str_eq(hw->ops->name, "loopback");
	ck_assert_uint_eq(hw->bar_len, SIM_BAR_LEN);
	ck_assert_uint_eq(hw->n_vectors, sim_config_default.n_vectors);
	ck_assert(hw->ops->is_present(hw));
	ck_assert_uint_eq(read32(MHISTATUS), 0x101);
}
END_TEST

START_TEST(test_a_fault_pulls_the_card)
{
	struct sim_fault f;
	const char *why;

	boot();
	ck_assert_int_eq(sim_fault_parse("F52@read#2", &f, &why), 0);
	ck_assert(sim_fault_arm(loopback_sim(hw), &f));
	ck_assert_uint_ne(read32(MHIVER), MHI_ALL_ONES);
	ck_assert_uint_eq(read32(MHIVER), MHI_ALL_ONES);
	ck_assert(!hw->ops->is_present(hw));
	ck_assert_uint_eq(gones, 0);
	for (int i = 0; i < 5; i++)
		loop_turn(loop, false);
	ck_assert_uint_eq(gones, 1);
	ck_assert_uint_eq(irqs, 0);
}
END_TEST

START_TEST(test_interrupts_come_from_the_loop_once_a_vector)
{
	boot();
	ck_assert_uint_eq(irqs, 0);
	loop_turn(loop, false);
	ck_assert_uint_eq(read32(MHISTATUS), 0x201);
	ck_assert_uint_eq(irqs, 1);	/* two events, one interrupt */
	ck_assert_uint_eq(last_vector, 1);
	sim_inject_event(loopback_sim(hw), 0, 0, 0, 0);
	sim_inject_event(loopback_sim(hw), 0, 0, 0, 0);
	loop_turn(loop, false);
	ck_assert_uint_eq(irqs, 2);
}
END_TEST

START_TEST(test_rights_are_kept)
{
	boot();
	bell(ECABAP_LOWER, IOVA_READS + 4 * PAGE);	/* the modem may not write there */
	loop_turn(loop, false);
	ck_assert_uint_eq(read32(MHISTATUS) >> 8 & 0xff, MHI_STATE_SYS_ERR);
	ck_assert_uint_ge(sim_counts(loopback_sim(hw))->refused_dma, 1);
}
END_TEST

START_TEST(test_unmapped_memory_is_out_of_reach_at_once)
{
	boot();
	loop_turn(loop, false);
	ck_assert_int_eq(hw->ops->unmap(hw, &writes, DEV_WRITES), 0);
	sim_inject_event(loopback_sim(hw), 0, 0, 0, 0);
	ck_assert_uint_ge(sim_counts(loopback_sim(hw))->refused_dma, 1);
	ck_assert_uint_eq(read32(MHISTATUS) >> 8 & 0xff, MHI_STATE_SYS_ERR);
}
END_TEST

START_TEST(test_mappings_are_checked)
{
	struct dma d = { memory, IOVA_READS + PAGE, PAGE, -1, 0 };

	ck_assert_int_eq(hw->ops->map(hw, &d, DEV_READS), -EEXIST);
	d.iova = IOVA_READS - PAGE;
	d.len = 2 * PAGE;
	ck_assert_int_eq(hw->ops->map(hw, &d, DEV_READS), -EEXIST);
	d.len = PAGE;
	ck_assert_int_eq(hw->ops->map(hw, &d, DEV_READS), 0);
	ck_assert_int_eq(hw->ops->map(hw, &d, DEV_READS), -EEXIST);
	ck_assert_int_eq(hw->ops->unmap(hw, &d, DEV_READS), 0);
	ck_assert_int_eq(hw->ops->unmap(hw, &d, DEV_READS), -ENOENT);
	d.iova = hw->iova_max;
	ck_assert_int_eq(hw->ops->map(hw, &d, DEV_READS), -EINVAL);
	d.iova = UINT64_MAX - PAGE + 1;
	ck_assert_int_eq(hw->ops->map(hw, &d, DEV_READS), -EINVAL);
	d.iova = 2 * IOVA_WRITES;
	d.len = 0;
	ck_assert_int_eq(hw->ops->map(hw, &d, DEV_READS), -EINVAL);
	for (unsigned int i = 0; i < 20; i++) {
		d = (struct dma){ memory, 0x10000000 + (i * 7 % 20) * 2 * PAGE, PAGE, -1, 0 };
		ck_assert_int_eq(hw->ops->map(hw, &d, i % 2), 0);
	}
}
END_TEST

static void on_reset(void *user, int status)
{
	(void)user;
	ck_assert(!is_inside);
	ck_assert_int_eq(status, 0);
	resets++;
}

START_TEST(test_reset_is_a_power_cycle_told_later)
{
	boot();
	loop_turn(loop, false);
	is_inside = true;
	ck_assert_int_eq(hw->ops->reset(hw, on_reset, NULL), 0);
	ck_assert_int_eq(hw->ops->reset(hw, on_reset, NULL), -EBUSY);
	is_inside = false;
	ck_assert_uint_eq(resets, 0);
	loop_turn(loop, false);
	ck_assert_uint_eq(resets, 1);
	ck_assert_uint_eq(read32(MHISTATUS), 0x101);
}
END_TEST

START_TEST(test_an_unplugged_card_reads_all_ones)
{
	boot();
	is_inside = true;
	loopback_unplug(hw);
	loopback_unplug(hw);
	is_inside = false;
	ck_assert(!hw->ops->is_present(hw));
	ck_assert_uint_eq(read32(MHISTATUS), UINT32_MAX);
	write32(MHICTRL, MHICTRL_RESET);
	bell(0x300, 0);
	ck_assert_uint_eq(gones, 0);
	loop_turn(loop, false);
	loop_turn(loop, false);
	ck_assert_uint_eq(gones, 1);
	ck_assert_uint_eq(irqs, 0);
	ck_assert_int_eq(hw->ops->reset(hw, on_reset, NULL), -ENODEV);
}
END_TEST

static void close_on_irq(void *user, unsigned int vector)
{
	(void)user, (void)vector;
	irqs++;
	hw->ops->close(hw);
	hw = NULL;
}

START_TEST(test_it_may_be_closed_from_its_own_interrupt)
{
	static const struct hw_events closing = { .irq = close_on_irq, .gone = on_gone };

	hw->events = &closing;
	boot();
	loop_turn(loop, false);
	loop_turn(loop, false);
	ck_assert_uint_eq(irqs, 1);
	ck_assert_ptr_null(hw);
}
END_TEST

START_TEST(test_an_idle_modem_arms_no_timer)
{
	boot();
	loop_turn(loop, false);
	ck_assert_uint_eq(timers_next(loop_timers(loop)), TIME_NEVER);
}
END_TEST

START_TEST(test_a_refused_configuration_opens_nothing)
{
	static const struct sim_chan bad[] = { { 0, 1, "dance" } };
	struct sim_config c = sim_config_default;

	c.chans = bad;
	c.n_chans = 1;
	ck_assert_ptr_null(loopback_open(loop, &c, "test"));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("loopback");
	TCase *t = tcase_create("loopback");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_it_looks_like_a_function);
	tcase_add_test(t, test_a_fault_pulls_the_card);
	tcase_add_test(t, test_interrupts_come_from_the_loop_once_a_vector);
	tcase_add_test(t, test_rights_are_kept);
	tcase_add_test(t, test_unmapped_memory_is_out_of_reach_at_once);
	tcase_add_test(t, test_mappings_are_checked);
	tcase_add_test(t, test_reset_is_a_power_cycle_told_later);
	tcase_add_test(t, test_an_unplugged_card_reads_all_ones);
	tcase_add_test(t, test_it_may_be_closed_from_its_own_interrupt);
	tcase_add_test(t, test_an_idle_modem_arms_no_timer);
	tcase_add_test(t, test_a_refused_configuration_opens_nothing);
	suite_add_tcase(s, t);
	return suite_run(s);
}
