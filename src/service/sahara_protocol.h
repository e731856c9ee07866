/*
 * sahara_protocol - the host's side of Sahara: what to answer to each packet of a
 * boot loader that asks for images, or offers its memory after a crash.
 *
 * No I/O and no clock: bytes come in by sahara_hear(), time is an argument, and
 * what is to be done goes out through the ops.  Nothing the device says is
 * believed: a packet has exactly its length and its place, what is asked lies
 * inside an image, and sums, requests, refusals and silence have limits.
 *
 * What cannot be served is answered by RESET: the device starts over, and may ask
 * for something else.  After too many of these, and after silence, the host says
 * nothing any more.
 *
 * Source: linux-msm/qdl src/sahara.c, Linux drivers/accel/qaic/sahara.c.
 */
#pragma once
#include "base/bytes.h"

enum sahara_command {
	SAHARA_HELLO = 0x01,
	SAHARA_HELLO_RESP = 0x02,
	SAHARA_READ_DATA = 0x03,
	SAHARA_END_OF_IMAGE = 0x04,
	SAHARA_DONE = 0x05,
	SAHARA_DONE_RESP = 0x06,
	SAHARA_RESET = 0x07,
	SAHARA_RESET_RESP = 0x08,
	SAHARA_MEM_DEBUG = 0x09,
	SAHARA_MEM_READ = 0x0a,
	SAHARA_CMD_READY = 0x0b,
	SAHARA_SWITCH_MODE = 0x0c,
	SAHARA_EXECUTE = 0x0d,
	SAHARA_EXECUTE_RESP = 0x0e,
	SAHARA_EXECUTE_DATA = 0x0f,
	SAHARA_MEM_DEBUG64 = 0x10,
	SAHARA_MEM_READ64 = 0x11,
	SAHARA_READ_DATA64 = 0x12,
};

enum sahara_mode {
	SAHARA_MODE_PENDING = 0,	/* images, more to come */
	SAHARA_MODE_COMPLETE = 1,	/* the last image */
	SAHARA_MODE_MEMORY = 2,
	SAHARA_MODE_COMMAND = 3,
};

enum {
	SAHARA_PACKET_MAX = 0x30,
	SAHARA_TABLE_MAX = 65536,	/* bytes of a memory table */
	SAHARA_ANSWER_MAX = 4096,	/* bytes a client command answers */
	SAHARA_NAME_LEN = 20,		/* of a region, as in its table */
	SAHARA_WHY_LEN = 160,
};

struct sahara_limits {
	uint64_t silence_us;		/* of the device, whatever it is to say next */
	uint64_t reset_us;		/* of one that was told to start over */
	uint64_t session_us;		/* from the first HELLO to the end */
	uint64_t image_bytes;		/* served in all, of all images */
	uint64_t dump_bytes;		/* taken in all; the rest is left out */
	uint32_t requests;		/* packets heard */
	uint32_t refusals;		/* RESETs said */
	uint32_t piece;			/* memory is read in pieces of so many bytes */
};
extern const struct sahara_limits sahara_limits_default;

/* A part of the device's memory. */
struct sahara_region {
	unsigned int index;
	uint64_t address, len;
	/* As the device says, cleaned: [A-Za-z0-9._-], never leading a dot, "" when
	 * nothing is left. */
	char name[SAHARA_NAME_LEN + 1];
	bool is_cut;	/* limits leave out its end */
};

struct sahara_ops {
	/* One packet for the device; an image_send() under way ends with it. */
	void (*send)(void *user, const void *packet, uint32_t len);
	/* The image of this number: 0, or -errno.  A name is told when there should
	 * be one, whether it can be had or not; it stays until the next call. */
	int (*image_find)(void *user, uint64_t id, uint64_t *ret_size, const char **ret_name);
	/* These bytes of it go to the device as they are; sahara_sent() tells what
	 * went, later.  They lie inside the image, @len is not 0. */
	void (*image_send)(void *user, uint64_t id, uint64_t offset, uint64_t len);
	/* The device has it whole. */
	void (*image_done)(void *user, uint64_t id);
	/* A dump, region by region: all bytes of one in order, then the next.
	 * -errno of begin and data ends the dump; end tells whether it is whole. */
	int (*dump_begin)(void *user, const struct sahara_region *region);
	int (*dump_data)(void *user, const uint8_t *data, uint32_t len);
	void (*dump_end)(void *user, int status);	/* of the region begun */
	/* What a client command answered; may be missing when none is asked. */
	void (*executed)(void *user, uint32_t command, const uint8_t *data, uint32_t len);
	/* All images were taken, or all memory. */
	void (*finished)(void *user, enum sahara_mode mode);
	/* Refused, or given up for good (sahara_is_over()): one sentence. */
	void (*failed)(void *user, int status, const char *why);
};

enum sahara_step {
	SAHARA_IDLE,		/* a HELLO is to come */
	SAHARA_SERVING,		/* requests for images */
	SAHARA_SENDING,		/* raw bytes of an image are on their way */
	SAHARA_ENDING,		/* DONE was said */
	SAHARA_REMEMBERING,	/* a memory table is to come */
	SAHARA_TABLE,		/* raw bytes of it */
	SAHARA_MEMORY,		/* raw bytes of a region */
	SAHARA_RESETTING,	/* RESET was said */
	SAHARA_COMMANDING,	/* CMD_READY is to come */
	SAHARA_EXECUTING,	/* EXECUTE was said */
	SAHARA_ANSWERING,	/* raw bytes of its answer */
	SAHARA_OVER,
};

struct sahara {
	const struct sahara_limits *limits;	/* borrowed */
	const struct sahara_ops *ops;		/* borrowed */
	void *user;
	enum sahara_step step;
	uint64_t heard_us;	/* either side's last word */
	uint64_t begun_us;	/* first HELLO of the session */
	bool has_begun;

	uint32_t n_requests, n_refusals;
	uint64_t n_served;		/* bytes of images, all sessions of this channel */

	uint8_t packet[SAHARA_PACKET_MAX];	/* as far as heard */
	uint32_t packet_len;
	uint8_t held[SAHARA_PACKET_MAX];	/* came while bytes were on their way */
	uint32_t held_len;

	struct {
		bool is_open;
		uint64_t id, size;
		uint64_t offset, left;	/* of the bytes on their way */
		const char *name;	/* borrowed from image_find() */
	} image;

	struct {
		bool is_wide;		/* 64-bit packets */
		uint64_t at, left;	/* what the raw bytes to come are */
		uint32_t asked, got;	/* of this piece */
		unsigned int n_regions, next;
		unsigned int n_skipped;	/* empty, wrapping, or beyond the limit */
		bool is_open;		/* a region: dump_end() is due */
		struct sahara_region region;
		uint64_t taken;		/* bytes, all regions */
		uint32_t table_len;
		uint8_t table[SAHARA_TABLE_MAX];
	} memory;

	struct {
		const uint32_t *list;	/* borrowed */
		unsigned int n, next;
		bool is_asked;		/* all were, in this session */
		uint32_t want, got;	/* bytes of an answer */
		uint8_t answer[SAHARA_ANSWER_MAX];
	} commands;
};

void sahara_init(struct sahara *s, const struct sahara_limits *limits,
		 const struct sahara_ops *ops, void *user);
/* Client commands to ask before images are served; borrowed. */
void sahara_ask(struct sahara *s, const uint32_t *commands, unsigned int n);

/* The channel runs: the device speaks first.  All limits count anew. */
void sahara_begin(struct sahara *s, uint64_t now_us);
/* The channel is gone: a region that was begun is ended. */
void sahara_end(struct sahara *s, int why);

/* Bytes of one message of the device; @is_end: it is whole with them. */
void sahara_hear(struct sahara *s, uint64_t now_us, const uint8_t *data, uint32_t len,
		 bool is_end);
/* So many bytes of the last image_send() went out. */
void sahara_sent(struct sahara *s, uint64_t now_us, uint64_t len);
/* The rest of them cannot: -errno. */
void sahara_cannot_send(struct sahara *s, uint64_t now_us, int status);

/* Looks at the time; when to call again, or TIME_NEVER. */
uint64_t sahara_tick(struct sahara *s, uint64_t now_us);

bool sahara_is_over(const struct sahara *s);
