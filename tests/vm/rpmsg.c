/*
 * rpmsg - what a program does with the rpmsg files of Linux, and with those of
 * mhifs, which mean to be the same.
 *
 *	rpmsg echo FILE COUNT LEN	messages of LEN bytes there and back
 *	rpmsg create CTRL NAME SRC DST	an endpoint; prints nothing
 *	rpmsg destroy FILE		the endpoint behind it ends
 *	rpmsg announce CTRL NAME SRC DST	a channel, told to the other side
 *	rpmsg release CTRL NAME SRC DST	the same goes
 *
 * Addresses are numbers, or -1 for any.  Exit status 0 when all was as it
 * should be.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/rpmsg.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { PATIENCE_MS = 5000, MESSAGE_MOST = 4096 };

static int fail(const char *what)
{
	fprintf(stderr, "rpmsg: %s: %s\n", what, strerror(errno));
	return 1;
}

/* Nobody promises POLLOUT here: Linux's bus over virtio never says it. */
static int echo_once(int fd, size_t len, unsigned int seed)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	uint8_t sent[MESSAGE_MOST], got[MESSAGE_MOST];
	ssize_t n;

	for (size_t i = 0; i < len; i++)
		sent[i] = (uint8_t)(seed + i * 7);
	if (write(fd, sent, len) != (ssize_t)len)
		return fail("write");
	if (poll(&p, 1, PATIENCE_MS) != 1) {
		errno = ETIMEDOUT;
		return fail("waiting for the echo");
	}
	n = read(fd, got, sizeof(got));
	if (n == (ssize_t)len && !memcmp(sent, got, len))
		return 0;
	fprintf(stderr, "rpmsg: %zu bytes sent, other %zd came\n", len, n);
	return 1;
}

static int echo(const char *path, unsigned int count, size_t len)
{
	int fd = open(path, O_RDWR | O_CLOEXEC), r = 0;

	if (fd < 0)
		return fail(path);
	for (unsigned int i = 0; i < count && !r; i++)
		r = echo_once(fd, len, i);
	close(fd);
	return r;
}

static int control(const char *path, unsigned long request, struct rpmsg_endpoint_info *info)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return fail(path);
	if (ioctl(fd, request, info) < 0)
		return fail("ioctl");
	close(fd);
	return 0;
}

static int manage(unsigned long request, char **argv)
{
	struct rpmsg_endpoint_info info = {
		.src = (uint32_t)strtol(argv[2], NULL, 0),
		.dst = (uint32_t)strtol(argv[3], NULL, 0),
	};

	strncpy(info.name, argv[1], sizeof(info.name) - 1);
	return control(argv[0], request, &info);
}

int main(int argc, char **argv)
{
	const char *verb = argc > 2 ? argv[1] : "";

	if (!strcmp(verb, "echo") && argc == 5 && strtoul(argv[4], NULL, 0) <= MESSAGE_MOST)
		return echo(argv[2], (unsigned int)strtoul(argv[3], NULL, 0),
			    strtoul(argv[4], NULL, 0));
	if (!strcmp(verb, "destroy"))
		return control(argv[2], RPMSG_DESTROY_EPT_IOCTL, NULL);
	if (!strcmp(verb, "create") && argc == 6)
		return manage(RPMSG_CREATE_EPT_IOCTL, argv + 2);
	if (!strcmp(verb, "announce") && argc == 6)
		return manage(RPMSG_CREATE_DEV_IOCTL, argv + 2);
	if (!strcmp(verb, "release") && argc == 6)
		return manage(RPMSG_RELEASE_DEV_IOCTL, argv + 2);
	fprintf(stderr, "rpmsg: see the head of rpmsg.c\n");
	return 2;
}
