/*
 * Each fault of the first priority that a modem can have, once, on a real mount
 * and with the sandbox that kills: what a daemon does about a fault are system
 * calls that it may make.  (The faults of clients are those of the other programs
 * here, which run in the sandbox too.)
 */
#include "mount.h"
#include "tests/suite.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

enum { SETTLE_MS = 800, MOMENT_MS = 40 };

static const unsigned char faults[] = {
	1, 2, 3, 4, 7, 8, 11, 12, 13, 15, 16, 17, 18, 19, 21, 22, 23, 26, 27, 28, 29, 30, 31,
	32, 33, 37, 38, 39, 40, 41, 42, 43, 45, 46, 47, 48, 50, 52, 53, 56, 57, 60, 61, 62, 63,
};

static struct mount mounts, *const m = &mounts;

/* Whatever it answers. */
static void talk(void)
{
	int fd = open(mount_path(m, "LOOPBACK"), O_RDWR | O_NONBLOCK | O_CLOEXEC);
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char buf[64] = "hello";

	if (fd < 0)
		return;
	poll(&(struct pollfd){ .fd = fd, .events = POLLOUT }, 1, MOMENT_MS);
	if (write(fd, buf, 5) > 0 && poll(&p, 1, MOMENT_MS) > 0 && read(fd, buf, sizeof(buf)) < 0)
		ck_assert_int_ne(errno, ENOTCONN);
	close(fd);
}

static void say(const char *word)
{
	int fd = open(mount_path(m, "power"), O_WRONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return;
	if (write(fd, word, strlen(word)) < 0)
		ck_assert_int_ne(errno, ENOTCONN);
	close(fd);
}

static bool is_settled(void)
{
	return mount_state_is(m, "ready") || mount_state_is(m, "error") ||
	       mount_state_is(m, "gone");
}

static bool has_ended(void)
{
	siginfo_t info = { 0 };

	waitid(P_PID, (id_t)m->pid, &info, WEXITED | WNOHANG | WNOWAIT);
	return info.si_pid == m->pid;
}

static void wait_until_settled(void)
{
	uint64_t end = now_ms() + SETTLE_MS;

	while (!has_ended() && !is_settled() && now_ms() < end)
		usleep(5000);
}

/* With a status file that says where it is, or refused at the probe. */
static void expect_alive_or_refused(void)
{
	int status, r = waitpid(m->pid, &status, WNOHANG);
	struct stat st;

	if (r == m->pid) {
		ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 3, "status %#x",
			      (unsigned int)status);
		m->pid = 0;
		return;
	}
	/* One that is gone has no folder. */
	ck_assert_int_eq(stat(m->root, &st), 0);
	ck_assert_msg(strstr(mount_show(m, "state"), "state=") || stat(m->dev, &st) < 0,
		      "no state");
}

START_TEST(test_f88_fault_in_the_sandbox)
{
	mount_init(m);
	snprintf(m->device, sizeof(m->device), "loopback,crash=rddm%s,fault=F%02u",
		 faults[_i] == 56 || faults[_i] == 57 ? ",ee=pbl,boot=images" : "", faults[_i]);
	mount_launch(m, "", m->root);
	wait_until_settled();
	expect_alive_or_refused();
	if (m->pid) {
		talk();
		say("reset");
		wait_until_settled();
		talk();
		expect_alive_or_refused();
	}
	if (m->pid) {	/* 7: before it was ready */
		int code = mount_end(m, SIGTERM);

		ck_assert_msg(code == 0 || code == 7, "exit code %d", code);
	}
	umount2(m->root, MNT_DETACH);
	mount_fini(m);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("faults");
	TCase *t = tcase_create("faults");

	mount_skip_unless_possible();
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, test_f88_fault_in_the_sandbox, 0, ARRAY_SIZE(faults));
	suite_add_tcase(s, t);
	return suite_run(s);
}
