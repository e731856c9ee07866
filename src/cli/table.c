#include "cli/table.h"
#include "base/text.h"
#include <errno.h>
#include <stdlib.h>

struct cell {
	char *text;	/* owned */
	enum table_colour colour;
};

struct table {
	const struct table_column *columns;
	unsigned int n_columns;
	struct cell *cells;	/* owned, row by row */
	size_t n_cells;
	bool failed;
};

static const char *const colour_codes[] = {
	[TABLE_PLAIN] = "", [TABLE_BOLD] = "\033[1m", [TABLE_GREEN] = "\033[32m",
	[TABLE_YELLOW] = "\033[33m", [TABLE_RED] = "\033[31m",
};

struct table *table_new(const struct table_column *columns, unsigned int n_columns)
{
	struct table *t = calloc(1, sizeof(*t));

	if (t)
		*t = (struct table){ .columns = columns, .n_columns = n_columns };
	return t;
}

void table_free(struct table *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->n_cells; i++)
		free(t->cells[i].text);
	free(t->cells);
	free(t);
}

static char *cell_text(const char *s)
{
	struct text t = TEXT_INIT;

	text_add(&t, "");
	if (s)
		text_add_escaped(&t, s, strlen(s));
	return text_take(&t);
}

void table_add_coloured(struct table *t, enum table_colour colour, const char *cell)
{
	struct cell *cells = realloc(t->cells, (t->n_cells + 1) * sizeof(*cells));
	char *text = cell_text(cell);

	if (cells)
		t->cells = cells;
	if (!cells || !text) {
		free(text);
		t->failed = true;
		return;
	}
	cells[t->n_cells++] = (struct cell){ text, colour };
}

void table_add(struct table *t, const char *cell)
{
	table_add_coloured(t, TABLE_PLAIN, cell);
}

void table_add_size(struct table *t, uint64_t bytes)
{
	static const char units[] = " KMGTPE";
	unsigned int unit = 0;
	double value = (double)bytes;
	char cell[32];

	/* 1023.95 would be printed as 1024.0. */
	while (value >= (unit ? 999.5 : 1024)) {
		value /= 1024;
		unit++;
	}
	if (!unit)
		snprintf(cell, sizeof(cell), "%u", (unsigned int)bytes);
	else
		snprintf(cell, sizeof(cell), "%.*f%c", value < 9.95, value, units[unit]);
	table_add(t, cell);
}

static bool column_is_empty(const struct table *t, unsigned int column)
{
	for (size_t i = column; i < t->n_cells; i += t->n_columns)
		if (*t->cells[i].text)
			return false;
	return true;
}

static bool column_is_shown(const struct table *t, unsigned int column)
{
	return !t->columns[column].is_optional || !column_is_empty(t, column);
}

static size_t column_width(const struct table *t, unsigned int column)
{
	const char *title = t->columns[column].title;
	size_t width = title ? strlen(title) : 1;

	for (size_t i = column; i < t->n_cells; i += t->n_columns) {
		size_t len = strlen(t->cells[i].text);

		if (len > width)
			width = len;
	}
	return width;
}

static unsigned int last_column(const struct table *t)
{
	unsigned int i = t->n_columns - 1;

	while (i && !column_is_shown(t, i))
		i--;
	return i;
}

struct layout {
	FILE *out;
	unsigned int indent;
	bool has_colour;
	unsigned int last;
	const size_t *widths;	/* 0: not shown */
};

/* The padding is outside the colour, and never at the end of a line. */
static void print_cell(const struct table *t, const struct layout *l, unsigned int column,
		       const char *text, enum table_colour colour)
{
	bool is_coloured = l->has_colour && colour != TABLE_PLAIN;
	int pad;

	if (!*text)
		text = "-";
	pad = (int)(l->widths[column] - strlen(text));
	fprintf(l->out, "%*s%s%s%s", t->columns[column].is_right ? pad : 0, "",
		is_coloured ? colour_codes[colour] : "", text, is_coloured ? "\033[0m" : "");
	if (column == l->last)
		fputc('\n', l->out);
	else
		fprintf(l->out, "%*s", t->columns[column].is_right ? 2 : pad + 2, "");
}

/* @cells NULL: the titles. */
static void print_row(const struct table *t, const struct layout *l, const struct cell *cells)
{
	fprintf(l->out, "%*s", (int)l->indent, "");
	for (unsigned int i = 0; i <= l->last; i++) {
		if (!l->widths[i])
			continue;
		if (cells)
			print_cell(t, l, i, cells[i].text, cells[i].colour);
		else
			print_cell(t, l, i, t->columns[i].title, TABLE_BOLD);
	}
}

static void print_all(const struct table *t, const struct layout *l)
{
	size_t n_rows = t->n_cells / t->n_columns;

	if (t->columns[0].title)
		print_row(t, l, NULL);
	for (size_t row = 0; row < n_rows; row++)
		print_row(t, l, &t->cells[row * t->n_columns]);
}

int table_print(const struct table *t, FILE *out, unsigned int indent, bool has_colour)
{
	size_t *widths = calloc(t->n_columns, sizeof(*widths));
	struct layout l = { out, indent, has_colour, last_column(t), widths };

	if (!widths || t->failed) {
		free(widths);
		return -ENOMEM;
	}
	for (unsigned int i = 0; i < t->n_columns; i++)
		widths[i] = column_is_shown(t, i) ? column_width(t, i) : 0;
	print_all(t, &l);
	free(widths);
	return 0;
}
