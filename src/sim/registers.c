#include "sim/modem.h"

static bool is_writable(uint32_t offset)
{
	switch (offset) {
	case CCABAP_LOWER: case CCABAP_HIGHER:
	case ECABAP_LOWER: case ECABAP_HIGHER:
	case CRCBAP_LOWER: case CRCBAP_HIGHER:
	case CRDB_HIGHER:
	case MHICTRLBASE_LOWER: case MHICTRLBASE_HIGHER:
	case MHICTRLLIMIT_LOWER: case MHICTRLLIMIT_HIGHER:
	case MHIDATABASE_LOWER: case MHIDATABASE_HIGHER:
	case MHIDATALIMIT_LOWER: case MHIDATALIMIT_HIGHER:
	case BHI_AT + BHI_IMGADDR_LOW: case BHI_AT + BHI_IMGADDR_HIGH:
	case BHI_AT + BHI_IMGSIZE: case BHI_AT + BHI_INTVEC:
	case BHI_AT + BHI_STATUS:
	case BHIE_AT + BHIE_TXVECADDR_LOW: case BHIE_AT + BHIE_TXVECADDR_HIGH:
	case BHIE_AT + BHIE_TXVECSIZE:
	case BHIE_AT + BHIE_RXVECADDR_LOW: case BHIE_AT + BHIE_RXVECADDR_HIGH:
	case BHIE_AT + BHIE_RXVECSIZE:
		return true;
	default:
		return false;
	}
}

static void write_soc_reset(struct sim *s, uint32_t value)
{
	if (value & 1)
		power_on(s, s->is_edl_wanted ? MHI_EE_EDL : s->config.first_ee);
}

static void ring_channel(struct sim *s, unsigned int index, uint64_t value)
{
	s->counts.doorbells++;
	if (index == MHI_WAKE_DB)
		power_keep_awake(s, value != 0);
	else if (index == MHI_EDL_DB && value == MHI_EDL_COOKIE)
		s->is_edl_wanted = true;
	else
		lane_doorbell(s, &s->lanes[index], value);
}

/* A doorbell acts on its low word; the high one was stored before. */
static bool write_doorbell(struct sim *s, uint32_t offset, uint32_t value)
{
	uint64_t both;

	if (offset < CHDB_AT || offset >= BHIE_AT)
		return false;
	if (offset & 4) {
		s->regs[offset / 4] = value;
		return true;
	}
	both = (uint64_t)s->regs[offset / 4 + 1] << 32 | value;
	if (offset < ERDB_AT) {
		ring_channel(s, (offset - CHDB_AT) / 8, both);
	} else {
		s->counts.doorbells++;
		ering_doorbell(s, (offset - ERDB_AT) / 8, both);
	}
	return true;
}

void sim_write32(struct sim *s, uint32_t offset, uint32_t value)
{
	uint32_t *reg;

	if (s->n_faults && !fault_on_write(s, offset, value))
		return;
	if (offset % 4 || offset >= SIM_BAR_LEN || write_doorbell(s, offset, value))
		return;
	reg = &s->regs[offset / 4];
	switch (offset) {
	case MHICFG:
		*reg = (*reg & 0xffff) | (value & 0xffff0000);
		break;
	case MHICTRL:
		power_write_ctrl(s, value);
		break;
	case CRDB_LOWER:
		s->counts.doorbells++;
		commands_doorbell(s, (uint64_t)s->regs[CRDB_HIGHER / 4] << 32 | value);
		break;
	case BHI_AT + BHI_IMGTXDB:
		*reg = value;
		power_note_image(s, DUE_IMAGE);
		break;
	case BHIE_AT + BHIE_TXVECDB:
		*reg = value;
		power_note_image(s, DUE_VECTOR);
		break;
	case BHIE_AT + BHIE_RXVECDB:
		*reg = value;
		s->regs[(BHIE_AT + BHIE_RXVECSTATUS) / 4] = 0;
		power_note_dump(s);
		break;
	case SOC_RESET_REQ:
		write_soc_reset(s, value);
		break;
	default:
		if (is_writable(offset))
			*reg = value;
	}
}

static uint32_t read_sound(const struct sim *s, uint32_t offset)
{
	if (offset % 4 || offset >= SIM_BAR_LEN)
		return MHI_ALL_ONES;
	for (unsigned int i = 0; i < s->n_forced; i++)
		if (s->forced[i].offset == offset)
			return s->forced[i].value;
	return s->regs[offset / 4];
}

uint32_t sim_read32(struct sim *s, uint32_t offset)
{
	uint32_t value = read_sound(s, offset);

	return s->n_faults ? fault_on_read(s, offset, value) : value;
}

void sim_force_register(struct sim *s, uint32_t offset, uint32_t value)
{
	sim_release_register(s, offset);
	if (s->n_forced == MAX_FORCED)
		return;
	s->forced[s->n_forced].offset = offset;
	s->forced[s->n_forced++].value = value;
}

void sim_release_register(struct sim *s, uint32_t offset)
{
	for (unsigned int i = 0; i < s->n_forced; i++) {
		if (s->forced[i].offset == offset) {
			s->forced[i] = s->forced[--s->n_forced];
			return;
		}
	}
}
