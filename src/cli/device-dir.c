#include "cli/device-dir.h"
#include "base/cleanup.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { ATTRIBUTE_MOST = 1 << 20 };

void device_dir_fini(struct device_dir *d)
{
	free(d->name);
	free(d->path);
	*d = (struct device_dir){ 0 };
}

void device_dirs_fini(struct device_dirs *l)
{
	for (unsigned int i = 0; i < l->n; i++)
		device_dir_fini(&l->at[i]);
	free(l->at);
	*l = (struct device_dirs){ 0 };
}

static char *path_join(const char *dir, const char *name)
{
	struct text t = TEXT_INIT;

	text_add(&t, dir);
	if (!*dir || dir[strlen(dir) - 1] != '/')
		text_add(&t, "/");
	text_add(&t, name);
	return text_take(&t);
}

char *device_dir_file(const struct device_dir *d, const char *file)
{
	return path_join(d->path, file);
}

/* The last part of @path, links resolved: "mhi0" also for a by-path link. */
static char *path_name(const char *path)
{
	char *real CLEANUP_FREE = realpath(path, NULL);
	const char *slash = strrchr(real ? real : path, '/');

	return strdup(slash && slash[1] ? slash + 1 : real ? real : path);
}

/* 0 when @dir holds @file. */
static int path_holds(const char *dir, const char *file)
{
	char *path CLEANUP_FREE = path_join(dir, file);
	struct stat st;

	if (!path)
		return -ENOMEM;
	return stat(path, &st) < 0 ? -errno : 0;
}

/* 0, -errno, or DEVICE_DIR_OTHER. */
static int path_is_device(const char *path)
{
	struct stat st;
	int r;

	if (stat(path, &st) < 0)
		return -errno;
	if (!S_ISDIR(st.st_mode))
		return DEVICE_DIR_OTHER;
	r = path_holds(path, "state");
	if (!r)
		r = path_holds(path, "info");
	return r == -ENOENT ? DEVICE_DIR_OTHER : r;
}

static int device_dir_fill(const char *path, int error, struct device_dir *ret_dir)
{
	struct device_dir d = { .name = path_name(path), .path = strdup(path), .error = error };

	if (!d.name || !d.path) {
		device_dir_fini(&d);
		return -ENOMEM;
	}
	*ret_dir = d;
	return DEVICE_DIR_OK;
}

int device_dir_open(const char *path, struct device_dir *ret_dir)
{
	int r = path_is_device(path);

	return r ? r : device_dir_fill(path, 0, ret_dir);
}

static int find_below(const char *root, const char *folder, const char *name,
		      struct device_dir *ret_dir)
{
	char *dir CLEANUP_FREE = path_join(root, folder);
	char *path CLEANUP_FREE = dir ? path_join(dir, name) : NULL;

	return path ? device_dir_open(path, ret_dir) : -ENOMEM;
}

int device_dir_find(const char *root, const char *name, struct device_dir *ret_dir)
{
	int r;

	if (strchr(name, '/') || name[0] == '.') {
		r = device_dir_open(name, ret_dir);
		if (r != -ENOENT || *name == '/')
			return r;
		return find_below(root, "", name, ret_dir);
	}
	r = find_below(root, "", name, ret_dir);
	if (r == -ENOENT)
		r = find_below(root, "by-path", name, ret_dir);
	if (r == -ENOENT || r == -ENOTDIR) {
		char *root_name CLEANUP_FREE = path_name(root);

		if (root_name && !strcmp(root_name, name))
			return device_dir_open(root, ret_dir);
	}
	return r;
}

static int dirs_add(struct device_dirs *l, const char *path, int error)
{
	struct device_dir *at = realloc(l->at, (l->n + 1) * sizeof(*at));
	int r;

	if (!at)
		return -ENOMEM;
	l->at = at;
	r = device_dir_fill(path, error, &at[l->n]);
	if (r < 0)
		return r;
	l->n++;
	return 0;
}

static bool is_link(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISLNK(st.st_mode);
}

static int scan_entry(const char *root, const char *name, struct device_dirs *l)
{
	char *path CLEANUP_FREE = path_join(root, name);
	int r;

	if (!path)
		return -ENOMEM;
	if (is_link(path))
		return 0;
	r = path_is_device(path);
	/* What left since it was listed is no device any more. */
	if (r == DEVICE_DIR_OTHER || r == -ENOENT)
		return 0;
	return dirs_add(l, path, r);
}

static int by_version(const void *a, const void *b)
{
	const struct device_dir *x = a, *y = b;

	return strverscmp(x->name, y->name);
}

static int scan_all(DIR *dir, const char *root, struct device_dirs *l)
{
	struct dirent *e;
	int r = 0;

	while (!r && (errno = 0, e = readdir(dir)))
		if (e->d_name[0] != '.')
			r = scan_entry(root, e->d_name, l);
	if (!r && errno)
		r = -errno;
	if (l->n)
		qsort(l->at, l->n, sizeof(*l->at), by_version);
	return r;
}

int device_dirs_scan(const char *root, struct device_dirs *ret_dirs)
{
	struct device_dirs l = { 0 };
	DIR *dir;
	int r = path_is_device(root);

	if (r < 0)
		return r;
	if (r == DEVICE_DIR_OK) {
		r = dirs_add(&l, root, 0);
	} else {
		dir = opendir(root);
		if (!dir)
			return -errno;
		r = scan_all(dir, root, &l);
		closedir(dir);
	}
	if (r < 0)
		device_dirs_fini(&l);
	else
		*ret_dirs = l;
	return r;
}

int device_dir_read(const struct device_dir *d, const char *file, struct text *ret_text)
{
	char *path CLEANUP_FREE = device_dir_file(d, file);
	int fd CLEANUP_CLOSE = -1;
	char bytes[4096];
	ssize_t n;

	if (!path)
		return -ENOMEM;
	fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	while ((n = read(fd, bytes, sizeof(bytes))) > 0) {
		if (ret_text->len + (size_t)n > ATTRIBUTE_MOST)
			return -EFBIG;
		text_add_len(ret_text, bytes, (size_t)n);
	}
	if (n < 0 && errno != EAGAIN)
		return -errno;
	return text_failed(ret_text) ? -ENOMEM : 0;
}

bool device_dir_has(const struct device_dir *d, const char *file)
{
	return path_holds(d->path, file) == 0;
}
