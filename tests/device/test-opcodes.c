/* Every request type of the protocol with nodes and handles that are not, of
 * another kind, or no longer: an errno, and nothing changes. */
#include "raw.h"
#include "tests/suite.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

enum { TIMEOUT_S = 60, NOBODY = 0xdead, MOST_BODY = 256, STORM = 20000 };

static struct raw raw;
static uint64_t channel, directory;	/* nodes */

static void setup(void)
{
	raw_start(&raw, "", "loopback");
	channel = raw_node(&raw, "LOOPBACK");
	ck_assert_int_eq(raw_lookup(&raw, FUSE_ROOT_ID, "mhi0", &directory), 0);
}

static void teardown(void)
{
	raw_stop(&raw);
}

/* What follows the header: @fixed bytes, all 0 but for the handle, and names. */
static const struct opcode {
	uint32_t opcode;
	int fixed;
	int handle_at;	/* -1: it has none */
	const char *names;
	size_t names_len;
	int error;	/* with a node and a handle that are not */
} opcodes[] = {
	{ FUSE_LOOKUP, 0, -1, "state", 6, ENOENT },
	{ FUSE_GETATTR, 16, 8, NULL, 0, ENOENT },
	{ FUSE_SETATTR, 88, 8, NULL, 0, ENOENT },
	{ FUSE_READLINK, 0, -1, NULL, 0, ENOENT },
	{ FUSE_SYMLINK, 0, -1, "a\0b", 4, EPERM },
	{ FUSE_MKNOD, 16, -1, "a", 2, EPERM },
	{ FUSE_MKDIR, 8, -1, "a", 2, EPERM },
	{ FUSE_UNLINK, 0, -1, "LOOPBACK", 9, EPERM },
	{ FUSE_RMDIR, 0, -1, "mhi0", 5, EPERM },
	{ FUSE_RENAME, 8, -1, "a\0b", 4, EPERM },
	{ FUSE_LINK, 8, -1, "a", 2, EPERM },
	{ FUSE_OPEN, 8, -1, NULL, 0, ENOENT },
	{ FUSE_READ, 40, 0, NULL, 0, EBADF },
	{ FUSE_WRITE, 40, 0, NULL, 0, EBADF },
	{ FUSE_STATFS, 0, -1, NULL, 0, 0 },
	{ FUSE_RELEASE, 24, 0, NULL, 0, EBADF },
	{ FUSE_FSYNC, 16, 0, NULL, 0, ENOSYS },
	{ FUSE_SETXATTR, 8, -1, "user.a\0b", 9, ENOTSUP },
	{ FUSE_GETXATTR, 8, -1, "user.a", 7, ENODATA },
	{ FUSE_LISTXATTR, 8, -1, NULL, 0, 0 },
	{ FUSE_REMOVEXATTR, 0, -1, "user.a", 7, ENOTSUP },
	{ FUSE_FLUSH, 24, 0, NULL, 0, EBADF },
	{ FUSE_INIT, 64, -1, NULL, 0, EIO },
	{ FUSE_OPENDIR, 8, -1, NULL, 0, ENOENT },
	{ FUSE_READDIR, 40, 0, NULL, 0, EBADF },
	{ FUSE_RELEASEDIR, 24, 0, NULL, 0, EBADF },
	{ FUSE_FSYNCDIR, 16, 0, NULL, 0, ENOSYS },
	{ FUSE_GETLK, 48, 0, NULL, 0, ENOSYS },
	{ FUSE_SETLK, 48, 0, NULL, 0, ENOSYS },
	{ FUSE_SETLKW, 48, 0, NULL, 0, ENOSYS },
	{ FUSE_ACCESS, 8, -1, NULL, 0, ENOSYS },
	{ FUSE_CREATE, 16, -1, "a", 2, EPERM },
	{ FUSE_BMAP, 16, -1, NULL, 0, ENOSYS },
	{ FUSE_IOCTL, 32, 0, NULL, 0, EBADF },
	{ FUSE_POLL, 24, 0, NULL, 0, EBADF },
	{ FUSE_FALLOCATE, 32, 0, NULL, 0, ENOSYS },
	{ FUSE_READDIRPLUS, 40, 0, NULL, 0, ENOSYS },
	{ FUSE_RENAME2, 16, -1, "a\0b", 4, EPERM },
	{ FUSE_LSEEK, 24, 0, NULL, 0, ENOSYS },
	{ FUSE_COPY_FILE_RANGE, 56, 0, NULL, 0, ENOSYS },
	{ FUSE_SETUPMAPPING, 48, 0, NULL, 0, ENOSYS },
	{ FUSE_REMOVEMAPPING, 8, -1, NULL, 0, ENOSYS },
	{ FUSE_SYNCFS, 8, -1, NULL, 0, ENOSYS },
	{ 51 /* TMPFILE */, 16, -1, NULL, 0, ENOSYS },
	{ 52 /* STATX */, 24, 8, NULL, 0, ENOSYS },
	{ CUSE_INIT, 16, -1, NULL, 0, EIO },
	{ 0, 0, -1, NULL, 0, ENOSYS },
	{ 7, 0, -1, NULL, 0, ENOSYS },
	{ 0x7fffffff, 64, -1, NULL, 0, ENOSYS },
};

static const struct opcode *find(uint32_t opcode)
{
	const struct opcode *o = opcodes;

	while (o->opcode != opcode)
		o++;
	return o;
}

static int ask(const struct opcode *o, uint64_t node, uint64_t handle)
{
	uint8_t body[MOST_BODY] = { 0 };

	if (o->handle_at >= 0)
		memcpy(body + o->handle_at, &handle, sizeof(handle));
	if (o->names)
		memcpy(body + o->fixed, o->names, o->names_len);
	return -raw_ask(&raw, o->opcode, node, body, (size_t)o->fixed + o->names_len);
}

static const char *remember(void)
{
	static char before[65536];

	snprintf(before, sizeof(before), "%s", raw_show(&raw, "stats"));
	return before;
}

static void expect_unchanged(const char *before)
{
	ck_assert_str_eq(raw_show(&raw, "stats"), before);
	ck_assert(raw_has(&raw, "state", "state=ready"));
}

START_TEST(test_f78_node_and_handle_that_are_not)
{
	const struct opcode *o = &opcodes[_i];
	const char *before = remember();

	ck_assert_msg(ask(o, NOBODY, 0x5555aaaa) == o->error, "opcode %u: %s", o->opcode,
		      strerror(-raw_ask(&raw, FUSE_STATFS, 1, NULL, 0)));
	expect_unchanged(before);
}
END_TEST

/* --- handles --- */

static const uint32_t with_handle[] = {
	FUSE_READ, FUSE_WRITE, FUSE_FLUSH, FUSE_POLL, FUSE_IOCTL, FUSE_RELEASE,
	FUSE_READDIR, FUSE_RELEASEDIR,
};

static bool is_of_directory(uint32_t opcode)
{
	return opcode == FUSE_READDIR || opcode == FUSE_RELEASEDIR;
}

static uint64_t open_directory(void)
{
	struct fuse_open_in in = { 0 };

	ck_assert_int_eq(raw_ask(&raw, FUSE_OPENDIR, directory, &in, sizeof(in)), 0);
	return raw_handle(&raw);
}

static uint64_t open_channel(void)
{
	return raw_open(&raw, "LOOPBACK", O_RDWR | O_NONBLOCK);
}

static void expect_bad_handle(uint32_t opcode, uint64_t handle)
{
	uint64_t node = is_of_directory(opcode) ? directory : channel;

	ck_assert_int_eq(ask(find(opcode), node, handle), EBADF);
}

static void release_directory(uint64_t handle)
{
	ck_assert_int_eq(ask(find(FUSE_RELEASEDIR), directory, handle), 0);
}

START_TEST(test_f78_handle_that_never_was)
{
	const char *before = remember();

	expect_bad_handle(with_handle[_i], 0);
	expect_bad_handle(with_handle[_i], 1);
	expect_bad_handle(with_handle[_i], UINT32_MAX);
	expect_bad_handle(with_handle[_i], UINT64_MAX);
	expect_bad_handle(with_handle[_i], UINT64_MAX / 2 + 1);
	expect_unchanged(before);
}
END_TEST

START_TEST(test_f78_handle_of_the_other_kind)
{
	uint64_t file = open_channel(), dir = open_directory();
	const char *before = remember();

	expect_bad_handle(with_handle[_i], is_of_directory(with_handle[_i]) ? file : dir);
	expect_unchanged(before);
	release_directory(dir);
	ck_assert_int_eq(raw_release(&raw, channel, file), 0);
}
END_TEST

START_TEST(test_f78_handle_that_was_released)
{
	bool is_dir = is_of_directory(with_handle[_i]);
	uint64_t old = is_dir ? open_directory() : open_channel(), next;

	ck_assert_int_eq(ask(find(is_dir ? FUSE_RELEASEDIR : FUSE_RELEASE), channel, old), 0);
	expect_bad_handle(with_handle[_i], old);
	/* Nor is it the one that has its place now. */
	next = is_dir ? open_directory() : open_channel();
	expect_bad_handle(with_handle[_i], old);
	ck_assert_int_eq(ask(find(is_dir ? FUSE_RELEASEDIR : FUSE_RELEASE), channel, next), 0);
}
END_TEST

/* --- nodes --- */

START_TEST(test_f78_directory_is_no_file)
{
	uint64_t by_path, link;

	ck_assert_int_eq(raw_lookup(&raw, FUSE_ROOT_ID, "by-path", &by_path), 0);
	ck_assert_int_eq(raw_lookup(&raw, by_path, "loopback-0", &link), 0);
	ck_assert_int_eq(ask(find(FUSE_OPEN), FUSE_ROOT_ID, 0), EISDIR);
	ck_assert_int_eq(ask(find(FUSE_OPEN), directory, 0), EISDIR);
	ck_assert_int_eq(ask(find(FUSE_OPEN), by_path, 0), EISDIR);
	ck_assert_int_eq(ask(find(FUSE_OPEN), link, 0), ELOOP);
	ck_assert_int_eq(ask(find(FUSE_READLINK), directory, 0), EINVAL);
	ck_assert_int_eq(ask(find(FUSE_READLINK), link, 0), 0);
}
END_TEST

START_TEST(test_f78_file_is_no_directory)
{
	uint64_t below, handle;

	ck_assert_int_eq(raw_lookup(&raw, channel, "state", &below), -ENOTDIR);
	ck_assert_int_eq(ask(find(FUSE_OPENDIR), channel, 0), ENOTDIR);
	ck_assert_int_eq(ask(find(FUSE_READLINK), channel, 0), EINVAL);
	handle = open_directory();
	ck_assert_int_eq(ask(find(FUSE_READDIR), channel, handle), ENOTDIR);
	release_directory(handle);
}
END_TEST

static void forget(uint64_t node, uint64_t n)
{
	struct fuse_forget_in in = { .nlookup = n };

	raw_send(&raw, FUSE_FORGET, node, &in, sizeof(in));
}

static void forget_all(uint64_t node, uint32_t n)
{
	struct fuse_batch_forget_in in = { .count = n };
	static uint8_t body[64 * 1024];
	struct fuse_forget_one one = { .nodeid = node, .nlookup = UINT64_MAX };

	memcpy(body, &in, sizeof(in));
	for (uint32_t i = 0; i < n; i++, one.nodeid++)
		memcpy(body + sizeof(in) + i * sizeof(one), &one, sizeof(one));
	raw_send(&raw, FUSE_BATCH_FORGET, 0, body, sizeof(in) + n * sizeof(one));
}

START_TEST(test_f78_forgotten_more_often_than_known)
{
	const char *before = remember();

	forget(NOBODY, 1);
	forget(0, UINT64_MAX);
	forget(UINT64_MAX, UINT64_MAX);
	forget(FUSE_ROOT_ID, UINT64_MAX);
	forget(channel, UINT64_MAX);
	forget(channel, UINT64_MAX);
	forget_all(FUSE_ROOT_ID, 1000);
	forget_all(UINT64_MAX - 500, 1000);
	expect_unchanged(before);
}
END_TEST

START_TEST(test_f78_open_file_outlives_that_it_is_forgotten)
{
	uint64_t file = open_channel();
	uint8_t echo[5];

	forget(channel, UINT64_MAX);
	ck_assert_int_eq(raw_wait(&raw, raw_send_write(&raw, channel, file, "hello", 5, 0)), 0);
	ck_assert_int_eq(raw_wait(&raw, raw_send_read(&raw, channel, file, 100)), 0);
	memcpy(echo, raw.bytes, 5);
	ck_assert_mem_eq(echo, "hello", 5);
	ck_assert_int_eq(raw_release(&raw, channel, file), 0);
	ck_assert(raw_has(&raw, "state", "state=ready"));
}
END_TEST

static unsigned int resident_pages(void)
{
	char path[64];
	unsigned int size, resident = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/statm", (int)raw.m.pid);
	f = fopen(path, "re");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(fscanf(f, "%u %u", &size, &resident), 2);
	fclose(f);
	return resident;
}

START_TEST(test_f78_storm_of_names_and_of_forgetting)
{
	unsigned int before = 0;
	uint64_t node;

	for (unsigned int i = 0; i < STORM; i++) {
		ck_assert_int_eq(raw_lookup(&raw, directory, i % 2 ? "state" : "DIAG", &node), 0);
		ck_assert_int_eq(raw_lookup(&raw, directory, "none", &node), -ENOENT);
		forget(node, i % 3 ? 1 : UINT64_MAX);
		if (i == STORM / 4)
			before = resident_pages();
	}
	ck_assert(raw_has(&raw, "state", "state=ready"));
	/* Sanitizers keep what was freed for a while. */
	ck_assert_uint_le(resident_pages(), before + before / 2);
}
END_TEST

/* The kernel waits for all calls before; somebody else may not. */
START_TEST(test_f78_release_of_a_file_with_calls_that_wait)
{
	static const char *const files[] = { "LOOPBACK", "events" };
	uint64_t node = raw_node(&raw, files[_i]), reads[3], file, other;

	WAIT_FOR(raw_has(&raw, "stats", "LOOPBACK.state=closed"));
	file = raw_open(&raw, files[_i], _i ? O_RDONLY : O_RDWR);
	other = raw_open(&raw, files[_i], O_RDONLY);	/* the channel goes on */
	for (int i = 0; i < 3; i++)
		reads[i] = raw_send_read(&raw, node, file, 65536);
	ck_assert(!raw_is_answered(&raw, reads[2]));
	ck_assert_int_eq(raw_release(&raw, node, file), 0);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(raw_wait(&raw, reads[i]), -ENODEV);
	ck_assert_int_eq(raw_release(&raw, node, other), 0);
	ck_assert(raw_has(&raw, "state", "state=ready"));
}
END_TEST

START_TEST(test_f78_write_to_a_file_that_only_shows)
{
	uint64_t node = raw_node(&raw, "state"), file = raw_open(&raw, "state", O_RDONLY);

	ck_assert_int_eq(raw_wait(&raw, raw_send_write(&raw, node, file, "on", 2, 0)), -EACCES);
	ck_assert_int_eq(raw_release(&raw, node, file), 0);
	ck_assert(raw_has(&raw, "state", "state=ready"));
}
END_TEST

START_TEST(test_f78_end_of_the_session_is_the_end_of_the_daemon)
{
	struct raw other;

	raw_start(&other, "", "loopback");
	ck_assert_int_eq(raw_ask(&other, FUSE_DESTROY, 0, NULL, 0), 0);
	raw_stop(&other);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("opcodes");
	TCase *t = tcase_create("opcodes");

	mount_skip_unless_possible();
	tcase_set_timeout(t, TIMEOUT_S);
	tcase_add_unchecked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, test_f78_node_and_handle_that_are_not, 0, ARRAY_SIZE(opcodes));
	tcase_add_loop_test(t, test_f78_handle_that_never_was, 0, ARRAY_SIZE(with_handle));
	tcase_add_loop_test(t, test_f78_handle_of_the_other_kind, 0, ARRAY_SIZE(with_handle));
	tcase_add_loop_test(t, test_f78_handle_that_was_released, 0, ARRAY_SIZE(with_handle));
	tcase_add_test(t, test_f78_directory_is_no_file);
	tcase_add_test(t, test_f78_file_is_no_directory);
	tcase_add_test(t, test_f78_forgotten_more_often_than_known);
	tcase_add_test(t, test_f78_open_file_outlives_that_it_is_forgotten);
	tcase_add_test(t, test_f78_storm_of_names_and_of_forgetting);
	tcase_add_loop_test(t, test_f78_release_of_a_file_with_calls_that_wait, 0, 2);
	tcase_add_test(t, test_f78_write_to_a_file_that_only_shows);
	tcase_add_test(t, test_f78_end_of_the_session_is_the_end_of_the_daemon);
	suite_add_tcase(s, t);
	return suite_run(s);
}
