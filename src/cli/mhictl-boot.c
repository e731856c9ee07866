/*
 * mhictl boot - starts a device anew and shows how it gets its images, until
 * the transition has ended.
 */
#include "base/bytes.h"
#include "base/cleanup.h"
#include "cli/device-json.h"
#include "cli/event-line.h"
#include "cli/mhictl.h"
#include "mhifs/mhifs.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>

enum { BAR = 30, LINE_MOST = 1 << 16 };

struct boot {
	const struct ctl *ctl;
	const struct device_dir *dir;
	struct text line;	/* of events, without its end yet */
	bool has_bar;		/* stderr is a terminal */
	bool is_drawn;		/* a bar stands there without its newline */
	bool has_begun;		/* what is told of power is about our transition */
	bool is_over;
	int code;
};

static const char *word_of(const struct ctl *c)
{
	return c->is_edl ? MHIFS_POWER_EDL : MHIFS_POWER_RESET;
}

static void end_bar(struct boot *b)
{
	if (b->is_drawn)
		fputc('\n', stderr);
	b->is_drawn = false;
}

static void draw_bar(struct boot *b, const char *what, json_int_t bytes, json_int_t total)
{
	char bar[BAR + 1];
	int n = total > 0 ? (int)(bytes * BAR / total) : 0;

	memset(bar, '-', BAR);
	memset(bar, '#', (size_t)(n < 0 ? 0 : n > BAR ? BAR : n));
	bar[BAR] = '\0';
	fprintf(stderr, "\r%s: %s [%s] %3d%%", b->dir->name, what, bar,
		total > 0 ? (int)(bytes * 100 / total) : 0);
	b->is_drawn = true;
}

/* Everything that comes from the daemon is escaped. */
static void show_firmware(struct boot *b, const json_t *event)
{
	json_int_t bytes = json_integer_value(json_object_get(event, "bytes"));
	json_int_t total = json_integer_value(json_object_get(event, "total"));
	const char *state = device_json_text(event, "state");
	const char *image = device_json_text(event, "image");
	const char *ee = device_json_text(event, "ee"), *why = device_json_text(event, "why");
	struct text what = TEXT_INIT;
	bool is_reading = !strcmp(state, MHIFS_FIRMWARE_READING);

	text_add_escaped(&what, image, strlen(image));
	text_add(&what, " for ");
	text_add_escaped(&what, ee, strlen(ee));
	if (b->has_bar && bytes >= 0 && total >= bytes)
		draw_bar(b, text_get(&what), bytes, total);
	if (!is_reading) {
		end_bar(b);
		text_add(&what, ": ");
		text_add_escaped(&what, state, strlen(state));
		text_add(&what, *why ? ": " : "");
		text_add_escaped(&what, why, strlen(why));
		printf("%s: %s\n", b->dir->name, text_get(&what));
	}
	text_fini(&what);
}

static void show_end(struct boot *b, const json_t *event)
{
	const char *result = device_json_text(event, "result");

	end_bar(b);
	b->is_over = true;
	if (!strcmp(result, "done"))
		printf("%s: %s\n", b->dir->name, device_json_text(event, "state"));
	else
		b->code = ctl_fail_power(b->dir, word_of(b->ctl), result);
}

static void take_line(struct boot *b, const char *line, size_t len)
{
	json_t *event = json_loadb(line, len, 0, NULL);
	const char *type = device_json_text(event, "type");
	struct text out = TEXT_INIT;

	if (b->ctl->is_json && event_line_json(line, len, b->dir->name, &out) == 0)
		fputs(text_get(&out), stdout);
	text_fini(&out);
	if (!strcmp(type, MHIFS_EVENT_FIRMWARE) && !b->ctl->is_json)
		show_firmware(b, event);
	else if (!strcmp(type, MHIFS_EVENT_RESET))
		b->has_begun |= strcmp(device_json_text(event, "cause"), "recovery") != 0;
	else if (!strcmp(type, MHIFS_EVENT_POWER) && b->has_begun)
		show_end(b, event);
	fflush(stdout);
	json_decref(event);
}

static void take_lines(struct boot *b)
{
	size_t at = 0;
	char *end;

	while (!b->is_over && b->line.len > at &&
	       (end = memchr(b->line.bytes + at, '\n', b->line.len - at))) {
		size_t len = (size_t)(end - (b->line.bytes + at));

		take_line(b, b->line.bytes + at, len);
		at += len + 1;
	}
	memmove(b->line.bytes, b->line.bytes + at, b->line.len - at);
	b->line.len -= at;
}

static int follow(struct boot *b, int events, const char *path)
{
	struct pollfd p = { .fd = events, .events = POLLIN };
	char bytes[4096];
	ssize_t n;

	while (!b->is_over) {
		if (poll(&p, 1, -1) < 0 && errno != EINTR)
			return ctl_fail_errno(-errno, path);
		n = read(events, bytes, sizeof(bytes));
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (n <= 0)
			return ctl_fail_errno(n < 0 ? -errno : -ENODEV, path);
		text_add_len(&b->line, bytes, (size_t)n);
		if (text_failed(&b->line) || b->line.len > LINE_MOST)
			return ctl_fail_errno(-EFBIG, path);
		take_lines(b);
	}
	return b->code;
}

/* One that is off has nothing to reset; that it got there is told by now. */
static int switch_on(struct boot *b, int power, int events)
{
	char bytes[4096];

	while (read(events, bytes, sizeof(bytes)) > 0)
		;
	b->has_begun = true;
	return write(power, MHIFS_POWER_ON, strlen(MHIFS_POWER_ON)) < 0 ? -errno : 0;
}

static int begin(struct boot *b, const char *path, int events)
{
	const char *word = word_of(b->ctl);
	int fd CLEANUP_CLOSE = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	int r = fd < 0 || write(fd, word, strlen(word)) < 0 ? -errno : 0;

	if (r == -EINVAL && !b->ctl->is_edl)
		r = switch_on(b, fd, events);
	if (r == -EBUSY)
		return ctl_fail(CTL_FAILED, "%s: another transition is under way; try again when "
				"it has ended", b->dir->name);
	if (r == -EINVAL)
		return ctl_fail(CTL_FAILED, "%s: %s is not possible in the present state",
				b->dir->name, word);
	return r ? ctl_fail_errno(r, path) : CTL_OK;
}

static int boot_run(struct boot *b)
{
	char *power CLEANUP_FREE = device_dir_file(b->dir, "power");
	char *path CLEANUP_FREE = device_dir_file(b->dir, "events");
	int fd CLEANUP_CLOSE = -1;
	int code;

	if (!power || !path)
		return ctl_fail_errno(-ENOMEM, b->dir->name);
	/* From before the beginning. */
	fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return ctl_fail_errno(-errno, path);
	code = begin(b, power, fd);
	return code ? code : follow(b, fd, path);
}

int ctl_boot(const struct ctl *c, char **args)
{
	char *names[] = { args[0], NULL };
	struct device_dirs dirs = { 0 };
	struct boot b = { .ctl = c, .has_bar = isatty(STDERR_FILENO) };
	int code = ctl_devices(c, names, &dirs);

	if (!code) {
		b.dir = &dirs.at[0];
		code = boot_run(&b);
	}
	text_fini(&b.line);
	device_dirs_fini(&dirs);
	return code;
}
