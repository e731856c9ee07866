#include "tests/fake_vfio.h"
#include "transport/iommufd_abi.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

enum kind { FOREIGN, CONTAINER, GROUP, DEVICE, IOMMUFD };
enum { MOST_FDS = 256, IOAS = 7 };

struct fake_vfio fake_vfio;
static uint8_t kinds[MOST_FDS];	/* enum kind by descriptor */
static bool has_container, is_bound;

int __real_open(const char *path, int flags, ...);
int __real_ioctl(int fd, unsigned long request, ...);
void *__real_mmap(void *at, size_t len, int prot, int flags, int fd, off_t offset);
ssize_t __real_pread(int fd, void *data, size_t len, off_t offset);
ssize_t __real_pwrite(int fd, const void *data, size_t len, off_t offset);
int __real_close(int fd);

int __wrap_open(const char *path, int flags, ...);
int __wrap_ioctl(int fd, unsigned long request, ...);
void *__wrap_mmap(void *at, size_t len, int prot, int flags, int fd, off_t offset);
ssize_t __wrap_pread(int fd, void *data, size_t len, off_t offset);
ssize_t __wrap_pwrite(int fd, const void *data, size_t len, off_t offset);
int __wrap_close(int fd);

void fake_vfio_init(void)
{
	fake_vfio = (struct fake_vfio){
		.bar_len = FAKE_BAR_LEN, .is_mappable = true,
		.n_msi = 32, .n_msix = 32, .granted = 32,
		.ranges = { { 0, 0xfedfffff }, { 0xfef00000, (1ull << 39) - 1 } }, .n_ranges = 2,
		.is_viable = true, .has_type1 = true, .remaps_interrupts = true,
		.fail_at = -1, .device = -1, .unplug = -1, .error = -1,
	};
	memset(kinds, FOREIGN, sizeof(kinds));
	has_container = is_bound = false;
}

static enum kind kind_of(int fd)
{
	return fd >= 0 && fd < MOST_FDS ? (enum kind)kinds[fd] : FOREIGN;
}

static int refuse(int error)
{
	errno = error;
	return -1;
}

static bool fails_now(void)
{
	if (fake_vfio.n_calls++ != fake_vfio.fail_at)
		return false;
	errno = fake_vfio.fail_errno;
	return true;
}

static int new_fd(enum kind kind)
{
	int fd = memfd_create("fake-vfio", MFD_CLOEXEC);

	if (fd >= 0 && fd < MOST_FDS)
		kinds[fd] = (uint8_t)kind;
	return fd;
}

static int new_device(void)
{
	static const uint8_t ids[] = { 0xcb, 0x17, 0x06, 0x03 }, sub[] = { 0xcb, 0x17, 0x0c, 0x01 };
	static const uint8_t class[] = { 0x00, 0x00, 0x00, 0xff };
	int fd = new_fd(DEVICE);

	if (ftruncate(fd, FAKE_CONFIG_AT + 4096) ||
	    __real_pwrite(fd, ids, 4, FAKE_CONFIG_AT + PCI_VENDOR_ID) != 4 ||
	    __real_pwrite(fd, class, 4, FAKE_CONFIG_AT + PCI_CLASS_REVISION) != 4 ||
	    __real_pwrite(fd, sub, 4, FAKE_CONFIG_AT + PCI_SUBSYSTEM_VENDOR_ID) != 4)
		return -1;
	fake_vfio.device = fd;
	return fd;
}

void fake_vfio_vanish(void)
{
	uint8_t ones[4096];

	memset(ones, 0xff, sizeof(ones));
	/* Vendor and device stay: the kernel remembers them. */
	if (__real_pwrite(fake_vfio.device, ones, 4092, FAKE_CONFIG_AT + 4) < 0 ||
	    __real_pwrite(fake_vfio.device, ones, sizeof(ones), 0) < 0)
		fake_vfio.device = -1;
}

uint16_t fake_vfio_command(void)
{
	uint8_t bytes[2] = { 0 };

	if (__real_pread(fake_vfio.device, bytes, 2, FAKE_CONFIG_AT + PCI_COMMAND) != 2)
		return 0;
	return get_le16(bytes);
}

static int open_node(const char *path)
{
	if (fails_now())
		return -1;
	if (fake_vfio.missing && !strcmp(fake_vfio.missing, path))
		return refuse(fake_vfio.missing_errno);
	if (!strcmp(path, "/dev/vfio/vfio"))
		return new_fd(CONTAINER);
	if (!strcmp(path, "/dev/iommu"))
		return new_fd(IOMMUFD);
	if (!strcmp(path, "/dev/vfio/devices/vfio0"))
		return new_device();
	if (!strcmp(path, "/dev/vfio/12") || !strcmp(path, "/dev/vfio/noiommu-0"))
		return new_fd(GROUP);
	return refuse(ENOENT);
}

/* --- the device --- */

/* The list of areas, as a capability behind the answer. */
static void tell_areas(struct vfio_region_info *info)
{
	struct {
		struct vfio_region_info_cap_sparse_mmap head;
		struct vfio_region_sparse_mmap_area areas[FAKE_MOST_AREAS];
	} cap = { .head = { .header = { .id = VFIO_REGION_INFO_CAP_SPARSE_MMAP, .version = 1 },
			    .nr_areas = fake_vfio.n_areas } };
	uint32_t len = (uint32_t)(sizeof(cap.head) + fake_vfio.n_areas * sizeof(cap.areas[0]));

	for (unsigned int i = 0; i < fake_vfio.n_areas; i++) {
		cap.areas[i].offset = fake_vfio.areas[i].offset;
		cap.areas[i].size = fake_vfio.areas[i].len;
	}
	info->flags |= VFIO_REGION_INFO_FLAG_CAPS;
	if (info->argsz < sizeof(*info) + len) {
		info->argsz = (uint32_t)sizeof(*info) + len;
		info->cap_offset = 0;
		return;
	}
	info->cap_offset = sizeof(*info);
	memcpy((uint8_t *)info + sizeof(*info), &cap, len);
}

static int region_info(struct vfio_region_info *info)
{
	if (info->argsz < sizeof(*info) || info->index >= VFIO_PCI_NUM_REGIONS)
		return refuse(EINVAL);
	info->flags = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE;
	info->cap_offset = 0;
	info->offset = (uint64_t)info->index << 24;
	info->size = info->index == VFIO_PCI_BAR0_REGION_INDEX ? fake_vfio.bar_len :
		     info->index == VFIO_PCI_CONFIG_REGION_INDEX ? 4096 : 0;
	if (info->index == VFIO_PCI_BAR0_REGION_INDEX && fake_vfio.is_mappable)
		info->flags |= VFIO_REGION_INFO_FLAG_MMAP;
	if (info->index == VFIO_PCI_BAR0_REGION_INDEX && fake_vfio.n_areas)
		tell_areas(info);
	return 0;
}

static unsigned int irq_count(uint32_t index)
{
	if (index == VFIO_PCI_MSI_IRQ_INDEX)
		return fake_vfio.n_msi;
	if (index == VFIO_PCI_MSIX_IRQ_INDEX)
		return fake_vfio.n_msix;
	return index == VFIO_PCI_REQ_IRQ_INDEX || index == VFIO_PCI_ERR_IRQ_INDEX;
}

static int irq_info(struct vfio_irq_info *info)
{
	if (info->argsz < sizeof(*info) || info->index >= VFIO_PCI_NUM_IRQS)
		return refuse(EINVAL);
	info->flags = VFIO_IRQ_INFO_EVENTFD;
	info->count = irq_count(info->index);
	return 0;
}

static int arm(const struct vfio_irq_set *set, const int *fds)
{
	if (set->index == VFIO_PCI_REQ_IRQ_INDEX || set->index == VFIO_PCI_ERR_IRQ_INDEX) {
		*(set->index == VFIO_PCI_REQ_IRQ_INDEX ? &fake_vfio.unplug : &fake_vfio.error) =
			fds[0];
		return 0;
	}
	if (set->count > fake_vfio.granted)
		return (int)fake_vfio.granted;
	memcpy(fake_vfio.irqs, fds, set->count * sizeof(*fds));
	fake_vfio.n_irqs = set->count;
	fake_vfio.irq_index = set->index;
	return 0;
}

static int set_irqs(const struct vfio_irq_set *set)
{
	bool by_fd = set->flags == (VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER);
	int fds[FAKE_MOST_IRQS];

	if (set->argsz < sizeof(*set) || set->index >= VFIO_PCI_NUM_IRQS || set->start ||
	    set->count > irq_count(set->index))
		return refuse(EINVAL);
	if (set->flags == (VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_TRIGGER) && !set->count) {
		fake_vfio.n_irqs = 0;
		return 0;
	}
	if (!by_fd || set->argsz - sizeof(*set) < set->count * sizeof(int))
		return refuse(EINVAL);
	memcpy(fds, set->data, set->count * sizeof(int));
	return arm(set, fds);
}

static int bind_iommufd(struct vfio_node_bind *bind)
{
	if (bind->argsz < sizeof(*bind) || bind->flags || kind_of(bind->iommufd) != IOMMUFD)
		return refuse(EINVAL);
	is_bound = true;
	bind->ret_device = 3;
	return 0;
}

static int attach_ioas(const struct vfio_node_attach *attach)
{
	if (attach->argsz < sizeof(*attach) || !is_bound || attach->ioas != IOAS)
		return refuse(EINVAL);
	fake_vfio.is_attached = true;
	return 0;
}

static int device_ioctl(unsigned long request, void *argument)
{
	struct vfio_device_info *info = argument;

	if (request == VFIO_NODE_BIND)
		return bind_iommufd(argument);
	if (request == VFIO_NODE_ATTACH)
		return attach_ioas(argument);
	if (!fake_vfio.is_attached)
		return refuse(EINVAL);
	switch (request) {
	case VFIO_DEVICE_GET_INFO:
		info->flags = VFIO_DEVICE_FLAGS_PCI | VFIO_DEVICE_FLAGS_RESET;
		info->num_regions = VFIO_PCI_NUM_REGIONS;
		info->num_irqs = VFIO_PCI_NUM_IRQS;
		return 0;
	case VFIO_DEVICE_GET_REGION_INFO:
		return region_info(argument);
	case VFIO_DEVICE_GET_IRQ_INFO:
		return irq_info(argument);
	case VFIO_DEVICE_SET_IRQS:
		return set_irqs(argument);
	case VFIO_DEVICE_RESET:
		fake_vfio.n_resets++;
		return 0;
	default:
		return refuse(ENOTTY);
	}
}

/* --- memory --- */

static int add_map(iova_t iova, uint64_t len, bool is_writable)
{
	bool is_usable = false;

	for (unsigned int i = 0; i < fake_vfio.n_ranges; i++)
		is_usable |= iova >= fake_vfio.ranges[i].first &&
			     iova + len - 1 <= fake_vfio.ranges[i].last;
	if (!is_usable || !len || (iova | len) & 4095)
		return refuse(EINVAL);
	for (unsigned int i = 0; i < fake_vfio.n_maps; i++)
		if (iova < fake_vfio.maps[i].iova + fake_vfio.maps[i].len &&
		    fake_vfio.maps[i].iova < iova + len)
			return refuse(EEXIST);
	if (fake_vfio.n_maps == FAKE_MOST_MAPS)
		return refuse(ENOSPC);
	fake_vfio.maps[fake_vfio.n_maps].iova = iova;
	fake_vfio.maps[fake_vfio.n_maps].len = len;
	fake_vfio.maps[fake_vfio.n_maps++].is_writable = is_writable;
	return 0;
}

static int remove_map(iova_t iova, uint64_t len)
{
	for (unsigned int i = 0; i < fake_vfio.n_maps; i++)
		if (fake_vfio.maps[i].iova == iova && fake_vfio.maps[i].len == len) {
			fake_vfio.maps[i] = fake_vfio.maps[--fake_vfio.n_maps];
			return 0;
		}
	return refuse(ENOENT);
}

/* The ranges, as a capability behind the answer. */
static int type1_info(struct vfio_iommu_type1_info *info)
{
	struct {
		struct vfio_iommu_type1_info_cap_iova_range head;
		struct vfio_iova_range ranges[4];
	} cap = { .head = { .header = { .id = VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE, .version = 1 },
			    .nr_iovas = fake_vfio.n_ranges } };
	uint32_t len = (uint32_t)(sizeof(cap.head) + fake_vfio.n_ranges * sizeof(cap.ranges[0]));
	uint32_t had = info->argsz;

	if (had < sizeof(*info))
		return refuse(EINVAL);
	for (unsigned int i = 0; i < fake_vfio.n_ranges; i++) {
		cap.ranges[i].start = fake_vfio.ranges[i].first;
		cap.ranges[i].end = fake_vfio.ranges[i].last;
	}
	info->flags = VFIO_IOMMU_INFO_PGSIZES | (fake_vfio.n_ranges ? VFIO_IOMMU_INFO_CAPS : 0);
	info->iova_pgsizes = 4096;
	info->cap_offset = 0;
	if (fake_vfio.n_ranges)
		info->argsz = (uint32_t)sizeof(*info) + len;
	if (!fake_vfio.n_ranges || had < info->argsz)
		return 0;
	info->cap_offset = sizeof(*info);
	memcpy((uint8_t *)info + sizeof(*info), &cap, len);
	return 0;
}

static int set_iommu(unsigned long type)
{
	if (!has_container || (type == VFIO_TYPE1v2_IOMMU && !fake_vfio.has_type1))
		return refuse(EINVAL);
	if (!fake_vfio.remaps_interrupts)
		return refuse(EPERM);
	fake_vfio.is_attached = true;
	return 0;
}

static int container_ioctl(unsigned long request, void *argument)
{
	struct vfio_iommu_type1_dma_map *map = argument;
	struct vfio_iommu_type1_dma_unmap *unmap = argument;
	unsigned long type = (unsigned long)argument;

	switch (request) {
	case VFIO_GET_API_VERSION:
		return VFIO_API_VERSION;
	case VFIO_CHECK_EXTENSION:
		return type == VFIO_NOIOMMU_IOMMU ||
		       (type == VFIO_TYPE1v2_IOMMU && fake_vfio.has_type1);
	case VFIO_SET_IOMMU:
		return set_iommu(type);
	case VFIO_IOMMU_GET_INFO:
		return type1_info(argument);
	case VFIO_IOMMU_MAP_DMA:
		if (map->argsz < sizeof(*map) || !(map->flags & VFIO_DMA_MAP_FLAG_READ))
			return refuse(EINVAL);
		return add_map(map->iova, map->size, map->flags & VFIO_DMA_MAP_FLAG_WRITE);
	case VFIO_IOMMU_UNMAP_DMA:
		return remove_map(unmap->iova, unmap->size);
	default:
		return refuse(ENOTTY);
	}
}

static int group_ioctl(unsigned long request, void *argument)
{
	struct vfio_group_status *status = argument;

	switch (request) {
	case VFIO_GROUP_GET_STATUS:
		status->flags = fake_vfio.is_viable ? VFIO_GROUP_FLAGS_VIABLE : 0;
		return 0;
	case VFIO_GROUP_SET_CONTAINER:
		has_container = kind_of(*(int *)argument) == CONTAINER;
		return has_container ? 0 : refuse(EINVAL);
	case VFIO_GROUP_GET_DEVICE_FD:
		if (!fake_vfio.is_attached || strcmp(argument, "0000:01:00.0"))
			return refuse(fake_vfio.is_attached ? ENODEV : EINVAL);
		return new_device();
	default:
		return refuse(ENOTTY);
	}
}

static int tell_ranges(struct iommufd_ranges *ask)
{
	struct iommufd_range *ranges = (struct iommufd_range *)(uintptr_t)ask->ranges;

	if (ask->size < sizeof(*ask) || ask->ioas != IOAS || ask->n < fake_vfio.n_ranges)
		return refuse(ask->size < sizeof(*ask) ? EINVAL : EMSGSIZE);
	for (ask->n = 0; ask->n < fake_vfio.n_ranges; ask->n++) {
		ranges[ask->n].start = fake_vfio.ranges[ask->n].first;
		ranges[ask->n].last = fake_vfio.ranges[ask->n].last;
	}
	return 0;
}

static int iommufd_ioctl(unsigned long request, void *argument)
{
	enum { FIXED_READABLE = IOMMUFD_MAP_FIXED | IOMMUFD_MAP_READABLE };
	struct iommufd_ioas_alloc *alloc = argument;
	struct iommufd_map *map = argument;
	struct iommufd_unmap *unmap = argument;

	switch (request) {
	case IOMMUFD_IOAS_ALLOC:
		alloc->ret_ioas = IOAS;
		return 0;
	case IOMMUFD_IOAS_IOVA_RANGES:
		return tell_ranges(argument);
	case IOMMUFD_IOAS_MAP:
		if (map->size < sizeof(*map) || map->ioas != IOAS || !map->address ||
		    (map->flags & FIXED_READABLE) != FIXED_READABLE)
			return refuse(EINVAL);
		return add_map(map->iova, map->len, map->flags & IOMMUFD_MAP_WRITABLE);
	case IOMMUFD_IOAS_UNMAP:
		return unmap->ioas == IOAS ? remove_map(unmap->iova, unmap->len) : refuse(ENOENT);
	default:
		return refuse(ENOTTY);
	}
}

/* --- the calls --- */

int __wrap_open(const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list args;

	if (!strncmp(path, "/dev/vfio/", 10) || !strcmp(path, "/dev/iommu"))
		return open_node(path);
	va_start(args, flags);
	if (flags & O_CREAT)
		mode = va_arg(args, mode_t);
	va_end(args);
	return __real_open(path, flags, mode);
}

int __wrap_ioctl(int fd, unsigned long request, ...)
{
	void *argument;
	va_list args;

	va_start(args, request);
	argument = va_arg(args, void *);
	va_end(args);
	if (kind_of(fd) != FOREIGN && fails_now())
		return -1;
	switch (kind_of(fd)) {
	case CONTAINER:
		return container_ioctl(request, argument);
	case GROUP:
		return group_ioctl(request, argument);
	case DEVICE:
		return device_ioctl(request, argument);
	case IOMMUFD:
		return iommufd_ioctl(request, argument);
	default:
		return __real_ioctl(fd, request, argument);
	}
}

/* Only what the areas allow, as the kernel does. */
static bool may_map(uint64_t offset, size_t len)
{
	bool may = fake_vfio.is_mappable && !fake_vfio.n_areas;

	for (unsigned int i = 0; i < fake_vfio.n_areas; i++)
		may |= offset >= fake_vfio.areas[i].offset &&
		       offset + len <= fake_vfio.areas[i].offset + fake_vfio.areas[i].len;
	return may && offset + len <= fake_vfio.bar_len;
}

void *__wrap_mmap(void *at, size_t len, int prot, int flags, int fd, off_t offset)
{
	if (kind_of(fd) == DEVICE) {
		if (fails_now())
			return MAP_FAILED;
		if (!may_map((uint64_t)offset, len)) {
			errno = EINVAL;
			return MAP_FAILED;
		}
		fake_vfio.n_mmaps++;
	}
	return __real_mmap(at, len, prot, flags, fd, offset);
}

ssize_t __wrap_pread(int fd, void *data, size_t len, off_t offset)
{
	if (kind_of(fd) == DEVICE && fails_now())
		return -1;
	return __real_pread(fd, data, len, offset);
}

ssize_t __wrap_pwrite(int fd, const void *data, size_t len, off_t offset)
{
	if (kind_of(fd) == DEVICE && fails_now())
		return -1;
	return __real_pwrite(fd, data, len, offset);
}

int __wrap_close(int fd)
{
	if (fd >= 0 && fd < MOST_FDS)
		kinds[fd] = FOREIGN;
	return __real_close(fd);
}
