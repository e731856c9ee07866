/*
 * table - rows of cells in aligned columns, for people.
 *
 * Every cell is escaped: a table never shows a byte that a terminal obeys.  An
 * empty cell is shown as "-", so that a row always has as many words as there
 * are columns (unless a cell has blanks).
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum table_colour { TABLE_PLAIN, TABLE_BOLD, TABLE_GREEN, TABLE_YELLOW, TABLE_RED };

struct table_column {
	const char *title;	/* borrowed; NULL in every column: no line of titles */
	bool is_right;		/* numbers */
	bool is_optional;	/* left out when all its cells are empty */
};

struct table;

/* @columns are borrowed.  NULL without memory. */
struct table *table_new(const struct table_column *columns, unsigned int n_columns);
void table_free(struct table *t);	/* NULL is fine */

/* The next cell, row by row.  NULL is empty.  A failed allocation shows in
 * table_print(). */
void table_add(struct table *t, const char *cell);
void table_add_coloured(struct table *t, enum table_colour colour, const char *cell);
/* Bytes in units of 1024: 999, 1.5K, 12M. */
void table_add_size(struct table *t, uint64_t bytes);

/* -ENOMEM when a cell is missing; errors of @out stay with @out. */
int table_print(const struct table *t, FILE *out, unsigned int indent, bool has_colour);
