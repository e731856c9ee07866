#include "port/file.h"
#include <stdlib.h>

const char *port_state_name(enum port_state s)
{
	static const char *const names[] = {
		[PORT_CLOSED] = "closed",
		[PORT_STARTING] = "starting",
		[PORT_RUNNING] = "running",
		[PORT_STOPPING] = "stopping",
		[PORT_FAILED] = "failed",
	};

	return names[s];
}

struct port *port_new(struct link *link, unsigned int chan, const struct port_config *config,
		      struct timers *timers, struct port_budget *budget,
		      const struct port_ops *ops, void *user)
{
	size_t size = strlen(config->name) + 1;
	struct port *p = calloc(1, sizeof(*p) + size);

	if (!p)
		return NULL;
	memcpy(p->name, config->name, size);
	p->refs = 1;
	p->link = link;
	p->chan = chan;
	p->config = *config;
	p->config.name = p->name;
	p->timers = timers;
	p->budget = budget;
	p->ops = ops;
	p->user = user;
	p->is_offered = true;
	for (int dir = 0; dir < 2; dir++)
		p->has[dir] = link->chans[chan].slots[dir].n > 0;
	/* A piece has to fit into a slot. */
	if (p->has[LINK_UL])
		p->config.mtu = min_u32(config->mtu, link->chans[chan].slots[LINK_UL].size);
	return p;
}

void port_put(struct port *p)
{
	if (--p->refs)
		return;
	free(p->tx_slots);
	free(p);
}

void port_unref(struct port *p)
{
	p->is_offered = false;
	p->ops = NULL;
	port_kill(p, -ENODEV);
	port_put(p);
}

const char *port_name(const struct port *p)
{
	return p->config.name;
}

bool port_has(const struct port *p, enum link_dir dir)
{
	return p->has[dir];
}

uint32_t port_mtu(const struct port *p)
{
	return p->config.mtu;
}

enum port_state port_state(const struct port *p)
{
	if (p->closing)
		return PORT_STOPPING;
	if (p->current)
		return p->current->state == INSTANCE_RUNNING ? PORT_RUNNING : PORT_STARTING;
	return p->has_failed ? PORT_FAILED : PORT_CLOSED;
}

void port_tell(struct port *p)
{
	enum port_state state = port_state(p);

	if (state == p->told || !p->ops)
		return;
	p->told = state;
	p->ops->changed(p->user, p);
}

struct port_stats port_stats(const struct port *p)
{
	struct port_stats s = p->stats;

	s.users = p->current ? p->current->users : 0;
	return s;
}

void port_set_offered(struct port *p, bool is_offered)
{
	p->is_offered = is_offered;
}

void port_kill(struct port *p, int why)
{
	if (p->current)
		instance_end(p->current, why);
}

static ssize_t withdraw_open(struct wait *w)
{
	struct port_file *f = w->owner;
	struct instance *i = instance_ref(f->instance);

	list_remove(&w->node);
	port_file_free(f);
	instance_rest(i);
	instance_unref(i);
	return -EINTR;
}

/* The instance an open joins, with a reference. */
static int join(struct port *p, struct instance **ret_instance)
{
	int r = 0;

	if (!p->is_offered)
		return -ENODEV;
	if (!p->current)
		r = instance_new(p, ret_instance);
	else
		*ret_instance = p->current;
	if (!r)
		instance_ref(*ret_instance);
	return r;
}

void port_open(struct port *p, bool nonblock, const struct port_file_ops *ops, void *user,
	       struct wait *w, struct port_file **ret_file)
{
	struct instance *i;
	struct port_file *f;
	int r = join(p, &i);

	if (r < 0) {
		wait_answer(w, r, NULL, 0);
		return;
	}
	f = port_file_new(i, ops, user);
	if (f) {
		*ret_file = f;
		if (nonblock || i->state == INSTANCE_RUNNING)
			port_file_enter(f, w);
		else
			wait_park(w, &i->opens, withdraw_open, f);
	} else {
		instance_rest(i);
		wait_answer(w, -ENOMEM, NULL, 0);
	}
	instance_unref(i);
}
