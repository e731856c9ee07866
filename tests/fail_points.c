#include "tests/fail_points.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { MOST_HELD = 1 << 15 };

static struct fail_plan plan;
static struct fail_result result;
static bool is_armed, is_paused, is_watching;
static void *held[MOST_HELD];	/* open addressing; NULL: never used */
static char freed;		/* &freed: was used */
static unsigned int n_held;
static uint64_t skipped_us;

static void note_site(const void *place, unsigned int point)
{
	for (unsigned int i = 0; i < result.n_sites; i++)
		if (result.sites[i].place == place)
			return;
	if (result.n_sites < FAIL_SITES)
		result.sites[result.n_sites++] = (struct fail_site){ place, point };
}

static bool fails_at(enum fail_kind kind, const char *call, const void *place)
{
	unsigned int i;

	if (!is_armed || is_paused || !(plan.kinds & kind))
		return false;
	i = result.n_points++;
	if (plan.at == FAIL_NEVER)
		note_site(place, i);
	if (plan.for_good ? i < plan.at : i != plan.at)
		return false;
	if (!result.n_failed++)
		result.call = call;
	errno = plan.error;
	return true;
}

/* In a wrapper, whose caller is the place. */
#define fails(kind, call) fails_at(kind, call, __builtin_return_address(0))

void fail_begin(const struct fail_plan *p)
{
	plan = *p;
	result = (struct fail_result){ 0 };
	is_armed = is_watching = true;
}

struct fail_result fail_end(void)
{
	is_armed = false;
	return result;
}

void fail_pause(bool is)
{
	is_paused = is;
}

/* --- the heap --- */

static size_t place_of(const void *p)
{
	return ((uintptr_t)p >> 4) * 2654435761u % MOST_HELD;
}

static void forget(const void *p)
{
	if (!p || !is_watching)
		return;
	for (size_t i = place_of(p), n = 0; held[i] && n < MOST_HELD; n++) {
		if (held[i] == p) {
			held[i] = &freed;
			n_held--;
			return;
		}
		i = (i + 1) % MOST_HELD;
	}
}

static void *note(void *p)
{
	size_t i = place_of(p);

	if (!p || !is_watching || is_paused || n_held >= MOST_HELD / 2)
		return p;
	forget(p);	/* a library may have freed what was there before */
	while (held[i] && held[i] != &freed)
		i = (i + 1) % MOST_HELD;
	held[i] = p;
	n_held++;
	return p;
}

unsigned int fail_n_held(void)
{
	return n_held;
}

#define WRAP(ret, name, ...)		\
	ret __real_##name(__VA_ARGS__);	\
	ret __wrap_##name(__VA_ARGS__);	\
	ret __wrap_##name(__VA_ARGS__)

WRAP(void, free, void *p)
{
	forget(p);
	__real_free(p);
}

WRAP(void *, malloc, size_t len)
{
	return fails(FAIL_HEAP, "malloc") ? NULL : note(__real_malloc(len));
}

WRAP(void *, calloc, size_t n, size_t len)
{
	return fails(FAIL_HEAP, "calloc") ? NULL : note(__real_calloc(n, len));
}

WRAP(void *, realloc, void *p, size_t len)
{
	void *new;

	if (fails(FAIL_HEAP, "realloc"))
		return NULL;
	forget(p);
	new = __real_realloc(p, len);
	return note(new);
}

WRAP(char *, strdup, const char *s)
{
	return fails(FAIL_HEAP, "strdup") ? NULL : note(__real_strdup(s));
}

WRAP(char *, strndup, const char *s, size_t len)
{
	return fails(FAIL_HEAP, "strndup") ? NULL : note(__real_strndup(s, len));
}

int __wrap_asprintf(char **ret, const char *format, ...);
int __wrap_asprintf(char **ret, const char *format, ...)
{
	va_list args;
	int n;

	if (fails(FAIL_HEAP, "asprintf"))
		return -1;
	va_start(args, format);
	n = vasprintf(ret, format, args);
	va_end(args);
	if (n >= 0)
		note(*ret);
	return n;
}

/* --- system calls --- */

/* One that returns @failure when it fails, and else does what it always does. */
#define WRAP_CALL(kind, failure, ret, name, params, args)	\
	ret __real_##name params;				\
	ret __wrap_##name params;				\
	ret __wrap_##name params				\
	{							\
		if (fails(kind, #name))				\
			return failure;				\
		return __real_##name args;			\
	}

WRAP_CALL(FAIL_MEMORY, MAP_FAILED, void *, mmap,
	  (void *at, size_t len, int prot, int flags, int fd, off_t offset),
	  (at, len, prot, flags, fd, offset))
WRAP_CALL(FAIL_MEMORY, -1, int, memfd_create,
	  (const char *name, unsigned int flags),
	  (name, flags))
WRAP_CALL(FAIL_MEMORY, -1, int, ftruncate,
	  (int fd, off_t len),
	  (fd, len))
WRAP_CALL(FAIL_CALLS, -1, int, socket,
	  (int domain, int type, int protocol),
	  (domain, type, protocol))
WRAP_CALL(FAIL_CALLS, -1, int, connect,
	  (int fd, const struct sockaddr *a, socklen_t len),
	  (fd, a, len))
WRAP_CALL(FAIL_CALLS, -1, int, bind,
	  (int fd, const struct sockaddr *a, socklen_t len),
	  (fd, a, len))
WRAP_CALL(FAIL_CALLS, -1, int, listen,
	  (int fd, int n),
	  (fd, n))
WRAP_CALL(FAIL_CALLS, -1, int, accept4,
	  (int fd, struct sockaddr *a, socklen_t *len, int flags),
	  (fd, a, len, flags))
WRAP_CALL(FAIL_CALLS, -1, ssize_t, recvmsg,
	  (int fd, struct msghdr *m, int flags),
	  (fd, m, flags))
WRAP_CALL(FAIL_CALLS, -1, ssize_t, sendmsg,
	  (int fd, const struct msghdr *m, int flags),
	  (fd, m, flags))
WRAP_CALL(FAIL_CALLS, -1, ssize_t, send,
	  (int fd, const void *data, size_t len, int flags),
	  (fd, data, len, flags))
WRAP_CALL(FAIL_CALLS, -1, ssize_t, recv,
	  (int fd, void *data, size_t len, int flags),
	  (fd, data, len, flags))
WRAP_CALL(FAIL_CALLS, -1, ssize_t, read,
	  (int fd, void *data, size_t len),
	  (fd, data, len))
WRAP_CALL(FAIL_CALLS, -1, ssize_t, write,
	  (int fd, const void *data, size_t len),
	  (fd, data, len))
WRAP_CALL(FAIL_CALLS, -1, ssize_t, pread,
	  (int fd, void *data, size_t len, off_t at),
	  (fd, data, len, at))
WRAP_CALL(FAIL_CALLS, -1, ssize_t, pwrite,
	  (int fd, const void *data, size_t len, off_t at),
	  (fd, data, len, at))
WRAP_CALL(FAIL_CALLS, -1, int, poll,
	  (struct pollfd *p, nfds_t n, int ms),
	  (p, n, ms))
WRAP_CALL(FAIL_CALLS, -1, int, eventfd,
	  (unsigned int count, int flags),
	  (count, flags))
WRAP_CALL(FAIL_CALLS, -1, int, eventfd_read,
	  (int fd, eventfd_t *value),
	  (fd, value))
WRAP_CALL(FAIL_CALLS, -1, int, eventfd_write,
	  (int fd, eventfd_t value),
	  (fd, value))
WRAP_CALL(FAIL_CALLS, -1, int, stat,
	  (const char *path, struct stat *st),
	  (path, st))
WRAP_CALL(FAIL_CALLS, -1, int, lstat,
	  (const char *path, struct stat *st),
	  (path, st))
WRAP_CALL(FAIL_CALLS, -1, int, fstat,
	  (int fd, struct stat *st),
	  (fd, st))
WRAP_CALL(FAIL_CALLS, -1, int, getsockopt,
	  (int fd, int level, int name, void *value, socklen_t *len),
	  (fd, level, name, value, len))

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list args;

	if (fails(FAIL_CALLS, "open"))
		return -1;
	va_start(args, flags);
	if (flags & O_CREAT)
		mode = va_arg(args, mode_t);
	va_end(args);
	return __real_open(path, flags, mode);
}

int __real_fcntl(int fd, int command, ...);
int __wrap_fcntl(int fd, int command, ...);
int __wrap_fcntl(int fd, int command, ...)
{
	va_list args;
	long argument;

	if (fails(FAIL_CALLS, "fcntl"))
		return -1;
	va_start(args, command);
	argument = va_arg(args, long);
	va_end(args);
	return __real_fcntl(fd, command, argument);
}

/* It closes whatever it says. */
WRAP(int, close, int fd)
{
	int r = __real_close(fd);

	return fails(FAIL_CALLS, "close") ? -1 : r;
}

/* --- the clock --- */

WRAP(int, clock_gettime, clockid_t id, struct timespec *ts)
{
	int r = __real_clock_gettime(id, ts);

	if (id == CLOCK_MONOTONIC) {
		uint64_t us = (uint64_t)ts->tv_nsec / 1000 + skipped_us;

		ts->tv_sec += (time_t)(us / 1000000);
		ts->tv_nsec = (long)(us % 1000000) * 1000;
	}
	return r;
}

void fail_skip_us(uint64_t us)
{
	skipped_us += us;
}

void fail_unskip(void)
{
	skipped_us = 0;
}

uint64_t fail_skipped_us(void)
{
	return skipped_us;
}

/* --- what there is --- */

static unsigned int count_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	unsigned int n = 0;

	while (d && readdir(d))
		n++;
	if (d)
		closedir(d);
	return n;
}

static unsigned int count_maps(void)
{
	FILE *f = fopen("/proc/self/maps", "re");
	char line[512];
	unsigned int n = 0;

	while (f && fgets(line, sizeof(line), f))
		n += strstr(line, "memfd:") != NULL;
	if (f)
		fclose(f);
	return n;
}

struct fail_holdings fail_holdings(void)
{
	return (struct fail_holdings){ fail_n_held(), count_fds(), count_maps() };
}
