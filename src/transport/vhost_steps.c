/*
 * The order in which a vhost-user back-end is told things, as tables.
 *
 * All that a device may use is in place before the first KICK: there are
 * back-ends that start there, and not with ENABLE.  Where requests are not
 * acknowledged a GET_FEATURES takes the place of the acknowledgement that
 * matters: requests are handled in order.
 */
#include "transport/vhost_frontend.h"
#include "io/log.h"
#include <assert.h>
#include <errno.h>

struct vhost_step {
	enum vhu_request request;	/* 0: nothing is sent, only then() */
	unsigned int arg;		/* queue, status, or what put() likes */
	bool (*applies)(const struct vhost_user *v);	/* NULL: always */
	/* Writes v->payload; returns its length.  NULL: there is none. */
	size_t (*put)(struct vhost_user *v, unsigned int arg, int *ret_fd);
	size_t reply_len;
	/* After the reply, or without one.  0 or -errno, and failed. */
	int (*then)(struct vhost_user *v, unsigned int arg, const union vhu_payload *reply);
	bool is_plain;
};

enum {
	ALIVE = VIRTIO_ACKNOWLEDGE | VIRTIO_DRIVER,
	AGREED = ALIVE | VIRTIO_FEATURES_OK,
	RUNNING = AGREED | VIRTIO_DRIVER_OK,
};

/* Features of the ring that is spoken here, and not those of another one. */
#define VIRTIO_STRANGE (VIRTIO_F_ACCESS_PLATFORM | VIRTIO_F_RING_PACKED | VIRTIO_F_IN_ORDER)
#define PROTOCOL_KNOWN (VHU_P_MQ | VHU_P_REPLY_ACK | VHU_P_CONFIG | VHU_P_STATUS)

static bool has_protocol(const struct vhost_user *v)
{
	return v->offered & VHU_F_PROTOCOL_FEATURES;
}

static bool has_mq(const struct vhost_user *v)
{
	return v->protocol & VHU_P_MQ;
}

static bool has_status(const struct vhost_user *v)
{
	return v->protocol & VHU_P_STATUS;
}

static bool has_config(const struct vhost_user *v)
{
	return v->protocol & VHU_P_CONFIG;
}

static bool has_no_acks(const struct vhost_user *v)
{
	return !v->dialog.has_acks;
}

/* Features. */

static int take_features(struct vhost_user *v, unsigned int arg, const union vhu_payload *reply)
{
	(void)arg;
	v->offered = reply->u64;
	if (!(v->offered & VIRTIO_F_VERSION_1))
		return vhost_user_fail(v, -EOPNOTSUPP,
				       "the back-end lacks VERSION_1: this is legacy virtio");
	if (!has_protocol(v))
		log_warn("vhost-user", "the back-end is an old one: it acknowledges nothing");
	return 0;
}

static int take_protocol(struct vhost_user *v, unsigned int arg, const union vhu_payload *reply)
{
	(void)arg;
	v->protocol = reply->u64 & PROTOCOL_KNOWN;
	if (!v->driver->config_len)
		v->protocol &= ~VHU_P_CONFIG;
	if (!(v->protocol & VHU_P_REPLY_ACK))
		log_warn("vhost-user", "the back-end acknowledges nothing; its refusals go unseen");
	return 0;
}

static size_t put_protocol(struct vhost_user *v, unsigned int arg, int *ret_fd)
{
	(void)arg, (void)ret_fd;
	v->payload.u64 = v->protocol;
	return sizeof(v->payload.u64);
}

static int use_protocol(struct vhost_user *v, unsigned int arg, const union vhu_payload *reply)
{
	(void)arg, (void)reply;
	v->dialog.has_acks = v->protocol & VHU_P_REPLY_ACK;
	return 0;
}

static int take_queue_num(struct vhost_user *v, unsigned int arg, const union vhu_payload *reply)
{
	(void)arg;
	if (reply->u64 >= VIRTIO_QUEUES)
		return 0;
	return vhost_user_fail(v, -EOPNOTSUPP, "the back-end has %llu queues; %s needs %u",
			       (unsigned long long)reply->u64, v->need->type, VIRTIO_QUEUES);
}

static size_t put_features(struct vhost_user *v, unsigned int arg, int *ret_fd)
{
	(void)arg, (void)ret_fd;
	v->payload.u64 = v->choice.features | (v->offered & VHU_F_PROTOCOL_FEATURES);
	return sizeof(v->payload.u64);
}

/* Status. */

static size_t put_status(struct vhost_user *v, unsigned int arg, int *ret_fd)
{
	(void)ret_fd;
	v->payload.u64 = arg;
	return sizeof(v->payload.u64);
}

static int check_reset(struct vhost_user *v, unsigned int arg, const union vhu_payload *reply)
{
	(void)arg;
	if (!(reply->u64 & 0xff))
		return 0;
	return vhost_user_fail(v, -EPROTO, "the back-end does not reset: its status stays 0x%02x",
			       (unsigned int)reply->u64 & 0xff);
}

static int check_agreed(struct vhost_user *v, unsigned int arg, const union vhu_payload *reply)
{
	(void)arg;
	if (reply->u64 & VIRTIO_FEATURES_OK)
		return 0;
	return vhost_user_fail(v, -EOPNOTSUPP, "the back-end does not take the features 0x%llx",
			       (unsigned long long)v->choice.features);
}

static int check_running(struct vhost_user *v, unsigned int arg, const union vhu_payload *reply)
{
	(void)arg;
	if (!(reply->u64 & VIRTIO_NEEDS_RESET))
		return 0;
	return vhost_user_fail(v, -ENODEV, "the back-end asks for a reset");
}

/* Configuration. */

static size_t put_config(struct vhost_user *v, unsigned int arg, int *ret_fd)
{
	uint32_t size = (uint32_t)v->driver->config_len;

	(void)arg, (void)ret_fd;
	memset(&v->payload.config, 0, sizeof(v->payload.config));
	v->payload.config.size = size;
	return vhu_config_len(size);
}

static int take_config(struct vhost_user *v, unsigned int arg, const union vhu_payload *reply)
{
	(void)arg;
	if (!reply) {
		v->protocol &= ~VHU_P_CONFIG;
		return 0;
	}
	if (reply->config.offset || reply->config.size != v->driver->config_len)
		return vhost_user_fail(v, -EPROTO,
				       "the back-end tells another part of its configuration");
	memcpy(v->config, reply->config.bytes, reply->config.size);
	return 0;
}

static int offer(struct vhost_user *v, unsigned int arg, const union vhu_payload *reply)
{
	struct virtio_offer o = {
		.features = v->offered & ~(VIRTIO_STRANGE | VHU_F_PROTOCOL_FEATURES),
		.config = has_config(v) ? v->config : NULL,
		.config_len = has_config(v) ? v->driver->config_len : 0,
		.most = 256,
	};
	const char *why = "the driver refuses the device";
	int r;

	(void)arg, (void)reply;
	if (!o.config && v->need->no_config)
		return vhost_user_fail(v, -EOPNOTSUPP,
				       "the back-end tells no configuration, as %s would: %s",
				       v->need->type, v->need->no_config);
	r = v->driver->offered(v->user, &o, &v->choice, &why);
	if (r < 0)
		return v->is_closed ? r : vhost_user_fail(v, r, "%s", why);
	assert(v->choice.features & VIRTIO_F_VERSION_1 && !(v->choice.features & ~o.features));
	return 0;
}

/* Memory and queues. */

static int prepare(struct vhost_user *v, unsigned int arg, const union vhu_payload *reply)
{
	(void)arg, (void)reply;
	return vhost_user_prepare(v);
}

static size_t put_memory(struct vhost_user *v, unsigned int arg, int *ret_fd)
{
	(void)arg;
	v->payload.memory = (struct vhu_memory){ .n = 1, .regions = { {
		.guest = VHOST_GUEST_AT, .size = v->memory.len, .user = VHOST_USER_AT } } };
	*ret_fd = v->memory.fd;
	return vhu_memory_len(1);
}

static size_t put_state(struct vhost_user *v, unsigned int queue, uint32_t num)
{
	v->payload.state = (struct vhu_state){ queue, num };
	return sizeof(v->payload.state);
}

static size_t put_num(struct vhost_user *v, unsigned int queue, int *ret_fd)
{
	(void)ret_fd;
	return put_state(v, queue, v->queues[queue].n);
}

static size_t put_zero(struct vhost_user *v, unsigned int queue, int *ret_fd)
{
	(void)ret_fd;
	return put_state(v, queue, 0);
}

static size_t put_one(struct vhost_user *v, unsigned int queue, int *ret_fd)
{
	(void)ret_fd;
	return put_state(v, queue, 1);
}

/* Rings are named by user address, buffers inside them by guest address. */
static uint64_t user_address(iova_t guest)
{
	return guest - VHOST_GUEST_AT + VHOST_USER_AT;
}

static size_t put_addr(struct vhost_user *v, unsigned int queue, int *ret_fd)
{
	const struct vring_parts *parts = &v->queues[queue].parts;

	(void)ret_fd;
	v->payload.addr = (struct vhu_addr){ .index = queue, .desc = user_address(parts->desc),
					     .used = user_address(parts->used),
					     .avail = user_address(parts->avail) };
	return sizeof(v->payload.addr);
}

static size_t put_notifier(struct vhost_user *v, unsigned int queue, int which, int *ret_fd)
{
	v->payload.u64 = queue;
	*ret_fd = v->queues[queue].fds[which];
	return sizeof(v->payload.u64);
}

static size_t put_err(struct vhost_user *v, unsigned int queue, int *ret_fd)
{
	return put_notifier(v, queue, VHOST_ERR, ret_fd);
}

static size_t put_call(struct vhost_user *v, unsigned int queue, int *ret_fd)
{
	return put_notifier(v, queue, VHOST_CALL, ret_fd);
}

static size_t put_kick(struct vhost_user *v, unsigned int queue, int *ret_fd)
{
	return put_notifier(v, queue, VHOST_KICK, ret_fd);
}

static int run(struct vhost_user *v, unsigned int arg, const union vhu_payload *reply)
{
	(void)arg, (void)reply;
	vhost_user_run(v);
	return 0;
}

/* Stop. */

static int check_base(struct vhost_user *v, unsigned int queue, const union vhu_payload *reply)
{
	(void)v;
	if (reply->state.index != queue || reply->state.num > UINT16_MAX)
		log_warn("vhost-user", "queue %u was stopped at %u:%u, which cannot be", queue,
			 reply->state.index, reply->state.num);
	return 0;
}

static int stopped(struct vhost_user *v, unsigned int arg, const union vhu_payload *reply)
{
	(void)arg, (void)reply;
	vhost_user_stopped(v);
	return 0;
}

#define QUEUE_STEPS(q)                                                     \
	{ VHU_SET_VRING_NUM, q, NULL, put_num, 0, NULL, false },           \
	{ VHU_SET_VRING_BASE, q, NULL, put_zero, 0, NULL, false },         \
	{ VHU_SET_VRING_ADDR, q, NULL, put_addr, 0, NULL, false },         \
	{ VHU_SET_VRING_ERR, q, NULL, put_err, 0, NULL, false },           \
	{ VHU_SET_VRING_CALL, q, NULL, put_call, 0, NULL, false },         \
	{ VHU_SET_VRING_KICK, q, NULL, put_kick, 0, NULL, false }

enum { U64 = sizeof(uint64_t), STATE = sizeof(struct vhu_state) };

static const struct vhost_step start_steps[] = {
	{ VHU_GET_FEATURES, 0, NULL, NULL, U64, take_features, false },
	{ VHU_GET_PROTOCOL_FEATURES, 0, has_protocol, NULL, U64, take_protocol, false },
	{ VHU_SET_PROTOCOL_FEATURES, 0, has_protocol, put_protocol, 0, use_protocol, true },
	{ VHU_GET_QUEUE_NUM, 0, has_mq, NULL, U64, take_queue_num, false },
	{ VHU_SET_OWNER, 0, NULL, NULL, 0, NULL, false },
	{ VHU_SET_STATUS, 0, has_status, put_status, 0, NULL, false },
	{ VHU_GET_STATUS, 0, has_status, NULL, U64, check_reset, false },
	{ VHU_SET_STATUS, VIRTIO_ACKNOWLEDGE, has_status, put_status, 0, NULL, false },
	{ VHU_SET_STATUS, ALIVE, has_status, put_status, 0, NULL, false },
	{ VHU_GET_CONFIG, 0, has_config, put_config, 0, take_config, false },
	{ 0, 0, NULL, NULL, 0, offer, false },
	{ VHU_SET_FEATURES, 0, NULL, put_features, 0, NULL, false },
	{ VHU_SET_STATUS, AGREED, has_status, put_status, 0, NULL, false },
	{ VHU_GET_STATUS, 0, has_status, NULL, U64, check_agreed, false },
	{ 0, 0, NULL, NULL, 0, prepare, false },
	{ VHU_SET_MEM_TABLE, 0, NULL, put_memory, 0, NULL, false },
	{ VHU_GET_FEATURES, 0, has_no_acks, NULL, U64, NULL, false },
	QUEUE_STEPS(0),
	QUEUE_STEPS(1),
	{ VHU_GET_FEATURES, 0, has_no_acks, NULL, U64, NULL, false },
	{ VHU_SET_VRING_ENABLE, 0, has_protocol, put_one, 0, NULL, false },
	{ VHU_SET_VRING_ENABLE, 1, has_protocol, put_one, 0, NULL, false },
	{ VHU_SET_STATUS, RUNNING, has_status, put_status, 0, NULL, false },
	{ VHU_GET_STATUS, 0, has_status, NULL, U64, check_running, false },
	{ 0, 0, NULL, NULL, 0, run, false },
};

static const struct vhost_step stop_steps[] = {
	{ VHU_SET_VRING_ENABLE, 0, has_protocol, put_zero, 0, NULL, false },
	{ VHU_SET_VRING_ENABLE, 1, has_protocol, put_zero, 0, NULL, false },
	{ VHU_GET_VRING_BASE, 0, NULL, put_zero, STATE, check_base, false },
	{ VHU_GET_VRING_BASE, 1, NULL, put_zero, STATE, check_base, false },
	{ VHU_SET_STATUS, 0, has_status, put_status, 0, NULL, false },
	{ 0, 0, NULL, NULL, 0, stopped, false },
};

/* VHOST_ASKED, VHOST_TOLD, or -errno: failed. */
static int step_ask(struct vhost_user *v, const struct vhost_step *s)
{
	struct vhost_question q = { .request = s->request, .payload = &v->payload, .fd = -1,
				    .reply_len = s->reply_len, .is_plain = s->is_plain };
	int r;

	if (!s->request)
		return VHOST_TOLD;
	if (s->put)
		q.len = s->put(v, s->arg, &q.fd);
	if (s->request == VHU_GET_CONFIG)
		q.reply_len = q.len;
	r = vhost_dialog_ask(&v->dialog, &q);
	return r < 0 ? vhost_user_fail(v, r, "%s", text_get(&v->dialog.why)) : r;
}

static bool can_go_on(const struct vhost_user *v)
{
	return v->step && !v->dialog.is_waiting && !v->is_closed && v->life != VHOST_OVER;
}

/* Until a reply is waited for, or nothing is left: run() and stopped() end their
 * tables.  A callback of the driver may have begun to stop, which is further on
 * then than we are. */
static void go_on(struct vhost_user *v)
{
	while (can_go_on(v)) {
		const struct vhost_step *s = v->step;

		if (s->applies && !s->applies(v)) {
			v->step++;
			continue;
		}
		if (step_ask(v, s) != VHOST_TOLD)
			return;
		v->step++;
		if (s->then && s->then(v, s->arg, NULL) < 0)
			return;
	}
}

void vhost_steps_start(struct vhost_user *v)
{
	v->step = start_steps;
	go_on(v);
}

void vhost_steps_stop(struct vhost_user *v)
{
	v->step = stop_steps;
	go_on(v);
}

void vhost_steps_reply(struct vhost_user *v, const void *payload, size_t len)
{
	const struct vhost_step *s = v->step++;

	if (s->then && s->then(v, s->arg, len ? payload : NULL) < 0)
		return;
	go_on(v);
}
