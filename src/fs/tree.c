#include "fs/tree.h"
#include "fs/kernel.h"
#include <errno.h>
#include <stdlib.h>
#include <time.h>

static struct inode *inode_new(struct tree *t, struct inode *parent, const struct place *p);
static void inode_free(struct tree *t, struct inode *inode);

int tree_init(struct tree *t, struct registry *r, bool is_single)
{
	struct place root = { .kind = is_single ? INODE_DEVICE : INODE_ROOT, .name = "" };

	*t = (struct tree){ .registry = r, .is_single = is_single, .born = time(NULL) };
	t->root = inode_new(t, NULL, &root);
	return t->root ? 0 : -ENOMEM;
}

void tree_fini(struct tree *t)
{
	/* A parent may go before its children: untie them first. */
	for (size_t i = 0; i < t->n_inodes; i++)
		if (t->inodes[i])
			list_remove(&t->inodes[i]->node);
	for (size_t i = 0; i < t->n_inodes; i++)
		if (t->inodes[i])
			inode_free(t, t->inodes[i]);
	free(t->inodes);
	*t = (struct tree){ 0 };
}

static int take_number(struct tree *t, uint64_t *ret_number)
{
	size_t n = t->n_inodes ? t->n_inodes * 2 : 64, i;
	struct inode **more;

	for (i = 0; i < t->n_inodes; i++)
		if (!t->inodes[i])
			goto found;
	more = reallocarray(t->inodes, n, sizeof(*more));
	if (!more)
		return -ENOMEM;
	memset(more + t->n_inodes, 0, (n - t->n_inodes) * sizeof(*more));
	t->inodes = more;
	t->n_inodes = n;
found:
	*ret_number = i + 1;
	return 0;
}

static struct inode *inode_new(struct tree *t, struct inode *parent, const struct place *p)
{
	struct inode *inode = calloc(1, sizeof(*inode));

	if (!inode)
		return NULL;
	inode->name = strdup(p->name);
	if (!inode->name || take_number(t, &inode->number) < 0) {
		free(inode->name);
		free(inode);
		return NULL;
	}
	list_init(&inode->node);
	list_init(&inode->children);
	inode->parent = parent;
	inode->generation = ++t->generation;
	inode->kind = p->kind;
	inode->dev = p->dev ? device_ref(p->dev) : NULL;
	if (parent)
		list_append(&parent->children, &inode->node);
	t->inodes[inode->number - 1] = inode;
	return inode;
}

static void inode_free(struct tree *t, struct inode *inode)
{
	t->inodes[inode->number - 1] = NULL;
	list_remove(&inode->node);
	if (inode->dev)
		device_unref(inode->dev);
	free(inode->name);
	free(inode);
}

struct inode *tree_inode(struct tree *t, uint64_t number)
{
	return number && number <= t->n_inodes ? t->inodes[number - 1] : NULL;
}

/* In single mode the root is the directory of whatever device there is. */
static struct device *device_of(struct tree *t, const struct inode *dir)
{
	return dir == t->root ? registry_device(t->registry, 0) : dir->dev;
}

static bool is_listed(struct tree *t, struct device *dev)
{
	return registry_find(t->registry, device_name(dev)) == dev;
}

static bool root_entry(struct tree *t, unsigned int i, struct place *p)
{
	if (i == 0) {
		*p = (struct place){ .kind = INODE_BY_PATH, .name = "by-path" };
		return true;
	}
	p->dev = registry_device(t->registry, i - 1);
	if (!p->dev)
		return false;
	p->kind = INODE_DEVICE;
	p->name = device_name(p->dev);
	return true;
}

static bool by_path_entry(struct tree *t, unsigned int i, struct place *p)
{
	p->dev = registry_device(t->registry, i);
	if (!p->dev)
		return false;
	p->kind = INODE_LINK;
	p->name = device_path_name(p->dev);
	return true;
}

/* Takes @i entries off a list; returns the one it stops at, NULL beyond its
 * end. */
static struct list *list_at(const struct list *head, unsigned int *i)
{
	struct list *it;

	for (it = head->next; it != head; it = it->next)
		if (!(*i)--)
			return it;
	return NULL;
}

static void port_place(struct device_port *port, struct place *p)
{
	p->port = port;
	if (port->is_offered) {
		p->kind = INODE_CHANNEL;
		p->name = port->name;
	}
}

/* Channels first, then attributes, then directories. */
static bool dir_entry(const struct node_dir *dir, unsigned int i, struct place *p)
{
	struct list *at;

	at = list_at(&dir->ports, &i);
	if (at) {
		port_place(list_entry(at, struct device_port, node), p);
		return true;
	}
	at = list_at(&dir->nodes, &i);
	if (at) {
		p->kind = INODE_ATTR;
		p->attr = list_entry(at, struct node, node);
		p->name = p->attr->name;
		return true;
	}
	at = list_at(&dir->dirs, &i);
	if (at) {
		p->kind = INODE_DIR;
		p->dir = list_entry(at, struct node_dir, node);
		p->name = p->dir->name;
	}
	return at;
}

/* The events, then what the device lists. */
static bool device_entry(struct device *dev, unsigned int i, struct place *p)
{
	p->dev = dev;
	if (i)
		return dir_entry(device_dir(dev), i - 1, p);
	p->kind = INODE_EVENTS;
	p->name = "events";
	return true;
}

/* What an INODE_DIR stands for now; NULL when it is not there. */
static const struct node_dir *dir_of(const struct inode *inode)
{
	const struct node_dir *parent, *dir;

	parent = inode->parent->kind == INODE_DIR ? dir_of(inode->parent) :
						    device_dir(inode->dev);
	if (parent)
		list_for_each(dir, &parent->dirs, node)
			if (!strcmp(dir->name, inode->name))
				return dir;
	return NULL;
}

static bool subdir_entry(struct tree *t, struct inode *inode, unsigned int i, struct place *p)
{
	const struct node_dir *dir = is_listed(t, inode->dev) ? dir_of(inode) : NULL;

	p->dev = inode->dev;
	return dir && dir_entry(dir, i, p);
}

bool tree_entry(struct tree *t, struct inode *dir, unsigned int i, struct place *ret_place)
{
	struct device *dev;

	*ret_place = (struct place){ .kind = INODE_NONE, .name = "" };
	switch (dir->kind) {
	case INODE_ROOT:
		return root_entry(t, i, ret_place);
	case INODE_BY_PATH:
		return by_path_entry(t, i, ret_place);
	case INODE_DEVICE:
		dev = device_of(t, dir);
		return dev && is_listed(t, dev) && device_entry(dev, i, ret_place);
	case INODE_DIR:
		return subdir_entry(t, dir, i, ret_place);
	default:
		return false;
	}
}

static int find_name(struct tree *t, struct inode *dir, const char *name,
		     struct place *ret_place)
{
	for (unsigned int i = 0; tree_entry(t, dir, i, ret_place); i++)
		if (ret_place->kind != INODE_NONE && !strcmp(ret_place->name, name))
			return 0;
	return -ENOENT;
}

static bool is_same(const struct inode *inode, const struct place *p)
{
	return inode->kind == p->kind && inode->dev == p->dev && !strcmp(inode->name, p->name);
}

static bool is_unneeded(struct tree *t, struct inode *inode)
{
	return inode != t->root && !inode->lookups && !inode->n_files &&
	       list_is_empty(&inode->children) && inode->dev && !is_listed(t, inode->dev);
}

/* Children come later in no particular order: a parent that lost its last
 * child in this round goes in the next one. */
static void prune(struct tree *t)
{
	bool again = true;

	while (again) {
		again = false;
		for (size_t i = 0; i < t->n_inodes; i++) {
			if (t->inodes[i] && is_unneeded(t, t->inodes[i])) {
				inode_free(t, t->inodes[i]);
				again = true;
			}
		}
	}
}

struct inode *tree_child(struct tree *t, struct inode *dir, const struct place *p)
{
	struct inode *it;

	list_for_each(it, &dir->children, node)
		if (is_same(it, p))
			return it;
	if (dir == t->root)	/* where devices come, or with single their names */
		prune(t);
	return inode_new(t, dir, p);
}

int tree_lookup(struct tree *t, struct inode *dir, const char *name, struct inode **ret_inode)
{
	struct inode *inode;
	struct place p;
	int r;

	if (!inode_is_dir(dir))
		return -ENOTDIR;
	r = find_name(t, dir, name, &p);
	if (r < 0)
		return r;
	inode = tree_child(t, dir, &p);
	if (!inode)
		return -ENOMEM;
	*ret_inode = inode;
	return 0;
}

void tree_forget(struct tree *t, struct inode *inode, uint64_t n_lookups)
{
	inode->lookups -= n_lookups < inode->lookups ? n_lookups : inode->lookups;
	if (is_unneeded(t, inode))
		inode_free(t, inode);
}

int tree_find(struct tree *t, struct inode *inode, struct place *ret_place)
{
	int r;

	if (!inode->parent) {
		*ret_place = (struct place){ .kind = inode->kind, .name = inode->name };
		return 0;
	}
	r = find_name(t, inode->parent, inode->name, ret_place);
	if (r < 0)
		return r;
	return is_same(inode, ret_place) ? 0 : -ENOENT;
}

static void set_owner(struct stat *st, mode_t mode, uid_t uid, gid_t gid)
{
	st->st_mode = S_IFREG | mode;
	st->st_uid = uid;
	st->st_gid = gid;
}

/* The size of a channel is a constant above zero: with 0 the kernel would run
 * its writes one by one and answer io_uring reads without asking us. */
static void place_stat(const struct place *p, struct stat *st)
{
	switch (p->kind) {
	case INODE_LINK:
		st->st_mode = S_IFLNK | 0777;
		st->st_size = (off_t)(strlen("../") + strlen(device_name(p->dev)));
		break;
	case INODE_CHANNEL:
		set_owner(st, p->port->mode, p->port->uid, p->port->gid);
		st->st_size = CHANNEL_SIZE;
		break;
	case INODE_ATTR:
		set_owner(st, p->attr->mode, p->attr->uid, p->attr->gid);
		st->st_size = p->attr->ops->open ? (off_t)p->attr->size : ATTR_SIZE;
		if (p->attr->ops->open)
			st->st_atime = st->st_mtime = st->st_ctime = p->attr->time;
		break;
	case INODE_EVENTS:
		set_owner(st, 0444, 0, 0);
		st->st_size = CHANNEL_SIZE;
		break;
	default:
		st->st_mode = S_IFDIR | (p->dir ? p->dir->mode : 0755);
		st->st_nlink = 2;
	}
}

int tree_stat(struct tree *t, struct inode *inode, struct stat *ret_stat)
{
	struct stat st = { .st_ino = inode->number, .st_nlink = 1, .st_blksize = 4096 };
	struct place p;
	int r;

	r = tree_find(t, inode, &p);
	if (r < 0 && !inode->n_files)
		return r;
	if (r < 0) {
		inode->last.st_nlink = 0;
	} else {
		st.st_atime = st.st_mtime = st.st_ctime = t->born;
		place_stat(&p, &st);
		inode->last = st;
	}
	*ret_stat = inode->last;
	return 0;
}

static int change(const struct stat *st, int what, mode_t *mode, uid_t *uid, gid_t *gid)
{
	if (what & FUSE_SET_ATTR_MODE)
		*mode = st->st_mode & 0777;
	if (what & FUSE_SET_ATTR_UID)
		*uid = st->st_uid;
	if (what & FUSE_SET_ATTR_GID)
		*gid = st->st_gid;
	return 0;
}

int tree_chown(struct tree *t, struct inode *inode, const struct stat *st, int what)
{
	struct place p;
	int r;

	if (!(what & (FUSE_SET_ATTR_MODE | FUSE_SET_ATTR_UID | FUSE_SET_ATTR_GID)))
		return 0;
	r = tree_find(t, inode, &p);
	if (r < 0)
		return r;
	if (p.kind == INODE_CHANNEL)
		return change(st, what, &p.port->mode, &p.port->uid, &p.port->gid);
	if (p.kind == INODE_ATTR)
		return change(st, what, &p.attr->mode, &p.attr->uid, &p.attr->gid);
	return -EPERM;
}
