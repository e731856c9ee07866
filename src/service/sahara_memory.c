/*
 * Memory debug: a table of regions, then the regions, each in pieces that are
 * asked for one after the other.
 *
 * Source: linux-msm/qdl src/ramdump.c, Linux drivers/accel/qaic/sahara.c.
 */
#include "service/sahara_inside.h"
#include <errno.h>

enum {
	WIDE_ENTRY = 64,	/* 3 u64, description, name */
	NARROW_ENTRY = 52,	/* Guess: 3 u32, description, name */
};

static uint32_t entry_len(const struct sahara *s)
{
	return s->memory.is_wide ? WIDE_ENTRY : NARROW_ENTRY;
}

static bool wraps(const struct sahara *s, uint64_t at, uint64_t len)
{
	uint64_t end = s->memory.is_wide ? UINT64_MAX : UINT32_MAX;

	return at > end || len > end - at;
}

static void ask_piece(struct sahara *s, enum sahara_step step)
{
	uint64_t at = s->memory.at, left = s->memory.left;
	uint32_t n = left < s->limits->piece ? (uint32_t)left : s->limits->piece;
	const uint32_t wide[] = { (uint32_t)at, (uint32_t)(at >> 32), n, 0 };
	const uint32_t narrow[] = { (uint32_t)at, n };

	s->memory.asked = n;
	s->memory.got = 0;
	if (s->memory.is_wide)
		sahara_say(s, SAHARA_MEM_READ64, 0x18, wide, step);
	else
		sahara_say(s, SAHARA_MEM_READ, 0x10, narrow, step);
}

void sahara_memory_announced(struct sahara *s, bool is_wide, uint64_t at, uint64_t len)
{
	s->memory.is_wide = is_wide;
	s->memory.at = at;
	s->memory.left = len;
	s->memory.n_regions = s->memory.next = s->memory.n_skipped = 0;
	s->memory.taken = 0;
	s->memory.table_len = 0;
	if (!len || len > SAHARA_TABLE_MAX || len % entry_len(s) || wraps(s, at, len)) {
		sahara_refuse(s, -EPROTO, "a memory table of %llu bytes at 0x%llx is none",
			      (unsigned long long)len, (unsigned long long)at);
		return;
	}
	s->memory.n_regions = (unsigned int)(len / entry_len(s));
	ask_piece(s, SAHARA_TABLE);
}

static bool is_plain(uint8_t c, bool is_first)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '-' || (c == '.' && !is_first);
}

static void clean_name(char *to, const uint8_t *from)
{
	size_t i;

	for (i = 0; i < SAHARA_NAME_LEN && from[i]; i++)
		to[i] = is_plain(from[i], !i) ? (char)from[i] : '_';
	to[i] = '\0';
}

/* False: nothing of it can be taken. */
static bool read_entry(struct sahara *s, unsigned int index, struct sahara_region *ret_region)
{
	const uint8_t *e = s->memory.table + (size_t)index * entry_len(s);
	struct sahara_region r = { .index = index };
	uint64_t room = s->limits->dump_bytes - s->memory.taken;

	r.address = s->memory.is_wide ? get_le64(e + 8) : get_le32(e + 4);
	r.len = s->memory.is_wide ? get_le64(e + 16) : get_le32(e + 8);
	clean_name(r.name, e + entry_len(s) - SAHARA_NAME_LEN);
	if (!r.len || !room || wraps(s, r.address, r.len))
		return false;
	r.is_cut = r.len > room;
	if (r.is_cut)
		r.len = room;
	*ret_region = r;
	return true;
}

static void finish(struct sahara *s)
{
	s->has_begun = false;
	sahara_say(s, SAHARA_RESET, SAHARA_BODY, NULL, SAHARA_RESETTING);
	s->ops->finished(s->user, SAHARA_MODE_MEMORY);
}

static void next_region(struct sahara *s)
{
	struct sahara_region *r = &s->memory.region;
	int status;

	while (s->memory.next < s->memory.n_regions) {
		if (!read_entry(s, s->memory.next++, r)) {
			s->memory.n_skipped++;
			continue;
		}
		status = s->ops->dump_begin(s->user, r);
		if (status) {
			sahara_refuse(s, status, "region %u of the memory cannot be saved: %s",
				      r->index, strerror(-status));
			return;
		}
		s->memory.is_open = true;
		s->memory.at = r->address;
		s->memory.left = r->len;
		ask_piece(s, SAHARA_MEMORY);
		return;
	}
	finish(s);
}

void sahara_memory_end(struct sahara *s, int status)
{
	if (!s->memory.is_open)
		return;
	s->memory.is_open = false;
	s->ops->dump_end(s->user, status);
}

/* True while the piece has more to come. */
static bool take(struct sahara *s, uint32_t len)
{
	s->memory.got += len;
	s->memory.at += len;
	s->memory.left -= len;
	return s->memory.got < s->memory.asked;
}

static void hear_table(struct sahara *s, const uint8_t *data, uint32_t len)
{
	memcpy(s->memory.table + s->memory.table_len, data, len);
	s->memory.table_len += len;
	if (take(s, len))
		return;
	if (s->memory.left)
		ask_piece(s, SAHARA_TABLE);
	else
		next_region(s);
}

static void hear_region(struct sahara *s, const uint8_t *data, uint32_t len)
{
	int status = s->ops->dump_data(s->user, data, len);

	if (status) {
		sahara_memory_end(s, status);
		sahara_refuse(s, status, "region %u of the memory cannot be saved: %s",
			      s->memory.region.index, strerror(-status));
		return;
	}
	s->memory.taken += len;
	if (take(s, len))
		return;
	if (s->memory.left) {
		ask_piece(s, SAHARA_MEMORY);
		return;
	}
	sahara_memory_end(s, s->memory.region.is_cut ? -EFBIG : 0);
	next_region(s);
}

void sahara_memory_hear(struct sahara *s, const uint8_t *data, uint32_t len)
{
	if (len > s->memory.asked - s->memory.got)
		sahara_refuse(s, -EPROTO, "%u bytes of memory came where %u were asked for",
			      s->memory.got + len, s->memory.asked);
	else if (s->step == SAHARA_TABLE)
		hear_table(s, data, len);
	else
		hear_region(s, data, len);
}
