/*
 * speaker - a service of the simulated modem, spoken to without any channel.
 */
#pragma once
#include "sim/service.h"
#include <check.h>
#include <stdlib.h>

struct speaker {
	const struct sim_service *service;
	void *state;
	struct mouth mouth;
	uint8_t heard[1 << 17];	/* all it said, one message after the other */
	uint32_t heard_len;
	unsigned int messages;
};

static inline void speaker_open(struct speaker *s, const char *life, uint64_t seed)
{
	memset(s, 0, sizeof(*s));
	s->service = sim_service_find(life);
	ck_assert_ptr_nonnull(s->service);
	s->state = calloc(1, s->service->state_len + 1);
	s->mouth.size = 1 << 17;
	s->mouth.bytes = calloc(1, s->mouth.size);
	if (s->service->start)
		s->service->start(s->state, seed);
}

static inline void speaker_close(struct speaker *s)
{
	ck_assert_uint_eq(s->mouth.dropped, 0);
	free(s->state);
	free(s->mouth.bytes);
}

static inline void speaker_listen(struct speaker *s)
{
	const uint8_t *message;
	uint32_t len;

	s->heard_len = s->messages = 0;
	while ((message = mouth_peek(&s->mouth, &len))) {
		memcpy(s->heard + s->heard_len, message, len);
		s->heard_len += len;
		s->messages++;
		mouth_swallow(&s->mouth);
	}
	s->heard[s->heard_len] = '\0';
}

/* Says @len bytes to it and collects the answers in heard. */
static inline void speaker_say(struct speaker *s, const void *data, uint32_t len)
{
	s->service->hear(s->state, data, len, &s->mouth);
	speaker_listen(s);
}

static inline const char *speaker_ask(struct speaker *s, const char *text)
{
	speaker_say(s, text, (uint32_t)strlen(text));
	return (const char *)s->heard;
}

static inline uint64_t speaker_tick(struct speaker *s, uint64_t now_us)
{
	uint64_t next = s->service->tick(s->state, now_us, &s->mouth);

	speaker_listen(s);
	return next;
}
