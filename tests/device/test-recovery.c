/*
 * A modem in another process that crashes, and a daemon that is killed: what
 * clients see, what is saved, and who may drive it.
 */
#include "client.h"
#include "tests/suite.h"
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

enum { RDDM_LEN = 3000000, KILLS = 8 };

static struct mount at, *const m = &at;
static struct {
	pid_t pid;
	char folder[32], path[64], conf[64], words[128];
} sim;

static void write_file(const char *path, const char *format)
{
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	fprintf(f, format, sim.folder, sim.folder, RDDM_LEN);
	fclose(f);
}

/* @option: one more of mhi-sim. */
static pid_t sim_start_on(const char *path, const char *option)
{
	const char *top = getenv("top_builddir");
	char program[PATH_MAX];
	pid_t pid;

	snprintf(program, sizeof(program), "%s/mhi-sim", top ? top : ".");
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		execl(program, program, "-s", path, "--option", option, NULL);
		_exit(127);
	}
	WAIT_FOR(socket_is_served(path));
	return pid;
}

static void sim_start(const char *option)
{
	sim.pid = sim_start_on(sim.path, option);
}

static void setup(void)
{
	strcpy(sim.folder, "/tmp/mhifs-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(sim.folder));
	snprintf(sim.path, sizeof(sim.path), "%s/sock", sim.folder);
	snprintf(sim.conf, sizeof(sim.conf), "%s/conf", sim.folder);
	write_file(sim.conf, "dump_dir = \"%s/dump\"\nfirmware_dir = \"%s\"\n"
			     "device \"vfio-user-*\" { rddm_size = %d }\n");
	snprintf(sim.words, sizeof(sim.words), "-c %s", sim.conf);
	mount_init(m);
	snprintf(m->device, sizeof(m->device), "vfio-user:%s,profile=sim", sim.path);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static void teardown(void)
{
	if (m->pid)
		mount_stop(m);
	kill(sim.pid, SIGKILL);
	waitpid(sim.pid, NULL, 0);
	nftw(sim.folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void echo(void)
{
	int fd = mount_open(m, "LOOPBACK", O_RDWR);
	char c = 0;

	write_all(fd, "x", 1);
	ck_assert_int_eq(try_read(fd, &c, 1), 1);
	ck_assert_int_eq(c, 'x');
	close(fd);
}

static bool has_channel(const char *name)
{
	struct stat st;

	return lstat(mount_path(m, name), &st) == 0;
}

START_TEST(test_a_crash_under_traffic)
{
	struct client reader;
	char bytes[64];
	int fd, idle;

	sim_start("crash=sys-err");
	mount_start(m, sim.words);
	fd = mount_open(m, "LOOPBACK", O_RDWR);
	idle = mount_open(m, "DIAG", O_RDWR);
	/* What came before the crash is still read. */
	write_all(fd, "abc", 3);
	WAIT_FOR(poll(&(struct pollfd){ .fd = fd, .events = POLLIN }, 1, 0) == 1);
	client_read(&reader, idle, bytes, sizeof(bytes));
	client_wait_parked(&reader, m);
	kill(sim.pid, SIGUSR1);
	ck_assert_int_eq(client_join(&reader), -ECONNRESET);
	ck_assert_int_eq(try_read(fd, bytes, sizeof(bytes)), 3);
	ck_assert_int_eq(try_read(fd, bytes, sizeof(bytes)), -ECONNRESET);
	ck_assert_int_eq(try_write(fd, "x", 1), -ENODEV);
	close(fd);
	close(idle);
	WAIT_FOR(mount_state_is(m, "ready") && has_channel("LOOPBACK"));
	echo();
	ck_assert_ptr_nonnull(strstr(mount_show(m, "dump/crash-1.txt"), "\nwhy="));
}
END_TEST

START_TEST(test_a_dump_is_a_file_for_root_alone)
{
	static char bytes[RDDM_LEN + 1];
	struct stat st;
	size_t len = 0;
	ssize_t n;
	int fd;

	sim_start("crash=rddm");
	mount_start(m, sim.words);
	ck_assert_int_eq(stat(mount_path(m, "dump"), &st), 0);
	ck_assert_int_eq(st.st_mode & 0777, 0700);
	kill(sim.pid, SIGUSR1);
	WAIT_FOR(has_channel("dump/crash-1.bin") && mount_state_is(m, "ready"));
	ck_assert_int_eq(stat(mount_path(m, "dump/crash-1.bin"), &st), 0);
	ck_assert_int_eq(st.st_mode & 0777, 0600);
	ck_assert_int_eq(st.st_size, RDDM_LEN);
	fd = mount_open(m, "dump/crash-1.bin", O_RDONLY);
	while ((n = read(fd, bytes + len, sizeof(bytes) - len)) > 0)
		len += (size_t)n;
	close(fd);
	ck_assert_uint_eq(len, RDDM_LEN);
	for (size_t i = 0; i < len; i++)
		ck_assert_msg((uint8_t)bytes[i] == i % 524288 % 251, "byte %zu", i);
	ck_assert_int_eq(open(mount_path(m, "dump/crash-1.bin"), O_WRONLY), -1);
	ck_assert_int_eq(unlink(mount_path(m, "dump/crash-1.bin")), -1);
}
END_TEST

START_TEST(test_f60_a_full_disk_leaves_a_part_that_says_so)
{
	char dump[64];

	sim_start("crash=rddm");
	snprintf(dump, sizeof(dump), "%s/dump", sim.folder);
	ck_assert_int_eq(mkdir(dump, 0700), 0);
	if (mount("tmpfs", dump, "tmpfs", 0, "size=1M,mode=0700") < 0)
		return;		/* not here */
	mount_start(m, sim.words);
	kill(sim.pid, SIGUSR1);
	WAIT_FOR(has_channel("dump/crash-1.bin.partial") && !mount_state_is(m, "ready"));
	WAIT_FOR(mount_state_is(m, "ready"));
	ck_assert(has_channel("dump/crash-1.bin.partial"));
	ck_assert(!has_channel("dump/crash-1.bin"));
	echo();
	mount_stop(m);
	ck_assert_int_eq(umount2(dump, MNT_DETACH), 0);
}
END_TEST

/* With no help, on what the killed one left. */
static void expect_restart(void)
{
	mount_start(m, sim.words);
	echo();
}

static void run_and_leave(int i)
{
	(void)i;
}

static void leave_suspended(int i)
{
	(void)i;
	ck_assert_int_eq(mount_store(m, "power", "suspend"), 0);
}

static void leave_crashed(int i)
{
	kill(sim.pid, SIGUSR1);
	usleep((unsigned int)i * 500);
}

static void leave_off(int i)
{
	(void)i;
	ck_assert_int_eq(mount_store(m, "power", "off"), 0);
}

static const struct {
	const char *option;	/* of the modem */
	void (*leave)(int i);
} lefts[] = {
	{ "crash=sys-err", run_and_leave }, { "crash=sys-err", leave_suspended },
	{ "crash=sys-err", leave_crashed }, { "crash=rddm", leave_crashed },
	{ "crash=sys-err", leave_off },
	/* Interrupts without end, for nothing. */
	{ "fault=F14", run_and_leave }, { "fault=F22", leave_suspended },
};

START_TEST(test_each_state_a_killed_daemon_left)
{
	int status;

	sim_start(lefts[_i].option);
	expect_restart();
	for (int i = 0; i < KILLS; i++) {
		lefts[_i].leave(i);
		kill(m->pid, SIGKILL);
		ck_assert_int_eq(waitpid(m->pid, &status, 0), m->pid);
		expect_restart();
	}
	printf("f85: %d cases, %d survived\n", KILLS, KILLS);
}
END_TEST

static pid_t daemon_fork(void)
{
	const char *top = getenv("top_builddir");
	pid_t pid = fork();
	char path[PATH_MAX];

	ck_assert_int_ge(pid, 0);
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	snprintf(path, sizeof(path), "%s/mhifs", top ? top : ".");
	dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), STDERR_FILENO);
	execl(path, path, "-f", "-c", sim.conf, m->device, m->root, NULL);
	_exit(127);
}

/* At any moment of a start, which takes this long; the next one comes up, and dies
 * of another SIGKILL. */
static void kill_starts(unsigned int us)
{
	for (unsigned int i = 0; i < KILLS; i++) {
		pid_t pid = daemon_fork();
		int status;

		usleep(i * us / KILLS);
		kill(pid, SIGKILL);
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
		if (i % 2)	/* or on what two of them left */
			continue;
		expect_restart();
		mount_end(m, SIGKILL);
	}
	expect_restart();
	printf("f85: %d cases, %d survived\n", KILLS, KILLS);
}

START_TEST(test_a_daemon_killed_while_it_starts)
{
	sim_start("ready_us=3000");
	kill_starts(50000);
}
END_TEST

START_TEST(test_a_daemon_killed_while_it_loads_or_dumps)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/image", sim.folder);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(ftruncate(fileno(f), 2000000), 0);
	fclose(f);
	write_file(sim.conf, "dump_dir = \"%s/dump\"\nfirmware_dir = \"%s\"\n"
			     "device \"vfio-user-*\" { rddm_size = %d firmware = \"image\""
			     " sbl_size = 100000 }\n");
	sim_start("ee=pbl,boot=images,image_us=20000,crash=rddm,dump_us=50000");
	kill_starts(100000);
	kill(sim.pid, SIGUSR1);
	WAIT_FOR(mount_state_is(m, "recovering"));
	mount_end(m, SIGKILL);
	kill_starts(100000);
}
END_TEST

START_TEST(test_f87_a_second_daemon_is_refused_with_the_holder)
{
	char args[1280], message[1024], holder[32], other[64];

	sim_start("crash=sys-err");
	mount_start(m, sim.words);
	snprintf(other, sizeof(other), "%s/other", sim.folder);
	ck_assert_int_eq(mkdir(other, 0700), 0);
	snprintf(args, sizeof(args), "-f -c %s %s %s", sim.conf, m->device, other);
	ck_assert_int_eq(mount_run(args, message, sizeof(message)), 3);
	snprintf(holder, sizeof(holder), "mhifs[%d] as mhi0", (int)m->pid);
	ck_assert_msg(strstr(message, holder), "%s", message);
	ck_assert(mount_state_is(m, "ready"));
	echo();
	/* The lock of a dead one means nothing. */
	kill(m->pid, SIGKILL);
	waitpid(m->pid, NULL, 0);
	mount_start(m, sim.words);
	echo();
}
END_TEST

START_TEST(test_sockets_of_the_same_name_are_told_apart)
{
	char folder[64], path[80], link[16] = "";
	pid_t other;

	sim_start("crash=sys-err");
	snprintf(folder, sizeof(folder), "%s/other", sim.folder);
	ck_assert_int_eq(mkdir(folder, 0700), 0);
	snprintf(path, sizeof(path), "%s/sock", folder);
	other = sim_start_on(path, "crash=sys-err");
	snprintf(m->device, sizeof(m->device), "vfio-user:%s,profile=sim vfio-user:%s,profile=sim",
		 sim.path, path);
	mount_start(m, sim.words);
	WAIT_FOR(has_channel("../mhi1/LOOPBACK"));
	ck_assert_int_gt(readlink(mount_path(m, "../by-path/vfio-user-sock"), link, 15), 0);
	ck_assert_str_eq(link, "../mhi0");
	ck_assert_int_gt(readlink(mount_path(m, "../by-path/vfio-user-sock-2"), link, 15), 0);
	ck_assert_str_eq(link, "../mhi1");
	mount_stop(m);
	m->pid = 0;
	kill(other, SIGKILL);
	waitpid(other, NULL, 0);
	mount_init(m);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("recovery");
	TCase *t = tcase_create("modem");

	mount_skip_unless_possible();
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, test_a_crash_under_traffic);
	tcase_add_test(t, test_a_dump_is_a_file_for_root_alone);
	tcase_add_test(t, test_f60_a_full_disk_leaves_a_part_that_says_so);
	tcase_add_loop_test(t, test_each_state_a_killed_daemon_left, 0, ARRAY_SIZE(lefts));
	tcase_add_test(t, test_a_daemon_killed_while_it_starts);
	tcase_add_test(t, test_a_daemon_killed_while_it_loads_or_dumps);
	tcase_add_test(t, test_sockets_of_the_same_name_are_told_apart);
	tcase_add_test(t, test_f87_a_second_daemon_is_refused_with_the_holder);
	suite_add_tcase(s, t);
	return suite_run(s);
}
