/*
 * The commands of vfio-user, each a small function over the modem, its
 * configuration space and the client's windows.  A command that is not known
 * or not well formed gets an error reply; the connection lives on.  Only a
 * message without a believable size ends it.
 */
#include "serve/server.h"
#include "io/log.h"
#include "io/msgsock.h"
#include "serve/windows.h"
#include "transport/vfio_user_wire.h"
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { MAX_VECTORS = 32, MSIX_BAR_LEN = 0x4000 };

struct server {
	struct loop *loop;
	struct server_config config;
	char *path;
	int listen_fd;
	struct loop_fd *listen_watch;
	struct msgsock peer;	/* fd -1: nobody is attached */
	struct loop_fd *peer_watch;
	unsigned int n_clients;
	struct windows *windows;
	struct config_space space;
	int vectors[MAX_VECTORS];	/* eventfds, -1 unused; owned */
	struct sim *sim;
	struct defer turn;
	struct log_limit complaints;
};

/* The modem's side: sim_bus_ops. */

static bool on_reach(void *bus, iova_t iova, enum sim_access access,
		     struct sim_window *ret_window)
{
	struct server *s = bus;

	return config_may_dma(&s->space) &&
	       windows_reach(s->windows, iova, access, ret_window);
}

static void on_raise(void *bus, unsigned int vector)
{
	struct server *s = bus;

	if (vector < MAX_VECTORS && s->vectors[vector] >= 0)
		eventfd_write(s->vectors[vector], 1);
}

static void on_wants_turn(void *bus)
{
	struct server *s = bus;

	loop_defer(s->loop, &s->turn);
}

static void on_complain(void *bus, const char *sentence)
{
	struct server *s = bus;
	unsigned int swallowed;

	if (log_limit_pass(&s->complaints, loop_timers(s->loop)->now_us, &swallowed))
		log_warn("sim", "%s (%u like it not shown)", sentence, swallowed);
}

static const struct sim_bus_ops bus_ops = {
	.reach = on_reach,
	.raise = on_raise,
	.wants_turn = on_wants_turn,
	.complain = on_complain,
};

static void turn(void *user)
{
	struct server *s = user;

	sim_turn(s->sim);
}

/* Interrupts. */

static void vectors_clear(struct server *s)
{
	for (int i = 0; i < MAX_VECTORS; i++) {
		if (s->vectors[i] >= 0)
			close(s->vectors[i]);
		s->vectors[i] = -1;
	}
}

/* A device with fewer vectors than it offered folds the others, as hardware
 * does: the count is the last armed one. */
static void vectors_count(struct server *s)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < MAX_VECTORS; i++)
		if (s->vectors[i] >= 0)
			n = i + 1;
	sim_set_vectors(s->sim, n ? n : 1);
}

static unsigned int irq_count(const struct server *s, uint32_t index)
{
	if (index == VU_IRQ_MSI)
		return s->config.n_msi;
	if (index == VU_IRQ_MSIX)
		return s->config.n_msix;
	return index == VU_IRQ_ERR || index == VU_IRQ_REQ;
}

/* Answers.  @r: 0 or a negative errno; the payload goes with 0 only. */

static int answer(struct server *s, int r, const void *payload, size_t payload_len,
		  const void *data, size_t data_len)
{
	const struct vu_header *in = msgsock_header(&s->peer);
	struct vu_header out = { .id = in->id, .command = in->command,
				 .size = sizeof(out), .flags = VU_REPLY };
	struct iovec iov[] = { { &out, sizeof(out) },
			       { (void *)payload, payload_len },
			       { (void *)data, data_len } };

	if (in->flags & VU_NO_REPLY)
		return 0;
	if (r < 0) {
		out.flags |= VU_ERROR;
		out.error = (uint32_t)-r;
		return msgsock_send(&s->peer, iov, 1);
	}
	out.size += (uint32_t)(payload_len + data_len);
	return msgsock_send(&s->peer, iov, ARRAY_SIZE(iov));
}

static int answer_status(struct server *s, int r)
{
	return answer(s, r, NULL, 0, NULL, 0);
}

/* A missing version text means the defaults; what it says beyond them is of no
 * use to a server that sends no requests. */
static int on_version(struct server *s, const void *payload, size_t len)
{
	static const char caps[] =
		"{\"capabilities\":{\"max_msg_fds\":16,\"max_data_xfer_size\":1048576}}";
	struct vu_version version = { 0, 0 };
	const char *text = (const char *)payload + sizeof(version);
	size_t text_len = len - sizeof(version);
	json_t *json;

	if (len < sizeof(version))
		return -EPROTO;
	memcpy(&version, payload, sizeof(version));
	if (version.major || (text_len && text[text_len - 1]))
		return -EPROTO;
	if (text_len > 1) {
		json = json_loads(text, 0, NULL);
		if (!json_is_object(json)) {
			json_decref(json);
			return -EPROTO;
		}
		json_decref(json);
	}
	version.minor = 0;
	return answer(s, 0, &version, sizeof(version), caps, sizeof(caps));
}

static int on_dma_map(struct server *s, const void *payload, size_t len)
{
	struct vu_dma_map map;
	int fd = msgsock_take_fd(&s->peer, 0);

	if (len < sizeof(map)) {
		if (fd >= 0)
			close(fd);
		return answer_status(s, -EINVAL);
	}
	memcpy(&map, payload, sizeof(map));
	/* Read-only memory of the machine (its firmware) comes without a
	 * descriptor.  A device that never reaches there needs none. */
	if (fd < 0)
		return answer_status(s, 0);
	sim_forget_memory(s->sim);
	return answer_status(s, windows_map(s->windows, fd, map.offset, map.iova, map.size,
					    map.flags & VU_DMA_READABLE,
					    map.flags & VU_DMA_WRITABLE));
}

static int on_dma_unmap(struct server *s, const void *payload, size_t len)
{
	struct vu_dma_unmap unmap;
	int r = 0;

	if (len < sizeof(unmap))
		return answer_status(s, -EINVAL);
	memcpy(&unmap, payload, sizeof(unmap));
	sim_forget_memory(s->sim);
	if (unmap.flags & VU_UNMAP_ALL)
		windows_clear(s->windows);
	else
		r = windows_unmap(s->windows, unmap.iova, unmap.size);
	return answer(s, r, &unmap, sizeof(unmap), NULL, 0);
}

static int on_info(struct server *s)
{
	struct vu_info info = { .argsz = sizeof(info),
				.flags = VU_DEVICE_RESETS | VU_DEVICE_PCI,
				.n_regions = VU_N_REGIONS, .n_irqs = VU_N_IRQS };

	return answer(s, 0, &info, sizeof(info), NULL, 0);
}

static uint32_t bar_len(const struct server *s)
{
	return s->config.n_msix ? MSIX_BAR_LEN : SIM_BAR_LEN;
}

static uint64_t region_len(const struct server *s, uint32_t region)
{
	if (region == VU_REGION_BAR0)
		return bar_len(s);
	return region == VU_REGION_CONFIG ? CONFIG_LEN : 0;
}

static int on_region_info(struct server *s, const void *payload, size_t len)
{
	struct vu_region_info info;

	if (len < sizeof(info))
		return answer_status(s, -EINVAL);
	memcpy(&info, payload, sizeof(info));
	if (info.index >= VU_N_REGIONS)
		return answer_status(s, -EINVAL);
	info = (struct vu_region_info){ .argsz = sizeof(info), .index = info.index,
					.size = region_len(s, info.index) };
	if (info.size)
		info.flags = VU_REGION_READABLE | VU_REGION_WRITABLE;
	return answer(s, 0, &info, sizeof(info), NULL, 0);
}

static int on_irq_info(struct server *s, const void *payload, size_t len)
{
	struct vu_irq_info info;

	if (len < sizeof(info))
		return answer_status(s, -EINVAL);
	memcpy(&info, payload, sizeof(info));
	if (info.index >= VU_N_IRQS)
		return answer_status(s, -EINVAL);
	info.argsz = sizeof(info);
	info.flags = VU_IRQ_EVENTFD | VU_IRQ_NORESIZE;
	info.count = irq_count(s, info.index);
	return answer(s, 0, &info, sizeof(info), NULL, 0);
}

/* Eventfds for [start, start + count), or none: these vectors are dropped. */
static void vectors_set(struct server *s, uint32_t start, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		int *vector = &s->vectors[start + i];

		if (*vector >= 0)
			close(*vector);
		*vector = msgsock_take_fd(&s->peer, i);
	}
	vectors_count(s);
}

static int set_irqs(struct server *s, const struct vu_irq_set *set)
{
	uint32_t data = set->flags & 7, action = set->flags & ~7u;
	bool is_msi = set->index == VU_IRQ_MSI || set->index == VU_IRQ_MSIX;
	unsigned int n;

	if (set->index >= VU_N_IRQS)
		return -EINVAL;
	n = irq_count(s, set->index);
	if (set->start > n || set->count > n - set->start)
		return -EINVAL;
	if (!is_msi || action != VU_IRQ_TRIGGER)
		return 0;	/* never raised, or masked by the client itself */
	if (data == VU_IRQ_DATA_EVENTFD) {
		vectors_set(s, set->start, set->count);
	} else if (data == VU_IRQ_DATA_NONE && !set->count) {
		vectors_clear(s);
		vectors_count(s);
	} else {
		for (uint32_t i = 0; i < set->count; i++)
			on_raise(s, set->start + i);
	}
	return 0;
}

static int on_set_irqs(struct server *s, const void *payload, size_t len)
{
	struct vu_irq_set set;

	if (len < sizeof(set))
		return answer_status(s, -EINVAL);
	memcpy(&set, payload, sizeof(set));
	return answer_status(s, set_irqs(s, &set));
}

static void reset(struct server *s)
{
	config_init(&s->space, &s->config.id, bar_len(s), s->config.n_msi,
		    s->config.n_msix, s->config.keeps_state);
	sim_power_cycle(s->sim);
}

static void region_read(struct server *s, const struct vu_region_access *a, uint8_t *data)
{
	uint32_t value;

	if (a->region == VU_REGION_CONFIG) {
		config_read(&s->space, (uint32_t)a->offset, data, a->count);
		return;
	}
	/* Registers are words; a shorter access sees its part of one. */
	for (uint32_t i = 0; i < a->count; i++) {
		uint32_t at = (uint32_t)a->offset + i;

		if (!i || !(at & 3))
			value = htole32(sim_read32(s->sim, at & ~3u));
		data[i] = ((const uint8_t *)&value)[at & 3];
	}
}

static void region_write(struct server *s, const struct vu_region_access *a, const uint8_t *data)
{
	if (a->region == VU_REGION_CONFIG) {
		if (config_write(&s->space, (uint32_t)a->offset, data, a->count) == CONFIG_RESETS)
			reset(s);
		sim_forget_memory(s->sim);	/* bus mastering may have changed */
		return;
	}
	if (a->offset & 3 || a->count & 3)
		return;		/* a register is written whole, or not at all */
	for (uint32_t i = 0; i < a->count; i += 4)
		sim_write32(s->sim, (uint32_t)a->offset + i, get_le32(data + i));
}

static int region_check(const struct server *s, const struct vu_region_access *a)
{
	uint64_t len = region_len(s, a->region);

	if (a->offset > len || a->count > len - a->offset)
		return -EINVAL;
	return 0;
}

static int on_region_read(struct server *s, const void *payload, size_t len)
{
	uint8_t data[MSIX_BAR_LEN];
	struct vu_region_access a;
	int r;

	if (len < sizeof(a))
		return answer_status(s, -EINVAL);
	memcpy(&a, payload, sizeof(a));
	r = region_check(s, &a);
	if (r < 0)
		return answer_status(s, r);
	region_read(s, &a, data);
	return answer(s, 0, &a, sizeof(a), data, a.count);
}

static int on_region_write(struct server *s, const void *payload, size_t len)
{
	struct vu_region_access a;
	int r;

	if (len < sizeof(a))
		return answer_status(s, -EINVAL);
	memcpy(&a, payload, sizeof(a));
	r = region_check(s, &a);
	if (!r && a.count > len - sizeof(a))
		r = -EINVAL;
	if (!r)
		region_write(s, &a, (const uint8_t *)payload + sizeof(a));
	return answer(s, r, &a, sizeof(a), NULL, 0);
}

static int on_reset(struct server *s)
{
	reset(s);
	return answer_status(s, 0);
}

/* 0, or -errno when the connection cannot go on. */
static int on_message(struct server *s)
{
	const struct vu_header *h = msgsock_header(&s->peer);
	const void *payload;
	size_t len;

	payload = msgsock_payload(&s->peer, &len);
	switch (h->command) {
	case VU_VERSION:
		return on_version(s, payload, len);
	case VU_DMA_MAP:
		return on_dma_map(s, payload, len);
	case VU_DMA_UNMAP:
		return on_dma_unmap(s, payload, len);
	case VU_GET_INFO:
		return on_info(s);
	case VU_GET_REGION_INFO:
		return on_region_info(s, payload, len);
	case VU_GET_IRQ_INFO:
		return on_irq_info(s, payload, len);
	case VU_SET_IRQS:
		return on_set_irqs(s, payload, len);
	case VU_REGION_READ:
		return on_region_read(s, payload, len);
	case VU_REGION_WRITE:
		return on_region_write(s, payload, len);
	case VU_RESET:
		return on_reset(s);
	default:
		return answer_status(s, -ENOSYS);
	}
}

static void on_connect(void *user, int what);

/* Clients come one after the other: the next waits in the backlog. */
static void listen_again(struct server *s)
{
	s->listen_watch = loop_watch(s->loop, s->listen_fd, LOOP_READ, on_connect, s);
	if (!s->listen_watch)
		log_error("sim", "no memory to wait for the next client");
}

/* The client left: what it shared goes, the device stays as it is. */
static void peer_drop(struct server *s)
{
	loop_unwatch(s->peer_watch);
	s->peer_watch = NULL;
	msgsock_fini(&s->peer);
	vectors_clear(s);
	vectors_count(s);
	windows_clear(s->windows);
	sim_forget_memory(s->sim);
	listen_again(s);
}

static void peer_watch(struct server *s);

static int peer_serve(struct server *s)
{
	int r = 0;

	/* Who does not read its answers is not asked for more questions. */
	while (!r && !msgsock_wants_write(&s->peer)) {
		r = msgsock_receive(&s->peer);
		if (r == MSGSOCK_AGAIN)
			return 0;
		if (r == MSGSOCK_END)
			return -ENOTCONN;
		if (!r)
			r = on_message(s);
		msgsock_next(&s->peer);
	}
	return r;
}

static void on_peer(void *user, int what)
{
	struct server *s = user;
	bool was_waiting = msgsock_wants_write(&s->peer);
	int r = what & LOOP_WRITE ? msgsock_flush(&s->peer) : 0;

	if (!r)
		r = peer_serve(s);
	if (r < 0) {
		log_info("sim", "client left%s%s", r == -ENOTCONN ? "" : ": ",
			 r == -ENOTCONN ? "" : strerror(-r));
		peer_drop(s);
	} else if (was_waiting != msgsock_wants_write(&s->peer)) {
		peer_watch(s);
	}
}

static void peer_watch(struct server *s)
{
	loop_unwatch(s->peer_watch);
	s->peer_watch = loop_watch(s->loop, s->peer.fd,
				   msgsock_wants_write(&s->peer) ? LOOP_WRITE : LOOP_READ,
				   on_peer, s);
	if (!s->peer_watch)
		peer_drop(s);
}

static size_t total_len(const void *header)
{
	return ((const struct vu_header *)header)->size;
}

static const struct msgsock_format format = {
	.header_len = sizeof(struct vu_header),
	.max_len = VU_MAX_MESSAGE,
	.total_len = total_len,
};

static void on_connect(void *user, int what)
{
	struct server *s = user;
	int fd;

	(void)what;
	fd = accept4(s->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0)
		return;
	loop_unwatch(s->listen_watch);
	s->listen_watch = NULL;
	msgsock_init(&s->peer, &format, fd);
	s->n_clients++;
	log_info("sim", "client %u attached", s->n_clients);
	peer_watch(s);
}

static int listen_on(const char *path, struct text *ret_why)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd, r;

	if (strlen(path) >= sizeof(addr.sun_path)) {
		text_printf(ret_why, "socket path \"%s\" is longer than %zu bytes", path,
			    sizeof(addr.sun_path) - 1);
		return -ENAMETOOLONG;
	}
	strcpy(addr.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	/* Left by a server that died: nobody answers there. */
	if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 && errno == ECONNREFUSED)
		unlink(path);
	close(fd);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 || listen(fd, 4) < 0) {
		r = -errno;
		text_printf(ret_why, "socket \"%s\": %s", path, strerror(-r));
		close(fd);
		return r;
	}
	return fd;
}

static struct server *server_new(struct loop *l, const struct server_config *c)
{
	struct server *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->loop = l;
	s->config = *c;
	s->listen_fd = s->peer.fd = -1;
	memset(s->vectors, 0xff, sizeof(s->vectors));
	defer_init(&s->turn, turn, s);
	s->path = strdup(c->path);
	s->windows = windows_new();
	s->sim = sim_new(&c->sim, loop_timers(l), &bus_ops, s);
	if (!s->path || !s->windows || !s->sim) {
		server_close(s);
		return NULL;
	}
	sim_set_vectors(s->sim, 1);
	config_init(&s->space, &c->id, bar_len(s), c->n_msi, c->n_msix, c->keeps_state);
	return s;
}

int server_open(struct loop *l, const struct server_config *c,
		struct server **ret_server, struct text *ret_why)
{
	struct server *s = server_new(l, c);
	int r = -ENOMEM;

	if (!s)
		return r;
	r = s->listen_fd = listen_on(c->path, ret_why);
	if (r >= 0) {
		s->listen_watch = loop_watch(l, s->listen_fd, LOOP_READ, on_connect, s);
		r = s->listen_watch ? 0 : -ENOMEM;
	}
	if (r < 0) {
		server_close(s);
		return r;
	}
	*ret_server = s;
	return 0;
}

void server_close(struct server *s)
{
	if (!s)
		return;
	if (s->peer.fd >= 0)
		peer_drop(s);
	loop_unwatch(s->listen_watch);
	if (s->listen_fd >= 0) {
		close(s->listen_fd);
		unlink(s->path);
	}
	defer_cancel(&s->turn);
	if (s->sim)
		sim_free(s->sim);
	windows_free(s->windows);
	free(s->path);
	free(s);
}

struct sim *server_sim(struct server *s)
{
	return s->sim;
}

unsigned int server_n_clients(const struct server *s)
{
	return s->n_clients;
}
