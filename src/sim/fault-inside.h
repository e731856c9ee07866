/*
 * fault-inside - the places where an armed fault gets its chance; for the files
 * of this folder.  Each is called only while sim.n_faults is not 0.
 */
#pragma once
#include "sim/fault.h"

struct ering;
struct tre_copy;
struct talk;

enum { MAX_HELD = 8 };

/* An event that is to be stored later: next, or in the slot it left empty. */
struct held_event {
	struct timer timer;
	struct fault_run *run;
	uint64_t ptr;
	uint32_t dword[2], slot;
	uint8_t ring;
	bool is_used, has_slot;
};

struct fault_run {
	struct sim_fault fault;
	struct sim *sim;
	struct timer timer;	/* its moment, or its next deed */
	bool is_active, is_over;
	uint64_t seen;		/* of what it counts until its moment */
	uint64_t passed;	/* chances so far, for "each n-th" */
	uint32_t done;
	struct held_event held[MAX_HELD];
};

uint32_t fault_on_read(struct sim *s, uint32_t offset, uint32_t value);
/* False: the write is lost. */
bool fault_on_write(struct sim *s, uint32_t offset, uint32_t value);
/* False: the event is not to be stored.  May change both, or store others. */
bool fault_on_event(struct sim *s, struct ering **er, struct tre_copy *event);
uint64_t fault_on_publish(struct sim *s, struct ering *er, uint64_t rp);
bool fault_on_raise(struct sim *s);	/* false: no interrupt */
bool fault_on_data(struct sim *s);	/* false: no byte is written */
void fault_on_tick(struct sim *s, struct talk *t);	/* its service speaks next */
void fault_on_state(struct sim *s, unsigned int state);

/* fault-deeds.c: what happens by itself. */
void fault_act(struct sim *s, struct fault_run *r);
uint32_t fault_dice(struct sim *s);
