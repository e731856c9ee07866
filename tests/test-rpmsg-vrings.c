/*
 * The bus over the queues of a simulated device in the same memory: the first
 * announcement at every moment it can come, rings of any size, and a device that
 * breaks them.
 */
#include "tests/rpmsg_rig.h"
#include "tests/suite.h"
#include "device/rpmsg_vrings.h"
#include "sim/rpmsg-remote.h"
#include "sim/virtio.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define IOVA 0x7000000000ull
enum { N_ENDPOINTS = REMOTE_PEERS - REMOTE_ECHO };

/* Both ends, and what each wants next. */
static struct {
	struct rpmsg_rig rig;
	struct rpmsg_vrings *v;
	struct sim_virtio *sim;
	struct timers timers;
	struct virtio_memory memory;
	bool wants_work, sim_wants_turn, is_running;
	unsigned int n_kicks, n_interrupts, n_failed;
} w;

static uint64_t seed;

static uint32_t any(uint32_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 32) % below;
}

static void on_kick(void *user, unsigned int queue)
{
	(void)user;
	w.n_kicks++;
	sim_virtio_kick(w.sim, queue);
}

static void on_wants_work(void *user)
{
	(void)user;
	w.wants_work = true;
}

static void on_failed(void *user, const char *why)
{
	(void)user;
	ck_assert(*why);
	w.n_failed++;
}

static const struct rpmsg_vrings_ops vrings_ops = { on_kick, on_wants_work, on_failed };

static void *reach(void *bus, uint64_t addr, uint32_t len)
{
	uint64_t at = addr - IOVA;

	(void)bus;
	return at < w.memory.len && len <= w.memory.len - at ? w.memory.cpu + at : NULL;
}

static void raise_interrupt(void *bus, unsigned int queue)
{
	(void)bus;
	(void)queue;
	w.n_interrupts++;
	w.wants_work = true;
}

static void sim_wants_turn(void *bus)
{
	(void)bus;
	w.sim_wants_turn = true;
}

static void complain(void *bus, const char *sentence)
{
	(void)bus;
	(void)sentence;
}

static const struct sim_virtio_bus_ops sim_ops = {
	reach, raise_interrupt, sim_wants_turn, complain,
};

static void do_work(void)
{
	w.wants_work = false;
	rpmsg_vrings_work(w.v);
}

static void do_sim(void)
{
	w.sim_wants_turn = false;
	sim_virtio_turn(w.sim);
}

/* Until neither side wants to do anything. */
static void settle(void)
{
	for (unsigned int i = 0; i < 200000; i++) {
		rig_turns(&w.rig);
		if (w.wants_work)
			do_work();
		else if (w.sim_wants_turn)
			do_sim();
		else if (timers_next(&w.timers) <= w.timers.now_us + 1)
			timers_advance(&w.timers, w.timers.now_us + 1);
		else
			return;
	}
	ck_abort_msg("no end");
}

static void open_world(const char *mood)
{
	memset(&w, 0, sizeof(w));
	rig_init_as(&w.rig, &rig_config);
	timers_init(&w.timers);
	w.v = rpmsg_vrings_new(w.rig.bus, &vrings_ops, NULL);
	w.sim = sim_virtio_new("rpmsg", mood, 1, &w.timers, &sim_ops, NULL);
	ck_assert_ptr_nonnull(w.sim);
}

static void prepare(uint64_t features, unsigned int most, struct vring_parts parts[2],
		    struct virtio_choice *ret_choice)
{
	struct virtio_offer offer = { .features = features, .most = most };
	const char *why = NULL;

	ck_assert_int_eq(rpmsg_vrings_plan(w.v, &offer, ret_choice, &why), 0);
	ck_assert_uint_eq(ret_choice->features & ~features, 0);
	w.memory = (struct virtio_memory){ aligned_alloc(4096, round_up(ret_choice->len, 4096)),
					   IOVA, ret_choice->len };
	memset(w.memory.cpu, 0, w.memory.len);
	rpmsg_vrings_prepare(w.v, &w.memory, parts);
}

static void start_queue(unsigned int queue, const struct vring_parts *p, unsigned int n)
{
	sim_virtio_start_queue(w.sim, queue, &(struct sim_queue_setup){
		.n = n, .desc = reach(NULL, p->desc, 1), .avail = reach(NULL, p->avail, 1),
		.used = reach(NULL, p->used, 1),
	});
}

/* @chaos: both sides do things before the driver hears that it runs. */
static void start(uint64_t features, unsigned int most, bool chaos)
{
	struct vring_parts parts[2];
	struct virtio_choice choice;

	prepare(features, most, parts, &choice);
	sim_virtio_accept(w.sim, choice.features);
	for (unsigned int q = 0; q < 2; q++) {
		start_queue(q, &parts[q], choice.n[q]);
		for (unsigned int i = chaos ? any(4) : 0; i; i--) {
			if (any(2))
				do_sim();
			else
				do_work();
		}
	}
	rpmsg_vrings_run(w.v);
	settle();
}

static uint64_t offered(void)
{
	return sim_virtio_features(w.sim) | VIRTIO_F_VERSION_1;
}

static void stop(int why)
{
	sim_virtio_reset(w.sim);
	rpmsg_vrings_end(w.v, why);
	rig_turns(&w.rig);
	free(w.memory.cpu);
	w.memory = (struct virtio_memory){ 0 };
	w.wants_work = w.sim_wants_turn = false;
}

static void close_world(void)
{
	stop(-ENODEV);
	ck_assert_uint_eq(rig_count(&w.rig), 0);
	rpmsg_vrings_free(w.v);
	rig_fini(&w.rig);
	sim_virtio_free(w.sim);
}

static void open_named(struct rig_user *u, const char *name, uint32_t addr, bool holds)
{
	unsigned int chan;

	ck_assert_ptr_nonnull(rig_find(&w.rig, name, addr, &chan));
	rig_open(u, &w.rig, chan, holds);
}

/* Opened, asked, answered, closed. */
static void echo(const char *text)
{
	struct rig_user u;

	open_named(&u, "rpmsg-echo", REMOTE_ECHO, false);
	ck_assert_int_eq(rig_send(&u, text), LINK_OK);
	settle();
	ck_assert(rig_heard(&u, 0, text));
	ck_assert_uint_eq(u.n_taken, 1);
	rig_close(&u);
}

static const char *const moods[] = { "healthy", "eager", "storm", "full-len" };

START_TEST(test_first_announcement_comes_a_thousand_times)
{
	seed = (uint64_t)_i + 0x9e3779b97f4a7c15;
	for (int i = 0; i < 1000; i++) {
		open_world(moods[_i]);
		start(offered() & ~(any(2) ? VIRTIO_F_EVENT_IDX : 0), 2u << any(8), true);
		ck_assert_uint_eq(rig_count(&w.rig), N_ENDPOINTS);
		ck_assert_uint_eq(rpmsg_bus_counts(w.rig.bus)->lost, 0);
		if (!any(10))
			echo("hello");
		close_world();
	}
}
END_TEST

START_TEST(test_rings_of_every_size)
{
	struct rig_user u;

	open_world("healthy");
	start(offered(), 2u << _i, false);
	echo("hello");
	open_named(&u, "rpmsg-flood", REMOTE_FLOOD, true);
	rig_send(&u, "60");
	settle();
	/* Nobody reads: the rest is with the device, and nothing is lost. */
	while (u.n_heard < 60) {
		unsigned int before = u.n_heard;

		rig_lend(&u);
		settle();
		ck_assert_uint_gt(u.n_heard, before);
	}
	ck_assert(rig_heard(&u, 59, "flood 60 of 60\n"));
	ck_assert_uint_eq(rpmsg_bus_counts(w.rig.bus)->lost, 0);
	rig_close(&u);
	echo("and again");
	close_world();
}
END_TEST

START_TEST(test_more_messages_than_there_are_buffers)
{
	struct rig_user u;

	open_world("healthy");
	start(offered(), 2, false);
	open_named(&u, "rpmsg-echo", REMOTE_ECHO, false);
	for (unsigned int i = 0; i < 10000; i++) {
		while (rig_send(&u, "x") == LINK_OK)
			;
		settle();
		u.n_heard = 0;
	}
	ck_assert_uint_eq(u.n_taken, 10000 * RIG_UL);
	ck_assert_uint_eq(u.n_failed, 0);
	rig_close(&u);
	close_world();
}
END_TEST

START_TEST(test_device_that_breaks_a_ring_fails_once_and_may_come_back)
{
	static const char *const bad[] = { "used-jump", "used-id", "used-twice", "used-len" };
	struct rig_user u;

	open_world(bad[_i]);
	start(offered(), 16, false);
	open_named(&u, "rpmsg-echo", REMOTE_ECHO, false);
	for (unsigned int i = 0; i < 100 && !w.n_failed; i++) {
		while (rig_send(&u, "x") == LINK_OK)
			;
		settle();
		u.n_heard = 0;
	}
	ck_assert_uint_eq(w.n_failed, 1);
	ck_assert_int_ge(rig_send(&u, "x"), 0);
	settle();
	stop(-ECONNRESET);
	ck_assert(u.is_closed && u.why == -ECONNRESET);
	ck_assert_uint_eq(rig_count(&w.rig), 0);
	sim_virtio_free(w.sim);
	w.sim = sim_virtio_new("rpmsg", "healthy", 1, &w.timers, &sim_ops, NULL);
	start(offered(), 16, false);
	echo("hello");
	ck_assert_uint_eq(w.n_failed, 1);
	close_world();
}
END_TEST

START_TEST(test_empty_used_entries_are_counted_and_their_buffers_come_back)
{
	struct rig_user u;

	open_world("used-zero");
	start(offered(), 4, false);
	open_named(&u, "rpmsg-echo", REMOTE_ECHO, false);
	for (unsigned int i = 0; i < 200; i++) {
		rig_send(&u, "x");
		settle();
		u.n_heard = 0;
	}
	ck_assert_uint_eq(w.n_failed, 0);
	ck_assert_uint_ge(rpmsg_bus_counts(w.rig.bus)->bad, 20);
	ck_assert_uint_eq(u.n_taken, 200);
	rig_close(&u);
	close_world();
}
END_TEST

START_TEST(test_buffers_that_never_come_back_stop_only_who_sends)
{
	struct rig_user u;
	unsigned int n = 0;

	open_world("never-returns");
	start(offered(), 8, false);
	ck_assert_uint_eq(rig_count(&w.rig), N_ENDPOINTS);
	open_named(&u, "rpmsg-echo", REMOTE_ECHO, false);
	for (; n < 100 && rig_send(&u, "x") == LINK_OK; n++)
		settle();
	ck_assert_uint_le(n, 8 + RIG_UL);
	ck_assert_uint_eq(w.n_failed, 0);
	rig_close(&u);
	close_world();
}
END_TEST

START_TEST(test_device_without_a_name_service)
{
	struct rig_user u;
	unsigned int chan;

	open_world("healthy");
	ck_assert_int_eq(rpmsg_bus_create(w.rig.bus, "ours", 2000, REMOTE_ECHO, true, &chan), 0);
	start(offered() & ~VIRTIO_RPMSG_F_NS, 16, false);
	ck_assert_uint_eq(rig_count(&w.rig), 1);
	rig_open(&u, &w.rig, chan, false);
	rig_send(&u, "hello");
	settle();
	ck_assert(rig_heard(&u, 0, "hello"));
	rig_close(&u);
	rpmsg_bus_destroy(w.rig.bus, chan, -ENODEV);
	close_world();
}
END_TEST

START_TEST(test_offer_that_cannot_be_taken)
{
	struct virtio_offer legacy = { .features = VIRTIO_RPMSG_F_NS, .most = 256 };
	struct virtio_offer large = { .features = ~0ull, .most = 32768 };
	struct virtio_choice choice;
	const char *why = NULL;

	open_world("healthy");
	ck_assert_int_lt(rpmsg_vrings_plan(w.v, &legacy, &choice, &why), 0);
	ck_assert_ptr_nonnull(why);
	ck_assert_int_eq(rpmsg_vrings_plan(w.v, &large, &choice, &why), 0);
	ck_assert_uint_eq(choice.n[0], RPMSG_BUFFERS_MOST);
	ck_assert_uint_eq(choice.features, VIRTIO_F_VERSION_1 | VIRTIO_F_EVENT_IDX |
			  VIRTIO_RPMSG_F_NS);
	rpmsg_vrings_free(w.v);
	rig_fini(&w.rig);
	sim_virtio_free(w.sim);
}
END_TEST

/* Every lie of the liar, over the rings. */
START_TEST(test_liar_leaves_the_rings_whole)
{
	static const unsigned int groups[] = { 61, 62, 63, 65, 66 };
	unsigned int group = groups[_i];
	struct rig_user u;

	open_world("healthy");
	start(offered(), 8, false);
	for (unsigned int n = 1; n <= remote_lies(group); n++) {
		char command[16];

		snprintf(command, sizeof(command), "F%u %u", group, n);
		open_named(&u, "rpmsg-liar", REMOTE_LIAR, false);
		rig_send(&u, command);
		settle();
		rig_close(&u);
		echo(command);
	}
	ck_assert_uint_eq(w.n_failed, 0);
	close_world();
}
END_TEST

int main(void)
{
	Suite *s = suite_create("rpmsg-vrings");
	TCase *c = tcase_create("vrings");

	tcase_set_timeout(c, 120);
	tcase_add_loop_test(c, test_first_announcement_comes_a_thousand_times, 0,
			    ARRAY_SIZE(moods));
	tcase_add_loop_test(c, test_rings_of_every_size, 0, 8);
	tcase_add_test(c, test_more_messages_than_there_are_buffers);
	tcase_add_loop_test(c, test_device_that_breaks_a_ring_fails_once_and_may_come_back, 0, 4);
	tcase_add_test(c, test_empty_used_entries_are_counted_and_their_buffers_come_back);
	tcase_add_test(c, test_buffers_that_never_come_back_stop_only_who_sends);
	tcase_add_test(c, test_device_without_a_name_service);
	tcase_add_test(c, test_offer_that_cannot_be_taken);
	tcase_add_loop_test(c, test_liar_leaves_the_rings_whole, 0, 5);
	suite_add_tcase(s, c);
	return suite_run(s);
}
