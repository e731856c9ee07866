/*
 * pool - the DMA memory of one device: a memfd, mapped once.
 *
 * It has two parts, one for each right the device can have (hw.h).  A page
 * that was never touched costs nothing; all pages start as zeros.  Between and
 * around the parts lie IOVAs that are mapped to nothing.
 */
#pragma once
#include "base/bytes.h"
#include "base/iova.h"

struct pool_part {
	uint8_t *cpu;
	iova_t iova;
	size_t len;	/* bytes, whole pages; 0: no such part */
	uint64_t offset;	/* in fd */
};

struct pool {
	int fd;
	struct pool_part reads, writes;
};

/* @iova: where the device sees the first part, page aligned; the parts are
 * aligned to @align (power of two, at least a page).  0 or -errno. */
int pool_open(struct pool *p, size_t reads_len, size_t writes_len,
	      iova_t iova, size_t align);

/* The same where an IOVA is a physical address, at most @max: from huge pages.
 * -ENOMEM: too few are free, or they lie too far apart (raise vm.nr_hugepages);
 * -EPERM: the kernel does not tell where they lie. */
int pool_open_physical(struct pool *p, size_t reads_len, size_t writes_len, iova_t max);

void pool_close(struct pool *p);	/* safe twice */
