#include "io/log.h"
#include "io/unixsock.h"
#include "serve/peer.h"
#include "tests/suite.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* Messages of one byte. */
static size_t one(const void *header)
{
	(void)header;
	return 1;
}

static const struct msgsock_format format = { 1, 1, one };

static struct rig {
	struct loop *loop;
	struct peer peer;
	char dir[32], path[64];
	unsigned int n_messages, n_left;
	int status;		/* of the next message */
} rig;

static int on_message(void *user)
{
	struct rig *r = user;

	r->n_messages++;
	return r->status;
}

static void on_left(void *user)
{
	struct rig *r = user;

	r->n_left++;
}

static const struct peer_ops ops = { "client", &format, on_message, on_left };

static void setup(void)
{
	struct text why = { 0 };

	rig = (struct rig){ .dir = "/tmp/mhifs-test.XXXXXX" };
	ck_assert_ptr_nonnull(mkdtemp(rig.dir));
	snprintf(rig.path, sizeof(rig.path), "%s/sock", rig.dir);
	rig.loop = loop_new();
	ck_assert_ptr_nonnull(rig.loop);
	peer_init(&rig.peer, rig.loop, &ops, &rig);
	ck_assert_int_eq(peer_listen(&rig.peer, rig.path, &why), 0);
	text_fini(&why);
}

static void teardown(void)
{
	peer_close(&rig.peer);
	peer_close(&rig.peer);
	ck_assert_int_ne(access(rig.path, F_OK), 0);
	loop_free(rig.loop);
	ck_assert_int_eq(rmdir(rig.dir), 0);
}

static int attach(void)
{
	struct text why = { 0 };
	int fd = unixsock_connect(rig.path, &why);

	ck_assert_int_ge(fd, 0);
	text_fini(&why);
	return fd;
}

static void turns(unsigned int n)
{
	while (n--)
		loop_turn(rig.loop, false);
}

START_TEST(test_the_next_waits_until_the_first_left)
{
	int first = attach(), second = attach();

	ck_assert_int_eq(write(second, "b", 1), 1);
	turns(10);
	ck_assert_uint_eq(rig.n_messages, 0);
	close(first);
	turns(10);
	ck_assert_uint_eq(rig.n_left, 1);
	ck_assert_uint_eq(rig.n_messages, 1);
	close(second);
}
END_TEST

START_TEST(test_one_that_talks_without_end_leaves_turns_to_others)
{
	char many[1000] = { 0 };
	int fd = attach();

	turns(1);
	ck_assert_int_eq(write(fd, many, sizeof(many)), sizeof(many));
	turns(1);
	ck_assert_uint_gt(rig.n_messages, 0);
	ck_assert_uint_lt(rig.n_messages, 100);
	turns(1000);
	ck_assert_uint_eq(rig.n_messages, sizeof(many));
	close(fd);
}
END_TEST

START_TEST(test_a_message_may_end_the_connection)
{
	char byte;
	int fd = attach();

	rig.status = -EPROTO;
	ck_assert_int_eq(write(fd, "ab", 2), 2);
	turns(10);
	ck_assert_uint_eq(rig.n_messages, 1);
	ck_assert_uint_eq(rig.n_left, 1);
	/* The byte that nobody took may make it a reset. */
	ck_assert_int_le(read(fd, &byte, 1), 0);
	close(fd);
}
END_TEST

/* As many descriptors as are open now, and not one more. */
static struct rlimit no_more_descriptors(void)
{
	struct rlimit before, now;
	int free_fd = dup(0);

	ck_assert_int_ge(free_fd, 0);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
	now = before;
	now.rlim_cur = (rlim_t)free_fd;
	close(free_fd);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &now), 0);
	return before;
}

START_TEST(test_f81_without_descriptors_it_rests_and_listens_again)
{
	struct timers *t = loop_timers(rig.loop);
	struct rlimit before;
	int fd = attach(), later;

	before = no_more_descriptors();
	turns(10);
	ck_assert_ptr_null(rig.peer.listen_watch);	/* or each turn would end at once */
	ck_assert_int_lt(rig.peer.sock.fd, 0);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
	timers_advance(t, t->now_us + 1000000);
	later = attach();	/* valgrind has swallowed the first */
	turns(10);
	ck_assert_int_ge(rig.peer.sock.fd, 0);
	close(later);
	close(fd);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("peer");
	TCase *tc = tcase_create("peer");

	suite_add_tcase(suite, tc);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_the_next_waits_until_the_first_left);
	tcase_add_test(tc, test_one_that_talks_without_end_leaves_turns_to_others);
	tcase_add_test(tc, test_a_message_may_end_the_connection);
	tcase_add_test(tc, test_f81_without_descriptors_it_rests_and_listens_again);
	return suite_run(suite);
}
