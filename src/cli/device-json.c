#include "cli/device-json.h"
#include "base/cleanup.h"
#include <errno.h>

typedef int (*pair_fn)(json_t *object, const char *key, const char *value);

static json_t *json_text(const char *s)
{
	char *ascii CLEANUP_FREE = NULL;
	json_t *j = json_string(s);

	if (j)
		return j;
	ascii = strdup(s);
	for (char *c = ascii; c && *c; c++)
		if (*c & 0x80)
			*c = '?';
	return ascii ? json_string(ascii) : NULL;
}

/* A number where it is one, else the text. */
static json_t *json_value(const char *s)
{
	uint64_t value;

	if (*s && !strchr(s, 'x') && text_to_u64(s, 0, INT64_MAX, &value) == 0)
		return json_integer((json_int_t)value);
	return json_text(s);
}

/* Takes @value.  A key that is no UTF-8 is left out. */
static int object_set(json_t *object, const char *key, json_t *value)
{
	if (!value)
		return -ENOMEM;
	json_object_set_new(object, key, value);
	return 0;
}

static int add_text(json_t *object, const char *key, const char *value)
{
	return object_set(object, key, json_text(value));
}

static json_t *channel_of(json_t *channels, const char *name)
{
	json_t *channel;
	size_t i;

	json_array_foreach(channels, i, channel)
		if (!strcmp(device_json_text(channel, "name"), name))
			return channel;
	channel = json_pack("{s:s}", "name", name);
	if (channel)
		json_array_append_new(channels, channel);
	return channel;
}

/* "DIAG.users": the counter is behind the last dot, names may have some. */
static int add_counter(json_t *channels, const char *key, const char *value)
{
	const char *dot = strrchr(key, '.');
	char *name CLEANUP_FREE = NULL;
	json_t *channel;

	if (!dot || dot == key)
		return 0;
	name = strndup(key, (size_t)(dot - key));
	channel = name ? channel_of(channels, name) : NULL;
	return channel ? object_set(channel, dot + 1, json_value(value)) : 0;
}

/* Calls @fn for each key=value line of @text, which is cut to pieces. */
static int pairs_each(char *text, pair_fn fn, json_t *object)
{
	char *rest = text, *line, *equal;
	int r = 0;

	while (!r && (line = strsep(&rest, "\n"))) {
		equal = strchr(line, '=');
		if (!equal)
			continue;
		*equal = '\0';
		r = fn(object, line, equal + 1);
	}
	return r;
}

static int add_pairs(const struct device_dir *d, const char *file, pair_fn fn, json_t *object)
{
	struct text t = TEXT_INIT;
	int r = device_dir_read(d, file, &t);

	if (!r && t.bytes)
		r = pairs_each(t.bytes, fn, object);
	text_fini(&t);
	return r;
}

/* The word in `power`; null when this user may not read it. */
static int add_power(const struct device_dir *d, json_t *object)
{
	struct text t = TEXT_INIT;
	int r = device_dir_read(d, "power", &t);

	if (t.len && t.bytes[t.len - 1] == '\n')
		t.bytes[t.len - 1] = '\0';
	if (!r)
		r = add_text(object, "power", text_get(&t));
	else if (r == -EACCES || r == -ENOENT)
		r = object_set(object, "power", json_null());
	text_fini(&t);
	return r;
}

/* A channel has a file while the device offers it. */
static int add_channels(const struct device_dir *d, json_t *object)
{
	json_t *channels = json_array(), *channel;
	size_t i;
	int r = object_set(object, "channels", channels);

	if (!r)
		r = add_pairs(d, "stats", add_counter, channels);
	if (r)
		return r;
	json_array_foreach(channels, i, channel)
		object_set(channel, "offered",
			   json_boolean(device_dir_has(d, device_json_text(channel, "name"))));
	return 0;
}

/* What the file says never replaces what is already known. */
static int add_state(const struct device_dir *d, json_t *object)
{
	json_t *state = json_object();
	int r = add_pairs(d, "state", add_text, state);

	json_object_update_missing(object, state);
	json_decref(state);
	return r;
}

static int add_info(const struct device_dir *d, json_t *object)
{
	json_t *info = json_object();
	int r = object_set(object, "info", info);

	return r ? r : add_pairs(d, "info", add_text, info);
}

int device_json(const struct device_dir *d, enum device_detail detail, json_t **ret_object,
		const char **ret_file)
{
	json_t *object = json_object();
	int r = add_text(object, "name", d->name);

	if (!r)
		r = add_text(object, "directory", d->path);
	*ret_file = "state";
	if (!r)
		r = add_state(d, object);
	*ret_file = "info";
	if (!r)
		r = add_info(d, object);
	*ret_file = "power";
	if (!r && detail == DEVICE_WHOLE)
		r = add_power(d, object);
	*ret_file = "stats";
	if (!r && detail == DEVICE_WHOLE)
		r = add_channels(d, object);
	if (r)
		json_decref(object);
	else
		*ret_object = object;
	return r;
}

const char *device_json_text(const json_t *object, const char *key)
{
	const char *s = json_string_value(json_object_get(object, key));

	return s ? s : "";
}
