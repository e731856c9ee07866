/*
 * faults - what the parts of the fault table share: the rules, the run of one
 * case, the table itself.
 */
#pragma once
#include "sim/fault.h"
#include "tests/engine_rig.h"

/* When a fault is armed. */
enum moment {
	AT_START = 1 << 0,	/* before the probe */
	AT_RESTART = 1 << 1,	/* before a reset of a device that runs */
	AT_REST = 1 << 2,	/* channels are open, buffers offered, nothing in flight */
	AT_WORK = 1 << 3,	/* transfers in flight, both directions */
	AT_CLOSE = 1 << 4,	/* at work, and then channels close */
};

/* The first rule that was broken, or NULL; @why tells how.  @where is kept up
 * to date, for who finds that the process died. */
struct verdict {
	const char *rule;
	char why[160];
	char where[32];
	unsigned int n_stuck;	/* uplink messages not taken seconds after the fault */
	uint64_t n_done;	/* deeds of the fault: without one it proves nothing */
};

/* What a row needs besides its fault. */
struct fault_row {
	unsigned int id;
	unsigned int moments;
	/* The rig before it is started, for case @number; may be NULL. */
	void (*prepare)(struct rig *r, unsigned int number);
	/* And after that, before it is powered; may be NULL. */
	void (*started)(struct rig *r, unsigned int number);
	/* What must have been the case at the end, beyond the rules: NULL when it
	 * was, or a sentence.  May be NULL. */
	const char *(*expect)(struct rig *r, const struct verdict *v, unsigned int number);
	/* A fault of the rig and not of the modem has its cases and title here. */
	unsigned int n_cases;
	const char *title;
	/* Ends a fault of the rig; may be NULL. */
	void (*heal)(struct rig *r);
};

const struct fault_row *fault_row_find(unsigned int id);

/* What other test programs cover. */
struct elsewhere_result {
	unsigned int n_cases, n_passed;
	const char *rule;	/* that the first failure broke; NULL: none failed */
	char title[200];	/* names the programs */
};
/* Runs them; false: nothing covers it. */
bool elsewhere_run(unsigned int id, struct elsewhere_result *ret_result);

/* How often things happen in a session without faults: points of a sweep. */
struct session_counts {
	uint64_t reads, writes, events;
};

/* The other device (U9): it talks from begin to end, as far as it is told how time
 * goes on.  The end returns what is wrong with it, or NULL. */
void neighbour_begin(uint64_t now_us);
void neighbour_follow(uint64_t now_us);
const char *neighbour_end(void);

/* What is held at present (U5). */
struct balance {
	long blocks;		/* of the heap */
	unsigned int fds;
};
struct balance balance_now(void);

/* Where chance begins, for faults that leave something to it. */
extern uint64_t fault_seed;

/* One case in one moment; @f NULL: none, and everything has to work. */
void case_run(const struct fault_row *row, const struct sim_fault *f, unsigned int number,
	      enum moment moment, struct verdict *v, struct session_counts *ret_counts);
