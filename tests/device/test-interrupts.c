/* Interrupts as the kernel sends them: before the request, while it waits, after
 * its answer, and for one that never was.  What was interrupted took nothing. */
#include "raw.h"
#include "tests/suite.h"
#include <errno.h>
#include <fcntl.h>

enum { MTU = 32768, TIMEOUT_S = 60, ALL_OF_IT = 65536 };

/* A call that waits, and what lets it go on. */
static const struct kind {
	const char *name, *device, *file;
	uint64_t (*ask)(void);
	void (*before)(void);	/* makes the next ask() wait; may be NULL */
	void (*grant)(void);	/* what it waits for; NULL: time */
	size_t len;		/* of the answer then */
} *kind;

static struct raw raw;
static uint64_t node, file;
static unsigned int n_full;	/* messages that nobody read yet */
static uint8_t bytes[MTU];

static void open_file(void)
{
	node = raw_node(&raw, kind->file);
	file = raw_open(&raw, kind->file, O_RDWR);
}

static uint64_t ask_read(void)
{
	return raw_send_read(&raw, node, file, ALL_OF_IT);
}

static void say_something(void)
{
	ck_assert_int_eq(raw_wait(&raw, raw_send_write(&raw, node, file, "four", 4, 0)), 0);
}

/* Until the device takes no more, as nobody reads what it echoes. */
static void fill(void)
{
	open_file();
	for (int full = 0; full < 20; full++, usleep(2000))
		while (!raw_wait(&raw, raw_send_write(&raw, node, file, bytes, MTU,
						      O_NONBLOCK))) {
			n_full++;
			full = 0;
		}
}

static void read_one(void)
{
	ck_assert_int_eq(raw_wait(&raw, ask_read()), 0);
	ck_assert_uint_eq(raw.len, MTU);
	n_full--;
}

static void read_all_of_it(void)
{
	while (n_full)
		read_one();
}

static uint64_t ask_write(void)
{
	return raw_send_write(&raw, node, file, bytes, MTU, 0);
}

static uint64_t ask_flush(void)
{
	return raw_send_flush(&raw, node, file);
}

static void find_file(void)
{
	node = raw_node(&raw, kind->file);
}

static uint64_t ask_open(void)
{
	return raw_send_open(&raw, node, O_RDWR);
}

static uint64_t ask_suspend(void)
{
	return raw_send_write(&raw, node, file, "suspend", 7, 0);
}

static uint64_t ask_events(void)
{
	return raw_send_read(&raw, node, file, ALL_OF_IT);
}

static void open_events(void)
{
	node = raw_node(&raw, kind->file);
	file = raw_open(&raw, kind->file, O_RDONLY);
}

static void make_event(void)
{
	raw_open(&raw, "TEST_0", O_WRONLY);
}

static const struct kind kinds[] = {
	{ "read", "loopback", "LOOPBACK", ask_read, open_file, say_something, 4 },
	{ "write", "loopback", "LOOPBACK", ask_write, fill, read_one,
	  sizeof(struct fuse_write_out) },
	{ "flush", "loopback", "LOOPBACK", ask_flush, fill, read_all_of_it, 0 },
	{ "open", "loopback,command_us=800000", "LOOPBACK", ask_open, find_file, NULL,
	  sizeof(struct fuse_open_out) },
	{ "power", "loopback,m3_us=800000", "power", ask_suspend, open_file, NULL,
	  sizeof(struct fuse_write_out) },
	{ "events", "loopback", "events", ask_events, open_events, make_event, 0 },
};

static void begin(int i)
{
	kind = &kinds[i];
	raw_start(&raw, "", kind->device);
	kind->before();
}

static void expect_granted(uint64_t unique)
{
	if (kind->grant)
		kind->grant();
	ck_assert_msg(raw_wait(&raw, unique) == 0, "%s", kind->name);
	if (kind->len)
		ck_assert_uint_eq(raw.len, kind->len);
}

/* The next one of its kind gets all that the interrupted one did not take. */
static void expect_whole(void)
{
	if (kind->ask == ask_suspend)	/* its first wish goes on */
		WAIT_FOR(raw_has(&raw, "state", "state=suspended"));
	else
		expect_granted(kind->ask());
	raw_stop(&raw);
}

START_TEST(test_f73_interrupt_that_comes_before_its_request)
{
	uint64_t unique;

	begin(_i);
	raw_interrupt(&raw, raw.unique + 2);
	unique = kind->ask();
	ck_assert_msg(raw_wait(&raw, unique) == -EINTR, "%s", kind->name);
	expect_whole();
}
END_TEST

START_TEST(test_f73_interrupt_of_a_request_that_waits)
{
	uint64_t unique;

	begin(_i);
	unique = kind->ask();
	ck_assert(!raw_is_answered(&raw, unique));
	raw_interrupt(&raw, unique);
	ck_assert_msg(raw_wait(&raw, unique) == -EINTR, "%s", kind->name);
	expect_whole();
}
END_TEST

START_TEST(test_f73_interrupt_behind_the_answer)
{
	uint64_t unique, interrupt;

	begin(_i);
	unique = kind->ask();
	expect_granted(unique);
	interrupt = raw_interrupt(&raw, unique);
	/* Unknown by now: the kernel may ask again, or knows better. */
	ck_assert_int_eq(raw_ask(&raw, FUSE_STATFS, FUSE_ROOT_ID, NULL, 0), 0);
	ck_assert_int_eq(raw_wait(&raw, interrupt), -EAGAIN);
	ck_assert(raw_has(&raw, "state", kind->ask == ask_suspend ? "state=suspended" :
								    "state=ready"));
	raw_stop(&raw);
}
END_TEST

START_TEST(test_f73_interrupt_of_a_request_that_never_was)
{
	uint64_t unique, interrupt;

	begin(_i);
	unique = kind->ask();
	interrupt = raw_interrupt(&raw, unique + 1000);
	ck_assert(!raw_is_answered(&raw, unique));
	ck_assert_int_eq(raw_wait(&raw, interrupt), -EAGAIN);
	expect_granted(unique);
	raw_stop(&raw);
}
END_TEST

/* As the kernel does when the client is killed with more than one signal. */
START_TEST(test_f73_interrupt_twice)
{
	uint64_t unique;

	begin(_i);
	unique = kind->ask();
	raw_interrupt(&raw, unique);
	raw_interrupt(&raw, unique);
	ck_assert_msg(raw_wait(&raw, unique) == -EINTR, "%s", kind->name);
	expect_whole();
}
END_TEST

int main(void)
{
	Suite *s = suite_create("interrupts");
	TCase *t = tcase_create("interrupts");

	mount_skip_unless_possible();
	tcase_set_timeout(t, TIMEOUT_S);
	tcase_add_loop_test(t, test_f73_interrupt_that_comes_before_its_request, 0,
			    ARRAY_SIZE(kinds));
	tcase_add_loop_test(t, test_f73_interrupt_of_a_request_that_waits, 0, ARRAY_SIZE(kinds));
	tcase_add_loop_test(t, test_f73_interrupt_behind_the_answer, 0, ARRAY_SIZE(kinds));
	tcase_add_loop_test(t, test_f73_interrupt_of_a_request_that_never_was, 0,
			    ARRAY_SIZE(kinds));
	tcase_add_loop_test(t, test_f73_interrupt_twice, 0, ARRAY_SIZE(kinds));
	suite_add_tcase(s, t);
	return suite_run(s);
}
