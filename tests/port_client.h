/*
 * port_client - a port over a fake link, and calls on it whose answers are
 * kept and counted.
 */
#pragma once
#include "port/port.h"
#include "tests/fake_link.h"

struct port_bench {
	struct fake_link link;
	struct timers timers;
	struct port_budget budget;
	struct port_config config;
	struct port *port;
	unsigned int n_changed;		/* times the state changed */
	unsigned int n_asked, n_answered;	/* calls */
};

/* Small on purpose: 4 slots of 16 bytes each way, MTU 16, linger 50 ms. */
extern const struct port_config port_bench_config;

void port_bench_init(struct port_bench *b);
void port_bench_init_as(struct port_bench *b, const struct port_config *c, unsigned int n_ul,
			unsigned int n_dl, uint32_t slot_size);
/* Every slot came back and every call was answered once, or it asserts. */
void port_bench_fini(struct port_bench *b);
void port_bench_wait_ms(struct port_bench *b, unsigned int ms);

enum { CALL_MAX = 512 };

/* One call of a client. */
struct call {
	struct wait wait;
	struct port_bench *bench;
	unsigned int n_answers;
	ssize_t result;
	uint8_t data[CALL_MAX];	/* of a read */
	bool is_gone;		/* the caller does not take the answer */
	void (*then)(struct call *c);	/* runs inside the answer; may be NULL */
	void *user;
};

/* An open file as a client sees it. */
struct client {
	struct port_file *file;
	struct call open;
	unsigned int n_changed;
	void (*then)(struct client *c);	/* runs at each change; may be NULL */
};

void call_init(struct call *c, struct port_bench *b);
void client_begin_open(struct client *c, struct port_bench *b, bool nonblock);
void client_close(struct client *c);

void call_read(struct call *c, struct client *cl, size_t len, uint64_t offset, bool nonblock);
void call_write(struct call *c, struct client *cl, const void *data, size_t len,
		uint64_t offset, bool nonblock);
void call_flush(struct call *c, struct client *cl);

/* The same for calls that must be answered at once: their results. */
ssize_t client_open(struct client *c, struct port_bench *b);	/* brings the channel up */
ssize_t client_read(struct client *c, void *data, size_t len);	/* O_NONBLOCK */
ssize_t client_write(struct client *c, const void *data, size_t len);	/* O_NONBLOCK */
ssize_t client_flush(struct client *c);
bool client_reads(struct client *c, const char *text);	/* exactly this */
