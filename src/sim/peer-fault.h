/*
 * peer-fault - what a simulated peer that is no modem does wrong, by the number
 * it has in the catalogue of faults: virtio devices F61 to F66, the USB gadget
 * F67 to F72.
 *
 * Text form: F67[@WHEN][,case=N].  WHEN is a time (250us, 100ms, 2s), the k-th
 * thing the peer says (read#9) or hears (write#3), counted since it was
 * started; without it the fault begins at once.
 */
#pragma once
#include "sim/fault.h"

struct sim_peer_fault {
	unsigned int id;	/* 0: none */
	unsigned int number;	/* of its case, from 0 */
	enum sim_fault_when when;	/* SIM_WHEN_TIME, _READ or _WRITE */
	uint64_t k;		/* microseconds, or which one from 1 */
};

/* A row of the catalogue, as far as it is this peer's. */
struct sim_peer_kind {
	unsigned int id;
	unsigned int n_cases;
	const char *title;
};

struct sim_peer {
	const char *ids;	/* "a fault and a case that gpio has: F61 ..." */
	const struct sim_peer_kind *kinds;
	unsigned int n_kinds;
};

/* 0, or -EINVAL and half a sentence (static): "it must be ...". */
int sim_peer_fault_parse(const char *text, const struct sim_peer *peer,
			 struct sim_peer_fault *ret_fault, const char **ret_why);
