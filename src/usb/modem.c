#include "usb/modem.h"
#include "usb/attributes.h"
#include "io/sysfs.h"
#include <dirent.h>
#include <errno.h>
#include <stdio.h>

enum { CLASS_VENDOR = 0xff, VENDOR_QUALCOMM = 0x05c6, PRODUCT_EDL = 0x9008 };

/* Source: Linux drivers/usb/serial/option.c, qcserial.c and
 * drivers/net/usb/qmi_wwan.c, the vendors in their tables.
 * Guess: where Dell and Foxconn end, who make more than modems; the modems in
 * these tables lie within. */
static const struct maker {
	uint16_t vendor, first, last;	/* last: of the products, included */
	const char *name;
} makers[] = {
	{ 0x0489, 0xe000, 0xe1ff, "Foxconn" },
	{ 0x05c6, 0x0000, 0xffff, "Qualcomm" },
	{ 0x1199, 0x0000, 0xffff, "Sierra Wireless" },
	{ 0x1bc7, 0x0000, 0xffff, "Telit" },
	{ 0x1e0e, 0x0000, 0xffff, "SIMCom" },
	{ 0x1e2d, 0x0000, 0xffff, "Thales" },
	{ 0x2c7c, 0x0000, 0xffff, "Quectel" },
	{ 0x2cb7, 0x0000, 0xffff, "Fibocom" },
	{ 0x413c, 0x8100, 0x82ff, "Dell" },
};

static const struct maker *maker_of(uint16_t vendor, uint16_t product)
{
	for (size_t i = 0; i < ARRAY_SIZE(makers); i++)
		if (makers[i].vendor == vendor && makers[i].first <= product &&
		    product <= makers[i].last)
			return &makers[i];
	return NULL;
}

static const char *skip_digits(const char *s)
{
	return s + strspn(s, "0123456789");
}

bool usb_is_port(const char *s)
{
	const char *end = skip_digits(s);

	if (end == s || *end != '-' || strlen(s) >= USB_PORT_SIZE)
		return false;
	do {
		s = end + 1;
		end = skip_digits(s);
	} while (end > s && *end == '.');
	return end > s && !*end;
}

static int read_hex(const char *root, const char *device, const char *name, uint32_t most,
		    uint32_t *ret_value)
{
	return usb_attribute_number(root, device, name, 16, most, ret_value);
}

static int read_interface(const char *root, const char *name, struct usb_interface *ret_interface)
{
	uint32_t number, class, subclass = 0, protocol = 0;
	int r = read_hex(root, name, "bInterfaceNumber", UINT8_MAX, &number);

	if (!r)
		r = read_hex(root, name, "bInterfaceClass", UINT8_MAX, &class);
	if (r < 0)
		return r;
	read_hex(root, name, "bInterfaceSubClass", UINT8_MAX, &subclass);
	read_hex(root, name, "bInterfaceProtocol", UINT8_MAX, &protocol);
	*ret_interface = (struct usb_interface){
		.number = (uint8_t)number, .class = (uint8_t)class,
		.subclass = (uint8_t)subclass, .protocol = (uint8_t)protocol,
	};
	sysfs_link(ret_interface->driver, USB_WORD_SIZE, "%s/bus/usb/devices/%s/driver", root,
		   name);
	return 0;
}

/* An interface is "1-4:1.0": port, configuration, number.  There are those of
 * the active configuration only. */
static bool is_interface_of(const char *name, const char *port)
{
	size_t len = strlen(port);

	return !strncmp(name, port, len) && name[len] == ':';
}

static int read_interfaces(const char *root, struct usb_modem *m)
{
	struct dirent **entries;
	int n = usb_devices_list(root, &entries);

	if (n < 0)
		return n;
	for (int i = 0; i < n && m->n_interfaces < USB_INTERFACES_MAX; i++)
		if (is_interface_of(entries[i]->d_name, m->port) &&
		    !read_interface(root, entries[i]->d_name, &m->interfaces[m->n_interfaces]))
			m->n_interfaces++;
	usb_devices_free(entries, n);
	return 0;
}

static bool has_vendor_interface(const struct usb_modem *m)
{
	for (unsigned int i = 0; i < m->n_interfaces; i++)
		if (m->interfaces[i].class == CLASS_VENDOR)
			return true;
	return false;
}

static void read_string(const char *root, const char *port, const char *name, char *string)
{
	sysfs_read(string, USB_STRING_SIZE, "%s/bus/usb/devices/%s/%s", root, port, name);
}

int usb_modem_read(const char *root, const char *port, struct usb_modem *ret_modem)
{
	struct usb_modem m = { 0 };
	const struct maker *maker;
	uint32_t vendor, product;
	int r;

	if (!usb_is_port(port))
		return -EINVAL;
	if (read_hex(root, port, "idVendor", UINT16_MAX, &vendor) ||
	    read_hex(root, port, "idProduct", UINT16_MAX, &product))
		return -ENODEV;
	maker = maker_of((uint16_t)vendor, (uint16_t)product);
	snprintf(m.port, sizeof(m.port), "%s", port);
	m.vendor = (uint16_t)vendor;
	m.product = (uint16_t)product;
	m.maker = maker ? maker->name : "";
	m.is_edl = vendor == VENDOR_QUALCOMM && product == PRODUCT_EDL;
	r = read_interfaces(root, &m);
	if (r < 0)
		return r;
	read_string(root, port, "manufacturer", m.manufacturer);
	read_string(root, port, "product", m.title);
	m.is_modem = maker && (m.is_edl || has_vendor_interface(&m));
	*ret_modem = m;
	return 0;
}

int usb_modem_scan(const char *root, int (*fn)(void *user, const struct usb_modem *m), void *user)
{
	struct dirent **entries;
	struct usb_modem m;
	int n = usb_devices_list(root, &entries), r = 0;

	if (n < 0)
		return n;
	for (int i = 0; i < n && !r; i++)
		if (!usb_modem_read(root, entries[i]->d_name, &m))
			r = fn(user, &m);
	usb_devices_free(entries, n);
	return r;
}
