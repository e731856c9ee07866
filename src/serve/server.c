/*
 * The commands of vfio-user, each a small function over the PCI function that
 * is shown.  A command that is not known or not well formed gets an error reply;
 * the connection lives on.  Only a message without a believable size ends it.
 */
#include "serve/server.h"
#include "serve/peer.h"
#include "transport/vfio_user_wire.h"
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>

struct server {
	struct peer peer;
	struct function function;
};

/* Answers.  @r: 0 or a negative errno; the payload goes with 0 only. */

static int answer(struct server *s, int r, const void *payload, size_t payload_len,
		  const void *data, size_t data_len)
{
	const struct vu_header *in = msgsock_header(&s->peer.sock);
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
		return msgsock_send(&s->peer.sock, iov, 1);
	}
	out.size += (uint32_t)(payload_len + data_len);
	return msgsock_send(&s->peer.sock, iov, ARRAY_SIZE(iov));
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
	struct vu_dma_map map = *(const struct vu_dma_map *)payload;
	int fd = msgsock_take_fd(&s->peer.sock, 0);

	(void)len;
	/* Read-only memory of the machine (its firmware) comes without a
	 * descriptor.  A device that never reaches there needs none. */
	if (fd < 0)
		return answer_status(s, 0);
	return answer_status(s, function_map(&s->function, fd, map.offset, map.iova, map.size,
					     map.flags & VU_DMA_READABLE,
					     map.flags & VU_DMA_WRITABLE));
}

static int on_dma_unmap(struct server *s, const void *payload, size_t len)
{
	struct vu_dma_unmap unmap = *(const struct vu_dma_unmap *)payload;
	int r = 0;

	(void)len;
	if (unmap.flags & VU_UNMAP_ALL)
		function_unmap_all(&s->function);
	else
		r = function_unmap(&s->function, unmap.iova, unmap.size);
	return answer(s, r, &unmap, sizeof(unmap), NULL, 0);
}

static int on_info(struct server *s, const void *payload, size_t len)
{
	struct vu_info info = { .argsz = sizeof(info),
				.flags = VU_DEVICE_RESETS | VU_DEVICE_PCI,
				.n_regions = VU_N_REGIONS, .n_irqs = VU_N_IRQS };

	(void)payload, (void)len;
	return answer(s, 0, &info, sizeof(info), NULL, 0);
}

/* -EINVAL: the function has no such region. */
static int find_region(uint32_t index, enum function_region *ret_region)
{
	if (index != VU_REGION_BAR0 && index != VU_REGION_CONFIG)
		return -EINVAL;
	*ret_region = index == VU_REGION_BAR0 ? FUNCTION_BAR0 : FUNCTION_CONFIG;
	return 0;
}

static int on_region_info(struct server *s, const void *payload, size_t len)
{
	uint32_t index = ((const struct vu_region_info *)payload)->index;
	struct vu_region_info info = { .argsz = sizeof(info), .index = index };
	enum function_region region;

	(void)len;
	if (index >= VU_N_REGIONS)
		return answer_status(s, -EINVAL);
	if (!find_region(index, &region)) {
		info.size = function_region_len(&s->function, region);
		info.flags = VU_REGION_READABLE | VU_REGION_WRITABLE;
	}
	return answer(s, 0, &info, sizeof(info), NULL, 0);
}

static unsigned int irq_count(const struct server *s, uint32_t index)
{
	if (index == VU_IRQ_MSI)
		return s->function.config.n_msi;
	if (index == VU_IRQ_MSIX)
		return s->function.config.n_msix;
	return index == VU_IRQ_ERR || index == VU_IRQ_REQ;
}

static int on_irq_info(struct server *s, const void *payload, size_t len)
{
	struct vu_irq_info info = *(const struct vu_irq_info *)payload;

	(void)len;
	if (info.index >= VU_N_IRQS)
		return answer_status(s, -EINVAL);
	info.argsz = sizeof(info);
	info.flags = VU_IRQ_EVENTFD | VU_IRQ_NORESIZE;
	info.count = irq_count(s, info.index);
	return answer(s, 0, &info, sizeof(info), NULL, 0);
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
	if (data == VU_IRQ_DATA_NONE && !set->count)
		function_disarm(&s->function);
	for (uint32_t i = 0; i < set->count; i++) {
		/* Without descriptors these vectors are dropped. */
		if (data == VU_IRQ_DATA_EVENTFD)
			function_arm(&s->function, set->start + i, msgsock_take_fd(&s->peer.sock, i));
		else
			function_raise(&s->function, set->start + i);
	}
	return 0;
}

static int on_set_irqs(struct server *s, const void *payload, size_t len)
{
	struct vu_irq_set set = *(const struct vu_irq_set *)payload;

	(void)len;
	return answer_status(s, set_irqs(s, &set));
}

static int on_region_read(struct server *s, const void *payload, size_t len)
{
	struct vu_region_access a = *(const struct vu_region_access *)payload;
	uint8_t data[FUNCTION_MSIX_BAR_LEN];	/* the largest region */
	enum function_region region;
	int r;

	(void)len;
	r = find_region(a.region, &region);
	if (!r)
		r = function_read(&s->function, region, a.offset, data, a.count);
	return answer(s, r, &a, sizeof(a), data, a.count);
}

static int on_region_write(struct server *s, const void *payload, size_t len)
{
	struct vu_region_access a = *(const struct vu_region_access *)payload;
	const uint8_t *data = (const uint8_t *)payload + sizeof(a);
	enum function_region region;
	int r;

	r = find_region(a.region, &region);
	if (!r && a.count > len - sizeof(a))
		r = -EINVAL;
	if (!r)
		r = function_write(&s->function, region, a.offset, data, a.count);
	return answer(s, r, &a, sizeof(a), NULL, 0);
}

static int on_reset(struct server *s, const void *payload, size_t len)
{
	(void)payload, (void)len;
	function_reset(&s->function);
	return answer_status(s, 0);
}

/* Each gets at least @least bytes, in a buffer aligned for any of the structs;
 * returns 0, or -errno when the connection cannot go on. */
static const struct {
	int (*fn)(struct server *s, const void *payload, size_t len);
	size_t least;
} commands[] = {
	[VU_VERSION] = { on_version, sizeof(struct vu_version) },
	[VU_DMA_MAP] = { on_dma_map, sizeof(struct vu_dma_map) },
	[VU_DMA_UNMAP] = { on_dma_unmap, sizeof(struct vu_dma_unmap) },
	[VU_GET_INFO] = { on_info, 0 },
	[VU_GET_REGION_INFO] = { on_region_info, sizeof(struct vu_region_info) },
	[VU_GET_IRQ_INFO] = { on_irq_info, sizeof(struct vu_irq_info) },
	[VU_SET_IRQS] = { on_set_irqs, sizeof(struct vu_irq_set) },
	[VU_REGION_READ] = { on_region_read, sizeof(struct vu_region_access) },
	[VU_REGION_WRITE] = { on_region_write, sizeof(struct vu_region_access) },
	[VU_RESET] = { on_reset, 0 },
};

static int on_message(void *user)
{
	struct server *s = user;
	const struct vu_header *h = msgsock_header(&s->peer.sock);
	const void *payload;
	size_t len;

	if (h->command >= ARRAY_SIZE(commands) || !commands[h->command].fn)
		return answer_status(s, -ENOSYS);
	payload = msgsock_payload(&s->peer.sock, &len);
	if (len < commands[h->command].least)
		return answer_status(s, -EINVAL);
	return commands[h->command].fn(s, payload, len);
}

/* The client left: what it shared goes, the device stays as it is. */
static void on_left(void *user)
{
	struct server *s = user;

	function_disarm(&s->function);
	function_unmap_all(&s->function);
}

static const struct peer_ops peer_ops = { "client", &vu_format, on_message, on_left };

static struct server *server_new(struct loop *l, const struct server_config *c)
{
	struct server *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	peer_init(&s->peer, l, &peer_ops, s);
	if (function_init(&s->function, l, &c->function)) {
		server_close(s);
		return NULL;
	}
	return s;
}

int server_open(struct loop *l, const struct server_config *c,
		struct server **ret_server, struct text *ret_why)
{
	struct server *s = server_new(l, c);
	int r;

	if (!s)
		return -ENOMEM;
	r = peer_listen(&s->peer, c->path, ret_why);
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
	peer_close(&s->peer);
	function_fini(&s->function);
	free(s);
}

struct function *server_function(struct server *s)
{
	return &s->function;
}

struct sim *server_sim(struct server *s)
{
	return s->function.sim;
}
