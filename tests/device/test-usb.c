/*
 * test-usb - mhifs on a USB modem, on a real mount: libusb and libudev see the
 * mock bus, everything else is as it is.
 */
#include "base/bytes.h"
#include "client.h"
#include "tests/suite.h"
#include "tests/usb_tell.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>

static struct mount m;
static char answer[TOLD_MAX], message[4096];

static const char *tell(const char *format, ...) __attribute__((format(printf, 1, 2)));

static const char *tell(const char *format, ...)
{
	char line[1024], *words[16] = { NULL };
	unsigned int n = 0;
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	for (char *w = strtok(line, " "); w && n < 15; w = strtok(NULL, " "))
		words[n++] = w;
	ck_assert_msg(usb_tell(words, answer, sizeof(answer)) == 0, "%s: %s", format, answer);
	return answer;
}

static bool says(const char *word, const char *wanted)
{
	return !strcmp(tell("%s", word), wanted);
}

static void setup(void)
{
	tell("habits");
	tell("heal");
	tell("truth");
	mount_init(&m);
	snprintf(m.device, sizeof(m.device), "usb:1-1");
	tell("plug modem");
}

static void start(void)
{
	mount_start(&m, "");
}

static void teardown(void)
{
	if (m.pid)
		mount_stop(&m);
	else
		mount_fini(&m);
	tell("unplug");
}

static void ask(int fd, const char *words, const char *wanted)
{
	char got[4096];
	size_t len = 0;

	write_all(fd, words, strlen(words));
	while (!memmem(got, len, wanted, strlen(wanted))) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		ssize_t n;

		ck_assert_msg(poll(&p, 1, DEADLINE_MS) == 1, "no %s", wanted);
		n = try_read(fd, got + len, sizeof(got) - len);
		ck_assert_int_gt(n, 0);
		len += (size_t)n;
		ck_assert_uint_lt(len, sizeof(got));
	}
}

static void expect_at(const char *name)
{
	int fd = mount_open(&m, name, O_RDWR);

	ask(fd, "AT\r", "OK\r\n");
	close(fd);
}

static const uint8_t qmi_sync[] = { 1, 11, 0, 0, 0, 0, 0, 1, 0x27, 0, 0, 0 };
static const uint8_t diag_version[] = { 0x00, 0x78, 0xf0, 0x7e };

static bool has_file(const char *name)
{
	struct stat st;

	return !lstat(mount_path(&m, name), &st);
}

static int poll_now(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN | POLLOUT };

	ck_assert_int_eq(poll(&p, 1, DEADLINE_MS), 1);
	return p.revents;
}

START_TEST(test_each_channel_talks)
{
	uint8_t bytes[4096];
	int fd;

	start();
	expect_at("DUN");
	expect_at("AT");
	fd = mount_open(&m, "DIAG", O_RDWR);
	write_all(fd, diag_version, sizeof(diag_version));
	ck_assert_int_gt(try_read(fd, bytes, sizeof(bytes)), 50);
	close(fd);
	fd = mount_open(&m, "QMI", O_RDWR);
	write_all(fd, qmi_sync, sizeof(qmi_sync));
	ck_assert_int_eq(try_read(fd, bytes, sizeof(bytes)), 19);
	close(fd);
	fd = mount_open(&m, "NMEA", O_RDONLY);
	ck_assert_int_gt(try_read(fd, bytes, sizeof(bytes)), 10);
	ck_assert_mem_eq(bytes, "$GP", 3);
	close(fd);
	ck_assert_ptr_nonnull(strstr(mount_show(&m, "info"), "transport=usb"));
}
END_TEST

START_TEST(test_a_qmi_message_is_one_read)
{
	uint8_t bytes[64];
	int fd;

	start();
	fd = mount_open(&m, "QMI", O_RDWR);
	write_all(fd, qmi_sync, sizeof(qmi_sync));
	write_all(fd, qmi_sync, sizeof(qmi_sync));
	ck_assert_int_eq(try_read(fd, bytes, 10), 10);
	ck_assert_int_eq(try_read(fd, bytes, sizeof(bytes)), 9);
	ck_assert_int_eq(try_read(fd, bytes, sizeof(bytes)), 19);
	ck_assert_int_eq(try_write(fd, bytes, 0), 0);
	close(fd);
}
END_TEST

START_TEST(test_what_was_written_is_taken_before_close_ends)
{
	uint8_t zeros[4096] = { 0 };
	char taken[32];
	int fd;

	start();
	fd = mount_open(&m, "DIAG", O_WRONLY);
	for (unsigned int i = 0; i < 32; i++)
		write_all(fd, zeros, sizeof(zeros));
	close(fd);
	snprintf(taken, sizeof(taken), "DIAG.ul_bytes=%u", 32 * 4096);
	ck_assert_ptr_nonnull(strstr(mount_show(&m, "stats"), taken));
}
END_TEST

START_TEST(test_lines_rise_with_the_first_user_and_fall_with_the_last)
{
	int a, b;

	start();
	/* That of QMI is up as long as we have the modem. */
	WAIT_FOR(says("counts line-ups", "1"));
	a = mount_open(&m, "DUN", O_RDWR);
	b = mount_open(&m, "DUN", O_RDWR);
	ck_assert(says("counts line-ups", "2"));
	close(a);
	close(b);
	WAIT_FOR(says("counts line-downs", "1"));
	ck_assert_uint_eq(mount_stat(&m, "DUN.prepares"), 1);
	WAIT_FOR(mount_stat(&m, "DUN.unprepares") == 1);
	WAIT_FOR(says("flying", "0"));
}
END_TEST

START_TEST(test_f75_a_slow_reader_slows_the_modem)
{
	char flood[4096];
	int fd;

	start();
	fd = mount_open(&m, "AT", O_RDWR | O_NONBLOCK);
	memset(flood, 'x', sizeof(flood));
	/* The echo of what nobody reads fills everything on its way. */
	for (unsigned int i = 0; poll_now(fd) & POLLOUT; i++) {
		struct pollfd p = { .fd = fd, .events = POLLOUT };

		ck_assert_uint_lt(i, 1000);
		if (try_write(fd, flood, sizeof(flood)) == -EAGAIN || poll(&p, 1, 200) == 0)
			break;
	}
	ck_assert_int_eq(try_write(fd, flood, 1), -EAGAIN);
	for (unsigned int n = 0; n < 3 * sizeof(flood);) {
		ssize_t r = try_read(fd, flood, sizeof(flood));

		ck_assert(r > 0 || r == -EAGAIN);
		n += r > 0 ? (unsigned int)r : 0;
	}
	WAIT_FOR(try_write(fd, "x", 1) == 1);
	close(fd);
}
END_TEST

START_TEST(test_an_unplug_is_told_to_each_file)
{
	int at, dun;
	struct client reader;
	char buf[8];

	start();
	at = mount_open(&m, "AT", O_RDWR);
	dun = mount_open(&m, "DUN", O_RDWR);
	client_read(&reader, at, buf, sizeof(buf));
	client_wait_parked(&reader, &m);
	tell("unplug");
	ck_assert_int_eq(client_join(&reader), -ENODEV);
	ck_assert_int_eq(poll_now(dun), POLLIN | POLLOUT | POLLHUP | POLLERR);
	ck_assert_int_eq(try_write(dun, "x", 1), -ENODEV);
	ck_assert_int_eq(try_read(dun, buf, sizeof(buf)), -ENODEV);
	close(at);
	close(dun);
	WAIT_FOR(!has_file("DUN"));
}
END_TEST

START_TEST(test_bytes_that_came_before_an_unplug_are_still_read)
{
	char buf[16];
	int fd;

	start();
	fd = mount_open(&m, "AT", O_RDWR);
	tell("say 0x84 RING");
	WAIT_FOR(poll_now(fd) & POLLIN);
	tell("unplug");
	WAIT_FOR(poll_now(fd) & POLLHUP);
	ck_assert_int_eq(try_read(fd, buf, sizeof(buf)), 4);
	ck_assert_int_eq(try_read(fd, buf, sizeof(buf)), -ENODEV);
	close(fd);
}
END_TEST

START_TEST(test_what_comes_back_to_the_port_has_the_same_number)
{
	snprintf(m.device, sizeof(m.device), "usb:1-1,wait");
	start();
	expect_at("DUN");
	tell("unplug");
	WAIT_FOR(!has_file("DUN"));
	tell("plug modem");
	WAIT_FOR(mount_state_is(&m, "ready") && has_file("DUN"));
	expect_at("DUN");
}
END_TEST

/* Exit code of mhifs in the background or, refused, at all. */
static int run(const char *options, const char *device)
{
	char args[512];

	snprintf(args, sizeof(args), "%s %s %s", options, device, m.root);
	return mount_run(args, message, sizeof(message));
}

static void unmount(const char *how)
{
	char command[200];

	snprintf(command, sizeof(command), "umount %s %s", how, m.root);
	ck_assert_int_eq(system(command), 0);
}

START_TEST(test_it_waits_for_a_modem_that_is_not_there)
{
	char path[128], options[160];
	struct stat st;
	FILE *f;

	tell("unplug");
	snprintf(path, sizeof(path), "%s/conf", m.base);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	fputs("ready_wait = 1\n", f);
	fclose(f);
	snprintf(options, sizeof(options), "-c %s", path);
	ck_assert_int_eq(run(options, "usb:2c7c:0125,wait"), 0);
	unlink(path);
	ck_assert_int_eq(lstat(m.dev, &st), -1);
	tell("plug modem");
	WAIT_FOR(mount_state_is(&m, "ready"));
	expect_at("DUN");
	unmount("");
	WAIT_FOR(says("driver 2", "option"));
}
END_TEST

START_TEST(test_the_modem_turns_into_edl_and_back)
{
	static const uint8_t reset[8] = { 7, 0, 0, 0, 8 };
	uint8_t bytes[64];
	int fd;

	start();
	fd = mount_open(&m, "DIAG", O_RDWR);
	write_all(fd, "\x4b\x65\x01\x00\x54\x0f\x7e", 7);
	WAIT_FOR(poll_now(fd) & POLLHUP);
	close(fd);
	WAIT_FOR(mount_state_is(&m, "ready") && has_file("SAHARA"));
	ck_assert(!has_file("DUN"));
	ck_assert_ptr_nonnull(strstr(mount_show(&m, "state"), "ee=EDL"));
	fd = mount_open(&m, "SAHARA", O_RDWR);
	ck_assert_int_eq(try_read(fd, bytes, sizeof(bytes)), 48);
	ck_assert_uint_eq(get_le32(bytes), 1);
	write_all(fd, reset, sizeof(reset));
	ck_assert_int_eq(try_read(fd, bytes, sizeof(bytes)), 8);
	WAIT_FOR(poll_now(fd) & POLLHUP);
	close(fd);
	WAIT_FOR(mount_state_is(&m, "ready") && has_file("DUN"));
	expect_at("DUN");
	ck_assert(!has_file("SAHARA"));
}
END_TEST

/* --- emergency download, served --- */

enum { LOADER_LEN = 40 * 1024, SECTORS = 25, SECTOR = 4096 };

static char folder[32];

#define CONFIG(words)                                                          \
	"firmware_dir = \"%s\"\ndump_dir = \"%s/dump\"\n"                        \
	"device \"usb-05c6:9008\" { " words " }\n"                            \
	"device \"usb-05c6:900e\" { " words " }\n"

/* With a loader of @len bytes as image 13, which the modem asks for. */
static void start_serving(const char *config, int len)
{
	char path[64], options[80];
	FILE *f;
	int fd;

	strcpy(folder, "/tmp/mhifs-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/loader.mbn", folder);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	ck_assert_int_eq(ftruncate(fd, len), 0);
	close(fd);
	snprintf(path, sizeof(path), "%s/conf", folder);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	fprintf(f, config, folder, folder);
	fclose(f);
	snprintf(options, sizeof(options), "-c %s", path);
	mount_start(&m, options);
}

static void teardown_serving(void)
{
	char command[64];

	teardown();
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	if (*folder)
		ck_assert_int_eq(system(command), 0);
}

static void go_to_edl(void)
{
	int fd = mount_open(&m, "DIAG", O_RDWR);

	write_all(fd, "\x4b\x65\x01\x00\x54\x0f\x7e", 7);
	WAIT_FOR(poll_now(fd) & POLLHUP);
	close(fd);
}

#define XML "<?xml version=\"1.0\" encoding=\"UTF-8\" ?>"
#define ACK "<response value=\"ACK\""

/* What a flashing tool says, and hears. */
static void flash(int fd)
{
	static char sectors[SECTORS * SECTOR];

	ask(fd, XML "<data><nop /></data>", ACK);
	ask(fd, XML "<data><configure MemoryName=\"nand\" "
	    "MaxPayloadSizeToTargetInBytes=\"1048576\" /></data>", ACK);
	ask(fd, XML "<data><getstorageinfo physical_partition_number=\"0\" /></data>",
	    "1048576 sectors");
	ask(fd, XML "<data><program SECTOR_SIZE_IN_BYTES=\"4096\" num_partition_sectors=\"25\" "
	    "start_sector=\"0\" /></data>", "rawmode=\"true\"");
	write_all(fd, sectors, sizeof(sectors));
	ask(fd, "", "rawmode=\"false\"");
	ask(fd, XML "<data><power value=\"reset\" /></data>", ACK);
}

START_TEST(test_a_modem_is_flashed_and_comes_back)
{
	char events[4096];
	int fd, watch;

	start_serving(CONFIG("sahara_images = { \"13:loader.mbn\" }"), LOADER_LEN);
	expect_at("DUN");
	go_to_edl();
	WAIT_FOR(mount_state_is(&m, "ready") && has_file("SAHARA"));
	watch = mount_open(&m, "events", O_RDONLY | O_NONBLOCK);
	ck_assert(!has_file("DUN"));
	ck_assert_ptr_nonnull(strstr(mount_show(&m, "state"), "ee=EDL\n"));
	ck_assert(says("counts loaded", "40960"));
	fd = mount_open(&m, "SAHARA", O_RDWR);
	flash(fd);
	ck_assert(says("counts flashed", "102400"));
	WAIT_FOR(poll_now(fd) & POLLHUP);
	close(fd);
	ck_assert_int_ge(try_read(watch, events, sizeof(events)), 0);
	close(watch);
	WAIT_FOR(mount_state_is(&m, "ready") && has_file("DUN"));
	ck_assert(!has_file("SAHARA"));
	expect_at("DUN");
}
END_TEST

/* Who has no image for it, or not all of it, leaves it to whoever opens the file. */
START_TEST(test_a_modem_that_cannot_be_served_becomes_a_file)
{
	start_serving(_i ? CONFIG("sahara_images = { \"13:loader.mbn\" }") :
			   CONFIG("sahara_images = { \"12:loader.mbn\" }"), 10000);
	go_to_edl();
	WAIT_FOR(mount_state_is(&m, "ready") && has_file("SAHARA"));
	close(mount_open(&m, "SAHARA", O_RDWR));
}
END_TEST

START_TEST(test_memory_of_a_crashed_modem_is_saved)
{
	static const struct { const char *name; int len; } parts[] = {
		{ "dump/crash-1-00-OCIMEM.BIN", 4096 }, { "dump/crash-1-01-DDRCS0.BIN", 65536 },
		{ "dump/crash-1-02-LOAD.CMM", 1500 },
	};
	static uint8_t bytes[65536 + 1];
	struct stat st;
	int fd;

	tell("unplug");
	tell("plug crashed");
	start_serving(CONFIG("sahara_images = { \"13:loader.mbn\" }"), LOADER_LEN);
	/* It reboots when all of it was taken. */
	WAIT_FOR(mount_state_is(&m, "ready") && has_file("DUN"));
	for (unsigned int i = 0; i < ARRAY_SIZE(parts); i++) {
		ck_assert_int_eq(stat(mount_path(&m, parts[i].name), &st), 0);
		ck_assert_uint_eq(st.st_mode & 0777, 0600);
		ck_assert_int_eq(st.st_size, parts[i].len);
		fd = mount_open(&m, parts[i].name, O_RDONLY);
		for (int at = 0, n; at < parts[i].len; at += n) {
			n = (int)read(fd, bytes + at, sizeof(bytes) - (size_t)at);
			ck_assert_int_gt(n, 0);
		}
		for (int at = 0; at < parts[i].len; at++)
			ck_assert_uint_eq(bytes[at], at % 251);
		close(fd);
	}
	expect_at("DUN");
}
END_TEST

START_TEST(test_a_stall_is_not_seen)
{
	int fd;

	start();
	fd = mount_open(&m, "AT", O_RDWR);
	tell("fault stall@0x84");
	ask(fd, "AT\r", "OK\r\n");
	tell("fault stall@0x03");
	ask(fd, "AT\r", "OK\r\n");
	close(fd);
}
END_TEST

START_TEST(test_babble_is_one_error_of_one_read)
{
	char buf[64];
	int fd;

	start();
	fd = mount_open(&m, "AT", O_RDWR);
	tell("fault eoverflow@0x84");
	ck_assert_int_eq(try_read(fd, buf, sizeof(buf)), -EIO);
	ask(fd, "AT\r", "OK\r\n");
	close(fd);
}
END_TEST

START_TEST(test_a_lost_claim_is_a_reset_told_once)
{
	char buf[64];
	int fd;

	start();
	fd = mount_open(&m, "AT", O_RDWR);
	tell("steal 2 option");
	WAIT_FOR(poll_now(fd) & POLLHUP);
	ck_assert_int_eq(try_read(fd, buf, sizeof(buf)), -ECONNRESET);
	ck_assert_int_eq(try_read(fd, buf, sizeof(buf)), -ENODEV);
	close(fd);
	expect_at("AT");
	ck_assert(says("driver 2", "usbfs"));
}
END_TEST

START_TEST(test_a_suspend_of_the_bus_is_not_seen)
{
	int fd;

	start();
	fd = mount_open(&m, "AT", O_RDWR);
	tell("suspend");
	ask(fd, "AT\r", "OK\r\n");
	close(fd);
}
END_TEST

START_TEST(test_transfers_that_never_come_home_hold_up_nobody)
{
	uint64_t begin;
	int fd;

	start();
	fd = mount_open(&m, "AT", O_RDWR);
	tell("fault keep@0x84*always");
	close(fd);
	begin = now_ms();
	expect_at("DUN");
	tell("heal");
	ck_assert_int_eq(mount_end(&m, SIGTERM), 0);
	ck_assert_uint_lt(now_ms() - begin, 9000);
	m.pid = 0;
	mount_fini(&m);
	mount_init(&m);
}
END_TEST

START_TEST(test_power_off_and_on)
{
	int fd;

	start();
	fd = mount_open(&m, "DUN", O_RDWR);
	ck_assert_int_eq(mount_store(&m, "power", "off"), 0);
	ck_assert(mount_state_is(&m, "off"));
	ck_assert_int_eq(try_write(fd, "x", 1), -ENODEV);
	close(fd);
	WAIT_FOR(says("clients", "0"));
	ck_assert_int_eq(mount_store(&m, "power", "on"), 0);
	WAIT_FOR(mount_state_is(&m, "ready"));
	expect_at("DUN");
}
END_TEST

START_TEST(test_power_reset_resets_the_port)
{
	char buf[8];
	int fd;

	start();
	fd = mount_open(&m, "DUN", O_RDWR);
	ck_assert_int_eq(mount_store(&m, "power", "reset"), 0);
	WAIT_FOR(mount_state_is(&m, "ready"));
	ck_assert_int_eq(try_read(fd, buf, sizeof(buf)), -ECONNRESET);
	close(fd);
	expect_at("DUN");
}
END_TEST

START_TEST(test_claims_may_wait_for_the_first_open)
{
	snprintf(m.device, sizeof(m.device), "usb:1-1,claim=open");
	start();
	ck_assert(says("driver 2", "option"));
	expect_at("AT");
	ck_assert(says("driver 2", "usbfs"));
	ck_assert(says("driver 3", "option"));
}
END_TEST

START_TEST(test_a_serial_number_tells_two_of_a_kind_apart)
{
	tell("1-2 plug modem");
	snprintf(m.device, sizeof(m.device), "usb:2c7c:0125,serial=SN0002");
	start();
	ck_assert_ptr_nonnull(strstr(mount_show(&m, "info"), "usb-1-2"));
	ck_assert(says("1-2 driver 2", "usbfs"));
	ck_assert(says("driver 2", "option"));
	mount_stop(&m);
	m.pid = 0;
	mount_init(&m);
	tell("1-2 unplug");
}
END_TEST

START_TEST(test_an_interface_in_use_refuses_the_start)
{
	tell("hold 2");
	ck_assert_int_eq(run("-f", "usb:1-1"), 3);
	ck_assert_ptr_nonnull(strstr(message, "interface 2"));
	ck_assert(says("driver 0", "option"));
	ck_assert(says("driver 4", "qmi_wwan"));
	tell("leave 2");
}
END_TEST

START_TEST(test_two_of_a_kind_refuse_the_start)
{
	tell("1-2 plug modem");
	ck_assert_int_eq(run("-f", "usb:2c7c:0125"), 3);
	ck_assert_ptr_nonnull(strstr(message, "1-2"));
	tell("1-2 unplug");
}
END_TEST

START_TEST(test_an_absent_modem_refuses_the_start)
{
	ck_assert_int_eq(run("-f", "usb:1-3"), 3);
	ck_assert_int_eq(run("-f", "usb:ffff:0001"), 3);
	ck_assert_int_eq(run("-f", "usb:nowhere"), 1);
}
END_TEST

START_TEST(test_a_modem_that_leaves_while_it_starts_refuses_it)
{
	tell("leave-at claim");
	ck_assert_int_eq(run("-f", "usb:1-1"), 3);
}
END_TEST

START_TEST(test_after_a_killed_daemon_the_next_one_starts)
{
	start();
	ck_assert_int_eq(mount_end(&m, SIGKILL), -SIGKILL);
	m.pid = 0;
	unmount("-l");
	WAIT_FOR(says("driver 2", "none"));
	start();
	expect_at("DUN");
}
END_TEST

START_TEST(test_the_end_gives_the_drivers_back)
{
	start();
	expect_at("DUN");
	ck_assert(says("driver 2", "usbfs"));
	mount_stop(&m);
	m.pid = 0;
	mount_init(&m);
	ck_assert(says("driver 2", "option"));
	ck_assert(says("driver 4", "qmi_wwan"));
}
END_TEST

START_TEST(test_an_unplug_under_load_ends_everyone)
{
	char buf[4096];
	int dun, diag;

	start();
	dun = mount_open(&m, "DUN", O_RDWR | O_NONBLOCK);
	diag = mount_open(&m, "DIAG", O_RDWR | O_NONBLOCK);
	memset(buf, 'y', sizeof(buf));
	ask(dun, "ATD*99#\r", "CONNECT\r\n");
	for (unsigned int i = 0; !(poll_now(dun) & POLLHUP); i++) {
		try_write(dun, buf, 3000);
		try_write(diag, buf, 3000);
		try_read(dun, buf, sizeof(buf));
		if (i == 200)
			tell("unplug");
	}
	ck_assert_int_eq(poll_now(diag), POLLIN | POLLOUT | POLLHUP | POLLERR);
	close(dun);
	close(diag);
}
END_TEST

static TCase *add_case(Suite *s, const char *name)
{
	TCase *c = tcase_create(name);

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_set_timeout(c, 60);
	suite_add_tcase(s, c);
	return c;
}

static void add_ends(TCase *c)
{
	tcase_add_test(c, test_an_unplug_is_told_to_each_file);
	tcase_add_test(c, test_bytes_that_came_before_an_unplug_are_still_read);
	tcase_add_test(c, test_what_comes_back_to_the_port_has_the_same_number);
	tcase_add_test(c, test_it_waits_for_a_modem_that_is_not_there);
	tcase_add_test(c, test_the_modem_turns_into_edl_and_back);
	tcase_add_test(c, test_an_unplug_under_load_ends_everyone);
	tcase_add_test(c, test_transfers_that_never_come_home_hold_up_nobody);
	tcase_add_test(c, test_power_off_and_on);
	tcase_add_test(c, test_power_reset_resets_the_port);
	tcase_add_test(c, test_after_a_killed_daemon_the_next_one_starts);
	tcase_add_test(c, test_the_end_gives_the_drivers_back);
}

static void add_starts(TCase *c)
{
	tcase_add_test(c, test_claims_may_wait_for_the_first_open);
	tcase_add_test(c, test_a_serial_number_tells_two_of_a_kind_apart);
	tcase_add_test(c, test_an_interface_in_use_refuses_the_start);
	tcase_add_test(c, test_two_of_a_kind_refuse_the_start);
	tcase_add_test(c, test_an_absent_modem_refuses_the_start);
	tcase_add_test(c, test_a_modem_that_leaves_while_it_starts_refuses_it);
}

static void add_emergencies(Suite *s)
{
	TCase *c = tcase_create("emergencies");

	tcase_add_checked_fixture(c, setup, teardown_serving);
	tcase_set_timeout(c, 60);
	tcase_add_test(c, test_a_modem_is_flashed_and_comes_back);
	tcase_add_loop_test(c, test_a_modem_that_cannot_be_served_becomes_a_file, 0, 2);
	tcase_add_test(c, test_memory_of_a_crashed_modem_is_saved);
	suite_add_tcase(s, c);
}

int main(int argc, char **argv)
{
	Suite *s = suite_create("usb");
	TCase *c = add_case(s, "talk");

	(void)argc;
	mount_skip_unless_possible();
	usb_mock_enter(argv);
	tcase_add_test(c, test_each_channel_talks);
	tcase_add_test(c, test_a_qmi_message_is_one_read);
	tcase_add_test(c, test_what_was_written_is_taken_before_close_ends);
	tcase_add_test(c, test_lines_rise_with_the_first_user_and_fall_with_the_last);
	tcase_add_test(c, test_f75_a_slow_reader_slows_the_modem);
	tcase_add_test(c, test_a_stall_is_not_seen);
	tcase_add_test(c, test_babble_is_one_error_of_one_read);
	tcase_add_test(c, test_a_lost_claim_is_a_reset_told_once);
	tcase_add_test(c, test_a_suspend_of_the_bus_is_not_seen);
	add_ends(add_case(s, "ends"));
	add_starts(add_case(s, "starts"));
	add_emergencies(s);
	return suite_run(s);
}
