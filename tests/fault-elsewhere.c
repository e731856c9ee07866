/* Rows of the fault table that other test programs cover, with what those say
 * of themselves: CK_VERBOSITY=verbose prints one line a case. */
#include "tests/faults.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct elsewhere elsewhere[] = {
	{ 61, "test-rpmsg-remote", "f61", "rpmsg packets that are short, long, odd" },
};

const struct elsewhere *elsewhere_find(unsigned int id)
{
	for (size_t i = 0; i < ARRAY_SIZE(elsewhere); i++)
		if (elsewhere[i].id == id)
			return &elsewhere[i];
	return NULL;
}

/* "file:line:P:tcase:test:iteration: Passed" */
static const char *test_of(char *line, bool *ret_passed)
{
	char *fields[5];
	unsigned int n = 0;

	for (char *at = strtok(line, ":"); at && n < ARRAY_SIZE(fields); at = strtok(NULL, ":"))
		fields[n++] = at;
	if (n < ARRAY_SIZE(fields) || strlen(fields[2]) != 1)
		return NULL;
	*ret_passed = fields[2][0] == 'P';
	return fields[4];
}

static bool is_meant(const char *test, const char *patterns)
{
	char copy[160];

	snprintf(copy, sizeof(copy), "%s", patterns);
	for (char *at = strtok(copy, ","); at; at = strtok(NULL, ","))
		if (strstr(test, at))
			return true;
	return false;
}

bool elsewhere_run(const struct elsewhere *e, unsigned int *ret_cases, unsigned int *ret_passed)
{
	char command[160], line[1024];
	unsigned int n_cases = 0, n_passed = 0;
	FILE *out;

	snprintf(command, sizeof(command), "CK_VERBOSITY=verbose tests/%s 2>&1", e->program);
	out = popen(command, "r");
	if (!out)
		return false;
	while (fgets(line, sizeof(line), out)) {
		bool passed;
		const char *test = test_of(line, &passed);

		if (!test || !is_meant(test, e->tests))
			continue;
		n_cases++;
		n_passed += passed;
	}
	pclose(out);
	*ret_cases = n_cases;
	*ret_passed = n_passed;
	return n_cases;
}
