/*
 * test-vhost-server - the back-end's connection, against front-ends that say
 * everything, in any order, twice, in the wrong size, with too many descriptors.
 */
#include "tests/fake_sim_virtio.h"
#include "tests/suite.h"
#include "tests/vhost_front.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

/* Features and configuration. */

START_TEST(test_only_what_was_offered_is_accepted)
{
	static const uint64_t bad[] = { 0, 1, VIRTIO_F_VERSION_1 | 1ULL << 33, UINT64_MAX };

	front_connect();
	ck_assert_uint_eq(vhost_client_ask(&front.client, VHU_GET_FEATURES),
			  fake_sim_virtio.features | VHU_F_PROTOCOL_FEATURES);
	front_agree(vhost_client_ask(&front.client, VHU_GET_PROTOCOL_FEATURES));
	ck_assert_uint_eq(vhost_client_ask(&front.client, VHU_GET_QUEUE_NUM), 2);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		ck_assert_int_eq(vhost_client_u64(&front.client, VHU_SET_FEATURES, bad[i]),
				 VHOST_REFUSED);
	ck_assert_int_eq(vhost_client_u64(&front.client, VHU_SET_PROTOCOL_FEATURES, VHU_P_CONFIG),
			 VHOST_REFUSED);
	front_leave();
}
END_TEST

static enum vhost_outcome config_of(uint32_t offset, uint32_t size, uint32_t flags, size_t len,
				    union vhu_payload *ret_reply)
{
	struct vhu_config c = { .offset = offset, .size = size, .flags = flags };

	return vhost_client_say(&front.client, VHU_GET_CONFIG, &c, len, NULL, 0, ret_reply);
}

START_TEST(test_configuration_is_told_within_its_bounds)
{
	union vhu_payload reply;

	front_serve("gpio", false);
	front_connect();
	front_agree(VHU_P_REPLY_ACK | VHU_P_CONFIG);
	ck_assert_int_eq(config_of(0, 8, 0, 20, &reply), VHOST_REPLIED);
	ck_assert_uint_eq(reply.config.size, 8);
	ck_assert_uint_eq(reply.config.bytes[0], 4);
	ck_assert_int_eq(config_of(4, 4, 0, 16, &reply), VHOST_REPLIED);
	ck_assert_uint_eq(reply.config.bytes[0], 28);
	ck_assert_int_eq(config_of(0, 256, 0, 268, &reply), VHOST_REPLIED);
	ck_assert_uint_eq(reply.config.size, 0);
	ck_assert_int_eq(config_of(UINT32_MAX, 8, 0, 20, &reply), VHOST_REPLIED);
	ck_assert_uint_eq(reply.config.size, 0);
	/* It is nobody's to set. */
	ck_assert_int_eq(vhost_client_say(&front.client, VHU_SET_CONFIG, &reply, 20, NULL, 0, NULL),
			 VHOST_REFUSED);
	ck_assert_int_eq(config_of(0, 8, 0, 16, &reply), VHOST_CLOSED);
	front_leave();
	front_connect();
	front_agree(VHU_P_REPLY_ACK | VHU_P_CONFIG);
	ck_assert_int_eq(config_of(0, 8, 2, 20, &reply), VHOST_CLOSED);
	front_leave();
}
END_TEST

/* The connection. */

START_TEST(test_headers_that_cannot_be_end_the_connection_only)
{
	static const struct vhu_header bad[] = {
		{ VHU_GET_FEATURES, 0, 0 }, { VHU_GET_FEATURES, 2, 0 },
		{ VHU_GET_FEATURES, 5, 0 }, { VHU_GET_FEATURES, 0x11, 0 },
		{ VHU_GET_FEATURES, 1, 0xffffffff }, { VHU_GET_FEATURES, 1, 4096 },
		{ 0, 1, 0 }, { 99, 1, 0 }, { 0xffffffff, 1, 0 }, { VHU_SET_FEATURES, 1, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		char byte;

		front_connect();
		ck_assert_int_eq(send(front.client.fd, &bad[i], sizeof(bad[i]), 0), sizeof(bad[i]));
		front_turns(3);
		ck_assert_int_le(recv(front.client.fd, &byte, 1, MSG_DONTWAIT), 0);
		ck_assert_int_ne(errno, EAGAIN);
		errno = 0;
		front_leave();
	}
	front_connect();
	ck_assert_uint_ne(vhost_client_ask(&front.client, VHU_GET_FEATURES), 0);
	front_leave();
}
END_TEST

START_TEST(test_unknown_requests_are_refused_and_life_goes_on)
{
	front_connect();
	front_agree(VHU_P_REPLY_ACK);
	for (uint32_t request = 41; request < 60; request++)
		ck_assert_int_eq(vhost_client_u64(&front.client, request, 1), VHOST_REFUSED);
	ck_assert_int_eq(vhost_client_say(&front.client, VHU_SET_OWNER, NULL, 0, NULL, 0, NULL),
			 VHOST_REFUSED);
	ck_assert_int_eq(vhost_client_say(&front.client, VHU_RESET_OWNER, NULL, 0, NULL, 0, NULL),
			 VHOST_REFUSED);
	ck_assert_int_eq(vhost_client_u64(&front.client, VHU_SET_STATUS, 1), VHOST_REFUSED);
	front_leave();
}
END_TEST

START_TEST(test_one_front_end_at_a_time)
{
	struct vhost_client second;
	struct vhu_header h = { VHU_GET_FEATURES, 1, 0 };
	uint8_t answer[20];

	front_run();
	vhost_client_open(&second, front.loop, front.path);
	ck_assert_int_eq(send(second.fd, &h, sizeof(h), 0), sizeof(h));
	front_turns(5);
	ck_assert_int_lt(recv(second.fd, answer, sizeof(answer), MSG_DONTWAIT), 0);
	front_echo("first come");
	front_close();
	vhost_client_close(&front.client);
	front_turns(5);
	ck_assert_int_eq(recv(second.fd, answer, sizeof(answer), MSG_DONTWAIT), 20);
	front.client = second;
	front_leave();
}
END_TEST

/* A whole start as bytes, cut off after each of them. */
START_TEST(test_a_front_end_may_leave_at_every_byte)
{
	struct {
		struct vhu_header h1;
		struct vhu_header h2;
		uint64_t protocol;
		struct vhu_header h3;
		uint64_t features;
		struct vhu_header h4;
		uint8_t table[40];
	} __attribute__((packed)) m = {
		{ VHU_GET_FEATURES, 1, 0 },
		{ VHU_SET_PROTOCOL_FEATURES, 1, 8 }, VHU_P_REPLY_ACK,
		{ VHU_SET_FEATURES, 9, 8 }, VIRTIO_F_VERSION_1,
		{ VHU_SET_MEM_TABLE, 9, 40 }, { 1 },
	};

	for (size_t len = 0; len <= sizeof(m); len++) {
		front_connect();
		for (size_t i = 0; i < len; i++) {
			ck_assert_int_eq(send(front.client.fd, (uint8_t *)&m + i, 1, 0), 1);
			front_turns(1);
		}
		front_leave();
	}
}
END_TEST

/* Every request at every stage, twice, in every size, with every number of
 * descriptors: something definite comes of it, and nothing stays. */

enum stage { CONNECTED, AGREED, RUNNING };

static void reach(enum stage stage)
{
	if (stage == RUNNING) {
		front_run();
		return;
	}
	front_connect();
	front_open();
	if (stage == AGREED)
		front_agree(VHU_P_MQ | VHU_P_REPLY_ACK | VHU_P_STATUS | VHU_P_MEM_SLOTS |
		      VHU_P_RESET_DEVICE);
}

START_TEST(test_every_request_at_every_stage_in_every_shape)
{
	static const size_t lens[] = { 0, 4, 8, 12, 40, 264, 268 };
	static const unsigned int n_fds[] = { 0, 1, 9 };
	union vhu_payload payload;
	int fds[9];

	memset(&payload, _i & 1 ? 0xff : 0x01, sizeof(payload));
	for (uint32_t request = 0; request < 45; request++) {
		for (size_t i = 0; i < ARRAY_SIZE(lens) * ARRAY_SIZE(n_fds); i++) {
			reach((enum stage)(_i / 2));
			for (int k = 0; k < 9; k++)
				fds[k] = i % 2 ? front.fd : front.kick[0];
			for (int twice = 0; twice < 2 && !front.client.is_closed; twice++)
				vhost_client_say(&front.client, request, &payload,
						 lens[i % ARRAY_SIZE(lens)], fds,
						 n_fds[i / ARRAY_SIZE(lens)], NULL);
			front_leave();
		}
	}
}
END_TEST

START_TEST(test_an_abandoned_socket_is_replaced_and_a_file_is_not)
{
	struct vhost_server_config c = { .path = front.path, .type = "rpmsg", .mood = "healthy" };
	struct text why = TEXT_INIT;
	struct vhost_server *other = NULL;
	int fd;

	ck_assert_int_eq(vhost_server_open(front.loop, &c, &other, &why), -EADDRINUSE);
	vhost_server_close(front.server);
	front.server = NULL;
	fd = open(front.path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
	close(fd);
	text_clear(&why);
	ck_assert_int_eq(vhost_server_open(front.loop, &c, &other, &why), -ENOTSOCK);
	ck_assert_int_eq(unlink(front.path), 0);
	c.mood = "merry";
	text_clear(&why);
	ck_assert_int_eq(vhost_server_open(front.loop, &c, &other, &why), -EINVAL);
	ck_assert_ptr_nonnull(strstr(text_get(&why), "merry"));
	text_fini(&why);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("vhost-server");
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, front_setup, front_teardown);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, test_only_what_was_offered_is_accepted);
	tcase_add_test(t, test_configuration_is_told_within_its_bounds);
	tcase_add_test(t, test_headers_that_cannot_be_end_the_connection_only);
	tcase_add_test(t, test_unknown_requests_are_refused_and_life_goes_on);
	tcase_add_test(t, test_one_front_end_at_a_time);
	tcase_add_test(t, test_a_front_end_may_leave_at_every_byte);
	tcase_add_loop_test(t, test_every_request_at_every_stage_in_every_shape, 0, 6);
	tcase_add_test(t, test_an_abandoned_socket_is_replaced_and_a_file_is_not);
	suite_add_tcase(s, t);
	return suite_run(s);
}
