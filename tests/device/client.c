#include "client.h"
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>

ssize_t try_read(int fd, void *bytes, size_t len)
{
	ssize_t n = read(fd, bytes, len);

	return n < 0 ? -errno : n;
}

ssize_t try_write(int fd, const void *bytes, size_t len)
{
	ssize_t n = write(fd, bytes, len);

	return n < 0 ? -errno : n;
}

size_t write_until_full(int fd, const void *bytes, size_t len)
{
	int flags = fcntl(fd, F_GETFL);
	size_t all = 0;

	ck_assert_int_eq(fcntl(fd, F_SETFL, flags | O_NONBLOCK), 0);
	for (int full = 0; full < 20; full++, usleep(2000))
		for (ssize_t n; (n = try_write(fd, bytes, len)) > 0; full = 0)
			all += (size_t)n;
	ck_assert_int_eq(fcntl(fd, F_SETFL, flags), 0);
	return all;
}

int become(uid_t uid, gid_t gid)
{
	return setgroups(0, NULL) || setgid(gid) || setuid(uid) ? -1 : 0;
}

void write_all(int fd, const void *bytes, size_t len)
{
	const uint8_t *p = bytes;

	while (len) {
		ssize_t n = try_write(fd, p, len);

		ck_assert_msg(n > 0, "write: %s", strerror((int)-n));
		p += n;
		len -= (size_t)n;
	}
}

void read_all(int fd, void *bytes, size_t len)
{
	uint8_t *p = bytes;

	while (len) {
		ssize_t n = try_read(fd, p, len);

		ck_assert_msg(n > 0, "read: %s", n ? strerror((int)-n) : "end of file");
		p += n;
		len -= (size_t)n;
	}
}

static void *run(void *user)
{
	struct client *c = user;

	__atomic_store_n(&c->tid, gettid(), __ATOMIC_RELEASE);
	c->result = c->call == SYS_read ? try_read(c->fd, c->bytes, c->len) :
					  try_write(c->fd, c->bytes, c->len);
	return NULL;
}

static void start(struct client *c, long call, int fd, void *bytes, size_t len)
{
	*c = (struct client){ .fd = fd, .call = call, .bytes = bytes, .len = len };
	ck_assert_int_eq(pthread_create(&c->thread, NULL, run, c), 0);
}

void client_read(struct client *c, int fd, void *bytes, size_t len)
{
	start(c, SYS_read, fd, bytes, len);
}

void client_write(struct client *c, int fd, void *bytes, size_t len)
{
	start(c, SYS_write, fd, bytes, len);
}

/* The kernel says in which call a sleeping task is. */
static bool sleeps_in(pid_t tid, long call)
{
	char path[64], line[128] = "", *end;
	long got;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/syscall", (int)tid);
	f = fopen(path, "re");
	if (!f)
		return false;
	if (!fgets(line, sizeof(line), f))
		line[0] = 0;
	fclose(f);
	got = strtol(line, &end, 10);
	return end != line && got == call;
}

void client_wait_parked(struct client *c, const struct mount *m)
{
	WAIT_FOR(__atomic_load_n(&c->tid, __ATOMIC_ACQUIRE) && sleeps_in(c->tid, c->call));
	mount_barrier(m);
}

ssize_t client_join(struct client *c)
{
	struct timespec end;

	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec += DEADLINE_MS / 1000;
	ck_assert_msg(pthread_timedjoin_np(c->thread, NULL, &end) == 0, "the call never ended");
	return c->result;
}

pid_t child_start(int (*fn)(void *user), void *user)
{
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		/* Check's handlers would kill the whole test. */
		signal(SIGINT, SIG_DFL);
		signal(SIGTERM, SIG_DFL);
		_exit(fn(user));
	}
	return pid;
}

void child_wait_parked(pid_t pid, long call, const struct mount *m)
{
	WAIT_FOR(sleeps_in(pid, call));
	mount_barrier(m);
}

int child_join(pid_t pid)
{
	int status;

	WAIT_FOR(waitpid(pid, &status, WNOHANG) == pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static void ignore(int signo)
{
	(void)signo;
}

void catch_signal(int signo, int flags)
{
	struct sigaction sa = { .sa_handler = ignore, .sa_flags = flags };

	ck_assert_int_eq(sigaction(signo, &sa, NULL), 0);
}

bool socket_is_served(const char *path)
{
	FILE *f = fopen("/proc/net/unix", "re");
	char line[512], flags[16], at[256];
	bool found = false;

	while (f && !found && fgets(line, sizeof(line), f))
		found = sscanf(line, "%*s %*s %*s %15s %*s %*s %*s %255s", flags, at) == 2 &&
			!strcmp(flags, "00010000") && !strcmp(at, path);
	if (f)
		fclose(f);
	return found;
}
