/*
 * The requests of vhost-user, each a small function over the device that is
 * shown.  One that is refused gets an acknowledgement that says so; where
 * none was asked for, the end of the connection is the only answer there is.
 */
#include "serve/vhost_server.h"
#include "io/msgsock.h"
#include "io/unixsock.h"
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MESSAGES_A_TURN = 16 };

struct vhost_server {
	struct loop *loop;
	char *path;
	int listen_fd;
	struct loop_fd *listen_watch;
	struct msgsock peer;	/* fd -1: nobody is attached */
	struct loop_fd *peer_watch;
	unsigned int n_peers;
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
	const struct vhu_header *in = msgsock_header(&s->peer);
	struct vhu_header out = { .request = in->request, .flags = VHU_VERSION | VHU_REPLY,
				  .size = (uint32_t)len };
	struct iovec iov[] = { { &out, sizeof(out) }, { (void *)payload, len } };
	int r = msgsock_send(&s->peer, iov, ARRAY_SIZE(iov));

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
	    n != s->peer.n_fds)
		return -EINVAL;
	return vhost_device_set_memory(&s->device, p->memory.regions, s->peer.fds, n);
}

static int on_get_max_mem_slots(struct vhost_server *s, const union vhu_payload *p, size_t len)
{
	(void)p, (void)len;
	return answer_u64(s, VHOST_MEMORY_MOST);
}

static int on_add_mem_reg(struct vhost_server *s, const union vhu_payload *p, size_t len)
{
	(void)len;
	if (s->peer.n_fds != 1)
		return -EINVAL;
	return vhost_device_add_memory(&s->device, &p->one_region.region, s->peer.fds[0]);
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

	if (word & ~(uint64_t)(VHU_QUEUE_MASK | VHU_NO_FD) || has_no_fd != !s->peer.n_fds)
		return -EINVAL;
	return vhost_device_set_fd(&s->device, word & VHU_QUEUE_MASK, which,
				   msgsock_take_fd(&s->peer, 0));
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

	bytes = msgsock_payload(&s->peer, &len);
	if (c->needs & ~s->protocol)
		return -EOPNOTSUPP;
	if ((c->len != ANY && len != (size_t)c->len) || s->peer.n_fds > c->n_fds)
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
static int on_message(struct vhost_server *s)
{
	struct vhu_header h = *(const struct vhu_header *)msgsock_header(&s->peer);
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

static void on_connect(void *user, int what);

/* Front-ends come one after the other: the next waits in the backlog. */
static void listen_again(struct vhost_server *s)
{
	s->listen_watch = loop_watch(s->loop, s->listen_fd, LOOP_READ, on_connect, s);
	if (!s->listen_watch)
		log_error("sim", "no memory to wait for the next front-end");
}

static void peer_drop(struct vhost_server *s)
{
	loop_unwatch(s->peer_watch);
	s->peer_watch = NULL;
	msgsock_fini(&s->peer);
	vhost_device_detach(&s->device);
	s->protocol = 0;
	s->has_owner = s->has_enable = false;
	listen_again(s);
}

static int peer_serve(struct vhost_server *s)
{
	int r = 0;

	/* Who does not read its answers is not asked for more questions. */
	for (int i = 0; !r && i < MESSAGES_A_TURN && !msgsock_wants_write(&s->peer); i++) {
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

static void peer_watch(struct vhost_server *s);

static void on_peer(void *user, int what)
{
	struct vhost_server *s = user;
	bool was_waiting = msgsock_wants_write(&s->peer);
	int r = what & LOOP_WRITE ? msgsock_flush(&s->peer) : 0;

	if (!r)
		r = peer_serve(s);
	if (r < 0) {
		log_info("sim", "front-end left%s%s", r == -ENOTCONN ? "" : ": ",
			 r == -ENOTCONN ? "" : strerror(-r));
		peer_drop(s);
	} else if (was_waiting != msgsock_wants_write(&s->peer)) {
		peer_watch(s);
	}
}

static void peer_watch(struct vhost_server *s)
{
	loop_unwatch(s->peer_watch);
	s->peer_watch = loop_watch(s->loop, s->peer.fd,
				   msgsock_wants_write(&s->peer) ? LOOP_WRITE : LOOP_READ,
				   on_peer, s);
	if (!s->peer_watch)
		peer_drop(s);
}

static void on_connect(void *user, int what)
{
	struct vhost_server *s = user;
	int fd;

	(void)what;
	fd = accept4(s->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0)
		return;
	loop_unwatch(s->listen_watch);
	s->listen_watch = NULL;
	msgsock_init(&s->peer, &vhu_format, fd);
	s->n_peers++;
	log_info("sim", "front-end %u attached", s->n_peers);
	peer_watch(s);
}

void vhost_server_hang_up(struct vhost_server *s)
{
	if (s->peer.fd >= 0)
		peer_drop(s);
}

void vhost_server_crash(struct vhost_server *s)
{
	if (s->peer.fd >= 0 && !vhost_device_give_up(&s->device))
		peer_drop(s);
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
	s->loop = l;
	s->listen_fd = s->peer.fd = -1;
	s->path = strdup(c->path);
	if (!s->path || vhost_device_init(&s->device, l, c->type, c->mood, c->seed)) {
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
	r = s->listen_fd = unixsock_listen(c->path, ret_why);
	if (r >= 0) {
		listen_again(s);
		r = s->listen_watch ? 0 : -ENOMEM;
	}
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
	vhost_server_hang_up(s);
	loop_unwatch(s->listen_watch);
	if (s->listen_fd >= 0) {
		close(s->listen_fd);
		unlink(s->path);
	}
	vhost_device_fini(&s->device);
	free(s->path);
	free(s);
}

struct vhost_device *vhost_server_device(struct vhost_server *s)
{
	return &s->device;
}
