#include "transport/vfio.h"
#include "transport/mmio.h"
#include "transport/vectors.h"
#include "transport/vfio_bar.h"
#include <errno.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { HEALTH_US = 2000000 };

/* An eventfd that says one thing: the kernel wants the device back, or the
 * device reported a fatal error. */
struct notice {
	int fd;			/* -1: not armed; owned */
	struct loop_fd *watch;
};

struct vfio {
	struct hw hw;
	struct loop *loop;
	struct vfio_iommu iommu;
	struct vfio_bar bar;
	struct vectors vectors;
	uint32_t irq;		/* index of the armed kind */
	struct notice unplug, error;
	struct timer health;
	uint64_t config_at;	/* in the device descriptor */
	bool is_gone;
	struct defer gone;
	struct defer reset_done;
	int reset_status;
	hw_done_fn done;
	void *done_user;
};

static struct vfio *from_hw(struct hw *hw)
{
	return container_of(hw, struct vfio, hw);
}

static int gone(struct vfio *v)
{
	if (!v->is_gone) {
		v->is_gone = true;
		loop_defer(v->loop, &v->gone);
	}
	return -ENODEV;
}

static int config_read(const struct vfio *v, uint32_t at, void *data, size_t len)
{
	ssize_t n = pread(v->iommu.device, data, len, (off_t)(v->config_at + at));

	return n == (ssize_t)len ? 0 : -ENODEV;
}

/* The kernel remembers vendor and device, and tells them when the card is
 * long gone; class and revision it reads.
 * Source: Linux drivers/vfio/pci/vfio_pci_config.c, init_pci_cap_basic_perm(). */
static bool answers(const struct vfio *v)
{
	uint8_t class[4];

	return !config_read(v, PCI_CLASS_REVISION, class, sizeof(class)) &&
	       get_le32(class) != 0xffffffff;
}

/* Sets and clears bits of the command register. */
static int config_command(const struct vfio *v, uint16_t set, uint16_t clear)
{
	uint8_t bytes[2];
	int r = config_read(v, PCI_COMMAND, bytes, sizeof(bytes));

	if (r < 0)
		return r;
	put_le16(bytes, (uint16_t)((get_le16(bytes) | set) & ~clear));
	if (pwrite(v->iommu.device, bytes, sizeof(bytes),
		   (off_t)(v->config_at + PCI_COMMAND)) != sizeof(bytes))
		return -ENODEV;
	return 0;
}

/* hw_ops */

static int vfio_read32(struct hw *hw, uint32_t offset, uint32_t *ret_value)
{
	struct vfio *v = from_hw(hw);

	if (v->is_gone || vfio_bar_read32(&v->bar, offset, ret_value) < 0)
		return gone(v);
	return 0;
}

static int vfio_write32(struct hw *hw, uint32_t offset, uint32_t value)
{
	struct vfio *v = from_hw(hw);

	if (v->is_gone || vfio_bar_write32(&v->bar, offset, value) < 0)
		return gone(v);
	return 0;
}

static int vfio_ring_bell(struct hw *hw, uint32_t offset, uint64_t value)
{
	int r;

	/* Pairs with the device's fetch of the ring after the doorbell. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	r = vfio_write32(hw, offset + 4, (uint32_t)(value >> 32));
	return r ? r : vfio_write32(hw, offset, (uint32_t)value);
}

static int vfio_map(struct hw *hw, const struct dma *dma, enum dma_rights rights)
{
	return vfio_iommu_map(&from_hw(hw)->iommu, dma, rights);
}

static int vfio_unmap(struct hw *hw, const struct dma *dma, enum dma_rights rights)
{
	if (rights == DEV_WRITES)
		config_command(from_hw(hw), 0, PCI_COMMAND_MASTER);
	return vfio_iommu_unmap(&from_hw(hw)->iommu, dma);
}

static bool vfio_is_present(struct hw *hw)
{
	struct vfio *v = from_hw(hw);

	if (!v->is_gone && !answers(v))
		gone(v);
	return !v->is_gone;
}

/* A slot without hotplug tells nobody that its card is gone. */
static void check_health(void *user)
{
	struct vfio *v = user;

	if (vfio_is_present(&v->hw))
		timer_start(loop_timers(v->loop), &v->health, HEALTH_US);
}

static void tell_reset_done(void *user)
{
	struct vfio *v = user;

	v->done(v->done_user, v->reset_status);
}

static int vfio_reset(struct hw *hw, hw_done_fn done, void *user)
{
	struct vfio *v = from_hw(hw);

	if (v->is_gone)
		return -ENODEV;
	v->reset_status = ioctl(v->iommu.device, VFIO_DEVICE_RESET) < 0 ? -errno : 0;
	if (!v->reset_status)
		v->reset_status = config_command(v, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER, 0);
	v->done = done;
	v->done_user = user;
	loop_defer(v->loop, &v->reset_done);
	return 0;
}

static int set_irqs(const struct vfio *v, uint32_t index, uint32_t flags, uint32_t n,
		    const int *fds)
{
	struct {
		struct vfio_irq_set set;
		int fds[VECTORS_MOST];
	} ask = { .set = { .argsz = sizeof(ask.set) + (uint32_t)(fds ? n * sizeof(int) : 0),
			   .flags = flags | VFIO_IRQ_SET_ACTION_TRIGGER,
			   .index = index, .count = n } };
	int r;

	if (fds)
		memcpy(ask.set.data, fds, n * sizeof(int));
	r = ioctl(v->iommu.device, VFIO_DEVICE_SET_IRQS, &ask);
	return r < 0 ? -errno : r;
}

static void notice_close(struct notice *n)
{
	loop_unwatch(n->watch);
	if (n->fd >= 0)
		close(n->fd);
	*n = (struct notice){ .fd = -1 };
}

static void vfio_close(struct hw *hw)
{
	struct vfio *v = from_hw(hw);

	if (v->vectors.n && !v->is_gone)
		config_command(v, 0, PCI_COMMAND_MASTER);
	if (v->vectors.n)
		set_irqs(v, v->irq, VFIO_IRQ_SET_DATA_NONE, 0, NULL);
	vectors_close(&v->vectors);
	timer_stop(&v->health);
	notice_close(&v->unplug);
	notice_close(&v->error);
	vfio_bar_close(&v->bar);
	if (v->is_gone)
		vfio_iommu_abandon(&v->iommu);
	else
		vfio_iommu_close(&v->iommu);
	defer_cancel(&v->gone);
	defer_cancel(&v->reset_done);
	free(v);
}

static const struct hw_ops vfio_ops = {
	.name = "vfio",
	.read32 = vfio_read32,
	.write32 = vfio_write32,
	.ring_bell = vfio_ring_bell,
	.map = vfio_map,
	.unmap = vfio_unmap,
	.is_present = vfio_is_present,
	.reset = vfio_reset,
	.close = vfio_close,
};

static void tell_gone(void *user)
{
	struct vfio *v = user;

	if (v->hw.events)
		v->hw.events->gone(v->hw.user);
}

/* The kernel asks again every ten seconds and waits for our close; a fatal
 * error ends the device as well. */
static void on_notice(void *user, int what)
{
	struct vfio *v = user;
	eventfd_t count;

	(void)what;
	if (v->unplug.fd >= 0)
		eventfd_read(v->unplug.fd, &count);
	if (v->error.fd >= 0)
		eventfd_read(v->error.fd, &count);
	gone(v);
}

/* Devices without such a notice are fine. */
static void notice_open(struct vfio *v, struct notice *n, uint32_t index)
{
	n->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (n->fd >= 0 && !set_irqs(v, index, VFIO_IRQ_SET_DATA_EVENTFD, 1, &n->fd))
		n->watch = loop_watch(v->loop, n->fd, LOOP_READ, on_notice, v);
	if (!n->watch)
		notice_close(n);
}

static struct vfio *vfio_new(struct loop *l)
{
	struct vfio *v = calloc(1, sizeof(*v));

	if (!v)
		return NULL;
	v->hw = (struct hw){ .ops = &vfio_ops, .n_vectors = 1 };
	v->loop = l;
	v->iommu = (struct vfio_iommu){ .container = -1, .group = -1, .device = -1 };
	v->unplug.fd = v->error.fd = -1;
	timer_init(&v->health, check_health, v);
	defer_init(&v->gone, tell_gone, v);
	defer_init(&v->reset_done, tell_reset_done, v);
	return v;
}

static int examine(struct vfio *v, const char *bdf, struct pci_id *ret_id, struct text *ret_why)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };
	uint8_t ids[4], sub[4];
	uint64_t config_len;
	int r;

	if (ioctl(v->iommu.device, VFIO_DEVICE_GET_INFO, &info) < 0 ||
	    !(info.flags & VFIO_DEVICE_FLAGS_PCI)) {
		text_printf(ret_why, "%s is no PCI device to VFIO", bdf);
		return -EPROTO;
	}
	r = vfio_region_find(v->iommu.device, VFIO_PCI_CONFIG_REGION_INDEX, &v->config_at,
			     &config_len);
	if (!r)
		r = config_read(v, PCI_VENDOR_ID, ids, sizeof(ids));
	if (!r)
		r = config_read(v, PCI_SUBSYSTEM_VENDOR_ID, sub, sizeof(sub));
	if (r < 0 || !answers(v)) {
		text_printf(ret_why, "%s does not answer: its configuration space reads all ones; "
			    "is the card seated and powered?", bdf);
		return -ENODEV;
	}
	*ret_id = (struct pci_id){ get_le16(ids), get_le16(ids + 2), get_le16(sub),
				   get_le16(sub + 2) };
	return 0;
}

static int open_bar(struct vfio *v, const char *bdf, struct text *ret_why)
{
	int r;

	/* Registers answer, and map, only while memory decoding is on. */
	r = config_command(v, PCI_COMMAND_MEMORY, 0);
	if (!r)
		r = vfio_bar_open(&v->bar, v->iommu.device);
	if (r < 0) {
		text_printf(ret_why, "%s has no usable BAR 0: %s", bdf, strerror(-r));
		return -EPROTO;
	}
	v->hw.bar_len = v->bar.len;
	return 0;
}

int vfio_open(struct loop *l, const struct vfio_address *at, struct hw **ret_hw,
	      struct pci_id *ret_id, struct text *ret_why)
{
	struct vfio *v;
	int r;

	r = mmio_init();
	if (r < 0)
		return r;
	v = vfio_new(l);
	if (!v)
		return -ENOMEM;
	if (at->node)
		r = vfio_iommufd_open(&v->iommu, at->node, ret_why);
	else
		r = vfio_group_open(&v->iommu, at->bdf, at->group, at->no_iommu, ret_why);
	if (!r)
		r = examine(v, at->bdf, ret_id, ret_why);
	if (!r)
		r = open_bar(v, at->bdf, ret_why);
	if (r < 0) {
		vfio_close(&v->hw);
		return r;
	}
	v->hw.iova_min = v->iommu.iova_min;
	v->hw.iova_max = v->iommu.iova_max;
	v->hw.is_physical = at->no_iommu;
	*ret_hw = &v->hw;
	return 0;
}

static unsigned int irq_count(const struct vfio *v, uint32_t index)
{
	struct vfio_irq_info info = { .argsz = sizeof(info), .index = index };

	if (ioctl(v->iommu.device, VFIO_DEVICE_GET_IRQ_INFO, &info) < 0 ||
	    !(info.flags & VFIO_IRQ_INFO_EVENTFD))
		return 0;
	return info.count;
}

/* As many vectors as the kernel gives: a positive answer is how many there
 * are, and means that none is set up yet. */
static int arm(struct vfio *v, uint32_t index, unsigned int n)
{
	int fds[VECTORS_MOST], r;

	do {
		r = vectors_open(&v->vectors, v->loop, &v->hw, n);
		if (r < 0)
			return r;
		for (unsigned int i = 0; i < n; i++)
			fds[i] = v->vectors.v[i].fd;
		r = set_irqs(v, index, VFIO_IRQ_SET_DATA_EVENTFD, n, fds);
		if (!r)
			break;
		vectors_close(&v->vectors);
		if (r < 0 || (unsigned int)r >= n)
			return r < 0 ? r : -EIO;
		n = (unsigned int)r;
	} while (n);
	v->irq = index;
	return v->vectors.n ? 0 : -ENOSPC;
}

int vfio_arm(struct hw *hw, unsigned int n_wanted, struct text *ret_why)
{
	static const uint32_t kinds[] = { VFIO_PCI_MSIX_IRQ_INDEX, VFIO_PCI_MSI_IRQ_INDEX };
	struct vfio *v = from_hw(hw);
	int r = -ENOENT;

	for (size_t i = 0; i < ARRAY_SIZE(kinds) && r < 0; i++) {
		unsigned int have = irq_count(v, kinds[i]);

		if (have)
			r = arm(v, kinds[i], min_u32(min_u32(have, n_wanted), VECTORS_MOST));
	}
	if (r < 0) {
		text_printf(ret_why, "no MSI or MSI-X vector can be had: %s", strerror(-r));
		return r;
	}
	notice_open(v, &v->unplug, VFIO_PCI_REQ_IRQ_INDEX);
	notice_open(v, &v->error, VFIO_PCI_ERR_IRQ_INDEX);
	r = config_command(v, PCI_COMMAND_MASTER, 0);
	if (r < 0) {
		text_add(ret_why, "the device vanished while it was set up");
		return r;
	}
	hw->n_vectors = v->vectors.n;
	check_health(v);
	return 0;
}
