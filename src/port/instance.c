#include "port/file.h"
#include <stdlib.h>

static void on_opened(void *user, int status);
static void on_done(void *user, enum link_dir dir, unsigned int slot, int status, uint32_t len);
static void on_closed(void *user, int why);

static const struct link_user_ops link_user_ops = {
	.opened = on_opened,
	.done = on_done,
	.closed = on_closed,
};

void instance_free(struct instance *i)
{
	struct port *p = i->port;

	rx_fini(&i->rx);
	free(i);
	port_put(p);
}

static uint32_t n_slots(const struct port *p, enum link_dir dir)
{
	return p->link->chans[p->chan].slots[dir].n;
}

static void linger_is_over(void *user)
{
	instance_end(user, -ENODEV);
}

static int instance_init(struct instance *i, struct port *p)
{
	uint32_t n_ul = n_slots(p, LINK_UL);

	list_init(&i->files);
	list_init(&i->opens);
	i->walk = &i->files;
	timer_init(&i->linger, linger_is_over, i);
	if (n_ul && !p->tx_slots) {
		p->tx_slots = calloc(n_ul, sizeof(*p->tx_slots));
		if (!p->tx_slots)
			return -ENOMEM;
	}
	tx_init(&i->tx, p->tx_slots, n_ul);
	return rx_init(&i->rx, n_slots(p, LINK_DL));
}

/* Waits when the link still holds the instance before it. */
static int instance_begin(struct instance *i)
{
	struct port *p = i->port;
	int r;

	if (p->closing)
		return 0;
	if (!p->is_offered)
		return -ENODEV;
	i->state = INSTANCE_STARTING;
	i->has_link = true;
	instance_ref(i);
	r = p->link->ops->open(p->link, p->chan, &link_user_ops, i);
	if (r < 0) {
		i->has_link = false;
		instance_unref(i);
	}
	return r;
}

static void instance_fail(struct instance *i, int why)
{
	i->port->has_failed = true;
	i->port->stats.errors++;
	instance_end(i, why);
}

int instance_new(struct port *p, struct instance **ret_instance)
{
	struct instance *i = calloc(1, sizeof(*i));
	int r;

	if (!i)
		return -ENOMEM;
	r = instance_init(i, p);
	if (r < 0) {
		free(i);
		return r;
	}
	i->refs = 1;
	i->port = p;
	p->refs++;
	p->current = i;
	p->has_failed = false;
	r = instance_begin(i);
	if (r < 0) {
		instance_fail(i, r);
		return r;
	}
	*ret_instance = i;
	port_tell(p);
	return 0;
}

void instance_notify(struct instance *i)
{
	/* A file may close in its own call, and a call may bring us here again:
	 * the inner walk tells everybody and ends the outer one. */
	i->walk = i->files.next;
	while (i->walk != &i->files) {
		struct port_file *f = list_entry(i->walk, struct port_file, node);

		i->walk = i->walk->next;
		f->ops->changed(f->user);
	}
}

static void end_opens(struct instance *i)
{
	while (!list_is_empty(&i->opens)) {
		struct wait *w = list_first(&i->opens, struct wait, node);

		port_file_free(w->owner);
		wait_answer(w, i->why, NULL, 0);
	}
}

static void end_reads(struct instance *i)
{
	while (!list_is_empty(&i->rx.readers)) {
		struct wait *w = list_first(&i->rx.readers, struct wait, node);

		port_file_answer_death(w->owner, w, FILE_CALL_PARKED);
	}
}

/* State first, then the link, then those who wait: any of them may call back
 * and finds the channel dead. */
void instance_end(struct instance *i, int why)
{
	struct port *p = i->port;

	if (i->state == INSTANCE_RUNNING)
		p->stats.unprepares++;
	i->state = INSTANCE_DEAD;
	i->why = why;
	p->current = NULL;
	timer_stop(&i->linger);
	rx_bury(i);
	if (i->has_link) {
		p->closing = i;
		p->link->ops->close(p->link, p->chan);
	}
	port_tell(p);
	end_reads(i);
	tx_end(i);
	end_opens(i);
	instance_notify(i);
	instance_unref(i);
}

void instance_rest(struct instance *i)
{
	const struct port *p = i->port;

	if (instance_is_dead(i) || i->users || !list_is_empty(&i->opens))
		return;
	if (i->state == INSTANCE_RUNNING && p->config.linger_ms)
		timer_start(p->timers, &i->linger, (uint64_t)p->config.linger_ms * 1000);
	else
		instance_end(i, -ENODEV);
}

static void answer_opens(struct instance *i)
{
	while (!instance_is_dead(i) && !list_is_empty(&i->opens)) {
		struct wait *w = list_first(&i->opens, struct wait, node);

		port_file_enter(w->owner, w);
	}
}

static void instance_run(struct instance *i)
{
	i->state = INSTANCE_RUNNING;
	i->port->stats.prepares++;
	rx_refill(i);
	port_tell(i->port);
	answer_opens(i);
	tx_pump(i);
	if (!instance_is_dead(i))
		instance_notify(i);
}

/* The link's reference is gone: the next instance may begin. */
static void give_way(struct instance *i)
{
	struct port *p = i->port;
	struct instance *next = p->current;
	int r = 0;

	i->has_link = false;
	if (p->closing == i)
		p->closing = NULL;
	if (next && next->state == INSTANCE_WAITING)
		r = instance_begin(next);
	if (r < 0)
		instance_fail(next, r);
	else
		port_tell(p);
	instance_unref(i);
}

static void on_opened(void *user, int status)
{
	struct instance *i = instance_ref(user);

	if (status < 0) {
		i->has_link = false;
		if (!instance_is_dead(i))
			instance_fail(i, status);
		give_way(i);
	} else if (i->state == INSTANCE_STARTING) {
		instance_run(i);
	}
	instance_unref(i);
}

static void on_done(void *user, enum link_dir dir, unsigned int slot, int status, uint32_t len)
{
	struct instance *i = instance_ref(user);

	if (dir == LINK_DL && instance_is_dead(i))
		rx_forget(i, slot, status, len);
	else if (dir == LINK_DL)
		rx_done(i, slot, status, len);
	else if (!instance_is_dead(i))
		tx_done(i, slot, status);
	instance_unref(i);
}

static void on_closed(void *user, int why)
{
	struct instance *i = instance_ref(user);

	i->has_link = false;
	if (!instance_is_dead(i))
		instance_end(i, why < 0 ? why : -ECONNRESET);
	give_way(i);
	instance_unref(i);
}
