/*
 * service - what lives on a channel of the simulated modem.
 *
 * A service hears one uplink message at a time and speaks downlink messages.
 * It is asked to hear only when all it said before has been delivered, so it
 * never has to hold more than the answers to one message.
 */
#pragma once
#include "base/bytes.h"
#include "base/timers.h"

/* Where a service speaks: each call of mouth_say() is one downlink message. */
struct mouth {
	uint8_t *bytes;		/* messages waiting, each led by its u32 length */
	uint32_t size;		/* of bytes */
	uint32_t begin, end;	/* the part in use */
	uint32_t dropped;	/* messages that found no room */
};

void mouth_say(struct mouth *m, const void *data, uint32_t len);
void mouth_printf(struct mouth *m, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
bool mouth_is_empty(const struct mouth *m);
/* The oldest message, or NULL; it stays until mouth_swallow(). */
const uint8_t *mouth_peek(const struct mouth *m, uint32_t *ret_len);
void mouth_swallow(struct mouth *m);

struct sim_service {
	const char *life;	/* the word in a profile: "at", "qmi", ... */
	size_t state_len;	/* bytes of state, zeroed before start */
	/* A service of a byte stream hears at most so many bytes at once, so
	 * that its answers fit; 0: whole messages, up to 64 KiB. */
	uint32_t ear;
	void (*start)(void *state, uint64_t seed);	/* channel START; may be NULL */
	/* One uplink message or a piece of it, @len > 0; may be NULL. */
	void (*hear)(void *state, const uint8_t *data, uint32_t len, struct mouth *m);
	/* Speaks unasked.  Called when the downlink starts, after each hear()
	 * and at the time it returned last; TIME_NEVER: only then.  Never while
	 * something said is still waiting.  May be NULL. */
	uint64_t (*tick)(void *state, uint64_t now_us, struct mouth *m);
	/* A loader has all it needs, a programmer is to reboot: the modem goes on
	 * to the next execution environment, once all that was said is delivered.
	 * May be NULL. */
	bool (*has_loaded)(const void *state);
	/* The next tick() says what no honest side would: case @number, from 0, of
	 * a fault of the catalogue.  May be NULL. */
	void (*lie)(void *state, unsigned int id, unsigned int number);
};

extern const struct sim_service sim_service_at;		/* DUN, DUN2 */
extern const struct sim_service sim_service_qmi;	/* QMI */
extern const struct sim_service sim_service_nmea;	/* NMEA */
extern const struct sim_service sim_service_diag;	/* DIAG */
extern const struct sim_service sim_service_icmp;	/* IP_SW0, IP_HW0 */
extern const struct sim_service sim_service_rpmsg;	/* RPMSG */
extern const struct sim_service sim_service_firehose;	/* FIREHOSE, EDL */
extern const struct sim_service sim_service_sahara;	/* SAHARA: one image, 0 */
extern const struct sim_service sim_service_sahara_flashless;	/* images 1 to 8 */
extern const struct sim_service sim_service_sahara_crashed;	/* memory, then image 0 */
extern const struct sim_service sim_service_sahara_liar;	/* F59, then image 0 */

/* NULL when no service has this word. */
const struct sim_service *sim_service_find(const char *life);
