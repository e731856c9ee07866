#include "device/rundir.h"
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { MOST_NAME = 200, MOST_FOLDER = 64 };

/* The end tells more than the beginning. */
static void name_file(const char *about, char *ret_name)
{
	size_t len = strlen(about);

	if (len > MOST_NAME)
		about += len - MOST_NAME;
	snprintf(ret_name, MOST_NAME + 1, "%s", about);
	for (char *at = ret_name; *at; at++)
		if (*at == '/' || (at == ret_name && *at == '.'))
			*at = '%';
}

void rundir_path(const char *folder, const char *about, struct text *ret_path)
{
	char path[MOST_FOLDER], name[MOST_NAME + 1];

	snprintf(path, sizeof(path), "/run/mhifs/%s", folder);
	mkdir("/run/mhifs", 0755);
	mkdir(path, 0755);
	name_file(about, name);
	text_printf(ret_path, "%s/%s", path, name);
}
