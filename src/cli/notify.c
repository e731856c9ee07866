#include "cli/notify.h"
#include "base/text.h"
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int open_socket(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	size_t len = strlen(path);
	int fd;

	if ((path[0] != '/' && path[0] != '@') || len >= sizeof(addr.sun_path))
		return -1;
	memcpy(addr.sun_path, path, len);
	if (path[0] == '@')
		addr.sun_path[0] = '\0';	/* the abstract name space */
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&addr,
			       (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)) < 0) {
		close(fd);
		fd = -1;
	}
	return fd;
}

static void feed(void *user)
{
	struct notify *n = user;

	notify_say(n, "WATCHDOG=1");
	timer_start(loop_timers(n->loop), &n->watchdog, n->interval_us);
}

static bool is_our_watchdog(const char *pid)
{
	uint64_t number;

	return !pid || (!text_to_u64(pid, 1, INT32_MAX, &number) && (pid_t)number == getpid());
}

void notify_open(struct notify *n, struct loop *l)
{
	const char *path = getenv("NOTIFY_SOCKET");
	const char *usec = getenv("WATCHDOG_USEC");
	uint64_t granted_us;

	*n = (struct notify){ .fd = path ? open_socket(path) : -1, .loop = l };
	timer_init(&n->watchdog, feed, n);
	if (n->fd < 0 || !usec || !is_our_watchdog(getenv("WATCHDOG_PID")) ||
	    text_to_u64(usec, 2, INT64_MAX, &granted_us))
		return;
	n->interval_us = granted_us / 2;
	feed(n);
}

void notify_close(struct notify *n)
{
	timer_stop(&n->watchdog);
	if (n->fd >= 0)
		close(n->fd);
	n->fd = -1;
}

void notify_say(struct notify *n, const char *lines)
{
	if (n->fd >= 0 && send(n->fd, lines, strlen(lines), MSG_NOSIGNAL) < 0)
		return;		/* not worth a word: the manager will act on it */
}
