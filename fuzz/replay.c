/*
 * replay - the main() of a fuzz target that is not built around libFuzzer: it
 * feeds the target each file of its corpus once.
 *
 * fuzz-NAME takes files and folders as arguments; without any it takes
 * $top_srcdir/fuzz/corpus-NAME.  An empty input comes first, always.  It
 * fails when there was nothing to replay: a corpus that got lost is no pass.
 */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static unsigned int n_replayed;

static int replay_file(const char *path, size_t len)
{
	/* Of exactly the file's size, so that a sanitizer sees each overrun. */
	uint8_t *data = malloc(len ? len : 1);
	FILE *file = fopen(path, "rb");
	int r = -1;

	if (data && file && fread(data, 1, len, file) == len) {
		LLVMFuzzerTestOneInput(data, len);
		n_replayed++;
		r = 0;
	} else {
		fprintf(stderr, "%s: cannot be read: %s\n", path, strerror(errno));
	}
	if (file)
		fclose(file);
	free(data);
	return r;
}

static int replay(const char *path);

static int replay_folder(const char *path)
{
	struct dirent **entries;
	int n = scandir(path, &entries, NULL, alphasort);
	int r = n < 0 ? -1 : 0;

	for (int i = 0; i < n; i++) {
		char entry[4096];

		snprintf(entry, sizeof(entry), "%s/%s", path, entries[i]->d_name);
		if (entries[i]->d_name[0] != '.' && replay(entry))
			r = -1;
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
	return r;
}

static int replay(const char *path)
{
	struct stat st;

	if (stat(path, &st)) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return -1;
	}
	return S_ISDIR(st.st_mode) ? replay_folder(path) : replay_file(path, (size_t)st.st_size);
}

static int replay_own_corpus(const char *program)
{
	const char *top = getenv("top_srcdir");
	const char *name = strstr(program, "fuzz-");
	char path[4096];

	for (const char *next = name; next; next = strstr(next + 1, "fuzz-"))
		name = next;
	snprintf(path, sizeof(path), "%s/fuzz/corpus-%s", top ? top : ".",
		 name ? name + strlen("fuzz-") : program);
	return replay(path);
}

int main(int argc, char **argv)
{
	int r = 0;

	LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
	if (argc == 1)
		r = replay_own_corpus(argv[0]);
	for (int i = 1; i < argc; i++)
		if (replay(argv[i]))
			r = -1;
	printf("%u inputs replayed\n", n_replayed);
	return r || !n_replayed ? EXIT_FAILURE : EXIT_SUCCESS;
}
