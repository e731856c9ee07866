#include "device/crash_regs.h"
#include "core/layout.h"

static const struct block {
	const char *name;
	uint32_t offset_reg;	/* tells where it begins */
	uint32_t len;
} blocks[] = {
	{ "registers", 0, SOC_RESET_REQ },	/* at 0 */
	{ "BHI", BHIOFF, BHI_LEN },
	{ "BHIe", BHIEOFF, BHIE_LEN },
};

static int leave_block(struct crash_regs *r)
{
	r->is_found = false;
	return ++r->block < ARRAY_SIZE(blocks) ? CRASH_REGS_MORE : CRASH_REGS_DONE;
}

static int enter_block(struct crash_regs *r, uint32_t from, struct text *out)
{
	const struct block *b = &blocks[r->block];

	if (from % 4 || r->hw->bar_len < b->len || from > r->hw->bar_len - b->len)
		return leave_block(r);
	r->is_found = true;
	r->from = from;
	r->at = 0;
	text_printf(out, "\n%s at 0x%x:\n", b->name, from);
	return CRASH_REGS_MORE;
}

void crash_regs_init(struct crash_regs *r, struct hw *hw)
{
	*r = (struct crash_regs){ .hw = hw };
}

static int read_next(struct crash_regs *r, uint32_t *ret_value)
{
	uint32_t at = r->is_found ? r->from + r->at : blocks[r->block].offset_reg;

	if (!r->hw->ops->is_present(r->hw))
		return -1;
	return r->hw->ops->read32(r->hw, at, ret_value);
}

int crash_regs_next(struct crash_regs *r, struct text *out)
{
	const struct block *b = &blocks[r->block];
	uint32_t value;

	if (!r->is_found && !b->offset_reg)
		return enter_block(r, 0, out);
	if (read_next(r, &value) < 0) {
		r->block = ARRAY_SIZE(blocks) - 1;
		return leave_block(r);
	}
	if (!r->is_found)
		return enter_block(r, value, out);
	text_printf(out, "  0x%02x: 0x%08x\n", r->at, value);
	r->at += 4;
	return r->at < b->len ? CRASH_REGS_MORE : leave_block(r);
}
