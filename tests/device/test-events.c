/* events: everything that happens, a line each, to every reader. */
#include "client.h"
#include "shared.h"
#include "tests/suite.h"
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>

static void make_events(void)
{
	ck_assert_int_eq(mount_store(m, "power", "suspend"), 0);
	ck_assert_int_eq(mount_store(m, "power", "resume"), 0);
}

static int poll_in(int fd, int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, ms) == 1 ? p.revents : 0;
}

/* The next line as JSON. */
static json_t *next_line(int fd)
{
	char line[4096];
	json_t *event;
	size_t len = 0;

	do {
		ck_assert_uint_lt(len, sizeof(line));
		read_all(fd, line + len, 1);
	} while (line[len++] != '\n');
	event = json_loadb(line, len, 0, NULL);
	ck_assert_msg(event != NULL, "no JSON: %.*s", (int)len, line);
	return event;
}

START_TEST(test_reader_starts_at_the_present)
{
	int fd;

	make_events();
	fd = mount_open(m, "events", O_RDONLY);
	ck_assert_int_eq(poll_in(fd, 0), 0);
	make_events();
	ck_assert_int_eq(poll_in(fd, DEADLINE_MS), POLLIN);
	close(fd);
}
END_TEST

START_TEST(test_lines_carry_seq_time_and_type)
{
	int fd = mount_open(m, "events", O_RDONLY);
	json_int_t seq = 0;

	make_events();
	for (int i = 0; i < 2; i++) {
		json_t *event = next_line(fd);
		double at = json_number_value(json_object_get(event, "time"));

		ck_assert(!i || json_integer_value(json_object_get(event, "seq")) == seq + 1);
		seq = json_integer_value(json_object_get(event, "seq"));
		ck_assert_ptr_nonnull(json_string_value(json_object_get(event, "type")));
		ck_assert(at > (double)time(NULL) - 60 && at < (double)time(NULL) + 60);
		json_decref(event);
	}
	close(fd);
}
END_TEST

START_TEST(test_read_ends_at_the_end_of_a_line)
{
	int fd = mount_open(m, "events", O_RDONLY);
	char first[8192], byte;
	ssize_t n;

	make_events();
	ck_assert_int_eq(poll_in(fd, DEADLINE_MS), POLLIN);
	/* A buffer shorter than the line gets what fits, the rest comes next. */
	ck_assert_int_eq(try_read(fd, first, 5), 5);
	n = try_read(fd, first + 5, sizeof(first) - 5);
	ck_assert_int_gt(n, 0);
	ck_assert_int_eq(first[0], '{');
	ck_assert_int_eq(first[5 + n - 1], '\n');
	ck_assert_int_eq(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	while ((n = try_read(fd, first, sizeof(first))) > 0)
		ck_assert_int_eq(first[n - 1], '\n');
	ck_assert_int_eq(n, -EAGAIN);
	ck_assert_int_eq(poll_in(fd, 0), 0);
	ck_assert_int_eq(try_read(fd, &byte, 1), -EAGAIN);
	close(fd);
}
END_TEST

START_TEST(test_waiting_reader_is_woken_and_can_be_interrupted)
{
	int fd = mount_open(m, "events", O_RDONLY);
	struct client reader;
	char buf[4096];

	catch_signal(SIGINT, 0);
	client_read(&reader, fd, buf, sizeof(buf));
	client_wait_parked(&reader, m);
	pthread_kill(reader.thread, SIGINT);
	ck_assert_int_eq(client_join(&reader), -EINTR);
	client_read(&reader, fd, buf, sizeof(buf));
	client_wait_parked(&reader, m);
	make_events();
	ck_assert_int_gt(client_join(&reader), 0);
	ck_assert_int_eq(buf[reader.result - 1], '\n');
	close(fd);
}
END_TEST

START_TEST(test_readers_do_not_take_from_each_other)
{
	int a = mount_open(m, "events", O_RDONLY), b = mount_open(m, "events", O_RDONLY);
	char first[8192], second[8192];

	make_events();
	ck_assert_int_eq(poll_in(a, DEADLINE_MS), POLLIN);
	ck_assert_int_eq(poll_in(b, DEADLINE_MS), POLLIN);
	ck_assert_int_eq(try_read(a, first, 100), try_read(b, second, 100));
	ck_assert_mem_eq(first, second, 50);
	close(a);
	close(b);
}
END_TEST

START_TEST(test_channel_life_is_told)
{
	int fd = mount_open(m, "events", O_RDONLY);
	bool has_seen = false;

	close(mount_open(m, "DUN", O_RDWR));
	while (!has_seen) {
		json_t *event = next_line(fd);
		const char *chan = json_string_value(json_object_get(event, "channel"));
		const char *state = json_string_value(json_object_get(event, "state"));

		has_seen = chan && !strcmp(chan, "DUN") && state && !strcmp(state, "running");
		json_decref(event);
	}
	close(fd);
}
END_TEST

START_TEST(test_reader_that_falls_behind_is_told_how_much)
{
	int fd = mount_open(m, "events", O_RDONLY);
	json_int_t lost = 0, seq;
	json_t *event;

	/* Until the oldest line of this reader is gone from the daemon. */
	for (int i = 0; i < 3000; i++)
		make_events();
	event = next_line(fd);
	while (strcmp(json_string_value(json_object_get(event, "type")), "lost")) {
		json_decref(event);
		event = next_line(fd);
	}
	lost = json_integer_value(json_object_get(event, "count"));
	ck_assert_int_gt(lost, 0);
	json_decref(event);
	event = next_line(fd);
	seq = json_integer_value(json_object_get(event, "seq"));
	ck_assert_int_ge(seq, lost);
	json_decref(event);
	close(fd);
}
END_TEST

START_TEST(test_end_of_the_daemon_is_the_end_of_the_file)
{
	struct client reader;
	char buf[65536];
	int fd;

	mount_init(m);
	mount_start(m, "");
	fd = mount_open(m, "events", O_RDONLY);
	client_read(&reader, fd, buf, sizeof(buf));
	client_wait_parked(&reader, m);
	ck_assert_int_eq(mount_end(m, SIGTERM), 0);
	ck_assert_int_ge(client_join(&reader), 0);
	close(fd);
	mount_fini(m);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("events");
	TCase *tc = shared_case("events", NULL), *end = tcase_create("end");

	mount_skip_unless_possible();
	tcase_add_test(tc, test_reader_starts_at_the_present);
	tcase_add_test(tc, test_lines_carry_seq_time_and_type);
	tcase_add_test(tc, test_read_ends_at_the_end_of_a_line);
	tcase_add_test(tc, test_waiting_reader_is_woken_and_can_be_interrupted);
	tcase_add_test(tc, test_readers_do_not_take_from_each_other);
	tcase_add_test(tc, test_channel_life_is_told);
	tcase_add_test(tc, test_reader_that_falls_behind_is_told_how_much);
	suite_add_tcase(s, tc);
	tcase_set_timeout(end, 60);
	tcase_add_test(end, test_end_of_the_daemon_is_the_end_of_the_file);
	suite_add_tcase(s, end);
	return suite_run(s);
}
