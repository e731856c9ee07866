/*
 * Firehose: XML documents, and raw sectors between them.
 *
 * Raw bytes for the modem that end with a whole packet want a ZLP behind them;
 * those from the modem have one before and, where they end so, one behind.
 *
 * Source: linux-msm/qdl src/firehose.c.
 */
#include "sim/gadget-inside.h"
#include <stdio.h>
#include <stdlib.h>

enum { PAYLOAD_MAX = 1048576, REBOOT_US = 50000 };

#define XML "<?xml version=\"1.0\" encoding=\"UTF-8\" ?>\n"

static void say(struct function *f, const char *element)
{
	char document[256];
	int len = snprintf(document, sizeof(document), XML "<data>\n%s</data>\n", element);

	pipe_say(&f->in, document, (uint32_t)len);
}

static void answer(struct function *f, const char *value, const char *more)
{
	char element[128];

	f->in.sends_zlp = !(f->gadget->config.habits & GADGET_SHORT_OF_ZLP);
	snprintf(element, sizeof(element), "<response value=\"%s\" %s/>\n", value, more);
	say(f, element);
}

void firehose_begin(struct function *f)
{
	say(f, "<log value=\"INFO: the programmer runs\" />\n");
	say(f, "<log value=\"INFO: chip serial number 0x1\" />\n");
}

/* The value of an attribute of the command, or 0. */
static uint64_t number(const char *command, const char *name)
{
	const char *at = strstr(command, name);

	if (!at || strncmp(at + strlen(name), "=\"", 2) != 0)
		return 0;
	return strtoull(at + strlen(name) + 2, NULL, 0);
}

static uint64_t raw_len(const char *command)
{
	uint64_t sector = number(command, "SECTOR_SIZE_IN_BYTES");
	uint64_t n = number(command, "num_partition_sectors");

	return sector <= 4096 && n <= 1 << 20 ? sector * n : 0;
}

static void begin_program(struct function *f, struct firehose *h, const char *command)
{
	h->raw_left = raw_len(command);
	h->is_programming = h->raw_left;
	if (h->is_programming)
		answer(f, "ACK", "rawmode=\"true\" ");
	else
		answer(f, "NAK", "rawmode=\"false\" ");
}

static void begin_read(struct function *f, struct firehose *h, const char *command)
{
	h->read = (struct raw){ 0, raw_len(command) };
	h->is_reading = h->read.left;
	if (!h->is_reading) {
		answer(f, "NAK", "rawmode=\"false\" ");
		return;
	}
	answer(f, "ACK", "rawmode=\"true\" ");
	pipe_say(&f->in, NULL, 0);
}

static void obey(struct function *f, struct firehose *h)
{
	const char *command;

	if ((command = strstr(h->document, "<program"))) {
		begin_program(f, h, command);
	} else if ((command = strstr(h->document, "<read"))) {
		begin_read(f, h, command);
	} else if ((command = strstr(h->document, "<configure"))) {
		if (number(command, "MaxPayloadSizeToTargetInBytes") > PAYLOAD_MAX)
			answer(f, "NAK", "MaxPayloadSizeToTargetInBytes=\"1048576\" ");
		else
			answer(f, "ACK", "MaxPayloadSizeToTargetInBytes=\"1048576\" ");
	} else if (strstr(h->document, "<power")) {
		answer(f, "ACK", "");
		gadget_come_back_as(f->gadget, GADGET_MODEM, REBOOT_US);
	} else if (strstr(h->document, "<nop")) {
		say(f, "<log value=\"INFO: nothing done\" />\n");
		answer(f, "ACK", "");
	} else {
		answer(f, "NAK", "");
	}
}

static void end_program(struct function *f, struct firehose *h)
{
	h->is_programming = false;
	answer(f, "ACK", "rawmode=\"false\" ");
}

static void hear_raw(struct function *f, struct firehose *h, uint32_t len)
{
	f->gadget->counts.flashed += len;
	h->raw_left -= len;
	if (!h->raw_left && f->gadget->config.habits & GADGET_ZLP_NOT_NEEDED)
		end_program(f, h);
}

void firehose_hear(struct function *f, struct firehose *h, const uint8_t *data, uint32_t len)
{
	static const char end[] = "</data>";
	uint32_t n;

	if (h->raw_left) {
		n = h->raw_left < len ? (uint32_t)h->raw_left : len;
		hear_raw(f, h, n);
		data += n;
		len -= n;
	}
	n = min_u32(len, (uint32_t)sizeof(h->document) - 1 - h->len);
	memcpy(h->document + h->len, data, n);
	h->len += n;
	h->document[h->len] = '\0';
	if (!strstr(h->document, end) && h->len < sizeof(h->document) - 1)
		return;
	obey(f, h);
	h->len = 0;
}

/* A short packet or a ZLP ends the raw bytes. */
void firehose_hear_end(struct function *f, struct firehose *h)
{
	if (h->is_programming && !h->raw_left)
		end_program(f, h);
}

void firehose_speak(struct function *f, struct firehose *h)
{
	if (!h->is_reading)
		return;
	if (h->read.left) {
		raw_say(f, &h->read);
		return;
	}
	h->is_reading = false;
	answer(f, "ACK", "rawmode=\"false\" ");
}
