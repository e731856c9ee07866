#include "device/crashes.h"
#include "base/cleanup.h"
#include "device/instance.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

enum { MOST_TRIES = 1000 };

static int open_dir(const struct crashes *d)
{
	int fd = open(d->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static int open_file(struct node *n)
{
	struct crash_file *f = n->user;
	CLEANUP_CLOSE int dir = open_dir(f->dir);
	int fd;

	if (dir < 0)
		return dir;
	fd = openat(dir, f->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static const struct node_ops file_ops = { .open = open_file };

/* --- what is shown --- */

static void forget_file(struct crash_file *f)
{
	list_remove(&f->node.node);
	free(f);
}

static struct crash_file *show_file(struct crashes *d, const char *name, unsigned int number,
				   const struct stat *st)
{
	struct crash_file *f = calloc(1, sizeof(*f)), *other;

	if (!f)
		return NULL;
	snprintf(f->name, sizeof(f->name), "%s", name);
	f->number = number;
	f->dir = d;
	f->node = (struct node){ .name = f->name, .mode = 0600, .ops = &file_ops, .user = f,
				 .size = (uint64_t)st->st_size, .time = st->st_mtime };
	list_for_each(other, &d->shown.nodes, node.node)
		if (other->number > number ||
		    (other->number == number && strcmp(other->name, name) > 0))
			break;
	list_insert_before(&other->node.node, &f->node.node);
	return f;
}

static const char partial[] = ".partial";

/* Of a part of the memory: "-00-OCIMEM.BIN". */
static bool is_part(const char *end)
{
	return *end == '-' && !end[strspn(end, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
					  "abcdefghijklmnopqrstuvwxyz0123456789._-")];
}

/* "crash-12.bin" */
static bool is_ours(const char *name, unsigned int *ret_number)
{
	static const char *const ends[] = { ".txt", ".bin", ".bin.partial" };
	int end = 0;

	if (strlen(name) >= sizeof(((struct crash_file *)NULL)->name) ||
	    sscanf(name, "crash-%9u%n", ret_number, &end) != 1)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		if (!strcmp(name + end, ends[i]))
			return true;
	return is_part(name + end);
}

static int scan_entry(struct crashes *d, int dir, const char *name)
{
	unsigned int number;
	struct stat st;

	if (!is_ours(name, &number) || fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    !S_ISREG(st.st_mode))
		return 0;
	if (number > d->last)
		d->last = number;
	return show_file(d, name, number, &st) ? 0 : -ENOMEM;
}

static int scan(struct crashes *d)
{
	int fd = open_dir(d), r = 0;
	struct dirent *e;
	DIR *dir;

	if (fd < 0)
		return 0;	/* no crash yet */
	dir = fdopendir(fd);
	if (!dir) {
		close(fd);
		return -ENOMEM;
	}
	while (!r && (e = readdir(dir)))
		r = scan_entry(d, fd, e->d_name);
	closedir(dir);
	return r;
}

static struct crashes *new(const char *dir, const char *device)
{
	struct crashes *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	node_dir_init(&d->shown, "dump");
	d->shown.mode = 0700;
	if (asprintf(&d->path, "%s/%s", dir, device) < 0)
		d->path = NULL;
	if (d->path && !scan(d))
		return d;
	crashes_free(d);
	return NULL;
}

struct crashes *crashes_of(struct device *d, const char *dir)
{
	if (!d->crashes) {
		d->crashes = new(dir, d->path_name);
		if (d->crashes)
			list_append(&device_root(d)->dirs, &d->crashes->shown.node);
	}
	return d->crashes;
}

void crashes_free(struct crashes *d)
{
	if (!d)
		return;
	while (!list_is_empty(&d->shown.nodes))
		forget_file(list_first(&d->shown.nodes, struct crash_file, node.node));
	free(d->path);
	free(d);
}

/* --- what lies on disk --- */

/* Each directory on the way that is missing, for nobody but us. */
static int make_dir(const char *path)
{
	char part[512];

	for (const char *slash = strchr(path + 1, '/');; slash = strchr(slash + 1, '/')) {
		snprintf(part, sizeof(part), "%.*s", slash ? (int)(slash - path) : 500, path);
		if (mkdir(part, 0700) < 0 && errno != EEXIST)
			return -errno;
		if (!slash)
			return 0;
	}
}

/* One that others could have prepared is not ours. */
static int check_dir(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	return st.st_uid == geteuid() && !(st.st_mode & 077) ? 0 : -EPERM;
}

static int enter_dir(const struct crashes *d)
{
	int r = make_dir(d->path), fd;

	if (r)
		return r;
	fd = open_dir(d);
	if (fd < 0)
		return fd;
	r = check_dir(fd);
	if (!r)
		return fd;
	close(fd);
	return r;
}

static void remove_crash(struct crashes *d, int dir, unsigned int number)
{
	struct crash_file *f, *tmp;

	list_for_each_safe(f, tmp, &d->shown.nodes, node.node)
		if (f->number == number) {
			unlinkat(dir, f->name, 0);
			forget_file(f);
		}
}

static unsigned int oldest(const struct crashes *d)
{
	return list_first(&d->shown.nodes, struct crash_file, node.node)->number;
}

static bool is_too_much(const struct crashes *d, uint64_t more)
{
	uint64_t bytes = more;
	unsigned int n = 0, last = 0;
	struct crash_file *f;

	list_for_each(f, &d->shown.nodes, node.node) {
		bytes += f->node.size;
		n += f->number != last;
		last = f->number;
	}
	return n > CRASHES_KEPT || bytes > CRASHES_MOST;
}

/* The crash of @number itself stays. */
static void make_room(struct crashes *d, int dir, unsigned int number, uint64_t more)
{
	while (!list_is_empty(&d->shown.nodes) && oldest(d) != number && is_too_much(d, more))
		remove_crash(d, dir, oldest(d));
}

static int create(struct crashes *d, unsigned int number, const char *end, uint64_t len,
		  struct crash_file **ret_file)
{
	CLEANUP_CLOSE int dir = enter_dir(d);
	struct stat st = { .st_mtime = time(NULL) };
	char name[CRASH_NAME];
	int fd;

	if (dir < 0)
		return dir;
	snprintf(name, sizeof(name), "crash-%u%s", number, end);
	fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	*ret_file = show_file(d, name, number, &st);
	make_room(d, dir, number, len);
	if (*ret_file)
		return fd;
	unlinkat(dir, name, 0);
	close(fd);
	return -ENOMEM;
}

/* Part of it is better than nothing. */
static int write_some(struct crash_file *f, int fd, const void *bytes, size_t len)
{
	ssize_t n = write(fd, bytes, len);

	if (n < 0)
		return -errno;
	f->node.size += (uint64_t)n;
	return (int)n;
}

/* Another process may have a device of the same name. */
static int create_next(struct crashes *d, const char *end, uint64_t len,
		       struct crash_file **ret_file)
{
	int fd = -EEXIST;

	for (int tries = 0; fd == -EEXIST && tries < MOST_TRIES; tries++)
		fd = create(d, ++d->last, end, len, ret_file);
	return fd;
}

int crashes_save(struct crashes *d, const struct text *t, unsigned int *ret_number)
{
	struct crash_file *f = NULL;
	CLEANUP_CLOSE int fd = create_next(d, ".txt", t->len, &f);
	size_t at = 0;
	int n = fd;

	if (fd >= 0)
		*ret_number = d->last;
	while (n >= 0 && at < t->len) {
		n = write_some(f, fd, t->bytes + at, min_size(t->len - at, CRASHES_PIECE));
		at += n > 0 ? (size_t)n : 0;
	}
	return n < 0 ? n : 0;
}

int crash_write_begin(struct crash_writer *w, struct crashes *d, unsigned int number,
		     const void *bytes, size_t len)
{
	*w = (struct crash_writer){ .dir = d, .bytes = bytes, .len = min_size(len, CRASHES_MOST) };
	w->fd = create(d, number, ".bin.partial", w->len, &w->file);
	return w->fd < 0 ? w->fd : 0;
}

int crash_write_more(struct crash_writer *w)
{
	int n = write_some(w->file, w->fd, w->bytes + w->at, min_size(w->len - w->at, CRASHES_PIECE));

	if (n == -EINTR)
		return CRASH_MORE;
	if (n < 0)
		return n;
	w->at += (size_t)n;
	return w->at < w->len ? CRASH_MORE : CRASH_WHOLE;
}

int crash_part_begin(struct crash_writer *w, struct crashes *d, unsigned int *number,
		     const char *name, uint64_t len)
{
	char end[CRASH_NAME];

	*w = (struct crash_writer){ .dir = d };
	snprintf(end, sizeof(end), "-%s%s", name, partial);
	w->fd = *number ? create(d, *number, end, len, &w->file) :
			  create_next(d, end, len, &w->file);
	if (w->fd < 0)
		return w->fd;
	*number = w->file->number;
	return 0;
}

int crash_part_add(struct crash_writer *w, const void *bytes, size_t len)
{
	const uint8_t *from = bytes;

	for (size_t at = 0; at < len;) {
		int n = write_some(w->file, w->fd, from + at, len - at);

		if (n < 0 && n != -EINTR)
			return n;
		at += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

static void name_whole(struct crash_writer *w)
{
	CLEANUP_CLOSE int dir = open_dir(w->dir);
	char name[sizeof(w->file->name)];

	memcpy(name, w->file->name, sizeof(name));
	name[strlen(name) - strlen(partial)] = '\0';
	if (dir >= 0 && !renameat(dir, w->file->name, dir, name))
		memcpy(w->file->name, name, sizeof(name));
}

void crash_write_end(struct crash_writer *w, bool is_whole)
{
	if (!w->file)
		return;
	close(w->fd);
	if (is_whole)
		name_whole(w);
	w->file = NULL;
}
