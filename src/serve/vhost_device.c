#include "serve/vhost_device.h"
#include "io/notifier.h"
#include <errno.h>
#include <unistd.h>

/* What the simulated device sees of us. */

static void *on_reach(void *bus, uint64_t addr, uint32_t len)
{
	struct vhost_device *d = bus;

	return vhost_memory_guest(&d->memory, addr, len);
}

static void on_raise(void *bus, unsigned int queue)
{
	struct vhost_device *d = bus;

	d->counts.calls++;
	notifier_signal(d->vrings[queue].fds[VHOST_CALL]);
}

static void on_wants_turn(void *bus)
{
	struct vhost_device *d = bus;

	loop_defer(d->loop, &d->turn);
}

static void on_complain(void *bus, const char *sentence)
{
	struct vhost_device *d = bus;
	unsigned int swallowed;

	d->counts.complaints++;
	if (!log_limit_pass(&d->complaints, loop_timers(d->loop)->now_us, &swallowed))
		return;
	if (swallowed)
		log_warn("sim", "%u messages were left out", swallowed);
	log_warn("sim", "%s", sentence);
}

static const struct sim_virtio_bus_ops bus_ops = {
	.reach = on_reach,
	.raise = on_raise,
	.wants_turn = on_wants_turn,
	.complain = on_complain,
};

static void on_turn(void *user)
{
	struct vhost_device *d = user;

	sim_virtio_turn(d->sim);
}

/* Queues. */

static unsigned int index_of(const struct vhost_vring *r)
{
	return (unsigned int)(r - r->device->vrings);
}

static void vring_drop_fd(struct vhost_vring *r, enum vhost_notifier which)
{
	if (which == VHOST_KICK) {
		loop_unwatch(r->kick_watch);
		r->kick_watch = NULL;
	}
	if (r->fds[which] >= 0)
		close(r->fds[which]);
	r->fds[which] = -1;
}

static void on_kick(void *user, int what)
{
	struct vhost_vring *r = user;
	int error = notifier_take(r->fds[VHOST_KICK]);

	(void)what;
	if (error == -EAGAIN)
		return;
	if (error) {
		/* Readable for good, and never to be read. */
		loop_unwatch(r->kick_watch);
		r->kick_watch = NULL;
		return;
	}
	r->device->counts.kicks++;
	if (r->is_running)
		sim_virtio_kick(r->device->sim, index_of(r));
}

/* The parts of the ring as we see them; false: not all lie in shared memory. */
static bool vring_translate(const struct vhost_vring *r, const struct vhu_addr *at,
			    struct sim_queue_setup *ret_setup)
{
	const struct vhost_memory *m = &r->device->memory;
	struct sim_queue_setup s = { .n = r->n, .next = r->base };

	s.desc = vhost_memory_user(m, at->desc, vring_desc_len(r->n));
	s.avail = vhost_memory_user(m, at->avail, vring_avail_len(r->n));
	s.used = vhost_memory_user(m, at->used, vring_used_len(r->n));
	/* Their alignment for us is also the mapping's. */
	if (!s.desc || !s.avail || !s.used || (uintptr_t)s.desc & 15 || (uintptr_t)s.avail & 1 ||
	    (uintptr_t)s.used & 3)
		return false;
	*ret_setup = s;
	return true;
}

/* Where a status is kept in full, DRIVER_OK starts the device.  There are
 * front-ends that only ever say FEATURES_OK: those are not waited for. */
static bool may_run(const struct vhost_vring *r)
{
	const struct vhost_device *d = r->device;

	return d->features && r->is_started && r->is_enabled && r->n && r->at.desc &&
	       (!d->saw_driver || d->status & VIRTIO_DRIVER_OK);
}

static void vring_pause(struct vhost_vring *r)
{
	if (r->is_running)
		r->base = sim_virtio_stop_queue(r->device->sim, index_of(r));
	r->is_running = false;
}

/* Starts it when all is there, stops it when something is not any more. */
static void vring_update(struct vhost_vring *r)
{
	struct sim_queue_setup setup;

	if (!may_run(r) || !vring_translate(r, &r->at, &setup)) {
		vring_pause(r);
	} else if (!r->is_running) {
		r->is_running = true;
		sim_virtio_start_queue(r->device->sim, index_of(r), &setup);
	}
}

static void update(struct vhost_device *d)
{
	for (unsigned int i = 0; i < SIM_QUEUES; i++)
		vring_update(&d->vrings[i]);
}

static void pause_all(struct vhost_device *d)
{
	for (unsigned int i = 0; i < SIM_QUEUES; i++)
		vring_pause(&d->vrings[i]);
}

static bool is_running(const struct vhost_device *d)
{
	bool is = false;

	for (unsigned int i = 0; i < SIM_QUEUES; i++)
		is = is || d->vrings[i].is_running;
	return is;
}

static struct vhost_vring *find(struct vhost_device *d, uint32_t queue)
{
	return queue < SIM_QUEUES ? &d->vrings[queue] : NULL;
}

int vhost_device_set_num(struct vhost_device *d, uint32_t queue, uint32_t n)
{
	struct vhost_vring *r = find(d, queue);

	if (!r || !is_power_of_two(n) || n > SIM_QUEUE_MOST)
		return -EINVAL;
	if (r->is_running)
		return n == r->n ? 0 : -EBUSY;
	r->n = n;
	update(d);
	return 0;
}

int vhost_device_set_base(struct vhost_device *d, uint32_t queue, uint32_t base)
{
	struct vhost_vring *r = find(d, queue);

	if (!r || base > UINT16_MAX)
		return -EINVAL;
	if (r->is_running)
		return -EBUSY;
	r->base = (uint16_t)base;
	return 0;
}

int vhost_device_set_addr(struct vhost_device *d, const struct vhu_addr *at)
{
	struct vhost_vring *r = find(d, at->index);
	struct sim_queue_setup setup;

	if (!r || at->flags || !r->n || !at->desc || at->desc & 15 || at->avail & 1 ||
	    at->used & 3 || !vring_translate(r, at, &setup))
		return -EINVAL;
	if (r->is_running)
		return -EBUSY;
	r->at = *at;
	update(d);
	return 0;
}

int vhost_device_enable(struct vhost_device *d, uint32_t queue, uint32_t is)
{
	struct vhost_vring *r = find(d, queue);

	if (!r || is > 1)
		return -EINVAL;
	r->is_enabled = is;
	update(d);
	return 0;
}

static int check_fd(const struct vhost_vring *r, enum vhost_notifier which, int fd)
{
	if (!r || (fd < 0 && which == VHOST_KICK))
		return -EINVAL;
	return fd < 0 ? 0 : notifier_adopt(fd);
}

/* One that replaces another may have missed what the other got. */
static void vring_catch_up(struct vhost_vring *r, enum vhost_notifier which)
{
	if (!r->is_running)
		return;
	if (which == VHOST_CALL)
		notifier_signal(r->fds[VHOST_CALL]);
	if (which == VHOST_KICK)
		sim_virtio_kick(r->device->sim, index_of(r));
}

int vhost_device_set_fd(struct vhost_device *d, uint32_t queue, enum vhost_notifier which,
			int fd)
{
	struct vhost_vring *r = find(d, queue);
	struct loop_fd *watch = NULL;
	int error = check_fd(r, which, fd);

	if (!error && which == VHOST_KICK) {
		watch = loop_watch(d->loop, fd, LOOP_READ, on_kick, r);
		error = watch ? 0 : -ENOMEM;
	}
	if (error) {
		if (fd >= 0)
			close(fd);
		return error;
	}
	vring_drop_fd(r, which);
	r->fds[which] = fd;
	if (which == VHOST_KICK) {
		r->kick_watch = watch;
		r->is_started = true;
	}
	vring_catch_up(r, which);
	update(d);
	return 0;
}

/* Afterwards nothing of the queue is touched and nobody is told of it. */
static void vring_stop(struct vhost_vring *r)
{
	vring_pause(r);
	r->is_started = false;
	vring_drop_fd(r, VHOST_KICK);
}

int vhost_device_stop(struct vhost_device *d, uint32_t queue, uint32_t *ret_base)
{
	struct vhost_vring *r = find(d, queue);

	if (!r)
		return -EINVAL;
	vring_stop(r);
	vring_drop_fd(r, VHOST_CALL);
	*ret_base = r->base;
	return 0;
}

/* Memory. */

int vhost_device_set_memory(struct vhost_device *d, const struct vhu_region *regions,
			    const int *fds, unsigned int n)
{
	struct vhost_memory next = { .takes_unsealed = d->memory.takes_unsealed };
	int error = 0;

	for (unsigned int i = 0; !error && i < n; i++)
		error = vhost_memory_add(&next, &regions[i], fds[i]);
	if (error) {
		vhost_memory_clear(&next);
		return error;
	}
	pause_all(d);
	vhost_memory_clear(&d->memory);
	d->memory = next;
	update(d);
	return 0;
}

int vhost_device_add_memory(struct vhost_device *d, const struct vhu_region *r, int fd)
{
	int error = vhost_memory_add(&d->memory, r, fd);

	update(d);
	return error;
}

int vhost_device_remove_memory(struct vhost_device *d, const struct vhu_region *r)
{
	int error;

	pause_all(d);
	error = vhost_memory_remove(&d->memory, r);
	update(d);
	return error;
}

/* Features and status. */

int vhost_device_accept(struct vhost_device *d, uint64_t features, bool are_enabled)
{
	if (features & ~sim_virtio_features(d->sim) || !(features & VIRTIO_F_VERSION_1))
		return -EINVAL;
	if (is_running(d) && features != d->features)
		return -EBUSY;
	if (features != d->features)
		sim_virtio_accept(d->sim, features);
	d->features = features;
	for (unsigned int i = 0; are_enabled && i < SIM_QUEUES; i++)
		d->vrings[i].is_enabled = true;
	update(d);
	return 0;
}

void vhost_device_set_status(struct vhost_device *d, uint8_t status)
{
	if (!status) {
		vhost_device_reset(d);
		return;
	}
	if (!d->features)
		status &= (uint8_t)~VIRTIO_FEATURES_OK;
	d->status = status | (d->status & VIRTIO_NEEDS_RESET);
	d->saw_driver = d->saw_driver || status & VIRTIO_DRIVER;
	update(d);
}

static void vring_forget(struct vhost_vring *r)
{
	vring_stop(r);
	r->n = 0;
	r->at = (struct vhu_addr){ 0 };
	r->base = 0;
	r->is_enabled = false;
}

void vhost_device_reset(struct vhost_device *d)
{
	for (unsigned int i = 0; i < SIM_QUEUES; i++)
		vring_forget(&d->vrings[i]);
	sim_virtio_reset(d->sim);
	d->features = 0;
	d->status = 0;
	d->saw_driver = false;
}

void vhost_device_detach(struct vhost_device *d)
{
	vhost_device_reset(d);
	for (unsigned int i = 0; i < SIM_QUEUES; i++) {
		vring_drop_fd(&d->vrings[i], VHOST_CALL);
		vring_drop_fd(&d->vrings[i], VHOST_ERR);
	}
	vhost_memory_clear(&d->memory);
}

bool vhost_device_give_up(struct vhost_device *d)
{
	bool is_told = false;

	pause_all(d);
	for (unsigned int i = 0; i < SIM_QUEUES; i++) {
		struct vhost_vring *r = &d->vrings[i];

		is_told = is_told || r->fds[VHOST_ERR] >= 0;
		r->is_started = false;
		notifier_signal(r->fds[VHOST_ERR]);
	}
	d->status |= VIRTIO_NEEDS_RESET;
	return is_told;
}

/* Life. */

int vhost_device_init(struct vhost_device *d, struct loop *l, const char *type,
		      const char *mood, uint64_t seed)
{
	*d = (struct vhost_device){ .loop = l };
	defer_init(&d->turn, on_turn, d);
	for (unsigned int i = 0; i < SIM_QUEUES; i++)
		d->vrings[i] = (struct vhost_vring){ .device = d, .fds = { -1, -1, -1 } };
	d->sim = sim_virtio_new(type, mood, seed, loop_timers(l), &bus_ops, d);
	return d->sim ? 0 : -EINVAL;
}

void vhost_device_fini(struct vhost_device *d)
{
	if (!d->sim)
		return;
	vhost_device_detach(d);
	defer_cancel(&d->turn);
	sim_virtio_free(d->sim);
	*d = (struct vhost_device){ 0 };
}
