/*
 * usb_mock_preload - two calls that umockdev does not catch: the node is a FIFO
 * and cannot be sought in, and scandir() of the C library opens folders its own
 * way.
 */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

off_t lseek(int fd, off_t offset, int whence)
{
	struct stat s;
	long r = syscall(SYS_lseek, fd, offset, whence);

	/* Whoever opens the node finds its descriptors at the beginning. */
	if (r < 0 && errno == ESPIPE && !offset && whence == SEEK_SET && !fstat(fd, &s) &&
	    S_ISFIFO(s.st_mode))
		return 0;
	return r;
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
