/*
 * The requests of vhost-user, each a small function over the device that is
 * shown.  One that is refused gets an acknowledgement that says so; where
 * none was asked for, the end of the connection is the only answer there is.
 */
#include "serve/vhost_server.h"
#include "io/log.h"
#include "serve/peer.h"
#include <errno.h>
#include <stdlib.h>

struct vhost_server {
	struct peer peer;
	uint64_t offered;	/* protocol features */
	bool is_old;
	uint64_t protocol;	/* accepted by the present peer */
	bool has_owner;
	bool has_enable;	/* queues begin disabled */
	struct vhost_device device;
};

enum { DONE, ANSWERED };	/* outcomes of a request; -errno: refused */

static int answer(struct vhost_server *s, const void *payload, size_t len)
{
	const struct vhu_header *in = msgsock_header(&s->peer.sock);
	struct vhu_header out = { .request = in->request, .flags = VHU_VERSION | VHU_REPLY,
				  .size = (uint32_t)len };
	struct iovec iov[] = { { &out, sizeof(out) }, { (void *)payload, len } };
	int r = msgsock_send(&s->peer.sock, iov, ARRAY_SIZE(iov));

	return r < 0 ? r : ANSWERED;
}

static int answer_u64(struct vhost_server *s, uint64_t value)
{
	return answer(s, &value, sizeof(value));
}

/* Features. */

static int on_get_features(struct vhost_server *s, const union vhu_payload *p, size_t len)
{
	(void)p, (void)len;
	return answer_u64(s, sim_virtio_features(s->device.sim) |
			     (s->is_old ? 0 : VHU_F_PROTOCOL_FEATURES));
}

static int on_set_features(struct vhost_server *s, const union vhu_payload *p, size_t len)
{
	uint64_t known = s->is_old ? 0 : VHU_F_PROTOCOL_FEATURES;
	int r;

	(void)len;
	r = vhost_device_accept(&s->device, p->u64 & ~known, !(p->u64 & known));
	if (!r)
		s->has_enable = p->u64 & known;
	return r;
}

static int on_get_protocol(struct vhost_server *s, const union vhu_payload *p, size_t len)
{
	(void)p, (void)len;
	return s->is_old ? -EOPNOTSUPP : answer_u64(s, s->offered);
}

static int on_set_protocol(struct vhost_server *s, const union vhu_payload *p, size_t len)
{
	(void)len;
	if (s->is_old || p->u64 & ~s->offered)
		return -EINVAL;
	s->protocol = p->u64;
	return DONE;
}

static int on_get_queue_num(struct vhost_server *s, const union vhu_payload *p, size_t len)
{
	(void)p, (void)len;
	return answer_u64(s, SIM_QUEUES);
}

static int on_set_owner(struct vhost_server *s, const union vhu_payload *p, size_t len)
{
	(void)p, (void)len;
	if (s->has_owner)
		return -EBUSY;
	s->has_owner = true;
	return DONE;
}

static int on_reset_owner(struct vhost_server *s, const union vhu_payload *p, size_t len)
{
	(void)s, (void)p, (void)len;
	return -EOPNOTSUPP;
}

static int on_reset_device(struct vhost_server *s, const union vhu_payload *p, size_t len)
{
	(void)p, (void)len;
	vhost_device_reset(&s->device);
	return DONE;
}

static int on_set_status(struct vhost_server *s, const union vhu_payload *p, size_t len)
{
	(void)len;
	vhost_device_set_status(&s->device, (uint8_t)p->u64);
	return DONE;
}

static int on_get_status(struct vhost_server *s, const union vhu_payload *p, size_t len)
{
	(void)p, (void)len;
	return answer_u64(s, s->device.status);
}

/* Configuration.  It is read only: there is no SET_CONFIG. */

static int on_get_config(struct vhost_server *s, const union vhu_payload *p, size_t len)
{
	struct vhu_config c = p->config;
	const uint8_t *config;
	size_t config_len;

	if (len < vhu_config_len(0) || len != vhu_config_len(c.size) || c.flags > 1)
		return -EINVAL;
	config = sim_virtio_config(s->device.sim, &config_len);
	if (c.size > config_len || c.offset > config_len - c.size)
		return answer(s, NULL, 0);
	memcpy(c.bytes, config + c.offset, c.size);
	return answer(s, &c, len);
}

/* Memory. */

static int on_set_mem_table(struct vhost_server *s, const union vhu_payload *p, size_t len)
{
	uint32_t n = p->memory.n;

	if (len < vhu_memory_len(0) || !n || n > VHU_REGIONS_MOST || len != vhu_memory_len(n) ||
	    n != s->peer.sock.n_fds)
		return -EINVAL;
	return vhost_device_set_memory(&s->device, p->memory.regions, s->peer.sock.fds, n);
}

static int on_get_max_mem_slots(struct vhost_server *s, const union vhu_payload *p, size_t len)
{
	(void)p, (void)len;
	return answer_u64(s, VHOST_MEMORY_MOST);
}

static int on_add_mem_reg(struct vhost_server *s, const union vhu_payload *p, size_t len)
{
	(void)len;
	if (s->peer.sock.n_fds != 1)
		return -EINVAL;
	return vhost_device_add_memory(&s->device, &p->one_region.region, s->peer.sock.fds[0]);
}

static int on_rem_mem_reg(struct vhost_server *s, const union vhu_payload *p, size_t len)
{
	(void)len;
	return vhost_device_remove_memory(&s->device, &p->one_region.region);
}

/* Queues. */

static int on_set_vring_num(struct vhost_server *s, const union vhu_payload *p, size_t len)
{
	(void)len;
	return vhost_device_set_num(&s->device, p->state.index, p->state.num);
}

static int on_set_vring_base(struct vhost_server *s, const union vhu_payload *p, size_t len)
{
	(void)len;
	return vhost_device_set_base(&s->device, p->state.index, p->state.num);
}

static int on_set_vring_addr(struct vhost_server *s, const union vhu_payload *p, size_t len)
{
	(void)len;
	return vhost_device_set_addr(&s->device, &p->addr);
}

static int on_get_vring_base(struct vhost_server *s, const union vhu_payload *p, size_t len)
{
	struct vhu_state state = p->state;
	int r;

	(void)len;
	r = vhost_device_stop(&s->device, state.index, &state.num);
	return r < 0 ? r : answer(s, &state, sizeof(state));
}

static int set_notifier(struct vhost_server *s, uint64_t word, enum vhost_notifier which)
{
	bool has_no_fd = word & VHU_NO_FD;

	if (word & ~(uint64_t)(VHU_QUEUE_MASK | VHU_NO_FD) || has_no_fd != !s->peer.sock.n_fds)
		return -EINVAL;
	return vhost_device_set_fd(&s->device, word & VHU_QUEUE_MASK, which,
				   msgsock_take_fd(&s->peer.sock, 0));
}

static int on_set_vring_kick(struct vhost_server *s, const union vhu_payload *p, size_t len)
{
	(void)len;
	return set_notifier(s, p->u64, VHOST_KICK);
}

static int on_set_vring_call(struct vhost_server *s, const union vhu_payload *p, size_t len)
{
	(void)len;
	return set_notifier(s, p->u64, VHOST_CALL);
}

static int on_set_vring_err(struct vhost_server *s, const union vhu_payload *p, size_t len)
{
	(void)len;
	return set_notifier(s, p->u64, VHOST_ERR);
}

static int on_set_vring_enable(struct vhost_server *s, const union vhu_payload *p, size_t len)
{
	(void)len;
	if (!s->has_enable)
		return -EOPNOTSUPP;
	return vhost_device_enable(&s->device, p->state.index, p->state.num);
}

enum { ANY = -1 };

static const struct command {
	/* DONE, ANSWERED, or -errno. */
	int (*fn)(struct vhost_server *s, const union vhu_payload *p, size_t len);
	int len;		/* of the payload; ANY: fn checks it */
	unsigned int n_fds;	/* at most */
	uint64_t needs;		/* protocol features */
	bool is_harmless;	/* refused in silence where silence is all there is */
} commands[] = {
	[VHU_GET_FEATURES] = { on_get_features, 0, 0, 0, false },
	[VHU_SET_FEATURES] = { on_set_features, sizeof(uint64_t), 0, 0, false },
	[VHU_SET_OWNER] = { on_set_owner, 0, 0, 0, true },
	[VHU_RESET_OWNER] = { on_reset_owner, 0, 0, 0, true },
	[VHU_SET_MEM_TABLE] = { on_set_mem_table, ANY, VHU_REGIONS_MOST, 0, false },
	[VHU_SET_VRING_NUM] = { on_set_vring_num, sizeof(struct vhu_state), 0, 0, false },
	[VHU_SET_VRING_ADDR] = { on_set_vring_addr, sizeof(struct vhu_addr), 0, 0, false },
	[VHU_SET_VRING_BASE] = { on_set_vring_base, sizeof(struct vhu_state), 0, 0, false },
	[VHU_GET_VRING_BASE] = { on_get_vring_base, sizeof(struct vhu_state), 0, 0, false },
	[VHU_SET_VRING_KICK] = { on_set_vring_kick, sizeof(uint64_t), 1, 0, false },
	[VHU_SET_VRING_CALL] = { on_set_vring_call, sizeof(uint64_t), 1, 0, false },
	[VHU_SET_VRING_ERR] = { on_set_vring_err, sizeof(uint64_t), 1, 0, false },
	[VHU_GET_PROTOCOL_FEATURES] = { on_get_protocol, 0, 0, 0, false },
	[VHU_SET_PROTOCOL_FEATURES] = { on_set_protocol, sizeof(uint64_t), 0, 0, false },
	[VHU_GET_QUEUE_NUM] = { on_get_queue_num, 0, 0, VHU_P_MQ, false },
	[VHU_SET_VRING_ENABLE] = { on_set_vring_enable, sizeof(struct vhu_state), 0, 0, false },
	[VHU_GET_CONFIG] = { on_get_config, ANY, 0, VHU_P_CONFIG, false },
	[VHU_RESET_DEVICE] = { on_reset_device, 0, 0, VHU_P_RESET_DEVICE, false },
	[VHU_GET_MAX_MEM_SLOTS] = { on_get_max_mem_slots, 0, 0, VHU_P_MEM_SLOTS, false },
	[VHU_ADD_MEM_REG] = { on_add_mem_reg, sizeof(struct vhu_one_region), 1,
			      VHU_P_MEM_SLOTS, false },
	/* Old front-ends send the descriptor again. */
	[VHU_REM_MEM_REG] = { on_rem_mem_reg, sizeof(struct vhu_one_region), 1,
			      VHU_P_MEM_SLOTS, false },
	[VHU_SET_STATUS] = { on_set_status, sizeof(uint64_t), 0, VHU_P_STATUS, false },
	[VHU_GET_STATUS] = { on_get_status, 0, 0, VHU_P_STATUS, false },
};

static int handle(struct vhost_server *s, const struct command *c)
{
	union vhu_payload payload = { 0 };
	const void *bytes;
	size_t len;

	bytes = msgsock_payload(&s->peer.sock, &len);
	if (c->needs & ~s->protocol)
		return -EOPNOTSUPP;
	if ((c->len != ANY && len != (size_t)c->len) || s->peer.sock.n_fds > c->n_fds)
		return -EINVAL;
	memcpy(&payload, bytes, len);
	return c->fn(s, &payload, len);
}

static bool is_question(uint32_t request)
{
	switch (request) {
	case VHU_GET_FEATURES:
	case VHU_GET_PROTOCOL_FEATURES:
	case VHU_GET_QUEUE_NUM:
	case VHU_GET_VRING_BASE:
	case VHU_GET_CONFIG:
	case VHU_GET_MAX_MEM_SLOTS:
	case VHU_GET_STATUS:
		return true;
	default:
		return false;
	}
}

/* 0, or -errno: the connection cannot go on. */
static int on_message(void *user)
{
	struct vhost_server *s = user;
	struct vhu_header h = *(const struct vhu_header *)msgsock_header(&s->peer.sock);
	const struct command none = { 0 };
	const struct command *c = h.request < ARRAY_SIZE(commands) ? &commands[h.request] : &none;
	int r;

	if ((h.flags & ~(uint32_t)VHU_NEED_REPLY) != VHU_VERSION)
		return -EPROTO;
	r = c->fn ? handle(s, c) : -ENOSYS;
	if (r == ANSWERED)
		return 0;
	if (r < 0)
		log_info("sim", "request %u is refused: %s", h.request, strerror(-r));
	if (h.flags & VHU_NEED_REPLY && s->protocol & VHU_P_REPLY_ACK && !is_question(h.request))
		r = answer_u64(s, r < 0);
	return r < 0 && !c->is_harmless ? r : 0;
}

static void on_left(void *user)
{
	struct vhost_server *s = user;

	vhost_device_detach(&s->device);
	s->protocol = 0;
	s->has_owner = s->has_enable = false;
}

static const struct peer_ops peer_ops = { "front-end", &vhu_format, on_message, on_left };

void vhost_server_hang_up(struct vhost_server *s)
{
	peer_hang_up(&s->peer);
}

void vhost_server_crash(struct vhost_server *s)
{
	if (s->peer.sock.fd >= 0 && !vhost_device_give_up(&s->device))
		peer_hang_up(&s->peer);
}

/* Life. */

static uint64_t protocol_offered(const struct vhost_server *s)
{
	uint64_t all = VHU_P_MQ | VHU_P_REPLY_ACK | VHU_P_RESET_DEVICE | VHU_P_MEM_SLOTS |
		       VHU_P_STATUS;
	size_t config_len;

	sim_virtio_config(s->device.sim, &config_len);
	return config_len ? all | VHU_P_CONFIG : all;
}

static struct vhost_server *vhost_server_new(struct loop *l, const struct vhost_server_config *c,
					     struct text *ret_why)
{
	struct vhost_server *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	peer_init(&s->peer, l, &peer_ops, s);
	if (vhost_device_init(&s->device, l, c->type, c->mood, c->seed)) {
		text_printf(ret_why, "there is no device of type \"%s\" with the mood \"%s\"; "
			    "mhi-sim(1) has the words", c->type, c->mood);
		vhost_server_close(s);
		return NULL;
	}
	s->device.memory.takes_unsealed = c->takes_unsealed;
	s->offered = protocol_offered(s) & ~c->without;
	s->is_old = c->is_old;
	return s;
}

int vhost_server_open(struct loop *l, const struct vhost_server_config *c,
		      struct vhost_server **ret_server, struct text *ret_why)
{
	struct vhost_server *s = vhost_server_new(l, c, ret_why);
	int r;

	if (!s)
		return -EINVAL;
	r = peer_listen(&s->peer, c->path, ret_why);
	if (r < 0) {
		vhost_server_close(s);
		return r;
	}
	*ret_server = s;
	return 0;
}

void vhost_server_close(struct vhost_server *s)
{
	if (!s)
		return;
	peer_close(&s->peer);
	vhost_device_fini(&s->device);
	free(s);
}

struct vhost_device *vhost_server_device(struct vhost_server *s)
{
	return &s->device;
}
