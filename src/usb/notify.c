#include "usb/notify.h"

enum {
	HEADER_LEN = 8,
	TYPE = 0xa1,	/* class, interface, device to host */
	RESPONSE_AVAILABLE = 0x01,
	SERIAL_STATE = 0x20,
};

void usb_notify_reset(struct usb_notify *n, uint8_t interface)
{
	n->interface = interface;
	n->len = 0;
}

static enum usb_notice ignore(struct usb_notify *n)
{
	n->len = 0;
	n->n_ignored++;
	return USB_NOTICE_NONE;
}

static enum usb_notice take_whole(struct usb_notify *n, unsigned int *ret_bits)
{
	if (n->bytes[0] != TYPE || get_le16(n->bytes + 4) != n->interface)
		return ignore(n);
	if (n->bytes[1] == SERIAL_STATE && get_le16(n->bytes + 6) == 2) {
		*ret_bits = get_le16(n->bytes + HEADER_LEN);
		n->len = 0;
		return USB_NOTICE_LINE_STATE;
	}
	if (n->bytes[1] != RESPONSE_AVAILABLE)
		return ignore(n);
	n->len = 0;
	return USB_NOTICE_RESPONSE;
}

enum usb_notice usb_notify_take(struct usb_notify *n, const uint8_t *packet, uint32_t len,
				unsigned int *ret_bits)
{
	uint32_t whole;

	/* The rest of one never has a header of its own kind: whoever sends a
	 * new one has given up the old. */
	if (n->len && len >= HEADER_LEN && packet[0] == TYPE)
		n->len = 0;
	if (!n->len && len < HEADER_LEN)
		return len ? ignore(n) : USB_NOTICE_NONE;
	if (len > USB_NOTIFY_MAX - n->len)
		return ignore(n);
	memcpy(n->bytes + n->len, packet, len);
	n->len += len;
	whole = HEADER_LEN + get_le16(n->bytes + 6);
	if (n->bytes[1] == RESPONSE_AVAILABLE)	/* some say it has data */
		whole = HEADER_LEN;
	if (whole > USB_NOTIFY_MAX)
		return ignore(n);
	return n->len < whole ? USB_NOTICE_NONE : take_whole(n, ret_bits);
}
