#include "fs/mountpoint.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "fs/fs.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <mntent.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

enum { MOST_STACKED = 64 };	/* dead mounts on one directory */

int mountpoint_fd(const char *path)
{
	static const char prefix[] = "/dev/fd/";
	uint64_t fd;

	if (strncmp(path, prefix, sizeof(prefix) - 1))
		return -1;
	if (text_to_u64(path + sizeof(prefix) - 1, 0, INT_MAX, &fd) < 0)
		return -1;
	return (int)fd;
}

int mountpoint_detach_dead(const char *path)
{
	struct statfs st;

	for (int i = 0; i < MOST_STACKED; i++) {
		/* Not lstat(): the kernel may answer that from memory. */
		if (statfs(path, &st) == 0 || errno != ENOTCONN)
			return 0;
		if (umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW) < 0)
			return -errno;
	}
	return -EBUSY;
}

/* Its real name without touching it: it may be a dead mount. */
static int real_name(const char *path, char ret_path[PATH_MAX])
{
	CLEANUP_FREE char *parent = strdup(path), *name = strdup(path);
	CLEANUP_FREE char *real = NULL;
	int len;

	if (!parent || !name)
		return -ENOMEM;
	real = realpath(dirname(parent), NULL);
	if (!real)
		return -errno;
	len = snprintf(ret_path, PATH_MAX, "%s/%s", strcmp(real, "/") ? real : "",
		       basename(name));
	return len < PATH_MAX ? 0 : -ENAMETOOLONG;
}

static bool is_mounted_by_us(const char *path)
{
	char real[PATH_MAX];
	struct mntent *m;
	bool found = false;
	FILE *f;

	if (real_name(path, real) < 0)
		return false;
	f = setmntent("/proc/self/mounts", "re");
	if (!f)
		return false;
	while (!found && (m = getmntent(f)))
		found = !strcmp(m->mnt_dir, real) && !strcmp(m->mnt_type, "fuse.mhifs");
	endmntent(f);
	return found;
}

static int refuse(struct text *why, int error, const char *path, const char *what)
{
	text_printf(why, "mount point %s %s", path, what);
	return error;
}

static int make_below_run(const char *path, struct text *why)
{
	CLEANUP_FREE char *part = strdup(path);

	if (!part)
		return -ENOMEM;
	for (char *p = part + strlen("/run/"); (p = strchr(p, '/')); p++) {
		*p = 0;
		mkdir(part, 0755);	/* the last one tells whether it went well */
		*p = '/';
	}
	if (mkdir(path, 0755) == 0 || errno == EEXIST)
		return 0;
	text_printf(why, "cannot make mount point %s: %s", path, strerror(errno));
	return -errno;
}

static bool is_empty(const char *path)
{
	DIR *d = opendir(path);
	struct dirent *e;
	bool is_empty = true;

	if (!d)
		return true;	/* mounting will tell what is wrong */
	while (is_empty && (e = readdir(d)))
		is_empty = !strcmp(e->d_name, ".") || !strcmp(e->d_name, "..");
	closedir(d);
	return is_empty;
}

static int check_dir(const char *path, struct text *why)
{
	struct stat st;

	if (lstat(path, &st) < 0) {
		if (errno == ENOENT && !strncmp(path, "/run/", 5))
			return make_below_run(path, why);
		text_printf(why, "mount point %s: %s", path, strerror(errno));
		return -errno;
	}
	if (S_ISLNK(st.st_mode))
		return refuse(why, -ELOOP, path,
			      "is a symbolic link; name the directory it stands for");
	if (!S_ISDIR(st.st_mode))
		return refuse(why, -ENOTDIR, path, "is not a directory");
	if (is_mounted_by_us(path))
		return refuse(why, -EBUSY, path, "is in use by a running mhifs");
	if (!is_empty(path))
		return refuse(why, -ENOTEMPTY, path, "is not empty; name an empty directory");
	return 0;
}

int mountpoint_hold(const char *path, int *ret_fd, struct text *ret_why)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r;

	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0)
		r = refuse(ret_why, -EBUSY, path, "is in use by a running mhifs");
	else
		r = check_dir(path, ret_why);
	if (!r)
		*ret_fd = fd;
	else if (fd >= 0)
		close(fd);
	return r;
}

int fs_prepare_mountpoint(const char *mountpoint, struct text *ret_why)
{
	CLEANUP_FREE char *path = strdup(mountpoint);
	size_t len = strlen(mountpoint);
	int fd = mountpoint_fd(mountpoint), r;

	if (!path)
		return -ENOMEM;
	if (fd >= 0) {
		if (fcntl(fd, F_GETFD) >= 0)
			return 0;
		return refuse(ret_why, -EBADF, path, "is not an open descriptor");
	}
	while (len > 1 && path[len - 1] == '/')
		path[--len] = 0;	/* "link/" would follow a link */
	r = mountpoint_detach_dead(path);
	if (r < 0) {
		text_printf(ret_why, "mount point %s holds a dead mount and cannot be "
			    "unmounted: %s; as root: umount -l %s", path, strerror(-r), path);
		return r;
	}
	return check_dir(path, ret_why);
}
