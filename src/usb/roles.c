#include "usb/roles.h"

enum {
	KIB = 1024,
	CONTROL_SIZE = 4096,	/* libusb refuses longer control transfers */
	PACKET = 0,		/* in_size: one packet, so that nothing is held back */
};

/* What a role is talked to with.  Small receive buffers where a line of text
 * must not wait for a full one, large ones for bulk. */
static const struct traits {
	const char *word, *name;
	enum usb_kind kind;
	enum usb_line line;
	enum usb_zlp zlp;
	uint32_t in_size, out_size;	/* bytes */
	uint8_t n_in, n_out;
	bool is_off;
} roles[USB_N_ROLES] = {
	[USB_DIAG] = { "diag", "DIAG", .in_size = 16 * KIB, .out_size = 16 * KIB,
		       .n_in = 4, .n_out = 4 },
	[USB_AT] = { "at", "AT", .line = USB_LINE_OPEN, .in_size = PACKET,
		     .out_size = 4 * KIB, .n_in = 4, .n_out = 4 },
	[USB_AT2] = { NULL, "AT2", .line = USB_LINE_OPEN, .in_size = PACKET,
		      .out_size = 4 * KIB, .n_in = 4, .n_out = 4 },
	[USB_MODEM] = { "dun", "DUN", .line = USB_LINE_OPEN, .in_size = PACKET,
			.out_size = 4 * KIB, .n_in = 4, .n_out = 4 },
	[USB_NMEA] = { "nmea", "NMEA", .line = USB_LINE_OPEN, .in_size = PACKET,
		       .out_size = 4 * KIB, .n_in = 4, .n_out = 1 },
	[USB_QMI] = { "qmi", "QMI", .kind = USB_WDM, .line = USB_LINE_ATTACH,
		      .in_size = CONTROL_SIZE, .out_size = CONTROL_SIZE, .n_in = 1, .n_out = 1 },
	[USB_MBIM] = { "mbim", "MBIM", .kind = USB_WDM, .in_size = CONTROL_SIZE,
		       .out_size = CONTROL_SIZE, .n_in = 1, .n_out = 1 },
	/* Source: Android, adb: a payload of whole packets is followed by one
	 * of none. */
	[USB_ADB] = { "adb", "ADB", .zlp = USB_ZLP_WRITE, .in_size = 16 * KIB,
		      .out_size = 16 * KIB, .n_in = 4, .n_out = 4 },
	[USB_SAHARA] = { "sahara", "SAHARA", .in_size = 16 * KIB, .out_size = 64 * KIB,
			 .n_in = 2, .n_out = 8 },
	[USB_SERIAL] = { "serial", NULL, .is_off = true, .in_size = PACKET,
			 .out_size = 4 * KIB, .n_in = 4, .n_out = 4 },
	[USB_RAW] = { "bulk", NULL, .is_off = true, .in_size = 16 * KIB,
		      .out_size = 16 * KIB, .n_in = 4, .n_out = 4 },
	[USB_WDM_PLAIN] = { "wdm", NULL, .is_off = true, .kind = USB_WDM,
			    .in_size = CONTROL_SIZE, .out_size = CONTROL_SIZE,
			    .n_in = 1, .n_out = 1 },
};

enum usb_role usb_role_of(const char *word)
{
	for (unsigned int i = 0; i < USB_N_ROLES; i++)
		if (roles[i].word && !strcmp(roles[i].word, word))
			return i;
	return USB_UNSAID;
}

const char *usb_role_name(enum usb_role role)
{
	return roles[role].name;
}

static bool has_pair(const struct usb_descriptors *d, const struct usb_alt *a)
{
	return usb_n_endpoints(d, a, USB_BULK_EP) == 2 &&
	       usb_endpoint_find(d, a, USB_BULK_EP, true) &&
	       usb_endpoint_find(d, a, USB_BULK_EP, false);
}

static const struct usb_endpoint *notify_of(const struct usb_descriptors *d,
					    const struct usb_alt *a)
{
	return usb_endpoint_find(d, a, USB_INTERRUPT_EP, true);
}

/* ff/ff/PROTOCOL.  The one of them all, ff, is DIAG, QMI or a device in EDL,
 * which differ by their end points. */
static enum usb_role role_by_protocol(const struct usb_descriptors *d, const struct usb_alt *a)
{
	bool is_alone = usb_n_interfaces(d) == 1 && !notify_of(d, a);

	switch (a->protocol) {
	case 0x10:
	case 0x11:
	case 0x13:
		return USB_SAHARA;
	case 0x30:
		return USB_DIAG;
	case 0x40:
		return USB_AT;
	case 0x50:
		return notify_of(d, a) ? USB_QMI : USB_RAW;
	case 0x60:
		return USB_NMEA;
	case 0xff:
		if (is_alone)
			return USB_SAHARA;
		return notify_of(d, a) ? USB_QMI : USB_DIAG;
	default:
		return USB_RAW;
	}
}

static enum usb_role role_of_vendor(const struct usb_descriptors *d, const struct usb_alt *a)
{
	if (!has_pair(d, a))
		return USB_UNSAID;
	if (a->subclass == 0xff)
		return role_by_protocol(d, a);
	if (a->subclass == 0x42 && a->protocol == 0x01)
		return USB_ADB;
	/* Source: Linux option.c: NMEA of Quectel's 5G modems, before 00/00. */
	if (a->subclass == 0x00 && a->protocol == 0x40)
		return USB_NMEA;
	if (a->subclass == 0x00 && a->protocol == 0x00)
		return USB_SERIAL;
	return USB_RAW;
}

static enum usb_role role_of_communications(const struct usb_alt *a)
{
	switch (a->subclass) {
	case 0x02:	/* ACM, with the commands of a modem */
		return a->protocol >= 0x01 && a->protocol <= 0x06 ? USB_AT : USB_UNSAID;
	case 0x09:
		return USB_WDM_PLAIN;
	case 0x0e:
		return a->protocol == 0x00 ? USB_MBIM : USB_UNSAID;
	default:	/* Ethernet in its many forms: the kernel's */
		return USB_UNSAID;
	}
}

enum usb_role usb_role_by_class(const struct usb_descriptors *d, const struct usb_alt *a)
{
	switch (a->class) {
	case USB_CLASS_VENDOR:
		return role_of_vendor(d, a);
	case USB_CLASS_COMMUNICATIONS:
		return role_of_communications(a);
	default:
		return USB_UNSAID;
	}
}

static struct usb_pipe pipe_of(const struct usb_endpoint *e)
{
	return e ? (struct usb_pipe){ e->address, e->packet } : (struct usb_pipe){ 0 };
}

/* ACM keeps its data on an interface of their own. */
static const struct usb_alt *data_of(const struct usb_descriptors *d, const struct usb_alt *a)
{
	if (a->class != USB_CLASS_COMMUNICATIONS)
		return a;
	return usb_alt_find(d, usb_data_interface(d, a), 0);
}

static bool fill_bulk(enum usb_role role, const struct usb_descriptors *d,
		      const struct usb_alt *a, struct usb_function *f)
{
	const struct usb_alt *data = data_of(d, a);

	if (!data || !has_pair(d, data))
		return false;
	f->data_interface = data->interface;
	f->in = pipe_of(usb_endpoint_find(d, data, USB_BULK_EP, true));
	f->out = pipe_of(usb_endpoint_find(d, data, USB_BULK_EP, false));
	f->notify = pipe_of(notify_of(d, a));
	if (!f->in_size)
		f->in_size = f->in.packet;
	/* Nobody knows: one with notifications is more likely a serial port. */
	if (role == USB_SERIAL && f->notify.address)
		f->line = USB_LINE_OPEN;
	if (a->class == USB_CLASS_COMMUNICATIONS && !a->has_line)
		f->line = USB_LINE_NONE;
	return true;
}

/* MBIM moves its data on another interface, which is claimed so that its
 * driver goes, and stays in its silent setting. */
static bool fill_mbim(const struct usb_descriptors *d, const struct usb_alt *a,
		      struct usb_function *f)
{
	f->data_interface = usb_data_interface(d, a);
	if (!a->max_control || f->data_interface == a->interface ||
	    !usb_alt_find(d, f->data_interface, 0))
		return false;
	f->in_size = f->out_size = min_u32(a->max_control, CONTROL_SIZE);
	f->may_cut = a->max_control > CONTROL_SIZE;
	return true;
}

static bool fill_wdm(enum usb_role role, const struct usb_descriptors *d,
		     const struct usb_alt *a, struct usb_function *f)
{
	f->notify = pipe_of(notify_of(d, a));
	f->is_message = true;
	if (!f->notify.address)
		return false;
	if (role == USB_MBIM)
		return fill_mbim(d, a, f);
	if (role == USB_WDM_PLAIN && a->max_command) {
		f->in_size = f->out_size = min_u32(a->max_command, CONTROL_SIZE);
		f->may_cut = a->max_command > CONTROL_SIZE;
	}
	return true;
}

bool usb_role_fill(enum usb_role role, const struct usb_descriptors *d, const struct usb_alt *a,
		   struct usb_function *ret_function)
{
	const struct traits *t = &roles[role];
	struct usb_function f = {
		.kind = t->kind, .interface = a->interface, .alt = a->alt,
		.data_interface = a->interface,
		.line = t->line, .zlp = t->zlp, .is_default_on = !t->is_off,
		.in_size = t->in_size, .out_size = t->out_size,
		.n_in = t->n_in, .n_out = t->n_out,
	};
	bool fits;

	if (role == USB_UNSAID)
		return false;
	fits = t->kind == USB_WDM ? fill_wdm(role, d, a, &f) : fill_bulk(role, d, a, &f);
	if (fits)
		*ret_function = f;
	return fits;
}
