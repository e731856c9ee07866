/*
 * What each kind of gadget says it is.  The bytes of the composite modem are
 * those of an EC25: 209 of configuration, as a real EC21 has.
 */
#include "sim/gadget-inside.h"

enum { DT_DEVICE = 1, DT_CONFIGURATION, DT_STRING, DT_INTERFACE, DT_ENDPOINT };
enum { BULK = 2, INTERRUPT = 3 };
enum { BUS_POWERED_WAKES = 0xa0, POWER_500_MA = 0xfa, MBIM_MESSAGE_MAX = 4096 };

#define SERIAL_WITH(sub, proto, in_, out_, notify_, trade_, life_)                 \
	{ .class = CLASS_VENDOR, .subclass = (sub), .protocol = (proto),           \
	  .in = (in_), .out = (out_), .notify = (notify_), .notify_packet = 10,    \
	  .has_serial_words = true, .trade = &(trade_), .life = (life_) }
#define PAIR(sub, proto, in_, out_, trade_, life_)                                 \
	{ .class = CLASS_VENDOR, .subclass = (sub), .protocol = (proto),           \
	  .in = (in_), .out = (out_), .trade = &(trade_), .life = (life_) }
#define QMI                                                                        \
	{ .class = CLASS_VENDOR, .subclass = 0xff, .protocol = 0xff, .in = 0x88,   \
	  .out = 0x05, .notify = 0x89, .notify_packet = 8, .trade = &trade_qmi,    \
	  .life = "qmi" }

static const struct interface_row by_number[] = {
	PAIR(0xff, 0xff, 0x81, 0x01, trade_diag, "diag"),
	SERIAL_WITH(0, 0, 0x82, 0x02, 0x83, trade_nmea, "nmea"),
	SERIAL_WITH(0, 0, 0x84, 0x03, 0x85, trade_at, "at"),
	SERIAL_WITH(0, 0, 0x86, 0x04, 0x87, trade_dun, "at"),
	QMI,
};

static const struct interface_row by_class[] = {
	PAIR(0xff, 0x30, 0x81, 0x01, trade_diag, "diag"),
	SERIAL_WITH(0xff, 0x60, 0x82, 0x02, 0x83, trade_nmea, "nmea"),
	SERIAL_WITH(0xff, 0x40, 0x84, 0x03, 0x85, trade_at, "at"),
	SERIAL_WITH(0xff, 0x40, 0x86, 0x04, 0x87, trade_dun, "at"),
	QMI,
};

static const struct interface_row with_mbim[] = {
	PAIR(0xff, 0x30, 0x81, 0x01, trade_diag, "diag"),
	SERIAL_WITH(0xff, 0x60, 0x82, 0x02, 0x83, trade_nmea, "nmea"),
	SERIAL_WITH(0xff, 0x40, 0x84, 0x03, 0x85, trade_at, "at"),
	SERIAL_WITH(0xff, 0x40, 0x86, 0x04, 0x87, trade_dun, "at"),
	{ .class = CLASS_COMM, .subclass = 0x0e, .notify = 0x89, .notify_packet = 64,
	  .has_mbim_words = true, .trade = &trade_mbim },
	{ .class = CLASS_DATA, .protocol = 0x02, .in = 0x88, .out = 0x05,
	  .is_alternate = true },
};

static const struct interface_row download[] = {
	PAIR(0xff, 0xff, 0x81, 0x01, trade_edl, NULL),
};

#define INTERFACES(rows_) .interfaces = (rows_), .n_interfaces = ARRAY_SIZE(rows_)
#define MODEM_TITLE "Simulated Modem"
#define DOWNLOAD_TITLE "QUSB_BULK_CID:0000_SN:00000001"

static const struct gadget_row rows[] = {
	[GADGET_MODEM] = { "modem", MODEM_TITLE, 0x2c7c, 0x0125, INTERFACES(by_number) },
	[GADGET_PLAIN] = { "plain", MODEM_TITLE, 0x1209, 0x0001, INTERFACES(by_class) },
	[GADGET_MBIM] = { "mbim", MODEM_TITLE, 0x1209, 0x0002, INTERFACES(with_mbim) },
	[GADGET_EDL] = { "edl", DOWNLOAD_TITLE, 0x05c6, 0x9008, INTERFACES(download) },
	[GADGET_CRASHED] = { "crashed", DOWNLOAD_TITLE, 0x05c6, 0x900e, INTERFACES(download) },
};

static const char *const habit_words[] = {
	"no-hello", "zlp-silences", "zlp-not-needed", "stalls-empty-get", "notice-for-all",
	"no-notice", "nmea-whole", "nmea-flood", "short-of-zlp",
};

const struct gadget_row *gadget_row(enum gadget_kind kind)
{
	return &rows[kind];
}

bool gadget_kind_find(const char *word, enum gadget_kind *ret_kind)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(rows); i++)
		if (!strcmp(rows[i].word, word)) {
			*ret_kind = (enum gadget_kind)i;
			return true;
		}
	return false;
}

bool gadget_habit_find(const char *word, unsigned int *ret_habit)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(habit_words); i++)
		if (!strcmp(habit_words[i], word)) {
			*ret_habit = 1u << i;
			return true;
		}
	return false;
}

static void put(struct gadget *g, const void *bytes, uint32_t len)
{
	memcpy(g->configuration + g->configuration_len, bytes, len);
	g->configuration_len += len;
}

static void put_endpoint(struct gadget *g, uint8_t address, uint8_t type, uint16_t packet)
{
	static const uint8_t companion[] = { 6, 0x30, 0, 0, 0, 0 };
	uint8_t d[7] = { 7, DT_ENDPOINT, address, type, 0, 0, type == INTERRUPT ? 9 : 0 };

	if (!address)
		return;
	put_le16(d + 4, packet);
	put(g, d, sizeof(d));
	if (g->config.is_super)
		put(g, companion, sizeof(companion));
}

static void put_interface_line(struct gadget *g, const struct interface_row *row,
			       uint8_t number, uint8_t alternate, uint8_t n_endpoints)
{
	uint8_t d[9] = { 9, DT_INTERFACE, number, alternate, n_endpoints,
			 row->class, row->subclass, row->protocol, 0 };

	put(g, d, sizeof(d));
}

static void put_words(struct gadget *g, const struct interface_row *row, uint8_t number)
{
	static const uint8_t serial[] = {
		5, 0x24, 0x00, 0x10, 0x01, 5, 0x24, 0x01, 0x00, 0x00,
		4, 0x24, 0x02, 0x02, 5, 0x24, 0x06, 0x00, 0x00,
	};
	uint8_t mbim[] = {
		5, 0x24, 0x00, 0x20, 0x01, 5, 0x24, 0x06, number, (uint8_t)(number + 1),
		12, 0x24, 0x1b, 0x00, 0x01, 0, 0, 0x10, 0x40, 0xdc, 0x05, 0x20,
	};

	put_le16(mbim + 15, MBIM_MESSAGE_MAX);
	if (row->has_serial_words)
		put(g, serial, sizeof(serial));
	if (row->has_mbim_words)
		put(g, mbim, sizeof(mbim));
}

static void put_interface(struct gadget *g, const struct interface_row *row, uint8_t number)
{
	uint16_t packet = (uint16_t)gadget_packet(g);
	uint8_t n = (uint8_t)(!!row->in + !!row->out + !!row->notify);

	if (row->is_alternate)
		put_interface_line(g, row, number, 0, 0);
	put_interface_line(g, row, number, row->is_alternate, n);
	put_words(g, row, number);
	put_endpoint(g, row->notify, INTERRUPT, row->notify_packet);
	put_endpoint(g, row->in, BULK, packet);
	put_endpoint(g, row->out, BULK, packet);
}

static bool is_download(const struct gadget *g)
{
	return g->row->interfaces == download;
}

void gadget_describe(struct gadget *g)
{
	uint8_t head[9] = { 9, DT_CONFIGURATION, 0, 0, (uint8_t)g->row->n_interfaces, 1, 0,
			    BUS_POWERED_WAKES, is_download(g) ? 1 : POWER_500_MA };
	uint8_t device[GADGET_DEVICE_LEN] = {
		GADGET_DEVICE_LEN, DT_DEVICE, 0, g->config.is_super ? 3 : 2, 0, 0, 0,
		g->config.is_super ? 9 : 64, 0, 0, 0, 0, 0x18, 0x03, 1, 2,
		g->config.serial ? 3 : 0, 1 };

	put_le16(device + 8, g->row->vendor);
	put_le16(device + 10, g->row->product);
	memcpy(g->device, device, sizeof(device));
	g->configuration_len = 0;
	put(g, head, sizeof(head));
	for (unsigned int i = 0; i < g->row->n_interfaces; i++)
		put_interface(g, &g->row->interfaces[i], (uint8_t)i);
	put_le16(g->configuration + 2, (uint16_t)g->configuration_len);
}

const uint8_t *gadget_device(const struct gadget *g)
{
	return g->device;
}

const uint8_t *gadget_configuration(const struct gadget *g, uint32_t *ret_len)
{
	*ret_len = g->configuration_len;
	return g->configuration;
}

const char *gadget_string(const struct gadget *g, unsigned int index)
{
	switch (index) {
	case 1:
		return "mhifs";
	case 2:
		return g->row->title;
	case 3:
		return g->config.serial;
	default:
		return NULL;
	}
}

unsigned int gadget_n_interfaces(const struct gadget *g)
{
	return g->row->n_interfaces;
}
