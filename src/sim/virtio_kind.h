/*
 * virtio_kind - what one type of simulated virtio device is, for the files of
 * this folder: rpmsg and gpio are kinds, virtio.c runs them.
 *
 * A kind works inside turn() only.  It takes requests with sim_virtio_pop()
 * and gives each back once with sim_virtio_push(), now or in a later turn;
 * publishing, interrupts, budgets and the faults of a ring are not its business.
 */
#pragma once
#include "sim/peer-fault.h"
#include "sim/vq.h"

enum { SIM_VIRTIO_CONFIG_MOST = 256 };

struct sim_virtio_kind {
	const char *type;	/* the word: "rpmsg" */
	enum virtio_id id;
	uint64_t features;	/* its own; those of the rings are everybody's */
	unsigned int requests;	/* the queue the driver sends on */
	uint64_t other_needs;	/* feature without which the other one is not there */
	size_t config_len;	/* up to SIM_VIRTIO_CONFIG_MOST */
	size_t state_len;	/* zeroed before init() */
	/* "healthy" and its own words, ended by NULL.  The moods of a ring,
	 * which every kind has, are virtio.c's. */
	const char *const *moods;
	/* Faults of the catalogue.  Each case is a mood, of the kind or of a ring,
	 * or one deed: fault_mood() says which, and NULL for a deed, which lie()
	 * does once; NULL when there are none such. */
	struct sim_peer peer;
	const char *(*fault_mood)(unsigned int id, unsigned int number);
	void (*lie)(struct sim_virtio *v, void *state, unsigned int id, unsigned int number);

	/* Once.  Writes config_len bytes to @config.  False: cannot be.  fini()
	 * follows init(), also a failed one; either may be NULL. */
	bool (*init)(struct sim_virtio *v, void *state, uint8_t *config);
	void (*fini)(void *state);
	/* Both queues run; turn() follows.  May be NULL. */
	void (*start)(struct sim_virtio *v, void *state);
	/* Does what can be done now.  Called when something became available, and
	 * at the time of sim_virtio_wake_at(). */
	void (*turn)(struct sim_virtio *v, void *state);
	/* A queue stopped or the device was reset: forget every chain and all
	 * that waited.  May be NULL. */
	void (*stop)(struct sim_virtio *v, void *state);
};

extern const struct sim_virtio_kind sim_virtio_rpmsg, sim_virtio_gpio;

/* Index in kind.moods; 0, healthy, also while only a ring misbehaves. */
unsigned int sim_virtio_mood(const struct sim_virtio *v);
uint64_t sim_virtio_seed(const struct sim_virtio *v);
uint64_t sim_virtio_accepted(const struct sim_virtio *v);	/* features */
uint64_t sim_virtio_now_us(const struct sim_virtio *v);

/* A turn() at @at_us, the only one that is asked for; TIME_NEVER: none. */
void sim_virtio_wake_at(struct sim_virtio *v, uint64_t at_us);

/* The next chain of a queue.  False: none now; turn() comes again when there is. */
bool sim_virtio_pop(struct sim_virtio *v, unsigned int queue, struct vq_chain *ret_chain);
/* Gives the chain of @head back with @len bytes written. */
void sim_virtio_push(struct sim_virtio *v, unsigned int queue, uint16_t head, uint32_t len);

/* As vq_read() and vq_write(). */
size_t sim_virtio_read(struct sim_virtio *v, const struct vq_piece *pieces, unsigned int n,
		       void *data, size_t len);
size_t sim_virtio_write(struct sim_virtio *v, const struct vq_piece *pieces, unsigned int n,
			const void *data, size_t len);

void sim_virtio_complain(struct sim_virtio *v, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
