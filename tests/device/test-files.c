/* The tree, its names and rights, and the calls that mean nothing here. */
#include "client.h"
#include "shared.h"
#include "tests/suite.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <termios.h>

static void start_single(void)
{
	mount_init(m);
	mount_start(m, "-o single");
}

/* What a call returned: 0 or -errno. */
#define CALL(call) ((call) < 0 ? -errno : 0)

static struct stat stat_of(const char *path)
{
	struct stat st = { 0 };

	ck_assert_msg(lstat(path, &st) == 0, "%s: %s", path, strerror(errno));
	return st;
}

static unsigned int mode_of(const char *name)
{
	return stat_of(mount_path(m, name)).st_mode;
}

START_TEST(test_files_have_their_modes)
{
	struct group *dialout = getgrnam("dialout");
	struct stat st = stat_of(mount_path(m, "LOOPBACK"));

	ck_assert_uint_eq(st.st_mode, S_IFREG | 0660);
	ck_assert_int_eq(st.st_size, 1 << 20);
	ck_assert_uint_eq(st.st_uid, 0);
	if (dialout)
		ck_assert_uint_eq(st.st_gid, dialout->gr_gid);
	ck_assert_uint_eq(mode_of("DIAG"), S_IFREG | 0600);
	ck_assert_uint_eq(mode_of("state"), S_IFREG | 0444);
	ck_assert_uint_eq(mode_of("info"), S_IFREG | 0444);
	ck_assert_uint_eq(mode_of("stats"), S_IFREG | 0444);
	ck_assert_uint_eq(mode_of("events"), S_IFREG | 0444);
	ck_assert_uint_eq(mode_of("power"), S_IFREG | 0600);
	ck_assert_int_eq(stat_of(mount_path(m, "state")).st_size, 4096);
	ck_assert_uint_eq(mode_of("."), S_IFDIR | 0755);
}
END_TEST

START_TEST(test_listing_agrees_with_stat)
{
	DIR *d = opendir(m->dev);
	unsigned int n = 0, n_again = 0;
	struct dirent *e;

	ck_assert_ptr_nonnull(d);
	while ((e = readdir(d))) {
		struct stat st = stat_of(mount_path(m, e->d_name));

		n++;
		if (strcmp(e->d_name, ".."))
			ck_assert_uint_eq(e->d_ino, st.st_ino);
		ck_assert_uint_eq(e->d_type, IFTODT(st.st_mode));
	}
	rewinddir(d);
	while (readdir(d))
		n_again++;
	ck_assert_uint_gt(n, 10);
	ck_assert_uint_eq(n, n_again);
	closedir(d);
}
END_TEST

START_TEST(test_link_by_path_leads_to_the_device)
{
	char path[160], target[64] = "";

	snprintf(path, sizeof(path), "%s/by-path/loopback-0", m->root);
	ck_assert_int_gt(readlink(path, target, sizeof(target) - 1), 0);
	ck_assert_str_eq(target, "../mhi0");
	snprintf(path, sizeof(path), "%s/by-path/loopback-0/state", m->root);
	ck_assert_uint_eq(stat_of(path).st_ino, stat_of(mount_path(m, "state")).st_ino);
}
END_TEST

START_TEST(test_names_are_the_devices_own)
{
	const char *at = mount_path(m, "LOOPBACK"), *other = mount_path(m, "new");

	ck_assert_int_eq(CALL(open(other, O_RDONLY)), -ENOENT);
	ck_assert_int_eq(CALL(open(other, O_RDWR | O_CREAT, 0600)), -EPERM);
	ck_assert_int_eq(CALL(open(at, O_RDWR | O_CREAT | O_EXCL, 0600)), -EEXIST);
	ck_assert_int_eq(CALL(mkdir(other, 0700)), -EPERM);
	ck_assert_int_eq(CALL(mkfifo(other, 0600)), -EPERM);
	ck_assert_int_eq(CALL(symlink("x", other)), -EPERM);
	ck_assert_int_eq(CALL(link(at, other)), -EPERM);
	ck_assert_int_eq(CALL(rename(at, other)), -EPERM);
	ck_assert_int_eq(CALL(unlink(at)), -EPERM);
	ck_assert_int_eq(CALL(rmdir(m->dev)), strcmp(m->dev, m->root) ? -EPERM : -EBUSY);
	ck_assert_int_eq(CALL(open(mount_path(m, "state/x"), O_RDONLY)), -ENOTDIR);
	ck_assert_uint_eq(mode_of("LOOPBACK"), S_IFREG | 0660);
}
END_TEST

START_TEST(test_truncation_and_append_mean_nothing)
{
	int fd = mount_open(m, "LOOPBACK", O_RDWR | O_TRUNC | O_APPEND);
	char buf[8];

	write_all(fd, "abc", 3);
	ck_assert_int_eq(try_read(fd, buf, sizeof(buf)), 3);
	ck_assert_int_eq(CALL(ftruncate(fd, 7)), 0);
	ck_assert_int_eq(CALL(truncate(mount_path(m, "LOOPBACK"), 0)), 0);
	ck_assert_int_eq(CALL(futimens(fd, NULL)), 0);
	ck_assert_int_eq(stat_of(mount_path(m, "LOOPBACK")).st_size, 1 << 20);
	close(fd);
}
END_TEST

START_TEST(test_channel_has_no_position_and_no_memory)
{
	int fd = mount_open(m, "LOOPBACK", O_RDWR), null = open("/dev/null", O_WRONLY);
	char c = 0;

	ck_assert_int_eq(CALL(lseek(fd, 0, SEEK_SET)), -ESPIPE);
	ck_assert_int_eq(CALL(lseek(fd, 0, SEEK_CUR)), -ESPIPE);
	ck_assert_int_eq(CALL(pread(fd, &c, 1, 0)), -ESPIPE);
	ck_assert_int_eq(CALL(pwrite(fd, &c, 1, 0)), -ESPIPE);
	ck_assert_int_eq(CALL(fallocate(fd, 0, 0, 1)), -EOPNOTSUPP);
	ck_assert_ptr_eq(mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0), MAP_FAILED);
	ck_assert_int_eq(errno, ENODEV);
	/* Through the page cache, whose pages a waiting read would lock. */
	ck_assert_int_eq(CALL(sendfile(null, fd, NULL, 100)), -EINVAL);
	close(null);
	close(fd);
}
END_TEST

START_TEST(test_channel_is_no_terminal)
{
	int fd = mount_open(m, "DUN", O_RDWR);
	struct termios t;

	ck_assert_int_eq(CALL(tcgetattr(fd, &t)), -ENOTTY);
	ck_assert(!isatty(fd));
	ck_assert_int_eq(CALL(ioctl(fd, _IOW('x', 1, int), &fd)), -ENOTTY);
	close(fd);
}
END_TEST

START_TEST(test_extended_attributes_are_none)
{
	const char *at = mount_path(m, "LOOPBACK");
	char value[16];

	ck_assert_int_eq(CALL(getxattr(at, "user.x", value, sizeof(value))), -ENODATA);
	ck_assert_int_eq(listxattr(at, value, sizeof(value)), 0);
	ck_assert_int_eq(listxattr(at, NULL, 0), 0);
	ck_assert_int_eq(CALL(setxattr(at, "user.x", "y", 1, 0)), -ENOTSUP);
	ck_assert_int_eq(CALL(removexattr(at, "user.x")), -ENOTSUP);
}
END_TEST

START_TEST(test_flock_holds_between_two_opens)
{
	int a = mount_open(m, "LOOPBACK", O_RDWR), b = mount_open(m, "LOOPBACK", O_RDWR);

	ck_assert_int_eq(CALL(flock(a, LOCK_EX)), 0);
	ck_assert_int_eq(CALL(flock(b, LOCK_EX | LOCK_NB)), -EWOULDBLOCK);
	close(a);
	ck_assert_int_eq(CALL(flock(b, LOCK_EX | LOCK_NB)), 0);
	close(b);
}
END_TEST

START_TEST(test_chmod_and_chown_are_kept)
{
	const char *at = mount_path(m, "NMEA");
	struct stat st;

	ck_assert_int_eq(CALL(chmod(at, 0640)), 0);
	ck_assert_int_eq(CALL(chown(at, 1, 2)), 0);
	st = stat_of(at);
	ck_assert_uint_eq(st.st_mode, S_IFREG | 0640);
	ck_assert_uint_eq(st.st_uid, 1);
	ck_assert_uint_eq(st.st_gid, 2);
	ck_assert_int_eq(CALL(chmod(m->dev, 0700)), -EPERM);
	ck_assert_int_eq(CALL(chmod(mount_path(m, "events"), 0600)), -EPERM);
}
END_TEST

/* Opens as nobody; the exit code is the errno, the first that differs. */
static int open_as_nobody(void *user)
{
	(void)user;
	if (setgroups(0, NULL) || setgid(65534) || setuid(65534))
		return 1;
	if (CALL(open(mount_path(m, "LOOPBACK"), O_RDWR)) != -EACCES)
		return 2;
	if (CALL(open(mount_path(m, "DIAG"), O_RDONLY)) != -EACCES)
		return 3;
	if (CALL(open(mount_path(m, "power"), O_RDONLY)) != -EACCES)
		return 4;
	if (CALL(chmod(mount_path(m, "state"), 0666)) != -EPERM)
		return 5;
	if (CALL(mkdir(mount_path(m, "x"), 0700)) != -EACCES)
		return 6;
	return mount_state_is(m, "ready") ? 0 : 7;
}

START_TEST(test_f80_another_user_is_refused)
{
	ck_assert_int_eq(child_join(child_start(open_as_nobody, NULL)), 0);
}
END_TEST

/* Two channels of the simulated modem lose a direction. */
static const char one_way[] =
	"device \"loopback-0\" {\n"
	"	channel \"TEST_0\" { ul = 60 dl = -1 }\n"
	"	channel \"TEST_1\" { ul = -1 dl = 63 }\n"
	"}\n";

static void start_one_way(void)
{
	char path[96], options[128];
	FILE *f;

	mount_init(m);
	snprintf(path, sizeof(path), "%s/conf", m->base);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	fputs(one_way, f);
	fclose(f);
	snprintf(options, sizeof(options), "-c %s", path);
	mount_start(m, options);
	unlink(path);
}

START_TEST(test_one_direction_has_only_that)
{
	int sink = mount_open(m, "TEST_0", O_RDWR), source = mount_open(m, "TEST_1", O_RDWR);
	char c = 0;

	ck_assert_uint_eq(mode_of("TEST_0"), S_IFREG | 0220);
	ck_assert_uint_eq(mode_of("TEST_1"), S_IFREG | 0440);
	ck_assert_int_eq(try_read(sink, &c, 1), -EOPNOTSUPP);
	ck_assert_int_eq(try_write(source, &c, 1), -EOPNOTSUPP);
	ck_assert_int_eq(try_write(sink, &c, 1), 1);
	ck_assert_int_eq(try_read(source, &c, 1), 1);
	close(sink);
	close(source);
}
END_TEST

START_TEST(test_attribute_is_read_in_pieces_and_again)
{
	int fd = mount_open(m, "state", O_RDONLY);
	char whole[1024], pieces[1024];
	ssize_t len = try_read(fd, whole, sizeof(whole)), n = 0;

	ck_assert_int_gt(len, 0);
	ck_assert_int_eq(try_read(fd, pieces, 1), 0);
	ck_assert_int_eq(lseek(fd, 0, SEEK_SET), 0);
	while (n < len && try_read(fd, pieces + n, 3) > 0)
		n += 3;
	ck_assert_mem_eq(whole, pieces, (size_t)len);
	ck_assert_int_eq(pread(fd, pieces, 6, 0), 6);
	ck_assert_mem_eq(pieces, "state=", 6);
	close(fd);
}
END_TEST

START_TEST(test_f80_attribute_takes_only_its_words)
{
	char longest[5000];
	int fd;

	ck_assert_int_eq(mount_store(m, "power", "sideways"), -EINVAL);
	ck_assert_int_eq(mount_store(m, "power", ""), 0);	/* no call at all */
	ck_assert_int_eq(mount_store(m, "power", "\n"), -EINVAL);
	memset(longest, 'x', sizeof(longest));
	fd = mount_open(m, "power", O_WRONLY | O_TRUNC | O_APPEND);
	ck_assert_int_eq(try_write(fd, longest, sizeof(longest)), -EINVAL);
	ck_assert_int_eq(try_write(fd, "on\0x", 4), -EINVAL);
	ck_assert_int_eq(try_write(fd, "on\n", 3), 3);
	close(fd);
	ck_assert_int_eq(CALL(open(mount_path(m, "state"), O_WRONLY)), -EACCES);
	ck_assert_int_eq(CALL(open(mount_path(m, "events"), O_RDWR)), -EACCES);
	ck_assert(mount_state_is(m, "ready"));
}
END_TEST

START_TEST(test_statfs_has_a_sensible_answer)
{
	struct statvfs st;

	ck_assert_int_eq(statvfs(m->root, &st), 0);
	ck_assert_uint_gt(st.f_bsize, 0);
	ck_assert_uint_gt(st.f_namemax, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("files");
	TCase *tc = shared_case("files", NULL), *single = shared_case("single", start_single);
	TCase *one = shared_case("one way", start_one_way);

	mount_skip_unless_possible();
	tcase_add_test(tc, test_files_have_their_modes);
	tcase_add_test(tc, test_listing_agrees_with_stat);
	tcase_add_test(tc, test_link_by_path_leads_to_the_device);
	tcase_add_test(tc, test_names_are_the_devices_own);
	tcase_add_test(tc, test_truncation_and_append_mean_nothing);
	tcase_add_test(tc, test_channel_has_no_position_and_no_memory);
	tcase_add_test(tc, test_channel_is_no_terminal);
	tcase_add_test(tc, test_extended_attributes_are_none);
	tcase_add_test(tc, test_flock_holds_between_two_opens);
	tcase_add_test(tc, test_chmod_and_chown_are_kept);
	tcase_add_test(tc, test_f80_another_user_is_refused);
	tcase_add_test(tc, test_attribute_is_read_in_pieces_and_again);
	tcase_add_test(tc, test_f80_attribute_takes_only_its_words);
	tcase_add_test(tc, test_statfs_has_a_sensible_answer);
	suite_add_tcase(s, tc);
	tcase_add_test(single, test_files_have_their_modes);
	tcase_add_test(single, test_listing_agrees_with_stat);
	tcase_add_test(single, test_names_are_the_devices_own);
	suite_add_tcase(s, single);
	tcase_add_test(one, test_one_direction_has_only_that);
	suite_add_tcase(s, one);
	return suite_run(s);
}
