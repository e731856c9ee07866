/* mhictl power - read or write the `power` file; a write waits for its end. */
#include "base/bytes.h"
#include "base/cleanup.h"
#include "cli/device-json.h"
#include "cli/mhictl.h"
#include <errno.h>
#include <fcntl.h>

static bool is_word(const char *word)
{
	static const char *const words[] = { "on", "off", "reset", "suspend", "resume",
					     "edl" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (!strcmp(word, words[i]))
			return true;
	return false;
}

static int fail_write(const struct device_dir *d, const char *path, const char *word, int r)
{
	switch (r) {
	case -EIO:
		return ctl_fail_power(d, word, strerror(EIO));
	case -ETIMEDOUT:
		return ctl_fail(CTL_TIME_OUT, "%s: power %s: the device did not get there in time",
				d->name, word);
	case -EBUSY:
		return ctl_fail(CTL_FAILED, "%s: power %s: another transition is under way; "
				"try again when it has ended", d->name, word);
	case -EINVAL:
		return ctl_fail(CTL_FAILED, "%s: power %s: not possible in the present state",
				d->name, word);
	default:
		return ctl_fail_errno(r, path);
	}
}

static int power_write(const struct device_dir *d, const char *word)
{
	char *path CLEANUP_FREE = device_dir_file(d, "power");
	int fd CLEANUP_CLOSE = -1;
	size_t len = strlen(word);
	ssize_t n;

	if (!path)
		return ctl_fail_errno(-ENOMEM, d->name);
	fd = open(path, O_WRONLY | O_NOCTTY | O_CLOEXEC);
	n = fd < 0 ? -1 : write(fd, word, len);
	if (n < 0)
		return fail_write(d, path, word, -errno);
	return (size_t)n == len ? CTL_OK : ctl_fail(CTL_FAILED, "%s: only %zd bytes of '%s' "
						    "were taken", path, n, word);
}

static int power_print(const struct ctl *c, const struct device_dir *d)
{
	struct text read = TEXT_INIT, shown = TEXT_INIT;
	char *path CLEANUP_FREE = device_dir_file(d, "power");
	int r = device_dir_read(d, "power", &read);
	json_t *j;

	text_add_escaped(&shown, text_get(&read), strcspn(text_get(&read), "\n"));
	if (!r && c->is_json) {
		j = json_pack("{s:s*, s:s}", "device", d->name, "power", text_get(&shown));
		json_dumpf(j, stdout, JSON_ENSURE_ASCII);
		json_decref(j);
		printf("\n");
	} else if (!r) {
		printf("%s\n", text_get(&shown));
	}
	text_fini(&read);
	text_fini(&shown);
	return r < 0 ? ctl_fail_errno(r, path ? path : d->name) : CTL_OK;
}

int ctl_power(const struct ctl *c, char **args)
{
	char *names[] = { args[0], NULL };
	const char *word = args[1];
	struct device_dirs dirs = { 0 };
	int code;

	if (word && !is_word(word))
		return ctl_fail(CTL_USAGE, "power cannot be '%s'; it takes on, off, reset, suspend, "
				"resume or edl", word);
	code = ctl_devices(c, names, &dirs);
	if (!code && word)
		code = power_write(&dirs.at[0], word);
	if (!code && (!word || c->is_json))
		code = power_print(c, &dirs.at[0]);
	device_dirs_fini(&dirs);
	return code;
}
