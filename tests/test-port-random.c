/*
 * test-port-random - thousands of random steps on a port, each compared with
 * the plain model: every answer, every byte, poll, state and statistics.
 */
#include "tests/port_client.h"
#include "tests/port_model.h"
#include "tests/suite.h"
#include <errno.h>

static struct port_bench b;
static struct model m;
static struct client clients[MODEL_FILES];
static struct call calls[MODEL_CALLS];
static bool is_asked[MODEL_CALLS];
static uint64_t seed;
static unsigned int n_done;

static uint32_t any(uint32_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 32) % below;
}

static void hear(void *ear, const uint8_t *data, uint32_t len)
{
	const struct model_sent *s = &m.current->sent[0];

	(void)ear;
	ck_assert_uint_eq(len, s->len);
	ck_assert(!memcmp(data, s->bytes, len));
}

/* A place for a call, or -1. */
static int ask(enum model_kind kind, int file)
{
	for (int c = 0; c < MODEL_CALLS; c++) {
		if (is_asked[c])
			continue;
		is_asked[c] = true;
		call_init(&calls[c], &b);
		memset(&m.calls[c], 0, sizeof(m.calls[c]));
		m.calls[c].kind = kind;
		m.calls[c].file = file;
		m.calls[c].is_gone = (kind == MODEL_OPEN || kind == MODEL_READ) && !any(12);
		calls[c].is_gone = m.calls[c].is_gone;
		return c;
	}
	return -1;
}

static const struct wait *wait_of(int call)
{
	return m.calls[call].kind == MODEL_OPEN ? &clients[m.calls[call].file].open.wait
						: &calls[call].wait;
}

static void step_open(int file)
{
	bool nonblock = !any(3);
	int call;

	if (m.files[file].instance)
		return;
	call = ask(MODEL_OPEN, file);
	if (call < 0)
		return;
	model_open(&m, call, file, nonblock);
	call_init(&clients[file].open, &b);
	clients[file].open.is_gone = m.calls[call].is_gone;
	client_begin_open(&clients[file], &b, nonblock);
}

/* Interrupts what the file still waits for, then closes it. */
static void step_close(int file)
{
	if (!m.files[file].is_open)
		return;
	for (int c = 0; c < MODEL_CALLS; c++)
		if (is_asked[c] && m.calls[c].file == file && !m.calls[c].is_done) {
			model_interrupt(&m, c);
			wait_interrupt(&calls[c].wait);
		}
	model_close(&m, file);
	client_close(&clients[file]);
}

static void step_read(int file)
{
	size_t len = 1 + any(40);
	bool nonblock = any(2);
	uint64_t offset = any(4) ? 0 : m.files[file].read_end;
	int call = m.files[file].is_open ? ask(MODEL_READ, file) : -1;

	if (call < 0)
		return;
	model_read(&m, call, file, len, offset, nonblock);
	call_read(&calls[call], &clients[file], len, offset, nonblock);
}

static void step_write(int file)
{
	size_t len = 1 + any(any(4) ? 20 : MODEL_CALL_LEN);
	bool nonblock = any(2);
	uint64_t offset = any(6) ? 0 : m.files[file].write_end;
	uint8_t data[MODEL_CALL_LEN];
	int call = m.files[file].is_open ? ask(MODEL_WRITE, file) : -1;

	if (call < 0)
		return;
	for (size_t i = 0; i < len; i++)
		data[i] = (uint8_t)(1 + any(255));
	memcpy(m.calls[call].data, data, len);
	model_write(&m, call, file, len, offset, nonblock);
	call_write(&calls[call], &clients[file], data, len, offset, nonblock);
}

static void step_flush(int file)
{
	int call = m.files[file].is_open ? ask(MODEL_FLUSH, file) : -1;

	if (call < 0)
		return;
	model_flush(&m, call, file);
	call_flush(&calls[call], &clients[file]);
}

static void step_interrupt(void)
{
	int call = (int)any(MODEL_CALLS);

	if (!is_asked[call] || m.calls[call].is_done)
		return;
	model_interrupt(&m, call);
	wait_interrupt((struct wait *)wait_of(call));
}

static void step_say(void)
{
	static const int statuses[] = { 0, 0, 0, 0, LINK_MORE, LINK_MORE, LINK_MORE, -EIO };
	uint8_t data[MODEL_SLOT];
	uint32_t len = any(6) ? any(MODEL_SLOT + 1) : 0;
	int status = statuses[any(ARRAY_SIZE(statuses))];

	if (!b.link.with_device[LINK_DL].n)
		return;
	if (status < 0)
		len = 0;
	for (uint32_t i = 0; i < len; i++)
		data[i] = (uint8_t)(1 + any(255));
	model_say(&m, data, len, status);
	fake_link_say(&b.link, data, len, status);
}

static void step_take(void)
{
	int status = any(12) ? 0 : -EIO;

	if (!b.link.with_device[LINK_UL].n)
		return;
	/* A closing channel may still complete: nobody hears it. */
	b.link.heard = m.current && m.current->state == MODEL_RUNNING ? hear : NULL;
	if (b.link.heard && !status)
		hear(NULL, link_slot(&b.link.link, 0, LINK_UL, b.link.with_device[LINK_UL].slots[0]),
		     b.link.with_device[LINK_UL].lens[0]);
	b.link.heard = NULL;
	model_take(&m, status);
	fake_link_take(&b.link, status);
}

static void step_link(void)
{
	int why = any(2) ? -ECONNRESET : -ENODEV;

	if (b.link.state == FAKE_OPENING) {
		int status = any(5) ? 0 : -ETIMEDOUT;

		model_opened(&m, status);
		fake_link_opened(&b.link, status);
	} else if (b.link.state == FAKE_CLOSING) {
		model_closed(&m, 0);
		fake_link_closed(&b.link, 0);
	} else if (b.link.state == FAKE_OPEN && !any(20)) {
		model_closed(&m, why);
		fake_link_closed(&b.link, why);
	} else if (!any(20)) {
		model_kill(&m, why);
		port_kill(b.port, why);
	}
}

static void step_time(void)
{
	static const uint32_t ms[] = { 1, 10, 49, 50, 60, 1000, 6000 };
	uint64_t now = b.timers.now_us + ms[any(ARRAY_SIZE(ms))] * 1000;

	model_advance(&m, now);
	timers_advance(&b.timers, now);
}

static void step(void)
{
	int file = (int)any(MODEL_FILES);

	switch (any(16)) {
	case 0: case 1:
		step_open(file);
		break;
	case 2:
		if (!any(2))
			step_close(file);
		break;
	case 3: case 4: case 5:
		step_read(file);
		break;
	case 6: case 7:
		step_write(file);
		break;
	case 8:
		step_flush(file);
		break;
	case 9:
		step_interrupt();
		break;
	case 10: case 11: case 12:
		step_say();
		break;
	case 13:
		step_take();
		break;
	case 14:
		step_link();
		break;
	default:
		step_time();
		break;
	}
}

static void compare_call(int c)
{
	const struct model_call *want = &m.calls[c];
	const struct call *is = container_of(wait_of(c), struct call, wait);

	ck_assert_uint_eq(is->n_answers, want->is_done);
	if (!want->is_done)
		return;
	ck_assert_int_eq(is->result, want->result);
	if (want->kind == MODEL_READ && want->result > 0)
		ck_assert(!memcmp(is->data, want->data, (size_t)want->result));
	is_asked[c] = false;
	n_done++;
}

static void compare_stats(void)
{
	struct port_stats is = port_stats(b.port);

	ck_assert_uint_eq(is.users, m.current ? m.current->users : 0);
	ck_assert_uint_eq(is.ul_messages, m.stats.ul_messages);
	ck_assert_uint_eq(is.ul_bytes, m.stats.ul_bytes);
	ck_assert_uint_eq(is.dl_messages, m.stats.dl_messages);
	ck_assert_uint_eq(is.dl_bytes, m.stats.dl_bytes);
	ck_assert_uint_eq(is.prepares, m.stats.prepares);
	ck_assert_uint_eq(is.unprepares, m.stats.unprepares);
	ck_assert_uint_eq(is.errors, m.stats.errors);
}

static void compare(void)
{
	for (int c = 0; c < MODEL_CALLS; c++)
		if (is_asked[c])
			compare_call(c);
	for (int f = 0; f < MODEL_FILES; f++)
		if (m.files[f].is_open)
			ck_assert_int_eq(port_poll(clients[f].file), model_poll(&m, f));
	compare_stats();
	ck_assert_int_eq(port_state(b.port), model_state(&m));
	ck_assert_uint_eq(b.budget.used, m.budget);
	if (m.current && m.current->state == MODEL_RUNNING) {
		ck_assert_uint_eq(b.link.with_device[LINK_UL].n, m.current->n_sent);
		ck_assert_uint_eq(b.link.with_device[LINK_DL].n,
				  MODEL_SLOTS - m.current->n_pieces);
	}
}

/* Everybody leaves; nothing may be left. */
static void end(void)
{
	for (int c = 0; c < MODEL_CALLS; c++)
		if (is_asked[c] && m.calls[c].kind == MODEL_OPEN) {
			model_interrupt(&m, c);
			wait_interrupt((struct wait *)wait_of(c));
		}
	for (int f = 0; f < MODEL_FILES; f++)
		step_close(f);
	compare();
	model_advance(&m, b.timers.now_us + 50000);
	port_bench_wait_ms(&b, 50);
	compare();
	ck_assert_uint_eq(port_stats(b.port).users, 0);
	ck_assert_uint_eq(port_stats(b.port).prepares, port_stats(b.port).unprepares);
	port_bench_fini(&b);
}

static void run(uint64_t with_seed, enum port_boundary boundary, enum slow_reader slow_reader,
		unsigned int n_steps)
{
	struct port_config c = port_bench_config;

	seed = with_seed * 0x9e3779b97f4a7c15 + 1;
	c.boundary = boundary;
	c.slow_reader = slow_reader;
	port_bench_init_as(&b, &c, MODEL_SLOTS, MODEL_SLOTS, MODEL_SLOT);
	memset(&m, 0, sizeof(m));
	m.boundary = boundary;
	m.slow_reader = slow_reader;
	memset(is_asked, 0, sizeof(is_asked));
	for (unsigned int i = 0; i < n_steps; i++) {
		step();
		compare();
	}
	end();
}

START_TEST(test_stream_channel_does_what_the_model_says)
{
	run((uint64_t)_i + 1, BOUNDARY_STREAM, SLOW_READER_HOLD, 5000);
	ck_assert_uint_gt(n_done, 1000);
}
END_TEST

START_TEST(test_message_channel_does_what_the_model_says)
{
	run((uint64_t)_i + 1001, BOUNDARY_MESSAGE, SLOW_READER_HOLD, 5000);
}
END_TEST

START_TEST(test_dropping_channel_does_what_the_model_says)
{
	run((uint64_t)_i + 2001, BOUNDARY_STREAM, SLOW_READER_DROP, 5000);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("port-random");
	TCase *c = tcase_create("random");

	tcase_set_timeout(c, 300);
	tcase_add_loop_test(c, test_stream_channel_does_what_the_model_says, 0, 10);
	tcase_add_loop_test(c, test_message_channel_does_what_the_model_says, 0, 10);
	tcase_add_loop_test(c, test_dropping_channel_does_what_the_model_says, 0, 10);
	suite_add_tcase(s, c);
	return suite_run(s);
}
