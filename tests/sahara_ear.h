/*
 * sahara_ear - the host's side of Sahara without any channel: what it says and
 * does is kept, images are patterns, and it asserts what the protocol owes its
 * user.
 */
#pragma once
#include "service/sahara_protocol.h"

enum { EAR_BYTES = 1 << 20, EAR_REGIONS = 64 };

struct sahara_ear {
	struct sahara s;
	struct sahara_limits limits;
	uint64_t now_us;

	uint8_t said[SAHARA_PACKET_MAX];	/* the last packet */
	uint32_t said_len;
	unsigned int n_said;
	unsigned int n_finds, n_sends, n_images, n_finished, n_failed, n_executed;
	uint64_t id, offset, len;	/* of the last image_send() */
	enum sahara_mode mode;		/* of finished() */
	int status;			/* of failed() */
	char why[SAHARA_WHY_LEN];
	uint32_t command;		/* of executed() */

	int dump_error;			/* dump_begin() and dump_data() return it */
	unsigned int dump_error_at;	/* the region */
	bool is_open;
	struct sahara_region regions[EAR_REGIONS];
	int ends[EAR_REGIONS];
	unsigned int n_regions, n_ends;
	uint64_t region_len;		/* heard of the one begun */
	uint64_t dump_len;
	uint8_t answer[SAHARA_ANSWER_MAX];
	uint32_t answer_len;
};

/* Images 1 to 9 have 1000 times their number of bytes; the others are not
 * there. */
void ear_open(struct sahara_ear *e);

/* A packet of the device: its header, then words. */
void ear_packet(struct sahara_ear *e, uint32_t command, uint32_t len, const uint32_t *words);
#define EAR_PACKET(e, command, ...)                                            \
	ear_packet(e, command, 8 + sizeof((uint32_t[]){ __VA_ARGS__ }),        \
		   (const uint32_t[]){ __VA_ARGS__ })
void ear_hello(struct sahara_ear *e, enum sahara_mode mode);
void ear_read(struct sahara_ear *e, uint32_t id, uint32_t offset, uint32_t len);
void ear_read64(struct sahara_ear *e, uint64_t id, uint64_t offset, uint64_t len);
/* All bytes on their way go out. */
void ear_sent(struct sahara_ear *e);
/* @n bytes of memory in pieces of @piece. */
void ear_memory(struct sahara_ear *e, uint64_t n, uint32_t piece);

uint32_t ear_said(const struct sahara_ear *e);	/* command of the last packet */
