/*
 * memory - a pool of DMA memory as one device reaches it: opened, mapped, and
 * mapped no more.  A device has one for its engine, one for a crash dump, and
 * one for an image as long as a loader reads it.
 */
#pragma once
#include "base/text.h"
#include "core/hw.h"
#include "io/pool.h"

struct memory {
	struct pool pool;
	struct dma dma[2];	/* the pool, by enum dma_rights; len 0: no such part */
	unsigned int n_mapped;	/* of dma */
	struct hw *hw;		/* borrowed; NULL: nothing is mapped */
};

/* How much, and where. */
struct memory_need {
	size_t reads, writes;	/* bytes, whole pages */
	size_t align;		/* of both, a power of two */
	iova_t min;		/* 0: the lowest that is possible */
	unsigned int bits;	/* of an address of this device */
};

/* Zeroed memory.  0, or -errno and a sentence; unmap is due after both. */
int memory_map(struct memory *m, struct hw *hw, const struct memory_need *need,
	       struct text *ret_why);
/* Safe twice, and on zeros. */
void memory_unmap(struct memory *m);
/* The first address behind it. */
iova_t memory_end(const struct memory *m);
