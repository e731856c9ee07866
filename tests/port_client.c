#include "tests/port_client.h"
#include <assert.h>
#include <errno.h>

const struct port_config port_bench_config = {
	.name = "FAKE",
	.mtu = 16,
	.boundary = BOUNDARY_STREAM,
	.slow_reader = SLOW_READER_HOLD,
	.linger_ms = 50,
	.flush_ms = 5000,
};

static void on_port_changed(void *user, struct port *p)
{
	struct port_bench *b = user;

	(void)p;
	b->n_changed++;
}

static const struct port_ops port_ops = { .changed = on_port_changed };

void port_bench_init_as(struct port_bench *b, const struct port_config *c, unsigned int n_ul,
			unsigned int n_dl, uint32_t slot_size)
{
	memset(b, 0, sizeof(*b));
	fake_link_init(&b->link, n_ul, slot_size, n_dl, slot_size);
	timers_init(&b->timers);
	b->budget.most = 4096;
	b->config = *c;
	b->port = port_new(&b->link.link, 0, &b->config, &b->timers, &b->budget, &port_ops, b);
}

void port_bench_init(struct port_bench *b)
{
	port_bench_init_as(b, &port_bench_config, 4, 4, 16);
}

void port_bench_fini(struct port_bench *b)
{
	port_unref(b->port);
	if (b->link.state != FAKE_CLOSED)
		fake_link_closed(&b->link, 0);
	assert(b->link.n_submitted == b->link.n_returned);
	assert(b->n_asked == b->n_answered);
	assert(b->budget.used == 0);
	assert(timers_next(&b->timers) == TIME_NEVER);
	fake_link_fini(&b->link);
}

void port_bench_wait_ms(struct port_bench *b, unsigned int ms)
{
	timers_advance(&b->timers, b->timers.now_us + (uint64_t)ms * 1000);
}

static int on_answer(struct wait *w, ssize_t result, const struct iovec *iov, int n_iov)
{
	struct call *c = container_of(w, struct call, wait);
	size_t n = 0;

	assert(!c->n_answers);
	c->n_answers++;
	c->bench->n_answered++;
	c->result = result;
	for (int i = 0; i < n_iov; i++) {
		assert(iov[i].iov_len > 0 && n + iov[i].iov_len <= CALL_MAX);
		memcpy(c->data + n, iov[i].iov_base, iov[i].iov_len);
		n += iov[i].iov_len;
	}
	assert(n_iov == 0 || n == (size_t)result);
	if (c->is_gone)
		return -ENOENT;
	if (c->then)
		c->then(c);
	return 0;
}

static const struct wait_ops call_wait_ops = { .answer = on_answer };

void call_init(struct call *c, struct port_bench *b)
{
	memset(c, 0, sizeof(*c));
	wait_init(&c->wait, &call_wait_ops);
	c->bench = b;
}

static void on_file_changed(void *user)
{
	struct client *c = user;

	c->n_changed++;
	if (c->then)
		c->then(c);
}

static const struct port_file_ops file_ops = { .changed = on_file_changed };

void client_begin_open(struct client *c, struct port_bench *b, bool nonblock)
{
	c->file = NULL;
	c->n_changed = 0;
	c->then = NULL;
	b->n_asked++;
	port_open(b->port, nonblock, &file_ops, c, &c->open.wait, &c->file);
}

void client_close(struct client *c)
{
	port_close(c->file);
	c->file = NULL;
}

void call_read(struct call *c, struct client *cl, size_t len, uint64_t offset, bool nonblock)
{
	c->bench->n_asked++;
	port_read(cl->file, &c->wait, len, offset, nonblock);
}

void call_write(struct call *c, struct client *cl, const void *data, size_t len,
		uint64_t offset, bool nonblock)
{
	c->bench->n_asked++;
	port_write(cl->file, &c->wait, data, len, offset, nonblock);
}

void call_flush(struct call *c, struct client *cl)
{
	c->bench->n_asked++;
	port_flush(cl->file, &c->wait);
}

ssize_t client_open(struct client *c, struct port_bench *b)
{
	call_init(&c->open, b);
	client_begin_open(c, b, false);
	if (b->link.state == FAKE_OPENING)
		fake_link_opened(&b->link, 0);
	assert(c->open.n_answers == 1);
	return c->open.result;
}

ssize_t client_read(struct client *c, void *data, size_t len)
{
	struct call call;

	call_init(&call, c->open.bench);
	call_read(&call, c, len, 0, true);
	assert(call.n_answers == 1);
	if (call.result > 0)
		memcpy(data, call.data, (size_t)call.result);
	return call.result;
}

bool client_reads(struct client *c, const char *text)
{
	uint8_t data[CALL_MAX];
	ssize_t n = client_read(c, data, sizeof(data));

	return n == (ssize_t)strlen(text) && !memcmp(data, text, (size_t)n);
}

ssize_t client_write(struct client *c, const void *data, size_t len)
{
	struct call call;

	call_init(&call, c->open.bench);
	call_write(&call, c, data, len, 0, true);
	assert(call.n_answers == 1);
	return call.result;
}

ssize_t client_flush(struct client *c)
{
	struct call call;

	call_init(&call, c->open.bench);
	call_flush(&call, c);
	assert(call.n_answers == 1);
	return call.result;
}
