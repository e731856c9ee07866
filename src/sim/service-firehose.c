/*
 * Firehose on a channel: a message is a transfer, and nothing but the count ends
 * raw bytes.  Power reset reboots the modem.
 */
#include "sim/firehose.h"
#include "sim/service.h"

enum { RAW_PIECE = 16384 };

struct programmer {
	struct firehose firehose;
	struct mouth *mouth;	/* of the call under way */
	bool has_begun, is_to_reboot;
};

static struct programmer *programmer_of(struct firehose *h)
{
	return container_of(h, struct programmer, firehose);
}

static void on_say(struct firehose *h, const char *document, uint32_t len, bool is_answer)
{
	(void)is_answer;
	mouth_say(programmer_of(h)->mouth, document, len);
}

static void on_flashed(struct firehose *h, uint32_t n)
{
	(void)h, (void)n;
}

static void on_reboot(struct firehose *h)
{
	programmer_of(h)->is_to_reboot = true;
}

static const struct firehose_ops ops = {
	.say = on_say,
	.flashed = on_flashed,
	.reboot = on_reboot,
};

static void programmer_hear(void *state, const uint8_t *data, uint32_t len, struct mouth *m)
{
	struct programmer *p = state;

	p->mouth = m;
	if (p->has_begun)
		firehose_hear(&p->firehose, data, len);
}

static uint64_t programmer_tick(void *state, uint64_t now_us, struct mouth *m)
{
	struct programmer *p = state;
	uint8_t piece[RAW_PIECE];

	p->mouth = m;
	if (p->has_begun)
		mouth_say(m, piece, firehose_speak(&p->firehose, piece, sizeof(piece)));
	else
		firehose_begin(&p->firehose, &ops, true);
	p->has_begun = true;
	return p->firehose.is_reading ? now_us : TIME_NEVER;
}

static bool programmer_is_done(const void *state)
{
	return ((const struct programmer *)state)->is_to_reboot;
}

const struct sim_service sim_service_firehose = {
	.life = "firehose",
	.state_len = sizeof(struct programmer),
	.hear = programmer_hear,
	.tick = programmer_tick,
	.has_loaded = programmer_is_done,
};
