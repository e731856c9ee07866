/* mhictl show - what is known of a device, then its channels. */
#include "base/bytes.h"
#include "cli/report.h"
#include "mhifs/mhifs.h"
#include <errno.h>

static int print_facts(const struct ctl *c, const json_t *device)
{
	static const struct table_column columns[2] = { { .title = NULL }, { .title = NULL } };
	const char *state = device_json_text(device, "state"), *key;
	struct table *t = table_new(columns, ARRAY_SIZE(columns));
	json_t *info = json_object_get(device, "info"), *value;
	int r;

	if (!t)
		return -ENOMEM;
	json_object_foreach((json_t *)device, key, value) {
		if (!json_is_string(value) || !strcmp(key, "name"))
			continue;
		table_add(t, key);
		table_add_coloured(t, strcmp(key, "state") ? TABLE_PLAIN :
				   report_state_colour(state), json_string_value(value));
	}
	json_object_foreach(info, key, value) {
		table_add(t, key);
		table_add(t, json_string_value(value));
	}
	r = table_print(t, stdout, 2, c->has_colour);
	table_free(t);
	return r;
}

static void add_number(struct table *t, const json_t *channel, const char *key)
{
	char cell[32] = "";
	const json_t *value = json_object_get(channel, key);

	if (json_is_integer(value))
		snprintf(cell, sizeof(cell), "%lld", (long long)json_integer_value(value));
	table_add(t, cell);
}

/* "4/5", "-/101" */
static void add_numbers(struct table *t, const json_t *channel)
{
	const json_t *ul = json_object_get(channel, "ul"), *dl = json_object_get(channel, "dl");
	struct text cell = TEXT_INIT;

	if (json_is_integer(ul) || json_is_integer(dl)) {
		if (json_is_integer(ul))
			text_printf(&cell, "%lld/", (long long)json_integer_value(ul));
		else
			text_add(&cell, "-/");
		if (json_is_integer(dl))
			text_printf(&cell, "%lld", (long long)json_integer_value(dl));
		else
			text_add(&cell, "-");
	}
	table_add(t, text_get(&cell));
	text_fini(&cell);
}

static void add_size(struct table *t, const json_t *channel, const char *key)
{
	const json_t *value = json_object_get(channel, key);

	if (json_is_integer(value))
		table_add_size(t, (uint64_t)json_integer_value(value));
	else
		table_add(t, "");
}

static void add_channel(struct table *t, const json_t *channel)
{
	const char *state = device_json_text(channel, "state");

	table_add(t, device_json_text(channel, "name"));
	add_numbers(t, channel);
	if (json_is_true(json_object_get(channel, "offered")))
		table_add_coloured(t, report_state_colour(state), state);
	else
		table_add(t, "absent");
	add_number(t, channel, MHIFS_STAT_USERS);
	add_number(t, channel, MHIFS_STAT_MTU);
	add_number(t, channel, MHIFS_STAT_UL_MESSAGES);
	add_size(t, channel, MHIFS_STAT_UL_BYTES);
	add_number(t, channel, MHIFS_STAT_DL_MESSAGES);
	add_size(t, channel, MHIFS_STAT_DL_BYTES);
	add_number(t, channel, MHIFS_STAT_ERRORS);
}

static int print_channels(const struct ctl *c, const json_t *channels)
{
	static const struct table_column columns[] = {
		{ .title = "CHANNEL" }, { .title = "UL/DL" }, { .title = "STATE" },
		{ .title = "USERS", .is_right = true }, { .title = "MTU", .is_right = true },
		{ .title = "UL-MSGS", .is_right = true }, { .title = "UL-SIZE", .is_right = true },
		{ .title = "DL-MSGS", .is_right = true }, { .title = "DL-SIZE", .is_right = true },
		{ .title = "ERRORS", .is_right = true },
	};
	struct table *t;
	const json_t *channel;
	size_t i;
	int r;

	if (!json_array_size(channels))
		return 0;
	t = table_new(columns, ARRAY_SIZE(columns));
	if (!t)
		return -ENOMEM;
	json_array_foreach(channels, i, channel)
		add_channel(t, channel);
	printf("\n");
	r = table_print(t, stdout, 2, c->has_colour);
	table_free(t);
	return r;
}

static int print_device(const struct ctl *c, const json_t *device)
{
	struct text name = TEXT_INIT;
	const char *s = device_json_text(device, "name");
	int r;

	text_add_escaped(&name, s, strlen(s));
	printf("%s\n", text_get(&name));
	text_fini(&name);
	r = print_facts(c, device);
	return r < 0 ? r : print_channels(c, json_object_get(device, "channels"));
}

int ctl_show(const struct ctl *c, char **args)
{
	struct report report;
	const json_t *device;
	size_t i;
	int code = report_make(c, args, DEVICE_WHOLE, &report);

	if (c->is_json)
		report_print_json(&report);
	else
		json_array_foreach(report.devices, i, device) {
			if (i)
				printf("\n");
			code = ctl_worse(code, report_printed(print_device(c, device)));
		}
	if (report.has_error)
		code = ctl_worse(code, CTL_DEVICE_ERROR);
	if (!code && !json_array_size(report.devices))
		code = ctl_fail(CTL_NO_DEVICE, "no devices in %s", c->root);
	report_fini(&report);
	return code;
}
