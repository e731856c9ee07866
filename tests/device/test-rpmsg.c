/* The files of an rpmsg bus, over a channel and over the queues of a process. */
#include "client.h"
#include "mhifs/mhifs.h"
#include "shared.h"
#include "tests/suite.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

/* Addresses of the simulated remote. */
enum { ECHO = 1024, VICTIM = 5000 };

static struct {
	char folder[64], path[96];
	pid_t pid;
} sim;

static void sim_start(void)
{
	const char *top = getenv("top_builddir");
	char program[PATH_MAX];

	snprintf(program, sizeof(program), "%s/mhi-sim", top ? top : ".");
	sim.pid = fork();
	ck_assert_int_ge(sim.pid, 0);
	if (!sim.pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		execl(program, program, "--vhost-user", sim.path, "--type", "rpmsg", NULL);
		_exit(127);
	}
	WAIT_FOR(socket_is_served(sim.path));
}

static void sim_kill(void)
{
	kill(sim.pid, SIGKILL);
	waitpid(sim.pid, NULL, 0);
	unlink(sim.path);
}

static void start_vhost(void)
{
	strcpy(sim.folder, "/tmp/mhifs-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(sim.folder));
	snprintf(sim.path, sizeof(sim.path), "%s/sock", sim.folder);
	sim_start();
	mount_init(m);
	snprintf(m->device, sizeof(m->device), "vhost-user:%s,type=rpmsg,greet=yes", sim.path);
	mount_start(m, "");
}

static void stop_vhost(void)
{
	sim_kill();
	rmdir(sim.folder);
}

static bool exists(const char *name)
{
	return access(mount_path(m, name), F_OK) == 0;
}

static void wait_for_endpoints(void)
{
	WAIT_FOR(exists("rpmsg/rpmsg-liar"));
}

static int open_file(const char *name)
{
	char path[300];

	snprintf(path, sizeof(path), "rpmsg/%s", name);
	return mount_open(m, path, O_RDWR);
}

static ssize_t read_for(int fd, char *text, size_t size)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	ssize_t n;

	ck_assert_int_eq(poll(&p, 1, DEADLINE_MS), 1);
	n = try_read(fd, text, size - 1);
	text[n > 0 ? n : 0] = '\0';
	return n;
}

static void say(int fd, const char *text)
{
	ck_assert_int_eq(try_write(fd, text, strlen(text)), (ssize_t)strlen(text));
}

static void expect(int fd, const char *text)
{
	char got[512];

	ck_assert_int_eq(read_for(fd, got, sizeof(got)), (ssize_t)strlen(text));
	ck_assert_str_eq(got, text);
}

static void lie(const char *what)
{
	int fd = open_file("rpmsg-liar");
	char lied[32];

	snprintf(lied, sizeof(lied), "lied %s\n", what);
	say(fd, what);
	expect(fd, lied);
	close(fd);
}

/* What an ioctl on a file, or on ctrl, returns. */
static int ask(int fd, unsigned long cmd, const char *name, uint32_t src, uint32_t dst)
{
	struct mhifs_rpmsg_endpoint e = { .src = src, .dst = dst };

	memcpy(e.name, name, strnlen(name, sizeof(e.name)));
	return ioctl(fd, cmd, &e) < 0 ? -errno : 0;
}

static int ask_ctrl(unsigned long cmd, const char *name, uint32_t src, uint32_t dst)
{
	int fd = open_file("ctrl"), r = ask(fd, cmd, name, src, dst);

	close(fd);
	return r;
}

START_TEST(test_announced_endpoints_are_files)
{
	static const char *const names[] = {
		"rpmsg-echo", "rpmsg-client-sample", "rpmsg-tty", "rpmsg-raw", "rpmsg-flood",
	};
	struct stat st;

	wait_for_endpoints();
	for (unsigned int i = 0; i < ARRAY_SIZE(names); i++) {
		char path[64];

		snprintf(path, sizeof(path), "rpmsg/%s", names[i]);
		ck_assert_int_eq(stat(mount_path(m, path), &st), 0);
		ck_assert_uint_eq(st.st_mode, S_IFREG | 0660);
	}
	ck_assert_int_eq(stat(mount_path(m, "rpmsg/ctrl"), &st), 0);
	ck_assert_uint_eq(st.st_mode, S_IFREG | 0600);
	ck_assert_ptr_nonnull(strstr(mount_show(m, "rpmsg/ctrl"),
				     "\nendpoint.rpmsg-echo=1024 1024 announced\n"));
	ck_assert(!exists("RPMSG"));
}
END_TEST

START_TEST(test_write_is_one_message)
{
	int fd = open_file("rpmsg-echo");
	char part[4];

	say(fd, "first");
	say(fd, "second");
	expect(fd, "first");
	ck_assert_int_eq(read_for(fd, part, sizeof(part)), 3);
	ck_assert_str_eq(part, "sec");
	expect(fd, "ond");
	close(fd);
}
END_TEST

START_TEST(test_longest_message_goes_and_a_longer_one_does_not)
{
	uint64_t mtu = mount_stat(m, "rpmsg/rpmsg-raw.mtu");
	uint8_t *sent = pattern_new(mtu + 1, 1), *got = pattern_new(mtu + 1, 2);
	int fd = open_file("rpmsg-raw");

	ck_assert_int_eq(try_write(fd, sent, mtu + 1), -EMSGSIZE);
	ck_assert_int_eq(try_write(fd, sent, mtu), (ssize_t)mtu);
	ck_assert_int_eq(try_read(fd, got, mtu + 1), (ssize_t)mtu);
	ck_assert_mem_eq(sent, got, mtu);
	free(sent);
	free(got);
	close(fd);
}
END_TEST

START_TEST(test_sample_client_answers_hello)
{
	int fd = open_file("rpmsg-client-sample");

	say(fd, "hello");
	expect(fd, "hello");
	say(fd, "hello world!");
	expect(fd, "hello world!");
	close(fd);
}
END_TEST

START_TEST(test_f75_flood_waits_for_a_slow_reader)
{
	int fd = open_file("rpmsg-flood");
	char text[64], wanted[64];

	say(fd, "2000");
	usleep(20000);
	for (int i = 1; i <= 2000; i++) {
		snprintf(wanted, sizeof(wanted), "flood %d of 2000\n", i);
		ck_assert_int_gt(read_for(fd, text, sizeof(text)), 0);
		ck_assert_str_eq(text, wanted);
	}
	close(fd);
}
END_TEST

START_TEST(test_control_file_has_the_numbers_of_the_kernel)
{
	int fd = open_file("ctrl"), sink = 0;

	ck_assert_uint_eq(MHIFS_RPMSG_CREATE_EPT, 0x4028b501);
	ck_assert_uint_eq(MHIFS_RPMSG_DESTROY_EPT, 0xb502);
	ck_assert_uint_eq(MHIFS_RPMSG_CREATE_DEV, 0x4028b503);
	ck_assert_uint_eq(MHIFS_RPMSG_RELEASE_DEV, 0x4028b504);
	ck_assert_int_eq(ask(fd, MHIFS_RPMSG_DESTROY_EPT, "x", 1, 1), -EINVAL);
	ck_assert_int_eq(ask(fd, _IOW(0xb5, 9, struct mhifs_rpmsg_endpoint), "x", 1, 1), -EINVAL);
	ck_assert_int_eq(ioctl(fd, _IOW(0xb5, 1, int), &sink) < 0 ? -errno : 0, -EINVAL);
	ck_assert_int_eq(try_write(fd, "create", 6), -EINVAL);
	close(fd);
}
END_TEST

START_TEST(test_created_endpoint_talks_and_is_destroyed)
{
	struct client reader;
	char byte;
	int fd, other;

	ck_assert_int_eq(ask_ctrl(MHIFS_RPMSG_CREATE_EPT, "mine", 3000, ECHO), 0);
	ck_assert_int_eq(ask_ctrl(MHIFS_RPMSG_CREATE_EPT, "mine", 3000, ECHO), -EEXIST);
	ck_assert_int_eq(ask_ctrl(MHIFS_RPMSG_CREATE_EPT, "other", 3000, ECHO), -EADDRINUSE);
	ck_assert_int_eq(ask_ctrl(MHIFS_RPMSG_CREATE_EPT, "", 3001, ECHO), -EINVAL);
	fd = open_file("mine");
	say(fd, "to echo");
	expect(fd, "to echo");
	other = open_file("mine");
	client_read(&reader, other, &byte, 1);
	client_wait_parked(&reader, m);
	ck_assert_int_eq(ioctl(fd, MHIFS_RPMSG_DESTROY_EPT), 0);
	ck_assert_int_eq(client_join(&reader), -ECONNRESET);
	ck_assert(!exists("rpmsg/mine"));
	ck_assert_int_eq(try_read(fd, &byte, 1), -ECONNRESET);
	ck_assert_int_eq(try_write(fd, "x", 1), -ENODEV);
	ck_assert_int_eq(ioctl(fd, MHIFS_RPMSG_DESTROY_EPT) < 0 ? -errno : 0, -ENODEV);
	close(fd);
	close(other);
}
END_TEST

START_TEST(test_announced_endpoint_is_not_ours_to_destroy)
{
	int fd = open_file("rpmsg-echo");

	ck_assert_int_eq(ioctl(fd, MHIFS_RPMSG_DESTROY_EPT) < 0 ? -errno : 0, -EINVAL);
	ck_assert_int_eq(ioctl(fd, _IO(0xb5, 99)) < 0 ? -errno : 0, -EINVAL);
	ck_assert_int_eq(ask_ctrl(MHIFS_RPMSG_RELEASE_DEV, "rpmsg-echo", ECHO, ECHO), -EINVAL);
	say(fd, "still here");
	expect(fd, "still here");
	close(fd);
}
END_TEST

START_TEST(test_endpoint_without_a_peer_learns_it)
{
	int fd, r;

	ck_assert_int_eq(ask_ctrl(MHIFS_RPMSG_CREATE_EPT, "lonely", MHIFS_RPMSG_ANY,
				  MHIFS_RPMSG_ANY), 0);
	fd = open_file("lonely");
	r = (int)try_write(fd, "x", 1);
	ck_assert_int_eq(r, -EDESTADDRREQ);
	ck_assert_int_eq(ioctl(fd, MHIFS_RPMSG_DESTROY_EPT), 0);
	close(fd);
	/* One that is announced hears from them before it is ever opened. */
	ck_assert_int_eq(ask_ctrl(MHIFS_RPMSG_CREATE_DEV, "known", MHIFS_RPMSG_ANY,
				  MHIFS_RPMSG_ANY), 0);
	ck_assert_int_eq(ask_ctrl(MHIFS_RPMSG_CREATE_DEV, "known", MHIFS_RPMSG_ANY,
				  MHIFS_RPMSG_ANY), -ENXIO);
	fd = open_file("known");
	expect(fd, "hello known");
	say(fd, "thank you");
	expect(fd, "thank you");
	ck_assert_int_eq(ask_ctrl(MHIFS_RPMSG_RELEASE_DEV, "known", MHIFS_RPMSG_ANY,
				  MHIFS_RPMSG_ANY), 0);
	ck_assert_int_eq(ask_ctrl(MHIFS_RPMSG_RELEASE_DEV, "known", MHIFS_RPMSG_ANY,
				  MHIFS_RPMSG_ANY), -EINVAL);
	ck_assert(!exists("rpmsg/known"));
	close(fd);
}
END_TEST

/* The next event of the name service. */
static void expect_ns(int fd, const char *action, const char *name, const char *file)
{
	for (;;) {
		char line[1024];
		size_t len = 0;
		json_t *e;
		bool is_ns;

		do
			read_all(fd, line + len, 1);
		while (line[len++] != '\n' && len < sizeof(line));
		e = json_loadb(line, len, 0, NULL);
		ck_assert_ptr_nonnull(e);
		is_ns = !strcmp(json_string_value(json_object_get(e, "type")), MHIFS_EVENT_NS);
		if (is_ns) {
			ck_assert_str_eq(json_string_value(json_object_get(e, "action")), action);
			ck_assert_str_eq(json_string_value(json_object_get(e, "name")), name);
			ck_assert_str_eq(json_string_value(json_object_get(e, "file")), file);
		}
		json_decref(e);
		if (is_ns)
			return;
	}
}

START_TEST(test_second_of_a_name_has_its_addresses_and_dies_with_its_reader_woken)
{
	int events = mount_open(m, "events", O_RDONLY), fd;
	char name[256] = "", file[280], byte;
	struct client reader;
	struct dirent *e;
	DIR *d;

	lie("F63 5");
	d = opendir(mount_path(m, "rpmsg"));
	while ((e = readdir(d)))
		if (!strncmp(e->d_name, "rpmsg-echo.", 11))
			snprintf(name, sizeof(name), "%s", e->d_name);
	closedir(d);
	ck_assert_str_eq(strrchr(name, '.'), ".5000");
	snprintf(file, sizeof(file), "rpmsg/%s", name);
	expect_ns(events, "create", "rpmsg-echo", file);
	fd = open_file(name);
	client_read(&reader, fd, &byte, 1);
	client_wait_parked(&reader, m);
	lie("F63 2");
	ck_assert_int_eq(client_join(&reader), -ECONNRESET);
	ck_assert_int_eq(try_read(fd, &byte, 1), -ENODEV);
	expect_ns(events, "destroy", "rpmsg-echo", file);
	ck_assert(!exists(file));
	ck_assert(exists("rpmsg/rpmsg-echo"));
	close(fd);
	close(events);
}
END_TEST

START_TEST(test_f66_hostile_names_are_written_safely)
{
	lie("F66 1");
	lie("F66 2");
	lie("F66 3");
	lie("F66 4");
	lie("F66 5");
	ck_assert(exists("rpmsg/1234567890123456789012345678901"));
	ck_assert(exists("rpmsg/..%2Fa%2Fb"));
	ck_assert(exists("rpmsg/two%0Alines%1B[2J"));
	ck_assert(exists("rpmsg/%80%FF%C0"));
}
END_TEST

START_TEST(test_f62_flood_of_names_has_an_end)
{
	int fd = open_file("rpmsg-echo");
	unsigned int n = 0;
	struct dirent *e;
	DIR *d;

	lie("F62 1");
	lie("F62 5");
	say(fd, "still here");
	expect(fd, "still here");
	close(fd);
	d = opendir(mount_path(m, "rpmsg"));
	while ((e = readdir(d)))
		n++;
	closedir(d);
	ck_assert_uint_gt(n, 100);
	ck_assert_uint_le(n, 128 + 3);
}
END_TEST

/* What was announced leaves; what was made here stays, and is told again. */
START_TEST(test_reset_brings_everything_back)
{
	int fd = open_file("rpmsg-echo"), ours;
	char byte;

	ck_assert_int_eq(ask_ctrl(MHIFS_RPMSG_CREATE_DEV, "stays", 2500, MHIFS_RPMSG_ANY), 0);
	ck_assert_int_eq(mount_store(m, "power", "reset"), 0);
	ck_assert_int_eq(try_read(fd, &byte, 1), -ECONNRESET);
	ck_assert_int_eq(try_read(fd, &byte, 1), -ENODEV);
	close(fd);
	wait_for_endpoints();
	fd = open_file("rpmsg-echo");
	say(fd, "again");
	expect(fd, "again");
	ours = open_file("stays");
	expect(ours, "hello stays");
	close(ours);
	ck_assert_int_eq(ask_ctrl(MHIFS_RPMSG_RELEASE_DEV, "stays", 2500, MHIFS_RPMSG_ANY), 0);
	close(fd);
}
END_TEST

START_TEST(test_power_off_ends_the_files)
{
	int fd = open_file("rpmsg-echo");
	char byte;

	ck_assert_int_eq(mount_store(m, "power", "off"), 0);
	ck_assert_int_eq(try_read(fd, &byte, 1), -ENODEV);
	ck_assert(!exists("rpmsg/rpmsg-echo"));
	ck_assert(exists("rpmsg/ctrl"));
	ck_assert_int_eq(mount_store(m, "power", "on"), 0);
	wait_for_endpoints();
	close(fd);
}
END_TEST

START_TEST(test_back_end_that_dies_and_comes_back)
{
	struct client reader;
	char byte;
	int fd = open_file("rpmsg-echo");

	client_read(&reader, fd, &byte, 1);
	client_wait_parked(&reader, m);
	sim_kill();
	ck_assert_int_lt(client_join(&reader), 0);
	WAIT_FOR(!exists("rpmsg/rpmsg-echo"));
	close(fd);
	sim_start();
	wait_for_endpoints();
	fd = open_file("rpmsg-echo");
	say(fd, "again");
	expect(fd, "again");
	close(fd);
}
END_TEST

START_TEST(test_option_that_is_neither_yes_nor_no_is_refused)
{
	char folder[] = "/tmp/mhifs-test-XXXXXX", args[80], message[512];

	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(args, sizeof(args), "-f loopback,greet=maybe %s", folder);
	ck_assert_int_eq(mount_run(args, message, sizeof(message)), 1);
	ck_assert_ptr_nonnull(strstr(message, "greet"));
	rmdir(folder);
}
END_TEST

static void add_tests(TCase *c)
{
	tcase_add_checked_fixture(c, wait_for_endpoints, NULL);
	tcase_add_test(c, test_announced_endpoints_are_files);
	tcase_add_test(c, test_write_is_one_message);
	tcase_add_test(c, test_longest_message_goes_and_a_longer_one_does_not);
	tcase_add_test(c, test_sample_client_answers_hello);
	tcase_add_test(c, test_f75_flood_waits_for_a_slow_reader);
	tcase_add_test(c, test_control_file_has_the_numbers_of_the_kernel);
	tcase_add_test(c, test_created_endpoint_talks_and_is_destroyed);
	tcase_add_test(c, test_announced_endpoint_is_not_ours_to_destroy);
	tcase_add_test(c, test_endpoint_without_a_peer_learns_it);
	tcase_add_test(c, test_second_of_a_name_has_its_addresses_and_dies_with_its_reader_woken);
	tcase_add_test(c, test_f66_hostile_names_are_written_safely);
	tcase_add_test(c, test_reset_brings_everything_back);
	tcase_add_test(c, test_f62_flood_of_names_has_an_end);
	tcase_add_test(c, test_power_off_ends_the_files);
}

int main(void)
{
	Suite *s = suite_create("rpmsg");
	TCase *c;

	mount_skip_unless_possible();
	c = shared_case("over a channel", NULL);
	add_tests(c);
	tcase_add_test(c, test_option_that_is_neither_yes_nor_no_is_refused);
	suite_add_tcase(s, c);
	c = shared_case("over vrings", start_vhost);
	tcase_add_unchecked_fixture(c, NULL, stop_vhost);
	add_tests(c);
	tcase_add_test(c, test_back_end_that_dies_and_comes_back);
	suite_add_tcase(s, c);
	return suite_run(s);
}
