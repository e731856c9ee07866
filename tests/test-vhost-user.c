/*
 * test-vhost-user - the front-end: against our own back-end in every
 * combination of what both may lack, and against back-ends that lie, leave and
 * fall silent at each message of the start.
 */
#include "serve/vhost_server.h"
#include "tests/fake_sim_virtio.h"
#include "tests/suite.h"
#include "tests/vhost_driver.h"
#include "tests/vhost_peer.h"
#include "transport/vhost_user.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64], path[96];
static struct loop *loop;
static struct text why;
static struct vhost_driver driver;
static unsigned int n_fds_before;

static unsigned int count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned int n = 0;

	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

static void setup(void)
{
	strcpy(folder, "/tmp/mhifs-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/sock", folder);
	log_open("test", LOG_TO_STDERR, LOG_LEVEL_ERROR);
	loop = loop_new();
	why = TEXT_INIT;
	fake_sim_virtio_init();
	n_fds_before = count_fds();
}

static void teardown(void)
{
	ck_assert_uint_eq(count_fds(), n_fds_before);
	text_fini(&why);
	loop_free(loop);
	rmdir(folder);
}

static const struct vhost_user_need rpmsg = { "rpmsg", NULL };
static const struct vhost_user_need gpio = { "gpio", "a gpio controller needs lines=N then" };

static void front_end_open(const struct vhost_user_need *need, size_t config_len)
{
	vhost_driver_init(&driver, config_len);
	ck_assert_int_eq(vhost_user_open(loop, path, need, &driver.ops, &driver, &driver.virtio,
					 &why), 0);
}

static void front_end_close(void)
{
	if (driver.virtio)
		driver.virtio->ops->close(driver.virtio);
	driver.virtio = NULL;
}

/* Against our own back-end. */

static struct vhost_server *serve(const char *type, uint64_t without, bool is_old)
{
	struct vhost_server_config c = { .path = path, .type = type, .mood = "healthy",
					 .without = without, .is_old = is_old };
	struct vhost_server *s;

	ck_assert_int_eq(vhost_server_open(loop, &c, &s, &why), 0);
	return s;
}

static void turns(unsigned int n)
{
	while (n--)
		loop_turn(loop, false);
}

static void run_until_settled(void)
{
	while (!driver.n_running && !driver.n_ended)
		loop_turn(loop, true);
}

static void echo(const char *text)
{
	unsigned int before = driver.n_received;

	ck_assert(vhost_driver_send(&driver, text));
	while (driver.n_received == before)
		loop_turn(loop, true);
	ck_assert_uint_eq(driver.last_len, strlen(text));
	ck_assert_mem_eq(driver.last, text, strlen(text));
}

static void stop(void)
{
	driver.virtio->ops->stop(driver.virtio);
	while (!driver.n_ended)
		loop_turn(loop, true);
	ck_assert_int_eq(driver.status, 0);
	ck_assert(!fake_sim_virtio.is_running[0] && !fake_sim_virtio.is_running[1]);
}

static const uint64_t optional[] = { VHU_P_REPLY_ACK, VHU_P_STATUS, VHU_P_CONFIG, VHU_P_MQ };

static void come_up_and_echo(const struct vhost_user_need *need, size_t config_len,
			     uint64_t without, bool is_old)
{
	struct vhost_server *s = serve(need->type, without, is_old);
	bool is_enough = !need->no_config || !(is_old || without & VHU_P_CONFIG);

	front_end_open(need, config_len);
	run_until_settled();
	ck_assert_uint_eq(driver.n_running, is_enough);
	if (is_enough) {
		echo("one");
		for (int i = 0; i < 50; i++)
			echo("another");
		ck_assert_uint_eq(driver.config_len, config_len);
		stop();
	} else {
		ck_assert_int_eq(driver.status, -EOPNOTSUPP);
		ck_assert_ptr_nonnull(strstr(driver.why, "lines=N"));
	}
	front_end_close();
	vhost_server_close(s);
}

START_TEST(test_rpmsg_comes_up_whatever_the_back_end_lacks)
{
	for (unsigned int set = 0; set < 32; set++) {
		uint64_t without = 0;

		for (unsigned int i = 0; i < ARRAY_SIZE(optional); i++)
			without |= set & 1u << i ? optional[i] : 0;
		come_up_and_echo(&rpmsg, 0, without, set & 16);
	}
}
END_TEST

START_TEST(test_gpio_comes_up_unless_its_configuration_is_missing)
{
	for (unsigned int set = 0; set < 32; set++) {
		uint64_t without = 0;

		for (unsigned int i = 0; i < ARRAY_SIZE(optional); i++)
			without |= set & 1u << i ? optional[i] : 0;
		come_up_and_echo(&gpio, 8, without, set & 16);
	}
}
END_TEST

START_TEST(test_the_configuration_is_handed_on)
{
	static const uint8_t expected[] = { 4, 0, 0, 0, 28, 0, 0, 0 };
	struct vhost_server *s = serve("gpio", 0, false);

	front_end_open(&gpio, 8);
	run_until_settled();
	ck_assert_uint_eq(driver.config_len, 8);
	ck_assert_mem_eq(driver.config, expected, 8);
	front_end_close();
	vhost_server_close(s);
}
END_TEST

/* The device speaks from inside the message that makes its queue run: KICK of an
 * old front-end, ENABLE, or SET_STATUS. */
START_TEST(test_the_first_announcement_arrives_a_thousand_of_a_thousand_times)
{
	uint64_t without = _i == 1 ? VHU_P_STATUS : 0;
	struct vhost_server *s = serve("rpmsg", without, _i == 0);
	unsigned int n_arrived = 0;

	fake_sim_virtio.announces = true;
	for (int i = 0; i < 1000; i++) {
		front_end_open(&rpmsg, 0);
		run_until_settled();
		turns(2);
		n_arrived += driver.n_received == 1 && !memcmp(driver.last, "hello", 5);
		front_end_close();
		turns(2);
	}
	ck_assert_uint_eq(n_arrived, 1000);
	vhost_server_close(s);
}
END_TEST

START_TEST(test_the_driver_may_close_inside_every_call)
{
	struct vhost_server *s = serve("rpmsg", 0, false);

	for (unsigned int after = 1; after <= 5; after++) {
		front_end_open(&rpmsg, 0);
		driver.close_after = after;
		for (int i = 0; i < 100 && driver.virtio; i++) {
			turns(1);
			if (driver.n_running && driver.virtio && i == 90)
				driver.virtio->ops->stop(driver.virtio);
			else if (driver.n_running && driver.virtio)
				vhost_driver_send(&driver, "x");
		}
		ck_assert_ptr_null(driver.virtio);
		turns(4);
	}
	vhost_server_close(s);
}
END_TEST

START_TEST(test_the_driver_may_stop_inside_every_call)
{
	struct vhost_server *s = serve("rpmsg", _i ? VHU_P_REPLY_ACK : 0, false);

	for (unsigned int after = 1; after <= 4; after++) {
		front_end_open(&rpmsg, 0);
		driver.stop_after = after;
		for (int i = 0; i < 200 && !driver.n_ended; i++) {
			turns(1);
			if (driver.n_running && !driver.n_ended)
				vhost_driver_send(&driver, "x");
		}
		ck_assert_uint_eq(driver.n_ended, 1);
		ck_assert_int_eq(driver.status, 0);
		front_end_close();
		turns(4);
	}
	vhost_server_close(s);
}
END_TEST

START_TEST(test_the_drivers_refusal_is_the_status)
{
	struct vhost_server *s = serve("rpmsg", 0, false);

	front_end_open(&rpmsg, 0);
	driver.refuses = -ERANGE;
	run_until_settled();
	ck_assert_int_eq(driver.status, -ERANGE);
	ck_assert_str_eq(driver.why, "the test refuses");
	front_end_close();
	vhost_server_close(s);
}
END_TEST

START_TEST(test_a_device_that_gives_up_ends_it)
{
	struct vhost_server *s = serve("rpmsg", 0, false);

	front_end_open(&rpmsg, 0);
	run_until_settled();
	vhost_server_crash(s);
	while (!driver.n_ended)
		loop_turn(loop, true);
	ck_assert_int_eq(driver.status, -ENODEV);
	ck_assert_ptr_nonnull(strstr(driver.why, "gave up"));
	front_end_close();
	vhost_server_close(s);
}
END_TEST

/* What cannot be connected to is said at once. */

static void expect_no_open(const char *where, int status, const char *sentence)
{
	vhost_driver_init(&driver, 0);
	text_clear(&why);
	ck_assert_int_eq(vhost_user_open(loop, where, &rpmsg, &driver.ops, &driver,
					 &driver.virtio, &why), status);
	ck_assert_msg(strstr(text_get(&why), sentence), "%s", text_get(&why));
}

START_TEST(test_what_is_no_back_end_is_said_at_once)
{
	char other[128], longer[200] = { 0 };
	struct vhost_peer peer;

	expect_no_open("/nonexistent/sock", -ENOENT, "/nonexistent/sock");
	expect_no_open("/dev/null", -ENOTSOCK, "no socket");
	expect_no_open(folder, -ENOTSOCK, "no socket");
	memset(longer, 'x', sizeof(longer) - 1);
	expect_no_open(longer, -ENAMETOOLONG, "bytes");
	vhost_peer_init(&peer, path);
	snprintf(other, sizeof(other), "%s/link", folder);
	ck_assert_int_eq(symlink(path, other), 0);
	expect_no_open(other, -ELOOP, "symbolic link");
	unlink(other);
	close(peer.listen_fd);
	peer.listen_fd = -1;
	expect_no_open(path, -ECONNREFUSED, "must listen there");
	vhost_peer_fini(&peer);
}
END_TEST

/* Back-ends that lie. */

static struct vhost_peer peer;

static void peer_start(const struct vhost_user_need *need, size_t config_len)
{
	vhost_peer_init(&peer, path);
	front_end_open(need, config_len);
}

static void peer_stop(void)
{
	front_end_close();
	vhost_peer_fini(&peer);
}

/* False: neither side has anything to do but wait. */
static bool talk(void)
{
	bool is_busy = false;

	for (int i = 0; i < 400 && !driver.n_ended && !driver.n_running; i++) {
		is_busy = vhost_peer_step(&peer);
		loop_turn(loop, false);
	}
	return is_busy;
}

static void pass(unsigned int ms)
{
	struct timers *t = loop_timers(loop);

	timers_advance(t, t->now_us + ms * 1000ULL);
	loop_turn(loop, false);
}

/* The messages of a start, from a back-end that has everything or nothing. */
static unsigned int count_messages(uint64_t protocol)
{
	unsigned int n;

	peer_start(&gpio, 8);
	peer.protocol = protocol;
	talk();
	ck_assert_msg(driver.n_running == 1, "%s", driver.why);
	n = peer.n_messages;
	peer_stop();
	return n;
}

/* What @lie at message @at does: it ends, or it was none. */
static void expect_end(enum vhost_lie lie, unsigned int at, uint64_t protocol)
{
	bool has_lied;

	peer_start(&gpio, 8);
	peer.protocol = protocol;
	peer.lie = lie;
	peer.lie_at = at;
	talk();
	has_lied = peer.has_lied;
	if (!driver.n_ended && !driver.n_running) {
		ck_assert(lie == LIE_SILENCE || lie == LIE_HALF_HEADER || lie == LIE_SIZE_16 ||
			  lie == LIE_SIZE_HUGE);
		pass(5100);
		ck_assert_uint_eq(driver.n_ended, 1);
	}
	if (driver.n_running && has_lied && lie != LIE_ALL_ONES && lie != LIE_TRICKLE) {
		/* It lied with its last words. */
		for (int i = 0; i < 3 && !driver.n_ended; i++)
			loop_turn(loop, false);
		ck_assert_msg(driver.n_ended, "lie %d at %u", lie, at);
	}
	if (driver.n_ended) {
		ck_assert(lie != LIE_SILENCE || strstr(driver.why, "5 s (GET_") ||
			  strstr(driver.why, "5 s (SET_"));
		ck_assert_int_lt(driver.status, 0);
		ck_assert_str_ne(driver.why, "");
	}
	peer_stop();
	ck_assert_uint_eq(count_fds(), n_fds_before);
}

START_TEST(test_each_lie_at_each_message_ends_it_and_leaks_nothing)
{
	static const uint64_t all = VHU_P_MQ | VHU_P_REPLY_ACK | VHU_P_CONFIG | VHU_P_STATUS;
	uint64_t protocol = _i ? VHU_P_CONFIG : all;
	unsigned int n = count_messages(protocol);

	ck_assert_uint_ge(n, 20);
	for (int lie = LIE_CLOSE; lie < LIE_END; lie++)
		for (unsigned int at = 0; at < n; at++)
			expect_end((enum vhost_lie)lie, at, protocol);
}
END_TEST

START_TEST(test_a_byte_now_and_then_does_not_extend_the_time)
{
	peer_start(&gpio, 8);
	peer.lie = LIE_TRICKLE;
	peer.lie_at = 0;
	vhost_peer_step(&peer);
	for (int i = 0; i < 5; i++) {
		ck_assert_uint_eq(driver.n_ended, 0);
		ck_assert(vhost_peer_step(&peer));
		loop_turn(loop, false);
	}
	pass(5100);
	ck_assert_uint_eq(driver.n_ended, 1);
	ck_assert_int_eq(driver.status, -ENODEV);
	ck_assert_ptr_nonnull(strstr(driver.why, "5 s"));
	peer_stop();
}
END_TEST

START_TEST(test_the_whole_start_has_thirty_seconds)
{
	peer_start(&gpio, 8);
	vhost_peer_step(&peer);
	vhost_peer_step(&peer);
	loop_turn(loop, false);
	ck_assert_uint_gt(peer.n_messages, 0);
	/* Its reply timer would end it as well, later. */
	vhost_peer_step(&peer);
	loop_turn(loop, false);
	pass(30100);
	ck_assert_uint_eq(driver.n_ended, 1);
	ck_assert_int_eq(driver.status, -ENODEV);
	peer_stop();
}
END_TEST

/* What the back-end offers. */

static void expect_refusal(int status, const char *sentence)
{
	talk();
	ck_assert_uint_eq(driver.n_ended, 1);
	ck_assert_int_eq(driver.status, status);
	ck_assert_msg(strstr(driver.why, sentence), "%s", driver.why);
	peer_stop();
}

START_TEST(test_a_back_end_without_what_is_needed_is_refused_in_a_sentence)
{
	peer_start(&rpmsg, 0);
	peer.features &= ~VIRTIO_F_VERSION_1;
	expect_refusal(-EOPNOTSUPP, "VERSION_1");
	peer_start(&rpmsg, 0);
	peer.queue_num = 1;
	expect_refusal(-EOPNOTSUPP, "1 queues");
	peer_start(&gpio, 8);
	peer.protocol &= ~VHU_P_CONFIG;
	expect_refusal(-EOPNOTSUPP, "tells no configuration");
}
END_TEST

START_TEST(test_a_status_that_cannot_be_is_refused_in_a_sentence)
{
	static const struct { uint8_t at; uint64_t has, lacks; int status; const char *why; } odd[] = {
		{ 0, 1, 0, -EPROTO, "does not reset: its status stays 0x01" },
		{ 0, VIRTIO_NEEDS_RESET, 0, -EPROTO, "does not reset" },
		{ 11, 0, VIRTIO_FEATURES_OK, -EOPNOTSUPP, "does not take the features" },
		{ 15, VIRTIO_NEEDS_RESET, 0, -ENODEV, "asks for a reset" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(odd); i++) {
		peer_start(&rpmsg, 0);
		peer.status_at = odd[i].at;
		peer.status_has = odd[i].has;
		peer.status_lacks = odd[i].lacks;
		expect_refusal(odd[i].status, odd[i].why);
	}
}
END_TEST

START_TEST(test_a_status_has_eight_bits)
{
	static const uint8_t at[] = { 0, 11, 15 };

	for (size_t i = 0; i < ARRAY_SIZE(at); i++) {
		peer_start(&rpmsg, 0);
		peer.status_at = at[i];
		peer.status_has = ~0xffULL;
		talk();
		ck_assert_uint_eq(driver.n_running, 1);
		peer_stop();
	}
}
END_TEST

START_TEST(test_strange_features_are_not_accepted_and_many_queues_are)
{
	peer_start(&rpmsg, 0);
	peer.features = peer.protocol = peer.queue_num = UINT64_MAX;
	talk();
	ck_assert_uint_eq(driver.n_running, 1);
	ck_assert(!(driver.offered & (VIRTIO_F_ACCESS_PLATFORM | VIRTIO_F_RING_PACKED |
				      VIRTIO_F_IN_ORDER | VHU_F_PROTOCOL_FEATURES)));
	ck_assert_uint_eq(peer.accepted, driver.offered | VHU_F_PROTOCOL_FEATURES);
	ck_assert_uint_eq(peer.accepted_protocol, VHU_P_MQ | VHU_P_REPLY_ACK | VHU_P_STATUS);
	peer_stop();
}
END_TEST

START_TEST(test_guest_and_user_addresses_are_kept_apart)
{
	peer_start(&rpmsg, 0);
	talk();
	ck_assert_uint_ne(peer.region.guest, peer.region.user);
	ck_assert_uint_eq(driver.memory.iova, peer.region.guest);
	ck_assert_uint_ge(peer.addr[0].desc, peer.region.user);
	ck_assert_uint_eq(peer.addr[1].desc - peer.region.user,
			  driver.rings[1].parts.desc - peer.region.guest);
	peer_stop();
}
END_TEST

/* The order of things. */

static unsigned int first_of(uint32_t request)
{
	for (unsigned int i = 0; i < peer.n_messages; i++)
		if (peer.requests[i] == request)
			return i;
	return UINT32_MAX;
}

START_TEST(test_everything_is_in_place_before_the_first_kick)
{
	peer_start(&rpmsg, 0);
	talk();
	ck_assert_uint_eq(peer.requests[0], VHU_GET_FEATURES);
	ck_assert_uint_lt(first_of(VHU_SET_OWNER), first_of(VHU_SET_FEATURES));
	ck_assert_uint_lt(first_of(VHU_SET_FEATURES), first_of(VHU_SET_MEM_TABLE));
	ck_assert_uint_lt(first_of(VHU_SET_MEM_TABLE), first_of(VHU_SET_VRING_NUM));
	ck_assert_uint_lt(first_of(VHU_SET_VRING_CALL), first_of(VHU_SET_VRING_KICK));
	ck_assert_uint_lt(first_of(VHU_SET_VRING_KICK), first_of(VHU_SET_VRING_ENABLE));
	ck_assert_uint_eq(peer.requests[peer.n_messages - 1], VHU_GET_STATUS);
	ck_assert_uint_eq(peer.status, 15);
	ck_assert_uint_eq(peer.n_of[VHU_SET_OWNER], 1);
	ck_assert_uint_eq(peer.n_of[VHU_RESET_OWNER], 0);
	peer_stop();
}
END_TEST

START_TEST(test_without_acknowledgements_there_are_two_barriers)
{
	peer_start(&rpmsg, 0);
	peer.protocol = 0;
	talk();
	ck_assert_uint_eq(driver.n_running, 1);
	ck_assert_uint_eq(peer.n_of[VHU_GET_FEATURES], 3);
	peer_stop();
}
END_TEST

/* While it runs. */

static void run_and_end(const char *sentence, int status)
{
	for (int i = 0; i < 10 && !driver.n_ended; i++)
		loop_turn(loop, false);
	ck_assert_uint_eq(driver.n_ended, 1);
	ck_assert_int_eq(driver.status, status);
	ck_assert_msg(strstr(driver.why, sentence), "%s", driver.why);
	peer_stop();
}

START_TEST(test_the_end_of_the_socket_and_the_err_eventfd_end_it)
{
	peer_start(&rpmsg, 0);
	talk();
	msgsock_fini(&peer.sock);
	run_and_end("the back-end closed the connection", -ENODEV);
	ck_assert_ptr_null(strchr(driver.why, '('));

	peer_start(&rpmsg, 0);
	talk();
	eventfd_write(peer.fds[1][0], 1);
	run_and_end("queue 1", -ENODEV);

	peer_start(&rpmsg, 0);
	talk();
	ck_assert_int_eq(send(peer.sock.fd, "x", 1, 0), 1);
	run_and_end("without being asked", -EPROTO);
}
END_TEST

START_TEST(test_eventfds_made_to_block_or_filled_block_nobody)
{
	unsigned int before;

	peer_start(&rpmsg, 0);
	talk();
	for (uint64_t n = 1ULL << 63; n; n >>= 1)
		eventfd_write(peer.fds[0][2], n);
	for (int i = 0; i < 6; i++)
		fcntl(peer.fds[i / 3][i % 3], F_SETFL, O_RDWR);
	driver.virtio->ops->kick(driver.virtio, 0);
	before = driver.n_interrupts;
	for (int i = 0; i < 50; i++)
		eventfd_write(peer.fds[0][1], 0x100000000);
	loop_turn(loop, false);
	ck_assert_uint_eq(driver.n_interrupts, before + 1);
	loop_turn(loop, false);
	ck_assert_uint_eq(driver.n_interrupts, before + 1);
	peer_stop();
}
END_TEST

/* The message is gone; the front-end's own is found among our descriptors. */
static int memory_fd(void)
{
	struct stat st;
	int fd = 3;

	while (fd < 100 && (fstat(fd, &st) || !S_ISREG(st.st_mode) || fcntl(fd, F_GET_SEALS) <= 0))
		fd++;
	ck_assert_int_lt(fd, 100);
	return fd;
}

START_TEST(test_the_memory_keeps_its_size)
{
	int fd;

	peer_start(&rpmsg, 0);
	talk();
	fd = memory_fd();
	ck_assert_int_eq(ftruncate(fd, 0), -1);
	ck_assert_int_eq(ftruncate(fd, 1 << 20), -1);
	ck_assert_int_eq(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), -1);
	peer_stop();
}
END_TEST

/* Seals allow it: all that was written is zero. */
START_TEST(test_memory_that_is_punched_out_is_memory_still)
{
	struct stat st;
	int fd;

	peer_start(&rpmsg, 0);
	talk();
	fd = memory_fd();
	ck_assert_int_eq(fstat(fd, &st), 0);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
					   st.st_size), 0);
		eventfd_write(peer.fds[i % 2][1], 1);
		vhost_driver_send(&driver, "into the hole");
		loop_turn(loop, false);
	}
	ck_assert_uint_eq(driver.n_interrupts, 3);
	ck_assert_uint_eq(driver.n_received + driver.n_ended, 0);
	peer_stop();
}
END_TEST

START_TEST(test_a_silent_back_end_is_not_waited_for_at_the_stop)
{
	peer_start(&rpmsg, 0);
	talk();
	driver.virtio->ops->stop(driver.virtio);
	loop_turn(loop, false);
	ck_assert_uint_eq(driver.n_ended, 0);
	pass(4950);
	ck_assert_uint_eq(driver.n_ended, 1);
	ck_assert_int_eq(driver.status, -ENODEV);
	peer_stop();
}
END_TEST

/* The messages of a stop: two ENABLE, two GET_VRING_BASE, SET_STATUS. */
START_TEST(test_each_lie_at_each_message_of_the_stop_ends_it)
{
	for (int lie = LIE_NONE; lie < LIE_END; lie++) {
		for (unsigned int at = 0; at < 5; at++) {
			peer_start(&rpmsg, 0);
			talk();
			peer.lie = (enum vhost_lie)lie;
			peer.lie_at = peer.n_messages + at;
			driver.virtio->ops->stop(driver.virtio);
			for (int i = 0; i < 100 && !driver.n_ended; i++) {
				vhost_peer_step(&peer);
				loop_turn(loop, false);
			}
			if (!driver.n_ended)
				pass(4950);
			ck_assert_uint_eq(driver.n_ended, 1);
			/* Where a queue was stopped is only for the log. */
			if (lie == LIE_NONE || (lie == LIE_ALL_ONES && (at == 2 || at == 3)))
				ck_assert_msg(!driver.status, "%s", driver.why);
			else if (lie != LIE_TRICKLE && (lie != LIE_UNASKED || at < 4))
				ck_assert_msg(driver.status < 0, "lie %d at %u", lie, at);
			peer_stop();
			ck_assert_uint_eq(count_fds(), n_fds_before);
		}
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("vhost-user");
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, test_rpmsg_comes_up_whatever_the_back_end_lacks);
	tcase_add_test(t, test_gpio_comes_up_unless_its_configuration_is_missing);
	tcase_add_test(t, test_the_configuration_is_handed_on);
	tcase_add_loop_test(t, test_the_first_announcement_arrives_a_thousand_of_a_thousand_times,
			    0, 3);
	tcase_add_test(t, test_the_driver_may_close_inside_every_call);
	tcase_add_loop_test(t, test_the_driver_may_stop_inside_every_call, 0, 2);
	tcase_add_test(t, test_the_drivers_refusal_is_the_status);
	tcase_add_test(t, test_a_device_that_gives_up_ends_it);
	tcase_add_test(t, test_what_is_no_back_end_is_said_at_once);
	tcase_add_loop_test(t, test_each_lie_at_each_message_ends_it_and_leaks_nothing, 0, 2);
	tcase_add_test(t, test_a_byte_now_and_then_does_not_extend_the_time);
	tcase_add_test(t, test_the_whole_start_has_thirty_seconds);
	tcase_add_test(t, test_a_back_end_without_what_is_needed_is_refused_in_a_sentence);
	tcase_add_test(t, test_a_status_that_cannot_be_is_refused_in_a_sentence);
	tcase_add_test(t, test_a_status_has_eight_bits);
	tcase_add_test(t, test_strange_features_are_not_accepted_and_many_queues_are);
	tcase_add_test(t, test_guest_and_user_addresses_are_kept_apart);
	tcase_add_test(t, test_everything_is_in_place_before_the_first_kick);
	tcase_add_test(t, test_without_acknowledgements_there_are_two_barriers);
	tcase_add_test(t, test_the_end_of_the_socket_and_the_err_eventfd_end_it);
	tcase_add_test(t, test_eventfds_made_to_block_or_filled_block_nobody);
	tcase_add_test(t, test_the_memory_keeps_its_size);
	tcase_add_test(t, test_memory_that_is_punched_out_is_memory_still);
	tcase_add_test(t, test_a_silent_back_end_is_not_waited_for_at_the_stop);
	tcase_add_test(t, test_each_lie_at_each_message_of_the_stop_ends_it);
	suite_add_tcase(s, t);
	return suite_run(s);
}
