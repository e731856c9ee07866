/*
 * virtio - a simulated virtio device: the device side of its two queues, without
 * I/O.  A server shows it to another process; a test drives it by hand against
 * the driver side.
 *
 * The driver is not trusted: each descriptor is copied once, checked, then
 * used, and only memory that reach() grants is touched.
 */
#pragma once
#include "base/timers.h"
#include "virtio/layout.h"

/* Whoever shows the device implements it. */
struct sim_virtio_bus_ops {
	/* @len bytes of the driver's memory at @addr as the driver names it in a
	 * descriptor, or NULL. */
	void *(*reach)(void *bus, uint64_t addr, uint32_t len);
	void (*raise)(void *bus, unsigned int queue);	/* buffers were used */
	void (*wants_turn)(void *bus);		/* call sim_virtio_turn() soon */
	void (*complain)(void *bus, const char *sentence);
};

/* A queue as the driver set it up; the parts have been translated. */
struct sim_queue_setup {
	unsigned int n;		/* elements, power of two */
	struct vring_desc *desc;
	struct vring_avail *avail;
	struct vring_used *used;
	uint16_t next;		/* avail index to begin at */
};

enum { SIM_QUEUES = 2, SIM_QUEUE_MOST = 256 };

struct sim_virtio;
struct sim_peer;

/* @type: "rpmsg" or "gpio".  @mood: how it misbehaves, "healthy" for none; the
 * words are in mhi-sim(1); or a fault as sim/peer-fault.h has it, at each start.
 * All borrowed.  NULL without memory or when a word is unknown. */
struct sim_virtio *sim_virtio_new(const char *type, const char *mood, uint64_t seed,
				  struct timers *timers,
				  const struct sim_virtio_bus_ops *bus_ops, void *bus);
void sim_virtio_free(struct sim_virtio *v);
/* The faults that a device of this type has, or NULL: no such type. */
const struct sim_peer *sim_virtio_peer(const char *type);

enum virtio_id sim_virtio_id(const struct sim_virtio *v);
uint64_t sim_virtio_features(const struct sim_virtio *v);	/* offered */
const uint8_t *sim_virtio_config(const struct sim_virtio *v, size_t *ret_len);

/* What the driver accepted, of the offered.  Changes nothing while a queue
 * runs. */
void sim_virtio_accept(struct sim_virtio *v, uint64_t features);
/* A queue may be used from now on.  The device begins once both run, or the only
 * one it has with what was accepted: it looks at them without waiting for a kick. */
void sim_virtio_start_queue(struct sim_virtio *v, unsigned int queue,
			    const struct sim_queue_setup *setup);
/* It is not touched any more.  Returns the next avail index. */
uint16_t sim_virtio_stop_queue(struct sim_virtio *v, unsigned int queue);
void sim_virtio_kick(struct sim_virtio *v, unsigned int queue);
void sim_virtio_turn(struct sim_virtio *v);
/* As after power-on: queues stopped, nothing accepted. */
void sim_virtio_reset(struct sim_virtio *v);
