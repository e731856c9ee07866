/*
 * report - what `mhictl list` and `mhictl show` have in common: the devices
 * they are about, as JSON, and how that is printed.
 */
#pragma once
#include "cli/device-json.h"
#include "cli/mhictl.h"
#include "cli/table.h"

struct report {
	json_t *devices;	/* array; owned */
	json_t *functions;	/* array; owned; NULL where it is not about them */
	json_t *modems;		/* array; owned; NULL likewise */
	bool has_error;		/* a device is in the state "error" */
};

/* Returns an exit code.  A device that does not answer costs a message and
 * the code; the others are in the report. */
int report_make(const struct ctl *c, char **names, enum device_detail detail,
		struct report *ret_report);
void report_fini(struct report *r);

/* {"devices": [...], "functions": [...], "modems": [...]} and a newline on stdout. */
void report_print_json(const struct report *r);
/* The exit code of a print that returned @r. */
int report_printed(int r);

enum table_colour report_state_colour(const char *state);
