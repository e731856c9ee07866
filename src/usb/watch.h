/*
 * watch - USB devices that come, change and leave, as udev tells them: a device
 * that came has its node, and the node its permissions.
 */
#pragma once
#include "io/loop.h"

struct usb_watch;

enum usb_news {
	USB_CAME,
	USB_CHANGED,	/* another configuration, or drivers bound to it */
	USB_LEFT,
	USB_MISSED,	/* some news were lost: look again at all; no port */
};

/* @fn is called from the loop, with a port as "1-4"; it may free the watch.
 * 0 or -errno. */
int usb_watch_new(struct loop *loop,
		  void (*fn)(void *user, enum usb_news news, const char *port),
		  void *user, struct usb_watch **ret_watch);
void usb_watch_free(struct usb_watch *w);	/* safe on NULL */
