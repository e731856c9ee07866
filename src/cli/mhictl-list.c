/* mhictl list - one row a device, below that one row a PCI function, and below
 * that one row a USB modem. */
#include "base/bytes.h"
#include "cli/function-json.h"
#include "cli/modem-json.h"
#include "cli/report.h"
#include <errno.h>
#include <unistd.h>

static int print_devices(const struct ctl *c, const json_t *devices)
{
	static const struct table_column columns[] = {
		{ .title = "DEVICE" }, { .title = "STATE" },   { .title = "MHI" },
		{ .title = "EE" },     { .title = "PATH" },    { .title = "PROFILE" },
		{ .title = "WHY", .is_optional = true },
	};
	struct table *t = table_new(columns, ARRAY_SIZE(columns));
	const json_t *device, *info;
	size_t i;
	int r;

	if (!t)
		return -ENOMEM;
	json_array_foreach(devices, i, device) {
		info = json_object_get(device, "info");
		table_add(t, device_json_text(device, "name"));
		table_add_coloured(t, report_state_colour(device_json_text(device, "state")),
				   device_json_text(device, "state"));
		table_add(t, device_json_text(device, "mhi"));
		table_add(t, device_json_text(device, "ee"));
		table_add(t, device_json_text(info, "path"));
		table_add(t, device_json_text(info, "profile"));
		table_add(t, device_json_text(device, "why"));
	}
	r = table_print(t, stdout, 0, c->has_colour);
	table_free(t);
	return r;
}

/* "12", or "12 with 0000:01:00.1 (no driver)" */
static void add_group(struct table *t, const json_t *function)
{
	struct text group = TEXT_INIT;
	const char *driver;
	const json_t *peer;
	size_t i;

	text_add(&group, device_json_text(function, "group"));
	json_array_foreach(json_object_get(function, "peers"), i, peer) {
		driver = device_json_text(peer, "driver");
		text_printf(&group, "%s%s (%s)", i ? ", " : " with ",
			    device_json_text(peer, "function"), *driver ? driver : "no driver");
	}
	table_add(t, text_get(&group));
	text_fini(&group);
}

/* What it has, and what it could have when that is more. */
static void add_link(struct table *t, const json_t *function)
{
	const char *now = device_json_text(function, "link");
	const char *most = device_json_text(function, "max_link");
	struct text link = TEXT_INIT;

	text_add(&link, now);
	if (*now && *most && strcmp(now, most))
		text_printf(&link, " of %s", most);
	table_add(t, text_get(&link));
	text_fini(&link);
}

static void add_verdict(struct table *t, const json_t *function)
{
	const char *device = device_json_text(function, "device");
	const char *verdict = device_json_text(function, "verdict");
	struct text words = TEXT_INIT;

	if (*device)
		text_printf(&words, "runs as %s", device);
	else
		text_printf(&words, "%s: %s", verdict, device_json_text(function, "next"));
	table_add_coloured(t, verdict_is_usable(function) ? TABLE_GREEN : TABLE_YELLOW,
			   text_get(&words));
	text_fini(&words);
}

static int print_functions(const struct ctl *c, const json_t *functions)
{
	static const struct table_column columns[] = {
		{ .title = "FUNCTION" }, { .title = "NAME" },  { .title = "PROFILE" },
		{ .title = "DRIVER" },	 { .title = "GROUP" }, { .title = "LINK" },
		{ .title = "VERDICT" },
	};
	struct table *t = table_new(columns, ARRAY_SIZE(columns));
	const json_t *function;
	size_t i;
	int r;

	if (!t)
		return -ENOMEM;
	json_array_foreach(functions, i, function) {
		table_add(t, device_json_text(function, "function"));
		table_add(t, device_json_text(function, "name"));
		table_add(t, device_json_text(function, "profile"));
		table_add(t, device_json_text(function, "driver"));
		add_group(t, function);
		add_link(t, function);
		add_verdict(t, function);
	}
	r = table_print(t, stdout, 0, c->has_colour);
	table_free(t);
	return r;
}

static void add_drivers(struct table *t, const json_t *modem, enum modem_drivers which)
{
	struct text drivers = TEXT_INIT;

	modem_drivers_add(modem, which, &drivers);
	table_add(t, text_get(&drivers));
	text_fini(&drivers);
}

static void add_channels(struct table *t, const json_t *modem)
{
	struct text channels = TEXT_INIT;

	modem_channels_add(modem, &channels);
	table_add(t, text_get(&channels));
	text_fini(&channels);
}

static int print_modems(const struct ctl *c, const json_t *modems)
{
	static const struct table_column columns[] = {
		{ .title = "MODEM" },	 { .title = "ID" },	  { .title = "NAME" },
		{ .title = "MODEL" },	 { .title = "CHANNELS" }, { .title = "DETACHED" },
		{ .title = "STAYING", .is_optional = true },	  { .title = "VERDICT" },
	};
	struct table *t = table_new(columns, ARRAY_SIZE(columns));
	const json_t *modem;
	size_t i;
	int r;

	if (!t)
		return -ENOMEM;
	json_array_foreach(modems, i, modem) {
		table_add(t, device_json_text(modem, "modem"));
		table_add(t, device_json_text(modem, "id"));
		table_add(t, device_json_text(modem, "name"));
		table_add(t, device_json_text(modem, "model"));
		add_channels(t, modem);
		add_drivers(t, modem, MODEM_DETACHED);
		add_drivers(t, modem, MODEM_STAYING);
		add_verdict(t, modem);
	}
	r = table_print(t, stdout, 0, c->has_colour);
	table_free(t);
	return r;
}

static int print_tables(const struct ctl *c, const struct report *report)
{
	const struct {
		const json_t *rows;
		int (*print)(const struct ctl *c, const json_t *rows);
	} tables[] = {
		{ report->devices, print_devices },
		{ report->functions, print_functions },
		{ report->modems, print_modems },
	};
	bool is_first = true;
	int code = CTL_OK;

	for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
		if (!json_array_size(tables[i].rows))
			continue;
		if (!is_first)
			printf("\n");
		is_first = false;
		code = ctl_worse(code, report_printed(tables[i].print(c, tables[i].rows)));
	}
	return code;
}

/* Without a mount where it would be by default, the functions and modems alone
 * are an answer. */
static bool is_unmounted(const struct ctl *c)
{
	return !c->is_root_given && access(c->root, F_OK) < 0 && errno == ENOENT;
}

static int add_hardware(const struct ctl *c, struct report *report)
{
	int r = functions_json(c, report->devices, NULL, FUNCTION_OPEN, &report->functions);

	if (!r)
		r = modems_json(c, report->devices, NULL, &report->modems);
	return r < 0 ? ctl_fail_errno(r, c->sysfs) : CTL_OK;
}

static bool has_rows(const struct report *r)
{
	return json_array_size(r->devices) || json_array_size(r->functions) ||
	       json_array_size(r->modems);
}

static int make_whole(const struct ctl *c, char **args, struct report *ret_report)
{
	struct report report = { .devices = json_array() };
	int code;

	if (is_unmounted(c)) {
		code = add_hardware(c, &report);
		if (has_rows(&report)) {
			*ret_report = report;
			return code;
		}
	}
	report_fini(&report);
	code = report_make(c, args, DEVICE_BRIEF, &report);
	code = ctl_worse(code, add_hardware(c, &report));
	*ret_report = report;
	return code;
}

int ctl_list(const struct ctl *c, char **args)
{
	struct ctl here = *c;
	struct report report;
	int code;

	if (*args) {	/* only what is in there */
		here.root = *args++;
		code = report_make(&here, args, DEVICE_BRIEF, &report);
	} else {
		code = make_whole(c, args, &report);
	}
	if (c->is_json)
		report_print_json(&report);
	else if (has_rows(&report))
		code = ctl_worse(code, print_tables(c, &report));
	else if (!code)
		fprintf(stderr, "mhictl: no devices in %s\n", here.root);
	report_fini(&report);
	return code;
}
