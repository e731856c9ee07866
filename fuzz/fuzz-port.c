/*
 * fuzz-port - sequences of client calls on a port, between the whims of a link.
 *
 * Each byte is one step: its low five bits say what, its high three bits for
 * whom; some steps take one more byte.  What the fake link and the client
 * assert (each call answered once, each slot back once and cleared) is joined
 * by: poll says what read and write then do, and nothing is left at the end.
 */
#include "tests/port_client.h"
#include <assert.h>
#include <errno.h>
#include <poll.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum { N_CLIENTS = 8, N_CALLS = 32 };

enum step {
	STEP_OPEN, STEP_OPEN_NONBLOCK, STEP_CLOSE, STEP_READ, STEP_READ_NONBLOCK,
	STEP_READ_ON, STEP_WRITE, STEP_WRITE_NONBLOCK, STEP_WRITE_ON, STEP_FLUSH,
	STEP_INTERRUPT, STEP_OPENED, STEP_OPEN_FAILED, STEP_SAY, STEP_SAY_MORE,
	STEP_SAY_NOTHING, STEP_SAY_FAILED, STEP_TAKE, STEP_LOSE, STEP_CLOSED,
	STEP_RESET, STEP_GONE, STEP_KILL, STEP_TIME, STEP_OFFER, STEP_TAKE_AT_ONCE,
	STEP_CLOSE_AT_ONCE, STEP_DIE_IN_SUBMIT, STEP_FULL, STEP_CALLER_GONE,
	STEP_CLOSE_IN_ANSWER, STEP_KILL_IN_ANSWER,
};

static struct port_bench bench;
static struct client clients[N_CLIENTS];
static struct call calls[N_CALLS];
static int client_of[N_CALLS];	/* who made the call; -1: nobody yet */
static uint64_t read_end, write_end;
static bool next_is_gone;
static void (*next_then)(struct call *c);

struct input {
	const uint8_t *data;
	size_t len;
};

static uint8_t next_byte(struct input *in)
{
	if (!in->len)
		return 0;
	in->len--;
	return *in->data++;
}

static bool is_pending(const struct call *c)
{
	return wait_is_parked(&c->wait);
}

static bool is_open(const struct client *c)
{
	return c->file && c->open.n_answers == 1 && !c->open.result && !c->open.is_gone;
}

static void close_client(int n)
{
	for (int c = 0; c < N_CALLS; c++)
		if (client_of[c] == n && is_pending(&calls[c]))
			wait_interrupt(&calls[c].wait);
	if (is_open(&clients[n]))
		client_close(&clients[n]);
}

/* Closes the caller's file; as with a kernel, only if all its calls, parked or
 * being made, have been answered. */
static void close_in_answer(struct call *c)
{
	int n = client_of[c - calls];

	for (int i = 0; i < N_CALLS; i++)
		if (client_of[i] == n && !calls[i].n_answers)
			return;
	if (is_open(&clients[n]))
		client_close(&clients[n]);
}

static void kill_in_answer(struct call *c)
{
	port_kill(c->bench->port, -ECONNRESET);
}

static struct call *new_call(int n)
{
	for (int c = 0; c < N_CALLS; c++) {
		if (client_of[c] >= 0 && !calls[c].n_answers)
			continue;
		call_init(&calls[c], &bench);
		client_of[c] = n;
		calls[c].is_gone = next_is_gone;
		calls[c].then = next_then;
		next_is_gone = false;
		next_then = NULL;
		return &calls[c];
	}
	return NULL;
}

static void do_open(int n, bool nonblock)
{
	struct client *c = &clients[n];

	if (is_open(c) || is_pending(&c->open))
		return;
	call_init(&c->open, &bench);
	c->open.is_gone = next_is_gone;
	next_is_gone = false;
	client_begin_open(c, &bench, nonblock);
}

static void do_call(int n, enum step what, uint8_t arg)
{
	static const uint8_t bytes[CALL_MAX] = "mhi";
	struct client *cl = &clients[n];
	struct call *c = is_open(cl) ? new_call(n) : NULL;
	size_t len = arg % 80;

	if (!c)
		return;
	if (what == STEP_FLUSH)
		call_flush(c, cl);
	else if (what >= STEP_WRITE)
		call_write(c, cl, bytes, len, what == STEP_WRITE_ON ? write_end : 0,
			   what == STEP_WRITE_NONBLOCK);
	else
		call_read(c, cl, len, what == STEP_READ_ON ? read_end : 0,
			  what == STEP_READ_NONBLOCK);
	if (what == STEP_READ_NONBLOCK || what == STEP_WRITE_NONBLOCK)
		assert(c->n_answers == 1);
	if (c->n_answers && c->result > 0)
		*(what >= STEP_WRITE ? &write_end : &read_end) += (uint64_t)c->result;
	if (what == STEP_READ)
		read_end = c->n_answers && c->result > 0 ? (uint64_t)c->result : 0;
	if (what == STEP_WRITE)
		write_end = len;
}

static void do_say(uint8_t arg, int status)
{
	static const uint8_t bytes[16] = "0123456789abcdef";

	fake_link_say(&bench.link, bytes, status < 0 ? 0 : arg % 17, status);
}

static void do_link(enum step what)
{
	struct fake_link *l = &bench.link;

	if ((what == STEP_OPENED || what == STEP_OPEN_FAILED) && l->state == FAKE_OPENING)
		fake_link_opened(l, what == STEP_OPENED ? 0 : -EIO);
	else if (what == STEP_CLOSED && l->state == FAKE_CLOSING)
		fake_link_closed(l, 0);
	else if (what == STEP_RESET && l->state != FAKE_CLOSED)
		fake_link_closed(l, -ECONNRESET);
	else if (what == STEP_GONE && l->state != FAKE_CLOSED)
		fake_link_closed(l, -ENODEV);
}

static void do_step(int n, enum step what, struct input *in)
{
	struct fake_link *l = &bench.link;

	switch (what) {
	case STEP_OPEN: case STEP_OPEN_NONBLOCK:
		do_open(n, what == STEP_OPEN_NONBLOCK);
		break;
	case STEP_CLOSE:
		close_client(n);
		break;
	case STEP_READ: case STEP_READ_NONBLOCK: case STEP_READ_ON: case STEP_WRITE:
	case STEP_WRITE_NONBLOCK: case STEP_WRITE_ON: case STEP_FLUSH:
		do_call(n, what, next_byte(in));
		break;
	case STEP_INTERRUPT:
		wait_interrupt(n & 1 ? &clients[n].open.wait
				     : &calls[next_byte(in) % N_CALLS].wait);
		break;
	case STEP_SAY: case STEP_SAY_MORE:
		do_say(next_byte(in), what == STEP_SAY_MORE ? LINK_MORE : 0);
		break;
	case STEP_SAY_NOTHING:
		do_say(0, n & 1 ? LINK_MORE : 0);
		break;
	case STEP_SAY_FAILED:
		do_say(0, -EIO);
		break;
	case STEP_TAKE: case STEP_LOSE:
		fake_link_take(l, what == STEP_TAKE ? 0 : -EIO);
		break;
	case STEP_KILL:
		port_kill(bench.port, n & 1 ? -ECONNRESET : -ENODEV);
		break;
	case STEP_TIME:
		port_bench_wait_ms(&bench, n & 1 ? 6000 : 25);
		break;
	case STEP_OFFER:
		port_set_offered(bench.port, n != 7);
		break;
	case STEP_TAKE_AT_ONCE:
		l->takes_at_once = n & 1;
		break;
	case STEP_CLOSE_AT_ONCE:
		l->closes_at_once = n & 1;
		break;
	case STEP_DIE_IN_SUBMIT:
		l->dies_in_submit = n & 1 ? -ECONNRESET : -ENODEV;
		break;
	case STEP_FULL:
		l->submit_result[n & 1] = n & 2 ? LINK_FULL : LINK_OK;
		break;
	case STEP_CALLER_GONE:
		next_is_gone = true;
		break;
	case STEP_CLOSE_IN_ANSWER: case STEP_KILL_IN_ANSWER:
		next_then = what == STEP_KILL_IN_ANSWER ? kill_in_answer : close_in_answer;
		break;
	default:
		do_link(what);
	}
}

/* Once the link refuses nothing, poll is right about read. */
static void check_poll(int n)
{
	struct client *cl = &clients[n];
	struct call c;
	int events;

	if (!is_open(cl))
		return;
	events = port_poll(cl->file);
	call_init(&c, &bench);
	c.is_gone = true;
	call_read(&c, cl, 8, 0, true);
	assert(c.n_answers == 1);
	assert((c.result == -EAGAIN) == !(events & POLLIN));
	assert(port_poll(cl->file) == events);
}

static void end(void)
{
	bench.link.closes_at_once = false;
	bench.link.dies_in_submit = 0;
	for (int n = 0; n < N_CLIENTS; n++)
		wait_interrupt(&clients[n].open.wait);
	for (int n = 0; n < N_CLIENTS; n++)
		close_client(n);
	port_bench_wait_ms(&bench, 50);
	assert(port_stats(bench.port).users == 0);
	assert(port_stats(bench.port).prepares == port_stats(bench.port).unprepares);
	port_bench_fini(&bench);
}

/* The first byte is the shape of the channel. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct input in = { data, len };
	struct port_config c = port_bench_config;
	uint8_t shape = next_byte(&in);

	c.boundary = shape & 1 ? BOUNDARY_MESSAGE : BOUNDARY_STREAM;
	c.slow_reader = shape & 2 ? SLOW_READER_DROP : SLOW_READER_HOLD;
	c.linger_ms = shape & 4 ? 0 : 50;
	port_bench_init_as(&bench, &c, shape & 8 ? 1 : 3, shape & 16 ? 1 : 3, 16);
	memset(clients, 0, sizeof(clients));
	memset(calls, 0, sizeof(calls));
	for (int n = 0; n < N_CLIENTS; n++)
		call_init(&clients[n].open, &bench);
	for (int n = 0; n < N_CALLS; n++) {
		call_init(&calls[n], &bench);
		client_of[n] = -1;
	}
	read_end = write_end = 0;
	next_is_gone = false;
	next_then = NULL;
	while (in.len) {
		uint8_t step = next_byte(&in);

		do_step(step >> 5, (enum step)(step & 31), &in);
		check_poll(step >> 5);
	}
	end();
	return 0;
}
