#include "tests/vhost_peer.h"
#include "io/unixsock.h"
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define VERSION_1 (1ULL << 32)

void vhost_peer_init(struct vhost_peer *p, const char *path)
{
	struct text why = TEXT_INIT;

	*p = (struct vhost_peer){
		.features = VERSION_1 | VHU_F_PROTOCOL_FEATURES | 1,
		.protocol = VHU_P_MQ | VHU_P_REPLY_ACK | VHU_P_CONFIG | VHU_P_STATUS,
		.queue_num = 2, .config = { 4 }, .fds = { { -1, -1, -1 }, { -1, -1, -1 } },
	};
	snprintf(p->path, sizeof(p->path), "%s", path);
	p->listen_fd = unixsock_listen(path, &why);
	ck_assert_msg(p->listen_fd >= 0, "%s", text_get(&why));
	msgsock_init(&p->sock, &vhu_format, -1);
}

static void hang_up(struct vhost_peer *p)
{
	msgsock_fini(&p->sock);
	for (int i = 0; i < 6; i++) {
		int *fd = &p->fds[i / 3][i % 3];

		if (*fd >= 0)
			close(*fd);
		*fd = -1;
	}
	p->has_ended = true;
}

void vhost_peer_fini(struct vhost_peer *p)
{
	hang_up(p);
	close(p->listen_fd);
	unlink(p->path);
}

/* A reply with what the lie makes of it. */
static void reply(struct vhost_peer *p, struct vhu_header h, const union vhu_payload *payload,
		  enum vhost_lie lie)
{
	static const uint32_t flags[] = { 1, 4, 0xd };
	static const uint32_t sizes[] = { 0, 4, 16, 0xffffffff };
	union vhu_payload ones;
	struct iovec iov[] = { { &h, sizeof(h) }, { (void *)payload, h.size } };
	int fds[8], n_fds = lie == LIE_FDS_1 ? 1 : lie == LIE_FDS_8 ? 8 : 0;

	memset(&ones, 0xff, sizeof(ones));
	if (lie == LIE_ALL_ONES)
		iov[1].iov_base = &ones;
	if (lie == LIE_REQUEST)
		h.request++;
	if (lie >= LIE_FLAGS_1 && lie <= LIE_FLAGS_D)
		h.flags = flags[lie - LIE_FLAGS_1];
	if (lie >= LIE_SIZE_0 && lie <= LIE_SIZE_HUGE) {
		h.size = sizes[lie - LIE_SIZE_0];
		iov[1].iov_len = h.size < sizeof(*payload) ? h.size : sizeof(*payload);
	}
	if (lie == LIE_HALF_HEADER)
		iov[0].iov_len = 6;
	if (lie == LIE_TRICKLE) {
		memcpy(p->trickle, &h, sizeof(h));
		memcpy(p->trickle + sizeof(h), payload, h.size);
		p->trickle_len = sizeof(h) + h.size;
		return;
	}
	for (int i = 0; i < n_fds; i++)
		fds[i] = eventfd(0, EFD_CLOEXEC);
	msgsock_send_now(&p->sock, iov, lie == LIE_HALF_HEADER ? 1 : 2, fds,
			 (unsigned int)n_fds, 0);
	for (int i = 0; i < n_fds; i++)
		close(fds[i]);
}

static void keep_fd(struct vhost_peer *p, uint64_t queue, uint32_t request)
{
	int *fd = &p->fds[queue & 1][VHU_SET_VRING_ERR - request];

	ck_assert_uint_eq(p->sock.n_fds, 1);
	ck_assert_uint_lt(queue, 2);
	if (*fd >= 0)
		close(*fd);
	*fd = msgsock_take_fd(&p->sock, 0);
}

/* Bytes of the answer, or 0: it is one to be acknowledged at most. */
static uint32_t answer(struct vhost_peer *p, uint32_t request, union vhu_payload *m)
{
	switch (request) {
	case VHU_GET_FEATURES:
		m->u64 = p->features;
		return 8;
	case VHU_GET_PROTOCOL_FEATURES:
		m->u64 = p->protocol;
		return 8;
	case VHU_GET_QUEUE_NUM:
		m->u64 = p->queue_num;
		return 8;
	case VHU_GET_STATUS:
		m->u64 = p->status;
		if (p->status == p->status_at)
			m->u64 = (m->u64 | p->status_has) & ~p->status_lacks;
		return 8;
	case VHU_GET_CONFIG:
		memcpy(m->config.bytes, p->config, sizeof(p->config));
		return (uint32_t)vhu_config_len(m->config.size);
	case VHU_GET_VRING_BASE:
		return sizeof(m->state);
	case VHU_SET_FEATURES:
		p->accepted = m->u64;
		return 0;
	case VHU_SET_PROTOCOL_FEATURES:
		p->accepted_protocol = m->u64;
		return 0;
	case VHU_SET_STATUS:
		p->status = (uint8_t)m->u64;
		return 0;
	case VHU_SET_MEM_TABLE:
		ck_assert_uint_eq(p->sock.n_fds, 1);
		p->region = m->memory.regions[0];
		return 0;
	case VHU_SET_VRING_ADDR:
		p->addr[m->addr.index & 1] = m->addr;
		return 0;
	case VHU_SET_VRING_ERR:
	case VHU_SET_VRING_CALL:
	case VHU_SET_VRING_KICK:
		keep_fd(p, m->u64, request);
		return 0;
	default:
		return 0;
	}
}

static void on_message(struct vhost_peer *p)
{
	struct vhu_header h = *(const struct vhu_header *)msgsock_header(&p->sock);
	enum vhost_lie lie = p->n_messages == p->lie_at ? p->lie : LIE_NONE;
	union vhu_payload payload = { 0 };
	const void *bytes;
	size_t len;

	bytes = msgsock_payload(&p->sock, &len);
	memcpy(&payload, bytes, len);
	ck_assert_uint_lt(h.request, 64);
	p->n_of[h.request]++;
	p->requests[p->n_messages++ % 64] = h.request;
	ck_assert_uint_eq(h.flags & ~8u, 1);
	h.size = answer(p, h.request, &payload);
	if (!h.size && h.flags & VHU_NEED_REPLY) {
		payload.u64 = 0;
		h.size = 8;
	}
	p->has_lied = p->has_lied || lie == LIE_CLOSE || lie == LIE_UNASKED || (lie && h.size);
	h.flags = VHU_VERSION | VHU_REPLY;
	if (lie == LIE_CLOSE) {
		hang_up(p);
		return;
	}
	if (h.size && lie != LIE_SILENCE)
		reply(p, h, &payload, lie == LIE_UNASKED ? LIE_NONE : lie);
	if (lie == LIE_UNASKED)
		msgsock_send_now(&p->sock, &(struct iovec){ &h, sizeof(h) }, 1, NULL, 0, 0);
	msgsock_next(&p->sock);
}

static bool trickle(struct vhost_peer *p)
{
	struct iovec iov = { p->trickle + p->trickle_at, 1 };

	if (p->trickle_at == p->trickle_len)
		return false;
	p->trickle_at++;
	return !msgsock_send_now(&p->sock, &iov, 1, NULL, 0, 0);
}

bool vhost_peer_step(struct vhost_peer *p)
{
	int r;

	if (p->sock.fd < 0) {
		int fd = accept4(p->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd < 0)
			return false;
		msgsock_init(&p->sock, &vhu_format, fd);
		return true;
	}
	if (trickle(p))
		return true;
	r = msgsock_receive(&p->sock);
	if (r == MSGSOCK_AGAIN)
		return false;
	if (r)
		hang_up(p);
	else
		on_message(p);
	return true;
}
