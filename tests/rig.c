#include "rig.h"
#include <check.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

static void on_changed(void *user)
{
	((struct rig *)user)->changes++;
}

static int on_born(void *user, struct device *d, const struct spec *s, struct text *ret_why)
{
	struct rig *r = user;

	(void)s;
	return r->born ? r->born(r, d, ret_why) : 0;
}

static const struct registry_ops ops = { .changed = on_changed, .born = on_born };

static void make_config(struct rig *r, const char *config)
{
	char path[64];
	FILE *f;

	strcpy(r->folder, "/tmp/mhifs-rig.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(r->folder));
	snprintf(path, sizeof(path), "%s/conf", r->folder);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	fprintf(f, "dump_dir = \"%s/dump\"\nfirmware_dir = \"%s\"\n%s\n", r->folder, r->folder,
		config);
	fclose(f);
	ck_assert_msg(!config_load(path, &r->config, &r->why), "%s", text_get(&r->why));
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st, (void)type, (void)at;
	return remove(path);
}

void rig_setup(struct rig *r)
{
	rig_setup_with(r, "");
}

void rig_setup_with(struct rig *r, const char *config)
{
	*r = (struct rig){ 0 };
	log_open("test", LOG_TO_STDERR, LOG_LEVEL_ERROR);
	r->loop = loop_new();
	ck_assert_ptr_nonnull(r->loop);
	make_config(r, config);
	r->registry = registry_new(r->loop, r->config, &ops, r);
	ck_assert_ptr_nonnull(r->registry);
}

void rig_teardown(struct rig *r)
{
	registry_free(r->registry);
	config_free(r->config);
	loop_free(r->loop);
	text_fini(&r->why);
	nftw(r->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

int rig_add(struct rig *r, const char *text)
{
	struct spec s;
	int ret;

	text_clear(&r->why);
	ck_assert_msg(!spec_parse(text, &s, &r->why), "%s", text_get(&r->why));
	ret = registry_add(r->registry, &s, &r->why);
	spec_fini(&s);
	return ret;
}

struct device *rig_device(struct rig *r, const char *spec)
{
	struct device *d, *found = NULL;

	ck_assert_msg(!rig_add(r, spec), "%s", text_get(&r->why));
	RIG_UNTIL(r, registry_is_settled(r->registry));
	for (unsigned int i = 0; (d = registry_device(r->registry, i)); i++)
		found = d;
	return found;
}

struct search {
	const char *name;
	struct device_port *found;
};

static void look_at(void *user, struct device_port *p)
{
	struct search *s = user;

	if (!strcmp(port_name(p->port), s->name))
		s->found = p;
}

struct device_port *rig_find_file(struct device *d, const char *name)
{
	struct search s = { .name = name };

	device_each_port(device_dir(d), look_at, &s);
	return s.found;
}

struct device_port *rig_file(struct device *d, const char *name)
{
	struct device_port *p = rig_find_file(d, name);

	ck_assert_msg(p, "no port %s", name);
	return p;
}

struct port *rig_port(struct device *d, const char *name)
{
	return rig_file(d, name)->port;
}

uint64_t rig_now(const struct rig *r)
{
	return loop_timers(r->loop)->now_us;
}

void rig_turn(struct rig *r)
{
	loop_turn(r->loop, timers_next(loop_timers(r->loop)) != TIME_NEVER);
}

static void on_down(void *user)
{
	((struct rig *)user)->is_down = true;
}

void rig_shutdown(struct rig *r)
{
	registry_shutdown(r->registry, on_down, r);
}

static int on_answer(struct wait *w, ssize_t result, const struct iovec *iov, int n_iov)
{
	struct call *c = container_of(w, struct call, wait);
	size_t len = 0;

	c->answers++;
	c->result = result;
	for (int i = 0; i < n_iov && len + iov[i].iov_len < sizeof(c->bytes); i++) {
		memcpy(c->bytes + len, iov[i].iov_base, iov[i].iov_len);
		len += iov[i].iov_len;
	}
	c->bytes[len] = '\0';
	return 0;
}

static const struct wait_ops wait_ops = { .answer = on_answer };

void call_init(struct call *c)
{
	*c = (struct call){ 0 };
	wait_init(&c->wait, &wait_ops);
}

static const struct node_dir *find_dir(const struct node_dir *parent, const char *name, size_t len)
{
	const struct node_dir *dir;

	list_for_each(dir, &parent->dirs, node)
		if (strlen(dir->name) == len && !memcmp(dir->name, name, len))
			return dir;
	return NULL;
}

struct node *rig_find_node(struct device *d, const char *path)
{
	const struct node_dir *dir = device_dir(d);
	const char *slash;
	struct node *n;

	for (; dir && (slash = strchr(path, '/')); path = slash + 1)
		dir = find_dir(dir, path, (size_t)(slash - path));
	if (!dir)
		return NULL;
	list_for_each(n, &dir->nodes, node)
		if (!strcmp(n->name, path))
			return n;
	return NULL;
}

static struct node *find_node(struct device *d, const char *path)
{
	struct node *n = rig_find_node(d, path);

	ck_assert_msg(n, "no node %s", path);
	return n;
}

int rig_fetch(struct rig *r, struct device *d, const char *path)
{
	struct node *n = find_node(d, path);
	struct call c;

	call_init(&c);
	n->ops->fetch(n, &c.wait);
	RIG_UNTIL(r, c.answers);
	ck_assert_uint_eq(c.answers, 1);
	return (int)c.result;
}

const char *rig_show(struct device *d, const char *name)
{
	static char shown[16384];
	struct node *n = find_node(d, name);
	struct text out = TEXT_INIT;

	ck_assert_int_eq(n->ops->show(n, &out), 0);
	ck_assert_uint_lt(out.len, sizeof(shown));
	strcpy(shown, text_get(&out));
	text_fini(&out);
	return shown;
}

void rig_store(struct device *d, const char *name, const char *text, bool nonblock,
	       struct call *c)
{
	struct node *n = find_node(d, name);

	call_init(c);
	n->ops->store(n, text, nonblock, &c->wait);
}
