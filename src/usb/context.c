#include "usb/context.h"
#include <errno.h>
#include <poll.h>
#include <stdlib.h>

struct watch {
	struct list node;
	int fd;
	struct loop_fd *event;
};

struct usb_context {
	libusb_context *libusb;
	struct loop *loop;
	struct list watches;
	bool has_missed;	/* one that should be watched */
	void (*fd_left)(void *user, int fd);
	void *user;
};

int usb_errno(int libusb_error)
{
	switch (libusb_error) {
	case LIBUSB_SUCCESS:
		return 0;
	case LIBUSB_ERROR_NO_DEVICE:
		return -ENODEV;
	case LIBUSB_ERROR_NOT_FOUND:
		return -ENOENT;
	case LIBUSB_ERROR_NO_MEM:
		return -ENOMEM;
	case LIBUSB_ERROR_BUSY:
		return -EBUSY;
	case LIBUSB_ERROR_ACCESS:
		return -EACCES;
	case LIBUSB_ERROR_PIPE:
		return -EPIPE;
	case LIBUSB_ERROR_TIMEOUT:
		return -ETIMEDOUT;
	case LIBUSB_ERROR_INVALID_PARAM:
		return -EINVAL;
	default:
		return -EIO;
	}
}

static void on_ready(void *user, int what)
{
	struct usb_context *c = user;
	struct timeval none = { 0 };

	(void)what;
	libusb_handle_events_timeout_completed(c->libusb, &none, NULL);
}

static void LIBUSB_CALL on_added(int fd, short events, void *user)
{
	struct usb_context *c = user;
	struct watch *w = calloc(1, sizeof(*w));

	if (!w) {
		c->has_missed = true;
		return;
	}
	w->fd = fd;
	w->event = loop_watch(c->loop, fd, (events & POLLIN ? LOOP_READ : 0) |
					   (events & POLLOUT ? LOOP_WRITE : 0), on_ready, c);
	c->has_missed |= !w->event;
	list_append(&c->watches, &w->node);
}

static void unwatch(struct watch *w)
{
	loop_unwatch(w->event);
	list_remove(&w->node);
	free(w);
}

/* The descriptor of an unplugged device is ready for ever: the watch ends in
 * the same call of libusb that notices. */
static void LIBUSB_CALL on_removed(int fd, void *user)
{
	struct usb_context *c = user;
	struct watch *w, *tmp;

	list_for_each_safe(w, tmp, &c->watches, node)
		if (w->fd == fd)
			unwatch(w);
	c->fd_left(c->user, fd);
}

static void watch_first(struct usb_context *c)
{
	const struct libusb_pollfd **fds = libusb_get_pollfds(c->libusb);

	for (size_t i = 0; fds && fds[i]; i++)
		on_added(fds[i]->fd, fds[i]->events, c);
	libusb_free_pollfds(fds);
	libusb_set_pollfd_notifiers(c->libusb, on_added, on_removed, c);
}

int usb_context_new(struct loop *l, void (*fd_left)(void *user, int fd), void *user,
		    struct usb_context **ret_context)
{
	struct usb_context *c = calloc(1, sizeof(*c));
	int r;

	if (!c)
		return -ENOMEM;
	/* Before init, else there is a thread that waits for hot-plug.  Source:
	 * libusb 1.0.26, where the option is one of the whole process. */
	r = usb_errno(libusb_set_option(NULL, LIBUSB_OPTION_NO_DEVICE_DISCOVERY));
	if (!r)
		r = usb_errno(libusb_init(&c->libusb));
	if (r < 0) {
		free(c);
		return r;
	}
	c->loop = l;
	c->fd_left = fd_left;
	c->user = user;
	list_init(&c->watches);
	watch_first(c);
	*ret_context = c;
	return 0;
}

void usb_context_free(struct usb_context *c)
{
	struct watch *w, *tmp;

	if (!c)
		return;
	libusb_set_pollfd_notifiers(c->libusb, NULL, NULL, NULL);
	list_for_each_safe(w, tmp, &c->watches, node)
		unwatch(w);
	libusb_exit(c->libusb);
	free(c);
}

libusb_context *usb_context_get(struct usb_context *c)
{
	return c->libusb;
}

bool usb_context_is_watching(const struct usb_context *c)
{
	return !c->has_missed;
}
