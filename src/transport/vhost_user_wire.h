/*
 * vhost_user_wire - the vhost-user protocol as it lies on the socket: native
 * byte order, header first, then the payload of its request.  Descriptors come
 * with the first byte of the header.
 *
 * Front-end and back-end share this description and nothing else.
 *
 * Source: QEMU docs/interop/vhost-user.rst.
 */
#pragma once
#include "io/msgsock.h"
#include <stdint.h>

enum vhu_request {
	VHU_GET_FEATURES = 1,
	VHU_SET_FEATURES = 2,
	VHU_SET_OWNER = 3,
	VHU_RESET_OWNER = 4,		/* deprecated */
	VHU_SET_MEM_TABLE = 5,
	VHU_SET_VRING_NUM = 8,
	VHU_SET_VRING_ADDR = 9,
	VHU_SET_VRING_BASE = 10,
	VHU_GET_VRING_BASE = 11,
	VHU_SET_VRING_KICK = 12,
	VHU_SET_VRING_CALL = 13,
	VHU_SET_VRING_ERR = 14,
	VHU_GET_PROTOCOL_FEATURES = 15,
	VHU_SET_PROTOCOL_FEATURES = 16,
	VHU_GET_QUEUE_NUM = 17,
	VHU_SET_VRING_ENABLE = 18,
	VHU_SET_BACKEND_REQ_FD = 21,
	VHU_GET_CONFIG = 24,
	VHU_SET_CONFIG = 25,
	VHU_RESET_DEVICE = 34,
	VHU_GET_MAX_MEM_SLOTS = 36,
	VHU_ADD_MEM_REG = 37,
	VHU_REM_MEM_REG = 38,
	VHU_SET_STATUS = 39,
	VHU_GET_STATUS = 40,
};

enum {
	VHU_VERSION = 1,
	VHU_VERSION_MASK = 3,
	VHU_REPLY = 4,
	VHU_NEED_REPLY = 8,
};

/* Among the virtio features; only the two ends of the socket see it. */
#define VHU_F_PROTOCOL_FEATURES (1ULL << 30)

/* Protocol features. */
#define VHU_P_MQ (1ULL << 0)
#define VHU_P_REPLY_ACK (1ULL << 3)
#define VHU_P_CONFIG (1ULL << 9)
#define VHU_P_RESET_DEVICE (1ULL << 13)
#define VHU_P_MEM_SLOTS (1ULL << 15)
#define VHU_P_STATUS (1ULL << 16)

struct vhu_header {
	uint32_t request;
	uint32_t flags;
	uint32_t size;		/* bytes behind this header */
};
_Static_assert(sizeof(struct vhu_header) == 12, "header");

struct vhu_state {
	uint32_t index, num;
};
_Static_assert(sizeof(struct vhu_state) == 8, "vring state");

/* User addresses.  Note the order. */
struct vhu_addr {
	uint32_t index, flags;
	uint64_t desc, used, avail, log;
};
_Static_assert(sizeof(struct vhu_addr) == 40, "vring addresses");

/* In the u64 of KICK, CALL and ERR: the queue, and no descriptor comes. */
enum { VHU_QUEUE_MASK = 0xff, VHU_NO_FD = 0x100 };

struct vhu_region {
	uint64_t guest, size, user;
	uint64_t offset;	/* in the descriptor that comes along */
};
_Static_assert(sizeof(struct vhu_region) == 32, "region");

enum { VHU_REGIONS_MOST = 8 };	/* of one message, as descriptors */

struct vhu_memory {
	uint32_t n, padding;
	struct vhu_region regions[VHU_REGIONS_MOST];	/* n are sent */
};

static inline size_t vhu_memory_len(uint32_t n)
{
	return offsetof(struct vhu_memory, regions) + n * sizeof(struct vhu_region);
}

struct vhu_one_region {
	uint64_t padding;
	struct vhu_region region;
};
_Static_assert(sizeof(struct vhu_one_region) == 40, "one region");

enum { VHU_CONFIG_MOST = 256 };

struct vhu_config {
	uint32_t offset, size, flags;
	uint8_t bytes[VHU_CONFIG_MOST];		/* size are sent */
};

static inline size_t vhu_config_len(uint32_t size)
{
	return offsetof(struct vhu_config, bytes) + size;
}

/* The largest payload there is. */
union vhu_payload {
	uint64_t u64;
	struct vhu_state state;
	struct vhu_addr addr;
	struct vhu_memory memory;
	struct vhu_one_region one_region;
	struct vhu_config config;
};

static inline size_t vhu_message_len(const void *header)
{
	return sizeof(struct vhu_header) + ((const struct vhu_header *)header)->size;
}

/* Where a message ends on the socket. */
static const struct msgsock_format vhu_format = {
	.header_len = sizeof(struct vhu_header),
	.max_len = sizeof(struct vhu_header) + sizeof(union vhu_payload),
	.total_len = vhu_message_len,
};
