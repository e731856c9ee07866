#include "usb_mock.h"
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUS "/devices/pci0000:00/0000:00:01.0/usb1"

static void make_file(const char *path)
{
	char *full = g_build_filename(umockdev_testbed_get_root_dir(testbed), path, NULL);
	char *dir = g_path_get_dirname(full);

	g_mkdir_with_parents(dir, 0755);
	g_file_set_contents(full, "", 0, NULL);
	g_free(dir);
	g_free(full);
}

static void add(const char *text)
{
	GError *e = NULL;

	if (!umockdev_testbed_add_from_string(testbed, text, &e))
		g_error("usb_mock: %s", e->message);
}

void tree_init(void)
{
	add("P: " BUS "\nE: DEVTYPE=usb_device\nE: SUBSYSTEM=usb\n"
	    "A: idVendor=1d6b\\n\nA: idProduct=0002\\n\nA: busnum=1\\n\nA: devnum=1\\n\n");
	make_file("sys/bus/usb/drivers_probe");
}

GByteArray *tree_descriptors(struct node *n)
{
	const struct port *p = n->port;
	GByteArray *bytes;
	uint32_t len;
	const uint8_t *configuration = gadget_configuration(p->gadget, &len);

	if (p->lie)
		return g_byte_array_ref(p->lie);
	bytes = g_byte_array_new();
	g_byte_array_append(bytes, gadget_device(p->gadget), GADGET_DEVICE_LEN);
	g_byte_array_append(bytes, configuration, len);
	gadget_spoil_descriptors(p->gadget, bytes->data);
	return bytes;
}

/* The descriptor of an interface, alternate setting 0. */
static const uint8_t *find_interface(const struct node *n, unsigned int number)
{
	uint32_t len;
	const uint8_t *d = gadget_configuration(n->port->gadget, &len);

	for (const uint8_t *end = d + len; d < end; d += d[0])
		if (d[1] == 4 && d[2] == number && !d[3])
			return d;
	return NULL;
}

const char *tree_native_driver(struct node *n, unsigned int interface)
{
	const uint8_t *d = find_interface(n, interface);

	if (!d)
		return "";
	if (gadget_n_interfaces(n->port->gadget) == 1)
		return "qcserial";
	if (d[5] != 0xff)
		return "cdc_mbim";
	return d[4] == 3 && d[6] == 0xff && d[7] == 0xff ? "qmi_wwan" : "option";
}

static char *interface_path(const struct node *n, unsigned int interface)
{
	return g_strdup_printf("%s/%s:1.%u", n->syspath, n->port->name, interface);
}

void tree_set_driver(struct node *n, unsigned int interface, const char *driver)
{
	char *path = interface_path(n, interface), *link, *target;

	link = g_build_filename(umockdev_testbed_get_root_dir(testbed), path, "driver", NULL);
	target = g_strdup_printf("../../../../../../bus/usb/drivers/%s", driver);
	unlink(link);
	if (*driver && n->is_listed && symlink(target, link) < 0)
		g_error("usb_mock: %s: %m", link);
	g_strlcpy(n->holders[interface].driver, driver, sizeof(n->holders[0].driver));
	g_free(target);
	g_free(link);
	g_free(path);
}

static void append_string(GString *s, const char *name, const char *value)
{
	if (value)
		g_string_append_printf(s, "A: %s=%s\\n\n", name, value);
}

static void add_device(struct node *n)
{
	struct gadget *g = n->port->gadget;
	const uint8_t *device = gadget_device(g);
	GByteArray *bytes = tree_descriptors(n);
	GString *s = g_string_new(NULL);

	g_string_append_printf(s, "P: %s\nN: bus/usb/001/%03u=00\n", n->syspath + 4, n->devnum);
	g_string_append_printf(s, "E: BUSNUM=001\nE: DEVNUM=%03u\nE: DEVNAME=%s\n", n->devnum,
			       n->path);
	g_string_append(s, "E: DEVTYPE=usb_device\nE: SUBSYSTEM=usb\nE: DRIVER=usb\n");
	g_string_append_printf(s, "E: PRODUCT=%x/%x/318\n", get_le16(device + 8),
			       get_le16(device + 10));
	g_string_append_printf(s, "E: MAJOR=189\nE: MINOR=%u\n", n->devnum - 1);
	g_string_append_printf(s, "A: busnum=1\\n\nA: devnum=%u\\n\nA: devpath=1\\n\n", n->devnum);
	g_string_append_printf(s, "A: speed=%s\\n\n", gadget_packet(g) == 1024 ? "5000" : "480");
	g_string_append_printf(s, "A: idProduct=%04x\\n\n", get_le16(device + 10));
	g_string_append(s, "A: bConfigurationValue=1\\n\nA: bNumConfigurations=1\\n\n"
			"A: bDeviceClass=00\\n\nA: bcdDevice=0318\\n\nA: version= 2.00\\n\n");
	append_string(s, "manufacturer", gadget_string(g, 1));
	append_string(s, "product", gadget_string(g, 2));
	append_string(s, "serial", gadget_string(g, 3));
	g_string_append(s, "H: descriptors=");
	for (guint i = 0; i < bytes->len; i++)
		g_string_append_printf(s, "%02X", bytes->data[i]);
	g_string_append(s, "\n");
	add(s->str);
	g_string_free(s, TRUE);
	g_byte_array_unref(bytes);
}

static void add_interface(struct node *n, unsigned int interface)
{
	const uint8_t *d = find_interface(n, interface);
	char *path = interface_path(n, interface), *text;

	text = g_strdup_printf("P: %s\nE: DEVTYPE=usb_interface\nE: SUBSYSTEM=usb\n"
			       "A: bInterfaceNumber=%02x\\n\nA: bAlternateSetting= 0\\n\n"
			       "A: bNumEndpoints=%02x\\n\nA: bInterfaceClass=%02x\\n\n"
			       "A: bInterfaceSubClass=%02x\\n\nA: bInterfaceProtocol=%02x\\n\n",
			       path + 4, interface, d[4], d[5], d[6], d[7]);
	add(text);
	g_free(text);
	g_free(path);
}

static void event(struct node *n, const char *action)
{
	umockdev_testbed_uevent(testbed, n->syspath, action);
}

void tree_add(struct node *n)
{
	const uint8_t *device = gadget_device(n->port->gadget);
	char vendor[8];

	n->is_listed = true;
	add_device(n);
	for (unsigned int i = 0; i < gadget_n_interfaces(n->port->gadget); i++) {
		add_interface(n, i);
		tree_set_driver(n, i, tree_native_driver(n, i));
	}
	node_attach(n);
	/* Who looks before the event sees half a device: no node answers yet. */
	snprintf(vendor, sizeof(vendor), "%04x\n", get_le16(device + 8));
	umockdev_testbed_set_attribute(testbed, n->syspath, "idVendor", vendor);
	event(n, "add");
	event(n, "bind");
}

void tree_remove(struct node *n)
{
	char *path;

	if (!n->is_listed)
		return;
	for (unsigned int i = 0; i < gadget_n_interfaces(n->port->gadget); i++) {
		path = interface_path(n, i);
		tree_set_driver(n, i, "");
		umockdev_testbed_remove_device(testbed, path);
		g_free(path);
	}
	n->is_listed = false;
	event(n, "remove");
	umockdev_testbed_remove_device(testbed, n->syspath);
	path = g_build_filename(umockdev_testbed_get_root_dir(testbed), n->path, NULL);
	unlink(path);
	g_free(path);
}
