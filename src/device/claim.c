#include "device/claim.h"
#include "device/rundir.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

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
	struct text path = TEXT_INIT;
	int fd;

	*ret_fd = -1;
	rundir_path("lock", address, &path);
	if (text_failed(&path)) {
		text_fini(&path);
		return -ENOMEM;
	}
	fd = open(text_get(&path), O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0644);
	text_fini(&path);
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
