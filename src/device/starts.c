#include "device/starts.h"
#include "base/cleanup.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { MOST_DEVICE = 255, MOST_LINE = 300, MOST_NOTES = 256, HASTE_S = 1 };

struct note {
	struct list node;
	unsigned int n;		/* starts that did not end, this one too */
	bool is_begun;
	char device[];
};

void starts_init(struct starts *s)
{
	s->path = NULL;
	list_init(&s->notes);
}

static struct note *find(const struct starts *s, const char *device)
{
	struct note *n;

	list_for_each(n, &s->notes, node)
		if (!strcmp(n->device, device))
			return n;
	return NULL;
}

static struct note *add(struct starts *s, const char *device)
{
	size_t size = strlen(device) + 1;
	struct note *n = calloc(1, sizeof(*n) + size);

	if (!n)
		return NULL;
	memcpy(n->device, device, size);
	list_append(&s->notes, &n->node);
	return n;
}

static void drop(struct note *n)
{
	list_remove(&n->node);
	free(n);
}

/* --- the file --- */

static const char starting[] = "starting", suspect[] = "suspect";

/* Two starts in no time: somebody kills it for sport. */
static bool is_hasty(int fd)
{
	struct stat st;

	return !fstat(fd, &st) && st.st_mtime + HASTE_S >= time(NULL);
}

static int read_line(struct starts *s, const char *line, bool is_hasty)
{
	char word[9], count[10], device[MOST_DEVICE + 1];
	unsigned int n, is_uncounted;
	struct note *note;

	if (sscanf(line, "%8[a-z] %9[0-9] %255s", word, count, device) != 3 || find(s, device))
		return 0;
	is_uncounted = is_hasty && !strcmp(word, starting);
	n = (unsigned int)strtoul(count, NULL, 10);
	if (n <= is_uncounted)
		return 0;
	note = add(s, device);
	if (!note)
		return -ENOMEM;
	note->n = n - is_uncounted;
	return 0;
}

int starts_load(struct starts *s, const char *path)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC), r = 0;
	FILE *f = fd < 0 ? NULL : fdopen(fd, "r");
	char line[MOST_LINE];

	s->path = strdup(path);
	if (!s->path || (fd >= 0 && !f))
		r = -ENOMEM;
	for (int i = 0; f && !r && i < MOST_NOTES && fgets(line, sizeof(line), f); i++)
		r = read_line(s, line, is_hasty(fd));
	if (f)
		fclose(f);
	else if (fd >= 0)
		close(fd);
	return r;
}

/* A death in the middle leaves the old words, or the new ones. */
static void save(const struct starts *s)
{
	struct text all = TEXT_INIT;
	const struct note *n;
	int fd CLEANUP_CLOSE = -1;

	if (!s->path)
		return;
	if (list_is_empty(&s->notes)) {
		unlink(s->path);
		return;
	}
	list_for_each(n, &s->notes, node)
		text_printf(&all, "%s %u %s\n", n->is_begun ? starting : suspect, n->n,
			    n->device);
	fd = open(s->path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	if (fd >= 0 && !text_failed(&all) &&
	    pwrite(fd, text_get(&all), all.len, 0) == (ssize_t)all.len &&
	    ftruncate(fd, (off_t)all.len) < 0)
		unlink(s->path);
	text_fini(&all);
}

/* --- who is started --- */

unsigned int starts_deaths(const struct starts *s, const char *device)
{
	const struct note *n = find(s, device);

	return n ? n->n - n->is_begun : 0;
}

void starts_begin(struct starts *s, const char *device)
{
	struct note *n = find(s, device);

	if (!n)
		n = add(s, device);
	if (!n || n->is_begun)
		return;
	n->is_begun = true;
	n->n++;
	save(s);
}

void starts_end(struct starts *s, const char *device)
{
	struct note *n = find(s, device);

	if (!n || !n->is_begun)
		return;
	drop(n);
	save(s);
}

void starts_fini(struct starts *s)
{
	struct note *n, *tmp;
	bool is_changed = false;

	list_for_each_safe(n, tmp, &s->notes, node)
		if (n->is_begun) {
			is_changed = true;
			drop(n);
		}
	if (is_changed)
		save(s);
	list_for_each_safe(n, tmp, &s->notes, node)
		drop(n);
	free(s->path);
	s->path = NULL;
}
