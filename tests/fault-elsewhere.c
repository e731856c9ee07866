/*
 * Rows of the fault table that other test programs cover, with what those say of
 * themselves.  A test counts for the faults whose ids its name begins with, as
 * test_f73_NAME or test_f73_f74_NAME, once for each iteration; a program that
 * counts by itself prints "f82: 120 cases, 120 survived".
 *
 * What a program said in "make check" is in its log; when that is older than the
 * program, or not there, the program runs now.
 */
#include "tests/faults.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST_PROGRAMS = 8, MOST_SAID = 60, MOST_LINES = 3000 };

#define NAME_SERVICE "test-rpmsg-ns", "test-peer-faults", "device/test-rpmsg"
#define USB "test-usb-faults", "test-usb-bulk", "test-usb-device", "test-usb-link"

static const struct elsewhere {
	unsigned int id;
	const char *title;
	const char *by[MOST_PROGRAMS];	/* in tests/ */
	/* What a test that says no has found broken, mostly.  One that does not
	 * end, dies or loses memory broke U3, U1 or U5. */
	const char *rule;
} rows[] = {
	{ 54, "the kernel wants the card back, errors, resets, dead config space", {
		"test-vfio" }, "U8" },
	{ 55, "each call to VFIO fails", { "test-vfio" }, "U5" },
	{ 58, "images missing, odd, changing, out of the folder", {
		"test-firmware", "test-sahara" }, "U8" },
	{ 59, "requests for images and memory tables that lie", {
		"test-sahara-protocol", "test-sahara", "test-service-sahara" }, "U2" },
	{ 61, "announcements short, long, odd", { NAME_SERVICE }, "U2" },
	{ 62, "floods of announcements", { NAME_SERVICE }, "U4" },
	{ 63, "claims on others, goodbye twice", { NAME_SERVICE }, "U4" },
	{ 64, "room for messages never comes, or without end", { NAME_SERVICE }, "U9" },
	{ 65, "messages not as long as they say", { NAME_SERVICE }, "U2" },
	{ 66, "names empty, endless, of control characters", { NAME_SERVICE }, "U7" },
	{ 67, "stalls, cleared or not", { USB, "test-usb-wdm" }, "U8" },
	{ 68, "babble", { USB }, "U4" },
	{ 69, "short, empty and whole packets", { USB }, "U4" },
	{ 70, "unplugged at any point", { USB }, "U3" },
	{ 71, "transfers that never come home", { USB, "test-usb-wdm" }, "U3" },
	{ 72, "descriptors no device could have, interfaces in use", {
		USB, "test-usb-descriptors" }, "U8" },
	{ 73, "calls interrupted before, in and after their handling", {
		"device/test-interrupts", "device/test-signals",
		"test-port-read", "test-port-write",
		"test-port-open" } },
	{ 74, "clients killed, stopped, gone with their data", {
		"device/test-clients", "device/test-signals",
		"test-port-read", "test-port-open",
		"test-events" } },
	{ 75, "readers that are slow or asleep", {
		"test-port-read", "device/test-usb",
		"device/test-rpmsg" } },
	{ 76, "writers without end, of any size", {
		"test-port-write", "device/test-io",
		"device/test-clients" } },
	{ 77, "crowds of opens and closes, files that change hands", {
		"device/test-clients", "device/test-users",
		"device/test-death" } },
	{ 78, "every request, nodes and handles that are not", {
		"device/test-opcodes" } },
	{ 79, "unmounts and aborts from outside", {
		"device/test-outside", "device/test-death" } },
	{ 80, "words that control files do not take", {
		"device/test-outside", "test-nodes",
		"device/test-files" } },
	{ 81, "no descriptor, no process", { "device/test-limits" } },
	{ 82, "allocations that fail", {
		"sweep-memory", "test-port-memory",
		"test-usb-memory", "test-usb-device" } },
	{ 83, "system calls that fail", { "sweep-syscalls" } },
	{ 84, "SIGTERM at every step", {
		"device/test-kill", "device/test-death" } },
	{ 85, "a killed daemon, and the next start", {
		"device/test-kill", "device/test-recovery",
		"device/test-death" } },
	{ 86, "a daemon that was stopped for longer than its limits", {
		"device/test-pause", "test-base" } },
	{ 87, "two daemons, one mount point or device", {
		"device/test-outside", "device/test-death", "device/test-recovery",
		"test-registry" } },
	{ 89, "a device that ends the daemon each time, or never comes up", {
		"test-registry", "test-recovery", "device/test-daemon" }, "U8" },
	{ 88, "faults of the first priority in the sandbox that kills", {
		"device/test-faults" } },
	{ 89, "a device that makes each start fail", {
		"test-registry", "test-recovery" } },
	{ 90, "devices that come and go", {
		"test-registry", "test-tree",
		"test-usb-watch" } },
};

/* What a program said, kept: several rows ask the same one. */
static struct said {
	const char *program;
	bool has_run;
	unsigned int n;
	struct line {
		char name[96];
		unsigned int n_cases, n_passed;
		const char *rule;	/* broken, if that is certain; else NULL */
	} lines[MOST_LINES];
} said[MOST_SAID];

/* @kind: how a test ended, @words: what Check says of it. */
static const char *rule_of(char kind, const char *words)
{
	if (kind != 'E')
		return NULL;
	if (strstr(words, "timeout"))
		return "U3";
	/* The exit code of a leak. */
	return strstr(words, "return value 23") ? "U5" : "U1";
}

/* "file:line:P:tcase:test:iteration: Passed", or a sum. */
static bool line_parse(char *text, struct line *ret_line)
{
	char *fields[5], *rest = text;
	unsigned int n = 0, id;

	ret_line->rule = NULL;
	if (sscanf(text, "f%u: %u cases, %u survived", &id, &ret_line->n_cases,
		   &ret_line->n_passed) == 3) {
		snprintf(ret_line->name, sizeof(ret_line->name), "f%02u_", id);
		return true;
	}
	while (n < ARRAY_SIZE(fields) && rest)
		fields[n++] = strsep(&rest, ":");
	if (!rest || strlen(fields[2]) != 1)
		return false;
	snprintf(ret_line->name, sizeof(ret_line->name), "%s", fields[4]);
	ret_line->n_cases = 1;
	ret_line->n_passed = fields[2][0] == 'P';
	ret_line->rule = rule_of(fields[2][0], rest);
	return true;
}

/* The ids are the first words of a name, after "test_". */
static bool is_of(const char *name, unsigned int id)
{
	unsigned int number;
	int len;

	if (!strncmp(name, "test_", 5))
		name += 5;
	for (; sscanf(name, "f%2u%n", &number, &len) == 1 && name[len] == '_'; name += len + 1)
		if (number == id)
			return true;
	return false;
}

static bool is_newer(const char *path, const char *than)
{
	struct stat a, b;

	if (stat(path, &a) < 0)
		return false;
	return stat(than, &b) < 0 || a.st_mtim.tv_sec > b.st_mtim.tv_sec ||
	       (a.st_mtim.tv_sec == b.st_mtim.tv_sec && a.st_mtim.tv_nsec > b.st_mtim.tv_nsec);
}

static void listen_to(struct said *s, FILE *out)
{
	char line[1024];

	while (s->n < MOST_LINES && fgets(line, sizeof(line), out))
		s->n += line_parse(line, &s->lines[s->n]);
}

static void read_log(struct said *s, const char *path)
{
	char log[160];
	FILE *f;

	snprintf(log, sizeof(log), "%s.log", path);
	if (!is_newer(log, path) || !is_newer(log, "mhifs"))
		return;
	f = fopen(log, "re");
	if (!f)
		return;
	listen_to(s, f);
	fclose(f);
}

static void run_now(struct said *s, const char *path)
{
	char command[200];
	FILE *out;

	snprintf(command, sizeof(command), "CK_VERBOSITY=verbose %s 2>&1", path);
	out = popen(command, "r");
	if (!out)
		return;
	listen_to(s, out);
	pclose(out);
}

static const struct said *ask_program(const char *program)
{
	struct said *s = said;
	char path[120];

	while (s->program && strcmp(s->program, program))
		s++;
	if (s->program)
		return s;
	s->program = program;
	snprintf(path, sizeof(path), "tests/%s", program);
	if (access(path, X_OK) < 0)
		return s;
	read_log(s, path);
	if (!s->n)
		run_now(s, path);
	s->has_run = s->n > 0;
	return s;
}

bool elsewhere_run(unsigned int id, struct elsewhere_result *ret_result)
{
	const struct elsewhere *e = rows;
	size_t len;

	while (e < rows + ARRAY_SIZE(rows) && e->id != id)
		e++;
	if (e == rows + ARRAY_SIZE(rows))
		return false;
	*ret_result = (struct elsewhere_result){ 0 };
	len = (size_t)snprintf(ret_result->title, sizeof(ret_result->title), "%s:", e->title);
	for (unsigned int i = 0; i < MOST_PROGRAMS && e->by[i]; i++) {
		const struct said *s = ask_program(e->by[i]);

		for (const struct line *l = s->lines; l < s->lines + s->n; l++) {
			if (!is_of(l->name, id))
				continue;
			ret_result->n_cases += l->n_cases;
			ret_result->n_passed += l->n_passed;
			if (l->n_passed < l->n_cases && !ret_result->rule)
				ret_result->rule = l->rule ? l->rule : e->rule ? e->rule : "test";
		}
		if (len < sizeof(ret_result->title))
			len += (size_t)snprintf(ret_result->title + len,
						sizeof(ret_result->title) - len, " %s%s",
						e->by[i], s->has_run ? "" : " (did not run)");
	}
	return true;
}
