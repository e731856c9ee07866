#include "fuzz/liar.h"
#include "core/layout.h"
#include "sim/fault.h"
#include <check.h>
#include <errno.h>

enum {
	EXTRA_LEN = 0x8000,
	TABLE = 0x4000,
	SLOT_LEN = 256,		/* pages that nobody needs cost time */
	IMAGE_LEN = 9000,	/* the loader takes it in three pieces */
	PIECE = 4096,
	BHI_AT = 0x100, BHIE_AT = 0x800,	/* of the simulated modem */
	REST_US = 200000000,	/* two images, READY, a dump */
};

static struct liar *the;	/* liar_look() has no other way to it */
static const struct hw_ops *truth;

uint64_t liar_take(struct liar *l, unsigned int n_bytes)
{
	uint64_t value = 0;

	while (n_bytes-- && l->len) {
		value = value << 8 | *l->data++;
		l->len--;
	}
	return value;
}

static uint64_t take_last(struct liar *l, unsigned int n_bytes)
{
	uint64_t value = 0;

	while (n_bytes-- && l->len)
		value = value << 8 | l->data[--l->len];
	return value;
}

/* A lie, or 128 when this chance passes. */
static unsigned int lie(struct liar *l, unsigned int chance)
{
	unsigned int byte;

	if (!l->len || !(l->chances & 1u << chance))
		return 128;
	if (l->calm[chance]) {
		l->calm[chance]--;
		return 128;
	}
	byte = (unsigned int)take_last(l, 1);
	if (byte < 128)
		return byte;
	l->calm[chance] = byte & 127;
	return 128;
}

static bool may_lie_about(const struct liar *l, uint32_t offset)
{
	return !l->only_bhi || (offset >= BHI_AT && offset < BHI_AT + BHI_LEN) ||
	       (offset >= BHIE_AT && offset < BHIE_AT + BHIE_LEN);
}

/* Here and not at the end: the stack tells who did it. */
static void check_access(const struct liar *l, uint32_t offset)
{
	ck_assert_uint_le(offset, l->rig.hw.bar_len - 4);
	ck_assert_uint_eq(offset % 4, 0);
	ck_assert_msg(engine_state(l->rig.engine) != ENGINE_GONE, "the card is gone");
}

static int liar_read32(struct hw *hw, uint32_t offset, uint32_t *ret_value)
{
	struct liar *l = the;
	uint32_t value;
	int r = truth->read32(hw, offset, &value);
	unsigned int what = may_lie_about(l, offset) ? lie(l, LIAR_READ) : 128;
	unsigned int how = what >> 3;

	check_access(l, offset);
	l->is_away = false;
	if (what == 128) {
		*ret_value = l->last = value;
		return r;
	}
	switch (what & 7) {
	case 0:
		l->is_away = how & 1;
		value = MHI_ALL_ONES;
		break;
	case 1:
		value = (uint32_t)take_last(l, 4);
		break;
	case 2:
		value ^= 1u << 2 * how;
		break;
	case 3:
		value = how;
		break;
	case 4:
		value = how << MHISTATUS_MHISTATE_SHIFT | 1;
		break;
	case 5:
		value = (value & 0x3fffffff) | how << 30;
		break;
	case 6:
		value = l->last;
		break;
	default:
		return how & 1 ? -EIO : -ENODEV;
	}
	*ret_value = l->last = value;
	return 0;
}

static int liar_write32(struct hw *hw, uint32_t offset, uint32_t value)
{
	unsigned int what = lie(the, LIAR_WRITE);

	check_access(the, offset);
	if (what == 128)
		return truth->write32(hw, offset, value);
	return what & 2 ? 0 : what & 1 ? -EIO : -ENODEV;
}

static int liar_ring_bell(struct hw *hw, uint32_t offset, uint64_t value)
{
	int r = liar_write32(hw, offset + 4, (uint32_t)(value >> 32));

	return r < 0 ? r : liar_write32(hw, offset, (uint32_t)value);
}

static bool liar_is_present(struct hw *hw)
{
	return !the->is_away && truth->is_present(hw);
}

static const struct hw_ops liar_ops = {
	.name = "liar",
	.read32 = liar_read32,
	.write32 = liar_write32,
	.ring_bell = liar_ring_bell,
	.is_present = liar_is_present,
};

/* Before the core loads a word: the device has just written another one. */
void liar_look(const void *at, size_t len)
{
	const struct dma *m = the ? &the->rig.writes : NULL;
	uint8_t *word = m ? m->cpu + ((const uint8_t *)at - m->cpu) : NULL;
	unsigned int what;
	uint64_t value = 0;

	if (!m || word < m->cpu || word >= m->cpu + m->len)
		return;
	what = lie(the, LIAR_LOOK);
	if (what == 128)
		return;
	memcpy(&value, word, len);
	switch (what & 7) {
	case 0: case 1:
		value ^= 1ull << (what >> 1);
		break;
	case 2:
		value += sizeof(struct tre) * (what >> 3);
		break;
	case 3:
		value -= sizeof(struct tre) * (what >> 3);
		break;
	case 4:
		value = take_last(the, 8);
		break;
	case 5:		/* type and channel of an element */
		value = (value & 0x0000ffffffffffff) | take_last(the, 2) << 48;
		break;
	case 6:		/* its code */
		value = (value & ~0xff000000ull) | (uint64_t)(what >> 3) << 24;
		break;
	default:
		value = 0;
	}
	memcpy(word, &value, len);
}

static void give_image(struct rig *r)
{
	struct engine_image i = { RIG_IMAGE, IMAGE_LEN, RIG_IMAGE + TABLE, 0 };

	i.table_len = engine_lay_table(r->image.cpu + TABLE, i.iova, i.len, PIECE);
	engine_load(r->engine, &i);
}

static void on_wants_image(struct rig *r, enum mhi_ee ee)
{
	(void)ee;
	if (!the->is_slow)
		give_image(r);
}

void liar_give_image(struct liar *l)
{
	give_image(&l->rig);
}

void liar_take_dumps(struct liar *l, bool wants_them)
{
	size_t len = engine_lay_table(l->rig.dump.cpu, RIG_DUMP + PIECE, 3 * PIECE, PIECE);

	engine_set_dump(l->rig.engine, RIG_DUMP, wants_them ? len : 0);
}

void liar_init(struct liar *l, const uint8_t *data, size_t len)
{
	*l = (struct liar){ .data = data, .len = len };
	rig_init(&l->rig);
	l->rig.extra_len = EXTRA_LEN;
	for (unsigned int i = 0; i < RIG_CHANS; i++)
		l->rig.chans[i].dir[LINK_UL].slot_len = l->rig.chans[i].dir[LINK_DL].slot_len = SLOT_LEN;
	l->rig.config.soc_reset_ms = 2000;
	l->rig.config.stall_ms = 20000;
	l->rig.on_wants_image = on_wants_image;
}

void liar_start(struct liar *l)
{
	const char *why = "";

	the = l;
	truth = l->rig.hw.ops;
	l->rig.hw.ops = &liar_ops;
	rig_start(&l->rig);
	engine_probe(l->rig.engine, &why);
	liar_settle(l);
}

void liar_power(struct liar *l, enum engine_power what)
{
	l->n_started += engine_power(l->rig.engine, what) == POWER_STARTED;
}

void liar_open(struct liar *l, unsigned int chan)
{
	l->n_opens[chan] += rig_open_later(&l->rig, chan) == 0;
}

void liar_settle(struct liar *l)
{
	const struct engine_counts *counts = engine_counts(l->rig.engine);
	enum engine_state s;
	uint64_t out = 0;

	rig_settle(&l->rig);
	s = engine_state(l->rig.engine);
	for (unsigned int i = 0; i < RIG_CHANS; i++) {
		const struct rig_user *u = rig_user(&l->rig, i);

		out += u->out[LINK_UL] + u->out[LINK_DL];
		ck_assert_uint_le(u->opened, l->n_opens[i]);
		ck_assert_uint_le(u->closed, l->n_opens[i]);
	}
	ck_assert_uint_eq(counts->submitted - counts->returned, out);
	ck_assert_uint_le(l->rig.n_power_done, l->n_started);
	ck_assert_uint_eq(l->rig.n_forbidden, 0);
	ck_assert_int_le(s, ENGINE_GONE);
	if (s == ENGINE_ERROR || s == ENGINE_GONE)
		ck_assert_msg(*engine_why(l->rig.engine), "no reason");
}

static void be_honest(struct liar *l)
{
	l->len = 0;
	l->is_away = false;
	l->is_slow = false;
	l->rig.is_mute = false;
	sim_set_mood(l->rig.sim, SIM_HEALTHY);
	sim_heal(l->rig.sim);
	engine_refuse_image(l->rig.engine, -ENOENT, "nobody has one");
}

/* It is somewhere, and stays there. */
static void expect_rest(struct liar *l)
{
	struct rig *r = &l->rig;

	for (unsigned int i = 0; i < RIG_CHANS; i++)
		r->link->ops->close(r->link, i);
	rig_advance(r, REST_US);
	liar_settle(l);
	ck_assert_msg(engine_state(r->engine) != ENGINE_STARTING, "it starts for ever");
	ck_assert_uint_eq(r->n_power_done, l->n_started);
	for (unsigned int i = 0; i < RIG_CHANS; i++)
		ck_assert_uint_ge(r->users[i].opened + r->users[i].closed, l->n_opens[i]);
}

static void expect_echo(struct liar *l)
{
	struct rig *r = &l->rig;
	uint64_t arrived = r->users[RIG_ECHO].arrived;

	liar_open(l, RIG_ECHO);
	rig_advance(r, 1000000);
	rig_offer_all(r, RIG_ECHO);
	ck_assert_int_eq(rig_send(r, RIG_ECHO, "hello", 5), LINK_OK);
	rig_advance(r, 3000000);
	ck_assert_uint_gt(r->users[RIG_ECHO].arrived, arrived);
}

static void expect_life(struct liar *l)
{
	struct rig *r = &l->rig;

	liar_power(l, POWER_OFF);
	rig_advance(r, REST_US);
	ck_assert_uint_eq(r->n_power_done, l->n_started);
	ck_assert_int_eq(engine_state(r->engine), ENGINE_OFF);
	sim_power_cycle(r->sim);
	liar_power(l, POWER_ON);
	rig_advance(r, REST_US);
	ck_assert_msg(engine_state(r->engine) == ENGINE_READY, "after a cold start: %s",
		      engine_why(r->engine));
	if (engine_is_offered(r->engine, RIG_ECHO))
		expect_echo(l);
	liar_settle(l);
}

void liar_end(struct liar *l)
{
	be_honest(l);
	expect_rest(l);
	if (engine_state(l->rig.engine) != ENGINE_GONE)
		expect_life(l);
	rig_fini(&l->rig);
	ck_assert_uint_eq(l->rig.n_forbidden, 0);
	the = NULL;
}
