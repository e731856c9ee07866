/* The host's side of Sahara, packet by packet. */
#include "tests/sahara_ear.h"
#include "tests/suite.h"
#include <errno.h>

enum { ENTRY = 64 };

static struct sahara_ear e;

static void setup(void)
{
	ear_open(&e);
}

static void teardown(void)
{
	sahara_end(&e.s, -ENODEV);
	ck_assert(!e.is_open);
}

/* It said RESET, told why, and serves again after a HELLO. */
static void expect_refusal(int status, const char *part)
{
	ck_assert_uint_eq(e.n_failed, 1);
	ck_assert_int_eq(e.status, status);
	ck_assert_msg(strstr(e.why, part), "%s", e.why);
	ck_assert_uint_eq(ear_said(&e), SAHARA_RESET);
	ck_assert_uint_eq(e.said_len, 8);
	ear_packet(&e, SAHARA_RESET_RESP, 8, NULL);
	ear_hello(&e, SAHARA_MODE_PENDING);
	ck_assert_uint_eq(ear_said(&e), SAHARA_HELLO_RESP);
	ear_read(&e, 1, 0, 1000);
	ck_assert_uint_eq(e.n_failed, 1);
	ck_assert_uint_eq(e.len, 1000);
}

START_TEST(test_an_image_is_served_piece_by_piece)
{
	ear_hello(&e, SAHARA_MODE_PENDING);
	ck_assert_uint_eq(ear_said(&e), SAHARA_HELLO_RESP);
	ck_assert_uint_eq(e.said_len, 0x30);
	ck_assert_uint_eq(get_le32(e.said + 8), 2);
	ck_assert_uint_eq(get_le32(e.said + 12), 1);
	ck_assert_uint_eq(get_le32(e.said + 16), 0);
	ck_assert_uint_eq(get_le32(e.said + 20), SAHARA_MODE_PENDING);
	ear_read(&e, 3, 0, 52);
	ck_assert_uint_eq(e.len, 52);
	ear_sent(&e);
	ear_read64(&e, 3, 1000, 2000);
	ck_assert_uint_eq(e.offset, 1000);
	sahara_sent(&e.s, e.now_us, 1500);
	sahara_sent(&e.s, e.now_us, 500);
	ck_assert_uint_eq(e.n_finds, 1);
	EAR_PACKET(&e, SAHARA_END_OF_IMAGE, 3, 0);
	ck_assert_uint_eq(ear_said(&e), SAHARA_DONE);
	ck_assert_uint_eq(e.n_images, 1);
	EAR_PACKET(&e, SAHARA_DONE_RESP, 1);
	ck_assert_uint_eq(e.n_finished, 1);
	ck_assert_uint_eq(e.n_failed, 0);
}
END_TEST

START_TEST(test_many_images_come_one_after_the_other)
{
	for (uint32_t id = 1; id <= 9; id++) {
		ear_hello(&e, SAHARA_MODE_PENDING);
		ear_read(&e, id, 0, 1000);
		ear_sent(&e);
		EAR_PACKET(&e, SAHARA_END_OF_IMAGE, id, 0);
		EAR_PACKET(&e, SAHARA_DONE_RESP, id == 9);
		ck_assert_uint_eq(e.n_finished, id == 9);
	}
	ck_assert_uint_eq(e.n_images, 9);
	ck_assert_uint_eq(e.n_failed, 0);
}
END_TEST

START_TEST(test_words_that_cross_the_bytes_wait)
{
	ear_hello(&e, SAHARA_MODE_PENDING);
	ear_read(&e, 2, 0, 100);
	ear_read(&e, 2, 100, 50);
	ck_assert_uint_eq(e.n_sends, 1);
	ear_sent(&e);
	ck_assert_uint_eq(e.n_sends, 2);
	ck_assert_uint_eq(e.offset, 100);
}
END_TEST

START_TEST(test_a_device_that_reports_a_bad_image_is_quoted)
{
	ear_hello(&e, SAHARA_MODE_PENDING);
	ear_read(&e, 2, 0, 100);
	ear_sent(&e);
	EAR_PACKET(&e, SAHARA_END_OF_IMAGE, 2, 0x17);
	ck_assert_ptr_nonnull(strstr(e.why, "image 2 (image.bin)"));
	ck_assert_ptr_nonnull(strstr(e.why, "offset 100"));
	expect_refusal(-EIO, "status 0x17");
}
END_TEST

START_TEST(test_an_image_that_cannot_be_read_is_named)
{
	ear_hello(&e, SAHARA_MODE_PENDING);
	ear_read(&e, 2, 100, 100);
	sahara_sent(&e.s, e.now_us, 40);
	sahara_cannot_send(&e.s, e.now_us, -ESTALE);
	expect_refusal(-ESTALE, "image 2 (image.bin)");
	ck_assert_ptr_nonnull(strstr(e.why, "offset 140"));
}
END_TEST

/* F59: what is asked and cannot be had.  Each is refused by RESET, and the next
 * session is a good one. */
static const struct bad {
	uint32_t command, len;
	uint32_t words[10];
	const char *why;
} bads[] = {
	{ SAHARA_READ_DATA, 0x14, { 77, 0, 100 }, "image 77" },
	{ SAHARA_READ_DATA, 0x14, { 0xffffffff, 0, 100 }, "image 4294967295" },
	{ SAHARA_READ_DATA, 0x14, { 2, 1901, 100 }, "offset 1901" },
	{ SAHARA_READ_DATA, 0x14, { 2, 2001, 0 }, "0 bytes" },
	{ SAHARA_READ_DATA, 0x14, { 2, 0xffffffff, 2 }, "offset 4294967295" },
	{ SAHARA_READ_DATA, 0x14, { 2, 100, 0xffffff9c }, "4294967196 bytes" },
	{ SAHARA_READ_DATA, 0x14, { 2, 0, 0 }, "0 bytes" },
	{ SAHARA_READ_DATA64, 0x20, { 2, 0, 0xffffffff, 0xffffffff, 2, 0 }, "asks for 2" },
	{ SAHARA_READ_DATA64, 0x20, { 2, 0, 0x10, 0, 0xfffffff0, 0xffffffff }, "asks for" },
	{ SAHARA_READ_DATA64, 0x20, { 2, 1, 0, 0, 10, 0 }, "image 4294967298" },
	{ SAHARA_READ_DATA64, 0x14, { 2, 0, 0 }, "20 bytes, not 32" },
	{ SAHARA_READ_DATA, 0x20, { 2, 0, 0 }, "32 bytes, not 20" },
	{ SAHARA_END_OF_IMAGE, 0x10, { 2, 0 }, "did not read" },
	{ SAHARA_DONE_RESP, 0x0c, { 1 }, "out of place" },
	{ SAHARA_MEM_DEBUG64, 0x18, { 0, 0, 64, 0 }, "out of place" },
	{ SAHARA_EXECUTE_RESP, 0x10, { 1, 4 }, "out of place" },
	{ SAHARA_RESET_RESP, 0x08, { 0 }, "out of place" },
	{ SAHARA_READ_DATA + 0x100, 0x14, { 2, 0, 10 }, "out of place" },
	{ 0, 0x08, { 0 }, "out of place" },
	{ SAHARA_HELLO, 0x30, { 3, 3, 1024, 0 }, "HELLO of version 3" },
	{ SAHARA_HELLO, 0x30, { 0, 0, 1024, 0 }, "HELLO of version 0" },
	{ SAHARA_HELLO, 0x30, { 2, 1, 1024, 4 }, "mode 4" },
};

START_TEST(test_f59_what_cannot_be_had_is_refused)
{
	const struct bad *b = &bads[_i];

	ear_hello(&e, SAHARA_MODE_PENDING);
	ear_packet(&e, b->command, b->len, b->words);
	ck_assert_uint_eq(e.n_sends, 0);
	expect_refusal(strstr(b->why, "image") ? -ENOENT : -EPROTO, b->why);
}
END_TEST

START_TEST(test_f59_lengths_that_lie_are_refused)
{
	uint8_t packet[0x14] = { SAHARA_READ_DATA };

	ear_hello(&e, SAHARA_MODE_PENDING);
	put_le32(packet + 4, 0x7fffffff);
	put_le32(packet + 8, 2);
	put_le32(packet + 16, 10);
	sahara_hear(&e.s, e.now_us, packet, sizeof(packet), true);
	expect_refusal(-EPROTO, "packet 0x3");
}
END_TEST

START_TEST(test_f59_every_short_packet_is_refused)
{
	uint8_t packet[0x14] = { SAHARA_READ_DATA, 0, 0, 0, 0x14, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0,
				 10 };

	ear_hello(&e, SAHARA_MODE_PENDING);
	sahara_hear(&e.s, e.now_us, packet, (uint32_t)_i, true);
	expect_refusal(-EPROTO, "packet");
}
END_TEST

START_TEST(test_f59_a_packet_longer_than_any_is_refused)
{
	uint8_t packet[256] = { SAHARA_HELLO, 0, 0, 0, 0, 1 };

	ear_hello(&e, SAHARA_MODE_PENDING);
	sahara_hear(&e.s, e.now_us, packet, sizeof(packet), true);
	expect_refusal(-EPROTO, "more than 48");
}
END_TEST

START_TEST(test_a_packet_may_come_in_parts)
{
	uint8_t packet[0x14] = { SAHARA_READ_DATA, 0, 0, 0, 0x14, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0,
				 10 };

	ear_hello(&e, SAHARA_MODE_PENDING);
	for (unsigned int i = 0; i < sizeof(packet); i++)
		sahara_hear(&e.s, e.now_us, packet + i, 1, i + 1 == sizeof(packet));
	ck_assert_uint_eq(e.len, 10);
}
END_TEST

START_TEST(test_f59_the_same_request_for_ever_ends)
{
	e.limits.image_bytes = 100000;
	ear_hello(&e, SAHARA_MODE_PENDING);
	for (unsigned int i = 0; i < 200; i++) {
		ear_read(&e, 2, 0, 1000);
		ear_sent(&e);
	}
	ck_assert_uint_eq(e.n_sends, 100);
	ck_assert(sahara_is_over(&e.s));
	ck_assert_uint_eq(e.n_failed, 1);
	ck_assert_ptr_nonnull(strstr(e.why, "without end"));
}
END_TEST

START_TEST(test_f59_a_flood_of_packets_ends)
{
	e.limits.requests = 1000;
	for (unsigned int i = 0; i < 3000; i++)
		ear_hello(&e, SAHARA_MODE_PENDING);
	ck_assert(sahara_is_over(&e.s));
	ck_assert_uint_eq(e.n_said, 1000);
	ck_assert_uint_eq(e.n_failed, 1);
}
END_TEST

START_TEST(test_f59_refusals_for_ever_end)
{
	for (unsigned int i = 0; i < 100; i++) {
		ear_hello(&e, SAHARA_MODE_PENDING);
		ear_read(&e, 77, 0, 10);
	}
	ck_assert(sahara_is_over(&e.s));
	ck_assert_uint_eq(e.n_failed, e.limits.refusals + 1);
	ck_assert_uint_eq(e.n_said, 2 * e.limits.refusals + 1);
}
END_TEST

START_TEST(test_f59_speech_over_our_bytes_is_refused)
{
	ear_hello(&e, SAHARA_MODE_PENDING);
	ear_read(&e, 2, 0, 100);
	ear_read(&e, 2, 0, 100);
	ear_read(&e, 2, 0, 100);
	expect_refusal(-EPROTO, "has to listen");
}
END_TEST

START_TEST(test_what_was_said_before_reset_was_heard_is_no_answer)
{
	ear_hello(&e, SAHARA_MODE_PENDING);
	ear_read(&e, 77, 0, 100);
	ear_read(&e, 78, 0, 100);
	EAR_PACKET(&e, SAHARA_END_OF_IMAGE, 2, 0);
	expect_refusal(-ENOENT, "image 77");
}
END_TEST

START_TEST(test_one_that_does_not_start_over_is_given_up_soon)
{
	ear_hello(&e, SAHARA_MODE_PENDING);
	ear_read(&e, 77, 0, 100);
	ck_assert_uint_eq(ear_said(&e), SAHARA_RESET);
	sahara_tick(&e.s, e.now_us + e.limits.reset_us - 1);
	ck_assert(!sahara_is_over(&e.s));
	sahara_tick(&e.s, e.now_us + e.limits.reset_us);
	ck_assert(sahara_is_over(&e.s));
	ck_assert_str_eq(e.why, "the device does not start over");
}
END_TEST

START_TEST(test_silence_ends_a_session)
{
	ear_hello(&e, SAHARA_MODE_PENDING);
	ck_assert_uint_eq(sahara_tick(&e.s, e.now_us), e.now_us + e.limits.silence_us);
	e.now_us += e.limits.silence_us - 1;
	ear_read(&e, 2, 0, 100);
	e.now_us += e.limits.silence_us - 1;
	ck_assert_uint_eq(sahara_tick(&e.s, e.now_us), e.now_us + 1);
	sahara_tick(&e.s, e.now_us + 1);
	ck_assert(sahara_is_over(&e.s));
	ck_assert_int_eq(e.status, -ETIMEDOUT);
	ck_assert_ptr_nonnull(strstr(e.why, "does not take"));
	ear_hello(&e, SAHARA_MODE_PENDING);	/* nobody answers any more */
	ck_assert_uint_eq(e.n_said, 1);
}
END_TEST

START_TEST(test_a_device_that_never_speaks_is_given_up)
{
	sahara_tick(&e.s, e.now_us + e.limits.silence_us - 1);
	ck_assert(!sahara_is_over(&e.s));
	sahara_tick(&e.s, e.now_us + e.limits.silence_us);
	ck_assert(sahara_is_over(&e.s));
	ck_assert_uint_eq(sahara_tick(&e.s, e.now_us), UINT64_MAX);
	ck_assert_uint_eq(e.n_said, 0);
}
END_TEST

START_TEST(test_a_session_without_end_ends)
{
	e.limits.session_us = 100000000;
	ear_hello(&e, SAHARA_MODE_PENDING);
	for (unsigned int i = 0; i < 20 && !sahara_is_over(&e.s); i++) {
		e.now_us += 10000000;
		ear_read(&e, 2, 0, 100);
		ear_sent(&e);
		sahara_tick(&e.s, e.now_us);
	}
	ck_assert(sahara_is_over(&e.s));
	ck_assert_uint_eq(e.n_sends, 10);
}
END_TEST

START_TEST(test_a_new_channel_begins_afresh)
{
	e.limits.requests = 3;
	for (unsigned int i = 0; i < 5; i++)
		ear_hello(&e, SAHARA_MODE_PENDING);
	ck_assert(sahara_is_over(&e.s));
	sahara_begin(&e.s, e.now_us);
	ear_hello(&e, SAHARA_MODE_PENDING);
	ear_read(&e, 1, 0, 10);
	ck_assert_uint_eq(e.len, 10);
}
END_TEST

/* Memory. */

static void put_entry(uint8_t *entry, uint64_t address, uint64_t len, const char *name)
{
	memset(entry, 0, ENTRY);
	put_le64(entry, 1);
	put_le64(entry + 8, address);
	put_le64(entry + 16, len);
	memcpy(entry + 44, name, min_size(strlen(name), 20));
}

static void announce(uint64_t len)
{
	ear_hello(&e, SAHARA_MODE_MEMORY);
	ck_assert_uint_eq(get_le32(e.said + 20), SAHARA_MODE_MEMORY);
	EAR_PACKET(&e, SAHARA_MEM_DEBUG64, 0x1000, 0, (uint32_t)len, (uint32_t)(len >> 32));
}

/* A table of @n entries. */
static void tell(const uint8_t *table, unsigned int n)
{
	announce(n * ENTRY);
	ck_assert_uint_eq(ear_said(&e), SAHARA_MEM_READ64);
	sahara_hear(&e.s, e.now_us, table, n * ENTRY, true);
}

/* Gives all that is asked, until it asks no more. */
static void give_memory(void)
{
	while (ear_said(&e) == SAHARA_MEM_READ64 && e.s.step == SAHARA_MEMORY)
		ear_memory(&e, get_le64(e.said + 16), 16384);
}

START_TEST(test_memory_is_taken_region_by_region)
{
	uint8_t table[3 * ENTRY];

	put_entry(table, 0x100000, 4096, "OCIMEM.BIN");
	put_entry(table + ENTRY, 0x80000000, 200000, "DDRCS0.BIN");
	put_entry(table + 2 * ENTRY, 0x300000, 1500, "load.cmm");
	tell(table, 3);
	give_memory();
	ck_assert_uint_eq(e.n_regions, 3);
	ck_assert_uint_eq(e.n_ends, 3);
	ck_assert_uint_eq(e.dump_len, 4096 + 200000 + 1500);
	ck_assert_str_eq(e.regions[1].name, "DDRCS0.BIN");
	ck_assert_uint_eq(e.n_finished, 1);
	ck_assert_int_eq(e.mode, SAHARA_MODE_MEMORY);
	ck_assert_uint_eq(ear_said(&e), SAHARA_RESET);
	ear_packet(&e, SAHARA_RESET_RESP, 8, NULL);
	ck_assert_int_eq(e.s.step, SAHARA_IDLE);
	ck_assert_uint_eq(e.n_failed, 0);
}
END_TEST

START_TEST(test_memory_of_32_bits_is_taken)
{
	uint8_t table[52] = { 1 };

	put_le32(table + 4, 0x80000000);
	put_le32(table + 8, 1000);
	memcpy(table + 32, "DDR", 3);
	ear_hello(&e, SAHARA_MODE_MEMORY);
	EAR_PACKET(&e, SAHARA_MEM_DEBUG, 0x1000, 52);
	ck_assert_uint_eq(ear_said(&e), SAHARA_MEM_READ);
	sahara_hear(&e.s, e.now_us, table, 52, true);
	ck_assert_uint_eq(get_le32(e.said + 8), 0x80000000);
	ck_assert_uint_eq(get_le32(e.said + 12), 1000);
	ear_memory(&e, 1000, 1000);
	ck_assert_uint_eq(e.n_finished, 1);
	ck_assert_str_eq(e.regions[0].name, "DDR");
}
END_TEST

START_TEST(test_f59_a_table_that_is_none_is_refused)
{
	static const uint64_t lens[] = { 0, 63, 65, 65536 + 64, 1ull << 32, UINT64_MAX,
					 UINT64_MAX - 63 };

	announce(lens[_i]);
	expect_refusal(-EPROTO, "memory table");
	ck_assert_uint_eq(e.n_regions, 0);
}
END_TEST

START_TEST(test_f59_a_table_that_wraps_is_refused)
{
	ear_hello(&e, SAHARA_MODE_MEMORY);
	EAR_PACKET(&e, SAHARA_MEM_DEBUG64, 0xffffffff, 0xffffffff, 64, 0);
	expect_refusal(-EPROTO, "memory table");
}
END_TEST

START_TEST(test_f59_regions_that_cannot_be_are_left_out)
{
	uint8_t table[5 * ENTRY];

	put_entry(table, 0x1000, UINT64_MAX, "all");
	put_entry(table + ENTRY, UINT64_MAX, 1, "last");
	put_entry(table + 2 * ENTRY, 0x1000, 0, "none");
	put_entry(table + 3 * ENTRY, UINT64_MAX - 9, 100, "wraps");
	put_entry(table + 4 * ENTRY, 0x1000, 100, "good");
	tell(table, 5);
	give_memory();
	ck_assert_uint_eq(e.n_regions, 1);
	ck_assert_str_eq(e.regions[0].name, "good");
	ck_assert_uint_eq(e.regions[0].index, 4);
	ck_assert_uint_eq(e.n_finished, 1);
}
END_TEST

START_TEST(test_f59_a_region_without_end_is_cut)
{
	uint8_t table[3 * ENTRY];

	e.limits.dump_bytes = 100000;
	put_entry(table, 0x1000, 1000, "first");
	put_entry(table + ENTRY, 0x1000, 1ull << 60, "huge");
	put_entry(table + 2 * ENTRY, 0x1000, 10, "late");
	tell(table, 3);
	give_memory();
	ck_assert_uint_eq(e.n_regions, 2);
	ck_assert_int_eq(e.ends[1], -EFBIG);
	ck_assert_uint_eq(e.dump_len, 100000);
	ck_assert_uint_eq(e.s.memory.n_skipped, 1);
	ck_assert_uint_eq(e.n_finished, 1);
}
END_TEST

START_TEST(test_f59_a_table_of_many_regions_is_walked)
{
	static uint8_t table[65536];

	for (unsigned int i = 0; i < 1024; i++)
		put_entry(table + i * ENTRY, 0x1000, i < 1000 ? 0 : 1, "x");
	e.limits.piece = 1000;
	announce(sizeof(table));
	for (uint32_t at = 0; e.s.step == SAHARA_TABLE;) {
		uint32_t n = (uint32_t)get_le64(e.said + 16);

		ck_assert_uint_le(n, 1000);
		sahara_hear(&e.s, e.now_us, table + at, n, true);
		at += n;
	}
	give_memory();
	ck_assert_uint_eq(e.n_regions, 24);
	ck_assert_uint_eq(e.n_finished, 1);
}
END_TEST

START_TEST(test_f59_names_lead_nowhere)
{
	static const struct { const char *said, *clean; } names[] = {
		{ "../../etc/passwd", "_._.._etc_passwd" }, { "/etc/shadow", "_etc_shadow" },
		{ "..", "_." }, { ".", "_" }, { "", "" }, { "a\nb\x1b[0m", "a_b__0m" },
		{ "abcdefghijklmnopqrstuvwxyz", "abcdefghijklmnopqrst" },
	};
	uint8_t table[ENTRY];

	put_entry(table, 0x1000, 10, names[_i].said);
	tell(table, 1);
	ck_assert_uint_eq(e.n_regions, 1);
	ck_assert_str_eq(e.regions[0].name, names[_i].clean);
}
END_TEST

START_TEST(test_more_memory_than_asked_is_refused)
{
	uint8_t table[ENTRY];

	put_entry(table, 0x1000, 10, "x");
	tell(table, 1);
	ear_memory(&e, 11, 11);
	ck_assert_uint_eq(e.n_ends, 1);
	ck_assert_int_eq(e.ends[0], -EPROTO);
	expect_refusal(-EPROTO, "11 bytes of memory");
}
END_TEST

START_TEST(test_memory_that_cannot_be_read_says_so)
{
	uint8_t table[ENTRY];

	put_entry(table, 0x1000, 1000, "x");
	tell(table, 1);
	EAR_PACKET(&e, SAHARA_END_OF_IMAGE, 0, 0x1b);
	ck_assert_int_eq(e.ends[0], -EIO);
	expect_refusal(-EIO, "status 0x1b");
}
END_TEST

START_TEST(test_f60_a_full_disk_ends_the_dump)
{
	uint8_t table[2 * ENTRY];

	e.dump_error = _i ? -ENOMEM : -ENOSPC;
	e.dump_error_at = 1;
	put_entry(table, 0x1000, 1000, "x");
	put_entry(table + ENTRY, 0x1000, 1000, "y");
	tell(table, 2);
	give_memory();
	ck_assert_uint_eq(e.n_ends, _i ? 1 : 2);
	ck_assert_uint_eq(e.n_finished, 0);
	expect_refusal(e.dump_error, "region 1 of the memory");
}
END_TEST

START_TEST(test_f60_a_dump_that_stalls_is_ended)
{
	uint8_t table[ENTRY];

	put_entry(table, 0x1000, 1000, "x");
	tell(table, 1);
	ear_memory(&e, 500, 500);
	sahara_tick(&e.s, e.now_us + e.limits.silence_us);
	ck_assert(sahara_is_over(&e.s));
	ck_assert_int_eq(e.ends[0], -ETIMEDOUT);
}
END_TEST

START_TEST(test_a_channel_that_dies_ends_the_region)
{
	uint8_t table[ENTRY];

	put_entry(table, 0x1000, 1000, "x");
	tell(table, 1);
	ear_memory(&e, 500, 500);
	sahara_end(&e.s, -ECONNRESET);
	ck_assert_int_eq(e.ends[0], -ECONNRESET);
}
END_TEST

/* Client commands. */

static const uint32_t commands[] = { 1, 2 };

START_TEST(test_client_commands_come_before_the_images)
{
	const uint8_t serial[4] = { 1, 2, 3, 4 };

	sahara_ask(&e.s, commands, ARRAY_SIZE(commands));
	ear_hello(&e, SAHARA_MODE_PENDING);
	ck_assert_uint_eq(get_le32(e.said + 20), SAHARA_MODE_COMMAND);
	ear_packet(&e, SAHARA_CMD_READY, 8, NULL);
	ck_assert_uint_eq(ear_said(&e), SAHARA_EXECUTE);
	EAR_PACKET(&e, SAHARA_EXECUTE_RESP, 1, 4);
	ck_assert_uint_eq(ear_said(&e), SAHARA_EXECUTE_DATA);
	sahara_hear(&e.s, e.now_us, serial, 3, false);
	sahara_hear(&e.s, e.now_us, serial + 3, 1, true);
	ck_assert_uint_eq(e.n_executed, 1);
	ck_assert_mem_eq(e.answer, serial, 4);
	ck_assert_uint_eq(get_le32(e.said + 8), 2);
	EAR_PACKET(&e, SAHARA_EXECUTE_RESP, 2, 0);
	ck_assert_uint_eq(e.n_executed, 2);
	ck_assert_uint_eq(ear_said(&e), SAHARA_SWITCH_MODE);
	ear_hello(&e, SAHARA_MODE_PENDING);
	ck_assert_uint_eq(get_le32(e.said + 20), SAHARA_MODE_PENDING);
	ear_read(&e, 1, 0, 10);
	ck_assert_uint_eq(e.len, 10);
}
END_TEST

START_TEST(test_a_device_that_waits_for_commands_is_told_to_load)
{
	ear_hello(&e, SAHARA_MODE_COMMAND);
	ear_packet(&e, SAHARA_CMD_READY, 8, NULL);
	ck_assert_uint_eq(ear_said(&e), SAHARA_SWITCH_MODE);
	ck_assert_uint_eq(get_le32(e.said + 8), SAHARA_MODE_PENDING);
}
END_TEST

START_TEST(test_answers_without_measure_are_refused)
{
	static const uint8_t bytes[8];

	sahara_ask(&e.s, commands, ARRAY_SIZE(commands));
	ear_hello(&e, SAHARA_MODE_PENDING);
	ear_packet(&e, SAHARA_CMD_READY, 8, NULL);
	switch (_i) {
	case 0:
		EAR_PACKET(&e, SAHARA_EXECUTE_RESP, 1, SAHARA_ANSWER_MAX + 1);
		break;
	case 1:
		EAR_PACKET(&e, SAHARA_EXECUTE_RESP, 2, 4);
		break;
	case 2:
		EAR_PACKET(&e, SAHARA_EXECUTE_RESP, 1, 4);
		sahara_hear(&e.s, e.now_us, bytes, 5, true);
		break;
	case 3:
		EAR_PACKET(&e, SAHARA_END_OF_IMAGE, 0, 3);
		break;
	}
	ck_assert_uint_eq(e.n_executed, 0);
	expect_refusal(_i == 3 ? -EIO : -EPROTO, _i == 3 ? "status 0x3" : "client command 0x");
}
END_TEST

static void add_memory(TCase *t)
{
	tcase_add_test(t, test_memory_is_taken_region_by_region);
	tcase_add_test(t, test_memory_of_32_bits_is_taken);
	tcase_add_loop_test(t, test_f59_a_table_that_is_none_is_refused, 0, 7);
	tcase_add_test(t, test_f59_a_table_that_wraps_is_refused);
	tcase_add_test(t, test_f59_regions_that_cannot_be_are_left_out);
	tcase_add_test(t, test_f59_a_region_without_end_is_cut);
	tcase_add_test(t, test_f59_a_table_of_many_regions_is_walked);
	tcase_add_loop_test(t, test_f59_names_lead_nowhere, 0, 7);
	tcase_add_test(t, test_more_memory_than_asked_is_refused);
	tcase_add_test(t, test_memory_that_cannot_be_read_says_so);
	tcase_add_loop_test(t, test_f60_a_full_disk_ends_the_dump, 0, 2);
	tcase_add_test(t, test_f60_a_dump_that_stalls_is_ended);
	tcase_add_test(t, test_a_channel_that_dies_ends_the_region);
}

static void add_images(TCase *t)
{
	tcase_add_test(t, test_an_image_is_served_piece_by_piece);
	tcase_add_test(t, test_many_images_come_one_after_the_other);
	tcase_add_test(t, test_words_that_cross_the_bytes_wait);
	tcase_add_test(t, test_a_device_that_reports_a_bad_image_is_quoted);
	tcase_add_test(t, test_an_image_that_cannot_be_read_is_named);
	tcase_add_loop_test(t, test_f59_what_cannot_be_had_is_refused, 0, ARRAY_SIZE(bads));
	tcase_add_test(t, test_f59_lengths_that_lie_are_refused);
	tcase_add_loop_test(t, test_f59_every_short_packet_is_refused, 1, 0x14);
	tcase_add_test(t, test_f59_a_packet_longer_than_any_is_refused);
	tcase_add_test(t, test_a_packet_may_come_in_parts);
	tcase_add_test(t, test_f59_the_same_request_for_ever_ends);
	tcase_add_test(t, test_f59_a_flood_of_packets_ends);
	tcase_add_test(t, test_f59_refusals_for_ever_end);
	tcase_add_test(t, test_f59_speech_over_our_bytes_is_refused);
	tcase_add_test(t, test_what_was_said_before_reset_was_heard_is_no_answer);
	tcase_add_test(t, test_one_that_does_not_start_over_is_given_up_soon);
	tcase_add_test(t, test_silence_ends_a_session);
	tcase_add_test(t, test_a_device_that_never_speaks_is_given_up);
	tcase_add_test(t, test_a_session_without_end_ends);
	tcase_add_test(t, test_a_new_channel_begins_afresh);
}

int main(void)
{
	Suite *s = suite_create("sahara-protocol");
	TCase *t = tcase_create("sahara-protocol");

	tcase_add_checked_fixture(t, setup, teardown);
	add_images(t);
	add_memory(t);
	tcase_add_test(t, test_client_commands_come_before_the_images);
	tcase_add_test(t, test_a_device_that_waits_for_commands_is_told_to_load);
	tcase_add_loop_test(t, test_answers_without_measure_are_refused, 0, 4);
	suite_add_tcase(s, t);
	return suite_run(s);
}
