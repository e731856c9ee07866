#include "usb/descriptors.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

/* bDescriptorType, and how short one may be. */
enum { DEVICE = 0x01, CONFIGURATION = 0x02, INTERFACE = 0x04, ENDPOINT = 0x05,
       ASSOCIATION = 0x0b, FUNCTIONAL = 0x24 };
enum { DEVICE_LEN = 18, CONFIGURATION_LEN = 9, INTERFACE_LEN = 9, ENDPOINT_LEN = 7,
       ASSOCIATION_LEN = 8, FUNCTIONAL_LEN = 3 };

/* bDescriptorSubType of a functional one. */
enum { ACM = 0x02, UNION = 0x06, MANAGEMENT = 0x14, MBIM = 0x1b };

enum {
	CLASS_COMMUNICATIONS = 0x02,
	MOST_ENDPOINTS = 30,		/* 15 in, 15 out */
	LEAST_CONTROL = 64,		/* wMaxControlMessage */
	LINE_CAPABLE = 0x02,
};

struct walk {
	const uint8_t *at, *end;
	struct usb_descriptors *d;	/* its last alt is the one being read */
	unsigned int promised;		/* bNumEndpoints of that */
	struct text *why;
};

__attribute__((format(printf, 2, 3)))
static int refuse(struct text *why, const char *format, ...)
{
	char sentence[160];
	va_list args;

	va_start(args, format);
	vsnprintf(sentence, sizeof(sentence), format, args);
	va_end(args);
	text_printf(why, "its descriptors do not add up: %s", sentence);
	return -EPROTO;
}

static struct usb_alt *last_alt(struct usb_descriptors *d)
{
	return d->n_alts ? &d->alts[d->n_alts - 1] : NULL;
}

static int end_alt(const struct walk *w)
{
	const struct usb_alt *a = last_alt(w->d);

	if (a && a->n_endpoints != w->promised)
		return refuse(w->why, "interface %u promises %u end points and has %u",
			      a->interface, w->promised, a->n_endpoints);
	return 0;
}

static int add_alt(struct walk *w, const uint8_t *p)
{
	struct usb_descriptors *d = w->d;
	int r = end_alt(w);

	if (r)
		return r;
	if (p[2] >= USB_INTERFACE_LIMIT)
		return refuse(w->why, "there is an interface %u; numbers end at %u", p[2],
			      USB_INTERFACE_LIMIT - 1);
	if (p[4] > MOST_ENDPOINTS)
		return refuse(w->why, "interface %u promises %u end points", p[2], p[4]);
	if (usb_alt_find(d, p[2], p[3]))
		return refuse(w->why, "interface %u has alternate setting %u twice", p[2], p[3]);
	if (d->n_alts == USB_ALTS_MAX)
		return refuse(w->why, "there are more than %u alternate settings", USB_ALTS_MAX);
	d->interfaces |= 1u << p[2];
	d->alts[d->n_alts++] = (struct usb_alt){
		.interface = p[2], .alt = p[3],
		.class = p[5], .subclass = p[6], .protocol = p[7],
		.first_endpoint = (uint8_t)d->n_endpoints,
	};
	w->promised = p[4];
	return 0;
}

static bool is_bulk_packet(uint16_t packet)
{
	return is_power_of_two(packet) && packet >= 8 && packet <= 1024 &&
	       packet != 128 && packet != 256;
}

/* An alternate setting of one interface may use the end points of another
 * setting again; nobody else may. */
static bool is_taken(const struct usb_descriptors *d, uint8_t address)
{
	const struct usb_alt *last = &d->alts[d->n_alts - 1];

	for (const struct usb_alt *a = d->alts; a <= last; a++) {
		if (a != last && a->interface == last->interface)
			continue;
		for (unsigned int i = 0; i < a->n_endpoints; i++)
			if (d->endpoints[a->first_endpoint + i].address == address)
				return true;
	}
	return false;
}

static int add_endpoint(struct walk *w, const uint8_t *p)
{
	struct usb_descriptors *d = w->d;
	struct usb_alt *a = last_alt(d);
	struct usb_endpoint e = { .address = p[2], .transfer = p[3] & 3,
				  .packet = get_le16(p + 4) & 0x7ff };

	if (!a)
		return refuse(w->why, "end point %02x belongs to no interface", e.address);
	if (!(e.address & 0x0f) || e.address & 0x70)
		return refuse(w->why, "no end point can have the address %02x", e.address);
	if (is_taken(d, e.address))
		return refuse(w->why, "end point %02x is there twice", e.address);
	if (!e.packet && e.transfer != USB_ISO_EP)
		return refuse(w->why, "end point %02x has packets of 0 bytes", e.address);
	if ((e.transfer == USB_BULK_EP && !is_bulk_packet(e.packet)) || e.packet > 1024)
		return refuse(w->why, "end point %02x cannot have packets of %u bytes",
			      e.address, e.packet);
	if (d->n_endpoints == USB_ENDPOINTS_MAX)
		return refuse(w->why, "there are more than %u end points", USB_ENDPOINTS_MAX);
	d->endpoints[d->n_endpoints++] = e;
	a->n_endpoints++;
	return 0;
}

static int add_union(struct walk *w, struct usb_alt *a, const uint8_t *p)
{
	if (p[3] == p[4])
		return refuse(w->why, "interface %u is in a union of %u with itself",
			      a->interface, p[3]);
	a->has_union = true;
	a->union_data = p[4];
	return 0;
}

static int add_mbim(struct walk *w, struct usb_alt *a, const uint8_t *p)
{
	a->max_control = get_le16(p + 5);
	if (a->max_control < LEAST_CONTROL || a->max_control == UINT16_MAX)
		return refuse(w->why, "interface %u takes control messages of %u bytes",
			      a->interface, a->max_control);
	return 0;
}

static int add_functional(struct walk *w, const uint8_t *p)
{
	static const uint8_t least[UINT8_MAX + 1] = {
		[ACM] = 4, [UNION] = 5, [MANAGEMENT] = 7, [MBIM] = 12,
	};
	struct usb_alt *a = last_alt(w->d);

	if (!a || a->class != CLASS_COMMUNICATIONS)
		return 0;
	if (p[0] < least[p[2]])
		return refuse(w->why, "functional descriptor %02x of interface %u has %u bytes",
			      p[2], a->interface, p[0]);
	switch (p[2]) {
	case ACM:
		a->has_line = p[3] & LINE_CAPABLE;
		return 0;
	case UNION:
		return add_union(w, a, p);
	case MANAGEMENT:
		a->max_command = get_le16(p + 5);
		return 0;
	case MBIM:
		return add_mbim(w, a, p);
	default:
		return 0;
	}
}

static int add_association(struct walk *w, const uint8_t *p)
{
	struct usb_descriptors *d = w->d;

	if (d->n_associations == USB_ASSOCIATIONS_MAX)
		return refuse(w->why, "there are more than %u associations",
			      USB_ASSOCIATIONS_MAX);
	d->associations[d->n_associations++] =
		(struct usb_association){ .first = p[2], .count = p[3] };
	return 0;
}

static const struct part {
	uint8_t type, least;	/* bytes */
	int (*add)(struct walk *w, const uint8_t *p);
} parts[] = {
	{ INTERFACE, INTERFACE_LEN, add_alt },
	{ ENDPOINT, ENDPOINT_LEN, add_endpoint },
	{ FUNCTIONAL, FUNCTIONAL_LEN, add_functional },
	{ ASSOCIATION, ASSOCIATION_LEN, add_association },
};

static int add_part(struct walk *w, const uint8_t *p)
{
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		if (parts[i].type != p[1])
			continue;
		if (p[0] < parts[i].least)
			return refuse(w->why, "a descriptor of type %02x has %u bytes", p[1],
				      p[0]);
		return parts[i].add(w, p);
	}
	return 0;	/* companions of USB 3, HID, and what nobody knows */
}

/* The next descriptor, whole and not empty. */
static int next(struct walk *w, const uint8_t **ret_descriptor)
{
	size_t left = (size_t)(w->end - w->at);

	if (left < 2 || w->at[0] < 2 || w->at[0] > left)
		return refuse(w->why, "one has %u bytes where %zu are left",
			      left ? w->at[0] : 0, left);
	*ret_descriptor = w->at;
	w->at += w->at[0];
	return 0;
}

/* Where the data of an interface are must be an interface. */
static int check_unions(const struct walk *w)
{
	const struct usb_descriptors *d = w->d;

	for (unsigned int i = 0; i < d->n_alts; i++)
		if (d->alts[i].has_union && !usb_alt_find(d, d->alts[i].union_data, 0))
			return refuse(w->why, "interface %u is in a union with %u, which is not "
				      "there", d->alts[i].interface, d->alts[i].union_data);
	return 0;
}

static int parse_configuration(struct walk w)
{
	const uint8_t *p = w.at;
	int r = 0;

	while (!r && w.at < w.end) {
		r = next(&w, &p);
		if (!r)
			r = add_part(&w, p);
	}
	if (!r)
		r = end_alt(&w);
	return r ? r : check_unions(&w);
}

/* The next configuration; what it holds when it is the active one. */
static int walk_configuration(struct walk *w, uint8_t configuration)
{
	struct walk inner = { .d = w->d, .why = w->why };
	const uint8_t *p = w->at;
	size_t total, left = (size_t)(w->end - p);
	int r = next(w, &p);

	if (r)
		return r;
	if (p[0] < CONFIGURATION_LEN || p[1] != CONFIGURATION)
		return refuse(w->why, "type %02x with %u bytes is where a configuration begins",
			      p[1], p[0]);
	total = get_le16(p + 2);
	if (total < p[0] || total > left)
		return refuse(w->why, "configuration %u says that it has %zu bytes, and there "
			      "are %zu", p[5], total, left);
	inner.at = w->at;
	inner.end = w->at = p + total;
	if (p[5] != configuration || w->d->configuration)
		return 0;
	if (p[4] > USB_INTERFACE_LIMIT)
		return refuse(w->why, "configuration %u says that it has %u interfaces", p[5],
			      p[4]);
	w->d->configuration = configuration;
	return parse_configuration(inner);
}

int usb_descriptors_parse(const void *bytes, size_t len, uint8_t configuration,
			  struct usb_descriptors *ret_descriptors, struct text *ret_why)
{
	struct usb_descriptors d = { 0 };
	const uint8_t *p = bytes;
	struct walk w = { .at = p, .end = p + len, .d = &d, .why = ret_why };
	int r = next(&w, &p);

	if (r)
		return r;
	if (p[0] < DEVICE_LEN || p[1] != DEVICE)
		return refuse(ret_why, "type %02x with %u bytes is where the device begins", p[1],
			      p[0]);
	d.version = get_le16(p + 2);
	d.vendor = get_le16(p + 8);
	d.product = get_le16(p + 10);
	while (!r && w.at < w.end)
		r = walk_configuration(&w, configuration);
	if (r)
		return r;
	if (!d.configuration)
		return refuse(ret_why, "configuration %u is active, and there is none",
			      configuration);
	*ret_descriptors = d;
	return 0;
}

unsigned int usb_n_interfaces(const struct usb_descriptors *d)
{
	return (unsigned int)__builtin_popcount(d->interfaces);
}

const struct usb_alt *usb_alt_find(const struct usb_descriptors *d, uint8_t interface, uint8_t alt)
{
	for (unsigned int i = 0; i < d->n_alts; i++)
		if (d->alts[i].interface == interface && d->alts[i].alt == alt)
			return &d->alts[i];
	return NULL;
}

const struct usb_endpoint *usb_endpoint_find(const struct usb_descriptors *d,
					     const struct usb_alt *a,
					     enum usb_ep_kind transfer, bool is_in)
{
	const struct usb_endpoint *found = NULL, *e = &d->endpoints[a->first_endpoint];

	for (unsigned int i = 0; i < a->n_endpoints; i++, e++) {
		if (e->transfer != transfer || !!(e->address & 0x80) != is_in)
			continue;
		if (found)
			return NULL;
		found = e;
	}
	return found;
}

unsigned int usb_n_endpoints(const struct usb_descriptors *d, const struct usb_alt *a,
			     enum usb_ep_kind transfer)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < a->n_endpoints; i++)
		n += d->endpoints[a->first_endpoint + i].transfer == transfer;
	return n;
}

uint8_t usb_data_interface(const struct usb_descriptors *d, const struct usb_alt *control)
{
	uint8_t next_number = control->interface + 1;

	if (control->has_union)
		return control->union_data;
	for (unsigned int i = 0; i < d->n_associations; i++)
		if (d->associations[i].first == control->interface &&
		    d->associations[i].count < 2)
			return control->interface;
	return usb_alt_find(d, next_number, 0) ? next_number : control->interface;
}
