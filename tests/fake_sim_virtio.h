/*
 * fake_sim_virtio - sim/virtio.h with nothing behind it but an echo, for tests
 * of those who show such a device: linked first, it stands in for libsim's.
 */
#pragma once
#include "sim/vq.h"

struct fake_sim_virtio {
	/* What it is to be; set before sim_virtio_new(). */
	uint64_t features;
	/* Answers "hello" as soon as queue 0 runs, from inside of start_queue(). */
	bool announces;
	/* What it was told. */
	uint64_t accepted;
	bool is_running[SIM_QUEUES];
	struct vq vqs[SIM_QUEUES];
	unsigned int n_starts, n_stops, n_kicks, n_resets, n_echoed;
	const struct sim_virtio_bus_ops *ops;
	void *bus;
};

extern struct fake_sim_virtio fake_sim_virtio;
void fake_sim_virtio_init(void);
/* The device speaks: false when the driver has posted no buffer. */
bool fake_sim_virtio_say(const char *text);
