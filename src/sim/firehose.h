/*
 * firehose - a programmer, as it speaks Firehose: documents of XML, and raw
 * sectors between them.  How messages are framed is a matter of whoever carries
 * them: the pipes of a USB modem, a channel.
 *
 * Source: linux-msm/qdl src/firehose.c, from its other end.
 */
#pragma once
#include "base/bytes.h"

struct firehose;

struct firehose_ops {
	/* A document for the host; @is_answer: one that ends a command. */
	void (*say)(struct firehose *h, const char *document, uint32_t len, bool is_answer);
	/* Raw bytes follow, by firehose_speak().  May be NULL. */
	void (*raw_begins)(struct firehose *h);
	/* @n bytes were written to the flash. */
	void (*flashed)(struct firehose *h, uint32_t n);
	void (*reboot)(struct firehose *h);
};

struct firehose {
	const struct firehose_ops *ops;
	char document[2048];
	uint32_t len;
	uint64_t raw_left;	/* bytes of a program command to come */
	bool is_programming, is_reading;
	bool ends_by_count;	/* the last raw byte ends a program command */
	uint64_t read_at, read_left;	/* bytes of a read command to be said */
};

/* Its first words. */
void firehose_begin(struct firehose *h, const struct firehose_ops *ops, bool ends_by_count);
void firehose_hear(struct firehose *h, const uint8_t *data, uint32_t len);
/* What was heard ended as whoever carries it tells the end of raw bytes. */
void firehose_hear_end(struct firehose *h);
/* Up to @most raw bytes that are to be said; the answer follows the last.  0:
 * none are. */
uint32_t firehose_speak(struct firehose *h, uint8_t *to, uint32_t most);
