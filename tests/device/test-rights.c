/* Who may open what: root, a user of the files' group, and anybody. */
#include "client.h"
#include "shared.h"
#include "tests/suite.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

enum { NOBODY = 65534, MEMBER = 65533 };

enum right { R = 1, W = 2 };

/* What the group and what everybody may; root may both. */
struct row {
	const char *name;
	mode_t mode;
	unsigned int group, others;
};

static const struct row files[] = {
	{ "LOOPBACK", 0660, R | W, 0 },
	{ "QMI", 0660, R | W, 0 },
	{ "MBIM", 0660, R | W, 0 },
	{ "DUN", 0660, R | W, 0 },
	{ "IPCR", 0660, R | W, 0 },
	{ "IP_HW0", 0660, R | W, 0 },
	{ "TEST_0", 0220, W, 0 },
	{ "TEST_1", 0440, R, 0 },
	{ "rpmsg/rpmsg-echo", 0660, R | W, 0 },
	{ "DIAG", 0600, 0, 0 },
	{ "SAHARA", 0600, 0, 0 },
	{ "EDL", 0600, 0, 0 },
	{ "BHI", 0600, 0, 0 },
	{ "FIREHOSE", 0600, 0, 0 },
	{ "QDSS", 0400, 0, 0 },
	{ "EFS", 0600, 0, 0 },
	{ "ADB", 0600, 0, 0 },
	{ "power", 0600, 0, 0 },
	{ "rpmsg/ctrl", 0600, 0, 0 },
	{ "state", 0444, R, R },
	{ "info", 0444, R, R },
	{ "stats", 0444, R, R },
	{ "events", 0444, R, R },
};

static const char conf[] =
	"device \"loopback-0\" {\n"
	"	channel \"TEST_0\" { ul = 60 dl = -1 }\n"
	"	channel \"TEST_1\" { ul = -1 dl = 63 }\n"
	"	channel \"SAHARA\" { ul = 2 dl = 3 event_ring = 1 }\n"
	"	channel \"QDSS\" { ul = -1 dl = 6 event_ring = 1 }\n"
	"	channel \"EFS\" { ul = 10 dl = 11 event_ring = 1 }\n"
	"	channel \"EDL\" { ul = 16 dl = 17 event_ring = 1 }\n"
	"	channel \"BHI\" { ul = 18 dl = 19 event_ring = 1 }\n"
	"	channel \"FIREHOSE\" { ul = 34 dl = 35 event_ring = 1 }\n"
	"	channel \"ADB\" { ul = 36 dl = 37 event_ring = 1 }\n"
	"}\n";

static gid_t group;	/* of the files */

static struct stat stat_of(const char *name)
{
	struct stat st;

	ck_assert_msg(!stat(mount_path(m, name), &st), "%s: %s", name, strerror(errno));
	return st;
}

static void start(void)
{
	char path[96], options[128];
	FILE *f;

	mount_init(m);
	snprintf(path, sizeof(path), "%s/conf", m->base);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	fputs(conf, f);
	fclose(f);
	snprintf(options, sizeof(options), "-c %s", path);
	mount_start(m, options);
	unlink(path);
	group = stat_of("LOOPBACK").st_gid;
}

/* The errno of an open, 0 when it went well. */
static int try_open(const char *name, int flags)
{
	int fd = open(mount_path(m, name), flags | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

static bool is_as_said(const struct row *row, unsigned int rights)
{
	return try_open(row->name, O_RDONLY) == (rights & R ? 0 : EACCES) &&
	       try_open(row->name, O_WRONLY) == (rights & W ? 0 : EACCES) &&
	       try_open(row->name, O_RDWR) == (rights == (R | W) ? 0 : EACCES);
}

static int find_wrong(bool is_member)
{
	for (int i = 0; i < (int)ARRAY_SIZE(files); i++)
		if (!is_as_said(&files[i], is_member ? files[i].group : files[i].others))
			return i + 1;
	return 0;
}

static int open_as_member(void *user)
{
	(void)user;
	return become(MEMBER, group) ? 200 : find_wrong(true);
}

static int open_as_nobody(void *user)
{
	(void)user;
	return become(NOBODY, NOBODY) ? 200 : find_wrong(false);
}

static int as(int (*fn)(void *user))
{
	return child_join(child_start(fn, NULL));
}

static void ck_as(int (*fn)(void *user))
{
	int r = as(fn);

	ck_assert_msg(!r, "%d: %s", r, r > 0 && r <= (int)ARRAY_SIZE(files) ?
		      files[r - 1].name : "");
}

START_TEST(test_modes_are_those_of_the_manual)
{
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		struct stat st = stat_of(files[i].name);

		ck_assert_msg(st.st_mode == (S_IFREG | files[i].mode), "%s is 0%o",
			      files[i].name, st.st_mode);
		ck_assert_uint_eq(st.st_uid, 0);
	}
}
END_TEST

START_TEST(test_the_group_opens_what_is_its_own)
{
	ck_as(open_as_member);
}
END_TEST

START_TEST(test_anybody_reads_attributes_and_nothing_else)
{
	ck_as(open_as_nobody);
}
END_TEST

/* Other files of one device, other ways than open. */
static int reach_around(void *user)
{
	struct stat st;

	(void)user;
	if (become(MEMBER, group))
		return 200;
	if (try_open("dump", O_RDONLY | O_DIRECTORY) != EACCES)
		return 101;
	if (!stat(mount_path(m, "dump/crash-1.txt"), &st) || errno != EACCES)
		return 102;
	if (!chmod(mount_path(m, "LOOPBACK"), 0666) || errno != EPERM)
		return 103;
	if (!chown(mount_path(m, "LOOPBACK"), MEMBER, group) || errno != EPERM)
		return 104;
	if (!truncate(mount_path(m, "DIAG"), 0) || errno != EACCES)
		return 105;
	if (!unlink(mount_path(m, "LOOPBACK")) || errno != EACCES)
		return 106;
	return mount_store(m, "power", "reset") == -EACCES ? 0 : 107;
}

START_TEST(test_there_is_no_way_around)
{
	ck_as(reach_around);
	ck_assert(mount_state_is(m, "ready"));
}
END_TEST

static int open_loopback(void *user)
{
	(void)user;
	return become(MEMBER, group) ? 200 : try_open("LOOPBACK", O_RDWR);
}

static int open_diag(void *user)
{
	(void)user;
	return become(NOBODY, NOBODY) ? 200 : try_open("DIAG", O_RDWR);
}

START_TEST(test_chmod_and_chown_decide_and_outlive_a_reset)
{
	ck_assert_int_eq(as(open_loopback), 0);
	ck_assert_int_eq(chmod(mount_path(m, "LOOPBACK"), 0600), 0);
	ck_assert_int_eq(as(open_loopback), EACCES);
	ck_assert_int_eq(as(open_diag), EACCES);
	ck_assert_int_eq(chown(mount_path(m, "DIAG"), NOBODY, NOBODY), 0);
	ck_assert_int_eq(as(open_diag), 0);
	ck_assert_int_eq(mount_store(m, "power", "reset"), 0);
	WAIT_FOR(try_open("LOOPBACK", O_RDWR) == 0);
	ck_assert_int_eq(as(open_loopback), EACCES);
	ck_assert_int_eq(as(open_diag), 0);
	ck_assert_int_eq(chown(mount_path(m, "DIAG"), 0, 0), 0);
	ck_assert_int_eq(chmod(mount_path(m, "LOOPBACK"), 0660), 0);
	ck_assert_int_eq(as(open_diag), EACCES);
	ck_assert_int_eq(as(open_loopback), 0);
}
END_TEST

/* An open file stays open, as on any file system. */
START_TEST(test_rights_are_asked_for_at_open)
{
	int fd = mount_open(m, "LOOPBACK", O_RDWR);
	char c;

	ck_assert_int_eq(chmod(mount_path(m, "LOOPBACK"), 0), 0);
	write_all(fd, "x", 1);
	read_all(fd, &c, 1);
	ck_assert_int_eq(chmod(mount_path(m, "LOOPBACK"), 0660), 0);
	close(fd);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("rights");
	TCase *tc = shared_case("rights", start);

	mount_skip_unless_possible();
	tcase_add_test(tc, test_modes_are_those_of_the_manual);
	tcase_add_test(tc, test_the_group_opens_what_is_its_own);
	tcase_add_test(tc, test_anybody_reads_attributes_and_nothing_else);
	tcase_add_test(tc, test_there_is_no_way_around);
	tcase_add_test(tc, test_chmod_and_chown_decide_and_outlive_a_reset);
	tcase_add_test(tc, test_rights_are_asked_for_at_open);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
