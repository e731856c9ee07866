/*
 * What a daemon that serves can no longer do, as /proc tells it, and that it
 * serves all the same.  All other tests here run in the same sandbox, with
 * --sandbox=kill.
 */
#include "client.h"
#include "mount.h"
#include "tests/suite.h"
#include <config.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>

static struct mount mount_here, *const m = &mount_here;
static char tty[96];

static void setup(void)
{
	mount_init(m);
}

/* The value behind "KEY:" in the status of the daemon. */
static uint64_t status_of(pid_t pid, const char *key, int base)
{
	char path[64], line[256];
	uint64_t value = ~0ull;
	size_t len = strlen(key);
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	f = fopen(path, "r");
	ck_assert_ptr_nonnull(f);
	while (fgets(line, sizeof(line), f))
		if (!strncmp(line, key, len) && line[len] == ':')
			value = strtoull(line + len + 1, NULL, base);
	fclose(f);
	return value;
}

static uint64_t caps(const char *set)
{
	return status_of(m->pid, set, 16);
}

static uint64_t bit(unsigned int capability)
{
	return 1ull << capability;
}

/* What only root may look at belongs to root, whoever runs the process. */
static int is_dumpable(pid_t pid)
{
	char path[64];
	pid_t child;

	snprintf(path, sizeof(path), "/proc/%d/environ", (int)pid);
	child = fork();
	if (!child) {
		/* As root without rights, as the daemon itself. */
		struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
		struct __user_cap_data_struct none[2] = { 0 };

		if (syscall(SYS_capset, &header, none))
			_exit(2);
		_exit(open(path, O_RDONLY | O_CLOEXEC) >= 0);
	}
	return child_join(child);
}

static void converse(void)
{
	int fd = mount_open(m, "LOOPBACK", O_RDWR);
	char buf[4];

	write_all(fd, "ping", 4);
	read_all(fd, buf, 4);
	ck_assert_mem_eq(buf, "ping", 4);
	close(fd);
}

START_TEST(test_no_right_is_in_force)
{
	mount_start(m, "");
	ck_assert_uint_eq(caps("CapEff"), 0);
	ck_assert_uint_eq(caps("CapPrm"), bit(CAP_SYS_ADMIN));	/* to unmount */
	ck_assert_uint_eq(caps("CapInh"), 0);
	ck_assert_uint_eq(caps("CapBnd"), 0);
	ck_assert_uint_eq(caps("CapAmb"), 0);
	mount_stop(m);
}
END_TEST

START_TEST(test_no_right_can_be_gained)
{
	mount_start(m, "");
	ck_assert_uint_eq(status_of(m->pid, "NoNewPrivs", 10), 1);
	ck_assert_uint_eq(status_of(m->pid, "Seccomp", 10), 2);
	ck_assert_int_eq(is_dumpable(m->pid), 0);
	mount_stop(m);
}
END_TEST

START_TEST(test_off_is_off)
{
	mount_start(m, "--sandbox=off");
	ck_assert_uint_eq(status_of(m->pid, "Seccomp", 10), 0);
	ck_assert_uint_eq(status_of(m->pid, "NoNewPrivs", 10), 0);
	ck_assert(caps("CapEff") & bit(CAP_SYS_ADMIN));
	ck_assert_int_eq(is_dumpable(m->pid), 0);
	mount_stop(m);
}
END_TEST

START_TEST(test_a_terminal_keeps_the_rights_to_give_it_away)
{
	snprintf(tty, sizeof(tty), "%s/tty", m->base);
	snprintf(m->device, sizeof(m->device), "loopback,tty.DUN=%s", tty);
	mount_start(m, "");
	ck_assert_uint_eq(caps("CapEff"), bit(CAP_DAC_OVERRIDE) | bit(CAP_CHOWN) |
					  bit(CAP_FOWNER));
	mount_stop(m);
}
END_TEST

/* A pseudo-terminal is made again for each life of the channel, in the folder
 * of a user and for the group. */
START_TEST(test_a_terminal_comes_back_for_its_group)
{
	struct stat st;

	snprintf(tty, sizeof(tty), "%s/tty", m->base);
	snprintf(m->device, sizeof(m->device), "loopback,tty.LOOPBACK=%s", tty);
	ck_assert_int_eq(chown(m->base, 65534, 65534), 0);
	mount_start(m, "");
	for (int i = 0; i < 3; i++) {
		char buf[4];
		int fd;

		WAIT_FOR((fd = open(tty, O_RDWR | O_NOCTTY | O_CLOEXEC)) >= 0);
		ck_assert_int_eq(fstat(fd, &st), 0);
		ck_assert_uint_eq(st.st_mode & 0777, 0660);
		write_all(fd, "ping", 4);
		read_all(fd, buf, 4);
		ck_assert_int_eq(mount_store(m, "power", "reset"), 0);
		close(fd);
	}
	mount_stop(m);
}
END_TEST

START_TEST(test_a_device_lives_its_life)
{
	char path[128];
	int status;

	mount_start(m, "");
	for (int i = 0; i < 3; i++) {
		converse();
		ck_assert_int_eq(mount_store(m, "power", "reset"), 0);
		converse();
		ck_assert_int_eq(mount_store(m, "power", "suspend"), 0);
		ck_assert_int_eq(mount_store(m, "power", "resume"), 0);
		converse();
		ck_assert_int_eq(mount_store(m, "power", "off"), 0);
		ck_assert_int_eq(mount_store(m, "power", "on"), 0);
	}
	converse();
	/* umount(8) from outside ends it as well */
	snprintf(path, sizeof(path), "%s", m->root);
	ck_assert_int_eq(umount(path), 0);
	status = child_join(m->pid);
	ck_assert_int_eq(status, 0);
	mount_fini(m);
}
END_TEST

/* Nobody had to be asked for the right: the mount was made elsewhere. */
START_TEST(test_a_session_handed_in_needs_no_right_at_all)
{
	char options[128], place[32];
	int fd = open("/dev/fuse", O_RDWR);

	ck_assert_int_ge(fd, 0);
	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0,"
		 "allow_other,default_permissions", fd);
	ck_assert_int_eq(mount("mhifs", m->root, "fuse.mhifs", MS_NOSUID | MS_NODEV, options), 0);
	snprintf(place, sizeof(place), "/dev/fd/%d", fd);
	mount_start_on(m, "", place);
	close(fd);
	ck_assert_uint_eq(caps("CapPrm"), 0);
	converse();
	ck_assert_int_eq(mount_end(m, SIGTERM), 0);
	umount2(m->root, MNT_DETACH);
	mount_fini(m);
}
END_TEST

START_TEST(test_the_background_has_it_too)
{
	char args[512], message[512];
	pid_t pid = 0;
	FILE *f;

	snprintf(args, sizeof(args), "loopback %s", m->root);
	ck_assert_int_eq(mount_run(args, message, sizeof(message)), 0);
	snprintf(args, sizeof(args), "pgrep -f 'mhifs .*%s$'", m->root);
	f = popen(args, "r");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(fscanf(f, "%d", &pid), 1);
	pclose(f);
	ck_assert_uint_eq(status_of(pid, "Seccomp", 10), 2);
	ck_assert_uint_eq(status_of(pid, "CapEff", 16), 0);
	converse();
	kill(pid, SIGTERM);
	WAIT_FOR(kill(pid, 0) < 0);
	mount_fini(m);
}
END_TEST

START_TEST(test_a_word_that_is_none_is_refused)
{
	char args[256], message[512];

	snprintf(args, sizeof(args), "--sandbox=maybe loopback %s", m->root);
	ck_assert_int_eq(mount_run(args, message, sizeof(message)), 1);
	ck_assert_msg(strstr(message, "must be on, off or kill"), "%s", message);
	mount_fini(m);
}
END_TEST

/* Built without it, or under a sanitizer: nothing to see. */
static void skip_without_sandbox(void)
{
#if !defined DROPS_CAPABILITIES || !defined FILTERS_SYSCALLS
	fprintf(stderr, "SKIP: this build has no sandbox\n");
	exit(77);
#endif
}

int main(void)
{
	Suite *s;
	TCase *t;

	mount_skip_unless_possible();
	skip_without_sandbox();
	s = suite_create("sandbox");
	t = tcase_create("sandbox");
	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, test_no_right_is_in_force);
	tcase_add_test(t, test_no_right_can_be_gained);
	tcase_add_test(t, test_off_is_off);
	tcase_add_test(t, test_a_terminal_keeps_the_rights_to_give_it_away);
	tcase_add_test(t, test_a_terminal_comes_back_for_its_group);
	tcase_add_test(t, test_a_device_lives_its_life);
	tcase_add_test(t, test_a_session_handed_in_needs_no_right_at_all);
	tcase_add_test(t, test_the_background_has_it_too);
	tcase_add_test(t, test_a_word_that_is_none_is_refused);
	suite_add_tcase(s, t);
	return suite_run(s);
}
