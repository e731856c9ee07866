/*
 * vfio_user_wire - the vfio-user protocol as it lies on the socket: native
 * byte order, header first, then the payload of its command.
 *
 * Server and client share this description and nothing else.
 *
 * Source: QEMU docs/interop/vfio-user.rst; libvfio-user include/vfio-user.h.
 */
#pragma once
#include "io/msgsock.h"
#include <stdint.h>

enum vu_command {
	VU_VERSION = 1,
	VU_DMA_MAP = 2,
	VU_DMA_UNMAP = 3,
	VU_GET_INFO = 4,
	VU_GET_REGION_INFO = 5,
	VU_GET_REGION_IO_FDS = 6,
	VU_GET_IRQ_INFO = 7,
	VU_SET_IRQS = 8,
	VU_REGION_READ = 9,
	VU_REGION_WRITE = 10,
	VU_DMA_READ = 11,
	VU_DMA_WRITE = 12,
	VU_RESET = 13,
	VU_REGION_WRITE_MULTI = 15,
	VU_FEATURE = 16,
};

enum {
	VU_TYPE_MASK = 0xf,
	VU_COMMAND = 0,
	VU_REPLY = 1,
	VU_NO_REPLY = 0x10,
	VU_ERROR = 0x20,
};

struct vu_header {
	uint16_t id;		/* the sender's; echoed in the reply */
	uint16_t command;
	uint32_t size;		/* bytes, this header included */
	uint32_t flags;
	uint32_t error;		/* errno of an error reply */
};
_Static_assert(sizeof(struct vu_header) == 16, "header");

/* Followed by a NUL-terminated JSON object, or nothing. */
struct vu_version {
	uint16_t major, minor;
};

enum { VU_DMA_READABLE = 1, VU_DMA_WRITABLE = 2 };

struct vu_dma_map {
	uint32_t argsz, flags;
	uint64_t offset;	/* in the descriptor that comes along */
	uint64_t iova, size;
};
_Static_assert(sizeof(struct vu_dma_map) == 32, "DMA_MAP");

enum { VU_UNMAP_ALL = 2 };

struct vu_dma_unmap {
	uint32_t argsz, flags;
	uint64_t iova, size;
};
_Static_assert(sizeof(struct vu_dma_unmap) == 24, "DMA_UNMAP");

enum { VU_DEVICE_RESETS = 1, VU_DEVICE_PCI = 2 };

struct vu_info {
	uint32_t argsz, flags, n_regions, n_irqs;
};
_Static_assert(sizeof(struct vu_info) == 16, "GET_INFO");

enum vu_region { VU_REGION_BAR0 = 0, VU_REGION_CONFIG = 7, VU_N_REGIONS = 9 };
enum { VU_REGION_READABLE = 1, VU_REGION_WRITABLE = 2, VU_REGION_MMAP = 4 };

struct vu_region_info {
	uint32_t argsz, flags, index, cap_offset;
	uint64_t size, offset;
};
_Static_assert(sizeof(struct vu_region_info) == 32, "GET_REGION_INFO");

enum vu_irq { VU_IRQ_INTX, VU_IRQ_MSI, VU_IRQ_MSIX, VU_IRQ_ERR, VU_IRQ_REQ, VU_N_IRQS };
enum { VU_IRQ_EVENTFD = 1, VU_IRQ_NORESIZE = 8 };

struct vu_irq_info {
	uint32_t argsz, flags, index, count;
};
_Static_assert(sizeof(struct vu_irq_info) == 16, "GET_IRQ_INFO");

enum {
	VU_IRQ_DATA_NONE = 1,
	VU_IRQ_DATA_BOOL = 2,
	VU_IRQ_DATA_EVENTFD = 4,
	VU_IRQ_MASK = 8,
	VU_IRQ_UNMASK = 16,
	VU_IRQ_TRIGGER = 32,
};

struct vu_irq_set {
	uint32_t argsz, flags, index, start, count;
};
_Static_assert(sizeof(struct vu_irq_set) == 20, "SET_IRQS");

/* Followed by the data: of a write in the request, of a read in the reply. */
struct vu_region_access {
	uint64_t offset;
	uint32_t region, count;
};
_Static_assert(sizeof(struct vu_region_access) == 16, "REGION_READ");

struct vu_region_write {
	uint64_t offset;
	uint32_t region, count;	/* count at most 8 */
	uint8_t data[8];
};
_Static_assert(sizeof(struct vu_region_write) == 24, "REGION_WRITE_MULTI entry");

enum {
	VU_MAX_FDS = 16,		/* QEMU refuses a peer that takes more */
	VU_MAX_TRANSFER = 1 << 20,	/* bytes of one region access */
	VU_MAX_MESSAGE = VU_MAX_TRANSFER + 4096,
};

static inline size_t vu_message_len(const void *header)
{
	return ((const struct vu_header *)header)->size;
}

/* Where a message ends on the socket. */
static const struct msgsock_format vu_format = {
	.header_len = sizeof(struct vu_header),
	.max_len = VU_MAX_MESSAGE,
	.total_len = vu_message_len,
};
