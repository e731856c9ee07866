#include "device/claim.h"
#include "base/cleanup.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>

enum { MOST_NAME = 200 };

static const char folder[] = "/run/mhifs/lock";

static int open_folder(void)
{
	int fd;

	mkdir("/run/mhifs", 0755);
	mkdir(folder, 0755);
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* A path as one name: '/' is '%'.  The end tells more than the beginning. */
static void name_file(const char *address, char *ret_name)
{
	size_t len = strlen(address);

	if (len > MOST_NAME)
		address += len - MOST_NAME;
	snprintf(ret_name, MOST_NAME + 1, "%s", address);
	for (char *at = ret_name; *at; at++)
		if (*at == '/' || (at == ret_name && *at == '.'))
			*at = '%';
}

static int refuse(const char *address, int fd, struct text *ret_why)
{
	char holder[96];
	ssize_t n = pread(fd, holder, sizeof(holder), 0);

	text_add_escaped(ret_why, address, strlen(address));
	text_add(ret_why, " is driven already, by ");
	if (n > 0)
		text_add_escaped(ret_why, holder, (size_t)n);
	else
		text_add(ret_why, "another process");
	return -EBUSY;
}

/* For who comes second. */
static void sign(int fd, const char *name)
{
	char line[96];
	int len = snprintf(line, sizeof(line), "mhifs[%d] as %s", (int)getpid(), name);

	if (ftruncate(fd, 0) < 0 || pwrite(fd, line, (size_t)len, 0) != len)
		return;		/* it is held all the same */
}

int claim_take(const char *address, const char *name, int *ret_fd, struct text *ret_why)
{
	CLEANUP_CLOSE int dir = open_folder();
	char file[MOST_NAME + 1];
	int fd;

	*ret_fd = -1;
	if (dir < 0)
		return 0;
	name_file(address, file);
	fd = openat(dir, file, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0644);
	if (fd < 0)
		return 0;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK) {
		refuse(address, fd, ret_why);
		close(fd);
		return -EBUSY;
	}
	sign(fd, name);
	*ret_fd = fd;
	return 0;
}
