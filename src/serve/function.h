/*
 * function - the PCI function that is shown: the simulated modem behind its
 * registers, its configuration space, the memory a client shared with it, and
 * the eventfds that are its interrupts.
 *
 * Knows nothing of sockets.  Every offset and count is checked here.
 */
#pragma once
#include "io/loop.h"
#include "io/log.h"
#include "serve/config_space.h"
#include "serve/windows.h"
#include "sim/sim.h"

enum { FUNCTION_VECTORS = 32, FUNCTION_MSIX_BAR_LEN = 0x4000 };

struct function_config {
	struct config_id id;
	struct sim_config sim;	/* n_vectors is set by who arms them */
	unsigned int n_msi, n_msix;	/* vectors offered; 0: none of the kind */
	bool keeps_state;	/* power management does not reset it */
};

struct function {
	struct loop *loop;	/* borrowed */
	struct function_config config;
	struct windows *windows;
	struct config_space space;
	int vectors[FUNCTION_VECTORS];	/* eventfds, -1: not armed; owned */
	struct sim *sim;
	struct defer turn;
	struct log_limit complaints;
	bool is_pulled;
};

enum function_region { FUNCTION_BAR0, FUNCTION_CONFIG };

/* What @c points to is borrowed.  -ENOMEM, also for a life nobody knows. */
int function_init(struct function *f, struct loop *l, const struct function_config *c);
void function_fini(struct function *f);		/* safe twice, and when zeroed */

uint32_t function_region_len(const struct function *f, enum function_region region);
/* -EINVAL: not inside the region. */
int function_read(struct function *f, enum function_region region, uint64_t offset,
		  uint8_t *data, uint32_t len);
int function_write(struct function *f, enum function_region region, uint64_t offset,
		   const uint8_t *data, uint32_t len);

/* As windows_map() and windows_unmap(). */
int function_map(struct function *f, int fd, uint64_t offset, iova_t iova, uint64_t size,
		 bool can_read, bool can_write);
int function_unmap(struct function *f, iova_t iova, uint64_t size);
void function_unmap_all(struct function *f);

/* Takes @fd (-1: none any more); @vector < FUNCTION_VECTORS. */
void function_arm(struct function *f, unsigned int vector, int fd);
void function_disarm(struct function *f);
void function_raise(struct function *f, unsigned int vector);

/* As after power-on. */
void function_reset(struct function *f);

/* The card leaves its slot: all reads are ones, nothing else happens.  Or it
 * is put back, and powered on. */
void function_pull(struct function *f);
void function_put_back(struct function *f);
