/* The device side, against a driver that is played by hand. */
#include "tests/suite.h"
#include "tests/vring_rig.h"
#include <errno.h>

enum { N = 8, ALL = 0xffff };
#define RING_FEATURES (VIRTIO_F_EVENT_IDX | VIRTIO_F_INDIRECT_DESC)

static struct vring_rig r;
static struct vq *q;
static struct vq_chain chain;

static void begin(uint64_t features, uint16_t at)
{
	rig_fini(&r);
	rig_init(&r, N, features, at);
	q = &r.q;
	memset(&chain, 0, sizeof(chain));
}

static void setup(void)
{
	begin(VIRTIO_F_INDIRECT_DESC, 0);
}

static void teardown(void)
{
	rig_fini(&r);
}

static void put(struct vring_desc *table, unsigned int at, uint64_t addr, uint32_t len,
		unsigned int flags, unsigned int next)
{
	le64_set(&table[at].addr, addr);
	le32_set(&table[at].len, len);
	le16_set(&table[at].flags, (uint16_t)flags);
	le16_set(&table[at].next, (uint16_t)next);
}

static void put_desc(unsigned int at, uint32_t len, unsigned int flags, unsigned int next)
{
	put(q->at.desc, at, rig_iova(&r, at * 512), len, flags, next);
}

static void offer(unsigned int head)
{
	uint16_t idx = le16_get(&q->at.avail->idx);

	le16_set(&q->at.avail->ring[idx & (N - 1)], (uint16_t)head);
	le16_set(&q->at.avail->idx, (uint16_t)(idx + 1));
}

/* One element, readable. */
static void offer_one(unsigned int head)
{
	put_desc(head, 16, 0, ALL);
	offer(head);
}

static struct vring_desc *indirect_table(void)
{
	return (struct vring_desc *)rig_buffer(&r, 8192);
}

static void put_indirect(unsigned int at, uint32_t len, unsigned int flags)
{
	put(q->at.desc, at, rig_iova(&r, 8192), len, VRING_DESC_INDIRECT | flags, ALL);
}

static void check_damaged(const char *word)
{
	ck_assert_int_eq(vq_pop(q, &chain), -EPROTO);
	ck_assert_ptr_nonnull(q->damage);
	ck_assert_msg(strstr(q->damage, word), "%s", q->damage);
	ck_assert_int_eq(vq_pop(q, &chain), -EPROTO);
	memset(r.mem, 0x5a, r.len);
	vq_publish(q);
	vq_mute(q);
	ck_assert(vq_listen(q));
	ck_assert(!vq_wants_raise(q));
	for (size_t i = 0; i < r.len; i++)
		ck_assert_uint_eq(r.mem[i], 0x5a);
}

START_TEST(test_pops_readable_then_writable)
{
	put_desc(3, 10, VRING_DESC_NEXT, 5);
	put_desc(5, 20, VRING_DESC_NEXT, 0);
	put_desc(0, 30, VRING_DESC_NEXT | VRING_DESC_WRITE, 7);
	put_desc(7, 40, VRING_DESC_WRITE, ALL);
	ck_assert_int_eq(vq_pop(q, &chain), VQ_EMPTY);
	offer(3);
	ck_assert_int_eq(vq_pop(q, &chain), VQ_OK);
	ck_assert_uint_eq(chain.head, 3);
	ck_assert_uint_eq(chain.n_out, 2);
	ck_assert_uint_eq(chain.n_in, 2);
	ck_assert_uint_eq(chain.out_len, 30);
	ck_assert_uint_eq(chain.in_len, 70);
	ck_assert_uint_eq(chain.pieces[2].addr, rig_iova(&r, 0));
	ck_assert_uint_eq(chain.pieces[2].len, 30);
	ck_assert_int_eq(vq_pop(q, &chain), VQ_EMPTY);
}
END_TEST

START_TEST(test_push_shows_after_publish)
{
	offer_one(4);
	vq_pop(q, &chain);
	vq_push(q, 4, 77);
	ck_assert_uint_eq(le16_get(&q->at.used->idx), 0);
	ck_assert_uint_eq(le32_get(&q->at.used->ring[0].id), 4);
	ck_assert_uint_eq(le32_get(&q->at.used->ring[0].len), 77);
	vq_publish(q);
	ck_assert_uint_eq(le16_get(&q->at.used->idx), 1);
	ck_assert_uint_eq(q->n_out, 0);
}
END_TEST

START_TEST(test_copies_across_pieces)
{
	uint8_t data[100], back[100];

	for (unsigned int i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)i;
	put_desc(0, 10, VRING_DESC_WRITE | VRING_DESC_NEXT, 1);
	put_desc(1, 60, VRING_DESC_WRITE | VRING_DESC_NEXT, 2);
	put_desc(2, 20, VRING_DESC_WRITE, ALL);
	offer(0);
	vq_pop(q, &chain);
	ck_assert_uint_eq(vq_write(q, chain.pieces, 3, data, 100), 90);
	ck_assert_mem_eq(rig_buffer(&r, 512), data + 10, 60);
	ck_assert_mem_eq(rig_buffer(&r, 1024), data + 70, 20);
	ck_assert_uint_eq(vq_read(q, chain.pieces, 3, back, 75), 75);
	ck_assert_mem_eq(back, data, 75);
	ck_assert_uint_eq(vq_read(q, chain.pieces + 1, 2, back, 100), 80);
	ck_assert_uint_eq(vq_write(q, chain.pieces, 0, data, 100), 0);
}
END_TEST

/* The driver took back memory that a chain out still names. */
START_TEST(test_copies_only_what_is_in_reach)
{
	struct vq_piece pieces[] = { { rig_iova(&r, 0), 8 }, { 0x1000, 8 },
				     { rig_iova(&r, 8), 8 } };
	uint8_t data[24] = { 0 };

	ck_assert_uint_eq(vq_write(q, pieces, 3, data, 24), 8);
	ck_assert_uint_eq(vq_read(q, pieces, 3, data, 24), 8);
}
END_TEST

START_TEST(test_an_indirect_table_is_a_chain)
{
	struct vring_desc *table = indirect_table();

	put(table, 0, rig_iova(&r, 0), 8, VRING_DESC_NEXT, 2);
	put(table, 2, rig_iova(&r, 64), 2, VRING_DESC_WRITE, ALL);
	put_indirect(6, 3 * 16, 0);
	offer(6);
	ck_assert_int_eq(vq_pop(q, &chain), VQ_OK);
	ck_assert_uint_eq(chain.head, 6);
	ck_assert_uint_eq(chain.n_out, 1);
	ck_assert_uint_eq(chain.n_in, 1);
	ck_assert_uint_eq(chain.pieces[1].addr, rig_iova(&r, 64));
}
END_TEST

/* Source: virtio 1.2, 2.7.5.3.1: elements may lie before the indirect one. */
START_TEST(test_an_indirect_table_may_end_a_chain)
{
	put(indirect_table(), 0, rig_iova(&r, 64), 2, VRING_DESC_WRITE, ALL);
	put_desc(1, 8, VRING_DESC_NEXT, 2);
	put_indirect(2, 16, 0);
	offer(1);
	ck_assert_int_eq(vq_pop(q, &chain), VQ_OK);
	ck_assert_uint_eq(chain.n_out, 1);
	ck_assert_uint_eq(chain.n_in, 1);
}
END_TEST

START_TEST(test_an_indirect_table_holds_no_more_than_the_queue)
{
	for (unsigned int i = 0; i <= N; i++)
		put(indirect_table(), i, rig_iova(&r, 64), 2, i + 1 < N ? VRING_DESC_NEXT : 0,
		    i + 1);
	put_indirect(0, (N + 1) * 16, 0);
	offer(0);
	ck_assert_int_eq(vq_pop(q, &chain), VQ_OK);
	ck_assert_uint_eq(chain.n_out, N);
	put(indirect_table(), N - 1, rig_iova(&r, 64), 2, VRING_DESC_NEXT, N);
	put_indirect(1, (N + 1) * 16, 0);
	offer(1);
	check_damaged("longer than the queue");
}
END_TEST

/* --- a driver that breaks rules --- */

static const uint16_t jumps[] = { N + 1, N + 2, 32768, 65535 };

START_TEST(test_too_many_available_damage_the_queue)
{
	begin(0, 0xfff0);
	le16_set(&q->at.avail->idx, (uint16_t)(0xfff0 + jumps[_i]));
	check_damaged("more chains are available");
}
END_TEST

START_TEST(test_too_many_available_are_seen_before_sleep)
{
	le16_set(&q->at.avail->idx, N + 1);
	ck_assert(vq_listen(q));
	check_damaged("more chains are available");
}
END_TEST

START_TEST(test_fewer_available_than_before_damage_the_queue)
{
	for (unsigned int i = 0; i < 3; i++)
		offer_one(i);
	ck_assert(!vq_listen(q));
	ck_assert_int_eq(vq_pop(q, &chain), VQ_OK);
	le16_set(&q->at.avail->idx, 2);
	ck_assert(vq_listen(q));
	check_damaged("fewer chains");
}
END_TEST

START_TEST(test_a_head_outside_the_table_damages_the_queue)
{
	offer(_i ? 0xffff : N);
	check_damaged("head outside");
}
END_TEST

START_TEST(test_a_head_that_is_out_damages_the_queue)
{
	offer_one(2);
	offer_one(2);
	ck_assert_int_eq(vq_pop(q, &chain), VQ_OK);
	check_damaged("out already");
}
END_TEST

START_TEST(test_a_head_is_free_again_after_push)
{
	for (unsigned int i = 0; i < 3 * N; i++) {
		offer_one(2);
		ck_assert_int_eq(vq_pop(q, &chain), VQ_OK);
		vq_push(q, 2, 0);
	}
}
END_TEST

START_TEST(test_a_next_outside_the_table_damages_the_queue)
{
	put_desc(0, 8, VRING_DESC_NEXT, _i ? 0xffff : N);
	offer(0);
	check_damaged("next element outside");
}
END_TEST

START_TEST(test_a_next_outside_an_indirect_table_damages_the_queue)
{
	put(indirect_table(), 0, rig_iova(&r, 0), 8, VRING_DESC_NEXT, 2);
	put_indirect(0, 2 * 16, 0);
	offer(0);
	check_damaged("next element outside");
}
END_TEST

/* Of 1, 2, ... elements, also of the whole table. */
START_TEST(test_a_loop_damages_the_queue)
{
	for (int i = 0; i <= _i; i++)
		put_desc((unsigned int)i, 8, VRING_DESC_NEXT, i < _i ? (unsigned int)i + 1 : 0);
	offer(0);
	check_damaged("longer than the queue");
}
END_TEST

START_TEST(test_readable_after_writable_damages_the_queue)
{
	put_desc(0, 8, VRING_DESC_NEXT | VRING_DESC_WRITE, 1);
	put_desc(1, 8, 0, ALL);
	offer(0);
	check_damaged("behind one to write");
}
END_TEST

START_TEST(test_an_element_without_bytes_damages_the_queue)
{
	put_desc(0, 0, 0, ALL);
	offer(0);
	check_damaged("without bytes");
}
END_TEST

static const struct { uint64_t addr; uint32_t len; } nowhere[] = {
	{ 0, 1 }, { RIG_IOVA - 1, 2 }, { RIG_IOVA - 1, 1 }, { RIG_IOVA, 0xffffffff },
	{ UINT64_MAX, 1 }, { UINT64_MAX, 2 }, { UINT64_MAX - 15, 16 }, { RIG_IOVA << 32, 1 },
};

START_TEST(test_an_element_out_of_reach_damages_the_queue)
{
	put(q->at.desc, 0, nowhere[_i].addr, nowhere[_i].len, _i & 1 ? VRING_DESC_WRITE : 0, ALL);
	offer(0);
	check_damaged("element out of reach");
}
END_TEST

START_TEST(test_an_element_over_the_end_damages_the_queue)
{
	put(q->at.desc, 0, RIG_IOVA + r.len - 8, 8, 0, ALL);
	offer(0);
	ck_assert_int_eq(vq_pop(q, &chain), VQ_OK);
	put(q->at.desc, 1, RIG_IOVA + r.len - 8, 9, 0, ALL);
	offer(1);
	check_damaged("element out of reach");
}
END_TEST

static void *reach_all(void *bus, uint64_t addr, uint32_t len)
{
	(void)addr;
	(void)len;
	return ((struct vring_rig *)bus)->mem;
}

START_TEST(test_a_chain_over_4_gib_damages_the_queue)
{
	const struct sim_virtio_bus_ops everywhere = { .reach = reach_all };

	q->bus_ops = &everywhere;
	put_desc(0, 0xfffffff0, VRING_DESC_NEXT, 1);
	put_desc(1, 0xf, VRING_DESC_WRITE, ALL);
	offer(0);
	ck_assert_int_eq(vq_pop(q, &chain), VQ_OK);
	put_desc(2, 0xfffffff0, VRING_DESC_NEXT, 3);
	put_desc(3, 0x10, VRING_DESC_WRITE, ALL);
	offer(2);
	check_damaged("more than 4 GiB");
}
END_TEST

START_TEST(test_indirect_has_to_be_negotiated)
{
	begin(VIRTIO_F_EVENT_IDX, 0);
	put_indirect(0, 16, 0);
	offer(0);
	check_damaged("not negotiated");
}
END_TEST

START_TEST(test_indirect_with_next_damages_the_queue)
{
	put_indirect(0, 16, VRING_DESC_NEXT);
	offer(0);
	check_damaged("with a next element");
}
END_TEST

START_TEST(test_indirect_inside_indirect_damages_the_queue)
{
	put(indirect_table(), 0, rig_iova(&r, 8192), 16, VRING_DESC_INDIRECT, ALL);
	put_indirect(0, 16, 0);
	offer(0);
	check_damaged("inside an indirect table");
}
END_TEST

static const uint32_t odd_tables[] = { 0, 1, 8, 15, 17, 24, 65536 * 16 + 16, 0xfffffff0 };

START_TEST(test_an_odd_indirect_table_damages_the_queue)
{
	put_indirect(0, odd_tables[_i], 0);
	offer(0);
	check_damaged("no whole number");
}
END_TEST

START_TEST(test_an_indirect_table_out_of_reach_damages_the_queue)
{
	put(q->at.desc, 0, RIG_IOVA + r.len - 16, 32, VRING_DESC_INDIRECT, ALL);
	offer(0);
	check_damaged("table out of reach");
}
END_TEST

START_TEST(test_a_crooked_indirect_table_damages_the_queue)
{
	put(q->at.desc, 0, rig_iova(&r, 8193), 16, VRING_DESC_INDIRECT, ALL);
	offer(0);
	check_damaged("not aligned");
}
END_TEST

/* A chain that was out before the damage is given back to nobody. */
START_TEST(test_a_damaged_queue_takes_chains_back_silently)
{
	offer_one(0);
	vq_pop(q, &chain);
	offer(N);
	ck_assert_int_eq(vq_pop(q, &chain), -EPROTO);
	vq_push(q, 0, 1);
	vq_publish(q);
	ck_assert_uint_eq(q->n_out, 0);
	ck_assert_uint_eq(le16_get(&q->at.used->idx), 0);
}
END_TEST

/* --- who wants to be told --- */

START_TEST(test_goes_on_where_the_rings_stand)
{
	struct sim_queue_setup at = q->at;

	at.next = 0xfffe;
	le16_set(&at.avail->idx, 0xfffe);
	le16_set(&at.used->idx, 0x1234);
	vq_init(q, &at, 0, &rig_bus_ops, &r);
	ck_assert_int_eq(vq_pop(q, &chain), VQ_EMPTY);
	for (unsigned int i = 0; i < 4; i++) {
		offer_one(i);
		ck_assert_int_eq(vq_pop(q, &chain), VQ_OK);
		vq_push(q, (uint16_t)i, i);
	}
	vq_publish(q);
	ck_assert_uint_eq(q->next, 2);
	ck_assert_uint_eq(le16_get(&at.used->idx), 0x1238);
	ck_assert_uint_eq(le32_get(&at.used->ring[0x1235 & (N - 1)].id), 1);
}
END_TEST

START_TEST(test_listens_for_more_than_was_seen)
{
	begin(_i ? VIRTIO_F_EVENT_IDX : 0, 0);
	offer_one(0);
	ck_assert(!vq_listen(q));
	/* Not popped, but seen. */
	ck_assert(vq_listen(q));
	if (_i)
		ck_assert_uint_eq(le16_get(vring_avail_event(q->at.used, N)), 1);
	else
		ck_assert_uint_eq(le16_get(&q->at.used->flags), 0);
	offer_one(1);
	ck_assert(!vq_listen(q));
	ck_assert_int_eq(vq_pop(q, &chain), VQ_OK);
	ck_assert_int_eq(vq_pop(q, &chain), VQ_OK);
	ck_assert_int_eq(vq_pop(q, &chain), VQ_EMPTY);
}
END_TEST

static void give_back(unsigned int n)
{
	while (n--) {
		offer_one(0);
		ck_assert_int_eq(vq_pop(q, &chain), VQ_OK);
		vq_push(q, 0, 0);
	}
	vq_publish(q);
}

START_TEST(test_raises_unless_the_flag_says_no)
{
	le16_set(&q->at.avail->flags, 0);
	ck_assert(!vq_wants_raise(q));
	give_back(1);
	ck_assert(vq_wants_raise(q));
	ck_assert(!vq_wants_raise(q));
	le16_set(&q->at.avail->flags, VRING_NO_INTERRUPT);
	give_back(1);
	ck_assert(!vq_wants_raise(q));
}
END_TEST

/* Five entries, from 0xfffe on. */
START_TEST(test_raises_when_the_event_was_crossed)
{
	begin(RING_FEATURES, 0xfffe);
	le16_set(vring_used_event(q->at.avail, N), (uint16_t)(0xfffe + _i - 3));
	give_back(5);
	ck_assert(vq_wants_raise(q) == (_i >= 3 && _i < 8));
	ck_assert(!vq_wants_raise(q));
	give_back(1);
	ck_assert(vq_wants_raise(q) == (_i == 8));
}
END_TEST

START_TEST(test_raises_after_a_whole_round)
{
	begin(RING_FEATURES, 0);
	give_back(65535 + (unsigned int)_i);
	le16_set(vring_used_event(q->at.avail, N), q->used);
	ck_assert(vq_wants_raise(q));
	ck_assert(!vq_wants_raise(q));
}
END_TEST

static void add_normal(TCase *c)
{
	tcase_add_test(c, test_pops_readable_then_writable);
	tcase_add_test(c, test_push_shows_after_publish);
	tcase_add_test(c, test_copies_across_pieces);
	tcase_add_test(c, test_copies_only_what_is_in_reach);
	tcase_add_test(c, test_an_indirect_table_is_a_chain);
	tcase_add_test(c, test_an_indirect_table_may_end_a_chain);
	tcase_add_test(c, test_goes_on_where_the_rings_stand);
	tcase_add_test(c, test_a_head_is_free_again_after_push);
	tcase_add_loop_test(c, test_listens_for_more_than_was_seen, 0, 2);
	tcase_add_test(c, test_raises_unless_the_flag_says_no);
	tcase_add_loop_test(c, test_raises_when_the_event_was_crossed, 0, 10);
	tcase_add_loop_test(c, test_raises_after_a_whole_round, 0, 3);
}

static void add_damage(TCase *c)
{
	tcase_add_loop_test(c, test_too_many_available_damage_the_queue, 0,
			    (int)ARRAY_SIZE(jumps));
	tcase_add_test(c, test_too_many_available_are_seen_before_sleep);
	tcase_add_test(c, test_fewer_available_than_before_damage_the_queue);
	tcase_add_loop_test(c, test_a_head_outside_the_table_damages_the_queue, 0, 2);
	tcase_add_test(c, test_a_head_that_is_out_damages_the_queue);
	tcase_add_loop_test(c, test_a_next_outside_the_table_damages_the_queue, 0, 2);
	tcase_add_loop_test(c, test_a_loop_damages_the_queue, 0, N);
	tcase_add_test(c, test_readable_after_writable_damages_the_queue);
	tcase_add_test(c, test_an_element_without_bytes_damages_the_queue);
	tcase_add_loop_test(c, test_an_element_out_of_reach_damages_the_queue, 0,
			    (int)ARRAY_SIZE(nowhere));
	tcase_add_test(c, test_an_element_over_the_end_damages_the_queue);
	tcase_add_test(c, test_a_chain_over_4_gib_damages_the_queue);
	tcase_add_test(c, test_a_damaged_queue_takes_chains_back_silently);
}

static void add_indirect_damage(TCase *c)
{
	tcase_add_test(c, test_an_indirect_table_holds_no_more_than_the_queue);
	tcase_add_test(c, test_a_next_outside_an_indirect_table_damages_the_queue);
	tcase_add_test(c, test_indirect_has_to_be_negotiated);
	tcase_add_test(c, test_indirect_with_next_damages_the_queue);
	tcase_add_test(c, test_indirect_inside_indirect_damages_the_queue);
	tcase_add_loop_test(c, test_an_odd_indirect_table_damages_the_queue, 0,
			    (int)ARRAY_SIZE(odd_tables));
	tcase_add_test(c, test_an_indirect_table_out_of_reach_damages_the_queue);
	tcase_add_test(c, test_a_crooked_indirect_table_damages_the_queue);
}

int main(void)
{
	Suite *s = suite_create("vq");
	TCase *c = tcase_create("vq");

	tcase_add_checked_fixture(c, setup, teardown);
	add_normal(c);
	add_damage(c);
	add_indirect_damage(c);
	suite_add_tcase(s, c);
	return suite_run(s);
}
