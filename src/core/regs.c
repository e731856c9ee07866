#include "core/host.h"

int regs_failed(struct engine *e, int error, uint32_t offset)
{
	if (error == -ENODEV) {
		state_step(e, ON_GONE);
		return -ENODEV;
	}
	engine_fail(e, -EIO, "register 0x%x cannot be accessed (error %d)", offset, -error);
	return -EIO;
}

int regs_peek(struct engine *e, uint32_t offset, uint32_t *ret_value)
{
	e->counts.mmio_reads++;
	pace_count(e);
	return e->hw->ops->read32(e->hw, offset, ret_value);
}

/* No register of ours can hold all ones, but one bad register is not yet a
 * missing device: the transport knows better. */
int regs_read(struct engine *e, uint32_t offset, uint32_t *ret_value)
{
	uint32_t value;
	int r;

	if (e->state == DEV_GONE)
		return -ENODEV;
	r = regs_peek(e, offset, &value);
	if (r == 0 && value == MHI_ALL_ONES)
		r = e->hw->ops->is_present(e->hw) ? -EIO : -ENODEV;
	if (r < 0)
		return regs_failed(e, r, offset);
	*ret_value = value;
	return 0;
}

int regs_write(struct engine *e, uint32_t offset, uint32_t value)
{
	int r;

	if (e->state == DEV_GONE)
		return -ENODEV;
	e->counts.mmio_writes++;
	r = e->hw->ops->write32(e->hw, offset, value);
	return r < 0 ? regs_failed(e, r, offset) : 0;
}

/* High word first: the device acts on the low one. */
int regs_write64(struct engine *e, uint32_t low_offset, uint64_t value)
{
	int r = regs_write(e, low_offset + 4, (uint32_t)(value >> 32));

	return r < 0 ? r : regs_write(e, low_offset, (uint32_t)value);
}

int regs_bell(struct engine *e, uint32_t offset, uint64_t value)
{
	int r;

	if (e->state == DEV_GONE)
		return -ENODEV;
	e->counts.doorbells++;
	r = e->hw->ops->ring_bell(e->hw, offset, value);
	return r < 0 ? regs_failed(e, r, offset) : 0;
}

/* A block that lies in the BAR, behind the fixed registers, on a word. */
static bool block_fits(const struct engine *e, uint32_t offset, uint32_t len)
{
	return offset >= SOC_RESET_REQ + 4 && offset % 4 == 0 &&
	       (uint64_t)offset + len <= e->hw->bar_len;
}

static bool blocks_overlap(uint32_t a, uint32_t a_len, uint32_t b, uint32_t b_len)
{
	return a < (uint64_t)b + b_len && b < (uint64_t)a + a_len;
}

int regs_find_bhi(struct engine *e, const char **ret_why)
{
	uint32_t offset;
	int r = regs_peek(e, BHIOFF, &offset);

	if (r < 0) {
		*ret_why = "BHIOFF cannot be read";
		return r;
	}
	if (offset == MHI_ALL_ONES) {
		*ret_why = "registers read all ones";
		return -ENODEV;
	}
	if (!block_fits(e, offset, BHI_LEN)) {
		*ret_why = "BHIOFF points outside the BAR";
		return -EPROTO;
	}
	e->regs.bhi = offset;
	return 0;
}

int regs_find_bhie(struct engine *e, const char **ret_why)
{
	uint32_t offset;
	int r = regs_peek(e, BHIEOFF, &offset);

	if (r < 0) {
		*ret_why = "BHIEOFF cannot be read";
		return r;
	}
	if (!block_fits(e, offset, BHIE_LEN) ||
	    blocks_overlap(offset, BHIE_LEN, e->regs.bhi, BHI_LEN)) {
		*ret_why = "BHIEOFF points outside the BAR, or into BHI";
		return -EPROTO;
	}
	e->regs.bhie = offset;
	return 0;
}

int regs_find_chdb(struct engine *e, const char **ret_why)
{
	uint32_t len = 8 * (MHI_WAKE_DB + 1), offset;
	int r = regs_peek(e, CHDBOFF, &offset);

	if (r < 0) {
		*ret_why = "CHDBOFF cannot be read";
		return r;
	}
	if (!block_fits(e, offset, len) || blocks_overlap(offset, len, e->regs.bhi, BHI_LEN)) {
		*ret_why = "CHDBOFF points outside the BAR, or into BHI";
		return -EPROTO;
	}
	e->regs.chdb = offset;
	return 0;
}

int regs_find_erdb(struct engine *e, const char **ret_why)
{
	uint32_t len = 8 * e->config->n_erings, offset;
	int r = regs_peek(e, ERDBOFF, &offset);

	if (r < 0) {
		*ret_why = "ERDBOFF cannot be read";
		return r;
	}
	if (!block_fits(e, offset, len) || blocks_overlap(offset, len, e->regs.bhi, BHI_LEN) ||
	    blocks_overlap(offset, len, e->regs.chdb, 8 * (MHI_WAKE_DB + 1))) {
		*ret_why = "ERDBOFF points outside the BAR, into BHI or into the other doorbells";
		return -EPROTO;
	}
	e->regs.erdb = offset;
	return 0;
}

int regs_read_ee(struct engine *e, enum mhi_ee *ret_ee)
{
	uint32_t value;
	int r = regs_read(e, e->regs.bhi + BHI_EXECENV, &value);

	if (r < 0)
		return r;
	*ret_ee = value <= MHI_EE_FP ? (enum mhi_ee)value : MHI_EE_NONE;
	return 0;
}

int regs_ask_state(struct engine *e, enum mhi_state state)
{
	uint32_t value;
	int r = regs_read(e, MHICTRL, &value);

	if (r < 0)
		return r;
	value &= ~MHICTRL_MHISTATE_MASK;
	return regs_write(e, MHICTRL, value | (uint32_t)state << MHICTRL_MHISTATE_SHIFT);
}

int regs_ask_reset(struct engine *e)
{
	uint32_t value;
	int r = regs_read(e, MHICTRL, &value);

	return r < 0 ? r : regs_write(e, MHICTRL, value | MHICTRL_RESET);
}
