#include "core/ring.h"
#include "tests/suite.h"

enum { N = 8 };

static struct tre memory[N];
static struct ring ring;

static void setup(void)
{
	ring_init(&ring, memory, 0x10000, N);
}

static struct tre_copy element(uint64_t n)
{
	return (struct tre_copy){ n, { 0, (uint32_t)TRE_TRANSFER << 16 } };
}

START_TEST(test_push_refuses_when_full)
{
	for (unsigned int i = 0; i < N - 1; i++) {
		ck_assert_uint_eq(ring_room(&ring), N - 1 - i);
		ck_assert_int_eq(ring_push(&ring, element(i)), RING_OK);
	}
	ck_assert_uint_eq(ring_room(&ring), 0);
	ck_assert_int_eq(ring_push(&ring, element(99)), RING_FULL);
	ck_assert_uint_eq(ring.wp, N - 1);
	ck_assert_uint_eq(ring_used(&ring), N - 1);
}
END_TEST

START_TEST(test_wraps_around_without_losing_an_element)
{
	for (uint64_t i = 0; i < 5 * N; i++) {
		uint32_t at = ring.wp;

		ck_assert_int_eq(ring_push(&ring, element(i)), RING_OK);
		ck_assert_uint_eq(tre_load(&memory[at]).ptr, i);
		if (i < 3)
			continue;
		ck_assert_uint_eq(tre_load(&memory[ring.rp]).ptr, i - 3);
		ring.rp = ring_next(&ring, ring.rp);
	}
}
END_TEST

START_TEST(test_holds_what_lies_between_rp_and_wp)
{
	for (uint32_t rp = 0; rp < N; rp++) {
		for (uint32_t wp = 0; wp < N; wp++) {
			bool is_held[N] = { false };

			ring.rp = rp;
			ring.wp = wp;
			for (uint32_t i = rp; i != wp; i = (i + 1) % N)
				is_held[i] = true;
			for (uint32_t i = 0; i < N; i++)
				ck_assert(ring_holds(&ring, i) == is_held[i]);
			ck_assert(ring_is_empty(&ring) == (rp == wp));
			ck_assert_uint_eq(ring_used(&ring) + ring_room(&ring), N - 1);
		}
	}
}
END_TEST

START_TEST(test_finds_each_element)
{
	for (uint32_t i = 0; i < N; i++) {
		uint32_t index = 99;

		ck_assert_int_eq(ring_find(&ring, 0x10000 + 16 * i, &index), 0);
		ck_assert_uint_eq(index, i);
		ck_assert_uint_eq(ring_at(&ring, i), 0x10000 + 16 * i);
	}
}
END_TEST

/* Below, behind, far away, nowhere; and inside, between two elements. */
static const iova_t strange[] = {
	0, 0xfff0, 0xffff, 0x10080, 0x10090, 0x20000, 0x100010000, 0xffffffff,
	UINT64_MAX, UINT64_MAX - 15, 0x8000000000010000, 0x10001, 0x10004, 0x10008,
	0x1000f, 0x10071, 0x1007f,
};

START_TEST(test_refuses_a_pointer_that_is_no_element)
{
	uint32_t index = 99;

	ck_assert_int_eq(ring_find(&ring, strange[_i], &index), -EPROTO);
	ck_assert_uint_eq(index, 99);
}
END_TEST

START_TEST(test_finds_at_the_top_of_the_address_space)
{
	uint32_t index = 99;

	ring_init(&ring, memory, -(iova_t)(N * sizeof(struct tre)), N);
	ck_assert_int_eq(ring_find(&ring, UINT64_MAX - 15, &index), 0);
	ck_assert_uint_eq(index, N - 1);
	ck_assert_int_eq(ring_find(&ring, 0, &index), -EPROTO);
}
END_TEST

START_TEST(test_a_damaged_ring_refuses_everything)
{
	uint32_t index = 99;

	ring_push(&ring, element(1));
	ring_damage(&ring);
	ck_assert_int_eq(ring_push(&ring, element(2)), RING_FULL);
	ck_assert_uint_eq(ring_room(&ring), 0);
	ck_assert(ring_is_empty(&ring));
	ck_assert(!ring_holds(&ring, 0));
	for (uint32_t i = 0; i < N; i++)
		ck_assert_int_eq(ring_find(&ring, 0x10000 + 16 * i, &index), -EPROTO);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("ring");
	TCase *c = tcase_create("ring");

	tcase_add_checked_fixture(c, setup, NULL);
	tcase_add_test(c, test_push_refuses_when_full);
	tcase_add_test(c, test_wraps_around_without_losing_an_element);
	tcase_add_test(c, test_holds_what_lies_between_rp_and_wp);
	tcase_add_test(c, test_finds_each_element);
	tcase_add_loop_test(c, test_refuses_a_pointer_that_is_no_element, 0,
			    (int)ARRAY_SIZE(strange));
	tcase_add_test(c, test_finds_at_the_top_of_the_address_space);
	tcase_add_test(c, test_a_damaged_ring_refuses_everything);
	suite_add_tcase(s, c);
	return suite_run(s);
}
