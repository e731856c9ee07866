#include "device/firmware.h"
#include "base/cleanup.h"
#include <errno.h>
#include <fcntl.h>

enum { MOST_NAME = 255, MOST_DEPTH = 16 };

static int refuse(const char *name, int error, const char *why, struct text *ret_why)
{
	text_add(ret_why, "image ");
	text_add_escaped(ret_why, name, strlen(name));
	text_printf(ret_why, ": %s", why);
	return error;
}

static bool is_step(const char *step, size_t len)
{
	return len && len <= MOST_NAME && !(len == 1 && step[0] == '.') &&
	       !(len == 2 && step[0] == '.' && step[1] == '.');
}

/* Opens the next part of a path in @dir, whatever it is, but no link.  Nothing
 * is opened that could wait: a pipe opens at once. */
static int open_step(int dir, const char *step, size_t len, bool is_last)
{
	char part[MOST_NAME + 1];
	int fd;

	if (!is_step(step, len))
		return -EINVAL;
	memcpy(part, step, len);
	part[len] = '\0';
	fd = openat(dir, part, O_NOFOLLOW | O_CLOEXEC |
		    (is_last ? O_RDONLY | O_NONBLOCK | O_NOCTTY : O_PATH | O_DIRECTORY));
	return fd < 0 ? -errno : fd;
}

/* The file behind a path of at least one part; its directories are left. */
static int open_below(const char *dir, const char *name)
{
	CLEANUP_CLOSE int at = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int fd = at < 0 ? -errno : -EINVAL;

	for (int depth = 0; at >= 0 && depth < MOST_DEPTH; depth++) {
		size_t len = strcspn(name, "/");

		fd = open_step(at, name, len, !name[len]);
		if (fd < 0 || !name[len])
			return fd;
		close(at);
		at = fd;
		fd = -EINVAL;
		name += len + 1;
	}
	return fd;
}

bool firmware_is_there(const char *dir, const char *name)
{
	CLEANUP_CLOSE int fd = open_below(dir, name);

	return fd != -ENOENT && fd != -ENOTDIR;
}

static int judge(struct firmware *f, const char *name, struct text *ret_why)
{
	const struct stat *st = &f->as_opened;

	if (fstat(f->fd, &f->as_opened) < 0)
		return refuse(name, -errno, strerror(errno), ret_why);
	if (S_ISDIR(st->st_mode))
		return refuse(name, -EISDIR, "is a directory", ret_why);
	if (!S_ISREG(st->st_mode))
		return refuse(name, -EINVAL, "is no plain file", ret_why);
	if (!st->st_size)
		return refuse(name, -ENODATA, "is empty", ret_why);
	if (st->st_size > FIRMWARE_MOST)
		return refuse(name, -EFBIG, "is larger than 512 MiB", ret_why);
	f->len = (size_t)st->st_size;
	return 0;
}

int firmware_open(struct firmware *f, const char *dir, const char *name, struct text *ret_why)
{
	int r;

	*f = (struct firmware){ .fd = open_below(dir, name) };
	if (f->fd == -EINVAL)
		return refuse(name, f->fd, "the name leads out of the firmware folder", ret_why);
	if (f->fd == -ELOOP)
		return refuse(name, f->fd, "is a symbolic link", ret_why);
	if (f->fd < 0) {
		refuse(name, f->fd, strerror(-f->fd), ret_why);
		text_printf(ret_why, " (in %s)", dir);
		return f->fd;
	}
	r = judge(f, name, ret_why);
	if (r)
		firmware_close(f);
	return r;
}

void firmware_cut(struct firmware *f, size_t from, size_t len)
{
	f->from = min_size(from, f->len);
	f->len = min_size(len, f->len - f->from);
}

bool firmware_is_elf_at(const struct firmware *f, size_t at)
{
	static const char magic[] = { 0x7f, 'E', 'L', 'F' };
	char bytes[sizeof(magic)];

	return pread(f->fd, bytes, sizeof(bytes), (off_t)at) == sizeof(bytes) &&
	       !memcmp(bytes, magic, sizeof(magic));
}

static bool has_changed(const struct firmware *f)
{
	const struct stat *then = &f->as_opened;
	struct stat now;

	return fstat(f->fd, &now) < 0 || now.st_size != then->st_size ||
	       now.st_mtim.tv_sec != then->st_mtim.tv_sec ||
	       now.st_mtim.tv_nsec != then->st_mtim.tv_nsec;
}

int firmware_read(struct firmware *f, void *image, struct text *ret_why)
{
	size_t most = min_size(FIRMWARE_PIECE, f->len - f->at);
	ssize_t n = pread(f->fd, (uint8_t *)image + f->at, most,
			  (off_t)(f->from + f->at));

	if (n < 0 && errno == EINTR)
		return FIRMWARE_MORE;
	if (n < 0) {
		text_printf(ret_why, "the image cannot be read at %zu: %s",
			    f->from + f->at, strerror(errno));
		return -errno;
	}
	f->at += (size_t)n;
	if (n && f->at < f->len)
		return FIRMWARE_MORE;
	if (!n || has_changed(f)) {
		text_printf(ret_why, "the image changed while it was read, at %zu of %zu",
			    f->from + f->at, f->from + f->len);
		return -ESTALE;
	}
	return FIRMWARE_WHOLE;
}

void firmware_close(struct firmware *f)
{
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
}
