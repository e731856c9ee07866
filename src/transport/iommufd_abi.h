/*
 * iommufd_abi - the part of the iommufd and VFIO device-node interface that is
 * used here, for systems whose headers are older than their kernel.
 *
 * Source: Linux include/uapi/linux/iommufd.h, include/uapi/linux/vfio.h.
 */
#pragma once
#include <linux/ioctl.h>
#include <stdint.h>

enum {
	IOMMUFD_IOAS_ALLOC = _IO(';', 0x81),
	IOMMUFD_IOAS_IOVA_RANGES = _IO(';', 0x84),
	IOMMUFD_IOAS_MAP = _IO(';', 0x85),
	IOMMUFD_IOAS_UNMAP = _IO(';', 0x86),
	VFIO_NODE_BIND = _IO(';', 0x76),
	VFIO_NODE_ATTACH = _IO(';', 0x77),
};

enum { IOMMUFD_MAP_FIXED = 1, IOMMUFD_MAP_WRITABLE = 2, IOMMUFD_MAP_READABLE = 4 };

struct iommufd_ioas_alloc {
	uint32_t size, flags, ret_ioas;
};
_Static_assert(sizeof(struct iommufd_ioas_alloc) == 12, "IOAS_ALLOC");

struct iommufd_range {
	uint64_t start, last;
};

struct iommufd_ranges {
	uint32_t size, ioas, n, reserved;
	uint64_t ranges;	/* address of struct iommufd_range[n] */
	uint64_t ret_alignment;
};
_Static_assert(sizeof(struct iommufd_ranges) == 32, "IOAS_IOVA_RANGES");

struct iommufd_map {
	uint32_t size, flags, ioas, reserved;
	uint64_t address, len, iova;
};
_Static_assert(sizeof(struct iommufd_map) == 40, "IOAS_MAP");

struct iommufd_unmap {
	uint32_t size, ioas;
	uint64_t iova, len;
};
_Static_assert(sizeof(struct iommufd_unmap) == 24, "IOAS_UNMAP");

struct vfio_node_bind {
	uint32_t argsz, flags;
	int32_t iommufd;
	uint32_t ret_device;
};
_Static_assert(sizeof(struct vfio_node_bind) == 16, "BIND_IOMMUFD");

struct vfio_node_attach {
	uint32_t argsz, flags, ioas;
};
_Static_assert(sizeof(struct vfio_node_attach) == 12, "ATTACH_IOMMUFD_PT");
