#include "fs/handles.h"
#include <stdlib.h>

enum { FIRST_SLOTS = 16 };

struct handle_slot {
	void *object;		/* borrowed */
	enum handle_kind kind;
	uint32_t turn;		/* how often it was used before */
	uint32_t next_free;	/* as handles.free */
};

/* The turn above, 1 + the index below. */
static uint64_t number_of(const struct handles *h, uint32_t index)
{
	return (uint64_t)h->slots[index].turn << 32 | (index + 1);
}

static struct handle_slot *slot_of(const struct handles *h, uint64_t handle)
{
	uint32_t index = (uint32_t)handle - 1;

	if (index >= h->n || h->slots[index].kind == HANDLE_FREE ||
	    h->slots[index].turn != handle >> 32)
		return NULL;
	return &h->slots[index];
}

void handles_init(struct handles *h)
{
	*h = (struct handles){ 0 };
}

void handles_fini(struct handles *h)
{
	free(h->slots);
	handles_init(h);
}

static bool grow(struct handles *h)
{
	uint32_t n = h->n ? 2 * h->n : FIRST_SLOTS;
	struct handle_slot *slots = realloc(h->slots, n * sizeof(*slots));

	if (!slots)
		return false;
	for (uint32_t i = h->n; i < n; i++)
		slots[i] = (struct handle_slot){ .next_free = i + 1 < n ? i + 2 : 0 };
	h->free = h->n + 1;
	h->slots = slots;
	h->n = n;
	return true;
}

uint64_t handle_new(struct handles *h, enum handle_kind kind, void *object)
{
	struct handle_slot *s;
	uint32_t index;

	if (!h->free && !grow(h))
		return 0;
	index = h->free - 1;
	s = &h->slots[index];
	h->free = s->next_free;
	s->object = object;
	s->kind = kind;
	return number_of(h, index);
}

void handle_free(struct handles *h, uint64_t handle)
{
	struct handle_slot *s = slot_of(h, handle);

	if (!s)
		return;
	s->kind = HANDLE_FREE;
	s->turn++;
	s->next_free = h->free;
	h->free = (uint32_t)handle;
}

void *handle_find(const struct handles *h, enum handle_kind kind, uint64_t handle)
{
	const struct handle_slot *s = slot_of(h, handle);

	return s && s->kind == kind ? s->object : NULL;
}

void *handle_any(const struct handles *h, enum handle_kind kind)
{
	for (uint32_t i = 0; i < h->n; i++)
		if (h->slots[i].kind == kind)
			return h->slots[i].object;
	return NULL;
}
