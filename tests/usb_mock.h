/*
 * usb_mock - a USB bus made of umockdev and simulated modems.
 *
 * Ports 1-1 to 1-4 of a bus, each with a gadget behind it.  A gadget that is
 * plugged in gets a node: sysfs files, a udev event and /dev/bus/usb/001/NNN,
 * with a number that no device had before.  Programs in the mock environment
 * see it through an unmodified libusb and libudev.
 *
 * usb_mock.c obeys words, usb_mock_node.c is usbfs, usb_mock_tree.c is sysfs.
 */
#pragma once
#include "sim/gadget.h"
#include <umockdev.h>

enum { PORTS = 4, INTERFACES = 32 };

struct node;

struct port {
	char name[8];		/* "1-1" */
	struct gadget *gadget;
	struct node *node;	/* NULL: nothing is plugged in */
	GByteArray *lie;	/* descriptors to show instead; or NULL */
	bool is_old;		/* its controller takes 16 KiB at once */
	bool is_silent;		/* udev hears nothing when the gadget leaves */
	unsigned long leave_at;	/* unplug when this ioctl comes; 0: never */
};

/* Who has an interface: a client by usbfs, or a driver of the kernel. */
struct holder {
	UMockdevIoctlClient *client;
	bool is_stranger;	/* another program by usbfs */
	char driver[24];	/* "": none */
};

struct node {
	struct port *port;
	unsigned int devnum;
	bool is_gone, is_listed;	/* in sysfs */
	char path[64];		/* "/dev/bus/usb/001/002" */
	char syspath[128];
	UMockdevIoctlBase *base;
	int fifo;		/* writable when there is something to reap */
	unsigned int n_clients;
	guint read;		/* of the descriptors */
	struct holder holders[INTERFACES];
	GQueue flying, done;	/* of struct mock_urb */
};

extern UMockdevTestbed *testbed;
extern struct timers timers;
extern GMutex mock_lock;	/* umockdev has a thread of its own */

/* Time passes, and timers are armed: call after whatever may have moved one. */
void mock_turn(void);

/* usb_mock_node.c */
struct node *node_new(struct port *p, unsigned int devnum);
void node_attach(struct node *n);	/* once it is listed */
void node_leave(struct node *n);	/* nothing goes any more; it stays for its clients */
void node_urb_done(struct node *n, struct gadget_urb *urb);
void node_kill(struct node *n, unsigned int interface, int status);	/* its URBs */
/* Another driver takes an interface away: -ENOENT to what flies. */
void node_steal(struct node *n, unsigned int interface, const char *driver);
struct node *node_of(struct gadget_urb *urb);

/* usb_mock_tree.c */
void tree_init(void);
void tree_add(struct node *n);		/* with its kernel drivers, and an event */
void tree_remove(struct node *n);	/* with an event */
void tree_set_driver(struct node *n, unsigned int interface, const char *driver);
const char *tree_native_driver(struct node *n, unsigned int interface);
/* What the device says, or lies. */
GByteArray *tree_descriptors(struct node *n);
