/* What a log line can be: escaped, not too many, and never waited for. */
#include "base/bytes.h"
#include "io/log.h"
#include "tests/suite.h"
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* What was logged, in a pipe that stands for stderr. */
static int reader;
static char text[65536];

static void setup(void)
{
	int fds[2];

	ck_assert_int_eq(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
	reader = fds[0];
	/* stderr itself would wait, as that of a daemon does. */
	ck_assert_int_eq(fcntl(fds[1], F_SETFL, 0), 0);
	ck_assert_int_eq(dup2(fds[1], STDERR_FILENO), STDERR_FILENO);
	close(fds[1]);
	log_open("test", LOG_TO_STDERR, LOG_LEVEL_INFO);
}

static const char *logged(void)
{
	ssize_t n = read(reader, text, sizeof(text) - 1);

	text[n > 0 ? n : 0] = 0;
	return text;
}

static unsigned int n_lines(const char *s, const char *with)
{
	unsigned int n = 0;

	for (const char *end; (end = strchr(s, '\n')); s = end + 1) {
		const char *at = strstr(s, with);

		n += at && at < end;
	}
	return n;
}

static unsigned int now_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (unsigned int)ts.tv_sec;
}

START_TEST(test_hostile_bytes_come_out_as_their_numbers)
{
	log_warn("mhi0", "port %s is %s", "\033[2J\nmhi1: off", "\x9b\xff\xe2\x80\xae\x7f");
	ck_assert_str_eq(logged(), "test: mhi0: port \\x1b[2J\\x0amhi1: off is "
				   "\\x9b\\xff\\xe2\\x80\\xae\\x7f\n");
}
END_TEST

START_TEST(test_hostile_name_is_escaped_as_well)
{
	log_error("a\r\nb", "x");
	ck_assert_str_eq(logged(), "test: a\\x0d\\x0ab: x\n");
}
END_TEST

START_TEST(test_line_for_the_journal_is_one_line)
{
	char stream[64];
	struct stat st;

	ck_assert_int_eq(fstat(STDERR_FILENO, &st), 0);
	snprintf(stream, sizeof(stream), "%llu:%llu", (unsigned long long)st.st_dev,
		 (unsigned long long)st.st_ino);
	setenv("JOURNAL_STREAM", stream, 1);
	log_open("test", LOG_TO_STDERR, LOG_LEVEL_INFO);
	log_warn("mhi1", "%s", "a\n<0>panic");
	ck_assert_str_eq(logged(), "<4>mhi1: a\\x0a<0>panic\n");
}
END_TEST

START_TEST(test_long_line_is_cut_not_split)
{
	char bytes[4096];

	memset(bytes, '\n', sizeof(bytes) - 1);
	bytes[sizeof(bytes) - 1] = 0;
	log_warn("mhi2", "%s", bytes);
	ck_assert_uint_eq(n_lines(logged(), ""), 1);
	ck_assert_uint_lt(strlen(text), 600);
}
END_TEST

START_TEST(test_flood_is_ten_lines_a_second)
{
	unsigned int begun = now_s(), most;

	for (unsigned int i = 0; i < 10000; i++)
		log_info("mhi3", "state %u", i);
	most = 10 * (now_s() - begun + 1);
	ck_assert_uint_ge(n_lines(logged(), "mhi3"), 10);
	ck_assert_uint_le(n_lines(text, "mhi3"), most);
}
END_TEST

START_TEST(test_flood_of_one_silences_no_other)
{
	for (unsigned int i = 0; i < 1000; i++)
		log_warn("mhi4", "again");
	log_warn("mhi5", "once");
	log_info(NULL, "bye");
	ck_assert_uint_eq(n_lines(logged(), "mhi5: once"), 1);
	ck_assert_uint_eq(n_lines(text, "bye"), 1);
}
END_TEST

START_TEST(test_more_speakers_than_places_are_all_heard)
{
	char who[16];

	for (unsigned int i = 0; i < 200; i++) {
		snprintf(who, sizeof(who), "sim%u", i);
		log_info(who, "ready");
	}
	ck_assert_uint_eq(n_lines(logged(), "ready"), 200);
}
END_TEST

START_TEST(test_log_nobody_reads_is_never_waited_for)
{
	char fill[4096] = { 0 };

	fcntl(STDERR_FILENO, F_SETFL, O_NONBLOCK);
	while (write(STDERR_FILENO, fill, sizeof(fill)) > 0)
		;
	fcntl(STDERR_FILENO, F_SETFL, 0);
	log_error("mhi6", "lost");
	log_error("mhi6", "lost");
	while (read(reader, text, sizeof(text)) > 0)
		;
	log_error("mhi6", "heard");
	ck_assert_str_eq(logged(), "test: mhi6: 2 messages were left out\n"
				   "test: mhi6: heard\n");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("log");
	TCase *t = tcase_create("lines");

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, test_hostile_bytes_come_out_as_their_numbers);
	tcase_add_test(t, test_hostile_name_is_escaped_as_well);
	tcase_add_test(t, test_line_for_the_journal_is_one_line);
	tcase_add_test(t, test_long_line_is_cut_not_split);
	tcase_add_test(t, test_flood_is_ten_lines_a_second);
	tcase_add_test(t, test_flood_of_one_silences_no_other);
	tcase_add_test(t, test_more_speakers_than_places_are_all_heard);
	tcase_add_test(t, test_log_nobody_reads_is_never_waited_for);
	suite_add_tcase(s, t);
	return suite_run(s);
}
