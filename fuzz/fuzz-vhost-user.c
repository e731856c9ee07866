/*
 * fuzz-vhost-user - any back-end of the vhost-user front-end.
 *
 * Each message of the front-end takes one byte of the input: 0 an honest answer,
 * 1 an honest one whose payload is the next 8 bytes, 2 as many raw bytes as the
 * next says, 3 the end, 4 a descriptor along with the answer, 5 bytes written into
 * the shared memory and an interrupt, then an honest answer.  Without input
 * answers are honest.
 * Once it runs every byte left is one written into the memory, with an interrupt.
 * Whatever was said: one end at most, and no descriptor left.
 */
#include "io/log.h"
#include "io/unixsock.h"
#include "transport/vhost_user.h"
#include "transport/vhost_user_wire.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

enum { N = 8, BUFFER = 32, TURNS = 3, MESSAGES = 80 };

/* The input, as it is taken. */
static struct {
	const uint8_t *bytes;
	size_t len;
} input;

static uint8_t next(void)
{
	if (!input.len)
		return 0;
	input.len--;
	return *input.bytes++;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static int next_fd(void)
{
	int fd = dup(STDIN_FILENO);

	close(fd);
	return fd;
}

/* The driver. */

static struct {
	struct virtio *virtio;
	struct vring rings[2];
	struct vring_chain chains[2][N];
	iova_t buffers;
	unsigned int n_prepared, n_running, n_ended;
} d;

static int on_offered(void *user, const struct virtio_offer *o, struct virtio_choice *ret_choice,
		      const char **ret_why)
{
	(void)user, (void)ret_why;
	*ret_choice = (struct virtio_choice){
		.features = o->features & (VIRTIO_F_VERSION_1 | VIRTIO_F_EVENT_IDX),
		.n = { N, N }, .len = 2 * vring_len(N) + N * BUFFER };
	return 0;
}

static void post(uint32_t i)
{
	struct vring_piece piece = { d.buffers + i * BUFFER, BUFFER };

	vring_add(&d.rings[0], &piece, 0, 1, i);
}

static void on_prepare(void *user, const struct virtio_memory *m,
		       struct vring_parts ret_parts[VIRTIO_QUEUES])
{
	(void)user;
	must(!d.n_prepared++);
	for (unsigned int q = 0; q < VIRTIO_QUEUES; q++) {
		vring_init(&d.rings[q], m->cpu + q * vring_len(N), m->iova + q * vring_len(N), N,
			   d.chains[q], false);
		ret_parts[q] = d.rings[q].parts;
	}
	d.buffers = m->iova + 2 * vring_len(N);
	for (uint32_t i = 0; i < N; i++)
		post(i);
}

static void look(void)
{
	uint32_t token, len;

	for (unsigned int i = 0; i < N && vring_take(&d.rings[0], &token, &len) == VRING_OK; i++) {
		must(token < N && len <= BUFFER);
		post(token);
	}
}

static void on_running(void *user)
{
	(void)user;
	must(!d.n_running++ && d.n_prepared);
	look();
}

static void on_interrupt(void *user, unsigned int queue)
{
	(void)user;
	must(d.n_prepared && !d.n_ended && queue < VIRTIO_QUEUES);
	look();
}

static void on_ended(void *user, int status, const char *why)
{
	(void)user;
	must(!d.n_ended++ && !status == !*why);
}

static const struct virtio_driver_ops driver_ops = {
	8, on_offered, on_prepare, on_running, on_interrupt, on_ended,
};

/* The back-end. */

static struct {
	struct msgsock sock;
	uint8_t *memory;
	size_t memory_len;
	int call;
	uint8_t status;
} b;

static void interrupt(void)
{
	if (b.call >= 0)
		eventfd_write(b.call, 1);
}

static void scribble(void)
{
	size_t at = next();

	if (b.memory)
		b.memory[(at << 2 | next() % 4) % b.memory_len] = next();
	interrupt();
}

static void keep_memory(const union vhu_payload *m)
{
	int fd = msgsock_take_fd(&b.sock, 0);

	must(fd >= 0 && !b.memory);
	b.memory_len = m->memory.regions[0].size;
	b.memory = mmap(NULL, b.memory_len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	must(b.memory != MAP_FAILED);
	close(fd);
}

/* Bytes of the honest answer. */
static uint32_t answer(struct vhu_header h, union vhu_payload *m)
{
	switch (h.request) {
	case VHU_GET_FEATURES:
		m->u64 = VIRTIO_F_VERSION_1 | VIRTIO_F_EVENT_IDX | VHU_F_PROTOCOL_FEATURES | 1;
		return 8;
	case VHU_GET_PROTOCOL_FEATURES:
		m->u64 = VHU_P_MQ | VHU_P_REPLY_ACK | VHU_P_CONFIG | VHU_P_STATUS;
		return 8;
	case VHU_GET_QUEUE_NUM:
		m->u64 = 2;
		return 8;
	case VHU_GET_STATUS:
		m->u64 = b.status;
		return 8;
	case VHU_GET_CONFIG:
	case VHU_GET_VRING_BASE:
		return h.size;
	case VHU_SET_STATUS:
		b.status = (uint8_t)m->u64;
		break;
	case VHU_SET_MEM_TABLE:
		keep_memory(m);
		break;
	case VHU_SET_VRING_CALL:
		if (!m->u64)
			b.call = msgsock_take_fd(&b.sock, 0);
		break;
	default:
		break;
	}
	m->u64 = 0;
	return h.flags & VHU_NEED_REPLY ? 8 : 0;
}

static void send_bytes(const void *bytes, size_t len, int fd)
{
	struct iovec iov = { (void *)bytes, len };

	if (len)
		msgsock_send_now(&b.sock, &iov, 1, &fd, fd >= 0, 0);
}

static void reply(struct vhu_header h, union vhu_payload *m)
{
	struct {
		struct vhu_header h;
		uint8_t payload[sizeof(*m)];
	} out;
	uint8_t how = next();

	h.size = answer(h, m);
	h.flags = VHU_VERSION | VHU_REPLY;
	if (how == 5)
		scribble();
	out.h = h;
	memcpy(out.payload, m, h.size);
	for (unsigned int i = 0; how == 1 && i < 8; i++)
		out.payload[i] = next();
	if (how == 2) {
		size_t n = min_size(next(), input.len);

		send_bytes(input.bytes, n, -1);
		input.bytes += n;
		input.len -= n;
	} else if (how == 3) {
		msgsock_fini(&b.sock);
	} else if (h.size) {
		send_bytes(&out, sizeof(h) + h.size, how == 4 ? STDIN_FILENO : -1);
	}
}

static void step(void)
{
	struct vhu_header h;
	union vhu_payload payload = { 0 };
	const void *bytes;
	size_t len;

	if (b.sock.fd < 0 || msgsock_receive(&b.sock) != MSGSOCK_MESSAGE)
		return;
	memcpy(&h, msgsock_header(&b.sock), sizeof(h));
	bytes = msgsock_payload(&b.sock, &len);
	memcpy(&payload, bytes, len);
	reply(h, &payload);
	if (b.sock.fd >= 0)
		msgsock_next(&b.sock);
}

static void turns(struct loop *l)
{
	for (int i = 0; i < TURNS; i++)
		loop_turn(l, false);
}

static void talk(struct loop *l)
{
	for (int i = 0; i < MESSAGES && !d.n_running && !d.n_ended; i++) {
		step();
		turns(l);
	}
	while (d.n_running && !d.n_ended && input.len) {
		scribble();
		turns(l);
	}
	if (d.n_running && !d.n_ended) {
		d.virtio->ops->kick(d.virtio, 1);
		d.virtio->ops->stop(d.virtio);
	}
	for (int i = 0; i < MESSAGES && !d.n_ended; i++) {
		step();
		turns(l);
	}
	/* Only silence is left. */
	timers_advance(loop_timers(l), loop_timers(l)->now_us + 40000000);
	turns(l);
	must(d.n_ended == 1);
}

static void close_all(int listen_fd)
{
	d.virtio->ops->close(d.virtio);
	msgsock_fini(&b.sock);
	if (b.memory)
		munmap(b.memory, b.memory_len);
	if (b.call >= 0)
		close(b.call);
	close(listen_fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const struct vhost_user_need need = { "fuzz", NULL };
	struct text why = TEXT_INIT;
	struct loop *l = loop_new();
	int before = next_fd(), listen_fd;
	char path[64];

	log_open("fuzz", LOG_TO_STDERR, LOG_LEVEL_ERROR);
	snprintf(path, sizeof(path), "/tmp/fuzz-vhost-user-%d", getpid());
	input.bytes = data;
	input.len = len;
	memset(&d, 0, sizeof(d));
	memset(&b, 0, sizeof(b));
	b.call = -1;
	listen_fd = unixsock_listen(path, &why);
	must(listen_fd >= 0);
	must(!vhost_user_open(l, path, &need, &driver_ops, NULL, &d.virtio, &why));
	msgsock_init(&b.sock, &vhu_format, accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC));
	unlink(path);
	talk(l);
	close_all(listen_fd);
	must(next_fd() == before);
	loop_free(l);
	return 0;
}
