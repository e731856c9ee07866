#include "service/sahara_dump.h"
#include "base/cleanup.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const char partial[] = ".partial";

int sahara_dump_init(struct sahara_dump *d, const char *path)
{
	*d = (struct sahara_dump){ .dir = -1, .fd = -1, .path = strdup(path) };
	return d->path ? 0 : -ENOMEM;
}

static void close_dir(struct sahara_dump *d)
{
	if (d->dir >= 0)
		close(d->dir);
	d->dir = -1;
}

void sahara_dump_fini(struct sahara_dump *d)
{
	sahara_dump_close(d, false);
	close_dir(d);
	free(d->path);
	d->path = NULL;
}

/* With all that leads to it. */
static int make_dir(char *path)
{
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(path, 0755);
		*slash = '/';
	}
	return mkdir(path, 0700) < 0 && errno != EEXIST ? -errno : 0;
}

/* The number that a name begins with; 0: it is none of ours. */
static unsigned int number_of(const char *name)
{
	unsigned int number = 0, region;
	int end = 0;

	return sscanf(name, "%9u-%9u-%n", &number, &region, &end) == 2 && end ? number : 0;
}

/* Calls @fn for each of our files. */
static void each_file(struct sahara_dump *d, void (*fn)(struct sahara_dump *d, const char *name,
							unsigned int number))
{
	int fd = openat(d->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *list = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;

	if (!list) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while ((e = readdir(list)))
		if (number_of(e->d_name))
			fn(d, e->d_name, number_of(e->d_name));
	closedir(list);
}

static void find_last(struct sahara_dump *d, const char *name, unsigned int number)
{
	(void)name;
	if (number > d->number)
		d->number = number;
}

static void remove_old(struct sahara_dump *d, const char *name, unsigned int number)
{
	if (number + SAHARA_DUMPS_KEPT <= d->number)
		unlinkat(d->dir, name, 0);
}

int sahara_dump_begin(struct sahara_dump *d)
{
	int r = make_dir(d->path);

	close_dir(d);
	if (r)
		return r;
	d->dir = open(d->path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (d->dir < 0)
		return -errno;
	each_file(d, find_last);
	d->number++;
	each_file(d, remove_old);
	return 0;
}

int sahara_dump_open(struct sahara_dump *d, const struct sahara_region *region)
{
	snprintf(d->name, sizeof(d->name), "%u-%02u-%s%s", d->number, region->index,
		 *region->name ? region->name : "memory", partial);
	d->fd = openat(d->dir, d->name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	return d->fd < 0 ? -errno : 0;
}

int sahara_dump_write(struct sahara_dump *d, const void *data, size_t len)
{
	const uint8_t *at = data;

	while (len) {
		ssize_t n = write(d->fd, at, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -ENOSPC;
		at += n;
		len -= (size_t)n;
	}
	return 0;
}

void sahara_dump_close(struct sahara_dump *d, bool is_whole)
{
	char name[sizeof(d->name)];

	if (d->fd < 0)
		return;
	close(d->fd);
	d->fd = -1;
	if (!is_whole)
		return;
	memcpy(name, d->name, sizeof(name));
	name[strlen(name) - strlen(partial)] = '\0';
	renameat(d->dir, d->name, d->dir, name);
	memcpy(d->name, name, sizeof(name));
}
