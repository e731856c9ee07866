#include "cli/report.h"
#include "base/cleanup.h"
#include <errno.h>

static int report_add(struct report *r, const struct device_dir *d, enum device_detail detail)
{
	const char *file = NULL;
	json_t *device;
	int error;

	if (d->error)
		return ctl_fail_errno(d->error, d->path);
	error = device_json(d, detail, &device, &file);
	if (error < 0) {
		char *path CLEANUP_FREE = device_dir_file(d, file);

		return ctl_fail_errno(error, path ? path : d->path);
	}
	if (!strcmp(device_json_text(device, "state"), "error"))
		r->has_error = true;
	return json_array_append_new(r->devices, device) < 0 ?
		ctl_fail_errno(-ENOMEM, d->path) : CTL_OK;
}

int report_make(const struct ctl *c, char **names, enum device_detail detail,
		struct report *ret_report)
{
	struct report r = { .devices = json_array() };
	struct device_dirs dirs = { 0 };
	int code = ctl_devices(c, names, &dirs);

	for (unsigned int i = 0; i < dirs.n; i++)
		code = ctl_worse(code, report_add(&r, &dirs.at[i], detail));
	device_dirs_fini(&dirs);
	*ret_report = r;
	return code;
}

void report_fini(struct report *r)
{
	json_decref(r->devices);
	json_decref(r->functions);
	json_decref(r->modems);
	*r = (struct report){ 0 };
}

void report_print_json(const struct report *r)
{
	json_t *whole = json_pack("{s:O, s:O*, s:O*}", "devices", r->devices,
				  "functions", r->functions, "modems", r->modems);

	json_dumpf(whole, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII);
	printf("\n");
	json_decref(whole);
}

int report_printed(int r)
{
	return r < 0 ? ctl_fail_errno(r, "standard output") : CTL_OK;
}

enum table_colour report_state_colour(const char *state)
{
	if (!strcmp(state, "ready") || !strcmp(state, "running"))
		return TABLE_GREEN;
	if (!strcmp(state, "error") || !strcmp(state, "failed") || !strcmp(state, "gone"))
		return TABLE_RED;
	return !strcmp(state, "off") || !strcmp(state, "closed") ? TABLE_PLAIN : TABLE_YELLOW;
}
