/*
 * windows - the memory a vfio-user client has shared with us, by IOVA.
 *
 * Behind a virtual IOMMU windows come by the thousand, a page each, scattered
 * over the client's memory: side by side in IOVA, they are side by side here.
 */
#pragma once
#include "base/bytes.h"
#include "base/iova.h"
#include "sim/sim.h"

struct windows;

enum { WINDOWS_MOST = 65536 };

struct windows *windows_new(void);
void windows_free(struct windows *w);

/* @fd is taken, whatever happens.  0; -EEXIST overlap; -EINVAL size 0, wrap, not
 * in whole pages, beyond the end of the file, or no descriptor; -ENOSPC; -errno of mmap.  The
 * identical window again is accepted. */
int windows_map(struct windows *w, int fd, uint64_t offset, iova_t iova,
		uint64_t size, bool can_read, bool can_write);

/* Removes every window inside [iova, iova + size); none there is fine, for a
 * virtual IOMMU sweeps ranges that were never mapped.  -EINVAL when a window
 * reaches across an end. */
int windows_unmap(struct windows *w, iova_t iova, uint64_t size);
void windows_clear(struct windows *w);

/* The piece of memory around @iova that may be reached so, as far as it goes:
 * windows that touch count as one piece below 4 GiB.  False when there is
 * none. */
bool windows_reach(const struct windows *w, iova_t iova, enum sim_access access,
		   struct sim_window *ret_piece);

unsigned int windows_count(const struct windows *w);
