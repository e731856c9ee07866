/*
 * An rpmsg remote: the service of that name between two queues.  Like the
 * remotes of OpenAMP it takes no message while an answer waits for a buffer.
 */
#include "rpmsg/layout.h"
#include "sim/service.h"
#include "sim/virtio_kind.h"
#include <stdlib.h>

enum { TO_DRIVER, FROM_DRIVER };	/* queues, as the driver's receive and send */
enum { RPMSG_LENGTH_LIES = 10 };	/* of F65; the rest are rings */
enum { HEAR_MOST = 65536, MOUTH_LEN = 8 * HEAR_MOST };

struct remote {
	const struct sim_service *service;
	void *service_state;	/* owned */
	struct mouth mouth;	/* bytes owned */
	uint8_t *heard;		/* owned; HEAR_MOST */
	uint64_t tick_at;
};

static bool remote_init(struct sim_virtio *v, void *state, uint8_t *config)
{
	struct remote *r = state;

	(void)v;
	(void)config;
	r->service = sim_service_find("rpmsg");
	if (!r->service)
		return false;
	r->service_state = calloc(1, r->service->state_len);
	r->mouth.bytes = malloc(MOUTH_LEN);
	r->mouth.size = MOUTH_LEN;
	r->heard = malloc(HEAR_MOST);
	return r->service_state && r->mouth.bytes && r->heard;
}

static void remote_fini(void *state)
{
	struct remote *r = state;

	free(r->service_state);
	free(r->mouth.bytes);
	free(r->heard);
}

static void remote_start(struct sim_virtio *v, void *state)
{
	struct remote *r = state;

	r->tick_at = 0;
	memset(r->service_state, 0, r->service->state_len);
	if (r->service->start)
		r->service->start(r->service_state, sim_virtio_seed(v));
}

static void remote_stop(struct sim_virtio *v, void *state)
{
	struct remote *r = state;

	(void)v;
	r->mouth.begin = r->mouth.end = 0;
}

/* Announcements are for a driver that asked for them. */
static bool is_unwanted(const struct sim_virtio *v, const uint8_t *message, uint32_t len)
{
	return !(sim_virtio_accepted(v) & VIRTIO_RPMSG_F_NS) && len >= RPMSG_HEADER_LEN &&
	       get_le32(message + RPMSG_DST) == RPMSG_ADDR_NS;
}

/* A message goes whole into one buffer.  One that is too long is lost, and the
 * buffer comes back with nothing in it. */
static bool deliver(struct sim_virtio *v, const uint8_t *message, uint32_t len)
{
	struct vq_chain chain;

	if (is_unwanted(v, message, len))
		return true;
	if (!sim_virtio_pop(v, TO_DRIVER, &chain))
		return false;
	if (chain.in_len < len ||
	    sim_virtio_write(v, chain.pieces + chain.n_out, chain.n_in, message, len) < len) {
		sim_virtio_complain(v, "no room for a message of %u bytes in a buffer of %u",
				    len, chain.in_len);
		len = 0;
	}
	sim_virtio_push(v, TO_DRIVER, chain.head, len);
	return true;
}

/* True when all that was said is delivered. */
static bool speak(struct sim_virtio *v, struct remote *r)
{
	const uint8_t *message;
	uint32_t len;

	while ((message = mouth_peek(&r->mouth, &len))) {
		if (!deliver(v, message, len))
			return false;
		mouth_swallow(&r->mouth);
	}
	return true;
}

static bool hear(struct sim_virtio *v, struct remote *r)
{
	struct vq_chain chain;
	size_t len;

	if (!sim_virtio_pop(v, FROM_DRIVER, &chain))
		return false;
	len = sim_virtio_read(v, chain.pieces, chain.n_out, r->heard, HEAR_MOST);
	sim_virtio_push(v, FROM_DRIVER, chain.head, 0);
	if (len && r->service->hear)
		r->service->hear(r->service_state, r->heard, (uint32_t)len, &r->mouth);
	r->tick_at = 0;
	return true;
}

static void tick(struct sim_virtio *v, struct remote *r)
{
	uint64_t now = sim_virtio_now_us(v);

	r->tick_at = TIME_NEVER;
	if (r->service->tick)
		r->tick_at = r->service->tick(r->service_state, now, &r->mouth);
	if (r->tick_at <= now)
		r->tick_at = now + 1;
	sim_virtio_wake_at(v, r->tick_at);
}

static void remote_turn(struct sim_virtio *v, void *state)
{
	struct remote *r = state;

	while (speak(v, r)) {
		if (r->tick_at <= sim_virtio_now_us(v))
			tick(v, r);
		else if (!hear(v, r))
			return;
	}
}

/* Room, pointers and lengths of the rings; what is said is the service's. */
static const char *remote_fault_mood(unsigned int id, unsigned int number)
{
	static const char *const room[] = { "never-returns", "deaf", "slow", "storm" };
	static const char *const rings[] = { "used-jump", "used-id", "used-twice", "used-len" };

	if (id == 64)
		return room[number];
	return id == 65 && number >= RPMSG_LENGTH_LIES ? rings[number - RPMSG_LENGTH_LIES] : NULL;
}

static void remote_tell_lie(struct sim_virtio *v, void *state, unsigned int id,
			    unsigned int number)
{
	struct remote *r = state;

	(void)v;
	r->service->lie(r->service_state, id, number);
	r->tick_at = 0;
}

static const struct sim_peer_kind faults[] = {
	{ 61, 14, "announcements that are none" },
	{ 62, 6, "floods of names, addresses, goodbyes, messages to nobody" },
	{ 63, 10, "announcements and goodbyes of what belongs to others" },
	{ 64, 4, "requests never come back, are not looked at, one at a time; interrupts" },
	{ 65, 14, "messages not as long as they say, used entries that cannot be" },
	{ 66, 6, "names empty, endless, with slashes and control characters" },
};

const struct sim_virtio_kind sim_virtio_rpmsg = {
	.type = "rpmsg",
	.id = VIRTIO_ID_RPMSG,
	.features = VIRTIO_RPMSG_F_NS,
	.requests = FROM_DRIVER,
	.state_len = sizeof(struct remote),
	.moods = (const char *const[]){ "healthy", NULL },
	.peer = { "a fault and a case that rpmsg has: F61 to F66", faults, ARRAY_SIZE(faults) },
	.fault_mood = remote_fault_mood,
	.lie = remote_tell_lie,
	.init = remote_init,
	.fini = remote_fini,
	.start = remote_start,
	.turn = remote_turn,
	.stop = remote_stop,
};
