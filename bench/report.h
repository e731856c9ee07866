/*
 * report - one line per result: a table for people, JSON for programs.
 *
 * No figure goes out without its floor, and none without what the machine did
 * meanwhile.
 */
#pragma once
#include "bench/measure.h"

enum goal { GOAL_NONE, GOAL_AT_MOST, GOAL_AT_LEAST };

struct row {
	const char *name;	/* "R4 file echo" */
	const char *unit;
	const char *floor_name;	/* NULL: the row is a floor itself */
	const struct outcome *outcome;
	unsigned int batch;	/* 0: does not apply */
	size_t size;		/* bytes, 0: does not apply */
	enum placement placement;
	enum goal goal;
	double limit;		/* of the ratio; of the value when no floor */
};

void report_open(bool as_json);
/* True when the row meets its goal, or has none. */
bool report_row(const struct row *row);
/* A sentence beside the table: what a figure holds, or why one is absent. */
void report_note(const char *format, ...) __attribute__((format(printf, 1, 2)));
