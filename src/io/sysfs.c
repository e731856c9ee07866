#include "io/sysfs.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int __attribute__((format(printf, 2, 0)))
make_path(char *path, const char *format, va_list args)
{
	int len = vsnprintf(path, SYSFS_PATH_SIZE, format, args);

	return len < 0 || len >= SYSFS_PATH_SIZE ? -ENAMETOOLONG : 0;
}

static int read_word(const char *path, char *word, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), r = 0;
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = read(fd, word, size - 1);
	if (n < 0)
		r = -errno;
	close(fd);
	word[n > 0 ? n : 0] = '\0';
	word[strcspn(word, "\n")] = '\0';
	return r;
}

int sysfs_read(char *word, size_t size, const char *format, ...)
{
	char path[SYSFS_PATH_SIZE];
	va_list args;
	int r;

	word[0] = '\0';
	va_start(args, format);
	r = make_path(path, format, args);
	va_end(args);
	return r ? r : read_word(path, word, size);
}

int sysfs_link(char *word, size_t size, const char *format, ...)
{
	char path[SYSFS_PATH_SIZE], target[PATH_MAX];
	const char *last;
	va_list args;
	ssize_t n;
	int r;

	word[0] = '\0';
	va_start(args, format);
	r = make_path(path, format, args);
	va_end(args);
	if (r)
		return r;
	n = readlink(path, target, sizeof(target) - 1);
	if (n < 0)
		return -errno;
	target[n] = '\0';
	last = strrchr(target, '/');
	snprintf(word, size, "%s", last ? last + 1 : target);
	return 0;
}

bool sysfs_has(const char *format, ...)
{
	char path[SYSFS_PATH_SIZE];
	va_list args;
	int r;

	va_start(args, format);
	r = make_path(path, format, args);
	va_end(args);
	return !r && !access(path, F_OK);
}

int sysfs_write(const char *word, const char *format, ...)
{
	char path[SYSFS_PATH_SIZE];
	va_list args;
	int fd, r;

	va_start(args, format);
	r = make_path(path, format, args);
	va_end(args);
	if (r)
		return r;
	fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	r = write(fd, word, strlen(word)) < 0 ? -errno : 0;
	close(fd);
	return r;
}
