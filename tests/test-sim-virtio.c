/* The simulated device as its driver sees it, with an rpmsg remote inside. */
#include "gpio/layout.h"
#include "rpmsg/layout.h"
#include "sim/gpio.h"
#include "sim/rpmsg-remote.h"
#include "tests/suite.h"
#include "tests/virtio_host.h"
#include <errno.h>

enum { N = 16, BUFFER = 512, ME = 2000, ANNOUNCED = REMOTE_PEERS - REMOTE_ECHO };

static struct virtio_host h;
static unsigned int buffer;
static uint32_t len;

static void begin(const char *mood, uint64_t features)
{
	host_fini(&h);
	ck_assert(host_init(&h, "rpmsg", mood, features, N, BUFFER));
}

static void setup(void)
{
	begin("healthy", VIRTIO_RPMSG_F_NS);
}

static void teardown(void)
{
	host_fini(&h);
}

static void post_all(void)
{
	for (unsigned int i = 0; i < N; i++)
		ck_assert_int_eq(host_post(&h, i), VRING_OK);
}

static void start(void)
{
	post_all();
	host_start(&h, 0);
	host_start(&h, 1);
}

/* Takes the announcements, and posts their buffers again. */
static void skip_announcements(void)
{
	for (unsigned int i = 0; i < ANNOUNCED; i++) {
		ck_assert_int_eq(host_take(&h, 0, &buffer, &len), VRING_OK);
		ck_assert_int_eq(host_post(&h, buffer), VRING_OK);
	}
	host_kick(&h, 0);
	ck_assert_int_eq(host_take(&h, 0, &buffer, &len), VRING_EMPTY);
}

static void start_and_skip(void)
{
	start();
	host_run(&h, 10);
	skip_announcements();
	host_run(&h, 10);
}

static int say(unsigned int with, uint32_t to, const char *text)
{
	uint8_t message[BUFFER];

	rpmsg_put_header(message, ME, to, (uint32_t)strlen(text));
	memcpy(message + RPMSG_HEADER_LEN, text, strlen(text));
	return host_send(&h, with, message, RPMSG_HEADER_LEN + (uint32_t)strlen(text));
}

static void check_heard(uint32_t from, const char *text)
{
	const uint8_t *message;

	ck_assert_int_eq(host_take(&h, 0, &buffer, &len), VRING_OK);
	message = host_buffer(&h, 0, buffer);
	ck_assert_uint_eq(get_le32(message + RPMSG_SRC), from);
	ck_assert_uint_eq(get_le32(message + RPMSG_DST), ME);
	ck_assert_uint_eq(get_le16(message + RPMSG_LEN), strlen(text));
	ck_assert_mem_eq(message + RPMSG_HEADER_LEN, text, strlen(text));
}

START_TEST(test_there_is_no_such_device)
{
	host_fini(&h);
	ck_assert(!host_init(&h, "toaster", "healthy", 0, N, BUFFER));
	ck_assert(!host_init(&h, "rpmsg", "merry", 0, N, BUFFER));
	ck_assert(!host_init(&h, "", "", 0, N, BUFFER));
}
END_TEST

START_TEST(test_tells_what_it_is)
{
	size_t config_len;

	ck_assert_int_eq(sim_virtio_id(h.sim), VIRTIO_ID_RPMSG);
	ck_assert(sim_virtio_features(h.sim) ==
		  (VIRTIO_F_VERSION_1 | VIRTIO_F_EVENT_IDX | VIRTIO_F_INDIRECT_DESC |
		   VIRTIO_RPMSG_F_NS));
	ck_assert_ptr_nonnull(sim_virtio_config(h.sim, &config_len));
	ck_assert_uint_eq(config_len, 0);
}
END_TEST

START_TEST(test_waits_for_both_queues)
{
	post_all();
	host_start(&h, _i);
	sim_virtio_kick(h.sim, _i);
	sim_virtio_kick(h.sim, !_i);
	host_run(&h, 10);
	sim_virtio_turn(h.sim);
	host_advance(&h, 1000000);
	ck_assert(!vring_has_used(&h.v[0]));
	ck_assert_uint_eq(h.n_raised[0] + h.n_raised[1], 0);
	host_start(&h, !_i);
	host_run(&h, 10);
	ck_assert(vring_has_used(&h.v[0]));
}
END_TEST

/* QEMU 7.2 accepts no interrupts, and so sets up one queue of two. */
START_TEST(test_without_interrupts_gpio_is_one_queue)
{
	host_fini(&h);
	ck_assert(host_init(&h, "gpio", "healthy", _i ? VIRTIO_GPIO_F_IRQ : 0, N, BUFFER));
	host_advance(&h, 1000);
	ck_assert_int_eq(host_post(&h, 0), VRING_OK);
	host_start(&h, 0);
	host_run(&h, 10);
	ck_assert_int_eq(host_take(&h, 0, &buffer, &len), _i ? VRING_EMPTY : VRING_OK);
	host_start(&h, 1);
	host_run(&h, 10);
	ck_assert_int_eq(host_take(&h, 0, &buffer, &len), _i ? VRING_OK : VRING_EMPTY);
	ck_assert_uint_eq(sim_virtio_stop_queue(h.sim, 1), 0);
	ck_assert_int_eq(host_post(&h, 1), VRING_OK);
	host_kick(&h, 0);
	host_run(&h, 10);
	ck_assert_int_eq(host_take(&h, 0, &buffer, &len), _i ? VRING_EMPTY : VRING_OK);
}
END_TEST

/* The queue that is not needed may come and go; a request is not forgotten. */
START_TEST(test_a_queue_it_does_not_need_changes_nothing)
{
	static const uint8_t request[GPIO_REQ_LEN] = { GPIO_GET_DIRECTION, 0, SIM_GPIO_SLOW };

	host_fini(&h);
	ck_assert(host_init(&h, "gpio", "healthy", 0, N, BUFFER));
	memcpy(host_buffer(&h, 0, 0), request, sizeof(request));
	vring_add(&h.v[0], (struct vring_piece[]){
		{ h.v[0].parts.desc + (uint64_t)(host_buffer(&h, 0, 0) - h.mem), 8 },
		{ h.v[0].parts.desc + (uint64_t)(host_buffer(&h, 0, 1) - h.mem), 2 },
	}, 1, 1, 0);
	host_start(&h, 0);
	host_run(&h, 10);
	ck_assert_int_eq(host_take(&h, 0, &buffer, &len), VRING_EMPTY);
	host_start(&h, 1);
	if (_i)
		sim_virtio_stop_queue(h.sim, 1);
	sim_virtio_accept(h.sim, VIRTIO_F_VERSION_1 | VIRTIO_GPIO_F_IRQ);
	host_run(&h, 10);
	host_advance(&h, 1000000);
	host_run(&h, 10);
	ck_assert_int_eq(host_take(&h, 0, &buffer, &len), VRING_OK);
	ck_assert_uint_eq(len, 2);
}
END_TEST

static void check_announcements(void)
{
	for (unsigned int i = 0; i < ANNOUNCED; i++) {
		const uint8_t *message;

		ck_assert_int_eq(host_take(&h, 0, &buffer, &len), VRING_OK);
		ck_assert_uint_eq(len, RPMSG_HEADER_LEN + RPMSG_NS_LEN);
		message = host_buffer(&h, 0, buffer);
		ck_assert_uint_eq(get_le32(message + RPMSG_DST), RPMSG_ADDR_NS);
		ck_assert_uint_eq(get_le32(message + RPMSG_HEADER_LEN + RPMSG_NS_ADDR),
				  REMOTE_ECHO + i);
	}
}

START_TEST(test_announces_in_the_turn_that_the_second_start_asks_for)
{
	ck_assert(vring_listen(&h.v[0]));
	start();
	ck_assert(h.wants_turn);
	ck_assert(!vring_has_used(&h.v[0]));
	host_run(&h, 1);
	ck_assert_uint_eq(h.n_raised[0], 1);
	check_announcements();
}
END_TEST

/* A thousand drivers, each of which lets it run a little later. */
START_TEST(test_no_first_announcement_is_lost)
{
	for (unsigned int i = 0; i < 1000; i++) {
		unsigned int n_posted = 0;

		begin(i % 2 ? "eager" : "healthy",
		      VIRTIO_RPMSG_F_NS | (i % 4 < 2 ? VIRTIO_F_EVENT_IDX : 0));
		while (n_posted < i % (N + 1))
			host_post(&h, n_posted++);
		host_start(&h, 0);
		host_start(&h, 1);
		ck_assert_uint_eq(vring_has_used(&h.v[0]), i % 2 && n_posted);
		while (n_posted < N) {
			host_post(&h, n_posted++);
			host_kick(&h, 0);
			host_run(&h, i % 3);
		}
		host_run(&h, 10);
		ck_assert(!h.wants_turn);
		check_announcements();
	}
}
END_TEST

START_TEST(test_announces_nothing_to_a_driver_without_name_service)
{
	begin("healthy", 0);
	start();
	host_run(&h, 10);
	ck_assert(!vring_has_used(&h.v[0]));
	say(0, REMOTE_ECHO, "hi");
	host_kick(&h, 1);
	host_run(&h, 10);
	check_heard(REMOTE_ECHO, "hi");
}
END_TEST

START_TEST(test_answers_and_gives_buffers_back)
{
	start_and_skip();
	ck_assert_int_eq(say(3, REMOTE_ECHO, "hello"), VRING_OK);
	host_kick(&h, 1);
	host_run(&h, 1);
	check_heard(REMOTE_ECHO, "hello");
	ck_assert_uint_eq(len, RPMSG_HEADER_LEN + 5);
	ck_assert_int_eq(host_take(&h, 1, &buffer, &len), VRING_OK);
	ck_assert_uint_eq(buffer, 3);
	ck_assert_uint_eq(len, 0);
}
END_TEST

START_TEST(test_interrupts_only_who_listens)
{
	begin("healthy", VIRTIO_RPMSG_F_NS | (_i ? VIRTIO_F_EVENT_IDX : 0));
	start_and_skip();
	for (unsigned int i = 0; i < 3; i++) {
		h.n_raised[0] = h.n_raised[1] = 0;
		if (i == 1)
			ck_assert(vring_listen(&h.v[0]));
		if (i == 2)
			vring_mute(&h.v[0]);
		say(i, REMOTE_ECHO, "x");
		say(i + 8, REMOTE_ECHO, "y");
		host_kick(&h, 1);
		host_run(&h, 10);
		ck_assert_uint_eq(h.n_raised[0], i == 1);
		ck_assert_uint_eq(h.n_raised[1], 0);
		check_heard(REMOTE_ECHO, "x");
		check_heard(REMOTE_ECHO, "y");
	}
}
END_TEST

/* The remote holds one answer, and then hears no more. */
START_TEST(test_a_full_receive_queue_holds_the_sender)
{
	unsigned int n_heard = 0;

	start_and_skip();
	for (unsigned int i = 0; i < N; i++)
		say(i, REMOTE_ECHO, "again");
	host_kick(&h, 1);
	host_run(&h, 10);
	for (unsigned int i = 0; i < N; i++) {
		ck_assert_int_eq(host_take(&h, 1, &buffer, &len), VRING_OK);
		ck_assert_int_eq(say(buffer, REMOTE_ECHO, "more"), VRING_OK);
	}
	host_kick(&h, 1);
	host_run(&h, 10);
	ck_assert(!h.wants_turn);
	ck_assert_int_eq(host_take(&h, 1, &buffer, &len), VRING_OK);
	ck_assert_int_eq(host_take(&h, 1, &buffer, &len), VRING_EMPTY);
	while (n_heard < 2 * N) {
		check_heard(REMOTE_ECHO, n_heard < N ? "again" : "more");
		n_heard++;
		host_post(&h, buffer);
		host_kick(&h, 0);
		host_run(&h, 10);
	}
	ck_assert_int_eq(host_take(&h, 0, &buffer, &len), VRING_EMPTY);
}
END_TEST

START_TEST(test_a_flood_is_cut_into_turns)
{
	unsigned int n_heard = 0, n_turns = 0;

	start_and_skip();
	say(0, REMOTE_FLOOD, "1000");
	host_kick(&h, 1);
	while (n_heard < 1000) {
		ck_assert_uint_lt(n_turns++, 2000);
		host_advance(&h, 1);
		host_run(&h, 1);
		while (host_take(&h, 0, &buffer, &len) == VRING_OK) {
			n_heard++;
			host_post(&h, buffer);
		}
		host_kick(&h, 0);
	}
	host_advance(&h, 1000);
	host_run(&h, 10);
	ck_assert(!h.wants_turn);
	ck_assert_int_eq(host_take(&h, 0, &buffer, &len), VRING_EMPTY);
}
END_TEST

START_TEST(test_a_turn_takes_sixty_four)
{
	host_fini(&h);
	ck_assert(host_init(&h, "rpmsg", "healthy", 0, 256, 32));
	host_start(&h, 0);
	host_start(&h, 1);
	host_run(&h, 10);
	for (unsigned int i = 0; i < 200; i++)
		host_send(&h, i, "0123456789abcdef", 16);	/* to nobody */
	host_kick(&h, 1);
	for (unsigned int i = 0; i < 4; i++) {
		unsigned int n = 0;

		ck_assert(h.wants_turn);
		host_run(&h, 1);
		while (host_take(&h, 1, &buffer, &len) == VRING_OK)
			n++;
		ck_assert_uint_eq(n, i < 3 ? 64 : 8);
	}
	ck_assert(!h.wants_turn);
}
END_TEST

START_TEST(test_a_message_too_long_for_its_buffer_is_complained_about)
{
	host_fini(&h);
	ck_assert(host_init(&h, "rpmsg", "healthy", VIRTIO_RPMSG_F_NS, N, 55));
	start();
	host_run(&h, 10);
	for (unsigned int i = 0; i < ANNOUNCED; i++) {
		ck_assert_int_eq(host_take(&h, 0, &buffer, &len), VRING_OK);
		ck_assert_uint_eq(len, 0);
	}
	ck_assert_uint_eq(h.n_complaints, ANNOUNCED);
	ck_assert_str_eq(h.complaint, "no room for a message of 56 bytes in a buffer of 55");
}
END_TEST

START_TEST(test_a_driver_that_breaks_a_rule_is_told_once)
{
	start_and_skip();
	le32_set(&h.v[1].desc[0].len, 0);
	le16_set(&h.v[1].avail->idx, 1);
	sim_virtio_kick(h.sim, 1);
	host_run(&h, 10);
	sim_virtio_kick(h.sim, 1);
	host_run(&h, 10);
	ck_assert_uint_eq(h.n_complaints, 1);
	ck_assert_str_eq(h.complaint, "queue 1 is damaged: an element without bytes");
	ck_assert(!h.wants_turn);
	ck_assert(!vring_has_used(&h.v[1]));
}
END_TEST

/* --- stop, start, reset --- */

START_TEST(test_touches_nothing_after_a_stop)
{
	begin("storm", VIRTIO_RPMSG_F_NS);
	start_and_skip();
	say(0, REMOTE_FLOOD, "1000");
	host_kick(&h, 1);
	host_run(&h, 3);
	ck_assert_uint_eq(sim_virtio_stop_queue(h.sim, 1), 1);
	ck_assert_uint_eq(sim_virtio_stop_queue(h.sim, 0), N + ANNOUNCED);
	free(h.mem);
	h.mem = NULL;
	h.n_raised[0] = h.n_raised[1] = 0;
	sim_virtio_kick(h.sim, 0);
	sim_virtio_kick(h.sim, 1);
	host_advance(&h, 1000000);
	sim_virtio_turn(h.sim);
	ck_assert_uint_eq(sim_virtio_stop_queue(h.sim, 0), N + ANNOUNCED);
	ck_assert_uint_eq(h.n_raised[0] + h.n_raised[1], 0);
}
END_TEST

START_TEST(test_begins_anew_after_a_restart)
{
	start_and_skip();
	if (_i) {
		sim_virtio_reset(h.sim);
		sim_virtio_accept(h.sim, VIRTIO_F_VERSION_1 | VIRTIO_RPMSG_F_NS);
	} else {
		sim_virtio_stop_queue(h.sim, 0);
		sim_virtio_stop_queue(h.sim, 1);
	}
	for (unsigned int i = 0; i < SIM_QUEUES; i++)
		vring_init(&h.v[i], h.v[i].desc, h.v[i].parts.desc, N, h.chains[i], false);
	start();
	host_run(&h, 10);
	check_announcements();
}
END_TEST

START_TEST(test_goes_on_at_the_index_it_stopped_at)
{
	struct sim_queue_setup at = { .n = N };

	start_and_skip();
	say(0, REMOTE_ECHO, "held");
	at.desc = h.v[1].desc;
	at.avail = h.v[1].avail;
	at.used = h.v[1].used;
	at.next = sim_virtio_stop_queue(h.sim, 1);
	sim_virtio_start_queue(h.sim, 1, &at);
	host_run(&h, 10);
	check_announcements();
	check_heard(REMOTE_ECHO, "held");
}
END_TEST

/* --- moods --- */

/* Sends and receives until the device does something wrong, or not. */
static int talk(unsigned int n)
{
	int r = 0;

	for (unsigned int i = 0; i < n && r >= 0; i++) {
		r = say(0, REMOTE_ECHO, "x");
		if (r != VRING_OK)
			break;
		host_kick(&h, 1);
		host_run(&h, 10);
		r = host_take(&h, 0, &buffer, &len);
		if (r == VRING_OK)
			host_post(&h, buffer);
		host_kick(&h, 0);
		if (r == VRING_OK)
			r = host_take(&h, 1, &buffer, &len);
	}
	return r;
}

static const char *const fatal[] = { "used-jump", "used-id", "used-len" };

START_TEST(test_a_mood_breaks_the_ring_after_a_while)
{
	begin(fatal[_i], VIRTIO_RPMSG_F_NS);
	start_and_skip();
	ck_assert_int_eq(talk(20), -EPROTO);
	ck_assert_uint_eq(h.n_complaints, 0);
}
END_TEST

/* The seventh and the eighth entry, in one turn.  A driver that posts the buffer
 * again in between cannot tell, and only loses the other. */
START_TEST(test_a_mood_uses_a_buffer_twice)
{
	begin("used-twice", VIRTIO_RPMSG_F_NS);
	start();
	say(0, REMOTE_ECHO, "x");
	say(1, REMOTE_ECHO, "y");
	host_run(&h, 10);
	check_announcements();
	check_heard(REMOTE_ECHO, "x");
	ck_assert_int_eq(host_take(&h, 0, &buffer, &len), -EPROTO);
}
END_TEST

static const char *const harmless[] = { "healthy", "used-zero", "full-len", "storm", "eager" };

START_TEST(test_a_mood_breaks_no_ring)
{
	begin(harmless[_i], VIRTIO_RPMSG_F_NS | VIRTIO_F_EVENT_IDX);
	start_and_skip();
	ck_assert_int_eq(talk(100), VRING_OK);
}
END_TEST

START_TEST(test_says_full_lengths_as_openamp_does)
{
	begin("full-len", VIRTIO_RPMSG_F_NS);
	start_and_skip();
	say(0, REMOTE_ECHO, "hello");
	host_kick(&h, 1);
	host_run(&h, 10);
	check_heard(REMOTE_ECHO, "hello");
	ck_assert_uint_eq(len, BUFFER);
	ck_assert_uint_eq(le32_get(&h.v[1].used->ring[0].len), RPMSG_HEADER_LEN + 5);
}
END_TEST

START_TEST(test_says_no_bytes_now_and_then)
{
	unsigned int n_empty = 0;

	begin("used-zero", 0);
	start();
	for (unsigned int i = 0; i < 80; i++) {
		say(0, REMOTE_ECHO, "x");
		host_kick(&h, 1);
		host_run(&h, 10);
		ck_assert_int_eq(host_take(&h, 0, &buffer, &len), VRING_OK);
		n_empty += !len;
		host_post(&h, buffer);
		ck_assert_int_eq(host_take(&h, 1, &buffer, &len), VRING_OK);
	}
	ck_assert_uint_eq(n_empty, 10);
}
END_TEST

START_TEST(test_never_returns_what_was_sent)
{
	begin("never-returns", VIRTIO_RPMSG_F_NS);
	start_and_skip();
	for (unsigned int i = 0; i < N; i++) {
		ck_assert_int_eq(say(i, REMOTE_ECHO, "x"), VRING_OK);
		host_kick(&h, 1);
		host_run(&h, 10);
		check_heard(REMOTE_ECHO, "x");
	}
	ck_assert_int_eq(say(0, REMOTE_ECHO, "x"), VRING_FULL);
	ck_assert_int_eq(host_take(&h, 1, &buffer, &len), VRING_EMPTY);
}
END_TEST

START_TEST(test_storms_each_millisecond)
{
	begin("storm", VIRTIO_RPMSG_F_NS);
	start_and_skip();
	h.n_raised[0] = h.n_raised[1] = 0;
	for (unsigned int i = 0; i < 10; i++)
		host_advance(&h, 1000);
	ck_assert_uint_eq(h.n_raised[0], 10);
	ck_assert_uint_eq(h.n_raised[1], 10);
}
END_TEST

static TCase *traffic(void)
{
	TCase *c = tcase_create("traffic");

	tcase_add_test(c, test_there_is_no_such_device);
	tcase_add_test(c, test_tells_what_it_is);
	tcase_add_loop_test(c, test_waits_for_both_queues, 0, 2);
	tcase_add_loop_test(c, test_without_interrupts_gpio_is_one_queue, 0, 2);
	tcase_add_loop_test(c, test_a_queue_it_does_not_need_changes_nothing, 0, 2);
	tcase_add_test(c, test_announces_in_the_turn_that_the_second_start_asks_for);
	tcase_add_test(c, test_no_first_announcement_is_lost);
	tcase_add_test(c, test_announces_nothing_to_a_driver_without_name_service);
	tcase_add_test(c, test_answers_and_gives_buffers_back);
	tcase_add_loop_test(c, test_interrupts_only_who_listens, 0, 2);
	tcase_add_test(c, test_a_full_receive_queue_holds_the_sender);
	tcase_add_test(c, test_a_flood_is_cut_into_turns);
	tcase_add_test(c, test_a_turn_takes_sixty_four);
	tcase_add_test(c, test_a_message_too_long_for_its_buffer_is_complained_about);
	tcase_add_test(c, test_a_driver_that_breaks_a_rule_is_told_once);
	return c;
}

static TCase *life(void)
{
	TCase *c = tcase_create("life");

	tcase_add_test(c, test_touches_nothing_after_a_stop);
	tcase_add_loop_test(c, test_begins_anew_after_a_restart, 0, 2);
	tcase_add_test(c, test_goes_on_at_the_index_it_stopped_at);
	return c;
}

static TCase *moods(void)
{
	TCase *c = tcase_create("moods");

	tcase_add_loop_test(c, test_a_mood_breaks_the_ring_after_a_while, 0,
			    (int)ARRAY_SIZE(fatal));
	tcase_add_test(c, test_a_mood_uses_a_buffer_twice);
	tcase_add_loop_test(c, test_a_mood_breaks_no_ring, 0, (int)ARRAY_SIZE(harmless));
	tcase_add_test(c, test_says_full_lengths_as_openamp_does);
	tcase_add_test(c, test_says_no_bytes_now_and_then);
	tcase_add_test(c, test_never_returns_what_was_sent);
	tcase_add_test(c, test_storms_each_millisecond);
	return c;
}

int main(void)
{
	TCase *cases[] = { traffic(), life(), moods() };
	Suite *s = suite_create("sim-virtio");

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		tcase_add_checked_fixture(cases[i], setup, teardown);
		suite_add_tcase(s, cases[i]);
	}
	return suite_run(s);
}
