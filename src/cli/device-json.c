#include "cli/device-json.h"
#include "base/cleanup.h"
#include "mhifs/mhifs.h"
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
	json_t *channel = json_object_get(channels, name);

	if (channel)
		return channel;
	channel = json_pack("{s:s}", "name", name);
	return json_object_set_new(channels, name, channel) < 0 ? NULL : channel;
}

/* A channel number, or null for a direction that does not exist. */
static json_t *json_number_word(const char *s)
{
	return strcmp(s, "-") ? json_value(s) : json_null();
}

/* "4 5 16384 stream" */
static int add_shape(json_t *channel, const char *shape)
{
	char *words CLEANUP_FREE = strdup(shape), *rest = words;
	const char *ul = strsep(&rest, " "), *dl = strsep(&rest, " ");
	const char *mtu = strsep(&rest, " ");
	int r;

	if (!rest)
		return 0;
	r = object_set(channel, "ul", json_number_word(ul));
	if (!r)
		r = object_set(channel, "dl", json_number_word(dl));
	if (!r)
		r = object_set(channel, MHIFS_STAT_MTU, json_value(mtu));
	return r ? r : add_text(channel, "boundary", rest);
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

/* Channels are looked up by name while they are filled; shown is an array. */
static int finish_channels(const struct device_dir *d, json_t *object)
{
	json_t *list = json_array(), *channels = json_object_get(object, "channels"), *channel;
	const char *name;

	json_object_foreach(channels, name, channel) {
		/* A channel has a file while the device offers it. */
		json_object_set_new(channel, "offered", json_boolean(device_dir_has(d, name)));
		json_array_append(list, channel);
	}
	return object_set(object, "channels", list);
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

/* Facts of a channel go to the channel, when channels are wanted. */
static int add_fact(json_t *object, const char *key, const char *value)
{
	const size_t prefix = strlen(MHIFS_INFO_CHANNEL);
	json_t *channels = json_object_get(object, "channels"), *channel;

	if (strncmp(key, MHIFS_INFO_CHANNEL, prefix))
		return add_text(json_object_get(object, "info"), key, value);
	channel = channels ? channel_of(channels, key + prefix) : NULL;
	return channel ? add_shape(channel, value) : 0;
}

static int add_info(const struct device_dir *d, json_t *object)
{
	int r = object_set(object, "info", json_object());

	return r ? r : add_pairs(d, "info", add_fact, object);
}

/* In the order in which people read them. */
static int fill(const struct device_dir *d, enum device_detail detail, json_t *object,
		const char **ret_file)
{
	int r;

	*ret_file = "state";
	r = add_state(d, object);
	if (r)
		return r;
	if (detail == DEVICE_WHOLE) {
		*ret_file = "power";
		r = add_power(d, object);
		if (!r)
			r = object_set(object, "channels", json_object());
		if (r)
			return r;
	}
	*ret_file = "info";
	r = add_info(d, object);
	if (r || detail != DEVICE_WHOLE)
		return r;
	*ret_file = "stats";
	r = add_pairs(d, "stats", add_counter, json_object_get(object, "channels"));
	return r ? r : finish_channels(d, object);
}

int device_json(const struct device_dir *d, enum device_detail detail, json_t **ret_object,
		const char **ret_file)
{
	json_t *object = json_object();
	int r = add_text(object, "name", d->name);

	*ret_file = "";
	if (!r)
		r = add_text(object, "directory", d->path);
	if (!r)
		r = fill(d, detail, object, ret_file);
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
