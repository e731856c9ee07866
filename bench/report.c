#include "bench/report.h"
#include "bench/commit.h"
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

static bool is_json, has_head;
static char cpu_model[80] = "unknown", kernel[80] = "unknown";

static void learn_machine(void)
{
	struct utsname name;
	char line[256];
	FILE *f = fopen("/proc/cpuinfo", "re");

	if (uname(&name) == 0)
		snprintf(kernel, sizeof kernel, "%s", name.release);
	while (f && fgets(line, sizeof line, f))
		if (sscanf(line, "model name : %79[^\n]", cpu_model) == 1)
			break;
	if (f)
		fclose(f);
}

void report_open(bool as_json)
{
	is_json = as_json;
	has_head = false;
	learn_machine();
}

static bool is_met(const struct row *row)
{
	double x = row->floor_name ? row->outcome->ratio : row->outcome->ours.value;

	switch (row->goal) {
	case GOAL_AT_MOST:
		return x <= row->limit;
	case GOAL_AT_LEAST:
		return x >= row->limit;
	default:
		return true;
	}
}

static json_t *noise_to_json(const struct noise *n)
{
	return json_pack("{s:f, s:f, s:b}", "median_us", n->median_us,
			 "p99_us", n->p99_us, "quiet", n->is_quiet);
}

static void print_json(const struct row *row)
{
	const struct outcome *o = row->outcome;
	json_t *line = json_pack(
		"{s:s, s:s, s:f, s:f, s:f, s:I, s:I, s:I, s:s, s:o, s:b, s:s, s:s, s:s, s:s}",
		"name", row->name, "unit", row->unit, "value", o->ours.value,
		"p99", o->ours.p99, "least", o->ours.least,
		"n", (json_int_t)o->ours.n, "batch", (json_int_t)row->batch,
		"size", (json_int_t)row->size, "pinning", placement_name(row->placement),
		"noise", noise_to_json(&o->noise), "dropped", !o->noise.is_quiet,
		"kernel", kernel, "cpu", cpu_model, "compiler", __VERSION__,
		"commit", BENCH_COMMIT);

	if (line && row->floor_name)
		json_object_update_new(line, json_pack(
			"{s:s, s:f, s:f, s:[ff]}", "floor_name", row->floor_name,
			"floor", o->floor.value, "ratio", o->ratio,
			"interval", o->low, o->high));
	if (line && row->goal)
		json_object_update_new(line, json_pack("{s:f, s:b}", "goal", row->limit,
						       "met", is_met(row)));
	json_dumpf(line, stdout, JSON_COMPACT | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(6));
	putchar('\n');
	json_decref(line);
}

static void print_head(void)
{
	if (has_head)
		return;
	has_head = true;
	printf("# %s, Linux %s, compiler %s, commit %s\n", cpu_model, kernel, __VERSION__,
	       BENCH_COMMIT);
	printf("%-34s %-6s %10s %9s %10s %7s %-14s %s\n", "result", "pinned", "value", "p99",
	       "floor", "ratio", "95 % interval", "goal");
}

static void print_goal(const struct row *row)
{
	if (row->goal)
		printf(" %s %g %s", row->goal == GOAL_AT_MOST ? "<=" : ">=", row->limit,
		       is_met(row) ? "met" : "MISSED");
}

static void print_human(const struct row *row)
{
	const struct outcome *o = row->outcome;
	char name[64], interval[32];

	print_head();
	snprintf(name, sizeof name, "%s, %s", row->name, row->unit);
	snprintf(interval, sizeof interval, "%.3f..%.3f", o->low, o->high);
	printf("%-34s %-6s %10.4g", name, placement_name(row->placement), o->ours.value);
	if (o->ours.p99 > 0)
		printf(" %9.4g", o->ours.p99);
	else
		printf(" %9s", "");
	if (row->floor_name)
		printf(" %10.4g %7.3f %-14s", o->floor.value, o->ratio, interval);
	else if (row->goal)
		printf(" %10s %7s %-14s", "", "", "");
	print_goal(row);
	if (!o->noise.is_quiet)
		printf("  dropped: noise index %.1f us, p99 %.1f", o->noise.median_us,
		       o->noise.p99_us);
	putchar('\n');
}

bool report_row(const struct row *row)
{
	if (is_json)
		print_json(row);
	else
		print_human(row);
	fflush(stdout);
	return is_met(row);
}

void report_note(const char *format, ...)
{
	va_list args;

	/* In JSON mode standard output holds results alone. */
	va_start(args, format);
	fputs("# ", is_json ? stderr : stdout);
	vfprintf(is_json ? stderr : stdout, format, args);
	fputc('\n', is_json ? stderr : stdout);
	va_end(args);
}
