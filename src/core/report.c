/*
 * What the rings of an engine hold, in words, for the report of a crash.  The
 * device may have written anything: it is shown, not believed.
 */
#include "core/host.h"
#include <stdio.h>

enum { LAST_ELEMENTS = 8, LINE = 160 };

struct report {
	void (*line)(void *user, const char *line);
	void *user;
};

static void show_element(const struct report *r, const struct ring *ring, uint32_t index)
{
	struct tre_copy el = tre_load(&ring->el[index]);
	char line[LINE];

	snprintf(line, sizeof(line), "  %u: 0x%016llx 0x%08x 0x%08x", index,
		 (unsigned long long)el.ptr, el.dword[0], el.dword[1]);
	r->line(r->user, line);
}

/* The last elements before @end, oldest first. */
static void show_last(const struct report *r, const struct ring *ring, uint32_t end)
{
	for (uint32_t n = min_u32(LAST_ELEMENTS, ring->mask); n; n--)
		show_element(r, ring, (end - n) & ring->mask);
}

static void show_ering(const struct report *r, const struct ering *er)
{
	char line[LINE];

	snprintf(line, sizeof(line), "event ring %u: rp %u wp %u, the device says rp 0x%llx",
		 er->index, er->ring.rp, er->ring.wp,
		 (unsigned long long)le64_get(&er->ctx->rp));
	r->line(r->user, line);
	show_last(r, &er->ring, er->ring.rp);
}

static void show_transfer(const struct report *r, const struct channel *c,
			  const struct transfer *t, const char *name)
{
	char line[LINE];

	snprintf(line, sizeof(line), "channel %s (%u): rp %u wp %u, state %d", name, t->chid,
		 t->ring.rp, t->ring.wp, (int)c->state);
	r->line(r->user, line);
	show_last(r, &t->ring, t->ring.wp);
}

static bool was_used(const struct transfer *t)
{
	return t->ring.el && t->ring.mask && (t->ring.wp || t->ring.rp);
}

void engine_show_rings(const struct engine *e, void (*line)(void *user, const char *line),
		       void *user)
{
	struct report r = { line, user };

	for (unsigned int i = 0; i < e->config->n_erings; i++)
		if (e->erings[i].ring.mask)
			show_ering(&r, &e->erings[i]);
	for (unsigned int i = 0; i < e->config->n_chans; i++)
		for (int d = LINK_UL; d <= LINK_DL; d++)
			if (was_used(&e->chans[i].dir[d]))
				show_transfer(&r, &e->chans[i], &e->chans[i].dir[d],
					      e->config->chans[i].name);
}
