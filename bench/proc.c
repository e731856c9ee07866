#include "bench/proc.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint64_t proc_status(pid_t pid, const char *key)
{
	char path[48], line[256];
	size_t len = strlen(key);
	uint64_t value = 0;
	FILE *f;

	snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof line, f))
		if (!strncmp(line, key, len) && line[len] == ':')
			value = strtoull(line + len + 1, NULL, 10);
	if (f)
		fclose(f);
	return value;
}

uint64_t proc_switches(pid_t pid)
{
	return proc_status(pid, "voluntary_ctxt_switches") +
	       proc_status(pid, "nonvoluntary_ctxt_switches");
}

uint64_t proc_ticks(pid_t pid)
{
	unsigned long long user = 0, system = 0;
	char path[48], line[512] = "";
	const char *end;
	FILE *f;

	snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
	f = fopen(path, "re");
	if (f && !fgets(line, sizeof line, f))
		line[0] = '\0';
	if (f)
		fclose(f);
	/* The name may hold anything but ends at the last parenthesis. */
	end = strrchr(line, ')');
	if (end && sscanf(end + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu",
			  &user, &system) != 2)
		return 0;
	return user + system;
}
