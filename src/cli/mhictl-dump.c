/* mhictl dump - the crashes of a device: which are saved, and a copy of one. */
#include "base/cleanup.h"
#include "cli/mhictl.h"
#include "cli/table.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

enum { PIECE = 1 << 20 };

static int by_version(const struct dirent **a, const struct dirent **b)
{
	return strverscmp((*a)->d_name, (*b)->d_name);
}

static int is_shown(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

static const char *when(time_t t, char *text, size_t size)
{
	struct tm tm;

	if (!localtime_r(&t, &tm) || !strftime(text, size, "%Y-%m-%d %H:%M:%S", &tm))
		*text = '\0';
	return text;
}

static int print_table(const struct ctl *c, struct dirent **names, const struct stat *st, int n)
{
	static const struct table_column columns[] = {
		{ .title = "NAME" }, { .title = "SIZE", .is_right = true }, { .title = "SAVED" },
	};
	struct table *t = table_new(columns, 3);
	char text[40];
	int r;

	if (!t)
		return ctl_fail_errno(-ENOMEM, "dump");
	for (int i = 0; i < n; i++) {
		table_add(t, names[i]->d_name);
		table_add_size(t, (uint64_t)st[i].st_size);
		table_add(t, when(st[i].st_mtime, text, sizeof(text)));
	}
	r = n ? table_print(t, stdout, 0, c->has_colour) : 0;
	table_free(t);
	return r < 0 ? ctl_fail_errno(r, "dump") : CTL_OK;
}

static int print_json(struct dirent **names, const struct stat *st, int n)
{
	json_t *all = json_array();

	for (int i = 0; i < n; i++)
		json_array_append_new(all, json_pack("{s:s, s:I, s:I}", "name", names[i]->d_name,
						     "size", (json_int_t)st[i].st_size, "time",
						     (json_int_t)st[i].st_mtime));
	json_dumpf(all, stdout, JSON_ENSURE_ASCII);
	printf("\n");
	json_decref(all);
	return CTL_OK;
}

static int list(const struct ctl *c, const char *path)
{
	int dir CLEANUP_CLOSE = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct dirent **names = NULL;
	struct stat *st CLEANUP_FREE = NULL;
	int n, code;

	n = dir < 0 ? -1 : scandirat(dir, ".", &names, is_shown, by_version);
	if (n < 0)
		return ctl_fail_errno(-errno, path);
	st = calloc((size_t)n + 1, sizeof(*st));
	for (int i = 0; st && i < n; i++)
		fstatat(dir, names[i]->d_name, &st[i], AT_SYMLINK_NOFOLLOW);
	if (!st)
		code = ctl_fail_errno(-ENOMEM, path);
	else
		code = c->is_json ? print_json(names, st, n) : print_table(c, names, st, n);
	while (n--)
		free(names[n]);
	free(names);
	return code;
}

static int copy_bytes(int from, int to, const char *from_path, const char *to_path)
{
	char *bytes CLEANUP_FREE = malloc(PIECE);
	ssize_t n = 0, done;

	while (bytes && (n = read(from, bytes, PIECE)) > 0)
		for (ssize_t at = 0; at < n; at += done) {
			done = write(to, bytes + at, (size_t)(n - at));
			if (done < 0)
				return ctl_fail_errno(-errno, to_path);
		}
	if (!bytes || n < 0)
		return ctl_fail_errno(bytes ? -errno : -ENOMEM, from_path);
	return CTL_OK;
}

/* What a modem had in memory is for its owner alone, and replaces nothing. */
static int copy(const char *path, const char *to_path)
{
	int from CLEANUP_CLOSE = open(path, O_RDONLY | O_NOCTTY | O_CLOEXEC);
	int to CLEANUP_CLOSE = -1;

	if (from < 0)
		return ctl_fail_errno(-errno, path);
	if (!strcmp(to_path, "-"))
		return copy_bytes(from, STDOUT_FILENO, path, "standard output");
	to = open(to_path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (to < 0)
		return ctl_fail(CTL_FAILED, "%s: %s", to_path, strerror(errno));
	return copy_bytes(from, to, path, to_path);
}

static int dump_run(const struct ctl *c, const struct device_dir *d, char **args)
{
	struct text path = TEXT_INIT;
	int code;

	text_printf(&path, "%s/dump%s%s", d->path, args[0] ? "/" : "", args[0] ? args[0] : "");
	if (text_failed(&path))
		code = ctl_fail_errno(-ENOMEM, d->name);
	else if (!args[0])
		code = list(c, text_get(&path));
	else if (!text_is_name(args[0]))
		code = ctl_fail(CTL_USAGE, "'%s' is no name of a dump; mhictl dump %s shows them",
				args[0], d->name);
	else
		code = copy(text_get(&path), args[1] ? args[1] : args[0]);
	text_fini(&path);
	return code;
}

int ctl_dump(const struct ctl *c, char **args)
{
	char *names[] = { args[0], NULL };
	struct device_dirs dirs = { 0 };
	int code = ctl_devices(c, names, &dirs);

	if (!code)
		code = dump_run(c, &dirs.at[0], args + 1);
	device_dirs_fini(&dirs);
	return code;
}
