#include "transport/vfio_iommu.h"
#include "transport/iommufd_abi.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* Below this lie addresses that hide bugs, 0 first of all. */
enum { IOVA_LOWEST = 0x100000 };

static int sys_ioctl(int fd, unsigned long request, void *argument)
{
	int r = ioctl(fd, request, argument);

	return r < 0 ? -errno : r;
}

static int open_node(const char *path, struct text *ret_why)
{
	int fd = open(path, O_RDWR | O_CLOEXEC), r = -errno;

	if (fd >= 0)
		return fd;
	if (r == -ENOENT)
		text_printf(ret_why, "%s does not exist: load the module vfio-pci, and bind the "
			    "device to it (mhictl bind)", path);
	else if (r == -EACCES || r == -EPERM)
		text_printf(ret_why, "%s: %s; run as root, or let a udev rule give the node to you",
			    path, strerror(-r));
	else if (r == -EBUSY)
		text_printf(ret_why, "%s is in use by another process", path);
	else
		text_printf(ret_why, "%s: %s", path, strerror(-r));
	return r;
}

/* What of a range a modem reaches: its addresses have 32 bits. */
static iova_t reach_of(iova_t start, iova_t last)
{
	iova_t end = last < UINT32_MAX ? last : UINT32_MAX;

	return start < end ? end - start : 0;
}

/* The range with the most below 4 GiB, without the lowest addresses.  The
 * largest of all lies above, beyond the interrupt window of x86. */
static void take_range(struct vfio_iommu *v, iova_t start, iova_t last)
{
	if (start < IOVA_LOWEST)
		start = IOVA_LOWEST;
	if (last > start && (!v->iova_max ||
			     reach_of(start, last) > reach_of(v->iova_min, v->iova_max))) {
		v->iova_min = start;
		v->iova_max = last;
	}
}

/* Group and container. */

static void read_ranges(struct vfio_iommu *v, const uint8_t *info, uint32_t len, uint32_t at)
{
	struct vfio_iommu_type1_info_cap_iova_range range;

	/* A chain of capabilities; each next lies behind the last. */
	while (at && at <= len - sizeof(range)) {
		memcpy(&range, info + at, sizeof(range));
		for (uint32_t i = 0; range.header.id == VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE &&
		     i < range.nr_iovas; i++) {
			struct vfio_iova_range r;
			uint64_t where = at + sizeof(range) + i * sizeof(r);

			if (where > len - sizeof(r))
				return;
			memcpy(&r, info + where, sizeof(r));
			take_range(v, r.start, r.end);
		}
		if (range.header.next <= at)
			return;
		at = range.header.next;
	}
}

static int ask_ranges(struct vfio_iommu *v)
{
	struct vfio_iommu_type1_info info = { .argsz = sizeof(info) };
	struct vfio_iommu_type1_info *whole;
	int r;

	r = sys_ioctl(v->container, VFIO_IOMMU_GET_INFO, &info);
	if (r < 0)
		return r;
	if (info.argsz <= sizeof(info) || info.argsz > 65536)
		return 0;
	whole = calloc(1, info.argsz);
	if (!whole)
		return -ENOMEM;
	whole->argsz = info.argsz;
	r = sys_ioctl(v->container, VFIO_IOMMU_GET_INFO, whole);
	if (!r && whole->flags & VFIO_IOMMU_INFO_CAPS)
		read_ranges(v, (uint8_t *)whole, info.argsz, whole->cap_offset);
	free(whole);
	return r;
}

static int get_ranges(struct vfio_iommu *v, struct text *ret_why)
{
	int r = ask_ranges(v);

	if (r < 0)
		text_printf(ret_why, "the IOMMU does not tell its addresses: %s", strerror(-r));
	return r;
}

static int check_group(const struct vfio_iommu *v, const char *name, struct text *ret_why)
{
	struct vfio_group_status status = { .argsz = sizeof(status) };
	int r;

	r = sys_ioctl(v->group, VFIO_GROUP_GET_STATUS, &status);
	if (r < 0) {
		text_printf(ret_why, "IOMMU group %s does not tell its state: %s", name,
			    strerror(-r));
		return r;
	}
	if (status.flags & VFIO_GROUP_FLAGS_VIABLE)
		return 0;
	text_printf(ret_why, "IOMMU group %s is not viable: every function in it must be bound to "
		    "vfio-pci or to no driver (mhictl doctor names them)", name);
	return -EPERM;
}

static int set_iommu(struct vfio_iommu *v, unsigned long type, struct text *ret_why)
{
	int r;

	if (sys_ioctl(v->container, VFIO_GET_API_VERSION, NULL) != VFIO_API_VERSION ||
	    sys_ioctl(v->container, VFIO_CHECK_EXTENSION, (void *)type) <= 0) {
		text_printf(ret_why, "this kernel's VFIO offers no %s: load vfio_iommu_type1",
			    type == VFIO_NOIOMMU_IOMMU ? "no-IOMMU mode" : "type 1 IOMMU");
		return -EOPNOTSUPP;
	}
	r = sys_ioctl(v->group, VFIO_GROUP_SET_CONTAINER, &v->container);
	if (!r)
		r = sys_ioctl(v->container, VFIO_SET_IOMMU, (void *)type);
	if (r == -EPERM)
		text_add(ret_why, "the platform cannot remap interrupts; vfio_iommu_type1 has "
			 "allow_unsafe_interrupts=1 for those who trust the device");
	else if (r < 0)
		text_printf(ret_why, "the IOMMU cannot be set up: %s", strerror(-r));
	return r;
}

static int get_device(struct vfio_iommu *v, const char *bdf, struct text *ret_why)
{
	int fd = sys_ioctl(v->group, VFIO_GROUP_GET_DEVICE_FD, (void *)bdf);

	if (fd < 0)
		text_printf(ret_why, "device %s cannot be opened: %s%s", bdf, strerror(-fd),
			    fd == -EINVAL || fd == -ENODEV ? "; is it bound to vfio-pci?" : "");
	else
		v->device = fd;
	return fd < 0 ? fd : 0;
}

int vfio_group_open(struct vfio_iommu *v, const char *bdf, const char *group_name,
		    bool no_iommu, struct text *ret_why)
{
	char path[64];
	int r;

	*v = (struct vfio_iommu){ .way = no_iommu ? VFIO_NO_IOMMU : VFIO_BY_GROUP,
				  .container = -1, .group = -1, .device = -1 };
	r = v->container = open_node("/dev/vfio/vfio", ret_why);
	if (r < 0)
		goto undo;
	snprintf(path, sizeof(path), "/dev/vfio/%s", group_name);
	r = v->group = open_node(path, ret_why);
	if (r < 0)
		goto undo;
	r = check_group(v, group_name, ret_why);
	if (!r)
		r = set_iommu(v, no_iommu ? VFIO_NOIOMMU_IOMMU : VFIO_TYPE1v2_IOMMU, ret_why);
	if (!r && !no_iommu)
		r = get_ranges(v, ret_why);
	if (!r)
		r = get_device(v, bdf, ret_why);
	if (r < 0)
		goto undo;
	if (!v->iova_max)
		take_range(v, 0, UINT32_MAX);
	return 0;
undo:
	vfio_iommu_close(v);
	return r;
}

/* Device node and iommufd. */

static int get_ioas_ranges(struct vfio_iommu *v)
{
	struct iommufd_range ranges[64];
	struct iommufd_ranges ask = { .size = sizeof(ask), .ioas = v->ioas,
				      .n = ARRAY_SIZE(ranges),
				      .ranges = (uint64_t)(uintptr_t)ranges };
	int r;

	r = sys_ioctl(v->container, IOMMUFD_IOAS_IOVA_RANGES, &ask);
	for (uint32_t i = 0; !r && i < ask.n && i < ARRAY_SIZE(ranges); i++)
		take_range(v, ranges[i].start, ranges[i].last);
	return r;
}

static int attach(struct vfio_iommu *v, struct text *ret_why)
{
	struct vfio_node_bind bind = { .argsz = sizeof(bind), .iommufd = v->container };
	struct iommufd_ioas_alloc alloc = { .size = sizeof(alloc) };
	struct vfio_node_attach pt = { .argsz = sizeof(pt) };
	int r;

	r = sys_ioctl(v->device, VFIO_NODE_BIND, &bind);
	if (r < 0) {
		text_printf(ret_why, "the device cannot be bound to iommufd: %s%s", strerror(-r),
			    r == -EBUSY ? "; its group is open elsewhere" : "");
		return r;
	}
	r = sys_ioctl(v->container, IOMMUFD_IOAS_ALLOC, &alloc);
	if (!r) {
		pt.ioas = v->ioas = alloc.ret_ioas;
		r = sys_ioctl(v->device, VFIO_NODE_ATTACH, &pt);
	}
	if (!r)		/* after the attach: it narrows the ranges */
		r = get_ioas_ranges(v);
	if (r < 0)
		text_printf(ret_why, "the device gets no I/O address space: %s", strerror(-r));
	return r;
}

int vfio_iommufd_open(struct vfio_iommu *v, const char *node_name, struct text *ret_why)
{
	char path[96];
	int r;

	*v = (struct vfio_iommu){ .way = VFIO_BY_IOMMUFD, .container = -1, .group = -1,
				  .device = -1 };
	r = v->container = open_node("/dev/iommu", ret_why);
	if (r < 0)
		goto undo;
	snprintf(path, sizeof(path), "/dev/vfio/devices/%s", node_name);
	r = v->device = open_node(path, ret_why);
	if (r >= 0)
		r = attach(v, ret_why);
	if (r < 0)
		goto undo;
	return 0;
undo:
	vfio_iommu_close(v);
	return r;
}

void vfio_iommu_close(struct vfio_iommu *v)
{
	/* The device first: its address space lives as long as it is open. */
	if (v->device >= 0)
		close(v->device);
	if (v->group >= 0)
		close(v->group);
	if (v->container >= 0)
		close(v->container);
	v->device = v->group = v->container = -1;
}

/* Keeps these descriptors, as 0 to 3, and nothing else of ours.  The last one
 * to close them waits, in its end: that is when nobody holds the gate. */
static void linger(const struct vfio_iommu *v, int gate)
{
	int fds[] = { gate, v->device, v->group, v->container };
	char c;

	for (int i = 0; i < (int)ARRAY_SIZE(fds); i++)
		fds[i] = fcntl(fds[i], F_DUPFD, (int)ARRAY_SIZE(fds));
	for (int i = 0; i < (int)ARRAY_SIZE(fds); i++)
		if (dup2(fds[i], i) < 0)
			close(i);
	close_range(ARRAY_SIZE(fds), ~0u, 0);
	prctl(PR_SET_NAME, "closing-vfio");
	while (read(0, &c, 1) < 0 && errno == EINTR)
		;
	_exit(0);
}

/* A grandchild, so that init waits for it and not we. */
static void fork_lingerer(const struct vfio_iommu *v, int gate)
{
	pid_t pid = fork();

	if (!pid && fork())
		_exit(0);
	if (!pid)
		linger(v, gate);
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

void vfio_iommu_abandon(struct vfio_iommu *v)
{
	int gate[2];

	if (v->device < 0 || pipe2(gate, O_CLOEXEC) < 0) {
		vfio_iommu_close(v);
		return;
	}
	fork_lingerer(v, gate[0]);
	vfio_iommu_close(v);
	close(gate[0]);
	close(gate[1]);
}

static int map_type1(const struct vfio_iommu *v, const struct dma *dma, enum dma_rights rights)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map),
		.flags = VFIO_DMA_MAP_FLAG_READ |
			 (rights == DEV_WRITES ? VFIO_DMA_MAP_FLAG_WRITE : 0),
		.vaddr = (uintptr_t)dma->cpu,
		.iova = dma->iova,
		.size = dma->len,
	};

	return sys_ioctl(v->container, VFIO_IOMMU_MAP_DMA, &map);
}

static int map_ioas(const struct vfio_iommu *v, const struct dma *dma, enum dma_rights rights)
{
	struct iommufd_map map = {
		.size = sizeof(map),
		.flags = IOMMUFD_MAP_FIXED | IOMMUFD_MAP_READABLE |
			 (rights == DEV_WRITES ? IOMMUFD_MAP_WRITABLE : 0),
		.ioas = v->ioas,
		.address = (uintptr_t)dma->cpu,
		.len = dma->len,
		.iova = dma->iova,
	};

	return sys_ioctl(v->container, IOMMUFD_IOAS_MAP, &map);
}

int vfio_iommu_map(struct vfio_iommu *v, const struct dma *dma, enum dma_rights rights)
{
	if (v->way == VFIO_NO_IOMMU)
		return 0;
	return v->way == VFIO_BY_IOMMUFD ? map_ioas(v, dma, rights) : map_type1(v, dma, rights);
}

int vfio_iommu_unmap(struct vfio_iommu *v, const struct dma *dma)
{
	struct vfio_iommu_type1_dma_unmap type1 = { .argsz = sizeof(type1), .iova = dma->iova,
						    .size = dma->len };
	struct iommufd_unmap ioas = { .size = sizeof(ioas), .ioas = v->ioas, .iova = dma->iova,
				      .len = dma->len };

	if (v->way == VFIO_NO_IOMMU)
		return 0;
	if (v->way == VFIO_BY_IOMMUFD)
		return sys_ioctl(v->container, IOMMUFD_IOAS_UNMAP, &ioas);
	return sys_ioctl(v->container, VFIO_IOMMU_UNMAP_DMA, &type1);
}
