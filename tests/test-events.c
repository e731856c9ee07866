#include "device/events.h"
#include "suite.h"
#include <errno.h>
#include <poll.h>
#include <stdio.h>

static const char *const types[] = { "state", "note", NULL };
static const struct events_source_ops source = { .name = "test", .types = types };

/* A client: what its last call was answered with. */
struct client {
	struct wait wait;
	struct events_reader *reader;
	unsigned int answers, changes;
	ssize_t result;
	char bytes[1 << 16];
	bool is_gone;		/* refuses what it is given */
};

static struct events *events;
static struct client a, b;

static int on_answer(struct wait *w, ssize_t result, const struct iovec *iov, int n_iov)
{
	struct client *c = container_of(w, struct client, wait);
	size_t len = 0;

	c->answers++;
	c->result = result;
	for (int i = 0; i < n_iov; i++) {
		ck_assert_uint_le(len + iov[i].iov_len, sizeof(c->bytes) - 1);
		memcpy(c->bytes + len, iov[i].iov_base, iov[i].iov_len);
		len += iov[i].iov_len;
	}
	c->bytes[len] = '\0';
	if (result > 0)
		ck_assert_uint_eq(len, (size_t)result);
	return c->is_gone ? -ENOENT : 0;
}

static const struct wait_ops wait_ops = { .answer = on_answer };

static void on_change(void *user)
{
	((struct client *)user)->changes++;
}

static const struct events_reader_ops reader_ops = { .changed = on_change };

static void client_open(struct client *c)
{
	*c = (struct client){ 0 };
	c->reader = events_open(events, &reader_ops, c);
	ck_assert_ptr_nonnull(c->reader);
}

static void read_some(struct client *c, size_t len, bool nonblock)
{
	wait_init(&c->wait, &wait_ops);
	events_read(c->reader, &c->wait, len, 0, nonblock);
}

static void note(int n)
{
	events_add(events, &source, "note", json_pack("{s:i}", "n", n));
}

static void setup(void)
{
	events = events_new();
	ck_assert_int_eq(events_register(events, &source), 0);
	client_open(&a);
	client_open(&b);
}

static void teardown(void)
{
	if (a.reader)
		events_close(a.reader);
	if (b.reader)
		events_close(b.reader);
	events_unref(events);
}

static json_int_t number(const char *line, const char *key)
{
	json_t *o = json_loads(line, JSON_DISABLE_EOF_CHECK, NULL);
	json_int_t n;

	ck_assert_msg(o, "%s", line);
	n = json_integer_value(json_object_get(o, key));
	json_decref(o);
	return n;
}

START_TEST(test_a_line_has_seq_time_and_type)
{
	json_t *o;

	note(7);
	read_some(&a, 4096, true);
	ck_assert_int_gt(a.result, 0);
	ck_assert_int_eq(a.bytes[a.result - 1], '\n');
	o = json_loads(a.bytes, 0, NULL);
	ck_assert_int_eq(json_integer_value(json_object_get(o, "seq")), 1);
	ck_assert(json_is_real(json_object_get(o, "time")));
	ck_assert_double_gt(json_real_value(json_object_get(o, "time")), 1.7e9);
	ck_assert_str_eq(json_string_value(json_object_get(o, "type")), "note");
	ck_assert_int_eq(json_integer_value(json_object_get(o, "n")), 7);
	json_decref(o);
}
END_TEST

START_TEST(test_a_reader_starts_at_the_present)
{
	note(1);
	events_close(b.reader);
	client_open(&b);
	note(2);
	read_some(&b, 4096, true);
	ck_assert_int_eq(number(b.bytes, "n"), 2);
	read_some(&a, 4096, true);
	ck_assert_int_eq(number(a.bytes, "n"), 1);
}
END_TEST

START_TEST(test_a_read_waits_for_a_line)
{
	read_some(&a, 4096, false);
	ck_assert_uint_eq(a.answers, 0);
	ck_assert_int_eq(events_poll(a.reader), 0);
	note(3);
	ck_assert_uint_eq(a.answers, 1);
	ck_assert_int_eq(number(a.bytes, "n"), 3);
	ck_assert_int_eq(events_poll(a.reader), 0);
	ck_assert_int_eq(events_poll(b.reader), POLLIN);
	ck_assert_uint_eq(b.changes, 1);
}
END_TEST

START_TEST(test_a_nonblocking_read_is_told_to_come_again)
{
	read_some(&a, 4096, true);
	ck_assert_int_eq(a.result, -EAGAIN);
}
END_TEST

START_TEST(test_a_read_ends_at_the_end_of_a_line)
{
	size_t len;

	note(1);
	read_some(&b, 4096, true);
	len = (size_t)b.result;
	note(2);
	note(3);
	/* Room for two lines and a half; a time may be a digit shorter. */
	read_some(&a, 2 * len + len / 2, true);
	ck_assert_int_eq(a.bytes[a.result - 1], '\n');
	ck_assert_int_eq(number(a.bytes, "n"), 1);
	ck_assert_int_eq(number(strchr(a.bytes, '\n') + 1, "n"), 2);
	read_some(&a, 2 * len, true);
	ck_assert_int_eq(number(a.bytes, "n"), 3);
}
END_TEST

START_TEST(test_a_short_buffer_gets_a_line_in_pieces)
{
	char line[256] = "";

	note(1);
	note(2);
	do {
		read_some(&a, 10, true);
		ck_assert_int_gt(a.result, 0);
		strcat(line, a.bytes);
	} while (a.bytes[a.result - 1] != '\n');
	ck_assert_int_eq(number(line, "n"), 1);
	ck_assert_uint_eq(strlen(line), (size_t)(strchr(line, '\n') - line) + 1);
	read_some(&a, 4096, true);
	ck_assert_int_eq(number(a.bytes, "n"), 2);
}
END_TEST

START_TEST(test_a_later_part_of_a_read_never_waits)
{
	wait_init(&a.wait, &wait_ops);
	events_read(a.reader, &a.wait, 4096, 100, false);
	ck_assert_uint_eq(a.answers, 1);
	ck_assert_int_eq(a.result, 0);
}
END_TEST

START_TEST(test_who_falls_behind_is_told_how_much)
{
	json_int_t lost, first;
	char *second;

	for (int i = 0; i < 20000; i++) {
		note(i);
		read_some(&b, 4096, true);
		ck_assert_int_eq(number(b.bytes, "n"), i);
	}
	read_some(&a, 4096, true);
	ck_assert_ptr_nonnull(strstr(a.bytes, "\"type\":\"lost\""));
	lost = number(a.bytes, "count");
	ck_assert_int_gt(lost, 10000);
	second = strchr(a.bytes, '\n') + 1;
	first = number(second, "n");
	/* Nothing between what was lost and what comes next. */
	ck_assert_int_eq(first, lost);
	ck_assert_int_eq(number(a.bytes, "seq") + 1, number(second, "seq"));
}
END_TEST

START_TEST(test_a_line_begun_is_finished_before_a_loss_is_told)
{
	char line[256];

	note(0);
	read_some(&a, 10, true);
	strcpy(line, a.bytes);
	for (int i = 1; i < 20000; i++)
		note(i);
	read_some(&a, 200, true);
	strncat(line, a.bytes, sizeof(line) - strlen(line) - 1);
	ck_assert_int_eq(number(line, "n"), 0);
	ck_assert_int_eq(number(line, "seq"), 1);
}
END_TEST

START_TEST(test_an_interrupted_read_loses_nothing)
{
	read_some(&a, 4096, false);
	wait_interrupt(&a.wait);
	ck_assert_int_eq(a.result, -EINTR);
	note(4);
	ck_assert_uint_eq(a.answers, 1);
	read_some(&a, 4096, true);
	ck_assert_int_eq(number(a.bytes, "n"), 4);
}
END_TEST

START_TEST(test_f74_what_a_dead_caller_did_not_get_goes_to_the_next)
{
	a.is_gone = true;
	read_some(&a, 4096, false);
	note(5);
	ck_assert_uint_eq(a.answers, 1);
	a.is_gone = false;
	read_some(&a, 4096, true);
	ck_assert_int_eq(number(a.bytes, "n"), 5);
}
END_TEST

START_TEST(test_the_end_is_the_rest_then_end_of_file)
{
	note(6);
	read_some(&b, 4096, true);
	read_some(&b, 4096, false);
	events_end(events);
	ck_assert_uint_eq(b.answers, 2);
	ck_assert_int_eq(b.result, 0);
	ck_assert_int_eq(events_poll(a.reader), POLLIN | POLLHUP);
	read_some(&a, 4096, false);
	ck_assert_int_eq(number(a.bytes, "n"), 6);
	read_some(&a, 4096, false);
	ck_assert_int_eq(a.result, 0);
	note(7);
	read_some(&a, 4096, true);
	ck_assert_int_eq(a.result, 0);
}
END_TEST

START_TEST(test_a_reader_outlives_who_made_the_events)
{
	events_ref(events);
	events_unref(events);
	note(1);
	events_end(events);
	events_close(a.reader);
	a.reader = NULL;
	read_some(&b, 4096, true);
	ck_assert_int_eq(number(b.bytes, "n"), 1);
}
END_TEST

START_TEST(test_a_source_is_checked_when_it_comes)
{
	static const char *const bad_types[] = { "state", "Bad", NULL };
	static const char *const no_types[] = { NULL };
	const struct events_source_ops wrong[] = {
		{ .name = NULL, .types = types },
		{ .name = "", .types = types },
		{ .name = "a b", .types = types },
		{ .name = "x", .types = NULL },
		{ .name = "x", .types = no_types },
		{ .name = "x", .types = bad_types },
	};

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		ck_assert_int_eq(events_register(events, &wrong[i]), -EINVAL);
	ck_assert_int_eq(events_register(events, &source), -EEXIST);
	events_unregister(events, &source);
	ck_assert_int_eq(events_register(events, &source), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("events");
	TCase *t = tcase_create("events");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_a_line_has_seq_time_and_type);
	tcase_add_test(t, test_a_reader_starts_at_the_present);
	tcase_add_test(t, test_a_read_waits_for_a_line);
	tcase_add_test(t, test_a_nonblocking_read_is_told_to_come_again);
	tcase_add_test(t, test_a_read_ends_at_the_end_of_a_line);
	tcase_add_test(t, test_a_short_buffer_gets_a_line_in_pieces);
	tcase_add_test(t, test_a_later_part_of_a_read_never_waits);
	tcase_add_test(t, test_who_falls_behind_is_told_how_much);
	tcase_add_test(t, test_a_line_begun_is_finished_before_a_loss_is_told);
	tcase_add_test(t, test_an_interrupted_read_loses_nothing);
	tcase_add_test(t, test_f74_what_a_dead_caller_did_not_get_goes_to_the_next);
	tcase_add_test(t, test_the_end_is_the_rest_then_end_of_file);
	tcase_add_test(t, test_a_reader_outlives_who_made_the_events);
	tcase_add_test(t, test_a_source_is_checked_when_it_comes);
	suite_add_tcase(s, t);
	return suite_run(s);
}
