#include "tests/sahara_ear.h"
#include <assert.h>
#include <errno.h>

static void on_send(void *user, const void *packet, uint32_t len)
{
	struct sahara_ear *e = user;

	assert(len >= 8 && len <= SAHARA_PACKET_MAX && get_le32((const uint8_t *)packet + 4) == len);
	memcpy(e->said, packet, len);
	e->said_len = len;
	e->n_said++;
}

static int on_image_find(void *user, uint64_t id, uint64_t *ret_size, const char **ret_name)
{
	struct sahara_ear *e = user;

	e->n_finds++;
	if (!id || id > 9)
		return -ENOENT;
	*ret_size = 1000 * id;
	*ret_name = "image.bin";
	return 0;
}

static void on_image_send(void *user, uint64_t id, uint64_t offset, uint64_t len)
{
	struct sahara_ear *e = user;

	assert(id && id <= 9 && len && offset <= 1000 * id && len <= 1000 * id - offset);
	e->n_sends++;
	e->id = id;
	e->offset = offset;
	e->len = len;
}

static void on_image_done(void *user, uint64_t id)
{
	struct sahara_ear *e = user;

	assert(id && id <= 9);
	e->n_images++;
}

static bool fails_now(const struct sahara_ear *e)
{
	return e->dump_error && e->regions[e->n_regions - 1].index == e->dump_error_at;
}

static bool is_clean(const char *name)
{
	return *name != '.' && strlen(name) <= SAHARA_NAME_LEN &&
	       name[strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				 "0123456789._-")] == '\0';
}

static int on_dump_begin(void *user, const struct sahara_region *r)
{
	struct sahara_ear *e = user;

	assert(!e->is_open && r->len && is_clean(r->name));
	assert(r->len <= e->limits.dump_bytes - e->dump_len && r->address + r->len >= r->address);
	if (e->n_regions == EAR_REGIONS)
		return -ENOSPC;
	e->regions[e->n_regions++] = *r;
	e->region_len = 0;
	if (fails_now(e) && e->dump_error == -ENOMEM)
		return -ENOMEM;
	e->is_open = true;
	return 0;
}

static int on_dump_data(void *user, const uint8_t *data, uint32_t len)
{
	struct sahara_ear *e = user;
	uint8_t sum = 0;

	assert(e->is_open);
	for (uint32_t i = 0; i < len; i++)
		sum = (uint8_t)(sum + data[i]);	/* all of it can be read */
	(void)sum;
	if (fails_now(e))
		return e->dump_error;
	e->region_len += len;
	e->dump_len += len;
	assert(e->region_len <= e->regions[e->n_regions - 1].len);
	return 0;
}

static void on_dump_end(void *user, int status)
{
	struct sahara_ear *e = user;

	assert(e->is_open && e->n_ends < EAR_REGIONS);
	assert(status || e->region_len == e->regions[e->n_regions - 1].len);
	e->is_open = false;
	e->ends[e->n_ends++] = status;
}

static void on_executed(void *user, uint32_t command, const uint8_t *data, uint32_t len)
{
	struct sahara_ear *e = user;

	e->n_executed++;
	e->command = command;
	memcpy(e->answer, data, len);
	e->answer_len = len;
}

static void on_finished(void *user, enum sahara_mode mode)
{
	struct sahara_ear *e = user;

	e->n_finished++;
	e->mode = mode;
}

static void on_failed(void *user, int status, const char *why)
{
	struct sahara_ear *e = user;

	assert(status < 0 && *why && !e->is_open);
	e->n_failed++;
	e->status = status;
	strcpy(e->why, why);
}

static const struct sahara_ops ops = {
	.send = on_send,
	.image_find = on_image_find,
	.image_send = on_image_send,
	.image_done = on_image_done,
	.dump_begin = on_dump_begin,
	.dump_data = on_dump_data,
	.dump_end = on_dump_end,
	.executed = on_executed,
	.finished = on_finished,
	.failed = on_failed,
};

void ear_open(struct sahara_ear *e)
{
	memset(e, 0, sizeof(*e));
	e->limits = sahara_limits_default;
	e->now_us = 1000000;
	sahara_init(&e->s, &e->limits, &ops, e);
	sahara_begin(&e->s, e->now_us);
}

void ear_packet(struct sahara_ear *e, uint32_t command, uint32_t len, const uint32_t *words)
{
	uint8_t packet[SAHARA_PACKET_MAX] = { 0 };

	put_le32(packet, command);
	put_le32(packet + 4, len);
	for (uint32_t i = 0; i < (len - 8) / 4; i++)
		put_le32(packet + 8 + 4 * i, words[i]);
	sahara_hear(&e->s, e->now_us, packet, len, true);
}

void ear_hello(struct sahara_ear *e, enum sahara_mode mode)
{
	EAR_PACKET(e, SAHARA_HELLO, 2, 1, 1024, mode, 0, 0, 0, 0, 0, 0);
}

void ear_read(struct sahara_ear *e, uint32_t id, uint32_t offset, uint32_t len)
{
	EAR_PACKET(e, SAHARA_READ_DATA, id, offset, len);
}

void ear_read64(struct sahara_ear *e, uint64_t id, uint64_t offset, uint64_t len)
{
	EAR_PACKET(e, SAHARA_READ_DATA64, (uint32_t)id, (uint32_t)(id >> 32), (uint32_t)offset,
		   (uint32_t)(offset >> 32), (uint32_t)len, (uint32_t)(len >> 32));
}

void ear_sent(struct sahara_ear *e)
{
	sahara_sent(&e->s, e->now_us, e->len);
}

void ear_memory(struct sahara_ear *e, uint64_t n, uint32_t piece)
{
	static const uint8_t bytes[65536];

	while (n) {
		uint32_t some = n < piece ? (uint32_t)n : piece;

		sahara_hear(&e->s, e->now_us, bytes, some, n == some);
		n -= some;
	}
}

uint32_t ear_said(const struct sahara_ear *e)
{
	return get_le32(e->said);
}
