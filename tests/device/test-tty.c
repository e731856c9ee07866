/* A channel as a terminal: what a program that insists on one sees of it. */
#include "client.h"
#include "mount.h"
#include "tests/suite.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <termios.h>

enum { LEN = 200000 };

static struct mount mount;
static char dun[96], echo[96];	/* the terminals' names */

static void setup(void)
{
	mount_init(&mount);
	snprintf(dun, sizeof(dun), "%s/ttyDUN", mount.base);
	snprintf(echo, sizeof(echo), "%s/ttyECHO", mount.base);
	snprintf(mount.device, sizeof(mount.device), "loopback,tty.DUN=%s,tty.LOOPBACK=%s",
		 dun, echo);
	mount_start(&mount, "");
}

static void teardown(void)
{
	mount_stop(&mount);
}

static int open_tty(const char *path)
{
	int fd;

	WAIT_FOR((fd = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC)) >= 0);
	return fd;
}

/* Reads until @end was seen. */
static void read_until(int fd, const char *end)
{
	char said[4096] = "";
	size_t len = 0;

	while (!strstr(said, end)) {
		ssize_t n = read(fd, said + len, sizeof(said) - 1 - len);

		ck_assert_msg(n > 0, "no '%s' in '%s'", end, said);
		len += (size_t)n;
		said[len] = 0;
	}
}

START_TEST(test_it_is_a_raw_terminal_that_talks)
{
	int fd = open_tty(dun);
	struct termios t;

	ck_assert(isatty(fd));
	ck_assert_int_eq(tcgetattr(fd, &t), 0);
	ck_assert_uint_eq(t.c_lflag & (ECHO | ICANON | ISIG), 0);
	ck_assert_uint_eq(t.c_oflag & OPOST, 0);
	write_all(fd, "ATI\r", 4);
	read_until(fd, "\r\nOK\r\n");
	close(fd);
	WAIT_FOR(mount_chan_is(&mount, "DUN", "closed"));
}
END_TEST

START_TEST(test_the_channel_is_open_only_while_the_terminal_is)
{
	uint64_t prepares = mount_stat(&mount, "DUN.prepares");
	int a, b;

	ck_assert(mount_chan_is(&mount, "DUN", "closed"));
	a = open_tty(dun);
	WAIT_FOR(mount_stat(&mount, "DUN.users") == 1);
	b = open_tty(dun);
	close(a);
	mount_barrier(&mount);
	ck_assert_uint_eq(mount_stat(&mount, "DUN.users"), 1);
	close(b);
	WAIT_FOR(mount_stat(&mount, "DUN.users") == 0);
	ck_assert_uint_eq(mount_stat(&mount, "DUN.prepares"), prepares + 1);
}
END_TEST

START_TEST(test_file_and_terminal_share_the_channel)
{
	int tty = open_tty(dun), file;

	WAIT_FOR(mount_stat(&mount, "DUN.users") == 1);
	file = mount_open(&mount, "DUN", O_RDWR);
	ck_assert_uint_eq(mount_stat(&mount, "DUN.users"), 2);
	write_all(file, "AT\r", 3);
	read_until(tty, "OK\r\n");	/* its read waited first */
	close(file);
	close(tty);
}
END_TEST

START_TEST(test_no_byte_is_lost_either_way)
{
	uint8_t *sent = pattern_new(LEN, 7), *got = malloc(LEN);
	size_t n_sent = 0, n_got = 0;
	struct pollfd p = { .fd = open_tty(echo) };

	ck_assert_int_eq(fcntl(p.fd, F_SETFL, O_NONBLOCK), 0);
	while (n_got < LEN) {
		ssize_t n;

		p.events = (short)(POLLIN | (n_sent < LEN ? POLLOUT : 0));
		ck_assert_int_gt(poll(&p, 1, DEADLINE_MS), 0);
		n = p.revents & POLLIN ? read(p.fd, got + n_got, LEN - n_got) : 0;
		n_got += n > 0 ? (size_t)n : 0;
		n = p.revents & POLLOUT ? write(p.fd, sent + n_sent, LEN - n_sent) : 0;
		n_sent += n > 0 ? (size_t)n : 0;
	}
	ck_assert_mem_eq(got, sent, LEN);
	close(p.fd);
	free(sent);
	free(got);
}
END_TEST

START_TEST(test_what_was_written_last_arrives_although_it_is_closed_at_once)
{
	uint64_t before = mount_stat(&mount, "DUN.ul_bytes");
	int fd = open_tty(dun);

	write_all(fd, "AT\r", 3);
	close(fd);
	WAIT_FOR(mount_stat(&mount, "DUN.ul_bytes") == before + 3);
}
END_TEST

START_TEST(test_a_channel_that_dies_hangs_up_and_a_new_terminal_comes)
{
	int fd = open_tty(dun);
	char byte;

	write_all(fd, "AT\r", 3);
	read_until(fd, "OK\r\n");
	ck_assert_int_eq(mount_store(&mount, "power", "reset"), 0);
	ck_assert_int_le(read(fd, &byte, 1), 0);	/* end of file or EIO */
	close(fd);
	WAIT_FOR(mount_state_is(&mount, "ready"));
	fd = open_tty(dun);
	write_all(fd, "AT\r", 3);
	read_until(fd, "OK\r\n");
	close(fd);
}
END_TEST

START_TEST(test_off_hangs_up_whoever_opens)
{
	char byte;
	int fd;

	ck_assert_int_eq(mount_store(&mount, "power", "off"), 0);
	fd = open_tty(dun);
	ck_assert_int_le(read(fd, &byte, 1), 0);
	close(fd);
}
END_TEST

START_TEST(test_the_link_is_replaced_and_goes_with_the_daemon)
{
	struct stat st;

	ck_assert_int_eq(mount_end(&mount, SIGKILL), -SIGKILL);
	ck_assert_int_eq(lstat(dun, &st), 0);
	mount_start(&mount, "");
	close(open_tty(dun));
	ck_assert_int_eq(mount_end(&mount, SIGTERM), 0);
	ck_assert_int_ne(lstat(dun, &st), 0);
	mount_start(&mount, "");
}
END_TEST

START_TEST(test_a_file_of_somebody_else_stays)
{
	char file[128], args[512], message[512];
	int fd;

	snprintf(file, sizeof(file), "%s/precious", mount.base);
	fd = open(file, O_CREAT | O_WRONLY, 0600);
	write_all(fd, "x", 1);
	close(fd);
	ck_assert_int_eq(mount_end(&mount, SIGTERM), 0);
	snprintf(args, sizeof(args), "-f loopback,tty.DUN=relative %s", mount.root);
	ck_assert_int_eq(mount_run(args, message, sizeof(message)), 1);
	ck_assert_ptr_nonnull(strstr(message, "tty.DUN=relative"));
	snprintf(args, sizeof(args), "-f loopback,tty.NOPE=%s %s", dun, mount.root);
	ck_assert_int_eq(mount_run(args, message, sizeof(message)), 1);
	ck_assert_ptr_nonnull(strstr(message, "tty.NOPE: the device has no channel"));
	snprintf(mount.device, sizeof(mount.device), "loopback,tty.DUN=%s", file);
	mount_start(&mount, "");
	fd = open(file, O_RDONLY);
	ck_assert(!isatty(fd));
	close(fd);
	unlink(file);
}
END_TEST

/* The daemon would wait for itself. */
START_TEST(test_a_terminal_below_the_mount_is_refused)
{
	char link[128], args[512], message[512];

	snprintf(link, sizeof(link), "%s/link", mount.base);
	ck_assert_int_eq(symlink("mnt", link), 0);
	ck_assert_int_eq(mount_end(&mount, SIGTERM), 0);
	for (unsigned int i = 0; i < 3; i++) {
		snprintf(args, sizeof(args), "-f loopback,tty.DUN=%s/%s %s", mount.base,
			 i == 0 ? "mnt/tty" : i == 1 ? "link/tty" : "mnt/mhi0/tty", mount.root);
		ck_assert_int_eq(mount_run(args, message, sizeof(message)), 1);
		ck_assert_ptr_nonnull(strstr(message, i < 2 ? "below the mount point" :
							      "its folder cannot be used"));
	}
	unlink(link);
	mount_start(&mount, "");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("tty");
	TCase *t = tcase_create("terminal");

	mount_skip_unless_possible();
	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_it_is_a_raw_terminal_that_talks);
	tcase_add_test(t, test_the_channel_is_open_only_while_the_terminal_is);
	tcase_add_test(t, test_file_and_terminal_share_the_channel);
	tcase_add_test(t, test_no_byte_is_lost_either_way);
	tcase_add_test(t, test_what_was_written_last_arrives_although_it_is_closed_at_once);
	tcase_add_test(t, test_a_channel_that_dies_hangs_up_and_a_new_terminal_comes);
	tcase_add_test(t, test_off_hangs_up_whoever_opens);
	tcase_add_test(t, test_the_link_is_replaced_and_goes_with_the_daemon);
	tcase_add_test(t, test_a_file_of_somebody_else_stays);
	tcase_add_test(t, test_a_terminal_below_the_mount_is_refused);
	suite_add_tcase(s, t);
	return suite_run(s);
}
