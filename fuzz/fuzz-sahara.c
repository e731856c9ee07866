/*
 * fuzz-sahara - bytes of a boot loader that speaks Sahara.
 *
 * Each byte is one step: raw bytes, a packet whose header is right, memory as it
 * was asked for, bytes of ours that go out, time.  What the ear asserts (pieces
 * inside images, regions one after the other, names that lead nowhere) is joined
 * by: limits hold, and once it is over nothing is said.
 */
#include "tests/sahara_ear.h"
#include <assert.h>
#include <errno.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum step {
	STEP_RAW, STEP_PART, STEP_PACKET, STEP_HELLO, STEP_READ, STEP_READ64, STEP_END,
	STEP_MEMORY, STEP_SENT, STEP_SENT_PART, STEP_CANNOT, STEP_TIME, STEP_CHANNEL, N_STEPS,
};

static const uint32_t commands[] = { 1, 2, 3, 10 };

struct input {
	const uint8_t *data;
	size_t len;
};

static size_t next_bytes(struct input *in, uint8_t *to, size_t most)
{
	size_t n = min_size(most, in->len);

	memcpy(to, in->data, n);
	in->data += n;
	in->len -= n;
	return n;
}

static uint8_t next_byte(struct input *in)
{
	uint8_t byte = 0;

	next_bytes(in, &byte, 1);
	return byte;
}

static void hear_bytes(struct sahara_ear *e, struct input *in, bool is_end)
{
	uint8_t bytes[256];
	size_t n = next_bytes(in, bytes, next_byte(in));

	sahara_hear(&e->s, e->now_us, bytes, (uint32_t)n, is_end);
}

static void hear_packet(struct sahara_ear *e, struct input *in)
{
	static const uint32_t lens[] = {
		[SAHARA_HELLO] = 0x30, [SAHARA_READ_DATA] = 0x14, [SAHARA_END_OF_IMAGE] = 0x10,
		[SAHARA_DONE_RESP] = 0x0c, [SAHARA_RESET_RESP] = 0x08, [SAHARA_MEM_DEBUG] = 0x10,
		[SAHARA_CMD_READY] = 0x08, [SAHARA_EXECUTE_RESP] = 0x10,
		[SAHARA_MEM_DEBUG64] = 0x18, [SAHARA_READ_DATA64] = 0x20,
	};
	uint8_t packet[SAHARA_PACKET_MAX] = { 0 };
	uint32_t command = next_byte(in) % ARRAY_SIZE(lens), n = lens[command];

	if (!n)
		return;
	put_le32(packet, command);
	put_le32(packet + 4, n);
	next_bytes(in, packet + 8, n - 8);
	sahara_hear(&e->s, e->now_us, packet, n, true);
}

/* Exactly what was asked for; a table gets the bytes of the input. */
static void hear_memory(struct sahara_ear *e, struct input *in)
{
	static uint8_t bytes[SAHARA_TABLE_MAX];
	uint32_t n = e->s.memory.asked - e->s.memory.got;

	if (e->s.step != SAHARA_TABLE && e->s.step != SAHARA_MEMORY)
		return;
	assert(n && n <= e->limits.piece && n <= sizeof(bytes));
	memset(bytes, 0, n);
	if (e->s.step == SAHARA_TABLE)
		next_bytes(in, bytes, n);
	sahara_hear(&e->s, e->now_us, bytes, n, true);
}

static void channel(struct sahara_ear *e)
{
	sahara_end(&e->s, -ECONNRESET);
	assert(!e->is_open);
	sahara_begin(&e->s, e->now_us);
}

static void do_step(struct sahara_ear *e, struct input *in, enum step what)
{
	switch (what) {
	case STEP_RAW: case STEP_PART:
		hear_bytes(e, in, what == STEP_RAW);
		break;
	case STEP_PACKET:
		hear_packet(e, in);
		break;
	case STEP_HELLO:
		ear_hello(e, (enum sahara_mode)(next_byte(in) % 5));
		break;
	case STEP_READ:
		ear_read(e, next_byte(in) % 12, next_byte(in) * 40u, next_byte(in) * 40u);
		break;
	case STEP_READ64:
		ear_read64(e, next_byte(in) % 12, next_byte(in) * 40u, next_byte(in) * 40u);
		break;
	case STEP_END:
		EAR_PACKET(e, SAHARA_END_OF_IMAGE, (uint32_t)e->id, next_byte(in) % 2u);
		break;
	case STEP_MEMORY:
		hear_memory(e, in);
		break;
	case STEP_SENT:
		ear_sent(e);
		break;
	case STEP_SENT_PART:
		sahara_sent(&e->s, e->now_us, next_byte(in));
		break;
	case STEP_CANNOT:
		sahara_cannot_send(&e->s, e->now_us, -ESTALE);
		break;
	case STEP_TIME:
		e->now_us += next_byte(in) * 1000000ull;
		sahara_tick(&e->s, e->now_us);
		break;
	default:
		channel(e);
	}
}

/* The first byte is the rig. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct sahara_ear e;
	struct input in = { data, len };
	uint8_t shape = next_byte(&in);

	ear_open(&e);
	e.limits.dump_bytes = 1 << 16;
	e.limits.image_bytes = 1 << 16;
	e.limits.piece = shape & 1 ? 100 : 16384;
	e.dump_error = shape & 2 ? -ENOSPC : 0;
	e.dump_error_at = shape >> 4;
	if (shape & 4)
		sahara_ask(&e.s, commands, ARRAY_SIZE(commands));
	while (in.len && e.n_ends < EAR_REGIONS - 1) {
		bool was_over = sahara_is_over(&e.s);
		unsigned int n_said = e.n_said;
		enum step step = (enum step)(next_byte(&in) % N_STEPS);

		do_step(&e, &in, step);
		assert(!was_over || n_said == e.n_said);
		assert(e.s.n_served <= e.limits.image_bytes);
		assert(e.s.memory.taken <= e.limits.dump_bytes);
		if (step == STEP_CHANNEL)
			e.dump_len = 0;
		else if (!e.s.memory.taken && !e.is_open)
			e.dump_len = 0;
	}
	sahara_end(&e.s, -ENODEV);
	assert(!e.is_open);
	return 0;
}
