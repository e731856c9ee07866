/* The log of a daemon whose clients and device do what they like. */
#include "client.h"
#include "mhifs/mhifs.h"
#include "mount.h"
#include "tests/suite.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

enum { PER_SECOND = 10 };

static struct mount mount_here, *const m = &mount_here;
static char log_path[96], text[1 << 20];
static uint64_t begun;

static void start(const char *options)
{
	int fd;

	mount_init(m);
	snprintf(log_path, sizeof(log_path), "%s/log", m->base);
	fd = open(log_path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(dup2(fd, STDERR_FILENO), STDERR_FILENO);
	close(fd);
	begun = now_ms();
	mount_start(m, options);
}

/* Ends the daemon; its lines are in @text then.  Returns for how many seconds
 * it could speak, begun ones included. */
static unsigned int stop(void)
{
	FILE *f;
	size_t n;

	ck_assert_int_eq(mount_end(m, SIGTERM), 0);
	f = fopen(log_path, "r");
	ck_assert_ptr_nonnull(f);
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = 0;
	fclose(f);
	unlink(log_path);
	mount_fini(m);
	return (unsigned int)((now_ms() - begun) / 1000 + 1);
}

static unsigned int n_lines(const char *with)
{
	unsigned int n = 0;

	for (const char *at = text; (at = strstr(at, with)); at++)
		n++;
	return n;
}

static void ck_plain(void)
{
	for (const char *c = text; *c; c++)
		ck_assert_msg(*c == '\n' || (*c >= ' ' && *c <= '~'), "byte 0x%02x in: %s",
			      (uint8_t)*c, text);
}

START_TEST(test_a_client_that_resets_without_end_gets_ten_lines_a_second)
{
	unsigned int n, seconds;

	start("");
	for (int i = 0; i < 100; i++)
		ck_assert_int_eq(mount_store(m, "power", "reset"), 0);
	seconds = stop();
	n = n_lines("mhifs: mhi0: ");
	ck_assert_msg(n <= PER_SECOND * seconds, "%u lines in %u s", n, seconds);
	ck_assert_uint_ge(n, PER_SECOND);
	ck_plain();
}
END_TEST

static const char hostile[] = "\033[2J\033]0;mine\007\r\nmhifs: mhi1: off\n\x9b\xff%s%n";

START_TEST(test_words_of_a_client_stay_out_of_the_log)
{
	struct mhifs_rpmsg_endpoint e = { .src = MHIFS_RPMSG_ANY, .dst = 1280 };
	struct stat st;
	int fd;

	start("");
	ck_assert_int_eq(mount_store(m, "power", hostile), -EINVAL);
	ck_assert_int_eq(stat(mount_path(m, hostile), &st), -1);
	memcpy(e.name, hostile, sizeof(e.name) - 1);
	fd = mount_open(m, "rpmsg/ctrl", O_RDWR);
	(void)!ioctl(fd, MHIFS_RPMSG_CREATE_EPT, &e);
	close(fd);
	stop();
	ck_plain();
	ck_assert_ptr_null(strstr(text, "mine"));
}
END_TEST

/* What an endpoint says of itself and of others. */
START_TEST(test_words_of_a_remote_are_escaped)
{
	char buf[512];
	int fd;

	start("");
	fd = mount_open(m, "rpmsg/rpmsg-liar", O_RDWR | O_NONBLOCK);
	for (int i = 0; i < 64; i++)
		(void)!write(fd, hostile, sizeof(hostile));
	(void)!read(fd, buf, sizeof(buf));
	close(fd);
	stop();
	ck_plain();
}
END_TEST

/* All is asked for, and all of it is plain. */
START_TEST(test_a_trace_is_plain_as_well)
{
	struct stat st;

	start("-d");
	ck_assert_int_eq(stat(mount_path(m, hostile), &st), -1);
	ck_assert_int_eq(mount_store(m, "power", hostile), -EINVAL);
	stop();
	ck_plain();
}
END_TEST

int main(void)
{
	Suite *s = suite_create("log");
	TCase *t = tcase_create("daemon");

	mount_skip_unless_possible();
	tcase_set_timeout(t, 60);
	tcase_add_test(t, test_a_client_that_resets_without_end_gets_ten_lines_a_second);
	tcase_add_test(t, test_words_of_a_client_stay_out_of_the_log);
	tcase_add_test(t, test_words_of_a_remote_are_escaped);
	tcase_add_test(t, test_a_trace_is_plain_as_well);
	suite_add_tcase(s, t);
	return suite_run(s);
}
