/*
 * test-counts - what one transfer costs, in things any machine can count.
 *
 * The whole way is there but the kernel: port, engine, loopback, modem.  The
 * seam below the engine is counted by a second hw_ops in front of the first;
 * the heap and memcpy are wrapped at link time.  In steady state, in batches of
 * 32.  Nothing is asserted while counting: libcheck allocates.
 */
#include "device/mhi.h"
#include "tests/rig.h"
#include "device/mhi.h"
#include "tests/suite.h"
#include <stdlib.h>

enum { BATCH = 32, BATCHES = 50, WARM = 10, LEN = 2048, TURNS = 40 };

void *__real_malloc(size_t len);
void *__real_calloc(size_t n, size_t len);
void *__real_realloc(void *p, size_t len);
void __real_free(void *p);
void *__real_memcpy(void *to, const void *from, size_t len);
void *__wrap_malloc(size_t len);
void *__wrap_calloc(size_t n, size_t len);
void *__wrap_realloc(void *p, size_t len);
void __wrap_free(void *p);
void *__wrap_memcpy(void *to, const void *from, size_t len);

/* A stretch of memory that is watched. */
struct watched {
	const uint8_t *at;
	size_t len;
};

struct seen {
	unsigned int heap, copies_up, copies_down;
	unsigned int reads, writes, bells, maps;
};
static struct seen seen;	/* by now */
static struct seen total;	/* when counting was over */
static struct watched client_bytes, slots[2];

void *__wrap_malloc(size_t len)
{
	seen.heap++;
	return __real_malloc(len);
}

void *__wrap_calloc(size_t n, size_t len)
{
	seen.heap++;
	return __real_calloc(n, len);
}

void *__wrap_realloc(void *p, size_t len)
{
	seen.heap++;
	return __real_realloc(p, len);
}

void __wrap_free(void *p)
{
	seen.heap += p != NULL;
	__real_free(p);
}

static bool is_in(const struct watched *w, const void *p)
{
	return (const uint8_t *)p - w->at >= 0 && (size_t)((const uint8_t *)p - w->at) < w->len;
}

/* Up: from the client's bytes, or again from where they were put.  Down: from
 * where the device put them.  The modem's own copies go the other way. */
void *__wrap_memcpy(void *to, const void *from, size_t len)
{
	seen.copies_up += is_in(&client_bytes, from) || is_in(&slots[LINK_UL], from);
	seen.copies_down += is_in(&slots[LINK_DL], from);
	return __real_memcpy(to, from, len);
}

/* The seam, counted. */
static const struct hw_ops *real_ops;
static struct hw_ops counting_ops;

static int count_read32(struct hw *hw, uint32_t offset, uint32_t *ret_value)
{
	seen.reads++;
	return real_ops->read32(hw, offset, ret_value);
}

static int count_write32(struct hw *hw, uint32_t offset, uint32_t value)
{
	seen.writes++;
	return real_ops->write32(hw, offset, value);
}

static int count_bell(struct hw *hw, uint32_t offset, uint64_t value)
{
	seen.bells++;
	return real_ops->ring_bell(hw, offset, value);
}

static int count_map(struct hw *hw, const struct dma *dma, enum dma_rights rights)
{
	seen.maps++;
	return real_ops->map(hw, dma, rights);
}

static int count_unmap(struct hw *hw, const struct dma *dma, enum dma_rights rights)
{
	seen.maps++;
	return real_ops->unmap(hw, dma, rights);
}

static void count_seam(struct hw *hw)
{
	real_ops = hw->ops;
	counting_ops = *hw->ops;
	counting_ops.read32 = count_read32;
	counting_ops.write32 = count_write32;
	counting_ops.ring_bell = count_bell;
	counting_ops.map = count_map;
	counting_ops.unmap = count_unmap;
	hw->ops = &counting_ops;
}

/* Clients that look at nothing: an answer is one more. */
struct quiet_call {
	struct wait wait;
	size_t *n_bytes;	/* answered so far */
	bool is_outside;	/* the bytes of a read were in no slot */
};

static int on_answer(struct wait *w, ssize_t result, const struct iovec *iov, int n_iov)
{
	struct quiet_call *c = container_of(w, struct quiet_call, wait);

	*c->n_bytes += result > 0 ? (size_t)result : 0;
	for (int i = 0; i < n_iov; i++)
		c->is_outside |= !is_in(&slots[LINK_DL], iov[i].iov_base);
	return 0;
}

static const struct wait_ops quiet_ops = { .answer = on_answer };

static void on_changed(void *user)
{
	(void)user;
}

static const struct port_file_ops file_ops = { .changed = on_changed };
static struct rig rig;
static struct device *device;
static struct port_file *file;
static uint8_t payload[LEN];
static size_t n_bytes;

static void setup(void)
{
	rig_setup(&rig);
	device = rig_device(&rig, "loopback");
	count_seam(mhi_hw(device->bearer));
}

static void turn(void)
{
	for (int i = 0; i < TURNS; i++)
		loop_turn(rig.loop, false);
}

static void watch_slots(const struct link *l, const char *name)
{
	unsigned int chan = 0;

	while (strcmp(l->chans[chan].name, name))
		chan++;
	for (int dir = LINK_UL; dir <= LINK_DL; dir++) {
		const struct link_slots *s = &l->chans[chan].slots[dir];

		slots[dir] = (struct watched){ s->base, (size_t)s->size * s->n };
	}
}

static void open_channel(const char *name)
{
	struct call c;

	call_init(&c);
	port_open(rig_port(device, name), false, &file_ops, NULL, &c.wait, &file);
	RIG_UNTIL(&rig, c.answers);
	ck_assert_int_eq(c.result, 0);
	watch_slots(engine_link(mhi_engine(device->bearer)), name);
	client_bytes = (struct watched){ payload, LEN };
}

static void teardown(void)
{
	port_close(file);
	rig_shutdown(&rig);
	RIG_UNTIL(&rig, rig.is_down);
	rig_teardown(&rig);
}

/* One batch of calls in one turn, all answered before the next; true when a
 * read was answered from outside its slots. */
static bool run_batch(bool is_write)
{
	static struct quiet_call calls[BATCH];
	bool is_outside = false;

	for (unsigned int i = 0; i < BATCH; i++) {
		calls[i] = (struct quiet_call){ .n_bytes = &n_bytes };
		wait_init(&calls[i].wait, &quiet_ops);
		if (is_write)
			port_write(file, &calls[i].wait, payload, LEN, 0, false);
		else
			port_read(file, &calls[i].wait, 1 << 20, 0, false);
	}
	turn();
	for (unsigned int i = 0; i < BATCH; i++)
		is_outside |= calls[i].is_outside;
	return is_outside;
}

/* Fills total for BATCHES batches, after some that warm up; how many slots
 * came back. */
static uint64_t count(bool is_write, bool *ret_outside)
{
	const struct engine_counts *counts = engine_counts(mhi_engine(device->bearer));
	uint64_t returned;

	*ret_outside = false;
	for (int i = 0; i < WARM; i++)
		run_batch(is_write);
	returned = counts->returned;
	n_bytes = 0;
	memset(&seen, 0, sizeof(seen));
	for (int i = 0; i < BATCHES; i++)
		*ret_outside |= run_batch(is_write);
	total = seen;
	return counts->returned - returned;
}

START_TEST(test_uplink_costs_one_copy_and_two_doorbells_a_batch)
{
	bool is_outside;
	uint64_t n;

	open_channel("TEST_0");
	n = count(true, &is_outside);
	ck_assert_uint_eq(n, BATCH * BATCHES);
	ck_assert_uint_eq(n_bytes, BATCH * BATCHES * LEN);
	ck_assert_uint_le(total.copies_up, n);
	ck_assert_uint_eq(total.copies_down, 0);
	ck_assert_uint_eq(total.heap, 0);
	ck_assert_uint_eq(total.maps, 0);
	ck_assert_uint_eq(total.reads, 0);
	ck_assert_uint_eq(total.writes, 0);
	ck_assert_uint_le(total.bells, 2 * BATCHES);
}
END_TEST

START_TEST(test_downlink_is_answered_from_the_slot_itself)
{
	bool is_outside;
	uint64_t n;

	open_channel("TEST_1");
	n = count(false, &is_outside);
	ck_assert_uint_eq(n, BATCH * BATCHES);
	ck_assert_uint_gt(n_bytes, 0);
	ck_assert(!is_outside);
	ck_assert_uint_eq(total.copies_down, 0);
	ck_assert_uint_eq(total.heap, 0);
	ck_assert_uint_eq(total.maps, 0);
	ck_assert_uint_eq(total.reads, 0);
	ck_assert_uint_eq(total.writes, 0);
	ck_assert_uint_le(total.bells, 2 * BATCHES);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("counts");
	TCase *t = tcase_create("steady state");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_uplink_costs_one_copy_and_two_doorbells_a_batch);
	tcase_add_test(t, test_downlink_is_answered_from_the_slot_itself);
	suite_add_tcase(s, t);
	return suite_run(s);
}
