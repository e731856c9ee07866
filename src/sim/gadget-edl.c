/*
 * Emergency download: Sahara asks for a programmer, which then speaks Firehose
 * on the same pipes; of a crashed modem it offers memory to read.
 *
 * Source: linux-msm/qdl src/sahara.c.
 */
#include "sim/gadget-inside.h"
#include <stdio.h>

enum {
	HELLO = 1, HELLO_RESP, READ_DATA, END_OF_IMAGE, DONE, DONE_RESP, RESET, RESET_RESP,
	MEM_DEBUG64 = 0x10, MEM_READ64 = 0x11,
	HELLO_LEN = 48, HEADER = 8,
	MODE_IMAGE = 0, MODE_MEMORY = 2,
	IMAGE_ID = 13, IMAGE_LEN = 40 * 1024, PIECE_LEN = 4096,
	STATUS_PROTOCOL = 1,	/* of END_OF_IMAGE: what came is out of place */
	TABLE_AT = 0x1000, ENTRY_LEN = 64,
	RAW_PERIOD = 251,
	REBOOT_US = 50000,
};

static const struct { uint32_t at, len; const char *name; } regions[] = {
	{ 0x100000, 4096, "OCIMEM.BIN" },
	{ 0x200000, 65536, "DDRCS0.BIN" },
	{ 0x300000, 1500, "LOAD.CMM" },
};

enum phase { IN_SAHARA, IN_DATA, IN_FIREHOSE, MUTE };

/* Bytes of memory to be said; byte at is (at mod 251). */
struct raw {
	uint64_t at, left;
};

struct edl {
	enum phase phase;
	uint8_t packet[HELLO_LEN];
	uint32_t len;		/* of packet */
	uint32_t offset, left;	/* in the image; of the piece asked for */
	struct raw memory;
	struct gadget_firehose programmer;
};
_Static_assert(sizeof(struct edl) <= STATE_MAX, "fits its place");

static void raw_say(struct function *f, struct raw *r)
{
	uint8_t piece[RAW_PIECE];
	uint32_t n = r->left < sizeof(piece) ? (uint32_t)r->left : sizeof(piece);

	for (uint32_t i = 0; i < n; i++)
		piece[i] = (uint8_t)((r->at + i) % RAW_PERIOD);
	r->at += n;
	r->left -= n;
	/* Pieces belong together: a ZLP comes behind the last only. */
	f->in.sends_zlp = !r->left && !(f->gadget->config.habits & GADGET_SHORT_OF_ZLP);
	pipe_say(&f->in, piece, n);
}

static void say(struct function *f, uint32_t command, uint32_t len, const uint32_t *words)
{
	uint8_t packet[HELLO_LEN] = { 0 };

	put_le32(packet, command);
	put_le32(packet + 4, len);
	for (uint32_t i = 0; words && i < (len - HEADER) / 4; i++)
		put_le32(packet + HEADER + 4 * i, words[i]);
	pipe_say(&f->in, packet, len);
}

static void edl_start(struct function *f)
{
	bool has_crashed = f->gadget->config.kind == GADGET_CRASHED;
	const uint32_t words[10] = { 2, 1, 1024, has_crashed ? MODE_MEMORY : MODE_IMAGE };

	if (!(f->gadget->config.habits & GADGET_SAYS_NO_HELLO))
		say(f, HELLO, HELLO_LEN, words);
}

static void refuse(struct function *f)
{
	const uint32_t words[] = { IMAGE_ID, STATUS_PROTOCOL };

	say(f, END_OF_IMAGE, 16, words);
}

static void ask(struct function *f, struct edl *e)
{
	uint32_t words[] = { IMAGE_ID, e->offset, PIECE_LEN };

	if (e->offset < IMAGE_LEN) {
		e->phase = IN_DATA;
		e->left = PIECE_LEN;
		say(f, READ_DATA, 20, words);
		return;
	}
	e->phase = IN_SAHARA;
	words[1] = 0;
	say(f, END_OF_IMAGE, 16, words);
}

static void greet_back(struct function *f, struct edl *e, uint32_t mode)
{
	const uint32_t table[] = { TABLE_AT, 0, ENTRY_LEN * ARRAY_SIZE(regions), 0 };

	if (mode == MODE_MEMORY) {
		say(f, MEM_DEBUG64, 24, table);
	} else if (mode == MODE_IMAGE) {
		e->offset = 0;
		ask(f, e);
	} else {
		refuse(f);
	}
}

static void say_table(struct function *f)
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
	pipe_say(&f->in, table, sizeof(table));
}

static void read_memory(struct function *f, struct edl *e, uint64_t at, uint64_t len)
{
	if (at == TABLE_AT && len == ENTRY_LEN * ARRAY_SIZE(regions)) {
		say_table(f);
		return;
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(regions); i++)
		if (at >= regions[i].at && len && len <= regions[i].len &&
		    at - regions[i].at <= regions[i].len - len) {
			e->memory = (struct raw){ at - regions[i].at, len };
			raw_say(f, &e->memory);
			return;
		}
	refuse(f);
}

static void obey(struct function *f, struct edl *e)
{
	static const uint32_t complete = 1;
	const uint8_t *p = e->packet;

	switch (get_le32(p)) {
	case HELLO_RESP:
		greet_back(f, e, get_le32(p + 20));
		break;
	case DONE:
		say(f, DONE_RESP, 12, &complete);
		e->phase = IN_FIREHOSE;
		gadget_firehose_begin(&e->programmer, f);
		break;
	case RESET:
		say(f, RESET_RESP, 8, NULL);
		gadget_come_back_as(f->gadget, GADGET_MODEM, REBOOT_US);
		break;
	case MEM_READ64:
		read_memory(f, e, get_le64(p + 8), get_le64(p + 16));
		break;
	default:
		refuse(f);
	}
}

/* Bytes of the packet in the making that are still to come. */
static uint32_t missing(const struct edl *e)
{
	uint32_t len = HEADER;

	if (e->len >= HEADER) {
		len = get_le32(e->packet + 4);
		len = len < HEADER ? HEADER : min_u32(len, HELLO_LEN);
	}
	return len - e->len;
}

static uint32_t hear_packet(struct function *f, struct edl *e, const uint8_t *data, uint32_t len)
{
	uint32_t n = min_u32(len, missing(e));

	memcpy(e->packet + e->len, data, n);
	e->len += n;
	if (!missing(e)) {
		obey(f, e);
		e->len = 0;
	}
	return n;
}

static uint32_t hear_image(struct function *f, struct edl *e, uint32_t len)
{
	uint32_t n = min_u32(len, e->left);

	e->left -= n;
	e->offset += n;
	f->gadget->counts.loaded += n;
	if (!e->left)
		ask(f, e);
	return n;
}

static void edl_hear(struct function *f, const uint8_t *data, uint32_t len)
{
	struct edl *e = f->state;
	uint32_t n;

	for (; len; data += n, len -= n) {
		n = len;
		if (e->phase == IN_FIREHOSE)
			firehose_hear(&e->programmer.firehose, data, len);
		else if (e->phase == IN_DATA)
			n = hear_image(f, e, len);
		else if (e->phase == IN_SAHARA)
			n = hear_packet(f, e, data, len);
	}
}

static void edl_hear_end(struct function *f, bool is_zlp)
{
	struct edl *e = f->state;

	if (e->phase == IN_FIREHOSE) {
		firehose_hear_end(&e->programmer.firehose);
	} else if (is_zlp && f->gadget->config.habits & GADGET_ZLP_SILENCES) {
		pipe_forget(&f->in);
		e->phase = MUTE;
	}
}

/* A programmer that has log lines to tell takes no orders. */
static bool edl_listens(const struct function *f)
{
	const struct edl *e = f->state;

	return e->phase != IN_FIREHOSE ||
	       (mouth_is_empty(&f->in.mouth) && !e->programmer.firehose.is_reading);
}

static void edl_speak(struct function *f)
{
	struct edl *e = f->state;

	if (e->phase == IN_FIREHOSE)
		gadget_firehose_speak(&e->programmer);
	else if (e->memory.left)
		raw_say(f, &e->memory);
}

const struct trade trade_edl = {
	.start = edl_start,
	.listens = edl_listens,
	.hear = edl_hear,
	.hear_end = edl_hear_end,
	.speak = edl_speak,
	.ear = 16384,
};
