/*
 * sim-host - the least host that can drive a simulated modem by hand: two
 * pieces of memory, contexts, rings, and a record of all the modem did.
 */
#pragma once
#include "base/timers.h"
#include "core/layout.h"
#include "sim/sim.h"

enum {
	HOST_MEMORY = 4 << 20,
	HOST_READS = 0x10000000,	/* IOVA of what the modem may only read */
	HOST_WRITES = 0x20000000,	/* IOVA of what it may write as well */
	HOST_ERINGS = 3,
	CHDB = 0x300, ERDB = 0x700, BHI = 0x100, BHIE = 0x800,
};

struct host_ring {
	iova_t base;
	uint32_t n, rp, wp;
};

struct host {
	struct timers timers;
	struct sim *sim;
	uint8_t *reads, *writes;
	size_t n_reads, n_writes;	/* bytes handed out */
	bool is_turn_wanted;
	unsigned int turns;
	unsigned int irqs[64];
	unsigned int last_irq;		/* vector */
	unsigned int complaints;
	char complaint[200];		/* the last */
	uint32_t ering_elements;	/* set before host_prepare() */
	uint32_t moderation_ms;		/* of ring 1 */
	iova_t chan_ctxs, event_ctxs, cmd_ctx;
	struct host_ring commands, events[HOST_ERINGS], chans[MHI_MAX_CHANNELS];
};

/* All abort the test when the modem does not follow. */
void host_open(struct host *h, const struct sim_config *c);
void host_close(struct host *h);

iova_t host_alloc(struct host *h, enum sim_access access, size_t len, size_t align);
void *host_cpu(struct host *h, iova_t at);
struct chan_ctx *host_chan_ctx(struct host *h, unsigned int chid);
struct event_ctx *host_event_ctx(struct host *h, unsigned int ering);

void host_write64(struct host *h, uint32_t offset, uint64_t value);	/* as a doorbell */
uint32_t host_state(struct host *h);	/* field of MHISTATUS */
void host_settle(struct host *h);	/* turns, until none is wanted */
void host_at(struct host *h, uint64_t now_us);	/* sets the time, then settles */

void host_prepare(struct host *h);	/* contexts and registers, as before M0 */
void host_ask(struct host *h, enum mhi_state state);	/* writes MHICTRL, settles */
void host_boot(struct host *h);		/* prepare, M0, its two events taken */

/* The next event of a ring, and its slot back to the modem; false: none. */
bool host_event(struct host *h, unsigned int ering, struct tre_copy *ret_ev);
bool host_event_held(struct host *h, unsigned int ering, struct tre_copy *ret_ev);	/* keeps the slot */
/* The next event of ring 1, which completes an element of @chid. */
struct tre_copy host_expect(struct host *h, unsigned int chid, unsigned int code, uint32_t len);
void host_expect_silence(struct host *h);	/* ring 1 holds none */
void host_give_back(struct host *h, unsigned int ering);	/* doorbell for all slots kept */

/* Queues a command, rings, settles; the completion code, 0 when none came. */
unsigned int host_command(struct host *h, enum tre_type type, unsigned int chid);
/* Writes the context of a channel and starts it. */
void host_describe(struct host *h, unsigned int chid, unsigned int type,
		   uint32_t elements, unsigned int ering);
void host_start(struct host *h, unsigned int chid, unsigned int type, uint32_t elements);
/* Uplink @ul and the downlink behind it. */
void host_start_pair(struct host *h, unsigned int ul, uint32_t elements);

/* Queues one element; the doorbell is host_ring(). */
iova_t host_queue(struct host *h, unsigned int chid, struct tre_copy tre);
void host_ring(struct host *h, unsigned int chid);	/* and settles */
void host_ring_only(struct host *h, unsigned int chid);
/* A buffer with @data in it, queued as one message, and the doorbell. */
void host_send(struct host *h, unsigned int chid, const void *data, uint32_t len);
/* An empty buffer of @len, queued; where it is. */
iova_t host_offer(struct host *h, unsigned int chid, uint32_t len);
