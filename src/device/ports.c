/*
 * The channel files of a device: who may open them, and when they exist.
 */
#include "device/instance.h"
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>

enum { FLUSH_MS = 5000 };	/* longest close of a file */

static void on_port_changed(void *user, struct port *p)
{
	device_tell_channel(user, p);
}

static const struct port_ops port_ops = { .changed = on_port_changed };

static int find_user(const char *name, uid_t *ret_uid, struct text *ret_why)
{
	const struct passwd *pw = name ? getpwnam(name) : NULL;

	if (name && !pw) {
		text_printf(ret_why, "owner '%s' is no user of this system", name);
		return -EINVAL;
	}
	*ret_uid = pw ? pw->pw_uid : 0;
	return 0;
}

/* Files belong to dialout by default, and to root where there is none. */
static int find_group(const char *name, gid_t *ret_gid, struct text *ret_why)
{
	static gid_t dialout;
	static bool is_known;
	const struct group *gr;

	if (!name && is_known) {
		*ret_gid = dialout;
		return 0;
	}
	gr = getgrnam(name ? name : "dialout");
	if (name && !gr) {
		text_printf(ret_why, "group '%s' is no group of this system", name);
		return -EINVAL;
	}
	*ret_gid = gr ? gr->gr_gid : 0;
	if (!name) {
		dialout = *ret_gid;
		is_known = true;
	}
	return 0;
}

gid_t device_default_gid(void)
{
	gid_t gid = 0;

	find_group(NULL, &gid, NULL);
	return gid;
}

/* "rpmsg/NAME" in a directory, "NAME" in the root. */
static struct port *new_port(struct device *d, const struct node_dir *dir,
			     const struct profile_chan *c, struct link *l, unsigned int chan)
{
	struct text name = TEXT_INIT;
	struct port_config config = {
		.mtu = c->mtu,
		.boundary = c->boundary,
		.slow_reader = c->slow_reader,
		.linger_ms = c->linger_ms,
		.flush_ms = FLUSH_MS,
	};
	struct port *port;

	text_printf(&name, "%s%s%s", dir->name, *dir->name ? "/" : "", c->name);
	config.name = text_get(&name);
	port = text_failed(&name) ? NULL : port_new(l, chan, &config, loop_timers(d->loop),
						    &d->budget, &port_ops, d);
	text_fini(&name);
	return port;
}

int device_add_port(struct device *d, struct node_dir *dir, const struct profile_chan *c,
		    struct link *l, unsigned int chan, struct device_port **ret_port,
		    struct text *ret_why)
{
	struct device_port *p = calloc(1, sizeof(*p));
	const char *slash;
	int r = p ? 0 : -ENOMEM;

	if (!r)
		r = find_user(c->owner, &p->uid, ret_why);
	if (!r)
		r = find_group(c->group, &p->gid, ret_why);
	if (!r) {
		p->port = new_port(d, dir, c, l, chan);
		r = p->port ? 0 : -ENOMEM;
	}
	if (r) {
		free(p);
		return r;
	}
	slash = strrchr(port_name(p->port), '/');
	p->name = slash ? slash + 1 : port_name(p->port);
	p->mode = profile_chan_mode(c);
	port_set_offered(p->port, false);
	list_append(&dir->ports, &p->node);
	*ret_port = p;
	return 0;
}

void device_offer_port(struct device *d, struct device_port *p, bool is_offered)
{
	if (d->is_stopping)
		return;
	if (p->is_offered != is_offered)
		device_tell_offered(d, port_name(p->port), is_offered);
	p->is_offered = is_offered;
	port_set_offered(p->port, is_offered);
}

void device_remove_port(struct device_port *p, int why)
{
	list_remove(&p->node);
	port_kill(p->port, why);
	port_unref(p->port);
	free(p);
}

void device_each_port(const struct node_dir *dir, void (*fn)(void *user, struct device_port *p),
		      void *user)
{
	struct device_port *p;
	struct node_dir *sub;

	list_for_each(p, &dir->ports, node)
		fn(user, p);
	list_for_each(sub, &dir->dirs, node)
		device_each_port(sub, fn, user);
}
