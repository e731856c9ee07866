/*
 * at - the inside of the AT service: the modem's settings, the command line in
 * the making, and the answer in the making.
 *
 * Source: ITU-T V.250 (lines, results), 3GPP TS 27.007 (the + commands).
 */
#pragma once
#include "sim/identity.h"
#include "sim/service.h"

enum {
	AT_LINE_MAX = 512,
	AT_ANSWER_MAX = 2048,	/* said in one message; more goes in several */
	AT_CONTEXTS = 8,
	AT_FIRST_NEWS_US = 1000000,
	AT_NEWS_US = 10000000,
};

/* How a command ended: done, or the code of a +CME ERROR. */
enum at_result {
	AT_DONE = -1,
	AT_ERROR = -2,		/* plain ERROR, whatever +CMEE says */
	AT_NO_CARRIER = -3,
	AT_NOT_ALLOWED = 3,
	AT_INVALID_INDEX = 21,
	AT_INCORRECT = 50,
};

/* Domains of registration: +CREG, +CGREG, +CEREG. */
enum { AT_CREG, AT_CGREG, AT_CEREG, AT_N_REGS };

struct at_context {
	char type[8];	/* "" when not defined */
	char apn[64];
};

struct at {
	struct identity id;
	uint64_t chance;

	char line[AT_LINE_MAX];
	uint32_t len;
	bool is_too_long;
	bool was_cr;
	char last[AT_LINE_MAX];	/* for A/ */

	char answer[AT_ANSWER_MAX];
	uint32_t answer_len;
	struct mouth *mouth;	/* only inside hear and tick */

	bool has_echo, is_verbose, is_quiet;
	uint8_t cmee;
	uint8_t cfun;
	uint8_t cops_format;
	uint8_t reg_news[AT_N_REGS];	/* 0 none, 1 state, 2 with the cell */
	struct at_context contexts[AT_CONTEXTS];
	uint32_t cell;
	uint64_t news_us;	/* when the next unsolicited line is due */
};

/* Adds to the answer. */
void at_put(struct at *a, const char *bytes, uint32_t len);
void at_info(struct at *a, const char *format, ...)	/* one line of information */
	__attribute__((format(printf, 2, 3)));

/* at-line.c: runs what stands behind "AT", up to the result code. */
void at_run(struct at *a, const char *line);
void at_defaults(struct at *a);		/* as after ATZ */

/* at-commands.c */
enum at_form { AT_RUN, AT_READ, AT_TEST, AT_SET };

/* One + command; @args is what stands behind =, NUL terminated. */
enum at_result at_extended(struct at *a, const char *name, enum at_form form,
			   const char *args);
void at_identify(struct at *a);		/* ATI */
/* The line that tells registration: with +CREG: <n> led, or as news. */
void at_say_registration(struct at *a, unsigned int domain, bool is_news);
