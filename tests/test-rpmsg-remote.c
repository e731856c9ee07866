/*
 * The simulated remote and the bus, each the other's only partner: what a file
 * will say and hear, and every lie.
 */
#include "tests/rpmsg_rig.h"
#include "tests/speaker.h"
#include "tests/suite.h"
#include "sim/rpmsg-remote.h"
#include <errno.h>
#include <stdio.h>

static struct rpmsg_rig rig;
static struct speaker remote;

/* Everything said so far arrives, in both directions, until nobody says more. */
static void exchange(void)
{
	uint64_t next = 0;

	for (unsigned int i = 0; i < 1000000; i++) {
		const uint8_t *message;
		uint32_t len;

		rig_turns(&rig);
		while ((message = mouth_peek(&remote.mouth, &len))) {
			if (len <= RIG_MTU)
				rig_say_raw(&rig, message, len);
			mouth_swallow(&remote.mouth);
			rig_turns(&rig);
		}
		if (rig.n_taken < rig.n_sent) {
			const struct rig_message *m = &rig.sent[rig.n_taken % RIG_SENT_MOST];
			uint8_t bytes[RIG_MTU];

			rpmsg_put_header(bytes, m->src, m->dst, m->len);
			memcpy(bytes + RPMSG_HEADER_LEN, m->payload, m->len);
			remote.service->hear(remote.state, bytes, RPMSG_HEADER_LEN + m->len,
					     &remote.mouth);
			rig_take(&rig, 1);
			next = 0;
		} else if (next != TIME_NEVER) {
			next = remote.service->tick(remote.state, 0, &remote.mouth);
		} else if (mouth_is_empty(&remote.mouth)) {
			return;
		}
	}
	ck_abort_msg("no end");
}

static void setup(void)
{
	rig_init(&rig);
	speaker_open(&remote, "rpmsg", 1);
	exchange();
}

static void teardown(void)
{
	rig_fini(&rig);
	speaker_close(&remote);
}

static void open_named(struct rig_user *u, const char *name, uint32_t addr)
{
	unsigned int chan;

	ck_assert_ptr_nonnull(rig_find(&rig, name, addr, &chan));
	rig_open(u, &rig, chan, false);
}

static void ask(struct rig_user *u, const char *text)
{
	u->n_heard = 0;
	ck_assert_int_eq(rig_send(u, text), LINK_OK);
	exchange();
}

START_TEST(test_everything_is_announced_at_start)
{
	ck_assert_uint_eq(rig_count(&rig), REMOTE_PEERS - REMOTE_ECHO);
	ck_assert_uint_eq(rpmsg_bus_counts(rig.bus)->refused, 0);
}
END_TEST

START_TEST(test_echo_raw_and_tty_say_what_they_hear)
{
	static const struct { const char *name; uint32_t addr; } who[] = {
		{ "rpmsg-echo", REMOTE_ECHO }, { "rpmsg-tty", REMOTE_TTY },
		{ "rpmsg-raw", REMOTE_RAW },
	};
	struct rig_user u;

	open_named(&u, who[_i].name, who[_i].addr);
	ask(&u, "is anybody there?");
	ck_assert(rig_heard(&u, 0, "is anybody there?"));
	rig_close(&u);
}
END_TEST

START_TEST(test_sample_answers_hello)
{
	struct rig_user u;

	open_named(&u, "rpmsg-client-sample", REMOTE_SAMPLE);
	ask(&u, "hello");
	ck_assert(rig_heard(&u, 0, "hello"));
	ask(&u, "hello world!");
	ck_assert(rig_heard(&u, 0, "hello world!"));
	rig_close(&u);
}
END_TEST

START_TEST(test_flooder_says_as_many_as_it_is_told)
{
	struct rig_user u;

	open_named(&u, "rpmsg-flood", REMOTE_FLOOD);
	ask(&u, "50");
	ck_assert_uint_eq(u.n_heard, 50);
	ck_assert(rig_heard(&u, 0, "flood 1 of 50\n"));
	ck_assert(rig_heard(&u, 49, "flood 50 of 50\n"));
	ask(&u, "nonsense");
	ck_assert_uint_eq(u.n_heard, 0);
	rig_close(&u);
}
END_TEST

START_TEST(test_endpoint_of_the_host_is_greeted_and_answered)
{
	struct rig_user u;
	unsigned int chan;

	ck_assert_int_eq(rpmsg_bus_create(rig.bus, "ours", RPMSG_ADDR_ANY, RPMSG_ADDR_ANY, true,
					  &chan), 0);
	rig_open(&u, &rig, chan, false);
	exchange();
	ck_assert(rig_heard(&u, 0, "hello ours"));
	ask(&u, "and hello to you");
	ck_assert(rig_heard(&u, 0, "and hello to you"));
	rpmsg_bus_destroy(rig.bus, chan, -ENODEV);
	exchange();
	ck_assert(!((struct remote *)remote.state)->peers[0].is_there);
}
END_TEST

/* After any lie the liar still answers, and echo still echoes. */
START_TEST(test_every_lie_is_survived)
{
	static const unsigned int groups[] = { 61, 62, 63, 65, 66 };
	unsigned int group = groups[_i], chan;
	struct rig_user echo, liar;

	rpmsg_bus_create(rig.bus, "ours", RPMSG_ADDR_ANY, RPMSG_ADDR_ANY, true, &chan);
	exchange();
	open_named(&echo, "rpmsg-echo", REMOTE_ECHO);
	open_named(&liar, "rpmsg-liar", REMOTE_LIAR);
	ck_assert_uint_gt(remote_lies(group), 0);
	for (unsigned int n = 1; n <= remote_lies(group); n++) {
		char command[16], answer[32];

		snprintf(command, sizeof(command), "F%u %u", group, n);
		snprintf(answer, sizeof(answer), "lied %s\n", command);
		ask(&liar, command);
		ck_assert(rig_heard(&liar, liar.n_heard - 1, answer));
		ask(&echo, answer);
		ck_assert(rig_heard(&echo, 0, answer));
		ck_assert_str_eq(rpmsg_bus_endpoint(rig.bus, chan)->name, "ours");
	}
	ask(&liar, "truth");
	ck_assert(rig_heard(&liar, 0, "what?\n"));
	rig_close(&echo);
	rig_close(&liar);
}
END_TEST

START_TEST(test_remote_survives_a_host_that_lies)
{
	uint8_t message[64] = { 0 };

	for (uint32_t len = 1; len < sizeof(message); len++)
		for (uint32_t says = 0; says < 80; says += 7)
			for (uint32_t dst = 50; dst < 1100; dst++) {
				rpmsg_put_header(message, 9, dst, says);
				remote.service->hear(remote.state, message, len, &remote.mouth);
				speaker_listen(&remote);
			}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("rpmsg-remote");
	TCase *c = tcase_create("remote");

	tcase_set_timeout(c, 60);
	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, test_everything_is_announced_at_start);
	tcase_add_loop_test(c, test_echo_raw_and_tty_say_what_they_hear, 0, 3);
	tcase_add_test(c, test_sample_answers_hello);
	tcase_add_test(c, test_flooder_says_as_many_as_it_is_told);
	tcase_add_test(c, test_endpoint_of_the_host_is_greeted_and_answered);
	tcase_add_loop_test(c, test_every_lie_is_survived, 0, 5);
	tcase_add_test(c, test_remote_survives_a_host_that_lies);
	suite_add_tcase(s, c);
	return suite_run(s);
}
