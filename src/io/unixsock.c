#include "io/unixsock.h"
#include "base/cleanup.h"
#include <errno.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

static int address_of(const char *path, struct sockaddr_un *ret_addr, struct text *ret_why)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };

	/* One that begins with NUL is a name in no folder, for Linux. */
	if (!*path) {
		text_add(ret_why, "socket \"\": the path is empty");
		return -EINVAL;
	}
	if (strlen(path) >= sizeof(addr.sun_path)) {
		text_printf(ret_why, "socket \"%s\": the path has more than %zu bytes", path,
			    sizeof(addr.sun_path) - 1);
		return -ENAMETOOLONG;
	}
	strcpy(addr.sun_path, path);
	*ret_addr = addr;
	return 0;
}

static int stream_socket(struct text *ret_why)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd >= 0)
		return fd;
	fd = -errno;
	text_printf(ret_why, "no socket to be had: %s", strerror(-fd));
	return fd;
}

/* Left by a process that died: it is a socket, and nobody answers there. */
static void remove_abandoned(const struct sockaddr_un *addr)
{
	CLEANUP_CLOSE int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct stat st;

	if (fd >= 0 && !lstat(addr->sun_path, &st) && S_ISSOCK(st.st_mode) &&
	    connect(fd, (const struct sockaddr *)addr, sizeof(*addr)) < 0 &&
	    errno == ECONNREFUSED)
		unlink(addr->sun_path);
}

/* A regular file refuses connections in the same words as a dead socket, and is
 * as much in the way as a living one. */
static int examine(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return -errno;
	return S_ISSOCK(st.st_mode) ? 0 : -ENOTSOCK;
}

static void explain(const char *path, int r, struct text *ret_why)
{
	text_printf(ret_why, "socket \"%s\": %s", path,
		    r == -EAGAIN ? "busy with other clients" :
		    r == -EADDRINUSE ? "another process listens there" :
		    r == -ENOTSOCK ? "this is no socket" : strerror(-r));
}

int unixsock_listen(const char *path, struct text *ret_why)
{
	struct sockaddr_un addr;
	int fd, r;

	r = address_of(path, &addr, ret_why);
	if (r < 0)
		return r;
	remove_abandoned(&addr);
	fd = stream_socket(ret_why);
	if (fd < 0)
		return fd;
	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 || listen(fd, 4) < 0) {
		r = -errno;
		if (r == -EADDRINUSE && examine(path) == -ENOTSOCK)
			r = -ENOTSOCK;
		explain(path, r, ret_why);
		close(fd);
		return r;
	}
	return fd;
}

int unixsock_connect(const char *path, struct text *ret_why)
{
	struct sockaddr_un addr;
	int fd, r;

	r = address_of(path, &addr, ret_why);
	if (r < 0)
		return r;
	fd = stream_socket(ret_why);
	if (fd < 0)
		return fd;
	r = examine(path);
	if (!r && connect(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		r = -errno;
	if (!r)
		return fd;
	close(fd);
	explain(path, r, ret_why);
	return r;
}
