/* The driver side, against a device that is played by hand. */
#include "tests/suite.h"
#include "tests/vring_rig.h"
#include <errno.h>

enum { N = 8, BUFFER = 512 };

static struct vring_rig r;
static struct vring *v;
static uint32_t token, len;

static void begin(uint64_t features, uint16_t at)
{
	rig_fini(&r);
	rig_init(&r, N, features, at);
	v = &r.v;
	le16_set(&v->used->flags, 0);	/* the rig's device begins muted */
	token = len = 99;
}

static void setup(void)
{
	begin(0, 0);
}

static void teardown(void)
{
	rig_fini(&r);
}

static int add(unsigned int n_out, unsigned int n_in, uint32_t name)
{
	struct vring_piece pieces[N];

	for (unsigned int i = 0; i < n_out + n_in; i++)
		pieces[i] = (struct vring_piece){ rig_iova(&r, i * BUFFER), BUFFER };
	return vring_add(v, pieces, n_out, n_in, name);
}

static void use(uint32_t id, uint32_t written)
{
	uint16_t idx = le16_get(&v->used->idx);

	le32_set(&v->used->ring[idx & (v->n - 1)].id, id);
	le32_set(&v->used->ring[idx & (v->n - 1)].len, written);
	le16_set(&v->used->idx, (uint16_t)(idx + 1));
}

static uint16_t last_head(void)
{
	return le16_get(&v->avail->ring[(v->avail_idx - 1) & (v->n - 1)]);
}

/* Source: the layout of a queue with one address and alignment 16. */
static const struct { unsigned int n; size_t used_at, len; } layouts[] = {
	{ 8, 160, 230 }, { 16, 304, 438 }, { 32, 592, 854 }, { 64, 1168, 1686 },
	{ 128, 2320, 3350 }, { 256, 4624, 6678 }, { 512, 9232, 13334 },
	{ 1024, 18448, 26646 },
};

START_TEST(test_lies_in_memory_as_the_specification_says)
{
	static struct vring_chain chains[1024];
	unsigned int n = layouts[_i].n;
	void *mem = aligned_alloc(16, vring_len(n));
	struct vring ring;

	vring_init(&ring, mem, 0x1000, n, chains, false);
	ck_assert_uint_eq(ring.parts.desc, 0x1000);
	ck_assert_uint_eq(ring.parts.avail - ring.parts.desc, 16 * n);
	ck_assert_uint_eq(ring.parts.used - ring.parts.desc, layouts[_i].used_at);
	ck_assert_uint_eq(layouts[_i].used_at + vring_used_len(n), layouts[_i].len);
	ck_assert_uint_eq(vring_len(n), round_up(layouts[_i].len, 16));
	ck_assert_ptr_eq(ring.avail, (uint8_t *)mem + 16 * n);
	ck_assert_ptr_eq(ring.used, (uint8_t *)mem + layouts[_i].used_at);
	ck_assert_ptr_eq(vring_used_event(ring.avail, n), (uint8_t *)mem + 16 * n + 4 + 2 * n);
	ck_assert_ptr_eq(vring_avail_event(ring.used, n),
			 (uint8_t *)mem + layouts[_i].len - 2);
	free(mem);
}
END_TEST

START_TEST(test_smallest_and_largest_queue_fit)
{
	ck_assert_uint_eq(vring_len(1), round_up(32 + 14, 16));
	ck_assert_uint_eq(vring_len(VRING_MOST),
			  round_up(round_up(16 * 32768 + 6 + 2 * 32768, 16) + 6 + 8 * 32768, 16));
}
END_TEST

START_TEST(test_add_writes_a_chain_and_publishes_its_head)
{
	ck_assert_int_eq(add(2, 1, 7), VRING_OK);
	ck_assert_uint_eq(le16_get(&v->avail->idx), 1);
	ck_assert_uint_eq(last_head(), 0);
	for (unsigned int i = 0; i < 3; i++) {
		const struct vring_desc *d = &v->desc[i];

		ck_assert_uint_eq(le64_get(&d->addr), rig_iova(&r, i * BUFFER));
		ck_assert_uint_eq(le32_get(&d->len), BUFFER);
		ck_assert_uint_eq(le16_get(&d->flags), (i < 2 ? VRING_DESC_NEXT : 0) |
						       (i < 2 ? 0 : VRING_DESC_WRITE));
		if (i < 2)
			ck_assert_uint_eq(le16_get(&d->next), i + 1);
	}
}
END_TEST

START_TEST(test_take_gives_the_token_and_the_length)
{
	add(1, 1, 7);
	ck_assert(!vring_has_used(v));
	ck_assert_int_eq(vring_take(v, &token, &len), VRING_EMPTY);
	ck_assert_uint_eq(token, 99);
	use(last_head(), 100);
	ck_assert(vring_has_used(v));
	ck_assert_int_eq(vring_take(v, &token, &len), VRING_OK);
	ck_assert_uint_eq(token, 7);
	ck_assert_uint_eq(len, 100);
	ck_assert_uint_eq(v->n_free, N);
	ck_assert_uint_eq(v->n_flying, 0);
}
END_TEST

START_TEST(test_add_refuses_when_full)
{
	struct vring before;

	for (unsigned int i = 0; i < N - 1; i++)
		ck_assert_int_eq(add(0, 1, i), VRING_OK);
	before = *v;
	ck_assert_int_eq(add(1, 1, 50), VRING_FULL);
	ck_assert_mem_eq(&before, v, sizeof(before));
	ck_assert_uint_eq(le16_get(&v->avail->idx), N - 1);
	ck_assert_int_eq(add(1, 0, 51), VRING_OK);
	ck_assert_int_eq(add(1, 0, 52), VRING_FULL);
}
END_TEST

START_TEST(test_one_chain_may_fill_the_ring)
{
	ck_assert_int_eq(add(N / 2, N / 2, 1), VRING_OK);
	ck_assert_int_eq(add(1, 0, 2), VRING_FULL);
	use(last_head(), N / 2 * BUFFER);
	ck_assert_int_eq(vring_take(v, &token, &len), VRING_OK);
	ck_assert_uint_eq(len, N / 2 * BUFFER);
	ck_assert_int_eq(add(N, 0, 3), VRING_OK);
}
END_TEST

START_TEST(test_chains_come_back_in_any_order)
{
	uint16_t heads[3];

	for (unsigned int round = 0; round < 100; round++) {
		for (unsigned int i = 0; i < 3; i++) {
			ck_assert_int_eq(add(1, i, 10 + i), VRING_OK);
			heads[i] = last_head();
		}
		for (unsigned int i = 0; i < 3; i++)
			use(heads[(i + round) % 3], 0);
		for (unsigned int i = 0; i < 3; i++) {
			ck_assert_int_eq(vring_take(v, &token, &len), VRING_OK);
			ck_assert_uint_eq(token, 10 + (i + round) % 3);
		}
		ck_assert_uint_eq(v->n_free, N);
	}
}
END_TEST

START_TEST(test_indices_wrap_without_a_loss)
{
	uint32_t sent = 0, back = 0;

	begin(_i ? VIRTIO_F_EVENT_IDX : 0, 0xfff0);
	while (back < 100000) {
		while (add(0, 1, sent) == VRING_OK) {
			sent++;
			use(last_head(), sent % BUFFER);
		}
		while (vring_take(v, &token, &len) == VRING_OK) {
			ck_assert_uint_eq(token, back);
			back++;
			ck_assert_uint_eq(len, back % BUFFER);
		}
		ck_assert_uint_eq(sent, back);
	}
	ck_assert_uint_eq(le16_get(&v->avail->idx), (uint16_t)(0xfff0 + sent));
}
END_TEST

/* --- a device that breaks rules --- */

static void check_broken(void)
{
	token = len = 99;
	ck_assert_int_eq(vring_take(v, &token, &len), -EPROTO);
	ck_assert_uint_eq(token, 99);
	ck_assert_uint_eq(len, 99);
	ck_assert_int_eq(vring_take(v, &token, &len), -EPROTO);
	ck_assert_int_eq(add(1, 0, 1), -EPROTO);
	ck_assert(!vring_wants_kick(v));
	ck_assert(!vring_has_used(v));
	ck_assert(vring_listen(v));
	vring_init(v, v->desc, RIG_IOVA, N, r.chains, false);
	ck_assert_int_eq(add(1, 0, 1), VRING_OK);
}

static const uint16_t jumps[] = { 4, N, N + 1, 255, 32767, 32768, 32769, 65535 };

START_TEST(test_an_index_that_runs_ahead_breaks_the_ring)
{
	begin(0, 0xfffe);
	for (unsigned int i = 0; i < 3; i++)
		add(0, 1, i);
	le16_set(&v->used->idx, (uint16_t)(0xfffe + jumps[_i]));
	check_broken();
}
END_TEST

START_TEST(test_an_index_that_goes_back_breaks_the_ring)
{
	for (unsigned int i = 0; i < 3; i++) {
		add(0, 1, i);
		use(i, 0);
	}
	if (_i)
		ck_assert(!vring_listen(v));
	else
		ck_assert_int_eq(vring_take(v, &token, &len), VRING_OK);
	le16_set(&v->used->idx, (uint16_t)(1 - _i));
	check_broken();
}
END_TEST

/* The next take says so. */
START_TEST(test_listen_sees_a_broken_ring)
{
	add(0, 1, 1);
	le16_set(&v->used->idx, 2);
	ck_assert(!vring_listen(v));
	check_broken();
}
END_TEST

static const uint32_t strange_ids[] = { N, N + 1, 255, 65536, 0x7fffffff, 0xffffffff };

START_TEST(test_an_id_outside_the_queue_breaks_the_ring)
{
	add(0, 1, 1);
	use(strange_ids[_i], 1);
	check_broken();
}
END_TEST

START_TEST(test_an_id_twice_breaks_the_ring)
{
	add(0, 1, 1);
	add(0, 1, 2);
	use(0, 1);
	use(0, 1);
	ck_assert_int_eq(vring_take(v, &token, &len), VRING_OK);
	check_broken();
}
END_TEST

START_TEST(test_an_id_inside_a_chain_breaks_the_ring)
{
	add(2, 2, 1);
	use((uint32_t)_i, 1);
	check_broken();
}
END_TEST

START_TEST(test_an_id_that_never_flew_breaks_the_ring)
{
	add(0, 1, 1);
	use(5, 1);
	check_broken();
}
END_TEST

static const uint32_t lengths[] = { 0, 8, 15, 16, 511, 512, 513, 0xffff, 0x80000000, 0xffffffff };

START_TEST(test_a_length_is_what_fits_or_breaks_the_ring)
{
	add(1, 1, 1);
	use(0, lengths[_i]);
	if (lengths[_i] > BUFFER) {
		check_broken();
		return;
	}
	ck_assert_int_eq(vring_take(v, &token, &len), VRING_OK);
	ck_assert_uint_eq(len, lengths[_i]);
}
END_TEST

START_TEST(test_a_chain_only_read_may_report_what_was_read)
{
	add(1, 0, 1);
	use(0, lengths[_i]);
	if (lengths[_i] > BUFFER) {
		check_broken();
		return;
	}
	ck_assert_int_eq(vring_take(v, &token, &len), VRING_OK);
	ck_assert_uint_eq(len, 0);
}
END_TEST

START_TEST(test_nothing_the_device_writes_over_is_believed)
{
	add(2, 1, 1);
	add(1, 0, 2);
	/* All but the used ring. */
	memset(r.mem, 0xff, (size_t)((uint8_t *)v->used - r.mem));
	use(3, 0);
	use(0, 12);
	ck_assert_int_eq(vring_take(v, &token, &len), VRING_OK);
	ck_assert_uint_eq(token, 2);
	ck_assert_int_eq(vring_take(v, &token, &len), VRING_OK);
	ck_assert_uint_eq(token, 1);
	ck_assert_int_eq(vring_take(v, &token, &len), VRING_EMPTY);
	ck_assert_int_eq(add(N, 0, 3), VRING_OK);
	ck_assert_uint_eq(le16_get(&v->avail->idx), 3);
}
END_TEST

/* --- who wants to be told --- */

START_TEST(test_begins_muted)
{
	ck_assert_uint_eq(le16_get(&v->avail->flags), VRING_NO_INTERRUPT);
	begin(VIRTIO_F_EVENT_IDX, 0);
	ck_assert_uint_eq(le16_get(&v->avail->flags), 0);
	ck_assert_uint_eq(le16_get(vring_used_event(v->avail, N)), (uint16_t)(-N - 1));
}
END_TEST

START_TEST(test_listen_and_mute_by_flag)
{
	ck_assert(vring_listen(v));
	ck_assert_uint_eq(le16_get(&v->avail->flags), 0);
	vring_mute(v);
	ck_assert_uint_eq(le16_get(&v->avail->flags), VRING_NO_INTERRUPT);
	add(0, 1, 1);
	use(0, 0);
	ck_assert(!vring_listen(v));
	ck_assert_uint_eq(le16_get(&v->avail->flags), VRING_NO_INTERRUPT);
}
END_TEST

START_TEST(test_listen_and_mute_by_event)
{
	begin(VIRTIO_F_EVENT_IDX, 0xffff);
	ck_assert(vring_listen(v));
	ck_assert_uint_eq(le16_get(vring_used_event(v->avail, N)), 0xffff);
	add(0, 1, 1);
	use(0, 0);
	ck_assert(!vring_listen(v));
	ck_assert_int_eq(vring_take(v, &token, &len), VRING_OK);
	ck_assert(vring_listen(v));
	ck_assert_uint_eq(le16_get(vring_used_event(v->avail, N)), 0);
}
END_TEST

START_TEST(test_kicks_unless_the_flag_says_no)
{
	ck_assert(!vring_wants_kick(v));
	add(0, 1, 1);
	ck_assert(vring_wants_kick(v));
	ck_assert(!vring_wants_kick(v));
	le16_set(&v->used->flags, VRING_NO_NOTIFY);
	add(0, 1, 1);
	ck_assert(!vring_wants_kick(v));
	le16_set(&v->used->flags, 0xfffe);
	add(0, 1, 1);
	ck_assert(vring_wants_kick(v));
}
END_TEST

/* Five chains, from 0xfffe on: their places in the order of adding. */
START_TEST(test_kicks_when_the_event_was_crossed)
{
	uint16_t event = (uint16_t)(0xfffe + _i - 3);

	begin(VIRTIO_F_EVENT_IDX, 0xfffe);
	le16_set(vring_avail_event(v->used, N), event);
	for (unsigned int i = 0; i < 5; i++)
		add(0, 1, i);
	ck_assert(vring_wants_kick(v) == (_i >= 3 && _i < 8));
	ck_assert(!vring_wants_kick(v));
	/* The next range begins where that one ended, kicked or not. */
	add(0, 1, 5);
	ck_assert(vring_wants_kick(v) == (_i == 8));
}
END_TEST

/* Added and used, without a question. */
static void pass(unsigned int n)
{
	while (n--) {
		ck_assert_int_eq(add(0, 1, 1), VRING_OK);
		use(last_head(), 0);
		ck_assert_int_eq(vring_take(v, &token, &len), VRING_OK);
	}
}

static const unsigned int many[] = { 65535, 65536, 65537, 131072, 140000 };

START_TEST(test_kicks_after_a_whole_round)
{
	begin(VIRTIO_F_EVENT_IDX, 0);
	pass(many[_i]);
	/* Seems to lie behind all that was added. */
	le16_set(vring_avail_event(v->used, N), v->avail_idx);
	ck_assert(vring_wants_kick(v));
	ck_assert(!vring_wants_kick(v));
	pass(1);
	ck_assert(vring_wants_kick(v));
	pass(2);
	ck_assert(!vring_wants_kick(v));
}
END_TEST

static void add_normal(TCase *c)
{
	tcase_add_loop_test(c, test_lies_in_memory_as_the_specification_says, 0,
			    (int)ARRAY_SIZE(layouts));
	tcase_add_test(c, test_smallest_and_largest_queue_fit);
	tcase_add_test(c, test_add_writes_a_chain_and_publishes_its_head);
	tcase_add_test(c, test_take_gives_the_token_and_the_length);
	tcase_add_test(c, test_add_refuses_when_full);
	tcase_add_test(c, test_one_chain_may_fill_the_ring);
	tcase_add_test(c, test_chains_come_back_in_any_order);
	tcase_add_loop_test(c, test_indices_wrap_without_a_loss, 0, 2);
	tcase_add_test(c, test_begins_muted);
	tcase_add_test(c, test_listen_and_mute_by_flag);
	tcase_add_test(c, test_listen_and_mute_by_event);
	tcase_add_test(c, test_kicks_unless_the_flag_says_no);
	tcase_add_loop_test(c, test_kicks_when_the_event_was_crossed, 0, 10);
	tcase_add_loop_test(c, test_kicks_after_a_whole_round, 0, (int)ARRAY_SIZE(many));
}

static void add_broken(TCase *c)
{
	tcase_add_loop_test(c, test_an_index_that_runs_ahead_breaks_the_ring, 0,
			    (int)ARRAY_SIZE(jumps));
	tcase_add_loop_test(c, test_an_index_that_goes_back_breaks_the_ring, 0, 2);
	tcase_add_test(c, test_listen_sees_a_broken_ring);
	tcase_add_loop_test(c, test_an_id_outside_the_queue_breaks_the_ring, 0,
			    (int)ARRAY_SIZE(strange_ids));
	tcase_add_test(c, test_an_id_twice_breaks_the_ring);
	tcase_add_loop_test(c, test_an_id_inside_a_chain_breaks_the_ring, 1, 4);
	tcase_add_test(c, test_an_id_that_never_flew_breaks_the_ring);
	tcase_add_loop_test(c, test_a_length_is_what_fits_or_breaks_the_ring, 0,
			    (int)ARRAY_SIZE(lengths));
	tcase_add_loop_test(c, test_a_chain_only_read_may_report_what_was_read, 0,
			    (int)ARRAY_SIZE(lengths));
	tcase_add_test(c, test_nothing_the_device_writes_over_is_believed);
}

int main(void)
{
	Suite *s = suite_create("vring");
	TCase *c = tcase_create("vring");

	tcase_add_checked_fixture(c, setup, teardown);
	add_normal(c);
	add_broken(c);
	suite_add_tcase(s, c);
	return suite_run(s);
}
