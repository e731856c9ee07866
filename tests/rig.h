/*
 * rig - devices of the registry without a filesystem: a loop that the test
 * turns by hand, and clients whose calls are parked.
 */
#pragma once
#include "device/instance.h"
#include "device/registry.h"

struct rig {
	char folder[32];		/* for what devices write; removed at the end */
	struct loop *loop;
	struct config *config;
	struct registry *registry;
	struct text why;		/* of the last add */
	unsigned int changes;		/* registry_ops.changed */
	bool is_down;			/* the shutdown is done */
	/* registry_ops.born; may be NULL. */
	int (*born)(struct rig *r, struct device *d, struct text *ret_why);
};

/* A call that may be parked. */
struct call {
	struct wait wait;
	unsigned int answers;
	ssize_t result;
	char bytes[4096];
};

void rig_setup(struct rig *r);
/* With words of a configuration. */
void rig_setup_with(struct rig *r, const char *config);
void rig_teardown(struct rig *r);

/* registry_add() of a spec as text. */
int rig_add(struct rig *r, const char *spec);
struct device *rig_device(struct rig *r, const char *spec);	/* asserts, settled */
struct port *rig_port(struct device *d, const char *name);
struct device_port *rig_file(struct device *d, const char *name);
struct device_port *rig_find_file(struct device *d, const char *name);	/* NULL: none */

/* Turns the loop until the condition holds; fails after 10 s. */
#define RIG_UNTIL(r, condition)                                                \
	do {                                                                   \
		for (uint64_t end_ = rig_now(r) + 10000000; !(condition);) {   \
			ck_assert_msg(rig_now(r) < end_, "never: " #condition);\
			rig_turn(r);                                           \
		}                                                              \
	} while (0)
uint64_t rig_now(const struct rig *r);
void rig_turn(struct rig *r);

void rig_shutdown(struct rig *r);	/* begins it; is_down tells the end */

void call_init(struct call *c);
/* "state", "gpio/LINE/value"; NULL: none. */
struct node *rig_find_node(struct device *d, const char *path);
const char *rig_show(struct device *d, const char *node);	/* until the next call */
/* What the node has to fetch before it is shown: 0 or -errno. */
int rig_fetch(struct rig *r, struct device *d, const char *path);
void rig_store(struct device *d, const char *node, const char *text, bool nonblock,
	       struct call *c);
