/*
 * Sahara, as a boot loader speaks it: it greets, asks for its images in pieces of
 * any size, checks them, and lets the modem go on.
 *
 * An image is led by 16 bytes: "MHISIM01", its whole length, and the sum of all
 * bytes behind these 16.  One life needs one image, "flashless" eight of them,
 * number 5 of which it can do without; "crashed" offers its memory first, and
 * "liar" tells one lie of F59 in each session until none is left.
 *
 * Source: linux-msm/qdl src/sahara.c, from its other end.
 */
#include "sim/service.h"
#include <stdio.h>

enum {
	HELLO = 1, HELLO_RESP, READ_DATA, END_OF_IMAGE, DONE, DONE_RESP, RESET, RESET_RESP,
	CMD_READY = 0x0b, SWITCH_MODE, EXECUTE, EXECUTE_RESP, EXECUTE_DATA,
	MEM_DEBUG64 = 0x10, MEM_READ64, READ_DATA64,
	HEADER = 8, HELLO_LEN = 48,
	MODE_IMAGE = 0, MODE_MEMORY = 2, MODE_COMMAND = 3,
	STATUS_PROTOCOL = 1, STATUS_BAD_IMAGE = 0x0f,
	IMAGE_HEADER = 16, IMAGE_MOST = 64 << 20, PIECE_MOST = 40000,
	FLASHLESS_FIRST = 1, FLASHLESS_LAST = 8, FLASHLESS_OPTIONAL = 5,
	TABLE_AT = 0x1000, ENTRY_LEN = 64,
	MEMORY_MOST = 65536, MEMORY_PERIOD = 251,
	SERIAL_COMMAND = 1, KEY_HASH_COMMAND = 3,
};

static const char magic[8] = "MHISIM01";

static const struct { uint32_t at, len; const char *name; } regions[] = {
	{ 0x100000, 4096, "OCIMEM.BIN" },
	{ 0x200000, 100000, "DDRCS0.BIN" },
	{ 0x400000, 1500, "../load.cmm" },
};

/* What a liar asks for instead of its image: a packet, in words. */
static const struct lie {
	uint32_t command, len, words[8];
	bool is_crash;		/* greets in memory mode first */
} lies[] = {
	{ READ_DATA, 20, { 4711, 0, 16 }, false },
	{ READ_DATA, 20, { 0xffffffff, 0, 16 }, false },
	{ READ_DATA, 20, { 0, 0x7fffffff, 16 }, false },
	{ READ_DATA, 20, { 0, 0xfffffff8, 16 }, false },
	{ READ_DATA, 20, { 0, 16, 0xffffffff }, false },
	{ READ_DATA, 20, { 0, 0, 0 }, false },
	{ READ_DATA64, 32, { 0, 0, 0xffffffff, 0xffffffff, 2, 0 }, false },
	{ READ_DATA64, 32, { 0, 0, 2, 0, 0xffffffff, 0xffffffff }, false },
	{ READ_DATA64, 32, { 0, 1, 0, 0, 16, 0 }, false },
	{ READ_DATA, 12, { 0 }, false },
	{ END_OF_IMAGE, 16, { 9, 0 }, false },
	{ DONE_RESP, 12, { 1 }, false },
	{ MEM_DEBUG64, 24, { TABLE_AT, 0, 0xffffffff, 0xffffffff }, true },
	{ MEM_DEBUG64, 24, { TABLE_AT, 0, 0, 0 }, true },
	{ MEM_DEBUG64, 24, { 0xffffffc0, 0xffffffff, 128, 0 }, true },
	{ MEM_DEBUG64, 24, { TABLE_AT, 0, 65, 0 }, true },
};

enum kind { ONE_IMAGE, FLASHLESS, CRASHED, LIAR };

enum phase { TO_GREET, GREETED, IN_IMAGE, IN_RAW, ENDED, IN_MEMORY, COMMANDED, RESTING, GONE_ON };

struct sahara_device {
	enum kind kind;
	enum phase phase;
	uint64_t dice;
	bool has_dumped;
	unsigned int n_lies;
	uint32_t id;
	uint8_t header[IMAGE_HEADER];
	uint32_t header_len;
	uint32_t size, at;	/* of the image */
	uint32_t left;		/* of the piece asked for */
	uint32_t sum;
};

static uint32_t roll(struct sahara_device *d, uint32_t n)
{
	d->dice = d->dice * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)(d->dice >> 33) % n;
}

static void say(struct mouth *m, uint32_t command, uint32_t len, const uint32_t *words)
{
	uint8_t packet[HELLO_LEN] = { 0 };

	put_le32(packet, command);
	put_le32(packet + 4, len);
	for (uint32_t i = 0; words && i < (len - HEADER) / 4; i++)
		put_le32(packet + HEADER + 4 * i, words[i]);
	mouth_say(m, packet, len);
}

static void end_image(struct sahara_device *d, struct mouth *m, uint32_t status)
{
	const uint32_t words[] = { d->id, status };

	d->phase = status ? RESTING : ENDED;
	say(m, END_OF_IMAGE, 16, words);
}

/* Wide and narrow requests, pieces of any size. */
static void ask(struct sahara_device *d, struct mouth *m)
{
	uint32_t most = d->size - d->at < PIECE_MOST ? d->size - d->at : PIECE_MOST;
	const uint32_t n = d->at ? 1 + roll(d, most) : IMAGE_HEADER;
	const uint32_t narrow[] = { d->id, d->at, n };
	const uint32_t wide[] = { d->id, 0, d->at, 0, n, 0 };

	d->phase = IN_RAW;
	d->left = n;
	if (roll(d, 2))
		say(m, READ_DATA64, 32, wide);
	else
		say(m, READ_DATA, 20, narrow);
}

static void begin_image(struct sahara_device *d, struct mouth *m)
{
	d->at = d->sum = d->header_len = 0;
	d->size = IMAGE_HEADER;
	ask(d, m);
}

static void look_at_header(struct sahara_device *d)
{
	if (!memcmp(d->header, magic, sizeof(magic)))
		d->size = get_le32(d->header + 8);
	else
		d->size = 0;
	if (d->size <= IMAGE_HEADER || d->size > IMAGE_MOST)
		d->size = 0;
}

static void hear_raw(struct sahara_device *d, const uint8_t *data, uint32_t len, struct mouth *m)
{
	if (len > d->left) {
		end_image(d, m, STATUS_PROTOCOL);
		return;
	}
	for (uint32_t i = 0; i < len; i++) {
		if (d->header_len < IMAGE_HEADER)
			d->header[d->header_len++] = data[i];
		else
			d->sum += data[i];
	}
	d->at += len;
	d->left -= len;
	if (d->left)
		return;
	if (d->at == IMAGE_HEADER)
		look_at_header(d);
	if (!d->size || (d->at == d->size && d->sum != get_le32(d->header + 12)))
		end_image(d, m, STATUS_BAD_IMAGE);
	else if (d->at == d->size)
		end_image(d, m, 0);
	else
		ask(d, m);
}

/* Memory. */

static void announce(struct sahara_device *d, struct mouth *m)
{
	static const uint32_t table[] = { TABLE_AT, 0, ENTRY_LEN * ARRAY_SIZE(regions), 0 };

	d->phase = IN_MEMORY;
	say(m, MEM_DEBUG64, 24, table);
}

static void say_table(struct mouth *m)
{
	uint8_t table[ENTRY_LEN * ARRAY_SIZE(regions)] = { 0 };

	for (unsigned int i = 0; i < ARRAY_SIZE(regions); i++) {
		uint8_t *entry = table + ENTRY_LEN * i;

		put_le32(entry, 1);
		put_le32(entry + 8, regions[i].at);
		put_le32(entry + 16, regions[i].len);
		snprintf((char *)entry + 24, 20, "region %u", i);
		snprintf((char *)entry + 44, 20, "%s", regions[i].name);
	}
	mouth_say(m, table, sizeof(table));
}

/* Byte i of a region is i mod 251. */
static void say_memory(uint64_t offset, uint32_t len, struct mouth *m)
{
	uint8_t bytes[MEMORY_MOST];

	for (uint32_t i = 0; i < len; i++)
		bytes[i] = (uint8_t)((offset + i) % MEMORY_PERIOD);
	mouth_say(m, bytes, len);
}

static void read_memory(struct sahara_device *d, uint64_t at, uint64_t len, struct mouth *m)
{
	if (at == TABLE_AT && len == ENTRY_LEN * ARRAY_SIZE(regions)) {
		say_table(m);
		return;
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(regions); i++)
		if (at >= regions[i].at && len && len <= regions[i].len && len <= MEMORY_MOST &&
		    at - regions[i].at <= regions[i].len - len) {
			say_memory(at - regions[i].at, (uint32_t)len, m);
			return;
		}
	end_image(d, m, STATUS_PROTOCOL);
}

/* Sessions. */

static bool wants_memory(const struct sahara_device *d)
{
	return (d->kind == CRASHED && !d->has_dumped) ||
	       (d->kind == LIAR && d->n_lies < ARRAY_SIZE(lies) && lies[d->n_lies].is_crash);
}

static void greet(struct sahara_device *d, struct mouth *m)
{
	const uint32_t words[10] = { 2, 1, 1024, wants_memory(d) ? MODE_MEMORY : MODE_IMAGE };

	d->phase = GREETED;
	say(m, HELLO, HELLO_LEN, words);
}

static void greeted_back(struct sahara_device *d, uint32_t mode, struct mouth *m)
{
	const struct lie *lie = &lies[d->n_lies];

	if (mode == MODE_COMMAND) {
		d->phase = COMMANDED;
		say(m, CMD_READY, HEADER, NULL);
	} else if (d->kind == LIAR && d->n_lies < ARRAY_SIZE(lies)) {
		d->n_lies++;
		d->phase = IN_IMAGE;
		say(m, lie->command, lie->len, lie->words);
	} else if (mode == MODE_MEMORY) {
		announce(d, m);
	} else {
		begin_image(d, m);
	}
}

static void done(struct sahara_device *d, struct mouth *m)
{
	const uint32_t is_complete = d->kind != FLASHLESS || d->id == FLASHLESS_LAST;

	d->phase = is_complete ? GONE_ON : TO_GREET;
	d->id++;
	say(m, DONE_RESP, 12, &is_complete);
}

/* The host cannot give what was asked for, or has all memory. */
static void reset(struct sahara_device *d, struct mouth *m)
{
	if (d->phase == IN_MEMORY)
		d->has_dumped = true;
	else if (d->kind == FLASHLESS && d->id == FLASHLESS_OPTIONAL)
		d->id++;
	d->phase = TO_GREET;
	d->left = 0;
	say(m, RESET_RESP, HEADER, NULL);
}

static void execute(struct sahara_device *d, uint32_t command, struct mouth *m)
{
	const uint32_t words[] = { command, 4 };

	if (command >= SERIAL_COMMAND && command <= KEY_HASH_COMMAND)
		say(m, EXECUTE_RESP, 16, words);
	else
		end_image(d, m, STATUS_PROTOCOL);
}

static void obey(struct sahara_device *d, const uint8_t *p, uint32_t len, struct mouth *m)
{
	static const uint8_t serial[4] = { 0xde, 0xc0, 0xa0, 0x51 };
	uint32_t command = get_le32(p);

	if (command == RESET)
		reset(d, m);
	else if (command == HELLO_RESP && len == HELLO_LEN && d->phase == GREETED)
		greeted_back(d, get_le32(p + 20), m);
	else if (command == DONE && d->phase == ENDED)
		done(d, m);
	else if (command == MEM_READ64 && len == 24 && d->phase == IN_MEMORY)
		read_memory(d, get_le64(p + 8), get_le64(p + 16), m);
	else if (command == EXECUTE && len == 12 && d->phase == COMMANDED)
		execute(d, get_le32(p + 8), m);
	else if (command == EXECUTE_DATA && d->phase == COMMANDED)
		mouth_say(m, serial, sizeof(serial));
	else if (command == SWITCH_MODE && d->phase == COMMANDED)
		d->phase = TO_GREET;
	else
		end_image(d, m, STATUS_PROTOCOL);
}

static void sahara_hear(void *state, const uint8_t *data, uint32_t len, struct mouth *m)
{
	struct sahara_device *d = state;

	if (d->phase == GONE_ON)
		return;
	if (d->phase == IN_RAW && !(len == HEADER && get_le32(data) == RESET))
		hear_raw(d, data, len, m);
	else if (len >= HEADER && get_le32(data + 4) == len)
		obey(d, data, len, m);
	else
		end_image(d, m, STATUS_PROTOCOL);
}

static uint64_t sahara_tick(void *state, uint64_t now_us, struct mouth *m)
{
	struct sahara_device *d = state;

	(void)now_us;
	if (d->phase == TO_GREET)
		greet(d, m);
	return TIME_NEVER;
}

static bool sahara_has_loaded(const void *state)
{
	return ((const struct sahara_device *)state)->phase == GONE_ON;
}

static void start(void *state, uint64_t seed, enum kind kind)
{
	struct sahara_device *d = state;

	d->kind = kind;
	d->dice = seed;
	d->id = kind == FLASHLESS ? FLASHLESS_FIRST : 0;
}

static void start_one(void *state, uint64_t seed)
{
	start(state, seed, ONE_IMAGE);
}

static void start_flashless(void *state, uint64_t seed)
{
	start(state, seed, FLASHLESS);
}

static void start_crashed(void *state, uint64_t seed)
{
	start(state, seed, CRASHED);
}

static void start_liar(void *state, uint64_t seed)
{
	start(state, seed, LIAR);
}

#define SAHARA(word, starter) {                                                \
		.life = word,                                                  \
		.state_len = sizeof(struct sahara_device),                     \
		.start = starter,                                              \
		.hear = sahara_hear,                                           \
		.tick = sahara_tick,                                           \
		.has_loaded = sahara_has_loaded,                               \
	}

const struct sim_service sim_service_sahara = SAHARA("sahara", start_one);
const struct sim_service sim_service_sahara_flashless =
	SAHARA("sahara-flashless", start_flashless);
const struct sim_service sim_service_sahara_crashed = SAHARA("sahara-crashed", start_crashed);
const struct sim_service sim_service_sahara_liar = SAHARA("sahara-liar", start_liar);
