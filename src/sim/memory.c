#include "sim/modem.h"

/* The host may narrow what the device can reach: one range for contexts and
 * rings, one for data.  A limit of zero was never written. */
static void narrow(const struct sim *s, struct sim_window *w, enum reach how)
{
	bool is_ctrl = how < DATA_READS;
	unsigned int base_reg = (is_ctrl ? MHICTRLBASE_LOWER : MHIDATABASE_LOWER) / 4;
	unsigned int limit_reg = (is_ctrl ? MHICTRLLIMIT_LOWER : MHIDATALIMIT_LOWER) / 4;
	iova_t base = s->regs[base_reg] | (iova_t)s->regs[base_reg + 1] << 32;
	iova_t limit = s->regs[limit_reg] | (iova_t)s->regs[limit_reg + 1] << 32;
	iova_t last = w->iova + w->len - 1;

	if (!limit)
		return;
	if (limit < w->iova || base > last || base > limit) {
		w->len = 0;
		return;
	}
	if (last > limit)
		w->len -= last - limit;
	if (base > w->iova) {
		w->len -= base - w->iova;
		w->cpu += base - w->iova;
		w->iova = base;
	}
}

void *memory_move_window(struct sim *s, iova_t iova, size_t len, enum reach how)
{
	static const char *const verbs[] = { "reads", "writes" };
	enum sim_access access = how & 1 ? SIM_WRITES : SIM_READS;
	struct sim_window w = { 0 };

	if (s->bus_ops->reach(s->bus, iova, access, &w) && w.len) {
		narrow(s, &w, how);
		if (iova - w.iova < w.len && len <= w.len - (iova - w.iova)) {
			s->windows[how] = w;
			return w.cpu + (iova - w.iova);
		}
	}
	s->counts.refused_dma++;
	sim_complain(s, "the modem %s %zu bytes of %s memory at 0x%llx, which it may not",
		     verbs[access], len, how < DATA_READS ? "control" : "data",
		     (unsigned long long)iova);
	if (how < DATA_READS)
		power_crash(s);
	return NULL;
}

void sim_forget_memory(struct sim *s)
{
	memset(s->windows, 0, sizeof(s->windows));
	for (unsigned int i = 0; i < MHI_MAX_EVENT_RINGS; i++)
		s->erings[i].slots = NULL;
	for (unsigned int i = 0; i < MHI_MAX_CHANNELS; i++) {
		s->lanes[i].elements = NULL;
		s->lanes[i].ctx = NULL;
	}
}

bool memory_ring_is_sane(iova_t base, uint64_t len)
{
	return base && is_power_of_two(len) && len >= 2 * sizeof(struct tre) &&
	       len <= RING_MAX_ELEMENTS * sizeof(struct tre) && !(base & (len - 1));
}
