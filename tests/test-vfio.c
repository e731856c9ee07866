/*
 * test-vfio - the VFIO transport over a fake kernel: by group, by device node
 * and iommufd, and without an IOMMU.
 */
#include "io/pool.h"
#include "tests/fake_vfio.h"
#include "tests/suite.h"
#include "transport/vfio.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { MASTER = PCI_COMMAND_MASTER, MEMORY = PCI_COMMAND_MEMORY };

static const struct vfio_address ways[] = {
	{ .bdf = "0000:01:00.0", .group = "12" },
	{ .bdf = "0000:01:00.0", .node = "vfio0" },
	{ .bdf = "0000:01:00.0", .group = "noiommu-0", .no_iommu = true },
};
enum { BY_GROUP, BY_NODE, WITHOUT, N_WAYS };

static struct loop *loop;
static struct text why;
static struct hw *hw;
static struct pci_id id;
static unsigned int n_gone, n_done, irqs;	/* irqs: bit by vector */
static int done_status;

static void on_irq(void *user, unsigned int vector)
{
	(void)user;
	irqs |= 1u << vector;
}

static void on_gone(void *user)
{
	(void)user;
	n_gone++;
}

static const struct hw_events events = { .irq = on_irq, .gone = on_gone };

static void on_done(void *user, int status)
{
	(void)user;
	n_done++;
	done_status = status;
}

static void setup(void)
{
	fake_vfio_init();
	loop = loop_new();
	why = TEXT_INIT;
	hw = NULL;
	n_gone = n_done = irqs = 0;
}

static void teardown(void)
{
	if (hw)
		hw->ops->close(hw);
	text_fini(&why);
	loop_free(loop);
}

static int begin(int way)
{
	int r = vfio_open(loop, &ways[way], &hw, &id, &why);

	if (!r) {
		hw->events = &events;
		ck_assert_uint_eq(hw->bar_len, FAKE_BAR_LEN);
	}
	return r;
}

static void start(int way, unsigned int n_vectors)
{
	ck_assert_int_eq(begin(way), 0);
	ck_assert_int_eq(vfio_arm(hw, n_vectors, &why), 0);
}

static void end(void)
{
	hw->ops->close(hw);
	hw = NULL;
}

static unsigned int count_fds(void)
{
	unsigned int n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

START_TEST(test_opens_and_leaves_nothing_behind)
{
	unsigned int before = count_fds();

	start(_i, 7);
	ck_assert_uint_eq(id.vendor, 0x17cb);
	ck_assert_uint_eq(id.device, 0x0306);
	ck_assert_uint_eq(id.sub_device, 0x010c);
	ck_assert_uint_eq(hw->n_vectors, 7);
	ck_assert_uint_eq(fake_vfio.irq_index, VFIO_PCI_MSIX_IRQ_INDEX);
	ck_assert_int_eq(fake_vfio_command(), MEMORY | MASTER);
	ck_assert(hw->ops->is_present(hw));
	ck_assert(hw->is_physical == (_i == WITHOUT));
	end();
	ck_assert_uint_eq(fake_vfio.n_irqs, 0);
	ck_assert_uint_eq(count_fds(), before);
}
END_TEST

/* On x86 the larger range begins above the interrupt window. */
START_TEST(test_takes_the_addresses_a_modem_reaches)
{
	start(_i, 1);
	ck_assert_uint_eq(hw->iova_min, 0x100000);
	ck_assert_uint_eq(hw->iova_max, 0xfedfffff);
}
END_TEST

START_TEST(test_without_a_list_of_ranges_takes_32_bits)
{
	fake_vfio.n_ranges = 0;
	start(BY_GROUP, 1);
	ck_assert_uint_eq(hw->iova_min, 0x100000);
	ck_assert_uint_eq(hw->iova_max, UINT32_MAX);
}
END_TEST

START_TEST(test_registers_by_mapping_areas_and_calls)
{
	static const unsigned int mapped[] = { 1, 2, 0 };
	uint32_t value;

	fake_vfio.is_mappable = _i != 2;
	if (_i == 1) {
		fake_vfio.n_areas = 2;
		fake_vfio.areas[0].len = 0x1000;
		fake_vfio.areas[1].offset = 0x3000;
		fake_vfio.areas[1].len = 0x1000;
	}
	start(BY_GROUP, 1);
	ck_assert_uint_eq(fake_vfio.n_mmaps, mapped[_i]);
	for (uint32_t at = 0; at < FAKE_BAR_LEN; at += 0xffc)
		ck_assert_int_eq(hw->ops->write32(hw, at, at ^ 0x12345678), 0);
	for (uint32_t at = 0; at < FAKE_BAR_LEN; at += 0xffc) {
		ck_assert_int_eq(hw->ops->read32(hw, at, &value), 0);
		ck_assert_uint_eq(value, at ^ 0x12345678);
	}
	ck_assert_int_eq(hw->ops->ring_bell(hw, 0x318, 0x1122334455667788), 0);
	ck_assert_int_eq(hw->ops->read32(hw, 0x31c, &value), 0);
	ck_assert_uint_eq(value, 0x11223344);
}
END_TEST

START_TEST(test_areas_outside_the_bar_are_not_mapped)
{
	uint32_t value;

	fake_vfio.n_areas = 3;
	fake_vfio.areas[0].offset = UINT64_MAX - 0xfff;
	fake_vfio.areas[0].len = 0x2000;
	fake_vfio.areas[1].offset = FAKE_BAR_LEN - 0x1000;
	fake_vfio.areas[1].len = 0x2000;
	start(BY_GROUP, 1);
	ck_assert_uint_eq(fake_vfio.n_mmaps, 0);
	ck_assert_int_eq(hw->ops->read32(hw, FAKE_BAR_LEN - 4, &value), 0);
}
END_TEST

START_TEST(test_takes_as_many_vectors_as_the_kernel_gives)
{
	fake_vfio.granted = 1;
	start(_i, 7);
	ck_assert_uint_eq(hw->n_vectors, 1);
	ck_assert_uint_eq(fake_vfio.n_irqs, 1);
}
END_TEST

START_TEST(test_msi_will_do)
{
	fake_vfio.n_msix = 0;
	fake_vfio.n_msi = 4;
	start(BY_GROUP, 7);
	ck_assert_uint_eq(hw->n_vectors, 4);
	ck_assert_uint_eq(fake_vfio.irq_index, VFIO_PCI_MSI_IRQ_INDEX);
}
END_TEST

START_TEST(test_f55_no_vector_at_all_is_refused)
{
	fake_vfio.n_msix = fake_vfio.n_msi = 0;
	ck_assert_int_eq(begin(BY_GROUP), 0);
	ck_assert_int_lt(vfio_arm(hw, 7, &why), 0);
	ck_assert_ptr_nonnull(strstr(text_get(&why), "no MSI or MSI-X vector"));
}
END_TEST

START_TEST(test_each_vector_arrives_as_itself)
{
	start(BY_GROUP, 7);
	for (unsigned int i = 0; i < 7; i++) {
		irqs = 0;
		ck_assert_int_eq(eventfd_write(fake_vfio.irqs[i], 3), 0);
		loop_turn(loop, true);
		ck_assert_uint_eq(irqs, 1u << i);
	}
}
END_TEST

static struct dma piece_of(const struct pool *p, const struct pool_part *part)
{
	return (struct dma){ .cpu = part->cpu, .iova = part->iova, .len = part->len,
			     .fd = p->fd, .offset = part->offset };
}

START_TEST(test_memory_is_mapped_with_its_rights_and_unmapped)
{
	struct dma reads, writes;
	struct pool p;

	start(_i, 1);
	ck_assert_int_eq(pool_open(&p, 8192, 4096, hw->iova_min, 4096), 0);
	reads = piece_of(&p, &p.reads);
	writes = piece_of(&p, &p.writes);
	ck_assert_int_eq(hw->ops->map(hw, &reads, DEV_READS), 0);
	ck_assert_int_eq(hw->ops->map(hw, &writes, DEV_WRITES), 0);
	ck_assert_uint_eq(fake_vfio.n_maps, _i == WITHOUT ? 0 : 2);
	if (_i != WITHOUT) {
		ck_assert(!fake_vfio.maps[0].is_writable && fake_vfio.maps[1].is_writable);
		ck_assert_uint_eq(fake_vfio.maps[0].len, 8192);
		ck_assert_int_eq(hw->ops->map(hw, &reads, DEV_READS), -EEXIST);
	}
	/* An image that a loader took goes while the device works. */
	ck_assert_int_eq(hw->ops->unmap(hw, &reads, DEV_READS), 0);
	ck_assert(fake_vfio_command() & MASTER);
	ck_assert_int_eq(hw->ops->unmap(hw, &writes, DEV_WRITES), 0);
	ck_assert(!(fake_vfio_command() & MASTER));
	ck_assert_uint_eq(fake_vfio.n_maps, 0);
	pool_close(&p);
}
END_TEST

START_TEST(test_reset_ends_later_and_leaves_the_bus_to_the_device)
{
	start(BY_GROUP, 1);
	ck_assert_int_eq(hw->ops->reset(hw, on_done, NULL), 0);
	ck_assert_uint_eq(fake_vfio.n_resets, 1);
	ck_assert_uint_eq(n_done, 0);
	loop_turn(loop, false);
	ck_assert_uint_eq(n_done, 1);
	ck_assert_int_eq(done_status, 0);
	ck_assert_int_eq(fake_vfio_command(), MEMORY | MASTER);
}
END_TEST

START_TEST(test_f54_a_reset_that_fails_says_so)
{
	start(BY_GROUP, 1);
	fake_vfio.fail_at = fake_vfio.n_calls;
	fake_vfio.fail_errno = ENOTTY;
	ck_assert_int_eq(hw->ops->reset(hw, on_done, NULL), 0);
	loop_turn(loop, false);
	ck_assert_int_eq(done_status, -ENOTTY);
}
END_TEST

static void expect_gone(void)
{
	uint32_t value;

	for (int i = 0; i < 3; i++)
		loop_turn(loop, false);
	ck_assert_uint_eq(n_gone, 1);
	ck_assert_int_eq(hw->ops->read32(hw, 0, &value), -ENODEV);
	ck_assert_int_eq(hw->ops->write32(hw, 0, 0), -ENODEV);
	ck_assert_int_eq(hw->ops->ring_bell(hw, 0, 0), -ENODEV);
	ck_assert_int_eq(hw->ops->reset(hw, on_done, NULL), -ENODEV);
	ck_assert(!hw->ops->is_present(hw));
	loop_turn(loop, false);
	ck_assert_uint_eq(n_gone, 1);
}

START_TEST(test_f54_the_kernel_asking_for_it_back_is_the_end)
{
	unsigned int before = count_fds();

	start(_i, 2);
	ck_assert_int_eq(eventfd_write(fake_vfio.unplug, 1), 0);
	loop_turn(loop, true);
	expect_gone();
	end();
	ck_assert_uint_eq(count_fds(), before);
}
END_TEST

START_TEST(test_f54_a_fatal_error_is_the_end)
{
	start(BY_GROUP, 2);
	ck_assert_int_eq(eventfd_write(fake_vfio.error, 1), 0);
	loop_turn(loop, true);
	expect_gone();
}
END_TEST

START_TEST(test_f54_a_card_that_is_gone_is_not_present)
{
	uint32_t value;

	start(BY_GROUP, 2);
	fake_vfio_vanish();
	ck_assert_int_eq(hw->ops->read32(hw, 0, &value), 0);
	ck_assert_uint_eq(value, UINT32_MAX);
	ck_assert(!hw->ops->is_present(hw));
	expect_gone();
}
END_TEST

START_TEST(test_f54_an_idle_card_that_is_gone_is_noticed)
{
	start(BY_GROUP, 2);
	fake_vfio_vanish();
	timers_advance(loop_timers(loop), loop_timers(loop)->now_us + 2000000);
	expect_gone();
}
END_TEST

/* The kernel takes the mapping away under us. */
START_TEST(test_f54_a_mapping_that_vanishes_is_the_end)
{
	uint32_t value;

	start(BY_GROUP, 2);
	ck_assert_int_eq(ftruncate(fake_vfio.device, 0), 0);
	ck_assert_int_eq(hw->ops->read32(hw, 0, &value), -ENODEV);
	expect_gone();
}
END_TEST

START_TEST(test_f55_a_device_that_does_not_answer_is_refused)
{
	fake_vfio.bar_len = 0;
	ck_assert_int_eq(begin(BY_GROUP), -EPROTO);
	ck_assert_ptr_nonnull(strstr(text_get(&why), "no usable BAR 0"));
}
END_TEST

static const struct refusal {
	int way;
	const char *missing;
	int missing_errno;
	const char *words;
} refusals[] = {
	{ BY_GROUP, "/dev/vfio/vfio", ENOENT, "load the module vfio-pci" },
	{ BY_GROUP, "/dev/vfio/12", EACCES, "run as root" },
	{ BY_GROUP, "/dev/vfio/12", EBUSY, "in use by another process" },
	{ BY_NODE, "/dev/iommu", EACCES, "run as root" },
	{ BY_NODE, "/dev/vfio/devices/vfio0", ENOENT, "bind the device" },
};

START_TEST(test_f55_a_node_that_does_not_open_comes_with_the_remedy)
{
	const struct refusal *f = &refusals[_i];

	fake_vfio.missing = f->missing;
	fake_vfio.missing_errno = f->missing_errno;
	ck_assert_int_eq(begin(f->way), -f->missing_errno);
	ck_assert_ptr_nonnull(strstr(text_get(&why), f->words));
	ck_assert_ptr_nonnull(strstr(text_get(&why), f->missing));
}
END_TEST

START_TEST(test_f55_a_group_that_is_not_viable_is_refused)
{
	fake_vfio.is_viable = false;
	ck_assert_int_eq(begin(BY_GROUP), -EPERM);
	ck_assert_ptr_nonnull(strstr(text_get(&why), "group 12 is not viable"));
}
END_TEST

START_TEST(test_f55_a_platform_that_remaps_no_interrupts_is_refused)
{
	fake_vfio.remaps_interrupts = false;
	ck_assert_int_eq(begin(BY_GROUP), -EPERM);
	ck_assert_ptr_nonnull(strstr(text_get(&why), "allow_unsafe_interrupts=1"));
}
END_TEST

START_TEST(test_f55_a_kernel_without_type1_is_refused)
{
	fake_vfio.has_type1 = false;
	ck_assert_int_eq(begin(BY_GROUP), -EOPNOTSUPP);
	ck_assert_ptr_nonnull(strstr(text_get(&why), "vfio_iommu_type1"));
}
END_TEST

/* Opens, arms, maps and ends, with one call failing: 0 or -errno of a start. */
static int live(int way, int fail_at, int error)
{
	struct pool p = { .fd = -1 };
	struct dma piece;
	int r;

	fake_vfio_init();
	fake_vfio.fail_at = fail_at;
	fake_vfio.fail_errno = error;
	text_clear(&why);
	r = vfio_open(loop, &ways[way], &hw, &id, &why);
	if (!r)
		r = vfio_arm(hw, 3, &why);
	if (!r && !pool_open(&p, 4096, 4096, hw->iova_min, 4096)) {
		piece = piece_of(&p, &p.reads);
		if (!hw->ops->map(hw, &piece, DEV_READS))
			hw->ops->unmap(hw, &piece, DEV_READS);
		pool_close(&p);
	}
	if (hw)
		end();
	return r;
}

/* Calls of a life in which none fails, by way. */
static int n_calls[N_WAYS];

static void count_calls(void)
{
	for (int way = 0; way < N_WAYS; way++) {
		setup();
		live(way, -1, 0);
		n_calls[way] = fake_vfio.n_calls;
		teardown();
	}
}

START_TEST(test_f55_a_call_that_fails_is_undone)
{
	static const int errors[] = { EBUSY, EINVAL, ENOMEM, ENOSPC, ENOTTY, EPERM, EIO, EINTR };
	unsigned int before = count_fds();
	int way = 0, call = _i;

	while (call >= n_calls[way])
		call -= n_calls[way++];
	for (unsigned int i = 0; i < ARRAY_SIZE(errors); i++) {
		int r = live(way, call, errors[i]);

		ck_assert_int_gt(fake_vfio.n_calls, call);
		ck_assert_msg(!r || why.len, "call %d failed without a word", call);
		ck_assert_msg(count_fds() == before, "call %d leaves a descriptor", call);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("vfio");
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, test_opens_and_leaves_nothing_behind, 0, N_WAYS);
	tcase_add_loop_test(t, test_takes_the_addresses_a_modem_reaches, 0, WITHOUT);
	tcase_add_test(t, test_without_a_list_of_ranges_takes_32_bits);
	tcase_add_loop_test(t, test_registers_by_mapping_areas_and_calls, 0, 3);
	tcase_add_test(t, test_areas_outside_the_bar_are_not_mapped);
	tcase_add_loop_test(t, test_takes_as_many_vectors_as_the_kernel_gives, 0, N_WAYS);
	tcase_add_test(t, test_msi_will_do);
	tcase_add_test(t, test_f55_no_vector_at_all_is_refused);
	tcase_add_test(t, test_each_vector_arrives_as_itself);
	tcase_add_loop_test(t, test_memory_is_mapped_with_its_rights_and_unmapped, 0, N_WAYS);
	tcase_add_test(t, test_reset_ends_later_and_leaves_the_bus_to_the_device);
	tcase_add_test(t, test_f54_a_reset_that_fails_says_so);
	tcase_add_loop_test(t, test_f54_the_kernel_asking_for_it_back_is_the_end, 0, N_WAYS);
	tcase_add_test(t, test_f54_a_fatal_error_is_the_end);
	tcase_add_test(t, test_f54_a_card_that_is_gone_is_not_present);
	tcase_add_test(t, test_f54_an_idle_card_that_is_gone_is_noticed);
	tcase_add_test(t, test_f54_a_mapping_that_vanishes_is_the_end);
	tcase_add_test(t, test_f55_a_device_that_does_not_answer_is_refused);
	tcase_add_loop_test(t, test_f55_a_node_that_does_not_open_comes_with_the_remedy, 0,
			    (int)ARRAY_SIZE(refusals));
	tcase_add_test(t, test_f55_a_group_that_is_not_viable_is_refused);
	tcase_add_test(t, test_f55_a_platform_that_remaps_no_interrupts_is_refused);
	tcase_add_test(t, test_f55_a_kernel_without_type1_is_refused);
	count_calls();
	tcase_add_loop_test(t, test_f55_a_call_that_fails_is_undone, 0,
			    n_calls[BY_GROUP] + n_calls[BY_NODE] + n_calls[WITHOUT]);
	suite_add_tcase(s, t);
	return suite_run(s);
}
