/*
 * A turn lets the kind work, then publishes what it used and interrupts once a
 * queue.  During a turn both queues are muted; it ends with the wish for kicks
 * and a last look, and what that sees is the next turn's.
 *
 * The moods of a ring show nothing at first: the FAULT_AT-th entry of a queue is
 * the faulty one, when the driver has something to lose.
 */
#include "sim/virtio_kind.h"
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	TURN_BUDGET = 64,	/* chains of a queue in one turn */
	FAULT_AT = 8,
	STORM_US = 1000,
	SLOW_US = 100000,
	COMPLAINTS_MOST = 64,	/* of one start: a driver may break rules for ever */
};

enum ring_mood {
	RING_HEALTHY,
	RING_USED_JUMP,		/* used.idx runs ahead of what is out */
	RING_USED_ID,		/* no such head */
	RING_USED_TWICE,	/* the head of the entry before */
	RING_USED_LEN,		/* one byte more than there is room */
	RING_USED_ZERO,		/* every FAULT_AT-th says 0 bytes; not fatal */
	RING_NEVER_RETURNS,	/* takes requests for ever; not fatal */
	RING_FULL_LEN,		/* all a chain holds, as OpenAMP says; legal */
	RING_STORM,		/* an interrupt each millisecond; legal */
	RING_EAGER,		/* works before the start has returned; legal */
	RING_DEAF,		/* looks at no request; not fatal */
	RING_SLOW,		/* takes one request in SLOW_US; legal */
};

static const char *const ring_moods[] = {
	[RING_HEALTHY] = "healthy",
	[RING_USED_JUMP] = "used-jump",
	[RING_USED_ID] = "used-id",
	[RING_USED_TWICE] = "used-twice",
	[RING_USED_LEN] = "used-len",
	[RING_USED_ZERO] = "used-zero",
	[RING_NEVER_RETURNS] = "never-returns",
	[RING_FULL_LEN] = "full-len",
	[RING_STORM] = "storm",
	[RING_EAGER] = "eager",
	[RING_DEAF] = "deaf",
	[RING_SLOW] = "slow",
	NULL
};

struct queue {
	struct vq vq;
	bool is_running;
	bool is_damage_told;
	unsigned int budget;	/* chains left in this turn */
	unsigned int n_pushed;
	uint32_t room[SIM_QUEUE_MOST];	/* by head: most that used.len may be */
};

struct sim_virtio {
	const struct sim_virtio_kind *kind;
	void *state;		/* owned */
	unsigned int mood;	/* the kind's */
	unsigned int ring_mood;	/* enum ring_mood */
	uint64_t seed;
	uint64_t accepted;
	struct timers *timers;
	const struct sim_virtio_bus_ops *bus_ops;
	void *bus;
	struct queue queues[SIM_QUEUES];
	struct timer wake, storm;	/* storm: of the ring moods that last */
	bool is_spent;		/* a budget ran out in this turn */
	bool is_attentive;	/* RING_SLOW: the next request may be taken */
	struct sim_peer_fault fault;	/* what the moods come from; 0: of a word */
	struct timer due;	/* of the fault */
	uint64_t n_said, n_heard;	/* until then */
	unsigned int n_complaints;
	uint8_t config[SIM_VIRTIO_CONFIG_MOST];
};

static const struct sim_virtio_kind *const kinds[] = {
	&sim_virtio_rpmsg,
	&sim_virtio_gpio,
};

/* What a driver sets up all the same is left alone. */
static bool has_queue(const struct sim_virtio *v, unsigned int queue)
{
	return queue == v->kind->requests || !v->kind->other_needs ||
	       v->accepted & v->kind->other_needs;
}

static bool is_live(const struct sim_virtio *v)
{
	for (unsigned int i = 0; i < SIM_QUEUES; i++)
		if (has_queue(v, i) && !v->queues[i].is_running)
			return false;
	return true;
}

/* --- moods and faults --- */

static bool find_word(const char *const *words, const char *word, unsigned int *ret_index)
{
	for (unsigned int i = 0; words[i]; i++) {
		if (strcmp(words[i], word) != 0)
			continue;
		*ret_index = i;
		return true;
	}
	return false;
}

static bool set_mood(struct sim_virtio *v, const char *word)
{
	v->mood = v->ring_mood = 0;
	return find_word(v->kind->moods, word, &v->mood) ||
	       find_word(ring_moods, word, &v->ring_mood);
}

static const char *fault_mood(const struct sim_virtio *v)
{
	return v->kind->fault_mood ? v->kind->fault_mood(v->fault.id, v->fault.number) : NULL;
}

/* A mood, or a fault with a mood; false: the word is unknown. */
static bool set_character(struct sim_virtio *v, const char *word)
{
	const char *why;

	if (set_mood(v, word))
		return true;
	if (sim_peer_fault_parse(word, &v->kind->peer, &v->fault, &why) < 0)
		return false;
	if (fault_mood(v))
		set_mood(v, fault_mood(v));
	return true;
}

/* The ring moods that last. */
static void begin_mood(struct sim_virtio *v)
{
	for (unsigned int i = 0; i < SIM_QUEUES; i++)
		v->queues[i].n_pushed = 0;
	if (v->ring_mood == RING_STORM)
		timer_start(v->timers, &v->storm, STORM_US);
	if (v->ring_mood == RING_SLOW)
		timer_start(v->timers, &v->storm, 0);
}

static void on_due(void *user)
{
	struct sim_virtio *v = user;

	if (fault_mood(v)) {
		set_mood(v, fault_mood(v));
		begin_mood(v);
	} else {
		v->kind->lie(v, v->state, v->fault.id, v->fault.number);
	}
	v->bus_ops->wants_turn(v->bus);
}

static void count(struct sim_virtio *v, enum sim_fault_when what, uint64_t *n)
{
	++*n;
	/* Not inside of what the kind is doing. */
	if (v->fault.id && v->fault.when == what && *n == v->fault.k)
		timer_start(v->timers, &v->due, 0);
}

static void begin_fault(struct sim_virtio *v)
{
	v->n_said = v->n_heard = 0;
	if (v->fault.id && v->fault.when == SIM_WHEN_TIME && !v->fault.k) {
		on_due(v);
		return;
	}
	if (v->fault.id) {
		v->mood = v->ring_mood = 0;
		if (v->fault.when == SIM_WHEN_TIME)
			timer_start(v->timers, &v->due, v->fault.k);
	}
	begin_mood(v);
}

/* --- what a kind calls --- */

unsigned int sim_virtio_mood(const struct sim_virtio *v)
{
	return v->mood;
}

uint64_t sim_virtio_seed(const struct sim_virtio *v)
{
	return v->seed;
}

uint64_t sim_virtio_accepted(const struct sim_virtio *v)
{
	return v->accepted;
}

uint64_t sim_virtio_now_us(const struct sim_virtio *v)
{
	return v->timers->now_us;
}

void sim_virtio_wake_at(struct sim_virtio *v, uint64_t at_us)
{
	uint64_t now = v->timers->now_us;

	if (at_us == TIME_NEVER)
		timer_stop(&v->wake);
	else
		timer_start(v->timers, &v->wake, at_us > now ? at_us - now : 0);
}

void sim_virtio_complain(struct sim_virtio *v, const char *format, ...)
{
	char sentence[160];
	va_list args;

	if (v->n_complaints++ >= COMPLAINTS_MOST)
		return;
	va_start(args, format);
	vsnprintf(sentence, sizeof(sentence), format, args);
	va_end(args);
	v->bus_ops->complain(v->bus, sentence);
}

/* Does its mood keep it from looking at a request? */
static bool is_inattentive(const struct sim_virtio *v, unsigned int queue)
{
	if (queue != v->kind->requests)
		return false;
	return v->ring_mood == RING_DEAF || (v->ring_mood == RING_SLOW && !v->is_attentive);
}

bool sim_virtio_pop(struct sim_virtio *v, unsigned int queue, struct vq_chain *ret_chain)
{
	struct queue *q = &v->queues[queue];

	if (!q->is_running || is_inattentive(v, queue))
		return false;
	if (!q->budget) {
		v->is_spent = true;
		return false;
	}
	if (vq_pop(&q->vq, ret_chain) != VQ_OK)
		return false;
	q->budget--;
	if (queue == v->kind->requests) {
		v->is_attentive = false;
		count(v, SIM_WHEN_WRITE, &v->n_heard);
	}
	q->room[ret_chain->head] = ret_chain->n_in ? ret_chain->in_len : ret_chain->out_len;
	return true;
}

/* What stands in the ring for the chain just given back. */
static void spoil(struct sim_virtio *v, struct queue *q)
{
	struct vring_used_elem *ring = q->vq.at.used->ring;
	unsigned int mask = q->vq.at.n - 1;
	struct vring_used_elem *last = &ring[(q->vq.used - 1) & mask];

	if (v->ring_mood == RING_USED_JUMP)
		q->vq.used = (uint16_t)(q->vq.used + q->vq.at.n);
	else if (v->ring_mood == RING_USED_ID)
		le32_set(&last->id, q->vq.at.n);
	else if (v->ring_mood == RING_USED_TWICE)
		le32_set(&last->id, le32_get(&ring[(q->vq.used - 2) & mask].id));
	else if (v->ring_mood == RING_USED_LEN)
		le32_set(&last->len, q->room[le32_get(&last->id) & mask] + 1);
	else if (v->ring_mood == RING_USED_ZERO)
		le32_set(&last->len, 0);
}

void sim_virtio_push(struct sim_virtio *v, unsigned int queue, uint16_t head, uint32_t len)
{
	struct queue *q = &v->queues[queue];

	assert(q->is_running);
	if (v->ring_mood == RING_NEVER_RETURNS && queue == v->kind->requests)
		return;
	vq_push(&q->vq, head, v->ring_mood == RING_FULL_LEN ? q->room[head] : len);
	q->n_pushed++;
	if (q->vq.damage)
		return;
	if (queue != v->kind->requests)
		count(v, SIM_WHEN_READ, &v->n_said);
	if (q->n_pushed == FAULT_AT ||
	    (v->ring_mood == RING_USED_ZERO && q->n_pushed % FAULT_AT == 0))
		spoil(v, q);
}

size_t sim_virtio_read(struct sim_virtio *v, const struct vq_piece *pieces, unsigned int n,
		       void *data, size_t len)
{
	return vq_read(&v->queues[0].vq, pieces, n, data, len);
}

size_t sim_virtio_write(struct sim_virtio *v, const struct vq_piece *pieces, unsigned int n,
			const void *data, size_t len)
{
	return vq_write(&v->queues[0].vq, pieces, n, data, len);
}

/* --- turns --- */

static void on_wake(void *user)
{
	struct sim_virtio *v = user;

	v->bus_ops->wants_turn(v->bus);
}

static void on_storm(void *user)
{
	struct sim_virtio *v = user;

	if (v->ring_mood == RING_SLOW) {
		v->is_attentive = true;
		v->bus_ops->wants_turn(v->bus);
		timer_start(v->timers, &v->storm, SLOW_US);
		return;
	}
	for (unsigned int i = 0; i < SIM_QUEUES; i++)
		if (v->queues[i].is_running)
			v->bus_ops->raise(v->bus, i);
	timer_start(v->timers, &v->storm, STORM_US);
}

static void show(struct sim_virtio *v, unsigned int queue)
{
	struct queue *q = &v->queues[queue];

	vq_publish(&q->vq);
	if (vq_wants_raise(&q->vq))
		v->bus_ops->raise(v->bus, queue);
}

static void tell_damage(struct sim_virtio *v, unsigned int queue)
{
	struct queue *q = &v->queues[queue];

	if (!q->vq.damage || q->is_damage_told)
		return;
	q->is_damage_told = true;
	sim_virtio_complain(v, "queue %u is damaged: %s", queue, q->vq.damage);
}

static void mute(struct sim_virtio *v)
{
	for (unsigned int i = 0; i < SIM_QUEUES; i++) {
		v->queues[i].budget = TURN_BUDGET;
		if (v->queues[i].is_running)
			vq_mute(&v->queues[i].vq);
	}
	v->is_spent = false;
}

/* False: something is left to do, or came meanwhile. */
static bool listen(struct sim_virtio *v)
{
	bool is_quiet = !v->is_spent;

	for (unsigned int i = 0; i < SIM_QUEUES; i++) {
		if (!v->queues[i].is_running)
			continue;
		show(v, i);
		is_quiet = vq_listen(&v->queues[i].vq) && is_quiet;
		tell_damage(v, i);
	}
	return is_quiet;
}

void sim_virtio_turn(struct sim_virtio *v)
{
	if (!is_live(v))
		return;
	mute(v);
	v->kind->turn(v, v->state);
	if (!listen(v))
		v->bus_ops->wants_turn(v->bus);
}

/* --- what a server calls --- */

static const struct sim_virtio_kind *find_kind(const char *type)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(kinds); i++)
		if (!strcmp(kinds[i]->type, type))
			return kinds[i];
	return NULL;
}

struct sim_virtio *sim_virtio_new(const char *type, const char *mood, uint64_t seed,
				  struct timers *timers,
				  const struct sim_virtio_bus_ops *bus_ops, void *bus)
{
	struct sim_virtio *v = calloc(1, sizeof(*v));

	if (!v)
		return NULL;
	v->timers = timers;
	v->bus_ops = bus_ops;
	v->bus = bus;
	v->seed = seed;
	timer_init(&v->wake, on_wake, v);
	timer_init(&v->storm, on_storm, v);
	timer_init(&v->due, on_due, v);
	v->kind = find_kind(type);
	if (!v->kind || !set_character(v, mood))
		goto free_v;
	assert(v->kind->config_len <= sizeof(v->config));
	v->state = calloc(1, v->kind->state_len);
	if (!v->state)
		goto free_v;
	if (v->kind->init && !v->kind->init(v, v->state, v->config)) {
		sim_virtio_free(v);
		return NULL;
	}
	return v;
free_v:
	free(v);
	return NULL;
}

const struct sim_peer *sim_virtio_peer(const char *type)
{
	const struct sim_virtio_kind *kind = find_kind(type);

	return kind ? &kind->peer : NULL;
}

static void stop_timers(struct sim_virtio *v)
{
	timer_stop(&v->wake);
	timer_stop(&v->storm);
	timer_stop(&v->due);
}

void sim_virtio_free(struct sim_virtio *v)
{
	if (!v)
		return;
	stop_timers(v);
	if (v->kind->fini)
		v->kind->fini(v->state);
	free(v->state);
	free(v);
}

enum virtio_id sim_virtio_id(const struct sim_virtio *v)
{
	return v->kind->id;
}

uint64_t sim_virtio_features(const struct sim_virtio *v)
{
	return VIRTIO_F_VERSION_1 | VIRTIO_F_EVENT_IDX | VIRTIO_F_INDIRECT_DESC |
	       v->kind->features;
}

const uint8_t *sim_virtio_config(const struct sim_virtio *v, size_t *ret_len)
{
	*ret_len = v->kind->config_len;
	return v->config;
}

void sim_virtio_accept(struct sim_virtio *v, uint64_t features)
{
	for (unsigned int i = 0; i < SIM_QUEUES; i++)
		if (v->queues[i].is_running)
			return;
	v->accepted = features & sim_virtio_features(v);
}

void sim_virtio_start_queue(struct sim_virtio *v, unsigned int queue,
			    const struct sim_queue_setup *setup)
{
	struct queue *q = &v->queues[queue];

	sim_virtio_stop_queue(v, queue);
	vq_init(&q->vq, setup, v->accepted, v->bus_ops, v->bus);
	if (!has_queue(v, queue))
		return;
	q->is_running = true;
	q->is_damage_told = false;
	q->n_pushed = 0;
	if (!is_live(v))
		return;
	v->n_complaints = 0;
	if (v->kind->start)
		v->kind->start(v, v->state);
	begin_fault(v);
	if (v->ring_mood == RING_EAGER)
		sim_virtio_turn(v);
	else
		v->bus_ops->wants_turn(v->bus);
}

uint16_t sim_virtio_stop_queue(struct sim_virtio *v, unsigned int queue)
{
	struct queue *q = &v->queues[queue];

	if (has_queue(v, queue) && is_live(v)) {
		stop_timers(v);
		if (v->kind->stop)
			v->kind->stop(v, v->state);
	}
	q->is_running = false;
	return q->vq.next;
}

void sim_virtio_kick(struct sim_virtio *v, unsigned int queue)
{
	if (v->queues[queue].is_running)
		v->bus_ops->wants_turn(v->bus);
}

void sim_virtio_reset(struct sim_virtio *v)
{
	for (unsigned int i = 0; i < SIM_QUEUES; i++)
		sim_virtio_stop_queue(v, i);
	v->accepted = 0;
}
