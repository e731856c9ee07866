#include "io/notifier.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { MOST_TRIES = 4 };

int notifier_open(void)
{
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	return fd < 0 ? -errno : fd;
}

int notifier_adopt(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	/* An eventfd is the file that has no type. */
	if (st.st_mode & S_IFMT)
		return -EINVAL;
	return fcntl(fd, F_SETFL, O_RDWR | O_NONBLOCK) < 0 ? -errno : 0;
}

int notifier_take(int fd)
{
	uint64_t count;
	struct iovec iov = { &count, sizeof(count) };
	ssize_t n;

	/* Whether the file blocks is also the other side's to say. */
	n = preadv2(fd, &iov, 1, -1, RWF_NOWAIT);
	if (n < 0 && errno == EOPNOTSUPP)
		n = read(fd, &count, sizeof(count));
	if (n < 0)
		return errno == EINTR ? -EAGAIN : -errno;
	return n == sizeof(count) ? 0 : -EIO;
}

/* There is no write that cannot wait; asking first leaves an instant in which a
 * hostile holder would have to fill the counter.  False: it did not work, but may
 * the next time. */
static bool try_signal(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	uint64_t one = 1;
	int n = poll(&p, 1, 0);

	if (n < 0)
		return false;
	return !n || !(p.revents & POLLOUT) || write(fd, &one, sizeof(one)) == sizeof(one);
}

/* Even a poll that does not wait ends when a signal is there, and nobody repeats a
 * notification that was lost. */
void notifier_signal(int fd)
{
	for (unsigned int i = 0; fd >= 0 && i < MOST_TRIES && !try_signal(fd); i++)
		;
}
