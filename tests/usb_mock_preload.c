/*
 * usb_mock_preload - calls that umockdev does not catch: the node is a FIFO and
 * cannot be sought in, and scandir() of the C library opens folders its own way.
 */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Whoever opens the node finds its descriptors at the beginning. */
static int is_node(int fd)
{
	struct stat s;

	return errno == ESPIPE && !fstat(fd, &s) && S_ISFIFO(s.st_mode);
}

off_t lseek(int fd, off_t offset, int whence)
{
	long r = syscall(SYS_lseek, fd, offset, whence);

	return r < 0 && !offset && whence == SEEK_SET && is_node(fd) ? 0 : r;
}

ssize_t pread(int fd, void *bytes, size_t len, off_t offset)
{
	ssize_t r = syscall(SYS_pread64, fd, bytes, len, offset);

	return r < 0 && !offset && is_node(fd) ? read(fd, bytes, len) : r;
}

static int take(struct dirent ***entries, int n, const struct dirent *e)
{
	struct dirent **more = realloc(*entries, (size_t)(n + 1) * sizeof(*more));

	if (!more)
		return -1;
	*entries = more;
	more[n] = malloc(sizeof(*e));
	if (!more[n])
		return -1;
	memcpy(more[n], e, e->d_reclen < sizeof(*e) ? e->d_reclen : sizeof(*e));
	return n + 1;
}

int scandir(const char *path, struct dirent ***ret_entries,
	    int (*filter)(const struct dirent *), int (*compare)(const struct dirent **,
								 const struct dirent **))
{
	DIR *dir = opendir(path);
	const struct dirent *e;
	int n = 0;

	if (!dir)
		return -1;
	*ret_entries = NULL;
	while (n >= 0 && (e = readdir(dir)))
		if (!filter || filter(e))
			n = take(ret_entries, n, e);
	closedir(dir);
	if (n > 0 && compare)
		qsort(*ret_entries, (size_t)n, sizeof(**ret_entries),
		      (int (*)(const void *, const void *))compare);
	return n;
}
