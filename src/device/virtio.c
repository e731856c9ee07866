/*
 * A transition that power() began ends with the state that it wants, with an
 * error, or after GOAL_US; the device goes on trying in the last case.
 */
#include "device/virtio.h"
#include "device/instance.h"
#include "mhifs/mhifs.h"
#include <errno.h>
#include <stdlib.h>

enum {
	RETRY_US = 100000,
	RETRY_MOST_US = 5000000,
	STEADY_US = 10000000,	/* ready for so long: it works */
	GOAL_US = 5000000,
};

enum life {
	LIFE_OFF,
	LIFE_OPENING,	/* the transport is at work, then the taker */
	LIFE_READY,
	LIFE_PARTING,	/* the taker lets go */
	LIFE_STOPPING,	/* the transport does */
	LIFE_WAITING,	/* for another try */
	LIFE_FAILED,
	LIFE_CLOSED,
};

struct virtio_bearer {
	struct bearer bearer;
	struct loop *loop;	/* borrowed */
	char *path;		/* owned */
	const struct vhost_user_need *need;
	const struct virtio_taker_ops *ops;
	void *user;		/* of ops */
	struct virtio_driver_ops driver_ops;	/* what the transport calls */
	struct virtio *virtio;	/* owned; NULL: not open */
	enum life life;
	bool waits;
	bool is_running;	/* the queues are */
	bool was_ready;		/* once: it is worth waiting for */
	struct text why;
	uint64_t retry_us;	/* the next pause */
	uint64_t ready_us;	/* when it last became ready */
	struct timer retry;
	struct timer goal_end;
	bool has_goal;
	struct defer failure;	/* of virtio_bearer_fail() */
};

static struct virtio_bearer *to_virtio(const struct bearer *b)
{
	return container_of(b, struct virtio_bearer, bearer);
}

/* State. */

static void enter(struct virtio_bearer *b, enum life life, const char *why)
{
	b->life = life;
	text_clear(&b->why);
	text_add(&b->why, why);
	device_bearer_changed(b->bearer.device);
}

static void goal_reached(struct virtio_bearer *b, int status)
{
	if (!b->has_goal)
		return;
	b->has_goal = false;
	timer_stop(&b->goal_end);
	device_bearer_power_done(b->bearer.device, status);
}

static void on_goal_end(void *user)
{
	goal_reached(user, -ETIMEDOUT);
}

/* The taker lets go of the memory before it is unmapped. */
static void disconnect(struct virtio_bearer *b, int status, const char *why)
{
	struct virtio *v = b->virtio;

	defer_cancel(&b->failure);
	timer_stop(&b->retry);
	if (!v)
		return;
	b->virtio = NULL;
	b->is_running = false;
	b->ops->queues.ended(b->user, status, why);
	v->ops->close(v);
}

/* A back-end that leaves as soon as it is served is not worth a quick retry. */
static void wait_longer(struct virtio_bearer *b, const char *why)
{
	if (b->life == LIFE_READY &&
	    loop_timers(b->loop)->now_us - b->ready_us >= STEADY_US)
		b->retry_us = RETRY_US;
	timer_start(loop_timers(b->loop), &b->retry, b->retry_us);
	b->retry_us = 2 * b->retry_us < RETRY_MOST_US ? 2 * b->retry_us : RETRY_MOST_US;
	enter(b, LIFE_WAITING, why);
}

static void failed(struct virtio_bearer *b, const char *why)
{
	enter(b, LIFE_FAILED, why);
	goal_reached(b, -EIO);
}

/* What the transport calls. */

static int on_offered(void *user, const struct virtio_offer *o, struct virtio_choice *ret_choice,
		      const char **ret_why)
{
	struct virtio_bearer *b = user;

	return b->ops->queues.offered(b->user, o, ret_choice, ret_why);
}

static void on_prepare(void *user, const struct virtio_memory *m,
		       struct vring_parts ret_parts[VIRTIO_QUEUES])
{
	struct virtio_bearer *b = user;

	b->ops->queues.prepare(b->user, m, ret_parts);
}

static void on_running(void *user)
{
	struct virtio_bearer *b = user;

	b->is_running = true;
	b->ops->queues.running(b->user);
}

static void on_interrupt(void *user, unsigned int queue)
{
	struct virtio_bearer *b = user;

	b->ops->queues.interrupt(b->user, queue);
}

static void on_ended(void *user, int status, const char *why)
{
	struct virtio_bearer *b = user;
	bool is_off = b->life == LIFE_PARTING || b->life == LIFE_STOPPING;
	struct text sentence = TEXT_INIT;

	text_add(&sentence, why);
	disconnect(b, is_off || status == -ENODEV ? -ENODEV : -ECONNRESET, why);
	if (is_off) {
		enter(b, LIFE_OFF, "");
		goal_reached(b, 0);
	} else if (status == -ENODEV && (b->was_ready || b->waits)) {
		wait_longer(b, text_get(&sentence));
	} else {
		failed(b, text_get(&sentence));
	}
	text_fini(&sentence);
}

static int open_now(struct virtio_bearer *b, struct text *ret_why)
{
	int r = vhost_user_open(b->loop, b->path, b->need, &b->driver_ops, b, &b->virtio, ret_why);

	if (!r)
		enter(b, LIFE_OPENING, "");
	return r;
}

static void open_or_wait(struct virtio_bearer *b)
{
	struct text why = TEXT_INIT;

	disconnect(b, -ECONNRESET, "opened again");
	if (open_now(b, &why))
		wait_longer(b, text_get(&why));
	text_fini(&why);
}

static void on_retry(void *user)
{
	open_or_wait(user);
}

int virtio_bearer_start(struct bearer *bearer, const struct vhost_user_need *need,
			const struct virtio_taker_ops *ops, void *user, struct text *ret_why)
{
	struct virtio_bearer *b = to_virtio(bearer);
	int r;

	b->need = need;
	b->ops = ops;
	b->user = user;
	b->driver_ops.config_len = ops->queues.config_len;
	r = open_now(b, ret_why);
	if (!r)
		r = device_power(bearer->device, POWER_ON);
	return r < 0 ? r : 0;
}

/* What the taker calls. */

void virtio_bearer_ready(struct bearer *bearer)
{
	struct virtio_bearer *b = to_virtio(bearer);

	if (b->life != LIFE_OPENING)
		return;
	b->was_ready = true;
	b->ready_us = loop_timers(b->loop)->now_us;
	enter(b, LIFE_READY, "");
	goal_reached(b, 0);
}

static void on_failure(void *user)
{
	struct virtio_bearer *b = user;

	disconnect(b, -ECONNRESET, text_get(&b->why));
	goal_reached(b, b->life == LIFE_OFF ? 0 : -EIO);
}

void virtio_bearer_fail(struct bearer *bearer, const char *why)
{
	struct virtio_bearer *b = to_virtio(bearer);
	bool is_off = b->life == LIFE_PARTING || b->life == LIFE_STOPPING;

	if (!b->virtio || b->life == LIFE_FAILED)
		return;
	enter(b, is_off ? LIFE_OFF : LIFE_FAILED, is_off ? "" : why);
	loop_defer(b->loop, &b->failure);
}

void virtio_bearer_parted(struct bearer *bearer)
{
	struct virtio_bearer *b = to_virtio(bearer);

	if (b->life != LIFE_PARTING)
		return;
	b->life = LIFE_STOPPING;
	b->virtio->ops->stop(b->virtio);
}

void virtio_bearer_kick(struct bearer *bearer, unsigned int queue)
{
	struct virtio_bearer *b = to_virtio(bearer);

	if (b->is_running)
		b->virtio->ops->kick(b->virtio, queue);
}

/* What the device calls. */

static enum engine_state virtio_state(const struct bearer *bearer)
{
	const struct virtio_bearer *b = to_virtio(bearer);

	switch (b->life) {
	case LIFE_OFF:
		return ENGINE_OFF;
	case LIFE_OPENING:
		return b->was_ready ? ENGINE_RECOVERING : ENGINE_STARTING;
	case LIFE_WAITING:
		return ENGINE_RECOVERING;
	case LIFE_FAILED:
		return ENGINE_ERROR;
	case LIFE_CLOSED:
		return ENGINE_GONE;
	default:
		return ENGINE_READY;
	}
}

static const char *virtio_why(const struct bearer *bearer)
{
	return text_get(&to_virtio(bearer)->why);
}

static void virtio_show_info(const struct bearer *bearer, struct text *out)
{
	const struct virtio_bearer *b = to_virtio(bearer);

	if (!b->need)
		return;
	text_printf(out, MHIFS_INFO_TYPE "=%s\n", b->need->type);
	if (b->ops->show_info)
		b->ops->show_info(b->user, out);
}

static int power_on(struct virtio_bearer *b)
{
	if (b->life == LIFE_READY)
		return POWER_DONE;
	if (b->life != LIFE_OPENING)
		open_or_wait(b);
	return POWER_STARTED;
}

/* What is not there, or not yet, has nothing to let go. */
static int power_off(struct virtio_bearer *b)
{
	if (b->life == LIFE_OFF)
		return POWER_DONE;
	if (!b->is_running || b->life == LIFE_FAILED) {
		disconnect(b, -ENODEV, "powered off");
		enter(b, LIFE_OFF, "");
		return POWER_DONE;
	}
	enter(b, LIFE_PARTING, "");
	return POWER_STARTED;
}

static int power_reset(struct virtio_bearer *b)
{
	if (b->life == LIFE_OFF)
		return -EINVAL;
	open_or_wait(b);
	return POWER_STARTED;
}

static int power(struct virtio_bearer *b, enum engine_power what)
{
	switch (what) {
	case POWER_ON:
		return power_on(b);
	case POWER_OFF:
		return power_off(b);
	case POWER_RESET:
		return power_reset(b);
	default:
		return -EINVAL;	/* it cannot sleep */
	}
}

static int virtio_power(struct bearer *bearer, enum engine_power what)
{
	struct virtio_bearer *b = to_virtio(bearer);
	int r;

	if (b->life == LIFE_CLOSED)
		return -ENODEV;
	/* Only the end may interrupt, and only once. */
	if (b->life == LIFE_PARTING || b->life == LIFE_STOPPING ||
	    (b->has_goal && what != POWER_OFF))
		return -EBUSY;
	r = power(b, what);
	if (r < 0)
		return r;
	goal_reached(b, -ECANCELED);
	if (r == POWER_DONE)
		return r;
	b->has_goal = true;
	if (what != POWER_OFF)
		timer_start(loop_timers(b->loop), &b->goal_end, GOAL_US);
	else if (b->ops->part)
		b->ops->part(b->user);
	else
		virtio_bearer_parted(bearer);
	return r;
}

static void virtio_close(struct bearer *bearer)
{
	struct virtio_bearer *b = to_virtio(bearer);

	b->life = LIFE_CLOSED;
	disconnect(b, -ENODEV, "the device is gone");
	timer_stop(&b->goal_end);
}

static void virtio_free(struct bearer *bearer)
{
	struct virtio_bearer *b = to_virtio(bearer);

	text_fini(&b->why);
	free(b->path);
	free(b);
}

static const struct bearer_ops virtio_ops = {
	.state = virtio_state,
	.why = virtio_why,
	.show_info = virtio_show_info,
	.power = virtio_power,
	.close = virtio_close,
	.free = virtio_free,
};

static const struct virtio_driver_ops driver_ops = {
	.offered = on_offered,
	.prepare = on_prepare,
	.running = on_running,
	.interrupt = on_interrupt,
	.ended = on_ended,
};

struct bearer *virtio_bearer_new(struct loop *l, const char *path, bool waits)
{
	struct virtio_bearer *b = calloc(1, sizeof(*b));

	if (!b)
		return NULL;
	b->bearer.ops = &virtio_ops;
	b->bearer.transport = "vhost-user";
	b->loop = l;
	b->driver_ops = driver_ops;
	b->waits = waits;
	b->retry_us = RETRY_US;
	timer_init(&b->retry, on_retry, b);
	timer_init(&b->goal_end, on_goal_end, b);
	defer_init(&b->failure, on_failure, b);
	b->path = strdup(path);
	if (b->path)
		return &b->bearer;
	free(b);
	return NULL;
}
