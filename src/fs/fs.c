#include "fs/fs.h"
#include "base/cleanup.h"
#include "fs/calls.h"
#include "fs/mountpoint.h"
#include "io/log.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

/* Requests taken in one turn: usually one, since its client waits for the
 * answer and looking for a second costs a system call.  Every so often we look,
 * and as long as there is a second one we take up to 16. */
enum { MOST_REQUESTS = 16, TURNS_TO_LOOK = 64 };

struct fs {
	struct calls calls;
	struct loop *loop;		/* borrowed */
	const struct fs_ops *ops;	/* borrowed */
	void *user;
	struct fuse_session *session;
	struct loop_fd *watch;
	struct fuse_buf buf;		/* libfuse allocates its memory, once */
	char *mountpoint;		/* absolute; NULL: handed in as a descriptor */
	int hold;			/* of the mount point; -1: none */
	unsigned int turns;
	bool is_busy;			/* the last look found a second request */
	bool has_told;			/* ops->answers was called */
};

/* Where libfuse's own message goes while it mounts, so that the operator gets
 * one line: libfuse's callback has no user pointer. */
static struct text *mount_message;

static void on_fuse_log(enum fuse_log_level level, const char *format, va_list args)
{
	char line[512];

	vsnprintf(line, sizeof(line), format, args);
	if (mount_message && level <= FUSE_LOG_ERR) {
		text_add(mount_message, line);	/* often a piece of a line */
		return;
	}
	line[strcspn(line, "\n")] = 0;
	if (level <= FUSE_LOG_WARNING)
		log_warn("fuse", "%s", line);
	else
		log_debug("fuse", "%s", line);
}

/* What libfuse said, as the end of our own line. */
static void add_message(struct text *why, struct text *message)
{
	for (size_t i = 0; i < message->len; i++)
		if (message->bytes[i] == '\n')
			message->bytes[i] = ' ';
	while (message->len && message->bytes[message->len - 1] == ' ')
		message->len--;
	if (message->len)
		text_printf(why, ": %.*s", (int)message->len, message->bytes);
}

static unsigned int budget(struct fs *fs)
{
	return fs->is_busy || ++fs->turns % TURNS_TO_LOOK == 0 ? MOST_REQUESTS : 1;
}

static void end(struct fs *fs)
{
	loop_unwatch(fs->watch);
	fs->watch = NULL;
	if (fs->ops->ended)
		fs->ops->ended(fs->user);
}

static void tell_first_answer(struct fs *fs)
{
	if (fs->has_told || !fs->calls.is_answering)
		return;
	fs->has_told = true;
	if (fs->ops->answers)
		fs->ops->answers(fs->user);
}

static void on_kernel(void *user, int what)
{
	struct fs *fs = user;
	unsigned int most = budget(fs), n;
	int r = 0;

	(void)what;
	for (n = 0; n < most; n++) {
		r = fuse_session_receive_buf(fs->session, &fs->buf);
		if (r <= 0)
			break;
		fuse_session_process_buf(fs->session, &fs->buf);
	}
	fs->is_busy = n > 1;
	if ((r <= 0 && r != -EAGAIN && r != -EINTR) || fuse_session_exited(fs->session))
		end(fs);	/* may free fs */
	else
		tell_first_answer(fs);
}

static void warn_of_timeout(const char *name)
{
	char path[128], value[32] = "";
	FILE *f;

	snprintf(path, sizeof(path), "/proc/sys/fs/fuse/%s", name);
	f = fopen(path, "re");
	if (!f)
		return;		/* an older kernel has no such limit */
	if (fgets(value, sizeof(value), f) && strcmp(value, "0\n"))
		log_warn(NULL, "fs.fuse.%s is %.*s: the first read that waits longer "
			 "ends the whole mount; set it to 0", name,
			 (int)strcspn(value, "\n"), value);
	fclose(f);
}

static int check_device(struct text *why)
{
	CLEANUP_CLOSE int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);

	if (fd >= 0)
		return 0;
	text_printf(why, "cannot open /dev/fuse: %s; %s", strerror(errno),
		    errno == EACCES || errno == EPERM ?
		    "run as root or allow access to it" : "load the module: modprobe fuse");
	return -errno;
}

static int session_new(struct fs *fs, const struct fs_options *o, struct text *why)
{
	struct fuse_args args = FUSE_ARGS_INIT(0, NULL);
	int r = 0;

	if (fuse_opt_add_arg(&args, "mhifs") ||
	    fuse_opt_add_arg(&args, "-ofsname=mhifs,subtype=mhifs,allow_other,"
			     "default_permissions") ||
	    (o->debug && fuse_opt_add_arg(&args, "-d")) ||
	    (o->fuse_options && (fuse_opt_add_arg(&args, "-o") ||
				 fuse_opt_add_arg(&args, o->fuse_options))))
		r = -ENOMEM;
	if (r == 0) {
		fs->session = fuse_session_new(&args, &calls_ops, sizeof(calls_ops),
					       &fs->calls);
		r = fs->session ? 0 : -EINVAL;
	}
	if (r < 0)
		text_printf(why, "cannot start a FUSE session with options \"%s\"",
			    o->fuse_options ? o->fuse_options : "");
	fuse_opt_free_args(&args);
	return r;
}

static int session_mount(struct fs *fs, const char *mountpoint, struct text *why)
{
	int fd, r;

	if (mountpoint_fd(mountpoint) < 0) {
		/* The daemon may change its directory later. */
		fs->mountpoint = realpath(mountpoint, NULL);
		if (!fs->mountpoint) {
			text_printf(why, "mount point %s: %s", mountpoint, strerror(errno));
			return -errno;
		}
		mountpoint = fs->mountpoint;
		r = mountpoint_hold(mountpoint, &fs->hold, why);
		if (r < 0)
			return r;
	}
	errno = 0;
	if (fuse_session_mount(fs->session, mountpoint)) {
		text_printf(why, "cannot mount on %s", mountpoint);
		return errno ? -errno : -EIO;
	}
	fd = fuse_session_fd(fs->session);
	if (fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) < 0) {
		text_printf(why, "cannot serve %s: %s", mountpoint, strerror(errno));
		return -errno;
	}
	fs->watch = loop_watch(fs->loop, fd, LOOP_READ, on_kernel, fs);
	return fs->watch ? 0 : -ENOMEM;
}

static int start(struct fs *fs, const struct fs_options *o, struct text *why)
{
	int r;

	if (mountpoint_fd(o->mountpoint) < 0) {
		r = check_device(why);
		if (r < 0)
			return r;
	}
	r = session_new(fs, o, why);
	if (r < 0)
		return r;
	return session_mount(fs, o->mountpoint, why);
}

int fs_mount(struct loop *l, struct registry *r, const struct fs_options *o,
	     const struct fs_ops *ops, void *user, struct fs **ret_fs, struct text *ret_why)
{
	struct text message = TEXT_INIT;
	struct fs *fs = calloc(1, sizeof(*fs));
	int error;

	if (!fs)
		return -ENOMEM;
	fs->hold = -1;
	fs->loop = l;
	fs->ops = ops;
	fs->user = user;
	fuse_set_log_func(on_fuse_log);
	warn_of_timeout("default_request_timeout");
	warn_of_timeout("max_request_timeout");
	error = calls_init(&fs->calls, l, r, o->single);
	if (error == 0) {
		mount_message = &message;
		error = start(fs, o, ret_why);
		mount_message = NULL;
	}
	if (error < 0)
		add_message(ret_why, &message);
	text_fini(&message);
	if (error < 0) {
		fs_unmount(fs);
		return error;
	}
	*ret_fs = fs;
	return 0;
}

void fs_unmount(struct fs *fs)
{
	if (!fs)
		return;
	calls_end(&fs->calls);
	loop_unwatch(fs->watch);
	calls_fini(&fs->calls);
	if (fs->session) {
		fuse_session_unmount(fs->session);
		fuse_session_destroy(fs->session);
	}
	/* libfuse leaves a mount alone whose connection was aborted. */
	if (fs->mountpoint)
		mountpoint_detach_dead(fs->mountpoint);
	if (fs->hold >= 0)
		close(fs->hold);
	free(fs->buf.mem);
	free(fs->mountpoint);
	free(fs);
}
