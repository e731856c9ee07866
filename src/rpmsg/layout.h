/*
 * layout - the messages of rpmsg: a header of 16 bytes, and what the name
 * service says.  Unaligned, little endian; read with get_le32() and friends.
 *
 * Source: Linux drivers/rpmsg/virtio_rpmsg_bus.c, include/linux/rpmsg/ns.h.
 */
#pragma once
#include "base/bytes.h"

#define RPMSG_ADDR_ANY 0xffffffffu
enum {
	RPMSG_ADDR_NS = 53,	/* the name service */
	RPMSG_ADDR_DYNAMIC = 1024,	/* the first that is not reserved */
	RPMSG_NAME_LEN = 32,	/* with the NUL */
};

/* Offsets in the header. */
enum {
	RPMSG_SRC = 0,		/* u32 */
	RPMSG_DST = 4,		/* u32 */
	RPMSG_RESERVED = 8,	/* u32: peers keep their own notes there; send 0 */
	RPMSG_LEN = 12,		/* u16, payload bytes */
	RPMSG_FLAGS = 14,	/* u16: send 0 */
	RPMSG_HEADER_LEN = 16,
};

/* Offsets in a message to RPMSG_ADDR_NS. */
enum {
	RPMSG_NS_NAME = 0,	/* RPMSG_NAME_LEN bytes; garbage behind the NUL */
	RPMSG_NS_ADDR = 32,	/* u32, the announcing side's */
	RPMSG_NS_FLAGS = 36,	/* u32, enum rpmsg_ns_flag */
	RPMSG_NS_LEN = 40,
};

/* Bytes of a message, header included. */
enum {
	RPMSG_MTU_LEAST = RPMSG_HEADER_LEN + RPMSG_NS_LEN,
	RPMSG_MTU_MOST = RPMSG_HEADER_LEN + 65535,
};

enum rpmsg_ns_flag { RPMSG_NS_CREATE = 0, RPMSG_NS_DESTROY = 1 };

enum {
	RPMSG_BUFFER_LEN = 512,		/* over virtio, header included */
	RPMSG_BUFFERS_MOST = 256,	/* of one direction */
};

static inline void rpmsg_put_header(uint8_t *header, uint32_t src, uint32_t dst, uint32_t len)
{
	put_le32(header + RPMSG_SRC, src);
	put_le32(header + RPMSG_DST, dst);
	put_le32(header + RPMSG_RESERVED, 0);
	put_le16(header + RPMSG_LEN, (uint16_t)len);
	put_le16(header + RPMSG_FLAGS, 0);
}
