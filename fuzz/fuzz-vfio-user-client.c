/*
 * fuzz-vfio-user-client - any server that our side may connect to.
 *
 * Each byte is one action of the host: its low three bits say what, the others
 * where.  When the client waits for an answer, the peer takes the question off
 * the socket and one byte of input: 0x60 and more for the truth, else a lie.  A
 * peer without input hangs up.  What holds: the client comes back from each call,
 * and is gone at most once.
 */
#include "io/log.h"
#include "transport/vfio_user.h"
#include "transport/vfio_user_wire.h"
#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);
int __wrap_poll(struct pollfd *fds, nfds_t n, int timeout_ms);
int __real_poll(struct pollfd *fds, nfds_t n, int timeout_ms);

enum { BAR_LEN = 0x1000, CONFIG_LEN = 256, N_VECTORS = 12, MOST_MESSAGE = 4096 };

static struct {
	const uint8_t *data;
	size_t len;
	int listener, fd;	/* -1: nobody is connected */
	unsigned int n_gone, n_resets;
	bool was_armed;
} peer;

struct message {
	struct vu_header header;
	union {
		uint8_t bytes[MOST_MESSAGE];
		struct vu_version version;
		struct vu_info info;
		struct vu_region_info region;
		struct vu_irq_info irq;
		struct vu_region_access access;
	};
};

static uint64_t take(unsigned int n_bytes)
{
	uint64_t value = 0;

	while (n_bytes-- && peer.len) {
		value = value << 8 | *peer.data++;
		peer.len--;
	}
	return value;
}

/* @m holds the question, zeros behind it. */
static void tell_truth(struct message *m)
{
	switch (m->header.command) {
	case VU_VERSION:
		m->version = (struct vu_version){ 0, 1 };
		break;
	case VU_GET_INFO:
		m->info.flags = VU_DEVICE_PCI | VU_DEVICE_RESETS;
		m->info.n_regions = VU_N_REGIONS;
		m->info.n_irqs = VU_N_IRQS;
		break;
	case VU_GET_REGION_INFO:
		m->region.size = m->region.index == VU_REGION_CONFIG ? CONFIG_LEN : BAR_LEN;
		break;
	case VU_GET_IRQ_INFO:
		m->irq.flags = VU_IRQ_EVENTFD;
		m->irq.count = m->irq.index == VU_IRQ_MSI ? N_VECTORS : 0;
		break;
	case VU_REGION_READ:
		m->header.size += m->access.count;
		break;
	}
	m->header.flags = VU_REPLY;
}

static void hang_up(void)
{
	if (peer.fd >= 0)
		close(peer.fd);
	peer.fd = -1;
}

static void ask_for_dma(void)
{
	const struct vu_header h = { .id = 9, .command = VU_DMA_READ, .size = sizeof(h),
				     .flags = (uint32_t)take(1) };

	send(peer.fd, &h, sizeof(h), MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void tell_lie(struct message *m, unsigned int how)
{
	unsigned int more = how >> 4;

	switch (how & 15) {
	case 0: m->header.id++; break;
	case 1: m->header.command ^= 1u << more; break;
	case 2: m->header.flags |= VU_ERROR; m->header.error = (uint32_t)take(more & 3); break;
	case 3: m->header.flags = (uint32_t)take(1); break;
	case 4: m->header.size = sizeof(m->header) + (uint32_t)take(1); break;
	case 5: m->header.size = (uint32_t)take(4); break;
	case 6: m->bytes[take(1) % 64] = (uint8_t)take(1); break;
	case 7: m->bytes[take(1) % 64] ^= 0xff; break;
	case 8: ask_for_dma(); break;
	case 9: hang_up(); break;
	default: m->header.size = 0;	/* no answer */
	}
}

static void answer(struct message *m)
{
	unsigned int how;
	size_t len;

	tell_truth(m);
	how = (unsigned int)take(1);
	len = m->header.size;
	if (how < 0x60)
		tell_lie(m, how);
	if (peer.fd < 0 || !m->header.size)
		return;
	if (m->header.size < len)
		len = m->header.size;
	send(peer.fd, m, len < sizeof(*m) ? len : sizeof(*m), MSG_DONTWAIT | MSG_NOSIGNAL);
}

static bool receive(void *to, size_t len)
{
	return recv(peer.fd, to, len, MSG_DONTWAIT) == (ssize_t)len;
}

/* All questions that lie on the socket. */
static void work(void)
{
	struct message m;

	if (peer.fd < 0)
		peer.fd = accept4(peer.listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	while (peer.fd >= 0) {
		size_t len;

		memset(&m, 0, sizeof(m));
		if (!receive(&m.header, sizeof(m.header)))
			break;
		len = m.header.size - sizeof(m.header);
		assert(m.header.size >= sizeof(m.header) && len < sizeof(m.bytes) / 2);
		assert(!len || receive(m.bytes, len));
		if (!(m.header.flags & VU_NO_REPLY) && (m.header.flags & VU_TYPE_MASK) == VU_COMMAND)
			answer(&m);
	}
	if (!peer.len)
		hang_up();
}

/* The client is about to wait: now the peer runs.  Nobody really waits. */
int __wrap_poll(struct pollfd *fds, nfds_t n, int timeout_ms)
{
	(void)timeout_ms;
	work();
	return __real_poll(fds, n, 0);
}

static void on_irq(void *user, unsigned int vector)
{
	(void)user;
	(void)vector;
}

static void on_gone(void *user)
{
	(void)user;
	peer.n_gone++;
	assert(peer.n_gone == 1);
}

static const struct hw_events events = { on_irq, on_gone };

static void on_reset(void *user, int status)
{
	(void)user;
	(void)status;
	peer.n_resets--;
}

static void act(struct loop *l, struct hw *hw, const struct dma *dma)
{
	unsigned int byte = (unsigned int)take(1), where = byte >> 3;
	struct text why = TEXT_INIT;
	uint32_t value;

	switch (byte & 7) {
	case 0: hw->ops->read32(hw, 4 * where, &value); break;
	case 1: hw->ops->write32(hw, 4 * where, byte); break;
	case 2: hw->ops->ring_bell(hw, 8 * where, byte); break;
	case 3: hw->ops->map(hw, dma, where & 1 ? DEV_READS : DEV_WRITES); break;
	case 4: hw->ops->unmap(hw, dma, where & 1 ? DEV_READS : DEV_WRITES); break;
	case 5: peer.n_resets += !peer.n_resets && !hw->ops->reset(hw, on_reset, NULL); break;
	case 6:
		if (!peer.was_armed)	/* once, as its caller would */
			vfio_user_arm(hw, 1 + where, &why);
		peer.was_armed = true;
		break;
	default:
		if (where & 1)
			ask_for_dma();
		loop_turn(l, false);
		hw->ops->is_present(hw);
	}
	text_fini(&why);
}

static int listen_at(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
	unlink(path);
	assert(!bind(fd, (struct sockaddr *)&addr, sizeof(addr)) && !listen(fd, 1));
	return fd;
}

static void use(struct loop *l, struct hw *hw)
{
	struct dma dma = { .len = 4096, .iova = 0x10000, .fd = memfd_create("pool", MFD_CLOEXEC) };

	assert(dma.fd >= 0 && !ftruncate(dma.fd, 4096));
	hw->events = &events;
	while (peer.len)
		act(l, hw, &dma);
	hang_up();
	for (int i = 0; i < 4; i++)
		loop_turn(l, false);
	assert(!peer.n_resets);
	hw->ops->close(hw);
	close(dma.fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct loop *l = loop_new();
	struct text why = TEXT_INIT;
	struct pci_id id;
	struct hw *hw;
	char path[64];

	log_open("fuzz", LOG_TO_STDERR, LOG_LEVEL_ERROR);
	snprintf(path, sizeof(path), "/tmp/fuzz-vfio-user-client-%d", getpid());
	peer.data = data;
	peer.len = len;
	peer.n_gone = peer.n_resets = 0;
	peer.was_armed = false;
	peer.fd = -1;
	peer.listener = listen_at(path);
	if (!vfio_user_open(l, path, &hw, &id, &why))
		use(l, hw);
	else
		assert(why.len);
	hang_up();
	close(peer.listener);
	unlink(path);
	text_fini(&why);
	loop_free(l);
	return 0;
}
