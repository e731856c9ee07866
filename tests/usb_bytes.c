#include "tests/usb_bytes.h"
#include <check.h>
#include <stdio.h>

enum { CONFIGURATION_AT = 18 };

void usb_bytes_add(struct usb_bytes *u, const char *hex)
{
	unsigned int value;

	while (*hex) {
		if (*hex == ' ') {
			hex++;
			continue;
		}
		ck_assert_int_eq(sscanf(hex, "%2x", &value), 1);
		ck_assert_uint_lt(u->len, sizeof(u->b));
		u->b[u->len++] = (uint8_t)value;
		hex += 2;
	}
}

struct usb_bytes usb_bytes_begin(uint16_t vendor, uint16_t product)
{
	struct usb_bytes u = { 0 };

	usb_bytes_add(&u, "12 01 0002 000000 40 0000 0000 0003 01 02 03 01");
	put_le16(u.b + 8, vendor);
	put_le16(u.b + 10, product);
	usb_bytes_add(&u, "09 02 0000 00 01 00 a0 fa");
	return u;
}

static void add_endpoint(struct usb_bytes *u, char kind)
{
	unsigned int address = kind == 'o' ? ++u->n_out : 0x80 | ++u->n_in;
	uint8_t e[7] = { 7, 5, (uint8_t)address, kind == 'n' ? 3 : 2 };

	put_le16(e + 4, kind == 'n' ? 10 : 512);
	memcpy(u->b + u->len, e, sizeof(e));
	u->len += sizeof(e);
}

void usb_bytes_interface_at(struct usb_bytes *u, uint8_t number, const char *triple,
			    const char *endpoints)
{
	char hex[64];

	snprintf(hex, sizeof(hex), "0904 %02x 00 %02zx %.2s%.2s%.2s 00", number,
		 strlen(endpoints), triple, triple + 3, triple + 6);
	usb_bytes_add(u, hex);
	u->n_interfaces++;
	while (*endpoints)
		add_endpoint(u, *endpoints++);
	usb_bytes_end(u);
}

void usb_bytes_interface(struct usb_bytes *u, const char *triple, const char *endpoints)
{
	usb_bytes_interface_at(u, (uint8_t)u->n_interfaces, triple, endpoints);
}

void usb_bytes_mbim(struct usb_bytes *u, uint8_t number, uint16_t max_control)
{
	char hex[160];

	usb_bytes_interface_at(u, number, "02/0e/00", "n");
	snprintf(hex, sizeof(hex), "05240020 01 052406 %02x %02x 0c241b0001 %02x%02x 10 40dc0520",
		 number, number + 1, max_control & 0xff, max_control >> 8);
	usb_bytes_add(u, hex);
	usb_bytes_interface_at(u, (uint8_t)(number + 1), "0a/00/02", "");
	snprintf(hex, sizeof(hex), "0904 %02x 01 02 0a0002 00", number + 1);
	usb_bytes_add(u, hex);
	add_endpoint(u, 'i');
	add_endpoint(u, 'o');
	usb_bytes_end(u);
}

void usb_bytes_end(struct usb_bytes *u)
{
	put_le16(u->b + CONFIGURATION_AT + 2, (uint16_t)(u->len - CONFIGURATION_AT));
	u->b[CONFIGURATION_AT + 4] = (uint8_t)u->n_interfaces;
}

struct usb_bytes usb_bytes_ec25(void)
{
	static const char cs[] = "0524001001 0524010000 04240202 0524060000";
	struct usb_bytes u = { 0 };

	usb_bytes_add(&u, "1201 0002 000000 40 7c2c 2501 1803 01 02 00 01"
		      "0902 d100 05 01 00 a0 fa"
		      "0904000002ffffff00 07058102000200 07050102000200"
		      "0904010003ff000000");
	usb_bytes_add(&u, cs);
	usb_bytes_add(&u, "070583030a0009 07058202000200 07050202000200"
		      "0904020003ff000000");
	usb_bytes_add(&u, cs);
	usb_bytes_add(&u, "070585030a0009 07058402000200 07050302000200"
		      "0904030003ff000000");
	usb_bytes_add(&u, cs);
	usb_bytes_add(&u, "070587030a0009 07058602000200 07050402000200"
		      "0904040003ffffff00 07058903080009 07058802000200 07050502000200");
	u.n_interfaces = 5;
	return u;
}

struct usb_bytes usb_bytes_edl(void)
{
	struct usb_bytes u = { 0 };

	usb_bytes_add(&u, "1201 0002 000000 40 c605 0890 0000 01 02 00 01"
		      "0902 2000 01 01 00 a0 01"
		      "0904000002ffffff00 07058102000200 07050102000200");
	return u;
}
