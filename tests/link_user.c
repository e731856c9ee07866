#include "tests/link_user.h"
#include <assert.h>
#include <errno.h>

void link_user_init(struct link_user *u, struct link *l, unsigned int chan)
{
	memset(u, 0, sizeof(*u));
	u->link = l;
	u->chan = chan;
	assert(l->chans[chan].slots[LINK_UL].n <= LINK_USER_SLOTS);
	assert(l->chans[chan].slots[LINK_DL].n <= LINK_USER_SLOTS);
}

static int submit(struct link_user *u, enum link_dir dir, unsigned int slot, uint32_t len)
{
	int r;

	assert(!u->is_lent[dir][slot]);
	u->is_lent[dir][slot] = true;
	r = u->link->ops->submit(u->link, u->chan, dir, slot, len);
	if (r)
		u->is_lent[dir][slot] = false;
	return r;
}

void link_user_lend(struct link_user *u)
{
	for (unsigned int s = 0; s < u->link->chans[u->chan].slots[LINK_DL].n; s++)
		if (!u->is_lent[LINK_DL][s])
			submit(u, LINK_DL, s, 0);
}

static void on_opened(void *user, int status)
{
	struct link_user *u = user;

	assert(!link_user_lent(u));
	u->n_opened++;
	u->opened = status;
	if (status)
		return;
	if (u->closes_when_opened)
		link_user_close(u);
	else if (!u->keeps)
		link_user_lend(u);
}

static void keep_bytes(struct link_user *u, unsigned int slot, uint32_t len)
{
	assert(len <= u->link->chans[u->chan].slots[LINK_DL].size);
	assert(u->n_bytes + len <= LINK_USER_BYTES);
	memcpy(u->bytes + u->n_bytes, link_slot(u->link, u->chan, LINK_DL, slot), len);
	u->n_bytes += len;
}

static void on_done(void *user, enum link_dir dir, unsigned int slot, int status, uint32_t len)
{
	struct link_user *u = user;

	assert(u->is_lent[dir][slot] && u->n_events < LINK_USER_EVENTS);
	u->is_lent[dir][slot] = false;
	u->events[u->n_events++] = (struct link_event){ dir, slot, status, len };
	if (dir == LINK_DL && status >= 0)
		keep_bytes(u, slot, len);
	if (u->closes_in_done) {
		u->closes_in_done = false;
		link_user_close(u);
	} else if (dir == LINK_DL && !u->keeps && !u->n_closed &&
		   status != -ECANCELED && status != -ENODEV && status != -ECONNRESET) {
		submit(u, LINK_DL, slot, 0);
	}
}

static void on_closed(void *user, int why)
{
	struct link_user *u = user;

	assert(!link_user_lent(u));
	u->n_closed++;
	u->closed = why;
}

int link_user_open(struct link_user *u)
{
	static const struct link_user_ops ops = { on_opened, on_done, on_closed };

	u->n_opened = u->n_closed = 0;
	return u->link->ops->open(u->link, u->chan, &ops, u);
}

int link_user_send(struct link_user *u, const void *data, uint32_t len)
{
	for (unsigned int s = 0; s < u->link->chans[u->chan].slots[LINK_UL].n; s++) {
		if (u->is_lent[LINK_UL][s])
			continue;
		memcpy(link_slot(u->link, u->chan, LINK_UL, s), data, len);
		return submit(u, LINK_UL, s, len);
	}
	return LINK_FULL;
}

void link_user_close(struct link_user *u)
{
	u->link->ops->close(u->link, u->chan);
}

unsigned int link_user_lent(const struct link_user *u)
{
	unsigned int n = 0;

	for (unsigned int s = 0; s < LINK_USER_SLOTS; s++)
		n += u->is_lent[LINK_UL][s] + u->is_lent[LINK_DL][s];
	return n;
}

unsigned int link_user_count(const struct link_user *u, enum link_dir dir, int status)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < u->n_events; i++)
		n += u->events[i].dir == dir && u->events[i].status == status;
	return n;
}
