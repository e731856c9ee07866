/*
 * fuzz-event - everything a device can write, into the engine: event elements,
 * read pointers, bytes of contexts, registers and answers to commands, between
 * the calls of a user.
 *
 * Each byte is one step: its low four bits say what, its high four bits for
 * which ring or channel; most steps take more bytes.  The fake device's user
 * asserts that each slot comes back once; at the end nothing is left with the
 * device, no timer is armed and no wake reference held.
 */
#include "core/host.h"
#include "tests/fake_hw.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static struct fake f;

struct input {
	const uint8_t *data;
	size_t len;
};

static uint64_t take_number(struct input *in, unsigned int n_bytes)
{
	uint64_t value = 0;

	while (n_bytes-- && in->len) {
		value = value << 8 | *in->data++;
		in->len--;
	}
	return value;
}

static unsigned int vector_of(unsigned int ering)
{
	return f.hw.n_vectors > FAKE_ERINGS ? ering + 1 : 0;
}

static void post(unsigned int ering, struct tre_copy event)
{
	if (f.command_base)
		fake_post(&f, ering, event);
}

static void post_any(struct input *in, unsigned int ering)
{
	struct tre_copy event = { .ptr = take_number(in, 8) };

	event.dword[0] = (uint32_t)take_number(in, 4);
	event.dword[1] = (uint32_t)take_number(in, 4);
	post(ering, event);
}

/* Near enough to the truth to get past the first checks. */
static void post_completion(struct input *in, unsigned int chan, enum tre_type type)
{
	struct transfer *t = &f.engine->chans[chan % FAKE_CHANS].dir[chan & 1];
	uint32_t index = t->ring.rp + (uint32_t)take_number(in, 1) % 4;
	unsigned int code = EV_CODE_EOT + (unsigned int)take_number(in, 1) % 5;
	uint64_t ptr = type == TRE_EV_TRANSFER ? ring_at(&t->ring, index & t->ring.mask) :
						 t->slot_at ? t->slot_at[index & t->ring.mask] : 0;

	if (t->exists)
		post(t->ering, tre_event(type, t->chid, code, ptr, (uint32_t)take_number(in, 2)));
}

static void write_context(struct input *in)
{
	uint8_t *contexts = (uint8_t *)f.engine->chan_ctxs;
	size_t at = take_number(in, 2);

	/* All channel contexts, and the others behind them. */
	if (at < MHI_MAX_CHANNELS * sizeof(struct chan_ctx) + 512)
		contexts[at] = (uint8_t)take_number(in, 1);
}

static void write_register(struct input *in, unsigned int which)
{
	static const uint32_t offsets[] = {
		MHISTATUS, MHICTRL, FAKE_BHI + BHI_EXECENV, CHDBOFF, ERDBOFF, BHIOFF, MHICFG,
	};

	f.regs[offsets[which % ARRAY_SIZE(offsets)] / 4] = (uint32_t)take_number(in, 4);
}

static void answer(struct input *in)
{
	unsigned int code = (unsigned int)take_number(in, 1);
	struct tre_copy command;
	iova_t at;

	if (fake_command(&f, &command, &at))
		post(0, tre_event(TRE_EV_CMD, 0, code % 4 ? EV_CODE_SUCCESS : code, at, 0));
}

static void submit(struct input *in, unsigned int chan)
{
	enum link_dir dir = (enum link_dir)(chan & 1);

	for (unsigned int n = (unsigned int)take_number(in, 1) % 8; n; n--)
		fake_submit(&f, chan % FAKE_CHANS, dir, n - 1, 1 + (uint32_t)n * 100);
}

static void act(struct input *in, unsigned int what, unsigned int whom)
{
	const struct link_ops *ops = f.link->ops;

	switch (what) {
	case 0: post_any(in, whom % FAKE_ERINGS); break;
	case 1: post_completion(in, whom, TRE_EV_TRANSFER); break;
	case 2: post_completion(in, whom, TRE_EV_RSC_TRANSFER); break;
	case 3: fake_irq(&f, whom); break;
	case 4: write_context(in); break;
	case 5: write_register(in, whom); break;
	case 6: answer(in); break;
	case 7: submit(in, whom); break;
	case 8: fake_try_open(&f, whom % FAKE_CHANS); break;
	case 9: ops->close(f.link, whom % FAKE_CHANS); break;
	case 10: ops->cancel(f.link, whom % FAKE_CHANS, (enum link_dir)(whom & 1)); break;
	case 11: fake_advance(&f, 1ull << take_number(in, 1) % 24); break;
	case 12: engine_power(f.engine, (enum engine_power)(whom % 5)); break;
	case 13: post(0, tre_event(TRE_EV_STATE, 0, whom, 0, 0)); break;
	case 14:
		if (f.command_base)
			fake_set_rp(&f, whom % FAKE_ERINGS, f.event_base[whom % FAKE_ERINGS] +
							    take_number(in, 2));
		break;
	default:
		f.ignores_reset = whom & 1;
		f.ignores_m0 = whom & 2;
		f.ignores_m3 = whom & 4;
	}
}

/* The first byte chooses what kind of device it is. */
static void begin(uint8_t kind)
{
	fake_init(&f);
	f.chans[0].tolerant = kind & 1;
	f.chans[0].dir[LINK_DL].rsc = kind & 2;
	f.chans[0].dir[LINK_UL].burst = kind & 4;
	f.chans[0].dir[LINK_UL].db_mode_switch = kind & 8;
	f.hw.n_vectors = kind & 16 ? 1 : 3;
	f.config.sideband_wake = kind & 32;
	f.erings[1].hw = kind & 64;
	fake_start(&f);
	engine_power(f.engine, POWER_ON);
	fake_settle(&f);
	fake_irq(&f, vector_of(0));
	fake_try_open(&f, 0);
	fake_answer(&f, EV_CODE_SUCCESS);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct input in = { data, len };

	if (len > 4096)
		return 0;
	begin((uint8_t)take_number(&in, 1));
	while (in.len) {
		unsigned int step = (unsigned int)take_number(&in, 1);

		act(&in, step & 15, step >> 4);
		fake_settle(&f);
		for (unsigned int i = 0; i < FAKE_CHANS; i++)
			f.users[i].n_done = 0;
	}
	fake_fini(&f);
	return 0;
}
