#include "sim/firehose.h"
#include <stdio.h>
#include <stdlib.h>

enum { PAYLOAD_MAX = 1048576, SECTOR_MAX = 4096, SECTORS_MAX = 1 << 20, PERIOD = 251 };

#define XML "<?xml version=\"1.0\" encoding=\"UTF-8\" ?>\n"

static void say(struct firehose *h, const char *element, bool is_answer)
{
	char document[256];
	int len = snprintf(document, sizeof(document), XML "<data>\n%s</data>\n", element);

	h->ops->say(h, document, (uint32_t)len, is_answer);
}

static void answer(struct firehose *h, const char *value, const char *more)
{
	char element[128];

	snprintf(element, sizeof(element), "<response value=\"%s\" %s/>\n", value, more);
	say(h, element, true);
}

void firehose_begin(struct firehose *h, const struct firehose_ops *ops, bool ends_by_count)
{
	memset(h, 0, sizeof(*h));
	h->ops = ops;
	h->ends_by_count = ends_by_count;
	say(h, "<log value=\"INFO: the programmer runs\" />\n", false);
	say(h, "<log value=\"INFO: chip serial number 0x1\" />\n", false);
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

	return sector <= SECTOR_MAX && n <= SECTORS_MAX ? sector * n : 0;
}

static void begin_program(struct firehose *h, const char *command)
{
	h->raw_left = raw_len(command);
	h->is_programming = h->raw_left;
	if (h->is_programming)
		answer(h, "ACK", "rawmode=\"true\" ");
	else
		answer(h, "NAK", "rawmode=\"false\" ");
}

static void begin_read(struct firehose *h, const char *command)
{
	h->read_at = 0;
	h->read_left = raw_len(command);
	h->is_reading = h->read_left;
	if (!h->is_reading) {
		answer(h, "NAK", "rawmode=\"false\" ");
		return;
	}
	answer(h, "ACK", "rawmode=\"true\" ");
	if (h->ops->raw_begins)
		h->ops->raw_begins(h);
}

static void configure(struct firehose *h, const char *command)
{
	bool is_too_large = number(command, "MaxPayloadSizeToTargetInBytes") > PAYLOAD_MAX;

	answer(h, is_too_large ? "NAK" : "ACK", "MaxPayloadSizeToTargetInBytes=\"1048576\" ");
}

static void obey(struct firehose *h)
{
	const char *command;

	if ((command = strstr(h->document, "<program"))) {
		begin_program(h, command);
	} else if ((command = strstr(h->document, "<read"))) {
		begin_read(h, command);
	} else if ((command = strstr(h->document, "<configure"))) {
		configure(h, command);
	} else if (strstr(h->document, "<getstorageinfo")) {
		say(h, "<log value=\"INFO: 1048576 sectors of 4096 bytes\" />\n", false);
		answer(h, "ACK", "");
	} else if (strstr(h->document, "<power")) {
		answer(h, "ACK", "");
		h->ops->reboot(h);
	} else if (strstr(h->document, "<nop")) {
		say(h, "<log value=\"INFO: nothing done\" />\n", false);
		answer(h, "ACK", "");
	} else {
		answer(h, "NAK", "");
	}
}

static void end_program(struct firehose *h)
{
	h->is_programming = false;
	answer(h, "ACK", "rawmode=\"false\" ");
}

static void hear_raw(struct firehose *h, uint32_t len)
{
	h->ops->flashed(h, len);
	h->raw_left -= len;
	if (!h->raw_left && h->ends_by_count)
		end_program(h);
}

void firehose_hear(struct firehose *h, const uint8_t *data, uint32_t len)
{
	static const char end[] = "</data>";
	uint32_t n;

	if (h->raw_left) {
		n = h->raw_left < len ? (uint32_t)h->raw_left : len;
		hear_raw(h, n);
		data += n;
		len -= n;
	}
	n = min_u32(len, (uint32_t)sizeof(h->document) - 1 - h->len);
	memcpy(h->document + h->len, data, n);
	h->len += n;
	h->document[h->len] = '\0';
	if (!strstr(h->document, end) && h->len < sizeof(h->document) - 1)
		return;
	obey(h);
	h->len = 0;
}

void firehose_hear_end(struct firehose *h)
{
	if (h->is_programming && !h->raw_left)
		end_program(h);
}

uint32_t firehose_speak(struct firehose *h, uint8_t *to, uint32_t most)
{
	uint32_t n = h->read_left < most ? (uint32_t)h->read_left : most;

	if (!h->is_reading)
		return 0;
	for (uint32_t i = 0; i < n; i++)
		to[i] = (uint8_t)((h->read_at + i) % PERIOD);
	h->read_at += n;
	h->read_left -= n;
	if (!n) {
		h->is_reading = false;
		answer(h, "ACK", "rawmode=\"false\" ");
	}
	return n;
}
