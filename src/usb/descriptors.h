/*
 * descriptors - what a USB device says of itself, taken apart: the bytes of
 * `descriptors` in sysfs, which are the device descriptor and behind it each
 * configuration.
 *
 * Only arithmetic on bytes.  The device is not trusted: whatever does not add
 * up is refused as a whole, so that who comes later need not check again:
 * interface numbers are below 32, an end point belongs to one interface and has
 * a packet size, and what points at another interface points at one that is
 * there.
 *
 * Source: USB 2.0 9.6; CDC 1.2 5.2.3; MBIM 1.0 6.4.
 */
#pragma once
#include "base/text.h"

enum {
	USB_INTERFACE_LIMIT = 32,	/* numbers are below */
	USB_ALTS_MAX = 64,		/* alternate settings, of all interfaces */
	USB_ENDPOINTS_MAX = 128,	/* end points, of all alternate settings */
	USB_ASSOCIATIONS_MAX = 16,
	USB_DESCRIPTORS_SIZE = 1 << 17,	/* more bytes than that are not looked at */
};

enum usb_ep_kind { USB_CONTROL_EP, USB_ISO_EP, USB_BULK_EP, USB_INTERRUPT_EP };

struct usb_endpoint {
	uint8_t address;	/* bit 7: IN */
	enum usb_ep_kind transfer;
	uint16_t packet;	/* bytes, not 0 but for isochronous ones */
};

/* One alternate setting of an interface. */
struct usb_alt {
	uint8_t interface, alt;
	uint8_t class, subclass, protocol;
	uint8_t first_endpoint, n_endpoints;	/* in endpoints[] */
	/* Functional descriptors.  A union counts on communications interfaces
	 * alone: vendor-specific ones carry some that mean nothing. */
	bool has_union;
	uint8_t union_data;	/* the first data interface */
	uint16_t max_control;	/* MBIM wMaxControlMessage, at least 64; 0: none */
	uint16_t max_command;	/* device management wMaxCommand; 0: none */
	bool has_line;		/* ACM: line state and coding are supported */
};

struct usb_association {
	uint8_t first, count;	/* interfaces */
};

struct usb_descriptors {
	uint16_t vendor, product, version;	/* version: bcdUSB */
	uint8_t configuration;	/* bConfigurationValue */
	uint32_t interfaces;	/* bit n: number n is there */
	struct usb_alt alts[USB_ALTS_MAX];	/* as they come */
	unsigned int n_alts;
	struct usb_endpoint endpoints[USB_ENDPOINTS_MAX];
	unsigned int n_endpoints;
	struct usb_association associations[USB_ASSOCIATIONS_MAX];
	unsigned int n_associations;
};

/* @configuration: bConfigurationValue of the one that is active; others are
 * only walked over.  0; -EPROTO and one sentence in @ret_why (caller's). */
int usb_descriptors_parse(const void *bytes, size_t len, uint8_t configuration,
			  struct usb_descriptors *ret_descriptors, struct text *ret_why);

unsigned int usb_n_interfaces(const struct usb_descriptors *d);

/* NULL: there is none. */
const struct usb_alt *usb_alt_find(const struct usb_descriptors *d, uint8_t interface,
				   uint8_t alt);

/* The end point of this kind and direction when the setting has exactly one
 * of it, else NULL. */
const struct usb_endpoint *usb_endpoint_find(const struct usb_descriptors *d,
					     const struct usb_alt *a,
					     enum usb_ep_kind transfer, bool is_in);
/* How many it has of a kind, both directions. */
unsigned int usb_n_endpoints(const struct usb_descriptors *d, const struct usb_alt *a,
			     enum usb_ep_kind transfer);

/* Which interface holds the data of a communications interface: its union,
 * else its association, else the next one; its own number when there is none. */
uint8_t usb_data_interface(const struct usb_descriptors *d, const struct usb_alt *control);
