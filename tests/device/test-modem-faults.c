/*
 * Faults of the modem, by their id, on a real mount: in the process (loopback) and
 * through mhi-sim.  A daemon has several devices, each with one case of one fault,
 * and a healthy one that has to work all the time (U9).
 *
 * Of each fault the first case, the middle one and the last; those that are there
 * from the start are refused, or their device ends as the rules say.
 */
#include "client.h"
#include "sim/fault.h"
#include "tests/suite.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

enum {
	LAST_OF_THE_MODEM = 60,
	DEVICES = 18,		/* with a fault, of one daemon */
	SIMS = 12,		/* the same, of mhi-sim */
	CALL_S = 15,		/* most of one call, on a slow machine */
	ROUNDS = 12,
};

static struct mount at, *const m = &at;
static char conf[80];

struct chosen {
	unsigned int id, number;	/* of the case, from 1 */
};

/* Those that a probe may refuse: the daemon has nothing to serve then. */
static bool is_refused(unsigned int id)
{
	return id >= 1 && id <= 4;
}

static unsigned int choose(struct chosen *list, bool is_short)
{
	const struct sim_fault_kind *kind;
	unsigned int n = 0;

	for (unsigned int i = 0; (kind = sim_fault_kind(i)); i++) {
		const unsigned int numbers[] = { 1, kind->n_cases / 2 + 1, kind->n_cases };
		unsigned int most = is_short ? 1 : ARRAY_SIZE(numbers);

		if (kind->id > LAST_OF_THE_MODEM || is_refused(kind->id))
			continue;
		for (unsigned int k = 0; k < most; k++)
			if (!k || numbers[k] > numbers[k - 1])
				list[n++] = (struct chosen){ kind->id, numbers[k] };
	}
	return n;
}

/* Faults with no moment of their own begin @then. */
static void describe(struct chosen c, const char *then, char comma, char *ret_text, size_t size)
{
	struct sim_fault f;

	ck_assert(sim_fault_find(c.id, c.number - 1, &f));
	snprintf(ret_text, size, "F%02u%s%ccase=%u", c.id,
		 f.when == SIM_WHEN_TIME && !f.k ? then : "", comma, c.number);
}

static void setup(void)
{
	FILE *f;

	mount_init(m);
	snprintf(conf, sizeof(conf), "%s/conf", m->base);
	f = fopen(conf, "w");
	ck_assert_ptr_nonnull(f);
	fprintf(f, "dump_dir = \"%s/dump\"\nready_wait = 5\n"
		   "device \"loopback-F*\" { timeout_ms = 300 ready_timeout_ms = 600 stall_ms = 2000 }\n"
		   "device \"vfio-user-*\" { timeout_ms = 300 ready_timeout_ms = 600 stall_ms = 2000 }\n",
		m->base);
	fclose(f);
}

static void teardown(void)
{
	char command[256];

	if (m->pid)
		mount_end(m, SIGKILL);
	snprintf(command, sizeof(command), "umount -l %s 2>/dev/null; rm -rf %s", m->root, m->base);
	ck_assert_int_ge(system(command), 0);
}

/* --- a client --- */

static int open_channel(const char *dir, const char *name, int flags)
{
	char path[160];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	alarm(CALL_S);
	return open(path, flags | O_CLOEXEC);
}

static bool is_documented(int error)
{
	static const int known[] = { ENODEV, ECONNRESET, EIO, ETIMEDOUT, EAGAIN, ENOENT, ENOTCONN,
				     EOPNOTSUPP, EBUSY };

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (error == known[i])
			return true;
	return false;
}

/* One that does not come back yet is read in another round. */
static int echo_once(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char bytes[64];

	alarm(CALL_S);
	if (write(fd, "abc", 3) < 0 && !is_documented(errno))
		return errno;
	alarm(CALL_S);
	if (poll(&p, 1, 100) == 1 && read(fd, bytes, sizeof(bytes)) < 0 && !is_documented(errno))
		return errno;
	return 0;
}

/* Talks on two channels of a device; an alarm ends it when a call does not. */
static int talk(void *dir)
{
	static const char *const names[] = { "LOOPBACK", "MBIM" };
	int status = 0;

	for (int round = 0; round < ROUNDS && !status; round++)
		for (size_t i = 0; i < ARRAY_SIZE(names) && !status; i++) {
			int fd = open_channel(dir, names[i], O_RDWR | (i ? O_NONBLOCK : 0));

			if (fd < 0) {
				status = is_documented(errno) ? 0 : errno;
				usleep(50000);
				continue;
			}
			status = echo_once(fd);
			alarm(CALL_S);
			close(fd);
		}
	return status;
}

/* The healthy one: each message comes back. */
static int talk_well(void *dir)
{
	int fd = open_channel(dir, "LOOPBACK", O_RDWR);
	uint32_t back;

	for (uint32_t i = 0; i < 20 * ROUNDS; i++) {
		alarm(CALL_S);
		if (fd < 0 || write(fd, &i, sizeof(i)) != sizeof(i) ||
		    read(fd, &back, sizeof(back)) != sizeof(back) || back != i)
			return 1;
		usleep(5000);
	}
	close(fd);
	return 0;
}

/* --- the rules --- */

static const char *state_of(unsigned int number, char *dir, size_t size)
{
	static char text[32];
	const char *state;

	snprintf(dir, size, "%s/mhi%u", m->root, number);
	snprintf(m->dev, sizeof(m->dev), "%s", dir);
	state = mount_show(m, "state");
	if (sscanf(state, "state=%31s", text) != 1)
		return "gone";
	if ((!strcmp(text, "error") || !strcmp(text, "recovering")) && !strstr(state, "why="))
		return "without a reason";
	return text;
}

static bool has_settled(unsigned int number)
{
	static const char *const ends[] = { "ready", "recovering", "error", "gone", "off", "suspended" };
	char dir[sizeof(m->dev)];
	const char *state = state_of(number, dir, sizeof(dir));

	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		if (!strcmp(state, ends[i]))
			return true;
	return false;
}

/* Off is taken whatever happened; only a device that is gone has none. */
static void check_power(unsigned int number)
{
	char dir[sizeof(m->dev)];
	int status;

	WAIT_FOR(has_settled(number));
	snprintf(dir, sizeof(dir), "%s/mhi%u", m->root, number);
	snprintf(m->dev, sizeof(m->dev), "%s", dir);
	status = mount_store(m, "power", "reset");
	ck_assert_msg(!status || is_documented(-status), "reset: %d", status);
	WAIT_FOR((status = mount_store(m, "power", "off")) != -EBUSY);
	ck_assert_msg(!status || status == -ENOENT || status == -ENODEV || status == -EIO ||
		      status == -ETIMEDOUT, "off: %d", status);
}

/* mhi0 is the healthy one, the others have faults. */
static void check_all(unsigned int n_faulty, const char *which)
{
	pid_t talkers[DEVICES + 1];
	char dirs[DEVICES + 1][sizeof(m->dev)];
	unsigned int n_fds = mount_n_fds(m);

	for (unsigned int i = 0; i <= n_faulty; i++) {
		snprintf(dirs[i], sizeof(dirs[i]), "%s/mhi%u", m->root, i);
		talkers[i] = child_start(i ? talk : talk_well, dirs[i]);
	}
	for (unsigned int i = 0; i <= n_faulty; i++) {
		int code = child_join(talkers[i]);

		ck_assert_msg(!code, "mhi%u of %s: %d", i, which, code);
	}
	for (unsigned int i = 1; i <= n_faulty; i++)
		check_power(i);
	snprintf(m->dev, sizeof(m->dev), "%s", dirs[0]);
	ck_assert(mount_state_is(m, "ready"));
	WAIT_FOR(mount_n_fds(m) <= n_fds);
	ck_assert_msg(mount_end(m, SIGTERM) == 0, "the daemon with %s", which);
}

static void launch(void)
{
	char options[128];

	snprintf(options, sizeof(options), "-c %s", conf);
	mount_launch(m, options, m->root);
	snprintf(m->dev, sizeof(m->dev), "%s/mhi0", m->root);
	WAIT_FOR(mount_state_is(m, "ready"));
}

START_TEST(test_faults_in_the_process)
{
	struct chosen list[4 * LAST_OF_THE_MODEM];
	unsigned int n = choose(list, false), n_faulty = 0;
	size_t len = (size_t)snprintf(m->device, sizeof(m->device), "loopback");

	for (unsigned int i = (unsigned int)_i * DEVICES; i < n && n_faulty < DEVICES; i++) {
		char fault[40];

		describe(list[i], "@300ms", ':', fault, sizeof(fault));
		len += (size_t)snprintf(m->device + len, sizeof(m->device) - len,
					" loopback,name=F%u-%u,fault=%s", list[i].id,
					list[i].number, fault);
		n_faulty++;
	}
	if (!n_faulty)
		return;
	launch();
	check_all(n_faulty, m->device);
}
END_TEST

static pid_t start_sim(const char *path, const char *fault)
{
	const char *top = getenv("top_builddir");
	char program[256];
	pid_t pid;

	snprintf(program, sizeof(program), "%s/mhi-sim", top ? top : ".");
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		execl(program, program, "-s", path, "--fault", fault, NULL);
		_exit(127);
	}
	WAIT_FOR(socket_is_served(path));
	return pid;
}

START_TEST(test_faults_of_mhi_sim)
{
	struct chosen list[4 * LAST_OF_THE_MODEM];
	unsigned int n = choose(list, true), n_faulty = 0;
	size_t len = (size_t)snprintf(m->device, sizeof(m->device), "loopback");
	pid_t sims[SIMS];

	for (unsigned int i = (unsigned int)_i * SIMS; i < n && n_faulty < SIMS; i++) {
		char fault[40], path[96];

		describe(list[i], "@M0", ',', fault, sizeof(fault));
		snprintf(path, sizeof(path), "%s/s%u", m->base, n_faulty);
		sims[n_faulty++] = start_sim(path, fault);
		len += (size_t)snprintf(m->device + len, sizeof(m->device) - len,
					" vfio-user:%s,profile=sim", path);
	}
	if (!n_faulty)
		return;
	launch();
	check_all(n_faulty, m->device);
	for (unsigned int i = 0; i < n_faulty; i++) {
		kill(sims[i], SIGKILL);
		waitpid(sims[i], NULL, 0);
	}
}
END_TEST

/* Registers that make no sense from the start: one message, and nothing left. */
START_TEST(test_a_device_that_makes_no_sense_is_refused)
{
	static const struct chosen list[] = { { 1, 1 }, { 3, 1 }, { 3, 6 }, { 4, 1 }, { 4, 3 } };
	char words[256], message[1024];

	snprintf(words, sizeof(words), "-f loopback,fault=F%u:case=%u %s", list[_i].id,
		 list[_i].number, m->root);
	ck_assert_int_eq(mount_run(words, message, sizeof(message)), 3);
	ck_assert_msg(*message, "no message");
	ck_assert_int_eq(rmdir(m->root), 0);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("modem-faults");
	TCase *t = tcase_create("mount");
	struct chosen list[4 * LAST_OF_THE_MODEM];
	int n_loops = (int)(choose(list, false) + DEVICES - 1) / DEVICES;
	int n_sims = (int)(choose(list, true) + SIMS - 1) / SIMS;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, test_a_device_that_makes_no_sense_is_refused, 0, 5);
	tcase_add_loop_test(t, test_faults_in_the_process, 0, n_loops);
	tcase_add_loop_test(t, test_faults_of_mhi_sim, 0, n_sims);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	mount_skip_unless_possible();
	return suite_run(suite());
}
