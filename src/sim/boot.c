/*
 * What a boot loader does with an image: BHI takes one piece in PBL or EDL,
 * BHIe a vector of pieces in SBL.  The modem looks whether it can read all of
 * it and then goes on as if the image were its own firmware.
 */
#include "sim/modem.h"

enum {
	STATUS_DONE = 2,
	STATUS_ERROR = 3,
	STATUS_SHIFT = 30,
	VECTOR_ENTRY = 16,
	MAX_ENTRIES = 4096,
	ERRCODE_UNREADABLE = 1,
};

static uint64_t reg64(const struct sim *s, uint32_t low)
{
	return s->regs[low / 4] | (uint64_t)s->regs[low / 4 + 1] << 32;
}

/* Reads all of it, as a loader would; false when it cannot. */
static bool read_piece(struct sim *s, iova_t at, uint64_t len)
{
	const uint8_t *bytes = len ? memory_reach(s, at, len, DATA_READS) : NULL;

	for (uint64_t i = 0; bytes && i < len; i++)
		s->counts.image_sum += bytes[i];
	return bytes;
}

/* Calls @fn for each piece of a vector; false when it is none. */
static bool walk_vector(struct sim *s, uint32_t low_reg, uint32_t size_reg,
			bool (*fn)(struct sim *s, iova_t at, uint64_t len))
{
	iova_t table = reg64(s, BHIE_AT + low_reg);
	uint32_t len = s->regs[(BHIE_AT + size_reg) / 4];

	if (!len || len % VECTOR_ENTRY || len / VECTOR_ENTRY > MAX_ENTRIES)
		return false;
	for (uint32_t at = 0; at < len; at += VECTOR_ENTRY) {
		const uint8_t *entry = memory_reach(s, table + at, VECTOR_ENTRY, DATA_READS);
		uint64_t piece_len;

		if (!entry)
			return false;
		piece_len = get_le64(entry + 8);
		if (!fn(s, get_le64(entry), piece_len))
			return false;
	}
	return true;
}

void boot_take_image(struct sim *s)
{
	bool is_good;

	if (s->ee != MHI_EE_PBL && s->ee != MHI_EE_EDL)
		return;
	s->counts.image_sum = 0;
	is_good = read_piece(s, reg64(s, BHI_AT + BHI_IMGADDR_LOW),
			     s->regs[(BHI_AT + BHI_IMGSIZE) / 4]);
	s->counts.images += is_good;
	s->regs[(BHI_AT + BHI_STATUS) / 4] =
		(uint32_t)(is_good ? STATUS_DONE : STATUS_ERROR) << STATUS_SHIFT;
	s->regs[(BHI_AT + BHI_ERRCODE) / 4] = is_good ? 0 : ERRCODE_UNREADABLE;
	power_raise_intvec(s);
	if (is_good)
		power_boot_on(s);
}

void boot_take_vector(struct sim *s)
{
	uint32_t sequence = s->regs[(BHIE_AT + BHIE_TXVECDB) / 4] & ((1u << STATUS_SHIFT) - 1);
	bool is_good;

	if (s->ee != MHI_EE_SBL)
		return;
	s->counts.image_sum = 0;
	is_good = walk_vector(s, BHIE_TXVECADDR_LOW, BHIE_TXVECSIZE, read_piece);
	s->counts.images += is_good;
	s->regs[(BHIE_AT + BHIE_TXVECSTATUS) / 4] = sequence |
		(uint32_t)(is_good ? STATUS_DONE : STATUS_ERROR) << STATUS_SHIFT;
	power_raise_intvec(s);
	if (is_good)
		power_boot_on(s);
}

/* Byte i of each piece of a dump is i mod 251. */
static bool write_piece(struct sim *s, iova_t at, uint64_t len)
{
	uint8_t *bytes = len ? memory_reach(s, at, len, DATA_WRITES) : NULL;

	for (uint64_t i = 0; bytes && i < len; i++)
		bytes[i] = (uint8_t)(i % 251);
	return bytes;
}

void boot_send_dump(struct sim *s)
{
	uint32_t sequence = s->regs[(BHIE_AT + BHIE_RXVECDB) / 4] & ((1u << STATUS_SHIFT) - 1);
	bool is_good;

	if (s->ee != MHI_EE_RDDM || !sequence)
		return;
	is_good = walk_vector(s, BHIE_RXVECADDR_LOW, BHIE_RXVECSIZE, write_piece);
	s->counts.dumps += is_good;
	s->regs[(BHIE_AT + BHIE_RXVECSTATUS) / 4] = sequence |
		(uint32_t)(is_good ? STATUS_DONE : STATUS_ERROR) << STATUS_SHIFT;
	power_raise_intvec(s);
}
