/*
 * ffs - a USB device that the kernel makes: two functions of FunctionFS on the
 * first device controller there is.
 *
 * Interface 0 (ff/ff/30) echoes on a bulk pair, a transfer for a transfer.
 * Interface 1 (ff/ff/ff) takes encapsulated commands and gives each back as its
 * response, with a notification, as long as DTR is up.
 *
 * Prints "ready" and serves until killed, which pulls the device; the next one
 * finds the files of the last.
 */
#include "base/bytes.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/usb/ch9.h>
#include <linux/usb/functionfs.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define GADGET "/sys/kernel/config/usb_gadget/modem"
#define FUNCTION "/dev/ffs"

enum {
	BULK_PACKET = 512, NOTICE_PACKET = 16, MESSAGE_MAX = 4096,
	SEND_COMMAND = 0x00, GET_RESPONSE = 0x01, SET_LINE = 0x22,
	CONTROL_INTERFACE = 1,
};

struct pair {
	struct usb_interface_descriptor interface;
	struct usb_endpoint_descriptor_no_audio in, out;
} __attribute__((packed));

struct triple {
	struct usb_interface_descriptor interface;
	struct usb_endpoint_descriptor_no_audio notify, in, out;
} __attribute__((packed));

#define INTERFACE(number, n, protocol)                                             \
	{ sizeof(struct usb_interface_descriptor), USB_DT_INTERFACE, (number), 0, (n), \
	  USB_CLASS_VENDOR_SPEC, 0xff, (protocol), 0 }
#define ENDPOINT(address, type, packet, interval)                                  \
	{ 7, USB_DT_ENDPOINT, (address), (type), (packet), (interval) }

static const struct {
	struct usb_functionfs_descs_head_v2 head;
	uint32_t n_high;
	struct pair echo;
	struct triple control;
} __attribute__((packed)) descriptors = {
	.head = { FUNCTIONFS_DESCRIPTORS_MAGIC_V2, sizeof(descriptors), FUNCTIONFS_HAS_HS_DESC },
	.n_high = 7,
	.echo = {
		INTERFACE(0, 2, 0x30),
		ENDPOINT(USB_DIR_IN | 1, USB_ENDPOINT_XFER_BULK, BULK_PACKET, 0),
		ENDPOINT(2, USB_ENDPOINT_XFER_BULK, BULK_PACKET, 0),
	},
	.control = {
		INTERFACE(1, 3, 0xff),
		ENDPOINT(USB_DIR_IN | 3, USB_ENDPOINT_XFER_INT, NOTICE_PACKET, 6),
		ENDPOINT(USB_DIR_IN | 4, USB_ENDPOINT_XFER_BULK, BULK_PACKET, 0),
		ENDPOINT(5, USB_ENDPOINT_XFER_BULK, BULK_PACKET, 0),
	},
};

static const struct {
	struct usb_functionfs_strings_head head;
	uint16_t language;
	char word[8];
} __attribute__((packed)) strings = {
	.head = { FUNCTIONFS_STRINGS_MAGIC, sizeof(strings), 1, 1 },
	.language = 0x0409,
	.word = "Echoing",
};

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void put(const char *path, const char *words)
{
	int fd = open(path, O_WRONLY | O_CREAT, 0644);

	if (fd < 0 || write(fd, words, strlen(words)) < 0)
		die(path);
	close(fd);
}

static void make_gadget(void)
{
	mount("none", "/sys/kernel/config", "configfs", 0, NULL);
	mkdir(GADGET, 0755);
	put(GADGET "/idVendor", "0x1209");
	put(GADGET "/idProduct", "0x0001");
	mkdir(GADGET "/strings/0x409", 0755);
	put(GADGET "/strings/0x409/manufacturer", "mhifs");
	put(GADGET "/strings/0x409/product", "Gadget");
	mkdir(GADGET "/configs/c.1", 0755);
	mkdir(GADGET "/functions/ffs.x", 0755);
	if (symlink(GADGET "/functions/ffs.x", GADGET "/configs/c.1/ffs.x") < 0 &&
	    errno != EEXIST)
		die("symlink");
	if (mkdir(FUNCTION, 0755) < 0)
		return;
	if (mount("x", FUNCTION, "functionfs", 0, NULL) < 0)
		die("functionfs");
}

static int describe(void)
{
	int fd = open(FUNCTION "/ep0", O_RDWR);

	if (fd < 0 || write(fd, &descriptors, sizeof(descriptors)) < 0)
		die("descriptors");
	if (write(fd, &strings, sizeof(strings)) < 0)
		die("strings");
	return fd;
}

static void plug_in(void)
{
	DIR *dir = opendir("/sys/class/udc");
	const struct dirent *e;

	while (dir && (e = readdir(dir)))
		if (e->d_name[0] != '.') {
			put(GADGET "/UDC", e->d_name);
			closedir(dir);
			return;
		}
	die("no device controller");
}

static int open_endpoint(const char *path)
{
	int fd = open(path, O_RDWR);

	if (fd < 0)
		die(path);
	return fd;
}

/* A transfer ends with a short packet, or an empty one, in either direction. */
static void *echo(void *unused)
{
	static char bytes[65536];
	int in = open_endpoint(FUNCTION "/ep1"), out = open_endpoint(FUNCTION "/ep2");

	(void)unused;
	for (;;) {
		ssize_t n = read(out, bytes, sizeof(bytes));

		if (n > 0 && (write(in, bytes, (size_t)n) < 0 ||
			      (n % BULK_PACKET == 0 && write(in, bytes, 0) < 0)))
			perror("ffs: echo");
		else if (n < 0)
			usleep(10000);	/* nobody has configured us, yet or any more */
	}
	return NULL;
}

static uint8_t response[MESSAGE_MAX];
static ssize_t response_len;
static bool is_up;
static int notify_in;

static void notify(void)
{
	static const uint8_t notice[8] = { 0xa1, 0x01, 0, 0, CONTROL_INTERFACE };

	if (is_up && write(notify_in, notice, sizeof(notice)) < 0)
		perror("ffs: notify");
}

/* A request is refused by moving data the wrong way. */
static void refuse(int ep0, bool is_in)
{
	uint8_t none;

	if ((is_in ? read(ep0, &none, 0) : write(ep0, &none, 0)) >= 0)
		fprintf(stderr, "ffs: not refused\n");
}

static void take_request(int ep0, const struct usb_ctrlrequest *q)
{
	size_t len = min_size(le16toh(q->wLength), sizeof(response));

	if (q->bRequest == SET_LINE) {
		is_up = le16toh(q->wValue) & 1;
		if (read(ep0, response, 0) < 0)
			perror("ffs: line");
	} else if (q->bRequest == SEND_COMMAND) {
		response_len = read(ep0, response, len);
		if (response_len > 0)
			notify();
	} else if (q->bRequest == GET_RESPONSE) {
		len = min_size(len, response_len > 0 ? (size_t)response_len : 0);
		response_len = 0;
		if (write(ep0, response, len) < 0)
			perror("ffs: response");
	} else {
		refuse(ep0, q->bRequestType & USB_DIR_IN);
	}
}

int main(void)
{
	struct usb_functionfs_event e;
	pthread_t thread;
	int ep0;

	make_gadget();
	ep0 = describe();
	notify_in = open_endpoint(FUNCTION "/ep3");
	if (pthread_create(&thread, NULL, echo, NULL))
		die("thread");
	plug_in();
	puts("ready");
	fflush(stdout);
	while (read(ep0, &e, sizeof(e)) == sizeof(e))
		if (e.type == FUNCTIONFS_SETUP)
			take_request(ep0, &e.u.setup);
	return 1;
}
