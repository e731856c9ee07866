/*
 * What an engine of some configuration consists of: is it one a device could
 * have, how much memory does it take, and where does everything lie?
 *
 * Rings come first in each piece and are aligned to their own length, as
 * devices demand; what follows only needs the alignment of a page.
 */
#include "core/host.h"
#include <stdlib.h>

enum { PAGE = 4096, ERING_LEAST = 8, RING_LEAST = 4 };

static const char *ering_wrong(const struct ering_config *r)
{
	if (!is_power_of_two(r->elements) || r->elements < ERING_LEAST)
		return "an event ring's length is not a power of two of at least 8";
	return NULL;
}

static const char *dir_wrong(const struct engine_config *c, const struct chan_dir_config *d,
			     enum link_dir dir)
{
	if (d->chid >= MHI_WAKE_DB)
		return "a channel number is not below 127";
	if (d->ering >= c->n_erings)
		return "a channel uses an event ring that is not there";
	if (!is_power_of_two(d->elements) || d->elements < RING_LEAST)
		return "a transfer ring's length is not a power of two of at least 4";
	if (d->slot_len < 1 || d->slot_len > MHI_TRE_MAX_LEN)
		return "a slot is not of 1 to 65535 bytes";
	if (d->rsc && dir == LINK_UL)
		return "an uplink cannot be coalesced";
	return NULL;
}

static const char *chans_wrong(const struct engine_config *c)
{
	bool is_used[MHI_MAX_CHANNELS] = { false };

	for (unsigned int i = 0; i < c->n_chans; i++) {
		const struct chan_config *chan = &c->chans[i];

		if (!chan->dir[LINK_UL].exists && !chan->dir[LINK_DL].exists)
			return "a channel has no direction";
		for (int d = LINK_UL; d <= LINK_DL; d++) {
			const struct chan_dir_config *dir = &chan->dir[d];
			const char *why;

			if (!dir->exists)
				continue;
			why = dir_wrong(c, dir, (enum link_dir)d);
			if (why)
				return why;
			if (is_used[dir->chid])
				return "a channel number is used twice";
			is_used[dir->chid] = true;
		}
	}
	return NULL;
}

int engine_check(const struct engine_config *c, const char **ret_why)
{
	const char *why = NULL;

	if (c->n_erings < 1 || c->n_erings > MHI_MAX_EVENT_RINGS)
		why = "there must be 1 to 32 event rings";
	for (unsigned int i = 0; !why && i < c->n_erings; i++)
		why = ering_wrong(&c->erings[i]);
	if (!why)
		why = chans_wrong(c);
	if (!why && (c->timeout_ms < 1 || c->ready_timeout_ms < 1))
		why = "a time-out of 0 ms";
	if (!why)
		return 0;
	*ret_why = why;
	return -EINVAL;
}

/* Walks through one piece of memory; without @dma it only measures. */
struct place {
	const struct dma *dma;
	size_t used;
	size_t align;	/* largest seen */
};

static uint8_t *place(struct place *p, size_t len, size_t align, iova_t *ret_iova)
{
	size_t at = round_up(p->used, align);

	p->used = at + len;
	if (align > p->align)
		p->align = align;
	if (!p->dma)
		return NULL;
	*ret_iova = p->dma->iova + at;
	return p->dma->cpu + at;
}

static void place_ring(struct place *p, struct ring *r, uint32_t n)
{
	size_t len = n * sizeof(struct tre);
	iova_t base = 0;
	struct tre *el = (struct tre *)place(p, len, len, &base);

	if (p->dma)
		ring_init(r, el, base, n);
}

/* The rings and slots of one direction; @e is NULL when only measured. */
static void place_slots(struct place *p, struct engine *e, unsigned int chan, enum link_dir dir,
			const struct chan_dir_config *d)
{
	unsigned int n = d->elements - 1u;
	iova_t iova = 0;
	uint8_t *base = place(p, (size_t)n * d->slot_len, PAGE, &iova);

	if (!e)
		return;
	e->chans[chan].dir[dir].slots = iova;
	e->link_chans[chan].slots[dir] = (struct link_slots){ base, d->slot_len, n };
}

static void place_reads(struct place *p, struct engine *e, const struct engine_config *c)
{
	struct ring none;

	place_ring(p, e ? &e->commands.ring : &none, MHI_CMD_ELEMENTS);
	for (unsigned int i = 0; i < c->n_chans; i++)
		for (int d = LINK_UL; d <= LINK_DL; d++)
			if (c->chans[i].dir[d].exists)
				place_ring(p, e ? &e->chans[i].dir[d].ring : &none,
					   c->chans[i].dir[d].elements);
	for (unsigned int i = 0; i < c->n_chans; i++)
		if (c->chans[i].dir[LINK_UL].exists)
			place_slots(p, e, i, LINK_UL, &c->chans[i].dir[LINK_UL]);
}

static void place_contexts(struct place *p, struct engine *e, const struct engine_config *c)
{
	iova_t chans_at = 0, events_at = 0, cmd_at = 0;
	void *chans = place(p, MHI_MAX_CHANNELS * sizeof(struct chan_ctx), PAGE, &chans_at);
	void *events = place(p, c->n_erings * sizeof(struct event_ctx), 64, &events_at);
	void *cmd = place(p, sizeof(struct cmd_ctx), 64, &cmd_at);

	if (!e)
		return;
	e->chan_ctxs = chans;
	e->event_ctxs = events;
	e->commands.ctx = cmd;
	e->regs.chan_ctxs = chans_at;
	e->regs.event_ctxs = events_at;
	e->regs.cmd_ctx = cmd_at;
}

static void place_writes(struct place *p, struct engine *e, const struct engine_config *c)
{
	struct ring none;

	for (unsigned int i = 0; i < c->n_erings; i++)
		place_ring(p, e ? &e->erings[i].ring : &none, c->erings[i].elements);
	place_contexts(p, e, c);
	for (unsigned int i = 0; i < c->n_chans; i++)
		if (c->chans[i].dir[LINK_DL].exists)
			place_slots(p, e, i, LINK_DL, &c->chans[i].dir[LINK_DL]);
}

struct engine_memory engine_memory(const struct engine_config *c)
{
	struct place reads = { .align = PAGE }, writes = { .align = PAGE };

	place_reads(&reads, NULL, c);
	place_writes(&writes, NULL, c);
	return (struct engine_memory){
		.reads = round_up(reads.used, PAGE),
		.writes = round_up(writes.used, PAGE),
		.align = reads.align > writes.align ? reads.align : writes.align,
	};
}

static void transfer_init(struct engine *e, struct channel *c, enum link_dir dir)
{
	const struct chan_dir_config *config = &c->config->dir[dir];
	struct transfer *t = &c->dir[dir];

	t->channel = c;
	t->dir = dir;
	t->command = -1;
	t->exists = config->exists;
	if (!t->exists)
		return;
	t->slot_len = config->slot_len;
	t->n_slots = (uint16_t)(config->elements - 1);
	t->dwords = ((uint64_t)TRE_TRANSFER << 16 | TRE_IEOT) << 32;
	if (e->config->erings[config->ering].moderation_ms)
		t->dwords |= (uint64_t)TRE_BEI << 32;
	t->plain_ering = NOWHERE;
	t->ering = config->ering;
	t->chid = config->chid;
	t->is_tolerant = c->config->tolerant;
	t->is_rsc = config->rsc;
	t->is_burst = config->burst;
	t->has_db_switch = config->db_mode_switch;
	t->ctx = &e->chan_ctxs[config->chid];
	e->by_chid[config->chid] = t;
}

static void init_parts(struct engine *e)
{
	e->nobody.plain_ering = NOWHERE;
	for (unsigned int i = 0; i < ARRAY_SIZE(e->by_chid); i++)
		e->by_chid[i] = &e->nobody;
	for (unsigned int i = 0; i < e->config->n_erings; i++) {
		e->erings[i].config = &e->config->erings[i];
		e->erings[i].ctx = &e->event_ctxs[i];
		e->erings[i].is_burst = e->config->erings[i].burst;
		e->erings[i].index = (uint8_t)i;
	}
	for (unsigned int i = 0; i < e->config->n_chans; i++) {
		struct channel *c = &e->chans[i];

		c->config = &e->config->chans[i];
		list_init(&c->work);
		e->link_chans[i].name = c->config->name;
		for (int d = LINK_UL; d <= LINK_DL; d++) {
			transfer_init(e, c, (enum link_dir)d);
			e->by_link[2 * i + (unsigned int)d] = &c->dir[d];
		}
	}
}

/* The private records of all transfers in one piece: two numbers an element. */
static size_t records_len(const struct engine_config *c)
{
	size_t n = 0;

	for (unsigned int i = 0; i < c->n_chans; i++)
		for (int d = LINK_UL; d <= LINK_DL; d++)
			n += c->chans[i].dir[d].exists ? 2u * c->chans[i].dir[d].elements : 0;
	return n;
}

static void give_records(struct engine *e)
{
	uint16_t *record = e->records;

	for (unsigned int i = 0; i < e->config->n_chans; i++) {
		for (int d = LINK_UL; d <= LINK_DL; d++) {
			struct transfer *t = &e->chans[i].dir[d];
			unsigned int n = e->config->chans[i].dir[d].elements;

			if (!t->exists)
				continue;
			t->slot_at = record;
			t->held = record + n;
			record += 2 * n;
		}
	}
}

int shape_build(struct engine *e, const struct dma *reads, const struct dma *writes)
{
	const struct engine_config *c = e->config;
	struct place in_reads = { .dma = reads }, in_writes = { .dma = writes };

	e->erings = calloc(c->n_erings, sizeof(*e->erings));
	e->chans = calloc(c->n_chans + 1, sizeof(*e->chans));
	e->link_chans = calloc(c->n_chans + 1, sizeof(*e->link_chans));
	e->by_link = calloc(2 * c->n_chans + 1, sizeof(struct transfer *));
	e->records = calloc(records_len(c) + 1, sizeof(*e->records));
	if (!e->erings || !e->chans || !e->link_chans || !e->by_link || !e->records)
		return -ENOMEM;
	e->link.chans = e->link_chans;
	e->link.n_chans = c->n_chans;
	place_reads(&in_reads, e, c);
	place_writes(&in_writes, e, c);
	init_parts(e);
	give_records(e);
	return 0;
}

void shape_destroy(struct engine *e)
{
	free(e->records);
	free(e->by_link);
	free(e->link_chans);
	free(e->chans);
	free(e->erings);
}
