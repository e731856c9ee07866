#include "usb/find.h"
#include "base/cleanup.h"
#include "io/sysfs.h"
#include "usb/attributes.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

/* What an address asks for. */
struct wanted {
	const char *port;		/* NULL: by ids */
	uint16_t vendor, product;
	const char *serial;		/* NULL: whichever */
};

static int parse_address(const char *address, struct wanted *ret_wanted)
{
	int end = -1;

	if (usb_is_port(address)) {
		ret_wanted->port = address;
		return 0;
	}
	if (strspn(address, "0123456789abcdefABCDEF:") != strlen(address) ||
	    sscanf(address, "%4hx:%4hx%n", &ret_wanted->vendor, &ret_wanted->product, &end) != 2 ||
	    address[end])
		return -EINVAL;
	return 0;
}

bool usb_address_is_valid(const char *address)
{
	struct wanted w;

	return !parse_address(address, &w);
}

/* In emergency download mode a device has no serial number but writes it into
 * its name: "QUSB_BULK_CID:0412_SN:1A2B3C4D".  Source: qdl, src/usb.c. */
static void read_serial(const char *sysfs, const char *port, char *serial)
{
	static const char mark[] = "_SN:";
	char title[USB_STRING_SIZE];
	const char *at;

	sysfs_read(serial, USB_STRING_SIZE, "%s/bus/usb/devices/%s/serial", sysfs, port);
	if (*serial)
		return;
	sysfs_read(title, sizeof(title), "%s/bus/usb/devices/%s/product", sysfs, port);
	at = strstr(title, mark);
	if (at)
		snprintf(serial, USB_STRING_SIZE, "%s", at + strlen(mark));
}

/* -ENODEV: no device, or it left meanwhile. */
static int read_found(const char *sysfs, const char *port, struct usb_found *ret_found)
{
	uint32_t vendor, product, bus, address, configuration = 0, speed = 0;

	if (!usb_is_port(port) ||
	    usb_attribute_number(sysfs, port, "idVendor", 16, UINT16_MAX, &vendor) ||
	    usb_attribute_number(sysfs, port, "idProduct", 16, UINT16_MAX, &product) ||
	    usb_attribute_number(sysfs, port, "busnum", 10, 999, &bus) ||
	    usb_attribute_number(sysfs, port, "devnum", 10, 127, &address))
		return -ENODEV;
	usb_attribute_number(sysfs, port, "bConfigurationValue", 10, UINT8_MAX, &configuration);
	usb_attribute_number(sysfs, port, "speed", 10, UINT16_MAX, &speed);
	*ret_found = (struct usb_found){
		.vendor = (uint16_t)vendor, .product = (uint16_t)product,
		.bus = (uint16_t)bus, .address = (uint8_t)address,
		.configuration = (uint8_t)configuration, .speed = (uint16_t)speed,
	};
	strcpy(ret_found->port, port);	/* usb_is_port() knows its size */
	read_serial(sysfs, port, ret_found->serial);
	return 0;
}

static bool is_wanted(const struct usb_found *f, const struct wanted *w)
{
	if (w->port ? strcmp(w->port, f->port) :
		      w->vendor != f->vendor || w->product != f->product)
		return false;
	return !w->serial || !strcmp(w->serial, f->serial);
}

/* How many there are; the first is returned, and all their ports. */
static int count_wanted(const char *sysfs, const struct wanted *w,
			struct usb_found *ret_found, struct text *ports)
{
	struct dirent **entries;
	int n = usb_devices_list(sysfs, &entries), n_wanted = 0;
	struct usb_found f;

	for (int i = 0; i < n; i++) {
		if (read_found(sysfs, entries[i]->d_name, &f) || !is_wanted(&f, w))
			continue;
		if (!n_wanted++)
			*ret_found = f;
		text_printf(ports, "%susb:%s", n_wanted > 1 ? ", " : "", f.port);
	}
	if (n >= 0)
		usb_devices_free(entries, n);
	return n_wanted;
}

static int refuse_none(const char *address, const struct wanted *w, struct text *ret_why)
{
	if (w->port)
		text_printf(ret_why, "nothing is plugged in at USB port %s", address);
	else
		text_printf(ret_why, "there is no USB device %s", address);
	if (w->serial)
		text_printf(ret_why, " with serial number %s", w->serial);
	text_add(ret_why, "; mhictl list shows what there is");
	return -ENODEV;
}

static int check_count(const char *address, const struct wanted *w, int n,
		       const struct usb_found *f, const struct text *ports,
		       struct text *ret_why)
{
	if (!n)
		return refuse_none(address, w, ret_why);
	if (n > 1) {
		text_printf(ret_why, "%s could be any of %s; say which, or add serial=", address,
			    text_get(ports));
		return -ENOTUNIQ;
	}
	if (!f->configuration) {
		text_printf(ret_why, "the kernel has not configured usb:%s", f->port);
		return -EAGAIN;
	}
	return 0;
}

int usb_find(const char *sysfs, const char *address, const char *serial,
	     struct usb_found *ret_found, struct text *ret_why)
{
	struct text ports = TEXT_INIT;
	struct wanted w = { .serial = serial };
	struct usb_found f;
	int n, r = parse_address(address, &w);

	if (r) {
		text_printf(ret_why, "'%s' is no USB device; write BUS-PORT as in 1-4, or "
			    "VENDOR:PRODUCT as in 2c7c:0125", address);
		return r;
	}
	n = count_wanted(sysfs, &w, &f, &ports);
	r = check_count(address, &w, n, &f, &ports, ret_why);
	text_fini(&ports);
	if (!r)
		*ret_found = f;
	return r;
}

static int slurp(const char *path, uint8_t *bytes, size_t size, size_t *ret_len)
{
	CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	ssize_t n;

	if (fd < 0)
		return -errno;
	while ((n = read(fd, bytes + len, size - len)) > 0)
		len += (size_t)n;
	if (n < 0)
		return -errno;
	*ret_len = len;
	return 0;
}

int usb_read_descriptor_bytes(const char *sysfs, const struct usb_found *f,
			      uint8_t **ret_bytes, size_t *ret_len, struct text *ret_why)
{
	uint8_t *bytes = malloc(USB_DESCRIPTORS_SIZE);
	char path[SYSFS_PATH_SIZE];
	int r;

	if (!bytes)
		return -ENOMEM;
	snprintf(path, sizeof(path), "%s/bus/usb/devices/%s/descriptors", sysfs, f->port);
	r = slurp(path, bytes, USB_DESCRIPTORS_SIZE, ret_len);
	if (r) {
		text_printf(ret_why, "%s: %s", path, strerror(-r));
		free(bytes);
		return r;
	}
	*ret_bytes = bytes;
	return 0;
}

int usb_read_descriptors(const char *sysfs, const struct usb_found *f,
			 struct usb_descriptors *ret_descriptors, struct text *ret_why)
{
	CLEANUP_FREE uint8_t *bytes = NULL;
	size_t len = 0;
	int r = usb_read_descriptor_bytes(sysfs, f, &bytes, &len, ret_why);

	return r ? r : usb_descriptors_parse(bytes, len, f->configuration, ret_descriptors,
					     ret_why);
}

void usb_read_drivers(const char *sysfs, const struct usb_found *f, struct usb_layout *l)
{
	for (unsigned int i = 0; i < l->n_functions; i++) {
		struct usb_function *at = &l->functions[i];

		sysfs_link(at->driver, sizeof(at->driver),
			   "%s/bus/usb/devices/%s:%u.%u/driver", sysfs, f->port,
			   l->configuration, at->interface);
	}
}

void usb_node_path(const char *dev, const struct usb_found *f, char *path, size_t size)
{
	snprintf(path, size, "%s/bus/usb/%03u/%03u", dev, f->bus, f->address);
}

int usb_check_node(const char *dev, const struct usb_found *f, struct text *ret_why)
{
	char path[SYSFS_PATH_SIZE];
	int r;

	usb_node_path(dev, f, path, sizeof(path));
	if (!access(path, R_OK | W_OK))
		return 0;
	r = -errno;
	if (r != -EACCES && r != -EPERM) {
		text_printf(ret_why, "%s: %s", path, strerror(-r));
		return r;
	}
	text_printf(ret_why, "%s may not be opened: run as root, or put this rule into "
		    "/etc/udev/rules.d/80-mhifs.rules and plug the modem in again:\n"
		    "SUBSYSTEM==\"usb\", ATTR{idVendor}==\"%04x\", ATTR{idProduct}==\"%04x\", \\\n"
		    "  GROUP=\"dialout\", MODE=\"0660\", \\\n"
		    "  ENV{ID_MM_DEVICE_IGNORE}=\"1\"", path, f->vendor, f->product);
	return -EACCES;
}
