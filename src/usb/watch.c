#include "usb/watch.h"
#include "usb/modem.h"
#include <errno.h>
#include <libudev.h>
#include <stdlib.h>
#include <unistd.h>

enum { MOST_A_TURN = 16 };	/* news in one turn of the loop */

struct usb_watch {
	void (*fn)(void *user, enum usb_news news, const char *port);
	void *user;
	struct udev *udev;
	struct udev_monitor *monitor;
	struct loop_fd *fd;
	bool is_telling;	/* freed then, it lives until the news are told */
	bool is_freed;
};

static enum usb_news news_of(const char *action)
{
	if (!strcmp(action, "add"))
		return USB_CAME;
	return strcmp(action, "remove") ? USB_CHANGED : USB_LEFT;
}

static void tell(struct usb_watch *w, struct udev_device *device)
{
	const char *action = udev_device_get_action(device);
	const char *port = udev_device_get_sysname(device);

	if (action && port && usb_is_port(port))
		w->fn(w->user, news_of(action), port);
}

/* False: nothing is left. */
static bool tell_next(struct usb_watch *w)
{
	struct udev_device *device = udev_monitor_receive_device(w->monitor);

	if (device) {
		tell(w, device);
		udev_device_unref(device);
	} else if (errno == ENOBUFS) {
		w->fn(w->user, USB_MISSED, "");
	}
	return device;
}

static void destroy(struct usb_watch *w)
{
	if (w->monitor)
		udev_monitor_unref(w->monitor);
	if (w->udev)
		udev_unref(w->udev);
	free(w);
}

static void on_readable(void *user, int what)
{
	struct usb_watch *w = user;
	unsigned int n = MOST_A_TURN;

	(void)what;
	w->is_telling = true;
	while (n-- && tell_next(w) && !w->is_freed)
		;
	w->is_telling = false;
	if (w->is_freed)
		destroy(w);
}

/* Without udev the kernel's own word has to do: it makes the nodes then. */
static const char *group(void)
{
	return access("/run/udev/control", F_OK) ? "kernel" : "udev";
}

static int start(struct usb_watch *w, struct loop *loop)
{
	int r;

	w->udev = udev_new();
	if (!w->udev)
		return -ENOMEM;
	w->monitor = udev_monitor_new_from_netlink(w->udev, group());
	if (!w->monitor)
		return errno ? -errno : -ENOMEM;
	r = udev_monitor_filter_add_match_subsystem_devtype(w->monitor, "usb", "usb_device");
	if (r >= 0)
		r = udev_monitor_enable_receiving(w->monitor);
	if (r < 0)
		return r;
	w->fd = loop_watch(loop, udev_monitor_get_fd(w->monitor), LOOP_READ, on_readable, w);
	return w->fd ? 0 : -ENOMEM;
}

int usb_watch_new(struct loop *loop,
		  void (*fn)(void *user, enum usb_news news, const char *port),
		  void *user, struct usb_watch **ret_watch)
{
	struct usb_watch *w = calloc(1, sizeof(*w));
	int r;

	if (!w)
		return -ENOMEM;
	w->fn = fn;
	w->user = user;
	r = start(w, loop);
	if (r)
		usb_watch_free(w);
	else
		*ret_watch = w;
	return r;
}

void usb_watch_free(struct usb_watch *w)
{
	if (!w)
		return;
	loop_unwatch(w->fd);
	if (w->is_telling)
		w->is_freed = true;
	else
		destroy(w);
}
