#include "transport/vfio_user.h"
#include "io/log.h"
#include "io/msgsock.h"
#include "io/unixsock.h"
#include "transport/vectors.h"
#include "transport/vfio_user_wire.h"
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

enum {
	ANSWER_MS = 5000,
	RESET_MS = 30000,
	PCI_COMMAND = 0x04,
	PCI_COMMAND_MEMORY = 0x2,
	PCI_COMMAND_MASTER = 0x4,
	PCI_SUB_VENDOR = 0x2c,
};

struct vfio_user {
	struct hw hw;
	struct loop *loop;
	struct msgsock sock;
	struct loop_fd *watch;
	struct vectors vectors;
	enum vu_irq irq;	/* armed kind, when vectors.n */
	uint16_t next_id;
	bool is_gone;
	struct defer gone;	/* tells it from the loop */
	struct defer reset_done;
	int reset_status;
	hw_done_fn done;
	void *done_user;
};

static struct vfio_user *from_hw(struct hw *hw)
{
	return container_of(hw, struct vfio_user, hw);
}

/* A question: what goes out, and what must come back. */
struct question {
	enum vu_command command;
	const void *payload;
	size_t payload_len;
	const int *fds;		/* borrowed */
	unsigned int n_fds;
	void *answer;		/* fixed part of the answer */
	size_t answer_len;
	void *data;		/* what follows it */
	size_t data_len;
	int timeout_ms;		/* 0: ANSWER_MS */
};

static int fail(struct vfio_user *v, int r)
{
	if (!v->is_gone) {
		v->is_gone = true;
		loop_defer(v->loop, &v->gone);
	}
	return r;
}

static int post(struct vfio_user *v, enum vu_command command, uint32_t flags,
		const struct question *q)
{
	struct vu_header h = { .id = ++v->next_id, .command = (uint16_t)command,
			       .size = (uint32_t)(sizeof(h) + q->payload_len), .flags = flags };
	struct iovec iov[] = { { &h, sizeof(h) }, { (void *)q->payload, q->payload_len } };
	int r;

	if (v->is_gone)
		return -ENODEV;
	r = msgsock_send_now(&v->sock, iov, ARRAY_SIZE(iov), q->fds, q->n_fds, ANSWER_MS);
	return r < 0 ? fail(v, -ENODEV) : 0;
}

/* The server may ask us to do DMA for it.  We share all there is, so it need
 * not: refused. */
static int refuse(struct vfio_user *v)
{
	struct vu_header h = *(const struct vu_header *)msgsock_header(&v->sock);
	struct iovec iov = { &h, sizeof(h) };

	msgsock_next(&v->sock);
	if (h.flags & VU_NO_REPLY)
		return 0;
	h.size = sizeof(h);
	h.flags = VU_REPLY | VU_ERROR;
	h.error = ENOSYS;
	return msgsock_send_now(&v->sock, &iov, 1, NULL, 0, ANSWER_MS);
}

static bool is_request(const struct vfio_user *v)
{
	const struct vu_header *h = msgsock_header(&v->sock);

	return (h->flags & VU_TYPE_MASK) == VU_COMMAND;
}

/* 0 when the next answer lies in the socket's buffer. */
static int await(struct vfio_user *v, int timeout_ms)
{
	int r;

	for (;;) {
		r = msgsock_receive_now(&v->sock, timeout_ms);
		if (r == MSGSOCK_END)
			return -ENODEV;
		if (r || !is_request(v))
			return r;
		r = refuse(v);
		if (r < 0)
			return r;
	}
}

static int take_answer(struct vfio_user *v, const struct question *q)
{
	const struct vu_header *h = msgsock_header(&v->sock);
	const uint8_t *payload;
	size_t len;

	if (h->id != v->next_id || h->command != q->command)
		return -EPROTO;
	payload = msgsock_payload(&v->sock, &len);
	if (h->flags & VU_ERROR)
		return h->error && h->error < 4096 ? -(int)h->error : -EIO;
	if (len < q->answer_len + q->data_len)
		return -EPROTO;
	if (q->answer_len)
		memcpy(q->answer, payload, q->answer_len);
	if (q->data_len)
		memcpy(q->data, payload + q->answer_len, q->data_len);
	return 0;
}

/* 0, or the server's -errno, or -EPROTO and -ENODEV: then it is gone. */
static int ask(struct vfio_user *v, const struct question *q)
{
	int r;

	r = post(v, q->command, VU_COMMAND, q);
	if (r < 0)
		return r;
	r = await(v, q->timeout_ms ? q->timeout_ms : ANSWER_MS);
	if (r < 0)
		return fail(v, r == -ETIMEDOUT ? r : -ENODEV);
	r = take_answer(v, q);
	msgsock_next(&v->sock);
	return r == -EPROTO ? fail(v, r) : r;
}

static int region_read(struct vfio_user *v, uint32_t region, uint64_t offset,
		       void *data, uint32_t len)
{
	struct vu_region_access a = { .offset = offset, .region = region, .count = len };
	struct vu_region_access back = { 0 };
	int r;

	r = ask(v, &(struct question){ .command = VU_REGION_READ,
				       .payload = &a, .payload_len = sizeof(a),
				       .answer = &back, .answer_len = sizeof(back),
				       .data = data, .data_len = len });
	if (r < 0)
		return r;
	return back.count == len ? 0 : fail(v, -EPROTO);
}

struct register_write {
	struct vu_region_access access;
	uint32_t value;
} __attribute__((packed));

static int bar_write(struct vfio_user *v, uint32_t offset, uint32_t value)
{
	struct register_write w = { { offset, VU_REGION_BAR0, sizeof(w.value) }, value };

	return post(v, VU_REGION_WRITE, VU_NO_REPLY,
		    &(struct question){ .payload = &w, .payload_len = sizeof(w) });
}

static int config_write16(struct vfio_user *v, uint32_t offset, uint16_t value)
{
	struct {
		struct vu_region_access access;
		uint16_t value;
	} __attribute__((packed)) w = { { offset, VU_REGION_CONFIG, sizeof(w.value) }, value };
	struct vu_region_access back;

	return ask(v, &(struct question){ .command = VU_REGION_WRITE,
					  .payload = &w, .payload_len = sizeof(w),
					  .answer = &back, .answer_len = sizeof(back) });
}

/* hw_ops */

static int vfio_user_read32(struct hw *hw, uint32_t offset, uint32_t *ret_value)
{
	uint32_t value;
	int r;

	r = region_read(from_hw(hw), VU_REGION_BAR0, offset, &value, sizeof(value));
	if (r < 0)
		return from_hw(hw)->is_gone ? -ENODEV : r;
	*ret_value = value;
	return 0;
}

static int vfio_user_write32(struct hw *hw, uint32_t offset, uint32_t value)
{
	return bar_write(from_hw(hw), offset, value);
}

static int vfio_user_ring_bell(struct hw *hw, uint32_t offset, uint64_t value)
{
	int r;

	/* Pairs with the fence the server has in its receive: what the ring
	 * holds is seen before the doorbell is. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	r = bar_write(from_hw(hw), offset + 4, (uint32_t)(value >> 32));
	return r ? r : bar_write(from_hw(hw), offset, (uint32_t)value);
}

static int vfio_user_map(struct hw *hw, const struct dma *dma, enum dma_rights rights)
{
	struct vu_dma_map map = { .argsz = sizeof(map), .offset = dma->offset,
				  .iova = dma->iova, .size = dma->len };

	map.flags = rights == DEV_READS ? VU_DMA_READABLE : VU_DMA_READABLE | VU_DMA_WRITABLE;
	return ask(from_hw(hw), &(struct question){ .command = VU_DMA_MAP,
						    .payload = &map, .payload_len = sizeof(map),
						    .fds = &dma->fd, .n_fds = 1 });
}

static int vfio_user_unmap(struct hw *hw, const struct dma *dma, enum dma_rights rights)
{
	struct vu_dma_unmap unmap = { .argsz = sizeof(unmap), .iova = dma->iova,
				      .size = dma->len };

	(void)rights;
	return ask(from_hw(hw), &(struct question){ .command = VU_DMA_UNMAP, .payload = &unmap,
						    .payload_len = sizeof(unmap) });
}

static bool vfio_user_is_present(struct hw *hw)
{
	uint16_t vendor = 0xffff;

	return !region_read(from_hw(hw), VU_REGION_CONFIG, 0, &vendor, sizeof(vendor)) &&
	       vendor != 0xffff && vendor != 0;
}

static void tell_reset_done(void *user)
{
	struct vfio_user *v = user;

	v->done(v->done_user, v->reset_status);
}

static int set_command(struct vfio_user *v, uint16_t set, uint16_t clear)
{
	uint16_t command;
	int r;

	r = region_read(v, VU_REGION_CONFIG, PCI_COMMAND, &command, sizeof(command));
	if (r < 0)
		return r;
	return config_write16(v, PCI_COMMAND, (uint16_t)((command | set) & ~clear));
}

static int vfio_user_reset(struct hw *hw, hw_done_fn done, void *user)
{
	struct vfio_user *v = from_hw(hw);
	int r;

	r = ask(v, &(struct question){ .command = VU_RESET, .timeout_ms = RESET_MS });
	if (!r)
		r = set_command(v, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER, 0);
	if (v->is_gone)
		return -ENODEV;
	v->reset_status = r;
	v->done = done;
	v->done_user = user;
	loop_defer(v->loop, &v->reset_done);
	return 0;
}

static int set_irqs(struct vfio_user *v, enum vu_irq irq, uint32_t data, unsigned int start,
		    unsigned int count, const int *fds)
{
	struct vu_irq_set set = { .argsz = sizeof(set), .flags = data | VU_IRQ_TRIGGER,
				  .index = irq, .start = start, .count = count };

	return ask(v, &(struct question){ .command = VU_SET_IRQS, .payload = &set,
					  .payload_len = sizeof(set), .fds = fds,
					  .n_fds = fds ? count : 0 });
}

static void vfio_user_close(struct hw *hw)
{
	struct vfio_user *v = from_hw(hw);

	if (!v->is_gone && v->vectors.n) {
		set_command(v, 0, PCI_COMMAND_MASTER);
		set_irqs(v, v->irq, VU_IRQ_DATA_NONE, 0, 0, NULL);
	}
	vectors_close(&v->vectors);
	loop_unwatch(v->watch);
	defer_cancel(&v->gone);
	defer_cancel(&v->reset_done);
	msgsock_fini(&v->sock);
	free(v);
}

static const struct hw_ops vfio_user_ops = {
	.name = "vfio-user",
	.read32 = vfio_user_read32,
	.write32 = vfio_user_write32,
	.ring_bell = vfio_user_ring_bell,
	.map = vfio_user_map,
	.unmap = vfio_user_unmap,
	.is_present = vfio_user_is_present,
	.reset = vfio_user_reset,
	.close = vfio_user_close,
};

static void tell_gone(void *user)
{
	struct vfio_user *v = user;

	loop_unwatch(v->watch);
	v->watch = NULL;
	if (v->hw.events)
		v->hw.events->gone(v->hw.user);
}

/* Between questions nothing but requests may come, or the end. */
static void on_socket(void *user, int what)
{
	struct vfio_user *v = user;
	int r;

	(void)what;
	if (v->is_gone)
		return;
	r = msgsock_receive(&v->sock);
	if (r == MSGSOCK_AGAIN)
		return;
	if (r || !is_request(v) || refuse(v) < 0)
		fail(v, -ENODEV);
}

static int negotiate(struct vfio_user *v, struct text *ret_why)
{
	struct {
		struct vu_version version;
		char text[64];
	} say = { { 0, 0 }, "{\"capabilities\":{\"max_msg_fds\":8}}" };
	struct vu_version heard = { 0, 0 };
	int r;

	r = ask(v, &(struct question){ .command = VU_VERSION, .payload = &say,
				       .payload_len = sizeof(say.version) + strlen(say.text) + 1,
				       .answer = &heard, .answer_len = sizeof(heard) });
	if (r < 0) {
		text_printf(ret_why, "the peer does not speak vfio-user: no answer to VERSION (%s)",
			    strerror(-r));
		return -EPROTO;
	}
	if (heard.major) {
		text_printf(ret_why, "the peer speaks version %u.%u of vfio-user; 0.x is needed",
			    heard.major, heard.minor);
		return -EPROTO;
	}
	return 0;
}

static int region_len(struct vfio_user *v, uint32_t index, uint64_t *ret_len)
{
	struct vu_region_info info = { .argsz = sizeof(info), .index = index };
	int r;

	r = ask(v, &(struct question){ .command = VU_GET_REGION_INFO, .payload = &info,
				       .payload_len = sizeof(info), .answer = &info,
				       .answer_len = sizeof(info) });
	if (!r)
		*ret_len = info.size;
	return r;
}

static int examine_regions(struct vfio_user *v, struct text *ret_why)
{
	struct vu_info info = { .argsz = sizeof(info) };
	uint64_t bar_len = 0, config_len = 0;
	int r;

	r = ask(v, &(struct question){ .command = VU_GET_INFO, .payload = &info,
				       .payload_len = sizeof(info), .answer = &info,
				       .answer_len = sizeof(info) });
	if (!r)
		r = region_len(v, VU_REGION_BAR0, &bar_len);
	if (!r)
		r = region_len(v, VU_REGION_CONFIG, &config_len);
	if (r < 0) {
		text_printf(ret_why, "the peer does not describe its device: %s", strerror(-r));
		return r;
	}
	if (!(info.flags & VU_DEVICE_PCI) || config_len < 64) {
		text_add(ret_why, "the peer's device is no PCI function");
		return -EPROTO;
	}
	if (bar_len > UINT32_MAX) {
		text_printf(ret_why, "BAR 0 has %llu bytes; no MHI device has that many",
			    (unsigned long long)bar_len);
		return -EPROTO;
	}
	v->hw.bar_len = (uint32_t)bar_len;
	return 0;
}

static int read_id(struct vfio_user *v, struct pci_id *ret_id, struct text *ret_why)
{
	uint8_t ids[4], sub[4];
	int r;

	r = region_read(v, VU_REGION_CONFIG, 0, ids, sizeof(ids));
	if (!r)
		r = region_read(v, VU_REGION_CONFIG, PCI_SUB_VENDOR, sub, sizeof(sub));
	if (!r && get_le16(ids) == 0xffff)
		r = -ENODEV;
	if (r < 0) {
		text_printf(ret_why, "configuration space cannot be read: %s", strerror(-r));
		return r;
	}
	*ret_id = (struct pci_id){ get_le16(ids), get_le16(ids + 2), get_le16(sub),
				   get_le16(sub + 2) };
	return 0;
}

static struct vfio_user *vfio_user_new(struct loop *l, int fd)
{
	struct vfio_user *v = calloc(1, sizeof(*v));

	if (!v) {
		close(fd);
		return NULL;
	}
	v->hw = (struct hw){ .ops = &vfio_user_ops, .n_vectors = 1, .iova_min = 0,
			     .iova_max = UINT64_MAX };
	v->loop = l;
	msgsock_init(&v->sock, &vu_format, fd);
	defer_init(&v->gone, tell_gone, v);
	defer_init(&v->reset_done, tell_reset_done, v);
	v->watch = loop_watch(l, fd, LOOP_READ, on_socket, v);
	if (!v->watch) {
		vfio_user_close(&v->hw);
		return NULL;
	}
	return v;
}

int vfio_user_open(struct loop *l, const char *path, struct hw **ret_hw,
		   struct pci_id *ret_id, struct text *ret_why)
{
	struct vfio_user *v;
	int fd, r;

	fd = unixsock_connect(path, ret_why);
	if (fd < 0) {
		text_add(ret_why, "; a vfio-user server must listen there");
		return fd;
	}
	v = vfio_user_new(l, fd);
	if (!v)
		return -ENOMEM;
	r = negotiate(v, ret_why);
	if (!r)
		r = examine_regions(v, ret_why);
	if (!r)
		r = read_id(v, ret_id, ret_why);
	if (r < 0) {
		vfio_user_close(&v->hw);
		return r;
	}
	*ret_hw = &v->hw;
	return 0;
}

static unsigned int irq_count(struct vfio_user *v, enum vu_irq irq)
{
	struct vu_irq_info info = { .argsz = sizeof(info), .index = irq };
	int r;

	r = ask(v, &(struct question){ .command = VU_GET_IRQ_INFO, .payload = &info,
				       .payload_len = sizeof(info), .answer = &info,
				       .answer_len = sizeof(info) });
	return r || !(info.flags & VU_IRQ_EVENTFD) ? 0 : info.count;
}

/* In runs the peer can take: it was told 8 descriptors a message. */
static int arm(struct vfio_user *v)
{
	int fds[8], r = 0;

	for (unsigned int at = 0; !r && at < v->vectors.n;) {
		unsigned int n = min_u32(v->vectors.n - at, ARRAY_SIZE(fds));

		for (unsigned int i = 0; i < n; i++)
			fds[i] = v->vectors.v[at + i].fd;
		r = set_irqs(v, v->irq, VU_IRQ_DATA_EVENTFD, at, n, fds);
		at += n;
	}
	return r;
}

int vfio_user_arm(struct hw *hw, unsigned int n_wanted, struct text *ret_why)
{
	struct vfio_user *v = from_hw(hw);
	unsigned int have;
	int r;

	v->irq = VU_IRQ_MSIX;
	have = irq_count(v, v->irq);
	if (!have) {
		v->irq = VU_IRQ_MSI;
		have = irq_count(v, v->irq);
	}
	if (!have) {
		text_add(ret_why, "the device offers neither MSI nor MSI-X vectors");
		return -EPROTO;
	}
	r = vectors_open(&v->vectors, v->loop, hw,
			 min_u32(min_u32(have, n_wanted), VECTORS_MOST));
	if (!r)
		r = arm(v);
	if (!r)
		r = set_command(v, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER, 0);
	if (r < 0) {
		text_printf(ret_why, "interrupts cannot be armed: %s", strerror(-r));
		return r;
	}
	hw->n_vectors = v->vectors.n;
	return 0;
}
