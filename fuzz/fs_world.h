/*
 * fs_world - what a mount shows: a registry with one device, whose channels end
 * in fake links and whose attributes answer when they are told to.
 *
 * mhi0 has the channels DUN (a stream) and QMI (messages), an attribute for each
 * thing a node can do, the events, and dump/stored, a file on disk.
 */
#pragma once
#include "device/registry.h"
#include "tests/fake_link.h"

enum { WORLD_PORTS = 2, WORLD_NODES = 4 };

struct device {
	unsigned int refs;
	struct fake_link links[WORLD_PORTS];
	struct device_port ports[WORLD_PORTS];
	struct node nodes[WORLD_NODES];	/* state, power, slow, odd */
	struct node stored;
	struct node_dir root, dump;
	struct events *events;
	struct list waits;	/* of struct wait: stores, fetches and ioctls */
};

struct registry {
	struct device device;
	bool is_listed;
	struct timers timers;
	struct port_budget budget;
};

void world_init(struct registry *w);
/* Everything was let go of, or it asserts. */
void world_fini(struct registry *w);

/* Ends the oldest of the waits with @result; false when there is none. */
bool world_answer(struct registry *w, int result);
void world_add_event(struct registry *w);
