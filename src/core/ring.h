/*
 * ring - a circle of 16-byte elements shared with the device.
 *
 * Only arithmetic: no register, no clock, no malloc.  One slot stays empty so
 * that rp == wp always means "empty"; a ring of n holds n - 1.  A damaged ring
 * has no elements: it finds nothing and takes nothing until the next init.
 *
 * Source: Linux drivers/bus/mhi/host/main.c, get_nr_avail_ring_elements().
 */
#pragma once
#include "core/layout.h"
#include <errno.h>

enum { RING_OK, RING_FULL };	/* outcomes; < 0 is -errno */

struct ring {
	struct tre *el;		/* borrowed: mapped for DMA */
	iova_t base;		/* where the device sees el[0] */
	uint32_t len;		/* bytes; 0 once damaged */
	uint32_t mask;		/* elements - 1 */
	uint32_t rp;		/* next element to take */
	uint32_t wp;		/* next element to fill */
};

/* @n is a power of two, at least 2; @base a multiple of n * 16. */
void ring_init(struct ring *r, struct tre *el, iova_t base, uint32_t n);
void ring_damage(struct ring *r);

static inline uint32_t ring_next(const struct ring *r, uint32_t index)
{
	return (index + 1) & r->mask;
}

static inline bool ring_is_empty(const struct ring *r)
{
	return r->rp == r->wp;
}

static inline uint32_t ring_used(const struct ring *r)
{
	return (r->wp - r->rp) & r->mask;
}

static inline uint32_t ring_room(const struct ring *r)	/* pushes still accepted */
{
	return r->mask - ring_used(r);
}

/* Where the device sees element @index. */
static inline iova_t ring_at(const struct ring *r, uint32_t index)
{
	return r->base + index * sizeof(struct tre);
}

/* Is @index between rp and wp, so that the device may name it? */
static inline bool ring_holds(const struct ring *r, uint32_t index)
{
	return ((index - r->rp) & r->mask) < ring_used(r);
}

/* Fills one element.  The device may look only after the wp it reads was moved
 * behind a barrier.  RING_FULL leaves the ring untouched. */
static inline int ring_push(struct ring *r, struct tre_copy el)
{
	uint32_t next = ring_next(r, r->wp);

	if (next == r->rp)
		return RING_FULL;
	tre_store(&r->el[r->wp], el);
	r->wp = next;
	return RING_OK;
}

/* Which element does the device mean?  It is not trusted: -EPROTO when @at
 * lies outside the ring or between two elements. */
static inline int ring_find(const struct ring *r, iova_t at, uint32_t *ret_index)
{
	uint64_t offset = at - r->base;

	if (offset >= r->len || offset % sizeof(struct tre))
		return -EPROTO;
	*ret_index = (uint32_t)(offset / sizeof(struct tre));
	return 0;
}
