#include "transport/vfio_bar.h"
#include "transport/mmio.h"
#include <errno.h>
#include <linux/vfio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

/* The whole answer, capabilities included; the caller frees it. */
static int region_info(int device, uint32_t index, struct vfio_region_info **ret_info)
{
	struct vfio_region_info first = { .argsz = sizeof(first), .index = index };
	struct vfio_region_info *info;

	if (ioctl(device, VFIO_DEVICE_GET_REGION_INFO, &first) < 0)
		return -errno;
	if (first.argsz < sizeof(first) || first.argsz > 65536)
		first.argsz = sizeof(first);
	info = calloc(1, first.argsz);
	if (!info)
		return -ENOMEM;
	info->argsz = first.argsz;
	info->index = index;
	if (ioctl(device, VFIO_DEVICE_GET_REGION_INFO, info) < 0) {
		int r = -errno;

		free(info);
		return r;
	}
	*ret_info = info;
	return 0;
}

int vfio_region_find(int device, uint32_t index, uint64_t *ret_at, uint64_t *ret_len)
{
	struct vfio_region_info *info;
	int r;

	r = region_info(device, index, &info);
	if (r < 0)
		return r;
	*ret_at = info->offset;
	*ret_len = info->size;
	free(info);
	return 0;
}

static void map_area(struct vfio_bar *b, uint64_t offset, uint64_t len)
{
	struct vfio_bar_area *area = &b->areas[b->n_areas];
	void *cpu;

	if (b->n_areas == VFIO_BAR_AREAS || offset > b->len || len > b->len - offset || !len)
		return;
	cpu = mmap(NULL, (size_t)len, PROT_READ | PROT_WRITE, MAP_SHARED, b->device,
		   (off_t)(b->at + offset));
	if (cpu == MAP_FAILED)
		return;		/* slower, not wrong */
	*area = (struct vfio_bar_area){ (uint32_t)offset, (uint32_t)len, cpu };
	b->n_areas++;
}

/* With a sparse-mmap capability only the listed areas may be mapped.  Returns
 * whether there is one. */
static bool map_sparse(struct vfio_bar *b, const struct vfio_region_info *info)
{
	struct vfio_region_info_cap_sparse_mmap sparse;
	const uint8_t *bytes = (const uint8_t *)info;
	uint32_t at = info->flags & VFIO_REGION_INFO_FLAG_CAPS ? info->cap_offset : 0;

	while (at && info->argsz >= sizeof(sparse) && at <= info->argsz - sizeof(sparse)) {
		memcpy(&sparse, bytes + at, sizeof(sparse));
		if (sparse.header.id == VFIO_REGION_INFO_CAP_SPARSE_MMAP) {
			for (uint32_t i = 0; i < sparse.nr_areas; i++) {
				struct vfio_region_sparse_mmap_area area;
				uint64_t where = at + sizeof(sparse) + (uint64_t)i * sizeof(area);

				if (where > info->argsz - sizeof(area))
					break;
				memcpy(&area, bytes + where, sizeof(area));
				map_area(b, area.offset, area.size);
			}
			return true;
		}
		if (sparse.header.next <= at)
			break;
		at = sparse.header.next;
	}
	return false;
}

int vfio_bar_open(struct vfio_bar *b, int device)
{
	struct vfio_region_info *info;
	int r;

	*b = (struct vfio_bar){ .device = device };
	r = region_info(device, VFIO_PCI_BAR0_REGION_INDEX, &info);
	if (r < 0)
		return r;
	if (!info->size || info->size > UINT32_MAX) {
		free(info);
		return -ENOENT;
	}
	b->at = info->offset;
	b->len = (uint32_t)info->size;
	if (info->flags & VFIO_REGION_INFO_FLAG_MMAP && !map_sparse(b, info))
		map_area(b, 0, b->len);
	free(info);
	return 0;
}

void vfio_bar_close(struct vfio_bar *b)
{
	for (; b->n_areas; b->n_areas--)
		munmap(b->areas[b->n_areas - 1].cpu, b->areas[b->n_areas - 1].len);
}

static volatile uint32_t *mapped(const struct vfio_bar *b, uint32_t offset)
{
	for (unsigned int i = 0; i < b->n_areas; i++) {
		const struct vfio_bar_area *area = &b->areas[i];

		if (offset >= area->offset && offset - area->offset < area->len)
			return (volatile uint32_t *)(area->cpu + (offset - area->offset));
	}
	return NULL;
}

int vfio_bar_read32(const struct vfio_bar *b, uint32_t offset, uint32_t *ret_value)
{
	const volatile uint32_t *at = mapped(b, offset);
	uint32_t value;

	if (at)
		return mmio_read32(at, ret_value);
	if (pread(b->device, &value, sizeof(value), (off_t)(b->at + offset)) != sizeof(value))
		return -ENODEV;
	*ret_value = le32toh(value);
	return 0;
}

int vfio_bar_write32(const struct vfio_bar *b, uint32_t offset, uint32_t value)
{
	volatile uint32_t *at = mapped(b, offset);

	if (at)
		return mmio_write32(at, value);
	value = htole32(value);
	if (pwrite(b->device, &value, sizeof(value), (off_t)(b->at + offset)) != sizeof(value))
		return -ENODEV;
	return 0;
}
