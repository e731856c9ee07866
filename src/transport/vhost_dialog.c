#include "transport/vhost_dialog.h"
#include <errno.h>
#include <sys/socket.h>

enum { REPLY_US = 5000000 };

const char *vhost_request_name(enum vhu_request request)
{
	static const char *const names[] = {
		[VHU_GET_FEATURES] = "GET_FEATURES",
		[VHU_SET_FEATURES] = "SET_FEATURES",
		[VHU_SET_OWNER] = "SET_OWNER",
		[VHU_SET_MEM_TABLE] = "SET_MEM_TABLE",
		[VHU_SET_VRING_NUM] = "SET_VRING_NUM",
		[VHU_SET_VRING_ADDR] = "SET_VRING_ADDR",
		[VHU_SET_VRING_BASE] = "SET_VRING_BASE",
		[VHU_GET_VRING_BASE] = "GET_VRING_BASE",
		[VHU_SET_VRING_KICK] = "SET_VRING_KICK",
		[VHU_SET_VRING_CALL] = "SET_VRING_CALL",
		[VHU_SET_VRING_ERR] = "SET_VRING_ERR",
		[VHU_GET_PROTOCOL_FEATURES] = "GET_PROTOCOL_FEATURES",
		[VHU_SET_PROTOCOL_FEATURES] = "SET_PROTOCOL_FEATURES",
		[VHU_GET_QUEUE_NUM] = "GET_QUEUE_NUM",
		[VHU_SET_VRING_ENABLE] = "SET_VRING_ENABLE",
		[VHU_GET_CONFIG] = "GET_CONFIG",
		[VHU_SET_STATUS] = "SET_STATUS",
		[VHU_GET_STATUS] = "GET_STATUS",
	};

	return request < ARRAY_SIZE(names) && names[request] ? names[request] : "a request";
}

/* Keeps the first sentence. */
static int over(struct vhost_dialog *d, int r, const char *sentence)
{
	timer_stop(&d->patience);
	if (!d->why.len && d->is_waiting)
		text_printf(&d->why, "%s (%s)", sentence, vhost_request_name(d->asked));
	else if (!d->why.len)
		text_add(&d->why, sentence);
	d->is_waiting = false;
	return r;
}

static const char *what_is_wrong(const struct vhost_dialog *d)
{
	struct vhu_header h = *(const struct vhu_header *)msgsock_header(&d->sock);
	size_t expected = d->reply_len ? d->reply_len : sizeof(uint64_t);
	bool may_refuse = d->asked == VHU_GET_CONFIG;

	if (h.request != d->asked)
		return "the back-end answered another question";
	if (h.flags != (VHU_VERSION | VHU_REPLY))
		return "the back-end's reply has flags that no reply has";
	if (h.size != expected &&
	    !(may_refuse && (!h.size || h.size == vhu_config_len(0))))
		return "the back-end's reply has a size that it cannot have";
	if (d->sock.n_fds)
		return "the back-end sent descriptors with its reply";
	return NULL;
}

/* The whole message lies in the socket's buffer.  What comes of it is told last: the
 * owner may ask again, or end the dialog. */
static int take_reply(struct vhost_dialog *d)
{
	const char *wrong = what_is_wrong(d);
	union vhu_payload payload;
	const void *bytes;
	size_t len;

	if (wrong)
		return over(d, -EPROTO, wrong);
	bytes = msgsock_payload(&d->sock, &len);
	memcpy(&payload, bytes, len);
	msgsock_next(&d->sock);
	if (!d->reply_len && payload.u64)
		return over(d, -EPROTO, "the back-end refused a request");
	timer_stop(&d->patience);
	d->is_waiting = false;
	if (len < d->reply_len || !d->reply_len)
		len = 0;
	d->ops->replied(d->user, &payload, len);
	return 0;
}

static int receive(struct vhost_dialog *d)
{
	int r = msgsock_receive(&d->sock);

	if (r == MSGSOCK_AGAIN && (d->is_waiting || !d->sock.in_len))
		return 0;
	if (r == MSGSOCK_END || r == -ECONNRESET || r == -EPIPE)
		return over(d, -ENODEV, "the back-end closed the connection");
	if (r < 0)
		return over(d, r, r == -EPROTO ? "the back-end sent what is no message" :
						 strerror(-r));
	if (!d->is_waiting)
		return over(d, -EPROTO, "the back-end spoke without being asked");
	return take_reply(d);
}

/* One message a turn, so that a chatty back-end starves nobody. */
static void on_socket(void *user, int what)
{
	struct vhost_dialog *d = user;
	int r = receive(d);

	(void)what;
	if (r < 0)
		d->ops->lost(d->user, r);
}

static void on_silence(void *user)
{
	struct vhost_dialog *d = user;

	over(d, -ENODEV, "the back-end did not reply within 5 s");
	d->ops->lost(d->user, -ENODEV);
}

int vhost_dialog_init(struct vhost_dialog *d, struct loop *l, int fd,
		      const struct vhost_dialog_ops *ops, void *user)
{
	*d = (struct vhost_dialog){ .loop = l, .ops = ops, .user = user };
	msgsock_init(&d->sock, &vhu_format, fd);
	timer_init(&d->patience, on_silence, d);
	d->watch = loop_watch(l, fd, LOOP_READ, on_socket, d);
	if (d->watch)
		return 0;
	msgsock_fini(&d->sock);
	return -ENOMEM;
}

void vhost_dialog_fini(struct vhost_dialog *d)
{
	loop_unwatch(d->watch);
	d->watch = NULL;
	timer_stop(&d->patience);
	msgsock_fini(&d->sock);
	text_fini(&d->why);
}

/* A reply that came before its question is a guess, or a lie. */
static bool has_unread(const struct vhost_dialog *d)
{
	uint8_t byte;

	return d->sock.in_len || recv(d->sock.fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

int vhost_dialog_ask(struct vhost_dialog *d, const struct vhost_question *q)
{
	bool has_reply = q->reply_len || (d->has_acks && !q->is_plain);
	struct vhu_header h = { .request = q->request, .flags = VHU_VERSION,
				.size = (uint32_t)q->len };
	struct iovec iov[] = { { &h, sizeof(h) }, { (void *)q->payload, q->len } };
	int r;

	d->asked = q->request;
	d->reply_len = q->reply_len;
	if (has_reply && !q->reply_len)
		h.flags |= VHU_NEED_REPLY;
	d->is_waiting = true;
	if (has_unread(d))
		return over(d, -EPROTO, "the back-end spoke without being asked");
	/* Not one of the few hundred bytes of a start fills a socket that is read. */
	r = msgsock_send_now(&d->sock, iov, ARRAY_SIZE(iov), &q->fd, q->fd >= 0, 0);
	if (r == -ETIMEDOUT)
		return over(d, -ENODEV, "the back-end does not read its socket");
	if (r < 0)
		return over(d, -ENODEV, "the back-end closed the connection");
	d->is_waiting = has_reply;
	if (!has_reply)
		return VHOST_TOLD;
	timer_start(loop_timers(d->loop), &d->patience, REPLY_US);
	return VHOST_ASKED;
}
