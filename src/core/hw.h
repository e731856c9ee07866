/*
 * hw - the seam below the engine: one PCI function with registers,
 * doorbells, interrupt vectors and DMA.  vfio, vfio-user and loopback
 * implement it.
 *
 * No call blocks and none calls back from inside, with the exceptions named
 * below; ints are 0 or -errno.  -ENODEV means the link is gone, and stays
 * gone; all ones in a register is how that shows.
 */
#pragma once
#include "base/bytes.h"
#include "base/iova.h"

/* What the device may do with a piece of memory. */
enum dma_rights { DEV_READS, DEV_WRITES };

/* A piece of the pool.  The pool is a memfd, so that another process can be
 * handed the same memory. */
struct dma {
	uint8_t *cpu;		/* where we see it; borrowed from the pool */
	iova_t iova;		/* where the device sees it */
	size_t len;		/* bytes, whole pages */
	int fd;			/* borrowed: the pool's memfd */
	uint64_t offset;	/* of this piece in fd */
};

struct hw;
typedef void (*hw_done_fn)(void *user, int status);

struct hw_ops {
	const char *name;	/* for messages: "vfio", "vfio-user", "loopback" */
	int (*read32)(struct hw *hw, uint32_t offset, uint32_t *ret_value);
	int (*write32)(struct hw *hw, uint32_t offset, uint32_t value);
	/* A doorbell: the high word at offset + 4, then the low word at offset.
	 * Orders every earlier store to DMA memory before it. */
	int (*ring_bell)(struct hw *hw, uint32_t offset, uint64_t value);
	int (*map)(struct hw *hw, const struct dma *dma, enum dma_rights rights);
	/* With the rights it was mapped with.  The device is stopped before it
	 * loses memory that it may write, and stays so until it is reset. */
	int (*unmap)(struct hw *hw, const struct dma *dma, enum dma_rights rights);
	bool (*is_present)(struct hw *hw);
	/* Resets the function; done comes later, from the loop. */
	int (*reset)(struct hw *hw, hw_done_fn done, void *user);
	void (*close)(struct hw *hw);	/* frees hw; no call comes after it */
};

/* What the transport calls, always from the loop and never from inside one of
 * the calls above.  Whoever opens the transport sets it before the first
 * write. */
struct hw_events {
	void (*irq)(void *user, unsigned int vector);	/* < n_vectors */
	void (*gone)(void *user);	/* surprise removal; once */
};

struct hw {
	const struct hw_ops *ops;
	uint32_t bar_len;	/* bytes of BAR 0 */
	unsigned int n_vectors;	/* granted, at least 1 */
	iova_t iova_min;	/* usable window, both ends included */
	iova_t iova_max;
	bool is_physical;	/* no IOMMU: an IOVA is a physical address */
	const struct hw_events *events;	/* borrowed */
	void *user;			/* of events; borrowed */
};
