/* mhictl list - one row a device. */
#include "base/bytes.h"
#include "cli/report.h"
#include <errno.h>

static int print_table(const struct ctl *c, const json_t *devices)
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

int ctl_list(const struct ctl *c, char **args)
{
	struct ctl here = *c;
	struct report report;
	int code;

	if (*args)
		here.root = *args++;
	code = report_make(&here, args, DEVICE_BRIEF, &report);
	if (c->is_json)
		report_print_json(&report);
	else if (json_array_size(report.devices))
		code = ctl_worse(code, report_printed(print_table(c, report.devices)));
	else if (!code)
		fprintf(stderr, "mhictl: no devices in %s\n", here.root);
	report_fini(&report);
	return code;
}
