/*
 * DIAG: requests and answers in HDLC frames.
 *
 * A frame may come in any pieces, and several in one message.  A frame with a
 * bad checksum is dropped; a command the modem does not know comes back behind
 * code 0x13.
 *
 * Source: linux-msm/diag router/hdlc.c; the answers have the layouts that
 * libqcdm of ModemManager reads.
 */
#include "sim/identity.h"
#include "sim/service.h"

enum {
	FRAME_MAX = 4096,
	FLAG = 0x7e,
	ESCAPE = 0x7d,
	CRC_GOOD = 0xf0b8,	/* over payload and CRC, before the final XOR */
	DIAG_VERSION = 0x00,
	DIAG_STATUS = 0x0c,
	DIAG_BAD_COMMAND = 0x13,
	DIAG_EXT_BUILD_ID = 0x7c,
};

struct diag {
	uint8_t frame[FRAME_MAX];
	uint32_t len;
	bool is_escaped, is_too_long;
	uint32_t esn;
};

/* CRC-16/X-25: reflected 0x1021, a nibble at a time. */
static uint16_t crc_update(uint16_t crc, uint8_t byte)
{
	static const uint16_t table[16] = {
		0x0000, 0x1081, 0x2102, 0x3183, 0x4204, 0x5285, 0x6306, 0x7387,
		0x8408, 0x9489, 0xa50a, 0xb58b, 0xc60c, 0xd68d, 0xe70e, 0xf78f,
	};

	crc = (uint16_t)(crc >> 4 ^ table[(crc ^ byte) & 15]);
	return (uint16_t)(crc >> 4 ^ table[(crc ^ byte >> 4) & 15]);
}

static uint16_t crc_of(const uint8_t *data, uint32_t len)
{
	uint16_t crc = 0xffff;

	for (uint32_t i = 0; i < len; i++)
		crc = crc_update(crc, data[i]);
	return crc;
}

static uint32_t put_escaped(uint8_t *to, uint8_t byte)
{
	if (byte != FLAG && byte != ESCAPE) {
		to[0] = byte;
		return 1;
	}
	to[0] = ESCAPE;
	to[1] = byte ^ 0x20;
	return 2;
}

static void answer(struct mouth *m, const uint8_t *payload, uint32_t len)
{
	uint8_t frame[2 * (FRAME_MAX + 3) + 1];
	uint16_t crc = (uint16_t)~crc_of(payload, len);
	uint32_t n = 0;

	for (uint32_t i = 0; i < len; i++)
		n += put_escaped(frame + n, payload[i]);
	n += put_escaped(frame + n, (uint8_t)crc);
	n += put_escaped(frame + n, (uint8_t)(crc >> 8));
	frame[n++] = FLAG;
	mouth_say(m, frame, n);
}

static void answer_version(struct mouth *m)
{
	/* Code; compile date and time, release date and time, directory; then
	 * class mark, CAI revision, model, firmware, slot cycle, hardware. */
	static const char text[] = "Nov 01 202612:00:00Nov 02 202600:00:00MHISIM.1";
	uint8_t payload[1 + 46 + 8] = { DIAG_VERSION };

	_Static_assert(sizeof(text) == 46 + 1, "dates, times and directory");
	memcpy(payload + 1, text, sizeof(text) - 1);
	payload[47] = 42;
	payload[48] = 6;
	payload[49] = 255;
	put_le16(payload + 50, 1);
	payload[52] = 2;
	payload[53] = 1;
	answer(m, payload, sizeof(payload));
}

static void answer_build_id(struct mouth *m)
{
	static const char names[] = IDENTITY_REVISION "\0" IDENTITY_MODEL;
	uint8_t payload[12 + sizeof(names)] = { DIAG_EXT_BUILD_ID, 2 };

	put_le32(payload + 4, 0x600c0200);
	put_le32(payload + 8, 1);
	memcpy(payload + 12, names, sizeof(names));
	answer(m, payload, sizeof(payload));
}

static void answer_status(const struct diag *d, struct mouth *m)
{
	/* Code, three bytes of no meaning here, ESN, then radio state: all
	 * zeros says switched on and without a system. */
	uint8_t payload[75] = { DIAG_STATUS };

	put_le32(payload + 4, d->esn);
	answer(m, payload, sizeof(payload));
}

static void answer_bad(const struct diag *d, uint32_t len, struct mouth *m)
{
	uint8_t payload[FRAME_MAX + 1] = { DIAG_BAD_COMMAND };

	memcpy(payload + 1, d->frame, len);
	answer(m, payload, len + 1);
}

static void obey(const struct diag *d, struct mouth *m)
{
	if (d->is_too_long || d->len < 3 || crc_of(d->frame, d->len) != CRC_GOOD)
		return;
	switch (d->frame[0]) {
	case DIAG_VERSION:
		answer_version(m);
		break;
	case DIAG_STATUS:
		answer_status(d, m);
		break;
	case DIAG_EXT_BUILD_ID:
		answer_build_id(m);
		break;
	default:
		answer_bad(d, d->len - 2, m);
	}
}

static void diag_start(void *state, uint64_t seed)
{
	struct diag *d = state;
	struct identity id;

	identity_make(&id, seed);
	d->esn = id.esn;
}

static void diag_take(struct diag *d, uint8_t byte)
{
	if (byte == ESCAPE) {
		d->is_escaped = true;
		return;
	}
	if (d->is_escaped)
		byte ^= 0x20;
	d->is_escaped = false;
	if (d->len < FRAME_MAX)
		d->frame[d->len++] = byte;
	else
		d->is_too_long = true;
}

static void diag_hear(void *state, const uint8_t *data, uint32_t len, struct mouth *m)
{
	struct diag *d = state;

	for (uint32_t i = 0; i < len; i++) {
		if (data[i] != FLAG) {
			diag_take(d, data[i]);
			continue;
		}
		obey(d, m);
		d->len = 0;
		d->is_escaped = d->is_too_long = false;
	}
}

const struct sim_service sim_service_diag = {
	.life = "diag",
	.state_len = sizeof(struct diag),
	.ear = 1024,
	.start = diag_start,
	.hear = diag_hear,
};
