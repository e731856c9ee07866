/*
 * test-vhost-device - the back-end's memory, queues and status, as a front-end
 * may set them up, and as it may not.
 */
#include "tests/fake_sim_virtio.h"
#include "tests/suite.h"
#include "tests/vhost_front.h"
#include <fcntl.h>
#include <sys/eventfd.h>
#include <unistd.h>

static void expect_state(enum vhost_outcome outcome, uint32_t request, uint32_t index, uint32_t num)
{
	ck_assert_int_eq(vhost_client_state(&front.client, request, index, num), outcome);
}

static void expect_addr(enum vhost_outcome outcome, const struct vhu_addr *a)
{
	ck_assert_int_eq(vhost_client_say(&front.client, VHU_SET_VRING_ADDR, a, sizeof(*a), NULL,
					  0, NULL), outcome);
}

START_TEST(test_addresses_are_apart_and_the_offset_is_inside_a_page)
{
	front_run();
	front_echo("apart");
	front_leave();
}
END_TEST

START_TEST(test_a_queue_runs_when_the_last_thing_it_needs_is_said)
{
	static const uint32_t rest[] = { VHU_SET_VRING_KICK, VHU_SET_VRING_ENABLE };

	for (unsigned int last = 0; last < 2; last++) {
		front_attach(VHU_P_REPLY_ACK);
		front_ring_init(0);
		vhost_client_state(&front.client, VHU_SET_VRING_NUM, 0, FRONT_N);
		front_set_addr(0);
		for (unsigned int i = 0; i < 2; i++) {
			ck_assert(!fake_sim_virtio.is_running[0]);
			if (rest[(i + last) % 2] == VHU_SET_VRING_KICK)
				vhost_client_fd(&front.client, VHU_SET_VRING_KICK, 0,
						front.kick[0]);
			else
				vhost_client_state(&front.client, VHU_SET_VRING_ENABLE, 0, 1);
		}
		ck_assert(fake_sim_virtio.is_running[0]);
		front_leave();
	}
}
END_TEST

/* Statuses. */

static void run_with_statuses(const uint8_t *statuses, unsigned int n, bool runs_before_last)
{
	front_attach(VHU_P_REPLY_ACK | VHU_P_STATUS);
	for (unsigned int q = 0; q < 2; q++) {
		front_ring_init(q);
		front_set_queue(q, 0);
	}
	front_enable(1);
	for (unsigned int i = 0; i < n; i++) {
		if (i)
			ck_assert_int_eq(front_is_running(), runs_before_last);
		vhost_client_u64(&front.client, VHU_SET_STATUS, statuses[i]);
	}
	ck_assert(front_is_running());
	ck_assert_uint_eq(vhost_client_ask(&front.client, VHU_GET_STATUS), statuses[n - 1]);
	front_leave();
}

START_TEST(test_driver_ok_is_waited_for_only_when_it_is_to_come)
{
	run_with_statuses((const uint8_t[]){ 1, 3, 11, 15 } + 1, 3, false);
	run_with_statuses((const uint8_t[]){ 8 }, 1, true);
}
END_TEST

START_TEST(test_status_zero_and_reset_device_stop_all_but_keep_the_memory)
{
	for (int i = 0; i < 2; i++) {
		front_attach(VHU_P_REPLY_ACK | VHU_P_STATUS | VHU_P_RESET_DEVICE);
		for (int again = 0; again < 2; again++) {
			vhost_client_u64(&front.client, VHU_SET_FEATURES,
					 VIRTIO_F_VERSION_1 | VHU_F_PROTOCOL_FEATURES);
			for (unsigned int q = 0; q < 2; q++)
				front_ring_init(q);
			front_post_all();
			for (unsigned int q = 0; q < 2; q++)
				front_set_queue(q, 0);
			front_enable(1);
			front_echo("reset");
			if (i)
				vhost_client_u64(&front.client, VHU_SET_STATUS, 0);
			else
				vhost_client_say(&front.client, VHU_RESET_DEVICE, NULL, 0, NULL, 0,
						 NULL);
			ck_assert(!fake_sim_virtio.is_running[0]);
		}
		front_leave();
	}
}
END_TEST

/* Stop and start. */

static uint32_t stop_queue(uint32_t q)
{
	struct vhu_state state = { q, 0 };
	union vhu_payload reply;

	ck_assert_int_eq(vhost_client_say(&front.client, VHU_GET_VRING_BASE, &state,
					  sizeof(state), NULL, 0, &reply), VHOST_REPLIED);
	ck_assert_uint_eq(reply.state.index, q);
	return reply.state.num;
}

static void resume(unsigned int q, uint32_t base)
{
	vhost_client_state(&front.client, VHU_SET_VRING_BASE, q, base);
	vhost_client_fd(&front.client, VHU_SET_VRING_CALL, q, front.call[q]);
	vhost_client_fd(&front.client, VHU_SET_VRING_KICK, q, front.kick[q]);
}

START_TEST(test_a_resumed_queue_loses_no_message)
{
	char back[FRONT_BUFFER + 1];
	uint32_t bases[2];

	front_run();
	front_echo("before");
	for (unsigned int q = 0; q < 2; q++)
		bases[q] = stop_queue(q);
	ck_assert_uint_eq(bases[1], 1);
	front_send("meanwhile");
	front_turns(3);
	ck_assert(!front_receive(back));
	for (unsigned int q = 0; q < 2; q++)
		resume(q, bases[q]);
	front_turns(3);
	ck_assert(front_receive(back));
	ck_assert_str_eq(back, "meanwhile");
	front_echo("after");
	front_leave();
}
END_TEST

START_TEST(test_a_fresh_start_begins_at_zero)
{
	front_run();
	front_echo("before");
	for (unsigned int q = 0; q < 2; q++) {
		stop_queue(q);
		front_ring_init(q);
	}
	front_post_all();
	for (unsigned int q = 0; q < 2; q++) {
		vhost_client_state(&front.client, VHU_SET_VRING_BASE, q, 0);
		front_set_addr(q);
		resume(q, 0);
	}
	front_echo("after");
	front_leave();
}
END_TEST

START_TEST(test_indices_wrap_over_a_restart)
{
	front_attach(VHU_P_REPLY_ACK);
	for (unsigned int q = 0; q < 2; q++) {
		struct vring *r = &front.rings[q];

		front_ring_init(q);
		r->avail_idx = r->used_idx = r->told_idx = 0xfff0;
		le16_set(&r->avail->idx, 0xfff0);
		le16_set(&r->used->idx, 0xfff0);
	}
	front_post_all();
	for (unsigned int q = 0; q < 2; q++)
		front_set_queue(q, 0xfff0);
	front_enable(1);
	for (int i = 0; i < 40; i++)
		front_echo("round and round");
	ck_assert_uint_eq(stop_queue(1), (uint16_t)(0xfff0 + 40));
	front_leave();
}
END_TEST

START_TEST(test_a_disabled_queue_moves_nothing)
{
	char back[FRONT_BUFFER + 1];

	front_run();
	front_enable(0);
	front_send("held");
	front_turns(3);
	ck_assert(!front_receive(back));
	front_enable(1);
	front_turns(3);
	ck_assert(front_receive(back));
	ck_assert_str_eq(back, "held");
	front_leave();
}
END_TEST

/* Memory. */

static void expect_table(enum vhost_outcome outcome, struct vhu_region r)
{
	ck_assert_int_eq(front_table(&r, 1, &front.fd, 1), outcome);
}

static void expect_region(enum vhost_outcome outcome, uint64_t guest, uint64_t size, uint64_t user,
			  uint64_t offset)
{
	expect_table(outcome, (struct vhu_region){ guest, size, user, offset });
}

START_TEST(test_regions_that_cannot_be_are_refused)
{
	struct vhu_region two[2] = {
		front_region, { FRONT_GUEST + FRONT_REGION - 1, 4096, 0x1000, 0 },
	};
	int fds[2];

	front_attach(VHU_P_REPLY_ACK);
	expect_table(VHOST_TAKEN, front_region);
	expect_region(VHOST_REFUSED, FRONT_GUEST, 0, FRONT_USER, 0);
	expect_region(VHOST_REFUSED, FRONT_GUEST, FRONT_REGION + 1, FRONT_USER, FRONT_OFFSET);
	expect_region(VHOST_REFUSED, UINT64_MAX, 4096, FRONT_USER, 0);
	expect_region(VHOST_REFUSED, FRONT_GUEST, 4096, UINT64_MAX - 4094, 0);
	expect_region(VHOST_REFUSED, FRONT_GUEST, 4096, FRONT_USER, UINT64_MAX - 4095);
	expect_region(VHOST_REFUSED, FRONT_GUEST, UINT64_MAX, FRONT_USER, 0);
	fds[0] = fds[1] = front.fd;
	ck_assert_int_eq(front_table(two, 2, fds, 2), VHOST_REFUSED);
	two[1].guest = FRONT_GUEST + FRONT_REGION;
	two[1].user = FRONT_USER;
	ck_assert_int_eq(front_table(two, 2, fds, 2), VHOST_REFUSED);
	two[1].user = FRONT_USER + FRONT_REGION;
	ck_assert_int_eq(front_table(two, 2, fds, 2), VHOST_TAKEN);
	ck_assert_int_eq(front_table(two, 2, fds, 1), VHOST_REFUSED);
	ck_assert_int_eq(front_table(two, 0, fds, 0), VHOST_REFUSED);
	front_leave();
}
END_TEST

START_TEST(test_memory_that_could_be_taken_away_is_refused)
{
	for (int is_trusted = 0; is_trusted < 2; is_trusted++) {
		int fds[3], outcome = is_trusted ? VHOST_TAKEN : VHOST_REFUSED;

		front_serve("rpmsg", is_trusted);
		front_connect();
		front_agree(VHU_P_REPLY_ACK);
		fds[0] = front_file(FRONT_FILE, 0);
		fds[1] = open("/dev/zero", O_RDWR | O_CLOEXEC);
		fds[2] = eventfd(0, EFD_CLOEXEC);
		ck_assert_int_eq(front_table(&front_region, 1, &fds[0], 1), outcome);
		ck_assert_int_eq(front_table(&front_region, 1, &fds[1], 1), VHOST_REFUSED);
		ck_assert_int_eq(front_table(&front_region, 1, &fds[2], 1), VHOST_REFUSED);
		for (int i = 0; i < 3; i++)
			close(fds[i]);
		front_leave();
	}
}
END_TEST

static enum vhost_outcome one_region(uint32_t request, struct vhu_region r, bool has_fd)
{
	struct vhu_one_region one = { .region = r };

	return vhost_client_say(&front.client, request, &one, sizeof(one), &front.fd, has_fd, NULL);
}

START_TEST(test_regions_come_and_go_singly_and_the_ring_follows)
{
	struct vhu_region other = { FRONT_GUEST + 0x100000, 4096, FRONT_USER + 0x100000, 0 };

	front_attach(VHU_P_REPLY_ACK | VHU_P_MEM_SLOTS);
	ck_assert_uint_eq(vhost_client_ask(&front.client, VHU_GET_MAX_MEM_SLOTS),
			  VHOST_MEMORY_MOST);
	ck_assert_int_eq(one_region(VHU_REM_MEM_REG, front_region, false), VHOST_TAKEN);
	ck_assert_int_eq(one_region(VHU_REM_MEM_REG, front_region, false), VHOST_REFUSED);
	ck_assert_int_eq(one_region(VHU_ADD_MEM_REG, front_region, false), VHOST_REFUSED);
	ck_assert_int_eq(one_region(VHU_ADD_MEM_REG, front_region, true), VHOST_TAKEN);
	ck_assert_int_eq(one_region(VHU_ADD_MEM_REG, front_region, true), VHOST_REFUSED);
	for (unsigned int q = 0; q < 2; q++)
		front_ring_init(q);
	front_post_all();
	for (unsigned int q = 0; q < 2; q++)
		front_set_queue(q, 0);
	front_enable(1);
	ck_assert_int_eq(one_region(VHU_ADD_MEM_REG, other, true), VHOST_TAKEN);
	front_echo("beside another");
	ck_assert_int_eq(one_region(VHU_REM_MEM_REG, other, true), VHOST_TAKEN);
	front_echo("alone again");
	ck_assert_int_eq(one_region(VHU_REM_MEM_REG, front_region, false), VHOST_TAKEN);
	ck_assert(!fake_sim_virtio.is_running[0] && !fake_sim_virtio.is_running[1]);
	ck_assert_int_eq(one_region(VHU_ADD_MEM_REG, front_region, true), VHOST_TAKEN);
	front_echo("back");
	front_leave();
}
END_TEST

START_TEST(test_a_new_table_while_it_runs_moves_the_rings_or_stops_them)
{
	struct vhu_region elsewhere = { FRONT_GUEST + 0x1000000, FRONT_REGION,
					FRONT_USER + 0x1000000, FRONT_OFFSET };

	front_run();
	expect_table(VHOST_TAKEN, front_region);
	front_echo("same place");
	expect_table(VHOST_REFUSED, (struct vhu_region){ 0 });
	front_echo("as before");
	expect_table(VHOST_TAKEN, elsewhere);
	ck_assert(!fake_sim_virtio.is_running[0] && !fake_sim_virtio.is_running[1]);
	front_leave();
}
END_TEST

START_TEST(test_buffers_outside_of_the_memory_are_not_touched)
{
	struct vring_piece piece = { FRONT_GUEST + FRONT_REGION - 4, 8 };

	front_run();
	ck_assert_int_eq(vring_add(&front.rings[1], &piece, 1, 0, 0), VRING_OK);
	eventfd_write(front.kick[1], 1);
	front_turns(3);
	ck_assert_ptr_nonnull(fake_sim_virtio.vqs[1].damage);
	ck_assert_uint_ne(vhost_client_ask(&front.client, VHU_GET_FEATURES), 0);
	front_leave();
}
END_TEST

/* Queues. */

START_TEST(test_rings_that_cannot_be_are_refused)
{
	static const struct vhu_addr bad[] = {
		{ 2, 0, FRONT_USER, FRONT_USER + 0x400, FRONT_USER + 0x200, 0 },
		{ 0, 1, FRONT_USER, FRONT_USER + 0x400, FRONT_USER + 0x200, 0 },
		{ 0, 0, FRONT_USER + 8, FRONT_USER + 0x400, FRONT_USER + 0x200, 0 },
		{ 0, 0, FRONT_USER, FRONT_USER + 0x402, FRONT_USER + 0x200, 0 },
		{ 0, 0, FRONT_USER, FRONT_USER + 0x400, FRONT_USER + 0x201, 0 },
		{ 0, 0, FRONT_USER + FRONT_REGION - 16, FRONT_USER + 0x400, FRONT_USER + 0x200, 0 },
		{ 0, 0, FRONT_GUEST, FRONT_GUEST + 0x400, FRONT_GUEST + 0x200, 0 },
		{ 0, 0, FRONT_USER, UINT64_MAX & ~3ULL, FRONT_USER + 0x200, 0 },
		{ 0, 0, 0, 0, 0, 0 },
	};

	front_attach(VHU_P_REPLY_ACK);
	expect_addr(VHOST_REFUSED, &bad[0]);
	expect_state(VHOST_TAKEN, VHU_SET_VRING_NUM, 0, FRONT_N);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		expect_addr(VHOST_REFUSED, &bad[i]);
	expect_state(VHOST_REFUSED, VHU_SET_VRING_NUM, 0, 0);
	expect_state(VHOST_REFUSED, VHU_SET_VRING_NUM, 0, 12);
	expect_state(VHOST_REFUSED, VHU_SET_VRING_NUM, 0, 512);
	expect_state(VHOST_REFUSED, VHU_SET_VRING_NUM, 2, FRONT_N);
	expect_state(VHOST_REFUSED, VHU_SET_VRING_BASE, 0, 65536);
	expect_state(VHOST_REFUSED, VHU_SET_VRING_ENABLE, 0, 2);
	expect_state(VHOST_REFUSED, VHU_SET_VRING_ENABLE, 7, 1);
	front_leave();
}
END_TEST

START_TEST(test_a_running_queue_is_not_changed_under_it)
{
	struct vhu_addr a = { .desc = FRONT_USER + 0x3000, .avail = FRONT_USER + 0x3200,
			      .used = FRONT_USER + 0x3400 };

	front_run();
	expect_state(VHOST_REFUSED, VHU_SET_VRING_NUM, 0, 4);
	expect_state(VHOST_REFUSED, VHU_SET_VRING_BASE, 0, 4);
	expect_addr(VHOST_REFUSED, &a);
	ck_assert_int_eq(vhost_client_u64(&front.client, VHU_SET_FEATURES, VIRTIO_F_VERSION_1 | 1),
			 VHOST_REFUSED);
	front_echo("unmoved");
	front_leave();
}
END_TEST

static void expect_fd(enum vhost_outcome outcome, uint32_t which, uint32_t queue, int fd)
{
	ck_assert_int_eq(vhost_client_fd(&front.client, which, queue, fd), outcome);
}

START_TEST(test_only_eventfds_are_taken_and_an_index_has_eight_bits)
{
	static const uint32_t which[] = { VHU_SET_VRING_KICK, VHU_SET_VRING_CALL,
					  VHU_SET_VRING_ERR };
	int pipe_fds[2], null = open("/dev/null", O_RDWR | O_CLOEXEC);
	uint64_t high = 1ULL << 9;

	front_attach(VHU_P_REPLY_ACK);
	ck_assert_int_eq(pipe2(pipe_fds, O_CLOEXEC), 0);
	for (size_t i = 0; i < ARRAY_SIZE(which); i++) {
		bool is_kick = which[i] == VHU_SET_VRING_KICK;

		expect_fd(VHOST_REFUSED, which[i], 0, null);
		expect_fd(VHOST_REFUSED, which[i], 0, pipe_fds[0]);
		expect_fd(VHOST_REFUSED, which[i], 2, front.kick[0]);
		expect_fd(VHOST_TAKEN, which[i], 0, front.kick[0]);
		expect_fd(is_kick ? VHOST_REFUSED : VHOST_TAKEN, which[i], 0, -1);
		ck_assert_int_eq(vhost_client_say(&front.client, which[i], &high, 8, front.kick, 1,
						  NULL), VHOST_REFUSED);
		ck_assert_int_eq(vhost_client_u64(&front.client, which[i], 0), VHOST_REFUSED);
	}
	close(pipe_fds[0]);
	close(pipe_fds[1]);
	close(null);
	front_leave();
}
END_TEST

START_TEST(test_new_eventfds_replace_the_old_while_it_runs)
{
	front_run();
	for (int i = 0; i < 20; i++) {
		unsigned int q = i % 2;

		close(front.call[q]);
		close(front.kick[q]);
		front.call[q] = eventfd(0, EFD_CLOEXEC);
		front.kick[q] = eventfd(0, EFD_CLOEXEC);
		vhost_client_fd(&front.client, VHU_SET_VRING_KICK, q, front.kick[q]);
		vhost_client_fd(&front.client, VHU_SET_VRING_CALL, q, front.call[q]);
		front_echo("replaced");
	}
	front_leave();
}
END_TEST

START_TEST(test_a_crash_is_told_or_ends_the_connection)
{
	int err = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	eventfd_t count;

	front.n_fds_before++;
	front_run();
	vhost_client_fd(&front.client, VHU_SET_VRING_ERR, 1, err);
	vhost_server_crash(front.server);
	ck_assert_int_eq(eventfd_read(err, &count), 0);
	ck_assert(!front_is_running());
	front_leave();
	front_run();
	vhost_server_crash(front.server);
	ck_assert_int_eq(vhost_client_say(&front.client, VHU_GET_FEATURES, NULL, 0, NULL, 0, NULL),
			 VHOST_CLOSED);
	front_leave();
	close(err);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("vhost-device");
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, front_setup, front_teardown);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, test_addresses_are_apart_and_the_offset_is_inside_a_page);
	tcase_add_test(t, test_a_queue_runs_when_the_last_thing_it_needs_is_said);
	tcase_add_test(t, test_driver_ok_is_waited_for_only_when_it_is_to_come);
	tcase_add_test(t, test_status_zero_and_reset_device_stop_all_but_keep_the_memory);
	tcase_add_test(t, test_a_resumed_queue_loses_no_message);
	tcase_add_test(t, test_a_fresh_start_begins_at_zero);
	tcase_add_test(t, test_indices_wrap_over_a_restart);
	tcase_add_test(t, test_a_disabled_queue_moves_nothing);
	tcase_add_test(t, test_regions_that_cannot_be_are_refused);
	tcase_add_test(t, test_memory_that_could_be_taken_away_is_refused);
	tcase_add_test(t, test_regions_come_and_go_singly_and_the_ring_follows);
	tcase_add_test(t, test_a_new_table_while_it_runs_moves_the_rings_or_stops_them);
	tcase_add_test(t, test_buffers_outside_of_the_memory_are_not_touched);
	tcase_add_test(t, test_rings_that_cannot_be_are_refused);
	tcase_add_test(t, test_a_running_queue_is_not_changed_under_it);
	tcase_add_test(t, test_only_eventfds_are_taken_and_an_index_has_eight_bits);
	tcase_add_test(t, test_new_eventfds_replace_the_old_while_it_runs);
	tcase_add_test(t, test_a_crash_is_told_or_ends_the_connection);
	suite_add_tcase(s, t);
	return suite_run(s);
}
