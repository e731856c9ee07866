#include "tests/vhost_client.h"
#include "io/unixsock.h"
#include <check.h>
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

enum { TURNS = 3 };

static void turns(struct vhost_client *c)
{
	for (int i = 0; i < TURNS; i++)
		loop_turn(c->loop, false);
}

void vhost_client_open(struct vhost_client *c, struct loop *l, const char *path)
{
	struct text why = TEXT_INIT;

	*c = (struct vhost_client){ .loop = l, .fd = unixsock_connect(path, &why) };
	ck_assert_msg(c->fd >= 0, "%s", text_get(&why));
	turns(c);
}

void vhost_client_close(struct vhost_client *c)
{
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
	turns(c);
}

static void send_all(struct vhost_client *c, struct vhu_header h, const void *payload,
		     const int *fds, unsigned int n_fds)
{
	struct iovec iov[] = { { &h, sizeof(h) }, { (void *)payload, h.size } };
	struct msgsock s;

	msgsock_init(&s, &vhu_format, c->fd);
	msgsock_send_now(&s, iov, 2, fds, n_fds, 0);
	text_fini(&s.out);
}

static enum vhost_outcome hear(struct vhost_client *c, struct vhu_header asked,
			       union vhu_payload *ret_reply)
{
	struct {
		struct vhu_header h;
		uint8_t payload[sizeof(union vhu_payload)];
	} m;
	ssize_t n = recv(c->fd, &m, sizeof(m), MSG_DONTWAIT);

	if (!n || (n < 0 && errno != EAGAIN)) {
		c->is_closed = true;
		return VHOST_CLOSED;
	}
	if (n < 0)
		return VHOST_NOTHING;
	ck_assert_int_eq(n, (ssize_t)(sizeof(m.h) + m.h.size));
	ck_assert_uint_eq(m.h.request, asked.request);
	ck_assert_uint_eq(m.h.flags, VHU_VERSION | VHU_REPLY);
	memcpy(ret_reply, m.payload, m.h.size);
	return VHOST_REPLIED;
}

static bool is_question(uint32_t request)
{
	return request == VHU_GET_FEATURES || request == VHU_GET_PROTOCOL_FEATURES ||
	       request == VHU_GET_QUEUE_NUM || request == VHU_GET_VRING_BASE ||
	       request == VHU_GET_CONFIG || request == VHU_GET_MAX_MEM_SLOTS ||
	       request == VHU_GET_STATUS;
}

enum vhost_outcome vhost_client_say(struct vhost_client *c, uint32_t request, const void *payload,
				    size_t len, const int *fds, unsigned int n_fds,
				    union vhu_payload *ret_reply)
{
	struct vhu_header h = { .request = request, .flags = VHU_VERSION, .size = (uint32_t)len };
	union vhu_payload reply = { 0 };
	enum vhost_outcome outcome;

	if (c->has_acks && !is_question(request))
		h.flags |= VHU_NEED_REPLY;
	send_all(c, h, payload, fds, n_fds);
	turns(c);
	outcome = hear(c, h, &reply);
	if (outcome == VHOST_REPLIED && h.flags & VHU_NEED_REPLY)
		outcome = reply.u64 ? VHOST_REFUSED : VHOST_TAKEN;
	if (ret_reply)
		*ret_reply = reply;
	return outcome;
}

enum vhost_outcome vhost_client_u64(struct vhost_client *c, uint32_t request, uint64_t value)
{
	return vhost_client_say(c, request, &value, sizeof(value), NULL, 0, NULL);
}

enum vhost_outcome vhost_client_state(struct vhost_client *c, uint32_t request, uint32_t index,
				      uint32_t num)
{
	struct vhu_state state = { index, num };

	return vhost_client_say(c, request, &state, sizeof(state), NULL, 0, NULL);
}

uint64_t vhost_client_ask(struct vhost_client *c, uint32_t request)
{
	union vhu_payload reply;

	ck_assert_int_eq(vhost_client_say(c, request, NULL, 0, NULL, 0, &reply), VHOST_REPLIED);
	return reply.u64;
}

enum vhost_outcome vhost_client_fd(struct vhost_client *c, uint32_t which, uint32_t queue, int fd)
{
	uint64_t word = queue | (fd < 0 ? VHU_NO_FD : 0);

	return vhost_client_say(c, which, &word, sizeof(word), &fd, fd >= 0, NULL);
}
