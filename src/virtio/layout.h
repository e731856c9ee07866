/*
 * layout - what the two sides of a split virtqueue share, and the numbers of
 * virtio that both use.
 *
 * Source: OASIS virtio specification 1.2, 2.7 (split virtqueues), 2.1 (status)
 * and 6 (reserved feature bits).  Little endian throughout: nobody here speaks
 * the legacy dialect, VERSION_1 is required.
 */
#pragma once
#include "base/bytes.h"

enum virtio_id { VIRTIO_ID_RPMSG = 7, VIRTIO_ID_GPIO = 41 };

enum virtio_status {
	VIRTIO_ACKNOWLEDGE = 1,
	VIRTIO_DRIVER = 2,
	VIRTIO_DRIVER_OK = 4,
	VIRTIO_FEATURES_OK = 8,
	VIRTIO_NEEDS_RESET = 0x40,
	VIRTIO_FAILED = 0x80,
};

/* Feature bits: the device's own are 0 to 23. */
#define VIRTIO_F_INDIRECT_DESC (1ULL << 28)
#define VIRTIO_F_EVENT_IDX (1ULL << 29)
#define VIRTIO_F_VERSION_1 (1ULL << 32)
#define VIRTIO_F_ACCESS_PLATFORM (1ULL << 33)
#define VIRTIO_F_RING_PACKED (1ULL << 34)
#define VIRTIO_F_IN_ORDER (1ULL << 35)
#define VIRTIO_RPMSG_F_NS (1ULL << 0)
#define VIRTIO_GPIO_F_IRQ (1ULL << 0)

enum { VRING_MOST = 32768 };	/* elements of a queue */

enum vring_desc_flag {
	VRING_DESC_NEXT = 1,
	VRING_DESC_WRITE = 2,	/* the device writes it */
	VRING_DESC_INDIRECT = 4,
};

/* Without EVENT_IDX, in the flags of the other side's ring. */
enum { VRING_NO_INTERRUPT = 1 };	/* avail: do not interrupt me */
enum { VRING_NO_NOTIFY = 1 };		/* used: do not kick me */

struct vring_desc {
	le64 addr;	/* where the device finds it */
	le32 len;
	le16 flags;	/* enum vring_desc_flag */
	le16 next;
};
_Static_assert(sizeof(struct vring_desc) == 16, "descriptor");

/* The driver writes it.  ring[n] is used_event. */
struct vring_avail {
	le16 flags;
	le16 idx;
	le16 ring[];
};
_Static_assert(sizeof(struct vring_avail) == 4, "available ring");

struct vring_used_elem {
	le32 id;	/* the head of the chain */
	le32 len;	/* bytes the device says it wrote */
};

/* The device writes it.  Behind ring[n - 1] lies an le16, avail_event. */
struct vring_used {
	le16 flags;
	le16 idx;
	struct vring_used_elem ring[];
};
_Static_assert(sizeof(struct vring_used) == 4, "used ring");

/* Bytes of each part for a queue of @n elements, the event words included. */
static inline size_t vring_desc_len(unsigned int n)
{
	return (size_t)n * sizeof(struct vring_desc);
}

static inline size_t vring_avail_len(unsigned int n)
{
	return sizeof(struct vring_avail) + ((size_t)n + 1) * sizeof(le16);
}

static inline size_t vring_used_len(unsigned int n)
{
	return sizeof(struct vring_used) + (size_t)n * sizeof(struct vring_used_elem) +
	       sizeof(le16);
}

/* With EVENT_IDX: the entry after which the driver, the device wants to hear. */
static inline le16 *vring_used_event(struct vring_avail *avail, unsigned int n)
{
	return &avail->ring[n];
}

static inline le16 *vring_avail_event(struct vring_used *used, unsigned int n)
{
	return (le16 *)&used->ring[n];
}

/* Has the range (old, now] crossed @event?  Then the other side wants to be
 * told.  All modulo 65536. */
static inline bool vring_crosses(uint16_t event, uint16_t now, uint16_t old)
{
	return (uint16_t)(now - event - 1) < (uint16_t)(now - old);
}
