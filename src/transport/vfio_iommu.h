/*
 * vfio_iommu - the way to a device's memory protection: group and container
 * (type1v2), or a device node of its own and an I/O address space of iommufd.
 *
 * Descriptors only; what the device does is vfio.c.
 *
 * Source: Linux include/uapi/linux/vfio.h, iommufd.h (numbers printed from the
 * headers of 7.2; the headers of Debian 12 lack the second way).
 */
#pragma once
#include "base/text.h"
#include "core/hw.h"

enum vfio_way { VFIO_BY_GROUP, VFIO_BY_IOMMUFD, VFIO_NO_IOMMU };

struct vfio_iommu {
	enum vfio_way way;
	int container;		/* /dev/vfio/vfio, or /dev/iommu; owned */
	int group;		/* -1 with iommufd; owned */
	int device;		/* owned */
	uint32_t ioas;		/* of iommufd */
	iova_t iova_min, iova_max;	/* the largest usable range */
};

/* Opens /dev/vfio/@group_name ("12", "noiommu-0").  0 or -errno with one
 * sentence in @ret_why that says what to do. */
int vfio_group_open(struct vfio_iommu *v, const char *bdf, const char *group_name,
		    bool no_iommu, struct text *ret_why);
/* Opens /dev/vfio/devices/@node_name ("vfio0"). */
int vfio_iommufd_open(struct vfio_iommu *v, const char *node_name, struct text *ret_why);
void vfio_iommu_close(struct vfio_iommu *v);	/* safe twice */
/* The same for a device that is gone: the kernel waits up to a minute for it
 * to answer a reset, in a process of its own. */
void vfio_iommu_abandon(struct vfio_iommu *v);

/* Without an IOMMU there is nothing to map, and both do nothing. */
int vfio_iommu_map(struct vfio_iommu *v, const struct dma *dma, enum dma_rights rights);
int vfio_iommu_unmap(struct vfio_iommu *v, const struct dma *dma);
