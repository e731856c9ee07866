#include "cli/event-line.h"
#include "base/cleanup.h"
#include <errno.h>
#include <jansson.h>
#include <time.h>

static json_t *line_parse(const char *line, size_t len)
{
	json_t *j = json_loadb(line, len, JSON_ALLOW_NUL, NULL);

	if (json_is_object(j))
		return j;
	json_decref(j);
	return NULL;
}

static void add_time(struct text *out, const json_t *j)
{
	double seconds = json_number_value(json_object_get(j, "time"));
	char clock[16] = "--:--:--";
	time_t at;
	struct tm tm;

	if (!(seconds >= 0 && seconds < 1e11))
		seconds = 0;
	at = (time_t)seconds;
	if (localtime_r(&at, &tm))
		strftime(clock, sizeof(clock), "%H:%M:%S", &tm);
	text_printf(out, "%s.%03d", clock, (int)((seconds - (double)at) * 1000));
}

/* jansson escapes every control character but DEL. */
static void add_dump(struct text *out, const json_t *value)
{
	char *dump CLEANUP_FREE =
		json_dumps(value, JSON_ENCODE_ANY | JSON_ENSURE_ASCII | JSON_COMPACT);

	for (const char *s = dump ? dump : "null"; *s; s++)
		if (*s == '\x7f')
			text_add(out, "\\u007f");
		else
			text_add_len(out, s, 1);
}

static bool is_plain(const char *s)
{
	return *s && !s[strcspn(s, " =\"\\")];
}

/* Strings that are one word come bare, everything else as JSON. */
static void add_value(struct text *out, const json_t *value)
{
	const char *s = json_string_value(value);

	if (s && strlen(s) == json_string_length(value) && is_plain(s))
		text_add_escaped(out, s, strlen(s));
	else
		add_dump(out, value);
}

/* "channel":"DIAG" of type channel is simply DIAG; empty texts say nothing. */
static void add_member(struct text *out, const char *type, const char *key, const json_t *value)
{
	if (json_is_string(value) && !json_string_length(value))
		return;
	text_add(out, " ");
	if (strcmp(key, type)) {
		text_add_escaped(out, key, strlen(key));
		text_add(out, "=");
	}
	add_value(out, value);
}

int event_line_human(const char *line, size_t len, const char *device, struct text *out)
{
	json_t *j = line_parse(line, len), *value;
	const char *type, *key;

	if (!j)
		return -EINVAL;
	type = json_string_value(json_object_get(j, "type"));
	if (!type)
		type = "?";
	add_time(out, j);
	text_add(out, " ");
	text_add_escaped(out, device, strlen(device));
	text_add(out, " ");
	text_add_escaped(out, type, strlen(type));
	json_object_foreach(j, key, value)
		if (strcmp(key, "time") && strcmp(key, "type") && strcmp(key, "seq"))
			add_member(out, type, key, value);
	text_add(out, "\n");
	json_decref(j);
	return 0;
}

static bool is_ascii(const char *line, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (line[i] < 0x20 || line[i] > 0x7e)
			return false;
	return true;
}

/* The text of the line is kept as it is where it can be, since a number that
 * was parsed and printed again may have other digits. */
static void add_members(struct text *out, const char *line, size_t len, const json_t *j)
{
	struct text dump = TEXT_INIT;
	const char *open;

	if (!is_ascii(line, len)) {
		add_dump(&dump, j);
		line = text_get(&dump);
		len = dump.len;
	}
	open = memchr(line, '{', len);
	if (open) {
		text_add(out, json_object_size(j) ? "," : "");
		text_add_len(out, open + 1, len - (size_t)(open + 1 - line));
	}
	text_fini(&dump);
}

int event_line_json(const char *line, size_t len, const char *device, struct text *out)
{
	json_t *j = line_parse(line, len), *name;

	if (!j)
		return -EINVAL;
	name = json_string(device);
	text_add(out, "{\"device\":");
	add_dump(out, name);
	add_members(out, line, len, j);
	text_add(out, "\n");
	json_decref(name);
	json_decref(j);
	return 0;
}
