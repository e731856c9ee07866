/*
 * The fault table: every case of every fault that the modem can have, in
 * simulated time, and what other programs cover.  Prints one line a fault and
 * the totals; fails when a rule was broken.
 *
 *	faults [F17[,case=3]]	this one alone, and how it ended
 *	faults F67		what other programs cover: all its cases
 *
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

static unsigned int n_rows, n_rows_survived, n_cases_all, n_cases_survived, n_known;
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
	if (!progress->first.rule)
		return;
	printf("    case %u at %s, %s: %s\n", progress->first_number + 1,
	       moment_names[progress->first_moment], progress->first.where,
	       progress->first.why);
	if (row->known && progress->n_survived + row->n_known >= n_cases) {
		n_known += n_cases - progress->n_survived;
		printf("    known: %s\n", row->known);
	}
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

static void run_id(unsigned int id)
{
	static const struct fault_row plain = { .moments = AT_REST | AT_WORK };
	const struct sim_fault_kind *kind = kind_find(id);
	const struct fault_row *found = fault_row_find(id);
	struct fault_row row = found ? *found : plain;

	row.id = id;
	if (is_elsewhere(id))
		run_elsewhere(id);
	else if (kind)
		run_row(&row, kind->n_cases, kind->title);
	else
		run_row(&row, row.n_cases, row.title);
}

static int run_one(const char *text)
{
	static const struct fault_row plain = { .moments = AT_REST | AT_WORK };
	const struct fault_row *found;
	const char *why;
	struct sim_fault f;
	uint64_t id;
	int status = EXIT_SUCCESS;

	if (text[0] == 'F' && !text_to_u64(text + 1, 1, CATALOGUE, &id) &&
	    is_elsewhere((unsigned int)id)) {
		run_elsewhere((unsigned int)id);
		return n_rows_survived ? EXIT_SUCCESS : EXIT_FAILURE;
	}
	if (sim_fault_parse(text, &f, &why) < 0) {
		fprintf(stderr, "'%s' must be %s\n", text, why);
		return EXIT_FAILURE;
	}
	found = fault_row_find(f.id);
	if (!strpbrk(text, "@"))
		spread(&f, kind_find(f.id)->n_cases);
	for (unsigned int i = 0; i < ARRAY_SIZE(moments); i++) {
		const struct fault_row *row = found ? found : &plain;
		struct verdict v = { 0 };

		if (!(row->moments & moments[i]))
			continue;
		case_run(row, &f, f.number, moments[i], &v, NULL);
		printf("%s at %s: %s %s\n", text, moment_names[i], v.rule ? v.rule : "survived",
		       v.why);
		if (v.rule)
			status = EXIT_FAILURE;
	}
	return status;
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
	if (argc > 1)
		return run_one(argv[1]);
	printf("\nid  listed cases lived  broken fault\n");
	for (unsigned int id = 1; id <= CATALOGUE; id++)
		run_id(id);
	printf("\nfaults survived %u/%u, cases %u/%u\n"
	       "with all the cases that the catalogue lists (%u): %u/%u; known not to survive: %u\n",
	       n_rows_survived, n_rows, n_cases_survived, n_cases_all, n_listed, n_rows_whole,
	       n_rows, n_known);
	return n_cases_survived + n_known == n_cases_all ? EXIT_SUCCESS : EXIT_FAILURE;
}
