/*
 * port_model - what a port promises, written down the plain way: arrays that
 * are searched and shifted, one message after the other, no slots of its own.
 *
 * It is told everything that happens to the port and says how each call has
 * to end, what poll answers and what the statistics are.
 */
#pragma once
#include "port/port.h"

enum {
	MODEL_FILES = 8,
	MODEL_CALLS = 24,
	MODEL_SLOTS = 5,	/* each way */
	MODEL_SLOT = 16,	/* bytes, also the MTU */
	MODEL_CALL_LEN = 200,
	MODEL_INSTANCES = MODEL_FILES + 2,
};

enum model_kind { MODEL_OPEN, MODEL_READ, MODEL_WRITE, MODEL_FLUSH };
enum model_state { MODEL_WAITING, MODEL_STARTING, MODEL_RUNNING, MODEL_DEAD };

/* A list of small numbers: calls that wait. */
struct model_queue {
	unsigned int n;
	int at[MODEL_CALLS];
};

struct model_piece {
	uint8_t bytes[MODEL_SLOT];
	unsigned int len, used;
	bool is_last;
};

struct model_sent {
	uint8_t bytes[MODEL_SLOT];
	unsigned int len;
	int file;		/* -1: closed */
};

struct model_instance {
	bool is_used;
	enum model_state state;
	bool has_link;
	int why;
	unsigned int users;
	struct model_piece pieces[MODEL_SLOTS];
	unsigned int n_pieces;
	bool is_begun, is_discarding, has_failed;
	int begun_by;
	struct model_sent sent[MODEL_SLOTS];
	unsigned int n_sent;
	uint64_t n_taken;
	struct model_queue opens, readers, writers, flushes;
	uint64_t linger_us;	/* TIME_NEVER: not lingering */
};

struct model_file {
	bool is_open;
	struct model_instance *instance;
	bool is_told, has_lost;
	uint64_t last_sent, read_end, write_end;
};

struct model_call {
	enum model_kind kind;
	int file;
	bool is_gone;		/* the caller does not take the answer */
	bool is_done;
	ssize_t result;
	uint8_t data[MODEL_CALL_LEN];	/* of a write: all of it; of a read: the answer */
	size_t len, went, parked;	/* parked: bytes charged to the budget */
	bool is_later;
	uint64_t late_us, number;	/* of a flush */
};

struct model {
	enum port_boundary boundary;
	enum slow_reader slow_reader;
	uint64_t now_us;
	bool has_failed;
	struct port_stats stats;
	size_t budget;
	struct model_instance instances[MODEL_INSTANCES];
	struct model_instance *current, *closing;
	struct model_file files[MODEL_FILES];
	struct model_call calls[MODEL_CALLS];
};

void model_open(struct model *m, int call, int file, bool nonblock);
void model_close(struct model *m, int file);
void model_read(struct model *m, int call, int file, size_t len, uint64_t offset, bool nonblock);
/* The bytes are in calls[call].data. */
void model_write(struct model *m, int call, int file, size_t len, uint64_t offset,
		 bool nonblock);
void model_flush(struct model *m, int call, int file);
void model_interrupt(struct model *m, int call);

void model_opened(struct model *m, int status);
void model_say(struct model *m, const uint8_t *bytes, unsigned int len, int status);
void model_take(struct model *m, int status);
void model_closed(struct model *m, int why);
void model_kill(struct model *m, int why);
void model_advance(struct model *m, uint64_t now_us);

int model_poll(const struct model *m, int file);
enum port_state model_state(const struct model *m);
