/*
 * handle - struct usb_io through libusb: one open node of /dev/bus/usb, in our
 * loop.  Only this file and context.c know libusb.
 */
#pragma once
#include "base/text.h"
#include "io/loop.h"

struct usb_io;

/* What to open: the opener of struct usb_device_config. */
struct usb_node {
	struct loop *loop;	/* borrowed, as what follows */
	const char *path;	/* "/dev/bus/usb/001/002" */
	/* What sysfs said of it: when the node says something else, another
	 * device has come (-EPROTO).  Length 0: not compared. */
	const uint8_t *descriptors;
	size_t descriptors_len;
};

/* @node: struct usb_node.  0, or -errno and one sentence: -EACCES says which
 * udev rule helps. */
int usb_handle_open(void *node, struct usb_io **ret_io, struct text *ret_why);
