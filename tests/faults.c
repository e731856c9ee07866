/*
 * The fault table: every case of every fault that the modem can have, in
 * simulated time, and what other programs cover.  Prints one line a fault and
 * the totals; fails when a rule was broken.
 *
 *	faults [--p1] [F17]... [F17,case=3]...
 *
 * --p1: those of the modem that the catalogue wants before a first release.  F17 is
 * one line of the table, F17,case=3 one case (more words as --fault has them) and
 * how it ended.
 * FAULTS_SEED is a number that chance begins with; 1 if it is not set.
 */
#include "tests/faults.h"
#include "base/text.h"
#include <check.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CATALOGUE = 90, LAST_OF_THE_RIG = 60, PATIENCE_S = 60, OK = 0 };

static const enum moment moments[] = { AT_START, AT_RESTART, AT_REST, AT_WORK, AT_CLOSE };
static const char *const moment_names[] = { "start", "restart", "rest", "work", "close" };

/* What a child tells, also by dying. */
static struct progress {
	unsigned int number;	/* of the case it is at */
	unsigned int n_survived;
	unsigned int moment;	/* index */
	bool is_done;
	struct verdict now, first;	/* of this case; the first that broke a rule */
	unsigned int first_number, first_moment;
} *progress;

static struct session_counts clean;

/* Cases the catalogue asks for, by fault; 0: as many as there are places. */
static const uint16_t listed[CATALOGUE + 1] = {
	0, 2, 40, 6, 20, 5, 6, 12, 4, 4, 3, 15, 12, 9, 3, 6, 8, 512, 4, 6, 6, 4, 4, 6, 4, 4, 8,
	8, 12, 6, 8, 8, 12, 14, 2, 8, 6, 10, 3, 4, 4, 4, 6, 10, 2, 60, 10, 6, 8, 8, 12, 6, 40,
	6, 8, 30, 8, 8, 10, 16, 10, 14, 6, 10, 4, 10, 6, 6, 3, 8, 10, 3, 14, 12, 10, 4, 14, 8,
	45, 8, 8, 6, 0, 0, 40, 60, 4, 6, 0, 3, 6,
};

/* Those that may come after a first release. */
static const uint8_t later[] = {
	6, 9, 10, 14, 20, 24, 25, 34, 35, 36, 44, 49, 51, 54, 64, 65, 66, 71, 86, 89, 90,
};

/* Sweeps go over what a session without faults does. */
static void spread(struct sim_fault *f, unsigned int n_cases)
{
	if (f->id == 2)
		f->k = 1 + f->number * clean.reads / n_cases;
	if (f->id == 52 && f->when == SIM_WHEN_WRITE)
		f->k = 1 + f->number * clean.writes / 20;
}

static void keep_first(void)
{
	if (progress->first.rule)
		return;
	progress->first = progress->now;
	progress->first_number = progress->number;
	progress->first_moment = progress->moment;
}

static bool run_case(const struct fault_row *row, unsigned int n_cases, unsigned int number)
{
	uint64_t n_done = 0;
	bool survived = true;
	struct sim_fault f;

	for (unsigned int i = 0; i < ARRAY_SIZE(moments); i++) {
		bool is_modems = sim_fault_find(row->id, number, &f);

		if (!(row->moments & moments[i]))
			continue;
		if (is_modems)
			spread(&f, n_cases);
		progress->moment = i;
		memset(&progress->now, 0, sizeof(progress->now));
		case_run(row, is_modems ? &f : NULL, number, moments[i], &progress->now, NULL);
		n_done += progress->now.n_done + !is_modems;
		if (progress->now.rule) {
			survived = false;
			keep_first();
		}
	}
	if (!n_done) {
		progress->now.rule = "idle";
		snprintf(progress->now.why, sizeof(progress->now.why), "it never came to pass");
		keep_first();
	}
	return survived && n_done;
}

static void run_from(const struct fault_row *row, unsigned int n_cases)
{
	for (; progress->number < n_cases; progress->number++) {
		alarm(PATIENCE_S);
		progress->n_survived += run_case(row, n_cases, progress->number);
	}
	progress->is_done = true;
}

/* In a child, so that even a crash is only a line of the table. */
static bool run_in_child(const struct fault_row *row, unsigned int n_cases)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid < 0)
		return false;
	if (pid == 0) {
		run_from(row, n_cases);
		exit(EXIT_SUCCESS);	/* and look for leaks */
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (status == 0)
		return true;
	if (progress->is_done) {
		progress->now = (struct verdict){ .rule = "U5" };
		snprintf(progress->now.why, sizeof(progress->now.why), "memory is lost");
		progress->n_survived = 0;
	} else if (!progress->now.rule) {
		const char *where = progress->now.where;

		progress->now.rule = WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM ? "U3" : "U1";
		snprintf(progress->now.why, sizeof(progress->now.why), "status %#x during: %.31s",
			 (unsigned int)status, where);
	}
	keep_first();
	progress->number++;
	return progress->is_done;
}

/* The rig's assertions end up here, as there is no runner: the case is lost, and
 * says why. */
void _mark_point(const char *file, int line)
{
	(void)file;
	(void)line;
}

void _ck_assert_failed(const char *file, int line, const char *expr, const char *msg, ...)
{
	const char *name = strrchr(file, '/');
	va_list args;

	va_start(args, msg);
	progress->now.rule = "U5";
	if (msg)
		vsnprintf(progress->now.why, sizeof(progress->now.why), msg, args);
	else
		snprintf(progress->now.why, sizeof(progress->now.why), "%s:%d: %s",
			 name ? name + 1 : file, line, expr);
	va_end(args);
	_exit(EXIT_FAILURE);
}

static unsigned int n_rows, n_rows_survived, n_cases_all, n_cases_survived;
static unsigned int n_rows_whole, n_listed;

static void print_row(unsigned int id, unsigned int n_cases, unsigned int n_survived,
		      const char *broken, const char *title)
{
	n_rows++;
	n_rows_survived += n_survived == n_cases && n_cases && !*broken;
	n_rows_whole += n_survived == n_cases && n_cases && n_cases >= listed[id];
	n_listed += listed[id];
	n_cases_all += n_cases;
	n_cases_survived += n_survived;
	printf("F%02u %6u %5u %5u  %-6s %s\n", id, listed[id], n_cases, n_survived,
	       *broken ? broken : n_cases ? "-" : "none", title);
}

static void run_row(const struct fault_row *row, unsigned int n_cases, const char *title)
{
	memset(progress, 0, sizeof(*progress));
	while (!run_in_child(row, n_cases) && progress->number <= n_cases)
		;
	print_row(row->id, n_cases, progress->n_survived,
		  progress->first.rule ? progress->first.rule : "", title);
	if (progress->first.rule)
		printf("    case %u at %s, %s: %s\n", progress->first_number + 1,
		       moment_names[progress->first_moment], progress->first.where,
		       progress->first.why);
}

static bool run_clean(void)
{
	static const struct fault_row none = { .moments = AT_REST };
	struct verdict v = { 0 };

	case_run(&none, NULL, 0, AT_REST, &v, &clean);
	printf("without a fault: %llu register reads, %llu writes, %llu events%s%s\n",
	       (unsigned long long)clean.reads, (unsigned long long)clean.writes,
	       (unsigned long long)clean.events, v.rule ? "; broken: " : "", v.rule ? v.why : "");
	return !v.rule;
}

static const struct sim_fault_kind *kind_find(unsigned int id)
{
	const struct sim_fault_kind *kind;

	for (unsigned int i = 0; (kind = sim_fault_kind(i)); i++)
		if (kind->id == id)
			return kind;
	return NULL;
}

/* The rig of this program has no rpmsg bus, and other peers none of its faults. */
static bool is_elsewhere(unsigned int id)
{
	const struct sim_fault_kind *kind = kind_find(id);

	return !fault_row_find(id) && (!kind || kind->id > LAST_OF_THE_RIG);
}

static void run_elsewhere(unsigned int id)
{
	struct elsewhere_result r;

	if (elsewhere_run(id, &r))
		print_row(id, r.n_cases, r.n_passed, r.rule ? r.rule : "", r.title);
	else
		print_row(id, 0, 0, "", "not covered");
}

static struct fault_row row_of(unsigned int id)
{
	static const struct fault_row plain = { .moments = AT_REST | AT_WORK };
	const struct fault_row *found = fault_row_find(id);
	struct fault_row row = found ? *found : plain;

	row.id = id;
	return row;
}

static void run_id(unsigned int id)
{
	const struct sim_fault_kind *kind = kind_find(id);
	struct fault_row row = row_of(id);

	if (is_elsewhere(id))
		run_elsewhere(id);
	else if (kind)
		run_row(&row, kind->n_cases, kind->title);
	else
		run_row(&row, row.n_cases, row.title);
}

/* In all its moments; the process ends with it if it must. */
static void run_single(const char *text, const struct fault_row *row, const struct sim_fault *f,
		       unsigned int number)
{
	bool survived = true;

	for (unsigned int i = 0; i < ARRAY_SIZE(moments); i++) {
		struct verdict v = { 0 };

		if (!(row->moments & moments[i]))
			continue;
		case_run(row, f, number, moments[i], &v, NULL);
		printf("%s at %s: %s %s\n", text, moment_names[i], v.rule ? v.rule : "survived",
		       v.why);
		survived &= !v.rule;
	}
	n_cases_all++;
	n_cases_survived += survived;
}

/* A fault of the rig has only the number of its case. */
static bool find_rig_case(const char *text, struct fault_row *ret_row, unsigned int *ret_number)
{
	unsigned int id, number;
	int end = 0;

	if (sscanf(text, "F%u,case=%u%n", &id, &number, &end) != 2 || text[end])
		return false;
	*ret_row = row_of(id);
	*ret_number = number - 1;
	return *ret_number < ret_row->n_cases;
}

static int run_case_named(const char *text)
{
	struct fault_row row;
	unsigned int number;
	struct sim_fault f;
	const char *why;

	if (find_rig_case(text, &row, &number)) {
		run_single(text, &row, NULL, number);
		return 0;
	}
	if (sim_fault_parse(text, &f, &why) < 0) {
		fprintf(stderr, "'%s' must be %s\n", text, why);
		return -EINVAL;
	}
	row = row_of(f.id);
	if (!strpbrk(text, "@"))
		spread(&f, kind_find(f.id)->n_cases);
	run_single(text, &row, &f, f.number);
	return 0;
}

static void run_first(void)
{
	for (unsigned int id = 1; id <= CATALOGUE; id++)
		if (!memchr(later, (int)id, sizeof(later)) && !is_elsewhere(id))
			run_id(id);
}

/* One word of the command line. */
static int run_word(const char *word)
{
	uint64_t id;

	if (strpbrk(word, ",:@"))
		return run_case_named(word);
	if (!strcmp(word, "--p1")) {
		run_first();
		return 0;
	}
	if (word[0] != 'F' || text_to_u64(word + 1, 1, CATALOGUE, &id) < 0) {
		fprintf(stderr, "'%s' must be --p1, F1 to F%d, or a case as F17,case=3\n", word,
			CATALOGUE);
		return -EINVAL;
	}
	run_id((unsigned int)id);
	return 0;
}

int main(int argc, char **argv)
{
	const char *seed = getenv("FAULTS_SEED");

	progress = mmap(NULL, sizeof(*progress), PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (progress == MAP_FAILED)
		return EXIT_FAILURE;
	if (seed && text_to_u64(seed, 0, UINT64_MAX, &fault_seed) < 0) {
		fprintf(stderr, "FAULTS_SEED is no number\n");
		return EXIT_FAILURE;
	}
	if (!run_clean())
		return EXIT_FAILURE;
	printf("\nid  listed cases lived  broken fault\n");
	for (int i = 1; i < argc; i++)
		if (run_word(argv[i]) < 0)
			return EXIT_FAILURE;
	for (unsigned int id = 1; argc == 1 && id <= CATALOGUE; id++)
		run_id(id);
	printf("\nfaults survived %u/%u, cases %u/%u\n"
	       "with all the cases that the catalogue lists (%u): %u/%u\n",
	       n_rows_survived, n_rows, n_cases_survived, n_cases_all, n_listed, n_rows_whole,
	       n_rows);
	return n_cases_survived == n_cases_all ? EXIT_SUCCESS : EXIT_FAILURE;
}
