#include "transport/vectors.h"
#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

static void on_vector(void *user, int what)
{
	struct vector *v = user;
	struct hw *hw = v->all->hw;
	eventfd_t count;

	(void)what;
	if (!eventfd_read(v->fd, &count) && hw->events)
		hw->events->irq(hw->user, (unsigned int)(v - v->all->v));
}

int vectors_open(struct vectors *vs, struct loop *l, struct hw *hw, unsigned int n)
{
	vs->hw = hw;
	for (vs->n = 0; vs->n < n; vs->n++) {
		struct vector *v = &vs->v[vs->n];

		v->all = vs;
		v->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		v->watch = v->fd < 0 ? NULL : loop_watch(l, v->fd, LOOP_READ, on_vector, v);
		if (!v->watch) {
			int r = v->fd < 0 ? -errno : -ENOMEM;

			if (v->fd >= 0)
				close(v->fd);
			vectors_close(vs);
			return r;
		}
	}
	return 0;
}

void vectors_close(struct vectors *vs)
{
	for (; vs->n; vs->n--) {
		loop_unwatch(vs->v[vs->n - 1].watch);
		close(vs->v[vs->n - 1].fd);
	}
}
