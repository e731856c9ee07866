#include "service/pty.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

static int open_slave(struct pty *p, char *name, size_t size)
{
	struct termios raw;

	if (grantpt(p->master) || unlockpt(p->master) || ptsname_r(p->master, name, size))
		return -errno;
	p->slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (p->slave < 0 || tcgetattr(p->slave, &raw))
		return -errno;
	cfmakeraw(&raw);
	return tcsetattr(p->slave, TCSANOW, &raw) ? -errno : 0;
}

/* Only a link is ours to replace. */
static int make_link(const char *path, const char *target)
{
	char fresh[PATH_MAX];
	struct stat st;

	if (!lstat(path, &st) && !S_ISLNK(st.st_mode))
		return -EEXIST;
	if ((size_t)snprintf(fresh, sizeof(fresh), "%s.new", path) >= sizeof(fresh))
		return -ENAMETOOLONG;
	unlink(fresh);
	return symlink(target, fresh) || rename(fresh, path) ? -errno : 0;
}

static int watch_slave(struct pty *p, const char *name)
{
	p->news = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (p->news < 0)
		return -errno;
	return inotify_add_watch(p->news, name, IN_OPEN | IN_CLOSE) < 0 ? -errno : 0;
}

int pty_open(struct pty *p, const char *path, mode_t mode, uid_t uid, gid_t gid)
{
	char name[64];
	int r;

	*p = (struct pty){ .slave = -1, .news = -1, .path = path };
	p->master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	r = p->master < 0 ? -errno : open_slave(p, name, sizeof(name));
	if (!r && (fchown(p->slave, uid, gid) || fchmod(p->slave, mode)))
		r = -errno;
	if (!r)
		r = watch_slave(p, name);
	if (!r)
		r = make_link(path, name);
	if (r) {
		p->path = NULL;
		pty_close(p);
	}
	return r;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void pty_close(struct pty *p)
{
	if (p->path)
		unlink(p->path);
	p->path = NULL;
	close_fd(&p->news);
	close_fd(&p->slave);
	close_fd(&p->master);
	p->n_users = 0;
	p->was_opened = false;
}

void pty_count_users(struct pty *p)
{
	/* A node that is watched itself gives events without a name. */
	struct inotify_event news[32];
	ssize_t n = read(p->news, news, sizeof(news));

	for (size_t i = 0; n > 0 && i < (size_t)n / sizeof(news[0]); i++) {
		if (news[i].mask & IN_OPEN) {
			p->n_users++;
			p->was_opened = true;
		} else if (news[i].mask & IN_CLOSE && p->n_users) {
			p->n_users--;
		}
	}
}
