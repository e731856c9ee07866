#include "transport/vhost_user.h"
#include "base/cleanup.h"
#include "io/log.h"
#include "io/notifier.h"
#include "io/unixsock.h"
#include "transport/vhost_frontend.h"
#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>

enum { START_US = 30000000, STOP_US = 4900000 };

static struct vhost_user *from_virtio(struct virtio *virtio)
{
	return container_of(virtio, struct vhost_user, virtio);
}

/* Ends. */

static void queue_init(struct vhost_queue *q, struct vhost_user *v)
{
	*q = (struct vhost_queue){ .v = v, .fds = { -1, -1, -1 } };
}

static void queue_close(struct vhost_queue *q)
{
	loop_unwatch(q->call_watch);
	loop_unwatch(q->err_watch);
	for (unsigned int i = 0; i < VHOST_FDS; i++)
		if (q->fds[i] >= 0)
			close(q->fds[i]);
	queue_init(q, q->v);
}

/* The connection goes; the memory stays until the driver has looked at it. */
static void disconnect(struct vhost_user *v)
{
	v->life = VHOST_OVER;
	v->step = NULL;
	timer_stop(&v->whole);
	vhost_dialog_fini(&v->dialog);
	for (unsigned int i = 0; i < VIRTIO_QUEUES; i++)
		queue_close(&v->queues[i]);
}

static void end(struct vhost_user *v, int status)
{
	disconnect(v);
	v->status = status;
	loop_defer(v->loop, &v->ended);
}

int vhost_user_fail(struct vhost_user *v, int status, const char *format, ...)
{
	char sentence[256];
	va_list args;

	if (v->life == VHOST_OVER)
		return status;
	va_start(args, format);
	vsnprintf(sentence, sizeof(sentence), format, args);
	va_end(args);
	text_add(&v->why, sentence);
	end(v, status);
	return status;
}

void vhost_user_stopped(struct vhost_user *v)
{
	end(v, 0);
}

static void vhost_user_free(struct vhost_user *v)
{
	disconnect(v);
	defer_cancel(&v->ended);
	sealed_close(&v->memory);
	text_fini(&v->why);
	free(v);
}

/* Around everything from which the driver may be called, and may close. */
static void enter(struct vhost_user *v)
{
	v->n_inside++;
}

static void leave(struct vhost_user *v)
{
	if (!--v->n_inside && v->is_closed)
		vhost_user_free(v);
}

static void tell_ended(void *user)
{
	struct vhost_user *v = user;

	enter(v);
	v->driver->ended(v->user, v->status, text_get(&v->why));
	sealed_close(&v->memory);
	leave(v);
}

/* What the back-end does. */

static void on_reply(void *user, const void *payload, size_t len)
{
	struct vhost_user *v = user;

	enter(v);
	vhost_steps_reply(v, payload, len);
	leave(v);
}

static void on_lost(void *user, int status)
{
	struct vhost_user *v = user;

	vhost_user_fail(v, status, "%s", text_get(&v->dialog.why));
}

static const struct vhost_dialog_ops dialog_ops = { on_reply, on_lost };

static void on_too_long(void *user)
{
	struct vhost_user *v = user;

	vhost_user_fail(v, -ENODEV, v->life == VHOST_STARTING ?
			"the back-end did not start within 30 s" :
			"the back-end did not stop within 5 s");
}

/* A signal a turn, however many there were. */
static void on_call(void *user, int what)
{
	struct vhost_queue *q = user;
	struct vhost_user *v = q->v;
	int r = notifier_take(q->fds[VHOST_CALL]);

	(void)what;
	if (r == -EAGAIN)
		return;
	enter(v);
	if (r < 0)
		vhost_user_fail(v, r, "interrupts cannot be read: %s", strerror(-r));
	else
		v->driver->interrupt(v->user, (unsigned int)(q - v->queues));
	leave(v);
}

static void on_err(void *user, int what)
{
	struct vhost_queue *q = user;

	(void)what;
	if (notifier_take(q->fds[VHOST_ERR]) != -EAGAIN)
		vhost_user_fail(q->v, -ENODEV, "the back-end gave up queue %u",
				(unsigned int)(q - q->v->queues));
}

/* Steps of the start. */

static int queue_open(struct vhost_queue *q, struct loop *l)
{
	for (unsigned int i = 0; i < VHOST_FDS; i++) {
		q->fds[i] = notifier_open();
		if (q->fds[i] < 0)
			return q->fds[i];
	}
	q->call_watch = loop_watch(l, q->fds[VHOST_CALL], LOOP_READ, on_call, q);
	q->err_watch = loop_watch(l, q->fds[VHOST_ERR], LOOP_READ, on_err, q);
	return q->call_watch && q->err_watch ? 0 : -ENOMEM;
}

static bool lies_in(const struct vhost_user *v, iova_t at, size_t len)
{
	return at >= VHOST_GUEST_AT && at - VHOST_GUEST_AT <= v->memory.len &&
	       len <= v->memory.len - (at - VHOST_GUEST_AT);
}

int vhost_user_prepare(struct vhost_user *v)
{
	struct vring_parts parts[VIRTIO_QUEUES] = { 0 };
	struct virtio_memory m;
	int r;

	r = sealed_open(&v->memory, v->choice.len);
	for (unsigned int i = 0; !r && i < VIRTIO_QUEUES; i++)
		r = queue_open(&v->queues[i], v->loop);
	if (r < 0)
		return vhost_user_fail(v, r, "no shared memory to be had: %s", strerror(-r));
	m = (struct virtio_memory){ v->memory.cpu, VHOST_GUEST_AT, v->memory.len };
	v->driver->prepare(v->user, &m, parts);
	if (v->is_closed)
		return -ECANCELED;
	for (unsigned int i = 0; i < VIRTIO_QUEUES; i++) {
		unsigned int n = v->choice.n[i];

		assert(is_power_of_two(n) && lies_in(v, parts[i].desc, vring_desc_len(n)) &&
		       lies_in(v, parts[i].avail, vring_avail_len(n)) &&
		       lies_in(v, parts[i].used, vring_used_len(n)));
		v->queues[i].n = n;
		v->queues[i].parts = parts[i];
	}
	return 0;
}

void vhost_user_run(struct vhost_user *v)
{
	v->life = VHOST_RUNNING;
	v->step = NULL;
	timer_stop(&v->whole);
	/* There are back-ends that look at a queue only when kicked. */
	for (unsigned int i = 0; i < VIRTIO_QUEUES; i++)
		notifier_signal(v->queues[i].fds[VHOST_KICK]);
	v->driver->running(v->user);
}

/* virtio_ops */

static void vhost_user_kick(struct virtio *virtio, unsigned int queue)
{
	notifier_signal(from_virtio(virtio)->queues[queue].fds[VHOST_KICK]);
}

static void vhost_user_stop(struct virtio *virtio)
{
	struct vhost_user *v = from_virtio(virtio);

	enter(v);
	if (v->life == VHOST_STARTING) {
		/* What was shared so far is not used again; nothing to wait for. */
		vhost_user_stopped(v);
	} else if (v->life == VHOST_RUNNING) {
		v->life = VHOST_STOPPING;
		timer_start(loop_timers(v->loop), &v->whole, STOP_US);
		vhost_steps_stop(v);
	}
	leave(v);
}

static void vhost_user_close(struct virtio *virtio)
{
	struct vhost_user *v = from_virtio(virtio);

	enter(v);
	v->is_closed = true;
	disconnect(v);
	defer_cancel(&v->ended);
	leave(v);
}

static const struct virtio_ops vhost_user_ops = {
	vhost_user_kick, vhost_user_stop, vhost_user_close,
};

/* Opening. */

/* A name that others can point elsewhere is not followed. */
static int examine_path(const char *path, struct text *ret_why)
{
	CLEANUP_FREE char *folder = strdup(path);
	struct stat st;
	char *slash;

	if (!folder)
		return -ENOMEM;
	if (!lstat(path, &st) && S_ISLNK(st.st_mode)) {
		text_printf(ret_why, "socket \"%s\": a symbolic link; name the socket itself",
			    path);
		return -ELOOP;
	}
	slash = strrchr(folder, '/');
	if (slash)
		slash[slash == folder] = '\0';
	if (!stat(slash ? folder : ".", &st) && st.st_mode & S_IWOTH && !(st.st_mode & S_ISVTX))
		log_warn("vhost-user",
			 "anyone may replace \"%s\": its folder can be written by all", path);
	return 0;
}

static int connect_to(const char *path, struct text *ret_why)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);
	int fd, r;

	r = examine_path(path, ret_why);
	if (r < 0)
		return r;
	fd = unixsock_connect(path, ret_why);
	if (fd < 0) {
		text_add(ret_why, "; a vhost-user back-end must listen there");
		return fd;
	}
	if (!getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len))
		log_info("vhost-user", "connected to process %d of user %u", peer.pid, peer.uid);
	return fd;
}

static struct vhost_user *vhost_user_new(struct loop *l, int fd)
{
	struct vhost_user *v = calloc(1, sizeof(*v));

	if (!v || vhost_dialog_init(&v->dialog, l, fd, &dialog_ops, v)) {
		if (!v)
			close(fd);
		free(v);
		return NULL;
	}
	v->virtio.ops = &vhost_user_ops;
	v->loop = l;
	v->memory.fd = -1;
	for (unsigned int i = 0; i < VIRTIO_QUEUES; i++)
		queue_init(&v->queues[i], v);
	timer_init(&v->whole, on_too_long, v);
	defer_init(&v->ended, tell_ended, v);
	return v;
}

int vhost_user_open(struct loop *l, const char *path, const struct vhost_user_need *need,
		    const struct virtio_driver_ops *ops, void *user,
		    struct virtio **ret_virtio, struct text *ret_why)
{
	struct vhost_user *v;
	int fd;

	assert(ops->config_len <= VHU_CONFIG_MOST);
	fd = connect_to(path, ret_why);
	if (fd < 0)
		return fd;
	v = vhost_user_new(l, fd);
	if (!v)
		return -ENOMEM;
	v->need = need;
	v->driver = ops;
	v->user = user;
	timer_start(loop_timers(l), &v->whole, START_US);
	/* The first question asks nothing of the driver, so it can go out here. */
	vhost_steps_start(v);
	*ret_virtio = &v->virtio;
	return 0;
}
