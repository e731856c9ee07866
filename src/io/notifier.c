#include "io/notifier.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

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

void notifier_signal(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	uint64_t one = 1;

	ssize_t n;

	/* There is no write that cannot wait; asking first leaves an instant in
	 * which a hostile holder would have to fill the counter. */
	if (fd < 0 || poll(&p, 1, 0) != 1 || !(p.revents & POLLOUT))
		return;
	n = write(fd, &one, sizeof(one));
	(void)n;
}
