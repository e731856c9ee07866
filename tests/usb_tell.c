#include "usb_tell.h"
#include <dlfcn.h>
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define MOCK_LIBRARY "libumockdev-preload.so.0"

static void skip(const char *why)
{
	fprintf(stderr, "SKIP: %s\n", why);
	exit(77);
}

/* A sanitizer's library wants to be the first; only then is it loaded. */
static void set_preload(const char *folder)
{
	char list[PATH_MAX + 128];
	void *library = dlopen("libasan.so.8", RTLD_NOW | RTLD_NOLOAD);

	snprintf(list, sizeof(list), "%s%s/usb_mock_preload.so " MOCK_LIBRARY,
		 library ? "libasan.so.8 " : "", folder);
	setenv("LD_PRELOAD", list, 1);
}

void usb_mock_enter(char **argv)
{
	char self[PATH_MAX], folder[PATH_MAX], mock[PATH_MAX + 16];
	char *args[] = { mock, self, NULL };
	void *library;

	if (getenv("USB_MOCK"))
		return;
	library = dlopen(MOCK_LIBRARY, RTLD_LAZY);
	if (!library)
		skip("no " MOCK_LIBRARY " here (Debian package umockdev)");
	dlclose(library);
	if (!realpath(argv[0], self))
		skip(argv[0]);
	/* A program of tests/device has the mock one folder up. */
	snprintf(folder, sizeof(folder), "%s", self);
	dirname(folder);
	if (!strcmp(basename(folder), "device"))
		dirname(folder);
	snprintf(mock, sizeof(mock), "%s/usb_mock", folder);
	set_preload(folder);
	execv(mock, args);
	skip(mock);
}

int usb_tell(char **words, char *ret_answer, size_t size)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX }, own = { .sun_family = AF_UNIX };
	const char *path = getenv("USB_MOCK");
	char message[TOLD_MAX];
	size_t len = 0;
	ssize_t n;
	int fd;

	if (!path)
		return -ENOENT;
	for (; *words && len + strlen(*words) < sizeof(message); words++) {
		memcpy(message + len, *words, strlen(*words) + 1);
		len += strlen(*words) + 1;
	}
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	snprintf(to.sun_path, sizeof(to.sun_path), "%s", path);
	/* The kernel finds a name for it. */
	if (fd < 0 || bind(fd, (struct sockaddr *)&own, sizeof(own.sun_family)) < 0 ||
	    sendto(fd, message, len, 0, (struct sockaddr *)&to, sizeof(to)) < 0 ||
	    (n = recv(fd, message, sizeof(message) - 1, 0)) < 1) {
		n = -errno;
		close(fd);
		return (int)n;
	}
	close(fd);
	message[n] = '\0';
	snprintf(ret_answer, size, "%s", message + 1);
	return message[0] != '+';
}
